-- lua/types/assist.lua and the tables of lua/README.md name what api.lua
-- names: calls with their phases, fields, outcomes; no more and no less.

local api = require "assist.cli.api"
local cli = require "cli"
local fake = require "fake"

local types = cli.read(cli.root .. "/lua/types/assist.lua")
local readme = cli.read(cli.root .. "/lua/README.md")

-- A call's phases, as both write them: "request, ask; waits", "all, load".
local function phases_of(name)
  if api.anywhere[name] or api.values[name] then
    return "all, load"
  end
  local call = api.calls[name]
  local list = #call == #api.phases and "all" or table.concat(call, ", ")
  return list .. (call.waits and "; waits" or "")
end

local function expected_calls()
  local calls = {}
  for _, list in ipairs { api.calls, api.anywhere } do
    for name in pairs(list) do
      calls[name] = phases_of(name)
    end
  end
  return calls
end

local function same(got, expected, where)
  for name, value in pairs(expected) do
    if got[name] ~= value then
      error(("%s: %s is %s, in api.lua it is %s"):format(where, name,
        tostring(got[name]), tostring(value)), 0)
    end
  end
  for name in pairs(got) do
    if expected[name] == nil then
      error(("%s: %s is not in api.lua"):format(where, name), 0)
    end
  end
end

-- The functions that the definitions declare: { name =, list = "(a, b)",
-- notes = the comments right before }.
local function functions()
  local found, notes = {}, {}
  for line in types:gmatch("([^\n]*)\n") do
    local name, list = line:match("^function ([%w_.:]+)(%b())")
    if name then
      found[#found + 1] = { name = name:gsub("^request:", "ctx.request:"),
        list = list, notes = notes }
    end
    local note = line:match("^%-%-%-(.*)$")
    notes = note and notes or {}
    notes[#notes + 1] = note
  end
  return found
end

-- The fields that a class declares, up to the blank line that ends it.
local function fields(class)
  local block = types:match("\n%-%-%-@class " .. class:gsub("%.", "%%.")
    .. "\n(.-)\n\n")
  local found = {}
  for name in block:gmatch("%-%-%-@field ([%w_]+)") do
    found[name] = true
  end
  return found
end

-- The set of words between back quotes in a text.
local function quoted(text)
  local set = {}
  for word in text:gmatch("`\"?([%w_]+)\"?`") do
    set[word] = true
  end
  return set
end

local function section(title)
  return assert(readme:match("\n" .. title .. "\n(.-)\n##"), title)
end

-- What the tables below "## ctx" and "## assist" say: calls and fields with
-- their phases.
local function readme_names()
  local calls, others = {}, {}
  for _, title in ipairs { "## ctx", "## assist" } do
    for names, phases in section(title):gmatch(
      "\n| (`[^|\n]+`) | ([^|\n]+) |[^\n]*") do
      for code in names:gmatch("`([^`]+)`") do
        local name, call = code:match("^([%w_.:]+)([({]?)")
        assert(not calls[name] and not others[name], name .. " is there twice")
        if call ~= "" then
          calls[name] = phases
        else
          others[name] = phases
        end
      end
    end
  end
  return calls, others
end

return {
  { "the definitions have each call with its phases, and no other", function()
    local got = {}
    for _, fn in ipairs(functions()) do
      for _, note in ipairs(fn.notes) do
        got[fn.name] = note:match("^Phases: (.*)%.$") or got[fn.name]
      end
      assert(got[fn.name], fn.name .. " does not say its phases")
    end
    same(got, expected_calls(), "types/assist.lua")
  end },

  { "the definitions describe each parameter, and no other", function()
    for _, fn in ipairs(functions()) do
      local got = {}
      for _, note in ipairs(fn.notes) do
        got[#got + 1] = note:match("^@param ([%w_.]+)%?? ")
      end
      fake.equal("(" .. table.concat(got, ", ") .. ")", fn.list)
    end
  end },

  { "the definitions have each field, and no other", function()
    local ctx, request = api.set(api.fields.ctx), "ctx.request"
    same(fields "assist.ctx", ctx, "assist.ctx")
    same(fields "assist.request", api.set(api.fields[request]), request)
    same(fields "assist.service", api.set(api.fields.service), "a service")
    local hook = api.set(api.phases)
    hook.name, hook.version = true, true
    same(fields "assist.hook", hook, "a hook")
    local values = {}
    for name in pairs(fields "assist.json") do
      values["assist.json." .. name] = true
    end
    same(values, api.values, "values")
  end },

  { "the options of assist.fetch are those of fetch.c", function()
    local source = cli.read(cli.root .. "/ngx_module/lua/fetch.c")
    local expected = {}
    for name in source:gmatch('fetch_%l+%(L, "(%l+)"') do
      expected[name] = true
    end
    for name in source:gmatch('lua_getfield%(L, 2, "(%l+)"') do
      expected[name] = true
    end
    same(fields "assist.fetch_options", expected, "options of assist.fetch")
    local example = assert(readme:match("assist%.fetch%(\"[^\"]*\", (%b{})"))
    local got = {}
    for name in example:gmatch("\n  (%l+) = ") do
      got[name] = true
    end
    same(got, expected, "README: options of assist.fetch")
  end },

  { "the options of assist.ai.chat are those of ai.c", function()
    local source = cli.read(cli.root .. "/ngx_module/lua/ai.c")
    local expected = {}
    for _, pattern in ipairs { 'lua_getfield%(L, 1, "([%l_]+)"',
      'chat_field%(L, 1, "([%l_]+)"', 'chat_string%(L, 1, "([%l_]+)"',
      'chat_number%(L, "([%l_]+)"' } do
      for name in source:gmatch(pattern) do
        expected[name] = true
      end
    end
    same(fields "assist.chat_options", expected, "options of assist.ai.chat")
  end },

  { "the reasons of assist.ai.chat are the same everywhere", function()
    local got = {}
    local list = assert(types:match(
      "\n%-%-%-@alias assist%.chat_reason\n(.-)\n\n"))
    for name in list:gmatch('%-%-%-| "([%l ]+)"') do
      got[name] = true
    end
    same(got, api.set(api.reasons), "types/assist.lua")
    got = {}
    for name in section("## A model"):gmatch("\n| `\"([%l ]+)\"` |") do
      got[name] = true
    end
    same(got, api.set(api.reasons), "README.md")
  end },

  { "the outcomes are the same everywhere", function()
    local alias = assert(types:match("@alias assist%.outcome\n(.-)\n\n"))
    local got = {}
    for name in alias:gmatch('%-%-%-| "([%w_]+)"') do
      got[name] = true
    end
    same(got, api.set(api.outcomes), "types/assist.lua")
    local sentence = assert(section("## ctx"):match("\nOutcomes: (.-)%."))
    same(quoted(sentence), api.set(api.outcomes), "README.md")
  end },

  { "README.md has each call and field with its phases, and no other",
    function()
      local calls, others = readme_names()
      same(calls, expected_calls(), "README.md")
      local expected = {}
      for _, object in ipairs { "ctx", "ctx.request" } do
        for _, name in ipairs(api.fields[object]) do
          expected[object .. "." .. name] = "all"
        end
      end
      for name in pairs(api.values) do
        expected[name] = phases_of(name)
      end
      same(others, expected, "README.md")
    end },

  { "README.md has each command of assist.redis, and no other", function()
    local list = assert(section("## assist"):match("```\n(GET .-)```"))
    local got, expected = {}, {}
    for name in list:gmatch("%u+") do
      got[name] = true
    end
    for name in pairs(api.redis) do
      expected[name] = true
    end
    same(got, expected, "README.md")
  end },

  { "README.md has the figures of C", function()
    local bounds = section("## Bounds"):gsub("[`,]", "")
    local figures = { ["(1024 * 1024)"] = "1 MB", ["(256 * 1024)"] = "256 KB",
      ["(64 * 1024)"] = "64 KB", ["(8 * 1024 * 1024)"] = "8 MB" }
    for _, bound in ipairs {
      { "lua/run.c", "RUN_WAITS", "waits of a run | %s |" },
      { "lua/run.c", "RUN_FRAMES", "a traceback | %s lines" },
      { "lua/all.c", "ALL_MAX", "assist.all | %s |" },
      { "lua/api.c", "LOG_LINES", "bytes of a line | %s;" },
      { "lua/ctx.c", "REPLY_HEADERS", "a reply; its headers | 1 MB; %s 64 KB" },
      { "lua/fetch.c", "HEADERS_MAX", "a reply; its headers | 1 MB; 32 %s" },
      { "lua/fetch.c", "FETCH_URI", "of a fetch: uri; headers; body | %s;" },
      { "lua/command.c", "COMMAND_MAX", "a Redis command | 32 %s together" },
      { "lua/json.c", "JSON_MAX", "made or read | 1 MB; 256 KB; %s |" },
      { "lua/vm_private.h", "MARKUP_MAX", "what assist.html makes | %s |" },
      { "lua/fetch.c", "FETCH_MAX", "a fetched body; its time | max %s;" },
      { "lua/fetch.c", "FETCH_TIMEOUT", "timeout %s s at most 60 s" },
      { "lua/ai.c", "CHAT_MESSAGES", "messages; passages; text | %s;" },
      { "lua/ai.c", "CHAT_TIMEOUT", "256 KB; timeout 60 s at most %s s" },
      { "http/ngx_http_assist_later.c", "LATER_MAX", "at a time | %s |" },
      { "http/ngx_http_assist.h", "ANSWER_MAX", "it is about | %s;" },
      { "http/ngx_http_assist_host.c", "LIST_MAX", "about | 256 KB; %s of" },
      { "http/ngx_http_assist_host.c", "REPLY_MAX", "headers | %s;" },
      { "http/ngx_http_assist_body.c", "HOOK_BODY_MAX", "body | %s |" },
      { "http/ngx_http_assist_cache.c", "VALUE_MAX", "in the cache | %s |" },
      { "http/ngx_http_assist_redis_value.c", "REDIS_REPLY", "time | %s 10000" },
      { "http/ngx_http_assist_redis_value.c", "REDIS_ITEMS", "1 MB %s items" },
    } do
      local source = cli.read(cli.root .. "/ngx_module/" .. bound[1])
      local value = assert(source:match("#define [%u_]*" .. bound[2]
        .. "%s+(%b())") or source:match("#define [%u_]*" .. bound[2]
        .. "%s+(%d+)"), bound[2])
      fake.has(bounds, bound[3]:format(figures[value] or value))
    end
  end },

  { "luacheck's globals of hooks are the sandbox's", function()
    local rc = setfenv(assert(loadfile(cli.root .. "/.luacheckrc")),
      { stds = {}, files = {} })
    rc()
    local got = {}
    for name, value in pairs(getfenv(rc).stds.hook.read_globals) do
      got[type(name) == "string" and name or value] = true
    end
    same(got, api.set(api.globals), ".luacheckrc")
  end },

  { "README.md has each phase and each column of a service", function()
    local got = {}
    for name in section("## How hooks run"):gmatch(
      "\n| `(%l+)%(ctx, conf%)`") do
      got[name] = true
    end
    same(got, api.set(api.phases), "README.md, functions of a hook")

    got = {}
    for names in section("### A service"):gmatch("\n| (`[^|\n]*`) |") do
      for name in pairs(quoted(names)) do
        got[name] = true
      end
    end
    same(got, api.set(api.fields.service), "README.md, a service")
  end },
}
