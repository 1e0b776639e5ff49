/*
 * What libFuzzer calls: a text is redacted and restored, guarded, and looked
 * for in a deny list; wherever it is cut, the result is the same.
 */

#include <stdio.h>
#include <stdlib.h>

#include "deny.h"
#include "plain.h"
#include "redact.h"


/* Longer texts are cut at fewer places: all of them take quadratic time. */
#define CUTS  64


static void check_redact(assist_str_t text);
static void check_plain(assist_str_t text);
static void check_deny(assist_str_t text);
static void plain(assist_str_t text, size_t cut, size_t each,
    assist_buf_t *out);
static void restore(const assist_redact_t *map, assist_str_t text, size_t cut,
    size_t each, assist_buf_t *out);
static assist_str_t part(assist_str_t text, size_t from, size_t to);
static void must(int ok, const char *what);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    assist_str_t  text;

    text = (assist_str_t) { size ? (const char *) data : "", size };

    check_redact(text);
    check_plain(text);
    check_deny(text);

    return 0;
}


static void
check_redact(assist_str_t text)
{
    int              n, again;
    size_t           cut, step;
    assist_buf_t     red = ASSIST_BUF_INIT, same = ASSIST_BUF_INIT;
    assist_buf_t     out = ASSIST_BUF_INIT;
    assist_redact_t  map = ASSIST_REDACT_INIT;

    n = assist_redact(&map, text, &red);
    must(n >= 0, "redact");

    step = red.len / CUTS + 1;

    for (cut = 0; cut <= red.len; cut += step) {
        out.len = 0;
        restore(&map, assist_buf_str(&red), cut, 0, &out);
        must(assist_str_eq(assist_buf_str(&out), text), "restore");
    }

    out.len = 0;
    restore(&map, assist_buf_str(&red), 0, 1, &out);
    must(assist_str_eq(assist_buf_str(&out), text), "restore byte by byte");

    /* a second message: the same placeholders, and no others */

    cut = map.n;
    again = assist_redact(&map, text, &same);
    must(again == n && map.n == cut, "redact again");
    must(assist_str_eq(assist_buf_str(&same), assist_buf_str(&red)),
         "equal placeholders");

    /* and a third, with placeholders that somebody typed */

    same.len = 0;
    again = assist_redact(&map, assist_buf_str(&red), &same);
    must(again >= n, "typed placeholders");

    out.len = 0;
    restore(&map, assist_buf_str(&same), 0, 1, &out);
    must(assist_str_eq(assist_buf_str(&out), assist_buf_str(&red)),
         "restore typed placeholders");

    assist_buf_free(&red);
    assist_buf_free(&same);
    assist_buf_free(&out);
    assist_redact_free(&map);
}


static void
check_plain(assist_str_t text)
{
    size_t        cut, step;
    assist_buf_t  whole = ASSIST_BUF_INIT, out = ASSIST_BUF_INIT;

    plain(text, 0, 0, &whole);

    step = text.len / CUTS + 1;

    for (cut = 0; cut <= text.len; cut += step) {
        out.len = 0;
        plain(text, cut, 0, &out);
        must(assist_str_eq(assist_buf_str(&out), assist_buf_str(&whole)),
             "plain, cut");
    }

    out.len = 0;
    plain(text, 0, 1, &out);
    must(assist_str_eq(assist_buf_str(&out), assist_buf_str(&whole)),
         "plain, byte by byte");

    /* nothing is left that begins a tag */

    for (cut = 0; cut + 1 < whole.len; cut++) {
        if (whole.data[cut] == '<') {
            must((whole.data[cut + 1] | 0x20) < 'a'
                 || (whole.data[cut + 1] | 0x20) > 'z', "plain: a tag");
            must(whole.data[cut + 1] != '/' && whole.data[cut + 1] != '!'
                 && whole.data[cut + 1] != '?', "plain: an end tag");
        }
    }

    /* and the guard has nothing to remove from what it wrote */

    out.len = 0;
    plain(assist_buf_str(&whole), 0, 0, &out);
    must(assist_str_eq(assist_buf_str(&out), assist_buf_str(&whole)),
         "plain, twice");

    assist_buf_free(&whole);
    assist_buf_free(&out);
}


static void
check_deny(assist_str_t text)
{
    assist_deny_t   *deny;
    assist_error_t   err;

    deny = assist_deny_parse(text.data, text.len, &err);

    if (deny != NULL) {
        must(assist_deny_find(deny, text) >= 0, "deny");

        /* the first phrase is in the list itself, if any is */

        must(assist_deny_count(deny) == 0
             || assist_deny_find(deny, text) > 0
             || memchr(text.data, '\n', text.len) != NULL, "deny itself");
    }

    assist_deny_free(deny);
}


static void
plain(assist_str_t text, size_t cut, size_t each, assist_buf_t *out)
{
    size_t          i;
    assist_plain_t  p;

    static const assist_str_t          hosts[] = { assist_str("gov.vn") };
    static const assist_plain_rules_t  rules = {
        hosts, 1, NULL, 0, assist_str("[link removed]")
    };

    assist_plain_init(&p, &rules);

    for (i = 0; each && i < text.len; i++) {
        must(assist_plain(&p, part(text, i, i + 1), out) == 0, "memory");
    }

    if (!each) {
        must(assist_plain(&p, part(text, 0, cut), out) == 0, "memory");
        must(assist_plain(&p, part(text, cut, text.len), out) == 0, "memory");
    }

    must(assist_plain_end(&p, out) == 0, "memory");
}


static void
restore(const assist_redact_t *map, assist_str_t text, size_t cut, size_t each,
    assist_buf_t *out)
{
    size_t            i;
    assist_restore_t  r;

    assist_restore_init(&r, map);

    for (i = 0; each && i < text.len; i++) {
        must(assist_restore(&r, part(text, i, i + 1), out) == 0, "memory");
    }

    if (!each) {
        must(assist_restore(&r, part(text, 0, cut), out) == 0, "memory");
        must(assist_restore(&r, part(text, cut, text.len), out) == 0,
             "memory");
    }

    must(assist_restore_end(&r, out) == 0, "memory");
}


/* A copy, so that a read past its end is seen; kept until the next. */

static assist_str_t
part(assist_str_t text, size_t from, size_t to)
{
    static char  *copy;

    free(copy);
    copy = malloc(to - from + (to == from));

    must(copy != NULL, "memory");

    if (to > from) {
        memcpy(copy, text.data + from, to - from);
    }

    return (assist_str_t) { copy, to - from };
}


static void
must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "not so: %s\n", what);
        abort();
    }
}
