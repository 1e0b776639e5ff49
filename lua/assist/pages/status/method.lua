-- Every rule and threshold in force.  In English the words are those of
-- coverage.json, in Vietnamese those of method_words.lua: the same rules.

local assist = require "assist"
local overview = require "assist.pages.status.overview"
local parts = require "assist.pages.status.parts"
local words = require "assist.pages.status.method_words"

local html, known = assist.html, parts.known

local method = {}

function method.title(page)
  return page.text.method
end

local function rules(page, found)
  for _, name in ipairs(words.order) do
    page:put("<h2>%s</h2>\n<p>%s</p>\n", page.text.method_titles[name],
      page.lang == "en" and found[name] or words.vi[name])
  end
end

local function thresholds(page, found)
  local text = page.text
  page:table(text.thresholds, { text.threshold, text.rule, { text.number } })
  for _, name in ipairs(words.thresholds) do
    local value = found[name]
    local is_share = name == "l4.answered" or name == "l4.sourced"
                     or name == "l4.negative"
    page:row(html("<code>%s</code>", name), text.rules[name],
      is_share and page:percent(value * 100) or page:count(value))
  end
  page:end_table()
end

local function levels(page, found)
  local text = page.text
  page:put("<h2>%s</h2>\n", text.levels_title)
  page:put '<dl class="levels">\n'
  for i = 1, 4 do
    local level = "L" .. i
    page:put("<dt>%s %s</dt><dd>%s</dd>\n", level, text.level_names[level],
      page.lang == "en" and found.levels[level]
      or words.vi.levels[level](found.thresholds, page))
  end
  page:put "</dl>\n"
  thresholds(page, found.thresholds)
end

local function targets(page, measures)
  local text = page.text
  page:put("<h2>%s</h2>\n", text.targets)
  page:table(text.targets, { text.measure, text.chart.date,
                             { text.target }, text.state }, true)
  for _, measure in ipairs(measures) do
    for _, one in ipairs(measure.milestones) do
      page:row(overview.measure_title(page, measure), page:date(one.date),
        measure.unit == "people"
          and text.people:format(page:count(one.target))
          or page:percent(one.target), page:status(one.status))
    end
  end
  page:end_table()
end

local function files(page, found)
  local text = page.text
  page:put("<h2>%s</h2>\n<p>%s</p>\n", text.files, text.files_about)
  page:table(text.files, { text.file, "SHA-256" }, true)
  page:row(text.catalogue, html("<code>%s</code>", found.catalogue.hash))
  for _, name in ipairs { "levels", "targets", "tasks", "register" } do
    local hash = found.files[name]
    page:row(text.file_names[name], known(hash)
             and html("<code>%s</code>", hash) or text.no_file)
  end
  page:end_table()
  page:put("<h3>%s</h3>\n<p>%s</p>\n", text.heads, text.heads_about:format(
    page:count(#found.evidence_heads)))
end

function method.body(page)
  local found = page.data.coverage
  page:put("<h1>%s</h1>\n", page.text.method)
  page:about(found)
  method.put(page, found)
end

-- The same below a heading of somebody else.
function method.put(page, found)
  rules(page, found.method)
  levels(page, found.method)
  targets(page, found.measures)
  files(page, found)
end

return method
