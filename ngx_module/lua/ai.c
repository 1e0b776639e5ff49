/*
 * assist.ai.chat, a question to a language model, and assist.later, a function
 * that goes on after its request.
 */

#include "vm_private.h"

#include <math.h>
#include <openssl/rand.h>

#include "core/cite.h"
#include "core/prompt.h"


#define CHAT_MESSAGES   64
#define CHAT_TIMEOUT    120         /* seconds */
#define CHAT_TOKENS     1000000
#define LATERS          "assist.laters"
#define CHAT_TEXT       (512 * 1024)    /* bytes of all that is asked */


typedef struct {
    assist_chat_t                 chat;
    assist_completion_message_t   messages[CHAT_MESSAGES];
    assist_str_t                  urls[ASSIST_CITE_MAX];
    assist_passage_t              passages[ASSIST_CITE_MAX];
} chat_t;


static int chat_next(lua_State *L);
static int later_gives(lua_State *L);
static void chat_flags(lua_State *L, assist_run_t *run, chat_t *c);
static void chat_messages(lua_State *L, chat_t *c);
static void chat_message(lua_State *L, chat_t *c, const char *role,
    assist_str_t content);
static void chat_question(lua_State *L, chat_t *c, assist_str_t question);
static void chat_passages(lua_State *L, chat_t *c);
static uint32_t chat_number(lua_State *L, const char *name, lua_Number max,
    lua_Number unit);
static int chat_string(lua_State *L, int table, const char *name,
    assist_str_t *value);
static void chat_field(lua_State *L, int table, const char *name);
static void compose(lua_State *L, const char *text, size_t len, int n);


/*
 * assist.ai.chat{ system =, messages = { { role =, content = }, ... },
 *     question =, passages = { { title =, text =, url =, updated = }, ... },
 *     max_tokens =, timeout = seconds, say = true | on_token = function }
 * -> { text =, model =, provider =, tokens_in =, tokens_out =, finish =,
 *      cited = { passage, ... } } | nil, reason
 */

int
assist_chat(lua_State *L, assist_run_t *run)
{
    chat_t          *c;
    size_t           total;
    uint32_t         i;
    assist_str_t     text;
    assist_wait_t    wait;
    assist_value_t   value;

    if (!lua_istable(L, 1)) {
        return assist_raise(L, "assist.ai.chat takes a table, not a %s",
                            luaL_typename(L, 1));
    }

    lua_settop(L, 1);

    c = lua_newuserdata(L, sizeof(chat_t));
    memset(c, 0, sizeof(chat_t));

    c->chat.messages = c->messages;
    c->chat.urls = c->urls;

    chat_flags(L, run, c);

    if (chat_string(L, 1, "system", &text)) {
        chat_message(L, c, "system", text);
    }

    chat_messages(L, c);

    if (chat_string(L, 1, "question", &text)) {
        chat_question(L, c, text);
    }

    if (c->chat.nmessages == 0) {
        return assist_raise(L, "assist.ai.chat: there is neither \"messages\" "
                            "nor \"question\"");
    }

    for (i = 0, total = 0; i < c->chat.nmessages; i++) {
        total += c->messages[i].content.len;
    }

    if (total > CHAT_TEXT) {
        return assist_raise(L, "assist.ai.chat: more than %d KB of text",
                            CHAT_TEXT / 1024);
    }

    wait = run->vm->conf.host->chat(run->host, run, &c->chat, &value);

    return assist_wait_answer(L, run, wait, &value);
}


static void
chat_flags(lua_State *L, assist_run_t *run, chat_t *c)
{
    c->chat.max_tokens = chat_number(L, "max_tokens", CHAT_TOKENS, 1);
    c->chat.timeout = chat_number(L, "timeout", CHAT_TIMEOUT, 1000);

    chat_field(L, 1, "say");
    c->chat.say = lua_toboolean(L, -1) ? 1 : 0;
    chat_field(L, 1, "on_token");
    c->chat.pieces = lua_isnil(L, -1) ? 0 : 1;

    if (c->chat.pieces && !lua_isfunction(L, -1)) {
        assist_raise(L, "assist.ai.chat: on_token is a function, not a %s",
                     luaL_typename(L, -1));
    }

    if (c->chat.pieces && c->chat.say) {
        assist_raise(L, "assist.ai.chat takes either \"say\" or \"on_token\"");
    }

    if (c->chat.say && run->phase != ASSIST_PHASE_ASK) {
        assist_raise(L, "assist.ai.chat: \"say\" has nobody to say it to "
                     "(only in: ask)");
    }

    lua_pop(L, 2);
}


static void
chat_messages(lua_State *L, chat_t *c)
{
    int           i, n;
    assist_str_t  role, content;

    chat_field(L, 1, "messages");

    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return;
    }

    if (!lua_istable(L, -1)) {
        assist_raise(L, "assist.ai.chat: messages is a list, not a %s",
                     luaL_typename(L, -1));
    }

    n = (int) lua_objlen(L, -1);

    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);

        if (!lua_istable(L, -1)
            || !chat_string(L, lua_gettop(L), "role", &role)
            || !chat_string(L, lua_gettop(L) - 1, "content", &content)
            || (strcmp(role.data, "system") != 0
                && strcmp(role.data, "user") != 0
                && strcmp(role.data, "assistant") != 0))
        {
            assist_raise(L, "assist.ai.chat: message %d is no table with a "
                         "\"role\" of system, user or assistant and a "
                         "\"content\"", i);
        }

        /* its strings live in the caller's table */
        lua_settop(L, lua_gettop(L) - 3);
        chat_message(L, c, role.data, content);
    }

    lua_pop(L, 1);
}


static void
chat_message(lua_State *L, chat_t *c, const char *role, assist_str_t content)
{
    assist_completion_message_t  *message;

    if (c->chat.nmessages == CHAT_MESSAGES) {
        assist_raise(L, "assist.ai.chat: more than %d messages",
                     CHAT_MESSAGES);
    }

    message = &c->messages[c->chat.nmessages++];
    message->role = assist_str_of(role);
    message->content = content;
}


/* The question and its passages, fenced, so that they are data. */

static void
chat_question(lua_State *L, chat_t *c, assist_str_t question)
{
    uint64_t       nonce;
    assist_buf_t  *buf;

    chat_passages(L, c);

    if (RAND_bytes((unsigned char *) &nonce, sizeof(nonce)) != 1) {
        luaL_error(L, "there is no randomness");
    }

    buf = assist_buf_push(L);
    assist_prompt_user(buf, question, c->passages, c->chat.npassages, nonce);

    if (buf->failed) {
        luaL_error(L, "not enough memory");
    }

    chat_message(L, c, "user", assist_buf_str(buf));
}


static void
chat_passages(lua_State *L, chat_t *c)
{
    int                i, n, at;
    assist_passage_t  *p;

    chat_field(L, 1, "passages");
    n = lua_istable(L, -1) ? (int) lua_objlen(L, -1) : 0;

    if (!lua_isnil(L, -1) && !lua_istable(L, -1)) {
        assist_raise(L, "assist.ai.chat: passages is a list, not a %s",
                     luaL_typename(L, -1));
    }

    if (n > ASSIST_CITE_MAX) {
        assist_raise(L, "assist.ai.chat: more than %d passages",
                     ASSIST_CITE_MAX);
    }

    for (i = 0; i < n; i++) {
        p = &c->passages[i];
        lua_rawgeti(L, -1, i + 1);
        at = lua_gettop(L);

        if (!lua_istable(L, at) || !chat_string(L, at, "text", &p->text)) {
            assist_raise(L, "assist.ai.chat: passage %d is no table with a "
                         "\"text\"", i + 1);
        }

        (void) chat_string(L, at, "title", &p->title);
        (void) chat_string(L, at, "updated", &p->updated);
        (void) chat_string(L, at, "url", &c->urls[i]);

        lua_settop(L, at - 1);
    }

    c->chat.npassages = (uint32_t) n;
}


static uint32_t
chat_number(lua_State *L, const char *name, lua_Number max, lua_Number unit)
{
    lua_Number  n;

    chat_field(L, 1, name);

    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return 0;
    }

    n = lua_tonumber(L, -1);
    lua_pop(L, 1);

    if (!(n > 0 && n <= max)) {
        assist_raise(L, "assist.ai.chat: %s is a number above 0, at most %d",
                     name, (int) max);
    }

    return (uint32_t) ceil(n * unit);
}


/* The string of a field, which is left on the stack; 0: there is none. */

static int
chat_string(lua_State *L, int table, const char *name, assist_str_t *value)
{
    *value = assist_str("");
    chat_field(L, table, name);

    if (lua_isnil(L, -1)) {
        return 0;
    }

    if (lua_type(L, -1) != LUA_TSTRING) {
        assist_raise(L, "assist.ai.chat: %s is a string, not a %s", name,
                     luaL_typename(L, -1));
    }

    value->data = lua_tolstring(L, -1, &value->len);

    return 1;
}


/*
 * As it stands in the table: no function of the hook's runs meanwhile, which
 * could take away a string that is pointed to.
 */

static void
chat_field(lua_State *L, int table, const char *name)
{
    lua_pushstring(L, name);
    lua_rawget(L, table);
}


/*
 * With on_token the question is answered in pieces; the function that gets
 * them may wait, so this part is Lua.
 */

static const char  chat_wrapper[] =
    "local start, next = ...\n"
    "return function(options)\n"
    "    local answer, reason = start(options)\n"
    "    while answer and answer.piece do\n"
    "        options.on_token(answer.piece)\n"
    "        answer, reason = next(answer.id)\n"
    "    end\n"
    "    return answer, reason\n"
    "end\n";


void
assist_chat_compose(lua_State *L)
{
    lua_getfield(L, -1, "ai");
    lua_getfield(L, -1, "chat");
    lua_pushcfunction(L, chat_next);
    assist_wait_wrap(L, NULL);
    compose(L, chat_wrapper, sizeof(chat_wrapper) - 1, 2);
    lua_setfield(L, -2, "chat");
    lua_pop(L, 1);
}


/* Counts as the same wait: a long answer has many pieces. */

static int
chat_next(lua_State *L)
{
    assist_run_t    *run;
    assist_wait_t    wait;
    assist_value_t   value;

    run = assist_vm_of(L)->run;

    wait = run->vm->conf.host->chat_next(run->host, run,
                                         (uint32_t) lua_tonumber(L, 1),
                                         &value);

    return assist_wait_answer(L, run, wait, &value);
}


/*
 * assist.later(fn) -> { done =, value =, reason = } | nil, reason
 * fn runs for nobody: its ctx is not this one.  Here the second argument is the
 * hook's function, for the check, the first what runs, and the third what the
 * hook gets, by which ctx:inject knows it again.
 */

int
assist_later(lua_State *L, assist_run_t *run)
{
    int          function;
    double       number;
    const char  *why;

    if (!lua_isfunction(L, 2)) {
        return assist_raise(L, "assist.later takes a function, not a %s",
                            luaL_typename(L, 2));
    }

    lua_pushvalue(L, 1);
    function = luaL_ref(L, LUA_REGISTRYINDEX);

    why = run->vm->conf.host->later(run->host, function, &number);

    if (why == NULL) {
        lua_getfield(L, LUA_REGISTRYINDEX, LATERS);
        lua_pushvalue(L, 3);
        lua_pushnumber(L, number);
        lua_rawset(L, -3);

        lua_pushboolean(L, 1);
        return 1;
    }

    luaL_unref(L, LUA_REGISTRYINDEX, function);
    lua_pushnil(L);
    lua_pushstring(L, why);

    return 2;
}


double
assist_later_number(lua_State *L, int arg)
{
    double  number;

    if (!lua_istable(L, arg)) {
        return 0;
    }

    lua_getfield(L, LUA_REGISTRYINDEX, LATERS);
    lua_pushvalue(L, arg);
    lua_rawget(L, -2);
    number = lua_tonumber(L, -1);
    lua_pop(L, 2);

    return number;
}


/* The function is over; what it gives goes to the pages that wait for it. */

static int
later_gives(lua_State *L)
{
    assist_run_t  *run;
    assist_str_t   html;

    run = assist_vm_of(L)->run;

    if (assist_markup_or_text(L, 1, &html)) {
        run->vm->conf.host->later_gives(run->host, html);
    }

    return 0;
}


static const char  later_wrapper[] =
    "local start, gives = ...\n"
    "return function(fn)\n"
    "    local help = { done = false }\n"
    "    local ok, reason = start(function()\n"
    "        help.value, help.reason = fn()\n"
    "        help.done = true\n"
    "        gives(help.value)\n"
    "    end, fn, help)\n"
    "    if not ok then return nil, reason end\n"
    "    return help\n"
    "end\n";


void
assist_later_compose(lua_State *L)
{
    /* by what the hook got; forgotten when it is */
    lua_newtable(L);
    lua_newtable(L);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_setfield(L, LUA_REGISTRYINDEX, LATERS);

    lua_getfield(L, -1, "later");
    lua_pushcfunction(L, later_gives);
    compose(L, later_wrapper, sizeof(later_wrapper) - 1, 2);
    lua_setfield(L, -2, "later");
}


/* Calls the chunk with the n values on the top; leaves what it returns. */

static void
compose(lua_State *L, const char *text, size_t len, int n)
{
    if (luaL_loadbuffer(L, text, len, "=assist") != 0) {
        lua_error(L);
    }

    lua_insert(L, -1 - n);
    lua_call(L, n, 1);
}
