/*
 * The figure of parts of the catalogue, against targets of their own, and with
 * the figures of months that are over.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "date.h"
#include "figure.h"


#define SERVICES  8


/* One to seven are full, eight is in doubt; the first four are essential. */

static const char  catalogue[] =
    "code,name,agency_code,agency,province,level,field,essential,updated\n"
    "1.000001,One,H29,Sở A,Hà Nội,full,Hộ tịch,1,2026-11-01\n"
    "1.000001,One,G01,Bộ B,,full,Hộ tịch,1,2026-11-01\n"
    "1.000002,Two,H29,Sở A,Hà Nội,full,Cư trú,1,2026-11-01\n"
    "1.000002,Two,G01,Bộ B,,full,Cư trú,1,2026-11-01\n"
    "1.000003,Three,H29,Sở A,Hà Nội,full,Cư trú,,2026-11-01\n"
    "1.000004,Four,H29,Sở A,Hà Nội,full,Cư trú,,2026-11-01\n"
    "1.000005,Five,H29,Sở A,Huế,full,,,2026-11-01\n"
    "1.000006,Six,H29,Sở A,Huế,full,,,2026-11-01\n"
    "1.000006,Six,H29,Sở A,Huế,partial,,,2026-11-01\n";


typedef struct {
    assist_catalog_t    *cat;
    assist_targets_t    *targets;
    assist_levels_t      levels;
    assist_counters_t    now[SERVICES];
    assist_figure_in_t   in;
} world_t;


static const assist_counters_t *
counters(void *data, uint32_t service, int last)
{
    world_t  *w;

    w = data;

    return last ? NULL : &w->now[service];
}


/* shown: a bit a service */

static void
world_init(world_t *w, const char *targets, unsigned shown)
{
    uint32_t        i;
    assist_error_t  err;

    memset(w, 0, sizeof(world_t));

    w->cat = assist_catalog_parse(catalogue, sizeof(catalogue) - 1, &err);
    assert_non_null(w->cat);
    assert_int_equal(w->cat->nservices, SERVICES);

    w->targets = assist_targets_create(assist_str_of(targets), &err);
    assert_non_null(w->targets);

    assist_levels_default(&w->levels);

    for (i = 0; i < SERVICES; i++) {
        w->now[i].shown = shown >> i & 1;
    }

    w->in.catalog = w->cat;
    w->in.rules.levels = &w->levels;
    w->in.rules.targets = w->targets;
    w->in.today = assist_date_days(2026, 11, 23);
    w->in.as_of = 1795434001;
    w->in.gmtoff = 420;
    w->in.counters = counters;
    w->in.data = w;
}


static void
world_free(world_t *w)
{
    assist_catalog_free(w->cat);
    assist_targets_free(w->targets);
}


static json_t *
coverage(world_t *w)
{
    json_t           *v;
    assist_buf_t      out = ASSIST_BUF_INIT;
    json_error_t      error;
    assist_figure_t  *f;

    f = assist_figure_create(&w->in);
    assert_non_null(f);
    assist_figure_coverage_json(f, &out);
    assist_figure_free(f);
    assert_false(out.failed);

    v = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(v);
    assist_buf_free(&out);

    return v;
}


static json_t *
measure(json_t *v, const char *name)
{
    size_t   i;
    json_t  *m;

    json_array_foreach(json_object_get(v, "measures"), i, m) {
        if (strcmp(json_string_value(json_object_get(m, "name")), name) == 0) {
            return m;
        }
    }

    fail_msg("there is no measure %s", name);

    return NULL;
}


/* Members as JSON, in the order of the names. */

static void
assert_members(json_t *object, const char *names, const char *expected)
{
    char          name[64];
    char         *text;
    size_t        n;
    assist_buf_t  out = ASSIST_BUF_INIT;

    while (*names) {
        n = strcspn(names, " ");
        snprintf(name, sizeof(name), "%.*s", (int) n, names);
        names += n + (names[n] == ' ');

        assert_non_null(json_object_get(object, name));
        text = json_dumps(json_object_get(object, name),
                          JSON_ENCODE_ANY | JSON_COMPACT
                          | JSON_REAL_PRECISION(6));
        assist_buf_printf(&out, "%s%s", out.len ? " " : "", text);
        free(text);
    }

    assist_buf_putc(&out, '\0');
    assert_string_equal(out.data, expected);
    assist_buf_free(&out);
}


#define PROGRESS  "numerator denominator ratio target gap needed " \
                  "needed_per_month status"


static void
test_subsets(void **state)
{
    json_t   *v, *m;
    world_t   w;

    (void) state;

    /* services 0, 2, 4 */
    world_init(&w, "essential 2026-11-30 = 100\n"
                   "agency:H29 2026-01-01 = 0\n"
                   "agency:H29 2027-11-23 = 80\n"
                   "field:Cư trú 2026-06-30 = 66.66\n"
                   "province:Huế 2025-12-31 = 50\n"
                   "province:Đà Nẵng 2027-12-31 = 50\n", 0x15);

    v = coverage(&w);
    assert_int_equal(json_array_size(json_object_get(v, "measures")), 9);

    assert_members(measure(v, "fully_online_services_with_ai"), PROGRESS,
                   "3 7 42.86 52.11 9.25 1 0.08 \"behind\"");

    m = measure(v, "essential_services_with_ai");
    assert_members(m, PROGRESS, "2 4 50.0 100.0 50.0 2 2.0 \"behind\"");
    assert_members(m, "subset milestones", "\"essential\" "
                   "[{\"date\":\"2026-11-30\",\"target\":100.0,"
                   "\"status\":\"behind\"}]");

    /* 326 of 691 days to 80 % */
    assert_members(measure(v, "agency:H29"), PROGRESS,
                   "3 5 60.0 37.74 -22.26 0 0.08 \"on_track\"");

    /* over, and no figure of then: what is today says nothing of June */
    m = measure(v, "field:Cư trú");
    assert_members(m, PROGRESS " milestones",
                   "2 4 50.0 66.66 16.66 1 null \"missed\" "
                   "[{\"date\":\"2026-06-30\",\"target\":66.66,"
                   "\"status\":\"not_measured\"}]");

    assert_members(measure(v, "province:Huế"), PROGRESS,
                   "0 1 0.0 50.0 50.0 1 null \"missed\"");

    assert_members(measure(v, "province:Đà Nẵng"), PROGRESS,
                   "0 0 null 50.0 null 0 null \"not_measured\"");
    assert_members(measure(v, "officers_trained_in_ai"),
                   "unit numerator denominator ratio levels by status",
                   "\"people\" 0 null null null null \"not_measured\"");

    json_decref(v);
    world_free(&w);
}


static void
test_no_target(void **state)
{
    json_t   *v;
    world_t   w;

    (void) state;

    world_init(&w, "", 1);
    v = coverage(&w);

    assert_members(measure(v, "essential_services_with_ai"),
                   PROGRESS " milestones forecast",
                   "1 4 25.0 null null null null null [] null");

    json_decref(v);
    world_free(&w);
}


/* The eighth may be full: without AI it lowers the ratio, with AI it lifts. */

static void
test_range(void **state)
{
    json_t   *v;
    world_t   w;

    (void) state;

    world_init(&w, "", 0x15);
    v = coverage(&w);
    assert_members(measure(v, "fully_online_services_with_ai"),
                   "ratio ratio_min ratio_max denominator_min "
                   "denominator_max", "42.86 37.5 42.86 7 8");
    json_decref(v);
    world_free(&w);

    world_init(&w, "", 0x95);
    v = coverage(&w);
    assert_members(measure(v, "fully_online_services_with_ai"),
                   "ratio ratio_min ratio_max", "42.86 42.86 50.0");
    json_decref(v);
    world_free(&w);
}


/* Of procedure 1 one agency of two has it, of 2 both, of 3 the only one. */

static void
test_procedures(void **state)
{
    json_t   *v, *p;
    world_t   w;

    (void) state;

    world_init(&w, "", 0x1d);
    v = coverage(&w);

    p = json_object_get(measure(v, "fully_online_services_with_ai"),
                        "procedures");
    assert_members(p, "denominator any every",
                   "5 {\"L1\":0,\"L2\":3,\"L3\":0,\"L4\":0} "
                   "{\"L1\":0,\"L2\":2,\"L3\":0,\"L4\":0}");

    p = json_object_get(measure(v, "essential_services_with_ai"),
                        "procedures");
    assert_members(p, "denominator any every",
                   "2 {\"L1\":0,\"L2\":2,\"L3\":0,\"L4\":0} "
                   "{\"L1\":0,\"L2\":1,\"L3\":0,\"L4\":0}");

    json_decref(v);
    world_free(&w);
}


static void
test_groups(void **state)
{
    json_t   *v;
    world_t   w;

    (void) state;

    world_init(&w, "", 0x15);
    v = coverage(&w);

    assert_members(v, "fields provinces",
        "[{\"name\":\"\",\"services\":2,\"denominator\":1,\"numerator\":0,"
        "\"ratio\":0.0,\"levels\":{\"L1\":0,\"L2\":0,\"L3\":0,\"L4\":0}},"
        "{\"name\":\"Cư trú\",\"services\":4,\"denominator\":4,"
        "\"numerator\":2,\"ratio\":50.0,\"levels\":{\"L1\":0,\"L2\":2,"
        "\"L3\":0,\"L4\":0}},"
        "{\"name\":\"Hộ tịch\",\"services\":2,\"denominator\":2,"
        "\"numerator\":1,\"ratio\":50.0,\"levels\":{\"L1\":0,\"L2\":1,"
        "\"L3\":0,\"L4\":0}}] "
        "[{\"name\":\"\",\"services\":2,\"denominator\":2,\"numerator\":0,"
        "\"ratio\":0.0,\"levels\":{\"L1\":0,\"L2\":0,\"L3\":0,\"L4\":0}},"
        "{\"name\":\"Huế\",\"services\":2,\"denominator\":1,\"numerator\":0,"
        "\"ratio\":0.0,\"levels\":{\"L1\":0,\"L2\":0,\"L3\":0,\"L4\":0}},"
        "{\"name\":\"Hà Nội\",\"services\":4,\"denominator\":4,"
        "\"numerator\":3,\"ratio\":75.0,\"levels\":{\"L1\":0,\"L2\":3,"
        "\"L3\":0,\"L4\":0}}]");

    json_decref(v);
    world_free(&w);
}


static void
test_roadmap(void **state)
{
    json_t          *v, *r;
    world_t          w;
    assist_tasks_t  *tasks;

    static const char  file[] =
        "service,agency,task,unit,deadline\n"
        "1.000001@H29,,done,A,2026-01-01\n"        /* service 0, at L2 */
        "1.000001@G01,,late,B,2026-11-22\n"        /* service 1 */
        "1.000002,,nobody's,,2026-12-31\n"         /* services 2, 3 */
        ",H29,all,C,2026-11-23\n"                  /* due today: not late */
        "1.000006@H29,,in doubt,D,2025-01-01\n"    /* not fully online */
        "1.000009,,gone,E,2025-01-01\n"
        ",H31,gone,E,\n";

    (void) state;

    /* services 0, 2, 4 */
    world_init(&w, "", 0x15);
    tasks = assist_tasks_parse(assist_str_of(file), NULL);
    assert_non_null(tasks);
    w.in.rules.tasks = tasks;
    w.now[3].views = 7;
    w.now[5].views = 9;
    w.now[5].outcomes[0][ASSIST_UNANSWERABLE] = 2;
    w.now[6].views = 10;
    v = coverage(&w);

    /* all of H29 by the agency's task, and service 1 by its own */
    assert_members(json_object_get(measure(v, "fully_online_services_with_ai"),
                                   "levels"), "L1 L2", "6 3");

    r = json_object_get(v, "roadmap");
    assert_members(r, "tasks declared overdue ownerless undated unmatched "
                   "remaining unplanned", "7 6 2 1 1 2 4 0");
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(v, "files"), "tasks")),
                        tasks->hash);

    assert_int_equal(json_array_size(json_object_get(r, "overdue_tasks")), 2);
    assert_members(json_array_get(json_object_get(r, "overdue_tasks"), 0),
                   "line code agency_code task unit deadline services done",
                   "3 \"1.000001\" \"G01\" \"late\" \"B\" "
                   "\"2026-11-22\" 1 0");
    assert_int_equal(json_array_size(json_object_get(r, "ownerless_tasks")),
                     1);
    assert_members(json_array_get(json_object_get(r, "ownerless_tasks"), 0),
                   "task unit services done", "\"nobody's\" \"\" 2 1");

    /* essential ones by volume, then the others by volume */

    r = json_object_get(r, "next");
    assert_int_equal(json_array_size(r), 4);
    assert_members(json_array_get(r, 0),
                   "code agency_code essential views interactions updated "
                   "task unit deadline",
                   "\"1.000002\" \"G01\" true 7 0 \"2026-11-01\" "
                   "\"nobody's\" \"\" \"2026-12-31\"");
    assert_members(json_array_get(r, 1), "code agency_code task",
                   "\"1.000001\" \"G01\" \"late\"");
    assert_members(json_array_get(r, 2), "code views interactions task",
                   "\"1.000004\" 9 2 \"all\"");
    assert_members(json_array_get(r, 3), "code", "\"1.000005\"");

    json_decref(v);

    /* an interaction that the evidence knows; views it does not know */
    w.in.no_views = 1;
    v = coverage(&w);
    r = json_object_get(json_object_get(v, "roadmap"), "next");
    assert_members(json_array_get(r, 2), "code views", "\"1.000004\" null");
    json_decref(v);

    assist_tasks_free(tasks);
    world_free(&w);
}


/* Without a file: nothing is planned, and what comes next is known. */

static void
test_no_tasks(void **state)
{
    json_t   *v;
    world_t   w;

    (void) state;

    world_init(&w, "", 0x15);
    v = coverage(&w);
    assert_members(json_object_get(v, "roadmap"),
                   "tasks declared remaining unplanned overdue_tasks",
                   "0 0 4 4 []");
    assert_members(json_object_get(v, "files"), "tasks register",
                   "null null");
    json_decref(v);
    world_free(&w);
}


/* Documents have dates: what was proved at the end of 2024 is known. */

static void
test_register(void **state)
{
    json_t             *v;
    world_t             w;
    assist_register_t  *reg;

    static const char  file[] =
        "measure,name,count,total,date,document,unit\n"
        "officers,course one,90,,2024-06-01,1/BC,A\n"
        "officers,,20,,2024-12-31,2/BC,A\n"
        "officers,,300,,2026-03-01,3/BC,A\n"
        "officers,,999,,2026-11-24,4/BC,A\n"       /* tomorrow */
        "open_data,Bộ A,,,2025-05-01,5/QĐ,B\n"
        "open_data,bộ  a,,,2024-05-01,6/QĐ,B\n"    /* the same, earlier */
        "open_data,Tỉnh C,,,2026-05-01,7/QĐ,B\n"
        "open_data,,,12,2024-01-01,8/QĐ,B\n"
        "open_data,,,3,2026-01-01,9/QĐ,B\n"
        "urban_areas,Đô thị D,,,2026-05-01,10/QĐ,B\n";

    (void) state;

    world_init(&w, "", 1);
    reg = assist_register_parse(assist_str_of(file), NULL);
    assert_non_null(reg);
    w.in.rules.registered = reg;
    v = coverage(&w);

    /* 384.25 officers are the target of 2026-11-23 */
    assert_members(measure(v, "officers_trained_in_ai"),
                   "documents " PROGRESS " milestones",
                   "3 410 null null 384.25 -25.75 0 12.04 \"on_track\" "
                   "[{\"date\":\"2024-12-31\",\"target\":100.0,"
                   "\"status\":\"met\"},{\"date\":\"2030-12-31\","
                   "\"target\":1000.0,\"status\":\"on_track\"}]");

    assert_members(measure(v, "agencies_with_open_data_for_ai"),
                   "documents " PROGRESS " milestones",
                   "3 2 3 66.67 45.27 -21.4 0 0.02 \"on_track\" "
                   "[{\"date\":\"2024-12-31\",\"target\":20.0,"
                   "\"status\":\"missed\"},{\"date\":\"2030-12-31\","
                   "\"target\":100.0,\"status\":\"on_track\"}]");

    /* how many there are in all nobody said */
    assert_members(measure(v, "urban_areas_with_ai"),
                   "documents " PROGRESS " milestones",
                   "1 1 0 null 45.27 null 0 null \"not_measured\" "
                   "[{\"date\":\"2024-12-31\",\"target\":20.0,"
                   "\"status\":\"not_measured\"},{\"date\":"
                   "\"2030-12-31\",\"target\":100.0,"
                   "\"status\":\"not_measured\"}]");

    json_decref(v);
    assist_register_free(reg);
    world_free(&w);
}


/* What is past is known from its month's figure alone. */

static void
test_past(void **state)
{
    json_t   *v;
    world_t   w;

    static const assist_past_t  past[] = {
        { { "agency:H29", 10 }, 2026 * 12 + 5, 3, 5 },
        { { "fully_online_services_with_ai", 29 }, 2026 * 12 + 9, 2, 7 },
        { { "fully_online_services_with_ai", 29 }, 2026 * 12 + 7, 0, 7 },
        { { "fully_online_services_with_ai", 29 }, 2026 * 12 + 3, 7, 7 },
        { { "essential_services_with_ai", 26 }, 2026 * 12 + 9, 3, 4 }
    };

    (void) state;

    world_init(&w, "agency:H29 2026-06-30 = 60\n"
                   "agency:H29 2027-06-30 = 61\n"
                   "services 2026-08-31 = 10\n"
                   "services 2027-05-31 = 90\n"
                   "essential 2026-04-30 = 10\n"
                   "essential 2027-05-31 = 100\n", 0x15);
    w.in.rules.past = past;
    w.in.rules.npast = 5;
    v = coverage(&w);

    assert_members(measure(v, "agency:H29"), "milestones",
                   "[{\"date\":\"2026-06-30\",\"target\":60.0,"
                   "\"status\":\"met\"},{\"date\":\"2027-06-30\","
                   "\"target\":61.0,\"status\":\"behind\"}]");

    /* three services in three months, so nine in six more: all seven */
    assert_members(measure(v, "fully_online_services_with_ai"),
                   "milestones forecast",
                   "[{\"date\":\"2026-08-31\",\"target\":10.0,"
                   "\"status\":\"missed\"},{\"date\":\"2027-05-31\","
                   "\"target\":90.0,\"status\":\"on_track\"}] "
                   "{\"date\":\"2027-05-31\",\"months\":3,\"pace\":1.0,"
                   "\"numerator\":7,\"ratio\":100.0,\"reached\":true}");

    /* the closed months in their order, the target at each year's end */
    assert_members(measure(v, "fully_online_services_with_ai"),
                   "history trajectory",
                   "[{\"month\":\"2026-04\",\"numerator\":7,"
                   "\"denominator\":7,\"ratio\":100.0},"
                   "{\"month\":\"2026-08\",\"numerator\":0,"
                   "\"denominator\":7,\"ratio\":0.0},"
                   "{\"month\":\"2026-10\",\"numerator\":2,"
                   "\"denominator\":7,\"ratio\":28.57}] "
                   "[{\"date\":\"2026-12-31\",\"target\":45.75}]");

    /* one less than last month */
    assert_members(measure(v, "essential_services_with_ai"),
                   "milestones forecast",
                   "[{\"date\":\"2026-04-30\",\"target\":10.0,"
                   "\"status\":\"not_measured\"},{\"date\":\"2027-05-31\","
                   "\"target\":100.0,\"status\":\"behind\"}] "
                   "{\"date\":\"2027-05-31\",\"months\":1,\"pace\":-1.0,"
                   "\"numerator\":0,\"ratio\":0.0,\"reached\":false}");

    json_decref(v);
    world_free(&w);
}


static json_t *
load(assist_buf_t *out)
{
    json_t  *v;

    assert_false(out->failed);
    v = json_loadb(out->data, out->len, JSON_DECODE_ANY, NULL);
    assert_non_null(v);
    out->len = 0;

    return v;
}


/* "1.000001@H29 .." of the services of a document. */

static void
assert_services(json_t *v, const char *expected)
{
    char     ids[256];
    size_t   i, n;
    json_t  *row;

    n = 0;
    ids[0] = '\0';

    json_array_foreach(json_object_get(v, "services"), i, row) {
        n += (size_t) snprintf(ids + n, sizeof(ids) - n, "%s%s@%s",
                               i ? " " : "",
                               json_string_value(json_object_get(row, "code")),
                               json_string_value(json_object_get(row,
                                                     "agency_code")));
    }

    assert_string_equal(ids, expected);
    json_decref(v);
}


/* A page has its own services and no others. */

static void
test_pages(void **state)
{
    json_t           *v;
    world_t           w;
    uint32_t          code;
    assist_buf_t      out = ASSIST_BUF_INIT;
    assist_figure_t  *f;

    (void) state;

    world_init(&w, "agency:H29 2027-12-31 = 80\n", 0x1);
    f = assist_figure_create(&w.in);
    assert_non_null(f);

    assert_int_equal(assist_figure_agency_json(f, assist_str("G01"), 0, 9,
                                               &out), 0);
    v = load(&out);
    assert_members(json_object_get(v, "agency"),
                   "code services denominator numerator",
                   "\"G01\" 2 2 0");
    assert_true(json_is_null(json_object_get(v, "measure")));
    assert_services(v, "1.000001@G01 1.000002@G01");

    assert_int_equal(assist_figure_agency_json(f, assist_str("H29"), 1, 2,
                                               &out), 0);
    v = load(&out);
    assert_members(json_object_get(v, "measure"), "name target status",
                   "\"agency:H29\" 80.0 \"behind\"");
    assert_services(v, "1.000002@H29 1.000003@H29");

    assert_int_equal(assist_figure_agency_json(f, assist_str("H29"), 99,
                                               2, &out), 0);
    assert_services(load(&out), "");

    assert_int_equal(assist_figure_agency_json(f, assist_str("X"), 0, 2,
                                               &out), -1);
    assert_int_equal(out.len, 0);

    code = assist_catalog_procedure(w.cat, assist_str("1.000002"));
    assert_int_equal(assist_figure_procedure_json(f, code, 9, &out), 0);
    assert_services(load(&out), "1.000002@H29 1.000002@G01");

    assist_figure_free(f);
    assist_buf_free(&out);
    world_free(&w);
}


/* The checks of a service say what its levels are made of. */

static void
test_checks(void **state)
{
    size_t              i;
    json_t             *v, *check;
    world_t             w;
    assist_buf_t        out = ASSIST_BUF_INIT;
    assist_figure_t    *f;
    assist_counters_t  *c;

    static const char *const  expected[] = {
        "\"task\" null {\"value\":null,\"ok\":false} null",
        "\"shown\" 1 {\"value\":2,\"ok\":true} null",
        "\"l2.knowledge_days\" 90 {\"value\":22,\"ok\":true} null",
        "\"l3.interactions\" 5.0 {\"value\":24.0,\"ok\":true} null",
        "\"l3.days\" 3.0 {\"value\":2.0,\"ok\":false} null",
        "\"l4.interactions\" 30.0 {\"value\":30.0,\"ok\":true} null",
        "\"l4.answered\" 0.8 {\"value\":0.8,\"ok\":true} null",
        "\"l4.sourced\" 0.95 {\"value\":0.9167,\"ok\":false} null",
        "\"l4.negative\" 0.2 {\"value\":null,\"ok\":true} null",
        "\"l4.latency\" 5000.0 {\"value\":300001,\"ok\":false} null"
    };

    (void) state;

    world_init(&w, "", 0);
    c = &w.now[0];
    c->shown = 3;
    c->outcomes[ASSIST_BY_CATALOGUE][ASSIST_ANSWERED] = 24;
    c->outcomes[ASSIST_BY_MODEL][ASSIST_REFUSED] = 6;
    c->kinds[ASSIST_KIND_ASK] = 30;
    c->days[ASSIST_BY_CATALOGUE] = 5;
    c->day[22] = 30;
    c->sourced = 22;
    c->latency[ASSIST_LATENCY_BUCKETS - 1] = 30;

    f = assist_figure_create(&w.in);
    assert_non_null(f);
    assert_int_equal(assist_figure_service_json(f, 0, &out), 0);
    assist_figure_free(f);
    v = load(&out);

    assert_members(v, "last_period last", "\"2026-10\" null");
    assert_members(json_object_get(v, "service"), "evidence interactions",
                   "[\"L2\"] 30");
    assert_int_equal(json_integer_value(json_array_get(
                         json_object_get(v, "days"), 22)), 30);

    json_array_foreach(json_object_get(v, "checks"), i, check) {
        assert_members(check, "rule bound this last", expected[i]);
    }

    assert_int_equal(i, sizeof(expected) / sizeof(expected[0]));

    json_decref(v);
    assist_buf_free(&out);
    world_free(&w);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_subsets),
        cmocka_unit_test(test_no_target),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_procedures),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_roadmap),
        cmocka_unit_test(test_no_tasks),
        cmocka_unit_test(test_register),
        cmocka_unit_test(test_past),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_checks)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
