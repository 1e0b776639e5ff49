-- `assist report`: the figure from the evidence alone.

local ffi = require "ffi"

local args = require "assist.cli.args"
local catalogue = require "assist.cli.catalogue"
local library = require "assist.cli.library"
local log = require "assist.cli.log"
local rules = require "assist.cli.rules"

local report = {}

local formats = { json = true, csv = true, html = true, md = true }

-- Minutes east of UTC at a moment, as nginx on this machine has them.
local function offset(time)
  local sign, hours, minutes = os.date("%z", time):match "^([+-])(%d%d)(%d%d)$"
  local east = tonumber(hours) * 60 + tonumber(minutes)
  return sign == "-" and -east or east
end

-- Now; the end of a day; or a moment as coverage.json has it in as_of.
local function moment(text)
  if not text then
    local now = os.time()
    return now, offset(now)
  end
  local found = ffi.new "assist_moment_t"
  if library.load().assist_line_time(library.str(text), found) == 0 then
    return tonumber(found.seconds), found.gmtoff
  end
  local year, month, day = text:match "^(%d%d%d%d)-(%d%d)-(%d%d)$"
  local time = year and os.time { year = tonumber(year),
    month = tonumber(month), day = tonumber(day), hour = 23, min = 59,
    sec = 59 }
  if not time or os.date("%Y-%m-%d", time) ~= text then
    args.fail('"%s" is no day: write 2026-11-30, or 2026-11-30T12:00:00+07:00',
      text)
  end
  return time, offset(time)
end

local function warn(count, format, ...)
  if count > 0 then
    io.stderr:write("assist: ", format:format(tonumber(count), ...), "\n")
  end
end

function report.command(list)
  local words, options = args.parse(list, rules.options { catalog = "text",
    ["as-of"] = "text", format = "text", key = "text", heads = "text" })
  if #words == 0 then
    args.fail "report needs an evidence log"
  elseif not options.catalog then
    args.fail "report needs the catalogue: --catalog FILE"
  end
  local format = options.format or "json"
  if not formats[format] then
    args.fail('there is no format "%s": json, csv, html or md', format)
  end

  local lib = library.load()
  local cat, judged = catalogue.parse(options.catalog), rules.read(options)
  local as_of, gmtoff = moment(options["as-of"])
  local count = lib.assist_recount_create(cat, as_of, gmtoff)
  if count == nil then
    error "not enough memory"
  end

  local audit = log.read(words, options, ffi.new("assist_audit_reader_t",
    { lib.assist_recount_line, lib.assist_recount_block, count }))
  local out = ffi.new "assist_buf_t"
  if lib.assist_recount_print(count, audit, judged, format, out) ~= 1 then
    error "not enough memory"
  end
  io.write(library.text(out))
  lib.assist_buf_free(out)

  local got, findings = lib.assist_recount_result(count),
    log.result(audit).findings
  warn(got.unknown, "%d lines name a service that %s does not have",
    options.catalog)
  warn(got.catalogues, "%d workers had another catalogue than %s",
    options.catalog)
  warn(got.unsealed, "%d lines were not counted: their block has no end, or "
    .. "was changed")
  warn(got.malformed, "%d lines were not counted: they are no interactions")
  warn(findings, "the evidence is not good (findings: %d): run \"assist "
    .. "verify\"")
  return findings == 0 and 0 or 1
end

return report
