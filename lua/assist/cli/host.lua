-- Runs hooks without nginx: the same calls, phases and errors, a clock that
-- only waiting moves, a cache in memory.

local api = require "assist.cli.api"
local calls = require "assist.cli.calls"
local files = require "assist.cli.files"
local library = require "assist.cli.library"
local objects = require "assist.cli.objects"
local raise = require "assist.cli.raise"
local redis = require "assist.cli.redis"
local sandbox = require "assist.cli.sandbox"

local host = {}

local Host = {}
Host.__index = Host

-- Functions of assist.later that a run may bring about.
local LATERS = 10000

-- Marks the yields that are waits.
local WAIT = {}

local OUTSIDE = "coroutine.yield was called outside a coroutine of the hook's "
                .. "own"

local function one_line(reason)
  if type(reason) ~= "string" then
    return "(the error is not a string)"
  end
  return (reason:gsub("[%z\1-\31\127]", " "))
end

-- As nginx: hooks are interpreted, so that their CPU time can be bounded.
jit.off()

-- options, each of which may be missing: roots (folders of `require`), search
-- (function(query), as Catalogue:search), cache (key to text), now (seconds
-- since the epoch), timeout (assist_hook_timeout, 2 s), cpu (assist_hook_cpu,
-- 0.05 s), fetch (location to what it answers), model (what assist.ai.chat
-- answers, as kit.run takes it), log (function(level, text)).
function host.new(options)
  local self = setmetatable({
    clock = 0, started = options.now or os.time(), cache = {}, logs = {},
    search = options.search, timeout = options.timeout or 2,
    cpu = options.cpu or 0.05, on_log = options.log,
    fetch = options.fetch or {}, model = options.model, asked = {},
    laters = {},
  }, Host)
  self.redis = redis.new(function() return self.clock end)
  for key, text in pairs(options.cache or {}) do
    self.cache[key] = { text = text, ends = math.huge }
  end
  local roots = { unpack(options.roots or {}) }
  roots[#roots + 1] = library.home
  self.sandbox = sandbox.new(calls.module(self), roots)
  return self
end

-- The run, if a call may be made now; raises otherwise.
function Host:enter(name, waits)
  local run = self.run_now
  if not run then
    raise.error("%s cannot be called while a file is loaded (only in the "
      .. "functions of a hook)", name)
  end
  if api.calls[name] and not api.allowed(name, run.phase) then
    raise.error("%s", api.misuse(name, run.phase))
  end
  if waits then
    run.calls = (run.calls or 0) + 1
    if run.calls > 1000 then
      raise.error("%s: a run may wait 1000 times", name)
    end
  end
  if waits and not run.threads[coroutine.running()] then
    raise.error("%s cannot wait inside a coroutine of the hook's own", name)
  elseif waits and not coroutine.isyieldable() then
    raise.error("%s cannot wait inside a callback of table.sort, string.gsub "
      .. "or the like", name)
  end
  return run
end

function Host:wait(seconds)
  self.run_now.waits = self.run_now.waits + 1
  coroutine.yield(WAIT, seconds)
end

-- Starts functions and lets them wait at the same time.  Returns the first
-- value of each; the first that fails is raised, when all are over.
function Host:all(functions)
  local children, now, values, failure = {}, 0, {}, nil
  for i, fn in ipairs(functions) do
    children[i] = { thread = coroutine.create(fn), wakes = 0, index = i }
    self.run_now.threads[children[i].thread] = true
  end

  local function step(child)
    local ok, mark, seconds = coroutine.resume(child.thread)
    if ok and coroutine.status(child.thread) ~= "dead" then
      if mark == WAIT then
        child.wakes = now + seconds
        return true
      end
      ok, mark = false, OUTSIDE
    end
    if ok then
      values[child.index] = mark
    elseif not failure or failure.index > child.index then
      failure = { index = child.index, reason = one_line(mark) }
    end
  end

  while #children > 0 do
    local waiting = {}
    for _, child in ipairs(children) do
      if child.wakes > now or step(child) then
        waiting[#waiting + 1] = child
      end
    end
    children = waiting
    local next_wake = math.huge
    for _, child in ipairs(children) do
      next_wake = math.min(next_wake, child.wakes)
    end
    if #children > 0 and next_wake > now then
      coroutine.yield(WAIT, next_wake - now)
      now = next_wake
    end
  end
  if failure then
    error(failure.reason, 0)
  end
  return unpack(values, 1, #functions)
end

function Host:log(level, text)
  self.logs[#self.logs + 1] = { level = level, text = text }
  if self.on_log then
    self.on_log(level, text)
  end
end

-- Resumes with a bound on CPU time.  The error of a hook that is past it
-- comes again with every instruction, so no pcall can keep it.
local function resume(thread, cpu)
  local ends, past, driver = os.clock() + cpu, false, coroutine.running()

  local function stop()
    if coroutine.running() ~= driver then
      error(sandbox.PAST, 0)
    end
  end

  debug.sethook(function()
    if os.clock() > ends and coroutine.running() ~= driver then
      past = true
      debug.sethook(stop, "", 1)
      stop()
    end
  end, "", 1000)
  local ok, mark, seconds = coroutine.resume(thread)
  debug.sethook()
  return ok, mark, seconds, past
end

-- Lets a thread run to its end; returns nil, or what went wrong and the
-- outcome that nginx counts.  timeout: seconds of all waits together.
function Host:drive(run, timeout)
  local waited = 0
  while true do
    local ok, mark, seconds, past = resume(run.thread, self.cpu)
    if past then
      return "used more CPU than assist_hook_cpu allows", "error_hook"
    elseif not ok then
      return one_line(mark), "error_hook"
    elseif coroutine.status(run.thread) == "dead" then
      return nil
    elseif mark ~= WAIT then
      return OUTSIDE, "error_hook"
    end
    local asking = run.asking > 0 and run.phase == "ask"
    waited = asking and 0 or waited + seconds
    if waited > timeout then
      self.clock = self.clock + seconds - (waited - timeout)
      return "took longer than assist_hook_timeout", "error_timeout"
    end
    self.clock = self.clock + seconds
  end
end

-- The functions of a hook: of a file, or a table itself.  nil and the reason
-- when it cannot be used.
function Host:hook(hook)
  local path = type(hook) == "string" and hook or "the hook"
  if type(hook) == "string" then
    local source, reason = files.read(hook)
    if not source then
      return nil, "cannot read " .. reason
    end
    local chunk, why = self.sandbox:load(source, hook)
    if not chunk then
      return nil, one_line(why)
    end
    local module = hook:match("([^/]*)%.lua$") or hook
    local thread = coroutine.create(function() hook = chunk(module) end)
    local ok, mark, _, past = resume(thread, 1)
    if past or not ok then
      return nil, past and path .. ": used more than a second of CPU while it "
        .. "was loaded" or one_line(mark)
    elseif coroutine.status(thread) ~= "dead" then
      return nil, path .. ": coroutine.yield was called while it was loaded"
    end
  end

  if type(hook) ~= "table" then
    return nil, path .. ' must return a table: return { name = "...", version '
      .. '= "...", request = function(ctx, conf) ... end }'
  end
  local functions = 0
  for _, phase in ipairs(api.phases) do
    local kind = type(hook[phase])
    if kind ~= "function" and kind ~= "nil" then
      return nil, ('%s: "%s" must be a function, it is a %s'):format(path,
        phase, kind)
    end
    functions = functions + (kind == "function" and 1 or 0)
  end
  if functions == 0 then
    return nil, path .. " has no function that would be called: request, page, "
      .. "ask or log"
  elseif hook.name ~= nil and not tostring(hook.name):find("^[%w._-]+$") then
    return nil, ("a hook's name has letters, digits, \".\", \"_\" and \"-\" "
      .. 'only, not "%s"'):format(tostring(hook.name))
  end
  return hook
end

local function new_run(phase, fn)
  local run = { phase = phase, said = "", cites = {}, about = {},
    injected = {}, waits = 0, asking = 0 }
  run.thread = coroutine.create(fn)
  run.threads = { [run.thread] = true }
  return run
end

-- assist.later: fn runs when run_laters() is called.
function Host:later(fn)
  if #self.laters == 256 then
    return nil, "too many functions run"
  end
  local help, ends = objects.help(), self.run_now.ends or self.clock + 120
  if self.clock >= ends then
    return nil, "there is no time left"
  end
  self.laters[#self.laters + 1] = { ends = ends, phase = self.run_now.phase,
    lang = self.run_now.lang, fn = function()
      help.value, help.reason = fn()
      help.done = true
    end }
  return help
end

-- Runs what assist.later was given, each for nobody, two minutes at most with
-- what it starts itself.  Here only waiting takes time: they are counted, too.
function Host:run_laters()
  for n = 1, math.huge do
    if n > LATERS then
      self:log("error", "functions of assist.later start each other without end")
      self.laters = {}
    end
    if not self.laters[1] then
      return
    end
    local later = table.remove(self.laters, 1)
    local run = new_run(later.phase, later.fn)
    run.lang, run.ends = later.lang, later.ends
    self.run_now = run
    local reason, outcome = self:drive(run, later.ends - self.clock)
    self.run_now = nil
    if reason then
      self:log("error", "a function failed in assist.later: "
        .. (outcome == "error_timeout" and "it took longer than two minutes"
            or reason))
    end
  end
end

-- Calls a hook's function of a phase for a request (fields as objects.ctx
-- takes them).  Returns { outcome =, said =, cites =, about =, reply =,
-- injected =, waits =, error = }; a hook that fails has given nothing but its
-- outcome.
function Host:run(hook, phase, fields, conf)
  local ctx = objects.ctx(self, fields)
  local run = new_run(phase, function() hook[phase](ctx, conf) end)
  run.ctx, run.lang, run.question = ctx, fields.lang, fields.question

  self.run_now = run
  local reason, outcome = self:drive(run, self.timeout)
  self.run_now = nil

  if reason then
    return { error = reason, outcome = phase ~= "log" and outcome or nil,
      said = "", cites = {}, about = {}, injected = {}, waits = run.waits }
  end
  if run.personal then
    run.said = run.said .. run.personal.restore(nil)
  end
  if not run.outcome and run.said ~= "" then
    run.outcome = "answered"
  end
  return { outcome = run.outcome, said = run.said, cites = run.cites,
    about = run.about, reply = run.reply, injected = run.injected,
    waits = run.waits }
end

return host
