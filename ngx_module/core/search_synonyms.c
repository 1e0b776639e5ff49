/*
 * Synonyms: how a line of a file is written into the index, and which lines
 * speak of a question.
 *
 *   everyday words = official words
 *   lost / stolen + passport = trình báo mất hộ chiếu
 *   thời tiết = -
 *
 * What is between "+" may stand anywhere in a question and in any order; "/"
 * separates words of which one is enough.  "-": the words are about other
 * matters, and count twice when a procedure does not explain them.
 */

#include "search_priv.h"

#include <stdlib.h>


#define PARTS     4
#define CHOICES   64            /* of a line */
#define LINES     4000          /* that one line may stand for */
#define RULES     24            /* that are compared for a question */
#define FILLERS   2             /* words passed over inside a phrase */

/* A rule is read only if the question may have all of its words. */
#define BIT_OF(hash)  ((sqlite3_int64) 1 << (hash) % 63)

#define SYNTAX    "write \"everyday words = official words\""


typedef struct {
    sqlite3         *db;
    sqlite3_stmt    *insert;
    sqlite3_stmt    *frequency;
    assist_error_t  *err;
    uint32_t         number;    /* of the line */
    assist_words_t   choices[CHOICES];
    size_t           nchoices;
    size_t           parts[PARTS + 1];  /* where each begins in choices */
    size_t           nparts;
    assist_buf_t     key;
    assist_buf_t     marked;
    assist_buf_t     official;
} writer_t;

typedef struct {
    uint64_t  words[2];         /* bits: what it uses of the question */
    uint32_t  worth;            /* its words; those that say little, half */
    size_t    official;         /* offset in the buffer */
    size_t    len;
} rule_t;

typedef struct {
    const assist_words_t  *text;
    size_t                 nwords;
    int                    marked;
    const unsigned char   *idle;        /* how long the phrase is, by word */
    unsigned char          common[ASSIST_RULE_WORDS];
    unsigned char          filler[ASSIST_RULE_WORDS];
    uint32_t               hashes[ASSIST_RULE_WORDS];
    rule_t                 rules[RULES];
    size_t                 n;
    assist_buf_t           officials;
} finder_t;


static int write_line(writer_t *w, assist_str_t line);
static int split_left(writer_t *w, assist_str_t left);
static int split_right(writer_t *w, assist_str_t right);
static int write_choices(writer_t *w);
static int write_rule(writer_t *w, const size_t *chosen);
static int frequency(writer_t *w, assist_str_t word, uint32_t *n);
static int syntax(const writer_t *w, const char *what);
static assist_str_t cut(assist_str_t *rest, const char *separators,
    char *found);
static assist_str_t trim(assist_str_t s);
static int find_rules(finder_t *f, assist_search_t *s);
static int add_rule(finder_t *f, assist_str_t key, assist_str_t marked,
    assist_str_t official);
static int find_part(const finder_t *f, assist_str_t key, assist_str_t marked,
    int strict, rule_t *rule);
static int match_part(const finder_t *f, size_t i, assist_str_t key,
    assist_str_t marked, int strict, rule_t *rule);


int
assist_synonyms_write(sqlite3 *db, assist_str_t text, assist_error_t *err)
{
    int           rc;
    size_t        i;
    writer_t      w;
    assist_str_t  line;

    memset(&w, 0, sizeof(writer_t));
    w.db = db;
    w.err = err;

    rc = 0;

    if (sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO syn"
                           " VALUES (?, ?, ?, ?, ?)", -1, &w.insert, NULL)
        != SQLITE_OK
        || sqlite3_prepare_v2(db, "SELECT n FROM df WHERE hash = ?", -1,
                              &w.frequency, NULL)
           != SQLITE_OK)
    {
        rc = assist_fail(err, 0, "the search index cannot be built: %s",
                         sqlite3_errmsg(db));
    }

    while (rc == 0 && text.len) {
        line = cut(&text, "\n", NULL);
        w.number++;
        rc = write_line(&w, line);

        for (i = 0; i < w.nchoices; i++) {
            assist_words_free(&w.choices[i]);
        }

        w.nchoices = 0;
    }

    sqlite3_finalize(w.insert);
    sqlite3_finalize(w.frequency);
    assist_buf_free(&w.key);
    assist_buf_free(&w.marked);
    assist_buf_free(&w.official);

    return rc;
}


static int
write_line(writer_t *w, assist_str_t line)
{
    char          found;
    assist_str_t  left;

    line = trim(cut(&line, "#", NULL));

    if (line.len == 0) {
        return 0;
    }

    left = cut(&line, "=", &found);

    if (found == '\0') {
        return syntax(w, "has no \"=\"");
    }

    if (split_right(w, trim(line)) != 0 || split_left(w, left) != 0) {
        return -1;
    }

    return write_choices(w);
}


static int
split_left(writer_t *w, assist_str_t left)
{
    char             found;
    assist_str_t     words;
    assist_words_t  *choice;

    w->nparts = 0;
    w->parts[0] = 0;

    do {
        words = cut(&left, "+/", &found);

        if (w->nchoices == CHOICES) {
            return syntax(w, "has too many choices");
        }

        choice = &w->choices[w->nchoices++];

        if (assist_words_split(choice, words) != 0) {
            return assist_fail(w->err, w->number, "out of memory");
        }

        if (choice->n == 0) {
            return syntax(w, "has nothing before \"=\", or beside \"+\" or"
                          " \"/\"");
        }

        if (found != '/') {
            if (w->nparts == PARTS) {
                return syntax(w, "has too many \"+\"");
            }

            w->parts[++w->nparts] = w->nchoices;
        }

    } while (found);

    return 0;
}


/* Nothing for "-". */
static int
split_right(writer_t *w, assist_str_t right)
{
    int             rc;
    assist_words_t  words;

    w->official.len = 0;

    if (assist_str_eq(right, assist_str("-"))) {
        return 0;
    }

    rc = assist_words_split(&words, right);

    if (rc != 0) {
        rc = assist_fail(w->err, w->number, "out of memory");

    } else if (words.n == 0) {
        rc = syntax(w, "has nothing after \"=\"");

    } else {
        assist_buf_add(&w->official, words.norm.data, words.norm.len);
    }

    assist_words_free(&words);

    return rc;
}


/* Each way to choose one of each part. */
static int
write_choices(writer_t *w)
{
    size_t  i, n, chosen[PARTS];

    for (n = 1, i = 0; i < w->nparts; i++) {
        chosen[i] = w->parts[i];
        n *= w->parts[i + 1] - w->parts[i];
    }

    if (n > LINES) {
        return syntax(w, "has too many choices");
    }

    while (n--) {
        if (write_rule(w, chosen) != 0) {
            return -1;
        }

        for (i = 0; i < w->nparts; i++) {
            if (++chosen[i] < w->parts[i + 1]) {
                break;
            }

            chosen[i] = w->parts[i];
        }
    }

    return 0;
}


/* It is found again by its rarest word. */
static int
write_rule(writer_t *w, const size_t *chosen)
{
    size_t                 i, k;
    uint32_t               n, hash, least, rarest;
    sqlite3_int64          bits;
    const assist_words_t  *c;

    w->key.len = 0;
    w->marked.len = 0;
    least = UINT32_MAX;
    rarest = 0;
    bits = 0;

    for (i = 0; i < w->nparts; i++) {
        c = &w->choices[chosen[i]];

        if (i) {
            assist_buf_putc(&w->key, '+');
            assist_buf_putc(&w->marked, '+');
        }

        for (k = 0; k < c->n; k++) {

            if (c->n > 1 && assist_words_article(c, k)) {
                continue;
            }

            if (w->key.len && w->key.data[w->key.len - 1] != '+') {
                assist_buf_putc(&w->key, ' ');
                assist_buf_putc(&w->marked, ' ');
            }

            assist_buf_add(&w->key, c->words[k].stem.data,
                           c->words[k].stem.len);
            assist_buf_add(&w->marked, c->words[k].norm.data,
                           c->words[k].norm.len);

            if (frequency(w, c->words[k].stem, &n) != 0) {
                return -1;
            }

            hash = assist_word_hash(c->words[k].stem);
            bits |= BIT_OF(hash);

            if (n < least) {
                least = n;
                rarest = hash;
            }
        }
    }

    if (w->key.failed || w->marked.failed || w->official.failed) {
        return assist_fail(w->err, w->number, "out of memory");
    }

    sqlite3_bind_int64(w->insert, 1, rarest);
    sqlite3_bind_text(w->insert, 2, w->key.data, (int) w->key.len,
                      SQLITE_STATIC);
    sqlite3_bind_int64(w->insert, 3, bits);
    sqlite3_bind_text(w->insert, 4, w->marked.data, (int) w->marked.len,
                      SQLITE_STATIC);
    sqlite3_bind_text(w->insert, 5, w->official.len ? w->official.data : "",
                      (int) w->official.len, SQLITE_STATIC);
    sqlite3_step(w->insert);

    if (sqlite3_reset(w->insert) != SQLITE_OK) {
        return assist_fail(w->err, 0, "the search index cannot be built: %s",
                           sqlite3_errmsg(w->db));
    }

    return 0;
}


static int
frequency(writer_t *w, assist_str_t word, uint32_t *n)
{
    int       rc;
    uint32_t  hash;

    hash = assist_word_hash(word);
    sqlite3_bind_int64(w->frequency, 1, hash ? hash : 1);
    rc = sqlite3_step(w->frequency);

    *n = rc == SQLITE_ROW ? (uint32_t) sqlite3_column_int64(w->frequency, 0)
                          : 0;

    if (sqlite3_reset(w->frequency) != SQLITE_OK) {
        return assist_fail(w->err, 0, "the search index cannot be built: %s",
                           sqlite3_errmsg(w->db));
    }

    return 0;
}


static int
syntax(const writer_t *w, const char *what)
{
    return assist_fail(w->err, w->number, "a synonym %s: " SYNTAX, what);
}


/* What is before the first of the separators; found (may be NULL): which. */
static assist_str_t
cut(assist_str_t *rest, const char *separators, char *found)
{
    size_t        i;
    assist_str_t  s;

    for (i = 0; i < rest->len && (rest->data[i] == '\0'
                                  || strchr(separators, rest->data[i])
                                     == NULL); i++)
    { /* void */ }

    s.data = rest->data;
    s.len = i;

    if (found) {
        *found = i < rest->len ? rest->data[i] : '\0';
    }

    i += (i < rest->len);
    rest->data += i;
    rest->len -= i;

    return s;
}


static assist_str_t
trim(assist_str_t s)
{
    while (s.len && strchr(" \t\r", s.data[0])) {
        s.data++;
        s.len--;
    }

    while (s.len && strchr(" \t\r", s.data[s.len - 1])) {
        s.len--;
    }

    return s;
}


/* The rules that are worth most first; no word is used twice. */
int
assist_synonyms_find(assist_search_t *s, const assist_words_t *text,
    const unsigned char *idle, assist_rule_t **rules, size_t *nrules,
    assist_buf_t *officials)
{
    int             rc;
    size_t          i, k;
    uint64_t        used[2];
    finder_t        f;
    const rule_t   *r;
    assist_rule_t  *out;

    memset(&f, 0, sizeof(finder_t));
    f.text = text;
    f.idle = idle;
    f.marked = assist_str_marked(assist_buf_str(&text->norm));
    f.nwords = text->n < ASSIST_RULE_WORDS ? text->n : ASSIST_RULE_WORDS;

    rc = find_rules(&f, s);

    sqlite3_reset(s->synonym);
    sqlite3_clear_bindings(s->synonym);

    out = calloc(f.n + 1, sizeof(assist_rule_t));
    *rules = out;
    *nrules = 0;
    *officials = f.officials;

    if (rc != 0 || out == NULL || f.officials.failed) {
        return -1;
    }

    used[0] = 0;
    used[1] = 0;

    for (i = 0; i < f.n; i++) {
        r = &f.rules[i];

        if ((r->words[0] & used[0]) || (r->words[1] & used[1])) {
            continue;
        }

        for (k = 0; k < 2; k++) {
            used[k] |= r->words[k];
            out->words[k] = r->words[k];
        }

        out->worth = r->worth;
        out->official.data = f.officials.data + r->official;
        out->official.len = r->len;
        out++;
        (*nrules)++;
    }

    return 0;
}


static int
find_rules(finder_t *f, assist_search_t *s)
{
    int            rc;
    size_t         i, k;
    assist_str_t   col[3];
    sqlite3_int64  bits;

    for (bits = 0, i = 0; i < f->nwords; i++) {
        f->hashes[i] = assist_word_hash(f->text->words[i].stem);
        f->common[i] = assist_words_common(f->text, i) != 0;
        f->filler[i] = assist_words_filler(f->text, i) != 0;
        bits |= BIT_OF(f->hashes[i]);
    }

    for (i = 0; i < f->nwords; i++) {

        for (k = 0; k < i && f->hashes[k] != f->hashes[i]; k++) { }

        if (k < i) {
            continue;
        }

        sqlite3_reset(s->synonym);
        sqlite3_bind_int64(s->synonym, 1, f->hashes[i]);
        sqlite3_bind_int64(s->synonym, 2, ~bits);

        while ((rc = sqlite3_step(s->synonym)) == SQLITE_ROW) {
            for (k = 0; k < 3; k++) {
                col[k].data = (const char *)
                              sqlite3_column_text(s->synonym, (int) k);
                col[k].len = (size_t)
                             sqlite3_column_bytes(s->synonym, (int) k);
            }

            if (add_rule(f, col[0], col[1], col[2]) != 0) {
                return -1;
            }
        }

        if (rc != SQLITE_DONE) {
            return -1;
        }
    }

    return 0;
}


static int
add_rule(finder_t *f, assist_str_t key, assist_str_t marked,
    assist_str_t official)
{
    size_t  i;
    rule_t  rule;

    memset(&rule, 0, sizeof(rule_t));

    while (key.len) {
        if (!find_part(f, cut(&key, "+", NULL), cut(&marked, "+", NULL),
                       official.len == 0, &rule))
        {
            return 0;
        }
    }

    for (i = f->n; i > 0 && f->rules[i - 1].worth < rule.worth; i--) {
        if (i < RULES) {
            f->rules[i] = f->rules[i - 1];
        }
    }

    if (i == RULES) {
        return 0;
    }

    rule.official = f->officials.len;
    rule.len = official.len;
    assist_buf_add(&f->officials, official.data, official.len);
    f->rules[i] = rule;
    f->n += (f->n < RULES);

    return f->officials.failed ? -1 : 0;
}


static int
find_part(const finder_t *f, assist_str_t key, assist_str_t marked,
    int strict, rule_t *rule)
{
    size_t  i;

    for (i = 0; i < f->nwords; i++) {
        if (match_part(f, i, key, marked, strict, rule)) {
            return 1;
        }
    }

    return 0;
}


/*
 * "cười" is not "cưới": the marks that were typed must be those of the phrase,
 * but for one word of several (another spelling, a slip).
 */
static int
match_part(const finder_t *f, size_t i, assist_str_t key, assist_str_t marked,
    int strict, rule_t *rule)
{
    size_t         n, slips, passed, longest;
    uint32_t       worth;
    uint64_t       words[2];
    assist_str_t   stem, norm;
    assist_word_t  word;

    memset(&word, 0, sizeof(assist_word_t));
    memset(&norm, 0, sizeof(assist_str_t));
    words[0] = rule->words[0];
    words[1] = rule->words[1];
    slips = 0;
    longest = 0;
    worth = 0;

    for (n = 0; key.len; n++) {
        stem = cut(&key, " ", NULL);
        norm = cut(&marked, " ", NULL);

        for (passed = 0; n && passed < FILLERS && i < f->nwords
                         && !assist_str_eq(f->text->words[i].stem, stem)
                         && f->filler[i]; passed++)
        {
            i++;
        }

        if (i >= f->nwords) {
            return 0;
        }

        word = f->text->words[i];

        if (!assist_str_eq(word.stem, stem)
            || (words[i / 64] & ((uint64_t) 1 << i % 64)))
        {
            return 0;
        }

        if (!assist_str_eq(word.norm, word.fold)
            && !assist_str_eq(word.norm, norm))
        {
            slips++;
        }

        longest = f->idle[i] > longest ? f->idle[i] : longest;
        worth += f->common[i] ? 1 : 2;
        words[i / 64] |= (uint64_t) 1 << i % 64;
        i++;
    }

    /* "mất" is lost, but "mất bao lâu" asks how long */

    if (n < longest || slips > 1 || (slips && n == 1)) {
        return 0;
    }

    /* a word alone is sure only with its marks: "ho", "roi" are many words */

    if (n == 1 && assist_str_marked(norm) && !assist_str_eq(word.norm, norm)
        && (f->marked || strict
            || (worth == 1 && !assist_norm_common(norm))))
    {
        return 0;
    }

    rule->words[0] = words[0];
    rule->words[1] = words[1];
    rule->worth += worth;

    return 1;
}
