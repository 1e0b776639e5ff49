/*
 * Private to plain*.c: tags are dropped from a text byte by byte, and links
 * looked at in what remains, so that no tag can hide one.
 */

#ifndef ASSIST_PLAIN_PRIV_H
#define ASSIST_PLAIN_PRIV_H

#include "plain.h"


/* The next byte of the text without tags; the end of it. */
void assist_plain_text(assist_plain_t *p, char c);
void assist_plain_text_end(assist_plain_t *p);

/* May this address, this target of a link be shown? */
int assist_plain_url_ok(const assist_plain_rules_t *rules, assist_str_t url);
int assist_plain_target_ok(const assist_plain_rules_t *rules,
    assist_str_t target);

int assist_plain_is_prefix(assist_str_t s, const char *prefix);


static inline int
assist_plain_is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}


static inline int
assist_plain_is_digit(char c)
{
    return c >= '0' && c <= '9';
}


static inline int
assist_plain_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}


/* With this after it, a < begins no tag. */
static inline int
assist_plain_after_bracket(char c)
{
    return assist_plain_is_blank(c) || assist_plain_is_digit(c) || c == '='
           || (unsigned char) c >= 0x80;
}


#endif
