-- One agency: its part of the figure, and its services.

local assist = require "assist"
local list = require "assist.pages.status.list"
local overview = require "assist.pages.status.overview"
local parts = require "assist.pages.status.parts"

local html, given = assist.html, parts.given

local agency = {}

local function name(page)
  local one = page.data.agency.agency
  return given(one.name) or given(one.code) or page.text.no_agency
end

function agency.title(page)
  return name(page)
end

function agency.body(page)
  local found, text = page.data.agency, page.text
  local one = found.agency
  page:put("<h1>%s</h1>\n", name(page))
  page:about(found)
  page:put('<section class="headline" aria-labelledby="figure">\n'
    .. '<h2 id="figure">%s</h2>\n<p class="ratio">%s</p>\n<p>%s</p>\n',
    text.measures.fully_online_services_with_ai,
    page:value(one.ratio, page:percent(one.ratio)),
    text.of:format(page:count(one.numerator), page:count(one.denominator)))
  if parts.known(found.measure) then
    page:put('<p class="verdict">%s</p>\n<h3>%s</h3>\n',
      page:status(found.measure.status), text.own_target)
    page:facts(overview.standing(page, found.measure, found.as_of:sub(1, 10)))
  else
    page:put("<p>%s</p>\n", text.no_own_target)
  end
  local facts = {
    { text.code, given(one.code) or text.none },
    { text.all_services, page:count(one.services) },
  }
  for i = 1, 4 do
    local level = "L" .. i
    facts[#facts + 1] = { html("%s %s", level, text.level_names[level]),
                          page:count(one.levels[level]) }
  end
  page:facts(facts)
  page:put("</section>\n<h2>%s</h2>\n", text.its_services)
  if found.services[1] then
    list.put(page, text.its_services, found.services)
  else
    page:put("<p>%s</p>\n", text.nothing_here)
  end
  page:pager("agency/" .. parts.escape(page.data.key),
    math.ceil(one.services / page.data.rows))
end

return agency
