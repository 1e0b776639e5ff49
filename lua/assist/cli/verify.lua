-- `assist verify`: was anything in an evidence log, or in a closed month,
-- changed, removed or added?

local args = require "assist.cli.args"
local closed = require "assist.cli.closed"
local library = require "assist.cli.library"
local log = require "assist.cli.log"

local verify = {}

local function more(count, text)
  local written = select(2, text:gsub("\n", ""))
  return count > written and ("and %d more\n"):format(count - written) or ""
end

-- Logs and closed months apart; of the latter, those that are good, and
-- whether all are.
local function check_months(paths, key)
  local logs, months, good = {}, {}, true
  for _, path in ipairs(paths) do
    if not closed.is(path) then
      logs[#logs + 1] = path
    else
      local month, text = closed.read(path, key)
      if month then
        months[#months + 1] = month
        months[month] = text
        print(("%s: %s, closed %s, %s: good"):format(path,
          library.text(month.name), library.text(month.closed_at),
          month.is_signed == 0 and "not signed"
          or key == "" and "signed (not checked: there is no --key)"
          or "signed"))
      else
        good = false
        print(path .. ": " .. text)
      end
    end
  end
  return logs, months, good
end

function verify.command(list)
  local words, options = args.parse(list, { key = "text", heads = "text" })
  if #words == 0 then
    args.fail "verify needs an evidence log, or a closed month"
  end

  local logs, months, good = check_months(words, log.key(options.key))
  if #logs == 0 then
    return good and 0 or 1
  end
  local result = log.result(log.read(logs, options, nil, months))
  io.write(result.found, more(result.findings, result.found))
  io.write((result.noted:gsub("[^\n]+", "note: %0")),
    more(result.notes, result.noted))
  local alien = log.is_alien(result)
  print(("%d lines in %d blocks of %d chains: %s"):format(result.lines,
    result.blocks, result.chains,
    alien and "no line of evidence was found, is this an evidence log?"
    or result.findings == 0 and "good"
    or result.findings == 1 and "1 finding"
    or result.findings .. " findings"))
  return good and not alien and result.findings == 0 and 0 or 1
end

return verify
