// HTTP as clients speak it: by node:http, and byte by byte.

import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { sleep } from './process.mjs';

// One request: { status, headers, rawHeaders, body, text, json }.
// A string or Buffer as body has a Content-Length; an array is sent chunked,
// with `pause` ms before each of its parts.
export function request(port, { method = 'GET', path = '/', headers = {}, body,
                                pause = 0, agent = false,
                                localAddress } = {}) {
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint();
    const whole = typeof body === 'string' ? Buffer.from(body) : body;
    const all = { ...headers };
    if (Buffer.isBuffer(whole)) all['Content-Length'] = whole.length;
    const req = http.request({ host: '127.0.0.1', port, method, path, agent,
                               localAddress, headers: all });
    req.setTimeout(15000, () => req.destroy(new Error(`no answer: ${path}`)));
    req.on('error', reject);
    req.on('response', (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('error', reject);
      res.on('aborted', () => reject(new Error('the response was cut')));
      res.on('end', () => {
        const bytes = Buffer.concat(chunks);
        resolve({
          status: res.statusCode, headers: res.headers,
          rawHeaders: res.rawHeaders, body: bytes, text: bytes.toString(),
          // UTF-8 that is not valid is a failure, too
          get json() {
            return JSON.parse(new TextDecoder('utf-8', { fatal: true })
              .decode(bytes));
          },
          ms: Number(process.hrtime.bigint() - started) / 1e6,
        });
      });
    });
    if (Array.isArray(whole)) {
      sendParts(req, whole, pause).catch(reject);
    } else {
      req.end(whole);
    }
  });
}

async function sendParts(req, parts, pause) {
  for (const part of parts) {
    if (pause) await sleep(pause);
    req.write(part);
  }
  req.end();
}

export const get = (port, path, options = {}) =>
  request(port, { path, ...options });

// POST ask with a JSON body.
export const ask = (port, question, { path = '/assist/ask', headers,
                                      ...options } = {}) =>
  request(port, {
    method: 'POST', path, ...options,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(typeof question === 'string' ? { question }
                                                      : question),
  });

// Sends bytes, and gives what came until the peer closed.
export async function raw(port, bytes) {
  const socket = net.connect(port, '127.0.0.1');
  const chunks = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return Buffer.concat(chunks);
}

// Sends a request and goes away without waiting for the answer.
export async function abandon(port, bytes, afterMs) {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(bytes);
  setTimeout(() => socket.destroy(), afterMs);
  await once(socket, 'close');
}

// The headers in their order, without those that name a moment or a hop.
export function lasting(response) {
  const kept = [];
  for (let i = 0; i < response.rawHeaders.length; i += 2) {
    const name = response.rawHeaders[i];
    if (!/^(date|connection|keep-alive)$/i.test(name)) {
      kept.push(`${name}: ${response.rawHeaders[i + 1]}`);
    }
  }
  return kept;
}
