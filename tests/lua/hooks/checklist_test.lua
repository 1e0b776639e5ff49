-- The shipped panel, assistants/checklist.lua.

local kit = require "assist.cli.kit"

local passport = {
  code = "1.001456", name = "Cấp hộ chiếu", name_en = "Issue a <passport>",
  documents = "- Tờ khai TK01\n\n- Ảnh & giấy tờ\n(bản chính)", fee = "200.000 đồng",
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
  kit.equal(#got.injected, 2)
  kit.equal(got.injected[1].where, "head_end")
  kit.equal(got.injected[1].html,
            '<link rel="stylesheet" href="/assist/panel.css">\n')
  kit.equal(got.injected[2].where, "body_end")
  local html = got.injected[2].html
  for _, part in ipairs {
    '<section class="assist-checklist" lang="vi" aria-labelledby='
      .. '"assist-checklist">', '<h2 id="assist-checklist">',
    '<dt>Giấy tờ cần có</dt>\n<dd lang="vi"><ul>\n<li>Tờ khai TK01</li>\n'
      .. "<li>Ảnh &amp; giấy tờ</li>\n</ul>\n<p>(bản chính)</p></dd>",
    '<dt>Lệ phí</dt>\n<dd lang="vi">200.000 đồng</dd>',
    '<a href="/ho-chieu?a&amp;b"><span lang="vi">Cấp hộ chiếu</span></a>',
    '<time datetime="2026-11-05">05/11/2026</time>',
    '</h2>\n<p class="assist-notice">Câu trả lời do trợ lý AI tạo tự động',
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
    local html = page(given).injected[2].html
    kit.has(html, '<section class="assist-checklist" lang="en"')
    kit.has(html, "<dt>Documents</dt>")
    kit.has(html, "Issue a &lt;passport&gt;")
    kit.has(html, ">2026-11-05</time>")
    kit.has(html, "Answers are produced automatically by an AI assistant")
  end
end)

kit.test("stands where it is told to", function()
  kit.equal(page { conf = { where = "ho-so" } }.injected[2].where, "ho-so")
end)

kit.test("has the style that it is told to, once a page", function()
  kit.has(page { conf = { style = "/css/a.css" } }.injected[1].html,
          'href="/css/a.css"')
  local got = page { conf = { style = "off" } }
  kit.equal(#got.injected, 1)
  kit.equal(got.injected[1].where, "body_end")
  local data = {}
  kit.equal(#page { data = data }.injected, 2)
  kit.equal(#page { data = data }.injected, 1)
end)

for documents, expected in pairs {
  ["Tờ khai"] = "Tờ khai</dd>",
  ["* Tờ khai"] = "Tờ khai</dd>",
  ["một\n hai "] = "<ul>\n<li>một</li>\n<li>hai</li>\n</ul></dd>",
  ["- một\n(mẫu)"] = "<ul>\n<li>một</li>\n</ul>\n<p>(mẫu)</p></dd>",
  ["-\n--\n-5 độ"] = "<li>-</li>\n<li>--</li>\n<li>-5 độ</li>",
} do
  kit.test("lists " .. documents:gsub("\n", " | "), function()
    kit.has(page({}, with { documents = documents }).injected[2].html,
            '<dd lang="vi">' .. expected:gsub("^<li>", "<ul>\n%0"))
  end)
end

kit.test("links to nothing but pages", function()
  local html = page({}, with { url = "javascript:a()" }).injected[2].html
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
