/*
 * The worker's connection to a node: nginx has the socket, hiredis reads the
 * replies, after core's gate.  All commands of a turn of the event loop go out
 * in one write.
 */

#include "ngx_http_assist_redis.h"


#define NGX_HTTP_ASSIST_REDIS_CONNECT  1000     /* ms, at least */
#define NGX_HTTP_ASSIST_REDIS_KEEP     65536    /* bytes of an empty `out` */
#define NGX_HTTP_ASSIST_REDIS_FEED     4096


static void ngx_http_assist_redis_flush(ngx_event_t *ev);
static void ngx_http_assist_redis_write(ngx_event_t *ev);
static ngx_int_t ngx_http_assist_redis_want_write(ngx_event_t *wev);
static void ngx_http_assist_redis_read(ngx_event_t *ev);
static ngx_int_t ngx_http_assist_redis_feed(
    ngx_http_assist_redis_node_t *node, char *p, size_t len);
static ngx_int_t ngx_http_assist_redis_replies(
    ngx_http_assist_redis_node_t *node);
static ngx_int_t ngx_http_assist_redis_reply(
    ngx_http_assist_redis_node_t *node, redisReply *reply);
static void ngx_http_assist_redis_timer(ngx_event_t *ev);
static ngx_msec_t ngx_http_assist_redis_patience(
    ngx_http_assist_redis_node_t *node);
static ngx_err_t ngx_http_assist_redis_error(ngx_connection_t *c);


ngx_int_t
ngx_http_assist_redis_connect(ngx_http_assist_redis_node_t *node)
{
    node->flush.data = node;
    node->flush.handler = ngx_http_assist_redis_flush;
    node->flush.log = ngx_cycle->log;

    node->timer.data = node;
    node->timer.handler = ngx_http_assist_redis_timer;
    node->timer.log = ngx_cycle->log;
    node->timer.cancelable = 1;

    ngx_memzero(&node->gate, sizeof(assist_resp_gate_t));

    node->reader = redisReaderCreate();
    node->started = ngx_current_msec;
    node->state = NGX_HTTP_ASSIST_REDIS_LOCATING;

    if (node->reader == NULL
        || ngx_http_assist_redis_greet(node) != NGX_OK)
    {
        ngx_http_assist_redis_fail(node, 0, "no memory");
        return NGX_ERROR;
    }

    node->greeting = node->out.len;

    if (node->redis->sentinel.len && !node->sentinel) {
        ngx_http_assist_redis_find_master(node);

    } else {
        ngx_http_assist_redis_locate(node);
    }

    return node->state == NGX_HTTP_ASSIST_REDIS_AWAY ? NGX_ERROR : NGX_OK;
}


void
ngx_http_assist_redis_connect_addr(ngx_http_assist_redis_node_t *node)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    ngx_memzero(&node->peer, sizeof(ngx_peer_connection_t));

    node->peer.sockaddr = &node->sockaddrs[node->addr].sockaddr;
    node->peer.socklen = node->socklens[node->addr];
    node->peer.name = &node->name;
    node->peer.get = ngx_event_get_peer;
    node->peer.log_error = NGX_ERROR_INFO;

    /* nginx would log each attempt; a change of state is our one line */
    node->log = *ngx_cycle->log;
    node->log.log_level = NGX_LOG_ALERT;
    node->peer.log = &node->log;

    node->state = NGX_HTTP_ASSIST_REDIS_CONNECTING;

    rc = ngx_event_connect_peer(&node->peer);
    c = node->peer.connection;

    if (rc == NGX_ERROR || rc == NGX_BUSY || rc == NGX_DECLINED) {
        ngx_http_assist_redis_fail(node, ngx_socket_errno,
                                   "connect() failed");
        return;
    }

    c->data = node;
    c->log = &node->log;
    c->read->log = c->log;
    c->write->log = c->log;
    c->read->handler = ngx_http_assist_redis_read;
    c->write->handler = ngx_http_assist_redis_write;

    ngx_add_timer(&node->timer,
                  ngx_max(2 * node->redis->timeout,
                          NGX_HTTP_ASSIST_REDIS_CONNECT));

    if (rc == NGX_OK) {
        ngx_http_assist_redis_write(c->write);
    }
}


void
ngx_http_assist_redis_connected(ngx_http_assist_redis_node_t *node)
{
    ngx_connection_t  *c;

    c = node->peer.connection;

    c->read->handler = ngx_http_assist_redis_read;
    c->write->handler = ngx_http_assist_redis_write;

    node->state = NGX_HTTP_ASSIST_REDIS_GREETING;
    ngx_http_assist_redis_write(c->write);
}


void
ngx_http_assist_redis_greeted(ngx_http_assist_redis_node_t *node)
{
    ngx_queue_t                      *q;
    ngx_http_assist_redis_command_t  *cmd;

    node->state = NGX_HTTP_ASSIST_REDIS_READY;
    node->broken = 0;
    node->late = 0;
    node->progress = ngx_current_msec;

    ngx_del_timer(&node->timer);

    /* what waited for the connection goes out now */
    for (q = ngx_queue_head(&node->commands);
         q != ngx_queue_sentinel(&node->commands);
         q = ngx_queue_next(q))
    {
        cmd = ngx_queue_data(q, ngx_http_assist_redis_command_t, link);
        cmd->due = ngx_current_msec + node->redis->timeout;
    }

    if (node->ncommands) {
        ngx_add_timer(&node->timer, ngx_http_assist_redis_patience(node));
        ngx_post_event(&node->flush, &ngx_posted_events);
    }
}


ngx_int_t
ngx_http_assist_redis_push(ngx_http_assist_redis_node_t *node,
    ngx_http_assist_redis_command_t *cmd, assist_str_t *words, ngx_uint_t n)
{
    if (cmd->len) {
        assist_buf_add(&node->out, (char *) cmd->data, cmd->len);

    } else {
        assist_resp_command(&node->out, words, n);
    }

    if (node->out.failed) {
        ngx_http_assist_redis_fail(node, 0, "no memory");
        return NGX_ERROR;
    }

    cmd->due = ngx_current_msec + node->redis->timeout;

    ngx_queue_insert_tail(&node->commands, &cmd->link);
    node->ncommands++;

    if (node->peer.connection) {
        node->peer.connection->idle = 0;
    }

    if (node->state != NGX_HTTP_ASSIST_REDIS_READY) {
        return NGX_OK;
    }

    if (node->ncommands == 1) {
        node->progress = ngx_current_msec;

        if (!node->timer.timer_set) {
            ngx_add_timer(&node->timer, ngx_http_assist_redis_patience(node));
        }
    }

    if (!node->flush.posted) {
        ngx_post_event(&node->flush, &ngx_posted_events);
    }

    return NGX_OK;
}


static void
ngx_http_assist_redis_flush(ngx_event_t *ev)
{
    ngx_http_assist_redis_node_t  *node;

    node = ev->data;

    ngx_http_assist_redis_write(node->peer.connection->write);
}


static void
ngx_http_assist_redis_write(ngx_event_t *ev)
{
    size_t                         end;
    ssize_t                        n;
    ngx_err_t                      err;
    ngx_connection_t              *c;
    ngx_http_assist_redis_node_t  *node;

    c = ev->data;
    node = c->data;

    if (node->state == NGX_HTTP_ASSIST_REDIS_CONNECTING) {
        err = ngx_http_assist_redis_error(c);

        if (err) {
            ngx_http_assist_redis_fail(node, err, "connect() failed");

        } else if (ngx_http_assist_redis_tls_start(node) != NGX_OK) {
            ngx_http_assist_redis_connected(node);
        }

        return;
    }

    end = node->state == NGX_HTTP_ASSIST_REDIS_READY ? node->out.len
                                                     : node->greeting;

    while (node->sent < end) {
        n = c->send(c, (u_char *) node->out.data + node->sent,
                    end - node->sent);

        if (n == NGX_AGAIN || n == 0) {
            break;
        }

        if (n < 0) {
            ngx_http_assist_redis_fail(node, ngx_socket_errno,
                                       "send() failed");
            return;
        }

        node->sent += (size_t) n;
    }

    if (node->sent == node->out.len) {
        node->out.len = 0;
        node->sent = 0;
        node->greeting = 0;

        if (node->out.cap > NGX_HTTP_ASSIST_REDIS_KEEP) {
            assist_buf_free(&node->out);
        }
    }

    if (ngx_http_assist_redis_want_write(c->write) != NGX_OK
        || ngx_handle_read_event(c->read, 0) != NGX_OK)
    {
        ngx_http_assist_redis_fail(node, 0, "no event");
    }
}


/*
 * Only while something is left to be sent: otherwise a Unix socket wakes the
 * worker as soon as Redis has read a command, long before it answers.
 */

static ngx_int_t
ngx_http_assist_redis_want_write(ngx_event_t *wev)
{
    if (wev->ready && wev->active) {
        return ngx_del_event(wev, NGX_WRITE_EVENT, 0);
    }

    return ngx_handle_write_event(wev, 0);
}


static void
ngx_http_assist_redis_read(ngx_event_t *ev)
{
    u_char                         buf[65536];
    ssize_t                        n;
    ngx_connection_t              *c;
    ngx_http_assist_redis_node_t  *node;

    c = ev->data;
    node = c->data;

    if (c->close) {
        /* nginx takes back idle connections when it shuts down */
        ngx_http_assist_redis_shut(node);
        return;
    }

    if (node->state == NGX_HTTP_ASSIST_REDIS_CONNECTING) {
        ngx_http_assist_redis_write(c->write);

        if (node->state != NGX_HTTP_ASSIST_REDIS_GREETING) {
            return;
        }
    }

    for ( ;; ) {
        n = c->recv(c, buf, sizeof(buf));

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == 0 || n == NGX_ERROR) {

            if (node->ncommands == 0) {
                /* nobody waits: the next command tells whether it is there */
                ngx_http_assist_redis_shut(node);
                return;
            }

            ngx_http_assist_redis_fail(node, n ? ngx_socket_errno : 0,
                                       n ? "recv() failed"
                                         : "it closed the connection");
            return;
        }

        if (ngx_http_assist_redis_feed(node, (char *) buf, (size_t) n)
            != NGX_OK)
        {
            return;
        }
    }

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_assist_redis_fail(node, 0, "no event");
    }
}


/*
 * In parts: hiredis moves what is left of its buffer after each reply.
 * NGX_DONE: the connection was closed.
 */

static ngx_int_t
ngx_http_assist_redis_feed(ngx_http_assist_redis_node_t *node, char *p,
    size_t len)
{
    size_t  n;

    for ( ; len; p += n, len -= n) {
        n = ngx_min(len, NGX_HTTP_ASSIST_REDIS_FEED);

        if (assist_resp_gate(&node->gate, p, n) != 0) {
            ngx_http_assist_redis_fail(node, 0, node->gate.error);
            return NGX_DONE;
        }

        if (redisReaderFeed(node->reader, p, n) != REDIS_OK) {
            ngx_http_assist_redis_fail(node, 0, "no memory");
            return NGX_DONE;
        }

        if (ngx_http_assist_redis_replies(node) != NGX_OK) {
            return NGX_DONE;
        }
    }

    return NGX_OK;
}


/* NGX_DONE: the connection was closed. */

static ngx_int_t
ngx_http_assist_redis_replies(ngx_http_assist_redis_node_t *node)
{
    void       *reply;
    ngx_int_t   rc;

    for ( ;; ) {
        reply = NULL;

        if (redisReaderGetReply(node->reader, &reply) != REDIS_OK) {
            ngx_http_assist_redis_fail(node, 0, "its reply was not understood");
            return NGX_DONE;
        }

        if (reply == NULL) {
            return NGX_OK;
        }

        rc = ngx_http_assist_redis_reply(node, reply);
        freeReplyObject(reply);

        if (rc != NGX_OK) {
            return rc;
        }
    }
}


static ngx_int_t
ngx_http_assist_redis_reply(ngx_http_assist_redis_node_t *node,
    redisReply *reply)
{
    const char                       *why;
    ngx_queue_t                      *q;
    ngx_http_assist_redis_command_t  *cmd;

    if (ngx_queue_empty(&node->commands)) {
        ngx_http_assist_redis_fail(node, 0, "it answers what was not asked");
        return NGX_DONE;
    }

    q = ngx_queue_head(&node->commands);
    ngx_queue_remove(q);
    node->ncommands--;

    /* graceful shutdown closes it, when nobody waits */
    node->peer.connection->idle = node->ncommands == 0;

    cmd = ngx_queue_data(q, ngx_http_assist_redis_command_t, link);
    why = NULL;

    /* a late reply is as bad as none, and the next has half the time */
    node->late = (ngx_msec_int_t) (cmd->due - ngx_current_msec) < 0;

    if (!node->late) {
        node->progress = ngx_current_msec;
    }

    if (cmd->handler) {
        why = cmd->handler(node, reply);
        ngx_free(cmd);

    } else if (reply->type == REDIS_REPLY_ERROR
               && (why = ngx_http_assist_redis_refusal(reply)) != NULL)
    {
        ngx_http_assist_redis_finish(cmd, NULL, "redis is away");

    } else if (!node->redis->cluster || reply->type != REDIS_REPLY_ERROR
               || ngx_http_assist_redis_redirect(node, cmd, reply) != NGX_OK)
    {
        ngx_http_assist_redis_finish(cmd, reply, NULL);
        ngx_http_assist_redis_answered(node, reply);

    } else {
        ngx_http_assist_redis_alive(node);
    }

    if (why) {
        ngx_http_assist_redis_fail(node, 0, why);
    }

    return node->state == NGX_HTTP_ASSIST_REDIS_AWAY ? NGX_DONE : NGX_OK;
}


static void
ngx_http_assist_redis_timer(ngx_event_t *ev)
{
    ngx_msec_t                     silent, patience;
    ngx_http_assist_redis_node_t  *node;

    node = ev->data;

    if (node->state == NGX_HTTP_ASSIST_REDIS_READY) {

        if (node->ncommands == 0) {
            return;
        }

        silent = ngx_current_msec - node->progress;
        patience = ngx_http_assist_redis_patience(node);

        if (silent < patience) {
            ngx_add_timer(&node->timer, patience - silent);
            return;
        }
    }

    ngx_http_assist_redis_fail(node, 0, "it does not answer in time");
}


/* How long a node may give no reply in time before it counts as away. */

static ngx_msec_t
ngx_http_assist_redis_patience(ngx_http_assist_redis_node_t *node)
{
    return node->late ? node->redis->timeout : 2 * node->redis->timeout;
}


void
ngx_http_assist_redis_shut(ngx_http_assist_redis_node_t *node)
{
    ngx_pool_t                       *pool;
    ngx_queue_t                      *q, commands;
    ngx_connection_t                 *c;
    ngx_http_assist_redis_command_t  *cmd;

    if (node->state == NGX_HTTP_ASSIST_REDIS_AWAY) {
        return;
    }

    node->state = NGX_HTTP_ASSIST_REDIS_AWAY;

    ngx_http_assist_redis_locate_cancel(node);

    if (node->timer.timer_set) {
        ngx_del_timer(&node->timer);
    }

    if (node->flush.posted) {
        ngx_delete_posted_event(&node->flush);
    }

    c = node->peer.connection;

    if (c) {
        pool = c->pool;
        ngx_http_assist_redis_tls_close(c);
        ngx_close_connection(c);
        node->peer.connection = NULL;

        if (pool) {
            ngx_destroy_pool(pool);
        }
    }

    if (node->reader) {
        redisReaderFree(node->reader);
        node->reader = NULL;
    }

    assist_buf_free(&node->out);
    node->out.failed = 0;
    node->sent = 0;

    /* what ends below may open the node again */
    ngx_queue_init(&commands);

    if (!ngx_queue_empty(&node->commands)) {
        ngx_queue_add(&commands, &node->commands);
        ngx_queue_init(&node->commands);
    }

    node->ncommands = 0;

    while (!ngx_queue_empty(&commands)) {
        q = ngx_queue_head(&commands);
        ngx_queue_remove(q);

        cmd = ngx_queue_data(q, ngx_http_assist_redis_command_t, link);

        if (cmd->handler) {
            (void) cmd->handler(node, NULL);
            ngx_free(cmd);

        } else {
            ngx_http_assist_redis_finish(cmd, NULL, "redis is away");
        }
    }
}


/* How connecting ended. */

static ngx_err_t
ngx_http_assist_redis_error(ngx_connection_t *c)
{
    int        err;     /* as getsockopt() wants it */
    socklen_t  len;

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    return err;
}
