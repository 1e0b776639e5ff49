/*
 * Patterns: what is in the table is what LuaJIT says (tests/fuzz compares with
 * it at random); then budgets, limits, and the parts of a gsub.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "buf.h"
#include "pattern.h"


#define S(literal)   { literal, sizeof(literal) - 1 }

#define PLENTY       1000000
#define LONG         30000


typedef struct {
    assist_str_t   subject;
    assist_str_t   pattern;
    int            init;
    assist_str_t   expected;    /* first-last, captures; or the error */
} case_t;


static const case_t  cases[] = {

    /* plain characters, and where a match starts */

    { S("hello"), S("l"), 1, S("3-3") },
    { S("hello"), S("lo"), 1, S("4-5") },
    { S("hello"), S("hello"), 1, S("1-5") },
    { S("hello"), S("hellos"), 1, S("none") },
    { S("hello"), S("x"), 1, S("none") },
    { S(""), S(""), 1, S("1-0") },
    { S(""), S("a"), 1, S("none") },
    { S("abc"), S(""), 1, S("1-0") },
    { S("abc"), S(""), 2, S("2-1") },
    { S("abc"), S(""), 4, S("4-3") },
    { S("abc"), S(""), 9, S("4-3") },
    { S("abc"), S("b"), 2, S("2-2") },
    { S("abc"), S("b"), 3, S("none") },
    { S("abc"), S("b"), -1, S("none") },
    { S("abc"), S("b"), -2, S("2-2") },
    { S("abc"), S("a"), -9, S("1-1") },
    { S("abc"), S("a"), 0, S("1-1") },
    { S("abc"), S("c"), -1, S("3-3") },
    { S("a}b"), S("}"), 1, S("2-2") },
    { S("a]b"), S("]"), 1, S("2-2") },
    { S("aXbX"), S("X"), 3, S("4-4") },

    /* anchors */

    { S("abc"), S("^a"), 1, S("1-1") },
    { S("abc"), S("^b"), 1, S("none") },
    { S("abc"), S("^b"), 2, S("2-2") },
    { S("abc"), S("^"), 1, S("1-0") },
    { S("abc"), S("$"), 1, S("4-3") },
    { S("abc"), S("c$"), 1, S("3-3") },
    { S("abc"), S("b$"), 1, S("none") },
    { S("a$b"), S("a$b"), 1, S("1-3") },
    { S("a^b"), S("a^b"), 1, S("1-3") },
    { S("^a"), S("^^a"), 1, S("1-2") },
    { S("abc"), S("^abc$"), 1, S("1-3") },
    { S(""), S("^$"), 1, S("1-0") },
    { S("a"), S("^$"), 1, S("none") },
    { S("a$"), S("%$$"), 1, S("2-2") },
    { S("a$"), S("$$"), 1, S("2-2") },
    { S("$"), S("^$$"), 1, S("1-1") },
    { S("ab"), S("a$*b"), 1, S("1-2") },
    { S("abc"), S("^(a)(b)"), 1, S("1-2 (a) (b)") },
    { S("xabc"), S("(^a)"), 1, S("none") },
    { S("x^abc"), S("(^a)"), 1, S("2-3 (^a)") },
    { S("abc"), S("(c$)"), 1, S("none") },

    /* classes */

    { S("..a.."), S("%a"), 1, S("3-3") },
    { S("ab1"), S("%A"), 1, S("3-3") },
    { S("a\001b"), S("%c"), 1, S("2-2") },
    { S("a\177b"), S("%c"), 1, S("2-2") },
    { S("\001a"), S("%C"), 1, S("2-2") },
    { S("a5"), S("%d"), 1, S("2-2") },
    { S("5a"), S("%D"), 1, S("2-2") },
    { S("Ab"), S("%l"), 1, S("2-2") },
    { S("aB"), S("%L"), 1, S("2-2") },
    { S("a,b"), S("%p"), 1, S("2-2") },
    { S(",b"), S("%P"), 1, S("2-2") },
    { S("a\011b"), S("%s"), 1, S("2-2") },
    { S("a\013b"), S("%s"), 1, S("2-2") },
    { S(" a"), S("%S"), 1, S("2-2") },
    { S("aB"), S("%u"), 1, S("2-2") },
    { S("Ab"), S("%U"), 1, S("2-2") },
    { S("--_a"), S("%w"), 1, S("4-4") },
    { S("a_"), S("%W"), 1, S("2-2") },
    { S("xyzF"), S("%x"), 1, S("4-4") },
    { S("fg"), S("%X"), 1, S("2-2") },
    { S(" ~"), S("%g"), 1, S("2-2") },
    { S("a b"), S("%G"), 1, S("2-2") },
    { S("a\000b"), S("%z"), 1, S("2-2") },
    { S("\000a"), S("%Z"), 1, S("2-2") },
    { S("\310"), S("%a"), 1, S("none") },
    { S("\310"), S("%A"), 1, S("1-1") },
    { S("\351\200"), S("%w"), 1, S("none") },
    { S("\377"), S("%p"), 1, S("none") },
    { S("\240"), S("%s"), 1, S("none") },
    { S("\240"), S("%g"), 1, S("none") },
    { S("\200"), S("%c"), 1, S("none") },
    { S("a.b"), S("%."), 1, S("2-2") },
    { S("a%b"), S("%%"), 1, S("2-2") },
    { S("a(b)"), S("%("), 1, S("2-2") },
    { S("k"), S("%k"), 1, S("1-1") },
    { S("a\310"), S("%\310"), 1, S("2-2") },
    { S("@"), S("%@"), 1, S("1-1") },
    { S("a\000"), S(".."), 1, S("1-2") },
    { S("abc"), S("..."), 1, S("1-3") },
    { S("ab"), S("..."), 1, S("none") },

    /* sets */

    { S("hello"), S("[lo]"), 1, S("3-3") },
    { S("hello"), S("[^he]"), 1, S("3-3") },
    { S("hello"), S("[a-f]"), 1, S("2-2") },
    { S("x-y"), S("[-]"), 1, S("2-2") },
    { S("x-y"), S("[a-]"), 1, S("2-2") },
    { S("x-y"), S("[-a]"), 1, S("2-2") },
    { S("x-y"), S("[%-]"), 1, S("2-2") },
    { S("a]b"), S("[]]"), 1, S("2-2") },
    { S("a]b"), S("[^]]+"), 1, S("1-1") },
    { S("a]b"), S("[]a]+"), 1, S("1-2") },
    { S("a^b"), S("[b^]+"), 1, S("2-3") },
    { S("a^"), S("[^^]"), 1, S("1-1") },
    { S("^a"), S("[%^]"), 1, S("1-1") },
    { S("foo_1-"), S("[%w_]+"), 1, S("1-5") },
    { S("foo 1"), S("[^%s]+"), 1, S("1-3") },
    { S("12ab"), S("[^%d]+"), 1, S("3-4") },
    { S("a-z"), S("[%a-z]+"), 1, S("1-3") },
    { S("b"), S("[z-a]"), 1, S("none") },
    { S("a%b"), S("[%%]"), 1, S("2-2") },
    { S("a%"), S("[%]"), 1, S("malformed pattern (missing ']')") },
    { S("]"), S("[a-%%]"), 1, S("1-1") },
    { S("%"), S("[a-%%]"), 1, S("none") },
    { S("$"), S("[!-%%]"), 1, S("1-1") },
    { S("a\000b"), S("[%z]"), 1, S("2-2") },
    { S("ab\000"), S("[^%z]+"), 1, S("1-2") },
    { S("\001\310"), S("[\200-\377]"), 1, S("2-2") },
    { S("["), S("[[]"), 1, S("1-1") },
    { S("a[b"), S("[[b]+"), 1, S("2-3") },
    { S("a.b"), S("[.]"), 1, S("2-2") },
    { S("b"), S("[a-c]"), 1, S("1-1") },
    { S("a-c"), S("[a%-c]+"), 1, S("1-3") },
    { S("-"), S("[+--]"), 1, S("1-1") },
    { S(","), S("[+--]"), 1, S("1-1") },
    { S("a]"), S("[%]]"), 1, S("2-2") },
    { S("0x1F"), S("0[xX](%x+)"), 1, S("1-4 (1F)") },
    { S("ab-c"), S("[a-c-]+"), 1, S("1-4") },
    { S("]-"), S("[]-a]+"), 1, S("1-1") },
    { S("^"), S("[]-a]"), 1, S("1-1") },

    /* quantifiers */

    { S("aaab"), S("a*"), 1, S("1-3") },
    { S("baaa"), S("a*"), 1, S("1-0") },
    { S("aaab"), S("a+"), 1, S("1-3") },
    { S("baab"), S("a+"), 1, S("2-3") },
    { S("b"), S("a+"), 1, S("none") },
    { S("aaab"), S("a-b"), 1, S("1-4") },
    { S("aaab"), S("a-"), 1, S("1-0") },
    { S("aaab"), S("^a-$"), 1, S("none") },
    { S("aaa"), S("^a-$"), 1, S("1-3") },
    { S("ab"), S("a?b"), 1, S("1-2") },
    { S("b"), S("a?b"), 1, S("1-1") },
    { S("aab"), S("^a?b"), 1, S("none") },
    { S("a?"), S("a%?"), 1, S("1-2") },
    { S("aaa"), S("a?a?a?a"), 1, S("1-3") },
    { S("xaaay"), S("xa*y"), 1, S("1-5") },
    { S("xy"), S("xa*y"), 1, S("1-2") },
    { S("xay"), S("xa-y"), 1, S("1-3") },
    { S("<a><b>"), S("<(.-)>"), 1, S("1-3 (a)") },
    { S("<a><b>"), S("<(.*)>"), 1, S("1-6 (a><b)") },
    { S("a**"), S("a%**"), 1, S("1-3") },
    { S("*a"), S("*a"), 1, S("1-2") },
    { S("+"), S("+"), 1, S("1-1") },
    { S("?"), S("?"), 1, S("1-1") },
    { S("-"), S("-"), 1, S("1-1") },
    { S("a+"), S("a++"), 1, S("1-2") },
    { S("a-"), S("a--"), 1, S("1-2") },
    { S("a--b"), S("%-+"), 1, S("2-3") },
    { S("1,2,3"), S("(%d),(%d),(%d)"), 1, S("1-5 (1) (2) (3)") },
    { S("aaa"), S("a*a*a*$"), 1, S("1-3") },
    { S("  trim  "), S("^%s*(.-)%s*$"), 1, S("1-8 (trim)") },
    { S("k = v"), S("^(%w+)%s*=%s*(%w+)$"), 1, S("1-5 (k) (v)") },
    { S("2024-01-31"), S("(%d+)-(%d+)-(%d+)"), 1, S("1-10 (2024) (01) (31)") },
    { S("aXb"), S("a.b"), 1, S("1-3") },
    { S("ab"), S("a.-b"), 1, S("1-2") },
    { S("\000\000a"), S("%z+"), 1, S("1-2") },
    { S("aab"), S("a-ab"), 1, S("1-3") },
    { S("ab*"), S("(ab)*"), 1, S("1-3 (ab)") },
    { S("ababab"), S("(ab)+"), 1, S("none") },

    /* captures */

    { S("hello"), S("(h)(e)(l)"), 1, S("1-3 (h) (e) (l)") },
    { S("hello"), S("((h)e)"), 1, S("1-2 (he) (h)") },
    { S("hello"), S("()ll()"), 1, S("3-4 @3 @5") },
    { S("abc"), S("()"), 1, S("1-0 @1") },
    { S("abc"), S("()"), 4, S("4-3 @4") },
    { S("abc"), S("(a)()(b)"), 1, S("1-2 (a) @2 (b)") },
    { S("abc"), S("(.)(.)(.)"), 1, S("1-3 (a) (b) (c)") },
    { S("abc"), S("(a*(.)%w(%s*))"), 1, S("1-3 (abc) (b) ()") },
    { S("key=val"), S("(%w+)=(%w+)"), 1, S("1-7 (key) (val)") },
    { S("aa"), S("(a)%1"), 1, S("1-2 (a)") },
    { S("ab"), S("(a)%1"), 1, S("none") },
    { S("abab"), S("(ab)%1"), 1, S("1-4 (ab)") },
    { S("'x\"'"), S("(['\"])(.-)%1"), 1, S("1-4 (') (x\")") },
    { S("aa"), S("()%1"), 1, S("none") },
    { S("aXaX"), S("((a)X)%1"), 1, S("1-4 (aX) (a)") },
    { S("aXa"), S("((a)X)%2"), 1, S("1-3 (aX) (a)") },
    { S("x"), S("()"), 1, S("1-0 @1") },
    { S("ab"), S("(a)(b)(c-)"), 1, S("1-2 (a) (b) ()") },
    { S("aab"), S("(a*)%1b"), 1, S("1-3 (a)") },
    { S("abc"), S("(x-)%1c"), 1, S("3-3 ()") },
    { S("a"), S("((()))"), 1, S("1-0 () () @1") },
    { S("ab"), S("(a()b)"), 1, S("1-2 (ab) @2") },
    { S("a\000b\000b"), S("(%zb)%1"), 1, S("2-5 (\000b)") },
    { S(""), S("()"), 1, S("1-0 @1") },
    { S("hello"), S("(()l)"), 1, S("3-3 (l) @3") },

    /* %b and %f */

    { S("f(a(b)c)d"), S("%b()"), 1, S("2-8") },
    { S("(a(b"), S("%b()"), 1, S("none") },
    { S("((a)"), S("%b()"), 1, S("2-4") },
    { S("x(a)y"), S("(%b())"), 1, S("2-4 ((a))") },
    { S("THE (quick) fox"), S("%((%a+)%)"), 1, S("5-11 (quick)") },
    { S("aXXb"), S("%bXX"), 1, S("2-3") },
    { S("abab"), S("%bab"), 1, S("1-2") },
    { S("aabb"), S("%bab"), 1, S("1-4") },
    { S("aab"), S("%bab"), 1, S("2-3") },
    { S("%a%"), S("%b%%"), 1, S("1-3") },
    { S(""), S("%b()"), 1, S("none") },
    { S("("), S("%b()"), 1, S("none") },
    { S(")("), S("%b()"), 1, S("none") },
    { S("[x]"), S("%b[]y?"), 1, S("1-3") },
    { S("(\000)"), S("%b()"), 1, S("1-3") },
    { S("--++"), S("%b-+"), 1, S("1-4") },
    { S("(a)(b)"), S("%b()%b()"), 1, S("1-6") },
    { S("THE (quick) fox"), S("%f[%a]%a+%f[%A]"), 1, S("1-3") },
    { S("foo bar"), S("%f[%w]bar"), 1, S("5-7") },
    { S("foobar"), S("%f[%w]bar"), 1, S("none") },
    { S("foo"), S("%f[%w]()"), 1, S("1-0 @1") },
    { S("foo"), S("()%f[%z]"), 1, S("4-3 @4") },
    { S("foo"), S("%f[^%w]()"), 1, S("4-3 @4") },
    { S(""), S("%f[%z]"), 1, S("none") },
    { S("a"), S("%f[%z]"), 2, S("2-1") },
    { S("a\000"), S("%f[%z]"), 1, S("2-1") },
    { S("ab"), S("%f[b]"), 2, S("2-1") },
    { S("ab"), S("%f[ab]"), 2, S("none") },
    { S("[x"), S("%f[[]x?"), 1, S("1-0") },
    { S("]x"), S("%f[]]."), 1, S("1-1") },

    /* zero bytes: one ends the pattern */

    { S("a\000b"), S("a.b"), 1, S("1-3") },
    { S("a\000b"), S("b"), 1, S("3-3") },
    { S("a\000b"), S("a\000c"), 1, S("1-1") },
    { S("a\000b"), S("\000."), 1, S("1-0") },
    { S("\000\000"), S("%z%z$"), 1, S("1-2") },
    { S("a\000b"), S("^a%zb$"), 1, S("1-3") },
    { S("a\000"), S("a$"), 1, S("none") },
    { S("a\000b"), S("[^\000]"), 1, S("malformed pattern (missing ']')") },
    { S("a\000b"), S("%\000"), 1, S("malformed pattern (ends with '%')") },
    { S("a"), S("%b(\000)"), 1, S("unbalanced pattern") },
    { S("a\000a"), S("(a)%z%1"), 1, S("1-3 (a)") },
    { S("ab"), S("a$\000"), 1, S("none") },

    /* errors */

    { S("a"), S("%"), 1, S("malformed pattern (ends with '%')") },
    { S("a"), S("a%"), 1, S("malformed pattern (ends with '%')") },
    { S("a"), S("b%"), 1, S("none") },
    { S(""), S("%"), 1, S("malformed pattern (ends with '%')") },
    { S("a"), S("["), 1, S("malformed pattern (missing ']')") },
    { S("a"), S("[^"), 1, S("malformed pattern (missing ']')") },
    { S("a"), S("[]"), 1, S("malformed pattern (missing ']')") },
    { S("a"), S("[^]"), 1, S("malformed pattern (missing ']')") },
    { S("a"), S("[a"), 1, S("malformed pattern (missing ']')") },
    { S("a"), S("[a%"), 1, S("malformed pattern (missing ']')") },
    { S("a"), S("[a%]"), 1, S("malformed pattern (missing ']')") },
    { S("a"), S("[a-"), 1, S("malformed pattern (missing ']')") },
    { S("a"), S("x[a"), 1, S("none") },
    { S("a"), S("%b"), 1, S("unbalanced pattern") },
    { S("a"), S("%bx"), 1, S("unbalanced pattern") },
    { S("a"), S("x%b"), 1, S("none") },
    { S("a"), S("%f"), 1, S("missing '[' after '%f' in pattern") },
    { S("a"), S("%fa"), 1, S("missing '[' after '%f' in pattern") },
    { S("a"), S("%f["), 1, S("malformed pattern (missing ']')") },
    { S("a"), S(")"), 1, S("invalid pattern capture") },
    { S("a"), S("a)"), 1, S("invalid pattern capture") },
    { S("a"), S("())"), 1, S("invalid pattern capture") },
    { S("a"), S("(a))"), 1, S("invalid pattern capture") },
    { S("a"), S("x)"), 1, S("none") },
    { S("a"), S("%0"), 1, S("invalid capture index") },
    { S("a"), S("%1"), 1, S("invalid capture index") },
    { S("a"), S("(%1)"), 1, S("invalid capture index") },
    { S("a"), S("(a)%2"), 1, S("invalid capture index") },
    { S("a"), S("x%1"), 1, S("none") },
    { S("a"), S("("), 1, S("unfinished capture") },
    { S("a"), S("(a"), 1, S("unfinished capture") },
    { S("a"), S("((a)"), 1, S("unfinished capture") },
    { S("a"), S("()("), 1, S("unfinished capture") },
    { S("a"), S("(x"), 1, S("none") },
    { S("a"), S("(%"), 1, S("malformed pattern (ends with '%')") },
    { S("a"), S("a?%"), 1, S("malformed pattern (ends with '%')") },
};


/* A block of just that size, in which a sanitizer sees a byte too far. */

static assist_str_t
copy(assist_str_t s)
{
    char  *data;

    data = malloc(s.len);
    assert_true(data != NULL || s.len == 0);

    if (s.len) {
        memcpy(data, s.data, s.len);
    }

    return (assist_str_t) { data, s.len };
}


/* n times the text, to be freed. */

static assist_str_t
repeat(const char *text, size_t n)
{
    size_t  i, len;
    char   *data;

    len = strlen(text);
    data = malloc(n * len);
    assert_non_null(data);

    for (i = 0; i < n; i++) {
        memcpy(data + i * len, text, len);
    }

    return (assist_str_t) { data, n * len };
}


/* What string.find() returns, in the table's spelling. */

static void
print_find(assist_pattern_t *m, size_t from, assist_buf_t *out)
{
    int                        rc;
    uint32_t                   n;
    assist_pattern_capture_t   c;

    rc = assist_pattern_search(m, from);
    out->len = 0;

    for (n = 1; rc == ASSIST_PATTERN_MATCHED && n <= m->ncaptures; n++) {

        rc = assist_pattern_capture(m, n, &c);

        if (rc != ASSIST_PATTERN_MATCHED) {
            break;
        }

        if (c.len == ASSIST_PATTERN_POSITION) {
            assist_buf_printf(out, " @%zu", c.start + 1);
            continue;
        }

        assist_buf_puts(out, " (");
        assist_buf_add(out, m->subject.data + c.start, (size_t) c.len);
        assist_buf_putc(out, ')');
    }

    if (rc == ASSIST_PATTERN_ERROR) {
        out->len = 0;
        assist_buf_puts(out, m->error);

    } else if (rc == ASSIST_PATTERN_OUT_OF_STEPS) {
        assist_buf_puts(out, "out of steps");

    } else if (rc == ASSIST_PATTERN_NO_MATCH) {
        assist_buf_puts(out, "none");
    }
}


static void
test_table(void **state)
{
    size_t             i, from;
    uint64_t           steps;
    const case_t      *c;
    assist_buf_t       out = ASSIST_BUF_INIT, all = ASSIST_BUF_INIT;
    assist_str_t       subject, pattern;
    assist_pattern_t   m;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        c = &cases[i];
        subject = copy(c->subject);
        pattern = copy(c->pattern);
        steps = PLENTY;

        assist_pattern_begin(&m, subject, pattern, 1, &steps);
        from = assist_pattern_offset(c->init, subject.len);
        print_find(&m, from, &out);

        all.len = 0;

        if (m.rc == ASSIST_PATTERN_MATCHED) {
            assist_buf_printf(&all, "%zu-%zu", m.start + 1, m.end);
        }

        assist_buf_add(&all, out.data, out.len);

        if (!assist_str_eq(assist_buf_str(&all), c->expected)) {
            fail_msg("case %zu: \"%s\", \"%s\": %.*s, not %s", i,
                     c->subject.data, c->pattern.data, (int) all.len, all.data,
                     c->expected.data);
        }

        assert_true(steps < PLENTY);

        free((char *) subject.data);
        free((char *) pattern.data);
    }

    assist_buf_free(&out);
    assist_buf_free(&all);
}


static int
search(assist_str_t subject, const char *pattern, uint64_t *steps,
    assist_pattern_t *m)
{
    assist_pattern_begin(m, subject, assist_str_of(pattern), 1, steps);

    return assist_pattern_search(m, 0);
}


/* What would take LuaJIT hours, and is here over after its million steps. */

static void
test_out_of_steps(void **state)
{
    size_t             i;
    clock_t            start;
    uint64_t           steps;
    assist_str_t       as, parens;
    assist_pattern_t   m;

    static const char  *const patterns[] = {
        ".-.-.-.-b",
        ".*.*.*.*b",
        "(a*)*b",
        "(a-)(a-)(a-)b",
        "[a-z]*[a-z]*[a-z]*x",
        "[^b]-[^b]-[^b]-b",
        "a?a-a?a-a?a-b",
        "a+a+a+$b",
        "(.-)%1%1b",
        "()a-()a-()%f[b]",
        ".-%f[b]",
        "%w-%w-%w-%W",
        "^.-.-.-.-$b",
    };

    (void) state;

    as = repeat("a", LONG);
    parens = repeat("(", LONG);
    start = clock();

    for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        steps = PLENTY;

        if (search(as, patterns[i], &steps, &m)
            != ASSIST_PATTERN_OUT_OF_STEPS)
        {
            fail_msg("%s: %d", patterns[i], m.rc);
        }

        assert_int_equal(steps, 0);
        assert_null(m.error);
    }

    steps = PLENTY;
    assert_int_equal(search(parens, ".-%b()", &steps, &m),
                     ASSIST_PATTERN_OUT_OF_STEPS);

    /* with nothing left, nothing matches */

    assert_int_equal(search(as, "a", &steps, &m), ASSIST_PATTERN_OUT_OF_STEPS);
    assert_int_equal(search(as, "", &steps, &m), ASSIST_PATTERN_OUT_OF_STEPS);

    /* 14 million steps, at 6 ns, or under valgrind */

    assert_true((clock() - start) / CLOCKS_PER_SEC < 20);

    free((char *) as.data);
    free((char *) parens.data);
}


/* What is linear is paid as such, and one budget lasts for many matches. */

static void
test_steps_of_the_harmless(void **state)
{
    size_t             i, matches;
    uint64_t           steps, used;
    assist_str_t       words;
    assist_pattern_t   m;

    static const char  *const patterns[] = {
        "zz", "^%s*$", "[0-9]", "%f[%d]", "%b()", "b+c", "^(%w+) (%w+)", "a.-b",
    };

    (void) state;

    words = repeat("ab cd ", LONG / 6);

    for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        steps = PLENTY;
        assert_true(search(words, patterns[i], &steps, &m) >= 0);
        assert_true(PLENTY - steps < 12 * LONG);
    }

    steps = PLENTY;
    assist_pattern_begin(&m, words, assist_str("%a+"), 0, &steps);

    for (i = 0, matches = 0;
         assist_pattern_search(&m, i) == ASSIST_PATTERN_MATCHED;
         i = assist_pattern_next(&m))
    {
        matches++;
    }

    assert_int_equal(m.rc, ASSIST_PATTERN_NO_MATCH);
    assert_int_equal(matches, LONG / 3);

    /* exactly what it takes is enough, and one step less is not */

    steps = PLENTY;
    assert_int_equal(search(words, "(b) [^a](.-)%1", &steps, &m), 1);
    used = PLENTY - steps;

    steps = used;
    assert_int_equal(search(words, "(b) [^a](.-)%1", &steps, &m), 1);
    assert_int_equal(steps, 0);

    for (i = 0; i < used; i++) {
        steps = i;
        assert_int_equal(search(words, "(b) [^a](.-)%1", &steps, &m),
                         ASSIST_PATTERN_OUT_OF_STEPS);
    }

    free((char *) words.data);
}


static void
test_limits(void **state)
{
    uint64_t           steps;
    assist_str_t       as, pattern;
    assist_pattern_t   m;

    (void) state;

    as = repeat("a", 300);
    steps = PLENTY;

    /* the pattern itself is one level, each quantifier another */

    pattern = repeat("a?", 200);
    pattern.len = 199 * 2;

    assist_pattern_begin(&m, as, pattern, 1, &steps);
    assert_int_equal(assist_pattern_search(&m, 0), ASSIST_PATTERN_MATCHED);
    assert_int_equal(m.end, 199);

    pattern.len += 2;

    assist_pattern_begin(&m, as, pattern, 1, &steps);
    assert_int_equal(assist_pattern_search(&m, 0), ASSIST_PATTERN_ERROR);
    assert_string_equal(m.error, "pattern too complex");

    free((char *) pattern.data);

    /* "?" that does not match nests no deeper, and characters do not */

    pattern = repeat("b?", 5000);

    assist_pattern_begin(&m, as, pattern, 1, &steps);
    assert_int_equal(assist_pattern_search(&m, 0), ASSIST_PATTERN_MATCHED);

    free((char *) pattern.data);

    assist_pattern_begin(&m, as, as, 1, &steps);
    assert_int_equal(assist_pattern_search(&m, 0), ASSIST_PATTERN_MATCHED);
    assert_int_equal(m.end, 300);

    pattern = repeat("()", 33);
    pattern.len = 32 * 2;

    assist_pattern_begin(&m, as, pattern, 1, &steps);
    assert_int_equal(assist_pattern_search(&m, 0), ASSIST_PATTERN_MATCHED);
    assert_int_equal(m.ncaptures, 32);

    pattern.len += 2;

    assist_pattern_begin(&m, as, pattern, 1, &steps);
    assert_int_equal(assist_pattern_search(&m, 0), ASSIST_PATTERN_ERROR);
    assert_string_equal(m.error, "too many captures");

    /* the state is good for another try */

    m.pattern.len -= 2;
    assert_int_equal(assist_pattern_search(&m, 0), ASSIST_PATTERN_MATCHED);
    assert_null(m.error);

    free((char *) pattern.data);
    free((char *) as.data);
}


/* gmatch("a*"), in which "^" is a character. */

static void
test_empty_matches(void **state)
{
    size_t             from;
    uint64_t           steps;
    assist_buf_t       out = ASSIST_BUF_INIT;
    assist_pattern_t   m;

    (void) state;

    steps = PLENTY;
    assist_pattern_begin(&m, assist_str("aab"), assist_str("a*"), 0, &steps);

    for (from = 0; from <= m.subject.len; from = assist_pattern_next(&m)) {
        if (assist_pattern_search(&m, from) != ASSIST_PATTERN_MATCHED) {
            break;
        }

        assist_buf_printf(&out, "%zu-%zu ", m.start, m.end);
    }

    assist_buf_putc(&out, '\0');
    assert_string_equal(out.data, "0-2 2-2 3-3 ");

    assist_pattern_begin(&m, assist_str("a^a"), assist_str("^a"), 0, &steps);
    assert_false(m.anchored);
    assert_int_equal(assist_pattern_search(&m, 0), ASSIST_PATTERN_MATCHED);
    assert_int_equal(m.start, 1);

    assist_pattern_begin(&m, assist_str("a^a"), assist_str("^a"), 1, &steps);
    assert_true(m.anchored);
    assert_int_equal(assist_pattern_search(&m, 1), ASSIST_PATTERN_NO_MATCH);
    assert_int_equal(assist_pattern_search(&m, 2), ASSIST_PATTERN_MATCHED);

    /* strings without an address */

    assist_pattern_begin(&m, (assist_str_t) { NULL, 0 },
                         (assist_str_t) { NULL, 0 }, 1, &steps);
    assert_int_equal(assist_pattern_search(&m, 0), ASSIST_PATTERN_MATCHED);

    assist_buf_free(&out);
}


static void
test_expand(void **state)
{
    int                rc;
    size_t             i;
    uint64_t           steps;
    assist_str_t       got;
    assist_buf_t       out = ASSIST_BUF_INIT;
    assist_pattern_t   m;

    static const struct {
        const char    *pattern;
        assist_str_t   replacement;
        assist_str_t   expected;
    } table[] = {
        { "(b)(c)", S(""), S("") },
        { "(b)(c)", S("x"), S("x") },
        { "(b)(c)", S("<%0>"), S("<bc>") },
        { "(b)(c)", S("%2%1"), S("cb") },
        { "(b)(c)", S("%3"), S("invalid capture index") },
        { "(b)(c)", S("%%1%"), S("%1\0") },
        { "(b)(c)", S("%x%\0y\0"), S("x\0y\0") },
        { "bc", S("%1%0"), S("bcbc") },
        { "bc", S("%2"), S("invalid capture index") },
        { "b()", S("%1"), S("3") },
        { "(b", S("x"), S("x") },
        { "(b", S("%0"), S("b") },
        { "(b", S("%1"), S("unfinished capture") },
    };

    (void) state;

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {

        steps = PLENTY;
        assert_int_equal(search(assist_str("abcd"), table[i].pattern, &steps,
                                &m), ASSIST_PATTERN_MATCHED);

        out.len = 0;
        rc = assist_pattern_expand(&m, table[i].replacement, &out);
        got = rc == ASSIST_PATTERN_ERROR ? assist_str_of(m.error)
                                         : assist_buf_str(&out);

        if (!assist_str_eq(got, table[i].expected)) {
            fail_msg("%s: %.*s", table[i].replacement.data, (int) got.len,
                     got.data);
        }
    }

    /* what grows is paid for */

    steps = PLENTY;
    assert_int_equal(search(assist_str("abcd"), "bc", &steps, &m), 1);
    steps = 5;
    assert_int_equal(assist_pattern_expand(&m, assist_str("%0%0%0%0%0%0%0"),
                                           &out), ASSIST_PATTERN_OUT_OF_STEPS);

    assist_buf_free(&out);
}


static void
test_find_plain(void **state)
{
    char          *data;
    size_t         at, i, len;
    uint64_t       steps;
    assist_str_t   as, text;

    (void) state;

    assert_true(assist_pattern_is_plain(assist_str("")));
    assert_true(assist_pattern_is_plain(assist_str("a)]b\0{}!")));

    for (i = 0; i < 10; i++) {
        text = (assist_str_t) { "^$*+?.([%-" + i, 1 };
        assert_false(assist_pattern_is_plain(text));
    }

    assert_false(assist_pattern_is_plain(assist_str("a\0.")));

    steps = PLENTY;

    assert_int_equal(assist_pattern_find_plain(assist_str("a\0b\0b"),
                         assist_str("\0b"), 2, &at, &steps), 1);
    assert_int_equal(at, 3);
    assert_int_equal(assist_pattern_find_plain(assist_str("abc"),
                         assist_str(""), 3, &at, &steps), 1);
    assert_int_equal(at, 3);
    assert_int_equal(assist_pattern_find_plain(assist_str("abc"),
                         assist_str("abcd"), 0, &at, &steps), 0);
    assert_int_equal(assist_pattern_find_plain(assist_str("abc"),
                         assist_str("a"), 1, &at, &steps), 0);
    assert_int_equal(assist_pattern_find_plain(assist_str("abc"),
                         assist_str("c"), 3, &at, &steps), 0);

    /* wherever the text is, over the windows' borders */

    as = repeat("a", LONG);
    data = (char *) as.data;

    for (len = 2; len < LONG; len = len * 3 + 1) {
        for (i = 0; i + len <= LONG; i += 61) {

            text = (assist_str_t) { data + i, len };
            data[i] = 'x';
            data[i + len - 1] = 'y';
            text = copy(text);
            steps = PLENTY;

            assert_int_equal(assist_pattern_find_plain(as, text, 0, &at,
                                                       &steps), 1);
            assert_int_equal(at, i);
            assert_true(PLENTY - steps < LONG);

            free((char *) text.data);
            data[i] = 'a';
            data[i + len - 1] = 'a';
        }
    }

    steps = 1000;
    assert_int_equal(assist_pattern_find_plain(as, assist_str("ab"), 0, &at,
                                               &steps),
                     ASSIST_PATTERN_OUT_OF_STEPS);
    assert_int_equal(steps, 0);

    free(data);
}


static void
test_offset(void **state)
{
    (void) state;

    assert_int_equal(assist_pattern_offset(1, 5), 0);
    assert_int_equal(assist_pattern_offset(5, 5), 4);
    assert_int_equal(assist_pattern_offset(6, 5), 5);
    assert_int_equal(assist_pattern_offset(7, 5), 5);
    assert_int_equal(assist_pattern_offset(INT64_MAX, 5), 5);
    assert_int_equal(assist_pattern_offset(0, 5), 0);
    assert_int_equal(assist_pattern_offset(-1, 5), 4);
    assert_int_equal(assist_pattern_offset(-5, 5), 0);
    assert_int_equal(assist_pattern_offset(-6, 5), 0);
    assert_int_equal(assist_pattern_offset(INT64_MIN, 5), 0);
    assert_int_equal(assist_pattern_offset(1, 0), 0);
    assert_int_equal(assist_pattern_offset(-1, 0), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_out_of_steps),
        cmocka_unit_test(test_steps_of_the_harmless),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_empty_matches),
        cmocka_unit_test(test_expand),
        cmocka_unit_test(test_find_plain),
        cmocka_unit_test(test_offset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
