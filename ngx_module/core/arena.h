/*
 * Memory that lives and dies together: many small allocations, one free.
 */

#ifndef ASSIST_ARENA_H
#define ASSIST_ARENA_H

#include "str.h"


typedef struct assist_arena_s  assist_arena_t;


/* NULL: out of memory. */
assist_arena_t *assist_arena_create(void);
void assist_arena_destroy(assist_arena_t *a);

/* Aligned for any type, not zeroed; NULL: out of memory. */
void *assist_arena_alloc(assist_arena_t *a, size_t size);

/* A copy of s, zero-terminated beyond its len; data NULL: out of memory. */
assist_str_t assist_arena_dup(assist_arena_t *a, assist_str_t s);


#endif
