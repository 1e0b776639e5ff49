// Every call of the hook API in every phase, as lua/assist/cli/api.lua has them:
// it works, or says where it may be called, with the hook's file and line; and a
// wait where none can be is a clear error.  tests/lua/matrix.lua makes the hook.

import path from 'node:path';
import { ask, assert, get, root, run, test, until } from './harness.mjs';

const page = '/dich-vu/1.001456.html';

const made = await run('luajit', [path.join(root, 'tests/lua/matrix.lua')]);
assert.equal(made.code, 0, made.stderr);
const { phases, source, expected } = JSON.parse(made.stdout);

// A site where everything that a hook may call is there.
async function site(stage) {
  const redis = await stage.redis();
  const provider = await stage.provider();
  const hook = 'assist_hook matrix.lua; assist_use m;';
  return stage.site({
    hooks: { 'matrix.lua': source }, errors: [/a line of the matrix/],
    http: `assist_redis ${redis.url} timeout=5s; assist_cache_zone a:1m;
      assist_hook_cpu 1s; assist_hook_timeout 20s; assist_fetch /api;
      assist_provider m uri=/llm/v1/chat/completions model=m place=onprem;`,
    values: { llm: provider.address },
    server: `location = /api { return 200 "x"; }
      location /llm/ {
        internal;
        proxy_pass http://{{llm}}/;
        proxy_buffering off;
      }`, page: hook, chat: hook });
}

// Lets the hook try all cells in a phase; gives what it found, also on load.
async function found(port, phase) {
  if (phase === 'ask') {
    await ask(port, { question: 'lệ phí?', service: '1.001456', agency: 'G01' },
              { path: '/assist/ask?phase=ask' });
  } else {
    await get(port, `${page}?phase=${phase}`);
  }
  const kept = (name) => until(async () =>
    (await get(port, `${page}?read=${name}`)).text, `the cells of ${name}`);
  return { [phase]: JSON.parse(await kept(phase)),
           load: JSON.parse(await kept('load')) };
}

for (const phase of phases) {
  test(`every call in ${phase}`, async (stage) => {
    const { port, nginx } = await site(stage);
    assert.deepEqual(await found(port, phase),
                     { [phase]: expected[phase], load: expected.load });
    assert.deepEqual(nginx.workerPids(), nginx.pids);
  });
}
