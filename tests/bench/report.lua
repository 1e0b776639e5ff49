-- report.lua DIR COUNTED MACHINE: RESULTS.md from what run.sh left in DIR.
-- Fails when the servers' own counters say that the load was not answered as
-- it should have been.

local cjson = require "cjson"

local dir, counted, machine = arg[1], tonumber(arg[2]), arg[3]

local page, asked = "1.001456", "1.001445"

-- ours, the peer, the least ratio of requests/s (nil: none is set)
local comparisons = {
  { "page, counted as a view", "page_views", "nginx alone", "page_plain",
    0.97 },
  { "page, hook that delivers nothing", "page_idle", "nginx alone",
    "page_plain" },
  { "page with evidence", "page_evidence", "nginx alone", "page_plain", 0.95 },
  { "page, counted as a view", "page_views", "lua-nginx-module", "page_lua" },
  { "page, service and view counted, hook", "page_idle",
    "access_by_lua, log_by_lua", "page_lua", 1 },
  { "page of no service, hook that does nothing", "page_hook",
    "access_by_lua, empty", "page_access", 1 },
  { "page with something put into it", "inject_assist", "subs_filter",
    "inject_subs", 1 },
  { "question from L1", "ask_l1", "`return 200`", "ask_return", 0.75 },
  { "question from L1", "ask_l1", "lua_shared_dict", "ask_dict" },
  { "questions from Redis, all different", "redis_each",
    "lua, kept connections", "redis_lua_each", 1.5 },
  { "question from Redis, always the same", "redis_same",
    "lua, kept connections", "redis_lua_same", 1.5 },
  { "all different, by a Unix socket", "redis_unix",
    "lua, kept connections", "redis_lua_unix" },
}

local requests = {
  { "page, nginx alone", "page_plain", "plain" },
  { "page, counted as a view", "page_views", "assist" },
  { "page, hook that delivers nothing", "page_idle", "assist" },
  { "page, access_by_lua, log_by_lua", "page_lua", "lua" },
  { "page with evidence", "page_evidence", "assist" },
  { "page of no service, hook that does nothing", "page_hook", "assist" },
  { "page of no service, access_by_lua, empty", "page_access", "lua" },
  { "page with something put into it", "inject_assist", "assist" },
  { "the same, subs_filter", "inject_subs", "subs" },
  { "question, `return 200`", "ask_return", "plain" },
  { "question from L1", "ask_l1", "assist" },
}

local function lines(name)
  return assert(io.open(dir .. "/" .. name)):lines()
end

local function sorted(values)
  local copy = { unpack(values) }
  table.sort(copy)
  return copy
end

local function median(values)
  local list = sorted(values)
  local n = #list
  return (list[math.ceil(n / 2)] + list[math.floor(n / 2) + 1]) / 2
end

-- Of each case, by round: requests/s, and CPU microseconds of a request.
local speed, cpu, total = {}, {}, {}
local busy = {}

local function add(list, name, value)
  list[name] = list[name] or {}
  table.insert(list[name], value)
end

for line in lines "rounds" do
  local name, n, us, ns = line:match "^(%S+) (%d+) (%d+) (%d+)$"
  add(speed, name, n / us * 1e6)
  add(cpu, name, ns / n / 1e3)
  total[name] = (total[name] or 0) + n
  table.insert(busy, ns / us / 10)
end

-- Of each pair, by round: requests for a second of the worker's CPU, ours by
-- the peer's.
local pairs_ratio = {}

for line in lines "pairs" do
  local ours, n, ns, peer, peer_n, peer_ns =
    line:match "^(%S+) (%d+) %d+ (%d+) (%S+) (%d+) %d+ (%d+)$"
  add(pairs_ratio, ours .. " " .. peer, (n / ns) / (peer_n / peer_ns))
  total[ours] = total[ours] + n
end

-- The counters: no question missed the cache, no page was lost.
local function service(file, code)
  local text = assert(io.open(dir .. "/" .. file)):read("*a")
  for _, row in ipairs(cjson.decode(text).services) do
    if row.code == code then
      return row
    end
  end
end

local function expect(holds, ...)
  if not holds then
    io.stderr:write("bench: ", (...):format(select(2, ...)), "\n")
    os.exit(1)
  end
end

for file, name in pairs { ["ask_l1.services.json"] = "ask_l1",
                          ["redis_same.services.json"] = "redis_same",
                          ["redis_unix.services.json"] = "redis_unix" } do
  local row = service(file, asked)
  expect(row.cached >= row.interactions * 0.999,
    "%s: %d of %d answers came from the cache", name, row.cached,
    row.interactions)
  expect(row.cached >= total[name], "%s: %d hits counted, %d answers received",
    name, row.cached, total[name])
end

local pages = service("ask_l1.services.json", page)
expect(pages.views >= total.page_views + total.page_idle,
  "%d views counted, %d pages received", pages.views,
  total.page_views + total.page_idle)
expect(pages.interactions >= total.page_evidence,
  "%d interactions counted, %d pages received", pages.interactions,
  total.page_evidence)

-- Instructions, all and by function with what it calls; a function that
-- appears under several source files is the one with the most.
local function functions(name)
  local found = {}
  for line in lines(name .. ".functions") do
    local n, fn = line:match("^%s*([%d,]+)%s+[^:]+:(%S+)")
    if not n then
      n, fn = line:match("^([%d,]+)%s+(PROGRAM TOTALS)")
    end
    if n then
      n = tonumber((n:gsub(",", "")))
      found[fn] = math.max(found[fn] or 0, n)
    end
  end
  return found
end

local function per_request(name)
  local found = functions(name)
  for fn, n in pairs(found) do
    found[fn] = n / counted
  end
  return found
end

local function out(...)
  print((...):format(select(2, ...)))
end

out "# Benchmark"
out ""
out "Written by `make bench-quick` (tests/bench/run.sh)."
out("Machine: %s.", machine)
out("The workers had %.0f %% of their core (least: %.0f %%).", median(busy),
  sorted(busy)[1])
out ""
out("| scenario | requests/s | peer | requests/s | in turn | ratio | spread "
    .. "| goal | |")
out "|---|--:|---|--:|--:|--:|--:|--:|---|"

local missed = {}

for _, c in ipairs(comparisons) do
  local what, ours, peer_name, peer, goal = unpack(c)
  local list = sorted(pairs_ratio[ours .. " " .. peer])
  local ratio = median(list)
  local turns = {}
  local verdict = ""

  for i, value in ipairs(speed[ours]) do
    turns[i] = value / speed[peer][i]
  end

  if goal then
    verdict = ratio >= goal and "met" or "missed"
    if ratio < goal then
      missed[ours] = true
    end
  end

  out("| %s | %.0f | %s | %.0f | %.2f | %.3f | %.2f-%.2f | %s | %s |", what,
    median(speed[ours]), peer_name, median(speed[peer]), median(turns), ratio,
    list[1], list[#list], goal and (">= %.2f"):format(goal) or "-", verdict)
end

out ""
out "| request | instructions | more than nginx alone | CPU |"
out "|---|--:|--:|--:|"

local cost = {}
local plain

for _, r in ipairs(requests) do
  local what, name, server = unpack(r)
  cost[name] = per_request(name)
  local n = cost[name]["PROGRAM TOTALS"]
  if server == "plain" then
    plain = n
  end
  out("| %s | %.0f | %s | %.1f us |", what, n,
    server == "plain" and "-" or ("%+.0f"):format(n - plain),
    median(cpu[name]))
end

out [[

How to read it:
- Requests/s are medians: each server has its turn of a second in every round,
  with one worker on a core of its own; wrk and Redis have the other core.  In
  turn: the median of ours by the peer's, round by round.
- The ratio, on which the goal is judged, is of requests for a second of the
  worker's CPU, ours by the peer's, both under load on one core at the same
  time; spread: the least and greatest of the rounds.  Where nothing else runs
  it says the same as "in turn", for a worker under load has all of its core;
  other programs and a core whose speed varies blur it far less.
- CPU is the worker's time for a request in its turn, in the kernel too.
- The page is a static file, the cheapest page there is, without an access
  log: a portal's own page costs more, and the difference weighs less.
- A question's answer has the same headers and the same number of bytes from
  all; ours also counts it and writes its line of evidence.
- From Redis is by TCP, and without L1.  All different: 64 questions in turn, so
  that no two are asked at the same time.  Of one that is asked by many at the
  same time a worker of ours asks Redis once.
- Instructions are callgrind's, in user space; the kernel's are not in them.
  Valgrind knows no SHA instructions, so SHA-256 is cheaper in reality.]]

if not next(missed) then
  return
end

out "\n## Top costs\n"
out "Instructions of a request, by function with what it calls:\n"
out "| request | function | instructions |"
out "|---|---|--:|"

for _, r in ipairs(requests) do
  local what, name = r[1], r[2]

  if missed[name] then
    local list = {}

    for fn, n in pairs(cost[name]) do
      fn = fn:gsub("%.[a-z]+%.%d+$", "")
      -- ours, and what we call; what nginx's next filter does is nginx's
      if n >= 300 and fn ~= "ngx_http_assist_header_filter"
         and (fn:find "assist_" or fn == "SHA256" or fn == "json_loadb"
              or fn == "lua_resume") then
        list[#list + 1] = { fn, n }
      end
    end

    table.sort(list, function(a, b) return a[2] > b[2] end)

    for i = 1, math.min(#list, 16) do
      out("| %s | `%s` | %.0f |", i == 1 and what or "", list[i][1],
        list[i][2])
    end
  end
end
