-- For wrk: posts the file that is given after "--", if one is; prints one
-- line, "requests microseconds errors".

function init(args)
  if args[1] then
    local file = assert(io.open(args[1], "rb"))
    wrk.method = "POST"
    wrk.body = file:read("*a")
    wrk.headers["Content-Type"] = "application/json"
    file:close()
  end
end

function done(summary)
  local e = summary.errors
  print(("%d %d %d"):format(summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout))
end
