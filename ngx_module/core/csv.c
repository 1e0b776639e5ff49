#include "csv.h"


static void skip_empty_lines(assist_csv_t *csv);
static char find_separator(const char *p, const char *end);
static int read_field(assist_csv_t *csv, assist_str_t *field,
    assist_error_t *err);
static int read_quoted(assist_csv_t *csv, assist_str_t *field,
    assist_error_t *err);
static int line_end(assist_csv_t *csv);


void
assist_csv_init(assist_csv_t *csv, const char *data, size_t len)
{
    csv->nfields = 0;
    csv->line = 0;
    csv->pos = data;
    csv->end = data + len;
    csv->here = 1;
    csv->text = (assist_buf_t) ASSIST_BUF_INIT;

    if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
        csv->pos += 3;
    }

    skip_empty_lines(csv);
    csv->separator = find_separator(csv->pos, csv->end);
}


void
assist_csv_free(assist_csv_t *csv)
{
    assist_buf_free(&csv->text);
}


int
assist_csv_next(assist_csv_t *csv, assist_error_t *err)
{
    int           more;
    size_t        used;
    uint32_t      i;
    assist_str_t  field;

    skip_empty_lines(csv);

    if (csv->pos == csv->end) {
        return 0;
    }

    csv->line = csv->here;
    csv->nfields = 0;
    csv->text.len = 0;

    do {
        if (csv->nfields == ASSIST_CSV_FIELDS) {
            return assist_fail(err, csv->line, "more than %d fields",
                               ASSIST_CSV_FIELDS);
        }

        if (read_field(csv, &field, err) != 0) {
            return -1;
        }

        csv->fields[csv->nfields++] = field;

        more = csv->pos < csv->end && *csv->pos == csv->separator;

        if (more) {
            csv->pos++;
        }

    } while (more);

    line_end(csv);

    /* the buffer has stopped moving: fields without data lie in it, in order */

    used = 0;

    for (i = 0; i < csv->nfields; i++) {
        if (csv->fields[i].data == NULL) {
            csv->fields[i].data = csv->text.data + used;
            used += csv->fields[i].len;
        }
    }

    return 1;
}


static void
skip_empty_lines(assist_csv_t *csv)
{
    while (line_end(csv)) { /* void */ }
}


static char
find_separator(const char *p, const char *end)
{
    int       quoted;
    char      best;
    uint32_t  i, most, count[3];

    static const char  separators[] = { ',', ';', '\t' };

    quoted = 0;
    memset(count, 0, sizeof(count));

    for ( /* void */ ; p < end; p++) {

        if (*p == '"') {
            quoted = !quoted;
            continue;
        }

        if (quoted) {
            continue;
        }

        if (*p == '\n' || *p == '\r') {
            break;
        }

        for (i = 0; i < 3; i++) {
            count[i] += *p == separators[i];
        }
    }

    best = separators[0];
    most = count[0];

    for (i = 1; i < 3; i++) {
        if (count[i] > most) {
            best = separators[i];
            most = count[i];
        }
    }

    return best;
}


static int
read_field(assist_csv_t *csv, assist_str_t *field, assist_error_t *err)
{
    const char  *p;

    if (csv->pos < csv->end && *csv->pos == '"') {
        return read_quoted(csv, field, err);
    }

    for (p = csv->pos; p < csv->end; p++) {

        if (*p == csv->separator || *p == '\n' || *p == '\r') {
            break;
        }

        if (*p == '\0') {
            return assist_fail(err, csv->here, "a NUL byte; save the file as "
                               "\"CSV UTF-8\"");
        }
    }

    *field = (assist_str_t) { csv->pos, (size_t) (p - csv->pos) };
    csv->pos = p;

    return 0;
}


/* Counts the lines in the field and leaves pos behind its closing quote. */

static int
read_quoted(assist_csv_t *csv, assist_str_t *field, assist_error_t *err)
{
    size_t       before;
    uint32_t     opened;
    const char  *run;

    opened = csv->here;
    before = csv->text.len;
    run = ++csv->pos;

    for ( ;; ) {

        if (csv->pos == csv->end) {
            return assist_fail(err, opened,
                               "the quote that opens here is never closed");
        }

        if (*csv->pos == '\0') {
            return assist_fail(err, csv->here, "a NUL byte; save the file as "
                               "\"CSV UTF-8\"");
        }

        if (*csv->pos != '"') {
            if (!line_end(csv)) {
                csv->pos++;
            }

            continue;
        }

        if (csv->end - csv->pos < 2 || csv->pos[1] != '"') {
            break;
        }

        /* a doubled quote: the run with one of them */

        assist_buf_add(&csv->text, run, (size_t) (csv->pos + 1 - run));
        csv->pos += 2;
        run = csv->pos;
    }

    *field = (assist_str_t) { run, (size_t) (csv->pos - run) };
    csv->pos++;

    if (csv->pos < csv->end
        && *csv->pos != csv->separator
        && *csv->pos != '\n'
        && *csv->pos != '\r')
    {
        return assist_fail(err, csv->here, "text after a closing quote; write "
                           "a quote inside quotes twice");
    }

    if (csv->text.len != before) {
        assist_buf_add(&csv->text, field->data, field->len);
        *field = (assist_str_t) { NULL, csv->text.len - before };
    }

    if (csv->text.failed) {
        return assist_fail(err, opened, "out of memory");
    }

    return 0;
}


/* Steps over one line end, if pos is at one. */

static int
line_end(assist_csv_t *csv)
{
    if (csv->pos == csv->end || (*csv->pos != '\n' && *csv->pos != '\r')) {
        return 0;
    }

    if (*csv->pos == '\r' && csv->end - csv->pos > 1 && csv->pos[1] == '\n') {
        csv->pos++;
    }

    csv->pos++;
    csv->here++;

    return 1;
}
