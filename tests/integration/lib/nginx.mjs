// A real nginx in a folder of its own, and what its error log must not hold.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { canConnect, children, end, freePort, isAlive, run, startChild, until }
  from './process.mjs';

export const root = path.resolve(import.meta.dirname ??
  path.dirname(new URL(import.meta.url).pathname), '../../..');
export const out = path.resolve(root, process.env.OUT || 'build');
export const sanitized = Boolean(process.env.SANITIZE);

const binary = process.env.NGINX || 'nginx';
const isRoot = process.getuid() === 0;

const forbidden = [
  /\[(alert|crit|emerg)\]/, /Sanitizer/, /runtime error/, /open socket/,
  /worker process \d+ exited (on signal|with code [1-9]|with fatal)/,
];

function environment() {
  const env = { ...process.env, LC_ALL: 'C' };
  env.PATH = `${env.PATH}:/usr/sbin:/sbin`;
  if (sanitized) {
    env.LD_PRELOAD = ['libasan.so', 'libubsan.so']
      .map((lib) => execFileSync('gcc', [`-print-file-name=${lib}`])
        .toString().trim()).join(' ');
    env.ASAN_OPTIONS = 'detect_leaks=0';
    env.UBSAN_OPTIONS = 'print_stacktrace=1';
  }
  return env;
}

const env = environment();
const key = (name) => name?.trim() ?? '';

export class Nginx {
  // http: the http block's text.  In it, {{port}} and {{port NAME}} are free
  // loopback ports, {{dir}} is the folder, and {{KEY}} is values[KEY].
  constructor(folder, { http, values = {}, workers = 1, level = 'notice',
                        errors = [], log = 'error.log', connections = 2048 }) {
    this.folder = folder;
    this.logFile = path.join(folder, log);
    this.http = http;
    this.values = values;
    this.workers = workers;
    this.level = level;
    this.errors = errors;
    this.connections = connections;
    this.ports = {};
    this.pids = [];
    this.replaced = new Set();
    this.killed = new Set();
    mkdirSync(path.join(folder, 'tmp'), { recursive: true });
  }

  // With its path, which a binary upgrade needs.
  get binary() {
    return binary.includes('/') ? binary
      : env.PATH.split(':').map((dir) => path.join(dir, binary)).find(existsSync);
  }

  get env() { return env; }
  get port() { return this.ports['']; }
  get confFile() { return path.join(this.folder, 'nginx.conf'); }
  get pid() { return this.child.pid; }
  workerPids() { return children(this.pid); }

  log() {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }

  // The log's lines that match.
  logged(pattern) {
    return this.log().split('\n').filter((line) => pattern.test(line));
  }

  async writeConf() {
    const names = [...this.http.matchAll(/\{\{port( \w+)?\}\}/g)];
    for (const [, name] of names) this.ports[key(name)] ??= await freePort();
    const http = this.http
      .replace(/\{\{port( \w+)?\}\}/g, (_, name) => this.ports[key(name)])
      .replace(/\{\{dir\}\}/g, this.folder)
      .replace(/\{\{(\w+)\}\}/g, (_, value) => this.values[value]);
    const tmp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `${kind}_temp_path ${this.folder}/tmp/${kind};`);
    writeFileSync(this.confFile, `
load_module ${out}/ngx_http_assist_module.so;
${isRoot ? 'user root;' : ''}
daemon off;
worker_processes ${this.workers};
pid ${this.folder}/nginx.pid;
error_log ${this.logFile} ${this.level};
events { worker_connections ${this.connections}; }
http {
${tmp.join('\n')}
access_log off;
default_type text/plain;
${http}
}
`);
  }

  arguments(...more) {
    return ['-p', this.folder, '-e', this.logFile, '-c', this.confFile, ...more];
  }

  // nginx -t: { code, stderr }
  async test() {
    await this.writeConf();
    const result = await run(binary, this.arguments('-t'), { env });
    if (/Sanitizer|runtime error/.test(result.stderr + this.log())) {
      throw new Error(result.stderr + this.log());
    }
    return result;
  }

  async start() {
    for (let attempt = 1; ; attempt++) {
      await this.writeConf();
      this.child = startChild(binary, this.arguments(),
                              { env, stdio: ['ignore', 'ignore', 'pipe'] });
      this.stderr = '';
      this.child.stderr.on('data', (text) => { this.stderr += text; });

      await until(() => this.child.exitCode !== null || this.isReady(),
                  `nginx starts\n${this.log()}`);
      if (this.child.exitCode === null) break;

      const why = this.stderr + this.log();
      if (!/Address already in use/.test(why) || attempt === 5) {
        throw new Error(`nginx does not start:\n${why}`);
      }
      this.ports = {};
      writeFileSync(this.logFile, '');
    }
    this.pids = this.workerPids();
    return this;
  }

  async isReady() {
    const pids = this.workerPids();
    if (pids.length < this.workers) return false;
    const first = Object.values(this.ports)[0];
    return canConnect({ host: '127.0.0.1', port: first });
  }

  // Reads the configuration again, and waits until new workers serve.
  async reload({ http } = {}) {
    const before = new Set(this.workerPids());
    const mark = this.log().length;
    if (http) this.http = http;
    await this.writeConf();
    process.kill(this.pid, 'SIGHUP');
    await until(() => {
      const log = this.log().slice(mark);
      if (/\[emerg\]/.test(log)) throw new Error(`reload failed:\n${log}`);
      return this.workerPids().filter((pid) => !before.has(pid)).length
             >= this.workers && /gracefully shutting down/.test(log);
    }, 'nginx reloads');
    for (const pid of before) this.replaced.add(pid);
    this.pids = this.workerPids().filter((pid) => !before.has(pid));
  }

  async oldWorkersGone() {
    await until(() => ![...this.replaced].some(isAlive), 'old workers end');
  }

  reopen() { process.kill(this.pid, 'SIGUSR1'); }

  // Ends a worker as a crash would, which the master then replaces.
  async kill(pid) {
    this.killed.add(pid);
    process.kill(pid, 'SIGKILL');
    await until(() => !this.workerPids().includes(pid), 'the worker is gone');
    this.pids = this.pids.filter((other) => other !== pid);
  }

  // Graceful; that a worker does not end in time is a failure.
  async stop() {
    if (!this.child || this.stopped) return;
    this.stopped = true;
    const crashed = this.child.exitCode !== null || this.child.signalCode;
    const now = this.workerPids();
    this.died = this.pids.filter((pid) => !now.includes(pid));
    this.hung = !crashed
                && await end(this.child, ['SIGQUIT', 'SIGTERM', 'SIGKILL'], 8000)
                   !== 'SIGQUIT';
    if (crashed) this.died.push('master');
  }

  // What is wrong with this nginx's life; empty: nothing.
  complaints() {
    const lines = (this.log() + (this.stderr ?? '')).split('\n');
    const ordered = (line) => [...this.killed].some((pid) =>
      line.includes(`worker process ${pid} exited on signal 9`));
    const wrong = lines.filter((line) => !ordered(line)
      && forbidden.some((p) => p.test(line))
      || (/\[error\]/.test(line) && !this.errors.some((p) => p.test(line))));
    if (this.died?.length) wrong.push(`died: ${this.died.join(' ')}`);
    if (this.hung) wrong.push('nginx did not end by QUIT');
    return wrong;
  }
}
