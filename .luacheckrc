-- luacheck: hooks see what nginx's sandbox has, and cannot set a global;
-- lua/assist/cli, lua/bin and the tests are plain LuaJIT.
--
-- For hooks of your own copy stds.hook, and write: std = "hook".

local library = { other_fields = true }

stds.hook = {
  read_globals = {
    "_G", "_VERSION", "assert", "error", "getmetatable", "ipairs", "next",
    "pairs", "pcall", "rawequal", "rawget", "rawset", "require", "select",
    "setmetatable", "tonumber", "tostring", "type", "unpack", "xpcall",
    bit = library, coroutine = library, math = library, string = library,
    table = library,
  },
}

std = "luajit"
cache = false
exclude_files = { "build", "examples/*/run" }
max_line_length = 100
max_string_line_length = false

local hooks = { std = "hook" }
files["lua/assist"] = hooks
files["lua/assistants"] = hooks
files["examples"] = hooks
files["tests/bench/hooks"] = hooks
files["tests/lua/hooks"] = hooks

local plain = { std = "luajit" }
files["lua/assist/cli"] = plain
files["tests/lua/hooks/*_test.lua"] = plain

-- declarations: their arguments and objects are for editors
files["lua/types"] = { std = "hook", ignore = { "212", "241" },
                       max_line_length = false }

files["tests/bench/peer.lua"] = { std = "ngx_lua" }
files["tests/bench/wrk*.lua"] = { globals = { "wrk", "init", "request",
                                              "done" } }
