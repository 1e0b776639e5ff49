-- Errors and arguments, as nginx's module words them: with the file and line
-- of the hook, not of this program.

local raise = {}

local own = debug.getinfo(1, "S").source:match("^(.*/)")

-- Raises a message with the position of the nearest function that is not of
-- this folder.
function raise.error(format, ...)
  local message = format:format(...)
  for level = 2, 200 do
    local info = debug.getinfo(level, "Sl")
    if not info then
      break
    end
    if info.source:sub(1, 1) == "@" and info.source:sub(1, #own) ~= own then
      message = ("%s:%d: %s"):format(info.short_src, info.currentline, message)
      break
    end
  end
  error(message, 0)
end

local function bad(n, name, expected, value)
  raise.error("bad argument #%d to '%s' (%s expected, got %s)", n,
    name:match("[^.:]+$"), expected, value == nil and "no value" or type(value))
end

-- The n-th argument of a call as a string (numbers are taken, as Lua does).
function raise.string(name, n, value)
  if type(value) == "number" then
    return tostring(value)
  end
  if type(value) ~= "string" then
    bad(n, name, "string", value)
  end
  return value
end

-- The same as a number.
function raise.number(name, n, value)
  local number = tonumber(value)
  if not number then
    bad(n, name, "number", value)
  end
  return number
end

-- Fails unless the argument is what `holds` says it should be.
function raise.unless(holds, name, n, expected, value)
  if not holds then
    bad(n, name, expected, value)
  end
end

return raise
