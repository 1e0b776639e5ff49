// The widget on pages that nobody here wrote: a wiki from Debian's packages.

import { noWiki, withWiki } from '../integration/lib/wiki.mjs';
import { WIDTHS, assert, barriers, picture, test } from './browser.mjs';

// The wiki itself may be wider than the window.
async function pictures(page, name) {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    await picture(page, `${name}-${width}`);
  }
}

test('the widget on a wiki: it works, and adds no barrier', { skip: noWiki },
  (stage, open) => withWiki(stage, async (port) => {
    const page = await open({ userAgent: 'Mozilla/5.0 (X11; Linux) Chrome/1.0' });
    for (const uri of ['ho_chieu', 'khai_sinh']) {
      await page.goto(`http://127.0.0.1:${port}/doku.php/${uri}`);
      const button = page.getByRole('button', { name: 'Hỏi về dịch vụ này' });
      await button.waitFor();
      // the wiki's own are the wiki's
      const widget = page.locator('assist-widget');
      const found = async () => (await barriers(page)).sort();
      const closed = await found();
      await pictures(page, `wiki-${uri}`);
      await button.click();
      await page.getByRole('textbox', { name: 'Câu hỏi về dịch vụ này' })
        .fill('le phi bao nhieu');
      await page.getByRole('button', { name: 'Hỏi', exact: true }).click();
      await page.getByRole('log').getByText(/đồng|Miễn/).waitFor();
      const opened = await found();
      await pictures(page, `wiki-${uri}-answer`);
      await widget.evaluate((element) => {
        element.remove();
        sessionStorage.clear();
      });
      const without = await found();
      assert.deepEqual(closed, without, `${uri}, closed`);
      assert.deepEqual(opened, without, `${uri}, open`);
    }
  }));
