/* What the parts of the Lua API share. */
#ifndef MMC_SCRIPTS_H
#define MMC_SCRIPTS_H

/* The lock of a Lua state is of a type that GLib deprecates. */
#define GLIB_DISABLE_DEPRECATION_WARNINGS
#include "internal.h"

#include <lauxlib.h>
#include <lighttpd/core_lua.h>
#include <lua.h>

/* A host without Lua must be able to load the plugin, so nothing here may be
 * wanted by name. */
#pragma weak li_lua_get_vrequest
#pragma weak luaL_addlstring
#pragma weak luaL_buffinit
#pragma weak luaL_error
#pragma weak luaL_pushresult
#pragma weak luaL_ref
#pragma weak luaL_unref
#pragma weak lua_call
#pragma weak lua_callk
#pragma weak lua_checkstack
#pragma weak lua_copy
#pragma weak lua_createtable
#pragma weak lua_getfield
#pragma weak lua_getglobal
#pragma weak lua_getmetatable
#pragma weak lua_gettop
#pragma weak lua_insert
#pragma weak lua_isinteger
#pragma weak lua_isstring
#pragma weak lua_newuserdata
#pragma weak lua_newuserdatauv
#pragma weak lua_pcall
#pragma weak lua_pcallk
#pragma weak lua_pushboolean
#pragma weak lua_pushcclosure
#pragma weak lua_pushfstring
#pragma weak lua_pushinteger
#pragma weak lua_pushlightuserdata
#pragma weak lua_pushlstring
#pragma weak lua_pushnil
#pragma weak lua_pushnumber
#pragma weak lua_pushstring
#pragma weak lua_pushvalue
#pragma weak lua_rawequal
#pragma weak lua_rawget
#pragma weak lua_rawgeti
#pragma weak lua_rawset
#pragma weak lua_rawseti
#pragma weak lua_remove
#pragma weak lua_replace
#pragma weak lua_rotate
#pragma weak lua_setfield
#pragma weak lua_setglobal
#pragma weak lua_setmetatable
#pragma weak lua_settop
#pragma weak lua_tointeger
#pragma weak lua_tointegerx
#pragma weak lua_tolstring
#pragma weak lua_tonumber
#pragma weak lua_tonumberx
#pragma weak lua_touserdata
#pragma weak lua_type
#pragma weak lua_typename

/* One worker's scripts. Functions in its Lua state refer to it, so it lives
 * until the plugin is unloaded. */
struct mmc_scripts {
	mmc_scripts *next;
	liLuaState *LL;
	liWorker *wrk;
	void *state;      /* Rust's half, made for the first command */
	mmc_job *job;     /* takes answers out */
	mmc_call *calls;  /* all that have no answer yet */
	size_t count;
	int build_ref, traceback_ref;
	guint last_found; /* the connection whose vrequest waited last */
	bool stopped;
	bool broken;      /* Rust's half panicked: nothing is submitted any more */
};

/* What a script has of a server: its address and nothing else. */
typedef struct {
	size_t len;
	uint8_t address[128];
} mmc_connection;

/* A command that will have an answer. */
struct mmc_call {
	mmc_scripts *scripts;
	mmc_call *prev, *next;
	mmc_waker *waker; /* of the vrequest that waits; NULL with a callback */
	int ref;          /* a table in the registry with what follows */
	bool many;        /* keys in a table, responses likewise */
};
enum {
	CALL_ASKER = 1, /* the callback, or the response that is to be filled */
	CALL_ENVIRONMENT, /* the host's metatable of global variables for the callback */
	CALL_KEYS, /* the key, or the table of them */
	CALL_TTL
};

/* Puts the methods of connections into the table at the top. */
void mmc_methods_fill(lua_State *, mmc_scripts *);
/* Forgets a call; the state is locked. */
void mmc_call_free(mmc_call *);
/* The functions that `build_ref` and `traceback_ref` refer to. */
int mmc_answer_build(lua_State *);
int mmc_answer_traceback(lua_State *);
/* The job: gives all answers that are there to their askers. */
void mmc_answers_run(void *scripts);

#endif
