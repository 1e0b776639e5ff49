/*
 * The figure itself: coverage.json and coverage.csv.
 */

#include "evidence.h"
#include "figure_priv.h"


#define lit(out, text)  assist_buf_add(out, text, sizeof(text) - 1)


static void put_method(assist_buf_t *out, const assist_figure_in_t *in);
static void put_level_rules(assist_buf_t *out, const assist_levels_t *l);
static void put_thresholds(assist_buf_t *out, const assist_levels_t *l);
static void put_share(assist_buf_t *out, double share);
static void put_measure(assist_buf_t *out, const assist_figure_measure_t *m);
static void put_milestones(assist_buf_t *out,
    const assist_figure_measure_t *m);
static void put_agencies(assist_buf_t *out, const assist_figure_t *f);
static void put_quality(assist_buf_t *out, const assist_figure_t *f);
static void put_levels(assist_buf_t *out, const uint32_t *levels,
    unsigned first);
static void put_ratio(assist_buf_t *out, int64_t ratio, const char *none);
static void csv_measure(assist_buf_t *out, const assist_figure_t *f,
    const assist_figure_measure_t *m);
static void csv_agency(assist_buf_t *out, const assist_figure_t *f,
    const assist_figure_agency_t *a);
static void csv_stamp(assist_buf_t *out, const assist_figure_in_t *in);
static void csv_uint(assist_buf_t *out, uint64_t n);


static const char  *odd_names[ASSIST_ODD_MAX] = {
    [ASSIST_ODD_CODE] = "code",
    [ASSIST_ODD_NOT_NFC] = "not_nfc",
    [ASSIST_ODD_BLANKS] = "blanks",
    [ASSIST_ODD_REPEATED] = "repeated",
    [ASSIST_ODD_LEVELS] = "levels",
    [ASSIST_ODD_PATH] = "path",
    [ASSIST_ODD_SUCCESSOR] = "successor",
    [ASSIST_ODD_COLUMN] = "column"
};


void
assist_figure_coverage_json(const assist_figure_in_t *in, assist_buf_t *out)
{
    unsigned         i;
    assist_figure_t  f;

    if (assist_figure_sum(&f, in) != 0) {
        out->failed = 1;
        return;
    }

    lit(out, "{\"as_of\":");
    assist_evidence_time(out, in->as_of, in->gmtoff);
    lit(out, ",\"period\":\"");
    assist_figure_put_period(out, in);
    lit(out, "\",\"method\":");
    put_method(out, in);

    lit(out, ",\"catalogue\":{\"hash\":");
    assist_buf_json(out, assist_str_of(in->catalog->hash));
    lit(out, ",\"rows\":");
    assist_buf_uint(out, in->catalog->nrows);

    lit(out, "},\"measures\":[");

    for (i = 0; i < ASSIST_FIGURE_MEASURES; i++) {
        assist_buf_puts(out, i ? "," : "");
        put_measure(out, &f.measures[i]);
    }

    lit(out, "],\"agencies\":[");
    put_agencies(out, &f);
    lit(out, "],\"quality\":");
    put_quality(out, &f);
    lit(out, ",\"evidence_heads\":[");

    for (i = 0; i < in->nheads; i++) {
        assist_buf_puts(out, i ? "," : "");
        assist_chain_put(out, &in->heads[i]);
    }

    lit(out, "]}\n");

    assist_figure_release(&f);
}


void
assist_figure_coverage_csv(const assist_figure_in_t *in, assist_buf_t *out)
{
    uint32_t         i;
    assist_figure_t  f;

    if (assist_figure_sum(&f, in) != 0) {
        out->failed = 1;
        return;
    }

    lit(out, "as_of,period,type,code,name,services,denominator,"
             "denominator_min,denominator_max,numerator,ratio,ratio_text,"
             "target,gap,needed,needed_per_month,status,L1,L2,L3,L4,"
             "model_L2,model_L3,model_L4,"
             "catalogue_L2,catalogue_L3,catalogue_L4\n");

    for (i = 0; i < ASSIST_FIGURE_MEASURES; i++) {
        csv_measure(out, &f, &f.measures[i]);
    }

    for (i = 0; i < f.nagencies; i++) {
        csv_agency(out, &f, &f.agencies[i]);
    }

    assist_figure_release(&f);
}


static void
put_method(assist_buf_t *out, const assist_figure_in_t *in)
{
    lit(out,
        "{\"formula\":\"Decision 2259/QD-BTTTT (2022): fully online (toan "
        "trinh) services that have AI supporting users, divided by all fully "
        "online services. It counts existence, not use, so the official "
        "numerator is L2 (enabled); L3 and L4 are printed beside it.\","

        "\"denominator\":\"Services (procedure code at agency) with a row "
        "that is published and valid on the day of the figure, and whose "
        "level is full (toan trinh: information, submission and settlement "
        "all online; Decree 42/2022, since 1 July 2026 Decree 224/2026). "
        "Different cases count once, at the highest level. Where rows of one "
        "case disagree the level is unknown: such services are outside the "
        "denominator, and within denominator_max where a row says full. "
        "A denominator of zero gives n/a, never 0 %.\","

        "\"target\":\"Decision 699/QD-BTTTT (3 May 2024): 30 % by "
        "2024-12-31, 100 % by 2030-12-31. A milestone that passed before "
        "measuring began is not_measured, and is not filled in later.\","

        "\"trajectory\":\"The target between the two milestones is a "
        "straight line by days, 30 + 70 * (day - 2024-12-31) / (2030-12-31 - "
        "2024-12-31): our interpolation, not law. needed is what is missing "
        "to today's target; needed_per_month is what is missing to 100 % by "
        "the whole months left until 2030-12-31.\","

        "\"period\":\"A calendar month, local time. Each level is judged on "
        "the better of this month and the last one, and on its own: none "
        "requires another.\","

        "\"split\":\"L3 and L4 by model or catalogue count only the "
        "interactions, answers and days of that speaker (sources, votes and "
        "latency are those of the service), so they need not add up. A "
        "service at L2 is the model's when a language model answered "
        "anything in the period, else the catalogue's; these add up.\","

        "\"exclusions\":\"Excluded traffic (bots, probes, staff) is not real "
        "use. Where lines of evidence were dropped, L3 and L4 are lower "
        "bounds.\",\"levels\":");

    put_level_rules(out, in->levels);
    lit(out, ",\"thresholds\":");
    put_thresholds(out, in->levels);
    lit(out, "}");
}


/* The thresholds are our proposals: what is in force stands in the sentence. */

static void
put_level_rules(assist_buf_t *out, const assist_levels_t *l)
{
    lit(out, "{\"L1\":\"Declared: a task with an owner and a deadline is on "
             "file. No tasks are on file here, so no service reaches it.\"");

    assist_buf_printf(out, ",\"L2\":\"Enabled: shown to a user in the period "
        "(a hook was bound and the AI disclosure was given), and the newest "
        "update of the service's knowledge is at most %u days old; without a "
        "date it is not reached.\"", l->l2_knowledge_days);

    assist_buf_printf(out, ",\"L3\":\"Exercised: at least %u answered "
        "interactions on at least %u days, without excluded traffic.\"",
        l->l3_interactions, l->l3_days);

    assist_buf_printf(out, ",\"L4\":\"Effective: at least %u interactions, "
        "of which the share answered is at least ", l->l4_interactions);
    put_share(out, l->l4_answered);
    lit(out, ", the share of answers with a source at least ");
    put_share(out, l->l4_sourced);
    lit(out, ", the share of negative votes at most ");
    put_share(out, l->l4_negative);
    assist_buf_printf(out, " (no votes: passed), and the 95th percentile of "
        "latency, as the bound of its bucket, at most %u ms.\"}",
        l->l4_latency);
}


static void
put_thresholds(assist_buf_t *out, const assist_levels_t *l)
{
    assist_buf_printf(out, "{\"l2.knowledge_days\":%u,\"l3.interactions\":%u,"
        "\"l3.days\":%u,\"l4.interactions\":%u,\"l4.answered\":",
        l->l2_knowledge_days, l->l3_interactions, l->l3_days,
        l->l4_interactions);

    put_share(out, l->l4_answered);
    lit(out, ",\"l4.sourced\":");
    put_share(out, l->l4_sourced);
    lit(out, ",\"l4.negative\":");
    put_share(out, l->l4_negative);
    assist_buf_printf(out, ",\"l4.latency\":%u}", l->l4_latency);
}


/* 0.8 as 0.80, 0.875 as 0.8750; not by "%f", which follows the locale. */

static void
put_share(assist_buf_t *out, double share)
{
    unsigned  n;

    n = (unsigned) (share * 10000 + 0.5);

    if (n % 100 == 0) {
        assist_buf_printf(out, "%u.%02u", n / 10000, n / 100 % 100);
        return;
    }

    assist_buf_printf(out, "%u.%04u", n / 10000, n % 10000);
}


static void
put_measure(assist_buf_t *out, const assist_figure_measure_t *m)
{
    unsigned  by;

    assist_buf_printf(out, "{\"name\":\"%s\",\"title\":\"%s\","
        "\"numerator\":%u,\"denominator\":%u,\"denominator_min\":%u,"
        "\"denominator_max\":%u,\"ratio\":", m->name, m->title,
        m->numerator, m->denominator, m->denominator_min,
        m->denominator_max);

    put_ratio(out, m->ratio, "null");
    lit(out, ",\"ratio_text\":\"");
    put_ratio(out, m->ratio, "n/a");
    assist_buf_puts(out, m->ratio < 0 ? "\"" : " %\"");

    lit(out, ",\"target\":");
    assist_figure_put_hundredths(out, m->target);
    lit(out, ",\"gap\":");

    if (m->ratio < 0) {
        lit(out, "null");

    } else {
        assist_figure_put_hundredths(out, m->gap);
    }

    assist_buf_printf(out, ",\"needed\":%u,\"needed_per_month\":",
                      m->needed);
    put_ratio(out, m->per_month, "null");

    assist_buf_printf(out, ",\"status\":\"%s\",\"milestones\":[", m->status);
    put_milestones(out, m);
    lit(out, "],\"levels\":");
    put_levels(out, m->levels, 0);
    lit(out, ",\"by\":{");

    for (by = 0; by < ASSIST_BY_MAX; by++) {
        assist_buf_printf(out, "%s\"%s\":", by ? "," : "",
                          assist_by_name(by));
        put_levels(out, m->by[by], 1);
    }

    lit(out, "}}");
}


/* 2024 was over before anything was measured, and is never back-filled. */

static void
put_milestones(assist_buf_t *out, const assist_figure_measure_t *m)
{
    lit(out, "{\"date\":\"2024-12-31\",\"target\":30.00,"
             "\"status\":\"not_measured\"},");

    assist_buf_printf(out, "{\"date\":\"2030-12-31\",\"target\":100.00,"
                      "\"status\":\"%s\"}", m->status);
}


static void
put_agencies(assist_buf_t *out, const assist_figure_t *f)
{
    uint32_t                       i;
    const assist_figure_agency_t  *a;

    for (i = 0; i < f->nagencies; i++) {
        a = &f->agencies[i];

        assist_buf_puts(out, i ? ",{\"code\":" : "{\"code\":");
        assist_buf_json(out, a->code);
        lit(out, ",\"name\":");
        assist_buf_json(out, a->name);
        assist_buf_printf(out, ",\"services\":%u,\"denominator\":%u,"
                          "\"numerator\":%u,\"ratio\":", a->services,
                          a->denominator, a->levels[1]);
        put_ratio(out, assist_figure_ratio(a->levels[1], a->denominator),
                  "null");
        lit(out, ",\"levels\":");
        put_levels(out, a->levels, 0);
        lit(out, "}");
    }
}


static void
put_quality(assist_buf_t *out, const assist_figure_t *f)
{
    unsigned     i;
    uint32_t     count;
    const char  *comma;

    lit(out, "{\"unmatched\":");
    assist_buf_uint(out, f->in->quality.unmatched);
    lit(out, ",\"excluded\":");
    assist_buf_uint(out, f->in->quality.excluded);
    lit(out, ",\"dropped\":");
    assist_buf_uint(out, f->in->quality.dropped);
    lit(out, ",\"blocked\":");
    assist_buf_uint(out, f->in->quality.blocked);
    lit(out, ",\"compressed\":");
    assist_buf_uint(out, f->in->quality.compressed);
    lit(out, ",\"unknown_levels\":");
    assist_buf_uint(out, f->unknown);
    lit(out, ",\"oddities\":{");

    comma = "";

    for (i = 0; i < ASSIST_ODD_MAX; i++) {
        count = f->in->catalog->odd[i].count;

        if (count) {
            assist_buf_printf(out, "%s\"%s\":%u", comma, odd_names[i], count);
            comma = ",";
        }
    }

    lit(out, "}}");
}


static void
put_levels(assist_buf_t *out, const uint32_t *levels, unsigned first)
{
    unsigned  i;

    for (i = first; i < ASSIST_LEVELS_N; i++) {
        assist_buf_printf(out, "%s\"L%u\":%u", i == first ? "{" : ",", i + 1,
                          levels[i]);
    }

    lit(out, "}");
}


static void
put_ratio(assist_buf_t *out, int64_t ratio, const char *none)
{
    if (ratio < 0) {
        assist_buf_puts(out, none);
        return;
    }

    assist_figure_put_hundredths(out, ratio);
}


static void
csv_measure(assist_buf_t *out, const assist_figure_t *f,
    const assist_figure_measure_t *m)
{
    unsigned  i, by, services;

    for (services = 0, i = 0; i < f->nagencies; i++) {
        services += f->agencies[i].services;
    }

    csv_stamp(out, f->in);
    assist_buf_printf(out, "measure,%s,%s", m->name, m->title);

    csv_uint(out, services);
    csv_uint(out, m->denominator);
    csv_uint(out, m->denominator_min);
    csv_uint(out, m->denominator_max);
    csv_uint(out, m->numerator);

    lit(out, ",");
    put_ratio(out, m->ratio, "");
    lit(out, ",");
    put_ratio(out, m->ratio, "n/a");
    assist_buf_puts(out, m->ratio < 0 ? "," : " %,");
    assist_figure_put_hundredths(out, m->target);
    lit(out, ",");

    if (m->ratio >= 0) {
        assist_figure_put_hundredths(out, m->gap);
    }

    csv_uint(out, m->needed);
    lit(out, ",");
    put_ratio(out, m->per_month, "");
    assist_buf_printf(out, ",%s", m->status);

    for (i = 0; i < ASSIST_LEVELS_N; i++) {
        csv_uint(out, m->levels[i]);
    }

    for (by = 0; by < ASSIST_BY_MAX; by++) {
        for (i = 1; i < ASSIST_LEVELS_N; i++) {
            csv_uint(out, m->by[by][i]);
        }
    }

    lit(out, "\n");
}


/* An agency has no target of its own in Decision 699: those cells are empty. */

static void
csv_agency(assist_buf_t *out, const assist_figure_t *f,
    const assist_figure_agency_t *a)
{
    int64_t   ratio;
    unsigned  i;

    ratio = assist_figure_ratio(a->levels[1], a->denominator);

    csv_stamp(out, f->in);
    lit(out, "agency,");
    assist_figure_put_cell(out, a->code);
    lit(out, ",");
    assist_figure_put_cell(out, a->name);

    csv_uint(out, a->services);
    csv_uint(out, a->denominator);
    lit(out, ",,");
    csv_uint(out, a->levels[1]);

    lit(out, ",");
    put_ratio(out, ratio, "");
    lit(out, ",");
    put_ratio(out, ratio, "n/a");
    assist_buf_puts(out, ratio < 0 ? "" : " %");
    lit(out, ",,,,,");

    for (i = 0; i < ASSIST_LEVELS_N; i++) {
        csv_uint(out, a->levels[i]);
    }

    lit(out, ",,,,,,\n");
}


/* The first two columns: a row that was copied elsewhere says what it is of. */

static void
csv_stamp(assist_buf_t *out, const assist_figure_in_t *in)
{
    assist_evidence_time(out, in->as_of, in->gmtoff);
    lit(out, ",");
    assist_figure_put_period(out, in);
    lit(out, ",");
}


static void
csv_uint(assist_buf_t *out, uint64_t n)
{
    assist_buf_putc(out, ',');
    assist_buf_uint(out, n);
}
