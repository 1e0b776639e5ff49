-- For wrk: posts the lines of the file that is given after "--", if one is, in
-- turn; prints one line, "requests microseconds errors".

function init(args)
  if args[1] then
    local texts, n = {}, 0
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    for line in io.lines(args[1]) do
      texts[#texts + 1] = wrk.format(nil, nil, nil, line)
    end
    request = function()
      n = n % #texts + 1
      return texts[n]
    end
  end
end

function done(summary)
  local e = summary.errors
  print(("%d %d %d"):format(summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout))
end
