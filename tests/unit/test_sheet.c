/*
 * The files of offices: tables with named columns, of tasks and of documents.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "date.h"
#include "register.h"
#include "tasks.h"


#define ncases(a)  (sizeof(a) / sizeof(a[0]))

#define assert_text(s, expected)                                              \
    assert_int_equal((s).len, strlen(expected));                              \
    assert_memory_equal((s).data, expected, (s).len)


static assist_tasks_t *
tasks_of(const char *file)
{
    assist_tasks_t  *tasks;
    assist_error_t   err;

    tasks = assist_tasks_parse(assist_str_of(file), &err);

    if (tasks == NULL) {
        fail_msg("line %u: %s", err.line, err.text);
    }

    return tasks;
}


static void
test_rows(void **state)
{
    assist_tasks_t  *tasks;

    (void) state;

    tasks = tasks_of("service,agency,task,unit,deadline,note\n"
                     "1.001456@G01,,\"Add  an\nassistant\",IT centre,"
                     "2026-12-31,x\n"
                     "1.001193,H29,\"a, b\",,31/01/2027\n"
                     ",,,,\n"
                     "1.000001,,all agencies,Office,\n"
                     ",H30,everything,Office,2028-02-29\n");

    assert_int_equal(tasks->n, 4);
    assert_int_equal(tasks->list[0].line, 2);
    assert_text(tasks->list[0].text, "Add an assistant");
    assert_text(tasks->list[0].code, "1.001456");
    assert_text(tasks->list[0].agency, "G01");
    assert_text(tasks->list[0].unit, "IT centre");
    assert_int_equal(tasks->list[0].deadline, assist_date_days(2026, 12, 31));

    assert_text(tasks->list[1].agency, "H29");
    assert_text(tasks->list[1].text, "a, b");
    assert_int_equal(tasks->list[1].unit.len, 0);
    assert_int_equal(tasks->list[1].deadline, assist_date_days(2027, 1, 31));

    assert_int_equal(tasks->list[2].agency.len, 0);
    assert_int_equal(tasks->list[2].deadline, INT32_MIN);

    assert_int_equal(tasks->list[3].code.len, 0);
    assert_int_equal(tasks->list[3].line, 7);


    assist_tasks_free(tasks);
}


/* In Vietnamese, with and without marks, in any order and with ';'. */

static void
test_headers(void **state)
{
    size_t           i;
    assist_tasks_t  *tasks;

    static const char *const  headers[] = {
        "Đơn vị chủ trì;Mã thủ tục;Mã cơ quan;Nhiệm vụ;Thời hạn hoàn thành",
        "DON VI;MaTTHC;MaCQTH;Cong viec;Han",
        "\xef\xbb\xbf" "owner unit;code;agency_code;TASK;Due"
    };
    char  file[256];

    (void) state;

    for (i = 0; i < ncases(headers); i++) {
        snprintf(file, sizeof(file), "%s\r\nVăn phòng;1.001456;G01;làm;"
                 "2026-12-31\r\n", headers[i]);
        tasks = tasks_of(file);
        assert_int_equal(tasks->n, 1);
        assert_text(tasks->list[0].unit, "Văn phòng");
        assert_text(tasks->list[0].code, "1.001456");
        assert_text(tasks->list[0].agency, "G01");
        assert_text(tasks->list[0].text, "làm");
        assist_tasks_free(tasks);
    }
}


static void
test_errors(void **state)
{
    size_t          i;
    assist_error_t  err;

    static const struct {
        const char  *file;
        uint32_t     line;
        const char  *text;
    } cases[] = {
        { "", 1, "header" },
        { "service,task,unit\n", 1, "\"deadline\" is missing; it may be" },
        { "task,unit,deadline\nx,y,\n", 2, "of no service and of no agency" },
        { "service,task,unit,deadline,Hạn\n", 1, "two columns mean \"dead" },
        { "service,task,unit,deadline\n,x,y,2026-12-31\n", 2,
          "of no service" },
        { "service,task,unit,deadline\n1.1,x,y,2026-13-31\n", 2,
          "deadline \"2026-13-31\" is no date" },
        { "service,task,unit,deadline\n\n1.1,x,y,soon\n", 3, "is no date" },
        { "service,task,unit,deadline\n1.1,,y,\n", 2, "has no text" },
        { "service,agency,task,unit,deadline\n1.1@A,B,x,y,\n", 2,
          "given twice" },
        { "service,task,unit,deadline\n1.1,x,y,,z\n", 2, "5 fields" },
        { "service,task,unit,deadline\n1.1,\"x,y,\n", 2, "never closed" }
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        memset(&err, 0, sizeof(err));
        assert_null(assist_tasks_parse(assist_str_of(cases[i].file), &err));

        if (err.line != cases[i].line
            || strstr(err.text, cases[i].text) == NULL)
        {
            fail_msg("case %zu: line %u: %s", i, err.line, err.text);
        }
    }
}


static void
test_register(void **state)
{
    assist_error_t        err;
    assist_registered_t   found;
    assist_register_t    *reg;

    static const char  file[] =
        "Chỉ tiêu;Tên;Số lượng;Tổng số;Ngày;Số văn bản;Đơn vị\n"
        "Cán bộ;;30;;31/12/2025;1/BC;Sở Nội vụ\n"
        "officers;;40;;2025-01-01;2/BC;Sở Nội vụ\n"
        "do thi;Huế;;;2025-06-01;3/QĐ;Sở Xây dựng\n"
        "urban_areas;huế;1;;2025-07-01;4/QĐ;Sở Xây dựng\n"
        "urban_areas;;;900;2025-01-01;5/QĐ;Bộ Xây dựng\n";

    (void) state;

    reg = assist_register_parse(assist_str_of(file), &err);

    if (reg == NULL) {
        fail_msg("line %u: %s", err.line, err.text);
    }

    assert_int_equal(reg->n, 5);

    found = assist_register_at(reg, ASSIST_SUBSET_OFFICERS,
                               assist_date_days(2025, 12, 30));
    assert_int_equal(found.numerator, 40);
    assert_int_equal(found.entries, 1);

    found = assist_register_at(reg, ASSIST_SUBSET_OFFICERS,
                               assist_date_days(2025, 12, 31));
    assert_int_equal(found.numerator, 70);

    found = assist_register_at(reg, ASSIST_SUBSET_URBAN_AREAS, INT32_MAX);
    assert_int_equal(found.numerator, 1);
    assert_int_equal(found.denominator, 900);
    assert_int_equal(found.entries, 2);

    found = assist_register_at(reg, ASSIST_SUBSET_OPEN_DATA, INT32_MAX);
    assert_int_equal(found.entries, 0);
    found = assist_register_at(NULL, ASSIST_SUBSET_OFFICERS, INT32_MAX);
    assert_int_equal(found.entries, 0);

    assist_register_free(reg);
}


static void
test_register_errors(void **state)
{
    size_t          i;
    char            file[256];
    assist_error_t  err;

    static const struct {
        const char  *row;
        const char  *text;
    } cases[] = {
        { "officer,,5,,2025-01-01,1/BC,A", "unknown measure \"officer\"" },
        { "officers,,,,2025-01-01,1/BC,A", "needs the count of people" },
        { "officers,,0,,2025-01-01,1/BC,A", "count must be a whole number" },
        { "officers,,1.5,,2025-01-01,1/BC,A", "count must be a whole" },
        { "officers,,5,9,2025-01-01,1/BC,A", "no total" },
        { "urban_areas,,,,2025-01-01,1/BC,A", "either the name of one" },
        { "urban_areas,Huế,2,,2025-01-01,1/BC,A", "and no count" },
        { "open_data,A,,5,2025-01-01,1/BC,A", "a row of open_data needs" },
        { "officers,,5,,,1/BC,A", "date \"\" is no date" },
        { "officers,,5,,2025-02-29,1/BC,A", "is no date" },
        { "officers,,5,,2025-01-01,,A", "a document is missing" },
        { "officers,,5,,2025-01-01,1/BC,", "a unit is missing" }
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        snprintf(file, sizeof(file), "measure,name,count,total,date,document,"
                 "unit\n%s\n", cases[i].row);
        memset(&err, 0, sizeof(err));
        assert_null(assist_register_parse(assist_str_of(file), &err));

        if (err.line != 2 || strstr(err.text, cases[i].text) == NULL) {
            fail_msg("case %zu: line %u: %s", i, err.line, err.text);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_register),
        cmocka_unit_test(test_register_errors)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
