// A national catalogue: 5,670 procedures, where the data lie beside the
// project.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ask, assert, get, root, sanitized, site, test } from './harness.mjs';

const folder = process.env.ASSIST_SHARED || path.resolve(root, '../shared');
const file = path.join(folder, 'data/catalog.jsonl.gz');
const skip = !existsSync(file) && `${file} is not there`;
const slow = sanitized ? 5 : 1;

// The data as a catalogue of ours, with made-up details and a path each.
function rows() {
  return gunzipSync(readFileSync(file)).toString().trim().split('\n')
    .map((line) => JSON.parse(line))
    .map(({ code, name, departments }) => ({
      code, name, agency: departments?.[0] ?? '', agency_code: 'H01',
      level: 'full', paths: `/dich-vu/${encodeURIComponent(code)}.html`,
      documents: '- Tờ khai', fee: '10.000 đồng', time: '05 ngày',
      url: `/dich-vu/${code}.html`, updated: '2026-11-01',
    }));
}

const big = site().replace('coverage:2m', 'coverage:64m');
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];

test('nginx -t reads 5,670 rows in under 3 seconds', { skip }, async (stage) => {
  stage.catalogue(rows());
  const started = Date.now();
  const { code, stderr } = await stage.check(big, { portal: '127.0.0.1:9' });
  const ms = Date.now() - started;
  assert.equal(code, 0, stderr);
  assert.ok(ms < 3000 * slow, `${ms} ms`);
});

test('an uncached answer takes under 20 ms, a page is found as fast',
  { skip }, async (stage) => {
    const all = rows();
    stage.catalogue(all);
    const portal = await stage.portal();
    const { port, ports } = await stage.nginx({
      http: big, values: { portal: portal.address } });

    const outcomes = { answered: 0, clarification: 0, unanswerable: 0 };
    const times = [];
    for (let i = 0; i < 60; i++) {
      const { name } = all[(i * 97) % all.length];
      const got = await ask(port, `${name} cần giấy tờ gì ${i}`.slice(0, 500));
      outcomes[got.json.outcome]++;
      times.push(got.ms);
    }
    assert.ok(median(times) < 20 * slow, `${median(times)} ms`);
    assert.ok(outcomes.answered >= 40, JSON.stringify(outcomes));

    const pages = async (at) => {
      const ms = [];
      for (let i = 0; i < 40; i++) {
        ms.push((await get(at, `/dich-vu/${all[i * 100].code}.html`)).ms);
      }
      return median(ms);
    };
    await pages(ports.plain);
    const [without, with_] = [await pages(ports.plain), await pages(port)];
    assert.ok(with_ < without + 5 * slow, `${with_} ms, without ${without} ms`);
  });
