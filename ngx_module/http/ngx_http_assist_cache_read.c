/*
 * Reads of Redis that are under way: who wants a key that this worker has asked
 * for already waits for the same reply.
 *
 * A read is its first op, whose command Redis has; the others are in that one's
 * list.  A key that the worker writes is asked for anew from then on, so who
 * reads after a write finds it.
 */

#include "ngx_http_assist.h"
#include "ngx_http_assist_redis.h"


#define NGX_HTTP_ASSIST_READS  256      /* with another key there: not shared */


static ngx_http_assist_op_t **ngx_http_assist_cache_read(u_char *key);
static void ngx_http_assist_cache_read_reply(ngx_http_assist_op_t *op,
    void *reply);
static void ngx_http_assist_cache_read_copy(ngx_http_assist_op_t *op,
    assist_value_t *value);
static void ngx_http_assist_cache_read_leave(ngx_http_assist_op_t *op);


static ngx_http_assist_op_t
                           *ngx_http_assist_cache_reads[NGX_HTTP_ASSIST_READS];


ngx_int_t
ngx_http_assist_cache_read_join(ngx_http_assist_op_t *op)
{
    ngx_http_assist_op_t  *first;

    first = *ngx_http_assist_cache_read(op->key);

    if (first == NULL
        || ngx_memcmp(first->key, op->key, ASSIST_DIGEST_LEN) != 0)
    {
        return NGX_DECLINED;
    }

    op->held = 1;
    op->cancel = ngx_http_assist_cache_read_leave;
    ngx_queue_insert_tail(&first->link, &op->link);

    return NGX_OK;
}


void
ngx_http_assist_cache_read_start(ngx_http_assist_op_t *op)
{
    op->reply = ngx_http_assist_cache_read_reply;
    ngx_queue_init(&op->link);

    *ngx_http_assist_cache_read(op->key) = op;
}


void
ngx_http_assist_cache_read_forget(u_char *key)
{
    *ngx_http_assist_cache_read(key) = NULL;
}


static ngx_http_assist_op_t **
ngx_http_assist_cache_read(u_char *key)
{
    return &ngx_http_assist_cache_reads[key[0] % NGX_HTTP_ASSIST_READS];
}


/* Its own request may have gone, or have waited too long: others may not. */

static void
ngx_http_assist_cache_read_reply(ngx_http_assist_op_t *op, void *reply)
{
    ngx_queue_t            *q;
    ngx_http_assist_op_t   *other, **read;

    read = ngx_http_assist_cache_read(op->key);

    if (*read == op) {
        *read = NULL;
    }

    if (reply) {
        ngx_http_assist_redis_value(op, reply);

    } else {
        op->value.type = ASSIST_NIL;
        op->value.error = "redis is away";
    }

    while (!ngx_queue_empty(&op->link)) {
        q = ngx_queue_head(&op->link);
        ngx_queue_remove(q);

        other = ngx_queue_data(q, ngx_http_assist_op_t, link);

        if (other->awaited) {
            ngx_http_assist_cache_read_copy(other, &op->value);
        }

        ngx_http_assist_op_done(other);
    }
}


static void
ngx_http_assist_cache_read_copy(ngx_http_assist_op_t *op,
    assist_value_t *value)
{
    op->value.type = ASSIST_NIL;
    op->value.error = value->type == ASSIST_NIL && value->error == NULL
                      ? NULL : "redis failed";

    if (value->type != ASSIST_STRING) {
        return;
    }

    op->owned = ngx_alloc(value->string.len + 1, ngx_cycle->log);

    if (op->owned == NULL) {
        return;
    }

    ngx_memcpy(op->owned, value->string.data, value->string.len);

    op->value.type = ASSIST_STRING;
    op->value.string.data = op->owned;
    op->value.string.len = value->string.len;
}


static void
ngx_http_assist_cache_read_leave(ngx_http_assist_op_t *op)
{
    ngx_queue_remove(&op->link);
}
