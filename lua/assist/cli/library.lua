-- libassist.so: the catalogue, the search and the text forms that nginx's
-- module has, by ffi.  The declarations are those of ngx_module/core/*.h,
-- which a test compares with them.

local ffi = require "ffi"

local args = require "assist.cli.args"

local library = {}

library.declarations = [[
typedef struct {
    const char  *data;
    size_t       len;
} assist_str_t;

typedef struct {
    char    *data;
    size_t   len;
    size_t   cap;
    int      failed;
    int      lent;
} assist_buf_t;

typedef struct {
    uint32_t  line;
    char      text[256];
} assist_error_t;

typedef enum {
    ASSIST_LEVEL_UNKNOWN = 0,
    ASSIST_LEVEL_INFO,
    ASSIST_LEVEL_PARTIAL,
    ASSIST_LEVEL_FULL
} assist_level_t;

typedef enum {
    ASSIST_STATE_PUBLISHED = 0,
    ASSIST_STATE_TESTING,
    ASSIST_STATE_INTERNAL
} assist_state_t;

typedef struct {
    assist_str_t    code;
    assist_str_t    name;
    assist_str_t    name_en;
    assist_str_t    aliases;
    assist_str_t    agency_code;
    assist_str_t    agency;
    assist_str_t    province;
    assist_str_t    case_name;
    assist_str_t    field;
    assist_str_t    paths;
    assist_str_t    documents;
    assist_str_t    fee;
    assist_str_t    time;
    assist_str_t    where;
    assist_str_t    contact;
    assist_str_t    url;
    assist_str_t    updated;
    assist_str_t    successor;

    assist_level_t  level;
    assist_state_t  state;

    int32_t         updated_day;
    int32_t         valid_from;
    int32_t         valid_to;

    uint32_t        line;
    uint32_t        service;

    unsigned        essential:1;
    unsigned        onprem:1;
} assist_row_t;

typedef struct {
    assist_str_t    id;
    uint32_t        row;
    uint32_t        procedure;
    assist_level_t  level;
    assist_level_t  level_min;
    assist_level_t  level_max;
} assist_service_t;

typedef struct {
    assist_str_t    code;
    uint32_t        row;
    uint32_t        nservices;
    uint32_t        service;
} assist_procedure_t;

typedef enum {
    ASSIST_ODD_CODE = 0,
    ASSIST_ODD_NOT_NFC,
    ASSIST_ODD_BLANKS,
    ASSIST_ODD_REPEATED,
    ASSIST_ODD_LEVELS,
    ASSIST_ODD_PATH,
    ASSIST_ODD_SUCCESSOR,
    ASSIST_ODD_COLUMN,
    ASSIST_ODD_MAX
} assist_odd_t;

typedef struct {
    assist_row_t        *rows;
    assist_service_t    *services;
    assist_procedure_t  *procedures;
    uint32_t             nrows;
    uint32_t             nservices;
    uint32_t             nprocedures;

    char                 hash[65];

    struct {
        uint32_t         count;
        uint32_t         line;
    }                    odd[ASSIST_ODD_MAX];

    void                *priv;
} assist_catalog_t;

typedef struct {
    const char  *name;
    size_t       offset;
} assist_column_t;

typedef struct assist_search_s  assist_search_t;

typedef struct {
    uint32_t  procedure;
    float     score;
} assist_hit_t;

typedef enum {
    ASSIST_FOUND_NONE = 0,
    ASSIST_FOUND_ONE,
    ASSIST_FOUND_SEVERAL
} assist_found_t;

typedef struct {
    assist_found_t  found;
    uint32_t        nhits;
    uint32_t        nalike;
    assist_hit_t    hits[8];
} assist_result_t;

extern const assist_column_t  assist_catalog_columns[];

assist_catalog_t *assist_catalog_parse(const char *data, size_t len,
    assist_error_t *err);
uint32_t assist_catalog_find(const assist_catalog_t *cat, assist_str_t code,
    assist_str_t agency);
uint32_t assist_catalog_procedure(const assist_catalog_t *cat,
    assist_str_t code);
const char *assist_level_name(assist_level_t level);
const char *assist_state_name(assist_state_t state);
int assist_search_build(const assist_catalog_t *cat, assist_str_t synonyms,
    unsigned char **image, size_t *len, assist_error_t *err);
assist_search_t *assist_search_open(const assist_catalog_t *cat,
    const unsigned char *image, size_t len, assist_error_t *err);
int assist_search_query(assist_search_t *s, assist_str_t query, int32_t day,
    assist_result_t *result);
int32_t assist_date_days(int year, int month, int day);
const char *assist_lang_guess(assist_str_t normal);
int assist_text_normalize(assist_str_t in, assist_buf_t *out);
int assist_text_fold(assist_str_t in, assist_buf_t *out);
void assist_buf_free(assist_buf_t *b);

typedef struct assist_arena_s  assist_arena_t;

typedef struct {
    const char  *data;
    uint32_t     len;
    uint32_t     scope;
    uint32_t     hash;
    uint32_t     value;
} assist_slot_t;

typedef struct {
    assist_slot_t  *slots;
    uint32_t        nslots;
    uint32_t        n;
} assist_table_t;

typedef enum {
    ASSIST_REDACT_QR,
    ASSIST_REDACT_CCCD,
    ASSIST_REDACT_BHYT,
    ASSIST_REDACT_MST,
    ASSIST_REDACT_PHONE,
    ASSIST_REDACT_BHXH,
    ASSIST_REDACT_CMND,
    ASSIST_REDACT_PASSPORT,
    ASSIST_REDACT_ACCOUNT,
    ASSIST_REDACT_PLATE,
    ASSIST_REDACT_EMAIL,
    ASSIST_REDACT_HOSO,
    ASSIST_REDACT_NUMBER,
    ASSIST_REDACT_TEXT,
    ASSIST_REDACT_NKINDS
} assist_redact_kind_t;

typedef struct {
    assist_str_t           original;
    assist_redact_kind_t   kind;
} assist_redact_item_t;

typedef struct {
    assist_arena_t        *arena;
    assist_table_t         table;
    assist_redact_item_t  *items;
    size_t                 n;
    size_t                 cap;
} assist_redact_t;

int assist_redact(assist_redact_t *map, assist_str_t text, assist_buf_t *out);
int assist_redact_publish(assist_redact_t *map, assist_str_t text);
void assist_redact_free(assist_redact_t *map);

typedef struct {
    const assist_redact_t  *map;
    size_t                  n;
    char                    held[15];
} assist_restore_t;

void assist_restore_init(assist_restore_t *r, const assist_redact_t *map);
int assist_restore(assist_restore_t *r, assist_str_t piece, assist_buf_t *out);
int assist_restore_end(assist_restore_t *r, assist_buf_t *out);

typedef struct {
    size_t          ncited;
    unsigned char   cited[64];
    size_t          n;
    assist_buf_t   *out;
    unsigned char   number[64];
    unsigned        blank:1;
    unsigned        dropped:1;
    char            last;
    size_t          nheld;
    char            held[32];
} assist_cite_t;

void assist_cite_init(assist_cite_t *c, size_t n);
int assist_cite(assist_cite_t *c, assist_str_t piece, assist_buf_t *out);
int assist_cite_end(assist_cite_t *c, assist_buf_t *out);

typedef struct {
    const assist_str_t           *hosts;
    size_t                        nhosts;
    const assist_str_t           *urls;
    size_t                        nurls;
    assist_str_t                  removed;
} assist_plain_rules_t;

typedef struct {
    const assist_plain_rules_t   *rules;
    assist_buf_t                 *out;
    unsigned                      tag_state;
    unsigned                      matched;
    const char                   *raw;
    size_t                        ntag;
    char                          tag[512];
    char                          before;
    unsigned                      state;
    unsigned                      depth;
    unsigned                      broken:1;
    unsigned                      gap:1;
    unsigned                      marked:1;
    unsigned                      inside:1;
    unsigned                      label:1;
    char                          last;
    size_t                        nword;
    char                          word[16];
    size_t                        nheld;
    char                          held[1024];
} assist_plain_t;

void assist_plain_init(assist_plain_t *p, const assist_plain_rules_t *rules);
int assist_plain(assist_plain_t *p, assist_str_t piece, assist_buf_t *out);
int assist_plain_end(assist_plain_t *p, assist_buf_t *out);

typedef struct {
    assist_str_t   title;
    assist_str_t   text;
    assist_str_t   updated;
} assist_passage_t;

void assist_prompt_user(assist_buf_t *out, assist_str_t question,
    const assist_passage_t *passages, size_t n, uint64_t nonce);
typedef struct assist_audit_s  assist_audit_t;

typedef struct {
    assist_str_t  text;
    assist_str_t  time;
    assist_str_t  writer;
    assist_str_t  type;
    assist_str_t  members;
    uint64_t      seq;
} assist_line_t;

typedef struct {
    uint64_t      lines;
    uint64_t      blocks;
    uint64_t      chains;
    uint64_t      findings;
    uint64_t      notes;
    assist_str_t  found;
    assist_str_t  noted;
} assist_audit_result_t;

typedef struct {
    void  (*line)(void *data, const assist_line_t *line);
    void  (*block)(void *data, int sealed);
    void   *data;
} assist_audit_reader_t;

assist_audit_t *assist_audit_create(assist_str_t key,
    const assist_audit_reader_t *reader);
void assist_audit_free(assist_audit_t *a);
int assist_audit_heads(assist_audit_t *a, assist_str_t list);
int assist_audit_file(assist_audit_t *a, assist_str_t name);
int assist_audit_feed(assist_audit_t *a, const char *data, size_t len);
int assist_audit_end(assist_audit_t *a);
void assist_audit_broken(assist_audit_t *a, assist_str_t why);
const assist_audit_result_t *assist_audit_result(const assist_audit_t *a);

typedef struct {
    int64_t       seconds;
    int32_t       month;
    uint32_t      mday;
    int           gmtoff;
} assist_moment_t;

int assist_line_time(assist_str_t text, assist_moment_t *moment);

typedef struct {
    uint32_t  l2_knowledge_days;
    uint32_t  l3_interactions;
    uint32_t  l3_days;
    uint32_t  l4_interactions;
    double    l4_answered;
    double    l4_sourced;
    double    l4_negative;
    uint32_t  l4_latency;
} assist_levels_t;

void assist_levels_default(assist_levels_t *levels);
int assist_levels_parse(assist_levels_t *levels, assist_str_t file,
    assist_error_t *err);

typedef struct assist_targets_s  assist_targets_t;

assist_targets_t *assist_targets_create(assist_str_t file,
    assist_error_t *err);
void assist_targets_free(assist_targets_t *targets);

typedef struct assist_tasks_s  assist_tasks_t;

assist_tasks_t *assist_tasks_parse(assist_str_t file, assist_error_t *err);
void assist_tasks_free(assist_tasks_t *tasks);

typedef struct assist_register_s  assist_register_t;

assist_register_t *assist_register_parse(assist_str_t file,
    assist_error_t *err);
void assist_register_free(assist_register_t *reg);

typedef struct {
    assist_str_t  name;
    int32_t       month;
    uint32_t      numerator;
    uint32_t      denominator;
} assist_past_t;

typedef struct {
    const assist_levels_t    *levels;
    const assist_targets_t   *targets;
    const assist_tasks_t     *tasks;
    const assist_register_t  *registered;
    const assist_past_t      *past;
    size_t                    npast;
} assist_rules_t;

typedef struct {
    assist_str_t    name;
    int32_t         month;
    assist_str_t    closed_at;
    uint64_t        interactions;
    assist_str_t    coverage;
    assist_str_t    heads;
    assist_str_t    hash;
    assist_past_t  *past;
    size_t          npast;
    void           *priv;
    unsigned        is_signed:1;
} assist_closed_t;

int assist_closed_read(assist_closed_t *closed, assist_str_t file,
    assist_str_t key, assist_error_t *err);
void assist_closed_free(assist_closed_t *closed);

typedef struct assist_recount_s  assist_recount_t;

typedef struct {
    uint64_t  counted;
    uint64_t  unsealed;
    uint64_t  unknown;
    uint64_t  malformed;
    uint64_t  catalogues;
} assist_recount_result_t;

assist_recount_t *assist_recount_create(const assist_catalog_t *catalog,
    int64_t as_of, int gmtoff);
void assist_recount_free(assist_recount_t *rc);
void assist_recount_line(void *rc, const assist_line_t *line);
void assist_recount_block(void *rc, int sealed);
const assist_recount_result_t *assist_recount_result(
    const assist_recount_t *rc);
int assist_recount_print(assist_recount_t *rc, const assist_audit_t *audit,
    const assist_rules_t *rules, const assist_closed_t *closed,
    const char *format, assist_buf_t *out);
int assist_recount_close(assist_recount_t *rc, const assist_audit_t *audit,
    const assist_rules_t *rules, int64_t now, assist_str_t key,
    assist_buf_t *out);
]]

ffi.cdef(library.declarations)

-- The folder lua/ that this file is in.
library.home = debug.getinfo(1, "S").source:match("^@(.*)/assist/cli/[^/]*$")

local loaded

local function open()
  local given = os.getenv "ASSIST_LIB"
  local places = given and { given }
                 or { library.home .. "/../build/libassist.so",
                      "/usr/lib/libassist.so" }
  for _, place in ipairs(places) do
    local file = io.open(place, "rb")
    if file then
      file:close()
      -- dlopen searches its own folders for a name without a slash
      local ok, lib = pcall(ffi.load, place:find("/", 1, true) and place
                                      or "./" .. place)
      if not ok then
        args.fail("cannot load libassist.so: %s", tostring(lib))
      end
      return lib
    end
  end
  args.fail("libassist.so was not found (looked at: %s): run \"make build\", "
    .. "or name it in the environment variable ASSIST_LIB",
    table.concat(places, ", "))
end

-- The library, loaded at its first use.
function library.load()
  loaded = loaded or open()
  return loaded
end

-- A Lua string as C sees it; it lives as long as the Lua string.
function library.str(text)
  return ffi.new("assist_str_t", text, #text)
end

-- A C string as Lua's; "" for a missing one.
function library.text(str)
  return str.data ~= nil and ffi.string(str.data, str.len) or ""
end

local function form(name)
  return function(text)
    local lib, buf = library.load(), ffi.new "assist_buf_t"
    if lib[name](library.str(text), buf) < 0 then
      error "not enough memory"
    end
    local result = library.text(buf)
    lib.assist_buf_free(buf)
    return result
  end
end

library.normalize = form "assist_text_normalize"
library.fold = form "assist_text_fold"

-- The text with placeholders for personal data, and how many there are.
function library.redact(text)
  local lib, buf = library.load(), ffi.new "assist_buf_t"
  local map = ffi.new "assist_redact_t"
  local n = lib.assist_redact(map, library.str(text), buf)
  local result = library.text(buf)
  lib.assist_redact_free(map)
  lib.assist_buf_free(buf)
  if n < 0 then
    return nil, "the text could not be redacted"
  end
  return result, n
end

-- "vi" or "en", as nginx takes a question that does not say.
function library.lang(question)
  local normal = library.normalize(question)
  return ffi.string(library.load().assist_lang_guess(library.str(normal)))
end

return library
