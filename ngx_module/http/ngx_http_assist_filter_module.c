/*
 * The response filters: they see the portal's answer as it leaves, after
 * gunzip and before gzip.  What was a page of the portal is known here: the
 * final status and type, whoever made them.
 */

#include "ngx_http_assist.h"
#include "ngx_http_assist_page.h"


static ngx_int_t ngx_http_assist_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_assist_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_uint_t ngx_http_assist_is_html(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_filter_init(ngx_conf_t *cf);


static ngx_http_module_t  ngx_http_assist_filter_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_assist_filter_init,           /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_assist_filter_module = {
    NGX_MODULE_V1,
    &ngx_http_assist_filter_module_ctx,    /* module context */
    NULL,                                  /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


static ngx_int_t
ngx_http_assist_header_filter(ngx_http_request_t *r)
{
    ngx_http_assist_ctx_t       *ctx;
    ngx_http_assist_loc_conf_t  *lcf;

    if (ngx_http_assist_is_call(r)) {
        return ngx_http_assist_call_header_filter(r);
    }

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_assist_ctx(r, 0);

    if (ctx && ctx->streamed) {
        /* an error page takes the place of a page that has begun */
        ctx->streamed->state = NGX_HTTP_ASSIST_PAGE_PASS;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (lcf->enable && !lcf->chat && !lcf->status
        && ngx_http_assist_is_html(r, ctx))
    {
        ctx = ngx_http_assist_ctx(r, 1);

        if (ctx) {
            ngx_http_assist_match(r, ctx);
            ctx->page = r->headers_out.status == NGX_HTTP_OK
                        || r->headers_out.status == NGX_HTTP_NOT_MODIFIED;

            if (ngx_http_assist_inject(r, ctx) == NGX_AGAIN) {
                return NGX_OK;
            }
        }
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_assist_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_http_assist_ctx_t  *ctx;

    if (ngx_http_assist_is_call(r)) {
        return ngx_http_assist_call_body_filter(r, in);
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_assist_module);

    if (ctx && ctx->streamed && r == r->main) {
        return ngx_http_assist_page_body(r, ctx->streamed, in);
    }

    return ngx_http_next_body_filter(r, in);
}


ngx_int_t
ngx_http_assist_next_header(ngx_http_request_t *r)
{
    return ngx_http_next_header_filter(r);
}


ngx_int_t
ngx_http_assist_next_body(ngx_http_request_t *r, ngx_chain_t *in)
{
    return ngx_http_next_body_filter(r, in);
}


/*
 * Is a person shown a page?  Of the portal's those that are there, of hooks'
 * any, such as a form that says what is missing (422).  A 304 has no type any
 * more: then what the browser asked for tells a page from its pictures and
 * scripts.
 */

static ngx_uint_t
ngx_http_assist_is_html(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_str_t  *type;

    if (r->method != NGX_HTTP_GET && r->method != NGX_HTTP_POST) {
        return 0;
    }

    if (r->headers_out.status == NGX_HTTP_NOT_MODIFIED) {
        return ngx_http_assist_accepts(r, "text/html");
    }

    type = &r->headers_out.content_type;

    return (r->headers_out.status == NGX_HTTP_OK
            || (ctx && ngx_http_assist_gave_page(r, ctx)))
           && type->len >= sizeof("text/html") - 1
           && (ngx_memcmp(type->data, "text/html", sizeof("text/html") - 1)
               == 0
               || ngx_strncasecmp(type->data, (u_char *) "text/html",
                                  sizeof("text/html") - 1)
                  == 0);
}


static ngx_int_t
ngx_http_assist_filter_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_assist_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_assist_body_filter;

    return NGX_OK;
}
