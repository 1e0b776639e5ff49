/*
 * Hooks: their sources, their runs, and what a run may ask for.
 */

#ifndef NGX_HTTP_ASSIST_HOOK_H
#define NGX_HTTP_ASSIST_HOOK_H


/* ngx_http_assist_source.c: catalogue, synonyms, hooks, read by the master */
ngx_int_t ngx_http_assist_load_catalog(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_assist_main_conf_t *mcf);
ngx_int_t ngx_http_assist_add_synonyms(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf, ngx_str_t *name);
ngx_int_t ngx_http_assist_add_hook(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf, ngx_str_t *path);
ngx_int_t ngx_http_assist_build_index(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
ngx_int_t ngx_http_assist_load_sources(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_hash_sources(ngx_http_assist_main_conf_t *mcf);

/* ngx_http_assist_reload.c: changed Lua files, in a worker */
void ngx_http_assist_reload_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf);
/* looks, at most once a second; for mcf->reload only */
void ngx_http_assist_reload_due(ngx_http_request_t *r);

/* ngx_http_assist_hook.c: the worker's Lua state and the runs of requests */
void ngx_http_assist_hook_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_hook_exit(ngx_http_assist_main_conf_t *mcf);
/* in the worker's Lua state; NULL: err tells why */
assist_hook_t *ngx_http_assist_hook_bind(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_hook_t *hook, assist_error_t *err);
/* runs the location's hooks of a phase; NGX_OK: over, NGX_AGAIN: waits, then
 * `resume` is called */
ngx_int_t ngx_http_assist_hook_run(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_phase_t phase,
    void (*resume)(ngx_http_request_t *r));
/* ends what waits; nobody is called */
void ngx_http_assist_hook_cancel(ngx_http_assist_ctx_t *ctx);
/* the run goes on with what it waited for */
void ngx_http_assist_hook_resume(assist_run_t *run, assist_value_t *value);
/* the waiter of ops: op->data is the run */
void ngx_http_assist_hook_wake(ngx_http_assist_op_t *op);

/* ngx_http_assist_breaker.c: hooks that go past their bounds too often */
/* is the hook not to be run now? */
ngx_uint_t ngx_http_assist_breaker_open(ngx_http_request_t *r,
    ngx_http_assist_hook_t *hook);
/* a run of it took so many ms of CPU, and went past a bound */
void ngx_http_assist_breaker_charge(ngx_http_request_t *r,
    ngx_http_assist_hook_t *hook, ngx_msec_t overrun);
/* another version of it is there */
void ngx_http_assist_breaker_reset(ngx_http_assist_hook_t *hook);

/* ngx_http_assist_view.c: pages of ours, by trusted Lua templates */
/* the page of a JSON document, as whole response with no-store; returns what a
 * content handler returns: NGX_DONE while it is being made */
ngx_int_t ngx_http_assist_view(ngx_http_request_t *r,
    ngx_http_assist_hook_t *page, ngx_uint_t status, ngx_str_t *document);
assist_str_t ngx_http_assist_view_document(void *host);
assist_wait_t ngx_http_assist_view_emit(void *host, assist_run_t *run,
    assist_str_t piece, int is_text, assist_value_t *value);

/* ngx_http_assist_host.c: what a run may ask of its request */
extern const assist_host_t  ngx_http_assist_host;
/* a hook's text for a line of the log, its length: without the numbers of
 * persons and control characters; line has NGX_HTTP_ASSIST_LOG_MAX bytes */
size_t ngx_http_assist_log_text(u_char *line, assist_str_t text);

/* ngx_http_assist_later.c: a function of a hook goes on without its request */
/* function: its reference in the Lua registry, which is taken.  NULL, or why
 * it does not run. */
const char *ngx_http_assist_later_start(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, int function, double *number);
/* ngx_http_assist_inject_help() will be called; NGX_DECLINED: it is over */
ngx_int_t ngx_http_assist_later_join(double number,
    ngx_http_assist_help_t *help);
/* what its function gives to pages that wait for it */
void ngx_http_assist_later_give(ngx_http_assist_ctx_t *ctx, ngx_str_t *html);
void ngx_http_assist_later_over(ngx_http_assist_ctx_t *ctx);

/* ngx_http_assist_once.c: assist.cache.once, of the runs of a worker */
/* a text, nil and a reason, or true: the run makes it */
assist_wait_t ngx_http_assist_once_join(assist_run_t *run, u_char *key,
    assist_value_t *value);
/* it is made: a string; nil: the reason is in value->string; else true */
void ngx_http_assist_once_over(assist_run_t *run, u_char *key,
    const assist_value_t *value);
/* does a run of the request wait for another's text? */
ngx_uint_t ngx_http_assist_once_waits(ngx_http_assist_ctx_t *ctx);

/* ngx_http_assist_fetch.c: what hooks may call, and how */
/* NULL, or why not */
const char *ngx_http_assist_fetch_refused(ngx_http_request_t *r,
    assist_str_t uri);
/* NULL: no memory; else the op's value is a table of status, headers, body */
ngx_http_assist_op_t *ngx_http_assist_fetch(ngx_http_request_t *r,
    ngx_queue_t *ops, const assist_fetch_t *fetch,
    ngx_http_assist_op_handler_pt handler, void *data);


#endif
