#include "ngx_http_assist_model_priv.h"


#define NGX_HTTP_ASSIST_MODEL_TIMEOUT  60000    /* ms, for all providers */
#define NGX_HTTP_ASSIST_MODEL_IDLE     15000    /* ms between two pieces */
#define NGX_HTTP_ASSIST_MODEL_REST     1000     /* ms for what follows the last:
                                                   usage, [DONE] */


static ngx_http_assist_model_t *ngx_http_assist_model_create(
    ngx_http_request_t *r, ngx_http_assist_model_conf_t *conf);
static void ngx_http_assist_model_try(ngx_http_assist_model_t *m);
static ngx_int_t ngx_http_assist_model_call(ngx_http_assist_model_t *m,
    ngx_msec_t timeout);
static void ngx_http_assist_model_header(void *data, ngx_http_request_t *sr);
static time_t ngx_http_assist_model_retry_after(ngx_http_request_t *sr);
static void ngx_http_assist_model_part(void *data, assist_str_t part);
static void ngx_http_assist_model_end(void *data,
    ngx_http_assist_call_end_e how, ngx_uint_t status);
static ngx_uint_t ngx_http_assist_model_complete(ngx_http_assist_model_t *m);
static void ngx_http_assist_model_event(ngx_event_t *ev);
static void ngx_http_assist_model_idle(ngx_event_t *ev);
static void ngx_http_assist_model_attempt_over(ngx_http_assist_model_t *m,
    ngx_http_assist_provider_end_e how);
static void ngx_http_assist_model_stop(ngx_http_assist_model_t *m);
static void ngx_http_assist_model_finish(ngx_http_assist_model_t *m,
    const char *reason);
static void ngx_http_assist_model_op_cancel(ngx_http_assist_op_t *op);
static void ngx_http_assist_model_free(ngx_http_assist_model_t *m);


static ngx_uint_t  ngx_http_assist_model_id;


ngx_http_assist_op_t *
ngx_http_assist_model_ask(ngx_http_request_t *r,
    ngx_http_assist_model_conf_t *conf, ngx_http_assist_op_handler_pt handler,
    void *data)
{
    const char               *refused;
    ngx_http_assist_op_t     *op;
    ngx_http_assist_ctx_t    *ctx;
    ngx_http_assist_model_t  *m;

    ctx = ngx_http_assist_ctx(r, 0);
    m = ngx_http_assist_model_create(r, conf);

    op = m ? ngx_http_assist_op_create(r, &ctx->ops, handler, data, 0) : NULL;

    if (op == NULL) {
        if (m) {
            ngx_http_assist_model_free(m);
        }

        return NULL;
    }

    m->op = op;
    op->held = 1;
    op->kind = m;
    op->cancel = ngx_http_assist_model_op_cancel;

    refused = ngx_http_assist_model_refused(m, conf);

    if (refused) {
        ngx_http_assist_model_finish(m, refused);
        return op;
    }

    ngx_http_assist_model_try(m);

    return op;
}


ngx_http_assist_op_t *
ngx_http_assist_model_next(ngx_http_request_t *r, ngx_uint_t id,
    ngx_http_assist_op_handler_pt handler, void *data)
{
    ngx_queue_t              *q;
    ngx_http_assist_op_t     *op;
    ngx_http_assist_ctx_t    *ctx;
    ngx_http_assist_model_t  *m;

    ctx = ngx_http_assist_ctx(r, 0);

    for (q = ngx_queue_head(&ctx->models);
         q != ngx_queue_sentinel(&ctx->models);
         q = ngx_queue_next(q))
    {
        m = ngx_queue_data(q, ngx_http_assist_model_t, queue);

        if (m->id != id || m->op) {
            continue;
        }

        op = ngx_http_assist_op_create(r, &ctx->ops, handler, data, 0);
        if (op == NULL) {
            return NULL;
        }

        m->op = op;
        op->held = 1;
        op->kind = m;
        op->cancel = ngx_http_assist_model_op_cancel;

        if (m->text.len > m->taken) {
            ngx_http_assist_model_piece(m);

        } else if (m->over) {
            ngx_http_assist_model_answer(m, op);
            ngx_http_assist_model_free(m);
        }

        return op;
    }

    return NULL;
}


ngx_uint_t
ngx_http_assist_model_waited(ngx_queue_t *models)
{
    ngx_queue_t              *q;
    ngx_http_assist_model_t  *m;

    for (q = ngx_queue_head(models);
         q != ngx_queue_sentinel(models);
         q = ngx_queue_next(q))
    {
        m = ngx_queue_data(q, ngx_http_assist_model_t, queue);

        if (m->op) {
            return 1;
        }
    }

    return 0;
}


void
ngx_http_assist_model_cancel_all(ngx_queue_t *models)
{
    while (!ngx_queue_empty(models)) {
        ngx_http_assist_model_free(
            ngx_queue_data(ngx_queue_head(models), ngx_http_assist_model_t,
                           queue));
    }
}


static ngx_http_assist_model_t *
ngx_http_assist_model_create(ngx_http_request_t *r,
    ngx_http_assist_model_conf_t *conf)
{
    ngx_http_assist_ctx_t    *ctx;
    ngx_http_assist_model_t  *m;

    ctx = ngx_http_assist_ctx(r, 0);

    m = ngx_calloc(sizeof(ngx_http_assist_model_t), r->connection->log);
    if (m == NULL) {
        return NULL;
    }

    m->arena = assist_arena_create();

    if (m->arena == NULL) {
        ngx_free(m);
        return NULL;
    }

    m->request = r;
    m->ctx = ctx;
    m->id = ++ngx_http_assist_model_id;
    m->say = conf->say;
    m->pieces = conf->pieces;
    m->npassages = conf->npassages;
    m->max_tokens = conf->max_tokens;
    m->deadline = ngx_current_msec
                  + (conf->timeout ? conf->timeout
                                   : NGX_HTTP_ASSIST_MODEL_TIMEOUT);

    m->event.data = m;
    m->event.handler = ngx_http_assist_model_event;
    m->event.log = r->connection->log;

    m->timer.data = m;
    m->timer.handler = ngx_http_assist_model_idle;
    m->timer.log = r->connection->log;

    ngx_queue_insert_tail(&ctx->models, &m->queue);

    return m;
}


/* Asks the next provider that may be asked; ends the question after the last */

static void
ngx_http_assist_model_try(ngx_http_assist_model_t *m)
{
    ngx_msec_int_t  left;

    while (m->next < m->nproviders) {
        left = (ngx_msec_int_t) (m->deadline - ngx_current_msec);

        if (left <= 0) {
            ngx_http_assist_model_finish(m, "timeout");
            return;
        }

        m->provider = m->providers[m->next++];

        if (!ngx_http_assist_provider_ready(m->provider, &m->probe)) {
            continue;
        }

        if (ngx_http_assist_model_call(m, ngx_min(m->provider->timeout,
                                                  (ngx_msec_t) left))
            == NGX_OK)
        {
            return;
        }
    }

    ngx_http_assist_model_finish(m, m->why ? m->why : "unavailable");
}


static ngx_int_t
ngx_http_assist_model_call(ngx_http_assist_model_t *m, ngx_msec_t timeout)
{
    assist_buf_t                  body = ASSIST_BUF_INIT;
    assist_header_t               headers[4];
    ngx_http_variable_value_t    *v;
    ngx_http_assist_call_conf_t   conf;
    assist_completion_request_t   request;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(m->request, ngx_http_assist_module);

    request.model = ngx_http_assist_str(m->provider->model);
    request.messages = m->messages;
    request.nmessages = m->nmessages;
    request.max_tokens = (uint32_t) m->provider->max_tokens;
    request.stream = 1;

    if (m->max_tokens
        && (request.max_tokens == 0 || m->max_tokens < request.max_tokens))
    {
        request.max_tokens = (uint32_t) m->max_tokens;
    }

    assist_completion_request(&body, &request);

    headers[0].name = assist_str("Content-Type");
    headers[0].value = assist_str("application/json");
    headers[1].name = assist_str("Accept");
    headers[1].value = assist_str("text/event-stream, application/json");

    conf.nheaders = 2;
    v = ngx_http_get_indexed_variable(m->request, mcf->request_id);

    if (v && v->valid) {
        headers[conf.nheaders].name = assist_str("X-Request-ID");
        headers[conf.nheaders++].value = (assist_str_t) { (char *) v->data,
                                                          v->len };
    }

    if (m->provider->authorization.len) {
        headers[conf.nheaders].name = assist_str("Authorization");
        headers[conf.nheaders++].value =
                            ngx_http_assist_str(m->provider->authorization);
    }

    conf.uri = m->provider->uri;
    conf.args = m->provider->args;
    conf.method = assist_str("POST");
    conf.headers = headers;
    conf.body = assist_buf_str(&body);
    conf.timeout = timeout;
    conf.internal = 1;
    conf.header = ngx_http_assist_model_header;
    conf.body_part = ngx_http_assist_model_part;
    conf.end = ngx_http_assist_model_end;
    conf.data = m;

    m->status = 0;
    m->retry_after = -1;
    m->first_token = -1;
    m->asked = ngx_current_msec;
    m->asked_bytes = body.len;
    m->told_bytes = 0;
    m->mark = m->ctx->said.len;

    m->call = body.failed ? NULL
                          : ngx_http_assist_call_start(m->request, &conf);
    assist_buf_free(&body);

    return m->call ? NGX_OK : NGX_ERROR;
}


/* This and _part: inside the call's filters, so only buffers and events. */

static void
ngx_http_assist_model_header(void *data, ngx_http_request_t *sr)
{
    ngx_http_assist_model_t *m = data;

    m->status = sr->headers_out.status;

    if (m->status != NGX_HTTP_OK) {
        m->retry_after = ngx_http_assist_model_retry_after(sr);
        return;
    }

    assist_completion_init(&m->completion,
                           ngx_http_assist_str(sr->headers_out.content_type),
                           ngx_http_assist_model_text, m);
    assist_cite_init(&m->cite, m->npassages);
    assist_plain_init(&m->plain, &m->rules);

    /* another's words are not the citizen's answer */
    if (m->say) {
        assist_restore_init(&m->ctx->restore, &m->ctx->redact);
    }

    m->reading = 1;
}


/* Seconds, or a date; -1: there is none. */

static time_t
ngx_http_assist_model_retry_after(ngx_http_request_t *sr)
{
    time_t            when;
    ngx_int_t         n;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &sr->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (!ngx_http_assist_is(&h[i].key, "Retry-After")) {
                continue;
            }

            n = ngx_atoi(h[i].value.data, h[i].value.len);

            if (n != NGX_ERROR) {
                return (time_t) n;
            }

            when = ngx_parse_http_time(h[i].value.data, h[i].value.len);

            return when == (time_t) NGX_ERROR ? -1 : when - ngx_time();
        }
    }

    return -1;
}


static void
ngx_http_assist_model_part(void *data, assist_str_t part)
{
    ngx_http_assist_model_t *m = data;

    if (!m->reading || m->event.posted) {
        return;
    }

    if (assist_completion_feed(&m->completion, part) != 0
        || m->completion.state == ASSIST_COMPLETION_DONE)
    {
        ngx_post_event(&m->event, &ngx_posted_events);
    }

    ngx_add_timer(&m->timer, m->completion.finish != ASSIST_FINISH_NONE
                             ? NGX_HTTP_ASSIST_MODEL_REST
                             : ngx_min(m->provider->timeout,
                                       NGX_HTTP_ASSIST_MODEL_IDLE));

    if (m->say) {
        ngx_http_assist_stream_more(m->ctx);

    } else if (m->pieces && m->op && m->text.len > m->taken) {
        ngx_http_assist_model_piece(m);
    }
}


/* The call is over; its data is gone when this returns. */

static void
ngx_http_assist_model_end(void *data, ngx_http_assist_call_end_e how,
    ngx_uint_t status)
{
    ngx_http_assist_model_t *m = data;

    m->call = NULL;

    if (how == NGX_HTTP_ASSIST_CALL_TIMEOUT
        && !ngx_http_assist_model_complete(m))
    {
        m->why = "timeout";
        ngx_http_assist_model_attempt_over(m,
                                           NGX_HTTP_ASSIST_PROVIDER_TIMEOUT);
        return;
    }

    if (!m->reading) {
        m->status = status;
        m->why = "unavailable";
        ngx_http_assist_model_attempt_over(m,
            status == NGX_HTTP_GATEWAY_TIME_OUT
            ? NGX_HTTP_ASSIST_PROVIDER_TIMEOUT
            : how == NGX_HTTP_ASSIST_CALL_FAILED
              ? NGX_HTTP_ASSIST_PROVIDER_REFUSED
            : status == NGX_HTTP_TOO_MANY_REQUESTS
              ? NGX_HTTP_ASSIST_PROVIDER_BUSY
            : status == NGX_HTTP_BAD_REQUEST
              || status == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE
              || status == 422
              ? NGX_HTTP_ASSIST_PROVIDER_REJECTED
            : NGX_HTTP_ASSIST_PROVIDER_STATUS);
        return;
    }

    (void) assist_completion_finish(&m->completion);

    ngx_http_assist_model_event(&m->event);
}


/* Has the answer ended, although the provider has not said all of it? */

static ngx_uint_t
ngx_http_assist_model_complete(ngx_http_assist_model_t *m)
{
    return m->reading && m->completion.finish != ASSIST_FINISH_NONE;
}


/* The answer is whole, or can be read no further. */

static void
ngx_http_assist_model_event(ngx_event_t *ev)
{
    assist_str_t              rest;
    ngx_http_assist_model_t  *m;

    m = ev->data;
    rest = assist_str("");

    if (m->call) {
        if (m->completion.state == ASSIST_COMPLETION_DONE) {
            ngx_http_assist_call_leave(m->call);
        } else {
            ngx_http_assist_call_cancel(m->call);
        }

        m->call = NULL;
    }

    if (m->completion.state == ASSIST_COMPLETION_DONE
        && m->completion.began
        && ngx_http_assist_model_add(m, rest, 1) == NGX_OK)
    {
        ngx_http_assist_model_attempt_over(m, NGX_HTTP_ASSIST_PROVIDER_OK);
        return;
    }

    m->why = "unavailable";
    ngx_http_assist_model_attempt_over(m, NGX_HTTP_ASSIST_PROVIDER_BROKEN);
}


static void
ngx_http_assist_model_idle(ngx_event_t *ev)
{
    ngx_http_assist_model_t  *m;

    m = ev->data;

    ngx_http_assist_call_cancel(m->call);
    m->call = NULL;

    if (ngx_http_assist_model_complete(m)) {
        (void) assist_completion_finish(&m->completion);
        ngx_http_assist_model_event(&m->event);
        return;
    }

    m->why = "timeout";
    ngx_http_assist_model_attempt_over(m, NGX_HTTP_ASSIST_PROVIDER_TIMEOUT);
}


static void
ngx_http_assist_model_attempt_over(ngx_http_assist_model_t *m,
    ngx_http_assist_provider_end_e how)
{
    ngx_uint_t  delivered;

    ngx_http_assist_model_stop(m);

    ngx_http_assist_provider_over(m->provider, m->probe,
                                  m->request->connection->log, how,
                                  m->retry_after, m->first_token,
                                  ngx_current_msec - m->asked);

    if (m->reading) {
        ngx_http_assist_model_pay(m);
    }

    if (how == NGX_HTTP_ASSIST_PROVIDER_OK) {
        ngx_http_assist_model_spoke(m);
        ngx_http_assist_model_finish(m, NULL);
        return;
    }

    ngx_log_error(NGX_LOG_WARN, m->request->connection->log, 0,
                  "assist: provider \"%V\" failed: %s%s%s, status %ui",
                  &m->provider->name, ngx_http_assist_provider_ends[how],
                  m->reading && m->completion.error ? ", " : "",
                  m->reading && m->completion.error ? m->completion.error : "",
                  m->status);

    /* what somebody has read cannot be taken back */

    delivered = m->taken || (m->say && ngx_http_assist_flight_sent(m->ctx)
                                       > m->mark);

    if (delivered) {
        ngx_http_assist_model_spoke(m);
        ngx_http_assist_model_finish(m, "broken");
        return;
    }

    if (m->reading) {
        assist_completion_free(&m->completion);
        m->reading = 0;
    }

    if (m->say) {
        m->ctx->said.len = m->mark;
        assist_restore_init(&m->ctx->restore, &m->ctx->redact);
    }

    m->text.len = 0;

    ngx_http_assist_model_try(m);
}


static void
ngx_http_assist_model_stop(ngx_http_assist_model_t *m)
{
    if (m->timer.timer_set) {
        ngx_del_timer(&m->timer);
    }

    if (m->event.posted) {
        ngx_delete_posted_event(&m->event);
    }
}


static void
ngx_http_assist_model_finish(ngx_http_assist_model_t *m, const char *reason)
{
    ngx_http_assist_op_t  *op;

    m->over = 1;
    m->reason = reason;
    m->ctx->degraded |= reason != NULL && m->nproviders;
    m->ctx->late |= reason != NULL && ngx_strcmp(reason, "timeout") == 0;
    m->ctx->spent |= reason != NULL && ngx_strcmp(reason, "budget") == 0;

    op = m->op;

    if (op == NULL) {
        /* its run has a piece, and will ask for more */
        return;
    }

    if (m->pieces && m->text.len > m->taken) {
        ngx_http_assist_model_piece(m);
        return;
    }

    ngx_http_assist_model_answer(m, op);
    ngx_http_assist_model_free(m);
}


/* The run is over, or its client has gone: nobody pays for more. */

static void
ngx_http_assist_model_op_cancel(ngx_http_assist_op_t *op)
{
    ngx_http_assist_model_t  *m;

    m = op->kind;
    m->op = NULL;

    ngx_http_assist_model_free(m);
}


static void
ngx_http_assist_model_free(ngx_http_assist_model_t *m)
{
    ngx_http_assist_model_stop(m);

    if (m->call) {
        ngx_http_assist_call_cancel(m->call);
        ngx_http_assist_provider_left(m->provider, m->probe);
        ngx_http_assist_model_pay(m);
    }

    if (m->reading) {
        assist_completion_free(&m->completion);
    }

    ngx_queue_remove(&m->queue);

    assist_buf_free(&m->cited);
    assist_buf_free(&m->restored);
    assist_buf_free(&m->text);
    assist_arena_destroy(m->arena);
    ngx_free(m);
}
