/*
 * Before a model is asked: who may be, what leaves, and which links an answer
 * may have.
 */

#include "ngx_http_assist_model_priv.h"

#include "core/date.h"


static ngx_uint_t ngx_http_assist_model_busy(ngx_http_assist_model_t *m);
static const char *ngx_http_assist_model_choose(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf);
static ngx_uint_t ngx_http_assist_model_onprem(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf);
static ngx_uint_t ngx_http_assist_model_asks(ngx_http_assist_main_conf_t *mcf,
    assist_str_t text);
static ngx_uint_t ngx_http_assist_model_keeps(assist_catalog_t *catalog,
    uint32_t procedure);
static int ngx_http_assist_model_publish(ngx_http_assist_ctx_t *ctx,
    assist_catalog_t *catalog, uint32_t service);
static int ngx_http_assist_model_published(ngx_http_assist_model_t *m);
static const char *ngx_http_assist_model_redact(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf);
static ngx_int_t ngx_http_assist_model_rules(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf);


/* Why nothing may be sent; NULL: it may. */

const char *
ngx_http_assist_model_refused(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf)
{
    const char  *refused;

    refused = ngx_http_assist_model_busy(m) ? "busy"
              : ngx_http_assist_model_choose(m, conf);

    if (refused == NULL
        && ngx_http_assist_budget_spent(m->request, m->ctx))
    {
        refused = "budget";
    }

    if (refused == NULL) {
        refused = ngx_http_assist_model_redact(m, conf);
    }

    if (refused == NULL
        && ngx_http_assist_model_rules(m, conf) != NGX_OK)
    {
        refused = "no memory";
    }

    return refused;
}


/* Two answers at the same time would be one for nobody. */

static ngx_uint_t
ngx_http_assist_model_busy(ngx_http_assist_model_t *m)
{
    ngx_queue_t              *q;
    ngx_http_assist_model_t  *other;

    for (q = ngx_queue_head(&m->ctx->models);
         q != ngx_queue_sentinel(&m->ctx->models);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, ngx_http_assist_model_t, queue);

        if (m->say && other->say && other != m) {
            return 1;
        }
    }

    return 0;
}


/* The providers that may be asked, in order. */

static const char *
ngx_http_assist_model_choose(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf)
{
    ngx_uint_t                    i, onprem;
    ngx_http_assist_provider_t  **p;
    ngx_http_assist_loc_conf_t   *lcf;

    lcf = ngx_http_get_module_loc_conf(m->request, ngx_http_assist_module);

    if (lcf->use == NULL || lcf->use->providers.nelts == 0) {
        return "no provider";
    }

    m->providers = assist_arena_alloc(m->arena,
                       lcf->use->providers.nelts * sizeof(void *));
    if (m->providers == NULL) {
        return "no memory";
    }

    p = lcf->use->providers.elts;
    onprem = ngx_http_assist_model_onprem(m, conf);

    for (i = 0; i < lcf->use->providers.nelts; i++) {

        if (conf->provider.len
            && (conf->provider.len != p[i]->name.len
                || ngx_memcmp(conf->provider.data, p[i]->name.data,
                              p[i]->name.len)
                   != 0))
        {
            continue;
        }

        if (!onprem || p[i]->onprem) {
            m->providers[m->nproviders++] = p[i];
        }
    }

    if (m->nproviders) {
        return NULL;
    }

    return onprem ? "onprem" : "no provider";
}


/*
 * Does the catalogue keep a service of this question in the house?  Where
 * nobody has said what it is about, what is asked is looked up.
 */

static ngx_uint_t
ngx_http_assist_model_onprem(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf)
{
    uint32_t                     *about;
    ngx_uint_t                    i;
    assist_catalog_t             *catalog;
    ngx_http_assist_ctx_t        *ctx;
    ngx_http_assist_main_conf_t  *mcf;

    ctx = m->ctx;
    mcf = ngx_http_get_module_main_conf(m->request, ngx_http_assist_module);
    catalog = mcf->catalog;
    about = ctx->about.elts;

    if (catalog == NULL) {
        return 0;
    }

    if (ctx->service != ASSIST_NONE
        && ngx_http_assist_model_keeps(catalog,
                                   catalog->services[ctx->service].procedure))
    {
        return 1;
    }

    for (i = 0; i < ctx->about.nelts; i++) {
        if (ngx_http_assist_model_keeps(catalog,
                                        catalog->services[about[i]].procedure))
        {
            return 1;
        }
    }

    if (ctx->service != ASSIST_NONE || ctx->about.nelts) {
        return 0;
    }

    if (ngx_http_assist_model_asks(mcf, ngx_http_assist_str(ctx->question))) {
        return 1;
    }

    for (i = 0; i < conf->nmessages; i++) {
        if (assist_str_eq(conf->messages[i].role, assist_str("user"))
            && ngx_http_assist_model_asks(mcf, conf->messages[i].content))
        {
            return 1;
        }
    }

    return 0;
}


/* Might a text be about a procedure that stays in the house? */

static ngx_uint_t
ngx_http_assist_model_asks(ngx_http_assist_main_conf_t *mcf, assist_str_t text)
{
    uint32_t         i;
    assist_result_t  result;

    if (ngx_http_assist_search(mcf, text, &result) != NGX_OK) {
        return 0;
    }

    for (i = 0; i == 0 || i < result.nalike; i++) {
        if (ngx_http_assist_model_keeps(mcf->catalog,
                                        result.hits[i].procedure))
        {
            return 1;
        }
    }

    return 0;
}


/* Of a procedure of several agencies one row is enough. */

static ngx_uint_t
ngx_http_assist_model_keeps(assist_catalog_t *catalog, uint32_t procedure)
{
    uint32_t  i;

    for (i = 0; i < catalog->nrows; i++) {
        if (catalog->rows[i].onprem
            && catalog->services[catalog->rows[i].service].procedure
               == procedure)
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_assist_search(ngx_http_assist_main_conf_t *mcf, assist_str_t text,
    assist_result_t *result)
{
    int       day;
    ngx_tm_t  tm;

    if (mcf->search == NULL || text.len == 0) {
        return NGX_DECLINED;
    }

    ngx_localtime(ngx_time(), &tm);
    day = assist_date_days(tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday);

    return assist_search_query(mcf->search, text, day, result) == 0
           && result->found != ASSIST_FOUND_NONE ? NGX_OK : NGX_DECLINED;
}


/* What the catalogue says of the services in question is for everybody. */

static int
ngx_http_assist_model_published(ngx_http_assist_model_t *m)
{
    uint32_t                     *about;
    ngx_uint_t                    i;
    ngx_http_assist_ctx_t        *ctx;
    ngx_http_assist_main_conf_t  *mcf;

    ctx = m->ctx;
    mcf = ngx_http_get_module_main_conf(m->request, ngx_http_assist_module);
    about = ctx->about.elts;

    if (ctx->service != ASSIST_NONE
        && ngx_http_assist_model_publish(ctx, mcf->catalog, ctx->service) != 0)
    {
        return -1;
    }

    for (i = 0; i < ctx->about.nelts; i++) {
        if (ngx_http_assist_model_publish(ctx, mcf->catalog, about[i]) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
ngx_http_assist_model_publish(ngx_http_assist_ctx_t *ctx,
    assist_catalog_t *catalog, uint32_t service)
{
    const assist_row_t     *row;
    const assist_column_t  *column;

    row = &catalog->rows[catalog->services[service].row];

    if (row->state != ASSIST_STATE_PUBLISHED) {
        return 0;
    }

    for (column = assist_catalog_columns; column->name; column++) {
        if (assist_redact_publish(&ctx->redact,
                                  *(const assist_str_t *)
                                  ((const char *) row + column->offset))
            != 0)
        {
            return -1;
        }
    }

    return 0;
}


static const char *
ngx_http_assist_model_redact(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf)
{
    ngx_uint_t                   i;
    assist_buf_t                 buf = ASSIST_BUF_INIT;
    ngx_http_assist_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(m->request, ngx_http_assist_module);

    m->nmessages = conf->nmessages;
    m->messages = assist_arena_alloc(m->arena, conf->nmessages
                                       * sizeof(assist_completion_message_t));
    if (m->messages == NULL) {
        return "no memory";
    }

    if (lcf->redact && ngx_http_assist_model_published(m) != 0) {
        return "redaction";
    }

    for (i = 0; i < conf->nmessages; i++) {
        buf.len = 0;

        if (!lcf->redact) {
            assist_buf_add(&buf, conf->messages[i].content.data,
                           conf->messages[i].content.len);

        } else if (assist_redact(&m->ctx->redact, conf->messages[i].content,
                                 &buf)
                   < 0)
        {
            assist_buf_free(&buf);
            return "redaction";
        }

        m->messages[i].role = assist_arena_dup(m->arena,
                                               conf->messages[i].role);
        m->messages[i].content = assist_arena_dup(m->arena,
                                                  assist_buf_str(&buf));

        if (buf.failed || m->messages[i].role.data == NULL
            || m->messages[i].content.data == NULL)
        {
            assist_buf_free(&buf);
            return "no memory";
        }
    }

    assist_buf_free(&buf);

    return NULL;
}


/* Links of an answer: to the servers' names and to the passages' pages. */

static ngx_int_t
ngx_http_assist_model_rules(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf)
{
    ngx_uint_t                    i;
    assist_str_t                 *urls;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(m->request, ngx_http_assist_module);

    urls = assist_arena_alloc(m->arena,
                              (conf->npassages + 1) * sizeof(assist_str_t));
    if (urls == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < conf->npassages; i++) {
        urls[i] = assist_arena_dup(m->arena, conf->urls[i]);

        if (urls[i].data == NULL) {
            return NGX_ERROR;
        }
    }

    m->rules.hosts = mcf->hosts.elts;
    m->rules.nhosts = mcf->hosts.nelts;
    m->rules.urls = urls;
    m->rules.nurls = conf->npassages;
    m->rules.removed = m->ctx->lang.len && m->ctx->lang.data[0] == 'e'
                       ? assist_str("[link removed]")
                       : assist_str("[đã bỏ liên kết]");

    return NGX_OK;
}
