/*
 * The figure, of which all documents of a worker are printed: the counters of
 * this zone merged with all others that are known, and their sums (core/figure).
 *
 * It is made in slices, between which the event loop has a turn, of a snapshot:
 * what is counted after a service was looked at is in the next figure.  A
 * worker makes one at a time.  Who asks for one meanwhile waits for the next,
 * which is then for all who wait, so that nobody gets one that began before he
 * asked.
 */

#include "ngx_http_assist_ledger.h"

#include <time.h>

#include "core/table.h"


#define NGX_HTTP_ASSIST_FIGURE_FIELDS  512      /* of a slice */


typedef ngx_int_t (*ngx_http_assist_figure_stage_pt)(
    ngx_http_assist_figure_t *f);


struct ngx_http_assist_figure_s {
    ngx_uint_t                        refs;
    ngx_http_assist_main_conf_t      *mcf;
    ngx_queue_t                       waiters;
    assist_figure_t                  *sum;
    assist_figure_in_t                in;
    assist_chain_t                   *heads;

    /* the snapshot, by service; NULL: nothing was counted */
    ngx_uint_t                        month;
    assist_arena_t                   *arena;
    assist_counters_t               **counters[2];

    /* its making */
    ngx_uint_t                        stage;
    ngx_uint_t                        last;     /* 1: the month before */
    uint32_t                          at;       /* in its stage */
    uint64_t                          id;       /* of the zone's set */
    assist_buf_t                      fields;   /* of all others */
    assist_str_t                      rest;     /* of these */
};


/* A worker's. */
typedef struct {
    ngx_http_assist_figure_t         *making;
    ngx_http_assist_op_t             *turn;
    ngx_queue_t                       waiting;  /* for the next one */
    assist_table_t                    names;    /* services by id */
} ngx_http_assist_figures_t;


/* A request that waits, in its pool's cleanup. */
struct ngx_http_assist_asker_s {
    ngx_http_assist_waiter_t          waiter;
    ngx_http_request_t               *request;
    ngx_int_t                       (*handler)(ngx_http_request_t *r);
    ngx_http_assist_op_t             *op;
};


static void ngx_http_assist_figure_begin(ngx_http_assist_main_conf_t *mcf);
static ngx_http_assist_figure_t *ngx_http_assist_figure_create(
    ngx_http_assist_main_conf_t *mcf);
static ngx_int_t ngx_http_assist_figure_in(ngx_http_assist_figure_t *f);
static void ngx_http_assist_figure_run(void);
static void ngx_http_assist_figure_over(ngx_int_t rc);
static void ngx_http_assist_figure_pause(void);
static void ngx_http_assist_figure_turn(ngx_http_assist_op_t *op);
static ngx_int_t ngx_http_assist_figure_others(ngx_http_assist_figure_t *f);
static ngx_int_t ngx_http_assist_figure_merge(ngx_http_assist_figure_t *f);
static ngx_int_t ngx_http_assist_figure_own(ngx_http_assist_figure_t *f);
static ngx_int_t ngx_http_assist_figure_months(ngx_http_assist_figure_t *f);
static ngx_int_t ngx_http_assist_figure_sum(ngx_http_assist_figure_t *f);
static ngx_int_t ngx_http_assist_figure_add(ngx_http_assist_figure_t *f,
    uint32_t service, const assist_counters_t *counters);
static const assist_counters_t *ngx_http_assist_figure_counters(void *data,
    uint32_t service, int last);
static void ngx_http_assist_figure_release(ngx_http_assist_figure_t *f);
static void ngx_http_assist_figure_ready(ngx_http_assist_waiter_t *waiter);
static void ngx_http_assist_figure_wake(ngx_http_assist_op_t *op);
static void ngx_http_assist_figure_cancel(ngx_http_assist_op_t *op);
static void ngx_http_assist_figure_cleanup(void *data);


/* Each gives NGX_AGAIN to be called again, NGX_OK, or NGX_ERROR. */

static const ngx_http_assist_figure_stage_pt  ngx_http_assist_stages[] = {
    ngx_http_assist_figure_others,
    ngx_http_assist_figure_merge,
    ngx_http_assist_figure_own,
    ngx_http_assist_figure_months,
    ngx_http_assist_figure_sum,
    NULL
};


static const assist_counters_t    ngx_http_assist_nothing;
static ngx_http_assist_figures_t  ngx_http_assist_figures;


void
ngx_http_assist_figure_init(ngx_http_assist_main_conf_t *mcf)
{
    uint32_t                    i;
    assist_catalog_t           *catalog;
    ngx_http_assist_figures_t  *figures;

    figures = &ngx_http_assist_figures;
    catalog = mcf->catalog;

    ngx_queue_init(&figures->waiting);

    for (i = 0; catalog && i < catalog->nservices; i++) {
        if (assist_table_put(&figures->names, 0, catalog->services[i].id, i)
            != 0)
        {
            return;
        }
    }
}


void
ngx_http_assist_figure_exit(void)
{
    ngx_http_assist_figures_t  *figures;

    figures = &ngx_http_assist_figures;

    if (figures->turn) {
        ngx_http_assist_op_drop(figures->turn);
        figures->turn = NULL;
    }

    if (figures->making) {
        ngx_http_assist_figure_release(figures->making);
        figures->making = NULL;
    }

    assist_table_free(&figures->names);
}


uint32_t
ngx_http_assist_figure_service(assist_str_t id)
{
    uint32_t  service;

    service = assist_table_get(&ngx_http_assist_figures.names, 0, id);

    return service == ASSIST_TABLE_NONE ? ASSIST_NONE : service;
}


ngx_int_t
ngx_http_assist_figure(ngx_http_request_t *r,
    ngx_int_t (*handler)(ngx_http_request_t *r), const assist_figure_t **figure)
{
    ngx_pool_cleanup_t           *cln;
    ngx_http_assist_ctx_t        *ctx;
    ngx_http_assist_asker_t      *asker;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    ctx = ngx_http_assist_ctx(r, 1);

    if (ctx == NULL) {
        return NGX_ERROR;
    }

    asker = ctx->asker;

    if (asker == NULL) {

        /* what other nodes have counted */

        if (ngx_http_assist_ledger_pull(r, handler) == NGX_AGAIN) {
            return NGX_AGAIN;
        }

        cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_assist_asker_t));
        if (cln == NULL) {
            return NGX_ERROR;
        }

        asker = cln->data;
        ngx_memzero(asker, sizeof(ngx_http_assist_asker_t));
        cln->handler = ngx_http_assist_figure_cleanup;

        asker->waiter.ready = ngx_http_assist_figure_ready;
        asker->request = r;
        asker->handler = handler;
        ctx->asker = asker;

        ngx_http_assist_figure_wait(mcf, &asker->waiter);
    }

    if (asker->waiter.over) {
        if (asker->waiter.figure == NULL) {
            return NGX_ERROR;
        }

        *figure = asker->waiter.figure->sum;

        return NGX_OK;
    }

    asker->op = ngx_http_assist_op_create(r, &ctx->ops,
                                          ngx_http_assist_figure_wake, asker,
                                          0);
    if (asker->op == NULL) {
        return NGX_ERROR;
    }

    asker->op->held = 1;
    asker->op->cancel = ngx_http_assist_figure_cancel;

    r->main->count++;
    ngx_http_assist_op_park(r);

    return NGX_AGAIN;
}


void
ngx_http_assist_figure_wait(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_waiter_t *waiter)
{
    ngx_http_assist_figures_t  *figures;

    figures = &ngx_http_assist_figures;
    ngx_queue_insert_tail(&figures->waiting, &waiter->queue);

    if (figures->making == NULL) {
        ngx_http_assist_figure_begin(mcf);
    }
}


const assist_figure_t *
ngx_http_assist_figure_of(ngx_http_assist_waiter_t *waiter)
{
    return waiter->figure->sum;
}


void
ngx_http_assist_figure_leave(ngx_http_assist_waiter_t *waiter)
{
    if (!waiter->over) {
        ngx_queue_remove(&waiter->queue);

    } else if (waiter->figure) {
        ngx_http_assist_figure_release(waiter->figure);
        waiter->figure = NULL;
    }
}


uint64_t
ngx_http_assist_slice_begin(void)
{
    struct timespec  ts;

    /* nginx's own time stands still within a turn */
    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}


ngx_uint_t
ngx_http_assist_slice_over(uint64_t began)
{
    return ngx_http_assist_slice_begin() - began >= NGX_HTTP_ASSIST_SLICE;
}


/* For all who wait now. */

static void
ngx_http_assist_figure_begin(ngx_http_assist_main_conf_t *mcf)
{
    ngx_queue_t                *q;
    ngx_http_assist_waiter_t   *waiter;
    ngx_http_assist_figures_t  *figures;

    figures = &ngx_http_assist_figures;
    figures->making = ngx_http_assist_figure_create(mcf);

    if (figures->making) {
        ngx_queue_add(&figures->making->waiters, &figures->waiting);
        ngx_queue_init(&figures->waiting);
        ngx_http_assist_figure_run();
        return;
    }

    while (!ngx_queue_empty(&figures->waiting)) {
        q = ngx_queue_head(&figures->waiting);
        ngx_queue_remove(q);

        waiter = ngx_queue_data(q, ngx_http_assist_waiter_t, queue);
        waiter->over = 1;
        waiter->ready(waiter);
    }
}


static ngx_http_assist_figure_t *
ngx_http_assist_figure_create(ngx_http_assist_main_conf_t *mcf)
{
    ngx_http_assist_figure_t  *f;

    f = ngx_calloc(sizeof(ngx_http_assist_figure_t), ngx_cycle->log);
    if (f == NULL) {
        return NULL;
    }

    f->refs = 1;
    f->mcf = mcf;
    ngx_queue_init(&f->waiters);

    if (ngx_http_assist_figure_in(f) != NGX_OK) {
        ngx_http_assist_figure_release(f);
        return NULL;
    }

    return f;
}


static ngx_int_t
ngx_http_assist_figure_in(ngx_http_assist_figure_t *f)
{
    size_t                             n;
    ngx_uint_t                         i;
    ngx_time_t                        *tp;
    assist_figure_in_t                *in;
    const assist_chain_t              *heads;
    ngx_http_assist_set_t             *set;
    ngx_http_assist_main_conf_t       *mcf;
    ngx_http_assist_coverage_shctx_t  *sh;

    mcf = f->mcf;
    in = &f->in;

    assist_arena_destroy(f->arena);
    ngx_memzero(in, sizeof(assist_figure_in_t));

    f->stage = 0;
    f->last = 0;
    f->at = 0;
    f->arena = assist_arena_create();
    f->month = ngx_http_assist_coverage_month();

    tp = ngx_timeofday();
    sh = ngx_http_assist_coverage_sh(mcf);

    in->catalog = mcf->catalog;
    ngx_http_assist_targets_rules(mcf, &in->rules);
    in->as_of = tp->sec;
    in->gmtoff = (int) tp->gmtoff;
    in->today = (int32_t) ((tp->sec + tp->gmtoff * 60) / 86400);
    in->counters = ngx_http_assist_figure_counters;
    in->data = f;

    n = (mcf->catalog->nservices + 1) * sizeof(assist_counters_t *);

    for (i = 0; sh && i < 2; i++) {
        if (f->counters[i] == NULL) {
            f->counters[i] = ngx_alloc(n, ngx_cycle->log);
        }

        if (f->counters[i] == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(f->counters[i], n);
        set = &sh->sets[(f->month - i) % NGX_HTTP_ASSIST_MONTHS];

        if (set->month == f->month - i) {
            assist_quality_merge(&in->quality, &set->quality);
        }
    }

    in->nheads = ngx_http_assist_evidence_heads(mcf, &heads);

    if (in->nheads) {
        ngx_free(f->heads);
        f->heads = ngx_alloc(in->nheads * sizeof(assist_chain_t),
                             ngx_cycle->log);

        if (f->heads == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(f->heads, heads, in->nheads * sizeof(assist_chain_t));
        in->heads = f->heads;
    }

    return f->arena ? NGX_OK : NGX_ERROR;
}


/* One slice. */

static void
ngx_http_assist_figure_run(void)
{
    uint64_t                   began;
    ngx_int_t                  rc;
    ngx_http_assist_figure_t  *f;

    f = ngx_http_assist_figures.making;
    began = ngx_http_assist_slice_begin();

    while (ngx_http_assist_stages[f->stage]) {
        rc = ngx_http_assist_stages[f->stage](f);

        if (rc == NGX_ERROR) {
            ngx_http_assist_figure_over(NGX_ERROR);
            return;
        }

        if (rc == NGX_OK) {
            f->stage++;
            f->at = 0;
        }

        if (ngx_http_assist_slice_over(began)
            && ngx_http_assist_stages[f->stage])
        {
            ngx_http_assist_figure_pause();

            if (ngx_http_assist_figures.turn) {
                return;
            }
        }
    }

    ngx_http_assist_figure_over(NGX_OK);
}


static void
ngx_http_assist_figure_over(ngx_int_t rc)
{
    ngx_queue_t                *q;
    ngx_http_assist_figure_t   *f;
    ngx_http_assist_waiter_t   *waiter;
    ngx_http_assist_figures_t  *figures;

    figures = &ngx_http_assist_figures;
    f = figures->making;
    figures->making = NULL;

    while (!ngx_queue_empty(&f->waiters)) {
        q = ngx_queue_head(&f->waiters);
        ngx_queue_remove(q);

        waiter = ngx_queue_data(q, ngx_http_assist_waiter_t, queue);
        waiter->over = 1;

        if (rc == NGX_OK) {
            waiter->figure = f;
            f->refs++;
        }

        waiter->ready(waiter);
    }

    if (!ngx_queue_empty(&figures->waiting)) {
        ngx_http_assist_figure_begin(f->mcf);
    }

    ngx_http_assist_figure_release(f);
}


/* Without memory for a pause there is none. */

static void
ngx_http_assist_figure_pause(void)
{
    ngx_http_assist_figures.turn = ngx_http_assist_op_turn(NULL, NULL,
                                              ngx_http_assist_figure_turn,
                                              NULL);
}


static void
ngx_http_assist_figure_turn(ngx_http_assist_op_t *op)
{
    ngx_http_assist_figures.turn = NULL;
    ngx_http_assist_figure_run();
}


/* What is known of all incarnations but this zone's, as one list. */

static ngx_int_t
ngx_http_assist_figure_others(ngx_http_assist_figure_t *f)
{
    ngx_http_assist_set_t             *set;
    ngx_http_assist_coverage_shctx_t  *sh;

    f->fields.len = 0;
    sh = ngx_http_assist_coverage_sh(f->mcf);

    if (sh) {
        set = &sh->sets[(f->month - f->last) % NGX_HTTP_ASSIST_MONTHS];
        f->id = set->id;
        ngx_http_assist_ledger_others(f->mcf, f->month, f->last, &f->in,
                                      &f->fields);
    }

    f->rest = assist_buf_str(&f->fields);

    return f->fields.failed ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_http_assist_figure_merge(ngx_http_assist_figure_t *f)
{
    uint32_t           service;
    ngx_uint_t         i;
    assist_str_t       name, value;
    assist_quality_t   quality;
    assist_counters_t  counters;

    for (i = 0; i < NGX_HTTP_ASSIST_FIGURE_FIELDS; i++) {

        if (assist_field_next(&f->rest, &name, &value) != 1) {
            return NGX_OK;
        }

        if (assist_str_eq(name, assist_str(ASSIST_STATE_QUALITY))) {
            if (assist_quality_unpack(value, &quality) == 0) {
                assist_quality_merge(&f->in.quality, &quality);
            }

            continue;
        }

        service = ngx_http_assist_figure_service(name);

        if (service != ASSIST_NONE
            && assist_ledger_unpack(value, &counters) == 0
            && ngx_http_assist_figure_add(f, service, &counters) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_AGAIN;
}


static ngx_int_t
ngx_http_assist_figure_own(ngx_http_assist_figure_t *f)
{
    uint32_t                           n;
    ngx_uint_t                         month;
    assist_counters_t                 *slot, counters;
    ngx_http_assist_set_t             *set;
    ngx_http_assist_coverage_shctx_t  *sh;

    sh = ngx_http_assist_coverage_sh(f->mcf);

    if (sh == NULL) {
        return NGX_OK;
    }

    month = f->month - f->last;
    set = &sh->sets[month % NGX_HTTP_ASSIST_MONTHS];

    for (n = 0; n < ASSIST_FIGURE_SLICE; n++) {

        if (set->month != month || f->at == f->mcf->catalog->nservices) {
            break;
        }

        slot = &set->slots[f->mcf->slots[f->at]];

        if (ngx_memcmp(slot, &ngx_http_assist_nothing,
                       sizeof(assist_counters_t)) != 0)
        {
            counters = *slot;

            if (ngx_http_assist_figure_add(f, f->at, &counters) != NGX_OK) {
                return NGX_ERROR;
            }
        }

        f->at++;
    }

    if (n == ASSIST_FIGURE_SLICE) {
        return NGX_AGAIN;
    }

    if (set->id != f->id) {
        /* a month has ended, and what was counted in the one that was cleared
         * is with the others now */
        return ngx_http_assist_figure_in(f) == NGX_OK ? NGX_AGAIN : NGX_ERROR;
    }

    return NGX_OK;
}


/* The same for the month before. */

static ngx_int_t
ngx_http_assist_figure_months(ngx_http_assist_figure_t *f)
{
    if (f->last == 0) {
        f->last = 1;
        f->stage = 0;
        f->at = 0;
        return NGX_AGAIN;
    }

    assist_buf_free(&f->fields);
    f->sum = assist_figure_begin(&f->in);

    return f->sum ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_assist_figure_sum(ngx_http_assist_figure_t *f)
{
    int  rc;

    rc = assist_figure_step(f->sum);

    return rc == 1 ? NGX_AGAIN : rc == 0 ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_assist_figure_add(ngx_http_assist_figure_t *f, uint32_t service,
    const assist_counters_t *counters)
{
    assist_counters_t  **c;

    c = &f->counters[f->last][service];

    if (*c) {
        assist_ledger_merge(*c, counters);
        return NGX_OK;
    }

    *c = assist_arena_alloc(f->arena, sizeof(assist_counters_t));
    if (*c == NULL) {
        return NGX_ERROR;
    }

    **c = *counters;

    return NGX_OK;
}


static const assist_counters_t *
ngx_http_assist_figure_counters(void *data, uint32_t service, int last)
{
    ngx_http_assist_figure_t *f = data;

    if (f->counters[last] == NULL) {
        return NULL;
    }

    return f->counters[last][service] ? f->counters[last][service]
                                      : &ngx_http_assist_nothing;
}


static void
ngx_http_assist_figure_release(ngx_http_assist_figure_t *f)
{
    if (--f->refs) {
        return;
    }

    assist_figure_free(f->sum);
    assist_arena_destroy(f->arena);
    assist_buf_free(&f->fields);

    if (f->counters[0]) {
        ngx_free(f->counters[0]);
    }

    if (f->counters[1]) {
        ngx_free(f->counters[1]);
    }

    if (f->heads) {
        ngx_free(f->heads);
    }

    ngx_free(f);
}


static void
ngx_http_assist_figure_ready(ngx_http_assist_waiter_t *waiter)
{
    ngx_http_assist_asker_t  *asker;

    asker = (ngx_http_assist_asker_t *) waiter;

    /* none: it was made at once */

    if (asker->op) {
        ngx_http_assist_op_done(asker->op);
    }
}


static void
ngx_http_assist_figure_wake(ngx_http_assist_op_t *op)
{
    ngx_http_request_t       *r;
    ngx_http_assist_asker_t  *asker;

    asker = op->data;
    asker->op = NULL;
    r = asker->request;

    r->read_event_handler = ngx_http_block_reading;
    ngx_http_finalize_request(r, asker->handler(r));
}


/* Its request has ended, and with it goes the waiter. */

static void
ngx_http_assist_figure_cancel(ngx_http_assist_op_t *op)
{
    ngx_http_assist_asker_t *asker;

    asker = op->data;
    asker->op = NULL;
}


static void
ngx_http_assist_figure_cleanup(void *data)
{
    ngx_http_assist_asker_t *asker = data;

    ngx_http_assist_figure_leave(&asker->waiter);
}
