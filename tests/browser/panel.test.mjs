// The checklist in portals of several looks: it takes theirs.

import { coverage, figures } from '../integration/harness.mjs';
import { accessible, assert, picture, pictures, rows, test }
  from './browser.mjs';

const looks = {
  plain: 'body { font: 1rem/1.5 sans-serif; margin: 1rem }',
  dark: 'body { font: 1.1rem/1.6 serif; margin: 1rem; background: #14171a; '
    + 'color: #f0f0f0 } a { color: #9cf }',
  colourful: 'body { font: 1rem/1.5 sans-serif; margin: 1rem; color: #14304f }'
    + ':root { --assist-accent: #b3261e; --assist-radius: 0 }',
};

const documents = `- Tờ khai TK01, khai trực tuyến
- 01 ảnh chân dung cỡ 4 x 6 cm, phông nền trắng
- Bản sao giấy khai sinh đối với người chưa đủ 14 tuổi
(bản chính để đối chiếu)`;

const strict = "default-src 'none'; img-src data:";
const stageOf = (stage, policy = `${strict}; style-src 'self'`) =>
  stage.site({
    rows: [{ ...rows[0], documents }, ...rows.slice(1)],
    page: 'assist_hook assistants/checklist.lua where=a;',
    portal: ({ url }, res) => {
      const look = new URL(url, 'http://a').searchParams.get('look');
      if (url.startsWith('/portal.css')) {
        res.writeHead(200, { 'Content-Type': 'text/css' });
        res.end(looks[look]);
        return;
      }
      res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8',
                           'Content-Security-Policy': policy });
      res.end(`<!doctype html><html lang="vi"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cấp hộ chiếu</title><link rel="icon" href="data:,">${look
    ? `<link rel="stylesheet" href="/portal.css?look=${look}">` : ''}</head>
<body><main><h1 id="a">Cấp hộ chiếu phổ thông</h1><p>Nộp hồ sơ trực tuyến.</p>
</main></body></html>`);
    } });

const path = '/dich-vu/1.001456.html';
const panelOf = (page) => page.getByRole('region', { name: 'Cần chuẩn bị gì' });
const styled = (page) => panelOf(page).evaluate((element) =>
  getComputedStyle(element).borderLeftStyle === 'solid');

test('a checklist takes the font and colours of its page', async (stage, open) => {
  const { port } = await stageOf(stage);
  const page = await open();
  for (const look of Object.keys(looks)) {
    await page.goto(`http://127.0.0.1:${port}${path}?look=${look}`);
    assert.ok(await styled(page), look);
    const [own, around] = await panelOf(page).evaluate((element) =>
      [element, element.parentElement].map((of) => {
        const { color, fontFamily, fontSize } = getComputedStyle(of);
        return { color, fontFamily, fontSize };
      }));
    assert.deepEqual(own, around);
    assert.equal(await panelOf(page).getByRole('listitem').count(), 3);
    assert.ok(await panelOf(page).getByText('(bản chính để đối chiếu)')
      .isVisible());
    await accessible(page, look);
    await pictures(page, `panel-${look}`);
  }
  await page.emulateMedia({ forcedColors: 'active', colorScheme: 'dark' });
  await accessible(page, 'high contrast');
  await pictures(page, 'panel-contrast');
  await page.emulateMedia({ forcedColors: 'none', colorScheme: 'light',
                            media: 'print' });
  await picture(page, 'panel-print');
  assert.equal(await page.locator('.assist-checklist ul').evaluate(
    (list) => getComputedStyle(list).listStyleType), '"☐\u00a0"');
});

test('where no style is allowed the panel is there without', async (stage, open) => {
  const { port } = await stageOf(stage, strict);
  const page = await open();
  await page.goto(`http://127.0.0.1:${port}${path}`);
  assert.ok(await panelOf(page).isVisible());
  assert.ok(!await styled(page));
  assert.equal((await coverage(port)).quality.blocked, 1);
  const row = (await figures(port))['1.001456@G01'];
  assert.deepEqual([row.interactions, row.answered], [1, 1]);
});
