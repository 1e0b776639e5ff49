#include "ngx_http_assist_op.h"


/* The memory of a value, apart from its op. */
typedef struct {
    assist_arena_t  *arena;
    void            *owned;
} ngx_http_assist_op_memory_t;


static void ngx_http_assist_op_line_timeout(ngx_event_t *ev);
static void ngx_http_assist_op_stop_timer(ngx_http_assist_op_t *op);
static void ngx_http_assist_op_memory_free(void *data);
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


ngx_http_assist_op_t *
ngx_http_assist_op_queue(ngx_http_request_t *r, ngx_queue_t *ops,
    ngx_http_assist_op_handler_pt handler, void *data,
    ngx_http_assist_op_line_t *line, ngx_msec_t timeout)
{
    ngx_http_assist_op_t  *op;

    op = ngx_http_assist_op_create(r, ops, handler, data, 0);
    if (op == NULL) {
        return NULL;
    }

    op->line = line;
    op->until = ngx_current_msec + timeout;
    ngx_queue_insert_tail(&line->ops, &op->place);
    line->timer.cancelable = 0;

    if (!line->timer.timer_set) {
        line->timer.data = line;
        line->timer.handler = ngx_http_assist_op_line_timeout;
        line->timer.log = ngx_cycle->log;
        ngx_add_timer(&line->timer, timeout);
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


ngx_int_t
ngx_http_assist_op_keep(ngx_http_assist_op_t *op, ngx_pool_t *pool)
{
    ngx_pool_cleanup_t           *cln;
    ngx_http_assist_op_memory_t  *memory;

    cln = ngx_pool_cleanup_add(pool, sizeof(ngx_http_assist_op_memory_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    memory = cln->data;
    memory->arena = op->arena;
    memory->owned = op->owned;
    cln->handler = ngx_http_assist_op_memory_free;

    op->arena = NULL;
    op->owned = NULL;

    return NGX_OK;
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
    ngx_http_assist_op_stop_timer(op);

    ngx_post_event(&op->event, &ngx_posted_events);
}


void
ngx_http_assist_op_drop(ngx_http_assist_op_t *op)
{
    ngx_queue_remove(&op->queue);
    op->awaited = 0;
    ngx_http_assist_op_stop_timer(op);

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


/*
 * The timer is not stopped when its line is empty, and so goes off once for many
 * ops; but then no worker that shuts down waits for it.
 */

static void
ngx_http_assist_op_line_timeout(ngx_event_t *ev)
{
    ngx_msec_int_t              left;
    ngx_http_assist_op_t       *op;
    ngx_http_assist_op_line_t  *line;

    line = ev->data;

    while (!ngx_queue_empty(&line->ops)) {
        op = ngx_queue_data(ngx_queue_head(&line->ops), ngx_http_assist_op_t,
                            place);
        left = (ngx_msec_int_t) (op->until - ngx_current_msec);

        if (left > 0) {
            ngx_add_timer(&line->timer, (ngx_msec_t) left);
            return;
        }

        ngx_http_assist_op_stop_timer(op);
        ngx_http_assist_op_timeout(&op->timer);
    }
}


static void
ngx_http_assist_op_stop_timer(ngx_http_assist_op_t *op)
{
    if (op->line) {
        ngx_queue_remove(&op->place);
        op->line->timer.cancelable = ngx_queue_empty(&op->line->ops);
        op->line = NULL;
    }

    if (op->timer.timer_set) {
        ngx_del_timer(&op->timer);
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
ngx_http_assist_op_memory_free(void *data)
{
    ngx_http_assist_op_memory_t  *memory = data;

    assist_arena_destroy(memory->arena);
    free(memory->owned);
}


static void
ngx_http_assist_op_free(ngx_http_assist_op_t *op)
{
    assist_arena_destroy(op->arena);
    free(op->owned);
    ngx_free(op);
}
