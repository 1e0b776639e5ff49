#include "resp.h"


void
assist_resp_command(assist_buf_t *out, const assist_str_t *words, size_t n)
{
    size_t  i;

    assist_buf_add(out, "*", 1);
    assist_buf_uint(out, n);

    for (i = 0; i < n; i++) {
        assist_buf_add(out, "\r\n$", 3);
        assist_buf_uint(out, words[i].len);
        assist_buf_add(out, "\r\n", 2);
        assist_buf_add(out, words[i].data, words[i].len);
    }

    assist_buf_add(out, "\r\n", 2);
}
