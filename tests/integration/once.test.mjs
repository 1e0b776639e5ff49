// assist.cache in every phase, and assist.cache.once: equal keys at the same
// time are made once in a worker.

import { abandon, ask, assert, get, sleep, test, until } from './harness.mjs';

const L1 = 'assist_cache_zone answers:1m;';

// GET /?key=k runs `make` for the key; the reply is what once gives.
const site = (stage, make, more = {}) => stage.site({ http: L1, ...more,
  hooks: { 'once.lua': `
    local assist = require "assist"
    local made = 0
    local once = assist.cache.once
    local function make(key, ctx)
      made = made + 1
      ${make}
    end
    local function text(ctx)
      local args = ctx.request.args
      if args.made then return tostring(made) end
      local value, why = once(args.key, 60, function()
        return make(args.key, ctx)
      end)
      return tostring(value) .. ":" .. tostring(why)
    end
    return { name = "once",
      request = function(ctx)
        if ctx.request.uri == "/once" then ctx:reply(200, text(ctx)) end
      end,
      ask = function(ctx) ctx:say(text(ctx)) ctx:outcome("answered") end,
    }` },
  server: 'assist_hook once.lua; assist_hook_timeout 4s;' });

const at = async (port, query) => (await get(port, `/once?${query}`)).text;
const many = (port, n, query) =>
  Promise.all(Array.from({ length: n }, () => at(port, query)));

for (const [what, more] of [['L1', ''], ['L2', 'redis']]) {
  test(`many at once, ${what}: one makes it`, async (stage) => {
    const redis = more && await stage.redis();
    const { port } = await site(stage, 'assist.sleep(1) return key .. made',
      redis ? { http: `assist_redis ${redis.url};` } : {});
    assert.deepEqual(await many(port, 40, 'key=a'), Array(40).fill('a1:nil'));
    assert.deepEqual(await many(port, 3, 'key=a'), Array(3).fill('a1:nil'));
    const two = await Promise.all([many(port, 5, 'key=b'), many(port, 5, 'key=c')]);
    assert.equal(new Set(two.flat()).size, 2);
    assert.equal(await at(port, 'made=1'), '3');
  });
}

test('a reason is for all, and nothing is kept', async (stage) => {
  const { port } = await site(stage,
    'assist.sleep(1) return nil, "not today " .. made');
  assert.deepEqual(await many(port, 10, 'key=a'),
                   Array(10).fill('nil:not today 1'));
  assert.equal(await at(port, 'key=a'), 'nil:not today 2');
});

test('what is no text is for the one that made it, the next makes its own',
  async (stage) => {
    const { port } = await site(stage, 'assist.sleep(0.1) return made');
    assert.deepEqual((await many(port, 4, 'key=a')).sort(),
                     ['1:nil', '2:nil', '3:nil', '4:nil']);
  });

test('it raises, or its client leaves: the next one makes it', async (stage) => {
  const { nginx, port } = await site(stage, `
    local mine = made
    assist.sleep(1)
    if key == "raise" and mine == 1 then error("first") end
    return key .. mine`, { errors: [/once\.lua:\d+: first/] });
  const raised = await many(port, 5, 'key=raise');
  assert.equal(raised.filter((text) => text === 'raise2:nil').length, 4);
  assert.equal(nginx.logged(/once\.lua:\d+: first/).length, 1);
  const leaving = abandon(port, 'GET /once?key=leave HTTP/1.1\r\nHost: x\r\n\r\n', 200);
  await sleep(50);
  const rest = many(port, 5, 'key=leave');
  await leaving;
  assert.deepEqual(await rest, Array(5).fill('leave4:nil'));
});

test('one in another, in any order: nobody waits for ever', async (stage) => {
  const { port } = await site(stage, `
    local other = ({ a = "b", b = "a", s = "s" })[key]
    if not other or made > 4 then return key end
    assist.sleep(0.2)
    return key .. (once(other, 60, function() return "in" end))`);
  for (const text of await Promise.all([at(port, 'key=a'), at(port, 'key=b'),
                                        at(port, 'key=s')])) {
    assert.match(text, /^[abs]{1,2}in:nil$/);
  }
});

test('questions wait as well', async (stage) => {
  const { port } = await site(stage, `
    assist.sleep(1) return "made " .. made`,
    { chat: 'assist_cache_valid 0;' });
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) =>
    ask(port, `câu hỏi ${i}`, { path: '/assist/ask?key=q' })));
  assert.deepEqual(answers.map(({ json }) => json.answer),
                   Array(10).fill('made 1:nil'));
});

test('page and log may keep what request reads', async (stage) => {
  const { port } = await stage.site({ http: L1, hooks: { 'p.lua': `
    local assist = require "assist"
    return { name = "p",
      request = function(ctx)
        ctx.data.seen = tostring(assist.cache.get("page")) .. " "
          .. tostring(assist.cache.get("log"))
      end,
      page = function(ctx)
        ctx:inject("body_end", ctx.data.seen)
        assist.cache.set("page", "P", 60)
      end,
      log = function() assist.cache.set("log", "L", 60) end }` },
    page: 'assist_hook p.lua;' });
  const page = async () => (await get(port, '/')).text;
  assert.match(await page(), /nil nil/);
  await until(async () => /P L/.test(await page()), 'both are kept');
});
