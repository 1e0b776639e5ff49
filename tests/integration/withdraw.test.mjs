// Withdrawing answers: on one node, on all, and what must not come back.

import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync }
  from 'node:fs';
import { crc32 } from 'node:zlib';
import { ask, assert, assist, get, request, services, sleep, test, until }
  from './harness.mjs';

const L1 = 'assist_cache_zone answers:1m;';
const fee = { service: '1.001456', question: 'Lệ phí là bao nhiêu?' };
const time = { service: '1.001456', question: 'Bao lâu thì xong?' };
const birth = { service: '1.001193', question: 'Lệ phí là bao nhiêu?' };

// Each making is another text.
const hooks = { 'own.lua': `
  local assist = require "assist"
  local made = 0
  return { name = "own", ask = function(ctx)
    if ctx.question:find("chậm") then assist.sleep(3) end
    made = made + 1
    ctx:say(("%d of %.6f"):format(made, assist.now()))
    ctx:outcome("answered")
  end }` };

const node = (stage, http = L1, more = {}) => stage.site({ http, hooks,
  chat: 'assist_hook own.lua; assist_hook_timeout 20s;', ...more });

// POST below the status endpoint.
const post = (port, action, body, headers = { 'X-Assist-Admin': '1' }) =>
  request(port, { method: 'POST', path: `/assist-status/${action}`, headers,
                  body: typeof body === 'string' ? body : JSON.stringify(body) });

// kept: whether a restart leaves it as it is
async function done(port, action, body, nodes, kept = nodes === 'all') {
  const { status, json } = await post(port, action, body);
  const act = action === 'answer/withdraw' ? { kept } : {};
  assert.deepEqual([status, json], [200, { done: action, nodes, ...act }]);
}

const state = async (port, question) => (await ask(port, question)).json.cache;
const said = async (port, question) => (await ask(port, question)).json.answer;

// It is answered with a sentence, and not made.
async function refused(port, question) {
  const { status, json } = await ask(port, question);
  assert.deepEqual([status, json.outcome, json.cache, json.sources],
                   [200, 'refused', null, []]);
  assert.match(json.answer, /rút lại|withdrawn/);
}

test('one answer is deleted, and made anew', async (stage) => {
  const { port } = await node(stage, L1, { workers: 2 });
  const first = await said(port, fee);
  await ask(port, time);
  await ask(port, birth);
  await done(port, 'cache/delete', fee, 'one');
  const second = await said(port, fee);
  assert.notEqual(second, first);
  assert.equal(await state(port, fee), 'HIT');
  assert.equal(await said(port, fee), second);
  assert.deepEqual([await state(port, time), await state(port, birth)],
                   ['HIT', 'HIT']);
});

test('a deletion finds all places and spellings of a question',
  async (stage) => {
    const rows = [...services, { ...services[0], agency_code: 'H55', paths: '' }];
    const { port } = await node(stage, L1, { rows,
      server: 'location /other/ { assist_chat; assist_hook own.lua x=1; }' });
    const asked = [
      { ...fee, agency: 'G01' }, { ...fee, agency: 'H55' }, fee,
      { ...fee, agency: 'G01', lang: 'en' }, { question: fee.question },
      { question: fee.question, previous: 'x.1.001456@G01' },
    ];
    const states = async () => {
      const all = [];
      for (const question of asked) all.push(await state(port, question));
      all.push((await ask(port, fee, { path: '/other/ask' })).json.cache);
      return all.map((word) => word[0]).join('');
    };
    await states();
    assert.equal(await states(), 'HHHHHHH');
    await done(port, 'cache/delete', { ...fee, agency: 'G01', lang: 'vi',
      question: 'LỆ PHÍ  là bao nhiêu' }, 'one');
    assert.equal(await states(), 'MHMHMMM');
    await done(port, 'cache/delete', { ...fee, agency: 'G01' }, 'one');
    assert.equal(await states(), 'MHMMMMM');
    await done(port, 'cache/delete', fee, 'one');
    assert.equal(await states(), 'MMMMMMM');
    await done(port, 'cache/delete', { question: fee.question }, 'one');
    assert.equal(await states(), 'MMMMMMM');
    assert.equal(await states(), 'HHHHHHH');
  });

test('a service, or all, is purged', async (stage) => {
  const { port } = await node(stage);
  const all = [fee, time, birth];
  const states = () => Promise.all(all.map((one) => state(port, one)));
  await states();
  assert.deepEqual(await states(), ['HIT', 'HIT', 'HIT']);
  await done(port, 'cache/purge', { service: '1.001456' }, 'one');
  assert.deepEqual(await states(), ['MISS', 'MISS', 'HIT']);
  await done(port, 'cache/purge', { service: '1.001456', agency: 'G01' }, 'one');
  assert.deepEqual(await states(), ['MISS', 'MISS', 'HIT']);
  await done(port, 'cache/purge', { service: '1.001193@H29' }, 'one');
  assert.deepEqual(await states(), ['HIT', 'HIT', 'MISS']);
  await done(port, 'cache/purge', { all: true }, 'one');
  assert.deepEqual(await states(), ['MISS', 'MISS', 'MISS']);
  assert.deepEqual(await states(), ['HIT', 'HIT', 'HIT']);
});

test('a withdrawn answer is not made until it is released; a reload keeps it',
  async (stage) => {
    const { nginx, port } = await node(stage);
    const first = await said(port, fee);
    await done(port, 'answer/withdraw', fee, 'one');
    await refused(port, fee);
    await refused(port, { ...fee, lang: 'en' });
    await refused(port, { question: fee.question });
    assert.equal(await state(port, birth), 'MISS');
    assert.equal(await state(port, time), 'MISS');
    await nginx.reload();
    await refused(port, fee);
    await done(port, 'cache/purge', { all: true }, 'one');
    await done(port, 'cache/delete', fee, 'one');
    await refused(port, fee);
    await done(port, 'answer/withdraw', { ...fee, release: true }, 'one');
    const { json } = await ask(port, fee);
    assert.deepEqual([json.outcome, json.cache], ['answered', 'MISS']);
    assert.notEqual(json.answer, first);
    assert.equal(await state(port, fee), 'HIT');
  });

// a node with a state file, that can be ended and started again
const durable = (stage, http = L1, more = {}) => node(stage, http,
  { zone: `coverage:1m state=${stage.path('state/ledger')}`, daemon: true, ...more });
const restart = async (nginx) => {
  await nginx.end(nginx.pid);
  await nginx.start();
};
const file = (stage) => stage.path('state/ledger.withdrawn');

test('without Redis a restart keeps what is withdrawn, and what was released',
  async (stage) => {
    const { nginx, port } = await durable(stage, L1, { workers: 2 });
    for (const question of [fee, time]) await ask(port, question);
    await done(port, 'answer/withdraw', fee, 'one', true);
    await done(port, 'answer/withdraw', time, 'one', true);
    // at once: what is not written yet, an exiting worker writes
    await restart(nginx);
    await refused(port, fee);
    await refused(port, { ...time, lang: 'en' });
    assert.equal(await state(port, birth), 'MISS');
    await done(port, 'answer/withdraw', { ...time, release: true }, 'one', true);
    assert.equal(await state(port, time), 'MISS');
    await until(() => readFileSync(file(stage), 'utf8').includes('clock 3\n'),
                'it is written', 30000);
    await restart(nginx);
    await refused(port, fee);
    assert.equal(await state(port, time), 'MISS');
    await done(port, 'answer/withdraw', { ...fee, release: true }, 'one', true);
    assert.equal(await state(port, fee), 'MISS');
    assert.equal(await state(port, fee), 'HIT');
  });

test('Redis away, and a restart: the others hear of it later', async (stage) => {
  const redis = await stage.redis();
  const other = await stage.elsewhere();
  const conf = `${L1} assist_redis ${redis.url};`;
  const a = await durable(stage, conf);
  const b = await node(other, conf);
  await ask(a.port, fee);
  assert.equal(await state(b.port, fee), 'HIT');
  await redis.kill();
  await done(a.port, 'answer/withdraw', fee, 'later', true);
  await restart(a.nginx);
  await refused(a.port, fee);
  await redis.start();
  await until(async () => (await ask(b.port, fee)).json.outcome === 'refused',
              'the other node knows', 30000);
  await done(b.port, 'answer/withdraw', { ...fee, release: true }, 'all');
  await until(async () => (await ask(a.port, fee)).json.outcome === 'answered',
              'released', 30000);
  await a.nginx.end(a.nginx.pid);
  await redis.stop();
  await a.nginx.start();
  assert.equal((await ask(a.port, fee)).json.outcome, 'answered');
});

test('a file that is damaged is kept aside, and said', async (stage) => {
  const { nginx, port } = await durable(stage, L1,
    { errors: [/is of no use/] });
  await done(port, 'answer/withdraw', fee, 'one', true);
  await nginx.end(nginx.pid);
  const text = readFileSync(file(stage), 'utf8');
  writeFileSync(file(stage), text.replace('!', ''));
  await nginx.start();
  assert.match(nginx.logged(/is of no use/)[0],
               /ledger\.withdrawn" is of no use: it is cut or was changed/);
  assert.equal(readFileSync(`${file(stage)}.broken`, 'utf8'),
               text.replace('!', ''));
  assert.equal(await state(port, fee), 'MISS');
  await done(port, 'answer/withdraw', fee, 'one', true);
  await restart(nginx);
  await refused(port, fee);
});

test('a file that cannot be written: it is said, and done all the same',
  async (stage) => {
    const { nginx, port } = await durable(stage, L1,
      { errors: [/state file .* is not written/] });
    await ask(port, fee);
    await until(() => existsSync(stage.path('state/ledger.lock')), 'a folder');
    mkdirSync(stage.path('state/ledger.tmp'));
    writeFileSync(stage.path('state/ledger.tmp/x'), '');
    await done(port, 'answer/withdraw', fee, 'one', true);
    await until(() => nginx.logged(/is not written/).length, 'a line', 30000);
    await done(port, 'answer/withdraw', time, 'one', false);
    await refused(port, fee);
    await refused(port, time);
    rmSync(stage.path('state/ledger.tmp'), { recursive: true });
    await until(() => existsSync(file(stage)), 'it is written', 30000);
  });

test('an upgraded nginx and the old one know of each other', async (stage) => {
  const { nginx, port } = await durable(stage);
  await done(port, 'answer/withdraw', fee, 'one', true);
  await until(() => existsSync(file(stage)), 'it is written', 30000);
  await nginx.upgrade();
  // both accept: whichever is asked
  for (let i = 0; i < 10; i++) await refused(port, fee);
  await done(port, 'answer/withdraw', time, 'one', true);
  const asked = async (question) => {
    const all = [];
    for (let i = 0; i < 10; i++) all.push((await ask(port, question)).json.outcome);
    return all.join(' ');
  };
  await until(async () => !(await asked(time)).includes('answered'), 'both know',
              30000);
  assert.doesNotMatch(await asked(fee), /answered/);
});

test('no room for a withdrawal: nothing is done, and what to do is said',
  async (stage) => {
    // as it would be after a few hundred withdrawals
    mkdirSync(stage.path('state'));
    chmodSync(stage.path('state'), 0o777);
    const keys = Array.from({ length: 4096 }, (_, i) =>
      `${(0x10001 + i * 2).toString(16).padStart(16, '0')} ${i + 1}!`);
    const lines = ['nginx-assist withdrawn 1', 'clock 4096', ...keys, 'all 0', ''];
    const text = lines.join('\n');
    writeFileSync(file(stage), `${text}crc ${
      crc32(text).toString(16).padStart(8, '0')}\n`);
    const { nginx, port } = await durable(stage);
    const url = `http://127.0.0.1:${port}/assist-status/`;
    const first = await said(port, fee);
    const { status, json } = await post(port, 'answer/withdraw', fee);
    assert.deepEqual([status, json.error.code], [507, 'too_many_withdrawn']);
    const got = await assist('cache', 'withdraw', '--url', url,
      '--question', fee.question, '--service', fee.service);
    assert.equal(got.code, 1);
    assert.match(got.stderr, /nothing is done: the 4096 keys .* release/);
    assert.equal(await said(port, fee), first);
    assert.equal(await state(port, fee), 'HIT');
    // a deletion always has room: everything is deleted
    await done(port, 'cache/delete', fee, 'one');
    assert.notEqual(await said(port, fee), first);
    await restart(nginx);
    assert.equal((await post(port, 'answer/withdraw', fee)).status, 507);
  });

test('an answer is withdrawn by its id, of a hit too', async (stage) => {
  const { port } = await node(stage);
  await ask(port, fee);
  const { id } = (await ask(port, fee)).json;
  await done(port, 'answer/withdraw', { id }, 'one');
  await refused(port, fee);
  await done(port, 'answer/withdraw', { id, release: true }, 'one');
  assert.equal(await state(port, fee), 'MISS');
  const personal = (await ask(port, { ...fee,
    question: 'Lệ phí? Tôi là 0912345678' })).json.id;
  assert.match(personal, /^.{24}0{16}/);
  assert.equal((await post(port, 'answer/withdraw', { id: personal })).status,
               400);
});

test('without a cache a withdrawn answer is not made either', async (stage) => {
  const { port } = await node(stage, '');
  await ask(port, fee);
  await done(port, 'answer/withdraw', fee, 'one');
  const { json } = await ask(port, fee);
  assert.equal(json.outcome, 'refused');
  const stream = await ask(port, fee, { headers: { Accept: 'text/event-stream' } });
  assert.match(stream.text, /event: answer\ndata: .*"outcome":"refused"/);
});

test('a stale answer is gone, too', async (stage) => {
  const { port } = await node(stage, L1, {
    chat: 'assist_hook own.lua; assist_cache_valid 1s; assist_cache_use_stale updating error;' });
  const first = await said(port, fee);
  await sleep(1100);
  assert.deepEqual([await said(port, fee)], [first]);
  const second = await until(async () => {
    const text = await said(port, fee);
    return text !== first && text;
  }, 'updated');
  await sleep(1100);
  await done(port, 'cache/delete', fee, 'one');
  const { json } = await ask(port, fee);
  assert.notEqual(json.answer, second);
  assert.ok(['MISS', 'HIT'].includes(json.cache), json.cache);
});

test('a flight that ends after the event is not kept, nor said', async (stage) => {
  const { port } = await node(stage, L1);
  const slow = { ...fee, question: 'chậm quá' };
  const flight = ask(port, slow);
  await sleep(300);
  const follower = ask(port, slow);
  await sleep(100);
  await done(port, 'cache/delete', slow, 'one');
  const [a, b] = [(await flight).json, (await follower).json];
  assert.deepEqual([a.outcome, b.outcome], ['answered', 'answered']);
  assert.notEqual(a.answer, b.answer);        // it was made after the event
  assert.equal(await said(port, slow), b.answer);
  await done(port, 'cache/delete', slow, 'one');
  const late = [ask(port, slow), ask(port, slow), ask(port, slow)];
  await sleep(300);
  await done(port, 'answer/withdraw', slow, 'one');
  for (const { json } of await Promise.all(late)) {
    assert.equal(json.outcome, 'refused');
  }
});

test('what hooks keep goes with their service', async (stage) => {
  const { port } = await stage.site({ http: L1, hooks: { 'kept.lua': `
    local assist = require "assist"
    return { name = "kept", request = function(ctx)
      ctx:reply(200, (assist.cache.once("k", 60, function()
        return ("%.6f"):format(assist.now())
      end)))
    end }` }, page: 'assist_hook kept.lua;' });
  const at = async (path) => (await get(port, path)).text;
  const [passport, other] = [await at('/ho-chieu/'), await at('/khac')];
  assert.equal(other, passport);
  await done(port, 'cache/purge', { service: '1.001456' }, 'one');
  const anew = await at('/ho-chieu/');
  assert.notEqual(anew, passport);
  assert.equal(await at('/ho-chieu/'), anew);
  assert.equal(await at('/khac'), passport);
  await done(port, 'cache/purge', { all: true }, 'one');
  assert.notEqual(await at('/khac'), passport);
});

for (const [what, http] of [['L1 and L2', L1], ['L2', '']]) {
  test(`two nodes, ${what}: gone on both`, async (stage) => {
    const redis = await stage.redis();
    const other = await stage.elsewhere();
    const conf = `${http} assist_redis ${redis.url};`;
    const [a, b] = [await node(stage, conf, { workers: 2 }),
                    await node(other, conf, { workers: 2 })];
    const both = (question) => Promise.all([a, b].map(async ({ port }) =>
      (await ask(port, question)).json));
    const first = await said(a.port, fee);
    await ask(a.port, time);
    for (const { answer, cache } of await both(fee)) {
      assert.deepEqual([answer, cache], [first, 'HIT']);
    }
    await both(time);
    await done(a.port, 'answer/withdraw', fee, 'all');
    await refused(a.port, fee);
    await until(async () => (await ask(b.port, fee)).json.outcome === 'refused',
                'the other node knows');
    assert.deepEqual((await both(time)).map(({ cache }) => cache),
                     ['HIT', 'HIT']);
    // a node that starts now knows it
    const third = await node(await stage.elsewhere(), conf);
    await until(async () => (await ask(third.port, fee)).json.outcome
                            === 'refused', 'a new node knows', 30000);
    // released and purged elsewhere
    await done(b.port, 'answer/withdraw', { ...fee, release: true }, 'all');
    await done(b.port, 'cache/purge', { service: '1.001456' }, 'all');
    const second = await said(b.port, fee);
    assert.notEqual(second, first);
    const old = (await both(time))[1].answer;
    await until(async () => (await ask(a.port, fee)).json.answer === second,
                'released here');
    assert.equal(await said(a.port, time), old);
  });
}

test('Redis away: here at once, on the others when it is back', async (stage) => {
  const redis = await stage.redis();
  const other = await stage.elsewhere();
  const conf = `${L1} assist_redis ${redis.url};`;
  const [a, b] = [await node(stage, conf), await node(other, conf)];
  await ask(a.port, fee);
  await ask(b.port, fee);
  await redis.kill();
  await done(a.port, 'answer/withdraw', fee, 'later');
  await done(b.port, 'cache/purge', { service: '1.001193' }, 'later');
  await refused(a.port, fee);
  assert.equal(await state(b.port, fee), 'HIT');
  await redis.start();
  await until(async () => (await ask(b.port, fee)).json.outcome === 'refused',
              'the other node knows', 20000);
  // the clock, a question of a service in two languages, a service
  const known = async () => await redis.command('HLEN', 'assist:withdrawn')
                            === '6';
  await until(known, 'Redis knows', 20000);
  await sleep(6000);        // the nodes, too, have read that it knows
  await redis.command('FLUSHALL');
  await until(known, 'Redis knows again', 20000);
  await refused(a.port, fee);
  await refused(b.port, fee);
  await done(b.port, 'answer/withdraw', { ...fee, release: true }, 'all');
  await until(async () => (await ask(a.port, fee)).json.outcome === 'answered',
              'released');
});

test('what Redis has and is not ours changes nothing', async (stage) => {
  const redis = await stage.redis();
  await redis.command('HSET', 'assist:withdrawn', 'clock', '3', 'zz', '1',
                      'all', 'x', '0123456789abcdef', '-4!', '', '5');
  const { nginx, port } = await node(stage, `${L1} assist_redis ${redis.url};`,
                              { level: 'warn' });
  await sleep(1500);
  await ask(port, fee);
  assert.equal(await state(port, fee), 'HIT');
  await redis.command('DEL', 'assist:withdrawn');
  await redis.command('SET', 'assist:withdrawn', 'x');
  await done(port, 'cache/delete', fee, 'later');
  assert.equal(await state(port, fee), 'MISS');
  await until(() => /withdraw cannot be read from redis: WRONGTYPE/
    .test(nginx.log()), 'a line');
});

test('wrong requests are told what is wrong', async (stage) => {
  const { port } = await node(stage);
  const wrong = async (action, body, status, code, word, headers) => {
    const got = await post(port, action, body, headers);
    assert.deepEqual([got.status, got.json.error.code], [status, code],
                     JSON.stringify(body));
    assert.ok(got.json.error.message.includes(word), got.json.error.message);
  };
  await wrong('cache/purge', { all: true }, 403, 'admin_header_missing',
              'X-Assist-Admin: 1', {});
  await wrong('cache/purge', { all: true }, 403, 'admin_header_missing',
              'X-Assist-Admin: 1', { 'X-Assist-Admin': '0' });
  await wrong('cache/purge', '{"all":', 400, 'invalid_json', 'object');
  await wrong('cache/purge', '[]', 400, 'invalid_json', 'object');
  await wrong('cache/purge', {}, 400, 'service_missing', '"all":true');
  await wrong('cache/purge', { all: false }, 400, 'service_missing', 'all');
  await wrong('cache/purge', { all: true, service: '1.001456' }, 400,
              'service_missing', 'all');
  await wrong('cache/purge', { servce: '1' }, 400, 'unknown_member', 'servce');
  await wrong('cache/purge', { question: 'x' }, 400, 'unknown_member', 'all');
  await wrong('cache/purge', { all: 'true' }, 400, 'invalid_member', 'all');
  await wrong('cache/purge', { service: '9.9' }, 400, 'unknown_service', '9.9');
  await wrong('cache/purge', { agency: 'G01' }, 400, 'service_missing',
              'agency');
  await wrong('cache/delete', { service: '1.001456' }, 400, 'question_missing',
              'question');
  await wrong('cache/delete', { question: ' ?! ' }, 400, 'question_missing',
              'question');
  await wrong('cache/delete', { question: 3 }, 400, 'invalid_member',
              'a string');
  await wrong('cache/delete', { ...fee, lang: 'fr' }, 400, 'unknown_lang', 'vi');
  await wrong('cache/delete', { ...fee, release: true }, 400,
              'unknown_member', 'release');
  await wrong('answer/withdraw', { id: 'x.y' }, 400, 'invalid_id', 'id');
  await wrong('answer/withdraw', 'x'.repeat(20000), 413, 'body_too_large',
              '16384');
  const read = await get(port, '/assist-status/cache/purge');
  assert.deepEqual([read.status, read.headers.allow], [405, 'POST']);
  assert.equal((await post(port, 'cache/x', {})).status, 405);
});

test('the command line does all of it, by TCP and a unix socket',
  async (stage) => {
    const sock = stage.path('status.sock');
    const { port } = await node(stage, `${L1} server { listen unix:${sock};
      server_name portal.vn; location /status/ { assist_status; } }
      server { listen unix:${sock} default_server; return 404; }`);
    const url = `http://127.0.0.1:${port}/assist-status/`;
    const cli = async (code, out, ...words) => {
      const got = await assist('cache', ...words);
      assert.equal(got.code, code, got.stderr);
      assert.match(code ? got.stderr : got.stdout, out);
    };
    const one = ['--question', fee.question, '--service', fee.service];
    await ask(port, fee);
    await cli(0, /done on this node, the only one/, 'delete', '--url', url, ...one);
    assert.equal(await state(port, fee), 'MISS');
    await cli(0, /done/, 'withdraw', '--url', url, ...one, '--lang=vi',
              '--agency', 'G01');
    await refused(port, fee);
    await cli(0, /done/, 'release', '--url', url, ...one);
    assert.equal(await state(port, fee), 'MISS');
    const { id } = (await ask(port, fee)).json;
    await cli(0, /done/, 'withdraw', '--url', url.slice(0, -1), '--id', id);
    await refused(port, fee);
    const unix = ['--url', `unix:${sock}:/status/`, '--host', 'portal.vn'];
    await cli(0, /done/, 'release', '--id', id, ...unix);
    assert.deepEqual([await state(port, fee), await state(port, birth)],
                     ['MISS', 'MISS']);
    await cli(0, /done/, 'purge', '--service', '1.001456', ...unix);
    assert.deepEqual([await state(port, fee), await state(port, birth)],
                     ['MISS', 'HIT']);
    await cli(0, /done/, 'purge', 'all', ...unix);
    assert.equal(await state(port, birth), 'MISS');

    await cli(1, /"9\.9" is not in the catalogue/, 'purge', '--service', '9.9', ...unix);
    await cli(1, /status 404/, 'purge', 'all', '--url', `unix:${sock}:/status/`);
    await cli(1, /127\.0\.0\.1:1: Connection refused/, 'purge', 'all',
              '--url', 'http://127.0.0.1:1/');
    await cli(1, /No such file/, 'purge', 'all', '--url', 'unix:/nowhere:/');
    await cli(2, /of this machine, not "http:\/\/example\.vn\//, 'purge', 'all',
              '--url', 'http://example.vn/');
    await cli(2, /--service CODE, or the word "all"/, 'purge', '--url', url);
    await cli(2, /--question TEXT or --id ID/, 'delete', '--url', url);
    await cli(2, /not "drop"/, 'drop');
    await cli(2, /does not take "all"/, 'delete', 'all', ...one);
  });
