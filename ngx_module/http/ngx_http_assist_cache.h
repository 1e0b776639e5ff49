/*
 * Answers that are kept: in shared memory, in Redis, and what was withdrawn.
 */

#ifndef NGX_HTTP_ASSIST_CACHE_H
#define NGX_HTTP_ASSIST_CACHE_H


/* ngx_http_assist_l1.c: values in shared memory */
ngx_int_t ngx_http_assist_cache_init_zone(ngx_shm_zone_t *zone, void *data);
/* NGX_OK: *value, in r->pool; NGX_BUSY: the same, but it is stale;
 * NGX_DECLINED: a miss */
ngx_int_t ngx_http_assist_l1_get(ngx_http_request_t *r, ngx_shm_zone_t *zone,
    u_char *key, ngx_str_t *value);
/* fresh, then stale until these seconds */
void ngx_http_assist_l1_set(ngx_shm_zone_t *zone, u_char *key,
    ngx_str_t *value, time_t fresh, time_t stale);
void ngx_http_assist_l1_drop(ngx_shm_zone_t *zone, u_char *key);
/* who makes a value; the owner may lock it again.  NGX_DECLINED: another has
 * it, for at most ms more */
ngx_int_t ngx_http_assist_l1_lock(ngx_shm_zone_t *zone, u_char *key,
    uint64_t owner, ngx_msec_t ms);
void ngx_http_assist_l1_unlock(ngx_shm_zone_t *zone, u_char *key,
    uint64_t owner);

/* ngx_http_assist_cache.c: L1, L2 behind one interface */
/* NGX_OK: *value, in r->pool; NGX_BUSY: it is stale; NGX_DECLINED: a miss;
 * NGX_AGAIN: an op in `ops` calls the handler with a string (stale where its
 * number is 1), or nil for a miss; *value may be a stale one already */
ngx_int_t ngx_http_assist_cache_get(ngx_http_request_t *r, ngx_queue_t *ops,
    u_char *key, ngx_str_t *value, ngx_http_assist_op_handler_pt handler,
    void *data);
/* fresh for ttl seconds, then kept stale for as many */
void ngx_http_assist_cache_set(ngx_http_request_t *r, u_char *key,
    ngx_str_t *value, time_t ttl, time_t stale);
/* of this node's memory only */
void ngx_http_assist_cache_drop_l1(ngx_http_request_t *r, u_char *key);
/* who of all nodes makes a value.  NGX_AGAIN: the handler gets a string where
 * it is ours; NGX_DECLINED: there is no Redis */
ngx_int_t ngx_http_assist_cache_lease(ngx_http_request_t *r, ngx_queue_t *ops,
    u_char *key, uint64_t owner, ngx_msec_t ms,
    ngx_http_assist_op_handler_pt handler, void *data);
/* a lease, if it still is this owner's, ends in so many ms; 0: now */
void ngx_http_assist_cache_hold(ngx_http_request_t *r, u_char *key,
    uint64_t owner, ngx_msec_t ms);

/* ngx_http_assist_cache_read.c: reads of Redis that equal askers share */
/* NGX_OK: op->key is being read, and that reply is op's, too */
ngx_int_t ngx_http_assist_cache_read_join(ngx_http_assist_op_t *op);
/* op->key is read from now on: its command has been sent */
void ngx_http_assist_cache_read_start(ngx_http_assist_op_t *op);
/* what is being read is old: nobody joins any more */
void ngx_http_assist_cache_read_forget(u_char *key);

/* ngx_http_assist_withdraw.c: what was withdrawn, here and on other nodes */
ngx_int_t ngx_http_assist_withdraw_zone(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_withdraw_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf);
/* what an answer knows that is begun now */
uint64_t ngx_http_assist_withdraw_clock(ngx_http_assist_main_conf_t *mcf);
/* the last event that an answer concerns which knows those up to `known`;
 * number 0: there is none; see assist_withdrawn_since() */
assist_withdrawn_mark_t ngx_http_assist_withdrawn(
    ngx_http_assist_main_conf_t *mcf, uint64_t question,
    assist_str_t services, uint64_t known);
/* an event on keys, here, and on all nodes when the handler has got a value
 * that is told (NGX_AGAIN).  NGX_OK: there is only this node; NGX_BUSY: Redis is
 * away, the others hear of it later; NGX_DECLINED: there is no room, and
 * nothing is done.  keys has room for one more */
ngx_int_t ngx_http_assist_withdraw(ngx_http_request_t *r, ngx_queue_t *ops,
    ngx_uint_t blocked, uint64_t *keys, unsigned n,
    ngx_http_assist_op_handler_pt handler, void *data);
/* NGX_OK, or NGX_BUSY as above */
ngx_int_t ngx_http_assist_withdraw_told(ngx_http_assist_main_conf_t *mcf,
    assist_value_t *value);
/* does this node know it after a restart, within a second? */
ngx_uint_t ngx_http_assist_withdraw_kept(ngx_http_assist_main_conf_t *mcf);

/* ngx_http_assist_admin.c: POST below assist_status */
/* what a content handler returns; NGX_DECLINED: it is none of these */
ngx_int_t ngx_http_assist_admin_handler(ngx_http_request_t *r,
    ngx_str_t *name);


#endif
