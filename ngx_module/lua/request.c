/*
 * `ctx.request`, what the client has sent.
 */

#include "vm_private.h"

#include <stdlib.h>


static int request_index(lua_State *L);
static int request_header(lua_State *L);
static int request_body(lua_State *L);
static void request_check(lua_State *L, const char *name);
static void request_args(lua_State *L, assist_str_t args);
static void request_unescape(lua_State *L, const char *p, size_t len);


void
assist_request_open(lua_State *L)
{
    assist_view_metatable(L, "assist.request", request_index,
                          assist_ctx_newindex);
    lua_pushcfunction(L, request_header);
    lua_setfield(L, -2, "header");
    lua_pushcfunction(L, request_body);
    assist_wait_wrap(L, NULL);
    lua_setfield(L, -2, "body");
    lua_pop(L, 1);
}


void
assist_request_push(lua_State *L)
{
    (void) lua_newuserdata(L, 0);
    luaL_getmetatable(L, "assist.request");
    lua_setmetatable(L, -2);
}


static int
request_index(lua_State *L)
{
    const char           *key;
    assist_str_t          s;
    assist_run_t         *run;
    const assist_host_t  *host;

    key = luaL_checkstring(L, 2);

    if (strcmp(key, "header") == 0 || strcmp(key, "body") == 0) {
        lua_pushvalue(L, 2);
        lua_rawget(L, lua_upvalueindex(1));
        return 1;
    }

    run = assist_run_check(L, "ctx.request", ANYWHERE, 0);
    host = run->vm->conf.host;

    if (strcmp(key, "method") == 0) {
        assist_push_str(L, host->method(run->host));

    } else if (strcmp(key, "uri") == 0) {
        assist_push_str(L, host->uri(run->host));

    } else if (strcmp(key, "args") == 0) {
        request_args(L, host->args(run->host));

    } else if (strcmp(key, "query") == 0) {
        s = host->args(run->host);
        lua_pushlstring(L, s.len ? s.data : "", s.len);

    } else {
        return assist_raise(L, "ctx.request has no \"%s\"", key);
    }

    return 1;
}


/* ctx.request:header(name) -> string | nil */

static int
request_header(lua_State *L)
{
    assist_run_t  *run;

    request_check(L, "ctx.request:header");
    run = assist_run_check(L, "ctx.request:header", ANYWHERE, 0);

    assist_push_str(L, run->vm->conf.host->header(run->host,
                                                  assist_check_str(L, 2)));
    return 1;
}


/*
 * ctx.request:body() -> string | nil, reason.  Waits until it has come; a body
 * that nginx has written to a file is read from there.
 */

static int
request_body(lua_State *L)
{
    assist_run_t    *run;
    assist_wait_t    wait;
    assist_value_t   value;

    request_check(L, "ctx.request:body");
    run = assist_run_check(L, "ctx.request:body", REQUEST|ASK, 1);
    wait = run->vm->conf.host->body(run->host, run, &value);

    return assist_wait_answer(L, run, wait, &value);
}


static void
request_check(lua_State *L, const char *name)
{
    if (!lua_isuserdata(L, 1)) {
        assist_raise(L, "write %s(...), with a colon", name);
    }

    luaL_checkudata(L, 1, "assist.request");
}


/* The decoded arguments as a table; of a repeated one, the first. */

static void
request_args(lua_State *L, assist_str_t args)
{
    int          n;
    const char  *p, *end, *next, *eq;

    lua_newtable(L);

    p = args.data;
    end = p + args.len;

    for (n = 0; p < end && n < 100; n++, p = next + 1) {
        next = memchr(p, '&', (size_t) (end - p));
        next = next ? next : end;
        eq = memchr(p, '=', (size_t) (next - p));
        eq = eq ? eq : next;

        request_unescape(L, p, (size_t) (eq - p));
        lua_pushvalue(L, -1);
        lua_rawget(L, -3);

        if (!lua_isnil(L, -1)) {
            lua_pop(L, 2);
            continue;
        }

        lua_pop(L, 1);
        eq = eq < next ? eq + 1 : next;
        request_unescape(L, eq, (size_t) (next - eq));
        lua_rawset(L, -3);
    }
}


static void
request_unescape(lua_State *L, const char *p, size_t len)
{
    char         hex[3], *end;
    long         byte;
    luaL_Buffer  b;

    luaL_buffinit(L, &b);

    for (hex[2] = '\0'; len; p++, len--) {

        if (*p == '%' && len > 2) {
            hex[0] = p[1];
            hex[1] = p[2];
            byte = strtol(hex, &end, 16);

            if (end == hex + 2 && hex[0] != '+' && hex[0] != '-') {
                luaL_addchar(&b, (char) byte);
                p += 2;
                len -= 2;
                continue;
            }
        }

        luaL_addchar(&b, *p == '+' ? ' ' : *p);
    }

    luaL_pushresult(&b);
}
