/*
 * Requests, and answers wherever they are split.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "completion.h"


#define EVENT(json)   "data: " json "\n\n"
#define CHOICE(json)  EVENT("{\"choices\":[{\"index\":0," json "}]}")
#define TEXT(text)    CHOICE("\"delta\":{\"content\":\"" text "\"}")
#define END(reason)   CHOICE("\"delta\":{},\"finish_reason\":" reason)
#define DONE          "data: [DONE]\n\n"

#define REPORTED  "!the provider reports an error"
#define NO_EVENT  "!an event is not a JSON object"
#define NO_BODY   "!the body is not a JSON object"
#define NONE      "!the body has no answer"


typedef struct {
    assist_str_t  in;
    const char   *out;      /* (text)(text) state reason model in/out */
} case_t;


static const assist_str_t  stream = assist_str("text/event-stream");
static const assist_str_t  body = assist_str("application/json");

static const char  *const reasons[] = {
    "", " stop", " length", " content_filter", " other"
};


static int
on_text(void *data, assist_str_t text)
{
    assist_buf_t  *out = data;

    assert_true(text.len > 0);

    assist_buf_putc(out, '(');
    assist_buf_add(out, text.data, text.len);
    assist_buf_putc(out, ')');

    return assist_str_eq(text, assist_str("halt")) ? -1 : 0;
}


/* A copy of each piece, so that a read past its end is seen. */

static int
feed(assist_completion_t *c, const char *data, size_t len)
{
    int    rc;
    char  *copy;

    copy = malloc(len + (len == 0));
    assert_non_null(copy);

    if (len) {
        memcpy(copy, data, len);
    }

    rc = assist_completion_feed(c, (assist_str_t) { copy, len });
    assert_int_equal(rc, c->state == ASSIST_COMPLETION_ERROR ? -1 : 0);

    free(copy);

    return rc;
}


static void
print(const assist_completion_t *c, assist_buf_t *out)
{
    if (c->state == ASSIST_COMPLETION_ERROR) {
        assist_buf_printf(out, "!%s", c->error);

    } else {
        assert_int_not_equal(c->state, ASSIST_COMPLETION_RUNNING);
        assert_null(c->error);
        assist_buf_puts(out, c->state == ASSIST_COMPLETION_DONE ? "done"
                                                                : "cut");
    }

    assist_buf_puts(out, reasons[c->finish]);

    if (c->model[0] != '\0') {
        assist_buf_printf(out, " %s", c->model);
    }

    if (c->tokens_in != -1 || c->tokens_out != -1) {
        assist_buf_printf(out, " %d/%d", (int) c->tokens_in,
                          (int) c->tokens_out);
    }
}


static void
complete(assist_str_t type, assist_str_t in, size_t cut, size_t piece,
    assist_buf_t *out)
{
    size_t                     i, n;
    assist_completion_t        c;
    assist_completion_state_t  state;

    out->len = 0;
    assist_completion_init(&c, type, on_text, out);

    for (i = 0; i < in.len; i += n) {
        n = piece ? piece : i < cut ? cut : in.len - i;
        n = n > in.len - i ? in.len - i : n;
        feed(&c, in.data + i, n);
    }

    state = assist_completion_finish(&c);
    assert_int_equal(state, c.state);
    assert_int_equal(c.began, out->len > 0);

    print(&c, out);
    assist_buf_putc(out, '\0');

    /* after the end nothing has an effect */

    n = out->len;
    feed(&c, EVENT("{\"error\":1}"), sizeof(EVENT("{\"error\":1}")) - 1);
    assert_int_equal(assist_completion_finish(&c), state);
    assert_int_equal(out->len, n);

    assist_completion_free(&c);
}


static void
check(assist_str_t type, const case_t *cases, size_t n)
{
    size_t        i, cut;
    assist_buf_t  out = ASSIST_BUF_INIT;

    for (i = 0; i < n; i++) {

        for (cut = 0; cut <= cases[i].in.len; cut++) {
            complete(type, cases[i].in, cut, 0, &out);
            assert_string_equal(out.data, cases[i].out);
        }

        complete(type, cases[i].in, 0, 1, &out);
        assert_string_equal(out.data, cases[i].out);
    }

    assist_buf_free(&out);
}

#define CHECK(type, cases)                                                    \
    check(type, cases, sizeof(cases) / sizeof(cases[0]))


static void
test_stream(void **state)
{
    static const case_t  cases[] = {
        { assist_str(TEXT("xin") TEXT(" chào") END("\"stop\"") DONE),
          "(xin)( chào)done stop" },

        /* as OpenAI sends it */
        { assist_str(
            EVENT("{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\""
                  ",\"created\":1732500000,\"model\":\"gpt-4o-mini\","
                  "\"system_fingerprint\":null,\"choices\":[{\"index\":0,"
                  "\"delta\":{\"role\":\"assistant\",\"content\":\"\","
                  "\"refusal\":null},\"logprobs\":null,"
                  "\"finish_reason\":null}],\"usage\":null}")
            EVENT("{\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,"
                  "\"delta\":{\"content\":\"a\"},\"logprobs\":null,"
                  "\"finish_reason\":null}],\"usage\":null}")
            END("\"length\"")
            EVENT("{\"model\":\"x\",\"choices\":[],\"usage\":{"
                  "\"prompt_tokens\":12,\"completion_tokens\":34,"
                  "\"total_tokens\":46,\"prompt_tokens_details\":"
                  "{\"cached_tokens\":0}}}")
            DONE),
          "(a)done length gpt-4o-mini 12/34" },

        /* ends */
        { assist_str(TEXT("a") DONE), "(a)done" },
        { assist_str(TEXT("a") END("\"stop\"")), "(a)done stop" },
        { assist_str(TEXT("a") "data: [DONE]"), "(a)done" },
        { assist_str(TEXT("a") "data: [DONE]\r"), "(a)done" },
        { assist_str("data:[DONE] \n\n"), "done" },
        { assist_str(DONE TEXT("a") "data: {\n\n"), "done" },
        { assist_str(TEXT("a")), "(a)cut" },
        { assist_str(""), "cut" },
        { assist_str("<html>502</html>"), "cut" },
        { assist_str(TEXT("a") "data: {\"choices\":[{\"delta\":{\"con"),
          "(a)cut" },
        { assist_str("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}"),
          "(a)cut" },
        { assist_str(TEXT("a") "data: [DON"), "(a)cut" },

        /* reasons */
        { assist_str(END("\"content_filter\"")), "done content_filter" },
        { assist_str(END("\"tool_calls\"")), "done other" },
        { assist_str(END("null")), "cut" },
        { assist_str(END("\"\"")), "cut" },
        { assist_str(END("1")), "cut" },
        { assist_str(END("\"stop\"") END("null")), "done stop" },
        { assist_str(CHOICE("\"delta\":{\"content\":\"a\"},"
                            "\"finish_reason\":\"stop\"")),
          "(a)done stop" },

        /* what keeps a connection open */
        { assist_str(": OPENROUTER PROCESSING\n\ndata:\n\ndata: \n\n"
                     "event: ping\ndata: {\"type\": \"ping\"}\n\n"
                     TEXT("a") DONE),
          "(a)done" },

        { assist_str("event: message\r\nid: 1\r\ndata: {\"choices\":\r\n"
                     "data: [{\"delta\":{\"content\":\"a\"}}]}\r\n\r\n"),
          "(a)cut" },
        { assist_str(TEXT("halt") TEXT("a")), "(halt)!stopped by the reader" }
    };

    (void) state;

    CHECK(stream, cases);
}


static void
test_members(void **state)
{
    static const case_t  cases[] = {

        /* choices */
        { assist_str(EVENT("{\"choices\":[{\"index\":1,\"delta\":{\"content\":"
                           "\"b\"},\"finish_reason\":\"stop\"},{\"delta\":"
                           "{\"content\":\"a\"},\"index\":0}]}")),
          "(a)cut" },
        { assist_str(EVENT("{\"choices\":[{\"index\":1,\"delta\":{\"content\":"
                           "\"b\"}}]}")),
          "cut" },
        { assist_str(EVENT("{\"choices\":[{\"delta\":{\"content\":\"a\"}},"
                           "{\"delta\":{\"content\":\"b\"}}]}")),
          "(a)cut" },
        { assist_str(EVENT("{\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                           "\"a\"}},{\"index\":0,\"delta\":{\"content\":"
                           "\"b\"}}]}")),
          "(a)cut" },
        { assist_str(EVENT("{\"choices\":[{\"index\":null,\"delta\":"
                           "{\"content\":\"a\"}}]}")),
          "(a)cut" },
        { assist_str(EVENT("{\"choices\":null}") EVENT("{\"choices\":{}}")
                     EVENT("{\"choices\":[1,[],{}]}")
                     EVENT("{\"choices\":{\"delta\":{\"content\":\"a\"}}}")
                     EVENT("{\"choices\":[[{\"delta\":{\"content\":\"a\"}}]]}")
                     EVENT("{\"delta\":{\"content\":\"a\"}}") EVENT("{}")),
          "cut" },

        /* deltas */
        { assist_str(CHOICE("\"delta\":{\"role\":\"assistant\"}")
                     CHOICE("\"delta\":{\"content\":null}")
                     CHOICE("\"delta\":{\"content\":\"\"}")
                     CHOICE("\"delta\":null") CHOICE("\"delta\":[\"a\"]")
                     CHOICE("\"delta\":{\"content\":[{\"text\":\"a\"}]}")
                     CHOICE("\"delta\":{\"content\":1}")
                     CHOICE("\"delta\":{\"reasoning_content\":\"a\"}")
                     CHOICE("\"delta\":{\"x\":{\"content\":\"a\"}}")
                     CHOICE("\"x\":{\"content\":\"a\"}")),
          "cut" },
        { assist_str(CHOICE("\"delta\":{\"reasoning_content\":\"a\","
                            "\"content\":\"b\"}")),
          "(b)cut" },

        /* the last of two */
        { assist_str(CHOICE("\"delta\":{\"content\":\"a\",\"content\":"
                            "\"b\"}")),
          "(b)cut" },

        /* usage */
        { assist_str(EVENT("{\"usage\":{\"prompt_tokens\":1}}")
                     EVENT("{\"usage\":{\"prompt_tokens\":2,"
                           "\"completion_tokens\":3}}")),
          "cut 2/3" },
        { assist_str(CHOICE("\"usage\":{\"prompt_tokens\":2,"
                            "\"completion_tokens\":0}")),
          "cut 2/0" },
        { assist_str(EVENT("{\"usage\":{\"prompt_tokens\":-1,"
                           "\"completion_tokens\":1.5}}")
                     EVENT("{\"usage\":{\"prompt_tokens\":\"1\","
                           "\"completion_tokens\":1234567890123456}}")
                     EVENT("{\"usage\":[1,2]}") EVENT("{\"usage\":3}")),
          "cut" },

        /* models: the first that is named */
        { assist_str(EVENT("{\"model\":null}") EVENT("{\"model\":\"\"}")
                     EVENT("{\"model\":\"a\\u0000b\"}")
                     EVENT("{\"model\":\"c\"}")),
          "cut a" }
    };

    (void) state;

    CHECK(stream, cases);
}


static void
test_errors(void **state)
{
    static const case_t  cases[] = {
        { assist_str(TEXT("a") EVENT("{\"error\":{\"message\":\"secret\","
                                     "\"type\":\"server_error\"}}") DONE),
          "(a)" REPORTED },
        { assist_str(EVENT("{\"error\":\"secret\"}") TEXT("a")), REPORTED },
        { assist_str(EVENT("{\"error\":null}") TEXT("a")), "(a)cut" },
        { assist_str(EVENT("{\"choices\":[{\"delta\":{\"content\":\"a\"}}],"
                           "\"error\":{}}")),
          REPORTED },
        { assist_str("event: error\ndata: secret\n\n"), REPORTED },
        { assist_str("event: error\ndata: {}\n\n" TEXT("a")), REPORTED },
        { assist_str(EVENT("{\"object\":\"error\",\"message\":\"secret\"}")),
          REPORTED },

        /* not JSON: nothing of the event is delivered */
        { assist_str(EVENT("secret")), NO_EVENT },
        { assist_str(TEXT("a") EVENT("[1]") TEXT("b")), "(a)" NO_EVENT },
        { assist_str(EVENT("null")), NO_EVENT },
        { assist_str(EVENT("\"a\"")), NO_EVENT },
        { assist_str(EVENT("{\"choices\":[{\"delta\":{\"content\":\"a\"}}]")),
          NO_EVENT },
        { assist_str(EVENT("{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}}")),
          NO_EVENT },
        { assist_str(EVENT("{\"a\":")), NO_EVENT },
        { assist_str(EVENT("{\"a\":\"\\")), NO_EVENT },
        { assist_str(TEXT("a\tb")), NO_EVENT },
        { assist_str(TEXT("a\\x")), NO_EVENT }
    };

    (void) state;

    CHECK(stream, cases);
}


static void
test_utf8(void **state)
{
    static const case_t  cases[] = {
        { assist_str(TEXT("\xff" "a\xc3") TEXT("\xa1\xed\xa0\x80")),
          "(\ufffda\ufffd)(\ufffd\ufffd\ufffd\ufffd)cut" },
        { assist_str(TEXT("\\u1ee7\\u0041\\u00e0\\ud83d\\uDE00")),
          "(ủAà😀)cut" },
        { assist_str(TEXT("\\\"\\\\\\/\\b\\f\\n\\r\\t")),
          "(\"\\/\b\f\n\r\t)cut" },

        /* halves of pairs */
        { assist_str(TEXT("\\ud83d") TEXT("\\ude00a")),
          "(\ufffd)(\ufffda)cut" },
        { assist_str(TEXT("\\ud83d\\ud83d\\ude00\\ude00")),
          "(\ufffd😀\ufffd)cut" },
        { assist_str(TEXT("\\ude00\\ude00")), "(\ufffd\ufffd)cut" },
        { assist_str(TEXT("\\ud83d\\n\\ud83du\\ud83d\\\\ude00")),
          "(\ufffd\n\ufffdu\ufffd\\ude00)cut" },

        /* what is passed over may be anything */
        { assist_str(EVENT("{\"\xff\":\"\xff\\ud800\",\"choices\":[{\"delta\":"
                           "{\"content\":\"a\"}}]}")),
          "(a)cut" },
        { assist_str(EVENT("{\"model\":\"\xc3\\ud800\"}")),
          "cut \ufffd\ufffd" }
    };

    static const case_t  nul[] = {
        { assist_str("\0" EVENT("{}")), "cut" },
        { assist_str(EVENT("\0")), NO_EVENT },
        { assist_str(TEXT("\0")), NO_EVENT },
        { assist_str(TEXT("\\\0")), NO_EVENT }
    };

    (void) state;

    CHECK(stream, cases);
    CHECK(stream, nul);
}


static void
test_body(void **state)
{
    static const case_t  cases[] = {
        { assist_str("{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":"
                     "\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
                     "\"assistant\",\"content\":\"xin\\nchào\"},"
                     "\"finish_reason\":\"stop\"}],\"usage\":{"
                     "\"prompt_tokens\":1,\"completion_tokens\":2}}\n"),
          "(xin\nchào)done stop m 1/2" },
        { assist_str("\xef\xbb\xbf {\"choices\":[{\"message\":{\"content\":"
                     "\"a\"}}]}"),
          "(a)done" },
        { assist_str("{\"choices\":[{\"message\":{\"content\":null},"
                     "\"finish_reason\":\"length\"}]}"),
          "done length" },
        { assist_str("{\"choices\":[{\"message\":{\"content\":\"halt\"}}]}"),
          "(halt)!stopped by the reader" },
        { assist_str("{\"choices\":[{\"index\":1,\"message\":{\"content\":"
                     "\"a\"}}]}"),
          NONE },
        { assist_str("{\"choices\":[]}"), NONE },
        { assist_str("{}"), NONE },
        { assist_str("{\"error\":{\"message\":\"secret\"}}"), REPORTED },
        { assist_str(""), NO_BODY },
        { assist_str("\xef\xbb\xbf"), NO_BODY },
        { assist_str(TEXT("a")), NO_BODY },
        { assist_str("{\"choices\":[{\"message\":{\"content\":\"a\"}}]"),
          NO_BODY }
    };

    (void) state;

    CHECK(body, cases);
}


static void
test_types(void **state)
{
    size_t        i;
    assist_buf_t  out = ASSIST_BUF_INIT;

    static const struct {
        assist_str_t  type;
        const char   *out;
    } cases[] = {
        { assist_str("text/event-stream"), "cut" },
        { assist_str(" Text/Event-Stream ; charset=utf-8"), "cut" },
        { assist_str("application/json"), NONE },
        { assist_str("APPLICATION/JSON;charset=utf-8"), NONE },
        { assist_str("application/jsonl"),
          "!the answer is neither a stream of events nor JSON" },
        { assist_str("text/html"),
          "!the answer is neither a stream of events nor JSON" },
        { { NULL, 0 }, "!the answer is neither a stream of events nor JSON" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        complete(cases[i].type, assist_str("{}"), 0, 0, &out);
        assert_string_equal(out.data, cases[i].out);
    }

    assist_buf_free(&out);
}


/* In an event of {"x":...}: is it JSON, and does jansson think so, too? */

static void
test_json(void **state)
{
    int           ok;
    size_t        i, ngood, nbad;
    json_t       *json;
    assist_buf_t  out = ASSIST_BUF_INIT, in = ASSIST_BUF_INIT;

    static const char  *const good[] = {
        "0", "-0", "10", "-1.50", "1e5", "1E+5", "1.2e-10", "null", "true",
        "false", "\"\"", "\"\\u00fF\\\"\"", "[]", "{}", " [ ] ", "[ { } ]",
        "[1 , 2]", "{ \"a\" : 1 , \"a\" : [] }", "[[],[[]],{\"\":{}}]",
        "123456789012345678901234567890"
    };
    static const char  *const bad[] = {
        "", "-", "01", "1.", ".5", "+1", "1e", "1e+", "0x1", "1-", "nul",
        "nulll", "True", "NaN", "'a'", "\"", "\"\\\"", "\"\\", "\"\\u12\"",
        "\"\\u12g4\"", "\"\\a\"", "\"\n\"", "[", "]", "[1", "[1,", "[,]",
        "[1,]", "[1 2]", "{", "}", "{,}", "{1:2}", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "[1}", "{\"a\":1]",
        "/**/", "1 2"
    };

    (void) state;

    ngood = sizeof(good) / sizeof(good[0]);
    nbad = sizeof(bad) / sizeof(bad[0]);

    for (i = 0; i < ngood + nbad; i++) {
        ok = i < ngood;
        in.len = 0;
        assist_buf_printf(&in, "{\"x\":%s,\"choices\":[{}]}",
                          ok ? good[i] : bad[i - ngood]);

        complete(body, assist_buf_str(&in), 0, 0, &out);
        assert_string_equal(out.data, ok ? "done" : NO_BODY);

        json = json_loadb(in.data, in.len, JSON_DECODE_INT_AS_REAL, NULL);
        assert_int_equal(json != NULL, ok);
        json_decref(json);
    }

    assist_buf_free(&in);
    assist_buf_free(&out);
}


static void
nest(assist_buf_t *in, size_t depth)
{
    size_t  i;

    in->len = 0;
    assist_buf_puts(in, "{\"choices\":[{}],\"x\":");

    for (i = 1; i < depth; i++) {
        assist_buf_puts(in, i % 2 ? "[" : "{\"a\":");
    }

    assist_buf_puts(in, "1");

    while (--i > 0) {
        assist_buf_putc(in, i % 2 ? ']' : '}');
    }

    assist_buf_putc(in, '}');
}


static void
fill(assist_buf_t *in, const char *start, size_t len, const char *end)
{
    in->len = 0;
    assist_buf_puts(in, start);

    while (in->len < len - strlen(end)) {
        assist_buf_putc(in, 'a');
    }

    assist_buf_puts(in, end);
    assert_int_equal(in->len, len);
}


static void
test_bounds(void **state)
{
    assist_buf_t  in = ASSIST_BUF_INIT, out = ASSIST_BUF_INIT;

    static const char  text[] = "{\"choices\":[{\"message\":{\"content\":\"";

    (void) state;

    nest(&in, ASSIST_COMPLETION_DEPTH);
    complete(body, assist_buf_str(&in), 0, 0, &out);
    assert_string_equal(out.data, "done");

    nest(&in, ASSIST_COMPLETION_DEPTH + 1);
    complete(body, assist_buf_str(&in), 0, 0, &out);
    assert_string_equal(out.data, NO_BODY);

    nest(&in, 100000);
    complete(body, assist_buf_str(&in), 0, 0, &out);
    assert_string_equal(out.data, NO_BODY);

    /* a whole body */

    fill(&in, text, ASSIST_COMPLETION_MAX, "\"}}]}");
    complete(body, assist_buf_str(&in), 0, 1000, &out);
    assert_string_equal(out.data + out.len - 6, ")done");

    fill(&in, text, ASSIST_COMPLETION_MAX + 1, "\"}}]}");
    complete(body, assist_buf_str(&in), 0, 1000, &out);
    assert_string_equal(out.data, "!the body is too large");

    /* an event, and many */

    fill(&in, "data: ", ASSIST_COMPLETION_MAX + 1, "");
    complete(stream, assist_buf_str(&in), 0, 1000, &out);
    assert_string_equal(out.data, "!an event is too large");

    in.len = 0;

    while (in.len < 3 * ASSIST_COMPLETION_MAX) {
        assist_buf_puts(&in, TEXT("a"));
    }

    complete(stream, assist_buf_str(&in), 0, 1000, &out);
    assert_string_equal(out.data + out.len - 7, "(a)cut");

    /* an escape that is cut where the buffer ends */

    fill(&in, "{\"choices\":[{}],\"x\":\"", 256, "\\u1");
    complete(body, assist_buf_str(&in), 0, 0, &out);
    assert_string_equal(out.data, NO_BODY);

    /* a long name of a model is cut, between characters */

    fill(&in, "{\"choices\":[{}],\"model\":\"", 500, "\"}");
    complete(body, assist_buf_str(&in), 0, 0, &out);
    assert_int_equal(strlen(out.data), 5 + ASSIST_COMPLETION_MODEL);

    memcpy(in.data + 25 + ASSIST_COMPLETION_MODEL - 2, "ủ", 3);
    complete(body, assist_buf_str(&in), 0, 0, &out);
    assert_int_equal(strlen(out.data), 5 + ASSIST_COMPLETION_MODEL - 2);

    assist_buf_free(&in);
    assist_buf_free(&out);
}


/* A buffer without memory, whichever it is. */

static void
test_memory(void **state)
{
    size_t               i;
    assist_completion_t  c;
    assist_buf_t        *buffers[] = {
        &c.body, &c.text, &c.text, &c.sse.line, &c.sse.text, &c.sse.event
    };

    static const char  text[] = TEXT("a");
    static const char  *const in[] = {
        "{", text, "data: {\"model\":\"m\"}\n\n", "d", text, "event: a\n"
    };

    (void) state;

    for (i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
        assist_completion_init(&c, i ? stream : body, on_text, NULL);
        buffers[i]->failed = 1;

        assert_int_equal(feed(&c, in[i], strlen(in[i])), -1);
        assert_int_equal(c.state, ASSIST_COMPLETION_ERROR);
        assert_string_equal(c.error, "out of memory");
        assert_false(c.began);

        assist_completion_free(&c);
    }
}


static void
test_request(void **state)
{
    size_t        i;
    json_t       *json;
    assist_buf_t  out = ASSIST_BUF_INIT;

    static const assist_completion_message_t  messages[] = {
        { assist_str("system"), assist_str("") },
        { assist_str("user"), assist_str("\"ủ\"\n\\\x01\xff</script>\0") }
    };
    static const assist_completion_request_t  requests[] = {
        { assist_str("m"), messages, 2, 256, 1 },
        { assist_str("a\"b"), NULL, 0, 0, 0 }
    };
    static const char  *const expected[] = {
        "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"\"}"
        ",{\"role\":\"user\",\"content\":\"\\\"ủ\\\"\\n\\\\\\u0001\\ufffd"
        "</script>\\u0000\"}],\"max_tokens\":256,\"stream\":true,"
        "\"stream_options\":{\"include_usage\":true}}",
        "{\"model\":\"a\\\"b\",\"messages\":[]}"
    };

    (void) state;

    for (i = 0; i < 2; i++) {
        out.len = 0;
        assist_completion_request(&out, &requests[i]);

        json = json_loadb(out.data, out.len, JSON_ALLOW_NUL, NULL);
        assert_non_null(json);
        json_decref(json);

        assist_buf_putc(&out, '\0');
        assert_string_equal(out.data, expected[i]);
    }

    assist_buf_free(&out);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_body),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_request)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
