-- What `assistants.finder` shows of services, as markup.

local assist = require "assist"
local page = require "assist.page"
local procedure_words = require "assist.procedure_words"
local finder_words = require "assist.finder_words"

local finder_page = {}

local html = assist.html

-- "agency; ", or "" where the catalogue has none.
function finder_page.agency(service)
  local agency = service.agency ~= "" and service.agency or service.agency_code
  return agency ~= "" and agency .. "; " or ""
end

-- Its name, as a link where the catalogue has a page, in English both names;
-- agency and level.
local function shown(service, lang)
  local name = html('<span lang="vi">%s</span>', service.name)
  if lang == "en" and service.name_en ~= "" then
    name = html("%s (%s)", service.name_en, name)
  end
  if service.url:find("^/") or service.url:find("^https?://") then
    name = html('<a href="%s">%s</a>', service.url, name)
  end
  return html('%s <small>(<span lang="vi">%s</span>%s)</small>', name,
    finder_page.agency(service),
    procedure_words[lang].level_name[service.level])
end

-- Services to choose from, below a sentence.
function finder_page.list(sentence, services, lang)
  local list = html('<p>%s</p>\n<ul class="services">\n', sentence)
  for _, service in ipairs(services) do
    list = list .. html("<li>%s</li>\n", shown(service, lang))
  end
  return list .. html "</ul>\n"
end

-- One service with its facts (label and text), and the others that come near.
function finder_page.details(service, facts, near, lang)
  local own, list, others = finder_words[lang], html "", html ""
  for _, fact in ipairs(facts) do
    list = list .. html('<dt>%s</dt>\n<dd lang="vi">%s</dd>\n', fact[1],
      page.lines(fact[2]))
  end
  if service.updated ~= "" then
    others = html("<p>%s</p>\n", own.updated:format(service.updated))
  end
  if #near > 0 then
    others = others .. finder_page.list(own.near, near, lang)
  end
  return html('<p>%s:</p>\n<h2>%s</h2>\n<dl class="facts">\n%s</dl>\n%s',
    own.one, shown(service, lang), list, others)
end

return finder_page
