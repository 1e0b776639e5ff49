// A portal whose model can be held in the middle of an answer, and clients
// that ask it at the same time, and leave.

import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import { get } from './http.mjs';
import { until } from './process.mjs';

export const L1 = 'assist_cache_zone answers:1m;';
// a busy machine must not look like a Redis that fails
export const L2 = (redis) => `assist_redis ${redis.url} timeout=10s;`;

// What nginx and the module write where a provider fails.
export const errors = [/upstream/, /connect\(\) failed/, /provider/];

// A gate that is shut until open() is called: a provider's `hold`.
export function gate() {
  let open;
  const opened = new Promise((resolve) => { open = resolve; });
  return { open, hold: () => opened };
}

// A node: its port, that of HTTP/2, and busy(), the requests it works for.
export async function node(stage, provider, { http = '', server = '',
                                              chat = '', timeout = '30s',
                                              ...options } = {}) {
  const site = await stage.site({
    level: 'info', errors, connections: 4096,
    values: { provider: provider.address },
    http: `assist_provider main uri=/llm/v1/chat/completions model=m1
             timeout=${timeout} place=onprem; ${http}`,
    server: `listen 127.0.0.1:{{port even}} reuseport;
      listen 127.0.0.1:{{port two}} http2;
      location = /busy { stub_status; }
      location /llm/ {
        internal;
        proxy_pass http://{{provider}}/;
        proxy_http_version 1.1;
        proxy_buffering off;
      }
      ${server}`,
    chat: `assist_use main; ${chat}`, ...options });
  const { nginx } = site;
  const busy = async () => Number((await get(nginx.port, '/busy')).text
    .match(/Writing: (\d+)/)[1]) - 1;
  return { ...site, even: nginx.ports.even, two: nginx.ports.two, busy,
           reaches: (n) => until(async () => await busy() === n,
                                 `${n} requests are in nginx`, 30000) };
}

const head = (path, stream, headers) => ({
  'content-type': 'application/json',
  accept: stream ? 'text/event-stream' : 'application/json', ...headers });

// Asks, and can leave before the answer: { leave(), heard() }.
export async function visitor(port, question, { two = false, stream = true,
                                                path = '/assist/ask',
                                                headers } = {}) {
  const body = JSON.stringify(question);
  let text = '';
  const take = (from) => from.setEncoding('utf8').on('error', () => {})
    .on('data', (part) => { text += part; });
  const heard = () => text;
  if (two) {
    const session = http2.connect(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    const req = session.request({ ':method': 'POST', ':path': path,
                                  ...head(path, stream, headers) });
    take(req).end(body);
    return { heard, reset: () => req.close(http2.constants.NGHTTP2_CANCEL),
             leave: () => session.destroy() };
  }
  const req = http.request({ host: '127.0.0.1', port, path, method: 'POST',
                             agent: false, headers: head(path, stream, headers) });
  req.on('error', () => {}).on('response', take).end(body);
  return { heard, leave: () => req.destroy() };
}

// The worker of a node that is connected to a port of this machine.
export function workerOf(nginx, port) {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = new Set(readFileSync('/proc/net/tcp', 'utf8').split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((f) => f[2]?.endsWith(suffix) && f[3] === '01')
    .map((f) => `socket:[${f[9]}]`));
  const link = (file) => { try { return readlinkSync(file); } catch { return ''; } };
  return nginx.workerPids().find((pid) => readdirSync(`/proc/${pid}/fd`)
    .some((fd) => sockets.has(link(`/proc/${pid}/fd/${fd}`))));
}
