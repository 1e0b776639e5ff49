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
      errors: [/used more CPU/] });
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
    'for i = 1, 100000 do assist.log.warn("line " .. i) end'));
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
