/*
 * An answer that is made anew while the old one is served: the question is
 * asked for a request of the worker's own, so that no visitor's connection
 * waits for it.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_BACKGROUND_RETRY  10    /* ms, while a thread has it */


struct ngx_http_assist_background_s {
    ngx_http_request_t      *own;
    ngx_http_assist_ctx_t   *ctx;
    ngx_event_t              event;
};


static ngx_int_t ngx_http_assist_background_copy(ngx_pool_t *pool,
    ngx_str_t *from, ngx_str_t *to);
static void ngx_http_assist_background_run(ngx_event_t *ev);
static void ngx_http_assist_background_end(ngx_event_t *ev);


ngx_int_t
ngx_http_assist_background_start(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx)
{
    ngx_http_request_t            *own;
    ngx_http_assist_ctx_t         *own_ctx;
    ngx_http_assist_background_t  *b;

    own = ngx_http_assist_own_create(r);
    if (own == NULL) {
        return NGX_ERROR;
    }

    own->loc_conf = r->loc_conf;

    b = ngx_pcalloc(own->pool, sizeof(ngx_http_assist_background_t));
    own_ctx = b ? ngx_http_assist_ctx(own, 1) : NULL;

    if (own_ctx == NULL
        || ngx_http_assist_background_copy(own->pool, &ctx->question,
                                           &own_ctx->question)
           != NGX_OK
        || ngx_http_assist_background_copy(own->pool, &ctx->lang,
                                           &own_ctx->lang)
           != NGX_OK)
    {
        ngx_destroy_pool(own->pool);
        return NGX_ERROR;
    }

    b->own = own;
    b->ctx = own_ctx;
    b->event.data = b;
    b->event.handler = ngx_http_assist_background_run;
    b->event.log = own->connection->log;

    own_ctx->background = b;
    own_ctx->chat = 1;
    own_ctx->shape = &ngx_http_assist_json_shape;
    own_ctx->matched = 1;
    own_ctx->service = ctx->service;
    own_ctx->shared = ctx->shared;
    own_ctx->previous = ctx->previous;
    own_ctx->previous_shared = ctx->previous_shared;
    own_ctx->question_key = ctx->question_key;
    own_ctx->asked = ctx->asked;
    own_ctx->cacheable = 1;
    ngx_memcpy(own_ctx->key, ctx->key, ASSIST_DIGEST_LEN);

    /* its place is taken at once: the next request sees that it is made */

    if (ngx_http_assist_flight_join(own, own_ctx) == NGX_OK) {
        ngx_post_event(&b->event, &ngx_posted_events);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_background_copy(ngx_pool_t *pool, ngx_str_t *from,
    ngx_str_t *to)
{
    to->len = from->len;
    to->data = ngx_pnalloc(pool, from->len + 1);

    if (to->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(to->data, from->data, from->len);
    to->data[to->len] = '\0';

    return NGX_OK;
}


static void
ngx_http_assist_background_run(ngx_event_t *ev)
{
    ngx_http_assist_background_t  *b;

    b = ev->data;
    ngx_http_assist_ask_lead(b->ctx);
}


/* Freed from an event of its own: what calls this still uses it. */

void
ngx_http_assist_background_over(ngx_http_assist_ctx_t *ctx)
{
    ngx_http_assist_background_t  *b;

    b = ctx->background;
    b->event.handler = ngx_http_assist_background_end;

    ngx_post_event(&b->event, &ngx_posted_events);
}


static void
ngx_http_assist_background_end(ngx_event_t *ev)
{
    ngx_http_assist_background_t  *b;

    b = ev->data;

    if (ngx_http_assist_own_end(b->own) == NGX_AGAIN) {
        ngx_add_timer(&b->event, NGX_HTTP_ASSIST_BACKGROUND_RETRY);
        return;
    }

    ngx_destroy_pool(b->own->pool);
}
