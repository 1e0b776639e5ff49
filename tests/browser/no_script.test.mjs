// The citizens' page in a browser without JavaScript.

import { figures } from '../integration/harness.mjs';
import { accessible, assert, picture, pictures, rows, test }
  from './browser.mjs';

const at = (port, path) => `http://127.0.0.1:${port}${path}`;

test('without JavaScript: ask, open the source, follow up, vote',
     async (stage, open) => {
  const { port } = await stage.site({ rows });
  const page = await open({ javaScriptEnabled: false });
  await page.goto(at(port, '/assist/'));
  await page.getByLabel('Câu hỏi của bạn').fill('le phi ho chieu');
  await page.getByRole('button', { name: 'Hỏi', exact: true }).click();
  await page.getByText('200.000 đồng').waitFor();

  // loading it again asks again, and does no harm
  await page.reload();
  await page.getByText('200.000 đồng').waitFor();

  await page.getByLabel('Hỏi tiếp').fill('mất bao lâu?');
  await page.getByRole('button', { name: 'Hỏi', exact: true }).click();
  await page.getByText('05 ngày làm việc').waitFor();
  await page.getByText('069 234 5678').waitFor();

  await page.getByRole('button', { name: 'Có', exact: true }).click();
  await page.getByText('Cảm ơn bạn đã góp ý').waitFor();

  // and on, still about the same service
  await page.getByLabel('Hỏi tiếp').fill('lệ phí?');
  await page.getByRole('button', { name: 'Hỏi', exact: true }).click();
  await page.getByRole('link', { name: 'Cấp hộ chiếu' }).click();
  await page.waitForURL('**/dich-vu/1.001456.html');

  const row = (await figures(port))['1.001456@G01'];
  assert.deepEqual([row.interactions, row.useful], [4, 1]);
});

test('with the keyboard alone', async (stage, open) => {
  const { port } = await stage.site({ rows });
  const page = await open({ javaScriptEnabled: false });
  await page.goto(at(port, '/assist/?service=1.001456&agency=G01'));
  const focused = () => page.evaluate(
    () => document.activeElement.textContent.trim()
      || document.activeElement.id);
  const seen = [];
  for (let i = 0; i < 20 && seen.at(-1) !== 'question'; i++) {
    await page.keyboard.press('Tab');
    seen.push(await focused());
  }
  assert.deepEqual(seen, ['English', 'Hỏi về thủ tục khác', 'question']);
  await page.keyboard.type('lệ phí?');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('200.000 đồng').waitFor();
});

test('a clarification is answered by choosing', async (stage, open) => {
  const { port } = await stage.site({ rows });
  const page = await open();
  await page.goto(at(port, '/assist/'));
  await page.getByLabel('Câu hỏi của bạn').fill('cấp thẻ thư viện cho trẻ em');
  await page.getByRole('button', { name: 'Hỏi', exact: true }).click();
  await accessible(page, 'clarification');
  await pictures(page, 'page-choice');
  await page.getByRole('button', { name: /Thư viện Thành phố/ }).click();
  await page.getByText('Liên hệ cơ quan thực hiện: Thư viện Thành phố')
    .waitFor();
});

test('it looks right and is accessible: form, answer, error, English, dark',
     async (stage, open) => {
  const { port } = await stage.site({ rows });
  const page = await open();
  await page.goto(at(port, '/assist/'));
  await accessible(page, 'form');
  await pictures(page, 'page-form');

  await page.getByLabel('Câu hỏi của bạn').fill('làm hộ chiếu');
  await page.getByRole('button', { name: 'Hỏi', exact: true }).click();
  await page.getByText('200.000 đồng').waitFor();
  await accessible(page, 'answer');
  await pictures(page, 'page-answer');

  await page.emulateMedia({ colorScheme: 'dark' });
  await accessible(page, 'answer, dark');
  await pictures(page, 'page-answer-dark');
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' });
  await accessible(page, 'answer, high contrast');
  await pictures(page, 'page-answer-contrast');
  await page.emulateMedia({ forcedColors: 'none' });

  // 1280 x 1024 at 200 %
  await page.setViewportSize({ width: 640, height: 512 });
  assert.ok(await page.evaluate(
    () => document.documentElement.scrollWidth) <= 640);
  await picture(page, 'page-answer-zoom');
  await page.setViewportSize({ width: 1280, height: 800 });

  await page.goto(at(port, '/assist/?service=1.001456&agency=G01&lang=en'));
  await page.getByText('Ask about: Issue an ordinary passport').waitFor();
  await accessible(page, 'a service, in English');
  await pictures(page, 'page-service-en');
  await page.getByRole('button', { name: 'Tiếng Việt' }).click();
  await page.getByText('Hỏi về: Cấp hộ chiếu').waitFor();

  // an error keeps what was typed
  await page.evaluate(() => {
    document.querySelector('textarea').removeAttribute('maxlength');
  });
  await page.getByLabel('Câu hỏi của bạn').fill('hộ chiếu '.repeat(300));
  await page.getByRole('button', { name: 'Hỏi', exact: true }).click();
  await page.getByText('Câu hỏi quá dài').waitFor();
  assert.match(await page.getByLabel('Câu hỏi của bạn').inputValue(),
               /^hộ chiếu/);
  await accessible(page, 'error');
  await pictures(page, 'page-error');
});
