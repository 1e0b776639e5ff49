/*
 * Sentinels: they are asked for the master's address whenever the connection to
 * it is made anew.  A failover closes it, or its commands are refused as
 * READONLY, or it does not answer: each leads here.
 */

#include "ngx_http_assist_redis.h"


static ngx_int_t ngx_http_assist_redis_ask_next(ngx_http_assist_redis_t *rd);
static const char *ngx_http_assist_redis_told(
    ngx_http_assist_redis_node_t *node, redisReply *reply);
static ngx_int_t ngx_http_assist_redis_is_at(
    ngx_http_assist_redis_node_t *master, redisReply *reply);
static void ngx_http_assist_redis_turn(ngx_http_assist_redis_t *rd);


void
ngx_http_assist_redis_find_master(ngx_http_assist_redis_node_t *master)
{
    ngx_queue_t              *q;
    ngx_http_assist_redis_t  *rd;

    rd = master->redis;
    rd->tries = 0;

    for (q = ngx_queue_head(&rd->sentinels);
         q != ngx_queue_sentinel(&rd->sentinels);
         q = ngx_queue_next(q))
    {
        rd->tries++;
    }

    if (master->broken) {
        /* the last one may not have heard of the failover */
        ngx_http_assist_redis_turn(rd);
    }

    if (ngx_http_assist_redis_ask_next(rd) != NGX_OK) {
        ngx_http_assist_redis_fail(master, 0, "no sentinel can be asked");
    }
}


static ngx_int_t
ngx_http_assist_redis_ask_next(ngx_http_assist_redis_t *rd)
{
    ngx_str_t                      argv[3];
    ngx_http_assist_redis_node_t  *node;

    ngx_str_set(&argv[0], "SENTINEL");
    ngx_str_set(&argv[1], "get-master-addr-by-name");
    argv[2] = rd->sentinel;

    while (rd->tries) {
        rd->tries--;

        node = ngx_queue_data(ngx_queue_head(&rd->sentinels),
                              ngx_http_assist_redis_node_t, queue);

        if (ngx_http_assist_redis_ask(node, ngx_http_assist_redis_told, 3,
                                      argv)
            == NGX_OK)
        {
            rd->asked = node;
            return NGX_OK;
        }

        ngx_http_assist_redis_turn(rd);
    }

    return NGX_ERROR;
}


/* The connection was for one question. */

static const char *
ngx_http_assist_redis_told(ngx_http_assist_redis_node_t *node,
    redisReply *reply)
{
    u_char                         why[128];
    ngx_int_t                      rc;
    ngx_http_assist_redis_t       *rd;
    ngx_http_assist_redis_node_t  *master;

    rd = node->redis;

    if (rd->asked != node) {
        return NULL;
    }

    rd->asked = NULL;
    master = ngx_queue_data(ngx_queue_head(&rd->nodes),
                            ngx_http_assist_redis_node_t, queue);

    rc = reply ? ngx_http_assist_redis_is_at(master, reply) : NGX_DECLINED;

    if (reply) {
        ngx_http_assist_redis_answered(node, reply);
        ngx_http_assist_redis_shut(node);
    }

    if (master->state != NGX_HTTP_ASSIST_REDIS_LOCATING) {
        return NULL;
    }

    if (rc == NGX_OK) {
        ngx_http_assist_redis_locate(master);
        return NULL;
    }

    ngx_http_assist_redis_turn(rd);

    if (ngx_http_assist_redis_ask_next(rd) != NGX_OK) {
        ngx_snprintf(why, sizeof(why) - 1,
                     reply ? "the sentinels do not know \"%V\"%Z"
                           : "no sentinel answers%Z", &rd->sentinel);
        why[sizeof(why) - 1] = '\0';
        ngx_http_assist_redis_fail(master, 0, (char *) why);
    }

    return NULL;
}


static ngx_int_t
ngx_http_assist_redis_is_at(ngx_http_assist_redis_node_t *master,
    redisReply *reply)
{
    ngx_int_t                 port;
    redisReply               *host;
    ngx_http_assist_redis_t  *rd;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_STRING
        || reply->element[1]->type != REDIS_REPLY_STRING)
    {
        return NGX_DECLINED;
    }

    rd = master->redis;
    host = reply->element[0];
    port = ngx_atoi((u_char *) reply->element[1]->str,
                    (size_t) reply->element[1]->len);

    if (port < 1 || port > 65535 || host->len < 1
        || (size_t) host->len > sizeof(rd->master))
    {
        return NGX_DECLINED;
    }

    if (port == master->port && (size_t) host->len == master->host.len
        && ngx_memcmp(host->str, master->host.data, host->len) == 0)
    {
        return NGX_OK;
    }

    ngx_memcpy(rd->master, host->str, host->len);
    master->host.data = rd->master;
    master->host.len = (size_t) host->len;
    master->port = (in_port_t) port;

    (void) ngx_http_assist_redis_literal(master);

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "assist: redis %V: the master of \"%V\" is %V:%i",
                  &master->name, &rd->sentinel, &master->host, port);

    return NGX_OK;
}


/* The first sentinel becomes the last. */

static void
ngx_http_assist_redis_turn(ngx_http_assist_redis_t *rd)
{
    ngx_queue_t  *q;

    q = ngx_queue_head(&rd->sentinels);
    ngx_queue_remove(q);
    ngx_queue_insert_tail(&rd->sentinels, q);
}
