/*
 * May this be put into a page?  What its Content-Security-Policy says of
 * scripts and styles: CSP Level 3 (W3C), 6.7 "Matching algorithms".
 *
 * Hashes are not computed: what only a hash would allow is forbidden.  Of a
 * host source neither scheme nor port is compared: where only these differ,
 * it is the browser that forbids.  Pictures, frames and the like are not
 * looked at.
 */

#ifndef ASSIST_CSP_H
#define ASSIST_CSP_H

#include "buf.h"


#define ASSIST_CSP_POLICIES  16


/* All zero: no policy. */
typedef struct {
    assist_str_t  policies[ASSIST_CSP_POLICIES];
    size_t        npolicies;
    int           full;             /* there are more: nothing is allowed */
    assist_str_t  host;             /* the page's own, without a port */
} assist_csp_t;


/* A header's value, which must outlive csp; it may hold several policies. */
void assist_csp_add(assist_csp_t *csp, assist_str_t value);

/*
 * Appends the markup to out, its scripts and styles with the nonce that the
 * policies have, if they need it.  1; 0: the policies forbid a part of it, and
 * out is as it was (see out->failed as well).
 */
int assist_csp_html(const assist_csp_t *csp, assist_str_t html,
    assist_buf_t *out);

/* May a script of the page send requests, and what is typed, to this? */
int assist_csp_connect(const assist_csp_t *csp, assist_str_t url);

/*
 * The attributes of a <meta>, as they stand in the page, and the > after them:
 * appends the policy that they set, decoded, to out.  1; 0: they set none.
 */
int assist_csp_meta(assist_str_t attributes, assist_buf_t *out);


#endif
