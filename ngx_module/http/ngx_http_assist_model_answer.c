/*
 * What comes back from a model: its text on the way to whoever reads it, the
 * value that its run gets, and the accounts.
 */

#include "ngx_http_assist_model_priv.h"


static int64_t ngx_http_assist_model_guess(size_t bytes);
static ngx_uint_t ngx_http_assist_model_is_name(ngx_str_t *name,
    ngx_str_t *known);


int
ngx_http_assist_model_text(void *data, assist_str_t text)
{
    ngx_http_assist_model_t *m = data;

    if (m->first_token < 0) {
        m->first_token = (ngx_msec_int_t) (ngx_current_msec - m->asked);
    }

    m->told_bytes += text.len;

    return ngx_http_assist_model_add(m, text, 0) == NGX_OK ? 0 : -1;
}


/*
 * A piece's way: citations, then what was redacted for whoever reads it now,
 * then markup and links.
 */

ngx_int_t
ngx_http_assist_model_add(ngx_http_assist_model_t *m, assist_str_t text,
    ngx_uint_t last)
{
    assist_buf_t  *out, *from;

    out = m->say ? &m->ctx->said : &m->text;
    from = &m->cited;

    m->cited.len = 0;
    m->restored.len = 0;

    (void) assist_cite(&m->cite, text, &m->cited);

    if (last) {
        (void) assist_cite_end(&m->cite, &m->cited);
    }

    if (m->say && m->ctx->redact.n) {
        from = &m->restored;

        (void) assist_restore(&m->ctx->restore, assist_buf_str(&m->cited),
                              from);
        if (last) {
            (void) assist_restore_end(&m->ctx->restore, from);
        }
    }

    (void) assist_plain(&m->plain, assist_buf_str(from), out);

    if (last) {
        (void) assist_plain_end(&m->plain, out);
    }

    return m->cited.failed || m->restored.failed || out->failed
           || out->len > NGX_HTTP_ASSIST_ANSWER_MAX
           ? NGX_ERROR : NGX_OK;
}


/* { piece =, id = } for the waiter. */

void
ngx_http_assist_model_piece(ngx_http_assist_model_t *m)
{
    assist_str_t           piece;
    assist_value_t        *v;
    ngx_http_assist_op_t  *op;

    op = m->op;
    m->op = NULL;

    piece.data = m->text.data + m->taken;
    piece.len = m->text.len - m->taken;
    m->taken = m->text.len;

    v = ngx_http_assist_op_alloc(op, 4 * sizeof(assist_value_t));

    if (v == NULL) {
        op->value.type = ASSIST_NIL;
        op->value.error = "no memory";

    } else {
        ngx_http_assist_op_string(op, &v[0], assist_str("piece"));
        ngx_http_assist_op_string(op, &v[1], piece);
        ngx_http_assist_op_string(op, &v[2], assist_str("id"));
        v[3].type = ASSIST_NUMBER;
        v[3].number = (double) m->id;

        op->value.type = ASSIST_TABLE;
        op->value.items = v;
        op->value.nitems = 4;
    }

    ngx_http_assist_op_done(op);
}


/* What it cost: also an answer that broke, or that nobody waited for. */

void
ngx_http_assist_model_pay(ngx_http_assist_model_t *m)
{
    int64_t                 in, out;
    assist_completion_t    *c;
    ngx_http_assist_ctx_t  *ctx;

    ctx = m->ctx;
    c = &m->completion;

    in = m->reading ? c->tokens_in : -1;
    out = m->reading ? c->tokens_out : -1;

    ngx_http_assist_provider_tokens(m->provider, in, out);

    if (in >= 0) {
        ctx->event.tokens_in = ngx_max(ctx->event.tokens_in, 0) + in;
    }

    if (out >= 0) {
        ctx->event.tokens_out = ngx_max(ctx->event.tokens_out, 0) + out;
    }

    ngx_http_assist_budget_spend(m->request, ctx,
        in >= 0 ? in : ngx_http_assist_model_guess(m->asked_bytes),
        out >= 0 ? out : ngx_http_assist_model_guess(m->told_bytes));
}


/* Tokens of so many bytes: else who leaves before they are told pays none. */

static int64_t
ngx_http_assist_model_guess(size_t bytes)
{
    return (int64_t) (bytes + 3) / 4;
}


/* Whose words somebody has read. */

void
ngx_http_assist_model_spoke(ngx_http_assist_model_t *m)
{
    ngx_str_t               model;
    assist_completion_t    *c;
    ngx_http_assist_ctx_t  *ctx;

    ctx = m->ctx;
    c = &m->completion;

    if (ctx->first_token < 0) {
        ctx->first_token = m->first_token;
    }

    ctx->provider = m->provider->name;
    ctx->model = m->provider->model;
    ctx->event.by = ASSIST_BY_MODEL;

    model.len = ngx_strlen(c->model);
    model.data = model.len ? ngx_pnalloc(m->request->pool, model.len) : NULL;

    if (model.data) {
        ngx_memcpy(model.data, c->model, model.len);

        if (ngx_http_assist_model_is_name(&model, &m->provider->model)) {
            ctx->model = model;
        }
    }

    ctx->partial |= c->finish == ASSIST_FINISH_LENGTH
                    || c->finish == ASSIST_FINISH_CONTENT_FILTER;
}


/*
 * What a provider calls its model stands in the evidence: not what it was told
 * by a citizen.  The name that was asked for may get a date (o1-2024-12-17),
 * which by itself could be somebody's number.
 */

static ngx_uint_t
ngx_http_assist_model_is_name(ngx_str_t *name, ngx_str_t *known)
{
    int              found;
    size_t           i, more, digits;
    assist_buf_t     out = ASSIST_BUF_INIT;
    assist_redact_t  map = ASSIST_REDACT_INIT;

    more = name->len >= known->len
           && ngx_strncasecmp(name->data, known->data, known->len) == 0
           ? known->len : 0;

    for (i = 0, digits = 0; i < name->len; i++) {
        if (!isalnum(name->data[i])
            && ngx_strchr("._:/-+", name->data[i]) == NULL)
        {
            return 0;
        }

        digits += i >= more && isdigit(name->data[i]);
    }

    if (more && digits <= sizeof("20241217") - 1) {
        return 1;
    }

    found = assist_redact(&map, ngx_http_assist_str(*name), &out);

    assist_redact_free(&map);
    assist_buf_free(&out);

    return found == 0;
}


void
ngx_http_assist_model_answer(ngx_http_assist_model_t *m,
    ngx_http_assist_op_t *op)
{
    size_t                i;
    uint32_t              n;
    const char           *finish;
    assist_value_t       *v, *cited;
    assist_completion_t  *c;

    static const char  *const finishes[] = {
        NULL, "stop", "length", "content_filter", "other"
    };

    m->op = NULL;
    c = &m->completion;

    op->value.type = ASSIST_NIL;
    op->value.error = m->reason;

    if (m->reason) {
        ngx_http_assist_op_done(op);
        return;
    }

    op->value.error = "no memory";

    v = ngx_http_assist_op_alloc(op, 14 * sizeof(assist_value_t));
    cited = ngx_http_assist_op_alloc(op, (m->cite.ncited + 1)
                                         * sizeof(assist_value_t));

    if (v == NULL || cited == NULL) {
        ngx_http_assist_op_done(op);
        return;
    }

    n = 0;

    ngx_http_assist_op_string(op, &v[n++], assist_str("provider"));
    ngx_http_assist_op_string(op, &v[n++],
                              ngx_http_assist_str(m->provider->name));
    ngx_http_assist_op_string(op, &v[n++], assist_str("model"));
    ngx_http_assist_op_string(op, &v[n++],
                              c->model[0] ? assist_str_of(c->model)
                              : ngx_http_assist_str(m->provider->model));

    if (!m->say) {
        ngx_http_assist_op_string(op, &v[n++], assist_str("text"));
        ngx_http_assist_op_string(op, &v[n++], assist_buf_str(&m->text));
    }

    if (c->tokens_in >= 0) {
        ngx_http_assist_op_string(op, &v[n++], assist_str("tokens_in"));
        v[n].type = ASSIST_NUMBER;
        v[n++].number = (double) c->tokens_in;
    }

    if (c->tokens_out >= 0) {
        ngx_http_assist_op_string(op, &v[n++], assist_str("tokens_out"));
        v[n].type = ASSIST_NUMBER;
        v[n++].number = (double) c->tokens_out;
    }

    finish = finishes[c->finish];

    if (finish) {
        ngx_http_assist_op_string(op, &v[n++], assist_str("finish"));
        ngx_http_assist_op_string(op, &v[n++], assist_str_of(finish));
    }

    for (i = 0; i < m->cite.ncited; i++) {
        cited[i].type = ASSIST_NUMBER;
        cited[i].number = (double) m->cite.cited[i];
    }

    ngx_http_assist_op_string(op, &v[n++], assist_str("cited"));
    v[n].type = ASSIST_LIST;
    v[n].items = cited;
    v[n++].nitems = (uint32_t) m->cite.ncited;

    op->value.type = ASSIST_TABLE;
    op->value.items = v;
    op->value.nitems = n;

    ngx_http_assist_op_done(op);
}
