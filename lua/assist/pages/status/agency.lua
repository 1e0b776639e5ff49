-- One agency: its part of the figure, and its services.

local assist = require "assist"
local list = require "assist.pages.status.list"
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

-- Links to the pages before and after this one.
local function pager(page, total)
  local data, text = page.data, page.text
  local pages = math.max(math.ceil(total / data.rows), 1)
  if pages == 1 and data.number == 1 then
    return
  end
  local path = "agency/" .. parts.escape(data.key)
  page:put('<nav class="pager" aria-label="%s">\n<p>%s</p>\n', text.more_pages,
    text.page_of:format(data.number, pages))
  for _, one in ipairs { { data.number - 1, text.page_before },
                         { data.number + 1, text.page_after } } do
    if one[1] >= 1 and one[1] <= pages then
      page:put('<a href="%s">%s</a>\n',
        page:address(path, nil, "number=" .. ("%d"):format(one[1])), one[2])
    end
  end
  page:put "</nav>\n"
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
  pager(page, one.services)
end

return agency
