/*
 * The figure as a table: coverage.csv.
 */

#include "evidence.h"
#include "figure_priv.h"


#define lit(out, text)  assist_buf_add(out, text, sizeof(text) - 1)


static void put_measure(assist_buf_t *out, const assist_figure_in_t *in,
    const assist_figure_measure_t *m);
static void put_group(assist_buf_t *out, const assist_figure_in_t *in,
    const char *type, const assist_figure_group_t *g);
static void put_stamp(assist_buf_t *out, const assist_figure_in_t *in);
static void put_ratios(assist_buf_t *out, int64_t ratio);
static void put_levels(assist_buf_t *out, const uint32_t *levels,
    unsigned first);
static void put_uint(assist_buf_t *out, uint64_t n);


static const char *const  types[ASSIST_GROUP_MAX] = {
    "agency", "field", "province"
};


void
assist_figure_coverage_csv(const assist_figure_t *f, assist_buf_t *out)
{
    uint32_t  i, by;

    lit(out, "as_of,period,type,code,name,services,denominator,"
             "denominator_min,denominator_max,numerator,ratio,ratio_text,"
             "target,gap,needed,needed_per_month,status,L1,L2,L3,L4,"
             "model_L2,model_L3,model_L4,"
             "catalogue_L2,catalogue_L3,catalogue_L4,ratio_min,ratio_max,"
             "forecast,procedures,procedures_any_L2,procedures_every_L2,"
             "documents\n");

    for (i = 0; i < f->nmeasures; i++) {
        put_measure(out, f->in, &f->measures[i]);
    }

    for (by = 0; by < ASSIST_GROUP_MAX; by++) {
        for (i = 0; i < f->groups[by].n; i++) {
            put_group(out, f->in, types[by], &f->groups[by].list[i]);
        }
    }
}


static void
put_measure(assist_buf_t *out, const assist_figure_in_t *in,
    const assist_figure_measure_t *m)
{
    int           registered;
    unsigned      by;
    assist_buf_t  name = ASSIST_BUF_INIT;

    registered = assist_figure_registered(m);
    assist_figure_name(m, &name);
    out->failed |= name.failed;

    put_stamp(out, in);
    lit(out, "measure,");
    assist_figure_put_cell(out, assist_buf_str(&name));
    assist_buf_printf(out, ",%s", assist_figure_title(m));
    assist_buf_free(&name);

    if (registered) {
        lit(out, ",");

    } else {
        put_uint(out, m->services);
    }

    if (m->people) {
        lit(out, ",,,");

    } else {
        put_uint(out, m->denominator);
        put_uint(out, m->denominator);
        put_uint(out, m->denominator + m->unknown);
    }

    put_uint(out, m->numerator);
    put_ratios(out, m->ratio);

    lit(out, ",");
    assist_figure_put_ratio(out, m->target, "");
    lit(out, ",");
    assist_figure_put_gap(out, m, "");

    if (m->target < 0) {
        lit(out, ",,,");

    } else {
        put_uint(out, m->needed);
        lit(out, ",");
        assist_figure_put_ratio(out, m->per_month, "");
        assist_buf_printf(out, ",%s", m->status);
    }

    if (registered) {
        lit(out, ",,,,,,,,,,");

    } else {
        put_levels(out, m->levels, 0);

        for (by = 0; by < ASSIST_BY_MAX; by++) {
            put_levels(out, m->by[by], 1);
        }
    }

    lit(out, ",");
    assist_figure_put_ratio(out, m->ratio_min, "");
    lit(out, ",");
    assist_figure_put_ratio(out, m->ratio_max, "");
    lit(out, ",");
    assist_figure_put_ratio(out, m->forecast.ratio, "");

    if (registered) {
        lit(out, ",,,");
        put_uint(out, m->documents);

    } else {
        put_uint(out, m->procedures.n);
        put_uint(out, m->procedures.any[1]);
        put_uint(out, m->procedures.every[1]);
        lit(out, ",");
    }

    lit(out, "\n");
}


/* A group's target, where it has one, is a measure: those cells are empty. */

static void
put_group(assist_buf_t *out, const assist_figure_in_t *in, const char *type,
    const assist_figure_group_t *g)
{
    put_stamp(out, in);
    assist_buf_printf(out, "%s,", type);
    assist_figure_put_cell(out, g->code);
    lit(out, ",");
    assist_figure_put_cell(out, g->name);

    put_uint(out, g->services);
    put_uint(out, g->denominator);
    lit(out, ",,");
    put_uint(out, g->levels[1]);
    put_ratios(out, assist_figure_ratio(g->levels[1], g->denominator));
    lit(out, ",,,,,");
    put_levels(out, g->levels, 0);
    lit(out, ",,,,,,,,,,,,,\n");
}


/* The first two columns: a row that was copied elsewhere says what it is of. */

static void
put_stamp(assist_buf_t *out, const assist_figure_in_t *in)
{
    assist_evidence_time(out, in->as_of, in->gmtoff);
    lit(out, ",");
    assist_figure_put_period(out, in);
    lit(out, ",");
}


static void
put_ratios(assist_buf_t *out, int64_t ratio)
{
    lit(out, ",");
    assist_figure_put_ratio(out, ratio, "");
    lit(out, ",");
    assist_figure_put_ratio(out, ratio, "n/a");
    assist_buf_puts(out, ratio < 0 ? "" : " %");
}


static void
put_levels(assist_buf_t *out, const uint32_t *levels, unsigned first)
{
    unsigned  i;

    for (i = first; i < ASSIST_LEVELS_N; i++) {
        put_uint(out, levels[i]);
    }
}


static void
put_uint(assist_buf_t *out, uint64_t n)
{
    assist_buf_putc(out, ',');
    assist_buf_uint(out, n);
}
