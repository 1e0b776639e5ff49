/*
 * What the files of this room share: configurations, the context of a request,
 * and each file's entry points, by file.
 */

#ifndef NGX_HTTP_ASSIST_H
#define NGX_HTTP_ASSIST_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "core/catalog.h"
#include "core/chain.h"
#include "core/digest.h"
#include "core/figure.h"
#include "core/ledger.h"
#include "core/match.h"
#include "core/search.h"
#include "lua/run.h"
#include "lua/vm.h"
#include "ngx_http_assist_call.h"
#include "ngx_http_assist_op.h"


#define NGX_HTTP_ASSIST_BODY_MAX   (16 * 1024)  /* of a question */
#define NGX_HTTP_ASSIST_WORDS_MAX  64           /* of a Redis command */


typedef struct ngx_http_assist_redis_s   ngx_http_assist_redis_t;
typedef struct ngx_http_assist_reload_s  ngx_http_assist_reload_t;


typedef struct {
    ngx_str_t                        name;
    ngx_str_t                        text;
} ngx_http_assist_file_t;


/* An assist_hook directive. */
typedef struct {
    ngx_str_t                        file;      /* as written */
    ngx_array_t                      conf;      /* of assist_conf_t */
    const assist_source_t           *source;
    assist_hook_t                   *hook;      /* in a worker; NULL: dead */
    u_char                          *conf_file;
    ngx_uint_t                       conf_line;
} ngx_http_assist_hook_t;


typedef struct {
    ngx_str_t                        catalog_file;
    assist_catalog_t                *catalog;
    assist_match_t                  *match;
    ngx_array_t                      synonyms;      /* of ..._file_t */
    u_char                          *image;         /* of the search index */
    size_t                           image_len;

    ngx_array_t                     *hook_path;     /* of ngx_str_t */
    size_t                           hook_memory;
    ngx_flag_t                       hook_sandbox;
    ngx_flag_t                       hook_reload;
    ngx_int_t                        request_id;    /* the variable's index */
    ngx_array_t                      hooks;         /* of ..._hook_t * */
    ngx_http_assist_hook_t          *procedures;    /* the default ask hook */
    ngx_array_t                      sources;       /* of assist_source_t */
    u_char                           sources_hash[ASSIST_DIGEST_LEN];

    ngx_shm_zone_t                  *cache_zone;
    ngx_http_assist_redis_t         *redis;

    ngx_shm_zone_t                  *coverage_zone;
    uint32_t                        *slots;         /* by service */
    ngx_open_file_t                 *coverage_log;
    ngx_str_t                        coverage_key;  /* len 0: not signed */
    ngx_msec_t                       coverage_flush;
    ssize_t                          coverage_buffer;
    assist_levels_t                  levels;
    assist_targets_t                *targets;
    assist_tasks_t                  *tasks;
    assist_register_t               *registered;
    ngx_str_t                        node;

    ngx_uint_t                       chats;         /* assist_chat locations */

    /* in a worker */
    assist_search_t                 *search;
    assist_vm_t                     *vm;
    ngx_http_assist_reload_t        *reload;        /* NULL: off */
    ngx_uint_t                       generation;    /* of Lua files */
} ngx_http_assist_main_conf_t;


typedef struct {
    ngx_flag_t                       enable;
    ngx_http_complex_value_t        *service;
    ngx_array_t                     *exclude;       /* of complex values */
    ngx_array_t                     *hooks;         /* of ..._hook_t * */
    ngx_msec_t                       hook_cpu;
    ngx_msec_t                       hook_timeout;
    time_t                           cache_valid;
    ngx_http_complex_value_t        *cache_scope;
    ngx_array_t                     *fetch;         /* of ngx_str_t */
    ngx_flag_t                       coverage_log;
    ngx_flag_t                       chat;
    u_char                          *cache_seed;    /* in a worker */
    ngx_uint_t                       cache_generation;
} ngx_http_assist_loc_conf_t;


/* What a shared memory zone's `data` is. */
typedef struct {
    ngx_http_assist_main_conf_t     *mcf;
    ngx_slab_pool_t                 *shpool;
    void                            *sh;            /* the file's own */
} ngx_http_assist_zone_t;


#define NGX_HTTP_ASSIST_HEADS  128

/* The head of a worker's chain of evidence, in the coverage zone. */
typedef struct {
    ngx_pid_t                        pid;           /* 0: the chain is over */
    uint64_t                         quoted;        /* seq that another chain
                                                       has quoted */
    assist_chain_t                   chain;
} ngx_http_assist_head_t;


/* A source under an answer. */
typedef struct {
    assist_str_t                     title;
    assist_str_t                     url;
    assist_str_t                     updated;
} ngx_http_assist_cite_t;


typedef enum {
    NGX_HTTP_ASSIST_BODY_NONE = 0,
    NGX_HTTP_ASSIST_BODY_READING,
    NGX_HTTP_ASSIST_BODY_AWAITED
} ngx_http_assist_body_e;


/* A request, as long as it lives, over internal redirects. */
typedef struct {
    ngx_http_request_t              *request;
    uint32_t                         service;       /* or ASSIST_NONE */

    /* the running hook */
    assist_ctx_t                     ctx;
    assist_phase_t                   phase;
    ngx_uint_t                       hook;          /* index in hooks */
    ngx_queue_t                      ops;
    ngx_event_t                      timer;         /* assist_hook_timeout */
    ngx_http_assist_body_e           body;
    assist_run_t                    *body_run;      /* waits for it */
    assist_outcome_t                 failure;
    void                           (*resume)(ngx_http_request_t *r);

    /* what hooks gave */
    assist_buf_t                     said;
    ngx_array_t                      cites;         /* ..._cite_t */
    ngx_array_t                      about;         /* uint32_t, procedures */
    ngx_array_t                      reply_headers; /* ngx_table_elt_t */
    ngx_str_t                        reply_body;
    ngx_uint_t                       reply_status;  /* 0: none */

    /* the interaction */
    assist_event_t                   event;
    ngx_str_t                        hook_name;
    ngx_str_t                        hook_version;
    ngx_str_t                        model;

    /* phase ask */
    ngx_str_t                        question;
    ngx_str_t                        lang;
    uint32_t                         previous;      /* service, ASSIST_NONE */
    u_char                           key[ASSIST_DIGEST_LEN];
    u_char                           body_key[ASSIST_DIGEST_LEN];

    unsigned                         matched:1;     /* service was looked up */
    unsigned                         excluded:1;
    unsigned                         page:1;        /* an HTML page went out */
    unsigned                         hooked:1;      /* request hooks were run */
    unsigned                         outcome:1;     /* event.outcome is set */
    unsigned                         failed:1;      /* a hook; see failure */
    unsigned                         counted:1;
    unsigned                         shared:1;      /* `service` stands for
                                                       several agencies */
    unsigned                         previous_shared:1;
    unsigned                         cacheable:1;
    unsigned                         personal:1;    /* the hook read more than
                                                       the question */
    unsigned                         chat:1;

    assist_run_t                     run;
} ngx_http_assist_ctx_t;


extern ngx_module_t  ngx_http_assist_module;
extern ngx_module_t  ngx_http_assist_filter_module;


static ngx_inline assist_str_t
ngx_http_assist_str(ngx_str_t s)
{
    return (assist_str_t) { (const char *) s.data, s.len };
}


static ngx_inline ngx_str_t
ngx_http_assist_ngx_str(assist_str_t s)
{
    ngx_str_t  out;

    out.len = s.len;
    out.data = (u_char *) s.data;

    return out;
}


/* Equal but for case, as the names of headers are. */

static ngx_inline ngx_uint_t
ngx_http_assist_is(ngx_str_t *s, const char *name)
{
    return s->len == ngx_strlen(name)
           && ngx_strncasecmp(s->data, (u_char *) name, s->len) == 0;
}


/* ngx_http_assist_request.c: the context, phases, variables */

/* NULL: no memory; or, with create == 0, there is none */
ngx_http_assist_ctx_t *ngx_http_assist_ctx(ngx_http_request_t *r,
    ngx_uint_t create);
/* "code@agency"; where shared "code"; "" for ASSIST_NONE */
assist_str_t ngx_http_assist_service_id(ngx_http_request_t *r,
    uint32_t service, ngx_uint_t shared);
/* "code@agency", or "code": of several agencies the first, and ctx->shared */
void ngx_http_assist_set_service(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_str_t code, assist_str_t agency);
/* finds the service and whether the traffic is excluded, once */
void ngx_http_assist_match(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx);
ngx_int_t ngx_http_assist_precontent(ngx_http_request_t *r);
ngx_int_t ngx_http_assist_log(ngx_http_request_t *r);

/* ngx_http_assist_variable.c */
ngx_int_t ngx_http_assist_add_variables(ngx_conf_t *cf);

/* ngx_http_assist_file.c: a file's bytes, as long as the configuration lives;
 * an error is logged with the directive's line */
ngx_int_t ngx_http_assist_read_file(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text);

/* ngx_http_assist_source.c: catalogue, synonyms, hooks, read by the master */
ngx_int_t ngx_http_assist_load_catalog(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_assist_main_conf_t *mcf);
ngx_int_t ngx_http_assist_add_synonyms(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf, ngx_str_t *name);
ngx_int_t ngx_http_assist_add_hook(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf, ngx_str_t *path);
ngx_int_t ngx_http_assist_build_index(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
ngx_int_t ngx_http_assist_load_sources(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_hash_sources(ngx_http_assist_main_conf_t *mcf);

/* ngx_http_assist_reload.c: changed Lua files, in a worker */
void ngx_http_assist_reload_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf);
/* looks, at most once a second; for mcf->reload only */
void ngx_http_assist_reload_due(ngx_http_request_t *r);

/* ngx_http_assist_hook.c: the worker's Lua state and the runs of requests */
void ngx_http_assist_hook_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_hook_exit(ngx_http_assist_main_conf_t *mcf);
/* runs the location's hooks of a phase; NGX_OK: over, NGX_AGAIN: waits, then
 * `resume` is called */
ngx_int_t ngx_http_assist_hook_run(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_phase_t phase,
    void (*resume)(ngx_http_request_t *r));
/* ends what waits; nobody is called */
void ngx_http_assist_hook_cancel(ngx_http_assist_ctx_t *ctx);
/* the run goes on with what it waited for */
void ngx_http_assist_hook_resume(assist_run_t *run, assist_value_t *value);
/* the waiter of ops: op->data is the run */
void ngx_http_assist_hook_wake(ngx_http_assist_op_t *op);

/* ngx_http_assist_host.c: what a run may ask of its request */
extern const assist_host_t  ngx_http_assist_host;

/* ngx_http_assist_fetch.c: what hooks may call, and how */
/* NULL, or why not */
const char *ngx_http_assist_fetch_refused(ngx_http_request_t *r,
    assist_str_t uri);
/* NULL: no memory; else the op's value is a table of status, headers, body */
ngx_http_assist_op_t *ngx_http_assist_fetch(ngx_http_request_t *r,
    ngx_queue_t *ops, const assist_fetch_t *fetch,
    ngx_http_assist_op_handler_pt handler, void *data);

/* ngx_http_assist_body.c */
/* the body that was read, in r->pool; NGX_DECLINED: it is larger than max */
ngx_int_t ngx_http_assist_body_text(ngx_http_request_t *r, size_t max,
    ngx_str_t *body);
/* what a run gets of it, now or later */
assist_wait_t ngx_http_assist_body_wait(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_run_t *run, assist_value_t *value);

/* ngx_http_assist_cache.c: L1, L2 behind one interface */
ngx_int_t ngx_http_assist_cache_init_zone(ngx_shm_zone_t *zone, void *data);
/* NGX_OK: *value, in r->pool; NGX_DECLINED: a miss; NGX_AGAIN: an op in `ops`
 * calls the handler with a string, or nil for a miss */
ngx_int_t ngx_http_assist_cache_get(ngx_http_request_t *r, ngx_queue_t *ops,
    u_char *key, ngx_str_t *value, ngx_http_assist_op_handler_pt handler,
    void *data);
void ngx_http_assist_cache_set(ngx_http_request_t *r, u_char *key,
    ngx_str_t *value, time_t ttl);
/* of this node's memory only */
ngx_int_t ngx_http_assist_cache_get_l1(ngx_http_request_t *r, u_char *key,
    ngx_str_t *value);
void ngx_http_assist_cache_set_l1(ngx_http_request_t *r, u_char *key,
    ngx_str_t *value, time_t ttl);

/* ngx_http_assist_redis.c: one pipelined connection of the worker */
char *ngx_http_assist_redis_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
/* sends a command; op NULL: nobody waits.  NGX_ERROR: it is not connected, or
 * too much is queued; the op is untouched. */
ngx_int_t ngx_http_assist_redis_send(ngx_http_assist_redis_t *rd,
    ngx_http_assist_op_t *op, ngx_uint_t argc, ngx_str_t *argv);
ngx_msec_t ngx_http_assist_redis_timeout(ngx_http_assist_redis_t *rd);
ngx_str_t ngx_http_assist_redis_prefix(ngx_http_assist_redis_t *rd);
void ngx_http_assist_redis_exit(ngx_http_assist_redis_t *rd);

/* ngx_http_assist_coverage.c: counters in shared memory */
ngx_int_t ngx_http_assist_coverage_init_zone(ngx_shm_zone_t *zone, void *data);
ngx_int_t ngx_http_assist_coverage_check(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_coverage_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf);
/* counts ctx->event and writes its line, once */
void ngx_http_assist_coverage_event(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
void ngx_http_assist_coverage_view(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
/* ngx_http_assist_targets.c: what the figure is judged by, from files */
char *ngx_http_assist_targets(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_assist_tasks(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_assist_register(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
/* the built-in targets where there is no file; warns of names that the
 * catalogue does not have */
ngx_int_t ngx_http_assist_targets_check(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_targets_rules(ngx_http_assist_main_conf_t *mcf,
    assist_rules_t *rules);

void ngx_http_assist_coverage_figure(ngx_http_assist_main_conf_t *mcf,
    assist_figure_in_t *in);
/* lines of evidence that were lost */
void ngx_http_assist_coverage_dropped(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t n);
/* NGX_HTTP_ASSIST_HEADS places, under the mutex; NULL: no zone */
ngx_http_assist_head_t *ngx_http_assist_coverage_heads(
    ngx_http_assist_main_conf_t *mcf, ngx_shmtx_t **mutex);

/* ngx_http_assist_evidence.c: the evidence log */
/* a new zone's heads, from the end of the log */
void ngx_http_assist_evidence_restore(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_head_t *slots, ngx_log_t *log);
void ngx_http_assist_evidence_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_evidence_exit(ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_evidence_flush(ngx_http_assist_main_conf_t *mcf,
    ngx_log_t *log);
/* the line of ctx->event */
void ngx_http_assist_evidence_line(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, uint32_t service);
/* what has no line, but is in the sums that a block has */
void ngx_http_assist_evidence_unmatched(void);
void ngx_http_assist_evidence_excluded(void);
/* the heads to publish; their number */
ngx_uint_t ngx_http_assist_evidence_heads(ngx_http_assist_main_conf_t *mcf,
    const assist_chain_t **heads);

/* ngx_http_assist_answer.c: an answer's JSON, and its stored form */
/* the members from "outcome" on, without braces */
ngx_int_t ngx_http_assist_answer_json(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members);
ngx_int_t ngx_http_assist_answer_store(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members, ngx_str_t *record);
/* members points into the record; NGX_DECLINED: not a record of ours */
ngx_int_t ngx_http_assist_answer_load(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *record, ngx_str_t *members);

/* ngx_http_assist_send.c: whole responses; each returns what a content handler
 * returns */
ngx_int_t ngx_http_assist_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, ngx_str_t *body);
/* {"error":{"code":..,"message":..}} */
ngx_int_t ngx_http_assist_send_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *code, const char *fmt, ...);
ngx_int_t ngx_http_assist_add_header(ngx_http_request_t *r, const char *name,
    const char *value);
/* what of the URI is below its location's name */
ngx_str_t ngx_http_assist_below(ngx_http_request_t *r);

/* ngx_http_assist_ask.c: answers, and finalizes the request */
/* a body that was asked before, byte by byte; NGX_DECLINED: it was not */
ngx_int_t ngx_http_assist_ask_again(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *body);
/* ctx->question */
void ngx_http_assist_ask_start(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);

/* ngx_http_assist_chat.c, ngx_http_assist_status.c: content handlers */
ngx_int_t ngx_http_assist_chat_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_assist_status_handler(ngx_http_request_t *r);


#endif
