/*
 * A new connection's greeting: AUTH, SELECT, ROLE, PING.  Nothing else goes out
 * before it was answered.
 *
 * An error is told with what to do about it.  One that answers AUTH is quoted
 * only where it is known: an unknown command's error repeats its arguments.
 */

#include "ngx_http_assist_redis.h"


static const char *ngx_http_assist_redis_auth(
    ngx_http_assist_redis_node_t *node, redisReply *reply);
static const char *ngx_http_assist_redis_select(
    ngx_http_assist_redis_node_t *node, redisReply *reply);
static const char *ngx_http_assist_redis_role(
    ngx_http_assist_redis_node_t *node, redisReply *reply);
static const char *ngx_http_assist_redis_ping(
    ngx_http_assist_redis_node_t *node, redisReply *reply);
static const char *ngx_http_assist_redis_advice(redisReply *reply,
    const char *otherwise);


static u_char  ngx_http_assist_redis_text[320];     /* why, the last one */


/* What an error asks its administrator to do. */

static const struct {
    const char  *error;
    const char  *advice;
} ngx_http_assist_redis_advices[] = {
    { "WRONGPASS", "check user= and password_file= of assist_redis" },
    { "ERR invalid password", "check password_file= of assist_redis" },
    { "ERR AUTH <password> called without any password",
      "it has none: take password_file= from assist_redis" },
    { "ERR Client sent AUTH, but no password is set",
      "it has none: take password_file= from assist_redis" },
    { "NOAUTH", "it wants a password: give assist_redis a password_file=, for "
                "sentinels a sentinel_password_file=" },
    { "ERR DB index is out of range",
      "name a database that it has in assist_redis" },
    { "ERR SELECT is not allowed in cluster mode",
      "a cluster has database 0 only, and assist_redis needs \"cluster\"" },
    { NULL, NULL }
};


ngx_int_t
ngx_http_assist_redis_greet(ngx_http_assist_redis_node_t *node)
{
    u_char                    db[NGX_INT_T_LEN];
    ngx_str_t                 argv[3], password;
    ngx_uint_t                n;
    ngx_http_assist_redis_t  *rd;

    rd = node->redis;
    password = node->sentinel ? rd->sentinel_password : rd->password;

    if (password.len) {
        ngx_str_set(&argv[0], "AUTH");
        n = 1;

        if (rd->user.len && !node->sentinel) {
            argv[n++] = rd->user;
        }

        argv[n++] = password;

        if (ngx_http_assist_redis_ask(node, ngx_http_assist_redis_auth, n,
                                      argv)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (rd->db && !node->sentinel) {
        ngx_str_set(&argv[0], "SELECT");
        argv[1].data = db;
        argv[1].len = ngx_sprintf(db, "%i", rd->db) - db;

        if (ngx_http_assist_redis_ask(node, ngx_http_assist_redis_select, 2,
                                      argv)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (rd->sentinel.len && !node->sentinel) {
        ngx_str_set(&argv[0], "ROLE");

        if (ngx_http_assist_redis_ask(node, ngx_http_assist_redis_role, 1,
                                      argv)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_str_set(&argv[0], "PING");

    return ngx_http_assist_redis_ask(node, ngx_http_assist_redis_ping, 1,
                                     argv);
}


const char *
ngx_http_assist_redis_refusal(redisReply *reply)
{
    ngx_uint_t  i;

    static const char *const  codes[] = {
        "NOAUTH", "LOADING", "MASTERDOWN", "BUSY "
    };

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (ngx_strncmp(reply->str, codes[i], ngx_strlen(codes[i])) == 0) {
            return ngx_http_assist_redis_advice(reply, NULL);
        }
    }

    return NULL;
}


static const char *
ngx_http_assist_redis_auth(ngx_http_assist_redis_node_t *node,
    redisReply *reply)
{
    return reply && reply->type == REDIS_REPLY_ERROR
           ? ngx_http_assist_redis_advice(reply,
                 "it does not take AUTH: check user= and password_file= of "
                 "assist_redis")
           : NULL;
}


static const char *
ngx_http_assist_redis_select(ngx_http_assist_redis_node_t *node,
    redisReply *reply)
{
    return reply && reply->type == REDIS_REPLY_ERROR
           ? ngx_http_assist_redis_advice(reply, NULL) : NULL;
}


/* Who may not ask for its role believes the sentinels. */

static const char *
ngx_http_assist_redis_role(ngx_http_assist_redis_node_t *node,
    redisReply *reply)
{
    redisReply  *role;

    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY
        || reply->elements == 0)
    {
        return NULL;
    }

    role = reply->element[0];

    return role->type == REDIS_REPLY_STRING
           && ngx_strcmp(role->str, "master") == 0
           ? NULL : "the sentinels' master is none (yet)";
}


/* An error is an answer, too, unless it says that there will be none. */

static const char *
ngx_http_assist_redis_ping(ngx_http_assist_redis_node_t *node,
    redisReply *reply)
{
    const char  *why;

    if (reply == NULL) {
        return NULL;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        why = ngx_http_assist_redis_refusal(reply);

        if (why) {
            return why;
        }
    }

    ngx_http_assist_redis_greeted(node);

    return NULL;
}


/* `otherwise` NULL: an error without advice is quoted alone. */

static const char *
ngx_http_assist_redis_advice(redisReply *reply, const char *otherwise)
{
    u_char      *p, *last;
    ngx_uint_t   i;
    const char  *error;

    p = ngx_http_assist_redis_text;
    last = p + sizeof(ngx_http_assist_redis_text) - 1;

    for (i = 0; ngx_http_assist_redis_advices[i].error; i++) {
        error = ngx_http_assist_redis_advices[i].error;

        if (ngx_strncmp(reply->str, error, ngx_strlen(error)) == 0) {
            p = ngx_slprintf(p, last, "%*s (%s)", ngx_min(reply->len, 120),
                             reply->str,
                             ngx_http_assist_redis_advices[i].advice);
            *p = '\0';

            return (char *) ngx_http_assist_redis_text;
        }
    }

    if (otherwise) {
        return otherwise;
    }

    p = ngx_slprintf(p, last, "%*s", ngx_min(reply->len, 200), reply->str);
    *p = '\0';

    return (char *) ngx_http_assist_redis_text;
}
