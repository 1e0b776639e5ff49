/*
 * Who of all workers and nodes makes an answer: the node's lock, the portal's
 * lease, and the looks of those that wait for another's.
 */

#include "ngx_http_assist_flight_priv.h"


static ngx_int_t ngx_http_assist_flight_lease(ngx_http_assist_flight_t *f);
static void ngx_http_assist_flight_leased(ngx_http_assist_op_t *op);
static ngx_int_t ngx_http_assist_flight_wait(ngx_http_assist_flight_t *f);
static void ngx_http_assist_flight_look(ngx_http_assist_op_t *op);
static void ngx_http_assist_flight_looked(ngx_http_assist_op_t *op);
static void ngx_http_assist_flight_go_on(ngx_http_assist_flight_t *f);
static ngx_int_t ngx_http_assist_flight_leads(ngx_http_assist_flight_t *f);


/* The node's lock; who gets it looks into the cache again. */

ngx_int_t
ngx_http_assist_flight_lock(ngx_http_assist_flight_t *f)
{
    ngx_int_t                     rc;
    ngx_str_t                     record;
    ngx_http_request_t           *r;
    ngx_http_assist_main_conf_t  *mcf;

    r = f->leader->request;
    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if ((ngx_msec_int_t) (f->deadline - ngx_current_msec) <= 0) {
        return ngx_http_assist_flight_leads(f);
    }

    if (mcf->cache_zone && !f->locked) {

        if (ngx_http_assist_l1_lock(mcf->cache_zone, f->key, f->owner, f->age)
            != NGX_OK)
        {
            return ngx_http_assist_flight_wait(f);
        }

        f->locked = 1;

        rc = ngx_http_assist_l1_get(r, mcf->cache_zone, f->key, &record);

        if (rc == NGX_OK) {
            return ngx_http_assist_ask_take(f->leader, &record,
                                            ASSIST_CACHE_HIT)
                   == NGX_OK
                   ? NGX_AGAIN : ngx_http_assist_flight_leads(f);
        }
    }

    return ngx_http_assist_flight_lease(f);
}


/* The portal's lease. */

static ngx_int_t
ngx_http_assist_flight_lease(ngx_http_assist_flight_t *f)
{
    ngx_http_assist_ctx_t  *ctx;

    ctx = f->leader;

    if (!ctx->unleased
        && ngx_http_assist_cache_lease(ctx->request, &ctx->ops, f->key,
                                       f->owner, f->age,
                                       ngx_http_assist_flight_leased, f)
           == NGX_AGAIN)
    {
        ngx_http_assist_op_park(ctx->request);
        ngx_http_assist_flight_park(ctx->request, ctx);
        return NGX_AGAIN;
    }

    return ngx_http_assist_flight_leads(f);
}


static void
ngx_http_assist_flight_leased(ngx_http_assist_op_t *op)
{
    ngx_int_t                  rc;
    ngx_str_t                  record;
    ngx_http_assist_ctx_t     *ctx;
    ngx_http_assist_flight_t  *f;

    f = op->data;
    ctx = f->leader;

    if (op->value.type == ASSIST_NIL && op->value.error == NULL) {
        /* another node has it */

        if (ngx_http_assist_flight_wait(f) == NGX_OK) {
            ngx_http_assist_ask_lead(ctx);
        }

        return;
    }

    f->leased = op->value.type == ASSIST_STRING;

    if (f->leased) {
        rc = ngx_http_assist_cache_get(ctx->request, &ctx->ops, f->key,
                                       &record, ngx_http_assist_flight_looked,
                                       f);

        if (rc == NGX_AGAIN
            || (rc == NGX_OK
                && ngx_http_assist_ask_take(ctx, &record, ASSIST_CACHE_HIT)
                   == NGX_OK))
        {
            return;
        }
    }

    /* also where Redis failed: then each node makes its own */

    (void) ngx_http_assist_flight_leads(f);
    ngx_http_assist_ask_lead(ctx);
}


/* Somebody else makes it: look again in a while. */

static ngx_int_t
ngx_http_assist_flight_wait(ngx_http_assist_flight_t *f)
{
    ngx_msec_t              ms;
    ngx_http_assist_ctx_t  *ctx;

    ctx = f->leader;
    ms = NGX_HTTP_ASSIST_LOOK / 2 + ngx_random() % NGX_HTTP_ASSIST_LOOK;
    f->waited = 1;

    if (ngx_http_assist_op_sleep(ctx->request, &ctx->ops,
                                 ngx_http_assist_flight_look, f, ms)
        == NULL)
    {
        return ngx_http_assist_flight_leads(f);
    }

    ngx_http_assist_op_park(ctx->request);
    ngx_http_assist_flight_park(ctx->request, ctx);

    return NGX_AGAIN;
}


static void
ngx_http_assist_flight_look(ngx_http_assist_op_t *op)
{
    ngx_int_t                  rc;
    ngx_str_t                  record;
    ngx_http_assist_ctx_t     *ctx;
    ngx_http_assist_flight_t  *f;

    f = op->data;
    ctx = f->leader;

    rc = ngx_http_assist_cache_get(ctx->request, &ctx->ops, f->key, &record,
                                   ngx_http_assist_flight_looked, f);

    if (rc == NGX_AGAIN) {
        return;
    }

    if (rc == NGX_OK
        && ngx_http_assist_ask_take(ctx, &record, ASSIST_CACHE_HIT) == NGX_OK)
    {
        return;
    }

    ngx_http_assist_flight_go_on(f);
}


/* What Redis has of it. */

static void
ngx_http_assist_flight_looked(ngx_http_assist_op_t *op)
{
    ngx_str_t                  record;
    ngx_http_assist_ctx_t     *ctx;
    ngx_http_assist_flight_t  *f;

    f = op->data;
    ctx = f->leader;

    if (op->value.number == 0
        && ngx_http_assist_ask_record(ctx, op, &record) == NGX_OK
        && ngx_http_assist_ask_take(ctx, &record, ASSIST_CACHE_HIT) == NGX_OK)
    {
        return;
    }

    ngx_http_assist_flight_go_on(f);
}


static void
ngx_http_assist_flight_go_on(ngx_http_assist_flight_t *f)
{
    ngx_int_t  rc;

    rc = f->leased ? ngx_http_assist_flight_leads(f)
                   : ngx_http_assist_flight_lock(f);

    if (rc == NGX_OK) {
        ngx_http_assist_ask_lead(f->leader);
    }
}


/* From now on it is made here. */

static ngx_int_t
ngx_http_assist_flight_leads(ngx_http_assist_flight_t *f)
{
    ngx_queue_t            *q;
    ngx_http_assist_ctx_t  *ctx;

    f->made = 1;

    if (f->locked || f->leased) {
        ngx_add_timer(&f->renew, f->age / 3);
    }

    if (!f->waited) {
        return NGX_OK;
    }

    /* else all who waited for the same would lose patience with this one */

    for (q = ngx_queue_head(&f->followers);
         q != ngx_queue_sentinel(&f->followers);
         q = ngx_queue_next(q))
    {
        ctx = ngx_queue_data(q, ngx_http_assist_ctx_t, following);
        ctx->patient_until = ngx_current_msec
                     + ngx_http_assist_flight_conf(ctx)->cache_lock_timeout;
    }

    return NGX_OK;
}


void
ngx_http_assist_flight_renew(ngx_event_t *ev)
{
    ngx_http_request_t           *r;
    ngx_http_assist_flight_t     *f;
    ngx_http_assist_main_conf_t  *mcf;

    f = ev->data;
    r = f->leader->request;
    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (f->locked) {
        (void) ngx_http_assist_l1_lock(mcf->cache_zone, f->key, f->owner,
                                       f->age);
    }

    if (f->leased) {
        ngx_http_assist_cache_hold(r, f->key, f->owner, f->age);
    }

    ngx_add_timer(&f->renew, f->age / 3);
}
