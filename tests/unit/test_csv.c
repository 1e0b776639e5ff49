/* The CSV reader: every record of a file, written as "line:field|field". */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "csv.h"


#define TEXT(s)  s, sizeof(s) - 1


typedef struct {
    const char  *data;
    size_t       len;
    const char  *records;
} good_t;

typedef struct {
    const char  *data;
    size_t       len;
    uint32_t     line;
    const char  *text;
} bad_t;


static int
read_all(const char *data, size_t len, assist_buf_t *out, assist_error_t *err)
{
    int           rc;
    char         *copy;
    uint32_t      i;
    assist_csv_t  csv;

    /* a copy of the exact size, so that the sanitizer sees its ends */

    copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, data, len);

    assist_csv_init(&csv, copy, len);

    while ((rc = assist_csv_next(&csv, err)) > 0) {
        assist_buf_printf(out, "%u:", csv.line);

        for (i = 0; i < csv.nfields; i++) {
            assist_buf_puts(out, i ? "|" : "");
            assist_buf_add(out, csv.fields[i].data, csv.fields[i].len);
        }

        assist_buf_puts(out, "\n");
    }

    assist_csv_free(&csv);
    free(copy);
    assist_buf_putc(out, '\0');

    return rc;
}


static void
test_records(void **state)
{
    size_t        i;
    assist_buf_t  out;

    static const good_t  cases[] = {
        { TEXT(""), "" },
        { TEXT("\n\r\n\r"), "" },
        { TEXT("a,b"), "1:a|b\n" },
        { TEXT("a,b\n1,2\n"), "1:a|b\n2:1|2\n" },
        { TEXT("a,b\r\n1,2\r\n"), "1:a|b\n2:1|2\n" },
        { TEXT("a,b\r1,2\r3,4"), "1:a|b\n2:1|2\n3:3|4\n" },
        { TEXT("\xef\xbb\xbf" "a,b\n1,2"), "1:a|b\n2:1|2\n" },
        { TEXT("\xef\xbb\xbf\n\na,b"), "3:a|b\n" },
        { TEXT("\xef\xbb\xbf\"a\",b"), "1:a|b\n" },
        { TEXT("a,b\n\n\r\n1,2\n\n"), "1:a|b\n4:1|2\n" },
        { TEXT("a,b,\n,,"), "1:a|b|\n2:||\n" },
        { TEXT(","), "1:|\n" },
        { TEXT("\"\""), "1:\n" },
        { TEXT("a\n \n"), "1:a\n2: \n" },

        /* separators */
        { TEXT("a;b\n1,5;2"), "1:a|b\n2:1,5|2\n" },
        { TEXT("a\tb\n1,5\t2;3"), "1:a|b\n2:1,5|2;3\n" },
        { TEXT("a,b;c\n1,2"), "1:a|b;c\n2:1|2\n" },
        { TEXT("a;b\tc\n1;2"), "1:a|b\tc\n2:1|2\n" },
        { TEXT("\"a,b,c\";d\n1;2"), "1:a,b,c|d\n2:1|2\n" },
        { TEXT("\"a\"\",\"\",b\";d\n1;2"), "1:a\",\",b|d\n2:1|2\n" },
        { TEXT("a;b, c;d\n1;2;3"), "1:a|b, c|d\n2:1|2|3\n" },
        { TEXT("a\n1,2;3"), "1:a\n2:1|2;3\n" },

        /* quotes */
        { TEXT("a,b\n\"1,2\",\"3\"\n"), "1:a|b\n2:1,2|3\n" },
        { TEXT("a,b\n\"x\"\"y\",\"\"\"z\"\"\"\n"), "1:a|b\n2:x\"y|\"z\"\n" },
        { TEXT("a,b,c\n\"x\"\"y\",z,\"\"\"\""), "1:a|b|c\n2:x\"y|z|\"\n" },
        { TEXT("a,b\n5\" pipe,x\"y\"\n"), "1:a|b\n2:5\" pipe|x\"y\"\n" },

        /* line ends in quotes are counted */
        { TEXT("a,b\n\"1\n2\r\n3\r4\",x\n5,6\n"),
          "1:a|b\n2:1\n2\r\n3\r4|x\n6:5|6\n" },
        { TEXT("\"a\nb\",c\n\n1,2"), "1:a\nb|c\n4:1|2\n" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        out = (assist_buf_t) ASSIST_BUF_INIT;

        assert_int_equal(read_all(cases[i].data, cases[i].len, &out, NULL), 0);
        assert_string_equal(out.data, cases[i].records);

        assist_buf_free(&out);
    }
}


static void
test_errors(void **state)
{
    size_t          i;
    assist_buf_t    out;
    assist_error_t  err;

    static const bad_t  cases[] = {
        { TEXT("\""), 1, "the quote that opens here is never closed" },
        { TEXT("a,b\n1,\"2\n3\n4"), 2,
          "the quote that opens here is never closed" },
        { TEXT("a,b\n\"1\n\n\",\"2\n\"\""), 4,
          "the quote that opens here is never closed" },
        { TEXT("a,b\n\"1\"x,2"), 2, "text after a closing quote; write a quote "
          "inside quotes twice" },
        { TEXT("a,b\n\"1\n2\" ,2"), 3, "text after a closing quote; write a "
          "quote inside quotes twice" },
        { TEXT("a,b\n1,2\0"), 2,
          "a NUL byte; save the file as \"CSV UTF-8\"" },
        { TEXT("a,b\n\"1\n\0\",2"), 3,
          "a NUL byte; save the file as \"CSV UTF-8\"" },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        out = (assist_buf_t) ASSIST_BUF_INIT;

        assert_int_equal(read_all(cases[i].data, cases[i].len, &out, &err), -1);
        assert_int_equal(err.line, cases[i].line);
        assert_string_equal(err.text, cases[i].text);

        assist_buf_free(&out);
    }
}


static void
test_too_many_fields(void **state)
{
    char            data[ASSIST_CSV_FIELDS + 8];
    assist_buf_t    out = ASSIST_BUF_INIT;
    assist_error_t  err;

    (void) state;

    /* n commas make n + 1 fields */

    memset(data, ',', sizeof(data));

    assert_int_equal(read_all(data, ASSIST_CSV_FIELDS - 1, &out, NULL), 0);
    assert_int_equal(read_all(data, ASSIST_CSV_FIELDS, &out, &err), -1);
    assert_int_equal(err.line, 1);
    assert_string_equal(err.text, "more than 256 fields");

    assist_buf_free(&out);
}


static uint32_t
draw(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1103515245 + 12345;

    return (*seed >> 16) % n;
}


/* What assist_buf_csv writes is read back. */

static void
test_round_trip(void **state)
{
    uint32_t      seed, round, i, k, n;
    assist_buf_t  file = ASSIST_BUF_INIT, text[4];
    assist_csv_t  csv;

    static const char  letters[] = "a\",;\t\n\r b";

    (void) state;

    seed = 1;

    for (round = 0; round < 2000; round++) {
        file.len = 0;
        assist_buf_puts(&file, "a,b,c,d\n");

        for (i = 0; i < 4; i++) {
            text[i] = (assist_buf_t) ASSIST_BUF_INIT;
            assist_buf_putc(&text[i], 'x');
            n = draw(&seed, 9);

            for (k = 0; k < n; k++) {
                assist_buf_putc(&text[i],
                                letters[draw(&seed, sizeof(letters) - 1)]);
            }

            assist_buf_puts(&file, i ? "," : "");
            assist_buf_csv(&file, assist_buf_str(&text[i]));
        }

        assist_csv_init(&csv, file.data, file.len);

        assert_int_equal(assist_csv_next(&csv, NULL), 1);
        assert_int_equal(assist_csv_next(&csv, NULL), 1);
        assert_int_equal(csv.nfields, 4);

        for (i = 0; i < 4; i++) {
            assert_true(assist_str_eq(csv.fields[i],
                                      assist_buf_str(&text[i])));
            assist_buf_free(&text[i]);
        }

        assert_int_equal(assist_csv_next(&csv, NULL), 0);
        assist_csv_free(&csv);
    }

    assist_buf_free(&file);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_too_many_fields),
        cmocka_unit_test(test_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
