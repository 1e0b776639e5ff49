/*
 * What an answer is kept by: the digest of all that must be the same for an
 * answer to be the same.
 */

#include "ngx_http_assist_ask.h"

#include "core/question.h"


#define NGX_HTTP_ASSIST_KNOWN  1024         /* bodies, of a worker */


/* A body, with all that its key depends on, and that key. */
typedef struct {
    u_char  body[ASSIST_DIGEST_LEN];
    u_char  key[ASSIST_DIGEST_LEN];
} ngx_http_assist_ask_known_t;


static ngx_http_assist_ask_known_t *ngx_http_assist_ask_known(
    ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_ask_seed(ngx_http_request_t *r,
    ngx_http_assist_loc_conf_t *lcf);
static ngx_int_t ngx_http_assist_ask_scope(ngx_http_request_t *r,
    ngx_http_assist_loc_conf_t *lcf, ngx_str_t *scope);


static ngx_http_assist_ask_known_t
                           ngx_http_assist_ask_knows[NGX_HTTP_ASSIST_KNOWN];


/*
 * Most questions are asked in the same words, from the same page: their bytes
 * lead to the key without being parsed and normalised once more.  The key
 * depends on nothing else, so what the worker knows of it does not grow old.
 */

ngx_int_t
ngx_http_assist_ask_key_again(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *body, u_char **key)
{
    ngx_str_t                     scope;
    assist_str_t                  parts[4];
    ngx_http_assist_loc_conf_t   *lcf;
    ngx_http_assist_ask_known_t  *known;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (ngx_http_assist_ask_seed(r, lcf) != NGX_OK
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

    *key = known->key;

    return NGX_OK;
}


static ngx_http_assist_ask_known_t *
ngx_http_assist_ask_known(ngx_http_assist_ctx_t *ctx)
{
    uint32_t  hash;

    ngx_memcpy(&hash, ctx->body_key, sizeof(uint32_t));

    return &ngx_http_assist_ask_knows[hash % NGX_HTTP_ASSIST_KNOWN];
}


/*
 * What must be the same for an answer to be the same.  NGX_DECLINED: nothing
 * was asked.
 */

ngx_int_t
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

void
ngx_http_assist_ask_remember(ngx_http_assist_ctx_t *ctx)
{
    ngx_http_assist_ask_known_t  *known;

    known = ngx_http_assist_ask_known(ctx);

    ngx_memcpy(known->body, ctx->body_key, ASSIST_DIGEST_LEN);
    ngx_memcpy(known->key, ctx->key, ASSIST_DIGEST_LEN);
}
