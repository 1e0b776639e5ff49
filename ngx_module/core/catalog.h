/*
 * The service catalogue: what the portal offers, read from a CSV file.
 *
 * A *row* is a line of the file: procedure x agency x case.  A *service*
 * (identity "code@agency", or "code" where no agency is given) is what is
 * counted: rows of one code and agency with different cases are one service,
 * at the highest level; the same code, agency and case with different levels
 * is `unknown`, between level_min and level_max (domain rule: a level belongs
 * to procedure x agency x case), unless another case is at level_max.  Rows of
 * one case that are never valid together do not disagree: the one that is
 * valid last holds.  Rows that are not published have no say beside published
 * ones.  A *procedure* is all rows of one code; it is what a citizen asks
 * about.
 */

#ifndef ASSIST_CATALOG_H
#define ASSIST_CATALOG_H

#include <limits.h>
#include <stdint.h>

#include "error.h"
#include "str.h"


#define ASSIST_NONE     UINT32_MAX      /* no such row, service, procedure */
#define ASSIST_ID_MAX   63              /* bytes of "code@agency" */


/* Decree 42/2022 and its successor 224/2026; ordered, so that max() works. */
typedef enum {
    ASSIST_LEVEL_UNKNOWN = 0,
    ASSIST_LEVEL_INFO,                  /* information only */
    ASSIST_LEVEL_PARTIAL,               /* một phần */
    ASSIST_LEVEL_FULL                   /* toàn trình */
} assist_level_t;


typedef enum {
    ASSIST_STATE_PUBLISHED = 0,
    ASSIST_STATE_TESTING,               /* not counted, not answered */
    ASSIST_STATE_INTERNAL               /* not counted, not answered */
} assist_state_t;


typedef struct {
    /* text, cleaned: NFC, no stray blanks; len 0 where missing */
    assist_str_t    code;
    assist_str_t    name;
    assist_str_t    name_en;
    assist_str_t    aliases;            /* separated by ';' or '|' */
    assist_str_t    agency_code;
    assist_str_t    agency;
    assist_str_t    province;
    assist_str_t    case_name;          /* column "case" */
    assist_str_t    field;
    assist_str_t    paths;              /* separated by blanks */
    assist_str_t    documents;
    assist_str_t    fee;
    assist_str_t    time;
    assist_str_t    where;
    assist_str_t    contact;
    assist_str_t    url;
    assist_str_t    updated;            /* YYYY-MM-DD */
    assist_str_t    successor;

    assist_level_t  level;
    assist_state_t  state;

    int32_t         updated_day;        /* days since 1970-01-01; INT32_MIN:
                                           missing */
    int32_t         valid_from;         /* first day; INT32_MIN: open */
    int32_t         valid_to;           /* last day; INT32_MAX: open */

    uint32_t        line;               /* in the file, 1-based */
    uint32_t        service;            /* index */

    unsigned        essential:1;
    unsigned        onprem:1;           /* only on-premises providers */
} assist_row_t;


typedef struct {
    assist_str_t    id;                 /* "code@agency" or "code" */
    uint32_t        row;                /* its first published row, else its
                                           first */
    uint32_t        procedure;          /* index */
    assist_level_t  level;
    assist_level_t  level_min;
    assist_level_t  level_max;
} assist_service_t;


typedef struct {
    assist_str_t    code;
    uint32_t        row;                /* its first published row, else its
                                           first */
    uint32_t        nservices;
    uint32_t        service;            /* its first service */
} assist_procedure_t;


/* What was odd but could be meant; counts, with the first line of each. */
typedef enum {
    ASSIST_ODD_CODE = 0,        /* not d.dddddd: kept as it stands */
    ASSIST_ODD_NOT_NFC,         /* a name that was not NFC: normalised */
    ASSIST_ODD_BLANKS,          /* stray blanks or line ends in a name */
    ASSIST_ODD_REPEATED,        /* the same code, agency, case and level */
    ASSIST_ODD_LEVELS,          /* ... with different levels: `unknown` */
    ASSIST_ODD_PATH,            /* a path that two services claim */
    ASSIST_ODD_SUCCESSOR,       /* no such code, service or agency code in
                                   the file */
    ASSIST_ODD_COLUMN,          /* a column that we do not know: ignored */
    ASSIST_ODD_MAX
} assist_odd_t;


typedef struct {
    assist_row_t        *rows;
    assist_service_t    *services;
    assist_procedure_t  *procedures;
    uint32_t             nrows;
    uint32_t             nservices;
    uint32_t             nprocedures;

    char                 hash[65];      /* SHA-256 of the file, hex */

    struct {
        uint32_t         count;
        uint32_t         line;          /* of the first */
    }                    odd[ASSIST_ODD_MAX];

    void                *priv;
} assist_catalog_t;


/*
 * Reads a CSV file's bytes: RFC 4180 quotes, BOM, CRLF; our own headers, the
 * national portal's, with and without diacritics, and English ones; separator
 * ',' ';' or TAB, whichever the header line has most of outside quotes (a
 * header in a ';' file may be "Phí, lệ phí").  Records whose fields are all
 * empty are skipped.  data need not outlive the call.  NULL: err names the
 * line, what is wrong and what to do.
 */
assist_catalog_t *assist_catalog_parse(const char *data, size_t len,
    assist_error_t *err);
void assist_catalog_free(assist_catalog_t *cat);

/* The sentence for a kind of oddity, such as "codes are not of the form ..". */
const char *assist_catalog_odd(assist_odd_t odd);

/*
 * The service of a code and an agency's code; with an empty agency, of "code"
 * or "code@agency".  A bare code
 * names its service where there is exactly one, or the one without an agency;
 * otherwise, and for what is not catalogued: ASSIST_NONE.  With agency empty,
 * code may also be a whole "code@agency".
 */
uint32_t assist_catalog_find(const assist_catalog_t *cat, assist_str_t code,
    assist_str_t agency);

/* The procedure of a code; ASSIST_NONE: not catalogued. */
uint32_t assist_catalog_procedure(const assist_catalog_t *cat,
    assist_str_t code);

/* Is a row published and valid on that day (days since 1970-01-01)? */
int assist_catalog_counts(const assist_row_t *row, int32_t day);

/*
 * The text columns of a row by their header ("name", "case", ...), in the
 * file's canonical order; name NULL ends the list.  The one list that the CSV
 * reader, the Lua host and the reports use.
 */
typedef struct {
    const char  *name;
    size_t       offset;                /* of the assist_str_t in a row */
} assist_column_t;

extern const assist_column_t  assist_catalog_columns[];

/* "unknown", "info", "partial", "full" */
const char *assist_level_name(assist_level_t level);

/* "published", "testing", "internal" */
const char *assist_state_name(assist_state_t state);


#endif
