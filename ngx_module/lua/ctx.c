/*
 * `ctx`, the request as its hooks see it, and services, read-only views of
 * catalogue rows.
 *
 * A ctx is a light userdata, the number of its request: it costs nothing, and
 * one that a hook has kept from another request is told by its number.  Its
 * metatable is that of all light userdata; the only other one that hooks meet
 * is JSON's null.
 */

#include "vm_private.h"

#include <stdlib.h>
#include <strings.h>


#define REQUEST   (1u << ASSIST_PHASE_REQUEST)
#define PAGE      (1u << ASSIST_PHASE_PAGE)
#define ASK       (1u << ASSIST_PHASE_ASK)
#define LOG       (1u << ASSIST_PHASE_LOG)
#define ANYWHERE  (REQUEST|PAGE|ASK|LOG)

#define REPLY_HEADERS  32


typedef struct {
    const char  *name;              /* "ctx:say" */
    unsigned     phases;
    int        (*fn)(lua_State *L, assist_run_t *run);
} method_t;

typedef struct {
    uint32_t  index;
} service_t;


static assist_run_t *ctx_check(lua_State *L, const char *name,
    unsigned phases);
static int ctx_index(lua_State *L);
static void ctx_env(lua_State *L, assist_run_t *run);
static int ctx_newindex(lua_State *L);
static int ctx_call(lua_State *L);
static int ctx_request(lua_State *L);
static int request_index(lua_State *L);
static int request_header(lua_State *L);
static int request_body(lua_State *L);
static void request_args(lua_State *L, assist_str_t args);
static void request_unescape(lua_State *L, const char *p, size_t len);
static int service_index(lua_State *L);
static int service_newindex(lua_State *L);
static int service_eq(lua_State *L);
static void ctx_metatable(lua_State *L, const char *name, lua_CFunction index,
    lua_CFunction newindex);

static int ctx_say(lua_State *L, assist_run_t *run);
static int ctx_cite(lua_State *L, assist_run_t *run);
static int ctx_about(lua_State *L, assist_run_t *run);
static int ctx_reply(lua_State *L, assist_run_t *run);
static void reply_header(lua_State *L, const char *name);
static int ctx_inject(lua_State *L, assist_run_t *run);
static void inject_id(lua_State *L, assist_str_t id);
static int inject_later(lua_State *L, assist_html_where_t where);
static int ctx_outcome(lua_State *L, assist_run_t *run);


static const method_t  ctx_methods[] = {
    { "ctx:say", ASK, ctx_say },
    { "ctx:cite", REQUEST|PAGE|ASK, ctx_cite },
    { "ctx:about", REQUEST|ASK, ctx_about },
    { "ctx:reply", REQUEST, ctx_reply },
    { "ctx:inject", PAGE, ctx_inject },
    { "ctx:outcome", REQUEST|PAGE|ASK, ctx_outcome },
    { NULL, 0, NULL }
};


void
assist_ctx_open(lua_State *L)
{
    const method_t  *m;

    ctx_metatable(L, "assist.ctx", ctx_index, ctx_newindex);

    for (m = ctx_methods; m->name; m++) {
        lua_pushlightuserdata(L, (void *) m);
        lua_pushcclosure(L, ctx_call, 1);
        lua_setfield(L, -2, m->name + sizeof("ctx:") - 1);
    }

    lua_pushlightuserdata(L, NULL);
    lua_insert(L, -2);
    lua_setmetatable(L, -2);
    lua_pop(L, 1);

    ctx_metatable(L, "assist.request", request_index, ctx_newindex);
    lua_pushcfunction(L, request_header);
    lua_setfield(L, -2, "header");
    lua_pushcfunction(L, request_body);
    assist_wait_wrap(L, NULL);
    lua_setfield(L, -2, "body");
    lua_pop(L, 1);

    ctx_metatable(L, "assist.service", service_index, service_newindex);
    lua_pushcfunction(L, service_eq);
    lua_setfield(L, -2, "__eq");
    lua_pop(L, 1);
}


void
assist_service_push(lua_State *L, uint32_t service)
{
    service_t  *s;

    if (service == ASSIST_NONE) {
        lua_pushnil(L);
        return;
    }

    s = lua_newuserdata(L, sizeof(service_t));
    s->index = service;
    luaL_getmetatable(L, "assist.service");
    lua_setmetatable(L, -2);
}


void
assist_ctx_release(assist_vm_t *vm, assist_ctx_t *ctx)
{
    if (ctx->anchor) {
        luaL_unref(vm->L, LUA_REGISTRYINDEX, ctx->anchor);
        ctx->anchor = 0;
    }
}


uint32_t
assist_service_check(lua_State *L, int arg)
{
    return ((service_t *) luaL_checkudata(L, arg, "assist.service"))->index;
}


static void
ctx_metatable(lua_State *L, const char *name, lua_CFunction index,
    lua_CFunction newindex)
{
    luaL_newmetatable(L, name);

    /* __index looks among the methods, which the metatable holds itself */
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
}


/* The run, if this is the ctx of its request and name may be called in it. */

static assist_run_t *
ctx_check(lua_State *L, const char *name, unsigned phases)
{
    assist_run_t  *run;

    if (!lua_islightuserdata(L, 1) || lua_touserdata(L, 1) == NULL) {
        luaL_typerror(L, 1, "ctx");
    }

    run = assist_run_check(L, name, phases, 0);

    if (lua_touserdata(L, 1) != (void *) run->ctx->id) {
        assist_raise(L, "%s: this ctx belongs to another request", name);
    }

    return run;
}


static int
ctx_index(lua_State *L)
{
    const char           *key;
    assist_run_t         *run;
    const assist_host_t  *host;

    run = ctx_check(L, "ctx", ANYWHERE);
    key = luaL_checkstring(L, 2);

    if (key[0] != '_') {
        lua_pushvalue(L, 2);
        lua_rawget(L, lua_upvalueindex(1));

        if (!lua_isnil(L, -1)) {
            return 1;
        }
    }

    host = run->vm->conf.host;

    /* what was made for it: data, service, request */
    ctx_env(L, run);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);

    if (!lua_isnil(L, -1)) {
        return 1;
    }

    lua_pop(L, 1);

    if (strcmp(key, "data") == 0) {
        lua_newtable(L);

    } else if (strcmp(key, "service") == 0) {
        assist_service_push(L, host->service(run->host));

    } else if (strcmp(key, "previous") == 0) {
        assist_service_push(L, host->previous(run->host));

    } else if (strcmp(key, "request") == 0) {
        ctx_request(L);

    } else if (strcmp(key, "lang") == 0) {
        assist_push_str(L, host->lang(run->host));

    } else if (strcmp(key, "question") == 0) {
        assist_push_str(L, host->question(run->host));

    } else if (strcmp(key, "disclosure") == 0) {
        lua_createtable(L, 0, 2);
        assist_push_str(L, host->disclosure(run->host, 0));
        lua_setfield(L, -2, "vi");
        assist_push_str(L, host->disclosure(run->host, 1));
        lua_setfield(L, -2, "en");

    } else {
        return assist_raise(L, "ctx has no \"%s\"", key);
    }

    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);

    return 1;
}


/* Pushes the table of the request's own, which many hooks never need. */

static void
ctx_env(lua_State *L, assist_run_t *run)
{
    if (run->ctx->anchor == 0) {
        lua_newtable(L);
        run->ctx->anchor = luaL_ref(L, LUA_REGISTRYINDEX);
    }

    lua_rawgeti(L, LUA_REGISTRYINDEX, run->ctx->anchor);
}


static int
ctx_newindex(lua_State *L)
{
    return assist_raise(L, "\"%s\" cannot be set: keep a request's values in "
                        "ctx.data", luaL_checkstring(L, 2));
}


static int
ctx_call(lua_State *L)
{
    assist_run_t    *run;
    const method_t  *m;

    m = lua_touserdata(L, lua_upvalueindex(1));

    if (!lua_isuserdata(L, 1)) {
        return assist_raise(L, "write %s(...), with a colon", m->name);
    }

    run = ctx_check(L, m->name, m->phases);

    return m->fn(L, run);
}


/* ctx:say(text): adds to the answer */

static int
ctx_say(lua_State *L, assist_run_t *run)
{
    if (run->vm->conf.host->say(run->host, assist_check_str(L, 2)) != 0) {
        return assist_raise(L, "ctx:say: an answer may have 256 KB");
    }

    return 0;
}


/* ctx:cite{ title =, url =, updated = }, or ctx:cite(service) */

static int
ctx_cite(lua_State *L, assist_run_t *run)
{
    int           i;
    assist_str_t  s[3];

    static const char  *const names[][3] = {
        { "title", "url", "updated" },
        { "name", "url", "updated" }
    };

    if (!lua_istable(L, 2)) {
        assist_service_check(L, 2);
    }

    for (i = 0; i < 3; i++) {
        lua_getfield(L, 2, names[lua_istable(L, 2) ? 0 : 1][i]);
        s[i].data = lua_tolstring(L, -1, &s[i].len);

        if (s[i].data == NULL) {
            s[i] = assist_str("");
        }
    }

    if (run->vm->conf.host->cite(run->host, s[0], s[1], s[2]) != 0) {
        return assist_raise(L, "ctx:cite: an answer may have 100 sources");
    }

    return 0;
}


/* ctx:about(service): what the answer is about, best first */

static int
ctx_about(lua_State *L, assist_run_t *run)
{
    if (run->vm->conf.host->about(run->host, assist_service_check(L, 2)) != 0)
    {
        return assist_raise(L, "ctx:about: an answer may be about 100 "
                            "services");
    }

    return 0;
}


/*
 * ctx:reply(status, body, headers): in place of the portal's page; body is a
 * string, or markup
 */

static int
ctx_reply(lua_State *L, assist_run_t *run)
{
    int              n, i, typed;
    lua_Integer      status;
    assist_str_t     body;
    assist_header_t  headers[REPLY_HEADERS + 1];


    lua_settop(L, 4);

    n = 0;
    typed = 0;
    status = luaL_checkinteger(L, 2);

    if (status < 200 || status > 599) {
        return assist_raise(L, "ctx:reply takes a status of 200 to 599");
    }

    if (!lua_isnil(L, 4)) {
        n = assist_check_headers(L, 4, "ctx:reply", headers, REPLY_HEADERS);
    }

    for (i = 0; i < n; i++) {
        typed |= strcasecmp(headers[i].name.data, "Content-Type") == 0;
        reply_header(L, headers[i].name.data);
    }

    headers[n].name = assist_str("Content-Type");
    headers[n].value = assist_str("text/html; charset=utf-8");

    if (!assist_markup_get(L, 3, &body)) {
        body = assist_check_str(L, 3);
        headers[n].value = assist_str("text/plain; charset=utf-8");
    }

    n += !typed;

    if (run->vm->conf.host->reply(run->host, (int) status, headers,
                                  (uint32_t) n, body)
        != 0)
    {
        return assist_raise(L, "ctx:reply: once, and with at most 1 MB");
    }

    return 0;
}


static void
reply_header(lua_State *L, const char *name)
{
    size_t  i;

    static const char  *const own[] = {
        "Connection", "Content-Length", "Date", "Keep-Alive", "Server", "TE",
        "Trailer", "Transfer-Encoding", "Upgrade"
    };

    for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (strcasecmp(name, own[i]) == 0) {
            assist_raise(L, "ctx:reply: the header \"%s\" is nginx's own",
                         name);
        }
    }
}


/*
 * ctx:inject(where, html): puts markup, or text, into the page; where is
 * "head_end", "body_start", "body_end", or an element's id.  What assist.later
 * has returned stands for what its function gives; where that comes when the
 * page is past its place, it goes to body_end, where a page may wait.
 */

static int
ctx_inject(lua_State *L, assist_run_t *run)
{
    int           i, waits;
    double        later;
    assist_str_t  where, html;

    static const char  *const places[] = {
        "head_end", "body_start", "body_end"
    };

    where = assist_check_str(L, 2);

    for (i = 0; i < ASSIST_HTML_ELEMENT; i++) {
        if (assist_str_eq(where, assist_str_of(places[i]))) {
            break;
        }
    }

    if (i == ASSIST_HTML_ELEMENT) {
        inject_id(L, where);
    }

    later = assist_later_number(L, 3);
    waits = later && inject_later(L, (assist_html_where_t) i);

    if (!waits) {

        if (later && lua_isnil(L, 3)) {
            return 0;
        }

        if (i == ASSIST_HTML_HEAD_END && !assist_markup_get(L, 3, &html)) {
            (void) assist_check_str(L, 3);
            return assist_raise(L, "ctx:inject: a head has no text, only what "
                                "assist.html makes");
        }

        if (!assist_markup_or_text(L, 3, &html)) {
            html = assist_check_str(L, 3);
        }
    }

    if ((waits ? run->vm->conf.host->inject_later(run->host,
                                                  (assist_html_where_t) i,
                                                  where, later)
               : run->vm->conf.host->inject(run->host, (assist_html_where_t) i,
                                            where, html))
        != 0)
    {
        return assist_raise(L, "ctx:inject: a page takes 16 insertions, of "
                            "64 KB together");
    }

    return 0;
}


/*
 * The page gets what a function of assist.later gives: 1, when it is over; 0,
 * it is, and this takes its place on the stack (nil: nothing to show).
 */

static int
inject_later(lua_State *L, assist_html_where_t where)
{
    if (where == ASSIST_HTML_HEAD_END) {
        assist_raise(L, "ctx:inject: what assist.later gives cannot go to "
                     "head_end");
    }

    lua_getfield(L, 3, "done");

    if (!lua_toboolean(L, -1)) {
        return 1;
    }

    lua_getfield(L, 3, "value");

    if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TUSERDATA) {
        lua_pushnil(L);
    }

    lua_replace(L, 3);

    return 0;
}


static void
inject_id(lua_State *L, assist_str_t id)
{
    size_t  i;

    for (i = 0; i < id.len; i++) {
        if ((unsigned char) id.data[i] <= ' '
            || strchr("\"'<>&=`", id.data[i]) != NULL)
        {
            break;
        }
    }

    if (id.len == 0 || id.len > ASSIST_HTML_ID || i < id.len) {
        assist_raise(L, "ctx:inject: \"%s\" is neither head_end, body_start, "
                     "body_end nor an id (1 to %d bytes without blanks, "
                     "quotes, <, >, & and =)", id.data, ASSIST_HTML_ID);
    }
}


/* ctx:outcome(name) */

static int
ctx_outcome(lua_State *L, assist_run_t *run)
{
    int           outcome;
    assist_str_t  name;

    name = assist_check_str(L, 2);
    outcome = assist_outcome_of(name.data);

    if (outcome < 0) {
        return assist_raise(L, "ctx:outcome: there is no outcome \"%s\"",
                            name.data);
    }

    run->vm->conf.host->outcome(run->host, (assist_outcome_t) outcome);

    return 0;
}


static int
ctx_request(lua_State *L)
{
    (void) lua_newuserdata(L, 0);
    luaL_getmetatable(L, "assist.request");
    lua_setmetatable(L, -2);

    return 1;
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

    luaL_checkudata(L, 1, "assist.request");
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

    luaL_checkudata(L, 1, "assist.request");
    run = assist_run_check(L, "ctx.request:body", REQUEST|ASK, 1);
    wait = run->vm->conf.host->body(run->host, run, &value);

    return assist_wait_answer(L, run, wait, &value);
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


static int
service_index(lua_State *L)
{
    const char              *key;
    const assist_row_t      *row;
    const assist_column_t   *column;
    const assist_catalog_t  *cat;
    const assist_service_t  *service;

    cat = assist_vm_of(L)->conf.catalog;
    service = &cat->services[assist_service_check(L, 1)];
    row = &cat->rows[service->row];
    key = luaL_checkstring(L, 2);

    if (strcmp(key, "id") == 0) {
        assist_push_str(L, service->id);
        return 1;
    }

    if (strcmp(key, "level") == 0) {
        lua_pushstring(L, assist_level_name(service->level));
        return 1;
    }

    if (strcmp(key, "state") == 0) {
        lua_pushstring(L, assist_state_name(row->state));
        return 1;
    }

    if (strcmp(key, "essential") == 0) {
        lua_pushboolean(L, row->essential);
        return 1;
    }

    if (strcmp(key, "onprem") == 0) {
        lua_pushboolean(L, row->onprem);
        return 1;
    }

    for (column = assist_catalog_columns; column->name; column++) {
        if (strcmp(key, column->name) == 0) {
            assist_push_str(L, *(const assist_str_t *)
                               ((const char *) row + column->offset));

            if (lua_isnil(L, -1)) {
                lua_pushliteral(L, "");
            }

            return 1;
        }
    }

    return assist_raise(L, "a service has no \"%s\"", key);
}


static int
service_newindex(lua_State *L)
{
    return assist_raise(L, "a service is read-only");
}


static int
service_eq(lua_State *L)
{
    lua_pushboolean(L, assist_service_check(L, 1)
                       == assist_service_check(L, 2));

    return 1;
}
