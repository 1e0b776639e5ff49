/*
 * A hash table from (scope, string) to a number: open addressing, keys are
 * only added.  The scope keeps many small name spaces (the children of a trie's
 * node, the cases of a service) in one table.
 */

#ifndef ASSIST_TABLE_H
#define ASSIST_TABLE_H

#include <stdint.h>

#include "str.h"


#define ASSIST_TABLE_NONE  UINT32_MAX


typedef struct {
    const char  *data;
    uint32_t     len;
    uint32_t     scope;
    uint32_t     hash;
    uint32_t     value;             /* ASSIST_TABLE_NONE: a free slot */
} assist_slot_t;


typedef struct {
    assist_slot_t  *slots;
    uint32_t        nslots;         /* a power of two, or 0 */
    uint32_t        n;
} assist_table_t;


#define ASSIST_TABLE_INIT  { NULL, 0, 0 }


void assist_table_free(assist_table_t *t);

/* The key's value, or ASSIST_TABLE_NONE. */
uint32_t assist_table_get(const assist_table_t *t, uint32_t scope,
    assist_str_t key);

/*
 * Adds a key that is not in the table; its bytes must outlive the table, value
 * is not ASSIST_TABLE_NONE.  -1: out of memory.
 */
int assist_table_put(assist_table_t *t, uint32_t scope, assist_str_t key,
    uint32_t value);


#endif
