-- The figure from the evidence alone, for `assist report` and `assist close`.

local ffi = require "ffi"

local args = require "assist.cli.args"
local catalogue = require "assist.cli.catalogue"
local library = require "assist.cli.library"
local log = require "assist.cli.log"

local recount = {}

-- Counts what the logs say as of a moment.  month: the closed month whose heads
-- must be there, or nil.  Gives an assist_recount_t and the audit.
function recount.read(paths, options, as_of, gmtoff, month)
  if not options.catalog then
    args.fail "the catalogue is missing: --catalog FILE"
  end
  local lib, cat = library.load(), catalogue.parse(options.catalog)
  local count = lib.assist_recount_create(cat, as_of, gmtoff)
  if count == nil then
    error "not enough memory"
  end
  return count, log.read(paths, options, ffi.new("assist_audit_reader_t",
    { lib.assist_recount_line, lib.assist_recount_block, count }), { month })
end

local function warn(count, format, ...)
  if count > 0 then
    io.stderr:write("assist: ", format:format(tonumber(count), ...), "\n")
  end
end

-- Says what was not counted; gives the number of the audit's findings.
function recount.warn(count, audit, path)
  local got = library.load().assist_recount_result(count)
  local result = log.result(audit)
  local findings = result.findings
  warn(got.unknown, "%d lines name a service that %s does not have", path)
  warn(got.catalogues, "%d workers had another catalogue than %s", path)
  warn(got.unsealed, "%d lines were not counted: their block has no end, or "
    .. "was changed")
  warn(got.malformed, "%d lines were not counted: they are no interactions")
  warn(findings, "the evidence is not good (findings: %d): run \"assist "
    .. "verify\"")
  if log.is_alien(result) then
    io.stderr:write "assist: no line of evidence was found, is this an "
    io.stderr:write "evidence log?\n"
    return findings + 1
  end
  return findings
end

return recount
