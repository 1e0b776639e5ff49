/*
 * Personal data in a text: what is found, what stays, and how it comes back.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "redact.h"


typedef struct {
    const char  *in;
    const char  *out;
} pair_t;


static void
restore(const assist_redact_t *map, assist_str_t text, size_t cut,
    assist_buf_t *out)
{
    assist_restore_t  r;

    out->len = 0;
    assist_restore_init(&r, map);

    assert_int_equal(assist_restore(&r, (assist_str_t) { text.data, cut }, out),
                     0);
    assert_int_equal(assist_restore(&r, (assist_str_t) { text.data + cut,
                                                         text.len - cut },
                                    out),
                     0);
    assert_int_equal(assist_restore_end(&r, out), 0);
}


static void
assert_text(assist_buf_t *b, const char *expected)
{
    assist_buf_putc(b, '\0');
    assert_false(b->failed);
    assert_string_equal(b->data, expected);
    b->len--;
}


/* Each text alone, and what it becomes when it comes back in two pieces. */

static void
check(const pair_t *pairs, size_t n)
{
    int              rc, expected;
    size_t           i, cut;
    const char      *p;
    assist_buf_t     out = ASSIST_BUF_INIT, back = ASSIST_BUF_INIT;
    assist_redact_t  map = ASSIST_REDACT_INIT;

    for (i = 0; i < n; i++) {
        out.len = 0;
        rc = assist_redact(&map, assist_str_of(pairs[i].in), &out);
        assert_text(&out, pairs[i].out ? pairs[i].out : pairs[i].in);

        /* as many findings as there are placeholders */

        expected = 0;

        for (p = pairs[i].out; p && (p = strchr(p, '[')) != NULL; p++) {
            expected++;
        }

        assert_int_equal(rc, expected);

        for (cut = 0; cut <= out.len; cut++) {
            restore(&map, assist_buf_str(&out), cut, &back);
            assert_text(&back, pairs[i].in);
        }

        assist_redact_free(&map);
    }

    assist_buf_free(&out);
    assist_buf_free(&back);
}

#define CHECK(pairs)  check(pairs, sizeof(pairs) / sizeof(pairs[0]))


static void
test_qr(void **state)
{
    static const pair_t  pairs[] = {
        { "001099012345|123456789|Nguyễn Văn A|01021990|Nam|12 Lê Lợi, Hà Nội"
          "|01072021", "[QR_1]" },
        { "Mã: 001099012345|123456789|Nguyễn Văn A|01021990|Nam|12 Lê Lợi"
          "|01072021 giúp tôi", "Mã: [QR_1] giúp tôi" },
        { "001099012345||Trần B|01021990|Nữ|Huế|01072021||cha|mẹ\nxin hỏi",
          "[QR_1]\nxin hỏi" },
        { "001099012345||Trần B|01021990\r\n", "[QR_1]\r\n" },
        { "001 099 012 345 | 123 456 789 |Trần B| 01021990 |Nữ", "[QR_1]" },
        { "0912345678 001099012345|1|B|01021990|Nữ|x|01072021.",
          "[PHONE_1] [QR_2]." },
        { "001099012345|1|B|01021990|Nữ|a@b.vn|01072021x", "[QR_1]x" },

        /* another table: its numbers are found on their own */
        { "001099012345|0912345678|x", "[CCCD_1]|[PHONE_2]|x" },
        { "001099012345|1|Trần B|xxxx", "[CCCD_1]|1|Trần B|xxxx" },
        { "001099012345|", "[CCCD_1]|" }
    };

    (void) state;

    CHECK(pairs);
}


static void
test_citizen(void **state)
{
    static const pair_t  pairs[] = {
        { "001099012345", "[CCCD_1]" },
        { "Số căn cước của tôi là 001099012345.",
          "Số căn cước của tôi là [CCCD_1]." },
        { "001 099 012 345", "[CCCD_1]" },
        { "001.099.012.345", "[CCCD_1]" },
        { "001-099-012-345", "[CCCD_1]" },
        { "001\u00a0099\u00a0012\u00a0345", "[CCCD_1]" },
        { "001\u202f099\u2011012\u2013345", "[CCCD_1]" },
        { "001 - 099 - 012 - 345", "[CCCD_1]" },
        { "0 0 1 0 9 9 0 1 2 3 4 5", "[CCCD_1]" },
        { "001099\u200b012345", "[CCCD_1]" },
        { "cccd001099012345nhé", "cccd[CCCD_1]nhé" },
        { "(096301012345)", "([CCCD_1])" },
        { "００１０９９０１２３４５", "[CCCD_1]" },

        /* wrong province, wrong century: still more likely an id than not */
        { "000099012345", "[NUMBER_1]" },
        { "097099012345", "[NUMBER_1]" },
        { "001499012345", "[NUMBER_1]" },
        { "120 099 012 345", "[NUMBER_1]" },
        { "00109901234", "[NUMBER_1]" },
        { "0010990123456", "[NUMBER_1]" },

        { "001099\n012345", "[CCCD_1]" },
        { "001 099\r\n012 345", "[CCCD_1]" },
        { "001_099_012_345", "[CCCD_1]" },
        { "001·099•012．345", "[CCCD_1]" },
        { "００１．０９９．０１２－３４５", "[CCCD_1]" },
        { "001\u200e099\u202c012345", "[CCCD_1]" },
        { "001,099,012,345", NULL }
    };

    (void) state;

    CHECK(pairs);
}


static void
test_insurance(void **state)
{
    static const pair_t  pairs[] = {
        { "GD4790123456789", "[BHYT_1]" },
        { "thẻ BHYT số gd4790123456789 ạ", "thẻ BHYT số [BHYT_1] ạ" },
        { "DN 4 79 79 123 45678", "[BHYT_1]" },
        { "DN-4-79-7912345678", "[BHYT_1]" },
        { "gd 4 79 01 23456789", "[BHYT_1]" },
        { "HS\u00a04790123456789", "[BHYT_1]" },
        { "xGD4790123456789", "xGD[NUMBER_1]" },
        { "đGD4790123456789", "đGD[NUMBER_1]" }
    };

    (void) state;

    CHECK(pairs);
}


static void
test_tax(void **state)
{
    static const pair_t  pairs[] = {
        { "0100109106", "[MST_1]" },
        { "01 0010 9106", "[MST_1]" },
        { "0100109106-001", "[MST_1]" },
        { "031 234 5678 - 001", "[MST_1]" },
        { "mã số thuế: 0912345678", "mã số thuế: [MST_1]" },
        { "MST 8123456789", "MST [MST_1]" },
        { "Mã số thuế 0312345678001", "Mã số thuế [MST_1]" },
        { "ma so thue 0912.345.678", "ma so thue [MST_1]" },

        /* no tax word, and a wrong check digit */
        { "0100109107", "[BHXH_1]" }
    };

    (void) state;

    CHECK(pairs);
}


static void
test_phone(void **state)
{
    static const pair_t  pairs[] = {
        { "0912345678", "[PHONE_1]" },
        { "0312345678", "[PHONE_1]" },
        { "0512345678", "[PHONE_1]" },
        { "0712345678", "[PHONE_1]" },
        { "0812345678", "[PHONE_1]" },
        { "0912 345 678", "[PHONE_1]" },
        { "091.234.5678", "[PHONE_1]" },
        { "091-234-5678", "[PHONE_1]" },
        { "09.12.34.56.78", "[PHONE_1]" },
        { "0912\u00a0345\u00a0678", "[PHONE_1]" },
        { "+84912345678", "[PHONE_1]" },
        { "+84 912 345 678", "[PHONE_1]" },
        { "84912345678", "[PHONE_1]" },
        { "0084 912 345 678", "[PHONE_1]" },
        { "+84 (0) 912 345 678", "[PHONE_1]" },
        { "(+84) 912 345 678", "[PHONE_1]" },
        { "84 912345678", "[PHONE_1]" },
        { "0 912345678", "[PHONE_1]" },
        { "024 3825 1234", "[PHONE_1]" },
        { "(024) 3825 1234", "[PHONE_1]" },
        { "02438251234", "[PHONE_1]" },
        { "84-24-3825-1234", "[PHONE_1]" },
        { "+84 24 3825 1234", "[PHONE_1]" },
        { "0123 456 7890", "[PHONE_1]" },
        { "0168 456 7890", "[PHONE_1]" },
        { "+1 202 555 0123", "[PHONE_1]" },
        { "sđt0912345678", "sđt[PHONE_1]" },
        { "0912345678zalo", "[PHONE_1]zalo" },
        { "Gọi 0912345678, 0987654321 hoặc 0912345678",
          "Gọi [PHONE_1], [PHONE_2] hoặc [PHONE_1]" },
        { "0912 345 678/0987 654 321", "[PHONE_1]/[PHONE_2]" },
        { "0912345678 - 0987654321", "[PHONE_1] - [PHONE_2]" },
        { "0912345678 0987654321", "[PHONE_1] [PHONE_2]" },
        { "0912345678\n0987654321", "[PHONE_1]\n[PHONE_2]" },
        { "1. 0912 345\n678\n2. 0987654321", "1. [PHONE_1]\n2. [PHONE_2]" },
        { "（０２４）３８２５－１２３４", "（[PHONE_1]" }
    };

    (void) state;

    CHECK(pairs);
}


static void
test_old_numbers(void **state)
{
    static const pair_t  pairs[] = {
        { "sổ BHXH 0123456789", "sổ BHXH [BHXH_1]" },
        { "01 23456789", "[BHXH_1]" },
        { "0 1 2 3 4 5 6 7 8 9", "[BHXH_1]" },
        { "CMND 123456789", "CMND [CMND_1]" },
        { "123.456.789", "[CMND_1]" },
        { "123 456 789", "[CMND_1]" },
        { "123-456-789", "[CMND_1]" },
        { "12345678", NULL },

        { "B1234567", "[PASSPORT_1]" },
        { "hộ chiếu C12345678.", "hộ chiếu [PASSPORT_1]." },
        { "b1234567", "[PASSPORT_1]" },
        { "C 12 345 678", "[PASSPORT_1]" },
        { "N-123.4567", "[PASSPORT_1]" },
        { "passport p 1234567", "passport [PASSPORT_1]" },
        { "a 1234567", NULL },
        { "B123456", NULL },
        { "AB1234567", NULL },
        { "Đ1234567", NULL }
    };

    (void) state;

    CHECK(pairs);
}


static void
test_account(void **state)
{
    static const pair_t  pairs[] = {
        { "STK 123456", "STK [ACCOUNT_1]" },
        { "stk: 19001009", "stk: [ACCOUNT_1]" },
        { "Tài khoản 0071000123456 Vietcombank",
          "Tài khoản [ACCOUNT_1] Vietcombank" },
        { "TÀI KHOẢN 1234 5678 90123", "TÀI KHOẢN [ACCOUNT_1]" },
        { "tai khoan 12.34.56.78", "tai khoan [ACCOUNT_1]" },
        { "ta\u0300i khoa\u0309n 1234567",
          "ta\u0300i khoa\u0309n [ACCOUNT_1]" },
        { "chuyển khoản đến 19033334444555",
          "chuyển khoản đến [ACCOUNT_1]" },
        { "1234567 (BIDV)", "[ACCOUNT_1] (BIDV)" },
        { "ngân hàng ACB 12345678901234567890",
          "ngân hàng ACB [ACCOUNT_1]" },
        { "chuyển khoản 0912345678", "chuyển khoản [PHONE_1]" },
        { "ngân sách 1234567", NULL },
        { "STK 12345", NULL },
        { "chuyển khoản 500.000đ", NULL },
        { "chuyển khoản trước 01.07.2026", NULL },

        /* cards, and long numbers of any sort */
        { "9704 1234 5678 9012", "[ACCOUNT_1]" },
        { "9704123456789012", "[ACCOUNT_1]" },
        { "9704-1234-5678-9012-345", "[ACCOUNT_1]" },
        { "12345678901", "[NUMBER_1]" },
        { "1234567890123456789012345", "[NUMBER_1]" },
        { "12345 67890 12345", "[NUMBER_1]" }
    };

    (void) state;

    CHECK(pairs);
}


static void
test_plate(void **state)
{
    static const pair_t  pairs[] = {
        { "30A-123.45", "[PLATE_1]" },
        { "29-B1 123.45", "[PLATE_1]" },
        { "biển 30A12345 ạ", "biển [PLATE_1] ạ" },
        { "30a-12345", "[PLATE_1]" },
        { "biển số 43a 567.89", "biển số [PLATE_1]" },
        { "30A 123.45", "[PLATE_1]" },
        { "51F-1234", "[PLATE_1]" },
        { "29B1-12345", "[PLATE_1]" },
        { "29B112345", "[PLATE_1]" },
        { "29-MĐ1 123.45", "[PLATE_1]" },
        { "29AA-123.45", "[PLATE_1]" },
        { "80-NG-12345", "[PLATE_1]" },
        { "30A-123.45 0912345678", "[PLATE_1] [PHONE_2]" },
        { "0912345678 30A-123.45", "[PHONE_1] [PLATE_2]" },
        { "số 30A 0912 345 678", "số 30A [PHONE_1]" },
        { "12-TT-2024", NULL },
        { "16h30", NULL },
        { "điểm 20 a 1234", NULL },
        { "130A-123.45", NULL }
    };

    (void) state;

    CHECK(pairs);
}


static void
test_email(void **state)
{
    static const pair_t  pairs[] = {
        { "nguyen.van-a+x@gmail.com", "[EMAIL_1]" },
        { "Thư tới a@b.vn.", "Thư tới [EMAIL_1]." },
        { "<a@sub.b-c.gov.vn>", "<[EMAIL_1]>" },
        { "0912345678@zalo.vn", "[EMAIL_1]" },
        { "gửi:ngữ@x.vn", "gửi:[EMAIL_1]" },
        { "a@b.vn c@d.vn a@b.vn", "[EMAIL_1] [EMAIL_2] [EMAIL_1]" },
        { "a@localhost", "[EMAIL_1]" },
        { "an@đại-học.vn, an@thư.vn", "[EMAIL_1], [EMAIL_2]" },
        { "an@xn--i-hc-0na.vn.", "[EMAIL_1]." },
        { "thư an @gmail.com, b@ gmail.com", "thư [EMAIL_1], [EMAIL_2]" },
        { "mua 2 @ 500.000 đồng", NULL },
        { "a\uff20b.vn, a\ufe6bb.vn", "[EMAIL_1], [EMAIL_2]" },
        { "\uff20", "\uff20" },
        { "@b.vn", NULL },
        { "a@", NULL },
        { "a @ b", NULL },
        { "2@500", NULL }
    };

    (void) state;

    CHECK(pairs);
}


static void
test_dossier(void **state)
{
    static const pair_t  pairs[] = {
        { "hồ sơ 000.00.16.H55-250701-0012 đâu",
          "hồ sơ [HOSO_1] đâu" },
        { "H55.242-240701-0012", "[HOSO_1]" },
        { "G01.899.102-240615-003312 0912345678", "[HOSO_1] [PHONE_2]" }
    };

    (void) state;

    CHECK(pairs);
}


static void
test_stays(void **state)
{
    static const pair_t  pairs[] = {
        { "", NULL },
        { "Thủ tục đăng ký khai sinh", NULL },
        { "\xff\xfe" "a\xc3", NULL },

        /* codes */
        { "1.001456", NULL },
        { "Thủ tục 1.001456.", NULL },
        { "(1.001193.02)", NULL },
        { "2.000815.000.00.00.H55", NULL },
        { "1.014955-Xoa", NULL },
        { "1.0133611", NULL },
        { "2.009182739", NULL },
        { "H55.242, G01, G01.899.102, H55", NULL },
        { "mã 1.001456 2.001234 1.112233", NULL },
        { "tài khoản: 1.001456", NULL },
        { "1.001456 0912345678", "1.001456 [PHONE_1]" },
        { "0912345678 1.001456", "[PHONE_1] 1.001456" },
        { "1.001456-0912345678", "1.001456-[PHONE_1]" },

        /* but not what only looks like one */
        { "091 2.345678", "[PHONE_1]" },
        { "1.234567-890", "[BHXH_1]" },
        { "0.912345678", "[PHONE_1]" },

        /* documents */
        { "Nghị định 123/2024/NĐ-CP, Luật 91/2025/QH15", NULL },
        { "Quyết định 2259/QĐ-TTg, 45/2024/TT-BTC, 134/2025/QH15", NULL },
        { "0901234567 91/2025/QH15", "[PHONE_1] 91/2025/QH15" },

        /* dates and times */
        { "01/07/2026, 01.07.2026, 2026-07-01, 1-7-2026, 7/2026", NULL },
        { "08:30 17h00, năm 2024, 2025-2026", NULL },
        { "sinh 01.07.1990 0912345678", "sinh 01.07.1990 [PHONE_1]" },
        { "năm 2026 091 234 5678", "năm 2026 [PHONE_1]" },

        /* sums */
        { "1.000.000 đồng, 500.000đ, 100.000.000.000 VND", NULL },
        { "1 000 000 000 đồng; 1200000000đ; 500000đ", NULL },
        { "123.456.789 đồng", NULL },
        { "năm 2024 500 000 đồng", NULL },
        { "100.000.000 hoặc 2.000.000.000", NULL },
        { "lệ phí: 150.500.000", NULL },
        { "từ 150.500.000 đến 200.500.000 đồng", NULL },
        { "150.500.000 - 200.500.000 đồng", NULL },
        { "150.500.000₫ $100.500.000$", NULL },
        { "1.500.000.000 tỷ, 150.500.000 triệu", NULL },
        { "001099012345 500.000đ", "[CCCD_1] 500.000đ" },

        /* but not an id before such a word, nor a phone number */
        { "123.456.789 đồng ý", "[CMND_1] đồng ý" },
        { "123456789 đồng", "[CMND_1] đồng" },
        { "0912.345.678 đồng", "[PHONE_1] đồng" },
        { "0912 345 678đ", "[PHONE_1]đ" },
        { "123.456.789 Đ. Lê Lợi", "[CMND_1] Đ. Lê Lợi" },
        { "123.456.789 đ/c: Hà Nội", "[CMND_1] đ/c: Hà Nội" },
        { "123.456.789\nĐồng Tháp", "[CMND_1]\nĐồng Tháp" },
        { "CMND: 123.456.789 ty", "CMND: [CMND_1] ty" },
        { "chứng minh nhân dân số 123 456 789 ngàn",
          "chứng minh nhân dân số [CMND_1] ngàn" },
        { "lệ phí CCCD 50.000 đồng", NULL },
        { "123.456.789 đ/cái", NULL },

        /* service numbers */
        { "1022, 113, 19001009, 1900 1009, 1800-1234", NULL },
        { "1022 0912 345 678", "1022 [PHONE_1]" },
        { "12 0912345678 3", "12 [PHONE_1] 3" },
        { "10 20 30", NULL }
    };

    (void) state;

    CHECK(pairs);
}


/* What a user types in the form of a placeholder comes back as typed. */

static void
test_typed(void **state)
{
    static const pair_t  pairs[] = {
        { "[CCCD_1]", "[TEXT_1]" },
        { "001099012345 [CCCD_1]", "[CCCD_1] [TEXT_2]" },
        { "[CCCD_2] 001099012345", "[TEXT_1] [CCCD_2]" },
        { "[TEXT_1] [TEXT_1]", "[TEXT_1] [TEXT_1]" },
        { "[PASSPORT_9999][EMAIL_01]", "[TEXT_1][TEXT_2]" },
        { "[CCCD_0912345678]", "[CCCD_[PHONE_1]]" },
        { "[091 [CCCD_1] 2345678]", "[091 [TEXT_1] 2345678]" },
    };

    static const pair_t  other[] = {
        { "[X_1]", NULL },
        { "[cccd_1] [CCCD_] [CCCD-1] [CCCD_12345] [CCCD_1", NULL },
        { "[[[", NULL }
    };

    size_t           i;
    assist_buf_t     out = ASSIST_BUF_INIT, back = ASSIST_BUF_INIT;
    assist_redact_t  map = ASSIST_REDACT_INIT;

    (void) state;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        out.len = 0;
        assert_true(assist_redact(&map, assist_str_of(pairs[i].in), &out) > 0);
        assert_text(&out, pairs[i].out);
        restore(&map, assist_buf_str(&out), out.len / 2, &back);
        assert_text(&back, pairs[i].in);
        assist_redact_free(&map);
    }

    for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        out.len = 0;
        assert_int_equal(assist_redact(&map, assist_str_of(other[i].in), &out),
                         0);
        assert_text(&out, other[i].in);
    }

    assist_redact_free(&map);
    assist_buf_free(&out);
    assist_buf_free(&back);
}


/* An office's own numbers stay, but for whoever has said them before. */

static void
test_published(void **state)
{
    size_t           i;
    assist_buf_t     out = ASSIST_BUF_INIT;
    assist_redact_t  map = ASSIST_REDACT_INIT;

    static const pair_t  pairs[] = {
        { "Gọi 024 3825 1234 hay 0912345678",
          "Gọi 024 3825 1234 hay [PHONE_1]" },
        { "Gọi 02438251234, 0243825123", "Gọi [PHONE_2], [BHXH_3]" },
        { "[CCCD_1]", "[TEXT_4]" }
    };

    (void) state;

    assert_int_equal(assist_redact_publish(&map, assist_str("")), 0);

    for (i = 0; i < 2; i++) {
        assert_int_equal(assist_redact_publish(&map,
                             assist_str("Hotline: 024 3825 1234 [CCCD_1]")),
                         0);
    }

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        out.len = 0;
        assert_true(assist_redact(&map, assist_str_of(pairs[i].in), &out) > 0);
        assert_text(&out, pairs[i].out);
    }

    assert_int_equal(assist_redact_publish(&map, assist_str("0912345678")), 0);
    out.len = 0;
    assert_int_equal(assist_redact(&map, assist_str("0912345678"), &out), 1);
    assert_text(&out, "[PHONE_1]");

    assist_redact_free(&map);
    assist_buf_free(&out);
}


/* The messages of a conversation share their numbers. */

static void
test_conversation(void **state)
{
    size_t           i;
    assist_buf_t     out = ASSIST_BUF_INIT;
    assist_redact_t  map = ASSIST_REDACT_INIT;

    static const pair_t  pairs[] = {
        { "Tôi là 001099012345", "Tôi là [CCCD_1]" },
        { "Gọi 0912345678 (001099012345)", "Gọi [PHONE_2] ([CCCD_1])" },
        { "Gọi 0912 345 678", "Gọi [PHONE_3]" },
        { "0912345678, [PHONE_2], a@b.vn", "[PHONE_2], [TEXT_4], [EMAIL_5]" },
        { "MST 0912345678", "MST [PHONE_2]" }
    };

    (void) state;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        out.len = 0;
        assert_true(assist_redact(&map, assist_str_of(pairs[i].in), &out) > 0);
        assert_text(&out, pairs[i].out);
    }

    assert_int_equal(map.n, 5);
    assert_int_equal(assist_redact_count(&map, ASSIST_REDACT_PHONE), 2);
    assert_int_equal(assist_redact_count(&map, ASSIST_REDACT_CCCD), 1);
    assert_int_equal(assist_redact_count(&map, ASSIST_REDACT_QR), 0);
    assert_string_equal(assist_redact_kind_name(ASSIST_REDACT_CCCD), "CCCD");

    for (i = 0; i < ASSIST_REDACT_NKINDS; i++) {
        assert_non_null(assist_redact_kind_name((assist_redact_kind_t) i));
    }

    assist_redact_free(&map);
    assist_buf_free(&out);
}


/* A model's answer: known placeholders come back, others pass. */

static void
test_restore(void **state)
{
    size_t            i, cut;
    assist_str_t      text;
    assist_buf_t      out = ASSIST_BUF_INIT;
    assist_redact_t   map = ASSIST_REDACT_INIT;
    assist_restore_t  r;

    static const pair_t  pairs[] = {
        { "", "" },
        { "Số [CCCD_1] và [PHONE_2].", "Số 001099012345 và 0912345678." },
        { "[CCCD_1][CCCD_1]", "001099012345001099012345" },
        { "[[CCCD_1]]", "[001099012345]" },
        { "[CCCD_[CCCD_1]", "[CCCD_001099012345" },
        { "[CCCD_2] [PHONE_1] [PHONE_3]", "[CCCD_2] [PHONE_1] [PHONE_3]" },
        { "[CCCD_01] [CCCD_0] [CCCD_11]", "[CCCD_01] [CCCD_0] [CCCD_11]" },
        { "[CCCD_12345] [cccd_1] [CCCD 1]", "[CCCD_12345] [cccd_1] [CCCD 1]" },
        { "[CCCD_1", "[CCCD_1" },
        { "[", "[" },
        { "[PASSPORT_9999] [PASSPORT_99999]",
          "[PASSPORT_9999] [PASSPORT_99999]" },
        { "[liên kết](CCCD_1) [CCCD_1]", "[liên kết](CCCD_1) 001099012345" }
    };

    (void) state;

    assert_int_equal(assist_redact(&map,
                                   assist_str("001099012345 0912345678"), &out),
                     2);

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        text = assist_str_of(pairs[i].in);

        for (cut = 0; cut <= text.len; cut++) {
            restore(&map, text, cut, &out);
            assert_text(&out, pairs[i].out);
        }

        out.len = 0;
        assist_restore_init(&r, &map);

        for (cut = 0; cut < text.len; cut++) {
            assert_int_equal(assist_restore(&r, (assist_str_t)
                                            { text.data + cut, 1 }, &out), 0);
            assert_true(r.n < ASSIST_REDACT_LONGEST);
        }

        assert_int_equal(assist_restore_end(&r, &out), 0);
        assert_text(&out, pairs[i].out);
    }

    assist_redact_free(&map);
    assist_buf_free(&out);
}


/* A full map, and no memory: nothing of the text is left to send. */

static void
test_fails_closed(void **state)
{
    size_t           i;
    assist_buf_t     in = ASSIST_BUF_INIT, out = ASSIST_BUF_INIT;
    assist_redact_t  map = ASSIST_REDACT_INIT;

    (void) state;

    for (i = 0; i < ASSIST_REDACT_MAX; i++) {
        assist_buf_printf(&in, "09%08zu, ", i);
    }

    assert_int_equal(assist_redact(&map, assist_buf_str(&in), &out),
                     ASSIST_REDACT_MAX);

    assist_buf_free(&out);
    assist_buf_puts(&out, "kept");

    assert_int_equal(assist_redact(&map, assist_str("0900000001 x"), &out), 1);
    assert_int_equal(assist_redact(&map, assist_str("a@b.vn"), &out), -1);
    assert_true(out.failed);
    assert_int_equal(out.len, strlen("kept[PHONE_2] x"));

    assist_buf_puts(&out, "more");
    assert_int_equal(out.len, strlen("kept[PHONE_2] x"));

    assert_int_equal(assist_redact(&map, assist_str("x"), &out), -1);
    assert_int_equal(assist_redact(&map, assist_str(""), &out), -1);

    assist_buf_free(&in);
    assist_buf_free(&out);
    assist_redact_free(&map);
    assist_redact_free(&map);
}


/* Texts that make a slow search slow: each would take minutes. */

static void
test_long(void **state)
{
    size_t           i, k;
    assist_buf_t     in = ASSIST_BUF_INIT, out = ASSIST_BUF_INIT;
    assist_redact_t  map = ASSIST_REDACT_INIT;

    static const char  *const parts[] = {
        "1", "1 ", "12 ", "123.", "1.001456 ", "001099012345|", "a@",
        "a", "[CCCD_", "1    ", "30A-", "a1", "500.000 ", "01.07.2026-",
        "+", "(", "|", "@", "0 0 0 ", "\u00a0", "1\u200b", "stk ", "đồng "
    };

    (void) state;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        in.len = 0;

        for (k = 0; in.len < 1 << 19; k++) {
            assist_buf_puts(&in, parts[i]);
        }

        /* many of them are one placeholder each, or too many for a map */

        out.len = 0;
        assist_redact(&map, assist_buf_str(&in), &out);
        assist_buf_free(&out);
        assist_redact_free(&map);
    }

    assist_buf_free(&in);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_qr),
        cmocka_unit_test(test_citizen),
        cmocka_unit_test(test_insurance),
        cmocka_unit_test(test_tax),
        cmocka_unit_test(test_phone),
        cmocka_unit_test(test_old_numbers),
        cmocka_unit_test(test_account),
        cmocka_unit_test(test_plate),
        cmocka_unit_test(test_email),
        cmocka_unit_test(test_dossier),
        cmocka_unit_test(test_stays),
        cmocka_unit_test(test_typed),
        cmocka_unit_test(test_published),
        cmocka_unit_test(test_conversation),
        cmocka_unit_test(test_restore),
        cmocka_unit_test(test_fails_closed),
        cmocka_unit_test(test_long)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
