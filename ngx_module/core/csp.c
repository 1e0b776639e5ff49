/*
 * What of a piece of markup is a script or a style, and what the policies say
 * of it.
 */

#include "csp.h"

#include <strings.h>


typedef enum {
    SCRIPT = 0,
    SCRIPT_ATTR,
    STYLE,
    STYLE_ATTR,
    CONNECT
} kind_t;

typedef struct {
    const assist_csp_t  *csp;
    assist_str_t         name;
    assist_str_t         src;       /* data NULL: none */
    assist_str_t         nonce;     /* data NULL: none */
    unsigned             own_nonce:1;
    unsigned             handler:1; /* has an onclick or the like */
    unsigned             styled:1;  /* has a style attribute */
    unsigned             data:1;    /* a script's content is no script */
    unsigned             sheet:1;   /* a link to a style sheet */
} tag_t;


static int read_tag(tag_t *tag, const char *p, const char *end,
    const char **over);
static void read_attribute(tag_t *tag, assist_str_t name, assist_str_t value);
static int check_tag(tag_t *tag);
static int check_url(const assist_csp_t *csp, kind_t kind, assist_str_t url);
static int allowed(tag_t *tag, kind_t kind, int external);
static int sources(assist_str_t policy, kind_t kind, assist_str_t *list);
static int directive(assist_str_t policy, const char *name,
    assist_str_t *list);
static int nonce(tag_t *tag, assist_str_t list, int *any);
static int source_is(assist_str_t list, assist_str_t url, assist_str_t host);
static int source_host_is(assist_str_t source, assist_str_t host,
    assist_str_t path);
static void split(assist_str_t url, assist_str_t *host, assist_str_t *path);
static int has(assist_str_t list, const char *word);
static int word_next(assist_str_t *list, char separator, assist_str_t *word);
static const char *skip_raw(assist_str_t name, const char *p, const char *end);
static assist_str_t cut(const char *p, const char *end);
static int is(assist_str_t s, const char *word);
static int begins(assist_str_t s, const char *word);
static int is_blank(char c);


void
assist_csp_add(assist_csp_t *csp, assist_str_t value)
{
    assist_str_t  policy;

    while (word_next(&value, ',', &policy)) {

        if (csp->npolicies == ASSIST_CSP_POLICIES) {
            csp->full = 1;
            return;
        }

        csp->policies[csp->npolicies++] = policy;
    }
}


int
assist_csp_html(const assist_csp_t *csp, assist_str_t html, assist_buf_t *out)
{
    tag_t        tag;
    size_t       before;
    const char  *p, *end, *next;

    before = out->len;
    p = html.data;
    end = p + html.len;

    while (p < end && (next = memchr(p, '<', (size_t) (end - p))) != NULL) {
        assist_buf_add(out, p, (size_t) (next - p));
        p = next;

        memset(&tag, 0, sizeof(tag_t));
        tag.csp = csp;

        if (!read_tag(&tag, p, end, &next)) {
            assist_buf_add(out, p, (size_t) (next - p));
            p = next;
            continue;
        }

        if (!check_tag(&tag)) {
            out->len = before;
            return 0;
        }

        /* the name is where the tag began, but for its < */

        assist_buf_add(out, p, tag.name.len + 1);
        p += tag.name.len + 1;

        if (tag.nonce.data && !tag.own_nonce) {
            assist_buf_puts(out, " nonce=\"");
            assist_buf_html(out, tag.nonce);
            assist_buf_putc(out, '"');
        }

        next = skip_raw(tag.name, next, end);
        assist_buf_add(out, p, (size_t) (next - p));
        p = next;
    }

    assist_buf_add(out, p, (size_t) (end - p));

    return 1;
}


int
assist_csp_style(const assist_csp_t *csp, assist_str_t url)
{
    return check_url(csp, STYLE, url);
}


int
assist_csp_connect(const assist_csp_t *csp, assist_str_t url)
{
    return check_url(csp, CONNECT, url);
}


/* Reads the start tag at p; 0: there is none.  over: what comes after it, or
 * after a comment. */

static int
read_tag(tag_t *tag, const char *p, const char *end, const char **over)
{
    char           quote;
    const char    *start;
    assist_str_t   name, value;

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

    *over = p < end ? p + 1 : end;

    return 1;
}


static void
read_attribute(tag_t *tag, assist_str_t name, assist_str_t value)
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
        while (word_next(&value, ' ', &word)) {
            tag->sheet |= is(word, "stylesheet");
        }
    }
}


static int
check_tag(tag_t *tag)
{
    if (tag->handler && !allowed(tag, SCRIPT_ATTR, 0)) {
        return 0;
    }

    if (tag->styled && !allowed(tag, STYLE_ATTR, 0)) {
        return 0;
    }

    if (is(tag->name, "script") && !tag->data) {
        return allowed(tag, SCRIPT, tag->src.data != NULL);
    }

    if (is(tag->name, "style")) {
        return allowed(tag, STYLE, 0);
    }

    if (is(tag->name, "link") && tag->sheet) {
        return allowed(tag, STYLE, 1);
    }

    return 1;
}


static int
check_url(const assist_csp_t *csp, kind_t kind, assist_str_t url)
{
    tag_t  tag;

    memset(&tag, 0, sizeof(tag_t));

    tag.csp = csp;
    tag.src = url;
    tag.nonce = assist_str("");     /* which no policy has */

    return allowed(&tag, kind, 1);
}


/* Do all policies allow it?  Sets the nonce that they need. */

static int
allowed(tag_t *tag, kind_t kind, int external)
{
    int           any, strict;
    size_t        i;
    assist_str_t  list;

    if (tag->csp->full) {
        return 0;
    }

    for (i = 0; i < tag->csp->npolicies; i++) {

        if (!sources(tag->csp->policies[i], kind, &list)) {
            continue;
        }

        any = 0;

        if (nonce(tag, list, &any) && (kind == SCRIPT || kind == STYLE)) {
            continue;
        }

        strict = kind <= SCRIPT_ATTR && has(list, "'strict-dynamic'");

        /* a nonce, or a hash, switches 'unsafe-inline' off */

        if (strict
            || (external ? !source_is(list, tag->src, tag->csp->host)
                         : any || !has(list, "'unsafe-inline'")))
        {
            return 0;
        }
    }

    return 1;
}


/* The sources of the directive that is in force for a kind; 0: none is. */

static int
sources(assist_str_t policy, kind_t kind, assist_str_t *list)
{
    static const char  *const names[][2] = {
        { "script-src-elem", "script-src" },
        { "script-src-attr", "script-src" },
        { "style-src-elem", "style-src" },
        { "style-src-attr", "style-src" },
        { "connect-src", "connect-src" }
    };

    return directive(policy, names[kind][0], list)
           || directive(policy, names[kind][1], list)
           || directive(policy, "default-src", list);
}


static int
directive(assist_str_t policy, const char *name, assist_str_t *list)
{
    assist_str_t  word;

    while (word_next(&policy, ';', list)) {
        if (word_next(list, ' ', &word) && is(word, name)) {
            return 1;
        }
    }

    return 0;
}


/*
 * Is the tag's nonce in the list?  A tag without one gets the list's first.
 * any: there are nonces or hashes.
 */

static int
nonce(tag_t *tag, assist_str_t list, int *any)
{
    int           found;
    assist_str_t  word;

    found = 0;

    while (word_next(&list, ' ', &word)) {

        *any |= begins(word, "'sha");

        if (!begins(word, "'nonce-") || word.len < 9) {
            continue;
        }

        *any = 1;
        word = cut(word.data + 7, word.data + word.len - 1);

        if (tag->nonce.data == NULL) {
            tag->nonce = word;
        }

        found |= assist_str_eq(word, tag->nonce);
    }

    return found;
}


static int
source_is(assist_str_t list, assist_str_t url, assist_str_t host)
{
    size_t        scheme;
    assist_str_t  word, path;

    for (scheme = 0; scheme < url.len; scheme++) {
        if (strchr(":/?#", url.data[scheme])) {
            break;
        }
    }

    /* with the colon; what is of the portal's own site has none */
    scheme = scheme < url.len && url.data[scheme] == ':' ? scheme + 1 : 0;

    path = url;

    if (scheme || begins(url, "//")) {
        split(url, &host, &path);
    }

    while (word_next(&list, ' ', &word)) {

        if (is(word, "'self'")) {
            if (path.data == url.data) {
                return 1;
            }

        } else if (is(word, "*")) {
            if (scheme == 0 || begins(url, "http")) {
                return 1;
            }

        } else if (word.data[word.len - 1] == ':') {
            if (scheme ? scheme == word.len
                         && strncasecmp(url.data, word.data, scheme) == 0
                       : begins(word, "http"))
            {
                return 1;
            }

        } else if (word.data[0] != '\'' && source_host_is(word, host, path)) {
            return 1;
        }
    }

    return 0;
}


/* Is it of a source such as *.gov.vn, with a scheme, port or path or not? */

static int
source_host_is(assist_str_t source, assist_str_t host, assist_str_t path)
{
    size_t        n;
    assist_str_t  below;

    split(source, &source, &below);

    /* a folder, or a file */

    n = below.len;

    if (n > 1 && (path.len < n || memcmp(path.data, below.data, n) != 0
                  || (below.data[n - 1] != '/' && path.len != n)))
    {
        return 0;
    }

    if (begins(source, "*.")) {
        n = source.len - 1;

        return host.len > n
               && strncasecmp(host.data + host.len - n, source.data + 1, n)
                  == 0;
    }

    return source.len && source.len == host.len
           && strncasecmp(source.data, host.data, host.len) == 0;
}


/* [scheme:][//]host[:port][/path] */

static void
split(assist_str_t url, assist_str_t *host, assist_str_t *path)
{
    const char  *p, *end, *start;

    start = url.data;
    end = start + url.len;

    for (p = start; p + 1 < end; p++) {
        if (p[0] == '/' && p[1] == '/') {
            start = p + 2;
            break;
        }
    }

    for (p = start; p < end && *p != '/' && *p != ':'; p++) { /* void */ }

    *host = cut(start, p);

    while (p < end && *p != '/') {
        p++;
    }

    *path = cut(p, end);
}


static int
has(assist_str_t list, const char *word)
{
    assist_str_t  found;

    while (word_next(&list, ' ', &found)) {
        if (is(found, word)) {
            return 1;
        }
    }

    return 0;
}


/* The next part of a list, without blanks around it; ' ' is any blank. */

static int
word_next(assist_str_t *list, char separator, assist_str_t *word)
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


/* The text of a script or a style is no markup. */

static const char *
skip_raw(assist_str_t name, const char *p, const char *end)
{
    if (!is(name, "script") && !is(name, "style")) {
        return p;
    }

    for ( /* void */ ; p < end; p++) {
        if (p[0] == '<' && end - p > 2 && p[1] == '/'
            && begins(cut(p + 2, end), is(name, "style") ? "style" : "script"))
        {
            break;
        }
    }

    return p;
}


static assist_str_t
cut(const char *p, const char *end)
{
    return (assist_str_t) { p, (size_t) (end - p) };
}


static int
is(assist_str_t s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.data, word, s.len) == 0;
}


static int
begins(assist_str_t s, const char *word)
{
    size_t  n;

    n = strlen(word);

    return s.len >= n && strncasecmp(s.data, word, n) == 0;
}


static int
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}
