/*
 * Shared by the files of this room only.
 */

#ifndef ASSIST_VM_PRIVATE_H
#define ASSIST_VM_PRIVATE_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <signal.h>

#include "core/buf.h"
#include "run.h"
#include "vm.h"


#define ASSIST_THREADS     64           /* finished coroutines kept for reuse */
#define ASSIST_ERROR       1024         /* bytes of a failure's line */
#define ASSIST_TICK_STEPS  1000000      /* of patterns: about a CPU tick's */
#define ASSIST_MARKUP_MAX  (8 * 1024 * 1024) /* bytes of assist.html */
#define ASSIST_C_STACK     (1024 * 1024) /* bytes, before a call is refused */


struct assist_hook_s {
    assist_hook_t  *next;
    int             functions[ASSIST_PHASE_MAX];    /* LUA_NOREF: none */
    int             conf;
    assist_str_t    name;
    assist_str_t    version;
};

typedef struct {
    lua_State  *thread;
    int         anchor;
} assist_thread_t;

struct assist_vm_s {
    lua_State                *L;
    assist_vm_conf_t          conf;
    size_t                    used;
    size_t                    live;     /* after the last full collection */
    size_t                    spare;    /* over the bound, for what must not
                                           fail */
    int                       denied;   /* the run asked for more than is */
    assist_hook_t            *hooks;

    assist_run_t             *run;      /* the running one */
    char                     *stack;    /* where its C stack begins */
    char                      error[ASSIST_ERROR];
    uintptr_t                 requests; /* so far: the last one's ctx->id */
    uint64_t                  steps;    /* of patterns, while a file loads */

    assist_thread_t           threads[ASSIST_THREADS];
    uint32_t                  nthreads;

    /* the CPU clock: written by the signal handler, too */
    volatile sig_atomic_t     ticks;
    volatile sig_atomic_t     limit;    /* 0: nothing runs */
    volatile sig_atomic_t     past;
    volatile sig_atomic_t     ticking;
};


/* The worker's state, of any of its threads. */
assist_vm_t *assist_vm_of(lua_State *L);

/* The libraries, and what is frozen of them (sandbox.c); safe == 0: all. */
void assist_sandbox_open(lua_State *L, int safe);

/* New environments for all hooks; then they are kept, or the old restored. */
int assist_sandbox_reread(lua_State *L);
int assist_sandbox_keep(lua_State *L);
int assist_sandbox_restore(lua_State *L);

/* Pushes the `require` of a hook's own environment, made at its first use. */
void assist_sandbox_require(lua_State *L, assist_str_t module);

/* Leaves the compiled chunk, or the error, on the stack. Text only. */
int assist_sandbox_load(lua_State *L, const assist_source_t *source);

/* Leaves the `assist` table on the stack (api.c). */
void assist_api_open(lua_State *L);

/* Phases in which a call may stand. */
#define REQUEST   (1u << ASSIST_PHASE_REQUEST)
#define PAGE      (1u << ASSIST_PHASE_PAGE)
#define ASK       (1u << ASSIST_PHASE_ASK)
#define LOG       (1u << ASSIST_PHASE_LOG)
#define ANYWHERE  (REQUEST|PAGE|ASK|LOG)

/* Register the metatables of ctx (ctx.c), of ctx.request (request.c) and of
 * services (service.c). */
void assist_ctx_open(lua_State *L);
void assist_request_open(lua_State *L);
void assist_service_open(lua_State *L);

/*
 * Leaves a new metatable on the stack, of what hooks only read: __index finds the
 * metatable's own fields as its first upvalue.
 */
void assist_view_metatable(lua_State *L, const char *name,
    lua_CFunction index, lua_CFunction newindex);

/* __newindex of ctx and of what belongs to it. */
int assist_ctx_newindex(lua_State *L);

/* Pushes ctx.request. */
void assist_request_push(lua_State *L);

/* A read-only view of a catalogue row by service index; nil for ASSIST_NONE. */
void assist_service_push(lua_State *L, uint32_t service);
uint32_t assist_service_check(lua_State *L, int arg);

/* Pushes a string, or nil where s.data is NULL. */
void assist_push_str(lua_State *L, assist_str_t s);

/* An argument of this type; raises as Lua does, with the hook's own line. */
assist_str_t assist_check_str(lua_State *L, int arg);
lua_Number assist_check_number(lua_State *L, int arg);
void assist_check_type(lua_State *L, int arg, int type);

/* Pushes a buffer that is freed, at the latest, when it is collected. */
assist_buf_t *assist_buf_push(lua_State *L);

/* Gives lua-cjson's encode and decode, in the table on the stack's top, their
 * bounds (json.c). */
void assist_json_wrap(lua_State *L);

/* Puts find, match, gmatch and gsub into the table on the top (strings.c). */
void assist_strings_open(lua_State *L);

/*
 * Raises when calls of C and Lua, one inside the other, have taken so much of
 * the C stack that what Lua's own stack still allows might not fit.
 */
void assist_check_stack(lua_State *L);

/* Raises "FILE:LINE: ..." with the hook's own line. */
int assist_raise(lua_State *L, const char *fmt, ...)
    __attribute__ ((format (printf, 2, 3)));

/*
 * The run, if `name` may be called in its phase and on this thread; raises
 * otherwise.  phases: bits 1 << ASSIST_PHASE_*.
 */
assist_run_t *assist_run_check(lua_State *L, const char *name,
    unsigned phases, int waits);

/*
 * Replaces the C closure on the stack's top by a function that may wait;
 * finish then gives its values (NULL: those of run->value).
 */
void assist_wait_wrap(lua_State *L, lua_CFunction finish);

/* assist.all (all.c), and the functions it runs (run.c). */
int assist_all(lua_State *L, assist_run_t *run);
int assist_all_collect(lua_State *L);
int assist_run_child(lua_State *L, assist_run_t *run);
void assist_run_drop_children(assist_run_t *run);

/* assist.html, its metatable (markup.c); is the value at arg made by it? */
int assist_markup(lua_State *L);
void assist_markup_open(lua_State *L);
int assist_markup_get(lua_State *L, int arg, assist_str_t *text);
/* Markup, or a string, escaped; 0: it is neither.  Its bytes live as long as
 * what is at arg, or on the stack's top. */
int assist_markup_or_text(lua_State *L, int arg, assist_str_t *html);

/* Replaces `render` on the stack's top by what its run calls (view.c). */
void assist_view_wrap(lua_State *L);

/* assist.redis (command.c), assist.fetch (fetch.c) */
int assist_command(lua_State *L, assist_run_t *run);
int assist_fetch(lua_State *L, assist_run_t *run);

/* assist.ai.chat, assist.later (ai.c), and what of them is Lua: `assist` is on
 * the stack's top */
int assist_chat(lua_State *L, assist_run_t *run);
void assist_chat_compose(lua_State *L);
int assist_later(lua_State *L, assist_run_t *run);
void assist_later_compose(lua_State *L);
/* Is the value at arg what assist.later has returned?  The function's number,
 * or 0. */
double assist_later_number(lua_State *L, int arg);

/*
 * The headers in the table at arg, at most max; raises in the name of a call.
 * Returns how many; their bytes live as long as the stack above arg.
 */
int assist_check_headers(lua_State *L, int arg, const char *name,
    assist_header_t *headers, int max);

/* What a call that may wait returns: its values now, or a yield. */
int assist_wait_answer(lua_State *L, assist_run_t *run, assist_wait_t wait,
    const assist_value_t *value);

/* Calls fn in protected mode. 0, or -1 and err. */
int assist_vm_protect(assist_vm_t *vm, lua_CFunction fn, void *data,
    assist_error_t *err);

/* A Lua error's text on the stack's top as one line. */
void assist_one_line(lua_State *L, char *out, size_t size);

/* The CPU clock around a resume (cpu.c). */
void assist_cpu_start(assist_vm_t *vm, uint32_t ticks);
void assist_cpu_stop(assist_vm_t *vm);
/* ms since the start, rounded up. */
uint32_t assist_cpu_spent(const assist_vm_t *vm);
void assist_cpu_forget(assist_vm_t *vm);
/* Raises when the run is past its CPU: for loops in C. */
void assist_cpu_check(lua_State *L);
uint32_t assist_cpu_ticks(uint32_t ms);


#endif
