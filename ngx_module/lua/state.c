/*
 * What every file of this room needs of a Lua state: whose it is, protected
 * calls, errors, strings.
 */

#include "vm_private.h"

#include <stdarg.h>


typedef struct {
    lua_CFunction  fn;
    void          *data;
} protect_t;


static int state_buf_gc(lua_State *L);
static int state_protected(lua_State *L);
static int state_arg_error(lua_State *L, int arg, int type);
static size_t position_len(const char *s, size_t len);


assist_vm_t *
assist_vm_of(lua_State *L)
{
    void  *vm;

    (void) lua_getallocf(L, &vm);

    return vm;
}


int
assist_vm_protect(assist_vm_t *vm, lua_CFunction fn, void *data,
    assist_error_t *err)
{
    char       text[256];
    protect_t  protect;

    protect.fn = fn;
    protect.data = data;

    if (lua_cpcall(vm->L, state_protected, &protect) == 0) {
        return 0;
    }

    assist_one_line(vm->L, text, sizeof(text));
    lua_settop(vm->L, 0);

    return assist_fail(err, 0, "%s", text);
}


void
assist_one_line(lua_State *L, char *out, size_t size)
{
    size_t       i, len, position;
    const char  *s;

    if (size == 0) {
        return;
    }

    /* only strings: a conversion would allocate, unprotected */
    if (lua_gettop(L) > 0 && lua_type(L, -1) == LUA_TSTRING) {
        s = lua_tolstring(L, -1, &len);

    } else {
        s = "(the error is not a string)";
        len = strlen(s);
    }

    /* each coroutine.wrap that an error goes through names its line again */

    position = position_len(s, len);

    while (position && len >= 2 * position
           && memcmp(s, s + position, position) == 0)
    {
        s += position;
        len -= position;
    }

    for (i = 0; i < len && i < size - 1; i++) {
        out[i] = (unsigned char) s[i] < 0x20 || s[i] == 0x7f ? ' ' : s[i];
    }

    out[i] = '\0';
}


/* Of "FILE:LINE: " at the beginning; 0: there is none. */

static size_t
position_len(const char *s, size_t len)
{
    size_t  i, digits;

    for (i = 0; i < len; i++) {

        if (s[i] != ':') {
            continue;
        }

        digits = strspn(s + i + 1, "0123456789");

        if (digits && strncmp(s + i + 1 + digits, ": ", 2) == 0) {
            return i + digits + 3;
        }
    }

    return 0;
}


int
assist_raise(lua_State *L, const char *fmt, ...)
{
    int        level;
    va_list    args;
    lua_Debug  ar;

    lua_pushliteral(L, "");

    for (level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);

        if (ar.source[0] == '@') {
            lua_pop(L, 1);
            lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.currentline);
            break;
        }
    }

    va_start(args, fmt);
    lua_pushvfstring(L, fmt, args);
    va_end(args);

    lua_concat(L, 2);

    return lua_error(L);
}


void
assist_check_stack(lua_State *L)
{
    char  *now;

    now = __builtin_frame_address(0);

    if (assist_vm_of(L)->stack - now > ASSIST_C_STACK) {
        assist_raise(L, "stack overflow: too many coroutines, assist.all, "
                     "string.gsub or table.sort inside each other");
    }
}


void
assist_push_str(lua_State *L, assist_str_t s)
{
    if (s.data == NULL) {
        lua_pushnil(L);
    } else {
        lua_pushlstring(L, s.data, s.len);
    }
}


assist_str_t
assist_check_str(lua_State *L, int arg)
{
    assist_str_t  s;

    s.data = lua_tolstring(L, arg, &s.len);

    if (s.data == NULL) {
        state_arg_error(L, arg, LUA_TSTRING);
    }

    return s;
}


lua_Number
assist_check_number(lua_State *L, int arg)
{
    if (!lua_isnumber(L, arg)) {
        state_arg_error(L, arg, LUA_TNUMBER);
    }

    return lua_tonumber(L, arg);
}


void
assist_check_type(lua_State *L, int arg, int type)
{
    if (lua_type(L, arg) != type) {
        state_arg_error(L, arg, type);
    }
}


/*
 * The library's own error would name the wrapper of a call that waits, and its
 * line.  The function is what the hook called, below our own Lua.
 */

static int
state_arg_error(lua_State *L, int arg, int type)
{
    int          level;
    lua_Debug    ar, caller;
    const char  *name;

    level = 0;

    while (lua_getstack(L, level + 1, &caller)
           && lua_getinfo(L, "S", &caller)
           && strcmp(caller.source, "=assist") == 0)
    {
        level++;
    }

    lua_getstack(L, level, &ar);
    lua_getinfo(L, "n", &ar);
    name = ar.name ? ar.name : "?";

    return assist_raise(L, "bad argument #%d to '%s' (%s expected, got %s)",
                        arg - (strcmp(ar.namewhat, "method") == 0), name,
                        lua_typename(L, type), luaL_typename(L, arg));
}


static int
state_protected(lua_State *L)
{
    protect_t  *protect = lua_touserdata(L, 1);

    lua_settop(L, 0);
    lua_pushcfunction(L, protect->fn);
    lua_pushlightuserdata(L, protect->data);
    lua_call(L, 1, 0);

    return 0;
}


assist_buf_t *
assist_buf_push(lua_State *L)
{
    assist_buf_t  *buf;

    buf = lua_newuserdata(L, sizeof(assist_buf_t));
    *buf = (assist_buf_t) ASSIST_BUF_INIT;

    if (luaL_newmetatable(L, "assist.buf")) {
        lua_pushcfunction(L, state_buf_gc);
        lua_setfield(L, -2, "__gc");
    }

    lua_setmetatable(L, -2);

    return buf;
}


static int
state_buf_gc(lua_State *L)
{
    assist_buf_free(lua_touserdata(L, 1));

    return 0;
}
