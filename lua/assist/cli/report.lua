-- `assist report`: the figure from the evidence alone.

local ffi = require "ffi"

local cjson = require "cjson"

local args = require "assist.cli.args"
local library = require "assist.cli.library"
local markdown = require "assist.cli.markdown"
local markup = require "assist.cli.markup"
local moment = require "assist.cli.moment"
local recount = require "assist.cli.recount"
local rules = require "assist.cli.rules"

local report = {}

-- Of each format, what the library is to write.
local formats = { json = "json", csv = "csv", html = "figure", md = "figure" }

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

-- The dashboard's own templates, which get the same document as there.
local function page(document, lang)
  package.loaded.assist = { html = markup.new, json = { null = cjson.null } }
  local file = assert(io.open(library.home .. "/assist/pages/status.css", "rb"))
  local data = cjson.decode(document)
  data.page, data.lang, data.style = "report", lang, file:read "*a"
  file:close()
  local out = {}
  require "assist.pages.status".render(data, function(piece)
    out[#out + 1] = markup.get(piece) or markup.escape(piece)
  end)
  return table.concat(out)
end

function report.command(list)
  local words, options = args.parse(list, rules.options { catalog = "text",
    ["as-of"] = "text", format = "text", heads = "text", lang = "text" })
  if #words == 0 then
    args.fail "report needs an evidence log"
  end
  local format = options.format or "json"
  if not formats[format] then
    args.fail('there is no format "%s": json, csv, html or md', format)
  end
  local lang = options.lang or "en"
  if lang ~= "en" and lang ~= "vi" then
    args.fail('there is no language "%s": en or vi', lang)
  end

  local lib, judged, months = library.load(), rules.read(options)
  local as_of, gmtoff = as_of_when(options["as-of"], months)
  local month = closed_of(months, as_of, gmtoff)
  local count, audit = recount.read(words, options, as_of, gmtoff, month)

  local out = ffi.new "assist_buf_t"
  if lib.assist_recount_print(count, audit, judged, month, formats[format],
                              out) ~= 1
  then
    error "not enough memory"
  end
  local text = library.text(out)
  lib.assist_buf_free(out)
  if format == "html" then
    text = page(text, lang)
  elseif format == "md" then
    text = markdown.of(page(text, lang))
  end
  io.write(text)
  return recount.warn(count, audit, options.catalog) == 0 and 0 or 1
end

return report
