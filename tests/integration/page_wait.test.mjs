// assist_page_wait: a page's end waits for help of assist.later.

import http from 'node:http';
import http2 from 'node:http2';
import zlib from 'node:zlib';
import { abandon, assert, coverage, figures, get, request, sleep, test, until }
  from './harness.mjs';

const service = '/dich-vu/1.001456.html';
const head = '<!doctype html>\n<html><head><title>a</title></head>\n<body>';
const page = `${head}<h1>Cổng</h1></body>\n</html>\n`;

const portal = (answers = {}) => (req, res) => {
  const { headers = {}, body = page, parts } = answers[req.url] ?? {};
  res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8',
                       ...headers });
  if (parts) parts(res);
  else res.end(body);
};

// Help from a location that answers when `slow` says so.
const hook = (give = 'got and assist.html("<i>%s</i>", got.body)', more = '') => ({
  'h.lua': `
local assist = require "assist"
return {
  request = function(ctx)
    local uri = ctx.request.uri
    ctx.data.help = assert(assist.later(function()
      local got, reason = assist.fetch("/slow" .. uri)
      return ${give}
    end))
  end,
  page = function(ctx)
    ctx:inject("body_end", ctx.data.help)
    ctx:outcome("answered")
    ${more}
  end,
}` });

// A server of help: answers when told to.
async function slow(stage) {
  const waiting = [];
  const server = await stage.portal((req, res) => waiting.push({
    url: req.url, give: (text) => res.end(text) }));
  return { server, waiting,
           next: () => until(() => waiting.shift(), 'help is asked for') };
}

const stageOf = async (stage, { wait = '20s', answers, hooks = hook(),
                                page: more = '', ...parts } = {}) => {
  const help = await slow(stage);
  const site = await stage.site({
    portal: portal(answers), hooks,
    values: { help: help.server.address },
    page: `assist_hook h.lua; assist_page_wait ${wait}; ${more}`,
    ...parts,
    server: `assist_fetch /slow/;
      location /slow/ { internal; proxy_pass http://{{help}}; }
      ${parts.server ?? ''}`,
  });
  return { ...site, help };
};

// Reads a page as it comes: what has come until `text` is there, and the end.
const reading = (port, path, { headers = {} } = {}) => {
  let text = '';
  const done = new Promise((resolve, reject) => {
    http.get({ port, path, headers, host: '127.0.0.1' }, (res) => {
      res.setEncoding('utf8');
      res.on('data', (piece) => { text += piece; });
      res.on('end', () => resolve(text));
      res.on('error', reject);
    }).on('error', reject);
  });
  return { done, get text() { return text; } };
};

test('what is before the help is sent; the end waits for it', async (stage) => {
  const { port, help } = await stageOf(stage);
  const got = reading(port, service);
  const asked = await help.next();
  await until(() => got.text === `${head}<h1>Cổng</h1>`, 'the page is sent');
  asked.give('đây <&>');
  assert.equal(await got.done,
    page.replace('</body>', '<i>đây &lt;&amp;&gt;</i></body>'));
  const row = await until(async () => {
    const found = (await figures(port))['1.001456@G01'];
    return found?.interactions && found;
  });
  assert.deepEqual([row.interactions, row.answered], [1, 1]);
});

test('help that was there before the page does not hold it', async (stage) => {
  let go;
  const { port, help } = await stageOf(stage, { answers: {
    [service]: { parts: (res) => { go = () => res.end(page); } } } });
  const got = reading(port, service);
  (await help.next()).give('a');
  await until(() => go, 'the portal is asked');
  // the function is over when this has been answered
  await get(port, '/assist-status/health');
  go();
  assert.match(await got.done, /<i>a<\/i><\/body>/);
});

test('past the time the page goes out without it', async (stage) => {
  const { nginx, port, help } = await stageOf(stage, { wait: '50ms' });
  const got = await get(port, service);
  assert.equal(got.text, page);
  (await help.next()).give('late');
  // and so does the next page on the same connection
  assert.equal((await get(port, '/khac')).text, page);
  (await help.next()).give('late');
  assert.equal(nginx.logged(/failed/).length, 0);
  // nobody was helped
  const row = await until(async () =>
    (await figures(port))['1.001456@G01']);
  assert.deepEqual([row.interactions, row.views], [0, 1]);
});

test('without assist_page_wait no page waits', async (stage) => {
  const { port, help } = await stageOf(stage, { wait: '0' });
  assert.equal((await get(port, service)).text, page);
  (await help.next()).give('late');
});

test('a function that fails, or gives nothing, ends the wait', async (stage) => {
  const { nginx, port, help } = await stageOf(stage, { hooks: hook(
    'got.body == "raise" and error("broken") or got.body == "nil" and nil or {}'
  ), errors: [/failed in assist\.later/] });
  for (const text of ['raise', 'nil', 'table']) {
    const got = reading(port, service);
    (await help.next()).give(text);
    assert.equal(await got.done, page);
  }
  assert.equal(nginx.logged(/failed in assist\.later: .*broken/).length, 1);
});

test('a page that has its end in pieces, and none', async (stage) => {
  const pieces = (text, size) => ({ parts: async (res) => {
    for (let i = 0; i < text.length; i += size) {
      res.write(text.slice(i, i + size));
      await sleep(1);
    }
    res.end();
  } });
  const open = page.replace(/<\/body>[^]*/, '');
  const { port, help } = await stageOf(stage, { answers: {
    '/pieces': pieces(page, 3), '/open': { body: open },
    '/more': { body: page.replace('</html>', `<!--${'x'.repeat(3000)}-->`) },
  } });
  for (const [path, text] of [['/pieces', page], ['/open', open]]) {
    const got = reading(port, path);
    const asked = await help.next();
    await until(() => got.text === open, 'the page is sent');
    asked.give('a');
    assert.equal(await got.done, text.replace(open, `${open}<i>a</i>`));
  }
  const got = reading(port, '/more');
  (await help.next()).give('a');
  assert.match(await got.done, /<i>a<\/i><\/body>\n<!--x{3000}-->\n$/);
});

test('what is long after the place is not held', async (stage) => {
  const long = page.replace('</html>', `<!--${'x'.repeat(10000)}-->`);
  const { port, help } = await stageOf(stage, { answers: {
    '/long': { body: long } } });
  assert.equal((await get(port, '/long')).text, long);
  (await help.next()).give('late');
});

test('other insertions do not wait, and the widget is there', async (stage) => {
  const { port, help } = await stageOf(stage, {
    hooks: hook(undefined, 'ctx:inject("body_end", "b")'),
    page: 'assist_widget on;' });
  const got = reading(port, service);
  const asked = await help.next();
  await until(() => got.text.endsWith('</script>'), 'the page is sent');
  assert.match(got.text, /<\/h1>b<assist-widget/);
  asked.give('a');
  assert.match(await got.done, /<\/script><i>a<\/i><\/body>\n<\/html>\n$/);
});

test('two of them: both are waited for, one may come alone', async (stage) => {
  const { port, help } = await stageOf(stage, { wait: '1s', hooks: {
    'h.lua': `
local assist = require "assist"
local function ask(uri)
  return assist.later(function()
    local got = assist.fetch("/slow" .. uri)
    return got and got.body
  end)
end
return {
  request = function(ctx)
    ctx.data.a, ctx.data.b = ask("/a"), ask("/b")
  end,
  page = function(ctx)
    ctx:inject("body_end", ctx.data.a)
    ctx:inject("body_end", ctx.data.b)
  end,
}` } });
  let got = reading(port, '/two');
  const asked = [await help.next(), await help.next()]
    .sort((a, b) => a.url < b.url ? -1 : 1);
  asked[1].give('[b]');
  asked[0].give('[a]');
  assert.match(await got.done, /<\/h1>\[a\]\[b\]<\/body>/);
  got = reading(port, '/one');
  const [one, other] = [await help.next(), await help.next()];
  one.give('[one]');
  assert.match(await got.done, /<\/h1>\[one\]<\/body>/);
  other.give('late');
});

test('a hook that raises after it leaves no page waiting', async (stage) => {
  const { port, help } = await stageOf(stage, {
    hooks: hook(undefined, 'error "x"'), errors: [/failed in page/] });
  assert.equal((await get(port, service)).text, page);
  (await help.next()).give('late');
});

test('what the policy forbids is left out', async (stage) => {
  const { port, help } = await stageOf(stage, {
    hooks: hook('got.body == "a" and assist.html "<script src=/x>" or "ok"'),
    answers: { [service]: { headers: {
      'Content-Security-Policy': "script-src 'none'" } } } });
  for (const [text, shown] of [['a', ''], ['b', 'ok']]) {
    const got = reading(port, service);
    (await help.next()).give(text);
    assert.equal(await got.done, page.replace('</body>', `${shown}</body>`));
  }
  assert.equal((await coverage(port)).quality.blocked, 1);
});

test('gzip, unbuffered, static pages, and HTTP/1.0', async (stage) => {
  stage.write('html/tinh/a.html', page);
  const { port, help } = await stageOf(stage, {
    page: 'gzip on; gzip_min_length 0;',
    server: `location /tinh/ { root html; types { text/html html; }
        assist_hook h.lua; assist_page_wait 20s; }
      location /gap/ { proxy_pass http://{{portal}}; proxy_buffering off;
        assist_hook h.lua; assist_page_wait 20s; }`,
  });
  const right = page.replace('</body>', '<i>a</i></body>');
  for (const path of ['/tinh/a.html', '/gap/a']) {
    const got = reading(port, path);
    const asked = await help.next();
    await until(() => got.text.endsWith('</h1>'), 'the page is sent');
    asked.give('a');
    assert.equal(await got.done, right, path);
  }
  const zipped = request(port, { path: '/a',
                                 headers: { 'Accept-Encoding': 'gzip' } });
  (await help.next()).give('a');
  const { headers, body } = await zipped;
  assert.equal(headers['content-encoding'], 'gzip');
  assert.equal(zlib.gunzipSync(body).toString(), right);
});

test('HTTP/2: the end waits, and so does no other stream', async (stage) => {
  const { nginx, help } = await stageOf(stage, {
    http: `server { listen 127.0.0.1:{{port two}} http2; assist on;
      assist_fetch /slow/;
      location /slow/ { internal; proxy_pass http://{{help}}; }
      location / { proxy_pass http://{{portal}}; assist_hook h.lua;
        assist_page_wait 20s; }
      location /css { return 200 "x"; } }`,
  });
  const client = http2.connect(`http://127.0.0.1:${nginx.ports.two}`);
  const read = (path) => {
    const stream = client.request({ ':path': path });
    let text = '';
    stream.setEncoding('utf8').on('data', (piece) => { text += piece; });
    const done = new Promise((resolve) => stream.on('end',
      () => resolve(text)));
    return { done, get text() { return text; } };
  };
  const got = read('/a');
  const asked = await help.next();
  await until(() => got.text.endsWith('</h1>'), 'the page is sent');
  assert.equal(await read('/css').done, 'x');
  asked.give('a');
  assert.match(await got.done, /<i>a<\/i><\/body>\n<\/html>\n$/);
  client.close();
});

test('a client that leaves while its page waits', async (stage) => {
  const { port, help } = await stageOf(stage);
  for (let i = 0; i < 20; i++) {
    const gone = abandon(port, `GET ${service} HTTP/1.1\r\nHost: a\r\n\r\n`,
                         50);
    const asked = await help.next();
    await gone;
    asked.give('nobody');
  }
  const got = reading(port, service);
  (await help.next()).give('a');
  assert.match(await got.done, /<i>a<\/i>/);
});

test('many pages at a time', async (stage) => {
  const { port, help } = await stageOf(stage, { connections: 1024 });
  const all = Array.from({ length: 100 }, (_, i) => reading(port, `/${i}`));
  for (let i = 0; i < 100; i++) {
    const asked = await help.next();
    asked.give(asked.url);
  }
  const texts = await Promise.all(all.map(({ done }) => done));
  texts.forEach((text, i) =>
    assert.ok(text.includes(`<i>/slow/${i}</i></body>`), `${i}: ${text}`));
});

test('help for another place: there, or at the end if it is late',
  async (stage) => {
    const body = `<!doctype html><title>a</title><body>
<h1 id="a">Cổng</h1><p id="b">b</p>
</body></html>`;
    let go;
    const { nginx, port, help } = await stageOf(stage, {
      errors: [/failed in page/],
      answers: {
        '/late': { body }, '/start': { body }, '/never': { body },
        '/none': { body: body.replace('id="a"', '') }, '/head': { body },
        '/early': { parts: (res) => { go = () => res.end(body); } },
        '/between': { parts: (res) => {
          res.write(body.replace(/\n<\/body>[^]*/, ''));
          go = () => res.end('\n</body></html>');
        } } },
      hooks: { 'h.lua': hook()['h.lua'].replace('"body_end"',
        'ctx.request.uri == "/head" and "head_end" '
        + 'or ctx.request.uri == "/start" and "body_start" or "a"') } });
    const put = (...marks) => body.replace(...marks);
    const read = async (path, text) => {
      const got = reading(port, path);
      const asked = await help.next();
      if (text) await until(() => got.text.includes(text), 'the page is sent');
      return { got, asked };
    };
    const atEnd = put('</body>', '<i>x</i></body>');

    for (const [path, text] of [['/late', '</p>'], ['/start', '</p>']]) {
      const { got, asked } = await read(path, text);
      asked.give('x');
      assert.equal(await got.done, atEnd, path);
    }

    // it has come before the place
    const early = await read('/early');
    await until(() => go, 'the portal is asked');
    early.asked.give('x');
    await get(port, '/assist-status/health');
    go();
    assert.equal(await early.got.done, put('</h1>', '</h1><i>x</i>'));

    // between its place and the end
    const between = await read('/between', '</p>');
    between.asked.give('x');
    await get(port, '/assist-status/health');
    go();
    assert.equal(await between.got.done, atEnd);

    // the place is not in the page, or a head
    for (const path of ['/none', '/head']) {
      const { got, asked } = await read(path);
      assert.equal(await got.done, path === '/none' ? put('id="a"', '') : body);
      asked.give('x');
    }
    assert.equal(nginx.logged(
      /h\.lua:\d+: ctx:inject: what assist\.later gives cannot go to head_end/)
      .length, 1);
  });

test('nginx -t refuses a wait as long as send_timeout', async (stage) => {
  const { code, stderr } = await stage.check(`server {
    listen 127.0.0.1:{{port}}; send_timeout 1s; assist_page_wait 1s; }`);
  assert.equal(code, 1);
  assert.match(stderr,
    /"assist_page_wait" is 1000 ms, which must be less than the "send_timeout"/);
});
