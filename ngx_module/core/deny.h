/*
 * Phrases that no question may have: a list that an administrator writes.
 *
 * A phrase is found where all of its words stand in the question, side by side
 * and in that order; both are compared in the normal form (text.h), so that
 * case, blanks, punctuation, styles of tone marks and abbreviations do not
 * matter.  Marks do: "lat do" is not found in "lật đổ" nor the other way
 * around, because folding makes other words of words (đồ, đô, độ).  To stop a
 * phrase that is typed without marks, write it without marks, too, on a line of
 * its own.
 */

#ifndef ASSIST_DENY_H
#define ASSIST_DENY_H

#include <stdint.h>

#include "error.h"
#include "str.h"


#define ASSIST_DENY_PHRASE_MAX  255     /* bytes of a line, without blanks
                                           around it */


typedef struct assist_deny_s  assist_deny_t;


/*
 * text: UTF-8, a phrase a line (also CR LF, also with a BOM); empty lines and
 * those that begin with # do not count.  NULL: not UTF-8, a phrase that is too
 * long or has neither letter nor digit (err->line is its line), or out of
 * memory (err->line is 0).
 */
assist_deny_t *assist_deny_parse(const char *text, size_t len,
    assist_error_t *err);

/*
 * The line of the phrase that ends first in the question, the longest if there
 * are several; 0: none; -1: out of memory.  Linear in the question, however
 * many phrases there are.
 */
int64_t assist_deny_find(const assist_deny_t *deny, assist_str_t question);

/* How many phrases there are; those that are equal count once. */
size_t assist_deny_count(const assist_deny_t *deny);

void assist_deny_free(assist_deny_t *deny);


#endif
