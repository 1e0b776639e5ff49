// assist.fetch: what a hook may call, what it gets, and what of a visitor goes
// with it: nothing.

import { setTimeout as wait } from 'node:timers/promises';
import { abandon, assert, get, request, test, until } from './harness.mjs';

const page = '/dich-vu/1.001456.html';

// A request hook whose reply is the JSON of what `body` returns.
const hook = (body) => `local assist = require "assist"
local function run(ctx) ${body} end
return { name = "h", request = function(ctx, conf)
  ctx:reply(200, assist.json.encode { run(ctx) },
            { ["Content-Type"] = "application/json" })
end }`;

// What the fetched locations lead to.
function backend(req, res) {
  const path = req.url.split('?')[0];
  if (path === '/echo') {
    res.writeHead(207, { 'Content-Type': 'application/json', 'X-One': 'a' });
    res.end(JSON.stringify({ method: req.method, url: req.url,
      headers: req.headers, body: req.body.toString() }));
  } else if (path === '/large') {
    res.end('x'.repeat(Number(req.url.split('?')[1])));
  } else if (path === '/slow') {
    setTimeout(() => res.end('late'), 1000);
  } else if (path === '/never') {
    res.writeHead(200, { 'Content-Length': 10 });
    res.write('abc');
  } else if (path === '/cut') {
    res.writeHead(200, { 'Content-Length': 10 });
    res.write('abc');
    setTimeout(() => res.destroy(), 20);
  } else if (path === '/trickle') {
    let n = 0;
    const timer = setInterval(() => {
      res.write(`${n}.`);
      if (++n === 20) { clearInterval(timer); res.end(); }
    }, 5);
  } else {
    res.writeHead(path === '/gone' ? 410 : 200);
    res.end(`page ${req.url}`);
  }
}

const locations = (more = '') => `
    location /api/ {
      proxy_pass http://{{portal}}/;
      proxy_http_version 1.1;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      ${more}
    }
    location = /private { return 200 "private"; }
    location = /refused { proxy_pass http://127.0.0.1:{{port closed}}/; }
    location /files/ { alias {{dir}}/files/; }
    location = /limited { limit_req zone=slowly burst=5;
                          proxy_pass http://{{portal}}/echo; }
    location = /includes { ssi on; ssi_types *; alias {{dir}}/files/ssi.html; }
`;

const allowed = 'assist_fetch /api/ /private /refused /files/ /limited /includes;';

async function fetching(stage, body, { more, ...options } = {}) {
  const site = await stage.site({
    portal: backend, server: locations(more),
    hooks: { 'h.lua': hook(body) }, page: `assist_hook h.lua; ${allowed}`,
    http: 'limit_req_zone $server_port zone=slowly:64k rate=10r/s;',
    ...options });
  return { ...site, ask: async (path = page, more = {}) =>
    (await request(site.port, { path, ...more })).json };
}

// Every cell twice: as it streams, and through nginx's buffers.
for (const buffering of ['off', 'on']) {
  const more = `proxy_buffering ${buffering}; proxy_buffers 4 4k;
                proxy_buffer_size 4k; proxy_busy_buffers_size 8k;`;
  const ways = (name, fn) => test(`proxy_buffering ${buffering}: ${name}`, fn);

  ways('status, headers and body come back', async (stage) => {
    const { ask } = await fetching(stage, `
      local got = assist.fetch("/api/echo?a=1", { args = "b=2",
        method = "POST", body = "xin chào", headers = {
          ["Content-Type"] = "text/x-test", ["X-Mine"] = 7 } })
      return got.status, got.headers, assist.json.decode(got.body)`, { more });
    const [status, headers, echo] = await ask();
    assert.equal(status, 207);
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['x-one'], 'a');
    assert.equal(echo.method, 'POST');
    assert.equal(echo.url, '/echo?a=1&b=2');
    assert.equal(echo.body, 'xin chào');
    assert.equal(echo.headers['content-type'], 'text/x-test');
    assert.equal(echo.headers['x-mine'], '7');
    assert.equal(echo.headers['content-length'], '9');
  });

  ways('large bodies are whole, and bounded by max', async (stage) => {
    const { ask, nginx } = await fetching(stage, `
      local out = {}
      for i, n in ipairs { 1, 4096, 65537, 1048576 } do
        local got, why = assist.fetch("/api/large?" .. n)
        out[i] = got and #got.body:gsub("x", "") == 0 and #got.body or why
      end
      local got, why = assist.fetch("/api/large?1048577")
      out[5] = why
      got, why = assist.fetch("/api/large?100", { max = 99 })
      out[6] = why
      return out`, { more, page: `assist_hook h.lua; assist_hook_cpu 1s;
        assist_hook_timeout 10s; ${allowed}` });
    assert.deepEqual(await ask(), [[1, 4096, 65537, 1048576,
      'the answer is larger than max', 'the answer is larger than max']]);
    assert.deepEqual(nginx.workerPids(), nginx.pids);
  });

  ways('a slow answer is a timeout, a broken one is cut off',
    async (stage) => {
      const { ask } = await fetching(stage, `
        local function why(uri, opts)
          return select(2, assist.fetch(uri, opts)) end
        return why("/api/slow", { timeout = 0.1 }),
          why("/api/never", { timeout = 0.1 }), why("/api/cut"),
          assist.fetch("/api/trickle").body`, { more,
        errors: [/upstream prematurely closed/] });
      assert.deepEqual(await ask(), ['timeout', 'timeout',
        'the answer was cut off',
        '0.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.']);
    });

  ways('clients that leave cancel it', async (stage) => {
    const { ask, port, nginx, portal } = await fetching(stage,
      'if ctx.request.args.x then return 1 end '
      + 'assist.fetch("/api/never", { timeout = 30 })',
      { more, page: `assist_hook h.lua; assist_hook_timeout 30s; ${allowed}` });
    await Promise.all(Array.from({ length: 20 }, () =>
      abandon(port, `GET ${page} HTTP/1.1\r\nHost: a\r\n\r\n`, 100)));
    await until(async () => {
      const open = await new Promise((resolve) =>
        portal.server.getConnections((_, n) => resolve(n)));
      return open === 0;
    }, 'the calls are cancelled');
    assert.deepEqual(await ask(`${page}?x=1`), [1]);
    assert.deepEqual(nginx.workerPids(), nginx.pids);
  });
}

test('nothing of the visitor goes with a fetch', async (stage) => {
  const { ask } = await fetching(stage,
    'return assist.json.decode(assist.fetch("/api/echo").body)');
  const [echo] = await ask(page, { headers: {
    'Cookie': 'phien=bi-mat', 'Authorization': 'Basic YTpi',
    'User-Agent': 'visitor', 'X-Forwarded-For': '203.0.113.9',
    'Referer': 'http://x/', 'X-Custom': 'custom' } });
  assert.deepEqual(Object.keys(echo.headers).sort(), ['connection', 'host']);
  assert.doesNotMatch(JSON.stringify(echo), /127\.0\.0\.1(?!:)|203\.0\.113/);
});

test('statuses that are no success are answers, too', async (stage) => {
  const { ask } = await fetching(stage, `
    local function status(uri) return assist.fetch(uri).status end
    return status("/api/gone"), status("/refused"), status("/files/none"),
      status("/private"), status("/files/a.txt")`,
    { errors: [/Connection refused/, /No such file/] });
  stage.write('files/a.txt', 'a');
  assert.deepEqual(await ask(), [410, 502, 404, 200, 200]);
});

test('a file, a HEAD, a location that waits, and one that includes',
  async (stage) => {
    stage.write('files/large.txt', 'y'.repeat(200000));
    stage.write('files/ssi.html', 'a<!--#include virtual="/private" -->b');
    const { ask } = await fetching(stage, `
      local file = assist.fetch("/files/large.txt")
      local head = assist.fetch("/files/large.txt", { method = "HEAD" })
      local bodies = { assist.all(
        function() return assist.fetch("/limited").status end,
        function() return assist.fetch("/limited").status end,
        function() return assist.fetch("/limited").status end) }
      local ssi = assist.fetch("/includes")
      return #file.body, head.status, #head.body, bodies, ssi.status`);
    assert.deepEqual(await ask(), [200000, 200, 0, [207, 207, 207], 200]);
  });

test('only what assist_fetch names may be fetched', async (stage) => {
  const { ask } = await fetching(stage, `
    local function why(uri)
      local ok, reason = pcall(assist.fetch, uri)
      return (tostring(reason):gsub("^.-:%d+: ", ""))
    end
    return why("/assist-status/metrics"), why("/private/x"), why("/api"),
      why("/api/../assist-status/"), why("/api/%2e%2e/assist-status/"),
      why("http://x/"), why("/a b"), why("/api/x#y")`);
  assert.deepEqual(await ask(), [
    'assist.fetch: "/assist-status/metrics" is not among assist_fetch',
    'assist.fetch: "/private/x" is not among assist_fetch',
    'assist.fetch: "/api" is not among assist_fetch',
    'assist.fetch: "/api/../assist-status/" is not a safe path',
    'assist.fetch: "/api/%2e%2e/assist-status/" is not a safe path',
    'assist.fetch: "http://x/" is not a location of this server, which begins with "/"',
    'assist.fetch: a URI has no blank, control character or "#": write it in percent encoding',
    'assist.fetch: a URI has no blank, control character or "#": write it in percent encoding',
  ]);
});

test('options that are none are refused', async (stage) => {
  const { ask } = await fetching(stage, `
    local function why(opts)
      local ok, reason, more = pcall(assist.fetch, "/api/echo", opts)
      return (tostring(more or reason):gsub("^.-:%d+: ", ""))
    end
    return why { timeout = 0 }, why { timeout = 61 }, why { max = "x" },
      why { body = {} }, why { headers = { ["a b"] = "c" } },
      why { headers = { a = "c\\r\\nd: e" } }, why { method = "TRACE" }`);
  assert.deepEqual(await ask(), [
    'assist.fetch: timeout is a number above 0, at most 60',
    'assist.fetch: timeout is a number above 0, at most 60',
    'assist.fetch: max is a number above 0, at most 1048576',
    'assist.fetch: body is a string, not a table',
    'assist.fetch: "a b" is not a header\'s name',
    'assist.fetch: the header "a" has a line end',
    'the method is not one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
  ]);
});

test('a fetch whose hook is past its time is over', async (stage) => {
  const { port, nginx, portal } = await fetching(stage,
    'assist.fetch("/api/never", { timeout = 30 })',
    { page: `assist_hook h.lua; assist_hook_timeout 50ms; ${allowed}`,
      errors: [/took longer than assist_hook_timeout/] });
  assert.equal((await get(port, page)).status, 200);
  await wait(100);
  assert.equal(nginx.logged(/\[error\]/).length, 1);
  assert.equal(portal.requests.at(-1).url, page);
});

test('a location is written with a slash', async (stage) => {
  const { code, stderr } = await stage.check('assist_fetch api/;');
  assert.equal(code, 1);
  assert.match(stderr, /invalid location "api\/", it begins with "\/"/);
});
