// Votes on answers: one for each, counted for its service.

import { ask, assert, figures, readLines, request, services,
         test, until } from './harness.mjs';

const vote = (port, body, headers = {}) =>
  request(port, { method: 'POST', path: '/assist/feedback',
                  headers: { 'Content-Type': 'application/json', ...headers },
                  body: typeof body === 'string' ? body
                                                 : JSON.stringify(body) });

const answer = async (port, question = 'lệ phí hộ chiếu') =>
  (await ask(port, question)).json;

test('a vote is counted once, for its service', async (stage) => {
  const { nginx, port } = await stage.site({ http: 'assist_cache_zone a:1m;' });
  const { id } = await answer(port);
  const voted = await vote(port, { id, useful: true });
  assert.equal(voted.status, 200);
  assert.deepEqual(voted.json, { id, useful: true });
  assert.equal(voted.headers['cache-control'], 'no-store');

  for (const useful of [true, false]) {
    const again = await vote(port, { id, useful });
    assert.equal(again.status, 409);
    assert.equal(again.json.error.code, 'already_voted');
  }

  // a hit is an answer of its own
  const hit = await answer(port);
  assert.equal(hit.cache, 'HIT');
  assert.equal((await vote(port, { id: hit.id, useful: false })).status, 200);

  const row = (await figures(port))['1.001456@G01'];
  assert.deepEqual([row.interactions, row.useful, row.not_useful], [2, 1, 1]);

  await nginx.stop();
  const lines = readLines(stage.path('evidence.log'));
  assert.deepEqual(lines.filter((line) => line.type === 'feedback')
    .map(({ service, useful }) => [service, useful]),
    [['1.001456@G01', true], ['1.001456@G01', false]]);
});

test('an id that we did not give is refused', async (stage) => {
  const { port } = await stage.site();
  const { id } = await answer(port);
  const other = id.replace('1.001456@G01', '1.001193@H29');
  for (const bad of ['', 'x', id.slice(0, 64), id.slice(0, -1), `${id}x`, other,
                     `0${id.slice(1)}`, `${id.slice(0, 63)}g${id.slice(64)}`,
                     id.toUpperCase(), `${'0'.repeat(64)}.1.001456@G01`,
                     `${'0'.repeat(64)}.`, 'é'.repeat(60), '.'.repeat(5000)]) {
    const res = await vote(port, { id: bad, useful: true });
    assert.equal(res.status, 400, bad);
    assert.equal(res.json.error.code, 'unknown_id');
  }
  assert.equal((await vote(port, { id, useful: true })).status, 200);
});

test('what is no vote is refused, and does not use up the id',
     async (stage) => {
  const { port } = await stage.site();
  const { id } = await answer(port);
  for (const [body, status, code] of [
    ['{', 400, 'invalid_json'], ['[]', 400, 'invalid_json'],
    [{}, 400, 'invalid_member'], [{ id }, 400, 'invalid_member'],
    [{ useful: true }, 400, 'invalid_member'],
    [{ id, useful: 'yes' }, 400, 'invalid_member'],
    [{ id, useful: 1 }, 400, 'invalid_member'],
    [{ id: 7, useful: true }, 400, 'invalid_member'],
    [{ id, useful: true, more: 'x'.repeat(20000) }, 413, 'body_too_large']]) {
    const res = await vote(port, body);
    assert.equal(res.status, status, JSON.stringify(body).slice(0, 60));
    assert.equal(res.json.error.code, code);
  }
  assert.equal((await vote(port, { id, useful: true },
                           { 'Content-Type': 'text/plain' })).status, 415);
  assert.equal((await request(port, { path: '/assist/feedback' })).status, 404);
  assert.equal((await vote(port, { id, useful: true })).status, 200);
});

test('a form votes, and gets a page', async (stage) => {
  const { port } = await stage.site();
  const { id } = await answer(port);
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams({ id, useful: 'false', lang: 'en' });
  const page = await vote(port, String(body), headers);
  assert.equal(page.status, 200);
  assert.match(page.headers['content-type'], /^text\/html/);
  assert.match(page.text, /Thank you/);

  const again = await vote(port, String(body), headers);
  assert.equal(again.status, 409);
  assert.match(again.text, /You have told us about this answer before/);
  assert.equal((await figures(port))['1.001456@G01'].not_useful, 1);
});

test('ids and votes outlive a reload, and are all workers\'', async (stage) => {
  const { nginx, port } = await stage.site({ workers: 2 });
  const before = await answer(port);
  const voted = await answer(port);
  assert.equal((await vote(port, { id: voted.id, useful: true })).status, 200);
  await nginx.reload();
  for (let i = 0; i < 10; i++) {
    assert.equal((await vote(port, { id: voted.id, useful: true })).status, 409);
  }
  assert.equal((await vote(port, { id: before.id, useful: true })).status, 200);
  assert.equal((await figures(port))['1.001456@G01'].useful, 2);
});

test('many at once for one answer: one is counted', async (stage) => {
  const { port } = await stage.site({ workers: 2 });
  const { id } = await answer(port);
  const all = await Promise.all(Array.from({ length: 40 },
    () => vote(port, { id, useful: true })));
  assert.equal(all.filter((res) => res.status === 200).length, 1);
  assert.equal((await figures(port))['1.001456@G01'].useful, 1);
});

test('who is excluded votes, but is not counted', async (stage) => {
  const { nginx, port } = await stage.site({
    server: 'assist_exclude $http_x_staff;' });
  const { id } = await answer(port);
  assert.equal((await vote(port, { id, useful: true },
                           { 'X-Staff': '1' })).status, 200);
  assert.equal((await figures(port))['1.001456@G01'].useful, 0);
  await nginx.stop();
  assert.doesNotMatch(stage.read('evidence.log'), /feedback/);
});

test('an answer about no service: the vote has a line, and no counter',
     async (stage) => {
  const { nginx, port } = await stage.site();
  const { id } = await answer(port, 'xyzzy');
  assert.match(id, /\.$/);
  assert.equal((await vote(port, { id, useful: false })).status, 200);
  await nginx.stop();
  const [line] = readLines(stage.path('evidence.log'))
    .filter(({ type }) => type === 'feedback');
  assert.equal(line.service, null);
  assert.equal(line.useful, false);
});

test('without a coverage zone a vote is taken all the same', async (stage) => {
  stage.catalogue(services);
  const { port } = await stage.nginx({ http: `assist_catalog catalog.csv;
    server { listen 127.0.0.1:{{port}}; location /assist/ { assist_chat; } }` });
  const { id } = await answer(port);
  assert.equal((await vote(port, { id, useful: true })).status, 200);
  assert.equal((await vote(port, { id, useful: true })).status, 409);
});

test('with Redis a vote is marked there; without it, here alone',
     async (stage) => {
  const redis = await stage.redis();
  const { nginx, port } = await stage.site({
    http: `assist_redis ${redis.url} timeout=200ms;` });
  const { id } = await answer(port);
  const key = `assist:v:${id.slice(0, 40)}`;
  assert.equal((await vote(port, { id, useful: true })).status, 200);
  assert.equal(await redis.command('GET', key), '1');
  const ttl = Number(await redis.command('TTL', key));
  assert.ok(ttl > 172000 && ttl <= 172800, `${ttl}`);

  // another node, or this one before its restart, had the vote
  const other = await answer(port);
  await redis.command('SET', `assist:v:${other.id.slice(0, 40)}`, '1');
  const again = await vote(port, { id: other.id, useful: true });
  assert.equal(again.status, 409);
  assert.equal(again.json.error.code, 'already_voted');

  const late = await answer(port);
  redis.pause();
  assert.equal((await vote(port, { id: late.id, useful: true })).status, 200);
  redis.resume();

  const third = await answer(port);
  await redis.kill();
  assert.equal((await vote(port, { id: third.id, useful: true })).status, 200);
  assert.equal((await vote(port, { id: third.id, useful: true })).status, 409);
  assert.equal((await figures(port))['1.001456@G01'].useful, 3);
});
