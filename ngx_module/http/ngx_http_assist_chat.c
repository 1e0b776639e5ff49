/*
 * The citizens' endpoint: POST ask.
 *
 *     body -> question -> cache -> ask hook -> answer -> cache, counters
 */

#include "ngx_http_assist.h"

#include <jansson.h>

#include "core/lang.h"
#include "core/text.h"


#define NGX_HTTP_ASSIST_BODY_MAX      (16 * 1024)
#define NGX_HTTP_ASSIST_QUESTION_MAX  2000


static ngx_int_t ngx_http_assist_ask(ngx_http_request_t *r);
static void ngx_http_assist_ask_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_assist_ask_read(ngx_http_request_t *r,
    ngx_str_t *body);
static ngx_int_t ngx_http_assist_ask_parse(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *body);
static ngx_int_t ngx_http_assist_ask_fields(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, json_t *json);
static ngx_int_t ngx_http_assist_ask_string(ngx_http_request_t *r,
    json_t *json, const char *name, ngx_str_t *value);
static ngx_int_t ngx_http_assist_ask_service(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *code, ngx_str_t *agency);
static void ngx_http_assist_ask_previous(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *id);
static ngx_int_t ngx_http_assist_ask_key(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_ask_seed(ngx_http_request_t *r,
    ngx_http_assist_loc_conf_t *lcf);
static void ngx_http_assist_ask_start(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_ask_cached(ngx_http_assist_op_t *op);
static ngx_int_t ngx_http_assist_ask_hit(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *record);
static void ngx_http_assist_ask_miss(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static void ngx_http_assist_ask_done(ngx_http_request_t *r);
static void ngx_http_assist_ask_outcome(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
static ngx_int_t ngx_http_assist_ask_send(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members);


static ngx_str_t  ngx_http_assist_json = ngx_string("application/json");

/* AI Law 134/2025, Art. 11: people must know that they deal with AI. */

static const char  ngx_http_assist_disclosure_vi[] =
    "Câu trả lời do trợ lý AI tạo tự động và có thể có sai sót. Hãy kiểm tra "
    "nguồn dẫn trước khi làm theo.";
static const char  ngx_http_assist_disclosure_en[] =
    "This answer was produced automatically by an AI assistant and can be "
    "wrong. Check the source before you rely on it.";

static const char  ngx_http_assist_trouble_vi[] =
    "Trợ lý đang gặp sự cố. Vui lòng thử lại sau ít phút, hoặc xem trang của "
    "thủ tục trên cổng.";
static const char  ngx_http_assist_trouble_en[] =
    "The assistant is having trouble. Please try again in a few minutes, or "
    "see the service's page on the portal.";


ngx_int_t
ngx_http_assist_chat_handler(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_str_t               name;
    ngx_http_assist_ctx_t  *ctx;

    ctx = ngx_http_assist_ctx(r, 1);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->chat = 1;
    name = ngx_http_assist_below(r);

    if (name.len == 3 && ngx_strncmp(name.data, "ask", 3) == 0) {

        if (r->method == NGX_HTTP_POST) {
            return ngx_http_assist_ask(r);
        }

        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        if (ngx_http_assist_add_header(r, "Allow", "POST") != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_http_assist_send_error(r, NGX_HTTP_NOT_ALLOWED,
                                          "method_not_allowed",
                                          "questions are sent with POST");
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_assist_send_error(r, NGX_HTTP_NOT_FOUND, "not_found",
                                      "there is no \"%V\" here; questions go "
                                      "to \"ask\"", &name);
}


static ngx_int_t
ngx_http_assist_ask(ngx_http_request_t *r)
{
    ngx_int_t   rc;
    ngx_str_t  *type;

    type = r->headers_in.content_type ? &r->headers_in.content_type->value
                                      : NULL;

    if (type == NULL || type->len < sizeof("application/json") - 1
        || ngx_strncasecmp(type->data, (u_char *) "application/json",
                           sizeof("application/json") - 1)
           != 0)
    {
        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        return ngx_http_assist_send_error(r,
                   NGX_HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type",
                   "send a JSON body with \"Content-Type: application/json\"");
    }

    if (r->headers_in.content_length_n > NGX_HTTP_ASSIST_BODY_MAX) {
        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        return ngx_http_assist_send_error(r,
                   NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, "body_too_large",
                   "the body may have %d bytes", NGX_HTTP_ASSIST_BODY_MAX);
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_assist_ask_body);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


static void
ngx_http_assist_ask_body(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_str_t               body;
    ngx_http_assist_ctx_t  *ctx;

    ctx = ngx_http_assist_ctx(r, 1);

    rc = ctx ? ngx_http_assist_ask_read(r, &body) : NGX_ERROR;

    if (rc == NGX_OK) {
        rc = ngx_http_assist_ask_parse(r, ctx, &body);
    }

    if (rc == NGX_DONE) {
        /* the body was wrong, and the client was told so */
        ngx_http_finalize_request(r, NGX_OK);
        return;
    }

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    ngx_http_assist_ask_start(r, ctx);
}


/* The body in one piece.  NGX_DONE: an error was sent. */

static ngx_int_t
ngx_http_assist_ask_read(ngx_http_request_t *r, ngx_str_t *body)
{
    u_char       *p;
    size_t        len;
    ngx_chain_t  *cl;

    len = 0;

    for (cl = r->request_body ? r->request_body->bufs : NULL; cl;
         cl = cl->next)
    {
        if (!ngx_buf_in_memory(cl->buf) && !ngx_buf_special(cl->buf)) {
            len = NGX_HTTP_ASSIST_BODY_MAX + 1;     /* nginx wrote a file */
            break;
        }

        len += cl->buf->last - cl->buf->pos;
    }

    if (len > NGX_HTTP_ASSIST_BODY_MAX) {
        if (ngx_http_assist_send_error(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                       "body_too_large",
                                       "the body may have %d bytes",
                                       NGX_HTTP_ASSIST_BODY_MAX)
            == NGX_ERROR)
        {
            return NGX_ERROR;
        }

        return NGX_DONE;
    }

    p = ngx_pnalloc(r->pool, len + 1);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body->data = p;
    body->len = len;

    for (cl = r->request_body ? r->request_body->bufs : NULL; cl;
         cl = cl->next)
    {
        p = ngx_cpymem(p, cl->buf->pos, cl->buf->last - cl->buf->pos);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_ask_parse(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *body)
{
    json_t        *json;
    ngx_int_t      rc;
    json_error_t   err;

    json = json_loadb((char *) body->data, body->len, JSON_REJECT_DUPLICATES,
                      &err);

    if (json == NULL) {
        rc = ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                        "invalid_json",
                                        "the body is not JSON at byte %d: %s",
                                        err.position, err.text);

    } else if (!json_is_object(json)) {
        rc = ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                        "invalid_json",
                                        "the body must be an object, such as "
                                        "{\"question\":\"...\"}");

    } else {
        rc = ngx_http_assist_ask_fields(r, ctx, json);
        json_decref(json);
        return rc;
    }

    json_decref(json);

    return rc == NGX_ERROR ? NGX_ERROR : NGX_DONE;
}


static ngx_int_t
ngx_http_assist_ask_fields(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    json_t *json)
{
    ngx_int_t   rc;
    ngx_str_t   code, agency, previous;

    rc = ngx_http_assist_ask_string(r, json, "question", &ctx->question);

    if (rc == NGX_OK) {
        rc = ngx_http_assist_ask_string(r, json, "service", &code);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_assist_ask_string(r, json, "agency", &agency);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_assist_ask_string(r, json, "lang", &ctx->lang);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_assist_ask_string(r, json, "previous", &previous);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx->question.len == 0) {
        rc = ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                        "question_missing",
                                        "\"question\" is missing or empty");
        return rc == NGX_ERROR ? NGX_ERROR : NGX_DONE;
    }

    if (ctx->question.len > NGX_HTTP_ASSIST_QUESTION_MAX) {
        rc = ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                        "question_too_long",
                                        "\"question\" may have %d bytes",
                                        NGX_HTTP_ASSIST_QUESTION_MAX);
        return rc == NGX_ERROR ? NGX_ERROR : NGX_DONE;
    }

    if (ctx->lang.len
        && (ctx->lang.len != 2
            || (ngx_strncmp(ctx->lang.data, "vi", 2) != 0
                && ngx_strncmp(ctx->lang.data, "en", 2) != 0)))
    {
        rc = ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                        "unknown_lang",
                                        "\"lang\" must be \"vi\" or \"en\"");
        return rc == NGX_ERROR ? NGX_ERROR : NGX_DONE;
    }

    ngx_http_assist_ask_previous(ngx_http_get_module_main_conf(r,
                                                ngx_http_assist_module),
                                 ctx, &previous);

    return ngx_http_assist_ask_service(r, ctx, &code, &agency);
}


/* A member that is a string, copied; len 0: it is missing. */

static ngx_int_t
ngx_http_assist_ask_string(ngx_http_request_t *r, json_t *json,
    const char *name, ngx_str_t *value)
{
    json_t  *member;

    ngx_str_set(value, "");
    member = json_object_get(json, name);

    if (member == NULL || json_is_null(member)) {
        return NGX_OK;
    }

    if (!json_is_string(member)) {
        return ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                          "invalid_member",
                                          "\"%s\" must be a string", name)
               == NGX_ERROR ? NGX_ERROR : NGX_DONE;
    }

    value->len = json_string_length(member);
    value->data = ngx_pnalloc(r->pool, value->len + 1);

    if (value->data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(value->data, json_string_value(member), value->len + 1);

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_ask_service(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *code, ngx_str_t *agency)
{
    u_char                       *at;
    uint32_t                      procedure;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (code->len == 0) {
        /* the location's own service, if it names one, else none */
        ngx_http_assist_match(r, ctx);
        return NGX_OK;
    }

    at = ngx_strlchr(code->data, code->data + code->len, '@');

    if (at != NULL && agency->len == 0) {
        agency->data = at + 1;
        agency->len = code->data + code->len - agency->data;
        code->len = at - code->data;
    }

    if (mcf->catalog) {
        ctx->service = assist_catalog_find(mcf->catalog,
                                           ngx_http_assist_str(*code),
                                           ngx_http_assist_str(*agency));

        if (ctx->service == ASSIST_NONE && agency->len == 0) {
            /* of several agencies: answered, but nobody's interaction */
            procedure = assist_catalog_procedure(mcf->catalog,
                                                 ngx_http_assist_str(*code));

            if (procedure != ASSIST_NONE) {
                ctx->service = mcf->catalog->procedures[procedure].service;
                ctx->shared = 1;
            }
        }
    }

    ctx->matched = 1;

    if (ctx->service == ASSIST_NONE) {
        return ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                          "unknown_service",
                                          "service \"%V%s%V\" is not in the "
                                          "catalogue", code,
                                          agency->len ? "@" : "", agency)
               == NGX_ERROR ? NGX_ERROR : NGX_DONE;
    }

    return NGX_OK;
}


/* An answer's id ends with its service: "0123456789abcdef.code@agency". */

static void
ngx_http_assist_ask_previous(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *id)
{
    u_char        *at, *end;
    assist_str_t   code, agency;

    if (mcf->catalog == NULL || id->len < 18 || id->data[16] != '.') {
        return;
    }

    end = id->data + id->len;
    at = ngx_strlchr(id->data + 17, end, '@');

    code.data = (char *) id->data + 17;
    code.len = (size_t) ((at ? at : end) - id->data) - 17;
    agency.data = (char *) (at ? at + 1 : end);
    agency.len = (size_t) (end - (u_char *) agency.data);

    ctx->previous = assist_catalog_find(mcf->catalog, code, agency);
}


/* What must be the same for an answer to be the same. */

static ngx_int_t
ngx_http_assist_ask_key(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_int_t                     rc;
    ngx_str_t                     parts[6];
    assist_buf_t                  normal = ASSIST_BUF_INIT;
    ngx_http_assist_loc_conf_t   *lcf;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (assist_text_normalize(ngx_http_assist_str(ctx->question), &normal) < 0)
    {
        assist_buf_free(&normal);
        return NGX_ERROR;
    }

    if (ctx->lang.len == 0) {
        ctx->lang.data = (u_char *) assist_lang_guess(assist_buf_str(&normal));
        ctx->lang.len = 2;
    }

    if (ngx_http_assist_ask_seed(r, lcf) != NGX_OK) {
        assist_buf_free(&normal);
        return NGX_ERROR;
    }

    ngx_memzero(parts, sizeof(parts));

    parts[0].data = lcf->cache_seed;
    parts[0].len = NGX_HTTP_ASSIST_KEY_LEN;

    if (ctx->service != ASSIST_NONE) {
        parts[1] = ngx_http_assist_ngx_str(
                       mcf->catalog->services[ctx->service].id);
    }

    if (ctx->previous != ASSIST_NONE) {
        parts[2] = ngx_http_assist_ngx_str(
                       mcf->catalog->services[ctx->previous].id);
    }

    parts[3] = ctx->lang;

    if (lcf->cache_scope
        && ngx_http_complex_value(r, lcf->cache_scope, &parts[4]) != NGX_OK)
    {
        assist_buf_free(&normal);
        return NGX_ERROR;
    }

    parts[5] = ngx_http_assist_ngx_str(assist_buf_str(&normal));

    rc = ngx_http_assist_cache_key(ctx->key, parts, 6);
    assist_buf_free(&normal);

    ctx->cacheable = rc == NGX_OK && lcf->cache_valid > 0
                     && (mcf->cache_zone || mcf->redis);

    return rc;
}


/* Of a location: catalogue, hooks' sources, its hooks and their parameters. */

static ngx_int_t
ngx_http_assist_ask_seed(ngx_http_request_t *r,
    ngx_http_assist_loc_conf_t *lcf)
{
    u_char                       *seed;
    ngx_str_t                     parts[4];
    ngx_uint_t                    i, n;
    assist_conf_t                *conf;
    ngx_http_assist_hook_t      **hooks;
    ngx_http_assist_main_conf_t  *mcf;

    if (lcf->cache_seed) {
        return NGX_OK;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    seed = ngx_palloc(ngx_cycle->pool, NGX_HTTP_ASSIST_KEY_LEN);
    if (seed == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(parts, sizeof(parts));

    if (mcf->catalog) {
        parts[0] = ngx_http_assist_ngx_str(assist_str_of(mcf->catalog->hash));
    }

    parts[1].data = mcf->sources_hash;
    parts[1].len = NGX_HTTP_ASSIST_KEY_LEN;

    if (ngx_http_assist_cache_key(seed, parts, 2) != NGX_OK) {
        return NGX_ERROR;
    }

    hooks = lcf->hooks ? lcf->hooks->elts : NULL;

    for (i = 0; lcf->hooks && i < lcf->hooks->nelts; i++) {
        conf = hooks[i]->conf.elts;

        for (n = 0; n <= hooks[i]->conf.nelts; n++) {
            parts[0].data = seed;
            parts[0].len = NGX_HTTP_ASSIST_KEY_LEN;
            parts[1] = hooks[i]->file;
            ngx_str_null(&parts[2]);
            ngx_str_null(&parts[3]);

            if (n < hooks[i]->conf.nelts) {
                parts[2] = ngx_http_assist_ngx_str(conf[n].key);
                parts[3] = ngx_http_assist_ngx_str(conf[n].value);
            }

            if (ngx_http_assist_cache_key(seed, parts, 4) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    lcf->cache_seed = seed;

    return NGX_OK;
}


static void
ngx_http_assist_ask_start(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ngx_int_t  rc;
    ngx_str_t  record;

    if (ngx_http_assist_ask_key(r, ctx) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (!ctx->cacheable) {
        ngx_http_assist_ask_miss(r, ctx);
        return;
    }

    rc = ngx_http_assist_cache_get(r, &ctx->ops, ctx->key, &record,
                                   ngx_http_assist_ask_cached, ctx);

    if (rc == NGX_AGAIN) {
        r->read_event_handler = ngx_http_test_reading;
        r->write_event_handler = ngx_http_request_empty_handler;
        return;
    }

    if (rc != NGX_OK || ngx_http_assist_ask_hit(r, ctx, &record) != NGX_OK) {
        ngx_http_assist_ask_miss(r, ctx);
    }
}


static void
ngx_http_assist_ask_cached(ngx_http_assist_op_t *op)
{
    ngx_str_t               record;
    ngx_http_request_t     *r;
    ngx_http_assist_ctx_t  *ctx;

    ctx = op->data;
    r = ctx->request;

    r->read_event_handler = ngx_http_block_reading;

    if (op->value.type == ASSIST_STRING) {
        /* the op goes, the response stays until it is sent */
        record.len = op->value.string.len;
        record.data = ngx_pnalloc(r->pool, record.len);

        if (record.data != NULL) {
            ngx_memcpy(record.data, op->value.string.data, record.len);

            if (ngx_http_assist_ask_hit(r, ctx, &record) == NGX_OK) {
                return;
            }
        }
    }

    ngx_http_assist_ask_miss(r, ctx);
}


static ngx_int_t
ngx_http_assist_ask_hit(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *record)
{
    ngx_str_t  members;

    if (ngx_http_assist_answer_load(r, ctx, record, &members) != NGX_OK) {
        return NGX_DECLINED;
    }

    ctx->event.cache = ASSIST_CACHE_HIT;

    ngx_http_finalize_request(r, ngx_http_assist_ask_send(r, ctx, &members));

    return NGX_OK;
}


static void
ngx_http_assist_ask_miss(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    ctx->event.cache = ctx->cacheable ? ASSIST_CACHE_MISS : ASSIST_CACHE_NONE;

    if (ngx_http_assist_hook_run(r, ctx, ASSIST_PHASE_ASK,
                                 ngx_http_assist_ask_done)
        == NGX_OK)
    {
        ngx_http_assist_ask_done(r);
    }
}


/* The hooks are over. */

static void
ngx_http_assist_ask_done(ngx_http_request_t *r)
{
    ngx_str_t                    members, record;
    ngx_http_assist_ctx_t       *ctx;
    ngx_http_assist_loc_conf_t  *lcf;

    r->write_event_handler = ngx_http_request_empty_handler;

    ctx = ngx_http_assist_ctx(r, 0);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    ngx_http_assist_ask_outcome(r, ctx);

    if (ngx_http_assist_answer_json(r, ctx, &members) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (ctx->cacheable && ctx->event.outcome == ASSIST_ANSWERED
        && ngx_http_assist_answer_store(r, ctx, &members, &record) == NGX_OK)
    {
        ngx_http_assist_cache_set(r, ctx->key, &record, lcf->cache_valid);
    }

    ngx_http_finalize_request(r, ngx_http_assist_ask_send(r, ctx, &members));
}


/* What came of it, and whose interaction it was. */

static void
ngx_http_assist_ask_outcome(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx)
{
    uint32_t                      service;
    assist_str_t                  text;
    assist_catalog_t             *catalog;
    assist_service_t             *found;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    catalog = mcf->catalog;

    ngx_str_set(&ctx->model, "catalogue");

    if (!ctx->outcome) {
        ctx->outcome = 1;
        ctx->event.outcome = ctx->said.len ? ASSIST_ANSWERED
                                           : ASSIST_ERROR_HOOK;
    }

    if (ctx->said.len == 0 && ctx->event.outcome >= ASSIST_FALLBACK) {
        text = ctx->lang.data[0] == 'e'
               ? assist_str(ngx_http_assist_trouble_en)
               : assist_str(ngx_http_assist_trouble_vi);
        assist_buf_add(&ctx->said, text.data, text.len);
    }

    ctx->event.sourced = ctx->cites.nelts != 0;

    if (ctx->service == ASSIST_NONE && ctx->about.nelts
        && ctx->event.outcome != ASSIST_CLARIFICATION)
    {
        /* found by the hook: counted where there is no doubt whose it is */
        service = *(uint32_t *) ctx->about.elts;
        found = &catalog->services[service];

        ctx->service = service;
        ctx->shared = catalog->procedures[found->procedure].nservices > 1;
    }
}


static ngx_int_t
ngx_http_assist_ask_send(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members)
{
    u_char                       *p;
    size_t                        len;
    ngx_str_t                     body, id;
    ngx_uint_t                    status;
    const char                   *cache, *outcome, *disclosure;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    ngx_http_assist_match(r, ctx);
    ctx->event.kind = ASSIST_KIND_ASK;
    ctx->event.disclosed = 1;

    /* before it is sent: who reads the figure next finds it there */
    ngx_http_assist_coverage_event(r, ctx);

    cache = assist_cache_name(ctx->event.cache);
    outcome = assist_outcome_name(ctx->event.outcome);
    disclosure = ctx->lang.data[0] == 'e' ? ngx_http_assist_disclosure_en
                                          : ngx_http_assist_disclosure_vi;
    ngx_str_null(&id);

    if (ctx->service != ASSIST_NONE) {
        id = ngx_http_assist_ngx_str(mcf->catalog->services[ctx->service].id);
    }

    if (ngx_http_assist_add_header(r, "X-Assist-Outcome", outcome) != NGX_OK
        || (cache[0]
            && ngx_http_assist_add_header(r, "X-Assist-Cache", cache)
               != NGX_OK)
        || ngx_http_assist_add_header(r, "Cache-Control", "no-store")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    len = sizeof("{\"id\":\"0123456789abcdef.\",\"cache\":\"\",") + id.len
          + ngx_strlen(cache) + members->len
          + sizeof(",\"disclosure\":\"\"}\n") + ngx_strlen(disclosure)
          + sizeof("null");

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = p;
    p = ngx_sprintf(p, "{\"id\":\"%08xD%08xD.%V\",", (uint32_t) ngx_random(),
                    (uint32_t) ngx_random(), &id);
    p = cache[0] ? ngx_sprintf(p, "\"cache\":\"%s\",", cache)
                 : ngx_sprintf(p, "\"cache\":null,");
    p = ngx_cpymem(p, members->data, members->len);
    p = ngx_sprintf(p, ",\"disclosure\":\"%s\"}\n", disclosure);
    body.len = p - body.data;

    switch (ctx->event.outcome) {
    case ASSIST_ERROR_TIMEOUT:
        status = NGX_HTTP_GATEWAY_TIME_OUT;
        break;
    case ASSIST_ERROR_PROVIDER:
        status = NGX_HTTP_BAD_GATEWAY;
        break;
    case ASSIST_ERROR_HOOK:
        status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        break;
    default:
        status = NGX_HTTP_OK;
    }

    return ngx_http_assist_send(r, status, &ngx_http_assist_json, &body);
}
