-- Headers that a hook gives: names and values as nginx takes them.

local raise = require "assist.cli.raise"

local headers = {}

-- A copy with strings as values; raises in the name of a call.
function headers.check(call, given)
  if type(given) ~= "table" then
    raise.error("%s: headers are a table of names and strings, not a %s", call,
      type(given))
  end
  local copy, n, total = {}, 0, 0
  for name, value in pairs(given) do
    n = n + 1
    local kind = type(value)
    if n > 32 then
      raise.error("%s: more than 32 headers", call)
    elseif type(name) ~= "string" or kind ~= "string" and kind ~= "number" then
      raise.error("%s: headers are a table of names and strings", call)
    end
    total = total + #name + #tostring(value)
    if total > 65536 then
      raise.error("%s: headers may have 64 KB together", call)
    elseif not name:find("^[%w!#$%%&'*+%-.^_`|~]+$") then
      raise.error('%s: "%s" is not a header\'s name', call, name)
    elseif tostring(value):find("[%z\r\n]") then
      raise.error('%s: the header "%s" has a line end', call, name)
    end
    copy[name] = tostring(value)
  end
  return copy
end

return headers
