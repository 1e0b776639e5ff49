#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_CALL_RETRY  10      /* ms, while a thread has it */
#define NGX_HTTP_ASSIST_CALL_LEAVE  1000    /* ms, to end by itself */


struct ngx_http_assist_call_s {
    ngx_pool_t                  *pool;
    ngx_http_request_t          *parent;
    ngx_http_request_t          *sr;
    ngx_http_assist_call_conf_t  conf;
    ngx_http_post_subrequest_t   post;
    ngx_event_t                  event;     /* posted when it is over */
    ngx_event_t                  timer;
    ngx_uint_t                   status;    /* 0: no header yet */
    unsigned                     header:1;
    unsigned                     whole:1;
    unsigned                     timedout:1;
    unsigned                     cancelled:1;
};


static ngx_http_assist_call_t *ngx_http_assist_call_create(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_assist_call_fill(ngx_http_assist_call_t *call,
    ngx_http_assist_call_conf_t *conf);
static ngx_str_t ngx_http_assist_call_host(ngx_http_request_t *sr);
static ngx_int_t ngx_http_assist_call_headers(ngx_http_request_t *sr,
    ngx_http_assist_call_conf_t *conf);
static ngx_int_t ngx_http_assist_call_body(ngx_http_request_t *sr,
    assist_str_t body);
static ngx_int_t ngx_http_assist_call_copy(ngx_pool_t *pool, assist_str_t from,
    ngx_str_t *to);
static ngx_int_t ngx_http_assist_call_done(ngx_http_request_t *sr, void *data,
    ngx_int_t rc);
static void ngx_http_assist_call_over(ngx_http_assist_call_t *call);
static void ngx_http_assist_call_timeout(ngx_event_t *ev);
static void ngx_http_assist_call_finish(ngx_event_t *ev);
static void ngx_http_assist_call_stop(ngx_http_assist_call_t *call);


ngx_http_assist_call_t *
ngx_http_assist_call_start(ngx_http_request_t *r,
    ngx_http_assist_call_conf_t *conf)
{
    ngx_str_t                uri, args;
    ngx_connection_t        *c;
    ngx_http_assist_call_t  *call;

    if (!(ngx_event_flags & NGX_USE_CLEAR_EVENT)) {
        /* others would be told to watch a connection that has no socket */
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "assist: no request can be made with this event method, "
                      "\"use epoll\"");
        return NULL;
    }

    call = ngx_http_assist_call_create(r);
    if (call == NULL) {
        return NULL;
    }

    call->conf = *conf;
    c = call->parent->connection;

    if (ngx_http_assist_call_copy(call->pool, ngx_http_assist_str(conf->uri),
                                  &uri)
        != NGX_OK
        || ngx_http_assist_call_copy(call->pool,
                                     ngx_http_assist_str(conf->args), &args)
           != NGX_OK
        || ngx_http_subrequest(call->parent, &uri, &args, &call->sr,
                               &call->post, NGX_HTTP_SUBREQUEST_BACKGROUND)
           != NGX_OK
        || ngx_http_assist_call_fill(call, conf) != NGX_OK)
    {
        ngx_destroy_pool(call->pool);
        return NULL;
    }

    /* as if it were the active request: buffered upstreams look at this */
    c->data = call->sr;

    /* from the event, so that a caller has its call before it hears of it */
    ngx_add_timer(&call->timer, conf->timeout);
    ngx_post_event(c->write, &ngx_posted_events);

    return call;
}


void
ngx_http_assist_call_cancel(ngx_http_assist_call_t *call)
{
    call->cancelled = 1;
    ngx_http_assist_call_over(call);
}


void
ngx_http_assist_call_leave(ngx_http_assist_call_t *call)
{
    call->cancelled = 1;

    if (!call->event.posted) {
        ngx_add_timer(&call->timer, NGX_HTTP_ASSIST_CALL_LEAVE);
    }
}


ngx_uint_t
ngx_http_assist_call_method(assist_str_t method)
{
    ngx_uint_t  i;

    static const struct {
        assist_str_t  name;
        ngx_uint_t    method;
    } methods[] = {
        { { "GET", 3 }, NGX_HTTP_GET },
        { { "HEAD", 4 }, NGX_HTTP_HEAD },
        { { "POST", 4 }, NGX_HTTP_POST },
        { { "PUT", 3 }, NGX_HTTP_PUT },
        { { "PATCH", 5 }, NGX_HTTP_PATCH },
        { { "DELETE", 6 }, NGX_HTTP_DELETE },
        { { "OPTIONS", 7 }, NGX_HTTP_OPTIONS }
    };

    for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (assist_str_eq(methods[i].name, method)) {
            return methods[i].method;
        }
    }

    return 0;
}


ngx_uint_t
ngx_http_assist_is_call(ngx_http_request_t *r)
{
    return r->main->post_subrequest
           && r->main->post_subrequest->handler == ngx_http_assist_call_done;
}


static ngx_http_assist_call_t *
ngx_http_assist_call_create(ngx_http_request_t *r)
{
    ngx_http_request_t      *parent;
    ngx_http_assist_call_t  *call;

    parent = ngx_http_assist_own_create(r);
    if (parent == NULL) {
        return NULL;
    }

    call = ngx_pcalloc(parent->pool, sizeof(ngx_http_assist_call_t));

    if (call == NULL) {
        ngx_destroy_pool(parent->pool);
        return NULL;
    }

    call->pool = parent->pool;
    call->parent = parent;

    parent->post_subrequest = &call->post;
    call->post.handler = ngx_http_assist_call_done;
    call->post.data = call;

    call->event.data = call;
    call->event.handler = ngx_http_assist_call_finish;
    call->event.log = ngx_cycle->log;

    call->timer.data = call;
    call->timer.handler = ngx_http_assist_call_timeout;
    call->timer.log = ngx_cycle->log;

    return call;
}


static ngx_int_t
ngx_http_assist_call_fill(ngx_http_assist_call_t *call,
    ngx_http_assist_call_conf_t *conf)
{
    ngx_http_request_t  *sr;

    sr = call->sr;

    sr->method = ngx_http_assist_call_method(conf->method);

    if (sr->method == 0
        || ngx_http_assist_call_copy(sr->pool, conf->method, &sr->method_name)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(&sr->headers_in, sizeof(ngx_http_headers_in_t));
    sr->headers_in.content_length_n = -1;
    sr->headers_in.keep_alive_n = -1;
    sr->headers_in.server = ngx_http_assist_call_host(sr);

    if (ngx_list_init(&sr->headers_in.headers, sr->pool, 8,
                      sizeof(ngx_table_elt_t))
        != NGX_OK
        || ngx_http_assist_call_headers(sr, conf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return conf->body.len ? ngx_http_assist_call_body(sr, conf->body) : NGX_OK;
}


/* $host: the server's own name, if it is one. */

static ngx_str_t
ngx_http_assist_call_host(ngx_http_request_t *sr)
{
    size_t                     i;
    ngx_str_t                  name;
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(sr, ngx_http_core_module);
    name = cscf->server_name;

    for (i = 0; i < name.len; i++) {
        if (!((name.data[i] >= '0' && name.data[i] <= '9')
              || (name.data[i] >= 'a' && name.data[i] <= 'z')
              || name.data[i] == '-' || (name.data[i] == '.' && i)))
        {
            name.len = 0;
        }
    }

    if (name.len == 0) {
        ngx_str_set(&name, "assist");
    }

    return name;
}


static ngx_int_t
ngx_http_assist_call_headers(ngx_http_request_t *sr,
    ngx_http_assist_call_conf_t *conf)
{
    ngx_uint_t        i;
    ngx_table_elt_t  *h;

    for (i = 0; i < conf->nheaders; i++) {
        h = ngx_list_push(&sr->headers_in.headers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(h, sizeof(ngx_table_elt_t));

        if (ngx_http_assist_call_copy(sr->pool, conf->headers[i].name, &h->key)
            != NGX_OK
            || ngx_http_assist_call_copy(sr->pool, conf->headers[i].value,
                                         &h->value)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        h->lowcase_key = ngx_pnalloc(sr->pool, h->key.len);
        if (h->lowcase_key == NULL) {
            return NGX_ERROR;
        }

        h->hash = ngx_hash_strlow(h->lowcase_key, h->key.data, h->key.len);

        /* what FastCGI and the like look for */

        if (ngx_http_assist_is(&h->key, "Content-Type")) {
            sr->headers_in.content_type = h;

        } else if (ngx_http_assist_is(&h->key, "Authorization")) {
            sr->headers_in.authorization = h;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_call_body(ngx_http_request_t *sr, assist_str_t body)
{
    ngx_buf_t  *b;
    ngx_str_t   copy;

    sr->request_body = ngx_pcalloc(sr->pool, sizeof(ngx_http_request_body_t));
    b = ngx_calloc_buf(sr->pool);

    if (sr->request_body == NULL || b == NULL
        || ngx_http_assist_call_copy(sr->pool, body, &copy) != NGX_OK)
    {
        return NGX_ERROR;
    }

    sr->request_body->bufs = ngx_alloc_chain_link(sr->pool);
    if (sr->request_body->bufs == NULL) {
        return NGX_ERROR;
    }

    b->start = copy.data;
    b->pos = copy.data;
    b->last = copy.data + copy.len;
    b->end = b->last;
    b->memory = 1;
    b->last_buf = 1;

    sr->request_body->bufs->buf = b;
    sr->request_body->bufs->next = NULL;
    sr->headers_in.content_length_n = (off_t) copy.len;

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_call_copy(ngx_pool_t *pool, assist_str_t from, ngx_str_t *to)
{
    to->len = from.len;
    to->data = ngx_pnalloc(pool, from.len ? from.len : 1);

    if (to->data == NULL) {
        return NGX_ERROR;
    }

    if (from.len) {
        ngx_memcpy(to->data, from.data, from.len);
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_assist_call_allowed(ngx_http_request_t *r)
{
    ngx_http_assist_call_t    *call;
    ngx_http_core_loc_conf_t  *clcf;

    call = r->main->post_subrequest->data;
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!call->conf.internal) {
        return 1;
    }

    if (r->upstream && r->upstream->headers_in.x_accel_redirect) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "assist: nothing is sent to \"%V\", where a provider's "
                      "X-Accel-Redirect points, add \"proxy_ignore_headers "
                      "X-Accel-Redirect;\" to its location", &r->uri);
        return 0;
    }

    if (clcf->internal) {
        return 1;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "assist: nothing is sent to \"%V\": location \"%V\" of this "
                  "server is not internal", &r->uri, &clcf->name);

    return 0;
}


ngx_int_t
ngx_http_assist_call_header_filter(ngx_http_request_t *r)
{
    ngx_http_assist_call_t  *call;

    call = r->main->post_subrequest->data;

    r->header_sent = 1;
    r->header_only = r->method == NGX_HTTP_HEAD;
    r->filter_need_in_memory = 1;

    /* of a subrequest below (an include): dropped */
    if (r != call->sr || call->header || call->cancelled) {
        return NGX_OK;
    }

    call->header = 1;
    call->status = r->headers_out.status;
    call->whole = r->header_only;
    call->conf.header(call->conf.data, r);

    return NGX_OK;
}


/* Takes all there is: upstream uses its buffers again. */

ngx_int_t
ngx_http_assist_call_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t               *b;
    assist_str_t             part;
    ngx_http_assist_call_t  *call;

    call = r->main->post_subrequest->data;

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;

        if (r == call->sr && !call->cancelled) {
            part.data = (char *) b->pos;
            part.len = ngx_buf_in_memory(b) ? (size_t) (b->last - b->pos) : 0;

            if (part.len) {
                call->conf.body_part(call->conf.data, part);
            }

            if (b->last_in_chain || b->last_buf) {
                call->whole = 1;
            }
        }

        b->pos = b->last;
        b->file_pos = b->file_last;
    }

    return NGX_OK;
}


/*
 * The subrequest is over.  Nothing but NGX_OK is returned: nginx would make an
 * error page of it, or end the parent.
 */

static ngx_int_t
ngx_http_assist_call_done(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_http_assist_call_t *call = data;

    if (sr != call->sr) {
        return NGX_OK;
    }

    /* a filter that gave up: its connection is not to be closed for that */
    sr->connection->error = 0;

    if (!call->header) {
        call->status = rc >= NGX_HTTP_SPECIAL_RESPONSE ? (ngx_uint_t) rc
                                                       : NGX_HTTP_BAD_GATEWAY;
    }

    ngx_http_assist_call_over(call);

    return NGX_OK;
}


static void
ngx_http_assist_call_over(ngx_http_assist_call_t *call)
{
    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    if (!call->event.posted) {
        ngx_post_event(&call->event, &ngx_posted_events);
    }
}


static void
ngx_http_assist_call_timeout(ngx_event_t *ev)
{
    ngx_http_assist_call_t  *call;

    call = ev->data;
    call->timedout = 1;
    ngx_http_assist_call_finish(&call->event);
}


/* The end of every call, from an event that is nobody's. */

static void
ngx_http_assist_call_finish(ngx_event_t *ev)
{
    ngx_http_assist_call_t      *call;
    ngx_http_assist_call_end_e   how;

    call = ev->data;

    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    if (call->event.posted) {
        ngx_delete_posted_event(&call->event);
    }

    if (!call->cancelled) {
        call->cancelled = 1;

        how = call->timedout ? NGX_HTTP_ASSIST_CALL_TIMEOUT
              : !call->header ? NGX_HTTP_ASSIST_CALL_FAILED
              : !call->whole ? NGX_HTTP_ASSIST_CALL_CUT
              : NGX_HTTP_ASSIST_CALL_WHOLE;

        call->conf.end(call->conf.data, how, call->status);
    }

    ngx_http_assist_call_stop(call);
}


/* Ends what the subrequest has begun, and frees all of it. */

static void
ngx_http_assist_call_stop(ngx_http_assist_call_t *call)
{
    ngx_int_t  rc;

    rc = ngx_http_assist_own_end(call->parent);

    /* its cleanups have finalized the subrequest */
    if (call->event.posted) {
        ngx_delete_posted_event(&call->event);
    }

    if (rc == NGX_AGAIN) {
        /* a thread still reads a file for it */
        call->timer.handler = ngx_http_assist_call_finish;
        ngx_add_timer(&call->timer, NGX_HTTP_ASSIST_CALL_RETRY);
        return;
    }

    ngx_destroy_pool(call->pool);
}
