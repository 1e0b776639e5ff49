#include "buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "utf8.h"


/* ASCII that JSON writes as it is: from blank to ~, but for the quote and \\ */

static const char  plain[256] = {
    [' '] = 1, ['!'] = 1, ['#' ... '['] = 1, [']' ... '~'] = 1
};


/* Eight bytes at once; below(): the high bit of bytes less than n, or none. */

#define all(c)       (UINT64_MAX / 255 * (c))
#define below(w, n)  (((w) - all(n)) & ~(w))


static size_t plain_len(assist_str_t s);


void
assist_buf_free(assist_buf_t *b)
{
    free(b->data);
    *b = (assist_buf_t) ASSIST_BUF_INIT;
}


char *
assist_buf_reserve(assist_buf_t *b, size_t n)
{
    char    *p;
    size_t   cap;

    if (b->failed) {
        return NULL;
    }

    if (b->data != NULL && b->cap - b->len >= n) {
        return b->data + b->len;
    }

    if (b->lent || n > SIZE_MAX / 4 || b->len > SIZE_MAX / 4) {
        goto failed;
    }

    cap = b->cap ? b->cap : 256;

    while (cap - b->len < n) {
        cap *= 2;
    }

    p = realloc(b->data, cap);
    if (p == NULL) {
        goto failed;
    }

    b->data = p;
    b->cap = cap;

    return p + b->len;

failed:

    b->failed = 1;
    b->cap = b->len;        /* no room: see assist_buf_add() */

    return NULL;
}


void
assist_buf_puts(assist_buf_t *b, const char *s)
{
    assist_buf_add(b, s, strlen(s));
}


void
assist_buf_putc(assist_buf_t *b, char c)
{
    assist_buf_add(b, &c, 1);
}


void
assist_buf_printf(assist_buf_t *b, const char *fmt, ...)
{
    int      n;
    char    *p, probe[1];
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(probe, 0, fmt, args);
    va_end(args);

    if (n < 0) {
        b->failed = 1;
        return;
    }

    p = assist_buf_reserve(b, (size_t) n + 1);
    if (p == NULL) {
        return;
    }

    va_start(args, fmt);
    vsnprintf(p, (size_t) n + 1, fmt, args);
    va_end(args);

    b->len += (size_t) n;
}


/* How many of the first bytes JSON writes as they are. */

static size_t
plain_len(assist_str_t s)
{
    size_t    n;
    uint64_t  w;

    for (n = 0; s.len - n >= sizeof(w); n += sizeof(w)) {
        memcpy(&w, s.data + n, sizeof(w));

        /* a byte of 0x80 and more, of less than a blank, or one of "\\DEL */

        if ((w | below(w, ' ') | below(w ^ all('"'), 1)
             | below(w ^ all('\\'), 1) | below(w ^ all(0x7f), 1))
            & all(0x80))
        {
            break;
        }
    }

    while (n < s.len && plain[(unsigned char) s.data[n]]) {
        n++;
    }

    return n;
}


void
assist_buf_json(assist_buf_t *b, assist_str_t s)
{
    char                  c, *out;
    size_t                n;
    const unsigned char  *p, *end, *run;

    n = plain_len(s);

    if (n == s.len) {
        /* codes and names of ours: nothing to escape */

        out = assist_buf_reserve(b, n + 2);

        if (out != NULL) {
            out[0] = '"';
            memcpy(out + 1, n ? s.data : "", n);
            out[n + 1] = '"';
            b->len += n + 2;
        }

        return;
    }

    assist_buf_putc(b, '"');

    run = (const unsigned char *) s.data;
    end = run + s.len;
    p = run + n;

    while (p < end) {

        if (plain[*p]) {
            p++;
            continue;
        }

        n = assist_utf8_len(p, end);

        if (n > 1) {
            p += n;
            continue;
        }

        assist_buf_add(b, (const char *) run, p - run);
        c = (char) *p;

        switch (c) {
        case '"':
        case '\\':
            assist_buf_putc(b, '\\');
            assist_buf_putc(b, c);
            break;
        case '\n':
            assist_buf_puts(b, "\\n");
            break;
        case '\r':
            assist_buf_puts(b, "\\r");
            break;
        case '\t':
            assist_buf_puts(b, "\\t");
            break;
        default:
            if (n == 0) {
                assist_buf_puts(b, "\\ufffd");
            } else {
                assist_buf_printf(b, "\\u%04x", (unsigned char) c);
            }
        }

        p++;
        run = p;
    }

    assist_buf_add(b, (const char *) run, p - run);
    assist_buf_putc(b, '"');
}


void
assist_buf_csv(assist_buf_t *b, assist_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (strchr("\",\r\n", s.data[i]) != NULL) {
            break;
        }
    }

    if (i == s.len) {
        assist_buf_add(b, s.data, s.len);
        return;
    }

    assist_buf_putc(b, '"');

    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '"') {
            assist_buf_putc(b, '"');
        }
        assist_buf_putc(b, s.data[i]);
    }

    assist_buf_putc(b, '"');
}


void
assist_buf_html(assist_buf_t *b, assist_str_t s)
{
    size_t       i, from;
    const char  *ref;

    for (i = 0, from = 0; i < s.len; i++) {

        switch (s.data[i]) {

        case '&':
            ref = "&amp;";
            break;

        case '<':
            ref = "&lt;";
            break;

        case '>':
            ref = "&gt;";
            break;

        case '"':
            ref = "&quot;";
            break;

        case '\'':
            ref = "&#39;";
            break;

        case '\t':
        case '\n':
        case '\f':
        case '\r':
            continue;

        default:
            if ((unsigned char) s.data[i] >= 0x20 && s.data[i] != 0x7f) {
                continue;
            }

            ref = "";
        }

        assist_buf_add(b, s.data + from, i - from);
        assist_buf_puts(b, ref);
        from = i + 1;
    }

    assist_buf_add(b, s.data + from, i - from);
}
