-- What an administrator would write with lua-nginx-module: the service of a
-- page and its counter; the answer to a question by a key over service and
-- question, from a shared dictionary or from Redis.

local cjson = require "cjson"

local peer = {}
local services = {}

function peer.init(catalog)
  for line in io.lines(catalog) do
    local code, path = line:match("^([^,]+),.-(/[^, ]*)")
    if path then
      services[path] = code
    end
  end
end

local function key_of(body)
  local question = cjson.decode(body)
  return ngx.md5(question.service .. "\0" .. question.question)
end

local function read(name)
  local file = assert(io.open(name, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

-- Puts the one answer where from_dict finds it.
function peer.store(question, answer)
  assert(ngx.shared.answers:set(key_of(read(question)), read(answer)))
end

function peer.find()
  ngx.ctx.service = services[ngx.var.uri]
end

function peer.count()
  local service = ngx.ctx.service
  if service then
    ngx.shared.views:incr(service, 1, 0)
  end
end

function peer.from_dict(key)
  return ngx.shared.answers:get(key)
end

-- A GET over a kept connection; lua-resty-redis does the same.
local function get(key, ...)
  local sock = ngx.socket.tcp()
  local ok, err = sock:connect(...)
  if not ok then
    return nil, err
  end

  ok, err = sock:send { "*2\r\n$3\r\nGET\r\n$", #key, "\r\n", key, "\r\n" }
  if not ok then
    return nil, err
  end

  local line
  line, err = sock:receive()
  if not line then
    return nil, err
  end

  local len = tonumber(line:match("^%$(%d+)$"))
  if not len then
    return nil, "redis: " .. line
  end

  local value
  value, err = sock:receive(len + 2)
  if not value then
    return nil, err
  end

  sock:setkeepalive(10000, 64)
  return value:sub(1, len)
end

-- port: nil where host is a Unix socket.
function peer.from_redis(host, port)
  if port then
    return function(key) return get(key, host, port) end
  end
  return function(key) return get(key, host) end
end

function peer.answer(from)
  ngx.req.read_body()
  local answer, err = from(key_of(ngx.req.get_body_data()))
  if not answer then
    ngx.log(ngx.ERR, "no answer: ", err)
    return ngx.exit(500)
  end

  local header = ngx.header
  header["Content-Type"] = "application/json"
  header["Content-Length"] = #answer
  header["X-Assist-Outcome"] = "answered"
  header["X-Assist-Cache"] = "HIT"
  header["Cache-Control"] = "no-store"
  ngx.print(answer)
end

return peer
