#include "lang.h"

#include <stdlib.h>


static int word_compare(const void *key, const void *item);


/* Sorted. None can be read as Vietnamese without marks. */

static const char  *const english[] = {
    "about", "address", "after", "am", "and", "apply", "are", "birth",
    "business", "car", "card", "certificate", "change", "company", "could",
    "death", "divorce", "document", "documents", "does", "driver", "driving",
    "fee", "fees", "find", "for", "foreigner", "from", "get", "have",
    "house", "how", "i", "if", "is", "it", "land", "licence", "license",
    "lost", "marriage", "marry", "much", "must", "need", "of", "office",
    "open", "paper", "papers", "passport", "permit", "please", "register",
    "registration", "renew", "required", "residence", "should", "start",
    "temporary", "want", "what", "when", "where", "which", "who", "with",
    "work", "you", "your"
};


const char *
assist_lang_guess(assist_str_t normal)
{
    size_t         i, start;
    assist_str_t   word;
    unsigned char  c;

    /* letters with marks; not signs, such as those of money */

    for (i = 0; i < normal.len; i++) {
        c = (unsigned char) normal.data[i];

        if (c >= 0xc3 && c != 0xe2 && c != 0xef) {
            return "vi";
        }
    }

    for (i = 0, start = 0; i <= normal.len; i++) {

        if (i < normal.len && normal.data[i] != ' ') {
            continue;
        }

        word.data = normal.data + start;
        word.len = i - start;
        start = i + 1;

        if (word.len == 0) {
            continue;
        }

        if (bsearch(&word, english, sizeof(english) / sizeof(english[0]),
                    sizeof(english[0]), word_compare)
            != NULL)
        {
            return "en";
        }
    }

    return "vi";
}


static int
word_compare(const void *key, const void *item)
{
    int                  rc;
    size_t               len;
    const char          *word = *(const char *const *) item;
    const assist_str_t  *k = key;

    len = strlen(word);
    rc = memcmp(k->data, word, k->len < len ? k->len : len);

    if (rc != 0) {
        return rc;
    }

    return k->len < len ? -1 : k->len > len;
}
