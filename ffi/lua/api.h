/* What the parts of the Lua API share. They depend on each other in one
 * direction: table.c on command.c and servers.c, command.c on arguments.c and
 * answer.c, answer.c on call.c. */
#ifndef MMC_LUA_API_H
#define MMC_LUA_API_H

/* GLib deprecates the type of the lock of a Lua state. */
#define GLIB_DISABLE_DEPRECATION_WARNINGS
#include "../internal.h"

#include "lua.h"

/* The scripts of one worker. Functions in its Lua state refer to it, so it is
 * kept until the plugin is unloaded. */
struct mmc_scripts {
	mmc_scripts *next;
	liLuaState *LL;
	liWorker *wrk;
	mmc_rust_scripts *state; /* Rust's half, made for the first command */
	mmc_job *job;            /* delivers answers */
	mmc_call *calls;         /* all that have no answer yet */
	size_t count;            /* how many these are */
	int build_ref, traceback_ref;
	guint last_found; /* index of the connection whose vrequest was looked up last */
	bool stopped;
	bool broken; /* Rust's half panicked: nothing is submitted any more */
};

/* What a script holds of servers: which they are, as the shim's `connect` takes it, and
 * nothing else. */
typedef struct {
	size_t len;
	uint8_t servers[];
} mmc_connection;

/* A command whose answer is awaited. */
struct mmc_call {
	mmc_scripts *scripts;
	mmc_call *prev, *next;
	mmc_waker *waker; /* of the vrequest that waits; NULL with a callback */
	int ref;          /* a table in the registry with the fields below */
	bool many;        /* keys are a table, and so are responses */
};
enum {
	CALL_RECEIVER = 1, /* the callback, or the response to fill */
	CALL_ENVIRONMENT,  /* the host's metatable of global variables for the callback */
	CALL_KEYS,         /* the key, or the table of them */
	CALL_TTL
};

/* Pushes the host's table of global variables, whose metatable says where they are;
 * nil for hosts before December 2024, whose functions bring theirs along. */
static inline void mmc_push_globals(lua_State *L, const liLuaState *LL) {
#ifdef MMC_NO_ENV_REF
	(void)LL;
	lua_pushnil(L);
#else
	any_rawgeti(L, LUA_REGISTRYINDEX, LL->li_env_ref);
#endif
}

/* call.c: adds a call to those of the worker; `ref` and `waker` become its own. */
mmc_call *mmc_call_new(mmc_scripts *, int ref, mmc_waker *, bool many);
/* Forgets a call, with the state locked. */
void mmc_call_free(mmc_call *);

/* answer.c: the functions that `build_ref` and `traceback_ref` refer to. */
int mmc_answer_build(lua_State *);
int mmc_answer_traceback(lua_State *);
/* The job of a worker's scripts: delivers all answers that have arrived. */
void mmc_answers_run(void *scripts);

/* A method of connections. `arguments` has a letter for each argument after the
 * key: v value, c version, t time to live, s seconds that are left, r receiver of the
 * response (callback or vrequest); optional ones, at the end: T time to live, D delta, N table of what is kept near. */
typedef struct {
	const char *name, *arguments, *form;
	mmc_command_kind kind;
} mmc_method;

/* What a method was called with. The command refers to `key`, to the connection
 * and to values on the stack. */
typedef struct {
	mmc_command command;
	mmc_bytes key;  /* of a command for one key */
	int keys;       /* stack index of the key, or of the table of keys */
	int receiver;   /* stack index of the callback or vrequest; 0 without one */
	liVRequest *vr; /* if it is a vrequest */
} mmc_arguments;

/* arguments.c: completes `given`, whose command has a kind and a server. Returns
 * a reason to refuse the call, or NULL; wrong arguments raise an error. */
const char *mmc_arguments_read(lua_State *, const mmc_method *, mmc_arguments *given);

/* servers.c: functions of the table `memcached`, whose upvalue is the metatable of
 * connections: by addresses, and by the name of a pool. */
int mmc_connection_new(lua_State *);
int mmc_connection_pool(lua_State *);

/* command.c: puts the methods of connections into the table at the top; the
 * metatable of connections is below it. */
void mmc_methods_fill(lua_State *, mmc_scripts *);

#endif
