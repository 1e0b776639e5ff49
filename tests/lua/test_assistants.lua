-- finder, form_help and plain_language, in the fake host.

local cli = require "cli"
local fake = require "fake"
local kit = require "assist.cli.kit"

local equal, has, lacks = fake.equal, fake.has, fake.lacks
local tests = {}

local function test(name, fn)
  tests[#tests + 1] = { name, fn }
end

local function hook_of(name)
  return cli.root .. "/lua/assistants/" .. name .. ".lua"
end

local passport = {
  code = "1.001456", name = "Cấp hộ chiếu", name_en = "Issue a passport",
  agency = "Bộ Công an", agency_code = "G01", url = "/ho-chieu?a=1&b=2",
  documents = "- Tờ khai\n- Ảnh <4x6>", fee = "200.000 đồng",
  updated = "2026-11-01",
}
local lost = {
  code = "1.001445", name = "Trình báo mất hộ chiếu", agency_code = "H29",
  level = "partial", url = "javascript:alert(1)", fee = "Miễn phí",
}

-- finder -----------------------------------------------------------------

-- A search on the portal's page.
local function find(words, fields, conf)
  fields = fields or {}
  return kit.run {
    hook = hook_of "finder", hits = fields.hits or { passport }, conf = conf,
    request = { method = fields.method or "GET", uri = "/tim-kiem",
      query = fields.query or "q=x", args = fields.args or { q = words },
      headers = fields.headers or { Accept = "text/html,*/*;q=0.8" } },
  }
end

test("finder: one clear hit is shown with what the catalogue knows", function()
  local got = find "hộ chiếu"
  equal(got.error, nil)
  equal(got.reply.status, 200)
  equal(got.reply.type, "text/html; charset=utf-8")
  equal(got.reply.headers["cache-control"], "no-store")
  has(got.reply.body, '<html lang="vi">')
  has(got.reply.body, "Câu trả lời do trợ lý AI tạo tự động")
  has(got.reply.body, '<a href="/ho-chieu?a=1&amp;b=2"><span lang="vi">Cấp hộ '
    .. 'chiếu</span></a> <small>(<span lang="vi">Bộ Công an; </span>toàn '
    .. "trình)")
  has(got.reply.body, "- Tờ khai<br>\n- Ảnh &lt;4x6&gt;")
  has(got.reply.body, "2026-11-01")
  has(got.reply.body, '<a href="?q=x&amp;portal=1">Xem kết quả tìm kiếm của '
    .. "cổng</a>")
  has(got.reply.body, 'name="q" value="hộ chiếu"')
  equal(got.outcome, "answered")
  equal(got.about[1].code, "1.001456")
  equal(got.cites[1].url, "/ho-chieu?a=1&b=2")
  equal(#got.logs, 0)
end)

test("finder: the notice stands before the help", function()
  local body = find("hộ chiếu").reply.body
  assert(body:find("assist-notice", 1, true) < body:find("Tờ khai", 1, true))
end)

test("finder: of several it asks back, with agency and level", function()
  local got = find("hộ chiếu", { hits = { passport, lost } })
  has(got.reply.body, "Bạn cần thủ tục nào?")
  has(got.reply.body, "<li><span lang=\"vi\">Trình báo mất hộ chiếu</span> "
    .. '<small>(<span lang="vi">H29; </span>một phần)</small></li>')
  lacks(got.reply.body, "javascript:")
  lacks(got.reply.body, "200.000")
  equal(got.outcome, "clarification")
  equal(#got.about, 2)
end)

test("finder: beside one hit stand the others that come near", function()
  local hits = { found = "one", alike = 0, { service = passport, score = 0.9 },
                 { service = lost, score = 0.6 } }
  for i = 3, 6 do
    hits[i] = { service = { name = "Near " .. i }, score = 0.6 }
  end
  hits[7] = { service = { name = "Far" }, score = 0.59 }
  local got = find("hộ chiếu", { hits = hits })
  has(got.reply.body, "<p>Thủ tục khác có thể phù hợp:</p>")
  has(got.reply.body, "Trình báo mất hộ chiếu")
  has(got.reply.body, "Near 5")
  lacks(got.reply.body, "Near 6")
  lacks(got.reply.body, "Miễn phí")
  equal(got.outcome, "answered")
  equal(#got.about, 1)
  hits[2].score = 0.59
  lacks(find("hộ chiếu", { hits = hits }).reply.body, "mất hộ chiếu")
end)

test("finder: English", function()
  local got = find("passport", nil, { lang = "en", portal = "A <portal>",
                                      css = "/a.css?b=1&c=2" })
  has(got.reply.body, '<html lang="en">')
  has(got.reply.body, 'Issue a passport (<span lang="vi">Cấp hộ chiếu</span>)')
  has(got.reply.body, "fully online)")
  has(got.reply.body, "Answers are produced automatically by an AI")
  has(got.reply.body, "<title>Which procedure do you need? – A &lt;portal&gt;")
  has(got.reply.body, 'href="/a.css?b=1&amp;c=2"')
  lacks(got.reply.body, "<style>")
end)

test("finder: what was typed is text", function()
  local got = find('"><script>x', { query = 'q="><script>x' })
  has(got.reply.body, 'value="&quot;&gt;&lt;script&gt;x"')
  has(got.reply.body, 'href="?q=&quot;&gt;&lt;script&gt;x&amp;portal=1"')
  lacks(got.reply.body, "<script")
end)

for what, fields in pairs {
  ["nothing was found"] = { hits = {} },
  ["the catalogue has a name alone"] = {
    hits = { { name = "x", url = "/x" } } },
  ["there are no words"] = { args = {} },
  ["the words are blank"] = { args = { q = "  " } },
  ["the words are very long"] = { args = { q = ("x"):rep(501) } },
  ["the words are not UTF-8"] = { args = { q = "h\195" } },
  ["the portal's page is wanted"] = { query = "q=x&portal=1" },
  ["the query has a broken %"] = { query = "q=x&a=%zz" },
  ["a script asks for data"] = { headers = { Accept = "application/json" } },
  ["no type is asked for"] = { headers = {} },
  ["a script asks for a part of a page"] = { headers = {
    Accept = "text/html", ["X-Requested-With"] = "XMLHttpRequest" } },
  ["the form is posted"] = { method = "POST" },
  ["it is a HEAD"] = { method = "HEAD" },
  ["the search fails"] = { hits = function() return nil, "why" end },
} do
  test("finder: the portal's page goes out when " .. what, function()
    local got = find("x", fields)
    equal(got.error, nil)
    equal(got.reply, nil)
    equal(got.outcome, nil)
    equal(#got.about + #got.cites, 0)
    equal(got.logs[1] and got.logs[1].text,
          type(fields.hits) == "function" and "finder: why" or nil)
  end)
end

test("finder: its parameters", function()
  local conf = { param = "tu_khoa", aside = "goc trang" }
  local got = find(nil, { args = { tu_khoa = "x" } }, conf)
  has(got.reply.body, "&amp;goc=1")
  has(got.reply.body, 'name="tu_khoa"')
  equal(find(nil, { args = { q = "x" } }, conf).reply, nil)
  equal(find(nil, { args = { tu_khoa = "x" }, query = "tu_khoa=x&trang=2" },
             conf).reply, nil)
end)

local function ask(fields)
  fields.hook, fields.question = hook_of "finder", fields.question or "hộ chiếu"
  return kit.run(fields)
end

test("finder: asked, it names the procedure, and cites it", function()
  local got = ask { hits = { passport } }
  has(got.said, "Thủ tục bạn cần có lẽ là:\nCấp hộ chiếu (Bộ Công an; toàn "
    .. "trình)\n\nGiấy tờ cần có:\n- Tờ khai\n- Ảnh <4x6>\n\nLệ phí:\n200.000")
  equal(got.outcome, "answered")
  equal(got.cites[1].updated, "2026-11-01")
end)

test("finder: asked, of several it asks back", function()
  local got = ask { hits = { passport, lost }, lang = "en" }
  equal(got.said, "Several procedures fit. Which one do you need?\n1. Cấp hộ "
    .. "chiếu (Bộ Công an; fully online)\n2. Trình báo mất hộ chiếu (H29; "
    .. "partly online)")
  equal(got.outcome, "clarification")
  equal(#got.about, 2)
end)

test("finder: asked, it says so when it finds none", function()
  local got = ask { hits = {} }
  has(got.said, "Tôi chưa tìm thấy thủ tục nào")
  equal(got.outcome, "unanswerable")
end)

test("finder: asked about a service, it stays with it", function()
  equal(ask { hits = { lost }, service = passport }.about[1].code, "1.001456")
  equal(ask { hits = {}, previous = passport }.about[1].code, "1.001456")
  equal(ask { hits = { lost }, previous = passport }.about[1].code, "1.001445")
end)

test("finder: asked, a name alone is no answer", function()
  equal(ask { hits = { { name = "x" } } }.outcome, "unanswerable")
end)

-- form_help --------------------------------------------------------------

local required = "ho_ten:Họ và tên|dien_thoai:Điện thoại:tel|"
                 .. "ly_do:Lý do: vì sao:textarea|cam_ket:Cam đoan:checkbox=1"

-- A form that a browser posts.
local function post(body, fields, conf)
  fields = fields or {}
  local headers = { Accept = "text/html", Host = "dvc.example",
    Origin = "https://dvc.example",
    ["Content-Type"] = "application/x-www-form-urlencoded" }
  for name, value in pairs(fields.headers or {}) do
    headers[name] = value or nil
  end
  conf = conf or {}
  conf.required = conf.required or required
  return kit.run { hook = hook_of "form_help", conf = conf,
    request = { method = fields.method or "POST", uri = "/nop", body = body,
      query = fields.query or "", headers = headers } }
end

local whole = "ho_ten=An&dien_thoai=1&ly_do=x&cam_ket=1"

test("form_help: asks for what is missing, and keeps all the rest", function()
  local got = post("csrf=a%26b%22&ho_ten=+&kem=1&kem=2&dien_thoai=0912"
    .. "&ghi_chu=d%C3%B2ng+1%0D%0A%3Cb%3E&ly_do=")
  equal(got.error, nil)
  equal(got.reply.status, 422)
  equal(got.reply.headers["cache-control"], "no-store")
  local body = got.reply.body
  has(body, "<form method=\"post\">\n"
    .. '<input type="hidden" name="csrf" value="a&amp;b&quot;">\n'
    .. '<p><label for="missing-1">Họ và tên (bắt buộc)</label>\n'
    .. '<input type="text" id="missing-1" name="ho_ten" required></p>\n'
    .. '<input type="hidden" name="kem" value="1">\n'
    .. '<input type="hidden" name="kem" value="2">\n'
    .. '<input type="hidden" name="dien_thoai" value="0912">\n'
    .. '<input type="hidden" name="ghi_chu" value="dòng 1\r\n&lt;b&gt;">\n'
    .. '<p><label for="missing-2">Lý do: vì sao (bắt buộc)</label>\n'
    .. '<textarea id="missing-2" name="ly_do" rows="4" required></textarea>'
    .. "</p>\n"
    .. '<p><input type="checkbox" id="missing-3" name="cam_ket" value="1" '
    .. 'required>\n<label class="inline" for="missing-3">Cam đoan (bắt buộc)'
    .. "</label></p>\n<p><button")
  has(body, '<li><a href="#missing-1">Họ và tên</a></li>')
  has(body, "Trợ giúp tự động")
  has(body, 'formnovalidate formaction="?portal=1">')
  -- no interaction: nothing was answered by AI
  equal(got.outcome, nil)
  equal(#got.logs, 0)
  equal(next(got.cache), nil)
end)

test("form_help: English, and the address's own arguments", function()
  local got = post("ho_ten=", { query = "b=1&a=<" }, { lang = "en" })
  has(got.reply.body, "The form is not complete")
  has(got.reply.body, 'formaction="?b=1&amp;a=&lt;&amp;portal=1"')
end)

for what, case in pairs {
  ["nothing is missing"] = { whole },
  ["one of a repeated field is there"] = { (whole:gsub("An", "&ho_ten=An")) },
  ["it is another form"] = { "q=tim&csrf=1" },
  ["it has nothing"] = { "" },
  ["a field is a password"] = { "ho_ten=&mat_khau=x" },
  ["a field is a password, in camel case"] = { "ho_ten=&userPassword=x" },
  ["a field is a code"] = { "ho_ten=&ma-OTP=1" },
  ["a value is not UTF-8"] = { "ho_ten=&x=%E1%BB" },
  ["a value has a control character"] = { "ho_ten=&x=a%00" },
  ["a value has a lone line feed"] = { "ho_ten=&x=a%0Ab" },
  ["a percent sign is broken"] = { "ho_ten=&x=100%" },
  ["a field has no name"] = { "ho_ten=&=1" },
  ["browsers fill in a field"] = { "ho_ten=&_charset_=x" },
  ["there are too many fields"] = { ("ho_ten=&"):rep(1001) },
  ["the form is large"] = { "ho_ten=&x=" .. ("x"):rep(64 * 1024) },
  ["the citizen wants it sent"] = { "ho_ten=", { query = "portal=1" } },
  ["it is saved as a draft"] = { "ho_ten=&nhap=1", {},
    { aside = "portal nhap" } },
  ["it is no POST"] = { "ho_ten=", { method = "PUT" } },
  ["it is multipart"] = { "ho_ten=", { headers = {
    ["Content-Type"] = "multipart/form-data; boundary=x" } } },
  ["it has no type"] = { "ho_ten=", { headers = {
    ["Content-Type"] = false } } },
  ["it is in another charset"] = { "ho_ten=", { headers = { ["Content-Type"] =
    "application/x-www-form-urlencoded; charset=windows-1258" } } },
  ["it is compressed"] = { "ho_ten=", { headers = {
    ["Content-Encoding"] = "gzip" } } },
  ["a script sends it"] = { "ho_ten=", { headers = { Accept = "*/*" } } },
  ["another site sends it"] = { "ho_ten=", { headers = {
    Origin = "https://evil.example" } } },
  ["another site sends it, says the browser"] = { "ho_ten=", { headers = {
    ["Sec-Fetch-Site"] = "same-site" } } },
  ["nobody says whose page sends it"] = { "ho_ten=", { headers = {
    Origin = false, Host = false } } },
} do
  test("form_help: the portal gets the form when " .. what, function()
    local got = post(case[1], case[2], case[3])
    equal(got.error, nil)
    equal(got.reply, nil)
    equal(got.outcome, nil)
  end)
end

test("form_help: what is no doubt", function()
  assert(post("ho_ten=&passport_no=C1234567").reply)
  assert(post("ho_ten=&spin=1").reply)
  assert(post("ho_ten=", { headers = { Origin = "null",
    ["Sec-Fetch-Site"] = "same-origin" } }).reply)
  assert(post("ho_ten=", { headers = { ["Content-Type"] =
    'Application/X-WWW-Form-Urlencoded;charset="UTF-8"' } }).reply)
end)

for text, why in pairs {
  [""] = "required= is missing",
  ["ho_ten"] = '"ho_ten" in required= is not field:label',
  ["ho_ten:"] = '"ho_ten:" in required= is not field:label',
  [":Họ tên"] = '":Họ tên" in required=',
  ["a:A|b:B:radio"] = '"b:B:radio" in required=',
} do
  test("form_help: a wrong parameter is named: " .. text, function()
    has(post("ho_ten=", {}, { required = text }).error, why)
  end)
end

-- plain_language ----------------------------------------------------------

local birth = { code = "1.001193", agency_code = "H29", name = "Khai sinh",
  documents = "- Giấy <chứng> sinh", fee = "Miễn", time = "1 ngày",
  url = "/khai-sinh", updated = "2026-11-01" }

local function plain(phase, given)
  given = given or {}
  local request = {
    uri = phase == "page" and "/khai-sinh" or "/assist-summary",
    headers = given.request and given.request.headers }
  return kit.run { hook = hook_of "plain_language", phase = phase,
    service = given.service ~= false and (given.service or birth) or nil,
    conf = given.conf, request = request, lang = given.lang,
    model = given.model, cache = given.cache }
end

test("plain_language: a page has the place of a summary, and waits for none",
     function()
  local got = plain "page"
  equal(got.error, nil)
  equal(#got.injected, 2)
  has(got.injected[1].html, 'href="/assist/panel.css"')
  equal(got.injected[2].where, "body_end")
  equal(got.injected[2].html, '<assist-summary src="/assist-summary?service='
    .. '1.001193@H29&amp;lang=vi"></assist-summary>\n')
  equal(got.outcome, nil)
  equal(got.waits, 0)
  local other = plain("page", { lang = "en",
    conf = { where = "ho-so", uri = "/tt" } }).injected[2]
  equal(other.where, "ho-so")
  has(other.html, '"/tt?service=1.001193@H29&amp;lang=en"')
end)

for what, given in pairs {
  ["of no service"] = { service = false },
  ["of a service that the catalogue knows little of"] =
    { service = { code = "1.000001", name = "A", fee = "5" } },
  ["of a service that is not published"] = { service = { code = "1.000001",
    name = "A", fee = "5", time = "6", state = "testing" } },
  ["with a cookie"] = { request = { headers = { Cookie = "a=1" } } },
  ["with a session's cookie"] = { conf = { cookie = "x PHIEN" },
    request = { headers = { Cookie = "a=1; PHIEN=2" } } },
  ["with an Authorization"] = { conf = { cookie = "PHIEN" },
    request = { headers = { Authorization = "Basic YQ==" } } },
} do
  test("plain_language: none on a page " .. what, function()
    local got = plain("page", given)
    equal(got.error, nil)
    equal(#got.injected, 0)
  end)
  test("plain_language: none is given to a request " .. what, function()
    given.model = function() error "asked" end
    local got = plain("request", given)
    equal(got.error, nil)
    equal(got.reply.status, 204)
    equal(#(got.asked or {}), 0)
  end)
end

test("plain_language: other cookies are no sign-in", function()
  for _, cookie in ipairs { "a=PHIEN=1", "XPHIEN=1", "PHIENX=1" } do
    local got = plain("page", { conf = { cookie = "PHIEN" },
      request = { headers = { Cookie = cookie } } })
    equal(#got.injected, 2)
  end
end)

test("plain_language: the model's words, with source, date and notice",
     function()
  local got = plain("request", { model = function(asked)
    has(asked.passages[1].text, "documents: - Giấy <chứng> sinh")
    has(asked.system, "Chỉ dùng thông tin")
    return "Bạn khai sinh cho con [1]. Miễn phí [1]."
  end })
  equal(got.error, nil)
  equal(got.reply.status, 200)
  equal(got.reply.type, "application/json")
  for _, part in ipairs { '"text":"Bạn khai sinh cho con. Miễn phí."',
                          '"title":"Tóm tắt dễ hiểu"', '"ai":true',
                          "cập nhật 2026-11-01",
                          '"assist-notice":"Câu trả lời do trợ lý AI' }
  do
    has(got.reply.body, part)
  end
  equal(got.outcome, "answered")
  equal(got.cites[1].url, "/khai-sinh")
  -- for others it is there
  local again = plain("request", { cache = got.cache,
    model = function() error "asked" end })
  equal(again.reply.body, got.reply.body)
  -- until the catalogue's words are others
  local changed = {}
  for name, value in pairs(birth) do changed[name] = value end
  changed.fee = "8.000 đồng"
  has(plain("request", { cache = got.cache, service = changed,
    model = "Nay có lệ phí [1]." }).reply.body, "Nay có lệ phí.")
end)

for what, model in pairs {
  ["names no source"] = "Miễn phí.",
  ["fails"] = function() return nil, "unavailable" end,
  ["is cut off"] = { text = "Miễn [1]", finish = "length" },
} do
  test("plain_language: nothing of a model that " .. what, function()
    local got = plain("request", { model = model })
    equal(got.error, nil)
    equal(got.reply.status, 204)
    equal(got.outcome, nil)
    equal(next(got.cache or {}), nil)
  end)
end

test("plain_language: nothing without a model", function()
  equal(plain("request").reply.status, 204)
end)

return tests
