/*
 * An answer as it comes: server-sent events to one client.
 *
 * Text that was said is sent from a posted event, in the client's own context,
 * as soon as the client takes it; one that reads slowly gets more at a time.
 */

#ifndef NGX_HTTP_ASSIST_STREAM_H
#define NGX_HTTP_ASSIST_STREAM_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "core/buf.h"


typedef struct ngx_http_assist_ctx_s  ngx_http_assist_ctx_t;


/* What the events look like: each appends some, or nothing. */
typedef struct {
    void  (*begin)(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
              assist_buf_t *out);
    void  (*text)(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
              assist_str_t text, assist_buf_t *out);
    /* the answer's members, as answer_json() gives them */
    void  (*end)(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
              ngx_str_t *members, assist_buf_t *out);
} ngx_http_assist_stream_format_t;


typedef struct {
    const ngx_http_assist_stream_format_t  *format;
    ngx_http_request_t                     *request;
    ngx_event_t                             event;
    assist_buf_t                            frame;  /* being sent */
    ngx_buf_t                               buf;    /* of it */
    size_t                                  sent;   /* bytes of ctx->said */
    unsigned                                began:1;
} ngx_http_assist_stream_t;


/* The client takes a stream: what is said from now on is sent. */
ngx_int_t ngx_http_assist_stream_open(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, const ngx_http_assist_stream_format_t *format);
void ngx_http_assist_stream_close(ngx_http_assist_ctx_t *ctx);

/* More was said.  From anywhere; nothing where there is no stream. */
void ngx_http_assist_stream_more(ngx_http_assist_ctx_t *ctx);

/* What was said is not sent yet after all. */
void ngx_http_assist_stream_hush(ngx_http_assist_ctx_t *ctx);

/* Bytes of ctx->said that have left: they cannot be taken back. */
size_t ngx_http_assist_stream_sent(ngx_http_assist_ctx_t *ctx);

/* Has it begun?  Then the answer ends by _end, whose code finalizes. */
ngx_uint_t ngx_http_assist_stream_began(ngx_http_assist_ctx_t *ctx);
ngx_int_t ngx_http_assist_stream_end(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members);

/* A parked request goes on writing what its client has not taken yet. */
void ngx_http_assist_stream_park(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);


#endif
