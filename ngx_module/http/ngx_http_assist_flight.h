/*
 * A flight: an answer being made, once for everybody who asks for it.
 *
 * In this worker the first request leads: its hooks run, the others follow and
 * get the text as it comes.  Of the workers of a node one makes it (a lock in
 * the zone), of the nodes one (a lease in Redis); for those that wait there is
 * one that looks, in each worker.  A leader that ends without an answer for all
 * hands over to the first who follows.
 */

#ifndef NGX_HTTP_ASSIST_FLIGHT_H
#define NGX_HTTP_ASSIST_FLIGHT_H

#include "core/ledger.h"
#include "ngx_http_assist_op.h"


typedef struct ngx_http_assist_flight_s  ngx_http_assist_flight_t;
typedef struct ngx_http_assist_ctx_s     ngx_http_assist_ctx_t;


/* Who may have a leader's answer. */
typedef enum {
    NGX_HTTP_ASSIST_SHARE_NONE = 0,     /* nobody: it is one citizen's */
    NGX_HTTP_ASSIST_SHARE_BEGUN,        /* who has read a part of it */
    NGX_HTTP_ASSIST_SHARE_ALL
} ngx_http_assist_share_e;


/* NGX_OK: this request makes the answer; NGX_AGAIN: it waits, for
 * ..._ask_lead() or ..._ask_take(), or is over */
ngx_int_t ngx_http_assist_flight_join(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);

/* Does somebody in this worker make it? */
ngx_uint_t ngx_http_assist_flight_busy(u_char *key);

/* The answer of a leader: its stored form, and what it is to those who get it
 * (HIT, STALE).  Nothing where ctx does not lead. */
void ngx_http_assist_flight_end(ngx_http_assist_ctx_t *ctx, ngx_str_t *record,
    assist_cache_t status, ngx_http_assist_share_e share);

/* Of a request that goes. */
void ngx_http_assist_flight_leave(ngx_http_assist_ctx_t *ctx);

/* A leader is parked: its client may leave, those who follow may not want to */
void ngx_http_assist_flight_park(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);

/* Its client takes no more: does it go on, for others? */
ngx_uint_t ngx_http_assist_flight_gone(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);

/* Its hook reads more than the question: nobody shares, or waits for, it,
 * unless assist_cache_scope tells citizens apart. */
void ngx_http_assist_flight_personal(ngx_http_assist_ctx_t *ctx);

/* Whose text this request's stream has; more of it was said; how much of it
 * has been sent to anybody. */
const assist_buf_t *ngx_http_assist_flight_said(ngx_http_assist_ctx_t *ctx);
void ngx_http_assist_flight_more(ngx_http_assist_ctx_t *ctx);
size_t ngx_http_assist_flight_sent(ngx_http_assist_ctx_t *ctx);


#endif
