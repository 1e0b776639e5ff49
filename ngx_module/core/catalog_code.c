#include "catalog_code.h"


static int digits(assist_str_t s, size_t from, size_t n);


void
assist_code_split(assist_str_t s, assist_code_t *code)
{
    assist_str_t  middle;

    memset(code, 0, sizeof(assist_code_t));
    code->code = s;

    if (s.len >= 4
        && s.data[s.len - 4] == '-'
        && (s.data[s.len - 3] | 0x20) == 'x'
        && (s.data[s.len - 2] | 0x20) == 'o'
        && (s.data[s.len - 1] | 0x20) == 'a')
    {
        code->deleted = 1;
        return;
    }

    if (!digits(s, 0, 1) || s.len < 8 || s.data[1] != '.'
        || !digits(s, 2, 6))
    {
        return;
    }

    if (s.len == 8) {
        code->regular = 1;
        return;
    }

    /* .02 */

    if (s.len == 11 && s.data[8] == '.' && digits(s, 9, 2)) {
        code->regular = 1;
        code->code.len = 8;
        code->case_name = (assist_str_t) { s.data + 9, 2 };
        return;
    }

    /* .000.00.00.H55, where the zeros may number cases */

    if (s.len < 20
        || s.data[8] != '.' || !digits(s, 9, 3)
        || s.data[12] != '.' || !digits(s, 13, 2)
        || s.data[15] != '.' || !digits(s, 16, 2)
        || s.data[18] != '.')
    {
        return;
    }

    code->regular = 1;
    code->code.len = 8;
    code->agency = (assist_str_t) { s.data + 19, s.len - 19 };

    middle = (assist_str_t) { s.data + 9, 9 };

    if (!assist_str_eq(middle, assist_str("000.00.00"))) {
        code->case_name = middle;
    }
}


/* Are there n digits at `from`? */

static int
digits(assist_str_t s, size_t from, size_t n)
{
    size_t  i;

    if (s.len < from + n) {
        return 0;
    }

    for (i = from; i < from + n; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return 0;
        }
    }

    return 1;
}
