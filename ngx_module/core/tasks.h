/*
 * The roadmap: who brings AI to which service, until when.  Decision
 * 699/QD-BTTTT asks for it: "tasks, timelines and the responsible unit".
 *
 * A CSV file with the columns service, agency, task, unit and deadline (see
 * tasks.c for other names).  A row is of a service ("code@agency", or code and
 * agency), of a procedure (a code alone: at every agency), or of an agency
 * (all its services).
 */

#ifndef ASSIST_TASKS_H
#define ASSIST_TASKS_H

#include "catalog.h"
#include "digest.h"


typedef struct {
    assist_str_t   code;            /* len 0: the whole agency */
    assist_str_t   agency;          /* its code; len 0: every agency */
    assist_str_t   text;
    assist_str_t   unit;            /* len 0: nobody's */
    int32_t        deadline;        /* days since 1970-01-01; INT32_MIN: none */
    uint32_t       line;
} assist_task_t;


typedef struct assist_tasks_s  assist_tasks_t;

struct assist_tasks_s {
    assist_task_t  *list;           /* in the file's order */
    uint32_t        n;
    char            hash[ASSIST_DIGEST_HEX + 1];    /* SHA-256 of the file */
    void           *priv;
};


/* file need not outlive the call.  NULL: err names the line and what to do. */
assist_tasks_t *assist_tasks_parse(assist_str_t file, assist_error_t *err);
void assist_tasks_free(assist_tasks_t *tasks);

/* How many tasks are of what the catalogue does not have, and the line of the
 * first; out of memory: 0. */
uint32_t assist_tasks_unknown(const assist_tasks_t *tasks,
    const assist_catalog_t *cat, uint32_t *line);


#endif
