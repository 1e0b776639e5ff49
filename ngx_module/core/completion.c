#include "completion_priv.h"

#include <strings.h>

#include "utf8.h"


static int is_type(assist_str_t header, const char *type);
static int on_event(void *data, assist_str_t event, assist_str_t text);
static void end_body(assist_completion_t *c);
static void take(assist_completion_t *c,
    const assist_completion_chunk_t *chunk);
static void take_model(assist_completion_t *c, assist_str_t raw);
static void take_text(assist_completion_t *c, assist_str_t raw);
static assist_finish_t finish_of(assist_str_t raw);
static void fail(assist_completion_t *c, const char *error);
static assist_str_t trim(assist_str_t s);


void
assist_completion_request(assist_buf_t *out,
    const assist_completion_request_t *request)
{
    size_t  i;

    assist_buf_puts(out, "{\"model\":");
    assist_buf_json(out, request->model);
    assist_buf_puts(out, ",\"messages\":[");

    for (i = 0; i < request->nmessages; i++) {
        assist_buf_puts(out, i ? ",{\"role\":" : "{\"role\":");
        assist_buf_json(out, request->messages[i].role);
        assist_buf_puts(out, ",\"content\":");
        assist_buf_json(out, request->messages[i].content);
        assist_buf_putc(out, '}');
    }

    assist_buf_putc(out, ']');

    if (request->max_tokens) {
        assist_buf_puts(out, ",\"max_tokens\":");
        assist_buf_uint(out, request->max_tokens);
    }

    if (request->stream) {
        assist_buf_puts(out, ",\"stream\":true"
                             ",\"stream_options\":{\"include_usage\":true}");
    }

    assist_buf_putc(out, '}');
}


void
assist_completion_init(assist_completion_t *c, assist_str_t content_type,
    assist_completion_text_pt on_text, void *data)
{
    memset(c, 0, sizeof(assist_completion_t));

    c->tokens_in = -1;
    c->tokens_out = -1;
    c->on_text = on_text;
    c->data = data;

    assist_sse_init(&c->sse, ASSIST_COMPLETION_MAX, on_event, c);

    if (is_type(content_type, "text/event-stream")) {
        c->stream = 1;

    } else if (!is_type(content_type, "application/json")) {
        fail(c, "the answer is neither a stream of events nor JSON");
    }
}


void
assist_completion_free(assist_completion_t *c)
{
    assist_sse_free(&c->sse);
    assist_buf_free(&c->body);
    assist_buf_free(&c->text);
}


int
assist_completion_feed(assist_completion_t *c, assist_str_t bytes)
{
    if (c->state != ASSIST_COMPLETION_RUNNING) {
        return c->state == ASSIST_COMPLETION_ERROR ? -1 : 0;
    }

    if (c->stream) {

        /* it also stops after [DONE], and after an error of our own */

        if (assist_sse_feed(&c->sse, bytes) != 0
            && c->state == ASSIST_COMPLETION_RUNNING)
        {
            fail(c, c->sse.error);
        }

    } else if (bytes.len > ASSIST_COMPLETION_MAX - c->body.len) {
        fail(c, "the body is too large");

    } else {
        assist_buf_add(&c->body, bytes.data, bytes.len);

        if (c->body.failed) {
            fail(c, "out of memory");
        }
    }

    return c->state == ASSIST_COMPLETION_ERROR ? -1 : 0;
}


assist_completion_state_t
assist_completion_finish(assist_completion_t *c)
{
    if (c->state != ASSIST_COMPLETION_RUNNING) {
        return c->state;
    }

    c->ended = 1;

    if (!c->stream) {
        end_body(c);
        return c->state;
    }

    if (assist_sse_end(&c->sse) != 0
        && c->state == ASSIST_COMPLETION_RUNNING)
    {
        fail(c, c->sse.error);
    }

    if (c->state == ASSIST_COMPLETION_RUNNING) {
        c->state = c->finish == ASSIST_FINISH_NONE ? ASSIST_COMPLETION_CUT
                                                   : ASSIST_COMPLETION_DONE;
    }

    return c->state;
}


static int
is_type(assist_str_t header, const char *type)
{
    const char  *end;

    end = header.len ? memchr(header.data, ';', header.len) : NULL;

    if (end != NULL) {
        header.len = (size_t) (end - header.data);
    }

    header = trim(header);

    return header.len == strlen(type)
           && strncasecmp(header.data, type, header.len) == 0;
}


static int
on_event(void *data, assist_str_t event, assist_str_t text)
{
    assist_completion_t        *c = data;
    assist_completion_chunk_t   chunk;

    text = trim(text);

    if (assist_str_eq(event, assist_str("error"))) {
        fail(c, "the provider reports an error");

    } else if (assist_str_eq(text, assist_str("[DONE]"))) {
        c->state = ASSIST_COMPLETION_DONE;

    } else if (text.len == 0) {
        return 0;                       /* keeps the connection open */

    } else if (assist_completion_read(&chunk, text) == 0) {
        take(c, &chunk);

    } else if (!c->ended) {
        fail(c, "an event is not a JSON object");

    }   /* else the last one, which was cut */

    return c->state == ASSIST_COMPLETION_RUNNING ? 0 : -1;
}


static void
end_body(assist_completion_t *c)
{
    assist_str_t               text;
    assist_completion_chunk_t  chunk;

    text = assist_buf_str(&c->body);

    if (text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0) {
        text.data += 3;
        text.len -= 3;
    }

    if (assist_completion_read(&chunk, text) != 0) {
        fail(c, "the body is not a JSON object");
        return;
    }

    take(c, &chunk);

    if (c->state != ASSIST_COMPLETION_RUNNING) {
        return;
    }

    if (!chunk.answers) {
        fail(c, "the body has no answer");
        return;
    }

    c->state = ASSIST_COMPLETION_DONE;
}


static void
take(assist_completion_t *c, const assist_completion_chunk_t *chunk)
{
    if (chunk->error) {
        fail(c, "the provider reports an error");
        return;
    }

    if (c->model[0] == '\0' && chunk->model.len) {
        take_model(c, chunk->model);
    }

    /* the last ones count: some report the sums so far in each chunk */

    if (chunk->tokens_in >= 0) {
        c->tokens_in = chunk->tokens_in;
    }

    if (chunk->tokens_out >= 0) {
        c->tokens_out = chunk->tokens_out;
    }

    if (chunk->finish.len) {
        c->finish = finish_of(chunk->finish);
    }

    if (chunk->content.len && c->state == ASSIST_COMPLETION_RUNNING) {
        take_text(c, chunk->content);
    }
}


static void
take_model(assist_completion_t *c, assist_str_t raw)
{
    size_t                len, n;
    const unsigned char  *p, *end;

    c->text.len = 0;
    assist_completion_decode(&c->text, raw);

    if (c->text.failed) {
        fail(c, "out of memory");
        return;
    }

    p = (const unsigned char *) c->text.data;
    end = p + c->text.len;

    for (len = 0; p < end && *p != '\0'; p += n, len += n) {
        n = assist_utf8_len(p, end);

        if (len + n > ASSIST_COMPLETION_MODEL) {
            break;
        }
    }

    memcpy(c->model, c->text.data, len);
    c->model[len] = '\0';
}


static void
take_text(assist_completion_t *c, assist_str_t raw)
{
    c->text.len = 0;
    assist_completion_decode(&c->text, raw);

    if (c->text.failed) {
        fail(c, "out of memory");
        return;
    }

    c->began = 1;

    if (c->on_text(c->data, assist_buf_str(&c->text)) != 0) {
        fail(c, "stopped by the reader");
    }
}


static assist_finish_t
finish_of(assist_str_t raw)
{
    if (assist_str_eq(raw, assist_str("stop"))) {
        return ASSIST_FINISH_STOP;
    }

    if (assist_str_eq(raw, assist_str("length"))) {
        return ASSIST_FINISH_LENGTH;
    }

    if (assist_str_eq(raw, assist_str("content_filter"))) {
        return ASSIST_FINISH_CONTENT_FILTER;
    }

    return ASSIST_FINISH_OTHER;
}


static void
fail(assist_completion_t *c, const char *error)
{
    c->state = ASSIST_COMPLETION_ERROR;
    c->error = error;
}


static assist_str_t
trim(assist_str_t s)
{
    while (s.len && (*s.data == ' ' || *s.data == '\t')) {
        s.data++;
        s.len--;
    }

    while (s.len && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t')) {
        s.len--;
    }

    return s;
}
