/*
 * Which language was a question asked in?  Only the two that the assistant
 * speaks are told apart.
 */

#ifndef ASSIST_LANG_H
#define ASSIST_LANG_H

#include "str.h"


/*
 * "en" or "vi".  normal: the question's normal form.  Any letter outside ASCII
 * is Vietnamese; without one, English words that are no Vietnamese syllables
 * decide (people type Vietnamese without marks), else Vietnamese.
 */
const char *assist_lang_guess(assist_str_t normal);


#endif
