// The demo, as its README has it: start, ask twice, read the figure, stop.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ask, assert, figures, get, out, request, root, run, sanitized, test }
  from './harness.mjs';
import { freePort, isAlive } from './lib/process.mjs';

const script = path.join(root, 'examples/portal/demo.sh');
const pidFile = path.join(root, 'examples/portal/run/nginx.pid');

const skip = sanitized ? 'the demo runs the plain build'
  : !existsSync(path.join(root, 'build/ngx_http_assist_module.so'))
    ? `build/ has no module (${out} may)`
    : existsSync(pidFile) && isAlive(Number(readFileSync(pidFile)))
      && 'somebody\'s demo is running';

const demo = (command, port) => run('bash', [script, command], {
  env: { ...process.env, PORT: String(port), REDIS: '' }, timeout: 40000 });

test('the demo answers, caches, counts and stops', { skip }, async () => {
  const port = await freePort();
  const started = await demo('start', port);
  try {
    assert.equal(started.code, 0, started.stderr);
    assert.match(started.stdout, /outcome:  answered/);
    assert.match(started.stdout, /L3 exercised: 0[^]*L3 exercised: 1/);

    const question = { service: '1.001456',
                       question: 'lam ho chieu can giay to gi' };
    const headers = { 'User-Agent': 'curl/8' };
    const before = (await figures(port))['1.001456@G01'];
    const first = (await ask(port, question, { headers })).json;
    const second = (await ask(port, question, { headers })).json;
    const after = (await figures(port))['1.001456@G01'];

    assert.deepEqual([first.outcome, first.cache, second.cache],
                     ['answered', 'MISS', 'HIT']);
    assert.equal(first.sources[0].url, '/dich-vu/1.001456.html');
    assert.deepEqual(['interactions', 'answered', 'cached']
      .map((name) => after[name] - before[name]), [2, 2, 1]);

    assert.match(first.answer, /Giấy tờ cần có/);
    for (const page of ['/', '/dich-vu/1.001456.html', '/tim-kiem', '/en/']) {
      assert.equal((await get(port, page, { headers })).status, 200, page);
    }
    const help = await get(port, '/dich-vu/1.001456.html?tro-giup=nhanh',
                           { headers });
    assert.match(help.headers['content-type'], /^text\/plain/);

    const browser = { ...headers, Accept: 'text/html',
                      Origin: `http://127.0.0.1:${port}`,
                      'Content-Type': 'application/x-www-form-urlencoded' };
    for (const [path, found] of [
      ['/tim-kiem?q=lam+ho+chieu', /Bạn cần thủ tục nào/],
      ['/tim-kiem?q=lam+ho+chieu&cong=1', /<h1>Tìm kiếm dịch vụ/],
      ['/en/?q=passport', /Which procedure do you need/],
    ]) {
      assert.match((await get(port, path, { headers: browser })).text, found);
    }
    for (const [body, found] of [
      ['ho_ten=&ghi_chu=x', /còn thiếu[^]*name="ghi_chu" value="x"/],
      ['ho_ten=An&cam_ket=1', /Đã nhận hồ sơ[^]*gồm 19 byte/],
    ]) {
      const got = await request(port, { method: 'POST', body, headers: browser,
                                        path: '/nop-ho-so/1.001456' });
      assert.match(got.text, found);
    }
  } finally {
    const stopped = await demo('stop', port);
    assert.equal(stopped.code, 0, stopped.stderr);
  }
  assert.match((await demo('stop', port)).stdout, /does not run/);
});
