-- What a hook may call and read, and where: the one list that `assist check`,
-- the fake host and their tests use.  It mirrors ngx_module/lua/api.c and
-- ctx.c, request.c and service.c, which a test compares with it.

local api = {}

-- In the order in which errors name them.
api.phases = { "request", "page", "ask", "log" }

-- Each call with its phases; waits: other requests go on meanwhile.
api.calls = {
  ["assist.sleep"] = { "request", "ask", waits = true },
  ["assist.all"] = { "request", "ask", waits = true },
  ["assist.cache.get"] = { "request", "ask", waits = true },
  ["assist.cache.set"] = { "request", "page", "ask", "log" },
  ["assist.cache.once"] = { "request", "ask", waits = true },
  ["assist.fetch"] = { "request", "ask", waits = true },
  ["assist.redis"] = { "request", "ask", waits = true },
  ["assist.ai.chat"] = { "request", "ask", waits = true },
  ["assist.later"] = { "request", "ask" },
  ["assist.search"] = { "request", "page", "ask" },
  ["assist.log.error"] = { "request", "page", "ask", "log" },
  ["assist.log.warn"] = { "request", "page", "ask", "log" },
  ["assist.log.info"] = { "request", "page", "ask", "log" },
  ["assist.log.debug"] = { "request", "page", "ask", "log" },

  ["ctx:say"] = { "ask" },
  ["ctx:cite"] = { "request", "page", "ask" },
  ["ctx:about"] = { "request", "ask" },
  ["ctx:reply"] = { "request" },
  ["ctx:inject"] = { "page" },
  ["ctx:outcome"] = { "request", "page", "ask" },
  ["ctx.request:header"] = { "request", "page", "ask", "log" },
  ["ctx.request:body"] = { "request", "ask", waits = true },
}

-- Calls that need no request, so they may be made while a file is loaded, too.
api.anywhere = {
  ["assist.now"] = true,
  ["assist.html"] = true,
  ["assist.redact"] = true,
  ["assist.text.normalize"] = true,
  ["assist.text.fold"] = true,
  ["assist.json.encode"] = true,
  ["assist.json.decode"] = true,
}

-- The commands of assist.redis: of "one" the first argument is a key, of "all"
-- each.
api.redis = {}
for keys, names in pairs {
  one = "GET SET SETEX PSETEX SETNX GETSET GETDEL STRLEN APPEND INCR INCRBY "
    .. "INCRBYFLOAT DECR DECRBY EXPIRE PEXPIRE TTL PTTL PERSIST TYPE HGET HSET "
    .. "HSETNX HDEL HGETALL HMGET HINCRBY HEXISTS HLEN HKEYS HVALS LPUSH RPUSH "
    .. "LPOP RPOP LLEN LRANGE LTRIM LINDEX LREM SADD SREM SISMEMBER SCARD "
    .. "SMEMBERS SPOP SRANDMEMBER ZADD ZREM ZSCORE ZINCRBY ZCARD ZCOUNT ZRANGE "
    .. "ZRANGEBYSCORE ZREVRANGE ZRANK ZREVRANK ZREMRANGEBYSCORE "
    .. "ZREMRANGEBYRANK",
  all = "DEL UNLINK EXISTS MGET",
} do
  for name in names:gmatch("%u+") do
    api.redis[name] = keys
  end
end

-- Values of the `assist` table that are no functions.
api.values = { ["assist.json.null"] = true }

-- What `ctx`, `ctx.request` and a service have beside methods.
api.fields = {
  ctx = { "data", "service", "previous", "request", "lang", "question",
          "disclosure" },
  ["ctx.request"] = { "method", "uri", "args", "query" },
  service = {
    "code", "name", "name_en", "aliases", "agency_code", "agency", "province",
    "case", "field", "paths", "documents", "fee", "time", "where", "contact",
    "url", "updated", "successor", "id", "level", "state", "essential",
    "onprem",
  },
}

-- Places of a page; any other name is an element's id.
api.places = { "head_end", "body_start", "body_end" }

api.outcomes = {
  "answered", "clarification", "unanswerable", "refused", "ungrounded",
  "fallback", "error_timeout", "error_provider", "error_hook",
}

-- Why assist.ai.chat has no answer.
api.reasons = {
  "no provider", "onprem", "budget", "busy", "redaction", "unavailable",
  "timeout", "broken",
}

-- The globals of the sandbox, as nginx opens it.
api.globals = {
  "_G", "_VERSION", "assert", "bit", "coroutine", "error", "getmetatable",
  "ipairs", "math", "next", "pairs", "pcall", "rawequal", "rawget", "rawset",
  "require", "select", "setmetatable", "string", "table", "tonumber",
  "tostring", "type", "unpack", "xpcall",
}

-- What their tables have not, of LuaJIT's own.
api.removed = { "string.dump", "math.randomseed" }

-- A list as a set.
function api.set(list)
  local set = {}
  for _, name in ipairs(list) do
    set[name] = true
  end
  return set
end

-- May a call be made in a phase?
function api.allowed(name, phase)
  return api.anywhere[name] or api.set(api.calls[name])[phase] or false
end

-- The sentence for a call that is made where it may not be.
function api.misuse(name, phase)
  return ("%s cannot be called in %s (only in: %s)"):format(name, phase,
    table.concat(api.calls[name], ", "))
end

-- What a table of the API has: name to "table", "call" or "value"; nil: there
-- is no such table.
function api.members(path)
  local members
  for _, list in ipairs { api.calls, api.anywhere, api.values } do
    for name in pairs(list) do
      if name:sub(1, #path + 1) == path .. "." then
        local rest = name:sub(#path + 2)
        local first = rest:match("^[^.:]+")
        members = members or {}
        members[first] = first ~= rest and "table"
                         or list == api.values and "value" or "call"
      end
    end
  end
  return members
end

return api
