/*
 * What one page of the dashboard shows: the services of an agency or of a
 * procedure, or one service and why it is at its level.  A page's document has
 * no more than the page: whoever reads it cannot do so in slices.
 */

#include "date.h"
#include "evidence.h"
#include "figure_priv.h"


#define lit(out, text)  assist_buf_add(out, text, sizeof(text) - 1)


static void put_head(assist_buf_t *out, const assist_figure_in_t *in);
static void put_month_before(assist_buf_t *out, const assist_figure_in_t *in);
static const assist_figure_group_t *find_agency(const assist_figure_t *f,
    assist_str_t key);
static void put_own_measure(assist_buf_t *out, const assist_figure_t *f,
    assist_str_t key);
static void put_checks(assist_buf_t *out, const assist_figure_t *f,
    uint32_t service);
static void put_declared(assist_buf_t *out, const assist_figure_t *f,
    uint32_t service);
static void put_enabled(assist_buf_t *out, const assist_figure_in_t *in,
    const assist_figure_fact_t *fact, const assist_counters_t *now,
    const assist_counters_t *last);
static void put_rule(assist_buf_t *out, const assist_levels_t *levels,
    assist_rule_t rule, const assist_counters_t *now,
    const assist_counters_t *last);
static void put_month(assist_buf_t *out, const assist_levels_t *levels,
    assist_rule_t rule, const assist_counters_t *c);
static void put_days(assist_buf_t *out, const assist_figure_in_t *in,
    uint32_t service);


int
assist_figure_agency_json(const assist_figure_t *f, assist_str_t key,
    uint32_t from, uint32_t max, assist_buf_t *out)
{
    uint32_t                      i, n, index;
    const assist_figure_group_t  *agency;

    agency = find_agency(f, key);

    if (agency == NULL) {
        return -1;
    }

    put_head(out, f->in);
    lit(out, ",\"agency\":");
    assist_figure_put_group(out, agency, ASSIST_GROUP_AGENCY);
    lit(out, ",\"measure\":");
    put_own_measure(out, f, key);
    assist_buf_printf(out, ",\"from\":%u,\"services\":[", from);

    index = (uint32_t) (agency - f->groups[ASSIST_GROUP_AGENCY].list);

    for (n = 0, i = 0; i < f->in->catalog->nservices; i++) {
        if (f->facts[i].row == ASSIST_NONE
            || f->facts[i].groups[ASSIST_GROUP_AGENCY] != index)
        {
            continue;
        }

        if (n >= from && n - from < max) {
            assist_buf_puts(out, n > from ? "," : "");
            assist_figure_put_service(out, f, i, 0);
        }

        n++;
    }

    lit(out, "]}");

    return 0;
}


int
assist_figure_procedure_json(const assist_figure_t *f, uint32_t procedure,
    uint32_t max, assist_buf_t *out)
{
    size_t    start;
    uint32_t  i, n;

    start = out->len;
    put_head(out, f->in);
    lit(out, ",\"services\":[");

    for (n = 0, i = 0; i < f->in->catalog->nservices && n < max; i++) {
        if (f->facts[i].row != ASSIST_NONE
            && f->in->catalog->services[i].procedure == procedure)
        {
            assist_buf_puts(out, n++ ? "," : "");
            assist_figure_put_service(out, f, i, 0);
        }
    }

    lit(out, "]}");

    if (n == 0) {
        out->len = start;
        return -1;
    }

    return 0;
}


int
assist_figure_service_json(const assist_figure_t *f, uint32_t service,
    assist_buf_t *out)
{
    if (f->facts[service].row == ASSIST_NONE) {
        return -1;
    }

    put_head(out, f->in);
    lit(out, ",\"last_period\":\"");
    put_month_before(out, f->in);
    lit(out, "\",\"service\":");
    assist_figure_put_service(out, f, service, 0);
    lit(out, ",\"last\":");

    if (assist_figure_counters(f->in, service, 1) != NULL) {
        assist_figure_put_service(out, f, service, 1);

    } else {
        lit(out, "null");
    }

    lit(out, ",\"checks\":[");
    put_checks(out, f, service);
    lit(out, "],\"days\":[");
    put_days(out, f->in, service);
    lit(out, "]}");

    return 0;
}


static void
put_head(assist_buf_t *out, const assist_figure_in_t *in)
{
    lit(out, "{\"as_of\":");
    assist_evidence_time(out, in->as_of, in->gmtoff);
    lit(out, ",\"period\":\"");
    assist_figure_put_period(out, in);
    lit(out, "\"");
}


static void
put_month_before(assist_buf_t *out, const assist_figure_in_t *in)
{
    int   year, month, mday;
    char  date[11];

    assist_date_civil(in->today, &year, &month, &mday);
    assist_date_format(in->today - mday, date);
    assist_buf_add(out, date, sizeof("2026-11") - 1);
}


static const assist_figure_group_t *
find_agency(const assist_figure_t *f, assist_str_t key)
{
    uint32_t                       i;
    const assist_figure_group_t   *g;
    const assist_figure_groups_t  *agencies;

    agencies = &f->groups[ASSIST_GROUP_AGENCY];

    for (i = 0; i < agencies->n; i++) {
        g = &agencies->list[i];

        if (assist_str_eq(g->code.len ? g->code : g->name, key)) {
            return g;
        }
    }

    return NULL;
}


/* Where the agency stands against a target of its own. */

static void
put_own_measure(assist_buf_t *out, const assist_figure_t *f, assist_str_t key)
{
    uint32_t                        i;
    const assist_figure_measure_t  *m;

    for (i = 0; i < f->nmeasures; i++) {
        m = &f->measures[i];

        if (m->of->subset == ASSIST_SUBSET_AGENCY
            && assist_str_eq(m->of->value, key))
        {
            assist_figure_put_measure(out, f, m);
            return;
        }
    }

    lit(out, "null");
}


/* Everything that is asked of a service, whether it holds or not. */

static void
put_checks(assist_buf_t *out, const assist_figure_t *f, uint32_t service)
{
    assist_rule_t             rule;
    assist_counters_t         now, last;
    const assist_counters_t  *of_now, *of_last;

    /* the two may share a place */

    of_now = assist_figure_counters(f->in, service, 0);

    if (of_now != NULL) {
        now = *of_now;
        of_now = &now;
    }

    of_last = assist_figure_counters(f->in, service, 1);

    if (of_last != NULL) {
        last = *of_last;
        of_last = &last;
    }

    put_declared(out, f, service);
    put_enabled(out, f->in, &f->facts[service], of_now, of_last);

    for (rule = 0; rule < ASSIST_RULE_MAX; rule++) {
        put_rule(out, f->in->rules.levels, rule, of_now, of_last);
    }
}


static void
put_declared(assist_buf_t *out, const assist_figure_t *f, uint32_t service)
{
    assist_buf_printf(out, "{\"level\":\"L1\",\"rule\":\"task\",\"bound\":null,"
                      "\"this\":{\"value\":null,\"ok\":%s},\"last\":null}",
                      f->facts[service].reached & ASSIST_L1 ? "true"
                                                            : "false");
}


/* Of both months together: what is shown in either counts. */

static void
put_enabled(assist_buf_t *out, const assist_figure_in_t *in,
    const assist_figure_fact_t *fact, const assist_counters_t *now,
    const assist_counters_t *last)
{
    int64_t   days;
    uint32_t  bound;
    unsigned  shown;

    shown = assist_ledger_shown(now) + assist_ledger_shown(last);
    bound = in->rules.levels->l2_knowledge_days;

    lit(out, ",{\"level\":\"L2\",\"rule\":\"shown\",\"bound\":1,"
             "\"this\":{\"value\":");
    assist_buf_uint(out, shown);
    assist_buf_printf(out, ",\"ok\":%s},\"last\":null},{\"level\":\"L2\","
                      "\"rule\":\"l2.knowledge_days\",\"bound\":%u,\"this\":"
                      "{\"value\":", shown ? "true" : "false", bound);

    if (fact->updated == INT32_MIN) {
        lit(out, "null,\"ok\":false},\"last\":null}");
        return;
    }

    days = (int64_t) in->today - fact->updated;
    assist_buf_printf(out, "%lld,\"ok\":%s},\"last\":null}", (long long) days,
                      days <= bound ? "true" : "false");
}


static void
put_rule(assist_buf_t *out, const assist_levels_t *levels, assist_rule_t rule,
    const assist_counters_t *now, const assist_counters_t *last)
{
    static const char *const  names[ASSIST_RULE_MAX] = {
        [ASSIST_RULE_L3_ANSWERED] = "l3.interactions",
        [ASSIST_RULE_L3_DAYS] = "l3.days",
        [ASSIST_RULE_L4_INTERACTIONS] = "l4.interactions",
        [ASSIST_RULE_L4_ANSWERED] = "l4.answered",
        [ASSIST_RULE_L4_SOURCED] = "l4.sourced",
        [ASSIST_RULE_L4_NEGATIVE] = "l4.negative",
        [ASSIST_RULE_L4_LATENCY] = "l4.latency"
    };

    double  bounds[ASSIST_RULE_MAX] = {
        [ASSIST_RULE_L3_ANSWERED] = levels->l3_interactions,
        [ASSIST_RULE_L3_DAYS] = levels->l3_days,
        [ASSIST_RULE_L4_INTERACTIONS] = levels->l4_interactions,
        [ASSIST_RULE_L4_ANSWERED] = levels->l4_answered,
        [ASSIST_RULE_L4_SOURCED] = levels->l4_sourced,
        [ASSIST_RULE_L4_NEGATIVE] = levels->l4_negative,
        [ASSIST_RULE_L4_LATENCY] = levels->l4_latency
    };

    assist_buf_printf(out, ",{\"level\":\"%s\",\"rule\":\"%s\",\"bound\":",
                      rule < ASSIST_RULE_L4_INTERACTIONS ? "L3" : "L4",
                      names[rule]);
    assist_figure_put_share(out, bounds[rule]);
    lit(out, ",\"this\":");
    put_month(out, levels, rule, now);
    lit(out, ",\"last\":");
    put_month(out, levels, rule, last);
    lit(out, "}");
}


static void
put_month(assist_buf_t *out, const assist_levels_t *levels, assist_rule_t rule,
    const assist_counters_t *c)
{
    assist_check_t  check;

    if (c == NULL) {
        lit(out, "null");
        return;
    }

    check = assist_figure_check(levels, c, -1, rule);
    lit(out, "{\"value\":");

    if (check.value < 0) {
        lit(out, "null");

    } else if (check.value > assist_latency_bounds[ASSIST_LATENCY_BUCKETS - 2]
               && rule == ASSIST_RULE_L4_LATENCY)
    {
        /* all that is known is that it is more */
        assist_buf_uint(out,
                        assist_latency_bounds[ASSIST_LATENCY_BUCKETS - 2] + 1);

    } else {
        assist_figure_put_share(out, check.value);
    }

    assist_buf_puts(out, check.ok ? ",\"ok\":true}" : ",\"ok\":false}");
}


/* The interactions of each day of this month until today. */

static void
put_days(assist_buf_t *out, const assist_figure_in_t *in, uint32_t service)
{
    int                       year, month, mday, i;
    const assist_counters_t  *c;

    c = assist_figure_counters(in, service, 0);
    assist_date_civil(in->today, &year, &month, &mday);

    for (i = 0; i < mday; i++) {
        assist_buf_puts(out, i ? "," : "");
        assist_buf_uint(out, c ? c->day[i] : 0);
    }
}
