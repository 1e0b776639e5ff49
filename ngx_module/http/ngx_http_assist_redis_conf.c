/*
 * The assist_redis directive.
 */

#include "ngx_http_assist_redis.h"


static char *ngx_http_assist_redis_url(ngx_conf_t *cf,
    ngx_http_assist_redis_t *rd, ngx_str_t *url);
static char *ngx_http_assist_redis_option(ngx_conf_t *cf,
    ngx_http_assist_redis_t *rd, ngx_str_t *value);


/* assist_redis url [user=] [password_file=] [timeout=] [prefix=] */

char *
ngx_http_assist_redis_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t *mcf = conf;

    char                     *rv;
    ngx_str_t                *value;
    ngx_uint_t                i;
    ngx_http_assist_redis_t  *rd;

    if (mcf->redis) {
        return "is duplicate";
    }

    rd = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_redis_t));
    if (rd == NULL) {
        return NGX_CONF_ERROR;
    }

    rd->timeout = 50;
    ngx_str_set(&rd->prefix, "assist:");
    ngx_queue_init(&rd->ops);

    value = cf->args->elts;
    rv = ngx_http_assist_redis_url(cf, rd, &value[1]);

    for (i = 2; rv == NGX_CONF_OK && i < cf->args->nelts; i++) {
        rv = ngx_http_assist_redis_option(cf, rd, &value[i]);
    }

    mcf->redis = rd;

    return rv;
}


static char *
ngx_http_assist_redis_url(ngx_conf_t *cf, ngx_http_assist_redis_t *rd,
    ngx_str_t *url)
{
    u_char     *slash;
    ngx_url_t   u;

    ngx_memzero(&u, sizeof(ngx_url_t));
    u.default_port = 6379;
    u.url = *url;

    if (ngx_strncmp(url->data, "redis://", 8) == 0) {
        u.url.data += 8;
        u.url.len -= 8;

        slash = ngx_strlchr(u.url.data, u.url.data + u.url.len, '/');

        if (slash) {
            if (slash + 1 < u.url.data + u.url.len) {
                rd->db = ngx_atoi(slash + 1,
                                  u.url.data + u.url.len - slash - 1);
            }

            u.url.len = slash - u.url.data;

            if (rd->db == NGX_ERROR) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "invalid database number in \"%V\"", url);
                return NGX_CONF_ERROR;
            }
        }

    } else if (ngx_strncmp(url->data, "unix:", 5) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid address \"%V\", it is written "
                           "redis://host[:port][/database] or unix:path",
                           url);
        return NGX_CONF_ERROR;
    }

    if (ngx_strlchr(u.url.data, u.url.data + u.url.len, '@')) {
        return "takes no password in its address, use password_file=";
    }

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in \"%V\"",
                           u.err ? u.err : "invalid address", url);
        return NGX_CONF_ERROR;
    }

    rd->addr = u.addrs[0];
    rd->name = *url;

    return NGX_CONF_OK;
}


static char *
ngx_http_assist_redis_option(ngx_conf_t *cf, ngx_http_assist_redis_t *rd,
    ngx_str_t *value)
{
    ngx_str_t   s, text;
    ngx_msec_t  ms;

    if (ngx_strncmp(value->data, "user=", 5) == 0) {
        rd->user.data = value->data + 5;
        rd->user.len = value->len - 5;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "prefix=", 7) == 0) {
        rd->prefix.data = value->data + 7;
        rd->prefix.len = value->len - 7;

        if (rd->prefix.len > NGX_HTTP_ASSIST_PREFIX_MAX) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is too long, a prefix may have %d bytes",
                               value, NGX_HTTP_ASSIST_PREFIX_MAX);
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "timeout=", 8) == 0) {
        s.data = value->data + 8;
        s.len = value->len - 8;
        ms = ngx_parse_time(&s, 0);

        if (ms != (ngx_msec_t) NGX_ERROR && ms != 0) {
            rd->timeout = ms;
            return NGX_CONF_OK;
        }
    }

    if (ngx_strncmp(value->data, "password_file=", 14) == 0) {
        s.data = value->data + 14;
        s.len = value->len - 14;

        if (ngx_conf_full_name(cf->cycle, &s, 1) != NGX_OK
            || ngx_http_assist_read_file(cf, &s, &text) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        while (text.len && (text.data[text.len - 1] == '\n'
                            || text.data[text.len - 1] == '\r'))
        {
            text.len--;
        }

        if (text.len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" is empty", &s);
            return NGX_CONF_ERROR;
        }

        rd->password = text;
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       value);
    return NGX_CONF_ERROR;
}
