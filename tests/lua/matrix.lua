-- Every call of api.lua in every phase: a hook that tries them all, and what
-- each must give.  A new call needs arguments here, and nothing else.
--
--     luajit tests/lua/matrix.lua     prints { phases, source, expected } as
--                                     JSON, for tests/integration
--
-- With ctx.request.args.phase the hook tries all cells in that phase, and keeps
-- { ["NAME, WAY"] = "works", "nil, REASON" or "matrix.lua:LINE: ..." } in the
-- cache under the phase's name; with args.read it replies with that.

local here = (arg[0]:match("^(.*)/[^/]*$") or ".")
package.path = here .. "/../../lua/?.lua;" .. package.path

local api = require "assist.cli.api"

local matrix = {}

local arguments = {
  ["assist.sleep"] = "0",
  ["assist.all"] = "function() end",
  ["assist.cache.get"] = '"k"',
  ["assist.cache.set"] = '"k", "v", 60',
  ["assist.cache.once"] = '"k", 60, function() return "v" end',
  ["assist.fetch"] = '"/api"',
  ["assist.redis"] = '"GET", "k"',
  ["assist.ai.chat"] = '{ question = "x" }',
  ["assist.later"] = "function() end",
  ["assist.search"] = '"ho chieu"',
  ["assist.log.error"] = '"a line of the matrix"',
  ["assist.log.warn"] = '"a line of the matrix"',
  ["assist.log.info"] = '"a line of the matrix"',
  ["assist.log.debug"] = '"a line of the matrix"',
  ["assist.now"] = "",
  ["assist.html"] = '"<p>%s", "x"',
  ["assist.redact"] = '"x"',
  ["assist.text.normalize"] = '"x"',
  ["assist.text.fold"] = '"x"',
  ["assist.json.encode"] = "1",
  ["assist.json.decode"] = '"1"',
  ["ctx:say"] = '"x"',
  ["ctx:cite"] = "ctx.service",
  ["ctx:about"] = "ctx.service",
  ["ctx:reply"] = '200, "x"',
  ["ctx:inject"] = '"body_end", "x"',
  ["ctx:outcome"] = '"answered"',
  ["ctx.request:header"] = '"Host"',
  ["ctx.request:body"] = "",
}

-- How a call is made: as it stands, and where it cannot wait.
local ways = { "direct", "coroutine", "sort", "gsub" }

local before = [[
local assist = require "assist"

local calls, ways, loaded = {}, {}, {}

function ways.direct(call, ctx)
  return call(ctx)
end

function ways.coroutine(call, ctx)
  local ok, value, reason = coroutine.resume(coroutine.create(call), ctx)
  if not ok then
    error(value, 0)
  end
  return value, reason
end

function ways.sort(call, ctx)
  table.sort({ 2, 1 }, function() call(ctx) return false end)
end

function ways.gsub(call, ctx)
  string.gsub("x", "x", function() call(ctx) end)
end

local function try(found, name, way, ctx)
  local ok, value, reason = pcall(ways[way], calls[name], ctx)
  found[name .. ", " .. way] = not ok and value:gsub("^.*/", "")
    or value == nil and reason and "nil, " .. reason or "works"
end
]]

local after = [[

local function trying(phase)
  return function(ctx)
    local args, found = ctx.request.args, {}
    if args.read and phase == "request" then
      ctx:reply(200, assist.cache.get(args.read) or "")
    end
    if args.phase == phase then
      for _, cell in ipairs(cells) do
        try(found, cell[1], cell[2], ctx)
      end
      assist.cache.set(phase, assist.json.encode(found), 60)
      assist.cache.set("load", assist.json.encode(loaded), 60)
    end
  end
end

for _, cell in ipairs(cells) do
  if cell[1]:find("^assist") and cell[2] == "direct" then
    try(loaded, cell[1], cell[2])
  end
end

local hook = { name = "matrix" }
for _, phase in ipairs(phases) do
  hook[phase] = trying(phase)
end
return hook
]]

-- All that api.lua names: { name, expression, waits }, by name.
local function entries()
  local list = {}
  for _, names in ipairs { api.calls, api.anywhere } do
    for name, call in pairs(names) do
      local given = arguments[name]
        or error("tests/lua/matrix.lua has no arguments for " .. name, 0)
      list[#list + 1] = { name = name, code = name .. "(" .. given .. ")",
        waits = names == api.calls and call.waits }
    end
  end
  for name in pairs(api.values) do
    list[#list + 1] = { name = name, code = name }
  end
  for _, object in ipairs { "ctx", "ctx.request" } do
    for _, field in ipairs(api.fields[object]) do
      local name = object .. "." .. field
      list[#list + 1] = { name = name, code = name }
    end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

-- What a cell must give.
local function expected(entry, way, phase, line)
  local call, place = api.calls[entry.name], ("matrix.lua:%d: %s "):format(line,
    entry.name)
  if not call then
    return "works"
  elseif phase == "load" then
    return place .. "cannot be called while a file is loaded (only in the "
           .. "functions of a hook)"
  elseif not api.set(call)[phase] then
    return ("%scannot be called in %s (only in: %s)"):format(place, phase,
      table.concat(call, ", "))
  elseif way == "coroutine" then
    return place .. "cannot wait inside a coroutine of the hook's own"
  elseif way ~= "direct" then
    return place .. "cannot wait inside a callback of table.sort, string.gsub "
           .. "or the like"
  end
  return "works"
end

-- The hook's text; and by phase, and for "load", what it must find.
function matrix.make()
  local lines, cells, results = {}, {}, { load = {} }
  local _, line = before:gsub("\n", "")
  for _, phase in ipairs(api.phases) do
    results[phase] = {}
  end

  for i, entry in ipairs(entries()) do
    lines[i] = ("calls[%q] = function(ctx) local value, reason = %s return value"
      .. ", reason end"):format(entry.name, entry.code)
    for j = 1, entry.waits and #ways or 1 do
      local key = entry.name .. ", " .. ways[j]
      cells[#cells + 1] = ("  { %q, %q },"):format(entry.name, ways[j])
      for phase, result in pairs(results) do
        if phase ~= "load" or j == 1 and entry.name:find("^assist") then
          result[key] = expected(entry, ways[j], phase, line + i)
        end
      end
    end
  end

  local phases = {}
  for i, phase in ipairs(api.phases) do
    phases[i] = ("%q"):format(phase)
  end
  return before .. table.concat(lines, "\n") .. "\n\nlocal cells = {\n"
         .. table.concat(cells, "\n") .. "\n}\nlocal phases = { "
         .. table.concat(phases, ", ") .. " }\n" .. after, results
end

if arg[0]:find("matrix%.lua$") then
  local source, results = matrix.make()
  print(require("cjson").encode { phases = api.phases, source = source,
    expected = results })
end

return matrix
