/*
 * Redis's protocol: the commands (replies are hiredis's).
 */

#ifndef ASSIST_RESP_H
#define ASSIST_RESP_H

#include "buf.h"


/* Appends a command of n words, as an array of bulk strings; see out->failed */
void assist_resp_command(assist_buf_t *out, const assist_str_t *words,
    size_t n);


#endif
