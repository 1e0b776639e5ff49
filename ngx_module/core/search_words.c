/*
 * Words: how a text is cut into them, and what some of them do to a question.
 */

#include "search_priv.h"

#include <stdlib.h>

#include "text.h"


typedef struct {
    const char  *norm;
    const char  *fold;
    uint32_t     action;
} action_t;


static assist_str_t stem(assist_str_t s);
static int ends(assist_str_t s, const char *tail);
static size_t longest(const assist_words_t *w, size_t i,
    const char *const *list, size_t n);
static int is_lai_xe(const assist_words_t *w, size_t i);


/* Longer ones first: the first that fits is taken. */
static const action_t  actions[] = {
    { "xóa", "xoa", ASSIST_DO_DELETE },
    { "hủy", "huy", ASSIST_DO_DELETE },
    { "deregister", "deregister", ASSIST_DO_DELETE },
    { "cancel", "cancel", ASSIST_DO_DELETE },
    { "delete", "delete", ASSIST_DO_DELETE },
    { "lại từ đầu", "lai tu dau", 0 },
    { "trở lại", "tro lai", 0 },
    { "đi lại", "di lai", 0 },
    { "tìm lại", "tim lai", ASSIST_DO_RESTORE },
    { "lại", "lai", ASSIST_DO_AGAIN },
    { "re issue", "re issue", ASSIST_DO_AGAIN },
    { "re register", "re register", ASSIST_DO_AGAIN },
    { "reissue", "reissue", ASSIST_DO_AGAIN },
    { "replace", "replace", ASSIST_DO_AGAIN },
    { "replacement", "replacement", ASSIST_DO_AGAIN },
    { "thay đổi", "thay doi", ASSIST_DO_CHANGE },
    { "cải chính", "cai chinh", ASSIST_DO_CHANGE },
    { "điều chỉnh", "dieu chinh", ASSIST_DO_CHANGE },
    { "đổi tên", "doi ten", ASSIST_DO_CHANGE },
    { "đổi họ", "doi ho", ASSIST_DO_CHANGE },
    { "sửa", "sua", ASSIST_DO_CHANGE },
    { "sai", "sai", ASSIST_DO_CHANGE },
    { "nhầm", "nham", ASSIST_DO_CHANGE },
    { "wrong", "wrong", ASSIST_DO_CHANGE },
    { "mistake", "mistake", ASSIST_DO_CHANGE },
    { "update", "update", ASSIST_DO_CHANGE },
    { "change", "change", ASSIST_DO_CHANGE },
    { "correct", "correct", ASSIST_DO_CHANGE },
    { "amend", "amend", ASSIST_DO_CHANGE },
    { "fix", "fix", ASSIST_DO_CHANGE },
    { "misspelled", "misspelled", ASSIST_DO_CHANGE },
    { "đính chính", "dinh chinh", ASSIST_DO_CHANGE },
    { "chỉnh sửa", "chinh sua", ASSIST_DO_CHANGE },
    { "đổi", "doi", ASSIST_DO_EXCHANGE },
    { "exchange", "exchange", ASSIST_DO_EXCHANGE },
    { "renew", "renew", ASSIST_DO_EXCHANGE },
    { "swap", "swap", ASSIST_DO_EXCHANGE },
    { "convert", "convert", ASSIST_DO_EXCHANGE },
    { "gia hạn", "gia han", ASSIST_DO_EXTEND },
    { "extend", "extend", ASSIST_DO_EXTEND },
    { "extension", "extension", ASSIST_DO_EXTEND },
    { "hết hạn", "het han", ASSIST_DO_EXPIRED },
    { "quá hạn", "qua han", ASSIST_DO_EXPIRED },
    { "đến hạn", "den han", ASSIST_DO_EXPIRED },
    { "tới hạn", "toi han", ASSIST_DO_EXPIRED },
    { "hết giá trị", "het gia tri", ASSIST_DO_EXPIRED },
    { "hết hiệu lực", "het hieu luc", ASSIST_DO_EXPIRED },
    { "hết thời hạn", "het thoi han", ASSIST_DO_EXPIRED },
    { "lapsed", "lapsed", ASSIST_DO_EXPIRED },
    { "run out", "run out", ASSIST_DO_EXPIRED },
    { "runs out", "runs out", ASSIST_DO_EXPIRED },
    { "expired", "expired", ASSIST_DO_EXPIRED },
    { "expires", "expires", ASSIST_DO_EXPIRED },
    { "expire", "expire", ASSIST_DO_EXPIRED },
    { "expiring", "expiring", ASSIST_DO_EXPIRED },
    { "chấm dứt", "cham dut", ASSIST_DO_END },
    { "giải thể", "giai the", ASSIST_DO_END },
    { "đóng cửa", "dong cua", ASSIST_DO_END },
    { "terminate", "terminate", ASSIST_DO_END },
    { "close", "close", ASSIST_DO_END },
    { "tạm ngừng", "tam ngung", ASSIST_DO_SUSPEND },
    { "tạm ngưng", "tam ngung", ASSIST_DO_SUSPEND },
    { "tạm dừng", "tam dung", ASSIST_DO_SUSPEND },
    { "suspend", "suspend", ASSIST_DO_SUSPEND },
    { "pause", "pause", ASSIST_DO_SUSPEND },
    { "bị mất", "bi mat", ASSIST_DO_LOST },
    { "mất", "mat", ASSIST_DO_LOST },
    { "thất lạc", "that lac", ASSIST_DO_LOST },
    { "đánh rơi", "danh roi", ASSIST_DO_LOST },
    { "lost", "lost", ASSIST_DO_LOST },
    { "lose", "lose", ASSIST_DO_LOST },
    { "loss", "loss", ASSIST_DO_LOST },
    { "missing", "missing", ASSIST_DO_LOST },
    { "stolen", "stolen", ASSIST_DO_LOST },
    { "can t find", "can t find", ASSIST_DO_LOST },
    { "mất cắp", "mat cap", ASSIST_DO_LOST },
    { "mất trộm", "mat trom", ASSIST_DO_LOST },
    { "bị cướp", "bi cuop", ASSIST_DO_LOST },
    { "rơi mất", "roi mat", ASSIST_DO_LOST },
    { "rớt", "rot", ASSIST_DO_LOST },
    { "giật", "giat", ASSIST_DO_LOST },
    { "móc túi", "moc tui", ASSIST_DO_LOST },
    { "stole", "stole", ASSIST_DO_LOST },
    { "robbed", "robbed", ASSIST_DO_LOST },
    { "misplaced", "misplaced", ASSIST_DO_LOST },
    { "hỏng", "hong", ASSIST_DO_AGAIN },
    { "rách", "rach", ASSIST_DO_AGAIN },
    { "gãy", "gay", ASSIST_DO_AGAIN },
    { "damaged", "damaged", ASSIST_DO_AGAIN },
    { "khôi phục", "khoi phuc", ASSIST_DO_RESTORE },
    { "restore", "restore", ASSIST_DO_RESTORE },
    { "tách", "tach", ASSIST_DO_SPLIT },
    { "split", "split", ASSIST_DO_SPLIT },
    { "lần đầu", "lan dau", ASSIST_DO_FIRST },
    { "first", "first", ASSIST_DO_FIRST },
    { "bản sao", "ban sao", ASSIST_DO_COPY },
    { "trích lục", "trich luc", ASSIST_DO_COPY },
    { "copy", "copy", ASSIST_DO_COPY },
    { "xác nhận", "xac nhan", ASSIST_DO_CONFIRM }
};

/*
 * Left out of a question wherever they stand.  "mất bao lâu" is how long;
 * "mất" alone is lost, and is not here, nor are không, chưa, lại, đổi.
 */
static const char  *const idle[] = {
    "cho toi hoi", "cho em hoi", "cho minh hoi", "cho hoi", "xin hoi",
    "cho toi biet", "cho em biet", "xin cho biet", "cho biet",
    "xin chao", "chao ban", "cam on", "vui long", "lam on", "giup toi",
    "giup em", "giup minh", "giup voi", "huong dan",
    "ad oi", "ban oi", "anh chi", "moi nguoi",
    "can nhung giay to gi", "can giay to gi", "gom nhung giay to gi",
    "gom giay to gi", "can giay to nao", "giay to gi", "nhung giay to nao",
    "can chuan bi giay to gi", "can chuan bi gi", "chuan bi nhung gi",
    "can mang theo gi", "mang theo gi", "can mang gi",
    "can nhung gi", "can ho so gi", "can gi", "gom nhung gi", "gom gi",
    "ho so gom", "ho so gi", "nop ho so", "ho so",
    "le phi bao nhieu", "phi bao nhieu", "le phi", "phi het bao nhieu",
    "het bao nhieu tien", "bao nhieu tien", "het bao nhieu", "bao nhieu",
    "mat bao lau", "mat may ngay", "mat bao nhieu ngay", "mat bao nhieu tien",
    "mat bao nhieu lau", "mat bao nhieu", "trong bao lau", "bao lau",
    "may ngay", "bao gio", "khi nao",
    "o dau", "nop o dau", "den dau", "di dau", "tai dau", "cho nao",
    "co quan nao", "gap ai", "bao ai",
    "nhu the nao", "the nao", "ra sao", "lam sao", "phai lam gi",
    "lam gi", "la gi", "thu tuc", "can phai", "co can", "co phai",
    "duoc khong", "phai khong", "co duoc khong", "hay khong",
    "da",
    "how do i", "how can i", "how to", "how much does it cost", "how much",
    "how long does it take", "how long", "what documents", "what is", "what",
    "which documents", "documents", "document", "required", "requirements",
    "where do i", "where can i", "where", "when", "who", "which", "procedure",
    "do i need", "i need to", "i need", "i want to", "i want", "i would like",
    "we want to", "we want", "can i", "can we", "should i", "need", "want",
    "please", "fee", "fees", "cost", "for", "the", "an", "of", "to", "my",
    "our", "i", "is", "are", "do", "does", "we", "it", "at", "in", "on",
    "get", "apply", "application", "obtain", "how", "have", "has", "s", "me",
    "your", "you", "and", "with", "from", "by", "need to", "was", "been"
};

static const char  *const common[] = {
    "a", "ai", "anh", "ba", "bac", "ban", "bang", "bay", "bi", "bo", "cach",
    "can", "cai", "chi", "cho", "chong", "chua", "co", "con", "cua", "cung",
    "cu", "da", "dang", "de", "den", "di", "do", "doi", "duoc", "em", "gi",
    "giay", "giay to", "giup", "hay", "hien", "hoi", "i", "khi", "la", "lam",
    "luon", "ma", "me", "minh", "moi", "mot", "muon", "nao", "nay", "nen",
    "nha", "nhe", "nhu", "nhung", "no", "nguoi", "o", "ong", "phai", "qua",
    "ra", "rieng", "roi", "sau", "sap", "se", "tai", "the", "thi", "them",
    "theo", "thue", "tien", "to", "toi", "tren", "trong", "tu", "tui", "u",
    "va", "vao", "ve", "vi", "viec", "vo", "voi", "xin", "xong", "chau",
    "cac", "nhan", "online", "nop", "lay", "bao", "mang", "biet", "thang",
    "ngay", "nam", "khong", "dung", "cap", "dang ki", "giai quyet",
    "thuc hien", "truoc", "gio", "vua", "nua", "luc", "noi", "nghe", "thay",
    "duoi", "chut", "nhieu", "it", "sang", "tung", "bua", "hom", "tuan",
    "lai", "dua", "ho", "tinh", "dinh", "nho", "ben", "het", "con", "may",
    "this", "that", "these", "those", "there", "here", "he", "she", "his",
    "her", "him", "they", "them", "their", "us", "its", "who", "whose",
    "so", "but", "or", "if", "not", "no", "don t", "doesn t", "didn t",
    "am", "m", "ve", "re", "ll", "t", "d", "be", "being", "will", "would",
    "could", "must", "may", "might", "had", "did", "got", "getting", "any",
    "some", "one", "now", "just", "still", "also", "about", "as", "by",
    "into", "up", "out", "off", "over", "than", "then", "after", "before",
    "while", "during", "because", "since", "until", "per", "via", "go",
    "going", "make", "take", "want", "wants", "needs", "let", "tell", "know",
    "file", "submit", "visit", "office", "person", "online", "vietnam",
    "vietnamese", "viet", "viet nam", "month", "months", "year", "years",
    "day", "days", "week", "last", "next", "ago", "old", "new", "very",
    "really", "paper", "papers", "paperwork", "form", "forms", "husband",
    "wife", "son", "daughter", "mother", "father", "mom", "dad", "parents",
    "friend", "family", "someone", "somebody", "both", "another", "other",
    "only", "own", "people", "without", "already", "yet", "again"
};

/*
 * With marks, of those above: "chó" is not "cho".  A word that was typed
 * without marks needs none of them.
 */
static const char  *const common_marked[] = {
    "ạ", "à", "ba", "bà", "bác", "bạn", "bản", "bảng", "bằng", "bây", "bị",
    "bỏ", "bố", "bộ", "cách", "cần", "cái", "chỉ", "chị", "chồng", "chưa",
    "có", "cô", "của", "cùng", "cũng", "cũ", "cứ", "dạ", "đã", "đang", "để",
    "đến", "đi", "do", "đó", "đòi", "được", "gì", "giấy", "giúp", "hãy",
    "hiện", "hỏi", "hồi", "là", "làm", "luôn", "mà", "má", "mẹ", "mình",
    "mới", "một", "mỗi", "muốn", "nào", "này", "nay", "nên", "nhà", "nhé",
    "nhẹ", "như", "nhưng", "những", "nó", "người", "ở", "ông", "phải", "qua",
    "quá", "ra", "riêng", "rồi", "sau", "sắp", "sẽ", "tại", "thế", "thẻ",
    "thì", "thi", "thêm", "theo", "thuê", "thuế", "tiền", "tờ", "tôi", "tới",
    "trên", "trong", "từ", "tư", "tự", "ừ", "và", "vào", "về", "vì", "việc",
    "vợ", "với", "cháu", "các", "nhận", "nộp", "lấy", "bảo", "báo", "mang",
    "mạng", "biết", "tháng", "ngày", "năm", "không", "dùng", "đúng", "cấp",
    "giải", "thực", "trước", "giờ", "vừa", "nữa", "lúc", "nơi", "nói",
    "thấy", "dưới", "chút", "nhiều", "ít", "từng", "bữa", "hôm", "tuần",
    "lại", "đứa", "họ", "hộ", "tính", "định", "nhờ", "bên", "hết", "còn",
    "mấy", "máy", "đổi", "đăng", "tài"
};

/* Units and owners, which say nothing about what it is. */
static const char  *const fillers[] = {
    "cai", "chiec", "cuon", "tam", "to", "giay", "quyen", "cua", "cho", "em",
    "toi", "minh", "bi", "duoc", "luon", "mot", "con", "them", "lai", "moi",
    "cu", "a", "an", "the", "my", "our", "his", "her", "your", "their",
    "this", "that", "some", "new", "old", "small", "little", "own", "was",
    "is", "has", "been", "got", "to", "of", "for", "s", "up", "cap", "lam",
    "vietnamese", "viet", "vietnam"
};

/* What follows is what is wished; what went before, why. */
static const char  *const wishes[] = {
    "muon", "gio", "bay gio", "xin", "can lam", "phai lam", "phai", "nen",
    "tinh", "dinh", "nho", "how do", "how can", "how", "where", "can i",
    "can we", "can it", "want to", "wants to", "need to", "needs to", "need",
    "want", "would like", "which", "what"
};

/* Left out of what is looked for. */
static const char  *const articles[] = { "a", "an", "the", "my", "our" };

#define LONGEST(w, i, list)                                                   \
    longest(w, i, list, sizeof(list) / sizeof(char *))


int
assist_words_split(assist_words_t *w, assist_str_t text)
{
    size_t   i, start, n;
    int      same;

    memset(w, 0, sizeof(assist_words_t));

    if (assist_text_normalize(text, &w->norm) != 0
        || assist_text_fold(assist_buf_str(&w->norm), &w->fold) != 0)
    {
        return -1;
    }

    for (n = 1, i = 0; i < w->fold.len; i++) {
        n += (w->fold.data[i] == ' ');
    }

    w->words = calloc(n, sizeof(assist_word_t));
    if (w->words == NULL) {
        return -1;
    }

    for (start = 0, i = 0; i <= w->fold.len && w->fold.len; i++) {
        if (i == w->fold.len || w->fold.data[i] == ' ') {
            w->words[w->n].fold.data = w->fold.data + start;
            w->words[w->n].fold.len = i - start;
            w->words[w->n].stem = stem(w->words[w->n].fold);
            w->words[w->n].norm = w->words[w->n].fold;
            w->n++;
            start = i + 1;
        }
    }

    /* a word of nothing but marks is folded away: then there are no marks */

    for (n = 1, i = 0; i < w->norm.len; i++) {
        n += (w->norm.data[i] == ' ');
    }

    same = (n == w->n);

    for (start = 0, n = 0, i = 0; same && i <= w->norm.len; i++) {
        if (i == w->norm.len || w->norm.data[i] == ' ') {
            w->words[n].norm.data = w->norm.data + start;
            w->words[n].norm.len = i - start;
            n++;
            start = i + 1;
        }
    }

    return 0;
}


void
assist_words_free(assist_words_t *w)
{
    free(w->words);
    assist_buf_free(&w->norm);
    assist_buf_free(&w->fold);
}


/* FNV-1a */
uint32_t
assist_word_hash(assist_str_t s)
{
    size_t    i;
    uint32_t  h;

    h = 2166136261u;

    for (i = 0; i < s.len; i++) {
        h = (h ^ (unsigned char) s.data[i]) * 16777619u;
    }

    return h;
}


size_t
assist_words_have(const assist_words_t *w, size_t i, const char *phrase)
{
    size_t       n, len, left;
    const char  *p;

    p = w->words[i].fold.data;
    left = w->fold.data + w->fold.len - p;
    len = strlen(phrase);

    if (len > left || memcmp(p, phrase, len) != 0
        || (len < left && p[len] != ' '))
    {
        return 0;
    }

    for (n = 1; len--; /* void */ ) {
        n += (phrase[len] == ' ');
    }

    return n;
}


uint32_t
assist_words_actions(const assist_words_t *w, const unsigned char *dropped)
{
    int          marks;
    size_t       i, k, n;
    uint32_t     found;
    const char  *p;

    found = 0;
    marks = assist_str_marked(assist_buf_str(&w->norm));

    for (i = 0; i < w->n; i++) {

        if (dropped && dropped[i]) {
            continue;
        }

        for (k = 0; k < sizeof(actions) / sizeof(actions[0]); k++) {
            n = assist_words_have(w, i, actions[k].fold);
            if (n == 0) {
                continue;
            }

            p = w->words[i].norm.data;

            if (marks ? strncmp(p, actions[k].norm, strlen(actions[k].norm))
                      : is_lai_xe(w, i))
            {
                continue;
            }

            found |= actions[k].action;
            i += n - 1;
            break;
        }
    }

    return found;
}


size_t
assist_words_idle(const assist_words_t *w, size_t i)
{
    return LONGEST(w, i, idle);
}


size_t
assist_words_wish(const assist_words_t *w, size_t i)
{
    return LONGEST(w, i, wishes);
}


int
assist_words_common(const assist_words_t *w, size_t i)
{
    assist_str_t  norm;

    if (!LONGEST(w, i, common)) {
        return 0;
    }

    norm = w->words[i].norm;

    return assist_str_eq(norm, w->words[i].fold) || assist_norm_common(norm);
}


int
assist_norm_common(assist_str_t norm)
{
    size_t  k;

    for (k = 0; k < sizeof(common_marked) / sizeof(char *); k++) {
        if (assist_str_eq(norm, assist_str_of(common_marked[k]))) {
            return 1;
        }
    }

    return 0;
}


int
assist_words_filler(const assist_words_t *w, size_t i)
{
    return LONGEST(w, i, fillers) != 0;
}


/* With marks, "án" and "thẻ" are other words. */
int
assist_words_article(const assist_words_t *w, size_t i)
{
    return assist_str_eq(w->words[i].norm, w->words[i].fold)
           && LONGEST(w, i, articles) != 0;
}


/* The words of the longest phrase of a list that the text has from i on. */
static size_t
longest(const assist_words_t *w, size_t i, const char *const *list, size_t n)
{
    size_t  k, words, best;

    best = 0;

    for (k = 0; k < n; k++) {
        words = assist_words_have(w, i, list[k]);
        if (words > best) {
            best = words;
        }
    }

    return best;
}


/*
 * English endings, roughly.  No Vietnamese syllable ends in s, ed or ing, and
 * none of five letters in e.
 */
static assist_str_t
stem(assist_str_t s)
{
    if (s.len > 5 && (ends(s, "ies") || ends(s, "ied"))) {
        s.len -= 3;

    } else if (s.len > 3 && ends(s, "s") && s.data[s.len - 2] != 's') {
        s.len--;
    }

    if (s.len > 5 && ends(s, "ing")) {
        s.len -= 3;

    } else if (s.len > 4 && ends(s, "ed")) {
        s.len -= 2;
    }

    if (s.len > 4 && (ends(s, "e") || ends(s, "y"))) {
        s.len--;
    }

    return s;
}


static int
ends(assist_str_t s, const char *tail)
{
    size_t  n;

    n = strlen(tail);

    return s.len > n && memcmp(s.data + s.len - n, tail, n) == 0;
}


int
assist_str_marked(assist_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if ((unsigned char) s.data[i] >= 0x80) {
            return 1;
        }
    }

    return 0;
}


/* Without marks, "lai xe" is lái xe, and "lai" alone lại. */
static int
is_lai_xe(const assist_words_t *w, size_t i)
{
    if (!assist_words_have(w, i, "lai")) {
        return 0;
    }

    return (i + 1 < w->n && assist_words_have(w, i + 1, "xe"))
           || (i && (assist_words_have(w, i - 1, "bang")
                     || assist_words_have(w, i - 1, "thi")));
}
