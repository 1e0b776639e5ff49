/*
 * assist.cache.once: of the runs of a worker that want the same text at the same
 * time one makes it, and the others wait for it.
 *
 * Who makes it has an op that nobody waits for, so that its end, however it
 * comes, is noticed: then the next one makes it.  Whoever makes a text waits for
 * no other's: so no two wait for each other.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_ONCE_WAIT  60000        /* ms */


typedef struct {
    ngx_queue_t             link;
    u_char                  key[ASSIST_DIGEST_LEN];
    ngx_queue_t             followers;          /* of op->link */
} ngx_http_assist_once_t;


static ngx_http_assist_once_t *ngx_http_assist_once_find(u_char *key);
static ngx_http_assist_op_t *ngx_http_assist_once_makes(assist_run_t *run,
    u_char *key);
static ngx_int_t ngx_http_assist_once_lead(ngx_http_assist_once_t *once,
    assist_run_t *run);
static void ngx_http_assist_once_gone(ngx_http_assist_op_t *op);
static void ngx_http_assist_once_unfollow(ngx_http_assist_op_t *op);
static void ngx_http_assist_once_give(ngx_http_assist_once_t *once,
    const assist_value_t *value);


static ngx_queue_t  ngx_http_assist_onces;


assist_wait_t
ngx_http_assist_once_join(assist_run_t *run, u_char *key,
    assist_value_t *value)
{
    assist_run_t            *maker;
    ngx_http_assist_op_t    *op;
    ngx_http_assist_ctx_t   *ctx;
    ngx_http_assist_once_t  *once;

    /* in whatever doubt it makes it for itself */
    value->type = ASSIST_TRUE;

    for (maker = run; maker; maker = maker->parent) {
        if (ngx_http_assist_once_makes(maker, NULL) != NULL) {
            return ASSIST_NOW;
        }
    }

    ctx = run->host;
    once = ngx_http_assist_once_find(key);

    if (once == NULL) {
        once = ngx_calloc(sizeof(ngx_http_assist_once_t), ngx_cycle->log);

        if (once != NULL) {
            ngx_memcpy(once->key, key, ASSIST_DIGEST_LEN);
            ngx_queue_init(&once->followers);
            ngx_queue_insert_tail(&ngx_http_assist_onces, &once->link);

            if (ngx_http_assist_once_lead(once, run) != NGX_OK) {
                ngx_queue_remove(&once->link);
                ngx_free(once);
            }
        }

        return ASSIST_NOW;
    }

    op = ngx_http_assist_op_create(ctx->request, &ctx->ops,
                                   ngx_http_assist_hook_wake, run,
                                   NGX_HTTP_ASSIST_ONCE_WAIT);
    if (op == NULL) {
        return ASSIST_NOW;
    }

    op->held = 1;
    op->cancel = ngx_http_assist_once_unfollow;
    ngx_queue_insert_tail(&once->followers, &op->link);

    return ASSIST_WAIT;
}


void
ngx_http_assist_once_over(assist_run_t *run, u_char *key,
    const assist_value_t *value)
{
    ngx_http_assist_op_t    *op;
    ngx_http_assist_once_t  *once;

    op = ngx_http_assist_once_makes(run, key);

    if (op != NULL) {
        once = op->kind;
        op->held = 0;
        ngx_http_assist_op_drop(op);
        ngx_http_assist_once_give(once, value);
    }
}


ngx_uint_t
ngx_http_assist_once_waits(ngx_http_assist_ctx_t *ctx)
{
    ngx_queue_t           *q;
    ngx_http_assist_op_t  *op;

    for (q = ngx_queue_head(&ctx->ops);
         q != ngx_queue_sentinel(&ctx->ops);
         q = ngx_queue_next(q))
    {
        op = ngx_queue_data(q, ngx_http_assist_op_t, queue);

        if (op->cancel == ngx_http_assist_once_unfollow) {
            return 1;
        }
    }

    return 0;
}


static ngx_http_assist_once_t *
ngx_http_assist_once_find(u_char *key)
{
    ngx_queue_t             *q;
    ngx_http_assist_once_t  *once;

    if (ngx_http_assist_onces.next == NULL) {
        ngx_queue_init(&ngx_http_assist_onces);
    }

    for (q = ngx_queue_head(&ngx_http_assist_onces);
         q != ngx_queue_sentinel(&ngx_http_assist_onces);
         q = ngx_queue_next(q))
    {
        once = ngx_queue_data(q, ngx_http_assist_once_t, link);

        if (ngx_memcmp(once->key, key, ASSIST_DIGEST_LEN) == 0) {
            return once;
        }
    }

    return NULL;
}


/* The op of a text that the run makes: of this key, or of any (NULL). */

static ngx_http_assist_op_t *
ngx_http_assist_once_makes(assist_run_t *run, u_char *key)
{
    ngx_queue_t             *q;
    ngx_http_assist_op_t    *op;
    ngx_http_assist_ctx_t   *ctx;
    ngx_http_assist_once_t  *once;

    ctx = run->host;

    for (q = ngx_queue_head(&ctx->ops);
         q != ngx_queue_sentinel(&ctx->ops);
         q = ngx_queue_next(q))
    {
        op = ngx_queue_data(q, ngx_http_assist_op_t, queue);
        once = op->kind;

        if (op->cancel == ngx_http_assist_once_gone && op->data == run
            && (key == NULL
                || ngx_memcmp(once->key, key, ASSIST_DIGEST_LEN) == 0))
        {
            return op;
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_assist_once_lead(ngx_http_assist_once_t *once, assist_run_t *run)
{
    ngx_http_assist_op_t   *op;
    ngx_http_assist_ctx_t  *ctx;

    ctx = run->host;
    op = ngx_http_assist_op_create(ctx->request, &ctx->ops, NULL, run, 0);

    if (op == NULL) {
        return NGX_ERROR;
    }

    op->held = 1;
    op->cancel = ngx_http_assist_once_gone;
    op->kind = once;

    return NGX_OK;
}


/* Who was to make it is over. */

static void
ngx_http_assist_once_gone(ngx_http_assist_op_t *op)
{
    assist_value_t  value;

    value.type = ASSIST_TRUE;
    ngx_http_assist_once_give(op->kind, &value);
}


static void
ngx_http_assist_once_unfollow(ngx_http_assist_op_t *op)
{
    ngx_queue_remove(&op->link);
}


/* A text or a reason is for all; otherwise the next one makes it. */

static void
ngx_http_assist_once_give(ngx_http_assist_once_t *once,
    const assist_value_t *value)
{
    ngx_queue_t           *q;
    ngx_http_assist_op_t  *op;

    while (!ngx_queue_empty(&once->followers)) {
        q = ngx_queue_head(&once->followers);
        op = ngx_queue_data(q, ngx_http_assist_op_t, link);
        ngx_queue_remove(q);

        if (!op->awaited || op->done) {
            /* its time was over */

        } else if (value->type == ASSIST_TRUE) {
            op->value.type = ASSIST_TRUE;

            if (ngx_http_assist_once_lead(once, op->data) == NGX_OK) {
                ngx_http_assist_op_done(op);
                return;
            }

        } else {
            ngx_http_assist_op_string(op, &op->value, value->string);

            if (value->type == ASSIST_NIL
                && op->value.type == ASSIST_STRING)
            {
                op->value.type = ASSIST_NIL;
                op->value.error = op->value.string.data;
            }
        }

        ngx_http_assist_op_done(op);
    }

    ngx_queue_remove(&once->link);
    ngx_free(once);
}
