/*
 * assist.all(f, ...): calls functions at the same time, and waits for all.
 *
 * Each function is a run of its own on the parent's CPU clock.  The last that
 * ends wakes the parent, which then takes the values from their threads.
 */

#include "vm_private.h"


#define ALL_MAX  16


int
assist_all(lua_State *L, assist_run_t *run)
{
    int  i, n;

    n = lua_gettop(L);

    if (n > ALL_MAX) {
        return assist_raise(L, "assist.all takes at most %d functions",
                            ALL_MAX);
    }

    for (i = 1; i <= n; i++) {
        if (!lua_isfunction(L, i)) {
            return assist_raise(L, "assist.all takes functions, argument %d is "
                                "a %s", i, luaL_typename(L, i));
        }
    }

    for (i = 1; i <= n; i++) {
        lua_pushvalue(L, i);
        assist_run_child(L, run);
    }

    if (run->pending) {
        run->waits = 1;
        return lua_yield(L, 0);
    }

    return 0;
}


/* The first value of each function, in order; an error of one is raised. */

int
assist_all_collect(lua_State *L)
{
    int            n, i;
    char           error[ASSIST_ERROR];
    assist_run_t  *run, *child;

    run = assist_vm_of(L)->run;
    run->resumed = 0;
    error[0] = '\0';

    for (n = 0, child = run->children; child; child = child->next) {
        n++;
    }

    lua_settop(L, 0);
    luaL_checkstack(L, n, NULL);

    for (i = 0; i < n; i++) {
        lua_pushnil(L);
    }

    /* the last started is the first in the list */

    for (i = n, child = run->children; child; child = child->next, i--) {

        if (child->state != ASSIST_RUN_DONE) {
            memcpy(error, child->error, sizeof(error));
            continue;
        }

        if (lua_gettop(child->thread)) {
            lua_settop(child->thread, 1);
            lua_xmove(child->thread, L, 1);
            lua_replace(L, i);
        }
    }

    assist_run_drop_children(run);

    if (error[0]) {
        lua_pushstring(L, error);
        return lua_error(L);
    }

    return n;
}
