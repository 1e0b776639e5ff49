-- The `assist` table of the fake host.

local cjson = require "cjson.safe"

local api = require "assist.cli.api"
local fetch = require "assist.cli.fetch"
local library = require "assist.cli.library"
local markup = require "assist.cli.markup"
local model = require "assist.cli.model"
local objects = require "assist.cli.objects"
local raise = require "assist.cli.raise"

local calls = {}

-- By name: function(host, ...), called when the phase is right.
local within = {}

within["assist.sleep"] = function(host, seconds)
  seconds = raise.number("assist.sleep", 1, seconds)
  if not (seconds >= 0 and seconds <= 3600) then
    raise.error "assist.sleep takes 0 to 3600 seconds"
  end
  host:wait(math.ceil(seconds * 1000) / 1000)
  return true
end

within["assist.all"] = function(host, ...)
  local n = select("#", ...)
  if n > 16 then
    raise.error "assist.all takes at most 16 functions"
  end
  for i = 1, n do
    local kind = type((select(i, ...)))
    if kind ~= "function" then
      raise.error("assist.all takes functions, argument %d is a %s", i, kind)
    end
  end
  return host:all { ... }
end

-- As if in Redis: it always waits, so what works here works there.
within["assist.cache.get"] = function(host, key)
  key = raise.string("assist.cache.get", 1, key)
  host:wait(0.001)
  local entry = host.cache[key]
  if entry and host.clock < entry.ends then
    return entry.text
  end
  return nil
end

local function check_ttl(name, n, ttl)
  ttl = raise.number(name, n, ttl)
  if not (ttl >= 1 and ttl <= 31536000) then
    raise.error("%s takes a ttl of 1 second to 1 year", name)
  end
  return math.floor(ttl)
end

within["assist.cache.set"] = function(host, key, text, ttl)
  key = raise.string("assist.cache.set", 1, key)
  text = raise.string("assist.cache.set", 2, text)
  ttl = check_ttl("assist.cache.set", 3, ttl)
  host.cache[key] = { text = text, ttl = ttl, ends = host.clock + ttl }
end

within["assist.cache.once"] = function(host, key, ttl, fn)
  key = raise.string("assist.cache.once", 1, key)
  ttl = check_ttl("assist.cache.once", 2, ttl)
  raise.unless(type(fn) == "function", "assist.cache.once", 3, "function", fn)
  local text = within["assist.cache.get"](host, key)
  if text ~= nil then
    return text
  end
  local value, reason = fn()
  if type(value) == "string" then
    within["assist.cache.set"](host, key, value, ttl)
  end
  return value, reason
end

local methods = api.set { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE",
                          "OPTIONS" }

within["assist.fetch"] = function(host, uri, opts)
  local request = fetch.request(uri, opts)
  if not methods[request.method] then
    return nil, "the method is not one of GET, HEAD, POST, PUT, PATCH, DELETE, "
                .. "OPTIONS"
  end
  host:wait(0.001)
  return fetch.answer(host.fetch[request.path], request)
end

within["assist.redis"] = function(host, command, ...)
  local value, reason = host.redis:call(command, ...)
  host:wait(0.001)
  return value, reason
end

within["assist.ai.chat"] = model.chat

within["assist.later"] = function(host, fn)
  if type(fn) ~= "function" then
    raise.error("assist.later takes a function, not a %s", type(fn))
  end
  return host:later(fn)
end

within["assist.search"] = function(host, query)
  query = raise.string("assist.search", 1, query)
  if not host.search then
    return nil, "there is no catalogue"
  end
  local result, reason = host.search(query)
  if not result then
    return nil, reason
  end
  local hits = { found = result.found, alike = result.alike }
  for i, hit in ipairs(result) do
    hits[i] = { service = objects.service(hit.service), score = hit.score }
  end
  return hits
end

for _, level in ipairs { "error", "warn", "info", "debug" } do
  local name = "assist.log." .. level
  within[name] = function(host, text)
    text = raise.string(name, 1, text):gsub("[%z\1-\31\127]", " ")
    host:log(level, text)
  end
end

local anywhere = {
  ["assist.text.normalize"] = function(text)
    return library.normalize(raise.string("assist.text.normalize", 1, text))
  end,
  ["assist.text.fold"] = function(text)
    return library.fold(raise.string("assist.text.fold", 1, text))
  end,
  ["assist.html"] = markup.new,
  ["assist.redact"] = function(text)
    return library.redact(raise.string("assist.redact", 1, text))
  end,
  ["assist.json.encode"] = cjson.encode,
  ["assist.json.decode"] = function(text)
    text = raise.string("assist.json.decode", 1, text)
    if #text > 1048576 then
      return nil, "the text is larger than 1 MB"
    end
    return cjson.decode(text)
  end,
}

local function place(assist, name, value)
  local owner, field = name:match("^assist%.(%a+)%.(%a+)$")
  if owner then
    assist[owner] = assist[owner] or {}
    assist[owner][field] = value
  else
    assist[name:match("^assist%.(%a+)$")] = value
  end
end

-- The module "assist" for a host.
function calls.module(host)
  local assist = {}
  for name, call in pairs(within) do
    place(assist, name, function(...)
      host:enter(name, api.calls[name].waits)
      return call(host, ...)
    end)
  end
  for name, call in pairs(anywhere) do
    place(assist, name, call)
  end
  place(assist, "assist.now", function()
    return host.started + host.clock
  end)
  place(assist, "assist.json.null", cjson.null)
  return assist
end

return calls
