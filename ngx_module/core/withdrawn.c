#include "withdrawn.h"

#include <stdlib.h>

#include "digest.h"


#define BLOCKED  1u
#define UNSENT   2u
#define SHIFT    2
#define ACT      1u             /* of keys */


typedef struct {
    uint64_t  last;
    uint64_t  act;
} withdrawn_found_t;


static uint64_t withdrawn_key(uint64_t question, assist_str_t id);
static uint64_t withdrawn_hash(uint64_t hash, const char *data, size_t len);
static uint64_t withdrawn_mix(uint64_t hash);
static void withdrawn_later(const assist_withdrawn_t *w, uint64_t key,
    withdrawn_found_t *found);
static void withdrawn_service(const assist_withdrawn_t *w, uint64_t question,
    const char *id, size_t len, withdrawn_found_t *found);
static int withdrawn_event(assist_withdrawn_t *w, const uint64_t *keys,
    unsigned n, assist_withdrawn_mark_t mark);
static int withdrawn_write(assist_withdrawn_t *w, uint64_t key,
    uint64_t mark);
static void withdrawn_store(assist_withdrawn_t *w, uint64_t *mark,
    uint64_t value);
static assist_withdrawn_place_t *withdrawn_place(const assist_withdrawn_t *w,
    uint64_t key, uint64_t found);
static assist_withdrawn_place_t *withdrawn_bucket(const assist_withdrawn_t *w,
    uint64_t key);
static assist_withdrawn_place_t *withdrawn_free(const assist_withdrawn_t *w,
    uint64_t key);
static uint64_t withdrawn_get(const assist_withdrawn_t *w, uint64_t key);
static void withdrawn_fold(assist_withdrawn_t *w);
static void withdrawn_drop(assist_withdrawn_t *w);
static uint64_t withdrawn_oldest(const assist_withdrawn_t *w);
static int withdrawn_spent(const assist_withdrawn_place_t *place,
    uint64_t oldest);


uint64_t
assist_withdrawn_question(assist_str_t lang, assist_str_t normal)
{
    uint64_t       question;
    assist_str_t   parts[3];
    unsigned char  digest[ASSIST_DIGEST_LEN];

    parts[0] = assist_str("question");
    parts[1] = lang;
    parts[2] = normal;

    assist_digest(digest, parts, 3);
    memcpy(&question, digest, sizeof(question));

    return question ? question : 1;
}


/*
 * An answer of all agencies is also one of the agency's; a question that was
 * asked without a service may have led to this one.
 */

unsigned
assist_withdrawn_keys(uint64_t question, assist_str_t code,
    assist_str_t agency, int act, uint64_t keys[ASSIST_WITHDRAWN_KEYS])
{
    uint64_t  hash;
    unsigned  i, n;

    if (code.len == 0) {
        keys[0] = question ? withdrawn_key(question, assist_str("*"))
                             | (act ? ACT : 0)
                           : ASSIST_WITHDRAWN_ALL;
        return 1;
    }

    n = 0;
    hash = withdrawn_hash(question, code.data, code.len);

    if (agency.len) {
        hash = withdrawn_hash(hash, "@", 1);
        keys[n++] = withdrawn_mix(hash);
        hash = withdrawn_hash(hash, agency.data, agency.len);
    }

    keys[n++] = withdrawn_mix(hash);

    if (question) {
        keys[n++] = withdrawn_key(question, assist_str(""));
    }

    for (i = 0; i < n && act; i++) {
        keys[i] |= ACT;
    }

    return n;
}


int
assist_withdrawn_key_of(assist_str_t text, uint64_t *key)
{
    char      c;
    size_t    i;
    uint64_t  value;

    if (assist_str_eq(text, assist_str("all"))) {
        *key = ASSIST_WITHDRAWN_ALL;
        return 0;
    }

    if (text.len != 16) {
        return -1;
    }

    value = 0;

    for (i = 0; i < 16; i++) {
        c = text.data[i];

        if (c >= '0' && c <= '9') {
            value = value << 4 | (uint64_t) (c - '0');

        } else if (c >= 'a' && c <= 'f') {
            value = value << 4 | (uint64_t) (c - 'a' + 10);

        } else {
            return -1;
        }
    }

    *key = value;

    return value ? 0 : -1;
}


assist_withdrawn_mark_t
assist_withdrawn_mark_of(assist_str_t text)
{
    size_t                   i;
    assist_withdrawn_mark_t  mark = { 0, 0, 0 };

    if (text.len && text.data[text.len - 1] == '+') {
        mark.unsent = 1;
        text.len--;
    }

    if (text.len && text.data[text.len - 1] == '!') {
        mark.blocked = 1;
        text.len--;
    }

    /* at most 18 digits: below 2 ^ 60, so that a mark has room for its bits */

    for (i = 0; i < text.len; i++) {
        if (text.len > 18 || text.data[i] < '0' || text.data[i] > '9') {
            mark.number = 0;
            break;
        }

        mark.number = mark.number * 10 + (uint64_t) (text.data[i] - '0');
    }

    return mark;
}


assist_withdrawn_mark_t
assist_withdrawn_find(const assist_withdrawn_t *w, uint64_t key)
{
    uint64_t                 mark;
    assist_withdrawn_mark_t  found;

    mark = withdrawn_get(w, key);

    found.number = mark >> SHIFT;
    found.blocked = mark & BLOCKED ? 1 : 0;
    found.unsent = mark & UNSENT ? 1 : 0;

    return found;
}


assist_withdrawn_mark_t
assist_withdrawn_since(const assist_withdrawn_t *w, uint64_t question,
    assist_str_t services)
{
    const char              *p, *end, *sep;
    withdrawn_found_t        found = { 0, 0 };
    assist_withdrawn_mark_t  since;

    end = services.data + services.len;
    found.last = __atomic_load_n(&w->all, __ATOMIC_ACQUIRE);

    if (question) {
        withdrawn_later(w, withdrawn_key(question, assist_str("*")), &found);
    }

    for (p = services.data; /* void */ ; p = sep + 1) {
        sep = p < end ? memchr(p, ASSIST_WITHDRAWN_SEP, (size_t) (end - p))
                      : NULL;
        sep = sep ? sep : end;

        withdrawn_service(w, 0, p, (size_t) (sep - p), &found);

        if (question) {
            withdrawn_service(w, question, p, (size_t) (sep - p), &found);
        }

        if (sep == end) {
            break;
        }
    }

    since.number = found.last >> SHIFT;
    since.blocked = found.act & BLOCKED ? 1 : 0;
    since.unsent = 0;

    return since;
}


int
assist_withdrawn_set(assist_withdrawn_t *w, uint64_t key,
    assist_withdrawn_mark_t mark)
{
    int  rc;

    rc = withdrawn_write(w, key, mark.number << SHIFT
                                 | (mark.blocked ? BLOCKED : 0)
                                 | (mark.unsent ? UNSENT : 0));

    if (rc == 0 && mark.number > w->last) {
        __atomic_store_n(&w->last, mark.number, __ATOMIC_RELEASE);
    }

    return rc;
}


/* Tried on a copy first: readers take no lock, and nothing is taken back. */

int
assist_withdrawn_event(assist_withdrawn_t *w, uint64_t *keys, unsigned *n,
    assist_withdrawn_mark_t mark)
{
    int                  rc, purge;
    assist_withdrawn_t  *copy;

    copy = malloc(sizeof(assist_withdrawn_t));
    if (copy == NULL) {
        return -1;
    }

    purge = w->n > ASSIST_WITHDRAWN_MAX / 4 * 3
            && !assist_withdrawn_is_act(keys[0]);

    for ( ;; ) {
        keys[*n] = ASSIST_WITHDRAWN_ALL;
        memcpy(copy, w, sizeof(assist_withdrawn_t));
        rc = withdrawn_event(copy, keys, *n + (unsigned) purge, mark);

        if (rc == 0 || purge) {
            break;
        }

        purge = 1;
    }

    free(copy);

    if (rc == 0) {
        *n += (unsigned) purge;
        rc = withdrawn_event(w, keys, *n, mark);
    }

    return rc;
}


/* The last key may be that of everything, which makes room. */

static int
withdrawn_event(assist_withdrawn_t *w, const uint64_t *keys, unsigned n,
    assist_withdrawn_mark_t mark)
{
    while (n--) {

        if (keys[n] != ASSIST_WITHDRAWN_ALL
            && (keys[n] & ACT || mark.number > w->all >> SHIFT)
            && withdrawn_place(w, keys[n], keys[n]) == NULL
            && withdrawn_free(w, keys[n]) == NULL)
        {
            return -1;
        }

        if (assist_withdrawn_set(w, keys[n], mark) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
withdrawn_write(assist_withdrawn_t *w, uint64_t key, uint64_t mark)
{
    assist_withdrawn_place_t  *place;

    if (key == ASSIST_WITHDRAWN_ALL) {

        if (mark >> SHIFT >= w->all >> SHIFT) {
            withdrawn_store(w, &w->all, mark);
            withdrawn_drop(w);
        }

        return 0;
    }

    place = withdrawn_place(w, key, key);

    if (place != NULL) {

        /* the same number: it has been sent meanwhile */

        if (mark >> SHIFT >= place->mark >> SHIFT) {
            withdrawn_store(w, &place->mark, mark);
        }

        return 0;
    }

    if (!(key & ACT) && mark >> SHIFT <= w->all >> SHIFT) {
        return 0;
    }

    place = withdrawn_free(w, key);

    if (place == NULL) {
        withdrawn_fold(w);
        place = withdrawn_free(w, key);
    }

    if (place == NULL) {
        return -1;
    }

    withdrawn_store(w, &place->mark, mark);
    __atomic_store_n(&place->key, key, __ATOMIC_RELEASE);
    __atomic_store_n(&w->n, w->n + 1, __ATOMIC_RELEASE);

    return 0;
}


static void
withdrawn_store(assist_withdrawn_t *w, uint64_t *mark, uint64_t value)
{
    if (*mark != value) {
        __atomic_store_n(mark, value, __ATOMIC_RELEASE);
        __atomic_store_n(&w->changes, w->changes + 1, __ATOMIC_RELEASE);
    }
}


void
assist_withdrawn_tick(assist_withdrawn_t *w, uint64_t number)
{
    if (number > w->clock) {
        withdrawn_store(w, &w->clock, number);
    }
}


void
assist_withdrawn_unsend(assist_withdrawn_t *w)
{
    size_t  i;

    if (w->all) {
        withdrawn_store(w, &w->all, w->all | UNSENT);
    }

    for (i = 0; i < ASSIST_WITHDRAWN_PLACES; i++) {
        if (w->places[i].key) {
            withdrawn_store(w, &w->places[i].mark,
                            w->places[i].mark | UNSENT);
        }
    }
}


unsigned
assist_withdrawn_unsent(const assist_withdrawn_t *w, int blocked,
    uint64_t *keys, unsigned max)
{
    size_t                           i;
    unsigned                         n;
    const assist_withdrawn_place_t  *place;

    n = 0;

    if (!blocked && w->all & UNSENT && n < max) {
        keys[n++] = ASSIST_WITHDRAWN_ALL;
    }

    for (i = 0; i < ASSIST_WITHDRAWN_PLACES && n < max; i++) {
        place = &w->places[i];

        if (place->key && place->mark & UNSENT
            && !(place->mark & BLOCKED) == !blocked)
        {
            keys[n++] = place->key;
        }
    }

    return n;
}


static uint64_t
withdrawn_key(uint64_t question, assist_str_t id)
{
    return withdrawn_mix(withdrawn_hash(question, id.data, id.len));
}


/* FNV-1a, on from a number. */

static uint64_t
withdrawn_hash(uint64_t hash, const char *data, size_t len)
{
    size_t  i;

    hash ^= 0xcbf29ce484222325;

    for (i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char) data[i]) * 0x100000001b3;
    }

    return hash ^ 0xcbf29ce484222325;
}


/* A key's bits all tell, but the last, of acts; 0 is a free place. */

static uint64_t
withdrawn_mix(uint64_t hash)
{
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53;
    hash = (hash ^ hash >> 33) & ~(uint64_t) ACT;

    return hash ? hash : ~(uint64_t) ACT;
}


/* Of events and of acts at once: their places lie in one bucket. */

static void
withdrawn_later(const assist_withdrawn_t *w, uint64_t key,
    withdrawn_found_t *found)
{
    size_t                     i;
    uint64_t                   mark, place;
    assist_withdrawn_place_t  *bucket;

    bucket = withdrawn_bucket(w, key);

    for (i = 0; i < ASSIST_WITHDRAWN_BUCKET; i++) {
        place = __atomic_load_n(&bucket[i].key, __ATOMIC_ACQUIRE);

        if ((place | ACT) != (key | ACT)) {
            continue;
        }

        mark = __atomic_load_n(&bucket[i].mark, __ATOMIC_ACQUIRE);

        /* another key's, which has got the place meanwhile? */

        if (__atomic_load_n(&bucket[i].key, __ATOMIC_ACQUIRE) != place) {
            continue;
        }

        found->last = mark > found->last ? mark : found->last;

        if (place & ACT) {
            found->act = mark > found->act ? mark : found->act;
        }
    }
}


/* "code@agency" is also of "code"; "code", of all agencies, also of each. */

static void
withdrawn_service(const assist_withdrawn_t *w, uint64_t question,
    const char *id, size_t len, withdrawn_found_t *found)
{
    uint64_t     hash;
    const char  *at;

    at = len ? memchr(id, '@', len) : NULL;
    hash = withdrawn_hash(question, id, at ? (size_t) (at - id) : len);
    withdrawn_later(w, withdrawn_mix(hash), found);

    if (len == 0) {
        return;
    }

    if (at == NULL) {
        hash = withdrawn_hash(hash, "@", 1);
    } else {
        hash = withdrawn_hash(hash, at, (size_t) (id + len - at));
    }

    withdrawn_later(w, withdrawn_mix(hash), found);
}


/* The place in a key's bucket that has `found`: the key, or 0, a free one. */

static assist_withdrawn_place_t *
withdrawn_place(const assist_withdrawn_t *w, uint64_t key, uint64_t found)
{
    size_t                     i;
    assist_withdrawn_place_t  *bucket;

    bucket = withdrawn_bucket(w, key);

    for (i = 0; i < ASSIST_WITHDRAWN_BUCKET; i++) {
        if (__atomic_load_n(&bucket[i].key, __ATOMIC_ACQUIRE) == found) {
            return &bucket[i];
        }
    }

    return NULL;
}


/* Of all bits but that of acts. */

static assist_withdrawn_place_t *
withdrawn_bucket(const assist_withdrawn_t *w, uint64_t key)
{
    return (assist_withdrawn_place_t *) &w->places[
               key / 2 % (ASSIST_WITHDRAWN_PLACES / ASSIST_WITHDRAWN_BUCKET)
               * ASSIST_WITHDRAWN_BUCKET];
}


static assist_withdrawn_place_t *
withdrawn_free(const assist_withdrawn_t *w, uint64_t key)
{
    return w->n < ASSIST_WITHDRAWN_MAX ? withdrawn_place(w, key, 0) : NULL;
}


/* Of a place that another key gets meanwhile never the other's mark. */

static uint64_t
withdrawn_get(const assist_withdrawn_t *w, uint64_t key)
{
    uint64_t                   mark;
    assist_withdrawn_place_t  *place;

    if (key == ASSIST_WITHDRAWN_ALL) {
        return __atomic_load_n(&w->all, __ATOMIC_ACQUIRE);
    }

    place = withdrawn_place(w, key, key);

    if (place == NULL) {
        return 0;
    }

    mark = __atomic_load_n(&place->mark, __ATOMIC_ACQUIRE);

    return __atomic_load_n(&place->key, __ATOMIC_ACQUIRE) == key ? mark : 0;
}


/* One mark for all that is spent. */

static void
withdrawn_fold(assist_withdrawn_t *w)
{
    size_t                     i;
    uint64_t                   all, unsent, oldest;
    assist_withdrawn_place_t  *place;

    all = w->all;
    unsent = 0;
    oldest = withdrawn_oldest(w);

    for (i = 0; i < ASSIST_WITHDRAWN_PLACES; i++) {
        place = &w->places[i];

        if (withdrawn_spent(place, oldest)) {
            all = place->mark > all ? place->mark : all;
            unsent |= place->mark & UNSENT;
        }
    }

    withdrawn_store(w, &w->all, all | unsent);
    withdrawn_drop(w);
}


/* What the mark of everything says as well. */

static void
withdrawn_drop(assist_withdrawn_t *w)
{
    size_t                     i;
    uint64_t                   oldest;
    assist_withdrawn_place_t  *place;

    oldest = withdrawn_oldest(w);

    for (i = 0; i < ASSIST_WITHDRAWN_PLACES; i++) {
        place = &w->places[i];

        if (withdrawn_spent(place, oldest)
            && place->mark >> SHIFT <= w->all >> SHIFT)
        {
            __atomic_store_n(&place->key, 0, __ATOMIC_RELEASE);
            __atomic_store_n(&w->n, w->n - 1, __ATOMIC_RELEASE);
            __atomic_store_n(&w->changes, w->changes + 1, __ATOMIC_RELEASE);
        }
    }
}


/* The number of the first withdrawal that was not released. */

static uint64_t
withdrawn_oldest(const assist_withdrawn_t *w)
{
    size_t                           i;
    uint64_t                         oldest;
    const assist_withdrawn_place_t  *place;

    oldest = UINT64_MAX;

    for (i = 0; i < ASSIST_WITHDRAWN_PLACES; i++) {
        place = &w->places[i];

        if (place->key && place->mark & BLOCKED
            && place->mark >> SHIFT < oldest)
        {
            oldest = place->mark >> SHIFT;
        }
    }

    return oldest;
}


/*
 * A mark of which only the number tells: a deletion's, or of a release before
 * which nothing was withdrawn that still is.
 */

static int
withdrawn_spent(const assist_withdrawn_place_t *place, uint64_t oldest)
{
    return place->key
           && (!(place->key & ACT)
               || (!(place->mark & BLOCKED)
                   && place->mark >> SHIFT < oldest));
}
