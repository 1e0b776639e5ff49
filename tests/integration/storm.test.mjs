// Clients that ask the same in small crowds and leave at random: nothing of
// them stays.

import net from 'node:net';
import { readFileSync } from 'node:fs';
import { ask, assert, sanitized, test, until } from './harness.mjs';
import { L1, L2, node, visitor } from './lib/flight.mjs';

const clients = sanitized ? 1500 : 6000;
const together = 150;
const crowd = 6;                // that ask the same

const question = (n) => ({ service: '1.001456', question: `lệ phí, câu ${n}?` });
const anonymous = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8')
  .match(/^RssAnon:\s+(\d+) kB/m)[1]);
const random = (n) => Math.floor(Math.random() * n);

let asked = 0;

// One client: a stream or JSON; it leaves, closing or resetting, or stays.
function client(port) {
  const body = JSON.stringify(question(Math.floor(asked++ / crowd)));
  const type = random(2) ? 'text/event-stream' : 'application/json';
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.write(`POST /assist/ask HTTP/1.1\r\nHost: a\r\nAccept: ${type}\r\n`
        + 'Connection: close\r\nContent-Type: application/json\r\n'
        + `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      if (random(10)) {
        setTimeout(() => (random(2) ? socket.destroy() : socket.resetAndDestroy()),
                   random(120));
      }
    });
    socket.on('error', () => {}).on('data', () => {}).on('close', resolve);
  });
}

async function clientOfHttp2(port) {
  const it = await visitor(port, question(Math.floor(asked++ / crowd)),
                           { two: true, stream: Boolean(random(2)) });
  await new Promise((resolve) => { setTimeout(resolve, random(120)); });
  if (random(2)) it.reset();
  it.leave();
}

async function storm(even, two, n) {
  for (let i = 0; i < n; i += together) {
    await Promise.all(Array.from({ length: together }, () =>
      (random(5) ? client(even) : clientOfHttp2(two))));
  }
}

for (const [what, http, chat] of [
  ['with L1 and Redis', (redis) => L1 + L2(redis), ''],
  ['where nothing may be shared', () => L1, 'assist_no_cache 1;'],
  ['with a short patience', () => L1, 'assist_cache_lock_timeout 20ms;'],
]) {
  test(`${clients} clients leave at random, ${what}`, { timeout: 240000 },
    async (stage, t) => {
      const provider = await stage.provider({ pause: 8 });
      const redis = await stage.redis();
      const { nginx, even, two, port, reaches } = await node(stage, provider,
        { http: http(redis).replace(':1m', ':64k'), chat, level: 'notice' });
      const [pid] = nginx.workerPids();
      // what leaks grows with each storm, what the allocator keeps does not
      let before, after = 0;
      for (let i = 0; i < 5 && (i < 2 || after > before * 1.02); i++) {
        before = after;
        await storm(even, two, clients);
        await reaches(0);
        after = anonymous(pid);
      }
      await until(() => provider.requests.every(({ whole, left }) =>
        whole || left), 'every call ends');
      t.diagnostic(`${before} kB before, ${after} kB after, ${
        provider.requests.length} calls`);
      assert.equal((await ask(port, question('cuối'))).json.outcome, 'answered');
      assert.deepEqual(nginx.workerPids(), nginx.pids);
      if (!sanitized) assert.ok(after <= before * 1.02, `${before} ${after} kB`);
    });
}
