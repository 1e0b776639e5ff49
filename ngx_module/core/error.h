/*
 * What went wrong, where, and what to do: filled by a function that returns
 * failure, printed by whoever knows the file's name.
 */

#ifndef ASSIST_ERROR_H
#define ASSIST_ERROR_H

#include <stdint.h>


typedef struct {
    uint32_t  line;         /* 1-based line of the input; 0: none */
    char      text[256];    /* one sentence, no file name, no line */
} assist_error_t;


/* Fills err (which may be NULL) and returns -1, so: return assist_fail(..). */
int assist_fail(assist_error_t *err, uint32_t line, const char *fmt, ...)
    __attribute__ ((format (printf, 3, 4)));


#endif
