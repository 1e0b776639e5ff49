/*
 * Which answers were voted on: a bounded memory of votes that never lets an
 * answer be voted on twice, however many votes there are.
 *
 * It has two generations.  One is over when it is full, or a day old; then the
 * one before is forgotten, and with it the answers that could have been voted
 * on in it: those can be voted on no more.  So an answer is open for at least a
 * day, unless there are more votes than ASSIST_VOTES_MAX a day.
 *
 * All zero at first; no pointers, so it may lie in shared memory, where its
 * user locks.
 */

#ifndef ASSIST_VOTES_H
#define ASSIST_VOTES_H

#include <stdint.h>


#define ASSIST_VOTES_PLACES  65536                          /* a power of two */
#define ASSIST_VOTES_MAX     (ASSIST_VOTES_PLACES / 4 * 3)  /* of a generation */
#define ASSIST_VOTES_AGE     (24 * 60 * 60)                 /* s */


typedef enum {
    ASSIST_VOTE_CAST = 0,
    ASSIST_VOTE_REPEATED,
    ASSIST_VOTE_OVER            /* the answer is too old */
} assist_vote_t;

typedef struct {
    uint32_t  n;
    int64_t   since;            /* 0: it has not begun */
    uint64_t  places[ASSIST_VOTES_PLACES];
} assist_votes_generation_t;

typedef struct {
    int64_t                    floor;   /* answers up to here are over */
    uint32_t                   now;     /* index of the one that is filled */
    assist_votes_generation_t  generations[2];
} assist_votes_t;


/*
 * A vote on the answer `number` (a random one), which was made at `made`, both
 * times in seconds since the epoch.
 */
assist_vote_t assist_votes_cast(assist_votes_t *votes, int64_t now,
    int64_t made, uint64_t number);


#endif
