/*
 * Redis: commands of requests.
 *
 * A command goes to its node: the only one, the sentinels' master, or that of
 * its slot in a cluster.  Replies come first in, first out, and a command
 * cannot be recalled, so an op whose request has gone stays until its reply has
 * come.  While a node is away its commands fail at once.
 */

#include "ngx_http_assist_redis.h"


ngx_msec_t
ngx_http_assist_redis_timeout(ngx_http_assist_redis_t *rd)
{
    return rd->timeout;
}


ngx_str_t
ngx_http_assist_redis_prefix(ngx_http_assist_redis_t *rd)
{
    return rd->prefix;
}


ngx_http_assist_op_t *
ngx_http_assist_redis_op(ngx_http_assist_redis_t *rd, ngx_http_request_t *r,
    ngx_queue_t *ops, ngx_http_assist_op_handler_pt handler, void *data)
{
    return ngx_http_assist_op_queue(r, ops, handler, data, &rd->waiting,
                                    rd->timeout);
}


ngx_int_t
ngx_http_assist_redis_send(ngx_http_assist_redis_t *rd,
    ngx_http_assist_op_t *op, ngx_uint_t argc, ngx_str_t *argv)
{
    ngx_uint_t                        i;
    assist_str_t                      words[NGX_HTTP_ASSIST_WORDS_MAX];
    ngx_http_assist_redis_node_t     *node;
    ngx_http_assist_redis_command_t  *cmd;

    if (argc > NGX_HTTP_ASSIST_WORDS_MAX) {
        return NGX_ERROR;
    }

    for (i = 0; i < argc; i++) {
        words[i] = ngx_http_assist_str(argv[i]);
    }

    if (rd->cluster) {
        return ngx_http_assist_redis_cluster_send(rd, op, words, argc);
    }

    node = ngx_queue_data(ngx_queue_head(&rd->nodes),
                          ngx_http_assist_redis_node_t, queue);

    if (ngx_http_assist_redis_usable(node) != NGX_OK) {
        return NGX_ERROR;
    }

    cmd = ngx_http_assist_redis_command(rd, op, 0);

    if (cmd == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_assist_redis_push(node, cmd, words, argc) != NGX_OK) {
        ngx_free(cmd);
        return NGX_ERROR;
    }

    if (op) {
        op->held = 1;
    }

    return NGX_OK;
}


void
ngx_http_assist_redis_exit(ngx_http_assist_redis_t *rd)
{
    ngx_uint_t                     i;
    ngx_queue_t                   *q, *lists[2];
    ngx_http_assist_redis_node_t  *node;

    lists[0] = &rd->sentinels;
    lists[1] = &rd->nodes;

    /* what is closed below is not asked for again */
    rd->exiting = 1;

    for (i = 0; i < 2; i++) {

        for (q = ngx_queue_head(lists[i]);
             q != ngx_queue_sentinel(lists[i]);
             q = ngx_queue_next(q))
        {
            node = ngx_queue_data(q, ngx_http_assist_redis_node_t, queue);
            ngx_http_assist_redis_shut(node);
            assist_buf_free(&node->out);
        }
    }

    ngx_http_assist_redis_cluster_exit(rd);
}


ngx_http_assist_redis_command_t *
ngx_http_assist_redis_command(ngx_http_assist_redis_t *rd,
    ngx_http_assist_op_t *op, size_t len)
{
    ngx_http_assist_redis_command_t  *cmd;

    cmd = ngx_alloc(sizeof(ngx_http_assist_redis_command_t) + len,
                    ngx_cycle->log);

    if (cmd != NULL) {
        cmd->op = op;
        cmd->handler = NULL;
        cmd->deadline = ngx_current_msec + rd->timeout;
        cmd->slot = 0;
        cmd->redirects = 0;
        cmd->len = len;
    }

    return cmd;
}


void
ngx_http_assist_redis_finish(ngx_http_assist_redis_command_t *cmd,
    redisReply *reply, const char *why)
{
    ngx_http_assist_op_t  *op;

    op = cmd->op;
    ngx_free(cmd);

    if (op == NULL) {
        return;
    }

    if (op->reply) {
        op->reply(op, reply);

    } else if (op->awaited && !op->done) {

        if (reply) {
            ngx_http_assist_redis_value(op, reply);

        } else {
            op->value.type = ASSIST_NIL;
            op->value.error = why;
        }
    }

    ngx_http_assist_op_done(op);
}
