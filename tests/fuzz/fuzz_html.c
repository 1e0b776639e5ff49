/*
 * What libFuzzer calls: places are looked for in a page; wherever it is cut,
 * they are the same, and the page without them is what came in.  And what a
 * policy says of it, and it as a policy.
 */

#include <stdio.h>
#include <stdlib.h>

#include "buf.h"
#include "csp.h"
#include "html.h"


/* A byte that no input of ours has marks a place. */
#define MARK  '\x01'


static void scan(assist_str_t page, size_t cut, size_t each,
    assist_buf_t *out);
static void add_part(const assist_html_part_t *part, assist_buf_t *out);
static void check_csp(assist_str_t page);
static void must(int ok, const char *what);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t        i, n, cut;
    assist_str_t  page;
    assist_buf_t  whole = ASSIST_BUF_INIT, out = ASSIST_BUF_INIT;

    if (size && memchr(data, MARK, size)) {
        return 0;
    }

    page = (assist_str_t) { size ? (const char *) data : "", size };

    (void) assist_html_begins(page);
    check_csp(page);

    scan(page, 0, 0, &whole);

    for (i = 0, n = 0; i < whole.len; i++) {
        if (whole.data[i] == MARK) {
            i++;
            continue;
        }

        must(n < size && whole.data[i] == page.data[n++], "the page");
    }

    must(n == size, "all of the page");

    for (cut = 1; cut < size; cut += size / 64 + 1) {
        scan(page, cut, 0, &out);
        must(assist_str_eq(assist_buf_str(&out), assist_buf_str(&whole)),
             "cut once");
    }

    for (cut = 1; cut < 4; cut++) {
        scan(page, 0, cut, &out);
        must(assist_str_eq(assist_buf_str(&out), assist_buf_str(&whole)),
             "cut often");
    }

    assist_buf_free(&whole);
    assist_buf_free(&out);

    return 0;
}


static void
scan(assist_str_t page, size_t cut, size_t each, assist_buf_t *out)
{
    size_t               i, n;
    assist_str_t         piece;
    assist_html_t        h;
    assist_html_part_t   part;
    static char          meta[ASSIST_HTML_META];
    assist_html_place_t  places[] = {
        { ASSIST_HTML_HEAD_END, { NULL, 0 }, 0, 0 },
        { ASSIST_HTML_BODY_START, { NULL, 0 }, 0, 0 },
        { ASSIST_HTML_BODY_END, { NULL, 0 }, 0, 0 },
        { ASSIST_HTML_ELEMENT, { "x", 1 }, 0, 0 },
        { ASSIST_HTML_ELEMENT, { "xy", 2 }, 0, 0 }
    };

    out->len = 0;
    assist_html_init(&h, places, sizeof(places) / sizeof(places[0]));
    h.meta = meta;

    for (i = 0; i < page.len; i += n) {
        n = i == 0 && cut ? cut : each ? each : page.len - i;
        n = n < page.len - i ? n : page.len - i;
        piece = (assist_str_t) { page.data + i, n };

        while (assist_html_next(&h, &piece, &part)) {
            add_part(&part, out);
        }

        must(piece.len == 0 && h.nhold <= ASSIST_HTML_HOLD, "the piece");
    }

    while (assist_html_end(&h, &part)) {
        add_part(&part, out);
    }
}


static void
add_part(const assist_html_part_t *part, assist_buf_t *out)
{
    int  i;

    must(part->meta.len <= ASSIST_HTML_META, "a long <meta>");
    assist_buf_add(out, part->text.data, part->text.len);

    for (i = 0; i < 5; i++) {
        if (part->places & (1u << i)) {
            assist_buf_putc(out, MARK);
            assist_buf_putc(out, (char) ('0' + i));
        }
    }
}


/* The page as what a hook puts in, and as a policy. */

static void
check_csp(assist_str_t page)
{
    assist_csp_t  csp;
    assist_buf_t  out = ASSIST_BUF_INIT;

    memset(&csp, 0, sizeof(assist_csp_t));
    must(assist_csp_html(&csp, page, &out)
         && assist_str_eq(assist_buf_str(&out), page), "no policy");

    out.len = 0;
    csp.host = assist_str("a.vn");
    assist_csp_add(&csp, assist_str("script-src 'nonce-a' *.b.vn/c; style-src"
                                    " https: 'self'"));
    (void) assist_csp_html(&csp, page, &out);
    must(out.len == 0 || out.len >= page.len, "a policy");

    out.len = 0;
    (void) assist_csp_meta(page, &out);
    must(out.len <= page.len, "a <meta>");

    out.len = 0;
    csp.npolicies = 0;
    assist_csp_add(&csp, page);
    (void) assist_csp_html(&csp, assist_str("<script src=https://b.vn/c><p "
                                            "style=a><script>"), &out);

    assist_buf_free(&out);
}


static void
must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "fuzz_html: %s\n", what);
        abort();
    }
}
