-- The dashboard's templates: words, numbers, and the chart.

local fake = require "fake"

local assist = require "assist"
assist.html = assist.html or require("assist.cli.markup").new
assist.json = assist.json or { null = require("cjson").null }

local chart = require "assist.pages.status.chart"
local method_words = require "assist.pages.status.method_words"
local parts = require "assist.pages.status.parts"
local words = require "assist.pages.status.words"

local null = assist.json.null

local function same_keys(a, b, path)
  for key, value in pairs(a) do
    fake.equal(type(b[key]), type(value), path .. "." .. key)
    if type(value) == "table" then
      same_keys(value, b[key], path .. "." .. key)
    elseif type(value) == "string" then
      local function places(text)
        return (text:gsub("%%%%", ""):gsub("[^%%]*(%%[sd])[^%%]*", "%1"))
      end
      if value:find "%%[sd]" then
        fake.equal(places(b[key]), places(value), path .. "." .. key)
      end
    end
  end
end

local function page(lang)
  local out = {}
  local made = parts.page({ lang = lang, base = "./", page = "overview" },
    function(piece)
      out[#out + 1] = tostring(piece)
    end)
  return made, function() return table.concat(out) end
end

-- A measure as coverage.json has it.
local function measure(changes)
  local one = { ratio = 52.94, target = 52.24, status = "on_track",
    milestones = { { date = "2024-12-31", target = 30, status = "not_measured" },
                   { date = "2030-12-31", target = 100, status = "on_track" } },
    trajectory = { { date = "2024-12-31", target = 30 },
                   { date = "2027-12-31", target = 64.98 },
                   { date = "2030-12-31", target = 100 } },
    history = {}, forecast = null }
  for name, value in pairs(changes or {}) do
    one[name] = value
  end
  return one
end

return {
  { "Vietnamese and English have the same texts with the same places",
    function()
      same_keys(words.vi, words.en, "vi")
      same_keys(words.en, words.vi, "en")
    end },

  { "the method has all its rules in Vietnamese, and a title for each",
    function()
      for _, name in ipairs(method_words.order) do
        fake.equal(type(method_words.vi[name]), "string", name)
        fake.equal(type(words.vi.method_titles[name]), "string", name)
      end
      local limits = {}
      for _, name in ipairs(method_words.thresholds) do
        fake.equal(type(words.vi.rules[name]), "string", name)
        limits[name] = 0.5
      end
      for i = 1, 4 do
        method_words.vi.levels["L" .. i](limits, (page "vi"))
      end
    end },

  { "numbers and dates as each language writes them", function()
    local vi, en = page "vi", page "en"
    for _, case in ipairs {
      { vi:count(0), "0" }, { vi:count(999), "999" },
      { vi:count(5700), "5.700" }, { en:count(1234567), "1,234,567" },
      { vi:count(100000), "100.000" }, { vi:count(null), "–" },
      { vi:percent(41.66), "41,66\194\160%" },
      { en:percent(0), "0.00\194\160%" }, { vi:percent(null), "–" },
      { vi:share(2, 3), "66,67\194\160%" }, { vi:share(0, 0), "–" },
      { vi:share(99999, 100000), "99,99\194\160%" },
      { en:share(3, 3), "100.00\194\160%" },
      { vi:date "2026-11-30", "30/11/2026" }, { vi:date "2026-11", "11/2026" },
      { en:date "2026-11", "2026-11" }, { vi:date(null), "–" },
      { parts.escape "Sở/A %?#", "S%E1%BB%9F%2FA%20%25%3F%23" },
      { parts.escape "1.001456@G01", "1.001456@G01" },
    } do
      fake.equal(case[1], case[2])
    end
  end },

  { "the chart: from the first milestone to the last, today between",
    function()
      local made, text = page "vi"
      chart.put(made, measure(), "2027-12-31")
      local drawn = text()
      assert(drawn:find('class="target" points="46.0,141.4 342.0,14.0"', 1,
        true), drawn)
      assert(drawn:find('class="figure" cx="193.9" cy="99.6"', 1, true), drawn)
      assert(not drawn:find("polyline class=\"forecast\"", 1, true))
      assert(drawn:find("100,00\194\160%", 1, true))
    end },

  { "the chart: closed months, and where the pace leads", function()
    local made, text = page "en"
    chart.put(made, measure { history = {
      { month = "2026-08", numerator = 1, denominator = 4, ratio = 25 },
      { month = "2026-10", numerator = 0, denominator = 0, ratio = null },
    }, forecast = { date = "2030-12-31", months = 3, pace = 1, numerator = 4,
                    ratio = 90, reached = false } }, "2026-11-27")
    local drawn = text()
    local line = drawn:match 'class="history" points="([^"]*)"'
    fake.equal(select(2, line:gsub(",", "")), 2, line)
    assert(drawn:find('class="forecast" points="', 1, true))
    assert(drawn:find("90.00\194\160%", 1, true))
    assert(drawn:find("25.00\194\160%", 1, true))
  end },

  { "the chart: without a target there is none, without a ratio no figure",
    function()
      local made, text = page "vi"
      chart.put(made, measure { milestones = {} }, "2026-11-27")
      fake.equal(text(), "")
      chart.put(made, measure { ratio = null }, "2026-11-27")
      assert(not text():find('cx="[^"]*" cy="[^"]*" r="5"/>\n</svg>'))
    end },
}
