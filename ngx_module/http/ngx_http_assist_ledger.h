/*
 * Shared by the files of coverage only: the counters in shared memory, and what
 * is kept of them elsewhere.
 */

#ifndef NGX_HTTP_ASSIST_LEDGER_H
#define NGX_HTTP_ASSIST_LEDGER_H

#include "core/state.h"
#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_MONTHS  3
#define NGX_HTTP_ASSIST_AGAIN   60      /* s; written though the same */
#define NGX_HTTP_ASSIST_SILENT  180     /* s; not written: it is no more */


/* An incarnation: the counters of a month since they were last cleared. */
typedef struct {
    ngx_atomic_t             month;     /* year * 12 + month - 1; 0: unused */
    uint64_t                 id;
    int64_t                  start;     /* seconds since the epoch */
    ngx_atomic_t             seq;       /* of the last write */
    ngx_atomic_t             changes;
    ngx_atomic_t             written;   /* changes that the state file has */
    int64_t                  updated;   /* when it got them */
    assist_quality_t         quality;
    assist_counters_t       *slots;
} ngx_http_assist_set_t;


typedef struct {
    ngx_http_assist_set_t    sets[NGX_HTTP_ASSIST_MONTHS];
    uint32_t                 nslots;
    uint32_t                 capacity;
    char                   (*ids)[ASSIST_ID_MAX + 1];
    ngx_http_assist_head_t  *heads;     /* of evidence */

    /* the worker that writes, and when it was last seen to */
    ngx_atomic_t             writer;    /* pid */
    ngx_atomic_t             beat;      /* ms, of the machine's clock */
    ngx_atomic_t             failing;   /* the state file is not written */
    int64_t                  alone;     /* nginx has started then, and nobody
                                           else of this node; 0: it is not
                                           known */
} ngx_http_assist_coverage_shctx_t;


/* ngx_http_assist_coverage.c */

/* NULL: there is no zone */
ngx_http_assist_coverage_shctx_t *ngx_http_assist_coverage_sh(
    ngx_http_assist_main_conf_t *mcf);
/* this month, as year * 12 + month - 1 */
ngx_uint_t ngx_http_assist_coverage_month(void);

/* ngx_http_assist_ledger.c */

/* the counters of a set as a record, whose fields are in out; NGX_DECLINED: it
 * was cleared meanwhile, or memory is out */
ngx_int_t ngx_http_assist_ledger_record(ngx_http_assist_coverage_shctx_t *sh,
    ngx_http_assist_set_t *set, assist_buf_t *out, assist_record_t *record);
/* writes the state file, at once: sets are about to be cleared */
void ngx_http_assist_ledger_save(ngx_http_assist_main_conf_t *mcf);
/* is it an id of this zone's sets? */
ngx_uint_t ngx_http_assist_ledger_own(ngx_http_assist_coverage_shctx_t *sh,
    uint64_t id);

/* ngx_http_assist_ledger_file.c: this node's records in the state file */

/* What the thread works on, and what went wrong. */
typedef struct {
    ngx_http_assist_main_conf_t      *mcf;
    time_t                            now;
    ngx_uint_t                        current;  /* the month */
    unsigned                          exiting:1;
    unsigned                          in_place:1;   /* waits for the lock */
    const char                       *what;     /* NULL: nothing */
    const char                       *broken;   /* a file, and why; NULL */
    ngx_uint_t                        month;    /* of these */
    ngx_err_t                         err;
} ngx_http_assist_job_t;

/* those of a month, as of now; valid until the next call for it */
assist_str_t ngx_http_assist_ledger_read(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month);
/* what was read is freed */
void ngx_http_assist_ledger_forget(void);
/* writes the sets that have changed (a job; it may run in a thread), and logs
 * what went wrong, which may not */
void ngx_http_assist_ledger_work(void *data, ngx_log_t *log);
void ngx_http_assist_ledger_report(ngx_http_assist_job_t *job);
/* FILE.YYYY-MM and more; of month 0 FILE and more; in NGX_MAX_PATH bytes */
void ngx_http_assist_ledger_name(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month, const char *more, u_char *name);
/* a file's bytes; one that is not there has none */
ngx_int_t ngx_http_assist_ledger_load(u_char *name, assist_buf_t *bytes);
/* a file of a job's, with its lock held: whole or not at all */
ngx_int_t ngx_http_assist_ledger_replace(ngx_http_assist_job_t *job,
    u_char *name, assist_buf_t *bytes);
/* it is kept as NAME.broken */
void ngx_http_assist_ledger_aside(u_char *name);
/* NGX_ERROR, and what failed, with errno */
ngx_int_t ngx_http_assist_ledger_failed(ngx_http_assist_job_t *job,
    const char *what);

/* ngx_http_assist_withdraw_file.c: what was withdrawn, beside the state file */

/* is there something to write, or written by others? */
ngx_uint_t ngx_http_assist_withdraw_due(ngx_http_assist_main_conf_t *mcf);
/* a job's, with its lock held; NGX_DECLINED: only read */
ngx_int_t ngx_http_assist_withdraw_save(ngx_http_assist_job_t *job);

/* ngx_http_assist_ledger_push.c: this node's records in Redis */

/* the writer's, every second */
void ngx_http_assist_ledger_push(ngx_http_assist_main_conf_t *mcf);
/* "PREFIXledger:YYYY-MM" at p, which has room for NGX_MAX_PATH; its end */
u_char *ngx_http_assist_ledger_key(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month, u_char *p);
/* NGX_ERROR: it was not sent; else `reply` is called once */
ngx_int_t ngx_http_assist_ledger_send(ngx_http_assist_main_conf_t *mcf,
    void (*reply)(ngx_http_assist_op_t *op, void *reply), void *data,
    ngx_uint_t argc, ngx_str_t *argv);

/* ngx_http_assist_ledger_pull.c: other nodes' records */

#define NGX_HTTP_ASSIST_EPOCH  64           /* bytes of "seq open fields" */

typedef struct {
    ngx_queue_t              link;
    ngx_uint_t               month;
    uint64_t                 id;
    ngx_str_t                node;
    ngx_str_t                at;        /* its epoch, as it was read */
    uint64_t                 unclosed;
    ngx_msec_t               changed;   /* its epoch, when that was read */
    assist_buf_t             folded;
    assist_buf_t             fields;

    /* what is being read */
    ngx_str_t                found;     /* its epoch */
    assist_buf_t             next;      /* fields, so far */
    u_char                  *seen;      /* services, a bit each */
    uint64_t                 left;      /* elements that may come */
    u_char                   member[];  /* "node:incarnation" */
} ngx_http_assist_remote_t;

/* the next one of a month that this node does not have itself; NULL: none */
ngx_http_assist_remote_t *ngx_http_assist_ledger_remote(
    ngx_http_assist_main_conf_t *mcf, ngx_uint_t month,
    ngx_http_assist_remote_t *after);
/* were they read within the last second? */
ngx_uint_t ngx_http_assist_ledger_pulled(void);

/* one of its commands; its reply's handler ends with pull_done() */
void ngx_http_assist_ledger_pull_command(void (*reply)(
    ngx_http_assist_op_t *op, void *reply), void *data, ngx_uint_t argc,
    ngx_str_t *argv);
void ngx_http_assist_ledger_pull_done(void);
/* what was read is not all */
void ngx_http_assist_ledger_pull_fail(void);
/* does the worker exit? */
ngx_uint_t ngx_http_assist_ledger_pull_over(void);
/* the key of its hash; buf has 2 * NGX_MAX_PATH bytes */
void ngx_http_assist_ledger_remote_key(ngx_http_assist_remote_t *remote,
    u_char *buf, ngx_str_t *key);

/* ngx_http_assist_ledger_hash.c */
/* reads a hash whose epoch was found to be another one */
void ngx_http_assist_ledger_hash(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_remote_t *remote);


#endif
