/*
 * What administrators do below assist_status: delete an answer, purge a
 * service, withdraw an answer and release it.
 *
 * A page of another site could make an administrator's browser send a body
 * here, but no header of its own: therefore X-Assist-Admin.
 */

#include "ngx_http_assist.h"

#include "core/text.h"


#define NGX_HTTP_ASSIST_ADMIN_KEYS  (2 * ASSIST_WITHDRAWN_KEYS + 1)


typedef struct {
    ngx_http_request_t        *request;
    const char                *action;
    int                        act;         /* it withdraws, or releases */
    ngx_uint_t                 blocked;
    uint64_t                   keys[NGX_HTTP_ASSIST_ADMIN_KEYS];
    ngx_uint_t                 nkeys;
} ngx_http_assist_admin_t;


typedef struct {
    ngx_str_t                  name;
    const char                *members;     /* that the body may have */
    unsigned                   question:1;  /* of one answer */
    unsigned                   act:1;       /* withdraws, or releases it */
} ngx_http_assist_action_t;


static ngx_int_t ngx_http_assist_admin_allowed(ngx_http_request_t *r);
static void ngx_http_assist_admin_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_assist_admin_parse(ngx_http_request_t *r,
    ngx_str_t *body, ngx_http_assist_admin_t *admin);
static ngx_int_t ngx_http_assist_admin_members(ngx_http_request_t *r,
    const ngx_http_assist_action_t *action, json_t *json);
static ngx_int_t ngx_http_assist_admin_question(ngx_http_request_t *r,
    json_t *json, assist_str_t code, assist_str_t agency,
    ngx_http_assist_admin_t *admin);
static ngx_int_t ngx_http_assist_admin_id(ngx_http_request_t *r, json_t *json,
    ngx_http_assist_admin_t *admin);
static ngx_int_t ngx_http_assist_admin_purge(ngx_http_request_t *r,
    json_t *json, assist_str_t code, assist_str_t agency,
    ngx_http_assist_admin_t *admin);
static ngx_int_t ngx_http_assist_admin_service(ngx_http_request_t *r,
    json_t *json, assist_str_t *code, assist_str_t *agency);
static assist_str_t ngx_http_assist_admin_string(json_t *json,
    const char *name);
static void ngx_http_assist_admin_agency(assist_str_t *code,
    assist_str_t *agency);
static ngx_int_t ngx_http_assist_admin_wrong(ngx_http_request_t *r,
    const char *code, const char *text);
static void ngx_http_assist_admin_told(ngx_http_assist_op_t *op);
static ngx_int_t ngx_http_assist_admin_send(ngx_http_assist_admin_t *admin,
    ngx_int_t rc);
static const ngx_http_assist_action_t *ngx_http_assist_admin_action(
    ngx_str_t *name);


static const ngx_http_assist_action_t  ngx_http_assist_actions[] = {
    { ngx_string("cache/delete"), " question id service agency lang ", 1, 0 },
    { ngx_string("cache/purge"), " service agency all ", 0, 0 },
    { ngx_string("answer/withdraw"),
      " question id service agency lang release ", 1, 1 },
    { ngx_null_string, NULL, 0, 0 }
};


ngx_int_t
ngx_http_assist_admin_handler(ngx_http_request_t *r, ngx_str_t *name)
{
    ngx_int_t                     rc;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (mcf->withdraw_zone == NULL
        || ngx_http_assist_admin_action(name) == NULL)
    {
        return NGX_DECLINED;
    }

    rc = ngx_http_assist_admin_allowed(r);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_assist_admin_body);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


static const ngx_http_assist_action_t *
ngx_http_assist_admin_action(ngx_str_t *name)
{
    const ngx_http_assist_action_t  *action;

    for (action = ngx_http_assist_actions; action->name.len; action++) {
        if (action->name.len == name->len
            && ngx_strncmp(action->name.data, name->data, name->len) == 0)
        {
            return action;
        }
    }

    return NULL;
}


/* NGX_DECLINED: it is; else what was sent tells why not. */

static ngx_int_t
ngx_http_assist_admin_allowed(ngx_http_request_t *r)
{
    off_t             len;
    ngx_int_t         rc;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = r->headers_in.content_length_n;
    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; r->method == NGX_HTTP_POST; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (ngx_http_assist_is(&h[i].key, "X-Assist-Admin")
            && h[i].value.len == 1 && h[i].value.data[0] == '1'
            && len <= NGX_HTTP_ASSIST_BODY_MAX)
        {
            return NGX_DECLINED;
        }
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (len > NGX_HTTP_ASSIST_BODY_MAX) {
        return ngx_http_assist_send_error(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                          "body_too_large",
                                          "the body may have %d bytes",
                                          NGX_HTTP_ASSIST_BODY_MAX);
    }

    if (r->method != NGX_HTTP_POST) {
        return ngx_http_assist_add_header(r, "Allow", "POST") == NGX_OK
               ? ngx_http_assist_send_error(r, NGX_HTTP_NOT_ALLOWED,
                                            "method_not_allowed",
                                            "this takes POST")
               : NGX_ERROR;
    }

    return ngx_http_assist_send_error(r, NGX_HTTP_FORBIDDEN,
                                      "admin_header_missing",
                                      "send the header \"X-Assist-Admin: 1\", "
                                      "which other sites' pages cannot");
}


static void
ngx_http_assist_admin_body(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_str_t                 body;
    ngx_http_assist_ctx_t    *ctx;
    ngx_http_assist_admin_t  *admin;

    ctx = ngx_http_assist_ctx(r, 1);
    admin = ngx_pcalloc(r->pool, sizeof(ngx_http_assist_admin_t));

    rc = ctx && admin
         ? ngx_http_assist_body_text(r, NGX_HTTP_ASSIST_BODY_MAX, &body)
         : NGX_ERROR;

    if (rc == NGX_DECLINED) {
        rc = ngx_http_assist_admin_wrong(r, "body_too_large",
                                         "the body may have 16384 bytes");

    } else if (rc == NGX_OK) {
        admin->request = r;
        rc = ngx_http_assist_admin_parse(r, &body, admin);
    }

    if (rc != NGX_OK) {
        /* NGX_DONE: it was answered */
        ngx_http_finalize_request(r, rc == NGX_DONE ? NGX_OK : rc);
        return;
    }

    rc = ngx_http_assist_withdraw(r, &ctx->ops, admin->blocked, admin->keys,
                                  admin->nkeys, ngx_http_assist_admin_told,
                                  admin);
    if (rc == NGX_AGAIN) {
        ngx_http_assist_op_park(r);
        return;
    }

    ngx_http_finalize_request(r, ngx_http_assist_admin_send(admin, rc));
}


/* NGX_OK: admin has what is to be done; NGX_DONE: an error was sent. */

static ngx_int_t
ngx_http_assist_admin_parse(ngx_http_request_t *r, ngx_str_t *body,
    ngx_http_assist_admin_t *admin)
{
    json_t                          *json;
    ngx_int_t                        rc;
    ngx_str_t                        name;
    assist_str_t                     code, agency;
    json_error_t                     err;
    const ngx_http_assist_action_t  *action;

    name = ngx_http_assist_below(r);
    action = ngx_http_assist_admin_action(&name);
    json = json_loadb((char *) body->data, body->len, JSON_REJECT_DUPLICATES,
                      &err);

    if (action == NULL || !json_is_object(json)) {
        json_decref(json);
        return ngx_http_assist_admin_wrong(r, "invalid_json",
                                           "the body must be a JSON object, "
                                           "such as {\"service\":\"...\"}");
    }

    admin->action = (const char *) action->name.data;
    admin->act = action->act;
    admin->blocked = admin->act
                     && !json_is_true(json_object_get(json, "release"));

    rc = ngx_http_assist_admin_members(r, action, json);

    if (rc == NGX_OK) {
        rc = ngx_http_assist_admin_service(r, json, &code, &agency);
    }

    if (rc == NGX_OK) {
        rc = !action->question
             ? ngx_http_assist_admin_purge(r, json, code, agency, admin)
             : json_object_get(json, "id")
               ? ngx_http_assist_admin_id(r, json, admin)
               : ngx_http_assist_admin_question(r, json, code, agency, admin);
    }

    if (rc == NGX_OK) {
        ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                      "assist: %s%s, service \"%*s%s%*s\"", admin->action,
                      json_is_true(json_object_get(json, "release"))
                      ? ", release" : "",
                      code.len, code.data, agency.len ? "@" : "",
                      agency.len, agency.data);
    }

    json_decref(json);

    return rc;
}


/* A name that is misspelt must not make it a larger thing. */

static ngx_int_t
ngx_http_assist_admin_members(ngx_http_request_t *r,
    const ngx_http_assist_action_t *action, json_t *json)
{
    char         word[32];
    json_t      *value;
    ngx_uint_t   flag;
    const char  *name;

    json_object_foreach(json, name, value) {
        (void) ngx_snprintf((u_char *) word, sizeof(word) - 1, " %s %Z", name);
        word[sizeof(word) - 1] = '\0';

        if (ngx_strstr(action->members, word) == NULL) {
            return ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                              "unknown_member",
                                              "\"%s\" is not known here; "
                                              "there are:%s", name,
                                              action->members)
                   == NGX_ERROR ? NGX_ERROR : NGX_DONE;
        }

        flag = ngx_strcmp(name, "all") == 0
               || ngx_strcmp(name, "release") == 0;

        if (flag ? !json_is_boolean(value) : !json_is_string(value)) {
            return ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                              "invalid_member",
                                              "\"%s\" must be %s", name,
                                              flag ? "true or false"
                                                   : "a string")
                   == NGX_ERROR ? NGX_ERROR : NGX_DONE;
        }
    }

    return NGX_OK;
}


/* Without a language in both. */

static ngx_int_t
ngx_http_assist_admin_question(ngx_http_request_t *r, json_t *json,
    assist_str_t code, assist_str_t agency, ngx_http_assist_admin_t *admin)
{
    size_t        i;
    uint64_t      question;
    assist_str_t  lang;
    assist_buf_t  normal = ASSIST_BUF_INIT;

    static const char  *const langs[] = { "vi", "en" };

    lang = ngx_http_assist_admin_string(json, "lang");

    if (assist_text_normalize(ngx_http_assist_admin_string(json, "question"),
                              &normal)
        < 0)
    {
        assist_buf_free(&normal);
        return NGX_ERROR;
    }

    if (normal.len == 0) {
        assist_buf_free(&normal);
        return ngx_http_assist_admin_wrong(r, "question_missing",
                                           "\"question\", or \"id\", is "
                                           "missing or empty");
    }

    for (i = 0; i < 2; i++) {
        if (lang.len && !assist_str_eq(lang, assist_str_of(langs[i]))) {
            continue;
        }

        question = assist_withdrawn_question(assist_str_of(langs[i]),
                                             assist_buf_str(&normal));
        admin->nkeys += assist_withdrawn_keys(question, code, agency,
                                              admin->act,
                                              &admin->keys[admin->nkeys]);
    }

    assist_buf_free(&normal);

    return admin->nkeys ? NGX_OK
           : ngx_http_assist_admin_wrong(r, "unknown_lang",
                                         "\"lang\" must be \"vi\" or \"en\"");
}


/* An answer's id has its question, language and service. */

static ngx_int_t
ngx_http_assist_admin_id(ngx_http_request_t *r, json_t *json,
    ngx_http_assist_admin_t *admin)
{
    uint64_t      question;
    ngx_str_t     id;
    assist_str_t  code, agency;

    id = ngx_http_assist_ngx_str(ngx_http_assist_admin_string(json, "id"));
    question = ngx_http_assist_feedback_question(&id);

    if (question == 0 || json_object_get(json, "question")
        || json_object_get(json, "service") || json_object_get(json, "agency")
        || json_object_get(json, "lang"))
    {
        return ngx_http_assist_admin_wrong(r, "invalid_id",
                                           "\"id\" is that of an answer, and "
                                           "says the rest; that of a question "
                                           "with personal data, or to a model "
                                           "of OpenAI's API, cannot be used");
    }

    code.data = (char *) id.data + NGX_HTTP_ASSIST_TOKEN_LEN + 1;
    code.len = id.len - NGX_HTTP_ASSIST_TOKEN_LEN - 1;
    agency = assist_str("");

    ngx_http_assist_admin_agency(&code, &agency);
    admin->nkeys = assist_withdrawn_keys(question, code, agency, admin->act,
                                         admin->keys);

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_admin_purge(ngx_http_request_t *r, json_t *json,
    assist_str_t code, assist_str_t agency, ngx_http_assist_admin_t *admin)
{
    if (json_is_true(json_object_get(json, "all")) == (code.len != 0)) {
        return ngx_http_assist_admin_wrong(r, "service_missing",
                                           "send {\"service\":\"...\"}, or "
                                           "{\"all\":true} for all answers");
    }

    admin->nkeys = assist_withdrawn_keys(0, code, agency, 0, admin->keys);

    return NGX_OK;
}


/* What is written of a service, if it is in the catalogue. */

static ngx_int_t
ngx_http_assist_admin_service(ngx_http_request_t *r, json_t *json,
    assist_str_t *code, assist_str_t *agency)
{
    ngx_http_assist_ctx_t  *ctx;

    ctx = ngx_http_assist_ctx(r, 0);
    *code = ngx_http_assist_admin_string(json, "service");
    *agency = ngx_http_assist_admin_string(json, "agency");

    if (code->len == 0) {
        return agency->len == 0 ? NGX_OK
               : ngx_http_assist_admin_wrong(r, "service_missing",
                                             "\"agency\" needs a "
                                             "\"service\"");
    }

    ngx_http_assist_set_service(r, ctx, *code, *agency);

    if (ctx->service == ASSIST_NONE) {
        return ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST,
                                          "unknown_service",
                                          "service \"%*s%s%*s\" is not in the "
                                          "catalogue", code->len, code->data,
                                          agency->len ? "@" : "",
                                          agency->len, agency->data)
               == NGX_ERROR ? NGX_ERROR : NGX_DONE;
    }

    ngx_http_assist_admin_agency(code, agency);

    /* it is no traffic of the service's */
    ctx->service = ASSIST_NONE;

    return NGX_OK;
}


/* "code@agency" as two */

static void
ngx_http_assist_admin_agency(assist_str_t *code, assist_str_t *agency)
{
    const char  *at;

    at = code->len ? memchr(code->data, '@', code->len) : NULL;

    if (at != NULL) {
        agency->data = at + 1;
        agency->len = (size_t) (code->data + code->len - (at + 1));
        code->len = (size_t) (at - code->data);
    }
}


static assist_str_t
ngx_http_assist_admin_string(json_t *json, const char *name)
{
    json_t  *member;

    member = json_object_get(json, name);

    return (assist_str_t) { member ? json_string_value(member) : "",
                            member ? json_string_length(member) : 0 };
}


static ngx_int_t
ngx_http_assist_admin_wrong(ngx_http_request_t *r, const char *code,
    const char *text)
{
    return ngx_http_assist_send_error(r, NGX_HTTP_BAD_REQUEST, code, "%s",
                                      text)
           == NGX_ERROR ? NGX_ERROR : NGX_DONE;
}


static void
ngx_http_assist_admin_told(ngx_http_assist_op_t *op)
{
    ngx_int_t                     rc;
    ngx_http_request_t           *r;
    ngx_http_assist_admin_t      *admin;
    ngx_http_assist_main_conf_t  *mcf;

    admin = op->data;
    r = admin->request;
    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    r->read_event_handler = ngx_http_block_reading;

    rc = ngx_http_assist_withdraw_told(mcf, &op->value);

    ngx_http_finalize_request(r, ngx_http_assist_admin_send(admin, rc));
}


static ngx_int_t
ngx_http_assist_admin_send(ngx_http_assist_admin_t *admin, ngx_int_t rc)
{
    ngx_str_t                     body;
    ngx_uint_t                    told;
    assist_buf_t                  buf = ASSIST_BUF_INIT;
    ngx_http_request_t           *r;
    ngx_http_assist_main_conf_t  *mcf;

    static ngx_str_t  type = ngx_string("application/json");

    r = admin->request;
    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (rc == NGX_DECLINED) {
        return ngx_http_assist_send_error(r, NGX_HTTP_INSUFFICIENT_STORAGE,
                                          "too_many_withdrawn",
                                          "nothing is done: the %d keys for "
                                          "withdrawn answers are all taken; "
                                          "release those that may be made "
                                          "again, the oldest first",
                                          ASSIST_WITHDRAWN_MAX);
    }

    told = rc == NGX_OK && mcf->redis != NULL;

    assist_buf_printf(&buf, "{\"done\":\"%s\",\"nodes\":\"%s\"",
                      admin->action,
                      told ? "all" : rc == NGX_OK ? "one" : "later");

    if (admin->act) {
        assist_buf_printf(&buf, ",\"kept\":%s",
                          told || ngx_http_assist_withdraw_kept(mcf)
                          ? "true" : "false");
    }

    assist_buf_puts(&buf, "}\n");

    if (ngx_http_assist_take_buf(r, &buf, &body) != NGX_OK
        || ngx_http_assist_add_header(r, "Cache-Control", "no-store")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_assist_send(r, NGX_HTTP_OK, &type, &body);
}
