/*
 * Links and pictures, in a text without tags.
 */

#include "plain_priv.h"


enum {
    TEXT,
    COLON,                      /* after a word and : */
    SLASH,                      /* and after a / */
    WWW,                        /* after www. */
    URL,
    URL_SKIP,                   /* in one that is too long */
    BANG,                       /* after ! */
    ALT,                        /* after ![ */
    ALT_END,                    /* after its ] */
    PICTURE,                    /* in the target of a picture */
    BRACKET,                    /* after ] */
    TARGET,                     /* after ]( */
    TARGET_SKIP                 /* in one that is too long */
};

enum {
    DONE,
    AGAIN,                      /* the byte is to be looked at again */
    REPLAY                      /* what was held, too */
};


static int step(assist_plain_t *p, char c);
static int text_step(assist_plain_t *p, char c);
static int colon_step(assist_plain_t *p, char c);
static int url_step(assist_plain_t *p, char c);
static int alt_step(assist_plain_t *p, char c);
static int target_step(assist_plain_t *p, char c);
static void end_url(assist_plain_t *p);
static void end_target(assist_plain_t *p, char end);
static void flush_word(assist_plain_t *p, size_t n);
static int word_ends(const assist_plain_t *p, const char *name);
static int is_scheme(const assist_plain_t *p);
static void flush_held(assist_plain_t *p);
static void remove_link(assist_plain_t *p);
static void emit(assist_plain_t *p, char c);
static void see_line(assist_plain_t *p, char c);


void
assist_plain_text(assist_plain_t *p, char c)
{
    int     rc;
    char    again[ASSIST_PLAIN_ALT];
    size_t  i, n;

    do {
        rc = step(p, c);

        if (rc == REPLAY) {

            /* the text of what was no picture: it has none in it */

            n = p->nheld;
            memcpy(again, p->held, n);
            p->nheld = 0;

            for (i = 0; i < n; i++) {
                while (step(p, again[i]) == AGAIN) { /* void */ }
            }
        }

    } while (rc != DONE);
}


void
assist_plain_text_end(assist_plain_t *p)
{
    char    again[ASSIST_PLAIN_ALT];
    size_t  i, n;

    if (p->state == ALT || p->state == ALT_END) {
        emit(p, '!');
        p->state = TEXT;

        n = p->nheld;
        memcpy(again, p->held, n);
        p->nheld = 0;

        for (i = 0; i < n; i++) {
            while (step(p, again[i]) == AGAIN) { /* void */ }
        }
    }

    if (p->state == URL) {
        end_url(p);
    }

    switch (p->state) {

    case TEXT:
        flush_word(p, p->nword);
        break;

    case COLON:
    case SLASH:
    case WWW:
        flush_held(p);
        break;

    case BANG:
        emit(p, '!');
        break;

    case TARGET:
        end_target(p, '\0');
        break;

    default:
        break;
    }
}


static int
step(assist_plain_t *p, char c)
{
    switch (p->state) {

    case TEXT:
        return text_step(p, c);

    case COLON:
        return colon_step(p, c);

    case SLASH:

        if (c == '/') {
            p->held[p->nheld++] = c;
            p->state = URL;
            return DONE;
        }

        flush_held(p);
        return AGAIN;

    case WWW:

        if (assist_plain_is_letter(c) || assist_plain_is_digit(c)) {
            p->held[p->nheld++] = c;
            p->state = URL;
            return DONE;
        }

        flush_held(p);
        return AGAIN;

    case URL:
    case URL_SKIP:
        return url_step(p, c);

    case BANG:

        if (c == '[') {
            p->held[0] = c;
            p->nheld = 1;
            p->depth = 1;
            p->state = ALT;
            return DONE;
        }

        emit(p, '!');
        p->state = TEXT;
        return AGAIN;

    case ALT:
    case ALT_END:
    case PICTURE:
        return alt_step(p, c);

    case BRACKET:

        if (c == '(') {
            p->nheld = 0;
            p->depth = 1;
            p->state = TARGET;
            return DONE;
        }

        if (c == ':' && p->label) {
            emit(p, ' ');
        }

        p->state = TEXT;
        return AGAIN;

    default:
        return target_step(p, c);
    }
}


static int
text_step(assist_plain_t *p, char c)
{
    if (assist_plain_is_letter(c) || assist_plain_is_digit(c)) {

        if (p->nword == ASSIST_PLAIN_WORD) {
            emit(p, p->word[0]);
            memmove(p->word, p->word + 1, --p->nword);
            p->broken = 1;
        }

        p->word[p->nword++] = c;
        return DONE;
    }

    /* what an address begins with is held, and the rest of the word is not */

    if (c == ':' && p->nword) {

        if (word_ends(p, "https")) {
            flush_word(p, p->nword - 5);

        } else if (word_ends(p, "http")) {
            flush_word(p, p->nword - 4);
        }

        memcpy(p->held, p->word, p->nword);
        p->nheld = p->nword;
        p->held[p->nheld++] = c;
        p->state = COLON;
        return DONE;
    }

    if (c == '.' && p->nword == 3 && !p->broken && word_ends(p, "www")) {
        memcpy(p->held, p->word, p->nword);
        p->nheld = p->nword;
        p->held[p->nheld++] = c;
        p->depth = 0;
        p->nword = 0;
        p->state = WWW;
        return DONE;
    }

    flush_word(p, p->nword);
    p->broken = 0;

    if (c == '!') {
        p->state = BANG;
        return DONE;
    }

    emit(p, c);

    if (c == ']') {
        p->state = BRACKET;
    }

    return DONE;
}


static int
colon_step(assist_plain_t *p, char c)
{
    int  http, scheme;

    http = word_ends(p, "http") || word_ends(p, "https");
    scheme = is_scheme(p);

    p->depth = 0;

    if (http && (c == '/' || c == '\\')) {
        p->state = URL;

    } else if (c == '/' && !scheme) {
        p->state = SLASH;

    } else if (scheme && (unsigned char) c > ' '
               && (!word_ends(p, "data") || assist_plain_is_letter(c)))
    {
        p->state = URL;
        p->nword = 0;
        return AGAIN;

    } else {
        flush_held(p);
        return AGAIN;
    }

    p->nword = 0;
    p->held[p->nheld++] = c;

    return DONE;
}


static int
url_step(assist_plain_t *p, char c)
{
    int  end;

    end = (unsigned char) c <= ' '
          || (c != '\0' && strchr("<>\"`|[]", c) != NULL)
          || (c == ')' && p->depth == 0);

    if (p->state == URL_SKIP) {

        if (end) {
            p->state = TEXT;
            return AGAIN;
        }

        return DONE;
    }

    if (end) {
        end_url(p);
        return AGAIN;
    }

    if (c == '(') {
        p->depth++;

    } else if (c == ')') {
        p->depth--;
    }

    if (p->nheld == ASSIST_PLAIN_URL) {
        remove_link(p);
        p->state = URL_SKIP;
        p->depth = 0;
        return DONE;
    }

    p->held[p->nheld++] = c;

    return DONE;
}


/* Marks at the end belong to the sentence. */

static void
end_url(assist_plain_t *p)
{
    size_t        i, n, end;
    assist_str_t  url;

    end = p->nheld;

    for (n = end; n > 0 && strchr(".,;:!?'*_~", p->held[n - 1]) != NULL;
         n--)
    { /* void */ }

    url = (assist_str_t) { p->held, n };

    if (assist_plain_url_ok(p->rules, url)) {
        for (i = 0; i < n; i++) {
            emit(p, p->held[i]);
        }

    } else {
        remove_link(p);
    }

    p->state = TEXT;

    /* the last of them may begin a picture */

    if (end > n && p->held[end - 1] == '!') {
        p->state = BANG;
        end--;
    }

    for (i = n; i < end; i++) {
        emit(p, p->held[i]);
    }

    p->nheld = 0;
}


static int
alt_step(assist_plain_t *p, char c)
{
    if (p->state == PICTURE) {

        if (c == '\n') {
            p->state = TEXT;
            return AGAIN;
        }

        if (c == '(') {
            p->depth++;

        } else if (c == ')' && --p->depth == 0) {
            p->state = TEXT;
        }

        return DONE;
    }

    if (p->state == ALT_END && c == '(') {
        p->nheld = 0;
        p->depth = 1;
        p->gap = 1;
        p->state = PICTURE;
        return DONE;
    }

    if (p->state == ALT_END
        || c == '\n'
        || p->nheld == ASSIST_PLAIN_ALT
        || (c == '[' && p->held[p->nheld - 1] == '!'))
    {
        emit(p, '!');
        p->state = TEXT;
        return REPLAY;
    }

    p->held[p->nheld++] = c;

    if (c == '[') {
        p->depth++;

    } else if (c == ']' && --p->depth == 0) {
        p->state = ALT_END;
    }

    return DONE;
}


static int
target_step(assist_plain_t *p, char c)
{
    if (c == '\n') {
        if (p->state == TARGET) {
            end_target(p, '\n');
        }

        p->state = TEXT;
        return AGAIN;
    }

    if (c == '(') {
        p->depth++;

    } else if (c == ')' && --p->depth == 0) {

        if (p->state == TARGET) {
            end_target(p, ')');
        }

        p->state = TEXT;
        return DONE;
    }

    if (p->state == TARGET_SKIP) {
        return DONE;
    }

    if (p->nheld == ASSIST_PLAIN_URL) {
        emit(p, ' ');
        remove_link(p);
        p->state = TARGET_SKIP;
        return DONE;
    }

    p->held[p->nheld++] = c;

    return DONE;
}


static void
end_target(assist_plain_t *p, char end)
{
    size_t        i;
    assist_str_t  target;

    target = (assist_str_t) { p->held, p->nheld };

    /* nor another link in it, whose target is on the next line */

    if (!assist_plain_target_ok(p->rules, target)
        || (end == '\n' && memchr(p->held, ']', p->nheld) != NULL))
    {
        emit(p, ' ');
        remove_link(p);
        p->nheld = 0;
        return;
    }

    if (end == '\n') {
        /* its target may be on the next line */
        emit(p, ' ');
    }

    emit(p, '(');

    for (i = 0; i < p->nheld; i++) {
        emit(p, p->held[i]);
    }

    if (end == ')') {
        emit(p, ')');
    }

    p->nheld = 0;
}


/* Writes the first n bytes of the word. */

static void
flush_word(assist_plain_t *p, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        emit(p, p->word[i]);
    }

    p->nword -= n;
    memmove(p->word, p->word + n, p->nword);
}


static int
word_ends(const assist_plain_t *p, const char *name)
{
    size_t  n;

    n = strlen(name);

    return p->nword >= n
           && assist_plain_is_prefix((assist_str_t)
                                     { p->word + p->nword - n, n }, name);
}


/* Schemes that need no //. */

static int
is_scheme(const assist_plain_t *p)
{
    return word_ends(p, "javascript") || word_ends(p, "vbscript")
           || (p->nword == 4 && !p->broken && word_ends(p, "data"));
}


static void
flush_held(assist_plain_t *p)
{
    size_t  i;

    for (i = 0; i < p->nheld; i++) {
        emit(p, p->held[i]);
    }

    p->nheld = 0;
    p->nword = 0;
    p->broken = 0;
    p->state = TEXT;
}


static void
remove_link(assist_plain_t *p)
{
    size_t  i;

    for (i = 0; i < p->rules->removed.len; i++) {
        emit(p, p->rules->removed.data[i]);
    }

    p->nheld = 0;
    p->marked = 1;
}


static void
emit(assist_plain_t *p, char c)
{
    /* what was on both sides of something that is gone does not come together,
       nor to a tag with a bracket; the mark does not become a link's text or
       label */

    if ((p->gap && p->last != '\0' && !assist_plain_is_blank(p->last)
         && !assist_plain_is_blank(c))
        || (p->marked && (c == '(' || (c == ':' && p->label)))
        || (p->last == '<' && !assist_plain_after_bracket(c)))
    {
        assist_buf_putc(p->out, ' ');
    }

    see_line(p, c);

    p->gap = 0;
    p->marked = 0;
    p->last = c;

    assist_buf_putc(p->out, c);
}


/*
 * Does a bracket begin a line, after marks of lists and quotes?  It may end on
 * another line, of the same paragraph.
 */
static void
see_line(assist_plain_t *p, char c)
{
    if (c == '\n') {
        p->label &= p->last != '\n';
        p->inside = 0;

    } else if (c == '[') {
        p->label |= !p->inside;

    } else if (!assist_plain_is_blank(c) && !assist_plain_is_digit(c)
               && strchr(">-*+.)", c) == NULL)
    {
        p->inside = 1;
    }
}
