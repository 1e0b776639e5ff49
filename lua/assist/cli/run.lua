-- `assist run`: one question, request or page to one hook.

local args = require "assist.cli.args"
local catalogue = require "assist.cli.catalogue"
local files = require "assist.cli.files"
local host = require "assist.cli.host"
local library = require "assist.cli.library"

local run = {}

local known = {
  catalog = "text", service = "text", agency = "text", question = "text",
  lang = "text", phase = "text", conf = "pairs", synonyms = "text",
  path = "text", uri = "text",
}

local function one_of(name, value, list)
  for _, allowed in ipairs(list) do
    if value == allowed then
      return
    end
  end
  args.fail('option "--%s" takes %s, not "%s"', name,
    table.concat(list, " or "), value)
end

-- Checks the command line; returns the hook's path and the options.
local function understand(list)
  local words, options = args.parse(list, known)
  if #words ~= 1 then
    args.fail("run needs one hook")
  end
  if not options.catalog then
    args.fail('run needs the option "--catalog"')
  end
  options.phase = options.phase or "ask"
  one_of("phase", options.phase, { "ask", "request", "page" })
  if options.lang then
    one_of("lang", options.lang, { "vi", "en" })
  end
  if options.phase == "ask" and not options.question then
    args.fail('the phase "ask" needs the option "--question"')
  elseif options.phase ~= "ask" and options.question then
    args.fail('the phase "%s" has no question', options.phase)
  elseif options.agency and not options.service then
    args.fail('option "--agency" needs the option "--service"')
  end
  files.need(words[1])
  return words[1], options
end

local function line(name, ...)
  print(("%-8s %s"):format(name .. ":", table.concat({ ... }, "  ")))
end

local function show_service(name, service)
  line(name, service.id, service.name, "(" .. service.level .. ")")
end

local function show(got, asked)
  if got.said ~= "" then
    print(got.said .. "\n")
  end
  if got.reply then
    print(got.reply.body .. "\n")
    line("reply", got.reply.status, got.reply.type)
  end
  for _, part in ipairs(got.injected) do
    line("inject", part.where)
    print(part.html .. "\n")
  end
  line("outcome", got.outcome or "none: the next hook would be asked, a page "
    .. "is a view")
  for _, cite in ipairs(got.cites) do
    line("source", cite.title, cite.url, cite.updated)
  end
  for _, service in ipairs(got.about) do
    show_service("service", service)
  end
  if #asked > 0 then
    line("model", ("asked %d times; there is none here: \"no provider\"")
      :format(#asked))
  end
end

local function unescape(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

-- "/path?a=b" as ctx.request has it; of a repeated argument, the first.
local function split_uri(uri)
  local path, rest = uri:match("^([^?]*)%??(.*)$")
  local list = {}
  for argument in rest:gmatch("[^&]+") do
    local name, value = argument:match("^([^=]*)=?(.*)$")
    name = unescape(name)
    list[name] = list[name] or unescape(value)
  end
  return { uri = path, args = list, query = rest }
end

local function request_of(options, cat)
  local fields = { question = options.question, lang = options.lang,
    request = split_uri(options.uri or "/") }
  if options.question then
    if library.normalize(options.question) == "" then
      args.fail("the question has no words")
    end
    fields.lang = fields.lang or library.lang(options.question)
  end
  if options.service then
    local service, reason = cat:find(options.service, options.agency)
    if not service then
      args.fail("%s", reason)
    end
    fields.service = service
  end
  return fields
end

function run.command(list)
  local path, options = understand(list)
  local cat = catalogue.open(options.catalog, options.synonyms)
  local fields = request_of(options, cat)

  local h = host.new {
    roots = { options.path or files.folder(path) },
    search = function(query) return cat:search(query) end,
    log = function(level, text)
      io.stderr:write(level, ": ", text, "\n")
    end,
  }
  local hook, reason = h:hook(path)
  if hook and not hook[options.phase] then
    args.fail('%s has no function "%s"', path, options.phase)
  end
  local got = hook and h:run(hook, options.phase, fields, options.conf or {})
              or { error = reason }
  h:run_laters()
  if got.error then
    io.stderr:write(got.error, "\n")
    if got.outcome then
      line("outcome", got.outcome)
    end
    return 1
  end
  show(got, h.asked)
  return 0
end

return run
