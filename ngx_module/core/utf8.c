#include "utf8.h"


size_t
assist_utf8_len(const unsigned char *p, const unsigned char *end)
{
    size_t         n, i;
    unsigned char  lo, hi;

    if (*p < 0x80) {
        return 1;
    }

    n = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
    lo = *p == 0xe0 ? 0xa0 : *p == 0xf0 ? 0x90 : 0x80;
    hi = *p == 0xed ? 0x9f : *p == 0xf4 ? 0x8f : 0xbf;

    if (*p < 0xc2 || *p > 0xf4 || (size_t) (end - p) < n
        || p[1] < lo || p[1] > hi)
    {
        return 0;
    }

    for (i = 2; i < n; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf) {
            return 0;
        }
    }

    return n;
}
