/*
 * What the files of this room share: configurations, the context of a request,
 * and entry points, by file; those of a noun's files stand in its own header.
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

/* ngx_http_assist_own.c */
/* a request of the worker's own, in a pool of its own; r lends its
 * configuration.  NULL: no memory */
ngx_http_request_t *ngx_http_assist_own_create(ngx_http_request_t *r);
/* ends what it has begun; then its pool is destroyed.  NGX_AGAIN: not yet, a
 * thread works for it */
ngx_int_t ngx_http_assist_own_end(ngx_http_request_t *own);

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

/* ngx_http_assist_filter_module.c: the filters after ours */
ngx_int_t ngx_http_assist_next_header(ngx_http_request_t *r);
ngx_int_t ngx_http_assist_next_body(ngx_http_request_t *r, ngx_chain_t *in);

/* ngx_http_assist_body.c */
/* the body that was read, in r->pool; NGX_DECLINED: it is larger than max */
ngx_int_t ngx_http_assist_body_text(ngx_http_request_t *r, size_t max,
    ngx_str_t *body);
/* what a run gets of it, now or later */
assist_wait_t ngx_http_assist_body_wait(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, assist_run_t *run, assist_value_t *value);

/* ngx_http_assist_redis.c: one pipelined connection of the worker and node */
char *ngx_http_assist_redis_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
/* after http{} was read: the resolver, or what names are resolved to */
ngx_int_t ngx_http_assist_redis_init(ngx_conf_t *cf,
    ngx_http_assist_redis_t *rd);
/* as ngx_http_assist_op_create(), for a command; it has redis_timeout() */
ngx_http_assist_op_t *ngx_http_assist_redis_op(ngx_http_assist_redis_t *rd,
    ngx_http_request_t *r, ngx_queue_t *ops,
    ngx_http_assist_op_handler_pt handler, void *data);
/* sends a command, whose first argument is its key; op NULL: nobody waits.
 * NGX_ERROR: it is away, or too much is queued; the op is untouched. */
ngx_int_t ngx_http_assist_redis_send(ngx_http_assist_redis_t *rd,
    ngx_http_assist_op_t *op, ngx_uint_t argc, ngx_str_t *argv);
ngx_msec_t ngx_http_assist_redis_timeout(ngx_http_assist_redis_t *rd);
ngx_str_t ngx_http_assist_redis_prefix(ngx_http_assist_redis_t *rd);
void ngx_http_assist_redis_exit(ngx_http_assist_redis_t *rd);

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


#include "ngx_http_assist_cache.h"
#include "ngx_http_assist_chat.h"
#include "ngx_http_assist_coverage.h"
#include "ngx_http_assist_hook.h"
#include "ngx_http_assist_inject.h"


#endif
