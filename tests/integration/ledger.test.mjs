// The figure outlives what counted it: every incarnation is counted once.

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync,
         statSync, writeFileSync } from 'node:fs';
import { Clock, ask, assert, assist, coverage, figures, get, inRedis, packViews, putRecord,
         readLines, services, sleep, test, until } from './harness.mjs';

const passport = '1.001456@G01';
const page = '/dich-vu/1.001456.html';
const fee = { service: '1.001456', question: 'Lệ phí là bao nhiêu?' };

const zone = 'coverage:2m state=state/ledger';
const start = (stage, options) => stage.site({ workers: 2, zone, ...options });

const views = async (port, id = passport) => (await figures(port))[id].views;
// A page is counted when it has been sent.
const counted = (port, n) => until(async () => await views(port) === n,
                                   `${n} views`);
const ledger = async (port) => (await coverage(port)).quality.ledger;
const see = async (port, n = 1, path = page) => {
  for (let i = 0; i < n; i++) assert.equal((await get(port, path)).status, 200);
};
const files = (stage) => (existsSync(stage.path('state'))
  ? readdirSync(stage.path('state')) : []).filter((name) => /-\d\d$/.test(name));
// Until the state file has been written after this.
async function written(stage, from = Date.now()) {
  await until(() => files(stage).some((name) =>
    statSync(stage.path(`state/${name}`)).mtimeMs > from), 'a write');
}

test('a restart loses nothing', async (stage) => {
  const { nginx, port } = await start(stage, { daemon: true });
  await see(port, 3);
  await ask(port, fee);
  await get(port, '/about');
  await nginx.end(nginx.pid);
  await nginx.start();
  await see(port, 2);
  await counted(port, 5);
  const row = (await figures(port))[passport];
  assert.deepEqual([row.views, row.interactions, row.answered], [5, 1, 1]);
  const { quality } = await coverage(port);
  assert.equal(quality.unmatched, 1);
  assert.deepEqual(quality.ledger,
    { nodes: 1, incarnations: 2, open: 0, died: 0, state: 'ok', redis: null });
  assert.equal(files(stage).length, 1);
  for (let i = 0; i < 3; i++) {
    await nginx.end(nginx.pid);
    await nginx.start();
    await see(port);
  }
  await counted(port, 8);
});

test('a reload goes on counting; a zone of another size is an incarnation',
  async (stage) => {
    const { nginx, port } = await start(stage);
    await see(port, 2);
    stage.catalogue(services.slice(0, 2));
    await nginx.reload();
    await see(port, 2);
    await counted(port, 4);
    assert.equal((await ledger(port)).incarnations, 1);
    await nginx.reload({ http: nginx.http.replace('coverage:2m', 'coverage:3m') });
    await nginx.oldWorkersGone();
    await see(port, 2);
    await counted(port, 6);
    assert.equal((await ledger(port)).incarnations, 2);
  });

test('a binary upgrade: both generations count', async (stage) => {
  const { nginx, port } = await start(stage, { daemon: true });
  await see(port, 3);
  const old = await nginx.upgrade();
  // connections go to either
  await see(port, 20);
  await counted(port, 23);
  process.kill(old, 'SIGWINCH');
  await see(port, 5);
  await nginx.end(old);
  await counted(port, 28);
  assert.equal((await ledger(port)).open, 0);
});

test('kill -9 of workers loses nothing; another one writes', async (stage) => {
  const { nginx, port } = await start(stage, { daemon: true,
    ending: /worker process \d+ exited on signal 9/ });
  await see(port, 4);
  await counted(port, 4);
  const before = nginx.workerPids();
  for (const pid of before) process.kill(pid, 'SIGKILL');
  await until(() => nginx.workerPids().filter((pid) => !before.includes(pid))
    .length === 2, 'new workers');
  await see(port, 2);
  await counted(port, 6);
  await written(stage);
  await nginx.end(nginx.pid);
  await nginx.start();
  await counted(port, 6);
});

test('all of it killed: at most the last write is missing, and it is said',
  async (stage) => {
    const { nginx, port } = await start(stage, { daemon: true });
    await see(port, 4);
    await written(stage);
    await see(port, 3);
    await nginx.end(nginx.pid, 'SIGKILL');
    await nginx.start();
    await see(port);
    await sleep(100);
    const now = await views(port);
    assert.ok(now >= 5 && now <= 8, `${now} of 8`);
    const { quality, method } = await coverage(port);
    assert.deepEqual([quality.ledger.open, quality.ledger.died], [0, 1]);
    assert.match(method.ledger, /died did so with its machine/);
    const died = /Counters that died<\/th><td class="n">(\d+)</;
    const page = String((await get(port, '/assist-status/?lang=en')).body);
    assert.equal(page.match(died)?.[1], '1', page.match(/.*Counters that died.*/)?.[0]);
    // who ends in good order did not die
    await nginx.end(nginx.pid);
    await nginx.start();
    await see(port);
    assert.equal((await ledger(port)).died, 1);
  });

test('a master that is killed leaves workers that count and write',
  async (stage) => {
    const { nginx, port } = await start(stage, { daemon: true });
    await see(port, 2);
    const workers = nginx.workerPids();
    process.kill(nginx.pid, 'SIGKILL');
    await see(port, 2);
    for (const pid of workers) process.kill(pid, 'SIGQUIT');
    await until(() => !workers.some((pid) => nginx.alive(pid)), 'workers end');
    await nginx.start();
    await counted(port, 4);
    assert.equal((await ledger(port)).open, 0);
  });

test('a broken state file is kept aside, with a warning', async (stage) => {
  const { nginx, port } = await start(stage, { daemon: true });
  await see(port, 2);
  await nginx.end(nginx.pid);
  const [name] = files(stage);
  const file = stage.path(`state/${name}`);
  const bytes = readFileSync(file);
  bytes[bytes.length - 20] ^= 1;
  writeFileSync(file, bytes);
  const warning = /\[warn\].*state\/ledger\.\d{4}-\d\d" is no state file: it is cut/;
  await nginx.start();
  assert.equal(nginx.logged(warning).length, 1);
  assert.deepEqual(readFileSync(`${file}.broken`), bytes);
  await see(port);
  await counted(port, 1);

  // and while it runs
  writeFileSync(file, 'x');
  await see(port);
  await until(() => nginx.logged(/\[warn\].*it does not begin/).length === 1,
              'a warning');
  await see(port);
  await counted(port, 3);
});

test('workers of another user write into a folder that is made for them',
  { skip: process.getuid() !== 0 }, async (stage) => {
    chmodSync(stage.folder, 0o755);
    stage.write('evidence.log', '');
    const { nginx, port } = await start(stage, { daemon: true, user: 'www-data' });
    await see(port, 2);
    await nginx.end(nginx.pid);
    await nginx.start();
    await counted(port, 2);
    assert.equal(statSync(stage.path('state')).mode & 0o777, 0o700);
    assert.notEqual(statSync(stage.path('state')).uid, 0);
  });

test('a state file that cannot be written is told once, and stops nothing',
  async (stage) => {
    const { nginx, port } = await start(stage, { errors: [/state file/] });
    await see(port);
    await written(stage);
    const [name] = files(stage);
    // a folder has its name: neither read nor replaced
    rmSync(stage.path(`state/${name}`));
    mkdirSync(stage.path(`state/${name}`));
    await see(port);
    await until(() => nginx.logged(/\[error\].*state file/).length, 'an error');
    await see(port);
    await sleep(2200);
    assert.equal(nginx.logged(/\[error\].*state file/).length, 1);
    assert.equal((await ledger(port)).state, 'failing');
    await counted(port, 3);
    rmSync(stage.path(`state/${name}`), { recursive: true });
    await until(() => nginx.logged(/is written again/).length, 'a notice');
    assert.equal((await ledger(port)).state, 'ok');
  });

test('state= is checked', async (stage) => {
  const check = async (zone) => (await stage.check(
    `assist_coverage_zone ${zone};`)).stderr;
  assert.match(await check('a:1m stat=x'), /invalid parameter "stat=x", it is state=file/);
  assert.match(await check('a:1m state='), /invalid parameter "state="/);
  assert.match(await check(`a:1m state=${'x'.repeat(4090)}`), /too long/);
});

const redisHas = (redis, n) => until(async () =>
  (await inRedis(redis))[passport]?.views === n, `${n} views in Redis`);

// Two nodes with one Redis; each has its state file where `zone` says so.
async function nodes(stage, { redis, names = ['a', 'b'], ...options }) {
  const all = [];
  for (const name of names) {
    const where = await stage.elsewhere();
    all.push({ where, ...await where.site({ workers: 2, daemon: true, ...options,
      http: `assist_redis ${redis.url}; assist_node ${name};` }) });
  }
  return all;
}

for (const [what, zone] of [['with state files', 'coverage:2m state=state/ledger'],
                            ['without', 'coverage:2m']]) {
  test(`two nodes show the same figure, ${what}`, async (stage) => {
    const redis = await stage.redis();
    // a worker that has read nothing knows nothing of the other node
    const [a, b] = await nodes(stage, { redis, zone, workers: 1 });
    await see(a.port, 3);
    await see(b.port, 4);
    await see(b.port, 2, '/about');
    await counted(a.port, 7);
    await counted(b.port, 7);
    const quality = await until(async () => {
      const { quality: now } = await coverage(a.port);
      return now.unmatched === 2 && now.ledger.redis === 'ok' && now;
    }, 'pages of no service');
    assert.deepEqual(quality.ledger, { nodes: 2, incarnations: 2, open: 1, died: 0,
      state: /state/.test(zone) ? 'ok' : null, redis: 'ok' });
    await redisHas(redis, 7);

    // all is written again, and nothing twice
    await redis.command('FLUSHALL');
    assert.equal(await views(a.port), 7);
    await redisHas(redis, 7);
    await see(b.port);
    await redisHas(redis, 8);
    await counted(a.port, 8);
  });
}

test('a restart, an upgrade and a FLUSHALL: Redis has every incarnation once',
  async (stage) => {
    const redis = await stage.redis();
    const [a, b] = await nodes(stage, { redis, zone });
    await see(a.port, 3);
    await a.nginx.end(a.nginx.pid);
    await a.nginx.start();
    await see(a.port, 2);
    const old = await a.nginx.upgrade();
    await see(a.port, 6);
    await a.nginx.end(old);
    await redisHas(redis, 11);
    await redis.command('FLUSHALL');
    await redisHas(redis, 11);
    // what was read while Redis was empty is looked at once more
    await until(async () => (await ledger(b.port)).nodes === 2, 'both nodes');
    await counted(b.port, 11);
  });

test('two nodes of one name do not overwrite each other', async (stage) => {
  const redis = await stage.redis();
  const [a, b] = await nodes(stage, { redis, zone, names: ['same', 'same'] });
  await see(a.port, 3);
  await see(b.port, 4);
  await redisHas(redis, 7);
  await counted(a.port, 7);
  await counted(b.port, 7);
  assert.equal((await ledger(a.port)).nodes, 1);
});

test('without Redis a node shows what it knows, and says so', async (stage) => {
  const redis = await stage.redis();
  const [a, b] = await nodes(stage, { redis, zone });
  await see(a.port, 3);
  await see(b.port, 4);
  await counted(a.port, 7);
  await redis.kill();
  await until(async () => (await ledger(a.port)).redis === 'stale', 'stale');
  await see(a.port, 2);
  const now = await views(a.port);
  assert.ok(now === 9 || now === 5, `${now}`);     // of either worker
  await redis.start();
  await counted(a.port, 9);
  await until(async () => (await ledger(a.port)).redis === 'ok', 'ok');
  await redisHas(redis, 9);
});

test('a cluster has the ledger, too', async (stage) => {
  const cluster = await stage.cluster(3);
  const [a, b] = await nodes(stage, { zone,
    redis: { url: `${cluster.nodes[0].url} cluster` } });
  await see(a.port, 3);
  await see(b.port, 4);
  await counted(a.port, 7);
  await counted(b.port, 7);
});

test('a node that counts more services than a reply holds is read in slices',
  async (stage) => {
    const redis = await stage.redis();
    const rows = Array.from({ length: 3000 }, (_, i) => ({
      code: `3.${String(i).padStart(6, '0')}`, name: `Thủ tục ${i}`, level: 'full' }));
    const { port } = await stage.site({ rows, zone: 'coverage:16m',
      http: `assist_redis ${redis.url} timeout=5s;` });
    // most of them are none of this node's
    const fields = Object.fromEntries(Array.from({ length: 40000 }, (_, i) =>
      [`3.${String(i).padStart(6, '0')}`, packViews(i % 300 + 1)]));
    fields['@quality'] = Buffer.from([1, 0, 7]);
    const seen = async () => Object.values(await figures(port)).map((row) => row.views);
    const expected = (by) => rows.map((_, i) => i % 300 + 1 + (i === 2999 ? by : 0));
    await putRecord(redis, 'far:0123456789abcdef', fields, 1);
    await until(async () => (await seen()).at(-1), 'the other node', 30000);
    assert.deepEqual(await seen(), expected(0));
    await until(async () => (await ledger(port)).redis === 'ok', 'ok');
    const { quality } = await coverage(port);
    assert.deepEqual([quality.unmatched, quality.ledger.nodes], [7, 2]);

    // folded records are of those that are long over
    await putRecord(redis, 'far:1123456789abcdef', { '@folded': Buffer.alloc(16, 5) }, 1);
    await until(async () => (await ledger(port)).died === 1, 'one that died');

    // what changes is seen; what is not whole is not
    await putRecord(redis, 'far:0123456789abcdef',
                    { ...fields, '3.002999': packViews(300 + 5) }, 2);
    await until(async () => (await seen()).at(-1) === 305, 'a change', 30000);
    assert.deepEqual(await seen(), expected(5));
    await redis.command('FLUSHALL');
    await redis.command('SADD', `assist:ledger:${new Date().toISOString().slice(0, 7)}`,
                        'far:0123456789abcdef');
    await sleep(2200);
    assert.deepEqual(await seen(), expected(5));
  });

const lines = (stage, type) => readLines(stage.path('evidence.log'))
  .filter((line) => line.type === type).map((line) => line.service);
const birth = '1.001193@H29';
const levels = async (stage, port) => {
  const live = (await coverage(port)).measures[0].levels;
  const { code, stdout, stderr } = await assist('report',
    stage.path('evidence.log'), '--catalog', stage.path('catalog.csv'),
    '--format', 'json');
  assert.equal(code, 0, stderr);
  return [live.L2, JSON.parse(stdout).coverage.measures[0].levels.L2];
};

test('a page with the AI notice is shown: once a service and day',
  async (stage) => {
    const { nginx, port } = await stage.site({ workers: 2, page: 'assist_hook p.lua;',
      hooks: { 'p.lua': `local assist = require "assist"
        return { name = "p", page = function(ctx)
          if ctx.request.args.bare then
            ctx:inject("body_end", assist.html("<p>x</p>"))
          else
            ctx:inject("body_end", assist.html('<p class="assist-notice">AI</p>'))
          end end }` } });
    await see(port, 2, `${page}?bare=1`);
    assert.deepEqual([(await coverage(port)).measures[0].levels.L2,
                      lines(stage, 'shown').length], [0, 0]);
    await see(port, 4);
    await until(() => lines(stage, 'shown').length, 'a line');
    assert.deepEqual(lines(stage, 'shown'), [passport]);

    // the assistant's own page of a service, and of none
    await get(port, '/assist/?service=1.001193');
    await get(port, '/assist/?service=1.001193');
    await get(port, '/assist/');
    await until(() => lines(stage, 'shown').length === 2, 'another line');
    assert.deepEqual(lines(stage, 'shown'), [passport, birth]);
    assert.deepEqual(await levels(stage, port), [2, 2]);
    assert.equal((await figures(port))[birth].views, 0);
    await nginx.stop();
    assert.equal(lines(stage, 'shown').length, 2);
  });

const notice = { page: 'assist_hook n.lua;',
  hooks: { 'n.lua': `local assist = require "assist"
    return { name = "n", page = function(ctx)
      ctx:inject("body_end", assist.html('<p class="assist-notice">AI</p>'))
    end }` } };
// On how many days was it shown?  What the dashboard says.
const shownDays = async (port) => Number(String((await get(port,
  `/assist-status/service/${passport}?lang=en`)).body)
  .match(/days on which it was shown, with the AI notice<\/th>.*<\/span> (\d+)</)?.[1]);

test('a restart within a day: it is shown on one day', async (stage) => {
  const { nginx, port } = await start(stage, { daemon: true, ...notice });
  await see(port);
  await counted(port, 1);
  assert.equal(await shownDays(port), 1);
  await nginx.end(nginx.pid);
  await nginx.start();
  await see(port);
  await counted(port, 2);
  assert.equal(await shownDays(port), 1);
  await until(() => lines(stage, 'shown').length === 2, 'a line of each life');
  assert.deepEqual(await levels(stage, port), [1, 1]);
});

test('a location without a log does not take the line of others', async (stage) => {
  const { port } = await stage.site({ ...notice,
    server: `location /dich-vu/ {
        assist_coverage_log off;
        assist_hook n.lua;
        proxy_pass http://{{portal}};
      }` });
  await see(port);
  await counted(port, 1);
  await see(port, 1, '/ho-chieu/x');
  await until(() => lines(stage, 'shown').length, 'a line');
  assert.deepEqual(await levels(stage, port), [1, 1]);
});

test('an interaction with the notice needs no line of its own', async (stage) => {
  const { port } = await stage.site({ page: 'assist_hook r.lua;',
    server: 'assist_exclude $arg_bot;',
    hooks: { 'r.lua': `return { name = "r", request = function(ctx)
      ctx:reply(200, ctx.request.args.bare and "<p>x</p>"
                     or '<p class="assist-notice">AI</p>',
                { ["Content-Type"] = "text/html" })
      ctx:outcome("answered") end }` } });
  await see(port, 1, `${page}?bare=1`);
  await get(port, '/assist/?service=1.001193&bot=1');
  assert.deepEqual(await levels(stage, port), [0, 0]);
  await see(port);
  await until(() => readLines(stage.path('evidence.log'))
    .some((line) => line.disclosed), 'a line');
  await get(port, '/assist/?service=1.001456');
  assert.deepEqual(await levels(stage, port), [1, 1]);
  assert.deepEqual(lines(stage, 'shown'), []);
});

test('a month ends under load: each view is in the one or the other', async (stage) => {
  const redis = await stage.redis();
  const clock = new Clock(stage.folder);
  clock.set('2026-11-30T23:59:57Z');
  const { nginx, port } = await start(stage, { daemon: true, clock,
    http: `assist_redis ${redis.url};` });
  let n = 0;
  const until5s = Date.now() + 5000;
  await Promise.all(Array.from({ length: 4 }, async () => {
    while (Date.now() < until5s) {
      await see(port);
      n++;
    }
  }));
  let of;
  await until(async () => {
    of = [await inRedis(redis, '2026-11'), await inRedis(redis, '2026-12')]
      .map((sum) => sum[passport]?.views ?? 0);
    return of[0] + of[1] === n;
  }, 'all views').catch((error) => {
    throw new Error(`${error.message}: ${of} of ${n}`);
  });
  assert.ok(of[0] > 0 && of[1] > 0, String(of));
  assert.equal(await views(port), of[1]);
  await nginx.end(nginx.pid);
  await nginx.start();
  assert.equal(await views(port), of[1]);
  assert.deepEqual(files(stage), ['ledger.2026-11', 'ledger.2026-12']);
});

test('a clock that steps back loses nothing', { timeout: 120000 }, async (stage) => {
  const clock = new Clock(stage.folder);
  clock.set('2026-12-01T00:30:00Z');
  const { nginx, port } = await start(stage, { daemon: true, clock });
  const at = async (time, n) => {
    clock.set(time);
    await sleep(200);
    const from = Date.now();
    await see(port, n);
    await written(stage, from);
    // and until nothing more is to be written
    await until(() => files(stage).length && files(stage).every((name) =>
      Date.now() - statSync(stage.path(`state/${name}`)).mtimeMs > 2500), 'peace');
  };
  await at('2026-12-01T00:30:00Z', 3);
  await at('2026-11-30T23:50:00Z', 2);          // over a month's beginning
  await counted(port, 2);
  await at('2026-12-01T00:10:00Z', 4);
  await counted(port, 7);
  await at('2026-05-01T00:00:00Z', 1);          // out of all months that are kept
  await at('2026-12-01T00:40:00Z', 5);
  await counted(port, 12);
  await at('2026-11-30T23:55:00Z', 1);
  await counted(port, 3);
  await at('2031-01-01T00:00:00Z', 1);
  await at('2026-12-01T00:50:00Z', 1);
  await counted(port, 13);
  await nginx.end(nginx.pid);
  await nginx.start();
  await counted(port, 13);
});

test('a clock that jumps over months loses no write', async (stage) => {
  const clock = new Clock(stage.folder);
  const { nginx, port } = await start(stage, { daemon: true, clock });
  const months = ['2026-12', '2027-05', '2026-12', '2031-01', '2026-12'];
  for (const month of months) {
    clock.set(`${month}-15T12:00:00Z`);
    // until both workers' clocks are there
    await sleep(700);
    await see(port, 3);
  }
  await counted(port, 9);
  await nginx.end(nginx.pid);
  await nginx.start();
  await counted(port, 9);
  assert.equal((await ledger(port)).open, 0);
});
