// A page's Content-Security-Policy, and what Chromium makes of it: either the
// widget works and the browser reports nothing, or nothing was put in and that
// is counted.

import { coverage, get } from '../integration/harness.mjs';
import { assert, test } from './browser.mjs';

const path = '/dich-vu/1.001456.html';
const self = "default-src 'none'; connect-src 'self'";

// [policies of the headers, of <meta>, those only reported, is it there?]
const cases = {
  'none': [[], [], [], true],
  'self': [["default-src 'self'"], [], [], true],
  'a nonce alone': [[`${self}; script-src 'nonce-r4nd'; style-src 'nonce-r4nd'`],
                    [], [], true],
  'two nonces': [[`${self}; script-src 'nonce-a'; style-src 'nonce-b'`], [], [],
                 true],
  'no style at all': [[`${self}; script-src 'self'; style-src 'none'`], [], [],
                      true],
  'styles by hash': [[`${self}; script-src 'self'; style-src 'sha256-YWJj'`],
                     [], [], true],
  'strict-dynamic': [["script-src 'nonce-r4nd' 'strict-dynamic' 'unsafe-inline' "
    + "https:; object-src 'none'; base-uri 'none'"], [], [], true],
  'trusted types': [[`${self}; script-src 'self'; trusted-types 'none'; `
    + "require-trusted-types-for 'script'"], [], [], true],
  'folders': [[`${self}; script-src 127.0.0.1:*/assist/`], [], [], true],
  'two that agree': [[`${self}; script-src 'nonce-r4nd'`, "script-src 'self'"],
                     [], [], true],
  'reported only': [[], [], [`${self}; script-src 'nonce-r4nd'`], true],
  'meta': [[], [`${self}; script-src 'nonce-r4nd'; style-src 'none'`], [], true],
  'meta and headers': [["script-src 'nonce-r4nd' 'nonce-b'"],
                       ["script-src 'self' 'nonce-r4nd'"], [], true],
  'a sandbox with room': [['sandbox allow-scripts allow-same-origin '
    + 'allow-forms'], [], [], true],
  'meta, escaped': [[], ['script-src &#39;self&#39;; connect-src &apos;self&apos;'],
                    [], true],

  'no requests': [["default-src 'none'; script-src 'nonce-r4nd'"], [], [],
                  false],
  'no scripts': [["script-src 'none'"], [], [], false],
  'scripts by hash': [[`${self}; script-src 'sha256-YWJj'`], [], [], false],
  'strict-dynamic by hash': [["script-src 'strict-dynamic' 'sha256-YWJj' 'self'"],
                             [], [], false],
  'two that do not agree': [["script-src 'nonce-a'", "script-src 'nonce-b'"],
                            [], [], false],
  'reported only, no scripts': [[], [], ["script-src 'none'"], false],
  'meta, no scripts': [[], ["script-src 'none'"], [], false],
  'meta, no requests': [["script-src 'self'"], ["connect-src 'none'"], [], false],
  'a sandbox': [['sandbox allow-scripts'], [], [], false],
  'a sandbox without forms': [['sandbox allow-scripts allow-same-origin'], [],
                              [], false],
};

const html = (meta) => `<!doctype html>
<html lang="vi"><head><meta charset="utf-8">
${meta.map((policy) =>
    `<meta http-equiv="Content-Security-Policy" content="${policy}">\n`)
    .join('')}<title>Cổng</title></head>
<body><h1>Cổng</h1></body></html>
`;

test('the widget works, or it is not there and counted', async (stage, open) => {
  const names = Object.keys(cases);
  const { port, plain } = await stage.site({
    page: 'assist_widget on;',
    portal: ({ url }, res) => {
      if (!url.startsWith(path)) {
        res.writeHead(404).end();
        return;
      }
      const [, n] = url.split('?');
      const [policies, meta, reported] = cases[names[n]];
      res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8',
        ...policies.length ? { 'Content-Security-Policy': policies } : {},
        ...reported.length
          ? { 'Content-Security-Policy-Report-Only': reported } : {} });
      res.end(html(meta));
    } });
  const page = await open();
  await page.addInitScript(() => {
    globalThis.violations = [];
    document.addEventListener('securitypolicyviolation', (event) =>
      globalThis.violations.push(
        `${event.effectiveDirective} ${event.blockedURI}`));
  });
  const button = page.getByRole('button', { name: 'Hỏi về dịch vụ này' });
  let blocked = 0;
  for (const [n, name] of names.entries()) {
    const there = cases[name][3];
    const uri = `${path}?${n}`;
    const { text } = await get(port, uri);
    assert.equal(text.includes('assist-widget'), there, name);
    if (!there) {
      assert.equal(text, (await get(plain, uri)).text, name);
      assert.equal((await coverage(port)).quality.blocked, ++blocked, name);
      continue;
    }
    await page.goto(`http://127.0.0.1:${port}${uri}`);
    await button.click().catch((error) => {
      throw new Error(`${name}: ${error.message}`);
    });
    await page.getByRole('textbox').fill('lệ phí?');
    await page.getByRole('button', { name: 'Hỏi', exact: true }).click();
    await page.getByText('200.000 đồng').waitFor();
    // it has its style
    assert.equal(await page.locator('assist-widget').evaluate(
      (element) => getComputedStyle(element).position), 'fixed', name);
    assert.deepEqual(await page.evaluate(() => globalThis.violations), [], name);
    await page.evaluate(() => sessionStorage.clear());
  }
  assert.equal((await coverage(port)).quality.blocked, blocked);
});
