-- What a figure is judged by: the files that nginx's directives name, and the
-- options that name them.

local ffi = require "ffi"

local args = require "assist.cli.args"
local files = require "assist.cli.files"
local library = require "assist.cli.library"

local rules = {}

-- The options that name the files, added to a command's, for args.parse.
function rules.options(known)
  known.levels, known.targets = "text", "text"
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

local function targets_of(path)
  local lib, err = library.load(), ffi.new "assist_error_t"
  local text = path and files.need(path) or ""
  local targets = lib.assist_targets_create(library.str(text), err)
  if targets == nil then
    failed(path or "targets", err)
  end
  return ffi.gc(targets, lib.assist_targets_free)
end

-- An assist_rules_t; what it points to lives as long as the process.
function rules.read(options)
  local kept = { levels = levels_of(options.levels),
    targets = targets_of(options.targets) }
  rules.kept = kept
  return ffi.new("assist_rules_t", kept)
end

return rules
