/*
 * The ledger: counters outlive their zone.
 *
 * Nothing is loaded back into counters: each creation of a month's counters is
 * an incarnation that starts at 0, and the figure is the merge of this zone's
 * counters with the records of all others (core/state.h).  Those of this node
 * lie in the state file, one a month, FILE.YYYY-MM.  All zones of a node write
 * it, such as both generations of a binary upgrade: each replaces its own record
 * under the lock of FILE.lock, with absolute values.
 *
 * One worker of a zone writes, every second, in a thread: the first that finds
 * nobody who does.  A worker that exits writes once more, in place.
 */

#include "ngx_http_assist_ledger.h"

#include <sys/file.h>

#include <openssl/rand.h>

#include "core/table.h"


#define NGX_HTTP_ASSIST_WRITE   1000            /* ms */
#define NGX_HTTP_ASSIST_ABSENT  3000            /* ms; a writer is no more */
#define NGX_HTTP_ASSIST_AGAIN   3600            /* s; written though the same */
#define NGX_HTTP_ASSIST_FOLD    86400           /* s; an incarnation is over */
#define NGX_HTTP_ASSIST_LOCK    2000            /* ms, at an exit */


/* A month of the state file, as it was read. */
typedef struct {
    ngx_uint_t                        month;
    struct stat                       stat;
    assist_buf_t                      bytes;
    assist_str_t                      records;
} ngx_http_assist_month_t;


/* What the thread works on, and what went wrong. */
typedef struct {
    ngx_http_assist_main_conf_t      *mcf;
    time_t                            now;
    ngx_uint_t                        exiting;
    const char                       *what;     /* NULL: nothing */
    const char                       *broken;   /* a file, and why; NULL */
    ngx_uint_t                        month;    /* of these */
    ngx_err_t                         err;
} ngx_http_assist_job_t;


/* A worker's. */
typedef struct {
    ngx_http_assist_main_conf_t      *mcf;
    ngx_event_t                       timer;
#if (NGX_THREADS)
    ngx_thread_pool_t                *pool;     /* NULL: none */
    ngx_thread_task_t                *task;
#endif
    ngx_http_assist_job_t             job;
    ngx_http_assist_month_t           months[NGX_HTTP_ASSIST_MONTHS];
    assist_table_t                    names;    /* services by id */
    assist_arena_t                   *arena;    /* of the counters below */
    assist_counters_t               **others[2];
    unsigned                          busy:1;
} ngx_http_assist_ledger_t;


static void ngx_http_assist_ledger_tick(ngx_event_t *ev);
static void ngx_http_assist_ledger_remotes(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t last, ngx_uint_t month, assist_figure_in_t *in);
static ngx_uint_t ngx_http_assist_ledger_is_writer(
    ngx_http_assist_coverage_shctx_t *sh);
static ngx_uint_t ngx_http_assist_ledger_due(
    ngx_http_assist_coverage_shctx_t *sh);
static void ngx_http_assist_ledger_work(void *data, ngx_log_t *log);
#if (NGX_THREADS)
static void ngx_http_assist_ledger_worked(ngx_event_t *ev);
#endif
static void ngx_http_assist_ledger_report(ngx_http_assist_job_t *job);
static ngx_fd_t ngx_http_assist_ledger_lock(ngx_http_assist_job_t *job);
static ngx_int_t ngx_http_assist_ledger_write(ngx_http_assist_job_t *job,
    ngx_http_assist_set_t *set);
static ngx_int_t ngx_http_assist_ledger_replace(ngx_http_assist_job_t *job,
    ngx_uint_t month, assist_buf_t *bytes);
static ngx_int_t ngx_http_assist_ledger_sync(ngx_http_assist_job_t *job);
static ngx_int_t ngx_http_assist_ledger_failed(ngx_http_assist_job_t *job,
    const char *what);
static void ngx_http_assist_ledger_name(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month, const char *more, u_char *name);
static ngx_int_t ngx_http_assist_ledger_load(u_char *name,
    assist_buf_t *bytes);
static void ngx_http_assist_ledger_aside(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month);
static void ngx_http_assist_ledger_folder(ngx_http_assist_main_conf_t *mcf,
    ngx_uid_t user, ngx_log_t *log);
static void ngx_http_assist_ledger_merge(assist_str_t fields, ngx_uint_t last,
    assist_figure_in_t *in);


static ngx_http_assist_ledger_t  ngx_http_assist_ledger;


char *
ngx_http_assist_ledger_set(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf,
    ngx_str_t *param)
{
    if (param->len < 7 || ngx_strncmp(param->data, "state=", 6) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\", "
                           "it is state=file", param);
        return NGX_CONF_ERROR;
    }

    /* its user is known when all is read */
    mcf->core = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                                 ngx_core_module);

    mcf->state.data = param->data + 6;
    mcf->state.len = param->len - 6;

    if (ngx_conf_full_name(cf->cycle, &mcf->state, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* what is added to it, and a zero */

    if (mcf->state.len > NGX_MAX_PATH - sizeof(".YYYY-MM.broken")) {
        return "has too long a path";
    }

#if (NGX_THREADS)
    if (ngx_thread_pool_add(cf, NULL) == NULL) {
        return NGX_CONF_ERROR;
    }
#endif

    return NGX_CONF_OK;
}


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
            ngx_http_assist_ledger_aside(mcf, month - i);
        }
    }

    assist_buf_free(&bytes);
}


void
ngx_http_assist_ledger_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf)
{
#if (NGX_THREADS)
    ngx_str_t                  pool = ngx_string("default");
#endif
    uint32_t                   i;
    assist_catalog_t          *catalog;
    ngx_http_assist_ledger_t  *led;

    catalog = mcf->catalog;

    if (mcf->coverage_zone == NULL || catalog == NULL
        || (mcf->state.len == 0 && mcf->redis == NULL))
    {
        return;
    }

    led = &ngx_http_assist_ledger;

    for (i = 0; i < catalog->nservices; i++) {
        if (assist_table_put(&led->names, 0, catalog->services[i].id, i) != 0)
        {
            return;
        }
    }

    for (i = 0; i < 2; i++) {
        led->others[i] = ngx_calloc((catalog->nservices + 1)
                                    * sizeof(assist_counters_t *), cycle->log);
        if (led->others[i] == NULL) {
            return;
        }
    }

    led->mcf = mcf;

#if (NGX_THREADS)
    if (mcf->state.len) {
        led->pool = ngx_thread_pool_get(cycle, &pool);
        led->task = ngx_thread_task_alloc(cycle->pool, 0);

        if (led->task == NULL) {
            led->pool = NULL;

        } else {
            led->task->ctx = &led->job;
            led->task->handler = ngx_http_assist_ledger_work;
            led->task->event.data = led;
            led->task->event.handler = ngx_http_assist_ledger_worked;
        }
    }
#endif

    led->timer.data = led;
    led->timer.handler = ngx_http_assist_ledger_tick;
    led->timer.log = cycle->log;
    led->timer.cancelable = 1;

    ngx_add_timer(&led->timer, NGX_HTTP_ASSIST_WRITE);
}


/* No event will come any more. */

void
ngx_http_assist_ledger_exit(ngx_http_assist_main_conf_t *mcf)
{
    ngx_uint_t                         i;
    ngx_http_assist_ledger_t          *led;
    ngx_http_assist_coverage_shctx_t  *sh;

    led = &ngx_http_assist_ledger;

    if (led->mcf == NULL) {
        return;
    }

    sh = ngx_http_assist_coverage_sh(mcf);
    (void) ngx_atomic_cmp_set(&sh->writer, ngx_pid, 0);

    if (mcf->state.len) {
        ngx_memzero(&led->job, sizeof(ngx_http_assist_job_t));
        led->job.mcf = mcf;
        led->job.now = ngx_time();
        led->job.exiting = 1;

        ngx_http_assist_ledger_work(&led->job, ngx_cycle->log);
        ngx_http_assist_ledger_report(&led->job);
    }

    for (i = 0; i < NGX_HTTP_ASSIST_MONTHS; i++) {
        assist_buf_free(&led->months[i].bytes);
    }

    assist_table_free(&led->names);
    assist_arena_destroy(led->arena);
    ngx_free(led->others[0]);
    ngx_free(led->others[1]);
    led->mcf = NULL;
}


ngx_int_t
ngx_http_assist_ledger_record(ngx_http_assist_coverage_shctx_t *sh,
    ngx_http_assist_set_t *set, assist_buf_t *out, assist_record_t *record)
{
    char          packed[ASSIST_PACKED_MAX];
    uint32_t      i;
    uint64_t      id;
    ngx_uint_t    month;
    assist_str_t  value;

    id = set->id;
    month = set->month;

    ngx_memzero(record, sizeof(assist_record_t));
    record->id = id;
    record->start = set->start;

    /* before the counters are read: of two records the later one has more */
    record->seq = ngx_atomic_fetch_add(&set->seq, 1) + 1;
    record->unclosed = 1;

    out->len = 0;
    value.data = packed;

    for (i = 0; i < sh->nslots; i++) {
        value.len = assist_ledger_pack(&set->slots[i], packed);

        if (value.len > 1) {
            assist_field_put(out, assist_str_of(sh->ids[i]), value);
            record->nfields++;
        }
    }

    value.len = assist_quality_pack(&set->quality, packed);
    assist_field_put(out, assist_str(ASSIST_STATE_QUALITY), value);
    record->nfields++;
    record->fields = assist_buf_str(out);

    return month && set->month == month && set->id == id && !out->failed
           ? NGX_OK : NGX_DECLINED;
}


assist_str_t
ngx_http_assist_ledger_read(ngx_http_assist_main_conf_t *mcf, ngx_uint_t month)
{
    u_char                    name[NGX_MAX_PATH];
    struct stat               st;
    ngx_http_assist_month_t  *m;

    m = &ngx_http_assist_ledger.months[month % NGX_HTTP_ASSIST_MONTHS];

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
ngx_http_assist_ledger_figure(ngx_http_assist_main_conf_t *mcf,
    assist_figure_in_t *in)
{
    ngx_uint_t                         last, month;
    assist_str_t                       records;
    assist_record_t                    record;
    ngx_http_assist_ledger_t          *led;
    ngx_http_assist_coverage_shctx_t  *sh;

    led = &ngx_http_assist_ledger;

    if (led->mcf == NULL) {
        return;
    }

    sh = ngx_http_assist_coverage_sh(mcf);
    month = ngx_http_assist_coverage_month();

    in->ledger.nodes = 1;
    in->ledger.incarnations = 1;
    in->ledger.state = mcf->state.len == 0 ? NULL
                       : sh->failing ? "failing" : "ok";

    assist_arena_destroy(led->arena);
    led->arena = assist_arena_create();

    for (last = 0; last < 2; last++) {
        ngx_memzero(led->others[last],
                    mcf->catalog->nservices * sizeof(assist_counters_t *));

        records = ngx_http_assist_ledger_read(mcf, month - last);

        while (assist_state_next(&records, &record) == 1) {
            if (ngx_http_assist_ledger_own(sh, record.id)) {
                continue;
            }

            ngx_http_assist_ledger_merge(record.fields, last, in);
            in->ledger.incarnations += record.nfolded ? record.nfolded : 1;
            in->ledger.open += record.unclosed;
        }

        if (mcf->redis) {
            ngx_http_assist_ledger_remotes(mcf, last, month - last, in);
        }
    }

    if (mcf->redis) {
        in->ledger.redis = ngx_http_assist_ledger_pulled() ? "ok" : "stale";
    }
}


/* Of other nodes, and of another one that has this one's name. */

static void
ngx_http_assist_ledger_remotes(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t last, ngx_uint_t month, assist_figure_in_t *in)
{
    ngx_http_assist_remote_t  *remote, *other;

    remote = NULL;

    while ((remote = ngx_http_assist_ledger_remote(mcf, month, remote))) {

        ngx_http_assist_ledger_merge(assist_buf_str(&remote->fields), last,
                                     in);
        in->ledger.incarnations += remote->folded.len
                                   ? remote->folded.len / 8 : 1;
        in->ledger.open += remote->unclosed;

        /* a node that was there before is not another one */

        other = NULL;

        if (last) {
            while ((other = ngx_http_assist_ledger_remote(mcf, month + 1,
                                                          other))
                   && (other->node.len != remote->node.len
                       || ngx_strncmp(other->node.data, remote->node.data,
                                      remote->node.len) != 0))
            {
                /* void */
            }
        }

        if (other == NULL) {
            other = ngx_http_assist_ledger_remote(mcf, month, NULL);

            while (other != remote
                   && (other->node.len != remote->node.len
                       || ngx_strncmp(other->node.data, remote->node.data,
                                      remote->node.len) != 0))
            {
                other = ngx_http_assist_ledger_remote(mcf, month, other);
            }

            if (other == remote
                && (remote->node.len != mcf->node.len
                    || ngx_strncmp(remote->node.data, mcf->node.data,
                                   mcf->node.len) != 0))
            {
                in->ledger.nodes++;
            }
        }
    }
}


const assist_counters_t *
ngx_http_assist_ledger_counters(uint32_t service, int last)
{
    ngx_http_assist_ledger_t  *led;

    led = &ngx_http_assist_ledger;

    return led->mcf ? led->others[last][service] : NULL;
}


static void
ngx_http_assist_ledger_tick(ngx_event_t *ev)
{
    ngx_http_assist_job_t             *job;
    ngx_http_assist_ledger_t          *led;
    ngx_http_assist_coverage_shctx_t  *sh;

    led = ev->data;
    sh = ngx_http_assist_coverage_sh(led->mcf);

    ngx_add_timer(ev, NGX_HTTP_ASSIST_WRITE);

    if (!ngx_http_assist_ledger_is_writer(sh)) {
        return;
    }

    if (led->mcf->redis) {
        ngx_http_assist_ledger_push(led->mcf);
    }

    if (led->busy || led->mcf->state.len == 0
        || !ngx_http_assist_ledger_due(sh))
    {
        return;
    }

    job = &led->job;
    ngx_memzero(job, sizeof(ngx_http_assist_job_t));
    job->mcf = led->mcf;
    job->now = ngx_time();

#if (NGX_THREADS)
    if (led->pool && ngx_thread_task_post(led->pool, led->task) == NGX_OK) {
        led->busy = 1;
        return;
    }
#endif

    ngx_http_assist_ledger_work(job, ev->log);
    ngx_http_assist_ledger_report(job);
}


/* Is it this worker that writes, now? */

static ngx_uint_t
ngx_http_assist_ledger_is_writer(ngx_http_assist_coverage_shctx_t *sh)
{
    ngx_msec_t         age;
    ngx_atomic_uint_t  writer;

    writer = sh->writer;

    if (ngx_exiting && writer == (ngx_atomic_uint_t) ngx_pid) {
        /* it may take hours until its last connection is closed */
        sh->writer = 0;
        return 0;
    }

    age = ngx_current_msec - (ngx_msec_t) sh->beat;

    if (writer != (ngx_atomic_uint_t) ngx_pid) {

        if (age < NGX_HTTP_ASSIST_ABSENT
            && (writer == 0 ? ngx_exiting
                            : kill((ngx_pid_t) writer, 0) == 0
                              || ngx_errno != NGX_ESRCH))
        {
            return 0;
        }

        if (!ngx_atomic_cmp_set(&sh->writer, writer, ngx_pid)) {
            return 0;
        }
    }

    sh->beat = ngx_current_msec;

    return 1;
}


static ngx_uint_t
ngx_http_assist_ledger_due(ngx_http_assist_coverage_shctx_t *sh)
{
    ngx_uint_t              i;
    ngx_http_assist_set_t  *set;

    for (i = 0; i < NGX_HTTP_ASSIST_MONTHS; i++) {
        set = &sh->sets[i];

        if (set->month
            && (set->changes != set->written
                || (set->updated
                    && ngx_time() - set->updated > NGX_HTTP_ASSIST_AGAIN)))
        {
            return 1;
        }
    }

    return 0;
}


/* Runs in a thread: nothing of nginx's but the system's calls. */

static void
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

    if (written) {
        (void) ngx_http_assist_ledger_sync(job);
    }

    /* and with it the lock */
    (void) close(fd);
}


#if (NGX_THREADS)

static void
ngx_http_assist_ledger_worked(ngx_event_t *ev)
{
    ngx_http_assist_ledger_t *led = ev->data;

    led->busy = 0;
    ngx_http_assist_ledger_report(&led->job);
}

#endif


/* A line when it fails, and one when it does no more. */

static void
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


/* While a worker lives it comes again; one that exits waits for others. */

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

        } else if (job->exiting && i < NGX_HTTP_ASSIST_LOCK / 5) {
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
    record.unclosed = !job->exiting;

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
        ngx_http_assist_ledger_aside(job->mcf, month);
        assist_state_begin(&out);
    }

    assist_state_put(&out, &record);
    assist_state_end(&out);

    rc = out.failed ? ngx_http_assist_ledger_failed(job, "malloc()")
                    : ngx_http_assist_ledger_replace(job, month, &out);

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

static ngx_int_t
ngx_http_assist_ledger_replace(ngx_http_assist_job_t *job, ngx_uint_t month,
    assist_buf_t *bytes)
{
    size_t    sent;
    u_char    name[NGX_MAX_PATH], tmp[NGX_MAX_PATH];
    ssize_t   n;
    ngx_fd_t  fd;

    ngx_http_assist_ledger_name(job->mcf, month, "", name);
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


static ngx_int_t
ngx_http_assist_ledger_failed(ngx_http_assist_job_t *job, const char *what)
{
    job->err = ngx_errno;
    job->what = what;

    return NGX_ERROR;
}


/* FILE.YYYY-MM and more; of month 0 FILE and more. */

static void
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


/* A file that is not there has no bytes. */

static ngx_int_t
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


static void
ngx_http_assist_ledger_aside(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month)
{
    u_char  name[NGX_MAX_PATH], aside[NGX_MAX_PATH];

    ngx_http_assist_ledger_name(mcf, month, "", name);
    ngx_http_assist_ledger_name(mcf, month, ".broken", aside);

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


static void
ngx_http_assist_ledger_merge(assist_str_t fields, ngx_uint_t last,
    assist_figure_in_t *in)
{
    uint32_t                   i;
    assist_str_t               name, value;
    assist_quality_t           quality;
    assist_counters_t          counters, **c;
    ngx_http_assist_ledger_t  *led;

    led = &ngx_http_assist_ledger;

    while (led->arena && assist_field_next(&fields, &name, &value) == 1) {

        if (assist_str_eq(name, assist_str(ASSIST_STATE_QUALITY))) {
            if (assist_quality_unpack(value, &quality) == 0) {
                assist_quality_merge(&in->quality, &quality);
            }

            continue;
        }

        i = assist_table_get(&led->names, 0, name);

        if (i == ASSIST_TABLE_NONE
            || assist_ledger_unpack(value, &counters) != 0)
        {
            continue;
        }

        c = &led->others[last][i];

        if (*c == NULL) {
            *c = assist_arena_alloc(led->arena, sizeof(assist_counters_t));

            if (*c == NULL) {
                return;
            }

            ngx_memzero(*c, sizeof(assist_counters_t));
        }

        assist_ledger_merge(*c, &counters);
    }
}


ngx_uint_t
ngx_http_assist_ledger_own(ngx_http_assist_coverage_shctx_t *sh, uint64_t id)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_ASSIST_MONTHS; i++) {
        if (sh->sets[i].month && sh->sets[i].id == id) {
            return 1;
        }
    }

    return 0;
}
