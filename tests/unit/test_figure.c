/*
 * The figure, against cases counted by hand.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "date.h"
#include "figure.h"


#define MAX  64

#define ncases(a)  (sizeof(a) / sizeof(a[0]))


/* Decision 699 */
static assist_targets_t  *decision;


static int
setup(void **state)
{
    (void) state;

    decision = assist_targets_create(assist_str(""), NULL);

    return decision ? 0 : -1;
}


static int
teardown(void **state)
{
    (void) state;

    assist_targets_free(decision);

    return 0;
}


/* A catalogue that is filled by hand, one row after the other. */
typedef struct {
    assist_catalog_t     cat;
    assist_row_t         rows[MAX];
    assist_service_t     services[MAX];
    assist_counters_t    now[MAX];
    assist_counters_t    last[MAX];
    assist_levels_t      levels;
    assist_figure_in_t   in;
} world_t;


static const assist_counters_t *
counters(void *data, uint32_t service, int last)
{
    world_t  *w;

    w = data;

    return last ? &w->last[service] : &w->now[service];
}


static void
world_init(world_t *w)
{
    memset(w, 0, sizeof(world_t));

    w->cat.rows = w->rows;
    w->cat.services = w->services;
    memset(w->cat.hash, 'a', 64);

    assist_levels_default(&w->levels);

    w->in.catalog = &w->cat;
    w->in.rules.levels = &w->levels;
    w->in.rules.targets = decision;
    w->in.today = assist_date_days(2026, 11, 23);
    w->in.as_of = 1795434001;
    w->in.gmtoff = 420;
    w->in.counters = counters;
    w->in.data = w;
}


static assist_row_t *
add_row(world_t *w, uint32_t service, assist_level_t level)
{
    assist_row_t  *row;

    row = &w->rows[w->cat.nrows++];

    row->code = assist_str("1.000001");
    row->name = assist_str("Đăng ký khai sinh");
    row->agency_code = assist_str("H29");
    row->agency = assist_str("Sở Tư pháp");
    row->level = level;
    row->updated_day = w->in.today;
    row->valid_from = INT32_MIN;
    row->valid_to = INT32_MAX;
    row->service = service;

    return row;
}


/* A service of one row; its level as the catalogue gives it. */

static assist_row_t *
add_service(world_t *w, assist_level_t level)
{
    assist_service_t  *s;

    s = &w->services[w->cat.nservices];

    s->id = assist_str("1.000001@H29");
    s->row = w->cat.nrows;
    s->procedure = w->cat.nservices;
    w->cat.nprocedures = w->cat.nservices + 1;
    s->level = level;
    s->level_min = level;
    s->level_max = level;

    return add_row(w, w->cat.nservices++, level);
}


static assist_figure_t *
made(const assist_figure_in_t *in)
{
    assist_figure_t  *f;

    f = assist_figure_create(in);
    assert_non_null(f);

    return f;
}


static json_t *
coverage(world_t *w)
{
    json_t           *v;
    assist_buf_t      out = ASSIST_BUF_INIT;
    json_error_t      error;
    assist_figure_t  *f;

    f = made(&w->in);
    assist_figure_coverage_json(f, &out);
    assist_figure_free(f);
    assert_false(out.failed);

    v = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(v);
    assist_buf_free(&out);

    return v;
}


static json_t *
services(world_t *w)
{
    json_t           *v;
    assist_buf_t      out = ASSIST_BUF_INIT;
    json_error_t      error;
    assist_figure_t  *f;

    f = made(&w->in);
    assist_figure_all(f, assist_figure_services_json, &out);
    assist_figure_free(f);
    assert_false(out.failed);

    v = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(v);
    assist_buf_free(&out);

    return v;
}


static json_t *
measure(json_t *v)
{
    return json_array_get(json_object_get(v, "measures"), 0);
}


static json_int_t
integer(json_t *v, const char *name)
{
    v = json_object_get(v, name);
    assert_true(json_is_integer(v));

    return json_integer_value(v);
}


static double
real(json_t *v, const char *name)
{
    v = json_object_get(v, name);
    assert_true(json_is_real(v));

    return json_real_value(v);
}


static const char *
string(json_t *v, const char *name)
{
    v = json_object_get(v, name);
    assert_true(json_is_string(v));

    return json_string_value(v);
}


static void
assert_keys(json_t *object, const char *const *names, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        assert_non_null(json_object_get(object, names[i]));
    }

    assert_int_equal(json_object_size(object), n);
}


/* Just at every threshold of L4 (and above those of L3). */

static void
good_month(assist_counters_t *c)
{
    memset(c, 0, sizeof(*c));

    c->shown = 1;
    c->outcomes[ASSIST_BY_MODEL][ASSIST_ANSWERED] = 40;
    c->outcomes[ASSIST_BY_MODEL][ASSIST_UNANSWERABLE] = 10;
    c->sourced = 38;
    c->useful[0] = 1;
    c->useful[1] = 4;
    c->latency[0] = 0;
    c->latency[7] = 38;
    c->latency[8] = 2;
    c->days[ASSIST_BY_MODEL] = 7;
}


static void
test_nothing(void **state)
{
    json_t   *v, *m;
    world_t   w;

    static const char *const  keys[] = {
        "as_of", "period", "method", "catalogue", "files", "measures",
        "agencies", "fields", "provinces", "roadmap", "quality",
        "evidence_heads"
    };
    static const char *const  measure_keys[] = {
        "name", "subset", "title", "unit", "numerator", "denominator",
        "denominator_min", "denominator_max", "ratio", "ratio_text",
        "ratio_min", "ratio_max", "target", "gap", "needed",
        "needed_per_month", "status", "milestones", "trajectory", "history", "forecast",
        "documents", "levels", "by", "procedures"
    };

    (void) state;

    world_init(&w);
    v = coverage(&w);
    m = measure(v);

    assert_keys(v, keys, ncases(keys));
    assert_keys(m, measure_keys, ncases(measure_keys));

    assert_string_equal(string(v, "as_of"), "2026-11-23T18:40:01+07:00");
    assert_string_equal(string(v, "period"), "2026-11");
    assert_string_equal(string(m, "name"), "fully_online_services_with_ai");

    assert_int_equal(integer(m, "denominator"), 0);
    assert_true(json_is_null(json_object_get(m, "ratio")));
    assert_string_equal(string(m, "ratio_text"), "n/a");
    assert_true(json_is_null(json_object_get(m, "gap")));
    assert_int_equal(integer(m, "needed"), 0);
    assert_true(json_is_null(json_object_get(m, "needed_per_month")));
    assert_string_equal(string(m, "status"), "not_measured");
    assert_int_equal(json_array_size(json_object_get(v, "agencies")), 0);
    assert_int_equal(json_array_size(json_object_get(v, "evidence_heads")),
                     0);

    json_decref(v);

    v = services(&w);
    assert_int_equal(json_array_size(json_object_get(v, "services")), 0);
    json_decref(v);
}


/* full is how many of ten fully online services are at L2 */

static void
test_status(void **state)
{
    size_t    i;
    int       k;
    json_t   *v, *m, *milestones;
    world_t   w;

    static const struct {
        int          year, month, day;
        int          full;
        const char  *ratio_text;
        double       target;
        double       gap;
        int          needed;
        double       per_month;         /* -1: null */
        const char  *status;
        const char  *first;             /* of the milestones */
        const char  *second;
    } cases[] = {
        /* 52.11 % of 10 is 6 services */
        { 2026, 11, 23, 5, "50.00 %", 52.11, 2.11, 1, 0.10, "behind",
          "not_measured", "behind" },
        { 2026, 11, 23, 6, "60.00 %", 52.11, -7.89, 0, 0.08, "on_track",
          "not_measured", "on_track" },
        { 2026, 11, 23, 10, "100.00 %", 52.11, -47.89, 0, 0.00, "met",
          "not_measured", "met" },
        { 2024, 12, 31, 3, "30.00 %", 30.00, 0.00, 0, 0.00, "on_track",
          "met", "on_track" },
        { 2024, 12, 31, 2, "20.00 %", 30.00, 10.00, 1, 1.00, "behind",
          "behind", "behind" },
        { 2025, 1, 1, 4, "40.00 %", 30.03, -9.97, 0, 0.08, "on_track",
          "not_measured", "on_track" },
        { 2030, 12, 5, 9, "90.00 %", 99.17, 9.17, 1, 1.00, "behind",
          "not_measured", "behind" },
        { 2030, 12, 31, 9, "90.00 %", 100.00, 10.00, 1, 1.00, "behind",
          "not_measured", "behind" },
        { 2031, 1, 1, 9, "90.00 %", 100.00, 10.00, 1, -1, "missed",
          "not_measured", "not_measured" },
        { 2031, 1, 1, 10, "100.00 %", 100.00, 0.00, 0, 0.00, "met",
          "not_measured", "not_measured" },
        { 2026, 11, 23, 0, "0.00 %", 52.11, 52.11, 6, 0.20, "not_measured",
          "not_measured", "not_measured" }
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        world_init(&w);
        w.in.today = assist_date_days(cases[i].year, cases[i].month,
                                      cases[i].day);

        for (k = 0; k < 10; k++) {
            add_service(&w, ASSIST_LEVEL_FULL);
            w.now[k].shown = k < cases[i].full;
        }

        v = coverage(&w);
        m = measure(v);

        assert_int_equal(integer(m, "denominator"), 10);
        assert_int_equal(integer(m, "numerator"), cases[i].full);
        assert_string_equal(string(m, "ratio_text"), cases[i].ratio_text);
        assert_float_equal(real(m, "ratio"), cases[i].full * 10.0, 1e-9);
        assert_float_equal(real(m, "target"), cases[i].target, 1e-9);
        assert_float_equal(real(m, "gap"), cases[i].gap, 1e-9);
        assert_int_equal(integer(m, "needed"), cases[i].needed);
        assert_string_equal(string(m, "status"), cases[i].status);

        if (cases[i].per_month < 0) {
            assert_true(json_is_null(json_object_get(m, "needed_per_month")));

        } else {
            assert_float_equal(real(m, "needed_per_month"),
                               cases[i].per_month, 1e-9);
        }

        milestones = json_object_get(m, "milestones");
        assert_int_equal(json_array_size(milestones), 2);
        assert_string_equal(string(json_array_get(milestones, 0), "status"),
                            cases[i].first);
        assert_float_equal(real(json_array_get(milestones, 0), "target"),
                           30.0, 1e-9);
        assert_string_equal(string(json_array_get(milestones, 1), "status"),
                            cases[i].second);

        json_decref(v);
    }
}


/* A view alone is a measurement: nobody was helped, and we know it. */

static void
test_measured(void **state)
{
    json_t   *v;
    world_t   w;

    (void) state;

    world_init(&w);
    add_service(&w, ASSIST_LEVEL_FULL);
    w.last[0].views = 1;

    v = coverage(&w);
    assert_string_equal(string(measure(v), "status"), "behind");
    json_decref(v);
}


/* Two decimals never round the last missing service away. */

static const assist_counters_t *
shown_to_all(void *data, uint32_t service, int last)
{
    static const assist_counters_t  shown = { .shown = 1 };

    (void) data;
    (void) service;

    return last ? NULL : &shown;
}


static void
test_almost(void **state)
{
    uint32_t           i;
    json_t            *v, *m;
    world_t            w;
    assist_row_t      *rows;
    assist_service_t  *all;

    (void) state;

    world_init(&w);
    add_service(&w, ASSIST_LEVEL_FULL);

    w.cat.nrows = 30000;
    w.cat.nservices = 30000;

    rows = calloc(w.cat.nrows, sizeof(assist_row_t));
    all = calloc(w.cat.nservices, sizeof(assist_service_t));
    assert_non_null(rows);
    assert_non_null(all);

    for (i = 0; i < w.cat.nrows; i++) {
        rows[i] = w.rows[0];
        rows[i].service = i;
        all[i] = w.services[0];
        all[i].row = i;
    }

    rows[29999].updated_day = INT32_MIN;

    w.cat.rows = rows;
    w.cat.services = all;
    w.in.counters = shown_to_all;

    v = coverage(&w);
    m = measure(v);
    assert_int_equal(integer(m, "numerator"), 29999);
    assert_string_equal(string(m, "ratio_text"), "99.99 %");
    assert_string_equal(string(m, "status"), "on_track");
    json_decref(v);

    free(rows);
    free(all);
}


typedef void (*change_pt)(world_t *w);

static void as_is(world_t *w) { (void) w; }
static void no_shown(world_t *w) { w->now[0].shown = 0; }
static void old_90(world_t *w) { w->rows[0].updated_day -= 90; }
static void old_91(world_t *w) { w->rows[0].updated_day -= 91; }
static void no_date(world_t *w) { w->rows[0].updated_day = INT32_MIN; }
static void days_2(world_t *w) { w->now[0].days[0] = 0x40000001; }
static void sourced_37(world_t *w) { w->now[0].sourced = 37; }
static void negative_2(world_t *w) { w->now[0].useful[0] = 2; }
static void slower(world_t *w) { w->now[0].latency[8] = 3; }


static void
no_votes(world_t *w)
{
    w->now[0].useful[0] = 0;
    w->now[0].useful[1] = 0;
}


static void
answered_39(world_t *w)
{
    /* 39 of 49 is 79.6 %; all 39 have a source */
    w->now[0].outcomes[0][ASSIST_ANSWERED] = 39;
}


static void
interactions_30(world_t *w)
{
    w->now[0].outcomes[0][ASSIST_ANSWERED] = 24;
    w->now[0].outcomes[0][ASSIST_UNANSWERABLE] = 0;
    w->now[0].outcomes[0][ASSIST_FALLBACK] = 6;
    w->now[0].sourced = 24;
}


static void
interactions_29(world_t *w)
{
    interactions_30(w);
    w->now[0].outcomes[0][ASSIST_FALLBACK] = 5;
}


static void
answered_5(world_t *w)
{
    w->now[0].outcomes[0][ASSIST_ANSWERED] = 5;
}


static void
answered_4(world_t *w)
{
    w->now[0].outcomes[0][ASSIST_ANSWERED] = 4;
}


static void
split_days(world_t *w)
{
    /* three days between the two speakers */
    w->now[0].days[0] = 3;
    w->now[0].days[1] = 6;
}


static void
nothing_answered(world_t *w)
{
    w->levels.l4_answered = 0;
    w->now[0].outcomes[0][ASSIST_ANSWERED] = 0;
    w->now[0].outcomes[0][ASSIST_UNANSWERABLE] = 50;
    w->now[0].sourced = 0;
}


static void
next_month(world_t *w)
{
    w->last[0] = w->now[0];
    memset(&w->now[0], 0, sizeof(w->now[0]));
}


static void
half_each(world_t *w)
{
    /* each month alone has too little; they are not added up */
    w->now[0].outcomes[0][ASSIST_ANSWERED] = 4;
    w->now[0].outcomes[0][ASSIST_UNANSWERABLE] = 0;
    w->last[0] = w->now[0];
}


static void
one_in_each(world_t *w)
{
    /* L4 in this month, L3 only in the last: each on its own */
    w->last[0] = w->now[0];
    w->now[0].days[0] = 1;
    w->last[0].sourced = 0;
}


static void
no_counters(world_t *w)
{
    w->in.counters = NULL;
}


static void
test_thresholds(void **state)
{
    size_t    i;
    world_t   w;

    static const struct {
        change_pt  change;
        unsigned   reached;
    } cases[] = {
        { as_is, ASSIST_L2 | ASSIST_L3 | ASSIST_L4 },

        { no_shown, ASSIST_L3 | ASSIST_L4 },
        { old_90, ASSIST_L2 | ASSIST_L3 | ASSIST_L4 },
        { old_91, ASSIST_L3 | ASSIST_L4 },
        { no_date, ASSIST_L3 | ASSIST_L4 },

        { days_2, ASSIST_L2 | ASSIST_L4 },
        { split_days, ASSIST_L2 | ASSIST_L3 | ASSIST_L4 },
        { answered_5, ASSIST_L2 | ASSIST_L3 },
        { answered_4, ASSIST_L2 },

        { interactions_30, ASSIST_L2 | ASSIST_L3 | ASSIST_L4 },
        { interactions_29, ASSIST_L2 | ASSIST_L3 },
        { answered_39, ASSIST_L2 | ASSIST_L3 },
        { sourced_37, ASSIST_L2 | ASSIST_L3 },
        { negative_2, ASSIST_L2 | ASSIST_L3 },
        { no_votes, ASSIST_L2 | ASSIST_L3 | ASSIST_L4 },
        { slower, ASSIST_L2 | ASSIST_L3 },
        { nothing_answered, ASSIST_L2 },

        { next_month, ASSIST_L2 | ASSIST_L3 | ASSIST_L4 },
        { half_each, ASSIST_L2 },
        { one_in_each, ASSIST_L2 | ASSIST_L3 | ASSIST_L4 },
        { no_counters, 0 }
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        world_init(&w);
        add_service(&w, ASSIST_LEVEL_FULL);
        good_month(&w.now[0]);
        cases[i].change(&w);

        if (assist_figure_levels(&w.in, 0, -1) != cases[i].reached) {
            fail_msg("case %zu: %u, expected %u", i,
                     assist_figure_levels(&w.in, 0, -1), cases[i].reached);
        }
    }

    assert_int_equal(assist_figure_levels(&w.in, 1, -1), 0);
    assert_int_equal(assist_figure_levels(&w.in, ASSIST_NONE, -1), 0);
}


static void
test_split(void **state)
{
    json_t   *v, *by;
    world_t   w;

    (void) state;

    world_init(&w);

    /* 0: a model; 1: the catalogue; 2: only shown; 3: both, L3 each only
     * together; 4: a model answered once, last month */

    add_service(&w, ASSIST_LEVEL_FULL);
    good_month(&w.now[0]);

    add_service(&w, ASSIST_LEVEL_FULL);
    good_month(&w.now[1]);
    memcpy(w.now[1].outcomes[ASSIST_BY_CATALOGUE],
           w.now[1].outcomes[ASSIST_BY_MODEL],
           sizeof(w.now[1].outcomes[0]));
    memset(w.now[1].outcomes[ASSIST_BY_MODEL], 0,
           sizeof(w.now[1].outcomes[0]));
    w.now[1].days[ASSIST_BY_CATALOGUE] = w.now[1].days[ASSIST_BY_MODEL];
    w.now[1].days[ASSIST_BY_MODEL] = 0;

    add_service(&w, ASSIST_LEVEL_FULL);
    w.now[2].shown = 1;

    add_service(&w, ASSIST_LEVEL_FULL);
    w.now[3].shown = 1;
    w.now[3].outcomes[ASSIST_BY_MODEL][ASSIST_ANSWERED] = 3;
    w.now[3].outcomes[ASSIST_BY_CATALOGUE][ASSIST_ANSWERED] = 2;
    w.now[3].days[ASSIST_BY_MODEL] = 3;
    w.now[3].days[ASSIST_BY_CATALOGUE] = 4;

    add_service(&w, ASSIST_LEVEL_FULL);
    w.now[4].shown = 1;
    w.last[4].outcomes[ASSIST_BY_MODEL][ASSIST_ANSWERED] = 1;

    assert_int_equal(assist_figure_levels(&w.in, 0, ASSIST_BY_MODEL),
                     ASSIST_L2 | ASSIST_L3 | ASSIST_L4);
    assert_int_equal(assist_figure_levels(&w.in, 0, ASSIST_BY_CATALOGUE), 0);
    assert_int_equal(assist_figure_levels(&w.in, 1, ASSIST_BY_MODEL), 0);
    assert_int_equal(assist_figure_levels(&w.in, 1, ASSIST_BY_CATALOGUE),
                     ASSIST_L2 | ASSIST_L3 | ASSIST_L4);
    assert_int_equal(assist_figure_levels(&w.in, 2, ASSIST_BY_MODEL), 0);
    assert_int_equal(assist_figure_levels(&w.in, 2, ASSIST_BY_CATALOGUE),
                     ASSIST_L2);
    assert_int_equal(assist_figure_levels(&w.in, 3, -1),
                     ASSIST_L2 | ASSIST_L3);
    assert_int_equal(assist_figure_levels(&w.in, 3, ASSIST_BY_MODEL),
                     ASSIST_L2);
    assert_int_equal(assist_figure_levels(&w.in, 3, ASSIST_BY_CATALOGUE), 0);
    assert_int_equal(assist_figure_levels(&w.in, 4, ASSIST_BY_MODEL),
                     ASSIST_L2);

    v = coverage(&w);
    by = json_object_get(measure(v), "levels");
    assert_int_equal(integer(by, "L1"), 0);
    assert_int_equal(integer(by, "L2"), 5);
    assert_int_equal(integer(by, "L3"), 3);
    assert_int_equal(integer(by, "L4"), 2);

    by = json_object_get(json_object_get(measure(v), "by"), "model");
    assert_int_equal(json_object_size(by), 3);
    assert_int_equal(integer(by, "L2"), 3);
    assert_int_equal(integer(by, "L3"), 1);
    assert_int_equal(integer(by, "L4"), 1);

    by = json_object_get(json_object_get(measure(v), "by"), "catalogue");
    assert_int_equal(integer(by, "L2"), 2);
    assert_int_equal(integer(by, "L3"), 1);
    assert_int_equal(integer(by, "L4"), 1);
    json_decref(v);
}


static void
test_denominator(void **state)
{
    json_t        *v, *m;
    world_t        w;
    assist_row_t  *row;

    (void) state;

    world_init(&w);

    /* 0-3 do not count: not full, not published, not yet, no more */
    add_service(&w, ASSIST_LEVEL_PARTIAL);
    add_service(&w, ASSIST_LEVEL_FULL)->state = ASSIST_STATE_TESTING;
    add_service(&w, ASSIST_LEVEL_FULL)->valid_from = w.in.today + 1;
    add_service(&w, ASSIST_LEVEL_FULL)->valid_to = w.in.today - 1;

    /* 4, 5: valid from today, valid until today */
    add_service(&w, ASSIST_LEVEL_FULL)->valid_from = w.in.today;
    add_service(&w, ASSIST_LEVEL_FULL)->valid_to = w.in.today;

    /* 6: two cases, the highest counts, once */
    add_service(&w, ASSIST_LEVEL_PARTIAL);
    add_row(&w, 6, ASSIST_LEVEL_FULL);
    w.services[6].level = ASSIST_LEVEL_FULL;

    /* 7: one case with two levels: unknown, perhaps full */
    add_service(&w, ASSIST_LEVEL_PARTIAL);
    add_row(&w, 7, ASSIST_LEVEL_FULL);
    w.services[7].level = ASSIST_LEVEL_UNKNOWN;
    w.services[7].level_max = ASSIST_LEVEL_FULL;

    /* 8: unknown, but not full in any case */
    add_service(&w, ASSIST_LEVEL_INFO);
    add_row(&w, 8, ASSIST_LEVEL_PARTIAL);
    w.services[8].level = ASSIST_LEVEL_UNKNOWN;
    w.services[8].level_max = ASSIST_LEVEL_PARTIAL;

    /* 9: its full case is over */
    add_service(&w, ASSIST_LEVEL_PARTIAL);
    add_row(&w, 9, ASSIST_LEVEL_FULL)->valid_to = w.in.today - 1;
    w.services[9].level = ASSIST_LEVEL_FULL;

    /* 10: rows that disagree, of which one is over: no doubt today */
    row = add_service(&w, ASSIST_LEVEL_PARTIAL);
    row->valid_to = w.in.today - 1;
    row = add_row(&w, 10, ASSIST_LEVEL_FULL);
    row->valid_from = w.in.today;
    w.services[10].level = ASSIST_LEVEL_UNKNOWN;
    w.services[10].level_max = ASSIST_LEVEL_FULL;

    v = coverage(&w);
    m = measure(v);

    assert_int_equal(integer(m, "denominator"), 4);     /* 4, 5, 6, 10 */
    assert_int_equal(integer(m, "denominator_min"), 4);
    assert_int_equal(integer(m, "denominator_max"), 5); /* and 7 */
    assert_int_equal(integer(json_object_get(v, "quality"),
                             "unknown_levels"), 2);     /* 7, 8 */
    assert_int_equal(integer(json_object_get(v, "catalogue"), "rows"), 16);
    json_decref(v);

    v = services(&w);
    assert_int_equal(json_array_size(json_object_get(v, "services")), 8);
    json_decref(v);
}


/* The same from a file: what the catalogue says of levels is what counts. */

static void
test_file(void **state)
{
    json_t            *v, *m;
    world_t            w;
    assist_error_t     err;
    assist_catalog_t  *cat;

    static const char  file[] =
        "code,name,agency_code,agency,case,level,state,updated,valid_from,"
        "valid_to\n"
        "1.000001,One,H29,Sở A,,full,published,2026-11-01,,\n"
        "1.000002,Two,H29,Sở A,first,partial,published,2026-11-01,,\n"
        "1.000002,Two,H29,Sở A,again,full,published,2026-11-01,,\n"
        "1.000003,Three,H29,Sở A,,partial,published,2026-11-01,,\n"
        "1.000003,Three,H29,Sở A,,full,published,2026-11-01,,\n"
        "1.000004,Four,G01,Bộ B,,full,testing,2026-11-01,,\n"
        "1.000005,Five,G01,Bộ B,,partial,published,2026-11-01,,2026-12-31\n"
        "1.000005,Five,G01,Bộ B,,full,published,2026-11-01,2027-01-01,\n"
        "1.000006,Six,G01,Bộ B,,full,published,2026-11-01,,2026-11-22\n";

    (void) state;

    world_init(&w);
    cat = assist_catalog_parse(file, sizeof(file) - 1, &err);

    if (cat == NULL) {
        fail_msg("line %u: %s", err.line, err.text);
    }

    assert_int_equal(cat->nservices, 6);
    w.in.catalog = cat;
    w.in.counters = shown_to_all;

    v = coverage(&w);
    m = measure(v);
    assert_int_equal(integer(m, "denominator"), 2);
    assert_int_equal(integer(m, "denominator_max"), 3);
    assert_int_equal(integer(m, "numerator"), 2);
    assert_int_equal(json_array_size(json_object_get(v, "agencies")), 2);
    assert_int_equal(integer(json_object_get(v, "quality"),
                             "unknown_levels"), 1);
    assert_string_equal(string(json_object_get(v, "catalogue"), "hash"),
                        cat->hash);
    json_decref(v);

    /* on New Year's Day the other row of the fifth is in force */
    w.in.today = assist_date_days(2027, 1, 1);
    v = coverage(&w);
    assert_int_equal(integer(measure(v), "denominator"), 3);
    json_decref(v);

    assist_catalog_free(cat);
}


/* The newest date of the rows that count, wherever they stand. */

static void
test_updated(void **state)
{
    json_t        *v;
    world_t        w;
    assist_row_t  *row;

    (void) state;

    world_init(&w);
    add_service(&w, ASSIST_LEVEL_FULL)->updated_day -= 200;
    add_service(&w, ASSIST_LEVEL_FULL)->updated_day -= 300;
    w.now[0].shown = 1;
    w.now[1].shown = 1;

    add_row(&w, 0, ASSIST_LEVEL_FULL)->updated_day -= 30;

    row = add_row(&w, 1, ASSIST_LEVEL_FULL);
    row->state = ASSIST_STATE_INTERNAL;

    assert_int_equal(assist_figure_levels(&w.in, 0, -1), ASSIST_L2);
    assert_int_equal(assist_figure_levels(&w.in, 1, -1), 0);

    v = coverage(&w);
    assert_int_equal(integer(measure(v), "numerator"), 1);
    json_decref(v);
}


static void
test_agencies(void **state)
{
    size_t         i;
    json_t        *v, *a;
    world_t        w;
    assist_row_t  *row;

    static const struct {
        const char  *code;
        const char  *name;
        int          services;
        int          denominator;
        int          numerator;
        double       ratio;             /* -1: null */
    } cases[] = {
        { "", "Nameless A", 1, 1, 0, 0.0 },
        { "", "Nameless B", 1, 1, 0, 0.0 },
        { "G01", "Bộ Công an", 1, 0, 0, -1 },
        { "H29", "Sở Tư pháp", 3, 3, 1, 33.33 },
        { "H29.1", "Chi nhánh", 1, 1, 1, 100.0 }
    };

    (void) state;

    world_init(&w);

    add_service(&w, ASSIST_LEVEL_FULL);

    row = add_service(&w, ASSIST_LEVEL_FULL);
    row->agency_code = assist_str("H29.1");
    row->agency = assist_str("Chi nhánh");

    row = add_service(&w, ASSIST_LEVEL_PARTIAL);
    row->agency_code = assist_str("G01");
    row->agency = assist_str("Bộ Công an");

    add_service(&w, ASSIST_LEVEL_FULL);
    /* the code is the identity, whatever name a later row gives */
    add_service(&w, ASSIST_LEVEL_FULL)->agency = assist_str("Sở TP");

    row = add_service(&w, ASSIST_LEVEL_FULL);
    row->agency_code = (assist_str_t) { NULL, 0 };
    row->agency = assist_str("Nameless B");

    row = add_service(&w, ASSIST_LEVEL_FULL);
    row->agency_code = (assist_str_t) { NULL, 0 };
    row->agency = assist_str("Nameless A");

    w.now[0].shown = 1;
    w.now[1].shown = 1;
    w.now[2].shown = 1;

    v = coverage(&w);
    assert_int_equal(json_array_size(json_object_get(v, "agencies")),
                     ncases(cases));

    for (i = 0; i < ncases(cases); i++) {
        a = json_array_get(json_object_get(v, "agencies"), i);

        assert_string_equal(string(a, "code"), cases[i].code);
        assert_string_equal(string(a, "name"), cases[i].name);
        assert_int_equal(integer(a, "services"), cases[i].services);
        assert_int_equal(integer(a, "denominator"), cases[i].denominator);
        assert_int_equal(integer(a, "numerator"), cases[i].numerator);
        assert_int_equal(integer(json_object_get(a, "levels"), "L2"),
                         cases[i].numerator);

        if (cases[i].ratio < 0) {
            assert_true(json_is_null(json_object_get(a, "ratio")));

        } else {
            assert_float_equal(real(a, "ratio"), cases[i].ratio, 1e-9);
        }
    }

    json_decref(v);
}


static void
test_quality_and_method(void **state)
{
    json_t   *v, *q, *m;
    world_t   w;

    (void) state;

    world_init(&w);
    w.in.quality.unmatched = 11;
    w.in.quality.excluded = 22;
    w.in.quality.dropped = UINT32_MAX + (uint64_t) 7;
    w.in.quality.blocked = 33;
    w.in.quality.compressed = 44;
    w.cat.odd[ASSIST_ODD_NOT_NFC].count = 91;
    w.cat.odd[ASSIST_ODD_COLUMN].count = 2;
    w.levels.l4_answered = 0.875;
    w.levels.l3_days = 4;

    v = coverage(&w);
    q = json_object_get(v, "quality");

    assert_int_equal(integer(q, "unmatched"), 11);
    assert_int_equal(integer(q, "excluded"), 22);
    assert_int_equal(integer(q, "dropped"), 4294967302);
    assert_int_equal(integer(q, "blocked"), 33);
    assert_int_equal(integer(q, "compressed"), 44);
    q = json_object_get(q, "oddities");
    assert_int_equal(json_object_size(q), 2);
    assert_int_equal(integer(q, "not_nfc"), 91);
    assert_int_equal(integer(q, "column"), 2);

    m = json_object_get(v, "method");
    assert_non_null(strstr(string(m, "formula"), "Decision 2259"));
    assert_non_null(strstr(string(m, "target"), "Decision 699"));
    assert_non_null(strstr(string(m, "trajectory"),
                           "our interpolation, not law"));
    assert_non_null(strstr(string(json_object_get(m, "levels"), "L3"),
                           "at least 4 days"));
    assert_non_null(strstr(string(json_object_get(m, "levels"), "L4"),
                           "0.8750"));

    m = json_object_get(m, "thresholds");
    assert_int_equal(integer(m, "l2.knowledge_days"), 90);
    assert_int_equal(integer(m, "l3.days"), 4);
    assert_float_equal(real(m, "l4.answered"), 0.875, 1e-9);
    assert_float_equal(real(m, "l4.negative"), 0.20, 1e-9);
    assert_int_equal(integer(m, "l4.latency"), 5000);

    json_decref(v);
}


static void
test_services(void **state)
{
    json_t        *v, *s;
    world_t        w;
    assist_row_t  *row;

    (void) state;

    world_init(&w);
    row = add_service(&w, ASSIST_LEVEL_FULL);
    row->field = assist_str("Hộ tịch");
    row->essential = 1;
    row->updated_day = assist_date_days(2026, 10, 5);
    good_month(&w.now[0]);
    w.now[0].views = 1000;
    w.now[0].sourced = 42;
    w.now[0].outcomes[ASSIST_BY_MODEL][ASSIST_UNANSWERABLE] = 9;
    w.now[0].cached = 9;
    w.now[0].tokens_in = 12345;
    w.now[0].outcomes[ASSIST_BY_CATALOGUE][ASSIST_ANSWERED] = 3;
    w.now[0].outcomes[ASSIST_BY_CATALOGUE][ASSIST_ERROR_HOOK] = 1;
    w.now[0].day[0] = 20;
    w.now[0].day[4] = 34;
    w.now[0].first_success = 1795434001;
    w.now[0].last_success = 1795434001 + 86400;

    add_service(&w, ASSIST_LEVEL_PARTIAL)->updated_day = INT32_MIN;

    /* the open bucket, and last month's traffic, which shows in no counter */
    add_service(&w, ASSIST_LEVEL_PARTIAL);
    w.now[2].latency[ASSIST_LATENCY_BUCKETS - 1] = 1;
    good_month(&w.last[2]);

    v = services(&w);
    assert_string_equal(string(v, "as_of"), "2026-11-23T18:40:01+07:00");
    assert_string_equal(string(v, "period"), "2026-11");
    assert_int_equal(json_object_size(v), 3);
    assert_int_equal(json_array_size(json_object_get(v, "services")), 3);

    s = json_array_get(json_object_get(v, "services"), 0);
    assert_int_equal(json_object_size(s), 38);
    assert_string_equal(string(s, "code"), "1.000001");
    assert_string_equal(string(s, "name"), "Đăng ký khai sinh");
    assert_string_equal(string(s, "agency_code"), "H29");
    assert_string_equal(string(s, "agency"), "Sở Tư pháp");
    assert_string_equal(string(s, "level"), "full");
    assert_string_equal(string(s, "field"), "Hộ tịch");
    assert_true(json_is_true(json_object_get(s, "essential")));
    assert_true(json_is_true(json_object_get(s, "official")));
    assert_int_equal(json_array_size(json_object_get(s, "evidence")), 3);
    assert_string_equal(json_string_value(json_array_get(
                            json_object_get(s, "evidence"), 2)), "L4");
    assert_int_equal(integer(s, "views"), 1000);
    assert_int_equal(integer(s, "interactions"), 53);
    assert_int_equal(integer(s, "answered"), 43);
    assert_int_equal(integer(s, "by_model"), 40);
    assert_int_equal(integer(s, "by_catalogue"), 3);
    assert_int_equal(integer(s, "cached"), 9);
    assert_int_equal(integer(s, "sourced"), 42);
    assert_int_equal(integer(s, "unanswerable"), 9);
    assert_int_equal(integer(s, "error_hook"), 1);
    assert_int_equal(integer(s, "clarification"), 0);
    assert_int_equal(integer(s, "tokens_in"), 12345);
    assert_int_equal(integer(s, "useful"), 4);
    assert_int_equal(integer(s, "not_useful"), 1);
    assert_int_equal(integer(s, "latency_p95_ms"), 5000);
    assert_int_equal(integer(s, "days"), 3);
    assert_float_equal(real(s, "busiest_day_share"), 0.63, 1e-9);
    assert_string_equal(string(s, "first_success"),
                        "2026-11-23T18:40:01+07:00");
    assert_string_equal(string(s, "last_success"),
                        "2026-11-24T18:40:01+07:00");
    assert_string_equal(string(s, "updated"), "2026-10-05");

    s = json_array_get(json_object_get(v, "services"), 1);
    assert_string_equal(string(s, "level"), "partial");
    assert_true(json_is_false(json_object_get(s, "official")));
    assert_int_equal(json_array_size(json_object_get(s, "evidence")), 0);
    assert_true(json_is_null(json_object_get(s, "latency_p95_ms")));
    assert_true(json_is_null(json_object_get(s, "busiest_day_share")));
    assert_true(json_is_null(json_object_get(s, "first_success")));
    assert_true(json_is_null(json_object_get(s, "last_success")));
    assert_true(json_is_null(json_object_get(s, "updated")));

    s = json_array_get(json_object_get(v, "services"), 2);
    assert_int_equal(integer(s, "latency_p95_ms"), 300001);
    assert_int_equal(integer(s, "interactions"), 0);
    assert_int_equal(json_array_size(json_object_get(s, "evidence")), 3);
    assert_true(json_is_false(json_object_get(s, "official")));

    json_decref(v);
}


/* Commas outside quotes, of one line of CSV. */

static size_t
cells(const char *line)
{
    int     quoted;
    size_t  n;

    quoted = 0;

    for (n = 1; *line && (quoted || *line != '\n'); line++) {
        if (*line == '"') {
            quoted = !quoted;
        }

        n += *line == ',' && !quoted;
    }

    return n;
}


static void
test_csv(void **state)
{
    char             *line;
    size_t            i, n;
    world_t           w;
    assist_buf_t      out = ASSIST_BUF_INIT;
    assist_row_t     *row;
    assist_figure_t  *f;

    static const struct {
        const char  *name;
        const char  *cell;
    } cases[] = {
        { "plain", ",plain," },
        { "=1+1", ",\"'=1+1\"," },
        { "+1", ",\"'+1\"," },
        { "-1", ",\"'-1\"," },
        { "@SUM(A1)", ",\"'@SUM(A1)\"," },
        { "\tx", ",\"'\tx\"," },
        { "\rx", ",\"'\rx\"," },
        { "=a\",b", ",\"'=a\"\",b\"," },
        { "a=b", ",a=b," },
        { "x,\"y\"", ",\"x,\"\"y\"\"\"," }
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        world_init(&w);
        row = add_service(&w, ASSIST_LEVEL_FULL);
        row->name = assist_str_of(cases[i].name);
        row->agency = assist_str_of(cases[i].name);
        good_month(&w.now[0]);

        f = made(&w.in);
        assist_figure_all(f, assist_figure_services_csv, &out);
        assist_buf_putc(&out, '\0');
        assert_false(out.failed);
        assert_non_null(strstr(out.data, cases[i].cell));
        assert_non_null(strstr(out.data, ",L2 L3 L4,true,"));
        assert_int_equal(strncmp(out.data, "code,name,agency_code,agency,",
                                 29), 0);
        assert_int_equal(cells(out.data), 38);
        line = strchr(out.data, '\n') + 1;
        assert_int_equal(cells(line), 38);
        assist_buf_free(&out);

        assist_figure_coverage_csv(f, &out);
        assist_figure_free(f);
        assist_buf_putc(&out, '\0');
        assert_false(out.failed);
        assert_non_null(strstr(out.data, cases[i].cell));

        /* the header, five measures, one agency; a negative number is one */
        assert_non_null(strstr(out.data, ",100.00 %,52.11,-47.89,0,"));

        for (n = 0, line = out.data; *line; n++) {
            assert_int_equal(cells(line), 34);
            line = strchr(line, '\n') + 1;
        }

        assert_int_equal(n, 7);
        assist_buf_free(&out);
    }
}


static void
test_levels_parse(void **state)
{
    size_t           i;
    assist_error_t   err;
    assist_levels_t  levels, before;

    static const struct {
        const char  *file;
        uint32_t     line;              /* 0: fine */
        const char  *text;              /* in the error */
    } cases[] = {
        { "", 0, NULL },
        { "# nothing\n\n  \t\r\n", 0, NULL },
        { "\xef\xbb\xbfl3.days = 3\r\n", 0, NULL },
        { "l4.answered=1", 0, NULL },
        { "l4.answered = 1.0000", 0, NULL },
        { "l4.negative = 0", 0, NULL },
        { "l4.latency = 300000 # slow", 0, NULL },

        { "\nl5.days = 3", 2, "l2.knowledge_days, l3.interactions, l3.days, "
          "l4.interactions, l4.answered, l4.sourced, l4.negative, "
          "l4.latency" },
        { "l3.days", 1, "name = value" },
        { "l3.days 3", 1, "name = value" },
        { " = 3", 1, "unknown name \"\"" },
        { "l3.days =", 1, "from 1 to 28" },
        { "l3.days = 0", 1, "from 1 to 28" },
        { "l3.days = 29", 1, "from 1 to 28" },
        { "l3.days = -3", 1, "whole number" },
        { "l3.days = 3.5", 1, "whole number" },
        { "l3.days = 3 days", 1, "whole number" },
        { "l3.days = 99999999999999999999999", 1, "from 1 to 28" },
        { "l3.days = 3\nl3.days = 4", 2, "given twice" },
        { "l2.knowledge_days = 3651", 1, "from 1 to 3650" },
        { "l4.latency = 300001", 1, "to 300000" },
        { "l4.answered = 80", 1, "between 0 and 1" },
        { "l4.answered = 1.0001", 1, "between 0 and 1" },
        { "l4.answered = 80 %", 1, "between 0 and 1" },
        { "l4.answered = 0,8", 1, "between 0 and 1" },
        { "l4.answered = .8", 1, "between 0 and 1" },
        { "l4.answered = 0.", 1, "between 0 and 1" },
        { "l4.answered = 0.80000", 1, "4 decimals" },
        { "l4.answered = nan", 1, "between 0 and 1" }
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        assist_levels_default(&levels);
        before = levels;
        err.line = 0;

        assert_int_equal(assist_levels_parse(&levels,
                                             assist_str_of(cases[i].file),
                                             &err),
                         cases[i].line ? -1 : 0);
        assert_int_equal(err.line, cases[i].line);

        if (cases[i].line) {
            assert_non_null(strstr(err.text, cases[i].text));
            assert_memory_equal(&levels, &before, sizeof(levels));
        }
    }
}


static void
test_levels_values(void **state)
{
    assist_levels_t  levels;

    static const char  file[] =
        "# proposals of the province\n"
        "l2.knowledge_days = 180\n"
        "l3.interactions=10\n"
        "  l3.days = 5   # of a month\n"
        "l4.interactions = 100\r\n"
        "l4.answered = 0.9\n"
        "l4.sourced = 0.975\n"
        "l4.negative = 0.1234\n"
        "l4.latency = 2000";

    (void) state;

    assist_levels_default(&levels);
    assert_int_equal(levels.l2_knowledge_days, 90);
    assert_int_equal(levels.l3_interactions, 5);
    assert_int_equal(levels.l3_days, 3);
    assert_int_equal(levels.l4_interactions, 30);
    assert_true(levels.l4_answered == 0.80);
    assert_true(levels.l4_sourced == 0.95);
    assert_true(levels.l4_negative == 0.20);
    assert_int_equal(levels.l4_latency, 5000);

    assert_int_equal(assist_levels_parse(&levels, assist_str(file), NULL), 0);
    assert_int_equal(levels.l2_knowledge_days, 180);
    assert_int_equal(levels.l3_interactions, 10);
    assert_int_equal(levels.l3_days, 5);
    assert_int_equal(levels.l4_interactions, 100);
    assert_true(levels.l4_answered == 0.9);
    assert_true(levels.l4_sourced == 0.975);
    assert_true(levels.l4_negative == 0.1234);
    assert_int_equal(levels.l4_latency, 2000);
}


/* sha256sum of the file that would give the defaults */

static void
test_levels_hash(void **state)
{
    char             hex[ASSIST_DIGEST_HEX + 1];
    assist_levels_t  levels;

    (void) state;

    assist_levels_default(&levels);
    assist_levels_hash(&levels, hex);
    assert_string_equal(hex, "489f6227a0d1315bbf50f8ceeccd0431"
                             "eb9b5069e35bc4add56c923924f8d927");

    levels.l4_sourced = 0.9501;
    assist_levels_hash(&levels, hex);
    assert_string_not_equal(hex, "489f6227a0d1315bbf50f8ceeccd0431"
                                 "eb9b5069e35bc4add56c923924f8d927");
}


/* Made in slices it is what the services say one by one, wherever the slices'
 * borders are. */

typedef struct {
    assist_counters_t  used;
    assist_counters_t  none;
} sliced_t;


static const assist_counters_t *
every_third(void *data, uint32_t service, int last)
{
    sliced_t  *c;

    c = data;

    return last ? NULL : service % 3 == 0 ? &c->used : &c->none;
}


static void
test_slices(void **state)
{
    int                rc, steps;
    size_t             i;
    json_t            *v, *list;
    world_t            w;
    uint32_t           k, n, from, calls;
    sliced_t           c;
    assist_buf_t       out = ASSIST_BUF_INIT;
    assist_row_t      *rows;
    assist_figure_t   *f;
    assist_service_t  *of;

    static const uint32_t  sizes[] = {
        0, 1, ASSIST_FIGURE_SLICE - 1, ASSIST_FIGURE_SLICE,
        ASSIST_FIGURE_SLICE + 1, 2 * ASSIST_FIGURE_SLICE + 1
    };

    (void) state;

    world_init(&w);
    (void) add_service(&w, ASSIST_LEVEL_FULL);
    memset(&c, 0, sizeof(sliced_t));
    good_month(&c.used);

    for (i = 0; i < ncases(sizes); i++) {
        n = sizes[i];
        rows = calloc(n + 1, sizeof(assist_row_t));
        of = calloc(n + 1, sizeof(assist_service_t));
        assert_non_null(rows);
        assert_non_null(of);

        for (k = 0; k < n; k++) {
            rows[k] = w.rows[0];
            rows[k].service = k;
            of[k] = w.services[0];
            of[k].row = k;
            of[k].procedure = k;
        }

        w.cat.rows = rows;
        w.cat.services = of;
        w.cat.nrows = w.cat.nservices = w.cat.nprocedures = n;
        w.in.counters = every_third;
        w.in.data = &c;

        f = assist_figure_begin(&w.in);
        assert_non_null(f);

        for (steps = 0; (rc = assist_figure_step(f)) == 1; steps++) {
            /* void */
        }

        assert_int_equal(rc, 0);
        assert_true(steps >= (int) (2 * (n / ASSIST_FIGURE_SLICE)));

        assist_figure_coverage_json(f, &out);
        v = json_loadb(out.data, out.len, 0, NULL);
        assert_non_null(v);
        list = json_array_get(json_object_get(v, "measures"), 0);
        assert_int_equal(json_integer_value(json_object_get(list,
                                                            "denominator")),
                         n);
        assert_int_equal(json_integer_value(json_object_get(list,
                                                            "numerator")),
                         (n + 2) / 3);
        assert_int_equal(json_integer_value(json_object_get(
                             json_object_get(v, "roadmap"), "remaining")),
                         n - (n + 2) / 3);
        json_decref(v);
        out.len = 0;

        for (from = 0, calls = 0; calls == 0 || from; calls++) {
            from = assist_figure_services_json(f, from, &out);
        }

        assert_true(calls > n / ASSIST_FIGURE_SLICE);
        v = json_loadb(out.data, out.len, 0, NULL);
        assert_non_null(v);
        list = json_object_get(v, "services");
        assert_int_equal(json_array_size(list), n);

        for (k = 0; k < n; k++) {
            assert_true(json_is_true(json_object_get(json_array_get(list, k),
                                                     "official"))
                        == (k % 3 == 0));
        }

        json_decref(v);
        out.len = 0;
        assist_figure_free(f);
        free(rows);
        free(of);
    }

    assist_buf_free(&out);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_measured),
        cmocka_unit_test(test_almost),
        cmocka_unit_test(test_thresholds),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_denominator),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_updated),
        cmocka_unit_test(test_agencies),
        cmocka_unit_test(test_quality_and_method),
        cmocka_unit_test(test_services),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_levels_parse),
        cmocka_unit_test(test_levels_values),
        cmocka_unit_test(test_levels_hash)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
