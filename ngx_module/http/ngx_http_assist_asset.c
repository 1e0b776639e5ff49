/*
 * The widget's files (lua/assist/widget) and the style sheet of the figure's
 * pages, read by the master and served below assist_chat and assist_status.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_ETAG_LEN  16        /* hexadecimal digits */


static ngx_http_assist_asset_t  ngx_http_assist_assets[] = {

    { ngx_string("widget.js"), "widget/widget.js",
      ngx_string("text/javascript"), ngx_null_string, ngx_null_string },

    { ngx_string("widget.css"), "widget/widget.css",
      ngx_string("text/css"), ngx_null_string, ngx_null_string },

    { ngx_string("panel.css"), "widget/panel.css",
      ngx_string("text/css"), ngx_null_string, ngx_null_string },

    { ngx_string("status.css"), "pages/status.css",
      ngx_string("text/css"), ngx_null_string, ngx_null_string },

    { ngx_null_string, NULL, ngx_null_string, ngx_null_string,
      ngx_null_string }
};


ngx_int_t
ngx_http_assist_asset_load(ngx_conf_t *cf, ngx_http_assist_main_conf_t *mcf)
{
    u_char                   *p, digest[ASSIST_DIGEST_LEN];
    ngx_str_t                 name;
    assist_str_t              text;
    ngx_http_assist_asset_t  *asset;

    if (mcf->chats == 0 && mcf->statuses == 0) {
        return NGX_OK;
    }

    mcf->assets = ngx_palloc(cf->pool, sizeof(ngx_http_assist_assets));
    if (mcf->assets == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(mcf->assets, ngx_http_assist_assets,
               sizeof(ngx_http_assist_assets));

    for (asset = mcf->assets; asset->name.len; asset++) {

        name.data = ngx_pnalloc(cf->pool,
                                sizeof(NGX_HTTP_ASSIST_LUA_DIR "/assist/")
                                + ngx_strlen(asset->file));
        p = ngx_pnalloc(cf->pool, 2 * ASSIST_DIGEST_LEN + 2);

        if (name.data == NULL || p == NULL) {
            return NGX_ERROR;
        }

        name.len = ngx_sprintf(name.data,
                               NGX_HTTP_ASSIST_LUA_DIR "/assist/%s%Z",
                               asset->file)
                   - name.data - 1;

        if (ngx_http_assist_read_file(cf, &name, &asset->text) != NGX_OK) {
            return NGX_ERROR;
        }

        text = ngx_http_assist_str(asset->text);
        assist_digest(digest, &text, 1);

        asset->etag.data = p;
        *p++ = '"';
        p = ngx_hex_dump(p, digest, NGX_HTTP_ASSIST_ETAG_LEN / 2);
        *p++ = '"';
        asset->etag.len = p - asset->etag.data;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_assist_asset(ngx_http_request_t *r, ngx_str_t *name)
{
    ngx_table_elt_t              *h;
    ngx_http_assist_asset_t      *asset;
    ngx_http_assist_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);

    for (asset = mcf->assets; asset->name.len; asset++) {
        if (asset->name.len == name->len
            && ngx_memcmp(asset->name.data, name->data, name->len) == 0)
        {
            break;
        }
    }

    if (asset->name.len == 0) {
        return NGX_DECLINED;
    }

    /* nginx compares If-None-Match with it, and answers 304 itself */

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));
    h->hash = 1;
    ngx_str_set(&h->key, "ETag");
    h->value = asset->etag;
    r->headers_out.etag = h;

    /* pages have it from their browser, and a new version soon */

    if (ngx_http_assist_add_header(r, "Cache-Control", "max-age=600")
        != NGX_OK
        || ngx_http_assist_add_header(r, "X-Content-Type-Options", "nosniff")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_str_set(&r->headers_out.charset, "utf-8");

    return ngx_http_assist_send(r, NGX_HTTP_OK, &asset->type, &asset->text);
}
