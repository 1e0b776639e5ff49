-- The default assistant: answers about a procedure from the catalogue.  Where
-- assist_use names a model, the model speaks, from the catalogue's passage and
-- with its citation; else, or when the model fails, the catalogue's own words
-- are the answer.  It asks back when several procedures fit, and says so when
-- none does: then no model is asked.
--
-- conf.max_tokens: of a model's answer (500)

local assist = require "assist"
local words = require "assist.procedure_words"

local M = { name = "procedures", version = "1.1" }

-- The services that a question means: one, several alike, or none.
local function find(ctx)
  if ctx.service then
    return { ctx.service }
  end

  local hits, reason = assist.search(ctx.question)
  if not hits then
    assist.log.error("procedures: " .. reason)
    return {}
  end

  local services = {}
  if hits.found == "one" then
    services[1] = hits[1].service
  elseif hits.found == "several" then
    for i = 1, hits.alike do
      services[i] = hits[i].service
    end
  elseif ctx.previous then
    -- "and the fee?": of what the last answer was about
    services[1] = ctx.previous
  end
  return services
end

-- Which topics the question asks for, in the order in which they are told.
local function topics_of(question)
  local asked = " " .. assist.text.fold(question) .. " "
  local topics = {}
  for _, topic in ipairs(words.topics) do
    for _, phrase in ipairs(topic.phrases) do
      if asked:find(phrase, 1, true) then
        topics[#topics + 1] = topic
        break
      end
    end
  end
  return topics
end

local function tell(ctx, service, topics, text)
  local said, missing = 0, {}

  -- half of the official names begin with these words themselves
  local name = service.name
  ctx:say(name:find("^Thủ tục") and name or text.heading:format(name))
  for _, topic in ipairs(topics) do
    local value = service[topic.column]
    if value ~= "" then
      ctx:say(("\n\n%s:\n%s"):format(text[topic.column], value))
      said = said + 1
    else
      missing[#missing + 1] = text[topic.column]:lower()
    end
  end

  if #missing > 0 then
    ctx:say("\n\n" .. text.missing:format(table.concat(missing, ", ")))
  end
  return said
end

-- The catalogue's own words; how many of the topics it knew.
local function catalogue(ctx, service, text)
  local topics = topics_of(ctx.question)
  local asked = #topics > 0

  if not asked then
    -- a general question: everything that the catalogue has
    for _, topic in ipairs(words.topics) do
      if service[topic.column] ~= "" then
        topics[#topics + 1] = topic
      end
    end
  end

  local said = tell(ctx, service, topics, text)

  if not asked then
    ctx:say("\n\n" .. text.level[service.level])
  end
  if service.contact ~= "" and said == 0 then
    ctx:say("\n\n" .. text.contact .. ": " .. service.contact)
  end
  return said
end

-- All that the catalogue says about a service, as a model gets it.
local function passage(service, text)
  local parts = { text.level[service.level] }
  for _, topic in ipairs(words.topics) do
    if service[topic.column] ~= "" then
      parts[#parts + 1] = text[topic.column] .. ":\n" .. service[topic.column]
    end
  end
  return { title = service.name, text = table.concat(parts, "\n\n"),
           url = service.url, updated = service.updated }
end

-- A model's answer, said as it comes.  False: nobody has heard anything, so
-- the catalogue may speak.
local function model(ctx, service, text, conf)
  local result, reason = assist.ai.chat {
    system = text.instruction, question = ctx.question,
    passages = { passage(service, text) },
    max_tokens = tonumber(conf.max_tokens) or 500, say = true,
  }

  if reason == "broken" then
    ctx:outcome("error_provider")
  elseif reason == "budget" then
    ctx:say(text.budget)
    ctx:outcome("refused")
  elseif not result then
    return false
  elseif #result.cited == 0 then
    -- nobody can check it: what can be checked comes after it
    ctx:say("\n\n" .. text.ungrounded .. "\n\n")
    catalogue(ctx, service, text)
    ctx:cite(service)
    ctx:outcome("ungrounded")
  else
    ctx:cite(service)
    ctx:outcome("answered")
  end
  return true
end

local function answer(ctx, service, text, conf)
  ctx:about(service)
  if model(ctx, service, text, conf) then
    return
  end

  local said = catalogue(ctx, service, text)
  ctx:cite(service)
  -- a name and a level alone help nobody
  ctx:outcome(said > 0 and "answered" or "unanswerable")
end

local function ask_back(ctx, services, text)
  ctx:say(text.which)
  for i, service in ipairs(services) do
    local agency = service.agency ~= "" and service.agency
                   or service.agency_code
    ctx:say(("\n%d. %s (%s%s)"):format(i, service.name,
      agency ~= "" and agency .. "; " or "", text.level_name[service.level]))
    ctx:about(service)
  end
  ctx:outcome("clarification")
end

function M.ask(ctx, conf)
  local text = words[ctx.lang] or words.vi
  local services = find(ctx)

  if #services == 0 then
    ctx:say(text.none)
    ctx:outcome("unanswerable")
  elseif #services == 1 then
    answer(ctx, services[1], text, conf)
  else
    ask_back(ctx, services, text)
  end
end

return M
