/*
 * The cache: L1 in shared memory, L2 in Redis, both optional, one interface.
 *
 * A key is a SHA-256.  A value is stored with the time until which it is
 * fresh, so that L2 can fill L1 with what is left of it.  L1 is bounded by its
 * zone; the least recently used value goes first.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_FRESH_LEN  8            /* "5f3a9c00": seconds, hex */
#define NGX_HTTP_ASSIST_EVICT_MAX  32           /* to make room for one value */
#define NGX_HTTP_ASSIST_VALUE_MAX  (256 * 1024)


typedef struct {
    ngx_rbtree_node_t  node;                    /* its key: the first bytes */
    ngx_queue_t        queue;
    time_t             fresh;                   /* until then, seconds */
    size_t             len;
    u_char             key[ASSIST_DIGEST_LEN];
    u_char             data[1];
} ngx_http_assist_cached_t;

typedef struct {
    ngx_rbtree_t       rbtree;
    ngx_rbtree_node_t  sentinel;
    ngx_queue_t        queue;                   /* most recently used first */
} ngx_http_assist_cache_shctx_t;


static ngx_int_t ngx_http_assist_l1_get(ngx_http_request_t *r,
    ngx_http_assist_zone_t *zone, u_char *key, ngx_str_t *value);
static void ngx_http_assist_l1_set(ngx_http_assist_zone_t *zone,
    u_char *key, ngx_str_t *value, time_t fresh);
static ngx_http_assist_cached_t *ngx_http_assist_l1_lookup(
    ngx_http_assist_zone_t *zone, u_char *key);
static void ngx_http_assist_l1_remove(ngx_http_assist_zone_t *zone,
    ngx_http_assist_cached_t *c);
static void ngx_http_assist_l1_insert(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);
static ngx_rbtree_key_t ngx_http_assist_l1_hash(u_char *key);
static void ngx_http_assist_l2_finish(ngx_http_assist_op_t *op);
static ngx_int_t ngx_http_assist_l2_key(ngx_http_assist_main_conf_t *mcf,
    ngx_pool_t *pool, u_char *key, ngx_str_t *name);


ngx_int_t
ngx_http_assist_cache_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_assist_zone_t *old = data;

    ngx_http_assist_zone_t         *zone;
    ngx_http_assist_cache_shctx_t  *sh;

    zone = shm_zone->data;
    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (old) {
        zone->sh = old->sh;
        return NGX_OK;
    }

    if (shm_zone->shm.exists) {
        zone->sh = zone->shpool->data;
        return NGX_OK;
    }

    sh = ngx_slab_calloc(zone->shpool, sizeof(ngx_http_assist_cache_shctx_t));
    if (sh == NULL) {
        return NGX_ERROR;
    }

    zone->sh = sh;
    zone->shpool->data = sh;
    zone->shpool->log_nomem = 0;        /* a full cache is what it is for */

    ngx_rbtree_init(&sh->rbtree, &sh->sentinel, ngx_http_assist_l1_insert);
    ngx_queue_init(&sh->queue);

    return NGX_OK;
}


ngx_int_t
ngx_http_assist_cache_get(ngx_http_request_t *r, ngx_queue_t *ops, u_char *key,
    ngx_str_t *value, ngx_http_assist_op_handler_pt handler, void *data)
{
    ngx_str_t                     argv[2];
    ngx_http_assist_op_t         *op;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (ngx_http_assist_cache_get_l1(r, key, value) == NGX_OK) {
        return NGX_OK;
    }

    if (mcf->redis == NULL
        || ngx_http_assist_l2_key(mcf, r->pool, key, &argv[1]) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    op = ngx_http_assist_op_create(r, ops, handler, data,
                                   ngx_http_assist_redis_timeout(mcf->redis));
    if (op == NULL) {
        return NGX_DECLINED;
    }

    op->finish = ngx_http_assist_l2_finish;
    ngx_memcpy(op->key, key, ASSIST_DIGEST_LEN);
    ngx_str_set(&argv[0], "GET");

    if (ngx_http_assist_redis_send(mcf->redis, op, 2, argv) != NGX_OK) {
        ngx_http_assist_op_drop(op);
        return NGX_DECLINED;
    }

    return NGX_AGAIN;
}


ngx_int_t
ngx_http_assist_cache_get_l1(ngx_http_request_t *r, u_char *key,
    ngx_str_t *value)
{
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    return mcf->cache_zone
           ? ngx_http_assist_l1_get(r, mcf->cache_zone->data, key, value)
           : NGX_DECLINED;
}


void
ngx_http_assist_cache_set_l1(ngx_http_request_t *r, u_char *key,
    ngx_str_t *value, time_t ttl)
{
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (mcf->cache_zone) {
        ngx_http_assist_l1_set(mcf->cache_zone->data, key, value,
                               ngx_time() + ttl);
    }
}


void
ngx_http_assist_cache_set(ngx_http_request_t *r, u_char *key, ngx_str_t *value,
    time_t ttl)
{
    u_char                       *p, seconds[NGX_TIME_T_LEN];
    time_t                        fresh;
    ngx_str_t                     argv[5];
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (ttl <= 0 || value->len > NGX_HTTP_ASSIST_VALUE_MAX) {
        return;
    }

    fresh = ngx_time() + ttl;

    if (mcf->cache_zone) {
        ngx_http_assist_l1_set(mcf->cache_zone->data, key, value, fresh);
    }

    if (mcf->redis == NULL
        || ngx_http_assist_l2_key(mcf, r->pool, key, &argv[1]) != NGX_OK)
    {
        return;
    }

    p = ngx_pnalloc(r->pool, NGX_HTTP_ASSIST_FRESH_LEN + value->len);
    if (p == NULL) {
        return;
    }

    ngx_str_set(&argv[0], "SET");
    argv[2].data = p;
    argv[2].len = NGX_HTTP_ASSIST_FRESH_LEN + value->len;
    p = ngx_sprintf(p, "%08xD", (uint32_t) fresh);
    ngx_memcpy(p, value->data, value->len);

    ngx_str_set(&argv[3], "EX");
    argv[4].data = seconds;
    argv[4].len = ngx_sprintf(seconds, "%T", ttl) - seconds;

    /* nobody waits: a value that is not stored is a later miss */
    (void) ngx_http_assist_redis_send(mcf->redis, NULL, 5, argv);
}


static ngx_int_t
ngx_http_assist_l1_get(ngx_http_request_t *r,
    ngx_http_assist_zone_t *zone, u_char *key, ngx_str_t *value)
{
    ngx_int_t                       rc;
    ngx_http_assist_cached_t       *c;
    ngx_http_assist_cache_shctx_t  *sh;

    sh = zone->sh;
    rc = NGX_DECLINED;

    ngx_shmtx_lock(&zone->shpool->mutex);

    c = ngx_http_assist_l1_lookup(zone, key);

    if (c != NULL && c->fresh <= ngx_time()) {
        ngx_http_assist_l1_remove(zone, c);
        c = NULL;
    }

    if (c != NULL) {
        value->data = ngx_pnalloc(r->pool, c->len);

        if (value->data != NULL) {
            ngx_memcpy(value->data, c->data, c->len);
            value->len = c->len;
            rc = NGX_OK;

            ngx_queue_remove(&c->queue);
            ngx_queue_insert_head(&sh->queue, &c->queue);
        }
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


static void
ngx_http_assist_l1_set(ngx_http_assist_zone_t *zone, u_char *key,
    ngx_str_t *value, time_t fresh)
{
    size_t                          size;
    ngx_uint_t                      i;
    ngx_http_assist_cached_t       *c;
    ngx_http_assist_cache_shctx_t  *sh;

    sh = zone->sh;
    size = offsetof(ngx_http_assist_cached_t, data) + value->len;

    ngx_shmtx_lock(&zone->shpool->mutex);

    c = ngx_http_assist_l1_lookup(zone, key);

    if (c != NULL) {
        ngx_http_assist_l1_remove(zone, c);
    }

    c = ngx_slab_alloc_locked(zone->shpool, size);

    for (i = 0; c == NULL && i < NGX_HTTP_ASSIST_EVICT_MAX
                && !ngx_queue_empty(&sh->queue); i++)
    {
        ngx_http_assist_l1_remove(zone,
                                  ngx_queue_data(ngx_queue_last(&sh->queue),
                                                 ngx_http_assist_cached_t,
                                                 queue));
        c = ngx_slab_alloc_locked(zone->shpool, size);
    }

    if (c != NULL) {
        c->node.key = ngx_http_assist_l1_hash(key);
        c->fresh = fresh;
        c->len = value->len;
        ngx_memcpy(c->key, key, ASSIST_DIGEST_LEN);
        ngx_memcpy(c->data, value->data, value->len);

        ngx_rbtree_insert(&sh->rbtree, &c->node);
        ngx_queue_insert_head(&sh->queue, &c->queue);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


static ngx_http_assist_cached_t *
ngx_http_assist_l1_lookup(ngx_http_assist_zone_t *zone, u_char *key)
{
    ngx_int_t                       rc;
    ngx_rbtree_key_t                hash;
    ngx_rbtree_node_t              *node, *sentinel;
    ngx_http_assist_cached_t       *c;
    ngx_http_assist_cache_shctx_t  *sh;

    sh = zone->sh;
    hash = ngx_http_assist_l1_hash(key);
    node = sh->rbtree.root;
    sentinel = sh->rbtree.sentinel;

    while (node != sentinel) {

        if (hash != node->key) {
            node = hash < node->key ? node->left : node->right;
            continue;
        }

        c = (ngx_http_assist_cached_t *) node;
        rc = ngx_memcmp(key, c->key, ASSIST_DIGEST_LEN);

        if (rc == 0) {
            return c;
        }

        node = rc < 0 ? node->left : node->right;
    }

    return NULL;
}


static void
ngx_http_assist_l1_remove(ngx_http_assist_zone_t *zone,
    ngx_http_assist_cached_t *c)
{
    ngx_http_assist_cache_shctx_t  *sh;

    sh = zone->sh;

    ngx_rbtree_delete(&sh->rbtree, &c->node);
    ngx_queue_remove(&c->queue);
    ngx_slab_free_locked(zone->shpool, c);
}


static void
ngx_http_assist_l1_insert(ngx_rbtree_node_t *temp, ngx_rbtree_node_t *node,
    ngx_rbtree_node_t *sentinel)
{
    ngx_rbtree_node_t         **p;
    ngx_http_assist_cached_t   *c, *t;

    c = (ngx_http_assist_cached_t *) node;

    for ( ;; ) {
        t = (ngx_http_assist_cached_t *) temp;

        if (node->key != temp->key) {
            p = node->key < temp->key ? &temp->left : &temp->right;

        } else {
            p = ngx_memcmp(c->key, t->key, ASSIST_DIGEST_LEN) < 0
                ? &temp->left : &temp->right;
        }

        if (*p == sentinel) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = sentinel;
    node->right = sentinel;
    ngx_rbt_red(node);
}


static ngx_rbtree_key_t
ngx_http_assist_l1_hash(u_char *key)
{
    ngx_rbtree_key_t  hash;

    ngx_memcpy(&hash, key, sizeof(ngx_rbtree_key_t));

    return hash;
}


/* Takes the time off Redis's value, and fills L1 with what is left of it. */

static void
ngx_http_assist_l2_finish(ngx_http_assist_op_t *op)
{
    time_t                        fresh;
    ngx_str_t                     value;
    ngx_http_assist_main_conf_t  *mcf;

    if (op->value.type != ASSIST_STRING) {
        return;
    }

    value = ngx_http_assist_ngx_str(op->value.string);
    op->value.type = ASSIST_NIL;
    op->value.error = NULL;

    if (value.len < NGX_HTTP_ASSIST_FRESH_LEN) {
        return;
    }

    fresh = (time_t) ngx_hextoi(value.data, NGX_HTTP_ASSIST_FRESH_LEN);

    if (fresh == (time_t) NGX_ERROR || fresh <= ngx_time()) {
        return;
    }

    value.data += NGX_HTTP_ASSIST_FRESH_LEN;
    value.len -= NGX_HTTP_ASSIST_FRESH_LEN;

    op->value.type = ASSIST_STRING;
    op->value.string = ngx_http_assist_str(value);

    mcf = ngx_http_get_module_main_conf(op->request, ngx_http_assist_module);

    if (mcf->cache_zone && value.len <= NGX_HTTP_ASSIST_VALUE_MAX) {
        ngx_http_assist_l1_set(mcf->cache_zone->data, op->key, &value, fresh);
    }
}


static ngx_int_t
ngx_http_assist_l2_key(ngx_http_assist_main_conf_t *mcf, ngx_pool_t *pool,
    u_char *key, ngx_str_t *name)
{
    u_char     *p;
    ngx_str_t   prefix;

    prefix = ngx_http_assist_redis_prefix(mcf->redis);

    name->len = prefix.len + 2 + 2 * ASSIST_DIGEST_LEN;
    name->data = ngx_pnalloc(pool, name->len);

    if (name->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(name->data, prefix.data, prefix.len);
    p = ngx_cpymem(p, "c:", 2);
    (void) ngx_hex_dump(p, key, ASSIST_DIGEST_LEN);

    return NGX_OK;
}
