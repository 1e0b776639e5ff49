/*
 * Private to completion*.c: what is looked for in a chunk of an answer.
 */

#ifndef ASSIST_COMPLETION_PRIV_H
#define ASSIST_COMPLETION_PRIV_H

#include "completion.h"


/* Strings are what is between the quotes, escapes and all; data NULL: none. */
typedef struct {
    assist_str_t   model;
    assist_str_t   content;     /* of the first choice, as all below */
    assist_str_t   finish;
    int64_t        tokens_in;   /* -1: none */
    int64_t        tokens_out;
    unsigned       answers:1;   /* there is a first choice */
    unsigned       error:1;
} assist_completion_chunk_t;


/*
 * Reads a chunk or a whole answer.  Its strings point into json.  Returns -1 if
 * json is not an object (RFC 8259, but that any bytes may be in strings), or
 * nested too deeply.
 */
int assist_completion_read(assist_completion_chunk_t *chunk,
    assist_str_t json);

/* Appends a string of a chunk, decoded, as valid UTF-8; see out->failed. */
void assist_completion_decode(assist_buf_t *out, assist_str_t raw);


#endif
