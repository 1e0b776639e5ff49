/*
 * The cache: L1 in shared memory, L2 in Redis, behind one interface.  A value
 * is fresh for a time, and may be kept longer, stale, for when there is no
 * better one.  A failure of either level is a miss.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_FRESH_LEN  8            /* "5f3a9c00": seconds, hex */
#define NGX_HTTP_ASSIST_VALUE_MAX  (256 * 1024)

/* room for a key's name in Redis: the prefix, "c:", hexadecimal digits */
#define NGX_HTTP_ASSIST_L2_KEY     (NGX_HTTP_ASSIST_PREFIX_MAX + 4           \
                                    + 2 * ASSIST_DIGEST_LEN)


static void ngx_http_assist_l2_finish(ngx_http_assist_op_t *op);
static time_t ngx_http_assist_l2_fresh(assist_str_t *value);
static ngx_str_t ngx_http_assist_l2_key(ngx_http_assist_main_conf_t *mcf,
    const char *kind, u_char *key, u_char *name);


/*
 * KEYS: the lease.  ARGV: its owner, and for how long it has it from now, ms; 0:
 * it is gone.  One that slept past its lease must not touch the next one's.
 */

static ngx_str_t  ngx_http_assist_lease_script = ngx_string(
    "if redis.call('GET', KEYS[1]) == ARGV[1] then "
        "redis.call('PEXPIRE', KEYS[1], ARGV[2]) "
    "end");


ngx_int_t
ngx_http_assist_cache_get(ngx_http_request_t *r, ngx_queue_t *ops, u_char *key,
    ngx_str_t *value, ngx_http_assist_op_handler_pt handler, void *data)
{
    u_char                        name[NGX_HTTP_ASSIST_L2_KEY];
    ngx_int_t                     rc;
    ngx_str_t                     argv[2];
    ngx_http_assist_op_t         *op;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    ngx_str_null(value);
    rc = mcf->cache_zone
         ? ngx_http_assist_l1_get(r, mcf->cache_zone, key, value)
         : NGX_DECLINED;

    if (rc == NGX_OK || mcf->redis == NULL) {
        return rc;
    }

    op = ngx_http_assist_redis_op(mcf->redis, r, ops, handler, data);
    if (op == NULL) {
        return rc;
    }

    op->finish = ngx_http_assist_l2_finish;
    ngx_memcpy(op->key, key, ASSIST_DIGEST_LEN);

    if (ngx_http_assist_cache_read_join(op) == NGX_OK) {
        return NGX_AGAIN;
    }

    ngx_str_set(&argv[0], "GET");
    argv[1] = ngx_http_assist_l2_key(mcf, "c:", key, name);

    if (ngx_http_assist_redis_send(mcf->redis, op, 2, argv) != NGX_OK) {
        ngx_http_assist_op_drop(op);
        return rc;
    }

    ngx_http_assist_cache_read_start(op);

    return NGX_AGAIN;
}


void
ngx_http_assist_cache_drop_l1(ngx_http_request_t *r, u_char *key)
{
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (mcf->cache_zone) {
        ngx_http_assist_l1_drop(mcf->cache_zone, key);
    }
}


void
ngx_http_assist_cache_set(ngx_http_request_t *r, u_char *key, ngx_str_t *value,
    time_t ttl, time_t stale)
{
    u_char                       *p, seconds[NGX_TIME_T_LEN],
                                  name[NGX_HTTP_ASSIST_L2_KEY];
    time_t                        fresh;
    ngx_str_t                     argv[5];
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (ttl <= 0 || value->len > NGX_HTTP_ASSIST_VALUE_MAX) {
        return;
    }

    fresh = ngx_time() + ttl;

    if (mcf->cache_zone) {
        ngx_http_assist_l1_set(mcf->cache_zone, key, value, fresh,
                               fresh + stale);
    }

    if (mcf->redis == NULL) {
        return;
    }

    ngx_http_assist_cache_read_forget(key);

    p = ngx_pnalloc(r->pool, NGX_HTTP_ASSIST_FRESH_LEN + value->len);
    if (p == NULL) {
        return;
    }

    ngx_str_set(&argv[0], "SET");
    argv[1] = ngx_http_assist_l2_key(mcf, "c:", key, name);
    argv[2].data = p;
    argv[2].len = NGX_HTTP_ASSIST_FRESH_LEN + value->len;
    p = ngx_sprintf(p, "%08xD", (uint32_t) fresh);
    ngx_memcpy(p, value->data, value->len);

    ngx_str_set(&argv[3], "EX");
    argv[4].data = seconds;
    argv[4].len = ngx_sprintf(seconds, "%T", ttl + stale) - seconds;

    /* nobody waits: a value that is not stored is a later miss */
    (void) ngx_http_assist_redis_send(mcf->redis, NULL, 5, argv);
}


ngx_int_t
ngx_http_assist_cache_lease(ngx_http_request_t *r, ngx_queue_t *ops,
    u_char *key, uint64_t owner, ngx_msec_t ms,
    ngx_http_assist_op_handler_pt handler, void *data)
{
    u_char                        id[16], age[NGX_INT64_LEN],
                                  name[NGX_HTTP_ASSIST_L2_KEY];
    ngx_str_t                     argv[6];
    ngx_http_assist_op_t         *op;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (mcf->redis == NULL) {
        return NGX_DECLINED;
    }

    op = ngx_http_assist_redis_op(mcf->redis, r, ops, handler, data);
    if (op == NULL) {
        return NGX_DECLINED;
    }

    ngx_str_set(&argv[0], "SET");
    argv[1] = ngx_http_assist_l2_key(mcf, "l:", key, name);
    argv[2].data = id;
    argv[2].len = ngx_sprintf(id, "%016xL", owner) - id;
    ngx_str_set(&argv[3], "PX");
    argv[4].data = age;
    argv[4].len = ngx_sprintf(age, "%M", ms) - age;
    ngx_str_set(&argv[5], "NX");

    if (ngx_http_assist_redis_send(mcf->redis, op, 6, argv) != NGX_OK) {
        ngx_http_assist_op_drop(op);
        return NGX_DECLINED;
    }

    return NGX_AGAIN;
}


void
ngx_http_assist_cache_hold(ngx_http_request_t *r, u_char *key, uint64_t owner,
    ngx_msec_t ms)
{
    u_char                        id[16], age[NGX_INT64_LEN],
                                  name[NGX_HTTP_ASSIST_L2_KEY];
    ngx_str_t                     argv[6];
    ngx_http_assist_main_conf_t  *mcf;

    /* r may be about to be freed, and without its pool */

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (mcf->redis == NULL) {
        return;
    }

    ngx_str_set(&argv[0], "EVAL");
    argv[1] = ngx_http_assist_lease_script;
    ngx_str_set(&argv[2], "1");
    argv[3] = ngx_http_assist_l2_key(mcf, "l:", key, name);
    argv[4].data = id;
    argv[4].len = ngx_sprintf(id, "%016xL", owner) - id;
    argv[5].data = age;
    argv[5].len = ngx_sprintf(age, "%M", ms) - age;

    (void) ngx_http_assist_redis_send(mcf->redis, NULL, 6, argv);
}


/*
 * Takes the time off Redis's value, and fills L1 with what is left of it.  A
 * stale one has the number 1.
 */

static void
ngx_http_assist_l2_finish(ngx_http_assist_op_t *op)
{
    time_t                        fresh;
    ngx_str_t                     value;
    assist_str_t                  text;
    ngx_http_assist_main_conf_t  *mcf;

    if (op->value.type != ASSIST_STRING) {
        return;
    }

    text = op->value.string;
    fresh = ngx_http_assist_l2_fresh(&text);

    if (fresh == (time_t) NGX_ERROR) {
        op->value.type = ASSIST_NIL;
        op->value.error = NULL;
        return;
    }

    op->value.string = text;
    op->value.number = fresh <= ngx_time();

    mcf = ngx_http_get_module_main_conf(op->request, ngx_http_assist_module);

    if (fresh > ngx_time() && mcf->cache_zone
        && text.len <= NGX_HTTP_ASSIST_VALUE_MAX)
    {
        value = ngx_http_assist_ngx_str(text);
        ngx_http_assist_l1_set(mcf->cache_zone, op->key, &value, fresh, fresh);
    }
}


/* The time, of a value of ours, which is what is left. */

static time_t
ngx_http_assist_l2_fresh(assist_str_t *value)
{
    time_t  fresh;

    if (value->len < NGX_HTTP_ASSIST_FRESH_LEN) {
        return NGX_ERROR;
    }

    fresh = (time_t) ngx_hextoi((u_char *) value->data,
                                NGX_HTTP_ASSIST_FRESH_LEN);
    value->data += NGX_HTTP_ASSIST_FRESH_LEN;
    value->len -= NGX_HTTP_ASSIST_FRESH_LEN;

    return fresh;
}


/* In a cluster a value and its lease lie on one node: {} is a hash tag. */

static ngx_str_t
ngx_http_assist_l2_key(ngx_http_assist_main_conf_t *mcf, const char *kind,
    u_char *key, u_char *name)
{
    u_char     *p;
    ngx_str_t   out, prefix;

    prefix = ngx_http_assist_redis_prefix(mcf->redis);

    p = ngx_cpymem(name, prefix.data, prefix.len);
    p = ngx_cpymem(p, kind, 2);
    *p++ = '{';
    p = ngx_hex_dump(p, key, ASSIST_DIGEST_LEN);
    *p++ = '}';

    out.data = name;
    out.len = p - name;

    return out;
}
