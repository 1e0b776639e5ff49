-- For wrk: "hits" asks ten questions in turn, "misses" always new ones; prints
-- how many were answered.

local mode, n
local text = '{"service":"1.001445","question":"mất hộ chiếu cần giấy tờ gì %s"}'

function init(args)
  mode = args[1]
  n = os.time() % 10000 * 10000000
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

-- In letters: a long number would be taken for a person's, and not be kept.
local function word(number)
  return (("%x"):format(number):gsub("%d", function(digit)
    return string.char(("g"):byte() + digit)
  end))
end

function request()
  n = n + 1
  return wrk.format(nil, nil, nil,
    text:format(word(mode == "hits" and n % 10 or n)))
end

function done(summary)
  local e = summary.errors
  if e.connect + e.read + e.write + e.status + e.timeout > 0 then
    print("errors")
  else
    print(("%d"):format(summary.requests))
  end
end
