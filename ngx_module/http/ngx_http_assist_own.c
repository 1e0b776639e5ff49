/*
 * A request of the worker's own, and no visitor's: the parent of a call
 * (call.c), and what a hook's function runs for that goes on after its request
 * (later.c).  lua-nginx-module's timers use such requests, too.
 */

#include "ngx_http_assist.h"


static ngx_int_t ngx_http_assist_own_connection(ngx_http_request_t *own,
    ngx_http_request_t *r);
static ngx_int_t ngx_http_assist_own_fill(ngx_http_request_t *pr,
    ngx_http_request_t *r);
static void ngx_http_assist_own_event(ngx_event_t *ev);


ngx_http_request_t *
ngx_http_assist_own_create(ngx_http_request_t *r)
{
    ngx_pool_t          *pool;
    ngx_http_request_t  *own;

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    own = ngx_pcalloc(pool, sizeof(ngx_http_request_t));

    if (own != NULL) {
        own->pool = pool;

        if (ngx_http_assist_own_connection(own, r) == NGX_OK
            && ngx_http_assist_own_fill(own, r) == NGX_OK)
        {
            return own;
        }
    }

    ngx_destroy_pool(pool);

    return NULL;
}


ngx_int_t
ngx_http_assist_own_end(ngx_http_request_t *own)
{
    ngx_connection_t    *c;
    ngx_http_cleanup_t  *cln;

    c = own->connection;

    while (own->cleanup) {
        cln = own->cleanup;
        own->cleanup = cln->next;

        if (cln->handler) {
            cln->handler(cln->data);
        }
    }

    if (c->read->timer_set) {
        ngx_del_timer(c->read);
    }

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    if (own->blocked) {
        return NGX_AGAIN;
    }

    c->destroyed = 1;

    return NGX_OK;
}


/*
 * A connection without a socket, which looks as if it could always be written
 * to, and never be read from.  It has no address: what a location says of its
 * client is empty.
 */

static ngx_int_t
ngx_http_assist_own_connection(ngx_http_request_t *own,
    ngx_http_request_t *r)
{
    ngx_log_t            *log;
    ngx_event_t          *ev;
    struct sockaddr_in   *sin;
    ngx_connection_t     *c;
    ngx_http_log_ctx_t   *log_ctx;

    c = ngx_pcalloc(own->pool, sizeof(ngx_connection_t));
    ev = ngx_pcalloc(own->pool, 2 * sizeof(ngx_event_t));
    log = ngx_pcalloc(own->pool, sizeof(ngx_log_t));
    log_ctx = ngx_pcalloc(own->pool, sizeof(ngx_http_log_ctx_t));
    sin = ngx_pcalloc(own->pool, 2 * sizeof(struct sockaddr_in));

    if (c == NULL || ev == NULL || log == NULL || log_ctx == NULL
        || sin == NULL)
    {
        return NGX_ERROR;
    }

    *log = *ngx_cycle->log;
    log->connection = r->connection->number;
    log->handler = NULL;
    log->data = log_ctx;
    log->action = NULL;

    log_ctx->connection = c;
    log_ctx->request = own;
    log_ctx->current_request = own;

    c->fd = (ngx_socket_t) -1;
    c->read = &ev[0];
    c->write = &ev[1];
    c->log = log;
    c->pool = own->pool;
    c->number = r->connection->number;
    c->log_error = NGX_ERROR_INFO;
    c->tcp_nodelay = NGX_TCP_NODELAY_DISABLED;
    c->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;
    c->sndlowat = 1;

    c->read->data = c;
    c->read->log = log;
    c->read->handler = ngx_http_assist_own_event;
    c->read->active = 1;

    c->write->data = c;
    c->write->log = log;
    c->write->handler = ngx_http_assist_own_event;
    c->write->write = 1;
    c->write->active = 1;
    c->write->ready = 1;

    sin[0].sin_family = AF_INET;
    c->sockaddr = (struct sockaddr *) &sin[0];
    c->socklen = sizeof(struct sockaddr_in);

    /* without an address here nginx would ask the socket */
    sin[1].sin_family = AF_INET;
    sin[1].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ngx_inet_set_port((struct sockaddr *) &sin[1],
                      ngx_inet_get_port(r->connection->local_sockaddr));
    c->local_sockaddr = (struct sockaddr *) &sin[1];
    c->local_socklen = sizeof(struct sockaddr_in);

    c->data = own;
    own->connection = c;

    return NGX_OK;
}


/* A request that has arrived, and is never finalized. */

static ngx_int_t
ngx_http_assist_own_fill(ngx_http_request_t *pr,
    ngx_http_request_t *r)
{
    ngx_http_core_srv_conf_t   *cscf;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    pr->signature = NGX_HTTP_MODULE;
    pr->main = pr;
    pr->count = 1;

    pr->main_conf = cscf->ctx->main_conf;
    pr->srv_conf = cscf->ctx->srv_conf;
    pr->loc_conf = cscf->ctx->loc_conf;

    pr->ctx = ngx_pcalloc(pr->pool, sizeof(void *) * ngx_http_max_module);
    pr->variables = ngx_pcalloc(pr->pool, cmcf->variables.nelts
                                           * sizeof(ngx_http_variable_value_t));

    if (pr->ctx == NULL || pr->variables == NULL
        || ngx_list_init(&pr->headers_in.headers, pr->pool, 1,
                         sizeof(ngx_table_elt_t))
           != NGX_OK
        || ngx_list_init(&pr->headers_out.headers, pr->pool, 1,
                         sizeof(ngx_table_elt_t))
           != NGX_OK
        || ngx_list_init(&pr->headers_out.trailers, pr->pool, 1,
                         sizeof(ngx_table_elt_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    pr->headers_in.content_length_n = -1;
    pr->headers_in.keep_alive_n = -1;
    pr->headers_out.content_length_n = -1;
    pr->headers_out.last_modified_time = -1;

    pr->method = NGX_HTTP_GET;
    ngx_str_set(&pr->method_name, "GET");
    ngx_str_set(&pr->http_protocol, "HTTP/1.1");
    pr->http_version = NGX_HTTP_VERSION_11;
    ngx_str_set(&pr->uri, "/");
    pr->unparsed_uri = pr->uri;
    pr->uri_changes = NGX_HTTP_MAX_URI_CHANGES + 1;
    pr->subrequests = NGX_HTTP_MAX_SUBREQUESTS + 1;
    pr->http_state = NGX_HTTP_PROCESS_REQUEST_STATE;
    pr->log_handler = r->log_handler;
    pr->start_sec = ngx_time();
    pr->read_event_handler = ngx_http_request_empty_handler;
    pr->write_event_handler = ngx_http_request_empty_handler;

    return NGX_OK;
}


/* What a real connection's events do: a location may wait by a timer. */

static void
ngx_http_assist_own_event(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    c = ev->data;
    r = c->data;

    ngx_http_set_log_request(c->log, r);

    if (ev->delayed && ev->timedout) {
        ev->delayed = 0;
        ev->timedout = 0;
    }

    /* the subrequest itself is posted until it has begun */
    if (r->main->posted_requests == NULL) {
        if (ev->write) {
            r->write_event_handler(r);
        } else {
            r->read_event_handler(r);
        }
    }

    ngx_http_run_posted_requests(c);
}
