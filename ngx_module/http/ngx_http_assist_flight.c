#include "ngx_http_assist_flight_priv.h"


#define NGX_HTTP_ASSIST_FLIGHTS  256        /* buckets */
#define NGX_HTTP_ASSIST_LEASE    3000       /* ms; renewed in time */


static ngx_http_assist_flight_t *ngx_http_assist_flight_find(u_char *key);
static ngx_http_assist_flight_t *ngx_http_assist_flight_create(
    ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_flight_follow(ngx_http_assist_flight_t *f,
    ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_flight_be_patient(ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_flight_unfollow(ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_flight_impatient(ngx_event_t *ev);
static void ngx_http_assist_flight_land(ngx_http_assist_flight_t *f);
static void ngx_http_assist_flight_pass_on(ngx_queue_t *followers,
    ngx_uint_t alone);
static void ngx_http_assist_flight_take(ngx_event_t *ev);
static void ngx_http_assist_flight_unheard(ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_flight_close(ngx_event_t *ev);
static void ngx_http_assist_flight_reading(ngx_http_request_t *r);
static ngx_uint_t ngx_http_assist_flight_is_personal(
    ngx_http_assist_ctx_t *ctx);
static ngx_uint_t ngx_http_assist_flight_followed(ngx_http_assist_ctx_t *ctx);


static ngx_queue_t  ngx_http_assist_flights[NGX_HTTP_ASSIST_FLIGHTS];


ngx_int_t
ngx_http_assist_flight_join(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_http_assist_flight_t  *f;

    f = ngx_http_assist_flight_find(ctx->key);

    if (f != NULL) {
        ngx_http_assist_flight_follow(f, ctx);
        return NGX_AGAIN;
    }

    f = ngx_http_assist_flight_create(ctx);

    if (f == NULL) {
        /* then it is made for one alone */
        return NGX_OK;
    }

    return ngx_http_assist_flight_lock(f);
}


ngx_uint_t
ngx_http_assist_flight_busy(u_char *key)
{
    return ngx_http_assist_flight_find(key) != NULL;
}


static ngx_http_assist_flight_t *
ngx_http_assist_flight_find(u_char *key)
{
    ngx_queue_t               *q, *bucket;
    ngx_http_assist_flight_t  *f;

    bucket = &ngx_http_assist_flights[key[0]];

    if (bucket->next == NULL) {
        ngx_queue_init(bucket);
    }

    for (q = ngx_queue_head(bucket);
         q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q))
    {
        f = ngx_queue_data(q, ngx_http_assist_flight_t, link);

        if (ngx_memcmp(f->key, key, ASSIST_DIGEST_LEN) == 0) {
            return f;
        }
    }

    return NULL;
}


static ngx_http_assist_flight_t *
ngx_http_assist_flight_create(ngx_http_assist_ctx_t *ctx)
{
    ngx_http_assist_flight_t    *f;
    ngx_http_assist_loc_conf_t  *lcf;

    lcf = ngx_http_assist_flight_conf(ctx);

    f = ngx_calloc(sizeof(ngx_http_assist_flight_t),
                   ctx->request->connection->log);
    if (f == NULL) {
        return NULL;
    }

    ngx_memcpy(f->key, ctx->key, ASSIST_DIGEST_LEN);
    ngx_queue_init(&f->followers);
    ngx_queue_insert_tail(&ngx_http_assist_flights[f->key[0]], &f->link);

    f->leader = ctx;
    ctx->flight = f;

    f->owner = ((uint64_t) ngx_pid << 32) ^ ((uint64_t) ngx_random() << 16)
               ^ (uint64_t) (uintptr_t) f;
    f->deadline = ngx_current_msec + lcf->cache_lock_timeout;

    /* who waits must not lose patience before one that died is noticed */
    f->age = ngx_max(ngx_min(lcf->cache_lock_timeout / 3,
                             NGX_HTTP_ASSIST_LEASE), 100);

    f->renew.data = f;
    f->renew.handler = ngx_http_assist_flight_renew;
    f->renew.log = ngx_cycle->log;
    f->renew.cancelable = 1;

    return f;
}


static void
ngx_http_assist_flight_follow(ngx_http_assist_flight_t *f,
    ngx_http_assist_ctx_t *ctx)
{
    ctx->flight = f;
    ngx_queue_insert_tail(&f->followers, &ctx->following);

    if (ctx->patient_until == 0) {
        ctx->patient_until = ngx_current_msec
                 + ngx_http_assist_flight_conf(ctx)->cache_lock_timeout;
    }

    ctx->patience.data = ctx;
    ctx->patience.handler = ngx_http_assist_flight_impatient;
    ctx->patience.log = ctx->request->connection->log;
    ngx_http_assist_flight_be_patient(ctx);

    ngx_http_assist_op_park(ctx->request);
    ngx_http_assist_stream_park(ctx->request, ctx);

    /* what was said before it came */
    ngx_http_assist_stream_more(ctx);
}


static void
ngx_http_assist_flight_be_patient(ngx_http_assist_ctx_t *ctx)
{
    ngx_msec_int_t  left, least;

    left = (ngx_msec_int_t) (ctx->patient_until - ngx_current_msec);
    least = ctx->flight->made ? 1 : NGX_HTTP_ASSIST_LOOK;

    ngx_add_timer(&ctx->patience, ngx_max(left, least));
}


static void
ngx_http_assist_flight_unfollow(ngx_http_assist_ctx_t *ctx)
{
    ngx_queue_remove(&ctx->following);
    ctx->flight = NULL;

    /* the leader's text may not be this one's */
    ngx_http_assist_stream_hush(ctx);

    if (ctx->patience.timer_set) {
        ngx_del_timer(&ctx->patience);
    }
}


/*
 * Longer than assist_cache_lock_timeout, and nothing was said yet.  What has
 * begun ends in time: a model has deadlines of its own.
 */

static void
ngx_http_assist_flight_impatient(ngx_event_t *ev)
{
    ngx_connection_t       *c;
    ngx_http_assist_ctx_t  *ctx, *leader;

    ctx = ev->data;

    if (ngx_http_assist_flight_said(ctx)->len) {
        return;
    }

    if (!ctx->flight->made
        || (ngx_msec_int_t) (ctx->patient_until - ngx_current_msec) > 0)
    {
        /* its leader has the same patience with who makes it elsewhere */
        ngx_http_assist_flight_be_patient(ctx);
        return;
    }

    c = ctx->request->connection;
    leader = ctx->flight->leader;

    ngx_http_set_log_request(c->log, ctx->request);
    ngx_http_assist_flight_unfollow(ctx);
    ngx_http_assist_flight_unheard(leader);
    ngx_http_assist_ask_lead(ctx);
    ngx_http_run_posted_requests(c);
}


void
ngx_http_assist_flight_end(ngx_http_assist_ctx_t *ctx, ngx_str_t *record,
    assist_cache_t status, ngx_http_assist_share_e share)
{
    ngx_uint_t                 alone, began;
    ngx_queue_t                waiting, *q;
    ngx_http_assist_ctx_t     *follower;
    ngx_http_assist_flight_t  *f;

    f = ctx->flight;

    if (f == NULL || f->leader != ctx) {
        return;
    }

    ngx_queue_init(&waiting);

    while (!ngx_queue_empty(&f->followers)) {
        q = ngx_queue_head(&f->followers);
        follower = ngx_queue_data(q, ngx_http_assist_ctx_t, following);
        ngx_http_assist_flight_unfollow(follower);

        began = ngx_http_assist_stream_began(follower);

        if (!began && share != NGX_HTTP_ASSIST_SHARE_ALL) {
            ngx_queue_insert_tail(&waiting, &follower->following);
            continue;
        }

        /* each from an event of its own, in its own context */

        follower->record.len = 0;
        follower->record_status = status;

        if (share != NGX_HTTP_ASSIST_SHARE_NONE) {
            follower->record.data = ngx_pnalloc(follower->request->pool,
                                                record->len);

            if (follower->record.data) {
                follower->record.len = record->len;
                ngx_memcpy(follower->record.data, record->data, record->len);
            }
        }

        follower->patience.handler = ngx_http_assist_flight_take;
        ngx_post_event(&follower->patience, &ngx_posted_events);
    }

    alone = ngx_http_assist_flight_is_personal(ctx);

    ngx_http_assist_flight_land(f);
    ngx_http_assist_flight_pass_on(&waiting, alone);
}


/* A follower's turn: the leader's answer, or none. */

static void
ngx_http_assist_flight_take(ngx_event_t *ev)
{
    ngx_connection_t       *c;
    ngx_http_assist_ctx_t  *ctx;

    ctx = ev->data;
    c = ctx->request->connection;

    ngx_http_set_log_request(c->log, ctx->request);

    if (ctx->record.len == 0
        || ngx_http_assist_ask_take(ctx, &ctx->record, ctx->record_status)
           != NGX_OK)
    {
        if (ngx_http_assist_stream_began(ctx)) {
            /* a part of it has been sent, and the rest is not for this one */
            ctx->outcome = 1;
            ctx->event.outcome = ASSIST_ERROR_PROVIDER;
            ngx_http_assist_ask_done(ctx->request);

        } else if (ctx->flight == NULL
                   || ngx_http_assist_flight_lock(ctx->flight) == NGX_OK)
        {
            ngx_http_assist_ask_lead(ctx);
        }
    }

    ngx_http_run_posted_requests(c);
}


/*
 * One after another: the first makes it, the others follow it; or each makes
 * its own.
 */

static void
ngx_http_assist_flight_pass_on(ngx_queue_t *followers, ngx_uint_t alone)
{
    ngx_queue_t               *q;
    ngx_http_assist_ctx_t     *ctx;
    ngx_http_assist_flight_t  *f;

    f = NULL;

    while (!ngx_queue_empty(followers)) {
        q = ngx_queue_head(followers);
        ngx_queue_remove(q);
        ctx = ngx_queue_data(q, ngx_http_assist_ctx_t, following);

        if (f != NULL) {
            ngx_http_assist_flight_follow(f, ctx);
            continue;
        }

        f = alone ? NULL : ngx_http_assist_flight_create(ctx);

        ctx->record.len = 0;
        ctx->patience.handler = ngx_http_assist_flight_take;
        ngx_post_event(&ctx->patience, &ngx_posted_events);
    }
}


/* Nobody makes it any more, or it is made. */

static void
ngx_http_assist_flight_land(ngx_http_assist_flight_t *f)
{
    ngx_http_request_t           *r;
    ngx_http_assist_main_conf_t  *mcf;

    r = f->leader->request;
    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    f->leader->flight = NULL;

    if (f->renew.timer_set) {
        ngx_del_timer(&f->renew);
    }

    if (f->locked) {
        ngx_http_assist_l1_unlock(mcf->cache_zone, f->key, f->owner);
    }

    if (f->leased) {
        /* after the value, on the same connection */
        ngx_http_assist_cache_hold(r, f->key, f->owner, 0);
    }

    ngx_queue_remove(&f->link);
    ngx_free(f);
}


void
ngx_http_assist_flight_leave(ngx_http_assist_ctx_t *ctx)
{
    ngx_http_assist_flight_t  *f;

    if (ctx->patience.posted) {
        ngx_delete_posted_event(&ctx->patience);
    }

    f = ctx->flight;

    if (f == NULL) {
        return;
    }

    if (f->leader == ctx) {
        ngx_http_assist_flight_end(ctx, NULL, ASSIST_CACHE_NONE,
                                   NGX_HTTP_ASSIST_SHARE_NONE);
        return;
    }

    ngx_http_assist_flight_unfollow(ctx);
    ngx_http_assist_flight_unheard(f->leader);
}


/* A leader whose client has left, when nobody follows it any more. */

static void
ngx_http_assist_flight_unheard(ngx_http_assist_ctx_t *ctx)
{
    if (ctx->gone && !ngx_http_assist_flight_followed(ctx)) {
        ctx->patience.data = ctx;
        ctx->patience.handler = ngx_http_assist_flight_close;
        ctx->patience.log = ctx->request->connection->log;
        ngx_post_event(&ctx->patience, &ngx_posted_events);
    }
}


static void
ngx_http_assist_flight_close(ngx_event_t *ev)
{
    ngx_connection_t       *c;
    ngx_http_assist_ctx_t  *ctx;

    ctx = ev->data;
    c = ctx->request->connection;

    if (ngx_http_assist_flight_followed(ctx)) {
        /* somebody came meanwhile */
        return;
    }

    ngx_http_set_log_request(c->log, ctx->request);
    ngx_http_finalize_request(ctx->request, NGX_HTTP_CLIENT_CLOSED_REQUEST);
    ngx_http_run_posted_requests(c);
}


void
ngx_http_assist_flight_park(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    if (ctx->flight && ctx->flight->leader == ctx) {
        r->read_event_handler = ctx->gone ? ngx_http_request_empty_handler
                                          : ngx_http_assist_flight_reading;
    }
}


/* As ngx_http_test_reading(), where others wait for what this one makes. */

static void
ngx_http_assist_flight_reading(ngx_http_request_t *r)
{
    char                    buf[1];
    ssize_t                 n;
    ngx_connection_t       *c;
    ngx_http_assist_ctx_t  *ctx;

    c = r->connection;
    ctx = ngx_http_assist_ctx(r, 0);

    if (!ngx_http_assist_flight_followed(ctx)) {
        ngx_http_test_reading(r);
        return;
    }

#if (NGX_HTTP_V2)
    if (r->stream) {
        n = c->error ? 0 : -1;
    } else
#endif

#if (NGX_HAVE_EPOLLRDHUP)
    if ((ngx_event_flags & NGX_USE_EPOLL_EVENT) && ngx_use_epoll_rdhup) {
        /* there may be something to read before the end, as of TLS */
        n = c->read->pending_eof ? 0 : -1;
    } else
#endif
    {
        n = recv(c->fd, buf, 1, MSG_PEEK);

        if (n == -1 && ngx_socket_errno != NGX_EAGAIN) {
            n = 0;
        }
    }

    if (n == 0) {
        (void) ngx_http_assist_flight_gone(r, ctx);
    }
}


/* It is heard by nobody, and goes on for those who follow. */

ngx_uint_t
ngx_http_assist_flight_gone(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_connection_t  *c;

    if (!ngx_http_assist_flight_followed(ctx)) {
        return 0;
    }

    c = r->connection;

    ctx->gone = 1;
    r->read_event_handler = ngx_http_request_empty_handler;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    ngx_log_error(NGX_LOG_INFO, c->log, 0,
                  "client has left, others wait for its answer");

    return 1;
}


static ngx_uint_t
ngx_http_assist_flight_followed(ngx_http_assist_ctx_t *ctx)
{
    return ctx->flight && ctx->flight->leader == ctx
           && !ngx_queue_empty(&ctx->flight->followers);
}


void
ngx_http_assist_flight_personal(ngx_http_assist_ctx_t *ctx)
{
    ctx->personal = 1;

    if (ngx_http_assist_flight_is_personal(ctx)) {
        ngx_http_assist_flight_end(ctx, NULL, ASSIST_CACHE_NONE,
                                   NGX_HTTP_ASSIST_SHARE_NONE);
        ngx_http_assist_flight_unheard(ctx);
    }
}


/* What one citizen's header has a part in is not another's. */

static ngx_uint_t
ngx_http_assist_flight_is_personal(ngx_http_assist_ctx_t *ctx)
{
    return ctx->personal
           && ngx_http_assist_flight_conf(ctx)->cache_scope == NULL;
}


const assist_buf_t *
ngx_http_assist_flight_said(ngx_http_assist_ctx_t *ctx)
{
    ngx_http_assist_ctx_t  *leader;

    if (ctx->flight == NULL || ctx->flight->leader == ctx) {
        return &ctx->said;
    }

    leader = ctx->flight->leader;

    return ngx_http_assist_flight_is_personal(leader) ? &ctx->said
                                                      : &leader->said;
}


void
ngx_http_assist_flight_more(ngx_http_assist_ctx_t *ctx)
{
    ngx_queue_t  *q;

    if (ctx->flight == NULL || ctx->flight->leader != ctx) {
        return;
    }

    for (q = ngx_queue_head(&ctx->flight->followers);
         q != ngx_queue_sentinel(&ctx->flight->followers);
         q = ngx_queue_next(q))
    {
        ngx_http_assist_stream_more(ngx_queue_data(q, ngx_http_assist_ctx_t,
                                                   following));
    }
}


size_t
ngx_http_assist_flight_sent(ngx_http_assist_ctx_t *ctx)
{
    size_t        sent;
    ngx_queue_t  *q;

    sent = ngx_http_assist_stream_sent(ctx);

    if (ctx->flight && ctx->flight->leader == ctx) {
        for (q = ngx_queue_head(&ctx->flight->followers);
             q != ngx_queue_sentinel(&ctx->flight->followers);
             q = ngx_queue_next(q))
        {
            sent = ngx_max(sent, ngx_http_assist_stream_sent(
                               ngx_queue_data(q, ngx_http_assist_ctx_t,
                                              following)));
        }
    }

    return sent;
}


ngx_http_assist_loc_conf_t *
ngx_http_assist_flight_conf(ngx_http_assist_ctx_t *ctx)
{
    return ngx_http_get_module_loc_conf(ctx->request, ngx_http_assist_module);
}
