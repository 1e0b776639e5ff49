/*
 * Shared by the files of Redis only, by file.
 *
 * A node is a server: where it is, the worker's one connection to it, and what
 * is known of its health.  A command waits in its node's queue for its reply.
 */

#ifndef NGX_HTTP_ASSIST_REDIS_H
#define NGX_HTTP_ASSIST_REDIS_H

#include <hiredis/hiredis.h>

#include "core/resp.h"
#include "core/slot.h"
#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_REDIS_ADDRS  8                  /* of a name */
#define NGX_HTTP_ASSIST_REDIS_HOST   255                /* bytes of a name */


typedef struct ngx_http_assist_redis_node_s  ngx_http_assist_redis_node_t;


/*
 * Takes the reply to a command of ours; NULL: the connection was closed.
 * Returns NULL, or why the node is of no use.
 */
typedef const char *(*ngx_http_assist_redis_handler_pt)(
    ngx_http_assist_redis_node_t *node, redisReply *reply);


typedef struct {
    ngx_queue_t                        link;
    ngx_http_assist_op_t              *op;          /* NULL: nobody waits */
    ngx_http_assist_redis_handler_pt   handler;     /* NULL: not ours */
    ngx_msec_t                         deadline;    /* over all nodes */
    ngx_msec_t                         due;         /* from this one */
    uint32_t                           slot;
    ngx_uint_t                         redirects;
    size_t                             len;
    u_char                             data[];      /* kept for a redirect */
} ngx_http_assist_redis_command_t;


typedef enum {
    NGX_HTTP_ASSIST_REDIS_AWAY = 0,
    NGX_HTTP_ASSIST_REDIS_LOCATING,     /* by sentinels or the resolver */
    NGX_HTTP_ASSIST_REDIS_CONNECTING,
    NGX_HTTP_ASSIST_REDIS_HANDSHAKE,
    NGX_HTTP_ASSIST_REDIS_GREETING,
    NGX_HTTP_ASSIST_REDIS_READY
} ngx_http_assist_redis_state_e;


struct ngx_http_assist_redis_node_s {
    ngx_queue_t                        queue;       /* in a list of nodes */
    ngx_http_assist_redis_t           *redis;
    ngx_str_t                          name;        /* as in the log */

    ngx_str_t                          host;
    in_port_t                          port;
    ngx_sockaddr_t                     sockaddrs[NGX_HTTP_ASSIST_REDIS_ADDRS];
    socklen_t                          socklens[NGX_HTTP_ASSIST_REDIS_ADDRS];
    ngx_uint_t                         naddrs;      /* 0: not known */
    ngx_uint_t                         addr;        /* the one in use */
    time_t                             valid;       /* until; 0: for ever */
    ngx_resolver_ctx_t                *resolving;

    ngx_peer_connection_t              peer;
    ngx_log_t                          log;         /* of the connection */
    ngx_http_assist_redis_state_e      state;
    redisReader                       *reader;
    assist_resp_gate_t                 gate;
    assist_buf_t                       out;
    size_t                             sent;        /* of out */
    size_t                             greeting;    /* of out, goes first */
    ngx_queue_t                        commands;    /* await their replies */
    ngx_uint_t                         ncommands;
    ngx_event_t                        flush;       /* posted */
    ngx_event_t                        timer;       /* while it is awaited */

    ngx_msec_t                         started;     /* to connect */
    ngx_msec_t                         progress;    /* the last good reply */
    ngx_msec_t                         pause;
    ngx_msec_t                         retry;       /* not before */
    ngx_msec_t                         refused;     /* a command, last */
    ngx_msec_t                         reopened;    /* a read-only one */

    unsigned                           named:1;     /* the resolver knows it */
    unsigned                           sentinel:1;
    unsigned                           own:1;       /* made by the worker */
    unsigned                           listed:1;    /* by the cluster */
    unsigned                           broken:1;    /* nobody waits for it */
    unsigned                           reported:1;  /* its absence */
    unsigned                           refusing:1;  /* some commands */
    unsigned                           late:1;      /* its last reply */
};


struct ngx_http_assist_redis_s {
    ngx_str_t                          name;        /* as written */
    ngx_str_t                          user;
    ngx_str_t                          password;
    ngx_str_t                          prefix;
    ngx_str_t                          sentinel;    /* the master's name */
    ngx_str_t                          sentinel_password;
    ngx_str_t                          server_name;
    ngx_int_t                          db;
    ngx_msec_t                         timeout;
    ngx_flag_t                         cluster;
#if (NGX_SSL)
    ngx_ssl_t                         *ssl;         /* NULL: plain */
#endif
    ngx_resolver_t                    *resolver;    /* NULL: none */
    ngx_msec_t                         resolver_timeout;
    u_char                            *conf_file;
    ngx_uint_t                         conf_line;

    ngx_queue_t                        nodes;
    ngx_uint_t                         nnodes;
    ngx_queue_t                        sentinels;
    unsigned                           exiting:1;   /* the worker is */

    /* in a worker, ops until they time out */
    ngx_http_assist_op_line_t          waiting;

    /* in a worker, of sentinels */
    ngx_http_assist_redis_node_t      *asked;
    ngx_uint_t                         tries;
    u_char                             master[NGX_HTTP_ASSIST_REDIS_HOST];

    /* in a worker, of a cluster */
    ngx_http_assist_redis_node_t     **slots;       /* NULL: not known */
    assist_buf_t                       scratch;
    ngx_queue_t                        again;       /* commands */
    ngx_event_t                        again_timer;
    ngx_event_t                        refresh;     /* of the slots */
    ngx_event_t                        sweep;       /* posted */
    ngx_msec_t                         refreshed;
    unsigned                           refreshing:1;
    unsigned                           stale:1;     /* the slots */
};


/* ngx_http_assist_redis.c: commands */

/* NULL: no memory */
ngx_http_assist_redis_command_t *ngx_http_assist_redis_command(
    ngx_http_assist_redis_t *rd, ngx_http_assist_op_t *op, size_t len);
/* its op's value is the reply, or nil and `why`; the command is freed */
void ngx_http_assist_redis_finish(ngx_http_assist_redis_command_t *cmd,
    redisReply *reply, const char *why);

/* ngx_http_assist_redis_node.c: who may use a node, and what is said of it */

void ngx_http_assist_redis_node_init(ngx_http_assist_redis_node_t *node,
    ngx_http_assist_redis_t *rd);
/* NGX_OK: a command may be queued; it connects where that is due */
ngx_int_t ngx_http_assist_redis_usable(ngx_http_assist_redis_node_t *node);
/* queues a command of ours, even where others are refused; `handler` is called
 * once; NGX_ERROR: it is not queued */
ngx_int_t ngx_http_assist_redis_ask(ngx_http_assist_redis_node_t *node,
    ngx_http_assist_redis_handler_pt handler, ngx_uint_t argc,
    ngx_str_t *argv);
/* it has answered, in time; and what that tells about its state */
void ngx_http_assist_redis_alive(ngx_http_assist_redis_node_t *node);
void ngx_http_assist_redis_answered(ngx_http_assist_redis_node_t *node,
    redisReply *reply);
/* away: says so once, and is tried again after a pause */
void ngx_http_assist_redis_fail(ngx_http_assist_redis_node_t *node,
    ngx_err_t err, const char *why);

/* ngx_http_assist_redis_conn.c: the connection to a node */

/* NGX_ERROR: it failed at once */
ngx_int_t ngx_http_assist_redis_connect(ngx_http_assist_redis_node_t *node);
/* the node's address is known */
void ngx_http_assist_redis_connect_addr(ngx_http_assist_redis_node_t *node);
/* the greeting goes out */
void ngx_http_assist_redis_connected(ngx_http_assist_redis_node_t *node);
/* the greeting was answered */
void ngx_http_assist_redis_greeted(ngx_http_assist_redis_node_t *node);
/* the command, with its words or its kept bytes, goes to the end of the queue;
 * NGX_ERROR: it is not queued, and still the caller's */
ngx_int_t ngx_http_assist_redis_push(ngx_http_assist_redis_node_t *node,
    ngx_http_assist_redis_command_t *cmd, assist_str_t *words, ngx_uint_t n);
/* closes it, without a word; its commands fail */
void ngx_http_assist_redis_shut(ngx_http_assist_redis_node_t *node);

/* ngx_http_assist_redis_greet.c: AUTH, SELECT, ROLE, PING */

ngx_int_t ngx_http_assist_redis_greet(ngx_http_assist_redis_node_t *node);
/* why a node answers nothing now, from its error, or NULL */
const char *ngx_http_assist_redis_refusal(redisReply *reply);

/* ngx_http_assist_redis_addr.c: where nodes are */

/* NGX_OK: host is an address, and the node's */
ngx_int_t ngx_http_assist_redis_literal(ngx_http_assist_redis_node_t *node);
/* finds the address, then connects */
void ngx_http_assist_redis_locate(ngx_http_assist_redis_node_t *node);
/* its name's time is over: looks whether it is elsewhere now */
void ngx_http_assist_redis_relocate(ngx_http_assist_redis_node_t *node);
void ngx_http_assist_redis_locate_cancel(ngx_http_assist_redis_node_t *node);

/* ngx_http_assist_redis_tls.c */

char *ngx_http_assist_redis_tls_set(ngx_conf_t *cf,
    ngx_http_assist_redis_t *rd, ngx_str_t *ca, ngx_str_t *certificate,
    ngx_str_t *key);
/* NGX_OK: it is under way */
ngx_int_t ngx_http_assist_redis_tls_start(ngx_http_assist_redis_node_t *node);
void ngx_http_assist_redis_tls_close(ngx_connection_t *c);

/* ngx_http_assist_redis_sentinel.c */

/* finds the master, then locates it */
void ngx_http_assist_redis_find_master(ngx_http_assist_redis_node_t *master);

/* ngx_http_assist_redis_cluster.c */

ngx_int_t ngx_http_assist_redis_cluster_send(ngx_http_assist_redis_t *rd,
    ngx_http_assist_op_t *op, assist_str_t *words, ngx_uint_t n);
/* NGX_OK: the command goes elsewhere, and is no longer the caller's */
ngx_int_t ngx_http_assist_redis_redirect(ngx_http_assist_redis_node_t *node,
    ngx_http_assist_redis_command_t *cmd, redisReply *reply);
/* the slots are to be asked for again, soon */
void ngx_http_assist_redis_cluster_stale(ngx_http_assist_redis_t *rd);
void ngx_http_assist_redis_cluster_exit(ngx_http_assist_redis_t *rd);

/* ngx_http_assist_redis_value.c */

/* Turns a reply into op->value; an error's text is the reason of its nil. */
void ngx_http_assist_redis_value(ngx_http_assist_op_t *op, redisReply *reply);


#endif
