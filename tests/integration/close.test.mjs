// Months that are closed: frozen, checked, and never merged with what comes
// later.

import { createHash, createHmac } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ask, assert, assist, crc32, get, services, test } from './harness.mjs';

const key = '0123456789abcdef0123456789abcdef';

const now = new Date();
const monthOf = (back) =>
  new Date(Date.UTC(now.getFullYear(), now.getMonth() - back, 15))
    .toISOString().slice(0, 7);
const [thisMonth, month] = [monthOf(0), monthOf(1)];

// A log as it would have been on the 15th of last month: times, and all hashes
// that are of them.
function backdate(text) {
  const heads = {};
  let block = '';
  return text.split('\n').slice(0, -1).map((line) => {
    line = line.replace(/"t":"\d{4}-\d\d-\d\d/, `"t":"${month}-15`);
    const event = JSON.parse(line);
    if (event.type === 'block') {
      const prev = heads[event.w] ?? '0'.repeat(64);
      const start = line.replace(/"prev":"\w+"/, `"prev":"${prev}"`);
      const bytes = start.slice(0, start.lastIndexOf(',"hash"'));
      const hash = createHash('sha256').update(block + bytes).digest('hex');
      const mac = createHmac('sha256', key).update(hash).digest('hex');
      heads[event.w] = hash;
      line = `${bytes},"hash":"${hash}","mac":"${mac}","crc":""}`;
      block = '';
    }
    const body = line.slice(0, line.lastIndexOf(',"crc"'));
    line = `${body},"crc":"${crc32(Buffer.from(body))}"}`;
    if (event.type !== 'block') block += `${line}\n`;
    return line;
  }).join('\n') + '\n';
}

// Logs of one nginx and of a second one, both of last month.
async function written(stage) {
  stage.write('key', `${key}\n`);
  const catalogue = { rows: services.map((row) => ({ ...row,
    updated: `${month}-01` })) };
  const logs = [];
  for (const questions of [3, 2]) {
    const { nginx, port } = await stage.site({ ...catalogue, workers: 1,
      http: 'assist_coverage_key key;' });
    for (let i = 0; i < questions; i++) {
      await ask(port, { service: logs.length ? '1.001193' : '1.001456',
                        question: `Lệ phí ${i}?` });
    }
    await nginx.stop();
    const path = stage.path('evidence.log');
    const text = readFileSync(path, 'utf8');
    logs.push(stage.write(`${logs.length}.log`, backdate(text)));
    writeFileSync(path, '');
  }
  return logs;
}

test('a month is closed, checked, and later evidence stands beside it',
  async (stage) => {
    const [first, second] = await written(stage);
    const file = stage.path('closed.json');
    const judged = ['--catalog', stage.path('catalog.csv'), '--key', stage.path('key')];
    const close = (name, ...words) => assist('close', name, ...words, ...judged);

    assert.deepEqual(await assist('verify', first, second, '--key', stage.path('key'))
      .then(({ code, stdout }) => [code, /good$/.test(stdout.trimEnd())]), [0, true]);

    // not yet over, no month, no log
    for (const [words, why] of [
      [[thisMonth, first], /is not over: it can be closed when its last day/],
      [['2026-13', first], /"2026-13" is no month: write 2026-10/],
      [[month], /needs the evidence logs/], [[], /needs a month/]]) {
      const { code, stderr } = await assist('close', ...words, ...judged, '--out', file);
      assert.equal(code, 2);
      assert.match(stderr, why);
    }
    assert.ok(!existsSync(file));

    const made = await close(month, first, '--out', file);
    assert.deepEqual([made.code, made.stderr], [0, '']);
    assert.equal(made.stdout, `${month} is closed: ${file}\n`);
    const closed = JSON.parse(readFileSync(file));
    assert.deepEqual([closed.month, closed.interactions, closed.coverage.period,
                      closed.coverage.measures[0].numerator,
                      closed.coverage.evidence_heads.length,
                      closed.services.services.length],
                     [month, 3, month, 1, 1, 3]);
    assert.match(closed.coverage.files.targets, /^[0-9a-f]{64}$/);
    assert.match(closed.coverage.as_of, RegExp(`^${month}-\\d\\dT23:59:59`));

    // it is closed once
    const again = await close(month, first, '--out', file);
    assert.deepEqual([again.code, /is there already/.test(again.stderr)], [2, true]);

    // alone and with its logs
    for (const logs of [[], [first], [first, second]]) {
      const { code, stdout } = await assist('verify', file, ...logs, '--key', stage.path('key'));
      assert.match(stdout, RegExp(`closed\\.json: ${month}, closed .*, signed: good`));
      assert.equal(code, 0, stdout);
    }
    // its heads are not in other logs
    const other = await assist('verify', file, second, '--key', stage.path('key'));
    assert.equal(other.code, 1);

    // the same evidence: nothing is later
    const report = async (...words) => {
      const { code, stdout, stderr } = await assist('report', ...words, ...judged, '--closed', file);
      assert.deepEqual([code, stderr], [0, '']);
      return stdout;
    };
    let found = JSON.parse(await report(first));
    assert.deepEqual(found.coverage, closed.coverage);
    assert.deepEqual(found.closed, { month, closed_at: closed.closed_at,
      hash: closed.hash, signed: true, interactions: 3, later: 0,
      differences: [], coverage: closed.coverage });

    // a second node's log turns up
    found = JSON.parse(await report(first, second));
    assert.equal(found.coverage.measures[0].numerator, 2);
    assert.equal(found.closed.coverage.measures[0].numerator, 1);
    assert.equal(found.closed.later, 2);
    assert.deepEqual(found.closed.differences, [
      { name: 'fully_online_services_with_ai',
        closed: { numerator: 1, denominator: 2 },
        now: { numerator: 2, denominator: 2 } }]);
    assert.match(await report(first, second, '--format', 'csv'),
                 RegExp(`\n${month},\\S+,fully_online_services_with_ai,1,2\n`));
    assert.match(await report(first, second, '--format', 'md'),
                 /\n\| Fully online public services that apply AI[^|]*\| 1 of 2 \| 2 of 2 \|\n/);
    assert.match(await report(first, second, '--format', 'html'),
                 /<td class="n">1 of 2<\/td><td class="n">2 of 2<\/td>/);

    const twice = await assist('report', first, ...judged, '--closed', file, '--closed', file);
    assert.match(twice.stderr, RegExp(`the month ${month} is given twice`));

    // another month: what a forecast is made from
    found = JSON.parse(await report(first, second, '--as-of', `${thisMonth}-01`));
    assert.equal(found.closed, undefined);
    assert.deepEqual([found.coverage.measures[0].forecast.months,
                      found.coverage.measures[0].forecast.pace], [1, 1]);
  });

test('nginx judges by closed months, and refuses one that was changed',
  async (stage) => {
    const [log] = await written(stage);
    const file = stage.path('closed.json');
    assert.equal((await assist('close', month, log, '--out', file, '--catalog',
      stage.path('catalog.csv'), '--key', stage.path('key'))).code, 0);

    const live = await stage.site({ http: `assist_coverage_key key;
      assist_closed {{dir}}/clos*.json {{dir}}/none-*.json;` });
    await ask(live.port, { service: '1.001456', question: 'Lệ phí?' });
    const { json } = await get(live.port, '/assist-status/coverage.json');
    assert.deepEqual(json.measures[0].history.map((one) =>
      [one.month, one.numerator, one.denominator]), [[month, 1, 2]]);
    assert.deepEqual([json.measures[0].forecast.months,
                      json.measures[0].forecast.pace], [1, 0]);
    await live.nginx.stop();

    const refused = async (files, why, more = '') => {
      const checked = await stage.check(`assist_catalog catalog.csv; ${more}
        assist_closed ${files};`);
      assert.equal(checked.code, 1);
      assert.match(checked.stderr, why);
    };
    stage.write('copy.json', readFileSync(file, 'utf8'));
    await refused('closed.json copy.json',
      RegExp(`closed\\.json" and "\\S+copy\\.json" are both of ${month}, leave out one`));
    stage.write('copy.json', readFileSync(file, 'utf8').replace(
      '"numerator":1', '"numerator":2'));
    await refused('copy.json', /copy\.json": it was changed: its hash does not match/);
    await refused('missing.json', /missing\.json" failed \(2/);
    stage.write('other', `${'f'.repeat(32)}\n`);
    await refused('closed.json', /closed\.json": \S+/,
                  'assist_coverage_key other;');
  });

test('a closed month that was changed, cut off, forged, or not signed',
  async (stage) => {
    const [log] = await written(stage);
    const file = stage.path('closed.json');
    const judged = ['--catalog', stage.path('catalog.csv'), '--out', file];
    assert.equal((await assist('close', month, log, ...judged, '--key',
                               stage.path('key'))).code, 0);
    const text = readFileSync(file, 'utf8');
    const verify = async (changed, ...words) => {
      stage.write('changed.json', changed);
      return assist('verify', stage.path('changed.json'), ...words);
    };
    const signed = ['--key', stage.path('key')];

    const cases = [
      [text.replace('"numerator":1', '"numerator":2'), /changed\.json: it was changed: its hash does not match/],
      [text.slice(0, -100), /it was cut off or changed/],
      [`${text}{}`, /it was cut off or changed/],
      [text.replace(/"hash":"\w{64}","mac"/, `"hash":"${'0'.repeat(64)}","mac"`), /its hash does not match/],
    ];
    for (const [changed, why] of cases) {
      assert.notEqual(changed, text);
      const { code, stdout } = await verify(changed);
      assert.match(stdout, why);
      assert.equal(code, 1);
    }

    // whoever can compute a hash, but has no key
    let body = text.replace('"numerator":1', '"numerator":2');
    body = body.slice(0, body.lastIndexOf(',"hash"'));
    const hash = createHash('sha256').update(body).digest('hex');
    const forged = `${body},"hash":"${hash}","mac":"${'0'.repeat(64)}"}\n`;
    assert.equal((await verify(forged)).code, 0);
    assert.match((await verify(forged, ...signed)).stdout, /it was forged/);
    const bare = `${body},"hash":"${hash}","mac":null}\n`;
    assert.match((await verify(bare)).stdout, /not signed: good/);
    assert.match((await verify(bare, ...signed)).stdout, /it is not signed, though there is a key/);
    stage.write('changed.json', forged);
    const used = await assist('report', log, '--catalog', stage.path('catalog.csv'),
                              ...signed, '--closed', stage.path('changed.json'));
    assert.deepEqual([used.code, /it was forged/.test(used.stderr)], [2, true]);

    // evidence that is not good closes nothing
    const bad = stage.write('bad.log', readFileSync(log, 'utf8').replace('"answered"', '"refused"'));
    const refused = await assist('close', month, bad, '--catalog', stage.path('catalog.csv'),
                                 '--out', stage.path('none.json'));
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /was not closed/);
    assert.ok(!existsSync(stage.path('none.json')));
  });
