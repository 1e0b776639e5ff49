/*
 * The question: what is left of it without politeness, and the official words
 * that synonyms add.
 */

#include "search_priv.h"

#include <stdlib.h>


#define SYNONYM_WORDS  7

/* A word may be passed over, or be said in other words by a synonym. */
#define OWN   0
#define IDLE  1
#define SAID  2


static int mark_words(assist_question_t *q, assist_search_t *s,
    unsigned char *state);
static int find_synonym(assist_question_t *q, assist_search_t *s, size_t i,
    size_t *nwords, assist_str_t *official);
static int marks_agree(const assist_words_t *w, size_t i, size_t n,
    const char *marked);
static int add_synonym(assist_question_t *q, assist_search_t *s,
    assist_str_t official);
static int add_word(assist_question_t *q, assist_search_t *s,
    const assist_word_t *w, uint32_t pos);
static int is_marked(const assist_words_t *w);


int
assist_question_init(assist_question_t *q, assist_search_t *s,
    assist_str_t text)
{
    int             rc, marked;
    size_t          i, n;
    unsigned char  *state;

    memset(q, 0, sizeof(assist_question_t));

    if (assist_words_split(&q->text, text) != 0) {
        return -1;
    }

    state = calloc(q->text.n + 1, 1);
    q->added = calloc(q->text.n + 1, sizeof(assist_words_t));

    if (state == NULL || q->added == NULL) {
        free(state);
        return -1;
    }

    rc = mark_words(q, s, state);

    q->actions |= assist_words_actions(&q->text, state);
    marked = is_marked(&q->text);

    for (i = 0; rc == 0 && i < q->text.n; i++) {
        if (state[i] == IDLE) {
            continue;
        }

        n = q->n;
        rc = add_word(q, s, &q->text.words[i], (uint32_t) i);

        if (q->n > n) {
            q->terms[n].marked = marked;
            q->terms[n].optional = state[i] == SAID
                                   || assist_words_common(&q->text, i);
        }
    }

    free(state);

    return rc;
}


void
assist_question_free(assist_question_t *q)
{
    size_t  i;

    for (i = 0; i < q->nadded; i++) {
        assist_words_free(&q->added[i]);
    }

    free(q->added);
    assist_buf_free(&q->key);
    assist_words_free(&q->text);
}


/* The longest phrase that starts at a word decides what the word is. */
static int
mark_words(assist_question_t *q, assist_search_t *s, unsigned char *state)
{
    size_t        i, nsaid, nidle;
    assist_str_t  official;

    for (i = 0; i < q->text.n; i += nsaid ? nsaid : nidle ? nidle : 1) {

        if (find_synonym(q, s, i, &nsaid, &official) != 0) {
            return -1;
        }

        nidle = assist_words_idle(&q->text, i);

        if (nsaid && nsaid >= nidle) {
            memset(state + i, SAID, nsaid);

            if (add_synonym(q, s, official) != 0) {
                return -1;
            }

            continue;
        }

        nsaid = 0;
        memset(state + i, IDLE, nidle);
    }

    sqlite3_reset(s->synonym);
    sqlite3_clear_bindings(s->synonym);

    return 0;
}


/* nwords 0: none.  official lives until the statement is used again. */
static int
find_synonym(assist_question_t *q, assist_search_t *s, size_t i,
    size_t *nwords, assist_str_t *official)
{
    int          rc, bare;
    size_t       n, whole;
    const char  *marked;

    n = q->text.n - i;

    if (n > SYNONYM_WORDS) {
        n = SYNONYM_WORDS;
    }

    for ( /* void */ ; n; n--) {
        for (bare = 0; bare < 2; bare++) {
            whole = bare ? q->key.len : 0;
            assist_words_key(&q->text, i, n, bare, &q->key);

            if (q->key.failed) {
                return -1;
            }

            if (q->key.len == 0 || q->key.len == whole) {
                continue;
            }

            sqlite3_reset(s->synonym);
            sqlite3_bind_text(s->synonym, 1, q->key.data, (int) q->key.len,
                              SQLITE_STATIC);

            rc = sqlite3_step(s->synonym);

            if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
                return -1;
            }

            if (rc == SQLITE_DONE) {
                continue;
            }

            marked = (const char *) sqlite3_column_text(s->synonym, 0);

            if (bare || marks_agree(&q->text, i, n, marked)) {
                official->data = (const char *)
                                 sqlite3_column_text(s->synonym, 1);
                official->len = (size_t)
                                sqlite3_column_bytes(s->synonym, 1);
                *nwords = n;
                return 0;
            }
        }
    }

    *nwords = 0;

    return 0;
}


/*
 * "cười" is not "cưới": the marks that were typed must be those of the phrase,
 * but for one word of several (another spelling, a slip).
 */
static int
marks_agree(const assist_words_t *w, size_t i, size_t n, const char *marked)
{
    size_t         k, len, slips;
    assist_word_t  word;

    slips = 0;

    for (k = 0; k < n; k++) {
        word = w->words[i + k];
        len = strcspn(marked, " ");

        if (!assist_str_eq(word.norm, word.fold)
            && !assist_str_eq(word.norm, (assist_str_t) { marked, len }))
        {
            slips++;
        }

        marked += len + (marked[len] == ' ');
    }

    return slips == 0 || (slips == 1 && n > 1);
}


static int
add_synonym(assist_question_t *q, assist_search_t *s, assist_str_t official)
{
    size_t           i, n;
    uint32_t         pos;
    assist_words_t  *w;

    w = &q->added[q->nadded++];

    if (assist_words_split(w, official) != 0) {
        return -1;
    }

    /* no neighbours but within the phrase */

    pos = (uint32_t) (q->text.n + 2) * (uint32_t) (q->nadded + 1) * 64;

    q->actions |= assist_words_actions(w, NULL);

    for (i = 0; i < w->n; i++) {
        n = q->n;

        if (add_word(q, s, &w->words[i], pos + (uint32_t) i) != 0) {
            return -1;
        }

        if (q->n > n) {
            q->terms[n].added = 1;
            q->terms[n].marked = 1;
        }
    }

    return 0;
}


static int
add_word(assist_question_t *q, assist_search_t *s, const assist_word_t *w,
    uint32_t pos)
{
    int             rc;
    assist_term_t  *t;

    if (q->n == ASSIST_TERMS_MAX) {
        return 0;
    }

    t = &q->terms[q->n];
    t->fold = assist_word_hash(w->stem);
    t->norm = assist_word_hash(w->norm);
    t->stem = w->stem;
    t->pos = pos;

    sqlite3_reset(s->frequency);
    sqlite3_bind_int64(s->frequency, 1, t->fold ? t->fold : 1);

    rc = sqlite3_step(s->frequency);

    if (rc == SQLITE_ROW) {
        t->df = (uint32_t) sqlite3_column_int64(s->frequency, 0);

    } else if (rc != SQLITE_DONE) {
        return -1;
    }

    sqlite3_reset(s->frequency);

    t->weight = assist_search_weight(s->ndocs, t->df);
    q->n++;

    return 0;
}


static int
is_marked(const assist_words_t *w)
{
    size_t  i;

    for (i = 0; i < w->norm.len; i++) {
        if ((unsigned char) w->norm.data[i] >= 0x80) {
            return 1;
        }
    }

    return 0;
}
