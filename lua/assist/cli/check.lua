-- `assist check`: what can be known of hooks without running them.

local args = require "assist.cli.args"
local files = require "assist.cli.files"
local globals = require "assist.cli.globals"
local lexer = require "assist.cli.lexer"
local names = require "assist.cli.names"

local check = {}

-- The findings of a source: { { line =, message = }, ... } by line.
function check.source(source, path)
  local findings, seen = {}, {}

  local function found(line, message)
    local key = line .. ":" .. message
    if not seen[key] then
      seen[key] = true
      findings[#findings + 1] = { line = line, message = message,
        order = #findings }
    end
  end

  if source:sub(1, 1) == "\27" then
    found(1, "this is bytecode: nginx reads source only")
    return findings
  end

  local chunk, reason = loadstring(source, "@" .. path)
  if not chunk then
    local line, message = reason:sub(#path + 1):match("^:(%d+): (.*)$")
    if not line then
      -- a long path is shortened in the message
      line, message = reason:match(":(%d+): (.*)$")
    end
    found(tonumber(line) or 1, message or reason)
    return findings
  end

  globals.scan(chunk, found)
  names.scan(lexer.tokens(source), found)
  table.sort(findings, function(a, b)
    if a.line ~= b.line then
      return a.line < b.line
    end
    return a.order < b.order
  end)
  return findings
end

-- In a folder: tests, definitions for editors and this program are no hooks.
local function is_hook(path, source)
  return not path:find("_test%.lua$") and not source:find("^%-%-%-@meta")
         and not path:find("assist/cli/[^/]+%.lua$")
end

function check.command(list)
  local words = args.parse(list, {})
  if #words == 0 then
    args.fail("check needs a folder or a file")
  end

  local count = 0
  for _, word in ipairs(words) do
    local hooks = 0
    for _, path in ipairs(files.below(word, ".lua")) do
      local source = files.need(path)
      if path == word or is_hook(path, source) then
        hooks = hooks + 1
        for _, finding in ipairs(check.source(source, path)) do
          print(("%s:%d: %s"):format(path, finding.line, finding.message))
          count = count + 1
        end
      end
    end
    if hooks == 0 then
      args.fail("there is no hook (*.lua) in %s", word)
    end
  end
  return count == 0 and 0 or 1
end

return check
