/*
 * OpenAI's API, for clients that speak it already (assist_api on):
 *
 *     POST v1/chat/completions    model "assist": the location's hooks answer;
 *                                 the name of a provider: that model does
 *     GET  v1/models
 *
 * Errors have OpenAI's shape.  "assist" in an answer is ours: outcome,
 * services, sources.
 */

#include "ngx_http_assist.h"

#include <jansson.h>


#define NGX_HTTP_ASSIST_API_MESSAGES  64
#define NGX_HTTP_ASSIST_API_TURNS     4     /* that may say which service */


typedef struct {
    json_t                         *json;
    ngx_str_t                       model;
    assist_completion_message_t     messages[NGX_HTTP_ASSIST_API_MESSAGES];
    ngx_uint_t                      nmessages;
    ngx_uint_t                      max_tokens;
    unsigned                        stream:1;
    unsigned                        usage:1;
} ngx_http_assist_openai_t;


static ngx_int_t ngx_http_assist_openai_read(ngx_http_request_t *r,
    ngx_str_t *body, ngx_http_assist_openai_t *in);
static ngx_int_t ngx_http_assist_openai_messages(ngx_http_request_t *r,
    ngx_http_assist_openai_t *in, json_t *list);
static ngx_int_t ngx_http_assist_openai_content(ngx_http_request_t *r,
    json_t *content, assist_str_t *text);
static ngx_int_t ngx_http_assist_openai_wrong(ngx_http_request_t *r,
    const char *code, const char *text);
static ngx_int_t ngx_http_assist_openai_question(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_http_assist_openai_t *in);
static void ngx_http_assist_openai_previous(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_http_assist_openai_t *in);
static ngx_int_t ngx_http_assist_openai_provider(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_http_assist_openai_t *in);
static void ngx_http_assist_openai_answered(ngx_http_assist_op_t *op);
static ngx_uint_t ngx_http_assist_openai_is(assist_completion_message_t *m,
    const char *role);
static ngx_http_assist_provider_t **ngx_http_assist_openai_providers(
    ngx_http_request_t *r, ngx_uint_t *n);



static ngx_str_t  ngx_http_assist_json = ngx_string("application/json");


ngx_int_t
ngx_http_assist_openai_models(ngx_http_request_t *r)
{
    ngx_str_t                     body;
    ngx_uint_t                    i, n;
    assist_buf_t                  buf = ASSIST_BUF_INIT;
    ngx_http_assist_provider_t  **p;

    p = ngx_http_assist_openai_providers(r, &n);

    assist_buf_puts(&buf, "{\"object\":\"list\",\"data\":[{\"id\":\"assist\","
                    "\"object\":\"model\",\"created\":0,"
                    "\"owned_by\":\"nginx-assist\"}");

    for (i = 0; i < n; i++) {
        assist_buf_puts(&buf, ",{\"id\":");
        assist_buf_json(&buf, ngx_http_assist_str(p[i]->name));
        assist_buf_puts(&buf, ",\"object\":\"model\",\"created\":0,"
                        "\"owned_by\":\"provider\"}");
    }

    assist_buf_puts(&buf, "]}\n");

    return ngx_http_assist_take_buf(r, &buf, &body) == NGX_OK
           ? ngx_http_assist_send(r, NGX_HTTP_OK, &ngx_http_assist_json, &body)
           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* The body is there: finalizes the request, now or when there is an answer. */

void
ngx_http_assist_openai_body(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *body)
{
    ngx_int_t                  rc;
    ngx_http_assist_openai_t  *in;

    in = ngx_pcalloc(r->pool, sizeof(ngx_http_assist_openai_t));
    rc = in ? ngx_http_assist_openai_read(r, body, in) : NGX_ERROR;

    if (rc == NGX_OK) {
        ctx->usage = in->usage;
        ctx->asked_model = in->model;

        if (in->stream) {
            rc = ngx_http_assist_stream_open(r, ctx,
                                             &ngx_http_assist_openai_format);
        }
    }

    if (rc == NGX_OK) {
        rc = in->model.len == sizeof("assist") - 1
             && ngx_strncmp(in->model.data, "assist", in->model.len) == 0
             ? ngx_http_assist_openai_question(r, ctx, in)
             : ngx_http_assist_openai_provider(r, ctx, in);
    }

    if (in && in->json) {
        json_decref(in->json);
    }

    if (rc == NGX_DONE) {
        /* what was wrong has been sent */
        ngx_http_finalize_request(r, NGX_OK);

    } else if (rc == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);

    } else if (rc == NGX_OK) {
        ngx_http_assist_ask_start(r, ctx);

    }   /* else NGX_AGAIN: a provider is asked */
}


/* NGX_DONE: it is wrong, and the client was told so. */

static ngx_int_t
ngx_http_assist_openai_read(ngx_http_request_t *r, ngx_str_t *body,
    ngx_http_assist_openai_t *in)
{
    json_t        *member;
    const char    *model;
    json_error_t   err;

    in->json = json_loadb((char *) body->data, body->len,
                          JSON_REJECT_DUPLICATES, &err);

    if (!json_is_object(in->json)) {
        return ngx_http_assist_openai_wrong(r, "invalid_json",
                                            "the body is not a JSON object");
    }

    model = json_string_value(json_object_get(in->json, "model"));

    if (model == NULL) {
        return ngx_http_assist_openai_wrong(r, "missing_required_parameter",
                                            "\"model\" must be a string");
    }

    in->model.len = ngx_strlen(model);
    in->model.data = ngx_pnalloc(r->pool, in->model.len);
    if (in->model.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(in->model.data, model, in->model.len);

    member = json_object_get(in->json, "stream");

    if (member && !json_is_boolean(member) && !json_is_null(member)) {
        return ngx_http_assist_openai_wrong(r, "invalid_value",
                                            "\"stream\" must be a boolean");
    }

    in->stream = json_is_true(member);
    member = json_object_get(in->json, "stream_options");
    in->usage = json_is_true(json_object_get(member, "include_usage"));

    member = json_object_get(in->json, "max_completion_tokens");

    if (!json_is_integer(member)) {
        member = json_object_get(in->json, "max_tokens");
    }

    if (json_is_integer(member) && json_integer_value(member) > 0
        && json_integer_value(member) <= 1000000)
    {
        in->max_tokens = (ngx_uint_t) json_integer_value(member);
    }

    return ngx_http_assist_openai_messages(r, in,
                                      json_object_get(in->json, "messages"));
}


static ngx_int_t
ngx_http_assist_openai_messages(ngx_http_request_t *r,
    ngx_http_assist_openai_t *in, json_t *list)
{
    size_t                        i;
    json_t                       *item;
    ngx_int_t                     rc;
    const char                   *role;
    assist_completion_message_t  *message;

    if (!json_is_array(list) || json_array_size(list) == 0) {
        return ngx_http_assist_openai_wrong(r, "missing_required_parameter",
                                  "\"messages\" must be a list of messages");
    }

    if (json_array_size(list) > NGX_HTTP_ASSIST_API_MESSAGES) {
        return ngx_http_assist_openai_wrong(r, "invalid_value",
                                  "\"messages\" may have 64 messages");
    }

    json_array_foreach(list, i, item) {
        role = json_string_value(json_object_get(item, "role"));

        if (role == NULL
            || (ngx_strcmp(role, "system") != 0
                && ngx_strcmp(role, "developer") != 0
                && ngx_strcmp(role, "user") != 0
                && ngx_strcmp(role, "assistant") != 0))
        {
            return ngx_http_assist_openai_wrong(r, "invalid_value",
                       "a message's \"role\" must be system, developer, user "
                       "or assistant");
        }

        message = &in->messages[in->nmessages++];

        /* not all providers know the newer name */
        message->role = assist_str_of(ngx_strcmp(role, "developer") == 0
                                      ? "system" : role);

        rc = ngx_http_assist_openai_content(r,
                                            json_object_get(item, "content"),
                                            &message->content);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (!ngx_http_assist_openai_is(&in->messages[in->nmessages - 1], "user")) {
        return ngx_http_assist_openai_wrong(r, "invalid_value",
                   "the last message must be the user's");
    }

    return NGX_OK;
}


/* A string, or a list of parts that are text. */

static ngx_int_t
ngx_http_assist_openai_content(ngx_http_request_t *r, json_t *content,
    assist_str_t *text)
{
    size_t         i;
    json_t        *part;
    ngx_str_t      joined;
    const char    *type, *piece;
    assist_buf_t   buf = ASSIST_BUF_INIT;

    if (json_is_string(content)) {
        text->data = json_string_value(content);
        text->len = json_string_length(content);
        return NGX_OK;
    }

    json_array_foreach(content, i, part) {
        type = json_string_value(json_object_get(part, "type"));
        piece = json_string_value(json_object_get(part, "text"));

        if (type == NULL || ngx_strcmp(type, "text") != 0 || piece == NULL) {
            assist_buf_free(&buf);
            content = NULL;
            break;
        }

        assist_buf_puts(&buf, piece);
    }

    if (!json_is_array(content)) {
        return ngx_http_assist_openai_wrong(r, "invalid_value",
                   "a message's \"content\" must be text");
    }

    if (ngx_http_assist_take_buf(r, &buf, &joined) != NGX_OK) {
        return NGX_ERROR;
    }

    *text = ngx_http_assist_str(joined);

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_openai_wrong(ngx_http_request_t *r, const char *code,
    const char *text)
{
    return ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST, code, "%s",
                                      text)
           == NGX_ERROR ? NGX_ERROR : NGX_DONE;
}


/* The last message is the question; the client's instructions are dropped. */

static ngx_int_t
ngx_http_assist_openai_question(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_http_assist_openai_t *in)
{
    assist_str_t  text;

    text = in->messages[in->nmessages - 1].content;

    if (text.len == 0 || text.len > NGX_HTTP_ASSIST_QUESTION_MAX) {
        return ngx_http_assist_openai_wrong(r, "question_too_long",
                   "the last message may have 1 to 2000 bytes");
    }

    ctx->question.len = text.len;
    ctx->question.data = ngx_pnalloc(r->pool, text.len + 1);
    if (ctx->question.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(ctx->question.data, text.data, text.len);
    ctx->question.data[text.len] = '\0';

    ngx_http_assist_openai_previous(r, ctx, in);

    return NGX_OK;
}


/*
 * A conversation comes as a whole, without an id of ours: the latest question
 * before this one that finds a service says what it is about.
 */

static void
ngx_http_assist_openai_previous(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_http_assist_openai_t *in)
{
    ngx_uint_t                    i, turns;
    assist_result_t               result;
    assist_procedure_t           *procedure;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    for (i = in->nmessages - 1, turns = 0;
         i > 0 && turns < NGX_HTTP_ASSIST_API_TURNS;
         i--)
    {
        if (!ngx_http_assist_openai_is(&in->messages[i - 1], "user")
            || in->messages[i - 1].content.len > NGX_HTTP_ASSIST_QUESTION_MAX)
        {
            continue;
        }

        turns++;

        if (ngx_http_assist_search(mcf, in->messages[i - 1].content, &result)
            == NGX_OK && result.found == ASSIST_FOUND_ONE)
        {
            procedure = &mcf->catalog->procedures[result.hits[0].procedure];
            ctx->previous = procedure->service;
            ctx->previous_shared = procedure->nservices > 1;
            return;
        }
    }
}


/* A conversation with a model itself: redacted, paid from the budget. */

static ngx_int_t
ngx_http_assist_openai_provider(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_http_assist_openai_t *in)
{
    ngx_int_t                      rc;
    ngx_uint_t                     i, n;
    assist_buf_t                   users = ASSIST_BUF_INIT;
    ngx_http_assist_op_t          *op;
    ngx_http_assist_provider_t   **p;
    ngx_http_assist_model_conf_t   conf;

    p = ngx_http_assist_openai_providers(r, &n);

    for (i = 0; i < n; i++) {
        if (p[i]->name.len == in->model.len
            && ngx_memcmp(p[i]->name.data, in->model.data, in->model.len) == 0)
        {
            break;
        }
    }

    if (i == n) {
        return ngx_http_assist_send_error(r, NGX_HTTP_NOT_FOUND,
                                          "model_not_found",
                                          "there is no model \"%V\" here; "
                                          "see v1/models", &in->model)
               == NGX_ERROR ? NGX_ERROR : NGX_DONE;
    }

    /* what is refused is refused in every turn */

    for (i = 0; i < in->nmessages; i++) {
        if (ngx_http_assist_openai_is(&in->messages[i], "user")) {
            assist_buf_add(&users, in->messages[i].content.data,
                           in->messages[i].content.len);
            assist_buf_putc(&users, '\n');
        }
    }

    if (ngx_http_assist_take_buf(r, &users, &ctx->question) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_assist_ask_guard(r, ctx);

    if (rc == NGX_DECLINED) {
        ngx_http_assist_ask_done(r);
        return NGX_AGAIN;
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&conf, sizeof(ngx_http_assist_model_conf_t));

    conf.messages = in->messages;
    conf.nmessages = in->nmessages;
    conf.max_tokens = in->max_tokens;
    conf.provider = in->model;
    conf.say = 1;

    op = ngx_http_assist_model_ask(r, &conf, ngx_http_assist_openai_answered,
                                   ctx);
    if (op == NULL) {
        return NGX_ERROR;
    }

    ngx_http_assist_op_park(r);

    return NGX_AGAIN;
}


/* A model that had no passages has no source: it is no support. */

static void
ngx_http_assist_openai_answered(ngx_http_assist_op_t *op)
{
    ngx_http_assist_ctx_t  *ctx;

    ctx = op->data;

    ctx->request->read_event_handler = ngx_http_block_reading;
    ctx->outcome = 1;

    ctx->event.outcome = op->value.type != ASSIST_NIL ? ASSIST_UNGROUNDED
                         : ctx->spent ? ASSIST_REFUSED
                         : ctx->late ? ASSIST_ERROR_TIMEOUT
                         : ASSIST_ERROR_PROVIDER;

    ngx_http_assist_ask_done(ctx->request);
}


static ngx_uint_t
ngx_http_assist_openai_is(assist_completion_message_t *m, const char *role)
{
    return assist_str_eq(m->role, assist_str_of(role));
}


static ngx_http_assist_provider_t **
ngx_http_assist_openai_providers(ngx_http_request_t *r, ngx_uint_t *n)
{
    ngx_http_assist_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);
    *n = lcf->use ? lcf->use->providers.nelts : 0;

    return lcf->use ? lcf->use->providers.elts : NULL;
}


