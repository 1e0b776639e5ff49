// The example of a wiki from Debian's packages, as its README has it.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root, sanitized } from './nginx.mjs';
import { freePort, run } from './process.mjs';

const script = path.join(root, 'examples/wiki/wiki.sh');

export const noWiki = sanitized ? 'the example runs the plain build'
  : !existsSync('/usr/share/dokuwiki/doku.php') && 'dokuwiki is not installed'
  || !existsSync(path.join(root, 'build/ngx_http_assist_module.so'))
    && 'build/ has no module';

// Calls fn with the port of one that runs in the stage's folder.
export async function withWiki(stage, fn) {
  const port = await freePort();
  const wiki = (command) => run('bash', [script, command], {
    env: { ...process.env, PORT: String(port), RUN: stage.path('wiki') },
    timeout: 40000 });
  const started = await wiki('start');
  try {
    assert.equal(started.code, 0, started.stderr);
    await fn(port);
  } finally {
    const stopped = await wiki('stop');
    assert.equal(stopped.code, 0, stopped.stderr);
  }
}
