-- Days and months as moments, in this machine's time zone.

local ffi = require "ffi"

local args = require "assist.cli.args"
local library = require "assist.cli.library"

local moment = {}

-- Minutes east of UTC at a moment, as nginx on this machine has them.
local function offset(time)
  local sign, hours, minutes = os.date("%z", time):match "^([+-])(%d%d)(%d%d)$"
  local east = tonumber(hours) * 60 + tonumber(minutes)
  return sign == "-" and -east or east
end

-- Seconds since the epoch, and minutes east of UTC: of now; of a day's end; or
-- of a moment as coverage.json has it in as_of.
function moment.of(text)
  if not text then
    local now = os.time()
    return now, offset(now)
  end
  local found = ffi.new "assist_moment_t"
  if library.load().assist_line_time(library.str(text), found) == 0 then
    return tonumber(found.seconds), found.gmtoff
  end
  local year, month, day = text:match "^(%d%d%d%d)-(%d%d)-(%d%d)$"
  local time = year and os.time { year = tonumber(year),
    month = tonumber(month), day = tonumber(day), hour = 23, min = 59,
    sec = 59 }
  if not time or os.date("%Y-%m-%d", time) ~= text then
    args.fail('"%s" is no day: write 2026-11-30, or 2026-11-30T12:00:00+07:00',
      text)
  end
  return time, offset(time)
end

-- The same of the end of a month such as 2026-10.
function moment.month_end(text)
  local year, month = text:match "^(%d%d%d%d)-(%d%d)$"
  local number = tonumber(month)
  if not number or number < 1 or number > 12 then
    args.fail('"%s" is no month: write 2026-10', text)
  end
  -- the day before the next month's first
  return moment.of(os.date("%Y-%m-%d", os.time { year = tonumber(year),
    month = number + 1, day = 0, hour = 12 }))
end

return moment
