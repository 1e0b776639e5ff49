-- The shipped panel, assistants/checklist.lua.

local kit = require "assist.cli.kit"

local passport = {
  code = "1.001456", name = "Cấp hộ chiếu", name_en = "Issue a <passport>",
  documents = "- Tờ khai TK01\n\n- Ảnh & giấy tờ", fee = "200.000 đồng",
  time = "08 ngày", url = "/ho-chieu?a&b", updated = "2026-11-05",
}

local function page(given, service)
  given.hook, given.phase = "../../../lua/assistants/checklist.lua", "page"
  given.service = service == nil and passport or service or nil
  local got = kit.run(given)
  kit.equal(got.error, nil)
  return got
end

local function with(changes)
  local service = {}
  for name, value in pairs(passport) do
    service[name] = changes[name] or value
  end
  service.state = changes.state
  return service
end

kit.test("says what is needed, and where that stands", function()
  local got = page {}
  kit.equal(#got.injected, 1)
  kit.equal(got.injected[1].where, "body_end")
  local html = got.injected[1].html
  for _, part in ipairs {
    '<section class="assist-checklist" lang="vi" aria-labelledby='
      .. '"assist-checklist">', '<h2 id="assist-checklist">',
    '<dt>Giấy tờ cần có</dt>\n<dd lang="vi"><ul>\n<li>Tờ khai TK01</li>\n'
      .. "<li>Ảnh &amp; giấy tờ</li>\n</ul></dd>",
    '<dt>Lệ phí</dt>\n<dd lang="vi">200.000 đồng</dd>',
    '<a href="/ho-chieu?a&amp;b"><span lang="vi">Cấp hộ chiếu</span></a>',
    '<time datetime="2026-11-05">05/11/2026</time>', "Trợ lý AI",
  } do
    kit.has(html, part)
  end
  kit.lacks(html, "<dt>Liên hệ</dt>")
  kit.lacks(html, "style=")
  kit.lacks(html, "<script")
  kit.equal(got.outcome, "answered")
  kit.equal(got.cites[1].url, "/ho-chieu?a&b")
end)

kit.test("speaks the page's language", function()
  for _, given in ipairs {
    { lang = "en" }, { conf = { lang = "en" } },
    { lang = "vi", conf = { lang = "en" } }, { request = { uri = "/en/a" } },
    { request = { uri = "/a/en" } },
  } do
    local html = page(given).injected[1].html
    kit.has(html, '<section class="assist-checklist" lang="en"')
    kit.has(html, "<dt>Documents</dt>")
    kit.has(html, "Issue a &lt;passport&gt;")
    kit.has(html, ">2026-11-05</time>")
  end
end)

kit.test("stands where it is told to", function()
  kit.equal(page { conf = { where = "ho-so" } }.injected[1].where, "ho-so")
end)

kit.test("links to nothing but pages", function()
  local html = page({}, with { url = "javascript:a()" }).injected[1].html
  kit.lacks(html, "javascript")
  kit.lacks(html, "<a")
end)

for name, changes in pairs {
  ["without facts"] = { documents = "", fee = "", time = "" },
  ["that is not published"] = { state = "testing" },
} do
  kit.test("says nothing of a service " .. name, function()
    local got = page({}, with(changes))
    kit.equal(#got.injected, 0)
    kit.equal(got.outcome, nil)
  end)
end

kit.test("says nothing on other pages", function()
  local got = page({}, false)
  kit.equal(#got.injected, 0)
end)
