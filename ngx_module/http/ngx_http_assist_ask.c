/*
 * From a question to its answer:
 *
 *     guards -> key -> cache -> ask hooks -> outcome -> cache, counters
 *     -> response, or the end of a stream that has begun
 */

#include "ngx_http_assist.h"

#include "core/question.h"


#define NGX_HTTP_ASSIST_STALE_TIME  86400   /* s, where a stale one may do */
#define NGX_HTTP_ASSIST_KNOWN       1024    /* bodies, of a worker */


/* A body, with all that its key depends on, and that key. */
typedef struct {
    u_char  body[ASSIST_DIGEST_LEN];
    u_char  key[ASSIST_DIGEST_LEN];
} ngx_http_assist_ask_known_t;


static ngx_int_t ngx_http_assist_ask_key(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_ask_seed(ngx_http_request_t *r,
    ngx_http_assist_loc_conf_t *lcf);
static ngx_int_t ngx_http_assist_ask_scope(ngx_http_request_t *r,
    ngx_http_assist_loc_conf_t *lcf, ngx_str_t *scope);
static void ngx_http_assist_ask_remember(ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_ask_found_again(ngx_http_assist_op_t *op);
static void ngx_http_assist_ask_redis_ill(ngx_http_assist_ctx_t *ctx,
    ngx_http_assist_op_t *op);
static ngx_http_assist_ask_known_t *ngx_http_assist_ask_known(
    ngx_http_assist_ctx_t *ctx);
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
static ngx_uint_t ngx_http_assist_ask_blocked(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_uint_t ngx_http_assist_ask_withdrawn(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_ask_refuse(ngx_http_assist_ctx_t *ctx,
    ngx_str_t *vi, ngx_str_t *en);
static void ngx_http_assist_ask_outcome(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_ask_end(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members);
static ngx_int_t ngx_http_assist_ask_send(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members);
static ngx_uint_t ngx_http_assist_ask_status(ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_ask_json(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members);
static void ngx_http_assist_sse_begin(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_buf_t *out);
static void ngx_http_assist_sse_text(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_str_t text, assist_buf_t *out);
static void ngx_http_assist_sse_end(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members, assist_buf_t *out);


const ngx_http_assist_shape_t  ngx_http_assist_json_shape = {
    ngx_http_assist_ask_json,
    ngx_http_assist_json_error
};

/*
 * event: delta, {"text":"..."}, as often as there is text; then event: answer,
 * the document that a whole answer is, or event: error.
 */

const ngx_http_assist_stream_format_t  ngx_http_assist_sse_format = {
    ngx_http_assist_sse_begin,
    ngx_http_assist_sse_text,
    ngx_http_assist_sse_end
};


static ngx_http_assist_ask_known_t
                           ngx_http_assist_ask_knows[NGX_HTTP_ASSIST_KNOWN];

static ngx_str_t  ngx_http_assist_json = ngx_string("application/json");

static ngx_str_t  ngx_http_assist_trouble_vi = ngx_string(
    "Trợ lý đang gặp sự cố. Vui lòng thử lại sau ít phút, hoặc xem trang của "
    "thủ tục trên cổng.");
static ngx_str_t  ngx_http_assist_trouble_en = ngx_string(
    "The assistant is having trouble. Please try again in a few minutes, or "
    "see the service's page on the portal.");

static ngx_str_t  ngx_http_assist_spent_vi = ngx_string(
    "Trợ lý đã dùng hết hạn mức của hôm nay. Vui lòng thử lại vào ngày mai.");
static ngx_str_t  ngx_http_assist_spent_en = ngx_string(
    "The assistant has used up today's allowance. Please try again tomorrow.");

static ngx_str_t  ngx_http_assist_refused_vi = ngx_string(
    "Trợ lý không trả lời câu hỏi này. Bạn có thể hỏi về thủ tục hành chính, "
    "hoặc liên hệ cơ quan giải quyết.");
static ngx_str_t  ngx_http_assist_refused_en = ngx_string(
    "The assistant does not answer this question. You can ask about public "
    "services, or contact the agency.");


static ngx_str_t  ngx_http_assist_withdrawn_vi = ngx_string(
    "Câu trả lời cho câu hỏi này đã được rút lại để kiểm tra. Vui lòng xem "
    "trang của thủ tục trên cổng, hoặc liên hệ cơ quan giải quyết.");
static ngx_str_t  ngx_http_assist_withdrawn_en = ngx_string(
    "The answer to this question has been withdrawn and is being checked. "
    "Please see the service's page on the portal, or contact the agency.");


/*
 * Most questions are asked in the same words, from the same page: their bytes
 * lead to the key without being parsed and normalised once more.  The key
 * depends on nothing else, so what the worker knows of it does not grow old.
 */

ngx_int_t
ngx_http_assist_ask_again(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *body)
{
    ngx_int_t                      rc;
    ngx_str_t                      record, scope;
    assist_str_t                   parts[4];
    ngx_http_assist_loc_conf_t    *lcf;
    ngx_http_assist_main_conf_t   *mcf;
    ngx_http_assist_ask_known_t   *known;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if ((mcf->cache_zone == NULL && mcf->redis == NULL)
        || lcf->cache_valid == 0
        || (lcf->cache_bypass
            && ngx_http_test_predicates(r, lcf->cache_bypass)
               == NGX_DECLINED)
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

    known = ngx_http_assist_ask_known(ctx);

    if (ngx_memcmp(known->body, ctx->body_key, ASSIST_DIGEST_LEN) != 0) {
        return NGX_DECLINED;
    }

    ctx->body_text = *body;

    rc = ngx_http_assist_cache_get(r, &ctx->ops, known->key, &record,
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


static ngx_http_assist_ask_known_t *
ngx_http_assist_ask_known(ngx_http_assist_ctx_t *ctx)
{
    uint32_t  hash;

    ngx_memcpy(&hash, ctx->body_key, sizeof(uint32_t));

    return &ngx_http_assist_ask_knows[hash % NGX_HTTP_ASSIST_KNOWN];
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


/*
 * Deny comes before allow.  NGX_DECLINED: nobody is asked.  An answer to a
 * question with personal data is this citizen's alone.
 */

ngx_int_t
ngx_http_assist_ask_guard(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    int                          found;
    int64_t                      line;
    assist_buf_t                 redacted = ASSIST_BUF_INIT;
    ngx_http_assist_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (lcf->redact) {
        found = assist_redact(&ctx->redact, ngx_http_assist_str(ctx->question),
                              &redacted);
        assist_buf_free(&redacted);

        if (found) {
            /* also where memory ran out: in doubt nothing is stored */
            ctx->cacheable = 0;
        }
    }

    if (lcf->deny == NULL) {
        return NGX_OK;
    }

    line = assist_deny_find(lcf->deny->phrases,
                            ngx_http_assist_str(ctx->question));
    if (line <= 0) {
        return line == 0 ? NGX_OK : NGX_ERROR;
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "assist: a question was refused by %V:%L",
                  &lcf->deny->file, line);

    ngx_http_assist_ask_refuse(ctx, &ngx_http_assist_refused_vi,
                               &ngx_http_assist_refused_en);

    return NGX_DECLINED;
}


/*
 * What must be the same for an answer to be the same.  NGX_DECLINED: nothing
 * was asked.
 */

static ngx_int_t
ngx_http_assist_ask_key(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_str_t                     scope;
    const char                   *lang;
    assist_str_t                  parts[6];
    assist_buf_t                  normal = ASSIST_BUF_INIT;
    ngx_http_assist_loc_conf_t   *lcf;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (assist_question_form(ngx_http_assist_str(ctx->question), &normal, &lang)
        != 0)
    {
        assist_buf_free(&normal);
        return NGX_ERROR;
    }

    if (normal.len == 0) {
        assist_buf_free(&normal);
        return NGX_DECLINED;
    }

    if (ctx->lang.len == 0) {
        ctx->lang.data = (u_char *) lang;
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

    ctx->question_key = assist_withdrawn_question(parts[3], parts[5]);
    ctx->asked = ctx->service != ASSIST_NONE ? parts[1]
                 : ngx_http_assist_service_id(r, ctx->previous,
                                              ctx->previous_shared);
    assist_buf_free(&normal);

    ctx->cacheable = lcf->cache_valid > 0;
    ctx->kept = ctx->cacheable && (mcf->cache_zone || mcf->redis);

    return NGX_OK;
}


/*
 * Of a location: catalogue, hooks' sources, its hooks and their parameters, its
 * models, what it refuses and redacts.
 */

static ngx_int_t
ngx_http_assist_ask_seed(ngx_http_request_t *r,
    ngx_http_assist_loc_conf_t *lcf)
{
    u_char                       *seed;
    ngx_uint_t                    i, n;
    assist_str_t                  parts[4];
    assist_conf_t                *conf;
    ngx_http_assist_hook_t      **hooks;
    ngx_http_assist_provider_t  **p;
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
    parts[2] = lcf->redact ? assist_str("redact") : assist_str("");

    if (lcf->deny) {
        parts[3] = (assist_str_t) { (char *) lcf->deny->hash,
                                    ASSIST_DIGEST_LEN };
    }

    assist_digest(seed, parts, 4);

    for (i = 0; lcf->use && i < lcf->use->providers.nelts; i++) {
        p = lcf->use->providers.elts;

        parts[0] = (assist_str_t) { (char *) seed, ASSIST_DIGEST_LEN };
        parts[1] = ngx_http_assist_str(p[i]->name);
        parts[2] = ngx_http_assist_str(p[i]->model);
        parts[3] = assist_str("model");

        assist_digest(seed, parts, 4);
    }

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
ngx_http_assist_ask_remember(ngx_http_assist_ctx_t *ctx)
{
    ngx_http_assist_ask_known_t  *known;

    known = ngx_http_assist_ask_known(ctx);

    ngx_memcpy(known->body, ctx->body_key, ASSIST_DIGEST_LEN);
    ngx_memcpy(known->key, ctx->key, ASSIST_DIGEST_LEN);
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
    if (op->value.type != ASSIST_STRING) {
        return NGX_DECLINED;
    }

    record->len = op->value.string.len;
    record->data = ngx_pnalloc(ctx->request->pool, record->len + 1);

    if (record->data == NULL) {
        return NGX_DECLINED;
    }

    ngx_memcpy(record->data, op->value.string.data, record->len);

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


/* Is it withdrawn?  Then nobody is asked, and that is what is said. */

static ngx_uint_t
ngx_http_assist_ask_blocked(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    ctx->known = ngx_http_assist_withdraw_clock(mcf);

    if (ctx->question_key == 0
        || !ngx_http_assist_withdrawn(mcf, ctx->question_key, ctx->asked,
                                      0).blocked)
    {
        return 0;
    }

    ngx_http_assist_ask_refuse(ctx, &ngx_http_assist_withdrawn_vi,
                               &ngx_http_assist_withdrawn_en);

    return 1;
}


/*
 * Has it been withdrawn since it was begun, or for the service that it found?
 * What is blocked is not said, unless its beginning was.
 */

static ngx_uint_t
ngx_http_assist_ask_withdrawn(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx)
{
    assist_buf_t                  ids = ASSIST_BUF_INIT;
    assist_withdrawn_mark_t       mark;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (ctx->question_key == 0) {
        return 0;
    }

    ngx_http_assist_answer_ids(r, ctx, &ids);

    if (ids.failed) {
        assist_buf_free(&ids);
        return 1;
    }

    mark = ngx_http_assist_withdrawn(mcf, ctx->question_key,
                                     assist_buf_str(&ids), 0);
    assist_buf_free(&ids);

    if (mark.blocked && ctx->event.outcome == ASSIST_ANSWERED
        && !ngx_http_assist_stream_began(ctx))
    {
        ctx->said.len = 0;
        ctx->cites.nelts = 0;
        ctx->event.sourced = 0;
        ngx_http_assist_ask_refuse(ctx, &ngx_http_assist_withdrawn_vi,
                                   &ngx_http_assist_withdrawn_en);
    }

    return mark.blocked || mark.number > ctx->known;
}


static void
ngx_http_assist_ask_refuse(ngx_http_assist_ctx_t *ctx, ngx_str_t *vi,
    ngx_str_t *en)
{
    ngx_str_t  *text;

    text = ctx->lang.data[0] == 'e' ? en : vi;

    assist_buf_add(&ctx->said, (char *) text->data, text->len);
    ctx->outcome = 1;
    ctx->event.outcome = ASSIST_REFUSED;
}


/* What came of it, and whose interaction it was. */

static void
ngx_http_assist_ask_outcome(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    assist_str_t  text;

    if (ctx->restore.n) {
        /* the beginning of a placeholder that was none */
        (void) assist_restore_end(&ctx->restore, &ctx->said);
    }

    if (ctx->event.by == ASSIST_BY_CATALOGUE) {
        ngx_str_set(&ctx->model, "catalogue");
        ctx->event.degraded = ctx->degraded;
    }

    if (!ctx->outcome) {
        ctx->outcome = 1;
        ctx->event.outcome = ctx->said.len ? ASSIST_ANSWERED
                                           : ASSIST_ERROR_HOOK;
    }

    if (ctx->said.len == 0 && ctx->event.outcome == ASSIST_REFUSED
        && ctx->spent)
    {
        text = ctx->lang.data[0] == 'e'
               ? ngx_http_assist_str(ngx_http_assist_spent_en)
               : ngx_http_assist_str(ngx_http_assist_spent_vi);
        assist_buf_add(&ctx->said, text.data, text.len);
    }

    if (ctx->said.len == 0 && ctx->event.outcome >= ASSIST_FALLBACK) {
        text = ctx->lang.data[0] == 'e'
               ? ngx_http_assist_str(ngx_http_assist_trouble_en)
               : ngx_http_assist_str(ngx_http_assist_trouble_vi);
        assist_buf_add(&ctx->said, text.data, text.len);
    }

    ngx_http_assist_found(r, ctx);
}


static ngx_int_t
ngx_http_assist_ask_send(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members)
{
    u_char      *p;
    ngx_uint_t   status;
    const char  *cache;

    ctx->event.kind = ASSIST_KIND_ASK;
    ctx->event.disclosed = 1;

    /* before it is sent: who reads the figure next finds it there */
    ngx_http_assist_coverage_event(r, ctx);

    if (ctx->id.len == 0 && ngx_http_assist_ask_id(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_assist_stream_began(ctx)) {
        return ngx_http_assist_stream_end(r, ctx, members);
    }

    status = ngx_http_assist_ask_status(ctx);
    cache = assist_cache_name(ctx->event.cache);

    if (ngx_http_assist_add_header(r, "X-Assist-Outcome",
                                   assist_outcome_name(ctx->event.outcome))
        != NGX_OK
        || (cache[0]
            && ngx_http_assist_add_header(r, "X-Assist-Cache", cache)
               != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (status == NGX_HTTP_TOO_MANY_REQUESTS) {
        p = ngx_pcalloc(r->pool, NGX_TIME_T_LEN + 1);
        if (p == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        (void) ngx_sprintf(p, "%T", ngx_http_assist_budget_resets());

        if (ngx_http_assist_add_header(r, "Retry-After", (char *) p)
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (ctx->stream && status == NGX_HTTP_OK) {
        return ngx_http_assist_stream_end(r, ctx, members);
    }

    r->headers_out.status = status;

    return ctx->shape->send(r, ctx, members);
}


static ngx_uint_t
ngx_http_assist_ask_status(ngx_http_assist_ctx_t *ctx)
{
    switch (ctx->event.outcome) {

    case ASSIST_REFUSED:
        return ctx->spent ? NGX_HTTP_TOO_MANY_REQUESTS : NGX_HTTP_OK;

    case ASSIST_ERROR_TIMEOUT:
        return NGX_HTTP_GATEWAY_TIME_OUT;

    case ASSIST_ERROR_PROVIDER:
        return NGX_HTTP_BAD_GATEWAY;

    case ASSIST_ERROR_HOOK:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;

    default:
        return NGX_HTTP_OK;
    }
}


/* New for each interaction, hits too; it ends with the service. */

ngx_int_t
ngx_http_assist_ask_id(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    assist_str_t  service;

    service = ngx_http_assist_service_id(r, ctx->service, ctx->shared);

    ctx->id.data = ngx_pnalloc(r->pool,
                               NGX_HTTP_ASSIST_TOKEN_LEN + 1 + service.len);
    if (ctx->id.data == NULL) {
        return NGX_ERROR;
    }

    /* an id does not tell a question with personal data */

    ctx->id.len = ngx_http_assist_feedback_id(r, ctx->id.data,
                                              ctx->redact.n
                                              ? 0 : ctx->question_key,
                                              service)
                  - ctx->id.data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_ask_json(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members)
{
    ngx_str_t     body;
    assist_buf_t  buf = ASSIST_BUF_INIT;

    /* at once: what else is in it is short */
    (void) assist_buf_reserve(&buf, members->len + 512);

    ngx_http_assist_ask_document(r, ctx, members, &buf);
    assist_buf_putc(&buf, '\n');

    if (ngx_http_assist_take_buf(r, &buf, &body) != NGX_OK
        || ngx_http_assist_add_header(r, "Cache-Control", "no-store")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_assist_send(r, r->headers_out.status,
                                &ngx_http_assist_json, &body);
}


/* The answer's members, and what each interaction has of its own. */

void
ngx_http_assist_ask_document(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members, assist_buf_t *out)
{
    const char  *cache;
    ngx_str_t   *disclosure;

    cache = assist_cache_name(ctx->event.cache);
    disclosure = ngx_http_assist_disclosure(r, ctx->lang.data[0] == 'e');

    assist_buf_puts(out, "{\"id\":");
    assist_buf_json(out, ngx_http_assist_str(ctx->id));

    /* our own words, here and below, have nothing to escape */

    if (cache[0]) {
        assist_buf_puts(out, ",\"cache\":\"");
        assist_buf_puts(out, cache);
        assist_buf_puts(out, "\",");
    } else {
        assist_buf_puts(out, ",\"cache\":null,");
    }

    assist_buf_add(out, (char *) members->data, members->len);

    if (ctx->event.degraded) {
        assist_buf_puts(out, ",\"degraded\":true");
    }

    assist_buf_puts(out, ",\"disclosure\":");
    assist_buf_add(out, (char *) disclosure->data, disclosure->len);
    assist_buf_putc(out, '}');
}


static void
ngx_http_assist_sse_begin(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    assist_buf_t *out)
{
    /* its events need no introduction */
}


static void
ngx_http_assist_sse_text(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    assist_str_t text, assist_buf_t *out)
{
    assist_buf_puts(out, "event: delta\ndata: {\"text\":");
    assist_buf_json(out, text);
    assist_buf_puts(out, "}\n\n");
}


static void
ngx_http_assist_sse_end(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members, assist_buf_t *out)
{
    if (ctx->event.outcome < ASSIST_ERROR_TIMEOUT) {
        assist_buf_puts(out, "event: answer\ndata: ");
        ngx_http_assist_ask_document(r, ctx, members, out);
        assist_buf_puts(out, "\n\n");
        return;
    }

    assist_buf_puts(out, "event: error\ndata: {\"error\":{\"code\":");
    assist_buf_json(out,
                    assist_str_of(assist_outcome_name(ctx->event.outcome)));
    assist_buf_puts(out, ",\"message\":");
    assist_buf_json(out, ngx_http_assist_str(ctx->lang.data[0] == 'e'
                                             ? ngx_http_assist_trouble_en
                                             : ngx_http_assist_trouble_vi));
    assist_buf_puts(out, "}}\n\n");
}
