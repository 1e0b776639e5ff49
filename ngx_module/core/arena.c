#include "arena.h"

#include <stdint.h>
#include <stdlib.h>


#define ARENA_FIRST  1024           /* blocks double up to ARENA_BLOCK */
#define ARENA_BLOCK  (64 * 1024)
#define ARENA_ALIGN  _Alignof(max_align_t)


typedef struct block_s  block_t;

struct block_s {
    block_t  *next;
    size_t    used;
    size_t    size;
    _Alignas(max_align_t) char  data[];
};

struct assist_arena_s {
    block_t  *head;
};


assist_arena_t *
assist_arena_create(void)
{
    return calloc(1, sizeof(assist_arena_t));
}


void
assist_arena_destroy(assist_arena_t *a)
{
    block_t  *b, *next;

    if (a == NULL) {
        return;
    }

    for (b = a->head; b; b = next) {
        next = b->next;
        free(b);
    }

    free(a);
}


void *
assist_arena_alloc(assist_arena_t *a, size_t size)
{
    void     *p;
    size_t    room;
    block_t  *b;

    if (size > SIZE_MAX / 2) {
        return NULL;
    }

    size = (size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
    b = a->head;

    if (b == NULL || b->size - b->used < size) {
        room = b == NULL ? ARENA_FIRST : b->size * 2;
        room = room > ARENA_BLOCK ? ARENA_BLOCK : room;
        room = size > room ? size : room;

        b = malloc(sizeof(block_t) + room);
        if (b == NULL) {
            return NULL;
        }

        b->used = 0;
        b->size = room;

        if (a->head && size > ARENA_BLOCK) {
            /* a block of its own: keep filling the current one */
            b->next = a->head->next;
            a->head->next = b;

        } else {
            b->next = a->head;
            a->head = b;
        }
    }

    p = b->data + b->used;
    b->used += size;

    return p;
}


assist_str_t
assist_arena_dup(assist_arena_t *a, assist_str_t s)
{
    char  *p;

    p = assist_arena_alloc(a, s.len + 1);
    if (p == NULL) {
        return (assist_str_t) { NULL, 0 };
    }

    if (s.len) {
        memcpy(p, s.data, s.len);
    }

    p[s.len] = '\0';

    return (assist_str_t) { p, s.len };
}
