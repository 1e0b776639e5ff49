/*
 * Coverage: counters in shared memory.
 *
 * Each catalogued service has a slot, found by its identity, so that a reload
 * with another catalogue goes on counting in the same slots.  Three sets of
 * slots stand for three months, the last, this and the next one; the next is
 * cleared long before it is used, so a month's end needs no lock.
 */

#include "ngx_http_assist_ledger.h"

#include <openssl/rand.h>

#include "core/table.h"


#define NGX_HTTP_ASSIST_TICK         1000               /* ms */


/* A worker's. */
typedef struct {
    ngx_http_assist_main_conf_t     *mcf;
    ngx_event_t                      timer;
    time_t                           second;            /* of month, mday */
    ngx_uint_t                       month;
    ngx_uint_t                       mday;
} ngx_http_assist_coverage_t;


static ngx_int_t ngx_http_assist_coverage_layout(ngx_shm_zone_t *shm_zone,
    ngx_http_assist_zone_t *zone);
static ngx_int_t ngx_http_assist_coverage_slots(ngx_shm_zone_t *shm_zone,
    ngx_http_assist_zone_t *zone);
static void ngx_http_assist_coverage_months(ngx_http_assist_zone_t *zone,
    ngx_uint_t month);
static ngx_http_assist_set_t *ngx_http_assist_coverage_set(
    ngx_http_assist_main_conf_t *mcf);
static void ngx_http_assist_coverage_add(ngx_http_assist_set_t *set,
    uint64_t *counter, ngx_uint_t n);
static void ngx_http_assist_coverage_now(void);
static void ngx_http_assist_coverage_tick(ngx_event_t *ev);


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
        sh->alone = ngx_is_init_cycle(ngx_cycle) && !ngx_inherited
                    ? ngx_time() : 0;
        ngx_http_assist_evidence_restore(zone->mcf, sh->heads,
                                         shm_zone->shm.log);
        ngx_http_assist_ledger_open(zone->mcf, shm_zone->shm.log);
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
    uint32_t                      service;
    ngx_time_t                   *tp;
    ngx_uint_t                    told;
    ngx_msec_int_t                ms;
    assist_counters_t            *slot;
    ngx_http_assist_set_t        *set;
    ngx_http_assist_loc_conf_t   *lcf;
    ngx_http_assist_main_conf_t  *mcf;

    if (ctx->counted) {
        return;
    }

    ctx->counted = 1;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);
    set = ngx_http_assist_coverage_set(mcf);

    tp = ngx_timeofday();
    ms = (ngx_msec_int_t) ((tp->sec - r->start_sec) * 1000
                           + (tp->msec - r->start_msec));

    ctx->event.time = tp->sec;
    ctx->event.mday = (uint32_t) ngx_http_assist_coverage.mday;
    ctx->event.latency = (uint32_t) ngx_max(ms, 0);

    if (ctx->excluded) {
        ngx_http_assist_evidence_excluded();

        if (set) {
            ngx_http_assist_coverage_add(set, &set->quality.excluded, 1);
        }
        return;
    }

    service = ctx->shared ? ASSIST_NONE : ctx->service;

    told = mcf->coverage_log && lcf->coverage_log;

    if (set && service != ASSIST_NONE) {
        slot = &set->slots[mcf->slots[service]];
        assist_ledger_count(slot, &ctx->event);
        (void) ngx_atomic_fetch_add(&set->changes, 1);

        if (told && ctx->event.disclosed) {
            (void) assist_ledger_tell(slot, ctx->event.mday);
        }

    } else if (set) {
        ngx_http_assist_coverage_add(set, &set->quality.unmatched, 1);
    }

    if (service == ASSIST_NONE) {
        ngx_http_assist_evidence_unmatched();
    }

    if (told) {
        ngx_http_assist_evidence_line(r, ctx, service);
    }
}


void
ngx_http_assist_coverage_view(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx)
{
    ngx_http_assist_set_t        *set;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    set = ngx_http_assist_coverage_set(mcf);

    if (set == NULL) {
        return;
    }

    if (ctx->excluded) {
        ngx_http_assist_evidence_excluded();
        ngx_http_assist_coverage_add(set, &set->quality.excluded, 1);
        return;
    }

    if (ctx->service != ASSIST_NONE) {
        ngx_http_assist_coverage_add(set,
                        &set->slots[mcf->slots[ctx->service]].views, 1);

    } else {
        ngx_http_assist_evidence_unmatched();
        ngx_http_assist_coverage_add(set, &set->quality.unmatched, 1);
    }
}


void
ngx_http_assist_coverage_shown(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx)
{
    uint32_t                      mday;
    assist_counters_t            *slot;
    ngx_http_assist_set_t        *set;
    ngx_http_assist_loc_conf_t   *lcf;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);
    set = ngx_http_assist_coverage_set(mcf);

    if (set == NULL || ctx->excluded || ctx->shared
        || ctx->service == ASSIST_NONE)
    {
        return;
    }

    slot = &set->slots[mcf->slots[ctx->service]];
    mday = (uint32_t) ngx_http_assist_coverage.mday;

    if (assist_ledger_show(slot, mday)) {
        (void) ngx_atomic_fetch_add(&set->changes, 1);
    }

    /* a page whose location has no log may have been the first one */

    if (mcf->coverage_log && lcf->coverage_log
        && assist_ledger_tell(slot, mday))
    {
        ngx_http_assist_evidence_shown(r, ctx->service);
    }
}


void
ngx_http_assist_coverage_untouched(ngx_http_request_t *r, ngx_uint_t blocked,
    ngx_uint_t compressed)
{
    ngx_http_assist_set_t        *set;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    set = ngx_http_assist_coverage_set(mcf);

    if (set) {
        ngx_http_assist_coverage_add(set, &set->quality.blocked, blocked);
        ngx_http_assist_coverage_add(set, &set->quality.compressed,
                                     compressed);
    }
}


void
ngx_http_assist_coverage_vote(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, uint32_t service, ngx_uint_t useful)
{
    ngx_http_assist_set_t        *set;
    ngx_http_assist_loc_conf_t   *lcf;
    ngx_http_assist_main_conf_t  *mcf;

    if (ctx->excluded) {
        return;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    set = ngx_http_assist_coverage_set(mcf);

    if (set && service != ASSIST_NONE) {
        ngx_http_assist_coverage_add(set,
                     &set->slots[mcf->slots[service]].useful[useful], 1);
    }

    if (mcf->coverage_log && lcf->coverage_log) {
        ngx_http_assist_evidence_vote(r, service, useful);
    }
}


void
ngx_http_assist_coverage_dropped(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t n)
{
    ngx_http_assist_set_t  *set;

    set = ngx_http_assist_coverage_set(mcf);

    if (set) {
        ngx_http_assist_coverage_add(set, &set->quality.dropped, n);
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


ngx_http_assist_coverage_shctx_t *
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
        sh->sets[i].slots = ngx_slab_calloc(zone->shpool,
                                            n * sizeof(assist_counters_t));

        if (sh->sets[i].slots == NULL || sh->ids == NULL || sh->heads == NULL) {
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
    ngx_uint_t                         m;
    ngx_http_assist_set_t             *set;
    ngx_http_assist_coverage_shctx_t  *sh;

    sh = zone->sh;

    /* a clock that has jumped takes what a second ago was this month */

    for (m = month - 1; m <= month + 1; m++) {
        set = &sh->sets[m % NGX_HTTP_ASSIST_MONTHS];

        if (set->month && set->month != m && set->changes != set->written) {
            ngx_http_assist_ledger_save(zone->mcf);
            break;
        }
    }

    ngx_shmtx_lock(&zone->shpool->mutex);

    for (m = month - 1; m <= month + 1; m++) {
        set = &sh->sets[m % NGX_HTTP_ASSIST_MONTHS];

        if (set->month == m) {
            continue;
        }

        /* a new incarnation: what was counted under another id stays so;
         * who writes the set meanwhile sees that it is gone */

        set->month = 0;

        if (RAND_bytes((u_char *) &set->id, sizeof(set->id)) != 1) {
            set->id = (uint64_t) ngx_random() << 32 ^ (uint64_t) ngx_random()
                      ^ (uint64_t) ngx_pid << 48 ^ (uint64_t) ngx_time();
        }

        ngx_memzero(set->slots, sh->capacity * sizeof(assist_counters_t));
        ngx_memzero(&set->quality, sizeof(assist_quality_t));

        set->start = ngx_time();
        set->updated = 0;
        set->seq = 0;
        set->changes = 0;
        set->written = 0;
        set->month = m;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


/* The set of this month; NULL: there is no zone. */

static ngx_http_assist_set_t *
ngx_http_assist_coverage_set(ngx_http_assist_main_conf_t *mcf)
{
    ngx_uint_t                         month;
    ngx_http_assist_set_t             *set;
    ngx_http_assist_coverage_shctx_t  *sh;

    month = ngx_http_assist_coverage_month();
    sh = ngx_http_assist_coverage_sh(mcf);

    if (sh == NULL) {
        return NULL;
    }

    set = &sh->sets[month % NGX_HTTP_ASSIST_MONTHS];

    if (set->month != month) {
        ngx_http_assist_coverage_months(mcf->coverage_zone->data, month);
    }

    return set;
}


/* First the counter: what is written as changed has it. */

static void
ngx_http_assist_coverage_add(ngx_http_assist_set_t *set, uint64_t *counter,
    ngx_uint_t n)
{
    (void) ngx_atomic_fetch_add((ngx_atomic_t *) counter, n);
    (void) ngx_atomic_fetch_add(&set->changes, n);
}


ngx_uint_t
ngx_http_assist_coverage_month(void)
{
    ngx_http_assist_coverage_now();

    return ngx_http_assist_coverage.month;
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
    ngx_uint_t                         next;
    ngx_http_assist_coverage_t        *cov;
    ngx_http_assist_main_conf_t       *mcf;
    ngx_http_assist_coverage_shctx_t  *sh;

    cov = ev->data;
    mcf = cov->mcf;

    next = ngx_http_assist_coverage_month() + 1;
    sh = ngx_http_assist_coverage_sh(mcf);

    if (sh && sh->sets[next % NGX_HTTP_ASSIST_MONTHS].month != next) {
        ngx_http_assist_coverage_months(mcf->coverage_zone->data, cov->month);
    }

    ngx_http_assist_evidence_flush(mcf, ev->log);

    ngx_add_timer(ev, mcf->coverage_log ? mcf->coverage_flush
                                        : NGX_HTTP_ASSIST_TICK);
}
