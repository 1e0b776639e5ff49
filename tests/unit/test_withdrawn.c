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


/* Questions are digests: they have nothing in common. */

static uint64_t
question(uint64_t i)
{
    return i * 0x9e3779b97f4a7c15;
}


/* A withdrawal (blocked) or a release, of a question of its own. */

static int
act(assist_withdrawn_t *w, uint64_t number, unsigned blocked, uint64_t i,
    int *purged)
{
    int                      rc;
    unsigned                 n;
    uint64_t                 keys[ASSIST_WITHDRAWN_KEYS + 1];
    assist_withdrawn_mark_t  mark = { number, 0, 0 };

    mark.blocked = blocked ? 1 : 0;
    n = assist_withdrawn_keys(question(i), S("1"), S(""), 1, keys);
    assert_int_equal(n, 2);

    rc = assist_withdrawn_event(w, keys, &n, mark);
    *purged = n == 3 && keys[2] == ASSIST_WITHDRAWN_ALL;

    return rc;
}


/* Past the last place: an error, and nothing is half done or forgotten. */

static void
test_too_many(void **state)
{
    int                  purged;
    uint64_t             i, n;
    assist_withdrawn_t  *w = *state, *before;

    for (n = 1; act(w, n, 1, n, &purged) == 0; n++) {
        assert_false(purged);
    }

    assert_int_equal(n, ASSIST_WITHDRAWN_MAX / 2 + 1);

    before = malloc(sizeof(assist_withdrawn_t));
    assert_non_null(before);
    memcpy(before, w, sizeof(assist_withdrawn_t));
    assert_int_equal(act(w, n, 1, n, &purged), -1);
    assert_memory_equal(before, w, sizeof(assist_withdrawn_t));
    free(before);

    for (i = 1; i < n; i++) {
        since(w, question(i), "1", i, 1);
    }

    /* one that is released makes room when nothing before it is withdrawn */

    assert_int_equal(act(w, n, 0, n - 1, &purged), 0);
    assert_int_equal(act(w, n + 1, 1, n, &purged), -1);

    for (i = 1; i < n / 2; i++) {
        assert_int_equal(act(w, n + i, 0, i, &purged), 0);
    }

    assert_int_equal(act(w, 2 * n, 1, n, &purged), -1);

    for (i = n / 2; i < n - 1; i++) {
        assert_int_equal(act(w, n + i, 0, i, &purged), 0);
    }

    assert_int_equal(act(w, 2 * n, 1, n, &purged), 0);
    assert_true(purged);
    since(w, question(n), "1", 2 * n, 1);
    assert_true(w->n < 8);

    /* what was made before a release stays away */
    since(w, question(1), "1", 2 * n, 0);
    since(w, question(3 * n), "2", 2 * n, 0);
}


/* A deletion has room, whatever is withdrawn. */

static void
test_deletion_has_room(void **state)
{
    int                      purged;
    unsigned                 n;
    uint64_t                 i, keys[ASSIST_WITHDRAWN_KEYS + 1];
    assist_withdrawn_t      *w = *state;
    assist_withdrawn_mark_t  mark = { 9000, 0, 0 };

    for (i = 1; act(w, i, 1, i, &purged) == 0; i++) { /* void */ }

    n = assist_withdrawn_keys(0, S("2"), S(""), 0, keys);
    assert_int_equal(assist_withdrawn_event(w, keys, &n, mark), 0);
    assert_int_equal(keys[n - 1], ASSIST_WITHDRAWN_ALL);
    since(w, 0, "2", 9000, 0);
    since(w, question(1), "1", 9000, 1);
}


static void
test_texts(void **state)
{
    size_t                   i;
    uint64_t                 key;
    assist_withdrawn_mark_t  mark;

    static const char *const  none[] = {
        "", "!", "+", "!+", "0", "x", "-4!", "5 ", "5+!", "5!!", "5++",
        "1000000000000000000"
    };

    (void) state;

    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        mark = assist_withdrawn_mark_of(assist_str_of(none[i]));
        assert_int_equal(mark.number, 0);
    }

    mark = assist_withdrawn_mark_of(S("17"));
    assert_int_equal(mark.number, 17);
    assert_false(mark.blocked || mark.unsent);

    mark = assist_withdrawn_mark_of(S("999999999999999999!+"));
    assert_int_equal(mark.number, 999999999999999999);
    assert_true(mark.blocked && mark.unsent);

    assert_int_equal(assist_withdrawn_key_of(S("all"), &key), 0);
    assert_int_equal(key, ASSIST_WITHDRAWN_ALL);
    assert_int_equal(assist_withdrawn_key_of(S("00000000000000ff"), &key), 0);
    assert_int_equal(key, 255);
    assert_int_equal(assist_withdrawn_key_of(S("0000000000000000"), &key), -1);
    assert_int_equal(assist_withdrawn_key_of(S("00000000000000fg"), &key), -1);
    assert_int_equal(assist_withdrawn_key_of(S("ff"), &key), -1);
}


/* What one table writes, another knows; what it knows better it keeps. */

static void
test_file(void **state)
{
    size_t               i;
    assist_buf_t         out = ASSIST_BUF_INIT, again = ASSIST_BUF_INIT;
    assist_withdrawn_t  *w = *state, *other;

    other = calloc(1, sizeof(assist_withdrawn_t));
    assert_non_null(other);

    event(w, 3, ' ', 0, "5", "");
    event(w, 4, '!', 7, "1", "A");
    event(w, 5, '-', 8, "1", "A");
    event(w, 6, ' ', 0, "", "");
    event(w, 7, '!', 9, "2", "");
    assist_withdrawn_unsend(w);
    assist_withdrawn_write(w, &out);
    assert_false(out.failed);

    assert_null(assist_withdrawn_read(other, assist_buf_str(&out)));
    since(other, 7, "1@A", 6, 1);
    since(other, 8, "1@A", 6, 0);
    since(other, 9, "2@B", 7, 1);
    assert_int_equal(assist_withdrawn_clock(other), 7);
    assert_int_equal(assist_withdrawn_last(other), 7);
    assert_int_equal(other->n, w->n);
    assist_withdrawn_write(other, &again);
    assert_int_equal(again.len, out.len);
    assert_memory_equal(again.data, out.data, out.len);

    /* released here after the file was written; told meanwhile */
    event(other, 8, '-', 9, "2", "");
    assert_null(assist_withdrawn_read(other, assist_buf_str(&out)));
    since(other, 9, "2@B", 8, 0);
    assert_int_equal(assist_withdrawn_clock(other), 8);
    assist_withdrawn_write(other, &again);

    /* and the other way */
    assert_null(assist_withdrawn_read(w, assist_buf_str(&again)));
    since(w, 9, "2@B", 8, 0);

    /* a file of which anything is cut or changed is none */

    memset(other, 0, sizeof(assist_withdrawn_t));

    for (i = 1; i < out.len; i++) {
        assert_non_null(assist_withdrawn_read(other,
                            (assist_str_t) { out.data, i }));
        out.data[i] ^= 1;
        assert_non_null(assist_withdrawn_read(other, assist_buf_str(&out)));
        out.data[i] ^= 1;
    }

    assert_int_equal(other->changes, 0);
    assert_null(assist_withdrawn_read(other, S("")));

    assist_buf_free(&out);
    assist_buf_free(&again);
    free(other);
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
        cmocka_unit_test_setup_teardown(test_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deletion_has_room, setup,
                                        teardown),
        cmocka_unit_test(test_texts),
        cmocka_unit_test_setup_teardown(test_file, setup, teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
