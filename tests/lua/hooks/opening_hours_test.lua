-- What a hook's developer writes; run by tests/lua/test_cli_kit.lua.

local kit = require "assist.cli.kit"

local hook = "opening_hours.lua"
local conf = { hours = "Monday to Friday" }
local passport = { code = "1.001456", name = "Passport", url = "/p",
                   updated = "2026-11-01", agency_code = "G01" }

kit.test("answers, cites and keeps the answer", function()
  local got = kit.run { hook = hook, question = "open?", conf = conf,
                        hits = { passport } }
  kit.equal(got.error, nil)
  kit.equal(got.outcome, "answered")
  kit.equal(got.said, "Monday to Friday")
  kit.equal(#got.cites, 2)
  kit.equal(got.cites[1].title, "Passport")
  kit.equal(got.cites[2].updated, "")
  kit.equal(got.about[1].id, "1.001456@G01")
  kit.equal(got.about[1].fee, "")
  kit.equal(got.cache.hours, "Monday to Friday")
  kit.equal(got.ttl.hours, 60)
  kit.equal(got.waits, 2)
  assert(got.seconds > 0.25 and got.seconds < 0.26)
end)

kit.test("takes what the cache has", function()
  local got = kit.run { hook = hook, question = "open?", conf = conf,
                        cache = { hours = "kept" } }
  kit.equal(got.said, "kept")
  kit.equal(got.outcome, "answered")
  kit.equal(got.waits, 1)
end)

kit.test("replies in place of the page", function()
  local got = kit.run { hook = hook, phase = "request", conf = conf,
                        request = { args = { hours = "1" } }, now = 1000 }
  kit.equal(got.reply.status, 200)
  kit.equal(got.reply.type, "text/plain; charset=utf-8")
  kit.has(got.reply.body, "Monday")
  kit.lacks(got.reply.body, "Sunday")
  kit.equal(got.data.started, 1000)
end)

kit.test("logs", function()
  local got = kit.run { hook = hook, phase = "log", data = { started = 990 },
                        now = 1000 }
  kit.equal(got.logs[1].level, "info")
  kit.equal(got.logs[1].text, "took 10")
end)
