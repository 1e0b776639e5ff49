#define OPENSSL_SUPPRESS_DEPRECATED

#include "audit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/sha.h>

#include "arena.h"
#include "table.h"


#define LINE_MAX   (1024 * 1024)
#define TEXT_MAX   1000                     /* findings that are written out */
#define RECENT     8                        /* blocks of a chain */

#define START      "{\"v\":1,\"t\":\""

#define W          "%.*s"
#define w(chain)   (int) (chain)->writer.len, (chain)->writer.data


typedef struct {
    uint32_t  file;
    uint64_t  line;
} place_t;


typedef struct {
    assist_str_t  writer;
    uint64_t      first;                    /* the first line's seq; 0: none */
    uint64_t      seq;                      /* of the last line */
    place_t       first_at;
    place_t       last_at;

    /* its last blocks, the last at nblocks - 1 modulo RECENT */
    uint64_t      nblocks;
    struct {
        uint64_t  seq;
        char      hash[ASSIST_DIGEST_HEX];
    }             recent[RECENT];

    uint64_t      block_first;              /* of the open block */
    place_t       block_at;
    place_t       torn_at;

    uint64_t      quoted;                   /* seq of the last quoted head */

    unsigned      open:1;                   /* lines without a block's end */
    unsigned      left:1;                   /* and other lines after them */
    unsigned      torn:1;                   /* its last line is */
    unsigned      damaged:1;                /* of which a finding tells */
    unsigned      hurt:1;                   /* a block of it was */
    unsigned      missed:1;                 /* of which a finding tells */
    unsigned      end:1;                    /* it ended in good order */
    unsigned      wanted:1;                 /* one of its heads is */
} chain_t;


/* A head that must be met: published, or quoted by a chain's first line. */
typedef struct {
    uint32_t  chain;
    uint64_t  seq;
    char      hash[ASSIST_DIGEST_HEX];
    place_t   at;                           /* of the quoting line */
    unsigned  published:1;
    unsigned  met:1;
} wanted_t;


struct assist_audit_s {
    assist_str_t            key;
    assist_arena_t         *arena;
    assist_audit_reader_t   reader;

    assist_str_t           *files;
    uint32_t                nfiles;
    uint32_t                files_alloc;
    uint64_t                line;           /* of the file */
    assist_buf_t            rest;           /* of a line whose end is not here */

    chain_t                *chains;
    uint32_t                nchains;
    uint32_t                chains_alloc;
    assist_table_t          writers;
    uint32_t                last;           /* the chain of the last line */

    uint32_t                open;           /* the chain of the open block */
    SHA256_CTX              sha;            /* of that block */

    wanted_t               *wanted;
    uint32_t                nwanted;
    uint32_t                wanted_alloc;

    assist_chain_t         *heads;
    size_t                  nheads;

    assist_buf_t            found;
    assist_buf_t            noted;
    uint64_t                nsigned;
    assist_audit_result_t   result;

    unsigned                skipping:1;     /* the rest of too long a line */
    unsigned                unclaimed:1;    /* a damaged line of who knows */
    unsigned                failed:1;       /* out of memory */
};


static void one_line(assist_audit_t *a, assist_str_t text);
static void good_line(assist_audit_t *a, const assist_line_t *line);
static void bad_line(assist_audit_t *a, assist_str_t text, const char *reason);
static void torn_line(assist_audit_t *a, assist_str_t text,
    const char *reason);
static chain_t *owner(assist_audit_t *a, assist_str_t text, int torn);
static void check_order(assist_audit_t *a, chain_t *c,
    const assist_line_t *line);
static void open_block(assist_audit_t *a, chain_t *c, uint64_t seq);
static void leave_block(assist_audit_t *a);
static void end_block(assist_audit_t *a, chain_t *c,
    const assist_line_t *line);
static int check_block(assist_audit_t *a, chain_t *c,
    const assist_block_t *block);
static int check_beginning(assist_audit_t *a, chain_t *c,
    const assist_block_t *block);
static int check_mac(assist_audit_t *a, chain_t *c,
    const assist_block_t *block);
static void read_quotes(assist_audit_t *a, const assist_line_t *line);
static int want(assist_audit_t *a, const assist_chain_t *head, int published);
static int was_met(assist_audit_t *a, wanted_t *wanted);
static void meet(assist_audit_t *a, uint32_t chain, uint64_t seq,
    const char *hash);
static void end_chain(assist_audit_t *a, chain_t *c);
static void end_wanted(assist_audit_t *a, wanted_t *wanted);
static void list_heads(assist_audit_t *a);
static uint32_t find_chain(assist_audit_t *a, assist_str_t writer, int create);
static void *more(void *list, uint32_t n, uint32_t *nalloc, size_t size);
static place_t here(const assist_audit_t *a);
static void finding(assist_audit_t *a, place_t at, const char *fmt, ...)
    __attribute__ ((format (printf, 3, 4)));
static void note(assist_audit_t *a, place_t at, const char *fmt, ...)
    __attribute__ ((format (printf, 3, 4)));
static void add_text(assist_audit_t *a, assist_buf_t *out, place_t at,
    const char *fmt, va_list args);


static const place_t  nowhere = { ASSIST_TABLE_NONE, 0 };


assist_audit_t *
assist_audit_create(assist_str_t key, const assist_audit_reader_t *reader)
{
    assist_audit_t  *a;

    a = calloc(1, sizeof(assist_audit_t));
    if (a == NULL) {
        return NULL;
    }

    a->arena = assist_arena_create();
    a->open = ASSIST_TABLE_NONE;
    a->last = ASSIST_TABLE_NONE;

    if (a->arena != NULL) {
        a->key = assist_arena_dup(a->arena, key);
    }

    if (a->arena == NULL || a->key.data == NULL) {
        assist_audit_free(a);
        return NULL;
    }

    if (reader != NULL) {
        a->reader = *reader;
    }

    return a;
}


void
assist_audit_free(assist_audit_t *a)
{
    if (a == NULL) {
        return;
    }

    if (a->arena != NULL) {
        assist_arena_destroy(a->arena);
    }

    assist_table_free(&a->writers);
    assist_buf_free(&a->rest);
    assist_buf_free(&a->found);
    assist_buf_free(&a->noted);
    free(a->files);
    free(a->chains);
    free(a->wanted);
    free(a->heads);
    free(a);
}


int
assist_audit_heads(assist_audit_t *a, assist_str_t list)
{
    int             rc, n;
    assist_chain_t  head;

    n = 0;

    while ((rc = assist_chain_quoted(&list, &head)) == 1) {
        if (want(a, &head, 1) != 0) {
            return -1;
        }

        n++;
    }

    return rc == 0 ? n : -1;
}


int
assist_audit_file(assist_audit_t *a, assist_str_t name)
{
    void  *p;

    if (a->rest.len) {
        one_line(a, assist_buf_str(&a->rest));
        a->rest.len = 0;
    }

    leave_block(a);

    p = more(a->files, a->nfiles, &a->files_alloc, sizeof(assist_str_t));
    if (p == NULL) {
        return -1;
    }

    a->files = p;
    a->files[a->nfiles] = assist_arena_dup(a->arena, name);

    if (a->files[a->nfiles].data == NULL) {
        return -1;
    }

    a->nfiles++;
    a->line = 1;
    a->skipping = 0;

    return a->failed ? -1 : 0;
}


int
assist_audit_feed(assist_audit_t *a, const char *data, size_t len)
{
    size_t       n;
    const char  *end;

    while (len) {
        end = memchr(data, '\n', len);
        n = end ? (size_t) (end - data) : len;

        if (a->skipping) {
            /* void */

        } else if (a->rest.len + n > LINE_MAX) {
            a->skipping = 1;
            a->rest.len = 0;
            finding(a, here(a), "no line of evidence is longer than 1 MiB");

        } else if (end == NULL || a->rest.len) {
            assist_buf_add(&a->rest, data, n);

            if (end != NULL) {
                one_line(a, assist_buf_str(&a->rest));
                a->rest.len = 0;
            }

        } else {
            one_line(a, (assist_str_t) { data, n });
        }

        if (end == NULL) {
            break;
        }

        a->line++;
        a->skipping = 0;
        data += n + 1;
        len -= n + 1;
    }

    return a->failed || a->rest.failed ? -1 : 0;
}


int
assist_audit_end(assist_audit_t *a)
{
    uint32_t  i;

    if (a->rest.len) {
        one_line(a, assist_buf_str(&a->rest));
        a->rest.len = 0;
    }

    leave_block(a);

    for (i = 0; i < a->nchains; i++) {
        end_chain(a, &a->chains[i]);
    }

    for (i = 0; i < a->nwanted; i++) {
        end_wanted(a, &a->wanted[i]);
    }

    if (a->nsigned && a->key.len == 0) {
        note(a, nowhere, "%" PRIu64 " blocks are signed: without --key their "
             "signatures are not checked", a->nsigned);
    }

    list_heads(a);

    a->result.found = assist_buf_str(&a->found);
    a->result.noted = assist_buf_str(&a->noted);

    return a->failed || a->found.failed || a->noted.failed ? -1 : 0;
}


const assist_audit_result_t *
assist_audit_result(const assist_audit_t *a)
{
    return &a->result;
}


const assist_chain_t *
assist_audit_open_heads(const assist_audit_t *a, size_t *n)
{
    *n = a->nheads;

    return a->heads;
}


static void
one_line(assist_audit_t *a, assist_str_t text)
{
    const char     *reason;
    assist_line_t   line;

    if (text.len == 0) {
        /* what a worker writes first after a block that was cut */
        return;
    }

    if (assist_line_read(text, &line, &reason) == 0) {
        good_line(a, &line);

    } else {
        bad_line(a, text, reason);
    }
}


static void
good_line(assist_audit_t *a, const assist_line_t *line)
{
    chain_t   *c;
    uint32_t   i;

    i = find_chain(a, line->writer, 1);

    if (i == ASSIST_TABLE_NONE) {
        return;
    }

    if (a->open != i) {
        leave_block(a);
    }

    c = &a->chains[i];
    a->result.lines++;

    check_order(a, c, line);

    if (a->open != i) {
        a->open = i;
        open_block(a, c, line->seq);
    }

    c->last_at = here(a);

    if (a->reader.line) {
        a->reader.line(a->reader.data, line);
    }

    if (line->type.len == 5 && memcmp(line->type.data, "block", 5) == 0) {
        end_block(a, c, line);
        return;
    }

    SHA256_Update(&a->sha, line->text.data, line->text.len);
    SHA256_Update(&a->sha, "\n", 1);

    if (line->type.len == 6 && memcmp(line->type.data, "config", 6) == 0) {
        read_quotes(a, line);
    }
}


/*
 * After a crash of the machine, or on a full disk, the end of a block may be
 * missing, and what was written next follows in the same line.  A whole line
 * has no second start in it, for in its strings a quote is escaped.
 */

static void
bad_line(assist_audit_t *a, assist_str_t text, const char *reason)
{
    size_t          i, n;
    chain_t        *c;
    const char     *why;
    assist_str_t    rest;
    assist_line_t   line;

    n = sizeof(START) - 1;

    for (i = text.len; i > n; i--) {
        if (memcmp(text.data + i - n, START, n) == 0 && i > n) {
            break;
        }
    }

    if (i > n) {
        rest = (assist_str_t) { text.data + i - n, text.len - i + n };

        if (assist_line_read(rest, &line, &why) == 0) {
            text.len -= rest.len;
            torn_line(a, text, "it is torn");
            good_line(a, &line);
            return;
        }
    }

    if (assist_line_torn(text)) {
        torn_line(a, text, reason);
        return;
    }

    finding(a, here(a), "this line is not as it was written: %s", reason);

    c = owner(a, text, 0);

    if (c == NULL) {
        a->unclaimed = 1;
        return;
    }

    if (!c->open) {
        leave_block(a);
        a->open = (uint32_t) (c - a->chains);
        open_block(a, c, c->seq + 1);
    }

    c->damaged = 1;
}


/* A finding only when its chain goes on, which it cannot after a crash. */

static void
torn_line(assist_audit_t *a, assist_str_t text, const char *reason)
{
    chain_t  *c;

    c = owner(a, text, 1);

    if (c == NULL) {
        note(a, here(a), "a crash left this line: %s", reason);
        return;
    }

    if (!c->open) {
        leave_block(a);
        a->open = (uint32_t) (c - a->chains);
        open_block(a, c, c->seq + 1);
    }

    c->torn = 1;
    c->torn_at = here(a);

    leave_block(a);
}


/*
 * Whose is a line that is no more what it was?  What is left of the head of a
 * torn one is as it was; of one that was changed it may say anything, and so
 * its place comes first.
 */

static chain_t *
owner(assist_audit_t *a, assist_str_t text, int torn)
{
    int             named;
    uint32_t        i;
    const char     *reason;
    assist_line_t   line;

    i = a->open;
    named = assist_line_head(text, &line, &reason) == 0;

    if (named && (torn || i == ASSIST_TABLE_NONE)) {
        i = find_chain(a, line.writer, 0);
    }

    return i == ASSIST_TABLE_NONE ? NULL : &a->chains[i];
}


static void
check_order(assist_audit_t *a, chain_t *c, const assist_line_t *line)
{
    uint64_t  before;

    before = c->seq;
    c->seq = line->seq;

    if (before == 0) {
        c->first = line->seq;
        c->first_at = here(a);

        if (a->unclaimed && line->seq > 1) {
            a->unclaimed = 0;
            c->damaged = 1;
        }

        return;
    }

    if (c->left) {
        /* the chain goes on, but not its block: that was written at once */

        if (!c->damaged && c->torn) {
            finding(a, c->torn_at, "this line is not as it was written: it is "
                    "torn, and yet " W " goes on", w(c));

        } else if (!c->damaged) {
            finding(a, here(a), "line %" PRIu64 " of " W " stands apart from "
                    "its block: lines were moved", line->seq, w(c));
        }

        c->left = 0;
        c->torn = 0;
        c->open = 0;
        c->damaged = 1;
        return;
    }

    if (line->seq == before + 1 || c->damaged) {
        return;
    }

    c->damaged = 1;

    if (a->unclaimed) {
        /* the line that is missing is the damaged one */
        a->unclaimed = 0;
        return;
    }

    finding(a, here(a), "line %" PRIu64 " of " W " cannot follow line %" PRIu64
            ": lines were removed, repeated or swapped", line->seq, w(c),
            before);
}


static void
open_block(assist_audit_t *a, chain_t *c, uint64_t seq)
{
    SHA256_Init(&a->sha);

    c->open = 1;
    c->block_first = seq;
    c->block_at = here(a);
}


/* Something else follows, or nothing. */

static void
leave_block(assist_audit_t *a)
{
    if (a->open == ASSIST_TABLE_NONE) {
        return;
    }

    a->chains[a->open].left = 1;
    a->open = ASSIST_TABLE_NONE;

    if (a->reader.block) {
        a->reader.block(a->reader.data, 0);
    }
}


static void
end_block(assist_audit_t *a, chain_t *c, const assist_line_t *line)
{
    int             good;
    uint64_t        i;
    assist_block_t  block;

    good = 0;

    if (assist_chain_read(line, &block) != 0) {

        if (!c->damaged) {
            finding(a, here(a), "this line does not end a block as it should: "
                    "a member is missing or malformed");
        }

        /* its hash is not known, and the next block not to blame */
        block.hash = (assist_str_t) { NULL, 0 };
        c->nblocks = 0;

    } else {
        SHA256_Update(&a->sha, line->text.data, block.hashed);

        good = !c->damaged && check_block(a, c, &block) == 0;

        a->nsigned += block.mac.len != 0;
        i = c->nblocks++ % RECENT;

        c->recent[i].seq = line->seq;
        memcpy(c->recent[i].hash, block.hash.data, ASSIST_DIGEST_HEX);
        c->end = block.end;

        if (c->wanted) {
            meet(a, a->open, line->seq, block.hash.data);
        }
    }

    a->result.blocks++;
    a->open = ASSIST_TABLE_NONE;
    c->open = 0;
    c->hurt |= !good;
    c->damaged = 0;

    if (a->reader.block) {
        a->reader.block(a->reader.data, good);
    }
}


/* At most one finding a block: the first that is wrong explains the rest. */

static int
check_block(assist_audit_t *a, chain_t *c, const assist_block_t *block)
{
    char           hash[ASSIST_DIGEST_HEX + 1];
    const char    *before;
    unsigned char  digest[ASSIST_DIGEST_LEN];

    SHA256_Final(digest, &a->sha);
    assist_digest_hex(hash, digest);

    if (memcmp(hash, block->hash.data, ASSIST_DIGEST_HEX) != 0) {
        finding(a, c->block_at, "the block of " W " that begins here, lines %"
                PRIu64 " to %" PRIu64 ", was changed: its hash does not match",
                w(c), c->block_first, c->seq);
        return -1;
    }

    if (c->nblocks == 0) {
        return check_beginning(a, c, block);
    }

    before = c->recent[(c->nblocks - 1) % RECENT].hash;

    if (memcmp(before, block->prev.data, ASSIST_DIGEST_HEX) != 0) {
        finding(a, c->block_at, "the block of " W " that begins here, lines %"
                PRIu64 " to %" PRIu64 ", does not follow the one before it: "
                "one of them was replaced", w(c), c->block_first, c->seq);
        return -1;
    }

    return check_mac(a, c, block);
}


static int
check_beginning(assist_audit_t *a, chain_t *c, const assist_block_t *block)
{
    uint32_t         i;
    wanted_t        *wanted;
    assist_chain_t   none;

    if (c->block_first != c->first) {
        /* after a block whose hash is not known */
        return check_mac(a, c, block);
    }

    if (c->first == 1) {
        assist_chain_start(&none, "");

        if (memcmp(block->prev.data, none.hash, ASSIST_DIGEST_HEX) != 0) {
            finding(a, c->block_at, "the first block of " W " follows another "
                    "one: what was before it was removed", w(c));
            return -1;
        }

        return check_mac(a, c, block);
    }

    for (i = 0; i < a->nwanted; i++) {
        wanted = &a->wanted[i];

        if (wanted->published && wanted->chain == (uint32_t) (c - a->chains)
            && wanted->seq == c->first - 1
            && memcmp(wanted->hash, block->prev.data, ASSIST_DIGEST_HEX) == 0)
        {
            wanted->met = 1;
            return check_mac(a, c, block);
        }
    }

    finding(a, c->first_at, W " begins with line %" PRIu64 ": what it wrote "
            "before is in none of these files; name the file before them, or "
            "with --heads the head that it ended with", w(c), c->first);

    return -1;
}


static int
check_mac(assist_audit_t *a, chain_t *c, const assist_block_t *block)
{
    char         mac[ASSIST_DIGEST_HEX + 1];
    const char  *what;

    if (a->key.len == 0) {
        return 0;
    }

    what = "not signed";

    if (block->mac.len) {
        assist_chain_mac(mac, block->hash.data, a->key);

        if (memcmp(mac, block->mac.data, ASSIST_DIGEST_HEX) == 0) {
            return 0;
        }

        what = "signed with another key, or forged";
    }

    finding(a, c->block_at, "the block of " W " that begins here, lines %"
            PRIu64 " to %" PRIu64 ", is %s", w(c), c->block_first, c->seq,
            what);

    return -1;
}


static void
read_quotes(assist_audit_t *a, const assist_line_t *line)
{
    int             rc;
    assist_str_t    members, name, value;
    assist_chain_t  head;

    members = line->members;

    while (assist_line_member(&members, &name, &value) == 1) {

        if (name.len != 5 || memcmp(name.data, "after", 5) != 0) {
            continue;
        }

        while ((rc = assist_chain_quoted(&value, &head)) == 1) {
            if (want(a, &head, 0) != 0) {
                a->failed = 1;
                return;
            }
        }

        if (rc != 0) {
            finding(a, here(a), "what this line quotes are not the heads of "
                    "chains");
        }
    }
}


static int
want(assist_audit_t *a, const assist_chain_t *head, int published)
{
    void      *p;
    chain_t   *c;
    uint32_t   i;
    wanted_t  *wanted;

    i = find_chain(a, assist_str_of(head->writer), 1);

    p = more(a->wanted, a->nwanted, &a->wanted_alloc, sizeof(wanted_t));

    if (p == NULL || i == ASSIST_TABLE_NONE) {
        return -1;
    }

    a->wanted = p;
    wanted = &a->wanted[a->nwanted++];

    memset(wanted, 0, sizeof(wanted_t));
    wanted->chain = i;
    wanted->seq = head->seq;
    memcpy(wanted->hash, head->hash, ASSIST_DIGEST_HEX);
    wanted->at = published ? nowhere : here(a);
    wanted->published = published != 0;

    c = &a->chains[i];
    c->wanted = 1;

    if (!published && head->seq > c->quoted) {
        c->quoted = head->seq;
    }

    if (was_met(a, wanted)) {
        /* most are: nothing need be kept */
        a->nwanted--;
    }

    return 0;
}


/* Was it among the last blocks of its chain? */

static int
was_met(assist_audit_t *a, wanted_t *wanted)
{
    chain_t   *c;
    uint64_t   i;

    c = &a->chains[wanted->chain];

    for (i = c->nblocks; i > 0 && i + RECENT > c->nblocks; i--) {
        if (c->recent[(i - 1) % RECENT].seq == wanted->seq) {
            break;
        }
    }

    if (i == 0 || i + RECENT <= c->nblocks) {
        /* not yet; or so long ago that it cannot be said */
        return c->nblocks && c->seq > wanted->seq;
    }

    if (memcmp(c->recent[(i - 1) % RECENT].hash, wanted->hash,
               ASSIST_DIGEST_HEX)
        != 0)
    {
        finding(a, c->last_at, "the block of " W " that ends with line %"
                PRIu64 " is not the one that was there when %s:%" PRIu64
                " was written: it was replaced", w(c), wanted->seq,
                a->files[wanted->at.file].data, wanted->at.line);
    }

    return 1;
}


static void
meet(assist_audit_t *a, uint32_t chain, uint64_t seq, const char *hash)
{
    uint32_t   i;
    chain_t   *c;
    wanted_t  *wanted;

    c = &a->chains[chain];

    for (i = 0; i < a->nwanted; i++) {
        wanted = &a->wanted[i];

        if (wanted->chain != chain || wanted->seq != seq || wanted->met) {
            continue;
        }

        wanted->met = 1;

        if (memcmp(wanted->hash, hash, ASSIST_DIGEST_HEX) != 0) {
            finding(a, c->block_at, "the block of " W " that begins here, "
                    "lines %" PRIu64 " to %" PRIu64 ", is not the one whose "
                    "head was %s: it was replaced", w(c), c->block_first, seq,
                    wanted->published ? "published" : "quoted");
        }
    }
}


static void
end_chain(assist_audit_t *a, chain_t *c)
{
    if (c->first == 0) {
        return;
    }

    a->result.chains++;

    if (c->open && c->torn) {
        note(a, c->torn_at, W " ended by a crash: its last block has no end, "
             "and its last line is torn", w(c));

    } else if (c->open) {
        note(a, c->block_at, W " ended by a crash: its last block, which "
             "begins here, has no end", w(c));

    } else if (!c->end) {
        note(a, c->last_at, W " has no end: it is still written, or ended by "
             "a crash", w(c));
    }
}


static void
end_wanted(assist_audit_t *a, wanted_t *wanted)
{
    uint32_t   i;
    chain_t   *c;
    wanted_t  *other;

    c = &a->chains[wanted->chain];

    if (wanted->met || wanted->seq < c->first) {
        /* or before the files: its beginning was looked at */
        return;
    }

    if (c->missed || c->damaged || (c->hurt && c->seq >= wanted->seq)) {
        /* a finding has named the chain or the block already */
        return;
    }

    if (c->first && c->seq >= wanted->seq) {
        c->missed = 1;
        finding(a, c->last_at, "no block of " W " ends with line %" PRIu64
                ", whose head was %s", w(c), wanted->seq,
                wanted->published ? "published" : "quoted");
        return;
    }

    if (c->first) {
        c->missed = 1;
        finding(a, c->last_at, W " was cut off after this line: its head of "
                "line %" PRIu64 " was %s", w(c), wanted->seq,
                wanted->published ? "published" : "quoted by a later chain");
        return;
    }

    /* nothing of it is here: an older file is not, or a chain was removed */

    for (i = 0; i < a->nwanted; i++) {
        other = &a->wanted[i];

        if (other->chain == wanted->chain && other->seq == wanted->seq
            && other->published != wanted->published
            && memcmp(other->hash, wanted->hash, ASSIST_DIGEST_HEX) == 0)
        {
            if (wanted->published) {
                note(a, nowhere, W " is in none of these files; that its head "
                     "of line %" PRIu64 " is quoted is all that is known",
                     w(c), wanted->seq);
            }

            return;
        }
    }

    c->missed = 1;
    finding(a, wanted->at, W ", whose head of line %" PRIu64 " was %s, is in "
            "none of these files", w(c), wanted->seq,
            wanted->published ? "published" : "quoted here");
}


static void
list_heads(assist_audit_t *a)
{
    chain_t         *c;
    uint64_t         last;
    uint32_t         i;
    assist_chain_t  *head;

    a->heads = calloc((size_t) a->nchains + 1, sizeof(assist_chain_t));
    if (a->heads == NULL) {
        a->failed = 1;
        return;
    }

    for (i = 0; i < a->nchains; i++) {
        c = &a->chains[i];

        if (c->nblocks == 0) {
            continue;
        }

        last = (c->nblocks - 1) % RECENT;

        if (c->recent[last].seq <= c->quoted) {
            continue;
        }

        head = &a->heads[a->nheads++];
        memcpy(head->writer, c->writer.data, c->writer.len);
        memcpy(head->hash, c->recent[last].hash, ASSIST_DIGEST_HEX);
        head->seq = c->recent[last].seq;
    }

    assist_chain_sort(a->heads, a->nheads);
}


static uint32_t
find_chain(assist_audit_t *a, assist_str_t writer, int create)
{
    void      *p;
    chain_t   *c;
    uint32_t   i;

    if (a->last != ASSIST_TABLE_NONE
        && assist_str_eq(a->chains[a->last].writer, writer))
    {
        return a->last;
    }

    i = assist_table_get(&a->writers, 0, writer);

    if (i == ASSIST_TABLE_NONE && create) {
        i = a->nchains;

        p = more(a->chains, i, &a->chains_alloc, sizeof(chain_t));
        if (p == NULL) {
            a->failed = 1;
            return ASSIST_TABLE_NONE;
        }

        a->chains = p;
        c = &a->chains[i];

        memset(c, 0, sizeof(chain_t));
        c->writer = assist_arena_dup(a->arena, writer);

        if (c->writer.data == NULL
            || assist_table_put(&a->writers, 0, c->writer, i) != 0)
        {
            a->failed = 1;
            return ASSIST_TABLE_NONE;
        }

        a->nchains++;
    }

    a->last = i;

    return i;
}


static void *
more(void *list, uint32_t n, uint32_t *nalloc, size_t size)
{
    if (n < *nalloc) {
        return list;
    }

    list = realloc(list, (size_t) (n ? n * 2 : 16) * size);

    if (list != NULL) {
        *nalloc = n ? n * 2 : 16;
    }

    return list;
}


static place_t
here(const assist_audit_t *a)
{
    return (place_t) { a->nfiles - 1, a->line };
}


static void
finding(assist_audit_t *a, place_t at, const char *fmt, ...)
{
    va_list  args;

    if (a->result.findings++ < TEXT_MAX) {
        va_start(args, fmt);
        add_text(a, &a->found, at, fmt, args);
        va_end(args);
    }
}


static void
note(assist_audit_t *a, place_t at, const char *fmt, ...)
{
    va_list  args;

    if (a->result.notes++ < TEXT_MAX) {
        va_start(args, fmt);
        add_text(a, &a->noted, at, fmt, args);
        va_end(args);
    }
}


static void
add_text(assist_audit_t *a, assist_buf_t *out, place_t at, const char *fmt,
    va_list args)
{
    char  text[512];

    if (at.file < a->nfiles) {
        assist_buf_printf(out, "%s:%" PRIu64 ": ", a->files[at.file].data,
                          at.line);
    }

    vsnprintf(text, sizeof(text), fmt, args);
    assist_buf_puts(out, text);
    assist_buf_putc(out, '\n');
}
