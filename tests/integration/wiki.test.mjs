// A wiki from Debian's packages, with nginx-assist in front of it.

import { ask, assert, figures, get, test } from './harness.mjs';
import { noWiki, withWiki } from './lib/wiki.mjs';

test('a wiki has the assistant on its pages', { skip: noWiki },
  (stage) => withWiki(stage, async (port) => {
    const headers = { 'User-Agent': 'curl/8' };
    for (const [uri, code] of [['ho_chieu', '1.001456'],
                               ['khai_sinh', '1.001193']]) {
      const page = await get(port, `/doku.php/${uri}`, { headers });
      assert.match(page.text, /<meta name="generator" content="DokuWiki"\/>/);
      assert.match(page.text,
        new RegExp(`<assist-widget service="${code}" .*</script></body>`));
    }
    // its style sheet is its own
    const css = await get(port, '/lib/exe/css.php', { headers });
    assert.match(css.headers['content-type'], /^text\/css/);
    assert.doesNotMatch(css.text, /assist-widget/);

    const { json } = await ask(port, { service: '1.001456',
      question: 'le phi bao nhieu' }, { headers });
    assert.match(json.answer, /200\.000 đồng/);
    assert.equal(json.sources[0].url, '/doku.php/ho_chieu');
    const rows = await figures(port);
    assert.deepEqual([rows['1.001456@G01'].interactions,
                      rows['1.001456@G01'].views, rows['1.001193@H29'].views],
                     [1, 1, 1]);
  }));
