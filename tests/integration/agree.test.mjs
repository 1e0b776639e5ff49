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

// The cells of the page's table with that caption, row by row, as text.
function onPage(page, caption) {
  const [, table] = page.split(`>${caption}</caption>`);
  assert.ok(table, caption);
  const [, rows] = table.split('</table>')[0].split('<tbody>');
  return rows.split('<tr>').slice(1).map((row) => row.split(/<t[hd][^>]*>/)
    .slice(1).map((cell) => cell.replace(/<svg.*?<\/svg>/g, '')
      .replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ').trim()));
}

const percent = (value) => value === null ? '–' : `${value.toFixed(2)} %`;
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

// The page, of nginx or of a report, in English.
function agreePage(live, page) {
  // the headline: the number itself, and how it is written
  const [official] = live.measures;
  const [, number_, shown] = page.match(
    /<p class="ratio"><data value="([\d.]+)">([^<]+)<\/data>/);
  assert.equal(number_, official.ratio.toFixed(2));
  assert.equal(shown.replace('\u00a0', ' '), official.ratio_text);
  assert.ok(page.includes(`>${official.numerator} of ${official.denominator} services<`));
  assert.ok(page.includes(`<data value="${official.target.toFixed(2)}">`));

  // the page's tables
  const [lead] = live.measures;
  assert.deepEqual(onPage(page, 'Fully online services that have reached each level').map(
    ([, ...cells]) => cells), ['L1', 'L2', 'L3', 'L4'].map((level) => [
    grouped(lead.levels[level]), percent(lead.denominator
      ? Math.round(lead.levels[level] * 10000 / lead.denominator) / 100 : null),
    grouped(lead.by.model[level] ?? '–'), grouped(lead.by.catalogue[level] ?? '–'),
    grouped(lead.procedures.any[level]), grouped(lead.procedures.every[level])]));
  const byName = (list) => list.toSorted((a, b) => (a[0] < b[0] ? -1 : 1));
  for (const [caption, list] of [['By agency', live.agencies],
                                 ['By field', live.fields],
                                 ['By province', live.provinces]]) {
    if (list.length === 0) continue;
    assert.deepEqual(byName(onPage(page, caption)), byName(list.map((one) => [
      one.name || one.code || 'None given', grouped(one.denominator),
      grouped(one.numerator), percent(one.ratio),
      `${one.levels.L3}, ${one.levels.L4}`])));
  }
  if (lead.denominator !== lead.denominator_max) {
    assert.ok(page.includes(`${percent(lead.ratio_min)} to ${percent(lead.ratio_max)}`
      .replaceAll(' %', '\u00a0%')), 'the range');
  }
  assert.deepEqual(onPage(page, 'Other measures').map(([, now]) => now),
    live.measures.slice(1).map((one) => one.unit === 'people'
      ? `${one.numerator} people` : `${percent(one.ratio)} ${grouped(one.numerator)} of ${
        grouped(one.denominator)}${one.documents === null ? ' services' : ''}`));
}

// What coverage.json, live, says is what the others say: coverage.csv's rows,
// Prometheus's samples, the page, and services.json's rows.
function agree({ live, csv, metrics, page, rows }) {
  agreePage(live, page);

  // CSV and metrics, measure by measure
  const text = (value) => value === null ? '' : String(value);
  const number = (cell) => cell === '' ? null : Number(cell);
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

  // metrics, by what else has them
  const sum = (name) => rows.reduce((all, row) => all + row[name], 0);
  for (const outcome of ['answered', 'unanswerable', 'error_hook']) {
    assert.equal(metrics[`assist_interactions_total{outcome="${outcome}",by="catalogue"}`]
      + metrics[`assist_interactions_total{outcome="${outcome}",by="model"}`], sum(outcome));
  }
  assert.equal(metrics['assist_interactions_kind_total{kind="ask"}'], sum('interactions'));
  assert.equal(metrics.assist_cached_total, sum('cached'));
  assert.equal(metrics.assist_unmatched_total, live.quality.unmatched);
  assert.equal(metrics['assist_services{level="L3"}'], live.measures[0].levels.L3);
  assert.equal(metrics['assist_services_by{by="catalogue",level="L2"}'],
               live.measures[0].by.catalogue.L2);
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

  agree({ live, csv, metrics, page, rows });
  assert.equal(live.measures[0].ratio_text, '50.00 %');
  assert.equal(live.measures.length, 6);
  assert.equal(live.fields.length, 3);
  assert.equal(metrics.assist_excluded_total, 2);
  assert.equal(metrics['assist_tasks{state="ownerless"}'], 1);
});

// Two nodes and one portal: a procedure at several agencies, one whose rows
// disagree on its level, essential ones, and targets for parts.
test('two nodes, procedures at several agencies, unknown levels: all agree',
     async (stage) => {
  const redis = await stage.redis();
  const yesterday = new Date(Date.now() - 86400000).toISOString().slice(0, 10);
  const row = (code, agency_code, more = {}) => ({ ...services[0], code, paths: '',
    aliases: '', name: `Thủ tục ${code}`, agency_code, agency: `Sở ${agency_code}`,
    field: `Lĩnh vực ${code.at(-1)}`, province: `Tỉnh ${agency_code}`,
    updated: yesterday, ...more });
  const rows = [
    ...['H01', 'H02', 'H03'].map((agency) => row('1.000001', agency, { essential: 1 })),
    ...['H01', 'H02'].map((agency) => row('1.000002', agency)),
    row('1.000003', 'H03', { level: 'partial' }),
    // one case, two levels: unknown, and perhaps full
    ...['full', 'partial'].map((level) => row('1.000004', 'H01', { level, case: 'a' })),
    ...['full', 'partial'].map((level) => row('1.000004', 'H02', { level, case: 'a',
                                                                   essential: 1 })),
  ];
  const files = {
    targets: `essential 2026-01-01 = 10\nessential 2099-12-31 = 100
agency:H01 2099-12-31 = 50\nagency:H03 2026-01-01 = 90\nfield:Lĩnh vực 2 2099-12-31 = 80
province:Tỉnh H02 2099-12-31 = 75\n`,
    levels: 'l3.interactions = 2\nl3.days = 1\nl4.interactions = 3\n',
    tasks: `service,agency,task,unit,deadline
1.000001,,x,A,2026-02-01
,H02,y,B,2099-12-31
`,
  };
  // one worker each: what one has read of the other node another may not yet
  const nodes = [];
  for (const name of ['a', 'b']) {
    const where = await stage.elsewhere();
    for (const [file, text] of Object.entries(files)) where.write(file, text);
    nodes.push({ where, ...await where.site({ rows, http: `
      assist_redis ${redis.url}; assist_node ${name}; assist_targets targets;
      assist_levels levels; assist_tasks tasks;` }) });
  }
  const [a, b] = nodes;
  const asked = async ({ port }, service, times) => {
    for (let i = 0; i < times; i++) await ask(port, { service, question: `Lệ phí ${i}` });
  };
  await asked(a, '1.000001@H01', 2);
  await asked(b, '1.000001@H01', 2);         // L3 only by both together: L4
  await asked(b, '1.000001@H02', 1);
  await asked(a, '1.000002@H01', 1);
  await asked(b, '1.000002@H01', 1);
  await asked(a, '1.000004@H02', 1);
  await asked(b, '1.000003@H03', 1);

  const read = async ({ port }, name) => (await get(port, `/assist-status/${name}`)).text;
  const judged = ({ measures, agencies, fields, provinces, roadmap }) =>
    ({ measures, agencies, fields, provinces,
       roadmap: { ...roadmap, next: roadmap.next.map((one) => ({ ...one, views: null })) } });
  const report = async (as_of, ...more) => {
    const got = await assist('report', ...nodes.map(({ where }) => where.path('evidence.log')),
      '--catalog', a.where.path('catalog.csv'), '--as-of', as_of,
      ...Object.keys(files).flatMap((name) => [`--${name}`, a.where.path(name)]), ...more);
    return more.length ? got.stdout : JSON.parse(got.stdout);
  };
  // what the first one has, the others have too
  const documents = async (node) => ({
    rows: JSON.parse(await read(node, 'services.json')).services,
    live: JSON.parse(await read(node, 'coverage.json')),
    csv: table(await read(node, 'coverage.csv')),
    metrics: samples(await read(node, 'metrics')), page: await read(node, '?lang=en') });

  let one, two;
  await until(async () => {
    [one, two] = [await documents(a), await documents(b)];
    return [one, two].every(({ live, csv, page, rows: all }) =>
      csv.every((line) => line.as_of === live.as_of)
      && page.includes(`datetime="${live.as_of}"`)
      && all.reduce((sum, { interactions }) => sum + interactions, 0) === 9)
      && one.live.as_of === two.live.as_of
      && JSON.stringify(judged((await report(one.live.as_of)).coverage))
         === JSON.stringify(judged(one.live));
  }, 'both nodes and the evidence say the same');

  for (const { live, csv, metrics, page, rows: all } of [one, two]) {
    agree({ live, csv, metrics, page, rows: all });
  }
  const found = await report(one.live.as_of);
  assert.deepEqual(judged(two.live), judged(one.live));
  assert.deepEqual(judged(found.coverage), judged(one.live));
  assert.deepEqual(one.rows, two.rows);
  assert.deepEqual(found.services.services, one.rows.map((each) => ({ ...each, views: null })));

  // and so do a report's other forms
  agreePage(one.live, await report(one.live.as_of, '--format', 'html'));
  assert.deepEqual(table((await report(one.live.as_of, '--format', 'csv')).split('\n\n')[0]),
                   one.csv);
  const md = (await report(one.live.as_of, '--format', 'md')).replaceAll('\u00a0', ' ');
  const { ratio, numerator, denominator } = one.live.measures[0];
  assert.ok(md.includes(`\n\n${percent(ratio)}\n\n${numerator} of ${denominator} services\n`), md);
  for (const each of [...one.live.agencies, ...one.live.fields, ...one.live.provinces]) {
    assert.ok(md.includes(`\n| ${each.name} | ${each.denominator} | ${each.numerator} | ${
      percent(each.ratio)} | ${each.levels.L3}, ${each.levels.L4} |\n`), each.name);
  }

  // and it is what was done
  const [official, essential] = one.live.measures;
  const of = (measure) => [measure.numerator, measure.denominator, measure.denominator_max,
                           measure.ratio, measure.ratio_min, measure.ratio_max];
  assert.deepEqual(of(official), [3, 5, 7, 60, 50, 66.67]);
  assert.deepEqual(of(essential), [2, 3, 4, 66.67, 66.67, 75]);
  assert.deepEqual([official.levels, official.procedures.any, official.procedures.every,
                    official.procedures.denominator],
    [{ L1: 4, L2: 3, L3: 2, L4: 1 }, { L1: 2, L2: 2, L3: 2, L4: 1 },
     { L1: 1, L2: 0, L3: 0, L4: 0 }, 2]);
  const part = (name) => one.live.measures.find((each) => each.name === name);
  assert.deepEqual(['agency:H01', 'agency:H03', 'field:Lĩnh vực 2', 'province:Tỉnh H02']
    .map((name) => [part(name).numerator, part(name).denominator, part(name).status]),
    [[2, 2, 'met'], [0, 1, 'missed'], [1, 2, 'behind'], [1, 2, 'behind']]);
});
