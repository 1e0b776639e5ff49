// Models: what a citizen sees of an answer, and of whatever breaks on its way.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { abandon, ask, assert, figures, listen, readEvidence, root, services,
         test, until } from './harness.mjs';
import { answer, faults } from './lib/provider.mjs';

const passport = '1.001456@G01';
const of = (question) => ({ service: '1.001456', question });
const fee = of('Lệ phí là bao nhiêu?');
const L1 = 'assist_cache_zone answers:1m;';

const first = answer.join('');
const second = 'Nguồn khác: 200.000 đồng [1].';

// What nginx and the module write where a provider fails.
const errors = [/upstream/, /connect\(\) failed/, /provider/];

const location = (name, address) => `
  location /llm/${name}/ {
    internal;
    proxy_pass http://${address}/;
    proxy_http_version 1.1;
    proxy_buffering off;
  }`;

// Two providers.  Below /assist/ the first is asked, then the spare one; below
// /alone/ the first is the only one, by another name, so that what is
// remembered of its failures is not the same.
async function asking(stage, plan, { http = '', server = '', chat = '',
                                     timeout = '5s', more = '', ...options }
                      = {}) {
  const main = await stage.provider(plan);
  const spare = await stage.provider({ tokens: second.split(/(?<= )/) });
  stage.write('key', 'sk-secret\n');
  const provider = (name, uri, model) => `assist_provider ${name}
    uri=/llm/${uri}/v1/chat/completions model=${model} key_file={{dir}}/key
    timeout=${timeout} place=onprem ${more};`;
  const site = await stage.site({
    errors, values: { main: main.address, spare: spare.address },
    http: `${provider('main', 'main', 'm1')} ${provider('only', 'main', 'm1')}
           ${provider('spare', 'spare', 'm2')} ${http}`,
    server: `${location('main', '{{main}}')} ${location('spare', '{{spare}}')}
             location /alone/ { assist_chat; assist_use only; ${chat} }
             ${server}`,
    chat: `assist_use main spare; ${chat}`, ...options });
  return { ...site, main, spare };
}

const evidence = (stage, n) => until(() => {
  const lines = stage.read('evidence.log').endsWith('\n')
    ? readEvidence(stage.path('evidence.log')) : [];
  const all = lines.filter(({ type }) => type === 'interaction');
  return all.length >= n && all;
}, `${n} lines of evidence`);

// What each end of an answer looks like.
const isOf = (model, text) => (json) => {
  assert.equal(json.outcome, 'answered');
  assert.equal(json.model, model);
  assert.equal(json.answer, text);
  assert.ok(!json.degraded);
  assert.deepEqual(json.sources.map(({ url }) => url),
                   ['/dich-vu/1.001456.html']);
};
const isFirst = isOf('m1', first);
const isSecond = isOf('m2', second);
function isCatalogue(json) {
  assert.equal(json.outcome, 'answered');
  assert.equal(json.model, 'catalogue');
  assert.equal(json.degraded, true);
  assert.match(json.answer, /200\.000 đồng/);
}

// A stream that ends well: what came in pieces is what stands in the end.
const streams = (check) => (got) => {
  assert.equal(got.error, undefined);
  assert.equal(got.cut, false);
  check(got.answer);
  assert.equal(got.text, got.answer.answer);
  assert.equal(got.events.at(-1).event, 'answer');
};

// A stream that broke after its first words.
function broke(got) {
  assert.equal(got.answer, undefined);
  assert.equal(got.cut, false);
  assert.notEqual(got.text, '');
  assert.equal(got.error.code, 'error_provider');
  assert.notEqual(got.error.message, '');
  assert.equal(got.events.at(-1).event, 'error');
}

// fault -> where it shows.  "nowhere": the model's answer is whole; "before":
// no word has come yet; "after": some have.
const shows = {
  'a byte a write': 'nowhere',
  'CRLF': 'nowhere',
  'data on several lines': 'nowhere',
  'comments': 'nowhere',
  'no [DONE]': 'nowhere',
  'stall before [DONE]': 'nowhere',
  'cut before [DONE]': 'nowhere',
  'one JSON body': 'nowhere',
  'no usage': 'nowhere',
  'slow': 'nowhere',
  'bytes that are not UTF-8': 'nowhere',

  'connection refused': 'before',
  'stall before the headers': 'before',
  'stall after the headers': 'before',
  'cut before the headers': 'before',
  'cut after the headers': 'before',
  'status 302': 'before',
  'status 429': 'before',
  'status 429 with seconds': 'before',
  'status 429 with a date': 'before',
  'status 500': 'before',
  'status 502': 'before',
  'status 503': 'before',
  'a page of HTML': 'before',
  'an empty 200': 'before',

  'stall in the middle': 'after',
  'stall after the last token': 'after',
  'cut in the middle': 'after',
  'cut in the middle, unframed': 'after',
  'no end': 'after',
  'bad JSON in an event': 'after',
  'an error event': 'after',
  'a named error event': 'after',
  'an event of 2 MB': 'after',
  'no end of tokens': 'after',
};

// What the citizen sees, as a stream and as JSON; then the same where there is
// no other provider; then the outcomes that are counted, in that order.
const seen = {
  nowhere: [isFirst, isFirst, isFirst, isFirst, []],
  before: [isSecond, isSecond, isCatalogue, isCatalogue, []],
  after: [broke, isSecond, broke, isCatalogue,
          ['error_provider', 'error_provider']],
};

// The same in words: a stream, JSON, the outcome.
const answers = 'its answer';
const next = 'another answer';
const words = {
  nowhere: [answers, answers, '`answered`'],
  before: [next, next, '`answered`'],
  after: ['its words so far, then an error', next,
          '`error_provider`; JSON `answered`'],
};

test('each fault is in the table, and the table in the README', () => {
  assert.deepEqual(Object.keys(shows).sort(),
                   [...Object.keys(faults), 'connection refused'].sort());
  const readme = readFileSync(path.join(root, 'tests/README.md'), 'utf8');
  const table = Object.entries(shows).map(([fault, where]) =>
    `| ${[fault, ...words[where]].join(' | ')} |\n`).join('');
  assert.ok(readme.includes(table), `tests/README.md needs:\n${table}`);
});

for (const [fault, where] of Object.entries(shows)) {
  test(`${fault}: shows ${where}`, async (stage) => {
    const timeout = fault.startsWith('stall') ? '1s' : '5s';
    const { port, main, nginx } = await asking(stage, faults[fault],
                                               { timeout, http: L1 });
    const [early, late, alone, last, failures] = seen[where];
    if (fault === 'connection refused') await main.stop();

    // questions of their own: equal ones could share an answer
    const both = (path, word) => Promise.all([
      listen(port, of(`lệ phí ${word} một`), { path }),
      ask(port, of(`lệ phí ${word} hai`), { path })]);
    const got = [...await both('/assist/ask', 'là'),
                 ...await both('/alone/ask', 'hết')];
    const [stream, whole, aloneStream, aloneWhole] = got;
    for (const { status } of got) assert.equal(status, 200);

    // the bad bytes lie in the middle of the answer
    const mended = (json) => ({ ...json,
      answer: json.answer.replaceAll('\ufffd', '') });
    const check = (view, seen) => (seen === broke ? broke(view)
      : streams((json) => seen(mended(json)))(view));
    check(stream, early);
    late(mended(whole.json));
    check(aloneStream, alone);
    last(mended(aloneWhole.json));

    const lines = await evidence(stage, 4);
    assert.deepEqual(lines.map(({ outcome }) => outcome)
      .filter((outcome) => outcome !== 'answered'), failures);
    assert.equal(lines.filter(({ outcome, degraded }) =>
      outcome === 'answered' && degraded).length,
                 [early, late, alone, last].filter((s) => s === isCatalogue)
                   .length);
    assert.deepEqual(nginx.workerPids(), nginx.pids);

    // a call that hangs is not kept
    await until(() => main.requests.every(({ left, whole }) => left || whole),
                'every call ends');

    if (where === 'after') {
      main.plan = {};
      const again = of('lệ phí hết một');
      const { json } = await ask(port, again, { path: '/alone/ask' });
      assert.equal(json.cache, 'MISS');
    }
  });
}

test('a stream has its headers, and words come as the model says them',
  async (stage) => {
    const { port, main } = await asking(stage, { stall: 'middle' },
                                        { timeout: '20s' });
    let words = '';
    const got = await listen(port, fee, {
      onEvent({ data }) { words += data.text; }, leave: () => words.length > 10,
    });
    assert.equal(got.status, 200);
    assert.match(got.headers['content-type'], /^text\/event-stream(;|$)/);
    assert.equal(got.headers['cache-control'], 'no-cache');
    assert.equal(got.headers['x-accel-buffering'], 'no');
    assert.equal(got.headers['content-length'], undefined);
    assert.ok(first.startsWith(words), words);
    await until(() => main.last.left, 'nobody reads: the call is cancelled');
  });

test('a client that asked for JSON leaves: the call is cancelled',
  async (stage) => {
    const { port, main } = await asking(stage, { stall: 'middle' },
                                        { timeout: '20s' });
    const body = JSON.stringify(fee);
    await abandon(port, `POST /assist/ask HTTP/1.1\r\nHost: a\r\n`
      + `Content-Type: application/json\r\n`
      + `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, 500);
    await until(() => main.last?.left, 'the call is cancelled');
  });

test('a provider that is killed in the middle, and the next question',
  async (stage) => {
    const { port, main } = await asking(stage, { stall: 'middle' },
      { timeout: '20s', http: L1 });
    broke(await listen(port, fee, { onEvent() { main.stop(); } }));
    const [line] = await evidence(stage, 1);
    assert.equal(line.outcome, 'error_provider');
    assert.equal(line.provider, 'main');

    const { json } = await ask(port, fee);
    isSecond(json);
    assert.equal(json.cache, 'MISS');
    assert.equal((await ask(port, fee)).json.cache, 'HIT');
  });

test('whole answers are cached, for each kind of client', async (stage) => {
  const { port, main } = await asking(stage, {}, { http: L1 });
  const miss = await listen(port, fee);
  streams(isFirst)(miss);
  assert.equal(miss.answer.cache, 'MISS');

  const hit = await listen(port, fee);
  assert.equal(hit.error, undefined);
  isFirst(hit.answer);
  assert.equal(hit.answer.cache, 'HIT');
  assert.equal(hit.text, first);
  assert.notEqual(hit.answer.id, miss.answer.id);

  const { json } = await ask(port, fee);
  isFirst(json);
  assert.equal(json.cache, 'HIT');
  assert.equal(main.requests.length, 1);
});

test('what the catalogue publishes is no personal data', async (stage) => {
  const contact = 'Hotline 024 3825 1234, hoi@so.gov.vn';
  const { port, main } = await asking(stage, {}, { http: L1,
    rows: [{ ...services[0], contact }, ...services.slice(1)] });
  await ask(port, fee);
  assert.ok(main.last.json.messages.at(-1).content.includes(contact));
  assert.equal((await ask(port, fee)).json.cache, 'HIT');

  await ask(port, of('Số 024 3825 1234 hay 0912345678 đúng?'));
  assert.doesNotMatch(main.last.body, /3825|0912345678/);
});

test('the catalogue\'s words in place of a model\'s are not cached',
  async (stage) => {
    const { port, main } = await asking(stage, { status: 503 }, { http: L1 });
    isCatalogue((await ask(port, fee, { path: '/alone/ask' })).json);
    main.plan = {};
    await until(async () => {
      const { json } = await ask(port, fee, { path: '/alone/ask' });
      assert.notEqual(json.cache, 'HIT');
      return json.model === 'm1';
    }, 'the model is asked again', 40000);
  });

test('a provider that wants a pause gets it', async (stage) => {
  const { port, main } = await asking(stage, {});
  main.next(faults['status 429 with seconds']);
  isSecond((await ask(port, of('lệ phí một'))).json);
  isSecond((await ask(port, of('lệ phí hai'))).json);
  assert.equal(main.requests.length, 1);
  await until(async () => (await ask(port, fee)).json.model === 'm1',
              'it is asked again');
});

test('and an older answer that ends well does not end it', async (stage) => {
  let open;
  const gate = new Promise((resolve) => { open = resolve; });
  const { port, main } = await asking(stage, {}, { timeout: '40s' });
  main.next({ hold: () => gate },
            { ...faults['status 429'], headers: { 'Retry-After': '300' } });
  const older = ask(port, of('lệ phí một'));
  await until(() => main.requests.length === 1, 'it is asked');
  isSecond((await ask(port, of('lệ phí hai'))).json);
  open();
  isFirst((await older).json);
  isSecond((await ask(port, of('lệ phí ba'))).json);
  assert.equal(main.requests.length, 2);
});

test('a client that leaves while a provider is tried again does not pause it',
  async (stage) => {
    // a trial counts for as long as the provider may take
    const { port, main } = await asking(stage, {}, { timeout: '40s' });
    main.next(faults['status 429 with seconds'], { pause: 100 });
    isSecond((await ask(port, of('lệ phí một'))).json);
    await until(async () => {
      await listen(port, of('lệ phí hai'), { leave: () => true }).catch(() => {});
      return main.requests.length === 2;
    }, 'it is tried');
    await until(() => main.last.left, 'and left');
    isFirst((await ask(port, of('lệ phí ba'))).json);
  });

test('what a provider is asked', async (stage) => {
  const { port, main } = await asking(stage, {});
  await ask(port, fee);
  const { url, headers, json } = main.last;
  assert.equal(url, '/v1/chat/completions');
  assert.equal(headers.authorization, 'Bearer sk-secret');
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(json.model, 'm1');
  assert.equal(json.stream, true);
  assert.deepEqual(json.stream_options, { include_usage: true });
  assert.equal(json.messages[0].role, 'system');
  assert.equal(json.messages.at(-1).role, 'user');
  assert.ok(json.messages.at(-1).content.includes(fee.question));
  assert.ok(json.messages.at(-1).content.includes('200.000 đồng'));
});

test('tokens are counted; without usage they are unknown, not 0',
  async (stage) => {
    const { port, main } = await asking(stage, {});
    await ask(port, of('lệ phí một'));
    main.plan = faults['no usage'];
    await ask(port, of('lệ phí hai'));
    const [known, unknown] = await evidence(stage, 2);
    assert.deepEqual([known.provider, known.model], ['main', 'm1']);
    assert.deepEqual([known.tokens_in, known.tokens_out], [11, answer.length]);
    assert.deepEqual([unknown.tokens_in, unknown.tokens_out], [null, null]);
    assert.equal((await figures(port))[passport].by_model, 2);
  });

test('the model\'s own name of itself is told, where it is one', async (stage) => {
  const { port, main } = await asking(stage, {});
  for (const [name, told] of [
    ['m1-2026-11', 'm1-2026-11'], ['M1-2024-12-17', 'M1-2024-12-17'],
    ['m1-20250929', 'm1-20250929'], ['qwen2.5-7b-instruct', 'qwen2.5-7b-instruct'],
    ['m1-0912345678', 'm1'], ['0912345678', 'm1'], ['Nguyễn Văn A', 'm1'],
    ['m1 of Nguyen', 'm1']]) {
    main.plan = { model: name };
    assert.equal((await ask(port, of(`lệ phí ${name}`))).json.model, told);
  }
});

test('an answer without a citation is not one', async (stage) => {
  const tokens = ['Lệ phí ', 'là 5 đồng ', '[7].'];
  const { port, main } = await asking(stage, { tokens }, { http: L1 });
  const { json } = await ask(port, fee);
  assert.equal(json.outcome, 'ungrounded');
  assert.doesNotMatch(json.answer, /\[7\]/);
  assert.match(json.answer, /200\.000 đồng/);
  await ask(port, fee);
  assert.equal(main.requests.length, 2);
  assert.equal((await figures(port))[passport].answered, 0);
});

test('where nothing in the catalogue fits, nobody is asked', async (stage) => {
  const { port, main } = await asking(stage, {});
  const { json } = await ask(port, 'thời tiết hôm nay thế nào');
  assert.equal(json.outcome, 'unanswerable');
  assert.equal(main.requests.length, 0);
});

test('a provider\'s location may be inside another', async (stage) => {
  const inside = (more) => stage.check(`
    assist_provider m uri=/models/m/v1/chat/completions model=m;
    server {
      listen 127.0.0.1:{{port}};
      location /assist/ { assist_chat; assist_use m; }
      location /models/ {
        location /models/m/ { ${more} proxy_pass http://127.0.0.1:1/; }
      }
    }`);
  const { code, stderr } = await inside('internal; proxy_buffering off;');
  assert.equal(code, 0, stderr);
  assert.match((await inside('internal;')).stderr, /holds answers back/);
  assert.match((await inside('')).stderr, /no server has such a location/);
});

test('a service that stays in the house is not told to a model abroad',
  async (stage) => {
    const { port, main } = await asking(stage, {}, {
      rows: [{ ...services[0], onprem: '1' }, ...services.slice(1)],
      http: `assist_provider far uri=/llm/main/v1/chat/completions model=m1
               place=abroad;`,
      server: 'location /far/ { assist_chat; assist_use far; }' });
    const { json } = await ask(port, fee, { path: '/far/ask' });
    assert.equal(json.model, 'catalogue');
    assert.match(json.answer, /200\.000 đồng/);
    assert.equal(main.requests.length, 0);

    await ask(port, { service: '1.001193', question: 'lệ phí' },
              { path: '/far/ask' });
    assert.equal(main.requests.length, 1);
  });

test('markup, and links to elsewhere, do not reach a citizen', async (stage) => {
  const tokens = ['<b>Lệ phí</b> [1] ', '<scr', 'ipt>x</script>',
                  'ht', 'tps://evil', '.example/?q=1'];
  const { port } = await asking(stage, { tokens });
  const { text, answer: { answer: all } } = await listen(port, fee);
  for (const words of [text, all]) {
    assert.match(words, /^Lệ phí \[1\] /);
    assert.doesNotMatch(words, /[<>]|evil/);
  }
});
