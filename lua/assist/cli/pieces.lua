-- Reading a file in pieces, also one that gzip has packed, as log rotation does.

local ffi = require "ffi"

local pieces = {}

ffi.cdef [[
struct gzFile_s *gzopen(const char *path, const char *mode);
int gzbuffer(struct gzFile_s *file, unsigned size);
int gzread(struct gzFile_s *file, void *buf, unsigned len);
const char *gzerror(struct gzFile_s *file, int *errnum);
int gzclose(struct gzFile_s *file);
]]

local PIECE = 1024 * 1024

local plain, packed = {}, {}
plain.__index, packed.__index = plain, packed

-- A file to read from; nil and why not.
function pieces.open(path)
  local file, reason = io.open(path, "rb")
  if not file then
    return nil, reason
  end
  local start, why = file:read(2)
  if why then
    file:close()
    return nil, path .. ": " .. why
  end
  file:seek "set"
  if start ~= "\31\139" then
    return setmetatable({ file = file, path = path }, plain)
  end
  file:close()
  local zlib = ffi.load "libz.so.1"     -- nginx has it, too
  local stream = zlib.gzopen(path, "rb")
  if stream == nil then
    return nil, path .. ": cannot be opened"
  end
  zlib.gzbuffer(stream, PIECE)
  return setmetatable({ zlib = zlib, stream = ffi.gc(stream, zlib.gzclose),
    buffer = ffi.new("char[?]", PIECE) }, packed)
end

-- The next bytes.  At the end: nil; or nil and why it cannot be read; or nil,
-- nil, and what is wrong with a packed file.
function plain:read()
  local piece, why = self.file:read(PIECE)
  return piece, why and self.path .. ": " .. why
end

function plain:close()
  self.file:close()
end

function packed:read()
  local n = self.zlib.gzread(self.stream, self.buffer, PIECE)
  if n > 0 then
    return ffi.string(self.buffer, n)
  end
  local code = ffi.new "int[1]"
  local why = ffi.string(self.zlib.gzerror(self.stream, code))
  -- Z_OK, Z_STREAM_END
  if n < 0 or code[0] ~= 0 and code[0] ~= 1 then
    return nil, nil, why
  end
end

function packed:close()
  self.zlib.gzclose(ffi.gc(self.stream, nil))
end

return pieces
