/*
 * Redis: one pipelined connection a worker.
 *
 * hiredis reads the replies, nginx has the socket.
 * Replies are matched to commands first in, first out.  A command cannot be
 * recalled, so an op whose request has gone stays queued until its reply has
 * come.  While Redis is away every command fails at once, and is tried again
 * after a jittered pause; each change of state is one line in the log.
 */

#include "ngx_http_assist.h"

#include <hiredis/hiredis.h>

#include "core/resp.h"


#define NGX_HTTP_ASSIST_REDIS_WORDS   8                 /* of a command */
#define NGX_HTTP_ASSIST_REDIS_QUEUE   1024              /* commands */
#define NGX_HTTP_ASSIST_REDIS_BYTES   (4 * 1024 * 1024) /* not yet sent */
#define NGX_HTTP_ASSIST_REDIS_PAUSE   100               /* ms, doubled up to */
#define NGX_HTTP_ASSIST_REDIS_PAUSES  5000              /* ms */


typedef enum {
    NGX_HTTP_ASSIST_REDIS_AWAY = 0,
    NGX_HTTP_ASSIST_REDIS_CONNECTING,
    NGX_HTTP_ASSIST_REDIS_READY
} ngx_http_assist_redis_state_e;


struct ngx_http_assist_redis_s {
    ngx_addr_t                      addr;
    ngx_str_t                       name;           /* as in the log */
    ngx_str_t                       user;
    ngx_str_t                       password;
    ngx_str_t                       prefix;
    ngx_int_t                       db;
    ngx_msec_t                      timeout;

    /* in a worker */
    ngx_peer_connection_t           peer;
    ngx_http_assist_redis_state_e   state;
    ngx_msec_t                      pause;
    ngx_msec_t                      retry;          /* not before */
    ngx_queue_t                     ops;            /* await their reply */
    ngx_uint_t                      nops;
    ngx_uint_t                      greetings;      /* AUTH, SELECT to come */
    redisReader                    *reader;
    assist_buf_t                    out;
    size_t                          sent;           /* of out */
    ngx_event_t                     flush;          /* posted */
    ngx_event_t                     timer;          /* while ops wait */
    ngx_msec_t                      progress;       /* when a reply came last */
    unsigned                        reported:1;     /* its absence */
    unsigned                        complained:1;   /* of an error reply */
};


static char *ngx_http_assist_redis_url(ngx_conf_t *cf,
    ngx_http_assist_redis_t *rd, ngx_str_t *url);
static char *ngx_http_assist_redis_option(ngx_conf_t *cf,
    ngx_http_assist_redis_t *rd, ngx_str_t *value);
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
static void ngx_http_assist_redis_value(ngx_http_assist_op_t *op,
    redisReply *reply);
static void ngx_http_assist_redis_timeout_handler(ngx_event_t *ev);
static void ngx_http_assist_redis_close(ngx_http_assist_redis_t *rd,
    ngx_err_t err, const char *why);
static ngx_err_t ngx_http_assist_redis_error(ngx_connection_t *c);


/* assist_redis url [user=] [password_file=] [timeout=] [prefix=] */

char *
ngx_http_assist_redis_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t *mcf = conf;

    char                     *rv;
    ngx_str_t                *value;
    ngx_uint_t                i;
    ngx_http_assist_redis_t  *rd;

    if (mcf->redis) {
        return "is duplicate";
    }

    rd = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_redis_t));
    if (rd == NULL) {
        return NGX_CONF_ERROR;
    }

    rd->timeout = 50;
    ngx_str_set(&rd->prefix, "assist:");
    ngx_queue_init(&rd->ops);

    value = cf->args->elts;
    rv = ngx_http_assist_redis_url(cf, rd, &value[1]);

    for (i = 2; rv == NGX_CONF_OK && i < cf->args->nelts; i++) {
        rv = ngx_http_assist_redis_option(cf, rd, &value[i]);
    }

    mcf->redis = rd;

    return rv;
}


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


static char *
ngx_http_assist_redis_url(ngx_conf_t *cf, ngx_http_assist_redis_t *rd,
    ngx_str_t *url)
{
    u_char     *slash;
    ngx_url_t   u;

    ngx_memzero(&u, sizeof(ngx_url_t));
    u.default_port = 6379;
    u.url = *url;

    if (ngx_strncmp(url->data, "redis://", 8) == 0) {
        u.url.data += 8;
        u.url.len -= 8;

        slash = ngx_strlchr(u.url.data, u.url.data + u.url.len, '/');

        if (slash) {
            if (slash + 1 < u.url.data + u.url.len) {
                rd->db = ngx_atoi(slash + 1,
                                  u.url.data + u.url.len - slash - 1);
            }

            u.url.len = slash - u.url.data;

            if (rd->db == NGX_ERROR) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "invalid database number in \"%V\"", url);
                return NGX_CONF_ERROR;
            }
        }

    } else if (ngx_strncmp(url->data, "unix:", 5) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid address \"%V\", it is written "
                           "redis://host[:port][/database] or unix:path",
                           url);
        return NGX_CONF_ERROR;
    }

    if (ngx_strlchr(u.url.data, u.url.data + u.url.len, '@')) {
        return "takes no password in its address, use password_file=";
    }

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in \"%V\"",
                           u.err ? u.err : "invalid address", url);
        return NGX_CONF_ERROR;
    }

    rd->addr = u.addrs[0];
    rd->name = *url;

    return NGX_CONF_OK;
}


static char *
ngx_http_assist_redis_option(ngx_conf_t *cf, ngx_http_assist_redis_t *rd,
    ngx_str_t *value)
{
    ngx_str_t   s, text;
    ngx_msec_t  ms;

    if (ngx_strncmp(value->data, "user=", 5) == 0) {
        rd->user.data = value->data + 5;
        rd->user.len = value->len - 5;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "prefix=", 7) == 0) {
        rd->prefix.data = value->data + 7;
        rd->prefix.len = value->len - 7;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "timeout=", 8) == 0) {
        s.data = value->data + 8;
        s.len = value->len - 8;
        ms = ngx_parse_time(&s, 0);

        if (ms != (ngx_msec_t) NGX_ERROR && ms != 0) {
            rd->timeout = ms;
            return NGX_CONF_OK;
        }
    }

    if (ngx_strncmp(value->data, "password_file=", 14) == 0) {
        s.data = value->data + 14;
        s.len = value->len - 14;

        if (ngx_conf_full_name(cf->cycle, &s, 1) != NGX_OK
            || ngx_http_assist_read_file(cf, &s, &text) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        while (text.len && (text.data[text.len - 1] == '\n'
                            || text.data[text.len - 1] == '\r'))
        {
            text.len--;
        }

        if (text.len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" is empty", &s);
            return NGX_CONF_ERROR;
        }

        rd->password = text;
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       value);
    return NGX_CONF_ERROR;
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
    assist_str_t           words[NGX_HTTP_ASSIST_REDIS_WORDS];
    ngx_http_assist_op_t  *mine;

    if (argc > NGX_HTTP_ASSIST_REDIS_WORDS) {
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


static void
ngx_http_assist_redis_value(ngx_http_assist_op_t *op, redisReply *reply)
{
    op->value.type = ASSIST_NIL;
    op->value.error = NULL;

    if (reply->type == REDIS_REPLY_ERROR) {
        op->value.error = "redis answered with an error";
        return;
    }

    if (reply->type != REDIS_REPLY_STRING) {
        return;
    }

    op->buffer = ngx_alloc((size_t) reply->len + 1, ngx_cycle->log);

    if (op->buffer == NULL) {
        op->value.error = "no memory";
        return;
    }

    ngx_memcpy(op->buffer, reply->str, (size_t) reply->len);
    op->value.type = ASSIST_STRING;
    op->value.string.data = (char *) op->buffer;
    op->value.string.len = (size_t) reply->len;
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
