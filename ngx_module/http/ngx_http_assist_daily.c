/*
 * The figure of past days: its documents as they were, one file each, beside
 * the state file: FILE.YYYY-MM-DD.json and .csv.
 *
 * The worker that writes the ledger writes them, too: those of today every ten
 * minutes and in the day's last second, so that what is kept of a day is its
 * end, or the last that nginx has seen of it; as_of in it says when that was.
 */

#include "ngx_http_assist_ledger.h"

#include "core/date.h"


#define NGX_HTTP_ASSIST_DAILY_TICK   1000       /* ms */
#define NGX_HTTP_ASSIST_DAILY_AGAIN  600        /* s */
#define NGX_HTTP_ASSIST_DAILY_KEPT   400        /* days */
#define NGX_HTTP_ASSIST_DAILY_PAUSE  31         /* days without us, at most */

#define NGX_HTTP_ASSIST_DAILY_NAME                                            \
    (NGX_MAX_PATH + sizeof(".YYYY-MM-DD.tmp.") + NGX_INT64_LEN)


/* A worker's. */
typedef struct {
    ngx_http_assist_waiter_t          waiter;
    ngx_http_assist_main_conf_t      *mcf;
    ngx_event_t                       timer;
    ngx_connection_t                  none;     /* the timer's, in debug logs */
    time_t                            due;
    int32_t                           day;      /* that is being written */
    int32_t                           cleared;  /* the day when old ones were */
    unsigned                          busy:1;
    unsigned                          failing:1;
} ngx_http_assist_daily_t;


static void ngx_http_assist_daily_tick(ngx_event_t *ev);
static int32_t ngx_http_assist_daily_today(time_t *seconds);
static void ngx_http_assist_daily_ready(ngx_http_assist_waiter_t *waiter);
static void ngx_http_assist_daily_keep(ngx_http_assist_daily_t *daily,
    const char *type, assist_buf_t *buf);
static void ngx_http_assist_daily_clear(ngx_http_assist_daily_t *daily);
static void ngx_http_assist_daily_name(ngx_http_assist_main_conf_t *mcf,
    int32_t day, const char *type, u_char *name);


static ngx_http_assist_daily_t  ngx_http_assist_daily;


void
ngx_http_assist_daily_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf)
{
    ngx_http_assist_daily_t  *daily;

    if (mcf->coverage_zone == NULL || mcf->catalog == NULL
        || mcf->state.len == 0)
    {
        return;
    }

    daily = &ngx_http_assist_daily;

    daily->mcf = mcf;
    daily->waiter.ready = ngx_http_assist_daily_ready;

    daily->none.fd = (ngx_socket_t) -1;
    daily->timer.data = &daily->none;
    daily->timer.handler = ngx_http_assist_daily_tick;
    daily->timer.log = cycle->log;
    daily->timer.cancelable = 1;

    ngx_add_timer(&daily->timer, NGX_HTTP_ASSIST_DAILY_TICK);
}


/* Before the figure that it may wait for. */

void
ngx_http_assist_daily_exit(void)
{
    if (ngx_http_assist_daily.busy) {
        ngx_http_assist_figure_leave(&ngx_http_assist_daily.waiter);
    }
}


ngx_int_t
ngx_http_assist_daily_asked(ngx_http_request_t *r, ngx_str_t *text,
    int32_t *day)
{
    time_t   seconds;
    int32_t  today;

    if (ngx_http_arg(r, (u_char *) "as_of", 5, text) != NGX_OK
        || text->len == 0)
    {
        return NGX_DECLINED;
    }

    today = ngx_http_assist_daily_today(&seconds);

    if (text->len != sizeof("2026-11-26") - 1 || text->data[4] != '-'
        || assist_date_parse(ngx_http_assist_str(*text), day) != 0
        || *day > today)
    {
        return NGX_ERROR;
    }

    return *day == today ? NGX_DECLINED : NGX_OK;
}


ngx_int_t
ngx_http_assist_daily_read(ngx_http_request_t *r, int32_t day,
    const char *type, ngx_str_t *document)
{
    u_char                        name[NGX_HTTP_ASSIST_DAILY_NAME];
    ssize_t                       n;
    ngx_fd_t                      fd;
    ngx_int_t                     rc;
    ngx_file_info_t               fi;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (mcf->state.len == 0) {
        return NGX_DECLINED;
    }

    ngx_http_assist_daily_name(mcf, day, type, name);
    fd = ngx_open_file(name, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        return NGX_DECLINED;
    }

    rc = NGX_DECLINED;

    if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR && ngx_file_size(&fi) > 0) {
        document->len = (size_t) ngx_file_size(&fi);
        document->data = ngx_pnalloc(r->pool, document->len);
        n = document->data ? ngx_read_fd(fd, document->data, document->len)
                           : -1;
        rc = n == (ssize_t) document->len ? NGX_OK : NGX_ERROR;
    }

    (void) ngx_close_file(fd);

    return rc;
}


static void
ngx_http_assist_daily_tick(ngx_event_t *ev)
{
    time_t                             seconds;
    ngx_http_assist_daily_t           *daily;
    ngx_http_assist_coverage_shctx_t  *sh;

    daily = &ngx_http_assist_daily;
    sh = ngx_http_assist_coverage_sh(daily->mcf);

    ngx_add_timer(ev, NGX_HTTP_ASSIST_DAILY_TICK);

    if (daily->busy || ngx_exiting
        || sh->writer != (ngx_atomic_uint_t) ngx_pid)
    {
        return;
    }

    if (daily->due == 0
        || daily->due > ngx_time() + NGX_HTTP_ASSIST_DAILY_AGAIN)
    {
        /* the first one, or the clock has stepped back */
        daily->due = ngx_time() + 1;
    }

    if (ngx_time() + 1 < daily->due) {
        return;
    }

    /* what other nodes have counted; it comes in the second that is left */

    ngx_http_assist_ledger_refresh(daily->mcf);

    if (ngx_time() < daily->due) {
        return;
    }

    daily->day = ngx_http_assist_daily_today(&seconds);
    daily->due = ngx_time() + (seconds >= 86398 ? 86400 - seconds
                               : ngx_min(NGX_HTTP_ASSIST_DAILY_AGAIN,
                                         86398 - seconds));
    daily->busy = 1;
    daily->waiter.over = 0;
    ngx_http_assist_figure_wait(daily->mcf, &daily->waiter);
}


/* The local day; and its seconds until now. */

static int32_t
ngx_http_assist_daily_today(time_t *seconds)
{
    time_t       local;
    ngx_time_t  *tp;

    tp = ngx_timeofday();
    local = tp->sec + tp->gmtoff * 60;

    *seconds = local % 86400;

    return (int32_t) (local / 86400);
}


static void
ngx_http_assist_daily_ready(ngx_http_assist_waiter_t *waiter)
{
    time_t                    seconds;
    assist_buf_t              json = ASSIST_BUF_INIT, csv = ASSIST_BUF_INIT;
    const assist_figure_t    *f;
    ngx_http_assist_daily_t  *daily;

    daily = (ngx_http_assist_daily_t *) waiter;
    daily->busy = 0;

    if (waiter->figure == NULL) {
        return;
    }

    f = ngx_http_assist_figure_of(waiter);

    /* a day that has just begun is the next one's */

    if (daily->day == assist_figure_day(f)) {
        assist_figure_coverage_json(f, &json);
        assist_figure_coverage_csv(f, &csv);

        ngx_http_assist_daily_keep(daily, "json", &json);
        ngx_http_assist_daily_keep(daily, "csv", &csv);
    }

    ngx_http_assist_figure_leave(waiter);

    assist_buf_free(&json);
    assist_buf_free(&csv);

    if (daily->cleared != ngx_http_assist_daily_today(&seconds)) {
        ngx_http_assist_daily_clear(daily);
    }
}


/* Whole or not at all: a temporary file, which takes the old one's name. */

static void
ngx_http_assist_daily_keep(ngx_http_assist_daily_t *daily, const char *type,
    assist_buf_t *buf)
{
    u_char     name[NGX_HTTP_ASSIST_DAILY_NAME];
    u_char     tmp[NGX_HTTP_ASSIST_DAILY_NAME];
    u_char     end[sizeof("tmp.") + NGX_INT64_LEN];
    ngx_fd_t   fd;
    ngx_err_t  err;

    if (buf->failed) {
        return;
    }

    /* while a binary is upgraded there are two of us */
    (void) ngx_sprintf(end, "tmp.%P%Z", ngx_pid);

    ngx_http_assist_daily_name(daily->mcf, daily->day, type, name);
    ngx_http_assist_daily_name(daily->mcf, daily->day, (char *) end, tmp);

    fd = ngx_open_file(tmp, NGX_FILE_WRONLY, NGX_FILE_TRUNCATE,
                       NGX_FILE_OWNER_ACCESS);
    err = ngx_errno;

    if (fd != NGX_INVALID_FILE) {
        err = ngx_write_fd(fd, buf->data, buf->len) == (ssize_t) buf->len
              ? 0 : ngx_errno ? ngx_errno : NGX_ENOSPC;

        if (ngx_close_file(fd) == NGX_FILE_ERROR) {
            err = ngx_errno;
        }

        if (err == 0 && ngx_rename_file(tmp, name) == NGX_FILE_ERROR) {
            err = ngx_errno;
        }

        if (err) {
            (void) ngx_delete_file(tmp);
        }
    }

    if (fd == NGX_INVALID_FILE || err) {
        if (!daily->failing) {
            daily->failing = 1;
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, err,
                          "assist: the day's figure \"%s\" is not written: "
                          "make its folder writable for the workers' user",
                          name);
        }

        return;
    }

    daily->failing = 0;
}


static void
ngx_http_assist_daily_clear(ngx_http_assist_daily_t *daily)
{
    u_char   name[NGX_HTTP_ASSIST_DAILY_NAME];
    time_t   seconds;
    int32_t  day, i;

    day = ngx_http_assist_daily_today(&seconds);
    daily->cleared = day;
    day -= NGX_HTTP_ASSIST_DAILY_KEPT;

    for (i = 0; i < NGX_HTTP_ASSIST_DAILY_PAUSE; i++, day--) {
        ngx_http_assist_daily_name(daily->mcf, day, "json", name);
        (void) ngx_delete_file(name);
        ngx_http_assist_daily_name(daily->mcf, day, "csv", name);
        (void) ngx_delete_file(name);
    }
}


static void
ngx_http_assist_daily_name(ngx_http_assist_main_conf_t *mcf, int32_t day,
    const char *type, u_char *name)
{
    char  date[11];

    assist_date_format(day, date);
    (void) ngx_sprintf(name, "%V.%s.%s%Z", &mcf->state, date, type);
}
