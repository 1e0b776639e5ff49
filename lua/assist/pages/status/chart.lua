-- The trajectory as a picture, made on the server: where the target goes, what
-- was measured, and where the pace leads.  The table beside it says the same.

local assist = require "assist"
local parts = require "assist.pages.status.parts"

local html, known = assist.html, parts.known

local chart = {}

local LEFT, RIGHT, TOP, BOTTOM = 46, 342, 14, 196

-- Days since 1970-01-01, by Howard Hinnant's algorithm.
local function days(text)
  local year, month, day = text:match "^(%d+)%-(%d+)%-(%d+)"
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  if month <= 2 then
    year = year - 1
  end
  local era = math.floor(year / 400)
  local of_era = year - era * 400
  local of_year = math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return era * 146097 + of_era * 365 + math.floor(of_era / 4)
         - math.floor(of_era / 100) + of_year - 719468
end

local function scale(measure, today)
  local first, last = days(measure.milestones[1].date), days(today)
  for _, one in ipairs(measure.milestones) do
    last = math.max(last, days(one.date))
  end
  for _, one in ipairs(measure.history) do
    first = math.min(first, days(one.month .. "-28"))
  end
  first = math.min(first, days(today))
  local span = math.max(last - first, 1)
  return function(date)
    return ("%.1f"):format(LEFT + (days(date) - first) / span * (RIGHT - LEFT))
  end
end

local function y(percentage)
  return ("%.1f"):format(BOTTOM - percentage / 100 * (BOTTOM - TOP))
end

local function line(page, class, points)
  page:put('<polyline class="%s" points="%s"/>\n', class,
    table.concat(points, " "))
end

local function axes(page, measure, x)
  for _, percentage in ipairs { 0, 25, 50, 75, 100 } do
    page:put('<line class="grid" x1="%s" x2="%s" y1="%s" y2="%s"/>'
      .. '<text class="end" x="%s" y="%s">%s\194\160%%</text>\n', LEFT, RIGHT,
      y(percentage), y(percentage), LEFT - 5, BOTTOM - percentage / 100
      * (BOTTOM - TOP) + 4, percentage)
  end
  local step = math.ceil(#measure.trajectory / 7)
  for i, one in ipairs(measure.trajectory) do
    if (#measure.trajectory - i) % step == 0 then
      page:put('<text class="middle" x="%s" y="%s">%s</text>\n', x(one.date),
        BOTTOM + 22, one.date:sub(1, 4))
    end
  end
end

local function target(page, measure, x)
  local points = {}
  for i, one in ipairs(measure.milestones) do
    points[i] = x(one.date) .. "," .. y(one.target)
  end
  line(page, "target", points)
  for _, one in ipairs(measure.milestones) do
    page:put('<circle class="milestone" cx="%s" cy="%s" r="3.5"/>\n',
      x(one.date), y(one.target))
  end
end

local function figure(page, measure, x, today)
  local here = x(today)
  page:put('<line class="today" x1="%s" x2="%s" y1="%s" y2="%s"/>\n', here,
    here, TOP, BOTTOM)
  if not known(measure.ratio) then
    return
  end
  local points = {}
  for _, one in ipairs(measure.history) do
    if known(one.ratio) then
      points[#points + 1] = x(one.month .. "-28") .. "," .. y(one.ratio)
    end
  end
  points[#points + 1] = here .. "," .. y(measure.ratio)
  if points[2] then
    line(page, "history", points)
  end
  local forecast = measure.forecast
  if known(forecast) and known(forecast.ratio) then
    line(page, "forecast", { here .. "," .. y(measure.ratio),
                             x(forecast.date) .. "," .. y(forecast.ratio) })
  end
  page:put('<circle class="figure" cx="%s" cy="%s" r="5"/>\n', here,
    y(measure.ratio))
end

local function legend(page, measure)
  local text = page.text.chart
  page:put '<ul class="legend">\n'
  for _, one in ipairs { { "target", text.target, true },
                         { "figure", text.figure, known(measure.ratio) },
                         { "history", text.history, measure.history[1] },
                         { "forecast", text.forecast,
                           known(measure.forecast) } } do
    if one[3] then
      page:put('<li><svg class="key" viewBox="0 0 24 12" aria-hidden="true" '
        .. 'focusable="false">%s</svg> %s</li>\n',
        one[1] == "figure" and html '<circle class="figure" cx="12" cy="6" r="5"/>'
        or html('<polyline class="%s" points="0,6 24,6"/>', one[1]), one[2])
    end
  end
  page:put "</ul>\n"
end

-- The table that has all of the picture's numbers.
local function numbers(page, measure, today)
  local text = page.text
  local rows = {}
  for _, one in ipairs(measure.trajectory) do
    rows[one.date] = { target = one.target }
  end
  for _, one in ipairs(measure.milestones) do
    rows[one.date] = { target = one.target, status = one.status }
  end
  for _, one in ipairs(measure.history) do
    local date = one.month
    rows[date] = { figure = one.ratio }
  end
  rows[today] = { target = measure.target, figure = measure.ratio,
                  status = measure.status, today = true }
  local forecast = measure.forecast
  if known(forecast) and rows[forecast.date] then
    rows[forecast.date].forecast = forecast.ratio
  end
  local dates = {}
  for date in pairs(rows) do
    dates[#dates + 1] = date
  end
  table.sort(dates)
  page:table(text.chart.table, { text.chart.date, { text.target },
    { text.chart.figure }, { text.chart.forecast }, text.state })
  for _, date in ipairs(dates) do
    local one = rows[date]
    page:row(one.today and text.chart.today:format(page:date(date))
             or page:date(date), page:percent(one.target),
      page:percent(one.figure), page:percent(one.forecast),
      one.status and page:status(one.status) or "")
  end
  page:end_table()
end

-- today: a date.  A measure without a target has no trajectory.
function chart.put(page, measure, today)
  local text = page.text.chart
  if not measure.milestones[1] then
    return
  end
  local x = scale(measure, today)
  page:put('<div class="chart">\n<figure>\n<svg viewBox="0 0 366 226" '
    .. 'role="img" aria-labelledby="chart-title chart-about">\n'
    .. '<title id="chart-title">%s</title>\n<desc id="chart-about">%s</desc>\n',
    text.title, text.about:format(page:percent(measure.ratio),
      page:date(today), page:percent(measure.target)))
  axes(page, measure, x)
  target(page, measure, x)
  figure(page, measure, x, today)
  page:put "</svg>\n"
  legend(page, measure)
  page:put("<figcaption>%s</figcaption>\n</figure>\n", text.note)
  numbers(page, measure, today)
  page:put "</div>\n"
end

-- Interactions by day, as bars.
function chart.days(page, counts)
  local most, at = 0, 1
  for day, n in ipairs(counts) do
    if n > most then
      most, at = n, day
    end
  end
  if most == 0 then
    return
  end
  page:put('<figure class="days">\n<svg viewBox="0 0 310 70" role="img" '
    .. 'aria-labelledby="days-title">\n<title id="days-title">%s</title>\n',
    page.text.service.days_about:format(page:count(most), at))
  page:put '<line class="grid" x1="0" x2="310" y1="54" y2="54"/>\n'
  for day, n in ipairs(counts) do
    local height = n / most * 50
    page:put('<rect x="%s" y="%s" width="8" height="%s"/>\n',
      (day - 1) * 10 + 1, ("%.1f"):format(54 - height),
      ("%.1f"):format(height))
    if day == 1 or day % 5 == 0 then
      page:put('<text class="middle" x="%s" y="67">%s</text>\n',
        (day - 1) * 10 + 5, day)
    end
  end
  page:put("</svg>\n<figcaption>%s</figcaption>\n</figure>\n",
    page.text.service.days_about:format(page:count(most), at))
end

return chart
