---@meta assist

-- What hooks may use, for editors that know LuaLS's annotations.  Nothing here
-- is ever run.  A test compares the names, the phases and the README with
-- lua/assist/cli/api.lua.
--
-- "Phases" are the functions of a hook in which a call may be made; elsewhere
-- it raises.  "all": in each of them.  "load": also while the file is loaded,
-- outside of its functions.  "waits": other requests go on meanwhile; such a
-- call raises inside a coroutine of the hook's own and in the callbacks of
-- table.sort, string.gsub and the like, and a run may make 1000 of them.
--
-- What can go wrong while it runs is `nil, reason`.  Misuse (a wrong phase, a
-- wrong type, a value out of bounds) raises, with the hook's file and line.

---What a hook's file returns. A function that is not there is not called.
---@class assist.hook
---@field name? string letters, digits, ".", "_" and "-", at most 255 bytes; part of the keys in caches, and in log lines; by default the file's
---@field version? string a line of at most 255 bytes; by default "0"
---@field request? fun(ctx: assist.ctx, conf: assist.conf) before the portal is asked; may wait
---@field page? fun(ctx: assist.ctx, conf: assist.conf) once, when the headers of a page have come that something can be put into; may not wait
---@field ask? fun(ctx: assist.ctx, conf: assist.conf) a citizen asked; may wait
---@field log? fun(ctx: assist.ctx, conf: assist.conf) after the answer; may not wait

---The key=value parameters of assist_hook, as strings. One table for all
---requests of a worker: read it only.
---@alias assist.conf table<string, string>

---A request, as all its hooks share it. What is not there raises, and so does
---setting a field: keep values in ctx.data. A ctx that is kept after its
---request has ended raises, too.
---@class assist.ctx
---@field data table a table of the hooks' own, which lives as long as the request; all hooks of the request share it
---@field service assist.service? the service of the page, or the one that was asked about; nil: none
---@field previous assist.service? the service of the answer before, where the question names that answer; nil: none
---@field request assist.request
---@field lang "vi"|"en"|"" a question's language, given or guessed, or that of a page's Content-Language; else ""
---@field question string? the question as typed, at most 2,000 bytes; nil for a page, and it may be nil in `log` where the answer came from the cache
---@field disclosure table<"vi"|"en", string> the AI notice in both languages, as `assist_disclosure` of this location words it
local ctx = {}

---Adds plain text to the answer. All of it together may have 256 KB.
---An answer without an outcome is "answered".
---
---Phases: ask.
---@param text string
function ctx:say(text) end

---Adds a source, shown below the answer; at most 100.
---
---Phases: request, page, ask.
---@param source assist.source|assist.service of a service: its name, url and updated
function ctx:cite(source) end

---Says what the answer is about: best first; several for a clarification; at
---most 100.
---
---Phases: request, ask.
---@param service assist.service
function ctx:about(service) end

---Answers in place of the portal's page; once for a request.
---The type is text/plain for a string and text/html for markup, both UTF-8,
---unless the headers name another.
---
---Phases: request.
---@param status integer 200 to 599
---@param body string|assist.html at most 1 MB
---@param headers? table<string, string|number> at most 32, without line ends; not nginx's own: Connection, Content-Length, Date, Keep-Alive, Server, TE, Trailer, Transfer-Encoding, Upgrade
function ctx:reply(status, body, headers) end

---Puts something into the page, at one of four places or after the element with
---an id; text is escaped unless assist.html made it. At most 16 of them and 64
---KB together; one that the page's policy forbids is left out. What assist.later
---has returned stands for what its function gives, anywhere but in head_end. Where
---that comes when the page is past its place, it goes to body_end: there a page
---waits for it as long as assist_page_wait says, then goes out without it.
---
---Phases: page.
---@param where "head_end"|"body_start"|"body_end"|string
---@param html string|assist.html|assist.help in head_end only what assist.html made
function ctx:inject(where, html) end

---Sets what came of it; the last call counts, in page the first.
---
---Phases: request, page, ask.
---@param name assist.outcome
function ctx:outcome(name) end

---Only "answered" counts as support, and only such an answer is cached.
---@alias assist.outcome
---| "answered"
---| "clarification"
---| "unanswerable"
---| "refused"
---| "ungrounded"
---| "fallback"
---| "error_timeout"
---| "error_provider"
---| "error_hook"

---@class assist.source
---@field title? string
---@field url? string
---@field updated? string a date, such as "2026-11-01"

---The client's request. An `ask` hook that reads args, a header or the body
---makes its answer one that is not cached, unless assist_cache_scope is set.
---@class assist.request
---@field method string such as "GET"
---@field uri string the path, decoded and without arguments
---@field query string what stands after "?", as it was sent
---@field args table<string, string> the first 100 arguments, decoded; of a repeated one the first; a table of its own each time
local request = {}

---A header of the request; of a repeated one the first.
---
---Phases: all.
---@param name string in any case
---@return string? value nil: it was not sent
function request:header(name) end

---The body, "" where there is none. Waits until all of it has come; the portal
---gets it all the same.
---
---Phases: request, ask; waits.
---@return string? body at most 1 MB
---@return string? reason "the body is larger than 1m", "the body cannot be read", "the body was discarded", "the body is being read already"
function request:body() end

---A row of the catalogue, read-only. A column without a value is "". Two of
---them are equal where they are one service. Other names raise.
---@class assist.service
---@field code string
---@field name string
---@field name_en string
---@field aliases string other names, separated by ";"
---@field agency_code string
---@field agency string
---@field province string
---@field case string
---@field field string
---@field paths string separated by blanks
---@field documents string
---@field fee string
---@field time string
---@field where string
---@field contact string
---@field url string
---@field updated string a date, such as "2026-11-01"
---@field successor string
---@field id string code@agency_code; the code alone without an agency
---@field level "full"|"partial"|"info"|"unknown" of all its cases
---@field state "published"|"testing"|"internal"
---@field essential boolean
---@field onprem boolean

---The module: local assist = require "assist". Read-only.
---@class assist
local assist = {}

---Waits.
---
---Phases: request, ask; waits.
---@param seconds number 0 to 3600, in steps of a millisecond
---@return true
function assist.sleep(seconds) end

---Calls functions at the same time, and waits for all of them. An error of one
---is raised when all are over; of several, that of the first in order.
---
---Phases: request, ask; waits.
---@param ... fun(): any at most 16
---@return any ... the first value of each, in order
function assist.all(...) end

---A request of the hook's own to a location that assist_fetch names; another
---raises. Nothing of the visitor goes with it. Every status is an answer.
---
---Phases: request, ask; waits.
---@param uri string a path of this server, with arguments if any, in percent encoding
---@param options? assist.fetch_options
---@return assist.fetched? answer
---@return string? reason "timeout", "the answer was cut off", "the answer is larger than max", "the method is not one of ...", "no memory"
function assist.fetch(uri, options) end

---@class assist.fetch_options
---@field method? "GET"|"HEAD"|"POST"|"PUT"|"PATCH"|"DELETE"|"OPTIONS" by default "GET"
---@field args? string arguments, in percent encoding; added to those of the uri
---@field headers? table<string, string|number> at most 32, without line ends
---@field body? string
---@field timeout? number seconds, above 0, at most 60; by default 2
---@field max? number bytes of the answer's body, at most 1048576, which is the default

---@class assist.fetched
---@field status integer
---@field headers table<string, string> names in lower case; of a repeated one the last
---@field body string

---A command for Redis. Keys are those of hooks of this name only. Allowed are
---the commands that lua/README.md lists; another raises. A command has 1 to 32
---arguments.
---
---Phases: request, ask; waits.
---@param command string in any case
---@param ... string|number
---@return string|number|table|nil value a list for several, in which false is a value that is not there; nil without a reason: there is no such thing
---@return string? reason "there is no assist_redis", "redis is away", "timeout", "the reply is too large" (10,000 items, 1 MB), "no memory", or Redis's own
function assist.redis(command, ...) end

---@class assist.ai
assist.ai = {}

---A question to the models of assist_use, one after another until one answers.
---What leaves is redacted, unless assist_redact is off; what comes back is plain
---text, with citations of the given passages only and links to their pages and
---to the portal's own names. A text that is returned still has the placeholders; ctx:say
---puts back what they stand for, and so does `say`.
---
---Phases: request, ask; waits.
---@param options assist.chat_options
---@return assist.chat_answer? answer
---@return assist.chat_reason? reason
function assist.ai.chat(options) end

---Either messages or a question is needed. All texts together may have 512 KB.
---@class assist.chat_options
---@field system? string the first message, of the role "system"
---@field messages? assist.chat_message[] 64 messages in all, those of `system` and `question` included
---@field question? string the last message, of the role "user", with the passages, each between fences: so both are data, and not the hook's words
---@field passages? assist.chat_passage[] at most 64; the model cites them as [1], [2], ...
---@field max_tokens? number of the answer, above 0; the provider's own bound counts, too
---@field timeout? number seconds for all providers together, above 0, at most 120; by default 60
---@field say? boolean in ask only: the text is the citizen's answer, as it comes; one at a time
---@field on_token? fun(piece: string) gets the text as it comes; it may wait; not together with `say`

---@class assist.chat_message
---@field role "system"|"user"|"assistant"
---@field content string

---@class assist.chat_passage
---@field text string
---@field title? string
---@field url? string
---@field updated? string a date, such as "2026-11-01"

---@class assist.chat_answer
---@field text? string the whole text; nil with `say`
---@field cited integer[] numbers of the passages that the text cites: [1] in the text is passage cited[1]
---@field provider string its name in assist_provider
---@field model string as the provider names it
---@field tokens_in? number nil: the provider did not tell
---@field tokens_out? number
---@field finish? "stop"|"length"|"content_filter"|"other"

---With "broken" a part of the text has been said or given to on_token. Beside
---these there is "no memory".
---@alias assist.chat_reason
---| "no provider"
---| "onprem"
---| "budget"
---| "busy"
---| "redaction"
---| "unavailable"
---| "timeout"
---| "broken"

---Lets a function go on for nobody: the page, its connection and the hook wait
---for nothing. It may wait, two minutes in all; what it raises is logged. A ctx
---that it touches raises: give it what it needs in local variables. At most 256
---run at a time in a worker.
---
---Phases: request, ask.
---@param fn fun(): any, string?
---@return assist.help? help
---@return string? reason "too many functions run", "no memory"
function assist.later(fn) end

---@class assist.help
---@field done boolean whether the function has returned
---@field value any what it returned
---@field reason any what it returned as its second

---Procedures for everyday words, best first, at most 8. Of a query longer than
---1,000 bytes only these count. Does not wait.
---
---Phases: request, page, ask.
---@param query string
---@return assist.hits? hits
---@return string? reason "there is no catalogue", "the search failed"
function assist.search(query) end

---@class assist.hits
---@field [integer] assist.hit
---@field found "none"|"one"|"several" one: the first is meant; several: the first `alike` fit alike
---@field alike integer with several: how many fit alike

---@class assist.hit
---@field service assist.service
---@field score number 0 to 1

---Seconds since the epoch, with a fraction.
---
---Phases: all, load.
---@return number
function assist.now() end

---Markup that is put into a page as it is; other text is escaped. With values,
---each %s of the template takes one, and %% is a percent sign. Values, and what
---is joined with "..", are escaped unless they are markup, too.
---
---Phases: all, load.
---@param template string
---@param ... string|number|assist.html
---@return assist.html
function assist.html(template, ...) end

---Made by assist.html only; tostring() gives its text.
---@class assist.html
---@operator concat(string|number|assist.html): assist.html

---Puts placeholders in the place of personal data, such as [CCCD_1].
---
---Phases: all, load.
---@param text string
---@return string? text
---@return integer|string n how many were found; with nil the reason, "the text could not be redacted"
function assist.redact(text) end

---Strings that a hook keeps, in assist_cache_zone and assist_redis; without
---both nothing is kept. Keys are those of hooks of this name only.
---@class assist.cache
assist.cache = {}

---Waits for Redis, where the worker's own zone does not have it.
---
---Phases: request, ask; waits.
---@param key string
---@return string? text nil without a reason: it is not there
---@return string? reason "redis is away", "timeout"
function assist.cache.get(key) end

---Does not wait, and does not say whether it was kept; more than 256 KB is not.
---
---Phases: all.
---@param key string
---@param text string
---@param ttl number seconds, 1 to 31536000, whole ones count
function assist.cache.set(key, text, ttl) end

---The string that is kept, or what fn() returns; a string of it is kept. fn may
---wait; what it raises is raised. Counts as two waits. Of the runs of a worker
---that want a key at the same time one calls its fn, and the others get its text,
---or its reason.
---
---Phases: request, ask; waits.
---@generic T
---@param key string
---@param ttl number seconds, 1 to 31536000
---@param fn fun(): T, string?
---@return string|T value
---@return string? reason what fn() returned as its second
function assist.cache.once(key, ttl, fn) end

---@class assist.text
assist.text = {}

---Lower case, one tone style, abbreviations expanded.
---
---Phases: all, load.
---@param text string
---@return string
function assist.text.normalize(text) end

---The same without marks: "hộ chiếu" is "ho chieu".
---
---Phases: all, load.
---@param text string
---@return string
function assist.text.fold(text) end

---@class assist.json
---@field null lightuserdata JSON's null, in what decode gives and encode takes
assist.json = {}

---Phases: all, load.
---@param value any
---@return string? text
---@return string? reason
function assist.json.encode(value) end

---Phases: all, load.
---@param text string
---@return any value nil with a reason: it is no JSON
---@return string? reason
function assist.json.decode(text) end

---Lines in nginx's error log. A line has at most 1,024 bytes, control
---characters are blanks; a run has 100 lines, and one that says that more are
---not shown.
---@class assist.log
assist.log = {}

---Phases: all.
---@param text string
function assist.log.error(text) end

---Phases: all.
---@param text string
function assist.log.warn(text) end

---Phases: all.
---@param text string
function assist.log.info(text) end

---Phases: all.
---@param text string
function assist.log.debug(text) end

return assist
