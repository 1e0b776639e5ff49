-- The dashboard: the figure's pages, which work without JavaScript and print.
-- Their documents are made in ngx_http_assist_dashboard.c; that of the report,
-- a file that stands alone (no `base`, but its `style`), in assist/cli/report.lua.

local assist = require "assist"
local parts = require "assist.pages.status.parts"

local html = assist.html

local pages = {
  overview = require "assist.pages.status.overview",
  agency = require "assist.pages.status.agency",
  procedure = require "assist.pages.status.procedure",
  service = require "assist.pages.status.service",
  method = require "assist.pages.status.method",
  report = require "assist.pages.status.report",
  missing = require "assist.pages.status.missing",
}

local M = {}

-- This page's own address below the location's.
local function path_of(data)
  if data.page == "overview" then
    return ""
  elseif data.page == "method" then
    return "method"
  end
  local kind = data.page == "missing" and data.kind
               or data.page == "agency" and "agency" or "service"
  return kind .. "/" .. parts.escape(data.key)
end

local function head(page, title)
  local data, text = page.data, page.text
  page:put('<!DOCTYPE html>\n<html lang="%s">\n<head>\n'
    .. '<meta charset="utf-8">\n'
    .. '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    .. '<meta name="robots" content="noindex">\n'
    .. '<title>%s</title>\n', data.lang,
    title == text.title and title or title .. " – " .. text.title)
  if data.style then
    page:put("<style>%s</style>\n</head>\n<body>\n"
      .. '<main id="main">\n', html(data.style))
    return
  end
  page:put('<link rel="stylesheet" href="%sstatus.css">\n</head>\n<body>\n'
    .. '<a class="skip" href="#main">%s</a>\n<header>\n<p>%s</p>\n'
    .. '<nav aria-label="%s">\n', data.base, text.skip, text.title, text.pages)
  for _, one in ipairs { { "overview", "", text.overview },
                         { "method", "method", text.method } } do
    page:put('<a href="%s"%s>%s</a>\n', page:address(one[2]),
      data.page == one[1] and html ' aria-current="page"' or "", one[3])
  end
  local other = data.lang == "en" and "vi" or "en"
  page:put('<a href="%s" lang="%s" hreflang="%s">%s</a>\n</nav>\n</header>\n'
    .. '<main id="main">\n', page:address(path_of(data), other), other, other,
    text.other_language)
end

local function foot(page)
  page:put("</main>\n<footer>\n<p>%s</p>\n</footer>\n</body>\n</html>\n",
    page.text.made_by)
end

function M.render(data, emit)
  local page = parts.page(data, emit)
  local view = pages[data.page]
  head(page, view.title(page))
  view.body(page)
  foot(page)
end

return M
