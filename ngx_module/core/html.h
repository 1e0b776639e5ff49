/*
 * Places in an HTML page that streams by: where something may be put in.
 *
 * The page comes in pieces of any size and is given back as ranges of them,
 * each followed by the places that lie there; where it is split changes
 * nothing.  Nothing is copied but the beginning of a tag that is cut by the
 * end of a piece, and memory does not grow with the page.
 *
 * Tags are told from text as the WHATWG HTML Living Standard does, 13.2.5
 * "Tokenization": comments, quoted attributes, <script>, <textarea> and the
 * like hold no places.  The tree is not built, so of 13.2.6 only this:
 *
 *   head_end    before </head>; where that is left out, before <body> or the
 *               first tag that cannot be in a head
 *   body_start  after <body>; where that is left out, before the first tag
 *               that cannot be in a head
 *   body_end    before the </body> of the outermost <body>; where that is left
 *               out, at the end of the page
 *   an element  after the end tag of the first element with this id, told by
 *               counting tags of its name; where HTML has no end tag, after the
 *               tag; <p> ends where the standard ends it, too, and what is
 *               still open at body_end ends there.  Nothing may stand between
 *               <li>, <dd>, <td>, <th> and their siblings: there, and of
 *               <body>, it is after the start tag.  Ids of parts of tables and
 *               the like, in <head>, <template>, <noscript>, <svg> and <math>
 *               are not looked at.
 *
 * Nothing lies in a form: a place in one is after its </form>.  A page that
 * ends in a form, a comment, a script or a tag has no end to put anything at.
 */

#ifndef ASSIST_HTML_H
#define ASSIST_HTML_H

#include <stdint.h>

#include "str.h"


#define ASSIST_HTML_PLACES  32          /* of a page */
#define ASSIST_HTML_ID      64          /* bytes */
#define ASSIST_HTML_HOLD    16          /* bytes that may be held back */
#define ASSIST_HTML_BEGIN   1024        /* bytes that tell a page */
#define ASSIST_HTML_KNOWN   32
#define ASSIST_HTML_META    4096        /* bytes of a <meta> */


typedef enum {
    ASSIST_HTML_HEAD_END = 0,
    ASSIST_HTML_BODY_START,
    ASSIST_HTML_BODY_END,
    ASSIST_HTML_ELEMENT
} assist_html_where_t;

typedef struct {
    assist_html_where_t   where;
    assist_str_t          id;           /* ELEMENT: as written in the page */

    /* the scanner's own: the open element */
    uint64_t              name;
    uint32_t              depth;
} assist_html_place_t;

/* A range of the page, and what is to be put after it. */
typedef struct {
    assist_str_t          text;
    uint32_t              places;       /* bits 1 << index */
    int                   held;         /* text is gone after the next call */

    /* the attributes of the head's <meta> that ends here, and its >; of one
     * that is longer than ASSIST_HTML_META, only so much; data NULL: none */
    assist_str_t          meta;
} assist_html_part_t;

/* Owns nothing.  meta: set by the caller, ASSIST_HTML_META bytes; or NULL. */
typedef struct {
    uint32_t              pending;      /* places that were not reached */
    char                 *meta;

    /* the scanner's own */
    assist_html_place_t  *places;
    uint32_t              nplaces;
    uint32_t              where[ASSIST_HTML_ELEMENT + 1];
    uint32_t              open;         /* places whose element is */

    unsigned              state;
    size_t                scanned;      /* of the piece, and not given back */
    size_t                nhold;
    char                  hold[ASSIST_HTML_HOLD];
    unsigned              release:1;    /* hold comes next */
    unsigned              ended:1;

    /* the tag */
    unsigned              end_tag:1;
    unsigned              decided:1;    /* its name is known */
    unsigned              closing:1;    /* a / is the last byte of it */
    unsigned              ids:1;        /* its id is of interest */
    unsigned              had_id:1;
    const void           *tag;          /* what it is */
    struct {
        uint64_t          name;
        const void       *tag;
    } known[ASSIST_HTML_KNOWN];         /* names that were looked up */
    uint64_t              name;         /* a hash */
    size_t                nname;
    char                  word[ASSIST_HTML_HOLD];
    size_t                nattr;        /* bytes of an attribute's name */
    unsigned              is_id:1;
    size_t                nid;
    char                  id[ASSIST_HTML_ID];
    unsigned              in_meta:1;    /* a <meta> of the head */
    size_t                nmeta;

    /* comments, scripts and other raw text */
    unsigned              dashes;
    unsigned              fresh:1;      /* only dashes so far */
    unsigned              bang:1;
    unsigned              script:1;
    unsigned              escaped:2;
    uint64_t              raw;          /* the element */

    /* the tree */
    unsigned              in_body:1;
    unsigned              in_form:1;
    int                   bodies;
    uint32_t              templates;
    uint32_t              foreign;      /* depth of svg or math */
    uint32_t              html;         /* ... and of HTML in it */
    uint64_t              foreign_name;
    uint32_t              due;          /* places after </form> */
} assist_html_t;


/*
 * Is this the beginning of a page (a doctype or <html>, after a byte order
 * mark, blanks, comments and processing instructions), and not a fragment of
 * one?  1, 0, or -1: more bytes are needed to tell.
 */
int assist_html_begins(assist_str_t text);

/* The places, at most ASSIST_HTML_PLACES, must outlive h. */
void assist_html_init(assist_html_t *h, assist_html_place_t *places,
    uint32_t nplaces);

/*
 * The next range of the piece, which becomes what is left of it; 0: all of it
 * was given back, but for at most ASSIST_HTML_HOLD bytes.
 */
int assist_html_next(assist_html_t *h, assist_str_t *piece,
    assist_html_part_t *part);

/* The page is over: likewise, what was held back and the last places. */
int assist_html_end(assist_html_t *h, assist_html_part_t *part);


#endif
