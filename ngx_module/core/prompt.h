/*
 * What a model is asked: passages and a question, each between fences.
 *
 * Both may have been prepared by somebody who wants the model to do something
 * else.  A fence carries a nonce, which nobody can guess who writes a text
 * before the question is asked; and what is between fences can neither close
 * nor imitate one:
 *
 *   - <<< and >>> become < < < and > > >.
 *   - The nonce, should it occur, is replaced by hyphens.
 *   - Control characters other than tab and line feed are dropped, and so is
 *     all that a reader would not see but a model may read: formatting
 *     characters (of direction, of width zero, tags), variation selectors,
 *     those for private use, and those that nobody has assigned.
 *   - Bytes that are not UTF-8 become U+FFFD.
 *
 * That keeps texts apart; it cannot keep a model from obeying one.
 */

#ifndef ASSIST_PROMPT_H
#define ASSIST_PROMPT_H

#include "buf.h"


typedef struct {
    assist_str_t   title;       /* a line; may be empty */
    assist_str_t   text;
    assist_str_t   updated;     /* a date, as the source writes it; or empty */
} assist_passage_t;


/*
 * Appends the user's message: a line that says what fences are, the passages,
 * numbered from 1 as in cite.h, and the question; see out->failed.
 *
 * nonce: random, new for each question.  It is written in the letters a to p,
 * a letter for 4 bits: digits could be taken for a number of somebody's
 * (redact.h) and be replaced.
 */
void assist_prompt_user(assist_buf_t *out, assist_str_t question,
    const assist_passage_t *passages, size_t n, uint64_t nonce);


#endif
