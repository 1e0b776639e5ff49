-- lua/bin/assist run: hooks with a catalogue, without nginx.

local cli = require "cli"
local fake = require "fake"

local equal, has, lacks = fake.equal, fake.has, fake.lacks
local tests = {}

local function test(name, fn)
  tests[#tests + 1] = { name, fn }
end

local procedures = cli.root .. "/lua/assistants/procedures.lua"
local hours = cli.here .. "/hooks/opening_hours.lua"

local catalogue = [[
code,name,name_en,agency_code,agency,level,fee,url,updated,paths
1.001456,Cấp hộ chiếu phổ thông,Issue an ordinary passport,G01,Bộ Công an,full,200.000 đồng,/ho-chieu,2026-11-01,/dv/ho-chieu
1.004222,Đăng ký thường trú,Register permanent residence,G01,Bộ Công an,partial,,,,
1.000894,Đăng ký kết hôn,Register a marriage,H01,Xã A,full,,,,
1.000894,Đăng ký kết hôn,Register a marriage,H02,Xã B,full,,,,
]]

-- Runs a hook on the catalogue; hook: a path, or the source of one.
local function run(hook, ...)
  local code, text
  local more = { ... }
  cli.folder({ ["c.csv"] = catalogue, ["h.lua"] = hook }, function(folder)
    local path = hook:find("\n") and folder .. "/h.lua" or hook
    code, text = cli.run("run", path, "--catalog", folder .. "/c.csv",
      unpack(more))
    text = text:gsub(folder:gsub("%p", "%%%0"), "DIR")
  end)
  return code, text
end

test("answers a question by searching", function()
  local code, text = run(procedures, "--question", "lệ phí cấp hộ chiếu?")
  equal(code, 0)
  has(text, "Thủ tục: Cấp hộ chiếu phổ thông\n\nLệ phí:\n200.000 đồng\n")
  has(text, "\noutcome: answered\n")
  has(text, "\nsource:  Cấp hộ chiếu phổ thông  /ho-chieu  2026-11-01\n")
  has(text, "\nservice: 1.001456@G01  Cấp hộ chiếu phổ thông  (full)\n")
end)

test("says that there is no model where one was asked", function()
  local _, text = run(procedures, "--question", "lệ phí cấp hộ chiếu?")
  has(text, '\nmodel:   asked 1 times; there is none here: "no provider"\n')
  _, text = run(procedures, "--question", "xyz")
  lacks(text, "model:")
end)

test("takes the language of the question, or that of --lang", function()
  has(select(2, run(procedures, "--question", "how much is a passport")),
    "Fee:")
  has(select(2, run(procedures, "--question", "how much is a passport",
    "--lang", "vi")), "Lệ phí:")
end)

test("takes a service, and an agency's", function()
  local code, text = run(procedures, "--question", "phí?", "--service",
    "1.001456")
  equal(code, 0)
  has(text, "200.000")
  code, text = run(procedures, "--question", "phí?", "--service", "1.000894",
    "--agency", "H02")
  equal(code, 0)
  has(text, "1.000894@H02")
end)

test("adds synonyms", function()
  cli.folder({ ["s.txt"] = "quyen so vang = cấp hộ chiếu phổ thông\n",
    ["bad.txt"] = "\nno equals sign\n" }, function(folder)
    local _, text = run(procedures, "--question", "quyen so vang")
    lacks(text, "1.001456")
    _, text = run(procedures, "--question", "quyen so vang", "--synonyms",
      folder .. "/s.txt")
    has(text, "1.001456@G01")
    local code
    code, text = run(procedures, "--question", "x", "--synonyms",
      folder .. "/bad.txt")
    equal(code, 2)
    has(text, "/bad.txt:2: ")
  end)
end)

test("gives a hook its configuration, time and cache", function()
  local code, text = run(hours, "--question", "mở cửa lúc nào", "--conf",
    "hours=8 to 17", "x=y")
  equal(code, 0)
  has(text, "8 to 17\n")
  has(text, "source:  Opening hours  /contact")
end)

test("runs the phase request", function()
  local code, text = run(hours, "--phase", "request", "--uri", "/a?hours=1",
    "--conf", "hours=8 to 17")
  equal(code, 0)
  has(text, "hours: 8 to 17")
  has(text, "reply:   200  text/plain; charset=utf-8")
  code, text = run(hours, "--phase", "request")
  equal(code, 0)
  has(text, "outcome: none")
end)

-- What a hook does wrong, and what is said; its body begins in line 3.
for name, case in pairs {
  ["raises"] = { 'error("no\\nway")', "DIR/h.lua:3: no way", "error_hook" },
  ["raises a table"] = { "error({})", "the error is not a string",
    "error_hook" },
  ["misuses a phase"] = { 'ctx:reply(200, "")',
    "DIR/h.lua:3: ctx:reply cannot be called in ask (only in: request)",
    "error_hook" },
  ["sets a global"] = { "count = 1", 'DIR/h.lua:3: global "count" cannot be '
    .. "set", "error_hook" },
  ["changes a library"] = { "string.find = nil",
    'DIR/h.lua:3: "find" cannot be set: libraries are shared', "error_hook" },
  ["changes ctx"] = { "ctx.foo = 1", 'DIR/h.lua:3: "foo" cannot be set: keep',
    "error_hook" },
  ["reads what ctx has not"] = { "local x = ctx.foo",
    'DIR/h.lua:3: ctx has no "foo"', "error_hook" },
  ["writes a service"] = { "assist.search('hộ chiếu')[1].service.fee = ''",
    "DIR/h.lua:3: a service is read-only", "error_hook" },
  ["writes a dot"] = { 'ctx.say("x")',
    "DIR/h.lua:3: write ctx:say(...), with a colon", "error_hook" },
  ["gives no text"] = { "ctx:say({})", "DIR/h.lua:3: bad argument #1 to 'say' "
    .. "(string expected, got table)", "error_hook" },
  ["gives an unknown outcome"] = { 'ctx:outcome("good")',
    'DIR/h.lua:3: ctx:outcome: there is no outcome "good"', "error_hook" },
  ["waits in its own coroutine"] = {
    "coroutine.wrap(function() assist.sleep(1) end)()",
    "assist.sleep cannot wait inside a coroutine of the hook's own",
    "error_hook" },
  ["waits in table.sort"] = { "table.sort({ 2, 1 }, function() "
    .. "assist.sleep(1) end)", "DIR/h.lua:3: assist.sleep cannot wait inside a "
    .. "callback of table.sort", "error_hook" },
  ["yields"] = { "coroutine.yield()", "coroutine.yield was called outside a "
    .. "coroutine of the hook's own", "error_hook" },
  ["waits too long"] = { "ctx:say('x') assist.sleep(3)",
    "took longer than assist_hook_timeout", "error_timeout" },
  ["loops"] = { "while true do end", "used more CPU than assist_hook_cpu",
    "error_hook" },
  ["loops and catches"] = { "while true do pcall(function() while true do end "
    .. "end) end", "used more CPU than assist_hook_cpu", "error_hook" },
  ["loops in a handler"] = { "local function f() while true do end end\n"
    .. "while true do xpcall(f, f) end", "used more CPU than assist_hook_cpu",
    "error_hook" },
  ["has no such module"] = { 'require "not.there"', 'DIR/h.lua:3: module '
    .. '"not.there" was not found', "error_hook" },
  ["reads files"] = { 'io.open("/etc/passwd")',
    "attempt to index global 'io'", "error_hook" },
} do
  test("a hook that " .. name, function()
    local code, text = run('local assist = require "assist"\nreturn { ask = '
      .. "function(ctx)\n" .. case[1] .. "\nassist.now() end }\n", "--question",
      "hộ chiếu")
    has(text, case[2])
    has(text, "outcome: " .. case[3])
    lacks(text, "traceback")
    equal(code, 1)
  end)
end

for name, case in pairs {
  ["does not compile"] = { "\nreturn }", "DIR/h.lua:2: " },
  ["returns no table"] = { "\nreturn 1", "must return a table" },
  ["has a phase that is no function"] = { "\nreturn { ask = 1 }",
    '"ask" must be a function, it is a number' },
  ["calls while it is loaded"] = { '\nrequire("assist").sleep(1)',
    "DIR/h.lua:2: assist.sleep cannot be called while a file is loaded" },
  ["loops while it is loaded"] = { "\nwhile true do end",
    "used more than a second of CPU" },
} do
  test("a file that " .. name, function()
    local code, text = run(case[1], "--question", "x")
    has(text, case[2])
    equal(code, 1)
  end)
end

test("a page shows what is put into it", function()
  local code, text = run('\nreturn { page = function(ctx) ctx:inject("main", '
    .. 'ctx.service.code .. ctx.request.args.a) end }', "--phase", "page",
    "--service", "1.001456", "--uri", "/x?a=%3C")
  has(text, "inject:  main\n1.001456&lt;\n")
  has(text, "outcome: none")
  equal(code, 0)
end)

for name, case in pairs {
  ["no question"] = { 'needs the option "--question"' },
  ["an empty question"] = { "the question has no words", "--question", "?!" },
  ["an unknown service"] = { "the catalogue has no service 9.9", "--question",
    "x", "--service", "9.9" },
  ["an unknown agency"] = { "no service 1.001456 of agency Z", "--question",
    "x", "--service", "1.001456", "--agency", "Z" },
  ["a service of several"] = { "several agencies have 1.000894", "--question",
    "x", "--service", "1.000894" },
  ["an agency alone"] = { 'needs the option "--service"', "--question", "x",
    "--agency", "H01" },
  ["a phase"] = { 'takes ask or request or page, not "log"', "--phase", "log" },
  ["a function that the hook lacks"] = { 'has no function "request"',
    "--phase", "request" },
  ["a language"] = { 'takes vi or en, not "fr"', "--question", "x", "--lang",
    "fr" },
  ["an option"] = { 'there is no option "--quiet"', "--quiet" },
  ["an option without value"] = { 'option "--question" needs a value',
    "--question" },
  ["an option twice"] = { 'option "--lang" is given twice', "--lang", "vi",
    "--lang=vi" },
  ["a parameter"] = { "takes KEY=VALUE", "--question", "x", "--conf", "x" },
} do
  test("a wrong command line: " .. name, function()
    local code, text = run(procedures, unpack(case, 2))
    has(text, case[1])
    equal(code, 2)
  end)
end

test("files that are missing or broken", function()
  cli.folder({ ["bad.csv"] = "name\nx\n" }, function(folder)
    local code, text = cli.run("run", procedures, "--question", "x")
    has(text, 'needs the option "--catalog"')
    equal(code, 2)
    code, text = cli.run("run", procedures, "--question", "x", "--catalog",
      "/not/there")
    has(text, "cannot read /not/there")
    equal(code, 2)
    code, text = cli.run("run", "/not/there", "--question", "x", "--catalog",
      folder .. "/bad.csv")
    has(text, "cannot read /not/there")
    equal(code, 2)
    code, text = cli.run("run", procedures, "--question", "x", "--catalog",
      folder .. "/bad.csv")
    has(text, "/bad.csv:1: ")
    equal(code, 2)
  end)
end)

return tests
