-- Runs lua/bin/assist in a process of its own, on files of a temporary folder.

local cli = {}

local here = arg[0]:match("^(.*)/[^/]*$") or "."
cli.here = here
cli.root = here .. "/../.."

local out, sanitize = os.getenv "OUT", os.getenv "SANITIZE"
local program = here .. "/../../lua/bin/assist"

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function environment()
  local words = {}
  if out then
    words[1] = "ASSIST_LIB=" .. quote(out .. "/libassist.so")
  end
  if sanitize and sanitize ~= "" then
    words[#words + 1] = 'LD_PRELOAD="$(gcc -print-file-name=libasan.so)"'
    words[#words + 1] = "ASAN_OPTIONS=detect_leaks=0"
  end
  return table.concat(words, " ")
end

-- The bytes of a file.
function cli.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

-- Calls fn(folder) with a temporary folder that has these files: name to text.
function cli.folder(list, fn)
  local made = assert(io.popen("mktemp -d"))
  local folder = made:read("*l")
  made:close()
  for name, text in pairs(list) do
    if name:find("/", 1, true) then
      os.execute("mkdir -p " .. quote(folder .. "/" .. name:match("^(.*)/")))
    end
    local file = assert(io.open(folder .. "/" .. name, "wb"))
    file:write(text)
    file:close()
  end
  local ok, why = xpcall(function() fn(folder) end, debug.traceback)
  os.execute("rm -rf " .. quote(folder))
  if not ok then
    error(why, 0)
  end
end

-- Runs a command line; returns its exit code and what it wrote, to stdout and
-- stderr together.
function cli.run(...)
  local words = { environment(), quote(program) }
  for i, word in ipairs { ... } do
    words[i + 2] = quote(word)
  end
  local line = table.concat(words, " ") .. " 2>&1 </dev/null; echo $?"
  local pipe = assert(io.popen(line))
  local text, code = pipe:read("*a"):match("^(.-)(%d+)\n$")
  pipe:close()
  return tonumber(code), text
end

return cli
