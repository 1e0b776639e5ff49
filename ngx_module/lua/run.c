#include "vm_private.h"


static assist_run_state_t run_go(assist_run_t *run);
static void run_release(assist_run_t *run, int reusable);
static int run_thread(lua_State *L);
static int run_error_is(const char *text, const char *what);


assist_run_state_t
assist_run_start(assist_run_t *run, assist_vm_t *vm, const assist_hook_t *hook,
    assist_phase_t phase, void *host, assist_ctx_t *ctx)
{
    assist_thread_t  *t;

    memset(run, 0, offsetof(assist_run_t, error));

    run->vm = vm;
    run->hook = hook;
    run->phase = phase;
    run->host = host;
    run->error[0] = '\0';

    if (vm->nthreads == 0) {
        if (assist_vm_protect(vm, run_thread, vm, NULL) != 0) {
            strcpy(run->error, "not enough memory");
            (void) lua_gc(vm->L, LUA_GCCOLLECT, 0);
            run->state = ASSIST_RUN_NO_MEMORY;
            return run->state;
        }
    }

    t = &vm->threads[--vm->nthreads];
    run->thread = t->thread;
    run->anchor = t->anchor;

    /* neither of these allocates: an object that exists, on a fresh stack */
    lua_rawgeti(run->thread, LUA_REGISTRYINDEX, vm->entry);
    vm->ctx = ctx;

    return run_go(run);
}


assist_run_state_t
assist_run_resume(assist_run_t *run, const assist_value_t *value)
{
    run->value = *value;
    run->resumed = 1;

    return run_go(run);
}


void
assist_run_cancel(assist_run_t *run)
{
    if (run->thread != NULL) {
        run_release(run, 0);
    }

    run->state = ASSIST_RUN_IDLE;
}


assist_run_t *
assist_run_check(lua_State *L, const char *name, unsigned phases, int waits)
{
    int            i, n;
    char           list[64];
    assist_run_t  *run;

    static const char  *const names[] = { "request", "ask", "log" };

    run = assist_vm_of(L)->run;

    if (run == NULL) {
        assist_raise(L, "%s cannot be called while a file is loaded (only in "
                     "the functions of a hook)", name);
        return NULL;
    }

    if (!(phases & (1u << run->phase))) {
        list[0] = '\0';

        for (i = 0, n = 0; i < ASSIST_PHASE_MAX; i++) {
            if (phases & (1u << i)) {
                strcat(list, n++ ? ", " : "");
                strcat(list, names[i]);
            }
        }

        assist_raise(L, "%s cannot be called in %s (only in: %s)", name,
                     names[run->phase], list);
        return NULL;
    }

    if (waits && L != run->thread) {
        assist_raise(L, "%s cannot wait inside a coroutine of the hook's own",
                     name);
        return NULL;
    }

    if (waits && !lua_isyieldable(L)) {
        assist_raise(L, "%s cannot wait inside a callback of table.sort, "
                     "string.gsub or the like", name);
        return NULL;
    }

    return run;
}


static assist_run_state_t
run_go(assist_run_t *run)
{
    int           rc;
    assist_vm_t  *vm;

    vm = run->vm;
    vm->run = run;
    run->waits = 0;

    assist_cpu_start(vm, run->hook->cpu_ticks);
    rc = lua_resume(run->thread, 0);
    assist_cpu_stop(vm);

    vm->run = NULL;

    if (rc == 0) {
        run->state = ASSIST_RUN_DONE;
        run_release(run, 1);
        return run->state;
    }

    if (rc == LUA_YIELD && run->waits && !vm->past) {
        run->state = ASSIST_RUN_WAITS;
        return run->state;
    }

    run->state = ASSIST_RUN_FAILED;

    if (rc == LUA_YIELD) {
        strcpy(run->error, vm->past
               ? "used more CPU than assist_hook_cpu allows"
               : "coroutine.yield was called outside a coroutine of the "
                 "hook's own");
    } else {
        assist_one_line(run->thread, run->error, sizeof(run->error));
    }

    if (vm->past) {
        run->state = ASSIST_RUN_PAST_CPU;

    } else if (rc == LUA_ERRMEM
               || run_error_is(run->error, "not enough memory"))
    {
        run->state = ASSIST_RUN_NO_MEMORY;
    }

    run_release(run, 0);

    if (run->state == ASSIST_RUN_NO_MEMORY) {
        (void) lua_gc(vm->L, LUA_GCCOLLECT, 0);
    }

    return run->state;
}


/* A thread whose function returned starts the next run; a dead one goes. */

static void
run_release(assist_run_t *run, int reusable)
{
    assist_vm_t  *vm;

    vm = run->vm;

    if (reusable && vm->nthreads < ASSIST_THREADS) {
        lua_settop(run->thread, 0);
        vm->threads[vm->nthreads].thread = run->thread;
        vm->threads[vm->nthreads].anchor = run->anchor;
        vm->nthreads++;

    } else {
        luaL_unref(vm->L, LUA_REGISTRYINDEX, run->anchor);
    }

    run->thread = NULL;
}


static int
run_thread(lua_State *L)
{
    assist_vm_t      *vm = lua_touserdata(L, 1);
    assist_thread_t  *t;

    t = &vm->threads[0];
    t->thread = lua_newthread(L);
    t->anchor = luaL_ref(L, LUA_REGISTRYINDEX);
    vm->nthreads = 1;

    return 0;
}


static int
run_error_is(const char *text, const char *what)
{
    size_t  n, len;

    n = strlen(text);
    len = strlen(what);

    return n >= len && strcmp(text + n - len, what) == 0;
}
