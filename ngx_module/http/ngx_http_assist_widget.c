/*
 * assist_widget: the assistant on the portal's pages, as lua/assist/widget has
 * it: a link, which is all that a browser without JavaScript needs, in the
 * element that the script makes a button of.
 *
 * The markup is ASCII, so that it can be in a page of any charset.
 */

#include "ngx_http_assist.h"


static ngx_int_t ngx_http_assist_widget_uri(ngx_conf_t *cf,
    ngx_http_assist_loc_conf_t *lcf);
static ngx_int_t ngx_http_assist_widget_folder(ngx_conf_t *cf, ngx_str_t *name,
    ngx_uint_t escape, ngx_str_t *uri);
static void ngx_http_assist_widget_attribute(assist_buf_t *out,
    const char *name, assist_str_t value);
static void ngx_http_assist_widget_link(assist_buf_t *out, ngx_str_t *uri,
    const assist_row_t *row, ngx_uint_t en, ngx_uint_t told);
static void ngx_http_assist_widget_argument(assist_buf_t *out,
    const char *name, assist_str_t value);
static ngx_int_t ngx_http_assist_widget_path(ngx_http_request_t *r,
    ngx_str_t *uri, const char *name, ngx_str_t *path);


/* assist_widget on|off [uri=/assist/] */

char *
ngx_http_assist_widget_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_assist_loc_conf_t *lcf = conf;

    ngx_str_t  *value, uri;

    if (lcf->widget != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "on") == 0) {
        lcf->widget = 1;

    } else if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->widget = 0;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"assist_widget\", it is "
                           "\"on\" or \"off\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    uri.data = value[2].data + 4;
    uri.len = value[2].len - ngx_min(value[2].len, 4);

    if (ngx_strncmp(value[2].data, "uri=", 4) != 0
        || uri.len == 0
        || uri.data[0] != '/'
        || uri.data[1] == '/'
        || strpbrk((char *) uri.data, "?#\\ \t\r\n") != NULL)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\", it is uri= and the path "
                           "of an \"assist_chat\" location, such as "
                           "\"uri=/assist/\"", &value[2]);
        return NGX_CONF_ERROR;
    }

    return ngx_http_assist_widget_folder(cf, &uri, 0, &lcf->widget_uri)
           == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_assist_widget_merge(ngx_conf_t *cf, ngx_http_assist_loc_conf_t *prev,
    ngx_http_assist_loc_conf_t *conf)
{
    if (conf->widget == NGX_CONF_UNSET) {
        conf->widget = prev->widget;
        conf->widget_uri = prev->widget_uri;
    }

    ngx_conf_init_value(conf->widget, 0);

    if (!conf->widget || !conf->enable || conf->chat || conf->widget_uri.len) {
        return NGX_CONF_OK;
    }

    return ngx_http_assist_widget_uri(cf, conf) == NGX_OK ? NGX_CONF_OK
                                                          : NGX_CONF_ERROR;
}


/* The server's only assistant. */

static ngx_int_t
ngx_http_assist_widget_uri(ngx_conf_t *cf, ngx_http_assist_loc_conf_t *lcf)
{
    ngx_uint_t                     i, n;
    ngx_http_core_loc_conf_t      *found;
    ngx_http_core_srv_conf_t      *cscf;
    ngx_http_assist_main_conf_t   *mcf;
    ngx_http_assist_chat_place_t  *place;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_assist_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    place = mcf->chat_places.elts;
    found = NULL;

    for (i = 0, n = 0; i < mcf->chat_places.nelts; i++) {
        if (place[i].server == cscf) {
            found = place[i].location;
            n++;
        }
    }

    if (n == 1 && !found->exact_match && !found->named && !found->noname
#if (NGX_PCRE)
        && found->regex == NULL
#endif
        )
    {
        return ngx_http_assist_widget_folder(cf, &found->name, 1,
                                             &lcf->widget_uri);
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"assist_widget on\" in the server in %s:%ui, which has "
                  "%s: %s", cscf->file_name, cscf->line,
                  n == 0 ? "no \"assist_chat\" location"
                  : n > 1 ? "several \"assist_chat\" locations"
                          : "its \"assist_chat\" in a location that is no "
                            "prefix of a path",
                  n > 1 ? "name one, as \"assist_widget on uri=/assist/\""
                        : "add \"location /assist/ { assist_chat; }\"");

    return NGX_ERROR;
}


/* With a "/" at its end, and as it is written in a link. */

static ngx_int_t
ngx_http_assist_widget_folder(ngx_conf_t *cf, ngx_str_t *name,
    ngx_uint_t escape, ngx_str_t *uri)
{
    u_char     *p;
    uintptr_t   n;

    n = escape ? 2 * ngx_escape_uri(NULL, name->data, name->len,
                                    NGX_ESCAPE_URI) : 0;

    p = ngx_pnalloc(cf->pool, name->len + n + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    uri->data = p;

    p = n ? (u_char *) ngx_escape_uri(p, name->data, name->len, NGX_ESCAPE_URI)
          : ngx_cpymem(p, name->data, name->len);

    if (p == uri->data || p[-1] != '/') {
        *p++ = '/';
    }

    uri->len = (size_t) (p - uri->data);

    return NGX_OK;
}


/*
 * The language is the Content-Language's, or English below /en/; where neither
 * tells it the script asks the page, and the link is Vietnamese.
 */

ngx_int_t
ngx_http_assist_widget_html(ngx_http_request_t *r, ngx_http_assist_ctx_t *ctx,
    ngx_str_t *html, ngx_str_t *style, ngx_str_t *ask)
{
    ngx_str_t                    *uri;
    ngx_uint_t                    en, told;
    const assist_row_t           *row;
    ngx_http_assist_loc_conf_t   *lcf;
    ngx_http_assist_main_conf_t  *mcf;

    assist_buf_t  out = ASSIST_BUF_INIT;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_assist_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    uri = &lcf->widget_uri;
    row = NULL;

    if (ctx->service != ASSIST_NONE) {
        row = &mcf->catalog->rows[mcf->catalog->services[ctx->service].row];

        if (row->state != ASSIST_STATE_PUBLISHED) {
            row = NULL;
        }
    }

    en = ctx->lang.len ? ctx->lang.data[0] == 'e'
                       : r->uri.len >= 4
                         && ngx_strncmp(r->uri.data, "/en/", 4) == 0;
    told = ctx->lang.len || en;

    assist_buf_puts(&out, "<assist-widget");

    if (row) {
        ngx_http_assist_widget_attribute(&out, "service", row->code);
        ngx_http_assist_widget_attribute(&out, "agency", row->agency_code);
    }

    if (told) {
        ngx_http_assist_widget_attribute(&out, "lang",
                                         assist_str_of(en ? "en" : "vi"));
    }

    assist_buf_putc(&out, '>');
    ngx_http_assist_widget_link(&out, uri, row, en, told);
    assist_buf_puts(&out, "</assist-widget><script src=\"");
    assist_buf_html(&out, ngx_http_assist_str(*uri));
    assist_buf_puts(&out, "widget.js\" defer></script>");

    if (ngx_http_assist_take_buf(r, &out, html) != NGX_OK
        || ngx_http_assist_widget_path(r, uri, "widget.css", style) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_http_assist_widget_path(r, uri, "ask", ask);
}


static void
ngx_http_assist_widget_attribute(assist_buf_t *out, const char *name,
    assist_str_t value)
{
    if (value.len == 0) {
        return;
    }

    assist_buf_putc(out, ' ');
    assist_buf_puts(out, name);
    assist_buf_puts(out, "=\"");
    assist_buf_html(out, value);
    assist_buf_putc(out, '"');
}


static void
ngx_http_assist_widget_link(assist_buf_t *out, ngx_str_t *uri,
    const assist_row_t *row, ngx_uint_t en, ngx_uint_t told)
{
    assist_buf_puts(out, "<a href=\"");
    assist_buf_html(out, ngx_http_assist_str(*uri));
    assist_buf_puts(out, en ? "?lang=en" : "?lang=vi");

    if (row) {
        ngx_http_assist_widget_argument(out, "service", row->code);
        ngx_http_assist_widget_argument(out, "agency", row->agency_code);
    }

    assist_buf_puts(out, told ? "\">" : "\" lang=\"vi\">");

    if (en) {
        assist_buf_puts(out, row ? "Ask about this service"
                                 : "Ask the AI assistant");
    } else {
        /* Hỏi về dịch vụ này; Hỏi trợ lý AI */
        assist_buf_puts(out, row ? "H&#7887;i v&#7873; d&#7883;ch v&#7909; "
                                   "n&#224;y"
                                 : "H&#7887;i tr&#7907; l&#253; AI");
    }

    assist_buf_puts(out, "</a>");
}


static void
ngx_http_assist_widget_argument(assist_buf_t *out, const char *name,
    assist_str_t value)
{
    u_char  *end, escaped[3 * (ASSIST_ID_MAX + 1)];

    if (value.len == 0 || value.len > ASSIST_ID_MAX) {
        return;
    }

    end = (u_char *) ngx_escape_uri(escaped, (u_char *) value.data, value.len,
                                    NGX_ESCAPE_URI_COMPONENT);

    assist_buf_puts(out, "&amp;");
    assist_buf_puts(out, name);
    assist_buf_putc(out, '=');
    assist_buf_html(out, (assist_str_t) { (char *) escaped,
                                          (size_t) (end - escaped) });
}


static ngx_int_t
ngx_http_assist_widget_path(ngx_http_request_t *r, ngx_str_t *uri,
    const char *name, ngx_str_t *path)
{
    path->data = ngx_pnalloc(r->pool, uri->len + ngx_strlen(name));
    if (path->data == NULL) {
        return NGX_DECLINED;
    }

    path->len = uri->len + ngx_strlen(name);
    ngx_memcpy(ngx_cpymem(path->data, uri->data, uri->len), name,
               ngx_strlen(name));

    return NGX_OK;
}
