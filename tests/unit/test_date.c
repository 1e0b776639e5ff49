/*
 * Dates: every day of 1900-2200 against timegm(), and what is not a date.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "date.h"


#define ncases(a)  (sizeof(a) / sizeof(a[0]))


static void
test_round_trip(void **state)
{
    int        year, month, day;
    char       text[11], expected[40];
    int32_t    days, parsed, last;
    time_t     t;
    struct tm  tm;

    (void) state;

    last = assist_date_days(2200, 12, 31);

    for (days = assist_date_days(1900, 1, 1); days <= last; days++) {

        t = (time_t) days * 86400;
        assert_non_null(gmtime_r(&t, &tm));

        assist_date_civil(days, &year, &month, &day);
        assert_int_equal(year, tm.tm_year + 1900);
        assert_int_equal(month, tm.tm_mon + 1);
        assert_int_equal(day, tm.tm_mday);

        assert_int_equal(assist_date_days(year, month, day), days);
        assert_int_equal(timegm(&tm) / 86400, days);

        assist_date_format(days, text);
        snprintf(expected, sizeof(expected), "%04d-%02d-%02d", year, month,
                 day);
        assert_string_equal(text, expected);

        assert_int_equal(assist_date_parse(assist_str_of(text), &parsed), 0);
        assert_int_equal(parsed, days);

        snprintf(expected, sizeof(expected), "%02d/%02d/%04d", day, month,
                 year);
        assert_int_equal(assist_date_parse(assist_str_of(expected), &parsed),
                         0);
        assert_int_equal(parsed, days);
    }
}


static void
test_leap_years(void **state)
{
    size_t   i;
    char     text[40];
    int32_t  days;

    static const struct {
        int  year;
        int  leap;
    } cases[] = {
        { 1900, 0 }, { 1904, 1 }, { 1999, 0 }, { 2000, 1 }, { 2023, 0 },
        { 2024, 1 }, { 2026, 0 }, { 2028, 1 }, { 2100, 0 }, { 2104, 1 },
        { 2200, 0 }
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        snprintf(text, sizeof(text), "%04d-02-29", cases[i].year);
        assert_int_equal(assist_date_parse(assist_str_of(text), &days),
                         cases[i].leap ? 0 : -1);

        assert_int_equal(assist_date_days(cases[i].year + 1, 1, 1)
                         - assist_date_days(cases[i].year, 1, 1),
                         cases[i].leap ? 366 : 365);
    }
}


static void
test_known(void **state)
{
    (void) state;

    assert_int_equal(assist_date_days(1970, 1, 1), 0);
    assert_int_equal(assist_date_days(1969, 12, 31), -1);
    assert_int_equal(assist_date_days(2000, 3, 1), 11017);

    /* between the milestones of Decision 699 */
    assert_int_equal(assist_date_days(2030, 12, 31)
                     - assist_date_days(2024, 12, 31), 2191);
}


static void
test_bad(void **state)
{
    size_t   i;
    int32_t  days;

    static const char  *cases[] = {
        "", "2026", "2026-11", "2026-11-2", "2026-11-233", "2026-1-023",
        "2026-13-01", "2026-00-10", "2026-04-31", "2026-06-00", "2026-06-32",
        "31/04/2026", "00/01/2026", "1/01/20266", "2026/11/23", "23-11-2026",
        "23/11-2026", "2026-11/23", "+026-11-23", "2026-1a-23", " 026-11-23",
        "2026-11-23 ", "1899-12-31", "0000-01-01", "29/02/2026",
        "2026-11-\xc2\xb2"
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        assert_int_equal(assist_date_parse(assist_str_of(cases[i]), &days),
                         -1);
    }

    /* ten bytes are asked for, none is read where there are fewer */
    assert_int_equal(assist_date_parse((assist_str_t) { NULL, 0 }, &days),
                     -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_leap_years),
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_bad)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
