// The dashboard in a browser without JavaScript, and on paper.

import path from 'node:path';
import { ask, assist, out, services } from '../integration/harness.mjs';
import { accessible, assert, pictures, picture, test } from './browser.mjs';

const at = (port, name) => `http://127.0.0.1:${port}/assist-status/${name}`;

const yesterday = new Date(Date.now() - 86400000).toISOString().slice(0, 10);

// A province with three agencies, some of whose services are without AI.
const rows = [
  ...services.map((row) => ({ ...row, updated: yesterday, field: 'Hộ tịch' })),
  ...[...Array(12).keys()].map((i) => ({
    ...services[0], code: `1.00020${String(i).padStart(2, '0')}`.slice(0, 8),
    name: `Thủ tục cấp giấy chứng nhận đăng ký kinh doanh cho hộ gia đình số ${i}`,
    aliases: '', agency_code: i % 2 ? 'H29' : 'G12', paths: '', essential: i < 3,
    agency: i % 2 ? 'Sở Tư pháp' : 'Sở Tài chính tỉnh Mẫu, Phòng Đăng ký kinh doanh',
    field: i % 2 ? 'Hộ tịch' : 'Thành lập và hoạt động doanh nghiệp',
    updated: yesterday })),
];

async function stand(stage) {
  stage.write('targets', `essential 2026-01-01 = 40
essential 2030-12-31 = 100
agency:H29 2027-12-31 = 80
`);
  stage.write('tasks', `service,agency,task,unit,deadline
1.001456,G01,Trợ lý hộ chiếu,Phòng Quản lý xuất nhập cảnh,2026-02-01
,H29,Trợ lý cho các thủ tục hộ tịch,Sở Tư pháp,2026-03-31
,G12,Trợ lý đăng ký kinh doanh,,
`);
  stage.write('register', `measure,name,count,total,date,document,unit
officers,,120,,2024-10-01,15/BC,Sở Nội vụ
open_data,Sở Y tế,,,2026-02-01,8/QĐ,Sở Y tế
open_data,,,20,2024-01-01,1/QĐ,Văn phòng
`);
  stage.write('levels', 'l3.interactions = 2\nl3.days = 1\n');
  const { port } = await stage.site({ rows, http: `assist_targets targets;
    assist_tasks tasks; assist_register register; assist_levels levels;` });
  for (const question of ['Lệ phí?', 'Giấy tờ?', 'Bao lâu?']) {
    await ask(port, { service: '1.001456', question });
  }
  await ask(port, { service: '1.001193', question: 'Lệ phí?' });
  return port;
}

// The same from the evidence, as a file.
async function report(stage, lang) {
  const words = (file) => [`--${file}`, stage.path(file)];
  const { code, stdout, stderr } = await assist('report', stage.path('evidence.log'),
    '--catalog', stage.path('catalog.csv'), '--format', 'html', '--lang', lang,
    ...['targets', 'tasks', 'register', 'levels'].flatMap(words));
  assert.deepEqual([code, stderr], [0, '']);
  return `file://${stage.write(`report-${lang}.html`, stdout)}`;
}

const print = (page, name) => page.pdf({ format: 'A4', printBackground: true,
  preferCSSPageSize: true, path: path.join(out, 'screenshots', `${name}.pdf`) });

const PAGES = [['overview', ''], ['agency', 'agency/H29'],
               ['service', 'service/1.001456@G01'], ['method', 'method'],
               ['missing', 'service/9.999999']];

for (const [name, address] of PAGES) {
  test(`${name}: accessible in both languages, light, dark, at 320 px`,
       async (stage, open) => {
    const port = await stand(stage);
    const page = await open();
    for (const lang of ['vi', 'en']) {
      const there = at(port, `${address}?lang=${lang}`);
      await page.goto(there);
      assert.equal(await page.evaluate(() => document.documentElement.lang), lang);
      await accessible(page, `${name} ${lang}`);
      await pictures(page, `dashboard-${name}-${lang}`, { fullPage: true });
      await page.setViewportSize({ width: 320, height: 640 });
      await accessible(page, `${name} ${lang} 320`);
      await page.emulateMedia({ colorScheme: 'dark' });
      await accessible(page, `${name} ${lang} 320 dark`);
      if (lang === 'vi') await pictures(page, `dashboard-${name}-dark`, { fullPage: true });
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 1280, height: 800 });
    }
    await page.goto(at(port, address));
    await print(page, `dashboard-${name}`);
  });
}

test('a report is the dashboard as a file, and stands alone',
     async (stage, open) => {
  const port = await stand(stage);
  const page = await open({ javaScriptEnabled: true });
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  for (const lang of ['vi', 'en']) {
    const live = await open();
    const address = await report(stage, lang);
    await live.goto(at(port, `?lang=${lang}`));
    await page.goto(address);
    for (const part of ['.ratio', '.verdict', '.chart figure svg > .target']) {
      assert.deepEqual(await page.locator(part).evaluateAll((all) => all.map((e) => e.outerHTML)),
                       await live.locator(part).evaluateAll((all) => all.map((e) => e.outerHTML)));
    }
    const columns = (where) => where.locator('.headline .facts').evaluate(
      (list) => getComputedStyle(list).gridTemplateColumns);
    assert.equal(await columns(page), await columns(live));
    assert.equal(await page.locator('a[href]').count(), 0);
    await accessible(page, `report ${lang}`);
    await pictures(page, `report-${lang}`, { fullPage: true });
    await page.setViewportSize({ width: 320, height: 640 });
    await accessible(page, `report ${lang} 320`);
    await page.setViewportSize({ width: 1280, height: 800 });
  }
  assert.deepEqual(asked.filter((url) => !url.startsWith('file:')), []);
  await print(page, 'report');
});

test('from the overview to a service and back, in English, by keyboard',
     async (stage, open) => {
  const port = await stand(stage);
  const page = await open({ javaScriptEnabled: false });
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).host));
  await page.goto(at(port, ''));
  await page.getByRole('link', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'AI coverage of public services' })
    .waitFor();
  await page.getByRole('link', { name: 'Bộ Công an' }).click();
  await page.getByRole('heading', { name: 'Bộ Công an' }).waitFor();
  await page.getByRole('link', { name: '1.001456' }).click();
  await page.getByText('Condition by condition').waitFor();
  assert.match(page.url(), /service\/1\.001456@G01\?lang=en$/);
  await page.getByRole('link', { name: 'Tiếng Việt' }).click();
  await page.getByText('Từng điều kiện').waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className),
               'skip');
  await page.getByRole('link', { name: 'Tổng quan' }).click();
  await page.waitForURL(at(port, ''));
  assert.deepEqual([...new Set(asked)], [`127.0.0.1:${port}`]);

  // forced colours, and 1280 x 1024 at 400 %
  await page.emulateMedia({ forcedColors: 'active' });
  await picture(page, 'dashboard-contrast');
});
