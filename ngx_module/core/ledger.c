#include "ledger.h"

#include <stddef.h>
#include <string.h>


#define WORDS(field)  (offsetof(assist_counters_t, field) / sizeof(uint64_t))


/* merging walks the sums as an array, which holds while all is 64 bits wide */
_Static_assert(sizeof(assist_counters_t) % sizeof(uint64_t) == 0,
               "counters are 64 bits wide");
_Static_assert(offsetof(assist_counters_t, told)
               == offsetof(assist_counters_t, day) + 31 * sizeof(uint64_t)
               && offsetof(assist_counters_t, first_success)
                  == offsetof(assist_counters_t, shown) + sizeof(uint64_t),
               "first the sums, then what is merged by or");


static void add(uint64_t *counter, uint64_t n);
static uint64_t load(const uint64_t *counter);
static void keep_min(uint64_t *counter, uint64_t value);
static int set_day(uint64_t *days, uint32_t mday);
static void keep_max(uint64_t *counter, uint64_t value);
static unsigned latency_bucket(uint32_t latency);
static int from_cache(assist_cache_t cache);


/*
 * 5 s is a bound because the method judges p95 against it: a percentile is
 * known only as its bucket's bound.
 */
const uint32_t  assist_latency_bounds[ASSIST_LATENCY_BUCKETS - 1] = {
    10, 50, 100, 250, 500, 1000, 2000, 5000, 10000, 60000, 300000
};


static const char  *outcome_names[ASSIST_OUTCOME_MAX] = {
    [ASSIST_ANSWERED] = "answered",
    [ASSIST_CLARIFICATION] = "clarification",
    [ASSIST_UNANSWERABLE] = "unanswerable",
    [ASSIST_REFUSED] = "refused",
    [ASSIST_UNGROUNDED] = "ungrounded",
    [ASSIST_FALLBACK] = "fallback",
    [ASSIST_ERROR_TIMEOUT] = "error_timeout",
    [ASSIST_ERROR_PROVIDER] = "error_provider",
    [ASSIST_ERROR_HOOK] = "error_hook"
};


static const char  *cache_names[ASSIST_CACHE_MAX] = {
    [ASSIST_CACHE_NONE] = "",
    [ASSIST_CACHE_MISS] = "MISS",
    [ASSIST_CACHE_BYPASS] = "BYPASS",
    [ASSIST_CACHE_EXPIRED] = "EXPIRED",
    [ASSIST_CACHE_STALE] = "STALE",
    [ASSIST_CACHE_UPDATING] = "UPDATING",
    [ASSIST_CACHE_HIT] = "HIT"
};


static const char  *kind_names[ASSIST_KIND_MAX] = {
    [ASSIST_KIND_ASK] = "ask",
    [ASSIST_KIND_PAGE] = "page"
};


static const char  *by_names[ASSIST_BY_MAX] = {
    [ASSIST_BY_MODEL] = "model",
    [ASSIST_BY_CATALOGUE] = "catalogue"
};


void
assist_ledger_count(assist_counters_t *slot, const assist_event_t *event)
{
    /* a slot has neighbours in shared memory: nothing may count beyond it */
    if ((unsigned) event->kind >= ASSIST_KIND_MAX
        || (unsigned) event->outcome >= ASSIST_OUTCOME_MAX
        || (unsigned) event->cache >= ASSIST_CACHE_MAX
        || (unsigned) event->by >= ASSIST_BY_MAX
        || event->mday < 1 || event->mday > 31)
    {
        return;
    }

    add(&slot->kinds[event->kind], 1);
    add(&slot->outcomes[event->by][event->outcome], 1);
    add(&slot->cache[event->cache], 1);
    add(&slot->latency[latency_bucket(event->latency)], 1);
    add(&slot->day[event->mday - 1], 1);

    if (event->tokens_in > 0) {
        add(&slot->tokens_in, (uint64_t) event->tokens_in);
    }

    if (event->tokens_out > 0) {
        add(&slot->tokens_out, (uint64_t) event->tokens_out);
    }

    if (event->disclosed) {
        (void) set_day(&slot->shown, event->mday);
    }

    /* only an answer is support */

    if (event->outcome != ASSIST_ANSWERED) {
        return;
    }

    if (from_cache(event->cache)) {
        add(&slot->cached, 1);
    }

    if (event->sourced) {
        add(&slot->sourced, 1);
    }

    __atomic_fetch_or(&slot->days[event->by],
                      (uint64_t) 1 << (event->mday - 1), __ATOMIC_RELAXED);

    if (event->time > 0) {
        keep_min(&slot->first_success, (uint64_t) event->time);
        keep_max(&slot->last_success, (uint64_t) event->time);
    }
}


int
assist_ledger_show(assist_counters_t *slot, uint32_t mday)
{
    return set_day(&slot->shown, mday);
}


int
assist_ledger_tell(assist_counters_t *slot, uint32_t mday)
{
    return set_day(&slot->told, mday);
}


void
assist_ledger_merge(assist_counters_t *into, const assist_counters_t *from)
{
    size_t           i;
    uint64_t        *to, value;
    const uint64_t  *p;

    to = (uint64_t *) into;
    p = (const uint64_t *) from;

    for (i = 0; i < WORDS(told); i++) {
        to[i] += load(&p[i]);
    }

    for (/* void */; i < WORDS(first_success); i++) {
        to[i] |= load(&p[i]);
    }

    value = load(&from->first_success);

    if (value && (into->first_success == 0 || value < into->first_success)) {
        into->first_success = value;
    }

    value = load(&from->last_success);

    if (value > into->last_success) {
        into->last_success = value;
    }
}


void
assist_quality_merge(assist_quality_t *into, const assist_quality_t *from)
{
    into->unmatched += load(&from->unmatched);
    into->excluded += load(&from->excluded);
    into->dropped += load(&from->dropped);
    into->blocked += load(&from->blocked);
    into->compressed += load(&from->compressed);
}


uint64_t
assist_ledger_interactions(const assist_counters_t *slot)
{
    unsigned  i;
    uint64_t  n;

    n = 0;

    for (i = 0; i < ASSIST_OUTCOME_MAX; i++) {
        n += assist_ledger_outcome(slot, i, -1);
    }

    return n;
}


uint64_t
assist_ledger_outcome(const assist_counters_t *slot, assist_outcome_t outcome,
    int by)
{
    if ((unsigned) outcome >= ASSIST_OUTCOME_MAX || by >= ASSIST_BY_MAX) {
        return 0;
    }

    if (by >= 0) {
        return load(&slot->outcomes[by][outcome]);
    }

    return load(&slot->outcomes[ASSIST_BY_MODEL][outcome])
           + load(&slot->outcomes[ASSIST_BY_CATALOGUE][outcome]);
}


unsigned
assist_ledger_shown(const assist_counters_t *slot)
{
    return slot ? (unsigned) __builtin_popcountll(load(&slot->shown)) : 0;
}


uint32_t
assist_ledger_percentile(const assist_counters_t *slot, double p)
{
    double    exact;
    unsigned  i;
    uint64_t  total, rank, seen, counts[ASSIST_LATENCY_BUCKETS];

    total = 0;

    for (i = 0; i < ASSIST_LATENCY_BUCKETS; i++) {
        /* read once: another worker may be counting */
        counts[i] = load(&slot->latency[i]);
        total += counts[i];
    }

    if (total == 0) {
        return 0;
    }

    p = p > 0 ? p : 0;
    p = p < 1 ? p : 1;

    /* the smallest rank that covers the share; 1e-9 forgives 0.95 * n its
     * last binary digit */

    exact = p * (double) total - 1e-9;
    rank = exact > 0 ? (uint64_t) exact : 0;

    if ((double) rank < exact || rank == 0) {
        rank++;
    }

    seen = 0;

    for (i = 0; i < ASSIST_LATENCY_BUCKETS - 1; i++) {
        seen += counts[i];

        if (seen >= rank) {
            return assist_latency_bounds[i];
        }
    }

    return UINT32_MAX;
}


const char *
assist_outcome_name(assist_outcome_t outcome)
{
    return (unsigned) outcome < ASSIST_OUTCOME_MAX ? outcome_names[outcome]
                                                   : NULL;
}


int
assist_outcome_of(const char *name)
{
    int  i;

    for (i = 0; i < ASSIST_OUTCOME_MAX; i++) {
        if (strcmp(outcome_names[i], name) == 0) {
            return i;
        }
    }

    return -1;
}


const char *
assist_cache_name(assist_cache_t cache)
{
    return (unsigned) cache < ASSIST_CACHE_MAX ? cache_names[cache] : NULL;
}


const char *
assist_kind_name(assist_kind_t kind)
{
    return (unsigned) kind < ASSIST_KIND_MAX ? kind_names[kind] : NULL;
}


const char *
assist_by_name(assist_by_t by)
{
    return (unsigned) by < ASSIST_BY_MAX ? by_names[by] : NULL;
}


/*
 * Relaxed order is enough: counters are independent of each other, and a
 * reader that sees one a moment before another only sees a figure of that
 * moment.
 */

static void
add(uint64_t *counter, uint64_t n)
{
    __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}


static uint64_t
load(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}


/* 1: it was not there.  Mostly it is, and nothing is written to. */

static int
set_day(uint64_t *days, uint32_t mday)
{
    uint64_t  bit;

    if (mday < 1 || mday > 31) {
        return 0;
    }

    bit = (uint64_t) 1 << (mday - 1);

    return !(load(days) & bit)
           && !(__atomic_fetch_or(days, bit, __ATOMIC_RELAXED) & bit);
}


/* 0 is "none yet", not the smallest of all times */

static void
keep_min(uint64_t *counter, uint64_t value)
{
    uint64_t  seen;

    seen = load(counter);

    while (seen == 0 || value < seen) {
        /* on failure seen becomes what another worker has stored */
        if (__atomic_compare_exchange_n(counter, &seen, value, 1,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        {
            return;
        }
    }
}


static void
keep_max(uint64_t *counter, uint64_t value)
{
    uint64_t  seen;

    seen = load(counter);

    while (value > seen) {
        if (__atomic_compare_exchange_n(counter, &seen, value, 1,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        {
            return;
        }
    }
}


static unsigned
latency_bucket(uint32_t latency)
{
    unsigned  i;

    for (i = 0; i < ASSIST_LATENCY_BUCKETS - 1; i++) {
        if (latency <= assist_latency_bounds[i]) {
            break;
        }
    }

    return i;
}


/* EXPIRED was fetched anew; the others were served from what was stored */

static int
from_cache(assist_cache_t cache)
{
    return cache == ASSIST_CACHE_HIT || cache == ASSIST_CACHE_STALE
           || cache == ASSIST_CACHE_UPDATING;
}
