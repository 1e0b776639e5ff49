// What `page` hooks put into pages: where, into which, and what their headers
// say then.

import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import zlib from 'node:zlib';
import { assert, coverage, figures, get, lasting, readEvidence, request, sleep,
         test, until } from './harness.mjs';

const service = '/dich-vu/1.001456.html';
const body = (text = 'Nội dung. ') => `<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>a</title></head>
<body class="x"><h1 id="tieu-de">Cổng</h1><p>${text}</p></body>
</html>
`;

// A hook that puts `<i>place</i>` into each place.
const hook = (...lines) => `
local assist = require "assist"
return { name = "h", version = "1.2", page = function(ctx, conf)
${lines.join('\n')}
end }`;
const into = (...places) => hook(...places.map((where) =>
  `ctx:inject("${where}", assist.html("<i>${where}</i>"))`));
const everywhere = into('head_end', 'body_start', 'body_end', 'tieu-de');

const injected = (page) => page
  .replace('</head>', '<i>head_end</i></head>')
  .replace('<body class="x">', '<body class="x"><i>body_start</i>')
  .replace('</h1>', '</h1><i>tieu-de</i>')
  .replace('</body>', '<i>body_end</i></body>');

// A portal that answers with a page, or what `answers` has for the path.
const portal = (answers = {}) => (req, res) => {
  const [path] = req.url.split('?');
  const { status = 200, headers = {}, body: text = body(), parts } =
    answers[path] ?? {};
  const bytes = Buffer.from(text);
  res.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    ...parts ? {} : { 'Content-Length': bytes.length },
    'Last-Modified': 'Mon, 02 Nov 2026 08:00:00 GMT', 'ETag': '"abc"',
    'Accept-Ranges': 'bytes', ...headers });
  if (parts) parts(res, bytes);
  else res.end(bytes);
};

const stageOf = (stage, answers, hooks, parts = {}) => stage.site({
  portal: portal(answers), hooks: { 'h.lua': hooks },
  page: 'assist_hook h.lua;', ...parts });

test('all places of a page, and its headers', async (stage) => {
  const { port, plain } = await stageOf(stage, {}, everywhere);
  const [got, was] = [await get(port, service), await get(plain, service)];
  assert.equal(was.text, body());
  assert.equal(got.text, injected(body()));
  assert.equal(got.headers['content-length'], undefined);
  assert.equal(got.headers['transfer-encoding'], 'chunked');
  assert.equal(got.headers.etag, 'W/"abc"');
  assert.equal(got.headers['last-modified'], undefined);
  assert.equal(got.headers['accept-ranges'], undefined);
  assert.equal(got.headers['content-type'], 'text/html; charset=utf-8');
});
