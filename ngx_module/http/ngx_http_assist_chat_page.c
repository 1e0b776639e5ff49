/*
 * The citizens' page, which works without JavaScript: the document of which it
 * is a view.
 *
 * Questions are posted, and the answer is the response to the POST itself.  A
 * GET with ?q= would put questions, and with them personal data, into URLs,
 * histories and logs; a redirect after the POST would need the answer to be
 * kept for somebody.  So the page is no-store, and a browser that repeats the
 * POST does no harm: asking again gives the answer again, and is one more
 * interaction, as it is.
 *
 *     {"lang":, "base":, "question":, "disclosure":, "service":{..},
 *      "reply":{..}}
 *
 * where `base` leads from this address to the location's, `service` is the one that was given, and `reply` what JSON clients get:
 * an answer, an error, or what came of a vote.
 */

#include "ngx_http_assist.h"


static ngx_int_t ngx_http_assist_chat_page_answer(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members);
static ngx_int_t ngx_http_assist_chat_page_error(ngx_http_request_t *r,
    ngx_uint_t status, const char *code, ngx_str_t *text);
static ngx_int_t ngx_http_assist_chat_form(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_chat_about(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_chat_back(ngx_http_request_t *r);
static void ngx_http_assist_chat_page_service(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_buf_t *buf);


const ngx_http_assist_shape_t  ngx_http_assist_html_shape = {
    ngx_http_assist_chat_page_answer,
    ngx_http_assist_chat_page_error
};


ngx_int_t
ngx_http_assist_chat_get(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *name)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (name->len == 0) {
        return ngx_http_assist_chat_form(r, ctx);
    }

    if (ngx_http_assist_is(name, "notice.json")) {
        ctx->noticed = 1;

        return ngx_http_assist_chat_about(r, ctx) == NGX_OK
               ? ngx_http_assist_disclosure_send(r)
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* the address of an answer, typed or opened again */

    if (ngx_http_assist_wants_html(r)
        && (ngx_http_assist_is(name, "ask")
            || ngx_http_assist_is(name, "feedback")))
    {
        return ngx_http_assist_chat_back(r);
    }

    return ngx_http_assist_asset(r, name);
}


ngx_int_t
ngx_http_assist_chat_page(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_uint_t status, ngx_str_t *reply)
{
    ngx_str_t                     name, document, question, lang, *disclosure;
    ngx_uint_t                    i, en, levels;
    assist_buf_t                  buf = ASSIST_BUF_INIT;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    name = ngx_http_assist_below(r);

    for (levels = 0, i = 0; i < name.len; i++) {
        levels += name.data[i] == '/';
    }

    /* of an error it may be missing, or be the error */
    lang = ctx->lang.len ? ctx->lang : ngx_http_assist_form_value(ctx, "lang");
    question = ctx->question.len ? ctx->question
                                 : ngx_http_assist_form_value(ctx, "question");
    en = ngx_http_assist_is(&lang, "en");
    disclosure = ngx_http_assist_disclosure(r, en);

    assist_buf_puts(&buf, en ? "{\"lang\":\"en\"" : "{\"lang\":\"vi\"");
    ngx_http_assist_base(r, levels, &buf);
    assist_buf_puts(&buf, ",\"question\":");
    assist_buf_json(&buf, ngx_http_assist_str(question));
    assist_buf_puts(&buf, ",\"disclosure\":");
    assist_buf_add(&buf, (char *) disclosure->data, disclosure->len);

    if (ngx_http_assist_form_value(ctx, "service").len
        && ctx->service != ASSIST_NONE)
    {
        ngx_http_assist_chat_page_service(r, ctx, &buf);
    }

    if (reply) {
        assist_buf_puts(&buf, ",\"reply\":");
        assist_buf_add(&buf, (char *) reply->data, reply->len);
    }

    assist_buf_putc(&buf, '}');

    if (ngx_http_assist_take_buf(r, &buf, &document) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_assist_view(r, mcf->chat_page, status, &document);
}


static ngx_int_t
ngx_http_assist_chat_page_answer(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members)
{
    ngx_str_t     reply;
    assist_buf_t  buf = ASSIST_BUF_INIT;

    ngx_http_assist_ask_document(r, ctx, members, &buf);

    return ngx_http_assist_take_buf(r, &buf, &reply) == NGX_OK
           ? ngx_http_assist_chat_page(r, ctx, r->headers_out.status, &reply)
           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_http_assist_chat_page_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *code, ngx_str_t *text)
{
    ngx_str_t     reply;
    assist_buf_t  buf = ASSIST_BUF_INIT;

    ngx_http_assist_error_document(code, text, &buf);

    return ngx_http_assist_take_buf(r, &buf, &reply) == NGX_OK
           ? ngx_http_assist_chat_page(r, ngx_http_assist_ctx(r, 0), status,
                                       &reply)
           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* GET of the location itself: an empty form, for a service or for all. */

static ngx_int_t
ngx_http_assist_chat_form(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    return ngx_http_assist_chat_about(r, ctx) == NGX_OK
           ? ngx_http_assist_chat_page(r, ctx, NGX_HTTP_OK, NULL)
           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* Which service do the arguments name? */

static ngx_int_t
ngx_http_assist_chat_about(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    if (ngx_http_assist_form(r, ctx, &r->args) == NULL) {
        return NGX_ERROR;
    }

    /* is it traffic that counts? */
    ngx_http_assist_match(r, ctx);

    ngx_http_assist_set_service(r, ctx,
        ngx_http_assist_str(ngx_http_assist_form_value(ctx, "service")),
        ngx_http_assist_str(ngx_http_assist_form_value(ctx, "agency")));

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_chat_back(ngx_http_request_t *r)
{
    ngx_str_t  type, body;

    ngx_str_set(&type, "text/plain");
    ngx_str_set(&body, "");

    return ngx_http_assist_add_header(r, "Location", "./") == NGX_OK
           ? ngx_http_assist_send(r, NGX_HTTP_SEE_OTHER, &type, &body)
           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* With the agency only where it is known which one is meant. */

static void
ngx_http_assist_chat_page_service(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_buf_t *buf)
{
    assist_row_t                 *row;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    row = &mcf->catalog->rows[mcf->catalog->services[ctx->service].row];

    assist_buf_puts(buf, ",\"service\":{\"code\":");
    assist_buf_json(buf, row->code);
    assist_buf_puts(buf, ",\"name\":");
    assist_buf_json(buf, row->name);
    assist_buf_puts(buf, ",\"name_en\":");
    assist_buf_json(buf, row->name_en);
    assist_buf_puts(buf, ",\"agency\":");
    assist_buf_json(buf, ctx->shared ? assist_str("") : row->agency_code);
    assist_buf_puts(buf, ",\"agency_name\":");
    assist_buf_json(buf, ctx->shared ? assist_str("") : row->agency);
    assist_buf_puts(buf, ",\"contact\":");
    assist_buf_json(buf, ctx->shared ? assist_str("") : row->contact);
    assist_buf_putc(buf, '}');
}
