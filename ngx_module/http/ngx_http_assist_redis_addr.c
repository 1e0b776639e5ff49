/*
 * Where a node is: an address as written, or a name for nginx's resolver.
 *
 * A name is resolved when the node is connected, and looked at again when its
 * time is over; its addresses are tried in turn.
 */

#include "ngx_http_assist_redis.h"


#define NGX_HTTP_ASSIST_REDIS_UNKNOWN  10       /* seconds that a name that is
                                                   not resolved is let be */


static ngx_int_t ngx_http_assist_redis_resolve(
    ngx_http_assist_redis_node_t *node, ngx_resolver_handler_pt handler);
static void ngx_http_assist_redis_located(ngx_resolver_ctx_t *ctx);
static void ngx_http_assist_redis_relocated(ngx_resolver_ctx_t *ctx);
static void ngx_http_assist_redis_addrs(ngx_http_assist_redis_node_t *node,
    ngx_resolver_ctx_t *ctx);


ngx_int_t
ngx_http_assist_redis_literal(ngx_http_assist_redis_node_t *node)
{
    in_addr_t             addr;
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    ngx_memzero(&node->sockaddrs[0], sizeof(ngx_sockaddr_t));
    node->addr = 0;
    node->naddrs = 1;
    node->valid = 0;
    node->named = 0;

    addr = ngx_inet_addr(node->host.data, node->host.len);

    if (addr != INADDR_NONE) {
        sin = &node->sockaddrs[0].sockaddr_in;
        sin->sin_family = AF_INET;
        sin->sin_port = htons(node->port);
        sin->sin_addr.s_addr = addr;
        node->socklens[0] = sizeof(struct sockaddr_in);
        return NGX_OK;
    }

#if (NGX_HAVE_INET6)
    sin6 = &node->sockaddrs[0].sockaddr_in6;

    if (ngx_inet6_addr(node->host.data, node->host.len,
                       sin6->sin6_addr.s6_addr)
        == NGX_OK)
    {
        sin6->sin6_family = AF_INET6;
        sin6->sin6_port = htons(node->port);
        node->socklens[0] = sizeof(struct sockaddr_in6);
        return NGX_OK;
    }
#endif

    node->naddrs = 0;
    node->named = 1;

    return NGX_DECLINED;
}


void
ngx_http_assist_redis_locate(ngx_http_assist_redis_node_t *node)
{
    if (!node->named) {
        /* after a failure the next one of the name's, if it had several */
        node->addr = node->broken ? (node->addr + 1) % node->naddrs
                                  : node->addr;
        ngx_http_assist_redis_connect_addr(node);
        return;
    }

    if (ngx_http_assist_redis_resolve(node, ngx_http_assist_redis_located)
        != NGX_OK)
    {
        ngx_http_assist_redis_fail(node, 0, node->redis->resolver
                                   ? "its name could not be resolved"
                                   : "its name needs a resolver in http{}");
    }
}


void
ngx_http_assist_redis_relocate(ngx_http_assist_redis_node_t *node)
{
    node->valid = ngx_time() + NGX_HTTP_ASSIST_REDIS_UNKNOWN;

    if (node->resolving == NULL) {
        /* a failure leaves the connection as it is */
        (void) ngx_http_assist_redis_resolve(node,
                                             ngx_http_assist_redis_relocated);
    }
}


void
ngx_http_assist_redis_locate_cancel(ngx_http_assist_redis_node_t *node)
{
    if (node->resolving) {
        ngx_resolve_name_done(node->resolving);
        node->resolving = NULL;
    }
}


static ngx_int_t
ngx_http_assist_redis_resolve(ngx_http_assist_redis_node_t *node,
    ngx_resolver_handler_pt handler)
{
    ngx_resolver_ctx_t  *ctx;

    if (node->redis->resolver == NULL) {
        return NGX_ERROR;
    }

    ctx = ngx_resolve_start(node->redis->resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        return NGX_ERROR;
    }

    ctx->name = node->host;
    ctx->handler = handler;
    ctx->data = node;
    ctx->timeout = node->redis->resolver_timeout;
    ctx->cancelable = 1;

    node->resolving = ctx;

    if (ngx_resolve_name(ctx) != NGX_OK) {
        /* which has freed it */
        node->resolving = NULL;
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_assist_redis_located(ngx_resolver_ctx_t *ctx)
{
    u_char                         why[64];
    ngx_http_assist_redis_node_t  *node;

    node = ctx->data;

    if (ctx->state) {
        ngx_snprintf(why, sizeof(why), "its name could not be resolved (%s)%Z",
                     ngx_resolver_strerror(ctx->state));
        why[sizeof(why) - 1] = '\0';
        ngx_http_assist_redis_locate_cancel(node);
        ngx_http_assist_redis_fail(node, 0, (char *) why);
        return;
    }

    ngx_http_assist_redis_addrs(node, ctx);
    ngx_http_assist_redis_locate_cancel(node);

    ngx_http_assist_redis_connect_addr(node);
}


static void
ngx_http_assist_redis_relocated(ngx_resolver_ctx_t *ctx)
{
    ngx_uint_t                     i;
    ngx_http_assist_redis_node_t  *node;

    node = ctx->data;

    for (i = 0; ctx->state == 0 && i < ctx->naddrs; i++) {
        if (ngx_cmp_sockaddr(ctx->addrs[i].sockaddr, ctx->addrs[i].socklen,
                             &node->sockaddrs[node->addr].sockaddr,
                             node->socklens[node->addr], 0)
            == NGX_OK)
        {
            break;
        }
    }

    if (ctx->state || i < ctx->naddrs) {
        node->valid = ngx_max(ctx->valid, ngx_time() + 1);
        ngx_http_assist_redis_locate_cancel(node);
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "assist: redis %V has another address now", &node->name);

    ngx_http_assist_redis_shut(node);
}


/* The name's addresses; the one after the last used is first. */

static void
ngx_http_assist_redis_addrs(ngx_http_assist_redis_node_t *node,
    ngx_resolver_ctx_t *ctx)
{
    ngx_uint_t  i, n;

    n = ngx_min(ctx->naddrs, NGX_HTTP_ASSIST_REDIS_ADDRS);

    for (i = 0; i < n; i++) {
        ngx_memcpy(&node->sockaddrs[i], ctx->addrs[i].sockaddr,
                   ctx->addrs[i].socklen);
        node->socklens[i] = ctx->addrs[i].socklen;
        ngx_inet_set_port(&node->sockaddrs[i].sockaddr, node->port);
    }

    node->naddrs = n;
    node->addr = (node->addr + node->broken) % n;
    node->valid = ngx_max(ctx->valid, ngx_time() + 1);
}
