// Questions whose answers Redis keeps, one by one and as a load; and what the
// log says of Redis.  "The cache's word" is MISS or HIT.

import assert from 'node:assert/strict';
import { ask } from './http.mjs';
import { until } from './process.mjs';

export const fee = { service: '1.001456', question: 'Lệ phí là bao nhiêu?' };
export const away = /redis \S+ is away/;
export const back = /redis \S+ is back/;
export const refuses = /redis \S+ refuses commands/;

// The cache's word on each question, in order.
export async function words(port, count, question = fee) {
  const all = [];
  for (let i = 0; i < count; i++) all.push((await ask(port, question)).json.cache);
  return all.join(' ');
}

export const miss = (count) => Array(count).fill('MISS').join(' ');
// a failed look-up, or a pause, may last for 10 s
export const hits = (port) => until(async () => await words(port, 1) === 'HIT',
                                    'hits', 30000);

// The reason in the only line that says that Redis is away.
export function why(nginx) {
  const lines = nginx.logged(away);
  assert.equal(lines.length, 1, lines.join('\n'));
  return lines[0].replace(/.* is away: (.*); requests go on without it/, '$1');
}

// Eight clients that ask twenty questions, until stop() tells what they got.
export function load(port) {
  const got = { HIT: 0, MISS: 0, slowest: 0, on: true };
  const clients = Array.from({ length: 8 }, async (_, client) => {
    for (let i = 0; got.on; i++) {
      const { json, ms } = await ask(port, {
        ...fee, question: `lệ phí ${(client + i) % 20}` });
      assert.equal(json.outcome, 'answered');
      got[json.cache]++;
      got.slowest = Math.max(got.slowest, ms);
    }
  });
  return {
    more: async (word, count = 30) => {
      const enough = got[word] + count;
      await until(() => got[word] > enough, `more ${word}`);
    },
    stop: async () => {
      got.on = false;
      await Promise.all(clients);
      return got;
    },
  };
}
