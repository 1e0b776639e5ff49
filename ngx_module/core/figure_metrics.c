/*
 * The figure in Prometheus's text format.
 */

#include "figure_priv.h"


#define lit(out, text)  assist_buf_add(out, text, sizeof(text) - 1)


static void put_measures(assist_buf_t *out, const assist_figure_t *f);
static void put_measure(assist_buf_t *out, const char *metric,
    const assist_figure_measure_t *m);
static void put_levels(assist_buf_t *out, const assist_figure_t *f);
static void put_traffic(assist_buf_t *out, const assist_figure_t *f);
static void put_quality(assist_buf_t *out, const assist_figure_t *f);
static void head(assist_buf_t *out, const char *metric, const char *type,
    const char *help);
static void plain(assist_buf_t *out, const char *metric, const char *type,
    const char *help, uint64_t n);
static void value(assist_buf_t *out, uint64_t n);
static void share(assist_buf_t *out, int64_t hundredths);


void
assist_figure_metrics(const assist_figure_t *f, assist_buf_t *out)
{
    put_measures(out, f);
    put_levels(out, f);
    put_traffic(out, f);
    put_quality(out, f);
}


/* What is n/a has no sample. */

static void
put_measures(assist_buf_t *out, const assist_figure_t *f)
{
    uint32_t                        i;
    const assist_figure_measure_t  *m;

    head(out, "assist_coverage_ratio", "gauge", "Numerator by denominator.");

    for (i = 0; i < f->nmeasures; i++) {
        m = &f->measures[i];

        if (m->ratio >= 0) {
            put_measure(out, "assist_coverage_ratio", m);
            share(out, m->ratio);
        }
    }

    head(out, "assist_coverage_target_ratio", "gauge",
         "The target of today, where it is a share.");

    for (i = 0; i < f->nmeasures; i++) {
        m = &f->measures[i];

        if (m->target >= 0 && !m->people) {
            put_measure(out, "assist_coverage_target_ratio", m);
            share(out, m->target);
        }
    }

    head(out, "assist_coverage_numerator", "gauge",
         "Services with AI (L2), and what documents prove.");

    for (i = 0; i < f->nmeasures; i++) {
        put_measure(out, "assist_coverage_numerator", &f->measures[i]);
        value(out, f->measures[i].numerator);
    }

    head(out, "assist_coverage_denominator", "gauge",
         "What the numerator is a part of.");

    for (i = 0; i < f->nmeasures; i++) {
        if (!f->measures[i].people) {
            put_measure(out, "assist_coverage_denominator", &f->measures[i]);
            value(out, f->measures[i].denominator);
        }
    }

    head(out, "assist_coverage_needed", "gauge",
         "What is missing to the target of today.");

    for (i = 0; i < f->nmeasures; i++) {
        if (f->measures[i].target >= 0) {
            put_measure(out, "assist_coverage_needed", &f->measures[i]);
            value(out, f->measures[i].needed);
        }
    }
}


static void
put_measure(assist_buf_t *out, const char *metric,
    const assist_figure_measure_t *m)
{
    size_t        i;
    assist_buf_t  name = ASSIST_BUF_INIT;

    assist_figure_name(m, &name);
    out->failed |= name.failed;

    assist_buf_printf(out, "%s{measure=\"", metric);

    for (i = 0; i < name.len; i++) {
        if (name.data[i] == '"' || name.data[i] == '\\') {
            assist_buf_putc(out, '\\');
        }

        assist_buf_putc(out, name.data[i]);
    }

    assist_buf_free(&name);
    lit(out, "\"}");
}


static void
put_levels(assist_buf_t *out, const assist_figure_t *f)
{
    unsigned                        i, by;
    const assist_figure_measure_t  *m;

    m = &f->measures[ASSIST_SUBSET_SERVICES];

    head(out, "assist_services", "gauge",
         "Fully online services that have reached a level of evidence.");

    for (i = 0; i < ASSIST_LEVELS_N; i++) {
        assist_buf_printf(out, "assist_services{level=\"L%u\"}", i + 1);
        value(out, m->levels[i]);
    }

    head(out, "assist_services_by", "gauge",
         "The same, by who spoke: a model, or the catalogue alone.");

    for (by = 0; by < ASSIST_BY_MAX; by++) {
        for (i = 1; i < ASSIST_LEVELS_N; i++) {
            assist_buf_printf(out, "assist_services_by{by=\"%s\","
                              "level=\"L%u\"}", assist_by_name(by), i + 1);
            value(out, m->by[by][i]);
        }
    }
}


/* Of this month and of the services that count today, as services.json. */

static void
put_traffic(assist_buf_t *out, const assist_figure_t *f)
{
    uint32_t                  i, by, k;
    assist_counters_t         sum;
    const assist_counters_t  *c;

    memset(&sum, 0, sizeof(assist_counters_t));

    for (i = 0; i < f->in->catalog->nservices; i++) {
        c = f->facts[i].row == ASSIST_NONE
            ? NULL : assist_figure_counters(f->in, i, 0);

        if (c != NULL) {
            assist_ledger_merge(&sum, c);
        }
    }

    head(out, "assist_interactions_total", "counter",
         "Interactions of this month, by outcome and by who spoke.");

    for (by = 0; by < ASSIST_BY_MAX; by++) {
        for (k = 0; k < ASSIST_OUTCOME_MAX; k++) {
            assist_buf_printf(out, "assist_interactions_total{outcome=\"%s\","
                              "by=\"%s\"}", assist_outcome_name(k),
                              assist_by_name(by));
            value(out, sum.outcomes[by][k]);
        }
    }

    head(out, "assist_interactions_kind_total", "counter",
         "The same interactions, by kind.");

    for (k = 0; k < ASSIST_KIND_MAX; k++) {
        assist_buf_printf(out, "assist_interactions_kind_total{kind=\"%s\"}",
                          assist_kind_name(k));
        value(out, sum.kinds[k]);
    }

    if (!f->in->no_views) {
        plain(out, "assist_views_total", "counter",
              "Pages of services without AI content.", sum.views);
    }

    plain(out, "assist_cached_total", "counter",
          "Answers from the cache.", sum.cached);
    plain(out, "assist_sourced_total", "counter",
          "Answers with a source.", sum.sourced);
    plain(out, "assist_tokens_in_total", "counter",
          "Tokens given to models.", sum.tokens_in);
    plain(out, "assist_tokens_out_total", "counter",
          "Tokens that models gave.", sum.tokens_out);

    head(out, "assist_votes_total", "counter", "Votes on answers.");
    lit(out, "assist_votes_total{useful=\"false\"}");
    value(out, sum.useful[0]);
    lit(out, "assist_votes_total{useful=\"true\"}");
    value(out, sum.useful[1]);
}


static void
put_quality(assist_buf_t *out, const assist_figure_t *f)
{
    plain(out, "assist_unmatched_total", "counter",
          "Pages and questions of no service.", f->in->quality.unmatched);
    plain(out, "assist_excluded_total", "counter",
          "Traffic that is not real use.", f->in->quality.excluded);
    plain(out, "assist_dropped_total", "counter",
          "Lines of evidence that were lost.", f->in->quality.dropped);
    plain(out, "assist_unknown_levels", "gauge",
          "Services whose rows disagree on their level.", f->unknown);

    head(out, "assist_tasks", "gauge", "Tasks of the roadmap, by state.");
    lit(out, "assist_tasks{state=\"overdue\"}");
    value(out, f->overdue);
    lit(out, "assist_tasks{state=\"ownerless\"}");
    value(out, f->ownerless);
    lit(out, "assist_tasks{state=\"undated\"}");
    value(out, f->undated);
    lit(out, "assist_tasks{state=\"unmatched\"}");
    value(out, f->unmatched);
}


static void
head(assist_buf_t *out, const char *metric, const char *type, const char *help)
{
    assist_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metric, help,
                      metric, type);
}


static void
plain(assist_buf_t *out, const char *metric, const char *type,
    const char *help, uint64_t n)
{
    head(out, metric, type, help);
    assist_buf_puts(out, metric);
    value(out, n);
}


static void
value(assist_buf_t *out, uint64_t n)
{
    assist_buf_putc(out, ' ');
    assist_buf_uint(out, n);
    assist_buf_putc(out, '\n');
}


/* A percentage as a share of one, with the same digits: 42.86 as 0.4286. */

static void
share(assist_buf_t *out, int64_t hundredths)
{
    assist_buf_putc(out, ' ');
    assist_buf_uint(out, (uint64_t) hundredths / 10000);
    assist_buf_printf(out, ".%04u\n", (unsigned) (hundredths % 10000));
}
