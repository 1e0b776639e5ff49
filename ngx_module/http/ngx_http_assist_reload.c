/*
 * assist_hook_reload: changed Lua files are taken without a reload of nginx,
 * for those who write them.
 *
 * Once a second, when a request comes, the worker looks at its files.  What
 * has changed is loaded beside what runs; only if all hooks bind to it does it
 * take its place.  A file that is new needs nginx's reload.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_LUA_MAX  (1024 * 1024)


/* A file as the worker last saw it. */
typedef struct {
    time_t                      sec;        /* of its last change */
    long                        nsec;
    off_t                       size;
    ngx_file_uniq_t             uniq;
    u_char                     *next;       /* changed, not yet taken */
    size_t                      next_len;
    u_char                     *taken;      /* what of sources is ours */
} ngx_http_assist_seen_t;

struct ngx_http_assist_reload_s {
    time_t                      last;
    ngx_http_assist_seen_t     *seen;       /* by source */
};


static ngx_uint_t ngx_http_assist_reload_look(ngx_log_t *log,
    assist_source_t *source, ngx_http_assist_seen_t *seen);
static ngx_int_t ngx_http_assist_reload_read(ngx_log_t *log,
    assist_source_t *source, ngx_http_assist_seen_t *seen);
static void ngx_http_assist_reload_apply(ngx_log_t *log,
    ngx_http_assist_main_conf_t *mcf);
static void ngx_http_assist_reload_swap(ngx_http_assist_main_conf_t *mcf);
static ngx_int_t ngx_http_assist_reload_bind(ngx_log_t *log,
    ngx_http_assist_main_conf_t *mcf, assist_hook_t **hooks);
static ngx_uint_t ngx_http_assist_reload_take(ngx_http_assist_main_conf_t *mcf,
    assist_hook_t **hooks);


void
ngx_http_assist_reload_init(ngx_cycle_t *cycle,
    ngx_http_assist_main_conf_t *mcf)
{
    if (!mcf->hook_reload || mcf->vm == NULL) {
        return;
    }

    mcf->reload = ngx_pcalloc(cycle->pool, sizeof(ngx_http_assist_reload_t));

    if (mcf->reload == NULL) {
        return;
    }

    /* nothing was seen yet: the first look reads, and compares */

    mcf->reload->seen = ngx_pcalloc(cycle->pool,
                        mcf->sources.nelts * sizeof(ngx_http_assist_seen_t));

    if (mcf->reload->seen == NULL) {
        mcf->reload = NULL;
    }
}


void
ngx_http_assist_reload_due(ngx_http_request_t *r)
{
    ngx_log_t                    *log;
    ngx_uint_t                    i, changed;
    assist_source_t              *source;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    if (mcf->reload->last == ngx_time()) {
        return;
    }

    mcf->reload->last = ngx_time();

    log = r->connection->log;
    source = mcf->sources.elts;
    changed = 0;

    for (i = 0; i < mcf->sources.nelts; i++) {
        changed += ngx_http_assist_reload_look(log, &source[i],
                                               &mcf->reload->seen[i]);
    }

    if (changed) {
        ngx_http_assist_reload_apply(log, mcf);
    }
}


/* Has it changed, and could it be read?  A file that is gone stays as it was. */

static ngx_uint_t
ngx_http_assist_reload_look(ngx_log_t *log, assist_source_t *source,
    ngx_http_assist_seen_t *seen)
{
    ngx_file_info_t  fi;

    if (ngx_file_info(source->path.data, &fi) == NGX_FILE_ERROR
        || (fi.st_mtim.tv_sec == seen->sec && fi.st_mtim.tv_nsec == seen->nsec
            && ngx_file_size(&fi) == seen->size
            && ngx_file_uniq(&fi) == seen->uniq))
    {
        return 0;
    }

    seen->sec = fi.st_mtim.tv_sec;
    seen->nsec = fi.st_mtim.tv_nsec;
    seen->size = ngx_file_size(&fi);
    seen->uniq = ngx_file_uniq(&fi);

    return ngx_http_assist_reload_read(log, source, seen) == NGX_OK;
}


static ngx_int_t
ngx_http_assist_reload_read(ngx_log_t *log, assist_source_t *source,
    ngx_http_assist_seen_t *seen)
{
    ssize_t      n;
    u_char      *text;
    ngx_file_t   file;

    ngx_memzero(&file, sizeof(ngx_file_t));
    file.name = ngx_http_assist_ngx_str(source->path);
    file.log = log;
    file.fd = ngx_open_file(file.name.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE || seen->size > NGX_HTTP_ASSIST_LUA_MAX) {
        ngx_log_error(NGX_LOG_ERR, log,
                      file.fd == NGX_INVALID_FILE ? ngx_errno : 0,
                      "assist: \"%V\" has changed, but the worker cannot read "
                      "it (or it is larger than 1m); the version before stays",
                      &file.name);

        if (file.fd != NGX_INVALID_FILE) {
            (void) ngx_close_file(file.fd);
        }

        return NGX_ERROR;
    }

    text = ngx_alloc((size_t) seen->size + 1, log);
    n = text ? ngx_read_file(&file, text, (size_t) seen->size, 0) : NGX_ERROR;

    (void) ngx_close_file(file.fd);

    if (n != (ssize_t) seen->size) {
        /* it is being written: looked at again in a second */
        seen->sec = 0;

        if (text) {
            ngx_free(text);
        }

        return NGX_ERROR;
    }

    if (seen->next) {
        ngx_free(seen->next);
        seen->next = NULL;
    }

    if ((size_t) n == source->text.len
        && ngx_memcmp(text, source->text.data, (size_t) n) == 0)
    {
        ngx_free(text);
        return NGX_DECLINED;
    }

    text[n] = '\0';
    seen->next = text;
    seen->next_len = (size_t) n;

    return NGX_OK;
}


static void
ngx_http_assist_reload_apply(ngx_log_t *log, ngx_http_assist_main_conf_t *mcf)
{
    ngx_uint_t        n;
    assist_hook_t   **hooks;
    assist_error_t    err;

    hooks = ngx_calloc(mcf->hooks.nelts * sizeof(assist_hook_t *), log);
    if (hooks == NULL) {
        return;
    }

    ngx_http_assist_reload_swap(mcf);

    if (assist_vm_reread(mcf->vm, &err) == 0
        && ngx_http_assist_reload_bind(log, mcf, hooks) == NGX_OK)
    {
        (void) assist_vm_reread_end(mcf->vm, 1, &err);

        n = ngx_http_assist_reload_take(mcf, hooks);

        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "assist: %ui changed Lua file%s in use", n,
                      n == 1 ? " is" : "s are");

    } else {
        (void) assist_vm_reread_end(mcf->vm, 0, &err);
        ngx_http_assist_reload_swap(mcf);
    }

    ngx_free(hooks);
}


/* Changed texts take the place of those in use, or give it back. */

static void
ngx_http_assist_reload_swap(ngx_http_assist_main_conf_t *mcf)
{
    ngx_uint_t               i;
    assist_str_t             text;
    assist_source_t         *source;
    ngx_http_assist_seen_t  *seen;

    source = mcf->sources.elts;

    for (i = 0; i < mcf->sources.nelts; i++) {
        seen = &mcf->reload->seen[i];

        if (seen->next) {
            text = source[i].text;
            source[i].text.data = (char *) seen->next;
            source[i].text.len = seen->next_len;
            seen->next = (u_char *) text.data;
            seen->next_len = text.len;
        }
    }
}


/* All hooks anew; of those that fail one is logged, and none is kept. */

static ngx_int_t
ngx_http_assist_reload_bind(ngx_log_t *log, ngx_http_assist_main_conf_t *mcf,
    assist_hook_t **hooks)
{
    ngx_uint_t                i;
    assist_error_t            err;
    ngx_http_assist_hook_t  **hook;

    hook = mcf->hooks.elts;

    for (i = 0; i < mcf->hooks.nelts; i++) {
        hooks[i] = ngx_http_assist_hook_bind(mcf, hook[i], &err);

        /* one that was dead before may stay so */
        if (hooks[i] || hook[i]->hook == NULL) {
            continue;
        }

        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "assist: hook \"%V\" has changed and is not used: %s; "
                      "the version before stays", &hook[i]->file, err.text);

        while (i--) {
            if (hooks[i]) {
                assist_hook_retire(mcf->vm, hooks[i]);
            }
        }

        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Returns how many files have changed. */

static ngx_uint_t
ngx_http_assist_reload_take(ngx_http_assist_main_conf_t *mcf,
    assist_hook_t **hooks)
{
    ngx_uint_t                i, n;
    assist_source_t          *source;
    ngx_http_assist_hook_t  **hook;
    ngx_http_assist_seen_t   *seen;

    hook = mcf->hooks.elts;

    for (i = 0; i < mcf->hooks.nelts; i++) {
        if (hook[i]->hook) {
            assist_hook_retire(mcf->vm, hook[i]->hook);
        }

        hook[i]->hook = hooks[i];
        ngx_http_assist_breaker_reset(hook[i]);
    }

    source = mcf->sources.elts;
    n = 0;

    for (i = 0; i < mcf->sources.nelts; i++) {
        seen = &mcf->reload->seen[i];

        if (seen->next) {
            /* the first text of all is the configuration's */
            if (seen->taken) {
                ngx_free(seen->taken);
            }

            seen->taken = (u_char *) source[i].text.data;
            seen->next = NULL;
            n++;
        }
    }

    ngx_http_assist_hash_sources(mcf);
    mcf->generation++;

    return n;
}
