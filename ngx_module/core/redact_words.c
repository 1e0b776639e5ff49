/*
 * The words that tell what a number is, and e-mail addresses: found before the
 * numbers, in one pass.
 */

#include "redact_priv.h"

#include <utf8proc.h>


#define LETTERS  15             /* of the longest word that is looked for */
#define APART    3              /* bytes between the two words of a pair */


/* A word in lower case without marks; n > LETTERS: none that is known. */
typedef struct {
    char      letters[LETTERS + 1];
    size_t    n;
    size_t    start;
    size_t    end;
} word_t;


typedef struct {
    const char           *first;    /* NULL: one word */
    const char           *word;
    assist_word_class_t   class;
} known_t;


static int add(assist_scan_t *scan, size_t start, size_t end,
    assist_word_class_t class);
static int classify(const word_t *word, const word_t *previous);
static size_t next_word(const assist_scan_t *scan, size_t at, size_t limit,
    word_t *word);
static int letter(int32_t c, char *base);
static size_t at_sign(const assist_scan_t *scan, size_t at);
static int find_email(assist_scan_t *scan, size_t at, size_t sign,
    size_t *from);
static size_t local_start(const assist_scan_t *scan, size_t at, size_t from);
static int is_word(const word_t *word, const char *const *words, size_t n);


#define IS_WORD(word, words)                                                  \
    is_word(word, words, sizeof(words) / sizeof(words[0]))


/* Words without marks, as they are often typed; more redacted than needed. */

static const known_t  known[] = {
    { NULL,     "account",      ASSIST_WORD_BANK },
    { NULL,     "acb",          ASSIST_WORD_BANK },
    { NULL,     "agribank",     ASSIST_WORD_BANK },
    { NULL,     "atm",          ASSIST_WORD_BANK },
    { NULL,     "bank",         ASSIST_WORD_BANK },
    { NULL,     "bidv",         ASSIST_WORD_BANK },
    { NULL,     "eximbank",     ASSIST_WORD_BANK },
    { NULL,     "hdbank",       ASSIST_WORD_BANK },
    { NULL,     "iban",         ASSIST_WORD_BANK },
    { NULL,     "lpbank",       ASSIST_WORD_BANK },
    { NULL,     "mbbank",       ASSIST_WORD_BANK },
    { NULL,     "momo",         ASSIST_WORD_BANK },
    { NULL,     "msb",          ASSIST_WORD_BANK },
    { NULL,     "napas",        ASSIST_WORD_BANK },
    { NULL,     "ocb",          ASSIST_WORD_BANK },
    { NULL,     "sacombank",    ASSIST_WORD_BANK },
    { NULL,     "scb",          ASSIST_WORD_BANK },
    { NULL,     "seabank",      ASSIST_WORD_BANK },
    { NULL,     "shb",          ASSIST_WORD_BANK },
    { NULL,     "stk",          ASSIST_WORD_BANK },
    { NULL,     "tcb",          ASSIST_WORD_BANK },
    { NULL,     "techcombank",  ASSIST_WORD_BANK },
    { NULL,     "tpbank",       ASSIST_WORD_BANK },
    { NULL,     "vcb",          ASSIST_WORD_BANK },
    { NULL,     "vib",          ASSIST_WORD_BANK },
    { NULL,     "vietcombank",  ASSIST_WORD_BANK },
    { NULL,     "vietinbank",   ASSIST_WORD_BANK },
    { NULL,     "vpbank",       ASSIST_WORD_BANK },
    { "chuyen", "khoan",        ASSIST_WORD_BANK },
    { "ngan",   "hang",         ASSIST_WORD_BANK },
    { "so",     "tk",           ASSIST_WORD_BANK },
    { "so",     "the",          ASSIST_WORD_BANK },
    { "tai",    "khoan",        ASSIST_WORD_BANK },
    { "vi",     "dien",         ASSIST_WORD_BANK },

    { NULL,     "mst",          ASSIST_WORD_TAX },
    { NULL,     "msdn",         ASSIST_WORD_TAX },
    { "ma",     "thue",         ASSIST_WORD_TAX },
    { "so",     "thue",         ASSIST_WORD_TAX },
    { "tax",    "code",         ASSIST_WORD_TAX },

    { NULL,     "passport",     ASSIST_WORD_PASSPORT },
    { "ho",     "chieu",        ASSIST_WORD_PASSPORT },

    { NULL,     "cccd",         ASSIST_WORD_ID },
    { NULL,     "cmnd",         ASSIST_WORD_ID },
    { NULL,     "cmt",          ASSIST_WORD_ID },
    { "can",    "cuoc",         ASSIST_WORD_ID },
    { "chung",  "minh",         ASSIST_WORD_ID },
    { "dinh",   "danh",         ASSIST_WORD_ID },

    { NULL,     "fee",          ASSIST_WORD_MONEY },
    { NULL,     "gia",          ASSIST_WORD_MONEY },
    { NULL,     "luong",        ASSIST_WORD_MONEY },
    { NULL,     "muc",          ASSIST_WORD_MONEY },
    { NULL,     "phi",          ASSIST_WORD_MONEY },
    { NULL,     "tien",         ASSIST_WORD_MONEY },
    { NULL,     "von",          ASSIST_WORD_MONEY }
};

#define NKNOWN  (sizeof(known) / sizeof(known[0]))


/* đ, k and tr are units, too, as are signs. */

static const char  *const units[] = {
    "d", "dong", "vnd", "usd", "eur", "euro", "k", "tr", "trieu", "ty", "ti",
    "nghin", "ngan"
};

/* đồng ý, đồng thời, ngân hàng, tỷ lệ, ...: a unit's syllable, no unit. */

static const char  *const no_units[] = {
    "bao", "bo", "chi", "chu", "deu", "gia", "hang", "hanh", "ho", "hoi", "le",
    "loat", "nai", "nghiep", "nhat", "pham", "sach", "so", "thap", "thoi",
    "thuan", "tinh", "xoai", "y"
};

/* From 1.500.000 to 2.000.000 đồng: the unit is at the second sum. */

static const char  *const ranges[] = {
    "den", "toi", "to", "hoac", "va", "or", "and"
};


int
assist_scan_words(assist_scan_t *scan)
{
    int     class;
    size_t  at, from, end, sign;
    word_t  word, previous;

    memset(&previous, 0, sizeof(word_t));

    from = 0;

    for (at = 0; at < scan->len; at = end) {

        sign = at_sign(scan, at);

        if (sign) {
            end = at + sign;

            if (find_email(scan, at, sign, &from) != 0) {
                return -1;
            }

            continue;
        }

        end = next_word(scan, at, at, &word);

        if (word.n == 0) {
            continue;
        }

        class = classify(&word, &previous);

        if (class >= 0
            && add(scan, word.start, word.end, (assist_word_class_t) class)
               != 0)
        {
            return -1;
        }

        previous = word;
    }

    return 0;
}


static int
add(assist_scan_t *scan, size_t start, size_t end, assist_word_class_t class)
{
    void  *p;

    p = assist_redact_grow(scan->marks, scan->nmarks, &scan->marks_cap,
                           sizeof(assist_mark_t));
    if (p == NULL) {
        return -1;
    }

    scan->marks = p;
    scan->marks[scan->nmarks++] = (assist_mark_t) { start, end, class };

    return 0;
}


static int
classify(const word_t *word, const word_t *previous)
{
    int     pair;
    size_t  i;

    if (word->n > LETTERS) {
        return -1;
    }

    pair = previous->n && previous->n <= LETTERS
           && word->start - previous->end <= APART;

    for (i = 0; i < NKNOWN; i++) {
        if (known[i].word[0] == word->letters[0]
            && strcmp(known[i].word, word->letters) == 0
            && (known[i].first == NULL
                || (pair && strcmp(known[i].first, previous->letters) == 0)))
        {
            return (int) known[i].class;
        }
    }

    return -1;
}


/*
 * The word that begins at `at` or later, but not after `limit`; word->n is 0
 * when there is none.  Returns where to go on, which is after `at`.
 */
static size_t
next_word(const assist_scan_t *scan, size_t at, size_t limit, word_t *word)
{
    int                   rc;
    char                  base;
    size_t                start;
    const unsigned char  *p, *last;

    word->n = 0;
    p = scan->text + at;
    last = scan->text + scan->len;

    while (p < last) {
        start = (size_t) (p - scan->text);

        if (word->n == 0 && start > limit) {
            return start;
        }

        rc = letter(assist_char_next(&p, last), &base);

        if (rc == 0) {

            if (word->n) {
                word->letters[word->n < LETTERS ? word->n : LETTERS] = '\0';
                return start;
            }

            continue;
        }

        if (word->n == 0) {
            word->start = start;
        }

        word->end = (size_t) (p - scan->text);

        if (rc == 1) {
            if (word->n < LETTERS) {
                word->letters[word->n] = base;
            }

            word->n += word->n <= LETTERS;
        }

        if (rc == 2 && word->n == 0) {
            continue;               /* a mark that is on nothing */
        }
    }

    word->letters[word->n < LETTERS ? word->n : LETTERS] = '\0';

    return scan->len;
}


/* 1: a letter, with its base; 2: a mark of the letter before; 0: neither. */

static int
letter(int32_t c, char *base)
{
    unsigned           v;
    static const char  bases[] = "aaaeeiooouuy";

    if (c >= 0x80) {

        if (c >= 0x300 && c <= 0x36f) {
            return 2;
        }

        c = c == 0xd0 || c == 0xf0 ? 0x111 : utf8proc_tolower(c);
        v = assist_char_vowel(c);

        if (v) {
            c = bases[(v - 1) / 6];

        } else if (c == 0x111) {
            c = 'd';

        } else if (assist_char_is_word(c)) {
            c = '?';                /* some other script: no word we know */

        } else {
            return 0;
        }

        *base = (char) c;
        return 1;
    }

    if (!assist_is_letter(c)) {
        return 0;
    }

    *base = (char) (c | 0x20);

    return 1;
}


/* Bytes of an @, also of full width or small (U+FF20, U+FE6B); 0: none. */

static size_t
at_sign(const assist_scan_t *scan, size_t at)
{
    const unsigned char  *p = scan->text + at;

    if (*p == '@') {
        return 1;
    }

    return scan->len - at >= 3
           && (memcmp(p, "\xef\xbc\xa0", 3) == 0
               || memcmp(p, "\xef\xb9\xab", 3) == 0) ? 3 : 0;
}


/*
 * An address around the @ at `at`, whose local part begins at *from or later.
 * A domain needs a dot, or at least a letter to begin with; with a blank at the
 * @ it needs both.
 */
static int
find_email(assist_scan_t *scan, size_t at, size_t sign, size_t *from)
{
    int                   dot, point, blank, letter;
    size_t                i, start, domain, end;
    int32_t               c;
    const unsigned char  *p, *text = scan->text;

    blank = at > *from && text[at - 1] == ' ';
    at -= (size_t) blank;
    start = local_start(scan, at, *from);

    domain = at + (size_t) blank + sign;
    *from = domain;

    if (domain < scan->len && text[domain] == ' ') {
        blank = 1;
        domain++;
    }

    letter = domain < scan->len && !assist_is_digit(text[domain]);
    dot = 0;
    point = 0;
    end = domain;

    for (i = domain; i < scan->len; i = (size_t) (p - text)) {
        p = text + i;
        c = assist_char_next(&p, text + scan->len);

        if (assist_char_is_word(c)) {
            end = (size_t) (p - text);
            dot |= point;
            point = 0;

        } else if (c == '.' && end == i && end > domain) {
            point = 1;

        } else if (c != '-' || end == domain) {
            break;
        }
    }

    if (start == at || end == domain
        || (blank ? !dot || !letter : !dot && !letter))
    {
        return 0;
    }

    *from = end;

    return add(scan, start, end, ASSIST_WORD_EMAIL);
}


/* The part before an @: ASCII, and letters of any script. */

static size_t
local_start(const assist_scan_t *scan, size_t at, size_t from)
{
    size_t                i, start;
    const unsigned char  *p, *text = scan->text;

    for (start = at; start > from; start = i) {
        i = start - 1;

        if (text[i] < 0x80) {

            if (!assist_is_letter(text[i]) && !assist_is_digit(text[i])
                && (text[i] == '\0'
                    || strchr("._%+-'", text[i]) == NULL))
            {
                break;
            }

            continue;
        }

        while (i > from && start - i < 4 && (text[i] & 0xc0) == 0x80) {
            i--;
        }

        p = text + i;

        if (!assist_char_is_word(assist_char_next(&p, text + start))
            || p != text + start)
        {
            break;
        }
    }

    /* marks of the sentence before it, not of the address */

    while (start < at && text[start] < 0x80
           && !assist_is_letter(text[start]) && !assist_is_digit(text[start]))
    {
        start++;
    }

    return start;
}


int
assist_scan_is_unit(const assist_scan_t *scan, size_t at)
{
    int       range;
    size_t    end, len;
    unsigned  gap;
    word_t    word, next;

    for (range = 0; range < 2; range++) {

        /* blanks before it, and brackets, on its line */

        for (end = at; end < at + 8 && end < scan->len
                       && scan->text[end] != '\n'
                       && (len = assist_scan_gap(scan, end, &gap))
                       && (gap & (ASSIST_GAP_BLANK|ASSIST_GAP_OTHER));
             end += len) { /* void */ }

        at = end;

        if (at >= scan->len) {
            return 0;
        }

        if (scan->text[at] == '$' || scan->text[at] == '%'
            || (scan->len - at >= 3
                && memcmp(scan->text + at, "\u20ab", 3) == 0))
        {
            return 1;
        }

        end = next_word(scan, at, at, &word);

        if (word.n == 0 || word.n > LETTERS) {
            return 0;
        }

        if (IS_WORD(&word, units)) {

            /* Đ. Nguyễn Trãi is a street, đ/c an address */

            if (word.n == 1 && word.letters[0] == 'd'
                && end + 1 < scan->len
                && ((scan->text[end] == '.'
                     && (scan->text[end + 1] == ' '
                         || assist_is_letter(scan->text[end + 1])))
                    || (scan->text[end] == '/'
                        && next_word(scan, end + 1, end + 1, &next)
                        && next.n == 1 && next.letters[0] == 'c')))
            {
                return 0;
            }

            next_word(scan, end, end + 2, &next);

            return next.n == 0 || next.n > LETTERS
                   || next.start - end > APART || !IS_WORD(&next, no_units);
        }

        if (range || !IS_WORD(&word, ranges)) {
            return 0;
        }

        /* the other sum: at most so many bytes of it */

        for (at = end; at < scan->len && at < end + 40
                       && (scan->text[at] == ' ' || scan->text[at] == '.'
                           || scan->text[at] == ','
                           || assist_is_digit(scan->text[at]));
             at++)
        { /* void */ }
    }

    return 0;
}


static int
is_word(const word_t *word, const char *const *words, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (strcmp(word->letters, words[i]) == 0) {
            return 1;
        }
    }

    return 0;
}
