/*
 * Slots of a Redis Cluster: which part of it has a key.
 */

#ifndef ASSIST_SLOT_H
#define ASSIST_SLOT_H

#include <stdint.h>

#include "str.h"


#define ASSIST_SLOTS  16384


/*
 * CRC-16 (XMODEM) of the key, or of what lies between its first "{" and the
 * "}" after it, where that is not empty (Redis Cluster specification, "Hash
 * tags").
 */
uint32_t assist_slot(assist_str_t key);

/*
 * The slot of a command's keys: 0; or -1 where they lie in different ones.  A
 * command without a key is at home everywhere: slot 0.
 */
int assist_slot_command(const assist_str_t *words, size_t n, uint32_t *slot);


#endif
