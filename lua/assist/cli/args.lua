-- The command line: positional arguments and options.  A wrong one raises a
-- table { usage = sentence }, which lua/bin/assist prints, with exit code 2.

local args = {}

-- Raises the error of a command line that cannot be meant.
function args.fail(format, ...)
  error({ usage = format:format(...) }, 0)
end

local function option(word, list, at, known, options)
  local name, value = word:match("^%-%-([^=]+)=(.*)$")
  name = name or word:sub(3)
  local kind = known[name]
  if not kind then
    args.fail('there is no option "--%s"', name)
  end
  if not value then
    at = at + 1
    value = list[at]
    if not value then
      args.fail('option "--%s" needs a value', name)
    end
  end
  if kind == "pairs" then
    local key, text = value:match("^([^=]+)=(.*)$")
    if not key then
      args.fail('option "--%s" takes KEY=VALUE, not "%s"', name, value)
    end
    options[name] = options[name] or {}
    options[name][key] = text
  elseif kind == "list" then
    options[name] = options[name] or {}
    table.insert(options[name], value)
  elseif options[name] then
    args.fail('option "--%s" is given twice', name)
  else
    options[name] = value
  end
  return at, kind == "pairs"
end

-- Further KEY=VALUE words belong to the option of pairs before them.
local function more_pairs(list, at, pairs_of)
  while list[at + 1] and list[at + 1]:find("^[%w_.]+=") do
    at = at + 1
    local key, text = list[at]:match("^([^=]+)=(.*)$")
    pairs_of[key] = text
  end
  return at
end

-- list: the words after the command; known: option names to "text", "list" (may
-- be given several times) or "pairs".  Returns the positional words and the options by name.
function args.parse(list, known)
  local words, options, at = {}, {}, 1
  while list[at] do
    local word = list[at]
    if word == "--" then
      for i = at + 1, #list do
        words[#words + 1] = list[i]
      end
      break
    elseif word:sub(1, 2) == "--" then
      local of_pairs
      at, of_pairs = option(word, list, at, known, options)
      if of_pairs then
        at = more_pairs(list, at, options[word:match("^%-%-([^=]+)")])
      end
    elseif word:sub(1, 1) == "-" and #word > 1 then
      args.fail('there is no option "%s"', word)
    else
      words[#words + 1] = word
    end
    at = at + 1
  end
  return words, options
end

return args
