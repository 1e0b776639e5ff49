/*
 * A service, a read-only view of its row of the catalogue.
 */

#include "vm_private.h"


typedef struct {
    uint32_t  index;
} service_t;


static int service_index(lua_State *L);
static int service_newindex(lua_State *L);
static int service_eq(lua_State *L);


void
assist_service_open(lua_State *L)
{
    assist_view_metatable(L, "assist.service", service_index,
                          service_newindex);
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


uint32_t
assist_service_check(lua_State *L, int arg)
{
    return ((service_t *) luaL_checkudata(L, arg, "assist.service"))->index;
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
