// The harness: test(name, fn) gives fn a stage with a folder of its own, on
// which it starts servers.  When fn is over everything is stopped, and the
// test fails also on what an nginx has logged or how it ended.

import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync,
         writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import nodeTest from 'node:test';
import { Cluster } from './lib/cluster.mjs';
import { Daemon } from './lib/daemon.mjs';
import { NameServer } from './lib/dns.mjs';
import { Nginx } from './lib/nginx.mjs';
import { Portal } from './lib/portal.mjs';
import { sleep } from './lib/process.mjs';
import { Provider } from './lib/provider.mjs';
import { Redis } from './lib/redis.mjs';
import { Sentinel } from './lib/sentinel.mjs';
import { csv, services, site } from './lib/site.mjs';
import { Authority } from './lib/tls.mjs';

export { default as assert } from 'node:assert/strict';
export { out, root, sanitized } from './lib/nginx.mjs';
export { assist } from './lib/cli.mjs';
export { run, sleep, until } from './lib/process.mjs';
export { abandon, ask, get, lasting, raw, request } from './lib/http.mjs';
export { listen } from './lib/stream.mjs';
export { Clock } from './lib/clock.mjs';
export { inRedis, packViews, putRecord } from './lib/ledger.mjs';
export { coverage, crc32, figures, readEvidence, readLines } from './lib/evidence.mjs';
export { csv, services, site };

class Stage {
  constructor() {
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'assist-test-'));
    this.nginxes = [];
    this.others = [];
  }

  path(name) { return path.join(this.folder, name); }

  // Writes a file below the folder; returns its path.
  write(name, text) {
    const file = this.path(name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  // A file's text; of one that is not there: none.
  read(name) {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8')
                                       : '';
  }

  // Hooks by file name: { 'help.lua': 'return { ... }' }.
  hooks(files) {
    for (const [name, text] of Object.entries(files)) {
      this.write(`hooks/${name}`, text);
    }
  }

  catalogue(rows) { return this.write('catalog.csv', csv(rows)); }

  async portal(respond) {
    const portal = await new Portal(respond).start();
    this.others.push(portal);
    return portal;
  }

  async provider(plan) {
    const provider = await new Provider(plan).start();
    this.others.push(provider);
    return provider;
  }

  async redis(options) {
    const folder = this.path(`redis-${this.others.length}`);
    mkdirSync(folder, { recursive: true });
    const redis = new Redis(folder, options);
    this.others.push(redis);
    return redis.start();
  }

  // A cluster of so many masters.
  async cluster(count) {
    return Cluster.start((args) => this.redis({ args: args.map(String) }), count);
  }

  // Sentinels of a master, named "portal".
  async sentinels(master, count) {
    const all = [];
    for (let i = 0; i < count; i++) {
      const sentinel = new Sentinel(this.path(`sentinel-${this.others.length}`),
                                    master, Math.floor(count / 2) + 1);
      this.others.push(sentinel);
      all.push(await sentinel.start());
    }
    return all;
  }

  // An authority for certificates.
  async authority(name = 'authority') {
    return new Authority(this.folder, name).create();
  }

  // A server of bytes, on a free port: its address.
  async server(onClient) {
    const clients = new Set();
    const server = net.createServer((client) => {
      clients.add(client);
      client.on('error', () => {});
      onClient(client);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.others.push({ stop: () => {
      for (const client of clients) client.destroy();
      server.close();
    } });
    return `127.0.0.1:${server.address().port}`;
  }

  async names(table) {
    const server = await new NameServer(table).start();
    this.others.push(server);
    return server;
  }

  #nginx(options) {
    mkdirSync(this.path('hooks'), { recursive: true });
    return new Nginx(this.folder, options);
  }

  // nginx -t of an http block: { code, stderr }.
  async check(http, values) {
    return this.#nginx({ http, values, log: 'check.log' }).test();
  }

  // An nginx with the given http block; see Nginx for the options.
  async nginx(options) {
    const nginx = this.#nginx(options);
    this.nginxes.push(nginx);
    return nginx.start();
  }

  // The same, as a daemon.
  async daemon(options) {
    mkdirSync(this.path('hooks'), { recursive: true });
    const nginx = new Daemon(this.folder, options);
    this.nginxes.push(nginx);
    return nginx.start();
  }

  // A portal and an nginx before it, configured by site().
  async site({ portal, rows, hooks = {}, values, workers, level, errors,
               connections, daemon, user, ending, clock, ...parts } = {}) {
    this.catalogue(rows);
    this.hooks(hooks);
    const origin = await this.portal(portal);
    const nginx = await (daemon ? this.daemon : this.nginx).call(this, {
      http: site(parts), workers, level, errors, connections, user, ending, clock,
      values: { portal: origin.address, ...values },
    });
    return { nginx, portal: origin, port: nginx.port,
             plain: nginx.ports.plain };
  }

  // A second stage: for a second node of the same portal.
  async elsewhere() {
    const stage = new Stage();
    this.others.push({ stop: () => stage.close() });
    return stage;
  }

  // Stops everything; gives what was wrong.
  async close() {
    const wrong = [];
    for (const nginx of this.nginxes) {
      await nginx.stop();
      wrong.push(...nginx.complaints());
    }
    for (const other of this.others.reverse()) {
      wrong.push(...await other.stop() ?? []);
    }
    if (!process.env.KEEP) rmSync(this.folder, { recursive: true });
    return wrong;
  }
}

const inTime = (promise, ms) => Promise.race([promise,
  sleep(ms, null, { ref: false }).then(() => {
    throw new Error(`the test takes longer than ${ms} ms`);
  })]);

export function test(name, options, fn = options) {
  nodeTest(name, fn === options ? {} : options, async (t) => {
    const stage = new Stage();
    const failures = [];
    await inTime(fn(stage, t), options.timeout ?? 60000)
      .catch((error) => failures.push(error));
    const wrong = await stage.close();
    if (wrong.length) {
      failures.push(new Error(`${wrong.length} complaints about nginx:\n${
        wrong.slice(0, 8).join('\n')}`));
    }
    if (failures.length > 1) failures[0].message += `\n${failures[1].message}`;
    if (failures.length) throw failures[0];
  });
}
