#include "date.h"

#include <stdio.h>


static int number(const char *p, int n);


int32_t
assist_date_days(int year, int month, int day)
{
    int  era, yoe, doy;

    /* years start in March, so that a leap day is a year's last */
    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    yoe = year - era * 400;
    doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}


void
assist_date_civil(int32_t days, int *year, int *month, int *day)
{
    int  era, doe, yoe, doy, mp;

    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    doe = days - era * 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;

    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2);
}


int
assist_date_parse(assist_str_t s, int32_t *days)
{
    int  y, m, d, cy, cm, cd;

    if (s.len != 10) {
        return -1;
    }

    if (s.data[4] == '-' && s.data[7] == '-') {
        y = number(s.data, 4);
        m = number(s.data + 5, 2);
        d = number(s.data + 8, 2);

    } else if (s.data[2] == '/' && s.data[5] == '/') {
        d = number(s.data, 2);
        m = number(s.data + 3, 2);
        y = number(s.data + 6, 4);

    } else {
        return -1;
    }

    if (y < 1900 || m < 1 || m > 12 || d < 1 || d > 31) {
        return -1;
    }

    *days = assist_date_days(y, m, d);
    assist_date_civil(*days, &cy, &cm, &cd);

    return cy == y && cm == m && cd == d ? 0 : -1;
}


void
assist_date_format(int32_t days, char out[11])
{
    int   y, m, d;
    char  text[40];

    assist_date_civil(days, &y, &m, &d);
    snprintf(text, sizeof(text), "%04d-%02d-%02d", y, m, d);

    memcpy(out, text, 10);
    out[10] = '\0';
}


static int
number(const char *p, int n)
{
    int  v;

    for (v = 0; n > 0; n--, p++) {
        if (*p < '0' || *p > '9') {
            return -1;
        }
        v = v * 10 + (*p - '0');
    }

    return v;
}
