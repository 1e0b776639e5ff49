-- The citizens' page, which works without JavaScript.  Its data is made in
-- ngx_http_assist_chat_page.c.  Whatever is not made by html() is escaped.

local assist = require "assist"
local words = require "assist.pages.chat_words"

local html = assist.html
local null = assist.json.null

local M = {}

local function given(value)
  return value ~= nil and value ~= null and value ~= ""
end

-- Links lead to the portal or the web, never to a script.
local function is_link(url)
  return given(url) and (url:find("^https?://") or url:find("^/[^/\\]")
                         or url == "/")
end

local function hidden(emit, fields)
  for _, field in ipairs(fields) do
    if given(field[2]) then
      emit(html('<input type="hidden" name="%s" value="%s">\n', field[1],
                field[2]))
    end
  end
end

-- What every form carries on: the language, and the service that was chosen.
local function context(data)
  local service = data.service or {}
  return { { "lang", data.lang }, { "service", service.code },
           { "agency", service.agency } }
end

local function date(text, value)
  if not given(value) then
    return text.undated
  end
  local year, month, day = value:match("^(%d+)-(%d+)-(%d+)$")
  return text.updated:format(year and day .. "/" .. month .. "/" .. year
                             or value)
end

-- What has come of it comes first in the window's title.
local function window_title(data, text)
  local reply = data.reply or {}
  local state = reply.error and text.problem or reply.answer and text.answer
  return state and state .. " – " .. text.title or text.title
end

local function head(emit, data, text)
  local name = data.service
    and (data.lang == "en" and given(data.service.name_en)
         and data.service.name_en or data.service.name)
  emit(html('<!DOCTYPE html>\n<html lang="%s">\n<head>\n'
    .. '<meta charset="utf-8">\n'
    .. '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    .. '<meta name="robots" content="noindex">\n'
    .. '<title>%s</title>\n'
    .. '<link rel="stylesheet" href="%swidget.css">\n</head>\n'
    .. '<body class="assist-page">\n<main>\n<header>\n<h1>%s</h1>\n', data.lang,
    window_title(data, text), data.base, text.title))

  -- the other language, for the same service
  local other = data.lang == "en" and "vi" or "en"
  emit(html('<form method="get" action="%s" class="switch">\n', data.base))
  local fields = context(data)
  fields[1][2] = other
  hidden(emit, fields)
  emit(html('<button class="plain" lang="%s">%s</button>\n</form>\n</header>\n',
            other, text.switch))

  emit(html('<p class="notice"><strong>%s.</strong> %s</p>\n', text.notice,
            data.disclosure))
  if name then
    emit(html('<p class="about">%s</p>\n', text.about:format(name)))
    emit(html('<p><a href="%s?lang=%s">%s</a></p>\n', data.base, data.lang,
              text.other))
  end
end

local function sources(emit, reply, text)
  if #reply.sources == 0 then
    return
  end
  emit(html('<h3>%s</h3>\n<ul class="sources">\n', text.sources))
  for _, source in ipairs(reply.sources) do
    local title = given(source.title) and source.title or source.url
    emit(html("<li>"))
    emit(is_link(source.url) and html('<a href="%s">%s</a>', source.url, title)
         or title)
    emit(html(' <span class="date">(%s)</span></li>\n',
              date(text, source.updated)))
  end
  emit(html("</ul>\n"))
end

-- Each asks the same question again, about that service.
local function choice(emit, data, text)
  emit(html('<h3>%s</h3>\n<ul class="choice">\n', text.choose))
  for _, service in ipairs(data.reply.services) do
    emit(html('<li><form method="post" action="%sask">\n', data.base))
    hidden(emit, { { "lang", data.lang }, { "question", data.question },
                   { "service", service.code },
                   { "agency", service.agency } })
    emit(html('<button class="plain">%s', service.name))
    if given(service.agency_name) then
      emit(html(' <span class="date">(%s)</span>', service.agency_name))
    end
    emit(html("</button>\n</form></li>\n"))
  end
  emit(html("</ul>\n"))
end

local function person(emit, service, text)
  if given(service.contact) or given(service.agency_name) then
    emit(html('<p class="person"><strong>%s</strong> %s</p>\n', text.person,
      given(service.contact) and service.contact
      or text.agency:format(service.agency_name)))
  end
end

local function vote(emit, data, text)
  emit(html('<form method="post" action="%sfeedback" class="vote">\n',
            data.base))
  hidden(emit, { { "id", data.reply.id }, { "lang", data.lang } })
  emit(html('<p id="useful">%s</p>\n'
    .. '<button name="useful" value="true" aria-describedby="useful">%s'
    .. '</button>\n'
    .. '<button name="useful" value="false" aria-describedby="useful">%s'
    .. '</button>\n</form>\n', text.useful, text.yes, text.no))
end

local function answer(emit, data, text)
  local reply = data.reply
  if given(data.question) then
    emit(html('<h2>%s</h2>\n<p class="text question">%s</p>\n', text.asked,
              data.question))
  end
  emit(html('<h2 id="answer">%s</h2>\n<div class="text">', text.answer))
  emit(reply.answer)
  emit(html("</div>\n"))
  sources(emit, reply, text)
  if reply.outcome == "clarification" then
    choice(emit, data, text)
  elseif reply.services[1] then
    person(emit, reply.services[1], text)
  end
  vote(emit, data, text)
end

local function problem(emit, data, text)
  local code = data.reply.error.code
  emit(html('<div class="problem" role="alert">\n<h2>%s</h2>\n<p>%s</p>\n'
    .. "</div>\n", text.votes[code] and text.useful or text.problem,
    text.errors[code] or text.votes[code] or text.errors.other))
end

local function form(emit, data, text)
  local reply = data.reply or {}
  emit(html('<form method="post" action="%sask" class="ask">\n', data.base))
  hidden(emit, context(data))
  hidden(emit, { { "previous", reply.id } })
  emit(html('<label for="question">%s</label>\n'
    .. '<textarea id="question" name="question" rows="3" maxlength="1000" '
    .. 'required aria-describedby="privacy">%s</textarea>\n'
    .. '<p id="privacy" class="date">%s</p>\n'
    .. '<button class="main">%s</button>\n</form>\n',
    reply.id and text.follow_up or text.question,
    reply.error and data.question or "", text.privacy, text.ask))
end

function M.render(data, emit)
  local text = words[data.lang]
  local reply = data.reply

  head(emit, data, text)

  if reply == nil then
    emit(html("<p>%s</p>\n", text.intro))
    form(emit, data, text)
    if data.service then
      person(emit, data.service, text)
    end
  elseif reply.error then
    problem(emit, data, text)
    form(emit, data, text)
  elseif reply.answer then
    answer(emit, data, text)
    form(emit, data, text)
  else
    emit(html('<p role="status">%s</p>\n', text.thanks))
    form(emit, data, text)
  end

  emit(html("</main>\n</body>\n</html>\n"))
end

return M
