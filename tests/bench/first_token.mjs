// How much later the first words of a model reach a citizen through us than
// somebody who asks the model itself: `make bench-stream`.

import { performance } from 'node:perf_hooks';
import http from 'node:http';
import { test } from '../integration/harness.mjs';

const rounds = 400;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

// The time until the first token, ms: from the request's last byte.
const first = (port, path, body, mark) => new Promise((resolve, reject) => {
  const text = JSON.stringify(body);
  const req = http.request({ port, path, agent, method: 'POST',
    host: '127.0.0.1', headers: { 'Content-Type': 'application/json',
      Accept: 'text/event-stream', 'Content-Length': Buffer.byteLength(text) },
  }, (res) => {
    let seen = '', at;
    res.setEncoding('utf8');
    res.on('data', (piece) => {
      seen += piece;
      if (!at && seen.includes(mark)) at = performance.now() - start;
    });
    res.on('end', () => resolve(at));
  });
  req.on('error', reject);
  const start = performance.now();
  req.end(text);
});

const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];

test('time to first token', { timeout: 120000 }, async (stage) => {
  // its first token ends a word, so that nothing of it need be held back
  const provider = await stage.provider({ tokens: ['Phí. ', 'Là ', '[1]'] });
  const { port } = await stage.site({
    values: { provider: provider.address },
    http: `upstream llm { server {{provider}}; keepalive 4; }
           assist_provider main uri=/llm/v1/chat/completions model=m1;`,
    server: `location /llm/ { internal; proxy_pass http://llm/;
      proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; }`,
    chat: 'assist_use main;' });

  const ask = { service: '1.001456', question: 'lệ phí hộ chiếu?' };
  const us = [], model = [];
  await first(port, '/assist/ask', ask, 'Phí');
  const messages = provider.requests.at(-1).json;
  for (let i = 0; i < rounds; i++) {
    us.push(await first(port, '/assist/ask', ask, 'Phí'));
    model.push(await first(provider.port, '/v1/chat/completions', messages,
                           'Phí'));
  }
  const [a, b] = [median(us), median(model)];
  console.log(`through us ${a.toFixed(3)} ms, the model itself ${
    b.toFixed(3)} ms, added ${(a - b).toFixed(3)} ms (medians of ${rounds})`);
});
