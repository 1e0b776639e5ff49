/*
 * Private to text*.c: a text as an array of code points, and the letters that
 * Vietnamese is written with.
 */

#ifndef ASSIST_TEXT_CHARS_H
#define ASSIST_TEXT_CHARS_H

#include <stdint.h>

#include "text.h"


#define ASSIST_TEXT_STACK  2064     /* code points: 1,028 bytes of input */

#define assist_is_digit(c)  ((c) >= '0' && (c) <= '9')
#define assist_is_lower(c)  ((c) >= 'a' && (c) <= 'z')


/* On the stack for what people type: the forms are needed on every request. */
typedef struct {
    int32_t   *cp;
    size_t     n;
    int        found;           /* ASSIST_TEXT_* */
    int32_t    stack[ASSIST_TEXT_STACK];
} assist_text_t;


/* The rows of assist_vowels; 6, 7, 8 as in VNI: hat, horn, breve. */
enum {
    ASSIST_A, ASSIST_A8, ASSIST_A6, ASSIST_E, ASSIST_E6, ASSIST_I,
    ASSIST_O, ASSIST_O6, ASSIST_O7, ASSIST_U, ASSIST_U7, ASSIST_Y
};

/* By row and tone: none, huyền, sắc, hỏi, ngã, nặng. */
extern const int32_t  assist_vowels[12][6];


/*
 * The code points of a text in NFC; with fold_case, in lower case and without
 * invisible characters, too.  -1: out of memory.
 */
int assist_text_init(assist_text_t *t, assist_str_t in, int fold_case);
void assist_text_free(assist_text_t *t);

/* The tone of oa, oe, uy: on the first letter where they end a syllable
   (hòa), on the second before a letter (hoàn) and after q (quý). */
void assist_text_move_tones(assist_text_t *t);

/* The next character; U+FFFD for a byte that starts none. */
int32_t assist_char_next(const unsigned char **p, const unsigned char *last);
void assist_char_put(assist_buf_t *out, int32_t c);

int assist_char_is_blank(int32_t c);

/* Part of a word: letters, marks, digits. */
int assist_char_is_word(int32_t c);

/* 0: not a lower case vowel of Vietnamese; else 1 + 6 * row + tone. */
unsigned assist_char_vowel(int32_t c);


#endif
