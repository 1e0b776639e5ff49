/*
 * The AI notice: AI Law 134/2025, Art. 11: people must know that they deal
 * with AI, before or at access, not hidden.  It is on every page of the
 * assistant and in every answer; an administrator can word it otherwise, but
 * not switch it off.
 */

#include "ngx_http_assist.h"


static ngx_http_assist_disclosure_t *ngx_http_assist_disclosure_of(
    ngx_http_request_t *r);
static ngx_http_assist_disclosure_t *ngx_http_assist_disclosure_read(
    ngx_conf_t *cf, ngx_str_t *name);
static ngx_int_t ngx_http_assist_disclosure_json(ngx_conf_t *cf,
    assist_str_t text, ngx_str_t *json);


char *
ngx_http_assist_disclosure_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_loc_conf_t *lcf = conf;

    ngx_str_t  *value;

    if (lcf->disclosure != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_conf_full_name(cf->cycle, &value[1], 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    lcf->disclosure = ngx_http_assist_disclosure_read(cf, &value[1]);

    return lcf->disclosure ? NGX_CONF_OK : NGX_CONF_ERROR;
}


ngx_int_t
ngx_http_assist_disclosure_default(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf)
{
    static ngx_str_t  name = ngx_string(NGX_HTTP_ASSIST_LUA_DIR
                                        "/assist/disclosure.conf");

    mcf->disclosure = ngx_http_assist_disclosure_read(cf, &name);

    return mcf->disclosure ? NGX_OK : NGX_ERROR;
}


ngx_str_t *
ngx_http_assist_disclosure(ngx_http_request_t *r, ngx_uint_t en)
{
    ngx_http_assist_disclosure_t  *disclosure;

    disclosure = ngx_http_assist_disclosure_of(r);

    return en ? &disclosure->en : &disclosure->vi;
}


assist_str_t
ngx_http_assist_disclosure_text(ngx_http_request_t *r, ngx_uint_t en)
{
    ngx_http_assist_disclosure_t  *disclosure;

    disclosure = ngx_http_assist_disclosure_of(r);

    return en ? disclosure->text.en : disclosure->text.vi;
}


static ngx_http_assist_disclosure_t *
ngx_http_assist_disclosure_of(ngx_http_request_t *r)
{
    ngx_http_assist_loc_conf_t   *lcf;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    return lcf->disclosure ? lcf->disclosure : mcf->disclosure;
}


ngx_uint_t
ngx_http_assist_disclosure_in(ngx_str_t *html)
{
    return html->len
           && ngx_strnstr(html->data, "assist-notice", html->len) != NULL;
}


ngx_int_t
ngx_http_assist_disclosure_send(ngx_http_request_t *r)
{
    ngx_str_t  body, *vi, *en;

    static ngx_str_t  type = ngx_string("application/json");

    vi = ngx_http_assist_disclosure(r, 0);
    en = ngx_http_assist_disclosure(r, 1);

    body.data = ngx_pnalloc(r->pool, sizeof("{\"vi\":,\"en\":}\n") + vi->len
                                     + en->len);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.len = ngx_sprintf(body.data, "{\"vi\":%V,\"en\":%V}\n", vi, en)
               - body.data;

    return ngx_http_assist_add_header(r, "Cache-Control", "max-age=600")
           == NGX_OK
           ? ngx_http_assist_send(r, NGX_HTTP_OK, &type, &body)
           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* NULL: the error was logged. */

static ngx_http_assist_disclosure_t *
ngx_http_assist_disclosure_read(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_str_t                      text;
    assist_error_t                 err;
    assist_notice_t                notice;
    ngx_http_assist_disclosure_t  *disclosure;

    if (ngx_http_assist_read_file(cf, name, &text) != NGX_OK) {
        return NULL;
    }

    if (assist_notice_parse(&notice, ngx_http_assist_str(text), &err) != 0) {

        if (err.line) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V:%uD: %s", name,
                               err.line, err.text);
        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\": %s", name,
                               err.text);
        }

        return NULL;
    }

    disclosure = ngx_palloc(cf->pool, sizeof(ngx_http_assist_disclosure_t));

    if (disclosure == NULL
        || ngx_http_assist_disclosure_json(cf, notice.vi, &disclosure->vi)
           != NGX_OK
        || ngx_http_assist_disclosure_json(cf, notice.en, &disclosure->en)
           != NGX_OK)
    {
        return NULL;
    }

    /* of the file, which is kept */
    disclosure->text = notice;

    return disclosure;
}


static ngx_int_t
ngx_http_assist_disclosure_json(ngx_conf_t *cf, assist_str_t text,
    ngx_str_t *json)
{
    assist_buf_t  buf = ASSIST_BUF_INIT;

    assist_buf_json(&buf, text);

    json->len = buf.len;
    json->data = buf.failed ? NULL : ngx_pnalloc(cf->pool, buf.len);

    if (json->data != NULL) {
        ngx_memcpy(json->data, buf.data, buf.len);
    }

    assist_buf_free(&buf);

    return json->data ? NGX_OK : NGX_ERROR;
}
