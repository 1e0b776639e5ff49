/*
 * Questions that are not asked, and answers that are not given: refused by
 * assist_deny, withdrawn by an administrator.
 */

#include "ngx_http_assist_ask.h"


static void ngx_http_assist_ask_refuse(ngx_http_assist_ctx_t *ctx,
    ngx_str_t *vi, ngx_str_t *en);


static ngx_str_t  ngx_http_assist_refused_vi = ngx_string(
    "Trợ lý không trả lời câu hỏi này. Bạn có thể hỏi về thủ tục hành chính, "
    "hoặc liên hệ cơ quan giải quyết.");
static ngx_str_t  ngx_http_assist_refused_en = ngx_string(
    "The assistant does not answer this question. You can ask about public "
    "services, or contact the agency.");

static ngx_str_t  ngx_http_assist_withdrawn_vi = ngx_string(
    "Câu trả lời cho câu hỏi này đã được rút lại để kiểm tra. Vui lòng xem "
    "trang của thủ tục trên cổng, hoặc liên hệ cơ quan giải quyết.");
static ngx_str_t  ngx_http_assist_withdrawn_en = ngx_string(
    "The answer to this question has been withdrawn and is being checked. "
    "Please see the service's page on the portal, or contact the agency.");


/*
 * Deny comes before allow.  NGX_DECLINED: nobody is asked.  An answer to a
 * question with personal data is this citizen's alone.
 */

ngx_int_t
ngx_http_assist_ask_guard(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    int                          found;
    int64_t                      line;
    assist_buf_t                 redacted = ASSIST_BUF_INIT;
    ngx_http_assist_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (lcf->redact) {
        found = assist_redact(&ctx->redact, ngx_http_assist_str(ctx->question),
                              &redacted);
        assist_buf_free(&redacted);

        if (found) {
            /* also where memory ran out: in doubt nothing is stored */
            ctx->cacheable = 0;
        }
    }

    if (lcf->deny == NULL) {
        return NGX_OK;
    }

    line = assist_deny_find(lcf->deny->phrases,
                            ngx_http_assist_str(ctx->question));
    if (line <= 0) {
        return line == 0 ? NGX_OK : NGX_ERROR;
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "assist: a question was refused by %V:%L",
                  &lcf->deny->file, line);

    ngx_http_assist_ask_refuse(ctx, &ngx_http_assist_refused_vi,
                               &ngx_http_assist_refused_en);

    return NGX_DECLINED;
}


/* Is it withdrawn?  Then nobody is asked, and that is what is said. */

ngx_uint_t
ngx_http_assist_ask_blocked(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    ctx->known = ngx_http_assist_withdraw_clock(mcf);

    if (ctx->question_key == 0
        || !ngx_http_assist_withdrawn(mcf, ctx->question_key, ctx->asked,
                                      0).blocked)
    {
        return 0;
    }

    ngx_http_assist_ask_refuse(ctx, &ngx_http_assist_withdrawn_vi,
                               &ngx_http_assist_withdrawn_en);

    return 1;
}


/*
 * Has it been withdrawn since it was begun, or for the service that it found?
 * What is blocked is not said, unless its beginning was.
 */

ngx_uint_t
ngx_http_assist_ask_withdrawn(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx)
{
    assist_buf_t                  ids = ASSIST_BUF_INIT;
    assist_withdrawn_mark_t       mark;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (ctx->question_key == 0) {
        return 0;
    }

    ngx_http_assist_answer_ids(r, ctx, &ids);

    if (ids.failed) {
        assist_buf_free(&ids);
        return 1;
    }

    mark = ngx_http_assist_withdrawn(mcf, ctx->question_key,
                                     assist_buf_str(&ids), 0);
    assist_buf_free(&ids);

    if (mark.blocked && ctx->event.outcome == ASSIST_ANSWERED
        && !ngx_http_assist_stream_began(ctx))
    {
        ctx->said.len = 0;
        ctx->cites.nelts = 0;
        ctx->event.sourced = 0;
        ngx_http_assist_ask_refuse(ctx, &ngx_http_assist_withdrawn_vi,
                                   &ngx_http_assist_withdrawn_en);
    }

    return mark.blocked || mark.number > ctx->known;
}


static void
ngx_http_assist_ask_refuse(ngx_http_assist_ctx_t *ctx, ngx_str_t *vi,
    ngx_str_t *en)
{
    ngx_str_t  *text;

    text = ctx->lang.data[0] == 'e' ? en : vi;

    assist_buf_add(&ctx->said, (char *) text->data, text->len);
    ctx->outcome = 1;
    ctx->event.outcome = ASSIST_REFUSED;
}
