// Known personal data is fed through every door.  Then all that the module keeps
// is searched for it: evidence, state files, Redis, and its own lines of the log.

import { readFileSync, readdirSync } from 'node:fs';
import net from 'node:net';
import { ask, assert, get, listen, raw, readLines, request, sleep, test, until }
  from './harness.mjs';

// What patterns find, and what they do not.
const id = '079203001234';
const phone = '0912 345 678';
const email = 'an.nguyen@example.vn';
const name = 'Trần Thị Bí Mật';
const all = `${name}, CCCD ${id}, số ${phone}, thư ${email}`;
const names = [/B[íi] M[ậa]t/i, /B%C3%AD/i, /\\u00ed M/];
const marks = [/079203001234/, /0912.?345.?678/, /an\.nguyen/, /bi-mat/,
               /203\.0\.113\.77/, /127\.0\.0\.9/];

const from = '127.0.0.9';
const session = { Cookie: `phien=bi-mat-cookie; cccd=${id}`,
                  Authorization: 'Bearer bi-mat-token',
                  'X-Forwarded-For': '203.0.113.77', 'X-Request-ID': `bi-mat-${id}`,
                  'X-Real-IP': '203.0.113.77',
                  Referer: `http://portal/ho-so/${id}?ten=bi-mat`,
                  'User-Agent': `bi-mat-agent ${email}`,
                  'Accept-Language': 'bi-mat', Origin: 'http://bi-mat.example',
                  'If-None-Match': '"bi-mat"', Range: 'bytes=0-bi-mat' };
const asked = encodeURIComponent(all);

const hooks = {
  // raises what it was given, in every phase
  'raise.lua': `return { name = "raise", version = "1",
    request = function(ctx) local x = ctx.request.args.raise
      if x == "request" then error("lost: " .. ctx.request.args.q) end end,
    page = function(ctx) local x = ctx.request.args.raise
      if x == "page" then error({ ctx.request.args.q }) end
      if x == "text" then error(ctx.request.args.q) end end,
    log = function(ctx)
      if ctx.request.args.raise == "log" then error(ctx.request.args.q) end end }`,
  'own.lua': `local assist = require "assist"
    return { name = "own", version = "1", ask = function(ctx)
      local q = ctx.question
      if q:find("raise") then error("cannot: " .. q) end
      if q:find("index") then return ctx[q].x end
      if q:find("note") then assist.log.error("asked: " .. q) end
      if q:find("later") then assist.later(function() error("later: " .. q) end)
        assist.sleep(0.05) end
      if q:find("loop") then while true do q = q .. "" end end
      local kept = assist.cache.get("k:" .. q)
      assist.cache.set("k:" .. q, "v", 60)
      ctx:say("Lệ phí là 200.000 đồng.")
      ctx:cite { title = "x", url = "/x", updated = "2026-11-01" }
    end }`,
};

// Every answer of Redis to a command, as bytes.
function replies({ port }, ...words) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    let got = '';
    socket.on('error', reject).on('data', (bytes) => { got += bytes; })
      .on('close', () => resolve(got));
    for (const command of [words, ['QUIT']]) {
      socket.write(`*${command.length}\r\n${command.map((word) =>
        `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
    }
  });
}

async function everything(redis) {
  const kinds = { string: ['GET'], hash: ['HGETALL'], set: ['SMEMBERS'],
                  list: ['LRANGE', 0, -1], zset: ['ZRANGE', 0, -1] };
  let text = '';
  for (const key of (await redis.command('--scan')).split('\n').filter(Boolean)) {
    const [command, ...more] = kinds[await redis.command('TYPE', key)];
    text += `${key}\n${await replies(redis, command, key, ...more.map(String))}\n`;
  }
  return text;
}

function hasNone(text, where, patterns = [...marks, ...names]) {
  for (const mark of patterns) {
    const line = text.split('\n').find((line) => mark.test(line));
    assert.equal(line, undefined, `${where} has ${mark}`);
  }
}

test('what citizens are and say is kept nowhere', { timeout: 90000 }, async (stage) => {
  const redis = await stage.redis();
  const provider = await stage.provider({ model: `m-${id}`,
    // says back what it was told of the person
    tokens: ({ json }) => [...`Chào ${json.messages.at(-1).content
      ?.match?.(/\[[A-Z]+_\d+\]/g) ?? ''} [1].`] });
  stage.write('deny.txt', 'từ chối ngay\n');
  stage.write('key', 'sk-secret\n');
  const { nginx, port } = await stage.site({ level: 'info', hooks, workers: 2,
    errors: [/assist: /], values: { provider: provider.address },
    zone: 'coverage:2m state=state/ledger', page: 'assist_hook raise.lua;',
    http: `assist_redis ${redis.url}; assist_cache_zone answers:1m;
      assist_hook_cpu 20ms;
      assist_provider main uri=/llm/main/v1/chat/completions model=m1
        key_file={{dir}}/key timeout=2s place=onprem;`,
    server: `location /llm/main/ { internal; proxy_pass http://{{provider}}/;
        proxy_http_version 1.1; proxy_buffering off; }
      location /own/ { assist_chat; assist_hook own.lua; }
      location /model/ { assist_chat; assist_api on; assist_use main;
        assist_deny deny.txt; assist_token_budget 2000; }`,
    chat: 'assist_deny deny.txt;' });

  const options = { headers: session, localAddress: from };
  const json = { ...session, 'Content-Type': 'application/json' };
  const post = (path, body, headers = json) => request(port, { method: 'POST', path,
    body: typeof body === 'string' ? body : JSON.stringify(body), headers,
    localAddress: from }).catch((error) => ({ status: error.code }));
  const statuses = {};
  const did = (what, { status }) => { (statuses[what] ??= []).push(status); };
  const service = '1.001456';

  for (const where of ['/assist/', '/own/', '/model/']) {
    for (const question of [`Lệ phí hộ chiếu? ${all}`, `${name} hỏi lệ phí`,
      `từ chối ngay ${all}`, `thời tiết ${all}`, `raise ${all}`, `index ${all}`,
      `note ${all}`, `later ${all}`, `loop ${all}`, all, 'x'.repeat(3000) + all]) {
      did('ask', await ask(port, { service, question },
                           { ...options, path: `${where}ask?q=${asked}` }));
      did('again', await ask(port, { service, question },
                             { ...options, path: `${where}ask?q=${asked}` }));
      await listen(port, { service, question }, { ...options, path: `${where}ask` })
        .catch(() => {});
    }
    did('form', await post(`${where}ask`, `question=${asked}&service=${id}&x=${asked}`,
      { ...session, Accept: 'text/html',
        'Content-Type': 'application/x-www-form-urlencoded' }));
    // every member with what it is not for
    for (const body of [{ question: all, service: id }, { question: all, agency: name },
      { question: all, service: `${service}@${email}` }, { question: all, lang: all },
      { question: all, previous: all }, { question: { [all]: all } }, { [all]: all },
      `{"question": ${all}`, `{"question":"${all}\u0001"}`, all, `"${all}"`, '[]']) {
      did('members', await post(`${where}ask`, body));
      did('feedback', await post(`${where}feedback`, body));
    }
    did('page', await get(port, `${where}?service=${id}&agency=${asked}&lang=${asked}`,
                          options));
    did('page', await get(port, `${where}${asked}`, options));
  }

  // votes: what belongs to them, and what does not
  const { json: answer } = await ask(port, { service, question: 'lệ phí' }, options);
  did('vote', await post('/assist/feedback', { id: answer.id, useful: all }));
  did('vote', await post('/assist/feedback', { id: `${answer.id}${id}`, useful: true }));
  did('vote', await post('/assist/feedback', { id: answer.id, useful: true, text: all }));
  did('vote', await post('/assist/feedback', { id: answer.id, useful: true }));

  // OpenAI's API
  for (const body of [{ model: 'assist', messages: [{ role: 'user', content: all }] },
    { model: 'main', user: all, messages: [{ role: 'system', content: all },
      { role: 'user', content: all, name }] },
    { model: id, messages: [{ role: 'user', content: all }] },
    { model: 'main', messages: all }, { model: 'main', messages: [{ role: all }] },
    { model: 'main', metadata: { id }, messages: [{ role: 'user', content: all }] }]) {
    did('api', await post('/model/v1/chat/completions', body));
    did('api', await post('/model/v1/chat/completions', { ...body, stream: true }));
  }

  // a model that fails, and says so in the citizen's words
  for (const plan of [{ status: 500, body: all }, { status: 429, body: all },
    { insert: `data: {"error":{"message":"${all}","code":500}}\n\n` },
    { insert: `data: ${all}\n\n` }, { cut: 'middle' }, { status: 302,
      headers: { Location: `http://bi-mat/${id}` } }, { type: 'text/html', body: all }]) {
    provider.next(plan);
    did('model', await ask(port, { service, question: `giấy tờ? ${all}` },
                           { ...options, path: '/model/ask' }));
  }

  // pages, whose hooks raise what they were given
  for (const raise of ['', 'request', 'page', 'text', 'log']) {
    did('portal', await get(port, `/dich-vu/1.001456.html?raise=${raise}&q=${asked}`,
                            options));
  }
  did('portal', await get(port, `/ho-so/${id}/${asked}`, options));
  await raw(port, `GET /assist/?q=${id} HTTP/1.0\r\nCookie: bi-mat\r\n\r\n`);
  await raw(port, `POST /assist/ask HTTP/1.0\r\nContent-Length: 40\r\n\r\n${id}`);

  // an administrator takes a citizen's question back
  const admin = { 'X-Assist-Admin': '1', 'Content-Type': 'application/json' };
  for (const [path, body] of [['answer/withdraw', { question: all, service }],
    ['cache/delete', { question: all, service }], ['answer/withdraw', { id: answer.id }],
    ['cache/delete', { question: all, [all]: 1 }], ['cache/purge', { service: id }],
    ['cache/purge', { all: all }], ['answer/withdraw', `{"question": ${all}`]]) {
    did('admin', await post(`/assist-status/${path}`, body, admin));
  }
  did('status', await get(port, `/assist-status/service/${id}?lang=${asked}`, options));
  did('status', await get(port, `/assist-status/agency/${asked}`, options));
  const documents = [];
  for (const path of ['', 'coverage.json', 'services.json', 'metrics', 'services.csv']) {
    documents.push((await get(port, `/assist-status/${path}`)).text);
  }

  await until(async () => (await redis.command('--scan')).includes('ledger:'), 'Redis');
  await sleep(1200);
  const kept = await everything(redis);
  await nginx.oldWorkersGone();
  await nginx.stop();

  // it was all done
  for (const [what, list] of Object.entries(statuses)) {
    assert.ok(list.length && list.every((status) => status !== 404
      || ['page', 'status', 'portal', 'api'].includes(what)), `${what}: ${list}`);
  }
  assert.ok(statuses.ask.filter((status) => status === 200).length > 10,
            String(statuses.ask));
  const outcomes = new Set(readLines(stage.path('evidence.log')).map((l) => l.outcome));
  for (const outcome of ['answered', 'refused', 'error_hook', 'unanswerable']) {
    assert.ok(outcomes.has(outcome), `${outcome} of ${[...outcomes]}`);
  }
  const own = nginx.log().split('\n').filter((line) => / assist: /.test(line));
  for (const what of [/hook raise failed in request/, /hook raise failed in page/,
    /hook raise failed in log/, /hook own failed in ask/, /asked: /, /assist\.later/,
    /provider "main" failed/]) {
    assert.ok(own.some((line) => what.test(line)), `no line of ${what}`);
  }

  hasNone(stage.read('evidence.log'), 'the evidence');
  for (const file of readdirSync(stage.path('state'))) {
    hasNone(readFileSync(stage.path(`state/${file}`), 'latin1'), file);
  }
  hasNone(kept, 'Redis');
  hasNone(documents.join('\n'), 'the figure');
  // nginx adds who asked for what, as to all of its lines; no pattern finds a
  // name in what a hook says
  const lines = own.map((line) => line.replace(/, client: .*/, ''));
  hasNone(lines.join('\n'), 'error.log', marks);
  hasNone(lines.filter((line) => !/assist: (hook (own|raise) failed|asked:)/.test(line))
    .join('\n'), 'error.log', names);
});
