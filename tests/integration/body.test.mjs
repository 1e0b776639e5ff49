// ctx.request:body(): whole, wherever nginx has put it, and the portal's, too.

import { assert, get, request, test } from './harness.mjs';

const page = '/dich-vu/1.001456.html';

// Replies with the body's length and ends where `echo` is asked for; else the
// request goes on to the portal.
const hook = `local assist = require "assist"
return { name = "h", request = function(ctx)
  assist.sleep(0.001)
  local body, reason = ctx.request:body()
  ctx.data.again = ctx.request:body() == body
  if ctx.request.args.echo then
    ctx:reply(200, body and #body .. body:sub(1, 3) .. body:sub(-3) .. " "
      .. tostring(ctx.data.again) or reason)
  end
  assist.sleep(0.001)
end }`;

const site = (stage, options) => stage.site({
  hooks: { 'h.lua': hook }, page: 'assist_hook h.lua; client_max_body_size 4m;',
  ...options });

const big = Buffer.from('abc' + 'x'.repeat(300000) + 'xyz');

test('a hook reads a body from memory, from a file, in pieces',
  async (stage) => {
    const { port } = await site(stage);
    const echo = async (body) => (await request(port, {
      method: 'POST', path: `${page}?echo=1`, body })).text;
    assert.equal(await echo(Buffer.from('a=1&b=2')), '7a=1b=2 true');
    assert.equal(await echo(big), '300006abcxyz true');
    assert.equal(await echo([big.subarray(0, 10), big.subarray(10)]),
                 '300006abcxyz true');
    assert.equal((await get(port, `${page}?echo=1`)).text, '0 true');
    assert.equal(await echo(Buffer.alloc(1048577)),
                 'the body is larger than 1m');
  });

test('the portal gets what the hook has read, byte by byte', async (stage) => {
  const { port, portal } = await site(stage);
  for (const body of [Buffer.from('a=1'), big, Buffer.alloc(2 ** 21, 7),
                      [big.subarray(0, 9), big.subarray(9)]]) {
    const got = await request(port, { method: 'POST', path: page, body });
    assert.equal(got.status, 200);
    const whole = Array.isArray(body) ? Buffer.concat(body) : body;
    assert.ok(portal.requests.at(-1).body.equals(whole));
  }
});

test('a slow body is not the hook\'s time', async (stage) => {
  const { port, portal } = await site(stage, { page:
    'assist_hook h.lua; assist_hook_timeout 100ms;' });
  const body = ['a=1', '&b=2', '&c=3'].map((part) => Buffer.from(part));
  const got = await request(port, { method: 'POST', path: page, body,
                                    pause: 150 });
  assert.equal(got.status, 200);
  assert.equal(portal.requests.at(-1).body.toString(), 'a=1&b=2&c=3');
});
