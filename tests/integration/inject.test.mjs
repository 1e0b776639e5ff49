// What `page` hooks put into pages: where, into which, and what their headers
// say then.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import zlib from 'node:zlib';
import { abandon, assert, coverage, figures, get, lasting, readEvidence,
         request, sleep, test, until } from './harness.mjs';

const service = '/dich-vu/1.001456.html';
const body = (text = 'Nội dung. ') => `<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>a</title></head>
<body class="x"><h1 id="tieu-de">Cổng</h1><p>${text}</p></body>
</html>
`;

// A hook that puts `<i>place</i>` into each place.
const hook = (...lines) => `
local assist = require "assist"
return { name = "h", version = "1.2", page = function(ctx, conf)
${lines.join('\n')}
end }`;
const into = (...places) => hook(...places.map((where) =>
  `ctx:inject("${where}", assist.html("<i>${where}</i>"))`));
const everywhere = into('head_end', 'body_start', 'body_end', 'tieu-de');

const injected = (page) => page
  .replace('</head>', '<i>head_end</i></head>')
  .replace('<body class="x">', '<body class="x"><i>body_start</i>')
  .replace('</h1>', '</h1><i>tieu-de</i>')
  .replace('</body>', '<i>body_end</i></body>');

// A portal that answers with a page, or what `answers` has for the path.
const portal = (answers = {}) => (req, res) => {
  const [path] = req.url.split('?');
  const { status = 200, headers = {}, body: text = body(), parts } =
    answers[path] ?? {};
  const bytes = Buffer.from(text);
  res.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    ...parts ? {} : { 'Content-Length': bytes.length },
    'Last-Modified': 'Mon, 02 Nov 2026 08:00:00 GMT', 'ETag': '"abc"',
    'Accept-Ranges': 'bytes', ...headers });
  if (parts) parts(res, bytes);
  else res.end(bytes);
};

const stageOf = (stage, answers, hooks, parts = {}) => stage.site({
  portal: portal(answers), hooks: { 'h.lua': hooks },
  page: 'assist_hook h.lua;', ...parts });

test('all places of a page, and its headers', async (stage) => {
  const { port, plain } = await stageOf(stage, {}, everywhere);
  const [got, was] = [await get(port, service), await get(plain, service)];
  assert.equal(was.text, body());
  assert.equal(got.text, injected(body()));
  assert.equal(got.headers['content-length'], undefined);
  assert.equal(got.headers['transfer-encoding'], 'chunked');
  assert.equal(got.headers.etag, 'W/"abc"');
  assert.equal(got.headers['last-modified'], undefined);
  assert.equal(got.headers['accept-ranges'], undefined);
  assert.equal(got.headers['content-type'], 'text/html; charset=utf-8');
});

// Each answer goes out byte for byte, with all its headers; no hook runs.
const gates = {
  '/missing': { status: 404 },
  '/moved': { status: 302, headers: { Location: '/x' } },
  '/error': { status: 500 },
  '/part': { status: 206, headers: { 'Content-Range': 'bytes 0-9/20' } },
  '/text': { headers: { 'Content-Type': 'text/plain' } },
  '/json': { headers: { 'Content-Type': 'application/json' } },
  '/gzip': { headers: { 'Content-Encoding': 'gzip' },
             body: zlib.gzipSync(body()) },
  '/file': { headers: { 'Content-Disposition': 'attachment; filename=a' } },
  '/signed': { headers: { 'Cache-Control': 'private, No-Transform' } },
  '/empty': { body: '' },
};

test('what is no whole HTML page is not touched', async (stage) => {
  const { nginx, port, plain } = await stageOf(stage, gates, `
    local assist = require "assist"
    return { page = function() assist.log.warn("ran") end }`);
  const same = async (path, options) => {
    const [got, was] = [await get(port, path, options),
                        await get(plain, path, options)];
    assert.equal(got.status, was.status);
    assert.ok(got.body.equals(was.body), path);
    assert.deepEqual(lasting(got), lasting(was), path);
  };
  for (const path of Object.keys(gates)) await same(path);
  await same(service, { method: 'HEAD' });
  await same(service, { headers: { 'X-Requested-With': 'XMLHttpRequest' } });
  await same(service, { method: 'PUT' });
  assert.equal(nginx.logged(/assist: ran/).length, 0);
  const { quality } = await coverage(port);
  assert.equal(quality.compressed, 1);
  assert.equal(quality.blocked, 0);
});

// Here the hook runs, and its insertions have no place.
test('fragments, and what only says that it is HTML, are not touched',
  async (stage) => {
    const answers = {
      '/fragment': { body: '<div><p>a</p></body></div>' },
      '/blank': { body: ' \n\n ' },
      '/text': { body: 'plain text '.repeat(300) },
      '/comment': { body: `<!-- ${'x'.repeat(2000)} -->${body()}` },
      '/pieces': { body: ' <!-- a --> <p>no page</p>',
                   parts: (res, bytes) => pieces(res, bytes, 1) },
      '/json': { body: '{"a":"</body>"}' },
      '/utf-16': { body: Buffer.from(body(), 'utf16le') },
    };
    const { port, plain } = await stageOf(stage, answers, everywhere);
    for (const path of Object.keys(answers)) {
      const [got, was] = [await get(port, path), await get(plain, path)];
      assert.ok(got.body.equals(was.body), path);
      assert.deepEqual(lasting(got), lasting(was), path);
    }
    assert.equal((await figures(port))['1.001456@G01'].interactions, 0);
  });

test('a hook that injects nothing changes nothing', async (stage) => {
  const { port, plain } = await stageOf(stage, {}, hook(
    'ctx:inject("body_end", "")'));
  const [got, was] = [await get(port, service), await get(plain, service)];
  assert.ok(got.body.equals(was.body));
  assert.deepEqual(lasting(got), lasting(was));
});

test('assist off, and hooks without a page function', async (stage) => {
  const { port, plain } = await stageOf(stage, {}, everywhere, {
    hooks: { 'h.lua': everywhere, 'r.lua':
      'return { request = function() end }' },
    page: 'assist_hook h.lua;',
    server: `location = /pay { assist off; proxy_pass http://{{portal}}; }
             location = /other { assist_hook r.lua;
                                 proxy_pass http://{{portal}}; }` });
  for (const path of ['/pay', '/other']) {
    const [got, was] = [await get(port, path), await get(plain, path)];
    assert.ok(got.body.equals(was.body));
    assert.deepEqual(lasting(got), lasting(was));
  }
  assert.equal((await get(port, '/x')).text, injected(body()));
});

// Why a hook fails, and what its line says.
const failures = {
  'raises': ['ctx:inject("body_end", "a") error("boom")', /h\.lua:\d+: boom/],
  'loops': ['ctx:inject("body_end", "a") while true do end',
            /more CPU than assist_hook_cpu/],
  'waits': ['assist.sleep(1)',
            /assist\.sleep cannot be called in page \(only in: request, ask\)/],
  'reads the cache': ['assist.cache.get("a")', /cache\.get cannot be called/],
  'replies': ['ctx:reply(200, "a")', /ctx:reply cannot be called in page/],
  'injects too much': ['ctx:inject("body_end", ("x"):rep(65537))',
                       /16 insertions, of 64 KB together/],
  'injects too often': ['for i = 1, 17 do ctx:inject("body_end", "a") end',
                        /16 insertions/],
  'names no place': ['ctx:inject("a b", "a")', /"a b" is neither head_end/],
  'injects text into a head': ['ctx:inject("head_end", "a")',
                               /a head has no text/],
  'injects a number of nothing': ['ctx:inject("body_end", {})', /string/],
};

for (const [name, [line, why]] of Object.entries(failures)) {
  test(`a hook that ${name} leaves the page alone`, async (stage) => {
    const failed = new RegExp(`hook h failed in page, service `
      + `1\\.001456@G01: .*${why.source}.*request_id`);
    const { nginx, port, plain } = await stageOf(stage, {}, hook(line),
                                                 { errors: [failed] });
    const [got, was] = [await get(port, service), await get(plain, service)];
    assert.ok(got.body.equals(was.body));
    assert.deepEqual(lasting(got), lasting(was));
    assert.equal(nginx.logged(failed).length, 1);
    await nginx.stop();
    const [event] = readEvidence(stage.path('evidence.log'));
    assert.equal(event.outcome, 'error_hook');
    assert.equal(event.kind, 'page');
  });
}

test('hooks run in order; one that fails takes only its own away',
  async (stage) => {
    const { port } = await stageOf(stage, {}, '', {
      errors: [/hook b failed in page/],
      hooks: {
        'a.lua': hook('ctx.data.n = 1', 'ctx:inject("body_end", "[a]")'),
        'b.lua': hook('ctx:inject("body_end", "[b]")', 'error("b")')
          .replace('"h"', '"b"'),
        'c.lua': hook('ctx:inject("body_end", "[c" .. ctx.data.n .. "]")'),
      },
      page: ['a', 'b', 'c'].map((f) => `assist_hook ${f}.lua;`).join('') });
    assert.equal((await get(port, service)).text,
                 body().replace('</body>', '[a][c1]</body>'));
  });

test('text is escaped; a service and the request are there', async (stage) => {
  const { port } = await stageOf(stage, {}, hook(
    'ctx:inject("tieu-de", ctx.service.name .. " <b>&" .. ctx.request.args.a',
    '  .. ctx.request:header("X-A") .. ctx.lang)',
    'assist.cache.set("a", "b", 10)',
    'ctx:inject("nowhere", "x")'));
  const got = await get(port, `${service}?a=%22`, { headers: { 'X-A': "'" } });
  assert.equal(got.text, body().replace('</h1>', '</h1>'
    + 'Cấp hộ chiếu phổ thông trong nước &lt;b&gt;&amp;&quot;&#39;'));
});

test('ctx.lang is the page\'s Content-Language', async (stage) => {
  const { port } = await stageOf(stage,
    { '/en': { headers: { 'Content-Language': 'EN-gb' } } },
    hook('ctx:inject("body_end", "[" .. ctx.lang .. "]")'));
  assert.match((await get(port, '/en')).text, /\[en\]<\/body>/);
  assert.match((await get(port, '/vi')).text, /\[\]<\/body>/);
});

test('a page is an interaction if its help has reached it', async (stage) => {
  const helps = (where) => hook(`ctx:inject("${where}", "help")`,
    'ctx:cite(ctx.service)', 'ctx:outcome("answered")');
  const { nginx, port } = await stageOf(stage, {}, '', {
    hooks: { 'h.lua': helps('tieu-de'), 'n.lua': helps('nowhere'),
             'q.lua': everywhere },
    page: 'assist_hook h.lua;',
    server: `location = /ho-chieu/n { assist_hook n.lua;
                                      proxy_pass http://{{portal}}; }
             location = /ho-chieu/q { assist_hook q.lua;
                                      proxy_pass http://{{portal}}; }` });
  await get(port, service);
  await get(port, service, { method: 'HEAD' });
  await get(port, '/ho-chieu/n');
  await get(port, '/ho-chieu/q');
  const row = (await figures(port))['1.001456@G01'];
  assert.equal(row.interactions, 1);
  assert.equal(row.answered, 1);
  assert.equal(row.views, 2);
  await nginx.stop();
  const events = readEvidence(stage.path('evidence.log'));
  assert.equal(events.length, 1);
  assert.equal(events[0].kind, 'page');
  assert.equal(events[0].hook, 'h');
  assert.equal(events[0].sourced, true);
});

// Policies: [headers, what the hook puts in, what arrives (null: nothing)].
const policies = {
  '/none': [[], '<script>a</script>', '<script>a</script>'],
  '/self': [["default-src 'self'"], '<script src=/a></script>',
            '<script src=/a></script>'],
  '/inline': [["default-src 'self'"], '<script>a</script>', null],
  '/style': [["style-src 'self'"], '<p style=a>x</p>', null],
  '/nonce': [["script-src 'nonce-abc123'"], '<script>a</script>',
             '<script nonce="abc123">a</script>'],
  '/two': [["img-src *", "script-src 'none'"], '<script src=/a></script>',
           null],
  '/plain': [["default-src 'none'"], '<section>a</section>',
             '<section>a</section>'],
};

test('nothing is injected that the page\'s policy forbids', async (stage) => {
  const answers = Object.fromEntries(Object.entries(policies).map(
    ([path, [csp]]) => [path, { headers: csp.length
      ? { 'Content-Security-Policy': csp } : {} }]));
  const { port, plain } = await stageOf(stage, answers, hook(
    `local html = { ${Object.entries(policies).map(([path, [, html]]) =>
      `["${path}"] = "${html}"`).join(', ')} }`,
    'ctx:inject("body_end", assist.html(html[ctx.request.uri]))'));
  let blocked = 0;
  for (const [path, [, , expected]] of Object.entries(policies)) {
    const [got, was] = [await get(port, path), await get(plain, path)];
    if (expected === null) {
      blocked++;
      assert.ok(got.body.equals(was.body), path);
      assert.deepEqual(lasting(got), lasting(was), path);
    } else {
      assert.equal(got.text, body().replace('</body>', `${expected}</body>`));
    }
  }
  assert.equal((await coverage(port)).quality.blocked, blocked);
});

test('add_header sets a policy, too', async (stage) => {
  const { port } = await stageOf(stage, {}, hook(
    'ctx:inject("body_end", assist.html("<style>a</style>"))'), {
    page: `assist_hook h.lua;
           add_header Content-Security-Policy "style-src 'self'" always;` });
  assert.equal((await get(port, service)).text, body());
});

test('in another charset characters go in as references', async (stage) => {
  const latin = Buffer.from(body('caf\xe9'), 'latin1');
  const type = (charset) => ({ body: latin, headers: {
    'Content-Type': `text/html${charset && `; charset=${charset}`}` } });
  const types = ['', 'ISO-8859-1', 'windows-1258', 'TCVN', 'us-ascii'];
  const { port } = await stageOf(stage, Object.fromEntries(
    types.map((charset) => [`/${charset}`, type(charset)])), hook(
    'ctx:inject("body_start", "cà phê \u{1F600}<&")',
    'ctx:inject("body_start", assist.html "<i title=\'\u{FEFF}đ\'>[\\128]</i>")',
    'ctx:inject("body_end", assist.html "<script>\'ế\'</script>")',
    'ctx:inject("body_end", "coffee")'));
  for (const charset of types) {
    const got = await get(port, `/${charset}`);
    // a script has no references
    const script = charset ? '' : Buffer.from('<script>\'ế\'</script>')
      .toString('latin1');
    assert.equal(got.body.toString('latin1'), latin.toString('latin1')
      .replace('<body class="x">', '$&c&#224; ph&#234; &#128512;&lt;&amp;')
      .replace('</body>', `${script}coffee</body>`), charset);
  }
  assert.match((await get(port, '/utf-8')).text,
               /cà phê \u{1F600}&lt;&amp;.*<script>'ế'<\/script>/su);
  // not the one that is no UTF-8, and no script where the charset is another
  assert.equal((await coverage(port)).quality.blocked,
               types.length + types.length - 1);
});

// Sends bytes in pieces, each in a packet of its own.
async function pieces(res, bytes, size, pause = 0) {
  res.socket.setNoDelay(true);
  for (let i = 0; i < bytes.length; i += size) {
    res.write(bytes.subarray(i, i + size));
    await (pause ? sleep(pause) : new Promise(setImmediate));
  }
  res.end();
}

for (const buffering of ['on', 'off']) {
  test(`a page that is split anywhere, proxy_buffering ${buffering}`,
    async (stage) => {
      const short = body('x');
      const answers = { '/bytes': { body: short,
        parts: (res, bytes) => pieces(res, bytes, 1) } };
      for (let i = 1; i < short.length; i++) {
        answers[`/${i}`] = { body: short, parts: async (res, bytes) => {
          res.socket.setNoDelay(true);
          res.write(bytes.subarray(0, i));
          await sleep(5);
          res.end(bytes.subarray(i));
        } };
      }
      const { port } = await stageOf(stage, answers, everywhere,
        { page: `assist_hook h.lua; proxy_buffering ${buffering};` });
      assert.equal((await get(port, '/bytes')).text, injected(short));
      const paths = Object.keys(answers);
      for (let i = 0; i < paths.length; i += 20) {
        await Promise.all(paths.slice(i, i + 20).map(async (path) =>
          assert.equal((await get(port, path)).text, injected(short), path)));
      }
    });
}

test('what has come is passed on at once', async (stage) => {
  let goOn;
  const parts = async (res, bytes) => {
    res.write(bytes.subarray(0, 200));
    await new Promise((resolve) => { goOn = resolve; });
    res.end(bytes.subarray(200));
  };
  const { port } = await stageOf(stage, { '/slow': { parts } }, everywhere,
    { page: 'assist_hook h.lua; proxy_buffering off;' });
  const got = await new Promise((resolve, reject) => {
    let text = '';
    http.get({ port, host: '127.0.0.1', path: '/slow' }, (res) => {
      res.on('data', (chunk) => {
        text += chunk;
        // all but the beginning of a tag, and the portal still waits
        if (text.includes('<h1') && goOn) { goOn(); goOn = null; }
      });
      res.on('end', () => resolve(text));
    }).on('error', reject);
  });
  assert.equal(got, injected(body()));
});

const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(
  readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

for (const kind of ['proxied', 'static']) {
  test(`a page of 10 MB, ${kind}, in constant memory`, async (stage) => {
    const large = body('<p id=a title="x>y">Nội dung.</p>\n'.repeat(270000));
    assert.ok(large.length > 9e6);
    stage.write('html/large.html', large);
    const { nginx, port } = await stageOf(stage, { '/large': { body: large } },
      everywhere, { server: `location /large.html { root {{dir}}/html;
        types { text/html html; } assist_hook h.lua; }` });
    const path = kind === 'static' ? '/large.html' : '/large';
    assert.equal((await get(port, service)).text, injected(body()));
    const before = rss(nginx.pids[0]);
    assert.equal((await get(port, path)).text, injected(large));
    const grown = rss(nginx.pids[0]) - before;
    assert.ok(grown < 3000, `${grown} KB more`);
  });
}

test('static pages, sendfile on and off, ranges and revalidation',
  async (stage) => {
    stage.write('html/a.html', body());
    const place = (sendfile) => `sendfile ${sendfile}; root {{dir}}/html;
      types { text/html html; } assist_hook h.lua;`;
    const { port } = await stageOf(stage, {}, everywhere, {
      server: `location /a.html { ${place('on')} }
               location /off/ { rewrite ^/off(.*) $1 break;
                                ${place('off')} }` });
    for (const path of ['/a.html', '/off/a.html']) {
      const got = await get(port, path);
      assert.equal(got.text, injected(body()));
      assert.match(got.headers.etag, /^W\//);
      assert.equal(got.headers['last-modified'], undefined);
      assert.equal(got.headers['accept-ranges'], undefined);
      const again = await get(port, path,
        { headers: { 'If-None-Match': got.headers.etag } });
      assert.equal(again.status, 304);
      const part = await get(port, path, { headers: { Range: 'bytes=2-9' } });
      assert.equal(part.status, 206);
      assert.equal(part.text, body().slice(2, 10));
    }
  });

test('gzip, HTTP/2 and keepalive after us', async (stage) => {
  const { nginx, port } = await stageOf(stage, {}, everywhere, {
    server: `listen 127.0.0.1:{{port h2}} http2;
             gzip on; gzip_min_length 1;` });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < 5; i++) {
    const got = await get(port, service, { agent,
      headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(got.headers['content-encoding'], 'gzip');
    assert.equal(zlib.gunzipSync(got.body).toString(), injected(body()));
    assert.equal((await get(port, service, { agent })).text, injected(body()));
    assert.equal((await get(port, service, { agent, method: 'HEAD' }))
      .headers['content-length'], String(Buffer.byteLength(body())));
  }
  agent.destroy();

  const client = http2.connect(`http://127.0.0.1:${nginx.ports.h2}`);
  await Promise.all(Array.from({ length: 10 }, () => new Promise(
    (resolve, reject) => {
      const stream = client.request({ ':path': service });
      let text = '';
      stream.setEncoding('utf8').on('data', (part) => { text += part; });
      stream.on('error', reject);
      stream.on('end', () => resolve(text));
    }))).then((all) => {
    for (const text of all) assert.equal(text, injected(body()));
  });
  client.close();
});

test('proxy_cache, gunzip, sub_filter and SSI beside us', async (stage) => {
  const gz = { headers: { 'Content-Encoding': 'gzip' },
               body: zlib.gzipSync(body()) };
  const ssi = body('<!--# include virtual="/part.html" -->');
  const { portal: origin, port } = await stageOf(stage,
    { '/gunzip/a': gz, '/ssi/a': { body: ssi },
      '/part.html': { body: 'part' } }, everywhere, {
      http: 'proxy_cache_path {{dir}}/cache keys_zone=pages:1m;',
      server: ['cache', 'gunzip', 'sub', 'ssi'].map((name) => `
        location /${name}/ {
          assist_hook h.lua; proxy_pass http://{{portal}};
          ${{ cache: 'proxy_cache pages; proxy_cache_valid 1m;',
              gunzip: 'gunzip on;', ssi: 'ssi on;',
              sub: 'sub_filter "Cổng" "CỔNG"; sub_filter "body_end" "END";' }
            [name]}
        }`).join('') });
  for (let i = 0; i < 3; i++) {
    assert.equal((await get(port, '/cache/a')).text, injected(body()));
  }
  assert.equal(origin.requests.length, 1);
  assert.equal((await get(port, '/gunzip/a')).text, injected(body()));
  assert.equal((await get(port, '/sub/a')).text,
    injected(body()).replace('Cổng', 'CỔNG').replace('body_end', 'END'));
  assert.equal((await get(port, '/ssi/a')).text, injected(body('part')));
});

test('clients that go away, and portals that do', async (stage) => {
  const { nginx, port } = await stageOf(stage, {
    '/cut': { parts: (res, bytes) => {
      res.write(bytes.subarray(0, 150));
      setTimeout(() => res.destroy(), 20);
    } },
    '/dead': { parts: (res) => {
      res.flushHeaders();
      setTimeout(() => res.destroy(), 20);
    } },
    '/slow': { body: body('x'.repeat(100000)),
               parts: (res, bytes) => pieces(res, bytes, 1000, 5) },
  }, everywhere, { errors: [/upstream prematurely closed connection/] });
  await assert.rejects(get(port, '/cut'));
  await assert.rejects(get(port, '/dead'));
  await Promise.all(Array.from({ length: 30 }, (_, i) => abandon(port,
    `GET /slow?${i} HTTP/1.1\r\nHost: portal\r\n\r\n`, 20 + 5 * i)));
  await until(async () => (await get(port, service)).text === injected(body()),
              'pages are served');
  assert.deepEqual(nginx.workerPids(), nginx.pids);
});

test('a POST\'s page, and a hook\'s reply', async (stage) => {
  const { port } = await stageOf(stage, {}, `
    local assist = require "assist"
    return {
      request = function(ctx)
        if ctx.request.args.reply then
          ctx:reply(200, assist.html("<!doctype html><body>r</body>"))
        end
      end,
      page = function(ctx) ctx:inject("body_end", "[in]") end }`);
  const got = await request(port,
    { method: 'POST', path: service, body: 'a=1' });
  assert.equal(got.text, body().replace('</body>', '[in]</body>'));
  assert.equal((await get(port, `${service}?reply=1`)).text,
               '<!doctype html><body>r</body>');
});

test('an error page in place of the portal\'s is left alone', async (stage) => {
  const { port } = await stageOf(stage, { '/missing': { status: 404 } },
    everywhere, { page: `assist_hook h.lua; proxy_intercept_errors on;
                         error_page 404 /sorry.html;` });
  const got = await get(port, '/missing');
  assert.equal(got.status, 404);
  assert.equal(got.text, body());
});

test('a page is never put into a form', async (stage) => {
  const form = body('<form method=post><input name=token value=abc>'
    + '<b id="in-form">x</b></form>');
  const { port } = await stageOf(stage, { '/form': { body: form } },
                                 into('in-form'));
  assert.equal((await get(port, '/form')).text,
               form.replace('</form>', '</form><i>in-form</i>'));
});
