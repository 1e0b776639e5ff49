#include "digest.h"

#include <stdint.h>
#include <stdlib.h>

#include <openssl/sha.h>


int
assist_digest(unsigned char out[ASSIST_DIGEST_LEN], const assist_str_t *parts,
    size_t n)
{
    char      stack[1024], *buf, *p;
    size_t    i, len;
    uint64_t  l;

    for (len = 0, i = 0; i < n; i++) {
        len += sizeof(uint64_t) + parts[i].len;
    }

    buf = stack;

    if (len > sizeof(stack)) {
        buf = malloc(len);
        if (buf == NULL) {
            return -1;
        }
    }

    p = buf;
    i = 0;

    do {
        l = parts[i].len;
        memcpy(p, &l, sizeof(uint64_t));
        p += sizeof(uint64_t);

        if (l) {
            memcpy(p, parts[i].data, l);
            p += l;
        }

    } while (++i < n);

    SHA256((unsigned char *) buf, len, out);

    if (buf != stack) {
        free(buf);
    }

    return 0;
}
