-- Reading files and walking folders.

local args = require "assist.cli.args"

local files = {}

-- The bytes of a file; nil and why it cannot be read.
function files.read(path)
  local file, reason = io.open(path, "rb")
  if not file then
    return nil, reason
  end
  local text, why = file:read("*a")
  file:close()
  if not text then
    return nil, path .. ": " .. why
  end
  return text
end

-- The same of a file that a command line names.
function files.need(path)
  local text, reason = files.read(path)
  if not text then
    args.fail("cannot read %s", reason)
  end
  return text
end

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- The files of a folder and all below it whose names end with `ending`,
-- sorted; of a file, itself.
function files.below(path, ending)
  local file, reason = io.open(path, "rb")
  if not file then
    args.fail("cannot read %s", reason)
  end
  local _, why = file:read(1)
  file:close()
  -- only folders cannot be read: at a file's end there is no reason
  if not why then
    return { path }
  end

  -- a path that begins with "-" must not be an option of find's
  local start = path:sub(1, 1) == "-" and "./" .. path or path
  local found = {}
  local list = assert(io.popen("find -L " .. quote(start:gsub("(.)/+$", "%1"))
    .. " -type f -name " .. quote("*" .. ending) .. " -print0"))
  for name in list:read("*a"):gmatch("[^%z]+") do
    found[#found + 1] = name
  end
  list:close()
  table.sort(found)
  return found
end

-- The folder of a path, without a last slash.
function files.folder(path)
  return path:match("^(.+)/[^/]*$") or (path:sub(1, 1) == "/" and "/" or ".")
end

return files
