-- What the pages of the dashboard share: numbers and dates as a language
-- writes them, links, tables.

local assist = require "assist"
local words = require "assist.pages.status.words"

local html, null = assist.html, assist.json.null

local parts = {}
local methods = {}
methods.__index = methods

function parts.page(data, emit)
  return setmetatable({ data = data, text = words[data.lang], emit = emit,
                        lang = data.lang, places = 0 }, methods)
end

function parts.known(value)
  return value ~= nil and value ~= null
end

local known = parts.known

-- The value, or nil for what is null or empty.
function parts.given(value)
  return known(value) and value ~= "" and value or nil
end

-- A part of a path.
function parts.escape(key)
  return (key:gsub("[^%w%-%._~@]", function(c)
    return ("%%%02X"):format(c:byte())
  end))
end

function methods:put(template, ...)
  self.emit(html(template, ...))
end

-- An address below the location's, in this page's language or another.  What
-- is kept of a past day has links to the same day.
function methods:address(path, lang, more)
  local query = {}
  if (lang or self.lang) == "en" then
    query[1] = "lang=en"
  end
  if self.data.past and (path == "" or path == "method") then
    query[#query + 1] = "as_of=" .. self.data.past
  end
  query[#query + 1] = more
  return self.data.base .. path .. (query[1] and "?" or "")
         .. table.concat(query, "&")
end

-- In a file that stands alone there is nothing to lead to.
function methods:link(path, label)
  return self.data.base and html('<a href="%s">%s</a>', self:address(path),
                                 label) or label
end

function methods:agency(code, name)
  local key = parts.given(code) or parts.given(name)
  return key and self:link("agency/" .. parts.escape(key),
                           parts.given(name) or key)
         or self:link("agency/", self.text.no_agency)
end

-- A service's code, which leads to its page.
function methods:code(code, agency_code)
  local agency = parts.given(agency_code)
  return self:link("service/" .. parts.escape(agency and code .. "@" .. agency
                                              or code), code)
end

local function commas(self, digits)
  return self.lang == "en" and digits or (digits:gsub("%.", ","))
end

-- 5700 as "5.700", in English "5,700".
function methods:count(n)
  if not known(n) then
    return self.text.none
  end
  local digits = ("%.0f"):format(n):reverse():gsub("(%d%d%d)", "%1 ")
  return (digits:reverse():gsub("^ ", ""):gsub(" ",
    self.lang == "en" and "," or "."))
end

-- With two decimals, as everywhere.
function methods:decimal(n)
  return known(n) and commas(self, ("%.2f"):format(n)) or self.text.none
end

-- "41,66 %"; a percentage, not a share.
function methods:percent(n)
  return known(n) and commas(self, ("%.2f"):format(n)) .. "\194\160%"
         or self.text.none
end

-- A part of a whole, rounded as core/figure_print.c does: the last missing one
-- is not rounded away.
function methods:share(n, all)
  if all == 0 then
    return self.text.none
  end
  local ratio = math.floor((n * 10000 + math.floor(all / 2)) / all)
  return self:percent((ratio >= 10000 and n < all and 9999 or ratio) / 100)
end

-- The same for people, with the number itself in the page.
function methods:value(n, shown)
  return known(n) and html('<data value="%s">%s</data>', ("%.2f"):format(n),
                           shown) or self.text.none
end

-- 2026-11-30 as 30/11/2026, 2026-11 as 11/2026, in English as it stands.
function methods:date(text)
  if not parts.given(text) then
    return self.text.none
  elseif self.lang == "en" then
    return text
  end
  local year, month, day = text:match "^(%d+)%-(%d+)%-?(%d*)"
  return (day ~= "" and day .. "/" or "") .. month .. "/" .. year
end

-- A date in a cell: on one line.
function methods:day(text)
  return html('<span class="day">%s</span>', self:date(text))
end

-- A moment as "30/11/2026 08:15".
function methods:time(text)
  if not parts.given(text) then
    return self.text.none
  end
  return html('<time datetime="%s">%s %s</time>', text,
    self:date(text:sub(1, 10)), text:sub(12, 16))
end

function methods:period(text)
  return self.text.month:format(self:date(text))
end

-- A state in words, with a sign of its own: colour alone says nothing.
local signs = { met = "✓", on_track = "✓", behind = "!", missed = "✗",
                not_measured = "?" }

function methods:status(name)
  if not known(name) then
    return self.text.none
  end
  return html('<span class="state %s"><span aria-hidden="true">%s</span> %s'
    .. "</span>", name, signs[name] or "", self.text.status[name] or name)
end

-- L1 to L4: those that are reached, the others struck out.
function methods:levels(reached)
  local has, out = {}, html ""
  for _, level in ipairs(reached) do
    has[level] = true
  end
  for i = 1, 4 do
    local level = "L" .. i
    out = out .. html('<span class="level%s">%s<span class="hidden"> %s</span>'
      .. "</span> ", has[level] and " yes" or "", level,
      has[level] and self.text.reached or self.text.not_reached)
  end
  return out
end

-- A bar of a percentage, for the eye only.
function methods.bar(_, percentage)
  return known(percentage) and html('<svg class="bar" viewBox="0 0 100 10" '
    .. 'preserveAspectRatio="none" aria-hidden="true" focusable="false">'
    .. '<rect width="100" height="10" class="back"/>'
    .. '<rect width="%s" height="10"/></svg>', ("%.1f"):format(percentage))
    or ""
end

-- A table that scrolls by itself where the window is narrow.  A column is its
-- heading, or { heading } for one of numbers.  said: a heading above the table
-- says what the caption does, which then is for screen readers only.
function methods:table(caption, columns, said)
  self.places = self.places + 1
  local id = "t" .. self.places
  self.columns = columns
  self:put('<div class="scroll" role="region" tabindex="0" '
    .. 'aria-labelledby="%s">\n<table>\n<caption id="%s"%s>%s</caption>\n'
    .. "<thead><tr>", id, id, said and html ' class="hidden"' or "", caption)
  for _, column in ipairs(columns) do
    local is_number = type(column) == "table"
    self:put('<th scope="col"%s>%s</th>',
      is_number and html ' class="n"' or "", is_number and column[1] or column)
  end
  self:put "</tr></thead>\n<tbody>\n"
end

function methods:row(first, ...)
  local cells = { ... }
  local out = html('<tr><th scope="row">%s</th>', first)
  for i = 1, #self.columns - 1 do
    out = out .. html("<td%s>%s</td>",
      type(self.columns[i + 1]) == "table" and html ' class="n"' or "",
      cells[i])
  end
  self.emit(out .. html "</tr>\n")
end

function methods:end_table()
  self:put "</tbody>\n</table>\n</div>\n"
end

-- Names and values: { name, value } in a list.
function methods:facts(list)
  self:put '<dl class="facts">\n'
  for _, one in ipairs(list) do
    self:put("<div><dt>%s</dt><dd>%s</dd></div>\n", one[1], one[2])
  end
  self:put "</dl>\n"
end

-- Links to the pages of a list before and after this one.
function methods:pager(path, pages)
  local text, number = self.text, self.data.number
  if pages <= 1 and number == 1 then
    return
  end
  self:put('<nav class="pager" aria-label="%s">\n<p>%s</p>\n', text.more_pages,
    text.page_of:format(number, pages))
  for _, one in ipairs { { number - 1, text.page_before },
                         { number + 1, text.page_after } } do
    if one[1] >= 1 and one[1] <= pages then
      self:put('<a href="%s">%s</a>\n',
        self:address(path, nil, "page=" .. ("%d"):format(one[1])), one[2])
    end
  end
  self:put "</nav>\n"
end

-- When, and of which month; and whether that is long ago.
function methods:about(document)
  self:put('<p class="about">%s %s. %s: %s.</p>\n', self.text.as_of,
    self:time(document.as_of), self.text.period, self:date(document.period))
  if not self.data.base then
    self:put('<p class="about">%s</p>\n', self.text.recounted)
  end
  if self.data.past then
    self:put('<p class="past">%s <a href="%s%s">%s</a></p>\n',
      self.text.past:format(self:date(self.data.past)), self.data.base,
      self.lang == "en" and "?lang=en" or "", self.text.past_today)
  end
end

return parts
