/*
 * Citations in a model's text.  It was given n passages, numbered from 1, and
 * told to name by number those that it used.  Those that it was given stay and
 * are numbered anew in the order of their first appearance, so that a reader
 * finds [1] first; a number that it was not given is dropped.
 *
 *   - A citation is [k], and also [k, m], [k; m], [k-m], [k–m], with blanks
 *     inside, or in the brackets U+3010 and U+3011; it is written as [k][m].  It
 *     may follow a word at once (đồng[1]), as models do; so a[1] is one, too.
 *   - Only numbers of up to three digits: [2024] and [123/2024] stay, and so do
 *     [CCCD_1], [link removed], [ ], [x] and anything else in brackets.
 *   - With a dropped citation goes a blank before it where another blank, the
 *     end of a sentence or of a line follows, and one after it where a line
 *     begins.
 *
 * The result is the same wherever the text is cut.
 */

#ifndef ASSIST_CITE_H
#define ASSIST_CITE_H

#include "buf.h"


#define ASSIST_CITE_MAX   64        /* passages; there are no more */
#define ASSIST_CITE_HELD  32        /* bytes of a citation; longer: none */


/* Some 200 bytes; owns nothing. */
typedef struct {
    size_t          ncited;
    unsigned char   cited[ASSIST_CITE_MAX]; /* [1] was the passage cited[0] */

    /* private */
    size_t          n;
    assist_buf_t   *out;
    unsigned char   number[ASSIST_CITE_MAX];    /* of passage 1, ...; 0: none */
    unsigned        blank:1;        /* one is held */
    unsigned        dropped:1;      /* a citation, just now */
    char            last;           /* byte written */
    size_t          nheld;
    char            held[ASSIST_CITE_HELD];
} assist_cite_t;


/* n: at most ASSIST_CITE_MAX.  0: the text passes unchanged. */
void assist_cite_init(assist_cite_t *c, size_t n);

/*
 * Appends what piece adds to the text to out; holds back the beginning of a
 * citation and a blank before it.  assist_cite_end() adds what was held; then
 * cited[] and ncited are final.  Both return 0, or -1 when memory is out
 * (out->failed).
 */
int assist_cite(assist_cite_t *c, assist_str_t piece, assist_buf_t *out);
int assist_cite_end(assist_cite_t *c, assist_buf_t *out);


#endif
