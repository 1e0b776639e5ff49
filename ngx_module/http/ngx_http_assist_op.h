/*
 * An op: anything that a request waits for (a sleep, a Redis command, ...).
 *
 * One life cycle.  A kind creates an op for a request, and calls
 * ngx_http_assist_op_done() from wherever its answer arrives; the waiter's
 * handler then runs from a posted event, in the request's own log context, and
 * the op is freed.  When the request ends first, its cleanup cancels all its
 * ops: the waiter is never called.  An op that its kind still holds (`held`: a
 * Redis command cannot be recalled) stays, awaited by nobody, until its answer
 * has come; one that can be recalled has a `cancel`.  Ops therefore live outside
 * the request's pool.
 */

#ifndef NGX_HTTP_ASSIST_OP_H
#define NGX_HTTP_ASSIST_OP_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "core/arena.h"
#include "lua/host.h"


typedef struct ngx_http_assist_op_s  ngx_http_assist_op_t;

typedef void (*ngx_http_assist_op_handler_pt)(ngx_http_assist_op_t *op);


/* Ops that wait equally long, first in, first out: one timer for all. */
typedef struct {
    ngx_queue_t                     ops;
    ngx_event_t                     timer;
} ngx_http_assist_op_line_t;


struct ngx_http_assist_op_s {
    ngx_queue_t                     queue;      /* in its owner's list */
    ngx_http_request_t             *request;    /* NULL: the worker's own */

    ngx_http_assist_op_handler_pt   handler;    /* the waiter */
    void                           *data;       /* the waiter's */

    /* the kind's: `finish` turns an answer into a value for the waiter */
    void                          (*finish)(ngx_http_assist_op_t *op);
    void                          (*cancel)(ngx_http_assist_op_t *op);
    /* gets Redis's reply as it is, in place of `value`; NULL: there is none */
    void                          (*reply)(ngx_http_assist_op_t *op,
                                           void *reply);
    void                           *kind;
    ngx_queue_t                     link;
    u_char                          key[32];

    ngx_event_t                     event;      /* posted when done */
    ngx_event_t                     timer;      /* its deadline */
    ngx_http_assist_op_line_t      *line;       /* or, in a line, until: */
    ngx_queue_t                     place;
    ngx_msec_t                      until;

    assist_value_t                  value;
    assist_arena_t                 *arena;      /* of value, freed with it */
    void                           *owned;      /* the same, by free() */

    unsigned                        awaited:1;  /* somebody waits for it */
    unsigned                        done:1;
    unsigned                        held:1;     /* the kind still has it */
};


/*
 * An op of r, in r's list `ops`; both NULL: the worker itself waits for it.  It
 * times out after `timeout` ms with the value nil, "timeout" (0: no deadline).
 * NULL: no memory.
 */
ngx_http_assist_op_t *ngx_http_assist_op_create(ngx_http_request_t *r,
    ngx_queue_t *ops, ngx_http_assist_op_handler_pt handler, void *data,
    ngx_msec_t timeout);

/*
 * The same, without a timer of its own: all ops of a line have this timeout, and
 * most of them end long before.
 */
ngx_http_assist_op_t *ngx_http_assist_op_queue(ngx_http_request_t *r,
    ngx_queue_t *ops, ngx_http_assist_op_handler_pt handler, void *data,
    ngx_http_assist_op_line_t *line, ngx_msec_t timeout);

/* Memory for op->value that lives as long as the op; NULL: there is none. */
void *ngx_http_assist_op_alloc(ngx_http_assist_op_t *op, size_t size);

/* A string of op->value. */
void ngx_http_assist_op_string(ngx_http_assist_op_t *op, assist_value_t *value,
    assist_str_t text);

/* The value's memory lives on, with the pool; NGX_ERROR: no memory. */
ngx_int_t ngx_http_assist_op_keep(ngx_http_assist_op_t *op, ngx_pool_t *pool);

/* The answer is in op->value.  The kind lets go of the op. */
void ngx_http_assist_op_done(ngx_http_assist_op_t *op);

/* An op that was not started after all: nobody is called. */
void ngx_http_assist_op_drop(ngx_http_assist_op_t *op);

/* Ends all ops of a list without calling anybody. */
void ngx_http_assist_op_cancel_all(ngx_queue_t *ops);

/* The request waits: only its client's leaving is of interest. */
void ngx_http_assist_op_park(ngx_http_request_t *r);

/* A pause; its value is true. */
ngx_http_assist_op_t *ngx_http_assist_op_sleep(ngx_http_request_t *r,
    ngx_queue_t *ops, ngx_http_assist_op_handler_pt handler, void *data,
    ngx_msec_t ms);

/* A turn of the event loop, in which others have their turn; its value is nil. */
ngx_http_assist_op_t *ngx_http_assist_op_turn(ngx_http_request_t *r,
    ngx_queue_t *ops, ngx_http_assist_op_handler_pt handler, void *data);


#endif
