-- assist.fetch of the fake host: a test says what its locations answer.

local headers = require "assist.cli.headers"
local raise = require "assist.cli.raise"

local fetch = {}

local MAX = 1048576

local function number(opts, name, fallback, max)
  local value = opts[name] == nil and fallback or tonumber(opts[name])
  if not value or not (value > 0 and value <= max) then
    raise.error("assist.fetch: %s is a number above 0, at most %g", name, max)
  end
  return value
end

local function text(opts, name)
  local value = opts[name]
  if type(value) == "number" then
    return tostring(value)
  elseif value ~= nil and type(value) ~= "string" then
    raise.error("assist.fetch: %s is a string, not a %s", name, type(value))
  end
  return value
end

local function whole_uri(uri, args)
  if args and args ~= "" then
    uri = uri .. (uri:find("?", 1, true) and "&" or "?") .. args
  end
  if #uri > 65536 then
    raise.error "assist.fetch: a URI may have 64 KB"
  elseif uri:sub(1, 1) ~= "/" then
    raise.error('assist.fetch: "%s" is not a location of this server, which '
      .. 'begins with "/"', uri)
  elseif uri:find("[%z\1-\32\127#]") then
    raise.error('assist.fetch: a URI has no blank, control character or "#": '
      .. "write it in percent encoding")
  end
  return uri
end

-- What a hook asks for: { uri =, path =, method =, headers =, body =, timeout
-- =, max = }; misuse raises.
function fetch.request(uri, opts)
  uri = raise.string("assist.fetch", 1, uri)
  raise.unless(opts == nil or type(opts) == "table", "assist.fetch", 2, "table",
    opts)
  opts = opts or {}
  uri = whole_uri(uri, text(opts, "args"))
  local body = text(opts, "body") or ""
  if #body > MAX then
    raise.error "assist.fetch: body may have 1 MB"
  end
  return { uri = uri, path = uri:match("^[^?]*"),
    method = text(opts, "method") or "GET", body = body,
    headers = opts.headers and headers.check("assist.fetch", opts.headers)
              or {},
    timeout = number(opts, "timeout", 2, 60),
    max = number(opts, "max", MAX, MAX) }
end

-- The answer that a test gave for a path: a table, or function(request) that
-- gives one, or nil and a reason.
function fetch.answer(given, request)
  if given == nil then
    raise.error('assist.fetch: "%s" is not among assist_fetch', request.path)
  end
  local answer, reason = given
  if type(given) == "function" then
    answer, reason = given(request)
    if not answer then
      return nil, reason
    end
  end
  local lower = {}
  for name, value in pairs(answer.headers or {}) do
    lower[name:lower()] = value
  end
  local body = answer.body or ""
  if #body > request.max then
    return nil, "the answer is larger than max"
  end
  return { status = answer.status or 200, headers = lower, body = body }
end

return fetch
