/*
 * Shared by the files of withdrawals only.
 */

#ifndef NGX_HTTP_ASSIST_WITHDRAW_H
#define NGX_HTTP_ASSIST_WITHDRAW_H

#include "ngx_http_assist_ledger.h"


typedef struct {
    ngx_atomic_t        read;       /* of Redis: when, seconds */
    uint64_t            written;    /* changes that the file has */
    uint64_t            seen;       /* the file that is known */
    assist_withdrawn_t  withdrawn;
} ngx_http_assist_withdraw_shctx_t;


/* ngx_http_assist_withdraw.c */

ngx_http_assist_withdraw_shctx_t *ngx_http_assist_withdraw_data(
    ngx_http_assist_main_conf_t *mcf);

/* ngx_http_assist_withdraw_file.c */

/* at a start: what the file has; a line in the log where it cannot be read */
void ngx_http_assist_withdraw_load(ngx_http_assist_main_conf_t *mcf,
    ngx_log_t *log);


#endif
