/*
 * The figure itself: coverage.json.
 */

#include "evidence.h"
#include "figure_priv.h"


#define lit(out, text)  assist_buf_add(out, text, sizeof(text) - 1)


static void put_method(assist_buf_t *out, const assist_figure_in_t *in);
static void put_level_rules(assist_buf_t *out, const assist_rules_t *rules);
static void put_thresholds(assist_buf_t *out, const assist_levels_t *l);
static void put_files(assist_buf_t *out, const assist_rules_t *rules);
static void put_groups(assist_buf_t *out, const assist_figure_t *f,
    assist_group_by_t by);
static void put_quality(assist_buf_t *out, const assist_figure_t *f);
static void put_ledger(assist_buf_t *out, const assist_figure_in_t *in);
static void put_word(assist_buf_t *out, const char *word);


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
assist_figure_coverage_json(const assist_figure_t *f, assist_buf_t *out)
{
    unsigned                   i;
    const assist_figure_in_t  *in;

    in = f->in;

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

    lit(out, "},\"files\":");
    put_files(out, &in->rules);
    lit(out, ",\"measures\":[");

    for (i = 0; i < f->nmeasures; i++) {
        assist_buf_puts(out, i ? "," : "");
        assist_figure_put_measure(out, f, &f->measures[i]);
    }

    lit(out, "],\"agencies\":[");
    put_groups(out, f, ASSIST_GROUP_AGENCY);
    lit(out, "],\"fields\":[");
    put_groups(out, f, ASSIST_GROUP_FIELD);
    lit(out, "],\"provinces\":[");
    put_groups(out, f, ASSIST_GROUP_PROVINCE);
    lit(out, "],\"roadmap\":");
    assist_figure_put_roadmap(out, f);
    lit(out, ",\"quality\":");
    put_quality(out, f);
    lit(out, ",\"evidence_heads\":[");

    for (i = 0; i < in->nheads; i++) {
        assist_buf_puts(out, i ? "," : "");
        assist_chain_put(out, &in->heads[i]);
    }

    lit(out, "]}\n");
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

        "\"target\":\"Milestones are dated data (assist_targets); without "
        "a file those of Decision 699/QD-BTTTT (3 May 2024): 30 % of fully "
        "online services by 2024-12-31, 100 % by 2030-12-31. A milestone that "
        "is past is met or missed by a figure of its month; where there is "
        "none it is not_measured, and is not filled in later.\","

        "\"trajectory\":\"The target between two milestones is a straight "
        "line by days, such as 30 + 70 * (day - 2024-12-31) / (2030-12-31 - "
        "2024-12-31): our interpolation, not law. Before the first milestone "
        "it is the first. needed is what is missing to today's target, "
        "ceil(target * denominator) - numerator; needed_per_month is what is "
        "missing to the next milestone by the whole months left until it.\","

        "\"forecast\":\"The pace (services a month) from the oldest of the "
        "last 6 months with a closed figure until today, carried on to the "
        "next milestone; null without such a month.\","

        "\"range\":\"ratio_min and ratio_max: were the services of unknown "
        "level that may be full in the denominator, all but those at L2, or "
        "only these.\","

        "\"register\":\"Urban areas, officers and agencies with open data "
        "are proved by dated documents (assist_register): each area and "
        "agency once, people trained as the sum of the documents' counts. "
        "A milestone that is past is judged by the documents of its day.\","

        "\"roadmap\":\"A task is overdue when its deadline is past and a "
        "service that it covers is not at L2: of a procedure's and an "
        "agency's tasks the fully online ones. Next are the fully online "
        "services that are not at L2, essential ones first, then by views "
        "and interactions of both months (views are not in the evidence: a "
        "report goes by interactions alone).\","

        "\"counting\":\"Measures count procedure x agency. In procedures "
        "one code is one procedure, in the denominator where one of its "
        "services is full; any: one of these has reached the level; every: "
        "all of them have.\","

        "\"period\":\"A calendar month, local time. Each level is judged on "
        "the better of this month and the last one, and on its own: none "
        "requires another.\","

        "\"split\":\"L3 and L4 by model or catalogue count only the "
        "interactions, answers and days of that speaker (sources, votes and "
        "latency are those of the service), so they need not add up. A "
        "service at L2 is the model's when a language model answered "
        "anything in the period, else the catalogue's; these add up.\","

        "\"ledger\":\"Counters are written every second and only grow: the "
        "figure is the merge of all incarnations of all nodes, none twice "
        "(quality.ledger; without a state file and Redis it is null, and the "
        "figure is of this node since its start). One that is open counts "
        "still, or has ended without a word within the last minutes; one "
        "that died did so with its machine, and then what it counted last, "
        "up to one write, a second, may be missing. Quality is of this "
        "month and the last one.\","

        "\"exclusions\":\"Excluded traffic (bots, probes, staff) is not real "
        "use. Where lines of evidence were dropped, L3 and L4 are lower "
        "bounds.\",\"levels\":");

    put_level_rules(out, &in->rules);
    lit(out, ",\"thresholds\":");
    put_thresholds(out, in->rules.levels);
    lit(out, "}");
}


/* The thresholds are our proposals: what is in force stands in the sentence. */

static void
put_level_rules(assist_buf_t *out, const assist_rules_t *rules)
{
    const assist_levels_t  *l;

    l = rules->levels;

    lit(out, "{\"L1\":\"Declared: a task with an owner and a deadline is on "
             "file, for the service, its procedure or its agency.");
    assist_buf_puts(out, rules->tasks && rules->tasks->n
                    ? "\"" : " No tasks are on file here, so no service "
                             "reaches it.\"");

    assist_buf_printf(out, ",\"L2\":\"Enabled: shown to a user in the period "
        "(a hook was bound and the AI disclosure was given), and the newest "
        "update of the service's knowledge is at most %u days old; without a "
        "date it is not reached.\"", l->l2_knowledge_days);

    assist_buf_printf(out, ",\"L3\":\"Exercised: at least %u answered "
        "interactions on at least %u days, without excluded traffic.\"",
        l->l3_interactions, l->l3_days);

    assist_buf_printf(out, ",\"L4\":\"Effective: at least %u interactions, "
        "of which the share answered is at least ", l->l4_interactions);
    assist_figure_put_share(out, l->l4_answered);
    lit(out, ", the share of answers with a source at least ");
    assist_figure_put_share(out, l->l4_sourced);
    lit(out, ", the share of negative votes at most ");
    assist_figure_put_share(out, l->l4_negative);
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

    assist_figure_put_share(out, l->l4_answered);
    lit(out, ",\"l4.sourced\":");
    assist_figure_put_share(out, l->l4_sourced);
    lit(out, ",\"l4.negative\":");
    assist_figure_put_share(out, l->l4_negative);
    assist_buf_printf(out, ",\"l4.latency\":%u}", l->l4_latency);
}


/* The hashes of what the figure is judged by; null: there is no such file. */

static void
put_files(assist_buf_t *out, const assist_rules_t *rules)
{
    char  levels[ASSIST_DIGEST_HEX + 1];

    assist_levels_hash(rules->levels, levels);
    assist_buf_printf(out, "{\"levels\":\"%s\",\"targets\":\"%s\"",
                      levels, rules->targets->hash);

    if (rules->tasks) {
        assist_buf_printf(out, ",\"tasks\":\"%s\"", rules->tasks->hash);

    } else {
        lit(out, ",\"tasks\":null");
    }

    if (rules->registered) {
        assist_buf_printf(out, ",\"register\":\"%s\"}",
                          rules->registered->hash);

    } else {
        lit(out, ",\"register\":null}");
    }
}


static void
put_groups(assist_buf_t *out, const assist_figure_t *f, assist_group_by_t by)
{
    uint32_t                       i;
    const assist_figure_groups_t  *groups;

    groups = &f->groups[by];

    for (i = 0; i < groups->n; i++) {
        assist_buf_puts(out, i ? "," : "");
        assist_figure_put_group(out, &groups->list[i], by);
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

    lit(out, "},\"ledger\":");
    put_ledger(out, f->in);
    lit(out, "}");
}


/* Which counters were merged; null: a report counts what the evidence has. */

static void
put_ledger(assist_buf_t *out, const assist_figure_in_t *in)
{
    if (in->ledger.incarnations == 0) {
        lit(out, "null");
        return;
    }

    assist_buf_printf(out, "{\"nodes\":%u,\"incarnations\":%u,\"open\":%u,"
                      "\"died\":%u,\"state\":", in->ledger.nodes,
                      in->ledger.incarnations, in->ledger.open,
                      in->ledger.died);
    put_word(out, in->ledger.state);
    lit(out, ",\"redis\":");
    put_word(out, in->ledger.redis);
    lit(out, "}");
}


static void
put_word(assist_buf_t *out, const char *word)
{
    if (word == NULL) {
        lit(out, "null");
        return;
    }

    assist_buf_printf(out, "\"%s\"", word);
}
