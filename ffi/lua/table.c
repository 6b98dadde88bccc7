/* The Lua API: the global table `memcached` of a worker's Lua state.
 *
 * Whatever can raise a Lua error is done in this folder, before Rust is called
 * or after it has returned, so no error jumps over a Rust frame. A connection only
 * says which servers, and a request object is a plain table: nothing that a script
 * holds owns anything, and nothing needs a finalizer. */
#include "api.h"

static mmc_scripts *all_scripts;

static void push_metatable(lua_State *L, mmc_scripts *s) {
	lua_createtable(L, 0, 2);
	lua_createtable(L, 0, 16);
	mmc_methods_fill(L, s);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
}

static void add_table(lua_State *L, mmc_scripts *s) {
	static const struct {
		const char *name;
		lua_Integer code;
	} codes[] = {
		{ "OK", MMC_CODE_OK },
		{ "NOT_STORED", MMC_CODE_NOT_STORED },
		{ "EXISTS", MMC_CODE_EXISTS },
		{ "NOT_FOUND", MMC_CODE_NOT_FOUND },
		{ "ERROR", MMC_CODE_ERROR },
	};
	lua_createtable(L, 0, 2 + (int)G_N_ELEMENTS(codes));
	push_metatable(L, s);
	lua_pushvalue(L, -1);
	lua_pushcclosure(L, mmc_connection_new, 1);
	lua_setfield(L, -3, "new");
	lua_pushcclosure(L, mmc_connection_pool, 1);
	lua_setfield(L, -2, "pool");
	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
		lua_pushinteger(L, codes[i].code);
		lua_setfield(L, -2, codes[i].name);
	}
	any_setglobal(L, "memcached");

	lua_pushcclosure(L, mmc_answer_build, 0);
	s->build_ref = luaL_ref(L, LUA_REGISTRYINDEX);
	/* Taken now, before a script can replace it. */
	any_getglobal(L, "debug");
	if (lua_type(L, -1) == LUA_TTABLE) lua_getfield(L, -1, "traceback");
	lua_pushcclosure(L, mmc_answer_traceback, 1);
	s->traceback_ref = luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Whether scripts of this server can use the API; if not, one line in the log
 * says so. */
static bool fits(liServer *srv, lua_State *L) {
	static bool logged;
	if (mmc_lua_find(L)) return true;
	if (!logged)
		mmc_log(srv, NULL, NULL, MMC_LEVEL_WARNING, "mod_memcached: scripts cannot use it: this server's Lua is none of 5.1 to 5.5");
	logged = true;
	return false;
}

void mmc_scripts_init(liLuaState *LL, liServer *srv, liWorker *wrk, liPlugin *p) {
	(void)p;
	/* The host may call this more than once for the same state. */
	for (mmc_scripts *s = all_scripts; s; s = s->next)
		if (s->LL == LL) return;
	if (!wrk || !LL->L || !fits(srv, LL->L)) return;
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
	/* Callbacks are dropped, not called: what they would use may be gone. */
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
