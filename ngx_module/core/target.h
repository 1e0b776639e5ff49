/*
 * Targets: dated milestones, of all fully online services or of a part of them,
 * and of the measures that traffic cannot prove.
 *
 * Built in is Decision 699/QD-BTTTT (3 May 2024).  A file of lines
 *
 *     SUBSET YYYY-MM-DD = VALUE
 *
 * ('#' starts a comment) adds to it; the milestones of a subset that it names
 * replace the built-in ones.  Subsets are services (all that are fully online),
 * essential, agency:CODE, field:NAME, province:NAME, urban_areas, officers and
 * open_data; VALUE is a percentage with at most two decimals ('%' may follow),
 * of officers a number of people.
 */

#ifndef ASSIST_TARGET_H
#define ASSIST_TARGET_H

#include "buf.h"
#include "digest.h"
#include "error.h"


#define ASSIST_MILESTONES  16           /* of a subset, at most */


/* The first ones are always there, in this order. */
typedef enum {
    ASSIST_SUBSET_SERVICES = 0,
    ASSIST_SUBSET_ESSENTIAL,
    ASSIST_SUBSET_URBAN_AREAS,          /* from a register of documents, as */
    ASSIST_SUBSET_OFFICERS,             /* these two */
    ASSIST_SUBSET_OPEN_DATA,
    ASSIST_SUBSET_FIXED,

    ASSIST_SUBSET_AGENCY = ASSIST_SUBSET_FIXED,
    ASSIST_SUBSET_FIELD,
    ASSIST_SUBSET_PROVINCE,
    ASSIST_SUBSET_MAX
} assist_subset_t;


typedef struct {
    int32_t               day;          /* days since 1970-01-01 */
    uint32_t              value;        /* hundredths: of a percent, or of one
                                           officer */
} assist_milestone_t;


typedef struct {
    assist_subset_t       subset;
    assist_str_t          value;        /* of agency, field, province */
    uint32_t              line;         /* in the file; 0: built in */
    uint32_t              nmilestones;  /* 0: there is no target */
    assist_milestone_t    milestones[ASSIST_MILESTONES];    /* by day */
} assist_target_t;


typedef struct assist_targets_s  assist_targets_t;

struct assist_targets_s {
    assist_target_t      *list;         /* ASSIST_SUBSET_FIXED, and more */
    uint32_t              n;
    /* SHA-256 of the lines that would give them, a "SUBSET DATE = VALUE" each,
     * values with two decimals, of officers without */
    char                  hash[ASSIST_DIGEST_HEX + 1];
    void                 *priv;
};


/*
 * The built-in targets, with a file's over them (len 0: none).  file need not
 * outlive the call.  NULL: err names the line and what is allowed.
 */
assist_targets_t *assist_targets_create(assist_str_t file,
    assist_error_t *err);
void assist_targets_free(assist_targets_t *targets);

/* "services", "agency", ... */
const char *assist_subset_name(assist_subset_t subset);

/* The subset as the file spells it: "services", "agency:H29". */
void assist_target_name(const assist_target_t *target, assist_buf_t *out);

/*
 * The target of a day, in hundredths; -1: there is none.  Between two
 * milestones a straight line by days (our interpolation, not law); before the
 * first milestone it is the first, after the last one the last.
 */
int64_t assist_target_at(const assist_target_t *target, int32_t day);

/* The first milestone that is not over on that day; NULL: all are. */
const assist_milestone_t *assist_target_next(const assist_target_t *target,
    int32_t day);


#endif
