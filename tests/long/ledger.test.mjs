// Two nodes count 200,000 interactions, while they are reloaded, upgraded,
// killed and robbed of Redis's memory: who counted what, in the end?  N in the
// environment is another number.

import http from 'node:http';
import { assert, assist, coverage, figures, inRedis, sleep, test, until }
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
function interact(agent, port, service, asks) {
  const body = asks ? JSON.stringify({ service: ids[service],
                                       question: 'Lệ phí là bao nhiêu?' }) : '';
  return new Promise((resolve) => {
    const request = http.request({ host: '127.0.0.1', port, agent,
      method: asks ? 'POST' : 'GET', path: asks ? '/assist/ask' : pages[service],
      headers: asks ? { 'Content-Type': 'application/json',
                        'Content-Length': Buffer.byteLength(body) } : {} },
    (response) => {
      response.on('end', () => resolve(response.statusCode === 200))
        .on('error', () => resolve(false)).resume();
    });
    request.on('error', () => resolve(false)).on('close', () => resolve(false));
    request.setTimeout(10000, () => request.destroy());
    request.end(body);
  });
}

test(`${total} interactions, counted once each`, { timeout: 1200000 },
  async (stage) => {
    const redis = await stage.redis();
    const nodes = [];
    for (const name of ['a', 'b']) {
      const where = await stage.elsewhere();
      nodes.push({ where, ...await where.site({ workers: 2, daemon: true,
        killed: /exited on signal 9/, level: 'notice',
        zone: 'coverage:2m state=state/ledger', page: 'assist_hook page.lua;',
        hooks: { 'page.lua': hook },
        http: `assist_redis ${redis.url} timeout=1s; assist_node ${name};
               assist_cache_zone answers:1m;` }) });
    }
    const [a, b] = nodes;

    const sure = {}, unsure = {};
    for (const id of ids) sure[id] = unsure[id] = 0;
    let begun = 0;
    const client = async ({ port }, number) => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      while (begun < total) {
        const n = begun++;
        const service = (n * 7 + number) % 3;
        (await interact(agent, port, service, n % 10 < 7) ? sure : unsure)[ids[service]]++;
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
    await reached(0.5);
    const before = Object.values(unsure).reduce((x, y) => x + y);
    const [victim] = b.nginx.workerPids();
    process.kill(victim, 'SIGKILL');
    said('a worker of node b was killed');
    await reached(0.6);
    const lost = Object.values(unsure).reduce((x, y) => x + y) - before;
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

    const counted = async ({ port }) => Object.fromEntries(Object.entries(
      await figures(port)).map(([id, row]) => [id, row.interactions]));
    const redisSum = async () => Object.fromEntries(Object.entries(
      await inRedis(redis)).map(([id, row]) => [id, row.interactions]));
    const same = (x, y) => ids.every((id) => x[id] === y[id]);
    let of;
    await until(async () => {
      of = { a: await counted(a), b: await counted(b), redis: await redisSum() };
      await sleep(200);
      return same(of.a, of.b) && same(of.a, of.redis)
        && ids.every((id) => of.a[id] >= sure[id]);
    }, 'all agree', 20000).catch((error) => {
      throw new Error(`${error.message}: ${JSON.stringify({ sure, unsure, of })}`);
    });

    const logs = nodes.map(({ where }) => where.path('evidence.log'));
    // what workers have in their buffers is written within a flush
    await sleep(1500);
    const { code, stdout, stderr } = await assist('report', ...logs,
      '--catalog', a.where.path('catalog.csv'), '--format', 'json');
    assert.equal(code, 0, stderr);
    const report = Object.fromEntries(JSON.parse(stdout).services.services
      .map((row) => [`${row.code}@${row.agency_code}`, row.interactions]));
    const verified = await assist('verify', ...logs);

    console.log(`# ${'service'.padEnd(14)} client unsure node-a node-b  redis report`);
    for (const id of ids) {
      console.log(`# ${id.padEnd(14)} ${[sure[id], unsure[id], of.a[id], of.b[id],
        of.redis[id], report[id]].map((n) => String(n).padStart(6)).join(' ')}`);
    }
    console.log(`# ${lost} requests were under way in the killed worker`);
    console.log(`# ledger: ${JSON.stringify((await coverage(a.port)).quality.ledger)}`);
    console.log(`# verify: ${verified.stdout.trim().split('\n').at(-1)}`);

    for (const id of ids) {
      // those that nobody answered may have been counted, or not
      assert.ok(of.a[id] - sure[id] <= unsure[id], `${id}: one counted twice`);
      assert.ok(report[id] <= of.a[id], `${id}: the log has more`);
    }
    const missing = ids.reduce((n, id) => n + of.a[id] - report[id], 0);
    console.log(`# the report has ${missing} fewer: the killed worker's last lines`);
    assert.ok(missing <= total / 20, `${missing} lines are missing`);
    assert.equal(verified.code, 0, verified.stdout);
  });
