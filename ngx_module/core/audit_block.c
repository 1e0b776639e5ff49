/*
 * A block: opened by its first line, sealed by its last.
 */

#define OPENSSL_SUPPRESS_DEPRECATED

#include "audit_priv.h"


static int check_block(assist_audit_t *a, chain_t *c,
    const assist_block_t *block);
static int check_beginning(assist_audit_t *a, chain_t *c,
    const assist_block_t *block);
static int check_mac(assist_audit_t *a, chain_t *c,
    const assist_block_t *block);


void
assist_audit_open_block(assist_audit_t *a, chain_t *c, uint64_t seq)
{
    SHA256_Init(&a->sha);

    c->open = 1;
    c->block_first = seq;
    c->block_at = assist_audit_here(a);
}


/* Something else follows, or nothing. */

void
assist_audit_leave_block(assist_audit_t *a)
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


void
assist_audit_end_block(assist_audit_t *a, chain_t *c,
    const assist_line_t *line)
{
    int             good;
    uint64_t        i;
    assist_block_t  block;

    good = 0;

    if (assist_chain_read(line, &block) != 0) {

        if (!c->damaged) {
            assist_audit_found(a, assist_audit_here(a), "this line does not "
                               "end a block as it should: a member is missing "
                               "or malformed");
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
            assist_audit_meet(a, a->open, line->seq, block.hash.data);
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
        assist_audit_found(a, c->block_at, "the block of " W " that begins "
                           "here, lines %" PRIu64 " to %" PRIu64
                           ", was changed: its hash does not match", w(c),
                           c->block_first, c->seq);
        return -1;
    }

    if (c->nblocks == 0) {
        return check_beginning(a, c, block);
    }

    before = c->recent[(c->nblocks - 1) % RECENT].hash;

    if (memcmp(before, block->prev.data, ASSIST_DIGEST_HEX) != 0) {
        assist_audit_found(a, c->block_at, "the block of " W " that begins "
                           "here, lines %" PRIu64 " to %" PRIu64 ", does not "
                           "follow the one before it: one of them was "
                           "replaced", w(c), c->block_first, c->seq);
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
            assist_audit_found(a, c->block_at, "the first block of " W
                               " follows another one: what was before it was "
                               "removed", w(c));
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

    assist_audit_found(a, c->first_at, W " begins with line %" PRIu64
                       ": what it wrote before is in none of these files; "
                       "name the file before them, or with --heads the head "
                       "that it ended with", w(c), c->first);

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

    assist_audit_found(a, c->block_at, "the block of " W " that begins here, "
                       "lines %" PRIu64 " to %" PRIu64 ", is %s", w(c),
                       c->block_first, c->seq, what);

    return -1;
}
