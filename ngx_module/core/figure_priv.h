/*
 * What the files of the figure share: the sums that are computed once, and
 * then printed as JSON or CSV.
 */

#ifndef ASSIST_FIGURE_PRIV_H
#define ASSIST_FIGURE_PRIV_H

#include "figure.h"


#define ASSIST_LEVELS_N  4              /* L1 to L4; index 0 is L1 */


/* What is known of a service beside its counters, as of today. */
typedef struct {
    uint32_t        row;                /* its first row that counts;
                                           ASSIST_NONE: it is not counted */
    int32_t         updated;            /* newest day of the rows that count;
                                           INT32_MIN: missing */
    assist_level_t  low;                /* of the rows that count */
    assist_level_t  high;
    assist_level_t  level;              /* the service's */
    unsigned        maybe_full:1;       /* unknown, perhaps full */
    unsigned        reached:4;          /* bits ASSIST_L* */
} assist_figure_fact_t;


typedef struct {
    assist_str_t    code;
    assist_str_t    name;
    uint32_t        services;           /* of all levels */
    uint32_t        denominator;
    uint32_t        levels[ASSIST_LEVELS_N];
} assist_figure_agency_t;


/* Percentages are counted in hundredths, so that what is printed, compared
 * and subtracted is one number. */
typedef struct {
    const char     *name;
    const char     *title;
    uint32_t        numerator;
    uint32_t        denominator;
    uint32_t        denominator_min;
    uint32_t        denominator_max;
    int64_t         ratio;              /* -1: n/a */
    int64_t         target;
    int64_t         gap;                /* no meaning when the ratio is n/a */
    uint32_t        needed;
    int64_t         per_month;          /* hundredths; -1: n/a */
    const char     *status;
    uint32_t        levels[ASSIST_LEVELS_N];
    uint32_t        by[ASSIST_BY_MAX][ASSIST_LEVELS_N];
} assist_figure_measure_t;


#define ASSIST_FIGURE_MEASURES  1


typedef struct {
    const assist_figure_in_t  *in;

    assist_figure_fact_t      *facts;   /* one a service of the catalogue */

    assist_figure_agency_t    *agencies;        /* sorted by code */
    uint32_t                   nagencies;

    uint32_t                   unknown;         /* services, level unknown */

    assist_figure_measure_t    measures[ASSIST_FIGURE_MEASURES];
} assist_figure_t;


/* 0; -1: out of memory, nothing to release. */
int assist_figure_sum(assist_figure_t *f, const assist_figure_in_t *in);
void assist_figure_release(assist_figure_t *f);

/* A service's counters, or NULL. */
const assist_counters_t *assist_figure_counters(const assist_figure_in_t *in,
    uint32_t service, int last);

/* Bits ASSIST_L*; updated as in a fact. */
unsigned assist_figure_judge(const assist_figure_in_t *in, int32_t updated,
    const assist_counters_t *now, const assist_counters_t *last, int by);

/* Hundredths of a percent; -1: of nothing. */
int64_t assist_figure_ratio(uint32_t numerator, uint32_t denominator);

/* Hundredths as "-12.34". */
void assist_figure_put_hundredths(assist_buf_t *out, int64_t n);

/* The month of today, "2026-11". */
void assist_figure_put_period(assist_buf_t *out, const assist_figure_in_t *in);

/* A CSV cell of text that came from outside. */
void assist_figure_put_cell(assist_buf_t *out, assist_str_t s);


#endif
