/*
 * Shared by the files of flights only.
 */

#ifndef NGX_HTTP_ASSIST_FLIGHT_PRIV_H
#define NGX_HTTP_ASSIST_FLIGHT_PRIV_H

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_LOOK  100           /* ms between two looks */


struct ngx_http_assist_flight_s {
    ngx_queue_t             link;
    u_char                  key[ASSIST_DIGEST_LEN];
    ngx_http_assist_ctx_t  *leader;
    ngx_queue_t             followers;      /* of ctx->following */
    uint64_t                owner;          /* of lock and lease */
    ngx_msec_t              deadline;       /* to get them */
    ngx_msec_t              age;            /* for which they are taken */
    ngx_event_t             renew;
    unsigned                locked:1;
    unsigned                leased:1;
    unsigned                waited:1;       /* for who makes it elsewhere */
    unsigned                made:1;         /* it is made here */
};


/* ngx_http_assist_flight_lock.c */
/* NGX_OK: the leader makes it; NGX_AGAIN: it waits, or is over */
ngx_int_t ngx_http_assist_flight_lock(ngx_http_assist_flight_t *f);
/* the handler of f->renew: what is held is held longer */
void ngx_http_assist_flight_renew(ngx_event_t *ev);

/* ngx_http_assist_flight.c */
ngx_http_assist_loc_conf_t *ngx_http_assist_flight_conf(
    ngx_http_assist_ctx_t *ctx);


#endif
