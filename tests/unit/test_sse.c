/*
 * Event streams, wherever they are split.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sse.h"


#define MAX  40


typedef struct {
    assist_str_t  in;
    const char   *out;          /* [name|data] for each event, !error */
    const char   *tail;         /* what the end adds; NULL: nothing */
} case_t;


static int
on_event(void *data, assist_str_t event, assist_str_t text)
{
    assist_buf_t  *out = data;

    assist_buf_putc(out, '[');
    assist_buf_add(out, event.data, event.len);
    assist_buf_putc(out, '|');
    assist_buf_add(out, text.data, text.len);
    assist_buf_putc(out, ']');

    return assist_str_eq(text, assist_str("stop")) ? -1 : 0;
}


/* A copy of each piece, so that a read past its end is seen. */

static int
feed(assist_sse_t *sse, const char *data, size_t len)
{
    int    rc;
    char  *copy;

    copy = malloc(len + (len == 0));
    assert_non_null(copy);
    memcpy(copy, data, len);

    rc = assist_sse_feed(sse, (assist_str_t) { copy, len });
    assert_int_equal(rc, sse->error ? -1 : 0);

    free(copy);

    return rc;
}


static void
read_stream(assist_str_t in, size_t cut, size_t piece, assist_buf_t *out)
{
    int           rc;
    size_t        i, n;
    assist_sse_t  sse;

    out->len = 0;
    rc = 0;
    assist_sse_init(&sse, MAX, on_event, out);

    for (i = 0; i < in.len && rc == 0; i += n) {
        n = piece ? piece : i < cut ? cut : in.len - i;
        rc = feed(&sse, in.data + i, n);
    }

    if (rc == 0) {
        assist_buf_puts(out, "~");
        rc = assist_sse_end(&sse);
    }

    if (rc != 0) {
        assist_buf_puts(out, "!");
        assist_buf_puts(out, sse.error);
    }

    /* either way it is dead */

    assert_int_equal(feed(&sse, "data: x\n\n", 9), -1);
    assert_int_equal(assist_sse_end(&sse), -1);

    assist_buf_putc(out, '\0');
    assist_sse_free(&sse);
}


static void
check(const case_t *cases, size_t n)
{
    size_t        i, cut;
    assist_buf_t  out = ASSIST_BUF_INIT, expected = ASSIST_BUF_INIT;

    for (i = 0; i < n; i++) {
        expected.len = 0;
        assist_buf_puts(&expected, cases[i].out);

        if (strchr(cases[i].out, '!') == NULL) {
            assist_buf_putc(&expected, '~');
            assist_buf_puts(&expected, cases[i].tail ? cases[i].tail : "");
        }

        assist_buf_putc(&expected, '\0');

        for (cut = 0; cut <= cases[i].in.len; cut++) {
            read_stream(cases[i].in, cut, 0, &out);
            assert_string_equal(out.data, expected.data);
        }

        read_stream(cases[i].in, 0, 1, &out);
        assert_string_equal(out.data, expected.data);
    }

    assist_buf_free(&out);
    assist_buf_free(&expected);
}

#define CHECK(cases)  check(cases, sizeof(cases) / sizeof(cases[0]))


/* The examples of the standard are among them. */

static void
test_events(void **state)
{
    static const case_t  cases[] = {
        { assist_str(""), "", NULL },
        { assist_str("data: a\n\n"), "[message|a]", NULL },
        { assist_str("data: a\n\ndata: b\n\n"), "[message|a][message|b]",
          NULL },
        { assist_str("data: YHOO\ndata: +2\ndata: 10\n\n"),
          "[message|YHOO\n+2\n10]", NULL },
        { assist_str(": a\n\ndata: b\nid: 1\n\ndata:c\nid\n\ndata:  d\n\n"),
          "[message|b][message|c][message| d]", NULL },
        { assist_str("data\n\ndata\ndata\n\ndata:"),
          "[message|][message|\n]", "[message|]" },
        { assist_str("data:test\n\ndata: test\n\n"),
          "[message|test][message|test]", NULL },
        { assist_str("event: add\ndata: 1\n\n"), "[add|1]", NULL },
        { assist_str("event: a\nevent: b\ndata: 1\n\n"), "[b|1]", NULL },
        { assist_str("event\ndata: 1\n\n"), "[message|1]", NULL },
        { assist_str("event: a\nevent:\ndata: 1\n\n"), "[message|1]", NULL },
        { assist_str("event: a\n\ndata: 1\n\n"), "[message|1]", NULL },
        { assist_str("data: a:b: c\n\n"), "[message|a:b: c]", NULL },
        { assist_str("data : a\n Data: b\ndatax: c\n:data: d\n\n"), "",
          NULL },
        { assist_str("retry: 10\nid: a\nfoo: b\nbar\n\n"), "", NULL },
        { assist_str("data: \xff\xfe\n\n"), "[message|\xff\xfe]", NULL },
        { assist_str("data: stop\n\ndata: b\n\n"),
          "[message|stop]!stopped by the handler", NULL }
    };

    (void) state;

    CHECK(cases);
}


static void
test_line_ends(void **state)
{
    static const case_t  cases[] = {
        { assist_str("\n\n\r\r\r\n\r\ndata: a\n\n\n"), "[message|a]", NULL },
        { assist_str("data: a\r\rdata: b\r\r"), "[message|a][message|b]",
          NULL },
        { assist_str("data: a\r\ndata: b\r\n\r\n"), "[message|a\nb]", NULL },
        { assist_str("data: a\rdata: b\ndata: c\r\n\r"),
          "[message|a\nb\nc]", NULL },
        { assist_str("data: a\n\r"), "[message|a]", NULL },
        { assist_str("data: a\r\n"), "", "[message|a]" },
        { assist_str(": a\r: b\r\n:\n:c\rdata: a\r\r"), "[message|a]", NULL }
    };

    (void) state;

    CHECK(cases);
}


static void
test_bom(void **state)
{
    static const case_t  cases[] = {
        { assist_str("\xef\xbb\xbf" "data: a\n\n"), "[message|a]", NULL },
        { assist_str("\xef\xbb\xbf: x\ndata: a\n\n"), "[message|a]", NULL },
        { assist_str("\xef\xbb\xbf\xef\xbb\xbf" "data: a\n\n"), "", NULL },
        { assist_str("\xef\xbb" "data: a\ndata: b\n\n"), "[message|b]",
          NULL },
        { assist_str("\xef\xef\xbb\xbf" "data: a\n\n"), "", NULL },
        { assist_str("\xef\n\ndata: a\n\n"), "[message|a]", NULL },
        { assist_str("\xef:\ndata: a\n\n"), "[message|a]", NULL },
        { assist_str("data: a\n\n\xef\xbb\xbf" "data: b\n\n"),
          "[message|a]", NULL },
        { assist_str("\xef\xbb"), "", NULL },
        { assist_str("\xef\xbb\xbf"), "", NULL }
    };

    (void) state;

    CHECK(cases);
}


static void
test_end(void **state)
{
    static const case_t  cases[] = {
        { assist_str("data: a"), "", "[message|a]" },
        { assist_str("data: a\n"), "", "[message|a]" },
        { assist_str("data: a\ndat"), "", "[message|a]" },
        { assist_str("data: a\n\nevent: b\n"), "[message|a]", NULL },
        { assist_str("event: b\ndata: c\n: d"), "", "[b|c]" },
        { assist_str("da"), "", NULL },
        { assist_str("data: stop"), "",
          "[message|stop]!stopped by the handler" }
    };

    (void) state;

    CHECK(cases);
}


#define TEN      "0123456789"
#define HUNDRED  TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

/* MAX bytes are held, and one more is not. */

static void
test_max(void **state)
{
    static const case_t  cases[] = {
        { assist_str("data: " TEN TEN TEN "0123\n\n"),
          "[message|" TEN TEN TEN "0123]", NULL },
        { assist_str("data: " TEN TEN TEN "01234\n\n"),
          "!an event is too large", NULL },
        { assist_str("data: a\n\ndata: " TEN TEN TEN "01234"),
          "[message|a]!an event is too large", NULL },
        { assist_str("unknown: " TEN TEN TEN "01\n\ndata: a\n\n"),
          "!an event is too large", NULL },

        /* together: 10 of the name, 11 of a line, 6 + 13 of a line */
        { assist_str("event:" TEN "\ndata:" TEN "\ndata: " TEN "012\n\n"),
          "[" TEN "|" TEN "\n" TEN "012]", NULL },
        { assist_str("event:" TEN "\ndata:" TEN "\ndata: " TEN "0123\n\n"),
          "!an event is too large", NULL },

        /* one event after the other, comments, and what is not kept */
        { assist_str("data:" TEN TEN "\n\ndata:" TEN TEN "\n\n"),
          "[message|" TEN TEN "][message|" TEN TEN "]", NULL },
        { assist_str("data: a\n:" HUNDRED "\n: " HUNDRED "\n\n"),
          "[message|a]", NULL },
        { assist_str("id: " TEN TEN "\nid: " TEN TEN "\nx: " TEN TEN
                     "\ndata: a\n\n"),
          "[message|a]", NULL },
        { assist_str("event: " TEN TEN "\nevent: 01234567\nevent: b"
                     "\ndata: a\n\n"),
          "[b|a]", NULL }
    };

    (void) state;

    CHECK(cases);
}


static void
test_write(void **state)
{
    size_t        i;
    assist_buf_t  out = ASSIST_BUF_INIT, back = ASSIST_BUF_INIT;

    static const struct {
        const char    *event;
        assist_str_t   data;
        const char    *out;
        const char    *back;
    } cases[] = {
        { NULL, assist_str("a"), "data: a\n\n", "[message|a]~" },
        { "", assist_str("a"), "data: a\n\n", "[message|a]~" },
        { "add", assist_str("a"), "event: add\ndata: a\n\n", "[add|a]~" },
        { "a\rdata: b", assist_str("c"), "event: a\ndata: c\n\n",
          "[a|c]~" },
        { "\nid: 1", assist_str("c"), "data: c\n\n", "[message|c]~" },
        { NULL, assist_str(""), "data: \n\n", "[message|]~" },
        { NULL, { NULL, 0 }, "data: \n\n", "[message|]~" },
        { NULL, assist_str(" a: b"), "data:  a: b\n\n",
          "[message| a: b]~" },
        { NULL, assist_str("a\nb"), "data: a\ndata: b\n\n",
          "[message|a\nb]~" },
        { NULL, assist_str("a\rb\r\nc"), "data: a\ndata: b\ndata: c\n\n",
          "[message|a\nb\nc]~" },
        { NULL, assist_str("\n\r\n\r"),
          "data: \ndata: \ndata: \ndata: \n\n", "[message|\n\n\n]~" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        out.len = 0;
        assist_sse_write(&out, cases[i].event, cases[i].data);

        read_stream(assist_buf_str(&out), 0, 1, &back);
        assert_string_equal(back.data, cases[i].back);

        assist_buf_putc(&out, '\0');
        assert_string_equal(out.data, cases[i].out);
    }

    assist_buf_free(&out);
    assist_buf_free(&back);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_bom),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_max),
        cmocka_unit_test(test_write)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
