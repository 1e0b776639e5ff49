#include "notice.h"

#include "utf8.h"


static int notice_line(assist_notice_t *notice, assist_str_t text,
    uint32_t line, assist_error_t *err);
static assist_str_t notice_trim(assist_str_t s);
static int notice_is_text(assist_str_t s);


int
assist_notice_parse(assist_notice_t *notice, assist_str_t file,
    assist_error_t *err)
{
    size_t        i;
    uint32_t      line;
    const char   *end;
    assist_str_t  text;

    memset(notice, 0, sizeof(assist_notice_t));

    i = file.len >= 3 && memcmp(file.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    for (line = 1; i < file.len; line++) {
        text.data = file.data + i;
        end = memchr(text.data, '\n', file.len - i);
        text.len = end ? (size_t) (end - text.data) : file.len - i;
        i += text.len + 1;

        if (notice_line(notice, notice_trim(text), line, err) != 0) {
            return -1;
        }
    }

    if (notice->vi.len == 0 || notice->en.len == 0) {
        return assist_fail(err, 0, "a line \"%s = text\" is missing: a notice "
                           "is in Vietnamese (vi) and in English (en)",
                           notice->vi.len ? "en" : "vi");
    }

    return 0;
}


static int
notice_line(assist_notice_t *notice, assist_str_t text, uint32_t line,
    assist_error_t *err)
{
    const char    *p;
    assist_str_t   name, value, *field;

    if (text.len == 0 || text.data[0] == '#') {
        return 0;
    }

    p = memchr(text.data, '=', text.len);

    if (p == NULL) {
        return assist_fail(err, line, "expected \"vi = text\" or "
                           "\"en = text\"");
    }

    name = (assist_str_t) { text.data, (size_t) (p - text.data) };
    value = (assist_str_t) { p + 1, text.len - name.len - 1 };

    name = notice_trim(name);
    value = notice_trim(value);

    if (assist_str_eq(name, assist_str("vi"))) {
        field = &notice->vi;

    } else if (assist_str_eq(name, assist_str("en"))) {
        field = &notice->en;

    } else {
        return assist_fail(err, line, "unknown language \"%.*s\"; known are "
                           "vi, en", (int) (name.len < 40 ? name.len : 40),
                           name.data);
    }

    if (field->len) {
        return assist_fail(err, line, "\"%.*s\" is given twice: keep one",
                           (int) name.len, name.data);
    }

    if (value.len == 0 || value.len > ASSIST_NOTICE_MAX
        || !notice_is_text(value))
    {
        return assist_fail(err, line, "\"%.*s\" must be a text of 1 to %d "
                           "bytes in UTF-8", (int) name.len, name.data,
                           ASSIST_NOTICE_MAX);
    }

    *field = value;

    return 0;
}


static assist_str_t
notice_trim(assist_str_t s)
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


static int
notice_is_text(assist_str_t s)
{
    size_t                len;
    const unsigned char  *p, *end;

    p = (const unsigned char *) s.data;

    for (end = p + s.len; p < end; p += len) {
        len = assist_utf8_len(p, end);

        if (len == 0 || *p < 0x20) {
            return 0;
        }
    }

    return 1;
}
