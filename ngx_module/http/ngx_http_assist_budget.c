/*
 * assist_token_budget: tokens of a day, for each service, of all workers.
 *
 * A table of services in shared memory, by a hash of their identity, so that a
 * catalogue that changes leaves the others' budgets alone.
 */

#include "ngx_http_assist.h"


typedef struct {
    ngx_atomic_t  key;              /* 0: free */
    ngx_atomic_t  day;
    ngx_atomic_t  tokens;
} ngx_http_assist_budget_t;

typedef struct {
    ngx_uint_t                n;    /* a power of two */
    ngx_http_assist_budget_t  budgets[1];
} ngx_http_assist_budgets_t;


static ngx_int_t ngx_http_assist_budget_init_zone(ngx_shm_zone_t *zone,
    void *data);
static ngx_http_assist_budget_t *ngx_http_assist_budget_find(
    ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx);
static ngx_uint_t ngx_http_assist_budget_today(void);


/* After the catalogue is known; without assist_token_budget there is none. */

ngx_int_t
ngx_http_assist_budget_zone(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf)
{
    size_t                   n;
    ngx_str_t                name;
    ngx_http_assist_zone_t  *data;

    if (!mcf->budgets) {
        return NGX_OK;
    }

    for (n = 1024;
         mcf->catalog && n < 2 * (size_t) mcf->catalog->nservices;
         n *= 2)
    {
        /* void */
    }

    ngx_str_set(&name, "assist_budgets");

    mcf->budget_zone = ngx_shared_memory_add(cf, &name,
                           n * sizeof(ngx_http_assist_budget_t)
                           + 16 * ngx_pagesize, ngx_http_assist_budget_zone);
    data = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_zone_t));

    if (mcf->budget_zone == NULL || data == NULL) {
        return NGX_ERROR;
    }

    data->mcf = mcf;
    mcf->budget_zone->data = data;
    mcf->budget_zone->init = ngx_http_assist_budget_init_zone;

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_budget_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_assist_zone_t *old = data;

    size_t                      n, room;
    ngx_http_assist_zone_t     *zone;
    ngx_http_assist_budgets_t  *all;

    zone = shm_zone->data;
    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (old) {
        zone->sh = old->sh;
        return NGX_OK;
    }

    if (shm_zone->shm.exists) {
        zone->sh = zone->shpool->data;
        return NGX_OK;
    }

    room = (shm_zone->shm.size - 16 * ngx_pagesize)
           / sizeof(ngx_http_assist_budget_t);

    for (n = 1024; 2 * n <= room; n *= 2) { /* void */ }

    all = ngx_slab_calloc(zone->shpool,
                          sizeof(ngx_http_assist_budgets_t)
                          + n * sizeof(ngx_http_assist_budget_t));
    if (all == NULL) {
        return NGX_ERROR;
    }

    all->n = n;
    zone->sh = all;
    zone->shpool->data = all;

    return NGX_OK;
}


ngx_uint_t
ngx_http_assist_budget_spent(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_http_assist_budget_t    *budget;
    ngx_http_assist_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (lcf->token_budget == 0) {
        return 0;
    }

    budget = ngx_http_assist_budget_find(r, ctx);

    return budget == NULL || budget->tokens >= (ngx_uint_t) lcf->token_budget;
}


void
ngx_http_assist_budget_spend(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    int64_t in, int64_t out)
{
    int64_t                       n;
    ngx_http_assist_budget_t     *budget;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    n = ngx_max(in, 0) + ngx_max(out, 0);

    if (mcf->budget_zone == NULL || n == 0) {
        return;
    }

    budget = ngx_http_assist_budget_find(r, ctx);

    if (budget) {
        (void) ngx_atomic_fetch_add(&budget->tokens, (ngx_atomic_int_t) n);
    }
}


time_t
ngx_http_assist_budget_resets(void)
{
    ngx_tm_t  tm;

    ngx_localtime(ngx_time(), &tm);

    return 86400 - (tm.ngx_tm_hour * 3600 + tm.ngx_tm_min * 60
                    + tm.ngx_tm_sec);
}


/*
 * The service that is asked about; questions about none share one budget.
 * NULL: the table is full, which counts as spent.
 */

static ngx_http_assist_budget_t *
ngx_http_assist_budget_find(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    u_char                        digest[ASSIST_DIGEST_LEN];
    uint32_t                      service;
    ngx_uint_t                    i, at, today, day;
    assist_str_t                  id;
    ngx_atomic_uint_t             key;
    ngx_http_assist_zone_t       *zone;
    ngx_http_assist_budget_t     *budget;
    ngx_http_assist_budgets_t    *all;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    zone = mcf->budget_zone->data;
    all = zone->sh;

    service = ctx->service;

    if (service == ASSIST_NONE && ctx->about.nelts) {
        service = *(uint32_t *) ctx->about.elts;
    }

    id = ngx_http_assist_service_id(r, service, 0);
    assist_digest(digest, &id, 1);
    ngx_memcpy(&key, digest, sizeof(key));
    key |= 1;

    today = ngx_http_assist_budget_today();

    for (i = 0; i < all->n; i++) {
        at = (key + i) & (all->n - 1);
        budget = &all->budgets[at];

        if (budget->key != key
            && (budget->key != 0
                || (!ngx_atomic_cmp_set(&budget->key, 0, key)
                    && budget->key != key)))
        {
            continue;
        }

        day = budget->day;

        if (day != today && ngx_atomic_cmp_set(&budget->day, day, today)) {
            budget->tokens = 0;
        }

        return budget;
    }

    return NULL;
}


/* A number of the local day. */

static ngx_uint_t
ngx_http_assist_budget_today(void)
{
    ngx_tm_t  tm;

    ngx_localtime(ngx_time(), &tm);

    return (ngx_uint_t) (tm.ngx_tm_year * 10000 + tm.ngx_tm_mon * 100
                         + tm.ngx_tm_mday);
}
