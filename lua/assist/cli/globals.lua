-- Which globals a file reads and sets, from its bytecode: the compiler knows
-- scopes better than any reader of the text.

local bit = require "bit"
local util = require "jit.util"

local api = require "assist.cli.api"

local globals = {}

-- The opcodes of this LuaJIT, from functions whose first instruction they are.
local function opcode(code, pc)
  return bit.band(util.funcbc(assert(loadstring(code)), pc), 0xff)
end

local GET = opcode("return a", 1)
local SET = opcode("a = nil", 2)

local instead = {
  print = "write to the log with assist.log.info",
  os = "for the time there is assist.now",
  cjson = 'use assist.json',
  assist = 'write: local assist = require "assist"',
  ngx = "hooks have ctx and assist",
}

local known = api.set(api.globals)

local function walk(proto, found)
  local info = util.funcinfo(proto)
  for pc = 1, info.bytecodes - 1 do
    local ins = util.funcbc(proto, pc)
    local op = bit.band(ins, 0xff)
    if op == GET or op == SET then
      local name = util.funck(proto, -bit.rshift(ins, 16) - 1)
      local line = util.funcinfo(proto, pc).currentline
      if op == SET then
        found(line, ('global "%s" cannot be set: globals are read-only, write '
          .. '"local", or keep a request\'s values in ctx.data'):format(name))
      elseif not known[name] then
        local hint = instead[name]
        found(line, ('there is no global "%s" in hooks%s'):format(name,
          hint and ": " .. hint or ""))
      end
    end
  end
  for i = 1, info.gcconsts do
    local constant = util.funck(proto, -i)
    if type(constant) == "proto" then
      walk(constant, found)
    end
  end
end

-- Calls found(line, message) for each use of a global that nginx's sandbox
-- does not have, or does not let be set, in a compiled chunk.
function globals.scan(chunk, found)
  walk(chunk, found)
end

return globals
