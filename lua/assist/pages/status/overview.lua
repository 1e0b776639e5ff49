-- The first page: the official figure, what is beside it, and what to do next.

local assist = require "assist"
local chart = require "assist.pages.status.chart"
local parts = require "assist.pages.status.parts"

local html, known, given = assist.html, parts.known, parts.given

local LEAGUE = 100          -- rows of a league on a page

local overview = {}

function overview.title(page)
  return page.text.title
end

-- Of an official measure its own words; of a target for a part, that part.
function overview.measure_title(page, measure)
  local own = page.text.measures[measure.name]
  if own then
    return own
  end
  local kind, value = measure.subset:match "^(%a+):(.*)$"
  return page.text.part[kind]:format(value)
end

-- The next milestone that is not over, or nil.
local function next_milestone(measure, today)
  for _, one in ipairs(measure.milestones) do
    if one.date >= today then
      return one
    end
  end
end

local function gap(page, measure)
  if not known(measure.gap) then
    return page.text.none
  end
  local text = measure.gap > 0 and page.text.short_by or page.text.ahead_by
  return page:value(measure.gap, text:format(page:decimal(math.abs(measure.gap))))
end

local function forecast(page, measure)
  local one = measure.forecast
  if not known(one) then
    return page.text.no_forecast
  end
  return page.text.forecast:format(page:percent(one.ratio),
    page:date(one.date), page:decimal(one.pace), one.months)
end

-- A measure against its target, as names and values.
function overview.standing(page, measure, today)
  local text = page.text
  local list = {
    { text.target_today, page:value(measure.target,
                                    page:percent(measure.target)) },
    { text.gap, gap(page, measure) },
    { text.needed, page:count(measure.needed) },
  }
  local next_one = next_milestone(measure, today)
  if next_one then
    list[4] = { text.next_milestone, text.on_day:format(
      page:percent(next_one.target), page:date(next_one.date)) }
  end
  list[#list + 1] = { text.per_month, page:value(measure.needed_per_month,
    page:decimal(measure.needed_per_month)) }
  list[#list + 1] = { text.chart.forecast, forecast(page, measure) }
  return list
end

local function headline(page, measure, today)
  local text = page.text
  page:put('<section class="headline" aria-labelledby="figure">\n'
    .. '<h2 id="figure">%s</h2>\n<p class="ratio">%s</p>\n<p>%s</p>\n'
    .. '<p class="verdict">%s</p>\n',
    overview.measure_title(page, measure),
    page:value(measure.ratio, page:percent(measure.ratio)),
    text.of:format(page:count(measure.numerator),
                   page:count(measure.denominator)), page:status(measure.status))
  local list = overview.standing(page, measure, today)
  if known(measure.denominator) and measure.denominator
     ~= measure.denominator_max then
    list[#list + 1] = { text.range, text.range_of:format(
      page:percent(measure.ratio_min), page:percent(measure.ratio_max),
      page:count(measure.denominator_max - measure.denominator)) }
  end
  for i = 3, 4 do
    local level = "L" .. i
    list[#list + 1] = { html("%s %s", level, text.level_names[level]),
      html("%s (%s)", page:count(measure.levels[level]),
           page:share(measure.levels[level], measure.denominator)) }
  end
  page:facts(list)
  page:put "</section>\n"
end

-- L1 to L4 beside the official figure, who spoke, and by procedure.
local function levels(page, measure)
  local text = page.text
  local columns = { text.level, { text.services }, { text.share },
    { text.by.model }, { text.by.catalogue }, { text.any }, { text.every } }
  page:put("<h2>%s</h2>\n", text.levels_title)
  page:table(text.levels_caption, columns)
  for i = 1, 4 do
    local level = "L" .. i
    local n = measure.levels[level]
    page:row(html("%s %s", level, text.level_names[level]), page:count(n),
      page:share(n, measure.denominator),
      page:count(measure.by.model[level]),
      page:count(measure.by.catalogue[level]),
      page:count(measure.procedures.any[level]),
      page:count(measure.procedures.every[level]))
  end
  page:end_table()
  page:put("<p>%s</p>\n", text.levels_note)
end

local function milestones(page, measure)
  local out = html ""
  for i, one in ipairs(measure.milestones) do
    out = out .. (i > 1 and html "<br>" or "") .. html("%s: %s, %s",
      page:date(one.date), measure.unit == "people"
        and page.text.people:format(page:count(one.target))
        or page:percent(one.target), page:status(one.status))
  end
  return out
end

-- What else is measured: essential services, the measures of documents, and
-- what targets of their own are for.
local function measures(page, list)
  local text = page.text
  page:put("<h2>%s</h2>\n", text.other_measures)
  page:table(text.other_measures, { text.measure, { text.reached_now },
    { text.target_now }, { text.needed_short }, { text.per_month_short },
    text.state, text.milestones }, true)
  for i = 2, #list do
    local one = list[i]
    local people = one.unit == "people"
    local now = people and page:value(one.numerator,
        text.people:format(page:count(one.numerator)))
      or html("%s<br>%s", page:value(one.ratio, page:percent(one.ratio)),
        (known(one.documents) and text.of_all or text.of):format(
          page:count(one.numerator), page:count(one.denominator)))
    page:row(html("%s%s", overview.measure_title(page, one),
        known(one.documents) and html("<br><small>%s</small>",
          text.documents:format(page:count(one.documents))) or ""),
      now, people and known(one.target) and page:count(math.ceil(one.target))
        or page:percent(one.target), page:count(one.needed),
      page:decimal(one.needed_per_month), page:status(one.status),
      milestones(page, one))
  end
  page:end_table()
end

local function by_ratio(a, b)
  local of_a = known(a.ratio) and a.ratio or -1
  local of_b = known(b.ratio) and b.ratio or -1
  if of_a ~= of_b then
    return of_a > of_b
  elseif a.denominator ~= b.denominator then
    return a.denominator > b.denominator
  end
  return (a.code or "") .. a.name < (b.code or "") .. b.name
end

-- Those of this page, or all of them where there are no pages.  Gives how many
-- pages there are.
local function league(page, title, list, is_agency)
  local text, number = page.text, page.data.number
  local from = number and (number - 1) * LEAGUE or 0
  local to = number and math.min(#list, number * LEAGUE) or #list
  if from >= #list then
    return 0
  end
  table.sort(list, by_ratio)
  page:put("<h2>%s</h2>\n", title)
  page:table(title, { text.name, { text.full_services }, { text.with_ai },
    { text.share }, "L3, L4" }, true)
  for i = from + 1, to do
    local one = list[i]
    page:row(is_agency and page:agency(one.code, one.name)
             or given(one.name) or text.no_name,
      page:count(one.denominator), page:count(one.numerator),
      html("%s %s", page:percent(one.ratio), page:bar(one.ratio)),
      html("%s, %s", page:count(one.levels.L3), page:count(one.levels.L4)))
  end
  page:end_table()
  local pages = number and math.ceil(#list / LEAGUE) or 1
  if pages > 1 then
    page:pager("", pages)
  end
  return pages
end

local function leagues(page, found)
  local text = page.text
  return math.max(league(page, text.agencies, found.agencies, true),
    league(page, text.fields, found.fields),
    league(page, text.provinces, found.provinces))
end

local function task_of(page, one)
  return given(one.code) and page:code(one.code, one.agency_code)
         or page:agency(one.agency_code, one.agency_code)
end

local function tasks(page, title, list)
  local text = page.text
  if not list[1] then
    return
  end
  page:table(title, { text.task, text.about_what, text.unit, text.deadline,
                      { text.done } })
  for _, one in ipairs(list) do
    page:row(one.task, task_of(page, one), given(one.unit) or text.nobody,
      page:day(one.deadline), text.done_of:format(page:count(one.done),
                                                  page:count(one.services)))
  end
  page:end_table()
end

local function roadmap(page, road)
  local text = page.text
  page:put("<h2>%s</h2>\n", text.roadmap)
  page:facts {
    { text.tasks, page:count(road.tasks) },
    { text.overdue, page:count(road.overdue) },
    { text.ownerless, page:count(road.ownerless) },
    { text.undated, page:count(road.undated) },
    { text.tasks_unmatched, page:count(road.unmatched) },
    { text.remaining, page:count(road.remaining) },
    { text.unplanned, page:count(road.unplanned) },
  }
  tasks(page, text.overdue_first, road.overdue_tasks)
  tasks(page, text.ownerless_first, road.ownerless_tasks)
  if not road.next[1] then
    return
  end
  page:table(text.next, { text.service.name, text.code, text.agency,
    text.essential, { text.views }, { text.interactions }, text.unit,
    text.deadline })
  for _, one in ipairs(road.next) do
    page:row(one.name, page:code(one.code, one.agency_code),
      page:agency(one.agency_code, one.agency),
      one.essential and text.yes or text.no, page:count(one.views),
      page:count(one.interactions), given(one.unit) or text.nobody,
      page:day(one.deadline))
  end
  page:end_table()
end

local function quality(page, found)
  local text = page.text
  page:put("<h2>%s</h2>\n", text.quality)
  page:table(text.quality_caption, { text.what, { text.number }, text.means })
  for _, name in ipairs { "unmatched", "excluded", "dropped", "unknown_levels",
                          "blocked", "compressed" } do
    page:row(text.quality_names[name], page:count(found[name]),
             text.quality_means[name])
  end
  local ledger = given(found.ledger)
  if ledger then
    page:row(text.quality_names.died, page:count(ledger.died),
             text.quality_means.died)
  end
  local odd = {}
  for name in pairs(found.oddities) do
    odd[#odd + 1] = name
  end
  table.sort(odd)
  for _, name in ipairs(odd) do
    page:row(text.catalogue_odd, page:count(found.oddities[name]),
             text.oddities[name] or name)
  end
  page:end_table()
  if found.dropped > 0 then
    page:put("<p>%s</p>\n", text.lower_bounds)
  end
end

local function exports(page)
  local text, past = page.text, page.data.past
  page:put('<section class="exports">\n<h2>%s</h2>\n<ul>\n', text.exports)
  for i, name in ipairs { "coverage.json", "coverage.csv", "services.json",
                          "services.csv", "metrics" } do
    if i <= 2 or not past then
      page:put('<li><a href="%s%s%s">%s</a> %s</li>\n', page.data.base, name,
        past and "?as_of=" .. past or "", name, text.export_of[name])
    end
  end
  page:put "</ul>\n"
  page:put('<form method="get" action="%s">\n<label>%s <input type="date" '
    .. 'name="as_of" required value="%s"></label>\n', page.data.base,
    text.other_day, past or page.data.coverage.as_of:sub(1, 10))
  if page.lang == "en" then
    page:put '<input type="hidden" name="lang" value="en">\n'
  end
  page:put("<button>%s</button>\n</form>\n</section>\n", text.show)
end

-- All that the figure says, without the method.
function overview.put(page, found)
  local text = page.text
  local today = found.as_of:sub(1, 10)
  local official = found.measures[1]
  page:put("<h1>%s</h1>\n", text.title)
  page:about(found)
  headline(page, official, today)
  page:put("<h2>%s</h2>\n", text.chart.title)
  chart.put(page, official, today)
  levels(page, official)
  measures(page, found.measures)
  leagues(page, found)
  roadmap(page, found.roadmap)
  quality(page, found.quality)
end

-- Of a list's second page and those after it the lists alone.
function overview.body(page)
  local found, text = page.data.coverage, page.text
  if page.data.number > 1 then
    page:put("<h1>%s</h1>\n", text.title)
    page:about(found)
    if leagues(page, found) == 0 then
      page:put("<p>%s</p>\n", text.nothing_here)
    end
    page:put('<p><a href="%s">%s</a></p>\n', page:address "", text.overview)
    return
  end
  overview.put(page, found)
  exports(page)
  page:put('<p class="about">%s: %s (%s). <a href="%s">%s</a></p>\n',
    text.catalogue, html("<code>%s</code>", found.catalogue.hash),
    text.rows:format(page:count(found.catalogue.rows)),
    page:address "method", text.how)
end

return overview
