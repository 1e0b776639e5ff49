/*
 * Personal data that is more than digits: a dossier's code, the code of a chip
 * card, a plate.
 */

#include "redact_priv.h"


static size_t qr_digits(const assist_scan_t *scan, size_t at, size_t *n);
static size_t line_end(const assist_scan_t *scan, size_t at, int bar);
static size_t count_digits(const assist_scan_t *scan, size_t at, size_t limit);


/*
 * A dossier's code: an agency (H55, G01.899), a date of 6 digits, a number; the
 * zeros of 000.00.16. before it, which are a run of their own, go with it.
 * Fills *to with the groups that were taken, or 0.
 */
int
assist_form_dossier(assist_scan_t *scan, size_t *to)
{
    size_t                i, start;
    assist_seq_t         *run = &scan->run;
    const unsigned char  *p;

    *to = 0;

    if (run->nletters != 1 || !run->glued || run->groups[0].n != 2) {
        return 0;
    }

    for (i = 1; i < run->n && run->groups[i].ngap == 1
                && run->groups[i].gap == ASSIST_GAP_DOT
                && run->groups[i].n >= 2 && run->groups[i].n <= 4;
         i++)
    { /* void */ }

    if (i + 1 >= run->n
        || run->groups[i].ngap != 1
        || run->groups[i].gap != ASSIST_GAP_HYPHEN
        || run->groups[i].n != 6
        || run->groups[i + 1].ngap != 1
        || run->groups[i + 1].gap != ASSIST_GAP_HYPHEN
        || run->groups[i + 1].n < 3 || run->groups[i + 1].n > 6)
    {
        return 0;
    }

    start = run->prefix;

    if (start - scan->from >= 10) {
        p = scan->text + start - 10;

        if (assist_is_digit(p[0]) && assist_is_digit(p[1])
            && assist_is_digit(p[2]) && p[3] == '.'
            && assist_is_digit(p[4]) && assist_is_digit(p[5]) && p[6] == '.'
            && assist_is_digit(p[7]) && assist_is_digit(p[8]) && p[9] == '.'
            && assist_scan_is_edge(scan, start - 10))
        {
            start -= 10;
        }
    }

    *to = i + 2;

    return assist_scan_add(scan, start, run->groups[i + 1].end,
                           ASSIST_REDACT_HOSO);
}


/*
 * id|old id|name|ddmmyyyy|sex|address|ddmmyyyy, where the run ends with the id.
 * Fills *group with its first one; returns the end: of the seventh field, or of
 * the line where it is no date or fields follow it.
 */
size_t
assist_form_qr(const assist_scan_t *scan, size_t from, size_t *group)
{
    size_t               i, at, n, end;
    const assist_seq_t  *run = &scan->run;

    at = run->end;

    for (i = 0; i < 2 && at < scan->len && scan->text[at] == ' '; i++) {
        at++;
    }

    if (at == scan->len || scan->text[at] != '|') {
        return 0;
    }

    n = 0;

    for (i = run->n; i > from && n < 12; i--) {
        n += run->groups[i - 1].n;
    }

    if (n != 12) {
        return 0;
    }

    /* the old id, 0 to 12 digits, and the name */

    at = qr_digits(scan, at + 1, &n);

    if (at == scan->len || scan->text[at] != '|' || n > 12) {
        return 0;
    }

    at = line_end(scan, at + 1, 1);

    if (at == scan->len || scan->text[at] != '|') {
        return 0;
    }

    end = qr_digits(scan, at + 1, &n);

    if (n != 8) {
        return 0;
    }

    *group = i;

    /* sex and address */

    for (i = 0; i < 3; i++) {
        if (end == scan->len || scan->text[end] != '|') {
            return line_end(scan, end, 0);
        }

        if (i < 2) {
            end = line_end(scan, end + 1, 1);
        }
    }

    at = qr_digits(scan, end + 1, &n);

    if (n != 8 || (at < scan->len && scan->text[at] == '|')) {
        return line_end(scan, end, 0);
    }

    return at;
}


/* Past the digits from `at` on, at most 20 and what may be between them. */

static size_t
qr_digits(const assist_scan_t *scan, size_t at, size_t *n)
{
    size_t    end, len;
    unsigned  gap;

    end = at;

    for (*n = 0; *n <= ASSIST_RUN_DIGITS && at < scan->len; at += len) {

        if (assist_scan_digit(scan, at, &len) >= 0) {
            (*n)++;
            end = at + len;

        } else {
            len = assist_scan_gap(scan, at, &gap);

            if (len == 0 || at - end > 2 * ASSIST_GAP_MAX) {
                break;
            }
        }
    }

    /* blanks at a field's end are part of it */

    while (end < at && at < scan->len && scan->text[at] == '|') {
        end = at;
    }

    return end;
}


static size_t
line_end(const assist_scan_t *scan, size_t at, int bar)
{
    while (at < scan->len && scan->text[at] != '\n' && scan->text[at] != '\r'
           && !(bar && scan->text[at] == '|'))
    {
        at++;
    }

    return at;
}


/*
 * A plate, where the run ends with its first two digits: 30A-123.45, 29-B1
 * 123.45, 51F-1234, 80-NG-12345.  Returns its end, or 0.
 */
size_t
assist_form_plate(const assist_scan_t *scan, size_t from, size_t limit,
    size_t *group)
{
    int                    apart, upper, letters;
    size_t                 at, n, len, start;
    unsigned               gap;
    const assist_group_t  *g;
    const unsigned char   *text = scan->text;

    g = &scan->run.groups[scan->run.n - 1];
    at = g->end;

    if (scan->run.n - 1 < from || g->n != 2
        || (g->gap ? g->gap == ASSIST_GAP_DOT
                   : !assist_scan_is_edge(scan, g->start)))
    {
        return 0;
    }

    /* blanks around the letter are only believed around a capital one */

    apart = 0;
    len = assist_scan_gap(scan, at, &gap);

    if (len) {
        apart |= gap == ASSIST_GAP_BLANK;
        at += len;
    }

    upper = 1;

    for (letters = 0; letters < 2 && at < limit; letters++) {

        if (assist_is_letter(text[at])) {
            upper &= assist_is_upper(text[at]);
            at++;

        } else if (limit - at >= 2
                   && (text[at] == 0xc4
                       && (text[at + 1] == 0x90 || text[at + 1] == 0x91)))
        {
            upper &= text[at + 1] == 0x90;
            at += 2;

        } else {
            break;
        }
    }

    if (letters == 0) {
        return 0;
    }

    /* the 1 of B1 */

    start = at;
    len = assist_scan_gap(scan, at, &gap);
    at += len;
    apart |= len && gap == ASSIST_GAP_BLANK;

    n = count_digits(scan, at, limit);

    if (n == 1 && len <= 1) {
        len = assist_scan_gap(scan, at + 1, &gap);

        if (len == 0) {
            return 0;
        }

        apart |= gap == ASSIST_GAP_BLANK && !upper;
        at += 1 + len;
        n = count_digits(scan, at, limit);

    } else if (n == 6 && at == start) {
        at++;
        n--;
    }

    if (apart && !upper && n != 3) {
        return 0;
    }

    if (n == 3) {
        len = assist_scan_gap(scan, at + 3, &gap);

        if (len == 0 || count_digits(scan, at + 3 + len, limit) != 2) {
            return 0;
        }

        at += 3 + len + 2;
        n = 5;

    } else if (n == 4 || n == 5) {
        at += n;

    } else {
        return 0;
    }

    if (n == 4 && letters == 2
        && ((text[at - 4] == '2' && text[at - 3] == '0')
            || (text[at - 4] == '1' && text[at - 3] == '9')))
    {
        return 0;                   /* 12-TT-2024 */
    }

    /* 30A 0912 345 678 */

    if (apart && n == 4) {
        len = assist_scan_gap(scan, at, &gap);

        if (len && count_digits(scan, at + len, limit)) {
            return 0;
        }
    }

    *group = scan->run.n - 1;

    return at;
}


/* ASCII digits from `at` on, counted up to 7. */

static size_t
count_digits(const assist_scan_t *scan, size_t at, size_t limit)
{
    size_t  n;

    for (n = 0; n < 7 && at + n < limit && assist_is_digit(scan->text[at + n]);
         n++)
    { /* void */ }

    return n;
}
