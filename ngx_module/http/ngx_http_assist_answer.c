/*
 * An answer as JSON, and as the record that the cache keeps: what is needed to
 * count a hit, then the JSON as it is sent.
 *
 *     2 US outcome US service US hook US version US model US lang US sourced
 *     US known US question US services LF
 *     JSON
 *
 * US is the byte 0x1f, which no field can hold.  The last three tell whether it
 * has been withdrawn since.
 */

#include "ngx_http_assist.h"

#include <jansson.h>


#define NGX_HTTP_ASSIST_RECORD  "2\x1f"
#define NGX_HTTP_ASSIST_FIELDS  10
#define US                      '\x1f'


static void ngx_http_assist_answer_services(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_ctx_t *ctx, assist_buf_t *buf);
static ngx_int_t ngx_http_assist_field(u_char **p, u_char *end,
    ngx_str_t *field);


ngx_int_t
ngx_http_assist_answer_json(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members)
{
    ngx_uint_t                    i;
    assist_buf_t                  buf = ASSIST_BUF_INIT;
    ngx_http_assist_cite_t       *cite;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    assist_buf_puts(&buf, "\"outcome\":");
    assist_buf_json(&buf,
                    assist_str_of(assist_outcome_name(ctx->event.outcome)));
    assist_buf_puts(&buf, ",\"answer\":");
    assist_buf_json(&buf, assist_buf_str(&ctx->said));

    assist_buf_puts(&buf, ",\"services\":[");
    ngx_http_assist_answer_services(mcf, ctx, &buf);

    assist_buf_puts(&buf, "],\"sources\":[");
    cite = ctx->cites.elts;

    for (i = 0; i < ctx->cites.nelts; i++) {
        assist_buf_puts(&buf, i ? ",{\"title\":" : "{\"title\":");
        assist_buf_json(&buf, cite[i].title);
        assist_buf_puts(&buf, ",\"url\":");
        assist_buf_json(&buf, cite[i].url);
        assist_buf_puts(&buf, ",\"updated\":");

        if (cite[i].updated.len) {
            assist_buf_json(&buf, cite[i].updated);
        } else {
            assist_buf_puts(&buf, "null");
        }

        assist_buf_putc(&buf, '}');
    }

    assist_buf_puts(&buf, "],\"model\":");
    assist_buf_json(&buf, ngx_http_assist_str(ctx->model));
    assist_buf_puts(&buf, ",\"ai\":true");

    return ngx_http_assist_take_buf(r, &buf, members);
}


ngx_int_t
ngx_http_assist_answer_store(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *members, ngx_str_t *record)
{
    assist_str_t  service;
    assist_buf_t  buf = ASSIST_BUF_INIT;

    service = ngx_http_assist_service_id(r, ctx->service, ctx->shared);

    assist_buf_puts(&buf, NGX_HTTP_ASSIST_RECORD);
    assist_buf_puts(&buf, assist_outcome_name(ctx->event.outcome));
    assist_buf_putc(&buf, US);
    assist_buf_add(&buf, service.data, service.len);
    assist_buf_putc(&buf, US);
    assist_buf_add(&buf, (char *) ctx->hook_name.data, ctx->hook_name.len);
    assist_buf_putc(&buf, US);
    assist_buf_add(&buf, (char *) ctx->hook_version.data,
                   ctx->hook_version.len);
    assist_buf_putc(&buf, US);
    assist_buf_add(&buf, (char *) ctx->model.data, ctx->model.len);
    assist_buf_putc(&buf, US);
    assist_buf_add(&buf, (char *) ctx->lang.data, ctx->lang.len);
    assist_buf_putc(&buf, US);
    assist_buf_putc(&buf, ctx->event.sourced ? '1' : '0');
    assist_buf_printf(&buf, "\x1f%016llx\x1f%016llx\x1f",
                      (unsigned long long) ctx->known,
                      (unsigned long long) ctx->question_key);
    ngx_http_assist_answer_ids(r, ctx, &buf);
    assist_buf_putc(&buf, '\n');
    assist_buf_add(&buf, (char *) members->data, members->len);

    return ngx_http_assist_take_buf(r, &buf, record);
}


ngx_int_t
ngx_http_assist_answer_load(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *record, ngx_str_t *members)
{
    int                           outcome;
    char                          name[32];
    u_char                       *p, *end, *line;
    uint64_t                      known, question;
    ngx_str_t                     f[NGX_HTTP_ASSIST_FIELDS];
    ngx_uint_t                    i;
    ngx_http_assist_main_conf_t  *mcf;

    if (record->len < 2
        || ngx_memcmp(record->data, NGX_HTTP_ASSIST_RECORD, 2) != 0)
    {
        return NGX_DECLINED;
    }

    end = record->data + record->len;
    line = memchr(record->data, '\n', record->len);

    if (line == NULL) {
        return NGX_DECLINED;
    }

    p = record->data + 2;

    for (i = 0; i < NGX_HTTP_ASSIST_FIELDS; i++) {
        if (ngx_http_assist_field(&p, line, &f[i]) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    (void) ngx_cpystrn((u_char *) name, f[0].data,
                       ngx_min(f[0].len + 1, sizeof(name)));
    outcome = assist_outcome_of(name);

    known = 0;

    if (outcome < 0 || f[5].len != 2
        || assist_withdrawn_key_of(ngx_http_assist_str(f[8]), &question) != 0)
    {
        return NGX_DECLINED;
    }

    /* 0 is no key, but it may be what was known */
    (void) assist_withdrawn_key_of(ngx_http_assist_str(f[7]), &known);

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (ngx_http_assist_withdrawn(mcf, question, ngx_http_assist_str(f[9]),
                                  known).number
        > known)
    {
        return NGX_DECLINED;
    }

    ctx->question_key = question;

    if (f[1].len) {
        ngx_http_assist_set_service(r, ctx, ngx_http_assist_str(f[1]),
                                    assist_str(""));
    }

    ctx->outcome = 1;
    ctx->event.outcome = (assist_outcome_t) outcome;
    ctx->hook_name = f[2];
    ctx->hook_version = f[3];
    ctx->model = f[4];
    ctx->event.by = f[4].len == sizeof("catalogue") - 1
                    && ngx_strncmp(f[4].data, "catalogue", f[4].len) == 0
                    ? ASSIST_BY_CATALOGUE : ASSIST_BY_MODEL;
    ctx->lang = f[5];
    ctx->event.sourced = f[6].len == 1 && f[6].data[0] == '1';

    members->data = line + 1;
    members->len = end - members->data;

    return NGX_OK;
}


void
ngx_http_assist_answer_ids(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    assist_buf_t *buf)
{
    uint32_t      *about;
    ngx_uint_t     i;
    assist_str_t   id;

    assist_buf_add(buf, ctx->asked.data, ctx->asked.len);
    id = ngx_http_assist_service_id(r, ctx->service, ctx->shared);

    if (id.len && !assist_str_eq(id, ctx->asked)) {
        assist_buf_putc(buf, ASSIST_WITHDRAWN_SEP);
        assist_buf_add(buf, id.data, id.len);
    }

    about = ctx->about.elts;

    for (i = 0; i < ctx->about.nelts; i++) {
        if (about[i] != ctx->service) {
            id = ngx_http_assist_service_id(r, about[i], 0);
            assist_buf_putc(buf, ASSIST_WITHDRAWN_SEP);
            assist_buf_add(buf, id.data, id.len);
        }
    }
}


ngx_int_t
ngx_http_assist_answer_text(ngx_str_t *members, assist_buf_t *text)
{
    json_t        *json, *answer;
    assist_buf_t   buf = ASSIST_BUF_INIT;

    assist_buf_putc(&buf, '{');
    assist_buf_add(&buf, (char *) members->data, members->len);
    assist_buf_putc(&buf, '}');

    json = buf.failed ? NULL : json_loadb(buf.data, buf.len, 0, NULL);
    assist_buf_free(&buf);

    answer = json_object_get(json, "answer");

    if (answer == NULL) {
        json_decref(json);
        return NGX_ERROR;
    }

    assist_buf_add(text, json_string_value(answer), json_string_length(answer));
    json_decref(json);

    return text->failed ? NGX_ERROR : NGX_OK;
}


/* What the answer is about, best first; else the service that was given. */

static void
ngx_http_assist_answer_services(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_ctx_t *ctx, assist_buf_t *buf)
{
    uint32_t      *service;
    ngx_uint_t     i, n;
    assist_row_t  *row;

    service = ctx->about.elts;
    n = ctx->about.nelts;

    if (n == 0 && ctx->service != ASSIST_NONE) {
        service = &ctx->service;
        n = 1;
    }

    for (i = 0; i < n; i++) {
        row = &mcf->catalog->rows[mcf->catalog->services[service[i]].row];

        assist_buf_puts(buf, i ? ",{\"code\":" : "{\"code\":");
        assist_buf_json(buf, row->code);
        assist_buf_puts(buf, ",\"name\":");
        assist_buf_json(buf, row->name);
        assist_buf_puts(buf, ",\"agency\":");
        assist_buf_json(buf, row->agency_code);
        assist_buf_puts(buf, ",\"agency_name\":");
        assist_buf_json(buf, row->agency);
        assist_buf_puts(buf, ",\"contact\":");
        assist_buf_json(buf, row->contact);
        assist_buf_puts(buf, ",\"level\":");
        assist_buf_json(buf,
            assist_str_of(assist_level_name(
                              mcf->catalog->services[service[i]].level)));
        assist_buf_putc(buf, '}');
    }
}


ngx_int_t
ngx_http_assist_take_buf(ngx_http_request_t *r, assist_buf_t *buf,
    ngx_str_t *out)
{
    out->len = buf->len;
    out->data = buf->failed ? NULL : ngx_pnalloc(r->pool, buf->len);

    if (out->data != NULL && buf->len) {
        ngx_memcpy(out->data, buf->data, buf->len);
    }

    assist_buf_free(buf);

    return out->data ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_assist_field(u_char **p, u_char *end, ngx_str_t *field)
{
    u_char  *sep;

    if (*p > end) {
        return NGX_ERROR;
    }

    sep = memchr(*p, US, end - *p);
    sep = sep ? sep : end;

    field->data = *p;
    field->len = sep - *p;
    *p = sep + 1;

    return NGX_OK;
}
