#include "vm_private.h"

#include <stdlib.h>


#define RUN_WAITS   1000
#define RUN_FRAMES  8           /* of a traceback */


static const char  past_cpu[] = "used more CPU than assist_hook_cpu allows";


static int run_begin(assist_run_t *run, assist_vm_t *vm,
    const assist_hook_t *hook, assist_phase_t phase, void *host,
    assist_ctx_t *ctx, uint32_t cpu_ms);
static assist_run_state_t run_go(assist_run_t *run, int nargs);
static assist_run_t *run_root(assist_run_t *run);
static void run_release(assist_run_t *run, int reusable);
static void run_collect(assist_vm_t *vm, int overrun);
static void run_step(assist_run_t *run, int nargs);
static int run_thread(lua_State *L);
static int run_new_thread(lua_State *L, assist_vm_t *vm);
static void run_trace(assist_run_t *run);
static void run_count_wait(lua_State *L, assist_run_t *run, const char *name);


assist_run_state_t
assist_run_start(assist_run_t *run, assist_vm_t *vm, const assist_hook_t *hook,
    assist_phase_t phase, void *host, assist_ctx_t *ctx, uint32_t cpu_ms)
{
    if (run_begin(run, vm, hook, phase, host, ctx, cpu_ms) != 0) {
        return run->state;
    }

    /* none of these allocates: objects that exist, on a fresh stack */
    lua_rawgeti(run->thread, LUA_REGISTRYINDEX, hook->functions[phase]);
    lua_pushlightuserdata(run->thread, (void *) ctx->id);
    lua_rawgeti(run->thread, LUA_REGISTRYINDEX, hook->conf);

    return run_go(run, 2);
}


assist_run_state_t
assist_run_function(assist_run_t *run, assist_vm_t *vm,
    const assist_hook_t *hook, assist_phase_t phase, void *host,
    assist_ctx_t *ctx, uint32_t cpu_ms, int function)
{
    if (run_begin(run, vm, hook, phase, host, ctx, cpu_ms) != 0) {
        luaL_unref(vm->L, LUA_REGISTRYINDEX, function);
        return run->state;
    }

    lua_rawgeti(run->thread, LUA_REGISTRYINDEX, function);
    luaL_unref(vm->L, LUA_REGISTRYINDEX, function);

    return run_go(run, 0);
}


void
assist_run_forget(assist_vm_t *vm, int function)
{
    luaL_unref(vm->L, LUA_REGISTRYINDEX, function);
}


/* 0, or -1: run->state says why */

static int
run_begin(assist_run_t *run, assist_vm_t *vm, const assist_hook_t *hook,
    assist_phase_t phase, void *host, assist_ctx_t *ctx, uint32_t cpu_ms)
{
    assist_thread_t  *t;

    memset(run, 0, sizeof(assist_run_t));

    run->vm = vm;
    run->hook = hook;
    run->phase = phase;
    run->host = host;
    run->ctx = ctx;
    run->cpu_ticks = assist_cpu_ticks(cpu_ms);
    run->error = vm->error;

    if (vm->nthreads == 0) {
        if (assist_vm_protect(vm, run_thread, vm, NULL) != 0) {
            strcpy(run->error, "not enough memory");
            run_collect(vm, 1);
            run->state = ASSIST_RUN_NO_MEMORY;
            return -1;
        }
    }

    t = &vm->threads[--vm->nthreads];
    run->thread = t->thread;
    run->anchor = t->anchor;

    if (ctx->id == 0) {
        ctx->id = ++vm->requests;
    }

    return 0;
}


assist_run_state_t
assist_run_resume(assist_run_t *run, const assist_value_t *value)
{
    run->value = *value;
    run->resumed = 1;

    for ( ;; ) {
        run_go(run, 0);

        if (run->parent == NULL) {
            return run->state;
        }

        if (run->state == ASSIST_RUN_WAITS || --run->parent->pending) {
            return ASSIST_RUN_WAITS;
        }

        /* the last of its siblings: the parent goes on */
        run = run->parent;
        run->resumed = 1;
    }
}


void
assist_run_cancel(assist_run_t *run)
{
    assist_run_drop_children(run);

    if (run->thread != NULL) {
        run_release(run, 0);
    }

    run->state = ASSIST_RUN_IDLE;
}


void
assist_run_drop_children(assist_run_t *run)
{
    assist_run_t  *child;

    while (run->children) {
        child = run->children;
        run->children = child->next;

        assist_run_drop_children(child);

        if (child->thread != NULL) {
            run_release(child, child->state == ASSIST_RUN_DONE);
        }

        free(child);
    }

    run->pending = 0;
}


/*
 * Runs the function on L's top as a child of the run, which is running: so this
 * is protected, and the CPU clock is the parent's.
 */

int
assist_run_child(lua_State *L, assist_run_t *run)
{
    assist_vm_t      *vm;
    assist_run_t     *child;
    assist_thread_t  *t;

    vm = run->vm;

    assist_check_stack(L);

    if (vm->nthreads == 0) {
        (void) run_new_thread(L, vm);
    }

    /* its error is its own: several may fail before the parent goes on */
    child = calloc(1, sizeof(assist_run_t) + ASSIST_ERROR);
    if (child == NULL) {
        return luaL_error(L, "not enough memory");
    }

    child->error = (char *) (child + 1);

    t = &vm->threads[--vm->nthreads];

    child->vm = vm;
    child->hook = run->hook;
    child->phase = run->phase;
    child->host = run->host;
    child->ctx = run->ctx;
    child->cpu_ticks = run->cpu_ticks;
    child->thread = t->thread;
    child->anchor = t->anchor;
    child->parent = run;
    child->next = run->children;
    run->children = child;

    lua_xmove(L, child->thread, 1);
    run_step(child, 0);
    vm->run = run;

    if (child->state == ASSIST_RUN_WAITS) {
        run->pending++;
    }

    return 0;
}


assist_run_t *
assist_run_check(lua_State *L, const char *name, unsigned phases, int waits)
{
    int            i, n;
    char           list[64];
    assist_run_t  *run;

    static const char  *const names[] = {
        "request", "page", "ask", "log", "render"
    };

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

    if (waits) {
        run_count_wait(L, run, name);
    }

    return run;
}


static assist_run_state_t
run_go(assist_run_t *run, int nargs)
{
    assist_vm_t  *vm;

    vm = run->vm;
    vm->stack = __builtin_frame_address(0);
    vm->denied = 0;

    assist_cpu_start(vm, run->cpu_ticks);
    run_step(run, nargs);
    vm->run = NULL;

    /* a child keeps its thread, and what it returned, for its parent */

    if (run->parent == NULL && run->state != ASSIST_RUN_WAITS) {
        assist_run_drop_children(run);
        run_release(run, run->state == ASSIST_RUN_DONE);
    }

    run_collect(vm, vm->past || vm->denied);
    assist_cpu_stop(vm);

    if (vm->past || vm->denied || run->steps == 0) {
        run_root(run)->overrun += assist_cpu_spent(vm);
    }

    return run->state;
}


/*
 * The engine collects as it goes, but not when memory is out: what one run has
 * left behind would be missing for the next, or be collected on its time.
 */

static void
run_collect(assist_vm_t *vm, int overrun)
{
    size_t  max;

    max = vm->conf.memory;

    if (overrun
        || (vm->used > max / 2 && vm->used > vm->live + max / 4))
    {
        /* it may move tables of its own, and nothing protects this call */
        vm->spare = max;
        (void) lua_gc(vm->L, LUA_GCCOLLECT, 0);
        vm->spare = 0;
        vm->live = vm->used;
    }

    if (vm->used < vm->live) {
        vm->live = vm->used;
    }
}


/* Lets the thread go on until it waits or is over. */

static void
run_step(assist_run_t *run, int nargs)
{
    int           rc;
    assist_vm_t  *vm;

    vm = run->vm;
    vm->run = run;
    run->waits = 0;
    run->steps = (uint64_t) run->cpu_ticks * ASSIST_TICK_STEPS;

    if (run->overdue) {
        strcpy(run->error, past_cpu);
        run->state = ASSIST_RUN_PAST_CPU;
        return;
    }

    rc = lua_resume(run->thread, nargs);

    if (rc == 0 && !vm->past) {
        run->state = ASSIST_RUN_DONE;
        return;
    }

    if (rc == LUA_YIELD && run->waits) {
        /* what it waits for has begun, so it ends there, not here */
        run->overdue = vm->past ? 1 : 0;
        run->state = ASSIST_RUN_WAITS;
        return;
    }

    run->state = ASSIST_RUN_FAILED;

    if (rc == 0) {
        /* its last call was one that cannot be stopped */
        strcpy(run->error, past_cpu);

    } else if (rc == LUA_YIELD) {
        strcpy(run->error, "coroutine.yield was called outside a coroutine of "
               "the hook's own");
    } else {
        assist_one_line(run->thread, run->error, ASSIST_ERROR);
    }

    if (vm->past || run->steps == 0) {
        run->state = ASSIST_RUN_PAST_CPU;
    }

    if (vm->past) {

        /* the hook that stops it may have come in the middle of a call */

        if (strstr(run->error, past_cpu) == NULL) {
            strcpy(run->error, past_cpu);
        }

    } else if (vm->denied) {
        run->state = ASSIST_RUN_NO_MEMORY;
    }

    run_trace(run);
}


/*
 * Adds the lines on the thread's stack, the innermost first, to the error,
 * which mostly begins with the first of them; where `return f()` has left none,
 * the line in which the hook's function begins.  Nothing here allocates.
 */

static void
run_trace(assist_run_t *run)
{
    int         n, level;
    char       *p, *end, first[LUA_IDSIZE + 16];
    lua_Debug   ar;

    p = run->error + strlen(run->error);
    end = run->error + ASSIST_ERROR;

    for (n = 0, level = 0; lua_getstack(run->thread, level, &ar); level++) {
        lua_getinfo(run->thread, "Sl", &ar);

        if (ar.source[0] != '@' || ar.currentline < 0) {
            continue;
        }

        if (n == RUN_FRAMES) {
            (void) snprintf(p, (size_t) (end - p), " < ...");
            return;
        }

        if (n++ == 0) {
            (void) snprintf(first, sizeof(first), "%s:%d:", ar.short_src,
                            ar.currentline);

            if (strncmp(run->error, first, strlen(first)) == 0) {
                continue;
            }
        }

        p += snprintf(p, (size_t) (end - p), "%s%s:%d",
                      n == 1 ? "; at " : " < ", ar.short_src, ar.currentline);

        if (p >= end) {
            return;
        }
    }

    if (n == 0 && assist_hook_has(run->hook, run->phase)) {
        lua_rawgeti(run->vm->L, LUA_REGISTRYINDEX,
                    run->hook->functions[run->phase]);
        lua_getinfo(run->vm->L, ">S", &ar);

        if (ar.source[0] == '@') {
            (void) snprintf(p, (size_t) (end - p), "; in %s:%d", ar.short_src,
                            ar.linedefined);
        }
    }
}


/* The functions of assist.all count for the run that called it. */

static void
run_count_wait(lua_State *L, assist_run_t *run, const char *name)
{
    run = run_root(run);

    if (run->nwaits == RUN_WAITS) {
        assist_raise(L, "%s: a run may wait %d times", name, RUN_WAITS);
    }

    run->nwaits++;
}


/* The run that an assist.all began in. */

static assist_run_t *
run_root(assist_run_t *run)
{
    while (run->parent) {
        run = run->parent;
    }

    return run;
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
    return run_new_thread(L, lua_touserdata(L, 1));
}


static int
run_new_thread(lua_State *L, assist_vm_t *vm)
{
    assist_thread_t  *t;

    t = &vm->threads[0];
    t->thread = lua_newthread(L);
    t->anchor = luaL_ref(L, LUA_REGISTRYINDEX);
    vm->nthreads = 1;

    return 0;
}
