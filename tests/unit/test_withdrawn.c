/*
 * What was withdrawn: which answers are gone, what stays away, and a table that
 * is full.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "withdrawn.h"


#define S(literal)  assist_str(literal)
#define SEP         "\x1e"


static int
setup(void **state)
{
    *state = calloc(1, sizeof(assist_withdrawn_t));

    return *state == NULL;
}


static int
teardown(void **state)
{
    free(*state);

    return 0;
}


static void
event(assist_withdrawn_t *w, uint64_t number, char kind, uint64_t question,
    const char *code, const char *agency)
{
    unsigned                 i, n;
    uint64_t                 keys[ASSIST_WITHDRAWN_KEYS];
    assist_withdrawn_mark_t  mark = { number, 0, 0 };

    /* a withdrawal, a release, or neither */
    mark.blocked = kind == '!';
    n = assist_withdrawn_keys(question, assist_str_of(code),
                              assist_str_of(agency), kind != ' ', keys);

    for (i = 0; i < n; i++) {
        assert_int_equal(assist_withdrawn_set(w, keys[i], mark), 0);
    }

    assist_withdrawn_tick(w, number);
}


static void
since(assist_withdrawn_t *w, uint64_t question, const char *services,
    uint64_t number, unsigned blocked)
{
    assist_withdrawn_mark_t  mark;

    mark = assist_withdrawn_since(w, question, assist_str_of(services));

    assert_int_equal(mark.number, number);
    assert_int_equal(mark.blocked, blocked);
}


static void
test_question(void **state)
{
    uint64_t  q;

    (void) state;

    q = assist_withdrawn_question(S("vi"), S("le phi"));

    assert_int_not_equal(q, 0);
    assert_int_equal(q, assist_withdrawn_question(S("vi"), S("le phi")));
    assert_int_not_equal(q, assist_withdrawn_question(S("en"), S("le phi")));
    assert_int_not_equal(q, assist_withdrawn_question(S("vi"), S("phi")));

    assert_int_equal(assist_withdrawn_key_of(S("00000000000000ff"), &q), 0);
    assert_int_equal(q, 255);
    assert_int_equal(assist_withdrawn_key_of(S("fedcba9876543210"), &q), 0);
    assert_true(q == 0xfedcba9876543210);
    assert_int_equal(assist_withdrawn_key_of(S("ff"), &q), -1);
    assert_int_equal(assist_withdrawn_key_of(S("clock"), &q), -1);
    assert_int_equal(assist_withdrawn_key_of(S("FEDCBA9876543210"), &q), -1);
    assert_int_equal(assist_withdrawn_key_of(S("0000000000000000"), &q), -1);
}


static void
test_one_answer(void **state)
{
    assist_withdrawn_t  *w = *state;

    since(w, 7, "1@A", 0, 0);
    event(w, 1, '!', 7, "1", "A");

    since(w, 7, "1@A", 1, 1);
    since(w, 7, "1", 1, 1);                 /* of all agencies: of A, too */
    since(w, 7, "", 1, 1);                  /* may have led there */
    since(w, 7, "2@A" SEP "1@A", 1, 1);

    since(w, 7, "1@B", 0, 0);
    since(w, 7, "2@A", 0, 0);
    since(w, 7, "1@AA", 0, 0);
    since(w, 7, "11@A", 0, 0);
    since(w, 8, "1@A", 0, 0);
    since(w, 0, "1@A", 0, 0);

    /* a deletion releases nothing */
    event(w, 2, ' ', 7, "1", "A");
    since(w, 7, "1@A", 2, 1);

    /* released: those from before stay away */
    event(w, 3, '-', 7, "1", "A");
    since(w, 7, "1@A", 3, 0);
    event(w, 4, ' ', 7, "1", "A");
    since(w, 7, "1@A", 4, 0);

    /* what is older changes nothing */
    event(w, 1, '!', 7, "1", "A");
    since(w, 7, "1@A", 4, 0);

    /* of all agencies, and one of them: the last act counts */
    event(w, 5, '!', 7, "1", "A");
    event(w, 6, '-', 7, "1", "");
    since(w, 7, "1@A", 6, 0);
    event(w, 7, '!', 7, "1", "");
    event(w, 8, '-', 7, "1", "A");
    since(w, 7, "1@A", 8, 0);
    since(w, 7, "1@B", 7, 1);
}


static void
test_all_agencies(void **state)
{
    assist_withdrawn_t  *w = *state;

    event(w, 3, ' ', 7, "1", "");

    since(w, 7, "1@A", 3, 0);
    since(w, 7, "1@B", 3, 0);
    since(w, 7, "1", 3, 0);
    since(w, 7, "", 3, 0);
    since(w, 7, "2", 0, 0);

    /* whatever the service */
    event(w, 4, '!', 7, "", "");
    since(w, 7, "1@A", 4, 1);
    since(w, 7, "2", 4, 1);
    since(w, 7, "", 4, 1);
    since(w, 8, "2", 0, 0);
}


static void
test_service(void **state)
{
    assist_withdrawn_t  *w = *state;

    event(w, 5, ' ', 0, "1", "A");

    since(w, 7, "1@A", 5, 0);
    since(w, 0, "1@A", 5, 0);
    since(w, 8, "1", 5, 0);
    since(w, 8, "2@A" SEP "1@A" SEP "3", 5, 0);
    since(w, 7, "1@B", 0, 0);
    since(w, 7, "", 0, 0);

    event(w, 6, ' ', 0, "1", "");
    since(w, 7, "1@B", 6, 0);
    since(w, 7, "1@A", 6, 0);

    /* everything; what is blocked stays so */
    event(w, 7, '!', 9, "2", "A");
    event(w, 8, ' ', 0, "", "");
    since(w, 1, "", 8, 0);
    since(w, 7, "1@A", 8, 0);
    since(w, 9, "2@A", 8, 1);
    assert_int_equal(w->n, 3);        /* those of question 9 */
    assert_int_equal(assist_withdrawn_clock(w), 8);
    assert_int_equal(assist_withdrawn_last(w), 8);
}


static void
test_unsent(void **state)
{
    uint64_t                 keys[8];
    assist_withdrawn_t      *w = *state;
    assist_withdrawn_mark_t  mark = { 4, 1, 1 };

    assert_int_equal(assist_withdrawn_set(w, 77, mark), 0);
    assert_int_equal(assist_withdrawn_unsent(w, 0, keys, 8), 0);
    assert_int_equal(assist_withdrawn_unsent(w, 1, keys, 8), 1);
    assert_int_equal(keys[0], 77);
    assert_int_equal(assist_withdrawn_find(w, 77).unsent, 1);

    mark.unsent = 0;
    assert_int_equal(assist_withdrawn_set(w, 77, mark), 0);
    assert_int_equal(assist_withdrawn_unsent(w, 1, keys, 8), 0);

    mark = (assist_withdrawn_mark_t) { 5, 0, 0 };
    assert_int_equal(assist_withdrawn_set(w, ASSIST_WITHDRAWN_ALL, mark), 0);
    mark.number = 6;
    assert_int_equal(assist_withdrawn_set(w, 78, mark), 0);
    assist_withdrawn_unsend(w);
    assert_int_equal(assist_withdrawn_unsent(w, 0, keys, 8), 2);
    assert_int_equal(keys[0], ASSIST_WITHDRAWN_ALL);
    assert_int_equal(keys[1], 78);
    assert_int_equal(assist_withdrawn_unsent(w, 0, keys, 1), 1);
    assert_int_equal(assist_withdrawn_unsent(w, 1, keys, 8), 1);
}


/* Without a place: rather too much is withdrawn than too little. */

static void
test_full(void **state)
{
    char                 code[32];
    uint64_t             i, lost;
    assist_withdrawn_t  *w = *state;

    event(w, 1, '!', 7, "x", "");

    for (i = 2; i < 20000; i++) {
        (void) snprintf(code, sizeof(code), "%u", (unsigned) i);
        event(w, i, ' ', 0, code, "");
        assert_true(w->n <= ASSIST_WITHDRAWN_MAX);
    }

    for (i = 2; i < 20000; i++) {
        (void) snprintf(code, sizeof(code), "%u", (unsigned) i);
        assert_true(assist_withdrawn_since(w, 0, assist_str_of(code)).number
                    >= i);
    }

    assert_true(assist_withdrawn_since(w, 7, S("x")).blocked);

    /* all are acts */

    lost = 0;

    for (i = 0; i < 20000; i++) {
        assist_withdrawn_mark_t  mark = { 20000 + i, 1, 0 };

        lost += assist_withdrawn_set(w, 1001 + 2 * i, mark) != 0;
    }

    assert_true(w->n == ASSIST_WITHDRAWN_MAX);
    assert_true(lost >= 20000 - ASSIST_WITHDRAWN_MAX);
    assert_true(assist_withdrawn_since(w, 7, S("x")).blocked);
    assert_true(assist_withdrawn_find(w, 1001).blocked);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_question),
        cmocka_unit_test_setup_teardown(test_one_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_agencies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_service, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unsent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full, setup, teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
