/*
 * A node's health: whether commands may wait for it, and the one line in the
 * log for each change.
 *
 * A node that was silent, or late, for two timeouts is away.  Then nobody waits
 * for it: after a jittered pause the next command opens it again, and fails at
 * once, as do all that follow until its greeting was answered.
 */

#include "ngx_http_assist_redis.h"


#define NGX_HTTP_ASSIST_REDIS_QUEUE    1024                /* commands */
#define NGX_HTTP_ASSIST_REDIS_BYTES    (4 * 1024 * 1024)   /* not yet sent */
#define NGX_HTTP_ASSIST_REDIS_PAUSE    100                 /* ms, doubled to */
#define NGX_HTTP_ASSIST_REDIS_PAUSES   5000                /* ms */
#define NGX_HTTP_ASSIST_REDIS_REFUSED  10000               /* ms; then it is
                                                              over */


static ngx_int_t ngx_http_assist_redis_open(ngx_http_assist_redis_node_t *node);
static ngx_uint_t ngx_http_assist_redis_refuses(
    ngx_http_assist_redis_node_t *node, redisReply *reply);


void
ngx_http_assist_redis_node_init(ngx_http_assist_redis_node_t *node,
    ngx_http_assist_redis_t *rd)
{
    node->redis = rd;
    ngx_queue_init(&node->commands);
}


ngx_int_t
ngx_http_assist_redis_usable(ngx_http_assist_redis_node_t *node)
{
    if (node->state == NGX_HTTP_ASSIST_REDIS_READY
        && node->valid && ngx_time() >= node->valid)
    {
        ngx_http_assist_redis_relocate(node);
    }

    if (node->state != NGX_HTTP_ASSIST_REDIS_READY) {

        if (ngx_http_assist_redis_open(node) != NGX_OK || node->broken) {
            return NGX_ERROR;
        }

        if (ngx_current_msec - node->started >= 2 * node->redis->timeout) {
            return NGX_ERROR;
        }
    }

    return node->ncommands >= NGX_HTTP_ASSIST_REDIS_QUEUE
           || node->out.len - node->sent > NGX_HTTP_ASSIST_REDIS_BYTES
           ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_http_assist_redis_ask(ngx_http_assist_redis_node_t *node,
    ngx_http_assist_redis_handler_pt handler, ngx_uint_t argc, ngx_str_t *argv)
{
    ngx_uint_t                        i;
    assist_str_t                      words[4];
    ngx_http_assist_redis_command_t  *cmd;

    if (ngx_http_assist_redis_open(node) != NGX_OK) {
        return NGX_ERROR;
    }

    cmd = ngx_http_assist_redis_command(node->redis, NULL, 0);
    if (cmd == NULL) {
        return NGX_ERROR;
    }

    cmd->handler = handler;

    for (i = 0; i < argc; i++) {
        words[i] = ngx_http_assist_str(argv[i]);
    }

    if (ngx_http_assist_redis_push(node, cmd, words, argc) != NGX_OK) {
        ngx_free(cmd);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* NGX_OK: it is connected, or on the way to it. */

static ngx_int_t
ngx_http_assist_redis_open(ngx_http_assist_redis_node_t *node)
{
    if (node->state != NGX_HTTP_ASSIST_REDIS_AWAY) {
        return NGX_OK;
    }

    if (node->redis->exiting || ngx_exiting || ngx_terminate) {
        return NGX_ERROR;
    }

    if (node->pause && (ngx_msec_int_t) (ngx_current_msec - node->retry) < 0) {
        return NGX_ERROR;
    }

    return ngx_http_assist_redis_connect(node);
}


void
ngx_http_assist_redis_alive(ngx_http_assist_redis_node_t *node)
{
    if (node->late) {
        return;
    }

    node->pause = 0;

    if (node->reported) {
        node->reported = 0;
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "assist: redis %V is back", &node->name);
    }
}


void
ngx_http_assist_redis_answered(ngx_http_assist_redis_node_t *node,
    redisReply *reply)
{
    ngx_http_assist_redis_alive(node);

    if (reply->type == REDIS_REPLY_ERROR
        && ngx_http_assist_redis_refuses(node, reply))
    {
        node->refused = ngx_current_msec;

        if (!node->refusing) {
            node->refusing = 1;
            ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                          "assist: redis %V refuses commands: %s; requests "
                          "go on without them", &node->name, reply->str);
        }

        /* after a failover its name may be another server's */
        if (ngx_strncmp(reply->str, "READONLY", 8) == 0
            && (node->reopened == 0
                || ngx_current_msec - node->reopened
                   > NGX_HTTP_ASSIST_REDIS_REFUSED))
        {
            node->reopened = ngx_current_msec;
            ngx_http_assist_redis_shut(node);
        }

    } else if (node->refusing
               && ngx_current_msec - node->refused
                  > NGX_HTTP_ASSIST_REDIS_REFUSED)
    {
        node->refusing = 0;
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "assist: redis %V refuses no more commands",
                      &node->name);
    }
}


/* Errors that tell of the server's state, not of the command. */

static ngx_uint_t
ngx_http_assist_redis_refuses(ngx_http_assist_redis_node_t *node,
    redisReply *reply)
{
    ngx_uint_t  i;

    static const char *const  codes[] = {
        "OOM ", "READONLY ", "MISCONF ", "NOREPLICAS ", "NOPERM ",
        "CLUSTERDOWN "
    };

    if (ngx_strncmp(reply->str, "MOVED ", 6) == 0) {
        /* a cluster that assist_redis does not know to be one */
        return !node->redis->cluster;
    }

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (ngx_strncmp(reply->str, codes[i], ngx_strlen(codes[i])) == 0) {
            return 1;
        }
    }

    return 0;
}


void
ngx_http_assist_redis_fail(ngx_http_assist_redis_node_t *node, ngx_err_t err,
    const char *why)
{
    if (!node->reported) {
        node->reported = 1;
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, err,
                      "assist: redis %V is away: %s; requests go on without "
                      "it", &node->name, why);
    }

    node->pause = node->pause ? ngx_min(node->pause * 2,
                                        NGX_HTTP_ASSIST_REDIS_PAUSES)
                              : NGX_HTTP_ASSIST_REDIS_PAUSE;
    node->retry = ngx_current_msec + node->pause / 2
                  + (ngx_msec_t) ngx_random() % (node->pause / 2 + 1);
    node->broken = 1;

    ngx_http_assist_redis_shut(node);

    if (node->redis->cluster) {
        ngx_http_assist_redis_cluster_stale(node->redis);
    }
}
