/*
 * Civil dates as days since 1970-01-01 (proleptic Gregorian calendar).
 */

#ifndef ASSIST_DATE_H
#define ASSIST_DATE_H

#include <stdint.h>

#include "str.h"


int32_t assist_date_days(int year, int month, int day);
void assist_date_civil(int32_t days, int *year, int *month, int *day);

/* YYYY-MM-DD or DD/MM/YYYY; -1: not a date. */
int assist_date_parse(assist_str_t s, int32_t *days);

/* Writes "YYYY-MM-DD" and a zero: 11 bytes. */
void assist_date_format(int32_t days, char out[11]);


#endif
