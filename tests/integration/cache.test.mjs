// Answers that are kept: in shared memory (L1) and in Redis (L2).

import { abandon, ask, assert, get, services, sleep, test, until }
  from './harness.mjs';

const L1 = 'assist_cache_zone answers:1m;';
// a busy machine must not look like a Redis that fails
const L2 = (redis, more = 'timeout=10s') => `assist_redis ${redis.url} ${more};`;

const fee = { service: '1.001456', question: 'Lệ phí là bao nhiêu?' };

// The cache's word on each question, in order.
async function states(port, questions, path) {
  const all = [];
  for (const question of questions) {
    const { json, headers } = await ask(port, question, { path });
    assert.equal(headers['x-assist-cache'] ?? null, json.cache);
    all.push(json.cache);
  }
  return all;
}

test('L1: a miss, then hits with the same answer and a new id',
  async (stage) => {
    const { port } = await stage.site({ http: L1, workers: 2 });
    const first = (await ask(port, fee)).json;
    assert.equal(first.cache, 'MISS');
    for (let i = 0; i < 5; i++) {
      const { json } = await ask(port, fee);
      assert.deepEqual({ ...json, id: 0, cache: 0 }, { ...first, id: 0, cache: 0 });
      assert.equal(json.cache, 'HIT');
      assert.notEqual(json.id, first.id);
      assert.equal(json.id.slice(64), first.id.slice(64));
    }
  });

test('without a cache there is no state of it', async (stage) => {
  const { port } = await stage.site();
  assert.deepEqual(await states(port, [fee, fee]), [null, null]);
});

test('other spellings of one question hit', async (stage) => {
  const { port } = await stage.site({ http: L1 });
  assert.deepEqual(await states(port, [
    'Cấp hộ chiếu ở Hoà Bình hết bao nhiêu lệ phí?',
    'cấp  hộ chiếu ở HOÀ BÌNH hết bao nhiêu lệ phí',
    ' Cấp hộ chiếu ở Hòa Bình hết bao nhiêu lệ phí ?! ',
    'Cấp hộ chiếu ở Hoà Bình hết bao nhiêu lệ phí?'.normalize('NFD'),
    'Cho tôi hỏi: cấp hộ chiếu ở Hoà Bình hết bao nhiêu lệ phí ạ? Cảm ơn.',
  ]), ['MISS', 'HIT', 'HIT', 'HIT', 'HIT']);
});

test('questions that mean another thing miss', async (stage) => {
  const { port } = await stage.site({ http: L1 });
  const of = (question) => ({ service: '1.001456', question });
  assert.deepEqual(await states(port, [
    of('cấp hộ chiếu'), of('cấp lại hộ chiếu'), of('cap ho chieu'),
    of('không cấp hộ chiếu'), of('cấp hộ chiếu lần đầu'), 'cấp hộ chiếu',
    of('cấp hộ chiếu > 14 tuổi'), of('cấp hộ chiếu < 14 tuổi'),
  ]), Array(8).fill('MISS'));
});

test('each language, service, agency and previous service has its own answer',
  async (stage) => {
    const rows = [...services, { ...services[0], agency_code: 'H55', paths: '' }];
    const { port } = await stage.site({ http: L1, rows });
    const q = 'lệ phí';
    const questions = [
      { question: q, service: '1.001456', agency: 'G01' },
      { question: q, service: '1.001456', agency: 'G01', lang: 'en' },
      { question: q, service: '1.001456', agency: 'H55' },
      { question: q, service: '1.001193' },
      { question: q, previous: '0123456789abcdef.1.001456@G01' },
      { question: q, previous: '0123456789abcdef.1.001193@H29' },
    ];
    assert.deepEqual(await states(port, questions), Array(6).fill('MISS'));
    assert.deepEqual(await states(port, questions), Array(6).fill('HIT'));
  });

test('assist_cache_scope keeps answers apart', async (stage) => {
  const { port } = await stage.site({ http: L1,
    chat: 'assist_cache_scope $arg_who;' });
  const as = (who) => states(port, [fee], `/assist/ask?who=${who}`);
  assert.deepEqual([await as('a'), await as('b'), await as('a'), await as('')]
    .flat(), ['MISS', 'MISS', 'HIT', 'MISS']);
});

test('only answers are kept', async (stage) => {
  const { port } = await stage.site({ http: L1 });
  assert.deepEqual(await states(port, ['thời tiết', 'thời tiết']),
                   ['MISS', 'MISS']);
  assert.deepEqual(await states(port, Array(2).fill(
    { service: '2.000815', question: 'thời hạn' })), ['MISS', 'MISS']);
});

test('assist_cache_valid bounds an answer\'s life, 0 keeps none',
  async (stage) => {
    const { port } = await stage.site({ http: L1,
      chat: 'assist_cache_valid 4s;',
      server: 'location /never/ { assist_chat; assist_cache_valid 0; }' });
    assert.deepEqual(await states(port, [fee, fee]), ['MISS', 'HIT']);
    await until(async () => (await states(port, [fee]))[0] === 'MISS', 'it is over');
    assert.deepEqual(await states(port, [fee, fee], '/never/ask'), [null, null]);
  });

test('a reload keeps answers; another catalogue or hook source does not',
  async (stage) => {
    const answers = (fee) => `return { name = "own", ask = function(ctx)
      ctx:say("${fee}") ctx:outcome("answered") end }`;
    const { nginx, port } = await stage.site({ http: L1,
      hooks: { 'own.lua': answers('một') },
      server: 'location /own/ { assist_chat; assist_hook own.lua; }' });
    const own = async () => (await ask(port, fee, { path: '/own/ask' })).json;
    assert.deepEqual(await states(port, [fee, fee]), ['MISS', 'HIT']);
    assert.deepEqual([(await own()).cache, (await own()).cache], ['MISS', 'HIT']);

    await nginx.reload();
    assert.deepEqual(await states(port, [fee]), ['HIT']);

    stage.hooks({ 'own.lua': answers('hai') });
    await nginx.reload();
    assert.deepEqual([(await own()).cache, (await own()).answer], ['MISS', 'hai']);

    stage.catalogue([{ ...services[0], fee: '100.000 đồng' }, services[1]]);
    await nginx.reload();
    const { json } = await ask(port, fee);
    assert.equal(json.cache, 'MISS');
    assert.match(json.answer, /100\.000 đồng/);
  });

test('a hook\'s parameters are part of the key', async (stage) => {
  const { port } = await stage.site({ http: L1,
    hooks: { 'own.lua': `return { name = "own", ask = function(ctx, conf)
      ctx:say(conf.text) end }` },
    server: `location /a/ { assist_chat; assist_hook own.lua text=a; }
             location /b/ { assist_chat; assist_hook own.lua text=b; }` });
  for (const path of ['/a/ask', '/b/ask']) {
    assert.deepEqual(await states(port, [fee, fee], path), ['MISS', 'HIT']);
  }
});

test('a full L1 drops the oldest answers and goes on', async (stage) => {
  const { port, nginx } = await stage.site({
    http: 'assist_cache_zone answers:64k;',
    hooks: { 'own.lua': `return { name = "own", ask = function(ctx)
      ctx:say(("x"):rep(4000)) end }` }, chat: 'assist_hook own.lua;' });
  const questions = Array.from({ length: 40 }, (_, i) => `câu hỏi số ${i}`);
  assert.deepEqual(new Set(await states(port, questions)), new Set(['MISS']));
  assert.deepEqual(await states(port, [questions.at(-1), questions[0]]),
                   ['HIT', 'MISS']);
  assert.equal(nginx.logged(/no memory/).length, 0);
});

test('L2 alone: a miss, then hits, on two nodes', async (stage) => {
  const redis = await stage.redis();
  const { port } = await stage.site({ http: L2(redis) });
  assert.deepEqual(await states(port, [fee, fee]), ['MISS', 'HIT']);

  const other = await (await stage.elsewhere()).site({ http: L2(redis) });
  assert.deepEqual(await states(other.port, [fee]), ['HIT']);
  assert.match(await redis.command('KEYS', 'assist:[^l]*'), /^assist:c:\{[0-9a-f]{64}\}$/);
});

// How often Redis was asked for a value.
const reads = async (redis) => Number(
  /cmdstat_get:calls=(\d+)/.exec(await redis.command('INFO', 'commandstats'))?.[1] ?? 0);

test('L2: who asks the same at the same time waits for one reply',
  async (stage) => {
    const redis = await stage.redis();
    const { port, nginx } = await stage.site({ http: L2(redis, 'timeout=20s') });
    const other = { ...fee, question: 'Thời hạn giải quyết là bao lâu?' };
    await states(port, [fee, other]);
    await redis.command('CONFIG', 'RESETSTAT');

    redis.pause();
    const body = JSON.stringify(fee);
    const leaves = abandon(port, 'POST /assist/ask HTTP/1.1\r\nHost: a\r\n'
      + 'Content-Type: application/json\r\n'
      + `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, 600);
    await sleep(300);                   // it is the first, and leaves
    const all = Array.from({ length: 40 }, (_, i) => ask(port, i % 4 ? fee : other));
    await leaves;
    await sleep(300);
    redis.resume();

    for (const { json } of await Promise.all(all)) assert.equal(json.cache, 'HIT');
    assert.equal(await reads(redis), 2);
    assert.equal(nginx.logged(/is away/).length, 0);
  });

test('L2: a read after a write of the same worker is not an older one',
  async (stage) => {
    const redis = await stage.redis();
    const { port } = await stage.site({
      http: `assist_redis ${redis.url} timeout=20s;`,
      hooks: { 'h.lua': `
        local assist = require "assist"
        return { name = "h", request = function(ctx)
          local args = ctx.request.args
          if args.set then assist.cache.set("k", args.set, 60) end
          ctx:reply(200, assist.cache.get("k") or "none")
        end }` },
      server: 'location /h/ { assist_hook h.lua; }' });
    assert.equal((await get(port, '/h/?set=a')).text, 'a');
    redis.pause();
    const before = get(port, '/h/?n=1');
    await sleep(300);
    const after = [get(port, '/h/?set=b'), get(port, '/h/?n=2')];
    await sleep(300);
    redis.resume();
    assert.equal((await before).text, 'a');
    assert.equal((await after[0]).text, 'b');
    assert.equal((await after[1]).text, 'b');
  });

test('L2 fills L1, and the time left goes with the answer', async (stage) => {
  const redis = await stage.redis();
  const a = await stage.site({ http: L2(redis), chat: 'assist_cache_valid 4s;' });
  const b = await (await stage.elsewhere()).site({ http: L1 + L2(redis) });
  assert.deepEqual(await states(a.port, [fee]), ['MISS']);
  assert.deepEqual(await states(b.port, [fee]), ['HIT']);
  await redis.command('FLUSHALL');
  assert.deepEqual(await states(b.port, [fee]), ['HIT']);
  await sleep(5100);
  assert.deepEqual(await states(b.port, [fee]), ['MISS']);
});

test('what Redis holds and is not ours is a miss', async (stage) => {
  const redis = await stage.redis();
  const { port } = await stage.site({ http: L2(redis) });
  await ask(port, fee);
  const key = await redis.command('KEYS', 'assist:c:*');
  for (const value of ['', 'x', 'ffffffff', 'zzzzzzzz1\x1fanswered',
                       'ffffffff1\x1fanswered\x1f\n{}',
                       'ffffffff2\x1fanswered\x1f\x1f\x1f\x1f\x1f1\n{}',
                       '000000011\x1fanswered\x1f\x1fh\x1f1\x1fm\x1f1\n"a":1']) {
    await redis.command('SET', key, value);
    // the last one would do, but for its time
    assert.deepEqual(await states(port, [fee]),
                     [value.startsWith('0') ? 'EXPIRED' : 'MISS'], value);
    await until(async () => await redis.command('GET', key) !== value,
                'a new one is stored');
  }
  await redis.command('DEL', key);
  await redis.command('LPUSH', key, 'a list');
  assert.deepEqual(await states(port, [fee]), ['MISS']);
});

const away = /redis \S+ is away/;
const back = /redis \S+ is back/;

test('Redis missing at start: answers are misses, one line; then it comes',
  async (stage) => {
    const redis = await stage.redis();
    await redis.kill();
    const { nginx, port } = await stage.site({ http: L2(redis) });
    assert.deepEqual(await states(port, Array(10).fill(fee)), Array(10).fill('MISS'));
    assert.equal(nginx.logged(away).length, 1);
    await redis.start();
    await until(async () => (await states(port, [fee]))[0] === 'HIT', 'hits');
    assert.equal(nginx.logged(back).length, 1);
    assert.equal(nginx.logged(away).length, 1);
  });

test('Redis killed under load: all is answered, one line a change of state',
  async (stage) => {
    const redis = await stage.redis();
    const { nginx, port } = await stage.site({ http: L2(redis) });
    const load = { on: true, hits: 0, misses: 0 };
    const clients = Array.from({ length: 8 }, async (_, client) => {
      for (let i = 0; load.on; i++) {
        const got = await ask(port, { ...fee, question: `lệ phí ${(client + i) % 20}` });
        assert.equal(got.json.outcome, 'answered');
        load[got.json.cache === 'HIT' ? 'hits' : 'misses']++;
      }
    });
    const grows = (count) => {
      const from = load[count];
      return until(() => load[count] > from + 50, `more ${count}`);
    };
    try {
      for (let round = 1; round <= 2; round++) {
        await grows('hits');
        await redis.kill();
        await grows('misses');
        await until(() => nginx.logged(away).length === round, 'it is away');
        await redis.start();
        await grows('hits');
        await until(() => nginx.logged(back).length === round, 'it is back');
      }
    } finally {
      load.on = false;
      await Promise.all(clients);
    }
    assert.equal(nginx.logged(away).length, 2);
  });

test('Redis that does not answer costs its timeout at most', async (stage) => {
  const redis = await stage.redis();
  const { nginx, port } = await stage.site({ http: L2(redis, 'timeout=1s') });
  await ask(port, fee);
  redis.pause();
  const got = await Promise.all(Array.from({ length: 50 }, (_, i) =>
    sleep(i * 20).then(() => ask(port, fee))));
  await until(() => nginx.logged(away).length, 'it is noticed');
  redis.resume();
  for (const { json } of got) {
    // those who ask while another's is made get that one
    assert.match(json.cache, /^(MISS|HIT)$/);
  }
  assert.equal(nginx.logged(away).length, 1);
  await until(async () => (await states(port, [fee]))[0] === 'HIT', 'hits');
  assert.equal(nginx.logged(back).length, 1);
});

test('a question in flight when Redis dies is answered at once',
  async (stage) => {
    const redis = await stage.redis();
    // longer than ask() waits
    const { port } = await stage.site({ http: L2(redis, 'timeout=60s') });
    await ask(port, fee);
    redis.pause();
    const waiting = ask(port, fee);
    await sleep(200);
    await redis.kill();
    assert.equal((await waiting).json.cache, 'MISS');
  });

test('password, user and database', async (stage) => {
  const redis = await stage.redis({ password: 'bí mật' });
  stage.write('password', 'bí mật\n');
  const { port } = await stage.site({
    http: `assist_redis ${redis.url}/3 password_file=password user=default prefix=p:;` });
  assert.deepEqual(await states(port, [fee, fee]), ['MISS', 'HIT']);
  assert.match(await redis.command('-n', '3', 'KEYS', 'p:c:*'), /^p:c:/);
  assert.equal(await redis.command('DBSIZE'), '0');
});

// Redis refuses the connection's greeting: misses, and one line.
for (const [what, options, url, words] of [
  ['a wrong password', { password: 'right' }, 'password_file=password', /WRONGPASS/],
  ['no password where one is wanted', { password: 'right' }, '', /NOAUTH/],
  ['a database that is not there', {}, '/99', /DB index is out of range/],
  ['a password and a database that is not there', { password: 'wrong' },
   '/99 password_file=password', /DB index is out of range/],
]) {
  test(`Redis refuses ${what}: misses, and one line that says why`,
    async (stage) => {
      const redis = await stage.redis(options);
      stage.write('password', 'wrong');
      const gap = url.startsWith('/') ? '' : ' ';
      const { nginx, port } = await stage.site({
        http: `assist_redis ${redis.url}${gap}${url};` });
      for (let i = 0; i < 20; i++) {
        assert.deepEqual(await states(port, [fee]), ['MISS']);
        await sleep(50);
      }
      assert.equal(nginx.logged(away).length, 1);
      assert.match(nginx.logged(away)[0], words);
      assert.equal(nginx.logged(back).length, 0);
    });
}

test('a unix socket', async (stage) => {
  const redis = await stage.redis();
  const { port } = await stage.site({ http: `assist_redis unix:${redis.socket};` });
  assert.deepEqual(await states(port, [fee, fee]), ['MISS', 'HIT']);
});

test('a unix socket that is not there: misses, and one line', async (stage) => {
  const { nginx, port } = await stage.site({
    http: 'assist_redis unix:{{dir}}/none.sock;' });
  for (let i = 0; i < 10; i++) {
    assert.deepEqual(await states(port, [fee]), ['MISS']);
    await sleep(30);
  }
  assert.equal(nginx.logged(away).length, 1);
});

test('reloads and stops leave no connection behind', async (stage) => {
  const redis = await stage.redis();
  const { nginx, port } = await stage.site({ http: L2(redis), workers: 2 });
  for (let i = 0; i < 3; i++) {
    await states(port, Array(4).fill(fee));
    await nginx.reload();
    await nginx.oldWorkersGone();
  }
  await nginx.stop();
  await until(async () => (await redis.command('CLIENT', 'LIST'))
    .split('\n').length === 1, 'connections close');
});

for (const [what, http] of [['L1', () => L1], ['L2', L2]]) {
  test(`a hook's own cache, in ${what}`, async (stage) => {
    const redis = await stage.redis();
    const hooks = ['a', 'b'].map((name) => [`${name}.lua`, `
      local assist = require "assist"
      return { name = "${name}", request = function(ctx)
        local args = ctx.request.args
        if args.set then assist.cache.set(args.key, args.set, 4) end
        ctx:reply(200, tostring(assist.cache.get(args.key)))
      end }`]);
    const { port } = await stage.site({ http: http(redis),
      hooks: Object.fromEntries(hooks),
      server: 'location /a/ { assist_hook a.lua; } location /b/ { assist_hook b.lua; }' });
    const text = async (path) => (await get(port, path)).text;
    assert.equal(await text('/a/?key=k'), 'nil');
    assert.equal(await text('/a/?key=k&set=%00v%ff'), '\0v\ufffd');
    assert.equal(await text('/a/?key=k'), '\0v\ufffd');
    assert.equal(await text('/b/?key=k'), 'nil');
    assert.equal(await text('/a/?key=other'), 'nil');
    await until(async () => await text('/a/?key=k') === 'nil', 'its time is over');
  });
}

test('clients that go away while Redis is asked leave nothing behind',
  async (stage) => {
    const redis = await stage.redis();
    const { nginx, port } = await stage.site({ http: L2(redis, 'timeout=300ms') });
    await ask(port, fee);
    const body = JSON.stringify(fee);
    redis.pause();
    await Promise.all(Array.from({ length: 100 }, () => abandon(port,
      'POST /assist/ask HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'
      + `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, 20)));
    redis.resume();
    await until(async () => (await states(port, [fee]))[0] === 'HIT', 'hits');
    assert.deepEqual(nginx.workerPids(), nginx.pids);
  });
