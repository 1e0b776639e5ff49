// What nginx's own directives do to answers, and to questions for a provider.

import http from 'node:http';
import zlib from 'node:zlib';
import { ask, assert, listen, request, test } from './harness.mjs';
import { answer } from './lib/provider.mjs';

const fee = { service: '1.001456', question: 'Lệ phí là bao nhiêu?' };
const text = answer.join('');
const errors = [/upstream/, /provider/];

// A provider whose location has the given directives.
async function asking(stage, plan, { location = '', pass = 'http://{{provider}}/',
                                     server = '', values, ...options } = {}) {
  const provider = await stage.provider(plan);
  stage.write('key', 'sk-secret\r\n');
  const site = await stage.site({
    errors, values: { provider: provider.address, ...values },
    server: `location /llm/ {
        internal;
        proxy_pass ${pass};
        proxy_http_version 1.1;
        proxy_buffering off;
        ${location}
      } ${server}`,
    ...options,
    http: `assist_provider main uri=/llm/v1/chat/completions model=m1
             key_file={{dir}}/key timeout=5s place=onprem;
           ${options.http ?? ''}`,
    chat: `assist_use main; ${options.chat ?? ''}` });
  return { ...site, provider };
}

test('limit_rate slows a stream down, and does not stop it', async (stage) => {
  // less than nginx sends at once, so that each piece is followed by a pause
  const { port } = await asking(stage, { pause: 60 }, { chat: 'limit_rate 4k;' });
  const got = await listen(port, fee);
  assert.equal(got.text, text);
  assert.equal(got.answer.answer, text);
});

test('gzip does not hold a stream back', async (stage) => {
  const { port } = await asking(stage, { pause: 60 },
    { server: 'gzip on; gzip_types text/event-stream; gzip_min_length 1;' });
  const pieces = [];
  await new Promise((resolve, reject) => {
    const req = http.request({ host: '127.0.0.1', port, path: '/assist/ask',
      method: 'POST', headers: { 'Content-Type': 'application/json',
        Accept: 'text/event-stream', 'Accept-Encoding': 'gzip' } });
    req.on('response', (res) => {
      assert.equal(res.headers['content-encoding'], 'gzip');
      res.pipe(zlib.createGunzip()).on('data', (part) => pieces.push(part))
        .on('end', resolve).on('error', reject);
    });
    req.on('error', reject).end(JSON.stringify(fee));
  });
  assert.ok(pieces.length > 3, `${pieces.length} pieces`);
  assert.match(Buffer.concat(pieces).toString(), /event: answer/);
});

test('a provider cannot send its question, and our key, to somebody else',
  async (stage) => {
    const other = await stage.provider();
    const { port, nginx } = await asking(stage,
      { headers: { 'X-Accel-Redirect': '/other/v1/chat/completions' } },
      { values: { other: other.address },
        server: `location /other/ { internal; proxy_pass http://{{other}}/; }` });
    const { json } = await ask(port, fee);
    assert.equal(json.model, 'catalogue');
    assert.equal(other.requests.length, 0);
    assert.match(nginx.log(), /X-Accel-Redirect points, add "proxy_ignore/);
  });

test('where X-Accel-Redirect is ignored, the answer is there', async (stage) => {
  const { port } = await asking(stage,
    { headers: { 'X-Accel-Redirect': '/other/v1/chat/completions' } },
    { location: 'proxy_ignore_headers X-Accel-Redirect;' });
  assert.equal((await ask(port, fee)).json.answer, text);
});

test('a page for errors is no answer', async (stage) => {
  const { port } = await asking(stage, { status: 500, body: 'no' },
    { location: 'proxy_intercept_errors on; error_page 500 /sorry.html;',
      server: 'location = /sorry.html { return 200 "Sorry [1]"; }' });
  assert.equal((await ask(port, fee)).json.model, 'catalogue');
});

test('proxy_pass may have variables, and keep connections', async (stage) => {
  const { port, provider } = await asking(stage, {}, {
    pass: 'http://$to', location: `set $to models;
      rewrite ^/llm(/.*) $1 break; proxy_set_header Connection "";`,
    http: 'upstream models { server {{provider}}; keepalive 4; }' });
  const sockets = new Set();
  provider.server.on('connection', (socket) => sockets.add(socket));
  for (const word of ['một', 'hai', 'ba']) {
    const { json } = await ask(port, { ...fee, question: `lệ phí ${word}` });
    assert.equal(json.model, 'm1');
  }
  assert.equal(provider.requests.length, 3);
  assert.equal(sockets.size, 1);
});

test('a body in a file is read as one in memory', async (stage) => {
  const { port, provider } = await asking(stage, {},
    { chat: `assist_api on; client_body_in_file_only on;
             client_body_buffer_size 1k;` });
  const content = 'từ '.repeat(50000);
  const got = await request(port, { method: 'POST',
    path: '/assist/v1/chat/completions',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ model: 'main',
                           messages: [{ role: 'user', content }] }) });
  assert.equal(got.json.choices[0].message.content, text);
  assert.equal(provider.last.json.messages[0].content, content);
});
