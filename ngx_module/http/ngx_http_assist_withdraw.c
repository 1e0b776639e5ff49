/*
 * What was withdrawn: in shared memory, which every answer is compared with,
 * and in Redis, from which the nodes know of each other's.
 *
 * Redis has a hash, PREFIXwithdrawn: a key's 16 digits, or "all", lead to the
 * number of the last event on it, with a "!" where it is blocked; "clock" is
 * the last event's number.  A script numbers an event and writes it, so the
 * hash is always whole.  What this node could not tell it stays marked, and is
 * told later, with a new number.
 */

#include "ngx_http_assist_withdraw.h"


#define NGX_HTTP_ASSIST_WITHDRAW_EVERY  5       /* s, between two readings */
#define NGX_HTTP_ASSIST_WITHDRAW_HEAD   6       /* words before the keys */
#define NGX_HTTP_ASSIST_WITHDRAW_KEYS   (NGX_HTTP_ASSIST_WORDS_MAX              \
                                         - NGX_HTTP_ASSIST_WITHDRAW_HEAD)


static ngx_int_t ngx_http_assist_withdraw_init_zone(ngx_shm_zone_t *shm_zone,
    void *data);
static void ngx_http_assist_withdraw_timer(ngx_event_t *ev);
static ngx_int_t ngx_http_assist_withdraw_read(
    ngx_http_assist_main_conf_t *mcf);
static void ngx_http_assist_withdraw_known(ngx_http_assist_op_t *op);
static ngx_uint_t ngx_http_assist_withdraw_tell(
    ngx_http_assist_main_conf_t *mcf, ngx_uint_t blocked);
static ngx_int_t ngx_http_assist_withdraw_send(
    ngx_http_assist_main_conf_t *mcf, ngx_http_assist_op_t *op,
    ngx_uint_t blocked, uint64_t *keys, ngx_uint_t n);
static ngx_int_t ngx_http_assist_withdraw_name(
    ngx_http_assist_main_conf_t *mcf, u_char *p, ngx_str_t *name);
static void ngx_http_assist_withdraw_learn(ngx_http_assist_main_conf_t *mcf,
    assist_value_t *value, uint64_t expected);


/*
 * KEYS: the hash.  ARGV: what we know at least, "!" or "", the keys.  What
 * concerns everything takes the place of all that are no acts (even digits), and
 * of releases before which nothing was withdrawn that still is.
 */

static ngx_str_t  ngx_http_assist_withdraw_script = ngx_string(
    "local h = KEYS[1] "
    "local n = math.max(tonumber(redis.call('HGET', h, 'clock') or 0), "
                       "tonumber(ARGV[1])) + 1 "
    "redis.call('HSET', h, 'clock', n) "
    "for i = 3, #ARGV do "
        "if ARGV[i] == 'all' then "
            "local t = redis.call('HGETALL', h) "
            "local o = n "
            "for k = 2, #t, 2 do "
                "o = math.min(o, tonumber(t[k]:match('^(%d+)!')) or n) "
            "end "
            "for k = 1, #t, 2 do "
                "if t[k]:find('^%x+[02468ace]$') "
                   "or t[k]:find('^%x+[13579bdf]$') "
                      "and (tonumber(t[k + 1]) or n) < o then "
                    "redis.call('HDEL', h, t[k]) "
                "end "
            "end "
        "end "
        "redis.call('HSET', h, ARGV[i], n .. ARGV[2]) "
    "end "
    "return redis.call('HGETALL', h)");

static ngx_event_t  ngx_http_assist_withdraw_event;

/* of the one command that the timer may have sent */
static uint64_t     ngx_http_assist_withdraw_expected;
static ngx_uint_t   ngx_http_assist_withdraw_refused;


ngx_int_t
ngx_http_assist_withdraw_zone(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf)
{
    ngx_http_assist_zone_t  *zone;

    static ngx_str_t  name = ngx_string("assist_withdrawn");

    /* and what the slab keeps of each page, and for itself */
    mcf->withdraw_zone = ngx_shared_memory_add(cf, &name,
                             sizeof(ngx_http_assist_withdraw_shctx_t)
                             + 64 * 1024,
                             ngx_http_assist_withdraw_zone);
    zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_zone_t));

    if (mcf->withdraw_zone == NULL || zone == NULL) {
        return NGX_ERROR;
    }

    zone->mcf = mcf;
    mcf->withdraw_zone->data = zone;
    mcf->withdraw_zone->init = ngx_http_assist_withdraw_init_zone;

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_withdraw_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_assist_zone_t *old = data;

    ngx_http_assist_zone_t  *zone;

    zone = shm_zone->data;
    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (old) {
        zone->sh = old->sh;
        return NGX_OK;
    }

    zone->sh = ngx_slab_calloc(zone->shpool,
                               sizeof(ngx_http_assist_withdraw_shctx_t));
    if (zone->sh == NULL) {
        return NGX_ERROR;
    }

    ngx_http_assist_withdraw_load(zone->mcf, shm_zone->shm.log);

    return NGX_OK;
}


void
ngx_http_assist_withdraw_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf)
{
    ngx_event_t  *ev;

    if (mcf->withdraw_zone == NULL || mcf->redis == NULL) {
        return;
    }

    ev = &ngx_http_assist_withdraw_event;
    ngx_memzero(ev, sizeof(ngx_event_t));

    ev->handler = ngx_http_assist_withdraw_timer;
    ev->data = mcf;
    ev->log = cycle->log;
    ev->cancelable = 1;

    ngx_add_timer(ev, 1);
}


uint64_t
ngx_http_assist_withdraw_clock(ngx_http_assist_main_conf_t *mcf)
{
    return mcf->withdraw_zone
           ? assist_withdrawn_clock(
                 &ngx_http_assist_withdraw_data(mcf)->withdrawn)
           : 0;
}


assist_withdrawn_mark_t
ngx_http_assist_withdrawn(ngx_http_assist_main_conf_t *mcf, uint64_t question,
    assist_str_t services, uint64_t known)
{
    assist_withdrawn_t      *w;
    assist_withdrawn_mark_t  none = { 0, 0, 0 };

    if (mcf->withdraw_zone == NULL) {
        return none;
    }

    w = &ngx_http_assist_withdraw_data(mcf)->withdrawn;

    return assist_withdrawn_last(w) > known
           ? assist_withdrawn_since(w, question, services) : none;
}


/*
 * Here at once; the clock goes on when Redis, where there is one, has told
 * what the others did meanwhile.
 */

ngx_int_t
ngx_http_assist_withdraw(ngx_http_request_t *r, ngx_queue_t *ops,
    ngx_uint_t blocked, uint64_t *keys, unsigned n,
    ngx_http_assist_op_handler_pt handler, void *data)
{
    ngx_int_t                     rc;
    assist_withdrawn_t           *w;
    ngx_http_assist_op_t         *op;
    ngx_http_assist_zone_t       *zone;
    assist_withdrawn_mark_t       mark;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    zone = mcf->withdraw_zone->data;
    w = &ngx_http_assist_withdraw_data(mcf)->withdrawn;

    ngx_shmtx_lock(&zone->shpool->mutex);

    mark.number = ngx_max(assist_withdrawn_clock(w),
                          assist_withdrawn_last(w)) + 1;
    mark.blocked = blocked ? 1 : 0;
    mark.unsent = mcf->redis ? 1 : 0;

    rc = assist_withdrawn_event(w, keys, &n, mark) == 0 ? NGX_OK
                                                        : NGX_DECLINED;

    if (rc == NGX_OK && mcf->redis == NULL) {
        assist_withdrawn_tick(w, mark.number);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    if (rc != NGX_OK || mcf->redis == NULL) {
        return rc;
    }

    op = ngx_http_assist_redis_op(mcf->redis, r, ops, handler, data);

    if (op == NULL) {
        return NGX_BUSY;
    }

    if (ngx_http_assist_withdraw_send(mcf, op, blocked, keys, n) != NGX_OK) {
        ngx_http_assist_op_drop(op);
        return NGX_BUSY;
    }

    return NGX_AGAIN;
}


ngx_int_t
ngx_http_assist_withdraw_told(ngx_http_assist_main_conf_t *mcf,
    assist_value_t *value)
{
    if (value->type != ASSIST_LIST) {
        return NGX_BUSY;
    }

    ngx_http_assist_withdraw_learn(mcf, value, 0);

    return NGX_OK;
}


/* One worker of the node reads, whichever comes first. */

static void
ngx_http_assist_withdraw_timer(ngx_event_t *ev)
{
    ngx_atomic_uint_t                  read, now;
    ngx_http_assist_main_conf_t       *mcf;
    ngx_http_assist_withdraw_shctx_t  *sh;

    mcf = ev->data;
    sh = ngx_http_assist_withdraw_data(mcf);

    now = (ngx_atomic_uint_t) ngx_time();
    read = sh->read;

    if (now - read >= NGX_HTTP_ASSIST_WITHDRAW_EVERY
        && ngx_atomic_cmp_set(&sh->read, read, now)
        && ngx_http_assist_withdraw_read(mcf) != NGX_OK)
    {
        /* Redis is away: another try in the next second */
        sh->read = 0;
    }

    ngx_add_timer(ev, 1000);
}


static ngx_int_t
ngx_http_assist_withdraw_read(ngx_http_assist_main_conf_t *mcf)
{
    u_char                 name[256];
    ngx_str_t              argv[2];
    ngx_http_assist_op_t  *op;

    ngx_str_set(&argv[0], "HGETALL");

    if (ngx_http_assist_withdraw_name(mcf, name, &argv[1]) != NGX_OK) {
        return NGX_ERROR;
    }

    op = ngx_http_assist_redis_op(mcf->redis, NULL, NULL,
                                  ngx_http_assist_withdraw_known, mcf);
    if (op == NULL) {
        return NGX_ERROR;
    }

    ngx_http_assist_withdraw_expected = ngx_http_assist_withdraw_clock(mcf);

    if (ngx_http_assist_redis_send(mcf->redis, op, 2, argv) != NGX_OK) {
        ngx_http_assist_op_drop(op);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_assist_withdraw_known(ngx_http_assist_op_t *op)
{
    ngx_http_assist_main_conf_t  *mcf;

    mcf = op->data;

    if (op->value.type != ASSIST_LIST) {
        ngx_http_assist_withdraw_data(mcf)->read = 0;

        /* a reply of Redis; that it is away is said elsewhere */

        if (op->value.error && op->value.error[0] <= 'Z'
            && !ngx_http_assist_withdraw_refused)
        {
            ngx_http_assist_withdraw_refused = 1;
            ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                          "assist: what other nodes withdraw cannot be read "
                          "from redis: %s", op->value.error);
        }

        return;
    }

    ngx_http_assist_withdraw_refused = 0;
    ngx_http_assist_withdraw_learn(mcf, &op->value,
                                   ngx_http_assist_withdraw_expected);

    if (ngx_http_assist_withdraw_tell(mcf, 1) == 0) {
        (void) ngx_http_assist_withdraw_tell(mcf, 0);
    }
}


/* Some of what the others do not know yet; their number. */

static ngx_uint_t
ngx_http_assist_withdraw_tell(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t blocked)
{
    uint64_t                 keys[NGX_HTTP_ASSIST_WITHDRAW_KEYS];
    ngx_uint_t               n;
    ngx_http_assist_op_t    *op;
    ngx_http_assist_zone_t  *zone;

    zone = mcf->withdraw_zone->data;

    ngx_shmtx_lock(&zone->shpool->mutex);

    n = assist_withdrawn_unsent(
                           &ngx_http_assist_withdraw_data(mcf)->withdrawn,
                           (int) blocked, keys,
                           NGX_HTTP_ASSIST_WITHDRAW_KEYS);

    ngx_shmtx_unlock(&zone->shpool->mutex);

    if (n == 0) {
        return 0;
    }

    op = ngx_http_assist_redis_op(mcf->redis, NULL, NULL,
                                  ngx_http_assist_withdraw_known, mcf);

    ngx_http_assist_withdraw_expected = ngx_http_assist_withdraw_clock(mcf);

    if (op && ngx_http_assist_withdraw_send(mcf, op, blocked, keys, n)
              != NGX_OK)
    {
        ngx_http_assist_op_drop(op);
    }

    return n;
}


static ngx_int_t
ngx_http_assist_withdraw_send(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_op_t *op, ngx_uint_t blocked, uint64_t *keys, ngx_uint_t n)
{
    u_char               name[256], clock[NGX_INT64_LEN], *p;
    u_char               digits[NGX_HTTP_ASSIST_WITHDRAW_KEYS][16];
    ngx_str_t            argv[NGX_HTTP_ASSIST_WORDS_MAX], *word;
    ngx_uint_t           i;
    assist_withdrawn_t  *w;

    w = &ngx_http_assist_withdraw_data(mcf)->withdrawn;

    ngx_str_set(&argv[0], "EVAL");
    argv[1] = ngx_http_assist_withdraw_script;
    ngx_str_set(&argv[2], "1");

    if (ngx_http_assist_withdraw_name(mcf, name, &argv[3]) != NGX_OK) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(clock, "%uL", ngx_max(assist_withdrawn_clock(w),
                                          assist_withdrawn_last(w)));
    argv[4].data = clock;
    argv[4].len = p - clock;

    ngx_str_set(&argv[5], "!");
    argv[5].len = blocked ? 1 : 0;

    for (i = 0; i < n; i++) {
        word = &argv[NGX_HTTP_ASSIST_WITHDRAW_HEAD + i];

        if (keys[i] == ASSIST_WITHDRAWN_ALL) {
            ngx_str_set(word, "all");
            continue;
        }

        (void) ngx_sprintf(digits[i], "%016xL", keys[i]);
        word->data = digits[i];
        word->len = 16;
    }

    return ngx_http_assist_redis_send(mcf->redis, op,
                                      NGX_HTTP_ASSIST_WITHDRAW_HEAD + n, argv);
}


/* PREFIXwithdrawn, in 256 bytes. */

static ngx_int_t
ngx_http_assist_withdraw_name(ngx_http_assist_main_conf_t *mcf, u_char *p,
    ngx_str_t *name)
{
    ngx_str_t  prefix;

    prefix = ngx_http_assist_redis_prefix(mcf->redis);

    if (prefix.len > 256 - (sizeof("withdrawn") - 1)) {
        return NGX_ERROR;
    }

    name->data = p;
    p = ngx_cpymem(p, prefix.data, prefix.len);
    p = ngx_cpymem(p, "withdrawn", sizeof("withdrawn") - 1);
    name->len = p - name->data;

    return NGX_OK;
}


/*
 * The hash as it is: field, value, ...  A Redis that knows less than what was
 * read from it before has lost it.
 */

static void
ngx_http_assist_withdraw_learn(ngx_http_assist_main_conf_t *mcf,
    assist_value_t *value, uint64_t expected)
{
    uint64_t                 key, clock;
    uint32_t                 i;
    ngx_uint_t               lost;
    assist_str_t             field, text;
    assist_withdrawn_t      *w;
    assist_withdrawn_mark_t  mark, all = { 0, 0, 0 };
    ngx_http_assist_zone_t  *zone;

    zone = mcf->withdraw_zone->data;
    w = &ngx_http_assist_withdraw_data(mcf)->withdrawn;
    clock = 0;
    lost = 0;

    ngx_shmtx_lock(&zone->shpool->mutex);

    for (i = 0; i + 1 < value->nitems; i += 2) {

        if (value->items[i].type != ASSIST_STRING
            || value->items[i + 1].type != ASSIST_STRING)
        {
            continue;
        }

        field = value->items[i].string;
        text = value->items[i + 1].string;
        mark = assist_withdrawn_mark_of(text);

        if (assist_str_eq(field, assist_str("clock"))) {
            clock = mark.number;
            continue;
        }

        if (mark.number == 0 || assist_withdrawn_key_of(field, &key) != 0) {
            continue;
        }

        if (key == ASSIST_WITHDRAWN_ALL) {
            all = mark;
            continue;
        }

        lost += assist_withdrawn_set(w, key, mark) != 0;
    }

    /* what it takes the place of, it takes when all is known */

    if (all.number) {
        (void) assist_withdrawn_set(w, ASSIST_WITHDRAWN_ALL, all);
    }

    if (clock < expected) {
        assist_withdrawn_unsend(w);
    } else {
        assist_withdrawn_tick(w, clock);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    if (lost) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "assist: there is room for %d keys of withdrawn "
                      "answers: %ui of other nodes' are not withdrawn here; "
                      "release what may be made again",
                      ASSIST_WITHDRAWN_MAX, lost);
    }
}


ngx_http_assist_withdraw_shctx_t *
ngx_http_assist_withdraw_data(ngx_http_assist_main_conf_t *mcf)
{
    ngx_http_assist_zone_t  *zone;

    zone = mcf->withdraw_zone->data;

    return zone->sh;
}
