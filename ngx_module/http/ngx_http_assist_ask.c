/*
 * From a question to its answer:
 *
 *     key -> cache -> ask hooks -> outcome -> cache, counters -> response
 */

#include "ngx_http_assist.h"

#include "core/lang.h"
#include "core/text.h"


static ngx_int_t ngx_http_assist_ask_key(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_ask_seed(ngx_http_request_t *r,
    ngx_http_assist_loc_conf_t *lcf);
static ngx_int_t ngx_http_assist_ask_scope(ngx_http_request_t *r,
    ngx_http_assist_loc_conf_t *lcf, ngx_str_t *scope);
static void ngx_http_assist_ask_remember(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_ask_cached(ngx_http_assist_op_t *op);
static ngx_int_t ngx_http_assist_ask_hit(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *record);
static void ngx_http_assist_ask_miss(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_ask_done(ngx_http_request_t *r);
static void ngx_http_assist_ask_outcome(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_ask_send(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members);
static ngx_int_t ngx_http_assist_ask_document(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members, ngx_str_t *body);


static ngx_str_t  ngx_http_assist_json = ngx_string("application/json");

static ngx_str_t  ngx_http_assist_trouble_vi = ngx_string(
    "Trợ lý đang gặp sự cố. Vui lòng thử lại sau ít phút, hoặc xem trang của "
    "thủ tục trên cổng.");
static ngx_str_t  ngx_http_assist_trouble_en = ngx_string(
    "The assistant is having trouble. Please try again in a few minutes, or "
    "see the service's page on the portal.");


/*
 * Most questions are asked in the same words, from the same page: their bytes
 * lead to the key without being parsed and normalised once more.
 */

ngx_int_t
ngx_http_assist_ask_again(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *body)
{
    ngx_str_t                    key, record, scope;
    assist_str_t                 parts[4];
    ngx_http_assist_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (lcf->cache_valid == 0
        || ngx_http_assist_ask_seed(r, lcf) != NGX_OK
        || ngx_http_assist_ask_scope(r, lcf, &scope) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    parts[0] = (assist_str_t) { (char *) lcf->cache_seed, ASSIST_DIGEST_LEN };
    parts[1] = ngx_http_assist_str(scope);
    parts[2] = ngx_http_assist_service_id(r, ctx->service, 0);
    parts[3] = ngx_http_assist_str(*body);

    assist_digest(ctx->body_key, parts, 4);

    if (ngx_http_assist_cache_get_l1(r, ctx->body_key, &key) != NGX_OK
        || key.len != ASSIST_DIGEST_LEN
        || ngx_http_assist_cache_get_l1(r, key.data, &record) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_http_assist_ask_hit(r, ctx, &record);
}


void
ngx_http_assist_ask_start(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_int_t  rc;
    ngx_str_t  record;

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

    if (!ctx->cacheable) {
        ngx_http_assist_ask_miss(r, ctx);
        return;
    }

    rc = ngx_http_assist_cache_get(r, &ctx->ops, ctx->key, &record,
                                   ngx_http_assist_ask_cached, ctx);

    if (rc == NGX_AGAIN) {
        ngx_http_assist_op_park(r);
        return;
    }

    if (rc == NGX_OK) {
        ngx_http_assist_ask_remember(r, ctx);

        if (ngx_http_assist_ask_hit(r, ctx, &record) == NGX_OK) {
            return;
        }
    }

    ngx_http_assist_ask_miss(r, ctx);
}


/*
 * What must be the same for an answer to be the same.  NGX_DECLINED: nothing
 * was asked.
 */

static ngx_int_t
ngx_http_assist_ask_key(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_str_t                     scope;
    assist_str_t                  parts[6];
    assist_buf_t                  normal = ASSIST_BUF_INIT;
    ngx_http_assist_loc_conf_t   *lcf;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (assist_text_normalize(ngx_http_assist_str(ctx->question), &normal) < 0)
    {
        assist_buf_free(&normal);
        return NGX_ERROR;
    }

    if (normal.len == 0) {
        assist_buf_free(&normal);
        return NGX_DECLINED;
    }

    if (ctx->lang.len == 0) {
        ctx->lang.data = (u_char *) assist_lang_guess(assist_buf_str(&normal));
        ctx->lang.len = 2;
    }

    if (ngx_http_assist_ask_seed(r, lcf) != NGX_OK
        || ngx_http_assist_ask_scope(r, lcf, &scope) != NGX_OK)
    {
        assist_buf_free(&normal);
        return NGX_ERROR;
    }

    parts[0] = (assist_str_t) { (char *) lcf->cache_seed, ASSIST_DIGEST_LEN };
    parts[1] = ngx_http_assist_service_id(r, ctx->service, ctx->shared);
    parts[2] = ngx_http_assist_service_id(r, ctx->previous, 0);
    parts[3] = ngx_http_assist_str(ctx->lang);
    parts[4] = ngx_http_assist_str(scope);
    parts[5] = assist_buf_str(&normal);

    assist_digest(ctx->key, parts, 6);
    assist_buf_free(&normal);

    ctx->cacheable = lcf->cache_valid > 0 && (mcf->cache_zone || mcf->redis);

    return NGX_OK;
}


/* Of a location: catalogue, hooks' sources, its hooks and their parameters. */

static ngx_int_t
ngx_http_assist_ask_seed(ngx_http_request_t *r,
    ngx_http_assist_loc_conf_t *lcf)
{
    u_char                       *seed;
    ngx_uint_t                    i, n;
    assist_str_t                  parts[4];
    assist_conf_t                *conf;
    ngx_http_assist_hook_t      **hooks;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (mcf->reload) {
        ngx_http_assist_reload_due(r);
    }

    if (lcf->cache_seed && lcf->cache_generation == mcf->generation) {
        return NGX_OK;
    }

    seed = lcf->cache_seed ? lcf->cache_seed
                           : ngx_palloc(ngx_cycle->pool, ASSIST_DIGEST_LEN);
    if (seed == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(parts, sizeof(parts));

    if (mcf->catalog) {
        parts[0] = assist_str_of(mcf->catalog->hash);
    }

    parts[1] = (assist_str_t) { (char *) mcf->sources_hash,
                                ASSIST_DIGEST_LEN };

    assist_digest(seed, parts, 2);

    hooks = lcf->hooks ? lcf->hooks->elts : NULL;

    for (i = 0; lcf->hooks && i < lcf->hooks->nelts; i++) {
        conf = hooks[i]->conf.elts;

        for (n = 0; n <= hooks[i]->conf.nelts; n++) {
            parts[0] = (assist_str_t) { (char *) seed, ASSIST_DIGEST_LEN };
            parts[1] = ngx_http_assist_str(hooks[i]->file);
            parts[2] = n < hooks[i]->conf.nelts ? conf[n].key : assist_str("");
            parts[3] = n < hooks[i]->conf.nelts ? conf[n].value
                                                : assist_str("");

            assist_digest(seed, parts, 4);
        }
    }

    lcf->cache_seed = seed;
    lcf->cache_generation = mcf->generation;

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_ask_scope(ngx_http_request_t *r,
    ngx_http_assist_loc_conf_t *lcf, ngx_str_t *scope)
{
    ngx_str_null(scope);

    return lcf->cache_scope
           ? ngx_http_complex_value(r, lcf->cache_scope, scope) : NGX_OK;
}


/* The body leads to the key from now on. */

static void
ngx_http_assist_ask_remember(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_str_t                    key;
    ngx_http_assist_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    key.data = ctx->key;
    key.len = ASSIST_DIGEST_LEN;

    ngx_http_assist_cache_set_l1(r, ctx->body_key, &key, lcf->cache_valid);
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

    if (op->value.type == ASSIST_STRING) {
        /* the op goes, the response stays until it is sent */
        record.len = op->value.string.len;
        record.data = ngx_pnalloc(r->pool, record.len);

        if (record.data != NULL) {
            ngx_memcpy(record.data, op->value.string.data, record.len);

            if (ngx_http_assist_ask_hit(r, ctx, &record) == NGX_OK) {
                return;
            }
        }
    }

    ngx_http_assist_ask_miss(r, ctx);
}


static ngx_int_t
ngx_http_assist_ask_hit(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *record)
{
    ngx_str_t  members;

    if (ngx_http_assist_answer_load(r, ctx, record, &members) != NGX_OK) {
        return NGX_DECLINED;
    }

    ctx->event.cache = ASSIST_CACHE_HIT;

    ngx_http_finalize_request(r, ngx_http_assist_ask_send(r, ctx, &members));

    return NGX_OK;
}


static void
ngx_http_assist_ask_miss(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ctx->event.cache = ctx->cacheable ? ASSIST_CACHE_MISS : ASSIST_CACHE_NONE;

    if (ngx_http_assist_hook_run(r, ctx, ASSIST_PHASE_ASK,
                                 ngx_http_assist_ask_done)
        == NGX_OK)
    {
        ngx_http_assist_ask_done(r);
    }
}


/* The hooks are over. */

static void
ngx_http_assist_ask_done(ngx_http_request_t *r)
{
    ngx_str_t                    members, record;
    ngx_http_assist_ctx_t       *ctx;
    ngx_http_assist_loc_conf_t  *lcf;

    r->write_event_handler = ngx_http_request_empty_handler;

    ctx = ngx_http_assist_ctx(r, 0);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    ngx_http_assist_ask_outcome(r, ctx);

    if (ngx_http_assist_answer_json(r, ctx, &members) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    /* who is told apart by a header is told apart by assist_cache_scope */

    if (ctx->cacheable && ctx->event.outcome == ASSIST_ANSWERED
        && (!ctx->personal || lcf->cache_scope)
        && ngx_http_assist_answer_store(r, ctx, &members, &record) == NGX_OK)
    {
        ngx_http_assist_cache_set(r, ctx->key, &record, lcf->cache_valid);
        ngx_http_assist_ask_remember(r, ctx);
    }

    ngx_http_finalize_request(r, ngx_http_assist_ask_send(r, ctx, &members));
}


/* What came of it, and whose interaction it was. */

static void
ngx_http_assist_ask_outcome(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    uint32_t                      service;
    assist_str_t                  text;
    assist_catalog_t             *catalog;
    assist_service_t             *found;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    catalog = mcf->catalog;

    ngx_str_set(&ctx->model, "catalogue");

    if (!ctx->outcome) {
        ctx->outcome = 1;
        ctx->event.outcome = ctx->said.len ? ASSIST_ANSWERED
                                           : ASSIST_ERROR_HOOK;
    }

    if (ctx->said.len == 0 && ctx->event.outcome >= ASSIST_FALLBACK) {
        text = ctx->lang.data[0] == 'e'
               ? ngx_http_assist_str(ngx_http_assist_trouble_en)
               : ngx_http_assist_str(ngx_http_assist_trouble_vi);
        assist_buf_add(&ctx->said, text.data, text.len);
    }

    ctx->event.sourced = ctx->cites.nelts != 0;

    if (ctx->service == ASSIST_NONE && ctx->about.nelts
        && ctx->event.outcome != ASSIST_CLARIFICATION)
    {
        /* found by the hook: counted where there is no doubt whose it is */
        service = *(uint32_t *) ctx->about.elts;
        found = &catalog->services[service];

        ctx->shared = catalog->procedures[found->procedure].nservices > 1
                      && (service != ctx->previous || ctx->previous_shared);
        ctx->service = service;
    }
}


static ngx_int_t
ngx_http_assist_ask_send(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members)
{
    ngx_str_t    body;
    ngx_uint_t   status;
    const char  *cache;

    ctx->event.kind = ASSIST_KIND_ASK;
    ctx->event.disclosed = 1;

    /* before it is sent: who reads the figure next finds it there */
    ngx_http_assist_coverage_event(r, ctx);

    cache = assist_cache_name(ctx->event.cache);

    if (ngx_http_assist_add_header(r, "X-Assist-Outcome",
                                   assist_outcome_name(ctx->event.outcome))
        != NGX_OK
        || (cache[0]
            && ngx_http_assist_add_header(r, "X-Assist-Cache", cache)
               != NGX_OK)
        || (!ctx->html
            && ngx_http_assist_add_header(r, "Cache-Control", "no-store")
               != NGX_OK)
        || ngx_http_assist_ask_document(r, ctx, members, &body) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    switch (ctx->event.outcome) {

    case ASSIST_ERROR_TIMEOUT:
        status = NGX_HTTP_GATEWAY_TIME_OUT;
        break;

    case ASSIST_ERROR_PROVIDER:
        status = NGX_HTTP_BAD_GATEWAY;
        break;

    case ASSIST_ERROR_HOOK:
        status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        break;

    default:
        status = NGX_HTTP_OK;
    }

    return ctx->html
           ? ngx_http_assist_chat_page(r, ctx, status, &body)
           : ngx_http_assist_send(r, status, &ngx_http_assist_json, &body);
}


/* The answer's members, and what each interaction has of its own. */

static ngx_int_t
ngx_http_assist_ask_document(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members, ngx_str_t *body)
{
    u_char        *p;
    size_t         len;
    const char    *cache;
    ngx_str_t     *disclosure;
    assist_str_t   id;

    id = ngx_http_assist_service_id(r, ctx->service, ctx->shared);
    cache = assist_cache_name(ctx->event.cache);
    disclosure = ngx_http_assist_disclosure(r, ctx->lang.data[0] == 'e');

    len = sizeof("{\"id\":\".\",\"cache\":\"UPDATING\",")
          + NGX_HTTP_ASSIST_TOKEN_LEN + id.len + members->len
          + sizeof(",\"disclosure\":}\n") + disclosure->len;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;

    p = ngx_cpymem(p, "{\"id\":\"", sizeof("{\"id\":\"") - 1);
    p = ngx_http_assist_feedback_id(r, p, id);
    p = ngx_cpymem(p, "\",", sizeof("\",") - 1);
    p = cache[0] ? ngx_sprintf(p, "\"cache\":\"%s\",", cache)
                 : ngx_sprintf(p, "\"cache\":null,");
    p = ngx_cpymem(p, members->data, members->len);
    p = ngx_sprintf(p, ",\"disclosure\":%V}\n", disclosure);

    body->len = p - body->data;

    return NGX_OK;
}
