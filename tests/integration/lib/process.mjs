// Processes, ports and waiting: what every server of the tests needs.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export { sleep };

// A port that was free a moment ago, below those that the kernel gives to
// outgoing connections (ip_local_port_range): there another test's client could
// take it before it is bound.  Each process begins somewhere, and repeats none.
let ports = Math.floor(Math.random() * 20000);

export async function freePort() {
  for (;;) {
    const server = net.createServer();
    const port = 12000 + ports++ % 20000;
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error;
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

// Polls until check() gives something true, and returns that.
export async function until(check, what, ms = 10000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`timed out after ${ms} ms: ${what}`);
    await sleep(10);
  }
}

export function canConnect(target) {
  return new Promise((resolve) => {
    const socket = net.connect(target);
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

// Runs a program to its end: { code, stdout, stderr }.
export function run(file, args, options = {}) {
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      const code = error ? (error.code ?? 1) : 0;
      resolve({ code, stdout: String(stdout), stderr: String(stderr) });
    });
  });
}

const started = new Set();
process.once('exit', () => { for (const child of started) child.kill(); });

// A server that does not outlive the tests, whatever ends them.
export function startChild(file, args, options) {
  const child = spawn(file, args, options);
  started.add(child);
  child.once('exit', () => started.delete(child));
  return child;
}

// The live children of a process.
export function children(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

// Ends a child process of ours: the first signal, then the next after its
// time.  Returns the signal that did it.
export async function end(child, signals, ms) {
  if (child.exitCode !== null || child.signalCode !== null) return null;
  const exited = once(child, 'exit');
  for (const signal of signals) {
    child.kill(signal);
    const won = await Promise.race([exited.then(() => true),
                                    sleep(ms, false, { ref: false })]);
    if (won) return signal;
  }
  throw new Error(`process ${child.pid} cannot be ended`);
}
