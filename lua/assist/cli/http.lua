-- One HTTP request to a server of this machine, over TCP or a unix socket.
-- Plain HTTP goes no further: elsewhere it could be read on its way.

local args = require "assist.cli.args"
local ffi = require "ffi"

ffi.cdef [[
struct assist_in { uint16_t family; uint16_t port; uint8_t addr[4]; char zero[8]; };
struct assist_un { uint16_t family; char path[108]; };
struct assist_timeval { long sec; long usec; };
int socket(int domain, int type, int protocol);
int connect(int fd, const void *addr, uint32_t len);
int setsockopt(int fd, int level, int name, const void *value, uint32_t len);
ptrdiff_t send(int fd, const void *data, size_t len, int flags);
ptrdiff_t recv(int fd, void *data, size_t len, int flags);
int close(int fd);
char *strerror(int err);
]]

local AF_UNIX, AF_INET, SOCK_STREAM = 1, 2, 1
local SOL_SOCKET, SO_RCVTIMEO, SO_SNDTIMEO, MSG_NOSIGNAL = 1, 20, 21, 0x4000
local TIMEOUT = 10                      -- seconds without a byte
local MAX = 1024 * 1024                 -- bytes of an answer

local http = {}

-- "http://127.0.0.1[:port]/path/", the same with localhost, or
-- "unix:/run/socket:/path/".  Returns { address, size, host, path, name }.
local function target(url)
  local file, path = url:match("^unix:([^:]+):(/.*)$")
  if not file then
    file, path = url:match("^http://unix:([^:]+):(/.*)$")
  end
  if file then
    if #file > 107 then
      args.fail("the socket's path in \"%s\" is longer than 107 bytes", url)
    end
    local address = ffi.new "struct assist_un"
    address.family = AF_UNIX
    ffi.copy(address.path, file)
    return { address = address, family = AF_UNIX, path = path, name = file,
             host = "localhost", size = ffi.sizeof(address) }
  end

  local host, port
  host, port, path = url:match("^http://([^/:]+):?(%d*)(/.*)$")
  local a, b, c = (host == "localhost" and "127.0.0.1" or host or "")
    :match("^127%.(%d+)%.(%d+)%.(%d+)$")
  port = tonumber(port ~= "" and port or 80)
  if not a or not port or port > 65535 then
    args.fail("--url takes http://127.0.0.1[:port]/path/ or "
      .. "unix:/run/socket:/path/ of this machine, not \"%s\"", url)
  end
  local address = ffi.new "struct assist_in"
  address.family = AF_INET
  address.port = math.floor(port / 256) + port % 256 * 256
  if ffi.abi "be" then
    address.port = port
  end
  address.addr = { 127, tonumber(a), tonumber(b), tonumber(c) }
  return { address = address, family = AF_INET, path = path, host = host,
           name = ("%s:%d"):format(host, port), size = ffi.sizeof(address) }
end

local function reason()
  return ffi.string(ffi.C.strerror(ffi.errno()))
end

local function exchange(fd, to, text)
  local time = ffi.new("struct assist_timeval", { TIMEOUT, 0 })
  for _, name in ipairs { SO_RCVTIMEO, SO_SNDTIMEO } do
    ffi.C.setsockopt(fd, SOL_SOCKET, name, time, ffi.sizeof(time))
  end
  if ffi.C.connect(fd, to.address, to.size) ~= 0 then
    return nil, reason()
  end

  local sent = 0
  while sent < #text do
    local n = tonumber(ffi.C.send(fd, ffi.cast("const char *", text) + sent,
                                  #text - sent, MSG_NOSIGNAL))
    if n < 0 then
      return nil, reason()
    end
    sent = sent + n
  end

  local pieces, size, room = {}, 0, ffi.new("char[?]", 16384)
  while size < MAX do
    local n = tonumber(ffi.C.recv(fd, room, 16384, 0))
    if n < 0 then
      return nil, reason()
    elseif n == 0 then
      break
    end
    pieces[#pieces + 1] = ffi.string(room, n)
    size = size + n
  end
  return table.concat(pieces)
end

-- POST of a JSON text below a URL; host: the Host header, or nil.  Returns the
-- status and the body; or nil and a sentence.
function http.post(url, path, host, body)
  local to = target(url:gsub("/*$", "/"))
  if (host or ""):find("%c") then
    args.fail "--host takes a server's name"
  end

  local fd = ffi.C.socket(to.family, SOCK_STREAM, 0)
  if fd < 0 then
    return nil, reason()
  end
  local got, why = exchange(fd, to, table.concat({
    "POST " .. to.path .. path .. " HTTP/1.0", "Host: " .. (host or to.host),
    "Content-Type: application/json", "Content-Length: " .. #body,
    "X-Assist-Admin: 1", "", body }, "\r\n"))
  ffi.C.close(fd)

  if not got then
    return nil, ("%s: %s"):format(to.name, why)
  end
  local status, rest = got:match("^HTTP/1%.%d (%d%d%d)[^\n]*\r\n(.*)$")
  local text = rest and (("\r\n" .. rest):match("\r\n\r\n(.*)$"))
  if not text then
    return nil, to.name .. ": this is no HTTP server"
  end
  return tonumber(status), text
end

return http
