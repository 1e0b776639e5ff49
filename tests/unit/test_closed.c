/*
 * The file of a closed month: what is written is read, and nothing else.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "closed.h"
#include "date.h"


static const char  catalogue[] =
    "code,name,agency_code,level,updated\n"
    "1.000001,One \"1\",H29,full,2026-10-01\n"
    "1.000002,Two,H29,full,2026-10-01\n";

static const assist_str_t  key = {
    "0123456789abcdef0123456789abcdef", 32
};
static const assist_str_t  other = {
    "fedcba9876543210fedcba9876543210", 32
};
static const assist_str_t  none = { "", 0 };


static assist_catalog_t   *cat;
static assist_targets_t   *targets;
static assist_levels_t     levels;
static assist_counters_t   counted;


static const assist_counters_t *
counters(void *data, uint32_t service, int last)
{
    (void) data;

    return service == 0 && !last ? &counted : NULL;
}


static int
setup(void **state)
{
    (void) state;

    cat = assist_catalog_parse(catalogue, sizeof(catalogue) - 1, NULL);
    targets = assist_targets_create(
                  assist_str("agency:a\"\\b 2027-12-31 = 50"), NULL);
    assist_levels_default(&levels);
    counted.shown = 1;
    counted.outcomes[0][ASSIST_ANSWERED] = 7;

    return cat && targets ? 0 : -1;
}


static int
teardown(void **state)
{
    (void) state;

    assist_catalog_free(cat);
    assist_targets_free(targets);

    return 0;
}


static void
figure(assist_figure_in_t *in)
{
    memset(in, 0, sizeof(assist_figure_in_t));

    in->catalog = cat;
    in->rules.levels = &levels;
    in->rules.targets = targets;
    in->today = assist_date_days(2026, 10, 31);
    in->as_of = 1793465999;
    in->gmtoff = 420;
    in->counters = counters;
}


static void
write_closed(const assist_figure_in_t *in, assist_buf_t *out)
{
    assist_figure_t  *f;

    f = assist_figure_create(in);
    assert_non_null(f);

    assist_closed_write(f, 1793500000, key, out);
    assist_figure_free(f);
}


static void
test_read(void **state)
{
    char                 file[64];
    assist_buf_t         out = ASSIST_BUF_INIT;
    assist_error_t       err;
    assist_closed_t      closed;
    assist_figure_in_t   in;

    (void) state;

    figure(&in);
    write_closed(&in, &out);
    assert_false(out.failed);

    assert_int_equal(assist_closed_read(&closed, assist_buf_str(&out), key,
                                        &err), 0);
    assert_int_equal(closed.month, 2026 * 12 + 9);
    assert_memory_equal(closed.name.data, "2026-10", 7);
    assert_int_equal(closed.interactions, 7);
    assert_true(closed.is_signed);
    assert_int_equal(closed.npast, 6);
    assert_int_equal(closed.past[0].numerator, 1);
    assert_int_equal(closed.past[0].denominator, 2);
    assert_int_equal(closed.past[5].name.len, strlen("agency:a\"\\b"));
    assert_memory_equal(closed.past[5].name.data, "agency:a\"\\b", 11);
    assist_closed_free(&closed);

    assert_int_equal(assist_closed_read(&closed, assist_buf_str(&out), none,
                                        &err), 0);
    assist_closed_free(&closed);

    assert_int_equal(assist_closed_read(&closed, assist_buf_str(&out), other,
                                        &err), -1);
    assert_non_null(strstr(err.text, "not signed with this key"));

    snprintf(file, sizeof(file), "{\"measures\":[]}");
    assert_int_equal(assist_closed_read(&closed, assist_str_of(file), none,
                                        &err), -1);
    assert_non_null(strstr(err.text, "no closed month"));

    assist_buf_free(&out);
}


/* Cut off anywhere, and any byte changed. */

static void
test_damage(void **state)
{
    char                *copy;
    size_t               i, end;
    assist_buf_t         out = ASSIST_BUF_INIT;
    assist_closed_t      closed;
    assist_figure_in_t   in;

    (void) state;

    figure(&in);
    write_closed(&in, &out);

    /* the line end may be missing */
    end = out.len - 1;

    for (i = 0; i < end; i++) {
        /* of its own size, so that a sanitizer sees what is read beyond */
        copy = malloc(i + 1);
        assert_non_null(copy);
        memcpy(copy, out.data, i);
        assert_int_equal(assist_closed_read(&closed,
                                            (assist_str_t) { copy, i }, key,
                                            NULL), -1);
        free(copy);
    }

    for (i = 0; i < end; i++) {
        out.data[i] ^= 1;

        if (assist_closed_read(&closed, assist_buf_str(&out), key, NULL)
            != -1)
        {
            fail_msg("byte %zu of %zu", i, end);
        }

        out.data[i] ^= 1;
    }

    assert_int_equal(assist_closed_read(&closed, assist_buf_str(&out), key,
                                        NULL), 0);
    assist_closed_free(&closed);
    assist_buf_free(&out);
}


static void
test_month(void **state)
{
    (void) state;

    assert_int_equal(assist_closed_month(assist_str("2026-01")), 2026 * 12);
    assert_int_equal(assist_closed_month(assist_str("2026-12")),
                     2026 * 12 + 11);
    assert_int_equal(assist_closed_month(assist_str("2026-13")), -1);
    assert_int_equal(assist_closed_month(assist_str("2026-00")), -1);
    assert_int_equal(assist_closed_month(assist_str("2026-1")), -1);
    assert_int_equal(assist_closed_month(assist_str("2026/10")), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_month)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
