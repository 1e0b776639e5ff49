/*
 * Slots, as CLUSTER KEYSLOT of Redis 7 gives them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "slot.h"


static void
test_slot(void **state)
{
    size_t    i;
    uint32_t  slot;

    static const struct { const char *key; uint32_t slot; } cases[] = {
        { "123456789", 12739 }, { "", 0 }, { "foo", 12182 }, { "bar", 5061 },
        { "{user1000}.following", 3443 }, { "{user1000}.followers", 3443 },
        { "foo{}{bar}", 8363 }, { "foo{{bar}}zap", 4015 },
        { "foo{bar}{zap}", 5061 }, { "foo{bar", 15278 },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        slot = assist_slot(assist_str_of(cases[i].key));
        assert_int_equal(slot, cases[i].slot);
    }
}


static void
test_command(void **state)
{
    uint32_t  slot;

    static const assist_str_t  get[] = { { "GET", 3 }, { "foo", 3 } };
    static const assist_str_t  ping[] = { { "PING", 4 } };
    static const assist_str_t  same[] = {
        { "del", 3 }, { "{a}1", 4 }, { "{a}2", 4 }
    };
    static const assist_str_t  other[] = {
        { "MGET", 4 }, { "foo", 3 }, { "bar", 3 }
    };
    static const assist_str_t  set[] = {
        { "SET", 3 }, { "bar", 3 }, { "foo", 3 }
    };
    static const assist_str_t  eval[] = {
        { "EVAL", 4 }, { "return 1", 8 }, { "1", 1 }, { "foo", 3 },
        { "bar", 3 }
    };
    static const assist_str_t  none[] = {
        { "EVAL", 4 }, { "return 1", 8 }, { "0", 1 }, { "foo", 3 }
    };
    static const assist_str_t  more[] = {
        { "EVAL", 4 }, { "return 1", 8 }, { "99999999999999999999", 20 },
        { "foo", 3 }
    };

    (void) state;

    assert_int_equal(assist_slot_command(get, 2, &slot), 0);
    assert_int_equal(slot, 12182);
    assert_int_equal(assist_slot_command(ping, 1, &slot), 0);
    assert_int_equal(slot, 0);
    assert_int_equal(assist_slot_command(same, 3, &slot), 0);
    assert_int_equal(slot, 15495);
    assert_int_equal(assist_slot_command(other, 3, &slot), -1);
    assert_int_equal(assist_slot_command(set, 3, &slot), 0);
    assert_int_equal(slot, 5061);
    assert_int_equal(assist_slot_command(eval, 5, &slot), 0);
    assert_int_equal(slot, 12182);
    assert_int_equal(assist_slot_command(none, 4, &slot), 0);
    assert_int_equal(slot, 0);
    assert_int_equal(assist_slot_command(more, 4, &slot), 0);
    assert_int_equal(slot, 12182);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_slot),
        cmocka_unit_test(test_command),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
