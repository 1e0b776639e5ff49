/*
 * How well a procedure fits a question: how much of the question it explains,
 * how much of its name was said, and whether the same thing is to be done.
 *
 * A syllable is not a word in Vietnamese, so one that is found alone is weak
 * evidence; with its neighbour it is strong.
 */

#include "search_priv.h"

#include <math.h>


#define ALONE          0.35f
#define ALONE_ENGLISH  0.8f
#define OTHER_MARKS    0.2f
#define ASIDE          0.6f
#define LONG_NAME      0.05f    /* what each further word counts */
#define NAME_WORDS     4        /* rare words of a name that say enough */

/*
 * Below this share of the question, the words are there by chance; among more
 * names there is more of it.
 */
#define EXPLAINED_MIN   0.3f
#define EXPLAINED_MORE  0.036f  /* for each e-fold more than so many names */
#define EXPLAINED_DOCS  60


static float match_part(const assist_question_t *q, const assist_token_t *t,
    size_t n, float enough, float *found, int *whole);
static float match(const assist_question_t *q, size_t i,
    const assist_token_t *t, size_t k, size_t n);
static float same(const assist_term_t *term, const assist_token_t *t);
static float penalty(uint32_t asked, uint32_t done);


float
assist_search_score(const assist_question_t *q, uint32_t ndocs,
    const assist_token_t *tokens, size_t n)
{
    float   found[ASSIST_TERMS_MAX], name, part, all, explained, firm,
            least, score;
    int     whole;
    size_t  i, start, end;

    for (i = 0; i < q->n; i++) {
        found[i] = 0;
    }

    name = 0;
    whole = 0;

    for (start = 1; start < n; start = end) {
        for (end = start + 1;
             end < n && !((tokens[end].part ^ tokens[start].part)
                          & ~ASSIST_PART_ASIDE);
             end++)
        { /* void */ }

        part = match_part(q, tokens + start, end - start,
                          NAME_WORDS * assist_search_weight(ndocs, 1) * 0.6f,
                          found, &whole);

        if (part > name) {
            name = part;
        }
    }

    all = 0;
    explained = 0;
    firm = 0;

    for (i = 0; i < q->n; i++) {
        if (q->terms[i].optional && found[i] < 0.9f) {
            continue;
        }

        /* words of other matters do not speak for a procedure, only against */

        if (q->terms[i].other) {
            all += q->terms[i].weight * (1 - found[i]);
            continue;
        }

        all += q->terms[i].weight;
        explained += q->terms[i].weight * found[i];

        if (!q->terms[i].common) {
            firm += found[i];
        }
    }

    least = EXPLAINED_MIN;

    if (ndocs > EXPLAINED_DOCS) {
        least += EXPLAINED_MORE * logf((float) ndocs / EXPLAINED_DOCS);
    }

    /* who says a whole name means it, whatever else is said */

    if (!whole && (firm <= 0 || explained <= all * least)) {
        return 0;
    }

    score = (all > 0 ? 0.6f * explained / all : 0) + 0.4f * name;
    score -= penalty(q->actions, tokens[0].fold);

    return score < 0 ? 0 : score > 1 ? 1 : score;
}


/*
 * How much of a name or an alias was said; found: how well each term is;
 * whole: set when it was said word by word.
 */
static float
match_part(const assist_question_t *q, const assist_token_t *t, size_t n,
    float enough, float *found, int *whole)
{
    float   m, best, said, all, aside;
    size_t  i, k;

    said = 0;
    all = 0;

    for (k = 0; k < n; k++) {
        best = 0;

        for (i = 0; i < q->n; i++) {
            if (q->terms[i].fold != t[k].fold) {
                continue;
            }

            m = match(q, i, t, k, n);
            aside = (t[k].part & ASSIST_PART_ASIDE) ? ASIDE : 1;

            if (m * aside > found[i]) {
                found[i] = m * aside;
            }

            if (m > best) {
                best = m;
            }
        }

        all += t[k].weight;
        said += t[k].weight * best;
    }

    if (n > 1 && said > 0.98f * all) {
        *whole = 1;
    }

    if (all > enough) {
        all = enough + (all - enough) * LONG_NAME;
    }

    return all > 0 ? (said < all ? said / all : 1) : 0;
}


static float
match(const assist_question_t *q, size_t i, const assist_token_t *t, size_t k,
    size_t n)
{
    float                 m, pair;
    const assist_term_t  *a;

    a = &q->terms[i];
    m = same(a, &t[k]);
    pair = 0;

    if (i + 1 < q->n && k + 1 < n && a[1].pos == a->pos + 1
        && a[1].fold == t[k + 1].fold)
    {
        pair = same(&a[1], &t[k + 1]);
    }

    if (i && k && a[-1].pos + 1 == a->pos && a[-1].fold == t[k - 1].fold
        && same(&a[-1], &t[k - 1]) > pair)
    {
        pair = same(&a[-1], &t[k - 1]);
    }

    if (n == 1) {
        pair = 1;
    }

    if ((t[k].part & ~ASSIST_PART_ASIDE) == ASSIST_PART_ENGLISH) {
        return m * (ALONE_ENGLISH + (1 - ALONE_ENGLISH) * pair);
    }

    return m * (ALONE + (1 - ALONE) * pair);
}


/* The marks count when the question has any. */
static float
same(const assist_term_t *term, const assist_token_t *t)
{
    if (!term->marked || term->norm == t->norm) {
        return 1;
    }

    if ((t->part & ~ASSIST_PART_ASIDE) == ASSIST_PART_ENGLISH
        && !term->signs)
    {
        return 1;
    }

    return OTHER_MARKS;
}


static float
penalty(uint32_t asked, uint32_t done)
{
    float     p;
    uint32_t  extra, lacking;

    /* what is lost is reported or issued again; what expired, exchanged */

    if ((asked & ASSIST_DO_LOST) && (done & ASSIST_DO_AGAIN)) {
        asked = (asked & ~ASSIST_DO_LOST) | ASSIST_DO_AGAIN;
    }

    if ((asked & ASSIST_DO_LOST) && (done & ASSIST_DO_LOST)) {
        asked &= ~ASSIST_DO_AGAIN;
    }

    if (asked & ASSIST_DO_EXPIRED) {
        asked &= ~ASSIST_DO_EXPIRED;
        asked |= done & (ASSIST_DO_EXCHANGE|ASSIST_DO_EXTEND);

        if (!(asked & (ASSIST_DO_EXCHANGE|ASSIST_DO_EXTEND))) {
            asked |= ASSIST_DO_EXCHANGE;
        }
    }

    if ((asked & (ASSIST_DO_EXCHANGE|ASSIST_DO_CHANGE))
        && (done & (ASSIST_DO_EXCHANGE|ASSIST_DO_CHANGE)))
    {
        asked &= ~(ASSIST_DO_EXCHANGE|ASSIST_DO_CHANGE);
        done &= ~(ASSIST_DO_EXCHANGE|ASSIST_DO_CHANGE);
    }

    /* a name with several actions is about any of them */

    extra = done & ~asked;
    lacking = asked & ~done;

    p = 0.1f * (float) __builtin_popcount(lacking
                                          & ~(ASSIST_DO_FIRST
                                              |ASSIST_DO_CONFIRM))
        + 0.02f * (float) __builtin_popcount(lacking & ASSIST_DO_FIRST);

    if (extra & ~(ASSIST_DO_FIRST|ASSIST_DO_CONFIRM|ASSIST_DO_CHANGE)) {
        p += (asked & done) ? 0.03f : 0.12f;
    }

    if (extra & (ASSIST_DO_FIRST|ASSIST_DO_CONFIRM|ASSIST_DO_CHANGE)) {
        p += 0.03f;
    }

    return p;
}
