/*
 * The `assist` table.  Each call states where it is allowed.
 */

#include "vm_private.h"

#include <math.h>
#include <time.h>

#include "core/redact.h"
#include "core/text.h"


#define WAITING   (REQUEST|ASK)

#define LOG_LINES   100                 /* of a run */
#define LOG_TEXT    (64 * 1024)         /* bytes that are looked at */

/* bytes that are worked on without a stop: some ms, at most a CPU bound */
#define TEXT_MAX    (1024 * 1024)
#define REDACT_MAX  (256 * 1024)


typedef struct {
    const char     *name;           /* as hooks write it */
    const char     *table;          /* NULL: `assist` itself */
    const char     *field;
    unsigned        phases;
    int             waits;
    int           (*fn)(lua_State *L, assist_run_t *run);
    lua_CFunction   finish;         /* of a wait; NULL: the usual one */
} api_t;


/* A call that needs no run: it may be made while a file is loaded, too. */
typedef struct {
    const char     *table;
    const char     *field;
    lua_CFunction   fn;
} api_plain_t;


static int api_call(lua_State *L);
static void api_set(lua_State *L, const char *table, const char *field);

static int api_sleep(lua_State *L, assist_run_t *run);
static int api_cache_get(lua_State *L, assist_run_t *run);
static int api_cache_set(lua_State *L, assist_run_t *run);
static int api_cache_once(lua_State *L, assist_run_t *run);
static int api_once_join(lua_State *L);
static int api_once_over(lua_State *L);
static void api_cache_compose(lua_State *L);
static void api_check_ttl(lua_State *L, int arg, const char *name);
static int api_search(lua_State *L, assist_run_t *run);
static int api_log_error(lua_State *L, assist_run_t *run);
static int api_log_warn(lua_State *L, assist_run_t *run);
static int api_log_info(lua_State *L, assist_run_t *run);
static int api_log_debug(lua_State *L, assist_run_t *run);
static int api_log(lua_State *L, assist_run_t *run, assist_log_t level);
static int api_now(lua_State *L);
static int api_normalize(lua_State *L);
static int api_fold(lua_State *L);
static int api_redact(lua_State *L);
static int api_text(lua_State *L, int (*form)(assist_str_t, assist_buf_t *));


static const api_t  api_calls[] = {
    { "assist.sleep", NULL, "sleep", WAITING, 1, api_sleep, NULL },
    { "assist.all", NULL, "all", WAITING, 1, assist_all, assist_all_collect },
    { "assist.cache.get", "cache", "get", WAITING, 1, api_cache_get, NULL },
    { "assist.cache.set", "cache", "set", ANYWHERE, 0, api_cache_set, NULL },
    { "assist.cache.once", "cache", "once", WAITING, 1, api_cache_once, NULL },
    { "assist.fetch", NULL, "fetch", WAITING, 1, assist_fetch, NULL },
    { "assist.redis", NULL, "redis", WAITING, 1, assist_command, NULL },
    { "assist.ai.chat", "ai", "chat", WAITING, 1, assist_chat, NULL },
    { "assist.later", NULL, "later", WAITING, 0, assist_later, NULL },
    { "assist.search", NULL, "search", REQUEST|PAGE|ASK, 0, api_search, NULL },
    { "assist.log.error", "log", "error", ANYWHERE, 0, api_log_error, NULL },
    { "assist.log.warn", "log", "warn", ANYWHERE, 0, api_log_warn, NULL },
    { "assist.log.info", "log", "info", ANYWHERE, 0, api_log_info, NULL },
    { "assist.log.debug", "log", "debug", ANYWHERE, 0, api_log_debug, NULL },
    { NULL, NULL, NULL, 0, 0, NULL, NULL }
};


static const api_plain_t  api_plain[] = {
    { NULL, "now", api_now },
    { NULL, "html", assist_markup },
    { NULL, "redact", api_redact },
    { "text", "normalize", api_normalize },
    { "text", "fold", api_fold },
    { NULL, NULL, NULL }
};


void
assist_api_open(lua_State *L)
{
    const api_t        *api;
    const api_plain_t  *plain;

    assist_markup_open(L);
    lua_newtable(L);

    for (api = api_calls; api->name; api++) {
        lua_pushlightuserdata(L, (void *) api);
        lua_pushcclosure(L, api_call, 1);

        if (api->waits) {
            assist_wait_wrap(L, api->finish);
        }

        api_set(L, api->table, api->field);
    }

    for (plain = api_plain; plain->field; plain++) {
        lua_pushcfunction(L, plain->fn);
        api_set(L, plain->table, plain->field);
    }

    api_cache_compose(L);
    assist_chat_compose(L);
    assist_later_compose(L);
}


/* The function on the top becomes a field of `assist`, which is below it. */

static void
api_set(lua_State *L, const char *table, const char *field)
{
    if (table == NULL) {
        lua_setfield(L, -2, field);
        return;
    }

    lua_getfield(L, -2, table);

    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_setfield(L, -4, table);
    }

    lua_insert(L, -2);
    lua_setfield(L, -2, field);
    lua_pop(L, 1);
}


static int
api_call(lua_State *L)
{
    assist_run_t  *run;
    const api_t   *api;

    api = lua_touserdata(L, lua_upvalueindex(1));
    run = assist_run_check(L, api->name, api->phases, api->waits);

    return api->fn(L, run);
}


/* assist.sleep(seconds) -> true */

static int
api_sleep(lua_State *L, assist_run_t *run)
{
    lua_Number      seconds;
    assist_wait_t   wait;
    assist_value_t  value;

    seconds = assist_check_number(L, 1);

    if (!(seconds >= 0 && seconds <= 3600)) {
        return assist_raise(L, "assist.sleep takes 0 to 3600 seconds");
    }

    wait = run->vm->conf.host->sleep(run->host, run,
                                     (uint32_t) ceil(seconds * 1000), &value);

    return assist_wait_answer(L, run, wait, &value);
}


/* assist.cache.get(key) -> string | nil | nil, reason */

static int
api_cache_get(lua_State *L, assist_run_t *run)
{
    assist_str_t    key;
    assist_wait_t   wait;
    assist_value_t  value;

    key = assist_check_str(L, 1);
    wait = run->vm->conf.host->cache_get(run->host, run, key, &value);

    return assist_wait_answer(L, run, wait, &value);
}


/* assist.cache.set(key, string, ttl in seconds): does not wait */

static int
api_cache_set(lua_State *L, assist_run_t *run)
{
    assist_str_t  key, text;

    key = assist_check_str(L, 1);
    text = assist_check_str(L, 2);
    api_check_ttl(L, 3, "assist.cache.set");

    run->vm->conf.host->cache_set(run->host, key, text,
                                  (uint32_t) lua_tonumber(L, 3));

    return 0;
}


/*
 * assist.cache.once(key, ttl, fn) -> the cached string, or what fn() returns;
 * a string of it is stored.  Here only its arguments are looked at.
 */

static int
api_cache_once(lua_State *L, assist_run_t *run)
{
    (void) run;

    (void) assist_check_str(L, 1);
    api_check_ttl(L, 2, "assist.cache.once");
    assist_check_type(L, 3, LUA_TFUNCTION);

    return 0;
}


/*
 * The rest is Lua, in which fn may wait.  Runs that want the same text at the
 * same time wait for the one that makes it.
 */

static const char  api_once[] =
    "local check, get, set, join, over, pcall, error, type = ...\n"
    "return function(key, ttl, fn)\n"
    "    check(key, ttl, fn)\n"
    "    local text = get(key)\n"
    "    if text ~= nil then return text end\n"
    "    local mine, why = join(key)\n"
    "    if mine ~= true then return mine, why end\n"
    "    local ok, value, reason = pcall(fn)\n"
    "    if ok and type(value) == 'string' then set(key, value, ttl) end\n"
    "    over(key, ok, value, reason)\n"
    "    if not ok then error(value, 0) end\n"
    "    return value, reason\n"
    "end\n";


static void
api_cache_compose(lua_State *L)
{
    size_t  i;

    static const char  *const calls[] = { "once", "get", "set" };
    static const char  *const globals[] = { "pcall", "error", "type" };

    lua_getfield(L, -1, "cache");

    if (luaL_loadbuffer(L, api_once, sizeof(api_once) - 1, "=assist") != 0) {
        lua_error(L);
    }

    for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        lua_getfield(L, -2 - (int) i, calls[i]);
    }

    lua_pushcfunction(L, api_once_join);
    assist_wait_wrap(L, NULL);
    lua_pushcfunction(L, api_once_over);

    for (i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
        lua_getglobal(L, globals[i]);
    }

    lua_call(L, 8, 1);
    lua_setfield(L, -2, "once");
    lua_pop(L, 1);
}


/* join(key) -> true: to be made here | the text | nil, reason */

static int
api_once_join(lua_State *L)
{
    assist_run_t    *run;
    assist_wait_t    wait;
    assist_value_t   value;

    run = assist_vm_of(L)->run;
    wait = run->vm->conf.host->once_join(run->host, run,
                                         assist_check_str(L, 1), &value);

    return assist_wait_answer(L, run, wait, &value);
}


/* over(key, ok, value, reason): what others get of it */

static int
api_once_over(lua_State *L)
{
    assist_run_t    *run;
    assist_value_t   value;

    run = assist_vm_of(L)->run;
    value.type = ASSIST_TRUE;

    if (lua_type(L, 3) == LUA_TSTRING && lua_toboolean(L, 2)) {
        value.type = ASSIST_STRING;
        value.string = assist_check_str(L, 3);

    } else if (lua_isnil(L, 3) && lua_type(L, 4) == LUA_TSTRING) {
        value.type = ASSIST_NIL;
        value.string = assist_check_str(L, 4);
    }

    run->vm->conf.host->once_over(run->host, run, assist_check_str(L, 1),
                                  &value);

    return 0;
}


static void
api_check_ttl(lua_State *L, int arg, const char *name)
{
    lua_Number  ttl;

    ttl = assist_check_number(L, arg);

    if (!(ttl >= 1 && ttl <= 31536000)) {
        assist_raise(L, "%s takes a ttl of 1 second to 1 year", name);
    }
}


/*
 * assist.search(query) -> hits, best first: { { service =, score = }, ...,
 * found = "none" | "one" | "several", alike = n }
 */

static int
api_search(lua_State *L, assist_run_t *run)
{
    int                       day;
    uint32_t                  i;
    struct tm                 tm;
    time_t                    now;
    assist_str_t              query;
    assist_result_t           result;
    const assist_vm_conf_t   *conf;

    static const char  *const found[] = { "none", "one", "several" };

    conf = &run->vm->conf;
    query = assist_check_str(L, 1);

    if (conf->search == NULL) {
        lua_pushnil(L);
        lua_pushliteral(L, "there is no catalogue");
        return 2;
    }

    now = time(NULL);
    localtime_r(&now, &tm);
    day = (int) ((now + tm.tm_gmtoff) / 86400);

    if (assist_search_query(conf->search, query, day, &result) != 0) {
        lua_pushnil(L);
        lua_pushliteral(L, "the search failed");
        return 2;
    }

    lua_createtable(L, (int) result.nhits, 2);

    for (i = 0; i < result.nhits; i++) {
        lua_createtable(L, 0, 2);
        assist_service_push(L, conf->catalog->procedures[
                                   result.hits[i].procedure].service);
        lua_setfield(L, -2, "service");
        lua_pushnumber(L, result.hits[i].score);
        lua_setfield(L, -2, "score");
        lua_rawseti(L, -2, (int) i + 1);
    }

    lua_pushstring(L, found[result.found]);
    lua_setfield(L, -2, "found");
    lua_pushinteger(L, result.nalike);
    lua_setfield(L, -2, "alike");

    return 1;
}


static int
api_log_error(lua_State *L, assist_run_t *run)
{
    return api_log(L, run, ASSIST_LOG_ERROR);
}


static int
api_log_warn(lua_State *L, assist_run_t *run)
{
    return api_log(L, run, ASSIST_LOG_WARN);
}


static int
api_log_info(lua_State *L, assist_run_t *run)
{
    return api_log(L, run, ASSIST_LOG_INFO);
}


static int
api_log_debug(lua_State *L, assist_run_t *run)
{
    return api_log(L, run, ASSIST_LOG_DEBUG);
}


static int
api_log(lua_State *L, assist_run_t *run, assist_log_t level)
{
    assist_str_t  text;

    text = assist_check_str(L, 1);
    text.len = text.len > LOG_TEXT ? LOG_TEXT : text.len;

    if (run->logs == LOG_LINES) {
        level = ASSIST_LOG_WARN;
        text = assist_str("(more lines of this run are not shown)");
    }

    if (run->logs <= LOG_LINES) {
        run->logs++;
        run->vm->conf.host->log(run->host, level, text);
    }

    return 0;
}


/* assist.now() -> seconds since the epoch, with a fraction */

static int
api_now(lua_State *L)
{
    struct timespec  ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    lua_pushnumber(L, (lua_Number) ts.tv_sec + ts.tv_nsec / 1e9);

    return 1;
}


static int
api_normalize(lua_State *L)
{
    return api_text(L, assist_text_normalize);
}


static int
api_fold(lua_State *L)
{
    return api_text(L, assist_text_fold);
}


static int
api_text(lua_State *L, int (*form)(assist_str_t, assist_buf_t *))
{
    assist_str_t   s;
    assist_buf_t  *buf;

    s = assist_check_str(L, 1);

    if (s.len > TEXT_MAX) {
        return assist_raise(L, "assist.text takes a text of at most 1 MB");
    }

    buf = assist_buf_push(L);

    if (form(s, buf) < 0) {
        return luaL_error(L, "not enough memory");
    }

    lua_pushlstring(L, buf->data ? buf->data : "", buf->len);
    assist_buf_free(buf);

    return 1;
}


/*
 * assist.redact(text) -> the text with placeholders for personal data, and how
 * many were found | nil, reason
 */

static int
api_redact(lua_State *L)
{
    int              n;
    assist_str_t     s;
    assist_buf_t    *buf;
    assist_redact_t  map = ASSIST_REDACT_INIT;

    s = assist_check_str(L, 1);

    if (s.len > REDACT_MAX) {
        lua_pushnil(L);
        lua_pushliteral(L, "the text is larger than 256 KB");
        return 2;
    }

    buf = assist_buf_push(L);

    n = assist_redact(&map, s, buf);
    assist_redact_free(&map);

    if (n < 0) {
        assist_buf_free(buf);
        lua_pushnil(L);
        lua_pushliteral(L, "the text could not be redacted");
        return 2;
    }

    lua_pushlstring(L, buf->data ? buf->data : "", buf->len);
    lua_pushinteger(L, n);
    assist_buf_free(buf);

    return 2;
}
