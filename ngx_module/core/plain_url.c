/*
 * Which addresses may be shown.
 */

#include "plain_priv.h"


static int host_ok(const assist_plain_rules_t *rules, assist_str_t host);
static int is_below(assist_str_t host, assist_str_t allowed);
static char lower(char c);
static int has(assist_str_t s, const char *part);


int
assist_plain_url_ok(const assist_plain_rules_t *rules, assist_str_t url)
{
    size_t        i, n;
    assist_str_t  host;

    for (i = 0; i < rules->nurls; i++) {
        if (assist_str_eq(rules->urls[i], url)) {
            return 1;
        }
    }

    if (assist_plain_is_prefix(url, "https://")) {
        n = 8;

    } else if (assist_plain_is_prefix(url, "http://")) {
        n = 7;

    } else if (assist_plain_is_prefix(url, "www.")) {
        n = 0;

    } else {
        return 0;
    }

    host.data = url.data + n;
    host.len = 0;

    while (n + host.len < url.len && host.data[host.len] != '/'
           && host.data[host.len] != '?' && host.data[host.len] != '#')
    {
        host.len++;
    }

    return host_ok(rules, host);
}


/* host: also with a port, and with the dot of a complete name. */

static int
host_ok(const assist_plain_rules_t *rules, assist_str_t host)
{
    char    c;
    size_t  i, n;

    for (n = host.len; n > 0 && assist_plain_is_digit(host.data[n - 1]); n--) {
        /* void */
    }

    if (n > 0 && n < host.len && host.data[n - 1] == ':') {
        host.len = n - 1;
    }

    if (host.len && host.data[host.len - 1] == '.') {
        host.len--;
    }

    if (host.len == 0 || host.data[0] == '.' || host.data[0] == '-') {
        return 0;
    }

    for (i = 0; i < host.len; i++) {
        c = host.data[i];

        if (!assist_plain_is_letter(c) && !assist_plain_is_digit(c)
            && c != '-' && c != '.')
        {
            return 0;
        }
    }

    for (i = 0; i < rules->nhosts; i++) {
        if (is_below(host, rules->hosts[i])) {
            return 1;
        }
    }

    return 0;
}


static int
is_below(assist_str_t host, assist_str_t allowed)
{
    size_t  i, n;

    if (allowed.len == 0 || host.len < allowed.len) {
        return 0;
    }

    n = host.len - allowed.len;

    for (i = 0; i < allowed.len; i++) {
        if (lower(host.data[n + i]) != lower(allowed.data[i])) {
            return 0;
        }
    }

    return n == 0 || (n > 1 && host.data[n - 1] == '.');
}


int
assist_plain_target_ok(const assist_plain_rules_t *rules, assist_str_t target)
{
    int           query;
    char          c;
    size_t        i;
    assist_str_t  rest;

    while (target.len && assist_plain_is_blank(target.data[0])) {
        target.data++;
        target.len--;
    }

    rest = target;

    for (i = 0; i < target.len && !assist_plain_is_blank(target.data[i]); i++) {
        /* void */
    }

    target.len = i;
    rest.data += i;
    rest.len -= i;

    while (rest.len && assist_plain_is_blank(rest.data[0])) {
        rest.data++;
        rest.len--;
    }

    /* after the target comes a title, or else it is no link but prose */

    if (has(rest, ":") || has(rest, "//") || has(rest, "www.")) {
        return 0;
    }

    if (assist_plain_is_prefix(target, "http:")
        || assist_plain_is_prefix(target, "https:"))
    {
        return (rest.len == 0 || rest.data[0] == '"' || rest.data[0] == '\'')
               && !has(target, "\\")
               && assist_plain_url_ok(rules, target);
    }

    if (has(target, "\\") || has(target, "//")) {
        return 0;
    }

    /* &colon; is a colon, too */

    query = 0;

    for (i = 0; i < target.len; i++) {
        c = target.data[i];
        query |= c == '?';

        if (c == ':' || (c == '&' && !query)) {
            return 0;
        }
    }

    if (target.len && strchr("/#?", target.data[0]) != NULL) {
        return rest.len == 0 || rest.data[0] == '"' || rest.data[0] == '\'';
    }

    return !has(target, ".") && !has(target, "/");
}


int
assist_plain_is_prefix(assist_str_t s, const char *prefix)
{
    size_t  i;

    for (i = 0; prefix[i] != '\0'; i++) {
        if (i == s.len || lower(s.data[i]) != prefix[i]) {
            return 0;
        }
    }

    return 1;
}


static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char) (c | 0x20) : c;
}


static int
has(assist_str_t s, const char *part)
{
    size_t  i, n;

    n = strlen(part);

    for (i = 0; i + n <= s.len; i++) {
        if (memcmp(s.data + i, part, n) == 0) {
            return 1;
        }
    }

    return 0;
}
