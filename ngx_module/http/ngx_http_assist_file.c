/*
 * Files are read by the master, which may, and inherited by the workers as
 * bytes.
 */

#include "ngx_http_assist.h"


#define NGX_HTTP_ASSIST_FILE_MAX  (512 * 1024 * 1024)


static void ngx_http_assist_free(void *data);


ngx_int_t
ngx_http_assist_read_file(ngx_conf_t *cf, ngx_str_t *name, ngx_str_t *text)
{
    size_t               size, done;
    ssize_t              n;
    ngx_fd_t             fd;
    ngx_file_info_t      fi;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_ERROR;
    }

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR || !ngx_is_file(&fi)
        || ngx_file_size(&fi) > NGX_HTTP_ASSIST_FILE_MAX)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is not a file of at most 512m", name);
        goto failed;
    }

    size = (size_t) ngx_file_size(&fi);

    /* not of the pool: sanitizers see past its ends */
    text->data = ngx_alloc(size + 1, cf->log);
    if (text->data == NULL) {
        goto failed;
    }

    cln->handler = ngx_http_assist_free;
    cln->data = text->data;

    for (done = 0; done < size; done += (size_t) n) {
        n = ngx_read_fd(fd, text->data + done, size - done);

        if (n <= 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, n ? ngx_errno : 0,
                               ngx_read_fd_n " \"%V\" failed", name);
            goto failed;
        }
    }

    text->len = size;
    text->data[size] = '\0';

    (void) ngx_close_file(fd);

    return NGX_OK;

failed:

    (void) ngx_close_file(fd);

    return NGX_ERROR;
}


static void
ngx_http_assist_free(void *data)
{
    ngx_free(data);
}
