/*
 * The state of providers, of all workers.
 *
 * A provider that fails three times in a row is left alone for ten seconds,
 * then for twice as long, up to five minutes; after each pause one call tries
 * it again.  429 pauses it for as long as its Retry-After says.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_FAILURES   3            /* in a row */
#define NGX_HTTP_ASSIST_PAUSE      10000        /* ms */
#define NGX_HTTP_ASSIST_PAUSE_MAX  300000


static ngx_int_t ngx_http_assist_provider_init_zone(ngx_shm_zone_t *zone,
    void *data);
static void ngx_http_assist_observe(ngx_http_assist_histogram_t *h,
    ngx_uint_t first, ngx_uint_t factor, ngx_uint_t value);


const char *const  ngx_http_assist_provider_ends[] = {
    "", "timeout", "connection", "status", "rejected", "rate_limit", "broken"
};


ngx_int_t
ngx_http_assist_provider_zone(ngx_conf_t *cf, void *main_conf)
{
    ngx_http_assist_main_conf_t *mcf = main_conf;

    ngx_str_t                name;
    ngx_http_assist_zone_t  *data;

    if (mcf->provider_zone) {
        return NGX_OK;
    }

    ngx_str_set(&name, "assist_providers");

    mcf->provider_zone = ngx_shared_memory_add(cf, &name, 16 * ngx_pagesize,
                                               ngx_http_assist_provider_zone);
    data = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_zone_t));

    if (mcf->provider_zone == NULL || data == NULL) {
        return NGX_ERROR;
    }

    data->mcf = mcf;
    mcf->provider_zone->data = data;
    mcf->provider_zone->init = ngx_http_assist_provider_init_zone;

    return NGX_OK;
}


/* A provider keeps its state over a reload, by its name. */

static ngx_int_t
ngx_http_assist_provider_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_assist_zone_t *old = data;

    ngx_uint_t                         i, k;
    ngx_http_assist_zone_t            *zone;
    ngx_http_assist_provider_t       **p;
    ngx_http_assist_provider_state_t  *state, *all;

    zone = shm_zone->data;
    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (old) {
        zone->sh = old->sh;

    } else if (shm_zone->shm.exists) {
        zone->sh = zone->shpool->data;

    } else {
        zone->sh = ngx_slab_calloc(zone->shpool,
                                   2 * NGX_HTTP_ASSIST_PROVIDERS
                                   * sizeof(ngx_http_assist_provider_state_t));
        if (zone->sh == NULL) {
            return NGX_ERROR;
        }

        zone->shpool->data = zone->sh;
    }

    all = zone->sh;
    p = zone->mcf->providers.elts;

    for (i = 0; i < zone->mcf->providers.nelts; i++) {

        for (k = 0; k < 2 * NGX_HTTP_ASSIST_PROVIDERS; k++) {
            state = &all[k];

            if (state->name[0] == '\0') {
                ngx_memcpy(state->name, p[i]->name.data, p[i]->name.len);
            }

            if (ngx_strcmp(state->name, p[i]->name.data) == 0) {
                p[i]->state = state;
                break;
            }
        }

        if (p[i]->state == NULL) {
            ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                          "assist: too many providers since nginx was "
                          "started, restart it");
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_assist_provider_ready(ngx_http_assist_provider_t *p,
    ngx_msec_t *probe)
{
    ngx_msec_t                         until, now;
    ngx_http_assist_provider_state_t  *state;

    state = p->state;
    until = (ngx_msec_t) state->until;
    now = ngx_current_msec;
    *probe = 0;

    if (until == 0) {
        return 1;
    }

    if ((ngx_msec_int_t) (until - now) > 0) {
        return 0;
    }

    /* the pause is over: one call tries, others wait for what comes of it */

    *probe = now + p->timeout;

    return ngx_atomic_cmp_set(&state->until, until, *probe);
}


void
ngx_http_assist_provider_left(ngx_http_assist_provider_t *p, ngx_msec_t probe)
{
    if (probe) {
        (void) ngx_atomic_cmp_set(&p->state->until, probe, ngx_current_msec);
    }
}


void
ngx_http_assist_provider_over(ngx_http_assist_provider_t *p,
    ngx_msec_t probe, ngx_log_t *log, ngx_http_assist_provider_end_e how,
    time_t retry_after, ngx_msec_int_t first_token, ngx_msec_t duration)
{
    ngx_msec_t                         pause, wait, until;
    ngx_uint_t                         failures;
    ngx_http_assist_provider_state_t  *state;

    state = p->state;

    (void) ngx_atomic_fetch_add(&state->calls[how], 1);
    ngx_http_assist_observe(&state->duration, 10, 2, duration);

    if (first_token >= 0) {
        ngx_http_assist_observe(&state->first_token, 10, 2,
                                (ngx_uint_t) first_token);
    }

    if (probe) {
        (void) ngx_atomic_cmp_set(&state->until, probe, 0);
    }

    if (how == NGX_HTTP_ASSIST_PROVIDER_OK) {

        if (state->failures >= NGX_HTTP_ASSIST_FAILURES) {
            ngx_log_error(NGX_LOG_NOTICE, log, 0,
                          "assist: provider \"%V\" is back", &p->name);
        }

        state->failures = 0;

        return;
    }

    if (how == NGX_HTTP_ASSIST_PROVIDER_REJECTED) {
        return;
    }

    failures = ngx_atomic_fetch_add(&state->failures, 1) + 1;
    pause = 0;

    if (failures >= NGX_HTTP_ASSIST_FAILURES) {
        pause = NGX_HTTP_ASSIST_PAUSE
                << ngx_min(failures - NGX_HTTP_ASSIST_FAILURES, 5);
    }

    if (how == NGX_HTTP_ASSIST_PROVIDER_BUSY) {
        wait = retry_after > 0 ? (ngx_msec_t) ngx_min(retry_after, 300) : 1;
        pause = ngx_max(pause, 1000 * wait);
    }

    pause = ngx_min(pause, NGX_HTTP_ASSIST_PAUSE_MAX);

    until = (ngx_msec_t) state->until;

    if (pause
        && (until == 0
            || (ngx_msec_int_t) (ngx_current_msec + pause - until) > 0))
    {
        state->until = ngx_current_msec + pause;

        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "assist: provider \"%V\" is not asked for %M ms after "
                      "%ui failures in a row", &p->name, pause, failures);
    }
}


void
ngx_http_assist_provider_tokens(ngx_http_assist_provider_t *p, int64_t in,
    int64_t out)
{
    if (in > 0) {
        ngx_http_assist_observe(&p->state->tokens_in, 1, 4, (ngx_uint_t) in);
    }

    if (out > 0) {
        ngx_http_assist_observe(&p->state->tokens_out, 1, 4,
                                (ngx_uint_t) out);
    }
}


static void
ngx_http_assist_observe(ngx_http_assist_histogram_t *h, ngx_uint_t first,
    ngx_uint_t factor, ngx_uint_t value)
{
    ngx_uint_t  i, bound;

    for (i = 0, bound = first;
         i < NGX_HTTP_ASSIST_BUCKETS && value > bound;
         i++, bound *= factor)
    {
        /* void */
    }

    (void) ngx_atomic_fetch_add(&h->buckets[i], 1);
    (void) ngx_atomic_fetch_add(&h->sum, (ngx_atomic_int_t) value);
}
