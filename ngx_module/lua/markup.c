/*
 * assist.html: markup that a hook vouches for, apart from text, which whoever
 * puts it into a page escapes.
 */

#include "vm_private.h"


typedef struct {
    size_t  len;
    char    text[];
} markup_t;


static int markup_tostring(lua_State *L);
static int markup_concat(lua_State *L);
static void markup_add(lua_State *L, assist_buf_t *buf, int arg);
static void markup_check(lua_State *L, const assist_buf_t *buf, size_t len);
static int markup_push(lua_State *L, assist_buf_t *buf);


void
assist_markup_open(lua_State *L)
{
    luaL_newmetatable(L, "assist.html");
    lua_pushcfunction(L, markup_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushcfunction(L, markup_concat);
    lua_setfield(L, -2, "__concat");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}


int
assist_markup_get(lua_State *L, int arg, assist_str_t *text)
{
    int        same;
    markup_t  *markup;

    markup = lua_touserdata(L, arg);

    if (markup == NULL || !lua_getmetatable(L, arg)) {
        return 0;
    }

    luaL_getmetatable(L, "assist.html");
    same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);

    if (same) {
        text->data = markup->text;
        text->len = markup->len;
    }

    return same;
}


int
assist_markup_or_text(lua_State *L, int arg, assist_str_t *html)
{
    assist_buf_t  *buf;

    if (assist_markup_get(L, arg, html)) {
        return 1;
    }

    if (lua_type(L, arg) != LUA_TSTRING) {
        return 0;
    }

    html->data = lua_tolstring(L, arg, &html->len);

    buf = assist_buf_push(L);
    markup_check(L, buf, html->len);
    assist_buf_html(buf, *html);

    if (buf->failed) {
        luaL_error(L, "not enough memory");
    }

    *html = assist_buf_str(buf);

    return 1;
}


/* assist.html(markup), or assist.html("... %s ...", value, ...) */

int
assist_markup(lua_State *L)
{
    int            n, used;
    assist_str_t   s;
    const char    *p, *end, *next;
    assist_buf_t  *buf;

    n = lua_gettop(L) - 1;
    s = assist_check_str(L, 1);
    buf = assist_buf_push(L);

    markup_check(L, buf, s.len);

    if (n < 1) {
        assist_buf_add(buf, s.data, s.len);
        return markup_push(L, buf);
    }

    used = 0;

    for (p = s.data, end = p + s.len; p < end; p = next) {
        next = memchr(p, '%', (size_t) (end - p));
        next = next ? next : end;
        assist_buf_add(buf, p, (size_t) (next - p));

        if (next == end) {
            break;
        }

        if (next + 1 < end && next[1] == 's') {
            if (used++ < n) {
                markup_add(L, buf, used + 1);
            }

        } else if (next + 1 < end && next[1] == '%') {
            assist_buf_putc(buf, '%');

        } else {
            return assist_raise(L, "assist.html: the template has a %% that is"
                                " neither %%s nor %%%%");
        }

        next += 2;
    }

    if (used != n) {
        return assist_raise(L, "assist.html: the template has %d %%s, %d "
                            "value%s given", used, n,
                            n == 1 ? " was" : "s were");
    }

    return markup_push(L, buf);
}


static int
markup_tostring(lua_State *L)
{
    assist_str_t  s;

    if (!assist_markup_get(L, 1, &s)) {
        return luaL_typerror(L, 1, "assist.html");
    }

    assist_push_str(L, s);

    return 1;
}


static int
markup_concat(lua_State *L)
{
    assist_buf_t  *buf;

    buf = assist_buf_push(L);

    markup_add(L, buf, 1);
    markup_add(L, buf, 2);

    return markup_push(L, buf);
}


/* The markup, or the text escaped, at arg. */

static void
markup_add(lua_State *L, assist_buf_t *buf, int arg)
{
    assist_str_t  s;

    if (assist_markup_get(L, arg, &s)) {
        markup_check(L, buf, s.len);
        assist_buf_add(buf, s.data, s.len);
        return;
    }

    if (!lua_isstring(L, arg)) {
        assist_raise(L, "assist.html: a %s cannot be put into a page",
                     luaL_typename(L, arg));
    }

    s.data = lua_tolstring(L, arg, &s.len);
    markup_check(L, buf, s.len);
    assist_buf_html(buf, s);
}


/* The buffer is outside the bound on Lua's memory. */

static void
markup_check(lua_State *L, const assist_buf_t *buf, size_t len)
{
    assist_cpu_check(L);

    if (buf->len + len > ASSIST_MARKUP_MAX) {
        assist_raise(L, "assist.html makes at most 8 MB");
    }
}


static int
markup_push(lua_State *L, assist_buf_t *buf)
{
    markup_t  *markup;

    if (buf->failed) {
        return luaL_error(L, "not enough memory");
    }

    markup = lua_newuserdata(L, sizeof(markup_t) + buf->len);
    markup->len = buf->len;

    if (buf->len) {
        memcpy(markup->text, buf->data, buf->len);
    }

    luaL_getmetatable(L, "assist.html");
    lua_setmetatable(L, -2);
    assist_buf_free(buf);

    return 1;
}
