/*
 * Variables for access_log and for conditions.
 */

#include "ngx_http_assist.h"


typedef enum {
    NGX_HTTP_ASSIST_VAR_SERVICE = 0,
    NGX_HTTP_ASSIST_VAR_AGENCY,
    NGX_HTTP_ASSIST_VAR_OUTCOME,
    NGX_HTTP_ASSIST_VAR_CACHE_STATUS,
    NGX_HTTP_ASSIST_VAR_HOOK,
    NGX_HTTP_ASSIST_VAR_PROVIDER,
    NGX_HTTP_ASSIST_VAR_MODEL,
    NGX_HTTP_ASSIST_VAR_TOKENS_IN,
    NGX_HTTP_ASSIST_VAR_TOKENS_OUT,
    NGX_HTTP_ASSIST_VAR_FIRST_TOKEN_TIME,
    NGX_HTTP_ASSIST_VAR_TIME
} ngx_http_assist_var_e;


static ngx_int_t ngx_http_assist_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_str_t ngx_http_assist_tokens(ngx_http_request_t *r, int64_t n);
static ngx_str_t ngx_http_assist_seconds(ngx_http_request_t *r, int64_t ms);


static ngx_http_variable_t  ngx_http_assist_vars[] = {

    { ngx_string("assist_service"), NULL, ngx_http_assist_variable,
      NGX_HTTP_ASSIST_VAR_SERVICE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("assist_agency"), NULL, ngx_http_assist_variable,
      NGX_HTTP_ASSIST_VAR_AGENCY, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("assist_outcome"), NULL, ngx_http_assist_variable,
      NGX_HTTP_ASSIST_VAR_OUTCOME, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("assist_cache_status"), NULL, ngx_http_assist_variable,
      NGX_HTTP_ASSIST_VAR_CACHE_STATUS, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("assist_hook"), NULL, ngx_http_assist_variable,
      NGX_HTTP_ASSIST_VAR_HOOK, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("assist_provider"), NULL, ngx_http_assist_variable,
      NGX_HTTP_ASSIST_VAR_PROVIDER, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("assist_model"), NULL, ngx_http_assist_variable,
      NGX_HTTP_ASSIST_VAR_MODEL, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("assist_tokens_in"), NULL, ngx_http_assist_variable,
      NGX_HTTP_ASSIST_VAR_TOKENS_IN, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("assist_tokens_out"), NULL, ngx_http_assist_variable,
      NGX_HTTP_ASSIST_VAR_TOKENS_OUT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("assist_first_token_time"), NULL, ngx_http_assist_variable,
      NGX_HTTP_ASSIST_VAR_FIRST_TOKEN_TIME, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("assist_time"), NULL, ngx_http_assist_variable,
      NGX_HTTP_ASSIST_VAR_TIME, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_assist_add_variables(ngx_conf_t *cf)
{
    ngx_str_t                     name;
    ngx_http_variable_t          *var, *v;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_assist_module);

    /* indexed, so that our lines have the access log's */
    ngx_str_set(&name, "request_id");
    mcf->request_id = ngx_http_get_variable_index(cf, &name);

    if (mcf->request_id == NGX_ERROR) {
        return NGX_ERROR;
    }

    for (v = ngx_http_assist_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t                     s;
    assist_row_t                 *row;
    ngx_http_assist_ctx_t        *ctx;
    ngx_http_assist_main_conf_t  *mcf;

    ngx_str_null(&s);
    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    ctx = ngx_http_assist_ctx(r->main, 0);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    row = NULL;

    if (ctx->service != ASSIST_NONE) {
        row = &mcf->catalog->rows[mcf->catalog->services[ctx->service].row];
    }

    switch ((ngx_http_assist_var_e) data) {

    case NGX_HTTP_ASSIST_VAR_SERVICE:
        if (row) {
            s = ngx_http_assist_ngx_str(row->code);
        }
        break;

    case NGX_HTTP_ASSIST_VAR_AGENCY:
        if (row) {
            s = ngx_http_assist_ngx_str(row->agency_code);
        }
        break;

    case NGX_HTTP_ASSIST_VAR_OUTCOME:
        if (ctx->outcome) {
            s.data = (u_char *) (ctx->excluded ? "excluded"
                                 : assist_outcome_name(ctx->event.outcome));
            s.len = ngx_strlen(s.data);
        }
        break;

    case NGX_HTTP_ASSIST_VAR_CACHE_STATUS:
        s.data = (u_char *) assist_cache_name(ctx->event.cache);
        s.len = ngx_strlen(s.data);
        break;

    case NGX_HTTP_ASSIST_VAR_HOOK:
        s = ctx->hook_name;
        break;

    case NGX_HTTP_ASSIST_VAR_PROVIDER:
        s = ctx->provider;
        break;

    case NGX_HTTP_ASSIST_VAR_MODEL:
        s = ctx->model;
        break;

    case NGX_HTTP_ASSIST_VAR_TOKENS_IN:
        s = ngx_http_assist_tokens(r, ctx->event.tokens_in);
        break;

    case NGX_HTTP_ASSIST_VAR_TOKENS_OUT:
        s = ngx_http_assist_tokens(r, ctx->event.tokens_out);
        break;

    case NGX_HTTP_ASSIST_VAR_FIRST_TOKEN_TIME:
        s = ngx_http_assist_seconds(r, ctx->first_token);
        break;

    case NGX_HTTP_ASSIST_VAR_TIME:
        s = ngx_http_assist_seconds(r, ctx->outcome
                                       ? (int64_t) ctx->event.latency : -1);
        break;
    }

    if (s.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = s.data;
    v->len = s.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


/* Numbers below 0 are unknown: the variable is not found. */

static ngx_str_t
ngx_http_assist_tokens(ngx_http_request_t *r, int64_t n)
{
    ngx_str_t  s;

    ngx_str_null(&s);

    if (n >= 0) {
        s.data = ngx_pnalloc(r->pool, NGX_INT64_LEN);

        if (s.data) {
            s.len = ngx_sprintf(s.data, "%L", n) - s.data;
        }
    }

    return s;
}


static ngx_str_t
ngx_http_assist_seconds(ngx_http_request_t *r, int64_t ms)
{
    ngx_str_t  s;

    ngx_str_null(&s);

    if (ms >= 0) {
        s.data = ngx_pnalloc(r->pool, NGX_INT64_LEN + 5);

        if (s.data) {
            s.len = ngx_sprintf(s.data, "%L.%03L", ms / 1000, ms % 1000)
                    - s.data;
        }
    }

    return s;
}
