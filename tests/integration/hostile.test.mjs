// Hooks that mean harm: the visitor has the portal's page, the log one line,
// and the worker goes on with everybody else.

import { ask, assert, figures, get, test, until } from './harness.mjs';

const CPU = /used more CPU than assist_hook_cpu allows/;
// memory or, on a slow machine, CPU: whichever is over first
const MEMORY = /not enough memory|used more CPU/;
const STACK = /stack overflow/;
// C inside Lua inside C: whichever comes first
const NESTED = /stack overflow|used more CPU|not enough memory/;

// By name: what the request hook does, and what the log says of it.
const hostile = {
  loop: ['while true do end', CPU],
  loop_pcall: [`while true do pcall(function() while true do end end) end`,
               CPU],
  loop_repeat: ['local i = 0 repeat i = i + 1 until false', CPU],
  loop_wrap: ['coroutine.wrap(function() while true do end end)()', CPU],
  loop_resume: [`local co = coroutine.create(function()
    while true do coroutine.yield() end end)
    while true do coroutine.resume(co) end`, CPU],
  loop_gsub: ['("abc"):gsub(".", function() while true do end end)', CPU],
  loop_index: [`local t = setmetatable({}, { __index = function()
    while true do end end }) return t.x`, CPU],
  loop_eq: [`local mt = { __eq = function() while true do end end }
    return setmetatable({}, mt) == setmetatable({}, mt)`, CPU],
  loop_tostring: [`tostring(setmetatable({}, { __tostring = function()
    while true do end end }))`, CPU],
  loop_format: ['while true do local s = ("%99d"):format(1) end', CPU],
  loop_concat: ['while true do local s = "a" .. tostring({}) .. "b" end', CPU],
  loop_sort: [`local t = {} for i = 1, 300000 do t[i] = i * 7919 % 300007 end
    while true do table.sort(t) end`, CPU],
  loop_sort_tail: [`local t = {}
    for i = 1, 300000 do t[i] = i * 7919 % 300007 end
    return table.sort(t)`, CPU],
  loop_sort_pcall: [`table.sort({ 3, 2, 1 }, function()
    while true do pcall(error) end end)`, CPU],
  loop_pattern: ['("a"):rep(30000):find(".-.-.-.-b")',
                 /took more steps than assist_hook_cpu allows/],
  loop_error: ['while true do pcall(error, {}) end', CPU],

  memory_rep: ['return ("x"):rep(1000000000)', /not enough memory/],
  memory_double: ['local s = "x" while true do s = s .. s end', MEMORY],
  memory_concat: [`local t, s = {}, ("x"):rep(1000)
    for i = 1, 100000 do t[i] = s end return table.concat(t)`, MEMORY],
  memory_sort: [`table.sort({ 3, 2, 1 }, function(a, b)
    return #("x"):rep(1000000000) > a end)`, MEMORY],
  memory_gsub: [`local s = ("x"):rep(100000)
    return s:gsub("x", s)`, MEMORY],
  memory_tables: ['local t = {} while true do t = { t, {}, {}, {} } end',
                  MEMORY],
  memory_closures: [`local t = {}
    while true do local last = t t = function() return last, t end end`,
                    MEMORY],
  memory_coroutines: [`local t = {} while true do
    t[#t + 1] = coroutine.create(function() end) end`, MEMORY],
  loop_insert: ['table.insert({}, -2147483647, 1)', /out of bounds/],
  loop_insert_nan: ['table.insert({}, 0/0, 1)', /out of bounds/],
  memory_data: [`while true do
    ctx.data[#ctx.data + 1] = ("x"):rep(100000) .. #ctx.data end`, MEMORY],

  stack_calls: ['local function f() return 1 + f() end f()', STACK],
  stack_wrap: ['local function f() coroutine.wrap(f)() end f()',
               /stack overflow|used more CPU|not enough memory/],
  stack_resume: [`local function f()
    assert(coroutine.resume(coroutine.create(f))) end f()`, NESTED],
  stack_gsub: ['local function f() ("a"):gsub(".", f) end f()', STACK],
  stack_sort: ['local function f() table.sort({ 1, 2, 3 }, f) end f()', STACK],
  stack_tostring: [`local mt = {} mt.__tostring = function()
    return tostring(setmetatable({}, mt)) end
    tostring(setmetatable({}, mt))`, NESTED],
  stack_mixed: [`local mt, depth = {}, 0
    mt.__tostring = function()
      depth = depth + 1
      if depth % 900 == 0 then
        return coroutine.wrap(tostring)(setmetatable({}, mt))
      end
      return tostring(setmetatable({}, mt))
    end
    tostring(setmetatable({}, mt))`, NESTED],
  stack_all: ['local function f() assist.all(f) end f()',
              /stack overflow|a run may wait 1000 times/],
  stack_pcall: [`local function f() pcall(f) pcall(f) end f()`, CPU],
  stack_json: [`local t = {} for i = 1, 10000 do t = { t } end
    error((select(2, assist.json.encode(t))))`, /nesting/],
  stack_unpack: ['return unpack({}, 1, 100000000)', /too many results/],
  stack_byte: ['return (("x"):rep(1000000)):byte(1, -1)', /too many|slice/],

  error_object: [`error(setmetatable({}, { __tostring = function()
    while true do end end }))`, /the error is not a string/],
  error_long: ['error(("x\\n"):rep(1000000))', /failed in request.* x x x/],
  gc: [`setmetatable({}, { __gc = function() while true do end end })
    for i = 1, 100000 do local t = {} end error("no finalizer ran")`,
       /no finalizer ran/],
  wait_sort: [`table.sort({ 3, 2, 1 }, function(a, b)
    assist.sleep(0.01) return a < b end)`, /cannot wait inside a callback/],
  wait_wrap: ['coroutine.wrap(function() assist.sleep(0.01) end)()',
              /cannot wait inside a coroutine/],

  escape_exit: ['os.exit(1)', /global 'os'/],
  escape_ffi: ['require("ffi").C.abort()', /module "ffi" was not found/],
  escape_library: ['string.find = nil', /"find" cannot be set/],
  large_text: ['assist.text.normalize(("x"):rep(2000000))',
               /assist\.text takes a text of at most 1 MB/],
  large_redact: ['error((select(2, assist.redact(("x"):rep(2000000)))))',
                 /the text is larger than 256 KB/],
};

const file = (name, body) => [`${name}.lua`, `local assist = require "assist"
return { name = "${name}", request = function(ctx, conf)
${body}
end }`];

const stand = (stage, only) => stage.site({
  hooks: Object.fromEntries([
    ...only.map((name) => file(name, hostile[name][0])),
    file('good', 'ctx:reply(200, "good " .. #("x"):rep(100000))')]),
  server: [...only, 'good'].map((name) => `location /${name}/ {
    assist_hook ${name}.lua; proxy_pass http://{{portal}};
    proxy_http_version 1.1; proxy_set_header Connection ""; }`).join(' '),
  portal: (req, res) => {
    res.setHeader('Content-Type', 'text/html');
    res.end(`<html><body>the page ${req.url}</body></html>`);
  },
  errors: [/assist: hook \w+ (failed in request|is suspended)/],
});

const what = ({ status, body, headers: { date, ...headers } }) =>
  [status, headers, body];

for (const group of [...new Set(Object.keys(hostile)
  .map((name) => name.split('_')[0]))]) {
  const only = Object.keys(hostile).filter((name) =>
    name.split('_')[0] === group);

  test(`hostile hooks harm nobody: ${group}`, async (stage, t) => {
    const { nginx, port, plain } = await stand(stage, only);
    for (const name of only) {
      const path = `/${name}/page?q=1`;
      const portal = what(await get(plain, path));
      const [bad, ...others] = await Promise.all([get(port, path),
        get(port, '/good/'), get(port, '/'), get(port, '/good/')]);
      assert.deepEqual(what(bad), portal, name);
      assert.deepEqual(others.map(({ status, text }) => [status, text]),
        [[200, 'good 100000'],
         [200, '<html><body>the page /</body></html>'],
         [200, 'good 100000']], name);
      const lines = nginx.logged(new RegExp(`hook ${name} failed in request`));
      assert.equal(lines.length, 1, name);
      assert.match(lines[0], hostile[name][1], name);
      assert.match(lines[0], /request_id: [0-9a-f]{32}/);
      t.diagnostic(`${name}: ${bad.ms.toFixed(0)} ms`);
    }
    const lines = nginx.logged(/\[(warn|error)\]/);
    assert.equal(lines.filter((line) => !/is suspended/.test(line)).length,
                 only.length);
    assert.deepEqual(nginx.workerPids(), nginx.pids);
  });
}

// The breaker: a debt of 400 times what a run took, 30 s of it are free.

test('a hook that spins again and again is suspended', async (stage) => {
  const { nginx, port } = await stand(stage, ['loop', 'loop_wrap']);
  for (let i = 0; i < 10; i++) {
    const { text } = await get(port, '/loop/page');
    assert.equal(text, '<html><body>the page /loop/page</body></html>');
  }
  const failed = nginx.logged(/hook loop failed in request/);
  assert.ok(failed.length === 2, `${failed.length} runs`);
  const suspended = nginx.logged(/is suspended/);
  assert.equal(suspended.length, 1);
  assert.match(suspended[0], /hook loop is suspended in this worker for \d+ s,/);

  // it alone
  await get(port, '/loop_wrap/');
  assert.equal(nginx.logged(/hook loop_wrap failed/).length, 1);
  assert.equal((await get(port, '/good/')).text, 'good 100000');
  assert.deepEqual(nginx.workerPids(), nginx.pids);
});

test('a suspended hook is counted as one that failed, and tried again',
  async (stage) => {
    // 10 ms and one tick more: a debt of 12 s, or more on a loaded machine
    const { nginx, port } = await stage.site({
      hooks: { 'h.lua': `local assist = require "assist"
return { name = "h",
  request = function(ctx) while ctx.request.args.spin do end end,
  ask = function(ctx) ctx:say("here") ctx:outcome("answered") end }` },
      page: 'assist_hook h.lua; assist_hook_cpu 10ms;',
      chat: 'assist_hook h.lua;',
      errors: [/hook h (failed in request|is suspended)/] });
    const page = '/dich-vu/1.001456.html';
    const failed = () => nginx.logged(/hook h failed in request/).length;
    let n = 0;
    while (!nginx.logged(/is suspended/).length && n < 20) {
      assert.equal((await get(port, `${page}?spin=1`)).status, 200);
      // those between that do well make no difference
      assert.equal((await get(port, page)).status, 200);
      n++;
    }
    assert.equal(failed(), n);
    await get(port, page);
    await get(port, `${page}?spin=1`);
    assert.equal(failed(), n);
    const row = (await figures(port))['1.001456@G01'];
    assert.equal(row.interactions, n + 2 + 1);

    // another assist_hook directive of the same file is another hook
    assert.equal((await ask(port, 'hộ chiếu')).json.answer, 'here');

    await until(async () => {
      await get(port, page);
      return nginx.logged(/\[notice\].*hook h is tried again/).length;
    }, 'the hook is tried again', 30000);
  });

test('a hook is suspended while others of its runs wait', async (stage) => {
  const { nginx, port } = await stage.site({
    hooks: { 'h.lua': `local assist = require "assist"
return { name = "h", request = function(ctx)
  assist.all(function() assist.sleep(0.3) while true do end end)
end }` },
    page: 'assist_hook h.lua;',
    errors: [/hook h (failed in request|is suspended)/] });
  const all = await Promise.all(Array.from({ length: 8 },
    () => get(port, '/dich-vu/1.001456.html')));
  for (const { status } of all) assert.equal(status, 200);
  assert.equal(nginx.logged(/hook h failed in request/).length, 2);
  assert.equal(nginx.logged(/hook h is suspended/).length, 1);
  assert.deepEqual(nginx.workerPids(), nginx.pids);
});
