// What is one citizen's, or is no whole answer, is never shared: all of the
// zone's memory and of Redis is searched for its words.

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { ask, assert, test, until } from './harness.mjs';
import { gate, L1, L2, node } from './lib/flight.mjs';

const mark = 'dấu-vết-riêng';
const of = (question) => ({ service: '1.001456', question });
const plain = of('Lệ phí là bao nhiêu?');

// Is the text in memory that a process shares with others?
function shares(pid, text) {
  const bytes = Buffer.from(text);
  const mem = openSync(`/proc/${pid}/mem`, 'r');
  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')
      .filter((line) => / rw-s /.test(line)).some((line) => {
        const [from, to] = line.split(/[- ]/).map((hex) => parseInt(hex, 16));
        const zone = Buffer.alloc(to - from);
        readSync(mem, zone, 0, zone.length, from);
        return zone.includes(bytes);
      });
  } finally {
    closeSync(mem);
  }
}

async function keeps(redis, text) {
  const keys = (await redis.command('--scan')).split('\n').filter(Boolean);
  const values = await Promise.all(keys.map((key) => redis.command('GET', key)));
  return values.some((value) => value.includes(text));
}

const tokens = ['Lệ phí: ', `${mark} `, '[', '1', ']', '.'];
const hook = (body) => ({ 'own.lua': `local assist = require "assist"
  return { name = "own", ask = function(ctx) ${body} end }` });

// what -> what is asked, and how the node and the model differ.
const cases = {
  'an answer': { question: plain, kept: true },
  'an answer to a redacted question':
    { question: of('CCCD 001099012345, lệ phí là bao nhiêu?') },
  'the catalogue\'s words for want of a model':
    { question: plain, words: '200.000 đồng',
      plan: { status: 503, body: '{}' } },
  'an answer that was stopped': { question: plain, plan: { finish: 'length' } },
  'an answer without a source':
    { question: plain, plan: { tokens: [`${mark} `, 'là 5 đồng.'] },
      words: `${mark} là` },
  'an answer of a hook that reads a cookie':
    { question: plain, hooks: hook(`local c = ctx.request:header("cookie")
        ctx:say("${mark} " .. tostring(c))`), chat: 'assist_hook own.lua;' },
  'an answer of a hook that reads the arguments':
    { question: plain, hooks: hook(`local a = ctx.request.args
        ctx:say("${mark} " .. tostring(a.x))`), chat: 'assist_hook own.lua;' },
  'an answer with assist_no_cache':
    { question: plain, chat: 'assist_no_cache $arg_x;' },
};

for (const [what, { question, kept = false, words = mark, plan, hooks, chat }]
  of Object.entries(cases)) {
  test(`${what} is ${kept ? '' : 'not '}kept`, async (stage) => {
    const { open, hold } = gate();
    const provider = await stage.provider({ tokens, hold, ...plan });
    const redis = await stage.redis();
    const { port, nginx, reaches } = await node(stage, provider,
      { http: L1 + L2(redis), hooks, chat });
    const path = '/assist/ask?x=1';
    const both = [ask(port, question, { path }), ask(port, question, { path })];
    if (!hooks && !plan?.status) await reaches(2);
    open();
    const [a, b] = (await Promise.all(both)).map(({ json }) => json);
    assert.equal([a.cache, b.cache].includes('HIT'), kept);
    if (!what.includes('without a source')) {
      assert.ok(a.answer.includes(words), a.answer);
    }
    const [pid] = nginx.workerPids();
    assert.equal(shares(pid, words), kept);
    await until(async () => await keeps(redis, words) === kept, 'Redis');
    const { json } = await ask(port, question, { path });
    assert.equal(json.cache === 'HIT', kept);
    assert.equal(shares(pid, words), kept);
    assert.equal(await keeps(redis, words), kept);
  });
}
