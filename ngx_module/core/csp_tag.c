/*
 * Tags of a piece of markup: the attributes that a policy is about.
 */

#include "csp_priv.h"


static const char *read_attributes(assist_csp_tag_t *tag, const char *p,
    const char *end);
static void read_attribute(assist_csp_tag_t *tag, assist_str_t name,
    assist_str_t value);
static void decode(assist_str_t value, assist_buf_t *out);
static size_t reference(assist_str_t text, assist_buf_t *out);


int
assist_csp_meta(assist_str_t attributes, assist_buf_t *out)
{
    assist_csp_tag_t  tag;

    memset(&tag, 0, sizeof(assist_csp_tag_t));

    (void) read_attributes(&tag, attributes.data,
                           attributes.data + attributes.len);

    if (tag.policy) {
        decode(tag.content, out);
    }

    return tag.policy;
}


int
assist_csp_tag(assist_csp_tag_t *tag, const char *p, const char *end,
    const char **over)
{
    const char  *start;

    *over = p + 1;

    if (end - p >= 4 && memcmp(p, "<!--", 4) == 0) {
        for (p += 2; p < end; p++) {
            if (begins(cut(p, end), "-->")) {
                *over = p + 3;
                return 0;
            }
        }

        *over = end;
        return 0;
    }

    start = ++p;

    if (p == end || (*p | 0x20) < 'a' || (*p | 0x20) > 'z') {
        return 0;
    }

    while (p < end && !is_blank(*p) && *p != '/' && *p != '>') {
        p++;
    }

    tag->name = cut(start, p);
    p = read_attributes(tag, p, end);
    *over = p < end ? p + 1 : end;

    return 1;
}


/* Up to the > of the tag, or to the end. */

static const char *
read_attributes(assist_csp_tag_t *tag, const char *p, const char *end)
{
    char           quote;
    const char    *start;
    assist_str_t   name, value;

    while (p < end && *p != '>') {

        if (is_blank(*p) || *p == '/') {
            p++;
            continue;
        }

        start = p++;

        while (p < end && !is_blank(*p) && *p != '/' && *p != '>'
               && *p != '=')
        {
            p++;
        }

        name = cut(start, p);
        value = assist_str("");

        while (p < end && is_blank(*p)) {
            p++;
        }

        if (p < end && *p == '=') {
            p++;

            while (p < end && is_blank(*p)) {
                p++;
            }

            if (p < end && (*p == '"' || *p == '\'')) {
                quote = *p++;
                start = p;
                p = memchr(p, quote, (size_t) (end - p));
                value = cut(start, p ? p : end);
                p = p ? p + 1 : end;

            } else {
                start = p;

                while (p < end && !is_blank(*p) && *p != '>') {
                    p++;
                }

                value = cut(start, p);
            }
        }

        read_attribute(tag, name, value);
    }

    return p;
}


static void
read_attribute(assist_csp_tag_t *tag, assist_str_t name, assist_str_t value)
{
    assist_str_t  word;

    while (value.len && (unsigned char) *value.data <= ' ') {
        value.data++;
        value.len--;
    }

    if ((name.len > 2 && begins(name, "on")) || begins(value, "javascript:")) {
        tag->handler = 1;

    } else if (is(name, "style")) {
        tag->styled = 1;

    } else if (is(name, "src") || is(name, "href")) {
        tag->src = value;

    } else if (is(name, "nonce")) {
        tag->nonce = value;
        tag->own_nonce = 1;

    } else if (is(name, "type")) {
        tag->data = value.len >= 4
                    && is(cut(value.data + value.len - 4,
                              value.data + value.len), "json");

    } else if (is(name, "rel")) {
        while (assist_csp_word(&value, ' ', &word)) {
            tag->sheet |= is(word, "stylesheet");
        }

    } else if (is(name, "http-equiv")) {
        tag->policy = is(value, "Content-Security-Policy");

    } else if (is(name, "content") && tag->content.data == NULL) {
        tag->content = value;
    }
}


/* With the character references that templates make of ', ", & and the like. */

static void
decode(assist_str_t value, assist_buf_t *out)
{
    size_t        n;
    assist_str_t  rest;

    for (rest = value; rest.len; rest.data += n, rest.len -= n) {
        n = reference(rest, out);

        if (n == 0) {
            assist_buf_putc(out, rest.data[0]);
            n = 1;
        }
    }
}


/* Bytes of the reference to an ASCII character here; 0: none is. */

static size_t
reference(assist_str_t text, assist_buf_t *out)
{
    size_t       i;
    unsigned     base, code;
    const char  *digit;

    static const char  digits[] = "0123456789abcdef";

    static const struct {
        const char  *name;
        char         c;
    } names[] = {
        { "&apos;", '\'' }, { "&quot;", '"' }, { "&amp;", '&' },
        { "&lt;", '<' }, { "&gt;", '>' }
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (begins(text, names[i].name)) {
            assist_buf_putc(out, names[i].c);
            return strlen(names[i].name);
        }
    }

    if (!begins(text, "&#")) {
        return 0;
    }

    base = begins(text, "&#x") ? 16 : 10;
    code = 0;

    for (i = base == 16 ? 3 : 2; i < text.len && code < 0x80; i++) {

        if (text.data[i] == ';') {
            if (code == 0) {
                return 0;
            }

            assist_buf_putc(out, (char) code);
            return i + 1;
        }

        digit = memchr(digits, text.data[i] | 0x20, base);

        if (digit == NULL) {
            return 0;
        }

        code = code * base + (unsigned) (digit - digits);
    }

    return 0;
}


int
assist_csp_word(assist_str_t *list, char separator, assist_str_t *word)
{
    const char  *p, *end;

    p = list->data;
    end = p + list->len;

    while (p < end && (is_blank(*p) || *p == separator)) {
        p++;
    }

    word->data = p;

    while (p < end && (separator == ' ' ? !is_blank(*p) : *p != separator)) {
        p++;
    }

    *list = cut(p, end);

    while (p > word->data && is_blank(p[-1])) {
        p--;
    }

    word->len = (size_t) (p - word->data);

    return word->len != 0;
}
