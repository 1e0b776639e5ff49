/*
 * Calls that wait.  Each is wrapped in Lua, `return finish(call(...))`, because
 * only a Lua function can go on after a yield: `finish` then fetches what the
 * wait brought, inside protected code.
 */

#include "vm_private.h"


static int wait_finish(lua_State *L);
static int wait_push(lua_State *L, const assist_value_t *value);
static void wait_push_items(lua_State *L, const assist_value_t *value);


static const char  wait_wrapper[] =
    "local call, finish = ...\n"
    "return function(...) return finish(call(...)) end\n";


void
assist_wait_wrap(lua_State *L, lua_CFunction finish)
{
    if (luaL_loadbuffer(L, wait_wrapper, sizeof(wait_wrapper) - 1, "=assist")
        != 0)
    {
        lua_error(L);
    }

    lua_insert(L, -2);
    lua_pushcfunction(L, finish ? finish : wait_finish);
    lua_call(L, 2, 1);
}


int
assist_wait_answer(lua_State *L, assist_run_t *run, assist_wait_t wait,
    const assist_value_t *value)
{
    if (wait == ASSIST_WAIT) {
        run->waits = 1;
        return lua_yield(L, 0);
    }

    return wait_push(L, value);
}


static int
wait_finish(lua_State *L)
{
    assist_run_t  *run;

    run = assist_vm_of(L)->run;

    if (!run->resumed) {
        return lua_gettop(L);
    }

    run->resumed = 0;

    return wait_push(L, &run->value);
}


static int
wait_push(lua_State *L, const assist_value_t *value)
{
    switch (value->type) {

    case ASSIST_TRUE:
        lua_pushboolean(L, 1);
        return 1;

    case ASSIST_NUMBER:
        lua_pushnumber(L, value->number);
        return 1;

    case ASSIST_STRING:
        assist_push_str(L, value->string);
        return 1;

    case ASSIST_LIST:
    case ASSIST_TABLE:
        wait_push_items(L, value);
        return 1;

    default:
        lua_pushnil(L);

        if (value->error == NULL) {
            return 1;
        }

        lua_pushstring(L, value->error);
        return 2;
    }
}


/* The embedder bounds how deep and how large it may be. */

static void
wait_push_items(lua_State *L, const assist_value_t *value)
{
    uint32_t               i;
    const assist_value_t  *item;

    luaL_checkstack(L, 4, NULL);
    lua_newtable(L);

    for (i = 0; i < value->nitems; i++) {
        item = &value->items[i];

        if (item->type == ASSIST_NIL) {
            lua_pushboolean(L, 0);
        } else {
            wait_push(L, item);
        }

        if (value->type == ASSIST_LIST) {
            lua_rawseti(L, -2, (int) i + 1);

        } else if (i % 2) {
            lua_rawset(L, -3);
        }
    }
}
