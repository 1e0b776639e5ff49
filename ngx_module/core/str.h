/*
 * A counted string: `len` bytes at `data`, not necessarily terminated.  The
 * bytes belong to somebody else (an arena, the caller's buffer).
 */

#ifndef ASSIST_STR_H
#define ASSIST_STR_H

#include <stddef.h>
#include <string.h>


typedef struct {
    const char  *data;
    size_t       len;
} assist_str_t;


#define assist_str(literal)  ((assist_str_t) { literal, sizeof(literal) - 1 })


static inline assist_str_t
assist_str_of(const char *s)
{
    return (assist_str_t) { s, s ? strlen(s) : 0 };
}


static inline int
assist_str_eq(assist_str_t a, assist_str_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


#endif
