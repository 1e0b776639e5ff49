-- A panel on a service's page: which documents, what it costs, how long it
-- takes, from the catalogue's row, with its source.  No model is needed, and
-- nothing of it is a script or a style: portals give .assist-checklist theirs.
--
--     assist_hook  assistants/checklist.lua  where=ho-so;
--
-- where: body_end (the default), body_start, or an element's id; lang: vi or
-- en (else the page's Content-Language, else en below /en/, else vi).

local assist = require "assist"
local html = assist.html

local words = {
  vi = {
    title = "Cần chuẩn bị gì",
    documents = "Giấy tờ cần có",
    fee = "Lệ phí",
    time = "Thời hạn giải quyết",
    contact = "Liên hệ",
    source = "Nguồn",
    updated = "cập nhật",
    notice = "Trợ lý AI lập bảng này từ danh mục dịch vụ công và có thể sai. "
      .. "Hãy kiểm tra lại ở nguồn hoặc hỏi cơ quan thực hiện.",
  },
  en = {
    title = "What you need",
    documents = "Documents",
    fee = "Fee",
    time = "Time",
    contact = "Contact",
    source = "Source",
    updated = "updated",
    notice = "An AI assistant made this panel from the catalogue of public "
      .. "services and can be wrong. Please check the source or ask the "
      .. "agency.",
  },
}

local function language(ctx, conf)
  if words[conf.lang] then
    return conf.lang
  elseif words[ctx.lang] then
    return ctx.lang
  end
  return (ctx.request.uri .. "/"):find("/en/", 1, true) and "en" or "vi"
end

-- The lines of a column, without the dashes of a list.
local function lines(text)
  local list = {}
  for line in text:gmatch("[^\r\n]+") do
    line = line:gsub("^%s*[-*]%s+", ""):match("^%s*(.-)%s*$")
    if line ~= "" then
      list[#list + 1] = line
    end
  end
  return list
end

-- The catalogue's words are Vietnamese on a page in English, too.
local function value(text)
  local list = lines(text)
  if #list == 1 then
    return html('<dd lang="vi">%s</dd>\n', list[1])
  end
  local out = html '<dd lang="vi"><ul>\n'
  for _, line in ipairs(list) do
    out = out .. html("<li>%s</li>\n", line)
  end
  return out .. html "</ul></dd>\n"
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
  local out = html("<p>%s: %s", text.source, name)
  if service.updated ~= "" then
    out = out .. html(", %s %s", text.updated, date(service.updated, lang))
  end
  return out .. html "</p>\n"
end

local function panel(service, lang)
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
<dl>
%s</dl>
%s<p class="assist-notice"><small>%s</small></p>
</section>
]], lang, text.title, facts, source(service, lang, text), text.notice)
end

return {
  name = "checklist",
  version = "1.0",

  page = function(ctx, conf)
    local service = ctx.service
    if not service or service.state ~= "published"
       or service.documents .. service.fee .. service.time == "" then
      return
    end
    ctx:inject(conf.where or "body_end", panel(service, language(ctx, conf)))
    ctx:cite(service)
    ctx:outcome("answered")
  end,
}
