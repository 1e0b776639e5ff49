-- A short summary in plain words on a service's page, written by a model from
-- the catalogue's row.  The page has only its place: the widget's script asks
-- for the text, so no page waits for a model, and none is asked twice a day.
--
--     assist_hook  assistants/plain_language.lua  cookie=PHIEN;
--     location = /assist-summary {
--         assist_service       $arg_service;
--         assist_hook          assistants/plain_language.lua  cookie=PHIEN;
--         assist_hook_timeout  20s;
--     }
--
-- cookie: names, separated by blanks, of what the portal's sign-in sets; whoever
-- sends one, or an Authorization header, gets no summary.  Without the parameter
-- any cookie counts as one.  uri: of the location; where, lang, style: as
-- checklist.

local assist = require "assist"
local panel = require "assist.panel"
local html, json = assist.html, assist.json

local KEPT = 86400                      -- seconds
local COLUMNS = { "documents", "fee", "time", "where", "contact" }

local words = {
  vi = {
    title = "Tóm tắt dễ hiểu",
    system = "Bạn viết cho người dân, bằng tiếng Việt đơn giản, câu ngắn, không "
      .. "dùng thuật ngữ. Chỉ dùng thông tin trong đoạn được cho, trích dẫn nó "
      .. "bằng [1], không thêm gì khác.",
    question = "Tóm tắt trong hai hoặc ba câu: dịch vụ này để làm gì, cần gì, "
      .. "mất bao lâu và bao nhiêu tiền?",
    source = "Nguồn", updated = "cập nhật",
  },
  en = {
    title = "In plain words",
    system = "You write for citizens, in simple English, in short sentences, "
      .. "without jargon. Use only what the given passage says, cite it as [1], "
      .. "and add nothing else.",
    question = "Summarize in two or three sentences: what is this service for, "
      .. "what does one need, how long does it take and what does it cost?",
    source = "Source", updated = "updated",
  },
}

-- May be somebody who has signed in: their pages are left alone.
local function signed_in(request, conf)
  local cookies = request:header("Cookie")
  if request:header("Authorization") then
    return true
  elseif not cookies or not conf.cookie then
    return cookies ~= nil
  end
  cookies = ";" .. cookies:gsub("%s", "")
  for name in conf.cookie:gmatch("%S+") do
    if cookies:find(";" .. name .. "=", 1, true) then
      return true
    end
  end
  return false
end

-- What the catalogue says of a service; "" where that is too little.
local function facts(service)
  local list = {}
  for _, column in ipairs(COLUMNS) do
    if service[column] ~= "" then
      list[#list + 1] = column .. ": " .. service[column]
    end
  end
  return #list > 1 and service.state == "published"
         and service.name .. "\n" .. table.concat(list, "\n") or ""
end

-- A model's text and name as JSON, kept until the catalogue says otherwise.
local function summary(service, lang, text)
  local key = lang .. "\n" .. service.id .. "\n" .. text
  return assist.cache.once(key, KEPT, function()
    local got, reason = assist.ai.chat {
      system = words[lang].system, question = words[lang].question,
      passages = { { title = service.name, text = text, url = service.url,
                     updated = service.updated } },
      max_tokens = 300,
    }
    if not got or #got.cited == 0 or got.finish == "length" then
      return nil, reason or "nothing to rely on"
    end
    return json.encode { model = got.model,
      text = got.text:gsub("%s*%[%d+%]", ""):match("^%s*(.-)%s*$") }
  end)
end

local M = { name = "plain_language", version = "1.1" }

function M.page(ctx, conf)
  local service = ctx.service
  if not service or facts(service) == "" or signed_in(ctx.request, conf)
     or service.id:find("[^%w@._-]") then
    return
  end
  panel.style(ctx, conf)
  ctx:inject(conf.where or "body_end", html(
    '<assist-summary src="%s?service=%s&amp;lang=%s"></assist-summary>\n',
    conf.uri or "/assist-summary", service.id, panel.language(ctx, conf)))
end

function M.request(ctx, conf)
  local request, service = ctx.request, ctx.service
  if request.uri ~= (conf.uri or "/assist-summary") then
    return
  end
  local lang = request.args.lang == "en" and "en" or "vi"
  local text = service and facts(service) or ""
  local kept = text ~= "" and request.method == "GET"
    and not signed_in(request, conf) and summary(service, lang, text)
  local got = kept and json.decode(kept)
  if not got then
    ctx:reply(204, "", { ["Cache-Control"] = "no-store" })
    return
  end
  ctx:cite(service)
  ctx:outcome("answered")
  local own = words[lang]
  ctx:reply(200, json.encode { lang = lang, title = own.title, text = got.text,
    ["assist-notice"] = ctx.disclosure[lang], model = got.model, ai = true,
    source = { label = own.source, title = service.name, url = service.url,
      updated = service.updated ~= "" and own.updated .. " " .. service.updated
                or "" } },
    { ["Content-Type"] = "application/json", ["Cache-Control"] = "no-store" })
end

return M
