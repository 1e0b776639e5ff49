/*
 * A chunk is walked once, in place: each member is checked, and the few that
 * matter are remembered.  jansson would build a tree, for some forty thousand
 * instructions a chunk, and of seventy times the bytes of a hostile one.
 */

#include "completion_priv.h"

#include <utf8proc.h>

#include "utf8.h"


#define MAX_DIGITS  15          /* of a number that is read */


/* Where a value lies. */

typedef enum {
    ELSEWHERE,
    TOP,
    ERROR,
    OBJECT,
    MODEL,
    CHOICES,
    CHOICE,
    INDEX,
    DELTA,
    CONTENT,
    FINISH,
    USAGE,
    TOKENS_IN,
    TOKENS_OUT
} place_t;


typedef struct {
    const char                 *p;
    const char                 *end;
    unsigned                    depth;
    assist_completion_chunk_t  *chunk;

    /* the choice that is being read */
    int64_t                     nchoices;
    int64_t                     index;
    assist_str_t                content;
    assist_str_t                finish;
} walk_t;


static int walk_value(walk_t *w, place_t place);
static int walk_nested(walk_t *w, place_t place, char close);
static int walk_member(walk_t *w, place_t place);
static int walk_string(walk_t *w);
static int walk_escape(walk_t *w);
static int walk_number(walk_t *w);
static int walk_digits(walk_t *w);
static int walk_word(walk_t *w, assist_str_t word);
static int walk_char(walk_t *w, char c);
static void walk_blanks(walk_t *w);
static place_t inner(place_t place, assist_str_t name);
static void keep(walk_t *w, place_t place, assist_str_t value);
static void begin_choice(walk_t *w);
static void end_choice(walk_t *w);
static assist_str_t string_of(assist_str_t value);
static int64_t number_of(assist_str_t value);
static const char *decode_escape(assist_buf_t *out, const char *p,
    const char *end);
static int32_t code_unit(const char *p, const char *end);
static int hex(char c);


static const struct {
    place_t       in;
    place_t       place;
    assist_str_t  name;
} members[] = {
    { TOP, ERROR, assist_str("error") },
    { TOP, OBJECT, assist_str("object") },
    { TOP, MODEL, assist_str("model") },
    { TOP, CHOICES, assist_str("choices") },
    { TOP, USAGE, assist_str("usage") },
    { CHOICE, INDEX, assist_str("index") },
    { CHOICE, DELTA, assist_str("delta") },
    { CHOICE, DELTA, assist_str("message") },       /* of a whole body */
    { CHOICE, FINISH, assist_str("finish_reason") },
    { CHOICE, USAGE, assist_str("usage") },         /* Kimi's */
    { DELTA, CONTENT, assist_str("content") },
    { USAGE, TOKENS_IN, assist_str("prompt_tokens") },
    { USAGE, TOKENS_OUT, assist_str("completion_tokens") }
};


/* What a string has as it is. */

static const char  plain[256] = {
    [' '] = 1, ['!'] = 1, ['#' ... '['] = 1, [']' ... 255] = 1
};


int
assist_completion_read(assist_completion_chunk_t *chunk, assist_str_t json)
{
    walk_t  w;

    memset(chunk, 0, sizeof(assist_completion_chunk_t));
    chunk->tokens_in = -1;
    chunk->tokens_out = -1;

    memset(&w, 0, sizeof(walk_t));
    w.p = json.len ? json.data : "";
    w.end = w.p + json.len;
    w.chunk = chunk;

    walk_blanks(&w);

    if (w.p == w.end || *w.p != '{' || walk_value(&w, TOP) != 0) {
        return -1;
    }

    walk_blanks(&w);

    return w.p == w.end ? 0 : -1;
}


static int
walk_value(walk_t *w, place_t place)
{
    int           rc;
    const char   *start;

    walk_blanks(w);

    if (w->p == w->end) {
        return -1;
    }

    start = w->p;

    switch (*start) {
    case '{':
        rc = walk_nested(w, place, '}');
        break;
    case '[':
        rc = walk_nested(w, place, ']');
        break;
    case '"':
        rc = walk_string(w);
        break;
    case 'n':
        rc = walk_word(w, assist_str("null"));
        break;
    case 't':
        rc = walk_word(w, assist_str("true"));
        break;
    case 'f':
        rc = walk_word(w, assist_str("false"));
        break;
    default:
        rc = walk_number(w);
    }

    if (rc == 0 && place != ELSEWHERE) {
        keep(w, place, (assist_str_t) { start, (size_t) (w->p - start) });
    }

    return rc;
}


/* An object or an array. */

static int
walk_nested(walk_t *w, place_t place, char close)
{
    int  rc;

    if (++w->depth > ASSIST_COMPLETION_DEPTH) {
        return -1;
    }

    w->p++;
    walk_blanks(w);

    if (walk_char(w, close) == 0) {
        w->depth--;
        return 0;
    }

    do {
        if (close == '}') {
            rc = walk_member(w, place);

        } else if (place == CHOICES) {
            begin_choice(w);
            rc = walk_value(w, CHOICE);

        } else {
            rc = walk_value(w, ELSEWHERE);
        }

        if (rc != 0) {
            return -1;
        }

        walk_blanks(w);

    } while (walk_char(w, ',') == 0);

    w->depth--;

    return walk_char(w, close);
}


static int
walk_member(walk_t *w, place_t place)
{
    assist_str_t  name;

    walk_blanks(w);

    name.data = w->p + 1;

    if (w->p == w->end || *w->p != '"' || walk_string(w) != 0) {
        return -1;
    }

    name.len = (size_t) (w->p - name.data) - 1;
    walk_blanks(w);

    if (walk_char(w, ':') != 0) {
        return -1;
    }

    return walk_value(w, inner(place, name));
}


static int
walk_string(walk_t *w)
{
    const char  *p, *end;

    end = w->end;

    for (p = w->p + 1; p < end; p++) {

        if (plain[(unsigned char) *p]) {
            continue;
        }

        w->p = p + 1;

        if (*p == '"') {
            return 0;
        }

        if (*p != '\\' || walk_escape(w) != 0) {
            return -1;
        }

        p = w->p - 1;
    }

    return -1;
}


/* After the backslash. */

static int
walk_escape(walk_t *w)
{
    char  c;

    if (w->p == w->end) {
        return -1;
    }

    c = *w->p++;

    if (c == 'u') {

        if (code_unit(w->p - 2, w->end) < 0) {
            return -1;
        }

        w->p += 4;

        return 0;
    }

    return c != '\0' && strchr("\"\\/bfnrt", c) != NULL ? 0 : -1;
}


static int
walk_number(walk_t *w)
{
    (void) walk_char(w, '-');

    if (walk_char(w, '0') != 0 && walk_digits(w) != 0) {
        return -1;
    }

    if (walk_char(w, '.') == 0 && walk_digits(w) != 0) {
        return -1;
    }

    if (walk_char(w, 'e') == 0 || walk_char(w, 'E') == 0) {

        if (walk_char(w, '+') != 0) {
            (void) walk_char(w, '-');
        }

        return walk_digits(w);
    }

    return 0;
}


static int
walk_digits(walk_t *w)
{
    const char  *start;

    start = w->p;

    while (w->p < w->end && *w->p >= '0' && *w->p <= '9') {
        w->p++;
    }

    return w->p > start ? 0 : -1;
}


static int
walk_word(walk_t *w, assist_str_t word)
{
    if ((size_t) (w->end - w->p) < word.len
        || memcmp(w->p, word.data, word.len) != 0)
    {
        return -1;
    }

    w->p += word.len;

    return 0;
}


/* Steps over c if it comes next; -1: it does not. */

static int
walk_char(walk_t *w, char c)
{
    if (w->p == w->end || *w->p != c) {
        return -1;
    }

    w->p++;

    return 0;
}


static void
walk_blanks(walk_t *w)
{
    while (w->p < w->end
           && (*w->p == ' ' || *w->p == '\n' || *w->p == '\t'
               || *w->p == '\r'))
    {
        w->p++;
    }
}


/* Names are compared as they are written: nobody escapes these. */

static place_t
inner(place_t place, assist_str_t name)
{
    size_t  i;

    if (place == ELSEWHERE) {
        return ELSEWHERE;
    }

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (members[i].in == place && assist_str_eq(members[i].name, name)) {
            return members[i].place;
        }
    }

    return ELSEWHERE;
}


/* A value has come to its end; one that is named twice counts the last time. */

static void
keep(walk_t *w, place_t place, assist_str_t value)
{
    int64_t                     index;
    assist_completion_chunk_t  *chunk;

    chunk = w->chunk;

    switch (place) {

    case ERROR:
        chunk->error |= !assist_str_eq(value, assist_str("null"));
        break;

    case OBJECT:                        /* vLLM's */
        chunk->error |= assist_str_eq(value, assist_str("\"error\""));
        break;

    case MODEL:
        chunk->model = string_of(value);
        break;

    case CHOICE:
        if (*value.data == '{') {
            end_choice(w);
        }

        break;

    case INDEX:
        index = number_of(value);
        w->index = index < 0 ? w->index : index;
        break;

    case CONTENT:
        w->content = string_of(value);
        break;

    case FINISH:
        w->finish = string_of(value);
        break;

    case TOKENS_IN:
        chunk->tokens_in = number_of(value);
        break;

    case TOKENS_OUT:
        chunk->tokens_out = number_of(value);
        break;

    default:
        break;
    }
}


/* Without an index, the first is the one that comes first. */

static void
begin_choice(walk_t *w)
{
    w->index = w->nchoices++;
    w->content = (assist_str_t) { NULL, 0 };
    w->finish = (assist_str_t) { NULL, 0 };
}


static void
end_choice(walk_t *w)
{
    if (w->index != 0 || w->chunk->answers) {
        return;
    }

    w->chunk->answers = 1;
    w->chunk->content = w->content;
    w->chunk->finish = w->finish;
}


static assist_str_t
string_of(assist_str_t value)
{
    if (*value.data != '"') {
        return (assist_str_t) { NULL, 0 };
    }

    return (assist_str_t) { value.data + 1, value.len - 2 };
}


/* -1: not a whole number from 0 up, or too long. */

static int64_t
number_of(assist_str_t value)
{
    size_t   i;
    int64_t  n;

    if (value.len > MAX_DIGITS) {
        return -1;
    }

    n = 0;

    for (i = 0; i < value.len; i++) {

        if (value.data[i] < '0' || value.data[i] > '9') {
            return -1;
        }

        n = n * 10 + (value.data[i] - '0');
    }

    return n;
}


void
assist_completion_decode(assist_buf_t *out, assist_str_t raw)
{
    size_t       n;
    const char  *p, *run, *end;

    p = raw.data;
    run = p;
    end = p + raw.len;

    while (p < end) {

        n = *p == '\\' ? 0 : assist_utf8_len((const unsigned char *) p,
                                             (const unsigned char *) end);
        if (n) {
            p += n;
            continue;
        }

        assist_buf_add(out, run, (size_t) (p - run));

        if (*p == '\\') {
            p = decode_escape(out, p, end);

        } else {
            assist_buf_puts(out, "\ufffd");
            p++;
        }

        run = p;
    }

    assist_buf_add(out, run, (size_t) (p - run));
}


/* p: a backslash of a string that was walked.  Returns where the rest is. */

static const char *
decode_escape(assist_buf_t *out, const char *p, const char *end)
{
    int32_t            code, low;
    const char        *name;
    utf8proc_uint8_t   utf8[4];

    static const char  names[] = "bfnrt";
    static const char  chars[] = "\b\f\n\r\t";

    if (p[1] != 'u') {
        name = strchr(names, p[1]);
        assist_buf_putc(out, name ? chars[name - names] : p[1]);

        return p + 2;
    }

    code = code_unit(p, end);
    p += 6;

    if (code >= 0xd800 && code < 0xe000) {
        low = code < 0xdc00 ? code_unit(p, end) : -1;

        if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            p += 6;

        } else {
            code = 0xfffd;
        }
    }

    assist_buf_add(out, (const char *) utf8,
                   (size_t) utf8proc_encode_char(code, utf8));

    return p;
}


/* The number of a \uXXXX at p; -1: there is none. */

static int32_t
code_unit(const char *p, const char *end)
{
    int      i, digit;
    int32_t  code;

    if (end - p < 6 || p[0] != '\\' || p[1] != 'u') {
        return -1;
    }

    code = 0;

    for (i = 2; i < 6; i++) {
        digit = hex(p[i]);

        if (digit < 0) {
            return -1;
        }

        code = code * 16 + digit;
    }

    return code;
}


static int
hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
