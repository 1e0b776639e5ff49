/*
 * Tags, apart from text.  The states are those of the standard, but that
 * those which differ only in what they report are one.
 */

#include "html_priv.h"


static const char *plain_tag(const assist_html_t *h, const char *p,
    const char *end);
static int tag_name(assist_html_t *h, const char **p, const char *end,
    uint32_t *places);
static void attribute(assist_html_t *h, unsigned char c);
static const char *value(assist_html_t *h, const char *p, const char *end);
static void keep_meta(assist_html_t *h, const char *p, const char *end);
static void close_tag(assist_html_t *h, uint32_t *places);
static int starts(assist_str_t text, const char *word);
static const char *after(const char *p, const char *end, const char *word);


int
assist_html_begins(assist_str_t text)
{
    int          rc;
    const char  *p, *end;

    rc = starts(text, "\xef\xbb\xbf");

    if (rc == -1) {
        return -1;
    }

    p = text.data + 3 * rc;
    end = text.data + text.len;

    for ( ;; ) {

        while (p < end && assist_html_is_blank((unsigned char) *p)) {
            p++;
        }

        text = (assist_str_t) { p, (size_t) (end - p) };

        if (starts(text, "<!--") == 1) {
            p = after(p + 2, end, "-->");

        } else if (starts(text, "<?") == 1) {
            p = after(p, end, ">");

        } else {
            break;
        }

        if (p == NULL) {
            return -1;
        }
    }

    rc = starts(text, "<!doctype");

    return rc ? rc : starts(text, "<html");
}


void
assist_html_init(assist_html_t *h, assist_html_place_t *places,
    uint32_t nplaces)
{
    uint32_t  i;

    memset(h, 0, sizeof(assist_html_t));

    h->places = places;
    h->nplaces = nplaces;

    for (i = 0; i < nplaces; i++) {
        h->where[places[i].where] |= 1u << i;
        h->pending |= 1u << i;
    }
}


int
assist_html_next(assist_html_t *h, assist_str_t *piece,
    assist_html_part_t *part)
{
    int          settled;
    size_t       n;
    uint32_t     places;
    const char  *p, *end, *tag, *from;

    part->text = (assist_str_t) { piece->data, 0 };
    part->places = 0;
    part->held = 0;
    part->meta = (assist_str_t) { NULL, 0 };

    if (h->release) {
        h->release = 0;
        part->text = (assist_str_t) { h->hold, h->nhold };
        part->held = 1;
        h->nhold = 0;
        return 1;
    }

    p = piece->data + h->scanned;
    end = piece->data + piece->len;
    tag = piece->data;          /* its < came before, where some is held */
    settled = 0;
    places = 0;

    while (p < end) {

        if (h->pending == 0 && h->nhold == 0) {
            p = end;
            h->state = REST;
            break;
        }

        from = p;

        switch (h->state) {

        case TEXT:
            tag = memchr(p, '<', (size_t) (end - p));

            if (tag == NULL) {
                p = end;
                break;
            }

            p = plain_tag(h, tag, end);

            if (p == NULL) {
                p = tag + 1;
                h->state = OPEN;
            }

            break;

        case OPEN:

            if (*p == '/') {
                p++;
                h->state = OPEN_END;

            } else if (assist_html_is_letter((unsigned char) *p)) {
                assist_html_tag_begin(h, 0);

            } else {
                settled = 1;
                h->state = TEXT;

                if (*p == '!') {
                    p++;
                    h->state = BANG;
                    h->nname = 0;

                } else if (*p == '?') {
                    h->state = BOGUS;
                }
            }

            break;

        case OPEN_END:

            if (assist_html_is_letter((unsigned char) *p)) {
                assist_html_tag_begin(h, 1);

            } else {
                settled = 1;
                h->state = BOGUS;
            }

            break;

        case NAME:
            settled = tag_name(h, &p, end, &places);
            break;

        case GAP:
        case ATTR:
        case ATTR_OVER:

            if (*p != '>') {
                attribute(h, (unsigned char) *p++);
                break;
            }

            p++;
            close_tag(h, &places);

            if (h->in_meta) {
                keep_meta(h, from, p);
                h->in_meta = 0;
                part->meta = (assist_str_t) { h->meta, h->nmeta };
            }

            if (places || part->meta.data) {
                part->places = places;
                part->text.len = (size_t) (p - piece->data);
                goto found;
            }

            break;

        case VALUE:

            if (*p == '>') {
                h->state = GAP;

            } else if (*p == '"' || *p == '\'') {
                h->state = *p++ == '"' ? VALUE_DOUBLE : VALUE_SINGLE;

            } else if (assist_html_is_blank((unsigned char) *p)) {
                p++;

            } else {
                h->state = VALUE_BARE;
            }

            break;

        case VALUE_DOUBLE:
        case VALUE_SINGLE:
        case VALUE_BARE:
            p = value(h, p, end);
            break;

        case BANG:

            if (*p == '-') {
                p++;
                h->state = BANG_DASH;

            } else if (*p == '[' && assist_html_foreign(h)) {
                p++;
                h->state = CDATA;
                h->dashes = 0;
                h->fresh = 1;

            } else {
                h->state = BOGUS;
            }

            break;

        case BANG_DASH:

            if (*p == '-') {
                p++;
                h->state = COMMENT;
                h->dashes = 0;
                h->fresh = 1;
                h->bang = 0;

            } else {
                h->state = BOGUS;
            }

            break;

        case BOGUS:
            p = memchr(p, '>', (size_t) (end - p));
            h->state = p ? TEXT : BOGUS;
            p = p ? p + 1 : end;
            break;

        case COMMENT:
            p = assist_html_comment(h, p, end);
            break;

        case CDATA:
            p = assist_html_cdata(h, p, end);
            break;

        case REST:
            p = end;
            break;

        default: /* raw text */
            p = assist_html_raw(h, p, end);
            break;
        }

        if (!settled) {
            if (h->in_meta) {
                keep_meta(h, from, p);
            }

            continue;
        }

        /* what lies before the tag is known, and nothing more is held */

        settled = 0;

        if (places == 0 && h->nhold == 0) {
            continue;
        }

        part->places = places;

        if (h->nhold == 0) {
            part->text.len = (size_t) (tag - piece->data);
            goto found;
        }

        h->scanned = (size_t) (p - piece->data);

        if (places) {
            h->release = 1;
            return 1;
        }

        part->text = (assist_str_t) { h->hold, h->nhold };
        part->held = 1;
        h->nhold = 0;

        return 1;
    }

    n = 0;

    if (h->state == OPEN || h->state == OPEN_END
        || (h->state == NAME && !h->decided))
    {
        n = (size_t) (end - tag);
        memcpy(h->hold + h->nhold, tag, n);
        h->nhold += n;
    }

    part->text.len = piece->len - n;
    piece->data = end;
    piece->len = 0;
    h->scanned = 0;

    return part->text.len != 0;

found:

    piece->data += part->text.len;
    piece->len -= part->text.len;
    h->scanned = (size_t) (p - piece->data);

    return 1;
}


int
assist_html_end(assist_html_t *h, assist_html_part_t *part)
{
    part->text = (assist_str_t) { "", 0 };
    part->places = 0;
    part->held = 0;
    part->meta = (assist_str_t) { NULL, 0 };

    if (!h->ended) {
        h->ended = 1;

        if (h->state == TEXT || h->state == OPEN || h->state == OPEN_END
            || (h->state == NAME && !h->decided))
        {
            part->places = assist_html_page_over(h);

            if (part->places) {
                return 1;
            }
        }
    }

    /* a cut tag is none, but would begin one with what comes after it */

    part->text = (assist_str_t) { h->hold, h->nhold };
    part->held = 1;
    h->nhold = 0;

    return part->text.len != 0;
}


/*
 * What comes after the tag at p, if that is all here, has no attribute, and
 * there is nothing to tell of it, as of most; else NULL.
 */

static const char *
plain_tag(const assist_html_t *h, const char *p, const char *end)
{
    uint64_t       name;
    unsigned char  c;

    p++;
    p += p < end && *p == '/';

    for (name = 0; p < end; p++) {
        c = (unsigned char) *p;

        if (!assist_html_is_letter(c) && (c < '0' || c > '9')) {
            break;
        }

        name = (name * ASSIST_HTML_HASH) ^ (c | 0x20);
    }

    return p < end && *p == '>' && assist_html_plain(h, name) ? p + 1 : NULL;
}


void
assist_html_tag_begin(assist_html_t *h, int end_tag)
{
    h->state = NAME;
    h->end_tag = end_tag ? 1 : 0;
    h->decided = 0;
    h->closing = 0;
    h->ids = 0;
    h->had_id = 0;
    h->is_id = 0;
    h->name = 0;
    h->nname = 0;
    memset(h->word, 0, sizeof(h->word));
}


/*
 * Reads on.  1: now the name is known, or too long for one that we know, and
 * so are the places before the tag.
 */

static int
tag_name(assist_html_t *h, const char **p, const char *end, uint32_t *places)
{
    while (*p < end && !assist_html_is_delimiter((unsigned char) **p)) {
        assist_html_tag_letter(h, (unsigned char) *(*p)++);

        if (h->nname == ASSIST_HTML_WORD + 1 && !h->decided) {
            h->decided = 1;
            *places = assist_html_tag(h);
            return 1;
        }
    }

    if (*p == end) {
        return 0;
    }

    h->state = GAP;

    if (h->decided) {
        return 0;
    }

    h->decided = 1;
    *places = assist_html_tag(h);

    return 1;
}


void
assist_html_tag_letter(assist_html_t *h, unsigned char c)
{
    c |= c >= 'A' && c <= 'Z' ? 0x20 : 0;

    if (h->nname < ASSIST_HTML_WORD) {
        h->word[h->nname] = (char) c;
    }

    /* FNV-1; of a single letter that itself */
    h->name = (h->name * ASSIST_HTML_HASH) ^ c;
    h->nname++;
}


static void
attribute(assist_html_t *h, unsigned char c)
{
    h->closing = 0;

    if (assist_html_is_blank(c)) {
        h->state = h->state == ATTR ? ATTR_OVER : h->state;
        return;
    }

    if (c == '/') {
        h->state = GAP;
        h->closing = 1;
        return;
    }

    if (c == '=' && h->state != GAP) {
        h->state = VALUE;
        h->is_id = h->ids && h->is_id && h->nattr == 2 && !h->had_id;

        if (h->is_id) {
            h->had_id = 1;
            h->nid = 0;
        }

        return;
    }

    if (h->state != ATTR) {
        h->state = ATTR;
        h->nattr = 0;
        h->is_id = 1;
    }

    if (h->nattr < 2) {
        h->is_id = h->is_id && (c | 0x20) == "id"[h->nattr];
    }

    h->nattr += h->nattr < 3;
}


static const char *
value(assist_html_t *h, const char *p, const char *end)
{
    int          over;
    size_t       n;
    const char  *next;

    if (h->state == VALUE_BARE) {
        next = p;

        while (next < end && *next != '>'
               && !assist_html_is_blank((unsigned char) *next))
        {
            next++;
        }

        over = next < end;

    } else {
        next = memchr(p, h->state == VALUE_DOUBLE ? '"' : '\'',
                      (size_t) (end - p));
        over = next != NULL;
        next = over ? next : end;
    }

    n = (size_t) (next - p);

    if (h->is_id) {

        /* a longer one is none of ours */

        if (n <= sizeof(h->id) && h->nid + n <= sizeof(h->id)) {
            memcpy(h->id + h->nid, p, n);
            h->nid += n;

        } else {
            h->nid = sizeof(h->id) + 1;
        }
    }

    if (!over) {
        return end;
    }

    next += h->state != VALUE_BARE;
    h->state = GAP;
    h->is_id = 0;

    return next;
}


static void
keep_meta(assist_html_t *h, const char *p, const char *end)
{
    size_t  n;

    n = (size_t) (end - p);

    if (n > ASSIST_HTML_META - h->nmeta) {
        n = ASSIST_HTML_META - h->nmeta;
    }

    memcpy(h->meta + h->nmeta, p, n);
    h->nmeta += n;
}


static void
close_tag(assist_html_t *h, uint32_t *places)
{
    assist_html_content_t  content;

    content = assist_html_tag_over(h, places);

    switch (content) {

    case ASSIST_HTML_MARKUP:
        h->state = TEXT;
        break;

    case ASSIST_HTML_RAW:
    case ASSIST_HTML_SCRIPT:
        h->state = RAW;
        h->raw = h->name;
        h->script = content == ASSIST_HTML_SCRIPT;
        h->escaped = 0;
        break;

    case ASSIST_HTML_PLAINTEXT:
        h->state = REST;
        h->pending = 0;
        break;
    }
}


/* Does the text begin with the word?  -1: as far as it goes. */

static int
starts(assist_str_t text, const char *word)
{
    size_t  i;

    for (i = 0; word[i]; i++) {

        if (i == text.len) {
            return -1;
        }

        if (text.data[i] != word[i]
            && (!assist_html_is_letter((unsigned char) text.data[i])
                || (text.data[i] | 0x20) != word[i]))
        {
            return 0;
        }
    }

    return 1;
}


/* What comes after the first such word; NULL: there is none. */

static const char *
after(const char *p, const char *end, const char *word)
{
    for ( /* void */ ; p < end; p++) {
        if (starts((assist_str_t) { p, (size_t) (end - p) }, word) == 1) {
            return p + strlen(word);
        }
    }

    return NULL;
}
