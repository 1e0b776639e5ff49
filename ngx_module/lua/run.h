/*
 * A run: one call of a hook's function, in a coroutine of its own.
 *
 * The embedder owns the assist_run_t (in its request), starts it, and resumes
 * it when what it waits for is there.  A run that is over, by itself or by
 * assist_run_cancel(), holds nothing.
 */

#ifndef ASSIST_RUN_H
#define ASSIST_RUN_H

#include <lua.h>

#include "vm.h"


typedef enum {
    ASSIST_RUN_IDLE = 0,
    ASSIST_RUN_DONE,
    ASSIST_RUN_WAITS,
    ASSIST_RUN_FAILED,          /* run->error: one line */
    ASSIST_RUN_PAST_CPU,        /* ... */
    ASSIST_RUN_NO_MEMORY,       /* ... */
    ASSIST_RUN_PAST_TIME        /* set by the embedder, with a cancel */
} assist_run_state_t;


/*
 * A request as its hooks share it (`ctx`).  All zero at first; released by
 * assist_ctx_release() when the request ends.
 */
typedef struct {
    uintptr_t  id;              /* 0: none yet; no two requests' are equal */
    int        anchor;          /* of ctx.data and the like; 0: none yet */
} assist_ctx_t;


struct assist_run_s {
    assist_vm_t          *vm;
    const assist_hook_t  *hook;
    assist_ctx_t         *ctx;
    lua_State            *thread;
    int                   anchor;       /* keeps the thread alive */
    assist_phase_t        phase;
    assist_run_state_t    state;
    void                 *host;
    assist_value_t        value;        /* what the wait brought */
    assist_run_t         *parent;       /* of a function of assist.all */
    assist_run_t         *children;
    assist_run_t         *next;         /* of the same parent */
    uint32_t              pending;      /* children that are not over */
    unsigned              waits:1;      /* a binding asked for a wait */
    unsigned              resumed:1;    /* value is to be read */
    unsigned              overdue:1;    /* waits, but had no CPU left */
    uint32_t              logs;         /* lines so far */
    uint32_t              nwaits;       /* calls that may wait, so far; of the
                                           functions of assist.all, too */
    uint32_t              cpu_ticks;    /* between two waits */
    uint64_t              steps;        /* of patterns, likewise */
    uint32_t              overrun;      /* CPU, ms, where it went past a bound,
                                           whatever came of it; of the
                                           functions of assist.all, too */
    char                 *error;        /* with FAILED: one line, until the
                                           next run fails */
};


/* cpu_ms: CPU time it may use between two waits. */
assist_run_state_t assist_run_start(assist_run_t *run, assist_vm_t *vm,
    const assist_hook_t *hook, assist_phase_t phase, void *host,
    assist_ctx_t *ctx, uint32_t cpu_ms);

/*
 * The same for a function of a hook, without arguments, for no request: ctx is
 * new.  function: its reference in the registry, which is taken.
 */
assist_run_state_t assist_run_function(assist_run_t *run, assist_vm_t *vm,
    const assist_hook_t *hook, assist_phase_t phase, void *host,
    assist_ctx_t *ctx, uint32_t cpu_ms, int function);

/* The function that assist_run_function() would have run is not run. */
void assist_run_forget(assist_vm_t *vm, int function);

/*
 * Goes on with a run, or with a function of its assist.all, which is a run as
 * well; returns the state of the run that was started.  value's strings need
 * to live until this returns.
 */
assist_run_state_t assist_run_resume(assist_run_t *run,
    const assist_value_t *value);

/* Safe in any state, more than once. */
void assist_run_cancel(assist_run_t *run);

void assist_ctx_release(assist_vm_t *vm, assist_ctx_t *ctx);


#endif
