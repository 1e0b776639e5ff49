/*
 * The form of a question.  A wrong merge gives a citizen the answer to another
 * question, a missed one costs a call: so only whole phrases go, only at the
 * ends, and none that is anything but polite elsewhere.  Not here, for that
 * reason: "xin" (xin giấy phép), "chào" (chào bán), "dạ" (dạ dày), "thưa" (thưa
 * kiện), "hi" (hi sinh), "a" (hạng A), "nha" (sửa nhà), "thế" (thay thế), "về"
 * (về nước), "em" and "tôi" (nộp thay tôi).
 */

#include "question.h"

#include "lang.h"
#include "text.h"


/* Before what is asked; may stand several times. */
static const char  *const openings[] = {
    "alo", "alô", "hello", "hey", "hi ad", "hi admin", "hi bạn", "hi there",
    "good morning", "good afternoon", "dear sir", "dear sir or madam",
    "xin chào", "xin kính chào", "kính chào", "chào bạn", "chào các bạn",
    "chào anh", "chào chị", "chào anh chị", "chào ad", "chào admin",
    "chào trợ lý", "chào cán bộ", "chào mọi người", "chào cả nhà",
    "ad ơi", "admin ơi", "bạn ơi", "các bạn ơi", "anh ơi", "chị ơi",
    "anh chị ơi", "cán bộ ơi", "trợ lý ơi", "mọi người ơi", "cả nhà ơi",
    "kính thưa anh chị", "thưa anh chị", "thưa cán bộ", "kính thưa cán bộ",
    "làm ơn", "vui lòng", "xin vui lòng",
    "please", "pls", "plz", "excuse me"
};

/* As an opening, with what may follow it. */
static const char  *const asking[] = {
    "xin hỏi", "xin được hỏi", "cho hỏi", "cho tôi hỏi", "cho mình hỏi",
    "cho em hỏi", "cho con hỏi", "cho cháu hỏi", "cho tớ hỏi", "cho anh hỏi",
    "cho chị hỏi", "cho chúng tôi hỏi", "cho cô hỏi", "cho chú hỏi",
    "cho bác hỏi", "cho biết", "cho tôi biết", "cho mình biết", "cho em biết",
    "hãy cho biết", "hãy cho tôi biết", "tôi xin hỏi", "em xin hỏi",
    "tôi muốn hỏi", "mình muốn hỏi", "em muốn hỏi", "con muốn hỏi",
    "cháu muốn hỏi", "chúng tôi muốn hỏi", "tôi cần hỏi", "mình cần hỏi",
    "em cần hỏi", "tôi muốn biết", "mình muốn biết", "em muốn biết",
    "tôi có câu hỏi", "em có câu hỏi", "mình có câu hỏi",
    "cho toi hoi", "cho minh hoi", "cho em hoi", "cho hoi", "xin cho hoi",
    "can you tell me", "could you tell me", "would you tell me",
    "can you please tell me", "could you please tell me", "please tell me",
    "tell me", "may i ask", "can i ask", "could i ask", "i want to ask",
    "i would like to ask", "i d like to ask", "i want to know",
    "i would like to know", "i d like to know"
};

/* Goes only where one of `asking` follows. */
static const char  *const leads[] = {
    "xin", "dạ", "dạ xin", "dạ thưa", "thưa", "xin lỗi", "làm ơn", "vui lòng",
    "xin vui lòng", "phiền", "phiền bạn", "phiền anh chị", "phiền ad", "bạn",
    "các bạn", "ad", "admin", "anh chị", "cán bộ", "anh", "chị", "hi", "sorry",
    "please", "hello"
};

/* Goes only where one of `asking` stands before it. */
static const char  *const tails[] = {
    "chút", "một chút", "chút xíu", "xíu", "một tí", "tí", "thêm", "rằng",
    "là", "ạ"
};

static const char  *const closings[] = {
    "ạ", "nhé", "nhỉ", "vậy ạ", "với ạ", "giúp với", "giúp tôi với",
    "giúp mình với", "giúp em với", "làm ơn", "vui lòng", "cho hỏi",
    "cho tôi hỏi", "cho mình hỏi", "cho em hỏi", "xin hỏi", "xin cho hỏi",
    "ad ơi", "admin ơi", "bạn ơi", "các bạn ơi", "anh ơi", "chị ơi",
    "anh chị ơi", "cán bộ ơi", "trợ lý ơi", "mọi người ơi", "cả nhà ơi",
    "cảm ơn", "cám ơn", "xin cảm ơn", "xin cám ơn", "cảm ơn bạn",
    "cảm ơn các bạn", "cảm ơn ad", "cảm ơn admin", "cảm ơn anh chị",
    "cảm ơn nhiều", "cảm ơn rất nhiều", "cảm ơn trước", "trân trọng",
    "xin trân trọng cảm ơn", "trân trọng cảm ơn", "chân thành cảm ơn",
    "xin chân thành cảm ơn", "cam on", "xin cam on", "tks", "thanks",
    "thanks ad", "thanks bạn", "thanks a lot", "many thanks",
    "thanks in advance", "thank you", "thank you very much",
    "thank you so much", "thank you in advance", "please", "pls", "plz"
};

/* The normal form takes them for punctuation. */
static const char  *const signs[] = {
    "<", ">", "=", "+", "%", "&", "$", "≤", "≥", "≠", "±", "×", "÷", "−", "‰",
    "€", "£", "¥", "₫", "°", "＜", "＞", "＝", "＋", "％"
};

#define LIST(list)  list, sizeof(list) / sizeof(list[0])


static int normalize(assist_str_t in, assist_buf_t *out);
static size_t put(assist_buf_t *out, assist_str_t s, int text);
static size_t sign(assist_str_t s);
static assist_str_t polite(assist_str_t s);
static size_t opening(assist_str_t s);
static size_t begins(assist_str_t s, const char *const *list, size_t n);
static size_t ends(assist_str_t s, const char *const *list, size_t n);
static assist_str_t after(assist_str_t s, size_t len);


int
assist_question_form(assist_str_t in, assist_buf_t *out, const char **lang)
{
    assist_buf_t  normal = ASSIST_BUF_INIT;
    assist_str_t  form;

    if (normalize(in, &normal) != 0) {
        assist_buf_free(&normal);
        out->failed = 1;
        return -1;
    }

    *lang = assist_lang_guess(assist_buf_str(&normal));
    form = polite(assist_buf_str(&normal));
    assist_buf_add(out, form.data, form.len);
    assist_buf_free(&normal);

    return out->failed ? -1 : 0;
}


/* Text, a sign, text, a sign, ...; empty where there are signs only. */
static int
normalize(assist_str_t in, assist_buf_t *out)
{
    size_t  len, n, words;

    for (words = 0; in.len; in = after(in, len + n)) {

        for (len = 0, n = 0; len < in.len; len++) {
            n = sign((assist_str_t) { in.data + len, in.len - len });

            if (n) {
                break;
            }
        }

        words += put(out, (assist_str_t) { in.data, len }, 1);
        put(out, (assist_str_t) { in.data + len, n }, 0);
    }

    if (words == 0) {
        out->len = 0;
    }

    return out->failed ? -1 : 0;
}


/* Adds a text's normal form, or a sign, after a blank; returns its bytes. */
static size_t
put(assist_buf_t *out, assist_str_t s, int text)
{
    size_t  start, from;

    start = out->len;

    if (start) {
        assist_buf_putc(out, ' ');
    }

    from = out->len;

    if (text) {
        (void) assist_text_normalize(s, out);

    } else {
        assist_buf_add(out, s.data, s.len);
    }

    if (out->len == from) {
        out->len = start;
        return 0;
    }

    return out->len - from;
}


/* The bytes of the sign at the beginning of s; 0: it is none. */
static size_t
sign(assist_str_t s)
{
    size_t  i, len;

    static const char  first[256] = {
        ['<'] = 1, ['>'] = 1, ['='] = 1, ['+'] = 1, ['%'] = 1, ['&'] = 1,
        ['$'] = 1, [0xc2] = 1, [0xc3] = 1, [0xe2] = 1, [0xef] = 1
    };

    if (s.len == 0 || !first[(unsigned char) s.data[0]]) {
        return 0;
    }

    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        len = strlen(signs[i]);

        if (len <= s.len && memcmp(s.data, signs[i], len) == 0) {
            return len;
        }
    }

    return 0;
}


/* What is left without politeness; all of it where nothing would be. */
static assist_str_t
polite(assist_str_t s)
{
    size_t        len;
    assist_str_t  rest;

    rest = s;

    while ((len = opening(rest)) != 0) {
        rest = after(rest, len);
    }

    while ((len = ends(rest, LIST(closings))) != 0) {
        rest.len -= len;

        if (rest.len) {
            rest.len--;                         /* the blank */
        }
    }

    return rest.len ? rest : s;
}


static size_t
opening(assist_str_t s)
{
    size_t        len, most;
    assist_str_t  rest;

    most = begins(s, LIST(openings));

    for (rest = s; ; rest = after(rest, len)) {

        len = begins(rest, LIST(asking));

        if (len) {
            rest = after(rest, len);

            while ((len = begins(rest, LIST(tails))) != 0) {
                rest = after(rest, len);
            }

            return s.len - rest.len;
        }

        len = begins(rest, LIST(leads));

        if (len == 0) {
            return most;
        }
    }
}


/* The bytes of the longest of the list that s begins with. */
static size_t
begins(assist_str_t s, const char *const *list, size_t n)
{
    size_t  i, len, most;

    for (i = 0, most = 0; i < n && s.len; i++) {

        if (list[i][0] != s.data[0]) {
            continue;
        }

        len = strlen(list[i]);

        if (len > most && len <= s.len && memcmp(s.data, list[i], len) == 0
            && (len == s.len || s.data[len] == ' '))
        {
            most = len;
        }
    }

    return most;
}


static size_t
ends(assist_str_t s, const char *const *list, size_t n)
{
    size_t  i, len, most;

    for (i = 0, most = 0; i < n; i++) {
        len = strlen(list[i]);

        if (len > most && len <= s.len
            && memcmp(s.data + s.len - len, list[i], len) == 0
            && (len == s.len || s.data[s.len - len - 1] == ' '))
        {
            most = len;
        }
    }

    return most;
}


/* s without its first bytes and the blank after them. */
static assist_str_t
after(assist_str_t s, size_t len)
{
    if (len < s.len && s.data[len] == ' ') {
        len++;
    }

    return (assist_str_t) { s.data + len, s.len - len };
}
