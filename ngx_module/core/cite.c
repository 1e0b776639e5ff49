#include "cite.h"


typedef enum {
    NONE,                       /* what is held begins no citation */
    MORE,                       /* it may */
    WHOLE
} match_t;


/* Numbers of a citation: from, ..., to. */
typedef struct {
    unsigned        from;
    unsigned        to;
} range_t;


/* In the longest citation: [1,1,1,...] */
#define RANGES  (ASSIST_CITE_HELD / 2)


static void step(assist_cite_t *c);
static match_t match(assist_str_t s, range_t *ranges, size_t *n);
static match_t literal(assist_str_t s, size_t *i, const char *text);
static void blanks(assist_str_t s, size_t *i);
static int number(assist_str_t s, size_t *i, unsigned *value);
static void write(assist_cite_t *c, const range_t *ranges, size_t n);
static void put(assist_cite_t *c, char ch);
static void put_blank(assist_cite_t *c);
static int closes(char ch);


static const char  *const brackets[][2] = {
    { "[", "]" }, { "\u3010", "\u3011" }
};


void
assist_cite_init(assist_cite_t *c, size_t n)
{
    memset(c, 0, sizeof(assist_cite_t));
    c->n = n < ASSIST_CITE_MAX ? n : ASSIST_CITE_MAX;
}


int
assist_cite(assist_cite_t *c, assist_str_t piece, assist_buf_t *out)
{
    size_t  i;

    c->out = out;

    if (c->n == 0) {
        assist_buf_add(out, piece.data, piece.len);
        return out->failed ? -1 : 0;
    }

    for (i = 0; i < piece.len; i++) {
        c->held[c->nheld++] = piece.data[i];
        step(c);
    }

    return out->failed ? -1 : 0;
}


int
assist_cite_end(assist_cite_t *c, assist_buf_t *out)
{
    size_t  i;

    c->out = out;

    for (i = 0; i < c->nheld; i++) {
        put(c, c->held[i]);
    }

    if (!c->dropped) {
        put_blank(c);
    }

    c->nheld = 0;
    c->blank = 0;

    return out->failed ? -1 : 0;
}


/* Leaves in held what may still become a citation. */

static void
step(assist_cite_t *c)
{
    size_t   n;
    match_t  rc;
    range_t  ranges[RANGES];

    while (c->nheld) {
        rc = match((assist_str_t) { c->held, c->nheld }, ranges, &n);

        if (rc == WHOLE) {
            write(c, ranges, n);
            c->nheld = 0;
            return;
        }

        if (rc == MORE && c->nheld < ASSIST_CITE_HELD) {
            return;
        }

        put(c, c->held[0]);
        memmove(c->held, c->held + 1, --c->nheld);
    }
}


static match_t
match(assist_str_t s, range_t *ranges, size_t *n)
{
    size_t       i, kind;
    match_t      rc;
    unsigned     dash;
    const char  *close;

    i = 0;
    *n = 0;
    dash = 0;
    kind = s.data[0] != '[';
    close = brackets[kind][1];

    rc = literal(s, &i, brackets[kind][0]);
    if (rc != WHOLE) {
        return rc;
    }

    for ( ;; ) {
        blanks(s, &i);

        if (i == s.len) {
            return MORE;
        }

        if (!number(s, &i, &ranges[*n].to)) {
            return NONE;
        }

        if (dash) {
            ranges[*n - 1].to = ranges[*n].to;

        } else {
            ranges[*n].from = ranges[*n].to;
            (*n)++;
        }

        blanks(s, &i);

        if (i == s.len) {
            return MORE;
        }

        rc = literal(s, &i, close);
        if (rc != NONE) {
            return rc;
        }

        if (s.data[i] == ',' || s.data[i] == ';') {
            dash = 0;
            i++;
            continue;
        }

        rc = dash ? NONE : literal(s, &i, s.data[i] == '-' ? "-" : "\u2013");
        if (rc != WHOLE) {
            return rc;
        }

        dash = 1;
    }
}


/* Is text at i?  Then i is moved past it. */

static match_t
literal(assist_str_t s, size_t *i, const char *text)
{
    size_t  k;

    for (k = 0; text[k] != '\0'; k++) {

        if (*i + k == s.len) {
            return MORE;
        }

        if (s.data[*i + k] != text[k]) {
            return NONE;
        }
    }

    *i += k;

    return WHOLE;
}


static void
blanks(assist_str_t s, size_t *i)
{
    while (*i < s.len && (s.data[*i] == ' ' || s.data[*i] == '\t')) {
        (*i)++;
    }
}


/* Of one to three digits. */

static int
number(assist_str_t s, size_t *i, unsigned *value)
{
    size_t  start;

    start = *i;
    *value = 0;

    while (*i < s.len && s.data[*i] >= '0' && s.data[*i] <= '9') {
        *value = *value * 10 + (unsigned) (s.data[(*i)++] - '0');

        if (*i - start > 3) {
            return 0;
        }
    }

    return *i > start;
}


static void
write(assist_cite_t *c, const range_t *ranges, size_t n)
{
    size_t    i;
    unsigned  k;
    uint64_t  written;

    written = 0;

    for (i = 0; i < n; i++) {
        for (k = ranges[i].from; k <= ranges[i].to && k <= c->n; k++) {

            if (k == 0 || (written >> (k - 1) & 1)) {
                continue;
            }

            written |= (uint64_t) 1 << (k - 1);

            if (c->number[k - 1] == 0) {
                c->cited[c->ncited] = (unsigned char) k;
                c->number[k - 1] = (unsigned char) ++c->ncited;
            }

            put_blank(c);
            assist_buf_putc(c->out, '[');
            assist_buf_uint(c->out, c->number[k - 1]);
            assist_buf_putc(c->out, ']');
            c->last = ']';
        }
    }

    c->dropped = written == 0;
}


/* A byte of the text; a blank waits for what comes after it. */

static void
put(assist_cite_t *c, char ch)
{
    if (c->dropped && ch == ' '
        && (c->blank || c->last == '\0' || c->last == '\n'))
    {
        return;
    }

    if (!c->dropped || !closes(ch)) {
        put_blank(c);
    }

    c->blank = ch == ' ';
    c->dropped = 0;

    if (ch != ' ') {
        assist_buf_putc(c->out, ch);
        c->last = ch;
    }
}


static void
put_blank(assist_cite_t *c)
{
    if (c->blank) {
        assist_buf_putc(c->out, ' ');
        c->last = ' ';
        c->blank = 0;
    }
}


/* Does it end a sentence, a line, or a part of one? */

static int
closes(char ch)
{
    return ch != '\0' && strchr(".,;:!?)\r\n", ch) != NULL;
}
