/*
 * Records of a CSV file (RFC 4180), read from memory: quoted fields with
 * doubled quotes and line ends in them, a BOM, lines that end in CRLF, LF or
 * CR.  The separator is taken from the first line that is not empty: ',' ';'
 * or TAB, whichever it has most of outside quotes; the earlier of these where
 * it has as many of two.  Empty lines are skipped.  Time is linear in the
 * file's size.
 */

#ifndef ASSIST_CSV_H
#define ASSIST_CSV_H

#include "buf.h"
#include "error.h"


#define ASSIST_CSV_FIELDS  256          /* in a record, at most */


typedef struct {
    assist_str_t  fields[ASSIST_CSV_FIELDS];    /* of the record just read */
    uint32_t      nfields;
    uint32_t      line;                 /* where the record starts, 1-based */
    char          separator;

    /* the reader's own */
    const char   *pos;
    const char   *end;
    uint32_t      here;                 /* the line of pos */
    assist_buf_t  text;                 /* fields that had doubled quotes */
} assist_csv_t;


/* data must outlive the reader. */
void assist_csv_init(assist_csv_t *csv, const char *data, size_t len);
void assist_csv_free(assist_csv_t *csv);

/*
 * The next record: its fields are valid until the next call.  Returns 1, or 0
 * at the end, or -1: a quote that is never closed, text after a closing quote,
 * a NUL byte, too many fields, out of memory.
 */
int assist_csv_next(assist_csv_t *csv, assist_error_t *err);


#endif
