/*
 * What libFuzzer calls: replies, wherever they are split.  What passes the gate
 * hiredis reads, too, or finds wrong; and both see the same number of replies.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "resp.h"


static void must(int ok, const char *what);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                  rc, last;
    void                *reply;
    size_t               i;
    uint64_t             replies;
    redisReader         *reader;
    assist_resp_gate_t   whole = { 0 }, bytes = { 0 };

    reader = redisReaderCreate();
    must(reader != NULL, "memory");

    last = assist_resp_gate(&whole, (const char *) data, size);
    replies = 0;
    rc = 0;

    for (i = 0; i < size; i++) {
        rc = assist_resp_gate(&bytes, (const char *) data + i, 1);

        if (rc != 0) {
            must(bytes.error != NULL, "an error");
            break;
        }

        must(redisReaderFeed(reader, (const char *) data + i, 1) == REDIS_OK,
             "fed");

        do {
            reply = NULL;

            if (redisReaderGetReply(reader, &reply) != REDIS_OK) {
                /* a string without its line end, a number that is none */
                redisReaderFree(reader);
                return 0;
            }

            if (reply != NULL) {
                replies++;
                freeReplyObject(reply);
            }

        } while (reply != NULL);

        must(replies == bytes.replies, "the same replies");
        must(bytes.items <= ASSIST_RESP_ITEMS, "items");
        must(reader->len <= ASSIST_RESP_BYTES, "bytes");
    }

    must(rc == last, "split");
    must(rc != 0 || whole.replies == bytes.replies, "split replies");

    redisReaderFree(reader);

    return 0;
}


static void
must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "not so: %s\n", what);
        abort();
    }
}
