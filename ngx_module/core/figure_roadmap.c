/*
 * The roadmap in JSON: tasks that are overdue or nobody's, and which services
 * come next.
 */

#include "date.h"
#include "figure_priv.h"


#define LIST_MAX  20                    /* entries of each list */

#define lit(out, text)  assist_buf_add(out, text, sizeof(text) - 1)


/* A fully online service without AI. */
typedef struct {
    uint32_t       service;
    unsigned       essential:1;
    uint64_t       views;               /* of this month and the last */
    uint64_t       interactions;
} next_t;


/* All of these, and the first ones. */
typedef struct {
    uint32_t       n;
    uint32_t       unplanned;
    uint32_t       nfirst;
    next_t         first[LIST_MAX];
} remaining_t;


static void put_tasks(assist_buf_t *out, const assist_figure_t *f,
    int overdue);
static void put_task(assist_buf_t *out, const assist_task_t *task);
static void put_day(assist_buf_t *out, int32_t day);
static remaining_t remaining(const assist_figure_t *f);
static void keep(remaining_t *left, const next_t *next);
static int by_need(const next_t *a, const next_t *b);
static void put_next(assist_buf_t *out, const assist_figure_t *f,
    const next_t *next);


void
assist_figure_put_roadmap(assist_buf_t *out, const assist_figure_t *f)
{
    uint32_t     i;
    remaining_t  left;

    left = remaining(f);

    assist_buf_printf(out, "{\"tasks\":%u,\"declared\":%u,\"overdue\":%u,"
                      "\"ownerless\":%u,\"undated\":%u,\"unmatched\":%u,"
                      "\"remaining\":%u,\"unplanned\":%u,"
                      "\"overdue_tasks\":[",
                      f->in->rules.tasks ? f->in->rules.tasks->n : 0,
                      f->measures[ASSIST_SUBSET_SERVICES].levels[0],
                      f->overdue, f->ownerless, f->undated, f->unmatched,
                      left.n, left.unplanned);
    put_tasks(out, f, 1);
    lit(out, "],\"ownerless_tasks\":[");
    put_tasks(out, f, 0);
    lit(out, "],\"next\":[");

    for (i = 0; i < left.nfirst; i++) {
        assist_buf_puts(out, i ? "," : "");
        put_next(out, f, &left.first[i]);
    }

    lit(out, "]}");
}


/* The first ones of those that are overdue, or else nobody's. */

static void
put_tasks(assist_buf_t *out, const assist_figure_t *f, int overdue)
{
    uint32_t               i, n;
    const assist_task_t   *task;
    const assist_tasks_t  *tasks;

    tasks = f->in->rules.tasks;

    for (n = 0, i = 0; tasks && i < tasks->n && n < LIST_MAX; i++) {
        task = &tasks->list[i];

        if (overdue ? !f->tasks[i].overdue : task->unit.len != 0) {
            continue;
        }

        assist_buf_printf(out, "%s{\"line\":%u,\"code\":", n++ ? "," : "",
                          task->line);
        assist_buf_json(out, task->code);
        lit(out, ",\"agency_code\":");
        assist_buf_json(out, task->agency);
        put_task(out, task);
        assist_buf_printf(out, ",\"services\":%u,\"done\":%u}",
                          f->tasks[i].services, f->tasks[i].done);
    }
}


static void
put_task(assist_buf_t *out, const assist_task_t *task)
{
    if (task == NULL) {
        lit(out, ",\"task\":null,\"unit\":null,\"deadline\":null");
        return;
    }

    lit(out, ",\"task\":");
    assist_buf_json(out, task->text);
    lit(out, ",\"unit\":");
    assist_buf_json(out, task->unit);
    lit(out, ",\"deadline\":");
    put_day(out, task->deadline);
}


static void
put_day(assist_buf_t *out, int32_t day)
{
    char  date[11];

    if (day == INT32_MIN) {
        lit(out, "null");
        return;
    }

    assist_date_format(day, date);
    assist_buf_printf(out, "\"%s\"", date);
}


/* Those of the denominator that are not at L2, what matters most first. */

static remaining_t
remaining(const assist_figure_t *f)
{
    int                          month;
    next_t                       next;
    uint32_t                     i;
    remaining_t                  left;
    const assist_counters_t     *c;
    const assist_figure_fact_t  *fact;

    memset(&left, 0, sizeof(remaining_t));

    for (i = 0; i < f->in->catalog->nservices; i++) {
        fact = &f->facts[i];

        if (fact->row == ASSIST_NONE || fact->level != ASSIST_LEVEL_FULL
            || (fact->reached & ASSIST_L2))
        {
            continue;
        }

        left.n++;
        left.unplanned += fact->task == ASSIST_NONE;

        memset(&next, 0, sizeof(next_t));
        next.service = i;
        next.essential = fact->essential;

        for (month = 0; month < 2; month++) {
            c = assist_figure_counters(f->in, i, month);

            if (c != NULL) {
                next.views += c->views;
                next.interactions += assist_ledger_interactions(c);
            }
        }

        keep(&left, &next);
    }

    return left;
}


static void
keep(remaining_t *left, const next_t *next)
{
    uint32_t  i;

    if (left->nfirst == LIST_MAX
        && by_need(next, &left->first[LIST_MAX - 1]) > 0)
    {
        return;
    }

    left->nfirst += left->nfirst < LIST_MAX;

    for (i = left->nfirst - 1; i && by_need(next, &left->first[i - 1]) < 0;
         i--)
    {
        left->first[i] = left->first[i - 1];
    }

    left->first[i] = *next;
}


static int
by_need(const next_t *a, const next_t *b)
{
    uint64_t  of_a, of_b;

    if (a->essential != b->essential) {
        return a->essential ? -1 : 1;
    }

    of_a = a->views + a->interactions;
    of_b = b->views + b->interactions;

    if (of_a != of_b) {
        return of_a > of_b ? -1 : 1;
    }

    return a->service < b->service ? -1 : 1;
}


static void
put_next(assist_buf_t *out, const assist_figure_t *f, const next_t *next)
{
    const assist_row_t          *row;
    const assist_task_t         *task;
    const assist_figure_fact_t  *fact;

    fact = &f->facts[next->service];
    row = &f->in->catalog->rows[fact->row];
    task = fact->task == ASSIST_NONE ? NULL
                                     : &f->in->rules.tasks->list[fact->task];

    lit(out, "{\"code\":");
    assist_buf_json(out, row->code);
    lit(out, ",\"name\":");
    assist_buf_json(out, row->name);
    lit(out, ",\"agency_code\":");
    assist_buf_json(out, row->agency_code);
    lit(out, ",\"agency\":");
    assist_buf_json(out, row->agency);
    assist_buf_printf(out, ",\"essential\":%s,\"views\":",
                      next->essential ? "true" : "false");

    if (f->in->no_views) {
        lit(out, "null");

    } else {
        assist_buf_uint(out, next->views);
    }

    lit(out, ",\"interactions\":");
    assist_buf_uint(out, next->interactions);
    lit(out, ",\"updated\":");
    put_day(out, fact->updated);
    put_task(out, task);
    lit(out, "}");
}
