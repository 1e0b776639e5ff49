/*
 * The evidence log: lines are gathered into a block, which is sealed
 * (core/chain.h) and appended in one write.
 *
 * A block that could not be written at all is as if it had never been: its
 * lines are counted as dropped, and the next block takes their numbers.  After
 * one that was written in part the worker begins a new chain, since what lies
 * in the file now is a chain that ends in the middle of a block.
 *
 * The chains' heads lie in the coverage zone.  There they outlive a worker, a
 * new worker's first line quotes them, and the figure publishes those that
 * nobody has quoted yet: who keeps these can tell when anything is missing.
 */

#include "ngx_http_assist.h"

#include "core/chain.h"


#define NGX_HTTP_ASSIST_TAIL  (256 * 1024)      /* of the log, at a start */


/* A worker's. */
typedef struct {
    ngx_http_assist_main_conf_t     *mcf;
    assist_buf_t                     lines;     /* the next block's */
    ngx_uint_t                       nlines;    /* beside those of the chain */
    assist_evidence_head_t           head;      /* of the last line made */
    assist_chain_t                   chain;     /* as it was written */
    assist_chain_counts_t            counts;    /* since its last block */
    ngx_uint_t                       nchains;
    ngx_http_assist_head_t          *slot;      /* in the zone */
    assist_chain_t                   after[NGX_HTTP_ASSIST_HEADS];
    ngx_uint_t                       nafter;    /* quoted by the next block */
    unsigned                         torn:1;    /* the file's last line is */
    unsigned                         failing:1; /* was logged */
} ngx_http_assist_evidence_t;


static size_t ngx_http_assist_evidence_begin(ngx_http_request_t *r);
static void ngx_http_assist_evidence_end(ngx_http_request_t *r, size_t before);
static size_t ngx_http_assist_evidence_tail(ngx_str_t *name, u_char *buf,
    ngx_log_t *log);
static void ngx_http_assist_evidence_chain(ngx_http_assist_evidence_t *ev);
static void ngx_http_assist_evidence_config(ngx_http_assist_evidence_t *ev,
    ngx_log_t *log);
static void ngx_http_assist_evidence_reopen(ngx_open_file_t *file,
    ngx_log_t *log);
static void ngx_http_assist_evidence_write(ngx_http_assist_evidence_t *ev,
    ngx_uint_t end, ngx_log_t *log);
static void ngx_http_assist_evidence_lost(ngx_http_assist_evidence_t *ev,
    ssize_t n, ngx_log_t *log);
static void ngx_http_assist_evidence_slot(ngx_http_assist_evidence_t *ev,
    ngx_log_t *log);
static void ngx_http_assist_evidence_publish(ngx_http_assist_evidence_t *ev,
    ngx_uint_t end);
static ngx_uint_t ngx_http_assist_evidence_over(ngx_http_assist_head_t *slot);


static ngx_http_assist_evidence_t  ngx_http_assist_evidence;


void
ngx_http_assist_evidence_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf)
{
    ngx_http_assist_evidence_t  *ev;

    if (mcf->coverage_log == NULL) {
        return;
    }

    ev = &ngx_http_assist_evidence;
    ev->mcf = mcf;

    /* called before nginx opens the file again, too */
    mcf->coverage_log->flush = ngx_http_assist_evidence_reopen;
    mcf->coverage_log->data = ev;

    ngx_http_assist_evidence_chain(ev);
    ngx_http_assist_evidence_config(ev, cycle->log);
}


void
ngx_http_assist_evidence_exit(ngx_http_assist_main_conf_t *mcf)
{
    if (mcf->coverage_log) {
        ngx_http_assist_evidence_write(&ngx_http_assist_evidence, 1,
                                       ngx_cycle->log);
    }

    assist_buf_free(&ngx_http_assist_evidence.lines);
}


void
ngx_http_assist_evidence_flush(ngx_http_assist_main_conf_t *mcf,
    ngx_log_t *log)
{
    if (mcf->coverage_log) {
        ngx_http_assist_evidence_write(&ngx_http_assist_evidence, 0, log);
    }
}


void
ngx_http_assist_evidence_unmatched(void)
{
    ngx_http_assist_evidence.counts.unmatched++;
}


void
ngx_http_assist_evidence_excluded(void)
{
    ngx_http_assist_evidence.counts.excluded++;
}


void
ngx_http_assist_evidence_line(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, uint32_t service)
{
    size_t                        before;
    assist_evidence_names_t       names;
    ngx_http_assist_evidence_t   *ev;

    ev = &ngx_http_assist_evidence;

    ngx_memzero(&names, sizeof(assist_evidence_names_t));

    names.service = ngx_http_assist_service_id(r, service, 0);
    names.hook = ngx_http_assist_str(ctx->hook_name);
    names.version = ngx_http_assist_str(ctx->hook_version);
    names.provider = ngx_http_assist_str(ctx->provider);
    names.model = ngx_http_assist_str(ctx->model);

    before = ngx_http_assist_evidence_begin(r);
    assist_evidence_interaction(&ev->lines, &ev->head, &ctx->event, &names);
    ngx_http_assist_evidence_end(r, before);
}


void
ngx_http_assist_evidence_vote(ngx_http_request_t *r, uint32_t service,
    ngx_uint_t useful)
{
    size_t                       before;
    ngx_http_assist_evidence_t  *ev;

    ev = &ngx_http_assist_evidence;

    before = ngx_http_assist_evidence_begin(r);
    assist_evidence_feedback(&ev->lines, &ev->head, ngx_time(),
                             ngx_http_assist_service_id(r, service, 0),
                             (int) useful);
    ngx_http_assist_evidence_end(r, before);
}


void
ngx_http_assist_evidence_shown(ngx_http_request_t *r, uint32_t service)
{
    size_t                       before;
    ngx_http_assist_evidence_t  *ev;

    ev = &ngx_http_assist_evidence;

    before = ngx_http_assist_evidence_begin(r);
    assist_evidence_shown(&ev->lines, &ev->head, ngx_time(),
                          ngx_http_assist_service_id(r, service, 0));
    ngx_http_assist_evidence_end(r, before);
}


/* A line is added: where it begins. */

static size_t
ngx_http_assist_evidence_begin(ngx_http_request_t *r)
{
    ngx_time_t                  *tp;
    ngx_http_assist_evidence_t  *ev;

    ev = &ngx_http_assist_evidence;

    if (ev->head.seq == 0) {
        ngx_http_assist_evidence_config(ev, r->connection->log);
    }

    tp = ngx_timeofday();
    ev->head.gmtoff = (int) tp->gmtoff;
    ev->head.seq++;

    return ev->lines.len;
}


static void
ngx_http_assist_evidence_end(ngx_http_request_t *r, size_t before)
{
    ngx_http_assist_evidence_t   *ev;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    ev = &ngx_http_assist_evidence;

    if (ev->lines.failed || ev->head.seq == 1) {
        /* nothing half-written, and no chain without its first line: the
         * whole line is dropped, and counted */
        ev->lines.failed = 0;
        ev->lines.len = before;
        ev->head.seq--;
        ev->counts.dropped++;
        ngx_http_assist_coverage_dropped(mcf, 1);
        return;
    }

    ev->nlines++;

    if (ev->lines.len >= (size_t) mcf->coverage_buffer) {
        ngx_http_assist_evidence_write(ev, 0, r->connection->log);
    }
}


/*
 * The zone's memory ends with nginx; in the log the heads of its last chains
 * stand, so the next ones go on from there.
 */

void
ngx_http_assist_evidence_restore(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_head_t *slots, ngx_log_t *log)
{
    u_char        *buf;
    size_t         i, n;
    assist_str_t   text;

    static assist_chain_t  heads[NGX_HTTP_ASSIST_HEADS / 2];

    if (mcf->coverage_log == NULL) {
        return;
    }

    buf = ngx_alloc(NGX_HTTP_ASSIST_TAIL, log);
    if (buf == NULL) {
        return;
    }

    text.data = (char *) buf;
    text.len = ngx_http_assist_evidence_tail(&mcf->coverage_log->name, buf,
                                             log);
    n = assist_chain_tail(text, heads, NGX_HTTP_ASSIST_HEADS / 2);

    for (i = 0; i < n; i++) {
        slots[i].chain = heads[i];
    }

    ngx_free(buf);
}


ngx_uint_t
ngx_http_assist_evidence_heads(ngx_http_assist_main_conf_t *mcf,
    const assist_chain_t **heads)
{
    ngx_uint_t               i, n;
    ngx_shmtx_t             *mutex;
    ngx_http_assist_head_t  *slots;

    static assist_chain_t  list[NGX_HTTP_ASSIST_HEADS];

    slots = ngx_http_assist_coverage_heads(mcf, &mutex);

    if (slots == NULL) {
        return 0;
    }

    n = 0;

    ngx_shmtx_lock(mutex);

    for (i = 0; i < NGX_HTTP_ASSIST_HEADS; i++) {
        if (slots[i].chain.seq > slots[i].quoted) {
            list[n++] = slots[i].chain;
        }
    }

    ngx_shmtx_unlock(mutex);

    assist_chain_sort(list, n);
    *heads = list;

    return n;
}


static size_t
ngx_http_assist_evidence_tail(ngx_str_t *name, u_char *buf, ngx_log_t *log)
{
    off_t            from;
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_file_info_t  fi;

    n = 0;
    fd = ngx_open_file(name->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        /* that it cannot be written is nginx's to say */
        return 0;
    }

    if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR && ngx_is_file(&fi)) {
        from = ngx_max(ngx_file_size(&fi) - NGX_HTTP_ASSIST_TAIL, 0);
        n = pread(fd, buf, NGX_HTTP_ASSIST_TAIL, from);
    }

    if (n == -1) {
        ngx_log_error(NGX_LOG_WARN, log, ngx_errno,
                      "assist: the end of \"%V\" cannot be read: new evidence "
                      "does not quote it", name);
    }

    (void) ngx_close_file(fd);

    return n > 0 ? (size_t) n : 0;
}


/* A chain of its own for each life of a worker, and after a torn block. */

static void
ngx_http_assist_evidence_chain(ngx_http_assist_evidence_t *ev)
{
    u_char      *p;
    u_char       writer[ASSIST_WRITER_MAX + 1];
    ngx_str_t   *node;
    ngx_uint_t   i;

    p = writer;
    node = &ev->mcf->node;

    for (i = 0; i < node->len && i < 17; i++) {
        *p++ = isalnum(node->data[i]) || node->data[i] == '.' ? node->data[i]
                                                              : '-';
    }

    p = ngx_snprintf(p, 19, "-%P-%xT", ngx_pid, ngx_time());

    if (ev->nchains) {
        p = ngx_snprintf(p, 4, "-%ui", ev->nchains % 1000);
    }

    *p = '\0';

    ev->nchains++;
    assist_chain_start(&ev->chain, (char *) writer);

    ev->head.writer = ev->chain.writer;
    ev->head.seq = 0;
    ev->head.start.len = 0;
}


/* The chain's first line; without memory for it head.seq stays 0. */

static void
ngx_http_assist_evidence_config(ngx_http_assist_evidence_t *ev,
    ngx_log_t *log)
{
    char                          levels[ASSIST_DIGEST_HEX + 1];
    ngx_time_t                   *tp;
    assist_str_t                  catalogue;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ev->mcf;

    ngx_http_assist_evidence_slot(ev, log);

    catalogue = assist_str_of(mcf->catalog ? mcf->catalog->hash : NULL);
    assist_levels_hash(&mcf->levels, levels);

    tp = ngx_timeofday();
    ev->head.gmtoff = (int) tp->gmtoff;
    ev->head.seq = 1;

    assist_chain_config(&ev->lines, &ev->head, tp->sec, catalogue,
                        assist_str_of(levels), ev->after, ev->nafter);

    if (ev->lines.failed) {
        ev->lines.failed = 0;
        ev->head.seq = 0;
    }
}


static void
ngx_http_assist_evidence_reopen(ngx_open_file_t *file, ngx_log_t *log)
{
    ngx_http_assist_evidence_write(file->data, 0, log);
}


/* Whole lines in one write, appended: workers do not cut each other's. */

static void
ngx_http_assist_evidence_write(ngx_http_assist_evidence_t *ev, ngx_uint_t end,
    ngx_log_t *log)
{
    ssize_t                       n;
    ngx_time_t                   *tp;
    assist_chain_t                chain;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ev->mcf;

    if (ev->nlines == 0 && ev->head.seq == ev->chain.seq && !end) {
        return;
    }

    if (ev->head.seq == 0) {
        ngx_http_assist_evidence_config(ev, log);
    }

    n = -1;
    chain = ev->chain;

    if (ev->head.seq) {
        tp = ngx_timeofday();
        ev->head.gmtoff = (int) tp->gmtoff;
        ev->head.seq++;

        assist_chain_block(&ev->lines, ev->torn, &ev->head, tp->sec,
                           &ev->counts, end,
                           ngx_http_assist_str(mcf->coverage_key), &chain);
    }

    if (ev->head.seq && !ev->lines.failed) {
        n = ngx_write_fd(mcf->coverage_log->fd, ev->lines.data,
                         ev->lines.len);
    }

    if (n == (ssize_t) ev->lines.len) {
        ev->chain = chain;
        ev->torn = 0;
        ev->failing = 0;
        ngx_memzero(&ev->counts, sizeof(assist_chain_counts_t));

        ngx_http_assist_evidence_publish(ev, end);

    } else {
        ngx_http_assist_evidence_lost(ev, n, log);
    }

    ev->lines.failed = 0;
    ev->lines.len = 0;
    ev->nlines = 0;

    if (ev->torn) {
        /* a line was cut: what comes next starts its own */
        assist_buf_putc(&ev->lines, '\n');
    }
}


/* The next block was not written, or n bytes of it. */

static void
ngx_http_assist_evidence_lost(ngx_http_assist_evidence_t *ev, ssize_t n,
    ngx_log_t *log)
{
    if (!ev->failing) {
        ev->failing = 1;
        ngx_log_error(NGX_LOG_ERR, log, n == -1 ? ngx_errno : 0,
                      "assist: evidence cannot be written to \"%V\": "
                      "lines are dropped and counted",
                      &ev->mcf->coverage_log->name);
    }

    /* also of what was written in part: without its last line nothing says
     * that it is ours */

    ev->counts.dropped += ev->nlines;
    ngx_http_assist_coverage_dropped(ev->mcf, ev->nlines);

    if (n > 0) {
        ev->torn = 1;
        ngx_http_assist_evidence_chain(ev);

    } else {
        ev->head.seq = ev->chain.seq;
    }
}


/* A place for the chain's head, and the heads that its first line quotes. */

static void
ngx_http_assist_evidence_slot(ngx_http_assist_evidence_t *ev, ngx_log_t *log)
{
    ngx_uint_t               i;
    ngx_shmtx_t             *mutex;
    ngx_http_assist_head_t  *slots, *place;

    ev->nafter = 0;
    slots = ngx_http_assist_coverage_heads(ev->mcf, &mutex);

    if (slots == NULL) {
        return;
    }

    place = ev->slot;

    ngx_shmtx_lock(mutex);

    for (i = 0; i < NGX_HTTP_ASSIST_HEADS; i++) {

        if (ngx_http_assist_evidence_over(&slots[i])
            && slots[i].chain.seq == slots[i].quoted)
        {
            /* free; or another chain has its last word */
            place = place ? place : &slots[i];

        } else if (slots[i].chain.seq) {
            ev->after[ev->nafter++] = slots[i].chain;
        }
    }

    if (place && ev->slot == NULL) {
        ngx_memzero(place, sizeof(ngx_http_assist_head_t));
        place->pid = ngx_pid;
    }

    ngx_shmtx_unlock(mutex);

    ev->slot = place;

    if (place == NULL) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "assist: too many workers: the head of this one's "
                      "evidence is not published");
    }
}


/* The new head, and what the chain's first block has quoted. */

static void
ngx_http_assist_evidence_publish(ngx_http_assist_evidence_t *ev,
    ngx_uint_t end)
{
    ngx_uint_t               i, k;
    ngx_shmtx_t             *mutex;
    ngx_http_assist_head_t  *slots;

    slots = ngx_http_assist_coverage_heads(ev->mcf, &mutex);

    if (slots == NULL) {
        return;
    }

    ngx_shmtx_lock(mutex);

    for (k = 0; k < ev->nafter; k++) {
        for (i = 0; i < NGX_HTTP_ASSIST_HEADS; i++) {
            if (ngx_strcmp(slots[i].chain.writer, ev->after[k].writer) == 0) {
                slots[i].quoted = ngx_max(slots[i].quoted, ev->after[k].seq);
            }
        }
    }

    if (ev->slot) {
        if (ngx_strcmp(ev->slot->chain.writer, ev->chain.writer) != 0) {
            ev->slot->quoted = 0;
        }

        ev->slot->chain = ev->chain;
        ev->slot->pid = end ? 0 : ngx_pid;
    }

    ngx_shmtx_unlock(mutex);

    ev->nafter = 0;
}


/* Free, or of a worker that is no more. */

static ngx_uint_t
ngx_http_assist_evidence_over(ngx_http_assist_head_t *slot)
{
    return slot->pid == 0
           || (kill(slot->pid, 0) == -1 && ngx_errno == NGX_ESRCH);
}
