/*
 * The names of a server, as hosts to which an answer may link.
 *
 * nginx keeps its list of them only while it reads its configuration.
 */

#include "ngx_http_assist.h"


static ngx_int_t ngx_http_assist_names_of(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf);


void *
ngx_http_assist_create_srv_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_srv_conf_t));
}


/* After all servers have their names. */

ngx_int_t
ngx_http_assist_names(ngx_conf_t *cf)
{
    ngx_uint_t                   i;
    ngx_http_core_srv_conf_t   **cscf;
    ngx_http_core_main_conf_t   *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    cscf = cmcf->servers.elts;

    for (i = 0; i < cmcf->servers.nelts; i++) {
        if (ngx_http_assist_names_of(cf, cscf[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_names_of(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf)
{
    ngx_uint_t                   i;
    assist_str_t                 name;
    ngx_http_server_name_t      *names;
    ngx_http_assist_srv_conf_t  *scf;

    scf = cscf->ctx->srv_conf[ngx_http_assist_module.ctx_index];
    names = cscf->server_names.elts;

    scf->hosts = ngx_palloc(cf->pool, (cscf->server_names.nelts + 1)
                                      * sizeof(assist_str_t));
    if (scf->hosts == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < cscf->server_names.nelts; i++) {
#if (NGX_PCRE)
        if (names[i].regex) {
            continue;
        }
#endif

        name = ngx_http_assist_str(names[i].name);

        while (name.len && (name.data[0] == '*' || name.data[0] == '.')) {
            name.data++;
            name.len--;
        }

        if (name.len) {
            scf->hosts[scf->nhosts++] = name;
        }
    }

    return NGX_OK;
}
