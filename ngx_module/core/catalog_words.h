/*
 * The words that a catalogue file is written with: headers, levels, states,
 * yes and no, in Vietnamese (with and without diacritics) and English.  They
 * are compared folded, without blanks, underscores and punctuation.
 */

#ifndef ASSIST_CATALOG_WORDS_H
#define ASSIST_CATALOG_WORDS_H

#include <stdint.h>

#include "arena.h"
#include "buf.h"


/* What a column holds; the text columns first, as assist_catalog_columns. */
enum {
    ASSIST_COL_CODE = 0,
    ASSIST_COL_NAME,
    ASSIST_COL_NAME_EN,
    ASSIST_COL_ALIASES,
    ASSIST_COL_AGENCY_CODE,
    ASSIST_COL_AGENCY,
    ASSIST_COL_PROVINCE,
    ASSIST_COL_CASE,
    ASSIST_COL_FIELD,
    ASSIST_COL_PATHS,
    ASSIST_COL_DOCUMENTS,
    ASSIST_COL_FEE,
    ASSIST_COL_TIME,
    ASSIST_COL_WHERE,
    ASSIST_COL_CONTACT,
    ASSIST_COL_URL,
    ASSIST_COL_UPDATED,
    ASSIST_COL_SUCCESSOR,
    ASSIST_COL_TEXTS,                   /* how many text columns there are */

    ASSIST_COL_LEVEL = ASSIST_COL_TEXTS,
    ASSIST_COL_STATE,
    ASSIST_COL_ESSENTIAL,
    ASSIST_COL_ONPREM,
    ASSIST_COL_VALID_FROM,
    ASSIST_COL_VALID_TO,
    ASSIST_COL_SERVICE_CODE,            /* the national portal's MaDVC */
    ASSIST_COL_SERVICE_NAME,            /* and TenDVC */
    ASSIST_COL_MAX,

    ASSIST_COL_IGNORED                  /* known, and of no use */
};


typedef enum {
    ASSIST_WORDS_HEADERS = 0,           /* ASSIST_COL_* */
    ASSIST_WORDS_LEVELS,                /* assist_level_t */
    ASSIST_WORDS_STATES,                /* assist_state_t */
    ASSIST_WORDS_FLAGS,                 /* 0, 1 */
    ASSIST_WORDS_MAX
} assist_vocabulary_t;


#define ASSIST_WORD_MAX      200        /* a longer text is no word */
#define ASSIST_WORDS_RECENT  16


typedef struct {
    /* the folded spellings of each vocabulary */
    assist_str_t  *keys[ASSIST_WORDS_MAX];

    /* spellings as they were last met: files repeat a few of them */
    struct {
        char       text[ASSIST_WORD_MAX];
        uint32_t   len;
        int        value;
    }              recent[ASSIST_WORDS_MAX][ASSIST_WORDS_RECENT];
    uint32_t       next[ASSIST_WORDS_MAX];
} assist_words_t;


#define ASSIST_WORD_UNKNOWN  (-1)
#define ASSIST_WORD_NOMEM    (-2)


/* The keys are allocated in the arena.  -1: out of memory. */
int assist_words_init(assist_words_t *words, assist_arena_t *arena);

/* The value of a spelling, or ASSIST_WORD_*. */
int assist_words_find(assist_words_t *words, assist_vocabulary_t which,
    assist_str_t spelling);

/*
 * A spelling (at most ASSIST_WORD_MAX bytes) as they are compared: folded, of
 * which only letters and digits are kept.  -1: out of memory.
 */
int assist_words_fold(assist_str_t spelling, assist_buf_t *key);


#endif
