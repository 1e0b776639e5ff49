-- A procedure that several agencies have: each is a service of its own.

local list = require "assist.pages.status.list"

local procedure = {}

function procedure.title(page)
  return page.data.procedure.services[1].name
end

function procedure.body(page)
  local found = page.data.procedure
  page:put("<h1>%s</h1>\n", found.services[1].name)
  page:about(found)
  page:put("<p>%s</p>\n", page.text.several:format(found.services[1].code,
    page:count(#found.services)))
  page:put("<h2>%s</h2>\n", page.text.at_agencies)
  list.put(page, page.text.at_agencies, found.services, true)
end

return procedure
