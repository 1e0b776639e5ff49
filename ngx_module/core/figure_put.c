/*
 * Measures and groups in JSON.
 */

#include "date.h"
#include "figure_priv.h"


#define YEARS  20                       /* of a trajectory */

#define lit(out, text)  assist_buf_add(out, text, sizeof(text) - 1)


static void put_counts(assist_buf_t *out, const assist_figure_measure_t *m);
static void put_progress(assist_buf_t *out, const assist_figure_measure_t *m);
static void put_milestones(assist_buf_t *out,
    const assist_figure_measure_t *m);
static void put_trajectory(assist_buf_t *out,
    const assist_figure_measure_t *m);
static void put_history(assist_buf_t *out, const assist_figure_in_t *in,
    assist_str_t name);
static const assist_past_t *after(const assist_figure_in_t *in,
    assist_str_t name, const assist_past_t *than);
static void put_forecast(assist_buf_t *out, const assist_figure_measure_t *m);
static void put_levels(assist_buf_t *out, const assist_figure_measure_t *m);


void
assist_figure_put_measure(assist_buf_t *out, const assist_figure_t *f,
    const assist_figure_measure_t *m)
{
    assist_buf_t  name = ASSIST_BUF_INIT;
    assist_buf_t  subset = ASSIST_BUF_INIT;

    assist_figure_name(m, &name);
    lit(out, "{\"name\":");
    assist_buf_json(out, assist_buf_str(&name));

    assist_target_name(m->of, &subset);
    lit(out, ",\"subset\":");
    assist_buf_json(out, assist_buf_str(&subset));

    assist_buf_printf(out, ",\"title\":\"%s\",\"unit\":\"%s\"",
                      assist_figure_title(m),
                      m->people ? "people" : "percent");

    put_counts(out, m);
    put_progress(out, m);
    lit(out, ",\"milestones\":[");
    put_milestones(out, m);
    lit(out, "],\"trajectory\":[");
    put_trajectory(out, m);
    lit(out, "],\"history\":[");
    put_history(out, f->in, assist_buf_str(&name));
    lit(out, "],\"forecast\":");
    put_forecast(out, m);
    put_levels(out, m);
    lit(out, "}");

    out->failed |= name.failed | subset.failed;
    assist_buf_free(&name);
    assist_buf_free(&subset);
}


static void
put_counts(assist_buf_t *out, const assist_figure_measure_t *m)
{
    assist_buf_printf(out, ",\"numerator\":%u", m->numerator);

    if (m->people) {
        lit(out, ",\"denominator\":null,\"denominator_min\":null,"
                 "\"denominator_max\":null");

    } else {
        assist_buf_printf(out, ",\"denominator\":%u,\"denominator_min\":%u,"
                          "\"denominator_max\":%u", m->denominator,
                          m->denominator, m->denominator + m->unknown);
    }

    lit(out, ",\"ratio\":");
    assist_figure_put_ratio(out, m->ratio, "null");
    lit(out, ",\"ratio_text\":\"");
    assist_figure_put_ratio(out, m->ratio, "n/a");
    assist_buf_puts(out, m->ratio < 0 ? "\"" : " %\"");
    lit(out, ",\"ratio_min\":");
    assist_figure_put_ratio(out, m->ratio_min, "null");
    lit(out, ",\"ratio_max\":");
    assist_figure_put_ratio(out, m->ratio_max, "null");
}


static void
put_progress(assist_buf_t *out, const assist_figure_measure_t *m)
{
    lit(out, ",\"target\":");
    assist_figure_put_ratio(out, m->target, "null");
    lit(out, ",\"gap\":");
    assist_figure_put_gap(out, m, "null");

    if (m->target < 0) {
        lit(out, ",\"needed\":null,\"needed_per_month\":null,"
                 "\"status\":null");
        return;
    }

    assist_buf_printf(out, ",\"needed\":%u,\"needed_per_month\":", m->needed);
    assist_figure_put_ratio(out, m->per_month, "null");
    assist_buf_printf(out, ",\"status\":\"%s\"", m->status);
}


static void
put_milestones(assist_buf_t *out, const assist_figure_measure_t *m)
{
    char      date[11];
    uint32_t  i;

    for (i = 0; i < m->of->nmilestones; i++) {
        assist_date_format(m->of->milestones[i].day, date);
        assist_buf_printf(out, "%s{\"date\":\"%s\",\"target\":", i ? "," : "",
                          date);
        assist_figure_put_hundredths(out, m->of->milestones[i].value);
        assist_buf_printf(out, ",\"status\":\"%s\"}", m->milestones[i]);
    }
}


/* The target of each year's end, from the first milestone to the last. */

static void
put_trajectory(assist_buf_t *out, const assist_figure_measure_t *m)
{
    int      year, month, mday, n;
    char     date[11];
    int32_t  day, last;

    if (m->of->nmilestones == 0) {
        return;
    }

    last = m->of->milestones[m->of->nmilestones - 1].day;
    assist_date_civil(m->of->milestones[0].day, &year, &month, &mday);

    for (n = 0; n < YEARS; n++) {
        day = assist_date_days(year + n, 12, 31);

        if (day > last) {
            return;
        }

        assist_date_format(day, date);
        assist_buf_printf(out, "%s{\"date\":\"%s\",\"target\":",
                          n ? "," : "", date);
        assist_figure_put_hundredths(out, assist_target_at(m->of, day));
        lit(out, "}");
    }
}


/* The figure of each closed month before the one that is judged. */

static void
put_history(assist_buf_t *out, const assist_figure_in_t *in,
    assist_str_t name)
{
    char                 date[11];
    const char          *comma;
    const assist_past_t *p;

    comma = "";

    for (p = after(in, name, NULL); p; p = after(in, name, p)) {
        assist_date_format(assist_date_days(p->month / 12, p->month % 12 + 1,
                                            1),
                           date);
        assist_buf_printf(out, "%s{\"month\":\"%.7s\",\"numerator\":%u,"
                          "\"denominator\":%u,\"ratio\":", comma, date,
                          p->numerator, p->denominator);
        assist_figure_put_ratio(out, assist_figure_ratio(p->numerator,
                                                         p->denominator),
                                "null");
        lit(out, "}");
        comma = ",";
    }
}


/* The first month after another's (NULL: of all); NULL: there is none. */

static const assist_past_t *
after(const assist_figure_in_t *in, assist_str_t name,
    const assist_past_t *than)
{
    int                   year, month, mday;
    size_t                i;
    const assist_past_t  *p, *next;

    next = NULL;
    assist_date_civil(in->today, &year, &month, &mday);

    for (i = 0; i < in->rules.npast; i++) {
        p = &in->rules.past[i];

        if (p->month < year * 12 + month - 1
            && (than == NULL || p->month > than->month)
            && (next == NULL || p->month < next->month)
            && assist_str_eq(p->name, name))
        {
            next = p;
        }
    }

    return next;
}


static void
put_forecast(assist_buf_t *out, const assist_figure_measure_t *m)
{
    char  date[11];

    if (m->forecast.milestone == NULL) {
        lit(out, "null");
        return;
    }

    assist_date_format(m->forecast.milestone->day, date);
    assist_buf_printf(out, "{\"date\":\"%s\",\"months\":%u,\"pace\":", date,
                      m->forecast.months);
    assist_figure_put_hundredths(out, m->forecast.pace);
    assist_buf_printf(out, ",\"numerator\":%u,\"ratio\":",
                      m->forecast.numerator);
    assist_figure_put_ratio(out, m->forecast.ratio, "null");
    assist_buf_printf(out, ",\"reached\":%s}",
                      m->forecast.reached ? "true" : "false");
}


static void
put_levels(assist_buf_t *out, const assist_figure_measure_t *m)
{
    unsigned  by;

    if (assist_figure_registered(m)) {
        assist_buf_printf(out, ",\"documents\":%u,\"levels\":null,"
                          "\"by\":null,\"procedures\":null", m->documents);
        return;
    }

    lit(out, ",\"documents\":null,\"levels\":");
    assist_figure_put_levels(out, m->levels, 0);
    lit(out, ",\"by\":{");

    for (by = 0; by < ASSIST_BY_MAX; by++) {
        assist_buf_printf(out, "%s\"%s\":", by ? "," : "",
                          assist_by_name(by));
        assist_figure_put_levels(out, m->by[by], 1);
    }

    assist_buf_printf(out, "},\"procedures\":{\"denominator\":%u,\"any\":",
                      m->procedures.n);
    assist_figure_put_levels(out, m->procedures.any, 0);
    lit(out, ",\"every\":");
    assist_figure_put_levels(out, m->procedures.every, 0);
    lit(out, "}");
}


void
assist_figure_put_group(assist_buf_t *out, const assist_figure_group_t *g,
    assist_group_by_t by)
{
    lit(out, "{");

    if (by == ASSIST_GROUP_AGENCY) {
        lit(out, "\"code\":");
        assist_buf_json(out, g->code);
        lit(out, ",");
    }

    lit(out, "\"name\":");
    assist_buf_json(out, g->name);
    assist_buf_printf(out, ",\"services\":%u,\"denominator\":%u,"
                      "\"numerator\":%u,\"ratio\":", g->services,
                      g->denominator, g->levels[1]);
    assist_figure_put_ratio(out, assist_figure_ratio(g->levels[1],
                                                     g->denominator),
                            "null");
    lit(out, ",\"levels\":");
    assist_figure_put_levels(out, g->levels, 0);
    lit(out, "}");
}
