/*
 * The state file: the records of this node's incarnations, one file a month,
 * FILE.YYYY-MM.  All zones of a node write it, such as both generations of a
 * binary upgrade: each replaces its own record under the lock of FILE.lock,
 * with absolute values.
 */

#include "ngx_http_assist_ledger.h"

#include <sys/file.h>

#include <openssl/rand.h>


#define NGX_HTTP_ASSIST_FOLD    86400           /* s; an incarnation is over */
#define NGX_HTTP_ASSIST_LOCK    2000            /* ms, for who waits */


/* A month of the state file, as it was read. */
typedef struct {
    ngx_uint_t                        month;
    struct stat                       stat;
    assist_buf_t                      bytes;
    assist_str_t                      records;
} ngx_http_assist_month_t;


static ngx_fd_t ngx_http_assist_ledger_lock(ngx_http_assist_job_t *job);
static ngx_int_t ngx_http_assist_ledger_write(ngx_http_assist_job_t *job,
    ngx_http_assist_set_t *set);
static ngx_int_t ngx_http_assist_ledger_sync(ngx_http_assist_job_t *job);
static void ngx_http_assist_ledger_folder(ngx_http_assist_main_conf_t *mcf,
    ngx_uid_t user, ngx_log_t *log);


/* of this worker */
static ngx_http_assist_month_t  ngx_http_assist_months[NGX_HTTP_ASSIST_MONTHS];


/*
 * Workers must be able to write there: a folder that is not there is made, and
 * is theirs.
 */

void
ngx_http_assist_ledger_open(ngx_http_assist_main_conf_t *mcf, ngx_log_t *log)
{
    u_char            name[NGX_MAX_PATH];
    ngx_fd_t          fd;
    ngx_uid_t         user;
    ngx_uint_t        i, month;
    const char       *why;
    assist_str_t      records;
    assist_buf_t      bytes = ASSIST_BUF_INIT;

    if (mcf->state.len == 0) {
        return;
    }

    user = geteuid() == 0 ? mcf->core->user : (ngx_uid_t) NGX_CONF_UNSET_UINT;

    ngx_http_assist_ledger_folder(mcf, user, log);

    ngx_http_assist_ledger_name(mcf, 0, ".lock", name);
    fd = ngx_open_file(name, NGX_FILE_RDONLY, NGX_FILE_CREATE_OR_OPEN,
                       NGX_FILE_OWNER_ACCESS);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      "assist: \"%s\" cannot be opened: the figure will not "
                      "survive a restart", name);
        return;
    }

    if (user != (ngx_uid_t) NGX_CONF_UNSET_UINT
        && fchown(fd, user, (gid_t) -1) == -1)
    {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      "assist: \"%s\" cannot be given to the workers", name);
    }

    (void) ngx_close_file(fd);

    month = ngx_http_assist_coverage_month();

    for (i = 0; i < 2; i++) {
        ngx_http_assist_ledger_name(mcf, month - i, "", name);

        if (ngx_http_assist_ledger_load(name, &bytes) != NGX_OK) {
            ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                          "assist: \"%s\" cannot be read: the figure is "
                          "without it", name);
            continue;
        }

        why = assist_state_open(assist_buf_str(&bytes), &records);

        if (why && ngx_test_config) {
            ngx_log_error(NGX_LOG_WARN, log, 0, "assist: \"%s\" is no "
                          "state file: %s", name, why);

        } else if (why) {
            ngx_log_error(NGX_LOG_WARN, log, 0, "assist: \"%s\" is no state "
                          "file: %s; it is kept as \"%s.broken\", and the "
                          "figure is without it", name, why, name);
            ngx_http_assist_ledger_aside(name);
        }
    }

    assist_buf_free(&bytes);
}


assist_str_t
ngx_http_assist_ledger_read(ngx_http_assist_main_conf_t *mcf, ngx_uint_t month)
{
    u_char                    name[NGX_MAX_PATH];
    struct stat               st;
    ngx_http_assist_month_t  *m;

    m = &ngx_http_assist_months[month % NGX_HTTP_ASSIST_MONTHS];

    if (m->month != month) {
        m->month = month;
        m->records.len = 0;
        ngx_memzero(&m->stat, sizeof(struct stat));
    }

    if (mcf->state.len == 0) {
        return m->records;
    }

    ngx_http_assist_ledger_name(mcf, month, "", name);

    if (stat((char *) name, &st) == -1
        || (st.st_ino == m->stat.st_ino && st.st_size == m->stat.st_size
            && st.st_mtim.tv_sec == m->stat.st_mtim.tv_sec
            && st.st_mtim.tv_nsec == m->stat.st_mtim.tv_nsec))
    {
        return m->records;
    }

    m->stat = st;

    if (ngx_http_assist_ledger_load(name, &m->bytes) != NGX_OK
        || assist_state_open(assist_buf_str(&m->bytes), &m->records) != NULL)
    {
        /* its writer says what is wrong */
        m->records.len = 0;
        ngx_memzero(&m->stat, sizeof(struct stat));
    }

    return m->records;
}


void
ngx_http_assist_ledger_forget(void)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_ASSIST_MONTHS; i++) {
        assist_buf_free(&ngx_http_assist_months[i].bytes);
        ngx_http_assist_months[i].month = 0;
    }
}


/* Runs in a thread: nothing of nginx's but the system's calls. */

void
ngx_http_assist_ledger_work(void *data, ngx_log_t *log)
{
    ngx_http_assist_job_t *job = data;

    ngx_fd_t                           fd;
    ngx_uint_t                         i, written;
    ngx_http_assist_set_t             *set;
    ngx_http_assist_coverage_shctx_t  *sh;

    fd = ngx_http_assist_ledger_lock(job);
    if (fd == NGX_INVALID_FILE) {
        return;
    }

    sh = ngx_http_assist_coverage_sh(job->mcf);
    written = 0;

    for (i = 0; i < NGX_HTTP_ASSIST_MONTHS; i++) {
        set = &sh->sets[i];

        if (set->month == 0
            || (set->changes == set->written
                && (set->updated == 0
                    || (!job->exiting && job->now - set->updated
                                         <= NGX_HTTP_ASSIST_AGAIN))))
        {
            continue;
        }

        if (ngx_http_assist_ledger_write(job, set) != NGX_OK) {
            break;
        }

        written = 1;
    }

    if (job->what == NULL && ngx_http_assist_withdraw_due(job->mcf)
        && ngx_http_assist_withdraw_save(job) == NGX_OK)
    {
        written = 1;
    }

    if (written) {
        (void) ngx_http_assist_ledger_sync(job);
    }

    /* and with it the lock */
    (void) close(fd);
}


/* A line when it fails, and one when it does no more. */

void
ngx_http_assist_ledger_report(ngx_http_assist_job_t *job)
{
    u_char                             name[NGX_MAX_PATH];
    ngx_http_assist_coverage_shctx_t  *sh;

    sh = ngx_http_assist_coverage_sh(job->mcf);
    ngx_http_assist_ledger_name(job->mcf, job->month, "", name);

    if (job->broken) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "assist: \"%s\" is no state file: %s; it is kept as "
                      "\"%s.broken\", and the figure is without it",
                      name, job->broken, name);
    }

    if (job->what) {
        if (ngx_atomic_cmp_set(&sh->failing, 0, 1)) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, job->err,
                          "assist: the state file \"%V\" is not written, "
                          "%s failed: make its folder writable for the "
                          "workers' user; until then a restart loses counts",
                          &job->mcf->state, job->what);
        }

    } else if (ngx_atomic_cmp_set(&sh->failing, 1, 0)) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "assist: the state file \"%V\" is written again",
                      &job->mcf->state);
    }
}


/* Who comes again in a second goes; who writes for the last time waits. */

static ngx_fd_t
ngx_http_assist_ledger_lock(ngx_http_assist_job_t *job)
{
    u_char      name[NGX_MAX_PATH];
    ngx_fd_t    fd;
    ngx_uint_t  i;

    ngx_http_assist_ledger_name(job->mcf, 0, ".lock", name);
    fd = open((char *) name, O_RDONLY|O_CREAT|O_CLOEXEC,
              NGX_FILE_OWNER_ACCESS);

    if (fd == NGX_INVALID_FILE) {
        (void) ngx_http_assist_ledger_failed(job, "open() of its .lock");
        return NGX_INVALID_FILE;
    }

    for (i = 0; flock(fd, LOCK_EX|LOCK_NB) == -1; i++) {

        if (ngx_errno != EWOULDBLOCK) {
            (void) ngx_http_assist_ledger_failed(job, "flock()");

        } else if (job->in_place && i < NGX_HTTP_ASSIST_LOCK / 5) {
            ngx_msleep(5);
            continue;
        }

        (void) close(fd);
        return NGX_INVALID_FILE;
    }

    return fd;
}


static ngx_int_t
ngx_http_assist_ledger_write(ngx_http_assist_job_t *job,
    ngx_http_assist_set_t *set)
{
    u_char                             name[NGX_MAX_PATH];
    uint64_t                           fold;
    ngx_int_t                          rc;
    ngx_uint_t                         month;
    const char                        *why;
    assist_str_t                       records;
    assist_buf_t                       bytes = ASSIST_BUF_INIT;
    assist_buf_t                       fields = ASSIST_BUF_INIT;
    assist_buf_t                       out = ASSIST_BUF_INIT;
    assist_record_t                    record;
    ngx_atomic_uint_t                  changes;
    ngx_http_assist_coverage_shctx_t  *sh;

    sh = ngx_http_assist_coverage_sh(job->mcf);
    rc = NGX_OK;

    month = set->month;
    changes = set->changes;

    if (ngx_http_assist_ledger_record(sh, set, &fields, &record) != NGX_OK) {
        goto done;
    }

    record.updated = job->now;
    /* nothing more is counted in it */
    record.unclosed = !job->exiting && month + 1 >= job->current
                      && month <= job->current + 1;

    job->month = month;
    ngx_http_assist_ledger_name(job->mcf, month, "", name);

    if (ngx_http_assist_ledger_load(name, &bytes) != NGX_OK) {
        /* what others wrote must not be lost */
        rc = ngx_http_assist_ledger_failed(job, "read()");
        goto done;
    }

    if (RAND_bytes((u_char *) &fold, sizeof(fold)) != 1) {
        fold = record.id ^ (uint64_t) job->now << 24;
    }

    why = assist_state_open(assist_buf_str(&bytes), &records);
    assist_state_begin(&out);

    if (why == NULL
        && assist_state_copy(&out, records, record.id,
                             job->now - NGX_HTTP_ASSIST_FOLD, fold)
           != 0)
    {
        why = "it has a damaged record";
    }

    if (why) {
        job->broken = why;
        ngx_http_assist_ledger_aside(name);
        assist_state_begin(&out);
    }

    assist_state_put(&out, &record);
    assist_state_end(&out);

    rc = out.failed ? ngx_http_assist_ledger_failed(job, "malloc()")
                    : ngx_http_assist_ledger_replace(job, name, &out);

    if (rc == NGX_OK && set->id == record.id) {
        set->written = changes;
        set->updated = job->now;
    }

done:

    assist_buf_free(&bytes);
    assist_buf_free(&fields);
    assist_buf_free(&out);

    return rc;
}


/* Whole or not at all: a temporary file, which takes the old one's name. */

ngx_int_t
ngx_http_assist_ledger_replace(ngx_http_assist_job_t *job, u_char *name,
    assist_buf_t *bytes)
{
    size_t    sent;
    u_char    tmp[NGX_MAX_PATH];
    ssize_t   n;
    ngx_fd_t  fd;

    ngx_http_assist_ledger_name(job->mcf, 0, ".tmp", tmp);

    /* one that is left by a worker that was killed may be another user's */
    (void) ngx_delete_file(tmp);

    fd = open((char *) tmp, O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC,
              NGX_FILE_OWNER_ACCESS);

    if (fd == NGX_INVALID_FILE) {
        return ngx_http_assist_ledger_failed(job, "open()");
    }

    for (sent = 0; sent < bytes->len; sent += n) {
        n = write(fd, bytes->data + sent, bytes->len - sent);

        if (n <= 0) {
            (void) ngx_http_assist_ledger_failed(job, "write()");
            (void) close(fd);
            return NGX_ERROR;
        }
    }

    if (fsync(fd) == -1) {
        (void) ngx_http_assist_ledger_failed(job, "fsync()");
        (void) close(fd);
        return NGX_ERROR;
    }

    if (close(fd) == -1) {
        return ngx_http_assist_ledger_failed(job, "close()");
    }

    if (ngx_rename_file(tmp, name) == NGX_FILE_ERROR) {
        return ngx_http_assist_ledger_failed(job, "rename()");
    }

    return NGX_OK;
}


/* The new name, too, outlives the machine. */

static ngx_int_t
ngx_http_assist_ledger_sync(ngx_http_assist_job_t *job)
{
    u_char     name[NGX_MAX_PATH], *p;
    ngx_fd_t   fd;
    ngx_int_t  rc;

    ngx_http_assist_ledger_name(job->mcf, 0, "", name);
    p = (u_char *) strrchr((char *) name, '/');
    p[p == name] = '\0';

    fd = open((char *) name, O_RDONLY|O_CLOEXEC);
    if (fd == NGX_INVALID_FILE) {
        return ngx_http_assist_ledger_failed(job, "open() of its folder");
    }

    rc = fsync(fd) == 0 ? NGX_OK
         : ngx_http_assist_ledger_failed(job, "fsync() of its folder");

    (void) close(fd);

    return rc;
}


ngx_int_t
ngx_http_assist_ledger_failed(ngx_http_assist_job_t *job, const char *what)
{
    job->err = ngx_errno;
    job->what = what;

    return NGX_ERROR;
}


void
ngx_http_assist_ledger_name(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month, const char *more, u_char *name)
{
    u_char  *p;

    p = ngx_cpymem(name, mcf->state.data, mcf->state.len);

    if (month) {
        p = ngx_sprintf(p, ".%04ui-%02ui", month / 12, month % 12 + 1);
    }

    (void) ngx_cpystrn(p, (u_char *) more, name + NGX_MAX_PATH - p);
}


ngx_int_t
ngx_http_assist_ledger_load(u_char *name, assist_buf_t *bytes)
{
    char      *p;
    ssize_t    n;
    ngx_fd_t   fd;

    bytes->len = 0;
    bytes->failed = 0;

    fd = open((char *) name, O_RDONLY|O_CLOEXEC);

    if (fd == NGX_INVALID_FILE) {
        return ngx_errno == NGX_ENOENT ? NGX_OK : NGX_ERROR;
    }

    for ( ;; ) {
        p = assist_buf_reserve(bytes, 64 * 1024);
        n = p ? read(fd, p, 64 * 1024) : -1;

        if (n <= 0) {
            break;
        }

        bytes->len += n;
    }

    (void) close(fd);

    return n == 0 ? NGX_OK : NGX_ERROR;
}


void
ngx_http_assist_ledger_aside(u_char *name)
{
    u_char  aside[NGX_MAX_PATH];

    (void) ngx_snprintf(aside, NGX_MAX_PATH, "%s.broken%Z", name);
    (void) ngx_rename_file(name, aside);
}


/* The folder of the state file, where it is not there: its last part. */

static void
ngx_http_assist_ledger_folder(ngx_http_assist_main_conf_t *mcf,
    ngx_uid_t user, ngx_log_t *log)
{
    u_char           name[NGX_MAX_PATH], *p;
    ngx_file_info_t  fi;

    ngx_http_assist_ledger_name(mcf, 0, "", name);
    p = (u_char *) strrchr((char *) name, '/');
    p[p == name] = '\0';

    if (ngx_create_dir(name, 0700) != NGX_FILE_ERROR) {

        if (user != (ngx_uid_t) NGX_CONF_UNSET_UINT
            && chown((char *) name, user, (gid_t) -1) == -1)
        {
            ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                          "assist: \"%s\" cannot be given to the workers",
                          name);
        }

        return;
    }

    if (user == (ngx_uid_t) NGX_CONF_UNSET_UINT
        || ngx_file_info(name, &fi) == NGX_FILE_ERROR)
    {
        return;
    }

    /* others' folders are not taken away from them */

    if ((fi.st_uid != user || !(fi.st_mode & S_IWUSR))
        && user != 0 && !(fi.st_mode & (S_IWGRP|S_IWOTH)))
    {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "assist: workers cannot write the state file in "
                      "\"%s\": make that folder theirs, or name a folder "
                      "that is not there, which is then made", name);
    }
}
