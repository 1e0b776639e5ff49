/*
 * This node's records in Redis: the hash PREFIXledger:YYYY-MM:NODE:INCARNATION,
 * a packed field a service, and the set PREFIXledger:YYYY-MM of NODE:INCARNATION
 * (KEYS and SCAN are not for production).  Each command has one key, so a
 * cluster will do.
 *
 * The field "@" is the epoch, "SEQ OPEN FIELDS", and is written last: a hash
 * without it is not whole, and who reads does without it.  Every second it is
 * looked at, with the number of fields; where they are not those that were
 * confirmed, as after a FLUSHALL, all is written again, else what has changed;
 * where nothing has, the epoch once a minute, which tells others that it is
 * alive.  A record of another zone of this node, in the state file, is written
 * by whoever finds it to be newer than what Redis has.  "@folded" has the ids
 * of records that are in this one, too.
 */

#include "ngx_http_assist_ledger.h"

#include <hiredis/hiredis.h>


#define NGX_HTTP_ASSIST_PUSH_WORDS  62              /* of a HSET */
#define NGX_HTTP_ASSIST_PUSH_AHEAD  32              /* commands */


typedef struct {
    ngx_queue_t                   link;
    ngx_http_assist_main_conf_t  *mcf;
    uint64_t                      id;
    ngx_uint_t                    month;
    unsigned                      seen:1;           /* the node has it */

    /* as Redis has confirmed it */
    uint64_t                      seq;              /* 0: not known */
    uint64_t                      nfields;
    assist_buf_t                  fields;
    ngx_atomic_uint_t             changes;          /* of the set */
    ngx_msec_t                    confirmed;

    /* what is being written */
    ngx_http_assist_set_t        *set;              /* NULL: not this zone's */
    assist_record_t               want;
    assist_buf_t                  want_fields;
    assist_buf_t                  want_folded;
    ngx_atomic_uint_t             want_changes;
    assist_str_t                  rest;             /* of want_fields */
    assist_str_t                  old;              /* of fields */
    ngx_uint_t                    waits;            /* for replies */
    uint64_t                      found_seq;
    uint64_t                      found_fields;
    unsigned                      busy:1;
    unsigned                      failed:1;
    unsigned                      folded:1;         /* to be written */
    unsigned                      last:1;           /* the epoch is sent */
} ngx_http_assist_mirror_t;


static void ngx_http_assist_ledger_push_month(
    ngx_http_assist_main_conf_t *mcf, ngx_uint_t month);
static ngx_http_assist_mirror_t *ngx_http_assist_ledger_mirror(
    ngx_http_assist_main_conf_t *mcf, ngx_uint_t month, uint64_t id);
static void ngx_http_assist_ledger_mirror_free(ngx_http_assist_mirror_t *m);
static void ngx_http_assist_ledger_check(ngx_http_assist_mirror_t *m);
static void ngx_http_assist_ledger_fields(ngx_http_assist_op_t *op,
    void *reply);
static void ngx_http_assist_ledger_epoch(ngx_http_assist_op_t *op,
    void *reply);
static void ngx_http_assist_ledger_checked(ngx_http_assist_mirror_t *m);
static void ngx_http_assist_ledger_fill(ngx_http_assist_mirror_t *m);
static ngx_int_t ngx_http_assist_ledger_some(ngx_http_assist_mirror_t *m);
static void ngx_http_assist_ledger_end(ngx_http_assist_mirror_t *m);
static void ngx_http_assist_ledger_pushed(ngx_http_assist_op_t *op,
    void *reply);
static void ngx_http_assist_ledger_command(ngx_http_assist_mirror_t *m,
    void (*reply)(ngx_http_assist_op_t *op, void *reply), ngx_uint_t argc,
    ngx_str_t *argv);
static void ngx_http_assist_ledger_names(ngx_http_assist_mirror_t *m,
    u_char *buf, ngx_str_t *key, ngx_str_t *set, ngx_str_t *member);


/* Of the worker that writes, empty in others. */
static ngx_queue_t  ngx_http_assist_mirrors;
static ngx_uint_t   ngx_http_assist_mirrors_over;


void
ngx_http_assist_ledger_push(ngx_http_assist_main_conf_t *mcf)
{
    ngx_uint_t                 m, month;
    ngx_queue_t               *q, *next;
    ngx_http_assist_mirror_t  *mirror;

    if (ngx_http_assist_mirrors.next == NULL) {
        ngx_queue_init(&ngx_http_assist_mirrors);
    }

    for (q = ngx_queue_head(&ngx_http_assist_mirrors);
         q != ngx_queue_sentinel(&ngx_http_assist_mirrors);
         q = ngx_queue_next(q))
    {
        mirror = ngx_queue_data(q, ngx_http_assist_mirror_t, link);
        mirror->seen = 0;
    }

    month = ngx_http_assist_coverage_month();

    for (m = month - 1; m <= month + 1; m++) {
        ngx_http_assist_ledger_push_month(mcf, m);
    }

    for (q = ngx_queue_head(&ngx_http_assist_mirrors);
         q != ngx_queue_sentinel(&ngx_http_assist_mirrors);
         q = next)
    {
        next = ngx_queue_next(q);
        mirror = ngx_queue_data(q, ngx_http_assist_mirror_t, link);

        if (!mirror->seen && !mirror->busy) {
            ngx_http_assist_ledger_mirror_free(mirror);
        }
    }
}


void
ngx_http_assist_ledger_push_exit(void)
{
    ngx_http_assist_mirrors_over = 1;

    while (ngx_http_assist_mirrors.next
           && !ngx_queue_empty(&ngx_http_assist_mirrors))
    {
        ngx_http_assist_ledger_mirror_free(
            ngx_queue_data(ngx_queue_head(&ngx_http_assist_mirrors),
                           ngx_http_assist_mirror_t, link));
    }
}


u_char *
ngx_http_assist_ledger_key(ngx_http_assist_main_conf_t *mcf, ngx_uint_t month,
    u_char *p)
{
    ngx_str_t  prefix;

    prefix = ngx_http_assist_redis_prefix(mcf->redis);

    return ngx_snprintf(p, NGX_MAX_PATH, "%Vledger:%04ui-%02ui", &prefix,
                        month / 12, month % 12 + 1);
}


ngx_int_t
ngx_http_assist_ledger_send(ngx_http_assist_main_conf_t *mcf,
    void (*reply)(ngx_http_assist_op_t *op, void *reply), void *data,
    ngx_uint_t argc, ngx_str_t *argv)
{
    ngx_http_assist_op_t  *op;

    op = ngx_http_assist_op_create(NULL, NULL, NULL, data, 0);
    if (op == NULL) {
        return NGX_ERROR;
    }

    /* called in any case, whatever comes */
    op->reply = reply;
    op->awaited = 0;

    if (ngx_http_assist_redis_send(mcf->redis, op, argc, argv) != NGX_OK) {
        ngx_http_assist_op_done(op);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_assist_ledger_push_month(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month)
{
    assist_str_t                       records;
    assist_record_t                    record;
    ngx_http_assist_set_t             *set;
    ngx_http_assist_mirror_t          *m;
    ngx_http_assist_coverage_shctx_t  *sh;

    sh = ngx_http_assist_coverage_sh(mcf);
    set = &sh->sets[month % NGX_HTTP_ASSIST_MONTHS];

    if (set->month == month && set->changes) {
        m = ngx_http_assist_ledger_mirror(mcf, month, set->id);

        if (m) {
            m->seen = 1;

            if (!m->busy) {
                m->set = set;
                ngx_http_assist_ledger_check(m);
            }
        }
    }

    records = ngx_http_assist_ledger_read(mcf, month);

    while (assist_state_next(&records, &record) == 1) {

        if (ngx_http_assist_ledger_own(sh, record.id)) {
            continue;
        }

        m = ngx_http_assist_ledger_mirror(mcf, month, record.id);
        if (m == NULL) {
            return;
        }

        m->seen = 1;

        if (m->busy) {
            continue;
        }

        /* the file may be read again before it is written */

        m->set = NULL;
        m->want = record;
        m->want_fields.len = 0;
        m->want_folded.len = 0;
        assist_buf_add(&m->want_fields, record.fields.data,
                       record.fields.len);
        assist_buf_add(&m->want_folded, record.folded.data,
                       record.folded.len);

        ngx_http_assist_ledger_check(m);
    }
}


static ngx_http_assist_mirror_t *
ngx_http_assist_ledger_mirror(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month, uint64_t id)
{
    ngx_queue_t               *q;
    ngx_http_assist_mirror_t  *m;

    for (q = ngx_queue_head(&ngx_http_assist_mirrors);
         q != ngx_queue_sentinel(&ngx_http_assist_mirrors);
         q = ngx_queue_next(q))
    {
        m = ngx_queue_data(q, ngx_http_assist_mirror_t, link);

        if (m->id == id && m->month == month) {
            return m;
        }
    }

    m = ngx_calloc(sizeof(ngx_http_assist_mirror_t), ngx_cycle->log);

    if (m != NULL) {
        m->mcf = mcf;
        m->id = id;
        m->month = month;
        ngx_queue_insert_tail(&ngx_http_assist_mirrors, &m->link);
    }

    return m;
}


static void
ngx_http_assist_ledger_mirror_free(ngx_http_assist_mirror_t *m)
{
    ngx_queue_remove(&m->link);
    assist_buf_free(&m->fields);
    assist_buf_free(&m->want_fields);
    assist_buf_free(&m->want_folded);
    ngx_free(m);
}


/* What does Redis have? */

static void
ngx_http_assist_ledger_check(ngx_http_assist_mirror_t *m)
{
    u_char     buf[2 * NGX_MAX_PATH];
    ngx_str_t  argv[3], set, member;

    m->busy = 1;
    m->failed = 0;
    m->last = 0;
    m->found_seq = 0;
    m->found_fields = 0;

    /* the first reply must not find that it is the last */
    m->waits = 1;

    ngx_http_assist_ledger_names(m, buf, &argv[1], &set, &member);

    ngx_str_set(&argv[0], "HLEN");
    ngx_http_assist_ledger_command(m, ngx_http_assist_ledger_fields, 2, argv);

    ngx_str_set(&argv[0], "HGET");
    ngx_str_set(&argv[2], "@");
    ngx_http_assist_ledger_command(m, ngx_http_assist_ledger_epoch, 3, argv);

    /* a set is evicted on its own */

    argv[1] = set;
    argv[2] = member;
    ngx_str_set(&argv[0], "SADD");
    (void) ngx_http_assist_redis_send(m->mcf->redis, NULL, 3, argv);

    if (--m->waits == 0) {
        m->busy = 0;
    }
}


static void
ngx_http_assist_ledger_fields(ngx_http_assist_op_t *op, void *reply)
{
    redisReply                *r = reply;
    ngx_http_assist_mirror_t  *m;

    if (ngx_http_assist_mirrors_over) {
        return;
    }

    m = op->data;

    if (r == NULL || r->type != REDIS_REPLY_INTEGER) {
        m->failed = 1;

    } else {
        m->found_fields = (uint64_t) r->integer;
    }

    if (--m->waits == 0) {
        ngx_http_assist_ledger_checked(m);
    }
}


static void
ngx_http_assist_ledger_epoch(ngx_http_assist_op_t *op, void *reply)
{
    redisReply                *r = reply;
    ngx_http_assist_mirror_t  *m;

    if (ngx_http_assist_mirrors_over) {
        return;
    }

    m = op->data;

    if (r && r->type == REDIS_REPLY_STRING) {
        m->found_seq = strtoull(r->str, NULL, 10);

    } else if (r == NULL || r->type != REDIS_REPLY_NIL) {
        m->failed = 1;
    }

    if (--m->waits == 0) {
        ngx_http_assist_ledger_checked(m);
    }
}


static void
ngx_http_assist_ledger_checked(ngx_http_assist_mirror_t *m)
{
    uint64_t                           nfields;
    ngx_http_assist_coverage_shctx_t  *sh;

    sh = ngx_http_assist_coverage_sh(m->mcf);

    if (m->failed) {
        m->busy = 0;
        return;
    }

    /* beside the services' there is the epoch */

    nfields = m->nfields + 1;

    if (m->seq == 0 || m->found_seq != m->seq || m->found_fields != nfields) {
        m->seq = 0;
        m->fields.len = 0;
    }

    if (m->set) {

        if (m->seq && m->changes == m->set->changes
            && ngx_current_msec - m->confirmed
               <= NGX_HTTP_ASSIST_AGAIN * 1000)
        {
            m->busy = 0;
            return;
        }

        m->want_changes = m->set->changes;

        if (m->set->id != m->id
            || ngx_http_assist_ledger_record(sh, m->set, &m->want_fields,
                                             &m->want)
               != NGX_OK)
        {
            m->busy = 0;
            return;
        }

        m->want_folded.len = 0;

    } else if (m->found_seq > m->want.seq
               || (m->found_seq == m->want.seq
                   && m->found_fields == m->want.nfields + 1
                                         + (m->want.nfolded != 0)))
    {
        /* it is there, or a later one is */
        m->busy = 0;
        return;
    }

    m->folded = m->want_folded.len != 0;
    m->rest = assist_buf_str(&m->want_fields);
    m->old = assist_buf_str(&m->fields);

    ngx_http_assist_ledger_fill(m);
}


/* As many commands as may be under way. */

static void
ngx_http_assist_ledger_fill(ngx_http_assist_mirror_t *m)
{
    /* replies may come while commands are sent: there is one fill at a time */

    m->waits++;

    while (!m->failed && m->waits <= NGX_HTTP_ASSIST_PUSH_AHEAD
           && ngx_http_assist_ledger_some(m) == NGX_OK)
    {
        /* void */
    }

    if (--m->waits || m->failed) {
        m->busy = m->waits != 0;
        m->seq = m->waits ? m->seq : 0;
        return;
    }

    if (!m->last) {
        m->last = 1;
        ngx_http_assist_ledger_end(m);
        return;
    }

    /* confirmed */

    m->busy = 0;
    m->seq = m->want.seq;
    m->changes = m->want_changes;
    m->confirmed = ngx_current_msec;
    m->nfields = m->want.nfields + (m->want.nfolded != 0);
    m->fields.len = 0;
    assist_buf_add(&m->fields, m->want_fields.data, m->want_fields.len);

    if (m->fields.failed || m->want_fields.failed || m->want_folded.failed) {
        m->seq = 0;
        m->fields.failed = 0;
        m->want_fields.failed = 0;
        m->want_folded.failed = 0;
    }
}


/*
 * A HSET of the next fields that are not as they were.  Both lists are in the
 * order of slots, so what is new stands between what was there before.
 * NGX_DONE: there is none.
 */

static ngx_int_t
ngx_http_assist_ledger_some(ngx_http_assist_mirror_t *m)
{
    u_char        buf[2 * NGX_MAX_PATH];
    ngx_str_t     argv[2 + NGX_HTTP_ASSIST_PUSH_WORDS], set, member;
    ngx_uint_t    n;
    assist_str_t  name, value, was, old, rest;

    ngx_str_set(&argv[0], "HSET");
    ngx_http_assist_ledger_names(m, buf, &argv[1], &set, &member);
    n = 2;

    if (m->folded) {
        m->folded = 0;
        ngx_str_set(&argv[n], "@folded");
        argv[n + 1] = ngx_http_assist_ngx_str(assist_buf_str(&m->want_folded));
        n += 2;
    }

    while (n + 2 <= NGX_HTTP_ASSIST_PUSH_WORDS
           && assist_field_next(&m->rest, &name, &value) == 1)
    {
        rest = m->old;

        if (assist_field_next(&rest, &was, &old) == 1
            && assist_str_eq(was, name))
        {
            m->old = rest;

            if (assist_str_eq(old, value)) {
                continue;
            }
        }

        argv[n] = ngx_http_assist_ngx_str(name);
        argv[n + 1] = ngx_http_assist_ngx_str(value);
        n += 2;
    }

    if (n == 2) {
        return NGX_DONE;
    }

    ngx_http_assist_ledger_command(m, ngx_http_assist_ledger_pushed, n, argv);

    return NGX_OK;
}


/* All fields are there: so is the epoch. */

static void
ngx_http_assist_ledger_end(ngx_http_assist_mirror_t *m)
{
    u_char     buf[2 * NGX_MAX_PATH], epoch[NGX_HTTP_ASSIST_EPOCH];
    ngx_str_t  argv[4], key, set, member;

    ngx_http_assist_ledger_names(m, buf, &key, &set, &member);

    m->waits++;

    ngx_str_set(&argv[0], "HSET");
    argv[1] = key;
    ngx_str_set(&argv[2], "@");
    argv[3].data = epoch;
    argv[3].len = ngx_snprintf(epoch, NGX_HTTP_ASSIST_EPOCH, "%uL %uL %uL",
                               m->want.seq, m->want.unclosed, m->want.nfields)
                  - epoch;
    ngx_http_assist_ledger_command(m, ngx_http_assist_ledger_pushed, 4, argv);

    /* 400 days: a year can be looked back on */

    ngx_str_set(&argv[0], "EXPIRE");
    argv[1] = set;
    ngx_str_set(&argv[2], "34560000");
    ngx_http_assist_ledger_command(m, ngx_http_assist_ledger_pushed, 3, argv);

    argv[1] = key;
    ngx_http_assist_ledger_command(m, ngx_http_assist_ledger_pushed, 3, argv);

    if (--m->waits == 0) {
        /* nothing was sent */
        m->busy = 0;
        m->seq = 0;
    }
}


static void
ngx_http_assist_ledger_pushed(ngx_http_assist_op_t *op, void *reply)
{
    redisReply                *r = reply;
    ngx_http_assist_mirror_t  *m;

    if (ngx_http_assist_mirrors_over) {
        return;
    }

    m = op->data;
    m->waits--;

    if (r == NULL || r->type != REDIS_REPLY_INTEGER) {
        m->failed = 1;
    }

    ngx_http_assist_ledger_fill(m);
}


static void
ngx_http_assist_ledger_command(ngx_http_assist_mirror_t *m,
    void (*reply)(ngx_http_assist_op_t *op, void *reply), ngx_uint_t argc,
    ngx_str_t *argv)
{
    if (ngx_http_assist_ledger_send(m->mcf, reply, m, argc, argv) == NGX_OK) {
        m->waits++;

    } else {
        m->failed = 1;
    }
}


static void
ngx_http_assist_ledger_names(ngx_http_assist_mirror_t *m, u_char *buf,
    ngx_str_t *key, ngx_str_t *set, ngx_str_t *member)
{
    char     hex[17];
    u_char  *p;

    p = ngx_http_assist_ledger_key(m->mcf, m->month, buf);

    set->data = buf;
    set->len = p - buf;

    *p++ = ':';
    assist_state_hex(m->id, hex);
    member->data = p;
    p = ngx_snprintf(p, NGX_MAX_PATH - 32, "%V:%s", &m->mcf->node, hex);
    member->len = p - member->data;

    key->data = buf;
    key->len = p - buf;
}
