/*
 * Blocks: what is hashed, how they are linked and signed, and heads that are
 * quoted.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "chain.h"


#define NOW  1795434001

#define Z16  "0000000000000000"
#define A16  "aaaaaaaaaaaaaaaa"
#define H64  A16 A16 A16 A16


static const char  key[] = "0123456789abcdef0123456789abcdef";


/* The text of the line that starts at `from`, without its line end. */

static assist_str_t
line_at(const assist_buf_t *out, size_t from)
{
    const char  *end;

    end = memchr(out->data + from, '\n', out->len - from);
    assert_non_null(end);

    return (assist_str_t) { out->data + from,
                            (size_t) (end - out->data) - from };
}


static void
read_block(assist_str_t text, assist_block_t *block)
{
    const char     *reason;
    assist_line_t   line;

    assert_int_equal(assist_line_read(text, &line, &reason), 0);
    assert_true(assist_str_eq(line.type, assist_str("block")));
    assert_int_equal(assist_chain_read(&line, block), 0);
}


static void
test_blocks(void **state)
{
    int                      i;
    char                     hex[ASSIST_DIGEST_HEX + 1], before[65];
    size_t                   start, last;
    unsigned                 n;
    assist_str_t             text;
    assist_buf_t             out = ASSIST_BUF_INIT;
    unsigned char            digest[32];
    assist_block_t           block;
    assist_chain_t           chain;
    assist_chain_counts_t    counts = { 1, 22, 333 };
    assist_evidence_head_t   head = { .writer = "n-1-a", .gmtoff = 420 };

    (void) state;

    assist_chain_start(&chain, "n-1-a");
    assert_string_equal(chain.hash, Z16 Z16 Z16 Z16);
    assert_int_equal(chain.seq, 0);

    for (i = 0; i < 2; i++) {
        start = out.len;
        memcpy(before, chain.hash, sizeof(before));

        head.seq++;
        assist_chain_config(&out, &head, NOW, assist_str(H64),
                            (assist_str_t) { NULL, 0 }, NULL, 0);

        last = out.len;
        head.seq++;
        assist_chain_block(&out, start, &head, NOW, &counts, i,
                           i ? assist_str(key) : (assist_str_t) { NULL, 0 },
                           &chain);
        assert_false(out.failed);

        text = line_at(&out, last);
        read_block(text, &block);

        assert_int_equal(chain.seq, head.seq);
        assert_memory_equal(block.prev.data, before, 64);
        assert_memory_equal(block.hash.data, chain.hash, 64);
        assert_int_equal(block.end, i);
        assert_int_equal(block.counts.unmatched, 1);
        assert_int_equal(block.counts.excluded, 22);
        assert_int_equal(block.counts.dropped, 333);

        /* as anybody would compute it */

        assert_memory_equal(text.data + block.hashed, ",\"hash\":", 8);
        SHA256((unsigned char *) out.data + start,
               last + block.hashed - start, digest);
        assist_digest_hex(hex, digest);
        assert_string_equal(hex, chain.hash);

        if (i == 0) {
            assert_int_equal(block.mac.len, 0);
            continue;
        }

        HMAC(EVP_sha256(), key, sizeof(key) - 1, (unsigned char *) hex, 64,
             digest, &n);
        assist_digest_hex(hex, digest);
        assert_memory_equal(block.mac.data, hex, 64);
    }

    assist_buf_free(&out);
}


static void
test_no_memory(void **state)
{
    assist_buf_t             out = ASSIST_BUF_INIT;
    assist_chain_t           chain;
    assist_chain_counts_t    counts = { 0, 0, 0 };
    assist_evidence_head_t   head = { .writer = "n", .seq = 1 };

    (void) state;

    assist_chain_start(&chain, "n");
    assist_buf_puts(&out, "whole\n");
    assert_null(assist_buf_reserve(&out, SIZE_MAX / 2));

    assist_chain_block(&out, 0, &head, NOW, &counts, 0,
                       (assist_str_t) { NULL, 0 }, &chain);

    assert_true(out.failed);
    assert_int_equal(out.len, 6);
    assert_int_equal(chain.seq, 0);
    assert_string_equal(chain.hash, Z16 Z16 Z16 Z16);

    assist_buf_free(&out);
}


static void
test_quoted(void **state)
{
    int                      rc;
    const char              *reason;
    assist_buf_t             out = ASSIST_BUF_INIT;
    assist_str_t             members, name, value;
    assist_line_t            line;
    assist_chain_t           heads[2], head;
    assist_evidence_head_t   eh = { .writer = "n", .seq = 1 };

    (void) state;

    assist_chain_start(&heads[0], "z-2");
    assist_chain_start(&heads[1], "a.b-1-2");
    memset(heads[0].hash, 'b', 64);
    heads[0].seq = 7;
    heads[1].seq = UINT64_MAX;

    assist_chain_sort(heads, 2);
    assert_string_equal(heads[0].writer, "a.b-1-2");

    assist_chain_config(&out, &eh, NOW, assist_str(H64), assist_str(H64),
                        heads, 2);
    assert_int_equal(assist_line_read((assist_str_t) { out.data, out.len - 1 },
                                      &line, &reason), 0);

    members = line.members;

    do {
        assert_int_equal(assist_line_member(&members, &name, &value), 1);
    } while (!assist_str_eq(name, assist_str("after")));

    assert_int_equal(assist_chain_quoted(&value, &head), 1);
    assert_memory_equal(&head, &heads[0], sizeof(head));
    assert_int_equal(assist_chain_quoted(&value, &head), 1);
    assert_memory_equal(&head, &heads[1], sizeof(head));

    rc = assist_chain_quoted(&value, &head);
    assert_int_equal(rc, 0);

    value = assist_str("[]");
    assert_int_equal(assist_chain_quoted(&value, &head), 0);

    assist_buf_free(&out);
}


/* What the end of a log says, wherever it starts. */

static void
test_tail(void **state)
{
    size_t                  i, n;
    assist_str_t            text;
    assist_buf_t            out = ASSIST_BUF_INIT;
    assist_chain_t          one, two, three, heads[2];
    assist_chain_counts_t   counts = { 0, 0, 0 };

    (void) state;

    assist_chain_start(&one, "one");
    assist_chain_start(&two, "two");
    assist_chain_start(&three, "three");

    for (i = 0; i < 4; i++) {
        assist_chain_t          *c = i == 3 ? &three : i % 2 ? &two : &one;
        assist_evidence_head_t   head = { .writer = c->writer };

        n = out.len;
        head.seq = c->seq + 1;
        assist_chain_config(&out, &head, NOW, assist_str(H64),
                            assist_str(H64), i == 3 ? &one : NULL, i == 3);
        head.seq++;
        assist_chain_block(&out, n, &head, NOW, &counts, 0, assist_str(key),
                           c);
    }

    /* one has two blocks, the last of which three quotes */

    assist_buf_puts(&out, "{\"v\":1,\"t\":\"torn");
    text = assist_buf_str(&out);

    assert_int_equal(assist_chain_tail(text, heads, 2), 2);
    assert_memory_equal(&heads[0], &two, sizeof(two));
    assert_memory_equal(&heads[1], &three, sizeof(three));

    assert_int_equal(assist_chain_tail(text, heads, 1), 1);
    assert_memory_equal(&heads[0], &three, sizeof(three));

    for (n = 2; text.len; text.data++, text.len--) {
        i = assist_chain_tail(text, heads, 2);
        assert_true(i <= n);
        n = i;
    }

    assert_int_equal(n, 0);
    assist_buf_free(&out);
}


/* Each of them with a CRC that holds, since whoever wrote it could. */

static void
test_hostile(void **state)
{
    char             *copy;
    size_t            i, len;
    const char       *reason;
    assist_str_t      text, value;
    assist_buf_t      out = ASSIST_BUF_INIT;
    assist_line_t     line;
    assist_block_t    block;
    assist_chain_t    head;

#define B  "{\"v\":1,\"t\":\"2026-11-23T18:40:01+07:00\",\"w\":\"n\"," \
           "\"seq\":3,\"type\":\"block\""
#define C  ",\"unmatched\":0,\"excluded\":0,\"dropped\":0"
#define P  ",\"prev\":\"" H64 "\""
#define H  ",\"hash\":\"" H64 "\""

    static const struct {
        const char  *body;
        int          rc;
    } blocks[] = {
        { B C ",\"end\":false" P H ",\"mac\":null", 0 },
        { B C ",\"new\":{\"a\":[1,\"}\\\"\"]},\"end\":false" P H
          ",\"mac\":null", 0 },

        { B, -1 },
        { B C P H ",\"mac\":null", -1 },
        { B C ",\"end\":false" P H, -1 },
        { B C ",\"end\":false" H ",\"mac\":null", -1 },
        { B C ",\"end\":false" P ",\"mac\":null", -1 },
        { B ",\"end\":false" P H ",\"mac\":null", -1 },

        /* only one of them would be looked at */
        { B C ",\"end\":false" P P H ",\"mac\":null", -1 },
        { B C ",\"end\":false" P H H ",\"mac\":null", -1 },

        { B C ",\"end\":false,\"prev\":null" H ",\"mac\":null", -1 },
        { B C ",\"end\":false" P H ",\"mac\":\"00\"", -1 },
        { B C ",\"end\":false" P H ",\"mac\":null,", -1 },
        { B C ",\"end\":false" P H ",\"mac\":null}", -1 },
        { B C ",\"end\":false" P H ",\"mac\":\"" A16 A16 A16
          "AAAAAAAAAAAAAAAA\"", -1 },
        { B ",\"unmatched\":-1,\"excluded\":0,\"dropped\":0,\"end\":false" P H
          ",\"mac\":null", -1 },
    };

    static const char  *lists[] = {
        "", "[", "]x", "null", "{}", "[{}]", "[1]", "[{\"w\":\"n\"}]",
        "[{\"w\":\"\",\"seq\":1,\"hash\":\"" H64 "\"}]",
        "[{\"w\":\"n\",\"seq\":0,\"hash\":\"" H64 "\"}]",
        "[{\"w\":\"n\",\"seq\":1,\"hash\":null}]",
        "[{\"w\":\"n\",\"seq\":1,\"hash\":\"" H64 "\"",
        "[{\"w\":\"" A16 A16 A16 "\",\"seq\":1,\"hash\":\"" H64 "\"}]"
    };

    (void) state;

    for (i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        out.len = 0;
        assist_buf_puts(&out, blocks[i].body);
        assist_buf_printf(&out, ",\"crc\":\"%08x\"}",
                          assist_crc32(0, out.data, out.len));

        copy = malloc(out.len);
        assert_non_null(copy);
        memcpy(copy, out.data, out.len);
        text = (assist_str_t) { copy, out.len };

        assert_int_equal(assist_line_read(text, &line, &reason), 0);
        assert_int_equal(assist_chain_read(&line, &block),
                         blocks[i].rc);
        free(copy);
    }

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        len = strlen(lists[i]);
        copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy, lists[i], len);

        value = (assist_str_t) { copy, len };
        assert_int_equal(assist_chain_quoted(&value, &head), -1);
        free(copy);
    }

    assist_buf_free(&out);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_quoted),
        cmocka_unit_test(test_tail),
        cmocka_unit_test(test_hostile)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
