/*
 * Targets: Decision 699 as it is built in, the line between milestones, and
 * the file.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "date.h"
#include "target.h"


#define ncases(a)  (sizeof(a) / sizeof(a[0]))


static assist_targets_t *
targets_of(const char *file)
{
    assist_error_t     err;
    assist_targets_t  *targets;

    targets = assist_targets_create(assist_str_of(file), &err);

    if (targets == NULL) {
        fail_msg("line %u: %s", err.line, err.text);
    }

    return targets;
}


/* The table of year ends, and the days around the milestones. */

static void
test_decision(void **state)
{
    size_t             i;
    assist_targets_t  *targets;

    static const struct {
        int          year, month, day;
        int          subset;
        int64_t      target;
    } cases[] = {
        { 2023, 1, 1, ASSIST_SUBSET_SERVICES, 3000 },
        { 2024, 12, 31, ASSIST_SUBSET_SERVICES, 3000 },
        { 2025, 1, 1, ASSIST_SUBSET_SERVICES, 3003 },
        { 2025, 12, 31, ASSIST_SUBSET_SERVICES, 4166 },
        { 2026, 12, 31, ASSIST_SUBSET_SERVICES, 5332 },
        { 2027, 12, 31, ASSIST_SUBSET_SERVICES, 6498 },
        { 2028, 12, 31, ASSIST_SUBSET_SERVICES, 7668 },
        { 2029, 12, 31, ASSIST_SUBSET_SERVICES, 8834 },
        { 2030, 12, 30, ASSIST_SUBSET_SERVICES, 9997 },
        { 2030, 12, 31, ASSIST_SUBSET_SERVICES, 10000 },
        { 2031, 1, 1, ASSIST_SUBSET_SERVICES, 10000 },
        { 2026, 12, 31, ASSIST_SUBSET_ESSENTIAL, -1 },
        { 2024, 12, 31, ASSIST_SUBSET_URBAN_AREAS, 2000 },
        { 2025, 12, 31, ASSIST_SUBSET_URBAN_AREAS, 3333 },
        { 2030, 12, 31, ASSIST_SUBSET_URBAN_AREAS, 10000 },
        { 2024, 12, 31, ASSIST_SUBSET_OFFICERS, 10000 },
        { 2026, 12, 31, ASSIST_SUBSET_OFFICERS, 39986 },
        { 2030, 12, 31, ASSIST_SUBSET_OFFICERS, 100000 },
        { 2024, 12, 31, ASSIST_SUBSET_OPEN_DATA, 2000 },
        { 2030, 12, 31, ASSIST_SUBSET_OPEN_DATA, 10000 }
    };

    (void) state;

    targets = targets_of("");
    assert_int_equal(targets->n, ASSIST_SUBSET_FIXED);

    for (i = 0; i < ncases(cases); i++) {
        if (assist_target_at(&targets->list[cases[i].subset],
                             assist_date_days(cases[i].year, cases[i].month,
                                              cases[i].day))
            != cases[i].target)
        {
            fail_msg("case %zu", i);
        }
    }

    assist_targets_free(targets);
}


static void
test_file(void **state)
{
    int32_t                    day;
    assist_buf_t               name = ASSIST_BUF_INIT;
    assist_targets_t          *targets;
    const assist_target_t     *t;
    const assist_milestone_t  *next;

    (void) state;

    targets = targets_of(
        "\xef\xbb\xbf# ours\r\n"
        "essential 2026-12-31 = 100 %\r\n"
        "\n"
        "  services   2025-12-31=40.5   # replaces both of Decision 699\n"
        "field: Hộ tịch 31/12/2027 = 80\n"
        "agency:H29 2026-06-30 = 0\n"
        "agency:H29 2027-06-30 = 66.75\n"
        "agency:G01 2027-06-30 = 50%\n"
        "officers 2026-12-31 = 250");

    assert_int_equal(targets->n, ASSIST_SUBSET_FIXED + 3);

    t = &targets->list[ASSIST_SUBSET_SERVICES];
    assert_int_equal(t->nmilestones, 1);
    assert_int_equal(t->line, 4);
    assert_int_equal(t->milestones[0].value, 4050);

    t = &targets->list[ASSIST_SUBSET_ESSENTIAL];
    assert_int_equal(t->nmilestones, 1);
    assert_int_equal(assist_target_at(t, 0), 10000);

    t = &targets->list[ASSIST_SUBSET_OFFICERS];
    assert_int_equal(t->milestones[0].value, 25000);

    /* what is not named stays */
    assert_int_equal(targets->list[ASSIST_SUBSET_OPEN_DATA].nmilestones, 2);

    t = &targets->list[ASSIST_SUBSET_FIXED];
    assist_target_name(t, &name);
    assist_buf_putc(&name, '\0');
    assert_string_equal(name.data, "field:Hộ tịch");
    assist_buf_free(&name);

    t = &targets->list[ASSIST_SUBSET_FIXED + 1];
    assert_int_equal(t->subset, ASSIST_SUBSET_AGENCY);
    assert_int_equal(t->nmilestones, 2);

    day = assist_date_days(2026, 6, 30);
    assert_int_equal(assist_target_at(t, day - 1), 0);
    assert_int_equal(assist_target_at(t, day + 73), 1335);
    assert_ptr_equal(assist_target_next(t, day), &t->milestones[0]);
    next = assist_target_next(t, day + 1);
    assert_ptr_equal(next, &t->milestones[1]);
    assert_ptr_equal(assist_target_next(t, next->day), next);
    assert_null(assist_target_next(t, next->day + 1));

    assist_targets_free(targets);
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
        { "services 2030-12-31\n", 1, "such as \"essential 2026-12-31 = 100" },
        { "\nservices = 30\n", 2, "subset date" },
        { "2030-12-31 = 30", 1, "subset date" },
        { "services 2030-02-30 = 30", 1, "subset date" },
        { "service 2030-12-31 = 30", 1, "unknown subset \"service\"; known" },
        { "agency 2030-12-31 = 30", 1, "agency:CODE" },
        { "agency: 2030-12-31 = 30", 1, "agency:CODE" },
        { "services:x 2030-12-31 = 30", 1, "unknown subset \"services\"" },
        { "services 2030-12-31 = 100.01", 1, "from 0 to 100" },
        { "services 2030-12-31 = 1.234", 1, "at most 2 decimals" },
        { "services 2030-12-31 = -1", 1, "from 0 to 100" },
        { "services 2030-12-31 = %", 1, "from 0 to 100" },
        { "services 2030-12-31 = 5.", 1, "from 0 to 100" },
        { "officers 2030-12-31 = 10.5", 1, "number of people" },
        { "services 2030-12-31 = 50\nservices 2030-12-31 = 60", 2,
          "order of their dates" },
        { "services 2029-12-31 = 50\nservices 2030-12-31 = 40", 2,
          "may not fall" }
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        memset(&err, 0, sizeof(err));
        assert_null(assist_targets_create(assist_str_of(cases[i].file),
                                          &err));

        if (err.line != cases[i].line
            || strstr(err.text, cases[i].text) == NULL)
        {
            fail_msg("case %zu: line %u: %s", i, err.line, err.text);
        }
    }
}


static void
test_too_many(void **state)
{
    int             i;
    assist_buf_t    file = ASSIST_BUF_INIT;
    assist_error_t  err;

    (void) state;

    for (i = 0; i <= ASSIST_MILESTONES; i++) {
        assist_buf_printf(&file, "services %d-12-31 = 50\n", 2020 + i);
    }

    assert_null(assist_targets_create(assist_buf_str(&file), &err));
    assert_int_equal(err.line, ASSIST_MILESTONES + 1);
    assist_buf_free(&file);
}


/* Anybody can make it: printf 'services 2024-12-31 = 30.00\n...' | sha256sum */

static void
test_hash(void **state)
{
    assist_targets_t  *a, *b;

    (void) state;

    a = targets_of("");
    b = targets_of("services 2024-12-31 = 30\nservices 2030-12-31 = 100.00%");

    assert_string_equal(a->hash, b->hash);
    assert_string_equal(a->hash, "91c6ef8f28ab0555b2de637054cd535a"
                                 "d43fea8c92775586d6a5d955712c77f4");
    assist_targets_free(b);

    b = targets_of("services 2024-12-31 = 30\nservices 2030-12-31 = 99.99");
    assert_string_not_equal(a->hash, b->hash);
    assist_targets_free(b);
    assist_targets_free(a);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_decision),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_hash)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
