/*
 * Coverage: counters in shared memory.
 *
 * Each catalogued service has a slot, found by its identity, so that a reload
 * with another catalogue goes on counting in the same slots.  Three sets of
 * slots stand for three months, the last, this and the next one; the next is
 * cleared long before it is used, so a month's end needs no lock.
 */

#include "ngx_http_assist.h"

#include "core/table.h"


#define NGX_HTTP_ASSIST_MONTHS       3
#define NGX_HTTP_ASSIST_TICK         1000               /* ms */


typedef struct {
    ngx_atomic_t                     unmatched;
    ngx_atomic_t                     excluded;
    ngx_atomic_t                     dropped;           /* lines of evidence */
    ngx_atomic_t                     blocked;           /* insertions */
    ngx_atomic_t                     compressed;        /* pages */
    ngx_atomic_t                     month[NGX_HTTP_ASSIST_MONTHS];
    uint32_t                         nslots;
    uint32_t                         capacity;
    ngx_http_assist_head_t          *heads;             /* of evidence */
    char                           (*ids)[ASSIST_ID_MAX + 1];
    assist_counters_t               *sets[NGX_HTTP_ASSIST_MONTHS];
} ngx_http_assist_coverage_shctx_t;

/* A worker's. */
typedef struct {
    ngx_http_assist_main_conf_t     *mcf;
    ngx_event_t                      timer;
    time_t                           second;            /* of month, mday */
    ngx_uint_t                       month;
    ngx_uint_t                       mday;
} ngx_http_assist_coverage_t;


static ngx_http_assist_coverage_shctx_t *ngx_http_assist_coverage_sh(
    ngx_http_assist_main_conf_t *mcf);
static ngx_int_t ngx_http_assist_coverage_layout(ngx_shm_zone_t *shm_zone,
    ngx_http_assist_zone_t *zone);
static ngx_int_t ngx_http_assist_coverage_slots(ngx_shm_zone_t *shm_zone,
    ngx_http_assist_zone_t *zone);
static void ngx_http_assist_coverage_months(ngx_http_assist_zone_t *zone,
    ngx_uint_t month);
static assist_counters_t *ngx_http_assist_coverage_slot(
    ngx_http_assist_main_conf_t *mcf, uint32_t service);
static void ngx_http_assist_coverage_now(void);
static void ngx_http_assist_coverage_tick(ngx_event_t *ev);
static const assist_counters_t *ngx_http_assist_coverage_counters(void *data,
    uint32_t service, int last);


static ngx_http_assist_coverage_t  ngx_http_assist_coverage;


/* Is there a place for every service?  Known before the zone is made. */

ngx_int_t
ngx_http_assist_coverage_check(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf)
{
    size_t  need;

    if (mcf->coverage_zone == NULL || mcf->catalog == NULL) {
        return NGX_OK;
    }

    mcf->slots = ngx_palloc(cf->pool,
                            mcf->catalog->nservices * sizeof(uint32_t) + 1);
    if (mcf->slots == NULL) {
        return NGX_ERROR;
    }

    /* and an eighth for the slab's own pages */
    need = mcf->catalog->nservices
           * (NGX_HTTP_ASSIST_MONTHS * sizeof(assist_counters_t)
              + ASSIST_ID_MAX + 1);
    need += need / 8 + 8 * ngx_pagesize
            + NGX_HTTP_ASSIST_HEADS * sizeof(ngx_http_assist_head_t);

    if (mcf->coverage_zone->shm.size < need) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "assist_coverage_zone \"%V\" is too small for the %uD "
                      "services of \"%V\": make it at least %uzm",
                      &mcf->coverage_zone->shm.name, mcf->catalog->nservices,
                      &mcf->catalog_file, need / (1024 * 1024) + 1);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_assist_coverage_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_assist_zone_t *old = data;

    ngx_http_assist_zone_t            *zone;
    ngx_http_assist_coverage_shctx_t  *sh;

    zone = shm_zone->data;
    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (old) {
        zone->sh = old->sh;

    } else if (ngx_http_assist_coverage_layout(shm_zone, zone) != NGX_OK) {
        return NGX_ERROR;

    } else {
        sh = zone->sh;
        ngx_http_assist_evidence_restore(zone->mcf, sh->heads,
                                         shm_zone->shm.log);
    }

    return ngx_http_assist_coverage_slots(shm_zone, zone);
}


void
ngx_http_assist_coverage_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf)
{
    ngx_http_assist_coverage_t  *cov;

    cov = &ngx_http_assist_coverage;
    cov->mcf = mcf;

    if (mcf->coverage_zone == NULL && mcf->coverage_log == NULL) {
        return;
    }

    cov->timer.data = cov;
    cov->timer.handler = ngx_http_assist_coverage_tick;
    cov->timer.log = cycle->log;
    cov->timer.cancelable = 1;

    ngx_http_assist_coverage_tick(&cov->timer);
}


void
ngx_http_assist_coverage_event(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx)
{
    uint32_t                           service;
    ngx_time_t                        *tp;
    ngx_msec_int_t                     ms;
    assist_counters_t                 *slot;
    ngx_http_assist_loc_conf_t        *lcf;
    ngx_http_assist_main_conf_t       *mcf;
    ngx_http_assist_coverage_shctx_t  *sh;

    if (ctx->counted) {
        return;
    }

    ctx->counted = 1;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);
    sh = ngx_http_assist_coverage_sh(mcf);

    ngx_http_assist_coverage_now();

    tp = ngx_timeofday();
    ms = (ngx_msec_int_t) ((tp->sec - r->start_sec) * 1000
                           + (tp->msec - r->start_msec));

    ctx->event.time = tp->sec;
    ctx->event.mday = (uint32_t) ngx_http_assist_coverage.mday;
    ctx->event.latency = (uint32_t) ngx_max(ms, 0);

    if (ctx->excluded) {
        ngx_http_assist_evidence_excluded();

        if (sh) {
            (void) ngx_atomic_fetch_add(&sh->excluded, 1);
        }
        return;
    }

    service = ctx->shared ? ASSIST_NONE : ctx->service;
    slot = ngx_http_assist_coverage_slot(mcf, service);

    if (slot) {
        assist_ledger_count(slot, &ctx->event);

    } else if (sh) {
        (void) ngx_atomic_fetch_add(&sh->unmatched, 1);
    }

    if (service == ASSIST_NONE) {
        ngx_http_assist_evidence_unmatched();
    }

    if (mcf->coverage_log && lcf->coverage_log) {
        ngx_http_assist_evidence_line(r, ctx, service);
    }
}


void
ngx_http_assist_coverage_view(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx)
{
    assist_counters_t                 *slot;
    ngx_http_assist_main_conf_t       *mcf;
    ngx_http_assist_coverage_shctx_t  *sh;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    sh = ngx_http_assist_coverage_sh(mcf);

    if (sh == NULL) {
        return;
    }

    if (ctx->excluded) {
        ngx_http_assist_evidence_excluded();
        (void) ngx_atomic_fetch_add(&sh->excluded, 1);
        return;
    }

    ngx_http_assist_coverage_now();
    slot = ngx_http_assist_coverage_slot(mcf, ctx->service);

    if (slot) {
        (void) ngx_atomic_fetch_add((ngx_atomic_t *) &slot->views, 1);

    } else {
        ngx_http_assist_evidence_unmatched();
        (void) ngx_atomic_fetch_add(&sh->unmatched, 1);
    }
}


void
ngx_http_assist_coverage_untouched(ngx_http_request_t *r, ngx_uint_t blocked,
    ngx_uint_t compressed)
{
    ngx_http_assist_main_conf_t       *mcf;
    ngx_http_assist_coverage_shctx_t  *sh;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    sh = ngx_http_assist_coverage_sh(mcf);

    if (sh) {
        (void) ngx_atomic_fetch_add(&sh->blocked, (ngx_atomic_int_t) blocked);
        (void) ngx_atomic_fetch_add(&sh->compressed,
                                    (ngx_atomic_int_t) compressed);
    }
}


void
ngx_http_assist_coverage_vote(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, uint32_t service, ngx_uint_t useful)
{
    assist_counters_t            *slot;
    ngx_http_assist_loc_conf_t   *lcf;
    ngx_http_assist_main_conf_t  *mcf;

    if (ctx->excluded) {
        return;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    ngx_http_assist_coverage_now();
    slot = ngx_http_assist_coverage_slot(mcf, service);

    if (slot) {
        (void) ngx_atomic_fetch_add((ngx_atomic_t *) &slot->useful[useful], 1);
    }

    if (mcf->coverage_log && lcf->coverage_log) {
        ngx_http_assist_evidence_vote(r, service, useful);
    }
}


void
ngx_http_assist_coverage_figure(ngx_http_assist_main_conf_t *mcf,
    assist_figure_in_t *in)
{
    ngx_time_t                        *tp;
    ngx_http_assist_coverage_shctx_t  *sh;

    ngx_memzero(in, sizeof(assist_figure_in_t));

    ngx_http_assist_coverage_now();
    tp = ngx_timeofday();
    sh = ngx_http_assist_coverage_sh(mcf);

    in->catalog = mcf->catalog;
    ngx_http_assist_targets_rules(mcf, &in->rules);
    in->as_of = tp->sec;
    in->gmtoff = (int) tp->gmtoff;
    in->today = (int32_t) ((tp->sec + tp->gmtoff * 60) / 86400);
    in->counters = ngx_http_assist_coverage_counters;
    in->data = mcf;

    if (sh) {
        in->quality.unmatched = sh->unmatched;
        in->quality.excluded = sh->excluded;
        in->quality.dropped = sh->dropped;
        in->quality.blocked = sh->blocked;
        in->quality.compressed = sh->compressed;
    }

    in->nheads = ngx_http_assist_evidence_heads(mcf, &in->heads);
}


void
ngx_http_assist_coverage_dropped(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t n)
{
    ngx_http_assist_coverage_shctx_t  *sh;

    sh = ngx_http_assist_coverage_sh(mcf);

    if (sh) {
        (void) ngx_atomic_fetch_add(&sh->dropped, n);
    }
}


ngx_http_assist_head_t *
ngx_http_assist_coverage_heads(ngx_http_assist_main_conf_t *mcf,
    ngx_shmtx_t **mutex)
{
    ngx_http_assist_zone_t            *zone;
    ngx_http_assist_coverage_shctx_t  *sh;

    sh = ngx_http_assist_coverage_sh(mcf);

    if (sh == NULL) {
        return NULL;
    }

    zone = mcf->coverage_zone->data;
    *mutex = &zone->shpool->mutex;

    return sh->heads;
}


static ngx_http_assist_coverage_shctx_t *
ngx_http_assist_coverage_sh(ngx_http_assist_main_conf_t *mcf)
{
    ngx_http_assist_zone_t  *zone;

    if (mcf->coverage_zone == NULL) {
        return NULL;
    }

    zone = mcf->coverage_zone->data;

    return zone->sh;
}


static ngx_int_t
ngx_http_assist_coverage_layout(ngx_shm_zone_t *shm_zone,
    ngx_http_assist_zone_t *zone)
{
    size_t                             used;
    uint32_t                           n;
    ngx_uint_t                         i;
    ngx_http_assist_coverage_shctx_t  *sh;

    sh = ngx_slab_calloc(zone->shpool,
                         sizeof(ngx_http_assist_coverage_shctx_t));
    if (sh == NULL) {
        return NGX_ERROR;
    }

    zone->sh = sh;
    zone->shpool->data = sh;

    /* what the zone holds; what a later catalogue adds has its place, too */

    used = shm_zone->shm.size / 10 + 6 * ngx_pagesize
           + NGX_HTTP_ASSIST_HEADS * sizeof(ngx_http_assist_head_t);
    used = ngx_min(used, shm_zone->shm.size);

    n = (uint32_t) ((shm_zone->shm.size - used)
                    / (NGX_HTTP_ASSIST_MONTHS * sizeof(assist_counters_t)
                       + ASSIST_ID_MAX + 1));

    if (zone->mcf->catalog) {
        n = ngx_min(n, 2 * zone->mcf->catalog->nservices + 64);
    }

    sh->heads = ngx_slab_calloc(zone->shpool, NGX_HTTP_ASSIST_HEADS
                                * sizeof(ngx_http_assist_head_t));
    sh->capacity = n;
    sh->ids = ngx_slab_calloc(zone->shpool, n * (ASSIST_ID_MAX + 1));

    for (i = 0; i < NGX_HTTP_ASSIST_MONTHS; i++) {
        sh->sets[i] = ngx_slab_calloc(zone->shpool,
                                      n * sizeof(assist_counters_t));

        if (sh->sets[i] == NULL || sh->ids == NULL || sh->heads == NULL) {
            ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                          "assist_coverage_zone \"%V\" is too small",
                          &shm_zone->shm.name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* The slot of each service; new services get new ones. */

static ngx_int_t
ngx_http_assist_coverage_slots(ngx_shm_zone_t *shm_zone,
    ngx_http_assist_zone_t *zone)
{
    uint32_t                           i, slot;
    assist_str_t                       id;
    assist_table_t                     table = ASSIST_TABLE_INIT;
    assist_catalog_t                  *catalog;
    ngx_http_assist_coverage_shctx_t  *sh;

    sh = zone->sh;
    catalog = zone->mcf->catalog;

    if (catalog == NULL) {
        return NGX_OK;
    }

    for (i = 0; i < sh->nslots; i++) {
        if (assist_table_put(&table, 0, assist_str_of(sh->ids[i]), i) != 0) {
            assist_table_free(&table);
            return NGX_ERROR;
        }
    }

    for (i = 0; i < catalog->nservices; i++) {
        id = catalog->services[i].id;
        slot = assist_table_get(&table, 0, id);

        if (slot == ASSIST_TABLE_NONE) {

            if (sh->nslots == sh->capacity) {
                ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                              "assist_coverage_zone \"%V\" has no place left "
                              "for new services: make it bigger and restart",
                              &shm_zone->shm.name);
                assist_table_free(&table);
                return NGX_ERROR;
            }

            slot = sh->nslots;
            ngx_memcpy(sh->ids[slot], id.data, id.len);
            sh->ids[slot][id.len] = '\0';
            sh->nslots++;
        }

        zone->mcf->slots[i] = slot;
    }

    assist_table_free(&table);

    return NGX_OK;
}


/* Clears the sets that do not hold last, this and next month. */

static void
ngx_http_assist_coverage_months(ngx_http_assist_zone_t *zone,
    ngx_uint_t month)
{
    ngx_uint_t                         m, i;
    ngx_http_assist_coverage_shctx_t  *sh;

    sh = zone->sh;

    ngx_shmtx_lock(&zone->shpool->mutex);

    for (m = month - 1; m <= month + 1; m++) {
        i = m % NGX_HTTP_ASSIST_MONTHS;

        if (sh->month[i] != m) {
            ngx_memzero(sh->sets[i], sh->capacity * sizeof(assist_counters_t));
            sh->month[i] = m;
        }
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


/* The service's slot of this month; NULL: there is none. */

static assist_counters_t *
ngx_http_assist_coverage_slot(ngx_http_assist_main_conf_t *mcf,
    uint32_t service)
{
    ngx_uint_t                         month, i;
    ngx_http_assist_coverage_shctx_t  *sh;

    sh = ngx_http_assist_coverage_sh(mcf);

    if (sh == NULL || service == ASSIST_NONE) {
        return NULL;
    }

    month = ngx_http_assist_coverage.month;
    i = month % NGX_HTTP_ASSIST_MONTHS;

    if (sh->month[i] != month) {
        ngx_http_assist_coverage_months(mcf->coverage_zone->data, month);
    }

    return &sh->sets[i][mcf->slots[service]];
}


/* The local month and day, worked out once a second. */

static void
ngx_http_assist_coverage_now(void)
{
    ngx_tm_t                     tm;
    ngx_time_t                  *tp;
    ngx_http_assist_coverage_t  *cov;

    cov = &ngx_http_assist_coverage;
    tp = ngx_timeofday();

    if (cov->second == tp->sec) {
        return;
    }

    ngx_gmtime(tp->sec + tp->gmtoff * 60, &tm);

    cov->second = tp->sec;
    cov->month = (ngx_uint_t) tm.ngx_tm_year * 12 + tm.ngx_tm_mon - 1;
    cov->mday = tm.ngx_tm_mday;
}


static void
ngx_http_assist_coverage_tick(ngx_event_t *ev)
{
    ngx_http_assist_coverage_t        *cov;
    ngx_http_assist_main_conf_t       *mcf;
    ngx_http_assist_coverage_shctx_t  *sh;

    cov = ev->data;
    mcf = cov->mcf;

    ngx_http_assist_coverage_now();
    sh = ngx_http_assist_coverage_sh(mcf);

    if (sh && sh->month[(cov->month + 1) % NGX_HTTP_ASSIST_MONTHS]
              != cov->month + 1)
    {
        ngx_http_assist_coverage_months(mcf->coverage_zone->data, cov->month);
    }

    ngx_http_assist_evidence_flush(mcf, ev->log);

    ngx_add_timer(ev, mcf->coverage_log ? mcf->coverage_flush
                                        : NGX_HTTP_ASSIST_TICK);
}


static const assist_counters_t *
ngx_http_assist_coverage_counters(void *data, uint32_t service, int last)
{
    ngx_http_assist_main_conf_t *mcf = data;

    ngx_uint_t                         month, i;
    ngx_http_assist_coverage_shctx_t  *sh;

    static assist_counters_t  snapshot[2];

    sh = ngx_http_assist_coverage_sh(mcf);

    if (sh == NULL) {
        return NULL;
    }

    month = ngx_http_assist_coverage.month - (last ? 1 : 0);
    i = month % NGX_HTTP_ASSIST_MONTHS;

    if (sh->month[i] != month) {
        return NULL;
    }

    snapshot[last] = sh->sets[i][mcf->slots[service]];

    return &snapshot[last];
}
