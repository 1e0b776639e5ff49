/*
 * An answer leaves: what came of the question, its status and id, and what it
 * looks like as JSON and as server-sent events.
 */

#include "ngx_http_assist_ask.h"


/* of ngx_http_assist_ask_document(): members' names, cache, punctuation */
#define NGX_HTTP_ASSIST_OWN_WORDS  128


static ngx_uint_t ngx_http_assist_ask_status(ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_ask_json(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members);
static void ngx_http_assist_sse_begin(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_buf_t *out);
static void ngx_http_assist_sse_text(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_str_t text, assist_buf_t *out);
static void ngx_http_assist_sse_end(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members, assist_buf_t *out);


const ngx_http_assist_shape_t  ngx_http_assist_json_shape = {
    ngx_http_assist_ask_json,
    ngx_http_assist_json_error
};

/*
 * event: delta, {"text":"..."}, as often as there is text; then event: answer,
 * the document that a whole answer is, or event: error.
 */

const ngx_http_assist_stream_format_t  ngx_http_assist_sse_format = {
    ngx_http_assist_sse_begin,
    ngx_http_assist_sse_text,
    ngx_http_assist_sse_end
};

static ngx_str_t  ngx_http_assist_json = ngx_string("application/json");

static ngx_str_t  ngx_http_assist_trouble_vi = ngx_string(
    "Trợ lý đang gặp sự cố. Vui lòng thử lại sau ít phút, hoặc xem trang của "
    "thủ tục trên cổng.");
static ngx_str_t  ngx_http_assist_trouble_en = ngx_string(
    "The assistant is having trouble. Please try again in a few minutes, or "
    "see the service's page on the portal.");

static ngx_str_t  ngx_http_assist_spent_vi = ngx_string(
    "Trợ lý đã dùng hết hạn mức của hôm nay. Vui lòng thử lại vào ngày mai.");
static ngx_str_t  ngx_http_assist_spent_en = ngx_string(
    "The assistant has used up today's allowance. Please try again tomorrow.");


/* What came of it, and whose interaction it was. */

void
ngx_http_assist_ask_outcome(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    assist_str_t  text;

    if (ctx->restore.n) {
        /* the beginning of a placeholder that was none */
        (void) assist_restore_end(&ctx->restore, &ctx->said);
    }

    if (ctx->event.by == ASSIST_BY_CATALOGUE) {
        ngx_str_set(&ctx->model, "catalogue");
        ctx->event.degraded = ctx->degraded;
    }

    if (!ctx->outcome) {
        ctx->outcome = 1;
        ctx->event.outcome = ctx->said.len ? ASSIST_ANSWERED
                                           : ASSIST_ERROR_HOOK;
    }

    if (ctx->said.len == 0 && ctx->event.outcome == ASSIST_REFUSED
        && ctx->spent)
    {
        text = ctx->lang.data[0] == 'e'
               ? ngx_http_assist_str(ngx_http_assist_spent_en)
               : ngx_http_assist_str(ngx_http_assist_spent_vi);
        assist_buf_add(&ctx->said, text.data, text.len);
    }

    if (ctx->said.len == 0 && ctx->event.outcome >= ASSIST_FALLBACK) {
        text = ctx->lang.data[0] == 'e'
               ? ngx_http_assist_str(ngx_http_assist_trouble_en)
               : ngx_http_assist_str(ngx_http_assist_trouble_vi);
        assist_buf_add(&ctx->said, text.data, text.len);
    }

    ngx_http_assist_found(r, ctx);
}


ngx_int_t
ngx_http_assist_ask_send(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members)
{
    u_char      *p;
    ngx_uint_t   status;
    const char  *cache;

    ctx->event.kind = ASSIST_KIND_ASK;
    ctx->event.disclosed = 1;

    /* before it is sent: who reads the figure next finds it there */
    ngx_http_assist_coverage_event(r, ctx);

    if (ctx->id.len == 0 && ngx_http_assist_ask_id(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_assist_stream_began(ctx)) {
        return ngx_http_assist_stream_end(r, ctx, members);
    }

    status = ngx_http_assist_ask_status(ctx);
    cache = assist_cache_name(ctx->event.cache);

    if (ngx_http_assist_add_header(r, "X-Assist-Outcome",
                                   assist_outcome_name(ctx->event.outcome))
        != NGX_OK
        || (cache[0]
            && ngx_http_assist_add_header(r, "X-Assist-Cache", cache)
               != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (status == NGX_HTTP_TOO_MANY_REQUESTS) {
        p = ngx_pcalloc(r->pool, NGX_TIME_T_LEN + 1);
        if (p == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        (void) ngx_sprintf(p, "%T", ngx_http_assist_budget_resets());

        if (ngx_http_assist_add_header(r, "Retry-After", (char *) p)
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (ctx->stream && status == NGX_HTTP_OK) {
        return ngx_http_assist_stream_end(r, ctx, members);
    }

    r->headers_out.status = status;

    return ctx->shape->send(r, ctx, members);
}


static ngx_uint_t
ngx_http_assist_ask_status(ngx_http_assist_ctx_t *ctx)
{
    switch (ctx->event.outcome) {

    case ASSIST_REFUSED:
        return ctx->spent ? NGX_HTTP_TOO_MANY_REQUESTS : NGX_HTTP_OK;

    case ASSIST_ERROR_TIMEOUT:
        return NGX_HTTP_GATEWAY_TIME_OUT;

    case ASSIST_ERROR_PROVIDER:
        return NGX_HTTP_BAD_GATEWAY;

    case ASSIST_ERROR_HOOK:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;

    default:
        return NGX_HTTP_OK;
    }
}


/* New for each interaction, hits too; it ends with the service. */

ngx_int_t
ngx_http_assist_ask_id(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    assist_str_t  service;

    service = ngx_http_assist_service_id(r, ctx->service, ctx->shared);

    ctx->id.data = ngx_pnalloc(r->pool,
                               NGX_HTTP_ASSIST_TOKEN_LEN + 1 + service.len);
    if (ctx->id.data == NULL) {
        return NGX_ERROR;
    }

    /* an id does not tell a question with personal data */

    ctx->id.len = ngx_http_assist_feedback_id(r, ctx->id.data,
                                              ctx->redact.n
                                              ? 0 : ctx->question_key,
                                              service)
                  - ctx->id.data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_ask_json(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members)
{
    ngx_str_t     body, *disclosure;
    assist_buf_t  buf = ASSIST_BUF_INIT;

    /* in its place at once; of an id the service may have to be escaped */

    disclosure = ngx_http_assist_disclosure(r, ctx->lang.data[0] == 'e');
    buf.cap = members->len + disclosure->len + NGX_HTTP_ASSIST_TOKEN_LEN
              + 6 * (ctx->id.len - NGX_HTTP_ASSIST_TOKEN_LEN)
              + NGX_HTTP_ASSIST_OWN_WORDS;
    buf.data = ngx_pnalloc(r->pool, buf.cap);

    if (buf.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    buf.lent = 1;

    ngx_http_assist_ask_document(r, ctx, members, &buf);
    assist_buf_putc(&buf, '\n');

    body.data = (u_char *) buf.data;
    body.len = buf.len;

    if (buf.failed
        || ngx_http_assist_add_header(r, "Cache-Control", "no-store")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_assist_send(r, r->headers_out.status,
                                &ngx_http_assist_json, &body);
}


/* The answer's members, and what each interaction has of its own. */

void
ngx_http_assist_ask_document(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members, assist_buf_t *out)
{
    const char  *cache;
    ngx_str_t   *disclosure;

    cache = assist_cache_name(ctx->event.cache);
    disclosure = ngx_http_assist_disclosure(r, ctx->lang.data[0] == 'e');

    assist_buf_puts(out, "{\"id\":");
    assist_buf_json(out, ngx_http_assist_str(ctx->id));

    /* our own words, here and below, have nothing to escape */

    if (cache[0]) {
        assist_buf_puts(out, ",\"cache\":\"");
        assist_buf_puts(out, cache);
        assist_buf_puts(out, "\",");
    } else {
        assist_buf_puts(out, ",\"cache\":null,");
    }

    assist_buf_add(out, (char *) members->data, members->len);

    if (ctx->event.degraded) {
        assist_buf_puts(out, ",\"degraded\":true");
    }

    assist_buf_puts(out, ",\"disclosure\":");
    assist_buf_add(out, (char *) disclosure->data, disclosure->len);
    assist_buf_putc(out, '}');
}


static void
ngx_http_assist_sse_begin(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    assist_buf_t *out)
{
    /* its events need no introduction */
}


static void
ngx_http_assist_sse_text(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    assist_str_t text, assist_buf_t *out)
{
    assist_buf_puts(out, "event: delta\ndata: {\"text\":");
    assist_buf_json(out, text);
    assist_buf_puts(out, "}\n\n");
}


static void
ngx_http_assist_sse_end(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members, assist_buf_t *out)
{
    if (ctx->event.outcome < ASSIST_ERROR_TIMEOUT) {
        assist_buf_puts(out, "event: answer\ndata: ");
        ngx_http_assist_ask_document(r, ctx, members, out);
        assist_buf_puts(out, "\n\n");
        return;
    }

    assist_buf_puts(out, "event: error\ndata: {\"error\":{\"code\":");
    assist_buf_json(out,
                    assist_str_of(assist_outcome_name(ctx->event.outcome)));
    assist_buf_puts(out, ",\"message\":");
    assist_buf_json(out, ngx_http_assist_str(ctx->lang.data[0] == 'e'
                                             ? ngx_http_assist_trouble_en
                                             : ngx_http_assist_trouble_vi));
    assist_buf_puts(out, "}}\n\n");
}
