/*
 * The politeness around a question.  A wrong merge gives a citizen the answer to
 * another question, a missed one costs a call.  So a clause goes that has nothing
 * but manners in it ("Em chào anh chị,"), and within the first and the last clause
 * whole phrases that are nothing but polite wherever they stand.  Not among these,
 * for that reason: "xin" (xin giấy phép), "dạ" (dạ dày), "hi" (hi sinh), "nha"
 * (sửa nhà), "thế" (thay thế), "chào anh chị" (anh chị em), "cảm ơn" (thư cảm ơn),
 * "thêm" (thêm người vào hộ khẩu), "giúp với" (nộp giúp).
 */

#include "question.h"


/* A clause of manners has at least one of these, ... */
static const char  *const greetings[] = {
    "alo", "alô", "hello", "hey", "hi", "chào", "xin chào", "kính chào", "thưa",
    "kính thưa", "kính gửi", "ơi", "làm ơn", "vui lòng", "xin lỗi", "phiền",
    "cảm ơn", "cám ơn", "cam on", "trân trọng", "giúp", "cho hỏi", "xin hỏi",
    "cho tôi hỏi", "cho mình hỏi", "cho em hỏi", "mong được giải đáp",
    "mong được trả lời", "mong được hồi âm", "mong được giúp đỡ", "tks", "thx",
    "thank", "thanks", "please", "pls", "plz", "excuse me", "dear", "sorry",
    "good morning", "good afternoon", "good evening"
};

/* ... and otherwise only these. */
static const char  *const fillers[] = {
    "ạ", "ad", "admin", "anh", "bác", "bạn", "các", "cán bộ", "cháu",
    "chân thành", "chị", "chú", "chúng tôi", "cô", "con", "cơ quan", "cả nhà",
    "dạ", "em", "hỗ trợ", "lắm", "mình", "mọi người", "một chút", "nhé",
    "nhiều", "quý", "rất", "thêm", "thật", "tôi", "tớ", "trợ lý", "trước", "vâng",
    "với", "xin", "được", "a lot", "advance", "afternoon", "all", "everyone",
    "for your help", "in", "madam", "many", "me", "or", "sir", "so", "there",
    "very much", "you", "much"
};

/* Before what is asked; may stand several times. */
static const char  *const openings[] = {
    "alo", "alô", "hello ad", "hi ad", "hi admin", "hi bạn", "hi there",
    "xin chào", "xin kính chào", "chào ad", "chào admin", "ad ơi", "admin ơi",
    "bạn ơi", "các bạn ơi", "anh ơi", "chị ơi", "anh chị ơi", "cán bộ ơi",
    "trợ lý ơi", "mọi người ơi", "cả nhà ơi", "xin vui lòng", "please", "pls",
    "plz"
};

/* As an opening, with what may follow it. */
static const char  *const asking[] = {
    "xin hỏi", "xin được hỏi", "cho hỏi", "cho tôi hỏi", "cho mình hỏi",
    "cho em hỏi", "cho con hỏi", "cho cháu hỏi", "cho tớ hỏi", "cho anh hỏi",
    "cho chị hỏi", "cho chúng tôi hỏi", "cho cô hỏi", "cho chú hỏi",
    "cho bác hỏi", "cho tôi xin hỏi", "cho mình xin hỏi", "cho em xin hỏi",
    "cho biết", "cho tôi biết", "cho mình biết", "cho em biết",
    "hãy cho biết", "hãy cho tôi biết", "tôi xin hỏi", "em xin hỏi",
    "tôi muốn hỏi", "mình muốn hỏi", "em muốn hỏi", "con muốn hỏi",
    "cháu muốn hỏi", "chúng tôi muốn hỏi", "tôi cần hỏi", "mình cần hỏi",
    "em cần hỏi", "tôi muốn biết", "mình muốn biết", "em muốn biết",
    "tôi có câu hỏi", "em có câu hỏi", "mình có câu hỏi",
    "cho toi hoi", "cho minh hoi", "cho em hoi", "cho hoi", "xin cho hoi",
    "can you tell me", "could you tell me", "would you tell me",
    "can you please tell me", "could you please tell me",
    "could you kindly tell me", "please tell me", "kindly tell me", "tell me",
    "let me know", "please let me know", "could you let me know",
    "could you please let me know", "may i ask", "can i ask", "could i ask",
    "i want to ask", "i would like to ask", "i d like to ask",
    "i want to know", "i would like to know", "i d like to know"
};

/* What makes another verb of "hỏi", "biết", "ask" and "tell me". */
static const char  *const compounds[] = {
    "chữ", "cung", "cưới", "đáp", "han", "lại", "mua", "ơn", "thăm", "thi",
    "tội", "vay", "vợ", "ý kiến", "bơi", "for", "off", "apart", "more"
};

/* Goes only where one of `asking` follows. */
static const char  *const leads[] = {
    "xin", "dạ", "dạ xin", "dạ thưa", "thưa", "xin lỗi", "làm ơn", "vui lòng",
    "phiền", "phiền bạn", "phiền anh chị", "phiền ad", "bạn", "các bạn", "ad",
    "admin", "anh chị", "cán bộ", "anh", "chị", "quý cơ quan", "chào bạn",
    "chào các bạn", "chào anh", "chào chị", "chào anh chị", "chào cán bộ",
    "chào mọi người", "chào cả nhà", "chào trợ lý", "thưa anh chị",
    "kính thưa anh chị", "thưa cán bộ", "kính thưa cán bộ", "kính chào",
    "em chào anh chị", "em chào ad", "ạ", "hi", "hello", "hey", "sorry",
    "excuse me", "good morning", "good afternoon"
};

/* Goes only where one of `asking` stands before it. */
static const char  *const tails[] = {
    "chút", "một chút", "chút xíu", "xíu", "một tí", "tí", "rằng", "là", "ạ"
};

static const char  *const closings[] = {
    "ạ", "nhé", "nhỉ", "cho tôi hỏi", "cho mình hỏi", "cho em hỏi", "ad ơi",
    "admin ơi", "bạn ơi", "các bạn ơi", "anh ơi", "chị ơi", "anh chị ơi",
    "cán bộ ơi", "trợ lý ơi", "mọi người ơi", "cả nhà ơi", "tks", "tks ad",
    "thanks ad", "thanks bạn", "cảm ơn ad", "please", "pls", "plz"
};

/* At the end, after one of `interrogatives`, or where `asking` was. */
static const char  *const particles[] = {
    "vậy", "thế", "hả", "hả bạn", "hả ad", "với"
};

static const char  *const interrogatives[] = {
    "ai", "chưa", "đâu", "gì", "không", "lâu", "mấy", "nào", "nhiêu", "sao"
};

#define LIST(list)  list, sizeof(list) / sizeof(list[0])


static assist_str_t clauses(assist_str_t s);
static int is_polite(assist_str_t clause);
static size_t opening(assist_str_t s, int *asks);
static size_t closing(assist_str_t s, int asks);
static size_t begins(assist_str_t s, const char *const *list, size_t n);
static size_t ends(assist_str_t s, const char *const *list, size_t n);
static int differ(const char *text, const char *phrase, size_t len);
static int is_gap(char c);
static assist_str_t after(assist_str_t s, size_t len);
static assist_str_t before(assist_str_t s, size_t len);


assist_str_t
assist_question_polite(assist_str_t s)
{
    int           asks;
    size_t        len;
    assist_str_t  rest;

    if (s.len == 0) {
        return s;
    }

    asks = 0;
    rest = clauses(s);

    s = rest;

    while ((len = opening(rest, &asks)) != 0) {
        rest = after(rest, len);
    }

    while ((len = closing(rest, asks)) != 0) {
        rest = before(rest, len);
    }

    return rest.len ? rest : s;
}


/* Without the first and last clauses that have nothing but manners, if there is
 * another. */
static assist_str_t
clauses(assist_str_t s)
{
    const char   *end;
    assist_str_t  rest, clause;

    rest = s;

    while ((end = memchr(rest.data, '\n', rest.len)) != NULL) {
        clause = (assist_str_t) { rest.data, end - rest.data };

        if (!is_polite(clause)) {
            break;
        }

        rest = after(rest, clause.len);
    }

    for ( ;; ) {
        for (end = rest.data + rest.len;
             end > rest.data && end[-1] != '\n';
             end--)
        { /* void */ }

        clause = (assist_str_t) { end, rest.data + rest.len - end };

        if (!is_polite(clause)) {
            return rest;
        }

        if (end == rest.data) {
            return s;
        }

        rest = before(rest, clause.len);
    }
}


static int
is_polite(assist_str_t clause)
{
    int     greets;
    size_t  len;

    for (greets = 0; clause.len; clause = after(clause, len)) {

        len = begins(clause, LIST(greetings));

        if (len) {
            greets = 1;
            continue;
        }

        len = begins(clause, LIST(fillers));

        if (len == 0) {
            return 0;
        }
    }

    return greets;
}


static size_t
opening(assist_str_t s, int *asks)
{
    size_t        len, most;
    assist_str_t  rest;

    most = begins(s, LIST(openings));

    for (rest = s; ; rest = after(rest, len)) {

        len = begins(rest, LIST(asking));

        if (len) {

            if (rest.len > len && rest.data[len] == ' '
                && begins(after(rest, len), LIST(compounds)))
            {
                return most;
            }

            *asks = 1;
            rest = after(rest, len);

            while ((len = begins(rest, LIST(tails))) != 0) {
                rest = after(rest, len);
            }

            return s.len - rest.len;
        }

        len = begins(rest, LIST(leads));

        if (len == 0) {
            len = begins(rest, LIST(openings));
        }

        if (len == 0) {
            return most;
        }
    }
}


static size_t
closing(assist_str_t s, int asks)
{
    size_t  len;

    len = ends(s, LIST(closings));

    if (len) {
        return len;
    }

    len = ends(s, LIST(particles));

    if (len && (asks || ends(before(s, len), LIST(interrogatives)))) {
        return len;
    }

    return 0;
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

        if (len > most && len <= s.len && !differ(s.data, list[i], len)
            && (len == s.len || is_gap(s.data[len])))
        {
            most = len;
        }
    }

    return most;
}


static size_t
ends(assist_str_t s, const char *const *list, size_t n)
{
    size_t       i, len, most;
    const char  *end;

    end = s.data + s.len;

    for (i = 0, most = 0; i < n; i++) {
        len = strlen(list[i]);

        if (len > most && len <= s.len && !differ(end - len, list[i], len)
            && (len == s.len || is_gap(*(end - len - 1))))
        {
            most = len;
        }
    }

    return most;
}


/* A phrase may go over a clause's end: "dạ, cho em hỏi". */
static int
differ(const char *text, const char *phrase, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (text[i] != phrase[i] && !(phrase[i] == ' ' && text[i] == '\n')) {
            return 1;
        }
    }

    return 0;
}


static int
is_gap(char c)
{
    return c == ' ' || c == '\n';
}


/* s without its first bytes and the gap after them. */
static assist_str_t
after(assist_str_t s, size_t len)
{
    if (len < s.len && is_gap(s.data[len])) {
        len++;
    }

    return (assist_str_t) { s.data + len, s.len - len };
}


/* s without its last bytes and the gap before them. */
static assist_str_t
before(assist_str_t s, size_t len)
{
    if (len < s.len && is_gap(s.data[s.len - len - 1])) {
        len++;
    }

    return (assist_str_t) { s.data, s.len - len };
}
