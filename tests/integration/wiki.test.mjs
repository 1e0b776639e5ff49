// The example of a wiki from Debian's packages, as its README has it.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ask, assert, figures, get, root, run, sanitized, test }
  from './harness.mjs';
import { freePort, isAlive } from './lib/process.mjs';

const script = path.join(root, 'examples/wiki/wiki.sh');
const pidFile = path.join(root, 'examples/wiki/run/nginx.pid');

const skip = sanitized ? 'the example runs the plain build'
  : !existsSync('/usr/share/dokuwiki/doku.php') && 'dokuwiki is not installed'
  || !existsSync(path.join(root, 'build/ngx_http_assist_module.so'))
    && 'build/ has no module'
  || existsSync(pidFile) && isAlive(Number(readFileSync(pidFile)))
    && 'somebody\'s wiki is running';

test('a wiki has the assistant on its pages', { skip }, async () => {
  const port = await freePort();
  const wiki = (command) => run('bash', [script, command], {
    env: { ...process.env, PORT: String(port) }, timeout: 40000 });
  const headers = { 'User-Agent': 'curl/8' };
  const started = await wiki('start');
  try {
    assert.equal(started.code, 0, started.stderr);
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
  } finally {
    const stopped = await wiki('stop');
    assert.equal(stopped.code, 0, stopped.stderr);
  }
});
