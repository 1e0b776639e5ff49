/*
 * One pass over the rows, one over the services: what counts today, who has
 * reached what, by agency and in all.
 */

#include <stdlib.h>

#include "date.h"
#include "figure_priv.h"


typedef struct {
    assist_figure_t  *figure;
    uint32_t         *slots;            /* agency's index; ASSIST_NONE: free */
    uint32_t          mask;
    uint32_t          room;             /* of figure->agencies */
} agencies_t;


static void read_rows(assist_figure_t *f);
static void set_level(assist_figure_fact_t *fact,
    const assist_service_t *service);
static int sum_services(assist_figure_t *f);
static void count_service(assist_figure_t *f, uint32_t service,
    assist_figure_agency_t *agency, int *measured);
static int was_counted(const assist_counters_t *c);
static void tally(uint32_t *levels, unsigned reached);
static void finish(assist_figure_t *f, int measured);
static const char *status(const assist_figure_measure_t *m, int32_t today,
    int measured);
static int64_t per_month(uint32_t needed, int32_t today);

static int agencies_init(agencies_t *a, assist_figure_t *f);
static assist_figure_agency_t *agencies_get(agencies_t *a,
    const assist_row_t *row);
static uint32_t hash(assist_str_t s);
static int by_code(const void *one, const void *two);
static int compare(assist_str_t a, assist_str_t b);


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

    if (sum_services(f) != 0) {
        assist_figure_release(f);
        return -1;
    }

    return 0;
}


void
assist_figure_release(assist_figure_t *f)
{
    free(f->facts);
    free(f->agencies);
}


static void
read_rows(assist_figure_t *f)
{
    uint32_t                 i;
    const assist_row_t      *row;
    assist_figure_fact_t    *fact;
    const assist_catalog_t  *cat;

    cat = f->in->catalog;

    for (i = 0; i < cat->nservices; i++) {
        f->facts[i].row = ASSIST_NONE;
        f->facts[i].updated = INT32_MIN;
    }

    for (i = 0; i < cat->nrows; i++) {
        row = &cat->rows[i];

        if (!assist_catalog_counts(row, f->in->today)) {
            continue;
        }

        fact = &f->facts[row->service];

        if (fact->row == ASSIST_NONE) {
            fact->row = i;
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
    }

    for (i = 0; i < cat->nservices; i++) {
        if (f->facts[i].row != ASSIST_NONE) {
            set_level(&f->facts[i], &cat->services[i]);
        }
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
sum_services(assist_figure_t *f)
{
    int                      measured;
    uint32_t                 i;
    agencies_t               agencies;
    const assist_catalog_t  *cat;
    assist_figure_agency_t  *agency;

    cat = f->in->catalog;
    measured = 0;

    if (agencies_init(&agencies, f) != 0) {
        return -1;
    }

    for (i = 0; i < cat->nservices; i++) {
        if (f->facts[i].row == ASSIST_NONE) {
            continue;
        }

        agency = agencies_get(&agencies, &cat->rows[f->facts[i].row]);

        if (agency == NULL) {
            free(agencies.slots);
            return -1;
        }

        count_service(f, i, agency, &measured);
    }

    free(agencies.slots);

    if (f->nagencies) {
        qsort(f->agencies, f->nagencies, sizeof(assist_figure_agency_t),
              by_code);
    }

    finish(f, measured);

    return 0;
}


static void
count_service(assist_figure_t *f, uint32_t service,
    assist_figure_agency_t *agency, int *measured)
{
    unsigned                  by;
    assist_figure_fact_t     *fact;
    assist_figure_measure_t  *m;
    const assist_counters_t  *now, *last;

    m = &f->measures[0];
    fact = &f->facts[service];

    now = assist_figure_counters(f->in, service, 0);
    last = assist_figure_counters(f->in, service, 1);

    if (was_counted(now) || was_counted(last)) {
        *measured = 1;
    }

    fact->reached = assist_figure_judge(f->in, fact->updated, now, last, -1);
    agency->services++;

    if (fact->level == ASSIST_LEVEL_UNKNOWN) {
        f->unknown++;
        m->denominator_max += fact->maybe_full;
        return;
    }

    if (fact->level != ASSIST_LEVEL_FULL) {
        return;
    }

    agency->denominator++;
    tally(agency->levels, fact->reached);

    m->denominator++;
    tally(m->levels, fact->reached);

    for (by = 0; by < ASSIST_BY_MAX; by++) {
        tally(m->by[by], assist_figure_judge(f->in, fact->updated, now, last,
                                             (int) by));
    }
}


static int
was_counted(const assist_counters_t *c)
{
    return c && (c->views || c->shown || assist_ledger_interactions(c));
}


static void
tally(uint32_t *levels, unsigned reached)
{
    unsigned  i;

    for (i = 0; i < ASSIST_LEVELS_N; i++) {
        levels[i] += reached >> i & 1;
    }
}


static void
finish(assist_figure_t *f, int measured)
{
    int32_t                   today;
    uint64_t                  goal;
    assist_figure_measure_t  *m;

    today = f->in->today;
    m = &f->measures[0];

    m->name = "fully_online_services_with_ai";
    m->title = "Fully online public services that apply AI to support "
               "citizens and businesses";

    /* the official numerator is L2, see the method */
    m->numerator = m->levels[1];

    m->denominator_min = m->denominator;
    m->denominator_max += m->denominator;

    m->ratio = assist_figure_ratio(m->numerator, m->denominator);
    m->target = (int64_t) (assist_figure_target(today) * 100 + 0.5);
    m->gap = m->target - m->ratio;

    /* whole numbers, from the target as it is printed: whoever recomputes it
     * from the document gets the same */

    goal = ((uint64_t) m->target * m->denominator + 9999) / 10000;

    m->needed = goal > m->numerator ? (uint32_t) (goal - m->numerator) : 0;
    m->per_month = m->denominator
                   ? per_month(m->denominator - m->numerator, today) : -1;

    m->status = status(m, today, measured);
}


static const char *
status(const assist_figure_measure_t *m, int32_t today, int measured)
{
    if (m->denominator == 0 || !measured) {
        return "not_measured";
    }

    if (m->numerator == m->denominator) {
        return "met";
    }

    if (today > assist_date_days(2030, 12, 31)) {
        return "missed";
    }

    /* none needed: the ratio is not below the target */

    return m->needed == 0 ? "on_track" : "behind";
}


/*
 * In hundredths of a service.  Whole months until 2030-12-31; within the last
 * one all is still needed in it; after it there is no month to do it in.
 */

static int64_t
per_month(uint32_t needed, int32_t today)
{
    int      year, month, day;
    int64_t  left;

    if (needed == 0) {
        return 0;
    }

    if (today > assist_date_days(2030, 12, 31)) {
        return -1;
    }

    /* the goal is the 31st, so the day of the month never takes one off */

    assist_date_civil(today, &year, &month, &day);
    left = (2030 - year) * 12 + (12 - month);
    left = left < 1 ? 1 : left;

    return ((int64_t) needed * 100 + left / 2) / left;
}


/* Agencies are found by code; one that has no code, by its name. */

static int
agencies_init(agencies_t *a, assist_figure_t *f)
{
    size_t  size;

    a->figure = f;
    a->room = 0;

    /* at most half full, were every service of another agency */

    for (size = 16; size < (size_t) f->in->catalog->nservices * 2; size *= 2) {
        /* void */
    }

    a->mask = (uint32_t) (size - 1);
    a->slots = malloc(size * sizeof(uint32_t));

    if (a->slots == NULL) {
        return -1;
    }

    memset(a->slots, 0xff, size * sizeof(uint32_t));

    return 0;
}


static assist_figure_agency_t *
agencies_get(agencies_t *a, const assist_row_t *row)
{
    void                    *p;
    uint32_t                 i, n;
    assist_str_t             key;
    assist_figure_t         *f;
    assist_figure_agency_t  *agency;

    f = a->figure;
    key = row->agency_code.len ? row->agency_code : row->agency;

    for (i = hash(key) & a->mask; /* void */ ; i = (i + 1) & a->mask) {

        n = a->slots[i];

        if (n == ASSIST_NONE) {
            break;
        }

        agency = &f->agencies[n];

        if (assist_str_eq(agency->code, row->agency_code)
            && (row->agency_code.len
                || assist_str_eq(agency->name, row->agency)))
        {
            return agency;
        }
    }

    if (f->nagencies == a->room) {
        n = a->room ? a->room * 2 : 64;

        p = realloc(f->agencies, (size_t) n * sizeof(assist_figure_agency_t));
        if (p == NULL) {
            return NULL;
        }

        f->agencies = p;
        a->room = n;
    }

    a->slots[i] = f->nagencies;
    agency = &f->agencies[f->nagencies++];

    memset(agency, 0, sizeof(assist_figure_agency_t));
    agency->code = row->agency_code;
    agency->name = row->agency;

    return agency;
}


/* FNV-1a */

static uint32_t
hash(assist_str_t s)
{
    size_t    i;
    uint32_t  h;

    h = 2166136261u;

    for (i = 0; i < s.len; i++) {
        h = (h ^ (unsigned char) s.data[i]) * 16777619u;
    }

    return h;
}


static int
by_code(const void *one, const void *two)
{
    int                            rc;
    const assist_figure_agency_t  *a, *b;

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
