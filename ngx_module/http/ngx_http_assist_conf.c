/*
 * Directives that have no file of their own.
 */

#include "ngx_http_assist.h"


static char *ngx_http_assist_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    char *rv, const char *form);


char *
ngx_http_assist_catalog(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t *mcf = conf;

    ngx_str_t  *value;

    if (mcf->catalog) {
        return "is duplicate";
    }

    value = cf->args->elts;

    return ngx_http_assist_load_catalog(cf, &value[1], mcf) == NGX_OK
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_assist_synonyms(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t *mcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    return ngx_http_assist_add_synonyms(cf, mcf, &value[1]) == NGX_OK
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_assist_hook_path(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t *mcf = conf;

    ngx_str_t   *value, *dir;
    ngx_uint_t   i;

    if (mcf->hook_path) {
        return "is duplicate";
    }

    mcf->hook_path = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
    if (mcf->hook_path == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        dir = ngx_array_push(mcf->hook_path);
        if (dir == NULL) {
            return NGX_CONF_ERROR;
        }

        *dir = value[i];

        if (ngx_conf_full_name(cf->cycle, dir, 1) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_assist_hook(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_loc_conf_t *lcf = conf;

    u_char                       *p;
    ngx_str_t                    *value;
    ngx_uint_t                    i;
    assist_conf_t                *pair;
    ngx_http_assist_hook_t       *hook, **slot;
    ngx_http_assist_main_conf_t  *mcf;

    value = cf->args->elts;

    hook = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_hook_t));
    if (hook == NULL) {
        return NGX_CONF_ERROR;
    }

    hook->file = value[1];
    hook->conf_file = cf->conf_file->file.name.data;
    hook->conf_line = cf->conf_file->line;

    if (ngx_array_init(&hook->conf, cf->pool, 2, sizeof(assist_conf_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        p = (u_char *) ngx_strchr(value[i].data, '=');

        if (p == NULL || p == value[i].data) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\", a hook takes "
                               "key=value", &value[i]);
            return NGX_CONF_ERROR;
        }

        pair = ngx_array_push(&hook->conf);
        if (pair == NULL) {
            return NGX_CONF_ERROR;
        }

        pair->key.data = (char *) value[i].data;
        pair->key.len = (size_t) (p - value[i].data);
        pair->value.data = (char *) p + 1;
        pair->value.len = value[i].len - pair->key.len - 1;
    }

    if (lcf->hooks == NGX_CONF_UNSET_PTR) {
        lcf->hooks = ngx_array_create(cf->pool, 2,
                                      sizeof(ngx_http_assist_hook_t *));
        if (lcf->hooks == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    slot = ngx_array_push(lcf->hooks);
    if (slot == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = hook;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_assist_module);

    if (hook->file.data[0] == '/'
        && ngx_http_assist_add_hook(cf, mcf, &hook->file) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    slot = ngx_array_push(&mcf->hooks);
    if (slot == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = hook;

    return NGX_CONF_OK;
}


/* assist_fetch uri ...: a location, or with a "/" at its end all below it */

char *
ngx_http_assist_fetch_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_loc_conf_t *lcf = conf;

    ngx_str_t   *value, *uri;
    ngx_uint_t   i;

    if (lcf->fetch == NGX_CONF_UNSET_PTR) {
        lcf->fetch = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
        if (lcf->fetch == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 0 || value[i].data[0] != '/') {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid location \"%V\", it begins with "
                               "\"/\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        uri = ngx_array_push(lcf->fetch);
        if (uri == NULL) {
            return NGX_CONF_ERROR;
        }

        *uri = value[i];
    }

    return NGX_CONF_OK;
}


/* assist_deny file: phrases that are refused */

char *
ngx_http_assist_deny(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_loc_conf_t *lcf = conf;

    ngx_str_t               *value, text;
    assist_str_t             part;
    assist_error_t           err;
    ngx_pool_cleanup_t      *cln;
    ngx_http_assist_deny_t  *deny;

    if (lcf->deny != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    cln = ngx_pool_cleanup_add(cf->pool, 0);
    deny = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_deny_t));

    if (cln == NULL || deny == NULL) {
        return NGX_CONF_ERROR;
    }

    deny->file = value[1];

    if (ngx_conf_full_name(cf->cycle, &deny->file, 1) != NGX_OK
        || ngx_http_assist_read_file(cf, &deny->file, &text) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    deny->phrases = assist_deny_parse((char *) text.data, text.len, &err);

    if (deny->phrases == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V:%uD: %s", &deny->file,
                           err.line, err.text);
        return NGX_CONF_ERROR;
    }

    cln->handler = (ngx_pool_cleanup_pt) assist_deny_free;
    cln->data = deny->phrases;

    part = ngx_http_assist_str(text);
    assist_digest(deny->hash, &part, 1);

    lcf->deny = deny;

    return NGX_CONF_OK;
}


/* nginx's own slots, with an error that names the value and its form. */

char *
ngx_http_assist_time(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_http_assist_slot(cf, cmd, ngx_conf_set_msec_slot(cf, cmd, conf),
                                "a time, such as 50ms, 2s or 1m");
}


char *
ngx_http_assist_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_http_assist_slot(cf, cmd, ngx_conf_set_size_slot(cf, cmd, conf),
                                "a size, such as 512k or 32m");
}


static char *
ngx_http_assist_slot(ngx_conf_t *cf, ngx_command_t *cmd, char *rv,
    const char *form)
{
    ngx_str_t  *value;

    if (rv == NGX_CONF_OK || ngx_strcmp(rv, "is duplicate") == 0) {
        return rv;
    }

    value = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in \"%V\", it must be %s",
                       &value[1], &cmd->name, form);
    return NGX_CONF_ERROR;
}


/* assist_token_budget n: 0 is no bound */

char *
ngx_http_assist_token_budget(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_assist_module);
    mcf->budgets = 1;

    return ngx_http_assist_slot(cf, cmd, ngx_conf_set_num_slot(cf, cmd, conf),
                                "a number of tokens a day; 0 is no bound");
}


/* assist_cache_valid [answered] time */

char *
ngx_http_assist_cache_valid(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_loc_conf_t *lcf = conf;

    time_t      valid;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (cf->args->nelts == 3 && ngx_strcmp(value[1].data, "answered") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid outcome \"%V\", only \"answered\" is "
                           "stored", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (lcf->cache_valid != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    valid = ngx_parse_time(&value[cf->args->nelts - 1], 1);

    if (valid == (time_t) NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid time value \"%V\"",
                           &value[cf->args->nelts - 1]);
        return NGX_CONF_ERROR;
    }

    lcf->cache_valid = valid;

    return NGX_CONF_OK;
}


/* assist_cache_zone, assist_coverage_zone: name:size [state=file] */

char *
ngx_http_assist_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char *base = conf;

    u_char                  *p;
    ssize_t                  size;
    ngx_str_t               *value, name, s;
    ngx_shm_zone_t         **zone;
    ngx_http_assist_zone_t  *data;

    zone = (ngx_shm_zone_t **) (base + cmd->offset);

    if (*zone) {
        return "is duplicate";
    }

    value = cf->args->elts;
    p = (u_char *) ngx_strchr(value[1].data, ':');

    if (p == NULL || p == value[1].data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone \"%V\", it is written name:size, "
                           "such as \"assist:10m\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    name.data = value[1].data;
    name.len = p - value[1].data;
    s.data = p + 1;
    s.len = value[1].data + value[1].len - s.data;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid zone size \"%V\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (size < (ssize_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "zone \"%V\" is too small",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    /* each kind of zone has its own tag */
    *zone = ngx_shared_memory_add(cf, &name, size, cmd);
    if (*zone == NULL) {
        return NGX_CONF_ERROR;
    }

    data = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_zone_t));
    if (data == NULL) {
        return NGX_CONF_ERROR;
    }

    data->mcf = conf;

    (*zone)->data = data;
    (*zone)->init = (ngx_shm_zone_init_pt) cmd->post;

    return cf->args->nelts == 3
           ? ngx_http_assist_ledger_set(cf, data->mcf, &value[2])
           : NGX_CONF_OK;
}


/* assist_coverage_log path [buffer=64k] [flush=1s] | off */

char *
ngx_http_assist_coverage_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_loc_conf_t *lcf = conf;

    ngx_str_t                    *value, s;
    ngx_uint_t                    i;
    ngx_http_assist_main_conf_t  *mcf;

    value = cf->args->elts;

    if (lcf->coverage_log != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->coverage_log = 0;
        return NGX_CONF_OK;
    }

    if (cf->cmd_type != NGX_HTTP_MAIN_CONF) {
        return "takes a path at the http level only, here \"off\"";
    }

    lcf->coverage_log = 1;
    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_assist_module);

    mcf->coverage_log = ngx_conf_open_file(cf->cycle, &value[1]);
    if (mcf->coverage_log == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "flush=", 6) == 0) {
            s.data = value[i].data + 6;
            s.len = value[i].len - 6;
            mcf->coverage_flush = ngx_parse_time(&s, 0);

            if (mcf->coverage_flush != (ngx_msec_t) NGX_ERROR
                && mcf->coverage_flush != 0)
            {
                continue;
            }

        } else if (ngx_strncmp(value[i].data, "buffer=", 7) == 0) {
            s.data = value[i].data + 7;
            s.len = value[i].len - 7;
            mcf->coverage_buffer = ngx_parse_size(&s);

            if (mcf->coverage_buffer > 0) {
                continue;
            }
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                           &value[i]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_assist_coverage_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t *mcf = conf;

    ngx_str_t  *value, name, *key;

    key = &mcf->coverage_key;

    if (key->data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    name = value[1];

    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK
        || ngx_http_assist_read_file(cf, &name, key) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    /* what an editor or "openssl rand -hex 32" adds is not of the key */

    while (key->len && (key->data[key->len - 1] == '\n'
                        || key->data[key->len - 1] == '\r'))
    {
        key->len--;
    }

    if (key->len < 32 || key->len > 4096) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the key in \"%V\" has %uz bytes, it must have 32 "
                           "to 4096: make one with \"openssl rand -hex 32\"",
                           &name, key->len);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_assist_levels(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t *mcf = conf;

    ngx_str_t       *value, name, text;
    assist_error_t   err;

    value = cf->args->elts;
    name = value[1];

    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK
        || ngx_http_assist_read_file(cf, &name, &text) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (assist_levels_parse(&mcf->levels, ngx_http_assist_str(text), &err)
        != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V:%uD: %s", &name, err.line,
                           err.text);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* assist_chat, assist_status */

char *
ngx_http_assist_content(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_loc_conf_t *lcf = conf;

    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_assist_main_conf_t   *mcf;
    ngx_http_assist_chat_place_t  *place;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = (ngx_http_handler_pt) cmd->post;
    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_assist_module);

    if (clcf->handler == ngx_http_assist_chat_handler) {
        mcf->chats++;
        lcf->chat = 1;

        place = ngx_array_push(&mcf->chat_places);
        if (place == NULL) {
            return NGX_CONF_ERROR;
        }

        place->location = clcf;
        place->server = ngx_http_conf_get_module_srv_conf(cf,
                                                     ngx_http_core_module);

    } else {
        mcf->statuses++;
        lcf->status = 1;
    }

    return NGX_CONF_OK;
}
