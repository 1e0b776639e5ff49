/*
 * assist_closed: months that are closed (core/closed), which the figure's past
 * milestones, its history and its forecast are made from.
 */

#include "ngx_http_assist.h"

#include "core/closed.h"


typedef struct {
    ngx_str_t         name;
    ngx_str_t         text;
    assist_closed_t   month;
} ngx_http_assist_closed_t;


static ngx_int_t ngx_http_assist_closed_add(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf, ngx_str_t *name);
static ngx_int_t ngx_http_assist_closed_read(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf, ngx_http_assist_closed_t *closed);


/* assist_closed path ...; each may have the wildcards of `include` */

char *
ngx_http_assist_closed(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t *mcf = conf;

    ngx_int_t    rc;
    ngx_str_t   *value, name;
    ngx_uint_t   i;
    ngx_glob_t   gl;

    if (mcf->closed == NULL) {
        mcf->closed = ngx_array_create(cf->pool, 12,
                                       sizeof(ngx_http_assist_closed_t));
        if (mcf->closed == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_conf_full_name(cf->cycle, &value[i], 1) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        if (strpbrk((char *) value[i].data, "*?[") == NULL) {
            if (ngx_http_assist_closed_add(cf, mcf, &value[i]) != NGX_OK) {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        ngx_memzero(&gl, sizeof(ngx_glob_t));
        gl.pattern = value[i].data;
        gl.log = cf->log;
        gl.test = 1;                        /* no month may be closed yet */

        if (ngx_open_glob(&gl) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                               ngx_open_glob_n " \"%V\" failed", &value[i]);
            return NGX_CONF_ERROR;
        }

        do {
            rc = ngx_read_glob(&gl, &name);
        } while (rc == NGX_OK
                 && (rc = ngx_http_assist_closed_add(cf, mcf, &name))
                    == NGX_OK);

        ngx_close_glob(&gl);

        if (rc == NGX_ERROR) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_assist_closed_add(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf,
    ngx_str_t *name)
{
    ngx_http_assist_closed_t  *closed;

    closed = ngx_array_push(mcf->closed);
    if (closed == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(closed, sizeof(ngx_http_assist_closed_t));

    closed->name.len = name->len;
    closed->name.data = ngx_pnalloc(cf->pool, name->len + 1);

    if (closed->name.data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_cpystrn(closed->name.data, name->data, name->len + 1);

    return ngx_http_assist_read_file(cf, &closed->name, &closed->text);
}


ngx_int_t
ngx_http_assist_closed_check(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf)
{
    size_t                     n;
    ngx_uint_t                 i, k;
    assist_past_t             *past;
    ngx_http_assist_closed_t  *closed;

    if (mcf->closed == NULL) {
        return NGX_OK;
    }

    closed = mcf->closed->elts;

    for (i = 0, n = 0; i < mcf->closed->nelts; i++) {

        if (ngx_http_assist_closed_read(cf, mcf, &closed[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        n += closed[i].month.npast;

        for (k = 0; k < i; k++) {
            if (closed[k].month.month == closed[i].month.month) {
                ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                              "assist_closed: \"%V\" and \"%V\" are both of "
                              "%*s, leave out one", &closed[k].name,
                              &closed[i].name, closed[i].month.name.len,
                              closed[i].month.name.data);
                return NGX_ERROR;
            }
        }
    }

    past = ngx_palloc(cf->pool, (n + 1) * sizeof(assist_past_t));
    if (past == NULL) {
        return NGX_ERROR;
    }

    mcf->past = past;
    mcf->npast = n;

    for (i = 0; i < mcf->closed->nelts; i++) {
        ngx_memcpy(past, closed[i].month.past,
                   closed[i].month.npast * sizeof(assist_past_t));
        past += closed[i].month.npast;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_closed_read(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_closed_t *closed)
{
    assist_error_t       err;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    if (assist_closed_read(&closed->month, ngx_http_assist_str(closed->text),
                           ngx_http_assist_str(mcf->coverage_key), &err)
        != 0)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "assist_closed: \"%V\": %s",
                      &closed->name, err.text);
        return NGX_ERROR;
    }

    cln->handler = (ngx_pool_cleanup_pt) assist_closed_free;
    cln->data = &closed->month;

    return NGX_OK;
}
