/*
 * Files of "name = value" lines: '#' starts a comment, empty lines and a BOM
 * are skipped, blanks around names and values do not count.
 */

#ifndef ASSIST_SETTING_H
#define ASSIST_SETTING_H

#include "error.h"
#include "str.h"


typedef struct {
    assist_str_t  rest;             /* what is still to be read */
    uint32_t      line;             /* of the setting just read, 1-based */
    assist_str_t  name;             /* these two point into the file */
    assist_str_t  value;
} assist_setting_t;


void assist_setting_init(assist_setting_t *setting, assist_str_t file);

/*
 * The next setting: 1; 0: the file is over; -1: a line is none, and err quotes
 * the example.
 */
int assist_setting_next(assist_setting_t *setting, const char *example,
    assist_error_t *err);

/* Without blanks, tabs and carriage returns at its ends. */
assist_str_t assist_setting_trim(assist_str_t s);

/* Digits alone, at most max; -1: it is not. */
int assist_setting_number(assist_str_t s, uint32_t max, uint32_t *n);

/*
 * A decimal such as 12.5 in units of its last place ("12.5", places 2: 1250),
 * at most max; -1: it is not.  By hand, since strtod() reads a comma in some
 * locales, and "nan" in all.
 */
int assist_setting_decimal(assist_str_t s, unsigned places, uint32_t max,
    uint32_t *n);


#endif
