// assist_widget: the assistant on the portal's pages.

import { assert, coverage, figures, get, request, services, test, until }
  from './harness.mjs';

const service = '/dich-vu/1.001456.html';
const page = `<!doctype html>
<html lang="vi"><head><title>a</title></head>
<body><h1 id="a">Cổng</h1></body></html>
`;

// A portal of one page, with these headers by path.
const portal = (headers = {}, body = page) => (req, res) => {
  res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8',
                       ...headers[req.url] });
  res.end(body);
};

const stageOf = (stage, parts = {}) => stage.site({
  portal: portal(), page: 'assist_widget on;', ...parts });

const widget = (attributes, link, { nonce = '' } = {}) =>
  `<assist-widget${attributes}><a ${link}</a></assist-widget>`
  + `<script${nonce} src="/assist/widget.js" defer></script></body>`;
const here = 'H&#7887;i v&#7873; d&#7883;ch v&#7909; n&#224;y';
const any = 'H&#7887;i tr&#7907; l&#253; AI';

const has = (got, html) => assert.equal(got.text,
  page.replace('</body>', () => html));

test('a service page and another have the widget at their end',
  async (stage) => {
    const { port } = await stageOf(stage);
    has(await get(port, service),
        widget(' service="1.001456" agency="G01"',
               'href="/assist/?lang=vi&amp;service=1.001456&amp;agency=G01" '
               + `lang="vi">${here}`));
    has(await get(port, '/khac'),
        widget('', `href="/assist/?lang=vi" lang="vi">${any}`));
    // what it names is there, and so is the page of the link
    assert.equal((await get(port, '/assist/widget.js')).status, 200);
    assert.match((await get(port,
      '/assist/?lang=vi&service=1.001456&agency=G01')).text,
                 /Hỏi về: Cấp hộ chiếu/);

    // it is no interaction: these were views
    const row = await until(async () =>
      (await figures(port))['1.001456@G01']);
    assert.deepEqual([row.interactions, row.views], [0, 1]);
  });

test('its language is the page\'s', async (stage) => {
  const headers = { '/a': { 'Content-Language': 'en-GB' },
                    '/en/vi': { 'Content-Language': 'vi' } };
  const { port } = await stageOf(stage, { portal: portal(headers) });
  const english = widget(' lang="en"',
                         'href="/assist/?lang=en">Ask the AI assistant');
  has(await get(port, '/a'), english);
  has(await get(port, '/en/a'), english);
  has(await get(port, '/en/vi'),
      widget(' lang="vi"', `href="/assist/?lang=vi">${any}`));
});

test('a service that is not published is not named', async (stage) => {
  const { port } = await stageOf(stage, {
    rows: [{ ...services[0], state: 'testing' }] });
  has(await get(port, service),
      widget('', `href="/assist/?lang=vi" lang="vi">${any}`));
});

test('after what hooks put in, whose outcome it does not carry',
  async (stage) => {
    const { port } = await stageOf(stage, {
      page: 'assist_widget on; assist_hook a.lua;',
      hooks: { 'a.lua': `local assist = require "assist"
        return { page = function(ctx)
          for i = 1, ctx.request.uri == "/many" and 16 or 1 do
            ctx:inject(ctx.request.uri == "${service}" and "none" or "body_end",
                       assist.html "<i>a</i>")
          end
          ctx:outcome("answered")
        end }` } });
    assert.match((await get(port, '/b')).text, /<i>a<\/i><assist-widget/);
    assert.match((await get(port, '/many')).text,
                 /(<i>a<\/i>){16}<assist-widget/);
    // the hook's place is not in the page: it has helped nobody
    assert.match((await get(port, service)).text, /<h1 id="a">Cổng<\/h1><assist/);
    const row = await until(async () =>
      (await figures(port))['1.001456@G01']);
    assert.deepEqual([row.interactions, row.views], [0, 1]);
  });

test('what a policy forbids is left out, and counted', async (stage) => {
  const policy = (text) => ({ 'Content-Security-Policy': text });
  const self = "default-src 'none'; script-src 'self'; style-src 'self'; "
    + "connect-src 'self'";
  const headers = {
    '/all': policy(self),
    '/nonce': policy(`${self}; script-src-elem 'nonce-r4nd' 'strict-dynamic'`),
    '/script': policy("script-src 'none'"),
    '/ask': policy('connect-src portal/assist/widget.css'),
    '/connect': policy("connect-src https://api.vn"),
  };
  const { port } = await stageOf(stage, { portal: portal(headers) });
  const link = `href="/assist/?lang=vi" lang="vi">${any}`;
  has(await get(port, '/all'), widget('', link));
  has(await get(port, '/nonce'), widget('', link, { nonce: ' nonce="r4nd"' }));
  for (const path of ['/script', '/ask', '/connect']) {
    const got = await get(port, path);
    assert.equal(got.text, page, path);
    assert.equal(got.headers['transfer-encoding'], 'chunked');
  }
  assert.equal((await coverage(port)).quality.blocked, 3);
});

test('pages that may not be touched, and where it is off', async (stage) => {
  const headers = {
    '/file': { 'Content-Disposition': 'attachment' },
    '/signed': { 'Cache-Control': 'no-transform' },
    '/text': { 'Content-Type': 'text/plain' },
  };
  const { port } = await stageOf(stage, {
    portal: portal(headers),
    server: `assist_widget on;
      location /thanh-toan/ { assist off; proxy_pass http://{{portal}}; }
      location /ky-so/ { assist_widget off; proxy_pass http://{{portal}}; }`,
  });
  for (const path of [...Object.keys(headers), '/thanh-toan/', '/ky-so/']) {
    assert.equal((await get(port, path)).text, page, path);
  }
  assert.equal((await get(port, '/a', {
    headers: { 'X-Requested-With': 'XMLHttpRequest' } })).text, page);
  const head = await request(port, { method: 'HEAD', path: '/a' });
  assert.equal(head.status, 200);
  // neither is our own page
  assert.equal((await get(port, '/assist/')).text.match(/<assist-widget/g),
               null);
});

test('what a hook gives in the portal\'s place has it, too', async (stage) => {
  const whole = '<!doctype html><p>a</p></body>';
  const { port } = await stageOf(stage, {
    page: `assist_widget on; assist_hook r.lua;
           assist_hook assistants/finder.lua lang=en;`,
    server: `location = /off { assist_widget off; assist_hook r.lua;
        proxy_pass http://{{portal}}; }
      location = /form { assist_widget on; proxy_pass http://{{portal}};
        assist_hook assistants/form_help.lua required=ten:Tên; }`,
    hooks: { 'r.lua': `local assist = require "assist"
      return {
        request = function(ctx)
          local args, headers = ctx.request.args, {}
          if args.policy then
            headers["Content-Security-Policy"] = "script-src 'none'"
          end
          if args.status then
            ctx:reply(tonumber(args.status), args.text and "a"
              or assist.html(args.part and "<p>a</p>" or "${whole}"), headers)
          end
        end,
        page = function(ctx) ctx:inject("body_end", "never") end,
      }` } });
  const path = (query) => `${service}?${query}`;
  for (const status of [200, 403, 422, 503]) {
    const got = await get(port, path(`status=${status}`));
    assert.equal(got.status, status);
    assert.match(got.text, /<p>a<\/p><assist-widget service="1\.001456"/);
  }
  for (const query of ['status=200&text=1', 'status=200&part=1',
                       'status=302', 'status=200&policy=1']) {
    assert.doesNotMatch((await get(port, path(query))).text, /widget/, query);
  }
  assert.equal((await get(port, '/off?status=200')).text, whole);
  assert.equal((await coverage(port)).quality.blocked, 1);

  // those of the shipped assistants
  const browser = { Accept: 'text/html', Origin: 'http://dvc', Host: 'dvc' };
  assert.match((await get(port, `/tim?q=${encodeURIComponent('làm hộ chiếu')}`,
                          { headers: browser })).text, /<assist-widget/);
  const form = await request(port, { method: 'POST', path: '/form', body: 'ten=',
    headers: { ...browser,
               'Content-Type': 'application/x-www-form-urlencoded' } });
  assert.equal(form.status, 422);
  assert.match(form.text, /<\/form>[^]*<assist-widget/);
});

test('the page of another charset has it, too', async (stage) => {
  const { port } = await stageOf(stage, {
    portal: portal({ '/a': { 'Content-Type': 'text/html; charset=tcvn' } }) });
  has(await get(port, '/a'),
      widget('', `href="/assist/?lang=vi" lang="vi">${any}`));
});

test('another address: uri=, and a location without a slash', async (stage) => {
  const { port } = await stage.site({
    portal: portal(),
    server: `assist_widget on uri=/tro-ly;
      location /tro-ly { assist_chat; }`,
    http: `server { listen 127.0.0.1:{{port other}}; assist on;
      assist_widget on;
      location "/trợ lý" { assist_chat; }
      location / { proxy_pass http://{{portal}}; } }`,
  });
  assert.match((await get(port, '/a')).text,
               /<a href="\/tro-ly\/\?lang=vi" .*<script src="\/tro-ly\/widget\.js"/);
  assert.equal((await get(port, '/tro-ly/widget.js')).status, 200);
  const nginx = stage.nginxes[0];
  const other = await get(nginx.ports.other, '/a');
  const [, src] = other.text.match(/<script src="([^"]+)"/);
  assert.equal(src, '/tr%E1%BB%A3%20l%C3%BD/widget.js');
  assert.equal((await get(nginx.ports.other, src)).status, 200);
});

const check = async (stage, server, http = '') => (await stage.check(`${http}
  server { listen 127.0.0.1:{{port}}; ${server} }`));
const chat = 'location /assist/ { assist_chat; }';

for (const [what, server, words] of [
  ['nothing to lead to', 'assist on; assist_widget on;',
   /"assist_widget on" in the server in \S+:\d+, which has no "assist_chat" location: add "location \/assist\/ \{ assist_chat; \}"/],
  ['two assistants', `assist on; assist_widget on; ${chat}
    location /b/ { assist_chat; }`,
   /several "assist_chat" locations: name one, as "assist_widget on uri=\/assist\/"/],
  ['an assistant at one address only', `assist on; assist_widget on;
    location = /assist/ { assist_chat; }`, /no prefix of a path/],
  ['neither on nor off', 'assist_widget yes;',
   /invalid value "yes" in "assist_widget"/],
  ['a second directive', 'assist_widget on; assist_widget off;',
   /"assist_widget" directive is duplicate/],
  ['no path', 'assist_widget on uri=assist;', /invalid parameter "uri=assist"/],
  ['another server\'s path', 'assist_widget on uri=//a.vn/;',
   /invalid parameter "uri=\/\/a\.vn\/"/],
  ['another parameter', 'assist_widget on url=/a/;',
   /invalid parameter "url=\/a\/", it is uri= and the path/],
]) {
  test(`nginx -t refuses a widget with ${what}`, async (stage) => {
    const { code, stderr } = await check(stage, server);
    assert.equal(code, 1);
    assert.match(stderr, words);
  });
}

test('nginx -t takes one where it is not used, or named', async (stage) => {
  for (const server of ['assist_widget on;', `assist_widget on; ${chat}`,
                        'assist on; assist_widget on uri=/elsewhere/;']) {
    const { code, stderr } = await check(stage, server);
    assert.equal(code, 0, stderr);
  }
  const { code, stderr } = await check(stage, 'assist off;',
    'assist_widget on; assist off;');
  assert.equal(code, 0, stderr);
});
