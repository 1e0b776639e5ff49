/*
 * The thresholds of evidence, and the file that changes them.
 */

#include <stdio.h>

#include <openssl/sha.h>

#include "figure.h"


#define SHARE_UNIT  10000               /* four decimals */


typedef struct {
    const char  *name;
    size_t       offset;                /* in assist_levels_t */
    int          share;                 /* a double, 0..1; else a uint32_t */
    uint32_t     min;
    uint32_t     max;
} threshold_t;


static int set_line(assist_levels_t *levels, uint32_t *seen, assist_str_t text,
    uint32_t line, assist_error_t *err);
static const threshold_t *find(assist_str_t name);
static int unknown_name(assist_str_t name, uint32_t line, assist_error_t *err);
static int parse_number(assist_str_t s, uint32_t max, uint32_t *n);
static int parse_share(assist_str_t s, double *share);
static assist_str_t trim(assist_str_t s);


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
    size_t           i;
    uint32_t         line, seen;
    assist_str_t     text;
    assist_levels_t  work;

    work = *levels;
    seen = 0;
    line = 0;
    i = 0;

    if (file.len >= 3 && memcmp(file.data, "\xef\xbb\xbf", 3) == 0) {
        i = 3;
    }

    while (i < file.len) {
        line++;
        text = (assist_str_t) { file.data + i, 0 };

        while (i < file.len && file.data[i] != '\n') {
            i++;
            text.len++;
        }

        i++;

        if (set_line(&work, &seen, text, line, err) != 0) {
            return -1;
        }
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
set_line(assist_levels_t *levels, uint32_t *seen, assist_str_t text,
    uint32_t line, assist_error_t *err)
{
    char               *field;
    const char         *p;
    assist_str_t        name, value;
    const threshold_t  *t;

    p = text.len ? memchr(text.data, '#', text.len) : NULL;

    if (p != NULL) {
        text.len = (size_t) (p - text.data);
    }

    text = trim(text);

    if (text.len == 0) {
        return 0;
    }

    p = memchr(text.data, '=', text.len);

    if (p == NULL) {
        return assist_fail(err, line, "expected \"name = value\", such as "
                           "\"l3.interactions = 5\"");
    }

    name = (assist_str_t) { text.data, (size_t) (p - text.data) };
    value = (assist_str_t) { p + 1, text.len - name.len - 1 };

    name = trim(name);
    value = trim(value);

    t = find(name);

    if (t == NULL) {
        return unknown_name(name, line, err);
    }

    if (*seen & 1u << (t - thresholds)) {
        return assist_fail(err, line, "\"%s\" is given twice: keep one",
                           t->name);
    }

    *seen |= 1u << (t - thresholds);
    field = (char *) levels + t->offset;

    if (t->share) {
        if (parse_share(value, (double *) field) != 0) {
            return assist_fail(err, line, "\"%s\" must be a share between 0 "
                               "and 1 with at most 4 decimals, such as 0.80",
                               t->name);
        }

        return 0;
    }

    if (parse_number(value, t->max, (uint32_t *) field) != 0
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


static int
parse_number(assist_str_t s, uint32_t max, uint32_t *n)
{
    size_t    i;
    uint64_t  v;

    if (s.len == 0) {
        return -1;
    }

    for (v = 0, i = 0; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return -1;
        }

        v = v * 10 + (uint64_t) (s.data[i] - '0');

        if (v > max) {
            return -1;
        }
    }

    *n = (uint32_t) v;

    return 0;
}


/* By hand, since strtod() reads a comma in some locales, and "nan" in all. */

static int
parse_share(assist_str_t s, double *share)
{
    size_t    i;
    uint32_t  whole, part;

    for (i = 0; i < s.len && s.data[i] != '.'; i++) { /* void */ }

    if (parse_number((assist_str_t) { s.data, i }, 1, &whole) != 0) {
        return -1;
    }

    part = 0;

    if (i < s.len) {
        s.data += i + 1;
        s.len -= i + 1;

        if (s.len > 4 || parse_number(s, SHARE_UNIT - 1, &part) != 0) {
            return -1;
        }

        for (i = s.len; i < 4; i++) {
            part *= 10;
        }
    }

    if (whole * SHARE_UNIT + part > SHARE_UNIT) {
        return -1;
    }

    *share = (double) (whole * SHARE_UNIT + part) / SHARE_UNIT;

    return 0;
}


static assist_str_t
trim(assist_str_t s)
{
    while (s.len && strchr(" \t\r", s.data[0]) != NULL) {
        s.data++;
        s.len--;
    }

    while (s.len && strchr(" \t\r", s.data[s.len - 1]) != NULL) {
        s.len--;
    }

    return s;
}
