// assist.ai.chat and assist.later, as hooks use them.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { abandon, ask, assert, get, root, services, test, until }
  from './harness.mjs';
import { faults } from './lib/provider.mjs';
import { listen } from './lib/stream.mjs';

const page = '/dich-vu/1.001456.html';
const asked = { service: '1.001456', question: 'lệ phí?' };
const errors = [/provider/, /upstream/];

// What a hook's body returns, as JSON: in place of a page, and as an answer.
const hook = (body) => `local assist = require "assist"
local function result(ctx)
${body}
end
return { name = "h",
  request = function(ctx)
    local value = result(ctx)
    ctx:reply(200, assist.json.encode(value))
  end,
  ask = function(ctx)
    local value = result(ctx)
    ctx:say(assist.json.encode(value))
  end }`;

// A model behind /llm/, which pages and questions use.
async function site(stage, plan, { hooks, option = 'place=onprem', http = '',
                                   server = '', conf = '', values,
                                   ...options } = {}) {
  const provider = await stage.provider(plan);
  const use = `assist_use m; assist_hook h.lua; assist_hook_timeout 20s; ${
    conf}`;
  const got = await stage.site({
    hooks, errors, values: { llm: provider.address, ...values },
    http: `assist_provider m uri=/llm/v1/chat/completions model=m1 ${option};
           ${http}`,
    server: `location /llm/ {
               internal;
               proxy_pass http://{{llm}}/;
               proxy_http_version 1.1;
               proxy_buffering off;
             } ${server}`,
    page: use, chat: use, ...options });
  const { port } = got;
  return { ...got, provider,
           pageOf: async () => (await get(port, page)).json,
           answerOf: async () => JSON.parse((await ask(port, asked)).json
             .answer) };
}

// A promise that is kept when open() is called.
function gate() {
  let open;
  const opened = new Promise((resolve) => { open = resolve; });
  return { open, hold: () => opened };
}

const usage = { prompt_tokens: 5, completion_tokens: 2 };

test('messages get an answer, in both phases', async (stage) => {
  const { provider, pageOf, answerOf } = await site(stage,
    { tokens: ['Hai', ' từ'], usage, model: 'm1-2026' }, {
      option: 'place=onprem max_tokens=100',
      hooks: { 'h.lua': hook(`
        local got, reason = assist.ai.chat {
          system = "be brief",
          messages = { { role = "user", content = "one" },
            { role = "assistant", content = "two" },
            { role = "user", content = "three" } },
          max_tokens = 50 }
        return { got = got, reason = reason }`) } });
  const expected = { got: { text: 'Hai từ', provider: 'm', model: 'm1-2026',
                            tokens_in: 5, tokens_out: 2, finish: 'stop',
                            cited: {} } };
  for (const of of [pageOf, answerOf]) {
    assert.deepEqual(await of(), expected);
    const { messages, model, stream, max_tokens: most } = provider.last.json;
    assert.deepEqual(messages, [{ role: 'system', content: 'be brief' },
                                { role: 'user', content: 'one' },
                                { role: 'assistant', content: 'two' },
                                { role: 'user', content: 'three' }]);
    assert.deepEqual([model, stream, most], ['m1', true, 50]);
  }
  assert.equal(provider.requests.length, 2);
});

test('a question with passages: citations of what was given', async (stage) => {
  const { provider, pageOf, answerOf } = await site(stage,
    { tokens: ['Hai [2', '], một [1', '], gì [9].'], split: 1 }, {
      option: 'place=onprem max_tokens=100',
      hooks: { 'h.lua': hook(`
        return assist.ai.chat {
          question = "câu hỏi", max_tokens = 500, passages = {
            { title = "A", text = "đoạn một", url = "/a", updated = "2026-01-01" },
            { text = "đoạn hai" } } }`) } });
  for (const of of [pageOf, answerOf]) {
    const got = await of();
    assert.equal(got.text, 'Hai [1], một [2], gì.');
    assert.deepEqual(got.cited, [2, 1]);
    const { messages, max_tokens: most } = provider.last.json;
    assert.equal(messages.length, 1);
    assert.equal(messages[0].role, 'user');
    for (const part of ['câu hỏi', 'đoạn một', 'đoạn hai', '2026-01-01']) {
      assert.ok(messages[0].content.includes(part), part);
    }
    assert.equal(most, 100);                    // the provider's own is less
  }
});

test('a bound of the provider is none without one', async (stage) => {
  const { provider, pageOf } = await site(stage, { tokens: ['x'] }, {
    hooks: { 'h.lua': hook('return assist.ai.chat { question = "q" }') } });
  assert.equal((await pageOf()).text, 'x');
  assert.equal(provider.last.json.max_tokens, undefined);
});

test('a timeout ends the call, and is a reason', async (stage) => {
  const { provider, pageOf, answerOf } = await site(stage,
    faults['stall in the middle'], { hooks: { 'h.lua': hook(`
      local got, reason = assist.ai.chat { question = "q", timeout = 0.2 }
      return { got = got, reason = reason }`) } });
  assert.deepEqual(await pageOf(), { reason: 'timeout' });
  assert.deepEqual(await answerOf(), { reason: 'timeout' });
  await until(() => provider.requests.every(({ left }) => left),
              'both calls are cancelled');
  assert.equal(provider.requests.length, 2);
});

test('in a page assist_hook_timeout bounds a call', async (stage) => {
  const { port, provider } = await site(stage, faults['stall in the middle'], {
    hooks: { 'h.lua': hook('return assist.ai.chat { question = "q" }') },
    errors: [...errors, /took longer than assist_hook_timeout/],
    server: `location /soon/ { assist_use m; assist_hook h.lua;
               assist_hook_timeout 200ms; proxy_pass http://{{portal}}; }` });
  assert.match((await get(port, '/soon/')).text, /<html/);
  await until(() => provider.last.left, 'the call is cancelled');
});

test('no provider, and a status, are reasons', async (stage) => {
  const body = `local got, reason = assist.ai.chat { question = "q" }
    return { got = got, reason = reason }`;
  const { port, provider, pageOf } = await site(stage, faults['status 500'], {
    hooks: { 'h.lua': hook(body) },
    server: `location /none/ { assist_hook h.lua;
               proxy_pass http://{{portal}}; }` });
  assert.deepEqual(await pageOf(), { reason: 'unavailable' });
  assert.deepEqual((await get(port, '/none/')).json, { reason: 'no provider' });
  assert.equal(provider.requests.length, 1);
});

test('on_token gets all of the text, and may wait', async (stage) => {
  const tokens = Array.from({ length: 40 }, (_, i) => `từ${i} `);
  const { pageOf, answerOf } = await site(stage, { tokens, pause: 2 }, {
    hooks: { 'h.lua': hook(`
      local pieces = {}
      local got, reason = assist.ai.chat { question = "q",
        on_token = function(piece)
          pieces[#pieces + 1] = piece
          assist.sleep(0.02)
        end }
      return { text = got.text, same = table.concat(pieces) == got.text,
        several = #pieces > 2, cited = #got.cited }`) } });
  const expected = { text: tokens.join(''), same: true, several: true,
                     cited: 0 };
  assert.deepEqual(await pageOf(), expected);
  assert.deepEqual(await answerOf(), expected);
});

test('on_token that fails, and a model that breaks off', async (stage) => {
  const { pageOf, provider } = await site(stage, faults['cut in the middle'], {
    hooks: { 'h.lua': hook(`
      local pieces = {}
      local got, reason = assist.ai.chat { question = "q",
        on_token = function(piece) pieces[#pieces + 1] = piece end }
      local ok, why = pcall(assist.ai.chat, { question = "q",
        on_token = function() error("enough") end })
      return { got = got, reason = reason, text = table.concat(pieces),
        why = why }`) } });
  provider.next(faults['cut in the middle'], {});
  const got = await pageOf();
  assert.equal(got.reason, 'broken');
  assert.match(got.text, /^Lệ phí là/);
  assert.match(got.why, /h\.lua:8: enough/);
});

test('in on_token assist_hook_timeout counts again', async (stage) => {
  const { port, provider } = await site(stage, faults['stall in the middle'], {
    errors: [...errors, /took longer than assist_hook_timeout/],
    server: `location /soon/ { assist_chat; assist_use m; assist_hook h.lua;
               assist_hook_timeout 300ms; }`,
    hooks: { 'h.lua': hook(`
      local how = ctx.request.args.how
      pcall(assist.ai.chat, { question = "q", timeout = 1,
        on_token = function()
          if how == "raise" then error("enough") end
          assist.sleep(how == "long" and 30 or 0.2)
        end })
      if how == "raise" then assist.sleep(30) end
      return how`) } });
  const of = (how) => ask(port, asked, { path: `/soon/ask?how=${how}` });
  assert.equal((await of('long')).status, 504);
  assert.equal((await of('raise')).status, 504);
  assert.equal((await of('short')).json.answer, '"short"');
  await until(() => provider.requests.every(({ left }) => left),
              'all calls are cancelled');
});

test('two on_token at the same time', async (stage) => {
  const { pageOf } = await site(stage, { pause: 5, tokens: ({ json }) =>
    Array.from({ length: 9 }, () => `${json.messages[0].content} `) }, {
    hooks: { 'h.lua': hook(`
      local function chat(text)
        return function()
          local pieces = {}
          local got = assist.ai.chat { messages = { { role = "user",
            content = text } }, on_token = function(piece)
              assist.sleep(0.005)
              pieces[#pieces + 1] = piece
            end }
          return table.concat(pieces) == got.text and got.text
        end
      end
      return { assist.all(chat "a", chat "b") }`) } });
  assert.deepEqual(await pageOf(), ['a '.repeat(9), 'b '.repeat(9)]);
});

test('say: the words are the answer, as they come', async (stage) => {
  const { open, hold } = gate();
  const { port } = await site(stage, {
    tokens: ['Lệ phí là ', '200.000 đồng', ' [1].', ' Hết.'], hold }, {
    hooks: { 'h.lua': `local assist = require "assist"
      return { ask = function(ctx)
        ctx:say("Đáp: ")
        local got = assist.ai.chat { question = ctx.question, say = true,
          passages = { { text = "200.000" } } }
        ctx:say(" " .. tostring(got.text) .. #got.cited)
        ctx:cite { title = "t", url = "/t" }
      end }` } });
  const answer = 'Đáp: Lệ phí là 200.000 đồng [1]. Hết. nil1';
  let heard = '';
  const got = await listen(port, asked, { onEvent: ({ event, data }) => {
    if (event !== 'delta') return;
    heard += data.text;
    // the model goes on only now: so this came before the rest was there
    if (/phí là/.test(heard)) open();
  } });
  assert.equal(got.text, answer);
  assert.equal(got.answer.answer, answer);
  assert.equal(got.answer.outcome, 'answered');
  assert.equal(got.answer.model, 'm1');
  assert.equal((await ask(port, asked)).json.answer, answer);
});

const noMessage = (i) => `assist.ai.chat: message ${i} is no table with a "role"`
  + ' of system, user or assistant and a "content"';

test('misuse says where and what', async (stage) => {
  const wrong = {
    'assist.ai.chat: there is neither "messages" nor "question"': '{}',
    'assist.ai.chat: "say" has nobody to say it to (only in: ask)':
      '{ question = "q", say = true }',
    'assist.ai.chat takes either "say" or "on_token"':
      '{ question = "q", say = true, on_token = print or error }',
    'assist.ai.chat: on_token is a function, not a string':
      '{ question = "q", on_token = "x" }',
    'assist.ai.chat: max_tokens is a number above 0, at most 1000000':
      '{ question = "q", max_tokens = -1 }',
    'assist.ai.chat: timeout is a number above 0, at most 120':
      '{ question = "q", timeout = "soon" }',
    'assist.ai.chat: question is a string, not a number': '{ question = 1 }',
    'assist.ai.chat: system is a string, not a table':
      '{ question = "q", system = {} }',
    'assist.ai.chat: messages is a list, not a string': '{ messages = "x" }',
    [noMessage(2)]:
      '{ messages = { { role = "user", content = "x" }, "x" } }',
    [noMessage(1)]:
      '{ messages = { { role = "tool", content = "x" } } }',
    'assist.ai.chat: content is a string, not a number':
      '{ messages = { { role = "user", content = 1 } } }',
    'assist.ai.chat: more than 64 messages': '{ messages = many(65) }',
    'assist.ai.chat: passages is a list, not a boolean':
      '{ question = "q", passages = true }',
    'assist.ai.chat: passage 1 is no table with a "text"':
      '{ question = "q", passages = { { title = "t" } } }',
    'assist.ai.chat: url is a string, not a number':
      '{ question = "q", passages = { { text = "t", url = 1 } } }',
    'assist.ai.chat: more than 64 passages':
      '{ question = "q", passages = many(65) }',
    'assist.ai.chat: more than 512 KB of text':
      '{ question = ("x"):rep(512 * 1024) }',
  };
  const tries = Object.values(wrong).map((options) =>
    `found[#found + 1] = try(function() assist.ai.chat(${options}) end)`);
  const { pageOf, provider } = await site(stage, {}, { hooks: {
    'h.lua': hook(`
      local print, found = error, {}
      local function many(n)
        local list = {}
        for i = 1, n do
          list[i] = { role = "user", content = "x", text = "x" }
        end
        return list
      end
      local function try(fn) return (select(2, pcall(fn))) end
      ${tries.join('\n')}
      found[#found + 1] = try(function() assist.ai.chat() end)
      found[#found + 1] = try(function() assist.later(1) end)
      return found`) } });
  const found = await pageOf();
  const lines = found.map((text) => Number(text.match(/h\.lua:(\d+): /)?.[1]));
  for (const [i, message] of Object.keys(wrong).entries()) {
    assert.equal(found[i].replace(/^.*h\.lua:\d+: /, ''), message);
    assert.equal(lines[i], lines[0] + i);
  }
  assert.match(found.at(-2),
               /h\.lua:\d+: assist\.ai\.chat takes a table, not a nil/);
  assert.match(found.at(-1), /h\.lua:\d+: assist\.later takes a function, not a /);
  assert.equal(provider.requests.length, 0);
});

test('links to the server\'s own names stay', async (stage) => {
  const { pageOf } = await site(stage, { tokens: [
    'https://dvc.example/a https://a.tinh.example/b ',
    'https://evil.example/c http://khac.example/d'] }, {
    server: 'server_name dvc.example *.tinh.example ~^re\\. "";',
    hooks: { 'h.lua': hook(`return assist.ai.chat { question = "q",
      passages = { { text = "t", url = "http://khac.example/d" } } }`) } });
  assert.equal((await pageOf()).text, 'https://dvc.example/a '
    + 'https://a.tinh.example/b [đã bỏ liên kết] http://khac.example/d');
});

test('64 messages and 64 passages are not too many', async (stage) => {
  const { pageOf, provider } = await site(stage, { tokens: ['[64] [1]'] }, {
    hooks: { 'h.lua': hook(`
      local messages, passages = {}, {}
      for i = 1, 64 do
        messages[i < 64 and i or 65] = { role = "user", content = "m" .. i }
        passages[i] = { text = "p" .. i, title = "t", url = "/" .. i,
          updated = "2026-01-01" }
      end
      return assist.ai.chat { question = "q", messages = messages,
        passages = passages }`) } });
  assert.deepEqual((await pageOf()).cited, [64, 1]);
  assert.equal(provider.last.json.messages.length, 64);
});

test('tables that make their fields when they are read', async (stage) => {
  const { pageOf } = await site(stage, { tokens: ['x'] }, {
    hooks: { 'h.lua': hook(`
      local made = setmetatable({}, { __index = function(_, name)
        return name == "role" and "user" or ("y"):rep(5000) .. name
      end })
      local options = setmetatable({}, { __index = function(_, name)
        return name == "question" and ("x"):rep(5000) .. "q" or nil
      end })
      local found = {}
      for i = 1, 50 do
        found[1] = select(2, pcall(assist.ai.chat, options))
        found[2] = select(2, pcall(assist.ai.chat, { messages = { made, made } }))
        found[3] = select(2, pcall(assist.ai.chat, { question = "q",
          passages = { made } }))
      end
      return found`) } });
  const found = await pageOf();
  assert.match(found[0], /neither "messages" nor "question"/);
  assert.match(found[1], /message 1 is no table/);
  assert.match(found[2], /passage 1 is no table/);
});

test('two models at the same time', async (stage) => {
  const both = [];
  let { open, hold } = gate();
  const plan = { hold: () => { if (both.push(1) === 2) open(); return hold(); },
                 tokens: ({ json }) =>
                   ['trả lời ', json.messages[0].content, '.'] };
  const { pageOf, answerOf } = await site(stage, plan, { hooks: {
    'h.lua': hook(`
      local function chat(text)
        return function()
          local got, reason = assist.ai.chat { messages = {
            { role = "user", content = text } } }
          return got and got.text or reason
        end
      end
      return { assist.all(chat "một", chat "hai") }`) } });
  for (const of of [pageOf, answerOf]) {
    both.length = 0;
    ({ open, hold } = gate());
    assert.deepEqual(await of(), ['trả lời một.', 'trả lời hai.']);
  }
});

test('two that are said at the same time: one is busy', async (stage) => {
  const { port, provider } = await site(stage, { tokens: ['a', 'b'] }, {
    hooks: { 'h.lua': `local assist = require "assist"
      return { ask = function(ctx)
        local function say()
          local got, reason = assist.ai.chat { question = "q", say = true }
          return reason or "said"
        end
        local one, two = assist.all(say, say)
        ctx:say(" " .. one .. " " .. two .. " " .. say())
      end }` } });
  assert.equal((await ask(port, asked)).json.answer, 'abab said busy said');
  assert.equal(provider.requests.length, 2);
});

test('the configurations of README.md are right', async (stage) => {
  const [, section] = readFileSync(path.join(root, 'README.md'), 'utf8')
    .match(/\n## A language model\n(.*?)\n## /s);
  const blocks = [...section.matchAll(/```nginx\n(.*?)```/gs)];
  assert.equal(blocks.length, 2);
  stage.write('deny.txt', 'xem bói\n');
  stage.write('cloud.key', 'sk-1\n');
  // a certificate that every Debian has is none that every test machine has
  const house = blocks[0][1];
  const cloud = blocks[1][1].replace('assist_use  house cloud', 'assist_use cloud')
    .replace(/ *proxy_ssl_trusted_certificate.*\n/, '')
    .replace('proxy_ssl_verify               on', 'proxy_ssl_verify off')
    .replace('https://api.example.com/', 'https://127.0.0.1/');
  for (const block of [house, cloud]) {
    const { code, stderr } = await stage.check(block
      .replace(/\/etc\/nginx\/assist/g, stage.folder)
      .replace(/listen  80/, 'listen 127.0.0.1:{{port}}'));
    assert.equal(code, 0, stderr);
  }
});

test('a client that leaves cancels the call', async (stage) => {
  const { port, nginx, provider } = await site(stage,
    faults['stall in the middle'], { hooks: { 'h.lua': hook(`
      return assist.ai.chat { question = "q",
        on_token = function() assist.sleep(0) end }`) } });
  const body = JSON.stringify(asked);
  await abandon(port, `GET ${page} HTTP/1.1\r\nHost: a\r\n\r\n`, 100);
  await until(() => provider.last?.left, 'the call of the page is cancelled');
  await abandon(port, 'POST /assist/ask HTTP/1.1\r\nHost: a\r\nContent-Type: '
    + `application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${
      body}`, 100);
  await until(() => provider.requests.length === 2 && provider.last.left,
              'the call of the question is cancelled');
  const got = await listen(port, asked, { leave: () => true });
  assert.deepEqual(nginx.workerPids(), nginx.pids);
  assert.ok(got);
});

test('a service that stays in the house is not told to a model abroad',
  async (stage) => {
    const { port, pageOf, answerOf, provider } = await site(stage, {}, {
      option: 'place=abroad',
      rows: [{ ...services[0], onprem: '1' }, ...services.slice(1)],
      hooks: { 'h.lua': hook(`
        local got, reason = assist.ai.chat { question = "q" }
        return { got = got and got.text, reason = reason }`) } });
    assert.deepEqual(await pageOf(), { reason: 'onprem' });
    assert.deepEqual(await answerOf(), { reason: 'onprem' });
    assert.equal(provider.requests.length, 0);
    assert.ok((await get(port, '/khai-sinh/')).json.got);
    assert.equal(provider.requests.length, 1);
  });

test('personal data stay here, whoever asks and however it comes back',
  async (stage) => {
    const person = { ...asked,
                     question: 'Tôi là 079203001234, số 0912 345 678' };
    const { port, provider } = await site(stage, {
      tokens: ['Chào [CC', 'CD', '_1] và [PHO', 'NE_2] [PHONE_9] [PH'],
    }, { hooks: { 'h.lua': `local assist = require "assist"
      local pieces
      local function chat(options, ctx)
        options.messages = { { role = "user", content = ctx.question },
          { role = "user", content = "số 0912 345 678" } }
        return assist.ai.chat(options)
      end
      return { ask = function(ctx)
        local how = ctx.request.args.how
        if how == "say" then
          chat({ say = true }, ctx)
        elseif how == "text" then
          ctx:say(chat({}, ctx).text)
        else
          chat({ on_token = function(piece) ctx:say(piece) end }, ctx)
        end
      end }` } });
    const said = 'Chào 079203001234 và 0912 345 678 [PHONE_9] [PH';
    for (const how of ['say', 'text', 'on_token']) {
      const path = `/assist/ask?how=${how}`;
      assert.equal((await ask(port, person, { path })).json.answer, said, how);
      const got = await listen(port, person, { path });
      assert.equal(got.text, said, how);
      assert.equal(got.answer.answer, said, how);
    }
    provider.plan.split = 1;
    assert.equal((await listen(port, person, { path: '/assist/ask?how=say' }))
      .text, said);
    assert.deepEqual(provider.last.json.messages.map(({ content }) => content),
                     ['Tôi là [CCCD_1], số [PHONE_2]', 'số [PHONE_2]']);
    assert.doesNotMatch(provider.heard, /079203001234|0912.?345.?678/);
  });

// One reads "[PHO" and waits for the rest when the other begins to answer.
test('a placeholder in two pieces, while another model answers', async (stage) => {
  const { open, hold } = gate();
  const { port, provider } = await site(stage, {}, {
    hooks: { 'h.lua': `local assist = require "assist"
return { name = "h", ask = function(ctx)
  assist.all(
    function() assist.ai.chat { question = ctx.question, say = true } end,
    function()
      assist.fetch("/asked")
      assist.ai.chat { question = "x" }
      assist.fetch("/answered")
    end)
end }` },
    conf: 'assist_fetch /asked /answered;',
    server: `location ~ ^/(asked|answered)$ { proxy_pass http://{{steps}}; }`,
    values: { steps: await stage.server((client) => client.on('data',
      async (bytes) => {
        if (/answered/.test(bytes)) open();
        else await until(() => provider.requests.length === 1);
        client.end('HTTP/1.0 204 No Content\r\n\r\n');
      })) } });
  provider.next({ tokens: ['gọi [PHO', 'NE_1]', ' nhé'], hold },
                { tokens: ['z'] });
  const { json } = await ask(port, { service: '1.001456',
                                     question: 'số 0912345678?' });
  assert.equal(json.answer, 'gọi 0912345678 nhé');
});

test('what a model that failed had begun to say does not stay', async (stage) => {
  const { port, provider } = await site(stage, {}, { conf: '', hooks: {
    'h.lua': `local assist = require "assist"
return { name = "h", ask = function(ctx)
  assist.ai.chat { question = ctx.question, say = true }
  ctx:say("instead")
end }` } });
  provider.next({ tokens: ['[PHO', 'NE_1] x'], cut: 'middle' });
  const { json } = await ask(port, { service: '1.001456',
                                     question: 'số 0912345678?' });
  assert.equal(json.answer, 'instead');
});

test('assist_redact off sends what was typed', async (stage) => {
  const { port, provider } = await site(stage, { tokens: ['x'] }, {
    conf: 'assist_redact off;', hooks: { 'h.lua': `local assist = require "assist"
      return { ask = function(ctx)
        assist.ai.chat { messages = { { role = "user", content = ctx.question } },
          say = true }
      end }` } });
  await ask(port, { ...asked, question: 'số 0912345678' });
  assert.equal(provider.last.json.messages[0].content, 'số 0912345678');
});

// assist.later

const laterSite = (stage, plan, body, options) => site(stage, plan, {
  http: 'assist_cache_zone a:1m;', ...options,
  hooks: { 'h.lua': `local assist = require "assist"
    return { name = "h", request = function(ctx)
      local args = ctx.request.args
      if args.read then
        return ctx:reply(200, assist.cache.get(args.read) or "none")
      end
      ${body}
    end, log = function(ctx)
      local help = ctx.data.help
      if help then
        assist.log.info(("help: %s %s %s"):format(tostring(help.done),
          tostring(help.value), tostring(help.reason)))
      end
    end }` } });

const kept = (port, key) => until(async () => {
  const { text } = await get(port, `${page}?read=${key}`);
  return text !== 'none' && text;
}, `${key} is kept`);

test('assist.later: a value is there when it is done', async (stage) => {
  const { port, nginx } = await laterSite(stage, { tokens: ['giúp'] }, `
    local service = ctx.service
    ctx.data.help = assist.later(function()
      assist.cache.set("k", service.name .. ": " .. assist.ai.chat {
        question = "q" }.text, 60)
      return "v", "r"
    end)
    local before = ctx.data.help.done
    if args.wait then
      while not ctx.data.help.done do assist.sleep(0.01) end
    end
    ctx:reply(200, tostring(before) .. tostring(ctx.data.help.value))`,
    { level: 'info' });
  assert.equal((await get(port, `${page}?wait=1`)).text, 'falsev');
  assert.equal((await get(port, page)).text, 'falsenil');
  assert.equal(await kept(port, 'k'),
               'Cấp hộ chiếu phổ thông trong nước: giúp');
  await until(() => nginx.logged(/help: /).length === 2, 'log has run twice');
  assert.equal(nginx.logged(/help: true v r/).length, 1);
  assert.equal(nginx.logged(/help: false nil nil/).length, 1);
});

test('assist.later: the ctx is not its own, and what it raises is logged',
  async (stage) => {
    const { port, nginx } = await laterSite(stage, {}, `
      assist.later(function()
        local ok, why = pcall(function() return ctx.lang end)
        local _, said = pcall(function() ctx:outcome("answered") end)
        assist.cache.set("k", why .. " " .. said, 60)
        local help = assist.later(function()
          assist.cache.set("inner", "ran", 60)
        end)
        error("on purpose")
      end)`, { errors: [/failed in assist\.later/] });
    assert.match((await get(port, page)).text, /<html/);
    assert.match(await kept(port, 'k'), new RegExp(
      'h\\.lua:\\d+: ctx: this ctx belongs to another request .*'
      + 'h\\.lua:\\d+: ctx: this ctx belongs to another request'));
    assert.equal(await kept(port, 'inner'), 'ran');
    await until(() => nginx.logged(
      /hook h failed in assist\.later: .*h\.lua:\d+: on purpose/).length === 1,
      'the error is logged');
  });

test('assist.later: all that it began ends with it', async (stage) => {
  const { port, nginx } = await laterSite(stage, {}, `
    if args.mode == "loop" then
      assist.later(function()
        assist.all(function() assist.ai.chat { question = "q" } end,
          function() assist.cache.get("k") end,
          function() while true do end end)
      end)
    else
      assist.later(function()
        pcall(assist.ai.chat, { question = "q", on_token = error })
        assist.cache.set("k", "v", 60)
      end)
    end`, { errors: [...errors, /failed in assist\.later/],
    // where no provider may be asked the answer is there at once
    server: `location /none/ { assist_hook h.lua;
               proxy_pass http://{{portal}}; }` });
  await get(port, '/none/?mode=loop');
  await until(() => nginx.logged(/used more CPU/).length === 1, 'it ends');
  for (let i = 0; i < 5; i++) await get(port, page);
  assert.equal(await kept(port, 'k'), 'v');
  assert.deepEqual(nginx.workerPids(), nginx.pids);
});

test('assist.later holds neither the page nor its connection', async (stage) => {
  const { open, hold } = gate();
  const { port, provider } = await laterSite(stage,
    { tokens: ['một', ' hai'], hold }, `
      if args.help then
        assist.later(function()
          assist.cache.set("k", assist.ai.chat { question = "q" }.text, 60)
        end)
      end`);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const sockets = new Set();
  const fetch = (path) => new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port, path, agent }, (res) => {
      sockets.add(res.socket);
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk) => { text += chunk; });
      res.on('end', () => resolve(text));
    }).on('error', reject);
  });

  // the model is not let go before both pages have come
  assert.match(await fetch(`${page}?help=1`), /<html/);
  assert.match(await fetch(page), /<html/);
  assert.equal(sockets.size, 1);
  await until(() => provider.requests.length === 1, 'the model is asked');
  assert.equal((await get(port, `${page}?read=k`)).text, 'none');
  assert.equal(provider.last.whole, false);
  open();
  assert.equal(await kept(port, 'k'), 'một hai');
  assert.equal(provider.last.left, false);
  agent.destroy();
});

test('assist.later outlives a visitor who leaves', async (stage) => {
  const { open, hold } = gate();
  const { port, provider } = await laterSite(stage, { tokens: ['a', 'b'], hold },
    `assist.later(function()
       assist.cache.set("k", assist.ai.chat { question = "q" }.text, 60)
     end)
     assist.sleep(10)`);
  await abandon(port, `GET ${page} HTTP/1.1\r\nHost: a\r\n\r\n`, 50);
  await until(() => provider.requests.length === 1, 'the model is asked');
  open();
  assert.equal(await kept(port, 'k'), 'ab');
});

test('assist.later: 256 at a time', async (stage) => {
  const { port } = await laterSite(stage, {}, `
    local n, why = 0, ""
    for i = 1, 300 do
      local help, reason = assist.later(function() assist.sleep(0.2) end)
      if help then n = n + 1 else why = i == 257 and reason or why end
    end
    ctx:reply(200, n .. " " .. why)`);
  assert.equal((await get(port, page)).text, '256 too many functions run');
  await until(async () => (await get(port, page)).text
    === '256 too many functions run', 'they have ended');
});

test('QUIT with calls in flight', async (stage) => {
  const { port, nginx, provider } = await laterSite(stage,
    faults['stall in the middle'], `
      assist.later(function() assist.ai.chat { question = "q" } end)
      assist.later(function() assist.sleep(1) end)
      if args.stay then assist.ai.chat { question = "q" } end`,
    { option: 'place=onprem timeout=1500ms' });
  const pages = [get(port, page), get(port, `${page}?stay=1`)];
  await until(() => provider.requests.length === 3, 'the models are asked');
  await nginx.stop();
  assert.equal(nginx.hung, false);
  for (const { text } of await Promise.all(pages)) assert.match(text, /<html/);
});

test('reload with calls in flight', async (stage) => {
  const { open, hold } = gate();
  const { port, nginx, provider } = await laterSite(stage,
    { tokens: ['một', ' hai', ' ba'], hold }, `
      if args.help then
        assist.later(function()
          assist.cache.set("k", assist.ai.chat { question = "q" }.text, 60)
        end)
      else
        local pieces = 0
        local got = assist.ai.chat { question = "q",
          on_token = function() pieces = pieces + 1 end }
        ctx:reply(200, got.text)
      end`);
  await get(port, `${page}?help=1`);
  const answer = get(port, page);
  await until(() => provider.requests.length === 2, 'the models are asked');
  await nginx.reload();
  assert.equal((await get(port, `${page}?read=k`)).text, 'none');
  open();
  assert.equal((await answer).text, 'một hai ba');
  assert.equal(await kept(port, 'k'), 'một hai ba');
  await nginx.oldWorkersGone();
});
