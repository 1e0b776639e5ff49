/*
 * Shared by html.c, which tells tags, and html_tree.c, which knows where they
 * stand.
 */

#ifndef ASSIST_HTML_PRIV_H
#define ASSIST_HTML_PRIV_H

#include "html.h"


#define ASSIST_HTML_WORD  13            /* bytes of the longest name we know */


/*
 * The states of the standard, but that those which differ only in what they
 * report are one.
 */
typedef enum {
    TEXT = 0,
    OPEN,                       /* after < */
    OPEN_END,                   /* after </ */
    NAME,
    GAP,                        /* between attributes */
    ATTR,                       /* in one's name */
    ATTR_OVER,                  /* after it */
    VALUE,                      /* after its = */
    VALUE_DOUBLE,
    VALUE_SINGLE,
    VALUE_BARE,
    BANG,                       /* after <! */
    BANG_DASH,
    BOGUS,                      /* up to the next > */
    COMMENT,
    CDATA,
    RAW,
    RAW_OPEN,                   /* after <, in raw text */
    RAW_BANG,
    RAW_BANG_DASH,
    RAW_END,                    /* in the name after </ */
    RAW_WORD,                   /* in one after <, in a script's comment */
    REST                        /* nothing is markup any more */
} assist_html_state_t;


#define ASSIST_HTML_HASH  0x100000001b3     /* FNV-1's prime */


/* What a tag's content is, for html.c. */
typedef enum {
    ASSIST_HTML_MARKUP = 0,
    ASSIST_HTML_RAW,                    /* up to its end tag */
    ASSIST_HTML_SCRIPT,                 /* likewise, with comments in it */
    ASSIST_HTML_PLAINTEXT               /* up to the end of the page */
} assist_html_content_t;


/* A tag's name begins, or goes on. */
void assist_html_tag_begin(assist_html_t *h, int end_tag);
void assist_html_tag_letter(assist_html_t *h, unsigned char c);

/* Reads on; returns where it stopped: h->state is another, or p is end. */
const char *assist_html_comment(assist_html_t *h, const char *p,
    const char *end);
const char *assist_html_cdata(assist_html_t *h, const char *p,
    const char *end);
const char *assist_html_raw(assist_html_t *h, const char *p, const char *end);

/* The tag's name is known; returns the places before it. */
uint32_t assist_html_tag(assist_html_t *h);

/* The tag is over: its content, and the places after it. */
assist_html_content_t assist_html_tag_over(assist_html_t *h,
    uint32_t *places);

/* The page is over, outside of tags: the places at its end. */
uint32_t assist_html_page_over(assist_html_t *h);

/* Is there nothing to tell of a tag of this name, without attributes?  0: not
 * known; assist_html_tag() tells. */
int assist_html_plain(const assist_html_t *h, uint64_t name);

/* Are CDATA sections text here? */
int assist_html_foreign(const assist_html_t *h);


static inline int
assist_html_is_letter(unsigned char c)
{
    c |= 0x20;

    return c >= 'a' && c <= 'z';
}


static inline int
assist_html_is_blank(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}


static inline int
assist_html_is_delimiter(unsigned char c)
{
    return assist_html_is_blank(c) || c == '/' || c == '>';
}


#endif
