// dashboard.mjs: what the dashboard of a national catalogue takes, and what it
// costs the other requests of its worker.  Prints a table.
//
//   SERVICES   of the catalogue (5700), at AGENCIES (63), FIELDS (120); each was
//              asked about in this month and the months before it
//   MONTHS     that the ledger has (12), of NODES (3) in Redis
//   TIMES      each of PAGES is asked for (40)
//
// One worker.  Another thread asks for a static page all the time, and its waits
// are counted; an own nginx, idle, says what this machine adds to them.

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { Nginx } from '../integration/lib/nginx.mjs';
import { sleep, until } from '../integration/lib/process.mjs';
import { Redis } from '../integration/lib/redis.mjs';

const number = (name, value) => Number(process.env[name] ?? value);
const count = number('SERVICES', 5700);
const agencies = number('AGENCIES', 63);
const fields = number('FIELDS', 120);
const nodes = number('NODES', 3);
const months = number('MONTHS', 12);
const times = number('TIMES', 40);

const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });

const ask = (port, uri, options = {}, body = '') =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    http.request({ port, path: uri, agent, ...options }, (res) => {
      let length = 0;
      res.on('data', (chunk) => { length += chunk.length; });
      res.on('end', () => (res.statusCode === 200
        ? resolve({ ms: performance.now() - began, length })
        : reject(new Error(`${uri}: ${res.statusCode}`))));
    }).on('error', reject).end(body);
  });

// The thread: asks until it is told to stop, then says how long it waited.
if (!isMainThread) {
  let going = true;
  parentPort.once('message', () => { going = false; });
  const waits = [];
  while (going) waits.push((await ask(workerData, '/probe')).ms);
  agent.destroy();
  parentPort.postMessage(waits);
}

// Probes until stop(), which gives their times.
async function probes(port) {
  const thread = new Worker(new URL(import.meta.url), { workerData: port });
  await new Promise((resolve) => { thread.once('online', resolve); });
  await sleep(200);
  return () => new Promise((resolve) => {
    thread.once('message', resolve);
    thread.postMessage('stop');
  });
}

const at = (list, p) =>
  list.toSorted((a, b) => a - b)[Math.ceil(list.length * p) - 1].toFixed(1);

const row = (cells) => console.log(
  cells.map((cell, i) => String(cell)[i ? 'padStart' : 'padEnd'](i ? 11 : 26))
    .join(''));

const code = (i) => `1.${String(i).padStart(6, '0')}`;

// 2026-11 and the months before it.
const month = (before) => {
  const now = new Date();
  return new Date(Date.UTC(now.getFullYear(), now.getMonth() - before, 1))
    .toISOString().slice(0, 7);
};

// All services, sixteen at a time.
async function questions(port) {
  let next = 0;
  await Promise.all([...Array(16)].map(async () => {
    while (next < count) {
      const service = code(next++);
      await ask(port, '/assist/ask', { method: 'POST',
        headers: { 'Content-Type': 'application/json' } },
        JSON.stringify({ service, question: 'lệ phí?' }));
    }
  }));
}

// What was counted by one node in this month is given to all, and to all months.
async function history(redis, state) {
  const set = (before) => `assist:ledger:${month(before)}`;
  const [member] = (await redis.command('SMEMBERS', set(0))).split('\n');
  for (let before = 0; before < months; before++) {
    if (before) copyFileSync(`${state}.${month(0)}`, `${state}.${month(before)}`);
    for (let node = 1; node < nodes; node++) {
      const id = `${node}${before}`.padStart(16, '0');
      await redis.command('COPY', `${set(0)}:${member}`, `${set(before)}:n${node}:${id}`);
      await redis.command('SADD', set(before), `n${node}:${id}`);
    }
  }
}

async function measure(folder) {
  writeFileSync(path.join(folder, 'catalog.csv'),
    ['code,name,agency_code,agency,field,level,essential,updated',
     ...[...Array(count).keys()].map((i) => [code(i),
       `Thủ tục số ${i} về việc cấp giấy chứng nhận đăng ký`,
       `H${String(i % agencies).padStart(2, '0')}`, `Sở số ${i % agencies}`,
       `Lĩnh vực số ${i % fields}`, 'full', i % 10 ? '' : 1,
       new Date().toISOString().slice(0, 10)].join(',')), ''].join('\n'));
  writeFileSync(path.join(folder, 'page.html'), 'static');

  const redis = await new Redis(folder).start();
  const site = () => new Nginx(folder, { workers: 1, level: 'error', http: `
assist_catalog catalog.csv;
assist_node n0;
assist_redis ${redis.url} timeout=2s;
assist_coverage_zone coverage:${Math.ceil(count / 200) + 8}m state=${folder}/state/ledger;
keepalive_requests 100000000;
server {
    listen 127.0.0.1:{{port}};
    assist on;
    location /assist/ { assist_chat; }
    location /s/ { assist_status; }
    location = /probe { assist off; alias ${folder}/page.html; }
}` });
  const state = path.join(folder, 'state/ledger');

  let nginx = await site().start();
  await questions(nginx.port);
  await until(async () => Number(await redis.command('HLEN',
    `assist:ledger:${month(0)}:${(await redis.command('SMEMBERS',
      `assist:ledger:${month(0)}`)).split('\n')[0]}`)) > count,
    'the ledger is in Redis');
  await nginx.stop();
  await history(redis, state);
  nginx = await site().start();

  try {
    row(['', 'KB', 'ms p50', 'ms max', 'probe p50', 'probe p99', 'probe max']);
    const stop = await probes(nginx.port);
    await sleep(2000);
    const quiet = await stop();
    row(['(no page)', '', '', '', at(quiet, 0.5), at(quiet, 0.99), at(quiet, 1)]);

    for (const name of process.env.PAGES?.split(',')
         ?? ['', 'method', 'agency/H01', `service/${code(7)}`, 'coverage.json',
             'coverage.csv', 'services.json', 'services.csv', 'metrics']) {
      const end = await probes(nginx.port);
      const pages = [];
      for (let i = 0; i < times; i++) {
        pages.push(await ask(nginx.port, `/s/${name}`));
        await sleep(20);
      }
      const others = await end();
      const ms = pages.map((page) => page.ms);
      row([name || '(overview)', Math.round(pages[0].length / 1024),
        at(ms, 0.5), at(ms, 1), at(others, 0.5), at(others, 0.99),
        at(others, 1)]);
    }
  } finally {
    agent.destroy();
    await nginx.stop();
    await redis.stop();
  }
}

if (isMainThread) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'assist-dashboard-'));
  try {
    await measure(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
