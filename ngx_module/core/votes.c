#include "votes.h"

#include <string.h>


static uint64_t *find(assist_votes_generation_t *generation, uint64_t number);


assist_vote_t
assist_votes_cast(assist_votes_t *votes, int64_t now, int64_t made,
    uint64_t number)
{
    uint64_t                   *place;
    assist_votes_generation_t  *filled, *before;

    /* 0 is a free place */
    number = number ? number : 1;

    filled = &votes->generations[votes->now];
    before = &votes->generations[votes->now ^ 1];

    if (filled->since == 0) {
        filled->since = now;
    }

    if (filled->n == ASSIST_VOTES_MAX
        || now - filled->since >= ASSIST_VOTES_AGE)
    {
        /* what is forgotten was cast, and so made, before this one began */
        if (before->n) {
            votes->floor = filled->since;
        }

        votes->now ^= 1;
        before = filled;
        filled = &votes->generations[votes->now];

        memset(filled, 0, sizeof(assist_votes_generation_t));
        filled->since = now;
    }

    if (made <= votes->floor) {
        return ASSIST_VOTE_OVER;
    }

    if (*find(before, number)) {
        return ASSIST_VOTE_REPEATED;
    }

    place = find(filled, number);

    if (*place) {
        return ASSIST_VOTE_REPEATED;
    }

    *place = number;
    filled->n++;

    return ASSIST_VOTE_CAST;
}


/* Where it is, or would be: a quarter of the places is always free. */

static uint64_t *
find(assist_votes_generation_t *generation, uint64_t number)
{
    uint64_t  i;

    i = number & (ASSIST_VOTES_PLACES - 1);

    while (generation->places[i] && generation->places[i] != number) {
        i = (i + 1) & (ASSIST_VOTES_PLACES - 1);
    }

    return &generation->places[i];
}
