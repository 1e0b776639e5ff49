/*
 * OpenSSL's own SHA-256: through EVP, looking the algorithm up costs more than
 * hashing so short a text.
 */

#define OPENSSL_SUPPRESS_DEPRECATED

#include "digest.h"

#include <stdint.h>

#include <openssl/sha.h>


void
assist_digest(unsigned char out[ASSIST_DIGEST_LEN], const assist_str_t *parts,
    size_t n)
{
    size_t      i;
    uint64_t    len;
    SHA256_CTX  sha;

    SHA256_Init(&sha);

    for (i = 0; i < n; i++) {
        len = parts[i].len;
        SHA256_Update(&sha, &len, sizeof(len));
        SHA256_Update(&sha, parts[i].data, parts[i].len);
    }

    SHA256_Final(out, &sha);
}
