/*
 * text/event-stream, read and written: WHATWG HTML Living Standard, 9.2.5
 * "Parsing an event stream" and 9.2.6 "Interpreting an event stream".
 *
 * The bytes may come in pieces of any size: what is read does not depend on
 * where they are split.  The standard decodes UTF-8 first; no rule of the
 * format needs that, so it is left out, and what the handler gets may be any
 * bytes.  `id` and `retry` are for a client that connects again, and ignored.
 */

#ifndef ASSIST_SSE_H
#define ASSIST_SSE_H

#include "buf.h"


/*
 * An event: its name ("message" where the stream names none) and its data
 * lines joined by \n; both are valid until the handler returns.  Returns 0 to
 * go on, -1 to stop.  It must neither feed nor free the parser.
 */
typedef int (*assist_sse_handler_pt)(void *data, assist_str_t event,
    assist_str_t text);


typedef struct {
    const char             *error;      /* a literal, once it is dead */

    /* the parser's own */
    assist_sse_handler_pt   handler;
    void                   *data;
    size_t                  max;
    assist_buf_t            line;       /* the start of an unfinished line */
    assist_buf_t            text;       /* data lines, each with its \n */
    assist_buf_t            event;
    unsigned                bom:2;      /* bytes of the BOM seen; 3: settled */
    unsigned                comment:1;  /* the unfinished line is one */
    unsigned                cr:1;       /* the last byte was a CR */
} assist_sse_t;


/*
 * max: the bytes of one event, that is of its name, of its data with a line
 * end for each line, and of the line being read.  Comments are not held and do
 * not count.  The parser's memory is at most 6 times max, and 1 KiB.
 */
void assist_sse_init(assist_sse_t *sse, size_t max,
    assist_sse_handler_pt handler, void *data);
void assist_sse_free(assist_sse_t *sse);

/*
 * Reads the next bytes and calls the handler for each event that a blank line
 * ends; a block without a data line is none, a block with an empty one is an
 * event with empty data.  Returns 0, or -1 for good: an event beyond max, no
 * memory, the handler's own -1; sse->error says which.
 */
int assist_sse_feed(assist_sse_t *sse, assist_str_t bytes);

/*
 * The stream is over: an event that lacks only its blank line, or the end of
 * its last line, is handed on.  (The standard drops it; whoever wants that
 * does not call this.)  Returns as assist_sse_feed() does.  Nothing can be fed
 * afterwards.
 */
int assist_sse_end(assist_sse_t *sse);

/*
 * Appends an event; see out->failed.  event: its name, which ends at a line
 * end, or NULL.  data: any text; a CR, LF or CRLF in it ends a line, so a
 * reader gets \n for each.
 */
void assist_sse_write(assist_buf_t *out, const char *event, assist_str_t data);


#endif
