#include "error.h"

#include <stdarg.h>
#include <stdio.h>


int
assist_fail(assist_error_t *err, uint32_t line, const char *fmt, ...)
{
    va_list  args;

    if (err != NULL) {
        err->line = line;

        va_start(args, fmt);
        vsnprintf(err->text, sizeof(err->text), fmt, args);
        va_end(args);
    }

    return -1;
}
