// The citizens' endpoint: questions, answers, and what it refuses.

import http from 'node:http';
import { ask, assert, coverage, get, raw, request, services, test }
  from './harness.mjs';

const passport = { service: '1.001456' };

const asks = (question, check, options = {}) => async (stage) => {
  const at = await stage.site(options);
  const got = await ask(at.port, question);
  await check(got.json, got, at);
};

test('an answer has the documented shape',
  asks({ ...passport, question: 'Lệ phí bao nhiêu?' }, (json, got) => {
    assert.equal(got.status, 200);
    assert.equal(got.headers['content-type'], 'application/json');
    assert.equal(got.headers['x-assist-outcome'], 'answered');
    assert.equal(got.headers['cache-control'], 'no-store');
    assert.equal(got.headers['x-assist-cache'], undefined);
    assert.deepEqual(Object.keys(json).sort(), ['ai', 'answer', 'cache',
      'disclosure', 'id', 'model', 'outcome', 'services', 'sources']);
    assert.match(json.id, /^[0-9a-f]{64}\.1\.001456@G01$/);
    assert.equal(json.outcome, 'answered');
    assert.equal(json.model, 'catalogue');
    assert.equal(json.ai, true);
    assert.equal(json.cache, null);
    assert.match(json.disclosure, /AI/);
    assert.deepEqual(json.services, [{ code: '1.001456',
      name: services[0].name, agency: 'G01', agency_name: 'Bộ Công an',
      contact: '',
      level: 'full' }]);
    assert.deepEqual(json.sources, [{ title: services[0].name,
      url: '/dich-vu/1.001456.html', updated: '2026-11-01' }]);
  }));

test('each interaction has an id of its own', async (stage) => {
  const { port } = await stage.site({ http: 'assist_cache_zone a:1m;' });
  const question = { ...passport, question: 'lệ phí' };
  const ids = new Set();
  for (let i = 0; i < 5; i++) ids.add((await ask(port, question)).json.id);
  assert.equal(ids.size, 5);
});

for (const [question, has, hasNot] of [
  ['cần giấy tờ gì', ['Tờ khai TK01', 'Ảnh chân dung'], ['200.000', '05 ngày']],
  ['can giay to gi', ['Tờ khai TK01'], ['200.000']],
  ['mất bao nhiêu tiền', ['200.000 đồng'], ['TK01']],
  ['bao lâu thì xong', ['05 ngày làm việc'], ['TK01']],
  ['lệ phí và thời hạn', ['200.000 đồng', '05 ngày'], ['TK01']],
  ['hộ chiếu', ['200.000 đồng', '05 ngày', 'TK01', 'toàn trình'], []],
]) {
  test(`of a given service: ${question}`,
    asks({ ...passport, question }, (json) => {
      assert.equal(json.outcome, 'answered');
      for (const words of has) assert.ok(json.answer.includes(words), json.answer);
      for (const words of hasNot) assert.ok(!json.answer.includes(words), json.answer);
    }));
}

for (const question of ['Cấp hộ chiếu cần giấy tờ gì?',
                        'lam ho chieu can giay to gi',
                        'LÀM HỘ CHIẾU CẦN GIẤY TỜ GÌ',
                        'which documents do I need for a passport']) {
  test(`the service is found: ${question}`, asks(question, (json) => {
    assert.equal(json.outcome, 'answered');
    assert.equal(json.services[0].code, '1.001456');
    assert.match(json.answer, /TK01/);
  }));
}

test('English is answered in English, with an English notice',
  asks('how much does a passport cost', (json) => {
    assert.match(json.answer, /Fee:\n200\.000/);
    assert.match(json.disclosure, /AI assistant/);
  }));

test('lang wins over the question\'s language',
  asks({ ...passport, question: 'lệ phí', lang: 'en' }, (json) => {
    assert.match(json.answer, /Fee:/);
    assert.match(json.disclosure, /AI assistant/);
  }));

test('what the catalogue does not know is said',
  asks({ service: '2.000815', question: 'bao lâu' }, (json, got) => {
    assert.equal(got.status, 200);
    assert.equal(json.outcome, 'unanswerable');
    assert.match(json.answer, /chưa có thông tin về: thời hạn/);
  }));

test('what is no public service is not answered',
  asks('thời tiết hôm nay thế nào', (json, got) => {
    assert.equal(got.status, 200);
    assert.equal(json.outcome, 'unanswerable');
    assert.deepEqual([json.services, json.sources], [[], []]);
    assert.match(json.id, /^[0-9a-f]{64}\.$/);
  }));

test('several services that fit are asked about',
  asks('cấp giấy phép cần gì', (json) => {
    assert.equal(json.outcome, 'clarification');
    assert.deepEqual(json.services.map((s) => s.code).sort(),
                     ['1.000001', '1.000002']);
    assert.match(json.answer, /Bạn cần thủ tục nào\?\n1\. /);
    assert.deepEqual(json.sources, []);
  }, { rows: [
    { code: '1.000001', name: 'Cấp giấy phép', agency_code: 'H01', fee: '1' },
    { code: '1.000002', name: 'Cấp giấy phép', agency_code: 'H02', fee: '2' },
    services[0]] }));

test('a location\'s own service is what questions are about',
  asks('lệ phí', (json) => assert.equal(json.services[0].code, '1.001193'),
       { chat: 'assist_service 1.001193;' }));

test('a service with its agency, in one member or two', async (stage) => {
  const rows = ['H29', 'H55'].map((agency_code) => ({
    ...services[0], agency_code, fee: `phí ${agency_code}`, paths: '' }));
  const { port } = await stage.site({ rows });
  const fee = async (more) => (await ask(port, { question: 'lệ phí', ...more }))
    .json.answer.match(/phí (H\d+)/)?.[1];
  assert.equal(await fee({ service: '1.001456@H55' }), 'H55');
  assert.equal(await fee({ service: '1.001456', agency: 'H55' }), 'H55');
  assert.equal(await fee({ service: '1.001456', agency: 'H29' }), 'H29');
});

const shared = ['H29', 'H55'].map((agency_code) => ({
  ...services[0], agency_code, paths: '' }));

for (const [what, options] of [
  ['an answer', {}],
  ['an answer from the cache', { http: 'assist_cache_zone a:1m;' }],
  ['an answer about a service of two agencies', { rows: shared }],
  ['an answer from the cache about a service of two agencies',
   { rows: shared, http: 'assist_cache_zone a:1m;' }],
]) {
  test(`"and the fee?" follows ${what}`, async (stage) => {
    const { port } = await stage.site(options);
    const first = 'làm hộ chiếu cần giấy tờ gì';
    await ask(port, first);
    const { id } = (await ask(port, first)).json;
    const { json } = await ask(port, { question: 'lệ phí?', previous: id });
    assert.equal(json.outcome, 'answered', id);
    assert.equal(json.services[0].code, '1.001456');
    assert.match(json.answer, /200\.000/);
  });
}

test('a question that names a service leaves the previous one',
  asks({ question: 'đăng ký khai sinh cần giấy tờ gì',
         previous: '0123456789abcdef.1.001456@G01' },
       (json) => assert.equal(json.services[0].code, '1.001193')));

for (const previous of ['', 'x', '0123456789abcdef', '0123456789abcdef.',
                        '0123456789abcdef.9.999999', '.'.repeat(500),
                        'é'.repeat(9)]) {
  test(`a previous that means nothing: ${previous.slice(0, 30)}`,
    asks({ question: 'lệ phí?', previous }, (json, got) => {
      assert.equal(got.status, 200);
      assert.equal(json.outcome, 'unanswerable');
    }));
}

// A request that is refused with this status and code; nothing is counted.
function refuses(name, status, code, options) {
  test(`refused: ${name}`, async (stage) => {
    const { port } = await stage.site();
    const got = await request(port, { method: 'POST', path: '/assist/ask',
      ...options, headers: { 'Content-Type': 'application/json',
                             ...options.headers } });
    assert.equal(got.status, status, got.text);
    assert.equal(got.json.error.code, code);
    assert.equal(typeof got.json.error.message, 'string');
    assert.match(got.headers['content-type'], /^application\/json/);
    const { quality } = await coverage(port);
    assert.deepEqual([quality.unmatched, quality.excluded], [0, 0]);
  });
}

const body = (value) => ({ body: JSON.stringify(value) });

refuses('no body', 400, 'invalid_json', {});
refuses('not JSON', 400, 'invalid_json', { body: '{"question":' });
refuses('JSON and more', 400, 'invalid_json', { body: '{"question":"a"} x' });
refuses('an array', 400, 'invalid_json', { body: '["question"]' });
refuses('a number', 400, 'invalid_json', { body: '1' });
refuses('deep nesting', 400, 'invalid_json', { body: '['.repeat(8000) });
refuses('a member twice', 400, 'invalid_json',
        { body: '{"question":"a","question":"b"}' });
refuses('a NUL', 400, 'invalid_json', { body: '{"question":"a\\u0000b"}' });
refuses('half a surrogate pair', 400, 'invalid_json',
        { body: '{"question":"\\ud800"}' });
refuses('bytes that are not UTF-8', 400, 'invalid_json',
        { body: Buffer.from('{"question":"l\xea ph\xed"}', 'latin1') });
refuses('an error near a character that is cut', 400, 'invalid_json',
        { body: `{"question":"a" ${'ộ'.repeat(100)}` });
refuses('no question', 400, 'question_missing', body({ service: '1.001456' }));
refuses('an empty question', 400, 'question_missing', body({ question: '' }));
refuses('a question of blanks', 400, 'question_missing',
        body({ question: ' \n\t ' }));
refuses('a question of null', 400, 'question_missing', body({ question: null }));
refuses('a question that is no string', 400, 'invalid_member',
        body({ question: 1 }));
refuses('a service that is no string', 400, 'invalid_member',
        body({ question: 'a', service: ['1.001456'] }));
refuses('a question too long', 400, 'question_too_long',
        body({ question: 'a'.repeat(2001) }));
refuses('an unknown language', 400, 'unknown_lang',
        body({ question: 'a', lang: 'fr' }));
refuses('an unknown service', 400, 'unknown_service',
        body({ question: 'a', service: '9.999999' }));
refuses('an unknown agency', 400, 'unknown_service',
        body({ question: 'a', service: '1.001456', agency: 'H99' }));
refuses('a long service name, cut inside a character', 400, 'unknown_service',
        body({ question: 'a', service: `x${'ộ'.repeat(400)}` }));
refuses('a form of another kind', 415, 'unsupported_media_type',
        { body: 'question=a', headers: { 'Content-Type': 'multipart/form-data' } });
refuses('a type that only starts like JSON\'s', 415, 'unsupported_media_type',
        { ...body({ question: 'a' }), headers: { 'Content-Type': 'application/jsonlines' } });
refuses('too much, with its length', 413, 'body_too_large',
        body({ question: 'a', more: 'x'.repeat(17000) }));
refuses('too much, chunked', 413, 'body_too_large',
        { body: [...JSON.stringify({ question: 'a', more: 'x'.repeat(17000) })
                 .match(/.{1,1000}/g)] });
refuses('GET', 405, 'method_not_allowed', { method: 'GET' });
refuses('PUT', 405, 'method_not_allowed', { method: 'PUT', body: '{}' });
refuses('another address', 404, 'not_found',
        { ...body({ question: 'a' }), path: '/assist/answer' });
refuses('no address', 404, 'not_found', { ...body({}), path: '/assist/' });
refuses('an address that is cut inside a character', 404, 'not_found',
        { method: 'GET', path: `/assist/${encodeURIComponent(`x${'ộ'.repeat(300)}`)}` });

test('405 says what is allowed', async (stage) => {
  const { port } = await stage.site();
  const got = await get(port, '/assist/ask');
  assert.equal(got.headers.allow, 'POST');
  const head = await get(port, '/assist/ask', { method: 'HEAD' });
  assert.equal(head.status, 405);
  assert.equal(head.body.length, 0);
});

test('a content type with a charset, in any case', async (stage) => {
  const { port } = await stage.site();
  const got = await request(port, { method: 'POST', path: '/assist/ask',
    ...body({ question: 'hộ chiếu' }),
    headers: { 'content-type': 'Application/JSON; charset=UTF-8' } });
  assert.equal(got.status, 200);
});

test('a connection goes on after errors', async (stage) => {
  const { port } = await stage.site();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  let sockets = 0;
  agent.on('free', () => sockets++);
  const send = (options) => request(port, { method: 'POST', agent,
    path: '/assist/ask', headers: { 'Content-Type': 'application/json' },
    ...options });
  for (const options of [{ body: '{' }, body({}), { method: 'PUT', body: 'x' },
                         body({ question: 'hộ chiếu' }), { body: [] }]) {
    assert.ok((await send(options)).status);
  }
  const last = await send(body({ question: 'lệ phí hộ chiếu' }));
  assert.equal(last.json.outcome, 'answered');
  agent.destroy();
});

test('questions in one pipeline are answered in order', async (stage) => {
  const { port } = await stage.site();
  const one = (question, connection) => {
    const text = JSON.stringify({ question, service: '1.001456' });
    return `POST /assist/ask HTTP/1.1\r\nHost: a\r\nConnection: ${connection}\r\n`
      + `Content-Type: application/json\r\nContent-Length: ${
        Buffer.byteLength(text)}\r\n\r\n${text}`;
  };
  const text = (await raw(port, one('lệ phí', 'keep-alive')
                                + one('thời hạn', 'close'))).toString();
  assert.equal(text.match(/HTTP\/1\.1 200/g).length, 2);
  assert.ok(text.indexOf('200.000') < text.indexOf('05 ngày'));
});

test('a body that comes byte by byte', async (stage) => {
  const { port } = await stage.site();
  const chunks = [...Buffer.from(JSON.stringify({ question: 'lệ phí hộ chiếu' }))]
    .map((byte) => Buffer.from([byte]));
  const got = await request(port, { method: 'POST', path: '/assist/ask',
    headers: { 'Content-Type': 'application/json' }, body: chunks });
  assert.equal(got.json.outcome, 'answered');
});

test('an ask hook of the location answers in place of the default one',
  asks({ ...passport, question: 'Lệ phí?' }, (json) => {
    assert.equal(json.answer, 'Bạn hỏi: Lệ phí? (vi, 1.001456)');
    assert.equal(json.outcome, 'answered');
    assert.deepEqual(json.sources, [{ title: 'T', url: '/u', updated: null }]);
  }, {
    chat: 'assist_hook own.lua;',
    hooks: { 'own.lua': `return { ask = function(ctx)
      ctx:say(("Bạn hỏi: %s (%s, %s)"):format(ctx.question, ctx.lang, ctx.service.code))
      ctx:cite { title = "T", url = "/u" }
    end }` },
  }));

for (const [what, status, outcome, source] of [
  ['raises', 500, 'error_hook', 'ctx:say("half") error("no")'],
  ['says nothing', 500, 'error_hook', ''],
  ['waits too long', 504, 'error_timeout',
   'require("assist").sleep(5) ctx:say("late")'],
  ['loops', 500, 'error_hook', 'while true do end'],
]) {
  test(`an ask hook that ${what}`,
    asks({ ...passport, question: 'lệ phí' }, (json, got, { nginx }) => {
      assert.equal(got.status, status);
      assert.equal(json.outcome, outcome);
      assert.equal(got.headers['x-assist-outcome'], outcome);
      assert.match(json.answer, /Trợ lý đang gặp sự cố/);
      assert.ok(!json.answer.includes('half'));
      assert.deepEqual(nginx.workerPids(), nginx.pids);
    }, {
      errors: [/hook own failed in ask/],
      chat: 'assist_hook own.lua; assist_hook_timeout 100ms;',
      hooks: { 'own.lua': `return { name = "own", ask = function(ctx) ${source} end }` },
    }));
}
