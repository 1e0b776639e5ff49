-- assist.html: markup that a hook vouches for, apart from text.

local raise = require "assist.cli.raise"

local markup = {}

local MAX = 8 * 1024 * 1024

-- What an html value stands for.
local inside = setmetatable({}, { __mode = "k" })

local references = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;",
                     ['"'] = "&quot;", ["'"] = "&#39;" }

-- The markup of a value that assist.html made; nil for any other.
function markup.get(value)
  return inside[value]
end

-- Text as it stands in a page.
function markup.escape(text)
  return (text:gsub("[%z\1-\8\11\14-\31\127]", "")
    :gsub("[&<>\"']", references))
end

-- The markup, or the text escaped.
local function piece(value)
  if inside[value] then
    return inside[value]
  end
  local kind = type(value)
  if kind ~= "string" and kind ~= "number" then
    raise.error("assist.html: a %s cannot be put into a page", kind)
  end
  return markup.escape(tostring(value))
end

local prototype = newproxy(true)
local meta = getmetatable(prototype)
meta.__metatable = false

local function new(text)
  if #text > MAX then
    raise.error "assist.html makes at most 8 MB"
  end
  local value = newproxy(prototype)
  inside[value] = text
  return value
end

function meta.__tostring(self)
  return inside[self]
end

function meta.__concat(a, b)
  return new(piece(a) .. piece(b))
end

-- assist.html(markup), or assist.html("... %s ...", value, ...)
function markup.new(template, ...)
  template = raise.string("assist.html", 1, template)
  local n, used, values = select("#", ...), 0, { ... }
  if n == 0 then
    return new(template)
  end
  local text = template:gsub("%%(.?)", function(kind)
    if kind == "%" then
      return "%"
    elseif kind ~= "s" then
      raise.error("assist.html: the template has a %% that is neither %%s nor "
        .. "%%%%")
    end
    used = used + 1
    return used <= n and piece(values[used]) or ""
  end)
  if used ~= n then
    raise.error("assist.html: the template has %d %%s, %d value%s given", used,
      n, n == 1 and " was" or "s were")
  end
  return new(text)
end

return markup
