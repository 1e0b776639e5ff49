/*
 * assist.fetch: a hook's own request to a location that assist_fetch names.
 */

#include "ngx_http_assist.h"


typedef struct {
    ngx_http_assist_op_t    *op;
    ngx_http_assist_call_t  *call;
    size_t                   max;
    assist_buf_t             body;
    assist_value_t          *headers;       /* name, value, name, ... */
    uint32_t                 nheaders;      /* values */
} ngx_http_assist_fetch_t;


static void ngx_http_assist_fetch_header(void *data, ngx_http_request_t *sr);
static void ngx_http_assist_fetch_add(ngx_http_assist_fetch_t *f,
    ngx_str_t name, ngx_str_t text);
static void ngx_http_assist_fetch_part(void *data, assist_str_t part);
static void ngx_http_assist_fetch_end(void *data,
    ngx_http_assist_call_end_e how, ngx_uint_t status);
static void ngx_http_assist_fetch_value(ngx_http_assist_fetch_t *f,
    ngx_uint_t status);
static void ngx_http_assist_fetch_failed(ngx_http_assist_fetch_t *f,
    const char *why);
static void ngx_http_assist_fetch_cancel(ngx_http_assist_op_t *op);
static ngx_int_t ngx_http_assist_fetch_uri(ngx_http_request_t *r,
    assist_str_t text, ngx_str_t *uri, ngx_str_t *args);


const char *
ngx_http_assist_fetch_refused(ngx_http_request_t *r, assist_str_t text)
{
    ngx_str_t                    uri, args, *name;
    ngx_uint_t                   i;
    ngx_http_assist_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (ngx_http_assist_fetch_uri(r, text, &uri, &args) != NGX_OK) {
        return "is not a safe path";
    }

    if (lcf->fetch == NULL) {
        return "is not among assist_fetch, which names no location here";
    }

    name = lcf->fetch->elts;

    for (i = 0; i < lcf->fetch->nelts; i++) {
        if (uri.len >= name[i].len
            && ngx_memcmp(uri.data, name[i].data, name[i].len) == 0
            && (uri.len == name[i].len
                || name[i].data[name[i].len - 1] == '/'))
        {
            return NULL;
        }
    }

    return "is not among assist_fetch";
}


ngx_http_assist_op_t *
ngx_http_assist_fetch(ngx_http_request_t *r, ngx_queue_t *ops,
    const assist_fetch_t *fetch, ngx_http_assist_op_handler_pt handler,
    void *data)
{
    ngx_http_assist_op_t         *op;
    ngx_http_assist_fetch_t      *f;
    ngx_http_assist_call_conf_t   conf;

    op = ngx_http_assist_op_create(r, ops, handler, data, 0);
    if (op == NULL) {
        return NULL;
    }

    f = ngx_http_assist_op_alloc(op, sizeof(ngx_http_assist_fetch_t));

    if (f == NULL
        || ngx_http_assist_fetch_uri(r, fetch->uri, &conf.uri, &conf.args)
           != NGX_OK)
    {
        ngx_http_assist_op_drop(op);
        return NULL;
    }

    ngx_memzero(f, sizeof(ngx_http_assist_fetch_t));
    f->op = op;
    f->max = fetch->max;

    conf.method = fetch->method;
    conf.headers = fetch->headers;
    conf.nheaders = fetch->nheaders;
    conf.body = fetch->body;
    conf.timeout = fetch->timeout;
    conf.internal = 0;
    conf.header = ngx_http_assist_fetch_header;
    conf.body_part = ngx_http_assist_fetch_part;
    conf.end = ngx_http_assist_fetch_end;
    conf.data = f;

    f->call = ngx_http_assist_call_start(r, &conf);

    if (f->call == NULL) {
        ngx_http_assist_op_drop(op);
        return NULL;
    }

    op->held = 1;
    op->kind = f;
    op->cancel = ngx_http_assist_fetch_cancel;

    return op;
}


/* The path that a location would see, and the arguments. */

static ngx_int_t
ngx_http_assist_fetch_uri(ngx_http_request_t *r, assist_str_t text,
    ngx_str_t *uri, ngx_str_t *args)
{
    ngx_uint_t  flags;

    flags = 0;
    ngx_str_null(args);

    uri->len = text.len;
    uri->data = ngx_pnalloc(r->pool, text.len);

    if (uri->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(uri->data, text.data, text.len);

    return ngx_http_parse_unsafe_uri(r, uri, args, &flags);
}


static void
ngx_http_assist_fetch_header(void *data, ngx_http_request_t *sr)
{
    ngx_http_assist_fetch_t *f = data;

    ngx_str_t         type;
    ngx_uint_t        i, n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    n = 1;

    for (part = &sr->headers_out.headers.part; part; part = part->next) {
        n += part->nelts;
    }

    f->headers = ngx_http_assist_op_alloc(f->op,
                                          2 * n * sizeof(assist_value_t));
    if (f->headers == NULL) {
        return;
    }

    for (part = &sr->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].hash) {
                ngx_http_assist_fetch_add(f, h[i].key, h[i].value);
            }
        }
    }

    if (sr->headers_out.content_type.len) {
        ngx_str_set(&type, "content-type");
        ngx_http_assist_fetch_add(f, type, sr->headers_out.content_type);
    }
}


static void
ngx_http_assist_fetch_add(ngx_http_assist_fetch_t *f, ngx_str_t name,
    ngx_str_t text)
{
    assist_value_t  *pair;

    pair = &f->headers[f->nheaders];

    ngx_http_assist_op_string(f->op, &pair[0], ngx_http_assist_str(name));
    ngx_http_assist_op_string(f->op, &pair[1], ngx_http_assist_str(text));

    if (pair[0].type == ASSIST_STRING && pair[1].type == ASSIST_STRING) {
        ngx_strlow((u_char *) pair[0].string.data,
                   (u_char *) pair[0].string.data, name.len);
        f->nheaders += 2;
    }
}


static void
ngx_http_assist_fetch_part(void *data, assist_str_t part)
{
    ngx_http_assist_fetch_t *f = data;

    if (part.len > f->max - f->body.len) {
        ngx_http_assist_call_cancel(f->call);
        ngx_http_assist_fetch_failed(f, "the answer is larger than max");
        return;
    }

    assist_buf_add(&f->body, part.data, part.len);
}


static void
ngx_http_assist_fetch_end(void *data, ngx_http_assist_call_end_e how,
    ngx_uint_t status)
{
    ngx_http_assist_fetch_t *f = data;

    switch (how) {

    case NGX_HTTP_ASSIST_CALL_TIMEOUT:
        ngx_http_assist_fetch_failed(f, "timeout");
        return;

    case NGX_HTTP_ASSIST_CALL_CUT:
        ngx_http_assist_fetch_failed(f, "the answer was cut off");
        return;

    default:
        ngx_http_assist_fetch_value(f, status);
    }
}


/* { status = n, headers = { ... }, body = "..." } */

static void
ngx_http_assist_fetch_value(ngx_http_assist_fetch_t *f, ngx_uint_t status)
{
    assist_value_t        *v;
    ngx_http_assist_op_t  *op;

    op = f->op;

    v = ngx_http_assist_op_alloc(op, 6 * sizeof(assist_value_t));

    if (v == NULL || f->body.failed) {
        ngx_http_assist_fetch_failed(f, "no memory");
        return;
    }

    ngx_http_assist_op_string(op, &v[0], assist_str("status"));
    v[1].type = ASSIST_NUMBER;
    v[1].number = (double) status;

    ngx_http_assist_op_string(op, &v[2], assist_str("headers"));
    v[3].type = ASSIST_TABLE;
    v[3].items = f->headers;
    v[3].nitems = f->nheaders;

    ngx_http_assist_op_string(op, &v[4], assist_str("body"));
    ngx_http_assist_op_string(op, &v[5], assist_buf_str(&f->body));

    assist_buf_free(&f->body);

    op->value.type = ASSIST_TABLE;
    op->value.items = v;
    op->value.nitems = 6;

    ngx_http_assist_op_done(op);
}


static void
ngx_http_assist_fetch_failed(ngx_http_assist_fetch_t *f, const char *why)
{
    assist_buf_free(&f->body);

    f->op->value.type = ASSIST_NIL;
    f->op->value.error = why;

    ngx_http_assist_op_done(f->op);
}


/* The run is over, or its client has gone. */

static void
ngx_http_assist_fetch_cancel(ngx_http_assist_op_t *op)
{
    ngx_http_assist_fetch_t  *f;

    f = op->kind;

    assist_buf_free(&f->body);
    ngx_http_assist_call_cancel(f->call);
}
