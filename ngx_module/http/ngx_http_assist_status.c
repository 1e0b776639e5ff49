/*
 * The administrators' endpoint: the figure and its rows.
 */

#include "ngx_http_assist.h"


typedef struct {
    ngx_str_t    name;
    ngx_str_t    type;
    /* of the figure, of this nginx, or both */
    void       (*write)(const assist_figure_in_t *in, assist_buf_t *out);
    void       (*state)(ngx_http_assist_main_conf_t *mcf, assist_buf_t *out);
} ngx_http_assist_document_t;


static void ngx_http_assist_status_health(ngx_http_assist_main_conf_t *mcf,
    assist_buf_t *out);


static ngx_http_assist_document_t  ngx_http_assist_documents[] = {

    { ngx_string("coverage.json"), ngx_string("application/json"),
      assist_figure_coverage_json, NULL },

    { ngx_string("coverage.csv"), ngx_string("text/csv; charset=utf-8"),
      assist_figure_coverage_csv, NULL },

    { ngx_string("services.json"), ngx_string("application/json"),
      assist_figure_services_json, NULL },

    { ngx_string("services.csv"), ngx_string("text/csv; charset=utf-8"),
      assist_figure_services_csv, NULL },

    { ngx_string("metrics"),
      ngx_string("text/plain; version=0.0.4; charset=utf-8"),
      assist_figure_metrics, ngx_http_assist_metrics_write },

    { ngx_string("health"), ngx_string("application/json"),
      NULL, ngx_http_assist_status_health },

    { ngx_null_string, ngx_null_string, NULL, NULL }
};


static void ngx_http_assist_status_cleanup(void *data);


ngx_int_t
ngx_http_assist_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_str_t                     name, body;
    assist_buf_t                 *buf;
    assist_figure_in_t            in;
    ngx_pool_cleanup_t           *cln;
    ngx_http_assist_document_t   *doc;
    ngx_http_assist_main_conf_t  *mcf;

    name = ngx_http_assist_below(r);

    rc = ngx_http_assist_admin_handler(r, &name);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_assist_add_header(r, "Allow", "GET, HEAD") == NGX_OK
               ? ngx_http_assist_send_error(r, NGX_HTTP_NOT_ALLOWED,
                                            "method_not_allowed",
                                            "this is read with GET")
               : NGX_ERROR;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    for (doc = ngx_http_assist_documents; doc->name.len; doc++) {
        if (name.len == doc->name.len
            && ngx_strncmp(name.data, doc->name.data, name.len) == 0)
        {
            break;
        }
    }

    /* what other nodes have counted */

    if ((doc->name.len == 0 || doc->write) && mcf->catalog
        && ngx_http_assist_ledger_pull(r, ngx_http_assist_status_handler)
           == NGX_AGAIN)
    {
        return NGX_DONE;
    }

    if (doc->name.len == 0 && mcf->catalog) {
        rc = ngx_http_assist_dashboard(r, &name);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    if (doc->name.len == 0 && name.len) {
        return ngx_http_assist_send_error(r, NGX_HTTP_NOT_FOUND, "not_found",
                                          "there is no \"%V\" here; there are "
                                          "coverage.json, coverage.csv, "
                                          "services.json, services.csv, "
                                          "metrics and health, and pages: "
                                          "the location itself, method, "
                                          "agency/CODE, service/CODE",
                                          &name);
    }

    if (doc->state == NULL && mcf->catalog == NULL) {
        return ngx_http_assist_send_error(r, NGX_HTTP_NOT_FOUND,
                                          "no_catalogue",
                                          "there is nothing to measure: "
                                          "assist_catalog is not set");
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(assist_buf_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    buf = cln->data;
    *buf = (assist_buf_t) ASSIST_BUF_INIT;
    cln->handler = ngx_http_assist_status_cleanup;

    if (doc->write && mcf->catalog) {
        ngx_http_assist_coverage_figure(mcf, &in);
        doc->write(&in, buf);
    }

    if (doc->state) {
        doc->state(mcf, buf);
    }

    if (buf->failed
        || ngx_http_assist_add_header(r, "Cache-Control", "no-store")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = (u_char *) buf->data;
    body.len = buf->len;

    return ngx_http_assist_send(r, NGX_HTTP_OK, &doc->type, &body);
}


static void
ngx_http_assist_status_cleanup(void *data)
{
    assist_buf_free(data);
}


/* Of the worker that is asked: can it answer? */

static void
ngx_http_assist_status_health(ngx_http_assist_main_conf_t *mcf,
    assist_buf_t *out)
{
    ngx_uint_t                i;
    ngx_http_assist_hook_t  **hook;

    hook = mcf->hooks.elts;

    for (i = 0; i < mcf->hooks.nelts && hook[i]->hook; i++) { /* void */ }

    assist_buf_printf(out, "{\"status\":\"%s\",\"catalogue\":%s,"
                      "\"search\":%s,\"lua\":%s,\"hooks\":%s}\n",
                      mcf->vm && mcf->search && i == mcf->hooks.nelts
                      ? "ok" : "degraded",
                      mcf->catalog ? "true" : "false",
                      mcf->search ? "true" : "false",
                      mcf->vm ? "true" : "false",
                      i == mcf->hooks.nelts ? "true" : "false");
}
