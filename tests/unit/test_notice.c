/*
 * A notice in both languages, as an administrator's file has it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "notice.h"


static void
check(assist_str_t s, const char *want)
{
    assert_int_equal(s.len, strlen(want));
    assert_memory_equal(s.data, want, s.len);
}


static void
test_parse(void **state)
{
    assist_error_t   err;
    assist_notice_t  notice;

    (void) state;

    assert_int_equal(assist_notice_parse(&notice, assist_str(
                         "\xef\xbb\xbf# the notice\r\n\r\n"
                         "  vi =  Trả lời do AI tạo = có thể sai. \r\n"
                         "en=By AI: # may be wrong"), &err), 0);

    check(notice.vi, "Trả lời do AI tạo = có thể sai.");
    check(notice.en, "By AI: # may be wrong");
}


static void
test_errors(void **state)
{
    size_t           i;
    char             text[1100];
    assist_error_t   err;
    assist_notice_t  notice;

    static const struct {
        const char  *file;
        uint32_t     line;
        const char  *text;
    } cases[] = {
        { "", 0, "a line \"vi = text\" is missing" },
        { "vi = a\n", 0, "a line \"en = text\" is missing" },
        { "en = a\n# vi = b", 0, "a line \"vi = text\" is missing" },
        { "\nvi a", 2, "expected \"vi = text\"" },
        { "vi = a\nfr = b", 2, "unknown language \"fr\"; known are vi, en" },
        { "= b", 1, "unknown language \"\"" },
        { "vi = a\nvi = b", 2, "\"vi\" is given twice" },
        { "vi =  \n", 1, "\"vi\" must be a text of 1 to 1000 bytes" },
        { "en = a\x01z", 1, "\"en\" must be a text" },
        { "en = a\xffz", 1, "\"en\" must be a text" },
        { "en = \xe1\xba", 1, "\"en\" must be a text" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(assist_notice_parse(&notice,
                             assist_str_of(cases[i].file), &err), -1);
        assert_int_equal(err.line, cases[i].line);

        if (strstr(err.text, cases[i].text) == NULL) {
            fail_msg("%s: %s", cases[i].text, err.text);
        }
    }

    memset(text, 'a', sizeof(text));
    memcpy(text, "vi = b\nen = ", 12);

    assert_int_equal(assist_notice_parse(&notice,
                         (assist_str_t) { text, 12 + 1000 }, &err), 0);
    assert_int_equal(notice.en.len, 1000);
    assert_int_equal(assist_notice_parse(&notice,
                         (assist_str_t) { text, 12 + 1001 }, &err), -1);
    assert_int_equal(err.line, 2);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_errors)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
