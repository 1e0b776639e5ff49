-- lua/bin/assist: its command line, and `check`.

local cli = require "cli"
local fake = require "fake"

local equal, has = fake.equal, fake.has
local tests = {}

local function test(name, fn)
  tests[#tests + 1] = { name, fn }
end

-- Checks one hook; returns the exit code and its lines without the path.
local function check(source)
  local code, lines
  cli.folder({ ["h.lua"] = source }, function(folder)
    local text
    code, text = cli.run("check", folder)
    lines = text:gsub(folder:gsub("%p", "%%%0") .. "/h%.lua:", "")
  end)
  return code, lines
end

local function finds(name, source, expected)
  test("check finds " .. name, function()
    local code, lines = check(source)
    equal(lines, expected .. "\n")
    equal(code, 1)
  end)
end

local function silent(name, source)
  test("check is silent on " .. name, function()
    local code, lines = check(source)
    equal(lines, "")
    equal(code, 0)
  end)
end

local head = 'local assist = require "assist"\n'

finds("a syntax error", "local a\nlocal = 1\nreturn {}",
  "2: '<name>' expected near '='")
finds("a file that ends too early", "return {", "1: unexpected symbol near '<eof>'")
finds("bytecode", string.dump(function() end),
  "1: this is bytecode: nginx reads source only")
finds("a global that is set", "local M = {}\n\nfunction M.ask()\n  count = 1\n"
  .. "end\nreturn M", '4: global "count" cannot be set: globals are read-only, '
  .. 'write "local", or keep a request\'s values in ctx.data')
finds("a global that does not exist", "return { ask = function()\n  pcall("
  .. "function() return os.time() end) end }",
  '2: there is no global "os" in hooks: for the time there is assist.now')
finds("an unknown call", head .. "return { ask = function() assist.foo() end }",
  '2: assist has no "foo" (it has: ai, all, cache, fetch, html, json, later, log, now, '
  .. "redact, redis, search, sleep, text)")
finds("an unknown call of a part", head .. "local cache = assist.cache\n"
  .. 'local function f() return cache.gett("k") end\nreturn { ask = f }',
  '3: assist.cache has no "gett" (it has: get, once, set)')
finds("a colon for a dot", head .. "return { ask = function() assist:sleep(1) "
  .. "end }", "2: write assist.sleep, with a dot")
finds("an unknown method", "return { ask = function(c)\n c:bar() end }",
  '2: ctx has no method "bar"')
finds("an unknown field", "return { log = function(ctx) local x = ctx.baz\n"
  .. "return x end }", '1: ctx has no "baz"')
finds("a field that is set", "return { log = function(ctx) ctx.baz = 1 end }",
  '1: "baz" cannot be set: keep a request\'s values in ctx.data')
finds("a dot for a colon", 'return { ask = function(ctx) ctx.say("x") end }',
  "1: write ctx:say(...), with a colon")
finds("an unknown column", "return { ask = function(ctx)\nlocal a, s = 1, "
  .. "ctx.service\nctx:say(s.nam) end }", '3: a service has no "nam"')
finds("a service that is written", "return { log = function(ctx) "
  .. "ctx.previous.fee = 0 end }", "1: a service is read-only")
finds("an unknown field of the request", "return { log = function(ctx)\n"
  .. "return ctx.request.path end }", '2: ctx.request has no "path"')
finds("an unknown outcome", 'return { ask = function(ctx) ctx:outcome("good") '
  .. "end }", '1: ctx:outcome: there is no outcome "good"')

finds("what a library has not", "return { ask = function()\n"
  .. "  math.randomseed(1) return string.trim, string.format end }",
  '2: there is no "math.randomseed" in hooks\n'
  .. '2: there is no "string.trim" in hooks')
finds("a method for a function", "local M = {}\nfunction M:ask(ctx) "
  .. "ctx:say('x') end\nreturn M",
  "2: write function M.ask(ctx, conf), with a dot")
finds("an error behind a byte order mark", "\239\187\191" .. head
  .. "return { ask = function() assist.foo() end }",
  '2: assist has no "foo" (it has: ai, all, cache, fetch, html, json, later, log, now, '
  .. "redact, redis, search, sleep, text)")

local asleep = "assist.sleep cannot be called in log (only in: request, ask)"

finds("a wait in log", head .. "return {\n  log = function()\n    "
  .. "assist.sleep(1)\n  end }", "4: " .. asleep)
finds("a wait in M.log", head .. "local M = {}\nfunction M.log()\n"
  .. "  for _ = 1, 2 do if M then assist.sleep(1) end end\nend\nreturn M",
  "4: " .. asleep)
finds("a wait in M.log = function", head .. "local M = {}\nM.log = function()\n"
  .. "  assist.sleep(1)\nend\nreturn M", "4: " .. asleep)
finds("a wait in log, within pcall", head .. "return { log = function() pcall("
  .. "function()\nassist.sleep(1) end) end }", "3: " .. asleep)
finds("calls that pcall makes", head .. "return { log = function(ctx)\n"
  .. "pcall(assist.sleep, 1)\nxpcall(ctx.say, error, ctx, 'x') end }", "3: "
  .. asleep .. "\n4: ctx:say cannot be called in log (only in: ask)")
finds("a renamed wait in log", head .. "local nap = assist.sleep\n"
  .. "return { log = function() nap(1) end }", "3: " .. asleep)
finds("a wait while a page streams by", "local assist = require 'assist'\n"
  .. "return { page = function(ctx) ctx:inject('a', assist.cache.get('a')) "
  .. "end }", "2: assist.cache.get cannot be called in page (only in: request, "
  .. "ask)")
finds("an insertion where no page is", "local assist = require 'assist'\n"
  .. "return { request = function(ctx) ctx:inject('a', 'b') end }",
  "2: ctx:inject cannot be called in request (only in: page)")
finds("a reply in ask", "local M = { name = 'x', ask = function(ctx)\n"
  .. "ctx:reply(200, '') end }\nreturn M",
  "2: ctx:reply cannot be called in ask (only in: request)")
finds("speaking in request", "return { request = function(ctx)\nctx:say 'x' "
  .. "end }", "2: ctx:say cannot be called in request (only in: ask)")

silent("tables that are named as libraries", [[
local string = { trim = 1 }
return { name = "x", ask = function(ctx, math)
  local data = { table = string.trim, math.randomseed, ctx.data.string.trim }
  return data
end }]])
silent("strings and comments", head .. [==[
-- assist.foo() ctx:bar()
local text = "assist.foo()" .. 'ctx:bar \' assist.x' .. [[ assist.foo() ]]
--[[ assist.foo()
ctx:bar() ]]
return { ask = function(ctx) ctx:say(text .. 1e-5 .. 0x1p4) end }]==])
silent("names that mean something else", head .. [[
local function helper(assist) return assist.foo() end
local services = { { foo = 1 } }
return { ask = function(ctx)
  for _, ctx in ipairs(services) do ctx.foo = 2 end
  local service = ctx.service
  service = service or { foo = 1 }
  if service.foo then local ctx = {}; ctx.bar() end
  repeat local assist = {}; assist.foo = 1 until true
  helper(services.assist)
  ctx.data.anything = { ctx = 1, assist = 2 }
end }]])
silent("tables that are not the hook", head .. [[
local M, other = {}, { log = function() assist.sleep(1) end }
function other.log() assist.sleep(1) end
function M.request(ctx)
  ctx.data.later = function(ctx) ctx:say("x") end
  local t = { log = function() assist.sleep(1) end }
  other.log(t)
end
return M]])
silent("a library with a ctx of its own", [[
local sha = {}
function sha.update(ctx, text) ctx.buffer = ctx.buffer .. text end
return sha]])
silent("a correct hook with every call", head .. [[
return {
  request = function(ctx)
    assist.sleep(0) assist.all(function() end) ctx:reply(200, "")
    local body = ctx.request:body() or ctx.request:header("Host")
    ctx.data.body = assist.json.decode(body) ~= assist.json.null
  end,
  ask = function(ctx)
    assist.cache.set("k", ctx.question, 1)
    ctx:about(ctx.previous) ctx:cite(ctx.service) ctx:outcome("answered")
  end,
  log = function() assist.log.info(assist.text.fold "x" .. assist.now()) end,
}]])

test("check passes what is shipped, and the examples", function()
  local code, text = cli.run("check", cli.root .. "/lua", cli.root
    .. "/examples", cli.root .. "/tests/bench/hooks", cli.here .. "/hooks")
  equal(text, "")
  equal(code, 0)
end)

test("check goes through folders, in order, and names the files", function()
  cli.folder({ ["b.lua"] = "x = 1", ["a/c.lua"] = "return os",
    ["a/c_test.lua"] = "x = 1", ["a/note.txt"] = "x = 1" }, function(folder)
    local code, text = cli.run("check", folder .. "/")
    equal(code, 1)
    has(text, folder .. "/a/c.lua:1: there is no global")
    has(text, folder .. "/b.lua:1: global")
    equal(select(2, text:gsub("\n", "")), 2)
    assert(text:find("/a/c.lua", 1, true) < text:find("/b.lua", 1, true))
    equal((cli.run("check", folder .. "/b.lua")), 1)
    equal((cli.run("check", folder .. "/b.lua", "/not/there")), 2)
  end)
end)

for _, case in ipairs {
  { "no command", "a command is missing" },
  { "an unknown one", 'there is no command "chekc"', "chekc" },
  { "check without a folder", "check needs a folder or a file", "check" },
  { "check with an option", 'no option "--fast"', "check", "--fast", "." },
  { "check of nothing", "cannot read /not/there", "check", "/not/there" },
  { "test without a folder", "test needs one folder", "test" },
  { "test of nothing", "cannot read /not/there", "test", "/not/there" },
  { "run without a hook", "run needs one hook", "run" },
} do
  test("a wrong command line: " .. case[1], function()
    local code, text = cli.run(unpack(case, 3))
    has(text, "assist: ")
    has(text, case[2])
    has(text, 'see "assist help"')
    equal(code, 2)
  end)
end

test("help tells the commands", function()
  local code, text = cli.run "help"
  equal(code, 0)
  for _, name in ipairs { "check", "run", "test", "help" } do
    has(text, "assist " .. name)
  end
end)

test("a link to the program finds its files", function()
  cli.folder({}, function(folder)
    os.execute(("ln -s \"$(realpath %s)/lua/bin/assist\" %s/link"):format(
      cli.root, folder))
    local pipe = io.popen(folder .. "/link check " .. cli.here .. "/hooks; "
      .. "echo $?")
    equal(pipe:read("*a"), "0\n")
    pipe:close()
  end)
end)

return tests
