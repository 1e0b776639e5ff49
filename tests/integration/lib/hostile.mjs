// Hooks that mean harm, for the tests and the benchmark.

const CPU = /used more CPU than assist_hook_cpu allows/;
// memory or, on a slow machine, CPU: whichever is over first
const MEMORY = /not enough memory|used more CPU/;
const STACK = /stack overflow/;
// C inside Lua inside C: whichever comes first
const NESTED = /stack overflow|used more CPU|not enough memory/;

// By name: what the request hook does, and what the log says of it.
export const hostile = {
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
  // many tables whose places are all empty
  loop_json: [`local e, t, u = {}, {}, {}
    for i = 1, 60000 do e[i + 0.5] = 1 end
    for i = 1, 60000 do e[i + 0.5] = nil end
    for i = 1, 300 do t[i], u[i] = e, t end
    assist.json.encode(u)`, CPU],
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
  stack_sort: ['local function f() table.sort({ 1, 2, 3 }, f) end f()',
               NESTED],
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
  // of a function that returns a call nothing is left on the stack
  wait_tail: ['return assist.sleep(-1)',
              /takes 0 to 3600 seconds; in .*wait_tail\.lua:3,/],
  wait_wrap: ['coroutine.wrap(function() assist.sleep(0.01) end)()',
              /cannot wait inside a coroutine/],

  escape_exit: ['os.exit(1)', /global 'os'/],
  escape_ffi: ['require("ffi").C.abort()', /module "ffi" was not found/],
  escape_library: ['string.find = nil', /"find" cannot be set/],
  large_text: ['assist.text.normalize(("x"):rep(2000000))',
               /assist\.text takes a text of at most 1 MB/],
  large_redact: ['error((select(2, assist.redact(("x"):rep(2000000)))))',
                 /the text is larger than 256 KB/],
  large_json: [`local t, s = {}, ("x"):rep(1000000)
    for i = 1, 100000 do t[i] = s end
    error((select(2, assist.json.encode(t))))`, /would be larger than 1 MB/],
  large_decode: [`error((select(2, assist.json.decode((" "):rep(2000000)))))`,
                 /the text is larger than 1 MB/],
  large_html: [`local s, t = ("<"):rep(100000), {}
    for i = 1, 5000 do t[i] = s end
    return assist.html(("%s"):rep(5000), unpack(t))`,
               /assist\.html makes at most 8 MB/],
  large_cite: [`while true do ctx:cite{ title = ("x"):rep(10000) } end`,
               /ctx:cite: a source may have 8 KB/],
  large_redis: [`local s = ("x"):rep(1000000)
    assist.redis("DEL", s, s, s)`,
                /assist\.redis: the arguments may have 1 MB together/],
  large_fetch: [`assist.fetch("/api", { method = "POST",
    body = ("x"):rep(2000000) })`, /assist\.fetch: body may have 1 MB/],
  large_fetch_uri: [`assist.fetch("/api?" .. ("x"):rep(2000000))`,
                    /assist\.fetch: a URI may have 64 KB/],
  large_fetch_headers: [`local s, t = ("x"):rep(20000000), {}
    for i = 1, 30 do t["X-" .. i] = s end
    assist.fetch("/api", { headers = t })`,
                        /assist\.fetch: headers may have 64 KB together/],
  large_reply_headers: [`ctx:reply(200, "x", { X = ("x"):rep(2000000) })`,
                        /ctx:reply: headers may have 64 KB together/],
  large_log: [`assist.log.info(("0912345678 "):rep(1000000)) error("done")`,
              /done/],
  large_json_twice: [`local t = {} for i = 1, 60 do t = { t, t } end
    error((select(2, assist.json.encode(t))))`, /would be larger than 1 MB/],
};

// A file of hooks: its name and text.
export const file = (name, body) => [`${name}.lua`, `
local assist = require "assist"
return { name = "${name}", request = function(ctx, conf)
${body}
end }`];
