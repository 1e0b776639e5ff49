/*
 * The form by which answers are found again: what it merges, and what never.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "question.h"
#include "text.h"


typedef struct {
    const char  *in;
    const char  *out;
} pair_t;


static char *
form(const char *text)
{
    const char    *lang;
    assist_buf_t   out = ASSIST_BUF_INIT;

    assert_int_equal(assist_question_form(assist_str_of(text), &out, &lang),
                     0);
    assert_int_equal(strlen(lang), 2);
    assist_buf_putc(&out, '\0');
    assert_false(out.failed);

    return out.data;
}


static void
test_forms(void **state)
{
    char    *got;
    size_t   i;

    static const pair_t  pairs[] = {
        { "", "" },
        { " ?! ", "" },
        { "< >", "" },
        { "Lệ phí?", "lệ phí" },
        { "Cho tôi hỏi lệ phí ạ", "lệ phí" },
        { "Ad ơi, dạ cho em hỏi chút là lệ phí với ạ. Xin cảm ơn ạ!",
          "lệ phí" },
        { "Trẻ <14 tuổi, 50%", "trẻ < 14 tuổi 50 %" },
        { "<b>", "< b >" },

        /* nothing but polite */
        { "Xin chào", "xin chào" },
        { "Hello! Thanks", "hello thanks" },
        { "Cho tôi hỏi ạ", "cho tôi hỏi ạ" },

        /* whole words, whole phrases, only at the ends */
        { "xin giấy phép", "xin giấy phép" },
        { "khai sinh cho em hỏi ở đâu", "khai sinh cho em hỏi ở đâu" },
        { "pleased", "pleased" },
        { "tạ", "tạ" },
        { "xin lỗi công khai", "xin lỗi công khai" }
    };

    (void) state;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        got = form(pairs[i].in);
        assert_string_equal(got, pairs[i].out);
        free(got);
    }
}


/* Politeness tells it, too; a sign does not. */

static void
test_language(void **state)
{
    size_t         i;
    const char    *lang;
    assist_buf_t   out = ASSIST_BUF_INIT;

    static const pair_t  pairs[] = {
        { "Could you tell me 1.001456", "en" },
        { "Cho tôi hỏi passport fee", "vi" },
        { "fee in €", "en" },
        { "le phi", "vi" },
        { "lệ phí < 5 €", "vi" }
    };

    (void) state;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        out.len = 0;
        (void) assist_question_form(assist_str_of(pairs[i].in), &out, &lang);
        assert_string_equal(lang, pairs[i].out);
    }

    assist_buf_free(&out);
}


/* What has the form of another question has the same form once more. */

static void
test_form_of_a_form(void **state)
{
    char    *once, *twice;
    size_t   i;

    static const char  *const questions[] = {
        "Cho tôi hỏi lệ phí ạ", "trẻ ≥14 tuổi", "CCCD ạ", "Xin chào",
        "a\xff<b", "\xe2\x89", "50 %"
    };

    (void) state;

    for (i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        once = form(questions[i]);
        twice = form(once);
        assert_string_equal(once, twice);
        free(once);
        free(twice);
    }
}


/* tests/data/pairs.tsv: kind, one question, another one. */

static void
test_pairs(void **state)
{
    int          equal, same, nsame, ndifferent, merged, wrong;
    char         path[512], line[1024], *a, *b, *one, *other;
    FILE        *f;
    const char  *root;

    (void) state;

    root = getenv("ASSIST_ROOT");
    (void) snprintf(path, sizeof(path), "%s/tests/data/pairs.tsv",
                    root ? root : ".");

    f = fopen(path, "rb");
    if (f == NULL) {
        fail_msg("cannot open %s (set ASSIST_ROOT)", path);
    }

    nsame = ndifferent = merged = wrong = 0;

    while (fgets(line, sizeof(line), f) != NULL) {

        if (line[0] == '#') {
            continue;
        }

        line[strcspn(line, "\n")] = '\0';
        a = strchr(line, '\t');
        assert_non_null(a);
        *a++ = '\0';
        b = strchr(a, '\t');
        assert_non_null(b);
        *b++ = '\0';

        same = strcmp(line, "same") == 0;
        assert_true(same || strcmp(line, "different") == 0);

        one = form(a);
        other = form(b);
        equal = strcmp(one, other) == 0;

        if (same) {
            nsame++;
            merged += equal;

        } else {
            ndifferent++;
            wrong += equal;
        }

        if (equal != same) {
            print_message("%s: \"%s\" (%s), \"%s\" (%s)\n", line, a, one, b,
                          other);
        }

        free(one);
        free(other);
    }

    (void) fclose(f);

    print_message("%d of %d that ask the same merge, %d of %d that do not\n",
                  merged, nsame, wrong, ndifferent);

    assert_true(nsame + ndifferent >= 150);
    assert_int_equal(wrong, 0);
    assert_true(merged * 10 >= nsame * 9);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_language),
        cmocka_unit_test(test_form_of_a_form),
        cmocka_unit_test(test_pairs)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
