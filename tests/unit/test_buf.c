/*
 * The growing buffer, and its JSON and CSV spellings.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "buf.h"


#define ncases(a)  (sizeof(a) / sizeof(a[0]))


typedef struct {
    assist_str_t  in;
    const char   *out;
} spelling_t;


static const char *escapes_to(int c);


static void
assert_buf(assist_buf_t *b, const char *expected)
{
    assert_false(b->failed);
    assert_int_equal(b->len, strlen(expected));
    assert_memory_equal(b->data, expected, b->len);
    assist_buf_free(b);
}


static void
test_grow(void **state)
{
    size_t        i;
    assist_buf_t  b = ASSIST_BUF_INIT;

    (void) state;

    for (i = 0; i < 100000; i++) {
        assist_buf_putc(&b, (char) ('a' + i % 26));
    }

    assert_int_equal(b.len, 100000);
    assert_true(b.cap >= b.len);

    for (i = 0; i < b.len; i++) {
        assert_int_equal(b.data[i], 'a' + i % 26);
    }

    assist_buf_free(&b);
    assert_null(b.data);
    assert_int_equal(b.len, 0);

    assist_buf_add(&b, NULL, 0);
    assert_int_equal(b.len, 0);
    assist_buf_free(&b);
}


static void
test_failed(void **state)
{
    assist_buf_t  b = ASSIST_BUF_INIT;

    (void) state;

    assist_buf_puts(&b, "kept");
    assert_null(assist_buf_reserve(&b, SIZE_MAX / 2));
    assert_true(b.failed);

    /* a writer checks once, at its end: nothing that follows has an effect */

    assist_buf_puts(&b, "lost");
    assist_buf_printf(&b, "%d", 1);
    assist_buf_json(&b, assist_str("lost"));
    assist_buf_csv(&b, assist_str("lost"));
    assist_buf_uint(&b, 1);

    assert_int_equal(b.len, 4);
    assert_memory_equal(b.data, "kept", 4);
    assist_buf_free(&b);
}


static void
test_printf(void **state)
{
    assist_buf_t  b = ASSIST_BUF_INIT;

    (void) state;

    assist_buf_printf(&b, "%s", "");
    assist_buf_printf(&b, "%d-%s", -5, "x");
    assist_buf_printf(&b, "%300d", 7);

    assert_int_equal(b.len, 304);
    assert_memory_equal(b.data, "-5-x ", 5);
    assert_int_equal(b.data[303], '7');
    assist_buf_free(&b);
}


static void
test_uint(void **state)
{
    size_t        i;
    assist_buf_t  b = ASSIST_BUF_INIT;

    static const struct {
        uint64_t     n;
        const char  *text;
    } cases[] = {
        { 0, "0" }, { 9, "9" }, { 10, "10" }, { 1234567890, "1234567890" },
        { UINT64_MAX, "18446744073709551615" }
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        assist_buf_uint(&b, cases[i].n);
        assert_buf(&b, cases[i].text);
    }
}


static void
test_json(void **state)
{
    size_t         i;
    json_t        *value;
    json_error_t   error;
    assist_buf_t   b = ASSIST_BUF_INIT;

    static const spelling_t  cases[] = {
        { assist_str(""), "\"\"" },
        { { NULL, 0 }, "\"\"" },
        { assist_str("plain"), "\"plain\"" },
        { assist_str("a\"b\\c"), "\"a\\\"b\\\\c\"" },
        { assist_str("\n\r\t"), "\"\\n\\r\\t\"" },
        { assist_str("a\0b"), "\"a\\u0000b\"" },
        { assist_str("\x01\x1f\x7f"), "\"\\u0001\\u001f\\u007f\"" },
        { assist_str("Đăng ký khai sinh"), "\"Đăng ký khai sinh\"" },
        { assist_str("\xf0\x9f\x91\x8d"), "\"\xf0\x9f\x91\x8d\"" },
        { assist_str("</script>"), "\"</script>\"" },

        /* not UTF-8: a continuation alone, cut characters, overlong forms,
         * a surrogate, beyond U+10FFFF, a byte that never occurs */
        { assist_str("a\x80z"), "\"a\\ufffdz\"" },
        { assist_str("a\xc3"), "\"a\\ufffd\"" },
        { assist_str("\xe1\xbb"), "\"\\ufffd\\ufffd\"" },
        { assist_str("\xe1\xbbz"), "\"\\ufffd\\ufffdz\"" },
        { assist_str("\xc0\xaf"), "\"\\ufffd\\ufffd\"" },
        { assist_str("\xe0\x80\xaf"), "\"\\ufffd\\ufffd\\ufffd\"" },
        { assist_str("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"" },
        { assist_str("\xf4\x90\x80\x80"),
          "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
        { assist_str("\xff\xc3\xa9"), "\"\\ufffd\xc3\xa9\"" },
        { assist_str("\xc3\"\xc3"), "\"\\ufffd\\\"\\ufffd\"" }
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        assist_buf_json(&b, cases[i].in);

        value = json_loadb(b.data, b.len,
                           JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        assert_non_null(value);
        assert_true(json_is_string(value));
        json_decref(value);

        assert_buf(&b, cases[i].out);
    }
}


/* Eight bytes are looked at at once: each byte at each place of a text. */

static void
test_json_places(void **state)
{
    int            c;
    char           bytes[20], expected[32];
    size_t         len, at;
    assist_buf_t   b = ASSIST_BUF_INIT;

    (void) state;

    for (len = 1; len <= sizeof(bytes); len++) {
        for (at = 0; at < len; at++) {
            for (c = 0; c < 256; c++) {
                memset(bytes, 'a', sizeof(bytes));
                bytes[at] = (char) c;

                if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
                    snprintf(expected, sizeof(expected), "\"%.*s\"",
                             (int) len, bytes);

                } else {
                    snprintf(expected, sizeof(expected), "\"%.*s%s%.*s\"",
                             (int) at, bytes, escapes_to(c),
                             (int) (len - at - 1), bytes + at + 1);
                }

                b.len = 0;
                assist_buf_json(&b, (assist_str_t) { bytes, len });
                assert_int_equal(b.len, strlen(expected));
                assert_memory_equal(b.data, expected, b.len);
            }
        }
    }

    assist_buf_free(&b);
}


static const char *
escapes_to(int c)
{
    static char  text[8];

    if (c == '"' || c == '\\') {
        snprintf(text, sizeof(text), "\\%c", c);

    } else if (c == '\n' || c == '\r' || c == '\t') {
        snprintf(text, sizeof(text), "\\%c",
                 c == '\n' ? 'n' : c == '\r' ? 'r' : 't');

    } else if (c < 0x80) {
        snprintf(text, sizeof(text), "\\u%04x", c);

    } else {
        return "\\ufffd";         /* alone it is no UTF-8 */
    }

    return text;
}


/* Whatever bytes come in, a JSON reader accepts what goes out. */

static void
test_json_any(void **state)
{
    char           bytes[24];
    size_t         i, k;
    json_t        *value;
    uint32_t       seed;
    json_error_t   error;
    assist_buf_t   b = ASSIST_BUF_INIT;

    (void) state;

    seed = 2463534242u;

    for (i = 0; i < 20000; i++) {
        for (k = 0; k < sizeof(bytes); k++) {
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            bytes[k] = (char) seed;
        }

        assist_buf_json(&b, (assist_str_t) { bytes, seed % sizeof(bytes) });

        value = json_loadb(b.data, b.len,
                           JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        assert_non_null(value);
        json_decref(value);

        assist_buf_free(&b);
    }
}


static void
test_csv(void **state)
{
    size_t        i;
    assist_buf_t  b = ASSIST_BUF_INIT;

    static const spelling_t  cases[] = {
        { assist_str(""), "" },
        { { NULL, 0 }, "" },
        { assist_str("plain text"), "plain text" },
        { assist_str("Hà Nội"), "Hà Nội" },
        { assist_str("a,b"), "\"a,b\"" },
        { assist_str("say \"hi\""), "\"say \"\"hi\"\"\"" },
        { assist_str("two\nlines"), "\"two\nlines\"" },
        { assist_str("cr\r"), "\"cr\r\"" },
        { assist_str("\""), "\"\"\"\"" },
        { assist_str("semi;colon"), "semi;colon" }
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        assist_buf_csv(&b, cases[i].in);
        assert_buf(&b, cases[i].out);
    }
}


static void
test_html(void **state)
{
    size_t        i;
    assist_buf_t  b = ASSIST_BUF_INIT;

    static const struct {
        assist_str_t  in;
        const char   *out;
    } cases[] = {
        { { "", 0 }, "" },
        { { "ho chieu", 8 }, "ho chieu" },
        { { "<b>\"&'\"</b>", 12 },
          "&lt;b&gt;&quot;&amp;&#39;&quot;&lt;/b&gt;" },
        { { "&amp;", 5 }, "&amp;amp;" },
        { { "a\0b\x01\x7f\tc\nd\r\f", 11 }, "ab\tc\nd\r\f" },
        { { "h\xe1\xbb\x99 \xff", 6 }, "h\xe1\xbb\x99 \xff" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        b.len = 0;
        assist_buf_html(&b, cases[i].in);
        assert_int_equal(b.len, strlen(cases[i].out));

        if (b.len) {
            assert_memory_equal(b.data, cases[i].out, b.len);
        }
    }

    assist_buf_free(&b);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_grow),
        cmocka_unit_test(test_failed),
        cmocka_unit_test(test_printf),
        cmocka_unit_test(test_uint),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_any),
        cmocka_unit_test(test_json_places),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_html)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
