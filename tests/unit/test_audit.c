/*
 * Logs that are whole, and what is said of those that are not; what is counted
 * of them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "recount.h"


#define NOW  1795434001                 /* 2026-11-23T18:40:01+07:00 */

#define KEY  "0123456789abcdef0123456789abcdef"


typedef struct {
    assist_evidence_head_t  head;
    assist_chain_t          chain;
    int64_t                 time;
    assist_chain_counts_t   counts;
} writer_t;


static const char  rows[] =
    "code,name,agency_code,level,updated\n"
    "1.001456,One,G01,full,2026-11-01\n"
    "1.001193,Two,H29,full,2026-11-01\n";


static void
begin(writer_t *w, const char *name)
{
    memset(w, 0, sizeof(writer_t));
    assist_chain_start(&w->chain, name);
    w->head.writer = w->chain.writer;
    w->head.gmtoff = 420;
    w->time = NOW;
}


/* A block of n interactions; the first of a chain has its config line, which
 * quotes `after`. */

static void
block(assist_buf_t *out, writer_t *w, const assist_chain_t *after, int n)
{
    int                       i;
    size_t                    start;
    assist_event_t            event;
    assist_evidence_names_t   names;

    start = out->len;
    memset(&event, 0, sizeof(event));
    memset(&names, 0, sizeof(names));

    event.by = ASSIST_BY_CATALOGUE;
    event.time = w->time;
    event.mday = 23;
    event.tokens_in = -1;
    event.tokens_out = 7;
    event.sourced = 1;
    event.disclosed = 1;
    names.service = assist_str("1.001456@G01");

    if (w->chain.seq == 0) {
        w->head.seq = 1;
        assist_chain_config(out, &w->head, w->time, (assist_str_t) { NULL, 0 },
                            (assist_str_t) { NULL, 0 }, after, after != NULL);
    }

    for (i = 0; i < n; i++) {
        w->head.seq++;
        assist_evidence_interaction(out, &w->head, &event, &names);
    }

    w->head.seq++;
    assist_chain_block(out, start, &w->head, w->time, &w->counts, 0,
                       assist_str(KEY), &w->chain);
    assert_false(out->failed);
}


static assist_audit_t *
audit(const assist_buf_t *log, const assist_chain_t *head,
    const assist_audit_reader_t *reader)
{
    char             name[2] = "a";
    assist_str_t     text;
    assist_buf_t     list = ASSIST_BUF_INIT;
    assist_audit_t  *a;

    a = assist_audit_create(assist_str(KEY), reader);
    assert_non_null(a);

    if (head != NULL) {
        assist_buf_putc(&list, '[');
        assist_chain_put(&list, head);
        assist_buf_putc(&list, ']');
        assert_int_equal(assist_audit_heads(a, assist_buf_str(&list)), 1);
        assist_buf_free(&list);
    }

    /* files are given one after the other, the last has no bytes */

    for (/* void */; log->data != NULL; log++, name[0]++) {
        text = assist_buf_str(log);
        assert_int_equal(assist_audit_file(a, assist_str_of(name)), 0);
        assert_int_equal(assist_audit_feed(a, text.data, text.len), 0);
    }

    assert_int_equal(assist_audit_end(a), 0);

    return a;
}


/* What is said of a log: the findings, or else the notes. */

static void
expect(const assist_buf_t *log, const assist_chain_t *head, int findings,
    const char *said)
{
    char                          text[4096];
    assist_str_t                  s;
    assist_audit_t               *a;
    const assist_audit_result_t  *result;

    a = audit(log, head, NULL);
    result = assist_audit_result(a);

    s = result->findings ? result->found : result->noted;
    assert_true(s.len < sizeof(text));
    memcpy(text, s.len ? s.data : "", s.len);
    text[s.len] = '\0';

    if (result->findings != (uint64_t) findings || strstr(text, said) == NULL)
    {
        fail_msg("%d findings: %s", (int) result->findings, text);
    }

    assist_audit_free(a);
}


/* Offsets of the lines of a log. */

static size_t
lines_of(const assist_buf_t *log, size_t *at)
{
    size_t  i, n;

    n = 0;
    at[n++] = 0;

    for (i = 0; i < log->len; i++) {
        if (log->data[i] == '\n') {
            at[n++] = i + 1;
        }
    }

    return n - 1;
}


static assist_buf_t
cut(const assist_buf_t *log, size_t from, size_t to)
{
    assist_buf_t  out = ASSIST_BUF_INIT;

    assist_buf_add(&out, log->data, from);
    assist_buf_add(&out, log->data + to, log->len - to);

    return out;
}


static void
test_whole(void **state)
{
    size_t                 n;
    writer_t               one, two;
    assist_buf_t           files[3] = { ASSIST_BUF_INIT };
    assist_audit_t        *a;
    const assist_chain_t  *heads;

    (void) state;

    begin(&one, "one");
    begin(&two, "two");

    block(&files[0], &one, NULL, 3);
    block(&files[0], &two, &one.chain, 1);
    block(&files[0], &two, NULL, 1);
    block(&files[1], &two, NULL, 0);

    expect(files, NULL, 0, "b:1: two has no end: it is still written");
    expect(files, &two.chain, 0, "");

    /* of two chains one is quoted */

    a = audit(files, NULL, NULL);
    heads = assist_audit_open_heads(a, &n);
    assert_int_equal(n, 1);
    assert_memory_equal(&heads[0], &two.chain, sizeof(assist_chain_t));
    assist_audit_free(a);

    /* without the first file: its head was kept, or was not */

    expect(&files[1], NULL, 1, "a:1: two begins with line 6: what it wrote");

    two.chain.seq = 5;
    memset(two.chain.hash, 'a', ASSIST_DIGEST_HEX);
    expect(&files[1], &two.chain, 1, "a:1: two begins with line 6");

    assist_buf_free(&files[0]);
    assist_buf_free(&files[1]);
}


/* Every line removed, repeated, swapped with the next one, and with each of its
 * bytes changed: something is found, and it is on that line or right after. */

static void
test_every_line(void **state)
{
    size_t           i, k, n, at[32];
    writer_t         one, two;
    assist_buf_t     log[2] = { ASSIST_BUF_INIT }, bad[2] = { ASSIST_BUF_INIT };
    assist_chain_t   last;
    char             place[16];

    (void) state;

    begin(&one, "one");
    begin(&two, "two");
    block(&log[0], &one, NULL, 2);
    block(&log[0], &two, &one.chain, 2);
    block(&log[0], &one, NULL, 2);
    last = one.chain;

    n = lines_of(&log[0], at);
    assert_int_equal(n, 11);

    for (i = 0; i < n; i++) {
        assist_audit_t  *a;

        bad[0] = cut(&log[0], at[i], at[i + 1]);
        a = audit(bad, i >= 4 && i < 8 ? &two.chain : &last, NULL);
        assert_true(assist_audit_result(a)->findings > 0);
        assist_audit_free(a);
        assist_buf_free(&bad[0]);

        assist_buf_add(&bad[0], log[0].data, at[i + 1]);
        assist_buf_add(&bad[0], log[0].data + at[i], log[0].len - at[i]);
        snprintf(place, sizeof(place), "a:%d: ", (int) i + 2);
        expect(bad, &last, 1, place);
        assist_buf_free(&bad[0]);

        for (k = at[i]; k < at[i + 1] - 1; k++) {
            assist_buf_add(&bad[0], log[0].data, log[0].len);
            bad[0].data[k] ^= 1;

            snprintf(place, sizeof(place), "a:%d: ", (int) i + 1);
            expect(bad, &last, 1, place);
            assist_buf_free(&bad[0]);
        }

        if (i + 1 < n) {
            assist_buf_add(&bad[0], log[0].data, at[i]);
            assist_buf_add(&bad[0], log[0].data + at[i + 1],
                           at[i + 2] - at[i + 1]);
            assist_buf_add(&bad[0], log[0].data + at[i], at[i + 1] - at[i]);
            assist_buf_add(&bad[0], log[0].data + at[i + 2],
                           log[0].len - at[i + 2]);

            a = audit(bad, &last, NULL);
            assert_true(assist_audit_result(a)->findings > 0);
            assist_audit_free(a);
            assist_buf_free(&bad[0]);
        }
    }

    assist_buf_free(&log[0]);
}


/* Cut anywhere, with what comes next in the same line: a note, unless the head
 * was published. */

static void
test_crash(void **state)
{
    size_t          i;
    writer_t        one, two;
    assist_buf_t    log[2] = { ASSIST_BUF_INIT }, bad[2] = { ASSIST_BUF_INIT };
    assist_buf_t    next = ASSIST_BUF_INIT;

    (void) state;

    begin(&one, "one");
    begin(&two, "two");
    block(&log[0], &one, NULL, 2);
    block(&next, &two, NULL, 1);

    for (i = 1; i < log[0].len - 1; i++) {
        assist_buf_add(&bad[0], log[0].data, i);
        expect(bad, NULL, 0, "crash");

        assist_buf_add(&bad[0], next.data, next.len);
        expect(bad, NULL, 0, "crash");
        expect(bad, &one.chain, 1, "one");
        assist_buf_free(&bad[0]);
    }

    assist_buf_free(&log[0]);
    assist_buf_free(&next);
}


/* Right CRCs and hashes, another key; or none. */

static void
test_forged(void **state)
{
    size_t         start;
    writer_t       one;
    assist_buf_t   log[2] = { ASSIST_BUF_INIT };

    (void) state;

    begin(&one, "one");
    block(&log[0], &one, NULL, 1);

    start = log[0].len;
    one.head.seq++;
    assist_chain_block(&log[0], start, &one.head, NOW, &one.counts, 1,
                       assist_str("another key of thirty-two bytes."),
                       &one.chain);
    expect(log, NULL, 1, "a:4: the block of one that begins here, lines 4 to "
           "4, is signed with another key, or forged");

    log[0].len = start;
    one.head.seq = 3;
    begin(&one, "one");
    one.head.seq = 1;
    log[0].len = 0;
    assist_chain_config(&log[0], &one.head, NOW, (assist_str_t) { NULL, 0 },
                        (assist_str_t) { NULL, 0 }, NULL, 0);
    one.head.seq = 2;
    assist_chain_block(&log[0], 0, &one.head, NOW, &one.counts, 1,
                       (assist_str_t) { NULL, 0 }, &one.chain);
    expect(log, NULL, 1, "a:1: the block of one that begins here, lines 1 to "
           "2, is not signed");

    assist_buf_free(&log[0]);
}


/* A chain that was replaced as a whole, by who has the key, differs from what
 * was quoted or published. */

static void
test_replaced(void **state)
{
    writer_t         one, other, two;
    assist_buf_t     log[2] = { ASSIST_BUF_INIT };

    (void) state;

    begin(&one, "one");
    block(&log[0], &one, NULL, 2);
    log[0].len = 0;

    begin(&other, "one");
    other.time++;
    block(&log[0], &other, NULL, 2);
    expect(log, &one.chain, 1, "a:1: the block of one that begins here, lines "
           "1 to 4, is not the one whose head was published");

    begin(&two, "two");
    block(&log[0], &two, &one.chain, 1);
    expect(log, NULL, 1, "the block of one that ends with line 4 is not the "
           "one that was there when a:5 was written");

    /* what is quoted is not there at all */

    log[0].len = 0;
    begin(&two, "two");
    block(&log[0], &two, &one.chain, 1);
    expect(log, NULL, 1, "a:1: one, whose head of line 4 was quoted here, is "
           "in none");
    expect(log, &one.chain, 0, "one is in none of these files");

    assist_buf_free(&log[0]);
}


static void
test_recount(void **state)
{
    writer_t                         one;
    assist_buf_t                     log[2] = { ASSIST_BUF_INIT };
    assist_error_t                   err;
    assist_audit_t                  *a;
    assist_rules_t                   rules;
    assist_levels_t                  levels;
    assist_catalog_t                *cat;
    assist_recount_t                *rc;
    assist_figure_in_t               in;
    assist_audit_reader_t            reader;
    const assist_counters_t         *c;
    const assist_recount_result_t   *result;

    (void) state;

    cat = assist_catalog_parse(rows, sizeof(rows) - 1, &err);
    assert_non_null(cat);

    rc = assist_recount_create(cat, NOW + 86400, 420);
    assert_non_null(rc);
    reader = (assist_audit_reader_t) {
        assist_recount_line, assist_recount_block, rc
    };

    begin(&one, "one");
    one.time = NOW - 40 * 86400;        /* October */
    block(&log[0], &one, NULL, 5);
    one.time = NOW;
    one.counts.unmatched = 2;
    one.counts.dropped = 1;
    block(&log[0], &one, NULL, 3);
    block(&log[0], &one, NULL, 4);
    one.time = NOW - 90 * 86400;        /* before both months */
    block(&log[0], &one, NULL, 6);
    one.time = NOW + 2 * 86400;         /* later than the figure */
    block(&log[0], &one, NULL, 7);

    a = audit(log, NULL, &reader);
    assist_levels_default(&levels);
    memset(&rules, 0, sizeof(rules));
    rules.levels = &levels;
    assert_int_equal(assist_recount_figure(rc, a, &rules, &in), 0);

    c = in.counters(in.data, 0, 0);
    assert_int_equal(assist_ledger_interactions(c), 7);
    assert_int_equal(c->tokens_out, 49);
    assert_int_equal(c->sourced, 7);
    assert_int_equal(assist_ledger_shown(c), 1);
    assert_int_equal(c->day[22], 7);
    assert_int_equal(c->first_success, NOW);
    assert_int_equal(assist_ledger_interactions(in.counters(in.data, 0, 1)),
                     5);
    assert_null(in.counters(in.data, 1, 0));

    assert_int_equal(in.quality.unmatched, 4);
    assert_int_equal(in.quality.dropped, 2);
    assert_int_equal(in.nheads, 1);

    result = assist_recount_result(rc);
    assert_int_equal(result->counted, 12);
    assert_int_equal(result->catalogues, 1);
    assert_int_equal(result->unsealed, 0);

    assist_audit_free(a);
    assist_recount_free(rc);

    /* without its last block's end what was in it does not count */

    rc = assist_recount_create(cat, NOW + 86400, 420);
    assert_non_null(rc);
    reader.data = rc;

    log[0].len = 0;
    begin(&one, "one");
    block(&log[0], &one, NULL, 3);
    block(&log[0], &one, NULL, 4);
    log[0].len -= 300;

    a = audit(log, NULL, &reader);
    result = assist_recount_result(rc);
    assert_int_equal(result->counted, 3);
    assert_int_equal(result->unsealed, 4);
    assert_int_equal(assist_audit_result(a)->findings, 0);

    assist_audit_free(a);
    assist_recount_free(rc);
    assist_catalog_free(cat);
    assist_buf_free(&log[0]);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_every_line),
        cmocka_unit_test(test_crash),
        cmocka_unit_test(test_forged),
        cmocka_unit_test(test_replaced),
        cmocka_unit_test(test_recount)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
