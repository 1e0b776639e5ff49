/*
 * A run of groups of digits: what stays in it, and how the rest is divided
 * into findings.
 */

#include "redact_priv.h"


#define KEPT     10             /* the cost of a digit that stays */
#define YEAR     12             /* of a group like 2024 or 1022, as a whole */

#define ID_BEFORE  24           /* bytes between a word and a number */


static void keep_codes(assist_seq_t *run);
static int is_code_tail(const assist_seq_t *run, size_t i);
static size_t code_end(const assist_seq_t *run, size_t i);
static void keep_agency(const assist_scan_t *scan, assist_seq_t *run);
static void keep_dates(assist_seq_t *run);
static int is_date(const assist_seq_t *run, size_t i);
static void keep_sums(const assist_scan_t *scan, assist_seq_t *run);
static int is_id(const assist_seq_t *run, size_t last);
static size_t sum_head(const assist_seq_t *run, size_t last);
static void doubt_parts(const assist_scan_t *scan, assist_seq_t *run);
static unsigned number(const assist_seq_t *run, size_t i);
static int is_joined(const assist_seq_t *run, size_t i, unsigned gap);
static int is_apart(const assist_seq_t *run, size_t i);
static uint64_t kept_cost(const assist_seq_t *run, size_t i);
static int add_segment(assist_scan_t *scan, size_t from, size_t to,
    assist_redact_kind_t kind);


int
assist_seq_divide(assist_scan_t *scan, size_t from, size_t to)
{
    int              kind, whole;
    size_t           i, j, n;
    uint64_t         cost;
    assist_seq_t    *run = &scan->run;
    assist_group_t  *g;

    /* the cheapest division of what is from each group on, from the last */

    for (i = to; i > from; /* void */ ) {
        g = &run->groups[--i];

        g->kind = -1;
        g->next = i + 1;
        g->cost = kept_cost(run, i);
        g->cost += i + 1 < to ? run->groups[i + 1].cost : 0;

        for (j = i + 1, n = 0; j <= to && !run->groups[j - 1].keep; j++) {
            n += run->groups[j - 1].n;

            if (n > ASSIST_RUN_DIGITS && j > i + 1) {
                break;
            }

            whole = (i == from || run->groups[i - 1].keep)
                    && (j == to || run->groups[j].keep);

            kind = assist_seq_kind(run, i, j, whole, &cost);

            if (kind < 0) {
                continue;
            }

            cost += j < to ? run->groups[j].cost : 0;

            if (cost < g->cost) {
                g->kind = kind;
                g->next = j;
                g->cost = cost;
            }
        }
    }

    for (i = from; i < to; i = g->next) {
        g = &run->groups[i];

        if (g->kind >= 0
            && add_segment(scan, i, g->next, (assist_redact_kind_t) g->kind)
               != 0)
        {
            return -1;
        }
    }

    return 0;
}


static int
add_segment(assist_scan_t *scan, size_t from, size_t to,
    assist_redact_kind_t kind)
{
    int                  open;
    size_t               i, start, end;
    const assist_seq_t  *run = &scan->run;

    start = run->groups[from].start;
    end = run->groups[to - 1].end;

    if (from == 0) {
        if (kind == ASSIST_REDACT_BHYT || kind == ASSIST_REDACT_PASSPORT) {
            start = run->prefix;

        } else if (kind == ASSIST_REDACT_PHONE) {
            start = run->plus_start;
        }
    }

    /* (024) 3825 1234: not a closing bracket alone */

    open = 0;

    for (i = start; i < end; i++) {
        open += scan->text[i] == '(';
        open -= scan->text[i] == ')';
    }

    if (open < 0 && start > scan->from && scan->text[start - 1] == '(') {
        start--;
    }

    return assist_scan_add(scan, start, end, kind);
}


static uint64_t
kept_cost(const assist_seq_t *run, size_t i)
{
    unsigned               n;
    const assist_group_t  *g = &run->groups[i];

    if (g->keep || g->soft) {
        return 0;
    }

    if (g->n == 4) {
        n = number(run, i);

        if (n >= 1000 && n < 2100) {
            return YEAR;
        }
    }

    return g->n * KEPT;
}


void
assist_seq_keep(const assist_scan_t *scan, assist_seq_t *run)
{
    keep_codes(run);
    keep_agency(scan, run);
    keep_dates(run);
    keep_sums(scan, run);
    doubt_parts(scan, run);
}


/* Procedure codes: see catalog_code.h. */

static void
keep_codes(assist_seq_t *run)
{
    size_t                 i, end;
    const assist_group_t  *g;

    for (i = 0; i + 1 < run->n; /* void */ ) {
        g = &run->groups[i];

        if (g->n != 1 || run->digits[g->digits] == '0'
            || !is_joined(run, i + 1, ASSIST_GAP_DOT)
            || !is_code_tail(run, i + 1)
            || (i && !is_apart(run, i)))
        {
            i++;
            continue;
        }

        /* after other digits, only as codes go on: not 091 2.345678 */

        if (i && run->digits[g[1].digits] > '1') {
            i++;
            continue;
        }

        end = code_end(run, i);

        if (end == 0) {
            i++;
            continue;
        }

        for ( /* void */ ; i < end; i++) {
            run->groups[i].keep = 1;
        }
    }
}


/* 6 digits; the catalogue has some of 7, and one of 9 that is no old id, of
   which none begins with 00. */

static int
is_code_tail(const assist_seq_t *run, size_t i)
{
    const assist_group_t  *g = &run->groups[i];

    return g->n == 6 || g->n == 7
           || (g->n == 9 && memcmp(run->digits + g->digits, "00", 2) == 0);
}


/* The group after a code that begins at i; 0: it is none. */

static size_t
code_end(const assist_seq_t *run, size_t i)
{
    size_t                 end;
    const assist_group_t  *g = run->groups;

    end = i + 2;

    if (end < run->n && is_joined(run, end, ASSIST_GAP_DOT)) {

        if (g[end].n == 2) {
            end++;

        } else if (end + 2 < run->n && g[end].n == 3
                   && is_joined(run, end + 1, ASSIST_GAP_DOT)
                   && g[end + 1].n == 2
                   && is_joined(run, end + 2, ASSIST_GAP_DOT)
                   && g[end + 2].n == 2)
        {
            end += 3;
        }
    }

    if (end == run->n || is_apart(run, end)) {
        return end;
    }

    /* 1.001456-0912345678, but not 1.234567-890 */

    return is_joined(run, end, ASSIST_GAP_HYPHEN)
           && run->digits[g[i + 1].digits] == '0' ? end : 0;
}


/* Agency codes: H55.242, G01.899.102; passports begin with other letters. */

static void
keep_agency(const assist_scan_t *scan, assist_seq_t *run)
{
    char    c;
    size_t  i;

    if (run->nletters != 1 || !run->glued || run->groups[0].n != 2) {
        return;
    }

    c = (char) scan->text[run->prefix];

    if (c != 'G' && c != 'H') {
        return;
    }

    run->groups[0].keep = 1;

    for (i = 1; i < run->n && is_joined(run, i, ASSIST_GAP_DOT)
                && run->groups[i].n >= 2 && run->groups[i].n <= 4;
         i++)
    {
        run->groups[i].keep = 1;
    }
}


static void
keep_dates(assist_seq_t *run)
{
    size_t  i;

    for (i = 0; i + 2 < run->n; i++) {

        if ((i == 0 || is_apart(run, i))
            && (i + 3 == run->n || is_apart(run, i + 3))
            && is_date(run, i))
        {
            run->groups[i].keep = 1;
            run->groups[i + 1].keep = 1;
            run->groups[i + 2].keep = 1;
        }
    }
}


static int
is_date(const assist_seq_t *run, size_t i)
{
    unsigned               day, month, year;
    const assist_group_t  *g = &run->groups[i];

    if ((!is_joined(run, i + 1, ASSIST_GAP_DOT)
         || !is_joined(run, i + 2, ASSIST_GAP_DOT))
        && (!is_joined(run, i + 1, ASSIST_GAP_HYPHEN)
            || !is_joined(run, i + 2, ASSIST_GAP_HYPHEN)))
    {
        return 0;
    }

    if (g[0].n > 4 || g[1].n > 2 || g[2].n > 4) {
        return 0;
    }

    if (g[0].n == 4 && g[2].n <= 2) {
        year = number(run, i);
        day = number(run, i + 2);

    } else if (g[0].n <= 2 && g[2].n == 4) {
        year = number(run, i + 2);
        day = number(run, i);

    } else {
        return 0;
    }

    month = number(run, i + 1);

    return year >= 1900 && year < 2100 && month >= 1 && month <= 12
           && day >= 1 && day <= 31;
}


/*
 * Sums of money: digits by threes, or ending in 000, or short, with a unit
 * after them; digits by threes with dots after a word such as phí, or ending in
 * .000.000; both ends of "1.500.000 - 2.000.000 đồng".
 */
static void
keep_sums(const assist_scan_t *scan, assist_seq_t *run)
{
    int                    unit, kept, zeros;
    size_t                 last, head, i;
    const char            *d;
    const assist_group_t  *g = run->groups;

    for (last = run->n; last > 0; last = kept ? head : last) {
        last--;
        kept = 0;
        head = sum_head(run, last);

        if (head > last || g[last].keep) {
            continue;
        }

        if (last + 1 == run->n) {
            unit = assist_scan_is_unit(scan, g[last].end);

        } else {
            unit = (g[last + 1].gap & ASSIST_GAP_HYPHEN) && g[last + 1].keep
                   && g[last + 1].n <= 3;
        }

        if (head == 0 && is_id(run, last)) {
            continue;
        }

        /* a sum is not the end of some other number */

        if (head && !is_apart(run, head)
            && !(unit && is_joined(run, head, ASSIST_GAP_HYPHEN)))
        {
            continue;
        }

        d = run->digits + g[last].digits;

        if (head == last) {
            kept = unit && (g[last].n < 9
                            || memcmp(d + g[last].n - 3, "000", 3) == 0);

        } else if (unit) {
            kept = 1;

        } else if (is_joined(run, last, ASSIST_GAP_DOT)) {
            zeros = 1;

            for (i = head + 1; i <= last; i++) {
                zeros &= number(run, i) == 0;
            }

            kept = (zeros && last - head >= 2)
                   || (run->money && head == 0
                       && g[0].start - run->money <= 3);
        }

        for (i = head; kept && i <= last; i++) {
            run->groups[i].keep = 1;
        }
    }
}


/* CMND 123.456.789 đồng ...: the digits up to `last` are an id's. */

static int
is_id(const assist_seq_t *run, size_t last)
{
    size_t                 n;
    const assist_group_t  *g = run->groups;

    n = g[last].digits + g[last].n - g[0].digits;

    return run->id && g[0].start - run->id <= ID_BEFORE && (n == 9 || n == 12);
}


/* The first group of the sum that ends with `last`; last + 1: it is none. */

static size_t
sum_head(const assist_seq_t *run, size_t last)
{
    size_t                 head;
    unsigned               gap;
    const assist_group_t  *g = run->groups;

    head = last;
    gap = g[last].gap;

    if (last && g[last].n == 3
        && (is_joined(run, last, ASSIST_GAP_DOT)
            || is_joined(run, last, ASSIST_GAP_BLANK)))
    {
        /* not more groups than any sum has: those before are not looked at
           again for every group */

        while (head && last - head < 6
               && is_joined(run, head, gap) && g[head].n == 3)
        {
            head--;
        }

        /* năm 2024 500 000 đồng, but not 0912 345 678 */

        if (head < last && g[head].n > 3 && gap == ASSIST_GAP_BLANK
            && (run->digits[g[head].digits] != '0' || g[head].n >= 9))
        {
            head++;
        }

        if (head < last && g[head].n > 3) {
            return last + 1;
        }

    } else if (last && g[last].gap && !is_apart(run, last)
               && !is_joined(run, last, ASSIST_GAP_HYPHEN))
    {
        return last + 1;
    }

    if (run->digits[g[head].digits] == '0' || g[head].n > 15) {
        return last + 1;
    }

    return head;
}


/*
 * The groups beside a slash or a colon: parts of 91/2025/QH15, 01/07/2026 and
 * 08:30, but also of two phone numbers.
 */
static void
doubt_parts(const assist_scan_t *scan, assist_seq_t *run)
{
    size_t                 len;
    assist_group_t        *g;
    const unsigned char   *text = scan->text;

    g = &run->groups[0];

    if (g->n <= 4 && g->start >= 2
        && (text[g->start - 1] == '/' || text[g->start - 1] == ':')
        && assist_is_digit(text[g->start - 2]))
    {
        g->soft = 1;
    }

    g = &run->groups[run->n - 1];

    if (g->n <= 4 && g->end + 1 < scan->len
        && (text[g->end] == '/' || text[g->end] == ':')
        && assist_scan_digit(scan, g->end + 1, &len) >= 0)
    {
        g->soft = 1;
    }
}


/* The value of at most four digits. */

static unsigned
number(const assist_seq_t *run, size_t i)
{
    size_t    k;
    unsigned  n;

    n = 0;

    for (k = 0; k < run->groups[i].n && k < 4; k++) {
        n = n * 10 + (unsigned) (run->digits[run->groups[i].digits + k] - '0');
    }

    return n;
}


/* Is just one character, of that sort, before group i? */

static int
is_joined(const assist_seq_t *run, size_t i, unsigned gap)
{
    return run->groups[i].ngap == 1 && run->groups[i].gap == gap;
}


/* Is there a blank, or a bracket, before group i? */

static int
is_apart(const assist_seq_t *run, size_t i)
{
    return (run->groups[i].gap & (ASSIST_GAP_BLANK|ASSIST_GAP_OTHER)) != 0;
}
