/*
 * A node's ledger of a month, as a file: a record for each incarnation.
 *
 * An incarnation is one creation of a month's counters in shared memory: it
 * has a random id, starts at 0 and only grows, so a record stands for all that
 * was counted in it, and records are merged in any order.  Those that have not
 * been written for a day are folded into one, which remembers their ids.
 *
 * The file: "nginx-assist ledger 1\n", records, and their CRC-32.  Numbers are
 * 64 bits wide, lowest byte first.  A record: id, seq, start, updated,
 * unclosed, the number of folded ids and these, the number of fields and that
 * of their bytes, and these: for each the length of its name (a byte), the
 * name, the length of its value (2 bytes), and the value, a packed form
 * (ledger.h).
 */

#ifndef ASSIST_STATE_H
#define ASSIST_STATE_H

#include "buf.h"
#include "ledger.h"


#define ASSIST_STATE_QUALITY  "@quality"    /* the field of what is counted of
                                               no service */
#define ASSIST_STATE_FOLDED   4096          /* ids of a record, at most */


typedef struct {
    uint64_t      id;
    uint64_t      seq;              /* of its writes, each one more */
    int64_t       start;            /* seconds since the epoch */
    int64_t       updated;
    uint64_t      unclosed;         /* incarnations that have not said that
                                       they ended: they live, or they died and
                                       their last second may be missing */
    uint64_t      nfolded;
    assist_str_t  folded;           /* their ids, 8 bytes each */
    uint64_t      nfields;
    assist_str_t  fields;
} assist_record_t;


/* A field at the end of out. */
void assist_field_put(assist_buf_t *out, assist_str_t name,
    assist_str_t value);

/* The next field: 1; 0: there is none; -1: the rest is damaged. */
int assist_field_next(assist_str_t *fields, assist_str_t *name,
    assist_str_t *value);

/*
 * A file is begun, gets records, and is ended; see out->failed.  Nothing else
 * may be in out.
 */
void assist_state_begin(assist_buf_t *out);
void assist_state_put(assist_buf_t *out, const assist_record_t *record);
void assist_state_end(assist_buf_t *out);

/*
 * The records of a file, or NULL and why it is none, a constant sentence that
 * starts with "it".  A file of no bytes has no records.
 */
const char *assist_state_open(assist_str_t file, assist_str_t *records);

/* The next record, which points into the file: 1; 0: there is none; -1: the
 * rest is damaged. */
int assist_state_next(assist_str_t *records, assist_record_t *record);

/* Is it this record's id, or that of one folded into it? */
int assist_state_has(const assist_record_t *record, uint64_t id);

/* An id as 16 digits and a zero. */
void assist_state_hex(uint64_t id, char hex[17]);

/*
 * Appends the file's records to out, in a file that was begun, without that of
 * the id `own`; those that were not written since `since` are folded into one,
 * which gets the id `fold`, where there are two or more.  -1: out of memory, or
 * a record is damaged.
 */
int assist_state_copy(assist_buf_t *out, assist_str_t records, uint64_t own,
    int64_t since, uint64_t fold);


#endif
