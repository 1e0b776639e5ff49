-- `assist close`: freezes the figure of a month that is over.

local ffi = require "ffi"

local args = require "assist.cli.args"
local files = require "assist.cli.files"
local library = require "assist.cli.library"
local log = require "assist.cli.log"
local moment = require "assist.cli.moment"
local recount = require "assist.cli.recount"
local rules = require "assist.cli.rules"

local close = {}

-- Writes a file that is not there yet: a month is closed once.
local function write(path, text)
  if files.read(path) then
    args.fail("%s is there already: a month is closed once", path)
  end
  local file, reason = io.open(path, "wb")
  if not file then
    args.fail("cannot write %s", reason)
  end
  local written, why = file:write(text)
  if not written or not file:close() then
    os.remove(path)
    args.fail("cannot write %s: %s", path, why or "it could not be closed")
  end
end

function close.command(list)
  local words, options = args.parse(list, rules.options { catalog = "text",
    heads = "text", out = "text" })
  local name = table.remove(words, 1)
  if not name then
    args.fail "close needs a month, such as 2026-10"
  end
  local as_of, gmtoff = moment.month_end(name)
  if #words == 0 then
    args.fail "close needs the evidence logs of the month and of the one before"
  end
  local now = moment.of(nil)
  if now <= as_of then
    args.fail("%s is not over: it can be closed when its last day, %s, is", name,
      os.date("%Y-%m-%d", as_of))
  end
  local path = options.out or ("closed-%s.json"):format(name)

  local lib, judged = library.load(), rules.read(options)
  local count, audit = recount.read(words, options, as_of, gmtoff)
  if recount.warn(count, audit, options.catalog) > 0 then
    io.stderr:write("assist: ", name, " was not closed\n")
    return 1
  end

  local out = ffi.new "assist_buf_t"
  if lib.assist_recount_close(count, audit, judged, now,
       library.str(log.key(options.key)), out) ~= 0
  then
    error "not enough memory"
  end
  write(path, library.text(out))
  lib.assist_buf_free(out)
  print(("%s is closed: %s%s"):format(name, path,
    options.key and "" or " (not signed: there was no --key)"))
  return 0
end

return close
