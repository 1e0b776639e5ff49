// assist_hook_reload: a changed file is taken, a broken one is not.

import { ask, assert, get, request, sleep, test, until } from './harness.mjs';

const page = '/dich-vu/1.001456.html';

const replies = (text, before = '') => `${before}
return { name = "h", request = function(ctx)
  if ctx.request.args.wait then require "assist".sleep(2.5) end
  ctx:reply(200, "${text}")
end }`;

const start = (stage, options) => stage.site({
  http: 'assist_hook_reload on;',
  page: 'assist_hook h.lua; assist_hook_timeout 10s;', ...options });

const text = async (port, path = page) => (await get(port, path)).text;

test('a changed hook is taken within a second or two', async (stage) => {
  const { port, nginx } = await start(stage, { hooks: { 'h.lua': replies('one') } });
  assert.equal(await text(port), 'one');

  // what waits goes on with the version that it began with
  const waiting = text(port, `${page}?wait=1`);
  await sleep(100);
  stage.hooks({ 'h.lua': replies('two') });
  await until(async () => await text(port) === 'two', 'the new version');
  assert.equal(await waiting, 'one');

  assert.deepEqual(nginx.workerPids(), nginx.pids);
  assert.equal(nginx.logged(/1 changed Lua file is in use/).length, 1);
});

for (const [name, broken, why] of [
  ['that does not compile', 'return {', /h\.lua:\d+: .*unexpected symbol|h\.lua:\d+: .*expected/],
  ['that raises', 'error("not ready")', /h\.lua:1: not ready/],
  ['that is no hook', 'return 7', /must return a table/],
  ['that has no function', 'return { requets = error }',
   /has no function that would be called: request, page, ask or log/],
  ['that loops', 'while true do end', /used more CPU/],
]) {
  test(`a version ${name} is not taken, and the log says why`, async (stage) => {
    const complaint = /hook "h\.lua" has changed and is not used: .*; the version before stays/;
    const { port, nginx } = await start(stage,
      { hooks: { 'h.lua': replies('one') }, errors: [complaint] });
    assert.equal(await text(port), 'one');

    stage.hooks({ 'h.lua': broken });
    await until(async () => {
      assert.equal(await text(port), 'one');
      return nginx.logged(complaint).length > 0;
    }, 'the complaint');
    await sleep(1100);
    assert.equal(await text(port), 'one');
    assert.equal(nginx.logged(complaint).length, 1);
    assert.match(nginx.logged(complaint)[0], why);

    stage.hooks({ 'h.lua': replies('three') });
    await until(async () => await text(port) === 'three', 'the mended one');
    assert.deepEqual(nginx.workerPids(), nginx.pids);
  });
}

test('a module and its hook are taken together', async (stage) => {
  const complaint = /is not used: .*needs word 2/;
  const module = (n) => `return { n = ${n}, word = "word ${n}" }`;
  const hook = (n) => replies('x', `local m = require "words"
assert(m.n == ${n}, "needs word ${n}")`).replace('"x"', 'm.word');
  const { port } = await start(stage, {
    hooks: { 'h.lua': hook(1), 'words.lua': module(1) }, errors: [complaint] });
  assert.equal(await text(port), 'word 1');

  stage.hooks({ 'h.lua': hook(2) });
  await sleep(1200);
  assert.equal(await text(port), 'word 1');
  stage.hooks({ 'words.lua': module(2) });
  await until(async () => await text(port) === 'word 2', 'both');
});

test('answers of the version before are not given any more', async (stage) => {
  const answers = (word) => `return { name = "h", ask = function(ctx)
    ctx:say("${word}") ctx:outcome("answered") end }`;
  const { port } = await start(stage, { hooks: { 'h.lua': answers('one') },
    http: 'assist_hook_reload on; assist_cache_zone a:1m;',
    chat: 'assist_hook h.lua;' });
  const asked = async () => (await ask(port, 'hỏi gì đó')).json;
  await asked();
  assert.deepEqual([(await asked()).cache, (await asked()).answer], ['HIT', 'one']);
  stage.hooks({ 'h.lua': answers('two') });
  await until(async () => (await asked()).answer === 'two', 'the new answer');
  assert.equal((await asked()).cache, 'HIT');
});

test('many versions cost no memory', { timeout: 100000 }, async (stage) => {
  const { port, nginx } = await start(stage, { hooks: { 'h.lua': replies('v0') },
    http: 'assist_hook_reload on; assist_hook_memory 4m;' });
  const large = `local big = ("x"):rep(700000) .. `;
  for (let i = 1; i <= 8; i++) {
    stage.hooks({ 'h.lua': replies(`v${i}`, `${large}${i}`) });
    await until(async () => await text(port) === `v${i}`, `version ${i}`);
  }
  assert.deepEqual(nginx.workerPids(), nginx.pids);
});

test('without it a changed file is taken by a reload only', async (stage) => {
  const { port, nginx } = await start(stage,
    { hooks: { 'h.lua': replies('one') }, http: '' });
  assert.equal(await text(port), 'one');
  stage.hooks({ 'h.lua': replies('two') });
  await sleep(1200);
  assert.equal(await text(port), 'one');
  await nginx.reload();
  assert.equal((await request(port, { path: page })).text, 'two');
});
