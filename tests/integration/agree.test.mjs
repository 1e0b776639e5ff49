// One figure: JSON, CSV, the page, Prometheus and the report from the evidence
// agree to the last digit.

import { ask, assert, assist, get, services, test, until } from './harness.mjs';

// The rows of a CSV document as objects; no cell of this test has a comma.
function table(text) {
  const [names, ...rows] = text.trimEnd().split('\n').map(
    (line) => line.split(',').map((cell) => cell.replace(/^"(.*)"$/, '$1')));
  return rows.map((row) => Object.fromEntries(
    row.map((cell, i) => [names[i], cell])));
}

// Prometheus's samples by name and labels; throws where a line is none.
function samples(text) {
  const found = {};
  for (const line of text.trimEnd().split('\n')) {
    if (/^# (HELP|TYPE) assist_\w+ /.test(line)) continue;
    const [, name, number] = line.match(/^(assist_\w+(?:\{[^}]*\})?) ([\d.]+)$/);
    assert.equal(found[name], undefined, name);
    found[name] = Number(number);
  }
  return found;
}

test('all documents of the figure agree', async (stage) => {
  stage.write('targets', `essential 2026-01-01 = 10
essential 2099-12-31 = 100
agency:H29 2099-12-31 = 50
`);
  stage.write('tasks', `service,agency,task,unit,deadline
1.001456,G01,x,A,2026-02-01
,H29,y,,2026-02-01
`);
  stage.write('register', `measure,name,count,total,date,document,unit
officers,,120,,2024-10-01,15/BC,B
open_data,C,,,2026-02-01,8/Q,C
open_data,,,7,2024-01-01,1/Q,D
`);
  stage.write('levels', 'l3.interactions = 2\nl3.days = 1\n');
  const yesterday = new Date(Date.now() - 86400000).toISOString().slice(0, 10);
  const { nginx, port } = await stage.site({ workers: 2,
    http: `assist_targets targets; assist_tasks tasks; assist_levels levels;
           assist_register register;`,
    server: 'assist_exclude $arg_staff;',
    rows: [...services.map((row) => ({ ...row, updated: yesterday,
                                       field: `Lĩnh vực ${row.agency_code}` })),
           ...['1.000009', '1.000010'].map((code) => ({ ...services[0], code,
             name: `Thủ tục ${code}`, essential: 1, paths: '', updated: '' }))],
  });
  const log = stage.path('evidence.log');
  for (let i = 0; i < 5; i++) {
    await ask(port, { service: '1.001456', question: `Lệ phí ${i % 2}` });
    await ask(port, { service: '1.001193', question: 'xin chào' },
              { path: i % 2 ? '/assist/ask?staff=1' : '/assist/ask' });
    await ask(port, 'thời tiết hôm nay');
  }

  const read = async (name) => (await get(port, `/assist-status/${name}`)).text;
  const report = async (as_of) => assist('report', log, '--catalog',
    stage.path('catalog.csv'), '--as-of', as_of, ...['levels', 'targets',
      'tasks', 'register'].flatMap((name) => [`--${name}`, stage.path(name)]));

  let live, csv, metrics, rows, page;
  await until(async () => {
    live = JSON.parse(await read('coverage.json'));
    [csv, rows, metrics] = [table(await read('coverage.csv')),
      JSON.parse(await read('services.json')).services,
      samples(await read('metrics'))];
    page = await read('?lang=en');
    const { coverage } = JSON.parse((await report(live.as_of)).stdout);
    const written = ({ evidence_heads: heads, quality }) => JSON.stringify([heads, quality]);
    return csv.every((row) => row.as_of === live.as_of)
      && page.includes(`datetime="${live.as_of}"`)
      && written(coverage) === written(live);
  }, 'documents of one second, and their evidence');
  await nginx.stop();

  // the report from the evidence
  const { code, stdout, stderr } = await report(live.as_of);
  assert.deepEqual([code, stderr], [0, '']);
  const found = JSON.parse(stdout);
  for (const one of live.roadmap.next) one.views = null;
  assert.deepEqual(found.coverage, { ...live,
    evidence_heads: found.coverage.evidence_heads });
  assert.equal(live.roadmap.next.length, 2);
  assert.equal(live.roadmap.overdue, 0);
  assert.equal(live.measures[0].numerator, 2);

  // the headline: the number itself, and how it is written
  const [official] = live.measures;
  const [, number_, shown] = page.match(
    /<p class="ratio"><data value="([\d.]+)">([^<]+)<\/data>/);
  assert.equal(number_, official.ratio.toFixed(2));
  assert.equal(shown.replace('\u00a0', ' '), official.ratio_text);
  assert.equal(shown, '50.00\u00a0%');
  assert.ok(page.includes(`>${official.numerator} of ${official.denominator} services<`));
  assert.ok(page.includes(`<data value="${official.target.toFixed(2)}">`));

  // CSV and metrics, measure by measure
  const text = (value) => value === null ? '' : String(value);
  const number = (cell) => cell === '' ? null : Number(cell);
  assert.equal(live.measures.length, 6);
  for (const one of live.measures) {
    const row = csv.find(({ type, code: name }) => type === 'measure' && name === one.name);
    for (const name of ['numerator', 'denominator', 'denominator_min',
                        'denominator_max', 'ratio', 'ratio_min', 'ratio_max',
                        'target', 'gap', 'needed', 'needed_per_month', 'documents']) {
      assert.equal(number(row[name]), one[name], `${one.name} ${name}`);
    }
    assert.deepEqual([row.ratio_text, row.status], [one.ratio_text, text(one.status)]);
    for (const level of ['L1', 'L2', 'L3', 'L4']) {
      assert.equal(number(row[level]), one.levels ? one.levels[level] : null);
    }

    const sample = (name) => metrics[`assist_coverage_${name}{measure="${one.name}"}`];
    const share = (value) => value === null || one.unit === 'people'
      ? undefined : Number((value / 100).toFixed(4));
    assert.equal(sample('numerator'), one.numerator);
    assert.equal(sample('denominator'), one.denominator ?? undefined);
    assert.equal(sample('ratio'), share(one.ratio));
    assert.equal(sample('target_ratio'), share(one.target));
    assert.equal(sample('needed'), one.needed ?? undefined);
  }
  for (const [kind, list] of [['agency', live.agencies], ['field', live.fields],
                              ['province', live.provinces]]) {
    const of = csv.filter(({ type }) => type === kind);
    assert.deepEqual(of.map((row) => [row.name, row.denominator, row.numerator, number(row.ratio)]),
      list.map((one) => [one.name, text(one.denominator), text(one.numerator), one.ratio]));
  }
  assert.equal(live.fields.length, 3);

  // metrics, by what else has them
  const sum = (name) => rows.reduce((all, row) => all + row[name], 0);
  for (const outcome of ['answered', 'unanswerable', 'error_hook']) {
    assert.equal(metrics[`assist_interactions_total{outcome="${outcome}",by="catalogue"}`]
      + metrics[`assist_interactions_total{outcome="${outcome}",by="model"}`], sum(outcome));
  }
  assert.equal(metrics['assist_interactions_kind_total{kind="ask"}'], sum('interactions'));
  assert.equal(metrics.assist_cached_total, sum('cached'));
  assert.equal(metrics.assist_unmatched_total, live.quality.unmatched);
  assert.equal(metrics.assist_excluded_total, 2);
  assert.equal(metrics['assist_services{level="L3"}'], live.measures[0].levels.L3);
  assert.equal(metrics['assist_services_by{by="catalogue",level="L2"}'],
               live.measures[0].by.catalogue.L2);
  assert.equal(metrics['assist_tasks{state="ownerless"}'], 1);
});
