/*
 * What policies allow to be put into a page.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "csp.h"


typedef struct {
    const char  *policies[3];
    const char  *html;
    const char  *out;               /* NULL: forbidden; "": as it was */
} case_t;


static const case_t  cases[] = {

    /* no policy, or none on this */
    { { NULL }, "<script>a()</script><p style='a' onclick=b>", "" },
    { { "" }, "<script>a()</script>", "" },
    { { "img-src 'self'; frame-ancestors 'none'" }, "<style>a</style>", "" },
    { { "script-src 'none'" }, "<p>plain</p><!-- <script> --><a href=/>", "" },
    { { "script-src 'none'" }, "<script type=\"application/ld+json\">{}"
        "</script>", "" },
    { { "default-src 'none'" }, "a < b <3 </p>", "" },

    /* inline */
    { { "default-src 'self'" }, "<script>a()</script>", NULL },
    { { "default-src 'self'" }, "<style>a</style>", NULL },
    { { "default-src 'self'" }, "<p STYLE=a>", NULL },
    { { "default-src 'self'" }, "<p title='>' onClick = a>", NULL },
    { { "default-src 'self'" }, "<a href=' JavaScript:a()'>", NULL },
    { { "script-src 'unsafe-inline'" }, "<script>a()</script><p onclick=a>",
        "" },
    { { "Script-Src-Elem 'UNSAFE-inline'; script-src 'none'" },
        "<script>a()</script>", "" },
    { { "script-src-elem 'unsafe-inline'; script-src 'none'" },
        "<p onclick=a>", NULL },
    { { "style-src 'self'; script-src 'unsafe-inline'" }, "<p style=a>",
        NULL },
    { { "script-src 'unsafe-inline'; script-src 'none'" },
        "<script>a()</script>", "" },
    { { "script-src 'unsafe-inline' 'sha256-abc'" }, "<script>a()</script>",
        NULL },

    /* nonces */
    { { "script-src 'nonce-r4nd='" }, "<p><script>a('<style>')</script>b",
        "<p><script nonce=\"r4nd=\">a('<style>')</script>b" },
    { { "script-src 'nonce-r4nd=' 'strict-dynamic'" }, "<script src=/a.js>",
        "<script nonce=\"r4nd=\" src=/a.js>" },
    { { "style-src 'nonce-a'" }, "<style>a</style><link rel='a StyleSheet' "
        "href=/a>", "<style nonce=\"a\">a</style><link nonce=\"a\" rel='a "
        "StyleSheet' href=/a>" },
    { { "script-src 'nonce-a' 'unsafe-inline'" }, "<p onclick=a>", NULL },
    { { "script-src 'nonce-a'" }, "<script nonce=a>b</script>", "" },
    { { "script-src 'nonce-a'" }, "<script nonce=b>b</script>", NULL },
    { { "script-src 'nonce-a', script-src 'self'" },
        "<script src=\"/a.js\"></script>",
        "<script nonce=\"a\" src=\"/a.js\"></script>" },
    { { "script-src 'nonce-a'", "script-src 'nonce-b'" },
        "<script>a</script>", NULL },
    { { "script-src 'nonce-a'", "script-src 'nonce-b' 'nonce-a'" },
        "<script>a</script>", "<script nonce=\"a\">a</script>" },

    /* external */
    { { "script-src 'self'" }, "<script src=/a.js>", "" },
    { { "script-src 'self'" }, "<script src=a.js?b:c>", "" },
    { { "script-src 'self'" }, "<script src=//evil.example/a.js>", NULL },
    { { "script-src 'self'" }, "<script src=https://evil.example/a>", NULL },
    { { "script-src 'self' 'strict-dynamic'" }, "<script src=/a>", NULL },
    { { "script-src 'none'" }, "<script src=/a.js>", NULL },
    { { "script-src *" }, "<script src=https://a.example/a>", "" },
    { { "script-src *" }, "<script src=data:,a>", NULL },
    { { "script-src https:" }, "<script src=https://a.example/a>", "" },
    { { "script-src https:" }, "<script src=/a>", "" },
    { { "script-src data:" }, "<script src=/a>", NULL },
    { { "script-src https://portal.vn" }, "<script src=/a>", "" },
    { { "script-src PORTAL.vn:443/js/" }, "<script src=/js/a>", "" },
    { { "script-src portal.vn/js/" }, "<script src=/a>", NULL },
    { { "script-src portal.vn/js" }, "<script src=/js/a>", NULL },
    { { "script-src *.cdn.vn" }, "<script src=https://a.cdn.vn/a>", "" },
    { { "script-src *.cdn.vn" }, "<script src=https://cdn.vn/a>", NULL },
    { { "script-src *.cdn.vn" }, "<script src=https://acdn.vn/a>", NULL },
    { { "script-src https://cdn.vn" }, "<script src=//cdn.vn:8443/a>", "" },
    { { "style-src 'self'" }, "<link rel=stylesheet href=/a.css>", "" },
    { { "style-src 'none'" }, "<link rel=icon href=/a>", "" },
    { { "style-src 'none'" }, "<link href=/a rel=stylesheet>", NULL },

    /* cut off */
    { { "script-src 'none'" }, "<script", NULL },
    { { "script-src 'none'" }, "<", "" },
    { { "script-src 'none'" }, "<!-- <script>", "" },
    { { "script-src 'none'" }, "<p a='", "" }
};


static void
test_html(void **state)
{
    int           rc;
    size_t        i, j;
    const char   *expected;
    assist_csp_t  csp;
    assist_buf_t  out = ASSIST_BUF_INIT;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&csp, 0, sizeof(assist_csp_t));
        csp.host = assist_str("portal.vn");

        for (j = 0; j < 3 && cases[i].policies[j]; j++) {
            assist_csp_add(&csp, assist_str_of(cases[i].policies[j]));
        }

        out.len = 0;
        assist_buf_puts(&out, "|");
        rc = assist_csp_html(&csp, assist_str_of(cases[i].html), &out);
        assist_buf_putc(&out, '\0');

        expected = cases[i].out;
        expected = expected == NULL ? "" : *expected ? expected
                                                     : cases[i].html;

        assert_string_equal(out.data + 1, expected);
        assert_int_equal(rc, cases[i].out != NULL);
    }

    assist_buf_free(&out);
}


static void
test_many(void **state)
{
    int           i;
    assist_csp_t  csp;
    assist_buf_t  out = ASSIST_BUF_INIT;

    (void) state;

    memset(&csp, 0, sizeof(assist_csp_t));

    for (i = 0; i <= ASSIST_CSP_POLICIES; i++) {
        assist_csp_add(&csp, assist_str("script-src 'self'"));
    }

    assert_int_equal(assist_csp_html(&csp, assist_str("<script src=/a>"),
                                     &out), 0);
    assert_int_equal(assist_csp_html(&csp, assist_str("<p>"), &out), 1);

    assist_buf_free(&out);
}


/* What the page's scripts may load: style sheets and answers. */

static void
test_urls(void **state)
{
    size_t        i;
    assist_csp_t  csp;

    static const struct {
        const char  *policy;
        int          style;
        int          connect;
    } cases[] = {
        { "script-src 'none'", 1, 1 },
        { "default-src 'self'", 1, 1 },
        { "default-src 'none'", 0, 0 },
        { "default-src 'none'; style-src 'self'", 1, 0 },
        { "default-src 'none'; connect-src portal.vn", 0, 1 },
        { "style-src 'nonce-a'; connect-src 'nonce-a'", 0, 0 },
        { "style-src 'nonce-a' 'self'", 1, 1 },
        { "style-src-elem 'self'; style-src 'none'", 1, 1 },
        { "style-src 'unsafe-inline'; connect-src https://a.vn", 0, 0 },
        { "style-src https:; connect-src *", 1, 1 },
        { "default-src 'self', connect-src 'none'", 1, 0 },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&csp, 0, sizeof(assist_csp_t));
        csp.host = assist_str("portal.vn");
        assist_csp_add(&csp, assist_str_of(cases[i].policy));

        assert_int_equal(assist_csp_style(&csp, assist_str("/a/b.css")),
                         cases[i].style);
        assert_int_equal(assist_csp_connect(&csp, assist_str("/a/ask")),
                         cases[i].connect);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_html),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_urls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
