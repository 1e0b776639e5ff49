// The widget's files and what it needs of the server; how it behaves in a
// browser is tested in tests/browser.

import { gzipSync } from 'node:zlib';
import { assert, get, request, test } from './harness.mjs';

for (const [name, type] of [['widget.js', 'text/javascript; charset=utf-8'],
                            ['widget.css', 'text/css; charset=utf-8'],
                            ['panel.css', 'text/css; charset=utf-8']]) {
  test(`${name} is served, and not twice`, async (stage) => {
    const { port } = await stage.site();
    const path = `/assist/${name}`;
    const first = await get(port, path);
    assert.equal(first.status, 200);
    assert.equal(first.headers['content-type'], type);
    assert.equal(first.headers['cache-control'], 'max-age=600');
    assert.match(first.headers.etag, /^"[0-9a-f]{16}"$/);
    assert.ok(gzipSync(first.body).length < 20 * 1024);

    const again = await get(port, path,
      { headers: { 'If-None-Match': first.headers.etag } });
    assert.equal(again.status, 304);
    assert.equal(again.body.length, 0);
    assert.equal((await get(port, path,
      { headers: { 'If-None-Match': '"0"' } })).status, 200);
    const head = await request(port, { method: 'HEAD', path });
    assert.equal(Number(head.headers['content-length']), first.body.length);
  });
}

test('the widget writes text only, and has no style attributes',
     async (stage) => {
  const { port } = await stage.site();
  const { text } = await get(port, '/assist/widget.js');
  assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacent|document\.write/);
  assert.doesNotMatch(text, /\beval\b|new Function|\.style\b|['"]style['"]/);
});

test('notice.json is the notice of the location', async (stage) => {
  stage.write('ai.conf', 'vi = Máy "AI".\nen = A machine.\n');
  const { port } = await stage.site({ chat: 'assist_disclosure ai.conf;' });
  assert.deepEqual((await get(port, '/assist/notice.json')).json,
                   { vi: 'Máy "AI".', en: 'A machine.' });
});
