/*
 * The thresholds of evidence, and the file that changes them.
 */

#include <stdio.h>

#include <openssl/sha.h>

#include "figure.h"
#include "setting.h"


#define SHARE_PLACES  4
#define SHARE_UNIT  10000               /* four decimals */


typedef struct {
    const char  *name;
    size_t       offset;                /* in assist_levels_t */
    int          share;                 /* a double, 0..1; else a uint32_t */
    uint32_t     min;
    uint32_t     max;
} threshold_t;


static int set(assist_levels_t *levels, uint32_t *seen,
    const assist_setting_t *setting, assist_error_t *err);
static const threshold_t *find(assist_str_t name);
static int unknown_name(assist_str_t name, uint32_t line, assist_error_t *err);


/* 28 days: what February cannot reach nobody can; 300000 ms: the last bound
 * of a latency bucket, beyond which nothing is known. */

static const threshold_t  thresholds[] = {
    { "l2.knowledge_days", offsetof(assist_levels_t, l2_knowledge_days),
      0, 1, 3650 },
    { "l3.interactions", offsetof(assist_levels_t, l3_interactions),
      0, 1, 1000000 },
    { "l3.days", offsetof(assist_levels_t, l3_days), 0, 1, 28 },
    { "l4.interactions", offsetof(assist_levels_t, l4_interactions),
      0, 1, 1000000 },
    { "l4.answered", offsetof(assist_levels_t, l4_answered), 1, 0, 1 },
    { "l4.sourced", offsetof(assist_levels_t, l4_sourced), 1, 0, 1 },
    { "l4.negative", offsetof(assist_levels_t, l4_negative), 1, 0, 1 },
    { "l4.latency", offsetof(assist_levels_t, l4_latency), 0, 1, 300000 }
};

#define NTHRESHOLDS  (sizeof(thresholds) / sizeof(thresholds[0]))


void
assist_levels_default(assist_levels_t *levels)
{
    levels->l2_knowledge_days = 90;
    levels->l3_interactions = 5;
    levels->l3_days = 3;
    levels->l4_interactions = 30;
    levels->l4_answered = 0.80;
    levels->l4_sourced = 0.95;
    levels->l4_negative = 0.20;
    levels->l4_latency = 5000;
}


int
assist_levels_parse(assist_levels_t *levels, assist_str_t file,
    assist_error_t *err)
{
    int               rc;
    uint32_t          seen;
    assist_levels_t   work;
    assist_setting_t  setting;

    work = *levels;
    seen = 0;

    assist_setting_init(&setting, file);

    while ((rc = assist_setting_next(&setting, "l3.interactions = 5", err))
           == 1)
    {
        if (set(&work, &seen, &setting, err) != 0) {
            return -1;
        }
    }

    if (rc != 0) {
        return -1;
    }

    *levels = work;

    return 0;
}


void
assist_levels_hash(const assist_levels_t *levels,
    char hex[ASSIST_DIGEST_HEX + 1])
{
    char                text[512];
    size_t              i, len;
    uint32_t            n;
    const char         *field;
    unsigned char       digest[ASSIST_DIGEST_LEN];
    const threshold_t  *t;

    len = 0;

    for (i = 0; i < NTHRESHOLDS; i++) {
        t = &thresholds[i];
        field = (const char *) levels + t->offset;

        if (t->share) {
            n = (uint32_t) (*(const double *) field * SHARE_UNIT + 0.5);
            len += (size_t) snprintf(text + len, sizeof(text) - len,
                                     "%s = %u.%04u\n", t->name,
                                     n / SHARE_UNIT, n % SHARE_UNIT);
        } else {
            len += (size_t) snprintf(text + len, sizeof(text) - len,
                                     "%s = %u\n", t->name,
                                     *(const uint32_t *) field);
        }
    }

    SHA256((const unsigned char *) text, len, digest);
    assist_digest_hex(hex, digest);
}


static int
set(assist_levels_t *levels, uint32_t *seen, const assist_setting_t *setting,
    assist_error_t *err)
{
    char               *field;
    uint32_t            line, n;
    const threshold_t  *t;

    line = setting->line;
    t = find(setting->name);

    if (t == NULL) {
        return unknown_name(setting->name, line, err);
    }

    if (*seen & 1u << (t - thresholds)) {
        return assist_fail(err, line, "\"%s\" is given twice: keep one",
                           t->name);
    }

    *seen |= 1u << (t - thresholds);
    field = (char *) levels + t->offset;

    if (t->share) {
        if (assist_setting_decimal(setting->value, SHARE_PLACES, SHARE_UNIT,
                                   &n)
            != 0)
        {
            return assist_fail(err, line, "\"%s\" must be a share between 0 "
                               "and 1 with at most 4 decimals, such as 0.80",
                               t->name);
        }

        *(double *) field = (double) n / SHARE_UNIT;

        return 0;
    }

    if (assist_setting_number(setting->value, t->max, (uint32_t *) field) != 0
        || *(uint32_t *) field < t->min)
    {
        return assist_fail(err, line, "\"%s\" must be a whole number from %u "
                           "to %u", t->name, t->min, t->max);
    }

    return 0;
}


static const threshold_t *
find(assist_str_t name)
{
    size_t  i;

    for (i = 0; i < NTHRESHOLDS; i++) {
        if (assist_str_eq(name, assist_str_of(thresholds[i].name))) {
            return &thresholds[i];
        }
    }

    return NULL;
}


static int
unknown_name(assist_str_t name, uint32_t line, assist_error_t *err)
{
    int     n;
    char    names[160];
    size_t  i, len;

    len = 0;

    for (i = 0; i < NTHRESHOLDS; i++) {
        n = snprintf(names + len, sizeof(names) - len, "%s%s", i ? ", " : "",
                     thresholds[i].name);
        len += (size_t) n;
    }

    return assist_fail(err, line, "unknown name \"%.*s\"; known are %s",
                       (int) (name.len < 40 ? name.len : 40), name.data,
                       names);
}
