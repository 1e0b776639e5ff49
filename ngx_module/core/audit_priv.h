/*
 * What the files of the audit share: what is known of each chain, and the
 * heads that must be met.
 */

#ifndef ASSIST_AUDIT_PRIV_H
#define ASSIST_AUDIT_PRIV_H

#include "audit.h"

#include <inttypes.h>

#include <openssl/sha.h>

#include "arena.h"
#include "table.h"


#define RECENT     8                        /* blocks of a chain */

/* A chain's name in a format, and its arguments. */
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
    assist_buf_t            rest;           /* of a line without its end */

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


/* audit_block.c */

void assist_audit_open_block(assist_audit_t *a, chain_t *c, uint64_t seq);
/* something else follows, or nothing */
void assist_audit_leave_block(assist_audit_t *a);
void assist_audit_end_block(assist_audit_t *a, chain_t *c,
    const assist_line_t *line);

/* audit_head.c */

/* those of a config line */
void assist_audit_quotes(assist_audit_t *a, const assist_line_t *line);
/* -1: out of memory */
int assist_audit_want(assist_audit_t *a, const assist_chain_t *head,
    int published);
/* a block of a chain that has wanted heads */
void assist_audit_meet(assist_audit_t *a, uint32_t chain, uint64_t seq,
    const char *hash);
/* what is to be said when all files are over */
void assist_audit_end_chain(assist_audit_t *a, chain_t *c);
void assist_audit_end_wanted(assist_audit_t *a, wanted_t *wanted);
void assist_audit_list_heads(assist_audit_t *a);

/* audit.c */

extern const place_t  assist_audit_nowhere;

place_t assist_audit_here(const assist_audit_t *a);
/* a writer's chain; ASSIST_TABLE_NONE: there is none, or no memory */
uint32_t assist_audit_chain(assist_audit_t *a, assist_str_t writer,
    int create);
/* room for one more; NULL: out of memory */
void *assist_audit_more(void *list, uint32_t n, uint32_t *nalloc, size_t size);
void assist_audit_found(assist_audit_t *a, place_t at, const char *fmt, ...)
    __attribute__ ((format (printf, 3, 4)));
void assist_audit_noted(assist_audit_t *a, place_t at, const char *fmt, ...)
    __attribute__ ((format (printf, 3, 4)));


#endif
