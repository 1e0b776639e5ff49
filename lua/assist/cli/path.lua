-- A use of the API, such as `assist.cache.get(` or `ctx.service.name`: does it
-- exist, and may it be made here?

local api = require "assist.cli.api"
local lexer = require "assist.cli.lexer"
local shape = require "assist.cli.shape"

local path = {}

local is = shape.is
local fields = {}
for name, list in pairs(api.fields) do
  fields[name] = api.set(list)
end
local outcomes = api.set(api.outcomes)

local function sorted(set)
  local names = {}
  for name in pairs(set) do
    names[#names + 1] = name
  end
  table.sort(names)
  return table.concat(names, ", ")
end

local function called(tokens, at)
  local next_token = tokens[at + 1]
  return next_token and (next_token.type == "string" or is(next_token, "(")
         or is(next_token, "{"))
end

-- pcall(assist.sleep, 1)
local function passed(self)
  local t, at = self.tokens, self.first
  return is(t[at - 1], "(") and (is(t[at - 2], "pcall")
         or is(t[at - 2], "xpcall"))
end

local function call(self, name, at)
  if self.phase and not api.allowed(name, self.phase) then
    self.found(self.tokens[at].line, api.misuse(name, self.phase))
  end
  if name == "ctx:outcome" then
    local text = lexer.string(self.tokens[at + 2])
    if text and is(self.tokens[at + 3], ")") and not outcomes[text] then
      self.found(self.tokens[at].line,
        ('ctx:outcome: there is no outcome "%s"'):format(text))
    end
  end
end

-- Each takes the meaning so far, the separator and the next name, which is
-- token `at`; it gives the new meaning, or false where nothing more is known.

local function of_assist(self, meaning, separator, name, at)
  local members = api.members(meaning)
  local kind = separator == "." and members[name]
  if not kind then
    self.found(self.tokens[at].line, separator == ":"
      and ("write %s.%s, with a dot"):format(meaning, name)
      or ('%s has no "%s" (it has: %s)'):format(meaning, name,
        sorted(members)))
    return false
  end
  return kind ~= "value" and meaning .. "." .. name
end

local function of_object(self, meaning, separator, name, at)
  local line, method = self.tokens[at].line, meaning .. ":" .. name
  if separator == ":" then
    if api.calls[method] then
      call(self, method, at)
    else
      self.found(line, ('%s has no method "%s"'):format(meaning, name))
    end
    return false
  end
  if api.calls[method] then
    if called(self.tokens, at) then
      self.found(line, ("write %s(...), with a colon"):format(method))
    elseif passed(self) then
      call(self, method, at)
    end
    return false
  end
  if is(self.tokens[at + 1], "=") then
    self.found(line, meaning == "service" and "a service is read-only"
      or ('"%s" cannot be set: keep a request\'s values in ctx.data'):format(
        name))
    return false
  end
  if not fields[meaning][name] then
    self.found(line, ('%s has no "%s"'):format(meaning == "service"
      and "a service" or meaning, name))
    return false
  end
  if meaning == "ctx" and (name == "service" or name == "previous") then
    return "service"
  end
  return meaning == "ctx" and name == "request" and "ctx.request"
end

local function leads_on(meaning)
  return fields[meaning] or api.members(meaning)
end

-- Follows the path that begins with the name token `at`, which means
-- `meaning`, in a phase (or nil), and calls found(line, message).  Returns the
-- path's last token and what it means.
function path.follow(tokens, at, meaning, phase, found)
  local self = { tokens = tokens, phase = phase, found = found, first = at }
  while meaning and leads_on(meaning) do
    local separator, name = tokens[at + 1], tokens[at + 2]
    if not (is(separator, ".") or is(separator, ":")) then
      return at, meaning
    end
    local step = fields[meaning] and of_object or of_assist
    at = at + 2
    meaning = step(self, meaning, separator.text, name.text, at)
  end
  if meaning and (called(tokens, at) or passed(self)) then
    call(self, meaning, at)
    meaning = false
  end
  return at, meaning
end

return path
