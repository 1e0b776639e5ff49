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

    /* sandbox */
    { { "sandbox allow-scripts" }, "<script src=/a><p onclick=a>", "" },
    { { "sandbox allow-forms" }, "<script src=/a>", NULL },
    { { "sandbox allow-forms" }, "<p onclick=a>", NULL },
    { { "sandbox" }, "<p style=a><style>b</style>", "" },

    /* hashes: of scripts that are there, not of ours */
    { { "script-src 'sha256-abc='" }, "<script src=/a>", NULL },
    { { "script-src 'sha256-abc=' 'self'" }, "<script src=/a>", "" },
    { { "script-src 'sha256-abc=' 'strict-dynamic' 'nonce-a'" },
        "<script src=/a>", "<script nonce=\"a\" src=/a>" },
    { { "style-src 'unsafe-hashes' 'sha256-abc='" }, "<p style=a>", NULL },

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


/* Where the page's scripts may send what is typed. */

static void
test_connect(void **state)
{
    size_t        i;
    assist_csp_t  csp;

    static const struct {
        const char  *policy;
        int          connect;
    } cases[] = {
        { "script-src 'none'", 1 },
        { "default-src 'self'", 1 },
        { "default-src 'none'", 0 },
        { "default-src 'none'; style-src 'self'", 0 },
        { "default-src 'none'; connect-src portal.vn", 1 },
        { "connect-src 'nonce-a'", 0 },
        { "connect-src 'nonce-a' 'self'", 1 },
        { "connect-src https://a.vn", 0 },
        { "connect-src *", 1 },
        { "connect-src portal.vn/a/", 1 },
        { "connect-src portal.vn/a/ask", 1 },
        { "connect-src portal.vn/a/b", 0 },
        { "default-src 'self', connect-src 'none'", 0 },
        { "sandbox allow-scripts allow-same-origin allow-forms", 1 },
        { "sandbox allow-scripts allow-forms", 0 },
        { "sandbox allow-scripts allow-same-origin", 0 },
        { "sandbox", 0 },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&csp, 0, sizeof(assist_csp_t));
        csp.host = assist_str("portal.vn");
        assist_csp_add(&csp, assist_str_of(cases[i].policy));

        assert_int_equal(assist_csp_connect(&csp, assist_str("/a/ask")),
                         cases[i].connect);
    }
}


/* The policies of <meta> elements. */

static void
test_meta(void **state)
{
    int           rc;
    size_t        i;
    assist_buf_t  out = ASSIST_BUF_INIT;

    static const struct {
        const char  *attributes;
        const char  *policy;        /* NULL: it sets none */
    } cases[] = {
        { " http-equiv=\"Content-Security-Policy\" content=\"script-src "
          "'self'\">", "script-src 'self'" },
        { " CONTENT='img-src *' HTTP-EQUIV=content-security-policy />",
          "img-src *" },
        { " content='a' content='b' http-equiv=Content-Security-Policy>",
          "a" },
        { "\n\thttp-equiv = Content-Security-Policy\n content = *>", "*" },
        { " http-equiv=Content-Security-Policy>", "" },
        { " http-equiv=Content-Security-Policy content>", "" },
        { " http-equiv=Content-Security-Policy content='", "" },
        { " http-equiv=Content-Security-Policy content=\"a &#39;self&#x27; "
          "&#X27;b&apos; &quot;c&QUOT; &amp;&lt;&gt;&#039;\">",
          "a 'self' 'b' \"c\" &<>'" },
        { " http-equiv=Content-Security-Policy content=\"&; &#; &#x; &#0; "
          "&#300; &#39 &#3z; &#x &a;\">",
          "&; &#; &#x; &#0; &#300; &#39 &#3z; &#x &a;" },
        { " name=description content='Content-Security-Policy'>", NULL },
        { " charset=utf-8>", NULL },
        { " http-equiv=refresh content='1'>", NULL },
        { " http-equiv=Content-Security-Policy-Report-Only content=a>", NULL },
        { ">", NULL },
        { "", NULL },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        out.len = 0;
        rc = assist_csp_meta(assist_str_of(cases[i].attributes), &out);
        assist_buf_putc(&out, '\0');

        assert_int_equal(rc, cases[i].policy != NULL);
        assert_string_equal(out.data, cases[i].policy ? cases[i].policy : "");
    }

    assist_buf_free(&out);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_html),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_connect),
        cmocka_unit_test(test_meta),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
