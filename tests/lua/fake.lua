-- What hooks get from nginx, as plain tables: the `assist` module, ctx,
-- services.

local fake = { logged = {} }

local assist = { text = {}, log = {}, ai = {} }
package.loaded.assist = assist

-- Questions of these tests have no marks, so folding is this much.
function assist.text.fold(text)
  return (text:lower():gsub("[%p%s]+", " "):gsub("^ ", ""):gsub(" $", ""))
end

function assist.log.error(text)
  fake.logged[#fake.logged + 1] = text
end

-- What assist.search gives next: found, services; or nil, reason.
function fake.search(found, services, reason)
  function assist.search(query)
    fake.query = query
    if not found then
      return nil, reason
    end
    local hits = { found = found, alike = #services }
    for i, service in ipairs(services) do
      hits[i] = { service = service, score = 1 }
    end
    return hits
  end
end

-- What assist.ai.chat gives: a text with its citations, said; or nil, reason.
-- fake.asked has what it was asked.
function fake.model(text, cited)
  fake.asked = {}
  function assist.ai.chat(options)
    fake.asked[#fake.asked + 1] = options
    if not text then
      return nil, cited
    end
    if options.say then
      fake.said(text)
    end
    return cited and { cited = cited, provider = "p", model = "m" } or nil,
           not cited and "broken" or nil
  end
end

fake.model(nil, "no provider")

-- A service with every column; "" is what nginx gives for an empty one.
function fake.service(columns)
  local service = {
    code = "1.001456", name = "Cap ho chieu", agency = "Bo Cong an",
    agency_code = "G01", level = "full", documents = "To khai TK01",
    fee = "200.000", time = "05 ngay", where = "Cong an tinh",
    contact = "1900 0000", url = "/ho-chieu", updated = "2026-11-01",
  }
  for name, value in pairs(columns or {}) do
    service[name] = value
  end
  return service
end

-- Runs a hook's `ask`; gives what it said and did.
function fake.ask(hook, fields, conf)
  local got = { said = "", cited = {}, about = {} }
  function fake.said(text)
    got.said = got.said .. text
  end
  local ctx = {
    say = function(_, text) fake.said(text) end,
    cite = function(_, source) got.cited[#got.cited + 1] = source end,
    about = function(_, service) got.about[#got.about + 1] = service end,
    outcome = function(_, name) got.outcome = name end,
    lang = "vi",
  }
  for name, value in pairs(fields) do
    ctx[name] = value
  end
  hook.ask(ctx, conf or {})
  return got
end

function fake.equal(got, expected)
  if got ~= expected then
    error(("expected %s, got %s"):format(tostring(expected), tostring(got)), 2)
  end
end

function fake.has(text, part)
  if not text:find(part, 1, true) then
    error(("%q is not in:\n%s"):format(part, text), 2)
  end
end

function fake.lacks(text, part)
  if text:find(part, 1, true) then
    error(("%q is in:\n%s"):format(part, text), 2)
  end
end

return fake
