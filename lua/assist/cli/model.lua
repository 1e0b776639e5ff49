-- assist.ai.chat of the fake host: a test says what its model answers.

local api = require "assist.cli.api"
local filters = require "assist.cli.filters"
local raise = require "assist.cli.raise"

local model = {}

local MESSAGES, PASSAGES, TEXT = 64, 64, 512 * 1024

local roles = api.set { "system", "user", "assistant" }
local reasons = api.set(api.reasons)
local removed = { en = "[link removed]", vi = "[đã bỏ liên kết]" }

local function fail(format, ...)
  raise.error("assist.ai.chat" .. format, ...)
end

local function number(options, name, max)
  local given = rawget(options, name)
  local value = tonumber(given)
  if given ~= nil and not (value and value > 0 and value <= max) then
    fail(": %s is a number above 0, at most %d", name, max)
  end
  return value
end

local function text(list, name)
  local value = rawget(list, name)
  if value ~= nil and type(value) ~= "string" then
    fail(": %s is a string, not a %s", name, type(value))
  end
  return value
end

local function list_of(options, name)
  local list = rawget(options, name)
  if list ~= nil and type(list) ~= "table" then
    fail(": %s is a list, not a %s", name, type(list))
  end
  return list or {}
end

local function add(messages, role, content)
  if #messages == MESSAGES then
    fail(": more than %d messages", MESSAGES)
  end
  messages[#messages + 1] = { role = role, content = content }
end

local function passages_of(options)
  local passages = {}
  local list = list_of(options, "passages")
  if #list > PASSAGES then
    fail(": more than %d passages", PASSAGES)
  end
  for i = 1, #list do
    if type(list[i]) ~= "table" or not text(list[i], "text") then
      fail(': passage %d is no table with a "text"', i)
    end
    passages[i] = {}
    for _, name in ipairs { "title", "text", "url", "updated" } do
      passages[i][name] = text(list[i], name)
    end
  end
  return passages
end

-- What a hook asks for; misuse raises.
local function understand(options, phase)
  if type(options) ~= "table" then
    fail(" takes a table, not a %s", type(options))
  end
  local request = { messages = {}, passages = {},
    max_tokens = number(options, "max_tokens", 1000000),
    timeout = number(options, "timeout", 120),
    say = rawget(options, "say") and true or false }
  local on_token = rawget(options, "on_token")
  if on_token ~= nil and type(on_token) ~= "function" then
    fail(": on_token is a function, not a %s", type(on_token))
  elseif on_token and request.say then
    fail ' takes either "say" or "on_token"'
  elseif request.say and phase ~= "ask" then
    fail ': "say" has nobody to say it to (only in: ask)'
  end

  request.system = text(options, "system")
  if request.system then
    add(request.messages, "system", request.system)
  end
  local given = list_of(options, "messages")
  for i = 1, #given do
    local message = given[i]
    local role = type(message) == "table" and text(message, "role")
    local content = role and text(message, "content")
    if not content or not roles[role] then
      fail(': message %d is no table with a "role" of system, user or '
        .. 'assistant and a "content"', i)
    end
    add(request.messages, role, content)
  end
  request.question = text(options, "question")
  if request.question then
    request.passages = passages_of(options)
    add(request.messages, "user", filters.prompt(request.question,
      request.passages))
  end

  local total = 0
  for _, message in ipairs(request.messages) do
    total = total + #message.content
  end
  if #request.messages == 0 then
    fail ': there is neither "messages" nor "question"'
  elseif total > TEXT then
    fail(": more than %d KB of text", TEXT / 1024)
  end
  return request, on_token
end

-- The run's personal data; its question is the first that nginx looks at.
local function personal_of(run)
  if not run.personal then
    run.personal = filters.personal()
    if run.question then
      run.personal.redact(run.question)
    end
  end
  return run.personal
end

-- What the catalogue says of the services in question is for everybody.
local function publish(run, personal)
  local services = { run.ctx and run.ctx.service or nil }
  for _, service in ipairs(run.about) do
    services[#services + 1] = service
  end
  for _, service in ipairs(services) do
    for _, name in ipairs(service.state == "published" and api.fields.service
                          or {}) do
      if type(service[name]) == "string" then
        personal.publish(service[name])
      end
    end
  end
end

-- The request as the model gets it; nil where that cannot be.
local function redacted(request, personal)
  local sent = { messages = {}, passages = {}, max_tokens = request.max_tokens,
    timeout = request.timeout, say = request.say }
  for i, message in ipairs(request.messages) do
    local content = personal.redact(message.content)
    if not content then
      return nil
    end
    sent.messages[i] = { role = message.role, content = content }
  end
  -- known already: the messages have them, too
  sent.system = request.system and personal.redact(request.system)
  sent.question = request.question and personal.redact(request.question)
  for i, passage in ipairs(request.passages) do
    sent.passages[i] = { title = passage.title and personal.redact(
      passage.title), text = personal.redact(passage.text), url = passage.url,
      updated = passage.updated }
  end
  return sent
end

-- What the test's model says: { text = { piece, ... }, ... }, or { reason = }.
local function answer_of(given, sent)
  local answer, reason = given
  if type(given) == "function" then
    answer, reason = given(sent)
  end
  if answer == nil then
    answer = { reason = reason }
  elseif type(answer) ~= "table" then
    answer = { text = tostring(answer) }
  end
  if answer.text == nil and not reasons[answer.reason] then
    error(('a model gives a text, or nil and one of: "%s"'):format(
      table.concat(api.reasons, '", "')), 0)
  end
  local pieces = answer.text or {}
  if type(pieces) ~= "table" then
    pieces = {}
    for piece in answer.text:gmatch("%S*%s*") do
      pieces[#pieces + 1] = piece ~= "" and piece or nil
    end
  end
  return answer, pieces
end

-- Tells the pieces to whoever listens; whether anybody heard something.
local function tell(run, filter, pieces, whole, request, on_token)
  local heard, all = false, {}
  for i = 1, #pieces + 1 do
    local last = i > #pieces
    local part = last and not whole and ""
                 or filter.feed(pieces[i] or "", last)
    if part ~= "" then
      heard = heard or request.say or on_token ~= nil
      all[#all + 1] = part
      if request.say then
        run.said = run.said .. part
      elseif on_token then
        on_token(part)
      end
    end
  end
  return heard, table.concat(all)
end

local function ask(host, run, request, on_token)
  local personal = personal_of(run)
  publish(run, personal)
  local sent = redacted(request, personal)
  if not sent then
    host:wait(0.001)
    return nil, "redaction"
  end
  host.asked[#host.asked + 1] = sent
  if not host.model then
    host:wait(0.001)
    return nil, "no provider"
  end

  local answer, pieces = answer_of(host.model, sent)
  local seconds, timeout = answer.seconds or 0.001, request.timeout or 60
  host:wait(math.min(seconds, timeout))
  if seconds > timeout then
    return nil, "timeout"
  end
  local filter = filters.answer(request.passages, request.say
    and personal.restore, removed[run.lang] or removed.vi)
  local heard, all = tell(run, filter, pieces, not answer.reason, request,
    on_token)
  if answer.reason then
    return nil, heard and "broken" or answer.reason
  end
  return { text = not request.say and all or nil, provider = "test",
    model = answer.model or "test", tokens_in = answer.tokens_in,
    tokens_out = answer.tokens_out, finish = answer.finish or "stop",
    cited = filter.cited() }
end

-- assist.ai.chat(options)
function model.chat(host, options)
  local run = host.run_now
  local request, on_token = understand(options, run.phase)
  if request.say and run.saying then
    host:wait(0.001)
    return nil, "busy"
  end
  -- in `ask` a model has deadlines of its own
  run.asking = run.asking + 1
  run.saying = run.saying or request.say
  local result, reason = ask(host, run, request, on_token)
  run.asking = run.asking - 1
  if request.say then
    run.saying = false
  end
  return result, reason
end

return model
