/*
 * What the files of the figure share: the sums that are computed once, and
 * then printed as JSON or CSV.
 */

#ifndef ASSIST_FIGURE_PRIV_H
#define ASSIST_FIGURE_PRIV_H

#include "figure.h"


#define ASSIST_LEVELS_N  4              /* L1 to L4; index 0 is L1 */


/* By what services are grouped. */
typedef enum {
    ASSIST_GROUP_AGENCY = 0,
    ASSIST_GROUP_FIELD,
    ASSIST_GROUP_PROVINCE,
    ASSIST_GROUP_MAX
} assist_group_by_t;


/* What is known of a service beside its counters, as of today. */
typedef struct {
    uint32_t        row;                /* its first row that counts;
                                           ASSIST_NONE: it is not counted */
    uint32_t        groups[ASSIST_GROUP_MAX];
    uint32_t        task;               /* the one that it is under;
                                           ASSIST_NONE: none */
    int32_t         updated;            /* newest day of the rows that count;
                                           INT32_MIN: missing */
    assist_level_t  low;                /* of the rows that count */
    assist_level_t  high;
    assist_level_t  level;              /* the service's */
    unsigned        essential:1;
    unsigned        maybe_full:1;       /* unknown, perhaps full */
    unsigned        reached:4;          /* bits ASSIST_L* */
    unsigned        reached_by[ASSIST_BY_MAX];
} assist_figure_fact_t;


typedef struct {
    assist_str_t    code;               /* len 0: the name is the key */
    assist_str_t    name;
    uint32_t        first;              /* its place before sorting */
    uint32_t        services;           /* of all levels */
    uint32_t        denominator;
    uint32_t        levels[ASSIST_LEVELS_N];
} assist_figure_group_t;


typedef struct {
    assist_figure_group_t  *list;       /* sorted by code and name */
    uint32_t                n;
} assist_figure_groups_t;


/* Percentages are counted in hundredths, so that what is printed, compared
 * and subtracted is one number. */
typedef struct {
    const assist_target_t  *of;
    unsigned        people:1;           /* counted, not a share of anything */
    unsigned        measured:1;
    uint32_t        documents;          /* of the register */
    uint32_t        services;           /* of all levels */
    uint32_t        numerator;
    uint32_t        denominator;
    uint32_t        unknown;            /* maybe in the denominator, and */
    uint32_t        unknown_l2;         /* then in the numerator */
    int64_t         ratio;              /* -1: n/a */
    int64_t         ratio_min;
    int64_t         ratio_max;
    int64_t         target;             /* -1: there is none */
    int64_t         gap;                /* no meaning when the ratio is n/a */
    uint32_t        needed;
    int64_t         per_month;          /* hundredths; -1: n/a */
    const char     *status;             /* NULL: no target */
    const char     *milestones[ASSIST_MILESTONES];      /* status of each */
    uint32_t        levels[ASSIST_LEVELS_N];
    uint32_t        by[ASSIST_BY_MAX][ASSIST_LEVELS_N];

    struct {
        uint32_t    n;                  /* with a fully online service */
        uint32_t    any[ASSIST_LEVELS_N];       /* one of its services is */
        uint32_t    every[ASSIST_LEVELS_N];     /* all of them are */
    }               procedures;

    struct {
        const assist_milestone_t  *milestone;   /* NULL: there is none */
        uint32_t    months;             /* that the pace is of */
        int64_t     pace;               /* hundredths of a service a month */
        uint32_t    numerator;
        int64_t     ratio;              /* -1: n/a */
        unsigned    reached:1;
    }               forecast;
} assist_figure_measure_t;


/* A task of the file: services that it covers, and those of them at L2. */
typedef struct {
    uint32_t        services;
    uint32_t        done;
    unsigned        overdue:1;
} assist_figure_task_t;


struct assist_figure_s {
    const assist_figure_in_t  *in;      /* its own */
    assist_figure_in_t         given;

    unsigned                   stage;   /* of its making, and the place in */
    uint32_t                   at;

    assist_figure_fact_t      *facts;   /* one a service of the catalogue */
    assist_figure_groups_t     groups[ASSIST_GROUP_MAX];
    uint32_t                   unknown;         /* services, level unknown */
    unsigned                   measured:1;      /* anything was counted */

    assist_figure_task_t      *tasks;           /* one a task; NULL: none */
    uint32_t                   overdue;         /* tasks that are so */
    uint32_t                   ownerless;
    uint32_t                   undated;
    uint32_t                   unmatched;

    assist_figure_measure_t   *measures;        /* one a target */
    uint32_t                   nmeasures;
};


/* Stages: each returns 1 when it is to be called again, with f->at as it left
 * it, 0 when it is done, -1 when memory is out. */

/* The groups of all facts, one kind at a time; and then what is in them. */
int assist_figure_group(assist_figure_t *f);
int assist_figure_group_count(assist_figure_t *f);

/* The task of each fact, and so L1. */
int assist_figure_tasks(assist_figure_t *f);

/* Has it an owner and a deadline? */
static inline int
assist_figure_complete(const assist_task_t *task)
{
    return task->unit.len && task->deadline != INT32_MIN;
}

/* The roadmap as JSON. */
void assist_figure_put_roadmap(assist_buf_t *out, const assist_figure_t *f);

/* The measures from the facts, one at a time. */
int assist_figure_measure(assist_figure_t *f);

/* "fully_online_services_with_ai", "agency:H29"; the words for it. */
void assist_figure_name(const assist_figure_measure_t *m, assist_buf_t *out);
const char *assist_figure_title(const assist_figure_measure_t *m);

/* The measure of a name; NULL: there is none. */
const assist_figure_measure_t *assist_figure_find(const assist_figure_t *f,
    assist_str_t name);

/* A service's counters, or NULL. */
const assist_counters_t *assist_figure_counters(const assist_figure_in_t *in,
    uint32_t service, int last);

/* Bits ASSIST_L*; updated as in a fact. */
unsigned assist_figure_judge(const assist_figure_in_t *in, int32_t updated,
    const assist_counters_t *now, const assist_counters_t *last, int by);

/* What L3 and L4 ask of a month, one by one. */
typedef enum {
    ASSIST_RULE_L3_ANSWERED = 0,
    ASSIST_RULE_L3_DAYS,
    ASSIST_RULE_L4_INTERACTIONS,
    ASSIST_RULE_L4_ANSWERED,
    ASSIST_RULE_L4_SOURCED,
    ASSIST_RULE_L4_NEGATIVE,
    ASSIST_RULE_L4_LATENCY,
    ASSIST_RULE_MAX
} assist_rule_t;

typedef struct {
    double    value;                    /* -1: there is nothing to look at */
    unsigned  ok:1;
} assist_check_t;

assist_check_t assist_figure_check(const assist_levels_t *levels,
    const assist_counters_t *c, int by, assist_rule_t rule);

/* Is it from documents, not from traffic? */
static inline int
assist_figure_registered(const assist_figure_measure_t *m)
{
    return m->of->subset >= ASSIST_SUBSET_URBAN_AREAS
           && m->of->subset <= ASSIST_SUBSET_OPEN_DATA;
}

/* n / by, rounded; by is positive. */
static inline int64_t
assist_figure_divide(int64_t n, int64_t by)
{
    return n < 0 ? -((-n + by / 2) / by) : (n + by / 2) / by;
}

/* Hundredths of a percent; -1: of nothing. */
int64_t assist_figure_ratio(uint32_t numerator, uint32_t denominator);

/* Hundredths as "-12.34". */
void assist_figure_put_hundredths(assist_buf_t *out, int64_t n);

/* The same of a ratio, a target or a pace; where it is negative: none. */
void assist_figure_put_ratio(assist_buf_t *out, int64_t ratio,
    const char *none);

/* The gap; none where there is no ratio or no target. */
void assist_figure_put_gap(assist_buf_t *out, const assist_figure_measure_t *m,
    const char *none);

/* {"L1":..}, from the level of that index on. */
void assist_figure_put_levels(assist_buf_t *out, const uint32_t *levels,
    unsigned first);

/* A measure, an agency (a field, a province), a service of this month or of
 * the last one as JSON. */
void assist_figure_put_measure(assist_buf_t *out, const assist_figure_t *f,
    const assist_figure_measure_t *m);
void assist_figure_put_group(assist_buf_t *out,
    const assist_figure_group_t *g, assist_group_by_t by);
void assist_figure_put_service(assist_buf_t *out, const assist_figure_t *f,
    uint32_t service, int last);

/* 0.8 as 0.80, 0.875 as 0.8750. */
void assist_figure_put_share(assist_buf_t *out, double share);

/* The month of today, "2026-11". */
void assist_figure_put_period(assist_buf_t *out, const assist_figure_in_t *in);

/* A CSV cell of text that came from outside. */
void assist_figure_put_cell(assist_buf_t *out, assist_str_t s);


#endif
