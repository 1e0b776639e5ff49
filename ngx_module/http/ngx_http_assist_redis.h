/*
 * Shared by the files of Redis only.
 */

#ifndef NGX_HTTP_ASSIST_REDIS_H
#define NGX_HTTP_ASSIST_REDIS_H

#include <hiredis/hiredis.h>

#include "ngx_http_assist.h"


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


/* Turns a reply into op->value; an error's text is the reason of its nil. */
void ngx_http_assist_redis_value(ngx_http_assist_op_t *op, redisReply *reply);


#endif
