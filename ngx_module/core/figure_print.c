/*
 * Spellings that the documents of the figure share.
 */

#include "date.h"
#include "figure_priv.h"


static int has(assist_str_t s, char c);


int64_t
assist_figure_ratio(uint32_t numerator, uint32_t denominator)
{
    int64_t  ratio;

    if (denominator == 0) {
        return -1;
    }

    ratio = ((int64_t) numerator * 10000 + denominator / 2) / denominator;

    /* the last missing service must not be rounded away */

    return ratio >= 10000 && numerator < denominator ? 9999 : ratio;
}


void
assist_figure_put_hundredths(assist_buf_t *out, int64_t n)
{
    if (n < 0) {
        assist_buf_putc(out, '-');
        n = -n;
    }

    assist_buf_uint(out, (uint64_t) n / 100);
    assist_buf_putc(out, '.');
    assist_buf_putc(out, (char) ('0' + n / 10 % 10));
    assist_buf_putc(out, (char) ('0' + n % 10));
}


void
assist_figure_put_ratio(assist_buf_t *out, int64_t ratio, const char *none)
{
    if (ratio < 0) {
        assist_buf_puts(out, none);
        return;
    }

    assist_figure_put_hundredths(out, ratio);
}


void
assist_figure_put_gap(assist_buf_t *out, const assist_figure_measure_t *m,
    const char *none)
{
    if (m->target < 0 || (m->ratio < 0 && !m->people)) {
        assist_buf_puts(out, none);
        return;
    }

    assist_figure_put_hundredths(out, m->gap);
}


/* Not by "%f", which follows the locale. */

void
assist_figure_put_share(assist_buf_t *out, double share)
{
    uint64_t  n;

    n = (uint64_t) (share * 10000 + 0.5);

    assist_buf_uint(out, n / 10000);
    assist_buf_printf(out, n % 100 ? ".%04u" : ".%02u",
                      (unsigned) (n % 100 ? n % 10000 : n / 100 % 100));
}


void
assist_figure_put_levels(assist_buf_t *out, const uint32_t *levels,
    unsigned first)
{
    unsigned  i;

    for (i = first; i < ASSIST_LEVELS_N; i++) {
        assist_buf_printf(out, "%s\"L%u\":%u", i == first ? "{" : ",", i + 1,
                          levels[i]);
    }

    assist_buf_putc(out, '}');
}


void
assist_figure_put_period(assist_buf_t *out, const assist_figure_in_t *in)
{
    char  date[11];

    assist_date_format(in->today, date);
    assist_buf_add(out, date, sizeof("2026-11") - 1);
}


/*
 * A spreadsheet runs a cell that starts so as a formula, quoted or not; a
 * single quote before it makes it text (OWASP, "CSV injection").
 */

void
assist_figure_put_cell(assist_buf_t *out, assist_str_t s)
{
    int          formula;
    size_t       n;
    const char  *p;

    if (s.len == 0) {
        return;
    }

    formula = memchr("=+-@\t\r", s.data[0], 6) != NULL;

    /* whole runs at a time, since names are long and there are many */

    if (!formula && !has(s, ',') && !has(s, '"') && !has(s, '\n')
        && !has(s, '\r'))
    {
        assist_buf_add(out, s.data, s.len);
        return;
    }

    assist_buf_puts(out, formula ? "\"'" : "\"");

    while ((p = memchr(s.data, '"', s.len)) != NULL) {
        n = (size_t) (p - s.data) + 1;

        assist_buf_add(out, s.data, n);
        assist_buf_putc(out, '"');

        s.data += n;
        s.len -= n;
    }

    assist_buf_add(out, s.data, s.len);
    assist_buf_putc(out, '"');
}


static int
has(assist_str_t s, char c)
{
    return memchr(s.data, c, s.len) != NULL;
}
