-- `assist cache`: takes back answers of a running nginx, and of all nodes that
-- share its Redis.

local args = require "assist.cli.args"
local cjson = require "cjson.safe"
local http = require "assist.cli.http"

local cache = {}

local known = { url = "text", host = "text", question = "text", id = "text",
                service = "text", agency = "text", lang = "text" }

-- One answer: its question and what goes with it, or its id.
local function answer(name, options)
  if (options.question == nil) == (options.id == nil) then
    args.fail("cache %s needs --question TEXT or --id ID", name)
  end
  return { question = options.question, id = options.id,
           service = options.service, agency = options.agency,
           lang = options.lang }
end

local actions = {
  delete = function(options)
    return "cache/delete", answer("delete", options)
  end,
  purge = function(options, what)
    if (what == "all") == (options.service ~= nil) or options.question
       or options.id or options.lang then
      args.fail 'cache purge needs --service CODE, or the word "all"'
    end
    return "cache/purge", { service = options.service, agency = options.agency,
                            all = what == "all" or nil }
  end,
  withdraw = function(options)
    return "answer/withdraw", answer("withdraw", options)
  end,
  release = function(options)
    local body = answer("release", options)
    body.release = true
    return "answer/withdraw", body
  end,
}

local where = {
  all = "done here; the other nodes follow within seconds",
  one = "done on this node, the only one: there is no assist_redis",
  later = "done on this node; Redis is away, the others follow when it is back",
}

function cache.command(list)
  local words, options = args.parse(list, known)
  local action = actions[words[1]]
  local what = words[2]
  if not action then
    args.fail("cache takes delete, purge, withdraw or release, not %s",
      words[1] and '"' .. words[1] .. '"' or "nothing")
  elseif words[3] or what and (words[1] ~= "purge" or what ~= "all") then
    args.fail('cache %s does not take "%s"', words[1], words[3] or what)
  end

  local path, body = action(options, what)
  local status, text = http.post(options.url
    or "http://127.0.0.1/assist-status/", path, options.host,
    cjson.encode(body))
  local reply = status and cjson.decode(text)
  reply = type(reply) == "table" and reply or {}

  if status == 200 and where[reply.nodes] then
    print(where[reply.nodes])
    if reply.kept == false then
      print "a restart of nginx forgets it: give assist_coverage_zone a state="
    end
    return 0
  end
  local err = type(reply.error) == "table" and reply.error.message
  io.stderr:write("assist: ", not status and text or err
    or ("status %d: is --url that of an assist_status location, and --host "
        .. "its server?"):format(status), "\n")
  return 1
end

return cache
