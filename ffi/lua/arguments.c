/* Reads what a script passes to a method into a command. */
#include <math.h>
#include <string.h>

#include "api.h"

/* Keys of one `get`. */
#define KEYS_MAX 1000
#define DEFAULT_TTL_SECS 300
/* 30 days: memcached takes more for a date. */
#define SECONDS_LEFT_MAX (30 * 24 * 60 * 60)
/* One hour. */
#define NEAR_MS_MAX (60 * 60 * 1000)
/* 2^53: up to here a Lua 5.1 number represents every integer. */
#define EXACT_MAX 9007199254740992.0

static const char *type_name(lua_State *L, int at) { return lua_typename(L, lua_type(L, at)); }

/* Of a string or number; a number is converted in its place on the stack. */
static mmc_bytes text_at(lua_State *L, int at) {
	size_t len;
	const char *text = lua_tolstring(L, at, &len);
	return (mmc_bytes){ (const uint8_t *)text, len };
}

/* A time to live in whole seconds, rounded down but at least 1; 0 means no
 * expiry. */
static uint32_t ttl_at(lua_State *L, int at, const mmc_method *m) {
	if (lua_type(L, at) != LUA_TNUMBER)
		luaL_error(L, "%s: ttl must be a number of seconds, not a %s", m->form, type_name(L, at));
	double secs = (double)any_tonumber(L, at);
	if (!(secs >= 0)) luaL_error(L, "%s: ttl must be at least 0", m->form);
	if (secs > 0 && secs < 1) return 1;
	return secs >= UINT32_MAX ? UINT32_MAX : (uint32_t)secs;
}

/* How long an item has left, in whole seconds, rounded down. */
static uint32_t seconds_left_at(lua_State *L, int at, const mmc_method *m) {
	double secs = lua_type(L, at) == LUA_TNUMBER ? (double)any_tonumber(L, at) : 0;
	if (!(secs >= 1 && secs <= SECONDS_LEFT_MAX))
		luaL_error(L, "%s: seconds must be a number from 1 to %d", m->form, SECONDS_LEFT_MAX);
	return (uint32_t)secs;
}

/* How old a value may be that was found before, in whole milliseconds. */
static uint32_t near_ms_at(lua_State *L, int at, const mmc_method *m) {
	double ms = -1;
	if (lua_type(L, at) == LUA_TTABLE) {
		int top = lua_gettop(L);
		lua_getfield(L, at, "near_ms");
		if (lua_type(L, -1) == LUA_TNUMBER) ms = (double)any_tonumber(L, -1);
		lua_settop(L, top);
	}
	if (!(ms >= 0 && ms <= NEAR_MS_MAX))
		luaL_error(L, "%s: options must be a table with near_ms, a number from 0 to %d", m->form, NEAR_MS_MAX);
	return (uint32_t)ms;
}

/* A whole number, given as a number or in digits. */
static uint64_t whole_at(lua_State *L, int at, const mmc_method *m, const char *what) {
	guint64 whole = 0;
	if (lua_type(L, at) == LUA_TSTRING) {
		mmc_bytes text = text_at(L, at);
		if (strlen((const char *)text.ptr) == text.len &&
			g_ascii_string_to_unsigned((const char *)text.ptr, 10, 0, G_MAXUINT64, &whole, NULL))
			return whole;
	} else if (lua_type(L, at) == LUA_TNUMBER) {
		if (any_isinteger(L, at) && any_tointeger(L, at) >= 0) return (uint64_t)any_tointeger(L, at);
		double number = (double)any_tonumber(L, at);
		if (number >= 0 && number <= EXACT_MAX && floor(number) == number) return (uint64_t)number;
	}
	return (uint64_t)luaL_error(L, "%s: %s must be a whole number of at least 0", m->form, what);
}

/* Pushes a table of the distinct keys in the table at `at`, then the array of
 * them that the command refers to; false if there are too many. */
static bool push_keys(lua_State *L, int at, const mmc_method *m, mmc_command *command) {
	size_t count = 0;
	lua_createtable(L, 0, 0);
	int keys = lua_gettop(L);
	lua_createtable(L, 0, 0);
	for (int i = 1;; i++) {
		any_rawgeti(L, at, i);
		if (lua_type(L, -1) == LUA_TNIL) break;
		if (!lua_isstring(L, -1))
			luaL_error(L, "%s: key %d must be a string, not a %s", m->form, i, type_name(L, -1));
		lua_tolstring(L, -1, NULL);
		lua_pushvalue(L, -1);
		lua_rawget(L, keys + 1);
		if (lua_type(L, -1) == LUA_TNIL) {
			if (count == KEYS_MAX) return false;
			lua_pushvalue(L, -2);
			any_rawseti(L, keys, (int)++count);
			lua_pushvalue(L, -2);
			lua_pushboolean(L, true);
			lua_rawset(L, keys + 1);
		}
		lua_settop(L, keys + 1);
	}
	lua_settop(L, keys);
	mmc_bytes *array = any_newuserdata(L, (count + 1) * sizeof(mmc_bytes));
	for (size_t i = 0; i < count; i++) {
		any_rawgeti(L, keys, (int)i + 1);
		array[i] = text_at(L, -1);
		lua_settop(L, keys + 1);
	}
	command->keys = array;
	command->key_count = count;
	return true;
}

/* Reads the arguments after the key, the first of which is at stack index 3. */
static void read_arguments(lua_State *L, const mmc_method *m, mmc_arguments *given) {
	mmc_command *command = &given->command;
	int count = lua_gettop(L) - 2, most = (int)strlen(m->arguments);
	int least = most - (strpbrk(m->arguments, "TDN") != NULL);
	if (count < least || count > most) luaL_error(L, "%s: wrong number of arguments", m->form);
	if (strchr(m->arguments, 'T')) command->ttl_secs = DEFAULT_TTL_SECS;
	for (int i = 0; i < count; i++) {
		int at = i + 3;
		switch (m->arguments[i]) {
		case 'v':
			if (!lua_isstring(L, at))
				luaL_error(L, "%s: value must be a string or a number, not a %s", m->form, type_name(L, at));
			command->data = text_at(L, at);
			break;
		case 'c':
			command->number = whole_at(L, at, m, "cas");
			break;
		case 'r':
			given->receiver = at;
			if (lua_type(L, at) == LUA_TFUNCTION) break;
			given->vr = li_lua_get_vrequest ? li_lua_get_vrequest(L, at) : NULL;
			if (!given->vr)
				luaL_error(L, "%s: cb | vr must be a function or a vrequest, not a %s", m->form, type_name(L, at));
			break;
		case 'D':
			if (lua_type(L, at) != LUA_TNIL) command->number = whole_at(L, at, m, "delta");
			break;
		case 'N':
			if (lua_type(L, at) != LUA_TNIL) command->near_ms = near_ms_at(L, at, m);
			break;
		case 's':
			command->ttl_secs = seconds_left_at(L, at, m);
			break;
		case 'T':
			if (lua_type(L, at) == LUA_TNIL) break;
			/* fall through */
		case 't':
			command->ttl_secs = ttl_at(L, at, m);
			break;
		}
	}
}

/* Reads the key, or the table of keys, at stack index 2; gives a reason to refuse
 * the call, or NULL. */
static const char *read_keys(lua_State *L, const mmc_method *m, mmc_arguments *given) {
	bool may_be_many = m->kind == MMC_GET;
	given->keys = 2;
	if (may_be_many && lua_type(L, 2) == LUA_TTABLE) {
		given->keys = lua_gettop(L) + 1;
		if (given->command.near_ms) luaL_error(L, "%s: near_ms is for one key", m->form);
		if (!push_keys(L, 2, m, &given->command)) return "too many keys at once, at most 1000 are allowed";
		/* A `get` of several keys gives their versions too. */
		given->command.kind = MMC_GETS;
		return given->command.key_count ? NULL : "no keys";
	}
	if (!lua_isstring(L, 2))
		luaL_error(L, "%s: %s must be a string%s, not a %s", m->form, m->kind == MMC_BUMP ? "namespace" : "key",
			may_be_many ? " or a table of strings" : "", type_name(L, 2));
	given->key = text_at(L, 2);
	given->command.keys = &given->key;
	given->command.key_count = 1;
	return NULL;
}

const char *mmc_arguments_read(lua_State *L, const mmc_method *m, mmc_arguments *given) {
	read_arguments(L, m, given);
	return read_keys(L, m, given);
}
