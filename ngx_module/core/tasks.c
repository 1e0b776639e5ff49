#include "tasks.h"

#include <stdlib.h>

#include <openssl/sha.h>

#include "sheet.h"
#include "table.h"


enum {
    COLUMN_SERVICE = 0,
    COLUMN_AGENCY,
    COLUMN_TASK,
    COLUMN_UNIT,
    COLUMN_DEADLINE,
    COLUMN_MAX
};


static int read_rows(assist_tasks_t *tasks, assist_str_t file,
    assist_error_t *err);
static int read_task(assist_tasks_t *tasks, const assist_sheet_t *sheet,
    assist_task_t *task, assist_error_t *err);
static int check(const assist_sheet_t *sheet, assist_error_t *err);
static int add_agencies(assist_table_t *agencies,
    const assist_catalog_t *cat);
static int is_known(const assist_task_t *task, const assist_catalog_t *cat,
    const assist_table_t *agencies);


static const assist_sheet_column_t  columns[COLUMN_MAX] = {
    [COLUMN_SERVICE] = { "service", "service|code|MaTTHC|Mã thủ tục|Thủ tục|"
                         "Mã dịch vụ|Dịch vụ", 0 },
    [COLUMN_AGENCY] = { "agency", "agency|agency_code|MaCQTH|Mã cơ quan|"
                        "Cơ quan", 0 },
    [COLUMN_TASK] = { "task", "task|Nhiệm vụ|Công việc", 1 },
    [COLUMN_UNIT] = { "unit", "unit|owner|owner unit|Đơn vị chủ trì|Chủ trì|"
                      "Đơn vị thực hiện|Đơn vị", 1 },
    [COLUMN_DEADLINE] = { "deadline", "deadline|due|Thời hạn|"
                          "Thời hạn hoàn thành|Hạn hoàn thành|Hạn", 1 }
};


assist_tasks_t *
assist_tasks_parse(assist_str_t file, assist_error_t *err)
{
    unsigned char    digest[ASSIST_DIGEST_LEN];
    assist_tasks_t  *tasks;

    tasks = calloc(1, sizeof(assist_tasks_t));

    if (tasks == NULL || (tasks->priv = assist_arena_create()) == NULL) {
        assist_tasks_free(tasks);
        (void) assist_fail(err, 0, "out of memory");
        return NULL;
    }

    if (read_rows(tasks, file, err) != 0) {
        assist_tasks_free(tasks);
        return NULL;
    }

    SHA256((const unsigned char *) file.data, file.len, digest);
    assist_digest_hex(tasks->hash, digest);

    return tasks;
}


void
assist_tasks_free(assist_tasks_t *tasks)
{
    if (tasks == NULL) {
        return;
    }

    assist_arena_destroy(tasks->priv);
    free(tasks->list);
    free(tasks);
}


uint32_t
assist_tasks_unknown(const assist_tasks_t *tasks, const assist_catalog_t *cat,
    uint32_t *line)
{
    uint32_t        i, n;
    assist_table_t  agencies = ASSIST_TABLE_INIT;

    n = 0;

    if (add_agencies(&agencies, cat) == 0) {

        for (i = 0; i < tasks->n; i++) {
            if (!is_known(&tasks->list[i], cat, &agencies) && n++ == 0) {
                *line = tasks->list[i].line;
            }
        }
    }

    assist_table_free(&agencies);

    return n;
}


static int
add_agencies(assist_table_t *agencies, const assist_catalog_t *cat)
{
    uint32_t             i;
    assist_str_t         key;
    const assist_row_t  *row;

    for (i = 0; i < cat->nrows; i++) {
        row = &cat->rows[i];
        key = row->agency_code.len ? row->agency_code : row->agency;

        if (assist_table_get(agencies, 0, key) == ASSIST_TABLE_NONE
            && assist_table_put(agencies, 0, key, i) != 0)
        {
            return -1;
        }
    }

    return 0;
}


static int
is_known(const assist_task_t *task, const assist_catalog_t *cat,
    const assist_table_t *agencies)
{
    if (task->code.len == 0) {
        return assist_table_get(agencies, 0, task->agency)
               != ASSIST_TABLE_NONE;
    }

    return task->agency.len
           ? assist_catalog_find(cat, task->code, task->agency) != ASSIST_NONE
           : assist_catalog_procedure(cat, task->code) != ASSIST_NONE;
}


static int
read_rows(assist_tasks_t *tasks, assist_str_t file, assist_error_t *err)
{
    int              rc;
    void            *list;
    assist_sheet_t   sheet;

    rc = assist_sheet_open(&sheet, file, columns, COLUMN_MAX, err);

    while (rc == 0 && (rc = assist_sheet_next(&sheet, err)) == 1) {
        list = tasks->list;
        rc = assist_sheet_room(&list, tasks->n, sizeof(assist_task_t), err);
        tasks->list = list;

        if (rc != 0) {
            break;
        }

        rc = read_task(tasks, &sheet, &tasks->list[tasks->n], err);
        tasks->n++;
    }

    assist_sheet_close(&sheet);

    return rc;
}


static int
read_task(assist_tasks_t *tasks, const assist_sheet_t *sheet,
    assist_task_t *task, assist_error_t *err)
{
    const char          *at;
    const assist_str_t  *cells;

    if (check(sheet, err) != 0) {
        return -1;
    }

    cells = sheet->cells;
    task->line = sheet->line;
    task->deadline = INT32_MIN;

    if (cells[COLUMN_DEADLINE].len
        && assist_sheet_date(sheet, COLUMN_DEADLINE, &task->deadline, err)
           != 0)
    {
        return -1;
    }

    if (assist_sheet_text(tasks->priv, cells[COLUMN_SERVICE], &task->code) != 0
        || assist_sheet_text(tasks->priv, cells[COLUMN_AGENCY], &task->agency)
           != 0
        || assist_sheet_text(tasks->priv, cells[COLUMN_TASK], &task->text) != 0
        || assist_sheet_text(tasks->priv, cells[COLUMN_UNIT], &task->unit)
           != 0)
    {
        return assist_fail(err, 0, "out of memory");
    }

    at = memchr(task->code.data, '@', task->code.len);

    if (at != NULL) {
        task->agency.data = at + 1;
        task->agency.len = task->code.len - (size_t) (at - task->code.data) - 1;
        task->code.len = (size_t) (at - task->code.data);
    }

    return 0;
}


static int
check(const assist_sheet_t *sheet, assist_error_t *err)
{
    const assist_str_t  *cells;

    cells = sheet->cells;

    if (cells[COLUMN_SERVICE].len == 0 && cells[COLUMN_AGENCY].len == 0) {
        return assist_fail(err, sheet->line, "the task is of no service and "
                           "of no agency: give one of them");
    }

    if (cells[COLUMN_AGENCY].len && cells[COLUMN_SERVICE].len
        && memchr(cells[COLUMN_SERVICE].data, '@', cells[COLUMN_SERVICE].len))
    {
        return assist_fail(err, sheet->line, "the agency is given twice: "
                           "write code@agency, or the agency in its column");
    }

    if (cells[COLUMN_TASK].len == 0) {
        return assist_fail(err, sheet->line, "the task has no text: say what "
                           "is to be done");
    }

    return 0;
}
