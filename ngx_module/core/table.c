#include "table.h"

#include <stdlib.h>


#define TABLE_MIN  64


static uint32_t hash(uint32_t scope, assist_str_t key);
static int grow(assist_table_t *t);
static void place(assist_table_t *t, const assist_slot_t *slot);


void
assist_table_free(assist_table_t *t)
{
    free(t->slots);
    *t = (assist_table_t) ASSIST_TABLE_INIT;
}


uint32_t
assist_table_get(const assist_table_t *t, uint32_t scope, assist_str_t key)
{
    uint32_t              h, i;
    const assist_slot_t  *s;

    if (t->n == 0) {
        return ASSIST_TABLE_NONE;
    }

    h = hash(scope, key);

    for (i = h & (t->nslots - 1); ; i = (i + 1) & (t->nslots - 1)) {
        s = &t->slots[i];

        if (s->value == ASSIST_TABLE_NONE) {
            return ASSIST_TABLE_NONE;
        }

        if (s->hash == h
            && s->scope == scope
            && assist_str_eq((assist_str_t) { s->data, s->len }, key))
        {
            return s->value;
        }
    }
}


int
assist_table_put(assist_table_t *t, uint32_t scope, assist_str_t key,
    uint32_t value)
{
    assist_slot_t  slot;

    /* at most half full: a probe is short, and always meets a free slot */

    if (t->n >= t->nslots / 2 && grow(t) != 0) {
        return -1;
    }

    slot.data = key.data;
    slot.len = (uint32_t) key.len;
    slot.scope = scope;
    slot.hash = hash(scope, key);
    slot.value = value;

    place(t, &slot);
    t->n++;

    return 0;
}


/* FNV's shape, eight bytes at a time, with a final mix for the low bits. */

static uint32_t
hash(uint32_t scope, assist_str_t key)
{
    size_t       len;
    uint64_t     h, word;
    const char  *p;

    h = 0xcbf29ce484222325u ^ ((uint64_t) scope * 0x9e3779b97f4a7c15u)
        ^ key.len;
    p = key.data;

    for (len = key.len; len >= 8; len -= 8, p += 8) {
        memcpy(&word, p, 8);
        h = (h ^ word) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }

    if (len) {
        word = 0;
        memcpy(&word, p, len);
        h = (h ^ word) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }

    h *= 0xc4ceb9fe1a85ec53u;
    h ^= h >> 33;

    return (uint32_t) h;
}


static int
grow(assist_table_t *t)
{
    size_t          bytes;
    uint32_t        i;
    assist_table_t  old;

    if (t->nslots > UINT32_MAX / 4) {
        return -1;
    }

    old = *t;
    t->nslots = old.nslots ? old.nslots * 2 : TABLE_MIN;
    bytes = (size_t) t->nslots * sizeof(assist_slot_t);

    t->slots = malloc(bytes);
    if (t->slots == NULL) {
        *t = old;
        return -1;
    }

    /* every byte 0xff: every value ASSIST_TABLE_NONE */
    memset(t->slots, 0xff, bytes);

    for (i = 0; i < old.nslots; i++) {
        if (old.slots[i].value != ASSIST_TABLE_NONE) {
            place(t, &old.slots[i]);
        }
    }

    free(old.slots);

    return 0;
}


static void
place(assist_table_t *t, const assist_slot_t *slot)
{
    uint32_t  i;

    i = slot->hash & (t->nslots - 1);

    while (t->slots[i].value != ASSIST_TABLE_NONE) {
        i = (i + 1) & (t->nslots - 1);
    }

    t->slots[i] = *slot;
}
