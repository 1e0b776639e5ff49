-- assist.redis of the fake host: the commands that tests need most, on keys in
-- memory.  A key is { kind =, value =, ends = }.

local api = require "assist.cli.api"
local raise = require "assist.cli.raise"

local redis = {}

local Store = {}
Store.__index = Store

local WRONG = "WRONGTYPE Operation against a key holding the wrong kind of value"
local NO_INTEGER = "ERR value is not an integer or out of range"

-- clock: function that gives the seconds since the host began.
function redis.new(clock)
  return setmetatable({ keys = {}, clock = clock }, Store)
end

-- A command's refusal, as Redis words it.
local function refuse(reason)
  error({ refused = reason }, 0)
end

-- The entry of a key, made where a kind is to be created.
function Store:entry(name, kind, create)
  local entry = self.keys[name]
  if entry and entry.ends and self.clock() >= entry.ends then
    self.keys[name], entry = nil, nil
  end
  if entry and kind and entry.kind ~= kind then
    refuse(WRONG)
  elseif not entry and create then
    entry = { kind = kind, value = kind == "string" and "0" or {} }
    self.keys[name] = entry
  end
  return entry
end

local function integer(text)
  if not text or not text:match("^[-+]?%d+$") then
    refuse(NO_INTEGER)
  end
  return tonumber(text)
end

local commands = {}

function commands.GET(store, key)
  local entry = store:entry(key, "string")
  return entry and entry.value
end

function commands.SET(store, key, value, option, seconds)
  store.keys[key] = { kind = "string", value = value,
    ends = option and option:upper() == "EX"
           and store.clock() + integer(seconds) or nil }
  return "OK"
end

function commands.SETEX(store, key, seconds, value)
  return commands.SET(store, key, value, "EX", seconds)
end

function commands.SETNX(store, key, value)
  if store:entry(key) then
    return 0
  end
  commands.SET(store, key, value)
  return 1
end

function commands.INCRBY(store, key, by)
  local entry = store:entry(key, "string", true)
  local sum = integer(entry.value) + integer(by)
  entry.value = ("%d"):format(sum)
  return sum
end

function commands.DECRBY(store, key, by)
  return commands.INCRBY(store, key, tostring(-integer(by)))
end

function commands.INCR(store, key)
  return commands.INCRBY(store, key, "1")
end

function commands.DECR(store, key)
  return commands.INCRBY(store, key, "-1")
end

function commands.MGET(store, ...)
  local values = {}
  for i = 1, select("#", ...) do
    local entry = store:entry((select(i, ...)))
    values[i] = entry and entry.kind == "string" and entry.value or false
  end
  return values
end

function commands.EXISTS(store, ...)
  local n = 0
  for i = 1, select("#", ...) do
    n = n + (store:entry((select(i, ...))) and 1 or 0)
  end
  return n
end

function commands.DEL(store, ...)
  local n = commands.EXISTS(store, ...)
  for i = 1, select("#", ...) do
    store.keys[(select(i, ...))] = nil
  end
  return n
end

function commands.EXPIRE(store, key, seconds)
  local entry = store:entry(key)
  if entry then
    entry.ends = store.clock() + integer(seconds)
  end
  return entry and 1 or 0
end

function commands.TTL(store, key)
  local entry = store:entry(key)
  if not entry then
    return -2
  end
  return entry.ends and math.ceil(entry.ends - store.clock()) or -1
end

function commands.HSET(store, key, ...)
  local hash, added = store:entry(key, "hash", true).value, 0
  for i = 1, select("#", ...), 2 do
    local field, value = select(i, ...)
    added = added + (hash[field] == nil and 1 or 0)
    hash[field] = value
  end
  return added
end

local function members(store, key, kind)
  local entry = store:entry(key, kind)
  return entry and entry.value or {}
end

function commands.HGET(store, key, field)
  return members(store, key, "hash")[field]
end

function commands.HGETALL(store, key)
  local list = {}
  for field, value in pairs(members(store, key, "hash")) do
    list[#list + 1], list[#list + 2] = field, value
  end
  return list
end

local function remove(kind)
  return function(store, key, ...)
    local set, n = members(store, key, kind), 0
    for i = 1, select("#", ...) do
      local name = select(i, ...)
      n = n + (set[name] ~= nil and 1 or 0)
      set[name] = nil
    end
    return n
  end
end

commands.HDEL = remove "hash"
commands.SREM = remove "set"

function commands.SADD(store, key, ...)
  local set, added = store:entry(key, "set", true).value, 0
  for i = 1, select("#", ...) do
    local member = select(i, ...)
    added = added + (set[member] and 0 or 1)
    set[member] = true
  end
  return added
end

function commands.SISMEMBER(store, key, member)
  return members(store, key, "set")[member] and 1 or 0
end

function commands.SMEMBERS(store, key)
  local list = {}
  for member in pairs(members(store, key, "set")) do
    list[#list + 1] = member
  end
  table.sort(list)
  return list
end

function commands.SCARD(store, key)
  return #commands.SMEMBERS(store, key)
end

local function push(at)
  return function(store, key, ...)
    local list = store:entry(key, "list", true).value
    for i = 1, select("#", ...) do
      table.insert(list, at or #list + 1, (select(i, ...)))
    end
    return #list
  end
end

commands.LPUSH = push(1)
commands.RPUSH = push()

function commands.LLEN(store, key)
  return #members(store, key, "list")
end

function commands.LRANGE(store, key, first, last)
  local list = members(store, key, "list")
  local from, to = integer(first), integer(last)
  from = math.max(from < 0 and #list + from or from, 0)
  to = math.min(to < 0 and #list + to or to, #list - 1)
  local range = {}
  for i = from, to do
    range[#range + 1] = list[i + 1]
  end
  return range
end

-- assist.redis(command, ...)
function Store:call(command, ...)
  command = raise.string("assist.redis", 1, command)
  local name, n, words = command:upper(), select("#", ...), { ... }
  if not api.redis[name] then
    raise.error('assist.redis: "%s" is not allowed', command)
  elseif n < 1 or n > 32 then
    raise.error "assist.redis takes a command and 1 to 32 arguments"
  elseif not commands[name] then
    raise.error("assist.redis: the fake Redis of the test kit has no %s", name)
  end
  local total = 0
  for i = 1, n do
    words[i] = raise.string("assist.redis", i + 1, words[i])
    total = total + #words[i]
  end
  if total > 1048576 then
    raise.error "assist.redis: the arguments may have 1 MB together"
  end
  local ok, value = pcall(commands[name], self, unpack(words, 1, n))
  if not ok then
    if type(value) ~= "table" then
      error(value, 0)
    end
    return nil, value.refused
  end
  return value
end

return redis
