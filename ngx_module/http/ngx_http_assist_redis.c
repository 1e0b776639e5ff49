/*
 * Redis: one pipelined connection a worker.
 *
 * hiredis reads the replies, nginx has the socket.
 * Replies are matched to commands first in, first out.  A command cannot be
 * recalled, so an op whose request has gone stays queued until its reply has
 * come.  While Redis is away every command fails at once, and is tried again
 * after a jittered pause; each change of state is one line in the log.
 */

#include "ngx_http_assist_redis.h"

#include "core/resp.h"


#define NGX_HTTP_ASSIST_REDIS_QUEUE   1024              /* commands */
#define NGX_HTTP_ASSIST_REDIS_BYTES   (4 * 1024 * 1024) /* not yet sent */
#define NGX_HTTP_ASSIST_REDIS_PAUSE   100               /* ms, doubled up to */
#define NGX_HTTP_ASSIST_REDIS_PAUSES  5000              /* ms */


static ngx_int_t ngx_http_assist_redis_connect(ngx_http_assist_redis_t *rd);
static ngx_int_t ngx_http_assist_redis_greet(ngx_http_assist_redis_t *rd);
static ngx_int_t ngx_http_assist_redis_queue(ngx_http_assist_redis_t *rd,
    ngx_http_assist_op_t *op, ngx_uint_t argc, ngx_str_t *argv);
static void ngx_http_assist_redis_flush(ngx_event_t *ev);
static void ngx_http_assist_redis_write(ngx_event_t *ev);
static void ngx_http_assist_redis_read(ngx_event_t *ev);
static ngx_int_t ngx_http_assist_redis_replies(ngx_http_assist_redis_t *rd);
static ngx_int_t ngx_http_assist_redis_reply(ngx_http_assist_redis_t *rd,
    redisReply *reply);
static ngx_uint_t ngx_http_assist_redis_refuses(redisReply *reply);
static void ngx_http_assist_redis_state(ngx_http_assist_redis_t *rd,
    redisReply *reply);
static void ngx_http_assist_redis_timeout_handler(ngx_event_t *ev);
static void ngx_http_assist_redis_close(ngx_http_assist_redis_t *rd,
    ngx_err_t err, const char *why);
static ngx_err_t ngx_http_assist_redis_error(ngx_connection_t *c);


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


ngx_int_t
ngx_http_assist_redis_send(ngx_http_assist_redis_t *rd,
    ngx_http_assist_op_t *op, ngx_uint_t argc, ngx_str_t *argv)
{
    if (rd->state == NGX_HTTP_ASSIST_REDIS_AWAY
        && ngx_http_assist_redis_connect(rd) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (rd->nops >= NGX_HTTP_ASSIST_REDIS_QUEUE
        || rd->out.len - rd->sent > NGX_HTTP_ASSIST_REDIS_BYTES)
    {
        return NGX_ERROR;
    }

    return ngx_http_assist_redis_queue(rd, op, argc, argv);
}


void
ngx_http_assist_redis_exit(ngx_http_assist_redis_t *rd)
{
    rd->reported = 1;
    ngx_http_assist_redis_close(rd, 0, "the worker ends");
    assist_buf_free(&rd->out);
}


static ngx_int_t
ngx_http_assist_redis_connect(ngx_http_assist_redis_t *rd)
{
    ngx_int_t          rc;
    ngx_log_t          quiet;
    ngx_connection_t  *c;

    if (ngx_exiting || ngx_terminate) {
        return NGX_ERROR;
    }

    if (rd->pause && (ngx_msec_int_t) (ngx_current_msec - rd->retry) < 0) {
        return NGX_ERROR;
    }

    rd->reader = redisReaderCreate();
    if (rd->reader == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&rd->peer, sizeof(ngx_peer_connection_t));

    rd->peer.sockaddr = rd->addr.sockaddr;
    rd->peer.socklen = rd->addr.socklen;
    rd->peer.name = &rd->addr.name;
    rd->peer.get = ngx_event_get_peer;
    rd->peer.log_error = NGX_ERROR_INFO;

    /* nginx would log each attempt; a change of state is our one line */
    quiet = *ngx_cycle->log;
    quiet.log_level = NGX_LOG_ALERT;
    rd->peer.log = &quiet;

    rc = ngx_event_connect_peer(&rd->peer);
    c = rd->peer.connection;

    if (rc == NGX_ERROR || rc == NGX_BUSY || rc == NGX_DECLINED) {
        ngx_http_assist_redis_close(rd, ngx_socket_errno, "connect() failed");
        return NGX_ERROR;
    }

    rd->peer.log = ngx_cycle->log;

    c->data = rd;
    c->log = ngx_cycle->log;
    c->read->log = c->log;
    c->write->log = c->log;
    c->read->handler = ngx_http_assist_redis_read;
    c->write->handler = ngx_http_assist_redis_write;

    /* graceful shutdown closes it when nobody waits for it */
    c->idle = 1;

    rd->flush.data = rd;
    rd->flush.handler = ngx_http_assist_redis_flush;
    rd->flush.log = ngx_cycle->log;

    rd->timer.data = rd;
    rd->timer.handler = ngx_http_assist_redis_timeout_handler;
    rd->timer.log = ngx_cycle->log;
    rd->timer.cancelable = 1;

    rd->state = NGX_HTTP_ASSIST_REDIS_CONNECTING;

    if (ngx_http_assist_redis_greet(rd) != NGX_OK) {
        ngx_http_assist_redis_close(rd, 0, "no memory");
        return NGX_ERROR;
    }

    if (rc == NGX_OK) {
        ngx_http_assist_redis_write(c->write);
    }

    return rd->state == NGX_HTTP_ASSIST_REDIS_AWAY ? NGX_ERROR : NGX_OK;
}


/* AUTH and SELECT go before everything else, in the same pipeline. */

static ngx_int_t
ngx_http_assist_redis_greet(ngx_http_assist_redis_t *rd)
{
    u_char     db[NGX_INT_T_LEN];
    ngx_str_t  argv[3];

    if (rd->password.len) {
        ngx_str_set(&argv[0], "AUTH");
        argv[1] = rd->user;
        argv[rd->user.len ? 2 : 1] = rd->password;

        if (ngx_http_assist_redis_queue(rd, NULL, rd->user.len ? 3 : 2, argv)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        rd->greetings++;
    }

    if (rd->db) {
        ngx_str_set(&argv[0], "SELECT");
        argv[1].data = db;
        argv[1].len = ngx_sprintf(db, "%i", rd->db) - db;

        if (ngx_http_assist_redis_queue(rd, NULL, 2, argv) != NGX_OK) {
            return NGX_ERROR;
        }

        rd->greetings++;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_redis_queue(ngx_http_assist_redis_t *rd,
    ngx_http_assist_op_t *op, ngx_uint_t argc, ngx_str_t *argv)
{
    ngx_uint_t             i;
    assist_str_t           words[NGX_HTTP_ASSIST_WORDS_MAX];
    ngx_http_assist_op_t  *mine;

    if (argc > NGX_HTTP_ASSIST_WORDS_MAX) {
        return NGX_ERROR;
    }

    for (i = 0; i < argc; i++) {
        words[i] = ngx_http_assist_str(argv[i]);
    }

    assist_resp_command(&rd->out, words, argc);

    if (rd->out.failed) {
        ngx_http_assist_redis_close(rd, 0, "no memory");
        return NGX_ERROR;
    }

    mine = op ? op : ngx_http_assist_op_create(NULL, NULL, NULL, NULL, 0);

    if (mine == NULL) {
        /* its command is written already: the replies would not match */
        ngx_http_assist_redis_close(rd, 0, "no memory");
        return NGX_ERROR;
    }

    mine->held = 1;
    ngx_queue_insert_tail(&rd->ops, &mine->link);

    if (rd->nops++ == 0) {
        rd->progress = ngx_current_msec;

        if (!rd->timer.timer_set) {
            ngx_add_timer(&rd->timer, 2 * rd->timeout);
        }
    }

    /* all commands of this turn of the event loop go in one write */
    if (rd->state == NGX_HTTP_ASSIST_REDIS_READY && !rd->flush.posted) {
        ngx_post_event(&rd->flush, &ngx_posted_events);
    }

    return NGX_OK;
}


static void
ngx_http_assist_redis_flush(ngx_event_t *ev)
{
    ngx_http_assist_redis_t  *rd;

    rd = ev->data;

    if (rd->state == NGX_HTTP_ASSIST_REDIS_READY) {
        ngx_http_assist_redis_write(rd->peer.connection->write);
    }
}


static void
ngx_http_assist_redis_write(ngx_event_t *ev)
{
    ssize_t                   n;
    ngx_err_t                 err;
    ngx_connection_t         *c;
    ngx_http_assist_redis_t  *rd;

    c = ev->data;
    rd = c->data;

    if (rd->state == NGX_HTTP_ASSIST_REDIS_CONNECTING) {
        err = ngx_http_assist_redis_error(c);

        if (err) {
            ngx_http_assist_redis_close(rd, err, "connect() failed");
            return;
        }

        rd->state = NGX_HTTP_ASSIST_REDIS_READY;
    }

    while (rd->sent < rd->out.len) {
        n = c->send(c, (u_char *) rd->out.data + rd->sent,
                    rd->out.len - rd->sent);

        if (n == NGX_AGAIN || n == 0) {
            break;
        }

        if (n < 0) {
            ngx_http_assist_redis_close(rd, ngx_socket_errno, "send() failed");
            return;
        }

        rd->sent += (size_t) n;
    }

    if (rd->sent == rd->out.len) {
        rd->out.len = 0;
        rd->sent = 0;
    }

    if (ngx_handle_write_event(c->write, 0) != NGX_OK
        || ngx_handle_read_event(c->read, 0) != NGX_OK)
    {
        ngx_http_assist_redis_close(rd, 0, "no event");
    }
}


static void
ngx_http_assist_redis_read(ngx_event_t *ev)
{
    u_char                    buf[16384];
    ssize_t                   n;
    ngx_connection_t         *c;
    ngx_http_assist_redis_t  *rd;

    c = ev->data;
    rd = c->data;

    if (c->close) {
        /* nginx takes back idle connections when it shuts down */
        rd->reported = 1;
        ngx_http_assist_redis_close(rd, 0, "the worker ends");
        return;
    }

    if (rd->state == NGX_HTTP_ASSIST_REDIS_CONNECTING) {
        ngx_http_assist_redis_write(c->write);

        if (rd->state != NGX_HTTP_ASSIST_REDIS_READY) {
            return;
        }
    }

    for ( ;; ) {
        n = c->recv(c, buf, sizeof(buf));

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == 0 || n == NGX_ERROR) {
            ngx_http_assist_redis_close(rd, n ? ngx_socket_errno : 0,
                                        n ? "recv() failed"
                                          : "it closed the connection");
            return;
        }

        if (redisReaderFeed(rd->reader, (char *) buf, (size_t) n) != REDIS_OK
            || ngx_http_assist_redis_replies(rd) != NGX_OK)
        {
            ngx_http_assist_redis_close(rd, 0, "its reply was not understood");
            return;
        }

        if (rd->state != NGX_HTTP_ASSIST_REDIS_READY) {
            return;
        }
    }

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_assist_redis_close(rd, 0, "no event");
    }
}


static ngx_int_t
ngx_http_assist_redis_replies(ngx_http_assist_redis_t *rd)
{
    void       *reply;
    ngx_int_t   rc;

    for ( ;; ) {
        reply = NULL;

        if (redisReaderGetReply(rd->reader, &reply) != REDIS_OK) {
            return NGX_ERROR;
        }

        if (reply == NULL) {
            return NGX_OK;
        }

        rc = ngx_http_assist_redis_reply(rd, reply);
        freeReplyObject(reply);

        if (rc != NGX_OK) {
            return rc == NGX_DONE ? NGX_OK : NGX_ERROR;
        }
    }
}


/* NGX_DONE: the connection was closed. */

static ngx_int_t
ngx_http_assist_redis_reply(ngx_http_assist_redis_t *rd, redisReply *reply)
{
    ngx_queue_t           *q;
    ngx_http_assist_op_t  *op;

    if (ngx_queue_empty(&rd->ops)) {
        return NGX_ERROR;
    }

    if (reply->type == REDIS_REPLY_ERROR
        && (rd->greetings || ngx_http_assist_redis_refuses(reply)))
    {
        ngx_http_assist_redis_close(rd, 0, reply->str);
        return NGX_DONE;
    }

    if (rd->greetings) {
        rd->greetings--;

    } else {
        ngx_http_assist_redis_state(rd, reply);
    }

    q = ngx_queue_head(&rd->ops);
    ngx_queue_remove(q);
    rd->nops--;

    op = ngx_queue_data(q, ngx_http_assist_op_t, link);

    if (op->request && !op->done) {
        ngx_http_assist_redis_value(op, reply);
    }

    ngx_http_assist_op_done(op);

    rd->progress = ngx_current_msec;

    return NGX_OK;
}


/* It is there, but not for us: no command will be answered. */

static ngx_uint_t
ngx_http_assist_redis_refuses(redisReply *reply)
{
    return ngx_strncmp(reply->str, "NOAUTH", 6) == 0
           || ngx_strncmp(reply->str, "LOADING", 7) == 0
           || ngx_strncmp(reply->str, "MASTERDOWN", 10) == 0;
}


/* A command was answered: says so where it was away, or what it refused. */

static void
ngx_http_assist_redis_state(ngx_http_assist_redis_t *rd, redisReply *reply)
{
    rd->pause = 0;

    if (rd->reported) {
        rd->reported = 0;
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "assist: redis %V is back", &rd->name);
    }

    if (reply->type == REDIS_REPLY_ERROR && !rd->complained) {
        rd->complained = 1;
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "assist: redis %V answers with errors: %s", &rd->name,
                      reply->str);

    } else if (reply->type != REDIS_REPLY_ERROR) {
        rd->complained = 0;
    }
}


/* Nothing came for twice a command's time: a silent peer is an absent one. */

static void
ngx_http_assist_redis_timeout_handler(ngx_event_t *ev)
{
    ngx_msec_t                silent;
    ngx_http_assist_redis_t  *rd;

    rd = ev->data;

    if (rd->nops == 0) {
        return;
    }

    silent = ngx_current_msec - rd->progress;

    if (silent < 2 * rd->timeout) {
        ngx_add_timer(&rd->timer, 2 * rd->timeout - silent);
        return;
    }

    ngx_http_assist_redis_close(rd, 0, "it does not answer in time");
}


static void
ngx_http_assist_redis_close(ngx_http_assist_redis_t *rd, ngx_err_t err,
    const char *why)
{
    ngx_queue_t           *q;
    ngx_http_assist_op_t  *op;

    if (!rd->reported) {
        rd->reported = 1;
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, err,
                      "assist: redis %V is away: %s; requests go on without "
                      "it", &rd->name, why);
    }

    rd->pause = rd->pause ? ngx_min(rd->pause * 2,
                                    NGX_HTTP_ASSIST_REDIS_PAUSES)
                          : NGX_HTTP_ASSIST_REDIS_PAUSE;
    rd->retry = ngx_current_msec + rd->pause / 2
                + (ngx_msec_t) ngx_random() % (rd->pause / 2 + 1);

    if (rd->timer.timer_set) {
        ngx_del_timer(&rd->timer);
    }

    if (rd->flush.posted) {
        ngx_delete_posted_event(&rd->flush);
    }

    if (rd->peer.connection) {
        rd->peer.connection->log = ngx_cycle->log;
        ngx_close_connection(rd->peer.connection);
        rd->peer.connection = NULL;
    }

    if (rd->reader) {
        redisReaderFree(rd->reader);
        rd->reader = NULL;
    }

    rd->state = NGX_HTTP_ASSIST_REDIS_AWAY;
    rd->out.len = 0;
    rd->out.failed = 0;
    rd->sent = 0;
    rd->nops = 0;
    rd->greetings = 0;

    while (!ngx_queue_empty(&rd->ops)) {
        q = ngx_queue_head(&rd->ops);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_http_assist_op_t, link);

        if (!op->done) {
            op->value.type = ASSIST_NIL;
            op->value.error = "redis is away";
        }

        ngx_http_assist_op_done(op);
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
