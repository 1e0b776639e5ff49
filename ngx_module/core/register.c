#include "register.h"

#include <stdlib.h>

#include <openssl/sha.h>

#include "catalog_words.h"
#include "setting.h"
#include "sheet.h"
#include "table.h"
#include "text.h"


#define COUNT_MAX  20000000


enum {
    COLUMN_MEASURE = 0,
    COLUMN_NAME,
    COLUMN_COUNT,
    COLUMN_TOTAL,
    COLUMN_DATE,
    COLUMN_DOCUMENT,
    COLUMN_UNIT,
    COLUMN_MAX
};


static int read_rows(assist_register_t *reg, assist_str_t file,
    assist_error_t *err);
static int read_entry(assist_register_t *reg, const assist_sheet_t *sheet,
    assist_entry_t *entry, assist_error_t *err);
static int read_measure(const assist_sheet_t *sheet, assist_subset_t *subset,
    assist_error_t *err);
static int read_number(const assist_sheet_t *sheet, uint32_t column,
    uint32_t *n, assist_error_t *err);
static int check(const assist_sheet_t *sheet, const assist_entry_t *entry,
    assist_error_t *err);
static int by_day(const void *one, const void *two);
static int mark_names(assist_register_t *reg);


static const assist_sheet_column_t  columns[COLUMN_MAX] = {
    [COLUMN_MEASURE] = { "measure", "measure|Chỉ tiêu|Loại", 1 },
    [COLUMN_NAME] = { "name", "name|area|agency|Tên|Đô thị|Cơ quan", 0 },
    [COLUMN_COUNT] = { "count", "count|Số lượng|Số người", 0 },
    [COLUMN_TOTAL] = { "total", "total|Tổng số", 0 },
    [COLUMN_DATE] = { "date", "date|Ngày|Ngày ban hành", 1 },
    [COLUMN_DOCUMENT] = { "document", "document|reference|Văn bản|"
                          "Số văn bản|Số hiệu", 1 },
    [COLUMN_UNIT] = { "unit", "unit|owner|Đơn vị|Đơn vị chủ trì", 1 }
};


/* From ASSIST_SUBSET_URBAN_AREAS on. */
static const assist_sheet_column_t  measures[] = {
    { "urban_areas", "urban_areas|Đô thị", 0 },
    { "officers", "officers|Cán bộ|Cán bộ, chuyên gia", 0 },
    { "open_data", "open_data|Dữ liệu mở", 0 }
};


assist_register_t *
assist_register_parse(assist_str_t file, assist_error_t *err)
{
    unsigned char       digest[ASSIST_DIGEST_LEN];
    assist_register_t  *reg;

    reg = calloc(1, sizeof(assist_register_t));

    if (reg == NULL || (reg->priv = assist_arena_create()) == NULL) {
        assist_register_free(reg);
        (void) assist_fail(err, 0, "out of memory");
        return NULL;
    }

    if (read_rows(reg, file, err) != 0) {
        assist_register_free(reg);
        return NULL;
    }

    if (reg->n) {
        qsort(reg->list, reg->n, sizeof(assist_entry_t), by_day);
    }

    if (mark_names(reg) != 0) {
        assist_register_free(reg);
        (void) assist_fail(err, 0, "out of memory");
        return NULL;
    }

    SHA256((const unsigned char *) file.data, file.len, digest);
    assist_digest_hex(reg->hash, digest);

    return reg;
}


void
assist_register_free(assist_register_t *reg)
{
    if (reg == NULL) {
        return;
    }

    assist_arena_destroy(reg->priv);
    free(reg->list);
    free(reg);
}


assist_registered_t
assist_register_at(const assist_register_t *reg, assist_subset_t subset,
    int32_t day)
{
    uint32_t               i;
    const assist_entry_t  *entry;
    assist_registered_t    found = { 0, 0, 0 };

    for (i = 0; reg && i < reg->n && reg->list[i].day <= day; i++) {
        entry = &reg->list[i];

        if (entry->subset != subset) {
            continue;
        }

        if (entry->total) {
            found.denominator = entry->total;
            continue;
        }

        found.entries++;
        found.numerator += entry->again ? 0 : entry->count;
    }

    return found;
}


static int
read_rows(assist_register_t *reg, assist_str_t file, assist_error_t *err)
{
    int              rc;
    void            *list;
    assist_sheet_t   sheet;

    rc = assist_sheet_open(&sheet, file, columns, COLUMN_MAX, err);

    while (rc == 0 && (rc = assist_sheet_next(&sheet, err)) == 1) {
        list = reg->list;
        rc = assist_sheet_room(&list, reg->n, sizeof(assist_entry_t), err);
        reg->list = list;

        if (rc != 0) {
            break;
        }

        rc = read_entry(reg, &sheet, &reg->list[reg->n], err);
        reg->n++;
    }

    assist_sheet_close(&sheet);

    return rc;
}


static int
read_entry(assist_register_t *reg, const assist_sheet_t *sheet,
    assist_entry_t *entry, assist_error_t *err)
{
    const assist_str_t  *cells;

    cells = sheet->cells;

    memset(entry, 0, sizeof(assist_entry_t));
    entry->line = sheet->line;

    if (read_measure(sheet, &entry->subset, err) != 0
        || read_number(sheet, COLUMN_COUNT, &entry->count, err) != 0
        || read_number(sheet, COLUMN_TOTAL, &entry->total, err) != 0
        || check(sheet, entry, err) != 0
        || assist_sheet_date(sheet, COLUMN_DATE, &entry->day, err) != 0)
    {
        return -1;
    }

    if (cells[COLUMN_NAME].len && entry->subset != ASSIST_SUBSET_OFFICERS) {
        entry->count = 1;
    }

    if (assist_sheet_text(reg->priv, cells[COLUMN_NAME], &entry->name) != 0
        || assist_sheet_text(reg->priv, cells[COLUMN_DOCUMENT],
                             &entry->document)
           != 0
        || assist_sheet_text(reg->priv, cells[COLUMN_UNIT], &entry->unit) != 0)
    {
        return assist_fail(err, 0, "out of memory");
    }

    return 0;
}


static int
read_measure(const assist_sheet_t *sheet, assist_subset_t *subset,
    assist_error_t *err)
{
    int           rc;
    assist_str_t  cell;

    cell = sheet->cells[COLUMN_MEASURE];
    rc = assist_sheet_word(cell, measures,
                           sizeof(measures) / sizeof(measures[0]));

    if (rc == ASSIST_WORD_NOMEM) {
        return assist_fail(err, 0, "out of memory");
    }

    if (rc < 0) {
        return assist_fail(err, sheet->line, "unknown measure \"%.*s\"; known "
                           "are urban_areas, officers and open_data",
                           (int) (cell.len < 40 ? cell.len : 40),
                           cell.len ? cell.data : "");
    }

    *subset = (assist_subset_t) (ASSIST_SUBSET_URBAN_AREAS + rc);

    return 0;
}


/* An empty cell is 0. */

static int
read_number(const assist_sheet_t *sheet, uint32_t column, uint32_t *n,
    assist_error_t *err)
{
    assist_str_t  cell;

    cell = sheet->cells[column];

    if (cell.len == 0) {
        return 0;
    }

    if (assist_setting_number(cell, COUNT_MAX, n) != 0 || *n == 0) {
        return assist_fail(err, sheet->line, "%s must be a whole number from "
                           "1 to %d, without separators",
                           columns[column].name, COUNT_MAX);
    }

    return 0;
}


static int
check(const assist_sheet_t *sheet, const assist_entry_t *entry,
    assist_error_t *err)
{
    int                  named;
    const assist_str_t  *cells;

    cells = sheet->cells;
    named = cells[COLUMN_NAME].len != 0;

    if (entry->subset == ASSIST_SUBSET_OFFICERS) {
        if (entry->count == 0 || entry->total) {
            return assist_fail(err, sheet->line, "a row of officers needs the "
                               "count of people trained, and no total");
        }

    } else if (named == (entry->total != 0) || entry->count > 1) {
        return assist_fail(err, sheet->line, "a row of %s needs either the "
                           "name of one, or the total of all, and no count",
                           assist_subset_name(entry->subset));
    }

    if (cells[COLUMN_DOCUMENT].len == 0) {
        return assist_fail(err, sheet->line, "a document is missing: give the "
                           "number of the one that says so");
    }

    if (cells[COLUMN_UNIT].len == 0) {
        return assist_fail(err, sheet->line, "a unit is missing: say who "
                           "answers for the document");
    }

    return 0;
}


static int
by_day(const void *one, const void *two)
{
    const assist_entry_t  *a, *b;

    a = one;
    b = two;

    if (a->day != b->day) {
        return a->day < b->day ? -1 : 1;
    }

    return a->line < b->line ? -1 : 1;
}


/* Names are the same that are spelled the same but for case and blanks. */

static int
mark_names(assist_register_t *reg)
{
    int              rc;
    uint32_t         i;
    assist_str_t     key;
    assist_buf_t     buf = ASSIST_BUF_INIT;
    assist_table_t   seen = ASSIST_TABLE_INIT;
    assist_entry_t  *entry;

    rc = 0;

    for (i = 0; i < reg->n && rc == 0; i++) {
        entry = &reg->list[i];

        if (entry->name.len == 0 || entry->subset == ASSIST_SUBSET_OFFICERS) {
            continue;
        }

        buf.len = 0;
        rc = assist_text_normalize(entry->name, &buf);

        if (rc == 0
            && assist_table_get(&seen, entry->subset, assist_buf_str(&buf))
               != ASSIST_TABLE_NONE)
        {
            entry->again = 1;
            continue;
        }

        key = assist_arena_dup(reg->priv, assist_buf_str(&buf));

        if (rc != 0 || key.data == NULL
            || assist_table_put(&seen, entry->subset, key, i) != 0)
        {
            rc = -1;
        }
    }

    assist_table_free(&seen);
    assist_buf_free(&buf);

    return rc;
}
