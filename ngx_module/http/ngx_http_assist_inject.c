/*
 * What is put into a page: which pages may be touched, what their hooks put
 * in, the widget, and what of that the page's policy and its charset allow.
 *
 * In doubt a page goes out as the portal made it.
 */

#include "ngx_http_assist.h"
#include "ngx_http_assist_page.h"

#include "core/csp.h"


#define NGX_HTTP_ASSIST_INJECT_MAX  (64 * 1024)     /* bytes of a page */


static ngx_http_assist_insert_t *ngx_http_assist_inject_new(
    ngx_http_assist_ctx_t *ctx, assist_html_where_t where, ngx_str_t id);
static ngx_uint_t ngx_http_assist_inject_may(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_uint_t ngx_http_assist_inject_has_hook(ngx_http_request_t *r);
static ngx_uint_t ngx_http_assist_inject_headers(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_csp_t *csp);
static void ngx_http_assist_inject_lang(ngx_http_assist_ctx_t *ctx,
    ngx_str_t *value);
static void ngx_http_assist_inject_allowed(ngx_http_request_t *r,
    ngx_http_assist_page_t *page);
static ngx_uint_t ngx_http_assist_inject_may_ask(ngx_http_assist_page_t *page);
static void ngx_http_assist_inject_widget(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_inject_policy(ngx_http_request_t *r,
    assist_csp_t *csp, ngx_str_t *html);
static ngx_int_t ngx_http_assist_inject_charset(ngx_http_request_t *r,
    ngx_str_t *html);
static ngx_uint_t ngx_http_assist_inject_is_ascii(ngx_str_t *s);


/*
 * The portal's headers have come.  NGX_OK: the page is left as it is;
 * NGX_AGAIN: the headers are sent when its beginning is seen.
 */

ngx_int_t
ngx_http_assist_inject(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_uint_t                   hook;
    assist_csp_t                 csp;
    ngx_http_assist_page_t      *page;
    ngx_http_assist_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);
    ngx_memzero(&csp, sizeof(assist_csp_t));

    /* what a hook gave in the portal's place gets the widget alone */

    hook = !ctx->reply_status && ngx_http_assist_inject_has_hook(r);

    if (ctx->paged
        || !ngx_http_assist_inject_may(r, ctx)
        || (!hook && !lcf->widget)
        || !ngx_http_assist_inject_headers(r, ctx, &csp))
    {
        return NGX_OK;
    }

    page = ngx_pcalloc(r->pool, sizeof(ngx_http_assist_page_t));
    if (page == NULL) {
        return NGX_OK;
    }

    page->request = r;
    page->csp = csp;

    ctx->paged = 1;
    ctx->streamed = page;

    if (hook) {
        (void) ngx_http_assist_hook_run(r, ctx, ASSIST_PHASE_PAGE, NULL);

        ctx->event.sourced = ctx->cites.nelts != 0;

        ngx_http_assist_inject_allowed(r, page);
    }

    if (lcf->widget) {
        ngx_http_assist_inject_widget(r, ctx);
    }

    if (page->ninserts == 0) {
        page->state = NGX_HTTP_ASSIST_PAGE_PASS;
        return NGX_OK;
    }

    r->filter_need_in_memory = 1;

    return NGX_AGAIN;
}


/* NGX_DECLINED: past a bound, or memory is out. */

ngx_int_t
ngx_http_assist_inject_add(ngx_http_assist_ctx_t *ctx,
    assist_html_where_t where, ngx_str_t id, ngx_str_t html)
{
    ngx_http_assist_page_t    *page;
    ngx_http_assist_insert_t  *insert;

    page = ctx->streamed;

    if (html.len > NGX_HTTP_ASSIST_INJECT_MAX - page->size) {
        return NGX_DECLINED;
    }

    insert = ngx_http_assist_inject_new(ctx, where, id);
    if (insert == NULL) {
        return NGX_DECLINED;
    }

    insert->html.len = html.len;
    insert->html.data = ngx_pstrdup(ctx->request->pool, &html);

    if (html.len && insert->html.data == NULL) {
        return NGX_DECLINED;
    }

    page->ninserts++;
    page->size += html.len;

    return NGX_OK;
}


/* NGX_DECLINED: as above.  Of a function that has failed nothing comes. */

ngx_int_t
ngx_http_assist_inject_later(ngx_http_assist_ctx_t *ctx,
    assist_html_where_t where, ngx_str_t id, double later)
{
    ngx_http_assist_help_t    *help;
    ngx_http_assist_insert_t  *insert;

    insert = ngx_http_assist_inject_new(ctx, where, id);
    help = ngx_pcalloc(ctx->request->pool, sizeof(ngx_http_assist_help_t));

    if (insert == NULL || help == NULL) {
        return NGX_DECLINED;
    }

    help->ctx = ctx;

    if (ngx_http_assist_later_join(later, help) != NGX_OK) {
        return NGX_OK;
    }

    help->waits = 1;
    insert->help = help;
    ctx->streamed->ninserts++;

    return NGX_OK;
}


/* The next one, which is not counted yet; NULL: as above. */

static ngx_http_assist_insert_t *
ngx_http_assist_inject_new(ngx_http_assist_ctx_t *ctx,
    assist_html_where_t where, ngx_str_t id)
{
    ngx_http_assist_page_t    *page;
    ngx_http_assist_insert_t  *insert;

    page = ctx->streamed;

    if (page->ninserts == NGX_HTTP_ASSIST_INSERTS) {
        return NULL;
    }

    insert = &page->inserts[page->ninserts];

    ngx_memzero(insert, sizeof(ngx_http_assist_insert_t));
    insert->where = where;
    insert->id.len = id.len;
    insert->id.data = ngx_pstrdup(ctx->request->pool, &id);

    return id.len && insert->id.data == NULL ? NULL : insert;
}


void
ngx_http_assist_inject_help(ngx_http_assist_help_t *help, ngx_str_t *html)
{
    ngx_str_t                s;
    ngx_http_request_t      *r;
    ngx_http_assist_page_t  *page;

    r = help->ctx->request;
    page = help->ctx->streamed;

    ngx_queue_remove(&help->queue);
    help->waits = 0;

    s.len = html->len;
    s.data = NULL;

    if (s.len && s.len <= NGX_HTTP_ASSIST_INJECT_MAX - page->size) {
        s.data = ngx_pstrdup(r->pool, html);
    }

    if (s.data && ngx_http_assist_inject_fits(r, page, &s, 0)) {
        page->size += s.len;
        help->html = s;
    }

    ngx_http_assist_page_wake(page);
}


void
ngx_http_assist_inject_outcome(ngx_http_assist_ctx_t *ctx,
    assist_outcome_t outcome)
{
    ctx->streamed->given = 1;
    ctx->streamed->outcome = outcome;
}


/*
 * A `page` hook is over.  What one that failed has given is dropped; 1: it has
 * given the outcome.  All of a location's hooks run, and the first outcome of
 * a request is its outcome.
 */

ngx_uint_t
ngx_http_assist_inject_hook_over(ngx_http_assist_ctx_t *ctx, ngx_uint_t failed)
{
    ngx_uint_t               i, first;
    ngx_http_assist_page_t  *page;

    page = ctx->streamed;
    first = !ctx->outcome && (page->given || failed);

    if (failed) {
        for (i = page->kept; i < page->ninserts; i++) {
            if (page->inserts[i].help && page->inserts[i].help->waits) {
                ngx_queue_remove(&page->inserts[i].help->queue);
            }
        }

        page->ninserts = page->kept;
        page->size = page->kept_size;
        ctx->cites.nelts = page->kept_cites;

    } else if (first) {
        ctx->outcome = 1;
        ctx->event.outcome = page->outcome;
        page->answered = 1;
    }

    page->kept = page->ninserts;
    page->kept_size = page->size;
    page->kept_cites = ctx->cites.nelts;
    page->given = 0;

    return first;
}


/* Did what `page` hooks gave for the page's outcome not reach it? */

ngx_uint_t
ngx_http_assist_inject_missed(ngx_http_assist_ctx_t *ctx)
{
    return ctx->streamed && ctx->streamed->answered && !ctx->streamed->placed;
}


ngx_uint_t
ngx_http_assist_inject_notice(ngx_http_assist_ctx_t *ctx)
{
    return ctx->streamed->notice;
}


static ngx_uint_t
ngx_http_assist_inject_may(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    if ((r->headers_out.status != NGX_HTTP_OK
         && !ngx_http_assist_gave_page(r, ctx))
        || r->header_only
        || r->headers_out.content_length_n == 0
        || r->content_handler == ngx_http_assist_status_handler)
    {
        return 0;
    }

    /* a part of it will be sent */

    if (r->headers_in.range && r->allow_ranges) {
        return 0;
    }

    return 1;
}


static ngx_uint_t
ngx_http_assist_inject_has_hook(ngx_http_request_t *r)
{
    ngx_uint_t                    i;
    ngx_http_assist_hook_t      **hook;
    ngx_http_assist_loc_conf_t   *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (lcf->hooks == NULL) {
        return 0;
    }

    hook = lcf->hooks->elts;

    for (i = 0; i < lcf->hooks->nelts; i++) {
        if (hook[i]->hook
            && assist_hook_has(hook[i]->hook, ASSIST_PHASE_PAGE))
        {
            return 1;
        }
    }

    return 0;
}


/* What headers say of the page; 0: it is not to be touched. */

static ngx_uint_t
ngx_http_assist_inject_headers(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_csp_t *csp)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (ngx_http_assist_host.header(ctx, assist_str("X-Requested-With")).data)
    {
        /* a script wants a part for its page */
        return 0;
    }

    csp->host = ngx_http_assist_str(r->headers_in.server);

    part = &r->headers_out.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return 1;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash == 0 || h[i].value.len == 0) {
            continue;
        }

        if (ngx_http_assist_is(&h[i].key, "Content-Encoding")) {
            ngx_http_assist_coverage_untouched(r, 0, 1);
            return 0;
        }

        if (ngx_http_assist_is(&h[i].key, "Content-Disposition")) {
            if (ngx_strncasecmp(h[i].value.data, (u_char *) "inline", 6) != 0)
            {
                return 0;
            }

        } else if (ngx_http_assist_is(&h[i].key, "Cache-Control")) {
            if (ngx_strlcasestrn(h[i].value.data,
                                 h[i].value.data + h[i].value.len,
                                 (u_char *) "no-transform", 12 - 1))
            {
                return 0;
            }

        } else if (ngx_http_assist_is(&h[i].key, "Content-Security-Policy")
                   || ngx_http_assist_is(&h[i].key,
                                      "Content-Security-Policy-Report-Only"))
        {
            /* what is only reported is noise in the portal's reports */
            assist_csp_add(csp, ngx_http_assist_str(h[i].value));

        } else if (ngx_http_assist_is(&h[i].key, "Content-Language")) {
            ngx_http_assist_inject_lang(ctx, &h[i].value);
        }
    }
}


static void
ngx_http_assist_inject_lang(ngx_http_assist_ctx_t *ctx, ngx_str_t *value)
{
    if (value->len == 2 || (value->len > 2 && value->data[2] == '-')) {

        if (ngx_strncasecmp(value->data, (u_char *) "vi", 2) == 0) {
            ngx_str_set(&ctx->lang, "vi");

        } else if (ngx_strncasecmp(value->data, (u_char *) "en", 2) == 0) {
            ngx_str_set(&ctx->lang, "en");
        }
    }
}


/* Takes out what may not be in this page, and counts it. */

static void
ngx_http_assist_inject_allowed(ngx_http_request_t *r,
    ngx_http_assist_page_t *page)
{
    ngx_uint_t                 i, n;
    ngx_http_assist_insert_t  *insert;

    for (i = 0, n = 0; i < page->ninserts; i++) {
        insert = &page->inserts[i];

        if (insert->help
            || (insert->html.len
                && ngx_http_assist_inject_fits(r, page, &insert->html, 0)))
        {
            page->inserts[n++] = *insert;
        }
    }

    page->ninserts = n;
}


ngx_uint_t
ngx_http_assist_inject_fits(ngx_http_request_t *r,
    ngx_http_assist_page_t *page, ngx_str_t *html, ngx_uint_t widget)
{
    if (ngx_http_assist_inject_charset(r, html) == NGX_OK
        && (!widget || ngx_http_assist_inject_may_ask(page))
        && ngx_http_assist_inject_policy(r, &page->csp, html) == NGX_OK)
    {
        return 1;
    }

    ngx_http_assist_coverage_untouched(r, 1, 0);

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "assist: the page's Content-Security-Policy or charset "
                  "does not allow %s",
                  widget ? "the widget" : "what a hook puts into it");

    return 0;
}


/* What its script asks for must be allowed, too: else it would be half there.
 * Its style is no business of the policy's: the script itself sets it. */

static ngx_uint_t
ngx_http_assist_inject_may_ask(ngx_http_assist_page_t *page)
{
    return assist_csp_connect(&page->csp, ngx_http_assist_str(page->style))
           && assist_csp_connect(&page->csp, ngx_http_assist_str(page->ask));
}


static void
ngx_http_assist_inject_widget(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx)
{
    ngx_http_assist_page_t    *page;
    ngx_http_assist_insert_t  *insert;

    page = ctx->streamed;
    insert = &page->inserts[page->ninserts];

    ngx_memzero(insert, sizeof(ngx_http_assist_insert_t));
    insert->where = ASSIST_HTML_BODY_END;
    insert->widget = 1;

    if (ngx_http_assist_widget_html(r, ctx, &insert->html, &page->style,
                                    &page->ask)
        == NGX_OK
        && ngx_http_assist_inject_fits(r, page, &insert->html, 1))
    {
        page->ninserts++;
    }
}


/* From here on its policy is the page's, too. */

void
ngx_http_assist_inject_meta(ngx_http_request_t *r,
    ngx_http_assist_page_t *page, assist_str_t attributes)
{
    ngx_str_t     policy;
    assist_buf_t  buf = ASSIST_BUF_INIT;

    if (page->csp.full) {
        return;
    }

    if (attributes.len == ASSIST_HTML_META) {
        /* the end is missing */
        page->csp.full = 1;
        page->policy = 1;
        return;
    }

    if (!assist_csp_meta(attributes, &buf)) {
        return;
    }

    page->policy = 1;

    if (ngx_http_assist_take_buf(r, &buf, &policy) == NGX_OK) {
        assist_csp_add(&page->csp, ngx_http_assist_str(policy));

    } else {
        page->csp.full = 1;
    }
}


/* NGX_OK: html is allowed, and has the nonce it needs. */

static ngx_int_t
ngx_http_assist_inject_policy(ngx_http_request_t *r, assist_csp_t *csp,
    ngx_str_t *html)
{
    ngx_int_t     rc;
    ngx_str_t     s;
    assist_buf_t  buf = ASSIST_BUF_INIT;

    if (csp->npolicies == 0) {
        return NGX_OK;
    }

    rc = NGX_DECLINED;

    if (assist_csp_html(csp, ngx_http_assist_str(*html), &buf)
        && !buf.failed)
    {
        s.len = buf.len;
        s.data = (u_char *) buf.data;
        html->data = ngx_pstrdup(r->pool, &s);
        html->len = s.len;

        rc = html->data ? NGX_OK : NGX_DECLINED;
    }

    assist_buf_free(&buf);

    return rc;
}


/*
 * Where the charset may be another than UTF-8, other characters than ASCII
 * become references, which say the same in any.  A script or a style has
 * none: it stays as it is where the portal does not say its charset.
 */

static ngx_int_t
ngx_http_assist_inject_charset(ngx_http_request_t *r, ngx_str_t *html)
{
    u_char     *p, *last, *end;
    uint32_t    c;
    ngx_str_t  *charset, ascii;

    charset = &r->headers_out.charset;

    if (ngx_http_assist_is(charset, "utf-8")
        || ngx_http_assist_inject_is_ascii(html))
    {
        return NGX_OK;
    }

    if (ngx_strlcasestrn(html->data, html->data + html->len,
                         (u_char *) "<script", 7 - 1)
        || ngx_strlcasestrn(html->data, html->data + html->len,
                            (u_char *) "<style", 6 - 1))
    {
        return charset->len == 0 ? NGX_OK : NGX_DECLINED;
    }

    /* of two bytes "&#2047;", of three "&#65535;", of four "&#1114111;" */

    ascii.data = ngx_pnalloc(r->pool, html->len * 4);
    if (ascii.data == NULL) {
        return NGX_DECLINED;
    }

    p = html->data;
    last = p + html->len;
    end = ascii.data;

    while (p < last) {

        if (*p < 0x80) {
            *end++ = *p++;
            continue;
        }

        c = ngx_utf8_decode(&p, (size_t) (last - p));

        if (c > 0x10ffff) {
            return NGX_DECLINED;
        }

        end = ngx_sprintf(end, "&#%uD;", c);
    }

    ascii.len = (size_t) (end - ascii.data);
    *html = ascii;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_assist_inject_is_ascii(ngx_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {
        if (s->data[i] >= 0x80) {
            return 0;
        }
    }

    return 1;
}
