--[=[
pattern_diff.lua: core/pattern against LuaJIT's own string functions.

    luajit tests/fuzz/pattern_diff.lua [iterations [seed [path of libassist.so]]]

  OUT   the folder of libassist.so, if no path is given (build)

First what can be had in full: every class with every byte, every pattern of up
to three characters of an alphabet.  Then, `iterations` times (200,000), a
random subject, pattern, init and replacement: find, plain find, match, gmatch
and gsub must have the same results, or the same error.  Our side goes first:
what needs too many steps is not given to LuaJIT, which could not be stopped.

A case that differs is made as small as it can be and printed, and the exit
code is 1.  Ends with "N passed, N failed".

With a library under ASan, LD_PRELOAD libasan.so: the strings are copied to
blocks of their exact size, so that one byte too far is found.
]=]

local ffi = require("ffi")

local iterations = tonumber(arg[1] or 200000)
local seed = tonumber(arg[2] or os.time())
local library = arg[3] or (os.getenv("OUT") or "build") .. "/libassist.so"

local MAX_FAILURES = 5
local BUDGET = 200000

ffi.cdef [[
typedef struct { const char *data; size_t len; } assist_str_t;

typedef struct {
    char *data; size_t len; size_t cap; int failed; int lent;
} assist_buf_t;

typedef struct { size_t start; ptrdiff_t len; } assist_pattern_capture_t;

typedef struct {
    assist_str_t subject;
    assist_str_t pattern;
    uint64_t *steps_left;
    const char *error;
    size_t start;
    size_t end_;
    uint32_t ncaptures;
    int32_t anchored;
    int32_t rc;
    uint32_t depth;
    assist_pattern_capture_t captures[32];
} assist_pattern_t;

void assist_pattern_begin(assist_pattern_t *m, assist_str_t subject,
    assist_str_t pattern, int caret, uint64_t *steps);
int assist_pattern_try(assist_pattern_t *m, size_t at);
int assist_pattern_search(assist_pattern_t *m, size_t from);
int assist_pattern_capture(assist_pattern_t *m, uint32_t n,
    assist_pattern_capture_t *capture);
int assist_pattern_expand(assist_pattern_t *m, assist_str_t replacement,
    assist_buf_t *buf);
int assist_pattern_is_plain(assist_str_t pattern);
int assist_pattern_find_plain(assist_str_t subject, assist_str_t text,
    size_t from, size_t *at, uint64_t *steps);
size_t assist_pattern_offset(int64_t init, size_t len);
void assist_buf_free(assist_buf_t *b);

void *malloc(size_t size);
void free(void *block);
]]

local C = ffi.load(library)

local MATCHED, ERROR, OUT_OF_STEPS = 1, -1, -2
local POSITION = -2
local EXHAUSTED = {}                    -- thrown when the budget is gone


-- Our side: the Lua functions, written with the library as a binding would.

local m = ffi.new("assist_pattern_t")
local piece = ffi.new("assist_pattern_capture_t")
local at = ffi.new("size_t[1]")
local steps = ffi.new("uint64_t[1]")
local buf = ffi.new("assist_buf_t")

-- Blocks of the exact size, freed by close().
local blocks = {}

local function open(s)
  local block = ffi.cast("char *", ffi.C.malloc(#s))

  ffi.copy(block, s, #s)
  blocks[#blocks + 1] = block

  return ffi.new("assist_str_t", block, #s)
end

local function close()
  for i = #blocks, 1, -1 do
    ffi.C.free(blocks[i])
    blocks[i] = nil
  end
end

local function check(rc)
  if rc == ERROR then
    error({ text = ffi.string(m.error) })
  elseif rc == OUT_OF_STEPS then
    error(EXHAUSTED)
  end

  return rc == MATCHED
end

local function capture(n)
  check(C.assist_pattern_capture(m, n, piece))

  if piece.len == POSITION then
    return tonumber(piece.start) + 1
  end

  return ffi.string(m.subject.data + piece.start, piece.len)
end

local function captures(least)
  local list, n = {}, math.max(least, m.ncaptures)

  for i = 1, n do
    list[i] = capture(i)
  end

  return unpack(list, 1, n)
end

local ours = {}

function ours.find(s, p, init, plain)
  local subject, pattern = open(s), open(p)
  local from = C.assist_pattern_offset(init or 1, #s)

  if plain or C.assist_pattern_is_plain(pattern) ~= 0 then
    if check(C.assist_pattern_find_plain(subject, pattern, from, at,
                                         steps)) then
      return tonumber(at[0]) + 1, tonumber(at[0]) + #p
    end
    return nil
  end

  C.assist_pattern_begin(m, subject, pattern, 1, steps)

  if check(C.assist_pattern_search(m, from)) then
    return tonumber(m.start) + 1, tonumber(m.end_), captures(0)
  end

  return nil
end

function ours.match(s, p, init)
  C.assist_pattern_begin(m, open(s), open(p), 1, steps)

  if check(C.assist_pattern_search(m, C.assist_pattern_offset(init or 1,
                                                              #s))) then
    return captures(1)
  end

  return nil
end

function ours.gmatch(s, p)
  local subject, pattern, from = open(s), open(p), 0

  -- at the end, LuaJIT returns no value, rather than nil
  return function ()
    if from > #s then
      return
    end

    C.assist_pattern_begin(m, subject, pattern, 0, steps)

    if check(C.assist_pattern_search(m, from)) then
      from = tonumber(m.end_)
      if m.end_ == m.start then
        from = from + 1
      end
      return captures(1)
    end
  end
end

function ours.gsub(s, p, with, max)
  local out, from, n = {}, 0, 0
  local replacement = type(with) == "string" and open(with)

  max = max or #s + 1
  C.assist_pattern_begin(m, open(s), open(p), 1, steps)

  while n < max do
    local matched = check(C.assist_pattern_try(m, from))

    if matched then
      n = n + 1

      if replacement then
        buf.len = 0
        check(C.assist_pattern_expand(m, replacement, buf))
        out[#out + 1] = ffi.string(buf.data, buf.len)
      else
        local value = with(captures(1))
        out[#out + 1] = value or capture(0)
      end
    end

    if matched and m.end_ > from then
      from = tonumber(m.end_)
    elseif from < #s then
      from = from + 1
      out[#out + 1] = s:sub(from, from)
    else
      break
    end

    if m.anchored ~= 0 then
      break
    end
  end

  return table.concat(out) .. s:sub(from + 1), n
end


-- One case with one side, all results in one text.

local function show(...)
  local list = {}

  for i = 1, select("#", ...) do
    local v = select(i, ...)
    list[i] = type(v) == "string" and string.format("%q", v)
              or tostring(v)
  end

  return table.concat(list, ", ")
end

local function outcome(ok, ...)
  if ok then
    return show(...)
  end

  local err = ...

  if err == EXHAUSTED then
    error(EXHAUSTED)
  end

  -- LuaJIT puts a position before some
  return "error: " .. (type(err) == "table" and err.text
                       or err:gsub("^[^:]*pattern_diff%.lua:%d+: ", ""))
end

local function join(...)
  return select("#", ...) > 1 and "<" .. show(...) .. ">" or nil
end

local function iterate(gmatch, s, p)
  local list, iterator = {}, gmatch(s, p)

  for i = 1, #s + 2 do
    list[i] = outcome(pcall(iterator))
    if list[i] == "" or list[i]:find("^error") then
      break
    end
  end

  return table.concat(list, " | ")
end

local functions = {
  find = function (lib, c)
    return lib.find(c.subject, c.pattern, c.init)
  end,
  plain = function (lib, c)
    return lib.find(c.subject, c.pattern, c.init, true)
  end,
  match = function (lib, c)
    return lib.match(c.subject, c.pattern, c.init)
  end,
  gmatch = function (lib, c)
    return iterate(lib.gmatch, c.subject, c.pattern)
  end,
  gsub = function (lib, c)
    return lib.gsub(c.subject, c.pattern, c.replacement, c.max)
  end,
  gsub_function = function (lib, c)
    return lib.gsub(c.subject, c.pattern, join, c.max)
  end,
}

-- The names of the functions that differ; nil, true: too many steps.

local function differs(c)
  local mine, found = {}, nil

  steps[0] = BUDGET

  for name, call in pairs(functions) do
    local ok, text = pcall(function ()
      return outcome(pcall(call, ours, c))
    end)
    close()

    if not ok then
      if text ~= EXHAUSTED then
        error(text)
      end
      return nil, true
    end

    mine[name] = text
  end

  for name, call in pairs(functions) do
    local theirs = outcome(pcall(call, string, c))

    if theirs ~= mine[name] then
      found = found or {}
      found[#found + 1] = string.format(
        "  %s\n    ours    %s\n    LuaJIT  %s", name, mine[name],
        theirs)
    end
  end

  return found
end

-- With just the steps it took, a match is the same; with one less, it is out.

local function budget_is_exact(c)
  local function try(n)
    steps[0] = n
    C.assist_pattern_begin(m, open(c.subject), open(c.pattern), 1, steps)
    local rc = C.assist_pattern_search(m, 0)
    close()
    return rc, tonumber(n - steps[0])
  end

  local rc, used = try(BUDGET)

  if rc == OUT_OF_STEPS then
    return true
  end

  local again, used_again = try(used)

  return rc == again and used == used_again
         and (used == 0 or try(used - 1) == OUT_OF_STEPS)
end


-- Subjects and patterns.

local random = math.random

local function pick(list)
  return list[random(#list)]
end

local function chars(alphabet, n)
  local list = {}

  for i = 1, n do
    local k = random(#alphabet)
    list[i] = alphabet:sub(k, k)
  end

  return table.concat(list)
end

local every_byte = {}

for i = 0, 255 do
  every_byte[i + 1] = string.char(i)
end

every_byte = table.concat(every_byte)

local subject_alphabets = {
  "ab", "abc", "a()", "ab\0", "aB1 _", "a0\0%]^-[.", "ab\255\128\0é",
  "key=value, ", "()[]{}ab", every_byte
}

local pattern_alphabet = "ab%[]^-()*+?.$1f\0b2"

local singles = {
  "a", "b", "c", ".", "%a", "%d", "%w", "%s", "%S", "%A", "%p", "%z", "%Z",
  "%g", "%G", "%x", "%u", "%l", "%c", "%%", "%.", "%(", "\255", "]", "}",
  "%1", "^", "$", "(", "1", "0", " ", "="
}

local in_sets = {
  "a", "b", "a-c", "%a", "%w", "%d", "%s", "%]", "]", "^", "-", "%-", "%",
  "%%", "a-%", "%a-z", "[", "0-9", "\1-\31", "\128-\255", ".", "(", "z-a"
}

local suffixes = { "", "", "", "*", "+", "-", "?" }

local fragments = {
  "(", ")", "()", "(", ")", "%b()", "%bab", "%b", "%baa", "%f[%w]", "%f[a]",
  "%f[^%z]", "%f", "%1", "%2", "%0", "%9", "%", "[", "[^", "]", "\0", "^",
  "$", "*", "-", "+", "?"
}

local function set()
  local list = { "[", random(4) == 1 and "^" or "" }

  for _ = 1, random(4) do
    list[#list + 1] = pick(in_sets)
  end

  return table.concat(list) .. (random(20) == 1 and "" or "]")
end

local function sequence(depth)
  local list, k = {}

  for i = 1, random(depth > 2 and 2 or 4) do
    k = random(20)

    if k <= 9 then
      list[i] = pick(singles) .. pick(suffixes)
    elseif k <= 13 then
      list[i] = set() .. pick(suffixes)
    elseif k <= 16 and depth < 5 then
      list[i] = "(" .. sequence(depth + 1) .. ")"
    elseif k == 17 then
      list[i] = "%f" .. set()
    else
      list[i] = pick(fragments)
    end
  end

  return table.concat(list)
end

local function mutate(p)
  for _ = 1, random(3) do
    local i, k = random(0, #p), random(4)

    if k == 1 then
      p = p:sub(1, i) .. p:sub(i + 2)
    elseif k == 2 then
      p = p:sub(1, i) .. chars(pattern_alphabet, 1) .. p:sub(i + 1)
    elseif k == 3 then
      p = p:sub(1, i) .. chars(pattern_alphabet, 1) .. p:sub(i + 2)
    else
      p = p:sub(1, i) .. pick(fragments) .. p:sub(i + 1)
    end
  end

  return p
end

local function pattern(subject)
  local p
  local k = random(100)

  if k <= 45 then
    p = sequence(1)
  elseif k <= 70 then
    p = mutate(sequence(1))
  elseif k <= 85 then
    p = chars(pattern_alphabet, random(0, 8))
  elseif k <= 95 then
    local i = random(0, #subject)
    p = subject:sub(i, i + random(0, 4))
    p = random(2) == 1 and p or mutate(p)
  elseif k <= 97 then
    p = chars(every_byte, random(0, 6))
  elseif k == 98 then
    p = ("a?"):rep(random(190, 205))
  elseif k == 99 then
    p = ("()"):rep(random(30, 34)) .. sequence(1)
  else
    p = ("("):rep(random(30, 34)) .. pick(singles)
      .. (")"):rep(random(30, 34))
  end

  return random(8) == 1 and "^" .. p or p
end

local replacements = {
  "", "x", "%0", "%1", "<%1>", "%2-%1", "%%", "%0%0", "%", "a%", "%9", "%a",
  "\0", "%\0", "%3", "x%0y"
}

local function case()
  local subject = chars(pick(subject_alphabets),
                        random(20) == 1 and random(60) or random(0, 14))

  return {
    subject = subject,
    pattern = pattern(subject),
    init = pick({ 1, 1, 1, random(-20, 20), random(-4, 4) }),
    replacement = random(4) > 1 and pick(replacements)
                  or chars("%012ab\0", random(0, 6)),
    max = random(6) == 1 and random(-1, 3) or nil,
  }
end


-- Failures.

local function minimise(c)
  local smaller = true

  while smaller do
    smaller = false

    for _, key in ipairs({ "pattern", "subject", "replacement" }) do
      for i = #c[key], 1, -1 do
        local old = c[key]
        c[key] = old:sub(1, i - 1) .. old:sub(i + 1)

        if differs(c) then
          smaller = true
        else
          c[key] = old
        end
      end
    end
  end
end

local function escaped(s)
  return '"' .. s:gsub('[%c"\\\128-\255]', function (c)
    return string.format("\\%03d", c:byte())
  end) .. '"'
end

local function report(c, what)
  print(string.format("subject %s pattern %s init %d replacement %s max %s",
                      escaped(c.subject), escaped(c.pattern), c.init,
                      escaped(c.replacement), tostring(c.max)))
  print(what)
end

local passed, failed, skipped = 0, 0, 0

local function run(c)
  local found, exhausted = differs(c)

  if exhausted then
    skipped = skipped + 1
    return
  end

  if not found then
    passed = passed + 1
    return
  end

  failed = failed + 1
  minimise(c)
  report(c, table.concat(differs(c), "\n"))

  if failed >= MAX_FAILURES then
    print(string.format("%d passed, %d failed", passed, failed))
    os.exit(1)
  end
end


-- Every class with every byte: what is found of all bytes.

for i = 0, 255 do
  local class = string.char(i)

  for _, p in ipairs({ "%" .. class, "[%" .. class .. "]",
                       "[^%" .. class .. "]", class,
                       "[" .. class .. "]", "[^" .. class .. "x]",
                       "[" .. class .. "-z]", "[0-" .. class .. "]",
                       "%f[%" .. class .. "]" }) do
    run({ subject = every_byte, pattern = p, init = 1,
          replacement = "", max = nil })
  end
end

-- Every pattern of up to three characters.

local function each(prefix, n)
  for _, subject in ipairs({ "", "a1-a1", "a\0]b^" }) do
    run({ subject = subject, pattern = prefix, init = 1,
          replacement = "<%1>", max = nil })
  end

  if n > 0 then
    for i = 1, #pattern_alphabet - 2 do
      each(prefix .. pattern_alphabet:sub(i, i), n - 1)
    end
  end
end

each("", 3)

local exhaustive = passed

math.randomseed(seed)

for i = 1, iterations do
  local c = case()

  run(c)

  if i % 8 == 0 and not budget_is_exact(c) then
    failed = failed + 1
    report(c, "  the budget is not exact")
  end
end

C.assist_buf_free(buf)

print(string.format("seed %d: %d cases in full, %d random, %d not compared: "
                    .. "more than %d steps", seed, exhaustive,
                    passed - exhaustive, skipped, BUDGET))
print(string.format("%d passed, %d failed", passed, failed))
os.exit(failed == 0 and 0 or 1)
