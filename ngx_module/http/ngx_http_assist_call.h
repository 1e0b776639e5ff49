/*
 * A call: an HTTP request that the worker makes to a location of its own
 * server, and through that location to wherever it leads.
 *
 * It is a background subrequest whose parent belongs to the worker, not to a
 * visitor: nothing of a visitor is in it but what the caller puts there, it
 * does not hold a visitor's connection, and it lives until it ends or is
 * cancelled.  A subrequest skips the access phase: the caller chooses what may
 * be called.
 */

#ifndef NGX_HTTP_ASSIST_CALL_H
#define NGX_HTTP_ASSIST_CALL_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "lua/host.h"


typedef struct ngx_http_assist_call_s  ngx_http_assist_call_t;


/* How a call ended. */
typedef enum {
    NGX_HTTP_ASSIST_CALL_WHOLE = 0,
    NGX_HTTP_ASSIST_CALL_CUT,           /* a part of the body is missing */
    NGX_HTTP_ASSIST_CALL_FAILED,        /* no response; see status: 502, ... */
    NGX_HTTP_ASSIST_CALL_TIMEOUT        /* not over in `timeout` */
} ngx_http_assist_call_end_e;


typedef struct {
    ngx_str_t                uri;       /* without arguments, decoded */
    ngx_str_t                args;
    assist_str_t             method;    /* see ngx_http_assist_call_method() */
    const assist_header_t   *headers;   /* all there are, but Host and
                                           Content-Length */
    ngx_uint_t               nheaders;
    assist_str_t             body;
    ngx_msec_t               timeout;   /* for all of it */
    ngx_uint_t               internal;  /* 1: only to an internal location */

    /*
     * Called with `data` as it goes: the status and headers (in
     * sr->headers_out), pieces of the body, the end.  The first two run inside
     * the call's own filters: they copy, and post events; they may cancel it.
     * `end` runs once, from an event, and never after a cancel; what the call
     * has given is gone when it returns.
     */
    void                   (*header)(void *data, ngx_http_request_t *sr);
    void                   (*body_part)(void *data, assist_str_t part);
    void                   (*end)(void *data, ngx_http_assist_call_end_e how,
                                  ngx_uint_t status);
    void                    *data;
} ngx_http_assist_call_conf_t;


/*
 * Everything in conf is copied.  r only lends its configuration.  NULL: no
 * memory, or nginx's event method has no edges (select, poll).
 */
ngx_http_assist_call_t *ngx_http_assist_call_start(ngx_http_request_t *r,
    ngx_http_assist_call_conf_t *conf);

/* From anywhere; nobody is called any more. */
void ngx_http_assist_call_cancel(ngx_http_assist_call_t *call);

/*
 * The caller has all it wants: nobody is called any more, and the call may end
 * by itself, so that its connection can be used again.
 */
void ngx_http_assist_call_leave(ngx_http_assist_call_t *call);

/* nginx's number of a method that a call may have; 0: none. */
ngx_uint_t ngx_http_assist_call_method(assist_str_t method);

/* Is r of a call, or below one?  Then it has no visitor. */
ngx_uint_t ngx_http_assist_is_call(ngx_http_request_t *r);

/* May this request, of a call, be answered here?  Else 404. */
ngx_uint_t ngx_http_assist_call_allowed(ngx_http_request_t *r);

/* The filters of a request that is: it goes to its caller, and no further. */
ngx_int_t ngx_http_assist_call_header_filter(ngx_http_request_t *r);
ngx_int_t ngx_http_assist_call_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);


#endif
