/*
 * A log of two nodes, rotated twice, with a reload between: every bit of it
 * changed, every byte removed, every line removed, repeated, or swapped with the
 * next one, and each file cut at every byte.
 */

#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audit.h"


#define NOW     1795434001              /* 2026-11-23T18:40:01+07:00 */

#define KEY     "0123456789abcdef0123456789abcdef"

#define FILES   3
#define LINES   64                      /* of a file, and more */


typedef struct {
    assist_evidence_head_t  head;
    assist_chain_t          chain;
} writer_t;


typedef struct {
    assist_buf_t            files[FILES];
    size_t                  nlines[FILES];
    size_t                  at[FILES][LINES];       /* where they begin */
    size_t                  block[FILES][LINES];    /* the first of the block
                                                       that a line is in */
    assist_chain_t          heads[4];               /* of the whole log */
} log_t;


static log_t  whole;
static int    nfiles = FILES;         /* that there are */
static char   said[16384];


static void
begin(writer_t *w, const char *name)
{
    memset(w, 0, sizeof(writer_t));
    assist_chain_start(&w->chain, name);
    w->head.writer = w->chain.writer;
    w->head.gmtoff = 420;
}


static void
block(int file, writer_t *w, const assist_chain_t *after, size_t nafter,
    int n, int end)
{
    size_t                    start;
    assist_buf_t             *out;
    assist_event_t            event;
    assist_chain_counts_t     counts;
    assist_evidence_names_t   names;

    out = &whole.files[file];
    start = out->len;
    memset(&event, 0, sizeof(event));
    memset(&names, 0, sizeof(names));
    memset(&counts, 0, sizeof(counts));

    event.by = ASSIST_BY_CATALOGUE;
    event.time = NOW + file;
    event.mday = 23;
    event.tokens_in = -1;
    event.tokens_out = -1;
    event.disclosed = 1;
    names.service = assist_str("1.001456@G01");
    names.hook = assist_str("h");

    if (w->chain.seq == 0) {
        w->head.seq = 1;
        assist_chain_config(out, &w->head, event.time,
                            (assist_str_t) { NULL, 0 },
                            (assist_str_t) { NULL, 0 }, after, nafter);
    }

    while (n-- > 0) {
        w->head.seq++;

        if (n == 1) {
            assist_evidence_feedback(out, &w->head, event.time, names.service,
                                     1);
        } else {
            assist_evidence_interaction(out, &w->head, &event, &names);
        }
    }

    w->head.seq++;
    assist_chain_block(out, start, &w->head, event.time, &counts, end,
                       assist_str(KEY), &w->chain);
    assert_false(out->failed);
}


/* Two nodes of a worker each, of which one is reloaded; three files. */

static int
make(void **state)
{
    int             i;
    size_t          k, n;
    writer_t        a, b, next;
    assist_buf_t   *f;
    assist_chain_t  ended[1];

    (void) state;

    begin(&a, "a-10-x");
    begin(&b, "b-20-x");
    begin(&next, "a-11-y");

    block(0, &a, NULL, 0, 2, 0);
    block(0, &b, NULL, 0, 1, 0);
    block(0, &a, NULL, 0, 1, 0);
    block(1, &b, NULL, 0, 2, 0);
    block(1, &a, NULL, 0, 0, 1);
    ended[0] = a.chain;
    block(1, &next, ended, 1, 1, 0);
    block(2, &next, NULL, 0, 1, 0);
    block(2, &b, NULL, 0, 1, 1);
    block(2, &next, NULL, 0, 2, 1);

    whole.heads[0] = b.chain;
    whole.heads[1] = next.chain;

    for (i = 0; i < FILES; i++) {
        f = &whole.files[i];
        whole.at[i][0] = 0;

        for (k = 0, n = 0; k < f->len; k++) {
            if (f->data[k] == '\n') {
                n++;
                whole.at[i][n] = k + 1;
                whole.block[i][n] = memmem(f->data + whole.at[i][n - 1],
                                           k - whole.at[i][n - 1],
                                           "\"type\":\"block\"", 14)
                                    ? n : whole.block[i][n - 1];
            }
        }

        assert_true(n < LINES);
        whole.nlines[i] = n;
    }

    return 0;
}


static int
drop(void **state)
{
    int  i;

    (void) state;

    for (i = 0; i < FILES; i++) {
        assist_buf_free(&whole.files[i]);
    }

    return 0;
}


/* The log with one file in another form; with the heads of the whole, or
 * without: the number of findings, whose text is in `said`. */

static int
findings(int file, const assist_buf_t *other, int heads)
{
    int                           i, n;
    char                          name[2] = "0";
    assist_buf_t                  list = ASSIST_BUF_INIT;
    assist_str_t                  text;
    assist_audit_t               *a;
    const assist_audit_result_t  *result;

    a = assist_audit_create(assist_str(KEY), NULL);
    assert_non_null(a);

    if (heads) {
        assist_buf_putc(&list, '[');
        assist_chain_put(&list, &whole.heads[0]);
        assist_buf_putc(&list, ',');
        assist_chain_put(&list, &whole.heads[1]);
        assist_buf_putc(&list, ']');
        assert_int_equal(assist_audit_heads(a, assist_buf_str(&list)), 2);
        assist_buf_free(&list);
    }

    for (i = 0; i < nfiles; i++) {
        text = assist_buf_str(i == file ? other : &whole.files[i]);
        name[0] = (char) ('0' + i);
        assert_int_equal(assist_audit_file(a, assist_str_of(name)), 0);
        assert_int_equal(assist_audit_feed(a, text.data, text.len), 0);
    }

    assert_int_equal(assist_audit_end(a), 0);

    result = assist_audit_result(a);
    n = (int) result->findings;
    text = n ? result->found : result->noted;
    assert_true(text.len < sizeof(said));
    memcpy(said, text.len ? text.data : "", text.len);
    said[text.len] = '\0';

    assist_audit_free(a);

    return n;
}


/* Does a finding stand at a line of the file from `from` to `to`? */

static int
stands(int file, size_t from, size_t to)
{
    char   place[32];
    size_t  n;

    for (n = from; n <= to; n++) {
        snprintf(place, sizeof(place), "%d:%zu: ", file, n);

        if (strncmp(said, place, strlen(place)) == 0
            || (snprintf(place, sizeof(place), "\n%d:%zu: ", file, n),
                strstr(said, place) != NULL))
        {
            return 1;
        }
    }

    return 0;
}


/* Whose line is it?  A copy of "w":"...", which is as long for all. */

static const char *
writer(int file, size_t line)
{
    static char  name[2][13];
    static int   turn;

    turn = !turn;
    memcpy(name[turn], strstr(whole.files[file].data + whole.at[file][line],
                              "\"w\":\""), 12);

    return name[turn];
}


/* The writer's line before or after that one: the file, or -1. */

static int
neighbour(int file, size_t line, int step, size_t *at)
{
    int          i;
    size_t       k;

    i = file;
    k = line;

    for ( ;; ) {
        if (step > 0 ? ++k == whole.nlines[i] : k-- == 0) {
            i += step;

            if (i < 0 || i == FILES) {
                return -1;
            }

            k = step > 0 ? 0 : whole.nlines[i] - 1;
        }

        if (strcmp(writer(i, k), writer(file, line)) == 0) {
            *at = k;
            return i;
        }
    }
}


/* A line that was removed is named; or its block's beginning; or, where that
 * was all of a block, the last line that its writer wrote before. */

static int
names(int file, size_t line)
{
    int     i;
    size_t  at;

    if (stands(file, whole.block[file][line] + 1, line + 1)) {
        return 1;
    }

    i = neighbour(file, line, -1, &at);

    return i >= 0 && whole.block[file][line] == line
           && stands(i, at + 1, at + 1);
}


static int  nfailed;  /* of a test */

static void
expect(const char *what, int file, size_t line, int more, int n, int where)
{
    if (n == 0 || !where) {
        if (nfailed++ < 40) {
            print_error("%s %d:%zu (%d): %d findings: %.250s\n", what, file,
                        line, more, n, said);
        }
    }
}


static assist_buf_t
put(const assist_buf_t *one, size_t n)
{
    assist_buf_t  out = ASSIST_BUF_INIT;

    assist_buf_add(&out, one->data, n);

    return out;
}


static void
add(assist_buf_t *out, int file, size_t line)
{
    assist_buf_add(out, whole.files[file].data + whole.at[file][line],
                   whole.at[file][line + 1] - whole.at[file][line]);
}


static void
test_whole(void **state)
{
    (void) state;

    assert_int_equal(findings(-1, NULL, 0), 0);
    assert_string_equal(said, "");
    assert_int_equal(findings(-1, NULL, 1), 0);
    assert_string_equal(said, "");
}


/* Every bit of every byte, line ends too; also where no head was kept. */

static void
test_bits(void **state)
{
    int            i, bit, n, heads;
    size_t         k, line;
    assist_buf_t   bad;

    (void) state;

    for (i = 0; i < FILES; i++) {
        for (k = 0, line = 0; k < whole.files[i].len; k++) {
            line += k == whole.at[i][line + 1];

            for (bit = 0; bit < 8; bit++) {
                bad = put(&whole.files[i], whole.files[i].len);
                bad.data[k] = (char) (bad.data[k] ^ 1 << bit);

                for (heads = 0; heads < 2; heads++) {
                    n = findings(i, &bad, heads);
                    expect(heads ? "changed" : "changed, without heads", i,
                           line + 1, (int) (k - whole.at[i][line]), n,
                           stands(i, line + 1, line + 1));
                }

                assist_buf_free(&bad);
            }
        }
    }

    n = nfailed;
    nfailed = 0;
    assert_int_equal(n, 0);
}


/* Every byte removed, and a line end in the place of every byte and before it. */

static void
test_bytes(void **state)
{
    int            i, n;
    size_t         k, line;
    assist_buf_t   bad, *f;

    (void) state;

    for (i = 0; i < FILES; i++) {
        f = &whole.files[i];

        for (k = 0, line = 0; k < f->len; k++) {
            line += k == whole.at[i][line + 1];

            bad = put(f, k);
            assist_buf_add(&bad, f->data + k + 1, f->len - k - 1);
            n = findings(i, &bad, 1);
            expect("a byte removed", i, line + 1,
                   (int) (k - whole.at[i][line]), n,
                   stands(i, line + (k + 1 == f->len ? 0 : 1), line + 1));
            assist_buf_free(&bad);

            bad = put(f, k);
            assist_buf_putc(&bad, '\n');
            assist_buf_add(&bad, f->data + k + 1, f->len - k - 1);

            if (f->data[k] != '\n') {
                n = findings(i, &bad, 1);
                expect("a line end for a byte", i, line + 1,
                       (int) (k - whole.at[i][line]), n,
                       stands(i, line + 1, line + 2));
            }

            assist_buf_free(&bad);

            if (k == whole.at[i][line] || f->data[k] == '\n') {
                /* an empty line is nothing */
                continue;
            }

            bad = put(f, k);
            assist_buf_putc(&bad, '\n');
            assist_buf_add(&bad, f->data + k, f->len - k);
            n = findings(i, &bad, 1);
            expect("a line end", i, line + 1, (int) (k - whole.at[i][line]), n,
                   stands(i, line + 1, line + 2));
            assist_buf_free(&bad);
        }
    }

    n = nfailed;
    nfailed = 0;
    assert_int_equal(n, 0);
}


static void
test_lines(void **state)
{
    int           i, n, nundecided;
    size_t        k, line;
    assist_buf_t  bad;

    (void) state;

    nundecided = 0;

    for (i = 0; i < FILES; i++) {
        for (line = 0; line < whole.nlines[i]; line++) {

            /* removed: named is its block's beginning, or what stands there
             * now, or before */

            bad = put(&whole.files[i], whole.at[i][line]);
            for (k = line + 1; k < whole.nlines[i]; k++) {
                add(&bad, i, k);
            }

            n = findings(i, &bad, 1);
            expect("removed", i, line + 1, 0, n, names(i, line));
            n = findings(i, &bad, 0);

            if (n == 0 && neighbour(i, line, 1, &k) < 0) {
                /* so would a crash leave it, and nobody quotes its head */
                assert_non_null(strstr(said, "ended by a crash"));
                nundecided++;

            } else {
                expect("removed, without heads", i, line + 1, 0, n,
                       names(i, line));
            }

            assist_buf_free(&bad);

            /* repeated */

            bad = put(&whole.files[i], whole.at[i][line + 1]);
            for (k = line; k < whole.nlines[i]; k++) {
                add(&bad, i, k);
            }

            n = findings(i, &bad, 0);
            expect("repeated", i, line + 1, 0, n, stands(i, line + 2, line + 2));
            assist_buf_free(&bad);

            /* swapped with the next one */

            if (line + 1 == whole.nlines[i]) {
                continue;
            }

            bad = put(&whole.files[i], whole.at[i][line]);
            add(&bad, i, line + 1);
            add(&bad, i, line);
            for (k = line + 2; k < whole.nlines[i]; k++) {
                add(&bad, i, k);
            }

            n = findings(i, &bad, 0);
            expect("swapped", i, line + 1, 0, n,
                   stands(i, line + 1, line + 2));
            assist_buf_free(&bad);
        }
    }

    /* the last line of each chain's end */
    assert_int_equal(nundecided, 2);

    n = nfailed;
    nfailed = 0;
    assert_int_equal(n, 0);
}


/* With the heads that were kept a cut is found, wherever it is. */

static void
test_cuts(void **state)
{
    int           i, n, without;
    size_t        k, line;
    assist_buf_t  bad;

    (void) state;

    for (i = 0; i < FILES; i++) {
        without = 0;

        for (k = 0, line = 0; k < whole.files[i].len; k++) {
            line += k == whole.at[i][line + 1];

            bad = put(&whole.files[i], k);
            n = findings(i, &bad, 1);
            expect("cut", i, line + 1, (int) (k - whole.at[i][line]), n, 1);
            n = findings(i, &bad, 0);
            without += n != 0;
            assist_buf_free(&bad);
        }

        /* without them, where chains go on in a later file, or a later chain
         * quotes their heads */
        assert_int_equal(without, i < FILES - 1 ? k : 0);

        /* a log that a crash has ended there */
        nfiles = i + 1;

        for (k = 1; k < whole.files[i].len - 1; k++) {
            bad = put(&whole.files[i], k);
            n = findings(i, &bad, 0);
            expect("crash", i, 0, (int) k, n == 0,
                   strstr(said, "crash") || strstr(said, "no end"));
            assist_buf_free(&bad);
        }

        nfiles = FILES;
    }

    n = nfailed;
    nfailed = 0;
    assert_int_equal(n, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_cuts)
    };

    return cmocka_run_group_tests(tests, make, drop);
}
