/*
 * A table that an office keeps: a CSV file whose columns are found by their
 * names, in Vietnamese (with and without diacritics) or English, in any order.
 * Columns of other names are not read.
 */

#ifndef ASSIST_SHEET_H
#define ASSIST_SHEET_H

#include "arena.h"
#include "csv.h"


#define ASSIST_SHEET_COLUMNS  8


typedef struct {
    const char   *name;             /* in errors */
    const char   *spellings;        /* '|' between them */
    unsigned      required:1;
} assist_sheet_column_t;


typedef struct {
    assist_csv_t                  csv;
    const assist_sheet_column_t  *columns;
    uint32_t                      ncolumns;
    int                           column[ASSIST_CSV_FIELDS];
    uint32_t                      nfields;          /* of the header */

    /* of the record just read, without blanks at the ends; valid until the
     * next one */
    assist_str_t                  cells[ASSIST_SHEET_COLUMNS];
    uint32_t                      line;
} assist_sheet_t;


/*
 * Reads the header.  data must outlive the sheet.  -1: a column is missing or
 * is there twice, or the file is no CSV; assist_sheet_close is due in any case.
 */
int assist_sheet_open(assist_sheet_t *sheet, assist_str_t data,
    const assist_sheet_column_t *columns, uint32_t ncolumns,
    assist_error_t *err);
void assist_sheet_close(assist_sheet_t *sheet);

/* The next record that is not empty: 1; 0: the file is over; -1: error. */
int assist_sheet_next(assist_sheet_t *sheet, assist_error_t *err);

/* Room for one more after a list's n elements; -1: out of memory. */
int assist_sheet_room(void **list, uint32_t n, size_t size,
    assist_error_t *err);

/* Which of n words it spells, by index; ASSIST_WORD_*: none, or no memory. */
int assist_sheet_word(assist_str_t spelling,
    const assist_sheet_column_t *words, uint32_t n);

/* A cell's text as one clean line in the arena; -1: out of memory. */
int assist_sheet_text(assist_arena_t *arena, assist_str_t cell,
    assist_str_t *text);

/* A cell's date: YYYY-MM-DD or DD/MM/YYYY. */
int assist_sheet_date(const assist_sheet_t *sheet, uint32_t column,
    int32_t *day, assist_error_t *err);


#endif
