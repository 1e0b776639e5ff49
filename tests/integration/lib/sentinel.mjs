// Sentinels that watch a master by the name "portal".

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { end, freePort, run, startChild, until } from './process.mjs';

export class Sentinel {
  constructor(folder, master, quorum) {
    this.folder = folder;
    this.master = master;
    this.quorum = quorum;
  }

  get address() { return `127.0.0.1:${this.port}`; }

  async start() {
    mkdirSync(this.folder, { recursive: true });
    this.port = await freePort();
    const conf = path.join(this.folder, 'sentinel.conf');
    writeFileSync(conf, `port ${this.port}
bind 127.0.0.1
dir ${this.folder}
sentinel monitor portal 127.0.0.1 ${this.master.port} ${this.quorum}
sentinel down-after-milliseconds portal 500
sentinel failover-timeout portal 3000
`);
    this.child = startChild('redis-server', [conf, '--sentinel'],
                            { stdio: 'ignore' });
    await until(async () => (await this.command('PING')) === 'PONG',
                'a sentinel starts');
    return this;
  }

  async command(...words) {
    const { stdout } = await run('redis-cli', ['-p', String(this.port), ...words]);
    return stdout.trim();
  }

  // It knows one replica, so a failover can begin.
  async ready() {
    await until(async () => /name=portal,status=ok.*slaves=1/.test(
      await this.command('INFO', 'sentinel')), 'the sentinel knows a replica');
  }

  pause() { this.child.kill('SIGSTOP'); }
  resume() { this.child.kill('SIGCONT'); }

  async stop() {
    if (!this.child) return;
    this.resume();
    await end(this.child, ['SIGTERM', 'SIGKILL'], 5000);
  }
}
