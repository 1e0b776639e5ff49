/*
 * The assist_redis directive.
 */

#include "ngx_http_assist_redis.h"


#define NGX_HTTP_ASSIST_REDIS_FORMS                                          \
    "redis://host[:port][/database], rediss://... or unix:path"


/* Options that more than one function must know. */
typedef struct {
    ngx_str_t   ca;
    ngx_str_t   certificate;
    ngx_str_t   certificate_key;
    ngx_uint_t  tls;
} ngx_http_assist_redis_options_t;


static char *ngx_http_assist_redis_option(ngx_conf_t *cf,
    ngx_http_assist_redis_t *rd, ngx_http_assist_redis_options_t *options,
    ngx_str_t *option);
static char *ngx_http_assist_redis_password(ngx_conf_t *cf, ngx_str_t *file,
    ngx_str_t *password);
static char *ngx_http_assist_redis_url(ngx_conf_t *cf,
    ngx_http_assist_redis_t *rd, ngx_http_assist_redis_options_t *options,
    ngx_str_t *url);
static char *ngx_http_assist_redis_hosts(ngx_conf_t *cf,
    ngx_http_assist_redis_t *rd, ngx_str_t *url, ngx_str_t hosts);
static char *ngx_http_assist_redis_add(ngx_conf_t *cf,
    ngx_http_assist_redis_t *rd, ngx_str_t *url, ngx_str_t *host);
static ngx_http_assist_redis_node_t *ngx_http_assist_redis_new(ngx_conf_t *cf,
    ngx_http_assist_redis_t *rd);
static char *ngx_http_assist_redis_check(ngx_conf_t *cf,
    ngx_http_assist_redis_t *rd, ngx_http_assist_redis_options_t *options,
    ngx_str_t *url);
static ngx_int_t ngx_http_assist_redis_at_start(ngx_conf_t *cf,
    ngx_http_assist_redis_t *rd, ngx_queue_t *nodes);


/* assist_redis url [option ...] */

char *
ngx_http_assist_redis_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t *mcf = conf;

    char                             *rv;
    ngx_str_t                        *value;
    ngx_uint_t                        i;
    ngx_http_assist_redis_t          *rd;
    ngx_http_assist_redis_options_t   options;

    if (mcf->redis) {
        return "is duplicate";
    }

    rd = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_redis_t));
    if (rd == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    rd->name = value[1];
    rd->timeout = 50;
    ngx_str_set(&rd->prefix, "assist:");
    rd->conf_file = cf->conf_file->file.name.data;
    rd->conf_line = cf->conf_file->line;
    ngx_queue_init(&rd->nodes);
    ngx_queue_init(&rd->sentinels);
    ngx_queue_init(&rd->waiting.ops);

    ngx_memzero(&options, sizeof(ngx_http_assist_redis_options_t));

    rv = NGX_CONF_OK;

    for (i = 2; rv == NGX_CONF_OK && i < cf->args->nelts; i++) {
        rv = ngx_http_assist_redis_option(cf, rd, &options, &value[i]);
    }

    if (rv == NGX_CONF_OK) {
        rv = ngx_http_assist_redis_url(cf, rd, &options, &value[1]);
    }

    if (rv == NGX_CONF_OK) {
        rv = ngx_http_assist_redis_check(cf, rd, &options, &value[1]);
    }

    if (rv == NGX_CONF_OK && options.tls) {
        rv = ngx_http_assist_redis_tls_set(cf, rd, &options.ca,
                                           &options.certificate,
                                           &options.certificate_key);
    }

    mcf->redis = rd;

    return rv;
}


static char *
ngx_http_assist_redis_option(ngx_conf_t *cf, ngx_http_assist_redis_t *rd,
    ngx_http_assist_redis_options_t *options, ngx_str_t *option)
{
    size_t      len;
    ngx_str_t   value;
    ngx_uint_t  i;

    struct {
        const char  *name;
        ngx_str_t   *text;
    } texts[] = {
        { "user=", &rd->user },
        { "prefix=", &rd->prefix },
        { "sentinel=", &rd->sentinel },
        { "server_name=", &rd->server_name },
        { "ca=", &options->ca },
        { "certificate=", &options->certificate },
        { "certificate_key=", &options->certificate_key },
        { NULL, NULL }
    };

    for (i = 0; texts[i].name; i++) {
        len = ngx_strlen(texts[i].name);

        if (ngx_strncmp(option->data, texts[i].name, len) == 0
            && (option->len > len || texts[i].text == &rd->prefix))
        {
            texts[i].text->data = option->data + len;
            texts[i].text->len = option->len - len;
            return NGX_CONF_OK;
        }
    }

    if (ngx_strncmp(option->data, "password_file=", 14) == 0) {
        value.data = option->data + 14;
        value.len = option->len - 14;
        return ngx_http_assist_redis_password(cf, &value, &rd->password);
    }

    if (ngx_strncmp(option->data, "sentinel_password_file=", 23) == 0) {
        value.data = option->data + 23;
        value.len = option->len - 23;
        return ngx_http_assist_redis_password(cf, &value,
                                              &rd->sentinel_password);
    }

    if (ngx_strcmp(option->data, "cluster") == 0) {
        rd->cluster = 1;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(option->data, "timeout=", 8) == 0) {
        value.data = option->data + 8;
        value.len = option->len - 8;
        rd->timeout = ngx_parse_time(&value, 0);

        if (rd->timeout != (ngx_msec_t) NGX_ERROR && rd->timeout != 0) {
            return NGX_CONF_OK;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\", it takes a time above 0, "
                           "such as 50ms or 1s", option);
        return NGX_CONF_ERROR;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", known are user=name, "
                       "password_file=file, timeout=time, prefix=text, "
                       "ca=file, server_name=name, certificate=file, "
                       "certificate_key=file, sentinel=name, "
                       "sentinel_password_file=file and cluster", option);
    return NGX_CONF_ERROR;
}


static char *
ngx_http_assist_redis_password(ngx_conf_t *cf, ngx_str_t *file,
    ngx_str_t *password)
{
    if (ngx_conf_full_name(cf->cycle, file, 1) != NGX_OK
        || ngx_http_assist_read_file(cf, file, password) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    while (password->len && (password->data[password->len - 1] == LF
                             || password->data[password->len - 1] == CR))
    {
        password->len--;
    }

    if (password->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" is empty", file);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_assist_redis_url(ngx_conf_t *cf, ngx_http_assist_redis_t *rd,
    ngx_http_assist_redis_options_t *options, ngx_str_t *url)
{
    u_char     *slash;
    ngx_str_t   hosts;

    hosts = *url;

    if (ngx_strncmp(url->data, "unix:", 5) == 0) {
        return ngx_http_assist_redis_add(cf, rd, url, &hosts);
    }

    if (ngx_strncmp(url->data, "redis://", 8) == 0) {
        hosts.data += 8;
        hosts.len -= 8;

    } else if (ngx_strncmp(url->data, "rediss://", 9) == 0) {
        hosts.data += 9;
        hosts.len -= 9;
        options->tls = 1;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid address \"%V\", it is written "
                           NGX_HTTP_ASSIST_REDIS_FORMS, url);
        return NGX_CONF_ERROR;
    }

    if (ngx_strlchr(hosts.data, hosts.data + hosts.len, '@')) {
        return "takes no password in its address, use password_file=";
    }

    slash = ngx_strlchr(hosts.data, hosts.data + hosts.len, '/');

    if (slash) {
        if (slash + 1 < hosts.data + hosts.len) {
            rd->db = ngx_atoi(slash + 1, hosts.data + hosts.len - slash - 1);
        }

        hosts.len = slash - hosts.data;

        if (rd->db == NGX_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid database number in \"%V\"", url);
            return NGX_CONF_ERROR;
        }
    }

    return ngx_http_assist_redis_hosts(cf, rd, url, hosts);
}


/* host[:port],... */

static char *
ngx_http_assist_redis_hosts(ngx_conf_t *cf, ngx_http_assist_redis_t *rd,
    ngx_str_t *url, ngx_str_t hosts)
{
    char       *rv;
    u_char     *comma, *last;
    ngx_str_t   host;

    last = hosts.data + hosts.len;

    do {
        comma = ngx_strlchr(hosts.data, last, ',');

        host.data = hosts.data;
        host.len = (comma ? comma : last) - hosts.data;

        rv = ngx_http_assist_redis_add(cf, rd, url, &host);

        hosts.data += host.len + 1;

    } while (comma && rv == NGX_CONF_OK);

    return rv;
}


static char *
ngx_http_assist_redis_add(ngx_conf_t *cf, ngx_http_assist_redis_t *rd,
    ngx_str_t *url, ngx_str_t *host)
{
    ngx_url_t                      u;
    ngx_http_assist_redis_node_t  *node;

    ngx_memzero(&u, sizeof(ngx_url_t));
    u.url = *host;
    u.default_port = rd->sentinel.len ? 26379 : 6379;
    u.no_resolve = 1;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "%s in \"%V\", it is written "
                           NGX_HTTP_ASSIST_REDIS_FORMS,
                           u.err ? u.err : "invalid address", url);
        return NGX_CONF_ERROR;
    }

    node = ngx_http_assist_redis_new(cf, rd);
    if (node == NULL) {
        return NGX_CONF_ERROR;
    }

    node->host = u.host;
    node->port = u.port;
    node->name = rd->name;

    if (u.family == AF_UNIX) {
        ngx_memcpy(&node->sockaddrs[0], u.addrs[0].sockaddr,
                   u.addrs[0].socklen);
        node->socklens[0] = u.addrs[0].socklen;
        node->naddrs = 1;

    } else {

        if (node->host.len && node->host.data[0] == '[') {
            node->host.data++;
            node->host.len -= 2;
        }

        if (node->host.len == 0
            || node->host.len > NGX_HTTP_ASSIST_REDIS_HOST)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid address in \"%V\", it is written "
                               NGX_HTTP_ASSIST_REDIS_FORMS, url);
            return NGX_CONF_ERROR;
        }

        (void) ngx_http_assist_redis_literal(node);
    }

    if (rd->sentinel.len || rd->cluster) {
        node->name = *host;
    }

    if (rd->sentinel.len) {
        node->sentinel = 1;
        ngx_queue_insert_tail(&rd->sentinels, &node->queue);

    } else {
        ngx_queue_insert_tail(&rd->nodes, &node->queue);
        rd->nnodes++;
    }

    return NGX_CONF_OK;
}


static ngx_http_assist_redis_node_t *
ngx_http_assist_redis_new(ngx_conf_t *cf, ngx_http_assist_redis_t *rd)
{
    ngx_http_assist_redis_node_t  *node;

    node = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_redis_node_t));

    if (node != NULL) {
        ngx_http_assist_redis_node_init(node, rd);
    }

    return node;
}


/* What does not go together.  Of sentinels the master's node is made. */

static char *
ngx_http_assist_redis_check(ngx_conf_t *cf, ngx_http_assist_redis_t *rd,
    ngx_http_assist_redis_options_t *options, ngx_str_t *url)
{
    ngx_http_assist_redis_node_t  *node;

    if (rd->sentinel.len && rd->cluster) {
        return "takes sentinel= or cluster, not both";
    }

    if (rd->cluster && rd->db) {
        return "takes no database with cluster, which has only 0";
    }

    if (rd->prefix.len > NGX_HTTP_ASSIST_PREFIX_MAX) {
        return "has too long a prefix=, it may have 128 bytes";
    }

    if (rd->cluster && ngx_strlchr(rd->prefix.data,
                                   rd->prefix.data + rd->prefix.len, '{'))
    {
        return "takes no \"{\" in prefix= with cluster: all keys would lie "
               "in one slot";
    }

    if (url->data[0] == 'u' && (rd->sentinel.len || rd->cluster)) {
        return "takes no unix: with sentinel= or cluster";
    }

    if (rd->user.len && rd->password.len == 0) {
        return "takes user= only with password_file=";
    }

    if (rd->sentinel_password.len && rd->sentinel.len == 0) {
        return "takes sentinel_password_file= only with sentinel=";
    }

    if (!options->tls && (options->ca.len || options->certificate.len
                          || options->certificate_key.len
                          || rd->server_name.len))
    {
        return "takes ca=, certificate=, certificate_key= and server_name= "
               "only with rediss://";
    }

    if (!options->certificate.len != !options->certificate_key.len) {
        return "takes certificate= and certificate_key= together";
    }

    if (rd->server_name.len > NGX_HTTP_ASSIST_REDIS_HOST) {
        return "has too long a server_name=";
    }

    if (rd->nnodes > 1 && !rd->cluster) {
        return "takes several addresses only with sentinel= or cluster";
    }

    if (rd->sentinel.len) {
        node = ngx_http_assist_redis_new(cf, rd);
        if (node == NULL) {
            return NGX_CONF_ERROR;
        }

        node->name = rd->name;
        ngx_queue_insert_tail(&rd->nodes, &node->queue);
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_assist_redis_init(ngx_conf_t *cf, ngx_http_assist_redis_t *rd)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->resolver && clcf->resolver->connections.nelts) {
        rd->resolver = clcf->resolver;

        /* http{}'s own values are not merged: as ngx_http_core_module has it */
        rd->resolver_timeout = clcf->resolver_timeout != NGX_CONF_UNSET_MSEC
                               ? clcf->resolver_timeout : 30000;
        return NGX_OK;
    }

    if (ngx_http_assist_redis_at_start(cf, rd, &rd->sentinels) != NGX_OK
        || (rd->sentinel.len == 0
            && ngx_http_assist_redis_at_start(cf, rd, &rd->nodes) != NGX_OK))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Without a resolver names are resolved once, as those of upstreams are. */

static ngx_int_t
ngx_http_assist_redis_at_start(ngx_conf_t *cf, ngx_http_assist_redis_t *rd,
    ngx_queue_t *nodes)
{
    ngx_url_t                      u;
    ngx_uint_t                     i;
    ngx_queue_t                   *q;
    ngx_http_assist_redis_node_t  *node;

    for (q = ngx_queue_head(nodes);
         q != ngx_queue_sentinel(nodes);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, ngx_http_assist_redis_node_t, queue);

        if (!node->named) {
            continue;
        }

        ngx_memzero(&u, sizeof(ngx_url_t));
        u.host = node->host;
        u.port = node->port;

        if (ngx_inet_resolve_host(cf->pool, &u) != NGX_OK) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "%s in \"%V\" of assist_redis in %s:%ui; with a "
                          "resolver in http{} it may come later",
                          u.err ? u.err : "host not found", &node->host,
                          rd->conf_file, rd->conf_line);
            return NGX_ERROR;
        }

        node->named = 0;
        node->naddrs = ngx_min(u.naddrs, NGX_HTTP_ASSIST_REDIS_ADDRS);

        for (i = 0; i < node->naddrs; i++) {
            ngx_memcpy(&node->sockaddrs[i], u.addrs[i].sockaddr,
                       u.addrs[i].socklen);
            node->socklens[i] = u.addrs[i].socklen;
        }
    }

    return NGX_OK;
}
