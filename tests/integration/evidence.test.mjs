// The evidence log as a chain of blocks: what nginx writes is whole, what
// somebody changed is found.

import { createHash, createHmac } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { ask, assert, assist, coverage, crc32, get, readEvidence, readLines,
         services, test, until } from './harness.mjs';

const key = '0123456789abcdef0123456789abcdef';
const fee = { service: '1.001456', question: 'Lệ phí là bao nhiêu?' };
const L1 = 'assist_cache_zone answers:1m;';

// A line's CRC, as nginx makes it.
const seal = (line) => {
  const body = line.slice(0, line.lastIndexOf(',"crc"'));
  return `${body},"crc":"${crc32(Buffer.from(body))}"}`;
};

const sha = (text) => createHash('sha256').update(text).digest('hex');

// The blocks of a log: lists of lines.
function blocks(text) {
  const all = [[]];
  for (const line of text.split('\n').slice(0, -1)) {
    all.at(-1).push(line);
    if (JSON.parse(line).type === 'block') all.push([]);
  }
  assert.deepEqual(all.pop(), []);
  return all;
}

// Makes a block's hash right again, but not its mac.
function rehash(lines) {
  const bytes = `${lines.join('\n')}`;
  const cut = bytes.lastIndexOf(',"hash":"');
  const hash = sha(bytes.slice(0, cut));
  const last = lines.at(-1).replace(/"hash":"[0-9a-f]+"/, `"hash":"${hash}"`);
  return [...lines.slice(0, -1), seal(last)];
}

// A log that was written by two workers over a reload and a rotation.
async function written(stage, http = '') {
  stage.write('key', `${key}\n`);
  const { nginx, port } = await stage.site({ workers: 2,
    http: `${L1} assist_coverage_key key; ${http}` });
  const log = stage.path('evidence.log');
  const asked = async (n) => {
    for (let i = 0; i < n; i++) await ask(port, fee);
    return (await coverage(port)).evidence_heads;
  };
  await asked(6);
  await nginx.reload();
  await nginx.oldWorkersGone();
  await asked(6);
  // files are put in order by the second in which they were begun
  const begun = readLines(log)[0].t.slice(17, 19);
  await until(() => new Date().toISOString().slice(17, 19) !== begun, 'a second');
  renameSync(log, `${log}.1`);
  nginx.reopen();
  await until(() => readFileSync(log, { flag: 'a+' }) && ask(port, fee), 'x');
  await asked(6);
  await until(() => readEvidence(`${log}.1`, log).length === 19, 'the lines');
  return { nginx, port, log, old: `${log}.1` };
}

test('what nginx writes is good: two workers, a reload, a rotation, a restart',
  async (stage) => {
    const { nginx, log, old } = await written(stage);
    await nginx.stop();
    const { code, stdout } = await assist('verify', old, log,
      '--key', stage.path('key'));
    assert.deepEqual([code, stdout.split('\n').length], [0, 2], stdout);
    assert.match(stdout, /^\d+ lines in \d+ blocks of 4 chains: good\n$/);
    assert.equal((await assist('verify', log, old)).code, 0);

    // as anybody would check it
    const heads = {};
    for (const lines of blocks(readFileSync(old, 'utf8')
                               + readFileSync(log, 'utf8'))) {
      const block = JSON.parse(lines.at(-1));
      const bytes = lines.join('\n');
      assert.equal(block.prev, heads[block.w] ?? '0'.repeat(64));
      assert.equal(block.hash, sha(bytes.slice(0, bytes.lastIndexOf(',"hash"'))));
      assert.equal(block.mac, createHmac('sha256', key).update(block.hash)
        .digest('hex'));
      heads[block.w] = block.hash;
    }
    const configs = readLines(old, log).filter((e) => e.type === 'config');
    assert.equal(configs.length, 4);
    assert.equal(configs[0].catalogue, sha(stage.read('catalog.csv')));
    assert.match(configs[0].levels, /^[0-9a-f]{64}$/);
    const quoted = configs.slice(2).map((e) => e.after.map((head) => head.w));
    for (const { w } of configs.slice(0, 2)) {
      assert.ok(quoted.every((list) => list.includes(w)), `${w} is quoted`);
    }
  });

test('what somebody did to a log is found, with file and line', async (stage) => {
  const { nginx, port, log, old } = await written(stage);
  await until(async () => {
    // heads that go with the log, for the next block may come at any time
    writeFileSync(stage.path('heads'), (await get(port,
      '/assist-status/coverage.json')).body);
    const heads = JSON.parse(stage.read('heads')).evidence_heads;
    const text = stage.read('evidence.log.1') + stage.read('evidence.log');
    return heads.every(({ hash }) => text.includes(hash));
  }, 'heads');
  await nginx.stop();

  const good = readFileSync(log, 'utf8');
  const goodOld = readFileSync(old, 'utf8');
  const verify = async (...options) => assist('verify', old, log, ...options);
  const lines = goodOld.split('\n').slice(0, -1);
  const type = (line) => JSON.parse(line).type;
  // the first interaction that another one follows or a block ends
  const at = lines.findIndex((line) => type(line) === 'interaction');

  const change = async (what, edited, pattern) => {
    writeFileSync(old, edited.join('\n') + '\n');
    const { code, stdout } = await verify('--heads', stage.path('heads'));
    assert.match(stdout, pattern, what);
    assert.equal(code, 1, `${what}\n${stdout}`);
    assert.ok(/^\d+ lines .* (1|2) findings?\n/m.test(stdout), `${what}\n${stdout}`);
    writeFileSync(old, goodOld);
  };
  const named = (line) => RegExp(`evidence\\.log\\.1:${line}: `);

  for (const at of [5, 40, 100, lines[0].length - 1]) {
    await change(`byte ${at}`, [lines[0].slice(0, at) + '~'
      + lines[0].slice(at + 1), ...lines.slice(1)], named(1));
  }
  for (const [i, line] of lines.entries()) {
    const middle = line.length >> 1;
    await change(`a byte of line ${i + 1}`, lines.with(i,
      line.slice(0, middle) + '~' + line.slice(middle + 1)), named(i + 1));
    await change(`line ${i + 1} removed`, lines.toSpliced(i, 1),
                 /evidence\.log(\.1)?:\d+: /);
  }
  await change('swapped', lines.toSpliced(at, 2, lines[at + 1], lines[at]),
               named(at + 1));
  await change('repeated', lines.toSpliced(at, 0, lines[at]), named(at + 2));
  await change('changed with its CRC',
    lines.with(at, seal(lines[at].replace('"ms":', '"ms":1'))),
    /evidence\.log\.1:\d+: the block .* was changed/);

  // who can hash, but has no key
  const all = blocks(goodOld);
  const n = all.findIndex((block) => block.includes(lines[at]));
  all[n] = rehash(all[n].map((line) => line === lines[at]
    ? seal(line.replace('"answered"', '"fallback"')) : line));
  writeFileSync(old, all.flat().join('\n') + '\n');
  const forged = await verify('--key', stage.path('key'));
  assert.equal(forged.code, 1);
  const first = all.slice(0, n).flat().length + 1;
  assert.match(forged.stdout, RegExp(`evidence\\.log\\.1:${first}: the block .* `
    + 'signed with another key, or forged'));
  writeFileSync(old, goodOld);

  // the tail: nothing in the files tells, the published heads do
  const tail = blocks(good).slice(0, -3).flat();
  writeFileSync(log, tail.join('\n') + '\n');
  assert.equal((await verify()).code, 0);
  const cut = await verify('--heads', stage.path('heads'));
  assert.equal(cut.code, 1);
  assert.match(cut.stdout, /evidence\.log(\.1)?:\d+: .* was cut off after this line/);
  writeFileSync(log, good);
  assert.equal((await verify('--heads', stage.path('heads'))).code, 0);

  // a part: what was before it is missed, or known
  assert.match((await assist('verify', log)).stdout, /before is in none of/);
});

test('a crash is a note: a killed worker, a torn last line', async (stage) => {
  const { nginx, port } = await stage.site({ http: L1 });
  const log = stage.path('evidence.log');
  await ask(port, fee);
  await until(() => readEvidence(log).length === 1, 'a line');
  await nginx.stop();
  const good = readFileSync(log, 'utf8');
  const whole = await assist('verify', log);
  assert.deepEqual([whole.code, /note/.test(whole.stdout)], [0, false]);

  writeFileSync(log, good.slice(0, -10));
  const torn = await assist('verify', log);
  assert.equal(torn.code, 0, torn.stdout);
  assert.match(torn.stdout, /^note: .*evidence\.log:\d+: .*ended by a crash.*torn/);

  // the next life's lines follow the torn one in its line
  const again = await stage.nginx({ http: nginx.http, values: nginx.values });
  await ask(again.port, fee);
  await again.stop();
  const after = await assist('verify', log);
  assert.equal(after.code, 0, after.stdout);
  assert.match(after.stdout, /ended by a crash/);
  assert.equal(readFileSync(log, 'utf8').startsWith(good.slice(0, -10)), true);
});

test('a restart: the new chains quote the heads at the log\'s end',
  async (stage) => {
    const { nginx, port } = await stage.site({ http: L1, workers: 2 });
    const log = stage.path('evidence.log');
    await ask(port, fee);
    // a worker that starts when the other one is over quotes its last head
    await until(() => readLines(log).filter((line) => line.type === 'config')
      .length === 2, 'both chains');
    await nginx.stop();
    const before = readFileSync(log, 'utf8');
    const again = await stage.nginx({ http: nginx.http, values: nginx.values });
    await ask(again.port, fee);
    const { evidence_heads: heads } = await coverage(again.port);
    assert.ok(heads.length < 2, JSON.stringify(heads));
    await again.stop();

    const writers = new Set(readLines(log).map((line) => line.w));
    assert.equal(writers.size, 3);
    const config = readLines(log).filter((line) => line.type === 'config').at(-1);
    assert.deepEqual(config.after.map((head) => head.w).sort(),
                     [...writers].slice(0, 2).sort());
    assert.equal((await assist('verify', log)).code, 0);

    // so a cut is found without any head that was kept
    const last = before.lastIndexOf('\n', before.length - 2) + 1;
    writeFileSync(log, before.slice(0, last)
                       + readFileSync(log, 'utf8').slice(before.length));
    const { code, stdout } = await assist('verify', log);
    assert.equal(code, 1, stdout);
    assert.match(stdout, /evidence\.log:\d+: .* was cut off after this line: its head of line \d+ was quoted/);
  });

test('a full disk: lines are counted, the next block says how many',
  async (stage) => {
    const { nginx, port } = await stage.site({ http: L1,
      errors: [/evidence cannot be written/] });
    nginx.http = nginx.http.replace('evidence.log', '/dev/full');
    await nginx.reload();
    await ask(port, fee);
    await until(async () => (await coverage(port)).quality.dropped === 1, 'drop');
    nginx.http = nginx.http.replace('/dev/full', 'evidence.log');
    await nginx.reload();
    await ask(port, fee);
    await nginx.stop();
    const { code, stdout } = await assist('verify', stage.path('evidence.log'));
    assert.equal(code, 0, stdout);
  });

test('a key that is none is refused', async (stage) => {
  const { nginx } = await stage.site();
  stage.write('short', 'too short\n');
  for (const [name, pattern] of [
    ['short', /the key in ".*short" has 9 bytes, it must have 32 to 4096/],
    ['missing', /"[^"]*missing" failed/]]) {
    const { code, stderr } = await stage.check(
      `assist_coverage_key ${name}; ${nginx.http}`, nginx.values);
    assert.equal(code, 1);
    assert.match(stderr, pattern);
  }
});

test('assist verify: usage', async (stage) => {
  const log = stage.write('e.log', '');
  const heads = stage.write('heads', '{}');
  for (const words of [[], [stage.path('none')], [log, '--key', heads],
                       [log, '--heads', heads], [log, '--what', 'x']]) {
    const { code, stderr } = await assist('verify', ...words);
    assert.equal(code, 2);
    assert.match(stderr, /^assist: /);
  }
  assert.equal((await assist('verify', log)).code, 0);
});

test('assist report: the same figure as nginx, to the last digit',
  async (stage) => {
    stage.write('levels.conf', 'l3.interactions = 2\nl3.days = 1\n');
    const yesterday = new Date(Date.now() - 86400000).toISOString().slice(0, 10);
    const { nginx, port } = await stage.site({ workers: 2,
      http: `${L1} assist_levels levels.conf;`, errors: [/hook own failed/],
      server: 'assist_exclude $arg_staff;',
      rows: services.map((row) => ({ ...row, updated: yesterday })),
      page: 'assist_hook own.lua;',
      hooks: { 'own.lua': `return { name = "own", request = function(ctx)
        if ctx.request.args.fail then error("x") end
        if ctx.request.args.help then
          ctx:reply(200, "<p>x", { ["Content-Type"] = "text/html" })
          ctx:outcome("answered")
        end
      end }` } });
    const log = stage.path('evidence.log');
    const page = '/dich-vu/1.001456.html';
    const report = async (as_of, format, ...options) => assist('report', log,
      '--catalog', stage.path('catalog.csv'), '--levels',
      stage.path('levels.conf'), '--as-of', as_of, '--format', format, ...options);

    for (let i = 0; i < 9; i++) {
      await ask(port, { ...fee, question: `Lệ phí ${i % 4}` });
      await ask(port, 'thời tiết hôm nay');
      await ask(port, { ...fee, service: '1.001193' });
      await ask(port, fee, { path: '/assist/ask?staff=1' });
      await get(port, `${page}?help=1`);
      await get(port, `${page}?fail=1`);
      await get(port, page);
      await get(port, '/about');
      if (i === 4) await nginx.reload();
    }
    await nginx.oldWorkersGone();

    const document = async (name) =>
      (await get(port, `/assist-status/${name}`)).json;
    await until(async () => {
      const { evidence_heads: live } = await document('coverage.json');
      const { stdout } = await report(new Date().toISOString().slice(0, 19)
        + '+00:00', 'json');
      const { evidence_heads: found } = JSON.parse(stdout).coverage;
      return JSON.stringify(live) === JSON.stringify(found);
    }, 'the same heads');

    let live;
    do {
      live = { coverage: await document('coverage.json'),
               services: await document('services.json') };
    } while (live.coverage.as_of !== live.services.as_of);
    await nginx.stop();

    const { code, stdout, stderr } = await report(live.coverage.as_of, 'json');
    assert.deepEqual([code, stderr], [0, '']);
    const found = JSON.parse(stdout);
    assert.equal(found.coverage.evidence_heads.length, 4);
    live.coverage.evidence_heads = found.coverage.evidence_heads;
    assert.ok(live.services.services.some((row) => row.views > 0));
    for (const row of live.services.services) row.views = null;
    assert.deepEqual(found, live);
    assert.equal(live.coverage.measures[0].levels.L3, 2);
    assert.deepEqual([live.coverage.quality.excluded,
                      live.coverage.quality.unmatched], [9, 18]);

    const csv = await report(live.coverage.as_of, 'csv');
    assert.match(csv.stdout, /^as_of,period,.*\n(.*\n)+\ncode,name,/);
    const ratio = live.coverage.measures[0].ratio_text;
    const md = (await report(live.coverage.as_of, 'md')).stdout;
    assert.match(md, RegExp(`^# AI coverage.*(\n.*)*${ratio.replace(' ', '\u00a0')}\n\n2 of 2 services`));
    const html = (await report(live.coverage.as_of, 'html')).stdout;
    assert.match(html, RegExp(`<p class="ratio"><data value="${parseFloat(ratio).toFixed(2)}">`));

    // before it all, nothing had been asked
    const past = await report('2026-01-31', 'json');
    const { coverage: old } = JSON.parse(past.stdout);
    assert.deepEqual([old.period, old.measures[0].levels.L3,
                      old.quality.excluded], ['2026-01', 0, 0]);

    // what no block seals does not count
    const text = readFileSync(log, 'utf8').split('\n');
    const at = text.findIndex((line, i) => line.includes('"interaction"')
      && text[i + 1].includes('"interaction"'));
    writeFileSync(log, text.with(at, text[at].replace('"ms":', '"ms":9'))
      .join('\n'));
    const bad = await report(live.coverage.as_of, 'json');
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /lines were not counted: their block has no end, or was changed/);
    assert.match(bad.stderr, /the evidence is not good \(findings: 1\): run "assist verify"/);
    assert.ok(JSON.parse(bad.stdout).services.services[0].interactions
              < live.services.services[0].interactions);

    for (const options of [[], ['--catalog', 'none'],
      ['--catalog', stage.path('catalog.csv'), '--format', 'xml'],
      ['--catalog', stage.path('catalog.csv'), '--as-of', '2026-02-30'],
      ['--catalog', stage.path('catalog.csv'), '--levels', log]]) {
      const wrong = await assist('report', log, ...options);
      assert.equal(wrong.code, 2, options.join(' '));
      assert.match(wrong.stderr, /^assist: /);
    }
  });
