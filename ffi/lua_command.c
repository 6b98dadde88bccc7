/* The methods of connections: a script's arguments become a command. */
#include "scripts.h"

#include <math.h>
#include <string.h>

/* So many commands of one worker may wait for their answers. */
#define CALLS_MAX 16384
/* So many keys may be asked for at once. */
#define KEYS_MAX 1000
#define DEFAULT_TTL_SECS 300
/* Up to here a number of Lua 5.1 holds every integer. */
#define EXACT_MAX 9007199254740992.0

/* The arguments behind the key: v value, c version, t time to live, a asker;
 * capitals may be left out: T time to live, D by how much to count. */
typedef struct {
	const char *name, *arguments, *form;
	mmc_command_kind kind;
} method;

static const method methods[] = {
	{ "get", "a", "con:get(key, cb | vr) or con:get({key, ...}, cb | vr)", MMC_GET },
	{ "gets", "a", "con:gets(key, cb | vr)", MMC_GETS },
	{ "set", "vaT", "con:set(key, value, cb | vr, [ttl])", MMC_SET },
	{ "setq", "vT", "con:setq(key, value, [ttl])", MMC_SET },
	{ "add", "vaT", "con:add(key, value, cb | vr, [ttl])", MMC_ADD },
	{ "replace", "vaT", "con:replace(key, value, cb | vr, [ttl])", MMC_REPLACE },
	{ "append", "va", "con:append(key, value, cb | vr)", MMC_APPEND },
	{ "prepend", "va", "con:prepend(key, value, cb | vr)", MMC_PREPEND },
	{ "cas", "vcaT", "con:cas(key, value, cas, cb | vr, [ttl])", MMC_CAS },
	{ "delete", "a", "con:delete(key, cb | vr)", MMC_DELETE },
	{ "deleteq", "", "con:deleteq(key)", MMC_DELETE },
	{ "touch", "ta", "con:touch(key, ttl, cb | vr)", MMC_TOUCH },
	{ "incr", "aD", "con:incr(key, cb | vr, [delta])", MMC_INCR },
	{ "decr", "aD", "con:decr(key, cb | vr, [delta])", MMC_DECR },
};

static const char *type_name(lua_State *L, int at) { return lua_typename(L, lua_type(L, at)); }

static int nothing(lua_State *L, const char *text, size_t len) {
	lua_pushnil(L);
	lua_pushlstring(L, text, len);
	return 2;
}

#define NOTHING(L, text) nothing(L, "" text, sizeof(text) - 1)

/* Strings and numbers; a number is turned into a string where it stands. */
static mmc_bytes text_at(lua_State *L, int at) {
	size_t len;
	const char *text = lua_tolstring(L, at, &len);
	return (mmc_bytes){ (const uint8_t *)text, len };
}

/* A time to live is at least a second, unless it is 0, which is for ever. */
static uint32_t ttl_at(lua_State *L, int at, const method *m) {
	if (lua_type(L, at) != LUA_TNUMBER)
		luaL_error(L, "%s: ttl must be a number of seconds, not a %s", m->form, type_name(L, at));
	double secs = (double)lua_tonumber(L, at);
	if (!(secs >= 0)) luaL_error(L, "%s: ttl must be at least 0", m->form);
	if (secs > 0 && secs < 1) return 1;
	return secs >= UINT32_MAX ? UINT32_MAX : (uint32_t)secs;
}

/* A whole number, as a number or in digits. */
static uint64_t whole_at(lua_State *L, int at, const method *m, const char *what) {
	guint64 whole = 0;
	if (lua_type(L, at) == LUA_TSTRING) {
		mmc_bytes text = text_at(L, at);
		if (strlen((const char *)text.ptr) == text.len &&
			g_ascii_string_to_unsigned((const char *)text.ptr, 10, 0, G_MAXUINT64, &whole, NULL))
			return whole;
	} else if (lua_type(L, at) == LUA_TNUMBER) {
#if LUA_VERSION_NUM >= 503
		if (lua_isinteger(L, at) && lua_tointeger(L, at) >= 0) return (uint64_t)lua_tointeger(L, at);
#endif
		double number = (double)lua_tonumber(L, at);
		if (number >= 0 && number <= EXACT_MAX && floor(number) == number) return (uint64_t)number;
	}
	return (uint64_t)luaL_error(L, "%s: %s must be a whole number of at least 0", m->form, what);
}

static const mmc_connection *connection_at(lua_State *L, int at, int metatable) {
	const mmc_connection *con = lua_touserdata(L, at);
	if (!con || lua_type(L, at) != LUA_TUSERDATA || !lua_getmetatable(L, at)) return NULL;
	bool is_one = lua_rawequal(L, -1, metatable);
	lua_settop(L, -2);
	return is_one ? con : NULL;
}

/* Leaves a table of the distinct keys of the table at `at`, and an array of
 * them behind it; false if there are too many. */
static bool push_keys(lua_State *L, int at, const method *m, mmc_command *command) {
	size_t count = 0;
	lua_createtable(L, 0, 0);
	int keys = lua_gettop(L);
	lua_createtable(L, 0, 0);
	for (int i = 1;; i++) {
		lua_rawgeti(L, at, i);
		if (lua_type(L, -1) == LUA_TNIL) break;
		if (!lua_isstring(L, -1))
			luaL_error(L, "%s: key %d must be a string, not a %s", m->form, i, type_name(L, -1));
		lua_tolstring(L, -1, NULL);
		lua_pushvalue(L, -1);
		lua_rawget(L, keys + 1);
		if (lua_type(L, -1) == LUA_TNIL) {
			if (count == KEYS_MAX) return false;
			lua_pushvalue(L, -2);
			lua_rawseti(L, keys, (int)++count);
			lua_pushvalue(L, -2);
			lua_pushboolean(L, true);
			lua_rawset(L, keys + 1);
		}
		lua_settop(L, keys + 1);
	}
	lua_settop(L, keys);
	mmc_bytes *array = lua_newuserdata(L, (count + 1) * sizeof(mmc_bytes));
	for (size_t i = 0; i < count; i++) {
		lua_rawgeti(L, keys, (int)i + 1);
		array[i] = text_at(L, -1);
		lua_settop(L, keys + 1);
	}
	command->keys = array;
	command->key_count = count;
	return true;
}

/* Whether a vrequest is one that a client waits for. A script can keep one for
 * longer than it lives, so nothing of it is touched before it is found among
 * those of the worker. */
static bool is_alive(mmc_scripts *s, const liVRequest *vr) {
	const GArray *all = s->wrk->connections;
	if (!all) return vr->wrk == s->wrk;
	guint count = s->wrk->connections_active < all->len ? s->wrk->connections_active : all->len;
	if (s->last_found >= count || g_array_index(all, liConnection *, s->last_found)->mainvr != vr) {
		guint i = 0;
		while (i < count && g_array_index(all, liConnection *, i)->mainvr != vr) i++;
		if (i == count) return false;
		s->last_found = i;
	}
	return vr->state != LI_VRS_CLEAN;
}

static bool start(mmc_scripts *s) {
	if (s->stopped || s->broken) return false;
	if (!s->state) {
		void *worker_state = mmc_state_of_worker(s->wrk);
		if (worker_state) s->state = mmc_def()->scripts->start(s, worker_state);
		if (s->state) s->job = mmc_job_new((mmc_worker *)s->wrk, mmc_answers_run, s);
	}
	return s->state != NULL;
}

static int submit(lua_State *L, mmc_scripts *s, const mmc_command *command, mmc_call *call) {
	uint8_t error[300];
	size_t len = mmc_def()->scripts->submit(s->state, command, call, error, sizeof(error));
	if (len == 0) return 0;
	if (call) mmc_call_free(call);
	return nothing(L, (const char *)error, len);
}

/* Takes the command and leaves the request object. `keys` and `asker` are where
 * these stand. */
static int call(lua_State *L, mmc_scripts *s, const method *m, const mmc_command *command, int keys, int asker, liVRequest *vr) {
	lua_createtable(L, 0, 1);
	int request = lua_gettop(L);
	lua_createtable(L, 4, 0);
	int table = request + 1;
	if (vr) {
		lua_createtable(L, 0, 4);
		lua_pushvalue(L, -1);
		lua_setfield(L, request, "response");
	} else {
		lua_rawgeti(L, LUA_REGISTRYINDEX, s->LL->li_env_ref);
		if (lua_getmetatable(L, -1)) lua_rawseti(L, table, CALL_ENVIRONMENT);
		lua_settop(L, table);
		lua_pushvalue(L, asker);
	}
	lua_rawseti(L, table, CALL_ASKER);
	lua_pushvalue(L, keys);
	lua_rawseti(L, table, CALL_KEYS);
	if (strpbrk(m->arguments, "tT")) {
		lua_pushinteger(L, (lua_Integer)command->ttl_secs);
		lua_rawseti(L, table, CALL_TTL);
	}

	/* From here on nothing raises until Rust has it. */
	int ref = luaL_ref(L, LUA_REGISTRYINDEX);
	mmc_waker *waker = vr ? mmc_request_waker((mmc_request *)vr) : NULL;
	if (vr && !waker) {
		luaL_unref(L, LUA_REGISTRYINDEX, ref);
		return NOTHING(L, "no request of this server can be woken");
	}
	mmc_call *c = g_new0(mmc_call, 1);
	*c = (mmc_call){ s, NULL, s->calls, waker, ref, command->key_count != 1 || lua_type(L, keys) == LUA_TTABLE };
	if (s->calls) s->calls->prev = c;
	s->calls = c;
	s->count++;
	int results = submit(L, s, command, c);
	if (results) return results;
	lua_settop(L, request);
	return 1;
}

void mmc_call_free(mmc_call *c) {
	mmc_scripts *s = c->scripts;
	if (c->prev) c->prev->next = c->next;
	else s->calls = c->next;
	if (c->next) c->next->prev = c->prev;
	s->count--;
	luaL_unref(s->LL->L, LUA_REGISTRYINDEX, c->ref);
	if (c->waker) mmc_waker_release(c->waker);
	g_free(c);
}

/* Every method; its upvalues are the worker's scripts, the method, and the
 * metatable of connections. */
static int call_method(lua_State *L) {
	mmc_scripts *s = lua_touserdata(L, lua_upvalueindex(1));
	const method *m = lua_touserdata(L, lua_upvalueindex(2));
	const mmc_connection *con = connection_at(L, 1, lua_upvalueindex(3));
	if (!con) return luaL_error(L, "%s: con must be a connection of memcached.new", m->form);
	int given = lua_gettop(L) - 2, most = (int)strlen(m->arguments);
	int least = most - (strpbrk(m->arguments, "TD") != NULL);
	if (given < least || given > most) return luaL_error(L, "%s: wrong number of arguments", m->form);

	mmc_command command = { .kind = m->kind, .server = { con->address, con->len }, .number = 1 };
	int asker = 0;
	liVRequest *vr = NULL;
	if (strchr(m->arguments, 'T')) command.ttl_secs = DEFAULT_TTL_SECS;
	for (int i = 0; i < given; i++) {
		int at = i + 3;
		switch (m->arguments[i]) {
		case 'v':
			if (!lua_isstring(L, at))
				return luaL_error(L, "%s: value must be a string or a number, not a %s", m->form, type_name(L, at));
			command.data = text_at(L, at);
			break;
		case 'c':
			command.number = whole_at(L, at, m, "cas");
			break;
		case 'a':
			asker = at;
			if (lua_type(L, at) == LUA_TFUNCTION) break;
			vr = li_lua_get_vrequest ? li_lua_get_vrequest(L, at) : NULL;
			if (!vr)
				return luaL_error(L, "%s: cb | vr must be a function or a vrequest, not a %s", m->form, type_name(L, at));
			break;
		case 'D':
			if (lua_type(L, at) != LUA_TNIL) command.number = whole_at(L, at, m, "delta");
			break;
		case 'T':
			if (lua_type(L, at) == LUA_TNIL) break;
			/* fall through */
		case 't':
			command.ttl_secs = ttl_at(L, at, m);
			break;
		}
	}

	int keys = 2;
	mmc_bytes key;
	bool may_be_many = m->kind == MMC_GET;
	if (may_be_many && lua_type(L, 2) == LUA_TTABLE) {
		keys = lua_gettop(L) + 1;
		if (!push_keys(L, 2, m, &command)) return NOTHING(L, "too many keys at once, at most 1000 are allowed");
		if (command.key_count == 0) return NOTHING(L, "no keys");
		/* Like all that ask for several. */
		command.kind = MMC_GETS;
	} else if (lua_isstring(L, 2)) {
		key = text_at(L, 2);
		command.keys = &key;
		command.key_count = 1;
	} else {
		return luaL_error(L, "%s: key must be a string%s, not a %s", m->form,
			may_be_many ? " or a table of strings" : "", type_name(L, 2));
	}
	if (vr && !is_alive(s, vr)) return NOTHING(L, "the vrequest is over");
	if (!start(s)) return NOTHING(L, "memcached is not available on this worker");
	if (asker) {
		if (s->count >= CALLS_MAX) return NOTHING(L, "too many requests are waiting");
		return call(L, s, m, &command, keys, asker, vr);
	}
	int results = submit(L, s, &command, NULL);
	if (results) return results;
	lua_pushboolean(L, true);
	return 1;
}

/* Fills the table at the top; the metatable of connections lies below it. */
void mmc_methods_fill(lua_State *L, mmc_scripts *s) {
	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
		lua_pushlightuserdata(L, s);
		lua_pushlightuserdata(L, (void *)&methods[i]);
		lua_pushvalue(L, -4);
		lua_pushcclosure(L, call_method, 3);
		lua_setfield(L, -2, methods[i].name);
	}
}
