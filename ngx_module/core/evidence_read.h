/*
 * Reading the evidence log's lines.  They are of our own making and are read
 * by the million, so this is not a JSON parser: the head is read in the one
 * order in which it is written, and that the CRC holds says that the rest is
 * as it was.  Members of other names, and lines of other types, are stepped
 * over.  Any bytes may be given.
 */

#ifndef ASSIST_EVIDENCE_READ_H
#define ASSIST_EVIDENCE_READ_H

#include "ledger.h"
#include "str.h"


/* All point into the line. */
typedef struct {
    assist_str_t  text;             /* the line, without its line end */
    assist_str_t  time;             /* 2026-11-23T18:40:01+07:00 */
    assist_str_t  writer;
    assist_str_t  type;
    assist_str_t  members;          /* ,"name":value ... up to the CRC */
    uint64_t      seq;
} assist_line_t;

typedef struct {
    int64_t       seconds;          /* since the epoch */
    int32_t       month;            /* local: year * 12 + month - 1 */
    uint32_t      mday;             /* local, 1..31 */
    int           gmtoff;           /* minutes east of UTC */
} assist_moment_t;


/*
 * A line without its line end.  0: it is whole; or -1 with a reason, a constant
 * sentence that starts with "it": it was torn, its CRC does not match, or its
 * head is not one of ours.
 */
int assist_line_read(assist_str_t text, assist_line_t *line,
    const char **reason);

/* The same of its head alone, whatever became of its end: text, type and
 * members are not set. */
int assist_line_head(assist_str_t text, assist_line_t *line,
    const char **reason);

/* Does it lack its end, as a line does that was cut? */
int assist_line_torn(assist_str_t text);

/*
 * The next member, which starts with a comma or, an object's first, a brace: 1,
 * and *members is what follows; 0: there is none; -1: what follows is not a
 * member.  A value is as it stands, a string with its quotes.
 */
int assist_line_member(assist_str_t *members, assist_str_t *name,
    assist_str_t *value);

/* A line's time; -1: it is not one. */
int assist_line_time(assist_str_t text, assist_moment_t *moment);

/*
 * The interaction of a line of that type, but for its time and day; *service
 * is null or a string as JSON has it, with its quotes.  -1: a member is missing
 * or is not what it should be.
 */
int assist_line_event(const assist_line_t *line, assist_event_t *event,
    assist_str_t *service);

/* A whole number; -1: it is none, or too large. */
int assist_line_number(assist_str_t value, uint64_t *n);


#endif
