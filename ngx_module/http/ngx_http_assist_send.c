/*
 * Whole responses of the module's own endpoints.
 */

#include "ngx_http_assist.h"


ngx_int_t
ngx_http_assist_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, ngx_str_t *body)
{
    ngx_int_t    rc;
    ngx_buf_t   *b;
    ngx_chain_t  out;

    r->headers_out.status = status;
    r->headers_out.content_length_n = (off_t) body->len;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = body->len ? 1 : 0;
    b->last_buf = r == r->main;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_assist_send_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *code, const char *fmt, ...)
{
    u_char                  text[512];
    va_list                 args;
    ngx_str_t               message;
    ngx_http_assist_ctx_t  *ctx;

    va_start(args, fmt);
    message.data = text;
    message.len = ngx_vslprintf(text, text + sizeof(text), fmt, args) - text;
    va_end(args);

    ctx = ngx_http_assist_ctx(r, 0);

    return ctx && ctx->shape ? ctx->shape->error(r, status, code, &message)
                            : ngx_http_assist_json_error(r, status, code,
                                                         &message);
}


ngx_int_t
ngx_http_assist_json_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *code, ngx_str_t *text)
{
    ngx_str_t     type, body;
    assist_buf_t  buf = ASSIST_BUF_INIT;

    ngx_http_assist_error_document(code, text, &buf);
    assist_buf_putc(&buf, '\n');

    if (ngx_http_assist_take_buf(r, &buf, &body) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_str_set(&type, "application/json");

    return ngx_http_assist_send(r, status, &type, &body);
}


void
ngx_http_assist_error_document(const char *code, ngx_str_t *text,
    assist_buf_t *out)
{
    assist_buf_puts(out, "{\"error\":{\"code\":");
    assist_buf_json(out, assist_str_of(code));
    assist_buf_puts(out, ",\"message\":");
    assist_buf_json(out, ngx_http_assist_str(*text));
    assist_buf_puts(out, "}}");
}


ngx_uint_t
ngx_http_assist_accepts(ngx_http_request_t *r, const char *type)
{
#if (NGX_HTTP_HEADERS)
    ngx_table_elt_t  *accept;

    accept = r->headers_in.accept;

    return accept != NULL
           && ngx_strcasestrn(accept->value.data, (char *) type,
                              ngx_strlen(type) - 1)
              != NULL;
#else
    return 0;
#endif
}


ngx_int_t
ngx_http_assist_add_header(ngx_http_request_t *r, const char *name,
    const char *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value.data = (u_char *) value;
    h->value.len = ngx_strlen(value);

    return NGX_OK;
}


ngx_str_t
ngx_http_assist_below(ngx_http_request_t *r)
{
    ngx_str_t                  name;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    name = r->uri;

    if (clcf->exact_match
#if (NGX_PCRE)
        || clcf->regex
#endif
        )
    {
        /* the location is one path: what counts is its last segment */
        while (name.len && ngx_strlchr(name.data, name.data + name.len, '/')) {
            name.data++;
            name.len--;
        }

    } else if (name.len >= clcf->name.len
        && ngx_strncmp(name.data, clcf->name.data, clcf->name.len) == 0)
    {
        name.data += clcf->name.len;
        name.len -= clcf->name.len;
    }

    while (name.len && name.data[0] == '/') {
        name.data++;
        name.len--;
    }

    return name;
}


/* An address may lack the location's last slash: then it is one level up. */

void
ngx_http_assist_base(ngx_http_request_t *r, ngx_uint_t levels,
    assist_buf_t *buf)
{
    ngx_str_t     last;
    assist_buf_t  base = ASSIST_BUF_INIT;

    last = r->uri;

    while (ngx_strlchr(last.data, last.data + last.len, '/')) {
        last.data++;
        last.len--;
    }

    assist_buf_puts(&base, "./");

    if (ngx_http_assist_below(r).len == 0 && last.len) {
        assist_buf_add(&base, (char *) last.data, last.len);
        assist_buf_putc(&base, '/');
    }

    while (levels--) {
        assist_buf_puts(&base, "../");
    }

    assist_buf_puts(buf, ",\"base\":");
    assist_buf_json(buf, assist_buf_str(&base));
    assist_buf_free(&base);
}
