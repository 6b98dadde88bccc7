/* Delivers answers to the scripts that wait for them: from the worker's loop,
 * never while a script submits a command, and without a Rust frame below a
 * callback. */
#include "api.h"

#include <limits.h>
#include <string.h>

void mmc_scripts_ring(mmc_scripts *s) {
	if (s->job) mmc_job_later(s->job);
}

static void set_number(lua_State *L, int table, const char *name, uint64_t number) {
	if (mmc_has_integers() && number <= (uint64_t)LLONG_MAX) lua_pushinteger(L, (lua_Integer)number);
	else lua_pushnumber(L, (lua_Number)number);
	lua_pushstring(L, name);
	any_insert(L, -2);
	lua_rawset(L, table);
}

static void set_bytes(lua_State *L, int table, const char *name, mmc_bytes bytes) {
	lua_pushstring(L, name);
	lua_pushlstring(L, bytes.len ? (const char *)bytes.ptr : "", bytes.len);
	lua_rawset(L, table);
}

/* The response says that there is none: what was answered cannot be read. */
static void set_broken(lua_State *L, int table) {
	static const char text[] = "internal error";
	set_number(L, table, "code", MMC_CODE_ERROR);
	set_bytes(L, table, "error", (mmc_bytes){ (const uint8_t *)text, sizeof(text) - 1 });
}

static void set_value(lua_State *L, int table, const mmc_answer_value *value) {
	set_bytes(L, table, "data", value->data);
	set_number(L, table, "flags", value->flags);
	/* What memcached was not asked for is 0. The version is text, since a Lua
	 * number cannot hold all of 64 bits. */
	set_number(L, table, "ttl", 0);
	char digits[24];
	uint64_t cas = value->has_cas ? value->cas : 0;
	int len = g_snprintf(digits, sizeof(digits), "%" G_GUINT64_FORMAT, cas);
	set_bytes(L, table, "cas", (mmc_bytes){ (const uint8_t *)digits, (size_t)len });
}

/* Fills the table at the top with the fields that do not come from a value;
 * `key` is the stack index of the key. */
static void set_common(lua_State *L, const mmc_answer *a, uint32_t code, int key) {
	int table = lua_gettop(L);
	set_number(L, table, "code", code);
	if (a->error.len) set_bytes(L, table, "error", a->error);
	lua_pushstring(L, "key");
	lua_pushvalue(L, key);
	lua_rawset(L, table);
}

/* Builds the response to the answer in the argument, which stays valid if this
 * raises. Returns the callback, or nil, and the response. */
int mmc_answer_build(lua_State *L) {
	enum {
		ANSWER = 1,
		CALL,
		RECEIVER,
		RESPONSE,
		KEYS,
		END
	};
	const mmc_answer *a = lua_touserdata(L, ANSWER);
	mmc_rust_scripts *state = a->call->scripts->state;
	const mmc_script_def *rust = mmc_def()->scripts;
	any_rawgeti(L, LUA_REGISTRYINDEX, a->call->ref);
	any_rawgeti(L, CALL, CALL_RECEIVER);
	if (lua_type(L, RECEIVER) == LUA_TFUNCTION) {
		lua_createtable(L, 0, 6);
	} else {
		lua_pushvalue(L, RECEIVER);
		lua_pushnil(L);
		any_replace(L, RECEIVER);
	}
	any_rawgeti(L, CALL, CALL_KEYS);
	if (!a->call->many) {
		lua_pushvalue(L, RESPONSE);
		set_common(L, a, a->code, KEYS);
		if (a->has_number) set_number(L, RESPONSE, "data", a->number);
		for (size_t i = 0; i < a->values; i++) {
			mmc_answer_value value;
			if (rust->value(state, i, &value)) set_value(L, RESPONSE, &value);
			else set_broken(L, RESPONSE);
		}
		any_rawgeti(L, CALL, CALL_TTL);
		if (lua_type(L, -1) != LUA_TNIL) {
			lua_pushstring(L, "ttl");
			any_insert(L, -2);
			lua_rawset(L, RESPONSE);
		}
	} else {
		for (int i = 1;; i++) {
			lua_settop(L, KEYS);
			any_rawgeti(L, KEYS, i);
			if (lua_type(L, -1) == LUA_TNIL) break;
			lua_pushvalue(L, -1);
			lua_createtable(L, 0, 6);
			set_common(L, a, a->code == MMC_CODE_OK ? MMC_CODE_NOT_FOUND : a->code, END);
			lua_rawset(L, RESPONSE);
		}
		for (size_t i = 0; i < a->values; i++) {
			mmc_answer_value value;
			if (!rust->value(state, i, &value) || value.key >= INT_MAX) continue;
			lua_settop(L, KEYS);
			any_rawgeti(L, KEYS, (int)value.key + 1);
			lua_rawget(L, RESPONSE);
			/* None of the keys. */
			if (lua_type(L, END) != LUA_TTABLE) continue;
			if (value.error.len) {
				set_number(L, END, "code", MMC_CODE_ERROR);
				set_bytes(L, END, "error", value.error);
			} else {
				set_number(L, END, "code", MMC_CODE_OK);
				set_value(L, END, &value);
			}
		}
	}
	lua_settop(L, RESPONSE);
	return 2;
}

/* Of an error message that is longer, so much is kept: its traceback is worth
 * more. */
#define MESSAGE_MAX 512

/* Appends a traceback to an error message; the upvalue is debug.traceback. */
int mmc_answer_traceback(lua_State *L) {
	lua_settop(L, 1);
	if (!lua_isstring(L, 1)) {
		lua_pushfstring(L, "an error that is a %s", lua_typename(L, lua_type(L, 1)));
		any_replace(L, 1);
	}
	size_t len;
	const char *message = lua_tolstring(L, 1, &len);
	if (len > MESSAGE_MAX) {
		lua_pushlstring(L, message, MESSAGE_MAX);
		lua_pushfstring(L, "%s...", lua_tolstring(L, -1, NULL));
		any_replace(L, 1);
		lua_settop(L, 1);
	}
	if (lua_type(L, lua_upvalueindex(1)) != LUA_TFUNCTION) return 1;
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 2);
	any_call(L, 2, 1);
	return 1;
}

static void log_error(mmc_scripts *s, const char *what) {
	mmc_bytes error = { NULL, 0 };
	error.ptr = (const uint8_t *)lua_tolstring(s->LL->L, -1, &error.len);
	if (!error.ptr) error.len = 0;
	if (s->state) mmc_def()->scripts->failed(s->state, (mmc_bytes){ (const uint8_t *)what, strlen(what) }, error);
}

static void deliver(mmc_scripts *s, mmc_answer *a) {
	lua_State *L = s->LL->L;
	g_static_rec_mutex_lock(&s->LL->lualock);
	int top = lua_gettop(L);
	enum {
		TRACEBACK = 1,
		GLOBALS,
		BEFORE,
		CALLBACK,
		RESPONSE
	};
	if (!lua_checkstack(L, LUA_MINSTACK)) g_error("mod_memcached: no room on the stack of Lua");
	any_rawgeti(L, LUA_REGISTRYINDEX, s->traceback_ref);
	/* A callback sees the global variables of the request in which the call was
	 * made. As in the host, the metatable of one table selects them. */
	mmc_push_globals(L, s->LL);
	any_rawgeti(L, LUA_REGISTRYINDEX, a->call->ref);
	any_rawgeti(L, -1, CALL_ENVIRONMENT);
	any_remove(L, -2);
	bool changed = false;
	if (lua_type(L, -1) == LUA_TTABLE && lua_getmetatable(L, top + GLOBALS)) {
		any_insert(L, top + BEFORE);
		lua_setmetatable(L, top + GLOBALS);
		changed = true;
	}
	any_rawgeti(L, LUA_REGISTRYINDEX, s->build_ref);
	lua_pushlightuserdata(L, a);
	int failed = any_pcall(L, 1, 2, top + TRACEBACK);
	if (a->call->waker) mmc_waker_wake(a->call->waker);
	mmc_call_free(a->call);
	a->call = NULL;
	if (failed) {
		log_error(s, "no response could be made");
	} else if (lua_type(L, top + CALLBACK) == LUA_TFUNCTION && any_pcall(L, 1, 0, top + TRACEBACK)) {
		log_error(s, "error in a callback");
	}
	if (changed) {
		lua_settop(L, top + BEFORE);
		lua_setmetatable(L, top + GLOBALS);
	}
	lua_settop(L, top);
	g_static_rec_mutex_unlock(&s->LL->lualock);
}

/* Answers all that wait with an error, so that no request hangs. */
static void give_up(mmc_scripts *s) {
	static const char text[] = "internal error";
	s->broken = true;
	while (s->calls) {
		mmc_answer answer = { .call = s->calls, .code = MMC_CODE_ERROR };
		answer.error = (mmc_bytes){ (const uint8_t *)text, sizeof(text) - 1 };
		deliver(s, &answer);
	}
}

void mmc_answers_run(void *data) {
	mmc_scripts *s = data;
	const mmc_script_def *rust = mmc_def()->scripts;
	mmc_answer answer;
	mmc_next next = MMC_NEXT_NONE;
	bool any = false;
	/* Bounded, so that a script whose callbacks submit again and again does not
	 * keep the worker from its other work. */
	for (size_t left = s->count; left > 0; left--) {
		next = s->broken ? MMC_NEXT_NONE : rust->next(s->state, &answer);
		if (next != MMC_NEXT_ANSWER) break;
		deliver(s, &answer);
		any = true;
	}
	if (next == MMC_NEXT_BROKEN) {
		give_up(s);
		any = true;
	}
	/* The host has run its jobs for this pass already: without another pass at
	 * once, requests woken here would wait until something else happens. */
	if (any) mmc_job_later(s->job);
}
