/*
 * What was withdrawn, so that no answer from before is given again.
 *
 * An event (a deletion, a purge, a withdrawal, a release) has a number, which
 * grows, and concerns keys: a question with its service, a whole service, or
 * everything.  An answer carries the number of the last event that was known
 * when it was begun: it is gone where an event on one of its keys has a greater
 * one.  Numbers, not times: the clocks of nodes differ.
 *
 * A withdrawal and a release are acts, with keys of their own (odd ones; those
 * of deletions and purges are even): of all the acts on an answer's keys the
 * last one counts, and acts are kept.
 *
 * All zero at first; no pointers, so it may lie in shared memory.  Who writes
 * locks; who reads needs no lock.
 */

#ifndef ASSIST_WITHDRAWN_H
#define ASSIST_WITHDRAWN_H

#include <stdint.h>

#include "buf.h"


#define ASSIST_WITHDRAWN_BUCKET  8
#define ASSIST_WITHDRAWN_PLACES  32768          /* a power of two */
#define ASSIST_WITHDRAWN_MAX     4096           /* keys */
#define ASSIST_WITHDRAWN_KEYS    3              /* of one event on a question */

/* The key of everything. */
#define ASSIST_WITHDRAWN_ALL     2

/* Separates the services of an answer; no id has it. */
#define ASSIST_WITHDRAWN_SEP     '\x1e'


typedef struct {
    uint64_t  number;           /* of the last event; 0: there was none */
    unsigned  blocked:1;        /* it is not made again until it is released */
    unsigned  unsent:1;         /* the other nodes do not know it yet */
} assist_withdrawn_mark_t;

typedef struct {
    uint64_t  key;              /* 0: a free place */
    uint64_t  mark;
} assist_withdrawn_place_t;

typedef struct {
    uint64_t                  clock;            /* events up to it are known */
    uint64_t                  last;             /* the greatest of the marks */
    uint64_t                  all;              /* the mark of everything */
    uint64_t                  changes;          /* of all this */
    uint32_t                  n;                /* places that are taken */
    assist_withdrawn_place_t  places[ASSIST_WITHDRAWN_PLACES];
} assist_withdrawn_t;


/* A question's number, from its language and its normal form; never 0. */
uint64_t assist_withdrawn_question(assist_str_t lang, assist_str_t normal);

/*
 * The keys of an event, or of an act; returns their number.  question 0: of the
 * whole service.  code empty: whatever the service; agency empty: of all
 * agencies.
 */
unsigned assist_withdrawn_keys(uint64_t question, assist_str_t code,
    assist_str_t agency, int act, uint64_t keys[ASSIST_WITHDRAWN_KEYS]);

/* A key from its 16 hexadecimal digits, or "all": 0; or -1. */
int assist_withdrawn_key_of(assist_str_t text, uint64_t *key);

/* A mark from "17", "17!" where it is blocked, with a "+" at the end where it is
 * unsent; number 0: it is none. */
assist_withdrawn_mark_t assist_withdrawn_mark_of(assist_str_t text);

/* Lock-free.  number 0: nothing is known of the key. */
assist_withdrawn_mark_t assist_withdrawn_find(const assist_withdrawn_t *w,
    uint64_t key);

/*
 * Lock-free.  The last event that concerns an answer to a question (0: it is
 * to none) about services: "code@agency", "code" where it is of several
 * agencies, "" where none was known, separated by ASSIST_WITHDRAWN_SEP.
 */
assist_withdrawn_mark_t assist_withdrawn_since(const assist_withdrawn_t *w,
    uint64_t question, assist_str_t services);

/*
 * A key's mark, unless a later one is known.  Without a place left everything
 * up to now is withdrawn in place of deletions, purges, and of releases that
 * are older than all withdrawals.  -1: there are too many acts.
 */
int assist_withdrawn_set(assist_withdrawn_t *w, uint64_t key,
    assist_withdrawn_mark_t mark);

/*
 * An event of this node's: its mark on all keys, or, -1, on none.  Where there is
 * little room ASSIST_WITHDRAWN_ALL is put after the n keys, for all nodes.
 */
int assist_withdrawn_event(assist_withdrawn_t *w, uint64_t *keys, unsigned *n,
    assist_withdrawn_mark_t mark);

/* All events up to this number are known. */
void assist_withdrawn_tick(assist_withdrawn_t *w, uint64_t number);

/* The others have lost what they knew: all of it is unsent. */
void assist_withdrawn_unsend(assist_withdrawn_t *w);

/*
 * Unsent keys that are blocked, or are not; returns their number, at most max.
 */
unsigned assist_withdrawn_unsent(const assist_withdrawn_t *w, int blocked,
    uint64_t *keys, unsigned max);


/* ---- withdrawn_file.c: all of it as a file */

/* Nothing else may be in out; see out->failed. */
void assist_withdrawn_write(const assist_withdrawn_t *w, assist_buf_t *out);

/*
 * Takes what is not known yet from a file; one of no bytes has nothing.  NULL, or
 * why it is none, a constant sentence that starts with "it"; then nothing was
 * taken, unless it does not fit.
 */
const char *assist_withdrawn_read(assist_withdrawn_t *w, assist_str_t file);


static inline int
assist_withdrawn_is_act(uint64_t key)
{
    return (int) (key & 1);
}


/* What is begun now knows this. */

static inline uint64_t
assist_withdrawn_clock(const assist_withdrawn_t *w)
{
    return __atomic_load_n(&w->clock, __ATOMIC_ACQUIRE);
}


/* What knows as much has not been withdrawn. */

static inline uint64_t
assist_withdrawn_last(const assist_withdrawn_t *w)
{
    return __atomic_load_n(&w->last, __ATOMIC_ACQUIRE);
}


#endif
