#include "figure.h"

#include "figure_priv.h"


static unsigned judge_month(const assist_levels_t *levels,
    const assist_counters_t *c, int by);
static int exercised(const assist_levels_t *levels,
    const assist_counters_t *c, int by);
static int effective(const assist_levels_t *levels,
    const assist_counters_t *c, int by);
static assist_check_t at_least(double value, double bound);
static uint64_t speaker_interactions(const assist_counters_t *c, int by);
static uint64_t model_answers(const assist_counters_t *c);


unsigned
assist_figure_levels(const assist_figure_in_t *in, uint32_t service, int by)
{
    int32_t                  updated;
    uint32_t                 i;
    const assist_row_t      *row;
    const assist_catalog_t  *cat;

    cat = in->catalog;

    if (service >= cat->nservices) {
        return 0;
    }

    updated = INT32_MIN;

    for (i = cat->services[service].row; i < cat->nrows; i++) {
        row = &cat->rows[i];

        if (row->service == service && row->updated_day > updated
            && assist_catalog_counts(row, in->today))
        {
            updated = row->updated_day;
        }
    }

    return assist_figure_judge(in, updated,
                               assist_figure_counters(in, service, 0),
                               assist_figure_counters(in, service, 1), by);
}


const assist_counters_t *
assist_figure_counters(const assist_figure_in_t *in, uint32_t service,
    int last)
{
    return in->counters ? in->counters(in->data, service, last) : NULL;
}


/*
 * L1 needs a task on file, and none can be given to a figure, so it is never
 * reached; the method of the document says so.
 */

unsigned
assist_figure_judge(const assist_figure_in_t *in, int32_t updated,
    const assist_counters_t *now, const assist_counters_t *last, int by)
{
    unsigned  bits;
    uint64_t  model;

    /* the first of a month must not reset the figure: either month will do */

    bits = judge_month(in->rules.levels, now, by)
           | judge_month(in->rules.levels, last, by);

    if (assist_ledger_shown(now) + assist_ledger_shown(last) == 0
        || updated == INT32_MIN
        || (int64_t) in->today - updated > in->rules.levels->l2_knowledge_days)
    {
        return bits;
    }

    /* a disclosure has no speaker: a service that a model answered at all is
     * the model's, any other the catalogue's, so that the two add up */

    model = model_answers(now) + model_answers(last);

    if (by < 0 || by == (model ? ASSIST_BY_MODEL : ASSIST_BY_CATALOGUE)) {
        bits |= ASSIST_L2;
    }

    return bits;
}


static unsigned
judge_month(const assist_levels_t *levels, const assist_counters_t *c, int by)
{
    unsigned  bits;

    bits = 0;

    if (c == NULL) {
        return bits;
    }

    if (exercised(levels, c, by)) {
        bits |= ASSIST_L3;
    }

    if (effective(levels, c, by)) {
        bits |= ASSIST_L4;
    }

    return bits;
}


static int
exercised(const assist_levels_t *levels, const assist_counters_t *c, int by)
{
    return assist_figure_check(levels, c, by, ASSIST_RULE_L3_ANSWERED).ok
           && assist_figure_check(levels, c, by, ASSIST_RULE_L3_DAYS).ok;
}


static int
effective(const assist_levels_t *levels, const assist_counters_t *c, int by)
{
    assist_rule_t  rule;

    for (rule = ASSIST_RULE_L4_INTERACTIONS; rule < ASSIST_RULE_MAX; rule++) {
        if (!assist_figure_check(levels, c, by, rule).ok) {
            return 0;
        }
    }

    return 1;
}


/*
 * Shares are compared as quotients: a quotient of whole numbers and the
 * threshold as it is written round to the same double where they are equal,
 * so 24 of 30 reaches 0.80.  Sources, votes and latency are not counted by
 * speaker, so they are the service's for either.
 */

assist_check_t
assist_figure_check(const assist_levels_t *levels, const assist_counters_t *c,
    int by, assist_rule_t rule)
{
    uint32_t        latency;
    uint64_t        answered, answers, days, votes;
    assist_check_t  check;

    answered = assist_ledger_outcome(c, ASSIST_ANSWERED, by);

    switch (rule) {

    case ASSIST_RULE_L3_ANSWERED:
        return at_least((double) answered, levels->l3_interactions);

    case ASSIST_RULE_L3_DAYS:
        days = by < 0 ? c->days[ASSIST_BY_MODEL] | c->days[ASSIST_BY_CATALOGUE]
                      : c->days[by];

        return at_least(__builtin_popcountll((unsigned long long) days),
                        levels->l3_days);

    case ASSIST_RULE_L4_INTERACTIONS:
        return at_least((double) speaker_interactions(c, by),
                        levels->l4_interactions);

    case ASSIST_RULE_L4_ANSWERED:
        if (answered == 0) {
            break;
        }

        return at_least((double) answered
                            / (double) speaker_interactions(c, by),
                        levels->l4_answered);

    case ASSIST_RULE_L4_SOURCED:
        answers = assist_ledger_outcome(c, ASSIST_ANSWERED, -1);

        if (answers == 0) {
            break;
        }

        return at_least((double) c->sourced / (double) answers,
                        levels->l4_sourced);

    case ASSIST_RULE_L4_NEGATIVE:
        votes = c->useful[0] + c->useful[1];

        /* nobody voted: nobody complained */
        check.value = votes ? (double) c->useful[0] / (double) votes : -1;
        check.ok = check.value <= levels->l4_negative;
        return check;

    case ASSIST_RULE_L4_LATENCY:
        latency = assist_ledger_percentile(c, 0.95);

        check.value = latency ? (double) latency : -1;
        check.ok = latency <= levels->l4_latency;
        return check;

    case ASSIST_RULE_MAX:
        break;
    }

    check.value = -1;
    check.ok = 0;

    return check;
}


static assist_check_t
at_least(double value, double bound)
{
    assist_check_t  check;

    check.value = value;
    check.ok = value >= bound;

    return check;
}


static uint64_t
speaker_interactions(const assist_counters_t *c, int by)
{
    unsigned  i;
    uint64_t  n;

    if (by < 0) {
        return assist_ledger_interactions(c);
    }

    n = 0;

    for (i = 0; i < ASSIST_OUTCOME_MAX; i++) {
        n += assist_ledger_outcome(c, i, by);
    }

    return n;
}


static uint64_t
model_answers(const assist_counters_t *c)
{
    return c ? assist_ledger_outcome(c, ASSIST_ANSWERED, ASSIST_BY_MODEL) : 0;
}
