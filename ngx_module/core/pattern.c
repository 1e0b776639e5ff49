#ifndef _GNU_SOURCE
#define _GNU_SOURCE                     /* memmem() */
#endif

#include "pattern_item.h"


/* Start positions between two looks at the budget, in a plain find. */
#define PLAIN_WINDOW  4096


static const byte_t *match_here(assist_pattern_t *m, const byte_t *s,
    const byte_t *p);
static const byte_t *match_items(assist_pattern_t *m, const byte_t *s,
    const byte_t *p);
static const byte_t *repeat_most(assist_pattern_t *m, const byte_t *s,
    const byte_t *p, const byte_t *end, size_t least);
static const byte_t *repeat_least(assist_pattern_t *m, const byte_t *s,
    const byte_t *p, const byte_t *end);
static const byte_t *open_capture(assist_pattern_t *m, const byte_t *s,
    const byte_t *p);
static const byte_t *close_capture(assist_pattern_t *m, const byte_t *s,
    const byte_t *p);
static const byte_t *back_reference(assist_pattern_t *m, const byte_t *s,
    byte_t digit);
static const byte_t *balanced(assist_pattern_t *m, const byte_t *s,
    const byte_t *p);
static const byte_t *frontier(assist_pattern_t *m, const byte_t *s,
    const byte_t *p);


static inline const byte_t *
subject_end(const assist_pattern_t *m)
{
    return (const byte_t *) m->subject.data + m->subject.len;
}


static inline size_t
offset(const assist_pattern_t *m, const byte_t *s)
{
    return (size_t) (s - (const byte_t *) m->subject.data);
}


void
assist_pattern_begin(assist_pattern_t *m, assist_str_t subject,
    assist_str_t pattern, int caret, uint64_t *steps)
{
    const char  *zero;

    /* an empty string may have no address, which no arithmetic wants */

    m->subject = subject.len ? subject : assist_str("");
    m->pattern = pattern.len ? pattern : assist_str("");
    m->steps_left = steps;
    m->error = NULL;
    m->start = 0;
    m->end = 0;
    m->ncaptures = 0;
    m->anchored = 0;
    m->rc = ASSIST_PATTERN_NO_MATCH;
    m->depth = 0;

    zero = memchr(m->pattern.data, '\0', m->pattern.len);
    if (zero != NULL) {
        m->pattern.len = (size_t) (zero - m->pattern.data);
    }

    if (caret && m->pattern.len && m->pattern.data[0] == '^') {
        m->anchored = 1;
        m->pattern.data++;
        m->pattern.len--;
    }
}


int
assist_pattern_try(assist_pattern_t *m, size_t at)
{
    const byte_t  *s;

    m->rc = ASSIST_PATTERN_NO_MATCH;
    m->error = NULL;
    m->ncaptures = 0;
    m->depth = 0;

    s = match_here(m, (const byte_t *) m->subject.data + at,
                   (const byte_t *) m->pattern.data);

    if (s != NULL) {
        m->start = at;
        m->end = offset(m, s);
        m->rc = ASSIST_PATTERN_MATCHED;
    }

    return m->rc;
}


int
assist_pattern_search(assist_pattern_t *m, size_t from)
{
    int  rc;

    do {
        rc = assist_pattern_try(m, from);

    } while (rc == ASSIST_PATTERN_NO_MATCH && !m->anchored
             && from++ < m->subject.len);

    return rc;
}


int
assist_pattern_capture(assist_pattern_t *m, uint32_t n,
    assist_pattern_capture_t *capture)
{
    if (n == 0 || (n == 1 && m->ncaptures == 0)) {
        capture->start = m->start;
        capture->len = (ptrdiff_t) (m->end - m->start);
        return ASSIST_PATTERN_MATCHED;
    }

    if (n > m->ncaptures) {
        assist_pattern_fail(m, "invalid capture index");
        return ASSIST_PATTERN_ERROR;
    }

    *capture = m->captures[n - 1];

    if (capture->len == ASSIST_PATTERN_UNFINISHED) {
        assist_pattern_fail(m, "unfinished capture");
        return ASSIST_PATTERN_ERROR;
    }

    return ASSIST_PATTERN_MATCHED;
}


int
assist_pattern_expand(assist_pattern_t *m, assist_str_t replacement,
    assist_buf_t *buf)
{
    char                       c;
    const char                *p, *end, *run;
    assist_pattern_capture_t   capture;

    if (replacement.len == 0) {
        return ASSIST_PATTERN_MATCHED;
    }

    p = replacement.data;
    end = p + replacement.len;

    while (p < end) {

        run = p;
        p = memchr(run, '%', (size_t) (end - run));

        if (p == NULL) {
            p = end;
        }

        if (!spend(m, 1 + (uint64_t) (p - run) / ASSIST_PATTERN_CHUNK)) {
            return m->rc;
        }

        assist_buf_add(buf, run, (size_t) (p - run));

        if (p == end) {
            break;
        }

        /* a Lua string has a zero byte behind its last one */

        c = ++p < end ? *p++ : '\0';

        if (!is_digit((byte_t) c)) {
            assist_buf_putc(buf, c);
            continue;
        }

        if (assist_pattern_capture(m, (uint32_t) (c - '0'), &capture)
            != ASSIST_PATTERN_MATCHED)
        {
            return m->rc;
        }

        if (capture.len == ASSIST_PATTERN_POSITION) {
            assist_buf_uint(buf, capture.start + 1);
            continue;
        }

        if (!spend(m, (uint64_t) capture.len / ASSIST_PATTERN_CHUNK)) {
            return m->rc;
        }

        assist_buf_add(buf, m->subject.data + capture.start,
                       (size_t) capture.len);
    }

    return ASSIST_PATTERN_MATCHED;
}


/* ")" and "]" alone are no specials: find takes them as they are. */

int
assist_pattern_is_plain(assist_str_t pattern)
{
    size_t  i;

    static const char  special[256] = {
        ['^'] = 1, ['$'] = 1, ['*'] = 1, ['+'] = 1, ['?'] = 1, ['.'] = 1,
        ['('] = 1, ['['] = 1, ['%'] = 1, ['-'] = 1
    };

    for (i = 0; i < pattern.len; i++) {
        if (special[(byte_t) pattern.data[i]]) {
            return 0;
        }
    }

    return 1;
}


/*
 * memmem() is linear, but says nothing until it is through: it is given a
 * window at a time, and windows no shorter than the text, so that the bytes
 * that two windows share do not add up to more than the subject.
 */

int
assist_pattern_find_plain(assist_str_t subject, assist_str_t text, size_t from,
    size_t *at, uint64_t *steps)
{
    size_t       window, len;
    uint64_t     cost;
    const char  *found;

    if (text.len == 0) {
        *at = from;
        return ASSIST_PATTERN_MATCHED;
    }

    window = text.len > PLAIN_WINDOW ? text.len : PLAIN_WINDOW;

    while (subject.len - from >= text.len) {

        /* from + len, but for starts in this window only */

        len = subject.len - from;

        if (len - (text.len - 1) > window) {
            len = window + (text.len - 1);
        }

        found = memmem(subject.data + from, len, text.data, text.len);

        cost = 1 + (found ? (size_t) (found - subject.data) - from + text.len
                          : len) / ASSIST_PATTERN_CHUNK;

        if (*steps < cost) {
            *steps = 0;
            return ASSIST_PATTERN_OUT_OF_STEPS;
        }

        *steps -= cost;

        if (found != NULL) {
            *at = (size_t) (found - subject.data);
            return ASSIST_PATTERN_MATCHED;
        }

        from += len - (text.len - 1);
    }

    return ASSIST_PATTERN_NO_MATCH;
}


size_t
assist_pattern_offset(int64_t init, size_t len)
{
    if (init > 0) {
        return (uint64_t) init - 1 < len ? (size_t) init - 1 : len;
    }

    if (init == 0 || -(uint64_t) init >= len) {
        return 0;
    }

    return len - (size_t) -(uint64_t) init;
}


/*
 * From here on, what matches returns the end of the match in the subject, or
 * NULL: there is none, or m->rc tells of an error, and nothing else is tried.
 * All nesting goes through this function.
 */

static const byte_t *
match_here(assist_pattern_t *m, const byte_t *s, const byte_t *p)
{
    if (++m->depth > ASSIST_PATTERN_MAX_DEPTH) {
        return assist_pattern_fail(m, "pattern too complex");
    }

    s = match_items(m, s, p);
    m->depth--;

    return s;
}


/* The items of a pattern from p on; nests where there may be a way back. */

static const byte_t *
match_items(assist_pattern_t *m, const byte_t *s, const byte_t *p)
{
    byte_t         next;
    const byte_t  *end, *rest;

    for ( ;; ) {

        if (!spend(m, 1)) {
            return NULL;
        }

        switch (peek(m, p)) {

        case '\0':
            return s;

        case '(':
            return open_capture(m, s, p + 1);

        case ')':
            return close_capture(m, s, p + 1);

        case '$':
            if (p + 1 == pattern_end(m)) {
                return s == subject_end(m) ? s : NULL;
            }

            break;

        case '%':
            next = peek(m, p + 1);

            if (next == 'f') {
                p = frontier(m, s, p + 2);
                if (p == NULL) {
                    return NULL;
                }

                continue;
            }

            if (next == 'b') {
                s = balanced(m, s, p + 2);
                end = p + 4;

            } else if (is_digit(next)) {
                s = back_reference(m, s, next);
                end = p + 2;

            } else {
                break;
            }

            if (s == NULL) {
                return NULL;
            }

            p = end;
            continue;
        }

        /* one character, perhaps with a quantifier */

        end = assist_pattern_item_end(m, p);
        if (end == NULL) {
            return NULL;
        }

        switch (peek(m, end)) {

        case '*':
            return repeat_most(m, s, p, end, 0);

        case '+':
            return repeat_most(m, s, p, end, 1);

        case '-':
            return repeat_least(m, s, p, end);

        case '?':
            if (s < subject_end(m) && assist_pattern_item_has(m, *s, p, end)) {
                rest = match_here(m, s + 1, end + 1);
                if (rest != NULL) {
                    return rest;
                }
            }

            if (m->rc != ASSIST_PATTERN_NO_MATCH) {
                return NULL;
            }

            p = end + 1;
            continue;
        }

        if (s == subject_end(m) || !assist_pattern_item_has(m, *s, p, end)) {
            return NULL;
        }

        s++;
        p = end;
    }
}


/* "*" and "+": as many as there are, then fewer. */

static const byte_t *
repeat_most(assist_pattern_t *m, const byte_t *s, const byte_t *p,
    const byte_t *end, size_t least)
{
    size_t         n, room;
    const byte_t  *rest;

    room = (size_t) (subject_end(m) - s);
    n = 0;

    while (n < room && assist_pattern_item_has(m, s[n], p, end)) {
        n++;
    }

    if (n < least) {
        return NULL;
    }

    while (m->rc == ASSIST_PATTERN_NO_MATCH) {

        rest = match_here(m, s + n, end + 1);

        if (rest != NULL || n == least) {
            return rest;
        }

        n--;
    }

    return NULL;
}


/* "-": as few as will do. */

static const byte_t *
repeat_least(assist_pattern_t *m, const byte_t *s, const byte_t *p,
    const byte_t *end)
{
    const byte_t  *rest;

    for ( ;; ) {

        rest = match_here(m, s, end + 1);

        if (rest != NULL || m->rc != ASSIST_PATTERN_NO_MATCH) {
            return rest;
        }

        if (s == subject_end(m) || !assist_pattern_item_has(m, *s, p, end)) {
            return NULL;
        }

        s++;
    }
}


/* p is after the "(". */

static const byte_t *
open_capture(assist_pattern_t *m, const byte_t *s, const byte_t *p)
{
    const byte_t              *rest;
    assist_pattern_capture_t  *capture;

    if (m->ncaptures == ASSIST_PATTERN_MAX_CAPTURES) {
        return assist_pattern_fail(m, "too many captures");
    }

    capture = &m->captures[m->ncaptures++];
    capture->start = offset(m, s);

    if (peek(m, p) == ')') {
        capture->len = ASSIST_PATTERN_POSITION;
        p++;

    } else {
        capture->len = ASSIST_PATTERN_UNFINISHED;
    }

    rest = match_here(m, s, p);

    if (rest == NULL) {
        m->ncaptures--;
    }

    return rest;
}


/* A ")" closes the last capture that is open; p is after it. */

static const byte_t *
close_capture(assist_pattern_t *m, const byte_t *s, const byte_t *p)
{
    uint32_t                   n;
    const byte_t              *rest;
    assist_pattern_capture_t  *capture;

    n = m->ncaptures;

    do {
        if (n == 0) {
            return assist_pattern_fail(m, "invalid pattern capture");
        }

        capture = &m->captures[--n];

    } while (capture->len != ASSIST_PATTERN_UNFINISHED);

    capture->len = (ptrdiff_t) (offset(m, s) - capture->start);

    rest = match_here(m, s, p);

    if (rest == NULL) {
        capture->len = ASSIST_PATTERN_UNFINISHED;
    }

    return rest;
}


/* %0 is here an index as wrong as that of an open capture. */

static const byte_t *
back_reference(assist_pattern_t *m, const byte_t *s, byte_t digit)
{
    size_t                           len;
    uint32_t                         n;
    const assist_pattern_capture_t  *capture;

    n = (uint32_t) (digit - '0');

    if (n == 0 || n > m->ncaptures
        || m->captures[n - 1].len == ASSIST_PATTERN_UNFINISHED)
    {
        return assist_pattern_fail(m, "invalid capture index");
    }

    capture = &m->captures[n - 1];

    /* a position has no text that could come again */

    if (capture->len == ASSIST_PATTERN_POSITION) {
        return NULL;
    }

    len = (size_t) capture->len;

    if ((size_t) (subject_end(m) - s) < len
        || !spend(m, len / ASSIST_PATTERN_CHUNK)
        || memcmp(m->subject.data + capture->start, s, len) != 0)
    {
        return NULL;
    }

    return s + len;
}


/* %bxy, p at the x; where x is y, the next one ends it. */

static const byte_t *
balanced(assist_pattern_t *m, const byte_t *s, const byte_t *p)
{
    byte_t         open, close;
    size_t         nested;
    const byte_t  *end;

    if (pattern_end(m) - p < 2) {
        return assist_pattern_fail(m, "unbalanced pattern");
    }

    open = p[0];
    close = p[1];
    end = subject_end(m);

    if (s == end || *s != open) {
        return NULL;
    }

    nested = 1;

    for (s++; s < end; s++) {

        if (!spend(m, 1)) {
            return NULL;
        }

        if (*s == close) {
            if (--nested == 0) {
                return s + 1;
            }

        } else if (*s == open) {
            nested++;
        }
    }

    return NULL;
}


/*
 * %f[set], p after the "f": between a byte not in the set and one in it, with
 * zero bytes around the subject.  Returns what follows in the pattern.
 */

static const byte_t *
frontier(assist_pattern_t *m, const byte_t *s, const byte_t *p)
{
    byte_t         before, after;
    const byte_t  *end;

    if (peek(m, p) != '[') {
        return assist_pattern_fail(m, "missing '[' after '%f' in pattern");
    }

    end = assist_pattern_item_end(m, p);
    if (end == NULL) {
        return NULL;
    }

    before = offset(m, s) ? s[-1] : '\0';
    after = s < subject_end(m) ? *s : '\0';

    if (assist_pattern_set_has(m, before, p, end)
        || !assist_pattern_set_has(m, after, p, end))
    {
        return NULL;
    }

    return m->rc == ASSIST_PATTERN_NO_MATCH ? end : NULL;
}
