-- The test kit of `assist test`.  A file `*_test.lua`:
--
--     local kit = require "assist.cli.kit"
--
--     kit.test("says when we are open", function()
--       local got = kit.run { hook = "opening_hours.lua", question = "open?",
--                             conf = { phone = "1900" } }
--       kit.equal(got.outcome, "answered")
--       kit.has(got.said, "1900")
--     end)

local args = require "assist.cli.args"
local api = require "assist.cli.api"
local catalogue = require "assist.cli.catalogue"
local host = require "assist.cli.host"

local kit = {}

-- The tests of the file that is being read, and where it looks for hooks; set
-- by `assist test`.
kit.tests = {}
kit.folder = "."
kit.root = "."

local options = api.set {
  "hook", "phase", "service", "previous", "question", "lang", "request",
  "conf", "data", "cache", "hits", "catalog", "synonyms", "now", "timeout",
  "cpu", "fetch", "model", "later",
}

local opened = {}

-- A test: fn fails by raising.
function kit.test(name, fn)
  kit.tests[#kit.tests + 1] = { name, fn }
end

local function in_folder(path)
  return path:sub(1, 1) == "/" and path or kit.folder .. "/" .. path
end

local function open_catalogue(given)
  if not given.catalog then
    return nil
  end
  local key = given.catalog .. "\0" .. (given.synonyms or "")
  opened[key] = opened[key] or catalogue.open(in_folder(given.catalog),
    given.synonyms and in_folder(given.synonyms))
  return opened[key]
end

-- Columns with what every service has.
local function complete(columns)
  local service = { code = "1.000000", level = "full", state = "published" }
  for name, value in pairs(columns) do
    service[name] = value
  end
  local agency = service.agency_code or ""
  service.id = service.id or service.code
                             .. (agency ~= "" and "@" .. agency or "")
  return service
end

local function service_of(given, cat)
  if type(given) == "string" then
    if not cat then
      args.fail("service = %q needs catalog =, or write its columns", given)
    end
    local code, agency = given:match("^(.-)@(.*)$")
    local service, reason = cat:find(code or given, agency)
    if not service then
      args.fail("%s", reason)
    end
    return service
  end
  return given and complete(given)
end

-- hits: a list of columns, or of { service =, score = }, with found and alike
-- where they are not plain; or function(query), which gives such a list, or
-- nil and a reason.
local function search_of(given, cat)
  if given == nil then
    return cat and function(query) return cat:search(query) end
  end
  return function(query)
    local list, reason = given
    if type(given) == "function" then
      list, reason = given(query)
      if not list then
        return nil, reason
      end
    end
    local hits = { found = list.found or ({ [0] = "none", "one" })[#list]
                           or "several" }
    hits.alike = list.alike or (hits.found == "several" and #list or 0)
    for i, hit in ipairs(list) do
      hits[i] = { service = complete(hit.service or hit),
        score = hit.score or 1 }
    end
    return hits
  end
end

local function texts(cache)
  local found, ttl = {}, {}
  for key, entry in pairs(cache) do
    found[key], ttl[key] = entry.text, entry.ttl
  end
  return found, ttl
end

local function run(given)
  for name in pairs(given) do
    if not options[name] then
      args.fail('kit.run has no option "%s"', tostring(name))
    end
  end
  local phase = given.phase or given.question and "ask" or "request"
  if not api.set(api.phases)[phase] then
    args.fail('there is no phase "%s" (there are: %s)', tostring(phase),
      table.concat(api.phases, ", "))
  end

  local cat = open_catalogue(given)
  local h = host.new {
    roots = { kit.root, kit.folder }, search = search_of(given.hits, cat),
    cache = given.cache, now = given.now, timeout = given.timeout,
    cpu = given.cpu, fetch = given.fetch, model = given.model,
  }
  local data = given.data or {}
  local got = { said = "", cites = {}, about = {}, injected = {}, waits = 0 }
  local hook, reason = h:hook(type(given.hook) == "string"
    and in_folder(given.hook) or given.hook)
  if not hook then
    got.error = reason
  elseif not hook[phase] then
    args.fail('the hook has no function "%s"', phase)
  else
    got = h:run(hook, phase, {
      service = service_of(given.service, cat),
      previous = service_of(given.previous, cat),
      lang = given.lang or given.question and "vi" or "",
      question = given.question, request = given.request, data = data,
    }, given.conf or {})
  end
  got.seconds = h.clock
  if given.later ~= false then
    h:run_laters()
  end
  got.logs, got.data, got.asked = h.logs, data, h.asked
  got.cache, got.ttl = texts(h.cache)
  return got
end

-- Runs one function of a hook.  hook: a path (from the test's folder) or a
-- table; fetch: locations to { status =, headers =, body = } or a function of
-- the request; later: false: what assist.later was given is not run, else it
-- is when the function is over.
--
-- model: what assist.ai.chat answers: a text, { text = (or a list of pieces),
-- tokens_in =, tokens_out =, model =, finish =, seconds = }, or function(asked)
-- that gives one of these, or nil and a reason; a text with reason = breaks off
-- after it.  Without a model there is "no provider".
--
-- Returns { outcome =, said =, cites = { { title =, url =, updated = } }, about
-- = { service }, reply = { status =, type =, body =, headers = } or nil, injected
-- = { { where =, html = } }, logs =
-- { { level =, text = } }, cache = key to text, ttl = key to seconds, data =
-- ctx.data, waits =, seconds = (all waits together), asked = what models were
-- asked, each { messages = { { role =, content = } }, system =, question =,
-- passages =, max_tokens =, timeout =, say = }, redacted, error = }.
function kit.run(given)
  local ok, got = pcall(run, given)
  if not ok then
    error(type(got) == "table" and got.usage or got, 2)
  end
  return got
end

local function show(value)
  return type(value) == "string" and ("%q"):format(value) or tostring(value)
end

function kit.equal(got, expected)
  if got ~= expected then
    error(("expected %s, got %s"):format(show(expected), show(got)), 2)
  end
end

-- Is a piece of plain text in a text?
function kit.has(text, part)
  if type(text) ~= "string" or not text:find(part, 1, true) then
    error(("%s is not in %s"):format(show(part), show(text)), 2)
  end
end

function kit.lacks(text, part)
  if type(text) == "string" and text:find(part, 1, true) then
    error(("%s is in %s"):format(show(part), show(text)), 2)
  end
end

return kit
