#include "catalog.h"

#include <stdlib.h>

#include <openssl/sha.h>

#include "catalog_priv.h"
#include "catalog_row.h"
#include "digest.h"
#include "utf8.h"


typedef struct {
    assist_arena_t  *arena;
    assist_table_t   services;          /* "code@agency", "code" */
    assist_table_t   procedures;
} priv_t;


static int read_file(assist_catalog_t *cat, const char *data, size_t len,
    assist_error_t *err);
static int read_rows(assist_catalog_t *cat, assist_row_reader_t *rd,
    assist_csv_t *csv, assist_error_t *err);
static int check_utf8(const char *data, size_t len, assist_error_t *err);
static int add_row(assist_catalog_t *cat, uint32_t index, uint32_t *nalloc);
static uint32_t add_procedure(assist_catalog_t *cat, uint32_t index,
    uint32_t *nalloc);
static int check_successors(assist_catalog_t *cat);
static assist_str_t make_id(assist_str_t code, assist_str_t agency,
    char buf[ASSIST_ID_MAX]);


assist_catalog_t *
assist_catalog_parse(const char *data, size_t len, assist_error_t *err)
{
    priv_t            *priv;
    assist_catalog_t  *cat;

    cat = calloc(1, sizeof(assist_catalog_t));
    priv = calloc(1, sizeof(priv_t));

    if (cat == NULL || priv == NULL) {
        free(cat);
        free(priv);
        assist_fail(err, 0, "out of memory");
        return NULL;
    }

    cat->priv = priv;
    priv->arena = assist_arena_create();

    if (priv->arena == NULL) {
        assist_fail(err, 0, "out of memory");
        assist_catalog_free(cat);
        return NULL;
    }

    if (read_file(cat, data, len, err) != 0) {
        assist_catalog_free(cat);
        return NULL;
    }

    if (assist_catalog_levels(cat) != 0 || check_successors(cat) != 0) {
        assist_fail(err, 0, "out of memory");
        assist_catalog_free(cat);
        return NULL;
    }

    return cat;
}


void
assist_catalog_free(assist_catalog_t *cat)
{
    priv_t  *priv;

    if (cat == NULL) {
        return;
    }

    priv = cat->priv;

    assist_arena_destroy(priv->arena);
    assist_table_free(&priv->services);
    assist_table_free(&priv->procedures);

    free(priv);
    free(cat->rows);
    free(cat->services);
    free(cat->procedures);
    free(cat);
}


const char *
assist_catalog_odd(assist_odd_t odd)
{
    switch (odd) {
    case ASSIST_ODD_CODE:
        return "codes are not of the form d.dddddd: kept as they stand";
    case ASSIST_ODD_NOT_NFC:
        return "names are not in Unicode's form NFC: normalised";
    case ASSIST_ODD_BLANKS:
        return "names have stray blanks or line ends: cleaned";
    case ASSIST_ODD_REPEATED:
        return "rows repeat a code, agency, case and level";
    case ASSIST_ODD_LEVELS:
        return "rows give a code, agency and case another level: unknown";
    case ASSIST_ODD_PATH:
        return "paths are claimed by two services: the first row has them";
    case ASSIST_ODD_SUCCESSOR:
        return "successors are not in the file";
    case ASSIST_ODD_COLUMN:
        return "columns are not known: ignored";
    default:
        return "";
    }
}


uint32_t
assist_catalog_find(const assist_catalog_t *cat, assist_str_t code,
    assist_str_t agency)
{
    char           buf[ASSIST_ID_MAX];
    uint32_t       i;
    const priv_t  *priv;
    assist_str_t   id;

    priv = cat->priv;

    id = make_id(code, agency, buf);
    if (id.data == NULL) {
        return ASSIST_NONE;
    }

    i = assist_table_get(&priv->services, 0, id);

    if (i != ASSIST_NONE || agency.len) {
        return i;
    }

    i = assist_catalog_procedure(cat, code);

    if (i != ASSIST_NONE && cat->procedures[i].nservices == 1) {
        return cat->procedures[i].service;
    }

    return ASSIST_NONE;
}


uint32_t
assist_catalog_procedure(const assist_catalog_t *cat, assist_str_t code)
{
    const priv_t  *priv = cat->priv;

    return assist_table_get(&priv->procedures, 0, code);
}


int
assist_catalog_counts(const assist_row_t *row, int32_t day)
{
    return row->state == ASSIST_STATE_PUBLISHED
           && row->valid_from <= day
           && day <= row->valid_to;
}


const char *
assist_level_name(assist_level_t level)
{
    switch (level) {
    case ASSIST_LEVEL_INFO:
        return "info";
    case ASSIST_LEVEL_PARTIAL:
        return "partial";
    case ASSIST_LEVEL_FULL:
        return "full";
    default:
        return "unknown";
    }
}


const char *
assist_state_name(assist_state_t state)
{
    switch (state) {
    case ASSIST_STATE_TESTING:
        return "testing";
    case ASSIST_STATE_INTERNAL:
        return "internal";
    default:
        return "published";
    }
}


static int
read_file(assist_catalog_t *cat, const char *data, size_t len,
    assist_error_t *err)
{
    int                   rc;
    priv_t               *priv;
    assist_csv_t         *csv;
    unsigned char         digest[SHA256_DIGEST_LENGTH];
    assist_row_reader_t  *rd;

    /* so that lines, rows and lengths fit into 32 bits */

    if (len >= UINT32_MAX) {
        return assist_fail(err, 0, "the file is larger than 4 GiB");
    }

    if (check_utf8(data, len, err) != 0) {
        return -1;
    }

    if (SHA256((const unsigned char *) data, len, digest) == NULL) {
        return assist_fail(err, 0, "SHA-256 failed");
    }

    assist_digest_hex(cat->hash, digest);

    /* too large for a stack that might be a thread's */

    priv = cat->priv;
    csv = malloc(sizeof(assist_csv_t));
    rd = malloc(sizeof(assist_row_reader_t));

    if (csv == NULL || rd == NULL) {
        free(csv);
        free(rd);
        return assist_fail(err, 0, "out of memory");
    }

    assist_csv_init(csv, data, len);

    rc = assist_row_init(rd, cat, priv->arena, err);

    if (rc == 0) {
        rc = read_rows(cat, rd, csv, err);
    }

    assist_row_free(rd);
    assist_csv_free(csv);
    free(rd);
    free(csv);

    return rc;
}


static int
read_rows(assist_catalog_t *cat, assist_row_reader_t *rd, assist_csv_t *csv,
    assist_error_t *err)
{
    int        rc;
    void      *rows;
    uint32_t   nrows, nservices, nprocedures;

    rc = assist_csv_next(csv, err);

    if (rc == 0) {
        return assist_fail(err, 0, "the file is empty");
    }

    if (rc < 0 || assist_row_header(rd, csv, err) != 0) {
        return -1;
    }

    nrows = 0;
    nservices = 0;
    nprocedures = 0;

    while ((rc = assist_csv_next(csv, err)) > 0) {

        rows = assist_catalog_more(cat->rows, cat->nrows, &nrows,
                                   sizeof(assist_row_t));
        if (rows == NULL) {
            return assist_fail(err, csv->line, "out of memory");
        }

        cat->rows = rows;

        rc = assist_row_read(rd, csv, &cat->rows[cat->nrows], err);

        if (rc < 0) {
            return -1;
        }

        if (rc == 0) {
            continue;
        }

        if (add_procedure(cat, cat->nrows, &nprocedures) == ASSIST_NONE
            || add_row(cat, cat->nrows, &nservices) != 0)
        {
            return assist_fail(err, csv->line, "out of memory");
        }

        cat->nrows++;
    }

    if (rc == 0 && cat->nrows == 0) {
        return assist_fail(err, csv->here, "no rows after the header");
    }

    return rc;
}


static int
check_utf8(const char *data, size_t len, assist_error_t *err)
{
    size_t                n;
    uint32_t              line, column;
    const unsigned char  *p, *start, *end, *bad;

    start = (const unsigned char *) data;
    end = start + len;

    if (len >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0) {
        start += 3;
    }

    p = start;

    while (p < end) {

        if (*p < 0x80) {
            p++;
            continue;
        }

        n = assist_utf8_len(p, end);

        if (n == 0) {
            break;
        }

        p += n;
    }

    if (p == end) {
        return 0;
    }

    bad = p;
    line = 1;
    column = 1;

    for (p = start; p < bad; p += assist_utf8_len(p, end)) {

        if (*p == '\n' || (*p == '\r' && p[1] != '\n')) {
            line++;
            column = 1;
            continue;
        }

        column++;
    }

    return assist_fail(err, line, "not UTF-8 at character %u of the line; save "
                       "the file as \"CSV UTF-8\"", column);
}


/* The row's service, and its part in it; its procedure is there. */

static int
add_row(assist_catalog_t *cat, uint32_t index, uint32_t *nalloc)
{
    char                 buf[ASSIST_ID_MAX];
    void                *list;
    priv_t              *priv;
    uint32_t             i, p;
    assist_str_t         id;
    assist_row_t        *row;
    assist_service_t    *service;

    priv = cat->priv;
    row = &cat->rows[index];
    id = make_id(row->code, row->agency_code, buf);

    i = assist_table_get(&priv->services, 0, id);

    if (i != ASSIST_NONE) {
        row->service = i;

        if (assist_catalog_better(cat, index, cat->services[i].row)) {
            cat->services[i].row = index;
        }

        return 0;
    }

    i = cat->nservices;
    p = assist_catalog_procedure(cat, row->code);

    list = assist_catalog_more(cat->services, i, nalloc,
                               sizeof(assist_service_t));
    if (list == NULL) {
        return -1;
    }

    cat->services = list;

    id = assist_arena_dup(priv->arena, id);

    if (id.data == NULL || assist_table_put(&priv->services, 0, id, i) != 0) {
        return -1;
    }

    service = &cat->services[i];

    memset(service, 0, sizeof(assist_service_t));
    service->id = id;
    service->row = index;
    service->procedure = p;

    if (cat->procedures[p].nservices++ == 0) {
        cat->procedures[p].service = i;
    }

    cat->nservices++;
    row->service = i;

    return 0;
}


static uint32_t
add_procedure(assist_catalog_t *cat, uint32_t index, uint32_t *nalloc)
{
    void                *list;
    priv_t              *priv;
    uint32_t             i;
    assist_str_t         code;
    assist_procedure_t  *procedure;

    priv = cat->priv;
    code = cat->rows[index].code;

    i = assist_catalog_procedure(cat, code);

    if (i != ASSIST_NONE) {

        if (assist_catalog_better(cat, index, cat->procedures[i].row)) {
            cat->procedures[i].row = index;
        }

        return i;
    }

    i = cat->nprocedures;

    list = assist_catalog_more(cat->procedures, i, nalloc,
                               sizeof(assist_procedure_t));
    if (list == NULL) {
        return ASSIST_NONE;
    }

    cat->procedures = list;

    if (assist_table_put(&priv->procedures, 0, code, i) != 0) {
        return ASSIST_NONE;
    }

    procedure = &cat->procedures[i];

    memset(procedure, 0, sizeof(assist_procedure_t));
    procedure->code = code;
    procedure->row = index;
    procedure->service = ASSIST_NONE;

    cat->nprocedures++;

    return i;
}


/* A successor is a procedure, a service or, where agencies merge, an agency. */

static int
check_successors(assist_catalog_t *cat)
{
    uint32_t         i;
    const priv_t    *priv;
    assist_str_t     s;
    assist_table_t   agencies = ASSIST_TABLE_INIT;

    priv = cat->priv;

    for (i = 0; i < cat->nrows; i++) {
        s = cat->rows[i].agency_code;

        if (s.len
            && assist_table_get(&agencies, 0, s) == ASSIST_TABLE_NONE
            && assist_table_put(&agencies, 0, s, i) != 0)
        {
            assist_table_free(&agencies);
            return -1;
        }
    }

    for (i = 0; i < cat->nrows; i++) {
        s = cat->rows[i].successor;

        if (s.len
            && assist_table_get(&priv->procedures, 0, s) == ASSIST_TABLE_NONE
            && assist_table_get(&priv->services, 0, s) == ASSIST_TABLE_NONE
            && assist_table_get(&agencies, 0, s) == ASSIST_TABLE_NONE)
        {
            assist_row_odd(cat, ASSIST_ODD_SUCCESSOR, cat->rows[i].line);
        }
    }

    assist_table_free(&agencies);

    return 0;
}


/* "code@agency" or "code"; data NULL: too long. */

static assist_str_t
make_id(assist_str_t code, assist_str_t agency, char buf[ASSIST_ID_MAX])
{
    if (agency.len == 0) {
        return code;
    }

    if (code.len > ASSIST_ID_MAX || agency.len > ASSIST_ID_MAX
        || code.len + 1 + agency.len > ASSIST_ID_MAX)
    {
        return (assist_str_t) { NULL, 0 };
    }

    memcpy(buf, code.data, code.len);
    buf[code.len] = '@';
    memcpy(buf + code.len + 1, agency.data, agency.len);

    return (assist_str_t) { buf, code.len + 1 + agency.len };
}
