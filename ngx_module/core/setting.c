#include "setting.h"


void
assist_setting_init(assist_setting_t *setting, assist_str_t file)
{
    memset(setting, 0, sizeof(assist_setting_t));

    if (file.len >= 3 && memcmp(file.data, "\xef\xbb\xbf", 3) == 0) {
        file.data += 3;
        file.len -= 3;
    }

    setting->rest = file;
}


int
assist_setting_next(assist_setting_t *setting, const char *example,
    assist_error_t *err)
{
    const char    *p;
    assist_str_t   text, *rest;

    rest = &setting->rest;

    while (rest->len) {
        setting->line++;

        p = memchr(rest->data, '\n', rest->len);
        text = *rest;

        if (p != NULL) {
            text.len = (size_t) (p - rest->data);
            rest->data = p + 1;
            rest->len -= text.len + 1;

        } else {
            rest->len = 0;
        }

        p = memchr(text.data, '#', text.len);

        if (p != NULL) {
            text.len = (size_t) (p - text.data);
        }

        text = assist_setting_trim(text);

        if (text.len == 0) {
            continue;
        }

        p = memchr(text.data, '=', text.len);

        if (p == NULL) {
            return assist_fail(err, setting->line, "expected \"name = "
                               "value\", such as \"%s\"", example);
        }

        setting->name = (assist_str_t) { text.data,
                                         (size_t) (p - text.data) };
        setting->value = (assist_str_t) { p + 1,
                                          text.len - setting->name.len - 1 };

        setting->name = assist_setting_trim(setting->name);
        setting->value = assist_setting_trim(setting->value);

        return 1;
    }

    return 0;
}


assist_str_t
assist_setting_trim(assist_str_t s)
{
    while (s.len && memchr(" \t\r", s.data[0], 3) != NULL) {
        s.data++;
        s.len--;
    }

    while (s.len && memchr(" \t\r", s.data[s.len - 1], 3) != NULL) {
        s.len--;
    }

    return s;
}


int
assist_setting_number(assist_str_t s, uint32_t max, uint32_t *n)
{
    return assist_setting_decimal(s, 0, max, n);
}


int
assist_setting_decimal(assist_str_t s, unsigned places, uint32_t max,
    uint32_t *n)
{
    int       point;
    size_t    i;
    unsigned  digits, part;
    uint64_t  v;

    point = 0;
    digits = 0;
    part = 0;
    v = 0;

    for (i = 0; i < s.len; i++) {

        if (s.data[i] == '.' && !point && digits && places) {
            point = 1;
            continue;
        }

        if (s.data[i] < '0' || s.data[i] > '9'
            || (point && part == places))
        {
            return -1;
        }

        v = v * 10 + (uint64_t) (s.data[i] - '0');
        digits++;
        part += (unsigned) point;

        if (v > max) {
            return -1;
        }
    }

    if (digits == 0 || (point && part == 0)) {
        return -1;
    }

    for (/* void */ ; part < places; part++) {
        v *= 10;
    }

    if (v > max) {
        return -1;
    }

    *n = (uint32_t) v;

    return 0;
}
