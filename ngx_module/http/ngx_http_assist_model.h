/*
 * A question to a language model, on behalf of a run.
 *
 * The providers of assist_use are asked in order until one answers.  What
 * leaves is redacted here, whoever asks; what comes back is read while it
 * comes, without markup, foreign links and citations of what was not given.
 */

#ifndef NGX_HTTP_ASSIST_MODEL_H
#define NGX_HTTP_ASSIST_MODEL_H

#include "ngx_http_assist_op.h"

#include "core/completion.h"


typedef struct ngx_http_assist_model_s  ngx_http_assist_model_t;


typedef struct {
    const assist_completion_message_t  *messages;
    ngx_uint_t                          nmessages;
    const assist_str_t                 *urls;           /* of passages */
    ngx_uint_t                          npassages;      /* [1] to [n] */
    ngx_uint_t                          max_tokens;     /* 0: the provider's */
    ngx_msec_t                          timeout;        /* for all of it; 0:
                                                           the default */
    ngx_str_t                           provider;       /* len 0: any */
    unsigned                            say:1;  /* its text is the citizen's
                                                   answer, as it comes */
    unsigned                            pieces:1;       /* and the waiter's */
} ngx_http_assist_model_conf_t;


/*
 * An op of the run whose value is a table: text, model, provider, tokens_in,
 * tokens_out, finish, cited; or nil and "no provider", "onprem", "budget",
 * "busy", "redaction", "unavailable", "timeout"; or "broken" where a part of
 * the answer has been read by somebody.  With pieces it may be
 * { piece =, id = }: then ngx_http_assist_model_next() waits for more.
 * NULL: no memory.
 */
ngx_http_assist_op_t *ngx_http_assist_model_ask(ngx_http_request_t *r,
    ngx_http_assist_model_conf_t *conf, ngx_http_assist_op_handler_pt handler,
    void *data);
/* NULL: there is no such question, or no memory */
ngx_http_assist_op_t *ngx_http_assist_model_next(ngx_http_request_t *r,
    ngx_uint_t id, ngx_http_assist_op_handler_pt handler, void *data);

/* Does a run wait for any of them?  Else it has a piece, or is done with it. */
ngx_uint_t ngx_http_assist_model_waited(ngx_queue_t *models);

/* Ends all questions of a list (..._ctx_t's `models`) without calling anybody */
void ngx_http_assist_model_cancel_all(ngx_queue_t *models);


#endif
