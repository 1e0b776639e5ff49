/*
 * Other nodes' records, from Redis: read for a figure, at most once a second,
 * and kept in the worker.  Of each month that counts: who is in the set, what
 * epoch its hash has, and the hash where that is another one (ledger_hash.c).
 * While Redis is away, or was flushed and is not yet written again, what was
 * read before goes on to count.
 */

#include "ngx_http_assist_ledger.h"

#include <hiredis/hiredis.h>


#define NGX_HTTP_ASSIST_PULL_AGE   1000         /* ms */
#define NGX_HTTP_ASSIST_PULL_MANY  2048         /* records of a portal */


/* A worker's. */
typedef struct {
    ngx_http_assist_main_conf_t  *mcf;
    ngx_queue_t                   remotes;
    ngx_uint_t                    nremotes;
    ngx_queue_t                   waiting;      /* ops */
    ngx_uint_t                    months[2];
    ngx_uint_t                    waits;        /* for replies */
    ngx_msec_t                    began;
    ngx_msec_t                    ended;
    unsigned                      ever:1;       /* it has ended */
    unsigned                      busy:1;
    unsigned                      failed:1;     /* the one at hand */
    unsigned                      stale:1;      /* the last one had failed */
    unsigned                      over:1;       /* the worker exits */
} ngx_http_assist_pull_t;


/* A request that waits. */
typedef struct {
    ngx_http_request_t           *request;
    ngx_int_t                   (*handler)(ngx_http_request_t *r);
} ngx_http_assist_puller_t;


static void ngx_http_assist_ledger_pull_begin(
    ngx_http_assist_main_conf_t *mcf);
static void ngx_http_assist_ledger_members(ngx_http_assist_op_t *op,
    void *reply);
static void ngx_http_assist_ledger_member(ngx_uint_t month, redisReply *name);
static void ngx_http_assist_ledger_at(ngx_http_assist_op_t *op, void *reply);
static void ngx_http_assist_ledger_wake(ngx_http_assist_op_t *op);
static void ngx_http_assist_ledger_cancel(ngx_http_assist_op_t *op);
static ngx_uint_t ngx_http_assist_ledger_here(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month, uint64_t id);
static void ngx_http_assist_ledger_remote_free(
    ngx_http_assist_remote_t *remote);


static ngx_http_assist_pull_t  ngx_http_assist_pull;


ngx_int_t
ngx_http_assist_ledger_pull(ngx_http_request_t *r,
    ngx_int_t (*handler)(ngx_http_request_t *r))
{
    ngx_msec_t                    timeout;
    ngx_http_assist_op_t         *op;
    ngx_http_assist_ctx_t        *ctx;
    ngx_http_assist_pull_t       *pull;
    ngx_http_assist_puller_t     *puller;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    pull = &ngx_http_assist_pull;

    ngx_http_assist_ledger_refresh(mcf);

    if (!pull->busy) {
        return NGX_OK;
    }

    /* a chain of three commands, each with its own deadline */

    timeout = 3 * ngx_http_assist_redis_timeout(mcf->redis);

    if (ngx_current_msec - pull->began >= timeout) {
        return NGX_OK;
    }

    ctx = ngx_http_assist_ctx(r, 1);
    puller = ngx_palloc(r->pool, sizeof(ngx_http_assist_puller_t));
    op = ctx && puller
         ? ngx_http_assist_op_create(r, &ctx->ops, ngx_http_assist_ledger_wake,
                                     puller, timeout)
         : NULL;

    if (op == NULL) {
        return NGX_OK;
    }

    puller->request = r;
    puller->handler = handler;

    op->held = 1;
    op->cancel = ngx_http_assist_ledger_cancel;
    ngx_queue_insert_tail(&pull->waiting, &op->link);

    r->main->count++;
    ngx_http_assist_op_park(r);

    return NGX_AGAIN;
}


void
ngx_http_assist_ledger_refresh(ngx_http_assist_main_conf_t *mcf)
{
    ngx_http_assist_pull_t  *pull;

    pull = &ngx_http_assist_pull;

    if (mcf->redis == NULL || mcf->coverage_zone == NULL
        || mcf->catalog == NULL)
    {
        return;
    }

    if (pull->remotes.next == NULL) {
        ngx_queue_init(&pull->remotes);
        ngx_queue_init(&pull->waiting);
        pull->mcf = mcf;
    }

    if (!pull->busy
        && (!pull->ever
            || ngx_current_msec - pull->ended >= NGX_HTTP_ASSIST_PULL_AGE))
    {
        ngx_http_assist_ledger_pull_begin(mcf);
    }
}


void
ngx_http_assist_ledger_pull_exit(void)
{
    ngx_http_assist_pull_t  *pull;

    pull = &ngx_http_assist_pull;
    pull->over = 1;

    while (pull->remotes.next && !ngx_queue_empty(&pull->remotes)) {
        ngx_http_assist_ledger_remote_free(
            ngx_queue_data(ngx_queue_head(&pull->remotes),
                           ngx_http_assist_remote_t, link));
    }
}


ngx_http_assist_remote_t *
ngx_http_assist_ledger_remote(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month, ngx_http_assist_remote_t *after)
{
    ngx_queue_t               *q, *p;
    assist_record_t            record;
    ngx_http_assist_pull_t    *pull;
    ngx_http_assist_remote_t  *remote, *other;

    pull = &ngx_http_assist_pull;

    if (pull->remotes.next == NULL) {
        return NULL;
    }

    for (q = after ? ngx_queue_next(&after->link)
                   : ngx_queue_head(&pull->remotes);
         q != ngx_queue_sentinel(&pull->remotes);
         q = ngx_queue_next(q))
    {
        remote = ngx_queue_data(q, ngx_http_assist_remote_t, link);

        if (remote->month != month || remote->at.len == 0
            || ngx_http_assist_ledger_here(mcf, month, remote->id))
        {
            continue;
        }

        /* in another one, too? */

        for (p = ngx_queue_head(&pull->remotes);
             p != ngx_queue_sentinel(&pull->remotes);
             p = ngx_queue_next(p))
        {
            other = ngx_queue_data(p, ngx_http_assist_remote_t, link);

            record.id = other->id;
            record.folded = assist_buf_str(&other->folded);

            if (other != remote && other->month == month && other->at.len
                && other->folded.len
                && assist_state_has(&record, remote->id))
            {
                break;
            }
        }

        if (p == ngx_queue_sentinel(&pull->remotes)) {
            return remote;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_http_assist_ledger_pulled(void)
{
    return ngx_http_assist_pull.ever && !ngx_http_assist_pull.stale
           && !ngx_http_assist_pull.busy;
}


static void
ngx_http_assist_ledger_pull_begin(ngx_http_assist_main_conf_t *mcf)
{
    u_char                     key[NGX_MAX_PATH];
    ngx_str_t                  argv[2];
    ngx_uint_t                 i, month;
    ngx_queue_t               *q, *next;
    ngx_http_assist_pull_t    *pull;
    ngx_http_assist_remote_t  *remote;

    pull = &ngx_http_assist_pull;
    month = ngx_http_assist_coverage_month();

    pull->busy = 1;
    pull->failed = 0;
    pull->began = ngx_current_msec;

    /* no command is under way: nobody else has them */

    for (q = ngx_queue_head(&pull->remotes);
         q != ngx_queue_sentinel(&pull->remotes);
         q = next)
    {
        next = ngx_queue_next(q);
        remote = ngx_queue_data(q, ngx_http_assist_remote_t, link);

        if (remote->month + 1 < month) {
            ngx_http_assist_ledger_remote_free(remote);
        }
    }

    pull->waits = 1;
    ngx_str_set(&argv[0], "SMEMBERS");
    argv[1].data = key;

    for (i = 0; i < 2; i++) {
        pull->months[i] = month - i;
        argv[1].len = ngx_http_assist_ledger_key(mcf, month - i, key) - key;
        ngx_http_assist_ledger_pull_command(ngx_http_assist_ledger_members,
                                            &pull->months[i], 2, argv);
    }

    ngx_http_assist_ledger_pull_done();
}


void
ngx_http_assist_ledger_pull_command(void (*reply)(ngx_http_assist_op_t *op,
    void *reply), void *data, ngx_uint_t argc, ngx_str_t *argv)
{
    if (ngx_http_assist_ledger_send(ngx_http_assist_pull.mcf, reply, data,
                                    argc, argv)
        == NGX_OK)
    {
        ngx_http_assist_pull.waits++;

    } else {
        ngx_http_assist_pull.failed = 1;
    }
}


static void
ngx_http_assist_ledger_members(ngx_http_assist_op_t *op, void *reply)
{
    size_t       i;
    ngx_uint_t  *month;
    redisReply  *r = reply;

    if (ngx_http_assist_pull.over) {
        return;
    }

    month = op->data;

    if (r == NULL || r->type != REDIS_REPLY_ARRAY) {
        ngx_http_assist_pull.failed = 1;

    } else {
        for (i = 0; i < r->elements; i++) {
            ngx_http_assist_ledger_member(*month, r->element[i]);
        }
    }

    ngx_http_assist_ledger_pull_done();
}


static void
ngx_http_assist_ledger_member(ngx_uint_t month, redisReply *name)
{
    u_char                     buf[2 * NGX_MAX_PATH];
    size_t                     len;
    uint64_t                   id;
    ngx_str_t                  argv[3];
    ngx_queue_t               *q;
    ngx_http_assist_pull_t    *pull;
    ngx_http_assist_remote_t  *remote;

    pull = &ngx_http_assist_pull;

    if (name->type != REDIS_REPLY_STRING || name->len < 17
        || name->len > 1024 || name->str[name->len - 17] != ':')
    {
        return;
    }

    len = (size_t) name->len;
    id = strtoull(name->str + len - 16, NULL, 16);

    if (ngx_http_assist_ledger_here(pull->mcf, month, id)) {
        return;
    }

    remote = NULL;

    for (q = ngx_queue_head(&pull->remotes);
         q != ngx_queue_sentinel(&pull->remotes);
         q = ngx_queue_next(q))
    {
        remote = ngx_queue_data(q, ngx_http_assist_remote_t, link);

        if (remote->id == id && remote->month == month) {
            break;
        }
    }

    if (q == ngx_queue_sentinel(&pull->remotes)) {

        remote = pull->nremotes < NGX_HTTP_ASSIST_PULL_MANY
                 ? ngx_calloc(sizeof(ngx_http_assist_remote_t) + len + 1
                              + 2 * NGX_HTTP_ASSIST_EPOCH, ngx_cycle->log)
                 : NULL;

        if (remote == NULL) {
            pull->failed = 1;
            return;
        }

        remote->id = id;
        remote->month = month;
        ngx_memcpy(remote->member, name->str, len + 1);
        remote->node.data = remote->member;
        remote->node.len = len - 17;
        remote->at.data = remote->member + len + 1;
        remote->found.data = remote->at.data + NGX_HTTP_ASSIST_EPOCH;

        ngx_queue_insert_tail(&pull->remotes, &remote->link);
        pull->nremotes++;
    }

    ngx_str_set(&argv[0], "HGET");
    ngx_http_assist_ledger_remote_key(remote, buf, &argv[1]);
    ngx_str_set(&argv[2], "@");
    ngx_http_assist_ledger_pull_command(ngx_http_assist_ledger_at, remote, 3,
                                        argv);
}


static void
ngx_http_assist_ledger_at(ngx_http_assist_op_t *op, void *reply)
{
    char                      *end;
    redisReply                *r = reply;
    ngx_http_assist_remote_t  *remote;

    if (ngx_http_assist_pull.over) {
        return;
    }

    remote = op->data;

    if (r == NULL
        || (r->type != REDIS_REPLY_STRING && r->type != REDIS_REPLY_NIL))
    {
        ngx_http_assist_pull.failed = 1;

    } else if (r->type == REDIS_REPLY_STRING
               && r->len < NGX_HTTP_ASSIST_EPOCH
               && ((size_t) r->len != remote->at.len
                   || ngx_memcmp(r->str, remote->at.data, r->len) != 0))
    {
        remote->found.len = (size_t) r->len;
        ngx_memcpy(remote->found.data, r->str, r->len);
        remote->found.data[r->len] = '\0';

        (void) strtoull(r->str, &end, 10);
        (void) strtoull(end, &end, 10);
        remote->left = strtoull(end, NULL, 10);

        ngx_http_assist_ledger_hash(ngx_http_assist_pull.mcf, remote);
    }

    ngx_http_assist_ledger_pull_done();
}


void
ngx_http_assist_ledger_pull_fail(void)
{
    ngx_http_assist_pull.failed = 1;
}


ngx_uint_t
ngx_http_assist_ledger_pull_over(void)
{
    return ngx_http_assist_pull.over;
}


/* One reply, or the beginning, is over. */

void
ngx_http_assist_ledger_pull_done(void)
{
    ngx_queue_t             *q;
    ngx_http_assist_op_t    *op;
    ngx_http_assist_pull_t  *pull;

    pull = &ngx_http_assist_pull;

    if (--pull->waits) {
        return;
    }

    pull->busy = 0;
    pull->ever = 1;
    pull->stale = pull->failed;
    pull->ended = ngx_current_msec;

    while (!ngx_queue_empty(&pull->waiting)) {
        q = ngx_queue_head(&pull->waiting);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_http_assist_op_t, link);
        ngx_http_assist_op_done(op);
    }
}


static void
ngx_http_assist_ledger_wake(ngx_http_assist_op_t *op)
{
    ngx_http_assist_puller_t *puller;

    puller = op->data;

    puller->request->read_event_handler = ngx_http_block_reading;
    ngx_http_finalize_request(puller->request,
                              puller->handler(puller->request));
}


static void
ngx_http_assist_ledger_cancel(ngx_http_assist_op_t *op)
{
    ngx_queue_remove(&op->link);
}


void
ngx_http_assist_ledger_remote_key(ngx_http_assist_remote_t *remote,
    u_char *buf, ngx_str_t *key)
{
    u_char  *p;

    p = ngx_http_assist_ledger_key(ngx_http_assist_pull.mcf, remote->month,
                                   buf);
    p = ngx_snprintf(p, NGX_MAX_PATH, ":%s", remote->member);

    key->data = buf;
    key->len = p - buf;
}


/* Does this node have it itself, alone or in another one? */

static ngx_uint_t
ngx_http_assist_ledger_here(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month, uint64_t id)
{
    assist_str_t                       records;
    assist_record_t                    record;
    ngx_http_assist_coverage_shctx_t  *sh;

    sh = ngx_http_assist_coverage_sh(mcf);

    if (ngx_http_assist_ledger_own(sh, id)) {
        return 1;
    }

    records = ngx_http_assist_ledger_read(mcf, month);

    while (assist_state_next(&records, &record) == 1) {
        if (assist_state_has(&record, id)) {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_assist_ledger_remote_free(ngx_http_assist_remote_t *remote)
{
    ngx_http_assist_pull.nremotes--;
    ngx_queue_remove(&remote->link);
    assist_buf_free(&remote->fields);
    assist_buf_free(&remote->folded);
    assist_buf_free(&remote->next);
    ngx_free(remote->seen);
    ngx_free(remote);
}
