// A thousand answers at the same time on one worker: each whole, in order, its
// own; and what one of them takes.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { assert, ask, listen, sanitized, test, until } from './harness.mjs';

const streams = 1000;
const kilobytes = 64;           // of a stream's own, at most

const vocabulary = ('hồ sơ nộp tại bộ phận một cửa của cơ quan có thẩm quyền '
  + 'trong thời hạn giải quyết theo quy định hiện hành').split(' ');

// The pieces of the answer to question n: nobody else's.
function pieces(n) {
  const all = [];
  let seed = n + 1;
  for (let i = 0; i < 60; i++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    all.push(`${vocabulary[(seed >>> 16) % vocabulary.length]} `);
  }
  return [...all, `số ${n} `, '[1]', '.'];
}

const hash = (text) => createHash('sha256').update(text).digest('hex');
const question = (n) => ({ service: '1.001456',
                           question: `lệ phí hộ chiếu, câu số ${n} là bao nhiêu?` });
const resident = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8')
  .match(/^VmRSS:\s+(\d+) kB/m)[1]);

test(`${streams} streams at once on one worker`, { timeout: 180000 },
  async (stage, t) => {
    let release, held = 0;
    const open = new Promise((resolve) => { release = resolve; });
    const provider = await stage.provider({
      tokens: ({ json }) => pieces(Number(json.messages.at(-1).content
        .match(/câu số (\d+)/)[1])),
    });
    const { port, nginx } = await stage.site({
      connections: 4096, values: { provider: provider.address },
      http: `assist_provider main uri=/llm/v1/chat/completions model=m1
               timeout=120s place=onprem;`,
      server: `location /llm/ {
        internal;
        proxy_pass http://{{provider}}/;
        proxy_http_version 1.1;
        proxy_buffering off;
      }`,
      chat: 'assist_use main;' });

    // what the first questions take is not theirs alone
    for (let n = 0; n < 20; n++) {
      assert.equal((await ask(port, question(n))).json.model, 'm1');
    }
    const [pid] = nginx.workerPids();
    const before = resident(pid);

    provider.plan = { ...provider.plan, async hold() { held++; await open; } };
    let begun = 0;
    const answers = Promise.all(Array.from({ length: streams }, (_, n) => {
      let first = true;
      return listen(port, question(n), {
        onEvent() { begun += first; first = false; } });
    }));
    await until(() => held === streams && begun === streams,
                `${streams} answers in their middle`, 60000);
    const during = resident(pid);
    release();

    const wrong = (await answers).flatMap((got, n) => {
      const expected = hash(pieces(n).join(''));
      return got.status === 200 && !got.cut && !got.error
        && hash(got.text) === expected && hash(got.answer.answer) === expected
        ? [] : [{ n, error: got.error, text: got.text.slice(-40) }];
    });
    assert.deepEqual(wrong, []);
    assert.equal(provider.requests.length, streams + 20);
    assert.deepEqual(nginx.workerPids(), nginx.pids);

    const each = (during - before) / streams;
    t.diagnostic(`${each.toFixed(1)} KiB a stream`);
    if (!sanitized) assert.ok(each < kilobytes, `${each} KiB a stream`);
  });
