/*
 * Feedback: whether an answer was useful.
 *
 * An answer's id is "token.service": the token is the second in which it was
 * made, a number of its own, and a part of the HMAC of both and the service, in
 * hexadecimal digits.  So whoever votes was given that answer, and nothing is
 * kept of an answer until somebody votes on it.
 *
 * Key and votes lie in shared memory: they outlive a reload, not a restart.
 */

#include "ngx_http_assist.h"

#include "core/votes.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>


#define NGX_HTTP_ASSIST_NONCE_LEN  24           /* digits: 8 and 16 */
#define NGX_HTTP_ASSIST_MAC_LEN    24           /* digits: 96 bits */


typedef struct {
    u_char                             key[32];
    assist_votes_t                     votes;
} ngx_http_assist_feedback_shctx_t;


static ngx_int_t ngx_http_assist_feedback_init_zone(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_http_assist_zone_t *ngx_http_assist_feedback_data(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_assist_feedback_mac(ngx_http_request_t *r,
    u_char *nonce, assist_str_t service, u_char *digits);
static ngx_int_t ngx_http_assist_feedback_fields(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, json_t *json);
static ngx_int_t ngx_http_assist_feedback_useful(json_t *json,
    ngx_uint_t *useful);
static assist_vote_t ngx_http_assist_feedback_vote(ngx_http_request_t *r,
    ngx_str_t *id);
static ngx_int_t ngx_http_assist_feedback_send(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *id, ngx_uint_t useful);


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
    assist_str_t service)
{
    u_char  *nonce;

    nonce = p;

    p = ngx_sprintf(p, "%08xD%08xD%08xD", (uint32_t) ngx_time(),
                    (uint32_t) ngx_random(), (uint32_t) ngx_random());

    if (ngx_http_assist_feedback_mac(r, nonce, service, p) != NGX_OK) {
        /* an id that cannot be voted on */
        ngx_memset(p, '0', NGX_HTTP_ASSIST_MAC_LEN);
    }

    p += NGX_HTTP_ASSIST_MAC_LEN;
    *p++ = '.';

    return ngx_cpymem(p, service.data, service.len);
}


void
ngx_http_assist_feedback_body(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_str_t               body;
    ngx_http_assist_ctx_t  *ctx;

    ctx = ngx_http_assist_ctx(r, 1);

    rc = ctx ? ngx_http_assist_chat_read(r, &body) : NGX_ERROR;

    if (rc == NGX_OK) {
        ngx_http_assist_match(r, ctx);
        rc = ngx_http_assist_chat_parse(r, ctx, &body,
                                        ngx_http_assist_feedback_fields);
    }

    /* NGX_DONE: an error was sent */
    ngx_http_finalize_request(r, rc == NGX_DONE ? NGX_OK : rc);
}


static ngx_int_t
ngx_http_assist_feedback_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_assist_zone_t *old = data;

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

    if (sh == NULL || RAND_bytes(sh->key, sizeof(sh->key)) != 1) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "assist: no %s for the ids of answers",
                      sh ? "random key" : "memory");
        return NGX_ERROR;
    }

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

static ngx_int_t
ngx_http_assist_feedback_mac(ngx_http_request_t *r, u_char *nonce,
    assist_str_t service, u_char *digits)
{
    u_char                             digest[ASSIST_DIGEST_LEN];
    u_char                             mac[EVP_MAX_MD_SIZE];
    assist_str_t                       parts[2];
    ngx_http_assist_feedback_shctx_t  *sh;

    sh = ngx_http_assist_feedback_data(r)->sh;

    parts[0] = (assist_str_t) { (char *) nonce, NGX_HTTP_ASSIST_NONCE_LEN };
    parts[1] = service;
    assist_digest(digest, parts, 2);

    if (HMAC(EVP_sha256(), sh->key, sizeof(sh->key), digest, sizeof(digest),
             mac, NULL)
        == NULL)
    {
        return NGX_ERROR;
    }

    (void) ngx_hex_dump(digits, mac, NGX_HTTP_ASSIST_MAC_LEN / 2);

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_feedback_fields(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, json_t *json)
{
    json_t      *member;
    ngx_int_t    rc;
    ngx_str_t    id;
    ngx_uint_t   useful;

    member = json_object_get(json, "id");

    if (!json_is_string(member)
        || ngx_http_assist_feedback_useful(json_object_get(json, "useful"),
                                           &useful)
           != NGX_OK)
    {
        rc = ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                        "invalid_member",
                                        "send {\"id\":\"...\",\"useful\":"
                                        "true}, or false, with the id of an "
                                        "answer");
        return rc == NGX_ERROR ? NGX_ERROR : NGX_DONE;
    }

    id.data = (u_char *) json_string_value(member);
    id.len = json_string_length(member);

    switch (ngx_http_assist_feedback_vote(r, &id)) {

    case ASSIST_VOTE_CAST:
        rc = ngx_http_assist_feedback_send(r, ctx, &id, useful);
        break;

    case ASSIST_VOTE_REPEATED:
        rc = ngx_http_assist_send_error(r, NGX_HTTP_CONFLICT, "already_voted",
                                        "this answer was voted on before");
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

    if (ngx_http_assist_feedback_mac(r, p, service, mac) != NGX_OK
        || CRYPTO_memcmp(mac, p + NGX_HTTP_ASSIST_NONCE_LEN,
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


static ngx_int_t
ngx_http_assist_feedback_send(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *id, ngx_uint_t useful)
{
    uint32_t                      service;
    ngx_str_t                     body;
    assist_str_t                  name;
    assist_buf_t                  buf = ASSIST_BUF_INIT;
    ngx_http_assist_main_conf_t  *mcf;

    static ngx_str_t  type = ngx_string("application/json");

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    name = ngx_http_assist_str(*id);
    name.data += NGX_HTTP_ASSIST_TOKEN_LEN + 1;
    name.len -= NGX_HTTP_ASSIST_TOKEN_LEN + 1;

    service = mcf->catalog
              ? assist_catalog_find(mcf->catalog, name, assist_str(""))
              : ASSIST_NONE;

    ngx_http_assist_coverage_vote(r, ctx, service, useful);

    assist_buf_puts(&buf, "{\"id\":");
    assist_buf_json(&buf, ngx_http_assist_str(*id));
    assist_buf_puts(&buf, useful ? ",\"useful\":true}\n"
                                 : ",\"useful\":false}\n");

    if (ngx_http_assist_take_buf(r, &buf, &body) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->html) {
        return ngx_http_assist_chat_page(r, ctx, NGX_HTTP_OK, &body);
    }

    return ngx_http_assist_add_header(r, "Cache-Control", "no-store") == NGX_OK
           ? ngx_http_assist_send(r, NGX_HTTP_OK, &type, &body) : NGX_ERROR;
}
