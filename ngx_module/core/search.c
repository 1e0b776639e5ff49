/*
 * Which procedure is meant: candidates by FTS5, their ranking, the decision.
 */

#include "search_priv.h"

#include <stdlib.h>

#include "text.h"


#define CANDIDATES    150
#define WORDS_MIN     3         /* to look for candidates with */
#define CODE_LEN      8         /* 1.001456 */
#define HITS          (sizeof(((assist_result_t *) 0)->hits)                  \
                       / sizeof(assist_hit_t))

/* Below it, the words are there by chance. */
#define SCORE_MIN     0.36f

/* As near as this, the question does not tell them apart. */
#define SCORE_ALIKE   0.025f


static int open_image(assist_search_t *s, const unsigned char *image,
    size_t len, assist_error_t *err);
static int prepare(assist_search_t *s, const char *sql, sqlite3_stmt **st);
static int index_rows(assist_search_t *s);
static int counts(const assist_search_t *s, uint32_t procedure, int32_t day);
static int find_code(assist_search_t *s, const assist_words_t *w, int32_t day,
    assist_result_t *result);
static int find_words(assist_search_t *s, assist_str_t query, int32_t day,
    assist_result_t *result);
static void match_expression(const assist_search_t *s,
    const assist_question_t *q, assist_buf_t *out);
static int rank(assist_search_t *s, const assist_question_t *q, int32_t day,
    assist_result_t *result);
static void keep(assist_result_t *result, uint32_t procedure, float score);
static void decide(assist_result_t *result);


assist_search_t *
assist_search_open(const assist_catalog_t *cat, const unsigned char *image,
    size_t len, assist_error_t *err)
{
    assist_search_t  *s;

    s = calloc(1, sizeof(assist_search_t));
    if (s == NULL) {
        (void) assist_fail(err, 0, "out of memory");
        return NULL;
    }

    s->cat = cat;
    s->ndocs = cat->nprocedures;

    if (open_image(s, image, len, err) != 0) {
        assist_search_close(s);
        return NULL;
    }

    if (index_rows(s) != 0) {
        (void) assist_fail(err, 0, "out of memory");
        assist_search_close(s);
        return NULL;
    }

    return s;
}


void
assist_search_close(assist_search_t *s)
{
    if (s == NULL) {
        return;
    }

    sqlite3_finalize(s->candidates);
    sqlite3_finalize(s->document);
    sqlite3_finalize(s->frequency);
    sqlite3_finalize(s->synonym);
    sqlite3_close(s->db);
    free(s->first);
    free(s->rows);
    free(s);
}


int
assist_search_query(assist_search_t *s, assist_str_t query, int32_t day,
    assist_result_t *result)
{
    int           rc;
    assist_buf_t  typed = ASSIST_BUF_INIT;

    memset(result, 0, sizeof(assist_result_t));

    if (query.len > ASSIST_QUERY_MAX) {
        query.len = ASSIST_QUERY_MAX;

        while (query.len && ((unsigned char) query.data[query.len] & 0xc0)
                            == 0x80)
        {
            query.len--;
        }
    }

    if (find_words(s, query, day, result) != 0) {
        return -1;
    }

    if (result->found != ASSIST_FOUND_NONE) {
        return 0;
    }

    /* typed with the input method off, perhaps */

    rc = assist_text_telex(query, &typed);

    if (rc == 1) {
        rc = find_words(s, assist_buf_str(&typed), day, result);
    }

    assist_buf_free(&typed);

    return rc < 0 ? -1 : 0;
}


static int
open_image(assist_search_t *s, const unsigned char *image, size_t len,
    assist_error_t *err)
{
    if (sqlite3_open(":memory:", &s->db) != SQLITE_OK
        || sqlite3_deserialize(s->db, "main", (unsigned char *) image,
                               (sqlite3_int64) len, (sqlite3_int64) len,
                               SQLITE_DESERIALIZE_READONLY)
           != SQLITE_OK
        || prepare(s, "SELECT rowid FROM doc WHERE doc MATCH ?"
                      " ORDER BY bm25(doc, 4, 3, 4, 0.5)", &s->candidates)
        || prepare(s, "SELECT tokens FROM token WHERE id = ?", &s->document)
        || prepare(s, "SELECT n FROM df WHERE hash = ?", &s->frequency)
        || prepare(s, "SELECT words, marked, official FROM syn"
                      " WHERE rarest = ? AND bits & ? = 0",
                   &s->synonym))
    {
        return assist_fail(err, 0, "the search index cannot be opened: %s",
                           s->db ? sqlite3_errmsg(s->db) : "out of memory");
    }

    return 0;
}


static int
prepare(assist_search_t *s, const char *sql, sqlite3_stmt **st)
{
    return sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, st,
                              NULL);
}


/* The rows of each procedure: whether one counts depends on the day. */
static int
index_rows(assist_search_t *s)
{
    uint32_t                 i, p, *next;
    const assist_catalog_t  *cat;

    cat = s->cat;

    s->first = calloc((size_t) cat->nprocedures + 2, sizeof(uint32_t));
    s->rows = calloc((size_t) cat->nrows + 1, sizeof(uint32_t));

    if (s->first == NULL || s->rows == NULL) {
        return -1;
    }

    /* shifted by one while they are filled */

    next = s->first + 1;

    for (i = 0; i < cat->nrows; i++) {
        p = cat->services[cat->rows[i].service].procedure;
        if (p + 1 < cat->nprocedures) {
            next[p + 1]++;
        }
    }

    for (p = 1; p < cat->nprocedures; p++) {
        next[p] += next[p - 1];
    }

    for (i = 0; i < cat->nrows; i++) {
        p = cat->services[cat->rows[i].service].procedure;
        s->rows[next[p]++] = i;
    }

    return 0;
}


static int
counts(const assist_search_t *s, uint32_t procedure, int32_t day)
{
    uint32_t  i;

    if (procedure >= s->cat->nprocedures) {
        return 0;
    }

    for (i = s->first[procedure]; i < s->first[procedure + 1]; i++) {
        if (assist_catalog_counts(&s->cat->rows[s->rows[i]], day)) {
            return 1;
        }
    }

    return 0;
}


/* 1: a code was named, and is the answer. */
static int
find_code(assist_search_t *s, const assist_words_t *w, int32_t day,
    assist_result_t *result)
{
    char          code[ASSIST_ID_MAX + 1];
    size_t        i, k;
    uint32_t      p;
    assist_str_t  word;

    for (i = 0; i < w->n; i++) {
        word = w->words[i].norm;

        if (word.len < 3 || word.len > ASSIST_ID_MAX
            || word.data[0] < '0' || word.data[0] > '9'
            || memchr(word.data, '.', word.len) == NULL)
        {
            continue;
        }

        /* a case's or an agency's code, 2.000815.000.00.00.H55, begins with
           the procedure's */

        for (k = 0; k < word.len; k++) {
            code[k] = word.data[k];
            if (code[k] >= 'a' && code[k] <= 'z') {
                code[k] -= 'a' - 'A';
            }
        }

        p = assist_catalog_procedure(s->cat, (assist_str_t) { code,
                                                              word.len });

        if (p == ASSIST_NONE && word.len > CODE_LEN) {
            p = assist_catalog_procedure(s->cat, (assist_str_t) { code,
                                                                  CODE_LEN });
        }

        if (p != ASSIST_NONE && counts(s, p, day)) {
            result->found = ASSIST_FOUND_ONE;
            result->nhits = 1;
            result->hits[0].procedure = p;
            result->hits[0].score = 1;
            return 1;
        }
    }

    return 0;
}


static int
find_words(assist_search_t *s, assist_str_t query, int32_t day,
    assist_result_t *result)
{
    int                rc;
    assist_question_t  q;

    memset(result, 0, sizeof(assist_result_t));

    rc = assist_question_init(&q, s, query);

    if (rc == 0 && !find_code(s, &q.text, day, result)) {
        rc = rank(s, &q, day, result);

        if (rc == 0) {
            decide(result);
        }
    }

    assist_question_free(&q);

    return rc;
}


/*
 * Words that many procedures have ("cấp", "đăng ký") cost time and choose
 * nothing: the rarest ones do, but not one or two alone, which may be chance.
 */
static void
match_expression(const assist_search_t *s, const assist_question_t *q,
    assist_buf_t *out)
{
    size_t                i, k, n;
    uint32_t              limit;
    const assist_term_t  *t;

    limit = s->ndocs > 300 ? s->ndocs / 24 : s->ndocs;

    do {
        out->len = 0;

        for (i = 0, n = 0; i < q->n; i++) {
            t = &q->terms[i];

            for (k = 0; k < i && q->terms[k].fold != t->fold; k++) { }

            if (t->df == 0 || t->df > limit || t->stem.len == 0 || k < i) {
                continue;
            }

            assist_buf_puts(out, n++ ? " OR \"" : "\"");
            assist_buf_add(out, t->stem.data, t->stem.len);
            assist_buf_putc(out, '"');
        }

        limit *= 2;

    } while (n < WORDS_MIN && limit < 2 * s->ndocs);
}


static int
rank(assist_search_t *s, const assist_question_t *q, int32_t day,
    assist_result_t *result)
{
    int                    rc;
    size_t                 n;
    uint32_t               p, seen;
    assist_buf_t           expr = ASSIST_BUF_INIT;
    const assist_token_t  *tokens;

    match_expression(s, q, &expr);

    if (expr.failed || expr.len == 0) {
        rc = expr.failed ? -1 : 0;
        assist_buf_free(&expr);
        return rc;
    }

    sqlite3_bind_text(s->candidates, 1, expr.data, (int) expr.len,
                      SQLITE_STATIC);

    seen = 0;
    rc = SQLITE_DONE;

    while (seen < CANDIDATES) {
        rc = sqlite3_step(s->candidates);
        if (rc != SQLITE_ROW) {
            break;
        }

        p = (uint32_t) sqlite3_column_int64(s->candidates, 0);

        if (!counts(s, p, day)) {
            continue;
        }

        seen++;

        sqlite3_bind_int64(s->document, 1, p);

        if (sqlite3_step(s->document) != SQLITE_ROW) {
            rc = SQLITE_CORRUPT;
            sqlite3_reset(s->document);
            break;
        }

        tokens = sqlite3_column_blob(s->document, 0);
        n = (size_t) sqlite3_column_bytes(s->document, 0)
            / sizeof(assist_token_t);

        keep(result, p, assist_search_score(q, s->ndocs, tokens, n));
        sqlite3_reset(s->document);
    }

    sqlite3_reset(s->candidates);
    sqlite3_clear_bindings(s->candidates);
    assist_buf_free(&expr);

    return (rc == SQLITE_DONE || rc == SQLITE_ROW) ? 0 : -1;
}


/* Best first; of two alike, the one that stands first in the catalogue. */
static void
keep(assist_result_t *result, uint32_t procedure, float score)
{
    uint32_t       i;
    assist_hit_t  *h;

    h = result->hits;

    for (i = result->nhits;
         i > 0 && (h[i - 1].score < score
                   || (h[i - 1].score == score
                       && h[i - 1].procedure > procedure));
         i--)
    {
        if (i < HITS) {
            h[i] = h[i - 1];
        }
    }

    if (i < HITS) {
        h[i].procedure = procedure;
        h[i].score = score;

        if (result->nhits < HITS) {
            result->nhits++;
        }
    }
}


static void
decide(assist_result_t *result)
{
    uint32_t  i;

    while (result->nhits
           && result->hits[result->nhits - 1].score < SCORE_MIN * 0.5f)
    {
        result->nhits--;
    }

    if (result->nhits == 0 || result->hits[0].score < SCORE_MIN) {
        result->found = ASSIST_FOUND_NONE;
        result->nhits = 0;
        return;
    }

    for (i = 1; i < result->nhits
                && result->hits[0].score - result->hits[i].score
                   < SCORE_ALIKE; i++)
    { /* void */ }

    result->found = i > 1 ? ASSIST_FOUND_SEVERAL : ASSIST_FOUND_ONE;
    result->nalike = i > 1 ? i : 0;
}
