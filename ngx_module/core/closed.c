#include "closed.h"

#include <stdlib.h>

#include <jansson.h>
#include <openssl/sha.h>

#include "date.h"
#include "evidence.h"
#include "evidence_read.h"
#include "figure_priv.h"


#define START    "{\"v\":1,\"type\":\"closed\""

#define lit(out, text)  assist_buf_add(out, text, sizeof(text) - 1)


static void hash_of(const char *data, size_t len,
    char hex[ASSIST_DIGEST_HEX + 1]);
static int read_members(assist_closed_t *closed, assist_str_t file,
    size_t *hashed, assist_str_t *mac);
static assist_str_t unquote(assist_str_t value);
static int read_coverage(assist_closed_t *closed);
static int read_measures(assist_closed_t *closed, assist_str_t list);
static void put_differences(assist_buf_t *out, const assist_closed_t *closed,
    const assist_figure_t *f);


int32_t
assist_closed_month(assist_str_t name)
{
    int       year, month, day;
    char      text[sizeof("2026-10-01")];
    int32_t   days;

    if (name.len != sizeof("2026-10") - 1) {
        return -1;
    }

    memcpy(text, name.data, name.len);
    memcpy(text + name.len, "-01", sizeof("-01"));

    if (assist_date_parse(assist_str_of(text), &days) != 0) {
        return -1;
    }

    assist_date_civil(days, &year, &month, &day);

    return year * 12 + month - 1;
}


void
assist_closed_write(const assist_figure_t *f, int64_t now, assist_str_t key,
    assist_buf_t *out)
{
    char    hash[ASSIST_DIGEST_HEX + 1], mac[ASSIST_DIGEST_HEX + 1];
    size_t  start;

    start = out->len;

    lit(out, START ",\"month\":\"");
    assist_figure_put_period(out, f->in);
    lit(out, "\",\"closed_at\":");
    assist_evidence_time(out, now, f->in->gmtoff);
    lit(out, ",\"interactions\":");
    assist_buf_uint(out, assist_closed_interactions(f->in));

    /* without their line ends, so that members follow each other */

    lit(out, ",\"coverage\":");
    assist_figure_coverage_json(f, out);
    out->len -= !out->failed;

    lit(out, ",\"services\":");
    assist_figure_all(f, assist_figure_services_json, out);
    out->len -= !out->failed;

    if (out->failed) {
        return;
    }

    hash_of(out->data + start, out->len - start, hash);
    assist_buf_printf(out, ",\"hash\":\"%s\",\"mac\":", hash);

    if (key.len) {
        assist_chain_mac(mac, hash, key);
        assist_buf_printf(out, "\"%s\"}\n", mac);

    } else {
        lit(out, "null}\n");
    }
}


int
assist_closed_read(assist_closed_t *closed, assist_str_t file,
    assist_str_t key, assist_error_t *err)
{
    char          hash[ASSIST_DIGEST_HEX + 1], mac[ASSIST_DIGEST_HEX + 1];
    size_t        hashed;
    assist_str_t  given;

    memset(closed, 0, sizeof(assist_closed_t));

    if (file.len < sizeof(START)
        || memcmp(file.data, START, sizeof(START) - 1) != 0)
    {
        return assist_fail(err, 0, "it is no closed month: \"assist close\" "
                           "makes one");
    }

    if (read_members(closed, file, &hashed, &given) != 0) {
        return assist_fail(err, 0, "it was cut off or changed: it is not what "
                           "\"assist close\" writes");
    }

    hash_of(file.data, hashed, hash);

    if (!assist_str_eq(closed->hash, assist_str_of(hash))) {
        return assist_fail(err, 0, "it was changed: its hash does not match");
    }

    closed->is_signed = given.len != 0;

    if (key.len && !closed->is_signed) {
        return assist_fail(err, 0, "it is not signed, though there is a key");
    }

    if (key.len) {
        assist_chain_mac(mac, hash, key);

        if (!assist_str_eq(given, assist_str_of(mac))) {
            return assist_fail(err, 0, "it was forged: its hash is right, but "
                               "not signed with this key");
        }
    }

    if (read_coverage(closed) != 0) {
        assist_closed_free(closed);
        return assist_fail(err, 0, "its figure cannot be read");
    }

    return 0;
}


void
assist_closed_free(assist_closed_t *closed)
{
    json_decref(closed->priv);
    free(closed->past);

    closed->priv = NULL;
    closed->past = NULL;
}


uint64_t
assist_closed_interactions(const assist_figure_in_t *in)
{
    uint32_t                  i;
    uint64_t                  n;
    const assist_counters_t  *c;

    n = 0;

    for (i = 0; i < in->catalog->nservices; i++) {
        c = assist_figure_counters(in, i, 0);
        n += c ? assist_ledger_interactions(c) : 0;
    }

    return n;
}


void
assist_closed_beside(const assist_closed_t *closed, const assist_figure_t *f,
    assist_buf_t *out)
{
    int64_t  later;

    /* negative: lines that were there are gone, or another catalogue */
    later = (int64_t) (assist_closed_interactions(f->in)
                       - closed->interactions);

    lit(out, "{\"month\":\"");
    assist_buf_add(out, closed->name.data, closed->name.len);
    lit(out, "\",\"closed_at\":\"");
    assist_buf_add(out, closed->closed_at.data, closed->closed_at.len);
    lit(out, "\",\"hash\":\"");
    assist_buf_add(out, closed->hash.data, closed->hash.len);
    assist_buf_printf(out, "\",\"signed\":%s,\"interactions\":",
                      closed->is_signed ? "true" : "false");
    assist_buf_uint(out, closed->interactions);
    assist_buf_puts(out, later < 0 ? ",\"later\":-" : ",\"later\":");
    assist_buf_uint(out, (uint64_t) (later < 0 ? -later : later));
    lit(out, ",\"differences\":[");
    put_differences(out, closed, f);
    lit(out, "],\"coverage\":");
    assist_buf_add(out, closed->coverage.data, closed->coverage.len);
    lit(out, "}");
}


static void
hash_of(const char *data, size_t len, char hex[ASSIST_DIGEST_HEX + 1])
{
    unsigned char  digest[ASSIST_DIGEST_LEN];

    SHA256((const unsigned char *) data, len, digest);
    assist_digest_hex(hex, digest);
}


/* -1: a member is missing, or something follows the object. */

static int
read_members(assist_closed_t *closed, assist_str_t file, size_t *hashed,
    assist_str_t *mac)
{
    int           rc;
    assist_str_t  members, before, name, value, number;

    *hashed = 0;
    *mac = assist_str("");
    number = assist_str("");

    while (file.len && strchr("\r\n", file.data[file.len - 1])) {
        file.len--;
    }

    if (file.len == 0 || file.data[file.len - 1] != '}') {
        return -1;
    }

    members = (assist_str_t) { file.data, file.len - 1 };

    for (before = members;
         (rc = assist_line_member(&members, &name, &value)) == 1;
         before = members)
    {
        if (assist_str_eq(name, assist_str("month"))) {
            closed->name = unquote(value);

        } else if (assist_str_eq(name, assist_str("closed_at"))) {
            closed->closed_at = unquote(value);

        } else if (assist_str_eq(name, assist_str("interactions"))) {
            number = value;

        } else if (assist_str_eq(name, assist_str("coverage"))) {
            closed->coverage = value;

        } else if (assist_str_eq(name, assist_str("hash"))) {
            closed->hash = unquote(value);
            *hashed = (size_t) (before.data - file.data);

        } else if (assist_str_eq(name, assist_str("mac"))) {
            *mac = unquote(value);
        }
    }

    closed->month = assist_closed_month(closed->name);

    return rc != 0 || closed->month < 0 || closed->coverage.len == 0
           || *hashed == 0
           || assist_line_number(number, &closed->interactions) != 0 ? -1 : 0;
}


/* len 0: it is no string. */

static assist_str_t
unquote(assist_str_t value)
{
    if (value.len < 2 || value.data[0] != '"') {
        return assist_str("");
    }

    return (assist_str_t) { value.data + 1, value.len - 2 };
}


static int
read_coverage(assist_closed_t *closed)
{
    int           rc, found;
    assist_str_t  members, name, value;

    found = 0;
    members = closed->coverage;
    members.len--;

    while ((rc = assist_line_member(&members, &name, &value)) == 1) {

        if (assist_str_eq(name, assist_str("evidence_heads"))) {
            closed->heads = value;

        } else if (assist_str_eq(name, assist_str("measures"))) {
            if (found++ || read_measures(closed, value) != 0) {
                return -1;
            }
        }
    }

    return rc != 0 || !found || closed->heads.len == 0 ? -1 : 0;
}


static int
read_measures(assist_closed_t *closed, assist_str_t list)
{
    size_t          i;
    json_t         *measures, *m, *numerator, *denominator;
    const char     *name;
    assist_past_t  *past;

    measures = json_loadb(list.data, list.len, 0, NULL);
    closed->priv = measures;

    if (!json_is_array(measures)) {
        return -1;
    }

    past = calloc(json_array_size(measures) + 1, sizeof(assist_past_t));
    closed->past = past;

    if (past == NULL) {
        return -1;
    }

    json_array_foreach(measures, i, m) {
        name = json_string_value(json_object_get(m, "name"));
        numerator = json_object_get(m, "numerator");
        denominator = json_object_get(m, "denominator");

        if (name == NULL || !json_is_integer(numerator)) {
            return -1;
        }

        /* of people there is no denominator: 0 */

        past = &closed->past[closed->npast++];
        past->name = assist_str_of(name);
        past->month = closed->month;
        past->numerator = (uint32_t) json_integer_value(numerator);
        past->denominator = (uint32_t) json_integer_value(denominator);
    }

    return 0;
}


/* Measures whose numbers are others now. */

static void
put_differences(assist_buf_t *out, const assist_closed_t *closed,
    const assist_figure_t *f)
{
    size_t                          i;
    const char                     *comma;
    const assist_past_t            *past;
    const assist_figure_measure_t  *m;

    comma = "";

    for (i = 0; i < closed->npast; i++) {
        past = &closed->past[i];
        m = assist_figure_find(f, past->name);

        if (m && m->numerator == past->numerator
            && (m->people || m->denominator == past->denominator))
        {
            continue;
        }

        assist_buf_printf(out, "%s{\"name\":", comma);
        assist_buf_json(out, past->name);
        assist_buf_printf(out, ",\"closed\":{\"numerator\":%u,"
                          "\"denominator\":%u},\"now\":", past->numerator,
                          past->denominator);

        if (m) {
            assist_buf_printf(out, "{\"numerator\":%u,\"denominator\":%u}}",
                              m->numerator, m->denominator);

        } else {
            /* no target is of it any more */
            lit(out, "null}");
        }

        comma = ",";
    }
}
