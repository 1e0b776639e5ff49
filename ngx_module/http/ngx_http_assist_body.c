/*
 * A request's body: in one piece, wherever nginx has put it.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_HOOK_BODY_MAX  (1024 * 1024)


static void ngx_http_assist_body_ready(ngx_http_request_t *r);
static void ngx_http_assist_body_value(ngx_http_request_t *r,
    assist_value_t *value);


ngx_int_t
ngx_http_assist_body_text(ngx_http_request_t *r, size_t max, ngx_str_t *body)
{
    off_t         len;
    size_t        size;
    u_char       *p;
    ssize_t       n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl, *bufs;

    bufs = r->request_body ? r->request_body->bufs : NULL;
    len = 0;

    for (cl = bufs; cl; cl = cl->next) {
        if (!ngx_buf_special(cl->buf)) {
            len += ngx_buf_size(cl->buf);
        }
    }

    if (len > (off_t) max) {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(r->pool, (size_t) len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;

    for (cl = bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_special(b)) {
            continue;
        }

        if (ngx_buf_in_memory(b)) {
            p = ngx_cpymem(p, b->pos, b->last - b->pos);
            continue;
        }

        size = (size_t) (b->file_last - b->file_pos);
        n = ngx_read_file(b->file, p, size, b->file_pos);

        if (n != (ssize_t) size) {
            return NGX_ERROR;
        }

        p += n;
    }

    body->len = p - body->data;

    return NGX_OK;
}


assist_wait_t
ngx_http_assist_body_wait(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    assist_run_t *run, assist_value_t *value)
{
    ngx_int_t  rc;

    value->type = ASSIST_NIL;

    if (r->headers_in.content_length_n > NGX_HTTP_ASSIST_HOOK_BODY_MAX) {
        value->error = "the body is larger than 1m";
        return ASSIST_NOW;
    }

    if (ctx->body != NGX_HTTP_ASSIST_BODY_NONE) {
        value->error = "the body is being read already";
        return ASSIST_NOW;
    }

    if (r->request_body == NULL) {

        if (r->discard_body) {
            value->error = "the body was discarded";
            return ASSIST_NOW;
        }

        /* called back at once where all of it is there */

        ctx->body = NGX_HTTP_ASSIST_BODY_READING;

        rc = ngx_http_read_client_request_body(r, ngx_http_assist_body_ready);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            ctx->body = NGX_HTTP_ASSIST_BODY_NONE;
            value->error = "the body cannot be read";
            return ASSIST_NOW;
        }

        /* counted for a content handler, which would finalize the request */
        r->main->count--;

        if (ctx->body == NGX_HTTP_ASSIST_BODY_READING) {
            ctx->body = NGX_HTTP_ASSIST_BODY_AWAITED;
            ctx->body_run = run;
            return ASSIST_WAIT;
        }
    }

    ngx_http_assist_body_value(r, value);

    return ASSIST_NOW;
}


static void
ngx_http_assist_body_ready(ngx_http_request_t *r)
{
    ngx_uint_t              awaited;
    assist_value_t          value;
    ngx_http_assist_ctx_t  *ctx;

    ctx = ngx_http_assist_ctx(r, 0);

    /* it may be needed again: by an internal redirect, by the portal */
    r->preserve_body = 1;

    awaited = ctx->body == NGX_HTTP_ASSIST_BODY_AWAITED;
    ctx->body = NGX_HTTP_ASSIST_BODY_NONE;

    if (awaited) {
        ngx_http_assist_body_value(r, &value);
        ngx_http_assist_hook_resume(ctx->body_run, &value);
    }
}


static void
ngx_http_assist_body_value(ngx_http_request_t *r, assist_value_t *value)
{
    ngx_int_t  rc;
    ngx_str_t  body;

    rc = ngx_http_assist_body_text(r, NGX_HTTP_ASSIST_HOOK_BODY_MAX, &body);

    value->type = ASSIST_NIL;

    if (rc == NGX_OK) {
        value->type = ASSIST_STRING;
        value->string = ngx_http_assist_str(body);

    } else {
        value->error = rc == NGX_DECLINED ? "the body is larger than 1m"
                                          : "the body cannot be read";
    }
}
