#include "chain.h"

#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>


#define lit(out, text)  assist_buf_add(out, text, sizeof(text) - 1)

#define is(s, text)                                                           \
    ((s).len == sizeof(text) - 1                                              \
     && memcmp((s).data, text, sizeof(text) - 1) == 0)


enum {
    SEEN_PREV = 1, SEEN_HASH = 2, SEEN_MAC = 4, SEEN_END = 8, SEEN_COUNTS = 16
};


static size_t tail_line(const assist_line_t *line, assist_chain_t *heads,
    size_t n, size_t max);
static size_t drop(assist_chain_t *heads, size_t n, const char *writer,
    uint64_t seq);
static void add_hex(assist_buf_t *out, assist_str_t hex);
static int block_member(assist_block_t *block, assist_str_t name,
    assist_str_t value);
static int read_hex(assist_str_t value, assist_str_t *hex);
static int by_writer(const void *one, const void *two);


void
assist_chain_start(assist_chain_t *chain, const char *writer)
{
    size_t  n;

    n = strnlen(writer, ASSIST_WRITER_MAX);

    memset(chain, 0, sizeof(assist_chain_t));
    memcpy(chain->writer, writer, n);
    memset(chain->hash, '0', ASSIST_DIGEST_HEX);
}


void
assist_chain_config(assist_buf_t *out, assist_evidence_head_t *head,
    int64_t time, assist_str_t catalogue, assist_str_t levels,
    const assist_chain_t *after, size_t nafter)
{
    size_t  i, start;

    start = assist_evidence_open(out, head, time, "config");

    lit(out, ",\"catalogue\":");
    add_hex(out, catalogue);
    lit(out, ",\"levels\":");
    add_hex(out, levels);
    lit(out, ",\"after\":[");

    for (i = 0; i < nafter; i++) {
        assist_buf_puts(out, i ? "," : "");
        assist_chain_put(out, &after[i]);
    }

    lit(out, "]");

    assist_evidence_close(out, head, start);
}


void
assist_chain_block(assist_buf_t *out, size_t start,
    assist_evidence_head_t *head, int64_t time,
    const assist_chain_counts_t *counts, int end, assist_str_t key,
    assist_chain_t *chain)
{
    char           hash[ASSIST_DIGEST_HEX + 1], mac[ASSIST_DIGEST_HEX + 1];
    size_t         line;
    unsigned char  digest[ASSIST_DIGEST_LEN];

    line = assist_evidence_open(out, head, time, "block");

    lit(out, ",\"unmatched\":");
    assist_buf_uint(out, counts->unmatched);
    lit(out, ",\"excluded\":");
    assist_buf_uint(out, counts->excluded);
    lit(out, ",\"dropped\":");
    assist_buf_uint(out, counts->dropped);
    lit(out, ",\"end\":");
    assist_buf_puts(out, end ? "true" : "false");
    lit(out, ",\"prev\":");
    add_hex(out, assist_str_of(chain->hash));

    if (out->failed) {
        out->len = line;
        return;
    }

    SHA256((const unsigned char *) out->data + start, out->len - start,
           digest);
    assist_digest_hex(hash, digest);

    lit(out, ",\"hash\":");
    add_hex(out, assist_str_of(hash));
    lit(out, ",\"mac\":");

    if (key.len) {
        assist_chain_mac(mac, hash, key);
        add_hex(out, assist_str_of(mac));

    } else {
        lit(out, "null");
    }

    assist_evidence_close(out, head, line);

    if (!out->failed) {
        memcpy(chain->hash, hash, sizeof(hash));
        chain->seq = head->seq;
    }
}


int
assist_chain_read(const assist_line_t *line, assist_block_t *block)
{
    int           rc, seen, bit;
    assist_str_t  members, name, value, before;

    memset(block, 0, sizeof(assist_block_t));

    members = line->members;
    before = members;
    seen = 0;

    while ((rc = assist_line_member(&members, &name, &value)) == 1) {
        bit = block_member(block, name, value);

        if (bit < 0 || (bit & seen & ~SEEN_COUNTS)) {
            return -1;
        }

        if (bit == SEEN_HASH) {
            /* what stands before is what was hashed */
            block->hashed = (size_t) (before.data - line->text.data);
        }

        seen |= bit;
        before = members;
    }

    return rc == 0 && seen == (SEEN_PREV|SEEN_HASH|SEEN_MAC|SEEN_END
                               |SEEN_COUNTS)
           ? 0 : -1;
}


int
assist_chain_quoted(assist_str_t *list, assist_chain_t *head)
{
    int           rc;
    const char   *end;
    assist_str_t  item, name, value, hash;

    if (is(*list, "[]") || is(*list, "]")) {
        return 0;
    }

    if (list->len < 2 || (list->data[0] != '[' && list->data[0] != ',')) {
        return -1;
    }

    /* no value of a head has a brace */

    item = (assist_str_t) { list->data + 1, list->len - 1 };
    end = memchr(item.data, '}', item.len);

    if (end == NULL) {
        return -1;
    }

    item.len = (size_t) (end - item.data);
    *list = (assist_str_t) { end + 1, list->len - item.len - 2 };

    memset(head, 0, sizeof(assist_chain_t));

    while ((rc = assist_line_member(&item, &name, &value)) == 1) {

        if (is(name, "w")) {
            if (value.len < 3 || value.len - 2 > ASSIST_WRITER_MAX) {
                return -1;
            }

            memcpy(head->writer, value.data + 1, value.len - 2);

        } else if (is(name, "seq")) {
            if (assist_line_number(value, &head->seq) != 0) {
                return -1;
            }

        } else if (is(name, "hash")) {
            if (read_hex(value, &hash) != 0 || hash.len == 0) {
                return -1;
            }

            memcpy(head->hash, hash.data, hash.len);
        }
    }

    return rc == 0 && head->writer[0] && head->seq && head->hash[0] ? 1 : -1;
}


size_t
assist_chain_tail(assist_str_t text, assist_chain_t *heads, size_t max)
{
    size_t          n;
    const char     *end, *reason;
    assist_str_t    s;
    assist_line_t   line;

    n = 0;

    while (text.len && (end = memchr(text.data, '\n', text.len)) != NULL) {
        s = (assist_str_t) { text.data, (size_t) (end - text.data) };

        if (assist_line_read(s, &line, &reason) == 0) {
            n = tail_line(&line, heads, n, max);
        }

        text.data += s.len + 1;
        text.len -= s.len + 1;
    }

    return n;
}


void
assist_chain_put(assist_buf_t *out, const assist_chain_t *head)
{
    lit(out, "{\"w\":");
    assist_buf_json(out, assist_str_of(head->writer));
    lit(out, ",\"seq\":");
    assist_buf_uint(out, head->seq);
    lit(out, ",\"hash\":");
    add_hex(out, assist_str_of(head->hash));
    lit(out, "}");
}


void
assist_chain_sort(assist_chain_t *heads, size_t n)
{
    if (n) {
        qsort(heads, n, sizeof(assist_chain_t), by_writer);
    }
}


void
assist_chain_mac(char mac[ASSIST_DIGEST_HEX + 1], const char *hash,
    assist_str_t key)
{
    unsigned char  digest[ASSIST_DIGEST_LEN];

    memset(digest, 0, sizeof(digest));

    HMAC(EVP_sha256(), key.data, (int) key.len, (const unsigned char *) hash,
         ASSIST_DIGEST_HEX, digest, NULL);

    assist_digest_hex(mac, digest);
}


static size_t
tail_line(const assist_line_t *line, assist_chain_t *heads, size_t n,
    size_t max)
{
    assist_str_t    members, name, value;
    assist_block_t  block;
    assist_chain_t  head;

    if (is(line->type, "block") && assist_chain_read(line, &block) == 0) {

        memset(&head, 0, sizeof(assist_chain_t));
        memcpy(head.writer, line->writer.data, line->writer.len);
        memcpy(head.hash, block.hash.data, block.hash.len);
        head.seq = line->seq;

        n = drop(heads, n, head.writer, 0);

        if (n == max) {
            n = drop(heads, n, heads[0].writer, 0);
        }

        heads[n++] = head;

    } else if (is(line->type, "config")) {
        members = line->members;

        while (assist_line_member(&members, &name, &value) == 1) {

            if (!is(name, "after")) {
                continue;
            }

            while (assist_chain_quoted(&value, &head) == 1) {
                n = drop(heads, n, head.writer, head.seq);
            }
        }
    }

    return n;
}


/* Takes a writer's head out; of a line, or any (seq 0). */

static size_t
drop(assist_chain_t *heads, size_t n, const char *writer, uint64_t seq)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (strcmp(heads[i].writer, writer) == 0
            && (seq == 0 || heads[i].seq == seq))
        {
            memmove(&heads[i], &heads[i + 1],
                    (n - i - 1) * sizeof(assist_chain_t));
            return n - 1;
        }
    }

    return n;
}


static void
add_hex(assist_buf_t *out, assist_str_t hex)
{
    if (hex.len == 0) {
        lit(out, "null");
        return;
    }

    lit(out, "\"");
    assist_buf_add(out, hex.data, hex.len);
    lit(out, "\"");
}


/* The bit of a member that must be there, 0 for another; -1: a bad value. */

static int
block_member(assist_block_t *block, assist_str_t name, assist_str_t value)
{
    if (is(name, "prev")) {
        return read_hex(value, &block->prev) == 0 && block->prev.len
               ? SEEN_PREV : -1;
    }

    if (is(name, "hash")) {
        return read_hex(value, &block->hash) == 0 && block->hash.len
               ? SEEN_HASH : -1;
    }

    if (is(name, "mac")) {
        return read_hex(value, &block->mac) == 0 ? SEEN_MAC : -1;
    }

    if (is(name, "end")) {
        block->end = is(value, "true");
        return SEEN_END;
    }

    if (is(name, "unmatched")) {
        return assist_line_number(value, &block->counts.unmatched) == 0
               ? SEEN_COUNTS : -1;
    }

    if (is(name, "excluded")) {
        return assist_line_number(value, &block->counts.excluded) == 0
               ? SEEN_COUNTS : -1;
    }

    if (is(name, "dropped")) {
        return assist_line_number(value, &block->counts.dropped) == 0
               ? SEEN_COUNTS : -1;
    }

    return 0;
}


/* 64 digits in quotes, or null: hex->len is 0. */

static int
read_hex(assist_str_t value, assist_str_t *hex)
{
    size_t  i;

    *hex = (assist_str_t) { NULL, 0 };

    if (is(value, "null")) {
        return 0;
    }

    if (value.len != ASSIST_DIGEST_HEX + 2 || value.data[0] != '"') {
        return -1;
    }

    for (i = 1; i <= ASSIST_DIGEST_HEX; i++) {
        if (memchr("0123456789abcdef", value.data[i], 16) == NULL) {
            return -1;
        }
    }

    *hex = (assist_str_t) { value.data + 1, ASSIST_DIGEST_HEX };

    return 0;
}


static int
by_writer(const void *one, const void *two)
{
    const assist_chain_t  *a, *b;

    a = one;
    b = two;

    return strcmp(a->writer, b->writer);
}
