/* The catalogue: headers, values, codes, merging, errors, finding. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "buf.h"
#include "catalog.h"
#include "date.h"


#define NROWS  5000

#define eq(s, literal)  assert_true(assist_str_eq((s), assist_str(literal)))


static assist_catalog_t *
parse(const char *file)
{
    size_t             len;
    char              *copy;
    assist_error_t     err;
    assist_catalog_t  *cat;

    /* the data need not outlive the call, and ends where it ends */

    len = strlen(file);
    copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, file, len);

    cat = assist_catalog_parse(copy, len, &err);
    free(copy);

    if (cat == NULL) {
        fail_msg("%s\nline %u: %s", file, err.line, err.text);
    }

    return cat;
}


static void
assert_text(assist_str_t s, const char *expected)
{
    if (!assist_str_eq(s, assist_str_of(expected))) {
        fail_msg("\"%.*s\" is not \"%s\"", (int) s.len, s.data, expected);
    }
}


static void
test_our_headers(void **state)
{
    assist_row_t      *row;
    assist_catalog_t  *cat;

    static const char  file[] =
        "code,name,name_en,aliases,agency_code,agency,province,case,level,"
        "field,state,essential,onprem,paths,documents,fee,time,where,contact,"
        "url,updated,valid_from,valid_to,successor\n"
        "1.001193,Đăng ký khai sinh,Register a birth,\"khai sinh\ngiấy khai "
        "sinh|birth\",H55,UBND xã,Hà Nội,thường,full,Hộ tịch,published,1,x,"
        "/khai-sinh/ /ks,\" Tờ  khai\r\n\r\n\r\nGiấy chứng sinh \n\",0 đồng,"
        "1 ngày,UBND,1900,https://x.vn,01/07/2025,2025-07-01,31/12/2030,"
        "1.001194\n"
        "1.001194,Khác\n";

    (void) state;

    cat = parse(file);

    assert_int_equal(cat->nrows, 2);
    assert_int_equal(cat->nservices, 2);
    assert_int_equal(cat->nprocedures, 2);

    row = &cat->rows[0];

    eq(row->code, "1.001193");
    eq(row->name, "Đăng ký khai sinh");
    eq(row->name_en, "Register a birth");
    eq(row->aliases, "khai sinh;giấy khai sinh|birth");
    eq(row->agency_code, "H55");
    eq(row->agency, "UBND xã");
    eq(row->province, "Hà Nội");
    eq(row->case_name, "thường");
    eq(row->field, "Hộ tịch");
    eq(row->paths, "/khai-sinh/ /ks");
    eq(row->documents, "Tờ khai\n\nGiấy chứng sinh");
    eq(row->fee, "0 đồng");
    eq(row->time, "1 ngày");
    eq(row->where, "UBND");
    eq(row->contact, "1900");
    eq(row->url, "https://x.vn");
    eq(row->updated, "2025-07-01");
    eq(row->successor, "1.001194");
    assert_int_equal(row->level, ASSIST_LEVEL_FULL);
    assert_int_equal(row->state, ASSIST_STATE_PUBLISHED);
    assert_int_equal(row->essential, 1);
    assert_int_equal(row->onprem, 1);
    assert_int_equal(row->updated_day, assist_date_days(2025, 7, 1));
    assert_int_equal(row->valid_from, assist_date_days(2025, 7, 1));
    assert_int_equal(row->valid_to, assist_date_days(2030, 12, 31));
    assert_int_equal(row->line, 2);
    eq(cat->services[0].id, "1.001193@H55");

    row = &cat->rows[1];

    assert_int_equal(row->line, 8);
    assert_int_equal(row->agency.len, 0);
    assert_int_equal(row->level, ASSIST_LEVEL_UNKNOWN);
    assert_int_equal(row->state, ASSIST_STATE_PUBLISHED);
    assert_int_equal(row->essential, 0);
    assert_int_equal(row->updated_day, INT32_MIN);
    assert_int_equal(row->valid_from, INT32_MIN);
    assert_int_equal(row->valid_to, INT32_MAX);
    eq(cat->services[1].id, "1.001194");

    assist_catalog_free(cat);
}


/* One row in the words of many systems gives the same. */

static void
test_headers(void **state)
{
    size_t             i;
    assist_row_t      *row;
    assist_catalog_t  *cat;

    static const char *const  files[] = {
        "code,name,agency_code,agency,level,field,state,documents,fee,time,"
        "where,url,updated\n"
        "1.001193,Tên,H55,Sở,full,Hộ tịch,published,A,B,C,D,E,2025-01-02\n",

        "\xef\xbb\xbfSTT;MaTTHC;TenTTHC;MaDVC;TenDVC;TenCQTH;MaCQTH;MucDo;"
        "TrangThai;LinhVuc;CapThucHien;URL;Ho so;Le phi;Thoi han;Noi nop;"
        "Ngay cap nhat\r\n"
        "1;1.001193;Tên;1.001193;Tên;Sở;H55;4;Công khai;Hộ tịch;Cấp tỉnh;E;A;"
        "B;C;D;02/01/2025\r\n",

        "Số thứ tự\tMã TTHC\tTên thủ tục\tMức độ\tTrạng thái\tLĨNH VỰC\t"
        "Cơ quan thực hiện\tMã cơ quan\tCách thức\tĐường dẫn\t"
        "Thành phần hồ sơ\tPhí, lệ phí\tThời hạn giải quyết\tNgày cập nhật\n"
        "1\t1.001193\tTên\ttoàn trình\tĐã công khai\tHộ tịch\tSở\tH55\tD\tE\tA"
        "\tB\tC\t2025-01-02\n",

        "Mã TTHC;Tên TTHC;Mức độ;Cơ quan;Mã CQTH;Lĩnh vực;Phí, lệ phí;"
        "Hồ sơ;Thời gian;Địa điểm;Liên kết;Cập nhật\n"
        "1.001193;Tên;Toàn trình;Sở;H55;Hộ tịch;B;A;C;D;E;2025-01-02\n",

        "MA_TTHC,TEN_TTHC,MUC_DO,CO_QUAN_THUC_HIEN,MA_CO_QUAN,LINH_VUC,"
        "THANH_PHAN_HO_SO,PHI_LE_PHI,THOI_HAN_GIAI_QUYET,CACH_THUC,DUONG_DAN,"
        "NGAY_CAP_NHAT\n"
        "1.001193,Tên,toan_trinh,Sở,H55,Hộ tịch,A,B,C,D,E,2025-01-02\n",

        "No.,Procedure code,Procedure name,Agency,Agency code,Service level,"
        "Status,Sector,Required documents,Fees,Processing time,Location,Link,"
        "Last updated\n"
        "1,1.001193,Tên,Sở,H55,Fully online,Active,Hộ tịch,A,B,C,D,E,"
        "2025-01-02\n",

        "service code,service name,agency,agency-code,level,field,documents,"
        "fee,time,where,url,updated\n"
        "1.001193,Tên,Sở,H55,4,Hộ tịch,A,B,C,D,E,2025-01-02\n"
    };

    (void) state;

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        cat = parse(files[i]);
        assert_int_equal(cat->nrows, 1);
        assert_int_equal(cat->odd[ASSIST_ODD_COLUMN].count, 0);

        row = &cat->rows[0];

        assert_text(row->code, "1.001193");
        assert_text(row->name, "Tên");
        assert_text(row->agency, "Sở");
        assert_text(row->agency_code, "H55");
        assert_text(row->field, "Hộ tịch");
        assert_text(row->documents, "A");
        assert_text(row->fee, "B");
        assert_text(row->time, "C");
        assert_text(row->where, "D");
        assert_text(row->url, "E");
        assert_text(row->updated, "2025-01-02");
        assert_text(row->case_name, "");
        assert_int_equal(row->level, ASSIST_LEVEL_FULL);
        assert_int_equal(row->state, ASSIST_STATE_PUBLISHED);

        assist_catalog_free(cat);
    }
}


static void
test_columns(void **state)
{
    assist_catalog_t  *cat;

    (void) state;

    /* unknown columns, few fields, empty lines, columns of one meaning */

    cat = parse("code,name,mystery,Phí,Lệ phí,\n"
                "\n"
                "1.000001,A,?,1,2,\n"
                ",,,,,\n"
                "1.000002,B\n"
                "1.000003,C,,,3\n");

    assert_int_equal(cat->nrows, 3);
    assert_int_equal(cat->odd[ASSIST_ODD_COLUMN].count, 2);
    assert_int_equal(cat->odd[ASSIST_ODD_COLUMN].line, 1);
    eq(cat->rows[0].fee, "1\n2");
    eq(cat->rows[2].fee, "3");
    assert_int_equal(cat->rows[2].line, 6);

    assist_catalog_free(cat);
}


/* Two codes and two names: the service's discriminate the case. */

static void
test_national_export(void **state)
{
    size_t             i;
    assist_catalog_t  *cat;

    static const struct {
        const char  *row;
        const char  *id;
        const char  *name;
        const char  *case_name;
    } cases[] = {
        { "1.000001,A,1.000001,A", "1.000001", "A", "" },
        { "1.000001,A,,", "1.000001", "A", "" },
        { ",,1.000002,B", "1.000002", "B", "" },
        { "1.000001,A,1.000009,A", "1.000001", "A", "1.000009" },
        { "1.000001,A,1.000001,B", "1.000001", "A", "B" },
        { "1.000001,A,1.000009,B", "1.000001", "A", "1.000009 B" },
        { "1.000001,A,1.000001.02,A", "1.000001", "A", "02" },
        { "1.000001,A,1.000001.000.00.00.H55,A", "1.000001@H55", "A", "" },
        { "1.000001, A ,1.000001,A", "1.000001", "A", "" }
    };

    assist_buf_t  file = ASSIST_BUF_INIT;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        file.len = 0;
        assist_buf_printf(&file, "MaTTHC,TenTTHC,MaDVC,TenDVC\n%s\n",
                          cases[i].row);
        assist_buf_putc(&file, '\0');

        cat = parse(file.data);
        assert_text(cat->services[0].id, cases[i].id);
        assert_text(cat->rows[0].name, cases[i].name);
        assert_text(cat->rows[0].case_name, cases[i].case_name);
        assist_catalog_free(cat);
    }

    assist_buf_free(&file);

    /* a case that is given wins */

    cat = parse("MaTTHC,TenTTHC,MaDVC,TenDVC,case\n1.000001,A,1.000009,B,C\n");
    eq(cat->rows[0].case_name, "C");
    assist_catalog_free(cat);
}


static void
test_levels(void **state)
{
    size_t             i;
    assist_buf_t       file = ASSIST_BUF_INIT;
    assist_catalog_t  *cat;

    static const struct {
        const char      *word;
        assist_level_t   level;
    } cases[] = {
        { "", ASSIST_LEVEL_UNKNOWN },
        { "   ", ASSIST_LEVEL_UNKNOWN },
        { "unknown", ASSIST_LEVEL_UNKNOWN },
        { "không rõ", ASSIST_LEVEL_UNKNOWN },
        { "full", ASSIST_LEVEL_FULL },
        { "FULL", ASSIST_LEVEL_FULL },
        { " 4 ", ASSIST_LEVEL_FULL },
        { "Toàn trình", ASSIST_LEVEL_FULL },
        { "TOÀN TRÌNH", ASSIST_LEVEL_FULL },
        { "toan trinh", ASSIST_LEVEL_FULL },
        { "toan_trinh", ASSIST_LEVEL_FULL },
        { "Mức độ 4", ASSIST_LEVEL_FULL },
        { "DVCTT toàn trình", ASSIST_LEVEL_FULL },
        { "Dịch vụ công trực tuyến toàn trình", ASSIST_LEVEL_FULL },
        { "partial", ASSIST_LEVEL_PARTIAL },
        { "3", ASSIST_LEVEL_PARTIAL },
        { "Một phần", ASSIST_LEVEL_PARTIAL },
        { "mot_phan", ASSIST_LEVEL_PARTIAL },
        { "mức độ 3", ASSIST_LEVEL_PARTIAL },
        { "Dịch vụ công trực tuyến một phần", ASSIST_LEVEL_PARTIAL },
        { "info", ASSIST_LEVEL_INFO },
        { "2", ASSIST_LEVEL_INFO },
        { "1", ASSIST_LEVEL_INFO },
        { "Cung cấp thông tin", ASSIST_LEVEL_INFO },
        { "Dịch vụ cung cấp thông tin trực tuyến", ASSIST_LEVEL_INFO }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        file.len = 0;
        assist_buf_printf(&file, "code,name,level\n1.000001,A,%s\n",
                          cases[i].word);
        assist_buf_putc(&file, '\0');

        cat = parse(file.data);

        if (cat->rows[0].level != cases[i].level
            || cat->services[0].level != cases[i].level)
        {
            fail_msg("%s", cases[i].word);
        }

        assist_catalog_free(cat);
    }

    assist_buf_free(&file);
}


static void
test_states_and_flags(void **state)
{
    size_t             i;
    assist_buf_t       file = ASSIST_BUF_INIT;
    assist_catalog_t  *cat;

    static const struct {
        const char      *word;
        assist_state_t   state;
    } states[] = {
        { "", ASSIST_STATE_PUBLISHED },
        { "published", ASSIST_STATE_PUBLISHED },
        { "Công khai", ASSIST_STATE_PUBLISHED },
        { "đã công khai", ASSIST_STATE_PUBLISHED },
        { "ACTIVE", ASSIST_STATE_PUBLISHED },
        { "Hoạt động", ASSIST_STATE_PUBLISHED },
        { "testing", ASSIST_STATE_TESTING },
        { "Thử nghiệm", ASSIST_STATE_TESTING },
        { "internal", ASSIST_STATE_INTERNAL },
        { "Nội bộ", ASSIST_STATE_INTERNAL },
        { "Chờ công khai", ASSIST_STATE_INTERNAL },
        { "Hủy công khai", ASSIST_STATE_INTERNAL },
        { "Huỷ công khai", ASSIST_STATE_INTERNAL },
        { "hết hiệu lực", ASSIST_STATE_INTERNAL },
        { "inactive", ASSIST_STATE_INTERNAL }
    };

    static const struct {
        const char  *word;
        unsigned     value;
    } flags[] = {
        { "", 0 }, { "1", 1 }, { "0", 0 }, { "yes", 1 }, { "no", 0 },
        { "TRUE", 1 }, { "False", 0 }, { "x", 1 }, { "X", 1 }, { "có", 1 },
        { "Co", 1 }, { "không", 0 }, { "Khong", 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        file.len = 0;
        assist_buf_printf(&file, "code,name,state\n1.000001,A,%s\n",
                          states[i].word);
        assist_buf_putc(&file, '\0');

        cat = parse(file.data);
        assert_int_equal(cat->rows[0].state, states[i].state);
        assist_catalog_free(cat);
    }

    for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        file.len = 0;
        assist_buf_printf(&file, "code,name,essential,onprem\n1.000001,A,%s,"
                          "%s\n", flags[i].word, flags[i].word);
        assist_buf_putc(&file, '\0');

        cat = parse(file.data);
        assert_int_equal(cat->rows[0].essential, flags[i].value);
        assert_int_equal(cat->rows[0].onprem, flags[i].value);
        assist_catalog_free(cat);
    }

    assist_buf_free(&file);
}


static void
test_codes(void **state)
{
    size_t             i;
    assist_row_t      *row;
    assist_buf_t       file = ASSIST_BUF_INIT;
    assist_catalog_t  *cat;

    static const struct {
        const char      *written;
        const char      *code;
        const char      *case_name;
        const char      *agency;
        int              odd;
        assist_state_t   state;
    } cases[] = {
        { "1.001193", "1.001193", "", "", 0, 0 },
        { "  1.001193 ", "1.001193", "", "", 0, 0 },
        { "\xc2\xa0\xe2\x80\x8b" "1.001193\xef\xbb\xbf\xc2\xa0", "1.001193",
          "", "", 0, 0 },
        { "\"1.001193\n\"", "1.001193", "", "", 0, 0 },
        { "1.001193.02", "1.001193", "02", "", 0, 0 },
        { "2.000815.000.00.00.H55", "2.000815", "", "H55", 0, 0 },
        { "2.000815.000.00.00.H55.242", "2.000815", "", "H55.242", 0, 0 },
        { "2.000815.001.00.00.H55", "2.000815", "001.00.00", "H55", 0, 0 },
        { "2.000815.000.00.00.", "2.000815.000.00.00.", "", "", 1, 0 },
        { "1.0133611", "1.0133611", "", "", 1, 0 },
        { "2.009182739", "2.009182739", "", "", 1, 0 },
        { "A-7_b", "A-7_b", "", "", 1, 0 },
        { "1.014955-Xoa", "1.014955-Xoa", "", "", 1, ASSIST_STATE_INTERNAL },
        { "1.014955-XOA", "1.014955-XOA", "", "", 1, ASSIST_STATE_INTERNAL },
        { "-xoa", "-xoa", "", "", 1, ASSIST_STATE_INTERNAL },
        { "1", "1", "", "", 1, 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        file.len = 0;
        assist_buf_printf(&file, "name,code,state\nA,%s,published\n",
                          cases[i].written);
        assist_buf_putc(&file, '\0');

        cat = parse(file.data);
        row = &cat->rows[0];

        assert_text(row->code, cases[i].code);
        assert_text(row->case_name, cases[i].case_name);
        assert_text(row->agency_code, cases[i].agency);
        assert_int_equal(cat->odd[ASSIST_ODD_CODE].count, cases[i].odd);
        assert_int_equal(row->state, cases[i].state);

        assist_catalog_free(cat);
    }

    assist_buf_free(&file);

    /* cells of their own win over what the code says */

    cat = parse("code,name,case,agency_code\n"
                "1.001193.02,A,x,\n"
                "2.000815.000.00.00.H55,A,,G01\n");
    eq(cat->rows[0].case_name, "x");
    eq(cat->rows[1].agency_code, "G01");
    eq(cat->services[1].id, "2.000815@G01");
    assist_catalog_free(cat);
}


static void
test_names(void **state)
{
    assist_catalog_t  *cat;

    (void) state;

    cat = parse("code,name\n"
                "1.000001,Tên thường\n"
                "1.000002,\" Đăng ký\r\n  khai sinh \"\n"
                "1.000003,Đa\xcc\x86ng ky\xcc\x81\n"
                "1.000004,\xe2\x80\x8b" "Ca\xcc\x82\xcc\x81p  lại\n");

    eq(cat->rows[0].name, "Tên thường");
    eq(cat->rows[1].name, "Đăng ký khai sinh");
    eq(cat->rows[2].name, "Đăng ký");
    eq(cat->rows[3].name, "Cấp lại");
    assert_int_equal(cat->odd[ASSIST_ODD_NOT_NFC].count, 2);
    assert_int_equal(cat->odd[ASSIST_ODD_NOT_NFC].line, 5);
    assert_int_equal(cat->odd[ASSIST_ODD_BLANKS].count, 2);
    assert_int_equal(cat->odd[ASSIST_ODD_BLANKS].line, 3);

    assist_catalog_free(cat);
}


/* Rows of one service: "case,level,valid_from,valid_to,state". */

static void
test_merging(void **state)
{
    size_t             i, k;
    assist_buf_t       file = ASSIST_BUF_INIT;
    assist_service_t  *service;
    assist_catalog_t  *cat;

    static const struct {
        const char      *rows[4];
        assist_level_t   level;
        assist_level_t   min;
        assist_level_t   max;
        uint32_t         repeated;
        uint32_t         differ;
    } cases[] = {
        { { "a,partial", "b,full", "c,info" }, 3, 3, 3, 0, 0 },
        { { "a,full", "a,full" }, 3, 3, 3, 1, 0 },
        { { "a,full", "a,partial" }, 0, 2, 3, 0, 1 },
        { { ",full", ",partial", ",info" }, 0, 1, 3, 0, 2 },
        { { "a,full", "a,partial", "a,full" }, 0, 2, 3, 1, 1 },
        { { "a,full", "a,unknown" }, 0, 0, 3, 0, 1 },
        { { "a,full", "b,unknown" }, 3, 3, 3, 0, 0 },

        /* another case decides, or does not */
        { { "a,info", "a,partial", "b,full" }, 3, 3, 3, 0, 1 },
        { { "a,full", "a,partial", "b,partial" }, 0, 2, 3, 0, 1 },
        { { "a,full", "a,info", "b,partial" }, 0, 2, 3, 0, 1 },

        /* never valid together */
        { { "a,partial,,2025-06-30", "a,full,2025-07-01" }, 3, 3, 3, 0, 0 },
        { { "a,full,2025-07-01", "a,partial,,2025-06-30" }, 3, 3, 3, 0, 0 },
        { { "a,partial,,2025-07-01", "a,full,2025-07-01" }, 0, 2, 3, 0, 1 },

        /* what is not published has no say beside what is */
        { { "a,full,,,testing", "a,partial" }, 2, 2, 2, 0, 0 },
        { { "a,partial", "b,full,,,internal" }, 2, 2, 2, 0, 0 },
        { { "a,partial,,,testing", "b,full,,,internal" }, 3, 3, 3, 0, 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        file.len = 0;
        assist_buf_puts(&file, "code,name,agency_code,case,level,valid_from,"
                        "valid_to,state\n1.000009,B,G01,,full\n");

        for (k = 0; k < 4 && cases[i].rows[k]; k++) {
            assist_buf_printf(&file, "1.000001,A,G01,%s\n", cases[i].rows[k]);
        }

        assist_buf_putc(&file, '\0');

        cat = parse(file.data);
        assert_int_equal(cat->nservices, 2);

        service = &cat->services[1];

        if (service->level != cases[i].level
            || service->level_min != cases[i].min
            || service->level_max != cases[i].max
            || cat->odd[ASSIST_ODD_REPEATED].count != cases[i].repeated
            || cat->odd[ASSIST_ODD_LEVELS].count != cases[i].differ)
        {
            fail_msg("%s: %d, %d to %d, %u repeated, %u differ", file.data,
                     service->level, service->level_min, service->level_max,
                     cat->odd[ASSIST_ODD_REPEATED].count,
                     cat->odd[ASSIST_ODD_LEVELS].count);
        }

        assert_int_equal(cat->services[0].level, ASSIST_LEVEL_FULL);
        assist_catalog_free(cat);
    }

    assist_buf_free(&file);
}


static void
test_services(void **state)
{
    int32_t            day;
    assist_catalog_t  *cat;

    (void) state;

    cat = parse("code,name,agency_code,state,valid_from,valid_to,successor\n"
                "1.000001,A,,internal,,,\n"
                "1.000001,B,G01,,,,G01\n"
                "1.000001,C,G02,testing,,,1.000009\n"
                "1.000002,D,G01,,2025-01-01,2025-12-31,1.000001@G01\n"
                "1.000003,E,,,,,1.000002\n"
                "1.000001,F,,,,,\n"
                "1.000004,G,G01,,,,\n"
                "1.000004,H,G02,,,,H99\n");

    assert_int_equal(cat->nrows, 8);
    assert_int_equal(cat->nprocedures, 4);
    assert_int_equal(cat->nservices, 7);

    eq(cat->procedures[0].code, "1.000001");
    assert_int_equal(cat->procedures[0].row, 1);
    assert_int_equal(cat->procedures[0].nservices, 3);
    assert_int_equal(cat->procedures[0].service, 0);
    assert_int_equal(cat->procedures[3].service, 5);

    /* the first published row stands for the service */
    assert_int_equal(cat->services[0].row, 5);
    assert_int_equal(cat->services[2].row, 2);
    assert_int_equal(cat->services[6].procedure, 3);
    assert_int_equal(cat->rows[5].service, 0);

    assert_int_equal(cat->odd[ASSIST_ODD_SUCCESSOR].count, 2);
    assert_int_equal(cat->odd[ASSIST_ODD_SUCCESSOR].line, 4);

#define find(code, agency)                                                    \
    assist_catalog_find(cat, assist_str(code), assist_str(agency))

    assert_int_equal(find("1.000001", ""), 0);
    assert_int_equal(find("1.000001", "G02"), 2);
    assert_int_equal(find("1.000001@G02", ""), 2);
    assert_int_equal(find("1.000001", "G03"), ASSIST_NONE);
    assert_int_equal(find("1.000002", ""), 3);
    assert_int_equal(find("1.000002", "G01"), 3);
    assert_int_equal(find("1.000003", "G01"), ASSIST_NONE);
    assert_int_equal(find("1.000004", ""), ASSIST_NONE);
    assert_int_equal(find("1.000005", ""), ASSIST_NONE);
    assert_int_equal(find("", ""), ASSIST_NONE);
    assert_int_equal(find("1.000001", "0123456789012345678901234567890123456789"
                          "0123456789012345678901234567890123456789"),
                     ASSIST_NONE);
    assert_int_equal(assist_catalog_find(cat, assist_str_of(NULL),
                                         assist_str_of(NULL)),
                     ASSIST_NONE);

#undef find

    assert_int_equal(assist_catalog_procedure(cat, assist_str("1.000003")), 2);
    assert_int_equal(assist_catalog_procedure(cat, assist_str("1.00000")),
                     ASSIST_NONE);

    day = assist_date_days(2025, 1, 1);

    assert_false(assist_catalog_counts(&cat->rows[0], day));
    assert_true(assist_catalog_counts(&cat->rows[1], day));
    assert_false(assist_catalog_counts(&cat->rows[2], day));
    assert_true(assist_catalog_counts(&cat->rows[3], day));
    assert_true(assist_catalog_counts(&cat->rows[3], day + 364));
    assert_false(assist_catalog_counts(&cat->rows[3], day - 1));
    assert_false(assist_catalog_counts(&cat->rows[3], day + 365));

    assist_catalog_free(cat);
}


static void
test_hash_and_names(void **state)
{
    int                i;
    assist_catalog_t  *cat;

    (void) state;

    cat = parse("code,name\n1.000001,A\n");
    assert_string_equal(cat->hash, "ca28d77ad4ed534e88e45ecb6db0fc2c"
                                   "8ac34715397af44ec67b813fed1b17f2");
    assist_catalog_free(cat);
    assist_catalog_free(NULL);

    for (i = 0; i < ASSIST_ODD_MAX; i++) {
        assert_true(strlen(assist_catalog_odd((assist_odd_t) i)) > 0);
    }

    assert_string_equal(assist_level_name(ASSIST_LEVEL_UNKNOWN), "unknown");
    assert_string_equal(assist_level_name(ASSIST_LEVEL_INFO), "info");
    assert_string_equal(assist_level_name(ASSIST_LEVEL_PARTIAL), "partial");
    assert_string_equal(assist_level_name(ASSIST_LEVEL_FULL), "full");
    assert_string_equal(assist_state_name(ASSIST_STATE_PUBLISHED),
                        "published");
    assert_string_equal(assist_state_name(ASSIST_STATE_TESTING), "testing");
    assert_string_equal(assist_state_name(ASSIST_STATE_INTERNAL), "internal");
}


static void
test_errors(void **state)
{
    size_t             i;
    assist_error_t     err;
    assist_catalog_t  *cat;

    static const struct {
        const char  *file;
        uint32_t     line;
        const char  *text;
    } cases[] = {
        { "", 0, "the file is empty" },
        { "\xef\xbb\xbf\n\n", 0, "the file is empty" },
        { "code,name\n", 2, "no rows after the header" },
        { "code,name\n,\n", 3, "no rows after the header" },
        { "id,name\n1,2\n", 1, "no column for a code; found: id, name; "
          "expected: code, MaTTHC, MaDVC, Mã thủ tục or procedure code" },
        { "\nSTT;Mã TTHC;\"Ghi\nchú\"\n1;2\n", 2, "no column for a name; "
          "found: STT, Mã TTHC, Ghi chú; expected: name, TenTTHC, TenDVC, Tên "
          "thủ tục or procedure name" },
        { "code,name,Mã TTHC\n1,2,3\n", 1, "the columns \"code\" and \"Mã "
          "TTHC\" both mean code; rename or remove one" },
        { "code,name,level,MucDo\n1,2,3,4\n", 1, "the columns \"level\" and "
          "\"MucDo\" both mean level; rename or remove one" },
        { "code,name\n1.000001,A\n1.000002,B,C\n", 3, "3 fields, but the "
          "header has 2; put a text that contains \",\" into quotes" },
        { "code\tname\n1\t2\t\n", 2, "3 fields, but the header has 2; put a "
          "text that contains \"TAB\" into quotes" },
        { "code,name\n\n1.000001,A\n ,B\n", 4, "the code is empty" },
        { "code,name\n1.000001,\"\n\"\n", 2,
          "the name of \"1.000001\" is empty" },
        { "code,name\n1.000001,\xe2\x80\x8b\n", 2,
          "the name of \"1.000001\" is empty" },
        { "code,name\n1 000001,A\n", 2, "the code \"1 000001\" may have only "
          "the characters 0-9 A-Z a-z . _ -" },
        { "code,name\n1@2,A\n", 2, "the code \"1@2\" may have only the "
          "characters 0-9 A-Z a-z . _ -" },
        { "code,name,agency_code\n1.000001,A,Sở\n", 2, "the agency code \"Sở\" "
          "may have only the characters 0-9 A-Z a-z . _ -" },
        { "MaTTHC,TenTTHC,MaDVC\n1.000001,A,x y\n", 2, "the service code "
          "\"x y\" may have only the characters 0-9 A-Z a-z . _ -" },
        { "code,name,agency_code\n1.000001,A,"
          "012345678901234567890123456789012345678901234567890123456\n", 2,
          "\"code@agency\" has 66 bytes; at most 63 are allowed" },
        { "code,name,level\n1.000001,A,full\n\"1.000002\",\"B\nC\",\"5\"\n", 3,
          "unknown level \"5\"; write full, partial, info or unknown, or 4, 3, "
          "2, 1, toàn trình, một phần, cung cấp thông tin" },
        { "code,name,level\n1.000001,A,-\n", 2,
          "unknown level \"-\"; write full, partial, info or unknown, or 4, 3, "
          "2, 1, toàn trình, một phần, cung cấp thông tin" },
        { "code,name,level\n1.000001,A,3/4\n", 2,
          "unknown level \"3/4\"; write full, partial, info or unknown, or 4, "
          "3, 2, 1, toàn trình, một phần, cung cấp thông tin" },
        { "code,name,state\n1.000001,A,mới\n", 2, "unknown state \"mới\"; "
          "write published, testing or internal, or công khai, thử nghiệm, nội "
          "bộ, hết hiệu lực" },
        { "code,name,essential\n1.000001,A,maybe\n", 2, "essential \"maybe\" "
          "is neither yes nor no; write 1 or 0, yes or no, true or false, có "
          "or không, x or nothing" },
        { "code,name,onprem\n1.000001,A,2\n", 2, "onprem \"2\" is neither yes "
          "nor no; write 1 or 0, yes or no, true or false, có or không, x or "
          "nothing" },
        { "code,name,updated\n1.000001,A,2025-02-29\n", 2, "updated "
          "\"2025-02-29\" is not a date; write YYYY-MM-DD or DD/MM/YYYY" },
        { "code,name,valid_from\n1.000001,A,1/7/2025\n", 2, "valid_from "
          "\"1/7/2025\" is not a date; write YYYY-MM-DD or DD/MM/YYYY" },
        { "code,name,valid_to\n1.000001,A,\"đây là một chữ rất dài, dài quá "
          "chừng, không thể in ra hết được\"\n", 2, "valid_to \"đây là một chữ "
          "rất dài, dài quá chừng, không ...\" is not a date; write "
          "YYYY-MM-DD or DD/MM/YYYY" },
        { "code,name,valid_from,valid_to\n1.000001,A,2025-07-01,30/06/2025\n",
          2, "valid_to 2025-06-30 is before valid_from 2025-07-01" },
        { "code,name\n1.000001,A\n1.000002,Đ\xc4 x\n", 3, "not UTF-8 at "
          "character 11 of the line; save the file as \"CSV UTF-8\"" },
        { "code,name\r1.000001,\xc0\xaf\n", 2, "not UTF-8 at character 10 of "
          "the line; save the file as \"CSV UTF-8\"" },
        { "\xef\xbb\xbf\xff", 1, "not UTF-8 at character 1 of the line; save "
          "the file as \"CSV UTF-8\"" },
        { "code,name\n1,\xed\xa0\x80", 2, "not UTF-8 at character 3 of the "
          "line; save the file as \"CSV UTF-8\"" },
        { "code,name\n1,\xe1\xbb", 2, "not UTF-8 at character 3 of the line; "
          "save the file as \"CSV UTF-8\"" },
        { "code,name\n1,\"A\n2,B\n", 2,
          "the quote that opens here is never closed" },
        { "code,name\n1,\"A\"B\n", 2, "text after a closing quote; write a "
          "quote inside quotes twice" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        err.line = UINT32_MAX;
        err.text[0] = '\0';

        cat = assist_catalog_parse(cases[i].file, strlen(cases[i].file), &err);

        if (cat != NULL) {
            fail_msg("no error: %s", cases[i].file);
        }

        assert_string_equal(err.text, cases[i].text);
        assert_int_equal(err.line, cases[i].line);

        assert_null(assist_catalog_parse(cases[i].file,
                                         strlen(cases[i].file), NULL));
    }

    /* a NUL byte, and UTF-16 */

    assert_null(assist_catalog_parse("code,name\n1,\0", 13, &err));
    assert_int_equal(err.line, 2);
    assert_string_equal(err.text, "a NUL byte; save the file as \"CSV UTF-8\"");

    assert_null(assist_catalog_parse("\xff\xfe" "c\0o\0", 6, &err));
    assert_int_equal(err.line, 1);
}


/* The list of found headers is cut, the expected ones are still there. */

static void
test_many_headers(void **state)
{
    int             i;
    assist_buf_t    file = ASSIST_BUF_INIT;
    assist_error_t  err;

    (void) state;

    for (i = 0; i < 100; i++) {
        assist_buf_printf(&file, "%scột số %d", i ? "," : "", i);
    }

    assert_null(assist_catalog_parse(file.data, file.len, &err));
    assert_non_null(strstr(err.text, "found: cột số 0, cột số 1"));
    assert_non_null(strstr(err.text, ", ...; expected: code, MaTTHC"));

    assist_buf_free(&file);
}


static void
test_generated(void **state)
{
    uint32_t           i, k, s;
    char               code[32], agency[32];
    assist_buf_t       file = ASSIST_BUF_INIT;
    assist_error_t     err;
    assist_catalog_t  *cat;

    (void) state;

    /* each procedure at five agencies, with two cases at each */

    assist_buf_puts(&file, "code,name,agency_code,case,level\r\n");

    for (i = 0; i < NROWS; i++) {
        k = i / 10;
        assist_buf_printf(&file, "1.%06u,\"Thủ tục số %u, \"\"%u\"\"\",H%u,"
                          "%s,%s\r\n", k, k, k, i % 5, i % 10 < 5 ? "a" : "b",
                          i % 10 < 5 ? "một phần" : "4");
    }

    cat = assist_catalog_parse(file.data, file.len, &err);
    assert_non_null(cat);
    assist_buf_free(&file);

    assert_int_equal(cat->nrows, NROWS);
    assert_int_equal(cat->nprocedures, NROWS / 10);
    assert_int_equal(cat->nservices, NROWS / 2);

    for (i = 0; i < NROWS; i++) {
        snprintf(code, sizeof(code), "1.%06u", i / 10);
        snprintf(agency, sizeof(agency), "H%u", i % 5);

        s = assist_catalog_find(cat, assist_str_of(code),
                                assist_str_of(agency));

        assert_int_equal(s, cat->rows[i].service);
        assert_int_equal(cat->rows[i].line, i + 2);
        assert_int_equal(cat->services[s].level, ASSIST_LEVEL_FULL);
        assert_int_equal(cat->services[s].procedure, i / 10);
        assert_int_equal(cat->procedures[i / 10].nservices, 5);
    }

    for (i = 0; i < ASSIST_ODD_MAX; i++) {
        assert_int_equal(cat->odd[i].count, 0);
    }

    assist_catalog_free(cat);
}


/* The public list of columns is the headers that the reader knows. */

static void
test_column_list(void **state)
{
    int                i;
    assist_str_t      *text;
    assist_buf_t       file = ASSIST_BUF_INIT;
    assist_catalog_t  *cat;

    (void) state;

    for (i = 0; assist_catalog_columns[i].name; i++) {
        assist_buf_printf(&file, "%s%s", i ? "," : "",
                          assist_catalog_columns[i].name);
    }

    assist_buf_puts(&file, "\n");

    for (i = 0; assist_catalog_columns[i].name; i++) {
        if (strcmp(assist_catalog_columns[i].name, "updated") == 0) {
            assist_buf_puts(&file, "2025-01-01,");
        } else {
            assist_buf_printf(&file, "v%d,", i);
        }
    }

    file.data[file.len - 1] = '\0';

    cat = parse(file.data);
    assert_int_equal(i, 18);

    for (i = 0; assist_catalog_columns[i].name; i++) {
        text = (assist_str_t *) ((char *) &cat->rows[0]
                                 + assist_catalog_columns[i].offset);

        if (strcmp(assist_catalog_columns[i].name, "updated") != 0) {
            assert_int_equal(atoi(text->data + 1), i);
        }
    }

    assist_catalog_free(cat);
    assist_buf_free(&file);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_our_headers),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_national_export),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_states_and_flags),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_merging),
        cmocka_unit_test(test_services),
        cmocka_unit_test(test_hash_and_names),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_many_headers),
        cmocka_unit_test(test_generated),
        cmocka_unit_test(test_column_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
