#include "sheet.h"

#include <stdlib.h>

#include "catalog_text.h"
#include "catalog_words.h"
#include "date.h"
#include "text.h"


#define QUOTE_MAX  40               /* bytes of a cell in an error */


static int is_spelled(const assist_sheet_column_t *column, assist_str_t key,
    assist_buf_t *buf);


int
assist_sheet_open(assist_sheet_t *sheet, assist_str_t data,
    const assist_sheet_column_t *columns, uint32_t ncolumns,
    assist_error_t *err)
{
    int       rc, found[ASSIST_SHEET_COLUMNS] = { 0 };
    uint32_t  i;

    memset(sheet, 0, sizeof(assist_sheet_t));
    assist_csv_init(&sheet->csv, data.data, data.len);

    sheet->columns = columns;
    sheet->ncolumns = ncolumns;

    rc = assist_csv_next(&sheet->csv, err);

    if (rc != 1) {
        return rc ? -1 : assist_fail(err, 1, "the file is empty: a header "
                                     "line is missing");
    }

    sheet->nfields = sheet->csv.nfields;

    for (i = 0; i < sheet->nfields; i++) {
        rc = assist_sheet_word(assist_cell_trim(sheet->csv.fields[i]), columns,
                               ncolumns);
        sheet->column[i] = rc;

        if (rc == ASSIST_WORD_NOMEM) {
            return assist_fail(err, 0, "out of memory");
        }

        if (rc >= 0 && found[rc]++) {
            return assist_fail(err, sheet->csv.line, "two columns mean \"%s\": "
                               "rename or remove one", columns[rc].name);
        }
    }

    for (i = 0; i < ncolumns; i++) {
        if (columns[i].required && !found[i]) {
            return assist_fail(err, sheet->csv.line, "a column \"%s\" is "
                               "missing; it may be called %s",
                               columns[i].name, columns[i].spellings);
        }
    }

    return 0;
}


void
assist_sheet_close(assist_sheet_t *sheet)
{
    assist_csv_free(&sheet->csv);
}


int
assist_sheet_next(assist_sheet_t *sheet, assist_error_t *err)
{
    int           rc, empty;
    uint32_t      i;
    assist_str_t  cell;

    do {
        rc = assist_csv_next(&sheet->csv, err);

        if (rc != 1) {
            return rc;
        }

        sheet->line = sheet->csv.line;
        memset(sheet->cells, 0, sizeof(sheet->cells));
        empty = 1;

        if (sheet->csv.nfields > sheet->nfields) {
            return assist_fail(err, sheet->line, "%u fields, but the header "
                               "has %u: put text with a comma in quotes",
                               sheet->csv.nfields, sheet->nfields);
        }

        for (i = 0; i < sheet->csv.nfields; i++) {
            cell = assist_cell_trim(sheet->csv.fields[i]);
            empty &= cell.len == 0;

            if (sheet->column[i] >= 0) {
                sheet->cells[sheet->column[i]] = cell;
            }
        }

    } while (empty);

    return 1;
}


/* The room is 64 elements, and twice that as often as it is full. */

int
assist_sheet_room(void **list, uint32_t n, size_t size, assist_error_t *err)
{
    void  *p;

    if (n != 0 && (n < 64 || (n & (n - 1)) != 0)) {
        return 0;
    }

    p = realloc(*list, (n ? 2 * (size_t) n : 64) * size);
    if (p == NULL) {
        return assist_fail(err, 0, "out of memory");
    }

    *list = p;

    return 0;
}


int
assist_sheet_word(assist_str_t spelling, const assist_sheet_column_t *words,
    uint32_t n)
{
    int           rc;
    uint32_t      i;
    assist_buf_t  key = ASSIST_BUF_INIT, buf = ASSIST_BUF_INIT;

    if (spelling.len == 0 || spelling.len > ASSIST_WORD_MAX) {
        return ASSIST_WORD_UNKNOWN;
    }

    rc = assist_words_fold(spelling, &key) == 0 ? ASSIST_WORD_UNKNOWN
                                             : ASSIST_WORD_NOMEM;

    for (i = 0; rc == ASSIST_WORD_UNKNOWN && i < n; i++) {
        switch (is_spelled(&words[i], assist_buf_str(&key), &buf)) {

        case 1:
            rc = (int) i;
            break;

        case -1:
            rc = ASSIST_WORD_NOMEM;
            break;
        }
    }

    assist_buf_free(&key);
    assist_buf_free(&buf);

    return rc;
}


int
assist_sheet_text(assist_arena_t *arena, assist_str_t cell, assist_str_t *text)
{
    int           rc;
    assist_buf_t  buf = ASSIST_BUF_INIT;

    rc = assist_text_clean(cell, &buf);
    *text = rc < 0 ? cell : assist_arena_dup(arena, assist_buf_str(&buf));

    assist_buf_free(&buf);

    return rc < 0 || text->data == NULL ? -1 : 0;
}


int
assist_sheet_date(const assist_sheet_t *sheet, uint32_t column, int32_t *day,
    assist_error_t *err)
{
    assist_str_t  cell;

    cell = sheet->cells[column];

    if (assist_date_parse(cell, day) != 0) {
        return assist_fail(err, sheet->line, "%s \"%.*s\" is no date: write "
                           "2026-12-31 or 31/12/2026",
                           sheet->columns[column].name,
                           (int) (cell.len < QUOTE_MAX ? cell.len : QUOTE_MAX),
                           cell.data);
    }

    return 0;
}


static int
is_spelled(const assist_sheet_column_t *column, assist_str_t key,
    assist_buf_t *buf)
{
    const char    *p;
    assist_str_t   spelling;

    for (p = column->spellings; *p; p += *p == '|') {
        spelling = (assist_str_t) { p, strcspn(p, "|") };
        p += spelling.len;

        if (assist_words_fold(spelling, buf) != 0) {
            return -1;
        }

        if (assist_str_eq(assist_buf_str(buf), key)) {
            return 1;
        }
    }

    return 0;
}
