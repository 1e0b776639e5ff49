/*
 * Lua 5.1's patterns, as LuaJIT 2.1 has them, with a budget.
 *
 * LuaJIT's own string.find() and its kin cannot be stopped once they are in C,
 * and a pattern of ten characters can take them years.  This is the same
 * language over counted byte strings, in which every unit of work takes one
 * step from a budget that the caller may share among many matches; with the
 * budget gone, the match ends with ASSIST_PATTERN_OUT_OF_STEPS.
 *
 * A step is a pattern item tried, a byte or a set's entry looked at, some 6 ns;
 * where the work is memmem()'s, memcmp()'s or memcpy()'s, which are faster, it
 * is ASSIST_PATTERN_CHUNK bytes.
 *
 * What LuaJIT does, this does, including what it does not document:
 *
 *   - classes are of ASCII, whatever the locale; %z is the byte 0;
 *   - the subject may have zero bytes, and so may the plain text of a find,
 *     but a pattern ends at its first zero byte: %z is how one is matched;
 *   - a malformed pattern is an error only once its bad part is reached;
 *   - nesting (every quantifier and every parenthesis that is tried) is limited
 *     to 200, and captures to 32;
 *   - the error texts are LuaJIT's, without "bad argument" or a position.
 *
 * The loops of the Lua functions, of which none resets the budget:
 *
 *   find, match   begin(caret = 1); search() from assist_pattern_offset()
 *   gmatch        begin(caret = 0); search() from 0, and again from
 *                 assist_pattern_next() as long as that is <= subject.len
 *   gsub          begin(caret = 1); at 0, try(): where it matched, the
 *                 replacement; where `end` is beyond the position, on from
 *                 `end`, else one byte is copied, until the subject is over;
 *                 only one round if `anchored`
 *
 * find uses assist_pattern_find_plain() instead when it is told to, or when
 * assist_pattern_is_plain().
 */

#ifndef ASSIST_PATTERN_H
#define ASSIST_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "str.h"


#define ASSIST_PATTERN_MATCHED        1
#define ASSIST_PATTERN_NO_MATCH       0
#define ASSIST_PATTERN_ERROR          (-1)     /* `error` says which */
#define ASSIST_PATTERN_OUT_OF_STEPS   (-2)     /* *steps_left is 0 */

#define ASSIST_PATTERN_MAX_CAPTURES   32
#define ASSIST_PATTERN_MAX_DEPTH      200
#define ASSIST_PATTERN_CHUNK          4

/* Lengths of a capture that is no text. */
#define ASSIST_PATTERN_UNFINISHED     (-1)     /* "(" without its ")" */
#define ASSIST_PATTERN_POSITION       (-2)     /* "()": Lua's start + 1 */


typedef struct {
    size_t                    start;    /* offset in the subject, from 0 */
    ptrdiff_t                 len;      /* bytes, or one of the above */
} assist_pattern_capture_t;


/*
 * A match being made, and then its result.  It points into the subject and the
 * pattern, which must outlive it, and owns nothing.
 */
typedef struct {
    assist_str_t              subject;
    assist_str_t              pattern;  /* without the "^", up to a zero byte */
    uint64_t                 *steps_left;
    const char               *error;    /* a literal, after ..._ERROR */

    /* after ..._MATCHED */
    size_t                    start;
    size_t                    end;      /* the offset after the match */
    uint32_t                  ncaptures;

    int32_t                   anchored; /* there was a "^" that was one */
    int32_t                   rc;
    uint32_t                  depth;
    assist_pattern_capture_t  captures[ASSIST_PATTERN_MAX_CAPTURES];
} assist_pattern_t;


/*
 * Sets up m.  caret: a first "^" anchors (find, match, gsub); without, it is
 * a character like any other (gmatch).  steps: the budget, counted down.
 */
void assist_pattern_begin(assist_pattern_t *m, assist_str_t subject,
    assist_str_t pattern, int caret, uint64_t *steps);

/*
 * The match at exactly the offset `at`, which is <= subject.len.  Returns
 * ASSIST_PATTERN_MATCHED, NO_MATCH, ERROR or OUT_OF_STEPS.
 */
int assist_pattern_try(assist_pattern_t *m, size_t at);

/* The first match at `from` or, unless m->anchored, later; else as above. */
int assist_pattern_search(assist_pattern_t *m, size_t from);

/* Where gmatch goes on: an empty match is not found twice. */
static inline size_t
assist_pattern_next(const assist_pattern_t *m)
{
    return m->end > m->start ? m->end : m->end + 1;
}


/*
 * Capture n of a match, as %n names it: from 1; %0 is the whole match, and so
 * is %1 where the pattern has no captures.  Returns ASSIST_PATTERN_MATCHED, or
 * ERROR: "invalid capture index", "unfinished capture".
 *
 * match and gmatch return the captures 1 to ncaptures, or 1 if that is 0; find
 * returns 1 to ncaptures.
 */
int assist_pattern_capture(assist_pattern_t *m, uint32_t n,
    assist_pattern_capture_t *capture);

/*
 * Adds gsub's replacement string for a match to buf: %0 to %9 are captures, %
 * and any other character is that character, a last % is a zero byte (all as
 * LuaJIT has it).  Returns ASSIST_PATTERN_MATCHED (and then buf->failed tells
 * whether there was memory), ERROR as above, or OUT_OF_STEPS.
 */
int assist_pattern_expand(assist_pattern_t *m, assist_str_t replacement,
    assist_buf_t *buf);

/* Whether find may take the pattern for plain text: it has no specials. */
int assist_pattern_is_plain(assist_str_t pattern);

/*
 * The first `text` in the subject at the offset `from` (<= subject.len) or
 * later, in linear time.  Returns ASSIST_PATTERN_MATCHED with *at set,
 * NO_MATCH, or OUT_OF_STEPS.
 */
int assist_pattern_find_plain(assist_str_t subject, assist_str_t text,
    size_t from, size_t *at, uint64_t *steps);

/*
 * The offset for Lua's argument `init`: from 1, negative: from the end; what
 * is outside is taken to the nearer end, as LuaJIT does.
 */
size_t assist_pattern_offset(int64_t init, size_t len);


#endif
