-- `assist verify`: was anything in an evidence log changed, removed or added?

local args = require "assist.cli.args"
local log = require "assist.cli.log"

local verify = {}

local function more(count, text)
  local written = select(2, text:gsub("\n", ""))
  return count > written and ("and %d more\n"):format(count - written) or ""
end

function verify.command(list)
  local words, options = args.parse(list, { key = "text", heads = "text" })
  if #words == 0 then
    args.fail "verify needs an evidence log"
  end

  local result = log.result(log.read(words, options))
  io.write(result.found, more(result.findings, result.found))
  io.write((result.noted:gsub("[^\n]+", "note: %0")),
    more(result.notes, result.noted))
  print(("%d lines in %d blocks of %d chains: %s"):format(result.lines,
    result.blocks, result.chains, result.findings == 0 and "good"
    or result.findings == 1 and "1 finding"
    or result.findings .. " findings"))
  return result.findings == 0 and 0 or 1
end

return verify
