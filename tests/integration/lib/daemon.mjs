// An nginx that is nobody's child, as in production: only such a one takes a
// binary upgrade, and its master can be killed.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Nginx } from './nginx.mjs';
import { children, run, until } from './process.mjs';

export class Daemon extends Nginx {
  // user: of the workers, where the tests are run by root; ending: what the
  // log may hold of workers that a test kills.
  // clock: nginx's own (clock.mjs).
  constructor(folder, { user = 'root', ending, clock, ...options }) {
    super(folder, options);
    this.user = user;
    this.ending = ending;
    this.clock = clock;
  }

  // A zombie, which nobody waits for, is not.
  alive(pid) {
    try {
      return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  }

  get pidFile() { return path.join(this.folder, 'nginx.pid'); }

  // While a new binary starts there is none.
  get pid() {
    try {
      return Number(readFileSync(this.pidFile, 'utf8'));
    } catch {
      return 0;
    }
  }

  async writeConf() {
    await super.writeConf();
    writeFileSync(this.confFile, readFileSync(this.confFile, 'utf8')
      .replace('daemon off;', 'env LD_PRELOAD; env ASAN_OPTIONS;')
      .replace('user root;', `user ${this.user};`));
  }

  async start() {
    await this.writeConf();
    const { code, stderr } = await run(this.binary, this.arguments(),
      { env: { ...this.env, ...this.clock?.env(this.env) } });
    if (code) throw new Error(`nginx does not start:\n${stderr}`);
    await until(() => this.isReady(), 'nginx starts');
    this.pids = this.workerPids();
    return this;
  }

  // A second generation beside the first; afterwards `pid` is the second's.
  async upgrade() {
    const old = this.pid;
    process.kill(old, 'SIGUSR2');
    await until(() => this.pid && this.pid !== old && this.isReady(), 'a new binary');
    this.pids = this.workerPids();
    return old;
  }

  // Ends a master and all its workers.
  async end(pid, signal = 'SIGQUIT') {
    // a new binary is the old one's child
    const all = [pid, ...children(pid).filter((one) => one !== this.pid)];
    if (signal === 'SIGKILL') for (const one of all) process.kill(one, signal);
    else process.kill(pid, signal);
    await until(() => !all.some((one) => this.alive(one)), `${signal} ends nginx`, 15000);
  }

  async stop() {
    if (this.stopped) return;
    this.stopped = true;
    if (this.pid) await this.end(this.pid).catch(() => { this.hung = true; });
  }

  log() {
    return this.ending ? super.log().split('\n')
      .filter((line) => !this.ending.test(line)).join('\n') : super.log();
  }
}
