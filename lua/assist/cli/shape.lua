-- What can be told of a file before it is read closely: what it returns, and
-- which names it assigns to again.

local shape = {}

local ends = { [")"] = true, ["}"] = true, ["]"] = true, [";"] = true,
  ["end"] = true, ["do"] = true, ["then"] = true, ["else"] = true,
  ["repeat"] = true, ["nil"] = true, ["true"] = true, ["false"] = true,
  ["break"] = true, ["..."] = true, ["::"] = true }

-- Can a statement begin after this token (nil: the file's beginning)?
local function statement_after(token)
  return not token or ends[token.text] or token.type == "name"
         or token.type == "number" or token.type == "string"
end

-- The index of the bracket that closes the one at `at`.
local function closing(tokens, at)
  local depth = 0
  for i = at, #tokens do
    local token = tokens[i]
    if token.type == "op" then
      if token.text == "{" then
        depth = depth + 1
      elseif token.text == "}" then
        depth = depth - 1
        if depth == 0 then
          return i
        end
      end
    end
  end
end

local function is(token, text)
  return token and token.text == text and token.type ~= "string"
end

shape.is = is

-- The hook that a file returns: its name (of `return M`), and the index of the
-- "{" with its first fields; both may be nil.
function shape.hook(tokens)
  local last = #tokens
  while is(tokens[last], ";") do
    last = last - 1
  end

  if last > 1 and tokens[last].type == "name"
     and is(tokens[last - 1], "return") then
    local name = tokens[last].text
    for i = 1, last - 3 do
      if is(tokens[i], "local") and is(tokens[i + 1], name)
         and is(tokens[i + 2], "=") and is(tokens[i + 3], "{") then
        return name, i + 3
      end
    end
    return name
  end

  for i = 1, last - 1 do
    if is(tokens[i], "return") and is(tokens[i + 1], "{")
       and closing(tokens, i + 1) == last then
      return nil, i + 1
    end
  end
end

-- The set of names that some statement `a, b = ...` assigns to.
function shape.assigned(tokens)
  local assigned = {}
  for i = 1, #tokens do
    if tokens[i].type == "name" and statement_after(tokens[i - 1]) then
      local j = i
      while is(tokens[j + 1], ",") and tokens[j + 2].type == "name" do
        j = j + 2
      end
      if is(tokens[j + 1], "=") then
        for k = i, j, 2 do
          assigned[tokens[k].text] = true
        end
      end
    end
  end
  return assigned
end

-- Does the file use `assist`?
function shape.uses_assist(tokens)
  for i = 1, #tokens - 1 do
    if is(tokens[i], "require") then
      local name = is(tokens[i + 1], "(") and tokens[i + 2] or tokens[i + 1]
      if name.type == "string" and name.text:sub(2, -2) == "assist" then
        return true
      end
    end
  end
end

return shape
