/*
 * Tags.
 */

#include "plain_priv.h"


enum {
    TEXT,
    OPEN,                       /* after < */
    TAG,
    COMMENT,
    RAW,                        /* in script, in style */
    RAW_END                     /* after </script */
};


static int tag_step(assist_plain_t *p, char c);
static int open_step(assist_plain_t *p, char c);
static void comment_step(assist_plain_t *p, char c);
static void raw_step(assist_plain_t *p, char c);
static void end_tag(assist_plain_t *p);
static void give_up(assist_plain_t *p);
static int is_name(const char *s, size_t n, const char *const *names);
static void put(assist_plain_t *p, const char *s, size_t n);


static const char  open_bracket[] = "\u2039";
static const char  close_bracket[] = "\u203a";

static const char  *const raw[] = { "script", "style", NULL };

static const char  *const lines[] = {
    "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", NULL
};

static const char  *const breaks[] = { "br", NULL };


void
assist_plain_init(assist_plain_t *p, const assist_plain_rules_t *rules)
{
    memset(p, 0, sizeof(assist_plain_t));
    p->rules = rules;
}


int
assist_plain(assist_plain_t *p, assist_str_t piece, assist_buf_t *out)
{
    char    c;
    size_t  i;

    p->out = out;

    for (i = 0; i < piece.len; i++) {
        c = piece.data[i];

        if (((unsigned char) c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            || c == 0x7f)
        {
            continue;
        }

        while (tag_step(p, c)) { /* void */ }
    }

    return out->failed ? -1 : 0;
}


int
assist_plain_end(assist_plain_t *p, assist_buf_t *out)
{
    p->out = out;

    if (p->tag_state == OPEN || p->tag_state == TAG) {
        give_up(p);
    }

    assist_plain_text_end(p);
    assist_plain_init(p, p->rules);

    return out->failed ? -1 : 0;
}


/* 1: the byte is to be looked at again. */

static int
tag_step(assist_plain_t *p, char c)
{
    switch (p->tag_state) {

    case TEXT:

        if (c == '<') {
            p->tag_state = OPEN;
            p->ntag = 0;

        } else {
            put(p, &c, 1);
        }

        return 0;

    case OPEN:
        return open_step(p, c);

    case TAG:

        if (c == '>') {
            end_tag(p);
            return 0;
        }

        if (c == '<' || p->ntag == ASSIST_PLAIN_TAG) {
            give_up(p);
            return 1;
        }

        p->tag[p->ntag++] = c;

        if (p->ntag == 3 && memcmp(p->tag, "!--", 3) == 0) {
            p->tag_state = COMMENT;
            p->matched = 2;             /* <!--> is a whole one */
        }

        return 0;

    case COMMENT:
        comment_step(p, c);
        return 0;

    default:
        raw_step(p, c);
        return 0;
    }
}


static int
open_step(assist_plain_t *p, char c)
{
    if (assist_plain_is_letter(c) || c == '/' || c == '!' || c == '?') {
        p->tag[p->ntag++] = c;
        p->tag_state = TAG;
        return 0;
    }

    /* before anything else, dropping it could make a tag: <<b>script> */

    if (assist_plain_after_bracket(c)) {
        put(p, "<", 1);
        put(p, &c, 1);
        p->tag_state = TEXT;
        return 0;
    }

    give_up(p);

    return 1;
}


static void
comment_step(assist_plain_t *p, char c)
{
    if (c == '-') {
        p->matched = p->matched < 2 ? p->matched + 1 : 2;

    } else if (c == '>' && p->matched == 2) {
        p->tag_state = TEXT;

    } else {
        p->matched = 0;
    }
}


static void
raw_step(assist_plain_t *p, char c)
{
    size_t  n;

    n = strlen(p->raw);

    if (p->tag_state == RAW_END) {
        if (c == '>') {
            p->tag_state = TEXT;
        }

        return;
    }

    if (p->matched == n + 2) {

        if (c == '>') {
            p->tag_state = TEXT;
            return;
        }

        if (c == '/' || assist_plain_is_blank(c)) {
            p->tag_state = RAW_END;
            return;
        }
    }

    if (c == '<') {
        p->matched = 1;

    } else if ((p->matched == 1 && c == '/')
               || (p->matched >= 2 && p->matched < n + 2
                   && (c | 0x20) == p->raw[p->matched - 2]))
    {
        p->matched++;

    } else {
        p->matched = 0;
    }
}


/* A tag, or something else in angle brackets. */

static void
end_tag(assist_plain_t *p)
{
    size_t  i, n;

    p->tag_state = TEXT;

    if (!assist_plain_is_letter(p->tag[0])) {
        return;
    }

    for (n = 1; n < p->ntag
                && (assist_plain_is_letter(p->tag[n])
                    || assist_plain_is_digit(p->tag[n]) || p->tag[n] == ':'
                    || p->tag[n] == '-' || p->tag[n] == '_');
         n++)
    { /* void */ }

    if (n < p->ntag && p->tag[n] == '/' && p->tag[n - 1] == ':') {
        put(p, p->tag, p->ntag);            /* <https://...> */
        return;
    }

    if (n < p->ntag && p->tag[n] != '/' && !assist_plain_is_blank(p->tag[n])) {
        put(p, open_bracket, sizeof(open_bracket) - 1);
        put(p, p->tag, p->ntag);
        put(p, close_bracket, sizeof(close_bracket) - 1);
        return;
    }

    for (i = 0; raw[i] != NULL; i++) {
        if (strlen(raw[i]) == n && is_name(p->tag, n, raw + i)) {
            p->raw = raw[i];
            p->matched = 0;
            p->tag_state = RAW;
            return;
        }
    }

    if (is_name(p->tag, n, breaks)
        || (is_name(p->tag, n, lines) && p->before != '\0'
            && p->before != '\n'))
    {
        put(p, "\n", 1);
    }
}


/* No tag: its bracket becomes harmless, and the rest is text. */

static void
give_up(assist_plain_t *p)
{
    p->tag_state = TEXT;

    put(p, open_bracket, sizeof(open_bracket) - 1);
    put(p, p->tag, p->ntag);
}


static int
is_name(const char *s, size_t n, const char *const *names)
{
    size_t  i, k;

    for (i = 0; names[i] != NULL; i++) {

        for (k = 0; k < n && (s[k] | 0x20) == (names[i][k] | 0x20); k++) {
            if (names[i][k] == '\0') {
                break;
            }
        }

        if (k == n && names[i][n] == '\0') {
            return 1;
        }
    }

    return 0;
}


static void
put(assist_plain_t *p, const char *s, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        assist_plain_text(p, s[i]);
        p->before = s[i];
    }
}
