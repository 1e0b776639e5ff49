/*
 * Feedback: whether an answer was useful.
 *
 * An answer's id is "token.service": the token is the second in which it was
 * made, a number of its own, its question's key (by which it can be withdrawn),
 * and a part of the HMAC of these and the service, in hexadecimal digits.  So
 * whoever votes was given that answer, and nothing is kept of an answer until
 * somebody votes on it.
 *
 * Key and votes lie in shared memory: they outlive a reload, not a restart.
 * With Redis a vote is marked there, too; while Redis is away, shared memory
 * alone decides.
 */

#include "ngx_http_assist.h"

#include "core/votes.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>


#define NGX_HTTP_ASSIST_NONCE_LEN  40           /* digits: 8, 16 and 16 */
#define NGX_HTTP_ASSIST_MAC_LEN    24           /* digits: 96 bits */


typedef struct {
    ngx_http_request_t                *request;
    ngx_str_t                          id;
    ngx_uint_t                         useful;
} ngx_http_assist_feedback_t;

typedef struct {
    assist_hmac_t                      hmac;
    assist_votes_t                     votes;
} ngx_http_assist_feedback_shctx_t;


static ngx_int_t ngx_http_assist_feedback_init_zone(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_http_assist_zone_t *ngx_http_assist_feedback_data(
    ngx_http_request_t *r);
static u_char *ngx_http_assist_feedback_hex(u_char *p, uint64_t n,
    ngx_uint_t digits);
static void ngx_http_assist_feedback_mac(ngx_http_request_t *r,
    u_char *nonce, assist_str_t service, u_char *digits);
static ngx_int_t ngx_http_assist_feedback_fields(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, json_t *json);
static ngx_int_t ngx_http_assist_feedback_useful(json_t *json,
    ngx_uint_t *useful);
static assist_vote_t ngx_http_assist_feedback_vote(ngx_http_request_t *r,
    ngx_str_t *id);
static ngx_int_t ngx_http_assist_feedback_mark(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_http_assist_feedback_t *feedback);
static void ngx_http_assist_feedback_marked(ngx_http_assist_op_t *op);
static ngx_int_t ngx_http_assist_feedback_repeated(ngx_http_request_t *r);
static ngx_int_t ngx_http_assist_feedback_send(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_http_assist_feedback_t *feedback);


ngx_int_t
ngx_http_assist_feedback_zone(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf)
{
    ngx_http_assist_zone_t  *zone;

    static ngx_str_t  name = ngx_string("assist_feedback");

    if (mcf->chats == 0) {
        return NGX_OK;
    }

    /* and what the slab keeps of each page, and for itself */
    mcf->feedback_zone = ngx_shared_memory_add(cf, &name,
                             sizeof(ngx_http_assist_feedback_shctx_t)
                             + 128 * 1024,
                             ngx_http_assist_feedback_zone);
    zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_zone_t));

    if (mcf->feedback_zone == NULL || zone == NULL) {
        return NGX_ERROR;
    }

    zone->mcf = mcf;
    mcf->feedback_zone->data = zone;
    mcf->feedback_zone->init = ngx_http_assist_feedback_init_zone;

    return NGX_OK;
}


u_char *
ngx_http_assist_feedback_id(ngx_http_request_t *r, u_char *p,
    uint64_t question, assist_str_t service)
{
    u_char  *nonce;

    nonce = p;

    p = ngx_http_assist_feedback_hex(p, (uint64_t) ngx_time(), 8);
    p = ngx_http_assist_feedback_hex(p, (uint64_t) ngx_random(), 8);
    p = ngx_http_assist_feedback_hex(p, (uint64_t) ngx_random(), 8);
    p = ngx_http_assist_feedback_hex(p, question, 16);

    ngx_http_assist_feedback_mac(r, nonce, service, p);
    p += NGX_HTTP_ASSIST_MAC_LEN;
    *p++ = '.';

    return ngx_cpymem(p, service.data, service.len);
}


/* A number's last digits; ngx_sprintf() takes five times as long. */

static u_char *
ngx_http_assist_feedback_hex(u_char *p, uint64_t n, ngx_uint_t digits)
{
    ngx_uint_t  i;

    for (i = digits; i--; n >>= 4) {
        p[i] = "0123456789abcdef"[n & 15];
    }

    return p + digits;
}


uint64_t
ngx_http_assist_feedback_question(ngx_str_t *id)
{
    uint64_t      question;
    assist_str_t  digits;

    if (id->len <= NGX_HTTP_ASSIST_TOKEN_LEN
        || id->data[NGX_HTTP_ASSIST_TOKEN_LEN] != '.')
    {
        return 0;
    }

    digits.data = (char *) id->data + NGX_HTTP_ASSIST_NONCE_LEN - 16;
    digits.len = 16;

    return assist_withdrawn_key_of(digits, &question) == 0 ? question : 0;
}


void
ngx_http_assist_feedback_body(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_str_t               body;
    ngx_http_assist_ctx_t  *ctx;

    ctx = ngx_http_assist_ctx(r, 1);

    rc = ctx ? ngx_http_assist_chat_read(r, ctx, &body) : NGX_ERROR;

    if (rc == NGX_OK) {
        ngx_http_assist_match(r, ctx);
        rc = ngx_http_assist_chat_parse(r, ctx, &body,
                                        ngx_http_assist_feedback_fields);
    }

    if (rc == NGX_AGAIN) {
        ngx_http_assist_op_park(r);
        return;
    }

    /* NGX_DONE: it was answered */
    ngx_http_finalize_request(r, rc == NGX_DONE ? NGX_OK : rc);
}


static ngx_int_t
ngx_http_assist_feedback_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_assist_zone_t *old = data;

    u_char                             key[32];
    ngx_http_assist_zone_t            *zone;
    ngx_http_assist_feedback_shctx_t  *sh;

    zone = shm_zone->data;
    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (old) {
        zone->sh = old->sh;
        return NGX_OK;
    }

    sh = ngx_slab_calloc(zone->shpool,
                         sizeof(ngx_http_assist_feedback_shctx_t));

    if (sh == NULL || RAND_bytes(key, sizeof(key)) != 1) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "assist: no %s for the ids of answers",
                      sh ? "random key" : "memory");
        return NGX_ERROR;
    }

    assist_hmac_key(&sh->hmac, (assist_str_t) { (char *) key, sizeof(key) });

    zone->sh = sh;

    return NGX_OK;
}


static ngx_http_assist_zone_t *
ngx_http_assist_feedback_data(ngx_http_request_t *r)
{
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    return mcf->feedback_zone->data;
}


/* The digits that only we can know. */

static void
ngx_http_assist_feedback_mac(ngx_http_request_t *r, u_char *nonce,
    assist_str_t service, u_char *digits)
{
    u_char                             mac[ASSIST_DIGEST_LEN];
    assist_str_t                       parts[2];
    ngx_http_assist_feedback_shctx_t  *sh;

    sh = ngx_http_assist_feedback_data(r)->sh;

    parts[0] = (assist_str_t) { (char *) nonce, NGX_HTTP_ASSIST_NONCE_LEN };
    parts[1] = service;
    assist_hmac(mac, &sh->hmac, parts, 2);

    (void) ngx_hex_dump(digits, mac, NGX_HTTP_ASSIST_MAC_LEN / 2);
}


static ngx_int_t
ngx_http_assist_feedback_fields(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, json_t *json)
{
    json_t                      *id;
    ngx_int_t                    rc;
    ngx_http_assist_feedback_t  *feedback;

    feedback = ngx_palloc(r->pool, sizeof(ngx_http_assist_feedback_t));
    if (feedback == NULL) {
        return NGX_ERROR;
    }

    feedback->request = r;
    id = json_object_get(json, "id");

    if (!json_is_string(id)
        || ngx_http_assist_feedback_useful(json_object_get(json, "useful"),
                                           &feedback->useful)
           != NGX_OK)
    {
        rc = ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                        "invalid_member",
                                        "send {\"id\":\"...\",\"useful\":"
                                        "true}, or false, with the id of an "
                                        "answer");
        return rc == NGX_ERROR ? NGX_ERROR : NGX_DONE;
    }

    feedback->id.len = json_string_length(id);
    feedback->id.data = ngx_pnalloc(r->pool, feedback->id.len + 1);

    if (feedback->id.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(feedback->id.data, json_string_value(id), feedback->id.len + 1);

    switch (ngx_http_assist_feedback_vote(r, &feedback->id)) {

    case ASSIST_VOTE_CAST:
        rc = ngx_http_assist_feedback_mark(r, ctx, feedback);

        if (rc == NGX_AGAIN) {
            return NGX_AGAIN;
        }

        rc = ngx_http_assist_feedback_send(r, ctx, feedback);
        break;

    case ASSIST_VOTE_REPEATED:
        rc = ngx_http_assist_feedback_repeated(r);
        break;

    default:
        rc = ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST, "unknown_id",
                                        "this is not the id of an answer of "
                                        "the last day");
    }

    return rc == NGX_ERROR ? NGX_ERROR : NGX_DONE;
}


/* true or false; in forms the words */

static ngx_int_t
ngx_http_assist_feedback_useful(json_t *json, ngx_uint_t *useful)
{
    const char  *word;

    if (json_is_boolean(json)) {
        *useful = json_is_true(json);
        return NGX_OK;
    }

    word = json_string_value(json);

    if (word == NULL
        || (ngx_strcmp(word, "true") != 0 && ngx_strcmp(word, "false") != 0))
    {
        return NGX_ERROR;
    }

    *useful = word[0] == 't';

    return NGX_OK;
}


/* An id that is not ours is over, too. */

static assist_vote_t
ngx_http_assist_feedback_vote(ngx_http_request_t *r, ngx_str_t *id)
{
    time_t                             made;
    u_char                            *p, mac[NGX_HTTP_ASSIST_MAC_LEN];
    uint64_t                           number;
    assist_str_t                       service;
    assist_vote_t                      vote;
    ngx_http_assist_zone_t            *zone;
    ngx_http_assist_feedback_shctx_t  *sh;

    p = id->data;

    if (id->len <= NGX_HTTP_ASSIST_TOKEN_LEN
        || p[NGX_HTTP_ASSIST_TOKEN_LEN] != '.')
    {
        return ASSIST_VOTE_OVER;
    }

    service.data = (char *) p + NGX_HTTP_ASSIST_TOKEN_LEN + 1;
    service.len = id->len - NGX_HTTP_ASSIST_TOKEN_LEN - 1;

    ngx_http_assist_feedback_mac(r, p, service, mac);

    if (CRYPTO_memcmp(mac, p + NGX_HTTP_ASSIST_NONCE_LEN,
                      NGX_HTTP_ASSIST_MAC_LEN)
        != 0)
    {
        return ASSIST_VOTE_OVER;
    }

    /* it is ours: the digits are digits */

    made = (time_t) ngx_hextoi(p, 8);
    number = (uint64_t) ngx_hextoi(p + 8, 8) << 32
             | (uint64_t) ngx_hextoi(p + 16, 8);

    zone = ngx_http_assist_feedback_data(r);
    sh = zone->sh;

    ngx_shmtx_lock(&zone->shpool->mutex);
    vote = assist_votes_cast(&sh->votes, ngx_time(), made, number);
    ngx_shmtx_unlock(&zone->shpool->mutex);

    return vote;
}


/*
 * SET NX in Redis.  NGX_AGAIN: its reply decides; NGX_DECLINED: there is no
 * Redis.
 */

static ngx_int_t
ngx_http_assist_feedback_mark(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_http_assist_feedback_t *feedback)
{
    u_char                       *p;
    ngx_str_t                     prefix, argv[6];
    ngx_http_assist_op_t         *op;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (mcf->redis == NULL) {
        return NGX_DECLINED;
    }

    prefix = ngx_http_assist_redis_prefix(mcf->redis);
    p = ngx_pnalloc(r->pool, prefix.len + 2 + NGX_HTTP_ASSIST_NONCE_LEN);

    if (p == NULL) {
        return NGX_DECLINED;
    }

    op = ngx_http_assist_redis_op(mcf->redis, r, &ctx->ops,
                                  ngx_http_assist_feedback_marked, feedback);
    if (op == NULL) {
        return NGX_DECLINED;
    }

    ngx_str_set(&argv[0], "SET");
    argv[1].data = p;
    ngx_str_set(&argv[2], "1");
    ngx_str_set(&argv[3], "NX");
    ngx_str_set(&argv[4], "EX");

    /* no answer is open longer: two generations of votes */
    ngx_str_set(&argv[5], "172800");

    p = ngx_cpymem(p, prefix.data, prefix.len);
    p = ngx_cpymem(p, "v:", 2);
    p = ngx_cpymem(p, feedback->id.data, NGX_HTTP_ASSIST_NONCE_LEN);
    argv[1].len = p - argv[1].data;

    if (ngx_http_assist_redis_send(mcf->redis, op, 6, argv) != NGX_OK) {
        ngx_http_assist_op_drop(op);
        return NGX_DECLINED;
    }

    return NGX_AGAIN;
}


static void
ngx_http_assist_feedback_marked(ngx_http_assist_op_t *op)
{
    ngx_int_t                    rc;
    ngx_http_request_t          *r;
    ngx_http_assist_ctx_t       *ctx;
    ngx_http_assist_feedback_t  *feedback;

    feedback = op->data;
    r = feedback->request;
    ctx = ngx_http_assist_ctx(r, 0);

    r->read_event_handler = ngx_http_block_reading;

    /* "OK", nil where it was there, or nil with a reason */

    rc = op->value.type == ASSIST_NIL && op->value.error == NULL
         ? ngx_http_assist_feedback_repeated(r)
         : ngx_http_assist_feedback_send(r, ctx, feedback);

    ngx_http_finalize_request(r, rc);
}


static ngx_int_t
ngx_http_assist_feedback_repeated(ngx_http_request_t *r)
{
    return ngx_http_assist_send_error(r, NGX_HTTP_CONFLICT, "already_voted",
                                      "this answer was voted on before");
}


static ngx_int_t
ngx_http_assist_feedback_send(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_http_assist_feedback_t *feedback)
{
    uint32_t                      service;
    ngx_str_t                     body;
    assist_str_t                  name;
    assist_buf_t                  buf = ASSIST_BUF_INIT;
    ngx_http_assist_main_conf_t  *mcf;

    static ngx_str_t  type = ngx_string("application/json");

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    name = ngx_http_assist_str(feedback->id);
    name.data += NGX_HTTP_ASSIST_TOKEN_LEN + 1;
    name.len -= NGX_HTTP_ASSIST_TOKEN_LEN + 1;

    service = mcf->catalog
              ? assist_catalog_find(mcf->catalog, name, assist_str(""))
              : ASSIST_NONE;

    ngx_http_assist_coverage_vote(r, ctx, service, feedback->useful);

    assist_buf_puts(&buf, "{\"id\":");
    assist_buf_json(&buf, ngx_http_assist_str(feedback->id));
    assist_buf_puts(&buf, feedback->useful ? ",\"useful\":true}\n"
                                           : ",\"useful\":false}\n");

    if (ngx_http_assist_take_buf(r, &buf, &body) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->shape == &ngx_http_assist_html_shape) {
        return ngx_http_assist_chat_page(r, ctx, NGX_HTTP_OK, &body);
    }

    return ngx_http_assist_add_header(r, "Cache-Control", "no-store") == NGX_OK
           ? ngx_http_assist_send(r, NGX_HTTP_OK, &type, &body) : NGX_ERROR;
}
