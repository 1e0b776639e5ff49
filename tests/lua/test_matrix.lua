-- Every call in every phase, in the fake host; tests/integration has the same
-- for nginx.

local cjson = require "cjson"

local api = require "assist.cli.api"
local cli = require "cli"
local host = require "assist.cli.host"
local matrix = require "matrix"

local source, expected = matrix.make()

-- What the hook finds in a phase, and while it is loaded.
local function found(phase)
  local got
  cli.folder({ ["matrix.lua"] = source }, function(folder)
    local h = host.new { fetch = { ["/api"] = {} }, cpu = 10, timeout = 10, model = "x",
      search = function() return { found = "none", alike = 0 } end }
    local hook = assert(h:hook(folder .. "/matrix.lua"))
    local run = h:run(hook, phase, { question = "x", lang = "vi",
      service = { code = "1.5" }, request = { args = { phase = phase } } }, {})
    assert(not run.error, run.error)
    got = { [phase] = cjson.decode(h.cache[phase].text),
      load = cjson.decode(h.cache.load.text) }
  end)
  return got
end

local function same(got, wanted)
  for name, text in pairs(wanted) do
    if got[name] ~= text then
      error(("%s\n  gave  %s\n  not   %s"):format(name, tostring(got[name]),
        text), 0)
    end
  end
  for name in pairs(got) do
    assert(wanted[name], name)
  end
end

local tests = {}

for _, phase in ipairs(api.phases) do
  tests[#tests + 1] = { "every call in " .. phase, function()
    local got = found(phase)
    same(got[phase], expected[phase])
    same(got.load, expected.load)
  end }
end

return tests
