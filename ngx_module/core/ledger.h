/*
 * What is counted for each service, and how counts merge.
 *
 * A slot lies in shared memory and only grows; every field has one way to
 * merge (sum, or, min, max), so absolute values can be merged in any order.
 * All fields are 64 bits wide so that nginx's atomics serve them.
 */

#ifndef ASSIST_LEDGER_H
#define ASSIST_LEDGER_H

#include <stdint.h>

#include "str.h"


typedef enum {
    ASSIST_ANSWERED = 0,
    ASSIST_CLARIFICATION,
    ASSIST_UNANSWERABLE,
    ASSIST_REFUSED,
    ASSIST_UNGROUNDED,
    ASSIST_FALLBACK,
    ASSIST_ERROR_TIMEOUT,
    ASSIST_ERROR_PROVIDER,
    ASSIST_ERROR_HOOK,
    ASSIST_OUTCOME_MAX
} assist_outcome_t;

typedef enum {
    ASSIST_KIND_ASK = 0,        /* a question */
    ASSIST_KIND_PAGE,           /* a page on which a hook delivered help */
    ASSIST_KIND_MAX
} assist_kind_t;

/* Who spoke: a language model, or the catalogue alone. */
typedef enum {
    ASSIST_BY_MODEL = 0,
    ASSIST_BY_CATALOGUE,
    ASSIST_BY_MAX
} assist_by_t;

typedef enum {
    ASSIST_CACHE_NONE = 0,      /* the cache was not asked */
    ASSIST_CACHE_MISS,
    ASSIST_CACHE_BYPASS,
    ASSIST_CACHE_EXPIRED,
    ASSIST_CACHE_STALE,
    ASSIST_CACHE_UPDATING,
    ASSIST_CACHE_HIT,
    ASSIST_CACHE_MAX
} assist_cache_t;


/* Upper bounds of the latency buckets (a latency equal to a bound belongs to
 * it), in milliseconds; the last is open. */
#define ASSIST_LATENCY_BUCKETS  12

extern const uint32_t  assist_latency_bounds[ASSIST_LATENCY_BUCKETS - 1];


typedef struct {
    /* sums */
    uint64_t  views;
    uint64_t  kinds[ASSIST_KIND_MAX];
    uint64_t  outcomes[ASSIST_BY_MAX][ASSIST_OUTCOME_MAX];
    uint64_t  cache[ASSIST_CACHE_MAX];
    uint64_t  cached;                   /* answered from the cache */
    uint64_t  sourced;                  /* answered with a source */
    uint64_t  useful[2];                /* votes: no, yes */
    uint64_t  tokens_in;
    uint64_t  tokens_out;
    uint64_t  latency[ASSIST_LATENCY_BUCKETS];
    uint64_t  day[31];                  /* interactions of a day of the month */

    /* or: bit 0 is the first of the month */
    uint64_t  told;                     /* days of which a line of evidence
                                           says that the disclosure was shown;
                                           of these counters, not of others */
    uint64_t  days[ASSIST_BY_MAX];      /* days with an answered one */
    uint64_t  shown;                    /* days on which the disclosure was */

    /* min (0: none yet) and max, seconds since the epoch */
    uint64_t  first_success;
    uint64_t  last_success;
} assist_counters_t;


/* What is counted of no service; sums. */
typedef struct {
    uint64_t  unmatched;                /* pages of no service */
    uint64_t  excluded;
    uint64_t  dropped;                  /* lines of evidence lost */
    uint64_t  blocked;                  /* insertions that a page's policy or
                                           charset forbids */
    uint64_t  compressed;               /* pages that came so */
} assist_quality_t;


/* One interaction, as it is counted and written to the evidence log. */
typedef struct {
    assist_kind_t     kind;
    assist_outcome_t  outcome;
    assist_cache_t    cache;
    assist_by_t       by;
    int64_t           time;             /* seconds since the epoch */
    uint32_t          mday;             /* local day of the month, 1..31 */
    uint32_t          latency;          /* ms */
    int64_t           tokens_in;        /* -1: unknown */
    int64_t           tokens_out;
    unsigned          sourced:1;
    unsigned          disclosed:1;
    unsigned          degraded:1;       /* the catalogue spoke for a model */
} assist_event_t;


/*
 * Adds to a slot with atomic operations; safe from any worker.  Everything is
 * counted for every interaction but cached, sourced, days and the times of
 * success: those are of answered ones.  An event with a value that there is
 * not (mday 0, say) is not counted at all.
 */
void assist_ledger_count(assist_counters_t *slot, const assist_event_t *event);

/*
 * The disclosure was on a page of that day (1..31), and the evidence is about
 * to say so.  1: for the first time of that day; 0: it is not, or there is no
 * such day.
 */
int assist_ledger_show(assist_counters_t *slot, uint32_t mday);
int assist_ledger_tell(assist_counters_t *slot, uint32_t mday);

/*
 * into = into merged with from, field by field by its way.  from may be
 * counting meanwhile; into belongs to the caller.  Counters of two months must
 * not be merged: days are of one.
 */
void assist_ledger_merge(assist_counters_t *into,
    const assist_counters_t *from);

void assist_quality_merge(assist_quality_t *into,
    const assist_quality_t *from);

/*
 * The packed form, for files and Redis: a byte with the version, 1, and then
 * for each word that is not 0, in the order above, how many words are skipped
 * before it, and the word; both as numbers of 7 bits a byte, lowest first, the
 * top bit of all but the last one set.  Counters have one packed form.
 */
#define ASSIST_PACKED_MAX  (1 + 11 * sizeof(assist_counters_t) / 8)

/* Their length; the counters may be counting meanwhile. */
size_t assist_ledger_pack(const assist_counters_t *counters,
    char out[ASSIST_PACKED_MAX]);
size_t assist_quality_pack(const assist_quality_t *quality,
    char out[ASSIST_PACKED_MAX]);

/* -1: it is no packed form of this version. */
int assist_ledger_unpack(assist_str_t packed, assist_counters_t *counters);
int assist_quality_unpack(assist_str_t packed, assist_quality_t *quality);

/* All interactions; those of one outcome (by: -1 for both). */
uint64_t assist_ledger_interactions(const assist_counters_t *slot);
uint64_t assist_ledger_outcome(const assist_counters_t *slot,
    assist_outcome_t outcome, int by);

/* The days on which the disclosure was shown; of NULL: none. */
unsigned assist_ledger_shown(const assist_counters_t *slot);

/* The p-th percentile (0..1) as its bucket's bound, ms; 0: nothing counted;
 * UINT32_MAX: beyond the last bound. */
uint32_t assist_ledger_percentile(const assist_counters_t *slot, double p);

/* "answered", ...; -1 / NULL for what there is not. */
const char *assist_outcome_name(assist_outcome_t outcome);
int assist_outcome_of(const char *name);
const char *assist_cache_name(assist_cache_t cache);    /* "" for NONE */
const char *assist_kind_name(assist_kind_t kind);
const char *assist_by_name(assist_by_t by);


#endif
