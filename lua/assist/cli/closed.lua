-- Months that are closed: reading their files.

local ffi = require "ffi"

local files = require "assist.cli.files"
local library = require "assist.cli.library"

local closed = {}

local START = '{"v":1,"type":"closed"'

-- Does the file begin as one that `assist close` wrote?
function closed.is(path)
  local file = io.open(path, "rb")
  local start = file and file:read(#START)
  if file then
    file:close()
  end
  return start == START
end

-- An assist_closed_t and its file's text, which must live as long; nil and
-- what is wrong with it.
function closed.read(path, key)
  local lib, text = library.load(), files.need(path)
  local month, err = ffi.new "assist_closed_t", ffi.new "assist_error_t"
  if lib.assist_closed_read(month, library.str(text), library.str(key), err)
     ~= 0
  then
    return nil, ffi.string(err.text)
  end
  return ffi.gc(month, lib.assist_closed_free), text
end

return closed
