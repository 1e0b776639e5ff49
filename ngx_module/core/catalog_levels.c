/*
 * The level of each service, from its rows.
 */

#include "catalog_priv.h"

#include <stdlib.h>

#include "catalog_row.h"


/* The rows of one code, agency and case that are valid together. */
typedef struct {
    assist_str_t     name;
    uint32_t         service;
    unsigned         seen;              /* bits: levels; 0: no row yet */
    assist_level_t   min;
    assist_level_t   max;
    int32_t          from;
    int32_t          to;
} case_t;


static void start_case(case_t *c, const assist_row_t *row);
static void merge_row(assist_catalog_t *cat, const assist_row_t *row,
    case_t *c);


/*
 * A service's level is the highest of its cases.  A case whose rows disagree
 * lies between two levels, and so does its service, unless another case is at
 * the upper one.  Rows that are not published have no say beside published
 * ones.
 */

int
assist_catalog_levels(assist_catalog_t *cat)
{
    int                rc;
    void              *list;
    case_t            *cases;
    uint32_t           i, k, n, nalloc;
    assist_row_t      *row;
    assist_table_t     table = ASSIST_TABLE_INIT;
    assist_service_t  *service;

    rc = -1;

    /* most services have one case: each has a place for its first */

    n = cat->nservices;
    nalloc = n;

    cases = calloc(n, sizeof(case_t));
    if (cases == NULL) {
        return -1;
    }

    for (i = 0; i < cat->nrows; i++) {
        row = &cat->rows[i];
        k = row->service;

        if (assist_catalog_better(cat, cat->services[k].row, i)) {
            continue;
        }

        if (cases[k].seen == 0) {
            start_case(&cases[k], row);
            continue;
        }

        if (!assist_str_eq(cases[k].name, row->case_name)) {
            k = assist_table_get(&table, row->service, row->case_name);
        }

        if (k != ASSIST_TABLE_NONE) {
            merge_row(cat, row, &cases[k]);
            continue;
        }

        list = assist_catalog_more(cases, n, &nalloc, sizeof(case_t));
        if (list == NULL) {
            goto done;
        }

        cases = list;

        if (assist_table_put(&table, row->service, row->case_name, n) != 0) {
            goto done;
        }

        start_case(&cases[n++], row);
    }

    for (i = 0; i < n; i++) {
        service = &cat->services[cases[i].service];

        if (service->level_min < cases[i].min) {
            service->level_min = cases[i].min;
        }

        if (service->level_max < cases[i].max) {
            service->level_max = cases[i].max;
        }
    }

    for (i = 0; i < cat->nservices; i++) {
        service = &cat->services[i];

        service->level = service->level_min == service->level_max
                         ? service->level_max : ASSIST_LEVEL_UNKNOWN;
    }

    rc = 0;

done:

    assist_table_free(&table);
    free(cases);

    return rc;
}


static void
start_case(case_t *c, const assist_row_t *row)
{
    c->name = row->case_name;
    c->service = row->service;
    c->seen = 1u << row->level;
    c->min = row->level;
    c->max = row->level;
    c->from = row->valid_from;
    c->to = row->valid_to;
}


/* Rows that are never valid together do not disagree: the later one holds. */

static void
merge_row(assist_catalog_t *cat, const assist_row_t *row, case_t *c)
{
    if (row->valid_to < c->from) {
        return;
    }

    if (row->valid_from > c->to) {
        start_case(c, row);
        return;
    }

    assist_row_odd(cat, c->seen & (1u << row->level) ? ASSIST_ODD_REPEATED
                                                     : ASSIST_ODD_LEVELS,
                   row->line);

    c->seen |= 1u << row->level;
    c->min = row->level < c->min ? row->level : c->min;
    c->max = row->level > c->max ? row->level : c->max;
    c->from = row->valid_from < c->from ? row->valid_from : c->from;
    c->to = row->valid_to > c->to ? row->valid_to : c->to;
}


void *
assist_catalog_more(void *list, uint32_t n, uint32_t *nalloc, size_t size)
{
    if (n < *nalloc) {
        return list;
    }

    list = realloc(list, (size_t) (n ? n * 2 : 64) * size);

    if (list != NULL) {
        *nalloc = n ? n * 2 : 64;
    }

    return list;
}


int
assist_catalog_better(const assist_catalog_t *cat, uint32_t row, uint32_t than)
{
    return cat->rows[row].state == ASSIST_STATE_PUBLISHED
           && cat->rows[than].state != ASSIST_STATE_PUBLISHED;
}
