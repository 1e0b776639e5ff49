/*
 * nginx-assist: the list of directives, configurations, phases.  What a
 * directive says is read in the file of its noun, or in conf.c.
 *
 * This module has the handlers; ngx_http_assist_filter_module, in the same
 * object, has the filters.
 */

#include "ngx_http_assist.h"


static void *ngx_http_assist_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_assist_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_assist_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_assist_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_assist_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_assist_init_process(ngx_cycle_t *cycle);
static void ngx_http_assist_exit_process(ngx_cycle_t *cycle);


static ngx_conf_bitmask_t  ngx_http_assist_stale[] = {
    { ngx_string("off"), NGX_HTTP_ASSIST_STALE_OFF },
    { ngx_string("error"), NGX_HTTP_ASSIST_STALE_ERROR },
    { ngx_string("timeout"), NGX_HTTP_ASSIST_STALE_TIMEOUT },
    { ngx_string("updating"), NGX_HTTP_ASSIST_STALE_UPDATING },
    { ngx_null_string, 0 }
};


static ngx_command_t  ngx_http_assist_commands[] = {

    { ngx_string("assist"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, enable),
      NULL },

    { ngx_string("assist_catalog"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_catalog,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_synonyms"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_synonyms,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_service"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, service),
      NULL },

    { ngx_string("assist_hook"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_assist_hook,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_hook_path"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_assist_hook_path,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_hook_cpu"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, hook_cpu),
      NULL },

    { ngx_string("assist_hook_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, hook_timeout),
      NULL },

    { ngx_string("assist_hook_sandbox"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_assist_main_conf_t, hook_sandbox),
      NULL },

    { ngx_string("assist_hook_reload"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_assist_main_conf_t, hook_reload),
      NULL },

    { ngx_string("assist_fetch"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_assist_fetch_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_provider"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_http_assist_provider_set,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_use"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_assist_use_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_deny"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_deny,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_redact"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, redact),
      NULL },

    { ngx_string("assist_token_budget"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_token_budget,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, token_budget),
      NULL },

    { ngx_string("assist_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, api),
      NULL },

    { ngx_string("assist_hook_memory"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_size,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_assist_main_conf_t, hook_memory),
      NULL },

    { ngx_string("assist_cache_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_assist_main_conf_t, cache_zone),
      ngx_http_assist_cache_init_zone },

    { ngx_string("assist_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_assist_redis_set,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_assist_main_conf_t, redis),
      NULL },

    { ngx_string("assist_cache_valid"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_assist_cache_valid,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_cache_lock"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, cache_lock),
      NULL },

    { ngx_string("assist_cache_lock_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, cache_lock_timeout),
      NULL },

    { ngx_string("assist_cache_use_stale"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_conf_set_bitmask_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, cache_use_stale),
      &ngx_http_assist_stale },

    { ngx_string("assist_cache_bypass"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_set_predicate_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, cache_bypass),
      NULL },

    { ngx_string("assist_no_cache"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_set_predicate_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, no_cache),
      NULL },

    { ngx_string("assist_cache_scope"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, cache_scope),
      NULL },

    { ngx_string("assist_exclude"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_set_predicate_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, exclude),
      NULL },

    { ngx_string("assist_coverage_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_assist_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_assist_main_conf_t, coverage_zone),
      ngx_http_assist_coverage_init_zone },

    { ngx_string("assist_coverage_log"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE123,
      ngx_http_assist_coverage_log,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_coverage_key"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_coverage_key,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_levels"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_levels,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_targets"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_targets,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_tasks"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_tasks,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_register"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_register,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_closed"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_assist_closed,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_node"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_assist_main_conf_t, node),
      NULL },

    { ngx_string("assist_disclosure"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_disclosure_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, disclosure),
      NULL },

    { ngx_string("assist_page_wait"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_assist_time,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_assist_loc_conf_t, page_wait),
      NULL },

    { ngx_string("assist_widget"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_assist_widget_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("assist_chat"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_assist_content,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      ngx_http_assist_chat_handler },

    { ngx_string("assist_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_assist_content,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      ngx_http_assist_status_handler },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_assist_module_ctx = {
    ngx_http_assist_add_variables,         /* preconfiguration */
    ngx_http_assist_init,                  /* postconfiguration */

    ngx_http_assist_create_main_conf,      /* create main configuration */
    ngx_http_assist_init_main_conf,        /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_assist_create_loc_conf,       /* create location configuration */
    ngx_http_assist_merge_loc_conf         /* merge location configuration */
};


ngx_module_t  ngx_http_assist_module = {
    NGX_MODULE_V1,
    &ngx_http_assist_module_ctx,           /* module context */
    ngx_http_assist_commands,              /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_assist_init_process,          /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_assist_exit_process,          /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
ngx_http_assist_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     mcf->catalog, match, image, procedures, redis, slots = NULL;
     *     mcf->cache_zone, coverage_zone, coverage_log = NULL;
     *     mcf->provider_zone, budget_zone = NULL;
     *     mcf->coverage_key, state = { 0, NULL };
     *     mcf->targets, tasks, registered = NULL;
     *     mcf->chats, statuses, budgets = 0;
     *     mcf->node = { 0, NULL };
     *     mcf->search, vm, core = NULL;
     */

    mcf->hook_path = NULL;
    mcf->hook_memory = NGX_CONF_UNSET_SIZE;
    mcf->hook_sandbox = NGX_CONF_UNSET;
    mcf->hook_reload = NGX_CONF_UNSET;
    mcf->coverage_flush = 1000;
    mcf->coverage_buffer = 64 * 1024;
    assist_levels_default(&mcf->levels);

    if (ngx_array_init(&mcf->synonyms, cf->pool, 2,
                       sizeof(ngx_http_assist_file_t))
        != NGX_OK
        || ngx_array_init(&mcf->hooks, cf->pool, 4,
                          sizeof(ngx_http_assist_hook_t *))
           != NGX_OK
        || ngx_array_init(&mcf->sources, cf->pool, 16,
                          sizeof(assist_source_t))
           != NGX_OK
        || ngx_array_init(&mcf->providers, cf->pool, 4,
                          sizeof(ngx_http_assist_provider_t *))
           != NGX_OK
        || ngx_array_init(&mcf->hosts, cf->pool, 4, sizeof(assist_str_t))
           != NGX_OK
        || ngx_array_init(&mcf->chat_places, cf->pool, 2,
                          sizeof(ngx_http_assist_chat_place_t))
           != NGX_OK
        || ngx_array_init(&mcf->uses, cf->pool, 4,
                          sizeof(ngx_http_assist_use_t *))
           != NGX_OK)
    {
        return NULL;
    }

    return mcf;
}


static char *
ngx_http_assist_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_assist_main_conf_t  *mcf = conf;

    ngx_conf_init_size_value(mcf->hook_memory, 64 * 1024 * 1024);

    if (mcf->hook_memory < 4 * 1024 * 1024) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "assist_hook_memory must be at least 4m");
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_value(mcf->hook_sandbox, 1);
    ngx_conf_init_value(mcf->hook_reload, 0);

    if (!mcf->hook_sandbox) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "assist_hook_sandbox is off: hooks can read and write "
                      "files, run programs, call C, and block or end a "
                      "worker; their bounds do not hold there");
    }

    if (mcf->node.len == 0) {
        mcf->node = cf->cycle->hostname;
    }

    return NGX_CONF_OK;
}


static void *
ngx_http_assist_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_assist_loc_conf_t  *lcf;

    lcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_loc_conf_t));
    if (lcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     lcf->chat, status, cache_use_stale = 0;
     *     lcf->widget_uri = { 0, NULL };
     *     lcf->cache_seed = NULL;
     */

    lcf->enable = NGX_CONF_UNSET;
    lcf->service = NGX_CONF_UNSET_PTR;
    lcf->exclude = NGX_CONF_UNSET_PTR;
    lcf->hooks = NGX_CONF_UNSET_PTR;
    lcf->hook_cpu = NGX_CONF_UNSET_MSEC;
    lcf->hook_timeout = NGX_CONF_UNSET_MSEC;
    lcf->cache_valid = NGX_CONF_UNSET;
    lcf->cache_lock = NGX_CONF_UNSET;
    lcf->cache_lock_timeout = NGX_CONF_UNSET_MSEC;
    lcf->cache_bypass = NGX_CONF_UNSET_PTR;
    lcf->no_cache = NGX_CONF_UNSET_PTR;
    lcf->cache_scope = NGX_CONF_UNSET_PTR;
    lcf->fetch = NGX_CONF_UNSET_PTR;
    lcf->use = NGX_CONF_UNSET_PTR;
    lcf->deny = NGX_CONF_UNSET_PTR;
    lcf->redact = NGX_CONF_UNSET;
    lcf->api = NGX_CONF_UNSET;
    lcf->token_budget = NGX_CONF_UNSET;
    lcf->coverage_log = NGX_CONF_UNSET;
    lcf->disclosure = NGX_CONF_UNSET_PTR;
    lcf->page_wait = NGX_CONF_UNSET_MSEC;
    lcf->widget = NGX_CONF_UNSET;

    return lcf;
}


static char *
ngx_http_assist_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_assist_loc_conf_t *prev = parent;
    ngx_http_assist_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t  *clcf;

    ngx_conf_merge_value(conf->enable, prev->enable, 0);
    ngx_conf_merge_ptr_value(conf->service, prev->service, NULL);
    ngx_conf_merge_ptr_value(conf->exclude, prev->exclude, NULL);
    ngx_conf_merge_msec_value(conf->hook_cpu, prev->hook_cpu, 50);
    ngx_conf_merge_msec_value(conf->hook_timeout, prev->hook_timeout, 2000);
    ngx_conf_merge_sec_value(conf->cache_valid, prev->cache_valid, 3600);
    ngx_conf_merge_value(conf->cache_lock, prev->cache_lock, 1);
    ngx_conf_merge_msec_value(conf->cache_lock_timeout,
                              prev->cache_lock_timeout, 5000);
    ngx_conf_merge_bitmask_value(conf->cache_use_stale, prev->cache_use_stale,
                                 (NGX_CONF_BITMASK_SET
                                  |NGX_HTTP_ASSIST_STALE_OFF));

    if (conf->cache_use_stale & NGX_HTTP_ASSIST_STALE_OFF) {
        conf->cache_use_stale = NGX_CONF_BITMASK_SET
                                |NGX_HTTP_ASSIST_STALE_OFF;
    }

    ngx_conf_merge_ptr_value(conf->cache_bypass, prev->cache_bypass, NULL);
    ngx_conf_merge_ptr_value(conf->no_cache, prev->no_cache, NULL);
    ngx_conf_merge_ptr_value(conf->cache_scope, prev->cache_scope, NULL);
    ngx_conf_merge_value(conf->coverage_log, prev->coverage_log, 1);

    ngx_conf_merge_ptr_value(conf->hooks, prev->hooks, NULL);
    ngx_conf_merge_ptr_value(conf->fetch, prev->fetch, NULL);
    ngx_conf_merge_ptr_value(conf->use, prev->use, NULL);
    ngx_conf_merge_ptr_value(conf->deny, prev->deny, NULL);
    ngx_conf_merge_value(conf->redact, prev->redact, 1);
    ngx_conf_merge_value(conf->api, prev->api, 0);
    ngx_conf_merge_value(conf->token_budget, prev->token_budget, 0);

    if (conf->api && !conf->chat) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"assist_api\" is of a location with \"assist_chat\", "
                      "which this one has not");
        return NGX_CONF_ERROR;
    }

    ngx_conf_merge_ptr_value(conf->disclosure, prev->disclosure, NULL);
    ngx_conf_merge_msec_value(conf->page_wait, prev->page_wait, 0);

    /* core's values are merged already */
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (conf->page_wait && conf->page_wait >= clcf->send_timeout) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"assist_page_wait\" is %M ms, which must be less than "
                      "the \"send_timeout\" of %M ms: a page that waits "
                      "longer is ended", conf->page_wait, clcf->send_timeout);
        return NGX_CONF_ERROR;
    }

    if (conf->chat) {
        /* a question stays in memory */
        clcf->client_body_buffer_size = ngx_max(clcf->client_body_buffer_size,
                                                NGX_HTTP_ASSIST_BODY_MAX + 1);
    }

    return ngx_http_assist_widget_merge(cf, prev, conf);
}


static ngx_int_t
ngx_http_assist_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt          *h;
    ngx_http_core_main_conf_t    *cmcf;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_assist_module);
    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_assist_precontent;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_assist_log;

    if (mcf->redis && ngx_http_assist_redis_init(cf, mcf->redis) != NGX_OK) {
        return NGX_ERROR;
    }

    if (mcf->catalog == NULL && mcf->hooks.nelts == 0 && mcf->chats == 0) {
        /* loaded, but not used: nothing to read */
        return NGX_OK;
    }

    if (ngx_http_assist_provider_check(cf) != NGX_OK
        || ngx_http_assist_budget_zone(cf, mcf) != NGX_OK
        || ngx_http_assist_build_index(cf, mcf) != NGX_OK
        || ngx_http_assist_load_sources(cf, mcf) != NGX_OK
        || ngx_http_assist_disclosure_default(cf, mcf) != NGX_OK
        || ngx_http_assist_asset_load(cf, mcf) != NGX_OK
        || ngx_http_assist_feedback_zone(cf, mcf) != NGX_OK
        || ngx_http_assist_withdraw_zone(cf, mcf) != NGX_OK
        || ngx_http_assist_targets_check(cf, mcf) != NGX_OK
        || ngx_http_assist_closed_check(cf, mcf) != NGX_OK
        || ngx_http_assist_coverage_check(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_init_process(ngx_cycle_t *cycle)
{
    ngx_http_assist_main_conf_t  *mcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_assist_module);

    /* an error here would end the worker for good: features die, not it */

    if (mcf != NULL) {
        ngx_http_assist_hook_init(cycle, mcf);
        ngx_http_assist_evidence_init(cycle, mcf);
        ngx_http_assist_coverage_init(cycle, mcf);
        ngx_http_assist_ledger_init(cycle, mcf);
        ngx_http_assist_figure_init(mcf);
        ngx_http_assist_daily_init(cycle, mcf);
        ngx_http_assist_withdraw_init(cycle, mcf);
    }

    return NGX_OK;
}


static void
ngx_http_assist_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_assist_module);

    if (mcf == NULL) {
        return;
    }

    ngx_http_assist_evidence_exit(mcf);
    ngx_http_assist_daily_exit();
    ngx_http_assist_figure_exit();
    ngx_http_assist_ledger_exit(mcf);

    if (mcf->redis) {
        ngx_http_assist_redis_exit(mcf->redis);
        ngx_http_assist_ledger_push_exit();
        ngx_http_assist_ledger_pull_exit();
    }

    ngx_http_assist_hook_exit(mcf);
}


