#include "evidence_read.h"

#include "date.h"
#include "digest.h"
#include "evidence.h"


#define TAIL      ",\"crc\":\"00000000\"}"
#define TAIL_LEN  (sizeof(TAIL) - 1)
#define TIME_LEN  (sizeof("2026-11-23T18:40:01+07:00") - 1)

#define is(s, text)                                                           \
    ((s).len == sizeof(text) - 1                                              \
     && memcmp((s).data, text, sizeof(text) - 1) == 0)


/* What an interaction must have; bits of what was seen. */
enum {
    SEEN_KIND = 1, SEEN_SERVICE = 2, SEEN_OUTCOME = 4, SEEN_CACHE = 8,
    SEEN_BY = 16, SEEN_MS = 32, SEEN_SOURCED = 64, SEEN_DISCLOSED = 128,
    SEEN_ALL = 255
};


static int read_crc(assist_str_t tail, uint32_t *crc);
static int read_type(assist_line_t *line);
static unsigned tail_wrong(const char *p);
static size_t value_len(assist_str_t s);
static size_t string_len(assist_str_t s);
static int event_member(assist_event_t *event, assist_str_t *service,
    assist_str_t name, assist_str_t value);
static int word(assist_str_t value, const char *(*name)(unsigned), int max);
static const char *kind_name(unsigned i);
static const char *outcome_name(unsigned i);
static const char *cache_name(unsigned i);
static const char *by_name(unsigned i);
static int truth(assist_str_t value);
static int tokens(assist_str_t value, int64_t *n);
static int digits(const char *p, int n);
static int hex(char c);
static int is_writer(char c);
static int skip(assist_str_t *s, const char *text, size_t len);

#define skip_lit(s, text)  skip(s, text, sizeof(text) - 1)


int
assist_line_read(assist_str_t text, assist_line_t *line, const char **reason)
{
    size_t        body;
    uint32_t      crc;
    assist_str_t  whole;

    if (text.len <= TAIL_LEN) {
        *reason = "it is torn: too short for a line of evidence";
        return -1;
    }

    body = text.len - TAIL_LEN;

    if (read_crc((assist_str_t) { text.data + body, TAIL_LEN }, &crc) != 0) {
        *reason = assist_line_torn(text)
                  ? "it is torn: it does not end with a CRC"
                  : "it does not end with a CRC";
        return -1;
    }

    if (crc != assist_crc32(0, text.data, body)) {
        *reason = "its CRC does not match: it was changed or damaged";
        return -1;
    }

    whole = text;
    text.len = body;

    if (assist_line_head(text, line, reason) != 0) {
        return -1;
    }

    if (read_type(line) != 0) {
        *reason = "it has no type";
        return -1;
    }

    line->text = whole;

    return 0;
}


int
assist_line_head(assist_str_t text, assist_line_t *line, const char **reason)
{
    int           digit;
    size_t        i;
    uint64_t      n;
    assist_str_t  w;

    if (skip_lit(&text, "{\"v\":1,\"t\":\"") != 0) {
        *reason = "it does not start as a line of version 1 does";
        return -1;
    }

    if (text.len < TIME_LEN || memchr(text.data, '"', TIME_LEN) != NULL) {
        *reason = "its time is not of the form 2026-11-23T18:40:01+07:00";
        return -1;
    }

    line->time = (assist_str_t) { text.data, TIME_LEN };

    text.data += TIME_LEN;
    text.len -= TIME_LEN;

    if (skip_lit(&text, "\",\"w\":\"") != 0) {
        *reason = "it names no writer";
        return -1;
    }

    w = (assist_str_t) { text.data, 0 };

    while (w.len < text.len && w.len <= ASSIST_WRITER_MAX
           && is_writer(text.data[w.len]))
    {
        w.len++;
    }

    text.data += w.len;
    text.len -= w.len;

    if (w.len == 0 || w.len > ASSIST_WRITER_MAX
        || skip_lit(&text, "\",\"seq\":") != 0)
    {
        *reason = "its writer is not 1 to 40 letters, digits, \"._-\"";
        return -1;
    }

    for (n = 0, i = 0;
         i < text.len && text.data[i] >= '0' && text.data[i] <= '9';
         i++)
    {
        digit = text.data[i] - '0';

        if (n > (UINT64_MAX - (uint64_t) digit) / 10) {
            *reason = "its sequence number is too large";
            return -1;
        }

        n = n * 10 + (uint64_t) digit;
    }

    /* lines count from 1, and a type follows in every one */

    if (n == 0 || i == text.len || text.data[i] != ',') {
        *reason = "it has no sequence number";
        return -1;
    }

    line->writer = w;
    line->seq = n;
    line->members = (assist_str_t) { text.data + i, text.len - i };

    return 0;
}


/*
 * A line that was cut ends anywhere, but with "} only after the hash of a head
 * that it quotes; one that was changed still ends, but for a byte or two, as a
 * line does; and where a whole end is, nothing of it can follow.
 */

int
assist_line_torn(assist_str_t text)
{
    size_t       i;
    const char  *p, *end;

    if (text.len > 1 && memcmp(text.data + text.len - 2, "\"}", 2) == 0) {

        for (i = 0; i + 2 < text.len; i++) {
            if (hex(text.data[text.len - 3 - i]) < 0) {
                break;
            }
        }

        if (i != ASSIST_DIGEST_HEX) {
            return 0;
        }
    }

    if (text.len <= TAIL_LEN) {
        return 1;
    }

    end = text.data + text.len - TAIL_LEN;

    if (tail_wrong(end) <= 2) {
        return 0;
    }

    for (p = text.data; p < end; p++) {
        i = (size_t) (end - p);
        p = memchr(p, TAIL[0], i);

        if (p == NULL) {
            break;
        }

        if (tail_wrong(p) == 0) {
            return 0;
        }
    }

    return 1;
}


/* How many bytes of a line's end are others than they should be? */

static unsigned
tail_wrong(const char *p)
{
    size_t    i;
    unsigned  wrong;

    wrong = 0;

    for (i = 0; i < TAIL_LEN; i++) {
        wrong += TAIL[i] == '0' ? hex(p[i]) < 0 : p[i] != TAIL[i];
    }

    return wrong;
}


int
assist_line_member(assist_str_t *members, assist_str_t *name,
    assist_str_t *value)
{
    size_t        n;
    assist_str_t  s;
    const char   *p;

    s = *members;

    if (s.len == 0) {
        return 0;
    }

    if (s.len < 2 || (s.data[0] != ',' && s.data[0] != '{')
        || s.data[1] != '"')
    {
        return -1;
    }

    s.data += 2;
    s.len -= 2;

    p = memchr(s.data, '"', s.len);

    if (p == NULL) {
        return -1;
    }

    *name = (assist_str_t) { s.data, (size_t) (p - s.data) };

    s.data += name->len;
    s.len -= name->len;

    if (skip_lit(&s, "\":") != 0) {
        return -1;
    }

    n = value_len(s);

    if (n == 0) {
        return -1;
    }

    *value = (assist_str_t) { s.data, n };
    *members = (assist_str_t) { s.data + n, s.len - n };

    return 1;
}


int
assist_line_time(assist_str_t text, assist_moment_t *moment)
{
    int           year, month, hour, minute, second, east;
    int32_t       days;
    const char   *p;
    assist_str_t  date;

    if (text.len != TIME_LEN) {
        return -1;
    }

    p = text.data;
    date = (assist_str_t) { p, sizeof("2026-11-23") - 1 };

    hour = digits(p + 11, 2);
    minute = digits(p + 14, 2);
    second = digits(p + 17, 2);
    east = digits(p + 20, 2) * 60 + digits(p + 23, 2);

    if (assist_date_parse(date, &days) != 0
        || p[4] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':'
        || (p[19] != '+' && p[19] != '-') || p[22] != ':'
        || hour < 0 || minute < 0 || second < 0
        || digits(p + 20, 2) < 0 || digits(p + 23, 2) < 0)
    {
        return -1;
    }

    year = digits(p, 4);
    month = digits(p + 5, 2);

    moment->gmtoff = p[19] == '-' ? -east : east;
    moment->seconds = (int64_t) days * 86400 + hour * 3600 + minute * 60
                      + second - moment->gmtoff * 60;
    moment->month = year * 12 + month - 1;
    moment->mday = (uint32_t) digits(p + 8, 2);

    return 0;
}


int
assist_line_event(const assist_line_t *line, assist_event_t *event,
    assist_str_t *service)
{
    int           rc, seen, bit;
    assist_str_t  members, name, value;

    memset(event, 0, sizeof(assist_event_t));
    event->tokens_in = -1;
    event->tokens_out = -1;

    members = line->members;
    seen = 0;

    while ((rc = assist_line_member(&members, &name, &value)) == 1) {
        bit = event_member(event, service, name, value);

        if (bit < 0) {
            return -1;
        }

        seen |= bit;
    }

    return rc == 0 && seen == SEEN_ALL ? 0 : -1;
}


int
assist_line_number(assist_str_t value, uint64_t *n)
{
    int       digit;
    size_t    i;
    uint64_t  v;

    if (value.len == 0) {
        return -1;
    }

    for (v = 0, i = 0; i < value.len; i++) {
        digit = value.data[i] - '0';

        if (digit < 0 || digit > 9
            || v > (UINT64_MAX - (uint64_t) digit) / 10)
        {
            return -1;
        }

        v = v * 10 + (uint64_t) digit;
    }

    *n = v;

    return 0;
}


static int
read_crc(assist_str_t tail, uint32_t *crc)
{
    int     digit;
    size_t  i;

    if (skip_lit(&tail, ",\"crc\":\"") != 0) {
        return -1;
    }

    *crc = 0;

    for (i = 0; i < 8; i++) {
        digit = hex(tail.data[i]);

        if (digit < 0) {
            return -1;
        }

        *crc = *crc << 4 | (uint32_t) digit;
    }

    return memcmp(tail.data + 8, "\"}", 2) == 0 ? 0 : -1;
}


static int
read_type(assist_line_t *line)
{
    const char    *p;
    assist_str_t   s;

    s = line->members;

    if (skip_lit(&s, ",\"type\":\"") != 0) {
        return -1;
    }

    p = memchr(s.data, '"', s.len);

    if (p == NULL) {
        return -1;
    }

    line->type = (assist_str_t) { s.data, (size_t) (p - s.data) };
    line->members = (assist_str_t) { p + 1, s.len - line->type.len - 1 };

    return 0;
}


/* The bytes of a value; 0: it is not one. */

static size_t
value_len(assist_str_t s)
{
    size_t    i, n;
    unsigned  depth;

    if (s.len == 0) {
        return 0;
    }

    if (s.data[0] == '"') {
        return string_len(s);
    }

    depth = 0;

    for (i = 0; i < s.len; i++) {

        switch (s.data[i]) {

        case '"':
            n = string_len((assist_str_t) { s.data + i, s.len - i });

            if (n == 0 || depth == 0) {
                return 0;
            }

            i += n - 1;
            break;

        case '{':
        case '[':
            depth++;
            break;

        case '}':
        case ']':
            if (depth == 0) {
                return 0;
            }

            depth--;
            break;

        case ',':
            if (depth == 0) {
                return i;
            }
        }
    }

    return depth ? 0 : i;
}


static size_t
string_len(assist_str_t s)
{
    size_t  i;

    for (i = 1; i < s.len; i++) {

        if (s.data[i] == '"') {
            return i + 1;
        }

        if (s.data[i] == '\\') {
            i++;
        }
    }

    return 0;
}


/* The bit of a member that must be there, 0 for another; -1: a bad value. */

static int
event_member(assist_event_t *event, assist_str_t *service, assist_str_t name,
    assist_str_t value)
{
    int       n;
    uint64_t  ms;

    switch (name.len) {

    case 2:
        if (is(name, "by")) {
            n = word(value, by_name, ASSIST_BY_MAX);
            event->by = (assist_by_t) n;
            return n < 0 ? -1 : SEEN_BY;
        }

        if (is(name, "ms")) {
            if (assist_line_number(value, &ms) != 0) {
                return -1;
            }

            event->latency = ms < UINT32_MAX ? (uint32_t) ms : UINT32_MAX;
            return SEEN_MS;
        }

        break;

    case 4:
        if (is(name, "kind")) {
            n = word(value, kind_name, ASSIST_KIND_MAX);
            event->kind = (assist_kind_t) n;
            return n < 0 ? -1 : SEEN_KIND;
        }

        break;

    case 5:
        if (is(name, "cache")) {
            n = is(value, "null") ? ASSIST_CACHE_NONE
                                  : word(value, cache_name, ASSIST_CACHE_MAX);
            event->cache = (assist_cache_t) n;
            return n < 0 ? -1 : SEEN_CACHE;
        }

        break;

    case 7:
        if (is(name, "service")) {
            *service = value;
            return value.data[0] == '"' || is(value, "null") ? SEEN_SERVICE
                                                             : -1;
        }

        if (is(name, "outcome")) {
            n = word(value, outcome_name, ASSIST_OUTCOME_MAX);
            event->outcome = (assist_outcome_t) n;
            return n < 0 ? -1 : SEEN_OUTCOME;
        }

        if (is(name, "sourced")) {
            n = truth(value);
            event->sourced = n > 0;
            return n < 0 ? -1 : SEEN_SOURCED;
        }

        break;

    case 8:
        if (is(name, "degraded")) {
            n = truth(value);
            event->degraded = n > 0;
            return n < 0 ? -1 : 0;
        }

        break;

    case 9:
        if (is(name, "disclosed")) {
            n = truth(value);
            event->disclosed = n > 0;
            return n < 0 ? -1 : SEEN_DISCLOSED;
        }

        if (is(name, "tokens_in")) {
            return tokens(value, &event->tokens_in);
        }

        break;

    case 10:
        if (is(name, "tokens_out")) {
            return tokens(value, &event->tokens_out);
        }
    }

    return 0;
}


/* Which of the names a string is; -1: none. */

static int
word(assist_str_t value, const char *(*name)(unsigned), int max)
{
    int          i;
    const char  *text;

    if (value.len < 2 || value.data[0] != '"') {
        return -1;
    }

    value.data++;
    value.len -= 2;

    for (i = 0; i < max; i++) {
        text = name((unsigned) i);

        if (value.len && text[0] == value.data[0]
            && strlen(text) == value.len
            && memcmp(text, value.data, value.len) == 0)
        {
            return i;
        }
    }

    return -1;
}


static const char *
kind_name(unsigned i)
{
    return assist_kind_name((assist_kind_t) i);
}


static const char *
outcome_name(unsigned i)
{
    return assist_outcome_name((assist_outcome_t) i);
}


static const char *
cache_name(unsigned i)
{
    return assist_cache_name((assist_cache_t) i);
}


static const char *
by_name(unsigned i)
{
    return assist_by_name((assist_by_t) i);
}


static int
truth(assist_str_t value)
{
    if (is(value, "true")) {
        return 1;
    }

    return is(value, "false") ? 0 : -1;
}


static int
tokens(assist_str_t value, int64_t *n)
{
    uint64_t  v;

    if (is(value, "null")) {
        *n = -1;
        return 0;
    }

    if (assist_line_number(value, &v) != 0 || v > INT64_MAX) {
        return -1;
    }

    *n = (int64_t) v;

    return 0;
}


static int
digits(const char *p, int n)
{
    int  v;

    for (v = 0; n > 0; n--, p++) {
        if (*p < '0' || *p > '9') {
            return -1;
        }

        v = v * 10 + (*p - '0');
    }

    return v;
}


static int
hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


static int
is_writer(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '-';
}


/* Steps over text at the start of s; -1: it does not start so. */

static int
skip(assist_str_t *s, const char *text, size_t len)
{
    if (s->len < len || memcmp(s->data, text, len) != 0) {
        return -1;
    }

    s->data += len;
    s->len -= len;

    return 0;
}
