/*
 * A model's text as plain text, wherever it is cut.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plain.h"


#define GONE  "[liên kết đã bỏ]"


typedef struct {
    const char  *in;
    const char  *out;           /* NULL: as it was */
} pair_t;


static const assist_str_t  hosts[] = {
    assist_str("dichvucong.gov.vn"), assist_str("Example.org")
};

static const assist_str_t  urls[] = { assist_str("https://zalo.me/123") };

static const assist_plain_rules_t  rules = {
    hosts, 2, urls, 1, assist_str(GONE)
};


static void
guard(assist_str_t text, size_t cut, size_t piece, assist_buf_t *out)
{
    size_t          i, n;
    assist_plain_t  p;

    out->len = 0;
    assist_plain_init(&p, &rules);

    for (i = 0; i < text.len; i += n) {
        n = piece ? piece : i < cut ? cut : text.len - i;
        n = n > text.len - i ? text.len - i : n;

        assert_int_equal(assist_plain(&p, (assist_str_t) { text.data + i, n },
                                      out),
                         0);
    }

    assert_int_equal(assist_plain_end(&p, out), 0);
}


static void
assert_text(assist_buf_t *b, const char *expected)
{
    assist_buf_putc(b, '\0');
    assert_false(b->failed);
    assert_string_equal(b->data, expected);
    b->len--;
}


/* In two pieces, cut everywhere; byte by byte; and twice. */

static void
check(const pair_t *pairs, size_t n)
{
    size_t        i, cut;
    const char   *expected;
    assist_str_t  text;
    assist_buf_t  out = ASSIST_BUF_INIT, again = ASSIST_BUF_INIT;

    for (i = 0; i < n; i++) {
        text = assist_str_of(pairs[i].in);
        expected = pairs[i].out ? pairs[i].out : pairs[i].in;

        for (cut = 0; cut <= text.len; cut++) {
            guard(text, cut, 0, &out);
            assert_text(&out, expected);
        }

        guard(text, 0, 1, &out);
        assert_text(&out, expected);

        guard(assist_buf_str(&out), 0, 0, &again);
        assert_text(&again, expected);
    }

    assist_buf_free(&out);
    assist_buf_free(&again);
}

#define CHECK(pairs)  check(pairs, sizeof(pairs) / sizeof(pairs[0]))


static void
test_text(void **state)
{
    static const pair_t  pairs[] = {
        { "", NULL },
        { "Thủ tục: 1.001456, lệ phí 50.000đ (nộp tại xã).", NULL },
        { "**đậm** _nghiêng_ `mã` # x\n- một\n- hai\t!\r\n", NULL },
        { "12:30, chú ý: a, http, https: x, www. và data: 5", NULL },
        { "[1] [CCCD_1] ![ghi chú] a] (b) [a](", NULL },
        { "mailto:a@b.vn tel:1022", NULL },
        { "\xff\xc3", NULL },
        { "a\x01\x1b[0m\x7f" "b", "a[0mb" },
        { "a < b, x<5, a <= b, 1 > 0, a -> b", NULL },
        { "&lt;script&gt;", NULL }
    };

    (void) state;

    CHECK(pairs);
}


static void
test_tags(void **state)
{
    static const pair_t  pairs[] = {
        { "<b>đậm</b> <i class='x'>y</i>", "đậm y" },
        { "x<br>y<br/>z", "x\ny\nz" },
        { "<p>một</p><p>hai</p>", "một\nhai" },
        { "<ul><li>a</li><li>b</li></ul>", "a\nb" },
        { "<script>alert(1)</script>x", "x" },
        { "a<SCRIPT src='x'>b</c><!--</scRipt >d", "ad" },
        { "a<script>b</scriptx></script\n>c", "ac" },
        { "a<style>b{}</style>c", "ac" },
        { "a<script>b", "a" },
        { "a<!-- <b> -- > -->c", "ac" },
        { "a<!-->c<!--->d<!----->e", "acde" },
        { "a<!-- b", "a" },
        { "<!DOCTYPE html><?xml?></>x</ b>", "x" },
        { "<img src=x onerror=alert(1)>x", "x" },
        { "<svg/onload=alert(1)>x", "x" },
        { "<im\x01g src=x>y", "y" },
        { "<a href=\"https://evil.com\">t</a>", "t" },

        /* no tags */
        { "<số CCCD> <điện thoại>", "‹số CCCD› <điện thoại>" },
        { "<https://dichvucong.gov.vn/x>", "https://dichvucong.gov.vn/x" },
        { "<https://evil.com>", GONE },
        { "<a@b.vn>", "‹a@b.vn›" },
        { "x <b", "x ‹b" },
        { "x <", "x ‹" },

        /* nothing comes together to a tag */
        { "<<b>script>x", "‹script>x" },
        { "<scr<b>ipt>x", "‹script>x" },
        { "<<<b", "‹‹‹b" },
        { "<![a](b)script>", "" },
        { "< ![a](b)script>", "< script>" },
        { "<5ab://c script>", "< " GONE " script>" }
    };

    (void) state;

    CHECK(pairs);
}


static void
test_links(void **state)
{
    static const pair_t  pairs[] = {
        { "https://dichvucong.gov.vn/p/home?a=1#b.", NULL },
        { "(https://dichvucong.gov.vn/x), http://example.org!", NULL },
        { "**https://a.example.ORG/x**", NULL },
        { "https://dichvucong.gov.vn:443/ www.dichvucong.gov.vn", NULL },
        { "https://dichvucong.gov.vn/a_(b) https://dichvucong.gov.vn./", NULL },
        { "https://dichvucong.gov.vn/đường", NULL },
        { "https://zalo.me/123.", NULL },
        { "https://zalo.me/1234", GONE },
        { "xem https://evil.com/a?b=c, và", "xem " GONE ", và" },
        { "(https://evil.com)", "(" GONE ")" },
        { "HTTPS://EVIL.COM", GONE },
        { "xhttp://evil.com", "x" GONE },
        { "hhttps://evil.com", "h" GONE },
        { "https://dichvucong.gov.vn.evil.com", GONE },
        { "https://evildichvucong.gov.vn", GONE },
        { "https://.dichvucong.gov.vn", GONE },
        { "https://dichvucong.gov.vn@evil.com/", GONE },
        { "https://a:b@dichvucong.gov.vn/", GONE },
        { "https://evil.com\\.dichvucong.gov.vn", GONE },
        { "https://evil.com\\@dichvucong.gov.vn", GONE },
        { "https://dichvucong.gov.vnđ.evil.com", GONE },
        { "https://dichvucong.gov.vn:x/", GONE },
        { "https:\\\\evil.com http:/evil.com", GONE " " GONE },
        { "https://", GONE },
        { "https://[::1]/", GONE "[::1]/" },
        { "www.evil.com", GONE },
        { "ftp://dichvucong.gov.vn/ a://b", GONE " " GONE },
        { "javascript:alert(1) xJavaScript:x vbscript:x",
          GONE " " GONE " " GONE },
        { "data:text/html,x", GONE },

        /* a tag or a picture in it */
        { "ht<b>tps://evil.com</b>", GONE },
        { "https://dichvucong.gov.vn<b>.evil.com</b>", GONE },
        { "ht![a](b)tps://evil.com", "ht " GONE }
    };

    (void) state;

    CHECK(pairs);
}


static void
test_markdown(void **state)
{
    static const pair_t  pairs[] = {
        { "[t](https://dichvucong.gov.vn/a_(b)) x", NULL },
        { "[t](https://dichvucong.gov.vn/ \"tên\")", NULL },
        { "[t](https://zalo.me/123)", NULL },
        { "[t](/đường/dẫn?a=1&b=2) [t](#mục) [t](?a) [t]()", NULL },
        { "Điều 5[1](xem thêm)", NULL },
        { "[t](https://evil.com/x)", "[t] " GONE },
        { "[https://evil.com](https://evil.com)", "[" GONE "] " GONE },
        { "[t](//evil.com)", "[t] " GONE },
        { "[t](/\\evil.com)", "[t] " GONE },
        { "[t](evil.com/x)", "[t] " GONE },
        { "[t](/\t/evil.com)", "[t] " GONE },
        { "[t](javascript:alert(1))", "[t] " GONE },
        { "[t]( JaVaScRiPt:alert(1) )", "[t] " GONE },
        { "[t](javascript&colon;alert(1))", "[t] " GONE },
        { "[t](data:text/html,x)", "[t] " GONE },
        { "[t](mailto:a@b.vn)", "[t] " GONE },
        { "[t](/ok \"http://evil.com\")", "[t] " GONE },
        { "[t](x https://evil.com)", "[t] " GONE },
        { "[t](https://evil.com", "[t] " GONE },
        { "[t](https://evil.com\nx", "[t] " GONE "\nx" },
        { "[t](\n//evil.com)", "[t] (\n//evil.com)" },
        { "[a [t](d](\n//evil.com)", "[a [t] " GONE "\n//evil.com)" },
        { "[t]( \n /\\evil.com)", "[t] ( \n /\\evil.com)" },

        /* definitions of targets */
        { "![a][r]\n\n[r]: //evil.com/x", "![a][r]\n\n[r] : //evil.com/x" },
        { "1. a://b: //evil.com", "1. " GONE " : //evil.com" },
        { "[r]:\n//evil.com", "[r] :\n//evil.com" },
        { "x\n > 1. [r]:https&#58;//evil.com",
          "x\n > 1. [r] :https&#58;//evil.com" },
        { "[a\nb\\]c]: /\\evil.com", "[a\nb\\]c] : /\\evil.com" },
        { "Theo [1]: 200.000 đồng", NULL },
        { "[1] a\n\nTheo [1]: b", NULL },
        { "[a](http://evil.com)(javascript:x)",
          "[a] " GONE " (" GONE ")" },
        { "https://evil.com](javascript:x)", GONE "] " GONE },

        /* pictures */
        { "x ![ảnh](https://evil.com/x.png) y", "x  y" },
        { "x![](data:x)y", "x y" },
        { "![a [b] c](d(e)f)x", "x" },
        { "![a](b", "" },
        { "![a](b\nc", "\nc" },
        { "![a![b](c)", "![a" },
        { "[![a](b)](https://evil.com)", "[ ] " GONE },
        { "![x https://evil.com", "![x " GONE },
        { "http://evil.com![a](b)!", GONE " !" },
        { "https://example.org!![a](b)", "https://example.org!" },
        { "wow!!", NULL }
    };

    (void) state;

    CHECK(pairs);
}


/* At the limits of what is held back. */

static void
test_limits(void **state)
{
    size_t        n;
    assist_buf_t  in = ASSIST_BUF_INIT, out = ASSIST_BUF_INIT;

    (void) state;

    for (n = ASSIST_PLAIN_URL - 30; n < ASSIST_PLAIN_URL + 5; n++) {
        in.len = 0;
        assist_buf_puts(&in, "https://example.org/");

        while (in.len < n) {
            assist_buf_putc(&in, 'a');
        }

        assist_buf_puts(&in, " x");

        guard(assist_buf_str(&in), 0, 7, &out);

        if (n <= ASSIST_PLAIN_URL) {
            assert_int_equal(out.len, in.len);

        } else {
            assert_text(&out, GONE " x");
        }

        /* as a target */

        in.len = 0;
        assist_buf_puts(&in, "[t](/");

        while (in.len < n + 4) {
            assist_buf_putc(&in, 'a');
        }

        assist_buf_puts(&in, ") x");

        guard(assist_buf_str(&in), 0, 7, &out);

        if (n <= ASSIST_PLAIN_URL) {
            assert_int_equal(out.len, in.len);

        } else {
            assert_text(&out, "[t] " GONE " x");
        }
    }

    /* too long for a tag, for the text of a picture */

    for (n = 0; n < 2; n++) {
        in.len = 0;
        assist_buf_puts(&in, n ? "![" : "<b ");

        while (in.len < 2000) {
            assist_buf_putc(&in, 'a');
        }

        assist_buf_puts(&in, n ? "](b)" : ">");
        guard(assist_buf_str(&in), 0, 1, &out);
        assert_true(out.len >= 2000);
    }

    assist_buf_free(&in);
    assist_buf_free(&out);
}


/* Beginnings of everything, again and again, in one piece and in bytes. */

static void
test_long(void **state)
{
    size_t        i;
    assist_buf_t  in = ASSIST_BUF_INIT, out = ASSIST_BUF_INIT;
    assist_buf_t  bytes = ASSIST_BUF_INIT;

    static const char  *const parts[] = {
        "<", "<a", "<a ", "![", "![a", "](", "[a](", "http://", "https:",
        "www.", "<!--", "<script>", "</script", "(", ")", "a", "!", "![[",
        "![]", "javascript:", "http://a<b>"
    };

    (void) state;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        in.len = 0;

        while (in.len < 1 << 18) {
            assist_buf_puts(&in, parts[i]);
        }

        guard(assist_buf_str(&in), 0, 0, &out);
        guard(assist_buf_str(&in), 0, 1, &bytes);

        assert_true(assist_str_eq(assist_buf_str(&out),
                                  assist_buf_str(&bytes)));
    }

    assist_buf_free(&in);
    assist_buf_free(&out);
    assist_buf_free(&bytes);
}


static void
test_no_rules(void **state)
{
    assist_plain_t  p;
    assist_buf_t    out = ASSIST_BUF_INIT;

    static const assist_plain_rules_t  none = { NULL, 0, NULL, 0, { "", 0 } };

    (void) state;

    assist_plain_init(&p, &none);
    assert_int_equal(assist_plain(&p, assist_str("a https://b.vn c"), &out),
                     0);
    assert_int_equal(assist_plain_end(&p, &out), 0);
    assert_text(&out, "a  c");

    out.failed = 1;
    assert_int_equal(assist_plain(&p, assist_str("x"), &out), -1);
    assert_int_equal(assist_plain_end(&p, &out), -1);

    assist_buf_free(&out);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_no_rules)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
