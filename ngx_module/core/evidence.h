/*
 * The evidence log: one JSON line for each interaction, enough to recompute
 * every figure, and nothing of the citizen: no question, no answer, no
 * address, no identity.
 *
 *   {"v":1,"t":"2026-11-23T18:40:01+07:00","w":"<writer>","seq":1,
 *    "type":"interaction", ... ,"crc":"89abcdef"}
 *
 * `w` names the writer (a worker's life), `seq` counts its lines from 1
 * without a gap, `crc` is the CRC-32 (IEEE) of the line's bytes before
 * ,"crc" .
 */

#ifndef ASSIST_EVIDENCE_H
#define ASSIST_EVIDENCE_H

#include "buf.h"
#include "ledger.h"


typedef struct {
    const char   *writer;           /* up to 40 bytes of [0-9A-Za-z._-] */
    uint64_t      seq;
    int           gmtoff;           /* minutes east of UTC */
} assist_evidence_head_t;

typedef struct {
    assist_str_t  service;          /* "code@agency" */
    assist_str_t  hook;             /* "name"; len 0: none */
    assist_str_t  version;
    assist_str_t  provider;
    assist_str_t  model;
} assist_evidence_names_t;


/* Appends a whole line with its line end. */
void assist_evidence_interaction(assist_buf_t *out,
    const assist_evidence_head_t *head, const assist_event_t *event,
    const assist_evidence_names_t *names);

/*
 * Is this line (without its line end) whole?  0; or -1 with a reason: it was
 * torn, or its CRC does not match.  On success *seq and *writer (pointing into
 * the line) are set.
 */
int assist_evidence_check(assist_str_t line, assist_str_t *writer,
    uint64_t *seq, const char **reason);

uint32_t assist_crc32(uint32_t crc, const char *data, size_t len);


#endif
