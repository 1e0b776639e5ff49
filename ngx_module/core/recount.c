#include "recount.h"

#include <stdlib.h>

#include "arena.h"
#include "date.h"
#include "table.h"


/* An interaction, a vote, a page with the notice: it waits for its block's
 * end. */
typedef struct {
    assist_event_t         event;
    uint32_t               service;
    unsigned               last:1;          /* of the month before */
    unsigned               vote:1;
    unsigned               shown:1;
    unsigned               useful:1;
} pending_t;


struct assist_recount_s {
    const assist_catalog_t   *catalog;
    int64_t                   as_of;
    int                       gmtoff;
    int32_t                   today;
    int32_t                   month;

    assist_arena_t           *arena;
    assist_table_t            ids;          /* services, as JSON spells them */
    assist_counters_t       **counters[2];  /* by service: this month, last */

    pending_t                *pending;
    size_t                    npending;
    size_t                    pending_alloc;
    assist_chain_counts_t     counts;       /* of the block */
    assist_chain_counts_t     total;

    char                      time[32];     /* the last line's */
    assist_moment_t           moment;

    assist_recount_result_t   result;
    unsigned                  failed:1;
};


static int add_ids(assist_recount_t *rc);
static int read_time(assist_recount_t *rc, assist_str_t time);
static void interaction(assist_recount_t *rc, const assist_line_t *line);
static void feedback(assist_recount_t *rc, const assist_line_t *line);
static void shown(assist_recount_t *rc, const assist_line_t *line);
static pending_t *wait_for_block(assist_recount_t *rc, assist_str_t id);
static void config(assist_recount_t *rc, const assist_line_t *line);
static assist_counters_t *slot(assist_recount_t *rc, uint32_t service,
    unsigned last);
static const assist_counters_t *counters(void *data, uint32_t service,
    int last);


assist_recount_t *
assist_recount_create(const assist_catalog_t *catalog, int64_t as_of,
    int gmtoff)
{
    int                year, month, day;
    size_t             n;
    int64_t            local;
    assist_recount_t  *rc;

    rc = calloc(1, sizeof(assist_recount_t));
    if (rc == NULL) {
        return NULL;
    }

    local = as_of + gmtoff * 60;

    rc->catalog = catalog;
    rc->as_of = as_of;
    rc->gmtoff = gmtoff;
    rc->today = (int32_t) (local / 86400);

    assist_date_civil(rc->today, &year, &month, &day);
    rc->month = year * 12 + month - 1;

    /* one more: nothing of no size is asked for */
    n = (size_t) catalog->nservices + 1;

    rc->arena = assist_arena_create();
    rc->counters[0] = calloc(n, sizeof(assist_counters_t *));
    rc->counters[1] = calloc(n, sizeof(assist_counters_t *));

    if (rc->arena == NULL || rc->counters[0] == NULL
        || rc->counters[1] == NULL || add_ids(rc) != 0)
    {
        assist_recount_free(rc);
        return NULL;
    }

    return rc;
}


void
assist_recount_free(assist_recount_t *rc)
{
    if (rc == NULL) {
        return;
    }

    if (rc->arena != NULL) {
        assist_arena_destroy(rc->arena);
    }

    assist_table_free(&rc->ids);
    free(rc->counters[0]);
    free(rc->counters[1]);
    free(rc->pending);
    free(rc);
}


void
assist_recount_line(void *data, const assist_line_t *line)
{
    assist_recount_t *rc = data;

    assist_block_t  block;

    if (read_time(rc, line->time) != 0) {
        rc->result.malformed++;
        return;
    }

    if (rc->moment.seconds > rc->as_of) {
        return;
    }

    if (assist_str_eq(line->type, assist_str("interaction"))) {
        interaction(rc, line);

    } else if (assist_str_eq(line->type, assist_str("feedback"))) {
        feedback(rc, line);

    } else if (assist_str_eq(line->type, assist_str("shown"))) {
        shown(rc, line);

    } else if (assist_str_eq(line->type, assist_str("config"))) {
        config(rc, line);

    } else if (assist_str_eq(line->type, assist_str("block"))
               && rc->moment.month >= rc->month - 1
               && assist_chain_read(line, &block) == 0)
    {
        rc->counts = block.counts;
    }
}


void
assist_recount_block(void *data, int sealed)
{
    assist_recount_t *rc = data;

    size_t              i;
    pending_t          *p;
    assist_counters_t  *c;

    for (i = 0; sealed && i < rc->npending; i++) {
        p = &rc->pending[i];
        c = slot(rc, p->service, p->last);

        if (c == NULL) {
            rc->failed = 1;
            return;
        }

        if (p->vote) {
            c->useful[p->useful]++;

        } else if (p->shown) {
            (void) assist_ledger_show(c, p->event.mday);

        } else {
            assist_ledger_count(c, &p->event);
        }
    }

    if (sealed) {
        rc->result.counted += rc->npending;
        rc->total.unmatched += rc->counts.unmatched;
        rc->total.excluded += rc->counts.excluded;
        rc->total.dropped += rc->counts.dropped;

    } else {
        rc->result.unsealed += rc->npending;
    }

    rc->npending = 0;
    memset(&rc->counts, 0, sizeof(assist_chain_counts_t));
}


const assist_recount_result_t *
assist_recount_result(const assist_recount_t *rc)
{
    return &rc->result;
}


int
assist_recount_figure(assist_recount_t *rc, const assist_audit_t *audit,
    const assist_rules_t *rules, assist_figure_in_t *in)
{
    if (rc->failed) {
        return -1;
    }

    memset(in, 0, sizeof(assist_figure_in_t));

    in->catalog = rc->catalog;
    in->rules = *rules;
    in->as_of = rc->as_of;
    in->gmtoff = rc->gmtoff;
    in->today = rc->today;
    in->counters = counters;
    in->data = rc;
    in->quality.unmatched = rc->total.unmatched;
    in->quality.excluded = rc->total.excluded;
    in->quality.dropped = rc->total.dropped;
    in->heads = assist_audit_open_heads(audit, &in->nheads);
    in->no_views = 1;

    return 0;
}


/* An id is looked for as the line has it, so no line is unescaped. */

static int
add_ids(assist_recount_t *rc)
{
    int           bad;
    uint32_t      i;
    assist_str_t  id;
    assist_buf_t  buf = ASSIST_BUF_INIT;

    for (i = 0, bad = 0; i < rc->catalog->nservices && !bad; i++) {
        buf.len = 0;
        assist_buf_json(&buf, rc->catalog->services[i].id);
        id = assist_arena_dup(rc->arena, assist_buf_str(&buf));

        bad = buf.failed || id.data == NULL
              || assist_table_put(&rc->ids, 0, id, i) != 0;
    }

    assist_buf_free(&buf);

    return bad ? -1 : 0;
}


/* Many lines are of the same second. */

static int
read_time(assist_recount_t *rc, assist_str_t time)
{
    if (time.len < sizeof(rc->time)
        && memcmp(rc->time, time.data, time.len) == 0)
    {
        return 0;
    }

    rc->time[0] = '\0';

    if (assist_line_time(time, &rc->moment) != 0) {
        return -1;
    }

    memcpy(rc->time, time.data, time.len);

    return 0;
}


static void
interaction(assist_recount_t *rc, const assist_line_t *line)
{
    pending_t       *pending;
    assist_str_t     id;
    assist_event_t   event;

    if (assist_line_event(line, &event, &id) != 0) {
        rc->result.malformed++;
        return;
    }

    pending = wait_for_block(rc, id);

    if (pending != NULL) {
        event.time = rc->moment.seconds;
        event.mday = rc->moment.mday;
        pending->event = event;
    }
}


static void
feedback(assist_recount_t *rc, const assist_line_t *line)
{
    int            useful;
    pending_t     *pending;
    assist_str_t   members, name, value, id;

    useful = -1;
    id = assist_str("");
    members = line->members;

    while (assist_line_member(&members, &name, &value) == 1) {

        if (assist_str_eq(name, assist_str("service"))) {
            id = value;

        } else if (assist_str_eq(name, assist_str("useful"))) {
            useful = assist_str_eq(value, assist_str("true")) ? 1
                     : assist_str_eq(value, assist_str("false")) ? 0 : -1;
        }
    }

    if (useful < 0 || id.len == 0) {
        rc->result.malformed++;
        return;
    }

    pending = wait_for_block(rc, id);

    if (pending != NULL) {
        pending->vote = 1;
        pending->useful = useful ? 1 : 0;
    }
}


static void
shown(assist_recount_t *rc, const assist_line_t *line)
{
    pending_t     *pending;
    assist_str_t   members, name, value, id;

    id = assist_str("");
    members = line->members;

    while (assist_line_member(&members, &name, &value) == 1) {
        if (assist_str_eq(name, assist_str("service"))) {
            id = value;
        }
    }

    if (id.len == 0) {
        rc->result.malformed++;
        return;
    }

    pending = wait_for_block(rc, id);

    if (pending != NULL) {
        pending->shown = 1;
        pending->event.mday = rc->moment.mday;
    }
}


/* NULL: it is of no month or service that counts, or memory is out. */

static pending_t *
wait_for_block(assist_recount_t *rc, assist_str_t id)
{
    void       *p;
    size_t      n;
    uint32_t    service;
    pending_t  *pending;

    if (rc->moment.month != rc->month && rc->moment.month != rc->month - 1) {
        return NULL;
    }

    if (id.data[0] != '"') {
        /* of no service: the block counts it as unmatched */
        return NULL;
    }

    service = assist_table_get(&rc->ids, 0, id);

    if (service == ASSIST_TABLE_NONE) {
        rc->result.unknown++;
        return NULL;
    }

    if (rc->npending == rc->pending_alloc) {
        n = rc->pending_alloc ? rc->pending_alloc * 2 : 256;

        p = realloc(rc->pending, n * sizeof(pending_t));
        if (p == NULL) {
            rc->failed = 1;
            return NULL;
        }

        rc->pending = p;
        rc->pending_alloc = n;
    }

    pending = &rc->pending[rc->npending++];
    memset(pending, 0, sizeof(pending_t));
    pending->service = service;
    pending->last = rc->moment.month != rc->month;

    return pending;
}


/* Was the log written with the catalogue that it is now judged by? */

static void
config(assist_recount_t *rc, const assist_line_t *line)
{
    assist_str_t  members, name, value;

    members = line->members;

    while (assist_line_member(&members, &name, &value) == 1) {

        if (assist_str_eq(name, assist_str("catalogue"))
            && (value.len != ASSIST_DIGEST_HEX + 2
                || memcmp(value.data + 1, rc->catalog->hash,
                          ASSIST_DIGEST_HEX)
                   != 0))
        {
            rc->result.catalogues++;
        }
    }
}


static assist_counters_t *
slot(assist_recount_t *rc, uint32_t service, unsigned last)
{
    assist_counters_t  **c;

    c = &rc->counters[last][service];

    if (*c == NULL) {
        *c = assist_arena_alloc(rc->arena, sizeof(assist_counters_t));

        if (*c != NULL) {
            memset(*c, 0, sizeof(assist_counters_t));
        }
    }

    return *c;
}


static const assist_counters_t *
counters(void *data, uint32_t service, int last)
{
    assist_recount_t *rc = data;

    return rc->counters[last][service];
}
