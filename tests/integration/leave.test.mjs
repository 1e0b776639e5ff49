// Clients that leave while a hook waits: what waited is cancelled, and nothing
// of it stays.

import net from 'node:net';
import { readFileSync } from 'node:fs';
import { assert, get, sleep, test, until } from './harness.mjs';

const page = '/dich-vu/1.001456.html';
const request = `GET ${page} HTTP/1.1\r\nHost: a\r\n\r\n`;
const clients = 10000;
const together = 250;

const hook = (body) => `local assist = require "assist"
return { name = "h", request = function(ctx)
  if ctx.request.args.stay then return ctx:reply(200, "here") end
  ${body}
end }`;

const kilobytes = (pid, field) => Number(readFileSync(`/proc/${pid}/status`,
  'utf8').match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'))[1]);

// One client: it asks, and is gone after `ms`.
const leave = (port, ms) => new Promise((resolve) => {
  const socket = net.connect(port, '127.0.0.1', () => {
    socket.write(request);
    setTimeout(() => socket.destroy(), ms);
  });
  socket.on('error', () => {});
  socket.on('close', resolve);
});

async function leaving(port, n) {
  for (let i = 0; i < n; i += together) {
    await Promise.all(Array.from({ length: together }, (_, k) =>
      leave(port, 5 + k % 20)));
  }
}

// Memory after 10,000 of them is what it was before, within 2 %.  The heap's
// peak may still move in one round, on a busy machine; what stays of each
// client moves it in every round.
async function leavesNothing(stage, nginx, port, check) {
  const [pid] = nginx.workerPids();
  const round = async (n) => {
    await leaving(port, n);
    await check();
    return kilobytes(pid, 'VmRSS');
  };
  let before = await round(clients);
  let after = await round(clients);
  for (let i = 0; i < 3 && after > before * 1.02; i++) {
    [before, after] = [after, await round(clients)];
  }

  assert.equal((await get(port, `${page}?stay=1`)).text, 'here');
  assert.deepEqual(nginx.workerPids(), nginx.pids);
  if (!process.env.SANITIZE) {
    assert.ok(after <= before * 1.02, `${before} kB before, ${after} kB after`);
  }
}

const long = { timeout: 120000 };
const patient = 'assist_hook h.lua; assist_hook_timeout 60s;';

test('10,000 clients leave in assist.sleep', long, async (stage) => {
  const { nginx, port, portal } = await stage.site({
    hooks: { 'h.lua': hook('assist.sleep(30)') }, page: patient });
  await leavesNothing(stage, nginx, port, () => sleep(200));
  assert.equal(portal.requests.length, 0);
});

test('10,000 clients leave while Redis does not answer', long,
  async (stage) => {
    const redis = await stage.redis();
    const { nginx, port } = await stage.site({
      hooks: { 'h.lua': hook('assist.redis("GET", "k")') },
      http: `assist_redis ${redis.url} timeout=30s;`, page: patient });
    redis.pause();
    await leavesNothing(stage, nginx, port, async () => {
      redis.resume();
      await sleep(500);
      redis.pause();
    }).finally(() => redis.resume());
  });

test('10,000 clients leave in assist.fetch', long, async (stage) => {
  const { nginx, port, portal } = await stage.site({
    portal: () => {},
    hooks: { 'h.lua': hook('assist.fetch("/never", { timeout = 60 })') },
    server: 'location = /never { proxy_pass http://{{portal}}; }',
    page: `${patient} assist_fetch /never;` });
  await leavesNothing(stage, nginx, port, () => until(() =>
    new Promise((resolve) => portal.server.getConnections((_, n) =>
      resolve(n === 0))), 'the calls are over', 20000));
});
