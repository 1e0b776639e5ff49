-- `ctx`, `ctx.request` and services as hooks see them: userdata that refuse
-- what nginx's refuse.

local api = require "assist.cli.api"
local files = require "assist.cli.files"
local headers = require "assist.cli.headers"
local library = require "assist.cli.library"
local markup = require "assist.cli.markup"
local raise = require "assist.cli.raise"

local objects = {}

-- What an object stands for; of services, their columns.
local inside = setmetatable({}, { __mode = "k" })

local service_fields = api.set(api.fields.service)
local flags = { essential = true, onprem = true }
local outcomes = api.set(api.outcomes)
local places = api.set(api.places)

local function class(index, newindex)
  local prototype = newproxy(true)
  local meta = getmetatable(prototype)
  meta.__index, meta.__newindex, meta.__metatable = index, newindex, false
  return prototype, meta
end

local function not_settable(_, key)
  raise.error('"%s" cannot be set: keep a request\'s values in ctx.data',
    raise.string("ctx", 2, key))
end

local function service_index(self, key)
  raise.string("service", 2, key)
  if not service_fields[key] then
    raise.error('a service has no "%s"', key)
  end
  local value = inside[self][key]
  if value == nil then
    return not flags[key] and ""
  end
  return value
end

local service_class, service_meta = class(service_index, function()
  raise.error "a service is read-only"
end)

function service_meta.__eq(a, b)
  return inside[a] == inside[b]
end

local function is_service(value)
  return inside[value] and inside[value].class == nil
end

-- What assist.later returns.
function objects.help()
  local help = { done = false }
  inside[help] = { class = "help" }
  return help
end

-- A service with these columns; nil for nil.
function objects.service(columns)
  if columns == nil then
    return nil
  end
  if is_service(columns) then
    return columns
  end
  for name in pairs(columns) do
    if not service_fields[name] then
      error(('a service has no column "%s"'):format(tostring(name)), 0)
    end
  end
  local service = newproxy(service_class)
  inside[service] = columns
  return service
end

local methods = {}

function methods.say(run, text)
  text = raise.string("ctx:say", 1, text)
  -- a model's words may have placeholders of what it did not get
  run.said = run.said .. (run.personal and run.personal.restore(text) or text)
end

function methods.cite(run, source)
  local is_table = type(source) == "table"
  raise.unless(is_table or is_service(source), "ctx:cite", 1, "assist.service",
    source)
  local cite = { title = source[is_table and "title" or "name"],
    url = source.url, updated = source.updated }
  for _, name in ipairs { "title", "url", "updated" } do
    local kind = type(cite[name])
    cite[name] = (kind == "string" or kind == "number")
                 and tostring(cite[name]) or ""
  end
  if #cite.title + #cite.url + #cite.updated > 8192 then
    raise.error "ctx:cite: a source may have 8 KB"
  end
  run.cites[#run.cites + 1] = cite
end

function methods.about(run, service)
  raise.unless(is_service(service), "ctx:about", 1, "assist.service", service)
  run.about[#run.about + 1] = service
end

local own_headers = api.set {
  "connection", "content-length", "date", "keep-alive", "server", "te",
  "trailer", "transfer-encoding", "upgrade",
}

function methods.reply(run, status, body, given)
  status = raise.number("ctx:reply", 1, status)
  if status < 200 or status > 599 then
    raise.error "ctx:reply takes a status of 200 to 599"
  end
  local html = markup.get(body)
  local kind = (html and "text/html" or "text/plain") .. "; charset=utf-8"
  local kept = {}
  for name, value in pairs(given and headers.check("ctx:reply", given) or {}) do
    if own_headers[name:lower()] then
      raise.error('ctx:reply: the header "%s" is nginx\'s own', name)
    elseif name:lower() == "content-type" then
      kind = value
    else
      kept[name:lower()] = value
    end
  end
  run.reply = { status = math.floor(status), type = kind, headers = kept,
    body = html or raise.string("ctx:reply", 2, body) }
end

function methods.inject(run, where, html)
  where = raise.string("ctx:inject", 1, where)
  if not places[where] and (where == "" or #where > 64
     or where:find("[%z\1-\32\"'<>&=`]")) then
    raise.error('ctx:inject: "%s" is neither head_end, body_start, body_end '
      .. "nor an id (1 to 64 bytes without blanks, quotes, <, >, & and =)",
      where)
  end
  if inside[html] and inside[html].class == "help" then
    if where == "head_end" then
      raise.error "ctx:inject: what assist.later gives cannot go to head_end"
    end
    -- a page that waits for nothing, or in vain
    html = html.done and html.value
    if type(html) ~= "string" and not markup.get(html) then
      return
    end
  end
  local text = markup.get(html)
  if not text then
    text = markup.escape(raise.string("ctx:inject", 2, html))
    if where == "head_end" then
      raise.error "ctx:inject: a head has no text, only what assist.html makes"
    end
  end
  run.size = (run.size or 0) + #text
  if #run.injected == 16 or run.size > 65536 then
    raise.error "ctx:inject: a page takes 16 insertions, of 64 KB together"
  end
  run.injected[#run.injected + 1] = { where = where, html = text }
end

function methods.outcome(run, name)
  name = raise.string("ctx:outcome", 1, name)
  if not outcomes[name] then
    raise.error('ctx:outcome: there is no outcome "%s"', name)
  end
  run.outcome = name
end

-- The run, if this is the ctx of its request and the call may be made.
local function enter(self, name)
  raise.unless(inside[self] and inside[self].class == "ctx", name, 1,
    "assist.ctx", self)
  local run = inside[self].host:enter(name)
  if run.ctx ~= self then
    raise.error("%s: this ctx belongs to another request", name)
  end
  return run
end

local ctx_methods = {}
for key, method in pairs(methods) do
  local name = "ctx:" .. key
  ctx_methods[key] = function(self, ...)
    if type(self) ~= "userdata" then
      raise.error("write %s(...), with a colon", name)
    end
    return method(enter(self, name), ...)
  end
end

local ctx_class = class(function(self, key)
  enter(self, "ctx")
  if ctx_methods[key] then
    return ctx_methods[key]
  end
  local value = inside[self].fields[key]
  if value == nil and not inside[self].known[key] then
    raise.error('ctx has no "%s"', raise.string("ctx", 2, key))
  end
  return value
end, not_settable)

local function header(self, name)
  local request = inside[self]
  raise.unless(request and request.class == "request", "ctx.request:header", 1,
    "assist.request", self)
  request.host:enter "ctx.request:header"
  return request.headers[raise.string("ctx.request:header", 1, name):lower()]
end

local function body(self)
  local request = inside[self]
  raise.unless(request and request.class == "request", "ctx.request:body", 1,
    "assist.request", self)
  request.host:enter("ctx.request:body", true)
  request.host:wait(0.001)
  return request.body
end

local request_methods = { header = header, body = body }

local request_class = class(function(self, key)
  if request_methods[key] then
    return request_methods[key]
  end
  local request = inside[self]
  request.host:enter "ctx.request"
  if request.fields[key] == nil then
    raise.error('ctx.request has no "%s"', raise.string("ctx", 2, key))
  end
  if key == "args" then
    -- a table of its own each time
    local copy = {}
    for name, value in pairs(request.fields.args) do
      copy[name] = value
    end
    return copy
  end
  return request.fields[key]
end, not_settable)

-- The shipped AI notice, in both languages.
local function disclosure()
  local text = {}
  for lang, words in files.need(library.home .. "/assist/disclosure.conf")
                     :gmatch "(%l%l) = ([^\n]+)" do
    text[lang] = words
  end
  return text
end

-- The ctx of a request of a host.  fields: service, previous (columns), lang,
-- question, data, request = { method =, uri =, args =, query =, headers =,
-- body = }.
function objects.ctx(host, fields)
  local given = fields.request or {}
  local lower = {}
  for name, value in pairs(given.headers or {}) do
    lower[name:lower()] = value
  end
  local request = newproxy(request_class)
  inside[request] = { class = "request", host = host, headers = lower,
    body = given.body or "",
    fields = { method = given.method or "GET", uri = given.uri or "/",
      args = given.args or {}, query = given.query or "" } }

  local ctx = newproxy(ctx_class)
  inside[ctx] = { class = "ctx", host = host, known = api.set(api.fields.ctx),
    fields = { data = fields.data or {}, request = request,
      service = objects.service(fields.service),
      previous = objects.service(fields.previous),
      lang = fields.lang or "", question = fields.question,
      disclosure = disclosure() } }
  return ctx
end

objects.methods = { ctx = methods, ["ctx.request"] = request_methods }

return objects
