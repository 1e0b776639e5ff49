-- Services as a table.

local parts = require "assist.pages.status.parts"

local list = {}

function list.put(page, caption, services, with_agency)
  local text = page.text
  local columns = { text.service.name, text.code, text.service.level,
    text.evidence, { text.interactions }, { text.outcomes.answered },
    text.last_success, text.deadline }
  if with_agency then
    columns[1] = text.agency
  end
  page:table(caption, columns, true)
  for _, one in ipairs(services) do
    local deadline = page:date(one.deadline)
    if parts.known(one.overdue) and one.overdue then
      deadline = text.is_overdue:format(deadline)
    end
    page:row(with_agency and page:agency(one.agency_code, one.agency)
             or one.name,
      page:code(one.code, one.agency_code), text.service_level[one.level],
      page:levels(one.evidence), page:count(one.interactions),
      page:count(one.answered), page:time(one.last_success), deadline)
  end
  page:end_table()
end

return list
