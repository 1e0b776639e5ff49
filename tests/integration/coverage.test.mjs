// The figure, what moves it, and the evidence for it.

import { renameSync } from 'node:fs';
import http from 'node:http';
import { ask, assert, coverage, figures, get, readEvidence, request, services,
         sleep, test, until } from './harness.mjs';

const L1 = 'assist_cache_zone answers:1m;';
const passport = '1.001456@G01';
const page = '/dich-vu/1.001456.html';
const fee = { service: '1.001456', question: 'Lệ phí là bao nhiêu?' };

// services.json's difference, without what did not change.
function moved(before, after) {
  const changes = {};
  for (const [id, row] of Object.entries(after)) {
    for (const [name, value] of Object.entries(row)) {
      const old = before[id]?.[name];
      if (typeof value === 'number' && typeof old === 'number' && value !== old
          && !/share|latency/.test(name)) {
        (changes[id] ??= {})[name] = value - old;
      }
    }
  }
  return changes;
}

test('two questions move services.json by exactly 2, 2 and 1', async (stage) => {
  const { port } = await stage.site({ http: L1, workers: 2 });
  const before = await figures(port);
  await ask(port, fee);
  await ask(port, fee);
  assert.deepEqual(moved(before, await figures(port)), {
    [passport]: { interactions: 2, answered: 2, cached: 1, sourced: 2,
                  by_catalogue: 2, days: 1 } });
});

test('each outcome is counted under its name', async (stage) => {
  const { port } = await stage.site({
    errors: [/hook own failed/], chat: 'assist_hook own.lua; assist_hook_timeout 50ms;',
    hooks: { 'own.lua': `local assist = require "assist"
      return { name = "own", ask = function(ctx)
        if ctx.question == "error" then error("x") end
        if ctx.question == "timeout" then assist.sleep(9) end
        ctx:say("x") ctx:outcome(ctx.question)
      end }` } });
  const before = await figures(port);
  for (const question of ['answered', 'clarification', 'unanswerable', 'refused',
                          'ungrounded', 'fallback', 'error', 'timeout']) {
    await ask(port, { ...fee, question });
  }
  assert.deepEqual(moved(before, await figures(port)), { [passport]: {
    interactions: 8, answered: 1, clarification: 1, unanswerable: 1, refused: 1,
    ungrounded: 1, fallback: 1, error_hook: 1, error_timeout: 1,
    by_catalogue: 1, days: 1 } });
});

test('HTML pages that a person sees are views, nothing else', async (stage) => {
  const { port } = await stage.site({ rows: [
    { ...services[0], paths: '/dich-vu/' }, ...services.slice(1)] });
  const before = await figures(port);
  for (const options of [
    {}, {},                                                      // 2 views
    { method: 'POST', body: 'a=1' },                             // a view
    { headers: { 'If-None-Match': '"x"' } },                     // a view
    { method: 'HEAD' }, { method: 'PUT', body: 'x' },
  ]) await get(port, page, options);
  await get(port, '/dich-vu/style.css');
  await get(port, '/dich-vu/missing');
  assert.deepEqual(moved(before, await figures(port)),
                   { [passport]: { views: 4 } });
  assert.equal((await coverage(port)).quality.unmatched, 0);
});

test('a page that is not modified is a view when HTML was wanted',
  async (stage) => {
    const { port } = await stage.site({ portal(request, res) {
      res.writeHead(304, { ETag: '"1"' }).end();
    } });
    const before = await figures(port);
    const cached = (Accept) => get(port, page, {
      headers: { Accept, 'If-None-Match': '"1"' } });
    assert.equal((await cached('text/html,*/*')).status, 304);
    await cached('image/avif,*/*');
    assert.deepEqual(moved(before, await figures(port)),
                     { [passport]: { views: 1 } });
  });

test('a hook\'s reply is an interaction and no view', async (stage) => {
  const { port } = await stage.site({ page: 'assist_hook h.lua;',
    hooks: { 'h.lua': `return { name = "h", version = "2", request = function(ctx)
      ctx:reply(200, "<p>x", { ["Content-Type"] = "text/html" })
      ctx:outcome("answered") end }` } });
  const before = await figures(port);
  await get(port, page);
  const { [passport]: row } = moved(before, await figures(port));
  assert.deepEqual([row.interactions, row.answered, row.views], [1, 1, undefined]);
});

test('excluded traffic is counted apart, and leaves no evidence',
  async (stage) => {
    const { nginx, port } = await stage.site({
      http: 'map $http_user_agent $bot { default 0; "~bot" 1; }',
      server: 'assist_exclude $bot $arg_staff;' });
    const before = await figures(port);
    await ask(port, fee, { headers: { 'User-Agent': 'a bot' } });
    await get(port, page, { headers: { 'User-Agent': 'a bot' } });
    await get(port, `${page}?staff=1`);
    assert.deepEqual(moved(before, await figures(port)), {});
    assert.equal((await coverage(port)).quality.excluded, 3);
    await get(port, `${page}?staff=0`);
    assert.deepEqual(moved(before, await figures(port)),
                     { [passport]: { views: 1 } });
    await nginx.stop();
    assert.deepEqual(readEvidence(stage.path('evidence.log')), []);
  });

test('what belongs to no service is unmatched', async (stage) => {
  const { port } = await stage.site();
  const before = await figures(port);
  await get(port, '/about');
  await ask(port, 'thời tiết hôm nay');
  assert.deepEqual(moved(before, await figures(port)), {});
  assert.equal((await coverage(port)).quality.unmatched, 2);
});

test('services of several agencies: found is nobody\'s, named is its own',
  async (stage) => {
    const rows = ['H29', 'H55'].map((agency_code) => ({
      ...services[0], agency_code, paths: `/${agency_code}/` }));
    const { port } = await stage.site({ rows, http: L1 });
    const before = await figures(port);
    await ask(port, 'lệ phí hộ chiếu');                  // unmatched
    await ask(port, 'lệ phí hộ chiếu');                  // from the cache, too
    await ask(port, fee);                                // unmatched
    await ask(port, { ...fee, agency: 'H55' });
    await ask(port, { ...fee, service: '1.001456@H29' });
    await get(port, '/H55/x');
    const changes = moved(before, await figures(port));
    const of = (id) => [changes[id].interactions, changes[id].views];
    assert.deepEqual(of('1.001456@H29'), [1, undefined]);
    assert.deepEqual(of('1.001456@H55'), [1, 1]);
    assert.equal((await coverage(port)).quality.unmatched, 3);
  });

test('a question moves L2, and L3 by the levels file', async (stage) => {
  stage.write('levels.conf', 'l3.interactions = 1\nl3.days = 1\n');
  const yesterday = new Date(Date.now() - 86400000).toISOString().slice(0, 10);
  const { port } = await stage.site({ http: 'assist_levels levels.conf;',
    rows: services.map((row) => ({ ...row, updated: yesterday })) });
  const levels = async () => (await coverage(port)).measures[0].levels;
  assert.deepEqual(await levels(), { L1: 0, L2: 0, L3: 0, L4: 0 });
  await ask(port, fee);
  assert.deepEqual(await levels(), { L1: 0, L2: 1, L3: 1, L4: 0 });
  const [measure] = (await coverage(port)).measures;
  assert.deepEqual([measure.numerator, measure.denominator, measure.ratio],
                   [1, 2, 50]);
});

test('the status endpoint: types, methods, and what is not there',
  async (stage) => {
    const { port } = await stage.site();
    for (const [name, type] of [
      ['coverage.json', 'application/json'], ['services.json', 'application/json'],
      ['coverage.csv', 'text/csv; charset=utf-8'],
      ['services.csv', 'text/csv; charset=utf-8']]) {
      const got = await get(port, `/assist-status/${name}`);
      assert.equal(got.status, 200);
      assert.equal(got.headers['content-type'], type);
      assert.equal(got.headers['cache-control'], 'no-store');
      const head = await get(port, `/assist-status/${name}`, { method: 'HEAD' });
      assert.deepEqual([head.status, head.body.length], [200, 0]);
    }
    const csv = (await get(port, '/assist-status/services.csv')).text;
    assert.equal(csv.trim().split('\n').length, 1 + services.length);
    const post = await request(port, { method: 'POST',
      path: '/assist-status/coverage.json', body: 'x' });
    assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD']);
    const none = await get(port, '/assist-status/none');
    assert.deepEqual([none.status, none.json.error.code], [404, 'not_found']);
  });

test('the evidence: a whole line for each interaction, in order',
  async (stage) => {
    const { nginx, port } = await stage.site({ http: L1, workers: 2 });
    for (const question of [fee, fee, 'thời tiết', { ...fee, question: 'x' }]) {
      await ask(port, question);
    }
    await get(port, page);
    await nginx.stop();
    const events = readEvidence(stage.path('evidence.log'));
    assert.deepEqual(
      events.map((e) => `${e.service} ${e.outcome} ${e.cache}`).sort(), [
        `${passport} answered HIT`, `${passport} answered MISS`,
        `${passport} answered MISS`, 'null unanswerable MISS']);
    for (const event of events) {
      assert.equal(event.v, 1);
      assert.equal(event.type, 'interaction');
      assert.equal(event.kind, 'ask');
      assert.match(event.t, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
      assert.match(event.w, /^[0-9A-Za-z._-]{1,40}$/);
      assert.deepEqual([event.by, event.hook, event.version, event.provider,
                        event.model, event.tokens_in, event.tokens_out,
                        event.disclosed],
        ['catalogue', 'procedures', '1.1', null, 'catalogue', null, null, true]);
      assert.ok(event.ms >= 0 && event.ms < 5000);
    }
  });

test('the evidence holds nothing of the citizen', async (stage) => {
  const { nginx, port } = await stage.site();
  await ask(port, { ...fee, question: 'Tôi là Trần Thị Bưởi, phí thế nào' },
            { path: '/assist/ask?cccd=001099012345',
              headers: { Cookie: 'phien=bi-mat', 'User-Agent': 'trinh-duyet',
                         'X-Forwarded-For': '203.0.113.77' } });
  await nginx.stop();
  const text = stage.read('evidence.log');
  assert.equal(readEvidence(stage.path('evidence.log')).length, 1);
  for (const secret of ['Bưởi', 'phí', '200.000', '001099012345', 'bi-mat',
                        'trinh-duyet', '203.0.113.77', '127.0.0.1']) {
    assert.ok(!text.includes(secret), secret);
  }
});

test('the evidence is flushed in time, and reopened on USR1', async (stage) => {
  const { nginx, port } = await stage.site({ workers: 2 });
  const log = stage.path('evidence.log');
  const old = stage.path('evidence.log.1');
  const total = 60;
  for (let i = 0; i < total; i++) {
    await ask(port, { ...fee, question: `lệ phí ${i}` });
    if (i === 20) {
      renameSync(log, old);
      nginx.reopen();
    }
  }
  await until(() => readEvidence(old, log).length === total, 'lines are flushed');
  const before = readEvidence(old).length;
  assert.ok(before >= 1 && before < total, `${before} lines in the old file`);
  await ask(port, fee);
  await until(() => readEvidence(old, log).length === total + 1, 'the next line');
  assert.equal(readEvidence(old).length, before);
});

test('no line is lost at QUIT, however long flush= is', async (stage) => {
  const { nginx, port } = await stage.site({ workers: 2,
    http: 'assist_redis redis://127.0.0.1:1;' });
  nginx.http = nginx.http.replace('flush=50ms', 'flush=1h');
  await nginx.reload();
  for (let i = 0; i < 30; i++) await ask(port, fee);
  await nginx.stop();
  assert.equal(readEvidence(stage.path('evidence.log')).length, 30);
});

test('evidence that cannot be written is counted as dropped, one line is logged',
  async (stage) => {
    const { nginx, port } = await stage.site({
      errors: [/evidence cannot be written to "\/dev\/full"/] });
    nginx.http = nginx.http.replace('evidence.log', '/dev/full');
    await nginx.reload();
    for (let i = 0; i < 3; i++) {
      await ask(port, fee);
      await until(async () => (await coverage(port)).quality.dropped === i + 1,
                  'lines are dropped');
    }
    assert.equal(nginx.logged(/cannot be written/).length, 1);
    assert.equal((await figures(port))[passport].interactions, 3);
  });

test('assist_coverage_log off keeps a location\'s lines out', async (stage) => {
  const { nginx, port } = await stage.site({ chat: 'assist_coverage_log off;' });
  await ask(port, fee);
  assert.equal((await figures(port))[passport].interactions, 1);
  await nginx.stop();
  assert.deepEqual(readEvidence(stage.path('evidence.log')), []);
});

test('the variables in access_log', async (stage) => {
  const { port } = await stage.site({
    http: `${L1} log_format assist '$assist_service|$assist_agency|$assist_outcome'
      '|$assist_cache_status|$assist_hook|$assist_model|$assist_time';
      map $http_user_agent $bot { default 0; "~bot" 1; }`,
    server: 'access_log {{dir}}/access.log assist; assist_exclude $bot;' });
  await ask(port, fee);
  await ask(port, fee);
  await ask(port, fee, { headers: { 'User-Agent': 'bot' } });
  await get(port, page);
  await get(port, '/about');
  await ask(port, '');
  await until(() => stage.read('access.log').split('\n').length > 6, 'the log');
  assert.deepEqual(
    stage.read('access.log').trim().split('\n')
      .map((line) => line.replace(/\d\.\d{3}$/, 'T')), [
      '1.001456|G01|answered|MISS|procedures|catalogue|T',
      '1.001456|G01|answered|HIT|procedures|catalogue|T',
      '1.001456|G01|excluded|HIT|procedures|catalogue|T',
      '1.001456|G01|-|-|-|-|-', '-|-|-|-|-|-|-', '-|-|-|-|-|-|-']);
});

// Clients that ask and look at pages until told to stop.
function load(port, clients) {
  const state = { on: true, asked: 0, viewed: 0 };
  const all = Array.from({ length: clients }, async (_, client) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; state.on; i++) {
      // a keep-alive connection may be closed by a reload between requests,
      // so that this client opens a new one each time, that one does not
      const options = client % 2 ? { agent: false } : { agent };
      const retried = async (send) => {
        try {
          return await send();
        } catch (error) {
          if (options.agent && error.code === 'ECONNRESET') return send();
          throw error;
        }
      };
      const got = await retried(() => ask(port,
        { ...fee, question: `lệ phí ${i % 50}` }, options));
      assert.equal(got.json.outcome, 'answered');
      state.asked++;
      assert.equal((await retried(() => get(port, page, options))).status, 200);
      state.viewed++;
    }
    agent.destroy();
  });
  state.stop = async () => {
    state.on = false;
    await Promise.all(all);
  };
  return state;
}

test('reloads under load lose no request and no count', async (stage) => {
  const { nginx, port } = await stage.site({
    http: L1, workers: 2, hooks: { 'h.lua': `local assist = require "assist"
      return { name = "h", request = function() assist.sleep(0.005) end }` },
    page: 'assist_hook h.lua;' });
  const clients = load(port, 6);
  try {
    for (let i = 0; i < 4; i++) {
      await sleep(400);
      await nginx.reload();
    }
    await sleep(300);
  } finally {
    await clients.stop();
  }
  assert.ok(clients.asked > 100, `${clients.asked} questions`);
  // a page is counted when it has been sent
  await nginx.oldWorkersGone();
  await until(async () => (await figures(port))[passport].views >= clients.viewed,
              'all views');
  const { [passport]: row } = await figures(port);
  assert.deepEqual([row.interactions, row.answered, row.views],
                   [clients.asked, clients.asked, clients.viewed]);
  await nginx.stop();
  assert.equal(readEvidence(stage.path('evidence.log')).length, clients.asked);
});

test('another catalogue keeps the counts of services that stay', async (stage) => {
  const { nginx, port } = await stage.site({ http: L1 });
  await ask(port, fee);
  await ask(port, { ...fee, service: '1.001193' });
  stage.catalogue([{ ...services[2], paths: '/new/' }, services[0],
                   { code: '3.000001', name: 'Mới', level: 'full' }]);
  await nginx.reload();
  let rows = await figures(port);
  assert.deepEqual(Object.keys(rows), ['2.000815@H29', passport, '3.000001']);
  assert.equal(rows[passport].interactions, 1);
  assert.equal(rows['3.000001'].interactions, 0);
  await ask(port, fee);
  await get(port, '/new/');
  stage.catalogue();
  await nginx.reload();
  rows = await figures(port);
  assert.deepEqual([rows[passport].interactions, rows['1.001193@H29'].interactions,
                    rows['2.000815@H29'].views], [2, 1, 1]);
});

test('a catalogue that the zone has no place for is refused', async (stage) => {
  const { nginx, port } = await stage.site();
  await ask(port, fee);
  stage.catalogue(Array.from({ length: 5000 }, (_, i) => ({
    code: `1.${String(i).padStart(6, '0')}`, name: `Thủ tục ${i}` })));
  const { code, stderr } = await stage.check(nginx.http, nginx.values);
  assert.equal(code, 1);
  assert.match(stderr, /assist_coverage_zone "coverage" is too small/);
  assert.equal((await figures(port))[passport].interactions, 1);
});
