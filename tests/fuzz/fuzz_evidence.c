/*
 * What libFuzzer calls: bytes are read as lines of evidence, as they stand and
 * with CRCs that hold, and audited and counted, whole and byte by byte; both
 * ways must find the same.
 */

#include <stdio.h>
#include <stdlib.h>

#include "recount.h"


typedef struct {
    uint64_t  lines;
    uint64_t  findings;
    uint64_t  notes;
    uint64_t  counted;
    uint64_t  malformed;
} seen_t;


static void seal(assist_str_t text, assist_buf_t *out);
static void check_lines(assist_str_t text);
static seen_t audit(assist_str_t text, size_t piece);
static void must(int ok, const char *what);


static assist_catalog_t  *catalog;
static assist_targets_t  *targets;


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    seen_t         whole, pieces;
    assist_buf_t   out = ASSIST_BUF_INIT;
    assist_str_t   text;

    static const char  rows[] = "code,name,agency_code\n1.001456,x,G01\n";

    if (catalog == NULL) {
        catalog = assist_catalog_parse(rows, sizeof(rows) - 1, NULL);
        must(catalog != NULL, "catalogue");
        targets = assist_targets_create(assist_str(""), NULL);
        must(targets != NULL, "targets");
    }

    text = (assist_str_t) { size ? (const char *) data : "", size };

    check_lines(text);
    audit(text, size + 1);

    /* whoever can compute a CRC */

    seal(text, &out);
    check_lines(assist_buf_str(&out));

    whole = audit(assist_buf_str(&out), out.len + 1);
    pieces = audit(assist_buf_str(&out), 1);
    must(memcmp(&whole, &pieces, sizeof(seen_t)) == 0, "piece by piece");

    assist_buf_free(&out);

    return 0;
}


/* Each line with our head before it and a CRC after it. */

static void
seal(assist_str_t text, assist_buf_t *out)
{
    size_t       n, start;
    unsigned     seq;
    const char  *end;

    for (seq = 1; text.len; seq++) {
        end = memchr(text.data, '\n', text.len);
        n = end ? (size_t) (end - text.data) : text.len;

        start = out->len;
        assist_buf_printf(out, "{\"v\":1,\"t\":\"2026-11-23T18:40:01+07:00\","
                          "\"w\":\"n\",\"seq\":%u,\"type\":\"", seq);
        assist_buf_add(out, text.data, n);
        assist_buf_printf(out, ",\"crc\":\"%08x\"}\n",
                          assist_crc32(0, out->data + start,
                                       out->len - start));

        n += end != NULL;
        text.data += n;
        text.len -= n;
    }

    must(!out->failed, "memory");
}


static void
check_lines(assist_str_t text)
{
    char             *copy;
    size_t            n;
    const char       *end, *reason;
    assist_str_t      members, name, value, service;
    assist_line_t     line;
    assist_event_t    event;
    assist_block_t    block;
    assist_chain_t    head;
    assist_moment_t   moment;

    while (text.len) {
        end = memchr(text.data, '\n', text.len);
        n = end ? (size_t) (end - text.data) : text.len;

        /* an allocation of its own, so that a read beyond it is seen */

        copy = malloc(n + 1);
        must(copy != NULL, "memory");
        memcpy(copy, text.data, n);

        if (assist_line_read((assist_str_t) { copy, n }, &line, &reason)
            == 0)
        {
            assist_line_time(line.time, &moment);
            assist_line_event(&line, &event, &service);
            assist_chain_read(&line, &block);

            members = line.members;

            while (assist_line_member(&members, &name, &value) == 1) {
                must(value.len > 0, "a value");

                while (assist_chain_quoted(&value, &head) == 1) {
                    must(head.seq > 0 && head.writer[0], "a head");
                }
            }
        }

        free(copy);

        n += end != NULL;
        text.data += n;
        text.len -= n;
    }
}


static seen_t
audit(assist_str_t text, size_t piece)
{
    size_t                   i, n;
    seen_t                   seen;
    assist_buf_t             out = ASSIST_BUF_INIT;
    assist_audit_t          *a;
    assist_rules_t           rules;
    assist_levels_t          levels;
    assist_recount_t        *rc;
    assist_audit_reader_t    reader;

    rc = assist_recount_create(catalog, 1795434001, 420);
    must(rc != NULL, "memory");

    reader = (assist_audit_reader_t) {
        assist_recount_line, assist_recount_block, rc
    };

    a = assist_audit_create(assist_str("0123456789abcdef0123456789abcdef"),
                            &reader);
    must(a != NULL, "memory");

    must(assist_audit_file(a, assist_str("f")) == 0, "file");

    for (i = 0; i < text.len; i += n) {
        n = text.len - i < piece ? text.len - i : piece;
        must(assist_audit_feed(a, text.data + i, n) == 0, "feed");
    }

    must(assist_audit_end(a) == 0, "end");

    assist_levels_default(&levels);
    memset(&rules, 0, sizeof(rules));
    rules.levels = &levels;
    rules.targets = targets;
    must(assist_recount_print(rc, a, &rules, NULL, "json", &out) == 1,
         "print");

    seen.lines = assist_audit_result(a)->lines;
    seen.findings = assist_audit_result(a)->findings;
    seen.notes = assist_audit_result(a)->notes;
    seen.counted = assist_recount_result(rc)->counted;
    seen.malformed = assist_recount_result(rc)->malformed;

    assist_buf_free(&out);
    assist_audit_free(a);
    assist_recount_free(rc);

    return seen;
}


static void
must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "failed: %s\n", what);
        abort();
    }
}
