-- lua/assist/cli says what the C sources say: calls, phases, fields, errors,
-- declarations.

local api = require "assist.cli.api"
local cli = require "cli"
local fake = require "fake"

local read, root = cli.read, cli.root
-- The sources of the calls, with their headers' sets of phases.
local function sources(...)
  local text = {}
  for i, name in ipairs { "vm_private.h", ... } do
    text[i] = read(root .. "/ngx_module/lua/" .. name)
  end
  return table.concat(text, "\n")
end

local api_c = sources "api.c"
local ctx_c = sources("ctx.c", "request.c", "service.c")

-- The #defines of sets of phases, as lists.
local function phases_of(source, expression)
  local names = {}
  for word in expression:gmatch("[%w_]+") do
    local value = assert(source:match("#define%s+" .. word
      .. "%s+(%b())"), word .. " is not defined")
    if value:find("<<", 1, true) then
      names[value:match("ASSIST_PHASE_(%u+)"):lower()] = true
    else
      for name in pairs(phases_of(source, value)) do
        names[name] = true
      end
    end
  end
  return names
end

local function same(got, expected, what)
  for name in pairs(expected) do
    assert(got[name], ("%s: \"%s\" is missing here"):format(what, name))
  end
  for name in pairs(got) do
    assert(expected[name], ("%s: \"%s\" is not in C"):format(what, name))
  end
end

-- The entries of a C table of strings, phases and functions.
local function c_calls()
  local calls = {}
  for name, phases, waits in api_c:gmatch(
    '{ "(assist%.[%w_.]+)", [^,]+, "[%w_]+", ([%u|]+), ([01]),') do
    calls[name] = { phases = phases_of(api_c, phases), waits = waits == "1" }
  end
  for name, phases in ctx_c:gmatch('{ "(ctx:[%w_]+)", ([%u|]+),') do
    calls[name] = { phases = phases_of(ctx_c, phases), waits = false }
  end
  for name, phases, waits in ctx_c:gmatch(
    'assist_run_check%(L, "(ctx%.request:[%w_]+)", ([%u|]+), ([01])') do
    calls[name] = { phases = phases_of(ctx_c, phases), waits = waits == "1" }
  end
  return calls
end

local function without_comments(text)
  return (text:gsub("/%*.-%*/", ""):gsub("%s+", " "))
end

return {
  { "the calls, their phases and waits are those of api.c and ctx.c", function()
    local expected = c_calls()
    assert(next(expected), "no call was found in C")
    same(api.calls, expected, "api.calls")
    for name, call in pairs(expected) do
      same(api.set(api.calls[name]), call.phases, name)
      fake.equal(api.calls[name].waits or false, call.waits, name)
    end
  end },

  { "the calls of any time are those of api_plain[] in api.c", function()
    local expected = { ["assist.json.encode"] = true,
      ["assist.json.decode"] = true }
    local list = api_c:match("api_plain%[%] = (%b{})")
    for owner, name in list:gmatch('{ ([%w"]+), "(%l+)", [%w_]+ }') do
      local prefix = owner:match('^"(.*)"$')
      expected["assist." .. (prefix and prefix .. "." or "") .. name] = true
    end
    same(api.anywhere, expected, "api.anywhere")
  end },

  { "the commands of assist.redis are those of command.c", function()
    local command_c = read(root .. "/ngx_module/lua/command.c")
    for _, keys in ipairs { "one", "all" } do
      local list = command_c:match("command_" .. keys .. "_keys?%[%] = (%b{})")
      local expected, got = {}, {}
      for name in list:gmatch('"(%u+)"') do
        expected[name] = true
      end
      for name, kind in pairs(api.redis) do
        got[name] = kind == keys or nil
      end
      assert(next(expected), "no command was found in C")
      same(got, expected, "api.redis, " .. keys)
    end
  end },

  { "ctx, ctx.request and services have the fields of ctx.c, request.c, service.c", function()
    local function keys(fn)
      local body = ctx_c:match("\n" .. fn .. "%(lua_State %*L%)\n(%b{})")
      local found = {}
      for key in body:gmatch('strcmp%(key, "([%w_]+)"%) == 0') do
        found[key] = true
      end
      return found
    end
    local request = keys "request_index"
    request.header, request.body = nil, nil
    same(api.set(api.fields.ctx), keys "ctx_index", "ctx")
    same(api.set(api.fields["ctx.request"]), request, "ctx.request")

    local service = keys "service_index"
    local rows = read(root .. "/ngx_module/core/catalog_row.c")
    for name in rows:gmatch('{ "([%w_]+)",%s+offsetof') do
      service[name] = true
    end
    same(api.set(api.fields.service), service, "a service")
  end },

  { "the outcomes are those of the ledger", function()
    local ledger, expected = read(root .. "/ngx_module/core/ledger.c"), {}
    local list = ledger:match("outcome_names%[ASSIST_OUTCOME_MAX%] = (%b{})")
    for name in list:gmatch('"([%w_]+)"') do
      expected[name] = true
    end
    same(api.set(api.outcomes), expected, "outcomes")
  end },

  { "the reasons of assist.ai.chat are those of ..._model*.c", function()
    local source = ""
    local list = assert(io.popen("ls " .. root
      .. "/ngx_module/http/ngx_http_assist_model*.c"))
    for path in list:lines() do
      source = source .. read(path)
    end
    list:close()
    for _, reason in ipairs(api.reasons) do
      fake.has(source, '"' .. reason .. '"')
    end
  end },

  { "each call has an implementation, and no other is there", function()
    local module = require("assist.cli.calls").module { started = 0, clock = 0 }
    local found = {}
    for name, value in pairs(module) do
      if type(value) == "function" then
        found["assist." .. name] = true
      else
        for field in pairs(value) do
          found["assist." .. name .. "." .. field] = true
        end
      end
    end
    for object, methods in pairs(require("assist.cli.objects").methods) do
      for name in pairs(methods) do
        found[object .. ":" .. name] = true
      end
    end
    for _, list in ipairs { api.calls, api.anywhere, api.values } do
      for name in pairs(list) do
        assert(found[name], name .. " is not implemented")
        found[name] = nil
      end
    end
    fake.equal(next(found), nil)
  end },

  { "the globals exist, and none is dangerous", function()
    for _, name in ipairs(api.globals) do
      assert(_G[name] ~= nil, "there is no " .. name)
    end
    local globals = api.set(api.globals)
    for _, name in ipairs { "io", "os", "debug", "ffi", "jit", "package",
      "load", "loadstring", "loadfile", "dofile", "getfenv", "setfenv",
      "collectgarbage", "newproxy", "print", "module" } do
      assert(not globals[name], name)
    end
  end },

  { "the ffi declarations stand in the headers", function()
    local headers = ""
    local list = assert(io.popen("ls " .. root .. "/ngx_module/core/*.h"))
    for path in list:lines() do
      headers = headers .. read(path)
    end
    list:close()
    headers = without_comments(headers:gsub("%[([%u_]+)%]", function(name)
      local value = headers:match("#define%s+" .. name .. "%s+(%d+)")
      return value and "[" .. value .. "]"
    end))

    local count, declaration = 0, ""
    local text = require("assist.cli.library").declarations
    for line in text:gmatch("[^\n]+") do
      declaration = declaration .. " " .. line
      -- a declaration ends with a ";" outside its braces
      if line:find(";$") and not line:find("^ +[%w}]")
         or line:find("^    .*%);$") then
        count = count + 1
        declaration = without_comments(declaration):match("^%s*(.-)%s*$")
        assert(headers:find(declaration, 1, true), "not in the headers:\n"
          .. declaration)
        declaration = ""
      end
    end
    fake.equal(declaration, "")
    assert(count > 20, "only " .. count .. " declarations were found")
  end },
}
