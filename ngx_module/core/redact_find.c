/*
 * The search: placeholders, addresses, and runs of groups of digits.
 */

#include "redact_priv.h"


static int find_placeholder(assist_scan_t *scan);
static int find_in_run(assist_scan_t *scan, size_t limit);


int
assist_scan_find(assist_scan_t *scan)
{
    size_t                limit, width;
    const assist_mark_t  *email;

    while (scan->at < scan->len) {

        for ( /* void */ ; scan->email < scan->nmarks; scan->email++) {
            email = &scan->marks[scan->email];

            if (email->class == ASSIST_WORD_EMAIL && email->end > scan->at) {
                break;
            }
        }

        limit = scan->len;

        if (scan->email < scan->nmarks) {
            limit = email->start;

            if (limit <= scan->at) {

                if (assist_scan_add(scan, scan->at, email->end,
                                    ASSIST_REDACT_EMAIL)
                    != 0)
                {
                    return -1;
                }

                continue;
            }
        }

        if (scan->text[scan->at] == '[') {
            if (find_placeholder(scan) != 0) {
                return -1;
            }

        } else if (assist_scan_digit(scan, scan->at, &width) < 0) {
            scan->at++;

        } else if (find_in_run(scan, limit) != 0) {
            return -1;
        }
    }

    return 0;
}


int
assist_scan_add(assist_scan_t *scan, size_t start, size_t end,
    assist_redact_kind_t kind)
{
    void  *p;

    p = assist_redact_grow(scan->findings, scan->nfindings,
                           &scan->findings_cap, sizeof(assist_finding_t));

    /* an int counts them, and no map holds as many */

    if (p == NULL || scan->nfindings == INT32_MAX) {
        return -1;
    }

    scan->findings = p;
    scan->findings[scan->nfindings++] = (assist_finding_t) { start, end, kind };
    scan->from = end;

    if (scan->at < end) {
        scan->at = end;
    }

    return 0;
}


static int
find_placeholder(assist_scan_t *scan)
{
    size_t  n;

    n = assist_redact_placeholder(scan->text + scan->at,
                                  scan->text + scan->len);
    if (n == 0) {
        scan->at++;
        return 0;
    }

    return assist_scan_add(scan, scan->at, scan->at + n, ASSIST_REDACT_TEXT);
}


static int
find_in_run(assist_scan_t *scan, size_t limit)
{
    size_t                first, last, end;
    assist_seq_t         *run = &scan->run;
    assist_redact_kind_t  kind;

    if (assist_seq_read(scan, limit) != 0) {
        return -1;
    }

    scan->at = run->end;

    if (assist_form_dossier(scan, &first) != 0) {
        return -1;
    }

    /* the last groups may belong to what follows */

    last = run->n;
    kind = ASSIST_REDACT_QR;
    end = assist_form_qr(scan, first, &last);

    if (end == 0) {
        kind = ASSIST_REDACT_PLATE;
        end = assist_form_plate(scan, first, limit, &last);
    }

    assist_seq_keep(scan, run);

    if (assist_seq_divide(scan, first, last) != 0) {
        return -1;
    }

    if (end == 0) {
        return 0;
    }

    return assist_scan_add(scan, run->groups[last].start, end, kind);
}
