/*
 * Chat completions as OpenAI's API has them and others imitate it, from the
 * caller's side: the body of a request is written, the answer is read while it
 * comes.
 *
 *   - A stream (text/event-stream) has a chunk of the answer in each event, the
 *     reason why it ended in one of the last, the tokens in another, and then
 *     "[DONE]", which some leave out.
 *   - A whole body (application/json) is the answer of a provider that does not
 *     stream: it is held and read at its end.
 *   - Only the first of several choices is read.  What a model thinks
 *     (reasoning_content), tool calls and all unknown members are passed over.
 *   - A provider may fail in the middle: an event with an `error`, or named
 *     "error".
 *
 * An event is whole JSON or the answer has failed.  Bytes in it that are not
 * UTF-8, and \u escapes that are half of a surrogate pair, become U+FFFD: a
 * bad character must not end an answer.
 */

#ifndef ASSIST_COMPLETION_H
#define ASSIST_COMPLETION_H

#include <stdint.h>

#include "buf.h"
#include "sse.h"


/* Bytes of an event and of a whole body; more is an error. */
#define ASSIST_COMPLETION_MAX  (1024 * 1024)

/* Arrays and objects in each other; more is an error. */
#define ASSIST_COMPLETION_DEPTH  64

/* Bytes of the model's name; more are cut. */
#define ASSIST_COMPLETION_MODEL  128


typedef struct {
    assist_str_t                       role;        /* "system", "user" */
    assist_str_t                       content;
} assist_completion_message_t;


typedef struct {
    assist_str_t                       model;
    const assist_completion_message_t *messages;
    size_t                             nmessages;
    uint32_t                           max_tokens;  /* 0: not sent */
    unsigned                           stream:1;
} assist_completion_request_t;


/*
 * Appends the body of a request as JSON; see out->failed.  Any bytes will do:
 * those that are not UTF-8 become U+FFFD.  A stream is asked to count tokens.
 */
void assist_completion_request(assist_buf_t *out,
    const assist_completion_request_t *request);


typedef enum {
    ASSIST_COMPLETION_RUNNING,
    ASSIST_COMPLETION_DONE,     /* [DONE], a finish reason, a whole body */
    ASSIST_COMPLETION_CUT,      /* a stream that ended without either */
    ASSIST_COMPLETION_ERROR
} assist_completion_state_t;


typedef enum {
    ASSIST_FINISH_NONE,
    ASSIST_FINISH_STOP,
    ASSIST_FINISH_LENGTH,
    ASSIST_FINISH_CONTENT_FILTER,
    ASSIST_FINISH_OTHER
} assist_finish_t;


/*
 * Text of the answer: valid UTF-8, never empty, valid until this returns; may
 * have any control character.  Returns 0 to go on, -1 to stop, which is an
 * ERROR.  It must neither feed nor free the completion.
 */
typedef int (*assist_completion_text_pt)(void *data, assist_str_t text);


/* Its memory is at most some 8 times ASSIST_COMPLETION_MAX, and a few KiB while
   events are as usual. */
typedef struct {
    assist_completion_state_t          state;
    const char                        *error;   /* of ERROR; a literal */
    assist_finish_t                    finish;
    int64_t                            tokens_in;   /* -1: unknown */
    int64_t                            tokens_out;

    /* as the provider named it, UTF-8; empty: unknown */
    char                               model[ASSIST_COMPLETION_MODEL + 1];

    unsigned                           began:1; /* text was delivered */

    /* private */
    unsigned                           stream:1;
    unsigned                           ended:1;
    assist_completion_text_pt          on_text;
    void                              *data;
    assist_sse_t                       sse;
    assist_buf_t                       body;
    assist_buf_t                       text;    /* a string, decoded */
} assist_completion_t;


/*
 * content_type: the response's header, parameters and all.  If it is neither of
 * a stream nor of JSON, the state is ERROR at once.
 */
void assist_completion_init(assist_completion_t *c, assist_str_t content_type,
    assist_completion_text_pt on_text, void *data);
void assist_completion_free(assist_completion_t *c);

/*
 * Reads the next bytes of the response, split anywhere.  Returns 0, or -1 when
 * the state is ERROR.  Bytes after the end (DONE) are ignored.
 */
int assist_completion_feed(assist_completion_t *c, assist_str_t bytes);

/*
 * There are no more bytes.  Returns the state, which is no longer RUNNING; is
 * not an error after one, nor twice.
 */
assist_completion_state_t assist_completion_finish(assist_completion_t *c);


#endif
