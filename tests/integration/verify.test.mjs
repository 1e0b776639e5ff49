// `assist verify` as an auditor calls it: the logs of two nodes, over a reload
// and a binary upgrade, rotated and packed, in any order; and with a bit changed.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { ask, assert, assist, get, readEvidence, readLines, test, until }
  from './harness.mjs';

const fee = { service: '1.001456', question: 'Lệ phí là bao nhiêu?' };
const key = '0123456789abcdef0123456789abcdef';

function permutations(list) {
  return list.length < 2 ? [list] : list.flatMap((first, i) =>
    permutations(list.toSpliced(i, 1)).map((rest) => [first, ...rest]));
}

// Two nodes' logs, each in two files, the older one of the first packed; the
// heads that were published before nginx ended.
async function logs(stage) {
  const files = [];
  const heads = [];
  for (const name of ['one', 'two']) {
    const where = await stage.elsewhere();
    where.write('key', `${key}\n`);
    const { nginx, port } = await where.site({ workers: 2, daemon: true,
      http: `assist_node ${name}; assist_coverage_key key;` });
    const log = where.path('evidence.log');
    const asked = async (n) => {
      for (let i = 0; i < n; i++) assert.equal((await ask(port, fee)).status, 200);
    };
    await asked(4);
    await nginx.reload();
    await asked(4);
    await until(() => readLines(log).length > 8, 'lines');
    // files are put in order by the second in which they were begun
    const begun = readLines(log)[0].t;
    await until(() => Math.floor(Date.now() / 1000) * 1000 > Date.parse(begun), 'a second');
    renameSync(log, `${log}.1`);
    nginx.reopen();
    await until(() => readFileSync(log, { flag: 'a+' }) && ask(port, fee)
      && readFileSync(log).length, 'the new file');
    await asked(3);
    const old = await nginx.upgrade();
    await asked(3);
    await nginx.end(old);
    heads.push((await get(port, '/assist-status/coverage.json')).json.evidence_heads);
    await nginx.end(nginx.pid);
    files.push(`${log}.1`, log);
  }
  const all = readEvidence(...files).length;
  const packed = `${files[0]}.gz`;
  writeFileSync(packed, gzipSync(readFileSync(files[0])));
  return { files, packed, all, key: stage.write('key', key),
           heads: stage.write('heads', JSON.stringify(heads.map((evidence_heads) =>
             ({ evidence_heads })))) };
}

test('rotated, packed, of two nodes, in any order: good', async (stage) => {
  const { files, packed, all, key, heads } = await logs(stage);
  const said = new Set();
  for (const order of permutations([packed, ...files.slice(1)])) {
    const { code, stdout } = await assist('verify', ...order, '--key', key,
                                          '--heads', heads);
    assert.equal(code, 0, stdout);
    said.add(stdout);
  }
  assert.equal(said.size, 1);
  assert.match([...said][0], /^\d+ lines in \d+ blocks of \d+ chains: good\n$/);

  const catalogue = stage.catalogue();
  const report = await assist('report', packed, ...files.slice(1), '--catalog', catalogue);
  assert.equal(report.stderr, '');
  const { services } = JSON.parse(report.stdout).services;
  assert.equal(services.find((row) => row.code === fee.service).interactions, all);

  // a packed file that is cut off, or changed
  const good = readFileSync(packed);
  for (const [what, bytes] of [['cut', good.subarray(0, good.length - 9)],
    ['cut', good.subarray(0, good.length >> 1)],
    ['changed', Buffer.from(good).fill(good[99] ^ 4, 99, 100)]]) {
    writeFileSync(packed, bytes);
    const { code, stdout } = await assist('verify', packed, ...files.slice(1));
    assert.equal(code, 1, `${what}: ${stdout}`);
    assert.match(stdout, RegExp(`evidence\\.log\\.1\\.gz:\\d+: `), what);
  }
});

test('a bit of any file: its file and line', async (stage) => {
  const { files, key, heads } = await logs(stage);
  let random = 7;
  for (const file of files) {
    const good = readFileSync(file);
    const lines = good.toString().split('\n').length - 1;
    for (let i = 0; i < 8; i++) {
      random = (random * 69069 + 12345) % 2 ** 31;
      const at = random % good.length;
      const bytes = Buffer.from(good);
      bytes[at] ^= 1 << (random >> 8) % 8;
      writeFileSync(file, bytes);
      const line = good.subarray(0, at).toString().split('\n').length;
      const { code, stdout } = await assist('verify', ...files, '--key', key,
                                            '--heads', heads);
      assert.equal(code, 1, `byte ${at} of ${file}`);
      assert.ok(stdout.includes(`${file}:${line}: `),
                `byte ${at}, line ${line} of ${lines}: ${stdout}`);
      assert.match(stdout, / 1 finding\n/);
    }
    writeFileSync(file, good);
  }
});

test('a file that is no evidence log is not good, an empty one is', async (stage) => {
  const [alien, empty] = [stage.write('alien.json', '{"x":1}\n'), stage.write('empty.log', '')];
  stage.catalogue([{ code: '1.000001', name: 'Thủ tục' }]);
  const report = (log) => assist('report', log, '--catalog', stage.path('catalog.csv'));
  const why = /no line of evidence was found, is this an evidence log\?/;
  const verified = await assist('verify', alien);
  assert.match(verified.stdout, why);
  assert.equal(verified.code, 1);
  const reported = await report(alien);
  assert.match(reported.stderr, why);
  assert.equal(reported.code, 1);
  assert.match((await assist('verify', empty)).stdout, /: good\n$/);
  assert.equal((await report(empty)).code, 0);
});
