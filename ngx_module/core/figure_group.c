/*
 * Services by agency, by field and by province.
 */

#include <stdlib.h>

#include "figure_priv.h"
#include "table.h"


static int group_by(assist_figure_t *f, assist_group_by_t by);
static void key_of(const assist_row_t *row, assist_group_by_t by,
    assist_str_t *code, assist_str_t *name);
static uint32_t more(assist_figure_groups_t *groups, uint32_t *room,
    assist_str_t code, assist_str_t name);
static int sort(assist_figure_t *f, assist_group_by_t by);
static int by_code(const void *one, const void *two);
static int compare(assist_str_t a, assist_str_t b);


int
assist_figure_group(assist_figure_t *f)
{
    if (group_by(f, (assist_group_by_t) f->at) != 0) {
        return -1;
    }

    return ++f->at < ASSIST_GROUP_MAX;
}


int
assist_figure_group_count(assist_figure_t *f)
{
    uint32_t                     i, by, level;
    assist_figure_group_t       *group;
    const assist_figure_fact_t  *fact;

    for (i = 0; i < f->in->catalog->nservices; i++) {
        fact = &f->facts[i];

        if (fact->row == ASSIST_NONE) {
            continue;
        }

        for (by = 0; by < ASSIST_GROUP_MAX; by++) {
            group = &f->groups[by].list[fact->groups[by]];
            group->services++;

            if (fact->level != ASSIST_LEVEL_FULL) {
                continue;
            }

            group->denominator++;

            for (level = 0; level < ASSIST_LEVELS_N; level++) {
                group->levels[level] += fact->reached >> level & 1;
            }
        }
    }

    return 0;
}


/* Groups are found by code; one that has no code, by its name. */

static int
group_by(assist_figure_t *f, assist_group_by_t by)
{
    int                      failed;
    uint32_t                 i, k, room;
    assist_str_t             code, name, key;
    assist_table_t           table = ASSIST_TABLE_INIT;
    assist_figure_fact_t    *fact;
    assist_figure_groups_t  *groups;

    groups = &f->groups[by];
    failed = 0;
    room = 0;

    for (i = 0; i < f->in->catalog->nservices && !failed; i++) {
        fact = &f->facts[i];

        if (fact->row == ASSIST_NONE) {
            continue;
        }

        key_of(&f->in->catalog->rows[fact->row], by, &code, &name);
        key = code.len ? code : name;
        k = assist_table_get(&table, code.len != 0, key);

        if (k == ASSIST_TABLE_NONE) {
            k = more(groups, &room, code, name);
            failed = k == ASSIST_NONE
                     || assist_table_put(&table, code.len != 0, key, k) != 0;

            if (failed) {
                break;
            }
        }

        fact->groups[by] = k;
    }

    assist_table_free(&table);

    return failed ? -1 : sort(f, by);
}


static void
key_of(const assist_row_t *row, assist_group_by_t by, assist_str_t *code,
    assist_str_t *name)
{
    *code = by == ASSIST_GROUP_AGENCY ? row->agency_code : assist_str("");

    *name = by == ASSIST_GROUP_AGENCY ? row->agency
            : by == ASSIST_GROUP_FIELD ? row->field
            : row->province;
}


static uint32_t
more(assist_figure_groups_t *groups, uint32_t *room, assist_str_t code,
    assist_str_t name)
{
    void                   *p;
    uint32_t                n;
    assist_figure_group_t  *group;

    if (groups->n == *room) {
        n = *room ? *room * 2 : 64;

        p = realloc(groups->list, (size_t) n * sizeof(assist_figure_group_t));
        if (p == NULL) {
            return ASSIST_NONE;
        }

        groups->list = p;
        *room = n;
    }

    group = &groups->list[groups->n];

    memset(group, 0, sizeof(assist_figure_group_t));
    group->code = code;
    group->name = name;
    group->first = groups->n;

    return groups->n++;
}


/* The facts follow their groups to where they are sorted. */

static int
sort(assist_figure_t *f, assist_group_by_t by)
{
    uint32_t                 i, *place;
    assist_figure_groups_t  *groups;

    groups = &f->groups[by];

    if (groups->n == 0) {
        return 0;
    }

    place = malloc(groups->n * sizeof(uint32_t));
    if (place == NULL) {
        return -1;
    }

    qsort(groups->list, groups->n, sizeof(assist_figure_group_t), by_code);

    for (i = 0; i < groups->n; i++) {
        place[groups->list[i].first] = i;
    }

    for (i = 0; i < f->in->catalog->nservices; i++) {
        if (f->facts[i].row != ASSIST_NONE) {
            f->facts[i].groups[by] = place[f->facts[i].groups[by]];
        }
    }

    free(place);

    /* a catalogue without the column has one group, of no name */

    if (by != ASSIST_GROUP_AGENCY && groups->n == 1
        && groups->list[0].name.len == 0)
    {
        groups->n = 0;
    }

    return 0;
}


static int
by_code(const void *one, const void *two)
{
    int                           rc;
    const assist_figure_group_t  *a, *b;

    a = one;
    b = two;
    rc = compare(a->code, b->code);

    return rc ? rc : compare(a->name, b->name);
}


static int
compare(assist_str_t a, assist_str_t b)
{
    int     rc;
    size_t  n;

    n = a.len < b.len ? a.len : b.len;
    rc = n ? memcmp(a.data, b.data, n) : 0;

    return rc ? rc : (a.len > b.len) - (a.len < b.len);
}
