/*
 * What was withdrawn, on disk: FILE.withdrawn beside the state file, written
 * like it, under its lock.  Both generations of a binary upgrade write it, and
 * each takes what the other has written before.
 */

#include "ngx_http_assist_withdraw.h"


static uint64_t ngx_http_assist_withdraw_stat(u_char *name);
static void ngx_http_assist_withdraw_file(ngx_http_assist_main_conf_t *mcf,
    u_char *name);


void
ngx_http_assist_withdraw_load(ngx_http_assist_main_conf_t *mcf, ngx_log_t *log)
{
    u_char                             name[NGX_MAX_PATH];
    const char                        *why;
    assist_buf_t                       bytes = ASSIST_BUF_INIT;
    ngx_http_assist_withdraw_shctx_t  *sh;

    if (mcf->state.len == 0) {
        return;
    }

    sh = ngx_http_assist_withdraw_data(mcf);
    ngx_http_assist_withdraw_file(mcf, name);

    if (ngx_http_assist_ledger_load(name, &bytes) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      "assist: \"%s\" cannot be read: what was withdrawn may "
                      "be answered again", name);
    }

    why = assist_withdrawn_read(&sh->withdrawn, assist_buf_str(&bytes));

    if (why) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "assist: \"%s\" is of no use: %s; it is kept as "
                      "\"%s.broken\", and what was withdrawn may be answered "
                      "again", name, why, name);

        if (!ngx_test_config) {
            ngx_http_assist_ledger_aside(name);
        }
    }

    sh->written = sh->withdrawn.changes;
    sh->seen = ngx_http_assist_withdraw_stat(name);
    assist_buf_free(&bytes);
}


ngx_uint_t
ngx_http_assist_withdraw_due(ngx_http_assist_main_conf_t *mcf)
{
    u_char                             name[NGX_MAX_PATH];
    ngx_http_assist_withdraw_shctx_t  *sh;

    if (mcf->withdraw_zone == NULL) {
        return 0;
    }

    sh = ngx_http_assist_withdraw_data(mcf);
    ngx_http_assist_withdraw_file(mcf, name);

    return sh->withdrawn.changes != sh->written
           || ngx_http_assist_withdraw_stat(name) != sh->seen;
}


/* A file that was damaged meanwhile is written anew: it is all known here. */

ngx_int_t
ngx_http_assist_withdraw_save(ngx_http_assist_job_t *job)
{
    u_char                             name[NGX_MAX_PATH];
    uint64_t                           changes;
    ngx_int_t                          rc;
    assist_buf_t                       bytes = ASSIST_BUF_INIT;
    assist_buf_t                       out = ASSIST_BUF_INIT;
    ngx_http_assist_zone_t            *zone;
    ngx_http_assist_withdraw_shctx_t  *sh;

    zone = job->mcf->withdraw_zone->data;
    sh = zone->sh;
    ngx_http_assist_withdraw_file(job->mcf, name);

    if (ngx_http_assist_ledger_load(name, &bytes) != NGX_OK) {
        assist_buf_free(&bytes);
        return ngx_http_assist_ledger_failed(job, "read() of .withdrawn");
    }

    ngx_shmtx_lock(&zone->shpool->mutex);

    rc = sh->withdrawn.changes == sh->written ? NGX_DECLINED : NGX_OK;

    if (assist_withdrawn_read(&sh->withdrawn, assist_buf_str(&bytes))
        != NULL)
    {
        rc = NGX_OK;
    }

    changes = sh->withdrawn.changes;

    if (rc == NGX_OK) {
        assist_withdrawn_write(&sh->withdrawn, &out);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    if (rc == NGX_OK) {
        rc = out.failed ? ngx_http_assist_ledger_failed(job, "malloc()")
                        : ngx_http_assist_ledger_replace(job, name, &out);
    }

    if (rc != NGX_ERROR) {
        sh->written = changes;
        sh->seen = ngx_http_assist_withdraw_stat(name);
    }

    assist_buf_free(&bytes);
    assist_buf_free(&out);

    return rc;
}


ngx_uint_t
ngx_http_assist_withdraw_kept(ngx_http_assist_main_conf_t *mcf)
{
    ngx_http_assist_coverage_shctx_t  *sh;

    sh = mcf->state.len && mcf->catalog ? ngx_http_assist_coverage_sh(mcf)
                                        : NULL;

    return sh && !sh->failing;
}


/* Tells one file of that name from the next; 0: there is none. */

static uint64_t
ngx_http_assist_withdraw_stat(u_char *name)
{
    struct stat  st;

    return stat((char *) name, &st) == 0
           ? (uint64_t) st.st_ino ^ (uint64_t) st.st_mtim.tv_sec << 30
             ^ (uint64_t) st.st_mtim.tv_nsec
           : 0;
}


static void
ngx_http_assist_withdraw_file(ngx_http_assist_main_conf_t *mcf, u_char *name)
{
    ngx_http_assist_ledger_name(mcf, 0, ".withdrawn", name);
}
