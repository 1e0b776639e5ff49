/*
 * Citations in a model's text: which stay, which are dropped, their numbers,
 * wherever the text is cut.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cite.h"


typedef struct {
    size_t       n;
    const char  *in;
    const char  *out;           /* NULL: as it was */
    const char  *cited;
} case_t;


static void
cite(assist_cite_t *c, size_t n, assist_str_t text, size_t cut, size_t piece,
    assist_buf_t *out)
{
    size_t  i, len;

    out->len = 0;
    assist_cite_init(c, n);

    for (i = 0; i < text.len; i += len) {
        len = piece ? piece : i < cut ? cut : text.len - i;
        len = len > text.len - i ? text.len - i : len;

        assert_int_equal(assist_cite(c, (assist_str_t) { text.data + i, len },
                                     out),
                         0);
        assert_true(c->nheld < ASSIST_CITE_HELD);
    }

    assert_int_equal(assist_cite_end(c, out), 0);
}


static void
assert_cited(const assist_cite_t *c, assist_buf_t *out, const char *text,
    const char *cited)
{
    size_t        i;
    assist_buf_t  list = ASSIST_BUF_INIT;

    assist_buf_putc(out, '\0');
    assert_string_equal(out->data, text);
    out->len--;

    for (i = 0; i < c->ncited; i++) {
        assist_buf_printf(&list, "%s%d", i ? " " : "", c->cited[i]);
    }

    assist_buf_putc(&list, '\0');
    assert_string_equal(list.data, cited);

    assist_buf_free(&list);
}


/* In two pieces, cut everywhere; byte by byte; and what comes out, again. */

static void
check(const case_t *cases, size_t n)
{
    size_t          i, k, cut;
    const char     *expected;
    assist_str_t    text;
    assist_buf_t    out = ASSIST_BUF_INIT, again = ASSIST_BUF_INIT;
    assist_cite_t   c, d;

    for (i = 0; i < n; i++) {
        text = assist_str_of(cases[i].in);
        expected = cases[i].out ? cases[i].out : cases[i].in;

        for (cut = 0; cut <= text.len; cut++) {
            cite(&c, cases[i].n, text, cut, 0, &out);
            assert_cited(&c, &out, expected, cases[i].cited);
        }

        cite(&c, cases[i].n, text, 0, 1, &out);
        assert_cited(&c, &out, expected, cases[i].cited);

        cite(&d, c.ncited, assist_buf_str(&out), 0, 0, &again);
        assert_true(assist_str_eq(assist_buf_str(&again),
                                  assist_buf_str(&out)));
        assert_int_equal(d.ncited, c.ncited);

        for (k = 0; k < d.ncited; k++) {
            assert_int_equal(d.cited[k], k + 1);
        }
    }

    assist_buf_free(&out);
    assist_buf_free(&again);
}

#define CHECK(cases)  check(cases, sizeof(cases) / sizeof(cases[0]))


static void
test_kept(void **state)
{
    static const case_t  cases[] = {
        { 1, "", NULL, "" },
        { 3, "Lệ phí là 200.000 đồng [1].", NULL, "1" },
        { 3, "a [3] b [1] c [3] d [2]", "a [1] b [2] c [1] d [3]", "3 1 2" },
        { 3, "đồng[2], ngày[3]", "đồng[1], ngày[2]", "2 3" },
        { 3, "a [3][1]", "a [1][2]", "3 1" },
        { 3, "a [3, 1]", "a [1][2]", "3 1" },
        { 3, "a [3;1 ,2]", "a [1][2][3]", "3 1 2" },
        { 3, "a [ 2 ]\t[\t3]", "a [1]\t[2]", "2 3" },
        { 3, "a 【2】 【 3,1 】", "a [1] [2][3]", "2 3 1" },
        { 9, "a [2-4], [5 - 6,1]", "a [1][2][3], [4][5][6]", "2 3 4 5 6 1" },
        { 9, "a [2–4], [5 – 6,1] [7–]", "a [1][2][3], [4][5][6] [7–]",
          "2 3 4 5 6 1" },
        { 3, "a [7–9] b", "a b", "" },
        { 3, "a [2,2, 02]", "a [1]", "2" },
        { 64, "a [64] [063]", "a [1] [2]", "64 63" },
        { 2, "[2] là nguồn", "[1] là nguồn", "2" },
        { 2, "[2](https://a.vn) [2]: a", "[1](https://a.vn) [1]: a", "2" },
        { 2, "[[2]] ([2])", "[[1]] ([1])", "2" },
        { 2, "[1[2] 【[2] [【2】", "[1[1] 【[1] [[1]", "2" },
    };

    (void) state;

    CHECK(cases);
}


static void
test_dropped(void **state)
{
    static const case_t  cases[] = {
        { 3, "a [4] b", "a b", "" },
        { 3, "a[4] b", "a b", "" },
        { 3, "a [4]b", "a b", "" },
        { 3, "a[4]b", "ab", "" },
        { 3, "a [4].", "a.", "" },
        { 3, "a [4] , b", "a, b", "" },
        { 3, "a [4]\nb", "a\nb", "" },
        { 3, "a [4]", "a", "" },
        { 3, "a [4] ", "a", "" },
        { 3, "a [4] [5] b", "a b", "" },
        { 3, "a  [4]  b", "a  b", "" },
        { 3, "- [4] a\n[5] b", "- a\nb", "" },
        { 3, "[4] a", "a", "" },
        { 3, "[4]", "", "" },
        { 3, "a [4][2].", "a [1].", "2" },
        { 3, "a [2] [4].", "a [1].", "2" },
        { 3, "a [2, 4]", "a [1]", "2" },
        { 3, "a [2-999] b", "a [1][2] b", "2 3" },
        { 3, "a [3-1] b", "a b", "" },
        { 3, "a [0] [00] [999] b", "a b", "" },
        { 3, "a 【4】 b", "a b", "" },
        { 3, "a [4] [CCCD_1] b", "a [CCCD_1] b", "" },
    };

    (void) state;

    CHECK(cases);
}


static void
test_none(void **state)
{
    static const case_t  cases[] = {
        { 3, "[CCCD_1] [PHONE_2] [1_CCCD] [link removed]", NULL, "" },
        { 3, "năm [2024], [123/2024], [1.001456] [1000]", NULL, "" },
        { 3, "[ ] [] [x] [,] [1,] [,1] [1,,2] [1-] [-1] [1-2-3] [1 2]", NULL,
          "" },
        { 3, "[1 [2 , [ 【1 【 [1】 【1]", NULL, "" },
        { 3, "[1\n] [^1] (1) {1} 1] [một] [1a]", NULL, "" },
        { 3, "a  b \t c \n\n d ", NULL, "" },
        { 3, "\xe3\x80\x91 \xe3\x80 \xe3 \xff \xe3\x80\x90", NULL, "" },
        { 3, "[1                               ]", NULL, "" },
        { 0, "a [1] [9]. 【1】 ", NULL, "" }
    };

    (void) state;

    CHECK(cases);
}


/* At the limits of what is held back. */

static void
test_limits(void **state)
{
    size_t          n;
    assist_buf_t    in = ASSIST_BUF_INIT, out = ASSIST_BUF_INIT;
    assist_cite_t   c;

    (void) state;

    for (n = ASSIST_CITE_HELD - 3; n < ASSIST_CITE_HELD + 3; n++) {
        in.len = 0;
        assist_buf_puts(&in, "[1");

        while (in.len < n - 1) {
            assist_buf_puts(&in, in.len % 2 ? "1" : ",");
        }

        assist_buf_puts(&in, "]");
        cite(&c, 1, assist_buf_str(&in), 0, 1, &out);

        if (n > ASSIST_CITE_HELD) {
            assert_int_equal(out.len, in.len);

        } else if (n % 2) {
            assert_cited(&c, &out, "[1]", "1");
        }
    }

    /* more passages than there can be are not given */

    cite(&c, 1000, assist_str("a [64] [65]"), 0, 0, &out);
    assert_cited(&c, &out, "a [1]", "64");

    out.failed = 1;
    assist_cite_init(&c, 1);
    assert_int_equal(assist_cite(&c, assist_str("x"), &out), -1);
    assert_int_equal(assist_cite_end(&c, &out), -1);

    assist_buf_free(&in);
    assist_buf_free(&out);
}


/* Texts that chance puts together: any cut gives the same. */

static void
test_random(void **state)
{
    size_t          i, k, n, cut;
    unsigned        seed;
    assist_buf_t    in = ASSIST_BUF_INIT, whole = ASSIST_BUF_INIT;
    assist_buf_t    out = ASSIST_BUF_INIT;
    assist_cite_t   c, d;

    static const char  *const parts[] = {
        "[", "]", "[", "]", "\u3010", "\u3011", "1", "2", "3", "12", "999",
        ",", ";", "-", " ", " ", "  ", "\t", "\n", ".", "đ", "a", "[1]", "[9]",
        " [9]", "\xe3", "\x80"
    };

    (void) state;

    seed = 1;

    for (i = 0; i < 3000; i++) {
        in.len = 0;
        n = 1 + (size_t) rand_r(&seed) % 13;

        for (k = (size_t) rand_r(&seed) % 24; k; k--) {
            assist_buf_puts(&in, parts[(size_t) rand_r(&seed)
                                       % (sizeof(parts) / sizeof(parts[0]))]);
        }

        cite(&c, n, assist_buf_str(&in), 0, 0, &whole);

        for (cut = 1; cut <= in.len; cut++) {
            cite(&d, n, assist_buf_str(&in), cut, 0, &out);
            assert_true(assist_str_eq(assist_buf_str(&out),
                                      assist_buf_str(&whole)));
            assert_int_equal(d.ncited, c.ncited);
            assert_memory_equal(d.cited, c.cited, c.ncited);

            cite(&d, n, assist_buf_str(&in), 0, cut, &out);
            assert_true(assist_str_eq(assist_buf_str(&out),
                                      assist_buf_str(&whole)));
        }
    }

    assist_buf_free(&in);
    assist_buf_free(&whole);
    assist_buf_free(&out);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_dropped),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_random)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
