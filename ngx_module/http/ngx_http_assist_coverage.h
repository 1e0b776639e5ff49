/*
 * What is counted, kept, proved and published.
 */

#ifndef NGX_HTTP_ASSIST_COVERAGE_H
#define NGX_HTTP_ASSIST_COVERAGE_H


/* ngx_http_assist_metrics.c: Prometheus's text format */
void ngx_http_assist_metrics_write(ngx_http_assist_main_conf_t *mcf,
    assist_buf_t *out);

/* ngx_http_assist_coverage.c: counters in shared memory */
ngx_int_t ngx_http_assist_coverage_init_zone(ngx_shm_zone_t *zone, void *data);
ngx_int_t ngx_http_assist_coverage_check(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_coverage_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf);
/* counts ctx->event and writes its line, once */
void ngx_http_assist_coverage_event(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
void ngx_http_assist_coverage_view(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
/* insertions that were left out, pages that came compressed */
void ngx_http_assist_coverage_untouched(ngx_http_request_t *r,
    ngx_uint_t blocked, ngx_uint_t compressed);
/* counts a vote for a service, or for none (ASSIST_NONE), and writes its line */
void ngx_http_assist_coverage_vote(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, uint32_t service, ngx_uint_t useful);
/* the AI notice was on a page of the service that was delivered */
void ngx_http_assist_coverage_shown(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx);
/* lines of evidence that were lost */
void ngx_http_assist_coverage_dropped(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t n);
/* NGX_HTTP_ASSIST_HEADS places, under the mutex; NULL: no zone */
ngx_http_assist_head_t *ngx_http_assist_coverage_heads(
    ngx_http_assist_main_conf_t *mcf, ngx_shmtx_t **mutex);

/* ngx_http_assist_targets.c: what the figure is judged by, from files */
char *ngx_http_assist_targets(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_assist_tasks(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_assist_register(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
/* the built-in targets where there is no file; warns of names that the
 * catalogue does not have */
ngx_int_t ngx_http_assist_targets_check(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_targets_rules(ngx_http_assist_main_conf_t *mcf,
    assist_rules_t *rules);

/* ngx_http_assist_closed.c: months that are closed */
char *ngx_http_assist_closed(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
/* after http{} was read, with assist_coverage_key */
ngx_int_t ngx_http_assist_closed_check(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);

/* ngx_http_assist_ledger.c: counters outlive their zone */
/* state=file */
char *ngx_http_assist_ledger_set(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf, ngx_str_t *param);
/* in the master, for a new zone: where the state file lies, and is it one? */
void ngx_http_assist_ledger_open(ngx_http_assist_main_conf_t *mcf,
    ngx_log_t *log);
void ngx_http_assist_ledger_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_ledger_exit(ngx_http_assist_main_conf_t *mcf);
/* what is known of other incarnations in this month, or in the one before it
 * (last), read anew: in->ledger, and the fields of their records at the end of
 * out */
void ngx_http_assist_ledger_others(ngx_http_assist_main_conf_t *mcf,
    ngx_uint_t month, ngx_uint_t last, assist_figure_in_t *in,
    assist_buf_t *out);

/* ngx_http_assist_ledger_push.c, ngx_http_assist_ledger_pull.c: in Redis */
/* before a figure: what other nodes count is read, at most once a second.
 * NGX_OK: it is there; NGX_AGAIN: r waits, and then goes on with its content
 * handler, which is to return NGX_DONE now */
ngx_int_t ngx_http_assist_ledger_pull(ngx_http_request_t *r,
    ngx_int_t (*handler)(ngx_http_request_t *r));
/* the same, and nobody waits */
void ngx_http_assist_ledger_refresh(ngx_http_assist_main_conf_t *mcf);
/* after Redis's own */
void ngx_http_assist_ledger_push_exit(void);
void ngx_http_assist_ledger_pull_exit(void);

/* ngx_http_assist_figure.c: the figure that documents are printed of */

/* us; the event loop has a turn after it */
#define NGX_HTTP_ASSIST_SLICE  2000

/* Who waits for a figure.  `ready` is called once, when `over` is set; figure
 * NULL: memory is out. */
typedef struct ngx_http_assist_waiter_s  ngx_http_assist_waiter_t;

struct ngx_http_assist_waiter_s {
    ngx_queue_t                      queue;
    ngx_http_assist_figure_t        *figure;
    void                           (*ready)(ngx_http_assist_waiter_t *waiter);
    unsigned                         over:1;
};

void ngx_http_assist_figure_init(ngx_http_assist_main_conf_t *mcf);
/* the service of an id; ASSIST_NONE: there is none */
uint32_t ngx_http_assist_figure_service(assist_str_t id);
void ngx_http_assist_figure_exit(void);
/* of what has been counted until now on all nodes.  NGX_OK: it stays as long as
 * r; NGX_AGAIN: r waits, and then goes on with its content handler, which is to
 * return NGX_DONE now; NGX_ERROR: memory is out */
ngx_int_t ngx_http_assist_figure(ngx_http_request_t *r,
    ngx_int_t (*handler)(ngx_http_request_t *r),
    const assist_figure_t **figure);
/* the same for who is no request, which has `ready` set; it may be ready at
 * once, and is to leave when it is done, or before */
void ngx_http_assist_figure_wait(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_waiter_t *waiter);
void ngx_http_assist_figure_leave(ngx_http_assist_waiter_t *waiter);
const assist_figure_t *ngx_http_assist_figure_of(
    ngx_http_assist_waiter_t *waiter);
/* now, in us; has a slice that began then been long enough? */
uint64_t ngx_http_assist_slice_begin(void);
ngx_uint_t ngx_http_assist_slice_over(uint64_t began);

/* ngx_http_assist_daily.c: the figure of past days */
void ngx_http_assist_daily_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_daily_exit(void);
/* ?as_of=: NGX_OK: a past day; NGX_DECLINED: today, or it is not given;
 * NGX_ERROR: it is no such day */
ngx_int_t ngx_http_assist_daily_asked(ngx_http_request_t *r, ngx_str_t *text,
    int32_t *day);
/* its "json" or "csv" document; NGX_DECLINED: none is kept */
ngx_int_t ngx_http_assist_daily_read(ngx_http_request_t *r, int32_t day,
    const char *type, ngx_str_t *document);

/* ngx_http_assist_evidence.c: the evidence log */
/* a new zone's heads, from the end of the log */
void ngx_http_assist_evidence_restore(ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_head_t *slots, ngx_log_t *log);
void ngx_http_assist_evidence_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_evidence_exit(ngx_http_assist_main_conf_t *mcf);
void ngx_http_assist_evidence_flush(ngx_http_assist_main_conf_t *mcf,
    ngx_log_t *log);
/* the line of ctx->event */
void ngx_http_assist_evidence_line(ngx_http_request_t *r,
    ngx_http_assist_ctx_t *ctx, uint32_t service);
/* the line of a vote */
void ngx_http_assist_evidence_vote(ngx_http_request_t *r, uint32_t service,
    ngx_uint_t useful);
/* the line of a page with the AI notice */
void ngx_http_assist_evidence_shown(ngx_http_request_t *r, uint32_t service);
/* what has no line, but is in the sums that a block has */
void ngx_http_assist_evidence_unmatched(void);
void ngx_http_assist_evidence_excluded(void);
/* the heads to publish; their number */
ngx_uint_t ngx_http_assist_evidence_heads(ngx_http_assist_main_conf_t *mcf,
    const assist_chain_t **heads);

/* ngx_http_assist_feedback.c: an answer's id, and votes on it */
#define NGX_HTTP_ASSIST_TOKEN_LEN  64   /* of an id, before ".service" */
ngx_int_t ngx_http_assist_feedback_zone(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
/* writes a new id, "token.service"; returns its end */
u_char *ngx_http_assist_feedback_id(ngx_http_request_t *r, u_char *p,
    uint64_t question, assist_str_t service);
/* the question of an id; 0: it has none */
uint64_t ngx_http_assist_feedback_question(ngx_str_t *id);
/* POST feedback: the body is read */
void ngx_http_assist_feedback_body(ngx_http_request_t *r);

/* ngx_http_assist_dashboard.c: the figure's pages, below assist_status */
/* NGX_DECLINED: there is no such page */
ngx_int_t ngx_http_assist_dashboard(ngx_http_request_t *r, ngx_str_t *name);


#endif
