/*
 * The form of a question by which an answer is found again: two questions have
 * the same one only where they ask the same.
 */

#ifndef ASSIST_QUESTION_H
#define ASSIST_QUESTION_H

#include "buf.h"


/*
 * The normal form (text.h) without the politeness at its beginning and end ("cho
 * tôi hỏi", "ạ", "please").  Signs that the normal form drops but that say
 * something stay ("< 18", "50 %", "-5").  A question that is nothing but polite
 * stays as it is.  Empty: it has no words.  Appends to out; *lang is what lang.h
 * thinks of the whole question.  Returns 0, or -1 when memory is out
 * (out->failed).
 */
int assist_question_form(assist_str_t in, assist_buf_t *out,
    const char **lang);

/*
 * A normal form, in which a line's end stands for the end of a clause, without
 * the politeness at its ends; all of it where nothing would be left.  Part of
 * assist_question_form().
 */
assist_str_t assist_question_polite(assist_str_t s);


#endif
