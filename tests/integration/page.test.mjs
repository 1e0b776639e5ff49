// Pages of ours, and the citizens' page, which needs no JavaScript.

import http2 from 'node:http2';
import { abandon, ask, assert, figures, get, request, services, test, until }
  from './harness.mjs';

// POST of a form as a browser sends it.
const post = (port, fields, { path = '/assist/ask', headers = {} } = {}) =>
  request(port, {
    method: 'POST', path, body: new URLSearchParams(fields).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded',
               Accept: 'text/html,*/*;q=0.8', ...headers },
  });

const isPage = (res) => {
  assert.equal(res.headers['content-type'], 'text/html; charset=utf-8');
  assert.equal(res.headers['cache-control'], 'no-store');
  assert.match(res.headers['content-security-policy'], /^default-src 'none';/);
  assert.match(res.text, /^<!DOCTYPE html>\n<html lang="(vi|en)">/);
  assert.match(res.text, /<\/html>\n$/);
  assert.doesNotMatch(res.text, /style=|<script|\son\w+=/);
};

// A template of the test's own in place of the shipped one.
const template = (body) => ({
  'assist/pages/chat.lua': `local html = require("assist").html
return { render = function(data, emit) ${body} end }`,
});

test('the page has a form, and the notice before the first answer',
     async (stage) => {
  const { port } = await stage.site();
  const page = await get(port, '/assist/');
  assert.equal(page.status, 200);
  isPage(page);
  assert.match(page.text, /<form method="post" action="\.\/ask"/);
  assert.match(page.text, /Câu trả lời do trợ lý AI tạo/);
  assert.equal((await request(port, { method: 'HEAD', path: '/assist/' })).text,
               '');
});

test('the page of a service, in English', async (stage) => {
  const { port } = await stage.site();
  const page = await get(port,
    '/assist/?service=1.001456&agency=G01&lang=en');
  isPage(page);
  assert.match(page.text, /<html lang="en">/);
  assert.match(page.text, /Ask about: Issue an ordinary passport/);
  assert.match(page.text, /name="service" value="1\.001456"/);
  assert.match(page.text, /name="agency" value="G01"/);

  const unknown = await get(port, '/assist/?service=%3Cb%3E&lang=xx');
  assert.equal(unknown.status, 200);
  assert.doesNotMatch(unknown.text, /name="service"/);
});

test('a form is answered with a page: answer, source, date, votes, follow-up',
     async (stage) => {
  const { port } = await stage.site();
  const page = await post(port, { question: 'lệ phí hộ chiếu', lang: 'vi' });
  assert.equal(page.status, 200);
  assert.equal(page.headers['x-assist-outcome'], 'answered');
  isPage(page);
  assert.match(page.text, /<title>Trả lời – Trợ lý dịch vụ công<\/title>/);
  assert.match(page.text, /200\.000 đồng/);
  assert.match(page.text,
               /<a href="\/dich-vu\/1\.001456\.html">[^<]+<\/a>/);
  assert.match(page.text, /cập nhật 01\/11\/2026/);
  assert.match(page.text, /action="\.\/feedback"/);

  // the follow-up stays with the service
  const previous = page.text.match(/name="previous" value="([^"]+)"/)[1];
  const next = await post(port, { question: 'mất bao lâu?', previous });
  assert.match(next.text, /05 ngày làm việc/);

  const rows = await figures(port);
  assert.equal(rows['1.001456@G01'].interactions, 2);
});

test('what a form, a header and a client make of each other', async (stage) => {
  const { port } = await stage.site();
  const question = 'lệ phí hộ chiếu';

  // a form's sender that asks for JSON gets it
  const json = await post(port, { question },
                          { headers: { Accept: 'application/json' } });
  assert.equal(json.json.outcome, 'answered');

  // a form without Accept is a browser's
  const bare = await post(port, { question }, { headers: { Accept: '*/*' } });
  isPage(bare);

  // JSON from a browser that shows pages
  isPage(await ask(port, question, { headers: { Accept: 'text/html' } }));

  // the same bytes are not taken for another form's
  const again = await post(port, { question });
  assert.match(again.text, /lệ phí hộ chiếu/);
});

test('text is escaped, whoever wrote it', async (stage) => {
  const rows = [{ ...services[0], name: 'Cấp <b>hộ chiếu</b> & "khác"',
                  fee: '<script>alert(1)</script>',
                  url: 'javascript:alert(1)', contact: "O'Neil <i>" },
                ...services.slice(1)];
  const { port } = await stage.site({ rows });
  const page = await post(port, {
    question: 'lệ phí hộ chiếu </textarea><script>x</script>' });
  isPage(page);
  assert.match(page.text, /&lt;script&gt;alert\(1\)/);
  assert.doesNotMatch(page.text, /href="javascript:/);
  assert.doesNotMatch(page.text, /<b>|<i>/);
});

test('a clarification asks the same again, about a service', async (stage) => {
  const rows = [{ ...services[0], code: '1.000001', agency_code: 'A' },
                { ...services[0], code: '1.000002', agency_code: 'B' }];
  const { port } = await stage.site({ rows });
  const page = await post(port, { question: 'lệ phí hộ chiếu', lang: 'vi' });
  assert.equal(page.headers['x-assist-outcome'], 'clarification');
  assert.equal(page.text.match(/<ul class="choice">/g).length, 1);
  assert.match(page.text, /name="question" value="lệ phí hộ chiếu"/);
  assert.match(page.text, /name="service" value="1\.000002"/);

  const chosen = await post(port, { question: 'lệ phí hộ chiếu', lang: 'vi',
                                    service: '1.000002', agency: 'B' });
  assert.equal(chosen.headers['x-assist-outcome'], 'answered');
});

test('errors are pages that say what to do next', async (stage) => {
  const { port } = await stage.site();
  const cases = [
    [{ question: '' }, 400, /Bạn chưa nhập câu hỏi/],
    [{ question: '?!', lang: 'en' }, 400, /There was no question/],
    [{ question: 'ơ'.repeat(1500) }, 400, /Câu hỏi quá dài/],
    [{ question: 'x'.repeat(20000) }, 413, /Câu hỏi quá dài/],
    [{ question: 'x', service: '9.999999', lang: 'en' }, 400,
     /not in the catalogue/],
    [{ question: 'x', lang: '"><b>' }, 400, /không đọc được/],
  ];
  for (const [fields, status, words] of cases) {
    const page = await post(port, fields);
    assert.equal(page.status, status);
    isPage(page);
    assert.match(page.text, words);
    assert.match(page.text, /<form method="post" action="\.\/ask"/);
  }
});

test('a form of any bytes has an answer', async (stage) => {
  const { port } = await stage.site();
  for (const body of ['', '&', '=', '&&=&', 'question', 'question=%', '%',
                      'question=%ff%fe', 'question=%00', '%00=1&question=a%0',
                      `${'a=b&'.repeat(3000)}question=x`]) {
    const res = await request(port, {
      method: 'POST', path: '/assist/ask', body,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
    assert.ok([200, 400].includes(res.status), `${body}: ${res.status}`);
    isPage(res);
  }
});

test('the address of an answer leads back to the form', async (stage) => {
  const { port } = await stage.site();
  const page = await get(port, '/assist/ask',
                         { headers: { Accept: 'text/html' } });
  assert.equal(page.status, 303);
  assert.equal(page.headers.location, './');
  assert.equal((await get(port, '/assist/ask')).status, 405);
  assert.equal((await get(port, '/assist/nothing')).status, 404);
});

test('assist_disclosure words the notice, by location', async (stage) => {
  stage.write('ai.conf', 'vi = Máy "AI" trả lời <b>.\nen = A machine says so.\n');
  const { port } = await stage.site({
    server: 'location /other/ { assist_chat; assist_disclosure ai.conf; }' });
  const vi = 'Máy "AI" trả lời <b>.';
  assert.match((await get(port, '/other/')).text,
               /Máy &quot;AI&quot; trả lời &lt;b&gt;\./);
  const path = '/other/ask';
  assert.equal((await ask(port, 'lệ phí hộ chiếu', { path })).json.disclosure,
               vi);
  assert.equal((await ask(port, { question: 'passport', lang: 'en' }, { path }))
    .json.disclosure, 'A machine says so.');
  assert.notEqual((await ask(port, 'lệ phí hộ chiếu')).json.disclosure, vi);
});

test('forms lead to the location, wherever the page stands', async (stage) => {
  const { port } = await stage.site({
    server: 'location /tro-ly { assist_chat; }' });
  const headers = { Accept: 'text/html' };
  for (const [path, action] of [
    ['/tro-ly', './tro-ly/ask'], ['/tro-ly/', './ask'],
    ['/tro-ly/khong', './ask'], ['/tro-ly/a/b/', './../../ask'],
    ['/assist/', './ask'], ['/assist/a/b', './../ask']]) {
    const page = await get(port, path, { headers });
    isPage(page);
    assert.ok(page.text.includes(`<form method="post" action="${action}"`),
              `${path}: ${page.text.match(/action="[^"]*ask"/)}`);
    const url = new URL(action, `http://127.0.0.1:${port}${path}`);
    assert.equal((await post(port, { question: 'lệ phí hộ chiếu' },
                             { path: url.pathname })).status, 200);
  }
});

test('a template that fails: a plain 500, one line, and the next is served',
     async (stage) => {
  const { nginx, port } = await stage.site({
    hooks: template(`if data.question ~= "" then error("broken") end
      emit(html("<p>%s</p>", "a<b"))`),
    errors: [/page assist\.pages\.chat failed/],
  });
  const bad = await post(port, { question: 'lệ phí hộ chiếu' });
  assert.equal(bad.status, 500);
  assert.match(bad.headers['content-type'], /^text\/plain/);
  assert.match(bad.text, /cannot be shown/);
  assert.equal(nginx.logged(/chat\.lua:\d+: broken/).length, 1);

  assert.equal((await get(port, '/assist/')).text, '<p>a&lt;b</p>');
});

test('a template that is wrong: -t names file and line, or its worker does',
     async (stage) => {
  const block = `assist_catalog catalog.csv; assist_hook_path hooks;
    server { listen 127.0.0.1:{{port}}; location /assist/ { assist_chat; } }`;
  stage.catalogue(services);
  stage.hooks({ 'assist/pages/chat.lua': 'return {\n  render = 1 1\n}' });
  const { code, stderr } = await stage.check(block);
  assert.equal(code, 1);
  assert.match(stderr, /chat\.lua:2: '}' expected .* in \S+nginx\.conf:\d/);

  stage.hooks({ 'assist/pages/chat.lua': 'return { render = 1 }' });
  const nginx = await stage.nginx({ http: block, errors: [/chat\.lua/] });
  assert.equal((await get(nginx.port, '/assist/')).status, 500);
  assert.equal((await ask(nginx.port, 'lệ phí hộ chiếu')).status, 200);
  assert.equal(nginx.logged(/"render" must be a function, it is a number/)
    .length, 1);
  assert.equal(nginx.logged(/chat\.lua failed: it is not loaded/).length, 1);
});

test('assist_hook_reload takes a changed template', async (stage) => {
  const { port } = await stage.site({
    http: 'assist_hook_reload on;', hooks: template('emit("one")') });
  assert.equal((await get(port, '/assist/')).text, 'one');
  stage.hooks(template('emit("two")'));
  await until(async () => (await get(port, '/assist/')).text === 'two',
              'the template is taken');
});

test('a template is bounded like a hook', async (stage) => {
  const { nginx, port } = await stage.site({
    http: 'assist_hook_memory 8m;',
    hooks: template(`local q = data.question
      if q == "loop" then while true do end end
      if q == "memory" then local t = {} for i = 1, 1e8 do t[i] = {} end end
      if q == "large" then while true do emit(("x"):rep(100000)) end end
      if q == "log" then require("assist").log.info("x") end
      if q == "table" then emit({}) end
      emit("fine")`),
    errors: [/page assist\.pages\.chat failed/],
  });
  for (const [question, why] of [
    ['loop', /used more CPU/], ['memory', /not enough memory/],
    ['large', /larger than 8m/], ['log', /cannot be called in render/],
    ['table', /string expected, got table/]]) {
    assert.equal((await post(port, { question })).status, 500);
    assert.equal(nginx.logged(why).length, 1, question);
    assert.equal((await get(port, '/assist/')).text, 'fine');
  }
});

test('a long page is made in slices, each with CPU time of its own',
     async (stage) => {
  // several times what a run may use at a stretch, each slice a fraction of it
  const { port } = await stage.site({
    chat: 'assist_hook_cpu 20ms;',
    hooks: template(`for i = 1, 1000 do
        for n = 1, 20000 do local x = n * n end
        emit(html("<p>%s</p>", i .. (" x"):rep(3000)))
      end`),
  });
  const [page, other] = await Promise.all([get(port, '/assist/'),
                                           get(port, '/x')]);
  assert.equal(page.status, 200);
  assert.equal(page.text.match(/<p>/g).length, 1000);
  assert.match(page.text, /<p>1000 x/);
  assert.equal(other.status, 200);
});

test('who leaves a page that is being made takes it along', async (stage) => {
  const { port } = await stage.site({
    hooks: template('for i = 1, 300 do emit(("x"):rep(20000)) end'),
  });
  for (let ms = 0; ms < 10; ms++) {
    await abandon(port, 'GET /assist/ HTTP/1.1\r\nHost: a\r\n\r\n', ms);
  }
  assert.equal((await get(port, '/assist/')).body.length, 6000000);
});

test('HTTP/2: pages that are being made on streams of one connection',
     async (stage) => {
  const { nginx, port } = await stage.site({
    hooks: template('for i = 1, 100 do emit(("x"):rep(5000) .. "\\n") end'),
    server: 'listen 127.0.0.1:{{port h2}} http2;',
  });
  const { body } = await get(port, '/assist/');
  const client = http2.connect(`http://127.0.0.1:${nginx.ports.h2}`);
  const read = (stream) => new Promise((resolve, reject) => {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => resolve(Buffer.concat(chunks)));
  });
  const open = () => client.request({ ':path': '/assist/' });
  const left = Array.from({ length: 5 }, open);
  for (const stream of left) stream.on('error', () => {});
  const pages = Promise.all(Array.from({ length: 10 }, () => read(open())));
  for (const stream of left) stream.close(http2.constants.NGHTTP2_CANCEL);
  for (const page of await pages) assert.ok(page.equals(body));
  client.close();
});
