/*
 * The dashboard: pages of the figure, below assist_status.
 *
 * Each is a view of what coverage.json and services.json say, made by
 * lua/assist/pages/status.lua of the document
 *
 *     {"page":, "lang":, "base":, ..}
 *
 * where `base` leads to the location, and `page` is
 *
 *     overview, method    the location itself, "method"; `coverage`, `number`
 *                         (of this page of its lists), and of a past day `past`
 *     agency              "agency/CODE"; `key`, `number`, `rows`, `agency`
 *     service             "service/CODE@AGENCY"; `key`, `service`
 *     procedure           "service/CODE" of several agencies; `key`, `procedure`
 *     missing             either, of what does not count today, or a day that
 *                         is not kept; `kind`, `key`
 *
 * with what core/figure.h says of each.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_DASHBOARD_ROWS  100     /* services on a page */
#define NGX_HTTP_ASSIST_DASHBOARD_MAX   1000    /* agencies of a procedure */


/* those from AGENCY on lie one level below the location */
typedef enum {
    NGX_HTTP_ASSIST_DASHBOARD_NONE = 0,
    NGX_HTTP_ASSIST_DASHBOARD_OVERVIEW,
    NGX_HTTP_ASSIST_DASHBOARD_METHOD,
    NGX_HTTP_ASSIST_DASHBOARD_AGENCY,
    NGX_HTTP_ASSIST_DASHBOARD_SERVICE
} ngx_http_assist_dashboard_page_e;


static ngx_int_t ngx_http_assist_dashboard_today(ngx_http_request_t *r,
    ngx_http_assist_dashboard_page_e page, ngx_str_t *key);
static ngx_int_t ngx_http_assist_dashboard_past(ngx_http_request_t *r,
    ngx_http_assist_dashboard_page_e page, ngx_str_t *asked, int32_t day);
static ngx_http_assist_dashboard_page_e ngx_http_assist_dashboard_page(
    ngx_str_t *name, ngx_str_t *key);
static void ngx_http_assist_dashboard_head(ngx_http_request_t *r,
    ngx_http_assist_dashboard_page_e page, assist_buf_t *buf);
static void ngx_http_assist_dashboard_coverage(
    ngx_http_assist_dashboard_page_e page, assist_buf_t *buf);
static ngx_int_t ngx_http_assist_dashboard_send(ngx_http_request_t *r,
    ngx_uint_t status, assist_buf_t *buf);
static unsigned ngx_http_assist_dashboard_number(ngx_http_request_t *r);
static ngx_int_t ngx_http_assist_dashboard_part(ngx_str_t *name,
    const char *prefix, ngx_str_t *key);
static ngx_int_t ngx_http_assist_dashboard_agency(ngx_http_request_t *r,
    const assist_figure_t *f, ngx_str_t *key, assist_buf_t *buf);
static ngx_int_t ngx_http_assist_dashboard_service(ngx_http_request_t *r,
    const assist_figure_t *f, ngx_str_t *key, assist_buf_t *buf);
static void ngx_http_assist_dashboard_key(ngx_str_t *key, const char *page,
    assist_buf_t *buf);


ngx_int_t
ngx_http_assist_dashboard(ngx_http_request_t *r, ngx_str_t *name)
{
    int32_t                           day;
    ngx_str_t                         key, asked;
    ngx_int_t                         rc;
    ngx_http_assist_dashboard_page_e  page;

    if (ngx_http_assist_is(name, "status.css")) {
        return ngx_http_assist_asset(r, name);
    }

    page = ngx_http_assist_dashboard_page(name, &key);

    if (page == NGX_HTTP_ASSIST_DASHBOARD_NONE) {
        return NGX_DECLINED;
    }

    rc = ngx_http_assist_daily_asked(r, &asked, &day);

    if (rc == NGX_DECLINED) {
        return ngx_http_assist_dashboard_today(r, page, &key);
    }

    return ngx_http_assist_dashboard_past(r, page, &asked,
                                          rc == NGX_OK ? day : INT32_MAX);
}


static ngx_int_t
ngx_http_assist_dashboard_today(ngx_http_request_t *r,
    ngx_http_assist_dashboard_page_e page, ngx_str_t *key)
{
    ngx_int_t               rc;
    ngx_uint_t              status;
    assist_buf_t            buf = ASSIST_BUF_INIT;
    const assist_figure_t  *figure;

    rc = ngx_http_assist_figure(r, ngx_http_assist_status_handler, &figure);

    if (rc != NGX_OK) {
        return rc == NGX_AGAIN ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_assist_dashboard_head(r, page, &buf);
    status = NGX_HTTP_OK;

    if (page < NGX_HTTP_ASSIST_DASHBOARD_AGENCY) {
        assist_buf_printf(&buf, ",\"number\":%u",
                          ngx_http_assist_dashboard_number(r));
        ngx_http_assist_dashboard_coverage(page, &buf);
        assist_figure_coverage_json(figure, &buf);
        return ngx_http_assist_dashboard_send(r, status, &buf);
    }

    rc = page == NGX_HTTP_ASSIST_DASHBOARD_AGENCY
         ? ngx_http_assist_dashboard_agency(r, figure, key, &buf)
         : ngx_http_assist_dashboard_service(r, figure, key, &buf);

    if (rc != NGX_OK) {
        status = NGX_HTTP_NOT_FOUND;
        assist_buf_puts(&buf, page == NGX_HTTP_ASSIST_DASHBOARD_AGENCY
                              ? ",\"kind\":\"agency\""
                              : ",\"kind\":\"service\"");
        ngx_http_assist_dashboard_key(key, "missing", &buf);
    }

    return ngx_http_assist_dashboard_send(r, status, &buf);
}


/* Of a past day what the figure says is kept, but not what it was made of;
 * INT32_MAX: what was asked for is no past day. */

static ngx_int_t
ngx_http_assist_dashboard_past(ngx_http_request_t *r,
    ngx_http_assist_dashboard_page_e page, ngx_str_t *asked, int32_t day)
{
    ngx_int_t     rc;
    ngx_str_t     coverage;
    assist_buf_t  buf = ASSIST_BUF_INIT;

    rc = day == INT32_MAX || page >= NGX_HTTP_ASSIST_DASHBOARD_AGENCY
         ? NGX_DECLINED
         : ngx_http_assist_daily_read(r, day, "json", &coverage);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_assist_dashboard_head(r, page, &buf);

    if (rc == NGX_DECLINED) {
        assist_buf_puts(&buf, ",\"kind\":\"day\"");
        ngx_http_assist_dashboard_key(asked, "missing", &buf);
        return ngx_http_assist_dashboard_send(r, day == INT32_MAX
                                                 ? NGX_HTTP_BAD_REQUEST
                                                 : NGX_HTTP_NOT_FOUND, &buf);
    }

    assist_buf_printf(&buf, ",\"number\":%u,\"past\":",
                      ngx_http_assist_dashboard_number(r));
    assist_buf_json(&buf, ngx_http_assist_str(*asked));
    ngx_http_assist_dashboard_coverage(page, &buf);
    assist_buf_add(&buf, (char *) coverage.data, coverage.len);

    return ngx_http_assist_dashboard_send(r, NGX_HTTP_OK, &buf);
}


static ngx_http_assist_dashboard_page_e
ngx_http_assist_dashboard_page(ngx_str_t *name, ngx_str_t *key)
{
    if (name->len == 0) {
        return NGX_HTTP_ASSIST_DASHBOARD_OVERVIEW;
    }

    if (ngx_http_assist_is(name, "method")) {
        return NGX_HTTP_ASSIST_DASHBOARD_METHOD;
    }

    if (ngx_http_assist_dashboard_part(name, "agency/", key) == NGX_OK) {
        return NGX_HTTP_ASSIST_DASHBOARD_AGENCY;
    }

    if (ngx_http_assist_dashboard_part(name, "service/", key) == NGX_OK) {
        return NGX_HTTP_ASSIST_DASHBOARD_SERVICE;
    }

    return NGX_HTTP_ASSIST_DASHBOARD_NONE;
}


static void
ngx_http_assist_dashboard_head(ngx_http_request_t *r,
    ngx_http_assist_dashboard_page_e page, assist_buf_t *buf)
{
    ngx_str_t  lang;

    if (ngx_http_arg(r, (u_char *) "lang", 4, &lang) != NGX_OK) {
        ngx_str_set(&lang, "vi");
    }

    assist_buf_puts(buf, ngx_http_assist_is(&lang, "en")
                         ? "{\"lang\":\"en\"" : "{\"lang\":\"vi\"");
    ngx_http_assist_base(r, page >= NGX_HTTP_ASSIST_DASHBOARD_AGENCY, buf);
}


static void
ngx_http_assist_dashboard_coverage(ngx_http_assist_dashboard_page_e page,
    assist_buf_t *buf)
{
    assist_buf_puts(buf, page == NGX_HTTP_ASSIST_DASHBOARD_METHOD
                         ? ",\"page\":\"method\",\"coverage\":"
                         : ",\"page\":\"overview\",\"coverage\":");
}


static ngx_int_t
ngx_http_assist_dashboard_send(ngx_http_request_t *r, ngx_uint_t status,
    assist_buf_t *buf)
{
    ngx_str_t                     document;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    assist_buf_putc(buf, '}');

    if (ngx_http_assist_take_buf(r, buf, &document) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_assist_view(r, mcf->status_page, status, &document);
}


/* ?page=: of a list, from 1 on. */

static unsigned
ngx_http_assist_dashboard_number(ngx_http_request_t *r)
{
    ngx_int_t  n;
    ngx_str_t  value;

    n = ngx_http_arg(r, (u_char *) "page", 4, &value) == NGX_OK
        ? ngx_atoi(value.data, value.len) : 1;

    return n < 1 || n > 1000000 ? 1 : (unsigned) n;
}


static ngx_int_t
ngx_http_assist_dashboard_part(ngx_str_t *name, const char *prefix,
    ngx_str_t *key)
{
    size_t  len;

    len = ngx_strlen(prefix);

    if (name->len < len || ngx_strncmp(name->data, prefix, len) != 0) {
        return NGX_DECLINED;
    }

    key->data = name->data + len;
    key->len = name->len - len;

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_dashboard_agency(ngx_http_request_t *r,
    const assist_figure_t *f, ngx_str_t *key, assist_buf_t *buf)
{
    size_t    start;
    unsigned  n;

    n = ngx_http_assist_dashboard_number(r);

    start = buf->len;
    assist_buf_printf(buf, ",\"number\":%u,\"rows\":%u", n,
                      NGX_HTTP_ASSIST_DASHBOARD_ROWS);
    ngx_http_assist_dashboard_key(key, "agency", buf);
    assist_buf_puts(buf, ",\"agency\":");

    if (assist_figure_agency_json(f, ngx_http_assist_str(*key),
                                  (n - 1)
                                  * NGX_HTTP_ASSIST_DASHBOARD_ROWS,
                                  NGX_HTTP_ASSIST_DASHBOARD_ROWS, buf)
        == 0)
    {
        return NGX_OK;
    }

    buf->len = start;

    return NGX_DECLINED;
}


/* A bare code may be that of several services. */

static ngx_int_t
ngx_http_assist_dashboard_service(ngx_http_request_t *r,
    const assist_figure_t *f, ngx_str_t *key, assist_buf_t *buf)
{
    int                           rc;
    size_t                        start;
    uint32_t                      index;
    assist_str_t                  code;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    start = buf->len;
    code = ngx_http_assist_str(*key);
    index = assist_catalog_find(mcf->catalog, code, assist_str(""));

    if (index != ASSIST_NONE) {
        ngx_http_assist_dashboard_key(key, "service", buf);
        assist_buf_puts(buf, ",\"service\":");
        rc = assist_figure_service_json(f, index, buf);

    } else {
        index = assist_catalog_procedure(mcf->catalog, code);

        if (index == ASSIST_NONE) {
            return NGX_DECLINED;
        }

        ngx_http_assist_dashboard_key(key, "procedure", buf);
        assist_buf_puts(buf, ",\"procedure\":");
        rc = assist_figure_procedure_json(f, index,
                                          NGX_HTTP_ASSIST_DASHBOARD_MAX, buf);
    }

    if (rc == 0) {
        return NGX_OK;
    }

    buf->len = start;

    return NGX_DECLINED;
}


static void
ngx_http_assist_dashboard_key(ngx_str_t *key, const char *page,
    assist_buf_t *buf)
{
    assist_buf_printf(buf, ",\"page\":\"%s\",\"key\":", page);
    assist_buf_json(buf, ngx_http_assist_str(*key));
}
