/*
 * Commands, as hiredis formats them.
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


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
