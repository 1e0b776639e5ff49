/*
 * Private to redact*.c: a text being searched for personal data.
 */

#ifndef ASSIST_REDACT_PRIV_H
#define ASSIST_REDACT_PRIV_H

#include <stdint.h>

#include "redact.h"
#include "text_chars.h"


#define ASSIST_RUN_DIGITS  20       /* of the longest kind */

#define ASSIST_GAP_MAX     4        /* characters between two groups */

/* What stands between two groups of digits (bits). */
#define ASSIST_GAP_DOT     1
#define ASSIST_GAP_HYPHEN  2
#define ASSIST_GAP_BLANK   4
#define ASSIST_GAP_OTHER   8        /* brackets, invisible characters */

#define assist_is_upper(c)  ((c) >= 'A' && (c) <= 'Z')
#define assist_is_letter(c)  (((c) | 0x20) >= 'a' && ((c) | 0x20) <= 'z')


typedef enum {
    ASSIST_WORD_BANK,
    ASSIST_WORD_TAX,
    ASSIST_WORD_PASSPORT,
    ASSIST_WORD_ID,
    ASSIST_WORD_MONEY,
    ASSIST_WORD_EMAIL               /* an address itself */
} assist_word_class_t;


/* Offsets are in bytes of the text; `end` is the one after. */

typedef struct {
    size_t                start;
    size_t                end;
    assist_word_class_t   class;
} assist_mark_t;

typedef struct {
    size_t                start;
    size_t                end;
    assist_redact_kind_t  kind;
} assist_finding_t;

typedef struct {
    size_t                start;
    size_t                end;
    size_t                digits;   /* offset in assist_seq_t.digits */
    size_t                n;        /* digits */
    unsigned              gap;      /* ASSIST_GAP_* before it; 0: the first */
    unsigned              ngap;     /* characters of it */
    unsigned              keep:1;   /* never redacted */
    unsigned              soft:1;   /* likely not part of its neighbours */

    /* the best division from here on */
    uint64_t              cost;
    size_t                next;
    int                   kind;     /* -1: this group stays */
} assist_group_t;


/* Groups of digits with nothing but gaps between them. */
typedef struct {
    assist_group_t       *groups;
    size_t                n;
    size_t                cap;

    char                 *digits;   /* ASCII */
    size_t                ndigits;
    size_t                digits_cap;

    size_t                end;      /* in the text */

    /* one or two letters before it; start == first group's: none */
    size_t                prefix;
    unsigned              nletters;
    unsigned              glued:1;  /* nothing between them */
    unsigned              upper:1;
    unsigned              plus:1;   /* begins with + */
    size_t                plus_start;

    /* ends of the last words before it, 0: none; the next bank word's start */
    size_t                bank;
    size_t                tax;
    size_t                passport;
    size_t                id;
    size_t                money;
    size_t                next_bank;
} assist_seq_t;


typedef struct {
    const unsigned char  *text;
    size_t                len;

    assist_mark_t        *marks;    /* in the order of their ends */
    size_t                nmarks;
    size_t                marks_cap;

    assist_finding_t     *findings; /* in order, apart */
    size_t                nfindings;
    size_t                findings_cap;

    assist_seq_t          run;

    size_t                at;
    size_t                from;     /* the end of the last finding */
    size_t                email;    /* marks: the next address, */
    size_t                mark;     /* the next word, */
    size_t                bank;     /* the next bank word */
} assist_scan_t;


/* Room for one more than n items of a size; NULL: out of memory. */
void *assist_redact_grow(void *items, size_t n, size_t *cap, size_t size);

/* What returns an int and is no question: 0, or -1 when memory is out. */

/* Fills scan->marks. */
int assist_scan_words(assist_scan_t *scan);

/* Fills scan->findings. */
int assist_scan_find(assist_scan_t *scan);

int assist_scan_add(assist_scan_t *scan, size_t start, size_t end,
    assist_redact_kind_t kind);

/* Reads the groups from the digit at scan->at up to `limit` into scan->run,
   with the letters and the words beside them. */
int assist_seq_read(assist_scan_t *scan, size_t limit);

/* Adds the dossier's code that the run begins with; *to is the first group
   after it. */
int assist_form_dossier(assist_scan_t *scan, size_t *to);

/* The end of the card's code, of the plate, that the run's last groups begin,
   of those from `from` on; *group is the first one of it.  0: there is none. */
size_t assist_form_qr(const assist_scan_t *scan, size_t from, size_t *group);
size_t assist_form_plate(const assist_scan_t *scan, size_t from, size_t limit,
    size_t *group);

/* Is what is before the offset no part of a word? */
int assist_scan_is_edge(const assist_scan_t *scan, size_t at);

/* Adds the findings among the groups [from, to) of the run. */
int assist_seq_divide(assist_scan_t *scan, size_t from, size_t to);

/*
 * The kind of the digits of the groups [from, to), and in *cost how little it
 * is believed; -1: none.  whole: nothing else is next to them.
 */
int assist_seq_kind(const assist_seq_t *run, size_t from, size_t to, int whole,
    uint64_t *cost);

/* Marks the groups of the run that never are personal data. */
void assist_seq_keep(const assist_scan_t *scan, assist_seq_t *run);

/* Is a currency, or a word for thousands, at the offset? */
int assist_scan_is_unit(const assist_scan_t *scan, size_t at);

/* The length of a placeholder at p, known to a map or not; 0: there is none. */
size_t assist_redact_placeholder(const unsigned char *p,
    const unsigned char *end);

/* The length of the character that may stand between digits at the offset, and
   in *gap its bit; 0: there is none. */
size_t assist_scan_gap(const assist_scan_t *scan, size_t at, unsigned *gap);

/* The value of the digit at the offset (0 to 9, also full width), with its
   length; -1: there is none. */
int assist_scan_digit(const assist_scan_t *scan, size_t at, size_t *len);


#endif
