// The figure of past days: its documents, kept beside the state file.

import { existsSync } from 'node:fs';
import { Clock, ask, assert, assist, get, services, test, until } from './harness.mjs';

const at = (port, name) => get(port, `/assist-status/${name}`);
const rows = services.map((row) => ({ ...row, updated: '2026-11-19' }));
const zone = 'coverage:2m state=state/ledger';

// What is kept of a day, when it says that; undefined: nothing yet.
const kept = (stage, day, numerator) => {
  const text = stage.read(`state/ledger.${day}.json`);
  const found = text && JSON.parse(text);
  return found && found.measures[0].numerator === numerator ? found : undefined;
};

const keeps = async (stage, day, numerator) => {
  await until(() => kept(stage, day, numerator), `${day} is kept with ${numerator}`);
  return kept(stage, day, numerator);
};

test('a past day is what it was', async (stage) => {
  const clock = new Clock(stage.folder);
  clock.set('2026-11-20T12:00:00Z');
  const { nginx, port } = await stage.site({ rows, zone, clock, daemon: true });
  await keeps(stage, '2026-11-20', 0);
  await ask(port, { service: '1.001456', question: 'Lệ phí?' });
  clock.set('2026-11-20T12:11:00Z');
  const then = await keeps(stage, '2026-11-20', 1);

  clock.set('2026-11-21T12:00:00Z');
  await keeps(stage, '2026-11-21', 1);
  await ask(port, { service: '1.001193', question: 'Lệ phí?' });
  assert.equal((await at(port, 'coverage.json')).json.measures[0].numerator, 2);
  assert.equal((await at(port, 'coverage.json?as_of=2026-11-21')).json
    .measures[0].numerator, 2);

  const past = 'as_of=2026-11-20';
  const json = await at(port, `coverage.json?${past}`);
  assert.equal(json.headers['content-type'], 'application/json');
  assert.equal(json.headers['cache-control'], 'no-store');
  assert.deepEqual(json.json, then);
  const csv = await at(port, `coverage.csv?${past}`);
  assert.equal(csv.headers['content-type'], 'text/csv; charset=utf-8');
  assert.match(csv.text, RegExp(`\n"?${then.as_of.replace('+', '\\+')}"?,2026-11,measure,`));
  for (const lang of ['', '&lang=en']) {
    const page = await at(port, `?${past}${lang}`);
    assert.equal(page.status, 200, page.text);
    assert.match(page.text, /<p class="ratio"><data value="50\.00">/);
    assert.ok(page.text.includes(`datetime="${then.as_of}"`));
    assert.match(page.text, /href="\.\/method\?(lang=en&amp;)?as_of=2026-11-20"/);
    assert.match(page.text, /href="\.\/coverage\.json\?as_of=2026-11-20"/);
    assert.doesNotMatch(page.text, /services\.json/);
    const method = await at(port, `method?${past}${lang}`);
    assert.ok(method.text.includes(`datetime="${then.as_of}"`));
  }

  // a report from the evidence says the same
  await nginx.end(nginx.pid);
  const { stdout } = await assist('report', stage.path('evidence.log'), '--catalog',
    stage.path('catalog.csv'), '--as-of', then.as_of);
  const { coverage } = JSON.parse(stdout);
  assert.deepEqual([coverage.as_of, coverage.measures, coverage.agencies],
                   [then.as_of, then.measures, then.agencies]);
});

test('what is not kept is said, and what to do', async (stage) => {
  const clock = new Clock(stage.folder);
  clock.set('2026-11-20T12:00:00Z');
  const { port } = await stage.site({ rows, zone, clock, daemon: true });
  await keeps(stage, '2026-11-20', 0);
  for (const [name, status, code, words] of [
    ['coverage.json?as_of=2026-11-19', 404, 'no_snapshot', /no figure of 2026-11-19.*assist report .*--as-of 2026-11-19/],
    ['coverage.csv?as_of=2025-02-01', 404, 'no_snapshot', /state=/],
    ['coverage.json?as_of=2026-11-21', 400, 'bad_day', /"2026-11-21"/],
    ['coverage.json?as_of=19/11/2026', 400, 'bad_day', /such as 2026-11-26/],
    ['coverage.json?as_of=2026-02-30', 400, 'bad_day', /2026-02-30/],
    ['coverage.json?as_of=..%2F..%2Fetc', 400, 'bad_day', /%2F/],
    ['services.json?as_of=2026-11-19', 400, 'no_past', /"services\.json" is of today only.*assist report/],
    ['metrics?as_of=2026-11-19', 400, 'no_past', /metrics/],
  ]) {
    const got = await at(port, name);
    assert.deepEqual([got.status, got.json.error.code], [status, code], name);
    assert.match(got.json.error.message, words);
  }
  for (const [name, status] of [['?as_of=2026-11-19', 404], ['method?as_of=2026-11-19', 404],
                                ['agency/G01?as_of=2026-11-19', 404], ['?as_of=x', 400],
                                ['?as_of=2026-11-21&lang=en', 400]]) {
    const got = await at(port, name);
    assert.equal(got.status, status, name);
    assert.match(got.text, /Không có số liệu của ngày này|no figure of this day/);
    assert.match(got.text, /assist report --as-of/);
  }
  assert.equal((await at(port, '?as_of=')).status, 200);
});

test('without a state file nothing is kept', async (stage) => {
  const { port } = await stage.site({ rows });
  const got = await at(port, 'coverage.json?as_of=2026-01-01');
  assert.deepEqual([got.status, got.json.error.code], [404, 'no_snapshot']);
});

test('what is older than 400 days is removed', async (stage) => {
  const names = ['2025-10-16', '2025-10-15', '2025-09-16', '2025-10-17', '2026-11-19']
    .map((day) => `state/ledger.${day}.json`);
  for (const name of names) stage.write(name, '{}');
  const clock = new Clock(stage.folder);
  clock.set('2026-11-20T12:00:00Z');
  await stage.site({ rows, zone, clock, daemon: true });
  await until(() => !existsSync(stage.path(names[2])), 'old days are removed');
  assert.deepEqual(names.map((name) => existsSync(stage.path(name))),
                   [false, false, false, true, true]);

  // and a clock that steps back stops nothing
  clock.set('2026-11-18T12:00:00Z');
  await keeps(stage, '2026-11-18', 0);
});

test('what other nodes have counted is kept, too', async (stage) => {
  const redis = await stage.redis();
  const there = await stage.elsewhere();
  const clock = new Clock(stage.folder);
  clock.set('2026-11-20T12:00:00Z');
  const other = await there.site({ rows, clock, daemon: true,
    http: `assist_redis ${redis.url}; assist_node b;` });
  const { port } = await stage.site({ rows, zone, clock, daemon: true,
    http: `assist_redis ${redis.url}; assist_node a;` });
  await ask(other.port, { service: '1.001456', question: 'Lệ phí?' });
  await until(async () => (await at(port, 'coverage.json')).json.measures[0].numerator === 1,
    'the other node is known');
  clock.set('2026-11-20T12:11:00Z');
  const { quality } = await keeps(stage, '2026-11-20', 1);
  assert.equal(quality.ledger.nodes, 2);
});
