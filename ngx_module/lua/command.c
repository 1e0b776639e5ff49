/*
 * assist.redis: a command for Redis, of those that touch the hook's own keys
 * only.
 */

#include "vm_private.h"

#include <strings.h>


#define COMMAND_WORDS  33           /* the command's name and 32 arguments */
#define COMMAND_MAX    (1024 * 1024)    /* bytes of all of them */


/* The first argument is a key. */

static const char  *const command_one_key[] = {
    "GET", "SET", "SETEX", "PSETEX", "SETNX", "GETSET", "GETDEL", "STRLEN",
    "APPEND", "INCR", "INCRBY", "INCRBYFLOAT", "DECR", "DECRBY", "EXPIRE",
    "PEXPIRE", "TTL", "PTTL", "PERSIST", "TYPE", "HGET", "HSET", "HSETNX",
    "HDEL", "HGETALL", "HMGET", "HINCRBY", "HEXISTS", "HLEN", "HKEYS", "HVALS",
    "LPUSH", "RPUSH", "LPOP", "RPOP", "LLEN", "LRANGE", "LTRIM", "LINDEX",
    "LREM", "SADD", "SREM", "SISMEMBER", "SCARD", "SMEMBERS", "SPOP",
    "SRANDMEMBER", "ZADD", "ZREM", "ZSCORE", "ZINCRBY", "ZCARD", "ZCOUNT",
    "ZRANGE", "ZRANGEBYSCORE", "ZREVRANGE", "ZRANK", "ZREVRANK",
    "ZREMRANGEBYSCORE", "ZREMRANGEBYRANK", NULL
};

/* All arguments are. */

static const char  *const command_all_keys[] = {
    "DEL", "UNLINK", "EXISTS", "MGET", NULL
};


static int command_in(const char *const *list, const char *name);


/* assist.redis(command, ...) -> string | number | list | nil | nil, reason */

int
assist_command(lua_State *L, assist_run_t *run)
{
    int               i, n;
    size_t            total;
    assist_str_t      words[COMMAND_WORDS];
    assist_wait_t     wait;
    assist_value_t    value;
    assist_command_t  command;

    n = lua_gettop(L);
    words[0] = assist_check_str(L, 1);

    if (command_in(command_all_keys, words[0].data)) {
        command.nkeys = (uint32_t) n - 1;

    } else if (command_in(command_one_key, words[0].data)) {
        command.nkeys = 1;

    } else {
        return assist_raise(L, "assist.redis: \"%s\" is not allowed",
                            words[0].data);
    }

    if (n < 2 || n > COMMAND_WORDS) {
        return assist_raise(L, "assist.redis takes a command and 1 to %d "
                            "arguments", COMMAND_WORDS - 1);
    }

    for (i = 1, total = 0; i < n; i++) {
        words[i] = assist_check_str(L, i + 1);
        total += words[i].len;
    }

    if (total > COMMAND_MAX) {
        return assist_raise(L, "assist.redis: the arguments may have 1 MB "
                            "together");
    }

    command.words = words;
    command.nwords = (uint32_t) n;

    wait = run->vm->conf.host->redis(run->host, run, &command, &value);

    return assist_wait_answer(L, run, wait, &value);
}


static int
command_in(const char *const *list, const char *name)
{
    for ( /* void */ ; *list; list++) {
        if (strcasecmp(*list, name) == 0) {
            return 1;
        }
    }

    return 0;
}
