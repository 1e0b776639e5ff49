-- What a figure is judged by: the files that nginx's directives name, and the
-- options that name them.

local ffi = require "ffi"

local args = require "assist.cli.args"
local files = require "assist.cli.files"
local library = require "assist.cli.library"

local rules = {}

-- The options that name the files, added to a command's, for args.parse.
function rules.options(known)
  for _, name in ipairs { "levels", "targets", "tasks", "register" } do
    known[name] = "text"
  end
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

-- An assist_rules_t; what it points to lives as long as the process.
function rules.read(options)
  local lib = library.load()
  local kept = { levels = levels_of(options.levels),
    targets = read(options.targets, lib.assist_targets_create,
      lib.assist_targets_free),
    tasks = options.tasks and read(options.tasks, lib.assist_tasks_parse,
      lib.assist_tasks_free),
    registered = options.register and read(options.register,
      lib.assist_register_parse, lib.assist_register_free) }
  rules.kept = kept
  return ffi.new("assist_rules_t", kept)
end

return rules
