/*
 * Places in a page, wherever it is split.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "html.h"


/* Of each place its mark: head_end, body_start, body_end, the element x. */
static const char  *const marks[] = { "{H}", "{S}", "{E}", "{X}" };

#define NPLACES  (sizeof(marks) / sizeof(marks[0]))

/* What the last scan found, "|" after each. */
static assist_buf_t  metas = ASSIST_BUF_INIT;
static char          meta[ASSIST_HTML_META];


static void
add_part(const assist_html_part_t *part, assist_buf_t *out)
{
    size_t  i;

    assist_buf_add(out, part->text.data, part->text.len);

    if (part->meta.data) {
        assist_buf_add(&metas, part->meta.data, part->meta.len);
        assist_buf_putc(&metas, '|');
    }

    for (i = 0; i < NPLACES; i++) {
        if (part->places & (1u << i)) {
            assist_buf_puts(out, marks[i]);
        }
    }
}


/* A copy of each piece, so that a read past its end is seen. */

static void
feed(assist_html_t *h, const char *data, size_t len, assist_buf_t *out)
{
    char                *copy;
    size_t               before;
    assist_str_t         piece;
    assist_html_part_t   part;

    copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, data, len);

    piece = (assist_str_t) { copy, len };
    before = h->nhold;

    while (assist_html_next(h, &piece, &part)) {
        assert_true(part.text.len <= before + len);
        add_part(&part, out);
    }

    assert_int_equal(piece.len, 0);
    assert_true(h->nhold <= ASSIST_HTML_HOLD);

    free(copy);
}


/* At first `cut` bytes, then `each` (0: the rest). */

static void
scan(assist_str_t page, size_t cut, size_t each, assist_buf_t *out)
{
    size_t               i, n;
    assist_html_t        h;
    assist_html_part_t   part;
    assist_html_place_t  places[] = {
        { ASSIST_HTML_HEAD_END, { NULL, 0 }, 0, 0 },
        { ASSIST_HTML_BODY_START, { NULL, 0 }, 0, 0 },
        { ASSIST_HTML_BODY_END, { NULL, 0 }, 0, 0 },
        { ASSIST_HTML_ELEMENT, { "x", 1 }, 0, 0 }
    };

    out->len = 0;
    metas.len = 0;
    assist_html_init(&h, places, NPLACES);
    h.meta = meta;

    for (i = 0; i < page.len; i += n) {
        n = i == 0 && cut ? cut : each ? each : page.len - i;
        n = n < page.len - i ? n : page.len - i;
        feed(&h, page.data + i, n, out);
    }

    while (assist_html_end(&h, &part)) {
        add_part(&part, out);
    }
}


/* Removes the marks. */

static void
strip(assist_str_t text, assist_buf_t *out)
{
    size_t  i, n;

    out->len = 0;

    for (i = 0; i < text.len; /* void */) {
        for (n = 0; n < NPLACES; n++) {
            if (text.len - i >= 3 && memcmp(text.data + i, marks[n], 3) == 0) {
                break;
            }
        }

        if (n < NPLACES) {
            i += 3;

        } else {
            assist_buf_add(out, text.data + i++, 1);
        }
    }
}


static void
check(const char *expected)
{
    size_t        cut;
    assist_buf_t  page = ASSIST_BUF_INIT, out = ASSIST_BUF_INIT;

    strip(assist_str_of(expected), &page);

    for (cut = 0; cut <= page.len; cut++) {
        scan(assist_buf_str(&page), cut, cut == page.len, &out);
        assist_buf_putc(&out, '\0');
        assert_string_equal(out.data, expected);
    }

    for (cut = 1; cut < 5; cut++) {
        scan(assist_buf_str(&page), 0, cut, &out);
        assist_buf_putc(&out, '\0');
        assert_string_equal(out.data, expected);
    }

    assist_buf_free(&page);
    assist_buf_free(&out);
}


#define HEAD  "<!doctype html><html><head>{H}</head><body>{S}"
#define END   "{E}</body></html>"


/* Each page with the marks where they belong. */

static const char  *const pages[] = {
    HEAD "<p>x" END "\n",
    "<!DOCTYPE HTML>\n<HTML><HEAD><TITLE>a</TITLE>{H}</HEAD >\n"
        "<BODY CLASS=a>{S}<P>x{E}</BODY >\n</HTML>",
    "<html>{H}<body>{S}a{E}</body\n></html>",
    "<html>{H}<body>{S}a{E}</body/></html>",
    "<html>{H}<body>{S}a</bodyx></ body></html>{E}",
    "{S}{E}",

    /* tags that are left out */
    "<!doctype html><title>a</title>{H}{S}<p>b{E}",
    "<!doctype html><html><head><title>a</title>{H}<body>{S}b{E}",
    "<!doctype html><title>a</title>{H}{S}<my-custom-element>b"
        "</my-custom-element>{E}</body>",
    "<html><head>{H}</head>{S}{E}</body></html>",
    "<html><head>{H}</head>text {S}<b>{E}",
    "<!doctype html>{S}{E}",

    /* a page that was put into another, and what comes after the end */
    HEAD "<div><html><body>inner</body></html></div>" END,
    HEAD "a{E}</body></html><!-- made in 2 ms -->\n",
    HEAD "a{E}</body></html></body>",

    /* what is no tag */
    HEAD "<!-- </body> -->a<!-->" END,
    HEAD "<!-- </body> -- > --!>a" END,
    HEAD "<!--->a" END,
    HEAD "<!-- <!--> a" END,
    HEAD "<!--!> </body> -->a" END,
    HEAD "<!---!> </body> -->a" END,
    HEAD "<!x </y><? </y>a" END,
    HEAD "</ </y><3 < a" END,
    HEAD "<a title='</body>' b=\"</body>\" c=</body d = '>'>a" END,
    HEAD "<a title = \"'>\" / b='\">'/>a" END,
    HEAD "<a =\">" END,
    HEAD "<a b=></a>a" END,
    HEAD "<script>'</body>' // <!--\n</script>a" END,
    HEAD "<script><!-- <script> </script> </body> --></script>a" END,
    HEAD "<script><!-- </script>a" END,
    HEAD "<script><!-- <script > </script> </script>a" END,
    HEAD "<script><!--><script></script>a" END,
    HEAD "<script><!-</script>a" END,
    HEAD "<script></scripts></script/ a='>'>a" END,
    HEAD "<style></body></style >a" END,
    HEAD "<textarea><!-- </body> </textarea>a" END,
    HEAD "<iframe srcdoc=\"</body>\"></body></iframe>a" END,
    HEAD "<noscript></body></noscript><xmp></body></xmp>a" END,
    HEAD "<template><form></body><i id=x></i></template>a" END,
    HEAD "<svg><title>" END,
    HEAD "<svg><style/><![CDATA[ </svg></body> ]] ]]></svg>a" END,
    HEAD "<svg><script/><path/></svg><![CDATA[ > a" END,
    HEAD "<svg><foreignObject><textarea></svg></body></textarea>"
        "</foreignObject></svg>a" END,
    HEAD "<svg><p>a" END,
    HEAD "<svg><foreignObject></body></foreignObject></svg>a" END,
    HEAD "<math><mi></body></mi><mtext><p></body></mtext></math>a" END,
    HEAD "<mi>a" END,
    HEAD "<p id=x><svg><foreignObject><p></p></foreignObject></svg>{X}<p>a" END,
    HEAD "<svg/><style></body></style>a" END,

    /* the end of the page is in something */
    HEAD "<!-- a",
    HEAD "<script>a</body>",
    HEAD "<textarea>a</body>",
    HEAD "<plaintext>a</body>",
    HEAD "<template>a",
    HEAD "<a href='</body>",
    HEAD "a{E}<",
    HEAD "a{E}</",
    HEAD "a{E}</bod",
    HEAD "a{E}<abc",
    HEAD "a<abc ",
    "<html><frameset><frame></frameset></html>",

    /* forms */
    HEAD "<form>a<form>b</form>c" END,
    HEAD "<form>a</body></html></form>{E}",
    HEAD "<form>a</body></html>",
    HEAD "<form><i id=x>a</i>b</form>{X}c" END,
    HEAD "<form><i id=x>a</form></i>{X}c" END,
    HEAD "<form id=x>a</form>{X}c" END,
    HEAD "<i id=x>a<form></i>b</form>{X}c" END,
    HEAD "<form><li id=x>a</form>{X}c" END,

    /* an element */
    HEAD "<div id=x><div>a</div><div></div>b</div>{X}c" END,
    HEAD "<DIV CLASS='a' ID = \"x\" b>a</DIV>{X}c" END,
    HEAD "<div id=x>a</div>{X}<div id=x>b</div>" END,
    HEAD "<div id='x '></div><div idx=x></div><div data-id=x></div>"
        "<div id></div><div id=X></div><div a id=xx id=x></div>" END,
    HEAD "<img id=x>{X}<p>" END,
    HEAD "<hr id=x />{X}" END,
    HEAD "<ul><li>a<li id=x>{X}b</ul>" END,
    HEAD "<table><tr id=x><td>a</td></tr></table>" END,
    HEAD "<table id=x><tr><td>a<table></table></table>{X}" END,
    HEAD "<p id=x>a <b>b</b>{X}<p>b" END,
    HEAD "<p id=x>a</p>{X}<p>b</p>" END,
    HEAD "<div><p id=x>a{X}</div>b" END,
    HEAD "<p id=x>a{X}<ul></ul>" END,
    HEAD "<textarea id=x></div></textarea>{X}a" END,
    HEAD "<svg id=x><svg id=x></svg><g></g></svg>{X}a" END,
    HEAD "<svg id=x />{X}a" END,
    HEAD "<svg><g id=x></g></svg>a" END,
    HEAD "<my-panel-of-things id=x><my-panel-of-thing></my-panel-of-thing>"
        "</my-panel-of-things>{X}a" END,
    HEAD "<section id=x>a{E}{X}</body></html>",
    HEAD "<section id=x>a{E}{X}",
    "<html><head><meta id=x>{H}</head><body id=x>{S}{X}a" END
};


static void
test_pages(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        check(pages[i]);
    }
}


/* Random pages of pieces that matter: nothing is lost, nothing depends on the
 * splits. */

static void
test_random(void **state)
{
    int           i, n;
    size_t        cut;
    unsigned      seed;
    assist_buf_t  page = ASSIST_BUF_INIT, whole = ASSIST_BUF_INIT;
    assist_buf_t  out = ASSIST_BUF_INIT;

    static const char  *const words[] = {
        "<", ">", "/", "</", "<!", "<!--", "--", "-", "!", "-->", "--!>", "<?",
        "\"", "'", "=", " ", "\n", "a", "x", "id", "id=x", " id='x'",
        " id=\"x\"", "<p", "<p>", "</p>", "<div", "<div>", "</div>", "<form>",
        "</form>", "<head>", "</head>", "<body", "<body>", "</body", "</body>",
        "<html>", "</html>", "<!doctype html>", "<script", "<script>",
        "</script", "</script>", "<style>", "</style>", "<textarea>",
        "</textarea>", "<template>", "</template>", "<svg", "<svg>", "</svg>",
        "<svg/>", "<foreignobject>", "</foreignobject>", "<![CDATA[", "]]>",
        "]", "<li", "<li>", "<img", "<my-very-long-element", "</my-very-long-"
        "element>", "<title>", "</title>", "\xc4\x91", "\xff"
    };

    (void) state;

    seed = 7;

    for (i = 0; i < 20000; i++) {
        page.len = 0;

        for (n = rand_r(&seed) % 24; n >= 0; n--) {
            assist_buf_puts(&page, words[(size_t) rand_r(&seed)
                                         % (sizeof(words) / sizeof(*words))]);
        }

        scan(assist_buf_str(&page), 0, 0, &whole);
        strip(assist_buf_str(&whole), &out);
        assert_int_equal(out.len, page.len);
        assert_memory_equal(out.data, page.data, page.len);

        for (n = 0; n < 4; n++) {
            cut = (size_t) rand_r(&seed) % page.len;
            scan(assist_buf_str(&page), cut, (size_t) n, &out);
            assert_int_equal(out.len, whole.len);
            assert_memory_equal(out.data, whole.data, whole.len);
        }
    }

    assist_buf_free(&page);
    assist_buf_free(&whole);
    assist_buf_free(&out);
}


/* The head's <meta> elements, wherever the page is split. */

static void
test_metas(void **state)
{
    size_t        i, cut;
    assist_str_t  page;
    assist_buf_t  out = ASSIST_BUF_INIT;

    static const struct {
        const char  *page;
        const char  *metas;
    } cases[] = {
        { "<html><head><meta charset=utf-8><title><meta a></title>"
          "<META name='>' content=\"a\nb\"/></head><body><meta b>x</body>",
          " charset=utf-8>| name='>' content=\"a\nb\"/>|" },
        { "<!doctype html><meta a>text<meta b>", " a>| b>|" },
        { "<!doctype html><p><meta b>", "" },
        { "<head><!-- <meta a> --><noscript><meta b></noscript>"
          "<script>'<meta c>'</script><template><meta d></template>"
          "</meta e><meta/g><meta></head><metadata f>", "/g>|>|" },
        { "<head><svg><meta a></svg></head>", "" },
        { "<head><meta a", "" },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        page = assist_str_of(cases[i].page);

        for (cut = 0; cut < page.len; cut++) {
            scan(page, cut, cut < 4 ? cut : 0, &out);
            assert_int_equal(metas.len, strlen(cases[i].metas));
            assert_memory_equal(metas.data ? metas.data : "", cases[i].metas,
                                metas.len);
        }
    }

    /* one that is too long: all that there is place for */

    out.len = 0;
    assist_buf_puts(&out, "<head><meta content='");

    for (i = 0; i < 2 * ASSIST_HTML_META; i++) {
        assist_buf_putc(&out, 'x');
    }

    assist_buf_puts(&out, "'><meta a></head>");
    page = assist_buf_str(&out);

    for (cut = 0; cut < 3; cut++) {
        assist_buf_t  scanned = ASSIST_BUF_INIT;

        scan(page, 0, cut * 999, &scanned);
        assert_int_equal(metas.len, ASSIST_HTML_META + strlen("| a>|"));
        assist_buf_free(&scanned);
    }

    assist_buf_free(&out);
    assist_buf_free(&metas);
    metas = (assist_buf_t) ASSIST_BUF_INIT;
}


static void
test_begins(void **state)
{
    size_t  i;

    static const struct {
        const char  *text;
        int          begins;
    } cases[] = {
        { "<!doctype html>", 1 },
        { "<!DOCTYPE html PUBLIC", 1 },
        { "\xef\xbb\xbf\r\n <HTML lang=vi>", 1 },
        { "<!-- a > b --> <!--> <?xml version=\"1.0\"?>\n<html", 1 },
        { "", -1 },
        { "\xef\xbb", -1 },
        { "  <", -1 },
        { "<!d", -1 },
        { "<htm", -1 },
        { "<!-- a", -1 },
        { "<!-- a -->", -1 },
        { "<?xml", -1 },
        { "<div>", 0 },
        { "text<html>", 0 },
        { "<!dx", 0 },
        { "{\"a\":1}", 0 },
        { "\xef\xbb<html>", 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(assist_html_begins(assist_str_of(cases[i].text)),
                         cases[i].begins);
    }

    assert_int_equal(assist_html_begins(assist_str("<\0!\0d\0")), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_metas),
        cmocka_unit_test(test_begins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
