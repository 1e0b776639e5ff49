// assist.all: several waits at the same time.

import { abandon, assert, get, sleep, test } from './harness.mjs';

const reply = (body) => `local assist = require "assist"
return { name = "h", request = function(ctx, conf)
  local result = (function() ${body} end)()
  ctx:reply(200, tostring(result))
end }`;

async function site(stage, hooks, options = {}) {
  const server = Object.keys(hooks).map((file) =>
    `location /${file}/ { assist_hook ${file}; ${options.conf ?? ''}
       proxy_pass http://{{portal}}; }`)
    .join(' ');
  const { port, nginx } = await stage.site({ hooks, server, ...options });
  return { port, nginx, of: (file) => get(port, `/${file}/`) };
}

const wait = (seconds, value) =>
  `function() assist.sleep(${seconds}) return ${value} end`;

test('waits run at the same time, values come in order', async (stage) => {
  const { of } = await site(stage, { 'h.lua': reply(`
    return table.concat({ assist.all(${wait(0.2, '"a"')}, ${wait(0.1, '"b"')},
      function() return "c" end, ${wait(0.2, '"d", "more"')}) }, " ")`),
  'none.lua': reply('return select("#", assist.all())'),
  'now.lua': reply('return table.concat({ assist.all(function() return 1 end) })'),
  'nil.lua': reply(`local a, b, c = assist.all(function() end,
    ${wait(0.01, 'nil')}, ${wait(0.01, '3')})
    return tostring(a) .. tostring(b) .. c`),
  'nested.lua': reply(`return assist.all(function()
    local a, b = assist.all(${wait(0.05, '1')}, ${wait(0.05, '2')})
    assist.sleep(0.01)
    return a + b + assist.all(${wait(0.01, '10')}) end)`),
  'again.lua': reply(`local sum = 0
    for i = 1, 200 do
      local a, b = assist.all(function() return i end, ${wait(0, 'i')})
      sum = sum + a + b
    end
    return sum`),
  });
  const got = await of('h.lua');
  assert.equal(got.text, 'a b c d');
  assert.ok(got.ms < 400, `took ${got.ms} ms`);
  assert.equal((await of('none.lua')).text, '0');
  assert.equal((await of('now.lua')).text, '1');
  assert.equal((await of('nil.lua')).text, 'nilnil3');
  assert.equal((await of('nested.lua')).text, '13');
  assert.equal((await of('again.lua')).text, '40200');
});

test('an error of one is raised when all are over', async (stage) => {
  const { of, nginx } = await site(stage, {
    'caught.lua': reply(`local done
      local ok, why = pcall(assist.all, function() assist.sleep(0.01)
        error("one") end, function() assist.sleep(0.05) done = true end)
      return tostring(ok) .. " " .. why .. " " .. tostring(done)`),
    'loop.lua': reply(`return assist.all(${wait(0.01, '1')},
      function() while true do end end)`),
    'late.lua': reply(`return assist.all(${wait(0.01, '1')},
      function() assist.sleep(0.02) while true do end end)`),
    'args.lua': reply('return select(2, pcall(assist.all, 1))'),
    'own.lua': reply(`return select(2, pcall(coroutine.wrap(function()
      return assist.all(${wait(0.01, '1')}) end)))`),
  }, { errors: [/used more CPU/] });
  assert.match((await of('caught.lua')).text, /^false .*: one true$/);
  assert.match((await of('args.lua')).text,
               /assist\.all takes functions, argument 1 is a number/);
  assert.match((await of('own.lua')).text, /cannot wait inside a coroutine/);
  assert.match((await of('loop.lua')).text, /<html/);
  assert.match((await of('late.lua')).text, /<html/);
  assert.equal(nginx.logged(/used more CPU than assist_hook_cpu/).length, 2);
  assert.deepEqual(nginx.workerPids(), nginx.pids);
});

test('time over and clients gone end all of it', async (stage) => {
  const hook = reply(`return assist.all(${wait(5, '1')}, ${wait(6, '2')},
    function() return assist.all(${wait(7, '3')}, ${wait(0.01, '4')}) end)`);
  const { of, port, nginx } = await site(stage, { 'h.lua': hook },
    { conf: 'assist_hook_timeout 300ms;', errors: [/assist_hook_timeout/] });
  assert.match((await of('h.lua')).text, /<html/);
  await Promise.all(Array.from({ length: 300 }, () =>
    abandon(port, 'GET /h.lua/ HTTP/1.1\r\nHost: a\r\n\r\n', 30)));
  await sleep(100);
  assert.match((await of('h.lua')).text, /<html/);
  assert.deepEqual(nginx.workerPids(), nginx.pids);
});
