#include "match.h"

#include <stdlib.h>

#include "arena.h"
#include "buf.h"
#include "table.h"


#define MATCH_DEPTH  64                 /* segments of a path, at most */

/* What ends at a node, and where its "*" leads. */
typedef struct {
    uint32_t         exact;             /* service, or ASSIST_NONE */
    uint32_t         prefix;            /* service, or ASSIST_NONE */
    uint32_t         star;              /* node, or ASSIST_NONE */
} node_t;

/* A trie: children are found by (node, segment); node 0 is the root. */
struct assist_match_s {
    assist_arena_t  *arena;             /* the segments */
    assist_table_t   children;
    node_t          *nodes;
    uint32_t         nnodes;
    uint32_t         nalloc;
};


static int add_paths(assist_match_t *m, assist_catalog_t *cat,
    const assist_row_t *row, assist_buf_t *buf, assist_error_t *err);
static int add_pattern(assist_match_t *m, assist_catalog_t *cat,
    const assist_row_t *row, assist_str_t pattern, assist_buf_t *buf,
    assist_error_t *err);
static int bad_pattern(const assist_row_t *row, assist_str_t pattern,
    const char *why, assist_error_t *err);
static const char *check_pattern(assist_str_t pattern);
static const char *check_segment(assist_str_t segment, assist_buf_t *buf);
static int hex(char c);
static uint32_t add_node(assist_match_t *m);
static uint32_t child(assist_match_t *m, uint32_t parent, assist_str_t segment);
static uint32_t star(assist_match_t *m, uint32_t parent);


assist_match_t *
assist_match_build(assist_catalog_t *cat, assist_error_t *err)
{
    uint32_t         i;
    assist_buf_t     buf = ASSIST_BUF_INIT;
    assist_match_t  *m;

    cat->odd[ASSIST_ODD_PATH].count = 0;
    cat->odd[ASSIST_ODD_PATH].line = 0;

    m = calloc(1, sizeof(assist_match_t));
    if (m == NULL) {
        assist_fail(err, 0, "out of memory");
        return NULL;
    }

    m->arena = assist_arena_create();

    if (m->arena == NULL || add_node(m) == ASSIST_NONE) {
        assist_fail(err, 0, "out of memory");
        assist_match_free(m);
        return NULL;
    }

    for (i = 0; i < cat->nrows; i++) {

        /* testing rows have their paths, so that staff can try */

        if (cat->rows[i].state == ASSIST_STATE_INTERNAL) {
            continue;
        }

        if (add_paths(m, cat, &cat->rows[i], &buf, err) != 0) {
            assist_buf_free(&buf);
            assist_match_free(m);
            return NULL;
        }
    }

    assist_buf_free(&buf);

    return m;
}


void
assist_match_free(assist_match_t *m)
{
    if (m == NULL) {
        return;
    }

    assist_arena_destroy(m->arena);
    assist_table_free(&m->children);
    free(m->nodes);
    free(m);
}


/*
 * Follows all the ways that are still open: one of literal segments, and one
 * for each place where a "*" was taken (a pattern has one "*", so a way does
 * not fork twice).  A later match is a longer pattern.
 */

uint32_t
assist_match_find(const assist_match_t *m, assist_str_t path)
{
    size_t         i, start;
    uint32_t       depth, k, n, kept, next, literal, best, prefix, exact;
    uint32_t       ways[MATCH_DEPTH];   /* nodes behind a "*"; later "*" last */
    assist_str_t   segment;
    const node_t  *node;

    if (path.len == 0 || path.data[0] != '/') {
        return ASSIST_NONE;
    }

    literal = 0;
    n = 0;
    best = m->nodes[0].prefix;
    i = 1;

    for (depth = 0; depth < MATCH_DEPTH && i < path.len; depth++) {

        for (start = i; i < path.len && path.data[i] != '/'; i++) { /* void */ }

        segment = (assist_str_t) { path.data + start, i - start };

        if (segment.len == 0) {
            break;
        }

        kept = 0;

        for (k = 0; k < n; k++) {
            next = assist_table_get(&m->children, ways[k], segment);

            if (next != ASSIST_NONE) {
                ways[kept++] = next;
            }
        }

        n = kept;

        if (literal != ASSIST_NONE) {
            next = m->nodes[literal].star;

            if (next != ASSIST_NONE) {
                ways[n++] = next;
            }

            literal = assist_table_get(&m->children, literal, segment);
        }

        if (literal == ASSIST_NONE && n == 0) {
            break;
        }

        /* the earliest "*" first, so that a better way replaces a worse one */

        prefix = ASSIST_NONE;
        exact = ASSIST_NONE;

        for (k = 0; k <= n; k++) {

            if (k == n && literal == ASSIST_NONE) {
                break;
            }

            node = &m->nodes[k == n ? literal : ways[k]];

            prefix = node->prefix != ASSIST_NONE ? node->prefix : prefix;
            exact = node->exact != ASSIST_NONE ? node->exact : exact;
        }

        best = prefix != ASSIST_NONE ? prefix : best;

        if (i == path.len) {
            return exact != ASSIST_NONE ? exact : best;
        }

        i++;
    }

    return best;
}


static int
add_paths(assist_match_t *m, assist_catalog_t *cat, const assist_row_t *row,
    assist_buf_t *buf, assist_error_t *err)
{
    size_t        i, start;
    assist_str_t  pattern;

    for (i = 0; i < row->paths.len; i++) {

        for (start = i; i < row->paths.len && row->paths.data[i] != ' '; i++) {
            /* void */
        }

        if (i == start) {
            continue;
        }

        pattern = (assist_str_t) { row->paths.data + start, i - start };

        if (add_pattern(m, cat, row, pattern, buf, err) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
add_pattern(assist_match_t *m, assist_catalog_t *cat, const assist_row_t *row,
    assist_str_t pattern, assist_buf_t *buf, assist_error_t *err)
{
    size_t        i, start;
    uint32_t      node, depth, stars, *service;
    const char   *why;
    assist_str_t  segment;

    why = check_pattern(pattern);
    if (why != NULL) {
        return bad_pattern(row, pattern, why, err);
    }

    node = 0;
    stars = 0;

    for (depth = 0, i = 1; i < pattern.len; depth++, i++) {

        if (depth == MATCH_DEPTH) {
            return bad_pattern(row, pattern, "has more than 64 segments", err);
        }

        for (start = i; i < pattern.len && pattern.data[i] != '/'; i++) {
            /* void */
        }

        segment = (assist_str_t) { pattern.data + start, i - start };

        if (assist_str_eq(segment, assist_str("*"))) {

            if (stars++) {
                return bad_pattern(row, pattern, "has more than one *", err);
            }

            node = star(m, node);

        } else {
            why = check_segment(segment, buf);
            if (why != NULL) {
                return bad_pattern(row, pattern, why, err);
            }

            node = buf->failed ? ASSIST_NONE
                               : child(m, node, assist_buf_str(buf));
        }

        if (node == ASSIST_NONE) {
            return assist_fail(err, row->line, "out of memory");
        }
    }

    service = pattern.data[pattern.len - 1] == '/' ? &m->nodes[node].prefix
                                                   : &m->nodes[node].exact;

    if (*service == ASSIST_NONE) {
        *service = row->service;

    } else if (*service != row->service) {

        if (cat->odd[ASSIST_ODD_PATH].count++ == 0) {
            cat->odd[ASSIST_ODD_PATH].line = row->line;
        }
    }

    return 0;
}


static int
bad_pattern(const assist_row_t *row, assist_str_t pattern, const char *why,
    assist_error_t *err)
{
    int  len;

    len = pattern.len > 120 ? 120 : (int) pattern.len;

    while (len > 0 && (size_t) len < pattern.len
           && ((unsigned char) pattern.data[len] & 0xc0) == 0x80)
    {
        len--;
    }

    return assist_fail(err, row->line, "the path \"%.*s%s\" %s", len,
                       pattern.data, (size_t) len < pattern.len ? "..." : "",
                       why);
}


/* What is wrong with a pattern as a whole; NULL: nothing. */

static const char *
check_pattern(assist_str_t pattern)
{
    size_t  i;

    if (pattern.data[0] != '/') {

        for (i = 0; i + 3 <= pattern.len; i++) {
            if (memcmp(pattern.data + i, "://", 3) == 0) {
                return "is a whole URL; give the path only, from the first "
                       "\"/\" after the host";
            }
        }

        return "does not start with \"/\"";
    }

    if (memchr(pattern.data, '?', pattern.len) != NULL
        || memchr(pattern.data, '#', pattern.len) != NULL)
    {
        return "has a \"?\" or \"#\"; give the path without arguments";
    }

    for (i = 1; i < pattern.len; i++) {
        if (pattern.data[i] == '/' && pattern.data[i - 1] == '/') {
            return "has an empty segment";
        }
    }

    return NULL;
}


/* Decodes a literal segment into buf; what is wrong with it, or NULL. */

static const char *
check_segment(assist_str_t segment, assist_buf_t *buf)
{
    int     hi, lo;
    char    c;
    size_t  i;

    buf->len = 0;

    for (i = 0; i < segment.len; i++) {
        c = segment.data[i];

        if (c == '*') {
            return "has a * beside other text; a * is a whole segment";
        }

        if (c == '%') {
            hi = i + 1 < segment.len ? hex(segment.data[i + 1]) : -1;
            lo = i + 2 < segment.len ? hex(segment.data[i + 2]) : -1;

            if (hi < 0 || lo < 0) {
                return "has a \"%\" without two hexadecimal digits";
            }

            c = (char) (hi * 16 + lo);
            i += 2;

            if (c == '\0' || c == '/') {
                return "has an encoded \"/\" or zero byte";
            }
        }

        assist_buf_putc(buf, c);
    }

    /* nginx resolves these in requests: such a pattern would never match */

    if (assist_str_eq(assist_buf_str(buf), assist_str("."))
        || assist_str_eq(assist_buf_str(buf), assist_str("..")))
    {
        return "has a segment \".\" or \"..\"";
    }

    return NULL;
}


static int
hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


static uint32_t
add_node(assist_match_t *m)
{
    void      *nodes;
    uint32_t   n;

    if (m->nnodes == m->nalloc) {
        n = m->nalloc ? m->nalloc * 2 : 64;

        nodes = realloc(m->nodes, n * sizeof(node_t));
        if (nodes == NULL) {
            return ASSIST_NONE;
        }

        m->nodes = nodes;
        m->nalloc = n;
    }

    m->nodes[m->nnodes] = (node_t) { ASSIST_NONE, ASSIST_NONE, ASSIST_NONE };

    return m->nnodes++;
}


/* The child of a segment, made if need be; ASSIST_NONE: out of memory. */

static uint32_t
child(assist_match_t *m, uint32_t parent, assist_str_t segment)
{
    uint32_t      node;
    assist_str_t  key;

    node = assist_table_get(&m->children, parent, segment);

    if (node != ASSIST_NONE) {
        return node;
    }

    key = assist_arena_dup(m->arena, segment);
    if (key.data == NULL) {
        return ASSIST_NONE;
    }

    node = add_node(m);

    if (node == ASSIST_NONE
        || assist_table_put(&m->children, parent, key, node) != 0)
    {
        return ASSIST_NONE;
    }

    return node;
}


static uint32_t
star(assist_match_t *m, uint32_t parent)
{
    uint32_t  node;

    if (m->nodes[parent].star == ASSIST_NONE) {
        node = add_node(m);
        m->nodes[parent].star = node;
    }

    return m->nodes[parent].star;
}
