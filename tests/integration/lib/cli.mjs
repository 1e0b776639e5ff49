// lua/bin/assist in a process of its own.

import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { out, root, sanitized } from './nginx.mjs';
import { run } from './process.mjs';

const env = { ...process.env, ASSIST_LIB: path.join(out, 'libassist.so') };

if (sanitized) {
  env.LD_PRELOAD = execFileSync('gcc', ['-print-file-name=libasan.so'])
    .toString().trim();
  env.ASAN_OPTIONS = 'detect_leaks=0';
}

// { code, stdout, stderr }
export const assist = (...words) =>
  run('luajit', [path.join(root, 'lua/bin/assist'), ...words],
      { env, maxBuffer: 1 << 28 });
