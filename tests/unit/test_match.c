/* Paths to services: the rules of match.h, errors, and a naive matcher. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "buf.h"
#include "match.h"


#define NWORDS     4
#define MAX_SEGS   6
#define NPATTERNS  4000
#define NPATHS     20000


/* A pattern of the naive matcher. */
typedef struct {
    int       words[MAX_SEGS];          /* -1: "*" */
    int       n;
    int       prefix;
    uint32_t  row;
} pattern_t;


static const char  *const words[NWORDS] = { "a", "bb", "c c", "đơn" };

static uint32_t  seed = 7;


static uint32_t
draw(uint32_t n)
{
    seed = seed * 1103515245 + 12345;

    return (seed >> 16) % n;
}


/* Patterns, one service each, named by its index. */

static assist_catalog_t *
make_catalog(const char *const *paths, const char *const *states)
{
    size_t             i;
    assist_buf_t       file = ASSIST_BUF_INIT;
    assist_error_t     err;
    assist_catalog_t  *cat;

    assist_buf_puts(&file, "code,name,paths,state\n");

    for (i = 0; paths[i]; i++) {
        assist_buf_printf(&file, "%zu,name,\"%s\",%s\n", i, paths[i],
                          states ? states[i] : "");
    }

    cat = assist_catalog_parse(file.data, file.len, &err);
    if (cat == NULL) {
        fail_msg("line %u: %s", err.line, err.text);
    }

    assist_buf_free(&file);

    return cat;
}


static void
test_rules(void **state)
{
    size_t             i;
    assist_match_t    *m;
    assist_catalog_t  *cat;

    static const char *const  paths[] = {
        /* 0 */ "/khai-sinh",
        /* 1 */ "/khai-sinh/",
        /* 2 */ "/thue/*/nop",
        /* 3 */ "/thue/gtgt/nop",
        /* 4 */ "/thue/gtgt/",
        /* 5 */ "/dat/ /nha/",
        /* 6 */ "/dat/so-do /dat/so-hong/",
        /* 7 */ "/*/lien-he",
        /* 8 */ "/x/*",
        /* 9 */ "/x/*/",
        /* 10 */ "/%C4%91%c6%a1n/m%E1%BB%9Bi",
        /* 11 */ "/đơn/cũ",
        /* 12 */ "/y/z/",
        /* 13 */ "/y/*",
        /* 14 */ "/*/q/r",
        /* 15 */ "/p/*/r",
        /* 16 */ "/literal/%2a",
        NULL
    };

    static const struct {
        const char  *path;
        uint32_t     service;
    } cases[] = {
        { "/khai-sinh", 0 },
        { "/khai-sinh/", 1 },
        { "/khai-sinh/nop/don", 1 },
        { "/khai-sinhx", ASSIST_NONE },
        { "/khai", ASSIST_NONE },
        { "/thue/gtgt/nop", 3 },
        { "/thue/tncn/nop", 2 },
        { "/thue/tncn/nop/", ASSIST_NONE },
        { "/thue/tncn", ASSIST_NONE },
        { "/thue/gtgt/xem", 4 },
        { "/thue/gtgt", 4 },
        { "/thue/gtgt/nop/x", 4 },
        { "/dat", 5 },
        { "/nha/x", 5 },
        { "/dat/so-do", 6 },
        { "/dat/so-do/", 5 },
        { "/dat/so-hong/", 6 },
        { "/nha/lien-he", 7 },          /* an exact one, as long */
        { "/bat-ky/lien-he", 7 },
        { "/x/1", 8 },
        { "/x/1/", 9 },
        { "/x/1/2/3", 9 },
        { "/x/", ASSIST_NONE },
        { "/x", ASSIST_NONE },
        { "/đơn/mới", 10 },
        { "/đơn/cũ", 11 },
        { "/y/z", 13 },                 /* exact with "*", over the prefix */
        { "/y/z/", 12 },
        { "/p/q/r", 15 },               /* the later "*" */
        { "/o/q/r", 14 },
        { "/literal/*", 16 },
        { "/literal/x", ASSIST_NONE },
        { "/khai-sinh//x", 1 },
        { "//khai-sinh", ASSIST_NONE },
        { "/", ASSIST_NONE },
        { "", ASSIST_NONE },
        { "khai-sinh", ASSIST_NONE },
        { "*", ASSIST_NONE }
    };

    (void) state;

    cat = make_catalog(paths, NULL);
    m = assist_match_build(cat, NULL);
    assert_non_null(m);
    assert_int_equal(cat->odd[ASSIST_ODD_PATH].count, 0);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (assist_match_find(m, assist_str_of(cases[i].path))
            != cases[i].service)
        {
            fail_msg("%s", cases[i].path);
        }
    }

    assert_int_equal(assist_match_find(m, (assist_str_t) { NULL, 0 }),
                     ASSIST_NONE);

    assist_match_free(m);
    assist_match_free(NULL);
    assist_catalog_free(cat);
}


static void
test_root(void **state)
{
    assist_match_t    *m;
    assist_catalog_t  *cat;

    static const char *const  paths[] = { "/", "/a", NULL };

    (void) state;

    cat = make_catalog(paths, NULL);
    m = assist_match_build(cat, NULL);
    assert_non_null(m);

    assert_int_equal(assist_match_find(m, assist_str("/")), 0);
    assert_int_equal(assist_match_find(m, assist_str("/b/c")), 0);
    assert_int_equal(assist_match_find(m, assist_str("/a")), 1);
    assert_int_equal(assist_match_find(m, assist_str("/a/")), 0);

    assist_match_free(m);
    assist_catalog_free(cat);
}


static void
test_states_and_claims(void **state)
{
    assist_match_t    *m;
    assist_catalog_t  *cat;

    static const char *const  paths[] = {
        "/in", "/in /test", "/test", "/in /in /%69n", NULL
    };
    static const char *const  states[] = { "internal", "testing", "", "" };

    (void) state;

    cat = make_catalog(paths, states);
    m = assist_match_build(cat, NULL);
    assert_non_null(m);

    assert_int_equal(assist_match_find(m, assist_str("/in")), 1);
    assert_int_equal(assist_match_find(m, assist_str("/test")), 1);
    assert_int_equal(cat->odd[ASSIST_ODD_PATH].count, 4);
    assert_int_equal(cat->odd[ASSIST_ODD_PATH].line, 4);

    assist_match_free(m);

    /* building again does not count again */

    m = assist_match_build(cat, NULL);
    assert_non_null(m);
    assert_int_equal(cat->odd[ASSIST_ODD_PATH].count, 4);

    assist_match_free(m);
    assist_catalog_free(cat);
}


static void
test_errors(void **state)
{
    size_t             i;
    const char        *paths[3];
    assist_error_t     err;
    assist_catalog_t  *cat;

    static const struct {
        const char  *path;
        const char  *text;
    } cases[] = {
        { "a/b", "the path \"a/b\" does not start with \"/\"" },
        { "/ok *", "the path \"*\" does not start with \"/\"" },
        { "https://dvc.gov.vn/a", "the path \"https://dvc.gov.vn/a\" is a "
          "whole URL; give the path only, from the first \"/\" after the "
          "host" },
        { "/*/b/*", "the path \"/*/b/*\" has more than one *" },
        { "/a*/b", "the path \"/a*/b\" has a * beside other text; a * is a "
          "whole segment" },
        { "/**", "the path \"/**\" has a * beside other text; a * is a whole "
          "segment" },
        { "/a//b", "the path \"/a//b\" has an empty segment" },
        { "//", "the path \"//\" has an empty segment" },
        { "/a?x=1", "the path \"/a?x=1\" has a \"?\" or \"#\"; give the path "
          "without arguments" },
        { "/a#b", "the path \"/a#b\" has a \"?\" or \"#\"; give the path "
          "without arguments" },
        { "/a%2", "the path \"/a%2\" has a \"%\" without two hexadecimal "
          "digits" },
        { "/%zz", "the path \"/%zz\" has a \"%\" without two hexadecimal "
          "digits" },
        { "/a%2fb", "the path \"/a%2fb\" has an encoded \"/\" or zero byte" },
        { "/a%00", "the path \"/a%00\" has an encoded \"/\" or zero byte" },
        { "/a/../b", "the path \"/a/../b\" has a segment \".\" or \"..\"" }
    };

    (void) state;

    paths[0] = "/fine";
    paths[2] = NULL;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        paths[1] = cases[i].path;
        cat = make_catalog(paths, NULL);

        assert_null(assist_match_build(cat, &err));
        assert_int_equal(err.line, 3);
        assert_string_equal(err.text, cases[i].text);

        assist_catalog_free(cat);
    }
}


static void
test_depth(void **state)
{
    int                i;
    const char        *paths[2];
    assist_buf_t       path = ASSIST_BUF_INIT;
    assist_error_t     err;
    assist_match_t    *m;
    assist_catalog_t  *cat;

    (void) state;

    for (i = 0; i < 64; i++) {
        assist_buf_puts(&path, "/s");
    }

    assist_buf_putc(&path, '\0');
    paths[0] = path.data;
    paths[1] = NULL;

    cat = make_catalog(paths, NULL);
    m = assist_match_build(cat, NULL);
    assert_non_null(m);

    path.len--;
    assert_int_equal(assist_match_find(m, assist_buf_str(&path)), 0);

    assist_match_free(m);
    assist_catalog_free(cat);

    assist_buf_add(&path, "/s", 3);
    paths[0] = path.data;

    cat = make_catalog(paths, NULL);
    assert_null(assist_match_build(cat, &err));
    assert_non_null(strstr(err.text, "has more than 64 segments"));
    assist_catalog_free(cat);

    /* a path may be deeper than any pattern */

    paths[0] = "/s/";
    cat = make_catalog(paths, NULL);
    m = assist_match_build(cat, NULL);
    assert_non_null(m);

    path.len--;
    assert_int_equal(assist_match_find(m, assist_buf_str(&path)), 0);

    assist_match_free(m);
    assist_catalog_free(cat);
    assist_buf_free(&path);
}


/* The most ways that can be open: "*" at each place of one literal path. */

static void
test_many_stars(void **state)
{
    int                i, k;
    char              *paths[65];
    assist_buf_t       b;
    assist_match_t    *m;
    assist_catalog_t  *cat;

    (void) state;

    for (i = 0; i < 64; i++) {
        b = (assist_buf_t) ASSIST_BUF_INIT;

        for (k = 0; k < 64; k++) {
            assist_buf_puts(&b, k == i ? "/*" : "/s");
        }

        assist_buf_putc(&b, '\0');
        paths[i] = b.data;
    }

    paths[64] = NULL;

    cat = make_catalog((const char *const *) paths, NULL);
    m = assist_match_build(cat, NULL);
    assert_non_null(m);

    for (i = 0; i < 64; i++) {

        /* where the "*" is, the path says another thing */
        paths[i][2 * i + 1] = 'x';
        assert_int_equal(assist_match_find(m, assist_str_of(paths[i])), i);
        paths[i][2 * i + 1] = 's';
    }

    assert_int_equal(assist_match_find(m, assist_str_of(paths[0])), 63);

    for (i = 0; i < 64; i++) {
        free(paths[i]);
    }

    assist_match_free(m);
    assist_catalog_free(cat);
}


static int
naive_matches(const pattern_t *p, const int *path, int n, int slash)
{
    int  i;

    if (p->n > n || (!p->prefix && (p->n < n || slash))) {
        return 0;
    }

    for (i = 0; i < p->n; i++) {
        if (p->words[i] >= 0 && p->words[i] != path[i]) {
            return 0;
        }
    }

    return 1;
}


static int
star_of(const pattern_t *p)
{
    int  i;

    for (i = 0; i < p->n && p->words[i] >= 0; i++) { /* void */ }

    return i == p->n ? MAX_SEGS : i;
}


/* Is p to be preferred to q?  Both match. */

static int
naive_better(const pattern_t *p, const pattern_t *q)
{
    if (p->n != q->n) {
        return p->n > q->n;
    }

    if (p->prefix != q->prefix) {
        return !p->prefix;
    }

    return star_of(p) > star_of(q);
}


static void
write_path(assist_buf_t *b, const int *segments, int n, int slash)
{
    int  i;

    for (i = 0; i < n; i++) {
        assist_buf_putc(b, '/');
        assist_buf_puts(b, segments[i] < 0 ? "*" : words[segments[i]]);
    }

    if (slash || n == 0) {
        assist_buf_putc(b, '/');
    }
}


/* Blanks separate patterns, so that those in segments are encoded. */

static void
encode_blanks(assist_buf_t *out, const assist_buf_t *in)
{
    size_t  i;

    for (i = 0; i < in->len; i++) {
        if (in->data[i] == ' ') {
            assist_buf_puts(out, "%20");
        } else {
            assist_buf_putc(out, in->data[i]);
        }
    }
}


static void
test_against_naive(void **state)
{
    int                path[MAX_SEGS + 2], n, slash, k, found;
    uint32_t           i, j, expected;
    pattern_t         *p, *best, *patterns;
    assist_buf_t       file = ASSIST_BUF_INIT, text = ASSIST_BUF_INIT;
    assist_error_t     err;
    assist_match_t    *m;
    assist_catalog_t  *cat;

    (void) state;

    patterns = calloc(NPATTERNS, sizeof(pattern_t));
    assert_non_null(patterns);

    assist_buf_puts(&file, "code,name,paths\n");

    for (i = 0; i < NPATTERNS; i++) {
        p = &patterns[i];
        p->n = (int) draw(MAX_SEGS + 1);
        p->prefix = p->n == 0 || draw(2);
        p->row = i;

        for (k = 0; k < p->n; k++) {
            p->words[k] = (int) draw(NWORDS);
        }

        if (p->n && draw(3) == 0) {
            p->words[draw((uint32_t) p->n)] = -1;
        }

        text.len = 0;
        write_path(&text, p->words, p->n, p->prefix);

        assist_buf_printf(&file, "%u,name,", i);
        encode_blanks(&file, &text);
        assist_buf_putc(&file, '\n');
    }

    cat = assist_catalog_parse(file.data, file.len, &err);
    assert_non_null(cat);
    m = assist_match_build(cat, &err);
    assert_non_null(m);
    assert_true(cat->odd[ASSIST_ODD_PATH].count > 0);

    found = 0;

    for (i = 0; i < NPATHS; i++) {
        n = (int) draw(MAX_SEGS + 3);
        slash = (int) draw(2);

        for (k = 0; k < n; k++) {
            path[k] = (int) draw(NWORDS);
        }

        text.len = 0;
        write_path(&text, path, n, slash);

        best = NULL;

        for (j = 0; j < NPATTERNS; j++) {
            p = &patterns[j];

            /* a prefix "/" is the only one without segments */

            if (naive_matches(p, path, n, n > 0 && slash)
                && (best == NULL || naive_better(p, best)))
            {
                best = p;
            }
        }

        expected = best ? cat->rows[best->row].service : ASSIST_NONE;
        found += best != NULL;

        if (assist_match_find(m, assist_buf_str(&text)) != expected) {
            fail_msg("%.*s", (int) text.len, text.data);
        }
    }

    assert_true(found > NPATHS / 2);

    assist_match_free(m);
    assist_catalog_free(cat);
    assist_buf_free(&file);
    assist_buf_free(&text);
    free(patterns);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_root),
        cmocka_unit_test(test_states_and_claims),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_many_stars),
        cmocka_unit_test(test_against_naive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
