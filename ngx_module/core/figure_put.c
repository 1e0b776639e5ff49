/*
 * A measure in JSON.
 */

#include "date.h"
#include "figure_priv.h"


#define lit(out, text)  assist_buf_add(out, text, sizeof(text) - 1)


static void put_counts(assist_buf_t *out, const assist_figure_measure_t *m);
static void put_progress(assist_buf_t *out, const assist_figure_measure_t *m);
static void put_milestones(assist_buf_t *out,
    const assist_figure_measure_t *m);
static void put_forecast(assist_buf_t *out, const assist_figure_measure_t *m);
static void put_levels(assist_buf_t *out, const assist_figure_measure_t *m);


void
assist_figure_put_measure(assist_buf_t *out, const assist_figure_measure_t *m)
{
    assist_buf_t  text = ASSIST_BUF_INIT;

    assist_figure_name(m, &text);
    lit(out, "{\"name\":");
    assist_buf_json(out, assist_buf_str(&text));

    text.len = 0;
    assist_target_name(m->of, &text);
    lit(out, ",\"subset\":");
    assist_buf_json(out, assist_buf_str(&text));

    out->failed |= text.failed;
    assist_buf_free(&text);

    assist_buf_printf(out, ",\"title\":\"%s\",\"unit\":\"%s\"",
                      assist_figure_title(m),
                      m->people ? "people" : "percent");

    put_counts(out, m);
    put_progress(out, m);
    lit(out, ",\"milestones\":[");
    put_milestones(out, m);
    lit(out, "],\"forecast\":");
    put_forecast(out, m);
    put_levels(out, m);
    lit(out, "}");
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
