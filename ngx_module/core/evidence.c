#include "evidence.h"

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


/* the reflected polynomial 0xedb88320, as in zlib, PNG and Ethernet */

static const uint32_t  crc_table[256] = {
    0x00000000, 0x77073096, 0xee0e612c, 0x990951ba, 0x076dc419, 0x706af48f,
    0xe963a535, 0x9e6495a3, 0x0edb8832, 0x79dcb8a4, 0xe0d5e91e, 0x97d2d988,
    0x09b64c2b, 0x7eb17cbd, 0xe7b82d07, 0x90bf1d91, 0x1db71064, 0x6ab020f2,
    0xf3b97148, 0x84be41de, 0x1adad47d, 0x6ddde4eb, 0xf4d4b551, 0x83d385c7,
    0x136c9856, 0x646ba8c0, 0xfd62f97a, 0x8a65c9ec, 0x14015c4f, 0x63066cd9,
    0xfa0f3d63, 0x8d080df5, 0x3b6e20c8, 0x4c69105e, 0xd56041e4, 0xa2677172,
    0x3c03e4d1, 0x4b04d447, 0xd20d85fd, 0xa50ab56b, 0x35b5a8fa, 0x42b2986c,
    0xdbbbc9d6, 0xacbcf940, 0x32d86ce3, 0x45df5c75, 0xdcd60dcf, 0xabd13d59,
    0x26d930ac, 0x51de003a, 0xc8d75180, 0xbfd06116, 0x21b4f4b5, 0x56b3c423,
    0xcfba9599, 0xb8bda50f, 0x2802b89e, 0x5f058808, 0xc60cd9b2, 0xb10be924,
    0x2f6f7c87, 0x58684c11, 0xc1611dab, 0xb6662d3d, 0x76dc4190, 0x01db7106,
    0x98d220bc, 0xefd5102a, 0x71b18589, 0x06b6b51f, 0x9fbfe4a5, 0xe8b8d433,
    0x7807c9a2, 0x0f00f934, 0x9609a88e, 0xe10e9818, 0x7f6a0dbb, 0x086d3d2d,
    0x91646c97, 0xe6635c01, 0x6b6b51f4, 0x1c6c6162, 0x856530d8, 0xf262004e,
    0x6c0695ed, 0x1b01a57b, 0x8208f4c1, 0xf50fc457, 0x65b0d9c6, 0x12b7e950,
    0x8bbeb8ea, 0xfcb9887c, 0x62dd1ddf, 0x15da2d49, 0x8cd37cf3, 0xfbd44c65,
    0x4db26158, 0x3ab551ce, 0xa3bc0074, 0xd4bb30e2, 0x4adfa541, 0x3dd895d7,
    0xa4d1c46d, 0xd3d6f4fb, 0x4369e96a, 0x346ed9fc, 0xad678846, 0xda60b8d0,
    0x44042d73, 0x33031de5, 0xaa0a4c5f, 0xdd0d7cc9, 0x5005713c, 0x270241aa,
    0xbe0b1010, 0xc90c2086, 0x5768b525, 0x206f85b3, 0xb966d409, 0xce61e49f,
    0x5edef90e, 0x29d9c998, 0xb0d09822, 0xc7d7a8b4, 0x59b33d17, 0x2eb40d81,
    0xb7bd5c3b, 0xc0ba6cad, 0xedb88320, 0x9abfb3b6, 0x03b6e20c, 0x74b1d29a,
    0xead54739, 0x9dd277af, 0x04db2615, 0x73dc1683, 0xe3630b12, 0x94643b84,
    0x0d6d6a3e, 0x7a6a5aa8, 0xe40ecf0b, 0x9309ff9d, 0x0a00ae27, 0x7d079eb1,
    0xf00f9344, 0x8708a3d2, 0x1e01f268, 0x6906c2fe, 0xf762575d, 0x806567cb,
    0x196c3671, 0x6e6b06e7, 0xfed41b76, 0x89d32be0, 0x10da7a5a, 0x67dd4acc,
    0xf9b9df6f, 0x8ebeeff9, 0x17b7be43, 0x60b08ed5, 0xd6d6a3e8, 0xa1d1937e,
    0x38d8c2c4, 0x4fdff252, 0xd1bb67f1, 0xa6bc5767, 0x3fb506dd, 0x48b2364b,
    0xd80d2bda, 0xaf0a1b4c, 0x36034af6, 0x41047a60, 0xdf60efc3, 0xa867df55,
    0x316e8eef, 0x4669be79, 0xcb61b38c, 0xbc66831a, 0x256fd2a0, 0x5268e236,
    0xcc0c7795, 0xbb0b4703, 0x220216b9, 0x5505262f, 0xc5ba3bbe, 0xb2bd0b28,
    0x2bb45a92, 0x5cb36a04, 0xc2d7ffa7, 0xb5d0cf31, 0x2cd99e8b, 0x5bdeae1d,
    0x9b64c2b0, 0xec63f226, 0x756aa39c, 0x026d930a, 0x9c0906a9, 0xeb0e363f,
    0x72076785, 0x05005713, 0x95bf4a82, 0xe2b87a14, 0x7bb12bae, 0x0cb61b38,
    0x92d28e9b, 0xe5d5be0d, 0x7cdcefb7, 0x0bdbdf21, 0x86d3d2d4, 0xf1d4e242,
    0x68ddb3f8, 0x1fda836e, 0x81be16cd, 0xf6b9265b, 0x6fb077e1, 0x18b74777,
    0x88085ae6, 0xff0f6a70, 0x66063bca, 0x11010b5c, 0x8f659eff, 0xf862ae69,
    0x616bffd3, 0x166ccf45, 0xa00ae278, 0xd70dd2ee, 0x4e048354, 0x3903b3c2,
    0xa7672661, 0xd06016f7, 0x4969474d, 0x3e6e77db, 0xaed16a4a, 0xd9d65adc,
    0x40df0b66, 0x37d83bf0, 0xa9bcae53, 0xdebb9ec5, 0x47b2cf7f, 0x30b5ffe9,
    0xbdbdf21c, 0xcabac28a, 0x53b39330, 0x24b4a3a6, 0xbad03605, 0xcdd70693,
    0x54de5729, 0x23d967bf, 0xb3667a2e, 0xc4614ab8, 0x5d681b02, 0x2a6f2b94,
    0xb40bbe37, 0xc30c8ea1, 0x5a05df1b, 0x2d02ef8d
};


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
    size_t  i;

    crc = ~crc;

    for (i = 0; i < len; i++) {
        crc = crc_table[(crc ^ (unsigned char) data[i]) & 0xff] ^ crc >> 8;
    }

    return ~crc;
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
