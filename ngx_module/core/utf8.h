/*
 * UTF-8, strictly: neither overlong forms, nor surrogates, nor anything past
 * U+10FFFF.
 */

#ifndef ASSIST_UTF8_H
#define ASSIST_UTF8_H

#include <stddef.h>


/* The bytes of the valid character at p (p < end); 0: there is none. */
size_t assist_utf8_len(const unsigned char *p, const unsigned char *end);


#endif
