/*
 * Hooks: the worker's Lua state, and the runs of a request's hooks one after
 * another.
 *
 * A hook that fails, loops or takes too long ends alone: its outcome is
 * counted, one line is logged, and the request goes on as without it.
 */

#include "ngx_http_assist.h"


static ngx_int_t ngx_http_assist_hook_next(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_hook_park(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_hook_over(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_http_assist_hook_t **ngx_http_assist_hook_list(
    ngx_http_request_t *r, assist_phase_t phase, ngx_uint_t *n);
static void ngx_http_assist_hook_failed(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_outcome_t outcome, const char *why);
static void ngx_http_assist_hook_drop(ngx_http_assist_ctx_t *ctx,
    assist_outcome_t outcome);
static void ngx_http_assist_hook_timeout(ngx_event_t *ev);
static void ngx_http_assist_hook_go_on(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);


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
    conf.sandbox = (int) mcf->hook_sandbox;

    mcf->vm = assist_vm_create(&conf, &err);

    if (mcf->vm == NULL) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, 0,
                      "assist: no hook will run in this worker: %s", err.text);
        return;
    }

    ngx_http_assist_reload_init(cycle, mcf);

    hook = mcf->hooks.elts;

    for (i = 0; i < mcf->hooks.nelts; i++) {
        hook[i]->hook = ngx_http_assist_hook_bind(mcf, hook[i], &err);

        if (hook[i]->hook == NULL) {
            ngx_log_error(NGX_LOG_ERR, cycle->log, 0,
                          "assist: hook \"%V\" will not run in this worker: "
                          "%s", &hook[i]->file, err.text);
        }
    }
}


assist_hook_t *
ngx_http_assist_hook_bind(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_hook_t *hook, assist_error_t *err)
{
    return hook->view
           ? assist_vm_view(mcf->vm, hook->source, err)
           : assist_vm_hook(mcf->vm, hook->source, hook->conf.elts,
                            (uint32_t) hook->conf.nelts, err);
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

    if (mcf->reload) {
        ngx_http_assist_reload_due(r);
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
    ngx_http_assist_op_cancel_all(&ctx->ops);
    ngx_http_assist_model_cancel_all(&ctx->models);
}


/* Runs hooks from ctx->hook on, until one waits or none is left. */

static ngx_int_t
ngx_http_assist_hook_next(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_uint_t                    n;
    ngx_http_assist_hook_t      **hooks;
    ngx_http_assist_loc_conf_t   *lcf;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);
    hooks = ngx_http_assist_hook_list(r, ctx->phase, &n);

    while (ctx->hook < n) {

        if (hooks[ctx->hook]->hook == NULL
            || !assist_hook_has(hooks[ctx->hook]->hook, ctx->phase))
        {
            ctx->hook++;
            continue;
        }

        ctx->running = hooks[ctx->hook];

        if (ngx_http_assist_breaker_open(r, ctx->running)) {
            ngx_memzero(&ctx->run, sizeof(assist_run_t));

        } else if (assist_run_start(&ctx->run, mcf->vm, ctx->running->hook,
                                    ctx->phase, ctx, &ctx->ctx,
                                    (uint32_t) lcf->hook_cpu)
                   == ASSIST_RUN_WAITS)
        {
            ngx_http_assist_hook_park(r, ctx);
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
ngx_http_assist_hook_park(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_uint_t                   model, once;
    ngx_http_assist_loc_conf_t  *lcf;

    if (ctx->body != NGX_HTTP_ASSIST_BODY_NONE) {

        /*
         * While the body comes, its reader has the events, and the portal
         * would wait for it as well: client_body_timeout is its bound.
         */

        if (ctx->timer.timer_set) {
            ngx_del_timer(&ctx->timer);
        }

        return;
    }

    /*
     * A model has deadlines of its own, which are longer.  While it answers,
     * each wait of the hook's between two pieces counts for itself.  So it may
     * be with another run, whose text this one waits for.
     */

    model = ctx->phase == ASSIST_PHASE_ASK && !ngx_queue_empty(&ctx->models);
    once = ctx->phase == ASSIST_PHASE_ASK && ngx_http_assist_once_waits(ctx);

    if ((model || once) && ctx->timer.timer_set) {
        ngx_del_timer(&ctx->timer);
    }

    if (!ctx->timer.timer_set && !once
        && !(model && ngx_http_assist_model_waited(&ctx->models)))
    {
        lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

        ctx->timer.data = ctx;
        ctx->timer.handler = ngx_http_assist_hook_timeout;
        ctx->timer.log = r->connection->log;
        ngx_add_timer(&ctx->timer, lcf->hook_timeout);
    }

    ngx_http_assist_op_park(r);
    ngx_http_assist_stream_park(r, ctx);
    ngx_http_assist_flight_park(r, ctx);
}


/* A run has ended.  NGX_DONE: it gave something, the next are not asked. */

static ngx_int_t
ngx_http_assist_hook_over(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_uint_t            gave;
    const assist_hook_t  *hook;

    hook = ctx->running->hook;

    if (ctx->timer.timer_set) {
        ngx_del_timer(&ctx->timer);
    }

    /* of functions of an assist.all that did not live to its end */
    ngx_http_assist_op_cancel_all(&ctx->ops);
    ngx_http_assist_model_cancel_all(&ctx->models);

    if (ctx->run.state == ASSIST_RUN_PAST_TIME) {
        ngx_http_assist_hook_failed(r, ctx, ASSIST_ERROR_TIMEOUT,
                                    "took longer than assist_hook_timeout");

    } else if (ctx->run.state == ASSIST_RUN_IDLE) {
        /* the breaker let it not begin, or not go on */
        ngx_http_assist_hook_drop(ctx, ASSIST_ERROR_HOOK);

    } else if (ctx->run.state != ASSIST_RUN_DONE) {
        ngx_http_assist_hook_failed(r, ctx, ASSIST_ERROR_HOOK, ctx->run.error);
    }

    if (ctx->run.overrun) {
        ngx_http_assist_breaker_charge(r, ctx->running, ctx->run.overrun);
    }

    ctx->hook++;

    if (ctx->phase == ASSIST_PHASE_PAGE) {
        gave = ngx_http_assist_inject_hook_over(ctx, ctx->run.state
                                                     != ASSIST_RUN_DONE);
    } else {
        gave = ctx->phase != ASSIST_PHASE_LOG
               && (ctx->outcome || ctx->failed || ctx->said.len
                   || ctx->reply_status);
    }

    if (!gave) {
        return NGX_OK;
    }

    ctx->hook_name = ngx_http_assist_ngx_str(assist_hook_name(hook));
    ctx->hook_version = ngx_http_assist_ngx_str(assist_hook_version(hook));

    return ctx->run.state == ASSIST_RUN_DONE
           && ctx->phase != ASSIST_PHASE_PAGE ? NGX_DONE : NGX_OK;
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
    u_char                        line[NGX_HTTP_ASSIST_LOG_MAX];
    assist_str_t                  id, hook;
    ngx_http_variable_value_t    *v;
    ngx_http_assist_main_conf_t  *mcf;

    static const char  *const phases[] = { "request", "page", "ask", "log" };

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    id = assist_str("-");
    hook = assist_hook_name(ctx->run.hook);

    if (ctx->service != ASSIST_NONE) {
        id = mcf->catalog->services[ctx->service].id;
    }

    v = ngx_http_get_indexed_variable(r, mcf->request_id);

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "assist: hook %*s failed in %s, service %*s: %*s, "
                  "request_id: %*s",
                  hook.len, hook.data, phases[ctx->phase], id.len, id.data,
                  ngx_http_assist_log_text(line, assist_str_of(why)), line,
                  v ? (size_t) v->len : 0, v ? v->data : NULL);

    ngx_http_assist_hook_drop(ctx, outcome);
}


static void
ngx_http_assist_hook_drop(ngx_http_assist_ctx_t *ctx, assist_outcome_t outcome)
{
    if (ctx->phase == ASSIST_PHASE_LOG) {
        return;
    }

    if (ctx->phase != ASSIST_PHASE_PAGE) {
        /* what somebody has read cannot be taken back */
        ctx->said.len = ngx_min(ctx->said.len,
                                ngx_http_assist_flight_sent(ctx));
        ctx->cites.nelts = 0;
        ctx->about.nelts = 0;
        ctx->reply_status = 0;
        ctx->outcome = 0;
    }

    ctx->failed = 1;
    ctx->failure = outcome;
}


/* What the run waited for is there. */

void
ngx_http_assist_hook_wake(ngx_http_assist_op_t *op)
{
    ngx_http_assist_hook_resume(op->data, &op->value);
}


void
ngx_http_assist_hook_resume(assist_run_t *run, assist_value_t *value)
{
    ngx_http_assist_ctx_t  *ctx;

    ctx = run->host;

    if (ngx_http_assist_breaker_open(ctx->request, ctx->running)) {
        assist_run_cancel(&ctx->run);

    } else if (assist_run_resume(run, value) == ASSIST_RUN_WAITS) {

        if (ctx->later == NULL) {
            ngx_http_assist_hook_park(ctx->request, ctx);
        }

        return;
    }

    if (ctx->later) {
        ngx_http_assist_later_over(ctx);
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
