/*
 * A procedure's code as the portals write it, and what hides in it:
 *   1.001193                the code
 *   1.001193.02             a case of it
 *   2.000815.000.00.00.H55  an agency's own: H55's; zeros: no case
 *   1.014955-Xoa            deleted; kept as it stands
 * Anything else is kept as it stands.
 */

#ifndef ASSIST_CATALOG_CODE_H
#define ASSIST_CATALOG_CODE_H

#include "str.h"


typedef struct {
    assist_str_t  code;                 /* all of them point into the text */
    assist_str_t  case_name;
    assist_str_t  agency;
    unsigned      regular:1;            /* d.dddddd */
    unsigned      deleted:1;            /* -Xoa */
} assist_code_t;


void assist_code_split(assist_str_t s, assist_code_t *code);


#endif
