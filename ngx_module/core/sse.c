#include "sse.h"


static void settle_bom(assist_sse_t *sse, assist_str_t *bytes);
static int hold(assist_sse_t *sse, const char *start, size_t len);
static int end_line(assist_sse_t *sse, const char *start, size_t len);
static int read_field(assist_sse_t *sse, assist_str_t line);
static int dispatch(assist_sse_t *sse);
static int die(assist_sse_t *sse, const char *error);
static const char *line_end(const char *p, const char *end);


static const char  bom[] = "\xef\xbb\xbf";


void
assist_sse_init(assist_sse_t *sse, size_t max, assist_sse_handler_pt handler,
    void *data)
{
    memset(sse, 0, sizeof(assist_sse_t));

    sse->handler = handler;
    sse->data = data;
    sse->max = max;
}


void
assist_sse_free(assist_sse_t *sse)
{
    assist_buf_free(&sse->line);
    assist_buf_free(&sse->text);
    assist_buf_free(&sse->event);
}


int
assist_sse_feed(assist_sse_t *sse, assist_str_t bytes)
{
    const char  *p, *end, *start;

    if (sse->error != NULL) {
        return -1;
    }

    if (sse->bom < 3) {
        settle_bom(sse, &bytes);
    }

    p = bytes.data;
    end = p + bytes.len;

    while (p < end) {

        if (sse->cr) {
            sse->cr = 0;

            if (*p == '\n') {
                p++;
                continue;
            }
        }

        start = p;
        p = line_end(p, end);

        if (p == end) {
            return hold(sse, start, (size_t) (p - start));
        }

        if (end_line(sse, start, (size_t) (p - start)) != 0) {
            return -1;
        }

        sse->cr = *p == '\r';
        p++;
    }

    return 0;
}


int
assist_sse_end(assist_sse_t *sse)
{
    if (sse->error != NULL) {
        return -1;
    }

    if (sse->line.len && end_line(sse, NULL, 0) != 0) {
        return -1;
    }

    if (dispatch(sse) != 0) {
        return -1;
    }

    sse->error = "the stream has ended";

    return 0;
}


/*
 * Steps over a byte order mark.  What only began like one begins a line that
 * has no meaning: any byte stands for it.
 */

static void
settle_bom(assist_sse_t *sse, assist_str_t *bytes)
{
    while (bytes->len && sse->bom < 3) {

        if (bytes->data[0] != bom[sse->bom]) {

            if (sse->bom) {
                hold(sse, bom, 1);
            }

            sse->bom = 3;
            return;
        }

        sse->bom++;
        bytes->data++;
        bytes->len--;
    }
}


/* Keeps a part of a line until its end has come. */

static int
hold(assist_sse_t *sse, const char *start, size_t len)
{
    if (len == 0 || sse->comment) {
        return 0;
    }

    if (sse->line.len == 0 && *start == ':') {
        sse->comment = 1;
        return 0;
    }

    /* what is held is never more than max: see read_field() */

    if (len > sse->max - sse->line.len - sse->text.len - sse->event.len) {
        return die(sse, "an event is too large");
    }

    assist_buf_add(&sse->line, start, len);

    return sse->line.failed ? die(sse, "out of memory") : 0;
}


/* The line that was held, if any, has come to its end with these bytes. */

static int
end_line(assist_sse_t *sse, const char *start, size_t len)
{
    assist_str_t  line;

    if (sse->comment || (sse->line.len == 0 && len && *start == ':')) {
        sse->comment = 0;
        return 0;
    }

    if (sse->line.len == 0 && len == 0) {
        return dispatch(sse);
    }

    if (sse->line.len == 0) {

        if (len > sse->max - sse->text.len - sse->event.len) {
            return die(sse, "an event is too large");
        }

        line = (assist_str_t) { start, len };

    } else {

        if (hold(sse, start, len) != 0) {
            return -1;
        }

        line = assist_buf_str(&sse->line);
    }

    sse->line.len = 0;

    return read_field(sse, line);
}


/*
 * The line fits beside what is held of the event, and a field takes less than
 * its line did, so the event stays within its bound.
 */

static int
read_field(assist_sse_t *sse, assist_str_t line)
{
    const char    *colon;
    assist_str_t   name, value;

    name = line;
    value = (assist_str_t) { line.data + line.len, 0 };
    colon = memchr(line.data, ':', line.len);

    if (colon != NULL) {
        name.len = (size_t) (colon - line.data);
        value.data = colon + 1;
        value.len = line.len - name.len - 1;

        if (value.len && *value.data == ' ') {
            value.data++;
            value.len--;
        }
    }

    if (assist_str_eq(name, assist_str("data"))) {
        assist_buf_add(&sse->text, value.data, value.len);
        assist_buf_putc(&sse->text, '\n');

        return sse->text.failed ? die(sse, "out of memory") : 0;
    }

    if (assist_str_eq(name, assist_str("event"))) {
        sse->event.len = 0;
        assist_buf_add(&sse->event, value.data, value.len);

        return sse->event.failed ? die(sse, "out of memory") : 0;
    }

    return 0;
}


static int
dispatch(assist_sse_t *sse)
{
    int           rc;
    assist_str_t  event, text;

    rc = 0;

    /* each data line has left its \n, an empty one, too */

    if (sse->text.len) {
        text = assist_buf_str(&sse->text);
        text.len--;

        event = assist_buf_str(&sse->event);

        if (event.len == 0) {
            event = assist_str("message");
        }

        rc = sse->handler(sse->data, event, text);
    }

    sse->text.len = 0;
    sse->event.len = 0;

    return rc == 0 ? 0 : die(sse, "stopped by the handler");
}


static int
die(assist_sse_t *sse, const char *error)
{
    sse->error = error;

    return -1;
}


/* A loop: memchr() for two ends would be quadratic for one of them. */

static const char *
line_end(const char *p, const char *end)
{
    while (p < end && *p != '\n' && *p != '\r') {
        p++;
    }

    return p;
}


void
assist_sse_write(assist_buf_t *out, const char *event, assist_str_t data)
{
    size_t       n;
    const char  *p, *end, *start;

    n = event ? strcspn(event, "\r\n") : 0;

    if (n) {
        assist_buf_puts(out, "event: ");
        assist_buf_add(out, event, n);
        assist_buf_putc(out, '\n');
    }

    p = data.len ? data.data : "";
    end = p + data.len;

    for ( ;; ) {
        start = p;
        p = line_end(p, end);

        assist_buf_puts(out, "data: ");
        assist_buf_add(out, start, (size_t) (p - start));
        assist_buf_putc(out, '\n');

        if (p == end) {
            break;
        }

        if (*p == '\r' && end - p > 1 && p[1] == '\n') {
            p++;
        }

        p++;
    }

    assist_buf_putc(out, '\n');
}
