/*
 * From a record of the catalogue's file to a row: which column is what, what
 * the words mean, and what is wrong.
 */

#ifndef ASSIST_CATALOG_ROW_H
#define ASSIST_CATALOG_ROW_H

#include "catalog.h"
#include "catalog_text.h"
#include "catalog_words.h"
#include "csv.h"


typedef struct {
    assist_catalog_t  *cat;             /* oddities are counted here */
    assist_cells_t     cells;
    assist_words_t     words;

    int                column[ASSIST_CSV_FIELDS];   /* ASSIST_COL_*, or -1 */
    uint32_t           ncolumns;
} assist_row_reader_t;


/*
 * Text goes into the arena.  -1: out of memory; assist_row_free is due in any
 * case.
 */
int assist_row_init(assist_row_reader_t *rd, assist_catalog_t *cat,
    assist_arena_t *arena, assist_error_t *err);
void assist_row_free(assist_row_reader_t *rd);

/* Understands the header, csv's current record. */
int assist_row_header(assist_row_reader_t *rd, const assist_csv_t *csv,
    assist_error_t *err);

/* csv's current record as a row: 1; 0: all its fields are empty; -1: error. */
int assist_row_read(assist_row_reader_t *rd, const assist_csv_t *csv,
    assist_row_t *row, assist_error_t *err);

/* One more oddity of a kind. */
void assist_row_odd(assist_catalog_t *cat, assist_odd_t odd, uint32_t line);


#endif
