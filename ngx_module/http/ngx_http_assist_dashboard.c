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
 *     overview, method    the location itself, "method"; `coverage`
 *     agency              "agency/CODE"; `key`, `number`, `agency`
 *     service             "service/CODE@AGENCY"; `key`, `service`
 *     procedure           "service/CODE" of several agencies; `key`, `procedure`
 *     missing             either, of what does not count today; `kind`, `key`
 *
 * with what core/figure.h says of each.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_DASHBOARD_ROWS  100     /* services on a page */
#define NGX_HTTP_ASSIST_DASHBOARD_MAX   1000    /* agencies of a procedure */


static ngx_int_t ngx_http_assist_dashboard_part(ngx_str_t *name,
    const char *prefix, ngx_str_t *key);
static ngx_int_t ngx_http_assist_dashboard_agency(ngx_http_request_t *r,
    const assist_figure_t *f, ngx_str_t *key, assist_buf_t *buf);
static ngx_int_t ngx_http_assist_dashboard_service(
    ngx_http_assist_main_conf_t *mcf, const assist_figure_t *f, ngx_str_t *key,
    assist_buf_t *buf);
static void ngx_http_assist_dashboard_key(ngx_str_t *key, const char *page,
    assist_buf_t *buf);


ngx_int_t
ngx_http_assist_dashboard(ngx_http_request_t *r, ngx_str_t *name)
{
    ngx_str_t                     key, lang, document;
    ngx_int_t                     rc;
    ngx_uint_t                    en, of_agency, of_service, status;
    assist_buf_t                  buf = ASSIST_BUF_INIT;
    const assist_figure_t        *figure;
    ngx_http_assist_main_conf_t  *mcf;

    if (ngx_http_assist_is(name, "status.css")) {
        return ngx_http_assist_asset(r, name);
    }

    of_agency = ngx_http_assist_dashboard_part(name, "agency/", &key)
                == NGX_OK;
    of_service = !of_agency
                 && ngx_http_assist_dashboard_part(name, "service/", &key)
                    == NGX_OK;

    if (!of_agency && !of_service && name->len
        && !ngx_http_assist_is(name, "method"))
    {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    rc = ngx_http_assist_figure(r, ngx_http_assist_status_handler, &figure);

    if (rc != NGX_OK) {
        return rc == NGX_AGAIN ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_arg(r, (u_char *) "lang", 4, &lang) != NGX_OK) {
        ngx_str_set(&lang, "vi");
    }

    en = ngx_http_assist_is(&lang, "en");
    status = NGX_HTTP_OK;

    assist_buf_puts(&buf, en ? "{\"lang\":\"en\"" : "{\"lang\":\"vi\"");
    ngx_http_assist_base(r, of_agency || of_service, &buf);

    if (of_agency || of_service) {
        rc = of_agency
             ? ngx_http_assist_dashboard_agency(r, figure, &key, &buf)
             : ngx_http_assist_dashboard_service(mcf, figure, &key, &buf);

        if (rc != NGX_OK) {
            status = NGX_HTTP_NOT_FOUND;
            assist_buf_puts(&buf, of_agency ? ",\"kind\":\"agency\""
                                            : ",\"kind\":\"service\"");
            ngx_http_assist_dashboard_key(&key, "missing", &buf);
        }

    } else {
        assist_buf_puts(&buf, name->len ? ",\"page\":\"method\",\"coverage\":"
                                        : ",\"page\":\"overview\","
                                          "\"coverage\":");
        assist_figure_coverage_json(figure, &buf);
    }

    assist_buf_putc(&buf, '}');

    if (ngx_http_assist_take_buf(r, &buf, &document) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_assist_view(r, mcf->status_page, status, &document);
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
    size_t     start;
    ngx_int_t  n;
    ngx_str_t  value;

    n = ngx_http_arg(r, (u_char *) "number", 6, &value) == NGX_OK
        ? ngx_atoi(value.data, value.len) : 1;
    n = n < 1 || n > 1000000 ? 1 : n;

    start = buf->len;
    assist_buf_printf(buf, ",\"number\":%u,\"rows\":%u", (unsigned) n,
                      NGX_HTTP_ASSIST_DASHBOARD_ROWS);
    ngx_http_assist_dashboard_key(key, "agency", buf);
    assist_buf_puts(buf, ",\"agency\":");

    if (assist_figure_agency_json(f, ngx_http_assist_str(*key),
                                  (uint32_t) (n - 1)
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
ngx_http_assist_dashboard_service(ngx_http_assist_main_conf_t *mcf,
    const assist_figure_t *f, ngx_str_t *key, assist_buf_t *buf)
{
    int           rc;
    size_t        start;
    uint32_t      index;
    assist_str_t  code;

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
