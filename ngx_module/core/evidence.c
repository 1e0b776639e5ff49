#include "evidence.h"

#include <libdeflate.h>

#include "date.h"


#define TIME_LEN        (sizeof("2026-11-23T18:40:01+07:00") - 1)
#define TIME_MAX        253402300799        /* the end of the year 9999 */

#define lit(out, text)  assist_buf_add(out, text, sizeof(text) - 1)


static void make_start(assist_evidence_head_t *head, int64_t time);
static void put_time(char *p, int64_t time, int gmtoff);
static void add_word(assist_buf_t *out, const char *word);
static void add_name(assist_buf_t *out, assist_str_t s);
static void add_tokens(assist_buf_t *out, int64_t n);
static void add_bool(assist_buf_t *out, int on);
static void digits(char *p, int n, unsigned value);


size_t
assist_evidence_open(assist_buf_t *out, assist_evidence_head_t *head,
    int64_t time, const char *type)
{
    size_t  start;

    if (head->start.len == 0 || head->start.time != time
        || head->start.gmtoff != head->gmtoff)
    {
        make_start(head, time);
    }

    start = out->len;

    assist_buf_add(out, head->start.text, head->start.len);
    assist_buf_uint(out, head->seq);
    lit(out, ",\"type\":\"");
    assist_buf_puts(out, type);
    lit(out, "\"");

    return start;
}


void
assist_evidence_close(assist_buf_t *out, const assist_evidence_head_t *head,
    size_t start)
{
    int       i;
    char      tail[8];
    size_t    known;
    uint32_t  crc;

    if (out->failed) {
        /* the whole lines before this one are still good */
        out->len = start;
        return;
    }

    known = head->start.len;

    crc = assist_crc32(head->start.crc, out->data + start + known,
                       out->len - start - known);

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
assist_evidence_interaction(assist_buf_t *out, assist_evidence_head_t *head,
    const assist_event_t *event, const assist_evidence_names_t *names)
{
    size_t  start;

    start = assist_evidence_open(out, head, event->time, "interaction");

    lit(out, ",\"kind\":");
    add_word(out, assist_kind_name(event->kind));
    lit(out, ",\"service\":");
    add_name(out, names->service);
    lit(out, ",\"outcome\":");
    add_word(out, assist_outcome_name(event->outcome));
    lit(out, ",\"cache\":");
    add_word(out, assist_cache_name(event->cache));
    lit(out, ",\"by\":");
    add_word(out, assist_by_name(event->by));

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

    assist_evidence_close(out, head, start);
}


void
assist_evidence_feedback(assist_buf_t *out, assist_evidence_head_t *head,
    int64_t time, assist_str_t service, int useful)
{
    size_t  start;

    start = assist_evidence_open(out, head, time, "feedback");

    lit(out, ",\"service\":");
    add_name(out, service);
    lit(out, ",\"useful\":");
    add_bool(out, useful);

    assist_evidence_close(out, head, start);
}


void
assist_evidence_shown(assist_buf_t *out, assist_evidence_head_t *head,
    int64_t time, assist_str_t service)
{
    size_t  start;

    start = assist_evidence_open(out, head, time, "shown");

    lit(out, ",\"service\":");
    add_name(out, service);

    assist_evidence_close(out, head, start);
}


void
assist_evidence_time(assist_buf_t *out, int64_t time, int gmtoff)
{
    char  *p;

    p = assist_buf_reserve(out, TIME_LEN + 2);
    if (p == NULL) {
        return;
    }

    put_time(p, time, gmtoff);
    out->len += TIME_LEN + 2;
}


uint32_t
assist_crc32(uint32_t crc, const char *data, size_t len)
{
    return libdeflate_crc32(crc, data, len);
}


static void
make_start(assist_evidence_head_t *head, int64_t time)
{
    char    *p;
    size_t   n;

    n = strnlen(head->writer, ASSIST_WRITER_MAX);
    p = head->start.text;

#define put(text)                                                             \
    memcpy(p, text, sizeof(text) - 1);                                        \
    p += sizeof(text) - 1

    put("{\"v\":1,\"t\":");
    put_time(p, time, head->gmtoff);
    p += TIME_LEN + 2;
    put(",\"w\":\"");
    memcpy(p, head->writer, n);
    p += n;
    put("\",\"seq\":");

#undef put

    head->start.time = time;
    head->start.gmtoff = head->gmtoff;
    head->start.len = (size_t) (p - head->start.text);
    head->start.crc = assist_crc32(0, head->start.text, head->start.len);
}


static void
put_time(char *p, int64_t time, int gmtoff)
{
    int       year, month, day;
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
}


/* A word of ours, which needs no escape. */

static void
add_word(assist_buf_t *out, const char *word)
{
    size_t  n;

    n = word ? strlen(word) : 0;

    if (n == 0) {
        lit(out, "null");
        return;
    }

    lit(out, "\"");
    assist_buf_add(out, word, n);
    lit(out, "\"");
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
