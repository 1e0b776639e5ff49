/*
 * Tasks joined with the evidence: which task a service is under, and how far
 * each task is.
 */

#include <stdlib.h>

#include "figure_priv.h"
#include "table.h"


/* What a task can be of, by index; and how far that is. */
typedef struct {
    uint32_t   best;                /* task; ASSIST_NONE: there is none */
    uint32_t   services;            /* fully online */
    uint32_t   done;                /* of these, at L2 */
    unsigned   known:1;
} scope_t;


typedef struct {
    assist_figure_t  *figure;
    scope_t          *services;
    scope_t          *procedures;
    scope_t          *agencies;
    assist_table_t    codes;        /* of agencies */
} join_t;


static int join_init(join_t *join, assist_figure_t *f);
static int name_agencies(join_t *join);
static void join_free(join_t *join);
static void count(join_t *join);
static void judge(join_t *join, uint32_t index);
static scope_t *scope_of(join_t *join, const assist_task_t *task);
static int better(const assist_tasks_t *tasks, uint32_t task, uint32_t than);
static uint32_t choose(const join_t *join, uint32_t service);


int
assist_figure_tasks(assist_figure_t *f)
{
    join_t                 join;
    uint32_t               i;
    assist_figure_fact_t  *fact;
    const assist_tasks_t  *tasks;

    tasks = f->in->rules.tasks;

    if (tasks == NULL || tasks->n == 0) {
        return 0;
    }

    f->tasks = calloc(tasks->n, sizeof(assist_figure_task_t));

    if (f->tasks == NULL || join_init(&join, f) != 0) {
        return -1;
    }

    count(&join);

    for (i = 0; i < tasks->n; i++) {
        judge(&join, i);
    }

    for (i = 0; i < f->in->catalog->nservices; i++) {
        fact = &f->facts[i];

        if (fact->row == ASSIST_NONE) {
            continue;
        }

        fact->task = choose(&join, i);

        if (fact->task != ASSIST_NONE
            && assist_figure_complete(&tasks->list[fact->task]))
        {
            fact->reached |= ASSIST_L1;
        }
    }

    join_free(&join);

    return 0;
}


static int
join_init(join_t *join, assist_figure_t *f)
{
    uint32_t                 i, n;
    const assist_catalog_t  *cat;

    cat = f->in->catalog;
    n = cat->nservices + cat->nprocedures + f->groups[ASSIST_GROUP_AGENCY].n;

    memset(join, 0, sizeof(join_t));

    join->figure = f;
    join->services = calloc((size_t) n + 1, sizeof(scope_t));

    if (join->services == NULL) {
        return -1;
    }

    join->procedures = join->services + cat->nservices;
    join->agencies = join->procedures + cat->nprocedures;

    for (i = 0; i < n; i++) {
        join->services[i].best = ASSIST_NONE;
    }

    if (name_agencies(join) != 0) {
        join_free(join);
        return -1;
    }

    return 0;
}


static int
name_agencies(join_t *join)
{
    uint32_t                       i;
    assist_str_t                   key;
    const assist_figure_groups_t  *groups;

    groups = &join->figure->groups[ASSIST_GROUP_AGENCY];

    for (i = 0; i < groups->n; i++) {
        key = groups->list[i].code.len ? groups->list[i].code
                                       : groups->list[i].name;

        if (key.len && assist_table_put(&join->codes, 0, key, i) != 0) {
            return -1;
        }
    }

    return 0;
}


static void
join_free(join_t *join)
{
    assist_table_free(&join->codes);
    free(join->services);
}


/* A task of one service is of it whatever its level; one of several is about
 * those that are fully online. */

static void
count(join_t *join)
{
    uint32_t                     i, k, done;
    scope_t                     *scopes[2];
    const assist_figure_t       *f;
    const assist_figure_fact_t  *fact;

    f = join->figure;

    for (i = 0; i < f->in->catalog->nservices; i++) {
        fact = &f->facts[i];

        if (fact->row == ASSIST_NONE) {
            continue;
        }

        done = (fact->reached & ASSIST_L2) != 0;

        join->services[i].known = 1;
        join->services[i].services = 1;
        join->services[i].done = done;

        scopes[0] = &join->procedures[f->in->catalog->services[i].procedure];
        scopes[1] = &join->agencies[fact->groups[ASSIST_GROUP_AGENCY]];

        for (k = 0; k < 2; k++) {
            scopes[k]->known = 1;

            if (fact->level == ASSIST_LEVEL_FULL) {
                scopes[k]->services++;
                scopes[k]->done += done;
            }
        }
    }
}


static void
judge(join_t *join, uint32_t index)
{
    scope_t               *scope;
    assist_figure_t       *f;
    const assist_task_t   *task;
    assist_figure_task_t  *state;

    f = join->figure;
    task = &f->in->rules.tasks->list[index];
    state = &f->tasks[index];
    scope = scope_of(join, task);

    f->ownerless += task->unit.len == 0;
    f->undated += task->deadline == INT32_MIN;

    if (scope == NULL || !scope->known) {
        f->unmatched++;
        return;
    }

    state->services = scope->services;
    state->done = scope->done;
    state->overdue = task->deadline != INT32_MIN
                     && task->deadline < f->in->today
                     && scope->done < scope->services;

    f->overdue += state->overdue;

    if (better(f->in->rules.tasks, index, scope->best)) {
        scope->best = index;
    }
}


/* NULL: the catalogue does not have it. */

static scope_t *
scope_of(join_t *join, const assist_task_t *task)
{
    uint32_t                 i;
    const assist_catalog_t  *cat;

    cat = join->figure->in->catalog;

    if (task->code.len == 0) {
        i = assist_table_get(&join->codes, 0, task->agency);
        return i == ASSIST_TABLE_NONE ? NULL : &join->agencies[i];
    }

    if (task->agency.len) {
        i = assist_catalog_find(cat, task->code, task->agency);
        return i == ASSIST_NONE ? NULL : &join->services[i];
    }

    i = assist_catalog_procedure(cat, task->code);

    return i == ASSIST_NONE ? NULL : &join->procedures[i];
}


/* One with an owner and a deadline is better, then the earlier deadline. */

static int
better(const assist_tasks_t *tasks, uint32_t task, uint32_t than)
{
    int                   complete;
    const assist_task_t  *a, *b;

    if (than == ASSIST_NONE) {
        return 1;
    }

    a = &tasks->list[task];
    b = &tasks->list[than];
    complete = assist_figure_complete(a);

    if (complete != assist_figure_complete(b)) {
        return complete;
    }

    return a->deadline != INT32_MIN
           && (b->deadline == INT32_MIN || a->deadline < b->deadline);
}


/* The service's own task, else its procedure's, else its agency's; but one
 * with an owner and a deadline before any without. */

static uint32_t
choose(const join_t *join, uint32_t service)
{
    uint32_t                i, best, tasks[3];
    const assist_figure_t  *f;

    f = join->figure;
    best = ASSIST_NONE;

    tasks[0] = join->services[service].best;
    tasks[1] = join->procedures[f->in->catalog->services[service].procedure]
                   .best;
    tasks[2] = join->agencies[f->facts[service].groups[ASSIST_GROUP_AGENCY]]
                   .best;

    for (i = 0; i < 3; i++) {
        if (tasks[i] == ASSIST_NONE) {
            continue;
        }

        if (assist_figure_complete(&f->in->rules.tasks->list[tasks[i]])) {
            return tasks[i];
        }

        if (best == ASSIST_NONE) {
            best = tasks[i];
        }
    }

    return best;
}
