-- One service: its level, why it is not at the next one, and the evidence.

local assist = require "assist"
local chart = require "assist.pages.status.chart"
local parts = require "assist.pages.status.parts"

local html, known, given = assist.html, parts.known, parts.given

local service = {}

function service.title(page)
  return page.data.service.service.name
end

local outcomes = { "answered", "clarification", "unanswerable", "refused",
  "ungrounded", "fallback", "error_timeout", "error_provider", "error_hook" }

local shares = { ["l4.answered"] = true, ["l4.sourced"] = true,
                 ["l4.negative"] = true }
local at_most = { ["l2.knowledge_days"] = true, ["l4.negative"] = true,
                  ["l4.latency"] = true }

local function amount(page, rule, value)
  if not known(value) then
    return page.text.none
  elseif shares[rule] then
    return page:percent(value * 100)
  elseif rule == "l4.latency" then
    return page.text.ms:format(page:count(value))
  end
  return page:count(value)
end

local function month(page, rule, found)
  if not known(found) then
    return page.text.none
  end
  local shown = rule == "task" and "" or amount(page, rule, found.value)
  return html('<span class="state %s"><span aria-hidden="true">%s</span> %s'
    .. "</span> %s", found.ok and "met" or "missed", found.ok and "✓" or "✗",
    found.ok and page.text.holds or page.text.holds_not, shown)
end

local function bound(page, check)
  if not known(check.bound) then
    return page.text.service.task_bound
  end
  return (at_most[check.rule] and page.text.at_most or page.text.at_least)
    :format(amount(page, check.rule, check.bound))
end

-- What each level lacks, in the better of the two months.
local function lacking(page, checks, reached)
  local text = page.text
  local has = {}
  for _, level in ipairs(reached) do
    has[level] = true
  end
  page:put("<ul>\n")
  for i = 1, 4 do
    local level = "L" .. i
    local this, last, last_known = {}, {}, false
    for _, check in ipairs(checks) do
      if check.level == level then
        local rule = text.rules[check.rule] .. " (" .. bound(page, check) .. ")"
        if not known(check.this) or not check.this.ok then
          this[#this + 1] = rule
        end
        if known(check.last) then
          last_known = true
          last[#last + 1] = not check.last.ok and rule or nil
        end
      end
    end
    local lacks = last_known and #last < #this and last or this
    page:put("<li><strong>%s %s</strong>: %s</li>\n", level,
      text.level_names[level], has[level] and text.reached
      or text.lacks:format(table.concat(lacks, "; ")))
  end
  page:put "</ul>\n"
end

local function checks(page, found)
  local text = page.text
  page:table(text.service.checks, { text.rule, text.level, text.asked,
    page:period(found.period), page:period(found.last_period) })
  for _, check in ipairs(found.checks) do
    page:row(text.rules[check.rule], check.level, bound(page, check),
      month(page, check.rule, check.this),
      check.rule == "shown" and text.service.both_months
        or month(page, check.rule, check.last))
  end
  page:end_table()
end

-- Both months side by side; one that was not counted has no numbers.
local function counters(page, found)
  local text = page.text
  local months = { found.service, known(found.last) and found.last or nil }
  local function row(label, value)
    page:row(label, value(months[1]), months[2] and value(months[2])
                                      or text.none)
  end
  page:table(text.service.numbers, { text.what,
    { page:period(found.period) }, { page:period(found.last_period) } }, true)
  row(text.views, function(m) return page:count(m.views) end)
  row(text.interactions, function(m) return page:count(m.interactions) end)
  for _, name in ipairs(outcomes) do
    row(text.outcomes[name], function(m)
      return html("%s (%s)", page:count(m[name]),
                  page:share(m[name], m.interactions))
    end)
  end
  row(text.by.model, function(m) return page:count(m.by_model) end)
  row(text.by.catalogue, function(m) return page:count(m.by_catalogue) end)
  row(text.cache_share, function(m)
    return html("%s (%s)", page:count(m.cached),
                page:share(m.cached, m.answered))
  end)
  row(text.source_share, function(m)
    return html("%s (%s)", page:count(m.sourced),
                page:share(m.sourced, m.answered))
  end)
  row(text.latency, function(m)
    return known(m.latency_p95_ms)
           and text.ms:format(page:count(m.latency_p95_ms)) or text.none
  end)
  row(text.tokens, function(m)
    return page:count(m.tokens_in) .. " / " .. page:count(m.tokens_out)
  end)
  row(text.votes, function(m)
    return page:count(m.useful) .. " / " .. page:count(m.not_useful)
  end)
  row(text.days, function(m) return page:count(m.days) end)
  row(text.busiest, function(m)
    return known(m.busiest_day_share)
           and page:percent(m.busiest_day_share * 100) or text.none
  end)
  row(text.first_success, function(m) return page:time(m.first_success) end)
  row(text.last_success, function(m) return page:time(m.last_success) end)
  page:end_table()
end

local function task(page, one)
  local text = page.text
  page:put("<h2>%s</h2>\n", text.task)
  if not known(one.task) then
    page:put("<p>%s</p>\n", text.no_task)
    return
  end
  page:facts {
    { text.task, one.task },
    { text.unit, given(one.unit) or text.nobody },
    { text.deadline, one.overdue
      and text.is_overdue:format(page:date(one.deadline))
      or page:date(one.deadline) },
  }
end

function service.body(page)
  local found, text = page.data.service, page.text
  local one = found.service
  page:put("<h1>%s</h1>\n", one.name)
  page:about(found)
  page:facts {
    { text.code, one.code },
    { text.agency, page:agency(one.agency_code, one.agency) },
    { text.service.level, text.service_level[one.level] },
    { text.field, given(one.field) or text.none },
    { text.essential, one.essential and text.yes or text.no },
    { text.service.updated, page:date(one.updated) },
    { text.service.official, one.official and text.yes or text.no },
  }
  page:put("<h2>%s</h2>\n<p>%s</p>\n", text.evidence,
    page:levels(one.evidence))
  lacking(page, found.checks, one.evidence)
  checks(page, found)
  page:put("<h2>%s</h2>\n", text.service.numbers)
  chart.days(page, found.days)
  counters(page, found)
  task(page, one)
end

return service
