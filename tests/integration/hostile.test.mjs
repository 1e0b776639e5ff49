// Hooks that mean harm: the visitor has the portal's page, the log one line,
// and the worker goes on with everybody else.

import { ask, assert, figures, get, test, until } from './harness.mjs';
import { file, hostile } from './lib/hostile.mjs';

const stand = (stage, only) => stage.site({
  hooks: Object.fromEntries([
    ...only.map((name) => file(name, hostile[name][0])),
    file('good', 'ctx:reply(200, "good " .. #("x"):rep(100000))')]),
  server: [...only, 'good'].map((name) => `location /${name}/ {
    assist_hook ${name}.lua; proxy_pass http://{{portal}};
    proxy_http_version 1.1; proxy_set_header Connection ""; }`).join(' '),
  portal: (req, res) => {
    res.setHeader('Content-Type', 'text/html');
    res.end(`<html><body>the page ${req.url}</body></html>`);
  },
  errors: [/assist: hook \w+ (failed in request|is suspended)/],
});

const what = ({ status, body, headers: { date, ...headers } }) =>
  [status, headers, body];

for (const group of [...new Set(Object.keys(hostile)
  .map((name) => name.split('_')[0]))]) {
  const only = Object.keys(hostile).filter((name) =>
    name.split('_')[0] === group);

  test(`hostile hooks harm nobody: ${group}`, async (stage, t) => {
    const { nginx, port, plain } = await stand(stage, only);
    for (const name of only) {
      const path = `/${name}/page?q=1`;
      const portal = what(await get(plain, path));
      const [bad, ...others] = await Promise.all([get(port, path),
        get(port, '/good/'), get(port, '/'), get(port, '/good/')]);
      assert.deepEqual(what(bad), portal, name);
      assert.deepEqual(others.map(({ status, text }) => [status, text]),
        [[200, 'good 100000'],
         [200, '<html><body>the page /</body></html>'],
         [200, 'good 100000']], name);
      const lines = nginx.logged(new RegExp(`hook ${name} failed in request`));
      assert.equal(lines.length, 1, name);
      assert.match(lines[0], hostile[name][1], name);
      assert.match(lines[0], /request_id: [0-9a-f]{32}/);
      t.diagnostic(`${name}: ${bad.ms.toFixed(0)} ms`);
    }
    const lines = nginx.logged(/\[(warn|error)\]/);
    assert.equal(lines.filter((line) => !/is suspended/.test(line)).length,
                 only.length);
    assert.deepEqual(nginx.workerPids(), nginx.pids);
  });
}

// The breaker: a debt of 1000 times what a run took, 100 s of it are free.

test('a hook that spins again and again is suspended', async (stage) => {
  const { nginx, port } = await stand(stage, ['loop', 'loop_wrap']);
  for (let i = 0; i < 10; i++) {
    const { text } = await get(port, '/loop/page');
    assert.equal(text, '<html><body>the page /loop/page</body></html>');
  }
  const failed = nginx.logged(/hook loop failed in request/);
  assert.ok(failed.length === 2, `${failed.length} runs`);
  const suspended = nginx.logged(/is suspended/);
  assert.equal(suspended.length, 1);
  assert.match(suspended[0], /hook loop is suspended in this worker for \d+ s,/);

  // it alone
  await get(port, '/loop_wrap/');
  assert.equal(nginx.logged(/hook loop_wrap failed/).length, 1);
  assert.equal((await get(port, '/good/')).text, 'good 100000');
  assert.deepEqual(nginx.workerPids(), nginx.pids);
});

test('a suspended hook is counted as one that failed, and tried again',
  async (stage) => {
    // a run that only asks for too much is short: about ten are let
    const { nginx, port } = await stage.site({
      hooks: { 'h.lua': `local assist = require "assist"
return { name = "h",
  request = function(ctx)
    if ctx.request.args.greedy then return ("x"):rep(1000000000) end
  end,
  ask = function(ctx) ctx:say("here") ctx:outcome("answered") end }` },
      page: 'assist_hook h.lua;',
      chat: 'assist_hook h.lua;',
      errors: [/hook h (failed in request|is suspended)/] });
    const page = '/dich-vu/1.001456.html';
    const failed = () => nginx.logged(/hook h failed in request/).length;
    let n = 0;
    while (!nginx.logged(/is suspended/).length && n < 20) {
      assert.equal((await get(port, `${page}?greedy=1`)).status, 200);
      // those between that do well make no difference
      assert.equal((await get(port, page)).status, 200);
      n++;
    }
    assert.equal(failed(), n);
    await get(port, page);
    await get(port, `${page}?greedy=1`);
    assert.equal(failed(), n);
    const row = (await figures(port))['1.001456@G01'];
    assert.equal(row.interactions, n + 2 + 1);

    // another assist_hook directive of the same file is another hook
    assert.equal((await ask(port, 'hộ chiếu')).json.answer, 'here');

    await until(async () => {
      await get(port, page);
      return nginx.logged(/\[notice\].*hook h is tried again/).length;
    }, 'the hook is tried again', 30000);
  });

// Functions for nobody, which visitors do not wait for.

const later = (stage, body) => stage.site({
  hooks: { 'h.lua': `local assist = require "assist"
return { name = "h", request = function(ctx)
  if ctx.request.args.good then return ctx:reply(200, "good") end
  ${body}
end }` },
  page: 'assist_hook h.lua;',
  errors: [/hook h (failed in assist\.later|is suspended)/] });

test('functions of assist.later that spin are suspended', async (stage) => {
  const { nginx, port } = await later(stage, `for i = 1, 256 do
    assist.later(function() while true do end end)
  end`);
  await get(port, '/dich-vu/1.001456.html');
  assert.equal((await get(port, '/elsewhere')).status, 200);
  await until(() => nginx.logged(/hook h is suspended/).length, 'it is');
  assert.ok(nginx.logged(/hook h failed in assist\.later/).length <= 2);
  assert.deepEqual(nginx.workerPids(), nginx.pids);
});

test('functions of assist.later that start each other hold up nobody',
  async (stage) => {
    const { nginx, port } = await later(stage, `local function again()
      assist.later(again)
    end
    for i = 1, 10 do assist.later(again) end`);
    await get(port, '/dich-vu/1.001456.html');
    for (let i = 0; i < 20; i++) {
      assert.equal((await get(port, '/dich-vu/1.001456.html?good=1')).text,
                   'good');
    }
    assert.deepEqual(nginx.workerPids(), nginx.pids);
  });

test('a hook is suspended while others of its runs wait', async (stage) => {
  const { nginx, port } = await stage.site({
    hooks: { 'h.lua': `local assist = require "assist"
return { name = "h", request = function(ctx)
  assist.all(function() assist.sleep(0.3) while true do end end)
end }` },
    page: 'assist_hook h.lua;',
    errors: [/hook h (failed in request|is suspended)/] });
  const all = await Promise.all(Array.from({ length: 8 },
    () => get(port, '/dich-vu/1.001456.html')));
  for (const { status } of all) assert.equal(status, 200);
  assert.equal(nginx.logged(/hook h failed in request/).length, 2);
  assert.equal(nginx.logged(/hook h is suspended/).length, 1);
  assert.deepEqual(nginx.workerPids(), nginx.pids);
});
