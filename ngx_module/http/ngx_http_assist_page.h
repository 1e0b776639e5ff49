/*
 * A page that something is put into, as it streams by.
 */

#ifndef NGX_HTTP_ASSIST_PAGE_H
#define NGX_HTTP_ASSIST_PAGE_H

#include "ngx_http_assist.h"

#include "core/html.h"


#define NGX_HTTP_ASSIST_INSERTS  16          /* of hooks */


typedef struct {
    assist_html_where_t              where;
    ngx_str_t                        id;        /* of an element */
    ngx_str_t                        html;
    unsigned                         widget:1;
} ngx_http_assist_insert_t;


typedef enum {
    NGX_HTTP_ASSIST_PAGE_BEGIN = 0, /* the headers wait for its beginning */
    NGX_HTTP_ASSIST_PAGE_SCAN,
    NGX_HTTP_ASSIST_PAGE_PASS       /* it goes by untouched */
} ngx_http_assist_page_e;


struct ngx_http_assist_page_s {
    ngx_http_assist_page_e           state;

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

    /* the stream */
    unsigned                         flush:1;   /* asked for in its beginning */
    u_char                          *begin;     /* a copy of it */
    size_t                           nbegin;
    assist_html_t                    html;
    assist_html_place_t              places[NGX_HTTP_ASSIST_INSERTS + 1];
    ngx_chain_t                     *free;
    ngx_chain_t                     *busy;
    ngx_chain_t                     *out;
    ngx_chain_t                    **last;
    ngx_buf_t                       *tail;      /* of out */
};


#endif
