// Debian's Chromium for a test: pages that fail on any console error, axe-core,
// screenshots in OUT/screenshots.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync }
  from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import nodeTest from 'node:test';
import { assert, out, services, test as stageTest }
  from '../integration/harness.mjs';

export { assert, services };

const chromium = process.env.CHROMIUM || '/usr/bin/chromium';
const { resolve } = createRequire(import.meta.url);

function missing() {
  if (!existsSync(chromium)) return `${chromium} is missing`;
  try {
    resolve('playwright-core');
    resolve('axe-core');
  } catch {
    return 'npm packages are missing: cd tests && npm ci';
  }
  return null;
}

const skip = missing();
const { chromium: engine } = skip ? {} : await import('playwright-core');
const axeSource = skip ? '' : readFileSync(resolve('axe-core'), 'utf8');

const screenshots = path.join(out, 'screenshots');
mkdirSync(screenshots, { recursive: true });

// One browser for all tests of a file.
let folder, browser;
nodeTest.before(async () => {
  if (skip) return;
  folder = mkdtempSync(path.join(os.tmpdir(), 'assist-browser-'));
  browser = await engine.launchPersistentContext(folder, {
    executablePath: chromium, locale: 'vi-VN',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
           '--disable-background-networking', '--disable-component-update',
           '--disable-sync'],
  });
});
nodeTest.after(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

// test(name, [{ skip },] async (stage, open) => ...): open(options) gives a new page in a
// context of its own.
export function test(name, ...rest) {
  const fn = rest.pop();
  stageTest(name, { skip: skip ?? rest[0]?.skip ?? false }, async (stage) => {
    const contexts = [];
    const wrong = [];
    const open = async (options = {}) => {
      const context = await browser.browser().newContext(
        { locale: 'vi-VN', viewport: { width: 1280, height: 800 }, ...options });
      contexts.push(context);
      const page = await context.newPage();
      page.setDefaultTimeout(10000);
      page.on('pageerror', (error) => wrong.push(`pageerror: ${error}`));
      page.on('console', (message) => {
        // the browser itself logs a refused request, and axe-core's own style
        if (message.type() === 'error' && !scanned.has(page)
            && !/Failed to load resource/.test(message.text())) {
          wrong.push(`console: ${message.text()}`);
        }
      });
      return page;
    };
    try {
      await fn(stage, open);
    } finally {
      for (const context of contexts) await context.close();
    }
    assert.deepEqual(wrong, []);
  });
}

const scanned = new Set();

// What breaks a rule of WCAG 2.2 A and AA, or a best practice.
export async function barriers(page) {
  scanned.add(page);
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  scanned.delete(page);
  return violations.map(({ id, nodes }) =>
    `${id}: ${nodes.map(({ target, failureSummary }) =>
      `${target.flat()} (${failureSummary})`).join('; ')}`);
}

export async function accessible(page, what) {
  assert.deepEqual(await barriers(page), [], what);
}

// Without hiding the caret, for which a style would be put into the page.
export const picture = (page, name, options) => page.screenshot(
  { path: path.join(screenshots, `${name}.png`), caret: 'initial', ...options });

export const WIDTHS = [320, 768, 1280];

// A picture at each width; nothing may lie beside the screen.
export async function pictures(page, name, options) {
  const before = page.viewportSize();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: width === 320 ? 640 : 800 });
    await picture(page, `${name}-${width}`, options);
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `${name} at ${width} px is ${wide} px wide`);
  }
  await page.setViewportSize(before);
}

// A page of the portal, under a policy as strict as one can be.
export function portalPage(res, body, { lang = 'vi' } = {}) {
  const html = `<!DOCTYPE html>
<html lang="${lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cổng dịch vụ công</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/portal.css"></head>
<body><main><h1>Cấp hộ chiếu phổ thông trong nước</h1>
<p><a href="/khac">Trang khác</a></p>
<form action="/nop"><label>Họ tên <input name="a"></label></form></main>
${body}</body></html>`;
  res.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'; script-src 'self'; "
      + "style-src 'self'; connect-src 'self'; img-src data:; "
      + "form-action 'self'; base-uri 'none'; require-trusted-types-for "
      + "'script'",
  });
  res.end(html);
}

const service = `<aside aria-label="Trợ lý">
<assist-widget service="1.001456" agency="G01">
<a href="/assist/?service=1.001456&amp;agency=G01">Hỏi về dịch vụ này</a>
</assist-widget></aside><script src="/assist/widget.js" defer></script>`;

// A portal: "/" has the script alone, "/ho-chieu/" is a service's page.
export function portal({ url }, res) {
  if (url === '/portal.css') {
    res.writeHead(200, { 'Content-Type': 'text/css' });
    res.end('body { font: 1rem/1.5 sans-serif; margin: 1rem }');
  } else {
    portalPage(res, url.startsWith('/ho-chieu/') ? service
      : '<script src="/assist/widget.js" defer></script>');
  }
}

export const rows = [
  { ...services[0], contact: 'Phòng Quản lý xuất nhập cảnh, 069 234 5678' },
  services[1],
  { ...services[2], paths: '' },
  { ...services[1], code: '1.000001', name: 'Cấp thẻ thư viện cho trẻ em',
    aliases: '', agency_code: 'A1', agency: 'Thư viện Tỉnh', paths: '' },
  { ...services[1], code: '1.000002', name: 'Cấp thẻ thư viện cho trẻ em',
    aliases: '', agency_code: 'B2', agency: 'Thư viện Thành phố', paths: '' },
];
