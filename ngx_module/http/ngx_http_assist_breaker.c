/*
 * The breaker of a hook: one that goes past its bounds is not run for a while.
 *
 * A run that had to be stopped has kept the worker from everybody else as long
 * as its bound lets it.  Each one is a debt of its hook, SHARE times the CPU
 * that it took, and time pays it off; while more than DEBT is left, the hook
 * is suspended.  So, however many requests set it off, and whatever comes of
 * the others, it takes no more than 1/SHARE of the worker's time, and the p99
 * of everybody else is not of its making.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_BREAKER_SHARE  1000
#define NGX_HTTP_ASSIST_BREAKER_DEBT   100000   /* ms */


static ngx_msec_int_t ngx_http_assist_breaker_debt(
    ngx_http_assist_hook_t *hook);


ngx_uint_t
ngx_http_assist_breaker_open(ngx_http_request_t *r,
    ngx_http_assist_hook_t *hook)
{
    assist_str_t  name;

    if (!hook->suspended) {
        return 0;
    }

    if (ngx_http_assist_breaker_debt(hook) > NGX_HTTP_ASSIST_BREAKER_DEBT) {
        return 1;
    }

    hook->suspended = 0;
    name = assist_hook_name(hook->hook);

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "assist: hook %*s is tried again", name.len, name.data);

    return 0;
}


void
ngx_http_assist_breaker_charge(ngx_http_request_t *r,
    ngx_http_assist_hook_t *hook, ngx_msec_t overrun)
{
    assist_str_t    name;
    ngx_msec_int_t  debt;

    debt = ngx_http_assist_breaker_debt(hook)
           + (ngx_msec_int_t) overrun * NGX_HTTP_ASSIST_BREAKER_SHARE;

    hook->paid = ngx_current_msec + (ngx_msec_t) debt;

    if (hook->suspended || debt <= NGX_HTTP_ASSIST_BREAKER_DEBT) {
        return;
    }

    hook->suspended = 1;
    name = assist_hook_name(hook->hook);

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "assist: hook %*s is suspended in this worker for %i s, "
                  "because it went past its bounds too often: mend what it "
                  "does there, or raise assist_hook_cpu or assist_hook_memory; "
                  "until then pages go out without it",
                  name.len, name.data,
                  (debt - NGX_HTTP_ASSIST_BREAKER_DEBT + 999) / 1000);
}


void
ngx_http_assist_breaker_reset(ngx_http_assist_hook_t *hook)
{
    hook->paid = ngx_current_msec;
    hook->suspended = 0;
}


static ngx_msec_int_t
ngx_http_assist_breaker_debt(ngx_http_assist_hook_t *hook)
{
    return ngx_max((ngx_msec_int_t) (hook->paid - ngx_current_msec), 0);
}
