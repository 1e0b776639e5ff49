// dashboard.mjs: what the dashboard of a national catalogue takes, and what it
// costs the other requests of its worker.  Prints a table.
//
//   SERVICES   of the catalogue (5700), at AGENCIES (63), FIELDS (120)
//   QUESTIONS  asked before (3000)
//   TIMES      each page is asked for (40)
//
// One worker.  A probe is sent every 2 ms and its time counts from when it was
// due: what waits for a page that is being made is in the figure.

import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { Nginx } from '../integration/lib/nginx.mjs';
import { sleep } from '../integration/lib/process.mjs';

const number = (name, value) => Number(process.env[name] ?? value);
const count = number('SERVICES', 5700);
const agencies = number('AGENCIES', 63);
const fields = number('FIELDS', 120);
const questions = number('QUESTIONS', 3000);
const times = number('TIMES', 40);

const folder = mkdtempSync(path.join(os.tmpdir(), 'assist-dashboard-'));
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

const ask = (port, uri, due = performance.now(), options = {}, body = '') =>
  new Promise((resolve, reject) => {
    http.request({ port, path: uri, agent, ...options }, (res) => {
      let length = 0;
      res.on('data', (chunk) => { length += chunk.length; });
      res.on('end', () => (res.statusCode === 200
        ? resolve({ ms: performance.now() - due, length })
        : reject(new Error(`${uri}: ${res.statusCode}`))));
    }).on('error', reject).end(body);
  });

// Probes until stop(); gives their times.
function probes(port) {
  const all = [];
  let going = true;
  const loop = (async () => {
    let due = performance.now();
    while (going) {
      const early = due - performance.now();
      if (early > 0) await sleep(early);
      all.push(ask(port, '/probe', due));
      due += 2;
    }
  })();
  return async () => {
    going = false;
    await loop;
    return (await Promise.all(all)).map(({ ms }) => ms);
  };
}

const at = (list, p) =>
  list.toSorted((a, b) => a - b)[Math.ceil(list.length * p) - 1].toFixed(1);

const row = (cells) => console.log(
  cells.map((cell, i) => String(cell)[i ? 'padStart' : 'padEnd'](i ? 11 : 26))
    .join(''));

const code = (i) => `1.${String(i).padStart(6, '0')}`;

writeFileSync(path.join(folder, 'catalog.csv'),
  ['code,name,agency_code,agency,field,level,essential,updated',
   ...[...Array(count).keys()].map((i) => [code(i),
     `Thủ tục số ${i} về việc cấp giấy chứng nhận đăng ký`,
     `H${String(i % agencies).padStart(2, '0')}`, `Sở số ${i % agencies}`,
     `Lĩnh vực số ${i % fields}`, 'full', i % 10 ? '' : 1,
     new Date().toISOString().slice(0, 10)].join(',')), ''].join('\n'));

const nginx = await new Nginx(folder, { workers: 1, http: `
assist_catalog catalog.csv;
assist_coverage_zone coverage:${Math.ceil(count / 350) + 8}m;
server {
    listen 127.0.0.1:{{port}};
    assist on;
    keepalive_requests 1000000;
    location /assist/ { assist_chat; }
    location /s/ { assist_status; }
    location = /probe { assist off; return 200 "ok"; }
}` }).start();

try {
  for (let i = 0; i < questions; i++) {
    await ask(nginx.port, '/assist/ask', performance.now(),
      { method: 'POST', headers: { 'Content-Type': 'application/json' } },
      JSON.stringify({ service: code(i * 7 % count), question: 'lệ phí?' }));
  }

  row(['', 'KB', 'ms p50', 'ms max', 'probe p50', 'probe p99', 'probe max']);
  const stop = probes(nginx.port);
  await sleep(2000);
  const quiet = await stop();
  row(['(no page)', '', '', '', at(quiet, 0.5), at(quiet, 0.99), at(quiet, 1)]);

  for (const name of ['', 'method', 'agency/H01', `service/${code(7)}`,
                      'coverage.json', 'coverage.csv', 'services.json',
                      'metrics']) {
    const end = probes(nginx.port);
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
  rmSync(folder, { recursive: true });
}
