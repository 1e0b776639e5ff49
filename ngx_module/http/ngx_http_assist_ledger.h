/*
 * Shared by the files of coverage only: the counters in shared memory, and what
 * is kept of them elsewhere.
 */

#ifndef NGX_HTTP_ASSIST_LEDGER_H
#define NGX_HTTP_ASSIST_LEDGER_H

#include "core/state.h"
#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_MONTHS  3


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
/* the node's records of a month in the state file, as of now */
assist_str_t ngx_http_assist_ledger_read(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month);


#endif
