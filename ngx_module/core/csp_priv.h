/*
 * Shared by csp_tag.c, which reads tags, and csp.c, which knows what policies
 * say of them.
 */

#ifndef ASSIST_CSP_PRIV_H
#define ASSIST_CSP_PRIV_H

#include "csp.h"

#include <strings.h>


typedef struct {
    const assist_csp_t  *csp;
    assist_str_t         name;
    assist_str_t         src;       /* data NULL: none */
    assist_str_t         nonce;     /* data NULL: none */
    unsigned             own_nonce:1;
    unsigned             handler:1; /* has an onclick or the like */
    unsigned             styled:1;  /* has a style attribute */
    unsigned             data:1;    /* a script's content is no script */
    unsigned             sheet:1;   /* a link to a style sheet */
    unsigned             policy:1;  /* a <meta> that sets one */
    assist_str_t         content;   /* ... which is this */
} assist_csp_tag_t;


/*
 * Reads the start tag at p into tag, of which only csp is set; 0: there is
 * none.  over: what comes after it, or after a comment.
 */
int assist_csp_tag(assist_csp_tag_t *tag, const char *p, const char *end,
    const char **over);

/* The next part of a list, without blanks around it; ' ' is any blank. */
int assist_csp_word(assist_str_t *list, char separator, assist_str_t *word);


static inline assist_str_t
cut(const char *p, const char *end)
{
    return (assist_str_t) { p, (size_t) (end - p) };
}


static inline int
is(assist_str_t s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.data, word, s.len) == 0;
}


static inline int
begins(assist_str_t s, const char *word)
{
    size_t  n;

    n = strlen(word);

    return s.len >= n && strncasecmp(s.data, word, n) == 0;
}


static inline int
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}


#endif
