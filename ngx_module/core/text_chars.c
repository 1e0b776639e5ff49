#include "text_chars.h"

#include <stdlib.h>

#include <utf8proc.h>


#define MARKS_MAX  30       /* UAX #15, stream-safe text */

/* A letter with a tone: its row and tone in assist_vowels[]. */
#define V(row, tone)  (ASSIST_##row * 6 + (tone) + 1)


static void decompose(assist_text_t *w, assist_str_t in, int fold_case);
static int same(const assist_text_t *w, assist_str_t in);
static int32_t lower(int32_t c);
static int is_plain(int32_t c);
static int is_dropped(int32_t c, int fold_case);


const int32_t  assist_vowels[12][6] = {
    { 'a',   0xe0,   0xe1,   0x1ea3, 0xe3,   0x1ea1 },
    { 0x103, 0x1eb1, 0x1eaf, 0x1eb3, 0x1eb5, 0x1eb7 },
    { 0xe2,  0x1ea7, 0x1ea5, 0x1ea9, 0x1eab, 0x1ead },
    { 'e',   0xe8,   0xe9,   0x1ebb, 0x1ebd, 0x1eb9 },
    { 0xea,  0x1ec1, 0x1ebf, 0x1ec3, 0x1ec5, 0x1ec7 },
    { 'i',   0xec,   0xed,   0x1ec9, 0x129,  0x1ecb },
    { 'o',   0xf2,   0xf3,   0x1ecf, 0xf5,   0x1ecd },
    { 0xf4,  0x1ed3, 0x1ed1, 0x1ed5, 0x1ed7, 0x1ed9 },
    { 0x1a1, 0x1edd, 0x1edb, 0x1edf, 0x1ee1, 0x1ee3 },
    { 'u',   0xf9,   0xfa,   0x1ee7, 0x169,  0x1ee5 },
    { 0x1b0, 0x1eeb, 0x1ee9, 0x1eed, 0x1eef, 0x1ef1 },
    { 'y',   0x1ef3, 0xfd,   0x1ef7, 0x1ef9, 0x1ef5 }
};

/* U+1EA0 and on: pairs of an upper and a lower case letter. */
static const uint8_t  late[45] = {
    V(A, 5), V(A, 3), V(A6, 2), V(A6, 1), V(A6, 3), V(A6, 4), V(A6, 5),
    V(A8, 2), V(A8, 1), V(A8, 3), V(A8, 4), V(A8, 5),
    V(E, 5), V(E, 3), V(E, 4), V(E6, 2), V(E6, 1), V(E6, 3), V(E6, 4),
    V(E6, 5), V(I, 3), V(I, 5), V(O, 5), V(O, 3), V(O6, 2), V(O6, 1),
    V(O6, 3), V(O6, 4), V(O6, 5), V(O7, 2), V(O7, 1), V(O7, 3), V(O7, 4),
    V(O7, 5), V(U, 5), V(U, 3), V(U7, 2), V(U7, 1), V(U7, 3), V(U7, 4),
    V(U7, 5), V(Y, 1), V(Y, 5), V(Y, 3), V(Y, 4)
};


/*
 * The characters that Vietnamese is written with are known to be NFC; a text
 * with others is read a second time, through utf8proc.
 */
int
assist_text_init(assist_text_t *w, assist_str_t in, int fold_case)
{
    int32_t               c;
    utf8proc_ssize_t      n;
    const unsigned char  *p, *last;

    w->cp = w->stack;
    w->n = 0;
    w->found = 0;

    /* canonical decomposition makes at most three of a two-byte character */

    if (in.len > (ASSIST_TEXT_STACK - 8) / 2) {
        w->cp = malloc((in.len * 2 + 8) * sizeof(int32_t));
        if (w->cp == NULL) {
            return -1;
        }
    }

    p = (const unsigned char *) in.data;
    last = p + in.len;

    while (p < last) {

        if (*p < 0x80) {
            c = *p++;
            w->cp[w->n++] = (fold_case && c >= 'A' && c <= 'Z') ? c | 0x20 : c;
            continue;
        }

        c = assist_char_next(&p, last);

        if (is_dropped(c, fold_case)) {
            w->found |= ASSIST_TEXT_BLANKS;

        } else if (is_plain(c)) {
            w->cp[w->n++] = fold_case ? lower(c) : c;

        } else {
            decompose(w, in, fold_case);

            n = utf8proc_normalize_utf32(w->cp, w->n,
                                         UTF8PROC_COMPOSE|UTF8PROC_STABLE);
            w->n = (n > 0) ? n : 0;

            if (!fold_case && !same(w, in)) {
                w->found |= ASSIST_TEXT_NOT_NFC;
            }

            break;
        }
    }

    return 0;
}


void
assist_text_free(assist_text_t *w)
{
    if (w->cp != w->stack) {
        free(w->cp);
    }
}


int32_t
assist_char_next(const unsigned char **p, const unsigned char *last)
{
    int32_t           c;
    utf8proc_ssize_t  n;

    n = utf8proc_iterate(*p, last - *p, &c);

    if (n <= 0) {
        (*p)++;
        return 0xfffd;
    }

    *p += n;

    return c;
}


/*
 * utf8proc would sort the marks of a letter in quadratic time, so that is done
 * here, with a bound on their number.  Lower case comes before composition: h
 * with a macron below is a character, H with one is not.
 */
static void
decompose(assist_text_t *w, assist_str_t in, int fold_case)
{
    int                   last_class, class;
    size_t                i, n, marks;
    int32_t               c, parts[4];
    utf8proc_ssize_t      k, nparts;
    const unsigned char  *p, *last;

    p = (const unsigned char *) in.data;
    last = p + in.len;
    n = 0;
    marks = 0;
    last_class = 0;

    while (p < last) {
        c = assist_char_next(&p, last);

        if (is_dropped(c, fold_case)) {
            w->found |= ASSIST_TEXT_BLANKS;
            continue;
        }

        nparts = utf8proc_decompose_char(c, parts, 4, UTF8PROC_DECOMPOSE,
                                         &last_class);

        for (k = 0; k < nparts; k++) {
            c = fold_case ? lower(parts[k]) : parts[k];
            class = utf8proc_get_property(c)->combining_class;

            if (class == 0) {
                marks = 0;

            } else if (marks++ == MARKS_MAX) {
                marks = MARKS_MAX;
                continue;
            }

            for (i = n; class && i && utf8proc_get_property(w->cp[i - 1])
                                      ->combining_class > class; i--)
            {
                w->cp[i] = w->cp[i - 1];
            }

            w->cp[i] = c;
            n++;
        }
    }

    w->n = n;
}


static int
same(const assist_text_t *w, assist_str_t in)
{
    size_t                n;
    int32_t               c;
    const unsigned char  *p, *last;

    p = (const unsigned char *) in.data;
    last = p + in.len;

    for (n = 0; p < last; /* void */ ) {
        c = assist_char_next(&p, last);

        if (is_dropped(c, 0)) {
            continue;
        }

        if (n == w->n || w->cp[n++] != c) {
            return 0;
        }
    }

    return n == w->n;
}


static int32_t
lower(int32_t c)
{
    if (c < 0x80) {
        return (c >= 'A' && c <= 'Z') ? c | 0x20 : c;
    }

    /* eth and the African D look like Đ, and are typed for it */

    if (c == 0xd0 || c == 0xf0 || c == 0x189 || c == 0x256) {
        return 0x111;
    }

    return utf8proc_tolower(c);
}


/* Its own NFC, whatever stands beside it. */
static int
is_plain(int32_t c)
{
    return (c < 0x300 && c != 0x130)
           || (c >= 0x1ea0 && c <= 0x1ef9)
           || (c >= 0x2002 && c <= 0x2064)
           || c == 0xfffd;
}


/* Invisible characters, the second line of them only when comparing. */
static int
is_dropped(int32_t c, int fold_case)
{
    if (c == 0x200b || c == 0xfeff) {
        return 1;
    }

    return fold_case
           && (c == 0xad || (c >= 0x200c && c <= 0x200f)
               || (c >= 0x202a && c <= 0x202e)
               || (c >= 0x2060 && c <= 0x2064));
}


int
assist_char_is_blank(int32_t c)
{
    if (c < 0x100) {
        return c <= ' ' || (c >= 0x7f && c <= 0xa0);
    }

    return (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029
           || c == 0x202f || c == 0x205f || c == 0x3000 || c == 0x1680;
}


int
assist_char_is_word(int32_t c)
{
    int  category;

    if (c < 0x80) {
        return assist_is_lower(c) || assist_is_digit(c)
               || (c >= 'A' && c <= 'Z');
    }

    if ((c >= 0x1ea0 && c <= 0x1ef9) || c == 0x111) {
        return 1;
    }

    category = utf8proc_category(c);

    return category >= UTF8PROC_CATEGORY_LU
           && category <= UTF8PROC_CATEGORY_NO;
}


void
assist_char_put(assist_buf_t *out, int32_t c)
{
    char  *p;

    if (c < 0x80) {
        assist_buf_putc(out, (char) c);
        return;
    }

    p = assist_buf_reserve(out, 4);
    if (p) {
        out->len += utf8proc_encode_char(c, (utf8proc_uint8_t *) p);
    }
}


unsigned
assist_char_vowel(int32_t c)
{
    unsigned  row, tone;

    if (c >= 0x1ea0 && c <= 0x1ef9) {
        return (c & 1) ? late[(c - 0x1ea0) / 2] : 0;
    }

    if (c < 0x80) {
        switch (c) {
        case 'a': return V(A, 0);
        case 'e': return V(E, 0);
        case 'i': return V(I, 0);
        case 'o': return V(O, 0);
        case 'u': return V(U, 0);
        case 'y': return V(Y, 0);
        default:  return 0;
        }
    }

    if (c < 0xe0 || c > 0x1b0) {
        return 0;
    }

    for (row = 0; row < 12; row++) {
        for (tone = 0; tone < 6; tone++) {
            if (assist_vowels[row][tone] == c) {
                return row * 6 + tone + 1;
            }
        }
    }

    return 0;
}


void
assist_text_move_tones(assist_text_t *w)
{
    int       open;
    size_t    i;
    int32_t  *c;
    unsigned  a, b, row;

    for (i = 0; i + 1 < w->n; i++) {
        c = &w->cp[i];

        if (c[1] < 0x80 && c[0] < 0x80) {
            continue;
        }

        a = assist_char_vowel(c[0]);
        b = assist_char_vowel(c[1]);

        if (a == 0 || b == 0) {
            continue;
        }

        row = (b - 1) / 6;

        if (!((a - 1) / 6 == ASSIST_O && (row == ASSIST_A || row == ASSIST_E))
            && !((a - 1) / 6 == ASSIST_U && row == ASSIST_Y))
        {
            continue;
        }

        a = (a - 1) % 6;
        b = (b - 1) % 6;

        open = (i + 2 == w->n || !assist_char_is_word(c[2]))
               && !(i && w->cp[i - 1] == 'q');

        if (open && a == 0 && b != 0) {
            c[0] = assist_vowels[(assist_char_vowel(c[0]) - 1) / 6][b];
            c[1] = assist_vowels[row][0];

        } else if (!open && a != 0 && b == 0) {
            c[0] = assist_vowels[(assist_char_vowel(c[0]) - 1) / 6][0];
            c[1] = assist_vowels[row][a];
        }

        i++;
    }
}
