/*
 * The map from placeholders to originals, and its two uses.
 */

#include "redact_priv.h"

#include <stdlib.h>


static int search(assist_scan_t *scan, assist_str_t text);
static void search_free(assist_scan_t *scan);
static int stays(const assist_redact_t *map, assist_str_t original);
static int placeholder_of(assist_redact_t *map, assist_str_t original,
    assist_redact_kind_t kind, size_t *index);
static int remember(assist_redact_t *map, uint32_t scope,
    assist_str_t *original, uint32_t value);
static int may_begin(const char *s, size_t n);
static void put_back(const assist_restore_t *r, assist_buf_t *out);


/* Keys of the map's table. */
#define ORIGINAL   0
#define PUBLISHED  1


static const char  *const names[ASSIST_REDACT_NKINDS] = {
    "QR", "CCCD", "BHYT", "MST", "PHONE", "BHXH", "CMND", "PASSPORT",
    "ACCOUNT", "PLATE", "EMAIL", "HOSO", "NUMBER", "TEXT"
};


const char *
assist_redact_kind_name(assist_redact_kind_t kind)
{
    return names[kind];
}


size_t
assist_redact_count(const assist_redact_t *map, assist_redact_kind_t kind)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < map->n; i++) {
        n += map->items[i].kind == kind;
    }

    return n;
}


void
assist_redact_free(assist_redact_t *map)
{
    if (map->arena != NULL) {
        assist_arena_destroy(map->arena);
    }

    assist_table_free(&map->table);
    free(map->items);

    *map = (assist_redact_t) ASSIST_REDACT_INIT;
}


int
assist_redact(assist_redact_t *map, assist_str_t text, assist_buf_t *out)
{
    int                rc, n;
    size_t             i, at, index, start;
    assist_str_t       original;
    assist_scan_t      scan;
    assist_finding_t  *f;

    if (text.len == 0) {
        return out->failed ? -1 : 0;
    }

    start = out->len;
    at = 0;
    n = 0;

    rc = search(&scan, text);

    for (i = 0; rc == 0 && i < scan.nfindings; i++) {
        f = &scan.findings[i];
        original = (assist_str_t) { text.data + f->start, f->end - f->start };

        if (stays(map, original)) {
            continue;
        }

        rc = placeholder_of(map, original, f->kind, &index);

        if (rc == 0) {
            assist_buf_add(out, text.data + at, f->start - at);
            assist_buf_putc(out, '[');
            assist_buf_puts(out, names[map->items[index].kind]);
            assist_buf_putc(out, '_');
            assist_buf_uint(out, index + 1);
            assist_buf_putc(out, ']');
            at = f->end;
            n++;
        }
    }

    assist_buf_add(out, text.data + at, text.len - at);
    search_free(&scan);

    if (rc != 0 || out->failed) {
        /* half of a text is redacted: none of it may be used */
        out->len = start;
        out->cap = start;
        out->failed = 1;
        return -1;
    }

    return n;
}


int
assist_redact_publish(assist_redact_t *map, assist_str_t text)
{
    int                      rc;
    size_t                   i;
    assist_str_t             original;
    assist_scan_t            scan;
    const assist_finding_t  *f;

    if (text.len == 0) {
        return 0;
    }

    rc = search(&scan, text);

    for (i = 0; rc == 0 && i < scan.nfindings; i++) {
        f = &scan.findings[i];
        original = (assist_str_t) { text.data + f->start, f->end - f->start };

        if (f->kind != ASSIST_REDACT_TEXT
            && assist_table_get(&map->table, PUBLISHED, original)
               == ASSIST_TABLE_NONE)
        {
            rc = remember(map, PUBLISHED, &original, 0);
        }
    }

    search_free(&scan);

    return rc;
}


static int
search(assist_scan_t *scan, assist_str_t text)
{
    memset(scan, 0, sizeof(assist_scan_t));
    scan->text = (const unsigned char *) text.data;
    scan->len = text.len;

    return assist_scan_words(scan) != 0 || assist_scan_find(scan) != 0 ? -1 : 0;
}


static void
search_free(assist_scan_t *scan)
{
    free(scan->marks);
    free(scan->findings);
    free(scan->run.groups);
    free(scan->run.digits);
}


/* Published, and not said by the citizen before. */

static int
stays(const assist_redact_t *map, assist_str_t original)
{
    return assist_table_get(&map->table, PUBLISHED, original)
           != ASSIST_TABLE_NONE
           && assist_table_get(&map->table, ORIGINAL, original)
              == ASSIST_TABLE_NONE;
}


static int
placeholder_of(assist_redact_t *map, assist_str_t original,
    assist_redact_kind_t kind, size_t *index)
{
    void      *items;
    uint32_t   known;

    known = assist_table_get(&map->table, ORIGINAL, original);

    if (known != ASSIST_TABLE_NONE) {
        *index = known;
        return 0;
    }

    if (map->n == ASSIST_REDACT_MAX) {
        return -1;
    }

    items = assist_redact_grow(map->items, map->n, &map->cap,
                               sizeof(assist_redact_item_t));
    if (items == NULL) {
        return -1;
    }

    map->items = items;

    if (remember(map, ORIGINAL, &original, (uint32_t) map->n) != 0) {
        return -1;
    }

    map->items[map->n] = (assist_redact_item_t) { original, kind };
    *index = map->n++;

    return 0;
}


/* Points *original to the map's own copy. */

static int
remember(assist_redact_t *map, uint32_t scope, assist_str_t *original,
    uint32_t value)
{
    if (map->arena == NULL) {
        map->arena = assist_arena_create();

        if (map->arena == NULL) {
            return -1;
        }
    }

    *original = assist_arena_dup(map->arena, *original);

    return original->data == NULL ? -1
           : assist_table_put(&map->table, scope, *original, value);
}


void *
assist_redact_grow(void *items, size_t n, size_t *cap, size_t size)
{
    void    *p;
    size_t   more;

    if (n < *cap) {
        return items;
    }

    more = *cap ? *cap * 2 : 16;

    if (more > SIZE_MAX / size) {
        return NULL;
    }

    p = realloc(items, more * size);

    if (p != NULL) {
        *cap = more;
    }

    return p;
}


size_t
assist_redact_placeholder(const unsigned char *p, const unsigned char *end)
{
    size_t  n, max;

    max = (size_t) (end - p) < ASSIST_REDACT_LONGEST
          ? (size_t) (end - p) : ASSIST_REDACT_LONGEST;

    for (n = 1; n <= max && may_begin((const char *) p, n); n++) {
        if (p[n - 1] == ']') {
            return n;
        }
    }

    return 0;
}


/* Are these n bytes (at least one) a placeholder, or the beginning of one? */

static int
may_begin(const char *s, size_t n)
{
    size_t  i, k, len;

    if (s[0] != '[') {
        return 0;
    }

    for (k = 0; k < ASSIST_REDACT_NKINDS; k++) {
        len = strlen(names[k]);

        if (memcmp(s + 1, names[k], n - 1 < len ? n - 1 : len) != 0) {
            continue;
        }

        if (n - 1 <= len) {
            return 1;
        }

        if (s[1 + len] != '_') {
            continue;
        }

        for (i = 2 + len; i < n && assist_is_digit(s[i]); i++) { /* void */ }

        /* no number, or too long a one, is no placeholder */

        if (i == n) {
            return n - (2 + len) <= 4;
        }

        return s[i] == ']' && i + 1 == n && i > 2 + len && i - (2 + len) <= 4;
    }

    return 0;
}


void
assist_restore_init(assist_restore_t *r, const assist_redact_t *map)
{
    r->map = map;
    r->n = 0;
}


int
assist_restore(assist_restore_t *r, assist_str_t piece, assist_buf_t *out)
{
    size_t       i, n;
    const char  *p;

    for (i = 0; i < piece.len; /* void */ ) {

        if (r->n == 0) {
            p = memchr(piece.data + i, '[', piece.len - i);
            n = p ? (size_t) (p - piece.data) - i : piece.len - i;

            assist_buf_add(out, piece.data + i, n);
            i += n;

            if (p != NULL) {
                r->held[r->n++] = '[';
                i++;
            }

            continue;
        }

        r->held[r->n] = piece.data[i];

        if (may_begin(r->held, r->n + 1)) {
            r->n++;
            i++;

            if (r->held[r->n - 1] == ']') {
                put_back(r, out);
                r->n = 0;
            }

            continue;
        }

        /* only its first byte can begin a placeholder: no need to look again */

        assist_buf_add(out, r->held, r->n);
        r->n = 0;
    }

    return out->failed ? -1 : 0;
}


int
assist_restore_end(assist_restore_t *r, assist_buf_t *out)
{
    assist_buf_add(out, r->held, r->n);
    r->n = 0;

    return out->failed ? -1 : 0;
}


static void
put_back(const assist_restore_t *r, assist_buf_t *out)
{
    size_t                       i, n, len;
    const char                  *name;
    const assist_redact_item_t  *item;

    for (i = 1; r->held[i] != '_'; i++) { /* void */ }

    len = i - 1;
    i++;

    /* as it was written: not [CCCD_01] */

    for (n = 0; r->held[i] != ']' && (n || r->held[i] != '0'); i++) {
        n = n * 10 + (size_t) (r->held[i] - '0');
    }

    if (r->held[i] == ']' && n >= 1 && n <= r->map->n) {
        item = &r->map->items[n - 1];
        name = names[item->kind];

        if (strlen(name) == len && memcmp(r->held + 1, name, len) == 0) {
            assist_buf_add(out, item->original.data, item->original.len);
            return;
        }
    }

    assist_buf_add(out, r->held, r->n);
}
