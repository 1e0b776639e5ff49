/*
 * The packed form of counters, and the file of a node's records: what comes
 * back is what was put, and damaged bytes are told.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "state.h"


static assist_str_t
packed_of(const assist_counters_t *c, char *buf)
{
    return (assist_str_t) { buf, assist_ledger_pack(c, buf) };
}


static void
test_pack(void **state)
{
    char               buf[ASSIST_PACKED_MAX];
    assist_str_t       packed;
    assist_counters_t  c, back;

    (void) state;

    memset(&c, 0, sizeof(c));
    packed = packed_of(&c, buf);
    assert_int_equal(packed.len, 1);
    assert_int_equal(assist_ledger_unpack(packed, &back), 0);
    assert_memory_equal(&back, &c, sizeof(c));

    /* as it is on disks: another layout is another version */
    c.views = 300;
    c.kinds[ASSIST_KIND_PAGE] = 1;
    c.last_success = 5;
    packed = packed_of(&c, buf);
    assert_int_equal(packed.len, 8);
    assert_memory_equal(buf, "\1\0\xac\2\1\1", 6);
    assert_int_equal(buf[6], sizeof(c) / 8 - 4);
    assert_int_equal(buf[7], 5);
    assert_int_equal(assist_ledger_unpack(packed, &back), 0);
    assert_memory_equal(&back, &c, sizeof(c));

    memset(&c, 0xff, sizeof(c));
    packed = packed_of(&c, buf);
    assert_int_equal(packed.len, ASSIST_PACKED_MAX);
    assert_int_equal(assist_ledger_unpack(packed, &back), 0);
    assert_memory_equal(&back, &c, sizeof(c));
}


static void
test_unpack_bad(void **state)
{
    size_t             i, n;
    char               buf[ASSIST_PACKED_MAX + 2];
    assist_counters_t  c;

    static const struct {
        const char  *bytes;
        size_t       len;
    } bad[] = {
        { "", 0 },
        { "\0", 1 },                    /* no version of ours */
        { "\2\0\1", 3 },
        { "\1\0", 2 },                  /* a skip, and no word */
        { "\1\0\0", 3 },                /* a word of 0 is skipped, not put */
        { "\1\0\x81", 3 },              /* cut */
        { "\1\0\x81\0", 4 },            /* longer than it need be */
        { "\1\x7f\1", 3 },              /* beyond the last word */
        { "\1\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\2", 12 },
        { "\1\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 13 },
    };

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(assist_ledger_unpack(
                             (assist_str_t) { bad[i].bytes, bad[i].len }, &c),
                         -1);
    }

    /* after the last word, and cut anywhere in a number */

    memset(&c, 0xff, sizeof(c));
    n = assist_ledger_pack(&c, buf);
    buf[n] = 0;
    buf[n + 1] = 1;
    assert_int_equal(assist_ledger_unpack((assist_str_t) { buf, n + 2 }, &c),
                     -1);

    for (i = 1; i < n; i++) {
        assert_int_equal(assist_ledger_unpack((assist_str_t) { buf, i }, &c),
                         i % 11 == 1 ? 0 : -1);
    }
}


/* A record of two services and quality, all of them n. */

static void
put(assist_buf_t *out, uint64_t id, uint64_t n, int64_t updated)
{
    char               buf[ASSIST_PACKED_MAX];
    assist_buf_t       fields = ASSIST_BUF_INIT;
    assist_record_t    r;
    assist_quality_t   quality;
    assist_counters_t  c;

    memset(&r, 0, sizeof(r));
    memset(&c, 0, sizeof(c));
    memset(&quality, 0, sizeof(quality));

    c.views = n;
    c.days[0] = (uint64_t) 1 << n;
    quality.excluded = n;

    assist_field_put(&fields, assist_str("1.000001@A"), packed_of(&c, buf));
    assist_field_put(&fields, assist_str("1.000002"), packed_of(&c, buf));
    assist_field_put(&fields, assist_str(ASSIST_STATE_QUALITY),
        (assist_str_t) { buf, assist_quality_pack(&quality, buf) });

    r.id = id;
    r.seq = n;
    r.start = updated - 10;
    r.updated = updated;
    r.unclosed = 1;
    r.nfields = 3;
    r.fields = assist_buf_str(&fields);

    assist_state_put(out, &r);
    assist_buf_free(&fields);
}


static void
test_file(void **state)
{
    int              n;
    size_t           i;
    assist_buf_t     file = ASSIST_BUF_INIT;
    assist_str_t     records, bytes;
    assist_record_t  r;

    (void) state;

    assert_null(assist_state_open(assist_str(""), &records));
    assert_int_equal(assist_state_next(&records, &r), 0);

    assist_state_begin(&file);
    put(&file, UINT64_MAX, 3, 1000);
    put(&file, 7, 4, 2000);
    assist_state_end(&file);
    assert_false(file.failed);

    assert_null(assist_state_open(assist_buf_str(&file), &records));
    assert_int_equal(assist_state_next(&records, &r), 1);
    assert_true(r.id == UINT64_MAX && r.seq == 3 && r.updated == 1000);
    assert_int_equal(assist_state_next(&records, &r), 1);
    assert_true(r.id == 7 && r.nfields == 3 && r.unclosed == 1);
    assert_int_equal(assist_state_next(&records, &r), 0);

    /* cut anywhere, and changed anywhere */

    for (i = 1; i < file.len; i++) {
        assert_non_null(assist_state_open((assist_str_t) { file.data, i },
                                          &records));
        file.data[i] ^= 1;
        assert_non_null(assist_state_open(assist_buf_str(&file), &records));
        file.data[i] ^= 1;
    }

    /* whatever a CRC holds for: nothing is read beyond the end */

    assert_null(assist_state_open(assist_buf_str(&file), &records));

    for (i = 0; i < records.len; i++) {
        bytes = (assist_str_t) { records.data, i };

        while ((n = assist_state_next(&bytes, &r)) == 1) { /* void */ }

        assert_true(n == -1 || i == 0 || i == records.len / 2);
    }

    assist_buf_free(&file);
}


static void
test_fold(void **state)
{
    unsigned           round;
    uint64_t           folded, fields;
    assist_buf_t       file = ASSIST_BUF_INIT, next = ASSIST_BUF_INIT;
    assist_str_t       records, name, value;
    assist_record_t    r;
    assist_quality_t   quality;
    assist_counters_t  c;

    (void) state;

    assist_state_begin(&file);
    put(&file, 1, 1, 1000);
    put(&file, 2, 2, 1000);
    put(&file, 3, 3, 5000);
    put(&file, 9, 4, 1000);
    assist_state_end(&file);

    /* 9 is the writer's own: it is old, but put anew by whoever copies */

    assert_null(assist_state_open(assist_buf_str(&file), &records));
    assist_state_begin(&next);
    assert_int_equal(assist_state_copy(&next, records, 9, 1000, 77), 0);
    assist_state_end(&next);
    assert_null(assist_state_open(assist_buf_str(&next), &records));

    for (folded = 0; assist_state_next(&records, &r) == 1; folded++) {
        assert_int_equal(r.nfolded, 0);
        assert_int_not_equal(r.id, 9);
    }

    assert_int_equal(folded, 3);

    for (round = 0; round < 2; round++) {
        /* the second time the fold is folded with 3 */
        assert_null(assist_state_open(round ? assist_buf_str(&file)
                                            : assist_buf_str(&next),
                                      &records));
        if (round == 0) {
            assist_state_begin(&file);
            assert_int_equal(assist_state_copy(&file, records, 9, 2000, 77),
                             0);
            assist_state_end(&file);

        } else {
            assist_state_begin(&next);
            assert_int_equal(assist_state_copy(&next, records, 9, 6000, 78),
                             0);
            assist_state_end(&next);
        }
    }

    assert_null(assist_state_open(assist_buf_str(&next), &records));
    assert_int_equal(assist_state_next(&records, &r), 1);
    assert_true(r.id == 78 && r.nfolded == 4 && r.unclosed == 3);
    assert_true(r.start == 990 && r.updated == 5000);
    assert_true(assist_state_has(&r, 1) && assist_state_has(&r, 2)
                && assist_state_has(&r, 3) && assist_state_has(&r, 77)
                && assist_state_has(&r, 78) && !assist_state_has(&r, 9));

    for (fields = 0; assist_field_next(&r.fields, &name, &value) == 1;
         fields++)
    {
        if (assist_str_eq(name, assist_str(ASSIST_STATE_QUALITY))) {
            assert_int_equal(assist_quality_unpack(value, &quality), 0);
            assert_int_equal(quality.excluded, 6);
            continue;
        }

        assert_int_equal(assist_ledger_unpack(value, &c), 0);
        assert_int_equal(c.views, 6);
        assert_int_equal(c.days[0], 2 | 4 | 8);
    }

    assert_int_equal(fields, 3);
    assert_int_equal(r.nfields, 3);
    assert_int_equal(assist_state_next(&records, &r), 0);

    assist_buf_free(&file);
    assist_buf_free(&next);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_pack),
        cmocka_unit_test(test_unpack_bad),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_fold)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
