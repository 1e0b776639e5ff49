/*
 * Telex and VNI: key strokes that were typed with the input method off.
 */

#include "text_chars.h"

#include <utf8proc.h>


#define SYLLABLE_MAX  12        /* key strokes; "nghieengs" has 9 */


/* A syllable as it is typed, key stroke by key stroke. */
typedef struct {
    int32_t    cp[SYLLABLE_MAX];
    size_t     n;
    size_t     vowel;           /* its first vowel */
    size_t     nvowels;
    int        tone;
    int        strokes;         /* how many keys meant something else */
} syllable_t;


static int type_token(assist_str_t tok, syllable_t *s);
static int type_stroke(syllable_t *s, int32_t c);
static int stroke_hat(syllable_t *s, int32_t c);
static int stroke_horn(syllable_t *s);
static int is_syllable(syllable_t *s);
static int in_list(const char *list, const char *word, size_t len);
static void put_tone(syllable_t *s, size_t final);


/* What a Vietnamese syllable may be made of; each word between blanks. */
static const char  initials[] =
    " b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x ";
static const char  finals[] = " c ch m n ng nh p t ";
static const char  nuclei[] =
    " a ă â e ê i o ô ơ u ư y ai ao au ay âu ây eo êu ia iê iu oa oă oe oi"
    " ôi ơi ua uâ uê ui uô uơ uy ưa ưi ươ ưu yê oai oao oay oeo uây uôi ươi"
    " ươu uya uyê uyu iêu yêu ue uă uai uao uay ueo ";
static const char  nuclei_unmarked[] =
    " a e i o u y ai ao au ay eo eu ia ie iu oa oe oi ua ue ui uo uu uy ye"
    " oai oao oay oeo uai uao uay ueo uoi uou uya uye uyu ieu yeu ";

/* English that could be Telex: no evidence of Vietnamese. */
static const char  english[] =
    " as bar been best book born bus car cars cost does for from get has her"
    " his how i if is just least less list loan loans lost mass miss moon more"
    " most must new not of or our out see seen six soon tax teen ten term test"
    " text than that the then this thus too tour us was"
    " were what when where who with work year you your ";


/*
 * A word alone cannot tell ("test" is tét, "car" is cả), the sentence can:
 * Telex is meant when at least three words in four are syllables once the
 * strokes are applied.  A VNI tone is a digit, as in "quan1" or "hang a1", so
 * one of them in a sentence is no evidence.
 */
int
assist_text_telex(assist_str_t in, assist_buf_t *out)
{
    int           rc, typed, meant;
    size_t        i, end, k, words, good, letters, digits;
    syllable_t    s;
    assist_str_t  tok;
    assist_buf_t  text = ASSIST_BUF_INIT;

    if (assist_text_normalize(in, &text) != 0) {
        assist_buf_free(&text);
        out->failed = 1;
        return -1;
    }

    words = good = letters = digits = 0;

    for (i = 0; i < text.len; i = end + 1) {
        tok.data = text.data + i;
        for (end = i; end < text.len && text.data[end] != ' '; end++) { }
        tok.len = end - i;

        typed = type_token(tok, &s);

        if (typed < 0 && assist_is_digit(tok.data[0])) {
            continue;                       /* numbers say nothing */
        }

        words++;

        if (typed < 0) {
            continue;
        }

        good++;

        if (typed == 1) {
            letters++;

        } else if (typed == 2) {
            digits++;
        }
    }

    meant = good * 4 >= words * 3
            && (letters > 0 || digits > 1 || (digits == 1 && words == 1));
    rc = 0;

    for (i = 0; i < text.len; i = end + 1) {
        tok.data = text.data + i;
        for (end = i; end < text.len && text.data[end] != ' '; end++) { }
        tok.len = end - i;

        if (i) {
            assist_buf_putc(out, ' ');
        }

        if (meant && type_token(tok, &s) > 0) {
            for (k = 0; k < s.n; k++) {
                assist_char_put(out, s.cp[k]);
            }

            rc = 1;
            continue;
        }

        assist_buf_add(out, tok.data, tok.len);
    }

    assist_buf_free(&text);

    return out->failed ? -1 : rc;
}


/*
 * Types a token's letters as key strokes.  Returns 1 (Telex) or 2 (VNI) when
 * strokes made a syllable of it, 0 when it is one as it stands, else -1.
 */
static int
type_token(assist_str_t tok, syllable_t *s)
{
    int                   vni, marked;
    int32_t               c;
    const unsigned char  *p, *last;

    memset(s, 0, sizeof(syllable_t));

    p = (const unsigned char *) tok.data;
    last = p + tok.len;
    vni = marked = 0;

    while (p < last) {
        c = assist_char_next(&p, last);

        if (assist_is_digit(c)) {
            vni = 1;
        }

        if (c >= 0x80) {
            marked = 1;
        }

        if (type_stroke(s, c) != 0) {
            return -1;
        }
    }

    if (s->nvowels == 0 || !is_syllable(s)) {
        return -1;
    }

    if (!marked && in_list(english, tok.data, tok.len)) {
        return -1;
    }

    if (s->strokes == 0) {
        return 0;
    }

    return vni ? 2 : 1;
}


static int
type_stroke(syllable_t *s, int32_t c)
{
    static const char  tones[] = " fsrxj";      /* as in assist_vowels[] */

    unsigned     v;
    const char  *tone;

    if (c == '9' || (c == 'd' && s->n && s->cp[0] == 'd')) {
        if (s->n == 0 || s->cp[0] != 'd') {
            return -1;
        }

        s->cp[0] = 0x111;
        s->strokes++;
        return 0;
    }

    if (s->nvowels && (assist_is_lower(c) || assist_is_digit(c))) {
        tone = strchr(tones, (int) c);

        if (tone || (c >= '1' && c <= '5')) {
            if (s->tone) {
                return -1;
            }

            /* the digits are in another order: 1 is sắc, 2 huyền */
            s->tone = tone ? (int) (tone - tones)
                           : c <= '2' ? '3' - c : c - '0';
            s->strokes++;
            return 0;
        }

        if (stroke_hat(s, c) || ((c == 'w' || c == '7' || c == '8')
                                 && stroke_horn(s)))
        {
            s->strokes++;
            return 0;
        }
    }

    if (c == 'w' && s->nvowels == 0) {
        c = 0x1b0;
        s->strokes++;
    }

    if (assist_is_digit(c) || c == 'w' || s->n == SYLLABLE_MAX) {
        return -1;
    }

    v = assist_char_vowel(c);

    /* u after q and i after g are consonants when a vowel follows */

    if (v) {
        if ((v - 1) % 6) {
            if (s->tone) {
                return -1;
            }

            s->tone = (v - 1) % 6;
            c = assist_vowels[(v - 1) / 6][0];
        }

        if (s->n == 2 && s->nvowels == 1
            && ((s->cp[0] == 'q' && s->cp[1] == 'u')
                || (s->cp[0] == 'g' && s->cp[1] == 'i')))
        {
            s->nvowels = 0;
        }

        if (s->nvowels == 0) {
            s->vowel = s->n;

        } else if (s->vowel + s->nvowels != s->n) {
            return -1;
        }

        s->nvowels++;
    }

    s->cp[s->n++] = c;

    return 0;
}


/* aa, ee, oo, and 6: the hat of an a, e, o typed before. */
static int
stroke_hat(syllable_t *s, int32_t c)
{
    int      row;
    size_t   i;
    int32_t  letter;

    for (i = s->vowel; i < s->vowel + s->nvowels; i++) {
        letter = s->cp[i];

        if ((letter == 'a' || letter == 'e' || letter == 'o')
            && (c == letter || c == '6'))
        {
            row = letter == 'a' ? ASSIST_A6
                  : letter == 'e' ? ASSIST_E6 : ASSIST_O6;
            s->cp[i] = assist_vowels[row][0];
            return 1;
        }
    }

    return 0;
}


/* w, 7 and 8: a as ă, o as ơ, u as ư, both letters of uo. */
static int
stroke_horn(syllable_t *s)
{
    size_t    last;
    int32_t  *c;

    c = s->cp + s->vowel;
    last = s->nvowels;

    if (last >= 2 && (c[0] == 'u' || c[0] == 0x1b0) && c[1] == 'o') {
        c[0] = 0x1b0;
        c[1] = 0x1a1;
        return 1;
    }

    if (c[0] == 'u') {
        c[0] = 0x1b0;
        return 1;
    }

    while (last--) {
        if (c[last] == 'a' || c[last] == 'o') {
            c[last] = (c[last] == 'a') ? 0x103 : 0x1a1;
            return 1;
        }
    }

    return 0;
}


/* Is it one that Vietnamese could have?  Then its tone is put in place. */
static int
is_syllable(syllable_t *s)
{
    char      text[SYLLABLE_MAX * 3], *initial, *nucleus, *final, *p;
    size_t    i;
    int32_t   first;

    initial = p = text;
    nucleus = final = NULL;

    for (i = 0; i < s->n; i++) {
        if (i == s->vowel) {
            nucleus = p;
        }

        if (i == s->vowel + s->nvowels) {
            final = p;
        }

        if (s->cp[i] < 0x80 && !assist_is_lower(s->cp[i])) {
            return 0;
        }

        p += utf8proc_encode_char(s->cp[i], (utf8proc_uint8_t *) p);
    }

    if (final == NULL) {
        final = p;
    }

    if (nucleus != initial && !in_list(initials, initial, nucleus - initial)) {
        return 0;
    }

    if (final != p && !in_list(finals, final, p - final)) {
        return 0;
    }

    if (!in_list(nuclei, nucleus, final - nucleus)
        && (s->strokes
            || !in_list(nuclei_unmarked, nucleus, final - nucleus)))
    {
        return 0;
    }

    /* c, g, ng are written k, gh, ngh before e, ê, i, y */

    first = s->cp[s->vowel];
    first = (first == 'e' || first == 0xea || first == 'i' || first == 'y');

    if (s->vowel) {
        i = s->vowel - 1;

        if ((s->cp[0] == 'c' && i == 0 && first)
            || (s->cp[0] == 'k' && i == 0 && !first)
            || (s->cp[i] == 'g' && first && s->cp[s->vowel] != 'i'))
        {
            return 0;
        }
    }

    /* a stopped syllable has no other tone than sắc and nặng */

    if (s->tone && s->tone != 2 && s->tone != 5 && final != p
        && (p[-1] == 'p' || p[-1] == 't' || p[-1] == 'c'
            || (p - final == 2 && final[0] == 'c')))
    {
        return 0;
    }

    put_tone(s, p - final);

    return 1;
}


static int
in_list(const char *list, const char *word, size_t len)
{
    const char  *p;

    for (p = list; (p = strchr(p, ' ')) && p[1]; p++) {
        if (strncmp(p + 1, word, len) == 0 && p[len + 1] == ' ') {
            return 1;
        }
    }

    return 0;
}


/* On a letter with a hat or a horn, else as assist_text_move_tones() has it. */
static void
put_tone(syllable_t *s, size_t final)
{
    size_t    i, at;
    int32_t   c;

    if (s->tone == 0) {
        return;
    }

    at = s->vowel + s->nvowels;

    for (i = s->vowel + s->nvowels; i-- > s->vowel; /* void */ ) {
        c = s->cp[i];

        if (c >= 0x80) {
            at = i;
            break;
        }
    }

    if (i + 1 == s->vowel) {
        at = s->vowel;

        if (s->nvowels == 3 || (s->nvowels == 2 && final)) {
            at++;
        }
    }

    s->cp[at] = assist_vowels[(assist_char_vowel(s->cp[at]) - 1) / 6][s->tone];
}
