/*
 * The digest of a list of strings: of any lengths, and of no other list.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/hmac.h>

#include "digest.h"


#define PARTS  4


/* What is hashed, in one piece. */

static void
expect(const assist_str_t *parts, size_t n)
{
    char           *all;
    size_t          i, len;
    uint64_t        l;
    unsigned char   got[ASSIST_DIGEST_LEN], wanted[ASSIST_DIGEST_LEN];

    for (len = 0, i = 0; i < n; i++) {
        len += sizeof(l) + parts[i].len;
    }

    all = malloc(len + 1);
    assert_non_null(all);

    for (len = 0, i = 0; i < n; i++) {
        l = parts[i].len;
        memcpy(all + len, &l, sizeof(l));
        len += sizeof(l);

        if (l) {
            memcpy(all + len, parts[i].data, l);
            len += l;
        }
    }

    SHA256((unsigned char *) all, len, wanted);
    assist_digest(got, parts, n);
    assert_memory_equal(got, wanted, ASSIST_DIGEST_LEN);

    free(all);
}


/* Around the size at which parts no longer go together. */

static void
test_lengths(void **state)
{
    size_t        i, k;
    char         *text;
    assist_str_t  parts[PARTS];

    static const size_t  lens[] = {
        0, 1, 7, 8, 100, 200, 495, 496, 497, 503, 504, 505, 511, 512, 513,
        1024, 5000
    };

    (void) state;

    text = malloc(5000);
    assert_non_null(text);

    for (i = 0; i < 5000; i++) {
        text[i] = (char) (i * 31);
    }

    for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        for (k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
            parts[0] = (assist_str_t) { text, lens[i] };
            parts[1] = (assist_str_t) { text, 3 };
            parts[2] = (assist_str_t) { text, lens[k] };
            parts[3] = (assist_str_t) { NULL, 0 };

            expect(parts, PARTS);
            expect(parts, 1);
        }
    }

    free(text);
}


static void
test_no_two_lists_meet(void **state)
{
    unsigned char  a[ASSIST_DIGEST_LEN], b[ASSIST_DIGEST_LEN];

    static const assist_str_t  one[] = { { "ab", 2 }, { "c", 1 } };
    static const assist_str_t  two[] = { { "a", 1 }, { "bc", 2 } };

    (void) state;

    assist_digest(a, one, 2);
    assist_digest(b, two, 2);
    assert_memory_not_equal(a, b, ASSIST_DIGEST_LEN);

    assist_digest(b, one, 2);
    assert_memory_equal(a, b, ASSIST_DIGEST_LEN);
}


/* RFC 4231, case 2; and texts of all lengths, as OpenSSL has it. */

static void
test_hmac(void **state)
{
    char           key[SHA256_CBLOCK], text[200];
    size_t         i;
    assist_str_t   parts[2];
    assist_hmac_t  hmac;
    unsigned char  got[ASSIST_DIGEST_LEN], wanted[ASSIST_DIGEST_LEN];
    char           hex[ASSIST_DIGEST_HEX + 1];

    (void) state;

    assist_hmac_key(&hmac, assist_str("Jefe"));

    /* a key is used again */

    for (i = 0; i < 2; i++) {
        parts[0] = assist_str("what do ya want ");
        parts[1] = assist_str("for nothing?");
        assist_hmac(got, &hmac, parts, 2);
        assist_digest_hex(hex, got);
        assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c7"
                                 "5a003f089d2739839dec58b964ec3843");
    }

    memset(text, 0xdd, sizeof(text));

    for (i = 0; i < sizeof(text); i++) {
        memset(key, (int) i, sizeof(key));
        assist_hmac_key(&hmac, (assist_str_t) { key, i % sizeof(key) + 1 });
        parts[0] = (assist_str_t) { text, i };
        assist_hmac(got, &hmac, parts, 1);
        assert_non_null(HMAC(EVP_sha256(), key, (int) (i % sizeof(key) + 1),
                             (unsigned char *) text, i, wanted, NULL));
        assert_memory_equal(got, wanted, ASSIST_DIGEST_LEN);
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_no_two_lists_meet),
        cmocka_unit_test(test_hmac)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
