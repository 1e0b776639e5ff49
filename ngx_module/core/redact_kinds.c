/*
 * The kinds of numbers.
 */

#include "redact_priv.h"


#define ONE_PIECE    9          /* digits of a group that is likely complete */

/* Costs are compared with those of the digits that stay, 10 each. */
#define COST_PIECE   25         /* such a group joined with others */
#define COST_SOFT    30         /* a part of a date joined with others */
#define COST_BANK    3
#define COST_SMALL   20         /* after two small letters: a word? */
#define COST_12      26         /* 12 digits that are no citizen id */
#define COST_WHOLE   35         /* 13 to 20 digits that nothing is beside */
#define COST_PART    95
#define COST_FOREIGN 30         /* +84, but not as a number there */

#define BANK_BEFORE  80         /* bytes between a word and a number */
#define BANK_AFTER   24
#define TAX_BEFORE   40


static int near_before(size_t word, size_t start, size_t distance);
static int is_citizen(const char *d, size_t n);
static int is_phone(const char *d, size_t n);
static int is_mobile(char c);
static int is_tax(const char *d);
static int is_branch(const assist_seq_t *run, size_t from, size_t to, size_t n);
static int is_card(const assist_seq_t *run, size_t from, size_t to, size_t n);


int
assist_seq_kind(const assist_seq_t *run, size_t from, size_t to, int whole,
    uint64_t *cost)
{
    int                    same, piece, passport;
    size_t                 i, n, start, end;
    uint64_t               join, apart;
    const char            *d;
    const assist_group_t  *g = run->groups;

    d = run->digits + g[from].digits;
    start = g[from].start;
    end = g[to - 1].end;

    n = 0;
    same = 1;
    piece = 0;
    join = to - from - 1;

    for (i = from; i < to; i++) {
        n += g[i].n;
        piece |= g[i].n >= ONE_PIECE;
        same &= i <= from + 1 || g[i].gap == g[i - 1].gap;
        join += g[i].soft && to - from > 1 ? COST_SOFT : 0;
    }

    if (n < 6) {
        return -1;
    }

    apart = join + (piece && to - from > 1 ? COST_PIECE : 0);
    *cost = apart;

    if (is_citizen(d, n)) {
        return ASSIST_REDACT_CCCD;
    }

    if (from == 0 && run->nletters == 2 && n == 13) {
        *cost = join + (run->glued || run->upper ? 0 : COST_SMALL);
        return ASSIST_REDACT_BHYT;
    }

    if (n == 13 && is_branch(run, from, to, n)) {
        *cost = join;
        return ASSIST_REDACT_MST;
    }

    if ((n == 10 || n == 13) && near_before(run->tax, start, TAX_BEFORE)) {
        return ASSIST_REDACT_MST;
    }

    if (is_phone(d, n)) {
        *cost = join;                   /* 84 912345678 */
        return ASSIST_REDACT_PHONE;
    }

    if (from == 0 && run->plus && n >= 8 && n <= 15) {
        *cost = join + (d[0] == '8' && d[1] == '4' ? COST_FOREIGN : 1);
        return ASSIST_REDACT_PHONE;
    }

    if (n == 10) {
        return is_tax(d) ? ASSIST_REDACT_MST : ASSIST_REDACT_BHXH;
    }

    if (n == 9) {
        return ASSIST_REDACT_CMND;
    }

    passport = near_before(run->passport, start, TAX_BEFORE);

    if (from == 0 && run->nletters == 1 && (n == 7 || n == 8)
        && (run->glued || run->upper || passport))
    {
        return ASSIST_REDACT_PASSPORT;
    }

    if (is_card(run, from, to, n)) {
        *cost = join;
        return ASSIST_REDACT_ACCOUNT;
    }

    if (n <= ASSIST_RUN_DIGITS
        && (near_before(run->bank, start, BANK_BEFORE)
            || (run->next_bank >= end && run->next_bank - end <= BANK_AFTER)))
    {
        *cost = apart + COST_BANK;
        return ASSIST_REDACT_ACCOUNT;
    }

    if (to - from == 1) {
        return n > 10 ? ASSIST_REDACT_NUMBER : -1;
    }

    if (n < 12 || n > ASSIST_RUN_DIGITS || !same || piece) {
        return -1;
    }

    *cost = join + (!whole ? COST_PART : n == 12 ? COST_12 : COST_WHOLE);

    return ASSIST_REDACT_NUMBER;
}


static int
near_before(size_t word, size_t start, size_t distance)
{
    return word != 0 && start - word <= distance;
}


/* Province, century and sex; the year and the rest may be anything. */

static int
is_citizen(const char *d, size_t n)
{
    int  province;

    if (n != 12) {
        return 0;
    }

    province = (d[0] - '0') * 100 + (d[1] - '0') * 10 + (d[2] - '0');

    return province >= 1 && province <= 96 && d[3] <= '3';
}


static int
is_phone(const char *d, size_t n)
{
    if (n > 4 && memcmp(d, "0084", 4) == 0) {
        d += 2;
        n -= 2;
    }

    if (n > 2 && d[0] == '8' && d[1] == '4') {

        /* +84 (0)912 345 678 */

        if (n > 3 && d[2] == '0') {
            return (n == 12 && is_mobile(d[3])) || (n == 13 && d[3] == '2');
        }

        return (n == 11 && is_mobile(d[2])) || (n == 12 && d[2] == '2');
    }

    if (d[0] != '0') {
        return 0;
    }

    return (n == 10 && is_mobile(d[1]))
           || (n == 11 && (d[1] == '2'
                           || (d[1] == '1'
                               && (d[2] == '2' || d[2] == '6' || d[2] == '8'
                                   || d[2] == '9'))));
}


static int
is_mobile(char c)
{
    return c == '3' || c == '5' || c == '7' || c == '8' || c == '9';
}


/* The check digit of a tax code's ten. */

static int
is_tax(const char *d)
{
    int                i, sum;
    static const char  weights[9] = { 31, 29, 23, 19, 17, 13, 7, 5, 3 };

    sum = 0;

    for (i = 0; i < 9; i++) {
        sum += weights[i] * (d[i] - '0');
    }

    return 10 - sum % 11 == d[9] - '0';
}


/* 10-3 digits, with a hyphen: a branch's tax code. */

static int
is_branch(const assist_seq_t *run, size_t from, size_t to, size_t n)
{
    const assist_group_t  *g = &run->groups[to - 1];

    return to - from > 1 && n == 13 && g->n == 3
           && (g->gap & ASSIST_GAP_HYPHEN);
}


/* A card: 16 or 19 digits in one piece, or in fours. */

static int
is_card(const assist_seq_t *run, size_t from, size_t to, size_t n)
{
    size_t  i;

    if (n != 16 && n != 19) {
        return 0;
    }

    for (i = from; i + 1 < to; i++) {
        if (run->groups[i].n != 4) {
            return 0;
        }
    }

    return to - from == 1 || run->groups[to - 1].n <= 4;
}
