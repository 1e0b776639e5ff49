/*
 * The list is a trie of words with the links of Aho and Corasick: each node
 * knows the longest other beginning of a phrase that its own end is.
 */

#include "deny.h"

#include <stdlib.h>

#include "arena.h"
#include "table.h"
#include "text.h"
#include "utf8.h"


#define ROOT  0


typedef struct {
    assist_str_t     word;
    uint32_t         parent;
    uint32_t         depth;             /* words from the root */
    uint32_t         suffix;            /* the link */
    uint32_t         line;              /* of the phrase that ends here, or of
                                           the longest at the links; 0: none */
} node_t;


struct assist_deny_s {
    assist_arena_t  *arena;             /* the words */
    assist_table_t   table;             /* (node, word) -> node */
    node_t          *nodes;
    uint32_t         n;
    uint32_t         cap;
    size_t           count;
};


static int parse_lines(assist_deny_t *deny, const char *text, size_t len,
    assist_error_t *err);
static int add_phrase(assist_deny_t *deny, assist_str_t normal, uint32_t line);
static uint32_t add_node(assist_deny_t *deny, uint32_t parent,
    assist_str_t word);
static int link_nodes(assist_deny_t *deny);
static uint32_t step(const assist_deny_t *deny, uint32_t node,
    assist_str_t word);
static int next_word(assist_str_t *rest, assist_str_t *word);
static assist_str_t trim(const char *start, const char *end);
static int is_utf8(assist_str_t s);


assist_deny_t *
assist_deny_parse(const char *text, size_t len, assist_error_t *err)
{
    assist_deny_t  *deny;

    deny = calloc(1, sizeof(assist_deny_t));

    if (deny != NULL) {
        deny->arena = assist_arena_create();
    }

    if (deny == NULL || deny->arena == NULL
        || add_node(deny, ROOT, assist_str("")) == ASSIST_TABLE_NONE)
    {
        assist_fail(err, 0, "out of memory");
        goto failed;
    }

    if (parse_lines(deny, text, len, err) != 0) {
        goto failed;
    }

    if (link_nodes(deny) != 0) {
        assist_fail(err, 0, "out of memory");
        goto failed;
    }

    return deny;

failed:

    assist_deny_free(deny);

    return NULL;
}


void
assist_deny_free(assist_deny_t *deny)
{
    if (deny == NULL) {
        return;
    }

    if (deny->arena != NULL) {
        assist_arena_destroy(deny->arena);
    }

    assist_table_free(&deny->table);
    free(deny->nodes);
    free(deny);
}


size_t
assist_deny_count(const assist_deny_t *deny)
{
    return deny->count;
}


int64_t
assist_deny_find(const assist_deny_t *deny, assist_str_t question)
{
    int64_t       line;
    uint32_t      node;
    assist_buf_t  normal = ASSIST_BUF_INIT;
    assist_str_t  rest, word;

    if (deny->count == 0) {
        return 0;
    }

    line = 0;

    if (assist_text_normalize(question, &normal) != 0) {
        line = -1;
    }

    node = ROOT;
    rest = assist_buf_str(&normal);

    while (line == 0 && next_word(&rest, &word)) {
        node = step(deny, node, word);
        line = deny->nodes[node].line;
    }

    assist_buf_free(&normal);

    return line;
}


static int
parse_lines(assist_deny_t *deny, const char *text, size_t len,
    assist_error_t *err)
{
    int            rc;
    uint32_t       line;
    const char    *p, *last, *end;
    assist_str_t   phrase;
    assist_buf_t   normal = ASSIST_BUF_INIT;

    if (len == 0) {
        return 0;
    }

    p = text;
    last = text + len;
    rc = 0;

    if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
    }

    for (line = 1; rc == 0 && p < last; line++) {
        end = memchr(p, '\n', (size_t) (last - p));
        end = end ? end : last;

        phrase = trim(p, end);
        p = end + 1;

        if (!is_utf8(phrase)) {
            rc = assist_fail(err, line, "the line is not UTF-8");
            break;
        }

        if (phrase.len == 0 || phrase.data[0] == '#') {
            continue;
        }

        if (phrase.len > ASSIST_DENY_PHRASE_MAX) {
            rc = assist_fail(err, line, "the phrase has %zu bytes, more than "
                             "%d", phrase.len, ASSIST_DENY_PHRASE_MAX);
            break;
        }

        normal.len = 0;

        if (assist_text_normalize(phrase, &normal) != 0) {
            rc = assist_fail(err, 0, "out of memory");
            break;
        }

        if (normal.len == 0) {
            rc = assist_fail(err, line, "the phrase has no letter or digit");
            break;
        }

        if (add_phrase(deny, assist_buf_str(&normal), line) != 0) {
            rc = assist_fail(err, 0, "out of memory");
        }
    }

    assist_buf_free(&normal);

    return rc;
}


static int
add_phrase(assist_deny_t *deny, assist_str_t normal, uint32_t line)
{
    uint32_t      node, child;
    assist_str_t  word;

    node = ROOT;

    while (next_word(&normal, &word)) {
        child = assist_table_get(&deny->table, node, word);

        if (child == ASSIST_TABLE_NONE) {
            child = add_node(deny, node, word);

            if (child == ASSIST_TABLE_NONE) {
                return -1;
            }
        }

        node = child;
    }

    /* the first of equal lines */

    if (deny->nodes[node].line == 0) {
        deny->nodes[node].line = line;
        deny->count++;
    }

    return 0;
}


static uint32_t
add_node(assist_deny_t *deny, uint32_t parent, assist_str_t word)
{
    node_t    *nodes, *node;
    uint32_t   cap;

    if (deny->n == deny->cap) {

        if (deny->cap > UINT32_MAX / 4) {
            return ASSIST_TABLE_NONE;
        }

        cap = deny->cap ? deny->cap * 2 : 64;
        nodes = realloc(deny->nodes, cap * sizeof(node_t));

        if (nodes == NULL) {
            return ASSIST_TABLE_NONE;
        }

        deny->nodes = nodes;
        deny->cap = cap;
    }

    node = &deny->nodes[deny->n];
    memset(node, 0, sizeof(node_t));

    if (word.len == 0) {
        return deny->n++;               /* the root */
    }

    node->word = assist_arena_dup(deny->arena, word);
    node->parent = parent;
    node->depth = deny->nodes[parent].depth + 1;

    if (node->word.data == NULL
        || assist_table_put(&deny->table, parent, node->word, deny->n) != 0)
    {
        return ASSIST_TABLE_NONE;
    }

    return deny->n++;
}


/* Links the nodes in the order of their depth: a link is to a shorter one. */

static int
link_nodes(assist_deny_t *deny)
{
    node_t    *node;
    uint32_t   i, k, max, *order, *counts;

    max = 0;

    for (i = 0; i < deny->n; i++) {
        max = deny->nodes[i].depth > max ? deny->nodes[i].depth : max;
    }

    order = calloc(deny->n, sizeof(uint32_t));
    counts = calloc((size_t) max + 2, sizeof(uint32_t));

    if (order == NULL || counts == NULL) {
        free(order);
        free(counts);
        return -1;
    }

    for (i = 0; i < deny->n; i++) {
        counts[deny->nodes[i].depth + 1]++;
    }

    for (i = 1; i <= max; i++) {
        counts[i] += counts[i - 1];
    }

    for (i = 0; i < deny->n; i++) {
        order[counts[deny->nodes[i].depth]++] = i;
    }

    /* the root is the first, and its own link */

    for (k = 1; k < deny->n; k++) {
        node = &deny->nodes[order[k]];

        if (node->depth > 1) {
            node->suffix = step(deny, deny->nodes[node->parent].suffix,
                                node->word);
        }

        if (node->line == 0) {
            node->line = deny->nodes[node->suffix].line;
        }
    }

    free(order);
    free(counts);

    return 0;
}


/* The node of the longest beginning of a phrase that ends with this word. */

static uint32_t
step(const assist_deny_t *deny, uint32_t node, assist_str_t word)
{
    uint32_t  child;

    for ( ;; ) {
        child = assist_table_get(&deny->table, node, word);

        if (child != ASSIST_TABLE_NONE) {
            return child;
        }

        if (node == ROOT) {
            return ROOT;
        }

        node = deny->nodes[node].suffix;
    }
}


static int
next_word(assist_str_t *rest, assist_str_t *word)
{
    const char  *blank;

    if (rest->len == 0) {
        return 0;
    }

    blank = memchr(rest->data, ' ', rest->len);

    word->data = rest->data;
    word->len = blank ? (size_t) (blank - rest->data) : rest->len;

    rest->data += word->len + (blank != NULL);
    rest->len -= word->len + (blank != NULL);

    return 1;
}


static assist_str_t
trim(const char *start, const char *end)
{
    while (start < end && (*start == ' ' || *start == '\t')) {
        start++;
    }

    while (start < end
           && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
    {
        end--;
    }

    return (assist_str_t) { start, (size_t) (end - start) };
}


static int
is_utf8(assist_str_t s)
{
    size_t                n;
    const unsigned char  *p, *end;

    p = (const unsigned char *) s.data;

    for (end = p + s.len; p < end; p += n) {
        n = assist_utf8_len(p, end);

        if (n == 0) {
            return 0;
        }
    }

    return 1;
}
