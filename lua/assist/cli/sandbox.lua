-- What Lua is for hooks: the globals, read-only, and `require`.

local api = require "assist.cli.api"
local files = require "assist.cli.files"
local raise = require "assist.cli.raise"

local sandbox = {}

local Sandbox = {}
Sandbox.__index = Sandbox

-- A userdata that only reads from a table, and from the tables in it down to
-- a depth.
function sandbox.freeze(original, depth)
  local copy, proxy = {}, newproxy(true)
  for key, value in pairs(original) do
    copy[key] = depth > 1 and type(value) == "table"
                and sandbox.freeze(value, depth - 1) or value
  end
  local meta = getmetatable(proxy)
  meta.__index, meta.__metatable = copy, false
  function meta.__newindex(_, key)
    raise.error('"%s" cannot be set: libraries are shared by all hooks, and '
      .. "read-only", type(key) == "string" and key or "it")
  end
  return proxy
end

-- The error of a hook that is past its CPU time.
sandbox.PAST = {}

-- It is raised in a debug hook, and within that there is no other: a handler
-- that loops would not be stopped.
local function guarded_xpcall(fn, handler, ...)
  return xpcall(fn, function(reason)
    if reason == sandbox.PAST then
      return reason
    end
    return handler(reason)
  end, ...)
end

local removed = api.set(api.removed)

local function libraries()
  local globals = {}
  for _, name in ipairs(api.globals) do
    local value = _G[name]
    if type(value) == "table" and value ~= _G then
      local copy = {}
      for field, member in pairs(value) do
        copy[field] = not removed[name .. "." .. field] and member or nil
      end
      value = sandbox.freeze(copy, 1)
    end
    globals[name] = value
  end
  return globals
end

-- assist: the module of that name; roots: folders, in the order in which
-- `require` looks.
function sandbox.new(assist, roots)
  local self = setmetatable({ loaded = {}, roots = roots },
    Sandbox)
  self.loaded.assist = sandbox.freeze(assist, 2)
  local globals = libraries()
  globals.xpcall = guarded_xpcall
  globals.require = function(name)
    return self:require(raise.string("require", 1, name))
  end
  self.globals = setmetatable({}, {
    __index = globals,
    __newindex = function(_, key)
      raise.error('global "%s" cannot be set: globals are read-only, write '
        .. '"local", or keep a request\'s values in ctx.data', tostring(key))
    end,
    __metatable = false,
  })
  globals._G = self.globals
  return self
end

-- The compiled file, with the sandbox's globals; nil and the reason.
function Sandbox:load(source, path)
  if source:sub(1, 1) == "\27" then
    return nil, path .. ": this is bytecode: nginx reads source only"
  end
  local chunk, reason = loadstring(source, "@" .. path)
  return chunk and setfenv(chunk, self.globals), reason
end

local loading = {}

-- A module "a.b" is a/b.lua or a/b/init.lua.
function Sandbox:require(name)
  local module = self.loaded[name]
  if module == loading then
    raise.error('module "%s" requires itself', name)
  elseif module ~= nil then
    return module
  end

  local file = not name:find("/", 1, true) and name:gsub("%.", "/")
  for _, root in ipairs(file and self.roots or {}) do
    for _, ending in ipairs { ".lua", "/init.lua" } do
      local path = root .. "/" .. file .. ending
      local source = files.read(path)
      if source then
        self.loaded[name] = loading
        local chunk, reason = self:load(source, path)
        if not chunk then
          self.loaded[name] = nil
          error(reason, 0)
        end
        local ok, result = pcall(chunk, name)
        if not ok then
          -- a module that failed may be tried again
          self.loaded[name] = nil
          error(result, 0)
        end
        self.loaded[name] = result == nil and true or result
        return self.loaded[name]
      end
    end
  end
  raise.error('module "%s" was not found in assist_hook_path nor among the '
    .. "shipped ones", name)
end

return sandbox
