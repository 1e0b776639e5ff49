/*
 * The figure from the evidence alone: what a log's lines say is counted as the
 * workers counted it.
 *
 * A line counts once its block has been found whole; views are not in the
 * evidence.  Of a service's counters only the two months are kept that the
 * figure is judged on.
 */

#ifndef ASSIST_RECOUNT_H
#define ASSIST_RECOUNT_H

#include "audit.h"
#include "catalog.h"
#include "closed.h"
#include "figure.h"


typedef struct assist_recount_s  assist_recount_t;


typedef struct {
    uint64_t  counted;              /* interactions */
    uint64_t  unsealed;             /* those that no block seals */
    uint64_t  unknown;              /* of services that are not catalogued */
    uint64_t  malformed;            /* what should be an interaction */
    uint64_t  catalogues;           /* chains that had another catalogue */
} assist_recount_result_t;


/*
 * As of a moment, in seconds since the epoch; gmtoff: minutes east of UTC.  The
 * catalogue must outlive it.  NULL: out of memory.
 */
assist_recount_t *assist_recount_create(const assist_catalog_t *catalog,
    int64_t as_of, int gmtoff);
void assist_recount_free(assist_recount_t *rc);

/* An assist_audit_reader_t's; rc is an assist_recount_t. */
void assist_recount_line(void *rc, const assist_line_t *line);
void assist_recount_block(void *rc, int sealed);

/* What was counted and what was not. */
const assist_recount_result_t *assist_recount_result(
    const assist_recount_t *rc);

/*
 * What the figure is made from, after the audit's end; it points into rc, audit
 * and what the rules do.  -1: memory ran out while lines were read.
 */
int assist_recount_figure(assist_recount_t *rc, const assist_audit_t *audit,
    const assist_rules_t *rules, assist_figure_in_t *in);

/*
 * The same, written: "json" ({"coverage":..,"services":..}, the documents of
 * the status endpoint), "figure" (that without the services) or "csv" (the two,
 * with an empty line between them).
 * closed: this month as it was closed, which is printed beside (in JSON as the
 * member closed), or NULL.  1; 0: there is no such format; -1: out of memory.
 */
int assist_recount_print(assist_recount_t *rc, const assist_audit_t *audit,
    const assist_rules_t *rules, const assist_closed_t *closed,
    const char *format, assist_buf_t *out);

/*
 * The file of the month of as_of, closed: see assist_closed_write.  -1: out of
 * memory.
 */
int assist_recount_close(assist_recount_t *rc, const assist_audit_t *audit,
    const assist_rules_t *rules, int64_t now, assist_str_t key,
    assist_buf_t *out);


#endif
