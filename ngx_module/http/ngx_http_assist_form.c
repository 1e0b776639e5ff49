/*
 * What browsers send without JavaScript: forms, and the arguments of a link.
 */

#include "ngx_http_assist.h"


static ngx_int_t ngx_http_assist_form_part(ngx_http_request_t *r, u_char *p,
    u_char *end, ngx_str_t *value);
static void ngx_http_assist_form_cleanup(void *data);


json_t *
ngx_http_assist_form(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *text)
{
    u_char              *p, *end, *amp, *eq;
    ngx_str_t            name, value;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    ctx->form = json_object();
    cln->handler = ngx_http_assist_form_cleanup;
    cln->data = ctx->form;

    p = text->data;
    end = text->data + text->len;

    for ( /* void */ ; p < end; p = amp + 1) {
        amp = ngx_strlchr(p, end, '&');
        amp = amp ? amp : end;
        eq = ngx_strlchr(p, amp, '=');
        eq = eq ? eq : amp;

        if (ngx_http_assist_form_part(r, p, eq, &name) != NGX_OK
            || ngx_http_assist_form_part(r, ngx_min(eq + 1, amp), amp, &value)
               != NGX_OK)
        {
            return NULL;
        }

        /* what is not UTF-8 cannot be set, and then is missing */
        (void) json_object_set_new(ctx->form, (char *) name.data,
                                   json_stringn((char *) value.data,
                                                value.len));
    }

    return ctx->form;
}


ngx_str_t
ngx_http_assist_form_value(ngx_http_assist_ctx_t *ctx, const char *name)
{
    json_t     *member;
    ngx_str_t   value;

    ngx_str_set(&value, "");
    member = json_object_get(ctx->form, name);

    if (json_is_string(member)) {
        value.data = (u_char *) json_string_value(member);
        value.len = json_string_length(member);
    }

    return value;
}


ngx_uint_t
ngx_http_assist_is_form(ngx_http_request_t *r)
{
    size_t      len;
    ngx_str_t  *type;

    if (r->headers_in.content_type == NULL) {
        return 0;
    }

    type = &r->headers_in.content_type->value;
    len = sizeof("application/x-www-form-urlencoded") - 1;

    return type->len >= len
           && ngx_strncasecmp(type->data,
                              (u_char *) "application/x-www-form-urlencoded",
                              len)
              == 0
           && (type->len == len || type->data[len] == ';'
               || type->data[len] == ' ');
}


ngx_uint_t
ngx_http_assist_wants_html(ngx_http_request_t *r)
{
#if (NGX_HTTP_HEADERS)
    u_char  *accept;

    if (r->headers_in.accept) {
        accept = r->headers_in.accept->value.data;

        if (ngx_strcasestrn(accept, "text/html", 9 - 1)) {
            return 1;
        }

        if (ngx_strcasestrn(accept, "application/json", 16 - 1)
            || ngx_strcasestrn(accept, "text/event-stream", 17 - 1))
        {
            return 0;
        }
    }
#endif

    return ngx_http_assist_is_form(r);
}


/* "a+b%C3%A2" decoded, zero-terminated */

static ngx_int_t
ngx_http_assist_form_part(ngx_http_request_t *r, u_char *p, u_char *end,
    ngx_str_t *value)
{
    size_t   i, len;
    u_char  *src, *dst;

    len = end - p;
    value->data = ngx_pnalloc(r->pool, len + 1);

    if (value->data == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < len; i++) {
        value->data[i] = p[i] == '+' ? ' ' : p[i];
    }

    src = value->data;
    dst = value->data;
    ngx_unescape_uri(&dst, &src, len, 0);

    value->len = dst - value->data;
    *dst = '\0';

    return NGX_OK;
}


static void
ngx_http_assist_form_cleanup(void *data)
{
    json_decref(data);
}
