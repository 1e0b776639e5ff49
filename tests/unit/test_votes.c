/*
 * Votes: one for an answer, in bounded memory.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "votes.h"


#define NOW  1800000000
#define DAY  ASSIST_VOTES_AGE


static int
setup(void **state)
{
    *state = calloc(1, sizeof(assist_votes_t));

    return *state == NULL;
}


static int
teardown(void **state)
{
    free(*state);

    return 0;
}


static void
test_once(void **state)
{
    uint64_t         i;
    assist_votes_t  *votes = *state;

    /* 0 and those that lie at one place */

    for (i = 0; i < 20; i++) {
        assert_int_equal(assist_votes_cast(votes, NOW, NOW, i
                                           * ASSIST_VOTES_PLACES), 0);
    }

    for (i = 0; i < 20; i++) {
        assert_int_equal(assist_votes_cast(votes, NOW + DAY - 1, NOW, i
                                           * ASSIST_VOTES_PLACES),
                         ASSIST_VOTE_REPEATED);
    }

    /* the last place leads on to the first */
    assert_int_equal(assist_votes_cast(votes, NOW, NOW, UINT64_MAX), 0);
    assert_int_equal(assist_votes_cast(votes, NOW, NOW, UINT32_MAX), 0);
    assert_int_equal(assist_votes_cast(votes, NOW, NOW, UINT64_MAX),
                     ASSIST_VOTE_REPEATED);
}


static void
test_days(void **state)
{
    assist_votes_t  *votes = *state;

    assert_int_equal(assist_votes_cast(votes, NOW, NOW, 7), 0);

    /* a day later it is in the generation before, a day later forgotten */

    assert_int_equal(assist_votes_cast(votes, NOW + DAY, NOW, 7),
                     ASSIST_VOTE_REPEATED);
    assert_int_equal(assist_votes_cast(votes, NOW + DAY, NOW - 1, 8), 0);
    assert_int_equal(assist_votes_cast(votes, NOW + 2 * DAY, NOW, 7),
                     ASSIST_VOTE_OVER);
    assert_int_equal(assist_votes_cast(votes, NOW + 2 * DAY, NOW + DAY, 9),
                     ASSIST_VOTE_OVER);
    assert_int_equal(assist_votes_cast(votes, NOW + 2 * DAY, NOW + DAY + 1, 9),
                     0);
    assert_int_equal(assist_votes_cast(votes, NOW + 2 * DAY, NOW, 8),
                     ASSIST_VOTE_OVER);

    /* a clock that steps back forgets nothing */
    assert_int_equal(assist_votes_cast(votes, NOW, NOW + DAY + 1, 9),
                     ASSIST_VOTE_REPEATED);
}


/* Nobody voted: nothing to forget, so old answers stay open. */

static void
test_quiet(void **state)
{
    assist_votes_t  *votes = *state;

    assert_int_equal(assist_votes_cast(votes, NOW, NOW, 1), 0);
    assert_int_equal(assist_votes_cast(votes, NOW + 5 * DAY, NOW, 2), 0);
}


static void
test_many(void **state)
{
    int64_t          now, made;
    uint64_t         i, cast;
    assist_votes_t  *votes = *state;

    /* more than there is place for, each voted on at once, and once more when
     * many others were */

    cast = 0;

    for (i = 0; i < 4 * ASSIST_VOTES_MAX; i++) {
        now = NOW + (int64_t) i / 1000;

        if (assist_votes_cast(votes, now, now, i * 0x9e3779b97f4a7c15)
            == ASSIST_VOTE_CAST)
        {
            cast++;
        }

        if (i >= 30000) {
            made = NOW + (int64_t) (i - 30000) / 1000;
            assert_int_not_equal(assist_votes_cast(votes, now, made,
                                     (i - 30000) * 0x9e3779b97f4a7c15),
                                 ASSIST_VOTE_CAST);
        }
    }

    /* only in the second in which a generation began is one too many refused */
    assert_true(cast >= 4 * ASSIST_VOTES_MAX - 4 * 1000);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_days, setup, teardown),
        cmocka_unit_test_setup_teardown(test_quiet, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
