/*
 * Hooks: the worker's Lua state, the runs of a request's hooks one after
 * another, and what a run may ask of its request.
 *
 * A hook that fails, loops or takes too long ends alone: its outcome is
 * counted, one line is logged, and the request goes on as without it.
 */

#include "ngx_http_assist.h"


static ngx_int_t ngx_http_assist_hook_next(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_hook_wait(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_hook_over(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_http_assist_hook_t **ngx_http_assist_hook_list(
    ngx_http_request_t *r, assist_phase_t phase, ngx_uint_t *n);
static void ngx_http_assist_hook_failed(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_outcome_t outcome, const char *why);
static void ngx_http_assist_hook_wake(ngx_http_assist_op_t *op);
static void ngx_http_assist_hook_timeout(ngx_event_t *ev);
static void ngx_http_assist_hook_go_on(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_hook_key(ngx_http_assist_ctx_t *ctx,
    assist_str_t key, u_char *out);

static void ngx_http_assist_host_log(void *host, assist_log_t level,
    assist_str_t text);
static assist_str_t ngx_http_assist_host_method(void *host);
static assist_str_t ngx_http_assist_host_uri(void *host);
static assist_str_t ngx_http_assist_host_args(void *host);
static assist_str_t ngx_http_assist_host_header(void *host, assist_str_t name);
static assist_str_t ngx_http_assist_host_lang(void *host);
static assist_str_t ngx_http_assist_host_question(void *host);
static uint32_t ngx_http_assist_host_service(void *host);
static uint32_t ngx_http_assist_host_previous(void *host);
static int ngx_http_assist_host_say(void *host, assist_str_t text);
static int ngx_http_assist_host_cite(void *host, assist_str_t title,
    assist_str_t url, assist_str_t updated);
static int ngx_http_assist_host_about(void *host, uint32_t service);
static int ngx_http_assist_host_reply(void *host, int status,
    assist_str_t type, assist_str_t body);
static void ngx_http_assist_host_outcome(void *host, assist_outcome_t outcome);
static assist_wait_t ngx_http_assist_host_sleep(void *host, assist_run_t *run,
    uint32_t ms, assist_value_t *value);
static assist_wait_t ngx_http_assist_host_cache_get(void *host,
    assist_run_t *run, assist_str_t key, assist_value_t *value);
static void ngx_http_assist_host_cache_set(void *host, assist_str_t key,
    assist_str_t text, uint32_t ttl);
static ngx_int_t ngx_http_assist_copy(ngx_http_request_t *r, assist_str_t from,
    ngx_str_t *to);


static const assist_host_t  ngx_http_assist_host = {
    ngx_http_assist_host_log,
    ngx_http_assist_host_method,
    ngx_http_assist_host_uri,
    ngx_http_assist_host_args,
    ngx_http_assist_host_header,
    ngx_http_assist_host_lang,
    ngx_http_assist_host_question,
    ngx_http_assist_host_service,
    ngx_http_assist_host_previous,
    ngx_http_assist_host_say,
    ngx_http_assist_host_cite,
    ngx_http_assist_host_about,
    ngx_http_assist_host_reply,
    ngx_http_assist_host_outcome,
    ngx_http_assist_host_sleep,
    ngx_http_assist_host_cache_get,
    ngx_http_assist_host_cache_set
};


void
ngx_http_assist_hook_init(ngx_cycle_t *cycle, ngx_http_assist_main_conf_t *mcf)
{
    ngx_uint_t                i;
    assist_error_t            err;
    assist_vm_conf_t          conf;
    ngx_http_assist_hook_t  **hook;

    if (mcf->sources.nelts == 0) {
        return;
    }

    if (mcf->catalog) {
        mcf->search = assist_search_open(mcf->catalog, mcf->image,
                                         mcf->image_len, &err);
        if (mcf->search == NULL) {
            ngx_log_error(NGX_LOG_ERR, cycle->log, 0,
                          "assist: the search index is not usable: %s",
                          err.text);
        }
    }

    ngx_memzero(&conf, sizeof(assist_vm_conf_t));

    conf.host = &ngx_http_assist_host;
    conf.catalog = mcf->catalog;
    conf.search = mcf->search;
    conf.sources = mcf->sources.elts;
    conf.nsources = (uint32_t) mcf->sources.nelts;
    conf.memory = mcf->hook_memory;

    mcf->vm = assist_vm_create(&conf, &err);

    if (mcf->vm == NULL) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, 0,
                      "assist: no hook will run in this worker: %s", err.text);
        return;
    }

    hook = mcf->hooks.elts;

    for (i = 0; i < mcf->hooks.nelts; i++) {
        hook[i]->hook = assist_vm_hook(mcf->vm, hook[i]->source,
                                       hook[i]->conf.elts,
                                       (uint32_t) hook[i]->conf.nelts,
                                       (uint32_t) hook[i]->cpu, &err);
        if (hook[i]->hook == NULL) {
            ngx_log_error(NGX_LOG_ERR, cycle->log, 0,
                          "assist: hook \"%V\" will not run in this worker: "
                          "%s", &hook[i]->file, err.text);
        }
    }
}


void
ngx_http_assist_hook_exit(ngx_http_assist_main_conf_t *mcf)
{
    if (mcf->vm) {
        assist_vm_destroy(mcf->vm);
        mcf->vm = NULL;
    }

    if (mcf->search) {
        assist_search_close(mcf->search);
        mcf->search = NULL;
    }
}


ngx_int_t
ngx_http_assist_hook_run(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    assist_phase_t phase, void (*resume)(ngx_http_request_t *r))
{
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (mcf->vm == NULL) {
        return NGX_OK;
    }

    ctx->phase = phase;
    ctx->hook = 0;
    ctx->resume = resume;

    return ngx_http_assist_hook_next(r, ctx);
}


void
ngx_http_assist_hook_cancel(ngx_http_assist_ctx_t *ctx)
{
    if (ctx->timer.timer_set) {
        ngx_del_timer(&ctx->timer);
    }

    assist_run_cancel(&ctx->run);
}


/* Runs hooks from ctx->hook on, until one waits or none is left. */

static ngx_int_t
ngx_http_assist_hook_next(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_uint_t                    n;
    assist_run_state_t            state;
    ngx_http_assist_hook_t      **hooks;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    hooks = ngx_http_assist_hook_list(r, ctx->phase, &n);

    while (ctx->hook < n) {

        if (hooks[ctx->hook]->hook == NULL
            || !assist_hook_has(hooks[ctx->hook]->hook, ctx->phase))
        {
            ctx->hook++;
            continue;
        }

        state = assist_run_start(&ctx->run, mcf->vm, hooks[ctx->hook]->hook,
                                 ctx->phase, ctx, &ctx->ctx);

        if (state == ASSIST_RUN_WAITS) {
            ngx_http_assist_hook_wait(r, ctx);
            return NGX_AGAIN;
        }

        if (ngx_http_assist_hook_over(r, ctx) == NGX_DONE) {
            break;
        }
    }

    if (ctx->failed && !ctx->outcome && ctx->phase != ASSIST_PHASE_LOG) {
        ctx->outcome = 1;
        ctx->event.outcome = ctx->failure;
    }

    return NGX_OK;
}


/* Parks the request until an op wakes its hook up, or its time is over. */

static void
ngx_http_assist_hook_wait(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_http_assist_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    ctx->timer.data = ctx;
    ctx->timer.handler = ngx_http_assist_hook_timeout;
    ctx->timer.log = r->connection->log;
    ngx_add_timer(&ctx->timer, lcf->hook_timeout);

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;
}


/* A run has ended.  NGX_DONE: it gave something, the next are not asked. */

static ngx_int_t
ngx_http_assist_hook_over(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    const assist_hook_t  *hook;

    hook = ctx->run.hook;

    if (ctx->timer.timer_set) {
        ngx_del_timer(&ctx->timer);
    }

    if (ctx->run.state == ASSIST_RUN_PAST_TIME) {
        ngx_http_assist_hook_failed(r, ctx, ASSIST_ERROR_TIMEOUT,
                                    "took longer than assist_hook_timeout");

    } else if (ctx->run.state != ASSIST_RUN_DONE) {
        ngx_http_assist_hook_failed(r, ctx, ASSIST_ERROR_HOOK, ctx->run.error);
    }

    ctx->hook++;

    if (ctx->phase == ASSIST_PHASE_LOG
        || (!ctx->outcome && !ctx->failed && ctx->said.len == 0
            && ctx->reply_status == 0))
    {
        return NGX_OK;
    }

    ctx->hook_name = ngx_http_assist_ngx_str(assist_hook_name(hook));
    ctx->hook_version = ngx_http_assist_ngx_str(assist_hook_version(hook));

    return ctx->run.state == ASSIST_RUN_DONE ? NGX_DONE : NGX_OK;
}


/* The hooks of a location; for questions the default one where none answers. */

static ngx_http_assist_hook_t **
ngx_http_assist_hook_list(ngx_http_request_t *r, assist_phase_t phase,
    ngx_uint_t *n)
{
    ngx_uint_t                    i;
    ngx_http_assist_hook_t      **hooks;
    ngx_http_assist_loc_conf_t   *lcf;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    hooks = lcf->hooks ? lcf->hooks->elts : NULL;
    *n = lcf->hooks ? lcf->hooks->nelts : 0;

    if (phase != ASSIST_PHASE_ASK) {
        return hooks;
    }

    for (i = 0; i < *n; i++) {
        if (hooks[i]->hook && assist_hook_has(hooks[i]->hook, phase)) {
            return hooks;
        }
    }

    *n = mcf->procedures ? 1 : 0;

    return &mcf->procedures;
}


/* One line, and the outcome; what the hook had given so far is dropped. */

static void
ngx_http_assist_hook_failed(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    assist_outcome_t outcome, const char *why)
{
    assist_str_t                  id, hook;
    ngx_http_assist_main_conf_t  *mcf;

    static const char  *const phases[] = { "request", "ask", "log" };

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    id = assist_str("-");
    hook = assist_hook_name(ctx->run.hook);

    if (ctx->service != ASSIST_NONE) {
        id = mcf->catalog->services[ctx->service].id;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "assist: hook %*s failed in %s, service %*s: %s",
                  hook.len, hook.data, phases[ctx->phase], id.len, id.data,
                  why);

    if (ctx->phase == ASSIST_PHASE_LOG) {
        return;
    }

    ctx->said.len = 0;
    ctx->cites.nelts = 0;
    ctx->about.nelts = 0;
    ctx->reply_status = 0;
    ctx->outcome = 0;
    ctx->failed = 1;
    ctx->failure = outcome;
}


/* What the run waited for is there. */

static void
ngx_http_assist_hook_wake(ngx_http_assist_op_t *op)
{
    ngx_http_assist_ctx_t  *ctx;

    ctx = op->data;

    if (assist_run_resume(&ctx->run, &op->value) == ASSIST_RUN_WAITS) {
        return;
    }

    ngx_http_assist_hook_go_on(ctx->request, ctx);
}


static void
ngx_http_assist_hook_timeout(ngx_event_t *ev)
{
    ngx_connection_t       *c;
    ngx_http_request_t     *r;
    ngx_http_assist_ctx_t  *ctx;

    ctx = ev->data;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    assist_run_cancel(&ctx->run);
    ngx_http_assist_op_cancel_all(&ctx->ops);

    ctx->run.state = ASSIST_RUN_PAST_TIME;
    ngx_http_assist_hook_go_on(r, ctx);

    ngx_http_run_posted_requests(c);
}


/* A hook that waited is over: the next one, or back to the request. */

static void
ngx_http_assist_hook_go_on(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    if (ngx_http_assist_hook_over(r, ctx) == NGX_OK
        && ngx_http_assist_hook_next(r, ctx) == NGX_AGAIN)
    {
        return;
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ctx->resume;
    ctx->resume(r);
}


/* A key that no other hook and no answer has. */

static ngx_int_t
ngx_http_assist_hook_key(ngx_http_assist_ctx_t *ctx, assist_str_t key,
    u_char *out)
{
    ngx_str_t  parts[3];

    ngx_str_set(&parts[0], "hook");
    parts[1] = ngx_http_assist_ngx_str(assist_hook_name(ctx->run.hook));
    parts[2] = ngx_http_assist_ngx_str(key);

    return ngx_http_assist_cache_key(out, parts, 3);
}


static void
ngx_http_assist_host_log(void *host, assist_log_t level, assist_str_t text)
{
    ngx_http_assist_ctx_t *ctx = host;

    size_t   i, len;
    u_char   line[1024];

    static const ngx_uint_t  levels[] = {
        NGX_LOG_ERR, NGX_LOG_WARN, NGX_LOG_INFO, NGX_LOG_DEBUG
    };

    len = ngx_min(text.len, sizeof(line));

    for (i = 0; i < len; i++) {
        line[i] = (u_char) text.data[i] < 0x20 || text.data[i] == 0x7f
                  ? ' ' : (u_char) text.data[i];
    }

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

    return ngx_http_assist_str(ctx->request->args);
}


static assist_str_t
ngx_http_assist_host_header(void *host, assist_str_t name)
{
    ngx_http_assist_ctx_t *ctx = host;

    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

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

    assist_buf_add(&ctx->said, text.data, text.len);

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

    about = ngx_array_push(&ctx->about);
    if (about == NULL) {
        return -1;
    }

    *about = service;

    return 0;
}


static int
ngx_http_assist_host_reply(void *host, int status, assist_str_t type,
    assist_str_t body)
{
    ngx_http_assist_ctx_t *ctx = host;

    if (ngx_http_assist_copy(ctx->request, type, &ctx->reply_type) != NGX_OK
        || ngx_http_assist_copy(ctx->request, body, &ctx->reply_body)
           != NGX_OK)
    {
        return -1;
    }

    ctx->reply_status = (ngx_uint_t) status;

    return 0;
}


static void
ngx_http_assist_host_outcome(void *host, assist_outcome_t outcome)
{
    ngx_http_assist_ctx_t *ctx = host;

    ctx->outcome = 1;
    ctx->event.outcome = outcome;
}


static assist_wait_t
ngx_http_assist_host_sleep(void *host, assist_run_t *run, uint32_t ms,
    assist_value_t *value)
{
    ngx_http_assist_ctx_t *ctx = host;

    if (ngx_http_assist_op_sleep(ctx->request, &ctx->ops,
                                 ngx_http_assist_hook_wake, ctx, ms)
        == NULL)
    {
        value->type = ASSIST_NIL;
        value->error = "no memory";
        return ASSIST_NOW;
    }

    return ASSIST_WAIT;
}


static assist_wait_t
ngx_http_assist_host_cache_get(void *host, assist_run_t *run, assist_str_t key,
    assist_value_t *value)
{
    ngx_http_assist_ctx_t *ctx = host;

    u_char     hash[NGX_HTTP_ASSIST_KEY_LEN];
    ngx_int_t  rc;
    ngx_str_t  text;

    rc = ngx_http_assist_hook_key(ctx, key, hash);

    if (rc == NGX_OK) {
        rc = ngx_http_assist_cache_get(ctx->request, &ctx->ops, hash, &text,
                                       ngx_http_assist_hook_wake, ctx);
    }

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

    u_char     hash[NGX_HTTP_ASSIST_KEY_LEN];
    ngx_str_t  value;

    value = ngx_http_assist_ngx_str(text);

    if (ngx_http_assist_hook_key(ctx, key, hash) == NGX_OK) {
        ngx_http_assist_cache_set(ctx->request, hash, &value, ttl);
    }
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
