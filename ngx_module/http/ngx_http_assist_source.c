/*
 * The catalogue, the search index and the Lua files.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_DEPTH_MAX  8


static ngx_int_t ngx_http_assist_walk(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf, ngx_str_t *dir, size_t root,
    ngx_uint_t depth);
static ngx_int_t ngx_http_assist_add_source(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf, ngx_str_t *path, ngx_str_t *module);
static ngx_int_t ngx_http_assist_module_name(ngx_conf_t *cf, ngx_str_t *path,
    size_t root, ngx_str_t *module);
static const assist_source_t *ngx_http_assist_find_source(
    ngx_http_assist_main_conf_t *mcf, assist_str_t module);
static ngx_http_assist_hook_t *ngx_http_assist_shipped(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf, const char *file);
static ngx_int_t ngx_http_assist_bind(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf, ngx_http_assist_hook_t *hook);
static void ngx_http_assist_synonym_error(ngx_conf_t *cf,
    ngx_http_assist_main_conf_t *mcf, assist_buf_t *all, assist_error_t *err);
static void ngx_http_assist_free_catalog(void *data);
static void ngx_http_assist_free_match(void *data);
static void ngx_http_assist_free_image(void *data);


ngx_int_t
ngx_http_assist_load_catalog(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_assist_main_conf_t *mcf)
{
    ngx_str_t            text;
    ngx_uint_t           i;
    assist_error_t       err;
    ngx_pool_cleanup_t  *catalog, *match;

    mcf->catalog_file = *name;

    if (ngx_conf_full_name(cf->cycle, &mcf->catalog_file, 1) != NGX_OK
        || ngx_http_assist_read_file(cf, &mcf->catalog_file, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    catalog = ngx_pool_cleanup_add(cf->pool, 0);
    match = ngx_pool_cleanup_add(cf->pool, 0);

    if (catalog == NULL || match == NULL) {
        return NGX_ERROR;
    }

    mcf->catalog = assist_catalog_parse((char *) text.data, text.len, &err);

    if (mcf->catalog == NULL) {
        goto failed;
    }

    catalog->handler = ngx_http_assist_free_catalog;
    catalog->data = mcf->catalog;

    mcf->match = assist_match_build(mcf->catalog, &err);

    if (mcf->match == NULL) {
        goto failed;
    }

    match->handler = ngx_http_assist_free_match;
    match->data = mcf->match;

    for (i = 0; i < ASSIST_ODD_MAX; i++) {
        if (mcf->catalog->odd[i].count) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "\"%V\": %uD %s (the "
                               "first in line %uD)", &mcf->catalog_file,
                               mcf->catalog->odd[i].count,
                               assist_catalog_odd(i),
                               mcf->catalog->odd[i].line);
        }
    }

    return NGX_OK;

failed:

    if (err.line) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V:%uD: %s",
                           &mcf->catalog_file, err.line, err.text);
    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\": %s",
                           &mcf->catalog_file, err.text);
    }

    return NGX_ERROR;
}


/* A synonym file; its line in nginx.conf is known here only. */

ngx_int_t
ngx_http_assist_add_synonyms(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf,
    ngx_str_t *name)
{
    ngx_http_assist_file_t  *file;

    file = ngx_array_push(&mcf->synonyms);
    if (file == NULL) {
        return NGX_ERROR;
    }

    file->name = *name;

    if (ngx_conf_full_name(cf->cycle, &file->name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_assist_read_file(cf, &file->name, &file->text);
}


/* The search index: the catalogue's, with shipped and added synonyms. */

ngx_int_t
ngx_http_assist_build_index(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf)
{
    ngx_int_t                rc;
    ngx_str_t                name;
    ngx_uint_t               i;
    assist_buf_t             all = ASSIST_BUF_INIT;
    assist_error_t           err;
    ngx_pool_cleanup_t      *cln;
    ngx_http_assist_file_t  *file;

    if (mcf->catalog == NULL) {
        return NGX_OK;
    }

    ngx_str_set(&name, NGX_HTTP_ASSIST_LUA_DIR "/assist/synonyms.txt");

    rc = NGX_ERROR;
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (cln == NULL || ngx_http_assist_add_synonyms(cf, mcf, &name) != NGX_OK)
    {
        return NGX_ERROR;
    }

    file = mcf->synonyms.elts;

    /* of a word that two files explain the later counts: shipped ones first */

    for (i = mcf->synonyms.nelts; i > 0; i--) {
        assist_buf_add(&all, (char *) file[i - 1].text.data,
                       file[i - 1].text.len);
        assist_buf_putc(&all, '\n');
    }

    if (all.failed
        || assist_search_build(mcf->catalog, assist_buf_str(&all),
                               &mcf->image, &mcf->image_len, &err)
           != 0)
    {
        ngx_http_assist_synonym_error(cf, mcf, &all, &err);
        goto done;
    }

    cln->handler = ngx_http_assist_free_image;
    cln->data = mcf->image;
    rc = NGX_OK;

done:

    assist_buf_free(&all);

    return rc;
}


/* A line of all synonyms is a line of one of their files. */

static void
ngx_http_assist_synonym_error(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf,
    assist_buf_t *all, assist_error_t *err)
{
    u_char                  *p, *end;
    uint32_t                 line, lines;
    ngx_uint_t               i;
    ngx_http_assist_file_t  *file;

    if (all->failed) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "no memory for synonyms");
        return;
    }

    if (err->line == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "the search index of \"%V\" cannot be built: %s",
                      &mcf->catalog_file, err->text);
        return;
    }

    file = mcf->synonyms.elts;
    line = err->line;

    for (i = mcf->synonyms.nelts; i > 0; i--) {
        p = file[i - 1].text.data;
        end = p + file[i - 1].text.len;

        for (lines = 1; p < end; p++) {
            lines += *p == '\n';
        }

        if (line <= lines) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "%V:%uD: %s",
                          &file[i - 1].name, line, err->text);
            return;
        }

        line -= lines;
    }
}


/* Every Lua file of assist_hook_path and of the shipped folder. */

ngx_int_t
ngx_http_assist_load_sources(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf)
{
    ngx_str_t                 dir, *path;
    ngx_uint_t                i;
    ngx_http_assist_hook_t  **hook;

    path = mcf->hook_path ? mcf->hook_path->elts : NULL;

    for (i = 0; mcf->hook_path && i < mcf->hook_path->nelts; i++) {
        if (ngx_http_assist_walk(cf, mcf, &path[i], path[i].len + 1, 0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_str_set(&dir, NGX_HTTP_ASSIST_LUA_DIR);

    if (ngx_http_assist_walk(cf, mcf, &dir, dir.len + 1, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    if (mcf->chats) {
        mcf->procedures = ngx_http_assist_shipped(cf, mcf,
                                                  "assistants/procedures.lua");
        mcf->chat_page = ngx_http_assist_shipped(cf, mcf,
                                                 "assist/pages/chat.lua");

        if (mcf->procedures == NULL || mcf->chat_page == NULL) {
            return NGX_ERROR;
        }

        mcf->chat_page->view = 1;
    }

    if (mcf->statuses) {
        mcf->status_page = ngx_http_assist_shipped(cf, mcf,
                                                   "assist/pages/status.lua");
        if (mcf->status_page == NULL) {
            return NGX_ERROR;
        }

        mcf->status_page->view = 1;
    }

    hook = mcf->hooks.elts;

    for (i = 0; i < mcf->hooks.nelts; i++) {
        if (ngx_http_assist_bind(cf, mcf, hook[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_http_assist_hash_sources(mcf);

    return NGX_OK;
}


/* A hook of ours; what lies in assist_hook_path by its name takes its place. */

static ngx_http_assist_hook_t *
ngx_http_assist_shipped(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf,
    const char *file)
{
    ngx_http_assist_hook_t  *hook, **slot;

    hook = ngx_pcalloc(cf->pool, sizeof(ngx_http_assist_hook_t));
    slot = ngx_array_push(&mcf->hooks);

    if (hook == NULL || slot == NULL) {
        return NULL;
    }

    hook->file.data = (u_char *) file;
    hook->file.len = ngx_strlen(file);
    hook->conf_file = cf->conf_file->file.name.data;
    hook->conf_line = cf->conf_file->line;
    *slot = hook;

    return hook;
}


/* The same whatever the order in which folders were read. */

void
ngx_http_assist_hash_sources(ngx_http_assist_main_conf_t *mcf)
{
    u_char            digest[ASSIST_DIGEST_LEN];
    ngx_uint_t        i, n;
    assist_str_t      parts[2];
    assist_source_t  *source;

    source = mcf->sources.elts;
    ngx_memzero(mcf->sources_hash, ASSIST_DIGEST_LEN);

    for (i = 0; i < mcf->sources.nelts; i++) {
        parts[0] = source[i].module;
        parts[1] = source[i].text;

        assist_digest(digest, parts, 2);

        for (n = 0; n < ASSIST_DIGEST_LEN; n++) {
            mcf->sources_hash[n] ^= digest[n];
        }
    }
}


/* A hook named by its whole path, which is its module's name, too. */

ngx_int_t
ngx_http_assist_add_hook(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf,
    ngx_str_t *path)
{
    if (ngx_http_assist_find_source(mcf, ngx_http_assist_str(*path))) {
        return NGX_OK;
    }

    return ngx_http_assist_add_source(cf, mcf, path, path);
}


/* Finds a hook's file and sees that it compiles. */

static ngx_int_t
ngx_http_assist_bind(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf,
    ngx_http_assist_hook_t *hook)
{
    ngx_str_t        module;
    assist_error_t   err;

    if (hook->file.data[0] == '/') {
        /* read with its directive */
        module = hook->file;

    } else if (ngx_http_assist_module_name(cf, &hook->file, 0, &module)
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    hook->source = ngx_http_assist_find_source(mcf,
                                               ngx_http_assist_str(module));

    if (hook->source == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "hook \"%V\" was not found in assist_hook_path nor in "
                      "\"" NGX_HTTP_ASSIST_LUA_DIR "\" in %s:%ui",
                      &hook->file, hook->conf_file, hook->conf_line);
        return NGX_ERROR;
    }

    if (assist_vm_check(hook->source, &err) != 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "%*s:%uD: %s in %s:%ui",
                      hook->source->path.len, hook->source->path.data,
                      err.line, err.text, hook->conf_file, hook->conf_line);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static const assist_source_t *
ngx_http_assist_find_source(ngx_http_assist_main_conf_t *mcf,
    assist_str_t module)
{
    ngx_uint_t        i;
    assist_source_t  *source;

    source = mcf->sources.elts;

    for (i = 0; i < mcf->sources.nelts; i++) {
        if (assist_str_eq(source[i].module, module)) {
            return &source[i];
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_assist_walk(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf,
    ngx_str_t *dir, size_t root, ngx_uint_t depth)
{
    ngx_dir_t   d;
    ngx_int_t   rc;
    ngx_str_t   path, module;
    u_char     *name;
    size_t      len;

    if (depth > NGX_HTTP_ASSIST_DEPTH_MAX) {
        return NGX_OK;
    }

    if (ngx_open_dir(dir, &d) == NGX_ERROR) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                      ngx_open_dir_n " \"%V\" failed (a folder of hooks)",
                      dir);
        return NGX_ERROR;
    }

    rc = NGX_OK;

    for ( ;; ) {
        ngx_set_errno(0);

        if (ngx_read_dir(&d) == NGX_ERROR) {
            if (ngx_errno != NGX_ENOMOREFILES) {
                ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                              ngx_read_dir_n " \"%V\" failed", dir);
                rc = NGX_ERROR;
            }
            break;
        }

        name = ngx_de_name(&d);
        len = ngx_de_namelen(&d);

        if (name[0] == '.') {
            continue;
        }

        path.len = dir->len + 1 + len;
        path.data = ngx_pnalloc(cf->pool, path.len + 1);
        if (path.data == NULL) {
            rc = NGX_ERROR;
            break;
        }

        ngx_sprintf(path.data, "%V/%*s%Z", dir, len, name);

        if (ngx_de_info(path.data, &d) == NGX_FILE_ERROR) {
            continue;
        }

        if (ngx_de_is_dir(&d)) {
            rc = ngx_http_assist_walk(cf, mcf, &path, root, depth + 1);

        } else if (ngx_de_is_file(&d) && len > 4
                   && ngx_strncmp(name + len - 4, ".lua", 4) == 0)
        {
            rc = ngx_http_assist_module_name(cf, &path, root, &module);

            if (rc == NGX_OK
                && ngx_http_assist_find_source(mcf,
                                               ngx_http_assist_str(module))
                   == NULL)
            {
                rc = ngx_http_assist_add_source(cf, mcf, &path, &module);
            }
        }

        if (rc != NGX_OK) {
            break;
        }
    }

    (void) ngx_close_dir(&d);

    return rc;
}


static ngx_int_t
ngx_http_assist_add_source(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf,
    ngx_str_t *path, ngx_str_t *module)
{
    ngx_str_t         text;
    assist_source_t  *source;

    if (ngx_http_assist_read_file(cf, path, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    source = ngx_array_push(&mcf->sources);
    if (source == NULL) {
        return NGX_ERROR;
    }

    source->module = ngx_http_assist_str(*module);
    source->path = ngx_http_assist_str(*path);
    source->text = ngx_http_assist_str(text);

    return NGX_OK;
}


/* "ROOT/a/b.lua" is "a.b", "ROOT/a/init.lua" is "a". */

static ngx_int_t
ngx_http_assist_module_name(ngx_conf_t *cf, ngx_str_t *path, size_t root,
    ngx_str_t *module)
{
    size_t   len;
    u_char  *p;

    module->len = path->len - root;
    module->data = ngx_pnalloc(cf->pool, module->len + 1);

    if (module->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(module->data, path->data + root, module->len);

    len = sizeof("/init.lua") - 1;

    if (module->len > len
        && ngx_strncmp(module->data + module->len - len, "/init.lua", len)
           == 0)
    {
        module->len -= len;

    } else if (module->len > 4
               && ngx_strncmp(module->data + module->len - 4, ".lua", 4) == 0)
    {
        module->len -= 4;
    }

    module->data[module->len] = '\0';

    for (p = module->data; *p; p++) {
        if (*p == '/') {
            *p = '.';
        }
    }

    return NGX_OK;
}


static void
ngx_http_assist_free_catalog(void *data)
{
    assist_catalog_free(data);
}


static void
ngx_http_assist_free_match(void *data)
{
    assist_match_free(data);
}


static void
ngx_http_assist_free_image(void *data)
{
    assist_search_free_image(data);
}
