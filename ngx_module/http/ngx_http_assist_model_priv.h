/*
 * Shared by the files of a question to a model only.
 */

#ifndef NGX_HTTP_ASSIST_MODEL_PRIV_H
#define NGX_HTTP_ASSIST_MODEL_PRIV_H

#include "ngx_http_assist.h"

#include "core/cite.h"
#include "core/plain.h"
#include "core/redact.h"


struct ngx_http_assist_model_s {
    ngx_queue_t                       queue;        /* in ctx->models */
    ngx_http_request_t               *request;
    ngx_http_assist_ctx_t            *ctx;
    ngx_uint_t                        id;
    ngx_http_assist_op_t             *op;           /* NULL: nobody waits */
    assist_arena_t                   *arena;

    /* what is asked */
    assist_completion_message_t      *messages;
    ngx_uint_t                        nmessages;
    ngx_uint_t                        npassages;
    ngx_uint_t                        max_tokens;
    ngx_msec_t                        deadline;

    /* who */
    ngx_http_assist_provider_t      **providers;
    ngx_uint_t                        nproviders;
    ngx_uint_t                        next;
    ngx_http_assist_provider_t       *provider;     /* asked now */
    ngx_msec_t                        probe;        /* of it; 0: it is none */
    ngx_http_assist_call_t           *call;
    ngx_msec_t                        asked;
    size_t                            asked_bytes;
    size_t                            told_bytes;
    ngx_msec_int_t                    first_token;  /* ms; -1: none yet */
    ngx_uint_t                        status;       /* 0: none yet */
    time_t                            retry_after;
    const char                       *why;          /* it failed */

    ngx_event_t                       event;        /* it is to be ended */
    ngx_event_t                       timer;        /* nothing comes */

    /* what comes */
    assist_completion_t               completion;
    assist_cite_t                     cite;
    assist_plain_rules_t              rules;
    assist_plain_t                    plain;
    assist_buf_t                      cited;        /* of a piece */
    assist_buf_t                      restored;
    assist_buf_t                      text;         /* without say */
    size_t                            taken;        /* of it, as pieces */
    size_t                            mark;         /* of ctx->said */

    const char                       *reason;       /* of its end; NULL: good */
    unsigned                          say:1;
    unsigned                          pieces:1;
    unsigned                          reading:1;
    unsigned                          over:1;
};


/* ngx_http_assist_model_prepare.c: what may be sent, and to whom */
/* NULL: it is prepared; or why nothing may be sent */
const char *ngx_http_assist_model_refused(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf);

/* ngx_http_assist_model_answer.c: what comes back */
/* of assist_completion_init(): inside the call's filters */
int ngx_http_assist_model_text(void *data, assist_str_t text);
/* more of the answer's text; last: and there is no more */
ngx_int_t ngx_http_assist_model_add(ngx_http_assist_model_t *m,
    assist_str_t text, ngx_uint_t last);
/* gives the waiter what there is, as a piece; or all, as the end */
void ngx_http_assist_model_piece(ngx_http_assist_model_t *m);
void ngx_http_assist_model_answer(ngx_http_assist_model_t *m,
    ngx_http_assist_op_t *op);
/* accounts: its tokens, and that somebody has read it */
void ngx_http_assist_model_pay(ngx_http_assist_model_t *m);
void ngx_http_assist_model_spoke(ngx_http_assist_model_t *m);


#endif
