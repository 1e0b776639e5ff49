/*
 * What the files of this room share: configurations, the context of a request,
 * and each file's entry points, by file.
 */

#ifndef NGX_HTTP_ASSIST_H
#define NGX_HTTP_ASSIST_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <jansson.h>

#include "core/catalog.h"
#include "core/chain.h"
#include "core/deny.h"
#include "core/digest.h"
#include "core/figure.h"
#include "core/ledger.h"
#include "core/match.h"
#include "core/notice.h"
#include "core/redact.h"
#include "core/search.h"
#include "core/withdrawn.h"
#include "lua/run.h"
#include "lua/vm.h"
#include "ngx_http_assist_call.h"
#include "ngx_http_assist_flight.h"
#include "ngx_http_assist_model.h"
#include "ngx_http_assist_op.h"
#include "ngx_http_assist_provider.h"
#include "ngx_http_assist_stream.h"


#define NGX_HTTP_ASSIST_BODY_MAX   (16 * 1024)  /* of a question */
#define NGX_HTTP_ASSIST_API_MAX    (256 * 1024) /* of a conversation */
#define NGX_HTTP_ASSIST_QUESTION_MAX  2000
#define NGX_HTTP_ASSIST_WORDS_MAX  64           /* of a Redis command */
#define NGX_HTTP_ASSIST_LOG_MAX    1024         /* of a hook's text */
#define NGX_HTTP_ASSIST_PREFIX_MAX 128          /* of our keys there */
#define NGX_HTTP_ASSIST_ANSWER_MAX (256 * 1024)


typedef struct ngx_http_assist_page_s    ngx_http_assist_page_t;
typedef struct ngx_http_assist_help_s    ngx_http_assist_help_t;
typedef struct ngx_http_assist_view_s    ngx_http_assist_view_t;
typedef struct ngx_http_assist_figure_s  ngx_http_assist_figure_t;
typedef struct ngx_http_assist_asker_s   ngx_http_assist_asker_t;
typedef struct ngx_http_assist_redis_s   ngx_http_assist_redis_t;
typedef struct ngx_http_assist_reload_s  ngx_http_assist_reload_t;
typedef struct ngx_http_assist_later_s   ngx_http_assist_later_t;
typedef struct ngx_http_assist_background_s  ngx_http_assist_background_t;


typedef struct {
    ngx_str_t                        name;
    ngx_str_t                        text;
} ngx_http_assist_file_t;


/* A file of the widget's or of the pages; the last one has no name. */
typedef struct {
    ngx_str_t                        name;
    const char                      *file;      /* in the shipped folder */
    ngx_str_t                        type;
    ngx_str_t                        text;
    ngx_str_t                        etag;
} ngx_http_assist_asset_t;


/* An AI notice, by language, as JSON strings and as text. */
typedef struct {
    ngx_str_t                        vi;
    ngx_str_t                        en;
    assist_notice_t                  text;
} ngx_http_assist_disclosure_t;


/* An assist_hook directive. */
typedef struct {
    ngx_str_t                        file;      /* as written */
    ngx_array_t                      conf;      /* of assist_conf_t */
    const assist_source_t           *source;
    assist_hook_t                   *hook;      /* in a worker; NULL: dead */
    ngx_msec_t                       paid;      /* when its debt will be */
    ngx_uint_t                       suspended; /* by the breaker */
    u_char                          *conf_file;
    ngx_uint_t                       conf_line;
    ngx_uint_t                       view;      /* it has `render` only */
} ngx_http_assist_hook_t;


/* Where assist_chat is. */
typedef struct {
    ngx_http_core_srv_conf_t        *server;
    ngx_http_core_loc_conf_t        *location;
} ngx_http_assist_chat_place_t;


/* An assist_deny directive. */
typedef struct {
    ngx_str_t                        file;
    assist_deny_t                   *phrases;
    u_char                           hash[ASSIST_DIGEST_LEN];
} ngx_http_assist_deny_t;


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
    ngx_http_assist_hook_t          *chat_page;
    ngx_http_assist_hook_t          *status_page;
    ngx_array_t                      sources;       /* of assist_source_t */
    u_char                           sources_hash[ASSIST_DIGEST_LEN];

    ngx_shm_zone_t                  *cache_zone;
    ngx_shm_zone_t                  *withdraw_zone;
    ngx_http_assist_redis_t         *redis;

    ngx_shm_zone_t                  *coverage_zone;
    uint32_t                        *slots;         /* by service */
    ngx_str_t                        state;         /* file; len 0: none */
    ngx_core_conf_t                 *core;          /* with state only */
    ngx_open_file_t                 *coverage_log;
    ngx_str_t                        coverage_key;  /* len 0: not signed */
    ngx_msec_t                       coverage_flush;
    ssize_t                          coverage_buffer;
    assist_levels_t                  levels;
    assist_targets_t                *targets;
    assist_tasks_t                  *tasks;
    assist_register_t               *registered;
    ngx_array_t                     *closed;        /* of ..._closed_t */
    assist_past_t                   *past;          /* their measures */
    size_t                           npast;
    ngx_str_t                        node;

    ngx_uint_t                       chats;         /* assist_chat locations */
    ngx_uint_t                       statuses;      /* assist_status ones */
    ngx_array_t                      chat_places;   /* of ..._chat_place_t */
    ngx_http_assist_disclosure_t    *disclosure;    /* the shipped one */
    ngx_shm_zone_t                  *feedback_zone;
    ngx_http_assist_asset_t         *assets;

    ngx_array_t                      providers;     /* of ..._provider_t * */
    ngx_array_t                      uses;          /* of ..._use_t * */
    ngx_array_t                      hosts;         /* of assist_str_t: where
                                                       answers may link to */
    ngx_shm_zone_t                  *provider_zone;
    ngx_shm_zone_t                  *budget_zone;
    ngx_flag_t                       budgets;       /* some location has one */

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
    ngx_flag_t                       cache_lock;
    ngx_msec_t                       cache_lock_timeout;
    ngx_uint_t                       cache_use_stale;   /* see below */
    ngx_array_t                     *cache_bypass;  /* of complex values */
    ngx_array_t                     *no_cache;
    ngx_http_complex_value_t        *cache_scope;
    ngx_array_t                     *fetch;         /* of ngx_str_t */
    ngx_http_assist_use_t           *use;
    ngx_http_assist_deny_t          *deny;
    ngx_flag_t                       redact;
    ngx_flag_t                       api;
    ngx_int_t                        token_budget;  /* 0: no bound */
    ngx_flag_t                       coverage_log;
    ngx_flag_t                       chat;
    ngx_flag_t                       status;
    ngx_http_assist_disclosure_t    *disclosure;    /* NULL: the shipped one */
    ngx_msec_t                       page_wait;
    ngx_flag_t                       widget;
    ngx_str_t                        widget_uri;    /* with a "/" at its end */
    u_char                          *cache_seed;    /* in a worker */
    ngx_uint_t                       cache_generation;
} ngx_http_assist_loc_conf_t;


#define NGX_HTTP_ASSIST_STALE_OFF       0x02
#define NGX_HTTP_ASSIST_STALE_ERROR     0x04
#define NGX_HTTP_ASSIST_STALE_TIMEOUT   0x08
#define NGX_HTTP_ASSIST_STALE_UPDATING  0x10


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


/* What an answer looks like to its client. */
typedef struct {
    /* whole, for what a content handler returns */
    ngx_int_t                      (*send)(ngx_http_request_t *r,
                                           ngx_http_assist_ctx_t *ctx,
                                           ngx_str_t *members);
    /* an error in place of an answer */
    ngx_int_t                      (*error)(ngx_http_request_t *r,
                                            ngx_uint_t status,
                                            const char *code, ngx_str_t *text);
} ngx_http_assist_shape_t;


/* A request, as long as it lives, over internal redirects. */
struct ngx_http_assist_ctx_s {
    ngx_http_request_t              *request;
    uint32_t                         service;       /* or ASSIST_NONE */

    /* the running hook */
    assist_ctx_t                     ctx;
    assist_phase_t                   phase;
    ngx_uint_t                       hook;          /* index in hooks */
    ngx_http_assist_hook_t          *running;
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
    ngx_http_assist_page_t          *streamed;      /* NULL: nothing to put
                                                       into it */

    /* a page of ours that is being made, and the figure it is of */
    ngx_http_assist_view_t          *view;
    ngx_http_assist_asker_t         *asker;

    /* the interaction */
    assist_event_t                   event;
    ngx_str_t                        hook_name;
    ngx_str_t                        hook_version;
    ngx_str_t                        provider;
    ngx_str_t                        model;
    ngx_msec_int_t                   first_token;   /* ms; -1: none */

    /* models */
    ngx_queue_t                      models;
    assist_redact_t                  redact;        /* what they do not get */
    assist_restore_t                 restore;
    ngx_http_assist_later_t         *later;         /* of a function's own */

    /* phase ask */
    const ngx_http_assist_shape_t   *shape;
    ngx_http_assist_stream_t        *stream;        /* NULL: none */
    ngx_http_assist_background_t    *background;    /* nobody waits for it */

    /* the cache */
    ngx_http_assist_flight_t        *flight;
    ngx_queue_t                      following;     /* a flight's list */
    ngx_event_t                      patience;      /* with its leader */
    ngx_msec_t                       patient_until;
    ngx_str_t                        record;        /* what the leader gave */
    assist_cache_t                   record_status;
    ngx_str_t                        stale;         /* a record, for want of a
                                                       better one */
    ngx_str_t                        id;            /* of the answer */
    ngx_str_t                        asked_model;   /* OpenAI's API */
    json_t                          *form;          /* NULL: none was sent */
    ngx_str_t                        question;
    ngx_str_t                        lang;
    uint32_t                         previous;      /* service, ASSIST_NONE */
    u_char                           key[ASSIST_DIGEST_LEN];
    u_char                           body_key[ASSIST_DIGEST_LEN];
    ngx_str_t                        body_text;     /* of what was asked */

    /* what it is withdrawn by */
    uint64_t                         question_key;  /* 0: it has none */
    assist_str_t                     asked;         /* its service when it was
                                                       asked; "": none */
    uint64_t                         known;         /* events, at its begin */
    uint64_t                         purged;        /* the last one before a
                                                       hook's cache was used */

    unsigned                         matched:1;     /* service was looked up */
    unsigned                         excluded:1;
    unsigned                         page:1;        /* an HTML page went out */
    unsigned                         hooked:1;      /* request hooks were run */
    unsigned                         paged:1;       /* page hooks were */
    unsigned                         outcome:1;     /* event.outcome is set */
    unsigned                         failed:1;      /* a hook; see failure */
    unsigned                         counted:1;
    unsigned                         noticed:1; /* the AI notice was asked for */
    unsigned                         shared:1;      /* `service` stands for
                                                       several agencies */
    unsigned                         previous_shared:1;
    unsigned                         cacheable:1;   /* others may have it */
    unsigned                         kept:1;        /* there is a cache */
    unsigned                         personal:1;    /* the hook read more than
                                                       the question */
    unsigned                         chat:1;
    unsigned                         degraded:1;    /* a model was asked, and
                                                       did not answer */
    unsigned                         partial:1;     /* the model was stopped */
    unsigned                         spent:1;       /* no tokens are left */
    unsigned                         usage:1;       /* the client counts */
    unsigned                         late:1;        /* degraded by a timeout */
    unsigned                         withdrawn:1;   /* `purged` is set */
    unsigned                         unleased:1;    /* Redis did not answer */
    unsigned                         gone:1;        /* the client; others wait
                                                       for the answer */

    assist_run_t                     run;
};


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


/* ngx_http_assist_conf.c: directives that have no file of their own */
char *ngx_http_assist_catalog(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_assist_synonyms(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_assist_hook_path(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_assist_hook(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_assist_fetch_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_assist_deny(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_assist_time(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_assist_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_assist_token_budget(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_assist_cache_valid(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_assist_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_assist_coverage_log(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_assist_coverage_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_assist_levels(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_assist_content(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

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
/* What a text finds in the catalogue today; NGX_DECLINED: nothing. */
ngx_int_t ngx_http_assist_search(ngx_http_assist_main_conf_t *mcf,
    assist_str_t text, assist_result_t *result);

/*
 * What a hook's answer cites and is about; where no service was known, the
 * interaction is counted for the one that it found, if there is no doubt.
 */
void ngx_http_assist_found(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx);
/* finds the service and whether the traffic is excluded, once */
void ngx_http_assist_match(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx);
ngx_uint_t ngx_http_assist_gave_page(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
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
/* in the worker's Lua state; NULL: err tells why */
assist_hook_t *ngx_http_assist_hook_bind(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_hook_t *hook, assist_error_t *err);
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

/* ngx_http_assist_breaker.c: hooks that go past their bounds too often */
/* is the hook not to be run now? */
ngx_uint_t ngx_http_assist_breaker_open(ngx_http_request_t *r,
    ngx_http_assist_hook_t *hook);
/* a run of it took so many ms of CPU, and went past a bound */
void ngx_http_assist_breaker_charge(ngx_http_request_t *r,
    ngx_http_assist_hook_t *hook, ngx_msec_t overrun);
/* another version of it is there */
void ngx_http_assist_breaker_reset(ngx_http_assist_hook_t *hook);
/* ngx_http_assist_view.c: pages of ours, by trusted Lua templates */
/* the page of a JSON document, as whole response with no-store; returns what a
 * content handler returns: NGX_DONE while it is being made */
ngx_int_t ngx_http_assist_view(ngx_http_request_t *r,
    ngx_http_assist_hook_t *page, ngx_uint_t status, ngx_str_t *document);
assist_str_t ngx_http_assist_view_document(void *host);
assist_wait_t ngx_http_assist_view_emit(void *host, assist_run_t *run,
    assist_str_t piece, int is_text, assist_value_t *value);

/* ngx_http_assist_host.c: what a run may ask of its request */
extern const assist_host_t  ngx_http_assist_host;
/* a hook's text for a line of the log, its length: without the numbers of
 * persons and control characters; line has NGX_HTTP_ASSIST_LOG_MAX bytes */
size_t ngx_http_assist_log_text(u_char *line, assist_str_t text);

/* ngx_http_assist_own.c */
/* a request of the worker's own, in a pool of its own; r lends its
 * configuration.  NULL: no memory */
ngx_http_request_t *ngx_http_assist_own_create(ngx_http_request_t *r);
/* ends what it has begun; then its pool is destroyed.  NGX_AGAIN: not yet, a
 * thread works for it */
ngx_int_t ngx_http_assist_own_end(ngx_http_request_t *own);

/* ngx_http_assist_metrics.c: Prometheus's text format */
void ngx_http_assist_metrics_write(ngx_http_assist_main_conf_t *mcf,
    assist_buf_t *out);

/* ngx_http_assist_budget.c: assist_token_budget */
ngx_int_t ngx_http_assist_budget_zone(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
ngx_uint_t ngx_http_assist_budget_spent(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
/* tokens; -1: unknown */
void ngx_http_assist_budget_spend(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, int64_t in, int64_t out);
/* seconds until it begins anew */
time_t ngx_http_assist_budget_resets(void);

/* ngx_http_assist_later.c: a function of a hook goes on without its request */
/* function: its reference in the Lua registry, which is taken.  NULL, or why
 * it does not run. */
const char *ngx_http_assist_later_start(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, int function, double *number);
/* ngx_http_assist_inject_help() will be called; NGX_DECLINED: it is over */
ngx_int_t ngx_http_assist_later_join(double number,
    ngx_http_assist_help_t *help);
/* what its function gives to pages that wait for it */
void ngx_http_assist_later_give(ngx_http_assist_ctx_t *ctx, ngx_str_t *html);
void ngx_http_assist_later_over(ngx_http_assist_ctx_t *ctx);
/* ngx_http_assist_once.c: assist.cache.once, of the runs of a worker */
/* a text, nil and a reason, or true: the run makes it */
assist_wait_t ngx_http_assist_once_join(assist_run_t *run, u_char *key,
    assist_value_t *value);
/* it is made: a string; nil: the reason is in value->string; else true */
void ngx_http_assist_once_over(assist_run_t *run, u_char *key,
    const assist_value_t *value);
/* does a run of the request wait for another's text? */
ngx_uint_t ngx_http_assist_once_waits(ngx_http_assist_ctx_t *ctx);

/* ngx_http_assist_inject.c: what `page` hooks put into a page */
ngx_int_t ngx_http_assist_inject(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
ngx_int_t ngx_http_assist_inject_add(ngx_http_assist_ctx_t *ctx,
    assist_html_where_t where, ngx_str_t id, ngx_str_t html);
ngx_int_t ngx_http_assist_inject_later(ngx_http_assist_ctx_t *ctx,
    assist_html_where_t where, ngx_str_t id, double later);
/* what help waited for; empty: nothing came of it */
void ngx_http_assist_inject_help(ngx_http_assist_help_t *help,
    ngx_str_t *html);
void ngx_http_assist_inject_outcome(ngx_http_assist_ctx_t *ctx,
    assist_outcome_t outcome);
ngx_uint_t ngx_http_assist_inject_hook_over(ngx_http_assist_ctx_t *ctx,
    ngx_uint_t failed);
ngx_uint_t ngx_http_assist_inject_missed(ngx_http_assist_ctx_t *ctx);
/* has something with an AI notice been put in? */
ngx_uint_t ngx_http_assist_inject_notice(ngx_http_assist_ctx_t *ctx);

/* ngx_http_assist_widget.c: assist_widget */
char *ngx_http_assist_widget_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* whose assistant is it? */
char *ngx_http_assist_widget_merge(ngx_conf_t *cf,
    ngx_http_assist_loc_conf_t *prev, ngx_http_assist_loc_conf_t *conf);
/* its markup for this page, in r->pool, and the URLs that its script loads;
 * NGX_DECLINED: no memory */
ngx_int_t ngx_http_assist_widget_html(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *html, ngx_str_t *style,
    ngx_str_t *ask);

/* ngx_http_assist_page.c: the page streams by; a body filter */
ngx_int_t ngx_http_assist_page_body(ngx_http_request_t *r,
    ngx_http_assist_page_t *page, ngx_chain_t *in);
/* what it waited for has come, or will not */
void ngx_http_assist_page_wake(ngx_http_assist_page_t *page);
void ngx_http_assist_page_close(ngx_http_assist_page_t *page);

/* ngx_http_assist_filter_module.c: the filters after ours */
ngx_int_t ngx_http_assist_next_header(ngx_http_request_t *r);
ngx_int_t ngx_http_assist_next_body(ngx_http_request_t *r, ngx_chain_t *in);

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

/* ngx_http_assist_l1.c: values in shared memory */
ngx_int_t ngx_http_assist_cache_init_zone(ngx_shm_zone_t *zone, void *data);
/* NGX_OK: *value, in r->pool; NGX_BUSY: the same, but it is stale;
 * NGX_DECLINED: a miss */
ngx_int_t ngx_http_assist_l1_get(ngx_http_request_t *r, ngx_shm_zone_t *zone,
    u_char *key, ngx_str_t *value);
/* fresh, then stale until these seconds */
void ngx_http_assist_l1_set(ngx_shm_zone_t *zone, u_char *key,
    ngx_str_t *value, time_t fresh, time_t stale);
void ngx_http_assist_l1_drop(ngx_shm_zone_t *zone, u_char *key);
/* who makes a value; the owner may lock it again.  NGX_DECLINED: another has
 * it, for at most ms more */
ngx_int_t ngx_http_assist_l1_lock(ngx_shm_zone_t *zone, u_char *key,
    uint64_t owner, ngx_msec_t ms);
void ngx_http_assist_l1_unlock(ngx_shm_zone_t *zone, u_char *key,
    uint64_t owner);

/* ngx_http_assist_cache.c: L1, L2 behind one interface */
/* NGX_OK: *value, in r->pool; NGX_BUSY: it is stale; NGX_DECLINED: a miss;
 * NGX_AGAIN: an op in `ops` calls the handler with a string (stale where its
 * number is 1), or nil for a miss; *value may be a stale one already */
ngx_int_t ngx_http_assist_cache_get(ngx_http_request_t *r, ngx_queue_t *ops,
    u_char *key, ngx_str_t *value, ngx_http_assist_op_handler_pt handler,
    void *data);
/* fresh for ttl seconds, then kept stale for as many */
void ngx_http_assist_cache_set(ngx_http_request_t *r, u_char *key,
    ngx_str_t *value, time_t ttl, time_t stale);
/* of this node's memory only */
void ngx_http_assist_cache_drop_l1(ngx_http_request_t *r, u_char *key);
/* who of all nodes makes a value.  NGX_AGAIN: the handler gets a string where
 * it is ours; NGX_DECLINED: there is no Redis */
ngx_int_t ngx_http_assist_cache_lease(ngx_http_request_t *r, ngx_queue_t *ops,
    u_char *key, uint64_t owner, ngx_msec_t ms,
    ngx_http_assist_op_handler_pt handler, void *data);
/* a lease, if it still is this owner's, ends in so many ms; 0: now */
void ngx_http_assist_cache_hold(ngx_http_request_t *r, u_char *key,
    uint64_t owner, ngx_msec_t ms);

/* ngx_http_assist_withdraw.c: what was withdrawn, here and on other nodes */
ngx_int_t ngx_http_assist_withdraw_zone(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_withdraw_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf);
/* what an answer knows that is begun now */
uint64_t ngx_http_assist_withdraw_clock(ngx_http_assist_main_conf_t *mcf);
/* the last event that an answer concerns which knows those up to `known`;
 * number 0: there is none; see assist_withdrawn_since() */
assist_withdrawn_mark_t ngx_http_assist_withdrawn(
    ngx_http_assist_main_conf_t *mcf, uint64_t question,
    assist_str_t services, uint64_t known);
/* an event on keys, here, and on all nodes when the handler has got a value
 * that is told (NGX_AGAIN).  NGX_OK: there is only this node; NGX_BUSY: Redis is
 * away, the others hear of it later; NGX_DECLINED: there is no room, and
 * nothing is done.  keys has room for one more */
ngx_int_t ngx_http_assist_withdraw(ngx_http_request_t *r, ngx_queue_t *ops,
    ngx_uint_t blocked, uint64_t *keys, unsigned n,
    ngx_http_assist_op_handler_pt handler, void *data);
/* NGX_OK, or NGX_BUSY as above */
ngx_int_t ngx_http_assist_withdraw_told(ngx_http_assist_main_conf_t *mcf,
    assist_value_t *value);
/* does this node know it after a restart, within a second? */
ngx_uint_t ngx_http_assist_withdraw_kept(ngx_http_assist_main_conf_t *mcf);

/* ngx_http_assist_admin.c: POST below assist_status */
/* what a content handler returns; NGX_DECLINED: it is none of these */
ngx_int_t ngx_http_assist_admin_handler(ngx_http_request_t *r,
    ngx_str_t *name);

/* ngx_http_assist_redis.c: one pipelined connection of the worker and node */
char *ngx_http_assist_redis_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
/* after http{} was read: the resolver, or what names are resolved to */
ngx_int_t ngx_http_assist_redis_init(ngx_conf_t *cf,
    ngx_http_assist_redis_t *rd);
/* sends a command, whose first argument is its key; op NULL: nobody waits.
 * NGX_ERROR: it is away, or too much is queued; the op is untouched. */
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
/* insertions that were left out, pages that came compressed */
void ngx_http_assist_coverage_untouched(ngx_http_request_t *r,
    ngx_uint_t blocked, ngx_uint_t compressed);
/* counts a vote for a service, or for none (ASSIST_NONE), and writes its line */
void ngx_http_assist_coverage_vote(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, uint32_t service, ngx_uint_t useful);
/* the AI notice was on a page of the service that was delivered */
void ngx_http_assist_coverage_shown(ngx_http_request_t *r,
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

/* ngx_http_assist_closed.c: months that are closed */
char *ngx_http_assist_closed(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
/* after http{} was read, with assist_coverage_key */
ngx_int_t ngx_http_assist_closed_check(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);

/* lines of evidence that were lost */
void ngx_http_assist_coverage_dropped(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t n);
/* NGX_HTTP_ASSIST_HEADS places, under the mutex; NULL: no zone */
ngx_http_assist_head_t *ngx_http_assist_coverage_heads(
    ngx_http_assist_main_conf_t *mcf, ngx_shmtx_t **mutex);

/* ngx_http_assist_ledger.c: counters outlive their zone */
/* state=file */
char *ngx_http_assist_ledger_set(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf, ngx_str_t *param);
/* in the master, for a new zone: where the state file lies, and is it one? */
void ngx_http_assist_ledger_open(ngx_http_assist_main_conf_t *mcf,
    ngx_log_t *log);
void ngx_http_assist_ledger_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_ledger_exit(ngx_http_assist_main_conf_t *mcf);
/* what is known of other incarnations in this month, or in the one before it
 * (last), read anew: in->ledger, and the fields of their records at the end of
 * out */
void ngx_http_assist_ledger_others(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month, ngx_uint_t last, assist_figure_in_t *in,
    assist_buf_t *out);
/* ngx_http_assist_ledger_push.c, ngx_http_assist_ledger_pull.c: in Redis */
/* before a figure: what other nodes count is read, at most once a second.
 * NGX_OK: it is there; NGX_AGAIN: r waits, and then goes on with its content
 * handler, which is to return NGX_DONE now */
ngx_int_t ngx_http_assist_ledger_pull(ngx_http_request_t *r,
    ngx_int_t (*handler)(ngx_http_request_t *r));
/* the same, and nobody waits */
void ngx_http_assist_ledger_refresh(ngx_http_assist_main_conf_t *mcf);
/* after Redis's own */
void ngx_http_assist_ledger_push_exit(void);
void ngx_http_assist_ledger_pull_exit(void);

/* ngx_http_assist_figure.c: the figure that documents are printed of */

/* us; the event loop has a turn after it */
#define NGX_HTTP_ASSIST_SLICE  2000

/* Who waits for a figure.  `ready` is called once, when `over` is set; figure
 * NULL: memory is out. */
typedef struct ngx_http_assist_waiter_s  ngx_http_assist_waiter_t;

struct ngx_http_assist_waiter_s {
    ngx_queue_t                      queue;
    ngx_http_assist_figure_t        *figure;
    void                           (*ready)(ngx_http_assist_waiter_t *waiter);
    unsigned                         over:1;
};

void ngx_http_assist_figure_init(ngx_http_assist_main_conf_t *mcf);
/* the service of an id; ASSIST_NONE: there is none */
uint32_t ngx_http_assist_figure_service(assist_str_t id);
void ngx_http_assist_figure_exit(void);
/* of what has been counted until now on all nodes.  NGX_OK: it stays as long as
 * r; NGX_AGAIN: r waits, and then goes on with its content handler, which is to
 * return NGX_DONE now; NGX_ERROR: memory is out */
ngx_int_t ngx_http_assist_figure(ngx_http_request_t *r,
    ngx_int_t (*handler)(ngx_http_request_t *r),
    const assist_figure_t **figure);
/* the same for who is no request, which has `ready` set; it may be ready at
 * once, and is to leave when it is done, or before */
void ngx_http_assist_figure_wait(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_waiter_t *waiter);
void ngx_http_assist_figure_leave(ngx_http_assist_waiter_t *waiter);
const assist_figure_t *ngx_http_assist_figure_of(
    ngx_http_assist_waiter_t *waiter);
/* now, in us; has a slice that began then been long enough? */
uint64_t ngx_http_assist_slice_begin(void);
ngx_uint_t ngx_http_assist_slice_over(uint64_t began);

/* ngx_http_assist_daily.c: the figure of past days */
void ngx_http_assist_daily_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_daily_exit(void);
/* ?as_of=: NGX_OK: a past day; NGX_DECLINED: today, or it is not given;
 * NGX_ERROR: it is no such day */
ngx_int_t ngx_http_assist_daily_asked(ngx_http_request_t *r, ngx_str_t *text,
    int32_t *day);
/* its "json" or "csv" document; NGX_DECLINED: none is kept */
ngx_int_t ngx_http_assist_daily_read(ngx_http_request_t *r, int32_t day,
    const char *type, ngx_str_t *document);

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
/* the line of a vote */
void ngx_http_assist_evidence_vote(ngx_http_request_t *r, uint32_t service,
    ngx_uint_t useful);
/* the line of a page with the AI notice */
void ngx_http_assist_evidence_shown(ngx_http_request_t *r, uint32_t service);
/* what has no line, but is in the sums that a block has */
void ngx_http_assist_evidence_unmatched(void);
void ngx_http_assist_evidence_excluded(void);
/* the heads to publish; their number */
ngx_uint_t ngx_http_assist_evidence_heads(ngx_http_assist_main_conf_t *mcf,
    const assist_chain_t **heads);

/* ngx_http_assist_answer.c: an answer's JSON, and its stored form */
/* the services for which it may be withdrawn, see core/withdrawn.h */
void ngx_http_assist_answer_ids(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_buf_t *buf);
/* the members from "outcome" on, without braces */
ngx_int_t ngx_http_assist_answer_json(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members);
ngx_int_t ngx_http_assist_answer_store(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members, ngx_str_t *record);
/* moves a buffer's bytes into r->pool */
ngx_int_t ngx_http_assist_take_buf(ngx_http_request_t *r, assist_buf_t *buf,
    ngx_str_t *out);
/* members points into the record; NGX_DECLINED: not a record of ours */
ngx_int_t ngx_http_assist_answer_load(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *record, ngx_str_t *members);

/* of loaded members: the answer itself, for those who do not send them */
ngx_int_t ngx_http_assist_answer_text(ngx_str_t *members, assist_buf_t *text);
/* the buffer's bytes, in r->pool; frees it */
ngx_int_t ngx_http_assist_take_buf(ngx_http_request_t *r, assist_buf_t *buf,
    ngx_str_t *out);

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
/* the way back from an address so many levels below its location: relative, so
 * that it holds behind a proxy that maps paths; ,"base":"../" */
void ngx_http_assist_base(ngx_http_request_t *r, ngx_uint_t levels,
    assist_buf_t *buf);

/* a document in the answer's pool; see ngx_http_assist_shape_t */
ngx_int_t ngx_http_assist_json_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *code, ngx_str_t *text);
/* {"error":{"code":..,"message":..}} */
void ngx_http_assist_error_document(const char *code, ngx_str_t *text,
    assist_buf_t *out);
/* does the client say that it takes this type? */
ngx_uint_t ngx_http_assist_accepts(ngx_http_request_t *r, const char *type);

/* ngx_http_assist_ask.c: answers, and finalizes the request */
extern const ngx_http_assist_shape_t  ngx_http_assist_json_shape;
extern const ngx_http_assist_stream_format_t  ngx_http_assist_sse_format;
/* a body that was asked before, byte by byte; NGX_DECLINED: it was not, or its
 * answer is not there; else it is answered, or goes on by ..._chat_question() */
ngx_int_t ngx_http_assist_ask_again(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *body);
/* ctx->question */
void ngx_http_assist_ask_start(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);

/* deny and redaction; NGX_DECLINED: refused, an answer is said */
ngx_int_t ngx_http_assist_ask_guard(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
/* an answer as JSON: its members, and what each interaction has of its own */
void ngx_http_assist_ask_document(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *members, assist_buf_t *out);
/* ctx->id, new for each interaction */
ngx_int_t ngx_http_assist_ask_id(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
/* the answer is in ctx */
void ngx_http_assist_ask_done(ngx_http_request_t *r);
/* what a flight says to a request that waits: make it, or here it is */
void ngx_http_assist_ask_lead(ngx_http_assist_ctx_t *ctx);
/* the record is the request's own, as cache_get() or ask_record() gave it */
ngx_int_t ngx_http_assist_ask_take(ngx_http_assist_ctx_t *ctx,
    ngx_str_t *record, assist_cache_t status);
ngx_int_t ngx_http_assist_ask_record(ngx_http_assist_ctx_t *ctx,
    ngx_http_assist_op_t *op, ngx_str_t *record);

/* ngx_http_assist_background.c: an answer is made anew for nobody */
ngx_int_t ngx_http_assist_background_start(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
void ngx_http_assist_background_over(ngx_http_assist_ctx_t *ctx);

/* ngx_http_assist_openai.c: OpenAI's API (assist_api) */
extern const ngx_http_assist_shape_t  ngx_http_assist_openai_shape;
extern const ngx_http_assist_stream_format_t  ngx_http_assist_openai_format;
ngx_int_t ngx_http_assist_openai_models(ngx_http_request_t *r);
void ngx_http_assist_openai_body(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *body);
/* ngx_http_assist_form.c */
/* application/x-www-form-urlencoded as an object of strings, ctx->form; of a
 * name that comes twice the last counts; NULL: no memory */
json_t *ngx_http_assist_form(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *text);
/* "" where there is none */
ngx_str_t ngx_http_assist_form_value(ngx_http_assist_ctx_t *ctx,
    const char *name);
/* was one sent? */
ngx_uint_t ngx_http_assist_is_form(ngx_http_request_t *r);
/* a browser that shows a page, which a form's sender is by default */
ngx_uint_t ngx_http_assist_wants_html(ngx_http_request_t *r);

/* ngx_http_assist_chat_page.c: the citizens' page */
/* GET and HEAD below assist_chat; NGX_DECLINED: it is nothing of the page's */
ngx_int_t ngx_http_assist_chat_get(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *name);
extern const ngx_http_assist_shape_t  ngx_http_assist_html_shape;
/* with what a JSON client would get; reply NULL: nothing was asked */
ngx_int_t ngx_http_assist_chat_page(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_uint_t status, ngx_str_t *reply);

/* ngx_http_assist_disclosure.c: the AI notice */
char *ngx_http_assist_disclosure_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_assist_disclosure_default(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
/* as a JSON string, with its quotes */
ngx_str_t *ngx_http_assist_disclosure(ngx_http_request_t *r, ngx_uint_t en);
assist_str_t ngx_http_assist_disclosure_text(ngx_http_request_t *r,
    ngx_uint_t en);

/*
 * Has this, of a hook, an AI notice: an element of the class, or a member of
 * the name, assist-notice?
 */
ngx_uint_t ngx_http_assist_disclosure_in(ngx_str_t *html);

/* {"vi":..,"en":..}, for the widget */
ngx_int_t ngx_http_assist_disclosure_send(ngx_http_request_t *r);

/* ngx_http_assist_asset.c: widget.js, widget.css, panel.css, status.css */
ngx_int_t ngx_http_assist_asset_load(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
/* NGX_DECLINED: it is none of them */
ngx_int_t ngx_http_assist_asset(ngx_http_request_t *r, ngx_str_t *name);

/* ngx_http_assist_feedback.c: an answer's id, and votes on it */
#define NGX_HTTP_ASSIST_TOKEN_LEN  64   /* of an id, before ".service" */
ngx_int_t ngx_http_assist_feedback_zone(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
/* writes a new id, "token.service"; returns its end */
u_char *ngx_http_assist_feedback_id(ngx_http_request_t *r, u_char *p,
    uint64_t question, assist_str_t service);
/* the question of an id; 0: it has none */
uint64_t ngx_http_assist_feedback_question(ngx_str_t *id);
/* POST feedback: the body is read */
void ngx_http_assist_feedback_body(ngx_http_request_t *r);

/* ngx_http_assist_dashboard.c: the figure's pages, below assist_status */
/* NGX_DECLINED: there is no such page */
ngx_int_t ngx_http_assist_dashboard(ngx_http_request_t *r, ngx_str_t *name);

/* ngx_http_assist_chat.c, ngx_http_assist_status.c: content handlers */
/* the body in one piece; NGX_DONE: an error was sent */
ngx_int_t ngx_http_assist_chat_read(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *body);
/* gives the body's object, JSON or a form, to `fields`; NGX_DONE: an error was
 * sent */
ngx_int_t ngx_http_assist_chat_parse(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *body,
    ngx_int_t (*fields)(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
        json_t *json));
ngx_int_t ngx_http_assist_chat_handler(ngx_http_request_t *r);
/* a body that is to be parsed, and answered */
void ngx_http_assist_chat_question(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, ngx_str_t *body);
ngx_int_t ngx_http_assist_status_handler(ngx_http_request_t *r);


#endif
