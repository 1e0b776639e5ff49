// The widget on pages of a portal that has a strict policy.

import { figures } from '../integration/harness.mjs';
import { accessible, assert, picture, pictures, portal, rows, test } from './browser.mjs';

const at = (port, path) => `http://127.0.0.1:${port}${path}`;

const ask = async (page, question) => {
  await page.getByRole('textbox').last().fill(question);
  await page.getByRole('button', { name: 'Hỏi', exact: true }).click();
};

const focused = (page) => page.evaluate(() => {
  let element = document.activeElement;
  while (element.shadowRoot?.activeElement) {
    element = element.shadowRoot.activeElement;
  }
  return element.id || element.textContent;
});

test('a person asks without marks, opens the source, finds it useful',
     async (stage, open) => {
  const { port } = await stage.site({ rows, portal });
  const page = await open();
  await page.goto(at(port, '/ho-chieu/'));
  await accessible(page, 'closed');
  await pictures(page, 'widget-closed');

  await page.getByRole('button', { name: 'Hỏi về dịch vụ này' }).click();
  assert.equal(await focused(page), 'question');
  await page.getByText('Câu trả lời do trợ lý AI tạo tự động').waitFor();
  await accessible(page, 'open');
  await pictures(page, 'widget-open');

  await ask(page, 'le phi bao nhieu');
  await page.getByText('200.000 đồng').waitFor();
  await page.getByText('cập nhật 01/11/2026').waitFor();
  await page.getByText('069 234 5678').waitFor();
  assert.equal(await page.getByRole('status').textContent(),
               'Đã có câu trả lời.');
  await accessible(page, 'answer');
  await pictures(page, 'widget-answer');

  // a follow-up
  await ask(page, 'mất bao lâu?');
  await page.getByText('05 ngày làm việc').waitFor();

  // kept over a change of page, in this tab
  await page.getByRole('link', { name: 'Trang khác' }).click();
  await page.waitForURL('**/khac');
  await page.getByText('05 ngày làm việc').waitFor();

  const useful = page.getByRole('button',
    { name: 'Câu trả lời có hữu ích không? Có' }).last();
  await useful.click();
  await page.getByText('Cảm ơn bạn đã góp ý.').first().waitFor();

  await page.getByRole('link', { name: /Cấp hộ chiếu/ }).first().click();
  await page.waitForURL('**/dich-vu/1.001456.html');

  const row = (await figures(port))['1.001456@G01'];
  assert.deepEqual([row.interactions, row.useful], [2, 1]);

  // but not in another
  const other = await open();
  await other.goto(at(port, '/ho-chieu/'));
  await other.getByRole('button', { name: 'Hỏi về dịch vụ này' }).click();
  assert.equal(await other.getByText('200.000 đồng').count(), 0);
});

test('with the keyboard alone: open, ask, read, vote, close',
     async (stage, open) => {
  const { port } = await stage.site({ rows, portal });
  const page = await open();
  await page.goto(at(port, '/ho-chieu/'));
  await page.getByRole('button', { name: 'Hỏi về dịch vụ này' }).waitFor();
  for (let i = 0; await focused(page) !== 'Hỏi về dịch vụ này'; i++) {
    assert.ok(i < 5);
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'question');

  // Enter sends, Shift+Enter does not
  await page.keyboard.type('lệ phí');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('bao nhiêu?');
  await page.keyboard.press('Enter');
  await page.getByText('200.000 đồng').waitFor();
  assert.equal(await focused(page), 'question');

  for (let i = 0; await focused(page) !== 'Không'; i++) {
    assert.ok(i < 12);
    await page.keyboard.press('Shift+Tab');
  }
  await page.keyboard.press('Space');
  await page.getByText('Cảm ơn bạn đã góp ý.').first().waitFor();
  assert.equal(await focused(page), 'question');

  await page.keyboard.press('Escape');
  assert.equal(await focused(page), 'Hỏi về dịch vụ này');
  assert.equal((await figures(port))['1.001456@G01'].not_useful, 1);
});

test('languages, other procedures, a clarification', async (stage, open) => {
  const { port } = await stage.site({ rows, portal });
  const page = await open();
  await page.goto(at(port, '/ho-chieu/'));
  await page.getByRole('button', { name: 'Hỏi về dịch vụ này' }).click();
  await page.getByRole('textbox').last().fill('giữ lại');
  await page.getByRole('button', { name: 'English' }).click();
  assert.equal(await focused(page), 'Tiếng Việt');
  await page.getByText('Answers are produced automatically').waitFor();
  assert.equal(await page.getByRole('textbox').last().inputValue(), 'giữ lại');
  await page.getByRole('textbox').last().fill('how much is the fee?');
  await page.keyboard.press('Enter');
  await page.getByText('Issue an ordinary').or(page.getByText('Fee:')).first()
    .waitFor();
  await accessible(page, 'English');
  await pictures(page, 'widget-en');
  await page.getByRole('button', { name: 'Tiếng Việt' }).click();

  await page.getByRole('button', { name: 'Hỏi thủ tục khác' }).click();
  await ask(page, 'cấp thẻ thư viện cho trẻ em');
  await page.getByText('Chọn thủ tục').waitFor();
  // the new turn is in view from its beginning, whatever was before it
  await page.waitForFunction(() => {
    const log = document.querySelector('assist-widget').shadowRoot
      .querySelector('[role=log]');
    const from = log.lastChild.getBoundingClientRect().top
      - log.getBoundingClientRect().top;
    return from >= 0 && from < 40;
  });
  await accessible(page, 'clarification');
  await pictures(page, 'widget-choice');
  await page.getByRole('button', { name: /Thư viện Thành phố/ }).click();
  await page.getByText('Liên hệ cơ quan thực hiện: Thư viện Thành phố')
    .waitFor();

  await page.getByRole('button', { name: 'Xóa hội thoại' }).click();
  assert.equal(await page.getByRole('article').count(), 0);
});

test('an answer streams, and what is cut says what to do',
     async (stage, open) => {
  let go;
  const stream = (request, res) => {
    if (!request.url.endsWith('/ask')) { portal(request, res); return; }
    const { question } = JSON.parse(request.body);
    assert.match(request.headers.accept, /^text\/event-stream/);
    const send = (event, data) =>
      res.write(`event: ${event}\r\ndata: ${JSON.stringify(data)}\r\n\r\n`);
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    send('delta', { text: 'Lệ phí ' });
    res.write(': a comment\n\n');
    send('delta', { text: '<b>là</b>' });
    go = () => {
      if (question === 'cut') { res.end(); return; }
      if (question === 'error') {
        send('error', { error: { code: 'busy', message: 'x' } });
      } else {
        send('answer', { id: 'a.b', outcome: 'answered', services: [],
                         sources: [{ title: 'X', url: 'javascript:alert(1)',
                                     updated: null }],
                         answer: 'Lệ phí <b>là</b> 5 đồng.' });
      }
      res.end();
    };
  };
  const { port } = await stage.site({
    rows, portal: stream,
    server: `location = /assist/ask {
        proxy_pass http://{{portal}}; proxy_buffering off; }`,
  });
  const page = await open();
  await page.goto(at(port, '/'));
  await page.getByRole('button', { name: 'Hỏi trợ lý AI' }).click();
  await ask(page, 'phí?');
  await page.getByText('Lệ phí <b>là</b>', { exact: true }).waitFor();
  assert.equal(await page.getByRole('status').textContent(),
               'Trợ lý đang trả lời…');
  go();
  await page.getByText('Lệ phí <b>là</b> 5 đồng.').waitFor();
  assert.equal(await page.getByRole('link', { name: 'X', exact: true }).count(),
               0);

  for (const [question, words] of [['cut', /đang gặp sự cố/],
                                   ['error', /đang bận/]]) {
    await ask(page, question);
    await page.getByText('Lệ phí <b>là</b>', { exact: true }).waitFor();
    go();
    await page.getByRole('status').getByText(words).waitFor();
    assert.equal(await page.getByRole('textbox').last().inputValue(),
                 question);
    assert.equal(await page.getByRole('article').count(), 1);
  }
});

test('no network, no question, an answer that is no JSON',
     async (stage, open) => {
  const { port } = await stage.site({ rows, portal });
  const page = await open();
  await page.goto(at(port, '/ho-chieu/'));
  await page.getByRole('button', { name: 'Hỏi về dịch vụ này' }).click();
  await page.getByRole('button', { name: 'Hỏi', exact: true }).click();
  await page.getByText('Bạn chưa nhập câu hỏi').waitFor();

  await page.route('**/ask', (route) => route.abort());
  await ask(page, 'lệ phí?');
  await page.getByText('Không kết nối được').waitFor();
  await accessible(page, 'offline');
  await pictures(page, 'widget-offline');
  await page.unroute('**/ask');

  for (const [status, words] of [[502, /đang gặp sự cố/], [503, /đang bận/]]) {
    await page.route('**/ask', (route) => route.fulfill(
      { status, contentType: 'text/html', body: '<h1>Bad</h1>' }));
    await page.getByRole('button', { name: 'Hỏi', exact: true }).click();
    await page.getByRole('status').getByText(words).waitFor();
    await page.unroute('**/ask');
  }

  await page.getByRole('button', { name: 'Hỏi', exact: true }).click();
  await page.getByText('200.000 đồng').waitFor();
});

test('dark, high contrast, 200 % and small windows', async (stage, open) => {
  const { port } = await stage.site({ rows, portal });
  const page = await open({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await page.goto(at(port, '/ho-chieu/'));
  await page.getByRole('button', { name: 'Hỏi về dịch vụ này' }).click();
  await ask(page, 'cần giấy tờ gì và lệ phí bao nhiêu?');
  await page.getByText('200.000 đồng').waitFor();
  await accessible(page, 'dark');
  await pictures(page, 'widget-dark');

  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' });
  await accessible(page, 'high contrast');
  await pictures(page, 'widget-contrast');
  await page.emulateMedia({ forcedColors: 'none' });

  // 1280 x 1024 at 200 % and at 400 %
  for (const [width, height] of [[640, 512], [320, 256]]) {
    await page.setViewportSize({ width, height });
    const field = page.getByRole('textbox').last();
    await field.scrollIntoViewIfNeeded();
    const box = await field.boundingBox();
    assert.ok(box.y >= 0 && box.y + box.height <= height, `${width}: ${box.y}`);
    await picture(page, `widget-zoom-${width}`);
  }
});

test('without JavaScript there is the link', async (stage, open) => {
  const { port } = await stage.site({ rows, portal });
  const page = await open({ javaScriptEnabled: false });
  await page.goto(at(port, '/ho-chieu/'));
  await page.getByRole('link', { name: 'Hỏi về dịch vụ này' }).click();
  await page.getByText('Hỏi về: Cấp hộ chiếu').waitFor();
});

test('a summary in plain words has its source and the notice',
     async (stage, open) => {
  const provider = await stage.provider({
    tokens: ['Dịch vụ này ', 'cấp hộ chiếu ', 'để đi nước ngoài [1].'] });
  const { port } = await stage.site({ rows, portal,
    values: { llm: provider.address },
    http: `assist_provider m uri=/llm/v1/chat/completions model=m1 place=onprem;
      assist_cache_zone answers:1m;`,
    page: 'assist_hook assistants/plain_language.lua;',
    server: `assist_use m;
      location /llm/ { internal; proxy_pass http://{{llm}}/;
        proxy_http_version 1.1; proxy_buffering off; }
      location = /assist-summary { assist_service $arg_service;
        assist_hook assistants/plain_language.lua; assist_hook_timeout 20s; }` });
  const page = await open();
  await page.goto(at(port, '/ho-chieu/'));
  const summary = page.getByRole('region', { name: 'Tóm tắt dễ hiểu' });
  await summary.getByText('Dịch vụ này cấp hộ chiếu để đi nước ngoài.')
    .waitFor();
  await summary.getByText('Câu trả lời do trợ lý AI tạo tự động').waitFor();
  await summary.getByText('cập nhật 2026-11-01').waitFor();
  await accessible(page, 'summary');
  await pictures(page, 'widget-summary');
  await summary.getByRole('link', { name: /Cấp hộ chiếu/ }).click();
  await page.waitForURL('**/dich-vu/1.001456.html');
});
