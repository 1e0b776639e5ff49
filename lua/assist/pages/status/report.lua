-- The figure in one document, for `assist report`: the overview with all of its
-- rows, the month as it was closed, and the method.

local parts = require "assist.pages.status.parts"
local method = require "assist.pages.status.method"
local overview = require "assist.pages.status.overview"

local known = parts.known

local report = {}

function report.title(page)
  return page.text.title
end

-- The month as it was closed, beside what the evidence says now.
local function closed(page, found, measures)
  local text = page.text
  local now = {}
  for _, one in ipairs(measures) do
    now[one.name] = one
  end
  page:put("<h2>%s</h2>\n<p>%s</p>\n", text.closed, text.closed_about:format(
    page:period(found.month), page:date(found.closed_at:sub(1, 10)),
    page:count(found.later)))
  page:table(text.closed, { text.measure, { text.closed_then },
                            { text.closed_now } }, true)
  for _, one in ipairs(found.coverage.measures) do
    local function of(measure)
      return measure and (known(measure.denominator) and text.of_all:format(
        page:count(measure.numerator), page:count(measure.denominator))
        or page:count(measure.numerator)) or text.none
    end
    page:row(overview.measure_title(page, one), of(one), of(now[one.name]))
  end
  page:end_table()
end

function report.body(page)
  local found, text = page.data.coverage, page.text
  overview.put(page, found)
  if known(page.data.closed) then
    closed(page, page.data.closed, found.measures)
  end
  page:put("<h1>%s</h1>\n", text.method)
  method.put(page, found)
end

return report
