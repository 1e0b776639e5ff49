/*
 * Commands, as hiredis formats them, and replies before hiredis reads them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "resp.h"


static void
test_command(void **state)
{
    assist_buf_t  out = ASSIST_BUF_INIT;

    static const assist_str_t  set[] = {
        { "SET", 3 }, { "k\0y", 3 }, { "", 0 }, { "a\r\nb", 4 }
    };
    static const char  expected[] =
        "*4\r\n$3\r\nSET\r\n$3\r\nk\0y\r\n$0\r\n\r\n$4\r\na\r\nb\r\n";
    static const assist_str_t  ping[] = { { "PING", 4 } };

    (void) state;

    assist_resp_command(&out, set, 4);
    assert_int_equal(out.len, sizeof(expected) - 1);
    assert_memory_equal(out.data, expected, out.len);

    out.len = 0;
    assist_resp_command(&out, ping, 1);
    assert_int_equal(out.len, 14);
    assert_memory_equal(out.data, "*1\r\n$4\r\nPING\r\n", 14);

    assist_buf_free(&out);
}


/* A length of many digits. */

static void
test_long(void **state)
{
    char          *big;
    assist_buf_t   out = ASSIST_BUF_INIT;
    assist_str_t   word;

    (void) state;

    big = malloc(1000000);
    assert_non_null(big);
    memset(big, 'x', 1000000);
    word = (assist_str_t) { big, 1000000 };

    assist_resp_command(&out, &word, 1);
    assert_memory_equal(out.data, "*1\r\n$1000000\r\nx", 15);
    assert_int_equal(out.len, 4 + 10 + 1000000 + 2);

    free(big);
    assist_buf_free(&out);
}


/* Takes text whole and byte by byte; the number of replies, or -1. */

static int
gate(const char *text, size_t len)
{
    int                 rc;
    size_t              i;
    assist_resp_gate_t  whole = { 0 }, bytes = { 0 };

    rc = assist_resp_gate(&whole, text, len);

    for (i = 0; i < len && assist_resp_gate(&bytes, text + i, 1) == 0; i++) {
        /* void */
    }

    assert_int_equal(rc == 0, i == len);

    if (rc != 0) {
        assert_string_equal(whole.error, bytes.error);
        return -1;
    }

    assert_int_equal(whole.replies, bytes.replies);

    return (int) whole.replies;
}


static void
test_gate(void **state)
{
    size_t  i;

    static const struct { const char *text; int replies; } cases[] = {
        { "", 0 },
        { "+OK\r\n", 1 },
        { "+O\rK\n\r", 0 },
        { "+O\rK\n\r\n", 1 },
        { "-ERR no\r\n:12\r\n", 2 },
        { "$5\r\nab\r\nc\r\n+\r\n", 2 },
        { "$5\r\nab\r\nc\r", 0 },
        { "$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n", 4 },
        { "*2\r\n*1\r\n:1\r\n", 0 },
        { "*2\r\n*1\r\n:1\r\n$1\r\na\r\n", 1 },
        { "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", 1 },
        { "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", -1 },
        { "HTTP/1.1 400 Bad Request\r\n", -1 },
        { "$\r\n", -1 }, { "$-2\r\n", -1 }, { "$-11\r\n", -1 },
        { "$1 \r\n", -1 }, { "$1\n", -1 }, { "$1\r\r", -1 },
        { "$-\r\n", -1 }, { "*+1\r\n", -1 },
        { "$8388609\r\n", -1 }, { "$8388600\r\n", -1 },
        { "$99999999999999999999\r\n", -1 },
        { "*262144\r\n", 0 }, { "*262145\r\n", -1 },
        { "*2147483647\r\n", -1 },
        { "*2\r\n*200000\r\n", 0 },
        { "*200000\r\n*200000\r\n", -1 },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(gate(cases[i].text, strlen(cases[i].text)),
                         cases[i].replies);
    }
}


/* A line that never ends, and many strings of one reply. */

static void
test_gate_bytes(void **state)
{
    int                 i;
    char               *big;
    assist_resp_gate_t  line = { 0 }, list = { 0 };

    (void) state;

    big = malloc(ASSIST_RESP_BYTES);
    assert_non_null(big);
    memset(big, 'x', ASSIST_RESP_BYTES);

    assert_int_equal(assist_resp_gate(&line, "+", 1), 0);
    assert_int_equal(assist_resp_gate(&line, big, ASSIST_RESP_BYTES - 1), 0);
    assert_int_equal(assist_resp_gate(&line, "x", 1), -1);
    assert_string_equal(line.error, "its reply is too large");

    assert_int_equal(assist_resp_gate(&list, "*9\r\n", 4), 0);

    for (i = 0; i < 8; i++) {
        if (assist_resp_gate(&list, "$1048576\r\n", 10) != 0) {
            break;
        }

        assert_int_equal(assist_resp_gate(&list, big, 1048576 + 2), 0);
    }

    assert_int_equal(i, 7);
    free(big);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_gate),
        cmocka_unit_test(test_gate_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
