/*
 * A run of groups of digits as it stands in the text, with the letters and the
 * words beside it.
 */

#include "redact_priv.h"


static int add_digit(assist_seq_t *run, int digit);
static size_t skip_gap(const assist_scan_t *scan, size_t at, unsigned *gap,
    unsigned *n);
static void read_prefix(const assist_scan_t *scan, assist_seq_t *run);
static void read_words(assist_scan_t *scan);


int
assist_seq_read(assist_scan_t *scan, size_t limit)
{
    int              digit;
    void            *p;
    size_t           at, width;
    unsigned         gap, ngap;
    assist_seq_t    *run = &scan->run;
    assist_group_t  *g;

    run->n = 0;
    run->ndigits = 0;
    gap = 0;
    ngap = 0;

    for (at = scan->at; at < limit; /* void */ ) {

        if (assist_scan_digit(scan, at, &width) < 0) {
            break;
        }

        p = assist_redact_grow(run->groups, run->n, &run->cap,
                               sizeof(assist_group_t));
        if (p == NULL) {
            return -1;
        }

        run->groups = p;
        g = &run->groups[run->n++];
        memset(g, 0, sizeof(assist_group_t));

        g->start = at;
        g->digits = run->ndigits;
        g->gap = gap;
        g->ngap = ngap;

        while (at < limit
               && (digit = assist_scan_digit(scan, at, &width)) >= 0)
        {
            if (add_digit(run, digit) != 0) {
                return -1;
            }

            at += width;
            g->n++;
        }

        g->end = at;
        run->end = at;

        at = skip_gap(scan, at, &gap, &ngap);
    }

    read_prefix(scan, run);
    read_words(scan);

    return 0;
}


static int
add_digit(assist_seq_t *run, int digit)
{
    void  *p;

    p = assist_redact_grow(run->digits, run->ndigits, &run->digits_cap, 1);

    if (p == NULL) {
        return -1;
    }

    run->digits = p;
    run->digits[run->ndigits++] = (char) ('0' + digit);

    return 0;
}


int
assist_scan_digit(const assist_scan_t *scan, size_t at, size_t *len)
{
    const unsigned char  *p = scan->text + at;

    if (at >= scan->len) {
        return -1;
    }

    if (assist_is_digit(*p)) {
        *len = 1;
        return *p - '0';
    }

    /* full width: U+FF10 to U+FF19 */

    if (*p == 0xef && scan->len - at >= 3 && p[1] == 0xbc
        && p[2] >= 0x90 && p[2] <= 0x99)
    {
        *len = 3;
        return p[2] - 0x90;
    }

    return -1;
}


static size_t
skip_gap(const assist_scan_t *scan, size_t at, unsigned *gap, unsigned *n)
{
    size_t    len;
    unsigned  bit;

    *gap = 0;

    for (*n = 0; *n < ASSIST_GAP_MAX; (*n)++) {
        len = assist_scan_gap(scan, at, &bit);

        if (len == 0) {
            break;
        }

        *gap |= bit;
        at += len;
    }

    return at;
}


size_t
assist_scan_gap(const assist_scan_t *scan, size_t at, unsigned *gap)
{
    int32_t               c;
    const unsigned char  *p;

    if (at >= scan->len) {
        return 0;
    }

    p = scan->text + at;
    c = assist_char_next(&p, scan->text + scan->len);

    switch (c) {

    case '.': case 0xb7: case 0x2022: case 0x2027: case 0xff0e:
        *gap = ASSIST_GAP_DOT;
        break;

    case '-': case '_': case 0xff0d:
    case 0x2010: case 0x2011: case 0x2012: case 0x2013: case 0x2014:
    case 0x2015: case 0x2212:
        *gap = ASSIST_GAP_HYPHEN;
        break;

    case ' ': case '\t': case '\n': case '\r': case 0xa0:
        *gap = ASSIST_GAP_BLANK;
        break;

    case '(': case ')': case 0xff08: case 0xff09:
    case 0xad: case 0x200b: case 0x200c: case 0x200d: case 0x200e: case 0x200f:
    case 0x202a: case 0x202b: case 0x202c: case 0x202d: case 0x202e:
    case 0x2060: case 0x2066: case 0x2067: case 0x2068: case 0x2069:
    case 0xfe0f: case 0x20e3: case 0xfeff:
        *gap = ASSIST_GAP_OTHER;
        break;

    default:

        if (c < 0x2000 || !assist_char_is_blank(c) || c == 0x2028
            || c == 0x2029)
        {
            return 0;
        }

        *gap = ASSIST_GAP_BLANK;
    }

    return (size_t) (p - (scan->text + at));
}


static void
read_prefix(const assist_scan_t *scan, assist_seq_t *run)
{
    size_t                at, start, end;
    const unsigned char  *text = scan->text;

    start = run->groups[0].start;

    run->plus = 0;
    run->plus_start = start;
    run->prefix = start;
    run->nletters = 0;

    at = start;

    if (at > scan->from && text[at - 1] == '(') {
        at--;
    }

    if (at > scan->from && text[at - 1] == '+') {
        run->plus = 1;
        run->plus_start = at - 1;
        return;
    }

    /* at most one character between a letter and the digits */

    end = start;

    if (end > scan->from
        && (text[end - 1] == ' ' || text[end - 1] == '.'
            || text[end - 1] == '-'))
    {
        end--;

    } else if (end - scan->from >= 2
               && text[end - 2] == 0xc2 && text[end - 1] == 0xa0)
    {
        end -= 2;
    }

    for (at = end; at > scan->from && end - at < 3; at--) {
        if (!assist_is_letter(text[at - 1])) {
            break;
        }
    }

    if (at == end || end - at > 2 || !assist_scan_is_edge(scan, at)) {
        return;
    }

    run->prefix = at;
    run->nletters = (unsigned) (end - at);
    run->glued = end == start;
    run->upper = assist_is_upper(text[at]) && assist_is_upper(text[end - 1]);
}


int
assist_scan_is_edge(const assist_scan_t *scan, size_t at)
{
    const unsigned char  *text = scan->text;

    if (at == 0) {
        return 1;
    }

    if (text[at - 1] < 0x80) {
        return !assist_is_letter(text[at - 1])
               && !assist_is_digit(text[at - 1]);
    }

    /* U+00A0 and the general punctuation, U+2000 to U+206F */

    return (at >= 2 && text[at - 2] == 0xc2)
           || (at >= 3 && text[at - 3] == 0xe2
               && (text[at - 2] == 0x80 || text[at - 2] == 0x81));
}


static void
read_words(assist_scan_t *scan)
{
    size_t                start;
    assist_seq_t         *run = &scan->run;
    const assist_mark_t  *mark;

    start = run->groups[0].start;

    for ( /* void */ ; scan->mark < scan->nmarks; scan->mark++) {
        mark = &scan->marks[scan->mark];

        if (mark->end > start) {
            break;
        }

        switch (mark->class) {

        case ASSIST_WORD_BANK:
            run->bank = mark->end;
            break;

        case ASSIST_WORD_TAX:
            run->tax = mark->end;
            break;

        case ASSIST_WORD_PASSPORT:
            run->passport = mark->end;
            break;

        case ASSIST_WORD_ID:
            run->id = mark->end;
            break;

        case ASSIST_WORD_MONEY:
            run->money = mark->end;
            break;

        default:
            break;
        }
    }

    for ( /* void */ ; scan->bank < scan->nmarks; scan->bank++) {
        mark = &scan->marks[scan->bank];

        if (mark->class == ASSIST_WORD_BANK && mark->start >= run->end) {
            break;
        }
    }

    run->next_bank = scan->bank < scan->nmarks ? scan->marks[scan->bank].start
                                               : SIZE_MAX;
}
