/*
 * OpenSSL's own SHA-256: through EVP, looking the algorithm up costs more than
 * hashing so short a text.
 */

#define OPENSSL_SUPPRESS_DEPRECATED

#include "digest.h"

#include <stdint.h>


void
assist_digest(unsigned char out[ASSIST_DIGEST_LEN], const assist_str_t *parts,
    size_t n)
{
    char        buf[512], *p;
    size_t      i;
    uint64_t    len;
    SHA256_CTX  sha;

    SHA256_Init(&sha);

    /* short parts go together: hashing a few bytes costs as a block does */

    for (i = 0, p = buf; i < n; i++) {
        len = parts[i].len;

        if ((size_t) (buf + sizeof(buf) - p) < sizeof(len) + len) {
            SHA256_Update(&sha, buf, (size_t) (p - buf));
            p = buf;
        }

        memcpy(p, &len, sizeof(len));
        p += sizeof(len);

        if (len > sizeof(buf) - sizeof(len)) {
            SHA256_Update(&sha, buf, (size_t) (p - buf));
            SHA256_Update(&sha, parts[i].data, len);
            p = buf;

        } else if (len) {
            memcpy(p, parts[i].data, len);
            p += len;
        }
    }

    SHA256_Update(&sha, buf, (size_t) (p - buf));

    SHA256_Final(out, &sha);
}


void
assist_hmac_key(assist_hmac_t *hmac, assist_str_t key)
{
    size_t         i;
    unsigned char  inner[SHA256_CBLOCK], outer[SHA256_CBLOCK];

    memset(inner, 0x36, sizeof(inner));
    memset(outer, 0x5c, sizeof(outer));

    for (i = 0; i < key.len; i++) {
        inner[i] ^= (unsigned char) key.data[i];
        outer[i] ^= (unsigned char) key.data[i];
    }

    SHA256_Init(&hmac->inner);
    SHA256_Update(&hmac->inner, inner, sizeof(inner));
    SHA256_Init(&hmac->outer);
    SHA256_Update(&hmac->outer, outer, sizeof(outer));
}


void
assist_hmac(unsigned char out[ASSIST_DIGEST_LEN], const assist_hmac_t *hmac,
    const assist_str_t *parts, size_t n)
{
    size_t      i;
    SHA256_CTX  sha;

    sha = hmac->inner;

    for (i = 0; i < n; i++) {
        SHA256_Update(&sha, parts[i].data, parts[i].len);
    }

    SHA256_Final(out, &sha);

    sha = hmac->outer;
    SHA256_Update(&sha, out, ASSIST_DIGEST_LEN);
    SHA256_Final(out, &sha);
}


void
assist_digest_hex(char hex[ASSIST_DIGEST_HEX + 1],
    const unsigned char digest[ASSIST_DIGEST_LEN])
{
    size_t  i;

    static const char  digits[] = "0123456789abcdef";

    for (i = 0; i < ASSIST_DIGEST_LEN; i++) {
        hex[i * 2] = digits[digest[i] >> 4];
        hex[i * 2 + 1] = digits[digest[i] & 15];
    }

    hex[ASSIST_DIGEST_HEX] = '\0';
}
