/*
 * assist.fetch: a request of the hook's own to a location of this server.
 */

#include "vm_private.h"

#include <math.h>


#define FETCH_HEADERS  32
#define FETCH_MAX      (1024 * 1024)
#define FETCH_URI      (64 * 1024)
#define HEADERS_MAX    (64 * 1024)  /* names and values */
#define FETCH_TIMEOUT  2            /* seconds */


static void fetch_options(lua_State *L, assist_fetch_t *fetch,
    assist_header_t *headers);
static void fetch_uri(lua_State *L, assist_fetch_t *fetch);
static lua_Number fetch_number(lua_State *L, const char *name,
    lua_Number fallback, lua_Number max);
static int fetch_field(lua_State *L, const char *name, assist_str_t *value);


/*
 * assist.fetch(uri, { method =, args =, headers =, body =, timeout =, max = })
 * -> { status =, headers =, body = } | nil, reason
 */

int
assist_fetch(lua_State *L, assist_run_t *run)
{
    const char       *why;
    assist_wait_t     wait;
    assist_value_t    value;
    assist_fetch_t    fetch;
    assist_header_t   headers[FETCH_HEADERS];

    lua_settop(L, 2);

    fetch.uri = assist_check_str(L, 1);
    fetch_options(L, &fetch, headers);

    why = run->vm->conf.host->fetch_refused(run->host, fetch.uri);

    if (why != NULL) {
        return assist_raise(L, "assist.fetch: \"%s\" %s", lua_tostring(L, 1),
                            why);
    }

    wait = run->vm->conf.host->fetch(run->host, run, &fetch, &value);

    return assist_wait_answer(L, run, wait, &value);
}


int
assist_check_headers(lua_State *L, int arg, const char *name,
    assist_header_t *headers, int max)
{
    int           n;
    size_t        i, total;
    assist_str_t  key, value;

    if (!lua_istable(L, arg)) {
        assist_raise(L, "%s: headers are a table of names and strings, not a "
                     "%s", name, luaL_typename(L, arg));
    }

    luaL_checkstack(L, max + 4, NULL);
    lua_pushnil(L);

    for (n = 0, total = 0; lua_next(L, arg); n++) {

        if (n == max) {
            assist_raise(L, "%s: more than %d headers", name, max);
        }

        if (lua_type(L, -2) != LUA_TSTRING || !lua_isstring(L, -1)) {
            assist_raise(L, "%s: headers are a table of names and strings",
                         name);
        }

        key.data = lua_tolstring(L, -2, &key.len);
        value.data = lua_tolstring(L, -1, &value.len);

        total += key.len + value.len;

        if (total > HEADERS_MAX) {
            assist_raise(L, "%s: headers may have 64 KB together", name);
        }

        if (key.len == 0
            || strspn(key.data, "!#$%&'*+-.^_`|~0123456789"
                                "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
               != key.len)
        {
            assist_raise(L, "%s: \"%s\" is not a header's name", name,
                         key.data);
        }

        for (i = 0; i < value.len; i++) {
            if (value.data[i] == '\r' || value.data[i] == '\n'
                || value.data[i] == '\0')
            {
                assist_raise(L, "%s: the header \"%s\" has a line end", name,
                             key.data);
            }
        }

        headers[n].name = key;
        headers[n].value = value;

        /* a number's text lives as long as it is on the stack */
        lua_insert(L, -2);
    }

    return n;
}


static void
fetch_options(lua_State *L, assist_fetch_t *fetch, assist_header_t *headers)
{
    fetch->method = assist_str("GET");
    fetch->body = assist_str("");
    fetch->headers = headers;
    fetch->nheaders = 0;
    fetch->timeout = FETCH_TIMEOUT * 1000;
    fetch->max = FETCH_MAX;

    if (!lua_isnoneornil(L, 2)) {
        assist_check_type(L, 2, LUA_TTABLE);

        (void) fetch_field(L, "method", &fetch->method);
        (void) fetch_field(L, "body", &fetch->body);

        if (fetch->body.len > FETCH_MAX) {
            assist_raise(L, "assist.fetch: body may have 1 MB");
        }

        fetch->timeout = (uint32_t) ceil(fetch_number(L, "timeout",
                                             FETCH_TIMEOUT, 60) * 1000);
        fetch->max = (size_t) fetch_number(L, "max", FETCH_MAX, FETCH_MAX);

        lua_getfield(L, 2, "headers");

        if (!lua_isnil(L, -1)) {
            fetch->nheaders = (uint32_t) assist_check_headers(L,
                                 lua_gettop(L), "assist.fetch", headers,
                                 FETCH_HEADERS);
        }
    }

    fetch_uri(L, fetch);
}


/* The location and the arguments, in one string that stays on the stack. */

static void
fetch_uri(lua_State *L, assist_fetch_t *fetch)
{
    size_t        i;
    assist_str_t  args;

    args = assist_str("");

    if (lua_istable(L, 2) && fetch_field(L, "args", &args) && args.len) {
        lua_pushvalue(L, 1);
        lua_pushstring(L, memchr(fetch->uri.data, '?', fetch->uri.len)
                          ? "&" : "?");
        lua_pushlstring(L, args.data, args.len);
        lua_concat(L, 3);
        fetch->uri.data = lua_tolstring(L, -1, &fetch->uri.len);
    }

    if (fetch->uri.len > FETCH_URI) {
        assist_raise(L, "assist.fetch: a URI may have 64 KB");
    }

    if (fetch->uri.data[0] != '/') {
        assist_raise(L, "assist.fetch: \"%s\" is not a location of this "
                     "server, which begins with \"/\"", fetch->uri.data);
    }

    for (i = 0; i < fetch->uri.len; i++) {
        if ((unsigned char) fetch->uri.data[i] <= ' '
            || fetch->uri.data[i] == 0x7f || fetch->uri.data[i] == '#')
        {
            assist_raise(L, "assist.fetch: a URI has no blank, control "
                         "character or \"#\": write it in percent encoding");
        }
    }
}


static lua_Number
fetch_number(lua_State *L, const char *name, lua_Number fallback,
    lua_Number max)
{
    lua_Number  n;

    lua_getfield(L, 2, name);
    n = lua_isnil(L, -1) ? fallback : lua_tonumber(L, -1);
    lua_pop(L, 1);

    if (!(n > 0 && n <= max)) {
        assist_raise(L, "assist.fetch: %s is a number above 0, at most %f",
                     name, max);
    }

    return n;
}


/* The string of a field, which stays on the stack; 0: there is none. */

static int
fetch_field(lua_State *L, const char *name, assist_str_t *value)
{
    lua_getfield(L, 2, name);

    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return 0;
    }

    value->data = lua_tolstring(L, -1, &value->len);

    if (value->data == NULL) {
        assist_raise(L, "assist.fetch: %s is a string, not a %s", name,
                     luaL_typename(L, -1));
    }

    return 1;
}
