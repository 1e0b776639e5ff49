/*
 * Personal data in a text, replaced by placeholders before the text leaves,
 * and put back into what comes in return.
 *
 * The kinds, in the order of the rules (Law 91/2025 and Decree 356/2025: a
 * model abroad is a cross-border transfer).  Blanks (also U+00A0), line ends,
 * dots, hyphens, underscores and brackets, up to four together, may stand
 * between the digits of every kind; these and the digits may be full width.
 *
 *   QR        the chip card's code: id|old id|name|ddmmyyyy|...
 *   CCCD      12 digits: province 001 to 096, century and sex 0 to 3, 8 more
 *   BHYT      health insurance: 2 letters, 13 digits
 *   MST       tax code: 10 digits that are no phone number and whose check
 *             digit is right; any 10 after "mst", "mã số thuế"; 10-3 digits
 *   PHONE     (0|84|+84)[35789] and 8 digits; 02 and 9; 01[2689] and 8;
 *             + and 8 to 15
 *   BHXH      social insurance: any other 10 digits
 *   CMND      the old id: 9 digits
 *   PASSPORT  a letter, 7 or 8 digits
 *   ACCOUNT   6 to 20 digits near a bank word (tài khoản, stk, ngân hàng, a
 *             bank's name, with or without marks); a card's 16 or 19 digits
 *   PLATE     30A-123.45, 29-B1 123.45, 51F-1234
 *   EMAIL     also with letters of any script, and with a blank at its @
 *   HOSO      a dossier's code: 000.00.16.H55-250701-0012
 *   NUMBER    11 digits or more in one piece that are nothing of the above,
 *             and 12 to 20 in equally separated groups
 *   TEXT      text that looks like one of these placeholders
 *
 * In doubt a number is redacted.  Numbers side by side are divided so that the
 * fewest digits stay, then so that the fewest pieces are joined.  What stays:
 * procedure and agency codes (1.001456, 2.000815.000.00.00.H55, H55.242),
 * dates, document numbers (123/2024/NĐ-CP), sums of money (1.000.000 đồng,
 * 500000đ, 100.000.000; a sum does not begin with 0, nor follow CMND, CCCD or
 * their words), years, and anything shorter (1022, 19001009) unless it is near
 * a bank word.
 *
 * Names and addresses are not found: no pattern tells them from other words.
 */

#ifndef ASSIST_REDACT_H
#define ASSIST_REDACT_H

#include "arena.h"
#include "buf.h"
#include "table.h"


/* Placeholders in one map: more is refused, and so bounds every look-up. */
#define ASSIST_REDACT_MAX  9999

/* Bytes of the longest placeholder: [PASSPORT_9999] */
#define ASSIST_REDACT_LONGEST  15


typedef enum {
    ASSIST_REDACT_QR,
    ASSIST_REDACT_CCCD,
    ASSIST_REDACT_BHYT,
    ASSIST_REDACT_MST,
    ASSIST_REDACT_PHONE,
    ASSIST_REDACT_BHXH,
    ASSIST_REDACT_CMND,
    ASSIST_REDACT_PASSPORT,
    ASSIST_REDACT_ACCOUNT,
    ASSIST_REDACT_PLATE,
    ASSIST_REDACT_EMAIL,
    ASSIST_REDACT_HOSO,
    ASSIST_REDACT_NUMBER,
    ASSIST_REDACT_TEXT,
    ASSIST_REDACT_NKINDS
} assist_redact_kind_t;


typedef struct {
    assist_str_t           original;    /* in the map's arena */
    assist_redact_kind_t   kind;
} assist_redact_item_t;


/* From placeholders to originals: [KIND_n] is items[n - 1].  Holds personal
   data: it lives no longer than the request. */
typedef struct {
    assist_arena_t        *arena;
    assist_table_t         table;       /* original -> index */
    assist_redact_item_t  *items;
    size_t                 n;
    size_t                 cap;
} assist_redact_t;


#define ASSIST_REDACT_INIT  { NULL, ASSIST_TABLE_INIT, NULL, 0, 0 }


void assist_redact_free(assist_redact_t *map);

/*
 * Appends text to out with every finding replaced by [KIND_n].  Called once
 * for each message of a conversation with the same map: n goes on over all
 * kinds, and the same original, byte for byte, has the same placeholder (two
 * spellings of a number are two originals, or they could not both be put
 * back).
 *
 * Text of the form [KIND_n] in the input is itself a finding, TEXT: whoever
 * types [CCCD_1] is given that back, not the number that it stands for.
 *
 * text: UTF-8; other bytes pass unchanged.  Returns the number of findings;
 * -1 when memory is out or the map is full: out is as it was but `failed`, and
 * nothing may be sent.
 */
int assist_redact(assist_redact_t *map, assist_str_t text, assist_buf_t *out);

/*
 * What is found in this text stays wherever the same bytes are found, unless
 * the map has them already: for what an office itself publishes, such as its
 * telephone number.  Returns 0, or -1 when memory is out.
 */
int assist_redact_publish(assist_redact_t *map, assist_str_t text);

/* "CCCD"; a literal. */
const char *assist_redact_kind_name(assist_redact_kind_t kind);

/* How many different originals of a kind the map has. */
size_t assist_redact_count(const assist_redact_t *map,
    assist_redact_kind_t kind);


/* A text that comes in pieces, into which originals are put back. */
typedef struct {
    const assist_redact_t  *map;
    size_t                  n;
    char                    held[ASSIST_REDACT_LONGEST];
} assist_restore_t;


/* The map must outlive r, and may grow meanwhile. */
void assist_restore_init(assist_restore_t *r, const assist_redact_t *map);

/*
 * Appends piece to out with the placeholders of the map replaced; others pass
 * unchanged.  Holds back what may be the beginning of a placeholder, at most
 * ASSIST_REDACT_LONGEST - 1 bytes; where the text is cut does not matter.
 * assist_restore_end() adds what was held.  Both return 0, or -1 when memory
 * is out (out->failed).
 *
 * What is put back is the citizen's own text and may hold anything: an output
 * guard (plain.h) comes after this, not before.
 */
int assist_restore(assist_restore_t *r, assist_str_t piece, assist_buf_t *out);
int assist_restore_end(assist_restore_t *r, assist_buf_t *out);


#endif
