/*
 * The recounted figure as documents and as tables to read.
 */

#include "evidence.h"
#include "figure_priv.h"
#include "recount.h"


#define lit(out, text)  assist_buf_add(out, text, sizeof(text) - 1)


/* How a table is written. */
typedef struct {
    assist_buf_t  *out;
    int            html;
} page_t;


static void write_json(const assist_figure_in_t *in,
    const assist_closed_t *closed, assist_buf_t *out);
static void write_csv(const assist_figure_in_t *in,
    const assist_closed_t *closed, assist_buf_t *out);
static void write_page(const assist_figure_in_t *in,
    const assist_closed_t *closed, assist_buf_t *out, int html);
static void put_closed(page_t *page, const assist_closed_t *closed,
    const assist_figure_t *f);
static void put_measures(page_t *page, const assist_figure_t *f);
static void put_name(page_t *page, const assist_figure_measure_t *m);
static void put_target(page_t *page, const assist_figure_measure_t *m);
static void put_levels(page_t *page, const uint32_t *levels);
static void put_groups(page_t *page, const assist_figure_t *f,
    assist_group_by_t by);
static void put_quality(page_t *page, const assist_figure_in_t *in);
static void table(page_t *page, const char *title, const char *const *columns,
    size_t n);
static void end_table(page_t *page);
static void row(page_t *page);
static void end_row(page_t *page);
static void cell(page_t *page, assist_str_t text);
static void cell_uint(page_t *page, uint64_t n);
static void cell_percent(page_t *page, int64_t hundredths);


int
assist_recount_print(assist_recount_t *rc, const assist_audit_t *audit,
    const assist_rules_t *rules, const assist_closed_t *closed,
    const char *format, assist_buf_t *out)
{
    assist_figure_in_t  in;

    if (assist_recount_figure(rc, audit, rules, &in) != 0) {
        return -1;
    }

    if (strcmp(format, "json") == 0) {
        write_json(&in, closed, out);

    } else if (strcmp(format, "csv") == 0) {
        write_csv(&in, closed, out);

    } else if (strcmp(format, "md") == 0) {
        write_page(&in, closed, out, 0);

    } else if (strcmp(format, "html") == 0) {
        write_page(&in, closed, out, 1);

    } else {
        return 0;
    }

    return out->failed ? -1 : 1;
}


int
assist_recount_close(assist_recount_t *rc, const assist_audit_t *audit,
    const assist_rules_t *rules, int64_t now, assist_str_t key,
    assist_buf_t *out)
{
    assist_figure_in_t  in;

    if (assist_recount_figure(rc, audit, rules, &in) != 0) {
        return -1;
    }

    assist_closed_write(&in, now, key, out);

    return out->failed ? -1 : 0;
}


static void
write_json(const assist_figure_in_t *in, const assist_closed_t *closed,
    assist_buf_t *out)
{
    lit(out, "{\"coverage\":");
    assist_figure_coverage_json(in, out);
    lit(out, ",\"services\":");
    assist_figure_services_json(in, out);

    if (closed) {
        lit(out, ",\"closed\":");
        assist_closed_beside(closed, in, out);
    }

    lit(out, "}\n");
}


static void
write_csv(const assist_figure_in_t *in, const assist_closed_t *closed,
    assist_buf_t *out)
{
    size_t  i;

    assist_figure_coverage_csv(in, out);
    lit(out, "\n");
    assist_figure_services_csv(in, out);

    if (closed == NULL) {
        return;
    }

    lit(out, "\nmonth,closed_at,measure,numerator,denominator\n");

    for (i = 0; i < closed->npast; i++) {
        assist_figure_put_cell(out, closed->name);
        lit(out, ",");
        assist_figure_put_cell(out, closed->closed_at);
        lit(out, ",");
        assist_figure_put_cell(out, closed->past[i].name);
        assist_buf_printf(out, ",%u,%u\n", closed->past[i].numerator,
                          closed->past[i].denominator);
    }
}


static void
write_page(const assist_figure_in_t *in, const assist_closed_t *closed,
    assist_buf_t *out, int html)
{
    page_t           page;
    unsigned         by;
    assist_figure_t  f;

    if (assist_figure_sum(&f, in) != 0) {
        out->failed = 1;
        return;
    }

    page.out = out;
    page.html = html;

    if (html) {
        lit(out, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">"
                 "\n<title>Coverage ");
        assist_figure_put_period(out, in);
        lit(out, "</title>\n<style>table { border-collapse: collapse } "
                 "th, td { border: 1px solid; padding: .2em .5em; "
                 "text-align: left }</style>\n<h1>Coverage ");

    } else {
        lit(out, "# Coverage ");
    }

    assist_figure_put_period(out, in);
    assist_buf_puts(out, html ? "</h1>\n<p>As of " : "\n\nAs of ");
    assist_evidence_time(out, in->as_of, in->gmtoff);
    lit(out, ", recounted from the evidence; catalogue ");
    assist_buf_puts(out, in->catalog->hash);
    lit(out, ".\n");

    put_measures(&page, &f);

    if (closed) {
        put_closed(&page, closed, &f);
    }

    for (by = 0; by < ASSIST_GROUP_MAX; by++) {
        put_groups(&page, &f, (assist_group_by_t) by);
    }

    put_quality(&page, in);

    assist_figure_release(&f);
}


static void
put_measures(page_t *page, const assist_figure_t *f)
{
    uint32_t                        i;
    const assist_figure_measure_t  *m;

    static const char *const  columns[] = {
        "Measure", "Of", "Numerator", "Ratio", "Target", "Needed", "Status",
        "L1", "L2", "L3", "L4"
    };

    table(page, "Measures", columns, sizeof(columns) / sizeof(columns[0]));

    for (i = 0; i < f->nmeasures; i++) {
        m = &f->measures[i];

        row(page);
        put_name(page, m);

        if (m->people) {
            cell(page, assist_str("n/a"));

        } else {
            cell_uint(page, m->denominator);
        }

        cell_uint(page, m->numerator);
        cell_percent(page, m->ratio);
        put_target(page, m);
        cell(page, assist_str_of(m->status ? m->status : "n/a"));
        put_levels(page, assist_figure_registered(m) ? NULL : m->levels);
        end_row(page);
    }

    end_table(page);
}


/* The month as it was closed, beside what the evidence says now. */

static void
put_closed(page_t *page, const assist_closed_t *closed,
    const assist_figure_t *f)
{
    size_t                          i;
    const assist_past_t            *past;
    const assist_figure_measure_t  *m;

    static const char *const  columns[] = {
        "Measure", "Numerator, closed", "Of, closed", "Numerator, now",
        "Of, now"
    };

    table(page, "As closed, and now", columns,
          sizeof(columns) / sizeof(columns[0]));

    for (i = 0; i < closed->npast; i++) {
        past = &closed->past[i];
        m = assist_figure_find(f, past->name);

        row(page);
        cell(page, past->name);
        cell_uint(page, past->numerator);
        cell_uint(page, past->denominator);

        if (m) {
            cell_uint(page, m->numerator);
            cell_uint(page, m->denominator);

        } else {
            cell(page, assist_str("n/a"));
            cell(page, assist_str("n/a"));
        }

        end_row(page);
    }

    end_table(page);
}


static void
put_name(page_t *page, const assist_figure_measure_t *m)
{
    assist_buf_t  name = ASSIST_BUF_INIT;

    if (m->of->subset < ASSIST_SUBSET_FIXED) {
        cell(page, assist_str_of(assist_figure_title(m)));
        return;
    }

    assist_figure_name(m, &name);
    page->out->failed |= name.failed;
    cell(page, assist_buf_str(&name));

    assist_buf_free(&name);
}


/* The target and what is missing to it. */

static void
put_target(page_t *page, const assist_figure_measure_t *m)
{
    if (m->target < 0) {
        cell(page, assist_str("n/a"));
        cell(page, assist_str("n/a"));
        return;
    }

    if (m->people) {
        cell_uint(page, (uint64_t) (m->target + 99) / 100);

    } else {
        cell_percent(page, m->target);
    }

    cell_uint(page, m->needed);
}


/* NULL: there are none. */

static void
put_levels(page_t *page, const uint32_t *levels)
{
    unsigned  i;

    for (i = 0; i < ASSIST_LEVELS_N; i++) {
        if (levels) {
            cell_uint(page, levels[i]);

        } else {
            cell(page, assist_str(""));
        }
    }
}


static void
put_groups(page_t *page, const assist_figure_t *f, assist_group_by_t by)
{
    uint32_t                      i;
    const assist_figure_group_t  *g;

    static const char *const  titles[ASSIST_GROUP_MAX] = {
        "Agencies", "Fields", "Provinces"
    };
    static const char *const  columns[] = {
        "Code", "Name", "Services", "With AI (L2)", "Ratio", "L1", "L2",
        "L3", "L4"
    };

    if (f->groups[by].n == 0) {
        return;
    }

    table(page, titles[by], columns, sizeof(columns) / sizeof(columns[0]));

    for (i = 0; i < f->groups[by].n; i++) {
        g = &f->groups[by].list[i];

        row(page);
        cell(page, g->code);
        cell(page, g->name);
        cell_uint(page, g->denominator);
        cell_uint(page, g->levels[1]);
        cell_percent(page, assist_figure_ratio(g->levels[1], g->denominator));
        put_levels(page, g->levels);
        end_row(page);
    }

    end_table(page);
}


static void
put_quality(page_t *page, const assist_figure_in_t *in)
{
    static const char *const  columns[] = {
        "Unmatched", "Excluded", "Lines dropped"
    };

    table(page, "Data quality", columns, sizeof(columns) / sizeof(columns[0]));
    row(page);
    cell_uint(page, in->quality.unmatched);
    cell_uint(page, in->quality.excluded);
    cell_uint(page, in->quality.dropped);
    end_row(page);
    end_table(page);
}


static void
table(page_t *page, const char *title, const char *const *columns, size_t n)
{
    size_t         i;
    assist_buf_t  *out;

    out = page->out;

    if (page->html) {
        lit(out, "<h2>");
        assist_buf_html(out, assist_str_of(title));
        lit(out, "</h2>\n<table>\n<tr>");

        for (i = 0; i < n; i++) {
            lit(out, "<th scope=\"col\">");
            assist_buf_html(out, assist_str_of(columns[i]));
            lit(out, "</th>");
        }

        lit(out, "</tr>\n");
        return;
    }

    lit(out, "\n## ");
    assist_buf_puts(out, title);
    lit(out, "\n\n|");

    for (i = 0; i < n; i++) {
        assist_buf_printf(out, " %s |", columns[i]);
    }

    lit(out, "\n|");

    for (i = 0; i < n; i++) {
        lit(out, "---|");
    }

    lit(out, "\n");
}


static void
end_table(page_t *page)
{
    if (page->html) {
        lit(page->out, "</table>\n");
    }
}


static void
row(page_t *page)
{
    assist_buf_puts(page->out, page->html ? "<tr>" : "|");
}


static void
end_row(page_t *page)
{
    assist_buf_puts(page->out, page->html ? "</tr>\n" : "\n");
}


/* In Markdown what has a meaning there is escaped, or is a blank. */

static void
cell(page_t *page, assist_str_t text)
{
    size_t         i;
    assist_buf_t  *out;

    out = page->out;

    if (page->html) {
        lit(out, "<td>");
        assist_buf_html(out, text);
        lit(out, "</td>");
        return;
    }

    lit(out, " ");

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '\n' || text.data[i] == '\r') {
            lit(out, " ");
            continue;
        }

        if (memchr("\\`*_[]<>|&", text.data[i], 10) != NULL) {
            lit(out, "\\");
        }

        assist_buf_putc(out, text.data[i]);
    }

    lit(out, " |");
}


static void
cell_uint(page_t *page, uint64_t n)
{
    char   text[20];
    char  *p;

    p = text + sizeof(text);

    do {
        *--p = (char) ('0' + n % 10);
        n /= 10;
    } while (n);

    cell(page, (assist_str_t) { p, (size_t) (text + sizeof(text) - p) });
}


static void
cell_percent(page_t *page, int64_t hundredths)
{
    assist_buf_t  text = ASSIST_BUF_INIT;

    if (hundredths < 0) {
        cell(page, assist_str("n/a"));
        return;
    }

    assist_figure_put_hundredths(&text, hundredths);
    assist_buf_puts(&text, " %");

    page->out->failed |= text.failed;
    cell(page, assist_buf_str(&text));

    assist_buf_free(&text);
}
