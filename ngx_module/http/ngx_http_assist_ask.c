/*
 * From a question to its answer:
 *
 *     guards -> key -> cache -> ask hooks -> outcome -> cache, counters
 *     -> response, or the end of a stream that has begun
 */

#include "ngx_http_assist_ask.h"


#define NGX_HTTP_ASSIST_STALE_TIME  86400   /* s, where a stale one may do */


static void ngx_http_assist_ask_found_again(ngx_http_assist_op_t *op);
static void ngx_http_assist_ask_redis_ill(ngx_http_assist_ctx_t *ctx,
    ngx_http_assist_op_t *op);
static void ngx_http_assist_ask_cached(ngx_http_assist_op_t *op);
static void ngx_http_assist_ask_miss(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_ask_run(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_uint_t ngx_http_assist_ask_prefers_stale(
    ngx_http_assist_ctx_t *ctx, ngx_http_assist_loc_conf_t *lcf);
static ngx_http_assist_share_e ngx_http_assist_ask_share(
    ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_http_assist_loc_conf_t *lcf);
static void ngx_http_assist_ask_end(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members);


ngx_int_t
ngx_http_assist_ask_again(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *body)
{
    u_char                       *key;
    ngx_int_t                     rc;
    ngx_str_t                     record;
    ngx_http_assist_loc_conf_t   *lcf;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if ((mcf->cache_zone == NULL && mcf->redis == NULL)
        || lcf->cache_valid == 0
        || (lcf->cache_bypass
            && ngx_http_test_predicates(r, lcf->cache_bypass)
               == NGX_DECLINED)
        || ngx_http_assist_ask_key_again(r, ctx, body, &key) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    ctx->body_text = *body;

    rc = ngx_http_assist_cache_get(r, &ctx->ops, key, &record,
                                   ngx_http_assist_ask_found_again, ctx);

    if (rc == NGX_OK) {
        return ngx_http_assist_ask_take(ctx, &record, ASSIST_CACHE_HIT);
    }

    if (rc == NGX_AGAIN) {
        ctx->stale = record;
        ngx_http_assist_op_park(r);
        return NGX_OK;
    }

    return NGX_DECLINED;
}


/* What is not fresh goes the whole way. */

static void
ngx_http_assist_ask_found_again(ngx_http_assist_op_t *op)
{
    ngx_str_t               record;
    ngx_http_request_t     *r;
    ngx_http_assist_ctx_t  *ctx;

    ctx = op->data;
    r = ctx->request;

    r->read_event_handler = ngx_http_block_reading;

    ngx_http_assist_ask_redis_ill(ctx, op);

    if (op->value.number == 0
        && ngx_http_assist_ask_record(ctx, op, &record) == NGX_OK
        && ngx_http_assist_ask_take(ctx, &record, ASSIST_CACHE_HIT) == NGX_OK)
    {
        return;
    }

    ngx_http_assist_chat_question(r, ctx, &ctx->body_text);
}


/* A Redis that did not answer is not asked again, neither for the lease. */

static void
ngx_http_assist_ask_redis_ill(ngx_http_assist_ctx_t *ctx,
    ngx_http_assist_op_t *op)
{
    ctx->unleased = op->value.type == ASSIST_NIL && op->value.error != NULL;
}


void
ngx_http_assist_ask_start(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_int_t                    rc;
    ngx_str_t                    record;
    ngx_http_assist_loc_conf_t  *lcf;

    rc = ngx_http_assist_ask_key(r, ctx);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                        "question_missing",
                                        "\"question\" has no words");
        ngx_http_finalize_request(r, rc);
        return;
    }

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    rc = ngx_http_assist_ask_guard(r, ctx);

    if (rc == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (rc == NGX_DECLINED || ngx_http_assist_ask_blocked(r, ctx)) {
        ngx_http_assist_ask_done(r);
        return;
    }

    if (!ctx->cacheable) {
        ngx_http_assist_ask_run(r, ctx);
        return;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (lcf->cache_bypass
        && ngx_http_test_predicates(r, lcf->cache_bypass) == NGX_DECLINED)
    {
        ctx->event.cache = ctx->kept ? ASSIST_CACHE_BYPASS : ASSIST_CACHE_NONE;
        ngx_http_assist_ask_run(r, ctx);
        return;
    }

    if (ctx->unleased) {
        ngx_http_assist_ask_miss(r, ctx);
        return;
    }

    rc = ngx_http_assist_cache_get(r, &ctx->ops, ctx->key, &record,
                                   ngx_http_assist_ask_cached, ctx);

    if (rc == NGX_OK) {
        ngx_http_assist_ask_remember(ctx);

        if (ngx_http_assist_ask_take(ctx, &record, ASSIST_CACHE_HIT)
            == NGX_OK)
        {
            return;
        }

        /* it was withdrawn, and another node may have a new one */

        ngx_http_assist_cache_drop_l1(r, ctx->key);
        rc = ngx_http_assist_cache_get(r, &ctx->ops, ctx->key, &record,
                                       ngx_http_assist_ask_cached, ctx);
    }

    if (rc != NGX_OK) {
        /* a stale one, or nothing */
        ctx->stale = record;
    }

    if (rc == NGX_AGAIN) {
        ngx_http_assist_op_park(r);
        return;
    }

    ngx_http_assist_ask_miss(r, ctx);
}


static void
ngx_http_assist_ask_cached(ngx_http_assist_op_t *op)
{
    ngx_str_t               record;
    ngx_http_request_t     *r;
    ngx_http_assist_ctx_t  *ctx;

    ctx = op->data;
    r = ctx->request;

    r->read_event_handler = ngx_http_block_reading;

    ngx_http_assist_ask_redis_ill(ctx, op);

    if (ngx_http_assist_ask_record(ctx, op, &record) == NGX_OK) {

        if (op->value.number == 1) {
            ctx->stale = record;

        } else {
            ngx_http_assist_ask_remember(ctx);

            if (ngx_http_assist_ask_take(ctx, &record, ASSIST_CACHE_HIT)
                == NGX_OK)
            {
                return;
            }
        }
    }

    ngx_http_assist_ask_miss(r, ctx);
}


/* The op goes, the request stays. */

ngx_int_t
ngx_http_assist_ask_record(ngx_http_assist_ctx_t *ctx,
    ngx_http_assist_op_t *op, ngx_str_t *record)
{
    if (op->value.type != ASSIST_STRING
        || ngx_http_assist_op_keep(op, ctx->request->pool) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    record->data = (u_char *) op->value.string.data;
    record->len = op->value.string.len;

    return NGX_OK;
}


ngx_int_t
ngx_http_assist_ask_take(ngx_http_assist_ctx_t *ctx, ngx_str_t *record,
    assist_cache_t status)
{
    ngx_str_t            members;
    ngx_http_request_t  *r;

    r = ctx->request;

    if (ngx_http_assist_answer_load(r, ctx, record, &members) != NGX_OK) {
        return NGX_DECLINED;
    }

    ctx->said.len = 0;

    if ((ctx->stream || ctx->shape != &ngx_http_assist_json_shape)
        && ngx_http_assist_answer_text(&members, &ctx->said) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    ctx->event.cache = status;
    ctx->event.degraded = 0;        /* as what it stands for may have been */
    ngx_http_assist_flight_end(ctx, record, status,
                               NGX_HTTP_ASSIST_SHARE_ALL);

    ngx_http_assist_ask_end(r, ctx, &members);

    return NGX_OK;
}


/* A stale answer may do, or somebody may make it already. */

static void
ngx_http_assist_ask_miss(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_uint_t                   busy;
    ngx_http_assist_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (ctx->kept) {
        ctx->event.cache = ctx->stale.len ? ASSIST_CACHE_EXPIRED
                                          : ASSIST_CACHE_MISS;
    }

    /* what a scope's hook reads of its citizen is not there to be updated */

    if (ctx->stale.len && lcf->cache_scope == NULL
        && (lcf->cache_use_stale & NGX_HTTP_ASSIST_STALE_UPDATING))
    {
        busy = ngx_http_assist_flight_busy(ctx->key);

        if ((busy || ngx_http_assist_background_start(r, ctx) == NGX_OK)
            && ngx_http_assist_ask_take(ctx, &ctx->stale,
                                        busy ? ASSIST_CACHE_UPDATING
                                             : ASSIST_CACHE_STALE)
               == NGX_OK)
        {
            return;
        }
    }

    if (!lcf->cache_lock || ngx_http_assist_flight_join(r, ctx) == NGX_OK) {
        ngx_http_assist_ask_run(r, ctx);
    }
}


void
ngx_http_assist_ask_lead(ngx_http_assist_ctx_t *ctx)
{
    ngx_http_assist_ask_run(ctx->request, ctx);
}


static void
ngx_http_assist_ask_run(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    r->read_event_handler = ngx_http_block_reading;

    /* it may have been withdrawn while another made it */

    if (ngx_http_assist_ask_blocked(r, ctx)
        || ngx_http_assist_hook_run(r, ctx, ASSIST_PHASE_ASK,
                                    ngx_http_assist_ask_done)
           == NGX_OK)
    {
        ngx_http_assist_ask_done(r);
    }
}


/* The hooks are over. */

void
ngx_http_assist_ask_done(ngx_http_request_t *r)
{
    ngx_str_t                    members, record;
    ngx_uint_t                   withdrawn;
    ngx_http_assist_ctx_t       *ctx;
    ngx_http_assist_share_e      share;
    ngx_http_assist_loc_conf_t  *lcf;

    r->write_event_handler = ngx_http_request_empty_handler;

    ctx = ngx_http_assist_ctx(r, 0);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    ngx_http_assist_ask_outcome(r, ctx);
    withdrawn = ngx_http_assist_ask_withdrawn(r, ctx);

    if (ngx_http_assist_ask_prefers_stale(ctx, lcf)
        && ngx_http_assist_ask_take(ctx, &ctx->stale, ASSIST_CACHE_STALE)
           == NGX_OK)
    {
        return;
    }

    if (ngx_http_assist_answer_json(r, ctx, &members) != NGX_OK
        || ngx_http_assist_answer_store(r, ctx, &members, &record) != NGX_OK)
    {
        ngx_http_assist_ask_end(r, ctx, NULL);
        return;
    }

    share = ngx_http_assist_ask_share(r, ctx, lcf);

    if (withdrawn && share == NGX_HTTP_ASSIST_SHARE_ALL) {
        share = NGX_HTTP_ASSIST_SHARE_BEGUN;
    }

    if (share == NGX_HTTP_ASSIST_SHARE_ALL) {
        ngx_http_assist_cache_set(r, ctx->key, &record, lcf->cache_valid,
                                  lcf->cache_use_stale
                                  & NGX_HTTP_ASSIST_STALE_OFF
                                  ? 0 : NGX_HTTP_ASSIST_STALE_TIME);

        if (!ctx->background) {
            ngx_http_assist_ask_remember(ctx);
        }
    }

    ngx_http_assist_flight_end(ctx, &record, ASSIST_CACHE_HIT, share);

    ngx_http_assist_ask_end(r, ctx, &members);
}


/* To whoever still waits for it; members NULL: there is no memory for it. */

static void
ngx_http_assist_ask_end(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members)
{
    if (ctx->background) {
        ngx_http_assist_background_over(ctx);
        return;
    }

    ngx_http_finalize_request(r,
        ctx->gone ? NGX_HTTP_CLIENT_CLOSED_REQUEST
        : members ? ngx_http_assist_ask_send(r, ctx, members)
                  : NGX_HTTP_INTERNAL_SERVER_ERROR);
}


/* An old answer instead of none, or of the catalogue's for want of a model. */

static ngx_uint_t
ngx_http_assist_ask_prefers_stale(ngx_http_assist_ctx_t *ctx,
    ngx_http_assist_loc_conf_t *lcf)
{
    ngx_uint_t  failed;

    if (ctx->stale.len == 0 || ngx_http_assist_stream_began(ctx)
        || ctx->background)
    {
        return 0;
    }

    failed = ctx->late || ctx->event.outcome == ASSIST_ERROR_TIMEOUT
             ? NGX_HTTP_ASSIST_STALE_TIMEOUT
             : ctx->event.degraded
               || ctx->event.outcome > ASSIST_ERROR_TIMEOUT
               ? NGX_HTTP_ASSIST_STALE_ERROR : 0;

    return lcf->cache_use_stale & failed ? 1 : 0;
}


/*
 * Whose is the answer?  Who is told apart by a header is told apart by
 * assist_cache_scope; and in the background there was no header to read.
 */

static ngx_http_assist_share_e
ngx_http_assist_ask_share(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_http_assist_loc_conf_t *lcf)
{
    if (!ctx->cacheable || ctx->redact.n
        || (ctx->personal && (!lcf->cache_scope || ctx->background)))
    {
        return NGX_HTTP_ASSIST_SHARE_NONE;
    }

    if (ctx->event.outcome != ASSIST_ANSWERED || ctx->degraded || ctx->partial
        || (lcf->no_cache
            && ngx_http_test_predicates(r, lcf->no_cache) == NGX_DECLINED))
    {
        return NGX_HTTP_ASSIST_SHARE_BEGUN;
    }

    return NGX_HTTP_ASSIST_SHARE_ALL;
}


