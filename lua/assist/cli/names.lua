-- Reads a file's tokens with an eye on its blocks, and checks each use of
-- `assist` and `ctx`.  It knows a name only where it is certain; of what it
-- cannot follow it says nothing.

local api = require "assist.cli.api"
local path = require "assist.cli.path"
local scopes = require "assist.cli.scopes"
local shape = require "assist.cli.shape"

local names = {}

local is = shape.is
local phases = api.set(api.phases)
local libraries = api.set { "string", "table", "math", "bit", "coroutine" }
local removed = api.set(api.removed)

local Reader = {}
Reader.__index = Reader

-- The phase of the function whose `function` is token `at`, and whether it is
-- the hook's own request, page, ask or log.
function Reader:phase_of(at)
  local t = self.tokens
  if #self.scopes == 1 then
    local name = t[at + 3]
    if self.hook and is(t[at + 1], self.hook) and is(t[at + 2], ".")
       and phases[name.text] and is(t[at + 4], "(") then
      return name.text, true
    end
    name = t[at - 2]
    if is(t[at - 1], "=") and name and name.type == "name"
       and phases[name.text] then
      local field = self.braces[#self.braces] == self.constructor
                    and self.constructor
                    and (is(t[at - 3], "{") or is(t[at - 3], ",")
                         or is(t[at - 3], ";"))
      local member = self.hook and is(t[at - 3], ".")
                     and is(t[at - 4], self.hook)
      if field or member then
        return name.text, true
      end
    end
  end
  -- pcall(function() ... end) runs where it stands
  return is(t[at - 1], "(") and self.scopes:phase() or nil
end

-- `function a.b(x, y)`: opens its body; returns the token of its ")".
function Reader:on_function(at)
  local t = self.tokens
  if self.hook and #self.scopes == 1 and is(t[at + 1], self.hook)
     and is(t[at + 2], ":") and phases[t[at + 3].text] then
    self.found(t[at].line, ("write function %s.%s(ctx, conf), with a dot")
      :format(self.hook, t[at + 3].text))
  end
  local phase, own = self:phase_of(at)
  self.scopes:push(phase)
  while not is(t[at], "(") do
    at = at + 1
  end
  local first = true
  while not is(t[at], ")") do
    at = at + 1
    if t[at].type == "name" then
      local is_ctx = first and (own or self.is_hook and t[at].text == "ctx")
      self.scopes:bind(t[at].text, is_ctx and not self.assigned[t[at].text]
                       and "ctx")
      first = false
    end
  end
  return at
end

-- Where an expression may end: what follows belongs to something else.
local function ends_after(token)
  return not token or is(token, ",") or is(token, ";")
         or token.type == "name" or token.type == "keyword"
         and token.text ~= "and" and token.text ~= "or"
end

-- The meaning of the expression at a token, if it is `require "assist"` or a
-- path; and its last token, if it can be told.
function Reader:expression(at)
  local t, last, meaning = self.tokens, at, false
  if is(t[at], "require") then
    local bracket = is(t[at + 1], "(")
    local name = t[bracket and at + 2 or at + 1]
    last = bracket and at + 3 or at + 1
    meaning = name and name.type == "string"
              and name.text:sub(2, -2) == "assist" and "assist"
  elseif t[at] and t[at].type == "name" and self.scopes:meaning(t[at].text)
  then
    last, meaning = path.follow(t, at, self.scopes:meaning(t[at].text),
      self.scopes:phase(), self.found)
  elseif not is(t[at + 1], ",") then
    return false
  end
  return meaning and ends_after(t[last + 1]) and meaning, last
end

-- `local a, b = ...`; returns the last token that is dealt with.
function Reader:on_local(at)
  local t, bound = self.tokens, {}
  if is(t[at + 1], "function") then
    self.scopes:bind(t[at + 2].text, false)
    return at
  end
  repeat
    at = at + 1
    bound[#bound + 1] = { name = t[at].text, meaning = false }
    at = at + 1
  until not is(t[at], ",")

  local done = at - 1
  if is(t[at], "=") then
    done = at
    for _, name in ipairs(bound) do
      local meaning, last = self:expression(done + 1)
      done = last or done
      name.meaning = not self.assigned[name.name] and meaning
      if not last or not is(t[done + 1], ",") then
        break
      end
      done = done + 1
    end
  end
  for _, name in ipairs(bound) do
    self.scopes:bind(name.name, name.meaning)
  end
  return done
end

-- `for a, b in`: its names belong to the block that its `do` opens.
function Reader:on_for(at)
  local t, list = self.tokens, {}
  repeat
    at = at + 1
    list[#list + 1] = t[at].text
    at = at + 1
  until not is(t[at], ",")
  self.loops[#self.loops + 1] = { depth = #self.scopes, names = list }
  return at
end

function Reader:on_do()
  local loop = self.loops[#self.loops]
  self.scopes:push(self.scopes:phase())
  if loop and loop.depth == #self.scopes - 1 then
    self.loops[#self.loops] = nil
    for _, name in ipairs(loop.names) do
      self.scopes:bind(name, false)
    end
  end
end

local keywords = {
  ["function"] = Reader.on_function,
  ["local"] = Reader.on_local,
  ["for"] = Reader.on_for,
  ["do"] = Reader.on_do,
  ["then"] = function(self) self.scopes:push(self.scopes:phase()) end,
  ["repeat"] = function(self) self.scopes:push(self.scopes:phase()) end,
  ["else"] = function(self)
    self.scopes:pop()
    self.scopes:push(self.scopes:phase())
  end,
  ["elseif"] = function(self) self.scopes:pop() end,
  ["end"] = function(self) self.scopes:pop() end,
  ["until"] = function(self) self.scopes:pop() end,
}

-- `math.randomseed`: what a library has not.
function Reader:on_global(at)
  local t = self.tokens
  local name, member = t[at].text, t[at + 2]
  if libraries[name] and is(t[at + 1], ".") and member then
    local whole = name .. "." .. member.text
    if _G[name][member.text] == nil or removed[whole] then
      self.found(t[at].line, ('there is no "%s" in hooks'):format(whole))
    end
  end
end

function Reader:on_name(at)
  local before = self.tokens[at - 1]
  if is(before, ".") or is(before, ":") then
    return at
  end
  local meaning = self.scopes:meaning(self.tokens[at].text)
  if meaning == nil then
    self:on_global(at)
  end
  if not meaning then
    return at
  end
  return (path.follow(self.tokens, at, meaning, self.scopes:phase(),
    self.found))
end

-- Calls found(line, message) for each use of the API that cannot work.
function names.scan(tokens, found)
  local hook, constructor = shape.hook(tokens)
  local self = setmetatable({
    tokens = tokens, found = found, hook = hook, constructor = constructor,
    is_hook = shape.uses_assist(tokens), assigned = shape.assigned(tokens),
    scopes = scopes.new(), braces = {}, loops = {},
  }, Reader)

  local at = 1
  while tokens[at] do
    local token = tokens[at]
    if token.type == "keyword" and keywords[token.text] then
      at = keywords[token.text](self, at) or at
    elseif token.type == "name" then
      at = self:on_name(at)
    elseif is(token, "{") then
      self.braces[#self.braces + 1] = at
    elseif is(token, "}") then
      self.braces[#self.braces] = nil
    end
    at = at + 1
  end
end

return names
