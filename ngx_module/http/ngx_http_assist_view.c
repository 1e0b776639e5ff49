/*
 * Pages of ours: each is a view of one of our JSON documents, made by a Lua
 * template (lua/assist/pages) that is trusted, but bounded like any hook.
 *
 * A page is made in slices: after each the event loop has a turn, so that a
 * long page never holds the worker.  It is sent when it is whole, because
 * until then the template may fail, and its length is not known.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_VIEW_SLICE  (32 * 1024)
#define NGX_HTTP_ASSIST_VIEW_MAX    (8 * 1024 * 1024)


struct ngx_http_assist_view_s {
    ngx_uint_t                      status;
    ngx_str_t                       document;
    assist_buf_t                    out;
    size_t                          slice;      /* where it began, in out */
};


static ngx_int_t ngx_http_assist_view_over(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_view_failed(ngx_http_request_t *r,
    const char *name, size_t len, const char *why);
static void ngx_http_assist_view_wake(ngx_http_assist_op_t *op);
static void ngx_http_assist_view_cleanup(void *data);


/*
 * Nothing but our own style and script, and nothing that frames it or takes
 * its forms elsewhere.
 */

static const char  ngx_http_assist_view_csp[] =
    "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'";


ngx_int_t
ngx_http_assist_view(ngx_http_request_t *r, ngx_http_assist_hook_t *page,
    ngx_uint_t status, ngx_str_t *document)
{
    ngx_pool_cleanup_t           *cln;
    ngx_http_assist_ctx_t        *ctx;
    ngx_http_assist_view_t       *view;
    ngx_http_assist_loc_conf_t   *lcf;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    ctx = ngx_http_assist_ctx(r, 1);
    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_assist_view_t));

    if (ctx == NULL || cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    view = cln->data;
    ngx_memzero(view, sizeof(ngx_http_assist_view_t));
    cln->handler = ngx_http_assist_view_cleanup;

    view->status = status;
    view->document = *document;
    ctx->view = view;

    if (mcf->vm == NULL || page->hook == NULL) {
        return ngx_http_assist_view_failed(r, (char *) page->file.data,
                                           page->file.len,
                                           "it is not loaded in this worker");
    }

    if (mcf->reload) {
        ngx_http_assist_reload_due(r);
    }

    if (assist_run_start(&ctx->run, mcf->vm, page->hook, ASSIST_PHASE_RENDER,
                         ctx, &ctx->ctx, (uint32_t) lcf->hook_cpu)
        == ASSIST_RUN_WAITS)
    {
        /* the caller's finalization leaves the request to the slices */
        r->main->count++;
        ngx_http_assist_op_park(r);
        return NGX_DONE;
    }

    return ngx_http_assist_view_over(r, ctx);
}


assist_str_t
ngx_http_assist_view_document(void *host)
{
    ngx_http_assist_ctx_t *ctx = host;

    return ngx_http_assist_str(ctx->view->document);
}


assist_wait_t
ngx_http_assist_view_emit(void *host, assist_run_t *run, assist_str_t piece,
    int is_text, assist_value_t *value)
{
    ngx_http_assist_ctx_t *ctx = host;

    ngx_http_assist_view_t  *view;

    view = ctx->view;

    if (is_text) {
        assist_buf_html(&view->out, piece);
    } else {
        assist_buf_add(&view->out, piece.data, piece.len);
    }

    if (view->out.failed || view->out.len > NGX_HTTP_ASSIST_VIEW_MAX) {
        value->error = view->out.failed ? "no memory"
                                        : "the page is larger than 8m";
        return ASSIST_NOW;
    }

    if (view->out.len - view->slice < NGX_HTTP_ASSIST_VIEW_SLICE) {
        return ASSIST_NOW;
    }

    view->slice = view->out.len;

    /* without memory for a pause there is none */
    return ngx_http_assist_op_turn(ctx->request, &ctx->ops,
                                   ngx_http_assist_view_wake, run)
           ? ASSIST_WAIT : ASSIST_NOW;
}


static void
ngx_http_assist_view_wake(ngx_http_assist_op_t *op)
{
    assist_run_t           *run;
    ngx_http_request_t     *r;
    ngx_http_assist_ctx_t  *ctx;

    run = op->data;
    ctx = run->host;
    r = ctx->request;

    if (assist_run_resume(run, &op->value) == ASSIST_RUN_WAITS) {
        ngx_http_assist_op_park(r);
        return;
    }

    r->read_event_handler = ngx_http_block_reading;
    ngx_http_finalize_request(r, ngx_http_assist_view_over(r, ctx));
}


static ngx_int_t
ngx_http_assist_view_over(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_str_t                body;
    assist_str_t             name;
    ngx_http_assist_view_t  *view;

    static ngx_str_t  type = ngx_string("text/html");

    view = ctx->view;

    if (ctx->run.state != ASSIST_RUN_DONE) {
        name = assist_hook_name(ctx->run.hook);
        return ngx_http_assist_view_failed(r, name.data, name.len,
                                           ctx->run.error);
    }

    ngx_str_set(&r->headers_out.charset, "utf-8");

    if (ngx_http_assist_add_header(r, "Cache-Control", "no-store") != NGX_OK
        || ngx_http_assist_add_header(r, "Content-Security-Policy",
                                      ngx_http_assist_view_csp)
           != NGX_OK
        || ngx_http_assist_add_header(r, "X-Content-Type-Options", "nosniff")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = (u_char *) view->out.data;
    body.len = view->out.len;

    return ngx_http_assist_send(r, view->status, &type, &body);
}


/* One line, and words that need no template. */

static ngx_int_t
ngx_http_assist_view_failed(ngx_http_request_t *r, const char *name,
    size_t len, const char *why)
{
    u_char  line[NGX_HTTP_ASSIST_LOG_MAX];

    static ngx_str_t  type = ngx_string("text/plain");
    static ngx_str_t  body = ngx_string(
        "Trang này tạm thời không hiển thị được. Vui lòng thử lại sau.\n"
        "This page cannot be shown at the moment. Please try again later.\n");

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "assist: page %*s failed: %*s", len, name,
                  ngx_http_assist_log_text(line, assist_str_of(why)), line);

    ngx_str_set(&r->headers_out.charset, "utf-8");

    return ngx_http_assist_send(r, NGX_HTTP_INTERNAL_SERVER_ERROR, &type,
                                &body);
}


static void
ngx_http_assist_view_cleanup(void *data)
{
    ngx_http_assist_view_t *view = data;

    assist_buf_free(&view->out);
}
