#include "evidence.h"

#include <zlib.h>

#include "date.h"


#define TAIL_LEN        (sizeof(",\"crc\":\"00000000\"}") - 1)
#define WRITER_MAX      40
#define TIME_LEN        (sizeof("2026-11-23T18:40:01+07:00") - 1)
#define TIME_MAX        253402300799        /* the end of the year 9999 */

#define lit(out, text)  assist_buf_add(out, text, sizeof(text) - 1)


static void add_name(assist_buf_t *out, assist_str_t s);
static void add_tokens(assist_buf_t *out, int64_t n);
static void add_bool(assist_buf_t *out, int on);
static void digits(char *p, int n, unsigned value);
static int hex(char c);
static int is_writer(char c);
static int skip(assist_str_t *s, const char *text);


size_t
assist_evidence_open(assist_buf_t *out, const assist_evidence_head_t *head,
    int64_t time, const char *type)
{
    size_t  start;

    start = out->len;

    lit(out, "{\"v\":1,\"t\":");
    assist_evidence_time(out, time, head->gmtoff);
    lit(out, ",\"w\":");
    assist_buf_json(out, assist_str_of(head->writer));
    lit(out, ",\"seq\":");
    assist_buf_uint(out, head->seq);
    lit(out, ",\"type\":\"");
    assist_buf_puts(out, type);
    lit(out, "\"");

    return start;
}


void
assist_evidence_close(assist_buf_t *out, size_t start)
{
    int       i;
    char      tail[8];
    uint32_t  crc;

    if (out->failed) {
        /* the whole lines before this one are still good */
        out->len = start;
        return;
    }

    crc = assist_crc32(0, out->data + start, out->len - start);

    for (i = 7; i >= 0; i--) {
        tail[i] = "0123456789abcdef"[crc & 15];
        crc >>= 4;
    }

    lit(out, ",\"crc\":\"");
    assist_buf_add(out, tail, sizeof(tail));
    lit(out, "\"}\n");

    if (out->failed) {
        out->len = start;
    }
}


void
assist_evidence_interaction(assist_buf_t *out,
    const assist_evidence_head_t *head, const assist_event_t *event,
    const assist_evidence_names_t *names)
{
    size_t  start;

    start = assist_evidence_open(out, head, event->time, "interaction");

    lit(out, ",\"kind\":");
    add_name(out, assist_str_of(assist_kind_name(event->kind)));
    lit(out, ",\"service\":");
    add_name(out, names->service);
    lit(out, ",\"outcome\":");
    add_name(out, assist_str_of(assist_outcome_name(event->outcome)));
    lit(out, ",\"cache\":");
    add_name(out, assist_str_of(assist_cache_name(event->cache)));
    lit(out, ",\"by\":");
    add_name(out, assist_str_of(assist_by_name(event->by)));

    lit(out, ",\"hook\":");
    add_name(out, names->hook);
    lit(out, ",\"version\":");
    add_name(out, names->version);
    lit(out, ",\"provider\":");
    add_name(out, names->provider);
    lit(out, ",\"model\":");
    add_name(out, names->model);

    lit(out, ",\"tokens_in\":");
    add_tokens(out, event->tokens_in);
    lit(out, ",\"tokens_out\":");
    add_tokens(out, event->tokens_out);
    lit(out, ",\"ms\":");
    assist_buf_uint(out, event->latency);

    lit(out, ",\"sourced\":");
    add_bool(out, event->sourced);
    lit(out, ",\"disclosed\":");
    add_bool(out, event->disclosed);
    lit(out, ",\"degraded\":");
    add_bool(out, event->degraded);

    assist_evidence_close(out, start);
}


void
assist_evidence_feedback(assist_buf_t *out, const assist_evidence_head_t *head,
    int64_t time, assist_str_t service, int useful)
{
    size_t  start;

    start = assist_evidence_open(out, head, time, "feedback");

    lit(out, ",\"service\":");
    add_name(out, service);
    lit(out, ",\"useful\":");
    add_bool(out, useful);

    assist_evidence_close(out, start);
}


/*
 * The head is read in the one order in which it is written, so the line need
 * not be parsed as JSON: that its CRC holds says that the rest is as it was.
 */

int
assist_evidence_check(assist_str_t line, assist_str_t *writer, uint64_t *seq,
    const char **reason)
{
    int           digit;
    size_t        i, body;
    uint32_t      crc;
    uint64_t      n;
    assist_str_t  s, w;

    if (line.len <= TAIL_LEN) {
        *reason = "it is torn: too short for a line of evidence";
        return -1;
    }

    body = line.len - TAIL_LEN;
    s = (assist_str_t) { line.data + body, TAIL_LEN };

    if (skip(&s, ",\"crc\":\"") != 0
        || memcmp(line.data + line.len - 2, "\"}", 2) != 0)
    {
        *reason = "it is torn: it does not end with a CRC";
        return -1;
    }

    for (crc = 0, i = 0; i < 8; i++) {
        digit = hex(s.data[i]);

        if (digit < 0) {
            *reason = "its CRC is not eight hexadecimal digits";
            return -1;
        }

        crc = crc << 4 | (uint32_t) digit;
    }

    if (crc != assist_crc32(0, line.data, body)) {
        *reason = "its CRC does not match: it was changed or damaged";
        return -1;
    }

    s = (assist_str_t) { line.data, body };

    if (skip(&s, "{\"v\":1,\"t\":\"") != 0) {
        *reason = "it does not start as a line of version 1 does";
        return -1;
    }

    if (s.len < TIME_LEN || memchr(s.data, '"', TIME_LEN) != NULL) {
        *reason = "its time is not of the form 2026-11-23T18:40:01+07:00";
        return -1;
    }

    s.data += TIME_LEN;
    s.len -= TIME_LEN;

    if (skip(&s, "\",\"w\":\"") != 0) {
        *reason = "it names no writer";
        return -1;
    }

    w = (assist_str_t) { s.data, 0 };

    while (w.len < s.len && w.len <= WRITER_MAX && is_writer(s.data[w.len])) {
        w.len++;
    }

    s.data += w.len;
    s.len -= w.len;

    if (w.len == 0 || w.len > WRITER_MAX || skip(&s, "\",\"seq\":") != 0) {
        *reason = "its writer is not 1 to 40 letters, digits, \"._-\"";
        return -1;
    }

    for (n = 0, i = 0; i < s.len && s.data[i] >= '0' && s.data[i] <= '9'; i++) {
        digit = s.data[i] - '0';

        if (n > (UINT64_MAX - (uint64_t) digit) / 10) {
            *reason = "its sequence number is too large";
            return -1;
        }

        n = n * 10 + (uint64_t) digit;
    }

    /* lines count from 1, and a type follows in every one */

    if (n == 0 || i == s.len || s.data[i] != ',') {
        *reason = "it has no sequence number";
        return -1;
    }

    *writer = w;
    *seq = n;

    return 0;
}


void
assist_evidence_time(assist_buf_t *out, int64_t time, int gmtoff)
{
    int       year, month, day;
    char     *p;
    int64_t   local;
    unsigned  second, east;

    gmtoff = gmtoff > 1439 ? 1439 : gmtoff;
    gmtoff = gmtoff < -1439 ? -1439 : gmtoff;
    east = (unsigned) (gmtoff < 0 ? -gmtoff : gmtoff);

    /* a clock that is far off must not write a line that cannot be read */
    time = time < 86400 ? 86400 : time;
    time = time > TIME_MAX - 86400 ? TIME_MAX - 86400 : time;

    local = time + gmtoff * 60;
    second = (unsigned) (local % 86400);
    assist_date_civil((int32_t) (local / 86400), &year, &month, &day);

    p = assist_buf_reserve(out, TIME_LEN + 2);
    if (p == NULL) {
        return;
    }

    memcpy(p, "\"0000-00-00T00:00:00+00:00\"", TIME_LEN + 2);
    digits(p + 1, 4, (unsigned) year);
    digits(p + 6, 2, (unsigned) month);
    digits(p + 9, 2, (unsigned) day);
    digits(p + 12, 2, second / 3600);
    digits(p + 15, 2, second / 60 % 60);
    digits(p + 18, 2, second % 60);
    p[20] = gmtoff < 0 ? '-' : '+';
    digits(p + 21, 2, east / 60);
    digits(p + 24, 2, east % 60);

    out->len += TIME_LEN + 2;
}


uint32_t
assist_crc32(uint32_t crc, const char *data, size_t len)
{
    return (uint32_t) crc32_z(crc, (const unsigned char *) data, len);
}


static void
add_name(assist_buf_t *out, assist_str_t s)
{
    if (s.len == 0) {
        lit(out, "null");
        return;
    }

    assist_buf_json(out, s);
}


/* unknown is null, never 0: a model that does not say is not free of cost */

static void
add_tokens(assist_buf_t *out, int64_t n)
{
    if (n < 0) {
        lit(out, "null");
        return;
    }

    assist_buf_uint(out, (uint64_t) n);
}


static void
add_bool(assist_buf_t *out, int on)
{
    if (on) {
        lit(out, "true");

    } else {
        lit(out, "false");
    }
}


static void
digits(char *p, int n, unsigned value)
{
    while (n-- > 0) {
        p[n] = (char) ('0' + value % 10);
        value /= 10;
    }
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
skip(assist_str_t *s, const char *text)
{
    size_t  n;

    n = strlen(text);

    if (s->len < n || memcmp(s->data, text, n) != 0) {
        return -1;
    }

    s->data += n;
    s->len -= n;

    return 0;
}
