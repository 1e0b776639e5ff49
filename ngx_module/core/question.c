/*
 * The form of a question: its words, the signs that the normal form takes for
 * punctuation, and without politeness (question_polite.c).
 */

#include "question.h"

#include "lang.h"
#include "text.h"


static const char  *const signs[] = {
    "<", ">", "=", "+", "%", "&", "$", "#", "*", "@", "≤", "≥", "≠", "±", "×",
    "÷", "−", "‰", "€", "£", "¥", "₫", "°", "＜", "＞", "＝", "＋", "％"
};


static int normalize(assist_str_t in, assist_buf_t *out);
static size_t put(assist_buf_t *out, assist_str_t s, char before, int text);
static size_t sign(assist_str_t in, size_t at);
static size_t clause(assist_str_t in, size_t at);


int
assist_question_form(assist_str_t in, assist_buf_t *out, const char **lang)
{
    size_t        i;
    assist_buf_t  normal = ASSIST_BUF_INIT;
    assist_str_t  form;

    if (normalize(in, &normal) != 0) {
        assist_buf_free(&normal);
        out->failed = 1;
        return -1;
    }

    *lang = assist_lang_guess(assist_buf_str(&normal));
    form = assist_question_polite(assist_buf_str(&normal));

    for (i = form.data - normal.data; form.len; i++, form.len--) {
        assist_buf_putc(out, normal.data[i] == '\n' ? ' ' : normal.data[i]);
    }

    assist_buf_free(&normal);

    return out->failed ? -1 : 0;
}


/*
 * Text and signs, a blank between them, or a line's end where a clause ends;
 * empty where there are signs only.
 */
static int
normalize(assist_str_t in, assist_buf_t *out)
{
    char    before;
    size_t  from, i, n, words;

    before = ' ';
    words = 0;

    for (from = 0, i = 0; i < in.len; ) {

        n = sign(in, i);

        if (n == 0 && !clause(in, i)) {
            i++;
            continue;
        }

        if (put(out, (assist_str_t) { in.data + from, i - from }, before, 1)) {
            before = ' ';
            words = 1;
        }

        if (n) {
            /* a minus, so that a form's own form is the same */
            put(out, in.data[i] == '-' ? assist_str_of("−")
                                       : (assist_str_t) { in.data + i, n },
                before, 0);
            before = ' ';
            i += n;

        } else {
            before = '\n';
            i++;
        }

        from = i;
    }

    words |= put(out, (assist_str_t) { in.data + from, i - from }, before, 1);

    if (words == 0) {
        out->len = 0;
    }

    return out->failed ? -1 : 0;
}


/* Adds a text's normal form, or a sign; is there anything of it? */
static size_t
put(assist_buf_t *out, assist_str_t s, char before, int text)
{
    size_t  start, from;

    start = out->len;

    if (start) {
        assist_buf_putc(out, before);
    }

    from = out->len;

    if (text) {
        (void) assist_text_normalize(s, out);

    } else {
        assist_buf_add(out, s.data, s.len);
    }

    if (out->len == from) {
        out->len = start;
        return 0;
    }

    return 1;
}


/* The bytes of the sign at a place; 0: there is none. */
static size_t
sign(assist_str_t in, size_t at)
{
    size_t      i, len, left;
    const char  *p;

    static const char  first[256] = {
        ['<'] = 1, ['>'] = 1, ['='] = 1, ['+'] = 1, ['%'] = 1, ['&'] = 1,
        ['$'] = 1, ['#'] = 1, ['*'] = 1, ['@'] = 1, ['-'] = 1, [0xc2] = 1,
        [0xc3] = 1, [0xe2] = 1, [0xef] = 1
    };

    p = in.data + at;
    left = in.len - at;

    if (!first[(unsigned char) p[0]]) {
        return 0;
    }

    if (p[0] == '-') {
        /* "-5", but not "1-5", "e-mail" and "- this" */
        return left > 1 && p[1] >= '0' && p[1] <= '9'
               && (at == 0 || p[-1] == ' ');
    }

    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        len = strlen(signs[i]);

        if (len <= left && memcmp(signs[i], p, len) == 0) {
            return len;
        }
    }

    return 0;
}


/* Does a clause end with this byte?  Not in "1.001456", "1,5" and "12:30". */
static size_t
clause(assist_str_t in, size_t at)
{
    char  next;

    next = at + 1 < in.len ? in.data[at + 1] : ' ';

    switch (in.data[at]) {

    case '\n':
    case '?':
    case '!':
        return 1;

    case '.':
    case ',':
    case ';':
    case ':':
        return next == ' ' || next == '\n' || next == '\r';

    case '-':
        return next == ' ' && at && in.data[at - 1] == ' ';

    default:
        return 0;
    }
}
