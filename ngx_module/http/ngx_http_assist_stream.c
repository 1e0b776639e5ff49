#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_STREAM_TEXT  2048       /* bytes of an event's text */


static void ngx_http_assist_stream_event(ngx_event_t *ev);
static void ngx_http_assist_stream_writer(ngx_http_request_t *r);
static ngx_int_t ngx_http_assist_stream_flush(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_stream_begin(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static assist_str_t ngx_http_assist_stream_piece(ngx_http_assist_ctx_t *ctx,
    size_t max);


ngx_int_t
ngx_http_assist_stream_open(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    const ngx_http_assist_stream_format_t *format)
{
    ngx_http_assist_stream_t  *s;

    s = ngx_pcalloc(r->pool, sizeof(ngx_http_assist_stream_t));
    if (s == NULL) {
        return NGX_ERROR;
    }

    s->format = format;
    s->request = r;
    s->event.data = ctx;
    s->event.handler = ngx_http_assist_stream_event;
    s->event.log = r->connection->log;

    ctx->stream = s;

    return NGX_OK;
}


void
ngx_http_assist_stream_close(ngx_http_assist_ctx_t *ctx)
{
    if (ctx->stream == NULL) {
        return;
    }

    ngx_http_assist_stream_hush(ctx);
    assist_buf_free(&ctx->stream->frame);
    ctx->stream = NULL;
}


void
ngx_http_assist_stream_hush(ngx_http_assist_ctx_t *ctx)
{
    if (ctx->stream && ctx->stream->event.posted) {
        ngx_delete_posted_event(&ctx->stream->event);
    }
}


void
ngx_http_assist_stream_more(ngx_http_assist_ctx_t *ctx)
{
    ngx_http_assist_flight_more(ctx);

    if (ctx->stream && !ctx->gone && !ctx->stream->event.posted
        && ngx_http_assist_flight_said(ctx)->len > ctx->stream->sent)
    {
        ngx_post_event(&ctx->stream->event, &ngx_posted_events);
    }
}


size_t
ngx_http_assist_stream_sent(ngx_http_assist_ctx_t *ctx)
{
    return ctx->stream ? ctx->stream->sent : 0;
}


ngx_uint_t
ngx_http_assist_stream_began(ngx_http_assist_ctx_t *ctx)
{
    return ctx->stream && ctx->stream->began;
}


/* The rest of the text, and what follows it. */

ngx_int_t
ngx_http_assist_stream_end(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members)
{
    ngx_int_t                  rc;
    ngx_buf_t                 *b;
    ngx_chain_t                out;
    assist_buf_t               last = ASSIST_BUF_INIT;
    assist_str_t               piece;
    ngx_http_assist_stream_t  *s;

    s = ctx->stream;

    ngx_http_assist_stream_hush(ctx);

    if (!s->began) {
        rc = ngx_http_assist_stream_begin(r, ctx);

        if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
            return rc;
        }

        s->format->begin(r, ctx, &last);
    }

    for ( ;; ) {
        piece = ngx_http_assist_stream_piece(ctx, ctx->said.len);

        if (piece.len == 0) {
            break;
        }

        s->format->text(r, ctx, piece, &last);
        s->sent += piece.len;
    }

    s->format->end(r, ctx, members, &last);

    b = ngx_create_temp_buf(r->pool, last.len ? last.len : 1);

    if (b == NULL || last.failed) {
        assist_buf_free(&last);
        return NGX_ERROR;
    }

    b->last = ngx_cpymem(b->pos, last.data, last.len);
    b->last_buf = 1;
    b->last_in_chain = 1;
    assist_buf_free(&last);

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


void
ngx_http_assist_stream_park(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    if (ngx_http_assist_stream_began(ctx) && !ctx->gone) {
        r->write_event_handler = ngx_http_assist_stream_writer;
    }
}


/* As if the client's own connection had had an event. */

static void
ngx_http_assist_stream_event(ngx_event_t *ev)
{
    ngx_int_t               rc;
    ngx_connection_t       *c;
    ngx_http_request_t     *r;
    ngx_http_assist_ctx_t  *ctx;

    ctx = ev->data;
    r = ctx->stream->request;
    c = r->connection;

    if (ctx->gone) {
        return;
    }

    ngx_http_set_log_request(c->log, r);

    rc = NGX_OK;

    if (!ctx->stream->began) {
        rc = ngx_http_assist_stream_begin(r, ctx);

        if (rc == NGX_OK && !r->header_only) {
            ctx->stream->format->begin(r, ctx, &ctx->stream->frame);
        }

        ngx_http_assist_stream_park(r, ctx);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_assist_stream_flush(r, ctx);
    }

    if ((rc == NGX_ERROR || rc > NGX_OK)
        && !ngx_http_assist_flight_gone(r, ctx))
    {
        ngx_http_finalize_request(r, NGX_ERROR);
    }

    ngx_http_run_posted_requests(c);
}


/* The client takes more. */

static void
ngx_http_assist_stream_writer(ngx_http_request_t *r)
{
    ngx_event_t            *wev;
    ngx_http_assist_ctx_t  *ctx;

    wev = r->connection->write;
    ctx = ngx_http_assist_ctx(r, 0);

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, NGX_ETIMEDOUT,
                      "client timed out");
        r->connection->timedout = 1;

        if (!ngx_http_assist_flight_gone(r, ctx)) {
            ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        }

        return;
    }

    if ((ngx_http_output_filter(r, NULL) == NGX_ERROR
         || ngx_http_assist_stream_flush(r, ctx) == NGX_ERROR)
        && !ngx_http_assist_flight_gone(r, ctx))
    {
        ngx_http_finalize_request(r, NGX_ERROR);
    }
}


/* One event after another, until the client takes no more or all has left. */

static ngx_int_t
ngx_http_assist_stream_flush(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_chain_t                out;
    ngx_event_t               *wev;
    assist_str_t               piece;
    ngx_http_assist_stream_t  *s;
    ngx_http_core_loc_conf_t  *clcf;

    s = ctx->stream;
    wev = r->connection->write;

    while (ngx_buf_size(&s->buf) == 0) {

        /* the first frame has what comes before any text */
        if (s->buf.start) {
            s->frame.len = 0;
        }

        piece = ngx_http_assist_stream_piece(ctx, NGX_HTTP_ASSIST_STREAM_TEXT);

        if (piece.len == 0) {
            break;
        }

        s->format->text(r, ctx, piece, &s->frame);
        s->sent += piece.len;

        if (s->frame.failed) {
            return NGX_ERROR;
        }

        ngx_memzero(&s->buf, sizeof(ngx_buf_t));

        s->buf.start = (u_char *) s->frame.data;
        s->buf.pos = s->buf.start;
        s->buf.last = s->buf.start + s->frame.len;
        s->buf.end = s->buf.last;
        s->buf.memory = 1;
        s->buf.flush = 1;

        out.buf = &s->buf;
        out.next = NULL;

        if (ngx_http_output_filter(r, &out) == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    if (ngx_buf_size(&s->buf) == 0) {

        /* limit_rate's own timer also ends its delay */
        if (wev->timer_set && !wev->delayed) {
            ngx_del_timer(wev);
        }

        return NGX_OK;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!wev->delayed) {
        ngx_add_timer(wev, clcf->send_timeout);
    }

    return ngx_handle_write_event(wev, clcf->send_lowat);
}


static ngx_int_t
ngx_http_assist_stream_begin(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ctx->stream->began = 1;

    r->headers_out.status = NGX_HTTP_OK;
    ngx_str_set(&r->headers_out.content_type, "text/event-stream");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    ngx_http_clear_content_length(r);

    /* proxies between here and the client must not hold it back */

    if (ngx_http_assist_add_header(r, "Cache-Control", "no-cache") != NGX_OK
        || ngx_http_assist_add_header(r, "X-Accel-Buffering", "no") != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_tcp_nodelay(r->connection) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_send_header(r);
}


/* Text that was said and not sent, whole characters of it. */

static assist_str_t
ngx_http_assist_stream_piece(ngx_http_assist_ctx_t *ctx, size_t max)
{
    assist_str_t         piece;
    const assist_buf_t  *said;

    said = ngx_http_assist_flight_said(ctx);

    if (said->len <= ctx->stream->sent) {
        return assist_str("");
    }

    piece.data = said->data + ctx->stream->sent;
    piece.len = said->len - ctx->stream->sent;

    if (piece.len > max) {
        piece.len = max;

        while (piece.len > 1
               && ((u_char) piece.data[piece.len] & 0xc0) == 0x80)
        {
            piece.len--;
        }
    }

    return piece;
}
