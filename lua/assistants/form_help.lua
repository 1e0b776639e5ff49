-- Looks at a posted form before the portal does.  Where required fields are
-- empty it asks for just these, and keeps all that was typed; otherwise, and
-- whenever anything is in doubt, the portal receives exactly what was sent.
--
-- required: "field:label|field:label:kind", kind: text, textarea, tel, email,
-- date, checkbox or checkbox=value; aside: names of parameters and fields with
-- which the form is not looked at, the first is what our second button adds
-- (portal); lang: vi or en; css, portal, home: see assist.page.
--
-- It sets no outcome: rules that look for empty fields are no AI that answers,
-- and would only raise the figure.  The values are the citizen's own: they go
-- into the reply and nowhere else.

local assist = require "assist"
local form = require "assist.form"
local page = require "assist.page"
local required_fields = require "assist.required_fields"
local all_words = require "assist.form_help_words"

local M = { name = "form_help", version = "1.0" }

local html = assist.html
local LARGEST = 64 * 1024           -- bytes of a form that is looked at

-- A form that a browser sends from a page of this portal.  A page elsewhere
-- could otherwise have its words sent on from here, in the citizen's name.
local function is_form(request)
  local kind = (request:header "Content-Type" or ""):lower()
  if request.method ~= "POST" or not page.wanted(request)
     or request:header "Content-Encoding"
     or kind:match("^[^;%s]*") ~= "application/x-www-form-urlencoded"
     or (kind:match("charset%s*=%s*\"?([%w-]+)") or "utf-8") ~= "utf-8" then
    return false
  end
  local site = request:header "Sec-Fetch-Site"
  if site then
    return site == "same-origin"
  end
  local origin = (request:header "Origin" or ""):match("^https?://(.+)$")
  return origin ~= nil and origin == request:header "Host"
end

-- Can a page send these fields again as they are?
local function repeatable(fields)
  for _, field in ipairs(fields or {}) do
    local name = field.name
    -- a browser fills in _charset_ itself, and leaves out what has no name
    if name == "" or name:lower() == "_charset_" or form.secret(name)
       or not form.keeps(name) or not form.keeps(field.value) then
      return false
    end
  end
  return fields ~= nil
end

-- The form in its own order: an empty field is asked for in its place, those
-- that were not sent at all (a box without its tick) at the end.  It has no
-- action, so that it goes to the very address it was sent to.
local function form_of(missing, fields, words, anyway)
  local list, parts, open = {}, {}, {}
  for i, item in ipairs(missing) do
    list[i] = tostring(html('<li><a href="#missing-%s">%s</a></li>\n', i,
      item.label))
    open[item.name] = tostring(required_fields.input(item,
      "missing-" .. i, words.required:format(item.label)))
  end
  for _, field in ipairs(fields) do
    parts[#parts + 1] = open[field.name] or tostring(html(
      '<input type="hidden" name="%s" value="%s">\n', field.name, field.value))
    open[field.name] = nil
  end
  for _, item in ipairs(missing) do
    parts[#parts + 1] = open[item.name]
  end
  return html([[<p>%s</p>
<ul>
%s</ul>
<p>%s</p>
<form method="post">
%s<p><button type="submit">%s</button></p>
<p><button type="submit" formnovalidate formaction="?%s">%s</button></p>
</form>
]], words.missing, html(table.concat(list)), words.kept,
    html(table.concat(parts)), words.submit, anyway, words.anyway)
end

function M.request(ctx, conf)
  local required, request = required_fields.parse(conf.required), ctx.request
  local aside, query = conf.aside or "portal", request.query
  if not is_form(request) or not form.keeps(query)
     or form.has(form.decode(query), aside) then
    return
  end

  local body = request:body()
  local fields = body and #body <= LARGEST and form.decode(body) or nil
  if form.has(fields, aside) or not repeatable(fields) then
    return
  end

  local missing = required_fields.missing(required, fields)
  if #missing == 0 then
    return
  end

  local lang = conf.lang == "en" and "en" or "vi"
  local words = all_words[lang]
  local anyway = (query ~= "" and query .. "&" or "") .. aside:match("%S+")
                 .. "=1"
  -- 422: nothing was accepted.  A browser shows the page as it shows any;
  -- whoever counts or repeats requests must not take it for a success.
  ctx:reply(422, page.document({ lang = lang, title = words.title,
    notice = words.notice, body = form_of(missing, fields, words, anyway) },
    conf), page.headers)
end

return M
