/*
 * One item of a pattern: a character, a class such as %a, or a set.
 */

#include "pattern_item.h"


static int class_has(byte_t c, byte_t class);


/*
 * After the single character, class or set at p, which is not the end.  The
 * first character of a set is in it, even if it is a "]".
 */

const byte_t *
assist_pattern_item_end(assist_pattern_t *m, const byte_t *p)
{
    const byte_t  *start;

    start = p;

    if (*p == '%') {
        if (peek(m, p + 1) == '\0') {
            return assist_pattern_fail(m, "malformed pattern (ends with '%')");
        }

        return p + 2;
    }

    if (*p++ != '[') {
        return p;
    }

    if (peek(m, p) == '^') {
        p++;
    }

    do {
        if (peek(m, p) == '\0') {
            return assist_pattern_fail(m, "malformed pattern (missing ']')");
        }

        if (*p++ == '%' && peek(m, p) != '\0') {
            p++;
        }

    } while (peek(m, p) != ']');

    p++;

    return spend(m, (uint64_t) (p - start)) ? p : NULL;
}


/* Whether c is what the item from p to end stands for; 0 without a step. */

int
assist_pattern_item_has(assist_pattern_t *m, byte_t c, const byte_t *p,
    const byte_t *end)
{
    if (*p == '[') {
        return assist_pattern_set_has(m, c, p, end);
    }

    if (!spend(m, 1)) {
        return 0;
    }

    switch (*p) {

    case '.':
        return 1;

    case '%':
        return class_has(c, p[1]);

    default:
        return c == *p;
    }
}


/*
 * A range whose end is a "%" takes no notice of what that would escape, so
 * that the bytes after it are read in another way than when the item's end was
 * looked for, up to the "]" itself; LuaJIT's are, too.
 */

int
assist_pattern_set_has(assist_pattern_t *m, byte_t c, const byte_t *p,
    const byte_t *end)
{
    int            found, negated;
    uint64_t       nentries;
    const byte_t  *last;

    last = end - 1;
    negated = (*++p == '^');
    p += negated;

    found = 0;
    nentries = 0;

    while (p < last && !found) {

        nentries++;

        if (*p == '%') {
            found = class_has(c, p[1]);
            p += 2;

        } else if (p[1] == '-' && p + 2 < last) {
            found = p[0] <= c && c <= p[2];
            p += 3;

        } else {
            found = (c == *p);
            p++;
        }
    }

    return spend(m, nentries) && found != negated;
}


/* %a and its kin, of ASCII; in capitals, their complement. */

static int
class_has(byte_t c, byte_t class)
{
    int     found, alpha, digit, graph;
    byte_t  lower;

    if (class < 'A') {
        return c == class;
    }

    lower = c | 0x20;
    alpha = lower >= 'a' && lower <= 'z';
    digit = is_digit(c);
    graph = c > ' ' && c < 0x7f;

    switch (class | 0x20) {

    case 'a':
        found = alpha;
        break;

    case 'c':
        found = c < ' ' || c == 0x7f;
        break;

    case 'd':
        found = digit;
        break;

    case 'g':
        found = graph;
        break;

    case 'l':
        found = alpha && c == lower;
        break;

    case 'p':
        found = graph && !alpha && !digit;
        break;

    case 's':
        found = c == ' ' || (c >= '\t' && c <= '\r');
        break;

    case 'u':
        found = alpha && c != lower;
        break;

    case 'w':
        found = alpha || digit;
        break;

    case 'x':
        found = digit || (lower >= 'a' && lower <= 'f');
        break;

    case 'z':
        found = (c == '\0');
        break;

    default:
        return c == class;
    }

    return found == ((class & 0x20) != 0);
}


const byte_t *
assist_pattern_fail(assist_pattern_t *m, const char *error)
{
    m->rc = ASSIST_PATTERN_ERROR;
    m->error = error;

    return NULL;
}
