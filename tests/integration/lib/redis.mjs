// A real redis-server on a free port and on a socket.

import path from 'node:path';
import { end, freePort, run, startChild, until } from './process.mjs';

export class Redis {
  // args: more of redis-server's; host: the address that it listens on.
  constructor(folder, { password, port, host = '127.0.0.1', args = [] } = {}) {
    this.folder = folder;
    this.password = password;
    this.port = port;
    this.host = host;
    this.args = args;
    this.socket = path.join(folder, 'redis.sock');
  }

  get address() {
    return `${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`;
  }

  get url() { return `redis://${this.address}`; }

  async start() {
    for (let attempt = 1; ; attempt++) {
      this.port ??= await freePort();
      const args = ['--port', this.port, '--bind', this.host, '--save', '',
                    '--appendonly', 'no', '--dir', this.folder, '--unixsocket',
                    this.socket, '--unixsocketperm', '777', '--databases', '4',
                    '--repl-diskless-sync-delay', '0'];
      if (this.password) args.push('--requirepass', this.password);
      args.push(...this.args);
      this.child = startChild('redis-server', args.map(String),
                              { stdio: 'ignore' });
      await until(async () => this.child.exitCode !== null
                  || (await this.command('PING')).startsWith('PONG'),
                  'redis-server starts');
      if (this.child.exitCode === null) return this;
      if (attempt === 5) throw new Error('redis-server does not start');
      this.port = undefined;
    }
  }

  // One command by redis-cli, as text.
  async command(...words) {
    const auth = this.password ? ['--no-auth-warning', '-a', this.password]
                               : [];
    const { stdout } = await run('redis-cli',
      ['-h', this.host, '-p', String(this.port), ...auth, ...words]);
    return stdout.trim();
  }

  async stop() {
    if (!this.child) return;
    this.resume();
    await end(this.child, ['SIGTERM', 'SIGKILL'], 5000);
  }

  async kill() { await end(this.child, ['SIGKILL'], 5000); }
  pause() { this.child.kill('SIGSTOP'); }
  resume() { this.child.kill('SIGCONT'); }
}
