-- What a figure is judged by: the files that nginx's directives name, the
-- months that are closed, and the options that name them.

local ffi = require "ffi"

local args = require "assist.cli.args"
local closed = require "assist.cli.closed"
local files = require "assist.cli.files"
local library = require "assist.cli.library"
local log = require "assist.cli.log"

local rules = {}

-- The options, added to a command's, for args.parse.
function rules.options(known)
  for _, name in ipairs { "levels", "targets", "tasks", "register", "key" } do
    known[name] = "text"
  end
  known.closed = "list"
  return known
end

local function failed(path, err)
  args.fail("%s%s: %s", path, err.line > 0 and ":" .. err.line or "",
    ffi.string(err.text))
end

local function levels_of(path)
  local lib, levels = library.load(), ffi.new "assist_levels_t"
  lib.assist_levels_default(levels)
  if path then
    local err, text = ffi.new "assist_error_t", files.need(path)
    if lib.assist_levels_parse(levels, library.str(text), err) ~= 0 then
      failed(path, err)
    end
  end
  return levels
end

-- What a function of the library reads from a file, or from none.
local function read(path, parse, free)
  local err = ffi.new "assist_error_t"
  local found = parse(library.str(path and files.need(path) or ""), err)
  if found == nil then
    failed(path or "assist", err)
  end
  return ffi.gc(found, free)
end

-- The closed months that are named, the latest one last; each once.
local function months_of(paths, key, kept)
  local list = {}
  for _, path in ipairs(paths or {}) do
    local month, text = closed.read(path, key)
    if not month then
      args.fail("%s: %s", path, text)
    end
    kept[#kept + 1] = text
    list[#list + 1] = month
  end
  table.sort(list, function(a, b) return a.month < b.month end)
  for i = 2, #list do
    if list[i].month == list[i - 1].month then
      args.fail("the month %s is given twice", library.text(list[i].name))
    end
  end
  return list
end

-- Their measures, one list.
local function past_of(months)
  local n, at = 0, 0
  for _, month in ipairs(months) do
    n = n + tonumber(month.npast)
  end
  local past = ffi.new("assist_past_t[?]", n + 1)
  for _, month in ipairs(months) do
    for i = 0, tonumber(month.npast) - 1 do
      past[at] = month.past[i]
      at = at + 1
    end
  end
  return past, n
end

-- An assist_rules_t, and the closed months; what they point to lives as long
-- as the process.
function rules.read(options)
  local lib, kept = library.load(), {}
  rules.kept = kept
  kept.levels = levels_of(options.levels)
  kept.targets = read(options.targets, lib.assist_targets_create,
    lib.assist_targets_free)
  kept.tasks = options.tasks and read(options.tasks, lib.assist_tasks_parse,
    lib.assist_tasks_free)
  kept.register = options.register and read(options.register,
    lib.assist_register_parse, lib.assist_register_free)
  kept.months = months_of(options.closed, log.key(options.key), kept)
  kept.past, kept.npast = past_of(kept.months)

  local judged = ffi.new "assist_rules_t"
  judged.levels, judged.targets = kept.levels, kept.targets
  judged.tasks, judged.registered = kept.tasks, kept.register
  judged.past, judged.npast = kept.past, kept.npast
  return judged, kept.months
end

return rules
