// One page, however it comes and goes: what is put in is the same.

import http2 from 'node:http2';
import zlib from 'node:zlib';
import { assert, coverage, figures, get, lasting, request, test }
  from './harness.mjs';

const hook = `local assist = require "assist"
return { page = function(ctx)
  for _, place in ipairs { "head_end", "body_start", "in", "body_end" } do
    ctx:inject(place, assist.html("<i>%s</i>", place))
  end
end }`;

const filler = (n) => '<p title="</body>">Nội dung dài &lt;/body>.</p>\n'.repeat(n);

// Markup with {places}; each is also made long, so that it fills many buffers.
const markup = {
  plain: '<!DOCTYPE html><html><head><title>a</title>{head_end}</head>'
    + '<body>{body_start}<div id=in>b</div>{in}{filler}{body_end}</body></html>',
  'upper case': '<HTML><HEAD><TITLE></BODY></TITLE>{head_end}</HEAD>'
    + '<BODY CLASS=A>{body_start}<DIV ID="in">b</DIV>{in}{filler}{body_end}'
    + '</BODY ></HTML>',
  'nothing closed': '<!doctype html><title>a</title>{head_end}{body_start}'
    + '<p id=in>b{in}{filler}{body_end}',
  'raw text': '<!doctype html><head><style>a::after{content:"</body>"}</style>'
    + '<script>"</body>"; // <!-- <script> </script>\n</script>{head_end}</head>'
    + '<body>{body_start}<textarea></body></textarea><b id=in>b</b>{in}'
    + '<noscript></body></noscript><iframe></body></iframe><!-- </body> -->'
    + '<xmp></body></xmp>{filler}{body_end}</body>',
  'svg and templates': '<!doctype html><head>{head_end}</head><body>{body_start}'
    + '<svg><![CDATA[</body>]]><title></title></svg>'
    + '<template></body><b id=in></b></template><b id=in>b</b>{in}{filler}'
    + '{body_end}</body>',
  form: '<!doctype html><head>{head_end}</head><body>{body_start}'
    + '<form method=post><input name=csrf value=abc><b id=in>b</b>{filler}'
    + '</form>{in}{body_end}</body>',
};

const original = (name, n) => markup[name].replace(/\{(\w+)\}/g,
  (_, word) => word === 'filler' ? filler(n) : '');
const injected = (name, n) => markup[name].replace(/\{(\w+)\}/g,
  (_, word) => word === 'filler' ? filler(n) : `<i>${word}</i>`);

const names = Object.keys(markup);
const sizes = [0, 4000];        // of the filler; 4000 are 200 KB
const fileOf = (i, n) => `${i}-${n}.html`;

// Ways to serve them: a location, and how its pages are read.
const ways = {
  proxied: 'proxy_pass http://{{portal}};',
  unbuffered: 'proxy_pass http://{{portal}}; proxy_buffering off;',
  'a byte at a time': 'proxy_pass http://{{portal}}; proxy_buffering off;',
  'small buffers': `proxy_pass http://{{portal}}; proxy_buffer_size 1k;
    proxy_buffers 4 1k; proxy_busy_buffers_size 2k; proxy_max_temp_file_size 0;`,
  'a temporary file': `proxy_pass http://{{portal}}; proxy_buffer_size 1k;
    proxy_buffers 4 1k; proxy_busy_buffers_size 2k; limit_rate 8m;`,
  cached: 'proxy_pass http://{{portal}}; proxy_cache pages; proxy_cache_valid 9m;',
  file: 'root {{dir}}/html; sendfile on;',
  'file, read': 'root {{dir}}/html; sendfile off; output_buffers 2 512;',
  'file, directio': 'root {{dir}}/html; directio 512; output_buffers 1 4k;',
  'file, threads': 'root {{dir}}/html; aio threads; sendfile off;',
  'file, sendfile in threads':
    'root {{dir}}/html; aio threads; sendfile on; sendfile_max_chunk 4k;',
  'all filters': `proxy_pass http://{{portal}}; gzip on; gzip_min_length 0;
    ssi on; sub_filter_once off; sub_filter 'Nội dung' 'Noi dung';
    sub_filter '<i>' '<i class=s>'; postpone_output 0;`,
  // for who takes no gzip; others get what the portal sent
  unzipped: 'proxy_pass http://{{portal}}; gunzip on;',
};
const slow = new Set(['a byte at a time']);

const stageOf = async (stage) => {
  for (const [i, name] of names.entries()) {
    for (const n of sizes) {
      stage.write(`html/${fileOf(i, n)}`, original(name, n));
    }
  }
  const stagePortal = async ({ url }, res) => {
    const [, i, n] = /(\d+)-(\d+)\.html/.exec(url);
    const body = Buffer.from(original(names[i], Number(n)));
    const zipped = url.startsWith('/zip');
    res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8',
                         ETag: '"e"', ...zipped && {
                           'Content-Encoding': 'gzip' } });
    if (zipped) res.end(zlib.gzipSync(body));
    else if (url.startsWith('/bytes')) {
      res.socket.setNoDelay(true);
      for (const byte of body) {
        res.write(Buffer.of(byte));
        await new Promise(setImmediate);
      }
      res.end();
    } else res.end(body);
  };
  const prefix = (way, w) => way === 'a byte at a time' ? '/bytes'
    : way === 'unzipped' ? '/zip' : `/w${w}`;
  const locations = Object.entries(ways).map(([way, text], w) => `
    location ${prefix(way, w)}/ { assist_hook h.lua;
      types { text/html html; } default_type text/html;
      ${text.includes('root') ? `rewrite ^/w\\d+/(.*) /$1 break;` : ''} ${text} }`);
  const site = await stage.site({ portal: stagePortal, hooks: { 'h.lua': hook },
    http: `proxy_cache_path {{dir}}/cache keys_zone=pages:1m;`,
    server: `listen 127.0.0.1:{{port h2}} http2; ${locations.join('')}` });
  return { ...site, path: (way, i, n) =>
    `${prefix(way, Object.keys(ways).indexOf(way))}/${fileOf(i, n)}` };
};

const changed = (way, text) => way !== 'all filters' ? text
  : text.replaceAll('Nội dung', 'Noi dung').replaceAll('<i>', '<i class=s>');

test('every way of serving, every kind of markup', async (stage) => {
  const { port, path, nginx } = await stageOf(stage);
  const client = http2.connect(`http://127.0.0.1:${nginx.ports.h2}`);
  const over2 = (uri) => new Promise((resolve, reject) => {
    const stream = client.request({ ':path': uri });
    let text = '';
    stream.setEncoding('utf8').on('data', (part) => { text += part; });
    stream.on('error', reject);
    stream.on('end', () => resolve(text));
  });
  for (const way of Object.keys(ways)) {
    for (const [i, name] of names.entries()) {
      for (const n of slow.has(way) ? [0] : sizes) {
        const right = changed(way, injected(name, n));
        for (let again = 0; again < 2; again++) {
          const got = await get(port, path(way, i, n));
          assert.equal(got.text, right, `${way}, ${name}, ${n}`);
        }
        assert.equal(await over2(path(way, i, n)), right,
                     `HTTP/2, ${way}, ${name}, ${n}`);
        if (!/filters|zipped/.test(way)) continue;
        const zipped = way === 'unzipped' ? original(name, n) : right;
        const got = await get(port, path(way, i, n),
                              { headers: { 'Accept-Encoding': 'gzip' } });
        assert.equal(got.headers['content-encoding'], 'gzip');
        assert.equal(zlib.gunzipSync(got.body).toString(), zipped,
                     `zipped, ${way}, ${name}, ${n}`);
      }
    }
  }
  client.close();
});

test('parts of files: a range, several, with If-Range', async (stage) => {
  const { port, path } = await stageOf(stage);
  const text = original('plain', 4000);
  const uri = path('file', 0, 4000);
  const whole = await get(port, uri);
  for (const [range, ifRange, status] of [
    ['bytes=100-199', null, 206], ['bytes=0-9,20-29', null, 206],
    ['bytes=-7', null, 206], ['bytes=999999999-', null, 416],
    ['bytes=100-199', '"other"', 200],
    ['bytes=100-199', 'Mon, 02 Nov 2020 08:00:00 GMT', 200],
    // of the page with something in it: a weak one gives no part
    ['bytes=100-199', whole.headers.etag, 200],
  ]) {
    const got = await get(port, uri, { headers: { Range: range,
      ...ifRange && { 'If-Range': ifRange } } });
    assert.equal(got.status, status, `${range} ${ifRange}`);
    // a part is one of the portal's page; the whole is that or ours
    if (status === 206 && !range.includes(',')) {
      const [, a, b] = /bytes (\d+)-(\d+)/.exec(got.headers['content-range']);
      assert.equal(got.text, Buffer.from(text).subarray(Number(a),
                                                        Number(b) + 1).toString());
    }
    if (status === 200) {
      assert.ok([text, injected('plain', 4000)].includes(got.text));
      if (got.headers['content-length']) {
        assert.equal(Number(got.headers['content-length']), got.body.length);
      }
    }
  }
});

test('not modified, by the portal and by nginx', async (stage) => {
  const page = original('plain', 0);
  const { port, portal } = await stage.site({
    hooks: { 'h.lua': hook }, page: 'assist_hook h.lua;',
    portal: (req, res) => {
      const known = /"e"/.test(req.headers['if-none-match'] ?? '');
      res.writeHead(known ? 304 : 200, { ETag: '"e"',
        'Content-Type': 'text/html; charset=utf-8' });
      res.end(known ? undefined : page);
    } });
  const first = await get(port, '/a');
  assert.equal(first.text, injected('plain', 0));
  assert.equal(first.headers.etag, 'W/"e"');
  const second = await get(port, '/a',
    { headers: { 'If-None-Match': first.headers.etag } });
  assert.equal(second.status, 304);
  assert.equal(second.body.length, 0);
  assert.equal(portal.requests.at(-1).headers['if-none-match'], 'W/"e"');
  const head = await request(port, { method: 'HEAD', path: '/a' });
  assert.equal(head.body.length, 0);
  assert.equal(head.headers.etag, '"e"');
});

// What nginx makes of other requests inside of one for a page.
test('subrequests are no pages: auth_request, mirror, addition, SSI',
  async (stage) => {
    const page = original('plain', 0);
    const { port, portal } = await stage.site({
      hooks: { 'h.lua': hook }, errors: [/access forbidden by rule/],
      portal: (req, res) => {
        res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
        res.end(req.url === '/part' ? '<!doctype html><body>part</body>' : page);
      },
      page: 'assist_hook h.lua; auth_request /ok; mirror /mirror;',
      server: `
        location = /ok { assist_hook h.lua; proxy_pass http://{{portal}}; }
        location = /mirror { assist_hook h.lua; proxy_pass http://{{portal}}; }
        location = /part { assist_hook h.lua; proxy_pass http://{{portal}}; }
        location = /added { assist_hook h.lua; add_before_body /part;
                            add_after_body /part; addition_types text/html;
                            proxy_pass http://{{portal}}; }
        location = /sorry { assist_hook h.lua; proxy_pass http://{{portal}}; }
        location = /turned { error_page 403 =200 /sorry; deny all; }` });
    assert.equal((await get(port, '/a')).text, injected('plain', 0));
    const part = '<!doctype html><body>part</body>';
    assert.equal((await get(port, '/added')).text,
                 part + injected('plain', 0) + part);
    assert.equal((await get(port, '/turned')).text, injected('plain', 0));
    assert.deepEqual(portal.requests.map(({ url }) => url).sort(),
      ['/a', '/added', '/mirror', '/ok', '/part', '/part', '/sorry']);
  });

test('what a header or an upgrade says is no page', async (stage) => {
  const page = original('plain', 0);
  const answers = {
    '/attachment': { 'Content-Disposition': 'Attachment; filename="a.html"' },
    '/form-data': { 'Content-Disposition': 'form-data; name=a' },
    '/br': { 'Content-Encoding': 'br' },
    '/xhtml': { 'Content-Type': 'application/xhtml+xml' },
    '/htmlx': { 'Content-Type': 'text/plain; a=text/html' },
    '/multi': { 'Content-Type': 'multipart/x-mixed-replace; boundary=a' },
    '/events': { 'Content-Type': 'text/event-stream' },
  };
  const { port, plain } = await stage.site({
    hooks: { 'h.lua': hook }, page: 'assist_hook h.lua; assist_widget on;',
    portal: (req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8',
                           'Content-Length': Buffer.byteLength(page),
                           ...answers[req.url] });
      res.end(page);
    } });
  const same = async (uri, options) => {
    const [got, was] = [await get(port, uri, options),
                        await get(plain, uri, options)];
    assert.equal(got.text, was.text, uri);
    assert.deepEqual(lasting(got), lasting(was), uri);
  };
  for (const uri of Object.keys(answers)) await same(uri);
  for (const value of ['XMLHttpRequest', 'fetch', 'com.portal.app']) {
    await same('/a', { headers: { 'X-Requested-With': value } });
  }
  await same('/a', { method: 'HEAD' });
  assert.equal((await coverage(port)).quality.compressed, 1);
  assert.equal((await figures(port))['1.001456@G01'].interactions, 0);
});

test('what is shown in the window, however it is called', async (stage) => {
  const page = original('plain', 0);
  const { port } = await stage.site({
    hooks: { 'h.lua': hook }, page: 'assist_hook h.lua;',
    portal: (req, res) => {
      res.writeHead(200, { 'Content-Type': 'TEXT/HTML ; charset="UTF-8"',
                           'Content-Disposition': 'INLINE; filename=a' });
      res.end(page);
    } });
  assert.equal((await get(port, '/a')).text, injected('plain', 0));
});
