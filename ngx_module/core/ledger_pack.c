/*
 * Counters as bytes.  Most words of most services are 0, so a service takes
 * some tens of bytes.
 */

#include "ledger.h"


#define PACKED_VERSION  1

#define WORDS(type)     (sizeof(type) / sizeof(uint64_t))


static size_t pack(const uint64_t *words, size_t n, char *out);
static int unpack(assist_str_t packed, uint64_t *words, size_t n);
static char *put_number(char *p, uint64_t n);
static int get_number(assist_str_t *s, uint64_t *n);


_Static_assert(sizeof(assist_quality_t) <= sizeof(assist_counters_t),
               "one bound is that of all packed forms");
_Static_assert(WORDS(assist_counters_t) < 128, "a skip takes one byte");


size_t
assist_ledger_pack(const assist_counters_t *counters,
    char out[ASSIST_PACKED_MAX])
{
    return pack((const uint64_t *) counters, WORDS(assist_counters_t), out);
}


size_t
assist_quality_pack(const assist_quality_t *quality,
    char out[ASSIST_PACKED_MAX])
{
    return pack((const uint64_t *) quality, WORDS(assist_quality_t), out);
}


int
assist_ledger_unpack(assist_str_t packed, assist_counters_t *counters)
{
    return unpack(packed, (uint64_t *) counters, WORDS(assist_counters_t));
}


int
assist_quality_unpack(assist_str_t packed, assist_quality_t *quality)
{
    return unpack(packed, (uint64_t *) quality, WORDS(assist_quality_t));
}


static size_t
pack(const uint64_t *words, size_t n, char *out)
{
    char      *p;
    size_t     i, skip;
    uint64_t   word;

    p = out;
    *p++ = PACKED_VERSION;

    for (i = 0, skip = 0; i < n; i++) {
        word = __atomic_load_n(&words[i], __ATOMIC_RELAXED);

        if (word == 0) {
            skip++;
            continue;
        }

        p = put_number(p, skip);
        p = put_number(p, word);
        skip = 0;
    }

    return (size_t) (p - out);
}


static int
unpack(assist_str_t packed, uint64_t *words, size_t n)
{
    size_t    i;
    uint64_t  skip, word;

    memset(words, 0, n * sizeof(uint64_t));

    if (packed.len == 0 || packed.data[0] != PACKED_VERSION) {
        return -1;
    }

    packed.data++;
    packed.len--;

    for (i = 0; packed.len; i++) {

        if (get_number(&packed, &skip) != 0 || skip >= n - i
            || get_number(&packed, &word) != 0 || word == 0)
        {
            return -1;
        }

        i += skip;
        words[i] = word;

        if (i + 1 == n && packed.len) {
            return -1;
        }
    }

    return 0;
}


static char *
put_number(char *p, uint64_t n)
{
    while (n > 127) {
        *p++ = (char) (n | 128);
        n >>= 7;
    }

    *p++ = (char) n;

    return p;
}


/* -1: it is cut, too large, or could be shorter. */

static int
get_number(assist_str_t *s, uint64_t *n)
{
    unsigned       shift;
    unsigned char  c;

    *n = 0;

    for (shift = 0; s->len; shift += 7) {
        c = (unsigned char) *s->data;

        s->data++;
        s->len--;

        if (shift == 63 && c > 1) {
            return -1;
        }

        *n |= (uint64_t) (c & 127) << shift;

        if (c < 128) {
            return c == 0 && shift ? -1 : 0;
        }
    }

    return -1;
}
