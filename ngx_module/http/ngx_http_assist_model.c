#include "ngx_http_assist.h"

#include "core/cite.h"
#include "core/plain.h"
#include "core/redact.h"


#define NGX_HTTP_ASSIST_MODEL_TIMEOUT  60000    /* ms, for all providers */
#define NGX_HTTP_ASSIST_MODEL_IDLE     15000    /* ms between two pieces */
#define NGX_HTTP_ASSIST_MODEL_HOSTS    64


struct ngx_http_assist_model_s {
    ngx_queue_t                       queue;        /* in ctx->models */
    ngx_http_request_t               *request;
    ngx_http_assist_ctx_t            *ctx;
    ngx_uint_t                        id;
    ngx_http_assist_op_t             *op;           /* NULL: nobody waits */
    assist_arena_t                   *arena;

    /* what is asked */
    assist_completion_message_t      *messages;
    ngx_uint_t                        nmessages;
    ngx_uint_t                        npassages;
    ngx_uint_t                        max_tokens;
    ngx_msec_t                        deadline;

    /* who */
    ngx_http_assist_provider_t      **providers;
    ngx_uint_t                        nproviders;
    ngx_uint_t                        next;
    ngx_http_assist_provider_t       *provider;     /* asked now */
    ngx_http_assist_call_t           *call;
    ngx_msec_t                        asked;
    ngx_msec_int_t                    first_token;  /* ms; -1: none yet */
    ngx_uint_t                        status;       /* 0: none yet */
    time_t                            retry_after;
    const char                       *why;          /* it failed */

    ngx_event_t                       event;        /* it is to be ended */
    ngx_event_t                       timer;        /* nothing comes */

    /* what comes */
    assist_completion_t               completion;
    assist_cite_t                     cite;
    assist_plain_rules_t              rules;
    assist_plain_t                    plain;
    assist_buf_t                      cited;        /* of a piece */
    assist_buf_t                      restored;
    assist_buf_t                      text;         /* without say */
    size_t                            taken;        /* of it, as pieces */
    size_t                            mark;         /* of ctx->said */

    const char                       *reason;       /* of its end; NULL: good */
    unsigned                          say:1;
    unsigned                          pieces:1;
    unsigned                          reading:1;
    unsigned                          over:1;
};


static ngx_http_assist_model_t *ngx_http_assist_model_create(
    ngx_http_request_t *r, ngx_http_assist_model_conf_t *conf);
static const char *ngx_http_assist_model_refused(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf);
static ngx_uint_t ngx_http_assist_model_busy(ngx_http_assist_model_t *m);
static const char *ngx_http_assist_model_choose(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf);
static const char *ngx_http_assist_model_redact(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf);
static ngx_int_t ngx_http_assist_model_rules(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf);
static ngx_uint_t ngx_http_assist_model_onprem(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_model_try(ngx_http_assist_model_t *m);
static ngx_int_t ngx_http_assist_model_call(ngx_http_assist_model_t *m,
    ngx_msec_t timeout);
static void ngx_http_assist_model_header(void *data, ngx_http_request_t *sr);
static time_t ngx_http_assist_model_retry_after(ngx_http_request_t *sr);
static void ngx_http_assist_model_part(void *data, assist_str_t part);
static int ngx_http_assist_model_text(void *data, assist_str_t text);
static ngx_int_t ngx_http_assist_model_add(ngx_http_assist_model_t *m,
    assist_str_t text, ngx_uint_t last);
static void ngx_http_assist_model_piece(ngx_http_assist_model_t *m);
static void ngx_http_assist_model_end(void *data,
    ngx_http_assist_call_end_e how, ngx_uint_t status);
static void ngx_http_assist_model_event(ngx_event_t *ev);
static void ngx_http_assist_model_idle(ngx_event_t *ev);
static void ngx_http_assist_model_attempt_over(ngx_http_assist_model_t *m,
    ngx_http_assist_provider_end_e how);
static void ngx_http_assist_model_stop(ngx_http_assist_model_t *m);
static void ngx_http_assist_model_account(ngx_http_assist_model_t *m);
static void ngx_http_assist_model_finish(ngx_http_assist_model_t *m,
    const char *reason);
static void ngx_http_assist_model_answer(ngx_http_assist_model_t *m,
    ngx_http_assist_op_t *op);
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


/* Why nothing may be sent; NULL: it may. */

static const char *
ngx_http_assist_model_refused(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf)
{
    const char  *refused;

    refused = ngx_http_assist_model_busy(m) ? "busy"
              : ngx_http_assist_model_choose(m, conf);

    if (refused == NULL
        && ngx_http_assist_budget_spent(m->request, m->ctx))
    {
        refused = "budget";
    }

    if (refused == NULL) {
        refused = ngx_http_assist_model_redact(m, conf);
    }

    if (refused == NULL
        && ngx_http_assist_model_rules(m, conf) != NGX_OK)
    {
        refused = "no memory";
    }

    return refused;
}


/* Two answers at the same time would be one for nobody. */

static ngx_uint_t
ngx_http_assist_model_busy(ngx_http_assist_model_t *m)
{
    ngx_queue_t              *q;
    ngx_http_assist_model_t  *other;

    for (q = ngx_queue_head(&m->ctx->models);
         q != ngx_queue_sentinel(&m->ctx->models);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, ngx_http_assist_model_t, queue);

        if (m->say && other->say && other != m) {
            return 1;
        }
    }

    return 0;
}


/* The providers that may be asked, in order. */

static const char *
ngx_http_assist_model_choose(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf)
{
    ngx_uint_t                    i, onprem;
    ngx_http_assist_provider_t  **p;
    ngx_http_assist_loc_conf_t   *lcf;

    lcf = ngx_http_get_module_loc_conf(m->request, ngx_http_assist_module);

    if (lcf->use == NULL || lcf->use->providers.nelts == 0) {
        return "no provider";
    }

    m->providers = assist_arena_alloc(m->arena,
                       lcf->use->providers.nelts * sizeof(void *));
    if (m->providers == NULL) {
        return "no memory";
    }

    p = lcf->use->providers.elts;
    onprem = ngx_http_assist_model_onprem(m->request, m->ctx);

    for (i = 0; i < lcf->use->providers.nelts; i++) {

        if (conf->provider.len
            && (conf->provider.len != p[i]->name.len
                || ngx_memcmp(conf->provider.data, p[i]->name.data,
                              p[i]->name.len)
                   != 0))
        {
            continue;
        }

        if (!onprem || p[i]->onprem) {
            m->providers[m->nproviders++] = p[i];
        }
    }

    if (m->nproviders) {
        return NULL;
    }

    return onprem ? "onprem" : "no provider";
}


/*
 * Does the catalogue keep a service of this question in the house?  Of a
 * procedure of several agencies one row is enough.
 */

static ngx_uint_t
ngx_http_assist_model_onprem(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    uint32_t                      i, *about;
    ngx_uint_t                    k;
    assist_catalog_t             *catalog;
    assist_service_t             *service;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    catalog = mcf->catalog;
    about = ctx->about.elts;

    for (i = 0; catalog && i < catalog->nrows; i++) {

        if (!catalog->rows[i].onprem) {
            continue;
        }

        service = &catalog->services[catalog->rows[i].service];

        if (ctx->service != ASSIST_NONE
            && service->procedure == catalog->services[ctx->service].procedure)
        {
            return 1;
        }

        for (k = 0; k < ctx->about.nelts; k++) {
            if (service->procedure == catalog->services[about[k]].procedure) {
                return 1;
            }
        }
    }

    return 0;
}


static const char *
ngx_http_assist_model_redact(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf)
{
    ngx_uint_t                   i;
    assist_buf_t                 buf = ASSIST_BUF_INIT;
    ngx_http_assist_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(m->request, ngx_http_assist_module);

    m->nmessages = conf->nmessages;
    m->messages = assist_arena_alloc(m->arena, conf->nmessages
                                       * sizeof(assist_completion_message_t));
    if (m->messages == NULL) {
        return "no memory";
    }

    for (i = 0; i < conf->nmessages; i++) {
        buf.len = 0;

        if (!lcf->redact) {
            assist_buf_add(&buf, conf->messages[i].content.data,
                           conf->messages[i].content.len);

        } else if (assist_redact(&m->ctx->redact, conf->messages[i].content,
                                 &buf)
                   < 0)
        {
            assist_buf_free(&buf);
            return "redaction";
        }

        m->messages[i].role = assist_arena_dup(m->arena,
                                               conf->messages[i].role);
        m->messages[i].content = assist_arena_dup(m->arena,
                                                  assist_buf_str(&buf));

        if (buf.failed || m->messages[i].role.data == NULL
            || m->messages[i].content.data == NULL)
        {
            assist_buf_free(&buf);
            return "no memory";
        }
    }

    assist_buf_free(&buf);

    return NULL;
}


/* Links of an answer: to this server's names and to the passages' pages. */

static ngx_int_t
ngx_http_assist_model_rules(ngx_http_assist_model_t *m,
    ngx_http_assist_model_conf_t *conf)
{
    size_t                     n;
    ngx_uint_t                 i;
    assist_str_t              *hosts, *urls, name;
    ngx_http_server_name_t    *names;
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(m->request, ngx_http_core_module);
    names = cscf->server_names.elts;

    hosts = assist_arena_alloc(m->arena, NGX_HTTP_ASSIST_MODEL_HOSTS
                                         * sizeof(assist_str_t));
    urls = assist_arena_alloc(m->arena,
                              (conf->npassages + 1) * sizeof(assist_str_t));

    if (hosts == NULL || urls == NULL) {
        return NGX_ERROR;
    }

    for (i = 0, n = 0;
         i < cscf->server_names.nelts && n < NGX_HTTP_ASSIST_MODEL_HOSTS;
         i++)
    {
#if (NGX_PCRE)
        if (names[i].regex) {
            continue;
        }
#endif

        name = ngx_http_assist_str(names[i].name);

        while (name.len && (name.data[0] == '*' || name.data[0] == '.')) {
            name.data++;
            name.len--;
        }

        if (name.len) {
            hosts[n++] = name;
        }
    }

    for (i = 0; i < conf->npassages; i++) {
        urls[i] = assist_arena_dup(m->arena, conf->urls[i]);

        if (urls[i].data == NULL) {
            return NGX_ERROR;
        }
    }

    m->rules.hosts = hosts;
    m->rules.nhosts = n;
    m->rules.urls = urls;
    m->rules.nurls = conf->npassages;
    m->rules.removed = m->ctx->lang.len && m->ctx->lang.data[0] == 'e'
                       ? assist_str("[link removed]")
                       : assist_str("[đã bỏ liên kết]");

    return NGX_OK;
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

        if (!ngx_http_assist_provider_ready(m->provider)) {
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
    m->mark = m->ctx->said.len;

    m->call = body.failed ? NULL
                          : ngx_http_assist_call_start(m->request, &conf);
    assist_buf_free(&body);

    return m->call ? NGX_OK : NGX_ERROR;
}


/* From here to _piece: inside the call's filters, so only buffers and events */

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
    assist_restore_init(&m->ctx->restore, &m->ctx->redact);

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

    ngx_add_timer(&m->timer, ngx_min(m->provider->timeout,
                                     NGX_HTTP_ASSIST_MODEL_IDLE));

    if (assist_completion_feed(&m->completion, part) != 0
        || m->completion.state == ASSIST_COMPLETION_DONE)
    {
        ngx_post_event(&m->event, &ngx_posted_events);
    }

    if (m->say) {
        ngx_http_assist_stream_more(m->ctx);

    } else if (m->pieces && m->op && m->text.len > m->taken) {
        ngx_http_assist_model_piece(m);
    }
}


static int
ngx_http_assist_model_text(void *data, assist_str_t text)
{
    ngx_http_assist_model_t *m = data;

    if (m->first_token < 0) {
        m->first_token = (ngx_msec_int_t) (ngx_current_msec - m->asked);
    }

    return ngx_http_assist_model_add(m, text, 0) == NGX_OK ? 0 : -1;
}


/*
 * A piece's way: citations, then what was redacted for whoever reads it now,
 * then markup and links.
 */

static ngx_int_t
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

static void
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


/* The call is over; its data is gone when this returns. */

static void
ngx_http_assist_model_end(void *data, ngx_http_assist_call_end_e how,
    ngx_uint_t status)
{
    ngx_http_assist_model_t *m = data;

    m->call = NULL;

    if (how == NGX_HTTP_ASSIST_CALL_TIMEOUT) {
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

    m->why = "timeout";
    ngx_http_assist_model_attempt_over(m, NGX_HTTP_ASSIST_PROVIDER_TIMEOUT);
}


static void
ngx_http_assist_model_attempt_over(ngx_http_assist_model_t *m,
    ngx_http_assist_provider_end_e how)
{
    ngx_uint_t  delivered;

    ngx_http_assist_model_stop(m);

    ngx_http_assist_provider_over(m->provider, m->request->connection->log,
                                  how, m->retry_after, m->first_token,
                                  ngx_current_msec - m->asked);
    ngx_http_assist_model_account(m);

    if (how == NGX_HTTP_ASSIST_PROVIDER_OK) {
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

    delivered = m->taken || (m->say && ngx_http_assist_stream_sent(m->ctx)
                                       > m->mark);

    if (m->reading) {
        assist_completion_free(&m->completion);
        m->reading = 0;
    }

    if (delivered) {
        ngx_http_assist_model_finish(m, "broken");
        return;
    }

    if (m->say) {
        m->ctx->said.len = m->mark;
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


/* Whose words they are, and what they cost: also of an answer that broke. */

static void
ngx_http_assist_model_account(ngx_http_assist_model_t *m)
{
    ngx_str_t               model;
    assist_completion_t    *c;
    ngx_http_assist_ctx_t  *ctx;

    ctx = m->ctx;
    c = &m->completion;

    if (!m->reading) {
        return;
    }

    ngx_http_assist_provider_tokens(m->provider, c->tokens_in, c->tokens_out);
    ngx_http_assist_budget_spend(m->request, ctx,
                                 c->tokens_in, c->tokens_out);

    if (c->tokens_in >= 0) {
        ctx->event.tokens_in = ngx_max(ctx->event.tokens_in, 0)
                               + c->tokens_in;
    }

    if (c->tokens_out >= 0) {
        ctx->event.tokens_out = ngx_max(ctx->event.tokens_out, 0)
                                + c->tokens_out;
    }

    if (!c->began) {
        return;
    }

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
        ctx->model = model;
    }

    ctx->partial |= c->finish == ASSIST_FINISH_LENGTH
                    || c->finish == ASSIST_FINISH_CONTENT_FILTER;
}


static void
ngx_http_assist_model_finish(ngx_http_assist_model_t *m, const char *reason)
{
    ngx_http_assist_op_t  *op;

    m->over = 1;
    m->reason = reason;
    m->ctx->degraded |= reason != NULL && m->nproviders;
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


static void
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
