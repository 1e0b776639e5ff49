/*
 * The forms of Vietnamese text: for display, for equality, for retrieval.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text.h"


typedef struct {
    const char  *in;
    const char  *out;
    int          rc;
} pair_t;

typedef int (*form_t)(assist_str_t in, assist_buf_t *out);


static void
check(form_t form, const pair_t *pairs, size_t n)
{
    int           rc;
    size_t        i;
    assist_buf_t  out = ASSIST_BUF_INIT;

    for (i = 0; i < n; i++) {
        out.len = 0;
        assist_buf_puts(&out, "|");
        rc = form(assist_str_of(pairs[i].in), &out);
        assist_buf_putc(&out, '\0');

        assert_string_equal(out.data + 1, pairs[i].out);

        if (rc != pairs[i].rc) {
            print_message("for \"%s\"\n", pairs[i].in);
        }

        assert_int_equal(rc, pairs[i].rc);
    }

    assist_buf_free(&out);
}

#define CHECK(form, pairs)                                                    \
    check(form, pairs, sizeof(pairs) / sizeof(pairs[0]))


static void
test_clean(void **state)
{
    static const pair_t  pairs[] = {
        { "", "", 0 },
        { "Cấp hộ chiếu", "Cấp hộ chiếu", 0 },
        { "  Cấp  hộ\nchiếu \t", "Cấp hộ chiếu", ASSIST_TEXT_BLANKS },
        { "Cấp\u00a0hộ", "Cấp hộ", ASSIST_TEXT_BLANKS },
        { "\ufeff" "C\u200bấp", "Cấp", ASSIST_TEXT_BLANKS },
        { "Ca\u0302\u0301p", "Cấp", ASSIST_TEXT_NOT_NFC },
        { "a\u0323\u0302 ", "ậ", ASSIST_TEXT_NOT_NFC|ASSIST_TEXT_BLANKS },
        { "a\u0302\u0323", "ậ", ASSIST_TEXT_NOT_NFC },
        { "â\u0323", "ậ", ASSIST_TEXT_NOT_NFC },
        { "\xff" "ab\xc3", "\ufffd" "ab\ufffd", 0 },
        { "\xed\xa0\x80", "\ufffd\ufffd\ufffd", 0 },
        { "Giấy (bản sao), 1.001456", "Giấy (bản sao), 1.001456", 0 },
        { "Hoà, HÒA, Ð", "Hoà, HÒA, Ð", 0 },
        { " \r\n ", "", ASSIST_TEXT_BLANKS },
        { "漢字 ✓", "漢字 ✓", 0 }
    };

    (void) state;

    CHECK(assist_text_clean, pairs);
}


static void
test_normalize(void **state)
{
    static const pair_t  pairs[] = {
        { "", "", 0 },
        { "?!", "", 0 },
        { "  Cấp  HỘ chiếu?? ", "cấp hộ chiếu", 0 },
        { "CẤP HỘ CHIẾU", "cấp hộ chiếu", 0 },
        { "Ca\u0302\u0301p", "cấp", 0 },
        { "H\u0331", "\u1e96", 0 },

        /* tone marks */
        { "hoà giải", "hòa giải", 0 },
        { "HOÀ", "hòa", 0 },
        { "hòa giải", "hòa giải", 0 },
        { "uỷ ban", "ủy ban", 0 },
        { "ủy ban", "ủy ban", 0 },
        { "quý", "quý", 0 },
        { "qúy", "quý", 0 },
        { "hoàn, toán, hoẹt", "hoàn toán hoẹt", 0 },
        { "hòan tòan khỏan", "hoàn toàn khoản", 0 },
        { "khoẻ, thuý, loá", "khỏe thúy lóa", 0 },
        { "huỳnh", "huỳnh", 0 },
        { "ngoài, xoáy", "ngoài xoáy", 0 },

        /* letters that look like đ */
        { "Ðăng ký", "đăng ký", 0 },
        { "Đăng ký", "đăng ký", 0 },
        { "ĐẤT ÐAI", "đất đai", 0 },

        /* what is not seen */
        { "đăng\u200b ký\ufeff", "đăng ký", 0 },
        { "đăng\u00a0ký", "đăng ký", 0 },
        { "đăng\u00adký", "đăngký", 0 },

        /* numbers and codes */
        { "Mã 1.001456?", "mã 1.001456", 0 },
        { "1.001456.", "1.001456", 0 },
        { "(1.001193.02)", "1.001193.02", 0 },
        { "2.000815.000.00.00.H55", "2.000815.000.00.00.h55", 0 },
        { "Nghị định 123/2024/NĐ-CP,", "nghị định 123/2024/nđ-cp", 0 },
        { "45/QĐ-TTg", "45/qđ-ttg", 0 },
        { "01/2024/TT-BTP-BTC", "01/2024/tt-btp-btc", 0 },
        { "51/2024/QH15", "51/2024/qh15", 0 },
        { "H55.242", "h55.242", 0 },
        { "30A-123.45", "30a-123.45", 0 },
        { "29-B1 123.45", "29-b1 123.45", 0 },
        { "14-18 tuổi", "14-18 tuổi", 0 },
        { "1,5 triệu", "1,5 triệu", 0 },
        { "cấp III/IV", "cấp iii iv", 0 },
        { "cấp 1/cấp 2", "cấp 1 cấp 2", 0 },
        { "năm 2024.tôi", "năm 2024 tôi", 0 },
        { "cơ sở/ Thiết kế", "cơ sở thiết kế", 0 },
        { "a.b-c", "a b c", 0 },

        /* abbreviations */
        { "CCCD", "căn cước công dân", 0 },
        { "đổi GPLX", "đổi giấy phép lái xe", 0 },
        { "ĐKKD", "đăng ký kinh doanh", 0 },
        { "dkkd", "đăng ký kinh doanh", 0 },
        { "ĐKKĐ", "đkkđ", 0 },
        { "BHXH, BHYT, BHTN",
          "bảo hiểm xã hội bảo hiểm y tế bảo hiểm thất nghiệp", 0 },
        { "HKTT", "hộ khẩu thường trú", 0 },
        { "GCN QSDĐ", "giấy chứng nhận quyền sử dụng đất", 0 },
        { "GCNQSDĐ", "giấy chứng nhận quyền sử dụng đất", 0 },
        { "TTHC của UBND", "thủ tục hành chính của ủy ban nhân dân", 0 },
        { "UBND/CMND", "ủy ban nhân dân chứng minh nhân dân", 0 },
        { "công ty TNHH", "công ty tnhh", 0 },
        { "GPXD", "giấy phép xây dựng", 0 },
        { "gplxx", "gplxx", 0 },

        { "\xff\xfe" "a\x80" "b", "a b", 0 },
        { "Driver's license", "driver s license", 0 },
        { "漢字", "漢字", 0 }
    };

    (void) state;

    CHECK(assist_text_normalize, pairs);
}


static void
test_fold(void **state)
{
    static const pair_t  pairs[] = {
        { "", "", 0 },
        { "Đăng ký khai sinh", "dang ki khai sinh", 0 },
        { "đăng kí", "dang ki", 0 },
        { "Ðăng ký", "dang ki", 0 },
        { "dang ky", "dang ki", 0 },
        { "quý, Thúy, máy", "quy thuy may", 0 },
        { "lý lịch, Mỹ, bác sỹ, tỷ lệ, hy", "li lich mi bac si ti le hi", 0 },
        { "y tế", "y te", 0 },
        { "Hoà, uỷ, ƯƠNG", "hoa uy uong", 0 },
        { "đặt ẵ ợ ự", "dat a o u", 0 },
        { "bhxh", "bao hiem xa hoi", 0 },
        { "LLTP", "li lich tu phap", 0 },
        { "123/2024/NĐ-CP", "123/2024/nd-cp", 0 },
        { "Ångström", "angstrom", 0 },
        { "1.001456", "1.001456", 0 }
    };

    (void) state;

    CHECK(assist_text_fold, pairs);
}


static void
test_telex(void **state)
{
    static const pair_t  pairs[] = {
        { "", "", 0 },
        { "ddawng kys", "đăng ký", 1 },
        { "lamf hooj chieeus", "làm hộ chiếu", 1 },
        { "Ddawng kys keets hoon", "đăng ký kết hôn", 1 },
        { "caaps giaasy pheps lasi xe", "cấp giấy phép lái xe", 1 },
        { "ddooir bawngf lais xe", "đổi bằng lái xe", 1 },
        { "ddoir", "đỏi", 1 },
        { "thuwowngf trus", "thường trú", 1 },
        { "thuongwf trus", "thường trú", 1 },
        { "quyeenf suwr dungj ddaats", "quyền sử dụng đất", 1 },
        { "giaays khai sinh", "giấy khai sinh", 1 },
        { "hoaf giari", "hòa giải", 1 },
        { "hoanf thanhf", "hoàn thành", 1 },
        { "uyr ban", "ủy ban", 1 },
        { "quys", "quý", 1 },
        { "giuwax", "giữa", 1 },
        { "muaw nhaf", "mưa nhà", 1 },
        { "nghieepj", "nghiệp", 1 },
        { "tw phaps", "tư pháp", 1 },
        { "lamf passport owr ddaau", "làm passport ở đâu", 1 },

        /* VNI */
        { "d9a8ng ky1", "đăng ký", 1 },
        { "la2m ho65 chie61u", "làm hộ chiếu", 1 },
        { "thu7o7ng2 tru1", "thường trú", 1 },
        { "d9u7o7ng2", "đường", 1 },

        /* neither */
        { "đăng ký khai sinh", "đăng ký khai sinh", 0 },
        { "dang ky khai sinh", "dang ky khai sinh", 0 },
        { "lam ho chieu o dau", "lam ho chieu o dau", 0 },
        { "bang lai xe hang a1", "bang lai xe hang a1", 0 },
        { "quan so6", "quan so6", 0 },
        { "ma 1.001456", "ma 1.001456", 0 },
        { "how to get a driver license", "how to get a driver license", 0 },
        { "my passport was lost", "my passport was lost", 0 },
        { "i lost my passport", "i lost my passport", 0 },
        { "start a business", "start a business", 0 },
        { "is this the test", "is this the test", 0 },
        { "car tax", "car tax", 0 },
        { "food safety", "food safety", 0 },
        { "unemployment benefit", "unemployment benefit", 0 },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaas",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaas", 0 },
        { "xoong", "xông", 1 }
    };

    (void) state;

    CHECK(assist_text_telex, pairs);
}


/* The normal form of the normal form is itself, for any bytes. */
static void
test_idempotent(void **state)
{
    static const char  *pieces[] = {
        "oà", "òa", "a", "q", "uý", "úy", "n", "Ð", "đ", "1", "2024", ".", "/",
        "-", ",", " ", "\u200b", "\u0301", "\u0323", "\u0302", "\u0331", "H",
        "nđ", "CP", "cccd", "dkkd", "DN", "\xff", "\xe1\xba", "\u1ea4",
        "\u0130", "\u212b", "\u00ad", "漢", "\uac01", "x", "\n", "\u0345"
    };

    size_t        i, k, n;
    uint32_t      seed;
    assist_buf_t  in = ASSIST_BUF_INIT, one = ASSIST_BUF_INIT,
                  two = ASSIST_BUF_INIT;

    (void) state;

    seed = 1;

    for (i = 0; i < 50000; i++) {
        in.len = one.len = two.len = 0;
        n = 1 + i % 12;

        for (k = 0; k < n; k++) {
            seed = seed * 1664525 + 1013904223;
            assist_buf_puts(&in, pieces[(seed >> 8)
                                        % (sizeof(pieces) / sizeof(char *))]);
        }

        assert_int_equal(assist_text_normalize(assist_buf_str(&in), &one), 0);
        assert_int_equal(assist_text_normalize(assist_buf_str(&one), &two), 0);

        if (!assist_str_eq(assist_buf_str(&one), assist_buf_str(&two))) {
            print_message("\"%.*s\" \"%.*s\" \"%.*s\"\n", (int) in.len, in.data,
                          (int) one.len, one.data, (int) two.len, two.data);
            fail();
        }

        two.len = 0;
        assert_true(assist_text_telex(assist_buf_str(&in), &two) >= 0);
        assert_int_equal(assist_text_fold(assist_buf_str(&in), &two), 0);

        one.len = two.len = 0;
        assert_true(assist_text_clean(assist_buf_str(&in), &one) >= 0);
        assert_int_equal(assist_text_clean(assist_buf_str(&one), &two), 0);
        assert_true(assist_str_eq(assist_buf_str(&one), assist_buf_str(&two)));
    }

    assist_buf_free(&in);
    assist_buf_free(&one);
    assist_buf_free(&two);
}


/* Long input takes the heap; a letter with many marks is cut, in time. */
static void
test_long(void **state)
{
    size_t        i;
    assist_buf_t  in = ASSIST_BUF_INIT, out = ASSIST_BUF_INIT;

    (void) state;

    for (i = 0; i < 100000; i++) {
        assist_buf_puts(&in, "Ðoà ");
    }

    assert_int_equal(assist_text_normalize(assist_buf_str(&in), &out), 0);
    assert_int_equal(out.len, 100000 * strlen("đòa ") - 1);

    in.len = out.len = 0;
    assist_buf_putc(&in, 'x');

    for (i = 0; i < 200000; i++) {
        assist_buf_puts(&in, i % 2 ? "\u0301" : "\u0323");
    }

    assert_int_equal(assist_text_normalize(assist_buf_str(&in), &out), 0);
    assert_int_equal(out.len, 1 + 30 * 2);

    out.len = 0;
    assert_int_equal(assist_text_clean(assist_buf_str(&in), &out),
                     ASSIST_TEXT_NOT_NFC);
    assert_int_equal(assist_text_telex(assist_buf_str(&in), &out), 0);

    assist_buf_free(&in);
    assist_buf_free(&out);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_normalize),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_telex),
        cmocka_unit_test(test_idempotent),
        cmocka_unit_test(test_long)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
