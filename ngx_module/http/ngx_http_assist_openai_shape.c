/*
 * Answers and errors as OpenAI's API has them, whole and as a stream.
 */

#include "ngx_http_assist.h"


static ngx_int_t ngx_http_assist_openai_send(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members);
static ngx_int_t ngx_http_assist_openai_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *code, ngx_str_t *text);
static void ngx_http_assist_openai_head(ngx_http_assist_ctx_t *ctx, const char *object,
    assist_buf_t *out);
static void ngx_http_assist_openai_usage(ngx_http_assist_ctx_t *ctx, assist_buf_t *out);
static void ngx_http_assist_openai_tokens(assist_buf_t *out, int64_t n);
static void ngx_http_assist_openai_begin(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    assist_buf_t *out);
static void ngx_http_assist_openai_text(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    assist_str_t text, assist_buf_t *out);
static void ngx_http_assist_openai_end(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members, assist_buf_t *out);


const ngx_http_assist_shape_t  ngx_http_assist_openai_shape = {
    ngx_http_assist_openai_send,
    ngx_http_assist_openai_error
};

const ngx_http_assist_stream_format_t  ngx_http_assist_openai_format = {
    ngx_http_assist_openai_begin,
    ngx_http_assist_openai_text,
    ngx_http_assist_openai_end
};

static ngx_str_t  ngx_http_assist_json = ngx_string("application/json");


static ngx_int_t
ngx_http_assist_openai_send(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members)
{
    ngx_str_t     body, text;
    assist_buf_t  buf = ASSIST_BUF_INIT;

    if (r->headers_out.status != NGX_HTTP_OK) {
        text.data = (u_char *) ctx->said.data;
        text.len = ctx->said.len;

        return ngx_http_assist_openai_error(r, r->headers_out.status,
                   assist_outcome_name(ctx->event.outcome), &text);
    }

    ngx_http_assist_openai_head(ctx, "chat.completion", &buf);
    assist_buf_puts(&buf, ",\"choices\":[{\"index\":0,\"message\":{"
                    "\"role\":\"assistant\",\"content\":");
    assist_buf_json(&buf, assist_buf_str(&ctx->said));
    assist_buf_puts(&buf, ",\"refusal\":null},\"logprobs\":null,"
                    "\"finish_reason\":");
    assist_buf_puts(&buf, ctx->partial ? "\"length\"}]" : "\"stop\"}]");
    ngx_http_assist_openai_usage(ctx, &buf);
    assist_buf_puts(&buf, ",\"assist\":{");
    assist_buf_add(&buf, (char *) members->data, members->len);
    assist_buf_puts(&buf, "}}\n");

    return ngx_http_assist_take_buf(r, &buf, &body) == NGX_OK
           ? ngx_http_assist_send(r, NGX_HTTP_OK, &ngx_http_assist_json, &body)
           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_http_assist_openai_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *code, ngx_str_t *text)
{
    ngx_str_t     body;
    const char   *type;
    assist_buf_t  buf = ASSIST_BUF_INIT;

    type = status == NGX_HTTP_TOO_MANY_REQUESTS ? "insufficient_quota"
           : status < NGX_HTTP_INTERNAL_SERVER_ERROR ? "invalid_request_error"
           : "server_error";

    if (status == NGX_HTTP_TOO_MANY_REQUESTS) {
        /* a client need not try again before the day is over */
        code = type;

        if (ngx_http_assist_add_header(r, "X-Should-Retry", "false")
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    assist_buf_puts(&buf, "{\"error\":{\"message\":");
    assist_buf_json(&buf, ngx_http_assist_str(*text));
    assist_buf_puts(&buf, ",\"type\":");
    assist_buf_json(&buf, assist_str_of(type));
    assist_buf_puts(&buf, ",\"param\":null,\"code\":");
    assist_buf_json(&buf, assist_str_of(code));
    assist_buf_puts(&buf, "}}\n");

    return ngx_http_assist_take_buf(r, &buf, &body) == NGX_OK
           ? ngx_http_assist_send(r, status, &ngx_http_assist_json, &body)
           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_assist_openai_head(ngx_http_assist_ctx_t *ctx, const char *object,
    assist_buf_t *out)
{
    if (ctx->id.len == 0) {
        (void) ngx_http_assist_ask_id(ctx->request, ctx);
    }

    assist_buf_puts(out, "{\"id\":");
    assist_buf_json(out, ngx_http_assist_str(ctx->id));
    assist_buf_puts(out, ",\"object\":");
    assist_buf_json(out, assist_str_of(object));
    assist_buf_puts(out, ",\"created\":");
    assist_buf_uint(out, (uint64_t) ngx_time());
    assist_buf_puts(out, ",\"model\":");
    assist_buf_json(out, ngx_http_assist_str(ctx->asked_model));
}


/* Nothing where nothing is known: an unknown number is never 0. */

static void
ngx_http_assist_openai_usage(ngx_http_assist_ctx_t *ctx, assist_buf_t *out)
{
    int64_t  in, answer;

    in = ctx->event.tokens_in;
    answer = ctx->event.tokens_out;

    if (in < 0 && answer < 0) {
        return;
    }

    assist_buf_puts(out, ",\"usage\":{\"prompt_tokens\":");
    ngx_http_assist_openai_tokens(out, in);
    assist_buf_puts(out, ",\"completion_tokens\":");
    ngx_http_assist_openai_tokens(out, answer);
    assist_buf_puts(out, ",\"total_tokens\":");
    ngx_http_assist_openai_tokens(out, in < 0 || answer < 0 ? -1
                                                            : in + answer);
    assist_buf_putc(out, '}');
}


static void
ngx_http_assist_openai_tokens(assist_buf_t *out, int64_t n)
{
    if (n < 0) {
        assist_buf_puts(out, "null");
    } else {
        assist_buf_uint(out, (uint64_t) n);
    }
}


static void
ngx_http_assist_openai_begin(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    assist_buf_t *out)
{
    assist_buf_puts(out, "data: ");
    ngx_http_assist_openai_head(ctx, "chat.completion.chunk", out);
    assist_buf_puts(out, ",\"choices\":[{\"index\":0,\"delta\":{\"role\":"
                    "\"assistant\",\"content\":\"\"},\"logprobs\":null,"
                    "\"finish_reason\":null}]}\n\n");
}


static void
ngx_http_assist_openai_text(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    assist_str_t text, assist_buf_t *out)
{
    assist_buf_puts(out, "data: ");
    ngx_http_assist_openai_head(ctx, "chat.completion.chunk", out);
    assist_buf_puts(out, ",\"choices\":[{\"index\":0,\"delta\":{\"content\":");
    assist_buf_json(out, text);
    assist_buf_puts(out, "},\"logprobs\":null,\"finish_reason\":null}]}\n\n");
}


static void
ngx_http_assist_openai_end(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members, assist_buf_t *out)
{
    if (ctx->event.outcome >= ASSIST_ERROR_TIMEOUT) {
        assist_buf_puts(out, "data: {\"error\":{\"message\":\"the answer broke "
                        "off\",\"type\":\"server_error\",\"param\":null,"
                        "\"code\":");
        assist_buf_json(out,
                        assist_str_of(assist_outcome_name(ctx->event.outcome)));
        assist_buf_puts(out, "}}\n\n");
        return;
    }

    assist_buf_puts(out, "data: ");
    ngx_http_assist_openai_head(ctx, "chat.completion.chunk", out);
    assist_buf_puts(out, ",\"choices\":[{\"index\":0,\"delta\":{},"
                    "\"logprobs\":null,\"finish_reason\":");
    assist_buf_puts(out, ctx->partial ? "\"length\"}]" : "\"stop\"}]");
    assist_buf_puts(out, ",\"assist\":{");
    assist_buf_add(out, (char *) members->data, members->len);
    assist_buf_puts(out, "}}\n\n");

    if (ctx->usage) {
        assist_buf_puts(out, "data: ");
        ngx_http_assist_openai_head(ctx, "chat.completion.chunk", out);
        assist_buf_puts(out, ",\"choices\":[]");
        ngx_http_assist_openai_usage(ctx, out);
        assist_buf_puts(out, "}\n\n");
    }

    assist_buf_puts(out, "data: [DONE]\n\n");
}
