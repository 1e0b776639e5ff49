/*
 * What the Lua host asks of whoever embeds it.  The embedder (nginx, or a test)
 * gives one table of functions; `host` is the embedder's own object of a run:
 * the request.
 */

#ifndef ASSIST_HOST_H
#define ASSIST_HOST_H

#include <stdint.h>

#include "core/catalog.h"
#include "core/completion.h"
#include "core/html.h"
#include "core/ledger.h"
#include "core/search.h"
#include "core/str.h"


typedef struct assist_run_s  assist_run_t;


typedef enum {
    ASSIST_PHASE_REQUEST = 0,
    ASSIST_PHASE_PAGE,
    ASSIST_PHASE_ASK,
    ASSIST_PHASE_LOG,
    ASSIST_PHASE_RENDER,            /* of pages of ours; hooks have none */
    ASSIST_PHASE_MAX
} assist_phase_t;

typedef enum {
    ASSIST_LOG_ERROR = 0,
    ASSIST_LOG_WARN,
    ASSIST_LOG_INFO,
    ASSIST_LOG_DEBUG
} assist_log_t;

/* What a call gives back: at once, or after a wait. */
typedef enum {
    ASSIST_NIL = 0,                 /* in a list: false */
    ASSIST_TRUE,
    ASSIST_NUMBER,
    ASSIST_STRING,
    ASSIST_LIST,                    /* items: its elements */
    ASSIST_TABLE                    /* items: key, value, key, value, ... */
} assist_value_type_t;

typedef struct assist_value_s  assist_value_t;

struct assist_value_s {
    assist_value_type_t  type;
    double               number;
    assist_str_t         string;
    assist_value_t      *items;
    uint32_t             nitems;
    const char          *error;     /* with NIL: why; NULL: there is nothing */
};

/* The answer of a call that may wait. */
typedef enum {
    ASSIST_NOW = 0,                 /* *value is set */
    ASSIST_WAIT                     /* assist_run_resume() will be called */
} assist_wait_t;


typedef struct {
    assist_str_t         name;
    assist_str_t         value;
} assist_header_t;

/* A request of a hook's own to a location of this server. */
typedef struct {
    assist_str_t            uri;        /* with arguments, if any */
    assist_str_t            method;
    const assist_header_t  *headers;
    uint32_t                nheaders;
    assist_str_t            body;
    uint32_t                timeout;    /* ms */
    size_t                  max;        /* bytes of the answer's body */
} assist_fetch_t;

/* A command for Redis; those of its words that are keys are the hook's own. */
typedef struct {
    assist_str_t           *words;
    uint32_t                nwords;
    uint32_t                nkeys;      /* words[1] to words[nkeys] */
} assist_command_t;

/* A question to a language model. */
typedef struct {
    const assist_completion_message_t  *messages;
    uint32_t                            nmessages;
    const assist_str_t                 *urls;       /* of the passages */
    uint32_t                            npassages;  /* cited as [1] to [n] */
    uint32_t                            max_tokens; /* 0: the provider's */
    uint32_t                            timeout;    /* ms; 0: the usual */
    unsigned                            say:1;      /* its words go to the
                                                       citizen as they come */
    unsigned                            pieces:1;   /* ... to the run */
} assist_chat_t;


typedef struct {
    /* the log of the embedder; text may hold anything */
    void (*log)(void *host, assist_log_t level, assist_str_t text);

    /* the request; data NULL: no such thing */
    assist_str_t (*method)(void *host);
    assist_str_t (*uri)(void *host);
    assist_str_t (*args)(void *host);               /* undecoded */
    assist_str_t (*header)(void *host, assist_str_t name);
    assist_str_t (*lang)(void *host);               /* "vi", "en" */
    assist_str_t (*question)(void *host);           /* phase ask */
    assist_str_t (*disclosure)(void *host, int en); /* the AI notice */
    uint32_t (*service)(void *host);                /* index, ASSIST_NONE */
    uint32_t (*previous)(void *host);               /* of the answer before */

    /* results; 0, or -1: past a bound, or memory is out */
    int (*say)(void *host, assist_str_t text);
    int (*cite)(void *host, assist_str_t title, assist_str_t url,
        assist_str_t updated);
    int (*about)(void *host, uint32_t procedure);
    int (*reply)(void *host, int status, const assist_header_t *headers,
        uint32_t nheaders, assist_str_t body);
    /* id: of an element; html is put in as it is */
    int (*inject)(void *host, assist_html_where_t where, assist_str_t id,
        assist_str_t html);
    /* at the page's end: what the function `later` will give */
    int (*inject_later)(void *host, assist_html_where_t where,
        assist_str_t id, double later);
    void (*outcome)(void *host, assist_outcome_t outcome);

    /* waits */
    assist_wait_t (*body)(void *host, assist_run_t *run,
        assist_value_t *value);
    assist_wait_t (*sleep)(void *host, assist_run_t *run, uint32_t ms,
        assist_value_t *value);
    assist_wait_t (*cache_get)(void *host, assist_run_t *run, assist_str_t key,
        assist_value_t *value);
    void (*cache_set)(void *host, assist_str_t key, assist_str_t text,
        uint32_t ttl);
    /* who makes the text of a key: true, this run; else what another made of
     * it, a string or nil and a reason */
    assist_wait_t (*once_join)(void *host, assist_run_t *run,
        assist_str_t key, assist_value_t *value);
    /* this run has: a string; nil, with the reason as its string; or true,
     * then another one makes it */
    void (*once_over)(void *host, assist_run_t *run, assist_str_t key,
        const assist_value_t *value);
    assist_wait_t (*redis)(void *host, assist_run_t *run,
        const assist_command_t *command, assist_value_t *value);
    /* NULL, or why this location may not be fetched */
    const char *(*fetch_refused)(void *host, assist_str_t uri);
    assist_wait_t (*fetch)(void *host, assist_run_t *run,
        const assist_fetch_t *fetch, assist_value_t *value);
    /* with pieces: { piece =, id = } as long as there are any */
    assist_wait_t (*chat)(void *host, assist_run_t *run,
        const assist_chat_t *chat, assist_value_t *value);
    assist_wait_t (*chat_next)(void *host, assist_run_t *run, uint32_t id,
        assist_value_t *value);
    /* runs a function (its reference) later, for nobody; NULL and its number,
     * or why not */
    const char *(*later)(void *host, int function, double *later);
    /* its host: pages that wait for it may have this */
    void (*later_gives)(void *host, assist_str_t html);

    /* phase render: the JSON of which a page is a view; a piece of the page,
     * text is escaped. emit waits now and then; an error ends the page */
    assist_str_t (*document)(void *host);
    assist_wait_t (*emit)(void *host, assist_run_t *run, assist_str_t piece,
        int is_text, assist_value_t *value);
} assist_host_t;


#endif
