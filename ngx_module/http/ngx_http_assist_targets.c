/*
 * What the figure is judged by: files of targets, tasks and documents, which
 * the master reads.
 */

#include "ngx_http_assist.h"


/* A parser of core, NULL: failed; and what frees what it made. */
typedef void *(*ngx_http_assist_parse_pt)(assist_str_t file,
    assist_error_t *err);


static char *ngx_http_assist_targets_file(ngx_conf_t *cf, void **place,
    ngx_http_assist_parse_pt parse, ngx_pool_cleanup_pt free);
static ngx_int_t ngx_http_assist_targets_keep(ngx_conf_t *cf, void *data,
    ngx_pool_cleanup_pt free);
static void *ngx_http_assist_targets_parse(assist_str_t file,
    assist_error_t *err);
static void ngx_http_assist_targets_free(void *data);
static void *ngx_http_assist_tasks_parse(assist_str_t file,
    assist_error_t *err);
static void ngx_http_assist_tasks_free(void *data);
static void *ngx_http_assist_register_parse(assist_str_t file,
    assist_error_t *err);
static void ngx_http_assist_register_free(void *data);
static ngx_uint_t ngx_http_assist_targets_known(assist_catalog_t *catalog,
    const assist_target_t *target);


char *
ngx_http_assist_targets(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t *mcf = conf;

    return ngx_http_assist_targets_file(cf, (void **) &mcf->targets,
                                        ngx_http_assist_targets_parse,
                                        ngx_http_assist_targets_free);
}


char *
ngx_http_assist_tasks(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t *mcf = conf;

    return ngx_http_assist_targets_file(cf, (void **) &mcf->tasks,
                                        ngx_http_assist_tasks_parse,
                                        ngx_http_assist_tasks_free);
}


char *
ngx_http_assist_register(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_main_conf_t *mcf = conf;

    return ngx_http_assist_targets_file(cf, (void **) &mcf->registered,
                                        ngx_http_assist_register_parse,
                                        ngx_http_assist_register_free);
}


ngx_int_t
ngx_http_assist_targets_check(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf)
{
    uint32_t          i, n, line;
    assist_target_t  *target;

    if (mcf->targets == NULL) {
        mcf->targets = assist_targets_create(assist_str(""), NULL);

        if (mcf->targets == NULL
            || ngx_http_assist_targets_keep(cf, mcf->targets,
                                            ngx_http_assist_targets_free)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (mcf->catalog == NULL) {
        return NGX_OK;
    }

    /* catalogues change: what is of a service that is gone is no error */

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

    n = mcf->tasks ? assist_tasks_unknown(mcf->tasks, mcf->catalog, &line)
                   : 0;

    if (n) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "assist_tasks: %uD tasks are of services or agencies "
                      "that the catalogue does not have, first in line %uD",
                      n, line);
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
    rules->registered = mcf->registered;
    rules->past = mcf->past;
    rules->npast = mcf->npast;
}


static char *
ngx_http_assist_targets_file(ngx_conf_t *cf, void **place,
    ngx_http_assist_parse_pt parse, ngx_pool_cleanup_pt free)
{
    ngx_str_t       *value, name, text;
    assist_error_t   err;

    if (*place) {
        return "is duplicate";
    }

    value = cf->args->elts;
    name = value[1];

    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK
        || ngx_http_assist_read_file(cf, &name, &text) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    *place = parse(ngx_http_assist_str(text), &err);

    if (*place == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V:%uD: %s", &name,
                           err.line, err.text);
        return NGX_CONF_ERROR;
    }

    return ngx_http_assist_targets_keep(cf, *place, free) == NGX_OK
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_assist_targets_keep(ngx_conf_t *cf, void *data,
    ngx_pool_cleanup_pt free)
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


static void *
ngx_http_assist_targets_parse(assist_str_t file, assist_error_t *err)
{
    return assist_targets_create(file, err);
}


static void
ngx_http_assist_targets_free(void *data)
{
    assist_targets_free(data);
}


static void *
ngx_http_assist_tasks_parse(assist_str_t file, assist_error_t *err)
{
    return assist_tasks_parse(file, err);
}


static void
ngx_http_assist_tasks_free(void *data)
{
    assist_tasks_free(data);
}


static void *
ngx_http_assist_register_parse(assist_str_t file, assist_error_t *err)
{
    return assist_register_parse(file, err);
}


static void
ngx_http_assist_register_free(void *data)
{
    assist_register_free(data);
}


static ngx_uint_t
ngx_http_assist_targets_known(assist_catalog_t *catalog,
    const assist_target_t *target)
{
    uint32_t             i;
    assist_str_t         key;
    const assist_row_t  *row;

    for (i = 0; i < catalog->nrows; i++) {
        row = &catalog->rows[i];

        key = target->subset == ASSIST_SUBSET_FIELD ? row->field
              : target->subset == ASSIST_SUBSET_PROVINCE ? row->province
              : row->agency_code.len ? row->agency_code : row->agency;

        if (assist_str_eq(target->value, key)) {
            return 1;
        }
    }

    return 0;
}
