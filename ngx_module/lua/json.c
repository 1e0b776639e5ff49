/*
 * assist.json: lua-cjson's, of what is not too large.
 *
 * The encoder's buffer is outside the bound on Lua's memory, and it ends the
 * process where there is no more: a string that a table holds many times, or tables
 * that hold each other twice and twice again, would be enough.  So the text is
 * measured before it is made.
 *
 * The decoder forgets a buffer when Lua has no memory in the middle of it, so
 * it gets what its text may need, and the bound is looked at when it is over.
 */

#include "vm_private.h"


#define JSON_MAX    (1024 * 1024)
#define JSON_DEPTH  1000        /* lua-cjson's, which then fails */
#define JSON_SPARE  (64 * JSON_MAX) /* "[]," is a table of 64 bytes and a place */


static int json_encode(lua_State *L);
static int json_decode(lua_State *L);
static void json_measure(lua_State *L, int at, size_t *size, int depth);


void
assist_json_wrap(lua_State *L)
{
    lua_getfield(L, -1, "encode");
    lua_pushcclosure(L, json_encode, 1);
    lua_setfield(L, -2, "encode");

    lua_getfield(L, -1, "decode");
    lua_pushcclosure(L, json_decode, 1);
    lua_setfield(L, -2, "decode");
}


/* assist.json.encode(value) -> string | nil, reason */

static int
json_encode(lua_State *L)
{
    size_t  size;

    luaL_checkany(L, 1);
    lua_settop(L, 1);

    size = 0;
    json_measure(L, 1, &size, 0);

    if (size > JSON_MAX) {
        lua_pushnil(L);
        lua_pushliteral(L, "the text would be larger than 1 MB");
        return 2;
    }

    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, LUA_MULTRET);

    return lua_gettop(L);
}


/* assist.json.decode(string) -> value | nil, reason */

static int
json_decode(lua_State *L)
{
    assist_vm_t   *vm;
    assist_str_t   s;

    s = assist_check_str(L, 1);
    vm = assist_vm_of(L);

    /* our own documents, in pages, are bounded where they are made */

    if (s.len > JSON_MAX
        && (vm->run == NULL || vm->run->phase != ASSIST_PHASE_RENDER))
    {
        lua_pushnil(L);
        lua_pushliteral(L, "the text is larger than 1 MB");
        return 2;
    }

    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);

    /* lua-cjson's "safe" functions raise nothing */
    vm->spare = JSON_SPARE;
    lua_call(L, 1, LUA_MULTRET);
    vm->spare = 0;

    if (vm->used > vm->conf.memory) {
        vm->denied = 1;
        return luaL_error(L, "not enough memory");
    }

    return lua_gettop(L);
}


/* Adds the bytes of the value, without those that escapes add. */

static void
json_measure(lua_State *L, int at, size_t *size, int depth)
{
    if (lua_type(L, at) == LUA_TSTRING) {
        *size += lua_objlen(L, at) + 2;
        return;
    }

    *size += 2;

    if (lua_type(L, at) != LUA_TTABLE || depth == JSON_DEPTH) {
        return;
    }

    luaL_checkstack(L, 2, "JSON");
    lua_pushnil(L);

    while (lua_next(L, at)) {
        /* empty places take time, and have no bytes */
        assist_cpu_check(L);

        if (lua_type(L, -2) == LUA_TSTRING) {
            *size += lua_objlen(L, -2) + 3;
        }

        json_measure(L, lua_gettop(L), size, depth + 1);
        lua_pop(L, 1);

        if (*size > JSON_MAX) {
            lua_pop(L, 1);
            return;
        }
    }
}
