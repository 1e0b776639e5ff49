// The calls of the hook API: assist.redis, assist.cache.once, assist.html,
// assist.redact, ctx:reply, and their bounds.

import { assert, get, request, site, test, until } from './harness.mjs';

const page = '/dich-vu/1.001456.html';

// A request hook whose reply is the JSON of what `body` returns.
const hook = (body, name = 'h') => `local assist = require "assist"
local function run(ctx) ${body} end
return { name = "${name}", request = function(ctx, conf)
  ctx:reply(200, assist.json.encode { run(ctx) })
end }`;

async function calling(stage, body, { redis, ...options } = {}) {
  const started = await stage.site({ hooks: { 'h.lua': hook(body) },
    page: 'assist_hook h.lua; assist_hook_cpu 500ms;', ...options });
  return { ...started, call: async () => (await get(started.port, page)).json };
}

// What a call raises, without its position.
const why = `local function why(f, ...)
  local ok, reason = pcall(f, ...)
  return (tostring(reason):gsub("^.-:%d+: ", ""))
end `;

const withRedis = async (stage, body, more = {}) => {
  const redis = await stage.redis();
  return { redis, ...await calling(stage, body,
    { http: `assist_redis ${redis.url} timeout=1s;`, ...more }) };
};

test('assist.redis: strings, numbers, lists, nothing, errors', async (stage) => {
  const { call, redis } = await withRedis(stage, `
    local r = assist.redis
    local set = r("SET", "text", "xin chào")
    local _, wrong = r("INCR", "text")
    return set, r("get", "text"), r("INCRBY", "n", 41),
      r("INCR", "n"), r("RPUSH", "list", "a", 2, "c"),
      r("LRANGE", "list", 0, -1), r("MGET", "text", "none", "n"),
      r("HSET", "h", "k", "v"), r("HGETALL", "h"), r("GET", "none") == nil,
      r("EXISTS", "text", "none", "n"), r("DEL", "text", "n"),
      r("SMEMBERS", "none"), wrong`);
  assert.deepEqual(await call(), ['OK', 'xin chào', 41, 42, 3, ['a', '2', 'c'],
    ['xin chào', false, '42'], 1, ['k', 'v'], true, 2, 2, {},
    'ERR value is not an integer or out of range']);
  assert.deepEqual((await redis.command('KEYS', 'assist:hook:*')).split('\n').sort(),
                   ['assist:hook:h:h', 'assist:hook:h:list']);
});

test('assist.redis: only commands that touch the hook\'s own keys',
  async (stage) => {
    const { call } = await withRedis(stage, why + `
      local r = {}
      for _, name in ipairs { "KEYS", "FLUSHALL", "EVAL", "CONFIG", "SCAN",
                              "RENAME", "SUBSCRIBE", "MULTI", "", "get x" } do
        r[#r + 1] = why(assist.redis, name, "x")
      end
      r[#r + 1] = why(assist.redis, "GET")
      r[#r + 1] = why(assist.redis, "DEL", unpack({}, 1, 33))
      r[#r + 1] = why(assist.redis, "SET", "a", {})
      return r`);
    const [reasons] = await call();
    assert.equal(reasons[0], 'assist.redis: "KEYS" is not allowed');
    assert.ok(reasons.slice(0, 10).every((r) => / is not allowed$/.test(r)));
    assert.equal(reasons[10],
                 'assist.redis takes a command and 1 to 32 arguments');
    assert.equal(reasons[11], reasons[10]);
    assert.match(reasons[12], /string expected, got table/);
  });

test('assist.redis: two hooks do not see each other\'s keys', async (stage) => {
  const redis = await stage.redis();
  stage.hooks({ 'a.lua': hook('return assist.redis("SET", "k", "a")', 'a') });
  const { port } = await stage.site({
    hooks: { 'b.lua': hook('return assist.redis("GET", "k") == nil', 'b') },
    http: `assist_redis ${redis.url} timeout=1s;`,
    server: 'location /a { assist_hook a.lua; proxy_pass http://{{portal}}; }',
    page: 'assist_hook b.lua;' });
  assert.deepEqual((await get(port, '/a')).json, ['OK']);
  assert.deepEqual((await get(port, page)).json, [true]);
});

test('assist.redis: away, slow, none, and too much of it', async (stage) => {
  const none = await calling(stage, 'return select(2, assist.redis("GET", "k"))');
  assert.deepEqual(await none.call(), ['there is no assist_redis']);

  const other = await stage.elsewhere();
  const { call, redis } = await withRedis(other, `
    local value, reason = assist.redis("GET", "k")
    if reason then return reason end
    for i = 1, 11 do assist.redis("APPEND", "k", ("x"):rep(100000)) end
    value, reason = assist.redis("GET", "k")
    for i = 1, 400 do assist.redis("RPUSH", "l", unpack { i, i, i, i, i, i, i,
      i, i, i, i, i, i, i, i, i, i, i, i, i, i, i, i, i, i, i }) end
    local _, long = assist.redis("LRANGE", "l", 0, -1)
    return reason, long, #assist.redis("LRANGE", "l", 0, 9999)`,
    { page: 'assist_hook h.lua; assist_hook_cpu 500ms; assist_hook_timeout 20s;' });
  assert.deepEqual(await call(), ['the reply is too large',
    'the reply is too large', 10000]);
  redis.pause();
  assert.deepEqual(await call(), ['timeout']);
  redis.resume();
  await redis.kill();
  const [reason] = await call();
  assert.match(reason, /redis is away/);
});

test('assist.cache.once: made once, kept, and not kept', async (stage) => {
  const { call } = await calling(stage, `
    local made = 0
    local function make() made = made + 1 assist.sleep(0.01) return "v" .. made end
    local function none() made = made + 1 return nil, "not today" end
    local a, b = assist.cache.once("k", 60, make), assist.cache.once("k", 60, make)
    local _, c = assist.cache.once("n", 60, none)
    local _, d = assist.cache.once("n", 60, none)
    local ok, e = pcall(assist.cache.once, "e", 60, function() error("no", 0) end)
    return a, b, c, d, e, made, assist.cache.get("k"), assist.cache.get("n") == nil`,
    { http: 'assist_cache_zone a:1m;' });
  assert.deepEqual(await call(),
    ['v1', 'v1', 'not today', 'not today', 'no', 3, 'v1', true]);
});

// The functions around a call that waits are ours, and no place of an error.
test('an argument of another type: the hook\'s line, and the call\'s name', async (stage) => {
  const wrong = {
    'sleep("x")': "bad argument #1 to 'sleep' (number expected, got string)",
    'sleep()': "bad argument #1 to 'sleep' (number expected, got no value)",
    'fetch()': "bad argument #1 to 'fetch' (string expected, got nil)",
    'fetch("/x", 1)': "bad argument #2 to 'fetch' (table expected, got number)",
    'cache.get()': "bad argument #1 to 'get' (string expected, got no value)",
    'cache.once()': "bad argument #1 to 'once' (string expected, got nil)",
    'cache.once("k")': "bad argument #2 to 'once' (number expected, got nil)",
    'cache.once("k", 1, 2)':
      "bad argument #3 to 'once' (function expected, got number)",
    'cache.set("k", {})': "bad argument #2 to 'set' (string expected, got table)",
    'redis()': "bad argument #1 to 'redis' (string expected, got no value)",
    'redis("GET", {})': "bad argument #2 to 'redis' (string expected, got table)",
  };
  const { call } = await calling(stage, Object.keys(wrong).map((text) => `
    errors[#errors + 1] = select(2, pcall(function()
      assist.${text} return 1 end))`).join('')
    .replace(/^/, 'local errors = {} ') + ' return unpack(errors)');
  assert.deepEqual(
    (await call()).map((text) => text.replace(/^.*\/h\.lua:\d+: /, 'h.lua: ')),
    Object.values(wrong).map((text) => `h.lua: ${text}`));
});

test('assist.html: what is trusted, and what is escaped', async (stage) => {
  const { call } = await calling(stage, why + `
    local h, nasty = assist.html, "<b>&\\"'"
    return tostring(h("100% <i>")), tostring(h("<p title='%s'>%s%%</p>", nasty, 7)),
      tostring(h("%s", h("<br>"))), tostring(h("<p>") .. nasty .. h("</p>")),
      tostring(nasty .. h("<p>")), why(h, "%s %s", 1), why(h, "x", 1),
      why(h, "%d", 1), why(h, "%s", {}), why(h), type(h("x")),
      tostring(h("a\\0%s", "b\\0c")):gsub("%z", "0")`);
  assert.deepEqual(await call(), ['100% <i>',
    "<p title='&lt;b&gt;&amp;&quot;&#39;'>7%</p>", '<br>',
    '<p>&lt;b&gt;&amp;&quot;&#39;</p>', '&lt;b&gt;&amp;&quot;&#39;<p>',
    'assist.html: the template has 2 %s, 1 value was given',
    'assist.html: the template has 0 %s, 1 value was given',
    'assist.html: the template has a % that is neither %s nor %%',
    'assist.html: a table cannot be put into a page',
    "bad argument #1 to '?' (string expected, got no value)", 'userdata',
    'a0bc', 1]);
});

test('assist.redact', async (stage) => {
  const { call } = await calling(stage, `
    local text, n = assist.redact("số 079203001234, gọi 0912 345 678; mã 1.001456")
    return text, n, assist.redact("không có gì")`);
  assert.deepEqual(await call(), ['số [CCCD_1], gọi [PHONE_2]; mã 1.001456', 2,
                                  'không có gì', 0]);
});

const replying = (source) => ({ hooks: { 'h.lua': `local assist = require "assist"
return { request = function(ctx) ${source} end }` }, page: 'assist_hook h.lua;' });

test('ctx:reply: markup, headers, a redirect', async (stage) => {
  const { port } = await stage.site(replying(`
    if ctx.request.args.go then
      return ctx:reply(303, "", { Location = "/giup-do", ["X-A"] = 5 })
    end
    ctx:reply(200, assist.html("<p>%s", "<"), { ["cache-control"] = "no-store" })`));
  const got = await get(port, page);
  assert.equal(got.text, '<p>&lt;');
  assert.equal(got.headers['content-type'], 'text/html; charset=utf-8');
  assert.equal(got.headers['cache-control'], 'no-store');

  const to = await get(port, `${page}?go=1`);
  assert.equal(to.status, 303);
  assert.match(to.headers.location, /\/giup-do$/);
  assert.equal(to.headers['x-a'], '5');
});

for (const [headers, reason] of [
  ['{ ["Content-Length"] = 5 }', 'the header "Content-Length" is nginx\'s own'],
  ['{ ["transfer-encoding"] = "x" }', 'the header "transfer-encoding" is nginx\'s own'],
  ['{ ["X-A"] = "b\\nSet-Cookie: c" }', 'the header "X-A" has a line end'],
  ['{ ["X A"] = "b" }', '"X A" is not a header\'s name'],
  ['{ "b" }', 'headers are a table of names and strings'],
  ['7', 'headers are a table of names and strings, not a number'],
]) {
  test(`ctx:reply refuses ${headers}`, async (stage) => {
    const expected = new RegExp(`h\\.lua:2: ctx:reply: ${reason}`);
    const { port, nginx } = await stage.site({ errors: [expected],
      ...replying(`ctx:reply(200, "x", ${headers})`) });
    assert.match((await get(port, page)).text, /Cổng dịch vụ công/);
    assert.equal(nginx.logged(expected).length, 1);
  });
}

test('a run may wait 1000 times', async (stage) => {
  const { call, nginx } = await calling(stage, `
    for i = 1, 300 do assist.sleep(0) end
    assist.all(function() for i = 1, 699 do assist.cache.get("k") end end)
    local ok, reason = pcall(assist.sleep, 0)
    return (reason:gsub("^.-:%d+: ", ""))`,
    { page: 'assist_hook h.lua; assist_hook_timeout 20s; assist_hook_cpu 1s;' });
  assert.deepEqual(await call(), ['assist.sleep: a run may wait 1000 times']);
  assert.deepEqual(nginx.workerPids(), nginx.pids);
});

test('a failure names its lines and its request', async (stage) => {
  const { port, nginx } = await stage.site({
    hooks: { 'h.lua': `local deep = require "deep"
return { name = "h", request = function(ctx)
  deep.call(ctx)
end }`, 'deep.lua': `local M = {}
function M.fail(x) error({ x }) end
function M.call(x)
  M.fail(x)
  return 1
end
return M` },
    http: 'log_format id "$request_id";', server: 'access_log {{dir}}/access.log id;',
    page: 'assist_hook h.lua;', errors: [/hook h failed/] });
  await get(port, page);
  const [line] = nginx.logged(/hook h failed/);
  const dir = `${stage.folder}/hooks`;
  assert.ok(line.includes(`at ${dir}/deep.lua:2 < ${dir}/deep.lua:4 < ${dir}/h.lua:3, request_id: `), line);
  const [, id] = line.match(/request_id: ([0-9a-f]{32}),/);
  await until(() => stage.read('access.log').trim() === id, 'the access log');
});

test('a hook\'s name is a word', async (stage) => {
  const expected = /hook "h\.lua" will not run in this worker: a hook's name has letters/;
  const { port } = await stage.site({ errors: [expected],
    hooks: { 'h.lua': 'return { name = "a:b", request = error }' }, page: 'assist_hook h.lua;' });
  assert.equal((await request(port, { path: page })).status, 200);
});

test('a hook named by its whole path has its file\'s name', async (stage) => {
  const file = stage.write('other/a.lua', `local assist = require "assist"
return { request = function(ctx)
  assist.redis("SET", "k", "v") ctx:reply(200, "of a")
end }`);
  const redis = await stage.redis();
  const { port } = await stage.site({ page: `assist_hook ${file};`,
    http: `assist_redis ${redis.url} timeout=1s;` });
  assert.equal((await get(port, page)).text, 'of a');
  assert.equal(await redis.command('KEYS', 'assist:hook:*'), 'assist:hook:a.lua:k');
});

test('without the sandbox hooks have all of the language, and -t says so',
  async (stage) => {
    const body = `
      local io, ffi = io, require "ffi"
      local file = io.open("${stage.folder}/made", "w")
      file:write(type(debug.getinfo), type(os.time()), type(loadstring))
      file:close()
      return ffi.abi("64bit"), pcall(function() leak = 1 end)`;
    const { call } = await calling(stage, body,
      { http: 'assist_hook_sandbox off;' });
    const [abi, ok, reason] = await call();
    assert.equal(abi, true);
    assert.equal(ok, false);
    assert.match(reason, /global "leak" cannot be set/);
    assert.equal(stage.read('made'), 'functionnumberfunction');

    const { code, stderr } = await stage.check(
      site({ http: 'assist_hook_sandbox off;' }), { portal: '127.0.0.1:1' });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /\[warn\].*assist_hook_sandbox is off: hooks can read and write files/);
  });
