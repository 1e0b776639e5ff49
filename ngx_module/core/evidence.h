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


#define ASSIST_WRITER_MAX  40           /* bytes of a writer's name */


/* Whose line it is, and which; set to zero before its first use. */
typedef struct {
    const char   *writer;           /* up to 40 bytes of [0-9A-Za-z._-] */
    uint64_t      seq;
    int           gmtoff;           /* minutes east of UTC */

    /* how all lines of a second start, with its CRC; made by open, from
     * writer, gmtoff and the time; a new writer sets len to 0 */
    struct {
        int64_t   time;
        int       gmtoff;
        uint32_t  crc;
        size_t    len;
        char      text[128];
    }             start;
} assist_evidence_head_t;

typedef struct {
    assist_str_t  service;          /* "code@agency" */
    assist_str_t  hook;             /* "name"; len 0: none */
    assist_str_t  version;
    assist_str_t  provider;
    assist_str_t  model;
} assist_evidence_names_t;


/*
 * Any line: open writes the head ("v" to "type") and returns the line's start,
 * the caller appends its own ,"name":value pairs, close appends the CRC and
 * the line end.  When memory ran out, out->failed is set and the line is taken
 * back, so that what stands in the buffer is whole lines.
 */
size_t assist_evidence_open(assist_buf_t *out, assist_evidence_head_t *head,
    int64_t time, const char *type);
void assist_evidence_close(assist_buf_t *out,
    const assist_evidence_head_t *head, size_t start);

/*
 * Appends a whole line with its line end.  After the type: kind, service,
 * outcome, cache, by, hook, version, provider, model (each null when there is
 * none), tokens_in, tokens_out (null: unknown), ms, sourced, disclosed,
 * degraded.
 */
void assist_evidence_interaction(assist_buf_t *out,
    assist_evidence_head_t *head, const assist_event_t *event,
    const assist_evidence_names_t *names);

/*
 * A citizen's vote on an answer: {... "type":"feedback","service":..,
 * "useful":true}; service empty: null.
 */
void assist_evidence_feedback(assist_buf_t *out, assist_evidence_head_t *head,
    int64_t time, assist_str_t service, int useful);

/*
 * The AI notice was on a page of a service: {... "type":"shown","service":..},
 * once a service, day and node, where no interaction of that day has it, and
 * again after a restart: it says that it was shown on that day.
 */
void assist_evidence_shown(assist_buf_t *out, assist_evidence_head_t *head,
    int64_t time, assist_str_t service);

/* Appends "2026-11-23T18:40:01+07:00", in quotes; gmtoff in minutes. */
void assist_evidence_time(assist_buf_t *out, int64_t time, int gmtoff);

/* As zlib's crc32(): crc is 0, or what the bytes before data gave. */
uint32_t assist_crc32(uint32_t crc, const char *data, size_t len);


#endif
