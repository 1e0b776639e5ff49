// What a hook may do to a request, and what it can never do to a page.

import http2 from 'node:http2';
import { abandon, assert, get, lasting, readEvidence, request, sleep, site,
         test, until } from './harness.mjs';

const page = '/dich-vu/1.001456.html';

const hook = (phases) => `local assist = require "assist"
return { name = "h", version = "1.2", ${phases} }`;

const inRequest = (body) => hook(`request = function(ctx, conf) ${body} end`);

// Through the hook the page is byte for byte the one without the module, it
// comes within ms, and the error log has one line for each run that failed.
function leavesThePageAlone(name, source, { ms, failure, conf = '' }) {
  test(`the page is the portal's own when a hook ${name}`, async (stage) => {
    const { nginx, portal, port, plain } = await stage.site({
      hooks: { 'h.lua': source }, page: `assist_hook h.lua; ${conf}`,
      http: 'assist_hook_memory 8m;',
      errors: failure ? [failure, suspended] : [] });
    for (const path of [page, '/style.css', '/missing', '/']) {
      const expected = await get(plain, path);
      const got = await get(port, path);
      assert.deepEqual(lasting(got), lasting(expected), path);
      assert.equal(got.status, expected.status, path);
      assert.ok(got.body.equals(expected.body), path);
      assert.ok(got.ms < ms, `${path} took ${got.ms} ms`);
    }
    assert.equal(portal.requests.length, 8);
    assert.deepEqual(nginx.workerPids(), nginx.pids);
    // one that spins is not run as often as it is asked for
    if (!nginx.logged(suspended).length) {
      // the log phase is after the answer
      await until(() => !failure || nginx.logged(failure).length >= 4, 'its lines');
      assert.equal(nginx.logged(/\[error\]/).length, failure ? 4 : 0);
    }
  });
}

const suspended = /hook h is suspended in this worker/;
const quick = 5000;                 // no hook keeps a page; machines are slow

leavesThePageAlone('works', inRequest('ctx.data.seen = ctx.request.uri'),
                   { ms: quick });
leavesThePageAlone('waits', inRequest('assist.sleep(0.05)'), { ms: quick });
leavesThePageAlone('raises', inRequest('local x = nil; return x.y'), {
  ms: quick,
  failure: /hook h failed in request, service \S+: \S+\/h\.lua:2: attempt to index local 'x'/ });
leavesThePageAlone('raises what is not a string', inRequest('error({})'),
  { ms: quick, failure: /hook h failed in request.*the error is not a string/ });
leavesThePageAlone('raises after waiting',
  inRequest('assist.sleep(0.02) error("late")'),
  { ms: quick, failure: /hook h failed in request.*late/ });
leavesThePageAlone('loops', inRequest('while true do end'),
  { ms: quick, failure: /hook h failed.*\/h\.lua:2: used more CPU than assist_hook_cpu allows/ });
leavesThePageAlone('loops in JIT-compiled arithmetic',
  inRequest('local i = 0 while true do i = i + 1 end'),
  { ms: quick, failure: /used more CPU than assist_hook_cpu allows/ });
leavesThePageAlone('loops and catches what stops it', inRequest(
  'while true do pcall(function() while true do end end) end'),
  { ms: quick, failure: /used more CPU than assist_hook_cpu allows/ });
leavesThePageAlone('loops in a coroutine of its own', inRequest(
  'coroutine.wrap(function() while true do end end)()'),
  { ms: quick, failure: /used more CPU than assist_hook_cpu allows/ });
leavesThePageAlone('loops after waiting', inRequest(
  'assist.sleep(0.01) while true do end'),
  { ms: quick, failure: /used more CPU than assist_hook_cpu allows/ });
leavesThePageAlone('takes all memory', inRequest(
  'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end'),
  { ms: quick, failure: /hook h failed.*(not enough memory|used more CPU)/,
    conf: 'assist_hook_cpu 1s;' });
leavesThePageAlone('takes all memory in one piece', inRequest(
  'return ("x"):rep(100000000)'),
  { ms: quick, failure: /hook h failed.*not enough memory/ });
leavesThePageAlone('recurses for ever',
  'local function f() return 1 + f() end ' + inRequest('f()')
    .replace('local assist', 'local _'),
  { ms: quick, failure: /hook h failed.*stack overflow/ });
leavesThePageAlone('waits past its time', inRequest('assist.sleep(5)'),
  { ms: quick, failure: /hook h failed.*took longer than assist_hook_timeout/,
    conf: 'assist_hook_timeout 100ms;' });
leavesThePageAlone('waits often, and past its time', inRequest(
  'for i = 1, 1000 do assist.sleep(0.01) end'),
  { ms: quick, failure: /took longer than assist_hook_timeout/,
    conf: 'assist_hook_timeout 100ms;' });
leavesThePageAlone('yields by itself', inRequest('coroutine.yield()'),
  { ms: quick, failure: /coroutine\.yield was called outside a coroutine/ });
leavesThePageAlone('sets a global', inRequest('leak = 1'),
  { ms: quick, failure: /h\.lua:2: global "leak" cannot be set/ });
leavesThePageAlone('waits where only others may',
  hook('log = function() assist.sleep(1) end'),
  { ms: quick, failure: /failed in log.*assist\.sleep cannot be called in log \(only in: request, ask\)/ });

test('a hook whose file raises is left out, and nginx says so once a worker',
  async (stage) => {
    const why = /hook "h\.lua" will not run in this worker: \S+\/h\.lua:1: no/;
    const { nginx, port, plain } = await stage.site({
      hooks: { 'h.lua': 'error("no")' }, page: 'assist_hook h.lua;',
      errors: [why], workers: 2 });
    const [got, expected] = [await get(port, page), await get(plain, page)];
    assert.ok(got.body.equals(expected.body));
    await until(() => nginx.logged(why).length === 2, 'a line of each worker');
  });

test('a hook replies in place of the portal', async (stage) => {
  const { portal, port } = await stage.site({
    hooks: { 'h.lua': inRequest(`
      if ctx.request.args.help then
        ctx:reply(203, "Trợ giúp: " .. ctx.service.name,
                  { ["Content-Type"] = "text/x-help" })
      end`) },
    page: 'assist_hook h.lua;' });
  const got = await get(port, `${page}?help=1`);
  assert.equal(got.status, 203);
  assert.equal(got.text, 'Trợ giúp: Cấp hộ chiếu phổ thông trong nước');
  assert.equal(got.headers['content-type'], 'text/x-help');
  assert.equal(portal.requests.length, 0);

  const head = await get(port, `${page}?help=1`, { method: 'HEAD' });
  assert.equal(head.headers['content-length'], String(got.body.length));
  assert.equal(head.body.length, 0);
  assert.equal((await get(port, page)).status, 200);
  assert.equal(portal.requests.length, 1);
});

test('a reply to a POST leaves the connection usable', async (stage) => {
  const http = await import('node:http');
  const { portal, port } = await stage.site({
    hooks: { 'h.lua': inRequest('ctx:reply(200, "stop")') },
    page: 'assist_hook h.lua;' });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < 5; i++) {
    const got = await request(port, { method: 'POST', path: page, agent,
                                      body: Buffer.alloc(100000, 'x') });
    assert.equal(got.text, 'stop');
  }
  agent.destroy();
  assert.equal(portal.requests.length, 0);
});

test('a hook sees the request', async (stage) => {
  const { port } = await stage.site({
    hooks: { 'h.lua': inRequest(`
      local r, out = ctx.request, {}
      for _, v in ipairs { r.method, r.uri, r.args.a, r.args["b c"],
                           r:header("X-Test"), tostring(r:header("none")),
                           tostring(r.args.none), ctx.service.code,
                           ctx.service.id, ctx.service.level } do
        out[#out + 1] = v
      end
      ctx:reply(200, table.concat(out, "|"))`) },
    page: 'assist_hook h.lua;' });
  const got = await get(port, `${page}?a=1%202&a=3&b+c=%C3%A2`,
                        { headers: { 'x-test': 'yes' } });
  assert.equal(got.text, `GET|${page}|1 2|â|yes|nil|nil|1.001456|`
                         + '1.001456@G01|full');
});

test('ctx.data is shared by the phases and hooks of a request only',
  async (stage) => {
    const { nginx, port } = await stage.site({
      hooks: {
        'a.lua': hook(`
          request = function(ctx)
            assist.log.warn("before " .. tostring(ctx.data.id))
            ctx.data.id = ctx.request.args.id
            assist.sleep(0.01)
          end,
          log = function(ctx) assist.log.warn("log a " .. ctx.data.id) end`),
        'b.lua': hook(`
          request = function(ctx) assist.log.warn("b " .. ctx.data.id) end,
          log = function(ctx) assist.log.warn("log b " .. ctx.data.id) end`),
      },
      page: 'assist_hook a.lua; assist_hook b.lua;' });
    await Promise.all([1, 2, 3].map((id) => get(port, `/?id=${id}`)));
    await until(() => nginx.logged(/log b/).length === 3, 'the log phase');
    const count = (words) => nginx.logged(new RegExp(`assist: ${words}\\b`)).length;
    assert.equal(count('before nil'), 3);
    for (const id of [1, 2, 3]) {
      for (const words of ['b', 'log a', 'log b']) {
        assert.equal(count(`${words} ${id}`), 1, `${words} ${id}`);
      }
    }
  });

test('assist_hook\'s parameters are in conf, per directive', async (stage) => {
  const { port } = await stage.site({
    hooks: { 'h.lua': inRequest('ctx:reply(200, conf.word .. "," .. tostring(conf.none) .. "," .. conf.empty)') },
    server: `location /a/ { assist_hook h.lua word=a=b empty=; }
             location /b/ { assist_hook h.lua "word=xin chào" empty=; }` });
  assert.equal((await get(port, '/a/')).text, 'a=b,nil,');
  assert.equal((await get(port, '/b/')).text, 'xin chào,nil,');
});

test('several hooks run in order, until one replies', async (stage) => {
  const say = (word, more = '') => inRequest(`
    ctx.data.t = (ctx.data.t or "") .. "${word}" ${more}`);
  const { nginx, port } = await stage.site({
    errors: [/failed in request.*broken/],
    hooks: { 'a.lua': say('a', 'assist.sleep(0.02)'),
             'b.lua': say('b', 'error("broken")'),
             'c.lua': say('c', 'ctx:reply(200, ctx.data.t)'),
             'd.lua': inRequest('assist.log.warn("too far")') },
    page: ['a', 'b', 'c', 'd'].map((f) => `assist_hook ${f}.lua;`).join(' ') });
  assert.equal((await get(port, '/')).text, 'abc');
  assert.equal(nginx.logged(/too far/).length, 0);
});

test('a hook requires modules of its folder and of the shipped one',
  async (stage) => {
    const { port } = await stage.site({
      hooks: { 'h.lua': `local words = require "lib.words"
                 local shipped = require "assist.procedure_words"
                 return { request = function(ctx)
                   ctx:reply(200, words.hi .. type(shipped.vi)) end }`,
               'lib/words.lua': 'return { hi = "hi " }' },
      page: 'assist_hook h.lua;' });
    assert.equal((await get(port, '/')).text, 'hi table');
  });

test('200 clients that go away while hooks sleep leave nothing behind',
  async (stage) => {
    const { nginx, portal, port } = await stage.site({
      hooks: { 'h.lua': hook(`
        request = function() assist.sleep(1) end,
        log = function(ctx) ctx.data.over = true end`) },
      page: 'assist_hook h.lua;' });
    await Promise.all(Array.from({ length: 200 }, (_, i) => abandon(port,
      `GET ${page}?${i} HTTP/1.1\r\nHost: portal\r\n\r\n`, 20 + i)));
    await sleep(1200);
    assert.equal(portal.requests.length, 0);
    assert.equal((await get(port, page)).status, 200);
    assert.deepEqual(nginx.workerPids(), nginx.pids);
  });

test('what abandoned hooks held is freed, with a log hook too',
  async (stage) => {
    const { port } = await stage.site({
      http: 'assist_hook_memory 8m;',
      hooks: { 'h.lua': hook(`
        request = function(ctx)
          local held = ("x"):rep(100000) .. ctx.request.uri
          assist.sleep(0.5)
          return held
        end,
        log = function(ctx) end`) },
      page: 'assist_hook h.lua;' });
    for (let round = 0; round < 6; round++) {
      await Promise.all(Array.from({ length: 20 }, (_, i) => abandon(port,
        `GET /${round}/${i} HTTP/1.1\r\nHost: portal\r\n\r\n`, 50)));
      await sleep(50);
    }
    assert.equal((await get(port, page)).status, 200);
  });

test('try_files and error_page run the hook once', async (stage) => {
  const { nginx, port } = await stage.site({
    hooks: { 'h.lua': hook(`
      request = function(ctx)
        assist.log.warn("run " .. ctx.request.uri)
        assist.sleep(0.01)
        ctx.data.runs = (ctx.data.runs or 0) + 1
      end,
      log = function(ctx) assist.log.warn("log " .. ctx.data.runs) end`) },
    server: `assist_hook h.lua;
      location /try/ { root {{dir}}; try_files $uri /final; }
      location = /final { return 200 "final"; }
      location /wrong/ { error_page 404 = @other; return 404; }
      location @other { return 200 "other"; }` });
  const start = nginx.log().length;
  assert.equal((await get(port, '/try/x')).text, 'final');
  await until(() => nginx.logged(/log 1/).length === 1, 'the log phase');
  // "return" comes before hooks, so none of the first location has run
  assert.equal((await get(port, '/wrong/x')).text, 'other');
  await sleep(50);
  assert.equal(nginx.log().slice(start).match(/assist: run/g).length, 1);
});

test('a portal\'s own error page runs the hook once', async (stage) => {
  const { nginx, port } = await stage.site({
    hooks: { 'h.lua': inRequest('assist.log.warn("run") assist.sleep(0.01)') },
    page: `assist_hook h.lua; proxy_intercept_errors on;
           error_page 404 /dich-vu/not-here.html;` });
  const got = await get(port, '/missing');
  assert.equal(got.status, 404);
  assert.match(got.text, /not-here/);
  assert.equal(nginx.logged(/assist: run/).length, 1);
});

test('a POST\'s body reaches the portal unharmed', async (stage) => {
  const { portal, port } = await stage.site({
    hooks: { 'h.lua': inRequest('assist.sleep(0.03)') },
    page: 'assist_hook h.lua; client_max_body_size 4m;' });
  const small = Buffer.from('ten=Nguyễn&x=\0\xff', 'latin1');
  const large = Buffer.alloc(1500000, 'dữ liệu ');
  for (const body of [small, large, [small, large.subarray(0, 50000)]]) {
    const got = await request(port, { method: 'POST', path: page, body });
    assert.equal(got.status, 200);
    const whole = Array.isArray(body) ? Buffer.concat(body) : body;
    assert.ok(portal.requests.at(-1).body.equals(whole));
  }
  assert.equal(portal.requests.length, 3);
});

test('hooks run after access control', async (stage) => {
  const { nginx, port } = await stage.site({
    hooks: { 'h.lua': inRequest('assist.log.warn("run")') },
    errors: [/access forbidden by rule/],
    page: 'assist_hook h.lua; deny all;' });
  assert.equal((await get(port, page)).status, 403);
  assert.equal(nginx.logged(/assist: run/).length, 0);
});

test('assist off runs no hook', async (stage) => {
  const { nginx, port } = await stage.site({
    hooks: { 'h.lua': inRequest('assist.log.warn("run")') },
    page: 'assist_hook h.lua; assist off;' });
  assert.equal((await get(port, page)).status, 200);
  assert.equal(nginx.logged(/assist: run/).length, 0);
});

test('a failing hook is an interaction with its outcome in the evidence',
  async (stage) => {
    const { nginx, port } = await stage.site({
      errors: [/hook h failed/],
      hooks: { 'h.lua': inRequest('error("x")') }, page: 'assist_hook h.lua;' });
    await get(port, page);
    await nginx.stop();
    const [event] = readEvidence(stage.path('evidence.log'));
    assert.equal(event.outcome, 'error_hook');
    assert.equal(event.kind, 'page');
    assert.equal(event.hook, 'h');
    assert.equal(event.version, '1.2');
  });

test('HTTP/2: hooks wait and fail on streams of one connection',
  async (stage) => {
    const { nginx, port } = await stage.site({
      errors: [/hook h failed/],
      hooks: { 'h.lua': inRequest(`
        assist.sleep(0.05)
        if ctx.request.args.bad then error("bad") end`) },
      server: 'listen 127.0.0.1:{{port h2}} http2;',
      page: 'assist_hook h.lua;' });
    const client = http2.connect(`http://127.0.0.1:${nginx.ports.h2}`);
    const fetch = (path) => new Promise((resolve, reject) => {
      const stream = client.request({ ':path': path });
      const chunks = [];
      let status;
      stream.on('response', (headers) => { status = headers[':status']; });
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('end', () => resolve({ status, body: Buffer.concat(chunks) }));
    });
    const paths = Array.from({ length: 20 },
                             (_, i) => `${page}?${i % 2 ? 'bad=1' : ''}&${i}`);
    const cancelled = client.request({ ':path': page });
    cancelled.on('error', () => {});
    const got = await Promise.all([...paths.map(fetch),
      sleep(10).then(() => cancelled.close(http2.constants.NGHTTP2_CANCEL))]);
    client.close();
    for (const [i, path] of paths.entries()) {
      assert.equal(got[i].status, 200);
      assert.ok(got[i].body.equals((await get(port, path)).body));
    }
  });
