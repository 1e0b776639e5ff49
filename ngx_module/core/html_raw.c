/*
 * What is no markup: comments, CDATA sections, scripts and other raw text.
 */

#include "html_priv.h"


static int raw_step(assist_html_t *h, unsigned char c);


/* 13.2.5.43 to 52: --> and --!>, but <!--> and <!---> are whole ones, too */

const char *
assist_html_comment(assist_html_t *h, const char *p, const char *end)
{
    while (p < end) {

        if (h->dashes == 0 && !h->fresh && !h->bang) {
            p = memchr(p, '-', (size_t) (end - p));

            if (p == NULL) {
                return end;
            }
        }

        if (*p == '>' && (h->dashes >= 2 || h->bang || h->fresh)) {
            h->state = TEXT;
            return p + 1;
        }

        if (*p == '-') {
            h->dashes = h->dashes < 2 ? h->dashes + 1 : 2;
            h->bang = 0;

        } else {
            h->bang = *p == '!' && h->dashes >= 2;
            h->dashes = 0;
            h->fresh = 0;
        }

        p++;
    }

    return end;
}


/* <![CDATA[ ... ]]>, of which <![ is read; anything else is bogus */

const char *
assist_html_cdata(assist_html_t *h, const char *p, const char *end)
{
    static const char  word[] = "CDATA[";

    for ( /* void */ ; p < end; p++) {

        if (h->fresh) {
            if (*p != word[h->nname]) {
                h->state = BOGUS;
                return p;
            }

            h->fresh = ++h->nname < sizeof(word) - 1;

        } else if (*p == ']') {
            h->dashes = h->dashes < 2 ? h->dashes + 1 : 2;

        } else if (*p == '>' && h->dashes == 2) {
            h->state = TEXT;
            return p + 1;

        } else {
            h->dashes = 0;
        }
    }

    return end;
}


const char *
assist_html_raw(assist_html_t *h, const char *p, const char *end)
{
    while (p < end) {

        if (h->state == RAW && h->escaped == 0) {
            p = memchr(p, '<', (size_t) (end - p));

            if (p == NULL) {
                return end;
            }
        }

        if (raw_step(h, (unsigned char) *p)) {
            p++;
        }

        if (h->state == GAP) {
            return p;
        }
    }

    return end;
}


/*
 * 13.2.5.4, 9 to 31.  In a script <!-- begins a comment, in which <script>
 * begins what </script> ends without ending the script.  0: the byte is to be
 * looked at again.
 */

static int
raw_step(assist_html_t *h, unsigned char c)
{
    switch (h->state) {

    case RAW:

        if (c == '<') {
            h->state = RAW_OPEN;
            h->dashes = 0;
            return 1;
        }

        if (c == '-') {
            h->dashes = h->dashes < 2 ? h->dashes + 1 : 2;
            return 1;
        }

        if (c == '>' && h->dashes == 2) {
            h->escaped = 0;
        }

        h->dashes = 0;
        return 1;

    case RAW_OPEN:

        if (c == '/') {
            assist_html_tag_begin(h, 1);
            h->state = RAW_END;
            return 1;
        }

        if (c == '!' && h->script && h->escaped == 0) {
            h->state = RAW_BANG;
            return 1;
        }

        h->state = RAW;

        if (assist_html_is_letter(c) && h->escaped == 1) {
            assist_html_tag_begin(h, 0);
            h->state = RAW_WORD;
        }

        return 0;

    case RAW_BANG:
    case RAW_BANG_DASH:

        if (c != '-') {
            h->state = RAW;
            return 0;
        }

        if (h->state == RAW_BANG) {
            h->state = RAW_BANG_DASH;
            return 1;
        }

        h->state = RAW;
        h->escaped = 1;
        h->dashes = 2;
        return 1;

    default: /* RAW_END, RAW_WORD */

        if (assist_html_is_letter(c)) {
            assist_html_tag_letter(h, c);
            return 1;
        }

        if (!assist_html_is_delimiter(c) || h->name != h->raw) {
            h->state = RAW;
            return 0;
        }

        if (h->state == RAW_WORD) {
            h->escaped = 2;

        } else if (h->escaped == 2) {
            h->escaped = 1;

        } else {
            (void) assist_html_tag(h);
            h->state = GAP;
            return 0;
        }

        h->state = RAW;
        return 0;
    }
}
