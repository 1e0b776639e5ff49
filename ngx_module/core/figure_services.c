/*
 * A row a service: services.json and services.csv, the same columns.
 */

#include "date.h"
#include "evidence.h"
#include "figure_priv.h"


#define SLICE  512                      /* services of a call */

#define lit(out, text)  assist_buf_add(out, text, sizeof(text) - 1)


typedef enum {
    CELL_NULL = 0,
    CELL_TEXT,
    CELL_WORD,                          /* text of ours: needs no escape */
    CELL_UINT,
    CELL_BOOL,
    CELL_SHARE,                         /* hundredths of 1 */
    CELL_TIME,
    CELL_DATE,
    CELL_LEVELS                         /* bits ASSIST_L* */
} cell_type_t;


typedef struct {
    cell_type_t   type;
    union {
        assist_str_t  text;
        uint64_t      n;
        int32_t       day;
    }             of;
} cell_t;


/* The columns, in the order in which they are printed. */
typedef enum {
    COL_CODE = 0, COL_NAME, COL_AGENCY_CODE, COL_AGENCY, COL_LEVEL, COL_FIELD,
    COL_ESSENTIAL, COL_EVIDENCE, COL_OFFICIAL, COL_VIEWS, COL_INTERACTIONS,
    COL_ANSWERED, COL_CACHED, COL_SOURCED, COL_CLARIFICATION,
    COL_UNANSWERABLE, COL_REFUSED, COL_UNGROUNDED, COL_FALLBACK,
    COL_ERROR_TIMEOUT, COL_ERROR_PROVIDER, COL_ERROR_HOOK, COL_BY_MODEL,
    COL_BY_CATALOGUE, COL_TOKENS_IN, COL_TOKENS_OUT, COL_USEFUL,
    COL_NOT_USEFUL, COL_LATENCY_P95_MS, COL_DAYS, COL_BUSIEST_DAY_SHARE,
    COL_FIRST_SUCCESS, COL_LAST_SUCCESS, COL_UPDATED, COL_TASK, COL_UNIT,
    COL_DEADLINE, COL_OVERDUE, COL_MAX
} column_t;


static void fill(cell_t *cells, const assist_figure_t *f, uint32_t service,
    int last);
static void fill_task(cell_t *cells, const assist_figure_t *f,
    const assist_figure_fact_t *fact);
static void fill_counters(cell_t *cells, const assist_counters_t *c);
static void fill_days(cell_t *cells, const assist_counters_t *c);
static void json_cell(assist_buf_t *out, const cell_t *cell, int gmtoff);
static void json_levels(assist_buf_t *out, unsigned bits);
static void csv_cell(assist_buf_t *out, const cell_t *cell, int gmtoff);
static void csv_levels(assist_buf_t *out, unsigned bits);
static cell_t text(assist_str_t s);
static cell_t number(cell_type_t type, uint64_t n);
static cell_t dated(int32_t day);
static cell_t moment(uint64_t time);


/* As it stands before a value of JSON; CSV takes the name out of it. */
#define column(name)  { ",\"" name "\":", sizeof(",\"" name "\":") - 1 }

static const assist_str_t  columns[COL_MAX] = {
    [COL_CODE] = column("code"),
    [COL_NAME] = column("name"),
    [COL_AGENCY_CODE] = column("agency_code"),
    [COL_AGENCY] = column("agency"),
    [COL_LEVEL] = column("level"),
    [COL_FIELD] = column("field"),
    [COL_ESSENTIAL] = column("essential"),
    [COL_EVIDENCE] = column("evidence"),
    [COL_OFFICIAL] = column("official"),
    [COL_VIEWS] = column("views"),
    [COL_INTERACTIONS] = column("interactions"),
    [COL_ANSWERED] = column("answered"),
    [COL_CACHED] = column("cached"),
    [COL_SOURCED] = column("sourced"),
    [COL_CLARIFICATION] = column("clarification"),
    [COL_UNANSWERABLE] = column("unanswerable"),
    [COL_REFUSED] = column("refused"),
    [COL_UNGROUNDED] = column("ungrounded"),
    [COL_FALLBACK] = column("fallback"),
    [COL_ERROR_TIMEOUT] = column("error_timeout"),
    [COL_ERROR_PROVIDER] = column("error_provider"),
    [COL_ERROR_HOOK] = column("error_hook"),
    [COL_BY_MODEL] = column("by_model"),
    [COL_BY_CATALOGUE] = column("by_catalogue"),
    [COL_TOKENS_IN] = column("tokens_in"),
    [COL_TOKENS_OUT] = column("tokens_out"),
    [COL_USEFUL] = column("useful"),
    [COL_NOT_USEFUL] = column("not_useful"),
    [COL_LATENCY_P95_MS] = column("latency_p95_ms"),
    [COL_DAYS] = column("days"),
    [COL_BUSIEST_DAY_SHARE] = column("busiest_day_share"),
    [COL_FIRST_SUCCESS] = column("first_success"),
    [COL_LAST_SUCCESS] = column("last_success"),
    [COL_UPDATED] = column("updated"),
    [COL_TASK] = column("task"),
    [COL_UNIT] = column("unit"),
    [COL_DEADLINE] = column("deadline"),
    [COL_OVERDUE] = column("overdue")
};


/* a service that nobody asked about */
static const assist_counters_t  nothing;


uint32_t
assist_figure_services_json(const assist_figure_t *f, uint32_t from,
    assist_buf_t *out)
{
    uint32_t  i, n;

    n = f->in->catalog->nservices;

    if (from == 0) {
        lit(out, "{\"as_of\":");
        assist_evidence_time(out, f->in->as_of, f->in->gmtoff);
        lit(out, ",\"period\":\"");
        assist_figure_put_period(out, f->in);
        lit(out, "\",\"services\":[");
    }

    if (out->failed) {
        return 0;
    }

    for (i = from; i < n && i - from < SLICE && !out->failed; i++) {
        if (f->facts[i].row == ASSIST_NONE) {
            continue;
        }

        assist_buf_puts(out, out->data[out->len - 1] == '[' ? "\n" : ",\n");
        assist_figure_put_service(out, f, i, 0);
    }

    if (i < n) {
        return i;
    }

    lit(out, "]}\n");

    return 0;
}


uint32_t
assist_figure_services_csv(const assist_figure_t *f, uint32_t from,
    assist_buf_t *out)
{
    cell_t    cells[COL_MAX];
    uint32_t  i, n;
    unsigned  col;

    n = f->in->catalog->nservices;

    for (col = 0; from == 0 && col < COL_MAX; col++) {
        assist_buf_puts(out, col ? "," : "");
        assist_buf_add(out, columns[col].data + 2, columns[col].len - 4);
    }

    if (from == 0) {
        lit(out, "\n");
    }

    for (i = from; i < n && i - from < SLICE; i++) {
        if (f->facts[i].row == ASSIST_NONE) {
            continue;
        }

        fill(cells, f, i, 0);

        for (col = 0; col < COL_MAX; col++) {
            if (col) {
                lit(out, ",");
            }

            csv_cell(out, &cells[col], f->in->gmtoff);
        }

        lit(out, "\n");
    }

    return i < n ? i : 0;
}


void
assist_figure_all(const assist_figure_t *f, assist_figure_rows_pt rows,
    assist_buf_t *out)
{
    uint32_t  from;

    from = 0;

    do {
        from = rows(f, from, out);
    } while (from);
}


void
assist_figure_put_service(assist_buf_t *out, const assist_figure_t *f,
    uint32_t service, int last)
{
    cell_t        cells[COL_MAX];
    unsigned      col;
    assist_str_t  key;

    fill(cells, f, service, last);

    for (col = 0; col < COL_MAX; col++) {
        key = columns[col];

        if (col == 0) {
            assist_buf_putc(out, '{');
            key.data++;
            key.len--;
        }

        assist_buf_add(out, key.data, key.len);
        json_cell(out, &cells[col], f->in->gmtoff);
    }

    lit(out, "}");
}


static void
fill(cell_t *cells, const assist_figure_t *f, uint32_t service, int last)
{
    const assist_row_t          *row;
    const assist_counters_t     *c;
    const assist_figure_fact_t  *fact;

    fact = &f->facts[service];
    row = &f->in->catalog->rows[fact->row];
    c = assist_figure_counters(f->in, service, last);

    cells[COL_CODE] = text(row->code);
    cells[COL_NAME] = text(row->name);
    cells[COL_AGENCY_CODE] = text(row->agency_code);
    cells[COL_AGENCY] = text(row->agency);
    cells[COL_LEVEL] = text(assist_str_of(assist_level_name(fact->level)));
    cells[COL_LEVEL].type = CELL_WORD;
    cells[COL_FIELD] = text(row->field);
    cells[COL_ESSENTIAL] = number(CELL_BOOL, fact->essential);
    cells[COL_EVIDENCE] = number(CELL_LEVELS, fact->reached);
    cells[COL_OFFICIAL] = number(CELL_BOOL,
                                 fact->level == ASSIST_LEVEL_FULL
                                 && (fact->reached & ASSIST_L2));

    fill_counters(cells, c ? c : &nothing);
    fill_days(cells, c ? c : &nothing);

    if (f->in->no_views) {
        cells[COL_VIEWS].type = CELL_NULL;
    }

    cells[COL_UPDATED] = dated(fact->updated);
    fill_task(cells, f, fact);
}


static void
fill_task(cell_t *cells, const assist_figure_t *f,
    const assist_figure_fact_t *fact)
{
    unsigned              i;
    const assist_task_t  *task;

    if (fact->task == ASSIST_NONE) {
        for (i = COL_TASK; i <= COL_OVERDUE; i++) {
            cells[i].type = CELL_NULL;
        }

        return;
    }

    task = &f->in->rules.tasks->list[fact->task];

    cells[COL_TASK] = text(task->text);
    cells[COL_UNIT] = text(task->unit);
    cells[COL_DEADLINE] = dated(task->deadline);

    /* the task may wait for others: this is about the service */
    cells[COL_OVERDUE] = number(CELL_BOOL,
                                task->deadline != INT32_MIN
                                && task->deadline < f->in->today
                                && !(fact->reached & ASSIST_L2));
}


static void
fill_counters(cell_t *cells, const assist_counters_t *c)
{
    size_t    i;
    uint32_t  latency;

    static const struct {
        column_t          column;
        assist_outcome_t  outcome;
    } outcomes[] = {
        { COL_ANSWERED, ASSIST_ANSWERED },
        { COL_CLARIFICATION, ASSIST_CLARIFICATION },
        { COL_UNANSWERABLE, ASSIST_UNANSWERABLE },
        { COL_REFUSED, ASSIST_REFUSED },
        { COL_UNGROUNDED, ASSIST_UNGROUNDED },
        { COL_FALLBACK, ASSIST_FALLBACK },
        { COL_ERROR_TIMEOUT, ASSIST_ERROR_TIMEOUT },
        { COL_ERROR_PROVIDER, ASSIST_ERROR_PROVIDER },
        { COL_ERROR_HOOK, ASSIST_ERROR_HOOK }
    };

    for (i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        cells[outcomes[i].column] =
            number(CELL_UINT,
                   assist_ledger_outcome(c, outcomes[i].outcome, -1));
    }

    cells[COL_VIEWS] = number(CELL_UINT, c->views);
    cells[COL_INTERACTIONS] = number(CELL_UINT,
                                     assist_ledger_interactions(c));
    cells[COL_CACHED] = number(CELL_UINT, c->cached);
    cells[COL_SOURCED] = number(CELL_UINT, c->sourced);
    cells[COL_BY_MODEL] = number(CELL_UINT,
        assist_ledger_outcome(c, ASSIST_ANSWERED, ASSIST_BY_MODEL));
    cells[COL_BY_CATALOGUE] = number(CELL_UINT,
        assist_ledger_outcome(c, ASSIST_ANSWERED, ASSIST_BY_CATALOGUE));
    cells[COL_TOKENS_IN] = number(CELL_UINT, c->tokens_in);
    cells[COL_TOKENS_OUT] = number(CELL_UINT, c->tokens_out);
    cells[COL_USEFUL] = number(CELL_UINT, c->useful[1]);
    cells[COL_NOT_USEFUL] = number(CELL_UINT, c->useful[0]);

    latency = assist_ledger_percentile(c, 0.95);

    if (latency == UINT32_MAX) {
        /* all that is known is that it is more */
        latency = assist_latency_bounds[ASSIST_LATENCY_BUCKETS - 2] + 1;
    }

    cells[COL_LATENCY_P95_MS] = number(latency ? CELL_UINT : CELL_NULL,
                                       latency);
    cells[COL_FIRST_SUCCESS] = moment(c->first_success);
    cells[COL_LAST_SUCCESS] = moment(c->last_success);
}


/* One clerk on one day shows in the share of the busiest. */

static void
fill_days(cell_t *cells, const assist_counters_t *c)
{
    unsigned  i;
    uint64_t  all, busiest, answered;

    all = 0;
    busiest = 0;

    for (i = 0; i < sizeof(c->day) / sizeof(c->day[0]); i++) {
        all += c->day[i];
        busiest = c->day[i] > busiest ? c->day[i] : busiest;
    }

    answered = c->days[ASSIST_BY_MODEL] | c->days[ASSIST_BY_CATALOGUE];

    cells[COL_DAYS] = number(CELL_UINT,
                             (uint64_t) __builtin_popcountll(answered));
    cells[COL_BUSIEST_DAY_SHARE] = number(CELL_NULL, 0);

    if (all) {
        cells[COL_BUSIEST_DAY_SHARE] =
            number(CELL_SHARE, (busiest * 100 + all / 2) / all);
    }
}


static void
json_cell(assist_buf_t *out, const cell_t *cell, int gmtoff)
{
    switch (cell->type) {

    case CELL_NULL:
        lit(out, "null");
        break;

    case CELL_TEXT:
        assist_buf_json(out, cell->of.text);
        break;

    case CELL_LEVELS:
        json_levels(out, (unsigned) cell->of.n);
        break;

    case CELL_WORD:
    case CELL_DATE:
        lit(out, "\"");
        csv_cell(out, cell, gmtoff);
        lit(out, "\"");
        break;

    case CELL_UINT:
    case CELL_BOOL:
    case CELL_SHARE:
        csv_cell(out, cell, gmtoff);
        break;

    case CELL_TIME:
        assist_evidence_time(out, (int64_t) cell->of.n, gmtoff);
        break;
    }
}


static void
json_levels(assist_buf_t *out, unsigned bits)
{
    unsigned     i;
    const char  *start;

    start = "[\"L";

    for (i = 0; i < ASSIST_LEVELS_N; i++) {
        if (bits >> i & 1) {
            assist_buf_puts(out, start);
            assist_buf_putc(out, (char) ('1' + i));
            start = "\",\"L";
        }
    }

    assist_buf_puts(out, bits ? "\"]" : "[]");
}


static void
csv_cell(assist_buf_t *out, const cell_t *cell, int gmtoff)
{
    char  date[11];

    switch (cell->type) {

    case CELL_NULL:
        break;

    case CELL_TEXT:
        assist_figure_put_cell(out, cell->of.text);
        break;

    case CELL_WORD:
        assist_buf_add(out, cell->of.text.data, cell->of.text.len);
        break;

    case CELL_UINT:
        assist_buf_uint(out, cell->of.n);
        break;

    case CELL_BOOL:
        assist_buf_puts(out, cell->of.n ? "true" : "false");
        break;

    case CELL_SHARE:
        assist_figure_put_hundredths(out, (int64_t) cell->of.n);
        break;

    case CELL_TIME:
        assist_evidence_time(out, (int64_t) cell->of.n, gmtoff);
        break;

    case CELL_DATE:
        assist_date_format(cell->of.day, date);
        assist_buf_add(out, date, sizeof(date) - 1);
        break;

    case CELL_LEVELS:
        csv_levels(out, (unsigned) cell->of.n);
        break;
    }
}


static void
csv_levels(assist_buf_t *out, unsigned bits)
{
    unsigned     i;
    const char  *start;

    start = "L";

    for (i = 0; i < ASSIST_LEVELS_N; i++) {
        if (bits >> i & 1) {
            assist_buf_puts(out, start);
            assist_buf_putc(out, (char) ('1' + i));
            start = " L";
        }
    }
}


static cell_t
text(assist_str_t s)
{
    cell_t  cell;

    cell.type = CELL_TEXT;
    cell.of.text = s;

    return cell;
}


static cell_t
number(cell_type_t type, uint64_t n)
{
    cell_t  cell;

    cell.type = type;
    cell.of.n = n;

    return cell;
}


static cell_t
dated(int32_t day)
{
    cell_t  cell;

    cell.type = day == INT32_MIN ? CELL_NULL : CELL_DATE;
    cell.of.day = day;

    return cell;
}


static cell_t
moment(uint64_t time)
{
    return number(time ? CELL_TIME : CELL_NULL, time);
}
