/*
 * Which procedure is meant: retrieval over the catalogue with SQLite FTS5, one
 * document a procedure, and a ranking of its candidates.
 *
 * Built once (nginx's master), serialised, and opened read-only from the same
 * bytes by each worker, which shares the pages by fork.
 */

#ifndef ASSIST_SEARCH_H
#define ASSIST_SEARCH_H

#include "catalog.h"
#include "str.h"


typedef struct assist_search_s  assist_search_t;

typedef struct {
    uint32_t  procedure;        /* index in the catalogue */
    float     score;            /* 0..1: how much of the question it explains
                                   and how much of its name was said */
} assist_hit_t;

typedef enum {
    ASSIST_FOUND_NONE = 0,      /* nothing fits: not about a public service */
    ASSIST_FOUND_ONE,           /* the first hit is meant */
    ASSIST_FOUND_SEVERAL        /* the first hits fit alike: ask back */
} assist_found_t;

typedef struct {
    assist_found_t  found;
    uint32_t        nhits;      /* best first */
    uint32_t        nalike;     /* SEVERAL: how many of them fit alike */
    assist_hit_t    hits[8];
} assist_result_t;


/*
 * Builds the index.  synonyms: the bytes of synonym files, one after another
 * (a line is "everyday words = official words", '#' starts a comment; see
 * search_synonyms.c for more); len 0: none.  On success *image (free with
 * assist_search_free_image) and *len hold the serialised index, 0 is returned;
 * otherwise -1 and err (a line of the synonyms, if any).
 */
int assist_search_build(const assist_catalog_t *cat, assist_str_t synonyms,
    unsigned char **image, size_t *len, assist_error_t *err);
void assist_search_free_image(unsigned char *image);

/* image must outlive the handle; cat must be the one it was built from. */
assist_search_t *assist_search_open(const assist_catalog_t *cat,
    const unsigned char *image, size_t len, assist_error_t *err);
void assist_search_close(assist_search_t *s);

/*
 * Only procedures with a published row that is valid on `day` are found.
 * Returns 0, or -1 on an error of the index.  A query longer than 1,000 bytes
 * is cut at a character.
 */
int assist_search_query(assist_search_t *s, assist_str_t query, int32_t day,
    assist_result_t *result);


#endif
