-- Evidence logs: feeding their files to libassist's audit.

local ffi = require "ffi"

local args = require "assist.cli.args"
local files = require "assist.cli.files"
local library = require "assist.cli.library"
local pieces = require "assist.cli.pieces"

local log = {}

-- The files in the order in which they were begun, which their first lines
-- tell; those of the same second in the order given.
local function in_order(paths)
  local list = {}
  for i, path in ipairs(paths) do
    local file, reason = pieces.open(path)
    local start
    if file then
      start, reason = file:read()
      file:close()
    end
    if reason then
      args.fail("cannot read %s", reason)
    end
    list[i] = { path = path, at = i,
      time = start and start:match '^{"v":1,"t":"([^"]*)"' or "" }
  end
  table.sort(list, function(a, b)
    if a.time ~= b.time then
      return a.time < b.time
    end
    return a.at < b.at
  end)
  return list
end

local function need(rc)
  if rc ~= 0 then
    error "not enough memory"
  end
end

-- The bytes of an assist_coverage_key file, as nginx takes them; "" for none.
function log.key(path)
  if not path then
    return ""
  end
  local key = files.need(path):gsub("[\r\n]+$", "")
  if #key < 32 then
    args.fail("the key in %s has %d bytes, it must have 32 at least", path,
      #key)
  end
  return key
end

-- The heads in a saved coverage.json, or in several of them in one file.
local function add_heads(audit, path)
  local lib, count = library.load(), 0
  for list in files.need(path):gmatch '"evidence_heads"%s*:%s*(%b[])' do
    list = list:gsub("%s+", "")
    local n = lib.assist_audit_heads(audit, library.str(list))
    if n < 0 then
      args.fail("%s: what stands at evidence_heads are not heads", path)
    end
    count = count + n
  end
  if count == 0 then
    args.fail("%s has no heads: it must be a coverage.json that was saved",
      path)
  end
end

-- Reads the files to their end.  options: key and heads, paths; reader: an
-- assist_audit_reader_t, or nil; closed: months, whose heads must be there, or
-- nil.  Gives the audit.
function log.read(paths, options, reader, closed)
  local lib = library.load()
  local key = log.key(options.key)
  local audit = lib.assist_audit_create(library.str(key), reader)
  if audit == nil then
    error "not enough memory"
  end
  audit = ffi.gc(audit, lib.assist_audit_free)
  if options.heads then
    add_heads(audit, options.heads)
  end
  for _, month in ipairs(closed or {}) do
    if lib.assist_audit_heads(audit, month.heads) < 0 then
      error "not enough memory"
    end
  end

  for _, entry in ipairs(in_order(paths)) do
    local file, reason = pieces.open(entry.path)
    if not file then
      args.fail("cannot read %s", reason)
    end
    need(lib.assist_audit_file(audit, library.str(entry.path)))
    local piece, why, broken = file:read()
    while piece do
      need(lib.assist_audit_feed(audit, piece, #piece))
      piece, why, broken = file:read()
    end
    file:close()
    if why then
      args.fail("cannot read %s", why)
    elseif broken then
      lib.assist_audit_broken(audit, library.str(broken))
    end
  end

  need(lib.assist_audit_end(audit))
  return audit
end

-- Its result, with numbers and text of Lua's.
function log.result(audit)
  local result = library.load().assist_audit_result(audit)
  return {
    lines = tonumber(result.lines), blocks = tonumber(result.blocks),
    chains = tonumber(result.chains), findings = tonumber(result.findings),
    notes = tonumber(result.notes), found = library.text(result.found),
    noted = library.text(result.noted),
  }
end

-- Was there something, and none of it evidence?  An empty log is one.
function log.is_alien(result)
  return result.lines == 0 and result.findings == 0 and result.notes > 0
end

return log
