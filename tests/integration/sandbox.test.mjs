// What a hook can reach, and what it can change for another hook: nothing.

import { assert, get, root, run, test } from './harness.mjs';

// The members of all libraries and of `assist`, by table.
const shared = JSON.parse((await run('luajit', ['-e', `
  package.path = "${root}/lua/?.lua;" .. package.path
  local api, all = require "assist.cli.api", {}
  local function add(path, members)
    all[path] = { path }
    for name, kind in pairs(members) do
      if kind == "table" then add(path .. "." .. name,
                                  api.members(path .. "." .. name)) end
      table.insert(all[path], name)
    end
  end
  add("assist", api.members("assist"))
  for _, name in ipairs(api.globals) do
    if type(_G[name]) == "table" and name ~= "_G" then
      all[name] = { name }
      for member in pairs(_G[name]) do table.insert(all[name], member) end
    end
  end
  all._G = api.globals
  print(require("cjson").encode(all))`])).stdout);

// A hook that replies with what `body` returns.
const reply = (body) => `local assist = require "assist"
return { name = "h", request = function(ctx, conf)
  ctx:reply(200, tostring((function() ${body} end)()))
end }`;

async function answers(stage, hooks, errors) {
  const server = Object.keys(hooks).filter((file) => file !== 'counter.lua')
    .map((file) =>
    `location /${file}/ { assist_hook ${file}; }`).join(' ');
  const { port, nginx } = await stage.site({ hooks, server, errors });
  const of = async (file) => (await get(port, `/${file}/`)).text;
  return { of, nginx };
}

test('there is no way out of the sandbox', async (stage) => {
  const names = ['io', 'os', 'package', 'debug', 'jit', 'ffi', 'load',
    'loadstring', 'loadfile', 'dofile', 'getfenv', 'setfenv', 'module',
    'newproxy', 'collectgarbage', 'print', 'string.dump', 'math.randomseed'];
  const { of } = await answers(stage, { 'h.lua': reply(`
    local found = {}
    for path in ("${names.join(' ')}"):gmatch("%S+") do
      local value = _G
      for key in path:gmatch("[^.]+") do value = value[key] end
      if value ~= nil then found[#found + 1] = path end
    end
    for _, module in ipairs{ "ffi", "io", "os", "debug", "jit", "package",
                             "cjson", "../../etc/passwd", "/etc/passwd" } do
      if pcall(require, module) then found[#found + 1] = module end
    end
    return table.concat(found, " ")`) });
  assert.equal(await of('h.lua'), '');
});

// What a hook sees of all that hooks share: every function by its place.
const survey = `
  local list = {}
  local function names(path, t, keys)
    for key in keys:gmatch("%S+") do
      local value = t[key]
      list[#list + 1] = path .. key .. "=" .. tostring(value)
    end
  end
  ${Object.entries(shared).map(([path, members]) =>
    `names("${path}.", ${path}, "${members.join(' ')} extra")`).join('\n')}
  list[#list + 1] = tostring(getmetatable("x")) .. tostring(getmetatable(ctx))
  list[#list + 1] = require("assist.procedure_words").vi.none
  return table.concat(list, "\\n")`;

test('a hostile hook changes nothing for another', async (stage) => {
  const hooks = {
    'survey.lua': `local assist = require "assist"
return { name = "survey", request = function(ctx)
  ctx:reply(200, (function() ${survey} end)())
end }`,
    'hostile.lua': reply(`
      local broken = {}
      local function try(name, f)
        if pcall(f) then broken[#broken + 1] = name end
      end
      for name, t in pairs{ ${Object.keys(shared).map((path) =>
        `["${path}"] = ${path}`).join(', ')} } do
        try(name .. ".extra", function() t.extra = 1 end)
        try(name .. " rawset", function() rawset(t, "extra", 1) end)
        try(name .. " insert", function() table.insert(t, 1) end)
        try(name .. " setmetatable", function() setmetatable(t, {}) end)
        try(name .. " getmetatable", function() getmetatable(t).x = 1 end)
        try(name .. " next", function() next(t) end)
      end
      try("string.find", function() string.find = nil end)
      try("global", function() leaked = 1 end)
      try("string mt", function() getmetatable("").__index = {} end)
      require("assist.procedure_words").vi.none = "hacked"
      return table.concat(broken, ", ")`),
  };
  const { of, nginx } = await answers(stage, hooks);
  const before = await of('survey.lua');
  assert.equal(await of('hostile.lua'), '');
  assert.equal(await of('survey.lua'), before);
  assert.match(before, /string\.find=function/);
  assert.match(before, /assist\.ai\.chat=function/);
  assert.deepEqual(nginx.workerPids(), nginx.pids);
});

test('a wait where there can be none is a clear error', async (stage) => {
  const { of } = await answers(stage, {
    'sort.lua': reply(`return select(2, pcall(table.sort, { 3, 2, 1 },
      function(a, b) assist.sleep(0.01) return a < b end))`),
    'gsub.lua': reply(`return select(2, pcall(string.gsub, "abc", ".",
      function() assist.sleep(0.01) end))`),
    'own.lua': reply(`return select(2, pcall(coroutine.wrap(
      function() assist.sleep(0.01) end)))`),
  });
  const callback = /assist\.sleep cannot wait inside a callback of table\.sort/;
  assert.match(await of('sort.lua'), callback);
  assert.match(await of('gsub.lua'), callback);
  assert.match(await of('own.lua'),
    /assist\.sleep cannot wait inside a coroutine of the hook's own/);
});

test('a module that fails may be tried again, and says why', async (stage) => {
  const { of } = await answers(stage, {
    'broken.lua': 'error("not today")',
    'self.lua': 'return require "self"',
    'h.lua': reply(`local list = {}
      for _, name in ipairs{ "broken", "broken", "self", "nowhere" } do
        list[#list + 1] = select(2, pcall(require, name))
      end
      return table.concat(list, "|")`),
  }, [/will not run in this worker/]);
  const [first, second, self, nowhere] = (await of('h.lua')).split('|');
  assert.match(first, /broken\.lua:1: not today/);
  assert.equal(second, first);
  assert.match(self, /module "self" requires itself/);
  assert.match(nowhere, /module "nowhere" was not found in assist_hook_path/);
});

test('a file\'s name is no global, and its module is run once',
  async (stage) => {
    const { of } = await answers(stage, {
      'pcall.lua': `local assist = require "assist"
        local counter = require "counter"
        counter.n = counter.n + 1
        return { name = "pcall", request = function(ctx)
          ctx:reply(200, tostring(pcall(error)) .. require("counter").n) end }`,
      'counter.lua': 'return { n = 0 }',
    });
    assert.equal(await of('pcall.lua'), 'false1');
    assert.equal(await of('pcall.lua'), 'false1');
  });

// A run's coroutine is used again for other hooks: a hook that kept it could
// go on, in the place of nginx, with what waits there.
test('a hook does not get hold of the coroutine it runs in', async (stage) => {
  const { of } = await answers(stage, {
    'h.lua': reply(`
      local own
      local co = coroutine.create(function() own = coroutine.running() end)
      coroutine.resume(co)
      local child = assist.all(function() return coroutine.running() end)
      return tostring(coroutine.running()) .. tostring(child)
        .. tostring(own == co)`) });
  assert.equal(await of('h.lua'), 'nilniltrue');
});
