/*
 * A notice to citizens in both languages, as an administrator writes it:
 *
 *     vi = Câu trả lời do trợ lý AI tạo ...
 *     en = This answer was produced by ...
 */

#ifndef ASSIST_NOTICE_H
#define ASSIST_NOTICE_H

#include "error.h"
#include "str.h"


#define ASSIST_NOTICE_MAX  1000         /* bytes of a text */


/* Texts point into the file that was read. */
typedef struct {
    assist_str_t  vi;
    assist_str_t  en;
} assist_notice_t;


/*
 * Reads lines `vi = text` and `en = text`, each once, both required; empty
 * lines and lines that begin with "#" are skipped.  0; or -1: err names the
 * line (0: something is missing), what is wrong and what to do.
 */
int assist_notice_parse(assist_notice_t *notice, assist_str_t file,
    assist_error_t *err);


#endif
