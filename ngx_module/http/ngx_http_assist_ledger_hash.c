/*
 * Another node's record in Redis, a hash: all of a small one at once, else in
 * slices, of which the services that are known here are kept.  A part of
 * ledger_pull.c's chain of commands.
 */

#include "ngx_http_assist_ledger.h"

#include <hiredis/hiredis.h>


#define NGX_HTTP_ASSIST_HASH_SLICE  4000        /* fields of a reply */


static void ngx_http_assist_ledger_hashed(ngx_http_assist_op_t *op,
    void *reply);
static void ngx_http_assist_ledger_wide(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_remote_t *remote);
static void ngx_http_assist_ledger_slice(ngx_http_assist_remote_t *remote,
    redisReply *cursor);
static void ngx_http_assist_ledger_sliced(ngx_http_assist_op_t *op,
    void *reply);
static void ngx_http_assist_ledger_rest(ngx_http_assist_op_t *op,
    void *reply);
static void ngx_http_assist_ledger_take(ngx_http_assist_remote_t *remote,
    redisReply *reply);
static void ngx_http_assist_ledger_field(assist_buf_t *fields,
    assist_str_t name, redisReply *value);
static void ngx_http_assist_ledger_folded(assist_buf_t *folded,
    redisReply *value);
static void ngx_http_assist_ledger_keep(ngx_http_assist_remote_t *remote,
    ngx_uint_t whole, assist_buf_t *folded);


void
ngx_http_assist_ledger_hash(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_remote_t *remote)
{
    u_char     buf[2 * NGX_MAX_PATH];
    ngx_str_t  argv[2];

    if (remote->left > NGX_HTTP_ASSIST_HASH_SLICE) {
        ngx_http_assist_ledger_wide(mcf, remote);
        return;
    }

    ngx_str_set(&argv[0], "HGETALL");
    ngx_http_assist_ledger_remote_key(remote, buf, &argv[1]);
    ngx_http_assist_ledger_pull_command(ngx_http_assist_ledger_hashed, remote,
                                        2, argv);
}


static void
ngx_http_assist_ledger_hashed(ngx_http_assist_op_t *op, void *reply)
{
    redisReply  *r = reply;

    if (ngx_http_assist_ledger_pull_over()) {
        return;
    }

    if (r == NULL || r->type != REDIS_REPLY_ARRAY) {
        ngx_http_assist_ledger_pull_fail();

    } else {
        ngx_http_assist_ledger_take(op->data, r);
    }

    ngx_http_assist_ledger_pull_done();
}


/* A hash that is too large for one reply. */

static void
ngx_http_assist_ledger_wide(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_remote_t *remote)
{
    size_t  n;

    n = mcf->catalog->nservices / 8 + 1;

    ngx_free(remote->seen);
    remote->seen = ngx_calloc(n, ngx_cycle->log);
    remote->next.len = 0;

    /* names and values; it may grow while it is read, and some come twice */
    remote->left = ngx_min(remote->left, 1 << 24) * 8;

    if (remote->seen == NULL) {
        ngx_http_assist_ledger_pull_fail();
        return;
    }

    ngx_http_assist_ledger_slice(remote, NULL);
}


/*
 * A slice after the other; cursor NULL: from the beginning.  What is there all
 * the time is in one of them at least, and of it only services that are known
 * here are kept.
 */

static void
ngx_http_assist_ledger_slice(ngx_http_assist_remote_t *remote,
    redisReply *cursor)
{
    u_char      buf[2 * NGX_MAX_PATH], count[NGX_INT_T_LEN];
    ngx_str_t   argv[5];

    ngx_http_assist_ledger_remote_key(remote, buf, &argv[1]);

    if (cursor && cursor->len == 1 && cursor->str[0] == '0') {
        ngx_str_set(&argv[0], "HMGET");
        ngx_str_set(&argv[2], "@");
        ngx_str_set(&argv[3], "@folded");
        ngx_str_set(&argv[4], ASSIST_STATE_QUALITY);
        ngx_http_assist_ledger_pull_command(ngx_http_assist_ledger_rest,
                                            remote, 5, argv);
        return;
    }

    ngx_str_set(&argv[0], "HSCAN");
    ngx_str_set(&argv[2], "0");
    ngx_str_set(&argv[3], "COUNT");
    argv[4].data = count;
    argv[4].len = ngx_sprintf(count, "%d", NGX_HTTP_ASSIST_HASH_SLICE) - count;

    if (cursor) {
        argv[2].data = (u_char *) cursor->str;
        argv[2].len = (size_t) cursor->len;
    }

    ngx_http_assist_ledger_pull_command(ngx_http_assist_ledger_sliced, remote,
                                        5, argv);
}


static void
ngx_http_assist_ledger_sliced(ngx_http_assist_op_t *op, void *reply)
{
    size_t                     i;
    uint32_t                   service;
    redisReply                *r = reply, *list, *name;
    assist_str_t               n;
    ngx_http_assist_remote_t  *remote;

    if (ngx_http_assist_ledger_pull_over()) {
        return;
    }

    remote = op->data;

    if (r == NULL || r->type != REDIS_REPLY_ARRAY || r->elements != 2
        || r->element[0]->type != REDIS_REPLY_STRING
        || r->element[1]->type != REDIS_REPLY_ARRAY
        || remote->left < r->element[1]->elements)
    {
        ngx_http_assist_ledger_pull_fail();
        ngx_http_assist_ledger_pull_done();
        return;
    }

    list = r->element[1];
    remote->left -= list->elements;

    for (i = 0; i + 1 < list->elements; i += 2) {
        name = list->element[i];

        if (name->type != REDIS_REPLY_STRING) {
            continue;
        }

        n = (assist_str_t) { name->str, (size_t) name->len };
        service = ngx_http_assist_figure_service(n);

        /* one may come twice */

        if (service != ASSIST_NONE
            && !(remote->seen[service / 8] & 1 << service % 8))
        {
            remote->seen[service / 8] |= 1 << service % 8;
            ngx_http_assist_ledger_field(&remote->next, n,
                                         list->element[i + 1]);
        }
    }

    ngx_http_assist_ledger_slice(remote, r->element[0]);
    ngx_http_assist_ledger_pull_done();
}


/* The last of a hash that is read in slices. */

static void
ngx_http_assist_ledger_rest(ngx_http_assist_op_t *op, void *reply)
{
    redisReply                *r = reply;
    assist_buf_t               folded = ASSIST_BUF_INIT;
    ngx_http_assist_remote_t  *remote;

    if (ngx_http_assist_ledger_pull_over()) {
        return;
    }

    remote = op->data;

    if (r == NULL || r->type != REDIS_REPLY_ARRAY || r->elements != 3) {
        ngx_http_assist_ledger_pull_fail();

    } else {
        ngx_http_assist_ledger_field(&remote->next,
                                     assist_str(ASSIST_STATE_QUALITY),
                                     r->element[2]);
        ngx_http_assist_ledger_folded(&folded, r->element[1]);
        ngx_http_assist_ledger_keep(remote,
                                    r->element[0]->type == REDIS_REPLY_STRING,
                                    &folded);
    }

    ngx_http_assist_ledger_pull_done();
}


static void
ngx_http_assist_ledger_take(ngx_http_assist_remote_t *remote,
    redisReply *reply)
{
    size_t         i;
    ngx_uint_t     whole;
    redisReply    *name, *value;
    assist_str_t   n;
    assist_buf_t   folded = ASSIST_BUF_INIT;

    whole = 0;
    remote->next.len = 0;

    for (i = 0; i + 1 < reply->elements; i += 2) {
        name = reply->element[i];
        value = reply->element[i + 1];

        if (name->type != REDIS_REPLY_STRING) {
            continue;
        }

        n = (assist_str_t) { name->str, (size_t) name->len };

        if (assist_str_eq(n, assist_str("@"))) {
            whole = 1;

        } else if (assist_str_eq(n, assist_str("@folded"))) {
            ngx_http_assist_ledger_folded(&folded, value);

        } else {
            ngx_http_assist_ledger_field(&remote->next, n, value);
        }
    }

    ngx_http_assist_ledger_keep(remote, whole, &folded);
}


static void
ngx_http_assist_ledger_field(assist_buf_t *fields, assist_str_t name,
    redisReply *value)
{
    if (value->type == REDIS_REPLY_STRING && name.len <= ASSIST_ID_MAX
        && (size_t) value->len <= ASSIST_PACKED_MAX)
    {
        assist_field_put(fields, name, (assist_str_t) { value->str,
                                                        (size_t) value->len });
    }
}


static void
ngx_http_assist_ledger_folded(assist_buf_t *folded, redisReply *value)
{
    if (value->type == REDIS_REPLY_STRING && value->len % 8 == 0
        && value->len <= ASSIST_STATE_FOLDED * 8)
    {
        assist_buf_add(folded, value->str, (size_t) value->len);
    }
}


/*
 * A hash was read.  One without an epoch is not whole.  Kept is the epoch that
 * it had at first: one that was written meanwhile is read again the next time,
 * and what was read of it holds, for counters only grow.
 */

static void
ngx_http_assist_ledger_keep(ngx_http_assist_remote_t *remote, ngx_uint_t whole,
    assist_buf_t *folded)
{
    char          *end;
    assist_buf_t   before;

    if (!whole || remote->next.failed || folded->failed) {
        if (whole) {
            ngx_http_assist_ledger_pull_fail();
        }

        remote->next.failed = 0;
        assist_buf_free(folded);
        return;
    }

    remote->at.len = remote->found.len;
    ngx_memcpy(remote->at.data, remote->found.data, remote->found.len);

    (void) strtoull((char *) remote->at.data, &end, 10);
    remote->unclosed = strtoull(end, NULL, 10);
    remote->changed = ngx_current_msec;

    before = remote->fields;
    remote->fields = remote->next;
    remote->next = (assist_buf_t) ASSIST_BUF_INIT;
    assist_buf_free(&before);

    assist_buf_free(&remote->folded);
    remote->folded = *folded;
}
