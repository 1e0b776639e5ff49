/*
 * The sums, stage by stage.  What is known of each service as of today comes
 * first: one pass over the rows, one over the services.
 */

#include <stdlib.h>

#include "figure_priv.h"


static int read_rows(assist_figure_t *f);
static void add_row(assist_figure_fact_t *fact, const assist_row_t *row,
    uint32_t index);
static int judge(assist_figure_t *f);
static void judge_one(assist_figure_t *f, uint32_t service);
static void set_level(assist_figure_fact_t *fact,
    const assist_service_t *service);
static int was_counted(const assist_counters_t *c);


static int (*const  stages[])(assist_figure_t *f) = {
    read_rows,
    judge,
    assist_figure_group,
    assist_figure_tasks,
    assist_figure_group_count,
    assist_figure_measure
};

#define NSTAGES  (sizeof(stages) / sizeof(stages[0]))


assist_figure_t *
assist_figure_begin(const assist_figure_in_t *in)
{
    uint32_t          i, n;
    assist_figure_t  *f;

    f = calloc(1, sizeof(assist_figure_t));
    if (f == NULL) {
        return NULL;
    }

    f->given = *in;
    f->in = &f->given;

    n = in->catalog->nservices;

    /* one more: nothing of no size is asked for */
    f->facts = calloc((size_t) n + 1, sizeof(assist_figure_fact_t));

    if (f->facts == NULL) {
        free(f);
        return NULL;
    }

    for (i = 0; i < n; i++) {
        f->facts[i].row = ASSIST_NONE;
        f->facts[i].updated = INT32_MIN;
        f->facts[i].task = ASSIST_NONE;
    }

    return f;
}


int
assist_figure_step(assist_figure_t *f)
{
    int  rc;

    rc = stages[f->stage](f);

    if (rc == 0) {
        f->at = 0;
        rc = ++f->stage < NSTAGES;
    }

    return rc;
}


assist_figure_t *
assist_figure_create(const assist_figure_in_t *in)
{
    int               rc;
    assist_figure_t  *f;

    f = assist_figure_begin(in);

    if (f == NULL) {
        return NULL;
    }

    while ((rc = assist_figure_step(f)) == 1) { /* void */ }

    if (rc != 0) {
        assist_figure_free(f);
        return NULL;
    }

    return f;
}


void
assist_figure_free(assist_figure_t *f)
{
    unsigned  i;

    if (f == NULL) {
        return;
    }

    for (i = 0; i < ASSIST_GROUP_MAX; i++) {
        free(f->groups[i].list);
    }

    free(f->facts);
    free(f->tasks);
    free(f->measures);
    free(f);
}


int32_t
assist_figure_day(const assist_figure_t *f)
{
    return f->in->today;
}


static int
read_rows(assist_figure_t *f)
{
    uint32_t                 end;
    const assist_row_t      *row;
    const assist_catalog_t  *cat;

    cat = f->in->catalog;
    end = f->at + ASSIST_FIGURE_SLICE;

    for ( ; f->at < cat->nrows && f->at < end; f->at++) {
        row = &cat->rows[f->at];

        if (assist_catalog_counts(row, f->in->today)) {
            add_row(&f->facts[row->service], row, f->at);
        }
    }

    return f->at < cat->nrows;
}


static void
add_row(assist_figure_fact_t *fact, const assist_row_t *row, uint32_t index)
{
    if (fact->row == ASSIST_NONE) {
        fact->row = index;
        fact->low = row->level;
        fact->high = row->level;
    }

    if (row->level < fact->low) {
        fact->low = row->level;
    }

    if (row->level > fact->high) {
        fact->high = row->level;
    }

    if (row->updated_day > fact->updated) {
        fact->updated = row->updated_day;
    }

    if (row->essential) {
        fact->essential = 1;
    }
}


static int
judge(assist_figure_t *f)
{
    uint32_t  n, end;

    n = f->in->catalog->nservices;
    end = f->at + ASSIST_FIGURE_SLICE;

    for ( ; f->at < n && f->at < end; f->at++) {
        if (f->facts[f->at].row != ASSIST_NONE) {
            judge_one(f, f->at);
        }
    }

    return f->at < n;
}


static void
judge_one(assist_figure_t *f, uint32_t service)
{
    int                       by;
    assist_figure_fact_t     *fact;
    const assist_counters_t  *now, *last;

    fact = &f->facts[service];
    set_level(fact, &f->in->catalog->services[service]);

    now = assist_figure_counters(f->in, service, 0);
    last = assist_figure_counters(f->in, service, 1);

    if (was_counted(now) || was_counted(last)) {
        f->measured = 1;
    }

    fact->reached = assist_figure_judge(f->in, fact->updated, now, last, -1);

    for (by = 0; by < ASSIST_BY_MAX; by++) {
        fact->reached_by[by] = assist_figure_judge(f->in, fact->updated, now,
                                                   last, by);
    }

    if (fact->level == ASSIST_LEVEL_UNKNOWN) {
        f->unknown++;
    }
}


/*
 * The catalogue gives a service's level over all its rows; a figure is of
 * today, so a row that is no longer, or not yet, valid has no say in it.
 */

static void
set_level(assist_figure_fact_t *fact, const assist_service_t *service)
{
    fact->level = fact->high;

    if (fact->low == fact->high && fact->low != ASSIST_LEVEL_UNKNOWN) {
        return;
    }

    if (service->level != ASSIST_LEVEL_UNKNOWN) {
        /* different cases: the highest */
        return;
    }

    if (fact->high == ASSIST_LEVEL_FULL
        && service->level_min == ASSIST_LEVEL_FULL)
    {
        /* another case is full without doubt */
        return;
    }

    fact->level = ASSIST_LEVEL_UNKNOWN;
    fact->maybe_full = service->level_max == ASSIST_LEVEL_FULL
                       && (fact->high == ASSIST_LEVEL_FULL
                           || fact->low == ASSIST_LEVEL_UNKNOWN);
}


static int
was_counted(const assist_counters_t *c)
{
    return c && (c->views || c->shown || assist_ledger_interactions(c));
}
