/*
 * Lines of evidence: what they hold, that they hold nothing else, and what
 * the check says of lines that were torn, changed or made up.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "evidence.h"
#include "evidence_read.h"


#define ncases(a)  (sizeof(a) / sizeof(a[0]))


static assist_evidence_head_t  head = {
    .writer = "node1.4711-1", .seq = 42, .gmtoff = 420
};

static const assist_event_t  event = {
    .kind = ASSIST_KIND_ASK, .outcome = ASSIST_ANSWERED,
    .cache = ASSIST_CACHE_HIT, .by = ASSIST_BY_MODEL, .time = 1795434001,
    .mday = 23, .latency = 87, .tokens_in = 0, .tokens_out = 120,
    .sourced = 1, .disclosed = 1
};

static const assist_evidence_names_t  names = {
    .service = assist_str("1.001456@H29"), .hook = assist_str("procedures"),
    .version = assist_str("1.0"), .provider = assist_str("local"),
    .model = assist_str("vi-\"7b\"")
};


/* Appends a line with any body and a CRC that holds. */

static void
seal(assist_buf_t *out, const char *body)
{
    assist_buf_free(out);
    assist_buf_puts(out, body);
    assist_buf_printf(out, ",\"crc\":\"%08x\"}",
                      assist_crc32(0, body, strlen(body)));
}


static json_t *
parse(const assist_buf_t *out)
{
    json_t        *value;
    json_error_t   error;

    assert_false(out->failed);
    assert_int_equal(out->data[out->len - 1], '\n');

    value = json_loadb(out->data, out->len, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(value);

    return value;
}


static void
test_line(void **state)
{
    json_t        *v;
    assist_buf_t   out = ASSIST_BUF_INIT;

    static const char  expected[] =
        "{\"v\":1,\"t\":\"2026-11-23T18:40:01+07:00\","
        "\"w\":\"node1.4711-1\",\"seq\":42,\"type\":\"interaction\","
        "\"kind\":\"ask\",\"service\":\"1.001456@H29\","
        "\"outcome\":\"answered\",\"cache\":\"HIT\",\"by\":\"model\","
        "\"hook\":\"procedures\",\"version\":\"1.0\",\"provider\":\"local\","
        "\"model\":\"vi-\\\"7b\\\"\",\"tokens_in\":0,\"tokens_out\":120,"
        "\"ms\":87,\"sourced\":true,\"disclosed\":true,\"degraded\":false,"
        "\"crc\":\"";

    (void) state;

    assist_evidence_interaction(&out, &head, &event, &names);

    assert_true(out.len > sizeof(expected));
    assert_memory_equal(out.data, expected, sizeof(expected) - 1);

    v = parse(&out);
    assert_int_equal(json_object_size(v), 21);
    assert_string_equal(json_string_value(json_object_get(v, "model")),
                        "vi-\"7b\"");

    json_decref(v);
    assist_buf_free(&out);
}


static void
test_feedback(void **state)
{
    json_t        *v;
    assist_buf_t   out = ASSIST_BUF_INIT;

    static const char  expected[] =
        "{\"v\":1,\"t\":\"2026-11-23T18:40:01+07:00\","
        "\"w\":\"node1.4711-1\",\"seq\":42,\"type\":\"feedback\","
        "\"service\":\"1.001456@H29\",\"useful\":false,\"crc\":\"";

    (void) state;

    assist_evidence_feedback(&out, &head, event.time, names.service, 0);

    assert_true(out.len > sizeof(expected));
    assert_memory_equal(out.data, expected, sizeof(expected) - 1);

    out.len = 0;
    assist_evidence_feedback(&out, &head, event.time, assist_str(""), 1);

    v = parse(&out);
    assert_true(json_is_null(json_object_get(v, "service")));
    assert_true(json_is_true(json_object_get(v, "useful")));

    json_decref(v);
    assist_buf_free(&out);
}


static void
test_nulls(void **state)
{
    size_t          i;
    json_t         *v;
    assist_buf_t    out = ASSIST_BUF_INIT;
    assist_event_t  bare;

    static const assist_evidence_names_t  none;

    static const char  *nulls[] = {
        "service", "cache", "hook", "version", "provider", "model",
        "tokens_in", "tokens_out"
    };

    (void) state;

    bare = event;
    bare.kind = ASSIST_KIND_PAGE;
    bare.by = ASSIST_BY_CATALOGUE;
    bare.cache = ASSIST_CACHE_NONE;
    bare.outcome = ASSIST_ERROR_PROVIDER;
    bare.tokens_in = -1;
    bare.tokens_out = -1;
    bare.sourced = 0;
    bare.disclosed = 0;
    bare.degraded = 1;

    assist_evidence_interaction(&out, &head, &bare, &none);
    v = parse(&out);

    for (i = 0; i < ncases(nulls); i++) {
        assert_true(json_is_null(json_object_get(v, nulls[i])));
    }

    assert_string_equal(json_string_value(json_object_get(v, "kind")),
                        "page");
    assert_string_equal(json_string_value(json_object_get(v, "by")),
                        "catalogue");
    assert_string_equal(json_string_value(json_object_get(v, "outcome")),
                        "error_provider");
    assert_true(json_is_false(json_object_get(v, "sourced")));
    assert_true(json_is_false(json_object_get(v, "disclosed")));
    assert_true(json_is_true(json_object_get(v, "degraded")));

    json_decref(v);
    assist_buf_free(&out);
}


static void
test_time(void **state)
{
    size_t        i;
    assist_buf_t  out = ASSIST_BUF_INIT;

    static const struct {
        int64_t      time;
        int          gmtoff;
        const char  *text;
    } cases[] = {
        { 1795434001, 420, "\"2026-11-23T18:40:01+07:00\"" },
        { 1795434001, 0, "\"2026-11-23T11:40:01+00:00\"" },
        { 1795434001, -210, "\"2026-11-23T08:10:01-03:30\"" },
        { 1798736400, 420, "\"2027-01-01T00:00:00+07:00\"" },
        { 1798736399, 420, "\"2026-12-31T23:59:59+07:00\"" },
        { 1835395200, 0, "\"2028-02-29T00:00:00+00:00\"" },

        /* a clock that is far off still gives a line that can be read */
        { INT64_MIN, -1439, "\"1970-01-01T00:01:00-23:59\"" },
        { INT64_MAX, 100000, "\"9999-12-31T23:58:59+23:59\"" }
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        assist_evidence_time(&out, cases[i].time, cases[i].gmtoff);
        assert_int_equal(out.len, strlen(cases[i].text));
        assert_memory_equal(out.data, cases[i].text, out.len);
        assist_buf_free(&out);
    }
}


static void
test_crc(void **state)
{
    uint32_t  crc;

    (void) state;

    /* the check value of CRC-32/ISO-HDLC */
    assert_int_equal(assist_crc32(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(assist_crc32(0, "", 0), 0);
    assert_int_equal(assist_crc32(0, NULL, 0), 0);

    crc = assist_crc32(0, "1234", 4);
    assert_int_equal(assist_crc32(crc, "56789", 5), 0xcbf43926);
}


static void
test_check(void **state)
{
    const char    *reason;
    assist_str_t   text;
    assist_buf_t   out = ASSIST_BUF_INIT;
    assist_line_t  line;

    (void) state;

    assist_evidence_interaction(&out, &head, &event, &names);
    text = (assist_str_t) { out.data, out.len - 1 };

    assert_int_equal(assist_line_read(text, &line, &reason), 0);
    assert_true(assist_str_eq(line.writer, assist_str("node1.4711-1")));
    assert_true(assist_str_eq(line.time,
                              assist_str("2026-11-23T18:40:01+07:00")));
    assert_true(assist_str_eq(line.type, assist_str("interaction")));
    assert_int_equal(line.seq, 42);

    assist_buf_free(&out);
}


/* Every cut and every changed bit is noticed; read from exact allocations, so
 * that a sanitizer sees a read beyond the end. */

static void
test_damage(void **state)
{
    char          *copy;
    size_t         i, len;
    unsigned       bit;
    const char    *reason;
    assist_buf_t   out = ASSIST_BUF_INIT;
    assist_line_t  line;

    (void) state;

    assist_evidence_interaction(&out, &head, &event, &names);
    len = out.len - 1;

    for (i = 0; i < len; i++) {
        copy = malloc(i + 1);
        assert_non_null(copy);
        memcpy(copy, out.data, i);

        reason = NULL;
        assert_int_equal(assist_line_read((assist_str_t) { copy, i }, &line,
                                          &reason), -1);
        assert_non_null(reason);
        free(copy);
    }

    for (i = 0; i < len; i++) {
        for (bit = 0; bit < 8; bit++) {
            out.data[i] ^= (char) (1 << bit);

            reason = NULL;
            assert_int_equal(assist_line_read(
                                 (assist_str_t) { out.data, len }, &line,
                                 &reason), -1);
            assert_non_null(reason);

            out.data[i] ^= (char) (1 << bit);
        }
    }

    assert_int_equal(assist_line_read((assist_str_t) { NULL, 0 }, &line,
                                      &reason), -1);
    assist_buf_free(&out);
}


/* The CRC holds, since whoever made these lines could compute one. */

static void
test_hostile(void **state)
{
    char          *copy;
    size_t         i;
    const char    *reason;
    assist_buf_t   out = ASSIST_BUF_INIT;
    assist_line_t  line;

#define T  "{\"v\":1,\"t\":\"2026-11-23T18:40:01+07:00\""
#define W  T ",\"w\":\"n\""
#define S40  "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"

    static const struct {
        const char  *body;
        uint64_t     seq;               /* 0: refused */
    } cases[] = {
        { W ",\"seq\":1,\"type\":\"shown\"", 1 },
        { W ",\"seq\":18446744073709551615,\"type\":\"config\"",
          UINT64_MAX },
        { T ",\"w\":\"" S40 "\",\"seq\":7,\"type\":\"config\"", 7 },

        { "", 0 },
        { "{", 0 },
        { "{\"v\":1", 0 },
        { "{\"v\":2,\"t\":\"2026-11-23T18:40:01+07:00\"", 0 },
        { "{\"v\":1,\"t\":\"", 0 },
        { "{\"v\":1,\"t\":\"2026\",\"w\":\"nnnnnnnnnnnnnnnnnn\"", 0 },
        { "{\"v\":1,\"t\":\"2026-11-23T18:40:01+07:00", 0 },
        { T, 0 },
        { T ",\"w\":\"", 0 },
        { T ",\"w\":\"\",\"seq\":1,\"type\":\"x\"", 0 },
        { T ",\"w\":\"a b\",\"seq\":1,\"type\":\"x\"", 0 },
        { T ",\"w\":\"" S40 "e\",\"seq\":1,\"type\":\"x\"", 0 },
        { T ",\"w\":\"" S40 S40 S40, 0 },
        { W, 0 },
        { W ",\"seq\":", 0 },
        { W ",\"seq\":,", 0 },
        { W ",\"seq\":0,\"type\":\"x\"", 0 },
        { W ",\"seq\":-1,\"type\":\"x\"", 0 },
        { W ",\"seq\":1", 0 },
        { W ",\"seq\":1,\"kind\":\"x\"", 0 },
        { W ",\"seq\":1,\"type\":\"x", 0 },
        { W ",\"seq\":1.5,\"type\":\"x\"", 0 },
        { W ",\"seq\":18446744073709551616,\"type\":\"x\"", 0 },
        { W ",\"seq\":99999999999999999999999999,\"type\":\"x\"", 0 },
    };

    (void) state;

    for (i = 0; i < ncases(cases); i++) {
        seal(&out, cases[i].body);

        copy = malloc(out.len);
        assert_non_null(copy);
        memcpy(copy, out.data, out.len);

        reason = NULL;

        assert_int_equal(assist_line_read((assist_str_t) { copy, out.len },
                                          &line, &reason),
                         cases[i].seq ? 0 : -1);

        if (cases[i].seq) {
            assert_int_equal(line.seq, cases[i].seq);
        }

        assert_int_equal(reason == NULL, cases[i].seq != 0);
        free(copy);
    }

    assist_buf_free(&out);
}


/* Lines of other types share head and end. */

static void
test_other_types(void **state)
{
    size_t         start;
    json_t        *v;
    const char    *reason;
    assist_buf_t   out = ASSIST_BUF_INIT;
    assist_line_t  line;

    (void) state;

    assist_buf_puts(&out, "before\n");
    start = assist_evidence_open(&out, &head, event.time, "config");
    assert_int_equal(start, 7);
    assist_buf_puts(&out, ",\"catalogue\":null");
    assist_evidence_close(&out, &head, start);

    v = json_loadb(out.data + start, out.len - start, 0, NULL);
    assert_non_null(v);
    json_decref(v);

    assert_int_equal(assist_line_read(
                         (assist_str_t) { out.data + start,
                                          out.len - start - 1 },
                         &line, &reason), 0);

    /* out of memory in the middle of a line: it is taken back */

    start = assist_evidence_open(&out, &head, event.time, "config");
    assert_null(assist_buf_reserve(&out, SIZE_MAX / 2));
    assist_evidence_close(&out, &head, start);
    assert_true(out.failed);
    assert_int_equal(out.len, start);
    assert_int_equal(out.data[out.len - 1], '\n');

    assist_buf_free(&out);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_feedback),
        cmocka_unit_test(test_nulls),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_crc),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_other_types)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
