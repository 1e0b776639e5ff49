/*
 * Redis's protocol: the commands, and a gate that replies pass before hiredis
 * reads them.
 */

#ifndef ASSIST_RESP_H
#define ASSIST_RESP_H

#include "buf.h"


#define ASSIST_RESP_BYTES  (8 * 1024 * 1024)    /* of a reply */
#define ASSIST_RESP_ITEMS  (256 * 1024)         /* of its lists, all together */
#define ASSIST_RESP_DEPTH  7                    /* hiredis has no more */


/*
 * hiredis allocates what a list's head claims, and keeps what comes until a
 * string is whole.  The gate reads the same bytes first: their lengths only.
 * A gate of zeroes is ready.
 */
typedef struct {
    const char  *error;         /* of the call that returned -1 */
    uint64_t     replies;       /* that were whole */
    size_t       bytes;         /* of the reply at hand, claimed ones too */
    size_t       items;
    size_t       skip;          /* of a string and its line end, to come */
    uint32_t     left[ASSIST_RESP_DEPTH];   /* items of the open lists */
    uint32_t     depth;
    uint32_t     number;        /* a length as far as it was read */
    char         type;          /* of the line; 0: none has begun */
    char         state;         /* of its length, or '\r' before its end */
} assist_resp_gate_t;


/* Appends a command of n words, as an array of bulk strings; see out->failed */
void assist_resp_command(assist_buf_t *out, const assist_str_t *words,
    size_t n);

/*
 * 0: these bytes, which follow those of the last call, may be parsed; -1: they
 * are no replies or too large ones, and the connection is of no more use.
 */
int assist_resp_gate(assist_resp_gate_t *gate, const char *data, size_t len);


#endif
