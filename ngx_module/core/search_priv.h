/*
 * Private to search*.c: words, the records of the index, the question.
 *
 * The image has an FTS5 table that proposes candidates and, by procedure, a
 * blob of tokens that the ranking reads: hashes instead of words, so that a
 * candidate costs no parsing.
 */

#ifndef ASSIST_SEARCH_PRIV_H
#define ASSIST_SEARCH_PRIV_H

#include <stdint.h>

#include <sqlite3.h>

#include "buf.h"
#include "search.h"


#define ASSIST_QUERY_MAX   1000     /* bytes */
#define ASSIST_TERMS_MAX   96
#define ASSIST_TOKENS_MAX  512      /* of a document */


/* A word of a text in both forms; the folded one is stemmed, if English. */
typedef struct {
    assist_str_t  norm;
    assist_str_t  fold;             /* whole */
    assist_str_t  stem;
} assist_word_t;

typedef struct {
    assist_word_t  *words;
    size_t          n;
    assist_buf_t    norm;
    assist_buf_t    fold;
} assist_words_t;


/* What is done to the thing: "cấp" and "cấp lại" are different procedures. */
#define ASSIST_DO_DELETE     0x0001
#define ASSIST_DO_AGAIN      0x0002
#define ASSIST_DO_EXCHANGE   0x0004
#define ASSIST_DO_EXTEND     0x0008
#define ASSIST_DO_END        0x0010
#define ASSIST_DO_CHANGE     0x0020
#define ASSIST_DO_SUSPEND    0x0040
#define ASSIST_DO_LOST       0x0080
#define ASSIST_DO_RESTORE    0x0100
#define ASSIST_DO_SPLIT      0x0200
#define ASSIST_DO_FIRST      0x0400
#define ASSIST_DO_EXPIRED    0x0800
#define ASSIST_DO_COPY       0x1000
#define ASSIST_DO_CONFIRM    0x2000


enum {
    ASSIST_PART_NAME = 0,
    ASSIST_PART_ENGLISH,
    ASSIST_PART_ALIAS               /* and each further alias */
};

/* In a part: it stands in brackets. */
#define ASSIST_PART_ASIDE  0x10000

/* In the image, in the machine's own byte order: it never leaves it. */
typedef struct {
    uint32_t  fold;                 /* hashes */
    uint32_t  norm;
    float     weight;               /* rare words weigh more */
    uint32_t  part;
} assist_token_t;


/* A word of the question, or one that a synonym added. */
typedef struct {
    uint32_t      fold;
    uint32_t      norm;
    float         weight;
    uint32_t      pos;              /* neighbours differ by one */
    uint32_t      df;
    assist_str_t  stem;
    unsigned      optional:1;       /* costs nothing when it is not found */
    unsigned      marked:1;         /* its marks are what was meant */
    unsigned      signs:1;          /* it has marks itself */
    unsigned      common:1;
    unsigned      other:1;          /* about other matters */
} assist_term_t;

typedef struct {
    assist_term_t   terms[ASSIST_TERMS_MAX];
    size_t          n;
    uint32_t        actions;
    assist_words_t  text;
    assist_words_t *added;          /* the words that synonyms added */
    size_t          nadded;
} assist_question_t;


#define ASSIST_RULE_WORDS  128      /* of a question */

/* A line of the synonyms that speaks of a question. */
typedef struct {
    uint64_t      words[2];         /* bits: those of the question it uses */
    uint32_t      worth;
    assist_str_t  official;         /* empty: other matters */
} assist_rule_t;


struct assist_search_s {
    const assist_catalog_t  *cat;
    sqlite3                 *db;
    sqlite3_stmt            *candidates;
    sqlite3_stmt            *document;
    sqlite3_stmt            *frequency;
    sqlite3_stmt            *synonym;
    uint32_t                *first;     /* by procedure: into rows */
    uint32_t                *rows;
    uint32_t                 ndocs;
};


/* -1: out of memory.  Free it in either case. */
int assist_words_split(assist_words_t *w, assist_str_t text);
void assist_words_free(assist_words_t *w);
uint32_t assist_word_hash(assist_str_t s);

/* The bytes of the folded phrase if the text has it from word i on: words. */
size_t assist_words_have(const assist_words_t *w, size_t i,
    const char *phrase);

/* Bits of ASSIST_DO_*; dropped (may be NULL) marks words to pass over. */
uint32_t assist_words_actions(const assist_words_t *w,
    const unsigned char *dropped);

/* How many words from i on are politeness or ask how, where, how much. */
size_t assist_words_idle(const assist_words_t *w, size_t i);

/* Words that mean nothing alone, but may be part of a name. */
int assist_words_common(const assist_words_t *w, size_t i);

/* The same of a word that has marks. */
int assist_norm_common(assist_str_t norm);

/* Words that may stand inside a phrase: "mất (cái) bằng lái". */
int assist_words_filler(const assist_words_t *w, size_t i);
int assist_words_article(const assist_words_t *w, size_t i);

/* How many words from i on say that a wish follows: "giờ muốn". */
size_t assist_words_wish(const assist_words_t *w, size_t i);

/* Whether there are any marks. */
int assist_str_marked(assist_str_t s);

int assist_synonyms_write(sqlite3 *db, assist_str_t text,
    assist_error_t *err);

/*
 * idle: how many words the idle phrase has that a word is in.  -1: out of
 * memory, or an error of the index.  Free rules and officials in either case.
 */
int assist_synonyms_find(assist_search_t *s, const assist_words_t *text,
    const unsigned char *idle, assist_rule_t **rules, size_t *nrules,
    assist_buf_t *officials);

float assist_search_weight(uint32_t ndocs, uint32_t df);

/* -1: out of memory, or an error of the index.  Free it in either case. */
int assist_question_init(assist_question_t *q, assist_search_t *s,
    assist_str_t text);
void assist_question_free(assist_question_t *q);

/* 0..1 */
float assist_search_score(const assist_question_t *q, uint32_t ndocs,
    const assist_token_t *tokens, size_t n);


#endif
