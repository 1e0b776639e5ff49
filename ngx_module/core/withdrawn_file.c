/*
 * What was withdrawn, as a file: "nginx-assist withdrawn 1", the clock, a line
 * for each key, and the CRC-32 of all that, each a line, words as in Redis:
 *
 *     clock 18
 *     00c3a1f07d5e9b24 17!
 *     all 12
 *     crc 5f3a9c00
 */

#include "withdrawn.h"

#include <inttypes.h>
#include <stdio.h>

#include "evidence.h"


#define MAGIC  "nginx-assist withdrawn 1\n"
#define HEAD   (sizeof(MAGIC) - 1)
#define CRC    (sizeof("crc 5f3a9c00\n") - 1)


static void withdrawn_put(assist_buf_t *out, const char *key,
    assist_withdrawn_mark_t mark);
static int withdrawn_take(assist_withdrawn_t *w, assist_str_t line);


void
assist_withdrawn_write(const assist_withdrawn_t *w, assist_buf_t *out)
{
    char                     key[17];
    size_t                   i;
    assist_withdrawn_mark_t  mark = { 0, 0, 0 };

    out->len = 0;
    assist_buf_puts(out, MAGIC);

    mark.number = w->clock;
    withdrawn_put(out, "clock", mark);

    for (i = 0; i < ASSIST_WITHDRAWN_PLACES; i++) {

        if (w->places[i].key) {
            snprintf(key, sizeof(key), "%016" PRIx64, w->places[i].key);
            withdrawn_put(out, key,
                          assist_withdrawn_find(w, w->places[i].key));
        }
    }

    /* the last: what it takes the place of, it takes when all is known */
    withdrawn_put(out, "all", assist_withdrawn_find(w, ASSIST_WITHDRAWN_ALL));

    if (!out->failed) {
        assist_buf_printf(out, "crc %08x\n",
                          assist_crc32(0, out->data, out->len));
    }
}


static void
withdrawn_put(assist_buf_t *out, const char *key, assist_withdrawn_mark_t mark)
{
    assist_buf_puts(out, key);
    assist_buf_putc(out, ' ');
    assist_buf_uint(out, mark.number);
    assist_buf_puts(out, mark.blocked ? "!" : "");
    assist_buf_puts(out, mark.unsent ? "+\n" : "\n");
}


const char *
assist_withdrawn_read(assist_withdrawn_t *w, assist_str_t file)
{
    int           rc;
    char          crc[CRC + 1];
    const char   *end;
    assist_str_t  line;

    if (file.len == 0) {
        return NULL;
    }

    if (file.len < HEAD + CRC || memcmp(file.data, MAGIC, HEAD) != 0) {
        return "it does not begin as a file of withdrawn answers does";
    }

    file.len -= CRC;
    snprintf(crc, sizeof(crc), "crc %08x\n",
             assist_crc32(0, file.data, file.len));

    if (memcmp(file.data + file.len, crc, CRC) != 0) {
        return "it is cut or was changed: its CRC does not match";
    }

    end = file.data + file.len;
    rc = 0;

    for (line.data = file.data + HEAD; line.data < end;
         line.data += line.len + 1)
    {
        line.len = strcspn(line.data, "\n");
        rc |= withdrawn_take(w, line);
    }

    return rc ? "it has more keys than there is room for" : NULL;
}


static int
withdrawn_take(assist_withdrawn_t *w, assist_str_t line)
{
    uint64_t                 key;
    const char              *blank;
    assist_str_t             name, text;
    assist_withdrawn_mark_t  mark;

    blank = memchr(line.data, ' ', line.len);

    if (blank == NULL) {
        return 0;
    }

    name = (assist_str_t) { line.data, (size_t) (blank - line.data) };
    text = (assist_str_t) { blank + 1, line.len - name.len - 1 };
    mark = assist_withdrawn_mark_of(text);

    if (assist_str_eq(name, assist_str("clock"))) {
        assist_withdrawn_tick(w, mark.number);
        return 0;
    }

    /* of the same number: what is known has been sent meanwhile */

    if (assist_withdrawn_key_of(name, &key) != 0
        || mark.number <= assist_withdrawn_find(w, key).number)
    {
        return 0;
    }

    return assist_withdrawn_set(w, key, mark);
}
