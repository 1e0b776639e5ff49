-- `assist report`: the figure from the evidence alone.

local ffi = require "ffi"

local args = require "assist.cli.args"
local library = require "assist.cli.library"
local moment = require "assist.cli.moment"
local recount = require "assist.cli.recount"
local rules = require "assist.cli.rules"

local report = {}

local formats = { json = true, csv = true, html = true, md = true }

-- As of when: what was asked for, else the end of the latest closed month,
-- else now.
local function as_of_when(text, months)
  if not text and #months > 0 then
    return moment.month_end(library.text(months[#months].name))
  end
  return moment.of(text)
end

-- The closed month that the moment is of, or nil.
local function closed_of(months, as_of, gmtoff)
  local name = os.date("!%Y-%m", as_of + gmtoff * 60)
  for _, month in ipairs(months) do
    if library.text(month.name) == name then
      return month
    end
  end
end

function report.command(list)
  local words, options = args.parse(list, rules.options { catalog = "text",
    ["as-of"] = "text", format = "text", heads = "text" })
  if #words == 0 then
    args.fail "report needs an evidence log"
  end
  local format = options.format or "json"
  if not formats[format] then
    args.fail('there is no format "%s": json, csv, html or md', format)
  end

  local lib, judged, months = library.load(), rules.read(options)
  local as_of, gmtoff = as_of_when(options["as-of"], months)
  local month = closed_of(months, as_of, gmtoff)
  local count, audit = recount.read(words, options, as_of, gmtoff, month)

  local out = ffi.new "assist_buf_t"
  if lib.assist_recount_print(count, audit, judged, month, format, out) ~= 1
  then
    error "not enough memory"
  end
  io.write(library.text(out))
  lib.assist_buf_free(out)
  return recount.warn(count, audit, options.catalog) == 0 and 0 or 1
end

return report
