/*
 * A page that something is put into, as it streams by.
 */

#ifndef NGX_HTTP_ASSIST_PAGE_H
#define NGX_HTTP_ASSIST_PAGE_H

#include "ngx_http_assist.h"

#include "core/csp.h"
#include "core/html.h"


#define NGX_HTTP_ASSIST_INSERTS  16          /* of hooks */
#define NGX_HTTP_ASSIST_PLACES   (NGX_HTTP_ASSIST_INSERTS + 2)
#define NGX_HTTP_ASSIST_PAGE_REST  4096      /* bytes that may be held */
#define NGX_HTTP_ASSIST_BUFFERED   0x08      /* of r->buffered; 1, 2, 4 are
                                                SSI's, sub's and copy's */


/* What a function of assist.later is to give to a page. */
struct ngx_http_assist_help_s {
    ngx_queue_t                      queue;     /* the function's */
    ngx_http_assist_ctx_t           *ctx;       /* of the page */
    ngx_str_t                        html;
    unsigned                         waits:1;   /* the function runs */
    unsigned                         held:1;    /* the page is, for this */
};


typedef struct {
    assist_html_where_t              where;
    ngx_str_t                        id;        /* of an element */
    ngx_str_t                        html;
    ngx_http_assist_help_t          *help;      /* has the html; or NULL */
    unsigned                         widget:1;
    unsigned                         late:1;    /* its place is past */
} ngx_http_assist_insert_t;


typedef enum {
    NGX_HTTP_ASSIST_PAGE_BEGIN = 0, /* the headers wait for its beginning */
    NGX_HTTP_ASSIST_PAGE_SCAN,
    NGX_HTTP_ASSIST_PAGE_PASS       /* it goes by untouched */
} ngx_http_assist_page_e;


struct ngx_http_assist_page_s {
    ngx_http_assist_page_e           state;
    ngx_http_request_t              *request;
    assist_csp_t                     csp;
    ngx_str_t                        style;     /* what the widget asks for */
    ngx_str_t                        ask;

    /* and the widget */
    ngx_http_assist_insert_t         inserts[NGX_HTTP_ASSIST_INSERTS + 1];
    ngx_uint_t                       ninserts;
    size_t                           size;      /* of their html */

    /* what hooks before the running one gave, and what it gives */
    ngx_uint_t                       kept;
    size_t                           kept_size;
    ngx_uint_t                       kept_cites;
    assist_outcome_t                 outcome;
    unsigned                         given:1;   /* an outcome */

    unsigned                         answered:1; /* a hook gave the page's */
    unsigned                         placed:1;  /* what a hook gave is in */
    unsigned                         notice:1;  /* an AI notice is */
    unsigned                         policy:1;  /* it has one in a <meta> */

    /* the page's end waits for help */
    ngx_event_t                      wait;
    u_char                          *rest;      /* what comes after the help */
    size_t                           nrest;
    unsigned                         rest_last:1; /* no more will come */
    unsigned                         holds:1;
    unsigned                         held:1;    /* ... and the rest is sent */
    unsigned                         waited:1;  /* it is over */

    /* the stream */
    unsigned                         flush:1;   /* asked for in its beginning */
    u_char                          *begin;     /* a copy of it */
    size_t                           nbegin;
    assist_html_t                    html;
    assist_html_place_t              places[NGX_HTTP_ASSIST_PLACES];
    ngx_chain_t                     *free;
    ngx_chain_t                     *busy;
    ngx_chain_t                     *out;
    ngx_chain_t                    **last;
    ngx_buf_t                       *tail;      /* of out */
};


/* ngx_http_assist_inject.c: of the page's <meta> elements */
void ngx_http_assist_inject_meta(ngx_http_request_t *r,
    ngx_http_assist_page_t *page, assist_str_t attributes);

/* May it be in this page?  It gets the nonce that it needs; if not, counts. */
ngx_uint_t ngx_http_assist_inject_fits(ngx_http_request_t *r,
    ngx_http_assist_page_t *page, ngx_str_t *html, ngx_uint_t widget);


#endif
