/*
 * The register: documents for the measures of Decision 699/QD-BTTTT that
 * traffic cannot prove.
 *
 * A CSV file with the columns measure, name, count, total, date, document and
 * unit (see register.c for other names).  A row is one of
 *
 *     urban_areas or open_data, with the name of the area or agency: one more,
 *         from that date on; a name counts once
 *     officers, with the count of people trained
 *     urban_areas or open_data, with the total: how many there are in all, from
 *         that date on
 *
 * and each has the document that says so and the unit that answers for it.
 */

#ifndef ASSIST_REGISTER_H
#define ASSIST_REGISTER_H

#include "digest.h"
#include "error.h"
#include "target.h"


typedef struct {
    assist_subset_t     subset;
    assist_str_t        name;       /* len 0: a total, or officers */
    assist_str_t        document;
    assist_str_t        unit;
    uint32_t            count;      /* 1 for a name */
    uint32_t            total;      /* 0: the row is no total */
    int32_t             day;        /* days since 1970-01-01 */
    uint32_t            line;
    unsigned            again:1;    /* an earlier day has the same name */
} assist_entry_t;


typedef struct assist_register_s  assist_register_t;

struct assist_register_s {
    assist_entry_t     *list;       /* by day, then by line */
    uint32_t            n;
    char                hash[ASSIST_DIGEST_HEX + 1];    /* of the file */
    void               *priv;
};


/* What a measure is on a day. */
typedef struct {
    uint32_t            entries;    /* documents, without totals */
    uint32_t            numerator;
    uint32_t            denominator;        /* 0: not known */
} assist_registered_t;


/* file need not outlive the call.  NULL: err names the line and what to do. */
assist_register_t *assist_register_parse(assist_str_t file,
    assist_error_t *err);
void assist_register_free(assist_register_t *reg);

/* reg may be NULL: nothing is on file. */
assist_registered_t assist_register_at(const assist_register_t *reg,
    assist_subset_t subset, int32_t day);


#endif
