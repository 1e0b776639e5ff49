/*
 * Vietnamese text: the display form, the normal form, the folded form.  A text
 * is one array of code points (text_chars.c), written out token by token.
 */

#include "text_chars.h"

#include <utf8proc.h>


#define WORDS_MAX  64           /* bytes of the longest expansion, and more */


typedef struct {
    const char  *key;           /* without marks */
    unsigned     dd;            /* bits: these d are đ */
    const char  *words;
} abbr_t;


static int write_tokens(assist_str_t in, assist_buf_t *out, int fold);
static size_t token_end(const int32_t *cp, size_t i, size_t n);
static size_t part_end(const int32_t *cp, size_t i, size_t n, int *digit);
static const abbr_t *abbreviation(const int32_t *cp, size_t n);
static void put_folded(assist_buf_t *out, const int32_t *cp, size_t n);


/* The letters of the rows of assist_vowels[]. */
static const char  bases[] = "aaaeeiooouuy";

/*
 * Sorted by key.  No word of an expansion may be a key (or normalising twice
 * would differ), and nothing that is a common word without marks belongs here.
 */
static const abbr_t  abbreviations[] = {
    { "attp",     0x0,  "an toàn thực phẩm" },
    { "bhtn",     0x0,  "bảo hiểm thất nghiệp" },
    { "bhxh",     0x0,  "bảo hiểm xã hội" },
    { "bhyt",     0x0,  "bảo hiểm y tế" },
    { "blx",      0x0,  "bằng lái xe" },
    { "cccd",     0x0,  "căn cước công dân" },
    { "cmnd",     0x0,  "chứng minh nhân dân" },
    { "cmt",      0x0,  "chứng minh thư" },
    { "cmtnd",    0x0,  "chứng minh thư nhân dân" },
    { "csdl",     0x0,  "cơ sở dữ liệu" },
    { "ctcp",     0x0,  "công ty cổ phần" },
    { "cty",      0x0,  "công ty" },
    { "dkdn",     0x1,  "đăng ký doanh nghiệp" },
    { "dkkd",     0x1,  "đăng ký kinh doanh" },
    { "dkkh",     0x1,  "đăng ký kết hôn" },
    { "dkks",     0x1,  "đăng ký khai sinh" },
    { "dn",       0x0,  "doanh nghiệp" },
    { "dntn",     0x0,  "doanh nghiệp tư nhân" },
    { "dvc",      0x0,  "dịch vụ công" },
    { "dvctt",    0x0,  "dịch vụ công trực tuyến" },
    { "gcn",      0x0,  "giấy chứng nhận" },
    { "gcnqsdd",  0x40, "giấy chứng nhận quyền sử dụng đất" },
    { "gpkd",     0x0,  "giấy phép kinh doanh" },
    { "gpld",     0x8,  "giấy phép lao động" },
    { "gplx",     0x0,  "giấy phép lái xe" },
    { "gpxd",     0x0,  "giấy phép xây dựng" },
    { "gtgt",     0x0,  "giá trị gia tăng" },
    { "gtvt",     0x0,  "giao thông vận tải" },
    { "hdnd",     0x2,  "hội đồng nhân dân" },
    { "hkd",      0x0,  "hộ kinh doanh" },
    { "hktt",     0x0,  "hộ khẩu thường trú" },
    { "lltp",     0x0,  "lý lịch tư pháp" },
    { "mst",      0x0,  "mã số thuế" },
    { "nld",      0x4,  "người lao động" },
    { "pccc",     0x0,  "phòng cháy chữa cháy" },
    { "qsdd",     0x8,  "quyền sử dụng đất" },
    { "shtt",     0x0,  "sở hữu trí tuệ" },
    { "tctn",     0x0,  "trợ cấp thất nghiệp" },
    { "thcs",     0x0,  "trung học cơ sở" },
    { "thpt",     0x0,  "trung học phổ thông" },
    { "tncn",     0x0,  "thu nhập cá nhân" },
    { "tthc",     0x0,  "thủ tục hành chính" },
    { "ubnd",     0x0,  "ủy ban nhân dân" },
    { "vsattp",   0x0,  "vệ sinh an toàn thực phẩm" },
    { "xnc",      0x0,  "xuất nhập cảnh" }
};

#define NABBR  (sizeof(abbreviations) / sizeof(abbreviations[0]))

int
assist_text_clean(assist_str_t in, assist_buf_t *out)
{
    int            blank, found;
    size_t         i, start;
    assist_text_t  w;

    if (assist_text_init(&w, in, 0) != 0) {
        out->failed = 1;
        return -1;
    }

    start = out->len;
    blank = 0;

    for (i = 0; i < w.n; i++) {

        if (assist_char_is_blank(w.cp[i])) {
            if (blank || out->len == start || w.cp[i] != ' ') {
                w.found |= ASSIST_TEXT_BLANKS;
            }

            blank = 1;
            continue;
        }

        if (blank && out->len != start) {
            assist_buf_putc(out, ' ');
        }

        blank = 0;
        assist_char_put(out, w.cp[i]);
    }

    if (blank) {
        w.found |= ASSIST_TEXT_BLANKS;
    }

    found = w.found;
    assist_text_free(&w);

    return out->failed ? -1 : found;
}


int
assist_text_normalize(assist_str_t in, assist_buf_t *out)
{
    return write_tokens(in, out, 0);
}


int
assist_text_fold(assist_str_t in, assist_buf_t *out)
{
    return write_tokens(in, out, 1);
}


static int
write_tokens(assist_str_t in, assist_buf_t *out, int fold)
{
    size_t                i, n, end, start;
    int32_t               words[WORDS_MAX];
    const abbr_t         *abbr;
    assist_text_t         w;
    const unsigned char  *p, *last;

    if (assist_text_init(&w, in, 1) != 0) {
        out->failed = 1;
        return -1;
    }

    assist_text_move_tones(&w);

    start = out->len;

    for (i = 0; i < w.n; i = end) {

        if (!assist_char_is_word(w.cp[i])) {
            end = i + 1;
            continue;
        }

        end = token_end(w.cp, i, w.n);

        if (out->len != start) {
            assist_buf_putc(out, ' ');
        }

        abbr = abbreviation(w.cp + i, end - i);

        if (abbr && !fold) {
            assist_buf_puts(out, abbr->words);

        } else if (abbr) {
            p = (const unsigned char *) abbr->words;
            last = p + strlen(abbr->words);

            for (n = 0; p < last; n++) {
                words[n] = assist_char_next(&p, last);
            }

            put_folded(out, words, n);

        } else if (fold) {
            put_folded(out, w.cp + i, end - i);

        } else {
            for ( /* void */ ; i < end; i++) {
                assist_char_put(out, w.cp[i]);
            }
        }
    }

    assist_text_free(&w);

    return out->failed ? -1 : 0;
}


/*
 * A token is a run of letters and digits, or several with single marks kept
 * between them: between parts that both have a digit (1.001456, 30a-123.45,
 * h55.242), and in the number of a document (123/2024/nđ-cp, 45/qđ-ttg).
 */
static size_t
token_end(const int32_t *cp, size_t i, size_t n)
{
    int      left, right, document;
    size_t   end, next;
    int32_t  c;

    document = 0;
    end = part_end(cp, i, n, &left);

    while (left && end + 1 < n) {
        c = cp[end];

        if ((c != '.' && c != ',' && c != '/' && c != '-')
            || !assist_char_is_word(cp[end + 1]))
        {
            break;
        }

        next = part_end(cp, end + 1, n, &right);

        if (c == '/' && !right && assist_is_digit(cp[end - 1])
            && (document || (next + 1 < n && cp[next] == '-'
                             && assist_char_is_word(cp[next + 1])
                             && !assist_is_digit(cp[next + 1]))))
        {
            document = 2;

        } else if (c == '-' && document == 2) {
            /* void */

        } else if (!right) {
            break;

        } else if (c == '/') {
            document = document ? document : 1;
        }

        end = next;
    }

    return end;
}


static size_t
part_end(const int32_t *cp, size_t i, size_t n, int *digit)
{
    *digit = 0;

    for ( /* void */ ; i < n && assist_char_is_word(cp[i]); i++) {
        if (assist_is_digit(cp[i])) {
            *digit = 1;
        }
    }

    return i;
}


static const abbr_t *
abbreviation(const int32_t *cp, size_t n)
{
    int            rc;
    char           key[8];
    size_t         i, low, high, mid;
    unsigned       dd;
    const abbr_t  *abbr;

    if (n < 2 || n >= sizeof(key)) {
        return NULL;
    }

    dd = 0;

    for (i = 0; i < n; i++) {

        if (cp[i] == 0x111) {
            dd |= 1u << i;
            key[i] = 'd';

        } else if (assist_is_lower(cp[i])) {
            key[i] = (char) cp[i];

        } else {
            return NULL;
        }
    }

    key[n] = '\0';

    for (low = 0, high = NABBR; low < high; /* void */ ) {
        mid = (low + high) / 2;
        abbr = &abbreviations[mid];
        rc = strcmp(key, abbr->key);

        if (rc == 0) {
            return (dd & ~abbr->dd) ? NULL : abbr;
        }

        if (rc < 0) {
            high = mid;

        } else {
            low = mid + 1;
        }
    }

    return NULL;
}


static void
put_folded(assist_buf_t *out, const int32_t *cp, size_t n)
{
    int               unused;
    size_t            i;
    int32_t           c, parts[4];
    unsigned          v;
    utf8proc_ssize_t  k, nparts;

    for (i = 0; i < n; i++) {
        c = cp[i];

        if (c >= 0x80) {
            v = assist_char_vowel(c);

            if (v) {
                c = bases[(v - 1) / 6];

            } else if (c == 0x111) {
                c = 'd';

            } else {
                nparts = utf8proc_decompose_char(c, parts, 4,
                                                 UTF8PROC_DECOMPOSE, &unused);

                for (k = 0; k < nparts; k++) {
                    if (utf8proc_category(parts[k])
                        != UTF8PROC_CATEGORY_MN)
                    {
                        assist_char_put(out, parts[k]);
                    }
                }

                continue;
            }
        }

        if (c == 'y' && (i + 1 == n || cp[i + 1] == ' ')
            && i && cp[i - 1] < 0x80 && strchr("hklmst", cp[i - 1]))
        {
            c = 'i';
        }

        assist_buf_putc(out, (char) c);
    }
}
