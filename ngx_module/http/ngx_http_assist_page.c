/*
 * A page as it streams by, and what is put into it.
 *
 * Nothing is copied but the first bytes, where they come in small pieces, and
 * tags that the end of a buffer cuts.  Buffers of ours stand for parts of the
 * portal's ("shadows"); the portal's is free when the last part is sent.
 *
 * A page may wait at its end for help of assist.later: then the few bytes after
 * that place are kept, and r->buffered keeps the request, so that nginx's
 * writer comes back for them.
 */

#include "ngx_http_assist.h"
#include "ngx_http_assist_page.h"


static ngx_int_t ngx_http_assist_page_begin(ngx_http_request_t *r,
    ngx_http_assist_page_t *page, ngx_chain_t *in);
static ngx_int_t ngx_http_assist_page_pass(ngx_http_request_t *r,
    ngx_http_assist_page_t *page, ngx_chain_t *in);
static ngx_int_t ngx_http_assist_page_header(ngx_http_request_t *r,
    ngx_http_assist_page_t *page);
static void ngx_http_assist_page_remove_digests(ngx_http_request_t *r);
static ngx_int_t ngx_http_assist_page_buf(ngx_http_request_t *r,
    ngx_http_assist_page_t *page, ngx_buf_t *buf);
static ngx_int_t ngx_http_assist_page_text(ngx_http_request_t *r,
    ngx_http_assist_page_t *page, u_char *data, size_t len);
static ngx_int_t ngx_http_assist_page_part(ngx_http_request_t *r,
    ngx_http_assist_page_t *page, assist_html_part_t *part);
static ngx_int_t ngx_http_assist_page_put(ngx_http_request_t *r,
    ngx_http_assist_page_t *page, ngx_http_assist_insert_t *insert);
static void ngx_http_assist_page_hold(ngx_http_request_t *r,
    ngx_http_assist_page_t *page);
static ngx_uint_t ngx_http_assist_page_keep(ngx_http_assist_page_t *page,
    assist_str_t text);
static ngx_int_t ngx_http_assist_page_release(ngx_http_request_t *r,
    ngx_http_assist_page_t *page);
static void ngx_http_assist_page_waited(ngx_event_t *ev);
static ngx_buf_t *ngx_http_assist_page_new(ngx_http_request_t *r,
    ngx_http_assist_page_t *page);
static ngx_int_t ngx_http_assist_page_send(ngx_http_request_t *r,
    ngx_http_assist_page_t *page);


ngx_int_t
ngx_http_assist_page_body(ngx_http_request_t *r, ngx_http_assist_page_t *page,
    ngx_chain_t *in)
{
    ngx_int_t   rc;
    ngx_uint_t  wake;

    if (page->state == NGX_HTTP_ASSIST_PAGE_BEGIN) {

        if (in == NULL) {
            return NGX_OK;
        }

        rc = ngx_http_assist_page_begin(r, page, in);

        if (rc != NGX_OK) {
            return rc == NGX_AGAIN ? NGX_OK : NGX_ERROR;
        }

        if (page->state == NGX_HTTP_ASSIST_PAGE_PASS) {
            return ngx_http_assist_page_pass(r, page, in);
        }
    }

    if (page->state == NGX_HTTP_ASSIST_PAGE_PASS) {
        return ngx_http_assist_next_body(r, in);
    }

    page->out = NULL;
    page->last = &page->out;
    page->tail = NULL;

    if (page->nbegin) {
        if (ngx_http_assist_page_text(r, page, page->begin, page->nbegin)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (page->tail) {
            page->tail->flush = page->flush;
        }

        page->nbegin = 0;
    }

    wake = in == NULL;

    if (page->holds && page->waited
        && ngx_http_assist_page_release(r, page) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for ( /* void */ ; in; in = in->next) {
        if (ngx_http_assist_page_buf(r, page, in->buf) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (page->holds && !page->held) {

        /* what is before the help is not to wait with it */

        if (page->tail == NULL && ngx_http_assist_page_new(r, page) == NULL) {
            return NGX_ERROR;
        }

        page->tail->flush = 1;
        page->tail->sync = 0;
        page->held = 1;
    }

    if (page->out == NULL && page->busy == NULL && !wake) {
        return NGX_OK;
    }

    return ngx_http_assist_page_send(r, page);
}


/*
 * Is it a page?  The headers are sent as soon as that is known.  NGX_AGAIN:
 * what has come so far does not tell, and was taken.
 */

static ngx_int_t
ngx_http_assist_page_begin(ngx_http_request_t *r,
    ngx_http_assist_page_t *page, ngx_chain_t *in)
{
    int         is_page;
    size_t      n;
    ngx_buf_t  *b;

    is_page = -1;

    for ( /* void */ ; in && is_page == -1; in = in->next) {
        b = in->buf;

        if (ngx_buf_in_memory(b) && b->last > b->pos) {
            n = ngx_min((size_t) (b->last - b->pos),
                        ASSIST_HTML_BEGIN - page->nbegin);

            if (page->nbegin == 0) {
                is_page = assist_html_begins((assist_str_t)
                                             { (char *) b->pos, n });
                if (is_page != -1) {
                    break;
                }

                if (page->begin == NULL) {
                    page->begin = ngx_pnalloc(r->pool, ASSIST_HTML_BEGIN);
                    if (page->begin == NULL) {
                        return NGX_ERROR;
                    }
                }
            }

            ngx_memcpy(page->begin + page->nbegin, b->pos, n);
            page->nbegin += n;
            b->pos += n;

            if (b->in_file) {
                b->file_pos += n;
            }

            is_page = assist_html_begins((assist_str_t)
                                         { (char *) page->begin,
                                           page->nbegin });
        }

        if (is_page == -1
            && (page->nbegin == ASSIST_HTML_BEGIN || b->last_buf
                || ngx_buf_size(b)))
        {
            is_page = 0;
        }

        page->flush |= b->flush;
    }

    if (is_page == -1) {
        return NGX_AGAIN;
    }

    page->state = is_page ? NGX_HTTP_ASSIST_PAGE_SCAN
                          : NGX_HTTP_ASSIST_PAGE_PASS;

    return ngx_http_assist_page_header(r, page);
}


/* It is none: it goes out as it came. */

static ngx_int_t
ngx_http_assist_page_pass(ngx_http_request_t *r, ngx_http_assist_page_t *page,
    ngx_chain_t *in)
{
    ngx_buf_t    *b;
    ngx_chain_t   out;

    if (page->nbegin == 0) {
        return ngx_http_assist_next_body(r, in);
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->memory = 1;
    b->pos = page->begin;
    b->last = page->begin + page->nbegin;
    b->flush = page->flush;

    /* all of these was taken */

    while (in && ngx_buf_in_memory(in->buf) && in->buf->pos == in->buf->last) {
        b->last_buf |= in->buf->last_buf;
        b->last_in_chain |= in->buf->last_in_chain;
        in = in->next;
    }

    out.buf = b;
    out.next = in;

    return ngx_http_assist_next_body(r, &out);
}


static ngx_int_t
ngx_http_assist_page_header(ngx_http_request_t *r,
    ngx_http_assist_page_t *page)
{
    ngx_int_t                  rc;
    ngx_uint_t                 i, helps;
    ngx_http_assist_insert_t  *insert;

    helps = 0;

    if (page->state == NGX_HTTP_ASSIST_PAGE_SCAN) {

        for (i = 0; i < page->ninserts; i++) {
            insert = &page->inserts[i];
            page->places[i].where = insert->where;
            page->places[i].id = ngx_http_assist_str(insert->id);
            helps |= insert->help != NULL;
        }

        /* one more, where help goes that is late for its own place */

        page->places[i].where = ASSIST_HTML_BODY_END;

        assist_html_init(&page->html, page->places,
                         (uint32_t) (page->ninserts + helps));

        page->html.meta = ngx_pnalloc(r->pool, ASSIST_HTML_META);
        if (page->html.meta == NULL) {
            return NGX_ERROR;
        }

        /* as of sub_filter: its length, and the moment of its last change,
         * are not the portal's any more */

        ngx_http_clear_content_length(r);
        ngx_http_clear_accept_ranges(r);
        ngx_http_clear_last_modified(r);
        ngx_http_weak_etag(r);
        ngx_http_assist_page_remove_digests(r);
    }

    rc = ngx_http_assist_next_header(r);

    return rc == NGX_ERROR || rc > NGX_OK || r->header_only ? NGX_ERROR
                                                            : NGX_OK;
}


static void
ngx_http_assist_page_remove_digests(ngx_http_request_t *r)
{
    ngx_uint_t        i, n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    static const char  *const names[] = {
        "Content-MD5", "Digest", "Content-Digest", "Repr-Digest"
    };

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            for (n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
                if (ngx_http_assist_is(&h[i].key, names[n])) {
                    h[i].hash = 0;
                }
            }
        }
    }
}


static ngx_int_t
ngx_http_assist_page_buf(ngx_http_request_t *r, ngx_http_assist_page_t *page,
    ngx_buf_t *buf)
{
    ngx_buf_t            *b;
    ngx_uint_t            last;
    ngx_chain_t         **before;
    assist_html_part_t    part;

    before = page->last;
    last = buf->last_buf;

    if (ngx_buf_in_memory(buf)) {
        if (ngx_http_assist_page_text(r, page, buf->pos,
                                      (size_t) (buf->last - buf->pos))
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (buf->last_buf) {
        while (assist_html_end(&page->html, &part)) {
            if (ngx_http_assist_page_part(r, page, &part) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    if (page->holds) {
        page->rest_last |= last;
        last = 0;
    }

    if (page->last == before) {

        /* all that it had is held back */
        buf->pos = buf->last;

        if (!buf->flush && !buf->sync && !last && !buf->last_in_chain)
        {
            return NGX_OK;
        }

        b = ngx_http_assist_page_new(r, page);
        if (b == NULL) {
            return NGX_ERROR;
        }

        b->sync = !buf->flush && !last;

    } else {

        /* the last of the parts stands for all of it */

        b = page->tail;
        b->shadow = buf;
        b->recycled = buf->recycled;
        b->sync = buf->sync;
    }

    b->flush = buf->flush;
    b->last_buf = last;
    b->last_in_chain = buf->last_in_chain;

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_page_text(ngx_http_request_t *r, ngx_http_assist_page_t *page,
    u_char *data, size_t len)
{
    assist_str_t         piece;
    assist_html_part_t   part;

    piece = (assist_str_t) { (char *) data, len };

    while (assist_html_next(&page->html, &piece, &part)) {
        if (ngx_http_assist_page_part(r, page, &part) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* A range of the page, and what belongs after it. */

static ngx_int_t
ngx_http_assist_page_part(ngx_http_request_t *r, ngx_http_assist_page_t *page,
    assist_html_part_t *part)
{
    ngx_buf_t                 *b;
    ngx_uint_t                 i, end;
    ngx_http_assist_insert_t  *insert;

    if (page->holds && !ngx_http_assist_page_keep(page, part->text)
        && ngx_http_assist_page_release(r, page) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (part->text.len && !page->holds) {
        b = ngx_http_assist_page_new(r, page);
        if (b == NULL) {
            return NGX_ERROR;
        }

        b->pos = (u_char *) part->text.data;

        if (part->held) {
            if (b->start == NULL) {
                b->start = ngx_pnalloc(r->pool, ASSIST_HTML_HOLD);
                if (b->start == NULL) {
                    return NGX_ERROR;
                }
            }

            b->pos = b->start;
            ngx_memcpy(b->pos, part->text.data, part->text.len);
        }

        b->memory = 1;
        b->last = b->pos + part->text.len;
    }

    end = part->places & (1u << page->ninserts);

    if (part->meta.data) {
        ngx_http_assist_inject_meta(r, page, part->meta);
    }

    for (i = 0; i < page->ninserts; i++) {

        insert = &page->inserts[i];

        if (!(part->places & (1u << i)) && !(insert->late && end)) {
            continue;
        }

        insert->late = !end && insert->help && insert->help->waits;

        if (insert->late) {
            continue;
        }

        if (insert->help && insert->help->waits) {
            ngx_http_assist_page_hold(r, page);
            insert->help->held = page->holds;

        } else if (ngx_http_assist_page_put(r, page, insert) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_assist_page_put(ngx_http_request_t *r, ngx_http_assist_page_t *page,
    ngx_http_assist_insert_t *insert)
{
    ngx_buf_t  *b;
    ngx_str_t  *html;

    html = insert->help ? &insert->help->html : &insert->html;

    if (html->len == 0
        || (page->policy
            && !ngx_http_assist_inject_fits(r, page, html,
                                            insert->widget)))
    {
        return NGX_OK;
    }

    b = ngx_http_assist_page_new(r, page);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->memory = 1;
    b->pos = html->data;
    b->last = b->pos + html->len;

    /* nobody reads what is in a head */

    page->placed |= !insert->widget && insert->where != ASSIST_HTML_HEAD_END;
    page->notice |= ngx_http_assist_disclosure_in(html);

    return NGX_OK;
}


/* From here on the page waits, if it may. */

static void
ngx_http_assist_page_hold(ngx_http_request_t *r, ngx_http_assist_page_t *page)
{
    ngx_http_assist_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_assist_module);

    if (page->holds || page->waited || lcf->page_wait == 0) {
        return;
    }

    page->rest = ngx_pnalloc(r->pool, NGX_HTTP_ASSIST_PAGE_REST);
    if (page->rest == NULL) {
        return;
    }

    page->holds = 1;
    r->buffered |= NGX_HTTP_ASSIST_BUFFERED;

    page->wait.data = page;
    page->wait.handler = ngx_http_assist_page_waited;
    page->wait.log = r->connection->log;

    ngx_add_timer(&page->wait, lcf->page_wait);
}


/* 0: it is too long to be kept, and nobody waits any more. */

static ngx_uint_t
ngx_http_assist_page_keep(ngx_http_assist_page_t *page, assist_str_t text)
{
    if (text.len > NGX_HTTP_ASSIST_PAGE_REST - page->nrest) {
        return 0;
    }

    if (text.len) {
        ngx_memcpy(page->rest + page->nrest, text.data, text.len);
        page->nrest += text.len;
    }

    return 1;
}


/* The help that has come, and what was kept. */

static ngx_int_t
ngx_http_assist_page_release(ngx_http_request_t *r,
    ngx_http_assist_page_t *page)
{
    ngx_buf_t                 *b;
    ngx_uint_t                 i;
    ngx_http_assist_insert_t  *insert;

    ngx_http_assist_page_close(page);

    page->holds = 0;
    page->waited = 1;
    r->buffered &= ~NGX_HTTP_ASSIST_BUFFERED;

    for (i = 0; i < page->ninserts; i++) {
        insert = &page->inserts[i];

        if (insert->help && insert->help->held
            && ngx_http_assist_page_put(r, page, insert) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (page->nrest == 0 && !page->rest_last) {
        return NGX_OK;
    }

    b = ngx_http_assist_page_new(r, page);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->memory = page->nrest != 0;
    b->pos = page->rest;
    b->last = page->rest + page->nrest;
    b->last_buf = page->rest_last;
    b->flush = !page->rest_last;

    return NGX_OK;
}


void
ngx_http_assist_page_wake(ngx_http_assist_page_t *page)
{
    ngx_uint_t               i;
    ngx_http_assist_help_t  *help;

    if (!page->holds || page->waited) {
        return;
    }

    for (i = 0; i < page->ninserts; i++) {
        help = page->inserts[i].help;

        if (help && help->held && help->waits) {
            return;
        }
    }

    /* who calls this is in the middle of something else */

    if (page->wait.timer_set) {
        ngx_del_timer(&page->wait);
    }

    ngx_post_event(&page->wait, &ngx_posted_events);
}


/* The help is there, or the time is over. */

static void
ngx_http_assist_page_waited(ngx_event_t *ev)
{
    ngx_connection_t        *c;
    ngx_http_request_t      *r;
    ngx_http_assist_page_t  *page;

    page = ev->data;
    r = page->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    page->waited = 1;

    r->write_event_handler(r);

    ngx_http_run_posted_requests(c);
}


/* It waits for nothing any more. */

void
ngx_http_assist_page_close(ngx_http_assist_page_t *page)
{
    ngx_uint_t               i;
    ngx_http_assist_help_t  *help;

    for (i = 0; i < page->ninserts; i++) {
        help = page->inserts[i].help;

        if (help && help->waits) {
            ngx_queue_remove(&help->queue);
            help->waits = 0;
        }
    }

    if (page->wait.timer_set) {
        ngx_del_timer(&page->wait);
    }

    if (page->wait.posted) {
        ngx_delete_posted_event(&page->wait);
    }
}


/* A buffer at the end of what goes out; all zero but for `start`. */

static ngx_buf_t *
ngx_http_assist_page_new(ngx_http_request_t *r, ngx_http_assist_page_t *page)
{
    u_char       *start;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    cl = ngx_chain_get_free_buf(r->pool, &page->free);
    if (cl == NULL) {
        return NULL;
    }

    b = cl->buf;
    start = b->start;

    ngx_memzero(b, sizeof(ngx_buf_t));

    b->start = start;
    b->tag = (ngx_buf_tag_t) &ngx_http_assist_filter_module;

    cl->next = NULL;
    *page->last = cl;
    page->last = &cl->next;
    page->tail = b;

    return b;
}


static ngx_int_t
ngx_http_assist_page_send(ngx_http_request_t *r, ngx_http_assist_page_t *page)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t  *cl, **last;

    rc = ngx_http_assist_next_body(r, page->out);

    for (last = &page->busy; *last; last = &(*last)->next) { /* void */ }

    *last = page->out;
    page->out = NULL;

    while (page->busy) {
        cl = page->busy;
        b = cl->buf;

        if (ngx_buf_size(b) != 0) {
            break;
        }

        if (b->shadow) {
            b->shadow->pos = b->shadow->last;

            if (b->shadow->in_file) {
                b->shadow->file_pos = b->shadow->file_last;
            }
        }

        page->busy = cl->next;
        cl->next = page->free;
        page->free = cl;
    }

    return rc;
}
