/*
 * Phrases that no question may have.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "deny.h"


static assist_deny_t *
parse(const char *text)
{
    assist_deny_t   *deny;
    assist_error_t   err = { 0, "" };

    deny = assist_deny_parse(text, strlen(text), &err);

    if (deny == NULL) {
        print_message("line %u: %s\n", err.line, err.text);
    }

    assert_non_null(deny);

    return deny;
}


static void
test_find(void **state)
{
    size_t          i;
    assist_deny_t  *deny;

    static const struct {
        const char  *question;
        int64_t      line;
    } cases[] = {
        { "", 0 },
        { "Thủ tục đăng ký khai sinh", 0 },
        { "Cách LẬT ĐỔ chính quyền?", 3 },
        { "lật  đổ!", 3 },
        { "lâ\u0323t đô\u0309", 3 },
        { "lật, đổ", 3 },

        /* marks are the phrase's own */
        { "lat do", 4 },
        { "lát dỗ", 0 },
        { "lật do", 0 },
        { "ma tuý", 6 },
        { "ma túy", 6 },
        { "ma tuy", 0 },

        /* whole words, side by side */
        { "lật đổng", 0 },
        { "bật lật đổ", 3 },
        { "lật không đổ", 0 },
        { "xlật đổ", 0 },

        /* abbreviations */
        { "mua cccd giả", 7 },
        { "mua căn cước công dân giả ở đâu", 7 },

        /* the one that ends first, the longest of several */
        { "a b c d", 9 },
        { "b c d", 9 },
        { "x c d e", 10 },
        { "c d e a b", 10 },
        { "a b d c", 0 },
        { "a b c", 0 },
        { "1.001456", 11 },
        { "1.001456.02", 0 }
    };

    (void) state;

    deny = parse("\xef\xbb\xbf# danh sách\r\n"
                 "\n"
                 "  Lật đổ \r\n"
                 "lat do\n"
                 "lật đổ\n"
                 "ma túy\n"
                 "mua CCCD giả\n"
                 "  # a\n"
                 "b c d\n"
                 "c d e\n"
                 "1.001456");

    assert_int_equal(assist_deny_count(deny), 7);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (assist_deny_find(deny, assist_str_of(cases[i].question))
            != cases[i].line)
        {
            print_message("for \"%s\"\n", cases[i].question);
        }

        assert_int_equal(assist_deny_find(deny,
                                          assist_str_of(cases[i].question)),
                         cases[i].line);
    }

    assist_deny_free(deny);
}


static void
test_suffixes(void **state)
{
    assist_deny_t  *deny;

    (void) state;

    deny = parse("a b c d e\nc d\nd\na b x\n");

    assert_int_equal(assist_deny_find(deny, assist_str("a b c d e")), 2);
    assert_int_equal(assist_deny_find(deny, assist_str("b d")), 3);
    assert_int_equal(assist_deny_find(deny, assist_str("a b a b x")), 4);
    assert_int_equal(assist_deny_find(deny, assist_str("a a b b x")), 0);
    assist_deny_free(deny);

    deny = parse("a b a b c\n");
    assert_int_equal(assist_deny_find(deny, assist_str("a b a b a b c")), 1);
    assist_deny_free(deny);
}


static void
test_empty(void **state)
{
    assist_deny_t  *deny;

    (void) state;

    deny = assist_deny_parse(NULL, 0, NULL);
    assert_non_null(deny);
    assert_int_equal(assist_deny_count(deny), 0);
    assert_int_equal(assist_deny_find(deny, assist_str("a")), 0);
    assist_deny_free(deny);

    deny = parse("#\n\n   \n\r\n#x");
    assert_int_equal(assist_deny_count(deny), 0);
    assist_deny_free(deny);

    assist_deny_free(NULL);
}


static void
test_errors(void **state)
{
    size_t          i;
    char            phrase[300];
    assist_deny_t  *deny;
    assist_error_t  err;

    static const struct {
        const char  *text;
        uint32_t     line;
    } cases[] = {
        { "\xff", 1 },
        { "a\nb\n\nc\xc3\nd", 4 },
        { "# \xed\xa0\x80", 1 },
        { "a\n?!\n", 2 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(assist_deny_parse(cases[i].text, strlen(cases[i].text),
                                      &err));
        assert_int_equal(err.line, cases[i].line);
        assert_true(err.text[0] != '\0');
        assert_null(assist_deny_parse(cases[i].text, strlen(cases[i].text),
                                      NULL));
    }

    memset(phrase, 'a', sizeof(phrase));
    phrase[0] = '\n';
    phrase[1] = ' ';

    deny = assist_deny_parse(phrase, 2 + ASSIST_DENY_PHRASE_MAX, &err);
    assert_non_null(deny);
    assist_deny_free(deny);

    assert_null(assist_deny_parse(phrase, 3 + ASSIST_DENY_PHRASE_MAX, &err));
    assert_int_equal(err.line, 2);
}


/* Ten thousand phrases that all begin alike, and a question of their words. */

static void
test_many(void **state)
{
    size_t          i;
    assist_buf_t    list = ASSIST_BUF_INIT, question = ASSIST_BUF_INIT;
    assist_deny_t  *deny;

    (void) state;

    for (i = 0; i < 10000; i++) {
        assist_buf_printf(&list, "a a a a a a a a a a a a a a a a w%zu\n", i);
    }

    for (i = 0; i < 1 << 17; i++) {
        assist_buf_puts(&question, "a ");
    }

    deny = assist_deny_parse(list.data, list.len, NULL);
    assert_non_null(deny);
    assert_int_equal(assist_deny_count(deny), 10000);
    assert_int_equal(assist_deny_find(deny, assist_buf_str(&question)), 0);

    assist_buf_puts(&question, "W9999?");
    assert_int_equal(assist_deny_find(deny, assist_buf_str(&question)), 10000);

    assist_deny_free(deny);
    assist_buf_free(&list);
    assist_buf_free(&question);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_suffixes),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_many)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
