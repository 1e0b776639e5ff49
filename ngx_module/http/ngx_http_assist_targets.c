/*
 * What the figure is judged by: files that the master reads.
 */

#include "ngx_http_assist.h"


static ngx_int_t ngx_http_assist_targets_read(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text);
static ngx_int_t ngx_http_assist_targets_keep(ngx_conf_t *cf, void *data,
    void (*free)(void *data));
static void ngx_http_assist_targets_free(void *data);
static void ngx_http_assist_tasks_free(void *data);
static void ngx_http_assist_tasks_check(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf);
static ngx_uint_t ngx_http_assist_targets_known(assist_catalog_t *catalog,
    const assist_target_t *target);


char *
ngx_http_assist_targets(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t *mcf = conf;

    ngx_str_t       *value, text;
    assist_error_t   err;

    if (mcf->targets) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_http_assist_targets_read(cf, &value[1], &text) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    mcf->targets = assist_targets_create(ngx_http_assist_str(text), &err);

    if (mcf->targets == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V:%uD: %s", &value[1],
                           err.line, err.text);
        return NGX_CONF_ERROR;
    }

    return ngx_http_assist_targets_keep(cf, mcf->targets,
                                        ngx_http_assist_targets_free)
           == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_assist_tasks(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t *mcf = conf;

    ngx_str_t       *value, text;
    assist_error_t   err;

    if (mcf->tasks) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_http_assist_targets_read(cf, &value[1], &text) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    mcf->tasks = assist_tasks_parse(ngx_http_assist_str(text), &err);

    if (mcf->tasks == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V:%uD: %s", &value[1],
                           err.line, err.text);
        return NGX_CONF_ERROR;
    }

    return ngx_http_assist_targets_keep(cf, mcf->tasks,
                                        ngx_http_assist_tasks_free)
           == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


ngx_int_t
ngx_http_assist_targets_check(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf)
{
    uint32_t          i;
    assist_error_t    err;
    assist_target_t  *target;

    if (mcf->targets == NULL) {
        mcf->targets = assist_targets_create(assist_str(""), &err);

        if (mcf->targets == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "%s", err.text);
            return NGX_ERROR;
        }

        if (ngx_http_assist_targets_keep(cf, mcf->targets,
                                         ngx_http_assist_targets_free)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (mcf->catalog == NULL) {
        return NGX_OK;
    }

    ngx_http_assist_tasks_check(cf, mcf);

    for (i = ASSIST_SUBSET_FIXED; i < mcf->targets->n; i++) {
        target = &mcf->targets->list[i];

        if (!ngx_http_assist_targets_known(mcf->catalog, target)) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "assist_targets: line %uD is of the %s \"%*s\", "
                          "which the catalogue does not have", target->line,
                          assist_subset_name(target->subset),
                          target->value.len, target->value.data);
        }
    }

    return NGX_OK;
}


void
ngx_http_assist_targets_rules(ngx_http_assist_main_conf_t *mcf,
    assist_rules_t *rules)
{
    ngx_memzero(rules, sizeof(assist_rules_t));

    rules->levels = &mcf->levels;
    rules->targets = mcf->targets;
    rules->tasks = mcf->tasks;
}


/* The file that a directive names, whose name becomes a full one. */

static ngx_int_t
ngx_http_assist_targets_read(ngx_conf_t *cf, ngx_str_t *name, ngx_str_t *text)
{
    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_assist_read_file(cf, name, text);
}


static ngx_int_t
ngx_http_assist_targets_keep(ngx_conf_t *cf, void *data,
    void (*free)(void *data))
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        free(data);
        return NGX_ERROR;
    }

    cln->handler = free;
    cln->data = data;

    return NGX_OK;
}


static void
ngx_http_assist_targets_free(void *data)
{
    assist_targets_free(data);
}


static void
ngx_http_assist_tasks_free(void *data)
{
    assist_tasks_free(data);
}


/* Catalogues change: a task whose service is gone is no error. */

static void
ngx_http_assist_tasks_check(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf)
{
    uint32_t  n, line;

    if (mcf->tasks == NULL) {
        return;
    }

    n = assist_tasks_unknown(mcf->tasks, mcf->catalog, &line);

    if (n) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "assist_tasks: %uD tasks are of services or agencies "
                      "that the catalogue does not have, first in line %uD",
                      n, line);
    }
}


static ngx_uint_t
ngx_http_assist_targets_known(assist_catalog_t *catalog,
    const assist_target_t *target)
{
    uint32_t             i;
    const assist_row_t  *row;

    for (i = 0; i < catalog->nrows; i++) {
        row = &catalog->rows[i];

        if (assist_str_eq(target->value,
                          target->subset == ASSIST_SUBSET_FIELD ? row->field
                          : target->subset == ASSIST_SUBSET_PROVINCE
                          ? row->province
                          : row->agency_code.len ? row->agency_code
                          : row->agency))
        {
            return 1;
        }
    }

    return 0;
}
