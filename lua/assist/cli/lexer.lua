-- Lua source as tokens.  The source has compiled before, so whatever is not
-- recognised is an operator of one character.

local lexer = {}

local keywords = {}
for word in ([[and break do else elseif end false for function if in local nil
    not or repeat return then true until while]]):gmatch("%a+") do
  keywords[word] = true
end

local function long_bracket(source, at)
  local level = source:match("^%[(=*)%[", at)
  if level then
    local _, last = source:find("]" .. level .. "]", at, true)
    return last
  end
end

local function quoted(source, at)
  local quote, last = source:sub(at, at), at + 1
  while source:sub(last, last) ~= quote do
    last = last + (source:sub(last, last) == "\\" and 2 or 1)
  end
  return last
end

-- The type of the token at a byte, and its last byte.
local function token_at(source, at)
  local first = source:sub(at, at)
  local _, last = source:find("^[%a_\128-\255][%w_\128-\255]*", at)
  if last then
    return keywords[source:sub(at, last)] and "keyword" or "name", last
  end
  if first == '"' or first == "'" then
    return "string", quoted(source, at)
  end
  last = first == "[" and long_bracket(source, at)
  if last then
    return "string", last
  end
  _, last = source:find("^%.?%d[%w_.]*", at)
  if last then
    -- 1e-5, 0x1p+4
    local _, exponent = source:find("^[-+]%d+", last + 1)
    if exponent and source:find("^[eEpP]", last) then
      last = exponent
    end
    return "number", last
  end
  _, last = source:find("^%.%.%.?", at)
  if not last then
    _, last = source:find("^[=~<>]=", at)
  end
  if not last then
    _, last = source:find("^::", at)
  end
  return "op", last or at
end

-- The last byte of the comment at a byte, or nil.
local function comment_at(source, at)
  if source:sub(at, at + 1) == "--" then
    return long_bracket(source, at + 2) or (source:find("\n", at, true)
           or #source + 1) - 1
  end
end

-- A list of { type =, text =, line = }; type: name, keyword, string, number,
-- op.  The text of a string has its quotes.
function lexer.tokens(source)
  local tokens, line = {}, 1
  local at = source:find("^\239\187\191") and 4 or 1    -- a byte order mark
  if source:sub(at, at) == "#" then
    at = source:find("\n", at, true) or #source + 1
  end
  while at <= #source do
    local kind, last
    local _, blank = source:find("^[ \t\r\n\f\v]+", at)
    last = blank or comment_at(source, at)
    if not last then
      kind, last = token_at(source, at)
    end
    local text = source:sub(at, last)
    if kind then
      tokens[#tokens + 1] = { type = kind, text = text, line = line }
    end
    line = line + select(2, text:gsub("\n", ""))
    at = last + 1
  end
  return tokens
end

-- The value of a string token that has no escapes; else nil.
function lexer.string(token)
  if token and token.type == "string" then
    return token.text:match("^['\"]([^\\]*)['\"]$")
  end
end

return lexer
