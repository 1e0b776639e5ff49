/*
 * Providers in Prometheus's text format.  Names are those of OpenTelemetry's
 * semantic conventions for generative AI (gen_ai.client.*), in Prometheus's
 * spelling.
 */

#include "ngx_http_assist.h"


typedef struct {
    const char  *name;
    const char  *help;
    size_t       offset;            /* in the state */
    const char  *label;             /* more of them, with a comma */
    ngx_uint_t   first;             /* see ngx_http_assist_histogram_t */
    ngx_uint_t   factor;
    double       unit;
} ngx_http_assist_metric_t;


static void ngx_http_assist_metrics_labels(assist_buf_t *out,
    ngx_http_assist_provider_t *p);
static void ngx_http_assist_metrics_text(assist_buf_t *out, ngx_str_t s);
static void ngx_http_assist_metrics_histogram(assist_buf_t *out,
    ngx_http_assist_provider_t *p, const ngx_http_assist_metric_t *metric);


#define state(field)  offsetof(ngx_http_assist_provider_state_t, field)

static const ngx_http_assist_metric_t  ngx_http_assist_metrics[] = {

    { "gen_ai_client_operation_duration_seconds",
      "How long calls of a model took.", state(duration), "", 10, 2, 0.001 },

    { "gen_ai_client_operation_time_to_first_chunk_seconds",
      "How long the first words of an answer took.", state(first_token), "",
      10, 2, 0.001 },

    { "gen_ai_client_token_usage", "Tokens of calls, where they are known.",
      state(tokens_in), ",gen_ai_token_type=\"input\"", 1, 4, 1 },

    { "gen_ai_client_token_usage", NULL, state(tokens_out),
      ",gen_ai_token_type=\"output\"", 1, 4, 1 },

    { NULL, NULL, 0, NULL, 0, 0, 0 }
};


void
ngx_http_assist_metrics_write(ngx_http_assist_main_conf_t *mcf,
    assist_buf_t *out)
{
    ngx_uint_t                        i, k;
    ngx_http_assist_provider_t      **p;
    const ngx_http_assist_metric_t   *metric;

    p = mcf->providers.elts;

    for (metric = ngx_http_assist_metrics; metric->name; metric++) {

        if (metric->help && mcf->providers.nelts) {
            assist_buf_printf(out, "# HELP %s %s\n# TYPE %s histogram\n",
                              metric->name, metric->help, metric->name);
        }

        for (i = 0; i < mcf->providers.nelts; i++) {
            ngx_http_assist_metrics_histogram(out, p[i], metric);
        }
    }

    if (mcf->providers.nelts) {
        assist_buf_puts(out, "# HELP assist_provider_calls_total Calls of a "
                        "model by how they ended; error_type is empty for "
                        "answers.\n# TYPE assist_provider_calls_total "
                        "counter\n");
    }

    for (i = 0; i < mcf->providers.nelts; i++) {
        for (k = 0; k < NGX_HTTP_ASSIST_PROVIDER_MAX; k++) {
            assist_buf_puts(out, "assist_provider_calls_total{");
            ngx_http_assist_metrics_labels(out, p[i]);
            assist_buf_printf(out, ",error_type=\"%s\"} ",
                              ngx_http_assist_provider_ends[k]);
            assist_buf_uint(out, p[i]->state->calls[k]);
            assist_buf_putc(out, '\n');
        }
    }
}


static void
ngx_http_assist_metrics_histogram(assist_buf_t *out,
    ngx_http_assist_provider_t *p, const ngx_http_assist_metric_t *metric)
{
    uint64_t                      sum, count;
    ngx_uint_t                    i, bound;
    ngx_http_assist_histogram_t  *h;

    h = (ngx_http_assist_histogram_t *)
        ((char *) p->state + metric->offset);
    sum = h->sum;

    for (i = 0, count = 0, bound = metric->first;
         i <= NGX_HTTP_ASSIST_BUCKETS;
         i++, bound *= metric->factor)
    {
        count += h->buckets[i];

        assist_buf_printf(out, "%s_bucket{", metric->name);
        ngx_http_assist_metrics_labels(out, p);
        assist_buf_puts(out, metric->label);

        if (i < NGX_HTTP_ASSIST_BUCKETS) {
            assist_buf_printf(out, ",le=\"%.10g\"} ",
                              (double) bound * metric->unit);
        } else {
            assist_buf_puts(out, ",le=\"+Inf\"} ");
        }

        assist_buf_uint(out, count);
        assist_buf_putc(out, '\n');
    }

    assist_buf_printf(out, "%s_sum{", metric->name);
    ngx_http_assist_metrics_labels(out, p);
    assist_buf_printf(out, "%s} %.15g\n", metric->label,
                      (double) sum * metric->unit);

    assist_buf_printf(out, "%s_count{", metric->name);
    ngx_http_assist_metrics_labels(out, p);
    assist_buf_printf(out, "%s} ", metric->label);
    assist_buf_uint(out, count);
    assist_buf_putc(out, '\n');
}


static void
ngx_http_assist_metrics_labels(assist_buf_t *out,
    ngx_http_assist_provider_t *p)
{
    assist_buf_puts(out, "gen_ai_operation_name=\"chat\","
                    "gen_ai_provider_name=\"");
    ngx_http_assist_metrics_text(out, p->name);
    assist_buf_puts(out, "\",gen_ai_request_model=\"");
    ngx_http_assist_metrics_text(out, p->model);
    assist_buf_putc(out, '"');
}


/* A label's value: backslash, quote and line end are escaped. */

static void
ngx_http_assist_metrics_text(assist_buf_t *out, ngx_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {

        if (s.data[i] == '\n') {
            assist_buf_puts(out, "\\n");
            continue;
        }

        if (s.data[i] == '"' || s.data[i] == '\\') {
            assist_buf_putc(out, '\\');
        }

        assist_buf_putc(out, (char) s.data[i]);
    }
}
