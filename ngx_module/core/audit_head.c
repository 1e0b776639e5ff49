/*
 * Heads: those that must be met, and what is missing when all was read.
 */

#include "audit_priv.h"

#include <stdlib.h>


static int was_met(assist_audit_t *a, wanted_t *wanted);


void
assist_audit_quotes(assist_audit_t *a, const assist_line_t *line)
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
            if (assist_audit_want(a, &head, 0) != 0) {
                a->failed = 1;
                return;
            }
        }

        if (rc != 0) {
            assist_audit_found(a, assist_audit_here(a), "what this line "
                               "quotes are not the heads of chains");
        }
    }
}


int
assist_audit_want(assist_audit_t *a, const assist_chain_t *head, int published)
{
    void      *p;
    chain_t   *c;
    uint32_t   i;
    wanted_t  *wanted;

    i = assist_audit_chain(a, assist_str_of(head->writer), 1);

    p = assist_audit_more(a->wanted, a->nwanted, &a->wanted_alloc,
                          sizeof(wanted_t));

    if (p == NULL || i == ASSIST_TABLE_NONE) {
        return -1;
    }

    a->wanted = p;
    wanted = &a->wanted[a->nwanted++];

    memset(wanted, 0, sizeof(wanted_t));
    wanted->chain = i;
    wanted->seq = head->seq;
    memcpy(wanted->hash, head->hash, ASSIST_DIGEST_HEX);
    wanted->at = published ? assist_audit_nowhere : assist_audit_here(a);
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
        assist_audit_found(a, c->last_at, "the block of " W " that ends with "
                           "line %" PRIu64 " is not the one that was there "
                           "when %s:%" PRIu64 " was written: it was replaced",
                           w(c), wanted->seq, a->files[wanted->at.file].data,
                           wanted->at.line);
    }

    return 1;
}


void
assist_audit_meet(assist_audit_t *a, uint32_t chain, uint64_t seq,
    const char *hash)
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
            assist_audit_found(a, c->block_at, "the block of " W
                               " that begins here, lines %" PRIu64 " to %"
                               PRIu64 ", is not the one whose head was %s: it "
                               "was replaced", w(c), c->block_first, seq,
                               wanted->published ? "published" : "quoted");
        }
    }
}


void
assist_audit_end_chain(assist_audit_t *a, chain_t *c)
{
    if (c->first == 0) {
        if (c->torn) {
            assist_audit_noted(a, c->torn_at, "a crash left this line: it is "
                               "torn");
        }

        return;
    }

    a->result.chains++;

    if (c->open && c->torn) {
        assist_audit_noted(a, c->torn_at, W " ended by a crash: its last "
                           "block has no end, and its last line is torn",
                           w(c));

    } else if (c->open) {
        assist_audit_noted(a, c->block_at, W " ended by a crash: its last "
                           "block, which begins here, has no end", w(c));

    } else if (!c->end) {
        assist_audit_noted(a, c->last_at, W " has no end: it is still "
                           "written, or ended by a crash", w(c));
    }
}


void
assist_audit_end_wanted(assist_audit_t *a, wanted_t *wanted)
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
        assist_audit_found(a, c->last_at, "no block of " W " ends with line %"
                           PRIu64 ", whose head was %s", w(c), wanted->seq,
                           wanted->published ? "published" : "quoted");
        return;
    }

    if (c->first) {
        c->missed = 1;
        assist_audit_found(a, c->torn ? c->torn_at : c->last_at,
                           W " was cut off %s this line: its head of line %"
                           PRIu64 " was %s", w(c), c->torn ? "in" : "after",
                           wanted->seq,
                           wanted->published ? "published"
                                             : "quoted by a later chain");
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
                assist_audit_noted(a, assist_audit_nowhere, W " is in none of "
                                   "these files; that its head of line %"
                                   PRIu64 " is quoted is all that is known",
                                   w(c), wanted->seq);
            }

            return;
        }
    }

    c->missed = 1;
    assist_audit_found(a, wanted->at, W ", whose head of line %" PRIu64
                       " was %s, is in none of these files", w(c), wanted->seq,
                       wanted->published ? "published" : "quoted here");
}


void
assist_audit_list_heads(assist_audit_t *a)
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
