#define OPENSSL_SUPPRESS_DEPRECATED

#include "audit_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>


#define LINE_MAX   (1024 * 1024)
#define TEXT_MAX   1000                     /* findings that are written out */

#define START      "{\"v\":1,\"t\":\""


static void one_line(assist_audit_t *a, assist_str_t text);
static void rest(assist_audit_t *a);
static void good_line(assist_audit_t *a, const assist_line_t *line);
static void bad_line(assist_audit_t *a, assist_str_t text, const char *reason);
static void damaged_line(assist_audit_t *a, assist_str_t text,
    const char *reason);
static void torn_line(assist_audit_t *a, assist_str_t text,
    const char *reason);
static chain_t *owner(assist_audit_t *a, assist_str_t text, int torn);
static void check_order(assist_audit_t *a, chain_t *c,
    const assist_line_t *line);
static void add_text(assist_audit_t *a, assist_buf_t *out, place_t at,
    const char *fmt, va_list args);


const place_t  assist_audit_nowhere = { ASSIST_TABLE_NONE, 0 };


assist_audit_t *
assist_audit_create(assist_str_t key, const assist_audit_reader_t *reader)
{
    assist_audit_t  *a;

    a = calloc(1, sizeof(assist_audit_t));
    if (a == NULL) {
        return NULL;
    }

    a->arena = assist_arena_create();
    a->open = ASSIST_TABLE_NONE;
    a->last = ASSIST_TABLE_NONE;

    if (a->arena != NULL) {
        a->key = assist_arena_dup(a->arena, key);
    }

    if (a->arena == NULL || a->key.data == NULL) {
        assist_audit_free(a);
        return NULL;
    }

    if (reader != NULL) {
        a->reader = *reader;
    }

    return a;
}


void
assist_audit_free(assist_audit_t *a)
{
    if (a == NULL) {
        return;
    }

    if (a->arena != NULL) {
        assist_arena_destroy(a->arena);
    }

    assist_table_free(&a->writers);
    assist_buf_free(&a->rest);
    assist_buf_free(&a->found);
    assist_buf_free(&a->noted);
    free(a->files);
    free(a->chains);
    free(a->wanted);
    free(a->heads);
    free(a);
}


int
assist_audit_heads(assist_audit_t *a, assist_str_t list)
{
    int             rc, n;
    assist_chain_t  head;

    n = 0;

    while ((rc = assist_chain_quoted(&list, &head)) == 1) {
        if (assist_audit_want(a, &head, 1) != 0) {
            return -1;
        }

        n++;
    }

    return rc == 0 ? n : -1;
}


int
assist_audit_file(assist_audit_t *a, assist_str_t name)
{
    void  *p;

    rest(a);
    assist_audit_leave_block(a);

    p = assist_audit_more(a->files, a->nfiles, &a->files_alloc,
                          sizeof(assist_str_t));
    if (p == NULL) {
        return -1;
    }

    a->files = p;
    a->files[a->nfiles] = assist_arena_dup(a->arena, name);

    if (a->files[a->nfiles].data == NULL) {
        return -1;
    }

    a->nfiles++;
    a->line = 1;
    a->skipping = 0;

    return a->failed ? -1 : 0;
}


int
assist_audit_feed(assist_audit_t *a, const char *data, size_t len)
{
    size_t       n;
    const char  *end;

    while (len) {
        end = memchr(data, '\n', len);
        n = end ? (size_t) (end - data) : len;

        if (a->skipping) {
            /* void */

        } else if (a->rest.len + n > LINE_MAX) {
            a->skipping = 1;
            a->rest.len = 0;
            assist_audit_found(a, assist_audit_here(a), "no line of evidence "
                               "is longer than 1 MiB");

        } else if (end == NULL || a->rest.len) {
            assist_buf_add(&a->rest, data, n);

            if (end != NULL) {
                one_line(a, assist_buf_str(&a->rest));
                a->rest.len = 0;
            }

        } else {
            one_line(a, (assist_str_t) { data, n });
        }

        if (end == NULL) {
            break;
        }

        a->line++;
        a->skipping = 0;
        data += n + 1;
        len -= n + 1;
    }

    return a->failed || a->rest.failed ? -1 : 0;
}


void
assist_audit_broken(assist_audit_t *a, assist_str_t why)
{
    assist_audit_found(a, assist_audit_here(a), "from here on this file "
                       "cannot be unpacked, it was changed or cut off: %.*s",
                       (int) why.len, why.data);
}


int
assist_audit_end(assist_audit_t *a)
{
    uint32_t  i;

    rest(a);
    assist_audit_leave_block(a);

    for (i = 0; i < a->nchains; i++) {
        assist_audit_end_chain(a, &a->chains[i]);
    }

    for (i = 0; i < a->nwanted; i++) {
        assist_audit_end_wanted(a, &a->wanted[i]);
    }

    if (a->nsigned && a->key.len == 0) {
        assist_audit_noted(a, assist_audit_nowhere, "%" PRIu64 " blocks are "
                           "signed: without --key their signatures are not "
                           "checked", a->nsigned);
    }

    assist_audit_list_heads(a);

    a->result.found = assist_buf_str(&a->found);
    a->result.noted = assist_buf_str(&a->noted);

    return a->failed || a->found.failed || a->noted.failed ? -1 : 0;
}


const assist_audit_result_t *
assist_audit_result(const assist_audit_t *a)
{
    return &a->result;
}


const assist_chain_t *
assist_audit_open_heads(const assist_audit_t *a, size_t *n)
{
    *n = a->nheads;

    return a->heads;
}


static void
one_line(assist_audit_t *a, assist_str_t text)
{
    const char     *reason;
    assist_line_t   line;

    if (text.len == 0) {
        /* what a worker writes first after a block that was cut */
        return;
    }

    if (assist_line_read(text, &line, &reason) == 0) {
        good_line(a, &line);

    } else {
        bad_line(a, text, reason);
    }
}


/* What a file ends with that has no line end. */

static void
rest(assist_audit_t *a)
{
    const char     *reason;
    assist_str_t    text;
    assist_line_t   line;

    text = assist_buf_str(&a->rest);
    a->rest.len = 0;

    if (text.len && assist_line_read(text, &line, &reason) == 0) {
        damaged_line(a, text, NULL);

    } else {
        one_line(a, text);
    }
}


static void
good_line(assist_audit_t *a, const assist_line_t *line)
{
    chain_t   *c;
    uint32_t   i;

    i = assist_audit_chain(a, line->writer, 1);

    if (i == ASSIST_TABLE_NONE) {
        return;
    }

    if (a->open != i) {
        assist_audit_leave_block(a);
    }

    c = &a->chains[i];
    a->result.lines++;

    check_order(a, c, line);

    if (a->open != i) {
        a->open = i;
        assist_audit_open_block(a, c, line->seq);
    }

    c->last_at = assist_audit_here(a);

    if (a->reader.line) {
        a->reader.line(a->reader.data, line);
    }

    if (line->type.len == 5 && memcmp(line->type.data, "block", 5) == 0) {
        assist_audit_end_block(a, c, line);
        return;
    }

    SHA256_Update(&a->sha, line->text.data, line->text.len);
    SHA256_Update(&a->sha, "\n", 1);

    if (line->type.len == 6 && memcmp(line->type.data, "config", 6) == 0) {
        assist_audit_quotes(a, line);
    }
}


/*
 * After a crash of the machine, or on a full disk, the end of a block may be
 * missing, and what was written next follows in the same line.  A whole line
 * has no second start in it, for in its strings a quote is escaped.
 */

static void
bad_line(assist_audit_t *a, assist_str_t text, const char *reason)
{
    int             whole;
    size_t          i, n;
    const char     *why;
    assist_str_t    next;
    assist_line_t   line, head;

    n = sizeof(START) - 1;

    for (i = text.len; i > n; i--) {
        if (memcmp(text.data + i - n, START, n) == 0 && i > n) {
            break;
        }
    }

    if (i > n) {
        next = (assist_str_t) { text.data + i - n, text.len - i + n };

        if (assist_line_read(next, &line, &why) == 0) {
            text.len -= next.len;
            whole = assist_line_read(text, &head, &reason) == 0;
            damaged_line(a, text, whole ? NULL : reason);
            good_line(a, &line);
            return;
        }
    }

    damaged_line(a, text, reason);
}


/* reason NULL: it is whole, but for its line end */

static void
damaged_line(assist_audit_t *a, assist_str_t text, const char *reason)
{
    chain_t  *c;

    if (reason == NULL || assist_line_torn(text)) {
        torn_line(a, text, reason ? reason : "its line end is missing");
        return;
    }

    assist_audit_found(a, assist_audit_here(a), "this line is not as it was "
                       "written: %s", reason);

    c = owner(a, text, 0);

    if (c == NULL) {
        a->unclaimed = 1;
        return;
    }

    if (!c->open) {
        assist_audit_leave_block(a);
        a->open = (uint32_t) (c - a->chains);
        assist_audit_open_block(a, c, c->seq + 1);
    }

    c->damaged = 1;
}


/* A finding only when its chain goes on, which it cannot after a crash. */

static void
torn_line(assist_audit_t *a, assist_str_t text, const char *reason)
{
    chain_t  *c;

    c = owner(a, text, 1);

    if (c == NULL) {
        assist_audit_noted(a, assist_audit_here(a), "a crash left this line: "
                           "%s", reason);
        return;
    }

    if (!c->open) {
        assist_audit_leave_block(a);
        a->open = (uint32_t) (c - a->chains);
        assist_audit_open_block(a, c, c->seq + 1);
    }

    c->torn = 1;
    c->torn_at = assist_audit_here(a);

    assist_audit_leave_block(a);
}


/*
 * Whose is a line that is no more what it was?  What is left of the head of a
 * torn one is as it was; of one that was changed it may say anything, and so
 * its place comes first.
 */

static chain_t *
owner(assist_audit_t *a, assist_str_t text, int torn)
{
    int             named;
    uint32_t        i;
    const char     *reason;
    assist_line_t   line;

    i = a->open;
    named = assist_line_head(text, &line, &reason) == 0;

    if (named && (torn || i == ASSIST_TABLE_NONE)) {
        i = assist_audit_chain(a, line.writer, torn);
    }

    return i == ASSIST_TABLE_NONE ? NULL : &a->chains[i];
}


static void
check_order(assist_audit_t *a, chain_t *c, const assist_line_t *line)
{
    place_t   at;
    uint64_t  before;

    before = c->seq;
    c->seq = line->seq;

    if (before == 0) {
        c->first = line->seq;
        c->first_at = assist_audit_here(a);

        if (a->unclaimed && line->seq > 1) {
            a->unclaimed = 0;
            c->damaged = 1;
        }
    }

    if (c->left) {
        /* the chain goes on, but not its block: that was written at once */

        if (!c->damaged && c->torn) {
            assist_audit_found(a, c->torn_at, "this line is not as it was "
                               "written: it is torn, and yet " W " goes on",
                               w(c));

        } else if (!c->damaged) {
            at = c->last_at;
            at.line++;
            assist_audit_found(a, at, "here was line %" PRIu64 " of " W
                               ", whose block goes on in %s:%" PRIu64
                               ": lines were removed or moved", before + 1,
                               w(c), a->files[a->nfiles - 1].data, a->line);
        }

        c->left = 0;
        c->torn = 0;
        c->open = 0;
        c->damaged = 1;
        return;
    }

    if (before == 0 || line->seq == before + 1 || c->damaged) {
        return;
    }

    c->damaged = 1;

    if (a->unclaimed) {
        /* the line that is missing is the damaged one */
        a->unclaimed = 0;
        return;
    }

    assist_audit_found(a, assist_audit_here(a), "line %" PRIu64 " of " W
                       " cannot follow line %" PRIu64 ": lines were removed, "
                       "repeated or swapped", line->seq, w(c), before);
}


uint32_t
assist_audit_chain(assist_audit_t *a, assist_str_t writer, int create)
{
    void      *p;
    chain_t   *c;
    uint32_t   i;

    if (a->last != ASSIST_TABLE_NONE
        && assist_str_eq(a->chains[a->last].writer, writer))
    {
        return a->last;
    }

    i = assist_table_get(&a->writers, 0, writer);

    if (i == ASSIST_TABLE_NONE && create) {
        i = a->nchains;

        p = assist_audit_more(a->chains, i, &a->chains_alloc, sizeof(chain_t));
        if (p == NULL) {
            a->failed = 1;
            return ASSIST_TABLE_NONE;
        }

        a->chains = p;
        c = &a->chains[i];

        memset(c, 0, sizeof(chain_t));
        c->writer = assist_arena_dup(a->arena, writer);

        if (c->writer.data == NULL
            || assist_table_put(&a->writers, 0, c->writer, i) != 0)
        {
            a->failed = 1;
            return ASSIST_TABLE_NONE;
        }

        a->nchains++;
    }

    a->last = i;

    return i;
}


void *
assist_audit_more(void *list, uint32_t n, uint32_t *nalloc, size_t size)
{
    if (n < *nalloc) {
        return list;
    }

    list = realloc(list, (size_t) (n ? n * 2 : 16) * size);

    if (list != NULL) {
        *nalloc = n ? n * 2 : 16;
    }

    return list;
}


place_t
assist_audit_here(const assist_audit_t *a)
{
    return (place_t) { a->nfiles - 1, a->line };
}


void
assist_audit_found(assist_audit_t *a, place_t at, const char *fmt, ...)
{
    va_list  args;

    if (a->result.findings++ < TEXT_MAX) {
        va_start(args, fmt);
        add_text(a, &a->found, at, fmt, args);
        va_end(args);
    }
}


void
assist_audit_noted(assist_audit_t *a, place_t at, const char *fmt, ...)
{
    va_list  args;

    if (a->result.notes++ < TEXT_MAX) {
        va_start(args, fmt);
        add_text(a, &a->noted, at, fmt, args);
        va_end(args);
    }
}


static void
add_text(assist_audit_t *a, assist_buf_t *out, place_t at, const char *fmt,
    va_list args)
{
    char  text[512];

    if (at.file < a->nfiles) {
        assist_buf_printf(out, "%s:%" PRIu64 ": ", a->files[at.file].data,
                          at.line);
    }

    vsnprintf(text, sizeof(text), fmt, args);
    assist_buf_puts(out, text);
    assist_buf_putc(out, '\n');
}
