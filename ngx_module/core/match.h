/*
 * From a request's path to its service, in time that depends on the path's
 * depth and not on the catalogue's size.
 *
 * A catalogue row's `paths` are patterns, separated by blanks:
 *   /a/b      exactly this path
 *   /a/b/     this path and everything below it, and /a/b itself
 *   /a/x/b    with x = "*": any one segment, at most one in a pattern
 *   /         every path
 * Segments may be percent-encoded.  The longest pattern wins, counted in
 * segments; at the same length an exact one over a prefix, then a literal one
 * over a "*", then a later "*" over an earlier one.  Internal rows have no
 * paths; testing rows do, so that staff can try them.  A pattern has at most 64
 * segments.
 */

#ifndef ASSIST_MATCH_H
#define ASSIST_MATCH_H

#include "catalog.h"


typedef struct assist_match_s  assist_match_t;


/*
 * Counts paths that two services claim in cat->odd[ASSIST_ODD_PATH]; the first
 * row wins.  NULL: err names the row's line and the pattern.
 */
assist_match_t *assist_match_build(assist_catalog_t *cat, assist_error_t *err);
void assist_match_free(assist_match_t *m);

/* A service's index, or ASSIST_NONE.  path: decoded, without arguments. */
uint32_t assist_match_find(const assist_match_t *m, assist_str_t path);


#endif
