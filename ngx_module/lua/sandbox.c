/*
 * What a hook's file sees: the safe libraries, `require`, and nothing that it
 * could change for another hook.
 *
 * Every shared table stands behind a userdata that only reads from it: neither
 * rawset nor table.insert nor setmetatable get hold of the table itself.  Each
 * hook has an environment of its own, and with it its own instances of the
 * modules that it requires.
 */

#include "vm_private.h"


static void sandbox_libraries(lua_State *L, int safe);
static int sandbox_check_stack(lua_State *L);
static int sandbox_less(lua_State *L);
static int sandbox_running(lua_State *L);
static void sandbox_remove(lua_State *L);
static void sandbox_json(lua_State *L, int safe);
static void sandbox_freeze_globals(lua_State *L);
static void sandbox_freeze(lua_State *L, int depth);
static int sandbox_frozen(lua_State *L);
static int sandbox_frozen_global(lua_State *L);
static int sandbox_require(lua_State *L);
static int sandbox_run(lua_State *L);


/* Of the base library: what is not for hooks. */

static const char  *const sandbox_removed[] = {
    "collectgarbage", "dofile", "gcinfo", "getfenv", "load", "loadfile",
    "loadstring", "module", "newproxy", "print", "setfenv", NULL
};


void
assist_sandbox_open(lua_State *L, int safe)
{
    sandbox_json(L, safe);
    sandbox_libraries(L, safe);

    assist_api_open(L);
    lua_getfield(L, LUA_REGISTRYINDEX, "assist.json");
    lua_setfield(L, -2, "json");
    sandbox_freeze(L, 2);
    lua_setfield(L, LUA_REGISTRYINDEX, "assist.api");

    sandbox_freeze_globals(L);

    /* the metatable of all environments */
    lua_newtable(L);
    lua_pushvalue(L, LUA_GLOBALSINDEX);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, sandbox_frozen_global);
    lua_setfield(L, -2, "__newindex");
    lua_setfield(L, LUA_REGISTRYINDEX, "assist.env");

    /* by module of a hook: the `require` of its environment */
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "assist.hooks");
}


int
assist_sandbox_reread(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "assist.hooks");
    lua_setfield(L, LUA_REGISTRYINDEX, "assist.hooks.before");
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "assist.hooks");

    return 0;
}


int
assist_sandbox_keep(lua_State *L)
{
    lua_pushnil(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "assist.hooks.before");

    return 0;
}


int
assist_sandbox_restore(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "assist.hooks.before");
    lua_setfield(L, LUA_REGISTRYINDEX, "assist.hooks");

    return assist_sandbox_keep(L);
}


int
assist_sandbox_load(lua_State *L, const assist_source_t *source)
{
    int  rc;

    if (source->text.len && source->text.data[0] == LUA_SIGNATURE[0]) {
        lua_pushfstring(L, "%s:1: this is bytecode: nginx reads source only",
                        source->path.data);
        return LUA_ERRSYNTAX;
    }

    lua_pushfstring(L, "@%s", source->path.data);
    rc = luaL_loadbufferx(L, source->text.data, source->text.len,
                          lua_tostring(L, -1), "t");
    lua_remove(L, -2);

    return rc;
}


void
assist_sandbox_require(lua_State *L, assist_str_t module)
{
    int  hooks, env;

    lua_getfield(L, LUA_REGISTRYINDEX, "assist.hooks");
    hooks = lua_gettop(L);

    assist_push_str(L, module);
    lua_rawget(L, hooks);

    if (!lua_isnil(L, -1)) {
        lua_remove(L, hooks);
        return;
    }

    lua_pop(L, 1);

    /* the environment: `require`; the rest is read through to the globals */
    lua_newtable(L);
    env = lua_gettop(L);
    lua_getfield(L, LUA_REGISTRYINDEX, "assist.env");
    lua_setmetatable(L, env);

    /* the closure: what was loaded, and where */
    lua_newtable(L);
    lua_getfield(L, LUA_REGISTRYINDEX, "assist.api");
    lua_setfield(L, -2, "assist");
    lua_pushvalue(L, env);
    lua_pushcclosure(L, sandbox_require, 2);

    lua_pushliteral(L, "require");
    lua_pushvalue(L, -2);
    lua_rawset(L, env);

    assist_push_str(L, module);
    lua_pushvalue(L, -2);
    lua_rawset(L, hooks);

    lua_replace(L, hooks);
    lua_settop(L, hooks);
}


/*
 * Where the library's own functions could not be stopped: xpcall calls its
 * handler before the stack is unwound, where no hook fires; table.sort without
 * a function, and table.insert far below the first place, do not come back to
 * the interpreter; coroutines that resume each
 * other take the C stack, one inside the other, until the worker dies.
 */

static const char  sandbox_stoppable[] =
    "local coroutine, table, check, less = ...\n"
    "local error, pcall, select, tonumber = error, pcall, select, tonumber\n"
    "local resume, wrap = coroutine.resume, coroutine.wrap\n"
    "local insert, sort = table.insert, table.sort\n"
    "local function pass(handler, ok, ...)\n"
    "    if ok then return true, ... end\n"
    "    return false, handler((...))\n"
    "end\n"
    "function coroutine.resume(co, ...)\n"
    "    check()\n"
    "    return resume(co, ...)\n"
    "end\n"
    "function coroutine.wrap(f)\n"
    "    local go = wrap(f)\n"
    "    return function(...) check() return go(...) end\n"
    "end\n"
    "function table.insert(t, at, ...)\n"
    "    if select('#', ...) == 0 then return insert(t, at) end\n"
    "    local n = tonumber(at) or 1\n"
    "    if not (n >= 1 and n <= 2147483647) then\n"
    "        error('table.insert: position out of bounds', 2)\n"
    "    end\n"
    "    return insert(t, at, ...)\n"
    "end\n"
    "function table.sort(t, f)\n"
    "    check()\n"
    "    return sort(t, f or less)\n"
    "end\n"
    "return function(f, handler, ...)\n"
    "    return pass(handler, pcall(f, ...))\n"
    "end\n";


static void
sandbox_libraries(lua_State *L, int safe)
{
    size_t  i;

    static const luaL_Reg  libs[] = {
        { "string", luaopen_string },
        { "table", luaopen_table },
        { "math", luaopen_math },
        { "bit", luaopen_bit },
        { NULL, NULL }
    };

    if (!safe) {
        luaL_openlibs(L);
    }

    for (i = 0; safe && libs[i].func; i++) {
        lua_pushcfunction(L, libs[i].func);
        lua_pushstring(L, libs[i].name);
        lua_call(L, 1, 0);
    }

    if (luaL_loadbuffer(L, sandbox_stoppable, sizeof(sandbox_stoppable) - 1,
                        "=assist") != 0)
    {
        lua_error(L);
    }

    lua_getglobal(L, "coroutine");
    lua_getglobal(L, "table");
    lua_pushcfunction(L, sandbox_check_stack);
    lua_pushcfunction(L, sandbox_less);
    lua_call(L, 4, 1);
    lua_setglobal(L, "xpcall");

    lua_getglobal(L, "coroutine");
    lua_pushcfunction(L, sandbox_running);
    lua_setfield(L, -2, "running");

    lua_getglobal(L, "string");
    assist_strings_open(L);
    lua_pop(L, 2);

    if (safe) {
        sandbox_remove(L);
    }
}


static int
sandbox_check_stack(lua_State *L)
{
    assist_check_stack(L);

    return 0;
}


/* a < b, of table.sort: it may be stopped, which the engine's own may not */

static int
sandbox_less(lua_State *L)
{
    assist_cpu_check(L);
    lua_pushboolean(L, lua_lessthan(L, 1, 2));

    return 1;
}


/*
 * Nothing for a run's own coroutine, as for Lua's main one: it is used again,
 * also by other hooks, and who had kept it could go on with what waits there.
 */

static int
sandbox_running(lua_State *L)
{
    assist_run_t  *run;

    run = assist_vm_of(L)->run;

    if (lua_pushthread(L) || (run && L == run->thread)) {
        lua_pushnil(L);
    }

    return 1;
}


static void
sandbox_remove(lua_State *L)
{
    size_t  i;

    for (i = 0; sandbox_removed[i]; i++) {
        lua_pushnil(L);
        lua_setglobal(L, sandbox_removed[i]);
    }

    lua_getglobal(L, "string");
    lua_pushnil(L);
    lua_setfield(L, -2, "dump");
    lua_pushnil(L);
    lua_setfield(L, -2, "gfind");       /* the old name of gmatch */

    /* strings are one type for all hooks: nobody gets their metatable */
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 3);

    /* one generator for all: seeding it would speak to other hooks */
    lua_getglobal(L, "math");
    lua_pushnil(L);
    lua_setfield(L, -2, "randomseed");
    lua_pop(L, 1);
}


/* lua-cjson's encode and decode; they return nil and the reason on failure. */

static void
sandbox_json(lua_State *L, int safe)
{
    size_t  i;

    static const char  *const names[] = { "encode", "decode", "null" };

    lua_pushcfunction(L, luaopen_base);
    lua_pushliteral(L, "");
    lua_call(L, 1, 0);

    lua_pushcfunction(L, luaopen_package);
    lua_pushliteral(L, LUA_LOADLIBNAME);
    lua_call(L, 1, 0);

    lua_getglobal(L, "require");
    lua_pushliteral(L, "cjson.safe");

    if (lua_pcall(L, 1, 1, 0) != 0) {
        luaL_error(L, "lua-cjson is needed and was not found: install Debian's "
                   "package lua-cjson");
    }

    lua_newtable(L);

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        lua_getfield(L, -2, names[i]);
        lua_setfield(L, -2, names[i]);
    }

    assist_json_wrap(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "assist.json");
    lua_pop(L, 1);

    if (!safe) {
        lua_getglobal(L, "require");
        lua_setfield(L, LUA_REGISTRYINDEX, "assist.require");
    }

    lua_pushnil(L);
    lua_setglobal(L, "package");
    lua_pushnil(L);
    lua_setglobal(L, "require");
}


static void
sandbox_freeze_globals(lua_State *L)
{
    size_t  i;

    static const char  *const names[] = {
        "string", "table", "math", "bit", "coroutine"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        lua_getglobal(L, names[i]);
        sandbox_freeze(L, 1);
        lua_setglobal(L, names[i]);
    }

    lua_pushvalue(L, LUA_GLOBALSINDEX);
    sandbox_freeze(L, 1);
    lua_setglobal(L, "_G");
}


/*
 * Replaces the table on the stack's top, and the tables in it down to depth,
 * by a userdata that reads from it.
 */

static void
sandbox_freeze(lua_State *L, int depth)
{
    int  t;

    t = lua_gettop(L);

    if (depth > 1) {
        lua_pushnil(L);

        while (lua_next(L, t)) {
            if (lua_istable(L, -1)) {
                sandbox_freeze(L, depth - 1);
                lua_pushvalue(L, -2);
                lua_pushvalue(L, -2);
                lua_rawset(L, t);
            }

            lua_pop(L, 1);
        }
    }

    (void) lua_newuserdata(L, 0);
    lua_newtable(L);
    lua_pushvalue(L, t);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, sandbox_frozen);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_replace(L, t);
}


static int
sandbox_frozen(lua_State *L)
{
    return assist_raise(L, "\"%s\" cannot be set: libraries are shared by all "
                        "hooks, and read-only",
                        lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2)
                                                      : "it");
}


static int
sandbox_frozen_global(lua_State *L)
{
    return assist_raise(L, "global \"%s\" cannot be set: globals are read-only,"
                        " write \"local\", or keep a request's values in "
                        "ctx.data", lua_tostring(L, 2));
}


/* require(name), of one environment: what it loaded, where it loads. */

static int
sandbox_require(lua_State *L)
{
    int                     rc;
    uint32_t                i;
    assist_str_t            name;
    assist_vm_t            *vm;
    const assist_source_t  *source;

    name = assist_check_str(L, 1);
    vm = assist_vm_of(L);

    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    lua_rawget(L, lua_upvalueindex(1));

    if (lua_islightuserdata(L, -1)) {
        return assist_raise(L, "module \"%s\" requires itself", name.data);
    }

    if (!lua_isnil(L, -1)) {
        return 1;
    }

    for (i = 0; i < vm->conf.nsources; i++) {
        source = &vm->conf.sources[i];

        if (!assist_str_eq(source->module, name)) {
            continue;
        }

        lua_pushvalue(L, 1);
        lua_pushlightuserdata(L, vm);
        lua_rawset(L, lua_upvalueindex(1));

        lua_pushcfunction(L, sandbox_run);
        lua_pushlightuserdata(L, (void *) source);
        lua_pushvalue(L, lua_upvalueindex(2));
        rc = lua_pcall(L, 2, 1, 0);

        /* a module that failed may be tried again */
        lua_pushvalue(L, 1);
        lua_pushvalue(L, -2);

        if (rc != 0) {
            lua_pop(L, 1);
            lua_pushnil(L);
        }

        lua_rawset(L, lua_upvalueindex(1));

        return rc == 0 ? 1 : lua_error(L);
    }

    /* without the sandbox: whatever the machine has */
    lua_getfield(L, LUA_REGISTRYINDEX, "assist.require");

    if (!lua_isnil(L, -1)) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 1);
        return 1;
    }

    return assist_raise(L, "module \"%s\" was not found in assist_hook_path "
                        "nor among the shipped ones", name.data);
}


/* Loads and runs a module; true where it returns nothing. */

static int
sandbox_run(lua_State *L)
{
    const assist_source_t  *source = lua_touserdata(L, 1);

    if (assist_sandbox_load(L, source) != 0) {
        lua_error(L);
    }

    lua_pushvalue(L, 2);
    lua_setfenv(L, -2);
    assist_push_str(L, source->module);
    lua_call(L, 1, 1);

    if (lua_isnil(L, -1)) {
        lua_pushboolean(L, 1);
    }

    return 1;
}
