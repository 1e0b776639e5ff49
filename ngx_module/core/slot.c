#include "slot.h"

#include <strings.h>


/* Four bits of a CRC at a time. */
static const uint16_t  slot_crc[16] = {
    0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7,
    0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef
};


static void slot_keys(const assist_str_t *words, size_t n, size_t *first,
    size_t *keys);
static int slot_is(assist_str_t word, const char *const *names);


uint32_t
assist_slot(assist_str_t key)
{
    size_t       i;
    uint16_t     crc;
    const char  *open, *close;

    open = key.len ? memchr(key.data, '{', key.len) : NULL;

    if (open != NULL) {
        open++;
        close = memchr(open, '}', (size_t) (key.data + key.len - open));

        if (close != NULL && close > open) {
            key = (assist_str_t) { open, (size_t) (close - open) };
        }
    }

    crc = 0;

    for (i = 0; i < key.len; i++) {
        crc ^= (uint16_t) ((unsigned char) key.data[i] << 8);
        crc = (uint16_t) (crc << 4) ^ slot_crc[crc >> 12];
        crc = (uint16_t) (crc << 4) ^ slot_crc[crc >> 12];
    }

    return crc % ASSIST_SLOTS;
}


int
assist_slot_command(const assist_str_t *words, size_t n, uint32_t *slot)
{
    size_t  i, first, keys;

    *slot = 0;
    slot_keys(words, n, &first, &keys);

    for (i = 0; i < keys; i++) {

        if (i == 0) {
            *slot = assist_slot(words[first]);

        } else if (assist_slot(words[first + i]) != *slot) {
            return -1;
        }
    }

    return 0;
}


/* Most commands have one key, their first argument. */

static void
slot_keys(const assist_str_t *words, size_t n, size_t *first, size_t *keys)
{
    size_t  i;

    static const char *const  all[] = {
        "DEL", "UNLINK", "EXISTS", "MGET", "TOUCH", NULL
    };
    static const char *const  scripts[] = {
        "EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", NULL
    };

    *first = 1;
    *keys = n > 1;

    if (n > 2 && slot_is(words[0], all)) {
        *keys = n - 1;

    } else if (n > 2 && slot_is(words[0], scripts)) {
        *first = 3;
        *keys = 0;

        for (i = 0; i < words[2].len && *keys < n; i++) {
            *keys = *keys * 10 + (size_t) (words[2].data[i] - '0');
        }

        if (*keys > n - 3) {
            *keys = n - 3;
        }
    }
}


static int
slot_is(assist_str_t word, const char *const *names)
{
    for ( /* void */ ; *names; names++) {
        if (word.len == strlen(*names)
            && strncasecmp(word.data, *names, word.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}
