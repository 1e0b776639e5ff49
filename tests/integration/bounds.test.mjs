// Past a bound a hook ends alone: the worker, the citizen and the figure go on.

import { ask, assert, coverage, figures, get, request, sleep, test }
  from './harness.mjs';

const page = '/dich-vu/1.001456.html';
const hook = (phases) => `local assist = require "assist"
return { name = "h", version = "1", ${phases} }`;
const inRequest = (body) => hook(`request = function(ctx, conf) ${body} end`);
const inAsk = (body) => hook(`ask = function(ctx, conf) ${body} end`);
const L1 = 'assist_cache_zone answers:1m;';

const withHook = (stage, source, options) => stage.site({
  hooks: { 'h.lua': source }, page: 'assist_hook h.lua;',
  chat: 'assist_hook h.lua;', ...options });

test('a handler of xpcall that loops is stopped', async (stage) => {
  const loop = 'function() while true do end end';
  const { port, nginx } = await withHook(stage,
    inRequest(`xpcall(${loop}, ${loop})`), { errors: [/used more CPU/] });
  const got = await get(port, page);
  assert.equal(got.status, 200);
  assert.ok(got.ms < 1000, `took ${got.ms} ms`);
  assert.deepEqual(nginx.workerPids(), nginx.pids);
});

test('xpcall gives values and errors as Lua\'s own', async (stage) => {
  const { port } = await withHook(stage, inRequest(`
    local function show(...) local t = { ... }
      for i = 1, select("#", ...) do t[i] = tostring(t[i]) end
      return table.concat(t, " ") end
    ctx:reply(200, show(xpcall(function(a, b) return a, nil, b end, error, 1, 2))
      .. "; " .. show(xpcall(error, function(e) return e .. "!" end, "x"))
      .. "; " .. show(xpcall(function() assist.sleep(0.001) return "w" end,
                             error)))`));
  assert.equal((await get(port, page)).text, 'true 1 nil 2; false x!; true w');
});

test('no CPU left when a wait begins ends the hook, not the worker',
  async (stage) => {
    const redis = await stage.redis();
    const { port, nginx } = await withHook(stage, inRequest(`
      for i = 1, 3 do assist.cache.get(("x"):rep(20000000)) end`), {
      http: `assist_redis redis://127.0.0.1:${redis.port}; assist_hook_cpu 10ms;
             assist_hook_memory 256m;`,
      errors: [/used more CPU/, /is suspended in this worker/] });
    for (let i = 0; i < 6; i++) {
      assert.equal((await get(port, page)).status, 200);
    }
    await sleep(100);
    assert.deepEqual(nginx.workerPids(), nginx.pids);
  });

test('a wait that fails to begin leaves nothing behind', async (stage) => {
  const { port, nginx } = await stage.site({
    hooks: { 'h.lua': inRequest(`pcall(table.sort, { 3, 1, 2 },
      function(a, b) assist.sleep(0.05) return a < b end)`) },
    page: 'assist_hook h.lua;',
    portal: async (req, res) => { await sleep(200); res.end('late'); } });
  assert.equal((await get(port, page)).text, 'late');
  assert.deepEqual(nginx.workerPids(), nginx.pids);
});

test('assist_hook_cpu is of the location, also for an inherited hook',
  async (stage) => {
    const { port, nginx } = await stage.site({
      hooks: { 'h.lua': inRequest(`local till = assist.now() + 0.15
        while assist.now() < till do end`) },
      server: 'assist_hook h.lua;', page: 'assist_hook_cpu 5s;' });
    assert.equal((await get(port, page)).status, 200);
    assert.equal(nginx.logged(/used more CPU/).length, 0);
  });

test('an answer, its sources and log lines are bounded', async (stage) => {
  const bounded = async (name, body, text) => {
    const { port, nginx } = await (await stage.elsewhere()).site({
      hooks: { 'h.lua': inAsk(body) }, chat: 'assist_hook h.lua;',
      errors: [text] });
    const { status, json } = await ask(port, 'hộ chiếu');
    assert.equal(status, 500, name);
    assert.equal(json.outcome, 'error_hook');
    assert.equal(nginx.logged(text).length, 1, name);
  };
  await bounded('say', 'while true do ctx:say(("x"):rep(10000)) end',
                /ctx:say: an answer may have 256 KB/);
  await bounded('cite', 'while true do ctx:cite{ title = "t" } end',
                /ctx:cite: an answer may have 100 sources/);
  const { port, nginx } = await withHook(stage, inRequest(
    'for i = 1, 2000 do assist.log.warn("line " .. i) end'));
  assert.equal((await get(port, page)).status, 200);
  assert.equal(nginx.logged(/assist: line/).length, 100);
  assert.equal(nginx.logged(/more lines of this run are not shown/).length, 1);
});

test('an answer made from a header is nobody else\'s', async (stage) => {
  const source = inAsk(`ctx:say("hello "
    .. (ctx.request:header("X-User") or "?")) ctx:cite{ title = "t" }`);
  const as = (port, user) => ask(port, 'xin chào',
                                 { headers: { 'X-User': user } });
  const alone = await withHook(stage, source, { http: L1 });
  assert.equal((await as(alone.port, 'alice')).json.answer, 'hello alice');
  const bob = (await as(alone.port, 'bob')).json;
  assert.deepEqual([bob.answer, bob.cache], ['hello bob', 'MISS']);

  const scoped = await withHook(await stage.elsewhere(), source, {
    http: L1, chat: 'assist_hook h.lua; assist_cache_scope $http_x_user;' });
  await as(scoped.port, 'alice');
  const again = (await as(scoped.port, 'alice')).json;
  assert.deepEqual([again.answer, again.cache], ['hello alice', 'HIT']);
  assert.equal((await as(scoped.port, 'bob')).json.answer, 'hello bob');
});

test('only help on a page that a person got is an interaction',
  async (stage) => {
    const { port } = await withHook(stage, inRequest(`
      local status = tonumber(ctx.request.args.status)
      if ctx.request.args.fail then error("no") end
      if status then ctx:reply(status, "text") end
      if ctx.request.args.outcome then ctx:outcome("answered") end`),
      { errors: [/: no,/] });
    const moved = async (path, method = 'GET') => {
      const before = (await figures(port))['1.001456@G01'];
      await request(port, { path, method });
      const after = (await figures(port))['1.001456@G01'];
      return [after.interactions - before.interactions,
              after.answered - before.answered];
    };
    assert.deepEqual(await moved(`${page}?status=200`), [0, 0]);
    assert.deepEqual(await moved(`${page}?status=200&outcome=1`), [1, 1]);
    assert.deepEqual(await moved(`${page}?outcome=1`), [1, 1]);
    assert.deepEqual(await moved(`${page}?status=404&outcome=1`), [0, 0]);
    assert.deepEqual(await moved(`${page}?status=503&outcome=1`), [0, 0]);
    assert.deepEqual(await moved(`${page}?status=200&outcome=1`, 'HEAD'),
                     [0, 0]);
    assert.deepEqual(await moved(`${page}?fail=1`), [1, 0]);
    assert.deepEqual(await moved('/ho-chieu/style.css?fail=1&x=.css'), [0, 0]);
    assert.equal((await coverage(port)).quality.dropped, 0);
  });

test('a question of 16 KB stays in memory', async (stage) => {
  const { port, nginx } = await stage.site();
  const body = JSON.stringify({ question: 'lệ phí hộ chiếu',
                                note: 'x'.repeat(15900) });
  const got = await request(port, { method: 'POST', path: '/assist/ask', body,
    headers: { 'Content-Type': 'application/json' } });
  assert.equal(got.json.outcome, 'answered');
  assert.equal(nginx.logged(/temporary file/).length, 0);
});

test('a chat location may be one path, or a regular expression',
  async (stage) => {
    const { port } = await stage.site({ server: `
      location = /one/ask { assist_chat; }
      location ~ ^/rx/ { assist_chat; }` });
    for (const path of ['/one/ask', '/rx/ask']) {
      const { status, json } = await ask(port, 'lệ phí hộ chiếu', { path });
      assert.deepEqual([status, json.outcome], [200, 'answered'], path);
    }
  });

test('a pattern that takes for ever is stopped', async (stage) => {
  const { port, nginx } = await stage.site({
    hooks: Object.fromEntries(Object.entries({
      find: '("a"):rep(30000):find(".-.-.-.-b")',
      match: '("a"):rep(30000):match("[a-z]*[a-z]*[a-z]*x")',
      gmatch: 'for _ in ("a"):rep(30000):gmatch("a*a*a*b") do end',
      gsub: '("a"):rep(30000):gsub(".-.-.-b", "")',
      pcall: 'while true do pcall(string.find, ("a"):rep(30000), ".-.-.-b") end',
      callback: '("abc"):gsub(".", function() while true do end end)',
    }).map(([name, body]) => [`${name}.lua`, inRequest(body)])),
    server: ['find', 'match', 'gmatch', 'gsub', 'pcall', 'callback']
      .map((name) => `location /${name} { assist_hook ${name}.lua;
        proxy_pass http://{{portal}}; }`).join(' '),
    errors: [/took more steps than|used more CPU than/] });
  for (const name of ['find', 'match', 'gmatch', 'gsub', 'pcall', 'callback']) {
    const got = await get(port, `/${name}`);
    assert.match(got.text, /<html/, name);
    assert.ok(got.ms < 1500, `${name} took ${got.ms} ms`);
  }
  assert.equal(nginx.logged(/assist: hook h failed/).length, 6);
  assert.deepEqual(nginx.workerPids(), nginx.pids);
});

test('patterns are Lua\'s', async (stage) => {
  const cases = `
    ("hello world"):find("o w"), ("hello"):find("l+"), ("a.b"):find(".", 1, true),
    ("key = value"):match("^(%w+)%s*=%s*(%w+)$"), ("x"):match("y"),
    ("2026-11-23"):gsub("(%d+)-(%d+)-(%d+)", "%3/%2/%1"),
    ("abc"):gsub("%w", "%0%0", 2), ("abc"):gsub("", "-"),
    ("$name"):gsub("%$(%w+)", { name = "An" }),
    ("abc"):gsub("b", function() return nil end), (("x"):rep(5)):gsub("x", 1),
    ("f(a(b)c)d"):match("%b()"), ("THE (quick) fox"):find("%((%a+)%)"),
    ("hello"):find("", 10), ("hello"):match("()ll()"), ("aaa"):find("a-", 2),
    pcall(string.rep), pcall(string.find, "a", "[a"), pcall(string.find, "a", "%"),
    pcall(string.gsub, "a", "a", true), pcall(string.gsub, "a", "(a", "x")`;
  const { port } = await stage.site({
    hooks: { 'h.lua': hook(`request = function(ctx)
      local list = {}
      local function add(...)
        local t = { ... }
        for i = 1, select("#", ...) do t[i] = tostring(t[i]) end
        list[#list + 1] = table.concat(t, ",")
      end
      ${cases.split(/,\s+(?=\("|\(\("|pcall)/).map((c) => `add(${c.trim()})`).join('\n')}
      local words = {}
      for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do
        words[#words + 1] = k .. v
      end
      add(unpack(words))
      for w in ("one two"):gmatch("%a+") do add(w) end
      ctx:reply(200, table.concat(list, "\\n"))
    end`) }, page: 'assist_hook h.lua;' });
  const lines = (await get(port, page)).text.split('\n');
  assert.deepEqual(lines.slice(0, 16), ['5,7', '3,4', '2,2', 'key,value', 'nil',
    '23/11/2026,1', 'aabbc,2', '-a-b-c-,4', 'An,1', 'abc,1', '11111,5',
    '(a(b)c)', '5,11,quick', '6,5', '3,5', '2,1']);
  assert.match(lines[17], /^false,malformed pattern \(missing '\]'\)/);
  assert.match(lines[18], /^false,malformed pattern \(ends with '%'\)/);
  assert.match(lines[19], /string\/function\/table expected, got boolean/);
  assert.equal(lines[20], 'true,x,1');
  assert.deepEqual(lines.slice(-3), ['a1,b2', 'one', 'two']);
});
