/*
 * Vietnamese text: the forms in which questions and names are compared.
 *
 * Input that is not valid UTF-8 is taken with U+FFFD in place of each bad
 * byte.  Each function appends to out and returns 0, or -1 when memory is out
 * (out->failed).
 */

#ifndef ASSIST_TEXT_H
#define ASSIST_TEXT_H

#include "buf.h"


/* What assist_text_clean found to mend (bits). */
#define ASSIST_TEXT_NOT_NFC  1
#define ASSIST_TEXT_BLANKS   2


/*
 * For display: NFC; U+200B and U+FEFF dropped; runs of blanks and line ends
 * become one blank; none at the ends.  Returns the bits above, or -1.
 */
int assist_text_clean(assist_str_t in, assist_buf_t *out);

/*
 * The normal form, for equality: as clean, and lower case; Ð (U+00D0) as đ;
 * one style of tone marks (hoà, uỷ as hòa, ủy; not after q); punctuation and
 * blanks folded to one blank (but kept inside numbers and codes: 1.001456,
 * 123/2024/nđ-cp); abbreviations expanded (cccd, gplx, ...).  Marks are kept:
 * folding loses meaning.
 */
int assist_text_normalize(assist_str_t in, assist_buf_t *out);

/*
 * The folded form, for retrieval only: the normal form with đ as d, combining
 * marks dropped, and a final y after h, k, l, m, s, t as i (kí, ký).
 */
int assist_text_fold(assist_str_t in, assist_buf_t *out);

/*
 * Telex and VNI key strokes that were typed with the input method off ("ddawng
 * kys", "d9a8ng ky1") as the text that was meant, in the normal form.  Returns
 * 1 when something changed, 0 when nothing did, -1 when memory is out.
 */
int assist_text_telex(assist_str_t in, assist_buf_t *out);


#endif
