#include "catalog_words.h"

#include "catalog.h"
#include "text.h"


typedef struct {
    const char  *spelling;
    int          value;
} word_t;


static const word_t  headers[] = {

    /* ours */
    { "code",                       ASSIST_COL_CODE },
    { "name",                       ASSIST_COL_NAME },
    { "name_en",                    ASSIST_COL_NAME_EN },
    { "aliases",                    ASSIST_COL_ALIASES },
    { "agency_code",                ASSIST_COL_AGENCY_CODE },
    { "agency",                     ASSIST_COL_AGENCY },
    { "province",                   ASSIST_COL_PROVINCE },
    { "case",                       ASSIST_COL_CASE },
    { "level",                      ASSIST_COL_LEVEL },
    { "field",                      ASSIST_COL_FIELD },
    { "state",                      ASSIST_COL_STATE },
    { "essential",                  ASSIST_COL_ESSENTIAL },
    { "onprem",                     ASSIST_COL_ONPREM },
    { "paths",                      ASSIST_COL_PATHS },
    { "documents",                  ASSIST_COL_DOCUMENTS },
    { "fee",                        ASSIST_COL_FEE },
    { "time",                       ASSIST_COL_TIME },
    { "where",                      ASSIST_COL_WHERE },
    { "contact",                    ASSIST_COL_CONTACT },
    { "url",                        ASSIST_COL_URL },
    { "updated",                    ASSIST_COL_UPDATED },
    { "valid_from",                 ASSIST_COL_VALID_FROM },
    { "valid_to",                   ASSIST_COL_VALID_TO },
    { "successor",                  ASSIST_COL_SUCCESSOR },

    /* the national portal's export */
    { "STT",                        ASSIST_COL_IGNORED },
    { "MaTTHC",                     ASSIST_COL_CODE },
    { "TenTTHC",                    ASSIST_COL_NAME },
    { "MaDVC",                      ASSIST_COL_SERVICE_CODE },
    { "TenDVC",                     ASSIST_COL_SERVICE_NAME },
    { "TenCQTH",                    ASSIST_COL_AGENCY },
    { "MaCQTH",                     ASSIST_COL_AGENCY_CODE },
    { "MucDo",                      ASSIST_COL_LEVEL },
    { "TrangThai",                  ASSIST_COL_STATE },
    { "LinhVuc",                    ASSIST_COL_FIELD },
    { "CapThucHien",                ASSIST_COL_IGNORED },

    /*
     * Spelled out.  Abbreviations in a word of their own (TTHC, DVC) are
     * expanded by folding.
     */
    { "Số thứ tự",                  ASSIST_COL_IGNORED },
    { "Mã",                         ASSIST_COL_CODE },
    { "Mã TTHC",                    ASSIST_COL_CODE },
    { "Mã thủ tục",                 ASSIST_COL_CODE },
    { "Mã số thủ tục",              ASSIST_COL_CODE },
    { "Mã số TTHC",                 ASSIST_COL_CODE },
    { "Tên",                        ASSIST_COL_NAME },
    { "Tên TTHC",                   ASSIST_COL_NAME },
    { "Tên thủ tục",                ASSIST_COL_NAME },
    { "TTHC",                       ASSIST_COL_NAME },
    { "Thủ tục",                    ASSIST_COL_NAME },
    { "Mã DVC",                     ASSIST_COL_SERVICE_CODE },
    { "Mã dịch vụ",                 ASSIST_COL_SERVICE_CODE },
    { "Mã DVCTT",                   ASSIST_COL_SERVICE_CODE },
    { "Tên DVC",                    ASSIST_COL_SERVICE_NAME },
    { "Tên dịch vụ",                ASSIST_COL_SERVICE_NAME },
    { "Tên DVCTT",                  ASSIST_COL_SERVICE_NAME },
    { "Tên tiếng Anh",              ASSIST_COL_NAME_EN },
    { "Tên gọi khác",               ASSIST_COL_ALIASES },
    { "Tên khác",                   ASSIST_COL_ALIASES },
    { "Từ khóa",                    ASSIST_COL_ALIASES },
    { "Cơ quan",                    ASSIST_COL_AGENCY },
    { "Cơ quan thực hiện",          ASSIST_COL_AGENCY },
    { "Tên cơ quan",                ASSIST_COL_AGENCY },
    { "Tên cơ quan thực hiện",      ASSIST_COL_AGENCY },
    { "Tên CQTH",                   ASSIST_COL_AGENCY },
    { "Đơn vị",                     ASSIST_COL_AGENCY },
    { "Đơn vị thực hiện",           ASSIST_COL_AGENCY },
    { "Mã cơ quan",                 ASSIST_COL_AGENCY_CODE },
    { "Mã cơ quan thực hiện",       ASSIST_COL_AGENCY_CODE },
    { "Mã CQTH",                    ASSIST_COL_AGENCY_CODE },
    { "Mã đơn vị",                  ASSIST_COL_AGENCY_CODE },
    { "Mã định danh",               ASSIST_COL_AGENCY_CODE },
    { "Tỉnh",                       ASSIST_COL_PROVINCE },
    { "Tỉnh thành",                 ASSIST_COL_PROVINCE },
    { "Tỉnh, thành phố",            ASSIST_COL_PROVINCE },
    { "Trường hợp",                 ASSIST_COL_CASE },
    { "Mức độ",                     ASSIST_COL_LEVEL },
    { "Mức độ DVC",                 ASSIST_COL_LEVEL },
    { "Mức độ dịch vụ",             ASSIST_COL_LEVEL },
    { "Mức độ DVCTT",               ASSIST_COL_LEVEL },
    { "Mức độ trực tuyến",          ASSIST_COL_LEVEL },
    { "Mức độ cung cấp",            ASSIST_COL_LEVEL },
    { "Lĩnh vực",                   ASSIST_COL_FIELD },
    { "Trạng thái",                 ASSIST_COL_STATE },
    { "Tình trạng",                 ASSIST_COL_STATE },
    { "Cấp thực hiện",              ASSIST_COL_IGNORED },
    { "Thiết yếu",                  ASSIST_COL_ESSENTIAL },
    { "Dịch vụ thiết yếu",          ASSIST_COL_ESSENTIAL },
    { "Tại chỗ",                    ASSIST_COL_ONPREM },
    { "Đường dẫn trang",            ASSIST_COL_PATHS },
    { "Thành phần hồ sơ",           ASSIST_COL_DOCUMENTS },
    { "Hồ sơ",                      ASSIST_COL_DOCUMENTS },
    { "Giấy tờ",                    ASSIST_COL_DOCUMENTS },
    { "Phí",                        ASSIST_COL_FEE },
    { "Lệ phí",                     ASSIST_COL_FEE },
    { "Phí, lệ phí",                ASSIST_COL_FEE },
    { "Thời hạn",                   ASSIST_COL_TIME },
    { "Thời gian",                  ASSIST_COL_TIME },
    { "Thời hạn giải quyết",        ASSIST_COL_TIME },
    { "Thời gian giải quyết",       ASSIST_COL_TIME },
    { "Cách thức",                  ASSIST_COL_WHERE },
    { "Cách thức thực hiện",        ASSIST_COL_WHERE },
    { "Nơi nộp",                    ASSIST_COL_WHERE },
    { "Nơi nộp hồ sơ",              ASSIST_COL_WHERE },
    { "Nơi thực hiện",              ASSIST_COL_WHERE },
    { "Địa điểm",                   ASSIST_COL_WHERE },
    { "Địa điểm thực hiện",         ASSIST_COL_WHERE },
    { "Địa chỉ",                    ASSIST_COL_WHERE },
    { "Liên hệ",                    ASSIST_COL_CONTACT },
    { "Đường dẫn",                  ASSIST_COL_URL },
    { "Liên kết",                   ASSIST_COL_URL },
    { "Địa chỉ trang",              ASSIST_COL_URL },
    { "Ngày cập nhật",              ASSIST_COL_UPDATED },
    { "Cập nhật",                   ASSIST_COL_UPDATED },
    { "Hiệu lực từ",                ASSIST_COL_VALID_FROM },
    { "Ngày hiệu lực",              ASSIST_COL_VALID_FROM },
    { "Ngày có hiệu lực",           ASSIST_COL_VALID_FROM },
    { "Hiệu lực đến",               ASSIST_COL_VALID_TO },
    { "Ngày hết hiệu lực",          ASSIST_COL_VALID_TO },
    { "Thay thế bởi",               ASSIST_COL_SUCCESSOR },
    { "Mã thay thế",                ASSIST_COL_SUCCESSOR },

    /* English */
    { "no",                         ASSIST_COL_IGNORED },
    { "index",                      ASSIST_COL_IGNORED },
    { "procedure code",             ASSIST_COL_CODE },
    { "procedure",                  ASSIST_COL_NAME },
    { "procedure name",             ASSIST_COL_NAME },
    { "title",                      ASSIST_COL_NAME },
    { "name_vi",                    ASSIST_COL_NAME },
    { "Vietnamese name",            ASSIST_COL_NAME },
    { "service code",               ASSIST_COL_SERVICE_CODE },
    { "service",                    ASSIST_COL_SERVICE_NAME },
    { "service name",               ASSIST_COL_SERVICE_NAME },
    { "English name",               ASSIST_COL_NAME_EN },
    { "name in English",            ASSIST_COL_NAME_EN },
    { "alias",                      ASSIST_COL_ALIASES },
    { "other names",                ASSIST_COL_ALIASES },
    { "keywords",                   ASSIST_COL_ALIASES },
    { "agency id",                  ASSIST_COL_AGENCY_CODE },
    { "organisation code",          ASSIST_COL_AGENCY_CODE },
    { "organization code",          ASSIST_COL_AGENCY_CODE },
    { "agency name",                ASSIST_COL_AGENCY },
    { "organisation",               ASSIST_COL_AGENCY },
    { "organization",               ASSIST_COL_AGENCY },
    { "variant",                    ASSIST_COL_CASE },
    { "service level",              ASSIST_COL_LEVEL },
    { "online level",               ASSIST_COL_LEVEL },
    { "field_vi",                   ASSIST_COL_FIELD },
    { "sector",                     ASSIST_COL_FIELD },
    { "category",                   ASSIST_COL_FIELD },
    { "status",                     ASSIST_COL_STATE },
    { "essential service",          ASSIST_COL_ESSENTIAL },
    { "on premises",                ASSIST_COL_ONPREM },
    { "on-premises only",           ASSIST_COL_ONPREM },
    { "path",                       ASSIST_COL_PATHS },
    { "url paths",                  ASSIST_COL_PATHS },
    { "required documents",         ASSIST_COL_DOCUMENTS },
    { "fees",                       ASSIST_COL_FEE },
    { "cost",                       ASSIST_COL_FEE },
    { "processing time",            ASSIST_COL_TIME },
    { "duration",                   ASSIST_COL_TIME },
    { "place",                      ASSIST_COL_WHERE },
    { "location",                   ASSIST_COL_WHERE },
    { "where to apply",             ASSIST_COL_WHERE },
    { "contacts",                   ASSIST_COL_CONTACT },
    { "link",                       ASSIST_COL_URL },
    { "last updated",               ASSIST_COL_UPDATED },
    { "updated at",                 ASSIST_COL_UPDATED },
    { "update date",                ASSIST_COL_UPDATED },
    { "start date",                 ASSIST_COL_VALID_FROM },
    { "effective from",             ASSIST_COL_VALID_FROM },
    { "end date",                   ASSIST_COL_VALID_TO },
    { "effective to",               ASSIST_COL_VALID_TO },
    { "valid until",                ASSIST_COL_VALID_TO },
    { "replaced by",                ASSIST_COL_SUCCESSOR },
    { "successor code",             ASSIST_COL_SUCCESSOR },
    { NULL, 0 }
};


/*
 * Decree 42/2022 knows two levels; the four of before are still written by
 * provincial systems, where 1 and 2 were information and forms.
 */
static const word_t  levels[] = {
    { "full",                       ASSIST_LEVEL_FULL },
    { "fully online",               ASSIST_LEVEL_FULL },
    { "4",                          ASSIST_LEVEL_FULL },
    { "level 4",                    ASSIST_LEVEL_FULL },
    { "mức 4",                      ASSIST_LEVEL_FULL },
    { "mức độ 4",                   ASSIST_LEVEL_FULL },
    { "DVC mức độ 4",               ASSIST_LEVEL_FULL },
    { "DVCTT mức độ 4",             ASSIST_LEVEL_FULL },
    { "toàn trình",                 ASSIST_LEVEL_FULL },
    { "toan_trinh",                 ASSIST_LEVEL_FULL },
    { "trực tuyến toàn trình",      ASSIST_LEVEL_FULL },
    { "mức độ toàn trình",          ASSIST_LEVEL_FULL },
    { "DVC toàn trình",             ASSIST_LEVEL_FULL },
    { "DVCTT toàn trình",           ASSIST_LEVEL_FULL },

    { "partial",                    ASSIST_LEVEL_PARTIAL },
    { "partly online",              ASSIST_LEVEL_PARTIAL },
    { "partially online",           ASSIST_LEVEL_PARTIAL },
    { "3",                          ASSIST_LEVEL_PARTIAL },
    { "level 3",                    ASSIST_LEVEL_PARTIAL },
    { "mức 3",                      ASSIST_LEVEL_PARTIAL },
    { "mức độ 3",                   ASSIST_LEVEL_PARTIAL },
    { "DVC mức độ 3",               ASSIST_LEVEL_PARTIAL },
    { "DVCTT mức độ 3",             ASSIST_LEVEL_PARTIAL },
    { "một phần",                   ASSIST_LEVEL_PARTIAL },
    { "mot_phan",                   ASSIST_LEVEL_PARTIAL },
    { "trực tuyến một phần",        ASSIST_LEVEL_PARTIAL },
    { "mức độ một phần",            ASSIST_LEVEL_PARTIAL },
    { "DVC một phần",               ASSIST_LEVEL_PARTIAL },
    { "DVCTT một phần",             ASSIST_LEVEL_PARTIAL },

    { "info",                       ASSIST_LEVEL_INFO },
    { "information",                ASSIST_LEVEL_INFO },
    { "information only",           ASSIST_LEVEL_INFO },
    { "2",                          ASSIST_LEVEL_INFO },
    { "1",                          ASSIST_LEVEL_INFO },
    { "level 2",                    ASSIST_LEVEL_INFO },
    { "level 1",                    ASSIST_LEVEL_INFO },
    { "mức 2",                      ASSIST_LEVEL_INFO },
    { "mức 1",                      ASSIST_LEVEL_INFO },
    { "mức độ 2",                   ASSIST_LEVEL_INFO },
    { "mức độ 1",                   ASSIST_LEVEL_INFO },
    { "DVC mức độ 2",               ASSIST_LEVEL_INFO },
    { "DVC mức độ 1",               ASSIST_LEVEL_INFO },
    { "DVCTT mức độ 2",             ASSIST_LEVEL_INFO },
    { "DVCTT mức độ 1",             ASSIST_LEVEL_INFO },
    { "thông tin",                  ASSIST_LEVEL_INFO },
    { "cung cấp thông tin",         ASSIST_LEVEL_INFO },
    { "cung cấp thông tin trực tuyến",
                                    ASSIST_LEVEL_INFO },
    { "dịch vụ cung cấp thông tin", ASSIST_LEVEL_INFO },
    { "dịch vụ cung cấp thông tin trực tuyến",
                                    ASSIST_LEVEL_INFO },
    { "DVC cung cấp thông tin",     ASSIST_LEVEL_INFO },
    { "DVCTT cung cấp thông tin",   ASSIST_LEVEL_INFO },

    { "unknown",                    ASSIST_LEVEL_UNKNOWN },
    { "không rõ",                   ASSIST_LEVEL_UNKNOWN },
    { "chưa rõ",                    ASSIST_LEVEL_UNKNOWN },
    { "chưa xác định",              ASSIST_LEVEL_UNKNOWN },
    { NULL, 0 }
};


static const word_t  states[] = {
    { "published",                  ASSIST_STATE_PUBLISHED },
    { "public",                     ASSIST_STATE_PUBLISHED },
    { "active",                     ASSIST_STATE_PUBLISHED },
    { "updated",                    ASSIST_STATE_PUBLISHED },
    { "enabled",                    ASSIST_STATE_PUBLISHED },
    { "công khai",                  ASSIST_STATE_PUBLISHED },
    { "đã công khai",               ASSIST_STATE_PUBLISHED },
    { "đang công khai",             ASSIST_STATE_PUBLISHED },
    { "công bố",                    ASSIST_STATE_PUBLISHED },
    { "đã công bố",                 ASSIST_STATE_PUBLISHED },
    { "hoạt động",                  ASSIST_STATE_PUBLISHED },
    { "đang hoạt động",             ASSIST_STATE_PUBLISHED },
    { "có hiệu lực",                ASSIST_STATE_PUBLISHED },
    { "còn hiệu lực",               ASSIST_STATE_PUBLISHED },
    { "đang áp dụng",               ASSIST_STATE_PUBLISHED },
    { "đang cung cấp",              ASSIST_STATE_PUBLISHED },

    { "testing",                    ASSIST_STATE_TESTING },
    { "test",                       ASSIST_STATE_TESTING },
    { "beta",                       ASSIST_STATE_TESTING },
    { "thử nghiệm",                 ASSIST_STATE_TESTING },
    { "đang thử nghiệm",            ASSIST_STATE_TESTING },
    { "kiểm thử",                   ASSIST_STATE_TESTING },
    { "đang kiểm thử",              ASSIST_STATE_TESTING },
    { "chạy thử",                   ASSIST_STATE_TESTING },

    { "internal",                   ASSIST_STATE_INTERNAL },
    { "inactive",                   ASSIST_STATE_INTERNAL },
    { "disabled",                   ASSIST_STATE_INTERNAL },
    { "draft",                      ASSIST_STATE_INTERNAL },
    { "hidden",                     ASSIST_STATE_INTERNAL },
    { "deleted",                    ASSIST_STATE_INTERNAL },
    { "nội bộ",                     ASSIST_STATE_INTERNAL },
    { "chờ công khai",              ASSIST_STATE_INTERNAL },
    { "chưa công khai",             ASSIST_STATE_INTERNAL },
    { "không công khai",            ASSIST_STATE_INTERNAL },
    { "hủy công khai",              ASSIST_STATE_INTERNAL },
    { "đã hủy công khai",           ASSIST_STATE_INTERNAL },
    { "chờ công bố",                ASSIST_STATE_INTERNAL },
    { "chưa công bố",               ASSIST_STATE_INTERNAL },
    { "hết hiệu lực",               ASSIST_STATE_INTERNAL },
    { "chưa có hiệu lực",           ASSIST_STATE_INTERNAL },
    { "không hoạt động",            ASSIST_STATE_INTERNAL },
    { "ngừng hoạt động",            ASSIST_STATE_INTERNAL },
    { "dừng hoạt động",             ASSIST_STATE_INTERNAL },
    { "tạm dừng",                   ASSIST_STATE_INTERNAL },
    { "tạm ngừng",                  ASSIST_STATE_INTERNAL },
    { "bãi bỏ",                     ASSIST_STATE_INTERNAL },
    { "đã bãi bỏ",                  ASSIST_STATE_INTERNAL },
    { "đã xóa",                     ASSIST_STATE_INTERNAL },
    { "nháp",                       ASSIST_STATE_INTERNAL },
    { NULL, 0 }
};


static const word_t  flags[] = {
    { "1",      1 },
    { "yes",    1 },
    { "y",      1 },
    { "true",   1 },
    { "x",      1 },
    { "có",     1 },
    { "đúng",   1 },
    { "0",      0 },
    { "no",     0 },
    { "n",      0 },
    { "false",  0 },
    { "không",  0 },
    { "sai",    0 },
    { NULL, 0 }
};


/* In the order of assist_vocabulary_t. */
static const word_t  *const vocabularies[ASSIST_WORDS_MAX] = {
    headers, levels, states, flags
};


int
assist_words_init(assist_words_t *words, assist_arena_t *arena)
{
    int            rc;
    size_t         n, i, k;
    assist_buf_t   buf = ASSIST_BUF_INIT;
    assist_str_t  *keys;
    const word_t  *list;

    memset(words, 0, sizeof(assist_words_t));
    rc = -1;

    for (i = 0; i < ASSIST_WORDS_MAX; i++) {
        list = vocabularies[i];

        for (n = 0; list[n].spelling; n++) { /* void */ }

        keys = assist_arena_alloc(arena, n * sizeof(assist_str_t));
        if (keys == NULL) {
            goto done;
        }

        for (k = 0; k < n; k++) {

            if (assist_words_fold(assist_str_of(list[k].spelling), &buf)
                != 0)
            {
                goto done;
            }

            keys[k] = assist_arena_dup(arena, assist_buf_str(&buf));
            if (keys[k].data == NULL) {
                goto done;
            }
        }

        words->keys[i] = keys;
    }

    rc = 0;

done:

    assist_buf_free(&buf);

    return rc;
}


int
assist_words_find(assist_words_t *words, assist_vocabulary_t which,
    assist_str_t spelling)
{
    int            value;
    uint32_t       i;
    assist_buf_t   buf = ASSIST_BUF_INIT;
    const word_t  *list;

    if (spelling.len == 0 || spelling.len > ASSIST_WORD_MAX) {
        return ASSIST_WORD_UNKNOWN;
    }

    for (i = 0; i < ASSIST_WORDS_RECENT; i++) {
        if (words->recent[which][i].len == spelling.len
            && memcmp(words->recent[which][i].text, spelling.data,
                      spelling.len) == 0)
        {
            return words->recent[which][i].value;
        }
    }

    if (assist_words_fold(spelling, &buf) != 0) {
        assist_buf_free(&buf);
        return ASSIST_WORD_NOMEM;
    }

    list = vocabularies[which];
    value = ASSIST_WORD_UNKNOWN;

    for (i = 0; list[i].spelling; i++) {
        if (assist_str_eq(words->keys[which][i], assist_buf_str(&buf))) {
            value = list[i].value;
            break;
        }
    }

    assist_buf_free(&buf);

    i = words->next[which]++ % ASSIST_WORDS_RECENT;

    memcpy(words->recent[which][i].text, spelling.data, spelling.len);
    words->recent[which][i].len = (uint32_t) spelling.len;
    words->recent[which][i].value = value;

    return value;
}


int
assist_words_fold(assist_str_t spelling, assist_buf_t *key)
{
    char    c, text[ASSIST_WORD_MAX];
    size_t  i, n;

    for (i = 0; i < spelling.len; i++) {
        c = spelling.data[i];
        text[i] = c == '_' ? ' ' : c;
    }

    key->len = 0;

    if (assist_text_fold((assist_str_t) { text, spelling.len }, key) != 0) {
        return -1;
    }

    for (n = 0, i = 0; i < key->len; i++) {
        c = key->data[i];

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
            || (unsigned char) c >= 0x80)
        {
            key->data[n++] = c;
        }
    }

    key->len = n;

    return 0;
}
