/*
 * `ctx`, what a hook knows of its question or page, and what it gives.
 *
 * A ctx is a light userdata, the number of its request: it costs nothing, and
 * one that a hook has kept from another request is told by its number.  Its
 * metatable is that of all light userdata; the only other one that hooks meet
 * is JSON's null.
 */

#include "vm_private.h"

#include <stdlib.h>
#include <strings.h>


#define REPLY_HEADERS  32
#define CITE_MAX       8192         /* bytes of a source */


typedef struct {
    const char  *name;              /* "ctx:say" */
    unsigned     phases;
    int        (*fn)(lua_State *L, assist_run_t *run);
} method_t;


static assist_run_t *ctx_check(lua_State *L, const char *name,
    unsigned phases);
static int ctx_index(lua_State *L);
static void ctx_env(lua_State *L, assist_run_t *run);
static int ctx_call(lua_State *L);

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

    assist_view_metatable(L, "assist.ctx", ctx_index, assist_ctx_newindex);

    for (m = ctx_methods; m->name; m++) {
        lua_pushlightuserdata(L, (void *) m);
        lua_pushcclosure(L, ctx_call, 1);
        lua_setfield(L, -2, m->name + sizeof("ctx:") - 1);
    }

    lua_pushlightuserdata(L, NULL);
    lua_insert(L, -2);
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}


void
assist_ctx_release(assist_vm_t *vm, assist_ctx_t *ctx)
{
    if (ctx->anchor) {
        luaL_unref(vm->L, LUA_REGISTRYINDEX, ctx->anchor);
        ctx->anchor = 0;
    }
}


void
assist_view_metatable(lua_State *L, const char *name, lua_CFunction index,
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
        assist_request_push(L);

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


int
assist_ctx_newindex(lua_State *L)
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
    size_t        total;
    assist_str_t  s[3];

    static const char  *const names[][3] = {
        { "title", "url", "updated" },
        { "name", "url", "updated" }
    };

    if (!lua_istable(L, 2)) {
        assist_service_check(L, 2);
    }

    for (i = 0, total = 0; i < 3; i++) {
        lua_getfield(L, 2, names[lua_istable(L, 2) ? 0 : 1][i]);
        s[i].data = lua_tolstring(L, -1, &s[i].len);

        if (s[i].data == NULL) {
            s[i] = assist_str("");
        }

        total += s[i].len;
    }

    if (total > CITE_MAX) {
        return assist_raise(L, "ctx:cite: a source may have 8 KB");
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
