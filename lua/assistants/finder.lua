-- Which procedure do I need?  Before the portal's own search page: one clear
-- hit is shown with what the catalogue knows, of several it asks back, and
-- where it has no help to give the portal's page goes out untouched.  As an
-- `ask` hook it does the same in a conversation.
--
-- param: of the search words (q); aside: parameters with which the portal's
-- page is wanted, the first is what our link adds (portal); lang: vi or en;
-- css, portal, home: see assist.page.

local assist = require "assist"
local form = require "assist.form"
local page = require "assist.page"
local finder_page = require "assist.finder_page"
local procedure_words = require "assist.procedure_words"
local finder_words = require "assist.finder_words"

local M = { name = "finder", version = "1.0" }

local html = assist.html

-- Others beside one clear hit: at most so many, and not below this score.
local NEAR_MAX, NEAR_SCORE = 4, 0.6

local function words_of(lang)
  lang = lang == "en" and "en" or "vi"
  return lang, procedure_words[lang], finder_words[lang]
end

-- What was found for a text: the services that it means, one, several alike or
-- none; and beside one the others that come near.
local function find(words)
  local hits, reason = assist.search(words)
  if not hits then
    assist.log.error("finder: " .. reason)
    return {}, {}
  end
  local services, near = {}, {}
  local meant = hits.found == "one" and 1 or hits.alike
  for i, hit in ipairs(hits) do
    if i <= meant then
      services[i] = hit.service
    elseif meant == 1 and #near < NEAR_MAX and hit.score >= NEAR_SCORE then
      near[#near + 1] = hit.service
    end
  end
  return services, near
end

-- What the catalogue knows of a service, as label and text.
local function facts_of(service, text)
  local facts = {}
  for _, topic in ipairs(procedure_words.topics) do
    if service[topic.column] ~= "" then
      facts[#facts + 1] = { text[topic.column], service[topic.column] }
    end
  end
  return facts
end

-- What it is about, with its sources; a name and a level alone are no answer.
local function give(ctx, services, facts)
  for _, service in ipairs(services) do
    ctx:about(service)
    ctx:cite(service)
  end
  ctx:outcome(#facts > 0 and "answered" or #services > 1 and "clarification"
    or "unanswerable")
end

function M.request(ctx, conf)
  local request, lang, text, own = ctx.request, words_of(conf.lang)
  local param, aside = conf.param or "q", conf.aside or "portal"
  local words = request.args[param]

  if request.method ~= "GET" or not words or not words:find("%S")
     or #words > 500 or not form.keeps(words) or not page.wanted(request)
     or form.has(form.decode(request.query), aside) then
    return
  end

  local services, near = find(words)
  local facts = #services == 1 and facts_of(services[1], text) or {}
  if #services < 2 and #facts == 0 then
    return
  end

  local help = #services > 1 and finder_page.list(text.which, services, lang)
               or finder_page.details(services[1], facts, near, lang)
  local body = html([[%s<p><a href="?%s&amp;%s=1">%s</a></p>
<form class="search" role="search" method="get">
<label for="words">%s</label>
<input type="search" id="words" name="%s" value="%s">
<button type="submit">%s</button>
</form>
]], help, request.query, aside:match("%S+"), own.own, own.search, param,
    words, own.button)

  give(ctx, services, facts)
  ctx:reply(200, page.document({ lang = lang, title = own.title,
    notice = ctx.disclosure[lang], body = body }, conf), page.headers)
end

function M.ask(ctx)
  local _, text, own = words_of(ctx.lang)
  local services = ctx.service and { ctx.service } or find(ctx.question)
  services[1] = services[1] or ctx.previous
  local facts = #services == 1 and facts_of(services[1], text) or {}

  ctx:say(#services == 0 and text.none or #services > 1 and text.which
    or own.one .. ":")
  for i, service in ipairs(services) do
    ctx:say(("\n%s%s (%s%s)"):format(#services > 1 and i .. ". " or "",
      service.name, finder_page.agency(service), text.level_name[service.level]))
  end
  for _, fact in ipairs(facts) do
    ctx:say(("\n\n%s:\n%s"):format(fact[1], fact[2]))
  end
  give(ctx, services, facts)
end

return M
