/*
 * The items of a pattern, for pattern.c.
 */

#ifndef ASSIST_PATTERN_ITEM_H
#define ASSIST_PATTERN_ITEM_H

#include "pattern.h"


typedef unsigned char  byte_t;


/* After the item at p, which is not the end; NULL: an error, or no steps. */
const byte_t *assist_pattern_item_end(assist_pattern_t *m, const byte_t *p);

/* Whether c is what the item from p to end stands for; 0 without a step. */
int assist_pattern_item_has(assist_pattern_t *m, byte_t c, const byte_t *p,
    const byte_t *end);

/* The same of a set. */
int assist_pattern_set_has(assist_pattern_t *m, byte_t c, const byte_t *p,
    const byte_t *end);

/* The match ends with this error; NULL. */
const byte_t *assist_pattern_fail(assist_pattern_t *m, const char *error);


/* Takes n steps; 0: there were fewer, and the match is over. */

static inline int
spend(assist_pattern_t *m, uint64_t n)
{
    if (*m->steps_left < n) {
        *m->steps_left = 0;
        m->rc = ASSIST_PATTERN_OUT_OF_STEPS;
        return 0;
    }

    *m->steps_left -= n;

    return 1;
}


static inline const byte_t *
pattern_end(const assist_pattern_t *m)
{
    return (const byte_t *) m->pattern.data + m->pattern.len;
}


/* The pattern's byte at p; 0, which no pattern has, at its end. */

static inline byte_t
peek(const assist_pattern_t *m, const byte_t *p)
{
    return p < pattern_end(m) ? *p : 0;
}


static inline int
is_digit(byte_t c)
{
    return c >= '0' && c <= '9';
}


#endif
