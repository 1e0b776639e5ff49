/*
 * The ledger: counters outlive their zone.
 *
 * Nothing is loaded back into counters: each creation of a month's counters is
 * an incarnation that starts at 0, and the figure is the merge of this zone's
 * counters with the records of all others (core/state.h): this node's in the
 * state file (_file.c), other nodes' in Redis (_pull.c).
 *
 * One worker of a zone writes, every second, in a thread: the first that finds
 * nobody who does.  A worker that exits writes once more, in place.
 */

#include "ngx_http_assist_ledger.h"


#define NGX_HTTP_ASSIST_WRITE   1000            /* ms */
#define NGX_HTTP_ASSIST_ABSENT  3000            /* ms; a writer is no more */


/* A worker's. */
typedef struct {
    ngx_http_assist_main_conf_t      *mcf;
    ngx_event_t                       timer;
    ngx_connection_t                  none;     /* the timer's, in debug logs */
#if (NGX_THREADS)
    ngx_thread_pool_t                *pool;     /* NULL: none */
    ngx_thread_task_t                *task;
#endif
    ngx_http_assist_job_t             job;
    unsigned                          busy:1;
} ngx_http_assist_ledger_t;


static void ngx_http_assist_ledger_job(ngx_http_assist_job_t *job,
    ngx_http_assist_main_conf_t *mcf);
static void ngx_http_assist_ledger_tick(ngx_event_t *ev);
static void ngx_http_assist_ledger_remotes(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t last, ngx_uint_t month, assist_figure_in_t *in,
    assist_buf_t *out);
static ngx_uint_t ngx_http_assist_ledger_is_writer(
    ngx_http_assist_coverage_shctx_t *sh);
static ngx_uint_t ngx_http_assist_ledger_due(
    ngx_http_assist_coverage_shctx_t *sh);
#if (NGX_THREADS)
static void ngx_http_assist_ledger_worked(ngx_event_t *ev);
#endif


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


void
ngx_http_assist_ledger_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf)
{
#if (NGX_THREADS)
    ngx_str_t                  pool = ngx_string("default");
#endif
    ngx_http_assist_ledger_t  *led;

    if (mcf->coverage_zone == NULL || mcf->catalog == NULL
        || (mcf->state.len == 0 && mcf->redis == NULL))
    {
        return;
    }

    led = &ngx_http_assist_ledger;

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

    led->none.fd = (ngx_socket_t) -1;
    led->timer.data = &led->none;
    led->timer.handler = ngx_http_assist_ledger_tick;
    led->timer.log = cycle->log;
    led->timer.cancelable = 1;

    ngx_add_timer(&led->timer, NGX_HTTP_ASSIST_WRITE);
}


/* No event will come any more. */

void
ngx_http_assist_ledger_exit(ngx_http_assist_main_conf_t *mcf)
{
    ngx_http_assist_job_t              job;
    ngx_http_assist_ledger_t          *led;
    ngx_http_assist_coverage_shctx_t  *sh;

    led = &ngx_http_assist_ledger;

    if (led->mcf == NULL) {
        return;
    }

    sh = ngx_http_assist_coverage_sh(mcf);
    (void) ngx_atomic_cmp_set(&sh->writer, ngx_pid, 0);

    if (mcf->state.len) {
        ngx_http_assist_ledger_job(&job, mcf);
        job.exiting = 1;
        job.in_place = 1;

        ngx_http_assist_ledger_work(&job, ngx_cycle->log);
        ngx_http_assist_ledger_report(&job);
    }

    ngx_http_assist_ledger_forget();

    led->mcf = NULL;
}


void
ngx_http_assist_ledger_save(ngx_http_assist_main_conf_t *mcf)
{
    ngx_http_assist_job_t  job;

    if (ngx_http_assist_ledger.mcf && mcf->state.len) {
        ngx_http_assist_ledger_job(&job, mcf);
        job.in_place = 1;

        ngx_http_assist_ledger_work(&job, ngx_cycle->log);
        ngx_http_assist_ledger_report(&job);
    }
}


static void
ngx_http_assist_ledger_job(ngx_http_assist_job_t *job,
    ngx_http_assist_main_conf_t *mcf)
{
    ngx_memzero(job, sizeof(ngx_http_assist_job_t));

    job->mcf = mcf;
    job->now = ngx_time();
    job->current = ngx_http_assist_coverage_month();
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


void
ngx_http_assist_ledger_others(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month, ngx_uint_t last, assist_figure_in_t *in,
    assist_buf_t *out)
{
    assist_str_t                       records;
    assist_record_t                    record;
    ngx_http_assist_coverage_shctx_t  *sh;

    if (ngx_http_assist_ledger.mcf == NULL) {
        return;
    }

    sh = ngx_http_assist_coverage_sh(mcf);

    if (!last) {
        in->ledger.nodes = 1;
        in->ledger.incarnations = 1;
        in->ledger.state = mcf->state.len == 0 ? NULL
                           : sh->failing ? "failing" : "ok";
        in->ledger.redis = mcf->redis == NULL ? NULL
                           : ngx_http_assist_ledger_pulled() ? "ok" : "stale";
    }

    records = ngx_http_assist_ledger_read(mcf, month - last);

    while (assist_state_next(&records, &record) == 1) {
        if (ngx_http_assist_ledger_own(sh, record.id)) {
            continue;
        }

        assist_buf_add(out, record.fields.data, record.fields.len);
        in->ledger.incarnations += record.nfolded ? record.nfolded : 1;

        if (record.nfolded || record.updated <= sh->alone
            || in->as_of - record.updated > NGX_HTTP_ASSIST_SILENT)
        {
            in->ledger.died += record.unclosed;

        } else {
            in->ledger.open += record.unclosed;
        }
    }

    if (mcf->redis) {
        ngx_http_assist_ledger_remotes(mcf, last, month - last, in, out);
    }
}


/* Of other nodes, and of another one that has this one's name. */

static void
ngx_http_assist_ledger_remotes(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t last, ngx_uint_t month, assist_figure_in_t *in,
    assist_buf_t *out)
{
    ngx_http_assist_remote_t  *remote, *other;

    remote = NULL;

    while ((remote = ngx_http_assist_ledger_remote(mcf, month, remote))) {

        assist_buf_add(out, remote->fields.data, remote->fields.len);
        in->ledger.incarnations += remote->folded.len
                                   ? remote->folded.len / 8 : 1;

        if (remote->folded.len
            || ngx_current_msec - remote->changed
               > NGX_HTTP_ASSIST_SILENT * 1000)
        {
            in->ledger.died += remote->unclosed;

        } else {
            in->ledger.open += remote->unclosed;
        }

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


static void
ngx_http_assist_ledger_tick(ngx_event_t *ev)
{
    ngx_http_assist_job_t             *job;
    ngx_http_assist_ledger_t          *led;
    ngx_http_assist_coverage_shctx_t  *sh;

    led = &ngx_http_assist_ledger;
    sh = ngx_http_assist_coverage_sh(led->mcf);

    ngx_add_timer(ev, NGX_HTTP_ASSIST_WRITE);

    if (!ngx_http_assist_ledger_is_writer(sh)) {
        return;
    }

    if (led->mcf->redis) {
        ngx_http_assist_ledger_push(led->mcf);
    }

    if (led->busy || led->mcf->state.len == 0
        || !(ngx_http_assist_ledger_due(sh)
             || ngx_http_assist_withdraw_due(led->mcf)))
    {
        return;
    }

    job = &led->job;
    ngx_http_assist_ledger_job(job, led->mcf);

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


#if (NGX_THREADS)

static void
ngx_http_assist_ledger_worked(ngx_event_t *ev)
{
    ngx_http_assist_ledger_t *led = ev->data;

    led->busy = 0;
    ngx_http_assist_ledger_report(&led->job);
}

#endif


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
