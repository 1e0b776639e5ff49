/*
 * The citizens' endpoint: what was sent to it, and whether that is a question.
 */

#include "ngx_http_assist.h"


static ngx_uint_t ngx_http_assist_chat_named(ngx_str_t *name,
    const char *what);
static ngx_int_t ngx_http_assist_chat_not_allowed(ngx_http_request_t *r,
    const char *methods);
static ngx_int_t ngx_http_assist_chat_ask(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_http_client_body_handler_pt handler);
static off_t ngx_http_assist_chat_max(ngx_http_assist_ctx_t *ctx);
static ngx_uint_t ngx_http_assist_chat_is_json(ngx_str_t *type);
static void ngx_http_assist_chat_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_assist_chat_fields(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, json_t *json);
static ngx_int_t ngx_http_assist_chat_string(ngx_http_request_t *r,
    json_t *json, const char *name, ngx_str_t *value);
static ngx_int_t ngx_http_assist_chat_service(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *code, ngx_str_t *agency);
static void ngx_http_assist_chat_previous(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *id);


ngx_int_t
ngx_http_assist_chat_handler(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_str_t                    name;
    ngx_http_assist_ctx_t       *ctx;
    ngx_http_assist_loc_conf_t  *lcf;

    ctx = ngx_http_assist_ctx(r, 1);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->chat = 1;
    ctx->shape = &ngx_http_assist_json_shape;
    name = ngx_http_assist_below(r);

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (lcf->api && name.len > 3 && ngx_strncmp(name.data, "v1/", 3) == 0) {
        ctx->shape = &ngx_http_assist_openai_shape;

    } else if (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) {
        ctx->shape = &ngx_http_assist_html_shape;

        rc = ngx_http_assist_chat_get(r, ctx, &name);
        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    if (ctx->shape != &ngx_http_assist_openai_shape) {
        ctx->shape = ngx_http_assist_wants_html(r)
                     ? &ngx_http_assist_html_shape
                     : &ngx_http_assist_json_shape;
    }

    if (ngx_http_assist_chat_named(&name, "ask")) {
        return r->method == NGX_HTTP_POST
               ? ngx_http_assist_chat_ask(r, ctx, ngx_http_assist_chat_body)
               : ngx_http_assist_chat_not_allowed(r, "POST");
    }

    if (ngx_http_assist_chat_named(&name, "feedback")
        && r->method == NGX_HTTP_POST)
    {
        return ngx_http_assist_chat_ask(r, ctx,
                                        ngx_http_assist_feedback_body);
    }

    if (lcf->api && ngx_http_assist_chat_named(&name, "v1/chat/completions")) {
        return r->method == NGX_HTTP_POST
               ? ngx_http_assist_chat_ask(r, ctx, ngx_http_assist_chat_body)
               : ngx_http_assist_chat_not_allowed(r, "POST");
    }

    if (lcf->api && ngx_http_assist_chat_named(&name, "v1/models")) {
        if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
            return ngx_http_assist_chat_not_allowed(r, "GET, HEAD");
        }

        rc = ngx_http_discard_request_body(r);

        return rc == NGX_OK ? ngx_http_assist_openai_models(r) : rc;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_assist_send_error(r, NGX_HTTP_NOT_FOUND, "not_found",
                                      "there is no \"%V\" here; questions go "
                                      "to \"ask\", votes to \"feedback\"",
                                      &name);
}


static ngx_uint_t
ngx_http_assist_chat_named(ngx_str_t *name, const char *what)
{
    return name->len == ngx_strlen(what)
           && ngx_strncmp(name->data, what, name->len) == 0;
}


static ngx_int_t
ngx_http_assist_chat_not_allowed(ngx_http_request_t *r, const char *methods)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_assist_add_header(r, "Allow", methods) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_assist_send_error(r, NGX_HTTP_NOT_ALLOWED,
                                      "method_not_allowed",
                                      "this takes %s", methods);
}


static ngx_int_t
ngx_http_assist_chat_ask(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_http_client_body_handler_pt handler)
{
    ngx_int_t   rc;
    ngx_str_t  *type;

    type = r->headers_in.content_type ? &r->headers_in.content_type->value
                                      : NULL;

    if (!ngx_http_assist_is_form(r)
        && (type == NULL || !ngx_http_assist_chat_is_json(type)))
    {
        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        return ngx_http_assist_send_error(r,
                   NGX_HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type",
                   "send a JSON body with \"Content-Type: application/json\"");
    }

    if (r->headers_in.content_length_n > ngx_http_assist_chat_max(ctx)) {
        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        return ngx_http_assist_send_error(r,
                   NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, "body_too_large",
                   "the body may have %O bytes",
                   ngx_http_assist_chat_max(ctx));
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, handler);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


static off_t
ngx_http_assist_chat_max(ngx_http_assist_ctx_t *ctx)
{
    return ctx->shape == &ngx_http_assist_openai_shape ? NGX_HTTP_ASSIST_API_MAX
                                                     : NGX_HTTP_ASSIST_BODY_MAX;
}


static ngx_uint_t
ngx_http_assist_chat_is_json(ngx_str_t *type)
{
    size_t  len;

    len = sizeof("application/json") - 1;

    return type->len >= len
           && ngx_strncasecmp(type->data, (u_char *) "application/json", len)
              == 0
           && (type->len == len || type->data[len] == ';'
               || type->data[len] == ' ');
}


static void
ngx_http_assist_chat_body(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_str_t               body;
    ngx_http_assist_ctx_t  *ctx;

    ctx = ngx_http_assist_ctx(r, 1);

    rc = ctx ? ngx_http_assist_chat_read(r, ctx, &body) : NGX_ERROR;

    if (rc == NGX_OK) {
        /* excluded traffic, and the location's own service, if it names one */
        ngx_http_assist_match(r, ctx);

        if (ctx->shape == &ngx_http_assist_openai_shape) {
            ngx_http_assist_openai_body(r, ctx, &body);
            return;
        }
    }

    if (rc == NGX_OK && ctx->shape == &ngx_http_assist_json_shape
        && ngx_http_assist_accepts(r, "text/event-stream"))
    {
        rc = ngx_http_assist_stream_open(r, ctx, &ngx_http_assist_sse_format);
    }

    if (rc == NGX_OK && ctx->shape == &ngx_http_assist_json_shape
        && ngx_http_assist_ask_again(r, ctx, &body) == NGX_OK)
    {
        return;
    }

    if (rc != NGX_OK) {
        /* done: the body was wrong, and the client was told so */
        ngx_http_finalize_request(r, rc == NGX_DONE ? NGX_OK : rc);
        return;
    }

    ngx_http_assist_chat_question(r, ctx, &body);
}


void
ngx_http_assist_chat_question(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *body)
{
    ngx_int_t  rc;

    rc = ngx_http_assist_chat_parse(r, ctx, body, ngx_http_assist_chat_fields);

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, rc == NGX_DONE ? NGX_OK : rc);
        return;
    }

    ngx_http_assist_ask_start(r, ctx);
}


ngx_int_t
ngx_http_assist_chat_read(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *body)
{
    ngx_int_t  rc;

    rc = ngx_http_assist_body_text(r, (size_t) ngx_http_assist_chat_max(ctx),
                                   body);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_OK) {
        return NGX_OK;
    }

    rc = ngx_http_assist_send_error(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                    "body_too_large",
                                    "the body may have %O bytes",
                                    ngx_http_assist_chat_max(ctx));

    return rc == NGX_ERROR ? NGX_ERROR : NGX_DONE;
}


ngx_int_t
ngx_http_assist_chat_parse(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *body, ngx_int_t (*fields)(ngx_http_request_t *r,
        ngx_http_assist_ctx_t *ctx, json_t *json))
{
    json_t        *json;
    ngx_int_t      rc;
    json_error_t   err;

    if (ngx_http_assist_is_form(r)) {
        json = ngx_http_assist_form(r, ctx, body);
        return json ? fields(r, ctx, json) : NGX_ERROR;
    }

    json = json_loadb((char *) body->data, body->len, JSON_REJECT_DUPLICATES,
                      &err);

    if (json == NULL) {
        rc = ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                        "invalid_json",
                                        "the body is not JSON at byte %d: %s",
                                        err.position, err.text);

    } else if (!json_is_object(json)) {
        rc = ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                        "invalid_json",
                                        "the body must be an object, such as "
                                        "{\"question\":\"...\"}");

    } else {
        rc = fields(r, ctx, json);
        json_decref(json);
        return rc;
    }

    json_decref(json);

    return rc == NGX_ERROR ? NGX_ERROR : NGX_DONE;
}


static ngx_int_t
ngx_http_assist_chat_fields(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    json_t *json)
{
    ngx_int_t   rc;
    ngx_str_t   code, agency, previous;

    rc = ngx_http_assist_chat_string(r, json, "question", &ctx->question);

    if (rc == NGX_OK) {
        rc = ngx_http_assist_chat_string(r, json, "service", &code);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_assist_chat_string(r, json, "agency", &agency);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_assist_chat_string(r, json, "lang", &ctx->lang);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_assist_chat_string(r, json, "previous", &previous);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx->question.len == 0) {
        rc = ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                        "question_missing",
                                        "\"question\" is missing or empty");
        return rc == NGX_ERROR ? NGX_ERROR : NGX_DONE;
    }

    if (ctx->question.len > NGX_HTTP_ASSIST_QUESTION_MAX) {
        rc = ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                        "question_too_long",
                                        "\"question\" may have %d bytes",
                                        NGX_HTTP_ASSIST_QUESTION_MAX);
        return rc == NGX_ERROR ? NGX_ERROR : NGX_DONE;
    }

    if (ctx->lang.len
        && (ctx->lang.len != 2
            || (ngx_strncmp(ctx->lang.data, "vi", 2) != 0
                && ngx_strncmp(ctx->lang.data, "en", 2) != 0)))
    {
        rc = ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                        "unknown_lang",
                                        "\"lang\" must be \"vi\" or \"en\"");
        return rc == NGX_ERROR ? NGX_ERROR : NGX_DONE;
    }

    ngx_http_assist_chat_previous(r, ctx, &previous);

    return ngx_http_assist_chat_service(r, ctx, &code, &agency);
}


/* A member that is a string, copied; len 0: it is missing. */

static ngx_int_t
ngx_http_assist_chat_string(ngx_http_request_t *r, json_t *json,
    const char *name, ngx_str_t *value)
{
    json_t  *member;

    ngx_str_set(value, "");
    member = json_object_get(json, name);

    if (member == NULL || json_is_null(member)) {
        return NGX_OK;
    }

    if (!json_is_string(member)) {
        return ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                          "invalid_member",
                                          "\"%s\" must be a string", name)
               == NGX_ERROR ? NGX_ERROR : NGX_DONE;
    }

    value->len = json_string_length(member);
    value->data = ngx_pnalloc(r->pool, value->len + 1);

    if (value->data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(value->data, json_string_value(member), value->len + 1);

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_chat_service(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *code, ngx_str_t *agency)
{
    if (code->len == 0) {
        return NGX_OK;
    }

    ngx_http_assist_set_service(r, ctx, ngx_http_assist_str(*code),
                                ngx_http_assist_str(*agency));

    if (ctx->service == ASSIST_NONE) {
        return ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                          "unknown_service",
                                          "service \"%V%s%V\" is not in the "
                                          "catalogue", code,
                                          agency->len ? "@" : "", agency)
               == NGX_ERROR ? NGX_ERROR : NGX_DONE;
    }

    return NGX_OK;
}


/*
 * An answer's id ends with its service, "token.code@agency", or with the code
 * alone where it was of several agencies.
 */

static void
ngx_http_assist_chat_previous(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *id)
{
    u_char       *dot;
    uint32_t      service;
    unsigned      shared;
    assist_str_t  code;

    dot = ngx_strlchr(id->data, id->data + id->len, '.');

    if (dot == NULL) {
        return;
    }

    code.data = (char *) dot + 1;
    code.len = (size_t) (id->data + id->len - (dot + 1));

    /* the request's own service comes after, and takes its place */
    service = ctx->service;
    shared = ctx->shared;

    ngx_http_assist_set_service(r, ctx, code, assist_str(""));

    ctx->previous = ctx->service;
    ctx->previous_shared = ctx->shared;
    ctx->service = service;
    ctx->shared = shared;
}
