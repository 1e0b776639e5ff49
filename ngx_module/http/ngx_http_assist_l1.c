/*
 * L1: values in shared memory, for all workers of this node.  Bounded: the
 * least recently used goes first.  Locks are values, too, of who makes one.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_EVICT_MAX  32           /* to make room for one value */


typedef struct {
    ngx_rbtree_node_t  node;                    /* its key: the first bytes */
    ngx_queue_t        queue;
    time_t             fresh;                   /* until then, seconds */
    time_t             stale;                   /* and then it goes */
    size_t             len;
    u_char             key[ASSIST_DIGEST_LEN];
    u_char             data[1];
} ngx_http_assist_cached_t;

/* The value of a lock. */
typedef struct {
    ngx_msec_t         until;                   /* of the machine's clock */
    uint64_t           owner;
} ngx_http_assist_lock_t;

typedef struct {
    ngx_rbtree_t       rbtree;
    ngx_rbtree_node_t  sentinel;
    ngx_queue_t        queue;                   /* most recently used first */
} ngx_http_assist_cache_shctx_t;


static void ngx_http_assist_l1_put(ngx_http_assist_zone_t *zone, u_char *key,
    ngx_str_t *value, time_t fresh, time_t stale);
static ngx_http_assist_cached_t *ngx_http_assist_l1_lookup(
    ngx_http_assist_zone_t *zone, u_char *key);
static void ngx_http_assist_l1_remove(ngx_http_assist_zone_t *zone,
    ngx_http_assist_cached_t *c);
static void ngx_http_assist_l1_insert(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);
static ngx_rbtree_key_t ngx_http_assist_l1_hash(u_char *key);
static void ngx_http_assist_l1_lock_key(u_char *key, u_char *lock);


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
ngx_http_assist_l1_get(ngx_http_request_t *r, ngx_shm_zone_t *shm_zone,
    u_char *key, ngx_str_t *value)
{
    ngx_int_t                       rc;
    ngx_http_assist_zone_t         *zone;
    ngx_http_assist_cached_t       *c;
    ngx_http_assist_cache_shctx_t  *sh;

    zone = shm_zone->data;
    sh = zone->sh;
    rc = NGX_DECLINED;

    ngx_shmtx_lock(&zone->shpool->mutex);

    c = ngx_http_assist_l1_lookup(zone, key);

    if (c != NULL && c->stale <= ngx_time()) {
        ngx_http_assist_l1_remove(zone, c);
        c = NULL;
    }

    if (c != NULL) {
        value->data = ngx_pnalloc(r->pool, c->len);

        if (value->data != NULL) {
            ngx_memcpy(value->data, c->data, c->len);
            value->len = c->len;
            rc = c->fresh > ngx_time() ? NGX_OK : NGX_BUSY;

            ngx_queue_remove(&c->queue);
            ngx_queue_insert_head(&sh->queue, &c->queue);
        }
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


void
ngx_http_assist_l1_set(ngx_shm_zone_t *shm_zone, u_char *key,
    ngx_str_t *value, time_t fresh, time_t stale)
{
    ngx_http_assist_zone_t  *zone;

    zone = shm_zone->data;

    ngx_shmtx_lock(&zone->shpool->mutex);
    ngx_http_assist_l1_put(zone, key, value, fresh, stale);
    ngx_shmtx_unlock(&zone->shpool->mutex);
}


void
ngx_http_assist_l1_drop(ngx_shm_zone_t *shm_zone, u_char *key)
{
    ngx_http_assist_zone_t    *zone;
    ngx_http_assist_cached_t  *c;

    zone = shm_zone->data;

    ngx_shmtx_lock(&zone->shpool->mutex);

    c = ngx_http_assist_l1_lookup(zone, key);

    if (c != NULL) {
        ngx_http_assist_l1_remove(zone, c);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


ngx_int_t
ngx_http_assist_l1_lock(ngx_shm_zone_t *shm_zone, u_char *key, uint64_t owner,
    ngx_msec_t ms)
{
    u_char                     name[ASSIST_DIGEST_LEN];
    ngx_int_t                  rc;
    ngx_str_t                  value;
    ngx_http_assist_lock_t     lock;
    ngx_http_assist_zone_t    *zone;
    ngx_http_assist_cached_t  *c;

    zone = shm_zone->data;
    rc = NGX_OK;

    ngx_http_assist_l1_lock_key(key, name);

    ngx_shmtx_lock(&zone->shpool->mutex);

    c = ngx_http_assist_l1_lookup(zone, name);

    if (c != NULL && c->len == sizeof(lock)) {
        ngx_memcpy(&lock, c->data, sizeof(lock));

        if (lock.owner != owner
            && (ngx_msec_int_t) (lock.until - ngx_current_msec) > 0)
        {
            rc = NGX_DECLINED;
        }
    }

    if (rc == NGX_OK) {
        lock.owner = owner;
        lock.until = ngx_current_msec + ms;
        value.data = (u_char *) &lock;
        value.len = sizeof(lock);

        ngx_http_assist_l1_put(zone, name, &value,
                               ngx_time() + (time_t) ms / 1000 + 1,
                               ngx_time() + (time_t) ms / 1000 + 1);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


void
ngx_http_assist_l1_unlock(ngx_shm_zone_t *shm_zone, u_char *key,
    uint64_t owner)
{
    u_char                     name[ASSIST_DIGEST_LEN];
    ngx_http_assist_lock_t     lock;
    ngx_http_assist_zone_t    *zone;
    ngx_http_assist_cached_t  *c;

    zone = shm_zone->data;
    ngx_http_assist_l1_lock_key(key, name);

    ngx_shmtx_lock(&zone->shpool->mutex);

    c = ngx_http_assist_l1_lookup(zone, name);

    if (c != NULL && c->len == sizeof(lock)) {
        ngx_memcpy(&lock, c->data, sizeof(lock));

        if (lock.owner == owner) {
            ngx_http_assist_l1_remove(zone, c);
        }
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


/* With the zone's lock held. */

static void
ngx_http_assist_l1_put(ngx_http_assist_zone_t *zone, u_char *key,
    ngx_str_t *value, time_t fresh, time_t stale)
{
    size_t                          size;
    ngx_uint_t                      i;
    ngx_http_assist_cached_t       *c;
    ngx_http_assist_cache_shctx_t  *sh;

    sh = zone->sh;
    size = offsetof(ngx_http_assist_cached_t, data) + value->len;

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
        c->stale = stale;
        c->len = value->len;
        ngx_memcpy(c->key, key, ASSIST_DIGEST_LEN);
        ngx_memcpy(c->data, value->data, value->len);

        ngx_rbtree_insert(&sh->rbtree, &c->node);
        ngx_queue_insert_head(&sh->queue, &c->queue);
    }
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


static void
ngx_http_assist_l1_lock_key(u_char *key, u_char *lock)
{
    assist_str_t  parts[2];

    parts[0] = assist_str("lock");
    parts[1] = (assist_str_t) { (char *) key, ASSIST_DIGEST_LEN };

    assist_digest(lock, parts, 2);
}
