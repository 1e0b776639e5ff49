// The demo portal as its visitors meet it, with a model behind it: the
// http block is the demo's own (examples/portal/nginx.conf.in).

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { figures, root } from '../integration/harness.mjs';
import { accessible, assert, picture, pictures, test } from './browser.mjs';

const service = '/dich-vu/1.001456.html';
const counted = { userAgent: 'Mozilla/5.0 (X11; Linux) Chrome/1.0' };

const model = `assist_provider m uri=/llm/v1/chat/completions model=m1
  place=onprem;
types { text/html html; text/css css; text/plain txt; }`;

// The demo's text, on ports and in a folder of the test's.
async function demo(stage, plan = { tokens: [] }) {
  const provider = await stage.provider(plan);
  const conf = readFileSync(path.join(root, 'examples/portal/nginx.conf.in'),
                            'utf8');
  const http = conf.slice(conf.indexOf('log_format'), conf.lastIndexOf('}'))
    .replaceAll('@ROOT@', root)
    .replaceAll('@RUN@', '{{dir}}')
    .replaceAll('@UPSTREAM@', '"unix:{{dir}}/portal.sock"')
    .replaceAll('127.0.0.1:@PORT@', '127.0.0.1:{{port}}')
    .replace('@REDIS@', model)
    .replace('assist on;', `assist on; assist_use m;
      location /llm/ { internal; proxy_pass http://{{llm}}/;
        proxy_set_header Host llm;
        proxy_http_version 1.1; proxy_buffering off; }`);
  const { port } = await stage.nginx({ http,
                                       values: { llm: provider.address } });
  return { at: (uri) => `http://127.0.0.1:${port}${uri}`, port, provider };
}

// An answer that stops in the middle until go() is called.
function held() {
  let go;
  const gone = new Promise((resolve) => { go = resolve; });
  return { go, plan: { tokens: ['Lệ phí ', 'là ', '200.000 ', 'đồng ', '[1].'],
                       hold: () => gone } };
}

const focused = (page) => page.evaluate(() => {
  let element = document.activeElement;
  while (element.shadowRoot?.activeElement) {
    element = element.shadowRoot.activeElement;
  }
  return element.id || element.textContent.trim();
});

const useful = 'Câu trả lời có hữu ích không? Có';
const votes = async (port) => (await figures(port))['1.001456@G01'].useful;

test('a person asks on a service\'s page, sees the answer come, opens the '
     + 'source, finds it useful', async (stage, open) => {
  const { go, plan } = held();
  const { at, port } = await demo(stage, plan);
  const page = await open(counted);
  await page.goto(at(service));
  await page.getByRole('button', { name: 'Hỏi về dịch vụ này' }).click();
  await page.getByRole('textbox', { name: 'Câu hỏi về dịch vụ này' })
    .fill('lam ho chieu het bao nhieu tien');
  await page.getByRole('button', { name: 'Hỏi', exact: true }).click();

  const log = page.getByRole('log');
  await log.getByText(/^Lệ phí/).waitFor();
  assert.equal(await page.getByRole('status').textContent(),
               'Trợ lý đang trả lời…');
  assert.equal(await log.getByText('200.000 đồng').count(), 0);
  go();
  await log.getByText('Lệ phí là 200.000 đồng').waitFor();
  await accessible(page, 'answer');
  await pictures(page, 'demo-answer');

  await page.getByRole('button', { name: useful }).click();
  await log.getByText('Cảm ơn bạn đã góp ý.').waitFor();
  await log.getByRole('link', { name: /Cấp hộ chiếu phổ thông/ }).click();
  await page.waitForURL(`**${service}`);
  // the conversation is still there
  await log.getByText('Lệ phí là 200.000 đồng').waitFor();
  assert.equal(await votes(port), 1);
});

test('the same without JavaScript', async (stage, open) => {
  const { at, port } = await demo(stage, { tokens: ['200.000 ', 'đồng [1].'] });
  const page = await open({ ...counted, javaScriptEnabled: false });
  await page.goto(at(service));
  await page.getByRole('link', { name: 'Hỏi về dịch vụ này' }).click();
  await page.getByText('Hỏi về: Cấp hộ chiếu').waitFor();
  await page.getByLabel('Câu hỏi của bạn').fill('lam ho chieu het bao nhieu');
  await page.getByRole('button', { name: 'Hỏi', exact: true }).click();
  await page.getByText('200.000 đồng').first().waitFor();
  await pictures(page, 'demo-no-script');
  const [source] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('link', { name: /^Cấp hộ chiếu/ }).first()
      .click({ modifiers: ['Control'] })]);
  await source.waitForURL(`**${service}`);
  await page.getByRole('button', { name: 'Có', exact: true }).click();
  await page.getByText('Cảm ơn bạn đã góp ý').waitFor();
  assert.equal(await votes(port), 1);
});

test('the same with the keyboard alone', async (stage, open) => {
  const { at, port } = await demo(stage, { tokens: ['200.000 ', 'đồng [1].'] });
  const page = await open(counted);
  await page.goto(at(service));
  await page.getByRole('button', { name: 'Hỏi về dịch vụ này' }).waitFor();
  // presses the key until this has the focus
  const to = async (name, key = 'Tab') => {
    for (let i = 0; !name.test(await focused(page)); i++) {
      assert.ok(i < 40, `${name} cannot be reached`);
      await page.keyboard.press(key);
    }
  };
  await to(/^Hỏi về dịch vụ này$/);
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'question');
  await page.keyboard.type('lam ho chieu het bao nhieu tien');
  await page.keyboard.press('Enter');
  const log = page.getByRole('log');
  await log.getByText('200.000 đồng').waitFor();
  await to(/^Có$/, 'Shift+Tab');
  await page.keyboard.press('Space');
  await log.getByText('Cảm ơn bạn đã góp ý.').waitFor();
  await to(/^Cấp hộ chiếu phổ thông/, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**${service}`);
  await log.getByText('200.000 đồng').waitFor();
  await to(/^question$/);
  await page.keyboard.press('Escape');
  assert.equal(await focused(page), 'Hỏi về dịch vụ này');
  assert.equal(await votes(port), 1);
});

for (const [name, uri, button] of [
  ['home', '/', 'Hỏi trợ lý AI'],
  ['search', '/tim-kiem', 'Hỏi trợ lý AI'],
  ['english', '/en/', 'Ask the AI assistant'],
  ['service', service, 'Hỏi về dịch vụ này'],
  ['finder', '/tim-kiem?q=l%C3%A0m+h%E1%BB%99+chi%E1%BA%BFu', 'Hỏi về dịch vụ này'],
  ['finder-english', '/en/?q=passport', 'Ask about this service'],
]) {
  test(`${name}: no barrier, with the widget open and closed`,
       async (stage, open) => {
    const { at } = await demo(stage);
    const page = await open();
    await page.goto(at(uri));
    await page.getByRole('button', { name: button }).waitFor();
    await accessible(page, `${name}, closed`);
    await pictures(page, `demo-${name}`);
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('dialog').waitFor();
    await accessible(page, `${name}, open`);
    await pictures(page, `demo-${name}-open`);
    await page.setViewportSize({ width: 1280, height: 3000 });
    await picture(page, `demo-${name}-whole`);
  });
}

test('a form that lacks something, and one that is sent', async (stage, open) => {
  const { at } = await demo(stage);
  const page = await open();
  await page.goto(at(service));
  await page.getByLabel('Số điện thoại').fill('0912 000 000');
  await page.getByRole('button', { name: 'Nộp hồ sơ' }).click();
  await page.getByText('còn thiếu').first().waitFor();
  await accessible(page, 'something is missing');
  await pictures(page, 'demo-missing');
  await page.getByLabel('Họ và tên').fill('Nguyễn Văn A');
  await page.getByLabel(/Tôi cam đoan/).check();
  await page.getByRole('button', { name: 'Gửi', exact: true }).click();
  await page.getByText('Đã nhận hồ sơ').first().waitFor();
  await accessible(page, 'received');
  await pictures(page, 'demo-received');
});
