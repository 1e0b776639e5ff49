/*
 * string.find, match, gmatch and gsub over core/pattern: a pattern that takes
 * for ever is stopped by its steps, which the engine's own cannot be.
 */

#include "vm_private.h"

#include "core/pattern.h"


static int str_find(lua_State *L);
static int str_match(lua_State *L);
static int str_find_or_match(lua_State *L, int find);
static int str_gmatch(lua_State *L);
static int str_gmatch_next(lua_State *L);
static int str_gsub(lua_State *L);
static void gsub_value(lua_State *L, luaL_Buffer *b, assist_pattern_t *m,
    assist_buf_t *buf, int type);
static int check(lua_State *L, const assist_pattern_t *m, int rc);
static int push_captures(lua_State *L, assist_pattern_t *m, int whole);
static void push_capture(lua_State *L, assist_pattern_t *m, uint32_t n);
static uint64_t *steps(lua_State *L);


static const luaL_Reg  str_functions[] = {
    { "find", str_find },
    { "match", str_match },
    { "gmatch", str_gmatch },
    { "gsub", str_gsub },
    { NULL, NULL }
};


void
assist_strings_open(lua_State *L)
{
    const luaL_Reg  *f;

    for (f = str_functions; f->name; f++) {
        lua_pushcfunction(L, f->func);
        lua_setfield(L, -2, f->name);
    }
}


static int
str_find(lua_State *L)
{
    return str_find_or_match(L, 1);
}


static int
str_match(lua_State *L)
{
    return str_find_or_match(L, 0);
}


static int
str_find_or_match(lua_State *L, int find)
{
    int               rc;
    size_t            from, at;
    assist_str_t      s, p;
    assist_pattern_t  m;

    s = assist_check_str(L, 1);
    p = assist_check_str(L, 2);
    from = assist_pattern_offset(luaL_optinteger(L, 3, 1), s.len);

    if (find && (lua_toboolean(L, 4) || assist_pattern_is_plain(p))) {
        rc = assist_pattern_find_plain(s, p, from, &at, steps(L));

        if (!check(L, NULL, rc)) {
            lua_pushnil(L);
            return 1;
        }

        lua_pushinteger(L, (lua_Integer) at + 1);
        lua_pushinteger(L, (lua_Integer) (at + p.len));
        return 2;
    }

    assist_pattern_begin(&m, s, p, 1, steps(L));
    rc = assist_pattern_search(&m, from);

    if (!check(L, &m, rc)) {
        lua_pushnil(L);
        return 1;
    }

    if (!find) {
        return push_captures(L, &m, 1);
    }

    lua_pushinteger(L, (lua_Integer) m.start + 1);
    lua_pushinteger(L, (lua_Integer) m.end);

    return 2 + push_captures(L, &m, 0);
}


static int
str_gmatch(lua_State *L)
{
    (void) assist_check_str(L, 1);
    (void) assist_check_str(L, 2);

    lua_settop(L, 2);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, str_gmatch_next, 3);

    return 1;
}


/* The iterator: the subject, the pattern, and where it goes on. */

static int
str_gmatch_next(lua_State *L)
{
    size_t            from;
    assist_str_t      s, p;
    assist_pattern_t  m;

    s.data = lua_tolstring(L, lua_upvalueindex(1), &s.len);
    p.data = lua_tolstring(L, lua_upvalueindex(2), &p.len);
    from = (size_t) lua_tointeger(L, lua_upvalueindex(3));

    if (from > s.len) {
        return 0;
    }

    assist_pattern_begin(&m, s, p, 0, steps(L));

    if (!check(L, &m, assist_pattern_search(&m, from))) {
        return 0;
    }

    lua_pushinteger(L, (lua_Integer) assist_pattern_next(&m));
    lua_replace(L, lua_upvalueindex(3));

    return push_captures(L, &m, 1);
}


static int
str_gsub(lua_State *L)
{
    int               type, matched;
    size_t            at;
    lua_Integer       n, max;
    assist_str_t      s, p;
    luaL_Buffer       b;
    assist_buf_t     *buf;
    assist_pattern_t  m;

    s = assist_check_str(L, 1);
    p = assist_check_str(L, 2);
    type = lua_type(L, 3);
    max = luaL_optinteger(L, 4, (lua_Integer) s.len + 1);

    if (type == LUA_TNUMBER) {
        (void) lua_tostring(L, 3);
        type = LUA_TSTRING;
    }

    if (type != LUA_TSTRING && type != LUA_TTABLE && type != LUA_TFUNCTION) {
        return luaL_argerror(L, 3, lua_pushfstring(L,
                             "string/function/table expected, got %s",
                             luaL_typename(L, 3)));
    }

    assist_check_stack(L);

    lua_settop(L, 3);
    buf = assist_buf_push(L);
    luaL_buffinit(L, &b);

    assist_pattern_begin(&m, s, p, 1, steps(L));

    for (n = 0, at = 0; n < max; /* void */) {
        matched = check(L, &m, assist_pattern_try(&m, at));

        if (matched) {
            n++;
            gsub_value(L, &b, &m, buf, type);
        }

        if (matched && m.end > at) {
            at = m.end;

        } else if (at < s.len) {
            luaL_addchar(&b, s.data[at]);
            at++;

        } else {
            break;
        }

        if (m.anchored) {
            break;
        }
    }

    luaL_addlstring(&b, s.data + at, s.len - at);
    luaL_pushresult(&b);
    assist_buf_free(buf);
    lua_pushinteger(L, n);

    return 2;
}


/* What takes the place of a match: nil and false leave it as it is. */

static void
gsub_value(lua_State *L, luaL_Buffer *b, assist_pattern_t *m,
    assist_buf_t *buf, int type)
{
    assist_str_t  with;

    if (type == LUA_TSTRING) {
        with.data = lua_tolstring(L, 3, &with.len);
        buf->len = 0;

        (void) check(L, m, assist_pattern_expand(m, with, buf));

        if (buf->failed) {
            luaL_error(L, "not enough memory");
        }

        luaL_addlstring(b, buf->data ? buf->data : "", buf->len);
        return;
    }

    if (type == LUA_TTABLE) {
        push_capture(L, m, 1);
        lua_gettable(L, 3);

    } else {
        lua_pushvalue(L, 3);
        lua_call(L, push_captures(L, m, 1), 1);
    }

    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        lua_pushlstring(L, m->subject.data + m->start, m->end - m->start);

    } else if (!lua_isstring(L, -1)) {
        luaL_error(L, "invalid replacement value (a %s)",
                   luaL_typename(L, -1));
    }

    luaL_addvalue(b);
}


/* Is it a match?  Raises what went wrong. */

static int
check(lua_State *L, const assist_pattern_t *m, int rc)
{
    if (rc == ASSIST_PATTERN_OUT_OF_STEPS) {
        return assist_raise(L, "a pattern took more steps than assist_hook_cpu "
                            "allows");
    }

    if (rc == ASSIST_PATTERN_ERROR) {
        return luaL_error(L, "%s", m->error);
    }

    return rc == ASSIST_PATTERN_MATCHED;
}


/* All captures; whole: the match itself where there are none. */

static int
push_captures(lua_State *L, assist_pattern_t *m, int whole)
{
    uint32_t  i, n;

    n = (m->ncaptures == 0 && whole) ? 1 : m->ncaptures;
    luaL_checkstack(L, (int) n, "too many captures");

    for (i = 1; i <= n; i++) {
        push_capture(L, m, i);
    }

    return (int) n;
}


static void
push_capture(lua_State *L, assist_pattern_t *m, uint32_t n)
{
    assist_pattern_capture_t  c;

    if (assist_pattern_capture(m, n, &c) != ASSIST_PATTERN_MATCHED) {
        luaL_error(L, "%s", m->error);
        return;
    }

    if (c.len == ASSIST_PATTERN_POSITION) {
        lua_pushinteger(L, (lua_Integer) c.start + 1);

    } else {
        lua_pushlstring(L, m->subject.data + c.start, (size_t) c.len);
    }
}


/* The budget: of the run, between two waits; or of a file that is loaded. */

static uint64_t *
steps(lua_State *L)
{
    assist_vm_t  *vm;

    vm = assist_vm_of(L);

    return vm->run ? &vm->run->steps : &vm->steps;
}
