/*
 * Shared by the files that make a catalogue.
 */

#ifndef ASSIST_CATALOG_PRIV_H
#define ASSIST_CATALOG_PRIV_H

#include "catalog.h"


/* Room for item n in a list that doubles; NULL: out of memory. */
void *assist_catalog_more(void *list, uint32_t n, uint32_t *nalloc,
    size_t size);

/* Is a row published, and the other not? */
int assist_catalog_better(const assist_catalog_t *cat, uint32_t row,
    uint32_t than);

/* Sets level, level_min and level_max of all services; -1: out of memory. */
int assist_catalog_levels(assist_catalog_t *cat);


#endif
