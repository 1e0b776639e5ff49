/*
 * A month that is closed: its figure, frozen in a file that cannot be changed
 * unseen.
 *
 * The file is one JSON object with the members v, type "closed", month,
 * closed_at, interactions, coverage and services (the documents as of the
 * month's end: figure, method, hashes of catalogue, thresholds, targets, tasks
 * and register, heads of the evidence), hash and mac.  hash is the SHA-256 of
 * the file's bytes up to ,"hash"; mac is the HMAC-SHA-256 of the hash's 64
 * digits under the administrator's key, or null.
 */

#ifndef ASSIST_CLOSED_H
#define ASSIST_CLOSED_H

#include "figure.h"


/* As it was read; strings point into the file, names of the past into priv. */
typedef struct {
    assist_str_t    name;               /* 2026-10 */
    int32_t         month;              /* year * 12 + month - 1 */
    assist_str_t    closed_at;
    uint64_t        interactions;       /* of the month */
    assist_str_t    coverage;           /* JSON */
    assist_str_t    heads;              /* JSON: evidence_heads of that */
    assist_str_t    hash;
    assist_past_t  *past;               /* its measures */
    size_t          npast;
    void           *priv;
    unsigned        is_signed:1;
} assist_closed_t;


/* "2026-10" as year * 12 + month - 1; -1: it is no month. */
int32_t assist_closed_month(assist_str_t name);

/*
 * Writes the file of f's month, which must be over: f is as of its end.  now:
 * seconds since the epoch, at f's offset.  key: len 0: not signed.
 */
void assist_closed_write(const assist_figure_t *f, int64_t now,
    assist_str_t key, assist_buf_t *out);

/*
 * Reads and checks one.  key: len 0: a signature is not checked.  -1: err says
 * that it is no such file, was changed, or was signed with another key (or not
 * at all, though a key is given).  assist_closed_free is due after 0.
 */
int assist_closed_read(assist_closed_t *closed, assist_str_t file,
    assist_str_t key, assist_error_t *err);
void assist_closed_free(assist_closed_t *closed);

/* Interactions of in's month, of all services of the catalogue. */
uint64_t assist_closed_interactions(const assist_figure_in_t *in);

/*
 * What was closed beside what is known now, as JSON: month, closed_at, hash,
 * signed, interactions, later (interactions that came to the evidence since),
 * measures whose numbers are others now, and the closed coverage as it is.
 */
void assist_closed_beside(const assist_closed_t *closed,
    const assist_figure_t *f, assist_buf_t *out);


#endif
