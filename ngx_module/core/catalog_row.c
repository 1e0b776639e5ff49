#include "catalog_row.h"

#include "catalog_code.h"
#include "date.h"
#include "text.h"


#define QUOTE_MAX  64                   /* bytes of a value in an error */


static void quote(assist_str_t s, char out[QUOTE_MAX]);
static int required(assist_row_reader_t *rd, const assist_csv_t *csv,
    const char *what, const char *expected, assist_error_t *err);
static int read_texts(assist_row_reader_t *rd, const assist_str_t *cells,
    assist_row_t *row);
static int read_code(assist_row_reader_t *rd, const assist_str_t *cells,
    assist_row_t *row, assist_error_t *err);
static int read_name(assist_row_reader_t *rd, const assist_str_t *cells,
    assist_row_t *row, assist_error_t *err);
static int read_values(assist_row_reader_t *rd, const assist_str_t *cells,
    assist_row_t *row, assist_error_t *err);
static int read_date(assist_str_t cell, const char *column, uint32_t line,
    int32_t *day, assist_error_t *err);
static int read_flag(assist_row_reader_t *rd, assist_str_t cell,
    const char *column, uint32_t line, assist_error_t *err);
static int no_memory(uint32_t line, assist_error_t *err);
static int clean(assist_row_reader_t *rd, assist_str_t cell,
    assist_clean_t how, assist_str_t *text);
static int check_id(const char *column, assist_str_t s, uint32_t line,
    assist_error_t *err);


/* In the order of ASSIST_COL_*. */
const assist_column_t  assist_catalog_columns[] = {
    { "code",        offsetof(assist_row_t, code) },
    { "name",        offsetof(assist_row_t, name) },
    { "name_en",     offsetof(assist_row_t, name_en) },
    { "aliases",     offsetof(assist_row_t, aliases) },
    { "agency_code", offsetof(assist_row_t, agency_code) },
    { "agency",      offsetof(assist_row_t, agency) },
    { "province",    offsetof(assist_row_t, province) },
    { "case",        offsetof(assist_row_t, case_name) },
    { "field",       offsetof(assist_row_t, field) },
    { "paths",       offsetof(assist_row_t, paths) },
    { "documents",   offsetof(assist_row_t, documents) },
    { "fee",         offsetof(assist_row_t, fee) },
    { "time",        offsetof(assist_row_t, time) },
    { "where",       offsetof(assist_row_t, where) },
    { "contact",     offsetof(assist_row_t, contact) },
    { "url",         offsetof(assist_row_t, url) },
    { "updated",     offsetof(assist_row_t, updated) },
    { "successor",   offsetof(assist_row_t, successor) },
    { NULL,          0 }
};

_Static_assert(sizeof(assist_catalog_columns) / sizeof(assist_column_t)
               == ASSIST_COL_TEXTS + 1, "a text column lacks its number");


/* The columns that are not text, for errors. */
static const char  *const value_columns[] = {
    "level", "state", "essential", "onprem", "valid_from", "valid_to",
    "service code", "service name"
};


/* How text columns are cleaned; code, name and case have functions. */
static const struct {
    int             column;
    assist_clean_t  how;
} texts[] = {
    { ASSIST_COL_NAME_EN,     ASSIST_CLEAN_LINE },
    { ASSIST_COL_ALIASES,     ASSIST_CLEAN_LIST },
    { ASSIST_COL_AGENCY_CODE, ASSIST_CLEAN_TOKEN },
    { ASSIST_COL_AGENCY,      ASSIST_CLEAN_LINE },
    { ASSIST_COL_PROVINCE,    ASSIST_CLEAN_LINE },
    { ASSIST_COL_CASE,        ASSIST_CLEAN_LINE },
    { ASSIST_COL_FIELD,       ASSIST_CLEAN_LINE },
    { ASSIST_COL_PATHS,       ASSIST_CLEAN_ONCE },
    { ASSIST_COL_DOCUMENTS,   ASSIST_CLEAN_LINES },
    { ASSIST_COL_FEE,         ASSIST_CLEAN_LINES },
    { ASSIST_COL_TIME,        ASSIST_CLEAN_LINES },
    { ASSIST_COL_WHERE,       ASSIST_CLEAN_LINES },
    { ASSIST_COL_CONTACT,     ASSIST_CLEAN_LINES },
    { ASSIST_COL_URL,         ASSIST_CLEAN_ONCE },
    { ASSIST_COL_SUCCESSOR,   ASSIST_CLEAN_TOKEN }
};

#define NTEXTS  (sizeof(texts) / sizeof(texts[0]))


int
assist_row_init(assist_row_reader_t *rd, assist_catalog_t *cat,
    assist_arena_t *arena, assist_error_t *err)
{
    memset(rd, 0, sizeof(assist_row_reader_t));

    rd->cat = cat;

    if (assist_cells_init(&rd->cells, arena) != 0
        || assist_words_init(&rd->words, rd->cells.scratch) != 0)
    {
        return assist_fail(err, 0, "out of memory");
    }

    return 0;
}


void
assist_row_free(assist_row_reader_t *rd)
{
    assist_cells_free(&rd->cells);
}


void
assist_row_odd(assist_catalog_t *cat, assist_odd_t odd, uint32_t line)
{
    if (cat->odd[odd].count++ == 0) {
        cat->odd[odd].line = line;
    }
}


int
assist_row_header(assist_row_reader_t *rd, const assist_csv_t *csv,
    assist_error_t *err)
{
    int          column, at[ASSIST_COL_MAX];
    char         one[QUOTE_MAX], two[QUOTE_MAX];
    uint32_t     i;

    for (i = 0; i < ASSIST_COL_MAX; i++) {
        at[i] = -1;
    }

    rd->ncolumns = csv->nfields;

    for (i = 0; i < csv->nfields; i++) {

        column = assist_words_find(&rd->words, ASSIST_WORDS_HEADERS,
                                   assist_cell_trim(csv->fields[i]));
        rd->column[i] = column;

        if (column == ASSIST_WORD_NOMEM) {
            return assist_fail(err, csv->line, "out of memory");
        }

        if (column == ASSIST_WORD_UNKNOWN) {
            assist_row_odd(rd->cat, ASSIST_ODD_COLUMN, csv->line);
            continue;
        }

        if (column == ASSIST_COL_IGNORED) {
            continue;
        }

        /* "Phí" beside "Lệ phí" is one text; a second code is a guess */

        if (at[column] >= 0
            && (column < ASSIST_COL_DOCUMENTS || column > ASSIST_COL_CONTACT))
        {
            quote(csv->fields[at[column]], one);
            quote(csv->fields[i], two);

            return assist_fail(err, csv->line, "the columns \"%s\" and \"%s\" "
                               "both mean %s; rename or remove one", one, two,
                               column < ASSIST_COL_TEXTS
                               ? assist_catalog_columns[column].name
                               : value_columns[column - ASSIST_COL_TEXTS]);
        }

        at[column] = (int) i;
    }

    if (at[ASSIST_COL_CODE] < 0 && at[ASSIST_COL_SERVICE_CODE] < 0) {
        return required(rd, csv, "a code", "code, MaTTHC, MaDVC, Mã thủ tục or "
                        "procedure code", err);
    }

    if (at[ASSIST_COL_NAME] < 0 && at[ASSIST_COL_SERVICE_NAME] < 0) {
        return required(rd, csv, "a name", "name, TenTTHC, TenDVC, Tên thủ tục "
                        "or procedure name", err);
    }

    return 0;
}


int
assist_row_read(assist_row_reader_t *rd, const assist_csv_t *csv,
    assist_row_t *row, assist_error_t *err)
{
    int           column, empty;
    uint32_t      i;
    assist_str_t  cells[ASSIST_COL_MAX];

    memset(row, 0, sizeof(assist_row_t));
    memset(cells, 0, sizeof(cells));

    row->line = csv->line;
    empty = 1;

    if (csv->nfields > rd->ncolumns) {
        return assist_fail(err, csv->line, "%u fields, but the header has %u; "
                           "put a text that contains \"%s\" into quotes",
                           csv->nfields, rd->ncolumns,
                           csv->separator == '\t' ? "TAB"
                           : csv->separator == ';' ? ";" : ",");
    }

    for (i = 0; i < csv->nfields; i++) {

        if (assist_cell_trim(csv->fields[i]).len == 0) {
            continue;
        }

        empty = 0;
        column = rd->column[i];

        if (column < 0 || column >= ASSIST_COL_MAX) {
            continue;
        }

        if (cells[column].len == 0) {
            cells[column] = csv->fields[i];

        } else if (assist_cell_join(&rd->cells, &cells[column], csv->fields[i],
                                    "\n")
                   != 0)
        {
            return no_memory(csv->line, err);
        }
    }

    if (empty) {
        return 0;
    }

    if (read_texts(rd, cells, row) != 0) {
        return no_memory(csv->line, err);
    }

    if (read_code(rd, cells, row, err) != 0
        || read_name(rd, cells, row, err) != 0
        || read_values(rd, cells, row, err) != 0)
    {
        return -1;
    }

    return 1;
}


/* A value for an error: short, on one line, cut at a character. */

static void
quote(assist_str_t s, char out[QUOTE_MAX])
{
    size_t  i;

    s = assist_cell_trim(s);

    for (i = 0; i < s.len && i < QUOTE_MAX - 1; i++) {
        out[i] = (unsigned char) s.data[i] < ' ' ? ' ' : s.data[i];
    }

    if (i < s.len) {
        i -= 3;

        while (((unsigned char) s.data[i] & 0xc0) == 0x80) {
            i--;
        }

        memcpy(out + i, "...", 3);
        i += 3;
    }

    out[i] = '\0';
}


static int
required(assist_row_reader_t *rd, const assist_csv_t *csv, const char *what,
    const char *expected, assist_error_t *err)
{
    char      name[QUOTE_MAX];
    size_t    i;

    rd->cells.buf.len = 0;

    for (i = 0; i < csv->nfields; i++) {
        quote(csv->fields[i], name);

        if (rd->cells.buf.len + strlen(name) > 110) {
            assist_buf_puts(&rd->cells.buf, ", ...");
            break;
        }

        assist_buf_printf(&rd->cells.buf, "%s%s", i ? ", " : "", name);
    }

    assist_buf_putc(&rd->cells.buf, '\0');

    if (rd->cells.buf.failed) {
        return no_memory(csv->line, err);
    }

    return assist_fail(err, csv->line, "no column for %s; found: %s; "
                       "expected: %s", what, rd->cells.buf.data, expected);
}


static int
read_texts(assist_row_reader_t *rd, const assist_str_t *cells,
    assist_row_t *row)
{
    size_t         i;
    assist_str_t  *text;

    for (i = 0; i < NTEXTS; i++) {
        text = (assist_str_t *)
                   ((char *) row
                    + assist_catalog_columns[texts[i].column].offset);

        if (clean(rd, cells[texts[i].column], texts[i].how, text) < 0) {
            return -1;
        }
    }

    return 0;
}


/*
 * The code, and what hides in it: `1.001193.02` is a case, and the agency is
 * the end of the local form `2.000815.000.00.00.H55`.  The national portal
 * has a procedure's code and a service's: where they differ, they tell cases
 * apart.  Cells of their own win.
 */

static int
read_code(assist_row_reader_t *rd, const assist_str_t *cells,
    assist_row_t *row, assist_error_t *err)
{
    size_t         len;
    assist_str_t   first, second;
    assist_code_t  code, service;

    first = assist_cell_trim(cells[ASSIST_COL_CODE]);
    second = assist_cell_trim(cells[ASSIST_COL_SERVICE_CODE]);

    if (first.len == 0) {
        first = second;
        second.len = 0;
    }

    if (first.len == 0) {
        return assist_fail(err, row->line, "the code is empty");
    }

    if (check_id("code", first, row->line, err) != 0
        || check_id("service code", second, row->line, err) != 0
        || check_id("agency code", row->agency_code, row->line, err) != 0)
    {
        return -1;
    }

    assist_code_split(first, &code);

    if (second.len && !assist_str_eq(first, second)) {
        assist_code_split(second, &service);

        if (!assist_str_eq(service.code, code.code)) {
            service.case_name = second;

        } else {
            code.deleted |= service.deleted;
        }

        if (service.case_name.len) {
            code.case_name = service.case_name;
        }

        if (service.agency.len) {
            code.agency = service.agency;
        }
    }

    if (clean(rd, code.code, ASSIST_CLEAN_TOKEN, &row->code) < 0) {
        return no_memory(row->line, err);
    }

    if (row->case_name.len == 0
        && clean(rd, code.case_name, ASSIST_CLEAN_LINE, &row->case_name) < 0)
    {
        return no_memory(row->line, err);
    }

    if (row->agency_code.len == 0
        && clean(rd, code.agency, ASSIST_CLEAN_TOKEN, &row->agency_code) < 0)
    {
        return no_memory(row->line, err);
    }

    len = row->code.len;

    if (row->agency_code.len) {
        len += 1 + row->agency_code.len;
    }

    if (len > ASSIST_ID_MAX) {
        return assist_fail(err, row->line, "\"code@agency\" has %zu bytes; at "
                           "most %d are allowed", len, ASSIST_ID_MAX);
    }

    if (!code.regular) {
        assist_row_odd(rd->cat, ASSIST_ODD_CODE, row->line);
    }

    if (code.deleted) {
        row->state = ASSIST_STATE_INTERNAL;
    }

    return 0;
}


static int
read_name(assist_row_reader_t *rd, const assist_str_t *cells,
    assist_row_t *row, assist_error_t *err)
{
    int           found, rc;
    char          code[QUOTE_MAX];
    assist_str_t  service, name;

    found = clean(rd, cells[ASSIST_COL_NAME], ASSIST_CLEAN_LINE, &row->name);
    rc = clean(rd, cells[ASSIST_COL_SERVICE_NAME], ASSIST_CLEAN_LINE,
               &service);

    if (found < 0 || rc < 0) {
        return no_memory(row->line, err);
    }

    if (row->name.len == 0) {
        row->name = service;
        found = rc;
    }

    if (row->name.len == 0) {
        quote(row->code, code);
        return assist_fail(err, row->line, "the name of \"%s\" is empty", code);
    }

    if (found & ASSIST_TEXT_NOT_NFC) {
        assist_row_odd(rd->cat, ASSIST_ODD_NOT_NFC, row->line);
    }

    if (found & ASSIST_TEXT_BLANKS) {
        assist_row_odd(rd->cat, ASSIST_ODD_BLANKS, row->line);
    }

    /* a service's own name tells cases apart, too */

    if (service.len == 0
        || assist_cell_trim(cells[ASSIST_COL_CASE]).len
        || assist_str_eq(service, row->name))
    {
        return 0;
    }

    if (row->case_name.len == 0) {
        row->case_name = service;
        return 0;
    }

    name = row->case_name;

    if (assist_cell_join(&rd->cells, &name, service, " ") != 0
        || clean(rd, name, ASSIST_CLEAN_LINE, &row->case_name) < 0)
    {
        return no_memory(row->line, err);
    }

    return 0;
}


static int
read_values(assist_row_reader_t *rd, const assist_str_t *cells,
    assist_row_t *row, assist_error_t *err)
{
    int           value;
    char          text[QUOTE_MAX], date[11];
    assist_str_t  cell;

    cell = assist_cell_trim(cells[ASSIST_COL_LEVEL]);

    if (cell.len) {
        value = assist_words_find(&rd->words, ASSIST_WORDS_LEVELS, cell);

        if (value == ASSIST_WORD_NOMEM) {
            return no_memory(row->line, err);
        }

        if (value == ASSIST_WORD_UNKNOWN) {
            quote(cell, text);
            return assist_fail(err, row->line, "unknown level \"%s\"; write "
                               "full, partial, info or unknown, or 4, 3, 2, 1, "
                               "toàn trình, một phần, cung cấp thông tin",
                               text);
        }

        row->level = (assist_level_t) value;
    }

    cell = assist_cell_trim(cells[ASSIST_COL_STATE]);

    if (cell.len) {
        value = assist_words_find(&rd->words, ASSIST_WORDS_STATES, cell);

        if (value == ASSIST_WORD_NOMEM) {
            return no_memory(row->line, err);
        }

        if (value == ASSIST_WORD_UNKNOWN) {
            quote(cell, text);
            return assist_fail(err, row->line, "unknown state \"%s\"; write "
                               "published, testing or internal, or công khai, "
                               "thử nghiệm, nội bộ, hết hiệu lực", text);
        }

        /* a deleted procedure is internal, whatever its row says */

        if (row->state == ASSIST_STATE_PUBLISHED) {
            row->state = (assist_state_t) value;
        }
    }

    value = read_flag(rd, cells[ASSIST_COL_ESSENTIAL], "essential", row->line,
                      err);
    if (value < 0) {
        return -1;
    }

    row->essential = (unsigned) value;

    value = read_flag(rd, cells[ASSIST_COL_ONPREM], "onprem", row->line, err);
    if (value < 0) {
        return -1;
    }

    row->onprem = (unsigned) value;

    row->updated_day = INT32_MIN;
    row->valid_from = INT32_MIN;
    row->valid_to = INT32_MAX;

    if (read_date(cells[ASSIST_COL_UPDATED], "updated", row->line,
                  &row->updated_day, err) != 0
        || read_date(cells[ASSIST_COL_VALID_FROM], "valid_from", row->line,
                     &row->valid_from, err) != 0
        || read_date(cells[ASSIST_COL_VALID_TO], "valid_to", row->line,
                     &row->valid_to, err) != 0)
    {
        return -1;
    }

    if (row->valid_to < row->valid_from) {
        assist_date_format(row->valid_to, date);
        assist_date_format(row->valid_from, text);

        return assist_fail(err, row->line, "valid_to %s is before valid_from "
                           "%s", date, text);
    }

    if (row->updated_day != INT32_MIN) {
        assist_date_format(row->updated_day, date);

        if (clean(rd, assist_str_of(date), ASSIST_CLEAN_TOKEN, &row->updated)
            < 0)
        {
            return no_memory(row->line, err);
        }
    }

    return 0;
}


/* An empty cell leaves *day as it is. */

static int
read_date(assist_str_t cell, const char *column, uint32_t line, int32_t *day,
    assist_error_t *err)
{
    char  text[QUOTE_MAX];

    cell = assist_cell_trim(cell);

    if (cell.len == 0 || assist_date_parse(cell, day) == 0) {
        return 0;
    }

    quote(cell, text);

    return assist_fail(err, line, "%s \"%s\" is not a date; write YYYY-MM-DD "
                       "or DD/MM/YYYY", column, text);
}


static int
read_flag(assist_row_reader_t *rd, assist_str_t cell, const char *column,
    uint32_t line, assist_error_t *err)
{
    int   value;
    char  text[QUOTE_MAX];

    cell = assist_cell_trim(cell);

    if (cell.len == 0) {
        return 0;
    }

    value = assist_words_find(&rd->words, ASSIST_WORDS_FLAGS, cell);

    if (value == ASSIST_WORD_NOMEM) {
        return no_memory(line, err);
    }

    if (value == ASSIST_WORD_UNKNOWN) {
        quote(cell, text);
        return assist_fail(err, line, "%s \"%s\" is neither yes nor no; write "
                           "1 or 0, yes or no, true or false, có or không, x "
                           "or nothing", column, text);
    }

    return value;
}


static int
no_memory(uint32_t line, assist_error_t *err)
{
    return assist_fail(err, line, "out of memory");
}


static int
clean(assist_row_reader_t *rd, assist_str_t cell, assist_clean_t how,
    assist_str_t *text)
{
    return assist_cell_clean(&rd->cells, cell, how, text);
}


static int
check_id(const char *column, assist_str_t s, uint32_t line,
    assist_error_t *err)
{
    char    c, text[QUOTE_MAX];
    size_t  i;

    for (i = 0; i < s.len; i++) {
        c = s.data[i];

        if ((c >= '0' && c <= '9')
            || (c >= 'A' && c <= 'Z')
            || (c >= 'a' && c <= 'z')
            || c == '.' || c == '_' || c == '-')
        {
            continue;
        }

        quote(s, text);

        return assist_fail(err, line, "the %s \"%s\" may have only the "
                           "characters 0-9 A-Z a-z . _ -", column, text);
    }

    return 0;
}
