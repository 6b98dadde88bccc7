/* The Lua API: the global table `memcached` of a worker's Lua state.
 *
 * All that can raise an error of Lua happens here, before Rust is called or
 * after it has returned, so no error jumps over a Rust frame. A connection is
 * but an address and a request object a plain table: nothing that a script
 * holds owns anything, and nothing needs a finalizer. */
#include "scripts.h"

#include <string.h>

#define DEFAULT_PORT 11211

static mmc_scripts *all_scripts;

/* memcached.new(address); its upvalue is the metatable of connections. */
static int new_connection(lua_State *L) {
	static const char *form = "memcached.new(address)";
	if (lua_gettop(L) != 1) return luaL_error(L, "%s: wrong number of arguments", form);
	if (lua_type(L, 1) != LUA_TSTRING)
		return luaL_error(L, "%s: address must be a string, not a %s", form, lua_typename(L, lua_type(L, 1)));
	size_t len;
	const char *address = lua_tolstring(L, 1, &len);
	mmc_bytes text = { (const uint8_t *)address, len };
	mmc_connection *con = lua_newuserdata(L, sizeof(mmc_connection));
	con->len = strlen(address) == len
		? mmc_sockaddr_parse(text, DEFAULT_PORT, con->address, sizeof(con->address)) : 0;
	if (con->len < sizeof(sa_family_t))
		return luaL_error(L, "%s: no socket address: \"%s\"", form, address);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_setmetatable(L, -2);
	return 1;
}

static void push_metatable(lua_State *L, mmc_scripts *s) {
	lua_createtable(L, 0, 2);
	lua_createtable(L, 0, 16);
	mmc_methods_fill(L, s);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
}

static void add_table(lua_State *L, mmc_scripts *s) {
	static const char *const codes[] = { "OK", "NOT_STORED", "EXISTS", "NOT_FOUND", "ERROR" };
	lua_createtable(L, 0, 1 + G_N_ELEMENTS(codes));
	push_metatable(L, s);
	lua_pushcclosure(L, new_connection, 1);
	lua_setfield(L, -2, "new");
	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
		lua_pushinteger(L, (lua_Integer)i + 1);
		lua_setfield(L, -2, codes[i]);
	}
	lua_setglobal(L, "memcached");

	lua_pushcclosure(L, mmc_answer_build, 0);
	s->build_ref = luaL_ref(L, LUA_REGISTRYINDEX);
	/* As it is before a script can change it. */
	lua_getglobal(L, "debug");
	if (lua_type(L, -1) == LUA_TTABLE) lua_getfield(L, -1, "traceback");
	lua_pushcclosure(L, mmc_answer_traceback, 1);
	s->traceback_ref = luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Functions that tell the versions of Lua from each other. */
extern const char has_setfenv[] __asm__("lua_setfenv") __attribute__((weak));
extern const char has_callk[] __asm__("lua_callk") __attribute__((weak));
extern const char has_rotate[] __asm__("lua_rotate") __attribute__((weak));
extern const char has_newuserdatauv[] __asm__("lua_newuserdatauv") __attribute__((weak));
extern const char has_openselectedlibs[] __asm__("luaL_openselectedlibs") __attribute__((weak));

static int version_of_host(void) {
	if (has_openselectedlibs) return 505;
	if (has_newuserdatauv) return 504;
	if (has_rotate) return 503;
	if (has_callk) return 502;
	return has_setfenv ? 501 : 0;
}

static bool fits(liServer *srv) {
	static bool told;
	int version = version_of_host();
	if (version == LUA_VERSION_NUM && li_lua_get_vrequest) return true;
	if (!told) {
		mmc_log(srv, NULL, NULL, MMC_LEVEL_ERROR,
			"mod_memcached: scripts cannot use it: it was built for Lua %d.%d, this server has %s %d.%d",
			LUA_VERSION_NUM / 100, LUA_VERSION_NUM % 100, version ? "Lua" : "an unknown Lua",
			version / 100, version % 100);
	}
	told = true;
	return false;
}

void mmc_scripts_init(liLuaState *LL, liServer *srv, liWorker *wrk, liPlugin *p) {
	(void)p;
	/* The host calls this again for a state that it has shown before. */
	for (mmc_scripts *s = all_scripts; s; s = s->next)
		if (s->LL == LL) return;
	if (!wrk || !LL->L || !fits(srv)) return;
	mmc_scripts *s = g_new0(mmc_scripts, 1);
	s->next = all_scripts;
	s->LL = LL;
	s->wrk = wrk;
	all_scripts = s;
	int top = lua_gettop(LL->L);
	add_table(LL->L, s);
	lua_settop(LL->L, top);
}

void mmc_scripts_stop(liWorker *wrk) {
	mmc_scripts *s = all_scripts;
	while (s && s->wrk != wrk) s = s->next;
	if (!s) return;
	s->stopped = true;
	if (!s->state) return;
	mmc_def()->scripts->stop(s->state);
	s->state = NULL;
	mmc_job_free(s->job);
	s->job = NULL;
	/* Nobody is called any more: what a callback would use may be gone. */
	g_static_rec_mutex_lock(&s->LL->lualock);
	while (s->calls) mmc_call_free(s->calls);
	g_static_rec_mutex_unlock(&s->LL->lualock);
}

void mmc_scripts_free_all(void) {
	while (all_scripts) {
		mmc_scripts *s = all_scripts;
		all_scripts = s->next;
		g_free(s);
	}
}
