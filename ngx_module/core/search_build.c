/*
 * The index: built once, in memory, and serialised.
 *
 *   doc   FTS5: folded words of a procedure, by part
 *   token a procedure's tokens, a blob of assist_token_t; the first record's
 *         `fold` holds the actions of its name
 *   df    in how many procedures a folded word is, by its hash
 *   syn   everyday words, as a key and with marks, and the official words, by
 *         the hash of the rarest of the words; bits: one for each word
 */

#include "search_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>


typedef struct {
    assist_token_t  *tokens;
    size_t           n;
    size_t           cap;
    uint32_t         actions;
} document_t;

/* Open addressing; a hash of 0 is an empty slot. */
typedef struct {
    uint32_t  *hashes;
    uint32_t  *counts;
    uint32_t  *seen;            /* the last procedure that had it, plus one */
    size_t     size;
    size_t     used;
} frequencies_t;

typedef struct {
    const assist_catalog_t  *cat;
    sqlite3                 *db;
    document_t              *docs;
    frequencies_t            df;
    assist_error_t          *err;
} build_t;


static int build_documents(build_t *b);
static int add_name(build_t *b, uint32_t i, assist_str_t text, uint32_t part,
    assist_buf_t *out);
static int add_text(build_t *b, uint32_t i, assist_str_t text, uint32_t part,
    float factor, assist_buf_t *out);
static int count(frequencies_t *df, uint32_t hash, uint32_t doc);
static size_t slot(const frequencies_t *df, uint32_t hash);
static int grow(frequencies_t *df);
static int write_tokens(build_t *b);
static int write_frequencies(build_t *b);
static int failed(build_t *b);


static const char  schema[] =
    "PRAGMA page_size = 4096;"
    "BEGIN;"
    "CREATE VIRTUAL TABLE doc USING fts5(name, english, alias, field,"
    " content='', tokenize=\"unicode61 remove_diacritics 0 tokenchars"
    " './,-'\");"
    "CREATE TABLE token(id INTEGER PRIMARY KEY, tokens BLOB);"
    "CREATE TABLE df(hash INTEGER PRIMARY KEY, n INTEGER);"
    "CREATE TABLE syn(rarest INTEGER, words TEXT, bits INTEGER,"
    " marked TEXT, official TEXT, PRIMARY KEY(rarest, words)) WITHOUT ROWID;";


int
assist_search_build(const assist_catalog_t *cat, assist_str_t synonyms,
    unsigned char **image, size_t *len, assist_error_t *err)
{
    int            rc;
    build_t        b;
    uint32_t       i;
    sqlite3_int64  size;

    memset(&b, 0, sizeof(build_t));
    b.cat = cat;
    b.err = err;
    *image = NULL;
    rc = -1;

    b.docs = calloc(cat->nprocedures + 1, sizeof(document_t));

    if (b.docs == NULL || grow(&b.df) != 0) {
        (void) assist_fail(err, 0, "out of memory");
        goto done;
    }

    if (sqlite3_open(":memory:", &b.db) != SQLITE_OK
        || sqlite3_exec(b.db, schema, NULL, NULL, NULL) != SQLITE_OK)
    {
        (void) failed(&b);
        goto done;
    }

    if (build_documents(&b) != 0 || write_tokens(&b) != 0
        || write_frequencies(&b) != 0
        || assist_synonyms_write(b.db, synonyms, err) != 0)
    {
        goto done;
    }

    if (sqlite3_exec(b.db, "INSERT INTO doc(doc) VALUES ('optimize'); COMMIT",
                     NULL, NULL, NULL)
        != SQLITE_OK)
    {
        (void) failed(&b);
        goto done;
    }

    *image = sqlite3_serialize(b.db, "main", &size, 0);
    if (*image == NULL) {
        (void) assist_fail(err, 0, "out of memory");
        goto done;
    }

    *len = (size_t) size;
    rc = 0;

done:

    for (i = 0; b.docs && i < cat->nprocedures; i++) {
        free(b.docs[i].tokens);
    }

    free(b.docs);
    free(b.df.hashes);
    free(b.df.counts);
    free(b.df.seen);
    sqlite3_close(b.db);

    return rc;
}


void
assist_search_free_image(unsigned char *image)
{
    sqlite3_free(image);
}


/* Rare words weigh more; a word that no procedure has says little. */
float
assist_search_weight(uint32_t ndocs, uint32_t df)
{
    return df ? logf(1 + (float) ndocs / (float) df)
              : 0.45f * logf(1 + (float) ndocs);
}


static int
build_documents(build_t *b)
{
    int                   k, rc;
    size_t                start, end;
    uint32_t              i, part;
    assist_buf_t          cols[4];
    sqlite3_stmt         *st;
    const assist_row_t   *row;

    memset(cols, 0, sizeof(cols));

    rc = sqlite3_prepare_v2(b->db, "INSERT INTO doc(rowid, name, english,"
                            " alias, field) VALUES (?, ?, ?, ?, ?)", -1,
                            &st, NULL);

    for (i = 0; rc == SQLITE_OK && i < b->cat->nprocedures; i++) {
        row = &b->cat->rows[b->cat->procedures[i].row];

        for (k = 0; k < 4; k++) {
            cols[k].len = 0;
        }

        k = add_name(b, i, row->name, ASSIST_PART_NAME, &cols[0])
            | add_name(b, i, row->name_en, ASSIST_PART_ENGLISH, &cols[1]);

        part = ASSIST_PART_ALIAS;

        for (start = 0; start < row->aliases.len; start = end + 1) {
            for (end = start; end < row->aliases.len
                              && row->aliases.data[end] != ';'
                              && row->aliases.data[end] != '|'; end++)
            { /* void */ }

            k |= add_name(b, i, (assist_str_t) { row->aliases.data + start,
                                                 end - start },
                          part++, &cols[2]);
        }

        k |= add_text(b, i, row->field, ASSIST_NONE, 0, &cols[3]);

        if (k != 0) {
            rc = SQLITE_NOMEM;
            break;
        }

        sqlite3_bind_int64(st, 1, i);

        for (k = 0; k < 4; k++) {
            sqlite3_bind_text(st, k + 2, cols[k].data ? cols[k].data : "",
                              (int) cols[k].len, SQLITE_STATIC);
        }

        sqlite3_step(st);
        rc = sqlite3_reset(st);
    }

    sqlite3_finalize(st);

    for (k = 0; k < 4; k++) {
        assist_buf_free(&cols[k]);
    }

    return rc == SQLITE_OK ? 0 : failed(b);
}


/* What stands in brackets ("thực hiện tại cấp tỉnh") need not be said. */
static int
add_name(build_t *b, uint32_t i, assist_str_t text, uint32_t part,
    assist_buf_t *out)
{
    int           depth;
    size_t        start, k;
    assist_str_t  piece;

    depth = 0;

    for (start = 0, k = 0; k <= text.len; k++) {

        if (k < text.len && text.data[k] != '(' && text.data[k] != ')') {
            continue;
        }

        piece.data = text.data + start;
        piece.len = k - start;

        if (add_text(b, i, piece, part, depth > 0 ? 0.25f : 1, out) != 0) {
            return -1;
        }

        start = k + 1;
        depth += (k < text.len && text.data[k] == '(') ? 1 : -1;
        depth = depth < 0 ? 0 : depth;
    }

    return 0;
}


/* The tokens' weights are factors until the frequencies are known. */
static int
add_text(build_t *b, uint32_t i, assist_str_t text, uint32_t part,
    float factor, assist_buf_t *out)
{
    int              rc;
    size_t           k;
    document_t      *d;
    assist_words_t   w;
    assist_token_t  *t;

    if (text.len == 0) {
        return 0;
    }

    d = &b->docs[i];
    rc = assist_words_split(&w, text);

    if (rc == 0 && part == ASSIST_PART_NAME) {
        d->actions |= assist_words_actions(&w, NULL);
    }

    for (k = 0; rc == 0 && k < w.n; k++) {

        if (out->len) {
            assist_buf_putc(out, ' ');
        }

        assist_buf_add(out, w.words[k].stem.data, w.words[k].stem.len);

        rc = out->failed ? -1 : count(&b->df,
                                      assist_word_hash(w.words[k].stem), i);

        if (part == ASSIST_NONE || d->n == ASSIST_TOKENS_MAX - 1) {
            continue;
        }

        if (d->n == d->cap) {
            d->cap = d->cap ? d->cap * 2 : 32;

            t = realloc(d->tokens, d->cap * sizeof(assist_token_t));
            if (t == NULL) {
                rc = -1;
                break;
            }

            d->tokens = t;
        }

        t = &d->tokens[d->n++];
        t->fold = assist_word_hash(w.words[k].stem);
        t->norm = assist_word_hash(w.words[k].norm);
        t->part = part | (factor < 1 ? ASSIST_PART_ASIDE : 0);
        t->weight = factor;

        if (k < 2 && assist_words_have(&w, 0, "thu tuc")) {
            t->weight = 0.05f;
        }
    }

    assist_words_free(&w);

    return rc;
}


static int
count(frequencies_t *df, uint32_t hash, uint32_t doc)
{
    size_t  i;

    if (df->used * 2 >= df->size && grow(df) != 0) {
        return -1;
    }

    hash = hash ? hash : 1;
    i = slot(df, hash);

    if (df->hashes[i] == 0) {
        df->hashes[i] = hash;
        df->used++;
    }

    if (df->seen[i] != doc + 1) {
        df->seen[i] = doc + 1;
        df->counts[i]++;
    }

    return 0;
}


static size_t
slot(const frequencies_t *df, uint32_t hash)
{
    size_t  i;

    for (i = hash & (df->size - 1);
         df->hashes[i] && df->hashes[i] != hash;
         i = (i + 1) & (df->size - 1))
    { /* void */ }

    return i;
}


static int
grow(frequencies_t *df)
{
    size_t         i, k;
    frequencies_t  to;

    to.size = df->size ? df->size * 2 : 4096;
    to.used = df->used;
    to.hashes = calloc(to.size, sizeof(uint32_t));
    to.counts = calloc(to.size, sizeof(uint32_t));
    to.seen = calloc(to.size, sizeof(uint32_t));

    if (to.hashes == NULL || to.counts == NULL || to.seen == NULL) {
        free(to.hashes);
        free(to.counts);
        free(to.seen);
        return -1;
    }

    for (i = 0; i < df->size; i++) {
        if (df->hashes[i]) {
            k = slot(&to, df->hashes[i]);
            to.hashes[k] = df->hashes[i];
            to.counts[k] = df->counts[i];
            to.seen[k] = df->seen[i];
        }
    }

    free(df->hashes);
    free(df->counts);
    free(df->seen);
    *df = to;

    return 0;
}


static int
write_tokens(build_t *b)
{
    int             rc;
    size_t          k;
    uint32_t        i, hash;
    document_t     *d;
    sqlite3_stmt   *st;
    assist_token_t  all[ASSIST_TOKENS_MAX];

    rc = sqlite3_prepare_v2(b->db, "INSERT INTO token VALUES (?, ?)", -1, &st,
                            NULL);

    for (i = 0; rc == SQLITE_OK && i < b->cat->nprocedures; i++) {
        d = &b->docs[i];

        memset(&all[0], 0, sizeof(assist_token_t));
        all[0].fold = d->actions;

        for (k = 0; k < d->n; k++) {
            all[k + 1] = d->tokens[k];
            hash = d->tokens[k].fold ? d->tokens[k].fold : 1;
            all[k + 1].weight *= assist_search_weight(b->cat->nprocedures,
                                       b->df.counts[slot(&b->df, hash)]);
        }

        sqlite3_bind_int64(st, 1, i);
        sqlite3_bind_blob(st, 2, all,
                          (int) ((d->n + 1) * sizeof(assist_token_t)),
                          SQLITE_STATIC);
        sqlite3_step(st);
        rc = sqlite3_reset(st);
    }

    sqlite3_finalize(st);

    return rc == SQLITE_OK ? 0 : failed(b);
}


static int
write_frequencies(build_t *b)
{
    int            rc;
    size_t         i;
    sqlite3_stmt  *st;

    rc = sqlite3_prepare_v2(b->db, "INSERT INTO df VALUES (?, ?)", -1, &st,
                            NULL);

    for (i = 0; rc == SQLITE_OK && i < b->df.size; i++) {
        if (b->df.hashes[i]) {
            sqlite3_bind_int64(st, 1, b->df.hashes[i]);
            sqlite3_bind_int64(st, 2, b->df.counts[i]);
            sqlite3_step(st);
            rc = sqlite3_reset(st);
        }
    }

    sqlite3_finalize(st);

    return rc == SQLITE_OK ? 0 : failed(b);
}


static int
failed(build_t *b)
{
    return assist_fail(b->err, 0, "the search index cannot be built: %s",
                       b->db ? sqlite3_errmsg(b->db) : "out of memory");
}
