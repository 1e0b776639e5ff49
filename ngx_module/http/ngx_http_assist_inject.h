/*
 * What is put into pages.
 */

#ifndef NGX_HTTP_ASSIST_INJECT_H
#define NGX_HTTP_ASSIST_INJECT_H


/* ngx_http_assist_inject.c: what `page` hooks put into a page */
ngx_int_t ngx_http_assist_inject(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
ngx_int_t ngx_http_assist_inject_add(ngx_http_assist_ctx_t *ctx,
    assist_html_where_t where, ngx_str_t id, ngx_str_t html);
ngx_int_t ngx_http_assist_inject_later(ngx_http_assist_ctx_t *ctx,
    assist_html_where_t where, ngx_str_t id, double later);
/* what help waited for; empty: nothing came of it */
void ngx_http_assist_inject_help(ngx_http_assist_help_t *help,
    ngx_str_t *html);
void ngx_http_assist_inject_outcome(ngx_http_assist_ctx_t *ctx,
    assist_outcome_t outcome);
ngx_uint_t ngx_http_assist_inject_hook_over(ngx_http_assist_ctx_t *ctx,
    ngx_uint_t failed);
ngx_uint_t ngx_http_assist_inject_missed(ngx_http_assist_ctx_t *ctx);
/* has something with an AI notice been put in? */
ngx_uint_t ngx_http_assist_inject_notice(ngx_http_assist_ctx_t *ctx);

/* ngx_http_assist_widget.c: assist_widget */
char *ngx_http_assist_widget_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* whose assistant is it? */
char *ngx_http_assist_widget_merge(ngx_conf_t *cf,
    ngx_http_assist_loc_conf_t *prev, ngx_http_assist_loc_conf_t *conf);
/* its markup for this page, in r->pool, and the URLs that its script loads;
 * NGX_DECLINED: no memory */
ngx_int_t ngx_http_assist_widget_html(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *html, ngx_str_t *style,
    ngx_str_t *ask);

/* ngx_http_assist_page.c: the page streams by; a body filter */
ngx_int_t ngx_http_assist_page_body(ngx_http_request_t *r,
    ngx_http_assist_page_t *page, ngx_chain_t *in);
/* what it waited for has come, or will not */
void ngx_http_assist_page_wake(ngx_http_assist_page_t *page);
void ngx_http_assist_page_close(ngx_http_assist_page_t *page);


#endif
