/*
 * What is known of each service as of today: one pass over the rows, one over
 * the services.
 */

#include <stdlib.h>

#include "figure_priv.h"


static void read_rows(assist_figure_t *f);
static void add_row(assist_figure_fact_t *fact, const assist_row_t *row,
    uint32_t index);
static void set_level(assist_figure_fact_t *fact,
    const assist_service_t *service);
static void judge(assist_figure_t *f);
static int was_counted(const assist_counters_t *c);


int
assist_figure_sum(assist_figure_t *f, const assist_figure_in_t *in)
{
    memset(f, 0, sizeof(assist_figure_t));

    f->in = in;

    /* one more: nothing of no size is asked for */
    f->facts = calloc((size_t) in->catalog->nservices + 1,
                      sizeof(assist_figure_fact_t));

    if (f->facts == NULL) {
        return -1;
    }

    read_rows(f);
    judge(f);

    if (assist_figure_group(f) != 0 || assist_figure_tasks(f) != 0) {
        assist_figure_release(f);
        return -1;
    }

    assist_figure_group_count(f);

    if (assist_figure_measure(f) != 0) {
        assist_figure_release(f);
        return -1;
    }

    return 0;
}


void
assist_figure_release(assist_figure_t *f)
{
    unsigned  i;

    for (i = 0; i < ASSIST_GROUP_MAX; i++) {
        free(f->groups[i].list);
    }

    free(f->facts);
    free(f->tasks);
    free(f->measures);
}


static void
read_rows(assist_figure_t *f)
{
    uint32_t                 i;
    const assist_row_t      *row;
    const assist_catalog_t  *cat;

    cat = f->in->catalog;

    for (i = 0; i < cat->nservices; i++) {
        f->facts[i].row = ASSIST_NONE;
        f->facts[i].updated = INT32_MIN;
        f->facts[i].task = ASSIST_NONE;
    }

    for (i = 0; i < cat->nrows; i++) {
        row = &cat->rows[i];

        if (assist_catalog_counts(row, f->in->today)) {
            add_row(&f->facts[row->service], row, i);
        }
    }

    for (i = 0; i < cat->nservices; i++) {
        if (f->facts[i].row != ASSIST_NONE) {
            set_level(&f->facts[i], &cat->services[i]);
        }
    }
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


static void
judge(assist_figure_t *f)
{
    int                       by;
    uint32_t                  i;
    assist_figure_fact_t     *fact;
    const assist_counters_t  *now, *last;

    for (i = 0; i < f->in->catalog->nservices; i++) {
        fact = &f->facts[i];

        if (fact->row == ASSIST_NONE) {
            continue;
        }

        now = assist_figure_counters(f->in, i, 0);
        last = assist_figure_counters(f->in, i, 1);

        if (was_counted(now) || was_counted(last)) {
            f->measured = 1;
        }

        fact->reached = assist_figure_judge(f->in, fact->updated, now, last,
                                            -1);

        for (by = 0; by < ASSIST_BY_MAX; by++) {
            fact->reached_by[by] = assist_figure_judge(f->in, fact->updated,
                                                       now, last, by);
        }

        if (fact->level == ASSIST_LEVEL_UNKNOWN) {
            f->unknown++;
        }
    }
}


static int
was_counted(const assist_counters_t *c)
{
    return c && (c->views || c->shown || assist_ledger_interactions(c));
}
