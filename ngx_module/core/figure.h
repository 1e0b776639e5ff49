/*
 * The figure: which services have AI assistance, at which level of evidence,
 * against which target.  One computation for the status page, the exports and
 * the command line.
 */

#ifndef ASSIST_FIGURE_H
#define ASSIST_FIGURE_H

#include "buf.h"
#include "catalog.h"
#include "chain.h"
#include "ledger.h"
#include "register.h"
#include "target.h"
#include "tasks.h"


/*
 * Thresholds of evidence.  Defaults are the proposals of the method; a file of
 * "name = value" lines ('#' starts a comment) changes them:
 *   l2.knowledge_days, l3.interactions, l3.days, l4.interactions,
 *   l4.answered, l4.sourced, l4.negative (shares, 0..1), l4.latency (ms)
 * A percentile is known as its bucket's bound (assist_latency_bounds), so a
 * threshold between two bounds acts as the lower of them.
 */
typedef struct {
    uint32_t  l2_knowledge_days;    /* 90 */
    uint32_t  l3_interactions;      /* 5, answered */
    uint32_t  l3_days;              /* 3 */
    uint32_t  l4_interactions;      /* 30 */
    double    l4_answered;          /* 0.80, at least */
    double    l4_sourced;           /* 0.95, at least */
    double    l4_negative;          /* 0.20, at most */
    uint32_t  l4_latency;           /* 5000 ms, p95 at most */
} assist_levels_t;

void assist_levels_default(assist_levels_t *levels);

/*
 * Reads a file over what *levels holds (the defaults, first).  -1: err names
 * the line and what is allowed, and *levels is as it was.
 */
int assist_levels_parse(assist_levels_t *levels, assist_str_t file,
    assist_error_t *err);

/* The SHA-256 of a file that would give them: "name = value" lines in the order
 * above, shares with four decimals. */
void assist_levels_hash(const assist_levels_t *levels,
    char hex[ASSIST_DIGEST_HEX + 1]);


/* Bits of what a service has reached; each is judged on its own. */
#define ASSIST_L1  1                /* declared: a task is on file */
#define ASSIST_L2  2                /* enabled */
#define ASSIST_L3  4                /* exercised */
#define ASSIST_L4  8                /* effective */


/* What a measure was at the end of a month that is over. */
typedef struct {
    assist_str_t  name;                 /* as in the document */
    int32_t       month;                /* year * 12 + month - 1 */
    uint32_t      numerator;
    uint32_t      denominator;
} assist_past_t;


/* What a figure is judged by. */
typedef struct {
    const assist_levels_t    *levels;
    const assist_targets_t   *targets;
    const assist_tasks_t     *tasks;        /* NULL: none are on file */
    const assist_register_t  *registered;   /* NULL: nothing is */
    const assist_past_t      *past;         /* in any order */
    size_t                    npast;
} assist_rules_t;


/* What a figure is made from. */
typedef struct {
    const assist_catalog_t   *catalog;
    assist_rules_t            rules;
    int32_t                   today;        /* days since 1970-01-01, local */
    int64_t                   as_of;        /* seconds since the epoch */
    int                       gmtoff;       /* minutes east of UTC */

    /* a service's counters in this month and in the last; NULL: none; they
     * are read several times, so hand out a snapshot */
    const assist_counters_t *(*counters)(void *data, uint32_t service,
                                         int last);
    void                     *data;

    assist_quality_t          quality;      /* of both months */

    struct {                                /* what counters were merged */
        uint32_t  nodes;
        uint32_t  incarnations;             /* 0: not known */
        uint32_t  open;                     /* beside the one that counts
                                               here: they count still */
        uint32_t  died;                     /* and are as of their last write:
                                               see the method */
        const char  *state;                 /* "ok", "failing"; NULL: there
                                               is no state file */
        const char  *redis;                 /* "ok", "stale"; NULL: none */
    } ledger;

    const assist_chain_t     *heads;        /* of the evidence, by writer */
    size_t                    nheads;

    unsigned                  no_views:1;   /* they are not known */
} assist_figure_in_t;


/*
 * Bits ASSIST_L*, judged on the better of the two months; by: -1 all, or only
 * what a model (ASSIST_BY_MODEL), or the catalogue alone, answered; without L1,
 * which is of tasks.  The rows of the service are looked for from its first one
 * on: for all services at once use the documents below, which go through the
 * catalogue once.
 */
unsigned assist_figure_levels(const assist_figure_in_t *in, uint32_t service,
    int by);

/*
 * The sums of a figure, which all documents are printed from.  They are made in
 * steps, each a few thousand services or one pass over what is known of all of
 * them, so that whoever has others to serve can do so in between.
 */
typedef struct assist_figure_s  assist_figure_t;

#define ASSIST_FIGURE_SLICE  2048       /* services of a step */

/*
 * in is copied; what it points to must stay, and its counters give the same,
 * until the figure is freed.  NULL: out of memory.
 */
assist_figure_t *assist_figure_begin(const assist_figure_in_t *in);
/* 1: there is more to do; 0: it is made; -1: out of memory. */
int assist_figure_step(assist_figure_t *f);
/* The two at once. */
assist_figure_t *assist_figure_create(const assist_figure_in_t *in);
void assist_figure_free(assist_figure_t *f);

/* The day that it is of. */
int32_t assist_figure_day(const assist_figure_t *f);

/*
 * The documents of the status endpoint.  JSON has a line end; CSV (UTF-8, a
 * header, lines end with LF) leaves a cell empty where JSON has null, and puts
 * a quote before text that a spreadsheet would take for a formula.  Of a
 * latency beyond the last bucket, one more than its bound is printed.
 * Out of memory: out->failed.
 */
void assist_figure_coverage_json(const assist_figure_t *f, assist_buf_t *out);
void assist_figure_coverage_csv(const assist_figure_t *f, assist_buf_t *out);

/*
 * The long ones are written in slices: from 0 on, and then from what the call
 * before gave, until that is 0.
 */
typedef uint32_t (*assist_figure_rows_pt)(const assist_figure_t *f,
    uint32_t from, assist_buf_t *out);

uint32_t assist_figure_services_json(const assist_figure_t *f, uint32_t from,
    assist_buf_t *out);
uint32_t assist_figure_services_csv(const assist_figure_t *f, uint32_t from,
    assist_buf_t *out);
void assist_figure_all(const assist_figure_t *f, assist_figure_rows_pt rows,
    assist_buf_t *out);

/*
 * What a page of the dashboard shows, as JSON without a line end, each with
 * as_of and period:
 *   an agency ("agency", as in the coverage), by its code, or by its name where
 *   it has none, its own measure ("measure", or null where it has no target),
 *   and "max" of its services from a place on ("from", "services");
 *   the services of a procedure, at most max;
 *   one service ("service", as in the services; "last": the same of the month
 *   "last_period", or null), "days" (interactions of each day of this month),
 *   and "checks", what each level asks for: {"level", "rule", "bound",
 *   "this": {"value", "ok"}, "last": the same of the last month, or null}.
 * -1: there is none that counts today, and nothing was written.
 */
int assist_figure_agency_json(const assist_figure_t *f, assist_str_t key,
    uint32_t from, uint32_t max, assist_buf_t *out);
int assist_figure_procedure_json(const assist_figure_t *f,
    uint32_t procedure, uint32_t max, assist_buf_t *out);
int assist_figure_service_json(const assist_figure_t *f, uint32_t service,
    assist_buf_t *out);

/* In Prometheus's text format: assist_coverage_*, assist_services, and this
 * month's counters. */
void assist_figure_metrics(const assist_figure_t *f, assist_buf_t *out);


#endif
