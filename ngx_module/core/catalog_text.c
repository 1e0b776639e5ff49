#include "catalog_text.h"

#include <stdlib.h>

#include "text.h"


static size_t blank_first(assist_str_t s);
static size_t blank_last(assist_str_t s);
static int clean_lines(assist_cells_t *cells, assist_str_t cell);
static int clean_list(assist_cells_t *cells, assist_str_t cell);
static int remember(assist_cells_t *cells, assist_str_t cell,
    assist_clean_t how, int found);


int
assist_cells_init(assist_cells_t *cells, assist_arena_t *arena)
{
    memset(cells, 0, sizeof(assist_cells_t));

    cells->arena = arena;
    cells->scratch = assist_arena_create();

    return cells->scratch ? 0 : -1;
}


void
assist_cells_free(assist_cells_t *cells)
{
    assist_arena_destroy(cells->scratch);
    assist_table_free(&cells->seen);
    free(cells->known);
    assist_buf_free(&cells->buf);
    assist_buf_free(&cells->list);
}


assist_str_t
assist_cell_trim(assist_str_t s)
{
    size_t  n;

    while ((n = blank_first(s)) != 0) {
        s.data += n;
        s.len -= n;
    }

    while ((n = blank_last(s)) != 0) {
        s.len -= n;
    }

    return s;
}


int
assist_cell_clean(assist_cells_t *cells, assist_str_t cell,
    assist_clean_t how, assist_str_t *text)
{
    int       found;
    uint32_t  i;

    *text = (assist_str_t) { NULL, 0 };

    if (how == ASSIST_CLEAN_TOKEN) {
        cell = assist_cell_trim(cell);
    }

    if (cell.len == 0) {
        return 0;
    }

    if (how == ASSIST_CLEAN_ONCE) {
        cells->buf.len = 0;

        found = assist_text_clean(cell, &cells->buf);
        if (found < 0) {
            return -1;
        }

        *text = assist_arena_dup(cells->arena, assist_buf_str(&cells->buf));

        return text->data ? found : -1;
    }

    i = assist_table_get(&cells->seen, (uint32_t) how, cell);

    if (i == ASSIST_TABLE_NONE) {
        cells->buf.len = 0;

        switch (how) {
        case ASSIST_CLEAN_LINES:
            found = clean_lines(cells, cell);
            break;
        case ASSIST_CLEAN_LIST:
            found = clean_list(cells, cell);
            break;
        case ASSIST_CLEAN_TOKEN:
            assist_buf_add(&cells->buf, cell.data, cell.len);
            found = cells->buf.failed ? -1 : 0;
            break;
        default:
            found = assist_text_clean(cell, &cells->buf);
        }

        if (found < 0 || remember(cells, cell, how, found) != 0) {
            return -1;
        }

        i = cells->nknown - 1;
    }

    *text = cells->known[i].text;

    return cells->known[i].found;
}


int
assist_cell_join(assist_cells_t *cells, assist_str_t *cell, assist_str_t more,
    const char *between)
{
    cells->buf.len = 0;

    assist_buf_add(&cells->buf, cell->data, cell->len);
    assist_buf_puts(&cells->buf, between);
    assist_buf_add(&cells->buf, more.data, more.len);

    if (cells->buf.failed) {
        return -1;
    }

    *cell = assist_arena_dup(cells->scratch, assist_buf_str(&cells->buf));

    return cell->data ? 0 : -1;
}


/* The length of the blank that s starts with; 0: none. */

static size_t
blank_first(assist_str_t s)
{
    if (s.len && (s.data[0] == ' ' || (s.data[0] >= '\t' && s.data[0] <= '\r')))
    {
        return 1;
    }

    if (s.len >= 2 && memcmp(s.data, "\xc2\xa0", 2) == 0) {
        return 2;
    }

    if (s.len >= 3
        && (memcmp(s.data, "\xe2\x80\x8b", 3) == 0
            || memcmp(s.data, "\xef\xbb\xbf", 3) == 0))
    {
        return 3;
    }

    return 0;
}


/* The same of its end. */

static size_t
blank_last(assist_str_t s)
{
    size_t  n;

    for (n = 1; n <= 3 && n <= s.len; n++) {
        if (blank_first((assist_str_t) { s.data + s.len - n, n }) == n) {
            return n;
        }
    }

    return 0;
}


/* Each line of the cell cleaned, without empty lines at the ends. */

static int
clean_lines(assist_cells_t *cells, assist_str_t cell)
{
    int            found, rc;
    size_t         i, k, ends, before, start;
    assist_str_t   line;
    assist_buf_t  *buf;

    buf = &cells->buf;
    found = 0;
    ends = 0;
    line.data = cell.data;

    for (i = 0; i <= cell.len; i++) {

        if (i < cell.len && cell.data[i] != '\n' && cell.data[i] != '\r') {
            continue;
        }

        line.len = (size_t) (cell.data + i - line.data);
        before = buf->len;

        for (k = 0; k < ends; k++) {
            assist_buf_putc(buf, '\n');
        }

        start = buf->len;

        rc = assist_text_clean(line, buf);
        if (rc < 0) {
            return -1;
        }

        found |= rc;

        if (buf->len != start) {
            ends = 1;

        } else {
            buf->len = before;
            ends = before ? 2 : 0;
        }

        if (cell.len - i > 1 && memcmp(cell.data + i, "\r\n", 2) == 0) {
            i++;
        }

        if (i < cell.len) {
            line.data = cell.data + i + 1;
        }
    }

    return found;
}


static int
clean_list(assist_cells_t *cells, assist_str_t cell)
{
    char    c;
    size_t  i;

    cells->list.len = 0;

    for (i = 0; i < cell.len; i++) {
        c = cell.data[i];
        assist_buf_putc(&cells->list, c == '\n' || c == '\r' ? ';' : c);
    }

    if (cells->list.failed) {
        return -1;
    }

    return assist_text_clean(assist_buf_str(&cells->list), &cells->buf);
}


/* Keeps buf, the cleaned form of the cell. */

static int
remember(assist_cells_t *cells, assist_str_t cell, assist_clean_t how,
    int found)
{
    void          *p;
    uint32_t       n;
    assist_str_t   key, text;

    if (cells->nknown == cells->nalloc) {
        n = cells->nalloc ? cells->nalloc * 2 : 256;

        p = realloc(cells->known, n * sizeof(cells->known[0]));
        if (p == NULL) {
            return -1;
        }

        cells->known = p;
        cells->nalloc = n;
    }

    text = assist_arena_dup(cells->arena, assist_buf_str(&cells->buf));
    if (text.data == NULL) {
        return -1;
    }

    key = text;

    if (!assist_str_eq(text, cell)) {
        key = assist_arena_dup(cells->scratch, cell);
        if (key.data == NULL) {
            return -1;
        }
    }

    if (assist_table_put(&cells->seen, (uint32_t) how, key, cells->nknown)
        != 0)
    {
        return -1;
    }

    cells->known[cells->nknown].text = text;
    cells->known[cells->nknown].found = found;
    cells->nknown++;

    return 0;
}
