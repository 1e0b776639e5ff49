#include "state.h"

#include <stdlib.h>

#include "evidence.h"
#include "table.h"


#define MAGIC   "nginx-assist ledger 1\n"
#define HEAD    (sizeof(MAGIC) - 1)
#define NUMBER  8


/* The records that are folded, as they are merged. */
typedef struct {
    assist_record_t     record;
    assist_buf_t        ids;
    assist_table_t      names;
    assist_str_t       *name;           /* of each, in order */
    assist_counters_t  *counters;
    uint32_t            n;
    uint32_t            alloc;
    assist_quality_t    quality;
} fold_t;


static int foldable(const assist_record_t *record, uint64_t own,
    int64_t since);
static int fold_add(fold_t *fold, const assist_record_t *record);
static assist_counters_t *fold_slot(fold_t *fold, assist_str_t name);
static void fold_put(assist_buf_t *out, fold_t *fold);
static void put_number(assist_buf_t *out, uint64_t n, unsigned bytes);
static uint64_t get_number(const char *p, unsigned bytes);
static int take(assist_str_t *s, size_t n, assist_str_t *taken);


void
assist_field_put(assist_buf_t *out, assist_str_t name, assist_str_t value)
{
    put_number(out, name.len, 1);
    assist_buf_add(out, name.data, name.len);
    put_number(out, value.len, 2);
    assist_buf_add(out, value.data, value.len);
}


int
assist_field_next(assist_str_t *fields, assist_str_t *name,
    assist_str_t *value)
{
    assist_str_t  len;

    if (fields->len == 0) {
        return 0;
    }

    if (take(fields, 1, &len) != 0
        || take(fields, get_number(len.data, 1), name) != 0
        || take(fields, 2, &len) != 0
        || take(fields, get_number(len.data, 2), value) != 0)
    {
        return -1;
    }

    return 1;
}


void
assist_state_begin(assist_buf_t *out)
{
    out->len = 0;
    assist_buf_puts(out, MAGIC);
}


void
assist_state_put(assist_buf_t *out, const assist_record_t *record)
{
    put_number(out, record->id, NUMBER);
    put_number(out, record->seq, NUMBER);
    put_number(out, (uint64_t) record->start, NUMBER);
    put_number(out, (uint64_t) record->updated, NUMBER);
    put_number(out, record->unclosed, NUMBER);
    put_number(out, record->nfolded, NUMBER);
    assist_buf_add(out, record->folded.data, record->folded.len);
    put_number(out, record->nfields, NUMBER);
    put_number(out, record->fields.len, NUMBER);
    assist_buf_add(out, record->fields.data, record->fields.len);
}


void
assist_state_end(assist_buf_t *out)
{
    if (!out->failed) {
        put_number(out, assist_crc32(0, out->data, out->len), NUMBER);
    }
}


const char *
assist_state_open(assist_str_t file, assist_str_t *records)
{
    *records = assist_str("");

    if (file.len == 0) {
        return NULL;
    }

    if (file.len < HEAD + NUMBER || memcmp(file.data, MAGIC, HEAD) != 0) {
        return "it does not begin as a ledger does";
    }

    if (get_number(file.data + file.len - NUMBER, NUMBER)
        != assist_crc32(0, file.data, file.len - NUMBER))
    {
        return "it is cut or was changed: its CRC does not match";
    }

    records->data = file.data + HEAD;
    records->len = file.len - HEAD - NUMBER;

    return NULL;
}


int
assist_state_next(assist_str_t *records, assist_record_t *record)
{
    uint64_t      len;
    assist_str_t  head;

    if (records->len == 0) {
        return 0;
    }

    if (take(records, 6 * NUMBER, &head) != 0) {
        return -1;
    }

    record->id = get_number(head.data, NUMBER);
    record->seq = get_number(head.data + NUMBER, NUMBER);
    record->start = (int64_t) get_number(head.data + 2 * NUMBER, NUMBER);
    record->updated = (int64_t) get_number(head.data + 3 * NUMBER, NUMBER);
    record->unclosed = get_number(head.data + 4 * NUMBER, NUMBER);
    record->nfolded = get_number(head.data + 5 * NUMBER, NUMBER);

    if (record->nfolded > ASSIST_STATE_FOLDED
        || take(records, record->nfolded * NUMBER, &record->folded) != 0
        || take(records, 2 * NUMBER, &head) != 0)
    {
        return -1;
    }

    record->nfields = get_number(head.data, NUMBER);
    len = get_number(head.data + NUMBER, NUMBER);

    return take(records, len, &record->fields) == 0 ? 1 : -1;
}


int
assist_state_has(const assist_record_t *record, uint64_t id)
{
    size_t  i;

    if (record->id == id) {
        return 1;
    }

    for (i = 0; i < record->folded.len; i += NUMBER) {
        if (get_number(record->folded.data + i, NUMBER) == id) {
            return 1;
        }
    }

    return 0;
}


void
assist_state_hex(uint64_t id, char hex[17])
{
    int  i;

    for (i = 15; i >= 0; i--) {
        hex[i] = "0123456789abcdef"[id & 15];
        id >>= 4;
    }

    hex[16] = '\0';
}


int
assist_state_copy(assist_buf_t *out, assist_str_t records, uint64_t own,
    int64_t since, uint64_t fold)
{
    int              rc, old;
    uint64_t         ids;
    fold_t           folds;
    assist_str_t     rest;
    assist_record_t  record;

    memset(&folds, 0, sizeof(fold_t));
    rest = records;
    old = 0;
    ids = 0;

    while ((rc = assist_state_next(&rest, &record)) == 1) {
        if (foldable(&record, own, since)) {
            ids += 1 + record.nfolded;
            old++;
        }
    }

    if (old < 2 || ids > ASSIST_STATE_FOLDED) {
        since = INT64_MIN;
    }

    while (rc == 0 && assist_state_next(&records, &record) == 1) {

        if (foldable(&record, own, since)) {
            rc = fold_add(&folds, &record);

        } else if (record.id != own) {
            assist_state_put(out, &record);
        }
    }

    if (rc == 0 && folds.record.nfolded) {
        folds.record.id = fold;
        fold_put(out, &folds);
    }

    assist_buf_free(&folds.ids);
    assist_table_free(&folds.names);
    free(folds.name);
    free(folds.counters);

    return rc || out->failed ? -1 : 0;
}


static int
foldable(const assist_record_t *record, uint64_t own, int64_t since)
{
    return record->id != own && record->updated < since;
}


static int
fold_add(fold_t *fold, const assist_record_t *record)
{
    int                 rc;
    assist_str_t        fields, name, value;
    assist_quality_t    quality;
    assist_counters_t   counters, *slot;

    fields = record->fields;

    while ((rc = assist_field_next(&fields, &name, &value)) == 1) {

        if (assist_str_eq(name, assist_str(ASSIST_STATE_QUALITY))) {

            if (assist_quality_unpack(value, &quality) != 0) {
                return -1;
            }

            assist_quality_merge(&fold->quality, &quality);
            continue;
        }

        slot = fold_slot(fold, name);

        if (slot == NULL || assist_ledger_unpack(value, &counters) != 0) {
            return -1;
        }

        assist_ledger_merge(slot, &counters);
    }

    put_number(&fold->ids, record->id, NUMBER);
    assist_buf_add(&fold->ids, record->folded.data, record->folded.len);

    if (fold->record.nfolded == 0 || record->start < fold->record.start) {
        fold->record.start = record->start;
    }

    if (fold->record.nfolded == 0 || record->updated > fold->record.updated) {
        fold->record.updated = record->updated;
    }

    fold->record.nfolded += 1 + record->nfolded;
    fold->record.unclosed += record->unclosed;

    return rc || fold->ids.failed ? -1 : 0;
}


/* NULL: out of memory. */

static assist_counters_t *
fold_slot(fold_t *fold, assist_str_t name)
{
    void      *p;
    uint32_t   i, alloc;

    i = assist_table_get(&fold->names, 0, name);

    if (i != ASSIST_TABLE_NONE) {
        return &fold->counters[i];
    }

    if (fold->n == fold->alloc) {
        alloc = fold->alloc ? 2 * fold->alloc : 64;

        p = realloc(fold->name, alloc * sizeof(assist_str_t));
        if (p == NULL) {
            return NULL;
        }

        fold->name = p;

        p = realloc(fold->counters, alloc * sizeof(assist_counters_t));
        if (p == NULL) {
            return NULL;
        }

        fold->counters = p;
        fold->alloc = alloc;
    }

    i = fold->n;

    if (assist_table_put(&fold->names, 0, name, i) != 0) {
        return NULL;
    }

    fold->name[i] = name;
    memset(&fold->counters[i], 0, sizeof(assist_counters_t));
    fold->n++;

    return &fold->counters[i];
}


static void
fold_put(assist_buf_t *out, fold_t *fold)
{
    char          packed[ASSIST_PACKED_MAX];
    uint32_t      i;
    assist_str_t  value;
    assist_buf_t  fields = ASSIST_BUF_INIT;

    value.data = packed;

    for (i = 0; i < fold->n; i++) {
        value.len = assist_ledger_pack(&fold->counters[i], packed);
        assist_field_put(&fields, fold->name[i], value);
    }

    value.len = assist_quality_pack(&fold->quality, packed);
    assist_field_put(&fields, assist_str(ASSIST_STATE_QUALITY), value);

    fold->record.seq = 1;
    fold->record.folded = assist_buf_str(&fold->ids);
    fold->record.nfields = fold->n + 1;
    fold->record.fields = assist_buf_str(&fields);

    assist_state_put(out, &fold->record);

    out->failed |= fields.failed;
    assist_buf_free(&fields);
}


static void
put_number(assist_buf_t *out, uint64_t n, unsigned bytes)
{
    char      text[NUMBER];
    unsigned  i;

    for (i = 0; i < bytes; i++) {
        text[i] = (char) (n >> 8 * i);
    }

    assist_buf_add(out, text, bytes);
}


static uint64_t
get_number(const char *p, unsigned bytes)
{
    uint64_t  n;

    for (n = 0; bytes; bytes--) {
        n = n << 8 | (unsigned char) p[bytes - 1];
    }

    return n;
}


static int
take(assist_str_t *s, size_t n, assist_str_t *taken)
{
    if (s->len < n) {
        return -1;
    }

    taken->data = s->data;
    taken->len = n;
    s->data += n;
    s->len -= n;

    return 0;
}
