/*
 * The chain of blocks that makes the evidence log hard to change unseen.
 *
 * A block is what a worker writes at once: lines, the last of which is of type
 * "block".  Its `hash` is the SHA-256 of the block's bytes from its first line
 * up to ,"hash" in its last; among these bytes is `prev`, the hash of the block
 * before, and so a chain's last hash, its head, stands for all of it.  `mac` is
 * the HMAC-SHA-256 of the hash's 64 digits under the administrator's key, or
 * null.  A chain starts with a line of type "config", which quotes the heads
 * of the chains before it in `after`.
 */

#ifndef ASSIST_CHAIN_H
#define ASSIST_CHAIN_H

#include "digest.h"
#include "evidence.h"
#include "evidence_read.h"


/* The head of a chain: what whoever checks it later must know. */
typedef struct {
    char      writer[ASSIST_WRITER_MAX + 1];
    char      hash[ASSIST_DIGEST_HEX + 1];      /* of its last block */
    uint64_t  seq;                              /* of that block's last line;
                                                   0: there is no block yet */
} assist_chain_t;


/* What was counted since the block before and has no line of its own. */
typedef struct {
    uint64_t  unmatched;                /* pages and questions of no service */
    uint64_t  excluded;
    uint64_t  dropped;                  /* lines that could not be written */
} assist_chain_counts_t;


/* A line of type "block", as it was read. */
typedef struct {
    assist_chain_counts_t  counts;
    assist_str_t           prev;        /* 64 digits */
    assist_str_t           hash;
    assist_str_t           mac;         /* len 0: not signed */
    size_t                 hashed;      /* bytes of the line, see hash */
    unsigned               end:1;       /* the writer ended in good order */
} assist_block_t;


/* A chain of no block; writer: 1 to 40 bytes of [0-9A-Za-z._-]. */
void assist_chain_start(assist_chain_t *chain, const char *writer);

/*
 * Appends a chain's first line: hashes (64 digits; len 0: null) of catalogue
 * and thresholds, and the heads of other chains.
 */
void assist_chain_config(assist_buf_t *out, assist_evidence_head_t *head,
    int64_t time, assist_str_t catalogue, assist_str_t levels,
    const assist_chain_t *after, size_t nafter);

/*
 * Ends the block that starts at `start` in out: appends its line, whose number
 * is head->seq.  chain is the head before it and becomes the one after it.
 * key: len 0: not signed.  Out of memory: out->failed, the line is taken back
 * and the chain is as it was.
 */
void assist_chain_block(assist_buf_t *out, size_t start,
    assist_evidence_head_t *head, int64_t time,
    const assist_chain_counts_t *counts, int end, assist_str_t key,
    assist_chain_t *chain);

/* -1: a member is missing or is not what it should be. */
int assist_chain_read(const assist_line_t *line, assist_block_t *block);

/*
 * The next of the heads that `after` of a config line quotes; list is the
 * member's value at first.  1; 0: there is none; -1: what is there is none.
 */
int assist_chain_quoted(assist_str_t *list, assist_chain_t *head);

/*
 * The heads in the end of a log that no chain there quotes, for those who come
 * after it; text may start in the middle of a line.  Their number, at most max:
 * the last ones.
 */
size_t assist_chain_tail(assist_str_t text, assist_chain_t *heads, size_t max);

/* A head as JSON: {"w":..,"seq":..,"hash":..}. */
void assist_chain_put(assist_buf_t *out, const assist_chain_t *head);

/* By writer. */
void assist_chain_sort(assist_chain_t *heads, size_t n);

/* The mac of a hash. */
void assist_chain_mac(char mac[ASSIST_DIGEST_HEX + 1], const char *hash,
    assist_str_t key);


#endif
