-- A panel on a service's page: which documents, what it costs, how long it
-- takes, from the catalogue's row, with its source.  No model is needed, and
-- nothing of it is a script.
--
--     assist_hook  assistants/checklist.lua  where=ho-so;
--
-- where: body_end (the default), body_start, or an element's id; lang: vi or
-- en (else the page's Content-Language, else en below /en/, else vi); style:
-- the address of panel.css (/assist/panel.css), or off.

local html = require("assist").html
local panel = require "assist.panel"

local words = {
  vi = {
    title = "Cần chuẩn bị gì",
    documents = "Giấy tờ cần có",
    fee = "Lệ phí",
    time = "Thời hạn giải quyết",
    contact = "Liên hệ",
    source = "Nguồn",
    updated = "cập nhật",
  },
  en = {
    title = "What you need",
    documents = "Documents",
    fee = "Fee",
    time = "Time",
    contact = "Contact",
    source = "Source",
    updated = "updated",
  },
}

-- The lines of a column.  Where some have the dash of a list, those are its
-- items, and the others are said of all of them; else each line is one.
local function lines(text)
  local items, rest = {}, {}
  for line in text:gmatch("[^\r\n]+") do
    local item = line:match("^%s*[-*+]%s+(%S.*)$")
    local list = item and items or rest
    line = (item or line):match("^%s*(.-)%s*$")
    list[#list + 1] = line ~= "" and line or nil
  end
  if #items == 0 then
    return rest, {}
  end
  return items, rest
end

-- The catalogue's words are Vietnamese on a page in English, too.
local function value(text)
  local items, rest = lines(text)
  if #items == 1 and #rest == 0 then
    return html('<dd lang="vi">%s</dd>\n', items[1])
  end
  local out = html '<dd lang="vi"><ul>\n'
  for _, line in ipairs(items) do
    out = out .. html("<li>%s</li>\n", line)
  end
  out = out .. html "</ul>"
  for _, line in ipairs(rest) do
    out = out .. html("\n<p>%s</p>", line)
  end
  return out .. html "</dd>\n"
end

local function date(text, lang)
  local year, month, day = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)$")
  if not year then
    return text
  end
  local shown = lang == "vi" and day .. "/" .. month .. "/" .. year or text
  return html('<time datetime="%s">%s</time>', text, shown)
end

local function source(service, lang, text)
  local english = lang == "en" and service.name_en ~= ""
  local name = english and html("%s", service.name_en)
               or html('<span lang="vi">%s</span>', service.name)
  -- "/a", "https://a": never "javascript:"
  if service.url:find("^/") or service.url:find("^https?://") then
    name = html('<a href="%s">%s</a>', service.url, name)
  end
  local out = html('<p class="assist-source">%s: %s', text.source, name)
  if service.updated ~= "" then
    out = out .. html(", %s %s", text.updated, date(service.updated, lang))
  end
  return out .. html "</p>\n"
end

local function checklist(service, lang, notice)
  local text, facts = words[lang], html ""
  for _, column in ipairs { "documents", "fee", "time", "contact" } do
    if #lines(service[column]) > 0 then
      facts = facts .. html("<dt>%s</dt>\n", text[column])
              .. value(service[column])
    end
  end
  return html([[
<section class="assist-checklist" lang="%s" aria-labelledby="assist-checklist">
<h2 id="assist-checklist">%s</h2>
<p class="assist-notice">%s</p>
<dl>
%s</dl>
%s</section>
]], lang, text.title, notice, facts, source(service, lang, text))
end

return {
  name = "checklist",
  version = "1.1",

  page = function(ctx, conf)
    local service = ctx.service
    if not service or service.state ~= "published"
       or service.documents .. service.fee .. service.time == "" then
      return
    end
    local lang = panel.language(ctx, conf)
    panel.style(ctx, conf)
    ctx:inject(conf.where or "body_end",
               checklist(service, lang, ctx.disclosure[lang]))
    ctx:cite(service)
    ctx:outcome("answered")
  end,
}
