/*
 * A question, its answer, and how each kind of client gets it.
 */

#ifndef NGX_HTTP_ASSIST_CHAT_H
#define NGX_HTTP_ASSIST_CHAT_H


/* ngx_http_assist_answer.c: an answer's JSON, and its stored form */
/* the services for which it may be withdrawn, see core/withdrawn.h */
void ngx_http_assist_answer_ids(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_buf_t *buf);
/* the members from "outcome" on, without braces */
ngx_int_t ngx_http_assist_answer_json(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members);
ngx_int_t ngx_http_assist_answer_store(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members, ngx_str_t *record);
/* members points into the record; NGX_DECLINED: not a record of ours */
ngx_int_t ngx_http_assist_answer_load(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *record, ngx_str_t *members);

/* of loaded members: the answer itself, for those who do not send them */
ngx_int_t ngx_http_assist_answer_text(ngx_str_t *members, assist_buf_t *text);
/* the buffer's bytes, in r->pool; frees it */
ngx_int_t ngx_http_assist_take_buf(ngx_http_request_t *r, assist_buf_t *buf,
    ngx_str_t *out);

/* ngx_http_assist_ask.c: answers, and finalizes the request */
extern const ngx_http_assist_shape_t  ngx_http_assist_json_shape;
extern const ngx_http_assist_stream_format_t  ngx_http_assist_sse_format;
/* a body that was asked before, byte by byte; NGX_DECLINED: it was not, or its
 * answer is not there; else it is answered, or goes on by ..._chat_question() */
ngx_int_t ngx_http_assist_ask_again(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *body);
/* ctx->question */
void ngx_http_assist_ask_start(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);

/* deny and redaction; NGX_DECLINED: refused, an answer is said */
ngx_int_t ngx_http_assist_ask_guard(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
/* an answer as JSON: its members, and what each interaction has of its own */
void ngx_http_assist_ask_document(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members, assist_buf_t *out);
/* ctx->id, new for each interaction */
ngx_int_t ngx_http_assist_ask_id(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
/* the answer is in ctx */
void ngx_http_assist_ask_done(ngx_http_request_t *r);
/* what a flight says to a request that waits: make it, or here it is */
void ngx_http_assist_ask_lead(ngx_http_assist_ctx_t *ctx);
/* the record is the request's own, as cache_get() or ask_record() gave it */
ngx_int_t ngx_http_assist_ask_take(ngx_http_assist_ctx_t *ctx,
    ngx_str_t *record, assist_cache_t status);
ngx_int_t ngx_http_assist_ask_record(ngx_http_assist_ctx_t *ctx,
    ngx_http_assist_op_t *op, ngx_str_t *record);

/* ngx_http_assist_background.c: an answer is made anew for nobody */
ngx_int_t ngx_http_assist_background_start(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
void ngx_http_assist_background_over(ngx_http_assist_ctx_t *ctx);

/* ngx_http_assist_openai.c: OpenAI's API (assist_api) */
extern const ngx_http_assist_shape_t  ngx_http_assist_openai_shape;
extern const ngx_http_assist_stream_format_t  ngx_http_assist_openai_format;
ngx_int_t ngx_http_assist_openai_models(ngx_http_request_t *r);
void ngx_http_assist_openai_body(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *body);

/* ngx_http_assist_form.c */
/* application/x-www-form-urlencoded as an object of strings, ctx->form; of a
 * name that comes twice the last counts; NULL: no memory */
json_t *ngx_http_assist_form(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *text);
/* "" where there is none */
ngx_str_t ngx_http_assist_form_value(ngx_http_assist_ctx_t *ctx,
    const char *name);
/* was one sent? */
ngx_uint_t ngx_http_assist_is_form(ngx_http_request_t *r);
/* a browser that shows a page, which a form's sender is by default */
ngx_uint_t ngx_http_assist_wants_html(ngx_http_request_t *r);

/* ngx_http_assist_chat_page.c: the citizens' page */
/* GET and HEAD below assist_chat; NGX_DECLINED: it is nothing of the page's */
ngx_int_t ngx_http_assist_chat_get(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *name);
extern const ngx_http_assist_shape_t  ngx_http_assist_html_shape;
/* with what a JSON client would get; reply NULL: nothing was asked */
ngx_int_t ngx_http_assist_chat_page(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_uint_t status, ngx_str_t *reply);

/* ngx_http_assist_disclosure.c: the AI notice */
char *ngx_http_assist_disclosure_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_assist_disclosure_default(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
/* as a JSON string, with its quotes */
ngx_str_t *ngx_http_assist_disclosure(ngx_http_request_t *r, ngx_uint_t en);
assist_str_t ngx_http_assist_disclosure_text(ngx_http_request_t *r,
    ngx_uint_t en);

/*
 * Has this, of a hook, an AI notice: an element of the class, or a member of
 * the name, assist-notice?
 */
ngx_uint_t ngx_http_assist_disclosure_in(ngx_str_t *html);

/* {"vi":..,"en":..}, for the widget */
ngx_int_t ngx_http_assist_disclosure_send(ngx_http_request_t *r);

/* ngx_http_assist_asset.c: widget.js, widget.css, panel.css, status.css */
ngx_int_t ngx_http_assist_asset_load(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
/* NGX_DECLINED: it is none of them */
ngx_int_t ngx_http_assist_asset(ngx_http_request_t *r, ngx_str_t *name);

/* ngx_http_assist_chat.c, ngx_http_assist_status.c: content handlers */
/* the body in one piece; NGX_DONE: an error was sent */
ngx_int_t ngx_http_assist_chat_read(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *body);
/* gives the body's object, JSON or a form, to `fields`; NGX_DONE: an error was
 * sent */
ngx_int_t ngx_http_assist_chat_parse(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *body,
    ngx_int_t (*fields)(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
        json_t *json));
ngx_int_t ngx_http_assist_chat_handler(ngx_http_request_t *r);
/* a body that is to be parsed, and answered */
void ngx_http_assist_chat_question(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *body);
ngx_int_t ngx_http_assist_status_handler(ngx_http_request_t *r);


#endif
