-- A whole page in place of the portal's: for `request` hooks.

local assist = require "assist"

local page = {}

local html = assist.html

-- Where the portal's own style sheet is not named.
local style = html [[<style>
body { margin: 0 auto; padding: 1rem; max-width: 45rem;
  font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: break-word; }
input, textarea, button { font: inherit; padding: .5rem; max-width: 100%;
  box-sizing: border-box; }
label { display: block; font-weight: 700; }
</style>]]

-- Did a browser ask for a page to show, and not a script for data?
function page.wanted(request)
  local accept = request:header "Accept"
  return accept ~= nil and accept:lower():find("text/html", 1, true) ~= nil
         and not request:header "X-Requested-With"
end

-- A text of several lines, as they stand.
function page.lines(text)
  return html((tostring(html("%s", text)):gsub("\r?\n", "<br>\n")))
end

-- The document.  given: lang, title, notice (that this is automatic: it
-- stands before what it is about), body (markup); of the hook's parameters:
-- css (address of a style sheet), portal, home (its name and first page).
function page.document(given, conf)
  local head = conf.css and html('<link rel="stylesheet" href="%s">', conf.css)
               or style
  local title, brand = given.title, html ""
  if conf.portal then
    title = title .. " – " .. conf.portal
    brand = html('<header class="site"><p class="brand"><a href="%s">%s</a></p>'
      .. "</header>\n", conf.home or "/", conf.portal)
  end
  return html([[<!DOCTYPE html>
<html lang="%s">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>%s</title>
%s
</head>
<body>
%s<main>
<h1>%s</h1>
<p class="assist-notice" role="note">%s</p>
%s</main>
</body>
</html>
]], given.lang, title, head, brand, given.title, given.notice, given.body)
end

-- What is typed into such a page, or stands in it, is nobody else's.
page.headers = { ["Cache-Control"] = "no-store" }

return page
