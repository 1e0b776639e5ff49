/*
 * The question: what is left of it without politeness, and the official words
 * that synonyms add.
 */

#include "search_priv.h"

#include <stdlib.h>


/* A word may be passed over, be said in other words by a synonym, or be about
   other matters. */
#define OWN    0
#define IDLE   1
#define SAID   2
#define OTHER  3

#define OTHER_WEIGHT   3
#define COMMON_WEIGHT  0.4f
#define RULE_WEIGHT    1.5f
#define RULE_WORTH     0.4f     /* by a word that says something: two */
#define BEFORE_WEIGHT  0.6f     /* what was said before the wish */


static int mark_words(assist_question_t *q, assist_search_t *s,
    unsigned char *state);
static size_t find_wish(const assist_words_t *w, const unsigned char *state);
static int add_synonym(assist_question_t *q, assist_search_t *s,
    const assist_rule_t *rule, float weight);
static int add_word(assist_question_t *q, assist_search_t *s,
    const assist_word_t *w, uint32_t pos);


int
assist_question_init(assist_question_t *q, assist_search_t *s,
    assist_str_t text)
{
    int             rc, marked;
    size_t          i, n, wish;
    unsigned char  *state;

    memset(q, 0, sizeof(assist_question_t));

    if (assist_words_split(&q->text, text) != 0) {
        return -1;
    }

    state = calloc(q->text.n + 1, 1);
    q->added = calloc(ASSIST_RULE_WORDS, sizeof(assist_words_t));

    if (state == NULL || q->added == NULL) {
        free(state);
        return -1;
    }

    rc = mark_words(q, s, state);

    q->actions |= assist_words_actions(&q->text, state);
    marked = assist_str_marked(assist_buf_str(&q->text.norm));
    wish = find_wish(&q->text, state);

    for (i = 0; rc == 0 && i < q->text.n; i++) {
        if (state[i] == IDLE) {
            continue;
        }

        n = q->n;
        rc = add_word(q, s, &q->text.words[i], (uint32_t) i);

        if (q->n > n) {
            q->terms[n].marked = marked;
            q->terms[n].common = state[i] == OWN
                                 && assist_words_common(&q->text, i);
            q->terms[n].optional = state[i] == SAID || q->terms[n].common;

            if (state[i] == OTHER) {
                q->terms[n].other = 1;
                q->terms[n].weight *= OTHER_WEIGHT;

            } else if (q->terms[n].optional) {
                q->terms[n].weight *= COMMON_WEIGHT;
            }

            if (i < wish) {
                q->terms[n].weight *= BEFORE_WEIGHT;
            }
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
    assist_words_free(&q->text);
}


/* What the synonyms say of the words, and which are idle. */
static int
mark_words(assist_question_t *q, assist_search_t *s, unsigned char *state)
{
    int             rc;
    size_t          i, k, n, last, wish;
    assist_buf_t    officials = ASSIST_BUF_INIT;
    assist_rule_t  *rules;
    unsigned char  *idle;

    idle = calloc(q->text.n + 1, 1);
    if (idle == NULL) {
        return -1;
    }

    for (i = 0; i < q->text.n; i += n ? n : 1) {
        n = assist_words_idle(&q->text, i);
        memset(idle + i, (int) n, n);
        memset(state + i, IDLE, n);
    }

    rc = assist_synonyms_find(s, &q->text, idle, &rules, &n, &officials);
    wish = find_wish(&q->text, state);
    last = 0;

    for (k = 0; rc == 0 && k < n; k++) {
        for (i = 0; i < q->text.n && i < ASSIST_RULE_WORDS; i++) {
            if (rules[k].words[i / 64] & ((uint64_t) 1 << i % 64)) {
                state[i] = rules[k].official.len ? SAID : OTHER;
                last = i;
            }
        }

        if (rules[k].official.len) {
            rc = add_synonym(q, s, &rules[k],
                             last < wish ? BEFORE_WEIGHT : 1);
        }
    }

    free(idle);
    free(rules);
    assist_buf_free(&officials);

    return rc;
}


/*
 * "My card has expired, how do I swap it?": where the wish begins, if what
 * follows says anything; 0: all of it is the wish.
 */
static size_t
find_wish(const assist_words_t *w, const unsigned char *state)
{
    size_t  i, n, k, wish;

    wish = 0;

    for (i = 0; i < w->n; i++) {
        n = assist_words_wish(w, i);
        if (n == 0) {
            continue;
        }

        for (k = i + n; k < w->n && (state[k] == IDLE
                                     || assist_words_common(w, k)); k++)
        { /* void */ }

        if (k < w->n) {
            wish = i;
        }
    }

    return wish;
}


/*
 * A long name is worth no more than a short one; a line of which much was said
 * is worth more.
 */
static int
add_synonym(assist_question_t *q, assist_search_t *s,
    const assist_rule_t *rule, float weight)
{
    float            all;
    size_t           i, start;
    uint32_t         pos;
    assist_words_t  *w;

    w = &q->added[q->nadded++];

    if (assist_words_split(w, rule->official) != 0) {
        return -1;
    }

    /* no neighbours but within the phrase */

    pos = (uint32_t) (q->text.n + 2) * (uint32_t) (q->nadded + 1) * 64;

    q->actions |= assist_words_actions(w, NULL);

    start = q->n;

    for (i = 0; i < w->n; i++) {
        if (add_word(q, s, &w->words[i], pos + (uint32_t) i) != 0) {
            return -1;
        }
    }

    for (all = 0, i = start; i < q->n; i++) {
        all += q->terms[i].weight;
    }

    weight *= assist_search_weight(s->ndocs, 1)
              * (RULE_WEIGHT + RULE_WORTH * (float) rule->worth);

    for (i = start; i < q->n; i++) {
        q->terms[i].marked = 1;
        q->terms[i].weight *= weight / all;
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
    t->signs = assist_str_marked(w->norm);

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
