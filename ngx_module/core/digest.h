/*
 * The SHA-256 of a list of strings, and a MAC of one.
 */

#ifndef ASSIST_DIGEST_H
#define ASSIST_DIGEST_H

#include <openssl/sha.h>

#include "str.h"


#define ASSIST_DIGEST_LEN  32
#define ASSIST_DIGEST_HEX  64           /* digits */


/* A key of HMAC-SHA-256, as far as it can be hashed beforehand. */
typedef struct {
    SHA256_CTX  inner;
    SHA256_CTX  outer;
} assist_hmac_t;


/*
 * Of the parts and their lengths, so that no two lists of parts meet.  out may
 * be one of the parts.
 */
void assist_digest(unsigned char out[ASSIST_DIGEST_LEN],
    const assist_str_t *parts, size_t n);

/* A key of at most 64 bytes (RFC 2104). */
void assist_hmac_key(assist_hmac_t *hmac, assist_str_t key);

/* Of the parts as one text. */
void assist_hmac(unsigned char out[ASSIST_DIGEST_LEN],
    const assist_hmac_t *hmac, const assist_str_t *parts, size_t n);

/* In hexadecimal digits, with a zero at the end. */
void assist_digest_hex(char hex[ASSIST_DIGEST_HEX + 1],
    const unsigned char digest[ASSIST_DIGEST_LEN]);


#endif
