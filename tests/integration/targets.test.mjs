// What the figure is judged by: files of targets, as nginx -t and the status
// endpoint see them.

import { ask, assert, coverage, figures, site, test } from './harness.mjs';

const measure = (figure, name) =>
  figure.measures.find((one) => one.name === name);

// What nginx -t says of one bad line, the second of its file.
for (const [directive, first, line, why] of [
  ['targets', '# ours', 'services = 30', /targets:2: expected "subset date = value"/],
  ['targets', '# ours', 'all 2030-12-31 = 30', /targets:2: unknown subset "all"; known are services, /],
  ['targets', '# ours', 'services 2030-12-31 = 130', /targets:2: a target must be a percentage/],
  ['tasks', 'service,task,unit,deadline', '1.001456,x,y,soon', /tasks:2: deadline "soon" is no date: write 2026-12-31/],
  ['tasks', 'service,task,unit,deadline', '1.001456,,y,', /tasks:2: the task has no text/],
  ['tasks', 'service,task,unit', '1.001456,x,y', /tasks:1: a column "deadline" is missing/],
  ['register', 'measure,name,count,date,document,unit', 'officers,,,2026-01-01,1/BC,A', /register:2: a row of officers needs the count/],
  ['register', 'measure,name,count,date,document,unit', 'staff,,3,2026-01-01,1/BC,A', /register:2: unknown measure "staff"; known are urban_areas, officers and open_data/],
  ['targets', 'services 2030-12-31 = 30', 'services 2029-12-31 = 40', /targets:2: milestones of "services" must be in the order/],
]) {
  test(`assist_${directive}: ${line}`, async (stage) => {
    stage.write(directive, `${first}\n${line}\n`);
    const { code, stderr } = await stage.check(`assist_${directive} ${directive};`);
    assert.match(stderr, why);
    assert.match(stderr, /\[emerg\]/);
    assert.equal(code, 1);
  });
}

test('a target of an agency that the catalogue does not have', async (stage) => {
  stage.catalogue();
  stage.write('targets', '\nagency:H30 2030-12-31 = 50\nagency:H29 2030-12-31 = 50\n');
  const { code, stderr } = await stage.check(
    site({ http: 'assist_targets targets;' }), { portal: '127.0.0.1:9' });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /\[warn\].*assist_targets: line 2 is of the agency "H30", which the catalogue does not have/);
  assert.doesNotMatch(stderr, /H29/);
});

test('measures are of the targets in force, also after a reload', async (stage) => {
  stage.write('targets', 'services 2026-01-01 = 0\nservices 2099-12-31 = 100\nagency:H29 2099-12-31 = 50\n');
  const { nginx, port } = await stage.site({ http: 'assist_targets targets;' });

  let figure = await coverage(port);
  assert.deepEqual(figure.measures.map((one) => one.name), [
    'fully_online_services_with_ai', 'essential_services_with_ai',
    'urban_areas_with_ai', 'officers_trained_in_ai',
    'agencies_with_open_data_for_ai', 'agency:H29']);
  assert.deepEqual(measure(figure, 'fully_online_services_with_ai').milestones.map(
    ({ date, target }) => [date, target]), [['2026-01-01', 0], ['2099-12-31', 100]]);
  assert.equal(measure(figure, 'agency:H29').denominator, 1);

  stage.write('targets', 'agency:G01 2099-12-31 = 50\n');
  await nginx.reload();
  await nginx.oldWorkersGone();
  figure = await coverage(port);
  assert.deepEqual(figure.measures.map((one) => one.name).slice(5), ['agency:G01']);
  assert.equal(measure(figure, 'fully_online_services_with_ai').milestones[1].date,
               '2030-12-31');
});

test('tasks are joined with the evidence', async (stage) => {
  stage.write('tasks', `Mã thủ tục,Mã cơ quan,Nhiệm vụ,Đơn vị chủ trì,Thời hạn
1.001456,G01,Trợ lý hộ chiếu,Phòng QLXNC,01/02/2026
1.001193,H29,Trợ lý khai sinh,Sở Tư pháp,31/12/2099
9.999999,,Không có,,
`);
  const { port, nginx } = await stage.site({ http: 'assist_tasks tasks;' });
  assert.match(nginx.log(), /assist_tasks: 1 tasks are of services or agencies that the catalogue does not have, first in line 4/);

  const before = await coverage(port);
  assert.deepEqual([before.roadmap.declared, before.roadmap.overdue,
                    before.roadmap.remaining], [2, 1, 2]);
  assert.equal(before.roadmap.overdue_tasks[0].unit, 'Phòng QLXNC');
  assert.equal((await figures(port))['1.001456@G01'].overdue, true);

  await ask(port, { service: '1.001456', question: 'Lệ phí?' });
  const after = await coverage(port);
  assert.deepEqual([after.roadmap.overdue, after.roadmap.remaining,
                    after.roadmap.next.map((one) => one.code)],
                   [0, 1, ['1.001193']]);
  const row = (await figures(port))['1.001456@G01'];
  assert.deepEqual([row.evidence, row.unit, row.deadline, row.overdue],
                   [['L1', 'L2'], 'Phòng QLXNC', '2026-02-01', false]);
});

test('the register proves what traffic cannot', async (stage) => {
  stage.write('register', `measure,name,count,total,date,document,unit
officers,,120,,2024-10-01,15/BC-SNV,Sở Nội vụ
officers,,900,,2026-02-01,3/BC-SNV,Sở Nội vụ
open_data,Sở Y tế,,,2026-02-01,8/QĐ,Sở Y tế
open_data,,,20,2024-01-01,1/QĐ,Văn phòng
`);
  const { port } = await stage.site({ http: 'assist_register register;' });
  const figure = await coverage(port);
  const officers = measure(figure, 'officers_trained_in_ai');
  assert.deepEqual([officers.numerator, officers.status,
                    officers.milestones.map((one) => one.status)],
                   [1020, 'met', ['met', 'met']]);
  const data = measure(figure, 'agencies_with_open_data_for_ai');
  assert.deepEqual([data.ratio, data.status, data.milestones[0].status],
                   [5, 'behind', 'not_measured']);
  assert.equal(measure(figure, 'urban_areas_with_ai').status, 'not_measured');
});
