/*
 * The Lua state of a worker and its bounds.
 *
 * One state, interpreted (a count hook cannot stop compiled code), with its
 * own allocator (a bound on memory) and a CPU clock: a timer that ticks only
 * while the process uses CPU, and whose signal makes the interpreter raise an
 * error that no pcall can keep.
 */

#ifndef ASSIST_VM_H
#define ASSIST_VM_H

#include "host.h"


typedef struct assist_vm_s    assist_vm_t;
typedef struct assist_hook_s  assist_hook_t;

/* A Lua file, read before the worker gave up its rights. */
typedef struct {
    assist_str_t  module;       /* "assistants.procedures" */
    assist_str_t  path;         /* shown in messages */
    assist_str_t  text;
} assist_source_t;

/* key=value of an assist_hook directive: what `conf` shows. */
typedef struct {
    assist_str_t  key;
    assist_str_t  value;
} assist_conf_t;

typedef struct {
    const assist_host_t     *host;
    const assist_catalog_t  *catalog;   /* NULL: none */
    assist_search_t         *search;    /* NULL: none */
    const assist_source_t   *sources;   /* what `require` finds, in order */
    uint32_t                 nsources;
    size_t                   memory;    /* bytes */
    int                      sandbox;   /* 0: all of the language's libraries */
} assist_vm_conf_t;


/* NULL: err tells why.  conf and what it points to must outlive the state. */
assist_vm_t *assist_vm_create(const assist_vm_conf_t *conf,
    assist_error_t *err);
void assist_vm_destroy(assist_vm_t *vm);

/*
 * Does the text compile?  Nothing of it is run: this is for the master, which
 * is root.  0, or -1 and err with the line.
 */
int assist_vm_check(const assist_source_t *source, assist_error_t *err);

/*
 * Runs a hook's file (once for each file) and binds its functions to a
 * configuration.  NULL: err tells why; the state is still good.
 */
assist_hook_t *assist_vm_hook(assist_vm_t *vm, const assist_source_t *source,
    const assist_conf_t *conf, uint32_t nconf, assist_error_t *err);

/*
 * A page of ours: a module that returns { render = function(data, emit) }.
 * Its run is of ASSIST_PHASE_RENDER: data is the host's document, emit(piece)
 * takes what assist.html made as it is, and escapes text.
 */
assist_hook_t *assist_vm_view(assist_vm_t *vm, const assist_source_t *source,
    assist_error_t *err);

/*
 * What assist_vm_hook() binds from now on is read anew, modules included,
 * until assist_vm_reread_end(): with keep == 0 as it was before.
 */
int assist_vm_reread(assist_vm_t *vm, assist_error_t *err);
int assist_vm_reread_end(assist_vm_t *vm, int keep, assist_error_t *err);

/* A hook that is replaced: it has no function any more.  Its name stays. */
void assist_hook_retire(assist_vm_t *vm, assist_hook_t *hook);

/* Has it a function for this phase? */
int assist_hook_has(const assist_hook_t *hook, assist_phase_t phase);
assist_str_t assist_hook_name(const assist_hook_t *hook);
assist_str_t assist_hook_version(const assist_hook_t *hook);


#endif
