/*
 * The text of a catalogue file's cells: trimmed, cleaned, and kept once where
 * a file repeats it (an agency or a field thousands of times).
 */

#ifndef ASSIST_CATALOG_TEXT_H
#define ASSIST_CATALOG_TEXT_H

#include "arena.h"
#include "buf.h"
#include "table.h"


typedef enum {
    ASSIST_CLEAN_LINE = 0,      /* as one line */
    ASSIST_CLEAN_ONCE,          /* as one line, which no other row has */
    ASSIST_CLEAN_LINES,         /* line by line, at most one empty between */
    ASSIST_CLEAN_LIST,          /* as one line; a line end becomes ';' */
    ASSIST_CLEAN_TOKEN          /* only trimmed */
} assist_clean_t;


typedef struct {
    assist_str_t     text;
    int              found;     /* bits of assist_text_clean */
} assist_cell_t;


typedef struct {
    assist_arena_t  *arena;     /* cleaned text */
    assist_arena_t  *scratch;   /* what dies with this */
    assist_table_t   seen;      /* a cell's bytes, to the index in known */
    assist_cell_t   *known;
    uint32_t         nknown;
    uint32_t         nalloc;
    assist_buf_t     buf;
    assist_buf_t     list;
} assist_cells_t;


/* -1: out of memory; assist_cells_free is due in any case. */
int assist_cells_init(assist_cells_t *cells, assist_arena_t *arena);
void assist_cells_free(assist_cells_t *cells);

/* Without blanks at its ends: ASCII's, nbsp, U+200B, BOM. */
assist_str_t assist_cell_trim(assist_str_t s);

/*
 * The cleaned text, which lives in the arena; what assist_text_clean found is
 * returned, or -1 when memory is out.
 */
int assist_cell_clean(assist_cells_t *cells, assist_str_t cell,
    assist_clean_t how, assist_str_t *text);

/* *cell becomes *cell, between, more; -1: out of memory. */
int assist_cell_join(assist_cells_t *cells, assist_str_t *cell,
    assist_str_t more, const char *between);


#endif
