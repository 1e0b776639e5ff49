/*
 * Replies of Redis as values of hooks.
 */

#include "ngx_http_assist_redis.h"


#define NGX_HTTP_ASSIST_REDIS_DEPTH  4
#define NGX_HTTP_ASSIST_REDIS_ITEMS  10000
#define NGX_HTTP_ASSIST_REDIS_REPLY  (1024 * 1024)      /* bytes of strings */


static ngx_int_t ngx_http_assist_redis_measure(redisReply *reply,
    ngx_uint_t depth, size_t *items, size_t *bytes);
static void ngx_http_assist_redis_convert(ngx_http_assist_op_t *op,
    assist_value_t *value, redisReply *reply);


void
ngx_http_assist_redis_value(ngx_http_assist_op_t *op, redisReply *reply)
{
    size_t  items, bytes;

    items = 0;
    bytes = 0;

    if (ngx_http_assist_redis_measure(reply, 0, &items, &bytes) != NGX_OK) {
        op->value.type = ASSIST_NIL;
        op->value.error = "the reply is too large";
        return;
    }

    if (reply->type == REDIS_REPLY_STRING && op->owned == NULL) {
        /* what most ops wait for is not copied, but taken out of its reply */

        op->value.type = ASSIST_STRING;
        op->value.string.data = reply->str;
        op->value.string.len = (size_t) reply->len;
        op->owned = reply->str;
        reply->str = NULL;
        return;
    }

    ngx_http_assist_redis_convert(op, &op->value, reply);

    if (reply->type == REDIS_REPLY_ERROR && op->value.type == ASSIST_STRING) {
        op->value.type = ASSIST_NIL;
        op->value.error = op->value.string.data;
    }
}


static ngx_int_t
ngx_http_assist_redis_measure(redisReply *reply, ngx_uint_t depth,
    size_t *items, size_t *bytes)
{
    size_t  i;

    if (reply->type != REDIS_REPLY_ARRAY) {
        *bytes += reply->str ? (size_t) reply->len : 0;
        return *bytes > NGX_HTTP_ASSIST_REDIS_REPLY ? NGX_DECLINED : NGX_OK;
    }

    *items += reply->elements;

    if (depth == NGX_HTTP_ASSIST_REDIS_DEPTH
        || *items > NGX_HTTP_ASSIST_REDIS_ITEMS)
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < reply->elements; i++) {
        if (ngx_http_assist_redis_measure(reply->element[i], depth + 1, items,
                                          bytes)
            != NGX_OK)
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static void
ngx_http_assist_redis_convert(ngx_http_assist_op_t *op, assist_value_t *value,
    redisReply *reply)
{
    size_t  i;

    value->type = ASSIST_NIL;
    value->error = NULL;

    switch (reply->type) {

    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
        ngx_http_assist_op_string(op, value,
                                  (assist_str_t) { reply->str,
                                                   (size_t) reply->len });
        return;

    case REDIS_REPLY_INTEGER:
        value->type = ASSIST_NUMBER;
        value->number = (double) reply->integer;
        return;

    case REDIS_REPLY_ARRAY:
        value->items = ngx_http_assist_op_alloc(op, reply->elements
                                                    * sizeof(assist_value_t));
        if (value->items == NULL) {
            value->error = "no memory";
            return;
        }

        value->type = ASSIST_LIST;
        value->nitems = (uint32_t) reply->elements;

        for (i = 0; i < reply->elements; i++) {
            ngx_http_assist_redis_convert(op, &value->items[i],
                                          reply->element[i]);
        }

        return;

    default:
        return;
    }
}
