#include "vm_private.h"

#include <luajit.h>
#include <stdlib.h>


#define VM_NAME_MAX  255


typedef struct {
    assist_vm_t            *vm;
    const assist_source_t  *source;
    const assist_conf_t    *conf;
    uint32_t                nconf;
    int                     view;
    assist_hook_t          *hook;
} bind_t;


static void *vm_alloc(void *ud, void *ptr, size_t osize, size_t nsize);
static int vm_open(lua_State *L);
static assist_hook_t *vm_bind_file(assist_vm_t *vm, bind_t *bind,
    assist_error_t *err);
static int vm_bind(lua_State *L);
static void vm_check_name(lua_State *L, assist_str_t name);
static assist_str_t vm_keep_field(lua_State *L, int table, const char *name,
    const char *fallback);


static const char  *const vm_phases[ASSIST_PHASE_MAX] = {
    "request", "page", "ask", "log", "render"
};


assist_vm_t *
assist_vm_create(const assist_vm_conf_t *conf, assist_error_t *err)
{
    assist_vm_t  *vm;

    vm = calloc(1, sizeof(assist_vm_t));
    if (vm == NULL) {
        assist_fail(err, 0, "no memory for a Lua state");
        return NULL;
    }

    vm->conf = *conf;

    vm->L = lua_newstate(vm_alloc, vm);
    if (vm->L == NULL) {
        assist_fail(err, 0, "no memory for a Lua state");
        free(vm);
        return NULL;
    }

    if (assist_vm_protect(vm, vm_open, vm, err) != 0) {
        assist_vm_destroy(vm);
        return NULL;
    }

    return vm;
}


void
assist_vm_destroy(assist_vm_t *vm)
{
    assist_hook_t  *hook, *next;

    assist_cpu_forget(vm);
    lua_close(vm->L);

    for (hook = vm->hooks; hook; hook = next) {
        next = hook->next;
        free((char *) hook->name.data);
        free((char *) hook->version.data);
        free(hook);
    }

    free(vm);
}


int
assist_vm_check(const assist_source_t *source, assist_error_t *err)
{
    int          rc;
    char         text[256];
    lua_State   *L;
    const char  *p;

    L = luaL_newstate();
    if (L == NULL) {
        return assist_fail(err, 0, "no memory for a Lua state");
    }

    rc = 0;

    if (assist_sandbox_load(L, source) != 0) {
        assist_one_line(L, text, sizeof(text));

        /* "PATH:LINE: what" */
        p = strncmp(text, source->path.data, source->path.len) == 0
            ? text + source->path.len : text;

        rc = assist_fail(err, *p == ':' ? (uint32_t) atoi(p + 1) : 0, "%s",
                         *p == ':' && strstr(p, ": ") ? strstr(p, ": ") + 2
                                                      : text);
    }

    lua_close(L);

    return rc;
}


assist_hook_t *
assist_vm_hook(assist_vm_t *vm, const assist_source_t *source,
    const assist_conf_t *conf, uint32_t nconf, assist_error_t *err)
{
    bind_t  bind;

    memset(&bind, 0, sizeof(bind_t));
    bind.vm = vm;
    bind.source = source;
    bind.conf = conf;
    bind.nconf = nconf;

    return vm_bind_file(vm, &bind, err);
}


assist_hook_t *
assist_vm_view(assist_vm_t *vm, const assist_source_t *source,
    assist_error_t *err)
{
    bind_t  bind;

    memset(&bind, 0, sizeof(bind_t));
    bind.vm = vm;
    bind.source = source;
    bind.view = 1;

    return vm_bind_file(vm, &bind, err);
}


int
assist_vm_reread(assist_vm_t *vm, assist_error_t *err)
{
    return assist_vm_protect(vm, assist_sandbox_reread, vm, err);
}


int
assist_vm_reread_end(assist_vm_t *vm, int keep, assist_error_t *err)
{
    return assist_vm_protect(vm, keep ? assist_sandbox_keep
                                      : assist_sandbox_restore,
                             vm, err);
}


void
assist_hook_retire(assist_vm_t *vm, assist_hook_t *hook)
{
    int  i;

    for (i = 0; i < ASSIST_PHASE_MAX; i++) {
        luaL_unref(vm->L, LUA_REGISTRYINDEX, hook->functions[i]);
        hook->functions[i] = LUA_NOREF;
    }
}


int
assist_hook_has(const assist_hook_t *hook, assist_phase_t phase)
{
    return hook->functions[phase] != LUA_NOREF;
}


assist_str_t
assist_hook_name(const assist_hook_t *hook)
{
    return hook->name;
}


assist_str_t
assist_hook_version(const assist_hook_t *hook)
{
    return hook->version;
}


static void *
vm_alloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
    void         *p;
    assist_vm_t  *vm = ud;

    if (nsize == 0) {
        vm->used -= osize;
        free(ptr);
        return NULL;
    }

    if (nsize > osize
        && vm->used + (nsize - osize) > vm->conf.memory + vm->spare)
    {
        vm->denied = 1;
        return NULL;
    }

    p = realloc(ptr, nsize);

    if (p != NULL) {
        vm->used += nsize - osize;
    }

    return p;
}


static int
vm_open(lua_State *L)
{
    assist_vm_t  *vm = lua_touserdata(L, 1);

    luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE|LUAJIT_MODE_OFF);

    assist_sandbox_open(L, vm->conf.sandbox);
    assist_ctx_open(L);
    assist_request_open(L);
    assist_service_open(L);

    return 0;
}


static assist_hook_t *
vm_bind_file(assist_vm_t *vm, bind_t *bind, assist_error_t *err)
{
    int  rc;

    bind->hook = calloc(1, sizeof(assist_hook_t));
    if (bind->hook == NULL) {
        assist_fail(err, 0, "no memory for a hook");
        return NULL;
    }

    bind->hook->next = vm->hooks;
    vm->hooks = bind->hook;

    /* a file that loops when it is loaded must not keep the worker */
    vm->steps = 100 * ASSIST_TICK_STEPS;
    vm->stack = __builtin_frame_address(0);
    assist_cpu_start(vm, assist_cpu_ticks(1000));
    rc = assist_vm_protect(vm, vm_bind, bind, err);
    assist_cpu_stop(vm);

    if (rc != 0) {
        vm->hooks = bind->hook->next;
        free((char *) bind->hook->name.data);
        free((char *) bind->hook->version.data);
        free(bind->hook);
        return NULL;
    }

    return bind->hook;
}


static int
vm_bind(lua_State *L)
{
    int                  i, found;
    uint32_t             n;
    bind_t              *bind = lua_touserdata(L, 1);
    const char          *name;
    assist_hook_t       *hook = bind->hook;
    const assist_conf_t *conf;

    assist_sandbox_require(L, bind->source->module);
    assist_push_str(L, bind->source->module);
    lua_call(L, 1, 1);

    if (!lua_istable(L, -1)) {
        return luaL_error(L, "%s must return a table: return { %s ... end }",
                          bind->source->path.data,
                          bind->view ? "render = function(data, emit)"
                                     : "name = \"...\", version = \"...\", "
                                       "request = function(ctx, conf)");
    }

    for (i = 0, found = 0; i < ASSIST_PHASE_MAX; i++) {
        hook->functions[i] = LUA_NOREF;

        if ((i == ASSIST_PHASE_RENDER) != bind->view) {
            continue;
        }

        lua_getfield(L, -1, vm_phases[i]);

        if (lua_isfunction(L, -1)) {

            if (bind->view) {
                assist_view_wrap(L);
            }

            hook->functions[i] = luaL_ref(L, LUA_REGISTRYINDEX);
            found = 1;
            continue;
        }

        if (bind->view || !lua_isnil(L, -1)) {
            return luaL_error(L, "%s: \"%s\" must be a function, it is a %s",
                              bind->source->path.data, vm_phases[i],
                              luaL_typename(L, -1));
        }

        lua_pop(L, 1);
    }

    if (!found) {
        return luaL_error(L, "%s has no function that would be called: "
                          "request, page, ask or log",
                          bind->source->path.data);
    }

    /* a whole path is a module's name, but not a hook's */
    name = strrchr(bind->source->module.data, '/');
    name = name ? name + 1 : bind->source->module.data;

    hook->name = vm_keep_field(L, -1, "name", name);
    hook->version = vm_keep_field(L, -1, "version", "0");
    vm_check_name(L, hook->name);

    lua_newtable(L);

    for (n = 0; n < bind->nconf; n++) {
        conf = &bind->conf[n];
        assist_push_str(L, conf->key);
        assist_push_str(L, conf->value);
        lua_rawset(L, -3);
    }

    hook->conf = luaL_ref(L, LUA_REGISTRYINDEX);

    return 0;
}


/* It is part of keys in Redis, and of lines in logs. */

static void
vm_check_name(lua_State *L, assist_str_t name)
{
    if (name.len == 0
        || strspn(name.data, "0123456789._-abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
           != name.len)
    {
        luaL_error(L, "a hook's name has letters, digits, \".\", \"_\" and "
                   "\"-\" only, not \"%s\"", name.data);
    }
}


static assist_str_t
vm_keep_field(lua_State *L, int table, const char *name, const char *fallback)
{
    char          *copy;
    size_t         i;
    assist_str_t   s;

    lua_getfield(L, table, name);

    s.data = lua_tolstring(L, -1, &s.len);
    if (s.data == NULL) {
        s = assist_str_of(fallback);
    }

    for (i = 0; i < s.len; i++) {
        if ((unsigned char) s.data[i] < 0x20 || i == VM_NAME_MAX) {
            luaL_error(L, "\"%s\" of a hook must be a line of at most %d "
                       "bytes", name, VM_NAME_MAX);
        }
    }

    copy = malloc(s.len + 1);
    if (copy == NULL) {
        luaL_error(L, "not enough memory");
        return s;
    }

    memcpy(copy, s.data, s.len + 1);
    lua_pop(L, 1);

    return (assist_str_t) { copy, s.len };
}

