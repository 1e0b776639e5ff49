/*
 * What of a piece of markup is a script or a style, and what the policies say
 * of it.
 */

#include "csp_priv.h"


typedef enum {
    SCRIPT = 0,
    SCRIPT_ATTR,
    STYLE,
    STYLE_ATTR,
    CONNECT
} kind_t;


static int check_tag(assist_csp_tag_t *tag);
static int allowed(assist_csp_tag_t *tag, kind_t kind, int external);
static int sources(assist_str_t policy, kind_t kind, assist_str_t *list);
static int directive(assist_str_t policy, const char *name,
    assist_str_t *list);
static int nonce(assist_csp_tag_t *tag, assist_str_t list, int *any);
static int source_is(assist_str_t list, assist_str_t url, assist_str_t host);
static int source_host_is(assist_str_t source, assist_str_t host,
    assist_str_t path);
static void split(assist_str_t url, assist_str_t *host, assist_str_t *path);
static int has(assist_str_t list, const char *word);
static const char *skip_raw(assist_str_t name, const char *p, const char *end);


void
assist_csp_add(assist_csp_t *csp, assist_str_t value)
{
    assist_str_t  policy;

    while (assist_csp_word(&value, ',', &policy)) {

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
    assist_csp_tag_t        tag;
    size_t       before;
    const char  *p, *end, *next;

    before = out->len;
    p = html.data;
    end = p + html.len;

    while (p < end && (next = memchr(p, '<', (size_t) (end - p))) != NULL) {
        assist_buf_add(out, p, (size_t) (next - p));
        p = next;

        memset(&tag, 0, sizeof(assist_csp_tag_t));
        tag.csp = csp;

        if (!assist_csp_tag(&tag, p, end, &next)) {
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
assist_csp_connect(const assist_csp_t *csp, assist_str_t url)
{
    assist_csp_tag_t  tag;

    memset(&tag, 0, sizeof(assist_csp_tag_t));

    tag.csp = csp;
    tag.src = url;
    tag.nonce = assist_str("");     /* which no policy has */

    return allowed(&tag, CONNECT, 1);
}


static int
check_tag(assist_csp_tag_t *tag)
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


/* Do all policies allow it?  Sets the nonce that they need. */

static int
allowed(assist_csp_tag_t *tag, kind_t kind, int external)
{
    int           any, strict;
    size_t        i;
    assist_str_t  list;

    if (tag->csp->full) {
        return 0;
    }

    for (i = 0; i < tag->csp->npolicies; i++) {

        if (directive(tag->csp->policies[i], "sandbox", &list)
            && !(kind == CONNECT ? has(list, "allow-same-origin")
                                   && has(list, "allow-forms")
                                 : kind == STYLE || kind == STYLE_ATTR
                                   || has(list, "allow-scripts")))
        {
            return 0;
        }

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

    while (assist_csp_word(&policy, ';', list)) {
        if (assist_csp_word(list, ' ', &word) && is(word, name)) {
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
nonce(assist_csp_tag_t *tag, assist_str_t list, int *any)
{
    int           found;
    assist_str_t  word;

    found = 0;

    while (assist_csp_word(&list, ' ', &word)) {

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

    while (assist_csp_word(&list, ' ', &word)) {

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

    while (assist_csp_word(&list, ' ', &found)) {
        if (is(found, word)) {
            return 1;
        }
    }

    return 0;
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
