/*
 * The administrators' endpoint: the figure and its rows.
 */

#include "ngx_http_assist.h"


typedef struct {
    ngx_str_t               name;
    ngx_str_t               type;
    /* of the figure, whole or in slices; of this nginx */
    void                  (*write)(const assist_figure_t *f,
                                   assist_buf_t *out);
    assist_figure_rows_pt   rows;
    void                  (*state)(ngx_http_assist_main_conf_t *mcf,
                                   assist_buf_t *out);
} ngx_http_assist_document_t;


/* One that is being written, in its request's pool. */
typedef struct {
    ngx_http_request_t          *request;
    ngx_http_assist_document_t  *document;
    const assist_figure_t       *figure;
    uint32_t                     from;      /* of its rows */
    assist_buf_t                 buf;
} ngx_http_assist_print_t;


static ngx_int_t ngx_http_assist_status_past(ngx_http_request_t *r,
    ngx_http_assist_document_t *doc, ngx_str_t *text, int32_t day);
static ngx_int_t ngx_http_assist_status_write(ngx_http_request_t *r,
    ngx_http_assist_document_t *doc, const assist_figure_t *figure);
static ngx_int_t ngx_http_assist_status_rows(ngx_http_assist_print_t *print);
static void ngx_http_assist_status_wake(ngx_http_assist_op_t *op);
static ngx_int_t ngx_http_assist_status_send(ngx_http_assist_print_t *print);
static void ngx_http_assist_status_cleanup(void *data);
static void ngx_http_assist_status_health(ngx_http_assist_main_conf_t *mcf,
    assist_buf_t *out);


static ngx_http_assist_document_t  ngx_http_assist_documents[] = {

    { ngx_string("coverage.json"), ngx_string("application/json"),
      assist_figure_coverage_json, NULL, NULL },

    { ngx_string("coverage.csv"), ngx_string("text/csv; charset=utf-8"),
      assist_figure_coverage_csv, NULL, NULL },

    { ngx_string("services.json"), ngx_string("application/json"),
      NULL, assist_figure_services_json, NULL },

    { ngx_string("services.csv"), ngx_string("text/csv; charset=utf-8"),
      NULL, assist_figure_services_csv, NULL },

    { ngx_string("metrics"),
      ngx_string("text/plain; version=0.0.4; charset=utf-8"),
      assist_figure_metrics, NULL, ngx_http_assist_metrics_write },

    { ngx_string("health"), ngx_string("application/json"),
      NULL, NULL, ngx_http_assist_status_health },

    { ngx_null_string, ngx_null_string, NULL, NULL, NULL }
};


ngx_int_t
ngx_http_assist_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    int32_t                       day;
    ngx_str_t                     name, asked;
    const assist_figure_t        *figure;
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

    rc = ngx_http_assist_daily_asked(r, &asked, &day);

    if (rc == NGX_ERROR) {
        return ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST, "bad_day",
                                          "as_of is a day that is not to come, "
                                          "such as 2026-11-26, not \"%V\"",
                                          &asked);
    }

    if (rc == NGX_OK) {
        return ngx_http_assist_status_past(r, doc, &asked, day);
    }

    figure = NULL;

    if ((doc->write || doc->rows) && mcf->catalog) {
        rc = ngx_http_assist_figure(r, ngx_http_assist_status_handler,
                                    &figure);

        if (rc != NGX_OK) {
            return rc == NGX_AGAIN ? NGX_DONE
                                   : NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return ngx_http_assist_status_write(r, doc, figure);
}


static ngx_int_t
ngx_http_assist_status_past(ngx_http_request_t *r,
    ngx_http_assist_document_t *doc, ngx_str_t *text, int32_t day)
{
    ngx_int_t    rc;
    ngx_str_t    body;
    const char  *type;

    type = doc->write == assist_figure_coverage_json ? "json"
           : doc->write == assist_figure_coverage_csv ? "csv" : NULL;

    if (type == NULL) {
        return ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST, "no_past",
                                          "\"%V\" is of today only: of a past "
                                          "day there are coverage.json, "
                                          "coverage.csv and the pages of the "
                                          "location itself and \"method\"; "
                                          "services are in \"assist report "
                                          "LOG... --catalog FILE --as-of %V\"",
                                          &doc->name, text);
    }

    rc = ngx_http_assist_daily_read(r, day, type, &body);

    if (rc == NGX_DECLINED) {
        return ngx_http_assist_send_error(r, NGX_HTTP_NOT_FOUND, "no_snapshot",
                                          "no figure of %V is kept here: with "
                                          "assist_coverage_zone's state= the "
                                          "last 400 days are; recompute it "
                                          "from the evidence: \"assist report "
                                          "LOG... --catalog FILE --as-of %V\"",
                                          text, text);
    }

    if (rc != NGX_OK
        || ngx_http_assist_add_header(r, "Cache-Control", "no-store")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_assist_send(r, NGX_HTTP_OK, &doc->type, &body);
}


/* figure NULL: there is no catalogue. */

static ngx_int_t
ngx_http_assist_status_write(ngx_http_request_t *r,
    ngx_http_assist_document_t *doc, const assist_figure_t *figure)
{
    ngx_int_t                     rc;
    ngx_pool_cleanup_t           *cln;
    ngx_http_assist_print_t      *print;
    ngx_http_assist_main_conf_t  *mcf;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_assist_print_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    print = cln->data;
    ngx_memzero(print, sizeof(ngx_http_assist_print_t));
    cln->handler = ngx_http_assist_status_cleanup;

    print->request = r;
    print->document = doc;
    print->figure = figure;

    if (figure && doc->rows) {
        rc = ngx_http_assist_status_rows(print);

        if (rc == NGX_DONE) {
            /* the caller's finalization leaves the request to the slices */
            r->main->count++;
        }

        return rc;
    }

    if (figure && doc->write) {
        doc->write(figure, &print->buf);
    }

    if (doc->state) {
        mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
        doc->state(mcf, &print->buf);
    }

    return ngx_http_assist_status_send(print);
}


/* One slice; NGX_DONE: there are more. */

static ngx_int_t
ngx_http_assist_status_rows(ngx_http_assist_print_t *print)
{
    uint64_t                began;
    ngx_http_request_t     *r;
    ngx_http_assist_ctx_t  *ctx;

    r = print->request;
    ctx = ngx_http_assist_ctx(r, 1);
    began = ngx_http_assist_slice_begin();

    for ( ;; ) {
        print->from = print->document->rows(print->figure, print->from,
                                            &print->buf);

        if (print->from == 0) {
            return ngx_http_assist_status_send(print);
        }

        /* without memory for a pause there is none */

        if (ngx_http_assist_slice_over(began) && ctx
            && ngx_http_assist_op_turn(r, &ctx->ops,
                                       ngx_http_assist_status_wake, print))
        {
            ngx_http_assist_op_park(r);
            return NGX_DONE;
        }
    }
}


static void
ngx_http_assist_status_wake(ngx_http_assist_op_t *op)
{
    ngx_int_t                 rc;
    ngx_http_request_t       *r;
    ngx_http_assist_print_t  *print;

    print = op->data;
    r = print->request;
    rc = ngx_http_assist_status_rows(print);

    if (rc != NGX_DONE) {
        r->read_event_handler = ngx_http_block_reading;
        ngx_http_finalize_request(r, rc);
    }
}


static ngx_int_t
ngx_http_assist_status_send(ngx_http_assist_print_t *print)
{
    ngx_str_t            body;
    ngx_http_request_t  *r;

    r = print->request;

    if (print->buf.failed
        || ngx_http_assist_add_header(r, "Cache-Control", "no-store")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = (u_char *) print->buf.data;
    body.len = print->buf.len;

    return ngx_http_assist_send(r, NGX_HTTP_OK, &print->document->type, &body);
}


static void
ngx_http_assist_status_cleanup(void *data)
{
    ngx_http_assist_print_t *print = data;

    assist_buf_free(&print->buf);
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
