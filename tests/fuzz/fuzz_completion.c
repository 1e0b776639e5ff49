/*
 * What libFuzzer calls: a model's answer, as a stream and as a body.  Wherever
 * it is split, the result is the same, and the text is UTF-8; what is JSON is
 * what jansson takes for it.
 */

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "completion.h"
#include "sse.h"
#include "utf8.h"


/* Longer texts are cut at fewer places: all of them take quadratic time. */
#define CUTS  64

/* Of an event, where streams are looked at alone. */
#define MAX_EVENT  32


static void check_splits(assist_str_t type, assist_str_t in);
static void check_events(assist_str_t in);
static void check_json(assist_str_t text);
static void check_string(assist_str_t text);
static void check_write(assist_str_t text);
static void complete(assist_str_t type, assist_str_t in, size_t cut,
    size_t each, assist_buf_t *out);
static void feed(assist_completion_t *c, assist_str_t in, size_t from,
    size_t to);
static void events(assist_str_t in, size_t cut, size_t each,
    assist_buf_t *out);
static assist_str_t part(assist_str_t text, size_t from, size_t to);
static int on_text(void *data, assist_str_t text);
static int on_event(void *data, assist_str_t event, assist_str_t text);
static int is_stricter(const json_error_t *error);
static void wrap(assist_buf_t *out, const char *start, assist_str_t text,
    const char *end);
static void must(int ok, const char *what);


static const assist_str_t  stream = assist_str("text/event-stream");
static const assist_str_t  body = assist_str("application/json");


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    assist_buf_t  in = ASSIST_BUF_INIT;
    assist_str_t  text;

    text = (assist_str_t) { size ? (const char *) data : "", size };

    check_splits(stream, text);
    check_splits(body, text);

    wrap(&in, "data: {\"choices\":[{\"delta\":{\"content\":\"", text,
         "\"}}]}\n\n");
    check_splits(stream, assist_buf_str(&in));

    wrap(&in, "data: {\"choices\":[{\"", text, "}]}\n\ndata: [DONE]\n\n");
    check_splits(stream, assist_buf_str(&in));

    check_events(text);

    wrap(&in, ":data:", text, "\rdata\r\n\n");
    check_events(assist_buf_str(&in));

    check_json(text);
    check_string(text);
    check_write(text);

    assist_buf_free(&in);

    return 0;
}


static void
check_splits(assist_str_t type, assist_str_t in)
{
    size_t        cut, step;
    assist_buf_t  whole = ASSIST_BUF_INIT, out = ASSIST_BUF_INIT;

    complete(type, in, 0, 0, &whole);

    step = in.len / CUTS + 1;

    for (cut = 1; cut <= in.len; cut += step) {
        complete(type, in, cut, 0, &out);
        must(assist_str_eq(assist_buf_str(&out), assist_buf_str(&whole)),
             "split");
    }

    complete(type, in, 0, 1, &out);
    must(assist_str_eq(assist_buf_str(&out), assist_buf_str(&whole)),
         "byte by byte");

    assist_buf_free(&whole);
    assist_buf_free(&out);
}


static void
check_events(assist_str_t in)
{
    size_t        cut, step;
    assist_buf_t  whole = ASSIST_BUF_INIT, out = ASSIST_BUF_INIT;

    events(in, 0, 0, &whole);

    step = in.len / CUTS + 1;

    for (cut = 1; cut <= in.len; cut += step) {
        events(in, cut, 0, &out);
        must(assist_str_eq(assist_buf_str(&out), assist_buf_str(&whole)),
             "events, split");
    }

    events(in, 0, 1, &out);
    must(assist_str_eq(assist_buf_str(&out), assist_buf_str(&whole)),
         "events, byte by byte");

    assist_buf_free(&whole);
    assist_buf_free(&out);
}


/* A value is JSON for us if it is for jansson, which loses a NUL after a
   number. */

static void
check_json(assist_str_t text)
{
    int           ours;
    size_t        i, depth;
    json_t       *json;
    json_error_t  error;
    assist_buf_t  in = ASSIST_BUF_INIT, out = ASSIST_BUF_INIT;

    wrap(&in, "{\"choices\":[{}],\"x\":", text, "}");
    complete(body, assist_buf_str(&in), 0, 0, &out);

    assist_buf_putc(&out, '\0');
    ours = strstr(out.data, "not a JSON object") == NULL;

    json = json_loadb(in.data, in.len,
                      JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &error);

    for (i = 0, depth = 0; i < in.len; i++) {
        depth += in.data[i] == '[' || in.data[i] == '{';
    }

    if (json != NULL) {
        must(ours || depth > ASSIST_COMPLETION_DEPTH
             || memchr(in.data, '\0', in.len) != NULL, "JSON, but refused");

    } else {
        must(!ours || is_stricter(&error), "no JSON, but taken");
    }

    json_decref(json);
    assist_buf_free(&in);
    assist_buf_free(&out);
}


/* A string is decoded as jansson does it. */

static void
check_string(assist_str_t text)
{
    json_t       *json;
    assist_buf_t  in = ASSIST_BUF_INIT, out = ASSIST_BUF_INIT;
    assist_buf_t  expected = ASSIST_BUF_INIT;

    wrap(&in, "\"", text, "\"");
    json = json_loadb(in.data, in.len, JSON_DECODE_ANY | JSON_ALLOW_NUL,
                      NULL);

    if (json != NULL) {
        wrap(&in, "{\"choices\":[{\"message\":{\"content\":\"", text,
             "\"}}]}");
        complete(body, assist_buf_str(&in), 0, 0, &out);

        if (json_string_length(json)) {
            (void) on_text(&expected, (assist_str_t) {
                               json_string_value(json),
                               json_string_length(json) });
        }

        must(out.len >= expected.len
             && memcmp(out.data, expected.data ? expected.data : "",
                       expected.len) == 0,
             "a string");
    }

    json_decref(json);
    assist_buf_free(&in);
    assist_buf_free(&out);
    assist_buf_free(&expected);
}


/* What is written is read again, with \n for each line end. */

static void
check_write(assist_str_t text)
{
    size_t        i;
    assist_sse_t  sse;
    assist_buf_t  out = ASSIST_BUF_INIT, back = ASSIST_BUF_INIT;
    assist_buf_t  lines = ASSIST_BUF_INIT;

    assist_buf_puts(&lines, "name|");

    for (i = 0; i < text.len; i++) {

        if (text.data[i] == '\r') {
            i += i + 1 < text.len && text.data[i + 1] == '\n';
            assist_buf_putc(&lines, '\n');

        } else {
            assist_buf_putc(&lines, text.data[i]);
        }
    }

    assist_buf_putc(&lines, '\n');

    assist_sse_write(&out, "name", text);
    assist_sse_init(&sse, ASSIST_COMPLETION_MAX, on_event, &back);
    must(assist_sse_feed(&sse, assist_buf_str(&out)) == 0, "fed");
    must(assist_str_eq(assist_buf_str(&back), assist_buf_str(&lines)),
         "written and read");
    assist_sse_free(&sse);

    assist_buf_free(&out);
    assist_buf_free(&back);
    assist_buf_free(&lines);
}


static void
complete(assist_str_t type, assist_str_t in, size_t cut, size_t each,
    assist_buf_t *out)
{
    size_t               i;
    assist_completion_t  c;

    out->len = 0;
    assist_completion_init(&c, type, on_text, out);

    for (i = 0; each && i < in.len; i++) {
        feed(&c, in, i, i + 1);
    }

    if (!each) {
        feed(&c, in, 0, cut);
        feed(&c, in, cut, in.len);
    }

    assist_completion_finish(&c);

    must(c.state != ASSIST_COMPLETION_RUNNING, "finished");
    must((c.state == ASSIST_COMPLETION_ERROR) == (c.error != NULL), "error");
    must(c.began == (out->len > 0), "began");
    must(c.tokens_in >= -1 && c.tokens_out >= -1, "tokens");

    assist_buf_printf(out, "%d %d %lld %lld %s %s", c.state, c.finish,
                      (long long) c.tokens_in, (long long) c.tokens_out,
                      c.model, c.error ? c.error : "");

    assist_completion_free(&c);
}


static void
feed(assist_completion_t *c, assist_str_t in, size_t from, size_t to)
{
    (void) assist_completion_feed(c, part(in, from, to));
}


static void
events(assist_str_t in, size_t cut, size_t each, assist_buf_t *out)
{
    size_t        i;
    assist_sse_t  sse;

    out->len = 0;
    assist_sse_init(&sse, MAX_EVENT, on_event, out);

    for (i = 0; each && i < in.len; i++) {
        (void) assist_sse_feed(&sse, part(in, i, i + 1));
    }

    if (!each) {
        (void) assist_sse_feed(&sse, part(in, 0, cut));
        (void) assist_sse_feed(&sse, part(in, cut, in.len));
    }

    (void) assist_sse_end(&sse);
    assist_buf_puts(out, sse.error);
    assist_sse_free(&sse);
}


/* A copy, so that a read past its end is seen; kept until the next. */

static assist_str_t
part(assist_str_t text, size_t from, size_t to)
{
    static char  *copy;

    free(copy);
    copy = malloc(to - from + (to == from));
    must(copy != NULL, "memory");

    if (to > from) {
        memcpy(copy, text.data + from, to - from);
    }

    return (assist_str_t) { copy, to - from };
}


static int
on_text(void *data, assist_str_t text)
{
    size_t                n;
    assist_buf_t         *out = data;
    const unsigned char  *p, *end;

    p = (const unsigned char *) text.data;
    end = p + text.len;

    must(p < end, "not empty");

    for ( /* void */ ; p < end; p += n) {
        n = assist_utf8_len(p, end);
        must(n > 0, "UTF-8");
    }

    assist_buf_putc(out, '(');
    assist_buf_add(out, text.data, text.len);
    assist_buf_putc(out, ')');

    return 0;
}


static int
on_event(void *data, assist_str_t event, assist_str_t text)
{
    assist_buf_t  *out = data;

    assist_buf_add(out, event.data, event.len);
    assist_buf_putc(out, '|');
    assist_buf_add(out, text.data, text.len);
    assist_buf_putc(out, '\n');

    return 0;
}


/* jansson refuses these, and we do not. */

static int
is_stricter(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_invalid_utf8:
    case json_error_numeric_overflow:
    case json_error_null_byte_in_key:
        return 1;
    default:
        return strncmp(error->text, "invalid Unicode", 15) == 0;
    }
}


static void
wrap(assist_buf_t *out, const char *start, assist_str_t text, const char *end)
{
    out->len = 0;
    assist_buf_puts(out, start);
    assist_buf_add(out, text.data, text.len);
    assist_buf_puts(out, end);
    must(!out->failed, "memory");
}


static void
must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "not so: %s\n", what);
        abort();
    }
}
