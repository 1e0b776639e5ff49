/*
 * Shared by the files of a question's way only.
 */

#ifndef NGX_HTTP_ASSIST_ASK_H
#define NGX_HTTP_ASSIST_ASK_H

#include "ngx_http_assist.h"


/* ngx_http_assist_ask_key.c */
/* ctx->key; NGX_DECLINED: nothing was asked */
ngx_int_t ngx_http_assist_ask_key(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
/* of a body that this worker knows; NGX_DECLINED: it does not */
ngx_int_t ngx_http_assist_ask_key_again(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *body, u_char **key);
/* the body leads to the key from now on */
void ngx_http_assist_ask_remember(ngx_http_assist_ctx_t *ctx);

/* ngx_http_assist_ask_guard.c; ngx_http_assist_ask_guard() itself is known to
 * others, too */
ngx_uint_t ngx_http_assist_ask_blocked(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
ngx_uint_t ngx_http_assist_ask_withdrawn(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);

/* ngx_http_assist_ask_send.c */
void ngx_http_assist_ask_outcome(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
ngx_int_t ngx_http_assist_ask_send(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members);


#endif
