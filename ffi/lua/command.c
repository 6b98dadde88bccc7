/* The methods of connections: each submits a command. */
#include <string.h>

#include "api.h"

/* Commands of one worker that may wait for an answer at the same time. */
#define CALLS_MAX 16384

static const mmc_method methods[] = {
	{ "get", "rN", "con:get(key, cb | vr, [options]) or con:get({key, ...}, cb | vr)", MMC_GET },
	{ "gets", "r", "con:gets(key, cb | vr)", MMC_GETS },
	{ "set", "vrT", "con:set(key, value, cb | vr, [ttl])", MMC_SET },
	{ "setq", "vT", "con:setq(key, value, [ttl])", MMC_SET },
	{ "add", "vrT", "con:add(key, value, cb | vr, [ttl])", MMC_ADD },
	{ "replace", "vrT", "con:replace(key, value, cb | vr, [ttl])", MMC_REPLACE },
	{ "append", "vr", "con:append(key, value, cb | vr)", MMC_APPEND },
	{ "prepend", "vr", "con:prepend(key, value, cb | vr)", MMC_PREPEND },
	{ "cas", "vcrT", "con:cas(key, value, cas, cb | vr, [ttl])", MMC_CAS },
	{ "delete", "r", "con:delete(key, cb | vr)", MMC_DELETE },
	{ "deleteq", "", "con:deleteq(key)", MMC_DELETE },
	{ "touch", "tr", "con:touch(key, ttl, cb | vr)", MMC_TOUCH },
	{ "incr", "rD", "con:incr(key, cb | vr, [delta])", MMC_INCR },
	{ "decr", "rD", "con:decr(key, cb | vr, [delta])", MMC_DECR },
	{ "invalidate", "sr", "con:invalidate(key, seconds, cb | vr)", MMC_INVALIDATE },
	{ "bump", "r", "con:bump(namespace, cb | vr)", MMC_BUMP },
};

/* Results of a call that could not be submitted: nil and the reason. */
static int refuse(lua_State *L, const char *reason) {
	lua_pushnil(L);
	lua_pushstring(L, reason);
	return 2;
}

static const mmc_connection *connection_at(lua_State *L, int at, int metatable) {
	const mmc_connection *con = lua_touserdata(L, at);
	if (!con || lua_type(L, at) != LUA_TUSERDATA || !lua_getmetatable(L, at)) return NULL;
	bool is_one = lua_rawequal(L, -1, metatable);
	lua_settop(L, -2);
	return is_one ? con : NULL;
}

/* Whether a client still waits for a vrequest. A script can keep one after its
 * end, so it is not read before it is found among those of the worker. */
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

/* Starts Rust's half if that has not happened yet. */
static bool start(mmc_scripts *s) {
	if (s->stopped || s->broken) return false;
	if (!s->state) {
		mmc_rust_worker *worker_state = mmc_state_of_worker(s->wrk);
		if (worker_state) s->state = mmc_def()->scripts->start(s, worker_state);
		if (s->state) s->job = mmc_job_new((mmc_worker *)s->wrk, mmc_answers_run, s, false);
	}
	return s->state != NULL;
}

/* 0 if Rust accepted the command, else the number of results: nil and its error. */
static int submit(lua_State *L, mmc_scripts *s, const mmc_command *command, mmc_call *call) {
	uint8_t error[300];
	size_t len = mmc_def()->scripts->submit(s->state, command, call, error, sizeof(error));
	if (len == 0) return 0;
	if (call) mmc_call_free(call);
	lua_pushnil(L);
	lua_pushlstring(L, (const char *)error, len);
	return 2;
}

/* Submits the command and pushes the request object. */
static int submit_call(lua_State *L, mmc_scripts *s, const mmc_method *m, const mmc_arguments *given) {
	lua_createtable(L, 0, 1);
	int object = lua_gettop(L);
	lua_createtable(L, 4, 0);
	int fields = object + 1;
	if (given->vr) {
		lua_createtable(L, 0, 4);
		lua_pushvalue(L, -1);
		lua_setfield(L, object, "response");
	} else {
		mmc_push_globals(L, s->LL);
		if (lua_getmetatable(L, -1)) any_rawseti(L, fields, CALL_ENVIRONMENT);
		lua_settop(L, fields);
		lua_pushvalue(L, given->receiver);
	}
	any_rawseti(L, fields, CALL_RECEIVER);
	lua_pushvalue(L, given->keys);
	any_rawseti(L, fields, CALL_KEYS);
	if (strpbrk(m->arguments, "tT")) {
		lua_pushinteger(L, (lua_Integer)given->command.ttl_secs);
		any_rawseti(L, fields, CALL_TTL);
	}

	/* From here on nothing raises before Rust owns the call. */
	int ref = luaL_ref(L, LUA_REGISTRYINDEX);
	mmc_waker *waker = given->vr ? mmc_request_waker((mmc_request *)given->vr) : NULL;
	if (given->vr && !waker) {
		luaL_unref(L, LUA_REGISTRYINDEX, ref);
		return refuse(L, "no request of this server can be woken");
	}
	bool many = lua_type(L, given->keys) == LUA_TTABLE;
	int results = submit(L, s, &given->command, mmc_call_new(s, ref, waker, many));
	if (results) return results;
	lua_settop(L, object);
	return 1;
}

/* Every method; its upvalues are the worker's scripts, the method's index, and
 * the metatable of connections. */
static int call_method(lua_State *L) {
	mmc_scripts *s = lua_touserdata(L, lua_upvalueindex(1));
	const mmc_method *m = &methods[any_tointeger(L, lua_upvalueindex(2))];
	const mmc_connection *con = connection_at(L, 1, lua_upvalueindex(3));
	if (!con) return luaL_error(L, "%s: con must be a connection of memcached.new", m->form);
	mmc_arguments given = { .command = { .kind = m->kind, .servers = { con->servers, con->len }, .number = 1 } };
	const char *reason = mmc_arguments_read(L, m, &given);
	if (reason) return refuse(L, reason);
	if (given.vr && !is_alive(s, given.vr)) return refuse(L, "the vrequest is over");
	if (!start(s)) return refuse(L, "memcached is not available on this worker");
	if (given.receiver) {
		if (s->count >= CALLS_MAX) return refuse(L, "too many requests are waiting");
		return submit_call(L, s, m, &given);
	}
	int results = submit(L, s, &given.command, NULL);
	if (results) return results;
	lua_pushboolean(L, true);
	return 1;
}

/* con:server(key); its upvalues are the worker's scripts and the metatable of connections. */
static int call_server(lua_State *L) {
	static const char *form = "con:server(key)";
	mmc_scripts *s = lua_touserdata(L, lua_upvalueindex(1));
	const mmc_connection *con = connection_at(L, 1, lua_upvalueindex(2));
	if (!con) return luaL_error(L, "%s: con must be a connection of memcached.new", form);
	if (lua_gettop(L) != 2) return luaL_error(L, "%s: wrong number of arguments", form);
	if (!lua_isstring(L, 2))
		return luaL_error(L, "%s: key must be a string, not a %s", form, lua_typename(L, lua_type(L, 2)));
	if (!start(s)) return refuse(L, "memcached is not available on this worker");
	mmc_bytes servers = { con->servers, con->len }, key = { NULL, 0 }, home, stand_in;
	key.ptr = (const uint8_t *)lua_tolstring(L, 2, &key.len);
	uint8_t error[300];
	size_t len = mmc_def()->scripts->locate(s->state, servers, key, &home, &stand_in, error, sizeof(error));
	if (len) {
		lua_pushnil(L);
		lua_pushlstring(L, (const char *)error, len);
		return 2;
	}
	lua_pushlstring(L, (const char *)home.ptr, home.len);
	if (!stand_in.len) return 1;
	lua_pushlstring(L, (const char *)stand_in.ptr, stand_in.len);
	return 2;
}

void mmc_methods_fill(lua_State *L, mmc_scripts *s) {
	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
		lua_pushlightuserdata(L, s);
		lua_pushinteger(L, (lua_Integer)i);
		lua_pushvalue(L, -4);
		lua_pushcclosure(L, call_method, 3);
		lua_setfield(L, -2, methods[i].name);
	}
	lua_pushlightuserdata(L, s);
	lua_pushvalue(L, -3);
	lua_pushcclosure(L, call_server, 2);
	lua_setfield(L, -2, "server");
}
