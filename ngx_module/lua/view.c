/*
 * Pages of ours: trusted Lua templates.
 *
 * A page's `render(data, emit)` is a view of one of our JSON documents.  Its
 * run decodes the document, so that this is protected and bounded like the
 * rest of it; emit() waits whenever the host wants a pause.
 */

#include "vm_private.h"


#define RENDER  (1u << ASSIST_PHASE_RENDER)


static int view_document(lua_State *L);
static int view_emit(lua_State *L);


static const char  view_wrapper[] =
    "local render, decode, document, emit = ...\n"
    "return function()\n"
    "    local data, why = decode(document())\n"
    "    if not data then error('the document is not JSON: ' .. why, 0) end\n"
    "    render(data, emit)\n"
    "end\n";


void
assist_view_wrap(lua_State *L)
{
    if (luaL_loadbuffer(L, view_wrapper, sizeof(view_wrapper) - 1, "=assist")
        != 0)
    {
        lua_error(L);
    }

    lua_insert(L, -2);
    lua_getfield(L, LUA_REGISTRYINDEX, "assist.json");
    lua_getfield(L, -1, "decode");
    lua_remove(L, -2);
    lua_pushcfunction(L, view_document);
    lua_pushcfunction(L, view_emit);
    assist_wait_wrap(L, NULL);
    lua_call(L, 4, 1);
}


static int
view_document(lua_State *L)
{
    assist_run_t  *run;

    run = assist_run_check(L, "document", RENDER, 0);
    assist_push_str(L, run->vm->conf.host->document(run->host));

    return 1;
}


/* emit(piece): what assist.html made as it is, text escaped */

static int
view_emit(lua_State *L)
{
    int              is_text;
    assist_str_t     piece;
    assist_run_t    *run;
    assist_wait_t    wait;
    assist_value_t   value;

    run = assist_run_check(L, "emit", RENDER, 1);
    is_text = !assist_markup_get(L, 1, &piece);

    if (is_text) {
        piece = assist_check_str(L, 1);
    }

    memset(&value, 0, sizeof(assist_value_t));
    wait = run->vm->conf.host->emit(run->host, run, piece, is_text, &value);

    if (wait == ASSIST_WAIT) {
        return assist_wait_answer(L, run, wait, &value);
    }

    /* most do not wait: a page has more pieces than a run may have waits */
    run->nwaits--;

    return value.error ? assist_raise(L, "emit: %s", value.error) : 0;
}
