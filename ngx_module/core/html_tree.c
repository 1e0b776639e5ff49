/*
 * Where tags stand.
 */

#include "html_priv.h"


#define VOID     0x001          /* has no end tag */
#define RAW_TEXT 0x002          /* its content is no markup */
#define SCRIPT   0x004
#define PLAIN    0x008
#define HEAD     0x010          /* may be in a head */
#define BLOCK    0x020          /* no <p> goes on beyond it */
#define INSIDE   0x040          /* its place is after the start tag */
#define NOWHERE  0x080          /* it has none */
#define FOREIGN  0x100


enum {
    OTHER = 0,
    BODY,
    FORM,
    FOREIGN_OBJECT,             /* has HTML in svg or math */
    FRAMESET,
    HEAD_TAG,
    HTML,
    META,
    P,
    TEMPLATE
};


typedef struct {
    char      name[ASSIST_HTML_HOLD];
    unsigned  flags;
    unsigned  is;
} tag_t;


static int is_plain(const assist_html_t *h, const tag_t *tag);
static size_t slot(uint64_t name);
static const tag_t *find(assist_html_t *h);
static const tag_t *look_up(const char *name);
static uint32_t reach(assist_html_t *h, uint32_t places);
static uint32_t start_tag(assist_html_t *h, unsigned flags, unsigned is);
static uint32_t end_tag(assist_html_t *h, unsigned is);
static uint32_t find_id(assist_html_t *h, unsigned flags);
static void foreign_tag(assist_html_t *h, unsigned flags, unsigned is);


/* In the order of memcmp(). */

static const tag_t  tags[] = {
    { "address", BLOCK, 0 },
    { "area", VOID|NOWHERE, 0 },
    { "article", BLOCK, 0 },
    { "aside", BLOCK, 0 },
    { "base", VOID|HEAD|NOWHERE, 0 },
    { "basefont", VOID|HEAD|NOWHERE, 0 },
    { "bgsound", VOID|HEAD|NOWHERE, 0 },
    { "blockquote", BLOCK, 0 },
    { "body", BLOCK|INSIDE, BODY },
    { "br", VOID, 0 },
    { "caption", BLOCK|NOWHERE, 0 },
    { "center", BLOCK, 0 },
    { "col", VOID|NOWHERE, 0 },
    { "colgroup", NOWHERE, 0 },
    { "dd", BLOCK|INSIDE, 0 },
    { "details", BLOCK, 0 },
    { "dialog", BLOCK, 0 },
    { "dir", BLOCK, 0 },
    { "div", BLOCK, 0 },
    { "dl", BLOCK, 0 },
    { "dt", BLOCK|NOWHERE, 0 },
    { "embed", VOID, 0 },
    { "fieldset", BLOCK, 0 },
    { "figcaption", BLOCK, 0 },
    { "figure", BLOCK, 0 },
    { "footer", BLOCK, 0 },
    { "foreignobject", 0, FOREIGN_OBJECT },
    { "form", BLOCK, FORM },
    { "frameset", NOWHERE, FRAMESET },
    { "h1", BLOCK, 0 },
    { "h2", BLOCK, 0 },
    { "h3", BLOCK, 0 },
    { "h4", BLOCK, 0 },
    { "h5", BLOCK, 0 },
    { "h6", BLOCK, 0 },
    { "head", HEAD|NOWHERE, HEAD_TAG },
    { "header", BLOCK, 0 },
    { "hgroup", BLOCK, 0 },
    { "hr", VOID|BLOCK, 0 },
    { "html", HEAD|BLOCK|NOWHERE, HTML },
    { "iframe", RAW_TEXT, 0 },
    { "img", VOID, 0 },
    { "input", VOID, 0 },
    { "legend", NOWHERE, 0 },
    { "li", BLOCK|INSIDE, 0 },
    { "link", VOID|HEAD, 0 },
    { "listing", BLOCK, 0 },
    { "main", BLOCK, 0 },
    { "math", FOREIGN, 0 },
    { "menu", BLOCK, 0 },
    { "meta", VOID|HEAD, META },
    { "mi", 0, FOREIGN_OBJECT },
    { "mn", 0, FOREIGN_OBJECT },
    { "mo", 0, FOREIGN_OBJECT },
    { "ms", 0, FOREIGN_OBJECT },
    { "mtext", 0, FOREIGN_OBJECT },
    { "nav", BLOCK, 0 },
    { "noembed", RAW_TEXT, 0 },
    { "noframes", RAW_TEXT|HEAD, 0 },
    { "noscript", RAW_TEXT|HEAD, 0 },
    { "ol", BLOCK, 0 },
    { "optgroup", NOWHERE, 0 },
    { "option", NOWHERE, 0 },
    { "p", BLOCK, P },
    { "param", VOID|NOWHERE, 0 },
    { "plaintext", BLOCK|PLAIN, 0 },
    { "pre", BLOCK, 0 },
    { "rb", NOWHERE, 0 },
    { "rp", NOWHERE, 0 },
    { "rt", NOWHERE, 0 },
    { "rtc", NOWHERE, 0 },
    { "script", RAW_TEXT|SCRIPT|HEAD, 0 },
    { "search", BLOCK, 0 },
    { "section", BLOCK, 0 },
    { "source", VOID|NOWHERE, 0 },
    { "style", RAW_TEXT|HEAD, 0 },
    { "summary", BLOCK|NOWHERE, 0 },
    { "svg", FOREIGN, 0 },
    { "table", BLOCK, 0 },
    { "tbody", BLOCK|NOWHERE, 0 },
    { "td", BLOCK|INSIDE, 0 },
    { "template", HEAD, TEMPLATE },
    { "textarea", RAW_TEXT, 0 },
    { "tfoot", BLOCK|NOWHERE, 0 },
    { "th", BLOCK|INSIDE, 0 },
    { "thead", BLOCK|NOWHERE, 0 },
    { "title", RAW_TEXT|HEAD, 0 },
    { "tr", BLOCK|NOWHERE, 0 },
    { "track", VOID|NOWHERE, 0 },
    { "ul", BLOCK, 0 },
    { "wbr", VOID, 0 },
    { "xmp", RAW_TEXT|BLOCK, 0 }
};


static const tag_t  other;


uint32_t
assist_html_tag(assist_html_t *h)
{
    uint32_t      i, places;
    const tag_t  *tag;

    tag = find(h);
    h->tag = tag;
    h->ids = 0;
    places = 0;

    /* of most tags there is nothing to tell */

    if (is_plain(h, tag)) {
        h->ids = !h->end_tag && !(tag->flags & NOWHERE)
                 && (h->pending & h->where[ASSIST_HTML_ELEMENT]);
        return 0;
    }

    if (h->html && h->end_tag && tag->is == BODY) {
        /* no body ends within foreignObject and the like */
        return 0;
    }

    if (h->templates || assist_html_foreign(h)) {

        if (assist_html_foreign(h) && !h->end_tag && (tag->flags & BLOCK)) {
            /* no svg goes on beyond it */
            h->foreign = 0;
            h->html = 0;

        } else if (!h->end_tag || tag->is != BODY || h->templates) {
            return 0;
        }
    }

    if (h->end_tag && tag->is == HEAD_TAG) {
        return reach(h, h->where[ASSIST_HTML_HEAD_END]);
    }

    if (!h->in_body && tag->is != FRAMESET
        && (h->end_tag ? tag->is == BODY || tag->is == HTML
                       : !(tag->flags & HEAD)))
    {
        places |= h->where[ASSIST_HTML_HEAD_END];
        h->in_body = 1;

        if (h->end_tag || tag->is != BODY) {
            /* one that is not written */
            places |= h->where[ASSIST_HTML_BODY_START];
        }
    }

    if ((tag->flags & BLOCK) && h->open && !h->foreign
        && !(h->end_tag && tag->is == P))
    {
        for (i = 0; i < h->nplaces; i++) {
            if ((h->open & (1u << i)) && h->places[i].name == 'p') {
                h->open &= ~(1u << i);
                places |= 1u << i;
            }
        }
    }

    if (h->end_tag && tag->is == BODY && --h->bodies <= 0) {
        places |= h->where[ASSIST_HTML_BODY_END] | h->open;
    }

    h->in_meta = h->meta && tag->is == META && !h->in_body && !h->end_tag;
    h->nmeta = 0;
    h->ids = h->in_body && !h->end_tag && !(tag->flags & NOWHERE)
             && !h->foreign
             && (h->pending & h->where[ASSIST_HTML_ELEMENT]);

    return reach(h, places);
}


assist_html_content_t
assist_html_tag_over(assist_html_t *h, uint32_t *places)
{
    int           foreign, within;
    const tag_t  *tag;

    tag = h->tag;
    within = h->foreign != 0;
    foreign = assist_html_foreign(h);
    *places = 0;

    if (!h->had_id && is_plain(h, tag)) {
        return ASSIST_HTML_MARKUP;
    }

    foreign_tag(h, tag->flags, tag->is);

    if (tag->is == TEMPLATE && !foreign) {
        h->templates += !h->end_tag;
        h->templates -= h->end_tag && h->templates;
    }

    /* of an svg itself the end is told here, as that of any element */

    if (!h->templates && !(within && h->foreign)) {
        *places = h->end_tag ? end_tag(h, tag->is)
                             : start_tag(h, tag->flags, tag->is);
    }

    if (h->end_tag || foreign) {
        return ASSIST_HTML_MARKUP;
    }

    if (tag->flags & PLAIN) {
        return ASSIST_HTML_PLAINTEXT;
    }

    if (tag->flags & RAW_TEXT) {
        return tag->flags & SCRIPT ? ASSIST_HTML_SCRIPT : ASSIST_HTML_RAW;
    }

    return ASSIST_HTML_MARKUP;
}


uint32_t
assist_html_page_over(assist_html_t *h)
{
    if (h->templates || h->in_form) {
        return 0;
    }

    return reach(h, h->where[ASSIST_HTML_BODY_START]
                    | h->where[ASSIST_HTML_BODY_END] | h->open);
}


int
assist_html_plain(const assist_html_t *h, uint64_t name)
{
    size_t  i;

    i = slot(name);

    return h->known[i].tag && h->known[i].name == name
           && is_plain(h, h->known[i].tag);
}


int
assist_html_foreign(const assist_html_t *h)
{
    return h->foreign && !h->html;
}


/* Here it neither begins nor ends anything that matters, but for its id. */

static int
is_plain(const assist_html_t *h, const tag_t *tag)
{
    return (tag->is == OTHER || tag->is == P || tag->is == META)
           && !(tag->flags & (RAW_TEXT|PLAIN|FOREIGN))
           && h->in_body && h->open == 0 && h->foreign == 0
           && h->templates == 0;
}


static size_t
slot(uint64_t name)
{
    return (name ^ name >> 7) % ASSIST_HTML_KNOWN;
}


static const tag_t *
find(assist_html_t *h)
{
    size_t        i;
    const tag_t  *tag;

    i = slot(h->name);

    if (h->known[i].tag && h->known[i].name == h->name) {
        return h->known[i].tag;
    }

    if (h->nname > ASSIST_HTML_WORD) {
        return &other;
    }

    tag = look_up(h->word);
    tag = tag ? tag : &other;
    h->known[i].name = h->name;
    h->known[i].tag = tag;

    return tag;
}


static const tag_t *
look_up(const char *name)
{
    int     cmp;
    size_t  low, high, middle;

    low = 0;
    high = sizeof(tags) / sizeof(tags[0]);

    while (low < high) {
        middle = (low + high) / 2;
        cmp = memcmp(name, tags[middle].name, ASSIST_HTML_HOLD);

        if (cmp == 0) {
            return &tags[middle];
        }

        if (cmp < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    return NULL;
}


/* Of these places, those that are here; in a form they come after it. */

static uint32_t
reach(assist_html_t *h, uint32_t places)
{
    places &= h->pending;

    if (h->in_form) {
        h->due |= places;
        return 0;
    }

    h->pending &= ~places;

    return places;
}


static uint32_t
start_tag(assist_html_t *h, unsigned flags, unsigned is)
{
    uint32_t  i, places;

    places = 0;

    switch (is) {

    case FRAMESET:

        if (!h->in_body) {
            /* a page of frames shows nothing else */
            h->pending = 0;
            return 0;
        }

        break;

    case BODY:
        h->bodies++;
        places |= h->where[ASSIST_HTML_BODY_START];
        break;

    default:
        break;
    }

    for (i = 0; i < h->nplaces && is != FORM; i++) {
        if ((h->open & (1u << i)) && h->places[i].name == h->name
            && !((flags & FOREIGN) && h->closing))
        {
            h->places[i].depth++;
        }
    }

    places |= find_id(h, flags);
    places = reach(h, places);

    if (is == FORM) {
        h->in_form = 1;
    }

    return places;
}


static uint32_t
end_tag(assist_html_t *h, unsigned is)
{
    uint32_t  i, places;

    places = 0;

    for (i = 0; i < h->nplaces; i++) {
        if ((h->open & (1u << i)) && h->places[i].name == h->name
            && --h->places[i].depth == 0)
        {
            h->open &= ~(1u << i);
            places |= 1u << i;
        }
    }

    if (is == FORM && h->in_form) {
        h->in_form = 0;
        places |= h->due;
        h->due = 0;
    }

    return reach(h, places);
}


/* Begins the element that this tag's id names; one without an end is over. */

static uint32_t
find_id(assist_html_t *h, unsigned flags)
{
    uint32_t              i, places;
    assist_html_place_t  *place;

    places = 0;

    if (!h->ids || !h->had_id) {
        return 0;
    }

    for (i = 0; i < h->nplaces; i++) {
        place = &h->places[i];

        if (place->where != ASSIST_HTML_ELEMENT
            || !((h->pending & ~h->due & ~h->open) & (1u << i))
            || place->id.len != h->nid
            || memcmp(place->id.data, h->id, h->nid) != 0)
        {
            continue;
        }

        if ((flags & (VOID|INSIDE))
            || ((flags & FOREIGN) && h->closing))
        {
            places |= 1u << i;

        } else {
            place->name = h->name;
            place->depth = 1;
            h->open |= 1u << i;
        }
    }

    return places;
}


/* How deep in svg or math this is. */

static void
foreign_tag(assist_html_t *h, unsigned flags, unsigned is)
{
    if (h->foreign == 0) {
        if (!h->end_tag && (flags & FOREIGN) && !h->closing) {
            h->foreign = 1;
            h->foreign_name = h->name;
        }

        return;
    }

    if (is == FOREIGN_OBJECT && !(h->closing && !h->end_tag)) {
        h->html += !h->end_tag;
        h->html -= h->end_tag && h->html;
        return;
    }

    if (h->name != h->foreign_name || h->html) {
        return;
    }

    if (h->end_tag) {
        h->foreign--;

    } else if (!h->closing) {
        h->foreign++;
    }
}
