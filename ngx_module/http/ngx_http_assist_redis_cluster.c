/*
 * A cluster: which node has a key's slot.
 *
 * Commands start before the slots are known: any node answers with MOVED, which
 * teaches one slot and lets all be asked for again (CLUSTER SLOTS, at most once
 * a second).  A redirected command keeps its first deadline.  Nodes come and go
 * as the cluster lists them.
 */

#include "ngx_http_assist_redis.h"


#define NGX_HTTP_ASSIST_REDIS_NODES      512
#define NGX_HTTP_ASSIST_REDIS_REDIRECTS  5      /* of a command */
#define NGX_HTTP_ASSIST_REDIS_REFRESH    1000   /* ms */
#define NGX_HTTP_ASSIST_REDIS_AGAIN      5      /* ms, after TRYAGAIN */


static ngx_int_t ngx_http_assist_redis_cluster_init(
    ngx_http_assist_redis_t *rd);
static ngx_int_t ngx_http_assist_redis_route(ngx_http_assist_redis_t *rd,
    ngx_http_assist_redis_command_t *cmd);
static ngx_http_assist_redis_node_t *ngx_http_assist_redis_any(
    ngx_http_assist_redis_t *rd);
static void ngx_http_assist_redis_again(ngx_event_t *ev);
static void ngx_http_assist_redis_refresh(ngx_event_t *ev);
static const char *ngx_http_assist_redis_slots(
    ngx_http_assist_redis_node_t *node, redisReply *reply);
static ngx_int_t ngx_http_assist_redis_range(
    ngx_http_assist_redis_node_t *node, redisReply *range);
static const char *ngx_http_assist_redis_asking(
    ngx_http_assist_redis_node_t *node, redisReply *reply);
static ngx_http_assist_redis_node_t *ngx_http_assist_redis_target(
    ngx_http_assist_redis_node_t *node, redisReply *reply, size_t skip);
static ngx_http_assist_redis_node_t *ngx_http_assist_redis_node(
    ngx_http_assist_redis_t *rd, ngx_str_t *host, ngx_int_t port);
static void ngx_http_assist_redis_sweep(ngx_event_t *ev);


ngx_int_t
ngx_http_assist_redis_cluster_send(ngx_http_assist_redis_t *rd,
    ngx_http_assist_op_t *op, assist_str_t *words, ngx_uint_t n)
{
    uint32_t                          slot;
    ngx_http_assist_redis_command_t  *cmd;

    if (rd->slots == NULL
        && ngx_http_assist_redis_cluster_init(rd) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (assist_slot_command(words, n, &slot) != 0) {

        if (op == NULL) {
            return NGX_ERROR;
        }

        op->value.type = ASSIST_NIL;
        op->value.error = "the keys lie in different slots of the cluster; "
                          "keys with the same {tag} lie in one";
        ngx_http_assist_op_done(op);

        return NGX_OK;
    }

    rd->scratch.len = 0;
    assist_resp_command(&rd->scratch, words, n);

    cmd = rd->scratch.failed
          ? NULL : ngx_http_assist_redis_command(rd, op, rd->scratch.len);

    if (cmd == NULL) {
        assist_buf_free(&rd->scratch);
        return NGX_ERROR;
    }

    cmd->slot = slot;
    ngx_memcpy(cmd->data, rd->scratch.data, cmd->len);

    if (ngx_http_assist_redis_route(rd, cmd) != NGX_OK) {
        ngx_free(cmd);
        return NGX_ERROR;
    }

    if (op) {
        op->held = 1;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_redis_cluster_init(ngx_http_assist_redis_t *rd)
{
    rd->slots = ngx_calloc(ASSIST_SLOTS
                           * sizeof(ngx_http_assist_redis_node_t *),
                           ngx_cycle->log);
    if (rd->slots == NULL) {
        return NGX_ERROR;
    }

    rd->again_timer.data = rd;
    rd->again_timer.handler = ngx_http_assist_redis_again;
    rd->again_timer.log = ngx_cycle->log;

    rd->refresh.data = rd;
    rd->refresh.handler = ngx_http_assist_redis_refresh;
    rd->refresh.log = ngx_cycle->log;
    rd->refresh.cancelable = 1;

    rd->sweep.data = rd;
    rd->sweep.handler = ngx_http_assist_redis_sweep;
    rd->sweep.log = ngx_cycle->log;

    ngx_queue_init(&rd->again);

    rd->refreshed = ngx_current_msec - NGX_HTTP_ASSIST_REDIS_REFRESH;
    rd->stale = 1;

    return NGX_OK;
}


void
ngx_http_assist_redis_cluster_exit(ngx_http_assist_redis_t *rd)
{
    ngx_queue_t                      *q;
    ngx_http_assist_redis_command_t  *cmd;

    if (rd->slots == NULL) {
        return;
    }

    while (!ngx_queue_empty(&rd->again)) {
        q = ngx_queue_head(&rd->again);
        ngx_queue_remove(q);

        cmd = ngx_queue_data(q, ngx_http_assist_redis_command_t, link);
        ngx_http_assist_redis_finish(cmd, NULL, "redis is away");
    }

    assist_buf_free(&rd->scratch);
    ngx_free(rd->slots);
    rd->slots = NULL;
}


void
ngx_http_assist_redis_cluster_stale(ngx_http_assist_redis_t *rd)
{
    ngx_msec_t  since;

    rd->stale = 1;

    if (rd->refreshing || rd->refresh.timer_set || rd->exiting
        || rd->slots == NULL)
    {
        return;
    }

    since = ngx_current_msec - rd->refreshed;

    ngx_add_timer(&rd->refresh,
                  since < NGX_HTTP_ASSIST_REDIS_REFRESH
                  ? NGX_HTTP_ASSIST_REDIS_REFRESH - since : 1);
}


/* NGX_ERROR: it is not queued, and still the caller's. */

static ngx_int_t
ngx_http_assist_redis_route(ngx_http_assist_redis_t *rd,
    ngx_http_assist_redis_command_t *cmd)
{
    ngx_http_assist_redis_node_t  *node;

    if (rd->stale) {
        ngx_http_assist_redis_cluster_stale(rd);
    }

    node = rd->slots[cmd->slot];

    if (node == NULL) {
        node = ngx_http_assist_redis_any(rd);

        if (node == NULL) {
            return NGX_ERROR;
        }

    } else if (ngx_http_assist_redis_usable(node) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_assist_redis_push(node, cmd, NULL, 0);
}


/* A node that may be used, a connected one where there is one. */

static ngx_http_assist_redis_node_t *
ngx_http_assist_redis_any(ngx_http_assist_redis_t *rd)
{
    ngx_uint_t                     connected;
    ngx_queue_t                   *q;
    ngx_http_assist_redis_node_t  *node;

    for (connected = 1; /* void */ ; connected = 0) {

        for (q = ngx_queue_head(&rd->nodes);
             q != ngx_queue_sentinel(&rd->nodes);
             q = ngx_queue_next(q))
        {
            node = ngx_queue_data(q, ngx_http_assist_redis_node_t, queue);

            if ((node->state == NGX_HTTP_ASSIST_REDIS_READY) == connected
                && ngx_http_assist_redis_usable(node) == NGX_OK)
            {
                return node;
            }
        }

        if (!connected) {
            return NULL;
        }
    }
}


ngx_int_t
ngx_http_assist_redis_redirect(ngx_http_assist_redis_node_t *node,
    ngx_http_assist_redis_command_t *cmd, redisReply *reply)
{
    ngx_str_t                      asking;
    ngx_http_assist_redis_t       *rd;
    ngx_http_assist_redis_node_t  *target;

    rd = node->redis;

    if ((ngx_msec_int_t) (cmd->deadline - ngx_current_msec) <= 0
        || cmd->redirects++ == NGX_HTTP_ASSIST_REDIS_REDIRECTS)
    {
        return NGX_DECLINED;
    }

    if (ngx_strncmp(reply->str, "TRYAGAIN", 8) == 0) {
        cmd->redirects--;
        ngx_queue_insert_tail(&rd->again, &cmd->link);

        if (!rd->again_timer.timer_set) {
            ngx_add_timer(&rd->again_timer, NGX_HTTP_ASSIST_REDIS_AGAIN);
        }

        return NGX_OK;
    }

    if (ngx_strncmp(reply->str, "CLUSTERDOWN", 11) == 0) {
        ngx_http_assist_redis_cluster_stale(rd);
        return NGX_DECLINED;
    }

    if (ngx_strncmp(reply->str, "MOVED ", 6) == 0) {
        target = ngx_http_assist_redis_target(node, reply, 6);

        if (target) {
            rd->slots[cmd->slot] = target;
        }

        ngx_http_assist_redis_cluster_stale(rd);

    } else if (ngx_strncmp(reply->str, "ASK ", 4) == 0) {
        target = ngx_http_assist_redis_target(node, reply, 4);
        ngx_str_set(&asking, "ASKING");

        if (target == NULL || ngx_http_assist_redis_usable(target) != NGX_OK
            || ngx_http_assist_redis_ask(target, ngx_http_assist_redis_asking,
                                         1, &asking)
               != NGX_OK)
        {
            return NGX_DECLINED;
        }

    } else {
        return NGX_DECLINED;
    }

    return target != NULL
           && ngx_http_assist_redis_usable(target) == NGX_OK
           && ngx_http_assist_redis_push(target, cmd, NULL, 0) == NGX_OK
           ? NGX_OK : NGX_DECLINED;
}


/* The command after it tells how it went. */

static const char *
ngx_http_assist_redis_asking(ngx_http_assist_redis_node_t *node,
    redisReply *reply)
{
    return NULL;
}


/* Commands that met keys on their way from node to node. */

static void
ngx_http_assist_redis_again(ngx_event_t *ev)
{
    ngx_queue_t                      *q, commands;
    ngx_http_assist_redis_t          *rd;
    ngx_http_assist_redis_command_t  *cmd;

    rd = ev->data;

    ngx_queue_init(&commands);
    ngx_queue_add(&commands, &rd->again);
    ngx_queue_init(&rd->again);

    while (!ngx_queue_empty(&commands)) {
        q = ngx_queue_head(&commands);
        ngx_queue_remove(q);

        cmd = ngx_queue_data(q, ngx_http_assist_redis_command_t, link);

        if (ngx_http_assist_redis_route(rd, cmd) != NGX_OK) {
            ngx_http_assist_redis_finish(cmd, NULL, "redis is away");
        }
    }
}


static void
ngx_http_assist_redis_refresh(ngx_event_t *ev)
{
    ngx_str_t                      argv[2];
    ngx_uint_t                     i;
    ngx_queue_t                   *q;
    ngx_http_assist_redis_t       *rd;
    ngx_http_assist_redis_node_t  *node;

    rd = ev->data;
    rd->refreshed = ngx_current_msec;

    ngx_str_set(&argv[0], "CLUSTER");
    ngx_str_set(&argv[1], "SLOTS");

    for (i = 0; i < 2 * rd->nnodes; i++) {

        /* each time another node's word */
        q = ngx_queue_head(&rd->nodes);
        ngx_queue_remove(q);
        ngx_queue_insert_tail(&rd->nodes, q);

        node = ngx_queue_data(q, ngx_http_assist_redis_node_t, queue);

        /* those that are away come last */
        if (node->broken == (i >= rd->nnodes)
            && ngx_http_assist_redis_ask(node, ngx_http_assist_redis_slots, 2,
                                         argv)
               == NGX_OK)
        {
            rd->refreshing = 1;
            return;
        }
    }
}


static const char *
ngx_http_assist_redis_slots(ngx_http_assist_redis_node_t *node,
    redisReply *reply)
{
    size_t                         i;
    ngx_queue_t                   *q;
    ngx_http_assist_redis_t       *rd;
    ngx_http_assist_redis_node_t  *other;

    rd = node->redis;
    rd->refreshing = 0;

    if (reply == NULL) {
        return NULL;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_http_assist_redis_answered(node, reply);
        return ngx_strncmp(reply->str, "ERR This instance has cluster", 29)
               == 0
               ? "it is no cluster: take \"cluster\" from assist_redis" : NULL;
    }

    ngx_http_assist_redis_answered(node, reply);

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0) {
        /* it knows of no slot: a node that has not joined yet */
        return NULL;
    }

    for (q = ngx_queue_head(&rd->nodes);
         q != ngx_queue_sentinel(&rd->nodes);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, ngx_http_assist_redis_node_t, queue);
        other->listed = 0;
    }

    ngx_memzero(rd->slots,
                ASSIST_SLOTS * sizeof(ngx_http_assist_redis_node_t *));

    rd->stale = 0;

    for (i = 0; i < reply->elements; i++) {
        if (ngx_http_assist_redis_range(node, reply->element[i]) != NGX_OK) {
            rd->stale = 1;
        }
    }

    ngx_post_event(&rd->sweep, &ngx_posted_events);

    return NULL;
}


/* [first slot, last slot, [host, port, ...] of the master, replicas ...] */

static ngx_int_t
ngx_http_assist_redis_range(ngx_http_assist_redis_node_t *node,
    redisReply *range)
{
    long long                      slot;
    ngx_str_t                      host;
    redisReply                    *at;
    ngx_http_assist_redis_node_t  *master;

    if (range->type != REDIS_REPLY_ARRAY || range->elements < 3
        || range->element[0]->type != REDIS_REPLY_INTEGER
        || range->element[1]->type != REDIS_REPLY_INTEGER
        || range->element[0]->integer < 0
        || range->element[1]->integer >= ASSIST_SLOTS)
    {
        return NGX_ERROR;
    }

    at = range->element[2];

    if (at->type != REDIS_REPLY_ARRAY || at->elements < 2
        || at->element[1]->type != REDIS_REPLY_INTEGER)
    {
        return NGX_ERROR;
    }

    ngx_str_null(&host);

    if (at->element[0]->type == REDIS_REPLY_STRING) {
        host.data = (u_char *) at->element[0]->str;
        host.len = (size_t) at->element[0]->len;
    }

    /* none: that of the node that was asked */
    master = ngx_http_assist_redis_node(node->redis,
                                        host.len ? &host : &node->host,
                                        (ngx_int_t) at->element[1]->integer);
    if (master == NULL) {
        return NGX_ERROR;
    }

    for (slot = range->element[0]->integer;
         slot <= range->element[1]->integer;
         slot++)
    {
        node->redis->slots[slot] = master;
    }

    return NGX_OK;
}


/* MOVED slot host:port, ASK slot host:port; NULL: it makes no sense. */

static ngx_http_assist_redis_node_t *
ngx_http_assist_redis_target(ngx_http_assist_redis_node_t *node,
    redisReply *reply, size_t skip)
{
    u_char     *p, *last, *colon;
    ngx_int_t   port;
    ngx_str_t   host;

    p = (u_char *) reply->str + skip;
    last = (u_char *) reply->str + reply->len;

    p = ngx_strlchr(p, last, ' ');

    if (p == NULL) {
        return NULL;
    }

    p++;

    for (colon = last - 1; colon >= p && *colon != ':'; colon--) {
        /* void */
    }

    if (colon < p) {
        return NULL;
    }

    port = ngx_atoi(colon + 1, last - colon - 1);

    host.data = p;
    host.len = colon - p;

    return ngx_http_assist_redis_node(node->redis,
                                      host.len ? &host : &node->host, port);
}


/* The node there, perhaps a new one.  NULL: there are too many. */

static ngx_http_assist_redis_node_t *
ngx_http_assist_redis_node(ngx_http_assist_redis_t *rd, ngx_str_t *host,
    ngx_int_t port)
{
    u_char                        *p;
    ngx_uint_t                     brackets;
    ngx_queue_t                   *q;
    ngx_http_assist_redis_node_t  *node;

    if (port < 1 || port > 65535 || host->len == 0
        || host->len > NGX_HTTP_ASSIST_REDIS_HOST)
    {
        return NULL;
    }

    for (q = ngx_queue_head(&rd->nodes);
         q != ngx_queue_sentinel(&rd->nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_http_assist_redis_node_t, queue);

        if (node->port == port && node->host.len == host->len
            && ngx_memcmp(node->host.data, host->data, host->len) == 0)
        {
            node->listed = 1;
            return node;
        }
    }

    if (rd->nnodes == NGX_HTTP_ASSIST_REDIS_NODES) {
        return NULL;
    }

    node = ngx_calloc(sizeof(ngx_http_assist_redis_node_t) + 2 * host->len
                      + sizeof("[]:65535"), ngx_cycle->log);
    if (node == NULL) {
        return NULL;
    }

    ngx_http_assist_redis_node_init(node, rd);

    node->own = 1;
    node->listed = 1;
    node->port = (in_port_t) port;

    node->host.data = (u_char *) node + sizeof(ngx_http_assist_redis_node_t);
    node->host.len = host->len;
    p = ngx_cpymem(node->host.data, host->data, host->len);

    brackets = ngx_strlchr(host->data, host->data + host->len, ':') != NULL;

    node->name.data = p;
    p = ngx_sprintf(p, brackets ? "[%V]:%i" : "%V:%i", host, port);
    node->name.len = p - node->name.data;

    (void) ngx_http_assist_redis_literal(node);

    ngx_queue_insert_tail(&rd->nodes, &node->queue);
    rd->nnodes++;

    return node;
}


/*
 * Ends the connections to nodes that have no slots any more.  It is posted, so
 * that no function of such a node is under way.
 */

static void
ngx_http_assist_redis_sweep(ngx_event_t *ev)
{
    ngx_queue_t                   *q, *next;
    ngx_http_assist_redis_t       *rd;
    ngx_http_assist_redis_node_t  *node;

    rd = ev->data;

    for (q = ngx_queue_head(&rd->nodes);
         q != ngx_queue_sentinel(&rd->nodes);
         q = next)
    {
        next = ngx_queue_next(q);
        node = ngx_queue_data(q, ngx_http_assist_redis_node_t, queue);

        if (node->listed || node->ncommands) {
            continue;
        }

        ngx_http_assist_redis_shut(node);

        if (node->own) {
            ngx_queue_remove(q);
            rd->nnodes--;
            ngx_free(node);
        }
    }
}
