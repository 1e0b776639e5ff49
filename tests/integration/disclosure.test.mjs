// The AI notice: before the first answer, in the page's language, in the words
// of assist_disclosure; counted where it is shown, and nowhere else.

import { ask, assert, figures, get, readLines, request, test, until }
  from './harness.mjs';

const vi = 'Máy trả lời, "có thể" sai.';
const en = 'A machine answers & can be wrong.';
const passport = '1.001456@G01';
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');

const html = (lang) => `<!doctype html><html lang="${lang}"><head><title>a</title>`
  + '</head><body><h1 id="a">a</h1></body></html>';

// A portal whose location /a/ has the parts; the notice is everybody's.
const stageOf = (stage, page, parts = {}) => {
  stage.write('ai.conf', `vi = ${vi}\nen = ${en}\n`);
  return stage.site({
    portal: ({ url }, res) => {
      res.writeHead(url.includes('/missing') ? 404 : 200, {
        'Content-Type': 'text/html; charset=utf-8',
        ...url.startsWith('/policy') && {
          'Content-Security-Policy': "script-src 'none'" },
        ...url.startsWith('/en/') && { 'Content-Language': 'en' } });
      res.end(html(url.startsWith('/en/') ? 'en' : 'vi'));
    },
    page: `assist_service ${passport}; ${page}`, ...parts,
    http: `assist_disclosure ai.conf; ${parts.http ?? ''}` });
};

// The lines of the evidence: who was shown the notice, whose interactions had it.
async function evidence(stage, nginx) {
  await nginx.stop();
  const lines = readLines(stage.path('evidence.log'));
  return {
    shown: lines.filter(({ type }) => type === 'shown')
      .map(({ service }) => service),
    disclosed: lines.filter(({ type }) => type === 'interaction')
      .map(({ disclosed }) => disclosed),
  };
}

const browser = { Accept: 'text/html', Origin: 'http://dvc', Host: 'dvc' };

// [what is asked for, the notice's words there, shown, interactions' notice]
const surfaces = {
  'a page with the widget closed': [{}, 'assist_widget on;',
    (port) => get(port, '/a'), null, 0, []],
  'the widget, opened on a service\'s page': [{}, 'assist_widget on;',
    (port) => get(port, '/assist/notice.json?service=1.001456&agency=G01'),
    JSON.stringify(vi), 1, []],
  'the widget, opened on another': [{}, '',
    (port) => get(port, '/assist/notice.json'), JSON.stringify(vi), 0, []],
  'the assistant\'s page, of a service': [{}, '',
    (port) => get(port, '/assist/?service=1.001456&agency=G01'), escaped(vi), 1,
    []],
  'the same in English': [{}, '',
    (port) => get(port, '/assist/?service=1.001456&agency=G01&lang=en'),
    escaped(en), 1, []],
  'the assistant\'s page, of none': [{}, '', (port) => get(port, '/assist/'),
    escaped(vi), 0, []],
  'HEAD of the assistant\'s page': [{}, '',
    (port) => request(port, { method: 'HEAD',
      path: '/assist/?service=1.001456' }), null, 0, []],
  'an error of the assistant\'s page': [{}, '',
    (port) => request(port, { method: 'POST', path: '/assist/ask',
      body: 'service=1.001456&question=', headers: { ...browser,
        'Content-Type': 'application/x-www-form-urlencoded' } }),
    escaped(vi), 0, []],
  'an answer as JSON': [{}, '',
    (port) => ask(port, { question: 'lệ phí?', service: '1.001456' }),
    JSON.stringify(vi), 0, [true]],
  'an answer as a page': [{}, '',
    (port) => request(port, { method: 'POST', path: '/assist/ask',
      body: `service=1.001456&question=${encodeURIComponent('lệ phí?')}`,
      headers: { ...browser,
                 'Content-Type': 'application/x-www-form-urlencoded' } }),
    escaped(vi), 0, [true]],
  'an answer as a stream': [{}, '',
    (port) => request(port, { method: 'POST', path: '/assist/ask',
      body: JSON.stringify({ question: 'fee?', lang: 'en',
                             service: '1.001456' }),
      headers: { 'Content-Type': 'application/json',
                 Accept: 'text/event-stream' } }),
    JSON.stringify(en), 0, [true]],
  'the checklist': [{}, 'assist_hook assistants/checklist.lua;',
    (port) => get(port, '/a'), escaped(vi), 0, [true]],
  'the checklist, in English': [{}, 'assist_hook assistants/checklist.lua;',
    (port) => get(port, '/en/a'), escaped(en), 0, [true]],
  'the checklist, where its place is not in the page': [{},
    'assist_hook assistants/checklist.lua where=none;',
    (port) => get(port, '/a'), null, 0, []],
  'the checklist, where there is no page': [{},
    'assist_hook assistants/checklist.lua;',
    (port) => get(port, '/missing'), null, 0, []],
  'the checklist, asked for by a script': [{},
    'assist_hook assistants/checklist.lua;',
    (port) => get(port, '/a', { headers: {
      'X-Requested-With': 'XMLHttpRequest' } }), null, 0, []],
  'the finder\'s page': [{}, 'assist_hook assistants/finder.lua;',
    (port) => get(port, `/a?q=${encodeURIComponent('làm hộ chiếu')}`,
                  { headers: browser }), escaped(vi), 0, [true]],
  'the place of a summary': [{}, 'assist_hook assistants/plain_language.lua;',
    (port) => get(port, '/a'), null, 0, []],
  'a notice of a hook that has nothing else': [
    { hooks: { 'n.lua': `local assist = require "assist"
      return { page = function(ctx) ctx:inject("a", assist.html(
        '<p class="assist-notice">%s</p>', ctx.disclosure.vi)) end }` } },
    'assist_hook n.lua;', (port) => get(port, '/a'), escaped(vi), 1, []],
  'one that the policy forbids': [
    { hooks: { 'n.lua': `local assist = require "assist"
      return { page = function(ctx) ctx:inject("a", assist.html(
        '<p onclick="a" class="assist-notice">%s</p>', ctx.disclosure.vi)) end }` } },
    'assist_hook n.lua;', (port) => get(port, '/policy'), null, 0, []],
};

for (const [name, [parts, page, show, words, shown, disclosed]] of
  Object.entries(surfaces)) {
  test(`the notice: ${name}`, async (stage) => {
    const { nginx, port } = await stageOf(stage, page, parts);
    const got = await show(port);
    const text = got.text ?? JSON.stringify(got.json);
    if (words) assert.ok(text.includes(words), text);
    else assert.ok(!/Máy trả lời|A machine/.test(text), text);
    // before what it is about
    if (words && /200\.000/.test(text) && text.startsWith('<')) {
      assert.ok(text.indexOf(words) < text.indexOf('200.000'), text);
    }
    const lines = await evidence(stage, nginx);
    assert.deepEqual(lines.shown, Array(shown).fill(passport));
    assert.deepEqual(lines.disclosed, disclosed);
  });
}

test('the notice: a summary has it, and its interaction says so',
  async (stage) => {
    const provider = await stage.provider({ tokens: ['Cấp hộ chiếu [1].'] });
    const { nginx, port } = await stageOf(stage,
      'assist_hook assistants/plain_language.lua;', {
        values: { llm: provider.address },
        http: `assist_provider m uri=/llm/v1/chat/completions model=m1
          place=onprem;`,
        server: `assist_use m;
          location /llm/ { internal; proxy_pass http://{{llm}}/;
            proxy_http_version 1.1; proxy_buffering off; }
          location = /assist-summary { assist_service $arg_service;
            assist_hook assistants/plain_language.lua;
            assist_hook_timeout 20s; }` });
    const { json } = await get(port,
      `/assist-summary?service=${passport}&lang=en`);
    assert.equal(json['assist-notice'], en);
    await until(async () => (await figures(port))[passport].interactions === 1,
                'it is counted');
    assert.deepEqual(await evidence(stage, nginx),
                     { shown: [], disclosed: [true] });
  });

test('the notice: not of traffic that is not real use', async (stage) => {
  const { nginx, port } = await stageOf(stage, 'assist_widget on;', {
    server: 'assist_exclude $arg_bot;' });
  await get(port, '/assist/notice.json?service=1.001456&bot=1');
  await get(port, '/assist/?service=1.001456&bot=1');
  assert.deepEqual(await evidence(stage, nginx), { shown: [], disclosed: [] });
});
