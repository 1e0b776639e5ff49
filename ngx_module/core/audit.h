/*
 * Checks an evidence log: that nothing in it was changed, removed or added.
 *
 * Files are fed in the order in which they were written.  What is found is
 * text, a line each, "file:line: what".  A finding is what an honest log never
 * has; a note is what a crash, a log that is still written, or a missing key
 * leaves to say.
 *
 * Blocks are written whole, so that of all chains at most one has an open
 * block at any place of a file.
 */

#ifndef ASSIST_AUDIT_H
#define ASSIST_AUDIT_H

#include "buf.h"
#include "chain.h"


typedef struct assist_audit_s  assist_audit_t;


typedef struct {
    uint64_t      lines;
    uint64_t      blocks;
    uint64_t      chains;
    uint64_t      findings;
    uint64_t      notes;
    assist_str_t  found;            /* their text: the first 1000 */
    assist_str_t  noted;
} assist_audit_result_t;


/* Who wants the lines: each one whose CRC holds, then, at the end of a block,
 * whether what was given since the last one is sealed by it. */
typedef struct {
    void  (*line)(void *data, const assist_line_t *line);
    void  (*block)(void *data, int sealed);
    void   *data;
} assist_audit_reader_t;


/*
 * key: that of assist_coverage_key without line ends; len 0: signatures are
 * not checked.  reader may be NULL.  NULL: out of memory.
 */
assist_audit_t *assist_audit_create(assist_str_t key,
    const assist_audit_reader_t *reader);
void assist_audit_free(assist_audit_t *a);

/*
 * Heads that were published: the value of evidence_heads, without blanks;
 * before the first file.  Their number; -1: it is not a list of heads, or out
 * of memory.
 */
int assist_audit_heads(assist_audit_t *a, assist_str_t list);

/* A file begins; its bytes, in pieces of any size; all files are over.  -1:
 * out of memory. */
int assist_audit_file(assist_audit_t *a, assist_str_t name);
int assist_audit_feed(assist_audit_t *a, const char *data, size_t len);
int assist_audit_end(assist_audit_t *a);

/* The file at hand is packed, and the rest cannot be unpacked: a finding. */
void assist_audit_broken(assist_audit_t *a, assist_str_t why);

/* After the end. */
const assist_audit_result_t *assist_audit_result(const assist_audit_t *a);

/* After the end: the heads that no chain quotes, by writer. */
const assist_chain_t *assist_audit_open_heads(const assist_audit_t *a,
    size_t *n);


#endif
