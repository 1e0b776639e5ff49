/*
 * A model's text as plain text: no HTML, no pictures, and links only to hosts
 * that are allowed.  What a model writes may come from a document or a question
 * that somebody prepared; a picture or a link can carry data away.
 *
 *   - Tags are dropped and their text is kept; script and style go with what is
 *     in them, comments too.  <br> and the beginning of a paragraph, an item, a
 *     row or a heading begin a new line.
 *   - What is in angle brackets but no tag (<số CCCD>) is kept, in ‹ ›; an
 *     address in them (<https://...>) without them.  A "<" that begins nothing
 *     stays ("a < b", "<5").
 *   - ![alt](target) is dropped.
 *   - Every http:// and https:// address, bare or as [text](target), and every
 *     www. and other scheme:// address, whose host is not allowed is replaced
 *     by `removed`; of a link, the text stays: "[text] [link removed]".
 *   - Other schemes as a target, and javascript:, vbscript: and data: anywhere,
 *     are removed; targets without a scheme stay if they are of the same site
 *     (/path, #part), but not //host or name.vn/path.
 *   - Control characters other than tab and line ends are dropped.
 *
 *   - [label]: at the beginning of a line, which could be a link's target, and
 *     [text]( before a line end become "[label] :" and "[text] (".
 *
 * User names (https://dvc.gov.vn@evil.com), backslashes and characters other
 * than ASCII in a host are never allowed.
 *
 * The result is the same wherever the text is cut.  It is still text: whoever
 * puts it into a page escapes it.  Placeholders are restored before (redact.h).
 */

#ifndef ASSIST_PLAIN_H
#define ASSIST_PLAIN_H

#include "buf.h"


#define ASSIST_PLAIN_URL  1024      /* bytes; longer ones are removed */
#define ASSIST_PLAIN_ALT  512       /* of a picture's text; longer: none */
#define ASSIST_PLAIN_TAG  512       /* of a tag; longer: none */
#define ASSIST_PLAIN_WORD 16


typedef struct {
    const assist_str_t           *hosts;    /* "gov.vn": it, and all below */
    size_t                        nhosts;
    const assist_str_t           *urls;     /* allowed as they stand */
    size_t                        nurls;
    assist_str_t                  removed;  /* "[link removed]" */
} assist_plain_rules_t;


/* Some 1.6 KB; owns nothing. */
typedef struct {
    const assist_plain_rules_t   *rules;
    assist_buf_t                 *out;

    /* tags */
    unsigned                      tag_state;
    unsigned                      matched;  /* bytes of the end looked for */
    const char                   *raw;      /* "script" or "style" */
    size_t                        ntag;
    char                          tag[ASSIST_PLAIN_TAG];
    char                          before;   /* the last byte of the text */

    /* links, in the text without tags */
    unsigned                      state;
    unsigned                      depth;    /* of brackets */
    unsigned                      broken:1; /* the word is longer than held */
    unsigned                      gap:1;    /* a picture was dropped here */
    unsigned                      marked:1; /* `removed` was just written */
    unsigned                      inside:1; /* the line has text */
    unsigned                      label:1;  /* a bracket began a line */
    char                          last;     /* byte written */
    size_t                        nword;
    char                          word[ASSIST_PLAIN_WORD];
    size_t                        nheld;
    char                          held[ASSIST_PLAIN_URL];
} assist_plain_t;


/* The rules must outlive p. */
void assist_plain_init(assist_plain_t *p, const assist_plain_rules_t *rules);

/*
 * Appends what piece adds to the plain text to out; holds back at most what is
 * above.  assist_plain_end() adds what was held.  Both return 0, or -1 when
 * memory is out (out->failed).
 */
int assist_plain(assist_plain_t *p, assist_str_t piece, assist_buf_t *out);
int assist_plain_end(assist_plain_t *p, assist_buf_t *out);


#endif
