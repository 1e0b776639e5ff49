/*
 * assist_provider and assist_use: what they say, and whether it fits the
 * configuration's locations.
 */

#include "ngx_http_assist.h"


static ngx_int_t ngx_http_assist_provider_option(ngx_conf_t *cf, ngx_http_assist_provider_t *p,
    ngx_str_t *option);
static ngx_int_t ngx_http_assist_provider_key(ngx_conf_t *cf, ngx_http_assist_provider_t *p,
    ngx_str_t name);
static ngx_http_assist_provider_t * ngx_http_assist_provider_find(ngx_http_assist_main_conf_t *mcf,
    ngx_str_t *name);
static ngx_int_t ngx_http_assist_provider_hosts(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
static ngx_int_t ngx_http_assist_use_check(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_use_t *use);
static ngx_int_t ngx_http_assist_location_check(ngx_conf_t *cf, ngx_http_assist_provider_t *p,
    ngx_module_t *proxy);
static ngx_module_t * ngx_http_assist_proxy_module(ngx_conf_t *cf);
static ngx_http_core_loc_conf_t * ngx_http_assist_location_find(ngx_http_location_tree_node_t *node,
    ngx_str_t *uri);


/* assist_provider name uri=/internal model=m [key_file=f] [max_tokens=n]
 * [timeout=t] [place=onprem|abroad] */

char *
ngx_http_assist_provider_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t *mcf = conf;

    ngx_str_t                    *value;
    ngx_uint_t                    i;
    ngx_http_assist_provider_t   *p, **slot;

    value = cf->args->elts;

    if (value[1].len == 0 || value[1].len >= NGX_HTTP_ASSIST_PROVIDER_NAME
        || ngx_strcmp(value[1].data, "none") == 0
        || ngx_strcmp(value[1].data, "assist") == 0
        || ngx_strchr(value[1].data, '='))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid provider name \"%V\", it has 1 to %d "
                           "bytes, and is neither \"none\" nor \"assist\"",
                           &value[1], NGX_HTTP_ASSIST_PROVIDER_NAME - 1);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_assist_provider_find(mcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate provider \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (mcf->providers.nelts == NGX_HTTP_ASSIST_PROVIDERS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "more than %d providers",
                           NGX_HTTP_ASSIST_PROVIDERS);
        return NGX_CONF_ERROR;
    }

    p = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_provider_t));
    slot = ngx_array_push(&mcf->providers);

    if (p == NULL || slot == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = p;

    p->name = value[1];
    p->timeout = 20000;
    p->conf_file = cf->conf_file->file.name.data;
    p->conf_line = cf->conf_file->line;

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_http_assist_provider_option(cf, p, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (p->uri.len == 0 || p->model.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "provider \"%V\" has no \"%s=\"", &p->name,
                           p->uri.len ? "model" : "uri");
        return NGX_CONF_ERROR;
    }

    return ngx_http_assist_provider_zone(cf, mcf) == NGX_OK
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_assist_provider_option(ngx_conf_t *cf, ngx_http_assist_provider_t *p,
    ngx_str_t *option)
{
    u_char     *mark;
    ngx_int_t   n;
    ngx_str_t   s;

    mark = ngx_strlchr(option->data, option->data + option->len, '=');

    if (mark == NULL) {
        goto invalid;
    }

    s.data = mark + 1;
    s.len = option->data + option->len - s.data;

    if (s.len == 0) {
        goto invalid;
    }

    if (ngx_strncmp(option->data, "uri=", 4) == 0 && s.data[0] == '/') {
        p->uri = s;
        mark = ngx_strlchr(s.data, s.data + s.len, '?');

        if (mark) {
            p->uri.len = mark - s.data;
            p->args.data = mark + 1;
            p->args.len = s.len - p->uri.len - 1;
        }

        return NGX_OK;
    }

    if (ngx_strncmp(option->data, "model=", 6) == 0) {
        p->model = s;
        return NGX_OK;
    }

    if (ngx_strncmp(option->data, "key_file=", 9) == 0) {
        return ngx_http_assist_provider_key(cf, p, s);
    }

    if (ngx_strncmp(option->data, "max_tokens=", 11) == 0) {
        n = ngx_atoi(s.data, s.len);

        if (n > 0 && n <= 1000000) {
            p->max_tokens = (ngx_uint_t) n;
            return NGX_OK;
        }

    } else if (ngx_strncmp(option->data, "timeout=", 8) == 0) {
        n = ngx_parse_time(&s, 0);

        if (n > 0) {
            p->timeout = (ngx_msec_t) n;
            return NGX_OK;
        }

    } else if (ngx_strcmp(option->data, "place=onprem") == 0) {
        p->onprem = 1;
        return NGX_OK;

    } else if (ngx_strcmp(option->data, "place=abroad") == 0) {
        p->onprem = 0;
        return NGX_OK;
    }

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", a provider takes uri=/path, "
                       "model=, key_file=, max_tokens=, timeout=, "
                       "place=onprem or place=abroad", option);

    return NGX_ERROR;
}


/* The key never appears in a message. */

static ngx_int_t
ngx_http_assist_provider_key(ngx_conf_t *cf, ngx_http_assist_provider_t *p,
    ngx_str_t name)
{
    u_char     *key;
    size_t      i;
    ngx_str_t   text;

    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK
        || ngx_http_assist_read_file(cf, &name, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    while (text.len && (text.data[text.len - 1] == '\n'
                        || text.data[text.len - 1] == '\r'
                        || text.data[text.len - 1] == ' '))
    {
        text.len--;
    }

    for (i = 0; i < text.len && text.data[i] > 0x20 && text.data[i] < 0x7f;
         i++)
    {
        /* void */
    }

    if (text.len == 0 || i < text.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must hold the key of provider \"%V\", one "
                           "line of visible ASCII characters", &name,
                           &p->name);
        return NGX_ERROR;
    }

    key = ngx_pnalloc(cf->pool, sizeof("Bearer ") - 1 + text.len);
    if (key == NULL) {
        return NGX_ERROR;
    }

    p->authorization.data = key;
    p->authorization.len = sizeof("Bearer ") - 1 + text.len;

    key = ngx_cpymem(key, "Bearer ", sizeof("Bearer ") - 1);
    ngx_memcpy(key, text.data, text.len);

    return NGX_OK;
}


/* assist_use name ... | none */

char *
ngx_http_assist_use_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_loc_conf_t *lcf = conf;

    ngx_str_t                    *value, *name;
    ngx_uint_t                    i;
    ngx_http_assist_use_t        *use, **slot;
    ngx_http_assist_main_conf_t  *mcf;

    if (lcf->use != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_assist_module);
    value = cf->args->elts;

    use = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_use_t));
    slot = ngx_array_push(&mcf->uses);

    if (use == NULL || slot == NULL
        || ngx_array_init(&use->names, cf->pool, cf->args->nelts,
                          sizeof(ngx_str_t))
           != NGX_OK
        || ngx_array_init(&use->providers, cf->pool, cf->args->nelts,
                          sizeof(ngx_http_assist_provider_t *))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    *slot = use;
    lcf->use = use;

    use->conf_file = cf->conf_file->file.name.data;
    use->conf_line = cf->conf_file->line;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "none") == 0) {
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "none") == 0) {
            return "takes \"none\" alone";
        }

        name = ngx_array_push(&use->names);
        *name = value[i];
    }

    return NGX_CONF_OK;
}


static ngx_http_assist_provider_t *
ngx_http_assist_provider_find(ngx_http_assist_main_conf_t *mcf,
    ngx_str_t *name)
{
    ngx_uint_t                    i;
    ngx_http_assist_provider_t  **p;

    p = mcf->providers.elts;

    for (i = 0; i < mcf->providers.nelts; i++) {
        if (p[i]->name.len == name->len
            && ngx_memcmp(p[i]->name.data, name->data, name->len) == 0)
        {
            return p[i];
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_assist_provider_check(ngx_conf_t *cf)
{
    ngx_uint_t                     i;
    ngx_module_t                  *proxy;
    ngx_http_assist_use_t        **use;
    ngx_http_assist_provider_t   **p;
    ngx_http_assist_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_assist_module);
    proxy = ngx_http_assist_proxy_module(cf);

    if (ngx_http_assist_provider_hosts(cf, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    use = mcf->uses.elts;

    for (i = 0; i < mcf->uses.nelts; i++) {
        if (ngx_http_assist_use_check(cf, mcf, use[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    p = mcf->providers.elts;

    for (i = 0; i < mcf->providers.nelts; i++) {
        if (ngx_http_assist_location_check(cf, p[i], proxy) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* The portal's own hosts: names of its servers.  nginx forgets their list. */

static ngx_int_t
ngx_http_assist_provider_hosts(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf)
{
    ngx_uint_t                   i, k;
    assist_str_t                 name, *host;
    ngx_http_server_name_t      *names;
    ngx_http_core_srv_conf_t   **cscf;
    ngx_http_core_main_conf_t   *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    cscf = cmcf->servers.elts;

    for (i = 0; i < cmcf->servers.nelts; i++) {
        names = cscf[i]->server_names.elts;

        for (k = 0; k < cscf[i]->server_names.nelts; k++) {
#if (NGX_PCRE)
            if (names[k].regex) {
                continue;
            }
#endif

            name = ngx_http_assist_str(names[k].name);

            /* "*.gov.vn" and ".gov.vn": all below is allowed anyway */

            while (name.len && (name.data[0] == '*' || name.data[0] == '.')) {
                name.data++;
                name.len--;
            }

            if (name.len) {
                host = ngx_array_push(&mcf->hosts);
                if (host == NULL) {
                    return NGX_ERROR;
                }

                *host = name;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_use_check(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_use_t *use)
{
    ngx_str_t                    *name;
    ngx_uint_t                    i;
    ngx_http_assist_provider_t   *p, **slot;

    name = use->names.elts;

    for (i = 0; i < use->names.nelts; i++) {
        p = ngx_http_assist_provider_find(mcf, &name[i]);

        if (p == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "assist_use: there is no assist_provider \"%V\" in "
                          "%s:%ui", &name[i], use->conf_file,
                          use->conf_line);
            return NGX_ERROR;
        }

        slot = ngx_array_push(&use->providers);
        if (slot == NULL) {
            return NGX_ERROR;
        }

        *slot = p;
    }

    return NGX_OK;
}


/*
 * The provider's location, in whichever servers have it: not for everybody,
 * and without buffers that hold a stream back.  Locations by regular
 * expressions are not looked at.  Where a server has another location for the
 * path, nothing is sent there (ngx_http_assist_call_conf_t's `internal`).
 */

static ngx_int_t
ngx_http_assist_location_check(ngx_conf_t *cf, ngx_http_assist_provider_t *p,
    ngx_module_t *proxy)
{
    ngx_uint_t                   i;
    const char                  *wrong;
    ngx_http_upstream_conf_t    *ucf;
    ngx_http_core_loc_conf_t    *clcf, *found;
    ngx_http_core_srv_conf_t   **cscf;
    ngx_http_core_main_conf_t   *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    cscf = cmcf->servers.elts;
    wrong = "no server has such a location with \"internal;\"";

    for (i = 0; i < cmcf->servers.nelts; i++) {
        found = cscf[i]->ctx->loc_conf[ngx_http_core_module.ctx_index];

        /* the innermost, where locations are inside each other */
        do {
            clcf = found;

#if (NGX_PCRE)
            if (clcf->regex_locations) {
                wrong = NULL;
            }
#endif

            found = ngx_http_assist_location_find(clcf->static_locations,
                                                  &p->uri);
        } while (found);

        if (!clcf->internal) {
            continue;
        }

        /* its configuration begins with this */
        ucf = proxy ? clcf->loc_conf[proxy->ctx_index] : NULL;

        if (ucf && ucf->upstream && ucf->buffering) {
            wrong = "its location holds answers back, add "
                    "\"proxy_buffering off;\" there";
            break;
        }

        wrong = NULL;
    }

    if (wrong) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "assist_provider \"%V\", uri \"%V\": %s in %s:%ui",
                      &p->name, &p->uri, wrong, p->conf_file, p->conf_line);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* NULL: this nginx was built without it. */

static ngx_module_t *
ngx_http_assist_proxy_module(ngx_conf_t *cf)
{
    ngx_uint_t  i;

    for (i = 0; cf->cycle->modules[i]; i++) {
        if (ngx_strcmp(cf->cycle->modules[i]->name, "ngx_http_proxy_module")
            == 0)
        {
            return cf->cycle->modules[i];
        }
    }

    return NULL;
}


/* As ngx_http_core_find_static_location() does for a request. */

static ngx_http_core_loc_conf_t *
ngx_http_assist_location_find(ngx_http_location_tree_node_t *node,
    ngx_str_t *uri)
{
    u_char                    *name;
    size_t                     len, n;
    ngx_int_t                  rc;
    ngx_http_core_loc_conf_t  *found;

    name = uri->data;
    len = uri->len;
    found = NULL;

    while (node) {
        n = ngx_min(len, node->len);
        rc = ngx_filename_cmp(name, node->name, n);

        if (rc != 0) {
            node = rc < 0 ? node->left : node->right;
            continue;
        }

        if (len > node->len) {

            if (node->inclusive) {
                found = node->inclusive;
                name += n;
                len -= n;
                node = node->tree;

            } else {
                node = node->right;
            }

            continue;
        }

        if (len == node->len) {
            return node->exact ? node->exact
                   : node->inclusive ? node->inclusive : found;
        }

        node = node->left;
    }

    return found;
}
