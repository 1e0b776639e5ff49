// finder, form_help and plain_language before a portal, in a real nginx.

import { ask, assert, figures, get, lasting, readEvidence, request, services,
         test, until } from './harness.mjs';

const browser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

const several = [...services,
  { ...services[1], code: '1.000001', name: 'Cấp giấy phép xây dựng',
    name_en: '', aliases: '', agency: 'Sở Xây dựng', paths: '', url: '/so' },
  { ...services[1], code: '1.000002', name: 'Cấp giấy phép xây dựng',
    name_en: '', aliases: '', agency: 'Ủy ban nhân dân cấp xã',
    level: 'partial', paths: '', url: '/xa' },
];

// finder

const search = (stage, { conf = '', ...options } = {}) => stage.site({
  rows: several, server: `location /tim-kiem {
    assist_hook assistants/finder.lua ${conf}; proxy_pass http://{{portal}}; }`,
  chat: 'assist_hook assistants/finder.lua;', ...options });

const find = (port, words, more = '') => get(port,
  `/tim-kiem?q=${encodeURIComponent(words)}${more}`, { headers: browser });

test('finder: one clear hit is shown, and counted for its service',
  async (stage) => {
    const { port, portal } = await search(stage);
    const got = await find(port, 'đăng ký khai sinh');
    assert.equal(got.status, 200);
    assert.equal(got.headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(got.headers['cache-control'], 'no-store');
    assert.match(got.text, /do trợ lý AI tạo tự động/);
    assert.match(got.text,
                 /<a href="\/khai-sinh"><span lang="vi">Đăng ký khai sinh/);
    assert.match(got.text, /Giấy chứng sinh/);
    assert.match(got.text, /\?q=[%\w]+&amp;portal=1"/);
    assert.equal(portal.requests.length, 0);

    const birth = (await figures(port))['1.001193@H29'];
    assert.deepEqual([birth.interactions, birth.answered, birth.sourced],
                     [1, 1, 1]);

    const log = stage.path('evidence.log');
    const of = () => readEvidence(log).find((line) => line.outcome);
    await until(of, 'its line');
    assert.deepEqual([of().service, of().hook, of().outcome, of().sourced],
                     ['1.001193@H29', 'finder', 'answered', true]);
    assert.doesNotMatch(stage.read('evidence.log'), /khai/);
  });

test('finder: of several it asks back, which is no support', async (stage) => {
  const { port } = await search(stage);
  const got = await find(port, 'giấy phép xây dựng');
  assert.match(got.text, /Bạn cần thủ tục nào\?/);
  assert.match(got.text,
    /href="\/xa">.*<span lang="vi">Ủy ban nhân dân cấp xã; <\/span>một phần/);
  const rows = Object.values(await figures(port));
  assert.equal(rows.reduce((sum, row) => sum + row.answered, 0), 0);
});

test('finder: otherwise the portal\'s page, byte by byte', async (stage) => {
  const { port, plain, portal } = await search(stage);
  const words = encodeURIComponent('đăng ký khai sinh');
  for (const [path, headers] of [
    ['/tim-kiem', browser], ['/tim-kiem?q=', browser],
    ['/tim-kiem?q=%20', browser], ['/tim-kiem?q=th%E1', browser],
    [`/tim-kiem?q=${words}&portal=1`, browser],
    [`/tim-kiem?q=${words}`, { Accept: 'application/json' }],
    ['/tim-kiem?q=xyzzy+qwerty', browser],
    [`/tim-kiem?tu=${words}`, browser],
  ]) {
    const [got, expected] = [await get(port, path, { headers }),
                             await get(plain, path, { headers })];
    assert.ok(got.body.equals(expected.body), path);
    assert.deepEqual(lasting(got), lasting(expected), path);
    assert.equal(portal.requests.at(-2).url, path);
  }
});

test('finder: the link to the portal\'s own results leads there',
  async (stage) => {
    const { port, portal } = await search(stage,
      { conf: '"aside=goc trang" lang=en' });
    const got = await find(port, 'Register a birth', '&linh_vuc=1&linh_vuc=2');
    assert.match(got.text,
                 /Register a birth \(<span lang="vi">Đăng ký khai sinh/);
    const [, link] = got.text.match(/href="(\?[^"]*)"/);
    await get(port, `/tim-kiem${link.replaceAll('&amp;', '&')}`,
              { headers: browser });
    assert.equal(portal.requests.at(-1).url,
      '/tim-kiem?q=Register%20a%20birth&linh_vuc=1&linh_vuc=2&goc=1');
  });

test('finder: as an ask hook', async (stage) => {
  const { port } = await search(stage);
  const one = (await ask(port, 'tôi muốn đăng ký khai sinh')).json;
  assert.equal(one.outcome, 'answered');
  assert.match(one.answer, new RegExp('^Thủ tục bạn cần có lẽ là:\nĐăng ký khai '
    + 'sinh \\(Sở Tư pháp; toàn trình\\)'));
  assert.deepEqual(one.sources.map((s) => s.url), ['/khai-sinh']);
  const two = (await ask(port, 'giấy phép xây dựng')).json;
  assert.equal(two.outcome, 'clarification');
  assert.deepEqual(two.services.map((s) => s.code).sort(),
                   ['1.000001', '1.000002']);
  const none = (await ask(port, 'xyzzy qwerty')).json;
  assert.equal(none.outcome, 'unanswerable');
  const english = (await ask(port, { question: 'register a birth',
                                     lang: 'en' })).json;
  assert.match(english.answer, /^The procedure that you need is probably:/);
});

// form_help

const page = '/dich-vu/1.001456.html';

const form = (stage, { conf = '', ...options } = {}) => stage.site({
  page: `assist_hook assistants/form_help.lua
    "required=ho_ten:Họ và tên|cam_ket:Tôi cam đoan:checkbox=1" ${conf};`,
  http: 'client_max_body_size 4m;',
  ...options });

const post = (port, body, headers = {}, path = page) => request(port, {
  method: 'POST', path, body, headers: { ...browser, Host: 'dvc',
    Origin: 'http://dvc', 'Content-Type': 'application/x-www-form-urlencoded',
    ...headers } });

const decoded = (text) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>')
  .replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');

// What a browser would send of a page's form, with these fields filled in:
// line ends become CR LF, so what is in the page must be so already.
const filled = (text, typed) => [...text.matchAll(/<input [^>]*>/g)]
  .map(([tag]) => ({ name: decoded(tag.match(/ name="([^"]*)"/)[1]),
                     value: decoded(tag.match(/ value="([^"]*)"/)?.[1] ?? ''),
                     hidden: tag.includes('type="hidden"') }))
  .map(({ name, value, hidden }) => [name, hidden ? value : typed[name]]);

test('form_help: what is missing is asked for, and nothing typed is lost',
  async (stage) => {
    const { port, portal } = await form(stage, { level: 'debug' });
    const typed = [['csrf', 'a&b"<\'%+='], ['ho_ten', ' '], ['con', 'Một'],
                   ['con', 'Hai'], ['trong', ''],
                   ['ghi_chu', 'dòng 1\r\ndòng 2'], ['nút', 'gửi 😀']];
    const got = await post(port, new URLSearchParams(typed).toString());
    assert.equal(got.status, 422);
    assert.equal(got.headers['cache-control'], 'no-store');
    assert.match(got.text, /Trợ giúp tự động/);
    assert.match(got.text, /<form method="post">/);
    assert.equal(portal.requests.length, 0);

    const again = filled(got.text, { ho_ten: 'An', cam_ket: '1' });
    const expected = typed.map(([name, value]) =>
      [name, name === 'ho_ten' ? 'An' : value]);
    assert.deepEqual(again, [...expected, ['cam_ket', '1']]);

    const body = new URLSearchParams(again).toString();
    assert.equal((await post(port, body)).status, 200);
    assert.equal(portal.requests.at(-1).body.toString(), body);

    const rows = Object.values(await figures(port));
    assert.equal(rows.reduce((sum, row) => sum + row.interactions, 0), 0);
    const logged = stage.read('error.log') + stage.read('evidence.log');
    assert.doesNotMatch(logged, /Hai|csrf/);
  });

test('form_help: the second button sends it as it is', async (stage) => {
  const { port, portal } = await form(stage);
  const got = await post(port, 'ho_ten=&a=1', {}, `${page}?b=1&b=2`);
  const [, action] = got.text.match(/formaction="([^"]*)"/);
  const path = page + decoded(action);
  assert.equal((await post(port, 'ho_ten=&a=1', {}, path)).status, 200);
  assert.equal(portal.requests.at(-1).url, `${page}?b=1&b=2&portal=1`);
  assert.equal(portal.requests.at(-1).body.toString(), 'ho_ten=&a=1');
});

test('form_help: otherwise the portal gets what was sent, byte by byte',
  async (stage) => {
    const { port, portal, plain } = await form(stage);
    const multipart = Buffer.from('--x\r\nContent-Disposition: form-data; '
      + 'name="ho_ten"\r\n\r\n\r\n--x--\r\n');
    const type = (name) => ({ 'Content-Type': name });
    for (const [body, headers] of [
      ['ho_ten=An&cam_ket=1'], ['ho%5Ften=A%6e&cam_ket=%31&&=&x'],
      ['', {}], ['q=tim'], ['ho_ten=&x=%'], ['ho_ten=&x=%ff'],
      ['ho_ten=&mat_khau=x'], [`ho_ten=&x=${'y'.repeat(200000)}`],
      [`ho_ten=&x=${'y'.repeat(2 ** 20)}`], [`${'ho_ten=&'.repeat(1001)}`],
      [multipart, type('multipart/form-data; boundary=x')],
      ['{"ho_ten":""}', type('application/json')],
      [Buffer.alloc(300000, 200), type('application/octet-stream')],
      ['ho_ten=', { Accept: '*/*' }], ['ho_ten=', { Origin: 'http://evil' }],
      [[Buffer.from('ho_t'), Buffer.from('en=An&cam_ket=1')]],
    ]) {
      const got = await post(port, body, headers);
      const expected = await post(plain, body, headers);
      const [a, b] = portal.requests.slice(-2);
      const whole = Array.isArray(body) ? Buffer.concat(body)
                                        : Buffer.from(body);
      assert.ok(a.body.equals(whole), whole.toString().slice(0, 30));
      assert.ok(b.body.equals(whole));
      assert.equal(a.headers['content-type'], b.headers['content-type']);
      assert.ok(got.body.equals(expected.body));
      assert.deepEqual(lasting(got), lasting(expected));
    }
    for (const method of ['GET', 'HEAD']) {
      const of = (at) => request(at, { method, path: page, headers: browser });
      const [got, expected] = [await of(port), await of(plain)];
      assert.ok(got.body.equals(expected.body));
      assert.deepEqual(lasting(got), lasting(expected));
    }
  });

test('form_help: a chunked form, and the largest one that is looked at',
  async (stage) => {
    const { port, portal } = await form(stage);
    const chunked = await post(port, [Buffer.from('ho_t'), Buffer.from('en=')]);
    assert.equal(chunked.status, 422);
    const value = 'ộ"'.repeat(64 * 1024 / 12 - 10);
    const large = await post(port, `ho_ten=&x=${encodeURIComponent(value)}`);
    assert.equal(large.status, 422);
    assert.equal(filled(large.text, {})[1][1], value);
    const many = await post(port, `ho_ten=${'&a%22='.repeat(999)}`);
    assert.equal(many.status, 422);
    assert.equal(portal.requests.length, 0);
  });

test('form_help: a wrong parameter is named, and the form goes on',
  async (stage) => {
    const { port, portal } = await stage.site({
      page: 'assist_hook assistants/form_help.lua required=ho_ten;',
      errors: [/"ho_ten" in required= is not field:label/] });
    assert.equal((await post(port, 'ho_ten=')).status, 200);
    assert.equal(portal.requests.at(-1).body.toString(), 'ho_ten=');
  });

// plain_language

const summarized = (stage, plan, { conf = '', use = 'assist_use m;' } = {}) =>
  stage.provider(plan).then(async (provider) => ({ provider,
    ...await stage.site({
      errors: [/provider/, /upstream/], values: { llm: provider.address },
      http: `assist_provider m uri=/llm/v1/chat/completions model=m1
               place=onprem;
             assist_cache_zone answers:1m;`,
      server: `${use}
        location /llm/ { internal; proxy_pass http://{{llm}}/;
          proxy_http_version 1.1; proxy_buffering off; }
        location = /assist-summary {
          assist_service $arg_service;
          assist_hook assistants/plain_language.lua ${conf};
          assist_hook_timeout 20s; }`,
      page: `assist_hook assistants/plain_language.lua ${conf};` }) }));

const place = '<assist-summary src="/assist-summary?service=1.001456@G01&amp;'
  + 'lang=vi"></assist-summary>\n';
const text = '/assist-summary?service=1.001456@G01&lang=vi';

test('plain_language: a page does not wait for its summary, which is made once',
  async (stage) => {
    const { port, plain, provider } = await summarized(stage, {
      tokens: ['Hộ chiếu ', 'để đi xa ', '[1].'] });
    const page = '/dich-vu/1.001456.html';
    const got = await get(port, page);
    assert.equal(got.text, (await get(plain, page)).text
      .replace('</head>',
               '<link rel="stylesheet" href="/assist/panel.css">\n</head>')
      .replace('</body>', `${place}</body>`));
    assert.equal(provider.requests.length, 0);
    for (let i = 0; i < 3; i++) {
      const { status, headers, json } = await get(port, text);
      assert.equal(status, 200);
      assert.equal(headers['content-type'], 'application/json');
      assert.equal(json.text, 'Hộ chiếu để đi xa.');
      assert.equal(json.model, 'm1');
      assert.deepEqual(json.source, {
        label: 'Nguồn', title: 'Cấp hộ chiếu phổ thông trong nước',
        url: '/dich-vu/1.001456.html', updated: 'cập nhật 2026-11-01' });
    }
    assert.equal(provider.requests.length, 1);
    const row = (await figures(port))['1.001456@G01'];
    assert.deepEqual([row.answered, row.sourced], [3, 3]);
  });

test('plain_language: nothing for who has signed in, of an unknown service, '
     + 'of a model that fails', async (stage) => {
  const { port, plain, provider } = await summarized(stage, { status: 500 },
    { conf: 'cookie=PHIEN' });
  const headers = { Cookie: 'a=1; PHIEN=2' };
  const page = '/dich-vu/1.001456.html';
  const got = await get(port, page, { headers });
  assert.equal(got.text, (await get(plain, page)).text);
  assert.deepEqual(lasting(got), lasting(await get(plain, page)));
  for (const [path, options] of [[text, { headers }],
    ['/assist-summary?service=9.999999', {}], ['/assist-summary', {}]]) {
    const { status, body } = await get(port, path, options);
    assert.deepEqual([status, body.length], [204, 0]);
  }
  assert.equal(provider.requests.length, 0);
  assert.equal((await get(port, text)).status, 204);
  assert.equal(provider.requests.length, 1);
});

test('plain_language: nothing without a model', async (stage) => {
  const { port, provider } = await summarized(stage, {}, { use: '' });
  assert.equal((await get(port, text)).status, 204);
  assert.equal(provider.requests.length, 0);
});
