/*
 * assist.later: a function of a hook that goes on for nobody.
 *
 * It runs for a request of the worker's own, with a context of its own: what a
 * visitor sent is not in it, and the visitor's page and connection wait for
 * nothing.
 *
 * One starts in each turn of the worker's events, so that however many are
 * due, and start others, everybody else is served between them.  What they
 * start has the time that is left of their own.
 */

#include "ngx_http_assist.h"
#include "ngx_http_assist_page.h"


#define NGX_HTTP_ASSIST_LATER_MAX   256         /* at a time, of a worker */
#define NGX_HTTP_ASSIST_LATER_TIME  120000      /* ms */
#define NGX_HTTP_ASSIST_LATER_RETRY 10          /* ms, while a thread has it */


struct ngx_http_assist_later_s {
    ngx_queue_t              queue;         /* of all that run */
    double                   number;
    ngx_queue_t              helps;         /* pages that may have it */
    ngx_http_request_t      *own;
    ngx_http_assist_ctx_t   *ctx;
    int                      function;
    ngx_msec_t               cpu;
    ngx_msec_t               deadline;
    ngx_event_t              event;         /* its start, then its end */
    ngx_event_t              timer;         /* it takes too long */
};


static void ngx_http_assist_later_turn(ngx_event_t *ev);
static void ngx_http_assist_later_run(ngx_event_t *ev);
static void ngx_http_assist_later_skip(ngx_http_assist_later_t *later,
    assist_run_state_t why);
static void ngx_http_assist_later_timeout(ngx_event_t *ev);
static void ngx_http_assist_later_end(ngx_event_t *ev);


static ngx_uint_t   ngx_http_assist_laters;
static ngx_queue_t  ngx_http_assist_later_running = {
    &ngx_http_assist_later_running, &ngx_http_assist_later_running
};

static ngx_queue_t  ngx_http_assist_later_due = {
    &ngx_http_assist_later_due, &ngx_http_assist_later_due
};


const char *
ngx_http_assist_later_start(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    int function, double *number)
{
    static double                last;
    static ngx_event_t           turn;

    ngx_msec_t                   deadline;
    ngx_http_request_t          *own;
    ngx_http_assist_ctx_t       *own_ctx;
    ngx_http_assist_later_t     *later;
    ngx_http_assist_loc_conf_t  *lcf;

    if (ngx_http_assist_laters == NGX_HTTP_ASSIST_LATER_MAX) {
        return "too many functions run";
    }

    deadline = ctx->later ? ctx->later->deadline
                          : ngx_current_msec + NGX_HTTP_ASSIST_LATER_TIME;

    if (ctx->later
        && (ngx_exiting
            || (ngx_msec_int_t) (deadline - ngx_current_msec) <= 0))
    {
        return "there is no time left";
    }

    own = ngx_http_assist_own_create(r);
    if (own == NULL) {
        return "no memory";
    }

    /* the hook's directives are those of its location */
    own->loc_conf = r->loc_conf;

    later = ngx_pcalloc(own->pool, sizeof(ngx_http_assist_later_t));
    own_ctx = later ? ngx_http_assist_ctx(own, 1) : NULL;

    if (own_ctx == NULL) {
        ngx_destroy_pool(own->pool);
        return "no memory";
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    own_ctx->later = later;
    own_ctx->service = ctx->service;
    own_ctx->shared = ctx->shared;
    own_ctx->matched = 1;
    own_ctx->phase = ctx->phase;
    own_ctx->running = ctx->running;

    if (ctx->lang.len && ctx->lang.data[0] == 'e') {
        ngx_str_set(&own_ctx->lang, "en");
    } else {
        ngx_str_set(&own_ctx->lang, "vi");
    }

    later->own = own;
    later->ctx = own_ctx;
    later->function = function;
    later->cpu = lcf->hook_cpu;
    later->deadline = deadline;

    later->event.data = later;
    later->event.handler = ngx_http_assist_later_run;
    later->event.log = own->connection->log;

    later->timer.data = later;
    later->timer.handler = ngx_http_assist_later_timeout;
    later->timer.log = own->connection->log;

    ngx_add_timer(&later->timer, deadline - ngx_current_msec);
    ngx_post_event(&later->event, &ngx_http_assist_later_due);

    turn.handler = ngx_http_assist_later_turn;
    turn.log = ngx_cycle->log;
    ngx_post_event(&turn, &ngx_posted_next_events);

    ngx_http_assist_laters++;

    later->number = ++last;
    *number = last;
    ngx_queue_init(&later->helps);
    ngx_queue_insert_tail(&ngx_http_assist_later_running, &later->queue);

    return NULL;
}


ngx_int_t
ngx_http_assist_later_join(double number, ngx_http_assist_help_t *help)
{
    ngx_queue_t              *q;
    ngx_http_assist_later_t  *later;

    for (q = ngx_queue_head(&ngx_http_assist_later_running);
         q != ngx_queue_sentinel(&ngx_http_assist_later_running);
         q = ngx_queue_next(q))
    {
        later = ngx_queue_data(q, ngx_http_assist_later_t, queue);

        if (later->number == number) {
            ngx_queue_insert_tail(&later->helps, &help->queue);
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


void
ngx_http_assist_later_give(ngx_http_assist_ctx_t *ctx, ngx_str_t *html)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&ctx->later->helps)) {
        q = ngx_queue_head(&ctx->later->helps);

        /* takes it out of the queue */
        ngx_http_assist_inject_help(ngx_queue_data(q, ngx_http_assist_help_t,
                                                   queue), html);
    }
}


/* Starts the next one. */

static void
ngx_http_assist_later_turn(ngx_event_t *ev)
{
    ngx_event_t  *next;

    if (ngx_queue_empty(&ngx_http_assist_later_due)) {
        return;
    }

    next = ngx_queue_data(ngx_queue_head(&ngx_http_assist_later_due),
                          ngx_event_t, queue);

    ngx_delete_posted_event(next);
    next->handler(next);

    if (!ngx_queue_empty(&ngx_http_assist_later_due)) {
        ngx_post_event(ev, &ngx_posted_next_events);
    }
}


static void
ngx_http_assist_later_run(ngx_event_t *ev)
{
    ngx_http_assist_ctx_t        *ctx;
    ngx_http_assist_later_t      *later;
    ngx_http_assist_main_conf_t  *mcf;

    later = ev->data;
    ctx = later->ctx;
    mcf = ngx_http_get_module_main_conf(later->own, ngx_http_assist_module);

    if (ngx_http_assist_breaker_open(later->own, ctx->running)) {
        ngx_http_assist_later_skip(later, ASSIST_RUN_IDLE);
        return;
    }

    if (assist_run_function(&ctx->run, mcf->vm, ctx->running->hook, ctx->phase,
                            ctx, &ctx->ctx, (uint32_t) later->cpu,
                            later->function)
        == ASSIST_RUN_WAITS)
    {
        return;
    }

    ngx_http_assist_later_over(ctx);
}


/* It does not start. */

static void
ngx_http_assist_later_skip(ngx_http_assist_later_t *later,
    assist_run_state_t why)
{
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(later->own, ngx_http_assist_module);

    assist_run_forget(mcf->vm, later->function);
    later->ctx->run.state = why;

    ngx_http_assist_later_over(later->ctx);
}


static void
ngx_http_assist_later_timeout(ngx_event_t *ev)
{
    ngx_http_assist_later_t  *later;

    later = ev->data;

    if (later->event.posted) {
        ngx_delete_posted_event(&later->event);
        ngx_http_assist_later_skip(later, ASSIST_RUN_PAST_TIME);
        return;
    }

    assist_run_cancel(&later->ctx->run);
    later->ctx->run.state = ASSIST_RUN_PAST_TIME;

    ngx_http_assist_later_over(later->ctx);
}


/* Freed from an event of its own: what calls this still uses it. */

void
ngx_http_assist_later_over(ngx_http_assist_ctx_t *ctx)
{
    u_char                    line[NGX_HTTP_ASSIST_LOG_MAX];
    assist_str_t              hook;
    ngx_http_assist_later_t  *later;

    static ngx_str_t  nothing = ngx_null_string;

    later = ctx->later;

    ngx_queue_remove(&later->queue);
    ngx_http_assist_later_give(ctx, &nothing);

    /* idle: the breaker let it not go on, and has said so */

    if (ctx->run.state != ASSIST_RUN_DONE
        && ctx->run.state != ASSIST_RUN_IDLE)
    {
        hook = assist_hook_name(ctx->running->hook);

        ngx_log_error(NGX_LOG_ERR, later->own->connection->log, 0,
                      "assist: hook %*s failed in assist.later: %*s",
                      hook.len, hook.data,
                      ngx_http_assist_log_text(line, assist_str_of(
                          ctx->run.state == ASSIST_RUN_PAST_TIME
                          ? "it took longer than two minutes"
                          : ctx->run.error)),
                      line);
    }

    if (ctx->run.overrun) {
        ngx_http_assist_breaker_charge(later->own, ctx->running,
                                       ctx->run.overrun);
    }

    if (later->timer.timer_set) {
        ngx_del_timer(&later->timer);
    }

    /* what it waits for must not wake up a run that is over */
    ngx_http_assist_op_cancel_all(&ctx->ops);
    ngx_http_assist_model_cancel_all(&ctx->models);

    later->event.handler = ngx_http_assist_later_end;
    ngx_post_event(&later->event, &ngx_posted_events);
}


static void
ngx_http_assist_later_end(ngx_event_t *ev)
{
    ngx_http_assist_later_t  *later;

    later = ev->data;

    if (ngx_http_assist_own_end(later->own) == NGX_AGAIN) {
        later->timer.handler = ngx_http_assist_later_end;
        ngx_add_timer(&later->timer, NGX_HTTP_ASSIST_LATER_RETRY);
        return;
    }

    ngx_http_assist_laters--;
    ngx_destroy_pool(later->own->pool);
}
