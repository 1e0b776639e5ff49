#include "resp.h"


/* Where a length is: +, - and : have none, their lines are skipped. */
enum { LENGTH_NONE = 0, LENGTH_START, LENGTH_DIGITS, LENGTH_MINUS, LENGTH_NIL,
       LENGTH_CR };


static int resp_begin(assist_resp_gate_t *gate, char c);
static int resp_length(assist_resp_gate_t *gate, char c);
static int resp_line(assist_resp_gate_t *gate);
static void resp_item(assist_resp_gate_t *gate);
static int resp_refuse(assist_resp_gate_t *gate, const char *why);


void
assist_resp_command(assist_buf_t *out, const assist_str_t *words, size_t n)
{
    size_t  i;

    assist_buf_add(out, "*", 1);
    assist_buf_uint(out, n);

    for (i = 0; i < n; i++) {
        assist_buf_add(out, "\r\n$", 3);
        assist_buf_uint(out, words[i].len);
        assist_buf_add(out, "\r\n", 2);
        assist_buf_add(out, words[i].data, words[i].len);
    }

    assist_buf_add(out, "\r\n", 2);
}


int
assist_resp_gate(assist_resp_gate_t *gate, const char *data, size_t len)
{
    int          rc;
    size_t       n;
    const char  *end;

    for (end = data + len; data < end; /* void */ ) {

        if (gate->skip) {
            n = (size_t) (end - data);
            n = n < gate->skip ? n : gate->skip;

            data += n;
            gate->skip -= n;

            if (gate->skip == 0) {
                resp_item(gate);
            }

            continue;
        }

        if (++gate->bytes > ASSIST_RESP_BYTES) {
            return resp_refuse(gate, "its reply is too large");
        }

        if (gate->type == 0) {
            rc = resp_begin(gate, *data++);

        } else if (gate->type == '$' || gate->type == '*') {
            rc = resp_length(gate, *data++);

        } else {
            rc = 0;

            if (*data == '\n' && gate->state == LENGTH_CR) {
                gate->type = 0;
                resp_item(gate);

            } else {
                gate->state = *data == '\r' ? LENGTH_CR : LENGTH_NONE;
            }

            data++;
        }

        if (rc != 0) {
            return -1;
        }
    }

    return 0;
}


static int
resp_begin(assist_resp_gate_t *gate, char c)
{
    gate->type = c;
    gate->number = 0;
    gate->state = LENGTH_START;

    if (c == '$' || c == '*') {
        return 0;
    }

    gate->state = LENGTH_NONE;

    return c == '+' || c == '-' || c == ':' ? 0
           : resp_refuse(gate, "its reply was not understood");
}


/* A number, or -1, and a line end. */

static int
resp_length(assist_resp_gate_t *gate, char c)
{
    switch (gate->state) {

    case LENGTH_START:
        if (c == '-') {
            gate->state = LENGTH_MINUS;
            return 0;
        }

        gate->state = LENGTH_DIGITS;
        break;

    case LENGTH_MINUS:
        gate->state = LENGTH_NIL;
        gate->number = UINT32_MAX;
        return c == '1' ? 0 : resp_refuse(gate, "its reply has a bad length");

    case LENGTH_CR:
        return c == '\n' ? resp_line(gate)
               : resp_refuse(gate, "its reply has a bad length");

    default:
        if (c == '\r') {
            gate->state = LENGTH_CR;
            return 0;
        }
    }

    if (gate->state == LENGTH_NIL || c < '0' || c > '9') {
        return resp_refuse(gate, "its reply has a bad length");
    }

    gate->number = gate->number * 10 + (uint32_t) (c - '0');

    /* both bounds are below it, so that it never wraps */
    return gate->number <= ASSIST_RESP_BYTES ? 0
           : resp_refuse(gate, "its reply is too large");
}


/* The line of a string's or a list's length has ended. */

static int
resp_line(assist_resp_gate_t *gate)
{
    char      type;
    uint32_t  n;

    type = gate->type;
    n = gate->number;
    gate->type = 0;

    if (n == UINT32_MAX || (type == '*' && n == 0)) {
        resp_item(gate);
        return 0;
    }

    if (type == '$') {
        gate->skip = n + 2;
        gate->bytes += gate->skip;

        return gate->bytes <= ASSIST_RESP_BYTES ? 0
               : resp_refuse(gate, "its reply is too large");
    }

    gate->items += n;

    if (gate->items > ASSIST_RESP_ITEMS || gate->depth == ASSIST_RESP_DEPTH) {
        return resp_refuse(gate, "its reply is too large");
    }

    gate->left[gate->depth++] = n;

    return 0;
}


/* An item is whole, and with it perhaps the lists that it ends. */

static void
resp_item(assist_resp_gate_t *gate)
{
    while (gate->depth) {
        if (--gate->left[gate->depth - 1] > 0) {
            return;
        }

        gate->depth--;
    }

    gate->replies++;
    gate->bytes = 0;
    gate->items = 0;
}


static int
resp_refuse(assist_resp_gate_t *gate, const char *why)
{
    gate->error = why;
    return -1;
}
