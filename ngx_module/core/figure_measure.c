/*
 * A measure against its target: ratio, gap, what is needed, where it stands at
 * each milestone, and where the pace of the last months leads.
 */

#include <stdlib.h>

#include "date.h"
#include "figure_priv.h"


#define PACE_MONTHS  6              /* the forecast looks back so far */


static int count(const assist_figure_t *f, assist_figure_measure_t *m);
static void look_up(const assist_figure_in_t *in, assist_figure_measure_t *m,
    int32_t day);
static uint32_t group_of(const assist_figure_t *f, const assist_target_t *t);
static int belongs(const assist_figure_fact_t *fact,
    const assist_target_t *target, uint32_t group);
static void tally(uint32_t *levels, unsigned reached);
static void compare(const assist_figure_t *f, assist_figure_measure_t *m);
static uint32_t missing(const assist_figure_measure_t *m, int64_t target);
static const char *status(const assist_figure_measure_t *m, int32_t today);
static int measured(const assist_figure_measure_t *m);
static int was(const assist_figure_in_t *in, assist_figure_measure_t *m,
    const assist_milestone_t *milestone);
static void judge_milestones(const assist_figure_in_t *in,
    assist_figure_measure_t *m);
static void forecast(const assist_figure_in_t *in,
    assist_figure_measure_t *m);
static const assist_past_t *past_of(const assist_figure_in_t *in,
    const assist_figure_measure_t *m, int32_t from, int32_t to);
static int32_t month_of(int32_t day);
static int64_t months_left(int32_t today, int32_t day);


static const struct {
    const char  *name;
    const char  *title;
} measures[ASSIST_SUBSET_FIXED] = {
    { "fully_online_services_with_ai",
      "Fully online public services that apply AI to support citizens and "
      "businesses" },
    { "essential_services_with_ai",
      "Essential fully online public services that apply AI to support "
      "citizens and businesses" },
    { "urban_areas_with_ai",
      "Urban areas with an AI application that addresses at least one urgent "
      "social issue" },
    { "officers_trained_in_ai",
      "Officers and experts of state agencies and state-owned corporations "
      "trained in AI" },
    { "agencies_with_open_data_for_ai",
      "Ministerial and provincial agencies that have opened data for AI" }
};


int
assist_figure_measure(assist_figure_t *f)
{
    const assist_target_t    *t;
    assist_figure_measure_t  *m;

    if (f->measures == NULL) {
        f->nmeasures = f->in->rules.targets->n;
        f->measures = calloc(f->nmeasures, sizeof(assist_figure_measure_t));

        if (f->measures == NULL) {
            return -1;
        }
    }

    t = &f->in->rules.targets->list[f->at];
    m = &f->measures[f->at];

    m->of = t;
    m->people = t->subset == ASSIST_SUBSET_OFFICERS;

    if (assist_figure_registered(m)) {
        look_up(f->in, m, f->in->today);

    } else if (count(f, m) != 0) {
        return -1;
    }

    compare(f, m);

    return ++f->at < f->nmeasures;
}


void
assist_figure_name(const assist_figure_measure_t *m, assist_buf_t *out)
{
    if (m->of->subset < ASSIST_SUBSET_FIXED) {
        assist_buf_puts(out, measures[m->of->subset].name);
        return;
    }

    assist_target_name(m->of, out);
}


const assist_figure_measure_t *
assist_figure_find(const assist_figure_t *f, assist_str_t name)
{
    int           found;
    uint32_t      i;
    assist_buf_t  text = ASSIST_BUF_INIT;

    for (found = 0, i = 0; i < f->nmeasures && !found; i++) {
        text.len = 0;
        assist_figure_name(&f->measures[i], &text);
        found = assist_str_eq(assist_buf_str(&text), name);
    }

    assist_buf_free(&text);

    return found ? &f->measures[i - 1] : NULL;
}


const char *
assist_figure_title(const assist_figure_measure_t *m)
{
    return m->of->subset < ASSIST_SUBSET_FIXED
           ? measures[m->of->subset].title
           : measures[ASSIST_SUBSET_SERVICES].title;
}


static int
count(const assist_figure_t *f, assist_figure_measure_t *m)
{
    int                          by;
    uint32_t                     i, group;
    unsigned char               *seen, *procedure;
    const assist_catalog_t      *cat;
    const assist_figure_fact_t  *fact;

    cat = f->in->catalog;
    group = group_of(f, m->of);
    m->measured = f->measured;

    /* by procedure: what is reached by any, and what not by every service */
    seen = calloc(1, (size_t) cat->nprocedures + 1);

    if (seen == NULL) {
        return -1;
    }

    for (i = 0; i < cat->nservices; i++) {
        fact = &f->facts[i];

        if (fact->row == ASSIST_NONE || !belongs(fact, m->of, group)) {
            continue;
        }

        m->services++;

        if (fact->level == ASSIST_LEVEL_UNKNOWN && fact->maybe_full) {
            m->unknown++;
            m->unknown_l2 += (fact->reached & ASSIST_L2) != 0;
        }

        if (fact->level != ASSIST_LEVEL_FULL) {
            continue;
        }

        m->denominator++;
        tally(m->levels, fact->reached);

        for (by = 0; by < ASSIST_BY_MAX; by++) {
            tally(m->by[by], fact->reached_by[by]);
        }

        procedure = &seen[cat->services[i].procedure];
        *procedure |= fact->reached | (~fact->reached & 15u) << 4;
    }

    /* the official numerator is L2, see the method */
    m->numerator = m->levels[1];

    for (i = 0; i < cat->nprocedures; i++) {
        if (seen[i]) {
            m->procedures.n++;
            tally(m->procedures.any, seen[i]);
            tally(m->procedures.every, ~(unsigned) seen[i] >> 4);
        }
    }

    free(seen);

    return 0;
}


/* Documents say it of any day. */

static void
look_up(const assist_figure_in_t *in, assist_figure_measure_t *m, int32_t day)
{
    assist_registered_t  found;

    found = assist_register_at(in->rules.registered, m->of->subset, day);

    m->documents = found.entries;
    m->numerator = found.numerator;
    m->denominator = found.denominator;
    m->measured = found.entries != 0;
}


/* The group that a target is of; ASSIST_NONE: there is none. */

static uint32_t
group_of(const assist_figure_t *f, const assist_target_t *t)
{
    uint32_t                       i;
    assist_str_t                   key;
    const assist_figure_groups_t  *groups;

    if (t->subset < ASSIST_SUBSET_FIXED) {
        return ASSIST_NONE;
    }

    groups = &f->groups[t->subset - ASSIST_SUBSET_FIXED];

    for (i = 0; i < groups->n; i++) {
        key = groups->list[i].code.len ? groups->list[i].code
                                       : groups->list[i].name;

        if (assist_str_eq(key, t->value)) {
            return i;
        }
    }

    return ASSIST_NONE;
}


static int
belongs(const assist_figure_fact_t *fact, const assist_target_t *target,
    uint32_t group)
{
    if (target->subset == ASSIST_SUBSET_SERVICES) {
        return 1;
    }

    if (target->subset == ASSIST_SUBSET_ESSENTIAL) {
        return fact->essential;
    }

    return fact->groups[target->subset - ASSIST_SUBSET_FIXED] == group;
}


static void
tally(uint32_t *levels, unsigned reached)
{
    unsigned  i;

    for (i = 0; i < ASSIST_LEVELS_N; i++) {
        levels[i] += reached >> i & 1;
    }
}


static void
compare(const assist_figure_t *f, assist_figure_measure_t *m)
{
    uint32_t                   goal;
    int32_t                    today;
    const assist_milestone_t  *next;

    today = f->in->today;

    m->ratio = m->people ? -1 : assist_figure_ratio(m->numerator,
                                                    m->denominator);

    /* were all that are unknown fully online without AI, or all with */

    m->ratio_min = m->people ? -1
                   : assist_figure_ratio(m->numerator, m->denominator
                                         + m->unknown - m->unknown_l2);
    m->ratio_max = m->people ? -1
                   : assist_figure_ratio(m->numerator + m->unknown_l2,
                                         m->denominator + m->unknown_l2);

    m->target = assist_target_at(m->of, today);
    m->per_month = -1;
    m->forecast.ratio = -1;

    if (m->target < 0) {
        return;
    }

    m->gap = m->target - (m->people ? (int64_t) m->numerator * 100
                                    : m->ratio);
    m->needed = missing(m, m->target);

    next = assist_target_next(m->of, today);
    goal = missing(m, next ? next->value
                      : m->of->milestones[m->of->nmilestones - 1].value);

    if (m->people || m->denominator) {
        if (goal == 0) {
            m->per_month = 0;

        } else if (next != NULL) {
            m->per_month = assist_figure_divide((int64_t) goal * 100,
                                                months_left(today, next->day));
        }
    }

    m->status = status(m, today);
    judge_milestones(f->in, m);
    forecast(f->in, m);
}


/*
 * Whole numbers, from the target as it is printed: whoever recomputes it from
 * the document gets the same.
 */

static uint32_t
missing(const assist_figure_measure_t *m, int64_t target)
{
    uint64_t  goal;

    goal = m->people ? ((uint64_t) target + 99) / 100
                     : ((uint64_t) target * m->denominator + 9999) / 10000;

    return goal > m->numerator ? (uint32_t) (goal - m->numerator) : 0;
}


static const char *
status(const assist_figure_measure_t *m, int32_t today)
{
    const assist_milestone_t  *last;

    last = &m->of->milestones[m->of->nmilestones - 1];

    if (!measured(m)) {
        return "not_measured";
    }

    if (missing(m, last->value) == 0) {
        return "met";
    }

    if (today > last->day) {
        return "missed";
    }

    /* none needed: not below the target of today */

    return m->needed == 0 ? "on_track" : "behind";
}


static int
measured(const assist_figure_measure_t *m)
{
    return m->measured && (m->people || m->denominator);
}


/* What is measured today says nothing of a milestone that is past. */

static void
judge_milestones(const assist_figure_in_t *in, assist_figure_measure_t *m)
{
    uint32_t                   i;
    assist_figure_measure_t    then;
    const assist_milestone_t  *milestone;

    for (i = 0; i < m->of->nmilestones; i++) {
        milestone = &m->of->milestones[i];
        then = *m;

        if (milestone->day < in->today) {
            m->milestones[i] = !was(in, &then, milestone) ? "not_measured"
                               : missing(&then, milestone->value) == 0
                               ? "met" : "missed";
            continue;
        }

        m->milestones[i] = !measured(m) ? "not_measured"
                           : missing(m, milestone->value) == 0 ? "met"
                           : m->needed == 0 ? "on_track" : "behind";
    }
}


/* Makes a measure what it was at a milestone: by documents of that day, or by
 * the figure of its month.  Is that known? */

static int
was(const assist_figure_in_t *in, assist_figure_measure_t *m,
    const assist_milestone_t *milestone)
{
    int32_t               month;
    const assist_past_t  *past;

    if (assist_figure_registered(m)) {
        look_up(in, m, milestone->day);
        return measured(m);
    }

    month = month_of(milestone->day);
    past = past_of(in, m, month, month);

    if (past == NULL) {
        return 0;
    }

    m->numerator = past->numerator;
    m->denominator = past->denominator;

    return m->denominator != 0;
}


/*
 * The pace from the oldest of the last months that is known to today, and
 * where it leads by the next milestone were the denominator as it is.
 */

static void
forecast(const assist_figure_in_t *in, assist_figure_measure_t *m)
{
    int32_t                    now;
    int64_t                    n, most;
    const assist_past_t       *past;
    const assist_milestone_t  *next;

    now = month_of(in->today);
    next = assist_target_next(m->of, in->today);
    past = past_of(in, m, now - PACE_MONTHS, now - 1);

    if (next == NULL || past == NULL || !measured(m)) {
        return;
    }

    m->forecast.milestone = next;
    m->forecast.months = (uint32_t) (now - past->month);
    m->forecast.pace = assist_figure_divide(
                           ((int64_t) m->numerator - past->numerator) * 100,
                           m->forecast.months);

    /* whole services, not rounded up to one that is not there */

    n = m->numerator + m->forecast.pace * months_left(in->today, next->day)
                       / 100;
    most = m->people ? UINT32_MAX : m->denominator;
    n = n < 0 ? 0 : n > most ? most : n;

    m->forecast.numerator = (uint32_t) n;

    if (!m->people) {
        m->forecast.ratio = assist_figure_ratio((uint32_t) n, m->denominator);
    }

    m->forecast.reached = n >= (int64_t) m->numerator
                               + missing(m, next->value);
}


/* The oldest of the months between two, both included; NULL: there is none. */

static const assist_past_t *
past_of(const assist_figure_in_t *in, const assist_figure_measure_t *m,
    int32_t from, int32_t to)
{
    size_t                i;
    assist_buf_t          name = ASSIST_BUF_INIT;
    const assist_past_t  *p, *oldest;

    if (in->rules.npast == 0) {
        return NULL;
    }

    oldest = NULL;
    assist_figure_name(m, &name);

    for (i = 0; i < in->rules.npast; i++) {
        p = &in->rules.past[i];

        if (p->month >= from && p->month <= to
            && (oldest == NULL || p->month < oldest->month)
            && assist_str_eq(p->name, assist_buf_str(&name)))
        {
            oldest = p;
        }
    }

    assist_buf_free(&name);

    return oldest;
}


static int32_t
month_of(int32_t day)
{
    int  year, month, mday;

    assist_date_civil(day, &year, &month, &mday);

    return year * 12 + month - 1;
}


/*
 * Whole months; within the last one all is still needed in it.  A milestone on
 * a month's last day is not nearer on the 31st than on the 30th.
 */

static int64_t
months_left(int32_t today, int32_t day)
{
    int      year, month, mday, of_today;
    int64_t  left;

    assist_date_civil(today, &year, &month, &of_today);
    assist_date_civil(day, &year, &month, &mday);

    left = month_of(day) - month_of(today);

    if (mday < of_today && month_of(day + 1) == month_of(day)) {
        left--;
    }

    return left < 1 ? 1 : left;
}
