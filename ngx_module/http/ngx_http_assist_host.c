/*
 * What a run may ask of its request, and give to it: the functions behind
 * `ctx` and `assist`.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_REPLY_MAX   (1024 * 1024)
#define NGX_HTTP_ASSIST_LIST_MAX    100             /* sources, services */


static void ngx_http_assist_host_log(void *host, assist_log_t level,
    assist_str_t text);
static assist_str_t ngx_http_assist_host_method(void *host);
static assist_str_t ngx_http_assist_host_uri(void *host);
static assist_str_t ngx_http_assist_host_args(void *host);
static assist_str_t ngx_http_assist_host_header(void *host, assist_str_t name);
static assist_str_t ngx_http_assist_host_lang(void *host);
static assist_str_t ngx_http_assist_host_question(void *host);
static assist_str_t ngx_http_assist_host_disclosure(void *host, int en);
static uint32_t ngx_http_assist_host_service(void *host);
static uint32_t ngx_http_assist_host_previous(void *host);
static int ngx_http_assist_host_say(void *host, assist_str_t text);
static int ngx_http_assist_host_cite(void *host, assist_str_t title,
    assist_str_t url, assist_str_t updated);
static int ngx_http_assist_host_about(void *host, uint32_t service);
static int ngx_http_assist_host_reply(void *host, int status,
    const assist_header_t *headers, uint32_t nheaders, assist_str_t body);
static int ngx_http_assist_host_inject(void *host, assist_html_where_t where,
    assist_str_t id, assist_str_t html);
static int ngx_http_assist_host_inject_later(void *host,
    assist_html_where_t where, assist_str_t id, double later);
static void ngx_http_assist_host_outcome(void *host, assist_outcome_t outcome);
static assist_wait_t ngx_http_assist_host_body(void *host, assist_run_t *run,
    assist_value_t *value);
static assist_wait_t ngx_http_assist_host_sleep(void *host, assist_run_t *run,
    uint32_t ms, assist_value_t *value);
static assist_wait_t ngx_http_assist_host_cache_get(void *host,
    assist_run_t *run, assist_str_t key, assist_value_t *value);
static void ngx_http_assist_host_cache_set(void *host, assist_str_t key,
    assist_str_t text, uint32_t ttl);
static assist_wait_t ngx_http_assist_host_once_join(void *host,
    assist_run_t *run, assist_str_t key, assist_value_t *value);
static void ngx_http_assist_host_once_over(void *host, assist_run_t *run,
    assist_str_t key, const assist_value_t *value);
static assist_wait_t ngx_http_assist_host_redis(void *host, assist_run_t *run,
    const assist_command_t *command, assist_value_t *value);
static ngx_int_t ngx_http_assist_host_redis_key(ngx_http_assist_ctx_t *ctx,
    ngx_str_t prefix, ngx_str_t *key);
static const char *ngx_http_assist_host_fetch_refused(void *host,
    assist_str_t uri);
static assist_wait_t ngx_http_assist_host_fetch(void *host, assist_run_t *run,
    const assist_fetch_t *fetch, assist_value_t *value);
static assist_wait_t ngx_http_assist_host_chat(void *host, assist_run_t *run,
    const assist_chat_t *chat, assist_value_t *value);
static assist_wait_t ngx_http_assist_host_chat_next(void *host,
    assist_run_t *run, uint32_t id, assist_value_t *value);
static const char *ngx_http_assist_host_later(void *host, int function,
    double *later);
static void ngx_http_assist_host_later_gives(void *host, assist_str_t html);
static assist_wait_t ngx_http_assist_host_wait(ngx_http_assist_op_t *op,
    assist_value_t *value);
static void ngx_http_assist_host_key(ngx_http_assist_ctx_t *ctx,
    assist_str_t key, u_char *out);
static ngx_int_t ngx_http_assist_copy(ngx_http_request_t *r, assist_str_t from,
    ngx_str_t *to);


const assist_host_t  ngx_http_assist_host = {
    ngx_http_assist_host_log,
    ngx_http_assist_host_method,
    ngx_http_assist_host_uri,
    ngx_http_assist_host_args,
    ngx_http_assist_host_header,
    ngx_http_assist_host_lang,
    ngx_http_assist_host_question,
    ngx_http_assist_host_disclosure,
    ngx_http_assist_host_service,
    ngx_http_assist_host_previous,
    ngx_http_assist_host_say,
    ngx_http_assist_host_cite,
    ngx_http_assist_host_about,
    ngx_http_assist_host_reply,
    ngx_http_assist_host_inject,
    ngx_http_assist_host_inject_later,
    ngx_http_assist_host_outcome,
    ngx_http_assist_host_body,
    ngx_http_assist_host_sleep,
    ngx_http_assist_host_cache_get,
    ngx_http_assist_host_cache_set,
    ngx_http_assist_host_once_join,
    ngx_http_assist_host_once_over,
    ngx_http_assist_host_redis,
    ngx_http_assist_host_fetch_refused,
    ngx_http_assist_host_fetch,
    ngx_http_assist_host_chat,
    ngx_http_assist_host_chat_next,
    ngx_http_assist_host_later,
    ngx_http_assist_host_later_gives,
    ngx_http_assist_view_document,
    ngx_http_assist_view_emit
};


/*
 * A key that no other hook and no answer has.  What was kept before the service
 * was purged, or this answer, is found no more: what had been found before the
 * first use counts, so a text from before is not kept as one from after.
 */

static void
ngx_http_assist_host_key(ngx_http_assist_ctx_t *ctx, assist_str_t key,
    u_char *out)
{
    assist_str_t                  parts[4], id;
    ngx_http_assist_main_conf_t  *mcf;

    if (!ctx->withdrawn) {
        mcf = ngx_http_get_module_main_conf(ctx->request,
                                            ngx_http_assist_module);
        id = ctx->question_key ? ctx->asked
             : ngx_http_assist_service_id(ctx->request, ctx->service,
                                          ctx->shared);

        ctx->withdrawn = 1;
        ctx->purged = ngx_http_assist_withdrawn(mcf, ctx->question_key, id,
                                                0).number;
    }

    parts[0] = assist_str("hook");
    parts[1] = assist_hook_name(ctx->run.hook);
    parts[2] = key;
    parts[3] = (assist_str_t) { (char *) &ctx->purged, sizeof(uint64_t) };

    assist_digest(out, parts, ctx->purged ? 4 : 3);
}


size_t
ngx_http_assist_log_text(u_char *line, assist_str_t text)
{
    size_t           i, len;
    assist_buf_t     out = ASSIST_BUF_INIT;
    assist_redact_t  map = ASSIST_REDACT_INIT;

    if (assist_redact(&map, text, &out) < 0) {
        out.len = 0;
        assist_buf_puts(&out, "(not told: not enough memory)");
    }

    len = ngx_min(out.len, NGX_HTTP_ASSIST_LOG_MAX);

    for (i = 0; i < len; i++) {
        line[i] = (u_char) out.data[i] < 0x20 || out.data[i] == 0x7f
                  ? ' ' : (u_char) out.data[i];
    }

    assist_redact_free(&map);
    assist_buf_free(&out);

    return len;
}


static void
ngx_http_assist_host_log(void *host, assist_log_t level, assist_str_t text)
{
    ngx_http_assist_ctx_t *ctx = host;

    size_t   len;
    u_char   line[NGX_HTTP_ASSIST_LOG_MAX];

    static const ngx_uint_t  levels[] = {
        NGX_LOG_ERR, NGX_LOG_WARN, NGX_LOG_INFO, NGX_LOG_DEBUG
    };

    len = ngx_http_assist_log_text(line, text);

    ngx_log_error(levels[level], ctx->request->connection->log, 0,
                  "assist: %*s", len, line);
}


static assist_str_t
ngx_http_assist_host_method(void *host)
{
    ngx_http_assist_ctx_t *ctx = host;

    return ngx_http_assist_str(ctx->request->method_name);
}


static assist_str_t
ngx_http_assist_host_uri(void *host)
{
    ngx_http_assist_ctx_t *ctx = host;

    return ngx_http_assist_str(ctx->request->uri);
}


static assist_str_t
ngx_http_assist_host_args(void *host)
{
    ngx_http_assist_ctx_t *ctx = host;

    ngx_http_assist_flight_personal(ctx);

    return ngx_http_assist_str(ctx->request->args);
}


static assist_str_t
ngx_http_assist_host_header(void *host, assist_str_t name)
{
    ngx_http_assist_ctx_t *ctx = host;

    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    ngx_http_assist_flight_personal(ctx);

    part = &ctx->request->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == name.len
            && ngx_strncasecmp(h[i].key.data, (u_char *) name.data, name.len)
               == 0)
        {
            return ngx_http_assist_str(h[i].value);
        }
    }

    return (assist_str_t) { NULL, 0 };
}


static assist_str_t
ngx_http_assist_host_lang(void *host)
{
    ngx_http_assist_ctx_t *ctx = host;

    return ngx_http_assist_str(ctx->lang);
}


static assist_str_t
ngx_http_assist_host_question(void *host)
{
    ngx_http_assist_ctx_t *ctx = host;

    return ngx_http_assist_str(ctx->question);
}


static assist_str_t
ngx_http_assist_host_disclosure(void *host, int en)
{
    ngx_http_assist_ctx_t *ctx = host;

    return ngx_http_assist_disclosure_text(ctx->request, (ngx_uint_t) en);
}


static uint32_t
ngx_http_assist_host_service(void *host)
{
    ngx_http_assist_ctx_t *ctx = host;

    return ctx->service;
}


static uint32_t
ngx_http_assist_host_previous(void *host)
{
    ngx_http_assist_ctx_t *ctx = host;

    return ctx->previous;
}


static int
ngx_http_assist_host_say(void *host, assist_str_t text)
{
    ngx_http_assist_ctx_t *ctx = host;

    if (ctx->said.len + text.len > NGX_HTTP_ASSIST_ANSWER_MAX) {
        return -1;
    }

    if (ctx->redact.n == 0) {
        assist_buf_add(&ctx->said, text.data, text.len);

    } else {
        /* a model's words may have placeholders of what it did not get */

        if (ctx->restore.map == NULL) {
            assist_restore_init(&ctx->restore, &ctx->redact);
        }

        (void) assist_restore(&ctx->restore, text, &ctx->said);
    }

    if (!ngx_queue_empty(&ctx->models)) {
        /* piece by piece, as the model's come */
        ngx_http_assist_stream_more(ctx);
    }

    return ctx->said.failed ? -1 : 0;
}


static int
ngx_http_assist_host_cite(void *host, assist_str_t title, assist_str_t url,
    assist_str_t updated)
{
    ngx_http_assist_ctx_t *ctx = host;

    ngx_str_t               s[3];
    ngx_http_request_t     *r;
    ngx_http_assist_cite_t *cite;

    r = ctx->request;

    if (ctx->cites.elts == NULL
        && ngx_array_init(&ctx->cites, r->pool, 4,
                          sizeof(ngx_http_assist_cite_t))
           != NGX_OK)
    {
        return -1;
    }

    if (ctx->cites.nelts == NGX_HTTP_ASSIST_LIST_MAX) {
        return -1;
    }

    if (ngx_http_assist_copy(r, title, &s[0]) != NGX_OK
        || ngx_http_assist_copy(r, url, &s[1]) != NGX_OK
        || ngx_http_assist_copy(r, updated, &s[2]) != NGX_OK)
    {
        return -1;
    }

    cite = ngx_array_push(&ctx->cites);
    if (cite == NULL) {
        return -1;
    }

    cite->title = ngx_http_assist_str(s[0]);
    cite->url = ngx_http_assist_str(s[1]);
    cite->updated = ngx_http_assist_str(s[2]);

    return 0;
}


static int
ngx_http_assist_host_about(void *host, uint32_t service)
{
    ngx_http_assist_ctx_t *ctx = host;

    uint32_t  *about;

    if (ctx->about.elts == NULL
        && ngx_array_init(&ctx->about, ctx->request->pool, 4, sizeof(uint32_t))
           != NGX_OK)
    {
        return -1;
    }

    if (ctx->about.nelts == NGX_HTTP_ASSIST_LIST_MAX) {
        return -1;
    }

    about = ngx_array_push(&ctx->about);
    if (about == NULL) {
        return -1;
    }

    *about = service;

    return 0;
}


static int
ngx_http_assist_host_reply(void *host, int status,
    const assist_header_t *headers, uint32_t nheaders, assist_str_t body)
{
    ngx_http_assist_ctx_t *ctx = host;

    uint32_t          i;
    ngx_table_elt_t  *h;

    if (ctx->reply_status || body.len > NGX_HTTP_ASSIST_REPLY_MAX) {
        return -1;
    }

    if (ngx_http_assist_copy(ctx->request, body, &ctx->reply_body) != NGX_OK
        || ngx_array_init(&ctx->reply_headers, ctx->request->pool,
                          nheaders + 1, sizeof(ngx_table_elt_t))
           != NGX_OK)
    {
        return -1;
    }

    for (i = 0; i < nheaders; i++) {
        h = ngx_array_push(&ctx->reply_headers);

        ngx_memzero(h, sizeof(ngx_table_elt_t));
        h->hash = 1;

        if (ngx_http_assist_copy(ctx->request, headers[i].name, &h->key)
            != NGX_OK
            || ngx_http_assist_copy(ctx->request, headers[i].value, &h->value)
               != NGX_OK)
        {
            return -1;
        }
    }

    ctx->reply_status = (ngx_uint_t) status;

    return 0;
}


static int
ngx_http_assist_host_inject(void *host, assist_html_where_t where,
    assist_str_t id, assist_str_t html)
{
    ngx_http_assist_ctx_t *ctx = host;

    return ngx_http_assist_inject_add(ctx, where, ngx_http_assist_ngx_str(id),
                                      ngx_http_assist_ngx_str(html))
           == NGX_OK ? 0 : -1;
}


static int
ngx_http_assist_host_inject_later(void *host, assist_html_where_t where,
    assist_str_t id, double later)
{
    return ngx_http_assist_inject_later(host, where,
                                        ngx_http_assist_ngx_str(id), later)
           == NGX_OK ? 0 : -1;
}


static void
ngx_http_assist_host_outcome(void *host, assist_outcome_t outcome)
{
    ngx_http_assist_ctx_t *ctx = host;

    if (ctx->phase == ASSIST_PHASE_PAGE) {
        ngx_http_assist_inject_outcome(ctx, outcome);
        return;
    }

    ctx->outcome = 1;
    ctx->event.outcome = outcome;
}


static assist_wait_t
ngx_http_assist_host_body(void *host, assist_run_t *run,
    assist_value_t *value)
{
    ngx_http_assist_ctx_t *ctx = host;

    ngx_http_assist_flight_personal(ctx);

    return ngx_http_assist_body_wait(ctx->request, ctx, run, value);
}


static assist_wait_t
ngx_http_assist_host_sleep(void *host, assist_run_t *run, uint32_t ms,
    assist_value_t *value)
{
    ngx_http_assist_ctx_t *ctx = host;

    return ngx_http_assist_host_wait(
               ngx_http_assist_op_sleep(ctx->request, &ctx->ops,
                                        ngx_http_assist_hook_wake, run, ms),
               value);
}


static assist_wait_t
ngx_http_assist_host_cache_get(void *host, assist_run_t *run, assist_str_t key,
    assist_value_t *value)
{
    ngx_http_assist_ctx_t *ctx = host;

    u_char     hash[ASSIST_DIGEST_LEN];
    ngx_int_t  rc;
    ngx_str_t  text;

    ngx_http_assist_host_key(ctx, key, hash);

    rc = ngx_http_assist_cache_get(ctx->request, &ctx->ops, hash, &text,
                                   ngx_http_assist_hook_wake, run);

    if (rc == NGX_AGAIN) {
        return ASSIST_WAIT;
    }

    value->type = ASSIST_NIL;
    value->error = NULL;

    if (rc == NGX_OK) {
        value->type = ASSIST_STRING;
        value->string = ngx_http_assist_str(text);
    }

    return ASSIST_NOW;
}


static void
ngx_http_assist_host_cache_set(void *host, assist_str_t key, assist_str_t text,
    uint32_t ttl)
{
    ngx_http_assist_ctx_t *ctx = host;

    u_char     hash[ASSIST_DIGEST_LEN];
    ngx_str_t  value;

    value = ngx_http_assist_ngx_str(text);

    ngx_http_assist_host_key(ctx, key, hash);
    ngx_http_assist_cache_set(ctx->request, hash, &value, ttl, 0);
}


static assist_wait_t
ngx_http_assist_host_once_join(void *host, assist_run_t *run,
    assist_str_t key, assist_value_t *value)
{
    u_char  hash[ASSIST_DIGEST_LEN];

    ngx_http_assist_host_key(host, key, hash);

    return ngx_http_assist_once_join(run, hash, value);
}


static void
ngx_http_assist_host_once_over(void *host, assist_run_t *run,
    assist_str_t key, const assist_value_t *value)
{
    u_char  hash[ASSIST_DIGEST_LEN];

    ngx_http_assist_host_key(host, key, hash);
    ngx_http_assist_once_over(run, hash, value);
}


static assist_wait_t
ngx_http_assist_host_redis(void *host, assist_run_t *run,
    const assist_command_t *command, assist_value_t *value)
{
    ngx_http_assist_ctx_t *ctx = host;

    uint32_t                      i;
    ngx_str_t                     words[NGX_HTTP_ASSIST_WORDS_MAX];
    ngx_http_request_t           *r;
    ngx_http_assist_op_t         *op;
    ngx_http_assist_main_conf_t  *mcf;

    r = ctx->request;
    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    value->type = ASSIST_NIL;
    value->error = "there is no assist_redis";

    if (mcf->redis == NULL || command->nwords > NGX_HTTP_ASSIST_WORDS_MAX) {
        return ASSIST_NOW;
    }

    for (i = 0; i < command->nwords; i++) {
        words[i] = ngx_http_assist_ngx_str(command->words[i]);

        if (i > 0 && i <= command->nkeys
            && ngx_http_assist_host_redis_key(ctx,
                              ngx_http_assist_redis_prefix(mcf->redis),
                              &words[i])
               != NGX_OK)
        {
            value->error = "no memory";
            return ASSIST_NOW;
        }
    }

    op = ngx_http_assist_redis_op(mcf->redis, r, &ctx->ops,
                                  ngx_http_assist_hook_wake, run);

    if (op && ngx_http_assist_redis_send(mcf->redis, op, command->nwords,
                                         words)
              != NGX_OK)
    {
        ngx_http_assist_op_drop(op);
        value->error = "redis is away";
        return ASSIST_NOW;
    }

    return ngx_http_assist_host_wait(op, value);
}


/* PREFIXhook:NAME:KEY */

static ngx_int_t
ngx_http_assist_host_redis_key(ngx_http_assist_ctx_t *ctx, ngx_str_t prefix,
    ngx_str_t *key)
{
    u_char        *p;
    ngx_str_t      own;
    assist_str_t   name;

    name = assist_hook_name(ctx->run.hook);

    own.len = prefix.len + name.len + key->len + sizeof("hook::") - 1;
    own.data = ngx_pnalloc(ctx->request->pool, own.len);

    if (own.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(own.data, prefix.data, prefix.len);
    p = ngx_cpymem(p, "hook:", sizeof("hook:") - 1);
    p = ngx_cpymem(p, name.data, name.len);
    *p++ = ':';
    ngx_memcpy(p, key->data, key->len);

    *key = own;

    return NGX_OK;
}


static const char *
ngx_http_assist_host_fetch_refused(void *host, assist_str_t uri)
{
    ngx_http_assist_ctx_t *ctx = host;

    return ngx_http_assist_fetch_refused(ctx->request, uri);
}


static assist_wait_t
ngx_http_assist_host_fetch(void *host, assist_run_t *run,
    const assist_fetch_t *fetch, assist_value_t *value)
{
    ngx_http_assist_ctx_t *ctx = host;

    if (ngx_http_assist_call_method(fetch->method) == 0) {
        value->type = ASSIST_NIL;
        value->error = "the method is not one of GET, HEAD, POST, PUT, PATCH, "
                       "DELETE, OPTIONS";
        return ASSIST_NOW;
    }

    return ngx_http_assist_host_wait(
               ngx_http_assist_fetch(ctx->request, &ctx->ops, fetch,
                                     ngx_http_assist_hook_wake, run),
               value);
}


static assist_wait_t
ngx_http_assist_host_chat(void *host, assist_run_t *run,
    const assist_chat_t *chat, assist_value_t *value)
{
    ngx_http_assist_ctx_t *ctx = host;

    ngx_http_assist_model_conf_t  conf;

    ngx_memzero(&conf, sizeof(ngx_http_assist_model_conf_t));

    conf.messages = chat->messages;
    conf.nmessages = chat->nmessages;
    conf.urls = chat->urls;
    conf.npassages = chat->npassages;
    conf.max_tokens = chat->max_tokens;
    conf.timeout = chat->timeout;
    conf.say = chat->say;
    conf.pieces = chat->pieces;

    return ngx_http_assist_host_wait(
               ngx_http_assist_model_ask(ctx->request, &conf,
                                         ngx_http_assist_hook_wake, run),
               value);
}


static assist_wait_t
ngx_http_assist_host_chat_next(void *host, assist_run_t *run, uint32_t id,
    assist_value_t *value)
{
    ngx_http_assist_ctx_t *ctx = host;

    return ngx_http_assist_host_wait(
               ngx_http_assist_model_next(ctx->request, id,
                                          ngx_http_assist_hook_wake, run),
               value);
}


static const char *
ngx_http_assist_host_later(void *host, int function, double *later)
{
    ngx_http_assist_ctx_t *ctx = host;

    return ngx_http_assist_later_start(ctx->request, ctx, function, later);
}


static void
ngx_http_assist_host_later_gives(void *host, assist_str_t html)
{
    ngx_str_t  s;

    s = ngx_http_assist_ngx_str(html);
    ngx_http_assist_later_give(host, &s);
}


/* An op has begun, or could not. */

static assist_wait_t
ngx_http_assist_host_wait(ngx_http_assist_op_t *op, assist_value_t *value)
{
    if (op == NULL) {
        value->type = ASSIST_NIL;
        value->error = "no memory";
        return ASSIST_NOW;
    }

    return ASSIST_WAIT;
}


static ngx_int_t
ngx_http_assist_copy(ngx_http_request_t *r, assist_str_t from, ngx_str_t *to)
{
    to->len = from.len;
    to->data = ngx_pnalloc(r->pool, from.len + 1);

    if (to->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(to->data, from.data, from.len);
    to->data[from.len] = '\0';

    return NGX_OK;
}
