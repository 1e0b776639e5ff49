/*
 * rediss://: a node's certificate is always verified, before anything is said.
 */

#include "ngx_http_assist_redis.h"


#define NGX_HTTP_ASSIST_REDIS_CA     "/etc/ssl/certs/ca-certificates.crt"
#define NGX_HTTP_ASSIST_REDIS_DEPTH  9          /* of a chain */


#if (NGX_SSL)

static void ngx_http_assist_redis_tls_done(ngx_connection_t *c);
static const char *ngx_http_assist_redis_tls_verify(
    ngx_http_assist_redis_node_t *node);
static u_char *ngx_http_assist_redis_tls_name(
    ngx_http_assist_redis_node_t *node, u_char *buf, ngx_uint_t *ip);
static void ngx_http_assist_redis_tls_log(ngx_log_t *log, ngx_uint_t level,
    u_char *buf, size_t len);


static u_char  ngx_http_assist_redis_tls_why[160];  /* of the last failure */


char *
ngx_http_assist_redis_tls_set(ngx_conf_t *cf, ngx_http_assist_redis_t *rd,
    ngx_str_t *ca, ngx_str_t *certificate, ngx_str_t *key)
{
    ngx_pool_cleanup_t  *cln;

    rd->ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (rd->ssl == NULL || cln == NULL) {
        return NGX_CONF_ERROR;
    }

    rd->ssl->log = cf->log;

    if (ngx_ssl_create(rd->ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = rd->ssl;

    if (ca->len == 0) {
        ngx_str_set(ca, NGX_HTTP_ASSIST_REDIS_CA);
    }

    if (ngx_ssl_trusted_certificate(cf, rd->ssl, ca,
                                    NGX_HTTP_ASSIST_REDIS_DEPTH)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (certificate->len
        && ngx_ssl_certificate(cf, rd->ssl, certificate, key, NULL) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_assist_redis_tls_start(ngx_http_assist_redis_node_t *node)
{
    u_char             name[NGX_HTTP_ASSIST_REDIS_HOST + 1];
    ngx_int_t          rc;
    ngx_uint_t         ip;
    ngx_connection_t  *c;

    if (node->redis->ssl == NULL) {
        return NGX_DECLINED;
    }

    c = node->peer.connection;
    node->state = NGX_HTTP_ASSIST_REDIS_HANDSHAKE;

    c->pool = ngx_create_pool(1024, c->log);

    if (c->pool == NULL
        || ngx_ssl_create_connection(node->redis->ssl, c, NGX_SSL_CLIENT)
           != NGX_OK)
    {
        ngx_http_assist_redis_fail(node, 0, "no memory");
        return NGX_OK;
    }

    (void) ngx_http_assist_redis_tls_name(node, name, &ip);

    if (!ip && SSL_set_tlsext_host_name(c->ssl->connection, (char *) name)
               == 0)
    {
        ngx_http_assist_redis_fail(node, 0, "no memory");
        return NGX_OK;
    }

    /* `out` grows, and so moves, between two tries to write it */
    SSL_set_mode(c->ssl->connection, SSL_MODE_ENABLE_PARTIAL_WRITE
                                     |SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

    /* OpenSSL's words are for our one line */
    ngx_http_assist_redis_tls_why[0] = '\0';
    node->log.log_level = NGX_LOG_INFO;
    node->log.writer = ngx_http_assist_redis_tls_log;
    node->log.next = NULL;

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = ngx_http_assist_redis_tls_done;

    } else {
        ngx_http_assist_redis_tls_done(c);
    }

    return NGX_OK;
}


void
ngx_http_assist_redis_tls_close(ngx_connection_t *c)
{
    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;
        (void) ngx_ssl_shutdown(c);
    }
}


static void
ngx_http_assist_redis_tls_done(ngx_connection_t *c)
{
    const char                    *why;
    ngx_http_assist_redis_node_t  *node;

    node = c->data;

    node->log.log_level = NGX_LOG_ALERT;
    node->log.writer = NULL;

    why = c->ssl->handshaked ? ngx_http_assist_redis_tls_verify(node)
                             : (char *) ngx_http_assist_redis_tls_why;

    if (why) {
        ngx_http_assist_redis_fail(node, 0, *why ? why
                                   : "it closed the connection in the TLS "
                                     "handshake");
        return;
    }

    ngx_http_assist_redis_connected(node);
}


/* NULL, or what is wrong with its certificate. */

static const char *
ngx_http_assist_redis_tls_verify(ngx_http_assist_redis_node_t *node)
{
    long               rc;
    X509              *cert;
    u_char             name[NGX_HTTP_ASSIST_REDIS_HOST + 1];
    ngx_str_t          host;
    ngx_uint_t         ip;
    ngx_connection_t  *c;

    c = node->peer.connection;
    rc = SSL_get_verify_result(c->ssl->connection);
    cert = SSL_get_peer_certificate(c->ssl->connection);

    host.data = name;
    host.len = ngx_http_assist_redis_tls_name(node, name, &ip) - name;

    if (rc != X509_V_OK) {
        ngx_snprintf(ngx_http_assist_redis_tls_why,
                     sizeof(ngx_http_assist_redis_tls_why) - 1,
                     "its certificate is not trusted: %s (is ca= of "
                     "assist_redis its authority?)%Z",
                     X509_verify_cert_error_string(rc));

    } else if (cert == NULL
               || (ip ? X509_check_ip_asc(cert, (char *) name, 0) != 1
                      : ngx_ssl_check_host(c, &host) != NGX_OK))
    {
        rc = X509_V_ERR_HOSTNAME_MISMATCH;
        ngx_snprintf(ngx_http_assist_redis_tls_why,
                     sizeof(ngx_http_assist_redis_tls_why) - 1,
                     "its certificate is not for \"%*s\" (server_name= of "
                     "assist_redis names another)%Z",
                     ngx_min(host.len, 64), host.data);
    }

    X509_free(cert);

    return rc == X509_V_OK ? NULL : (char *) ngx_http_assist_redis_tls_why;
}


/* The name to be proved, with a NUL; returns its end. */

static u_char *
ngx_http_assist_redis_tls_name(ngx_http_assist_redis_node_t *node, u_char *buf,
    ngx_uint_t *ip)
{
    u_char     *p, text[16];
    ngx_str_t  *name;

    name = node->redis->server_name.len ? &node->redis->server_name
                                        : &node->host;

    p = ngx_cpymem(buf, name->data,
                   ngx_min(name->len, NGX_HTTP_ASSIST_REDIS_HOST));
    *p = '\0';

    *ip = ngx_inet_addr(buf, p - buf) != INADDR_NONE;

#if (NGX_HAVE_INET6)
    *ip |= ngx_inet6_addr(buf, p - buf, text) == NGX_OK;
#endif

    return p;
}


/* Of nginx's line "... (SSL: reason)" the reason. */

static void
ngx_http_assist_redis_tls_log(ngx_log_t *log, ngx_uint_t level, u_char *buf,
    size_t len)
{
    u_char  *p, *last;

    p = ngx_strnstr(buf, "SSL_do_handshake() failed", len);

    if (p == NULL) {
        return;
    }

    last = buf + len;

    while (last > p && (last[-1] == LF || last[-1] == CR)) {
        last--;
    }

    (void) ngx_snprintf(ngx_http_assist_redis_tls_why,
                        sizeof(ngx_http_assist_redis_tls_why) - 1, "%*s%Z",
                        ngx_min(last - p, 150), p);
}

#else

char *
ngx_http_assist_redis_tls_set(ngx_conf_t *cf, ngx_http_assist_redis_t *rd,
    ngx_str_t *ca, ngx_str_t *certificate, ngx_str_t *key)
{
    return "takes no rediss://, for nginx was built without OpenSSL";
}


ngx_int_t
ngx_http_assist_redis_tls_start(ngx_http_assist_redis_node_t *node)
{
    return NGX_DECLINED;
}


void
ngx_http_assist_redis_tls_close(ngx_connection_t *c)
{
    /* void */
}

#endif
