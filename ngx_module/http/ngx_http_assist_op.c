#include "ngx_http_assist_op.h"


static void ngx_http_assist_op_event(ngx_event_t *ev);
static void ngx_http_assist_op_timeout(ngx_event_t *ev);
static void ngx_http_assist_op_sleep_over(ngx_event_t *ev);
static void ngx_http_assist_op_free(ngx_http_assist_op_t *op);


ngx_http_assist_op_t *
ngx_http_assist_op_create(ngx_http_request_t *r, ngx_queue_t *ops,
    ngx_http_assist_op_handler_pt handler, void *data, ngx_msec_t timeout)
{
    ngx_log_t             *log;
    ngx_http_assist_op_t  *op;

    log = r ? r->connection->log : ngx_cycle->log;

    op = ngx_calloc(sizeof(ngx_http_assist_op_t), log);
    if (op == NULL) {
        return NULL;
    }

    op->request = r;
    op->awaited = 1;
    op->handler = handler;
    op->data = data;

    op->event.data = op;
    op->event.handler = ngx_http_assist_op_event;
    op->event.log = log;

    op->timer.data = op;
    op->timer.handler = ngx_http_assist_op_timeout;
    op->timer.log = log;

    if (ops != NULL) {
        ngx_queue_insert_tail(ops, &op->queue);
    } else {
        ngx_queue_init(&op->queue);
    }

    if (timeout) {
        ngx_add_timer(&op->timer, timeout);
    }

    return op;
}


void *
ngx_http_assist_op_alloc(ngx_http_assist_op_t *op, size_t size)
{
    if (op->arena == NULL) {
        op->arena = assist_arena_create();
    }

    return op->arena ? assist_arena_alloc(op->arena, size) : NULL;
}


void
ngx_http_assist_op_string(ngx_http_assist_op_t *op, assist_value_t *value,
    assist_str_t text)
{
    char  *p;

    value->type = ASSIST_NIL;
    value->error = "no memory";

    p = ngx_http_assist_op_alloc(op, text.len + 1);

    if (p != NULL) {
        if (text.len) {
            ngx_memcpy(p, text.data, text.len);
        }

        p[text.len] = '\0';

        value->type = ASSIST_STRING;
        value->string.data = p;
        value->string.len = text.len;
    }
}


void
ngx_http_assist_op_done(ngx_http_assist_op_t *op)
{
    op->held = 0;

    if (!op->awaited) {
        ngx_http_assist_op_free(op);
        return;
    }

    if (op->done) {
        return;
    }

    op->done = 1;

    if (op->timer.timer_set) {
        ngx_del_timer(&op->timer);
    }

    ngx_post_event(&op->event, &ngx_posted_events);
}


void
ngx_http_assist_op_drop(ngx_http_assist_op_t *op)
{
    ngx_queue_remove(&op->queue);
    op->awaited = 0;

    if (op->timer.timer_set) {
        ngx_del_timer(&op->timer);
    }

    if (op->event.posted) {
        ngx_delete_posted_event(&op->event);
    }

    if (op->held && op->cancel) {
        op->held = 0;
        op->cancel(op);
    }

    if (!op->held) {
        ngx_http_assist_op_free(op);
    }
}


void
ngx_http_assist_op_cancel_all(ngx_queue_t *ops)
{
    ngx_http_assist_op_t  *op;

    while (!ngx_queue_empty(ops)) {
        op = ngx_queue_data(ngx_queue_head(ops), ngx_http_assist_op_t, queue);
        ngx_http_assist_op_drop(op);
    }
}


void
ngx_http_assist_op_park(ngx_http_request_t *r)
{
    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (r->connection->read->ready) {
        /* it may have left already, which no event will tell any more */
        if (!r->connection->read->posted) {
            ngx_post_event(r->connection->read, &ngx_posted_events);
        }

        return;
    }

    if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
        /* then a client that leaves is noticed later */
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "assist: no read event while waiting");
    }
}


ngx_http_assist_op_t *
ngx_http_assist_op_sleep(ngx_http_request_t *r, ngx_queue_t *ops,
    ngx_http_assist_op_handler_pt handler, void *data, ngx_msec_t ms)
{
    ngx_http_assist_op_t  *op;

    op = ngx_http_assist_op_create(r, ops, handler, data, ms ? ms : 1);

    if (op != NULL) {
        op->timer.handler = ngx_http_assist_op_sleep_over;
    }

    return op;
}


ngx_http_assist_op_t *
ngx_http_assist_op_turn(ngx_http_request_t *r, ngx_queue_t *ops,
    ngx_http_assist_op_handler_pt handler, void *data)
{
    ngx_http_assist_op_t  *op;

    op = ngx_http_assist_op_create(r, ops, handler, data, 0);

    if (op != NULL) {
        /* what is posted for this turn would run in it, before the sockets */
        op->done = 1;
        ngx_post_event(&op->event, &ngx_posted_next_events);
    }

    return op;
}


/* The waiter's turn, as if its own connection had had an event. */

static void
ngx_http_assist_op_event(ngx_event_t *ev)
{
    ngx_connection_t      *c;
    ngx_http_request_t    *r;
    ngx_http_assist_op_t  *op;

    op = ev->data;
    r = op->request;
    c = r ? r->connection : NULL;

    if (c) {
        ngx_http_set_log_request(c->log, r);
    }

    if (op->finish) {
        op->finish(op);
    }

    ngx_queue_remove(&op->queue);
    op->awaited = 0;

    op->handler(op);

    if (!op->held) {
        ngx_http_assist_op_free(op);
    }

    if (c) {
        ngx_http_run_posted_requests(c);
    }
}


/* The kind still holds the op: only its request stops waiting. */

static void
ngx_http_assist_op_timeout(ngx_event_t *ev)
{
    ngx_http_assist_op_t  *op;

    op = ev->data;

    op->value.type = ASSIST_NIL;
    op->value.error = "timeout";
    op->done = 1;

    ngx_http_assist_op_event(&op->event);
}


static void
ngx_http_assist_op_sleep_over(ngx_event_t *ev)
{
    ngx_http_assist_op_t  *op;

    op = ev->data;
    op->value.type = ASSIST_TRUE;

    ngx_http_assist_op_event(&op->event);
}


static void
ngx_http_assist_op_free(ngx_http_assist_op_t *op)
{
    assist_arena_destroy(op->arena);
    free(op->owned);
    ngx_free(op);
}
