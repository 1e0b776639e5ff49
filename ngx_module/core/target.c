#include "target.h"

#include <stdlib.h>

#include <openssl/sha.h>

#include "arena.h"
#include "date.h"
#include "setting.h"


#define EXAMPLE      "essential 2026-12-31 = 100"
#define PERCENT_MAX  10000              /* hundredths */
#define PEOPLE_MAX   20000000

#define SUBSETS      "services, essential, agency:CODE, field:NAME, " \
                     "province:NAME, urban_areas, officers and open_data"


static int built_in(assist_targets_t *targets);
static int read_file(assist_targets_t *targets, assist_str_t file,
    assist_error_t *err);
static int add(assist_targets_t *targets, const assist_setting_t *setting,
    assist_error_t *err);
static assist_target_t *find(assist_targets_t *targets, assist_str_t spelled,
    uint32_t line, assist_error_t *err);
static assist_target_t *more(assist_targets_t *targets, assist_subset_t subset,
    assist_str_t value);
static int read_value(const assist_target_t *target, assist_str_t text,
    uint32_t line, uint32_t *value, assist_error_t *err);
static int hash(assist_targets_t *targets);


static const char *const  names[ASSIST_SUBSET_MAX] = {
    "services", "essential", "urban_areas", "officers", "open_data",
    "agency", "field", "province"
};


/* Decision 699/QD-BTTTT: four measures, two milestones each; hundredths. */
static const struct {
    assist_subset_t  subset;
    uint32_t         values[2];
} decision[] = {
    { ASSIST_SUBSET_SERVICES,    { 3000, 10000 } },
    { ASSIST_SUBSET_URBAN_AREAS, { 2000, 10000 } },
    { ASSIST_SUBSET_OFFICERS,    { 10000, 100000 } },
    { ASSIST_SUBSET_OPEN_DATA,   { 2000, 10000 } }
};


assist_targets_t *
assist_targets_create(assist_str_t file, assist_error_t *err)
{
    assist_targets_t  *targets;

    targets = calloc(1, sizeof(assist_targets_t));

    if (targets != NULL) {
        targets->priv = assist_arena_create();
    }

    if (targets == NULL || targets->priv == NULL || built_in(targets) != 0) {
        assist_targets_free(targets);
        (void) assist_fail(err, 0, "out of memory");
        return NULL;
    }

    if (read_file(targets, file, err) != 0) {
        assist_targets_free(targets);
        return NULL;
    }

    if (hash(targets) != 0) {
        assist_targets_free(targets);
        (void) assist_fail(err, 0, "out of memory");
        return NULL;
    }

    return targets;
}


void
assist_targets_free(assist_targets_t *targets)
{
    if (targets == NULL) {
        return;
    }

    assist_arena_destroy(targets->priv);
    free(targets->list);
    free(targets);
}


const char *
assist_subset_name(assist_subset_t subset)
{
    return names[subset];
}


void
assist_target_name(const assist_target_t *target, assist_buf_t *out)
{
    assist_buf_puts(out, names[target->subset]);

    if (target->subset >= ASSIST_SUBSET_FIXED) {
        assist_buf_putc(out, ':');
        assist_buf_add(out, target->value.data, target->value.len);
    }
}


int64_t
assist_target_at(const assist_target_t *target, int32_t day)
{
    uint32_t                   i;
    int64_t                    span, rise;
    const assist_milestone_t  *from, *to;

    if (target->nmilestones == 0) {
        return -1;
    }

    to = target->milestones;

    if (day <= to->day) {
        return to->value;
    }

    for (i = 1; i < target->nmilestones; i++) {
        from = to;
        to = &target->milestones[i];

        if (day <= to->day) {
            /* milestones never fall, so half a hundredth is rounded up */
            span = to->day - from->day;
            rise = (int64_t) (to->value - from->value) * (day - from->day);

            return from->value + (2 * rise + span) / (2 * span);
        }
    }

    return to->value;
}


const assist_milestone_t *
assist_target_next(const assist_target_t *target, int32_t day)
{
    uint32_t  i;

    for (i = 0; i < target->nmilestones; i++) {
        if (target->milestones[i].day >= day) {
            return &target->milestones[i];
        }
    }

    return NULL;
}


static int
built_in(assist_targets_t *targets)
{
    size_t            i;
    assist_target_t  *t;

    for (i = 0; i < ASSIST_SUBSET_FIXED; i++) {
        t = more(targets, (assist_subset_t) i, assist_str(""));

        if (t == NULL) {
            return -1;
        }
    }

    for (i = 0; i < sizeof(decision) / sizeof(decision[0]); i++) {
        t = &targets->list[decision[i].subset];
        t->nmilestones = 2;
        t->milestones[0].day = assist_date_days(2024, 12, 31);
        t->milestones[0].value = decision[i].values[0];
        t->milestones[1].day = assist_date_days(2030, 12, 31);
        t->milestones[1].value = decision[i].values[1];
    }

    return 0;
}


static int
read_file(assist_targets_t *targets, assist_str_t file, assist_error_t *err)
{
    int               rc;
    assist_setting_t  setting;

    assist_setting_init(&setting, file);

    while ((rc = assist_setting_next(&setting, EXAMPLE, err)) == 1) {
        if (add(targets, &setting, err) != 0) {
            return -1;
        }
    }

    return rc;
}


static int
add(assist_targets_t *targets, const assist_setting_t *setting,
    assist_error_t *err)
{
    size_t               n;
    int32_t              day;
    assist_str_t         spelled, date;
    assist_target_t     *t;
    assist_milestone_t  *m;

    /* a field's name has blanks, so the date is the last word */

    spelled = setting->name;

    for (n = spelled.len; n && spelled.data[n - 1] != ' '
                          && spelled.data[n - 1] != '\t'; n--)
    {
        /* void */
    }

    date = (assist_str_t) { spelled.data + n, spelled.len - n };
    spelled = assist_setting_trim((assist_str_t) { spelled.data, n });

    if (spelled.len == 0 || assist_date_parse(date, &day) != 0) {
        return assist_fail(err, setting->line, "expected \"subset date = "
                           "value\", such as \"" EXAMPLE "\"");
    }

    t = find(targets, spelled, setting->line, err);

    if (t == NULL) {
        return -1;
    }

    if (t->line == 0) {
        t->line = setting->line;
        t->nmilestones = 0;
    }

    if (t->nmilestones == ASSIST_MILESTONES) {
        return assist_fail(err, setting->line, "\"%s\" has more than %d "
                           "milestones", names[t->subset], ASSIST_MILESTONES);
    }

    m = &t->milestones[t->nmilestones];
    m->day = day;

    if (read_value(t, setting->value, setting->line, &m->value, err) != 0) {
        return -1;
    }

    if (t->nmilestones && (m->day <= m[-1].day || m->value < m[-1].value)) {
        return assist_fail(err, setting->line, "milestones of \"%s\" must be "
                           "in the order of their dates, and may not fall",
                           names[t->subset]);
    }

    t->nmilestones++;

    return 0;
}


static assist_target_t *
find(assist_targets_t *targets, assist_str_t spelled, uint32_t line,
    assist_error_t *err)
{
    size_t            i;
    uint32_t          k;
    assist_str_t      value;
    const char       *p;
    assist_target_t  *t;

    p = memchr(spelled.data, ':', spelled.len);
    value = assist_str("");

    if (p != NULL) {
        value.data = p + 1;
        value.len = spelled.len - (size_t) (p - spelled.data) - 1;
        spelled.len = (size_t) (p - spelled.data);

        value = assist_setting_trim(value);
        spelled = assist_setting_trim(spelled);
    }

    for (i = 0; i < ASSIST_SUBSET_MAX; i++) {
        if (assist_str_eq(spelled, assist_str_of(names[i]))) {
            break;
        }
    }

    if (i == ASSIST_SUBSET_MAX
        || (i < ASSIST_SUBSET_FIXED) != (value.len == 0))
    {
        (void) assist_fail(err, line, "unknown subset \"%.*s\"; known are "
                           SUBSETS,
                           (int) (spelled.len < 40 ? spelled.len : 40),
                           spelled.data);
        return NULL;
    }

    for (k = 0; k < targets->n; k++) {
        t = &targets->list[k];

        if (t->subset == i && assist_str_eq(t->value, value)) {
            return t;
        }
    }

    t = more(targets, (assist_subset_t) i, value);

    if (t == NULL) {
        (void) assist_fail(err, line, "out of memory");
    }

    return t;
}


static assist_target_t *
more(assist_targets_t *targets, assist_subset_t subset, assist_str_t value)
{
    void             *p;
    assist_target_t  *t;

    value = assist_arena_dup(targets->priv, value);
    p = realloc(targets->list, (targets->n + 1) * sizeof(assist_target_t));

    if (p != NULL) {
        targets->list = p;
    }

    if (p == NULL || value.data == NULL) {
        return NULL;
    }

    t = &targets->list[targets->n++];

    memset(t, 0, sizeof(assist_target_t));
    t->subset = subset;
    t->value = value;

    return t;
}


static int
read_value(const assist_target_t *target, assist_str_t text, uint32_t line,
    uint32_t *value, assist_error_t *err)
{
    if (target->subset == ASSIST_SUBSET_OFFICERS) {
        if (assist_setting_number(text, PEOPLE_MAX, value) != 0) {
            return assist_fail(err, line, "the target of \"officers\" must be "
                               "a number of people from 0 to %d", PEOPLE_MAX);
        }

        *value *= 100;

        return 0;
    }

    if (text.len && text.data[text.len - 1] == '%') {
        text.len--;
        text = assist_setting_trim(text);
    }

    if (assist_setting_decimal(text, 2, PERCENT_MAX, value) != 0) {
        return assist_fail(err, line, "a target must be a percentage from 0 "
                           "to 100 with at most 2 decimals, such as 66.5");
    }

    return 0;
}


static int
hash(assist_targets_t *targets)
{
    int                        failed;
    char                       date[11];
    uint32_t                   i, k;
    assist_buf_t               text = ASSIST_BUF_INIT;
    unsigned char              digest[ASSIST_DIGEST_LEN];
    const assist_target_t     *t;
    const assist_milestone_t  *m;

    for (i = 0; i < targets->n; i++) {
        t = &targets->list[i];

        for (k = 0; k < t->nmilestones; k++) {
            m = &t->milestones[k];

            assist_date_format(m->day, date);
            assist_target_name(t, &text);
            assist_buf_printf(&text, " %s = %u", date, m->value / 100);

            if (t->subset != ASSIST_SUBSET_OFFICERS) {
                assist_buf_printf(&text, ".%02u", m->value % 100);
            }

            assist_buf_putc(&text, '\n');
        }
    }

    failed = text.failed;

    if (!failed) {
        SHA256((const unsigned char *) text.data, text.len, digest);
        assist_digest_hex(targets->hash, digest);
    }

    assist_buf_free(&text);

    return failed ? -1 : 0;
}
