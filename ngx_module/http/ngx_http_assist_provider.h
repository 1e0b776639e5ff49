/*
 * Providers: language models behind internal locations, and how they do.
 */

#ifndef NGX_HTTP_ASSIST_PROVIDER_H
#define NGX_HTTP_ASSIST_PROVIDER_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


#define NGX_HTTP_ASSIST_PROVIDERS      32
#define NGX_HTTP_ASSIST_PROVIDER_NAME  64
#define NGX_HTTP_ASSIST_BUCKETS        14


/* A count for each bound: of times in ms from 10 ms, each twice the one
 * before; of tokens from 1, each four times (OpenTelemetry, gen_ai.client). */
typedef struct {
    ngx_atomic_t  buckets[NGX_HTTP_ASSIST_BUCKETS + 1];    /* the last: more */
    ngx_atomic_t  sum;
} ngx_http_assist_histogram_t;


/* How a call of a provider ended; the names are metrics' error.type. */
typedef enum {
    NGX_HTTP_ASSIST_PROVIDER_OK = 0,
    NGX_HTTP_ASSIST_PROVIDER_TIMEOUT,
    NGX_HTTP_ASSIST_PROVIDER_REFUSED,   /* no connection, no response */
    NGX_HTTP_ASSIST_PROVIDER_STATUS,    /* another status than 200 */
    NGX_HTTP_ASSIST_PROVIDER_REJECTED,  /* 400, 413, 422: this question's */
    NGX_HTTP_ASSIST_PROVIDER_BUSY,      /* 429 */
    NGX_HTTP_ASSIST_PROVIDER_BROKEN,    /* cut off, or not what was asked */
    NGX_HTTP_ASSIST_PROVIDER_MAX
} ngx_http_assist_provider_end_e;


/* In shared memory, of all workers; it outlives a reload. */
typedef struct {
    u_char                        name[NGX_HTTP_ASSIST_PROVIDER_NAME];

    ngx_atomic_t                  failures;     /* in a row */
    ngx_atomic_t                  until;        /* not asked before, ms */
    ngx_atomic_t                  calls[NGX_HTTP_ASSIST_PROVIDER_MAX];
    ngx_http_assist_histogram_t   tokens_in;
    ngx_http_assist_histogram_t   tokens_out;
    ngx_http_assist_histogram_t   duration;
    ngx_http_assist_histogram_t   first_token;
} ngx_http_assist_provider_state_t;


/* An assist_provider directive. */
typedef struct {
    ngx_str_t                          name;
    ngx_str_t                          uri;
    ngx_str_t                          args;
    ngx_str_t                          model;
    ngx_str_t                          authorization;  /* "Bearer KEY" */
    ngx_uint_t                         max_tokens;     /* 0: no bound */
    ngx_msec_t                         timeout;
    ngx_uint_t                         onprem;
    u_char                            *conf_file;
    ngx_uint_t                         conf_line;
    ngx_http_assist_provider_state_t  *state;
} ngx_http_assist_provider_t;


/* An assist_use directive: its providers in order. */
typedef struct {
    ngx_array_t   names;                /* of ngx_str_t; none: catalogue only */
    ngx_array_t   providers;            /* of ..._provider_t *, when all of the
                                           configuration was read */
    u_char       *conf_file;
    ngx_uint_t    conf_line;
} ngx_http_assist_use_t;


char *ngx_http_assist_provider_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_assist_use_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* The shared memory of ngx_http_assist_main_conf_t's providers, once. */
ngx_int_t ngx_http_assist_provider_zone(ngx_conf_t *cf, void *main_conf);

/* Do names, locations and their settings fit?  Errors are logged. */
ngx_int_t ngx_http_assist_provider_check(ngx_conf_t *cf);

extern const char *const  ngx_http_assist_provider_ends[];

/*
 * May it be asked now?  After failures one question is let through at times,
 * which then has a *probe, else 0.
 */
ngx_uint_t ngx_http_assist_provider_ready(ngx_http_assist_provider_t *p,
    ngx_msec_t *probe);

/* Nobody waits for that question any more: the next one tries instead. */
void ngx_http_assist_provider_left(ngx_http_assist_provider_t *p,
    ngx_msec_t probe);

/*
 * A call, perhaps a probe, is over; what a provider asked for as a pause is not
 * ended by another call.  retry_after: what it asked for, seconds, or -1.
 * first_token, duration: ms since it was asked; first_token -1: none came.
 */
void ngx_http_assist_provider_over(ngx_http_assist_provider_t *p,
    ngx_msec_t probe, ngx_log_t *log, ngx_http_assist_provider_end_e how,
    time_t retry_after, ngx_msec_int_t first_token, ngx_msec_t duration);

/* -1: unknown */
void ngx_http_assist_provider_tokens(ngx_http_assist_provider_t *p,
    int64_t in, int64_t out);


#endif
