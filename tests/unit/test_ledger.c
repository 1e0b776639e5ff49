/*
 * Counting and merging: what one interaction adds, what a merge may not
 * depend on, and that no count is lost between threads.
 */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ledger.h"


#define THREADS  4
#define ROUNDS   50000

#define ncases(a)  (sizeof(a) / sizeof(a[0]))


static const assist_event_t  answered = {
    .kind = ASSIST_KIND_ASK, .outcome = ASSIST_ANSWERED,
    .cache = ASSIST_CACHE_MISS, .by = ASSIST_BY_MODEL, .time = 1795433999,
    .mday = 23, .latency = 1200, .tokens_in = 300, .tokens_out = 120,
    .sourced = 1, .disclosed = 1
};


static void
test_count_answered(void **state)
{
    assist_counters_t  c, expected;

    (void) state;

    memset(&c, 0, sizeof(c));
    memset(&expected, 0, sizeof(expected));

    assist_ledger_count(&c, &answered);

    expected.kinds[ASSIST_KIND_ASK] = 1;
    expected.outcomes[ASSIST_BY_MODEL][ASSIST_ANSWERED] = 1;
    expected.cache[ASSIST_CACHE_MISS] = 1;
    expected.sourced = 1;
    expected.tokens_in = 300;
    expected.tokens_out = 120;
    expected.latency[6] = 1;                    /* at most 2000 ms */
    expected.day[22] = 1;
    expected.shown = 1 << 22;
    expected.days[ASSIST_BY_MODEL] = 1 << 22;
    expected.first_success = 1795433999;
    expected.last_success = 1795433999;

    assert_memory_equal(&c, &expected, sizeof(c));
}


/* Only `answered` is support: others leave no success behind. */

static void
test_count_others(void **state)
{
    int                outcome;
    assist_event_t     event;
    assist_counters_t  c, expected;

    (void) state;

    for (outcome = ASSIST_CLARIFICATION; outcome < ASSIST_OUTCOME_MAX;
         outcome++)
    {
        memset(&c, 0, sizeof(c));
        memset(&expected, 0, sizeof(expected));

        event = answered;
        event.kind = ASSIST_KIND_PAGE;
        event.outcome = (assist_outcome_t) outcome;
        event.by = ASSIST_BY_CATALOGUE;
        event.cache = ASSIST_CACHE_HIT;
        event.tokens_in = -1;
        event.tokens_out = -1;
        event.disclosed = 0;

        assist_ledger_count(&c, &event);

        expected.kinds[ASSIST_KIND_PAGE] = 1;
        expected.outcomes[ASSIST_BY_CATALOGUE][outcome] = 1;
        expected.cache[ASSIST_CACHE_HIT] = 1;
        expected.latency[6] = 1;
        expected.day[22] = 1;

        assert_memory_equal(&c, &expected, sizeof(c));
        assert_int_equal(assist_ledger_interactions(&c), 1);
    }
}


static void
test_cached(void **state)
{
    size_t             i;
    assist_event_t     event;
    assist_counters_t  c;

    static const struct {
        assist_cache_t  cache;
        uint64_t        cached;
    } cases[] = {
        { ASSIST_CACHE_NONE, 0 }, { ASSIST_CACHE_MISS, 0 },
        { ASSIST_CACHE_BYPASS, 0 }, { ASSIST_CACHE_EXPIRED, 0 },
        { ASSIST_CACHE_STALE, 1 }, { ASSIST_CACHE_UPDATING, 1 },
        { ASSIST_CACHE_HIT, 1 }
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        memset(&c, 0, sizeof(c));
        event = answered;
        event.cache = cases[i].cache;

        assist_ledger_count(&c, &event);
        assert_int_equal(c.cached, cases[i].cached);
        assert_int_equal(c.cache[cases[i].cache], 1);
    }
}


static void
test_first_and_last(void **state)
{
    size_t             i;
    assist_event_t     event;
    assist_counters_t  c;

    static const int64_t  times[] = { 500, 300, 900, 400, 0, -7 };

    (void) state;

    memset(&c, 0, sizeof(c));

    for (i = 0; i < ncases(times); i++) {
        event = answered;
        event.time = times[i];
        event.mday = (uint32_t) i + 1;
        assist_ledger_count(&c, &event);
    }

    assert_int_equal(c.first_success, 300);
    assert_int_equal(c.last_success, 900);
    assert_int_equal(c.days[ASSIST_BY_MODEL], 0x3f);
}


/* A slot has neighbours: what is out of range must not reach them. */

static void
test_out_of_range(void **state)
{
    size_t             i;
    assist_event_t     events[6];
    assist_counters_t  c, zero;

    (void) state;

    memset(&c, 0, sizeof(c));
    memset(&zero, 0, sizeof(zero));

    for (i = 0; i < ncases(events); i++) {
        events[i] = answered;
    }

    events[0].mday = 0;
    events[1].mday = 32;
    events[2].outcome = ASSIST_OUTCOME_MAX;
    events[3].kind = ASSIST_KIND_MAX;
    events[4].cache = ASSIST_CACHE_MAX;
    events[5].by = ASSIST_BY_MAX;

    for (i = 0; i < ncases(events); i++) {
        assist_ledger_count(&c, &events[i]);
        assert_memory_equal(&c, &zero, sizeof(c));
    }

    assert_int_equal(assist_ledger_outcome(&c, ASSIST_OUTCOME_MAX, -1), 0);
    assert_int_equal(assist_ledger_outcome(&c, ASSIST_ANSWERED,
                                           ASSIST_BY_MAX), 0);
}


static void
test_percentile(void **state)
{
    size_t             i;
    assist_counters_t  c;

    static const struct {
        uint64_t  fast;         /* in the bucket of 10 ms */
        uint64_t  slow;         /* in that of 5000 ms */
        uint64_t  beyond;
        double    p;
        uint32_t  bound;
    } cases[] = {
        { 0, 0, 0, 0.95, 0 },
        { 1, 0, 0, 0.95, 10 },
        { 95, 5, 0, 0.95, 10 },
        { 94, 6, 0, 0.95, 5000 },
        { 57, 3, 0, 0.95, 10 },
        { 56, 4, 0, 0.95, 5000 },
        { 0, 19, 1, 0.95, 5000 },
        { 0, 18, 2, 0.95, UINT32_MAX },
        { 1, 1, 1, 0.0, 10 },
        { 1, 1, 1, 0.5, 5000 },
        { 1, 1, 1, 1.0, UINT32_MAX },
        { 1, 1, 0, 7.0, 5000 },
        { 1, 1, 0, -1.0, 10 }
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        memset(&c, 0, sizeof(c));
        c.latency[0] = cases[i].fast;
        c.latency[7] = cases[i].slow;
        c.latency[ASSIST_LATENCY_BUCKETS - 1] = cases[i].beyond;

        assert_int_equal(assist_ledger_percentile(&c, cases[i].p),
                         cases[i].bound);
    }
}


static void
test_latency_bounds(void **state)
{
    size_t             i;
    assist_event_t     event;
    assist_counters_t  c;

    (void) state;

    /* a bound belongs to its own bucket, one more to the next */

    for (i = 0; i < ASSIST_LATENCY_BUCKETS - 1; i++) {
        memset(&c, 0, sizeof(c));
        event = answered;

        event.latency = assist_latency_bounds[i];
        assist_ledger_count(&c, &event);
        event.latency++;
        assist_ledger_count(&c, &event);

        assert_int_equal(c.latency[i], 1);
        assert_int_equal(c.latency[i + 1], 1);
    }
}


/* Counters of which no field is 0, and none like another's. */

static void
make(assist_counters_t *c, uint64_t seed)
{
    size_t    i;
    uint64_t *p;

    p = (uint64_t *) c;

    for (i = 0; i < sizeof(*c) / sizeof(uint64_t); i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        p[i] = (seed & 0xffffff) + 1;
    }
}


static void
test_merge_ways(void **state)
{
    assist_counters_t  a, b, m;

    (void) state;

    make(&a, 1);
    make(&b, 2);
    m = a;
    assist_ledger_merge(&m, &b);

    assert_int_equal(m.views, a.views + b.views);
    assert_int_equal(m.outcomes[1][8], a.outcomes[1][8] + b.outcomes[1][8]);
    assert_int_equal(m.useful[1], a.useful[1] + b.useful[1]);
    assert_int_equal(m.day[30], a.day[30] + b.day[30]);
    assert_int_equal(m.shown, a.shown | b.shown);
    assert_int_equal(m.days[0], a.days[0] | b.days[0]);
    assert_int_equal(m.days[1], a.days[1] | b.days[1]);
    assert_int_equal(m.first_success, a.first_success < b.first_success
                                      ? a.first_success : b.first_success);
    assert_int_equal(m.last_success, a.last_success > b.last_success
                                     ? a.last_success : b.last_success);
}


static void
test_merge_laws(void **state)
{
    uint64_t           seed;
    assist_counters_t  a, b, c, left, right, zero;

    (void) state;

    memset(&zero, 0, sizeof(zero));

    for (seed = 1; seed < 200; seed++) {
        make(&a, seed);
        make(&b, seed * 7919);
        make(&c, seed * 104729);

        if (seed % 3 == 0) {
            b.first_success = 0;
        }

        /* commutative */
        left = a;
        assist_ledger_merge(&left, &b);
        right = b;
        assist_ledger_merge(&right, &a);
        assert_memory_equal(&left, &right, sizeof(left));

        /* associative */
        assist_ledger_merge(&left, &c);
        right = b;
        assist_ledger_merge(&right, &c);
        assist_ledger_merge(&right, &a);
        assert_memory_equal(&left, &right, sizeof(left));

        /* nothing merged changes nothing */
        right = left;
        assist_ledger_merge(&right, &zero);
        assert_memory_equal(&left, &right, sizeof(left));
        right = zero;
        assist_ledger_merge(&right, &left);
        assert_memory_equal(&left, &right, sizeof(left));

        /* or, min, max: idempotent; sums double, which is why a node's
         * writes are absolute values */
        right = left;
        assist_ledger_merge(&right, &left);
        assert_memory_equal(right.days, left.days, sizeof(left.days));
        assert_int_equal(right.first_success, left.first_success);
        assert_int_equal(right.last_success, left.last_success);
        assert_int_equal(right.views, left.views * 2);
    }
}


static void
test_names(void **state)
{
    int  i;

    (void) state;

    for (i = 0; i < ASSIST_OUTCOME_MAX; i++) {
        assert_int_equal(assist_outcome_of(assist_outcome_name(i)), i);
    }

    assert_string_equal(assist_outcome_name(ASSIST_ANSWERED), "answered");
    assert_string_equal(assist_outcome_name(ASSIST_ERROR_HOOK), "error_hook");
    assert_int_equal(assist_outcome_of("answer"), -1);
    assert_int_equal(assist_outcome_of(""), -1);
    assert_null(assist_outcome_name(ASSIST_OUTCOME_MAX));
    assert_null(assist_outcome_name((assist_outcome_t) -1));

    assert_string_equal(assist_cache_name(ASSIST_CACHE_NONE), "");
    assert_string_equal(assist_cache_name(ASSIST_CACHE_HIT), "HIT");
    assert_null(assist_cache_name(ASSIST_CACHE_MAX));
    assert_string_equal(assist_kind_name(ASSIST_KIND_PAGE), "page");
    assert_null(assist_kind_name(ASSIST_KIND_MAX));
    assert_string_equal(assist_by_name(ASSIST_BY_CATALOGUE), "catalogue");
    assert_null(assist_by_name(ASSIST_BY_MAX));
}


typedef struct {
    assist_counters_t  *slot;
    unsigned            id;
} worker_t;


static void *
work(void *data)
{
    unsigned        i;
    worker_t       *w;
    assist_event_t  event;

    w = data;

    for (i = 0; i < ROUNDS; i++) {
        event = answered;
        event.by = w->id % 2 ? ASSIST_BY_CATALOGUE : ASSIST_BY_MODEL;
        event.time = 1000000 + (int64_t) w->id * ROUNDS + i;
        event.mday = w->id * 7 + i % 7 + 1;
        event.outcome = i % 10 ? ASSIST_ANSWERED : ASSIST_UNANSWERABLE;

        assist_ledger_count(w->slot, &event);
    }

    return NULL;
}


static void
test_threads(void **state)
{
    unsigned           i, n;
    worker_t           workers[THREADS];
    pthread_t          threads[THREADS];
    assist_counters_t  c;

    (void) state;

    memset(&c, 0, sizeof(c));

    for (i = 0; i < THREADS; i++) {
        workers[i].slot = &c;
        workers[i].id = i;
        assert_int_equal(pthread_create(&threads[i], NULL, work,
                                        &workers[i]), 0);
    }

    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }

    n = THREADS * ROUNDS;

    assert_int_equal(assist_ledger_interactions(&c), n);
    assert_int_equal(assist_ledger_outcome(&c, ASSIST_ANSWERED, -1),
                     n / 10 * 9);
    assert_int_equal(assist_ledger_outcome(&c, ASSIST_ANSWERED,
                                           ASSIST_BY_MODEL), n / 20 * 9);
    assert_int_equal(c.sourced, n / 10 * 9);
    assert_int_equal(assist_ledger_shown(&c), 28);
    assert_int_equal(c.latency[6], n);
    assert_int_equal(c.tokens_in, (uint64_t) n * 300);
    assert_int_equal(c.tokens_out, (uint64_t) n * 120);
    assert_int_equal(c.days[0] | c.days[1], (1u << 28) - 1);

    /* i = 0 of the first worker is not answered, i = 1 is */
    assert_int_equal(c.first_success, 1000001);
    assert_int_equal(c.last_success, 1000000 + n - 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_count_answered),
        cmocka_unit_test(test_count_others),
        cmocka_unit_test(test_cached),
        cmocka_unit_test(test_first_and_last),
        cmocka_unit_test(test_out_of_range),
        cmocka_unit_test(test_percentile),
        cmocka_unit_test(test_latency_bounds),
        cmocka_unit_test(test_merge_ways),
        cmocka_unit_test(test_merge_laws),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_threads)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
