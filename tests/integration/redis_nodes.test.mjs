// Several Redis servers: Sentinel, which has one master, and Cluster.

import { ask, assert, get, test, until } from './harness.mjs';
import { away, fee, load, miss, refuses, why, words } from './lib/words.mjs';

// ---- Sentinel

test('Sentinel: the master is found, and its successor when it dies',
  { timeout: 60000 }, async (stage) => {
    const master = await stage.redis();
    const replica = await stage.redis({
      args: ['--replicaof', '127.0.0.1', String(master.port)] });
    const [sentinel] = await stage.sentinels(master, 1);
    await sentinel.ready();
    const { nginx, port } = await stage.site({ http: `assist_redis
      redis://127.0.0.1:1,${sentinel.address} sentinel=portal;` });
    const run = load(port);
    let got;
    try {
      await run.more('HIT');
      master.pause();
      await until(async () => /role:master/.test(
        await replica.command('INFO', 'replication')), 'the failover', 20000);
      // equal questions at the same time are hits without Redis, too
      await until(() => nginx.logged(/the master of "portal" is/).length === 2,
                  'the new master', 20000);
      await run.more('HIT');
    } finally {
      got = await run.stop();
    }
    assert.deepEqual(nginx.logged(/the master of "portal" is/).map(
      (line) => Number(/(\d+)$/.exec(line)[1])), [master.port, replica.port]);
  });

test('Sentinel: a name that it does not know', async (stage) => {
  const master = await stage.redis();
  const [sentinel] = await stage.sentinels(master, 1);
  const { nginx, port } = await stage.site({ http: `assist_redis
    redis://${sentinel.address} sentinel=portals;` });
  assert.equal(await words(port, 3), miss(3));
  await until(async () => await words(port, 1) && nginx.logged(away).length, 'a line');
  assert.match(why(nginx), /the sentinels do not know "portals"/);
});

// ---- Cluster

// How many of twenty questions hit.
async function countHits(port) {
  let hit = 0;
  for (let i = 0; i < 20; i++) {
    hit += await words(port, 1, { ...fee, question: `lệ phí ${i}` }) === 'HIT';
  }
  return hit;
}

test('Cluster: slots that move under load cost no hit', async (stage) => {
  const cluster = await stage.cluster(3);
  const { nginx, port } = await stage.site({
    http: `assist_redis ${cluster.nodes[0].url} cluster timeout=1s;` });
  for (let i = 0; i < 20; i++) await ask(port, { ...fee, question: `lệ phí ${i}` });
  const run = load(port);
  let got;
  try {
    await run.more('HIT');
    for (const [i, from] of cluster.nodes.entries()) {
      const to = cluster.nodes[(i + 1) % 3];
      const key = (await from.command('KEYS', 'assist:c:*')).split('\n')[0];
      await cluster.migrate(await cluster.slot(key), from, to, () => run.more('HIT'));
      await run.more('HIT');
    }
  } finally {
    got = await run.stop();
  }
  assert.equal(got.MISS, 0);
  assert.deepEqual(nginx.logged(/redis/), []);
});

test('Cluster: a dead node costs the hits of its slots only', async (stage) => {
  const cluster = await stage.cluster(3);
  const { nginx, port } = await stage.site({
    http: `assist_redis ${cluster.url} cluster timeout=1s;` });
  await until(async () => await countHits(port) === 20, 'all hits');
  const lost = (await cluster.nodes[2].command('KEYS', 'assist:c:*')).split('\n').length;
  await cluster.nodes[2].kill();
  await countHits(port);
  for (let i = 0; i < 5; i++) {
    assert.equal(await countHits(port), 20 - lost);
  }
  assert.equal(nginx.logged(away).length, 1);
  assert.match(nginx.logged(away)[0], new RegExp(`redis ${cluster.nodes[2].address} `));
});

test('Cluster: a replica that takes over is followed', async (stage) => {
  const cluster = await stage.cluster(3);
  const { port } = await stage.site({
    http: `assist_redis ${cluster.url} cluster;` });
  await until(async () => await countHits(port) === 20, 'all hits');
  const replica = await cluster.replica(cluster.nodes[0]);
  cluster.nodes[0].pause();
  await until(async () => /role:master/.test(
    await replica.command('INFO', 'replication')), 'the failover', 20000);
  await until(async () => await countHits(port) === 20, 'all hits again');
});

test('Cluster: keys of one hook command share a {tag}', async (stage) => {
  const cluster = await stage.cluster(3);
  const { port } = await stage.site({
    http: `assist_redis ${cluster.url} cluster timeout=5s;`,
    hooks: { 'a.lua': `
      local assist = require "assist"
      return { name = "a", request = function(ctx)
        local args = ctx.request.args
        if args.set then
          assist.redis("SET", args.a, "1")
          assist.redis("SET", args.b, "2")
        end
        local got, why = assist.redis("MGET", args.a, args.b)
        ctx:reply(200, got and tostring(got[1]) .. tostring(got[2]) or why)
      end }` },
    server: 'location /a/ { assist_hook a.lua; assist_hook_timeout 6s; }' });
  const text = async (args) => (await get(port, `/a/?${args}`)).text;
  assert.equal(await text('a={t}a&b={t}b&set=1'), '12');
  assert.match(await text('a=a&b=b'),
               /^the keys lie in different slots of the cluster; .*\{tag\}/);

  // one key has moved, the other has not: TRYAGAIN, until it has
  const slot = String(await cluster.slot('{t}'));
  let from;
  for (const node of cluster.nodes) {
    if (await node.command('CLUSTER', 'COUNTKEYSINSLOT', slot) === '2') from = node;
  }
  const to = cluster.nodes.find((node) => node !== from);
  const move = (key) => from.command('MIGRATE', '127.0.0.1', String(to.port),
                                     `assist:hook:a:{t}${key}`, '0', '1000');
  await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
  await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
  await move('a');
  const waiting = text('a={t}a&b={t}b');
  await until(async () => /errorstat_TRYAGAIN:count=\d\d/.test(
    await from.command('INFO', 'errorstats')), 'it is tried again');
  await move('b');
  assert.equal(await waiting, '12');
});

test('Cluster: a server that is none says so', async (stage) => {
  const redis = await stage.redis();
  const { nginx, port } = await stage.site({
    http: `assist_redis ${redis.url} cluster timeout=1s;` });
  await words(port, 3);
  await until(() => nginx.logged(away).length, 'a line');
  assert.match(why(nginx), /it is no cluster: take "cluster" from assist_redis/);
});

test('a node of a cluster without "cluster": one line', async (stage) => {
  const cluster = await stage.cluster(3);
  const { nginx, port } = await stage.site({
    http: `assist_redis ${cluster.nodes[0].url};` });
  for (let i = 0; i < 20; i++) await words(port, 1, `lệ phí ${i}`);
  assert.equal(nginx.logged(refuses).length, 1);
  assert.match(nginx.logged(refuses)[0], /MOVED/);
});
