-- The default assistant: what it tells, and what it says when it cannot.

local fake = require "fake"
local procedures = require "assistants.procedures"

local equal, has, lacks = fake.equal, fake.has, fake.lacks
local tests = {}

local function test(name, fn)
  tests[#tests + 1] = { name, fn }
end

local function ask(question, fields)
  fields = fields or {}
  fields.question = question
  fields.service = fields.service or fake.service()
  return fake.ask(procedures, fields)
end

-- Each topic's question, and the only text of the service that it brings.
for question, expected in pairs {
  ["lam ho chieu can giay to gi"] = "To khai TK01",
  ["ho so gom nhung gi, thanh phan ho so"] = "To khai TK01",
  ["mat bao nhieu tien"] = "200.000",
  ["le phi the nao la dung"] = "200.000",
  ["lam bao lau"] = "05 ngay",
  ["nop o dau"] = "Cong an tinh",
  ["so dien thoai"] = "1900 0000",
  ["what documents are required"] = "To khai TK01",
  ["how much does it cost"] = "200.000",
  ["how long"] = "05 ngay",
} do
  test("a topic: " .. question, function()
    local got = ask(question)
    has(got.said, expected)
    equal(got.outcome, "answered")
    for _, other in ipairs { "To khai TK01", "05 ngay", "1900 0000" } do
      if other ~= expected then
        lacks(got.said, other)
      end
    end
  end)
end

test("two topics are told in the catalogue's order", function()
  local said = ask("thoi han va le phi").said
  has(said, "200.000")
  assert(said:find("200.000", 1, true) < said:find("05 ngay", 1, true))
  lacks(said, "TK01")
end)

test("a word inside another is no topic", function()
  local got = ask("phieu ly lich")
  has(got.said, "TK01")
  has(got.said, "Mức độ: dịch vụ công trực tuyến toàn trình.")
end)

test("a general question brings all that is there, and the level", function()
  local got = ask("ho chieu", { service = fake.service { fee = "", time = "" } })
  has(got.said, "Thủ tục: Cap ho chieu")
  has(got.said, "Giấy tờ cần có:\nTo khai TK01")
  lacks(got.said, "Lệ phí")
  lacks(got.said, "chưa có thông tin")
  equal(got.outcome, "answered")
end)

test("the answer is about the service, and cites it", function()
  local service = fake.service()
  local got = ask("le phi", { service = service })
  equal(got.about[1], service)
  equal(got.cited[1], service)
  equal(#got.cited, 1)
end)

test("a missing column is named, what is there is told", function()
  local got = ask("le phi va thoi han", { service = fake.service { time = "" } })
  has(got.said, "200.000")
  has(got.said, "Danh mục chưa có thông tin về: thời hạn giải quyết.")
  equal(got.outcome, "answered")
end)

test("only missing columns: unanswerable, with the contact", function()
  local got = ask("le phi", { service = fake.service { fee = "" } })
  has(got.said, "chưa có thông tin về: lệ phí.")
  has(got.said, "Liên hệ: 1900 0000")
  equal(got.outcome, "unanswerable")
end)

test("a name and a level alone are no answer", function()
  local got = ask("ho chieu", { service = fake.service {
    documents = "", fee = "", time = "", where = "", contact = "" } })
  has(got.said, "Cap ho chieu")
  equal(got.outcome, "unanswerable")
end)

test("a name with a percent sign is told as it is", function()
  has(ask("le phi", { service = fake.service { name = "Giam 50%s" } }).said,
      "Thủ tục: Giam 50%s")
end)

test("English", function()
  local got = ask("how much is it", { lang = "en" })
  has(got.said, "Procedure: Cap ho chieu")
  has(got.said, "Fee:\n200.000")
  local missing = ask("the fee?", { lang = "en",
                                    service = fake.service { fee = "" } })
  has(missing.said, "The catalogue has nothing on: fee.")
end)

test("a language that is not known is answered in Vietnamese", function()
  has(ask("le phi", { lang = "fr" }).said, "Thủ tục: ")
end)

local function search(fields)
  fields.question = fields.question or "le phi"
  return fake.ask(procedures, fields)
end

test("one hit is answered", function()
  fake.search("one", { fake.service() })
  local got = search { question = "le phi ho chieu" }
  equal(fake.query, "le phi ho chieu")
  has(got.said, "200.000")
end)

test("several hits are asked about, numbered, with agency and level", function()
  fake.search("several", {
    fake.service(),
    fake.service { name = "Cap lai", agency = "", level = "partial" },
    fake.service { name = "Cap moi", agency = "", agency_code = "",
                   level = "unknown" },
  })
  local got = search {}
  equal(got.said, "Có nhiều thủ tục phù hợp. Bạn cần thủ tục nào?"
    .. "\n1. Cap ho chieu (Bo Cong an; toàn trình)"
    .. "\n2. Cap lai (G01; một phần)\n3. Cap moi (chưa rõ mức độ)")
  equal(got.outcome, "clarification")
  equal(#got.about, 3)
  equal(#got.cited, 0)
end)

test("several hits, in English", function()
  fake.search("several", { fake.service(), fake.service { level = "info" } })
  local got = search { lang = "en" }
  has(got.said, "Several procedures fit. Which one do you need?\n1. ")
  has(got.said, "(Bo Cong an; information only)")
end)

test("no hit: unanswerable", function()
  fake.search("none", {})
  local got = search {}
  has(got.said, "Tôi chưa tìm thấy thủ tục nào phù hợp")
  equal(got.outcome, "unanswerable")
  equal(#got.cited + #got.about, 0)
end)

test("no hit, but a previous service: it is about that", function()
  fake.search("none", {})
  local previous = fake.service { fee = "300.000" }
  local got = search { previous = previous }
  has(got.said, "300.000")
  equal(got.about[1], previous)
end)

test("a hit wins over the previous service", function()
  fake.search("one", { fake.service { fee = "100.000" } })
  has(search { previous = fake.service() }.said, "100.000")
end)

test("a given service is not searched for", function()
  fake.search("one", { fake.service { fee = "wrong" } })
  has(search { service = fake.service() }.said, "200.000")
end)

test("a search that fails is logged, and the question is unanswerable",
  function()
    fake.search(nil, nil, "the search failed")
    fake.logged = {}
    equal(search {}.outcome, "unanswerable")
    equal(fake.logged[1], "procedures: the search failed")
  end)

-- With a model: what it says (nil: nothing), and what it cites, or the reason.
local function with_model(text, cited, question, fields, conf)
  fake.model(text, cited)
  fields = fields or {}
  fields.question = question
  fields.service = fields.service or fake.service()
  local ok, got = pcall(fake.ask, procedures, fields, conf)
  local asked = fake.asked
  fake.model(nil, "no provider")
  if not ok then
    error(got, 0)
  end
  return got, asked
end

test("a model that cites is the answer, with its source", function()
  local service = fake.service()
  local got, asked = with_model("Phi la 200.000 [1].", { 1 }, "le phi",
    { service = service })
  equal(got.said, "Phi la 200.000 [1].")
  equal(got.outcome, "answered")
  equal(#got.cited, 1)
  equal(got.cited[1], service)
  equal(got.about[1], service)
  equal(#asked, 1)
end)

test("a model is asked with all that the catalogue has, and no more", function()
  local _, asked = with_model("x [1]", { 1 }, "le phi",
    { service = fake.service { time = "" } })
  local options = asked[1]
  equal(options.question, "le phi")
  equal(options.say, true)
  equal(options.max_tokens, 500)
  equal(options.messages, nil)
  has(options.system, "Trả lời bằng tiếng Việt")
  equal(#options.passages, 1)
  local passage = options.passages[1]
  equal(passage.title, "Cap ho chieu")
  equal(passage.url, "/ho-chieu")
  equal(passage.updated, "2026-11-01")
  for _, part in ipairs { "toàn trình", "Lệ phí:\n200.000", "To khai TK01",
    "1900 0000" } do
    has(passage.text, part)
  end
  lacks(passage.text, "Thời hạn")
end)

test("a model is asked in English, and for as many tokens as conf says",
  function()
    local _, asked = with_model("x [1]", { 1 }, "the fee?", { lang = "en" },
      { max_tokens = "50" })
    has(asked[1].system, "Answer in English")
    equal(asked[1].max_tokens, 50)
    has(asked[1].passages[1].text, "Fee:\n200.000")
  end)

test("after a model that cites nothing come the catalogue's words", function()
  local got = with_model("Phi la 300.000.", {}, "le phi")
  equal(got.outcome, "ungrounded")
  has(got.said, "Phi la 300.000.\n\nCâu trả lời trên không dẫn nguồn.")
  has(got.said, "Lệ phí:\n200.000")
  equal(#got.cited, 1)
end)

test("a model that breaks off is an error, and nothing is added", function()
  local got = with_model("Phi la", nil, "le phi")
  equal(got.said, "Phi la")
  equal(got.outcome, "error_provider")
  equal(#got.cited, 0)
end)

test("a budget that is spent is said", function()
  local got = with_model(nil, "budget", "le phi")
  has(got.said, "hết hạn mức")
  equal(got.outcome, "refused")
end)

for _, reason in ipairs { "no provider", "onprem", "busy", "redaction",
  "unavailable", "timeout" } do
  test("the catalogue's words are the answer: " .. reason, function()
    local got, asked = with_model(nil, reason, "le phi")
    equal(got.said, "Thủ tục: Cap ho chieu\n\nLệ phí:\n200.000")
    equal(got.outcome, "answered")
    equal(#got.cited, 1)
    equal(#asked, 1)
  end)
end

test("a clarification, and nothing found, ask no model", function()
  for outcome, found in pairs {
    clarification = { "several", { fake.service(), fake.service() } },
    unanswerable = { "none", {} },
  } do
    fake.search(unpack(found))
    fake.model("x [1]", { 1 })
    equal(search {}.outcome, outcome)
    equal(#fake.asked, 0)
    fake.model(nil, "no provider")
  end
end)

return tests
