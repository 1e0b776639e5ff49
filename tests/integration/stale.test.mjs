// Old answers, served for want of a better one or while it is made, and
// questions that go past the cache.

import { Agent } from 'node:http';
import { ask, assert, listen, sleep, test, until } from './harness.mjs';
import { gate, L1, L2, node } from './lib/flight.mjs';

const fee = { service: '1.001456', question: 'Lệ phí là bao nhiêu?' };
const says = (text) => ({ tokens: [`${text} `, '[', '1', ']', '.'] });
const old = says('cũ'), young = says('mới');
const failing = { status: 503, body: '{}' };

const caches = {
  'L1': () => L1,
  'Redis': (redis) => L2(redis),
  'L1 and Redis': (redis) => L1 + L2(redis),
};

// A node that holds an answer which has just expired.
async function expired(stage, http, chat, options = {}) {
  const redis = await stage.redis();
  const provider = await stage.provider(old);
  const site = await node(stage, provider, { http: http(redis),
    chat: `assist_cache_valid 2s; add_header X-Status $assist_cache_status;
           ${chat}`, ...options });
  await state(site.port, 'MISS', /^cũ/);
  await sleep(3100);
  return { provider, redis, ...site };
}

// Asks; what the cache says of it, in all places, and the answer.
async function state(port, cache, text, question = fee, options = {}) {
  const { json, headers } = await ask(port, question, options);
  assert.equal(json.cache, cache);
  assert.equal(headers['x-assist-cache'], cache);
  assert.equal(headers['x-status'], cache);
  if (text) assert.match(json.answer, text);
  return json;
}

for (const [what, http] of Object.entries(caches)) {
  test(`${what}: without assist_cache_use_stale it is made again`,
    async (stage) => {
      const { port, provider } = await expired(stage, http, '');
      provider.plan = young;
      await state(port, 'MISS', /^mới/);
      await state(port, 'HIT', /^mới/);
      assert.equal(provider.requests.length, 2);
    });

  test(`${what}: off, and a provider that fails: the catalogue's words`,
    async (stage) => {
      const { port, provider } = await expired(stage, http,
        'assist_cache_use_stale off;');
      provider.plan = failing;
      const json = await state(port, 'MISS', /200\.000/);
      assert.equal(json.degraded, true);
    });

  test(`${what}: a provider that fails: the old answer, for each kind of client`,
    async (stage) => {
      const { port, provider } = await expired(stage, http,
        'assist_cache_use_stale error;');
      provider.plan = failing;
      const json = await state(port, 'STALE', /^cũ/);
      assert.equal(json.degraded, undefined);
      assert.equal(json.model, 'm1');
      const got = await listen(port, fee);
      assert.equal(got.headers['x-assist-cache'], 'STALE');
      assert.equal(got.answer.cache, 'STALE');
      assert.equal(got.text, json.answer);
      await provider.stop();
      await state(port, 'STALE', /^cũ/);
      await provider.start();
    });

  test(`${what}: an old answer is there until a provider is back`,
    async (stage) => {
      const { port, provider } = await expired(stage, http,
        'assist_cache_use_stale error;');
      provider.next(failing);
      await state(port, 'STALE', /^cũ/);
      provider.plan = young;
      await state(port, 'EXPIRED', /^mới/);
      await state(port, 'HIT', /^mới/);
    });

  test(`${what}: a provider that takes too long`, async (stage) => {
    const { port, provider } = await expired(stage, http,
      'assist_cache_use_stale timeout;', { timeout: '1s' });
    provider.plan = { stall: 'headers' };
    await state(port, 'STALE', /^cũ/);
    provider.plan = { stall: 'tokens' };
    await state(port, 'STALE', /^cũ/);
    provider.plan = failing;
    const json = await state(port, 'EXPIRED', /200\.000/);
    assert.equal(json.degraded, true);
  });

  test(`${what}: the old answer while a new one is made, on one connection`,
    async (stage) => {
      const { port, provider } = await expired(stage, http,
        'assist_cache_use_stale updating;');
      const { open, hold } = gate();
      provider.plan = { ...young, hold };
      const agent = new Agent(
        { keepAlive: true, maxSockets: 1 });
      await state(port, 'STALE', /^cũ/, fee, { agent });
      await until(() => provider.requests.length === 2, 'it is made anew');
      // the update hangs, and nobody waits for it
      await state(port, 'UPDATING', /^cũ/, fee, { agent });
      const got = await listen(port, fee, { agent });
      assert.equal(got.headers['x-assist-cache'], 'UPDATING');
      assert.equal(got.answer.cache, 'UPDATING');
      assert.match(got.text, /^cũ/);
      open();
      await until(async () => (await ask(port, fee)).json.cache === 'HIT',
                  'the new one is there');
      await state(port, 'HIT', /^mới/);
      assert.equal(provider.requests.length, 2);
      agent.destroy();
    });

  test(`${what}: an update that fails is tried again, the old one stays`,
    async (stage) => {
      const { port, provider } = await expired(stage, http,
        'assist_cache_use_stale updating;');
      provider.next(failing);
      await state(port, 'STALE', /^cũ/);
      await until(() => provider.requests.length === 2, 'it fails');
      provider.plan = young;
      await until(async () => {
        const { json } = await ask(port, fee);
        assert.match(json.cache, /^(STALE|UPDATING|HIT)$/);
        return json.answer.startsWith('mới');
      }, 'the new one is there');
      assert.equal(provider.requests.length, 3);
    });
}

test('workers and nodes: one update for all', { timeout: 90000 },
  async (stage) => {
    const redis = await stage.redis();
    const provider = await stage.provider(old);
    const options = { http: L1 + L2(redis), workers: 4,
                      chat: `assist_cache_valid 4s; assist_cache_use_stale updating;
                             assist_cache_lock_timeout 60s;` };
    const nodes = [await node(stage, provider, options),
                   await node(await stage.elsewhere(), provider, options)];
    await Promise.all(nodes.map(({ even }) => ask(even, fee)));
    await sleep(5100);
    const { open, hold } = gate();
    provider.plan = { ...young, hold };
    const all = await Promise.all(Array.from({ length: 60 }, (_, i) =>
      ask(nodes[i % 2].even, fee)));
    for (const { json } of all) {
      assert.match(json.cache, /^(STALE|UPDATING)$/);
      assert.match(json.answer, /^cũ/);
    }
    await until(() => provider.requests.length === 2, 'it is made anew');
    await sleep(500);
    assert.equal(provider.requests.length, 2);
    open();
    for (const { even } of nodes) {
      await until(async () => (await ask(even, fee)).json.cache === 'HIT', 'it is new');
    }
    assert.equal(provider.requests.length, 2);
  });

test('many at once while a provider fails: one call, the old answer for all',
  async (stage) => {
    const { port, provider } = await expired(stage, () => L1,
      'assist_cache_use_stale error;');
    provider.plan = failing;
    const all = await Promise.all(Array.from({ length: 50 }, () =>
      ask(port, fee)));
    for (const { json } of all) assert.equal(json.cache, 'STALE');
    assert.ok(provider.requests.length <= 2, `${provider.requests.length}`);
  });

test('a fresh answer in Redis is better than an old one here', async (stage) => {
  const redis = await stage.redis();
  const provider = await stage.provider(old);
  const chat = 'assist_cache_valid 3s; assist_cache_use_stale updating;';
  const http = L1 + L2(redis);
  const one = await node(stage, provider, { http, chat });
  const two = await node(await stage.elsewhere(), provider, { http, chat });
  await ask(one.port, fee);
  assert.equal((await ask(two.port, fee)).json.cache, 'HIT');
  await sleep(4100);
  provider.plan = young;
  assert.equal((await ask(one.port, fee)).json.cache, 'STALE');
  await until(async () => (await ask(one.port, fee)).json.cache === 'HIT',
              'it is made anew');
  const { json } = await ask(two.port, fee);
  assert.equal(json.cache, 'HIT');
  assert.match(json.answer, /^mới/);
  assert.equal(provider.requests.length, 2);
});

test('an update does not see its visitor: a scope\'s answer is made for itself',
  async (stage) => {
    const { port, provider } = await expired(stage, () => L1,
      'assist_cache_use_stale updating error; assist_cache_scope $cookie_who;');
    provider.plan = young;
    await state(port, 'EXPIRED', /^mới/);
    assert.equal(provider.requests.length, 2);
  });

test('assist_cache_bypass: it is made anew, and kept; assist_no_cache: not kept',
  async (stage) => {
    const provider = await stage.provider(old);
    const { port } = await node(stage, provider, { http: L1,
      chat: `assist_cache_bypass $arg_fresh; assist_no_cache $arg_secret;
             add_header X-Status $assist_cache_status;` });
    const on = (args) => ({ path: `/assist/ask?${args}` });
    await state(port, 'MISS', /^cũ/, fee, on('secret=1'));
    await state(port, 'MISS', /^cũ/, fee);
    await state(port, 'HIT', /^cũ/, fee, on('secret=1'));
    provider.plan = young;
    await state(port, 'BYPASS', /^mới/, fee, on('fresh=1'));
    await state(port, 'HIT', /^mới/, fee, on('fresh=0'));
    provider.plan = old;
    await state(port, 'BYPASS', /^cũ/, fee, on('fresh=1&secret=1'));
    await state(port, 'HIT', /^mới/);
  });

test('a QUIT and a reload while an answer is made anew', async (stage) => {
  const { port, nginx, provider } = await expired(stage, () => L1,
    'assist_cache_use_stale updating;');
  const { open, hold } = gate();
  provider.plan = { ...young, hold };
  await state(port, 'STALE', /^cũ/);
  await until(() => provider.requests.length === 2, 'it is made anew');
  await nginx.reload();
  await state(port, 'STALE', /^cũ/);
  open();
  await nginx.oldWorkersGone();
  await until(async () => (await ask(port, fee)).json.cache === 'HIT', 'it is new');
  assert.equal(provider.requests.length, 2);
});
