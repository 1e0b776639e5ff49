-- A hook with something in each phase, for the tests of lua/bin/assist.

local assist = require "assist"

return {
  name = "opening_hours",
  version = "1.0",

  request = function(ctx, conf)
    ctx.data.started = assist.now()
    if ctx.request.args.hours then
      ctx:reply(200, "hours: " .. conf.hours .. "\n")
    end
  end,

  ask = function(ctx, conf)
    local known = assist.cache.get("hours")
    if known then
      ctx:say(known)
      return
    end

    local hits = assist.search(ctx.question)
    if hits and hits.found == "one" then
      ctx:about(hits[1].service)
      ctx:cite(hits[1].service)
    end
    assist.sleep(0.25)
    assist.cache.set("hours", conf.hours, 60)
    ctx:say(conf.hours)
    ctx:cite { title = "Opening hours", url = "/contact" }
    ctx:outcome("answered")
  end,

  log = function(ctx)
    assist.log.info("took " .. assist.now() - (ctx.data.started or 0))
  end,
}
