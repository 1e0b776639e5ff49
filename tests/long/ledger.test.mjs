// Two nodes count 200,000 interactions, while they are reloaded, upgraded,
// killed and robbed of Redis's memory: who counted what, in the end?  N in the
// environment is another number.
//
// Each request has a number.  nginx's access log says which worker has done
// it, and when; it is not buffered, so a worker that is killed leaves it whole.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import { assert, assist, coverage, figures, inRedis, readEvidence, sleep, test, until }
  from '../integration/harness.mjs';

const total = Number(process.env.N ?? 200000);
const clients = 24;
const ids = ['1.001456@G01', '1.001193@H29', '2.000815@H29'];
const pages = ['/dich-vu/1.001456.html', '/khai-sinh/x/nop', '/khai-sinh/y'];

const hook = `local assist = require "assist"
return { name = "page", version = "1", request = function(ctx)
  ctx:reply(200, '<p class="assist-notice">AI</p>', { ["Content-Type"] = "text/html" })
  ctx:outcome("answered") end }`;

// One interaction: is it sure that it was one?
function interact(agent, port, service, asks, n) {
  const body = asks ? JSON.stringify({ service: ids[service],
                                       question: 'Lệ phí là bao nhiêu?' }) : '';
  return new Promise((resolve) => {
    const request = http.request({ host: '127.0.0.1', port, agent,
      method: asks ? 'POST' : 'GET', path: asks ? '/assist/ask' : pages[service],
      headers: { 'X-Number': n, ...asks && { 'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body) } } },
    (response) => {
      response.on('end', () => resolve(response.statusCode === 200))
        .on('error', () => resolve(false)).resume();
    });
    request.on('error', () => resolve(false)).on('close', () => resolve(false));
    request.setTimeout(10000, () => request.destroy());
    request.end(body);
  });
}

// What nginx has done, from its access log.
const done = (file) => readFileSync(file, 'utf8').split('\n').slice(0, -1)
  .map((line) => {
    const [ms, pid, n, service, agency, outcome, method] = line.split(' ');
    return { ms: Number(ms) * 1000, pid, n: Number(n), outcome,
             id: `${service}@${agency}`, kind: method === 'POST' ? 'ask' : 'page' };
  }).filter((line) => line.outcome !== '-');

const groups = (list, key) => list.reduce((all, item) => {
  (all[key(item)] ??= []).push(item);
  return all;
}, {});
const number = (object) => Object.values(object).reduce((x, y) => x + y, 0);

/*
 * The evidence against the access log, worker by worker.  A worker's lines of
 * one service and kind are in the same order in both, so those that the
 * evidence has not are the last ones.
 */
function compare(requests, evidence) {
  const of = (pid, id, kind) => `${pid} ${id} ${kind}`;
  const lines = groups(evidence, (e) => of(e.w.split('-').at(-2), e.service, e.kind));
  const missing = [];
  let more = 0;
  for (const [key, list] of Object.entries(groups(requests,
    (r) => of(r.pid, r.id, r.kind)))) {
    const had = lines[key] ?? [];
    delete lines[key];
    more += Math.max(had.length - list.length, 0);
    missing.push(...list.slice(had.length));
    for (const [i, line] of had.slice(0, list.length).entries()) {
      // of the same moment, by the second
      const late = list[i].ms / 1000 - Date.parse(line.t) / 1000;
      assert.ok(late > -1.1 && late < 11, `${line.t} is not of ${list[i].ms}`);
    }
  }
  return { missing, more: more + Object.values(lines).flat().length };
}

test(`${total} interactions, counted once each`, { timeout: 1200000 },
  async (stage) => {
    const redis = await stage.redis();
    const nodes = [];
    for (const name of ['a', 'b']) {
      const where = await stage.elsewhere();
      nodes.push({ where, ...await where.site({ workers: 2, daemon: true,
        ending: /exited on signal 9/, level: 'notice', flush: '1s buffer=1m',
        zone: 'coverage:2m state=state/ledger', page: 'assist_hook page.lua;',
        hooks: { 'page.lua': hook }, server: 'access_log requests.log numbered;',
        http: `assist_redis ${redis.url} timeout=1s; assist_node ${name};
               assist_cache_zone answers:1m;
               log_format numbered '$msec $pid $http_x_number $assist_service '
                 '$assist_agency $assist_outcome $request_method';` }) });
    }
    const [a, b] = nodes;

    const sure = [], unsure = [];
    let begun = 0;
    const client = async ({ port }, number) => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      while (begun < total) {
        const n = begun++;
        const service = (n * 7 + number) % 3;
        const list = await interact(agent, port, service, n % 10 < 7, n) ? sure : unsure;
        list.push({ n, id: ids[service] });
      }
      agent.destroy();
    };
    const load = Promise.all(Array.from({ length: clients },
      (_, i) => client(nodes[i % 2], i)));
    const reached = (share) => until(() => begun >= total * share,
                                     `${share} of the load`, 1000000);
    const said = (what) => console.log(`# at ${begun}: ${what}`);

    await reached(0.1);
    await a.nginx.reload();
    said('node a was reloaded');
    await reached(0.2);
    const old = await a.nginx.upgrade();
    said('node a has two generations');
    await reached(0.35);
    process.kill(old, 'SIGWINCH');
    await reached(0.4);
    await a.nginx.end(old);
    said('node a has the new one only');
    await reached(0.45);
    // one that has much to lose
    const [victim] = b.nginx.workerPids().map(String).map((pid) =>
      [pid, done(b.where.path('requests.log')).filter((r) => r.pid === pid).length])
      .sort(([, x], [, y]) => y - x)[0];
    await reached(0.5);
    process.kill(Number(victim), 'SIGKILL');
    const killed = Date.now();
    said(`worker ${victim} of node b was killed`);
    await reached(0.6);
    await redis.command('FLUSHALL');
    said('Redis was flushed');
    await reached(0.75);
    await b.nginx.reload();
    await a.nginx.reload();
    said('both nodes were reloaded');
    await load;
    said('the clients are done');
    a.nginx.pids = a.nginx.workerPids();
    b.nginx.pids = b.nginx.workerPids();

    const byId = (list) => Object.fromEntries(ids.map((id) =>
      [id, list.filter((item) => item.id === id).length]));
    const interactions = (rows) => Object.fromEntries(ids.map((id) =>
      [id, rows[id]?.interactions ?? 0]));
    const counted = async ({ port }) => interactions(await figures(port));
    const same = (x, y) => ids.every((id) => x[id] === y[id]);
    const client_ = { sure: byId(sure), unsure: byId(unsure) };
    let of;
    await until(async () => {
      of = { a: await counted(a), b: await counted(b),
             redis: interactions(await inRedis(redis)) };
      await sleep(200);
      return same(of.a, of.b) && same(of.a, of.redis)
        && ids.every((id) => of.a[id] >= client_.sure[id]);
    }, 'all agree', 20000).catch((error) => {
      throw new Error(`${error.message}: ${JSON.stringify({ client_, of })}`);
    });

    // what workers have in their buffers is written when they end
    for (const { nginx } of nodes) await nginx.reload();
    for (const { nginx } of nodes) await nginx.oldWorkersGone();
    const logs = nodes.map(({ where }) => where.path('evidence.log'));
    const { code, stdout, stderr } = await assist('report', ...logs,
      '--catalog', a.where.path('catalog.csv'), '--format', 'json');
    assert.equal(code, 0, stderr);
    const report = Object.fromEntries(JSON.parse(stdout).services.services
      .map((row) => [`${row.code}@${row.agency_code}`, row.interactions]));
    const verified = await assist('verify', ...logs);

    const requests = nodes.map(({ where }) => done(where.path('requests.log')));
    const log = byId(requests.flat());
    console.log(`# ${'service'.padEnd(14)} client unsure access node-a node-b  redis report`);
    for (const id of ids) {
      console.log(`# ${id.padEnd(14)} ${[client_.sure[id], client_.unsure[id], log[id],
        of.a[id], of.b[id], of.redis[id], report[id]]
        .map((n) => String(n).padStart(6)).join(' ')}`);
    }
    console.log(`# ledger: ${JSON.stringify((await coverage(a.port)).quality.ledger)}`);
    console.log(`# verify: ${verified.stdout.trim().split('\n').at(-1)}`);
    assert.equal(verified.code, 0, verified.stdout);

    // each answer that a client has was given once, by one worker
    const once = new Map();
    for (const { n } of requests.flat()) once.set(n, (once.get(n) ?? 0) + 1);
    assert.deepEqual([...once].filter(([, times]) => times > 1), []);
    assert.deepEqual(sure.filter(({ n }) => !once.has(n)), []);
    // beside these only what the killed worker had counted, and not sent
    const silent = byId(unsure.filter(({ n }) => !once.has(n)));
    const inside = Object.fromEntries(ids.map((id) => [id, of.a[id] - log[id]]));
    for (const id of ids) {
      assert.ok(inside[id] >= 0 && inside[id] <= silent[id],
                `${id}: ${inside[id]} were counted and are no request of ${silent[id]}`);
    }

    // what the report has not is the killed worker's, of its last second
    const { missing, more } = compare(requests.flat(), readEvidence(...logs));
    const behind = number(of.a) - number(report);
    console.log(`# the report has ${behind} fewer: ${missing.length} lines, ${
      number(inside)} that had no answer yet`);
    assert.ok(more <= number(inside), `${more} lines are of no request`);
    assert.equal(behind, missing.length + number(inside) - more);
    assert.deepEqual(missing.filter(({ pid }) => pid !== victim), []);
    const times = requests[1].filter(({ pid }) => pid === victim)
      .map(({ ms }) => ms).sort((x, y) => x - y);
    // a worker that gets no CPU flushes late by so much
    const pause = Math.max(...times.slice(1).map((ms, i) =>
      (ms > killed - 3000 ? ms - times[i] : 0)));
    const [first, last] = [Math.min, Math.max].map((most) =>
      most(...missing.map(({ ms }) => ms)));
    if (missing.length) {
      console.log(`# from ${killed - first} ms before the kill to ${
        killed - last} ms before; its longest pause: ${pause} ms`);
    }
    assert.ok(!missing.length || killed - first <= 1000 + pause + 20,
              'more than its last second is missing');
    // and of that all: nothing was written after what is missing
    const lost = new Set(missing.map(({ n }) => n));
    assert.deepEqual(requests[1].filter(({ pid, ms, n }) =>
      pid === victim && ms > first && !lost.has(n)), []);
  });
