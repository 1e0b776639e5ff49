-- What nginx does to what a model is told and to what it says, by ffi: the
-- prompt, redaction and its way back, citations, markup and links.

local ffi = require "ffi"

local library = require "assist.cli.library"

local filters = {}

-- A buffer's text; the buffer is empty then.
local function take(buf)
  local text = library.text(buf)
  local failed = buf.failed ~= 0
  library.load().assist_buf_free(buf)
  if failed then
    error "not enough memory"
  end
  return text
end

-- A question and its passages ({ title =, text =, updated = }), fenced.
function filters.prompt(question, passages)
  local lib, buf = library.load(), ffi.new "assist_buf_t"
  local list = ffi.new("assist_passage_t[?]", #passages + 1)
  for i, passage in ipairs(passages) do
    for _, name in ipairs { "title", "text", "updated" } do
      list[i - 1][name] = library.str(passage[name] or "")
    end
  end
  lib.assist_prompt_user(buf, library.str(question), list, #passages,
    0x0123456789abcdefULL)
  return take(buf)
end

-- The personal data of a request: redact(text) gives the text with
-- placeholders, nil where that failed; restore(text) puts back what they stand
-- for, and holds the beginning of one; restore(nil) gives what is held.  What is
-- found in publish(text) stays.
function filters.personal()
  local lib, buf = library.load(), ffi.new "assist_buf_t"
  local map = ffi.gc(ffi.new "assist_redact_t", lib.assist_redact_free)
  local state = ffi.new "assist_restore_t"
  lib.assist_restore_init(state, map)
  local personal = {}

  function personal.redact(text)
    if lib.assist_redact(map, library.str(text), buf) < 0 then
      lib.assist_buf_free(buf)
      return nil
    end
    return take(buf)
  end

  function personal.publish(text)
    if lib.assist_redact_publish(map, library.str(text)) ~= 0 then
      error "not enough memory"
    end
  end

  function personal.restore(text)
    if text then
      lib.assist_restore(state, library.str(text), buf)
    else
      lib.assist_restore_end(state, buf)
    end
    return take(buf)
  end

  return personal
end

-- A model's text as nginx lets it pass: feed(text, last) gives what a piece
-- adds, cited() the numbers of the passages that were cited, in order.
-- passages: those that it was given; restore: as above, or nil; removed: the
-- words in the place of a link.
function filters.answer(passages, restore, removed)
  local lib, buf = library.load(), ffi.new "assist_buf_t"
  local cite, plain = ffi.new "assist_cite_t", ffi.new "assist_plain_t"
  local rules, urls = ffi.new "assist_plain_rules_t", ffi.new("assist_str_t[?]",
    #passages + 1)
  for i, passage in ipairs(passages) do
    urls[i - 1] = library.str(passage.url or "")
  end
  rules.urls, rules.nurls, rules.removed = urls, #passages, library.str(removed)
  lib.assist_cite_init(cite, #passages)
  lib.assist_plain_init(plain, rules)
  -- C has pointers into these
  local answer = { held = { rules, urls, passages, removed } }

  function answer.feed(text, last)
    lib.assist_cite(cite, library.str(text), buf)
    if last then
      lib.assist_cite_end(cite, buf)
    end
    text = take(buf)
    if restore then
      text = restore(text) .. (last and restore(nil) or "")
    end
    lib.assist_plain(plain, library.str(text), buf)
    if last then
      lib.assist_plain_end(plain, buf)
    end
    return take(buf)
  end

  function answer.cited()
    local list = {}
    for i = 1, tonumber(cite.ncited) do
      list[i] = cite.cited[i - 1]
    end
    return list
  end

  return answer
end

return filters
