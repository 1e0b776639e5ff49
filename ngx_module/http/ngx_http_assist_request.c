/*
 * A request's way: its service is found, its `request` hooks run before the
 * portal is asked, and what came of it is counted when it ends.
 */

#include "ngx_http_assist.h"


static ngx_uint_t ngx_http_assist_disclosed(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_uint_t ngx_http_assist_delivered(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_ctx_cleanup(void *data);
static ngx_int_t ngx_http_assist_reply(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);


ngx_http_assist_ctx_t *
ngx_http_assist_ctx(ngx_http_request_t *r, ngx_uint_t create)
{
    ngx_pool_cleanup_t     *cln;
    ngx_http_assist_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_assist_module);

    if (ctx != NULL) {
        return ctx;
    }

    if (r->internal || r->filter_finalize) {

        /* an internal redirect has zeroed r->ctx; the cleanup remembers */

        for (cln = r->pool->cleanup; cln; cln = cln->next) {
            if (cln->handler == ngx_http_assist_ctx_cleanup) {
                ctx = cln->data;
                ngx_http_set_ctx(r, ctx, ngx_http_assist_module);

                /* the new URI may be a service's where the old was not */
                ctx->matched = ctx->service != ASSIST_NONE;
                return ctx;
            }
        }
    }

    if (!create) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_assist_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_assist_ctx_t));

    ctx->request = r;
    ctx->service = ASSIST_NONE;
    ctx->previous = ASSIST_NONE;
    ctx->event.by = ASSIST_BY_CATALOGUE;
    ctx->event.tokens_in = -1;
    ctx->event.tokens_out = -1;
    ngx_str_set(&ctx->lang, "");
    ctx->first_token = -1;
    ngx_queue_init(&ctx->ops);
    ngx_queue_init(&ctx->models);

    cln->handler = ngx_http_assist_ctx_cleanup;
    ngx_http_set_ctx(r, ctx, ngx_http_assist_module);

    return ctx;
}


void
ngx_http_assist_match(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_str_t                     value;
    ngx_http_assist_loc_conf_t   *lcf;
    ngx_http_assist_main_conf_t  *mcf;

    if (ctx->matched) {
        return;
    }

    ctx->matched = 1;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    ctx->excluded = lcf->exclude
                    && ngx_http_test_predicates(r, lcf->exclude)
                       == NGX_DECLINED;

    if (mcf->catalog == NULL) {
        return;
    }

    if (lcf->service
        && ngx_http_complex_value(r, lcf->service, &value) == NGX_OK
        && value.len)
    {
        ctx->service = assist_catalog_find(mcf->catalog,
                                           ngx_http_assist_str(value),
                                           assist_str(""));

        if (ctx->service == ASSIST_NONE) {
            ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                          "assist_service \"%V\" is not in the catalogue",
                          &value);
        }

        return;
    }

    ctx->service = assist_match_find(mcf->match, ngx_http_assist_str(r->uri));
}


assist_str_t
ngx_http_assist_service_id(ngx_http_request_t *r, uint32_t service,
    ngx_uint_t shared)
{
    assist_service_t             *found;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (service == ASSIST_NONE) {
        return assist_str("");
    }

    found = &mcf->catalog->services[service];

    return shared ? mcf->catalog->rows[found->row].code : found->id;
}


void
ngx_http_assist_set_service(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    assist_str_t code, assist_str_t agency)
{
    uint32_t                      procedure;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    ctx->shared = 0;
    ctx->service = ASSIST_NONE;

    if (mcf->catalog == NULL) {
        return;
    }

    ctx->service = assist_catalog_find(mcf->catalog, code, agency);

    if (ctx->service == ASSIST_NONE && agency.len == 0) {
        procedure = assist_catalog_procedure(mcf->catalog, code);

        if (procedure != ASSIST_NONE) {
            ctx->service = mcf->catalog->procedures[procedure].service;
            ctx->shared = 1;
        }
    }
}


void
ngx_http_assist_found(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    uint32_t                      service;
    assist_catalog_t             *catalog;
    assist_service_t             *found;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    catalog = mcf->catalog;

    ctx->event.sourced = ctx->cites.nelts != 0;

    if (ctx->service == ASSIST_NONE && ctx->about.nelts
        && ctx->event.outcome != ASSIST_CLARIFICATION)
    {
        service = *(uint32_t *) ctx->about.elts;
        found = &catalog->services[service];

        ctx->shared = catalog->procedures[found->procedure].nservices > 1
                      && (service != ctx->previous || ctx->previous_shared);
        ctx->service = service;
    }
}


/* The last phase before the portal's page: here access was granted. */

ngx_int_t
ngx_http_assist_precontent(ngx_http_request_t *r)
{
    ngx_http_assist_ctx_t       *ctx;
    ngx_http_assist_loc_conf_t  *lcf;

    if (ngx_http_assist_is_call(r)) {
        return ngx_http_assist_call_allowed(r) ? NGX_DECLINED
                                               : NGX_HTTP_NOT_FOUND;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (!lcf->enable || r != r->main || lcf->chat || lcf->status) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_assist_ctx(r, 1);
    if (ctx == NULL) {
        return NGX_DECLINED;
    }

    ngx_http_assist_match(r, ctx);

    if (lcf->hooks == NULL && !ctx->hooked) {
        return NGX_DECLINED;
    }

    if (!ctx->hooked) {
        ctx->hooked = 1;

        if (ngx_http_assist_hook_run(r, ctx, ASSIST_PHASE_REQUEST,
                                     ngx_http_core_run_phases)
            == NGX_AGAIN)
        {
            return NGX_AGAIN;
        }

    } else if (ctx->run.state == ASSIST_RUN_WAITS) {
        /* something else woke the request up */
        return NGX_AGAIN;
    }

    if (ctx->outcome) {
        ngx_http_assist_found(r, ctx);
    }

    return ctx->reply_status ? ngx_http_assist_reply(r, ctx) : NGX_DECLINED;
}


ngx_int_t
ngx_http_assist_log(ngx_http_request_t *r)
{
    ngx_http_assist_ctx_t       *ctx;
    ngx_http_assist_loc_conf_t  *lcf;

    ctx = ngx_http_assist_ctx(r, 0);

    if (ctx == NULL) {
        return NGX_OK;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (!ctx->chat && ctx->outcome && ngx_http_assist_delivered(r, ctx)) {
        ctx->event.kind = ASSIST_KIND_PAGE;
        ctx->event.disclosed = ngx_http_assist_disclosed(r, ctx);
        ngx_http_assist_coverage_event(r, ctx);

    } else {
        if (ctx->page) {
            ngx_http_assist_coverage_view(r, ctx);
        }

        if (ngx_http_assist_disclosed(r, ctx)) {
            ngx_http_assist_coverage_shown(r, ctx);
        }
    }

    if (lcf->hooks) {
        /* a client that left while a hook waited */
        ngx_http_assist_hook_cancel(ctx);

        (void) ngx_http_assist_hook_run(r, ctx, ASSIST_PHASE_LOG, NULL);
    }

    return NGX_OK;
}


/*
 * Is this a person's page?  A hook's reply or an HTML page; nobody is helped by
 * a picture, a HEAD, or a page that is not there.
 */

static ngx_uint_t
ngx_http_assist_delivered(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    return (r->method & (NGX_HTTP_GET|NGX_HTTP_POST))
           && (ctx->page || (ctx->reply_status == NGX_HTTP_OK
                             && ctx->reply_body.len))
           && !ngx_http_assist_inject_missed(ctx);
}


/*
 * Was the AI notice on what a person got?  The assistant's page always has it,
 * and the widget asks for it when it is opened; a hook's page or what it put
 * into one, where it says so.
 */

static ngx_uint_t
ngx_http_assist_disclosed(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_POST))
        || r->headers_out.status != NGX_HTTP_OK)
    {
        return 0;
    }

    if (ctx->chat) {
        return (ctx->view != NULL || ctx->noticed) && !ctx->counted;
    }

    return (ctx->streamed && ngx_http_assist_inject_notice(ctx))
           || (ctx->reply_status == NGX_HTTP_OK
               && ngx_http_assist_disclosure_in(&ctx->reply_body));
}


/* Is this the reply of a hook, and such that a browser shows it? */

ngx_uint_t
ngx_http_assist_gave_page(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    return r->headers_out.status == ctx->reply_status
           && (ctx->reply_status == NGX_HTTP_OK
               || ctx->reply_status >= NGX_HTTP_BAD_REQUEST);
}


static void
ngx_http_assist_ctx_cleanup(void *data)
{
    ngx_http_assist_ctx_t *ctx = data;

    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_assist_module);

    ngx_http_assist_hook_cancel(ctx);
    ngx_http_assist_flight_leave(ctx);
    ngx_http_assist_stream_close(ctx);

    if (ctx->streamed) {
        ngx_http_assist_page_close(ctx->streamed);
    }

    assist_buf_free(&ctx->said);
    assist_redact_free(&ctx->redact);

    if (mcf->vm) {
        assist_ctx_release(mcf->vm, &ctx->ctx);
    }
}


/* What a hook gave in place of the portal's page. */

static ngx_int_t
ngx_http_assist_reply(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_int_t         rc;
    ngx_str_t         type;
    ngx_uint_t        i;
    ngx_table_elt_t  *h, *to;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    ngx_str_set(&type, "text/plain");
    h = ctx->reply_headers.elts;

    for (i = 0; i < ctx->reply_headers.nelts; i++) {

        if (ngx_http_assist_is(&h[i].key, "Content-Type")) {
            type = h[i].value;
            continue;
        }

        to = ngx_list_push(&r->headers_out.headers);
        if (to == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        *to = h[i];
    }

    rc = ngx_http_assist_send(r, ctx->reply_status, &type, &ctx->reply_body);

    ngx_http_finalize_request(r, rc);

    return NGX_DONE;
}
