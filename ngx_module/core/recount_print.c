/*
 * The recounted figure as documents.
 */

#include "figure_priv.h"
#include "recount.h"


#define lit(out, text)  assist_buf_add(out, text, sizeof(text) - 1)


static assist_figure_t *make(assist_recount_t *rc, const assist_audit_t *audit,
    const assist_rules_t *rules);
static void write_json(const assist_figure_t *f,
    const assist_closed_t *closed, int services, assist_buf_t *out);
static void write_csv(const assist_figure_t *f, const assist_closed_t *closed,
    assist_buf_t *out);


int
assist_recount_print(assist_recount_t *rc, const assist_audit_t *audit,
    const assist_rules_t *rules, const assist_closed_t *closed,
    const char *format, assist_buf_t *out)
{
    int               csv, services;
    assist_figure_t  *f;

    csv = strcmp(format, "csv") == 0;
    services = strcmp(format, "json") == 0;

    if (!csv && !services && strcmp(format, "figure") != 0) {
        return 0;
    }

    f = make(rc, audit, rules);

    if (f == NULL) {
        return -1;
    }

    if (csv) {
        write_csv(f, closed, out);

    } else {
        write_json(f, closed, services, out);
    }

    assist_figure_free(f);

    return out->failed ? -1 : 1;
}


int
assist_recount_close(assist_recount_t *rc, const assist_audit_t *audit,
    const assist_rules_t *rules, int64_t now, assist_str_t key,
    assist_buf_t *out)
{
    assist_figure_t  *f;

    f = make(rc, audit, rules);

    if (f == NULL) {
        return -1;
    }

    assist_closed_write(f, now, key, out);
    assist_figure_free(f);

    return out->failed ? -1 : 0;
}


static assist_figure_t *
make(assist_recount_t *rc, const assist_audit_t *audit,
    const assist_rules_t *rules)
{
    assist_figure_in_t  in;

    if (assist_recount_figure(rc, audit, rules, &in) != 0) {
        return NULL;
    }

    return assist_figure_create(&in);
}


static void
write_json(const assist_figure_t *f, const assist_closed_t *closed,
    int services, assist_buf_t *out)
{
    lit(out, "{\"coverage\":");
    assist_figure_coverage_json(f, out);

    if (services) {
        lit(out, ",\"services\":");
        assist_figure_all(f, assist_figure_services_json, out);
    }

    if (closed) {
        lit(out, ",\"closed\":");
        assist_closed_beside(closed, f, out);
    }

    lit(out, "}\n");
}


static void
write_csv(const assist_figure_t *f, const assist_closed_t *closed,
    assist_buf_t *out)
{
    size_t  i;

    assist_figure_coverage_csv(f, out);
    lit(out, "\n");
    assist_figure_all(f, assist_figure_services_csv, out);

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
