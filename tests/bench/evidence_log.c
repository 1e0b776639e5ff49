/*
 * evidence_log LINES CATALOG: writes as many interactions as there are lines
 * to stdout, as four workers would in the last two months: blocks of 250
 * lines, signed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "catalog.h"
#include "chain.h"


#define WORKERS  4
#define BLOCK    250


typedef struct {
    assist_evidence_head_t  head;
    assist_chain_t          chain;
} worker_t;


static uint32_t next(void);
static char *read_file(const char *path, size_t *len);


static uint64_t  seed = 88172645463325252u;


int
main(int argc, char **argv)
{
    char                     *text, name[40];
    long                      i, k, lines;
    size_t                    len;
    int64_t                   now, start;
    uint32_t                  n;
    worker_t                 *w, workers[WORKERS];
    assist_buf_t              out = ASSIST_BUF_INIT;
    assist_error_t            err;
    assist_event_t            event;
    assist_catalog_t         *cat;
    assist_chain_counts_t     counts = { 1, 2, 0 };
    assist_evidence_names_t   names;

    static const assist_str_t  key =
        assist_str("0123456789abcdef0123456789abcdef");

    lines = argc == 3 ? atol(argv[1]) : 0;

    if (lines <= 0) {
        fprintf(stderr, "usage: evidence_log LINES CATALOG\n");
        return 2;
    }

    text = read_file(argv[2], &len);
    cat = text ? assist_catalog_parse(text, len, &err) : NULL;

    if (cat == NULL) {
        fprintf(stderr, "%s is no catalogue\n", argv[2]);
        return 2;
    }

    memset(workers, 0, sizeof(workers));
    memset(&names, 0, sizeof(names));
    now = time(NULL);
    start = now - 45 * 86400;

    for (k = 0; k < WORKERS; k++) {
        w = &workers[k];
        snprintf(name, sizeof(name), "portal-%ld-6b08f699", 4711 + k);
        assist_chain_start(&w->chain, name);
        w->head.writer = w->chain.writer;
        w->head.gmtoff = 420;
        w->head.seq = 1;
    }

    names.hook = assist_str("procedures");
    names.version = assist_str("1.0");

    for (i = 0; i < lines; /* void */ ) {
        w = &workers[next() % WORKERS];
        out.len = 0;

        event.time = start + (int64_t) ((double) i / lines * 45 * 86400);

        if (w->chain.seq == 0) {
            assist_chain_config(&out, &w->head, event.time,
                                assist_str_of(cat->hash),
                                (assist_str_t) { NULL, 0 }, NULL, 0);
        }

        for (k = 0; k < BLOCK && i < lines; k++, i++) {
            n = next();

            event.kind = n % 4 ? ASSIST_KIND_ASK : ASSIST_KIND_PAGE;
            event.outcome = n % 16 ? ASSIST_ANSWERED
                                   : (n >> 4) % ASSIST_OUTCOME_MAX;
            event.cache = n % 3 ? ASSIST_CACHE_HIT : ASSIST_CACHE_MISS;
            event.by = n % 5 ? ASSIST_BY_CATALOGUE : ASSIST_BY_MODEL;
            event.latency = (n >> 8) % 3000;
            event.tokens_in = n % 5 ? -1 : (int64_t) n % 900;
            event.tokens_out = n % 5 ? -1 : (int64_t) n % 300;
            event.sourced = event.outcome == ASSIST_ANSWERED;
            event.disclosed = 1;
            event.degraded = 0;

            names.service = cat->services[(n >> 3) % cat->nservices].id;
            names.model = n % 5 ? assist_str("catalogue")
                                : assist_str("vi-7b-instruct");

            w->head.seq++;
            assist_evidence_interaction(&out, &w->head, &event, &names);
        }

        w->head.seq++;
        assist_chain_block(&out, 0, &w->head, event.time, &counts, 0, key,
                           &w->chain);

        if (out.failed || fwrite(out.data, out.len, 1, stdout) != 1) {
            fprintf(stderr, "cannot write\n");
            return 1;
        }
    }

    return fflush(stdout) == 0 ? 0 : 1;
}


/* xorshift64* */

static uint32_t
next(void)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;

    return (uint32_t) (seed * 2685821657736338717u >> 32);
}


static char *
read_file(const char *path, size_t *len)
{
    char  *text;
    FILE  *file;
    long   size;

    file = fopen(path, "rb");

    if (file == NULL || fseek(file, 0, SEEK_END) != 0
        || (size = ftell(file)) <= 0 || fseek(file, 0, SEEK_SET) != 0)
    {
        return NULL;
    }

    text = malloc((size_t) size);
    *len = text ? fread(text, 1, (size_t) size, file) : 0;
    fclose(file);

    return text;
}
