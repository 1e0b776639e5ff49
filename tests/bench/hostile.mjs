// hostile.mjs: what hostile hooks cost everybody else.  Prints a table and
// writes it to HOSTILE.md.
//
//   SECONDS  of each measurement (20)
//   RATE     ordinary requests a second (400)
//   HOSTILE  hostile requests a second (4: one of a hundred)
//   ONLY     names of hooks, separated by commas
//
// One worker.  Requests are sent when they are due, whether or not those before
// are answered, and their time counts from then: so whoever waits for a worker
// that spins is in the figure.  A twin of the server, without hostile requests,
// is asked at the same time: its figures are what is normal on the machine as
// it is then.

import http from 'node:http';
import { cpSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { file, hostile } from '../integration/lib/hostile.mjs';
import { Nginx } from '../integration/lib/nginx.mjs';
import { sleep } from '../integration/lib/process.mjs';

const number = (name, value) => Number(process.env[name] ?? value);
const seconds = number('SECONDS', 20);
const rate = number('RATE', 400);
const bad = number('HOSTILE', 4);

const names = (process.env.ONLY ?? ['loop', 'loop_pcall', 'loop_wrap',
  'loop_gsub', 'loop_pattern', 'memory_double', 'memory_tables', 'stack_calls',
  'wait_sort', 'escape_exit'].join()).split(',');

const page = `<html><body>${'<p>a page of the portal</p>'.repeat(300)}`;
const folder = mkdtempSync(path.join(os.tmpdir(), 'assist-hostile-'));
const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });

// Milliseconds from `due` to the answer's last byte.
const latency = (port, uri, due) => new Promise((resolve, reject) => {
  http.get({ port, path: uri, agent }, (res) => {
    let length = 0;
    res.on('data', (chunk) => { length += chunk.length; });
    res.on('end', () => (res.statusCode === 200 && length === page.length
      ? resolve(performance.now() - due)
      : reject(new Error(`${uri}: ${res.statusCode}, ${length} bytes`))));
  }).on('error', reject);
});

// `times` requests, one every `every` ms, beginning at `start`.
async function stream(port, uri, every, times, start) {
  const all = [];
  for (let i = 0; i < times; i++) {
    const due = start + i * every;
    const early = due - performance.now();
    if (early > 0) await sleep(Math.ceil(early));
    all.push(latency(port, uri, due));
  }
  return Promise.all(all);
}

const percentile = (list, p) =>
  list.toSorted((a, b) => a - b)[Math.ceil(list.length * p) - 1];

const figures = (list) => ({ median: percentile(list, 0.5),
  p99: percentile(list, 0.99), max: percentile(list, 1) });

async function warm(port) {
  await stream(port, '/page.html', 2, 500, performance.now());
}

async function measure(port, twin, name) {
  const start = performance.now() + 100;
  const [ordinary, normal] = await Promise.all([
    stream(port, '/page.html', 1000 / rate, rate * seconds, start),
    stream(twin, '/page.html', 1000 / rate, rate * seconds, start),
    stream(port, `/${name}/page.html`, 1000 / bad, bad * seconds, start),
  ]);
  return { ...figures(ordinary), normal: figures(normal) };
}

async function main() {
  for (const dir of ['hooks', 'html', ...names.map((name) => `html/${name}`)]) {
    mkdirSync(path.join(folder, dir));
    if (dir.startsWith('html')) {
      writeFileSync(path.join(folder, dir, 'page.html'), page);
    }
  }
  for (const [name, text] of [...names.map((n) => file(n, hostile[n][0])),
                              file('idle', '')]) {
    writeFileSync(path.join(folder, 'hooks', name), text);
  }
  const site = `
    assist_hook_path hooks;
    types { text/html html; }
    keepalive_requests 1000000;
    server {
      listen 127.0.0.1:{{port}};
      root html;
      assist on;
      assist_hook idle.lua;
      ${names.map((name) => `location /${name}/ { assist_hook ${name}.lua; }`)
        .join('\n')}
    }`;
  const [nginx, twin] = await Promise.all(['site', 'twin'].map((name) => {
    for (const dir of ['html', 'hooks']) {
      cpSync(path.join(folder, dir), path.join(folder, name, dir),
             { recursive: true });
    }
    return new Nginx(path.join(folder, name), { level: 'error', http: site })
      .start();
  }));
  const stop = () => Promise.all([nginx.stop(), twin.stop()]);

  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => stop().then(() => process.exit(1)));
  }

  const load = os.loadavg()[0].toFixed(1);
  const rows = [];

  try {
    await Promise.all([warm(nginx.port), warm(twin.port)]);

    for (const name of names) {
      const { median, p99, max, normal } = await measure(nginx.port, twin.port,
                                                         name);
      const runs = nginx.logged(new RegExp(`hook ${name} failed`)).length;
      rows.push([name, median.toFixed(2), p99.toFixed(2),
        normal.median.toFixed(2), normal.p99.toFixed(2),
        (p99 / normal.p99).toFixed(2), max.toFixed(0), normal.max.toFixed(0),
        runs].join(' | '));
      console.log(rows.at(-1));
    }

    const text = `# Hostile hooks

Written by \`make bench-hostile\` (tests/bench/hostile.mjs).
One worker, ${rate} ordinary requests a second and ${bad} for the hostile hook,
${seconds} s for each hook; milliseconds of the ordinary ones, from when they were due.
Normal: of a twin without hostile requests, at the same time.
The machine: ${os.cpus().length} cores, load ${load} at the start.

| hook | median | p99 | normal median | normal p99 | p99 by normal | longest | normal longest | times run |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
${rows.map((row) => `| ${row} |`).join('\n')}
`;
    console.log(text);
    writeFileSync(new URL('HOSTILE.md', import.meta.url), text);
  } finally {
    agent.destroy();
    await stop();
    rmSync(folder, { recursive: true });
  }
}

await main();
