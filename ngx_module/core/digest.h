/*
 * The SHA-256 of a list of strings.
 */

#ifndef ASSIST_DIGEST_H
#define ASSIST_DIGEST_H

#include "str.h"


#define ASSIST_DIGEST_LEN  32
#define ASSIST_DIGEST_HEX  64           /* digits */


/*
 * Of the parts and their lengths, so that no two lists of parts meet.  out may
 * be one of the parts.
 */
void assist_digest(unsigned char out[ASSIST_DIGEST_LEN],
    const assist_str_t *parts, size_t n);

/* In hexadecimal digits, with a zero at the end. */
void assist_digest_hex(char hex[ASSIST_DIGEST_HEX + 1],
    const unsigned char digest[ASSIST_DIGEST_LEN]);


#endif
