-- lua/bin/assist test: the runner and its kit.

local cli = require "cli"
local fake = require "fake"

local equal, has = fake.equal, fake.has
local tests = {}

local function test(name, fn)
  tests[#tests + 1] = { name, fn }
end

-- Runs `assist test` on files (name to text); returns exit code and output.
local function run(files)
  local code, text
  cli.folder(files, function(folder)
    code, text = cli.run("test", folder)
    text = text:gsub(folder:gsub("%p", "%%%0"), "DIR")
  end)
  return code, text
end

-- A test file's text that runs one hook, whose functions are `hook`, and then
-- checks what it got.
local function case(name, hook, options, checks)
  test(name, function()
    local code, text = run {
      ["hooks/h.lua"] = 'local assist = require "assist"\nreturn {\n' .. hook
        .. "\n}",
      ["hooks/h_test.lua"] = 'local kit = require "assist.cli.kit"\n'
        .. 'kit.test("it", function()\nlocal got = kit.run { hook = "h.lua", '
        .. options .. " }\n" .. checks .. "\nend)",
    }
    equal(text, "ok 1 - DIR/hooks/h_test.lua: it\n1 passed, 0 failed\n")
    equal(code, 0)
  end)
end

test("the example's tests pass", function()
  local code, text = cli.run("test", cli.here .. "/hooks")
  has(text, "ok 17 - ")
  has(text, "\n17 passed, 0 failed\n")
  equal(code, 0)
end)

test("failures say where, and all files are run", function()
  local code, text = run {
    ["a_test.lua"] = 'local kit = require "assist.cli.kit"\n'
      .. 'kit.test("equal", function() kit.equal(1, "1") end)\n'
      .. 'kit.test("has", function() kit.has("abc", "d") end)\n'
      .. 'kit.test("lacks", function() kit.lacks("abc", "b") end)\n'
      .. 'kit.test("nothing", function() kit.has(nil, "b") end)\n'
      .. 'kit.test("good", function() kit.has("abc", "b") end)\n',
    ["b/broken_test.lua"] = "return }",
    ["c_test.lua"] = "",
  }
  equal(code, 1)
  has(text, "not ok 1 - DIR/a_test.lua: equal\n# DIR/a_test.lua:2: expected "
    .. '"1", got 1\n')
  has(text, 'a_test.lua:3: "d" is not in "abc"')
  has(text, 'a_test.lua:4: "b" is in "abc"')
  has(text, 'a_test.lua:5: "b" is not in nil')
  has(text, "\nok 5 - DIR/a_test.lua: good\n")
  has(text, "not ok 6 - DIR/b/broken_test.lua: loads\n# DIR/b/broken_test.lua:1")
  has(text, "not ok 7 - DIR/c_test.lua: has tests\n")
  has(text, "\n1 passed, 6 failed\n")
end)

test("a folder without tests is a wrong command line", function()
  local code, text = run { ["h.lua"] = "return {}" }
  equal(code, 2)
  has(text, "there is no *_test.lua in DIR")
end)

test("hooks and tests have the modules beside them", function()
  local file = 'local kit, want = require "assist.cli.kit", require "want"\n'
    .. 'kit.test("it", function() kit.equal(kit.run { hook = "h.lua", question '
    .. '= "x" }.said, want) end)'
  local hook = 'return { ask = function(ctx) ctx:say(require "lib.words") end }'
  local code, text = run {
    ["lib/words.lua"] = 'return "shared"',
    ["a/h.lua"] = hook, ["a/want.lua"] = 'return "shared"',
    ["a/h_test.lua"] = file,
    ["b/h.lua"] = hook, ["b/want.lua"] = 'return "other"',
    ["b/h_test.lua"] = file,
  }
  has(text, "ok 1 - DIR/a/h_test.lua: it\n")
  has(text, '# DIR/b/h_test.lua:2: expected "other", got "shared"')
  equal(code, 1)
end)

case("time passes only by waiting, and entries of the cache end", [[
  ask = function(ctx)
    local before = assist.now()
    assist.cache.set("k", "v", 1)
    local first = assist.cache.get "k"
    assist.sleep(1.5)
    ctx:say(("%s %s %.3f"):format(first, tostring(assist.cache.get "k"),
      assist.now() - before))
  end]], 'question = "x", now = 5',
  'kit.equal(got.said, "v nil 1.502") kit.equal(got.waits, 3)')

case("assist.all waits for the longest, and keeps the order", [[
  ask = function(ctx)
    local a, b, c = assist.all(
      function() assist.sleep(1) return "a" end,
      function() return "b", "dropped" end,
      function() assist.sleep(0.2) assist.sleep(0.3) return "c" end)
    ctx:say(a .. b .. c)
  end]], 'question = "x"',
  'kit.equal(got.said, "abc") kit.equal(got.seconds, 1)')

case("assist.all raises what fails, when the others are over", [[
  ask = function()
    assist.all(function() assist.sleep(0.1) end, function() error("no") end)
  end]], 'question = "x"',
  'kit.has(got.error, "h.lua:4: no") kit.equal(got.seconds, 0.1)')

case("a hook that fails has given nothing", [[
  ask = function(ctx)
    ctx:say("x") ctx:cite { title = "t" } ctx:outcome("answered")
    assist.sleep(9)
  end]], 'question = "x"', [[
  kit.equal(got.outcome, "error_timeout") kit.equal(got.said, "")
  kit.equal(#got.cites, 0) kit.equal(got.seconds, 2)
  kit.equal(got.error, "took longer than assist_hook_timeout")]])

case("text without an outcome is an answer", [[
  ask = function(ctx) ctx:say("x") end]], 'question = "x"',
  'kit.equal(got.outcome, "answered")')

case("nothing is nothing", "ask = function() end", 'question = "x"',
  "kit.equal(got.outcome, nil) kit.equal(got.error, nil)")

case("a failed log changes no outcome", "log = function(ctx) ctx:say 'x' end",
  'phase = "log"', 'kit.equal(got.outcome, nil) kit.has(got.error, '
  .. '"ctx:say cannot be called in log (only in: ask)")')

case("a page gets what is put into it", [[
  page = function(ctx)
    ctx:inject("head_end", assist.html("<link rel='x' href='%s'>", "&"))
    ctx:inject("ho-so", "a < b")
    ctx:cite { title = "t" } ctx:outcome("answered")
  end]], 'phase = "page"', [[
  kit.equal(#got.injected, 2) kit.equal(got.injected[1].where, "head_end")
  kit.equal(got.injected[1].html, "<link rel='x' href='&amp;'>")
  kit.equal(got.injected[2].where, "ho-so")
  kit.equal(got.injected[2].html, "a &lt; b") kit.equal(#got.cites, 1)]])

for line, why in pairs {
  ['ctx:inject("a b", "x")'] = '"a b" is neither head_end, body_start, '
    .. "body_end nor an id",
  ['ctx:inject("", "x")'] = '"" is neither',
  ['ctx:inject("head_end", "x")'] = "a head has no text",
  ['ctx:inject("body_end", ("x"):rep(65537))'] = "of 64 KB together",
  ['for i = 1, 17 do ctx:inject("a", "x") end'] = "takes 16 insertions",
  ["assist.sleep(1)"] = "assist.sleep cannot be called in page (only in: "
    .. "request, ask)",
  ["ctx:say('x')"] = "ctx:say cannot be called in page (only in: ask)",
} do
  case("a page takes no " .. line, "page = function(ctx) "
    .. 'ctx:inject("body_end", "y") ' .. line .. " end", 'phase = "page"',
    ("kit.has(got.error, %q) kit.equal(#got.injected, 0) "
     .. 'kit.equal(got.outcome, "error_hook")'):format(why))
end

case("a request has its parts", [[
  request = function(ctx)
    local r = ctx.request
    ctx:reply(403, r.method .. r.uri .. r.args.a .. r:header("x-one")
      .. r:body(), { ["Content-Type"] = "text/html" })
  end]], 'request = { method = "POST", uri = "/u", args = { a = "1" }, '
  .. 'headers = { ["X-One"] = "h" }, body = "b" }', [[
  kit.equal(got.reply.body, "POST/u1hb") kit.equal(got.reply.status, 403)
  kit.equal(got.reply.type, "text/html") kit.equal(got.waits, 1)]])

-- The cases of tests/integration/api.test.mjs, as far as they need no nginx.
case("assist.redis is a Redis in memory", [[
  request = function(ctx)
    local r = assist.redis
    local set = r("SET", "text", "v")
    local _, wrong = r("INCR", "text")
    local list = { r("RPUSH", "list", "a", 2, "c"), unpack(r("LRANGE", "list",
      0, -1)) }
    local some = r("MGET", "text", "none")
    r("HSET", "h", "k", "v")
    r("SETEX", "short", 1, "x")
    assist.sleep(1)
    ctx.data.got = table.concat({ set, r("get", "text"), r("INCRBY", "n", 41),
      r("INCR", "n"), table.concat(list, " "), tostring(some[2]),
      table.concat(r("HGETALL", "h"), "="), tostring(r("GET", "short")),
      r("EXISTS", "text", "none", "n"), r("DEL", "text", "n"), wrong }, ",")
    local ok, why = pcall(r, "KEYS", "*")
    ctx.data.why = why
  end]], 'phase = "request"', [[
  kit.equal(got.data.got, "OK,v,41,42,3 a 2 c,false,k=v,nil,2,2,"
    .. "ERR value is not an integer or out of range")
  kit.has(got.data.why, 'assist.redis: "KEYS" is not allowed')]])

case("assist.fetch gives what the test says", [[
  request = function(ctx)
    local got = assist.fetch("/api/x", { args = "a=1", method = "POST",
      headers = { ["X-A"] = 5 }, body = "b" })
    local none, reason = assist.fetch("/slow")
    local ok, why = pcall(assist.fetch, "/other")
    local _, large = assist.fetch("/api/x", { max = 3 })
    ctx.data.got = table.concat({ got.status, got.headers["x-one"], got.body,
      reason, why, large }, ";")
  end]], [[phase = "request", fetch = {
    ["/api/x"] = function(request)
      return { status = 201, headers = { ["X-One"] = "1" },
        body = request.method .. request.uri .. (request.headers["X-A"] or "")
          .. request.body }
    end,
    ["/slow"] = function() return nil, "timeout" end,
  }]], [[
  kit.has(got.data.got, "201;1;POST/api/x?a=15b;timeout;")
  kit.has(got.data.got, 'assist.fetch: "/other" is not among assist_fetch;')
  kit.has(got.data.got, "larger than max")]])

case("assist.cache.once makes a string once", [[
  request = function(ctx)
    local made = 0
    local function make() made = made + 1 assist.sleep(1) return "v" .. made end
    local function none() made = made + 1 return nil, "not today" end
    local a, b = assist.cache.once("k", 60, make), assist.cache.once("k", 60,
      make)
    local _, c = assist.cache.once("n", 60, none)
    ctx.data.got = a .. b .. c .. made
  end]], 'phase = "request"', [[
  kit.equal(got.data.got, "v1v1not today2") kit.equal(got.cache.k, "v1")
  kit.equal(got.ttl.k, 60) kit.equal(got.cache.n, nil)]])

case("assist.html escapes what it did not make", [[
  request = function(ctx)
    local h = assist.html
    local ok, why = pcall(h, "%s %s", 1)
    ctx:reply(200, h("<p title='%s'>%s%%</p>", "<&\"'", 7) .. "<" .. h("<br>"),
      { ["Cache-Control"] = "no-store" })
    ctx.data.got = tostring(h("100%% <i>")) .. why
  end]], 'phase = "request"', [[
  kit.equal(got.reply.body, "<p title='&lt;&amp;&quot;&#39;'>7%</p>&lt;<br>")
  kit.equal(got.reply.type, "text/html; charset=utf-8")
  kit.equal(got.reply.headers["cache-control"], "no-store")
  kit.has(got.data.got, "100%% <i>")
  kit.has(got.data.got, "the template has 2 %s, 1 value was given")]])

case("assist.redact", [[
  request = function(ctx)
    local text, n = assist.redact("so 079203001234, 0912 345 678, 1.001456")
    ctx.data.got = text .. n
  end]], 'phase = "request"',
  'kit.equal(got.data.got, "so [CCCD_1], [PHONE_2], 1.0014562")')

case("ctx:reply refuses nginx's own headers, and line ends", [[
  request = function(ctx)
    local function why(headers)
      return (select(2, pcall(ctx.reply, ctx, 200, "x", headers)))
    end
    ctx.data.got = why { ["content-length"] = 1 } .. why { a = "b\n" }
      .. why { ["a b"] = "c" } .. why(7)
  end]], 'phase = "request"', [[
  kit.has(got.data.got, 'the header "content-length" is nginx\'s own')
  kit.has(got.data.got, 'the header "a" has a line end')
  kit.has(got.data.got, '"a b" is not a header\'s name')
  kit.has(got.data.got, "headers are a table of names and strings, not a number")
  ]])

case("what is too large is refused as in nginx", [[
  request = function(ctx)
    local long, found = ("x"):rep(2000000), {}
    for i, f in ipairs {
      function() assist.html(long:rep(5)) end,
      function() assist.redis("SET", "k", long) end,
      function() assist.fetch("/api?" .. long) end,
      function() assist.fetch("/api", { body = long }) end,
      function() assist.fetch("/api", { headers = { X = long } }) end,
      function() ctx:cite { title = long } end,
      function() error((select(2, assist.json.decode(long)))) end,
      function() assist.json.decode {} end,
    } do
      found[i] = select(2, pcall(f)):gsub("^.-:%d+: ", "")
    end
    ctx:reply(200, table.concat(found, "\n"))
  end]], 'fetch = { ["/api"] = {} }', [[
  kit.equal(got.reply.body, table.concat({
    "assist.html makes at most 8 MB",
    "assist.redis: the arguments may have 1 MB together",
    "assist.fetch: a URI may have 64 KB",
    "assist.fetch: body may have 1 MB",
    "assist.fetch: headers may have 64 KB together",
    "ctx:cite: a source may have 8 KB",
    "the text is larger than 1 MB",
    "bad argument #1 to 'decode' (string expected, got table)",
  }, "\n"))]])

test("a hook without a function, and one with a wrong name", function()
  local code, text = run { ["h_test.lua"] = [[
    local kit = require "assist.cli.kit"
    kit.test("it", function()
      kit.has(kit.run { hook = { requets = error } }.error,
        "has no function that would be called: request, page, ask or log")
      kit.has(kit.run { hook = { name = "a b", request = error } }.error,
        'not "a b"')
    end)]] }
  equal(text, "ok 1 - DIR/h_test.lua: it\n1 passed, 0 failed\n")
  equal(code, 0)
end)

test("functions of assist.later that start each other come to an end", function()
  local code, text = run {
    ["h.lua"] = [[local assist = require "assist"
      local function again() assist.later(again) end
      return { request = again }]],
    ["h_test.lua"] = [[
    local kit = require "assist.cli.kit"
    kit.test("it", function()
      local got = kit.run { hook = "h.lua" }
      kit.equal(got.logs[1].text,
        "functions of assist.later start each other without end")
    end)]] }
  equal(text, "ok 1 - DIR/h_test.lua: it\n1 passed, 0 failed\n")
  equal(code, 0)
end)

case("a service has all columns, and equals itself", [[
  ask = function(ctx)
    ctx:about(ctx.service)
    ctx:say(ctx.service.level .. ctx.service.fee
      .. tostring(ctx.service == ctx.service) .. tostring(ctx.previous))
  end]], 'question = "x", service = { code = "1.5", agency_code = "H01" }',
  'kit.equal(got.said, "fulltruenil") kit.equal(got.about[1].id, "1.5@H01")')

case("hits may be several, a function, or a failure", [[
  ask = function(ctx)
    local hits, reason = assist.search(ctx.question)
    ctx:say(hits and hits.found .. hits.alike .. hits[2].service.code or reason)
  end]], 'question = "x", hits = { { code = "a" }, { code = "b" } }', [[
  kit.equal(got.said, "several2b")
  local function ask(hits)
    return kit.run { hook = "h.lua", question = "q", hits = hits }.said
  end
  kit.equal(ask(function(q) return nil, "no " .. q end), "no q")
  kit.equal(ask(), "there is no catalogue")]])

-- The hook of lua/README.md's section "A model".
local fee = cli.read(cli.root .. "/lua/README.md"):match(
  "\n## A model\n.-```lua\n(ask = .-)\n```")

case("a model's answer is said, with what it did not get", fee,
  [[question = "fee? I am on 0912345678", service = { name = "Passport",
    fee = "200,000", url = "/p" }, model = { text = "It is 200,000 [1], not ["
    .. "2]. I call [PHONE_1], [see](/p) http://evil.example/ **", tokens_in = 7,
    model = "m" }]], [[
  kit.equal(got.said, "It is 200,000 [1], not. I call 0912345678, [see](/p) "
    .. "[đã bỏ liên kết] **")
  kit.equal(got.outcome, "answered") kit.equal(got.cites[1].title, "Passport")
  local asked = got.asked[1]
  kit.equal(#got.asked, 1) kit.equal(asked.max_tokens, 300)
  kit.equal(asked.say, true) kit.equal(asked.timeout, 20)
  kit.equal(asked.question, "fee? I am on [PHONE_1]")
  kit.equal(asked.passages[1].text, "Fee: 200,000")
  kit.equal(asked.messages[1].role, "system")
  kit.has(asked.messages[2].content, "fee? I am on [PHONE_1]")
  kit.has(asked.messages[2].content, "Fee: 200,000")
  kit.lacks(asked.messages[2].content, "0912345678")]])

case("a model that cites nothing, fails, breaks off, is not there", fee,
  'question = "fee?", service = { fee = "200,000" }, model = "Much."', [[
  kit.equal(got.outcome, "ungrounded")
  local function ask(model)
    local got = kit.run { hook = "h.lua", question = "fee?", model = model,
      service = { fee = "200,000" } }
    return got.outcome .. ": " .. got.said .. (got.error or "")
  end
  kit.equal(ask(), "answered: 200,000")
  kit.equal(ask(function() return nil, "budget" end), "answered: 200,000")
  kit.equal(ask { text = "", reason = "timeout" }, "answered: 200,000")
  kit.equal(ask { text = "x [1]", seconds = 30 }, "answered: 200,000")
  kit.equal(ask { text = "It is", reason = "timeout" }, "error_provider: It ")
  kit.has(ask(function() return nil, "no time" end),
    'error_hook: a model gives a text, or nil and one of: "no provider", ')]])

case("assist.ai.chat returns what nginx's does", [[
  ask = function(ctx)
    local got = assist.ai.chat { messages = {
      { role = "system", content = "s" }, { role = "user", content = "u" } },
      question = "q", passages = { { text = "one" }, { text = "two" } } }
    local pieces = {}
    local again, reason = assist.ai.chat { question = "0912345678",
      on_token = function(piece)
        assist.sleep(0.01)
        pieces[#pieces + 1] = piece
      end }
    ctx.data.got, ctx.data.again = got, again
    ctx.data.pieces = table.concat(pieces, "|")
    ctx:say(again.text .. " [PHO") ctx:say("NE_1]")
    ctx:say(" [PHONE")
  end]], [[question = "x", model = function(asked)
    return asked.messages[3] and "b [2], a [1]." or "to [PHONE_1] now" end]], [[
  local answer = got.data.got
  kit.equal(answer.text, "b [1], a [2].")
  kit.equal(table.concat(answer.cited, ","), "2,1")
  kit.equal(answer.finish, "stop") kit.equal(answer.tokens_in, nil)
  kit.equal(got.data.pieces, "to |[PHONE_1] |now")
  kit.equal(got.data.again.text, "to [PHONE_1] now")
  kit.equal(got.said, "to 0912345678 now 0912345678 [PHONE")
  kit.equal(got.error, nil)]])

case("a model may take longer than assist_hook_timeout in ask only", [[
  ask = function(ctx)
    local got = assist.ai.chat { question = "q" }
    assist.sleep(1.5)
    ctx:say(got.text)
  end,
  request = function() assist.ai.chat { question = "q" } end]],
  'question = "x", model = { text = "t", seconds = 30 }', [[
  kit.equal(got.said, "t") kit.equal(got.seconds, 31.5)
  kit.equal(kit.run { hook = "h.lua", model = { text = "t", seconds = 30 }
    }.outcome, "error_timeout")]])

case("two answers at once are one too many", [[
  ask = function(ctx)
    local function say()
      local got, reason = assist.ai.chat { question = "q", say = true }
      return reason or "said"
    end
    ctx.data.got = table.concat({ assist.all(say, say) }, ",")
    ctx.data.then_ = say()
  end]], 'question = "x", model = "a"', [[
  kit.equal(got.data.got, "said,busy") kit.equal(got.data.then_, "said")
  kit.equal(got.said, "aa")]])

for message, options in pairs {
  ["assist.ai.chat takes a table, not a nil"] = "",
  ['assist.ai.chat: there is neither "messages" nor "question"'] = "{}",
  ["assist.ai.chat: max_tokens is a number above 0, at most 1000000"] =
    "{ question = 'x', max_tokens = 0 }",
  ["assist.ai.chat: timeout is a number above 0, at most 120"] =
    "{ question = 'x', timeout = 121 }",
  ["assist.ai.chat: on_token is a function, not a string"] =
    "{ question = 'x', on_token = 'x' }",
  ['assist.ai.chat takes either "say" or "on_token"'] =
    "{ question = 'x', on_token = print or error, say = true }",
  ['assist.ai.chat: "say" has nobody to say it to (only in: ask)'] =
    "{ question = 'x', say = true }",
  ["assist.ai.chat: question is a string, not a number"] = "{ question = 1 }",
  ["assist.ai.chat: messages is a list, not a string"] = "{ messages = 'x' }",
  ['assist.ai.chat: message 1 is no table with a "role"'] =
    "{ messages = { { role = 'tool', content = 'x' } } }",
  ["assist.ai.chat: passages is a list, not a boolean"] =
    "{ question = 'x', passages = true }",
  ['assist.ai.chat: passage 1 is no table with a "text"'] =
    "{ question = 'x', passages = { {} } }",
  ["assist.ai.chat: more than 64 passages"] =
    "{ question = 'x', passages = many() }",
  ["assist.ai.chat: more than 64 messages"] =
    "{ question = 'x', messages = many() }",
  ["assist.ai.chat: more than 512 KB of text"] =
    "{ question = ('x'):rep(512 * 1024) }",
} do
  case("a wrong assist.ai.chat: " .. message, [[
  request = function()
    local function many()
      local list = {}
      for i = 1, 65 do
        list[i] = { text = "x", role = "user", content = "x" }
      end
      return list
    end
    local on = many
    assist.ai.chat(]] .. options:gsub("print or error", "on") .. [[)
  end]], 'phase = "request"', ("kit.has(got.error, %q) kit.has(got.error, "
    .. "'h.lua:12: ')"):format(message))
end

case("assist.later runs when the function is over", [[
  request = function(ctx)
    local service = ctx.service
    ctx.data.help = assist.later(function()
      assist.sleep(100)
      return assist.cache.once("k", 60, function()
        local got, reason = assist.ai.chat { question = service.name }
        return got and got.text, reason
      end)
    end)
    ctx.data.other = assist.later(function() return nil, ctx.lang end)
    ctx.data.twice = assist.later(function() assist.sleep(121) end)
    ctx.data.early = tostring(ctx.data.help.done)
  end]], 'phase = "request", service = { name = "n" }, model = "m"', [[
  kit.equal(got.seconds, 0) kit.equal(got.waits, 0)
  kit.equal(got.data.early, "false") kit.equal(got.data.help.done, true)
  kit.equal(got.data.help.value, "m") kit.equal(got.cache.k, "m")
  kit.equal(got.asked[1].question, "n") kit.equal(got.data.other.done, false)
  kit.equal(#got.logs, 2)
  kit.has(got.logs[1].text, "failed in assist.later: ")
  kit.has(got.logs[1].text, "h.lua:12: ctx: this ctx belongs to another request")
  kit.has(got.logs[2].text, "it took longer than two minutes")]])

test("a page gets what assist.later has given, at its end", function()
  local code, text = run { ["h.lua"] = [[
local assist = require "assist"
return {
  request = function(ctx)
    ctx.data.help = assist.later(function() return "a < b" end)
    ctx.data.html = assist.later(function() return assist.html "<b>" end)
    ctx.data.none = assist.later(function() return nil, "no" end)
  end,
  page = function(ctx)
    for _, name in ipairs { "help", "html", "none" } do
      ctx:inject("body_end", ctx.data[name])
    end
    ctx.data.why = select(2, pcall(ctx.inject, ctx, "head_end",
      ctx.data.help))
  end,
}]], ["h_test.lua"] = [[
local kit = require "assist.cli.kit"
kit.test("done", function()
  local asked = kit.run { hook = "h.lua", phase = "request" }
  local got = kit.run { hook = "h.lua", phase = "page", data = asked.data }
  kit.equal(#got.injected, 2)
  kit.equal(got.injected[1].html, "a &lt; b")
  kit.equal(got.injected[2].html, "<b>")
  kit.has(got.data.why, "cannot go to head_end")
end)
kit.test("not done", function()
  local asked = kit.run { hook = "h.lua", phase = "request", later = false }
  local got = kit.run { hook = "h.lua", phase = "page", data = asked.data }
  kit.equal(#got.injected, 0)
end)]] }
  has(text, "2 passed") equal(code, 0)
end)

case("assist.later need not run, and takes 256", [[
  request = function(ctx)
    local reason
    for i = 1, 257 do
      ctx.data.help, reason = assist.later(function() return i end)
      ctx.data.first = ctx.data.first or ctx.data.help
    end
    ctx.data.reason = tostring(ctx.data.help) .. reason
    ctx.data.why = select(2, pcall(assist.later, 1))
  end]], 'phase = "request", later = false', [[
  kit.equal(got.data.reason, "niltoo many functions run")
  kit.equal(got.data.first.done, false)
  kit.has(got.data.why, "h.lua:10: assist.later takes a function, not a number")
  ]])

test("a catalogue gives services and hits", function()
  local code, text = run {
    ["c.csv"] = "code,name,agency_code,level\n1.001456,Cấp hộ chiếu,G01,full\n",
    ["p_test.lua"] =
      'local kit = require "assist.cli.kit"\nlocal hook = { ask = function(ctx)'
      .. ' ctx:about(ctx.service) ctx:outcome("answered") end }\n'
      .. 'kit.test("it", function() local got = kit.run { hook = hook, catalog '
      .. '= "c.csv", service = "1.001456", question = "x" }\n'
      .. 'kit.equal(got.about[1].name, "Cấp hộ chiếu") end)\n'
      .. 'kit.test("none", function() kit.run { hook = hook, catalog = "c.csv",'
      .. ' service = "9", question = "x" } end)',
  }
  has(text, "ok 1 - DIR/p_test.lua: it\n")
  has(text, "# DIR/p_test.lua:5: the catalogue has no service 9\n")
  equal(code, 1)
end)

for name, wrong in pairs {
  ['kit.run has no option "qestion"'] = 'hook = {}, qestion = "x"',
  ['there is no phase "pages"'] = 'hook = {}, phase = "pages"',
  ['the hook has no function "ask"'] = 'hook = { log = print }, question = "x"',
  ['a service has no column "nme"'] =
    "hook = { log = print }, phase = 'log', service = { nme = 1 }",
  ["needs catalog ="] = "hook = { log = print }, phase = 'log', service = '1'",
} do
  test("a wrong kit.run: " .. name, function()
    local code, text = run { ["a_test.lua"] =
      'local kit = require "assist.cli.kit"\nkit.test("it", function()\n'
      .. "kit.run { " .. wrong .. " } end)" }
    has(text, "# DIR/a_test.lua:3: ")
    has(text, name)
    equal(code, 1)
  end)
end

test("a hook that cannot be used is an error of the run", function()
  local code, text = run { ["h.lua"] = "return 1", ["a_test.lua"] =
    'local kit = require "assist.cli.kit"\nkit.test("it", function()\n'
    .. 'kit.has(kit.run { hook = "h.lua" }.error, "must return a table") end)\n'
    .. 'kit.test("none", function()\n'
    .. 'kit.has(kit.run { hook = "x.lua" }.error, "cannot read") end)' }
  has(text, "2 passed, 0 failed")
  equal(code, 0)
end)

return tests
