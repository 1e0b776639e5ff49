/*
 * A growing byte buffer, and the JSON, CSV and HTML spellings that are written
 * into it.  A failed allocation is remembered in `failed` and makes every later
 * call do nothing, so a writer checks once, at its end.
 */

#ifndef ASSIST_BUF_H
#define ASSIST_BUF_H

#include <stdint.h>

#include "str.h"


typedef struct {
    char    *data;
    size_t   len;
    size_t   cap;
    int      failed;
    int      lent;              /* data is somebody else's, and does not grow */
} assist_buf_t;


#define ASSIST_BUF_INIT  { NULL, 0, 0, 0, 0 }


void assist_buf_free(assist_buf_t *b);

/* Room for n more bytes at data + len; NULL: out of memory. */
char *assist_buf_reserve(assist_buf_t *b, size_t n);

static inline void assist_buf_add(assist_buf_t *b, const char *data,
    size_t len);
void assist_buf_puts(assist_buf_t *b, const char *s);
void assist_buf_putc(assist_buf_t *b, char c);
void assist_buf_printf(assist_buf_t *b, const char *fmt, ...)
    __attribute__ ((format (printf, 2, 3)));

/* A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void assist_buf_json(assist_buf_t *b, assist_str_t s);

/* A CSV field (RFC 4180), quoted where needed. */
void assist_buf_csv(assist_buf_t *b, assist_str_t s);

/*
 * Text in HTML, between tags or in a quoted attribute: & < > " ' as
 * references; control characters that HTML does not have are left out.
 */
void assist_buf_html(assist_buf_t *b, assist_str_t s);

/* Inline, so that a literal becomes a few stores. */
static inline void
assist_buf_add(assist_buf_t *b, const char *data, size_t len)
{
    char  *p;

    if (len == 0) {
        return;
    }

    /* without room, and after a failure, which leaves none */
    p = b->cap - b->len >= len ? b->data + b->len : assist_buf_reserve(b, len);

    if (p != NULL) {
        memcpy(p, data, len);
        b->len += len;
    }
}


/* A decimal number, without the cost of a format string. */
static inline void
assist_buf_uint(assist_buf_t *b, uint64_t n)
{
    char   text[20];
    char  *p;

    p = text + sizeof(text);

    do {
        *--p = (char) ('0' + n % 10);
        n /= 10;
    } while (n);

    assist_buf_add(b, p, (size_t) (text + sizeof(text) - p));
}


static inline assist_str_t
assist_buf_str(const assist_buf_t *b)
{
    return (assist_str_t) { b->data, b->len };
}


#endif
